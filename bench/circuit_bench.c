/* SPDX-License-Identifier: EUPL-1.2 */
/* circuit_bench: what blinded pseudonyms cost, one thread: the operations of the group, then batches as the circuit makes them. */
#include "base/calendar.h"
#include "trust/crypto/crypto_voprf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 1024, ROUNDS = 8, ALL = BATCH * ROUNDS };

static void print_rate(const char *what, int64_t started)
{
    double seconds = (double)(clock_monotonic_ns() - started) / 1e9;
    printf("%-52s %9.0f /s\n", what, ALL / seconds);
}

static bool measure(struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    static uint8_t uniform[BATCH][CRYPTO_UNIFORM_SIZE], blinded[BATCH][CRYPTO_ELEMENT_SIZE], evaluated[BATCH][CRYPTO_ELEMENT_SIZE];
    static uint8_t blinds[BATCH][CRYPTO_SCALAR_SIZE], room[BATCH][CRYPTO_SCALAR_SIZE];
    uint8_t public_key[CRYPTO_ELEMENT_SIZE], proof[CRYPTO_PROOF_SIZE], out[CRYPTO_ELEMENT_SIZE];
    struct crypto_batch batch = {.blinded = blinded, .evaluated = evaluated, .count = BATCH};
    TRY(crypto_start(err) && crypto_scalar_random(&key, err) && crypto_voprf_public_key(public_key, key, err));
    int64_t started = clock_monotonic_ns();
    for (size_t i = 0; i < ALL; i++) {
        struct text parts[] = {{(const char *)&i, sizeof i}};
        crypto_voprf_input(uniform[i % BATCH], CRYPTO_VOPRF, parts, 1);
    }
    print_rate("hash of an input to uniform bytes", started);
    started = clock_monotonic_ns();
    for (size_t i = 0; i < ALL; i++) {
        crypto_element_from_uniform(out, uniform[i % BATCH]);
    }
    print_rate("uniform bytes to an element", started);
    for (size_t i = 0; i < BATCH; i++) {
        crypto_scalar_from_uniform(blinds[i], uniform[(i + 1) % BATCH]);
    }
    started = clock_monotonic_ns();
    for (size_t i = 0; i < ALL; i++) {
        TRY(crypto_voprf_blind(blinded[i % BATCH], uniform[i % BATCH], blinds[i % BATCH], err));
    }
    print_rate("blind", started);
    started = clock_monotonic_ns();
    for (size_t i = 0; i < ALL; i++) {
        TRY(crypto_element_power(evaluated[i % BATCH], blinded[i % BATCH], secret_view(key), err));
    }
    print_rate("element to the power of the key (the group's limit)", started);
    started = clock_monotonic_ns();
    for (size_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_voprf_prove(proof, &batch, key, public_key, err));
    }
    print_rate("prove, by batches of 1024", started);
    started = clock_monotonic_ns();
    for (size_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_voprf_verify(&batch, proof, public_key, err));
    }
    print_rate("verify, by batches of 1024", started);
    started = clock_monotonic_ns();
    for (size_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_scalars_invert(blinds, room, BATCH, err));
    }
    print_rate("inverses of blinds, by batches of 1024", started);
    return true;
}

int main(void)
{
    struct error err;
    if (!measure(&err)) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
