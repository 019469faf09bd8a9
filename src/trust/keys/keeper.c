/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper: the socket of a keeper, and one loop over its connections. Nothing in it waits for one client: a message comes whole or not at
 * all, an answer fits into the socket's buffer or the client is dropped, and when there is no room the longest idle one makes it. */
#include "base/calendar.h"
#include "base/log.h"
#include "base/task.h"
#include "trust/keys/keeper_socket.h"
#include "trust/keys/keeper_state.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS = 500, NS_PER_SECOND = 1000000000, FIRST_MESSAGE_SECONDS = 10 };

struct connection {
    int descriptor;
    int64_t heard_ns; /* of the last message, or of the beginning */
    bool has_spoken;
    struct keeper_session session;
};

struct keeper {
    struct keeper_state state;
    struct keeper_socket socket;
    struct keeper_room in, out;
    struct connection *connections;
    struct pollfd *polled; /* the socket, then the connections in their order */
    unsigned count, maximum;
};

bool keeper_open(struct keeper **out_keeper, const struct keeper_options *options, struct error *err)
{
    CLEANUP(keeper) struct keeper *keeper = calloc(1, sizeof *keeper);
    struct connection *connections = calloc(options->connections_max, sizeof *connections);
    struct pollfd *polled = calloc((size_t)options->connections_max + 1, sizeof *polled);
    if (!keeper || !connections || !polled) {
        abort(); /* like the arena */
    }
    keeper->socket = (struct keeper_socket){.descriptor = -1};
    keeper->connections = connections;
    keeper->polled = polled;
    keeper->maximum = options->connections_max;
    TRY(crypto_start(err));
    TRY(keeper_state_open(&keeper->state, options, err));
    TRY(keeper_room_open(&keeper->in, err) && keeper_room_open(&keeper->out, err));
    TRY(keeper_socket_open(&keeper->socket, options->socket_path, err));
    *out_keeper = keeper;
    keeper = NULL;
    return true;
}

static void drop(struct keeper *keeper, unsigned at)
{
    struct connection *connection = &keeper->connections[at];
    keeper_session_end(&keeper->state, &connection->session);
    close(connection->descriptor);
    *connection = keeper->connections[--keeper->count];
}

void keeper_close(struct keeper *keeper)
{
    while (keeper->count > 0) {
        drop(keeper, keeper->count - 1);
    }
    keeper_socket_close(&keeper->socket);
    if (keeper->state.response) {
        keeper_state_close(&keeper->state);
    }
    keeper_room_close(&keeper->in);
    keeper_room_close(&keeper->out);
    free(keeper->connections);
    free(keeper->polled);
    free(keeper);
}

/* ---- one message ---- */
/* False: the connection is of no use any more. */
static bool serve_one(struct keeper *keeper, struct connection *connection)
{
    struct error err;
    struct buffer *in = &keeper->in.bytes, *out = &keeper->out.bytes;
    ssize_t length = recv(connection->descriptor, in->data, KEEPER_MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    if (length == 0 || length > KEEPER_MESSAGE_MAX) {
        return false;
    }
    in->length = (size_t)length;
    bool done = keeper_state_answer(&keeper->state, &connection->session, in->data, in->length, out, &err) &&
                send(connection->descriptor, out->data, out->length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)out->length;
    keeper_room_wipe(&keeper->in);
    keeper_room_wipe(&keeper->out);
    connection->heard_ns = clock_monotonic_ns();
    connection->has_spoken = true;
    return done;
}

/* ---- coming and going ---- */
/* Somebody who has nothing under way and was silent for longest. */
static bool make_room(struct keeper *keeper)
{
    unsigned found = keeper->count;
    for (unsigned i = 0; i < keeper->count; i++) {
        const struct connection *connection = &keeper->connections[i];
        bool is_idle = connection->session.pending.count == 0 && connection->session.held.length == 0;
        if (is_idle && (found == keeper->count || connection->heard_ns < keeper->connections[found].heard_ns)) {
            found = i;
        }
    }
    if (found == keeper->count) {
        return false;
    }
    drop(keeper, found);
    return true;
}

static void say_refused(struct keeper *keeper, int descriptor, struct keeper_session *session, const struct error *why)
{
    struct error err;
    struct keeper_response *response = keeper->state.response;
    struct buffer *out = &keeper->out.bytes;
    *response = (struct keeper_response){.kind = KEEPER_STATUS, .is_failure = true, .failure = *why};
    if (keeper_response_print(response, out, &err)) {
        (void)send(descriptor, out->data, out->length, MSG_DONTWAIT | MSG_NOSIGNAL); /* it may be gone already */
    }
    keeper_room_wipe(&keeper->out);
    if (!keeper_state_tell(&keeper->state, session, &(struct keeper_act){KEEPER_ACT_PEER_REFUSED, .why = why->message}, &err)) {
        log_error("keeper", &err);
    }
}

/* False: nobody is waiting. */
static bool take_in(struct keeper *keeper)
{
    struct error err;
    struct keeper_session session;
    int descriptor = accept4(keeper->socket.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
        return false;
    }
    uint32_t user = 0, process = 0;
    bool is_known = keeper_socket_peer(&keeper->socket, descriptor, &user, &process, &err);
    keeper_session_begin(&session, user, process);
    if (!is_known) {
        say_refused(keeper, descriptor, &session, &err);
    }
    if (!is_known || (keeper->count == keeper->maximum && !make_room(keeper))) {
        close(descriptor);
        return true;
    }
    keeper->connections[keeper->count++] = (struct connection){descriptor, clock_monotonic_ns(), false, session};
    return true;
}

/* As many as there is a place for; when all are taken one a turn, so that whoever came has a turn before the next takes their place. */
static void take_in_all(struct keeper *keeper)
{
    for (unsigned i = 0; i < keeper->maximum && take_in(keeper) && keeper->count < keeper->maximum; i++) {
    }
}

static void drop_silent(struct keeper *keeper)
{
    int64_t before = clock_monotonic_ns() - (int64_t)FIRST_MESSAGE_SECONDS * NS_PER_SECOND;
    for (unsigned i = keeper->count; i-- > 0;) {
        if (!keeper->connections[i].has_spoken && keeper->connections[i].heard_ns < before) {
            drop(keeper, i);
        }
    }
}

static void turn(struct keeper *keeper, unsigned polled)
{
    /* From the last to the first: a connection that is dropped gives its place to the last one, which has had its turn. */
    for (unsigned i = polled; i-- > 0;) {
        if (keeper->polled[i + 1].revents && !serve_one(keeper, &keeper->connections[i])) {
            drop(keeper, i);
        }
    }
    if (keeper->polled[0].revents) {
        take_in_all(keeper);
    }
    drop_silent(keeper);
}

bool keeper_serve(struct keeper *keeper, struct error *err)
{
    while (!task_cancelled()) {
        unsigned count = keeper->count;
        keeper->polled[0] = (struct pollfd){keeper->socket.descriptor, POLLIN, 0};
        for (unsigned i = 0; i < count; i++) {
            keeper->polled[i + 1] = (struct pollfd){keeper->connections[i].descriptor, POLLIN, 0};
        }
        int found = poll(keeper->polled, count + 1, TICK_MS);
        if (found < 0 && errno != EINTR) {
            return FAIL_ERRNO(err, keeper->state.options.socket_path, "the keeper cannot wait for its clients");
        }
        if (found > 0) {
            turn(keeper, count);
        }
        if (found == 0) {
            drop_silent(keeper);
        }
        keeper_state_tick(&keeper->state, clock_monotonic_ns());
    }
    return true;
}
