/* SPDX-License-Identifier: EUPL-1.2 */
/* http: two sides on the loopback that know each other by their pins, and everybody else. */
#include "base/calendar.h"
#include "base/scratch.h"
#include "base/task.h"
#include "service/http/http.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cmocka.h>

enum { BODY_MAX = 3 << 20, IDLE_SECONDS = 2, CONNECTIONS = 8 };

struct side {
    struct secret *seed;
    struct buffer certificate;
    struct http_pin pin;
};

struct place {
    struct scratch scratch;
    struct side server_side, client_side, stranger;
    struct http_server *server;
    char url[128], spool[400], body[400], answer[400];
    unsigned handled, refused, admitted;
    uint64_t last_size;
};

static void side_open(struct side *side, const char *name)
{
    struct error err;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    assert_true(secret_random(&side->seed, CRYPTO_KEY_SIZE, &err) && crypto_public_key(public_key, side->seed, &err));
    side->certificate.maximum = 8192;
    assert_true(crypto_certificate_make(&side->certificate, side->seed, name, 1700000000, 4000000000, &err));
    crypto_certificate_pin(side->pin.bytes, public_key);
}

static void side_close(struct side *side)
{
    secret_destroy(side->seed);
    buffer_finish(&side->certificate);
}

static struct http_identity identity_of(const struct side *side)
{
    return (struct http_identity){side->seed, {(const char *)side->certificate.data, side->certificate.length}};
}

static bool admit(void *context, const struct http_request *request, struct error *err)
{
    struct place *place = context;
    place->admitted++;
    if (memcmp(&request->peer, &place->client_side.pin, sizeof request->peer) != 0) {
        FAIL(err, DENIED, "this holder is not known here");
        return error_hint(err, "ask to be registered");
    }
    return true;
}

/* Gives the body back, its bytes turned round. */
static bool handle(void *context, const struct http_request *request, struct http_answer *out_answer, struct error *err)
{
    struct place *place = context;
    CLEANUP(buffer_value) struct buffer body = {.maximum = BODY_MAX};
    place->handled++;
    if (!request->is_post) {
        return buffer_append_text(&out_answer->text, "here I am", err);
    }
    place->last_size = request->body_size;
    TRY(strcmp(request->path, "/turn") == 0 || FAIL(err, NOT_FOUND, "there is no such thing\x1b[31m"));
    TRY(file_read(request->body_path, &body, err));
    for (size_t i = 0; i < body.length; i++) {
        body.data[i] ^= 0xff;
    }
    snprintf(out_answer->file, sizeof out_answer->file, "%s/answer-out", place->spool);
    out_answer->is_file_deleted = true;
    return file_write_atomic(out_answer->file, body.data ? body.data : (const uint8_t *)"", body.length, 0600, err);
}

static void note_refused(void *context, const struct http_request *request, const struct error *why)
{
    (void)request;
    (void)why;
    ((struct place *)context)->refused++;
}

static int begin(void **state)
{
    struct error err;
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->scratch = scratch_open();
    assert_true(crypto_start(&err));
    side_open(&place->server_side, "server");
    side_open(&place->client_side, "client");
    side_open(&place->stranger, "stranger");
    snprintf(place->spool, sizeof place->spool, "%s", scratch_path(&place->scratch, "spool"));
    snprintf(place->body, sizeof place->body, "%s", scratch_path(&place->scratch, "body"));
    snprintf(place->answer, sizeof place->answer, "%s", scratch_path(&place->scratch, "answer"));
    assert_true(directory_create(place->spool, 0700, &err));
    const struct http_options options = {.address = "127.0.0.1",
                                         .identity = identity_of(&place->server_side),
                                         .spool = place->spool,
                                         .body_bytes_max = BODY_MAX,
                                         .connections_max = CONNECTIONS,
                                         .idle_seconds_max = IDLE_SECONDS,
                                         .service = {admit, handle, note_refused, place}};
    assert_true(http_server_open(&place->server, &options, &err));
    snprintf(place->url, sizeof place->url, "https://127.0.0.1:%u/turn", http_server_port(place->server));
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    http_server_close(place->server);
    side_close(&place->server_side);
    side_close(&place->client_side);
    side_close(&place->stranger);
    scratch_cleanup(&place->scratch);
    free(place);
    return 0;
}

static struct http_call call_of(const struct place *place)
{
    return (struct http_call){.url = place->url,
                              .server = place->server_side.pin,
                              .identity = identity_of(&place->client_side),
                              .body_path = place->body,
                              .answer_path = place->answer,
                              .answer_bytes_max = BODY_MAX,
                              .connect_seconds_max = 5,
                              .idle_seconds_max = 20};
}

static uint8_t bytes[BODY_MAX + 1];

static void body_make(const struct place *place, size_t length)
{
    struct error err;
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(i * 31 + i / 1000);
    }
    assert_true(file_write_atomic(place->body, bytes, length, 0600, &err));
}

static bool spool_is_empty_visit(void *context, const char *name, struct error *err)
{
    (void)name;
    (void)err;
    ++*(unsigned *)context;
    return true;
}

static unsigned spooled(const struct place *place)
{
    struct error err;
    unsigned count = 0;
    assert_true(directory_visit(place->spool, spool_is_empty_visit, &count, &err));
    return count;
}

static void files_go_and_come_back(void **state)
{
    struct place *place = *state;
    struct error err;
    static const size_t sizes[] = {0, 1, 70000, BODY_MAX};
    struct http_call call = call_of(place);
    for (size_t i = 0; i < 4; i++) {
        CLEANUP(buffer_value) struct buffer back = {.maximum = BODY_MAX};
        body_make(place, sizes[i]);
        if (!http_send(&call, NULL, &err)) {
            fail_msg("%s (%s)", err.message, err.detail);
        }
        assert_int_equal(place->last_size, sizes[i]);
        assert_true(file_read(place->answer, &back, &err));
        assert_int_equal(back.length, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_true(back.data[j] + bytes[j] == 255);
        }
    }
    for (int i = 0; i < 100 && spooled(place) > 0; i++) { /* the server's thread ends a little later than ours */
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_int_equal(spooled(place), 0);
}

/* All answers come from one path, as a handler that is asked one request at a time may do. */
static bool ask_own(void *context, size_t index, unsigned worker, struct error *err)
{
    struct place *place = context;
    CLEANUP(buffer_value) struct buffer answer = {.maximum = BODY_MAX};
    char body[500], answered[500];
    uint8_t mine[256];
    (void)worker;
    memset(mine, (int)index, sizeof mine);
    snprintf(body, sizeof body, "%s-%zu", place->body, index);
    snprintf(answered, sizeof answered, "%s-%zu", place->answer, index);
    TRY(file_write_atomic(body, mine, sizeof mine, 0600, err));
    struct http_call call = call_of(place);
    call.body_path = body;
    call.answer_path = answered;
    TRY(http_send(&call, NULL, err) && file_read(answered, &answer, err));
    for (size_t i = 0; i < sizeof mine; i++) {
        if (answer.length != sizeof mine || answer.data[i] != (uint8_t)(index ^ 0xff)) {
            return FAIL(err, CORRUPT, "request %zu got another's answer", index);
        }
    }
    return true;
}

static void everybody_gets_their_own_answer(void **state)
{
    struct place *place = *state;
    struct error err = {.message = ""};
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    const struct task_set set = {.count = 200, .run = ask_own, .context = place};
    assert_true(task_pool_create(&pool, CONNECTIONS - 2, &err));
    if (!task_pool_run(pool, &set, &err)) {
        fail_msg("%s", err.message);
    }
}

static void a_get_gives_a_text(void **state)
{
    struct place *place = *state;
    struct error err;
    struct http_call call = call_of(place);
    CLEANUP(buffer_value) struct buffer text = {.maximum = HTTP_TEXT_MAX};
    call.body_path = call.answer_path = NULL;
    assert_true(http_send(&call, &text, &err));
    assert_string_equal((const char *)text.data, "here I am");
}

static void a_wrong_server_gets_nothing(void **state)
{
    struct place *place = *state;
    struct error err;
    struct http_call call = call_of(place);
    body_make(place, 10);
    call.server = place->stranger.pin;
    assert_false(http_send(&call, NULL, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_non_null(strstr(err.message, "not the one that is pinned"));
    assert_int_equal(place->admitted, 0);
}

static void a_wrong_client_is_refused_before_its_body(void **state)
{
    struct place *place = *state;
    struct error err;
    bool exists = true;
    struct http_call call = call_of(place);
    body_make(place, BODY_MAX);
    call.identity = identity_of(&place->stranger);
    assert_false(http_send(&call, NULL, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_string_equal(err.message, "the other side refuses: this holder is not known here");
    assert_string_equal(err.hint, "ask to be registered");
    assert_int_equal(place->handled, 0);
    assert_int_equal(place->refused, 1);
    assert_true(file_exists(place->answer, &exists, &err) && !exists);
}

/* The certificate of another, without its key: the handshake does not end. */
static void a_borrowed_certificate_is_worth_nothing(void **state)
{
    struct place *place = *state;
    struct error err;
    struct http_call call = call_of(place);
    body_make(place, 10);
    call.identity = (struct http_identity){place->stranger.seed, identity_of(&place->client_side).certificate};
    assert_false(http_send(&call, NULL, &err));
    assert_int_equal(place->admitted, 0);
}

static void too_large_a_body_is_refused(void **state)
{
    struct place *place = *state;
    struct error err;
    struct http_call call = call_of(place);
    body_make(place, BODY_MAX + 1);
    assert_false(http_send(&call, NULL, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_int_equal(place->handled, 0);
    body_make(place, 1000); /* an answer that is longer than the client takes */
    call.answer_bytes_max = 999;
    assert_false(http_send(&call, NULL, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
}

static void what_a_server_says_is_made_harmless(void **state)
{
    struct place *place = *state;
    struct error err;
    struct http_call call = call_of(place);
    char url[160];
    body_make(place, 10);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/other", http_server_port(place->server));
    call.url = url;
    assert_false(http_send(&call, NULL, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_null(strchr(err.message, '\x1b'));
}

static int plain_connect(const struct place *place)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_server_port(place->server))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int plain = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = 10};
    assert_true(plain >= 0 && connect(plain, (struct sockaddr *)&to, sizeof to) == 0);
    assert_int_equal(setsockopt(plain, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    return plain;
}

/* Somebody who says nothing, or no TLS, is let go, and others do not wait for it. */
static void the_silent_are_dropped_and_hinder_nobody(void **state)
{
    struct place *place = *state;
    struct error err;
    struct http_call call = call_of(place);
    char byte;
    int silent[CONNECTIONS / 2];
    for (size_t i = 0; i < CONNECTIONS / 2; i++) {
        silent[i] = plain_connect(place);
    }
    int rude = plain_connect(place);
    assert_int_equal(send(rude, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    body_make(place, 100);
    assert_true(http_send(&call, NULL, &err));
    int64_t begun = clock_monotonic_ns();
    for (size_t i = 0; i < CONNECTIONS / 2; i++) {
        while (recv(silent[i], &byte, 1, 0) > 0) { /* an alert at most */
        }
        close(silent[i]);
    }
    assert_true(clock_monotonic_ns() - begun < (int64_t)9 * 1000000000);
    while (recv(rude, &byte, 1, 0) > 0) { /* an alert at most */
    }
    close(rude);
    assert_true(http_send(&call, NULL, &err));
}

static void nobody_there_is_a_clear_error(void **state)
{
    struct place *place = *state;
    struct error err;
    struct http_call call = call_of(place);
    body_make(place, 10);
    call.url = "https://127.0.0.1:1/turn";
    assert_false(http_send(&call, NULL, &err));
    assert_int_equal(err.code, ERROR_IO);
    call.url = "http://127.0.0.1:1/turn"; /* never without TLS */
    assert_false(http_send(&call, NULL, &err));
    const struct http_options again = {.address = "127.0.0.1",
                                       .port = http_server_port(place->server),
                                       .identity = identity_of(&place->server_side),
                                       .spool = place->spool,
                                       .connections_max = 1,
                                       .service = {admit, handle, NULL, place}};
    struct http_server *none = NULL;
    assert_false(http_server_open(&none, &again, &err));
    assert_null(none);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(files_go_and_come_back),
        WITH_SERVER(everybody_gets_their_own_answer),
        WITH_SERVER(a_get_gives_a_text),
        WITH_SERVER(a_wrong_server_gets_nothing),
        WITH_SERVER(a_wrong_client_is_refused_before_its_body),
        WITH_SERVER(a_borrowed_certificate_is_worth_nothing),
        WITH_SERVER(too_large_a_body_is_refused),
        WITH_SERVER(what_a_server_says_is_made_harmless),
        WITH_SERVER(the_silent_are_dropped_and_hinder_nobody),
        WITH_SERVER(nobody_there_is_a_clear_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
