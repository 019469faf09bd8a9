/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_link: connecting to a keeper, asking it, offering it the root key. */
#include "trust/keys/keeper_link.h"
#include "trust/crypto/crypto_envelope.h"
#include "trust/keys/keeper_socket.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void hang_up(struct keeper_link *link)
{
    if (link->descriptor >= 0) {
        close(link->descriptor);
    }
    link->descriptor = -1;
}

bool keeper_link_open(struct keeper_link **out_link, const char *socket_path, struct error *err)
{
    struct keeper_link *link = calloc(1, sizeof *link);
    char *path = strdup(socket_path);
    struct keeper_response *response = calloc(1, sizeof *response);
    if (!link || !path || !response) {
        abort(); /* like the arena */
    }
    link->descriptor = -1;
    link->path = path;
    link->response = response;
    link->lock = task_lock_create();
    link->signing = task_lock_create();
    if (!crypto_start(err) || !keeper_room_open(&link->room, err) ||
        !keeper_socket_connect(path, KEEPER_CONNECT_SECONDS, &link->descriptor, err)) {
        keeper_link_close(link);
        return false;
    }
    *out_link = link;
    return true;
}

void keeper_link_close(struct keeper_link *link)
{
    hang_up(link);
    keeper_room_close(&link->room);
    task_lock_destroy(link->lock);
    task_lock_destroy(link->signing);
    free(link->response);
    free(link->path);
    free(link);
}

/* ---- one request ---- */
static bool lost(struct keeper_link *link, struct error *err)
{
    int reason = errno;
    hang_up(link);
    errno = reason;
    FAIL_ERRNO(err, link->path, reason == EAGAIN ? "the keeper does not answer in time" : "the keeper is gone");
    if (err) {
        err->code = ERROR_IO;
    }
    return error_hint(err, "nothing that was acknowledged is lost: start it with `emc2 keeper run`, unseal it, and try again");
}

/* out_is_lost: the keeper took nothing of it, or only what it may take twice. */
static bool exchange(struct keeper_link *link, const struct keeper_request *request, bool *out_is_lost, struct error *err)
{
    struct buffer *room = &link->room.bytes;
    *out_is_lost = false;
    keeper_room_wipe(&link->room);
    TRY(keeper_request_print(request, room, err));
    ssize_t sent = send(link->descriptor, room->data, room->length, MSG_NOSIGNAL);
    int reason = errno;
    keeper_room_wipe(&link->room);
    /* Also when sending failed: the keeper may have said why it hung up. */
    ssize_t length = recv(link->descriptor, room->data, KEEPER_MESSAGE_MAX, MSG_TRUNC | (sent < 0 ? MSG_DONTWAIT : 0));
    bool is_reset = length < 0 && errno == ECONNRESET;
    if (is_reset) { /* it hung up on what was sent; its last words may be there all the same */
        length = recv(link->descriptor, room->data, KEEPER_MESSAGE_MAX, MSG_TRUNC | MSG_DONTWAIT);
    }
    if (length <= 0) {
        bool is_cut = sent < 0 && (reason == EPIPE || reason == ECONNRESET);
        *out_is_lost = length == 0 || is_reset || is_cut;
        errno = length == 0 || is_reset ? EPIPE : sent < 0 ? reason : errno;
        return lost(link, err);
    }
    room->length = length < KEEPER_MESSAGE_MAX ? (size_t)length : KEEPER_MESSAGE_MAX;
    TRY(keeper_response_parse(link->response, room->data, room->length, err));
    if (link->response->is_failure) {
        if (err) {
            *err = link->response->failure;
        }
        return false;
    }
    return (link->response->number == request->number && link->response->kind == request->kind) ||
           FAIL(err, INTERNAL, "the keeper answered something else than was asked");
}

static bool ask(struct keeper_link *link, struct keeper_request *request, struct error *err)
{
    bool is_lost = false;
    request->number = ++link->number;
    if (link->descriptor >= 0) {
        bool done = exchange(link, request, &is_lost, err);
        if (done || !is_lost || link->has_uncommitted) {
            return done;
        }
    }
    if (link->has_uncommitted) {
        FAIL(err, IO, "the keeper is gone, and with it the keys of what is being written");
        return error_hint(err, "nothing that was acknowledged is lost: begin the load again");
    }
    TRY(keeper_socket_connect(link->path, KEEPER_CONNECT_SECONDS, &link->descriptor, err));
    return exchange(link, request, &is_lost, err);
}

static void note(struct keeper_link *link, const struct keeper_response *response)
{
    if (response->kind == KEEPER_STATUS || response->kind == KEEPER_OFFER || response->kind == KEEPER_SEAL) {
        link->status = response->status;
    }
    if (response->kind == KEEPER_CREATE || response->kind == KEEPER_COMMIT) {
        link->has_uncommitted = response->kind == KEEPER_CREATE;
    }
}

bool keeper_link_ask(struct keeper_link *link, struct keeper_request *request, keeper_take *take, void *context, struct error *err)
{
    task_lock_take(link->lock);
    bool done = ask(link, request, err);
    if (done) {
        note(link, link->response);
        done = !take || take(context, link->response, err);
    }
    keeper_room_wipe(&link->room);
    task_lock_give(link->lock);
    return done;
}

/* ---- status, offers, sealing ---- */
static bool status_take(void *context, const struct keeper_response *response, struct error *err)
{
    (void)err;
    *(struct keeper_status *)context = response->status;
    return true;
}

bool keeper_link_status(struct keeper_link *link, struct keeper_status *out_status, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_STATUS};
    return keeper_link_ask(link, &request, status_take, out_status, err);
}

bool keeper_link_seal(struct keeper_link *link, struct keeper_status *out_status, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_SEAL};
    return keeper_link_ask(link, &request, status_take, out_status, err);
}

bool keeper_link_offer(struct keeper_link *link, const void *sealed, size_t length, struct keeper_status *out_status, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_OFFER, .part = {sealed, length}};
    TRY(length <= KEEPER_PART_MAX || FAIL(err, INVALID_ARGUMENT, "an offer to the keeper has at most %d bytes", KEEPER_PART_MAX));
    return keeper_link_ask(link, &request, status_take, out_status, err);
}

bool keeper_link_offer_passphrase(struct keeper_link *link, const struct secret *passphrase, struct keeper_status *out_status,
                                  struct error *err)
{
    CLEANUP(buffer_value) struct buffer sealed = {.maximum = KEEPER_PART_MAX};
    struct keeper_status status;
    uint8_t transcript[KEEPER_TRANSCRIPT_SIZE];
    size_t length = secret_length(passphrase) + CRYPTO_ENVELOPE_OVERHEAD;
    TRY(keeper_link_status(link, &status, err));
    keeper_transcript(&status, transcript);
    TRY(buffer_reserve(&sealed, length, err));
    TRY(crypto_envelope_seal(sealed.data, status.offer_key, KEEPER_PASSPHRASE_PURPOSE, transcript, sizeof transcript,
                             secret_view(passphrase), secret_length(passphrase), err));
    return keeper_link_offer(link, sealed.data, length, out_status, err);
}
