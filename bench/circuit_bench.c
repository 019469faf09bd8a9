/* SPDX-License-Identifier: EUPL-1.2 */
/* circuit_bench: what blinded pseudonyms cost, one thread: the operations of the group, then whole requests from file to file. Rates are
 * per second of processor time, so that other programs on the machine do not count; the last column is the rate by the group's limit (one
 * power).
 *   circuit_bench [PERSONS [KEYS]]      persons of the requests, and how many keys each of them has */
#include "base/scratch.h"
#include "intake/circuit/circuit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1024, ROUNDS = 16, ALL = BATCH * ROUNDS, KEYS_MAX = 64 };
static double limit;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_rate(const char *what, double started, double count)
{
    double rate = count / (seconds() - started);
    limit = limit > 0 ? limit : rate;
    printf("%-56s %9.0f /s %6.2f\n", what, rate, rate / limit);
}

struct batch {
    uint8_t uniform[BATCH][CRYPTO_UNIFORM_SIZE], blinded[BATCH][CRYPTO_ELEMENT_SIZE], evaluated[BATCH][CRYPTO_ELEMENT_SIZE];
    uint8_t blinds[BATCH][CRYPTO_SCALAR_SIZE], room[BATCH][CRYPTO_SCALAR_SIZE];
};
static struct batch b;

static void batch_fill(void)
{
    for (size_t i = 0; i < BATCH; i++) {
        const struct text part = {(const char *)&i, sizeof i};
        crypto_voprf_input(b.uniform[i], CRYPTO_VOPRF, &part, 1);
        crypto_element_from_uniform(b.blinded[i], b.uniform[i]);
        crypto_scalar_from_uniform(b.blinds[i], b.uniform[i]);
    }
}

static bool holder_operations(struct error *err)
{
    double started = seconds();
    for (size_t i = 0; i < ALL; i++) {
        crypto_element_from_uniform(b.blinded[i % BATCH], b.uniform[i % BATCH]);
    }
    print_rate("uniform bytes to an element", started, ALL);
    started = seconds();
    for (size_t i = 0; i < ALL; i++) {
        TRY(crypto_voprf_blind(b.blinded[i % BATCH], b.uniform[i % BATCH], b.blinds[i % BATCH], err));
    }
    print_rate("blind", started, ALL);
    started = seconds();
    for (size_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_scalars_invert(b.blinds, b.room, BATCH, err));
    }
    print_rate("inverses of blinds, by batches of 1024", started, ALL);
    return true;
}

static bool operations(const struct secret *key, const uint8_t public_key[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    uint8_t proof[CRYPTO_PROOF_SIZE];
    const struct crypto_batch batch = {(const uint8_t(*)[CRYPTO_ELEMENT_SIZE])b.blinded, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])b.evaluated,
                                       BATCH, TEXT("")};
    batch_fill();
    double started = seconds();
    for (size_t i = 0; i < ALL; i++) {
        TRY(crypto_element_power(b.evaluated[i % BATCH], b.blinded[i % BATCH], secret_view(key), err));
    }
    print_rate("element to the power of the key (the group's limit)", started, ALL);
    started = seconds();
    for (size_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_voprf_prove(proof, &batch, key, public_key, err));
    }
    print_rate("prove, by batches of 1024", started, ALL);
    started = seconds();
    for (size_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_voprf_verify(&batch, proof, public_key, err));
    }
    print_rate("verify, by batches of 1024", started, ALL);
    return holder_operations(err);
}

static bool count_taken(void *context, int64_t subject, uint8_t kind, const uint8_t element[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    (void)subject;
    (void)kind;
    (void)element;
    (void)err;
    ++*(uint64_t *)context;
    return true;
}

struct sides {
    char request[400], state[400], response[400];
    struct circuit_holder holder;
    struct circuit_authority_secret authority;
    struct task_pool *pool;
    int64_t persons, keys;
};

static bool blind(const struct sides *sides, struct circuit_request *out_request, struct error *err)
{
    CLEANUP(circuit_blinder) struct circuit_blinder *blinder = NULL;
    TRY(circuit_blind_open(&blinder, sides->request, sides->state, &sides->holder, &sides->authority.public, sides->pool, err));
    for (int64_t i = 0; i < sides->persons * sides->keys; i++) {
        char text[32];
        size_t length = (size_t)snprintf(text, sizeof text, "2%021lld", (long long)i); /* as long as the key of the SNDS */
        TRY(circuit_blind_add(blinder, i / sides->keys + 1, (uint8_t)(i % sides->keys + 1), (struct text){text, length}, err));
    }
    return circuit_blind_finish(blinder, out_request, err);
}

static bool files(const struct sides *sides, struct error *err)
{
    struct circuit_request request;
    uint64_t taken = 0;
    const struct circuit_files three = {sides->request, sides->state, sides->response};
    double started = seconds();
    TRY(blind(sides, &request, err));
    print_rate("a holder blinds, persons", started, (double)sides->persons);
    started = seconds();
    TRY(circuit_request_read(&request, sides->request, err));
    TRY(circuit_evaluate(sides->response, sides->request, &request, &sides->authority, sides->pool, err));
    print_rate("the authority answers, persons", started, (double)sides->persons);
    started = seconds();
    TRY(circuit_finish(&three, &sides->holder, &sides->authority.public, sides->pool, count_taken, &taken, err));
    print_rate("a holder verifies and unblinds, persons", started, (double)sides->persons);
    return taken == (uint64_t)(sides->persons * sides->keys) || FAIL(err, INTERNAL, "pseudonyms are missing");
}

static bool measure(struct scratch *scratch, int64_t persons, int64_t keys, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL, *authority_seed = NULL, *holder_seed = NULL, *state_key = NULL;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    struct sides sides = {.authority.public.epoch = 1, .persons = persons, .keys = keys};
    TRY(crypto_start(err) && crypto_scalar_random(&key, err) && task_pool_create(&pool, 1, err));
    TRY(secret_random(&authority_seed, CRYPTO_KEY_SIZE, err) && secret_random(&holder_seed, CRYPTO_KEY_SIZE, err));
    TRY(secret_random(&state_key, CRYPTO_KEY_SIZE, err));
    TRY(crypto_voprf_public_key(sides.authority.public.public_key, key, err));
    TRY(crypto_public_key(sides.authority.public.signing_key, authority_seed, err));
    sides.authority.key = key;
    sides.authority.signing_seed = authority_seed;
    sides.holder = (struct circuit_holder){"a holder", holder_seed, state_key};
    sides.pool = pool;
    snprintf(sides.request, sizeof sides.request, "%s", scratch_path(scratch, "request"));
    snprintf(sides.state, sizeof sides.state, "%s", scratch_path(scratch, "state"));
    snprintf(sides.response, sizeof sides.response, "%s", scratch_path(scratch, "response"));
    return operations(key, sides.authority.public.public_key, err) && files(&sides, err);
}

int main(int argc, char **argv)
{
    struct error err;
    int64_t persons = 65536, keys = 1;
    if ((argc > 1 && !text_to_i64(text_of(argv[1]), &persons)) || (argc > 2 && !text_to_i64(text_of(argv[2]), &keys)) || persons < 1 ||
        keys < 1 || keys > KEYS_MAX) {
        fprintf(stderr, "usage: circuit_bench [PERSONS [KEYS]]\n");
        return 2;
    }
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    if (!measure(&scratch, persons, keys, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
