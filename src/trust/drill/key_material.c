/* SPDX-License-Identifier: EUPL-1.2 */
/* key_material: see key_material.h. */
#include "trust/drill/key_material.h"
#include "base/arena.h"
#include "trust/crypto/crypto.h"
#include <string.h>

enum {
    KEY = 32,
    SHARE_BYTES_MAX = 1 << 16,
    ID_OFFSET = 16,
    ID_SIZE = 32,
    TRAILER = 24,
    INDEX_ENTRY = 4,
    INDEX_MAX = 1 << 20,
};

/* ---- GF(256), the field of AES (FIPS 197 4.2) ---- */
static uint8_t times(uint8_t a, uint8_t b)
{
    unsigned product = 0, left = a;
    for (; b; b >>= 1) {
        product ^= b & 1 ? left : 0;
        left = left << 1 ^ (left & 0x80 ? 0x11bU : 0);
    }
    return (uint8_t)product;
}

static uint8_t inverse(uint8_t a)
{
    uint8_t power = 1;
    for (int i = 0; i < 254; i++) {
        power = times(power, a);
    }
    return power;
}

/* The weight of a share in the value at 0. */
static uint8_t weight_of(const struct drill_share *shares, size_t count, unsigned set, size_t own)
{
    uint8_t above = 1, below = 1;
    uint8_t own_x = shares[own].x ? shares[own].x : (uint8_t)(own + 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t x = shares[i].x ? shares[i].x : (uint8_t)(i + 1);
        if (i != own && (set >> i & 1)) {
            above = times(above, x);
            below = times(below, x ^ own_x);
        }
    }
    return times(above, inverse(below));
}

/* ---- candidates ---- */
struct trying {
    const struct drill_share *shares;
    size_t count;
    bool (*try_key)(void *context, const uint8_t key[32], struct error *err);
    void *context;
};

static bool try_hashes(const struct trying *trying, const struct drill_share *share, struct error *err)
{
    struct crypto_hash own = crypto_hash_of(share->bytes, share->length), norm = crypto_sha256_of(share->bytes, share->length);
    return trying->try_key(trying->context, own.bytes, err) && trying->try_key(trying->context, norm.bytes, err);
}

/* The same 32 bytes of each share of a set: as XOR, and as the value at 0. */
static bool try_combined(const struct trying *trying, unsigned set, size_t at, struct error *err)
{
    uint8_t sum[KEY] = {0}, value[KEY] = {0};
    for (size_t i = 0; i < trying->count; i++) {
        if (set >> i & 1) {
            uint8_t weight = weight_of(trying->shares, trying->count, set, i);
            for (size_t b = 0; b < KEY; b++) {
                sum[b] ^= trying->shares[i].bytes[at + b];
                value[b] ^= times(weight, trying->shares[i].bytes[at + b]);
            }
        }
    }
    return trying->try_key(trying->context, sum, err) && (memcmp(sum, value, KEY) == 0 || trying->try_key(trying->context, value, err));
}

static bool try_set(const struct trying *trying, unsigned set, struct error *err)
{
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < trying->count; i++) {
        if ((set >> i & 1) && trying->shares[i].length < shortest) {
            shortest = trying->shares[i].length;
        }
    }
    for (size_t at = 0; at + KEY <= shortest; at++) {
        TRY(task_check(err) && try_combined(trying, set, at, err));
    }
    return true;
}

bool drill_key_material(const struct drill_share *shares, size_t count,
                        bool (*try_key)(void *context, const uint8_t key[32], struct error *err), void *context, struct error *err)
{
    struct trying trying = {shares, count, try_key, context};
    if (count > KEY_MATERIAL_SHARES_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "at most %d shares can be tried in every combination", KEY_MATERIAL_SHARES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (shares[i].length > SHARE_BYTES_MAX) {
            return FAIL(err, INVALID_ARGUMENT, "a share of %zu bytes is no share", shares[i].length);
        }
        TRY(try_hashes(&trying, &shares[i], err));
    }
    for (unsigned set = 1; set < 1U << count; set++) {
        TRY(try_set(&trying, set, err));
    }
    return true;
}

/* ---- does it open a sealed file? ---- */
static uint64_t number_at(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) {
        value = value << 8 | bytes[i];
    }
    return value;
}

bool drill_key_opens(const uint8_t *bytes, size_t length, const uint8_t key[32], bool *out_opens, struct error *err)
{
    *out_opens = false;
    if (length < ID_OFFSET + ID_SIZE + CRYPTO_TAG_SIZE + TRAILER) {
        return true;
    }
    uint64_t size = number_at(bytes + length - TRAILER) * INDEX_ENTRY, offset = number_at(bytes + length - TRAILER + 8);
    if (size > INDEX_MAX || offset > length || offset + size + CRYPTO_TAG_SIZE > length) {
        return true;
    }
    CLEANUP(secret) struct secret *secret = NULL;
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint8_t associated[ID_SIZE + 8 + 4];
    memcpy(associated, bytes + ID_OFFSET, ID_SIZE);
    memset(associated + ID_SIZE, 0xff, 8);
    for (int i = 0; i < 4; i++) {
        associated[ID_SIZE + 8 + i] = (uint8_t)(size >> (8 * i));
    }
    TRY(secret_create(&secret, KEY, err));
    memcpy(secret_bytes(secret), key, KEY);
    TRY(crypto_blocks_create(&blocks, secret, err));
    *out_opens = crypto_block_open(blocks, UINT64_MAX, associated, sizeof associated, bytes + offset, size + CRYPTO_TAG_SIZE,
                                   arena_allocate(scratch, size + 1, 1), NULL);
    return true;
}
