/* SPDX-License-Identifier: EUPL-1.2 */
/* holder: the side of a holder for tests of `emc2 authority`, with keys made of one byte: makes requests, sends them, takes the answers.
 *   holder BYTE keys                                prints signing key and pin
 *   holder BYTE NAME ask AUTHORITY DIR COUNT        DIR/request, DIR/state; AUTHORITY: epoch:public_key:signing_key:pin
 *   holder BYTE NAME send AUTHORITY URL DIR         DIR/request to the server, its answer to DIR/response
 *   holder BYTE NAME take AUTHORITY DIR             prints a hash over (subject, kind, T) in order */
#include "base/calendar.h"
#include "intake/circuit/circuit.h"
#include "service/http/http.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct side {
    struct secret *signing_seed, *state_key, *tls_seed;
    struct circuit_holder holder;
    struct circuit_authority authority;
    struct http_pin pin;
    struct task_pool *pool;
};

static bool seed_of(struct secret **out_seed, uint8_t byte, uint8_t what, struct error *err)
{
    TRY(secret_create(out_seed, CRYPTO_KEY_SIZE, err));
    secret_bytes(*out_seed)[0] = byte;
    secret_bytes(*out_seed)[1] = what;
    return true;
}

static bool authority_of(struct side *side, const char *text, struct error *err)
{
    char part[3][65];
    int64_t epoch;
    size_t first = strcspn(text, ":");
    bool is_good = strlen(text) == first + 3 * 65 && text_to_i64((struct text){text, first}, &epoch);
    for (size_t i = 0; is_good && i < 3; i++) {
        is_good = text_copy(part[i], sizeof part[i], (struct text){text + first + 1 + 65 * i, 64});
    }
    is_good = is_good && crypto_from_hex(side->authority.public_key, 32, part[0]) &&
              crypto_from_hex(side->authority.signing_key, 32, part[1]) && crypto_from_hex(side->pin.bytes, 32, part[2]);
    TRY(is_good || FAIL(err, INVALID_ARGUMENT, "AUTHORITY is epoch:public_key:signing_key:pin"));
    side->authority.epoch = (uint32_t)epoch;
    return true;
}

static bool keys(const struct side *side, struct error *err)
{
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE], pin[CRYPTO_PIN_SIZE];
    char hex[65];
    TRY(crypto_public_key(public_key, side->signing_seed, err));
    crypto_hex(hex, public_key, sizeof public_key);
    printf("%s\n", hex);
    TRY(crypto_public_key(public_key, side->tls_seed, err));
    crypto_certificate_pin(pin, public_key);
    crypto_hex(hex, pin, sizeof pin);
    printf("%s\n", hex);
    return true;
}

struct paths {
    char request[4096], state[4096], response[4096];
};

static struct paths paths_in(const char *directory)
{
    struct paths paths;
    snprintf(paths.request, sizeof paths.request, "%s/request", directory);
    snprintf(paths.state, sizeof paths.state, "%s/state", directory);
    snprintf(paths.response, sizeof paths.response, "%s/response", directory);
    return paths;
}

static bool ask(struct side *side, const char *directory, const char *count_text, struct error *err)
{
    CLEANUP(circuit_blinder) struct circuit_blinder *blinder = NULL;
    struct circuit_request request;
    struct paths paths = paths_in(directory);
    int64_t count;
    TRY(text_to_i64(text_of(count_text), &count) || FAIL(err, INVALID_ARGUMENT, "COUNT is a number"));
    TRY(circuit_blind_open(&blinder, paths.request, paths.state, &side->holder, &side->authority, side->pool, err));
    for (int64_t i = 0; i < count; i++) {
        char text[32];
        int length = snprintf(text, sizeof text, "planted key %" PRId64, i);
        TRY(circuit_blind_add(blinder, i + 1, 1, (struct text){text, (size_t)length}, err));
    }
    return circuit_blind_finish(blinder, &request, err);
}

static bool send_request(struct side *side, const char *url, const char *directory, struct error *err)
{
    CLEANUP(buffer_value) struct buffer certificate = {.maximum = 4096};
    struct paths paths = paths_in(directory);
    int64_t now = clock_unix_seconds();
    TRY(crypto_certificate_make(&certificate, side->tls_seed, "a holder", now - 60, now + 3600, err));
    const struct http_call call = {.url = url,
                                   .server = side->pin,
                                   .identity = {side->tls_seed, {(const char *)certificate.data, certificate.length}},
                                   .body_path = paths.request,
                                   .answer_path = paths.response,
                                   .answer_bytes_max = 1 << 30,
                                   .connect_seconds_max = 10,
                                   .idle_seconds_max = 120};
    return http_send(&call, NULL, err);
}

static bool add_taken(void *context, int64_t subject, uint8_t kind, const uint8_t element[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    (void)err;
    crypto_hasher_add(context, &subject, sizeof subject);
    crypto_hasher_add(context, &kind, 1);
    crypto_hasher_add(context, element, CRYPTO_ELEMENT_SIZE);
    return true;
}

static bool take(struct side *side, const char *directory, struct error *err)
{
    struct paths paths = paths_in(directory);
    const struct circuit_files files = {paths.request, paths.state, paths.response};
    struct crypto_hasher *hasher = crypto_hasher_create();
    char hex[65];
    bool done = circuit_finish(&files, &side->holder, &side->authority, side->pool, add_taken, hasher, err);
    struct crypto_hash hash = crypto_hasher_finish(hasher);
    TRY(done);
    crypto_hex(hex, hash.bytes, sizeof hash.bytes);
    printf("%s\n", hex);
    return true;
}

static bool run(struct side *side, int argc, char **argv, struct error *err)
{
    int64_t byte;
    TRY((argc > 2 && text_to_i64(text_of(argv[1]), &byte)) || FAIL(err, INVALID_ARGUMENT, "holder BYTE ..."));
    TRY(crypto_start(err) && task_pool_create(&side->pool, 2, err));
    TRY(seed_of(&side->signing_seed, (uint8_t)byte, 1, err) && seed_of(&side->state_key, (uint8_t)byte, 2, err));
    TRY(seed_of(&side->tls_seed, (uint8_t)byte, 3, err));
    side->holder = (struct circuit_holder){argv[2], side->signing_seed, side->state_key};
    if (argc == 3 && strcmp(argv[2], "keys") == 0) {
        return keys(side, err);
    }
    TRY((argc > 5 && authority_of(side, argv[4], err)) || FAIL(err, INVALID_ARGUMENT, "holder BYTE NAME ask|send|take AUTHORITY ..."));
    if (argc == 7 && strcmp(argv[3], "ask") == 0) {
        return ask(side, argv[5], argv[6], err);
    }
    if (argc == 7 && strcmp(argv[3], "send") == 0) {
        return send_request(side, argv[5], argv[6], err);
    }
    return take(side, argv[5], err);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct side side = {0};
    bool done = run(&side, argc, argv, &err);
    if (!done) {
        fprintf(stderr, "%s %s: %s\n", error_code_name(err.code), err.message, err.hint);
    }
    task_pool_destroy(side.pool);
    secret_destroy(side.signing_seed);
    secret_destroy(side.state_key);
    secret_destroy(side.tls_seed);
    return done ? EXIT_SUCCESS : error_exit_code(err.code);
}
