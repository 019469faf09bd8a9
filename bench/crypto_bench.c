/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto_bench: GB/s of the block cipher on 64 KiB blocks: keyed once, keyed for each block, and in place. One thread. */
#include "base/calendar.h"
#include "trust/crypto/crypto.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 1 << 16, ROUNDS = 1 << 14, DISTINCT = 64 };

static void print_rate(const char *what, int64_t started)
{
    double seconds = (double)(clock_monotonic_ns() - started) / 1e9;
    printf("%-44s %6.2f GB/s\n", what, (double)BLOCK * ROUNDS / seconds / 1e9);
}

static bool measure(struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    static uint8_t plain[BLOCK], sealed[DISTINCT][BLOCK + CRYPTO_TAG_SIZE], out[BLOCK + CRYPTO_TAG_SIZE];
    TRY(crypto_start(err));
    TRY(secret_random(&key, CRYPTO_KEY_SIZE, err));
    TRY(crypto_blocks_create(&blocks, key, err));
    crypto_random(plain, sizeof plain);
    int64_t started = clock_monotonic_ns();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_block_seal(blocks, i % DISTINCT, &i, 4, plain, BLOCK, sealed[i % DISTINCT], err));
    }
    print_rate("seal, keyed once", started);
    for (uint64_t i = 0; i < DISTINCT; i++) {
        TRY(crypto_block_seal(blocks, i, "ad", 2, plain, BLOCK, sealed[i], err));
    }
    started = clock_monotonic_ns();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        TRY(crypto_block_open(blocks, i % DISTINCT, "ad", 2, sealed[i % DISTINCT], sizeof sealed[0], out, err));
    }
    print_rate("open, keyed once", started);
    started = clock_monotonic_ns();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        CLEANUP(crypto_blocks) struct crypto_blocks *again = NULL;
        TRY(crypto_blocks_create(&again, key, err));
        TRY(crypto_block_open(again, i % DISTINCT, "ad", 2, sealed[i % DISTINCT], sizeof sealed[0], out, err));
    }
    print_rate("open, a new context for each block", started);
    started = clock_monotonic_ns();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        (void)crypto_hash_of(plain, BLOCK);
    }
    print_rate("BLAKE2b-256", started);
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
