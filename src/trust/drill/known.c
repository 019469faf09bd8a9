/* SPDX-License-Identifier: EUPL-1.2 */
/* known: the source files stay mapped; a table of places by hash, and before it two bits for each hash, which noise rarely gets past. */
#include "trust/drill/known.h"
#include "base/arena.h"
#include "trust/drill/mapped.h"
#include <stdlib.h>
#include <string.h>

enum { DIFFERENT_MIN = 6, FILTER_BITS = 1 << 27, FILE_BITS = 12, FILES_MAX = (1 << FILE_BITS) - 2 };

/* A file's number + 1 in the low bits (0: empty), and above it a tag of the hash, so that the source is rarely looked at in vain. */
struct place {
    uint32_t file_and_tag;
    uint32_t offset; /* in strides */
};
static uint32_t file_of(struct place place)
{
    return place.file_and_tag & ((1U << FILE_BITS) - 1);
}

struct known {
    struct mapped *files;
    size_t file_count;
    uint64_t stride, windows;
    struct place *table;
    size_t table_size; /* a power of two */
    uint64_t *filter;
};

static uint64_t hash_of(const uint8_t window[KNOWN_WINDOW])
{
    uint64_t low, high;
    memcpy(&low, window, 8);
    memcpy(&high, window + 8, 8);
    uint64_t hash = (low * 0x9e3779b97f4a7c15U) ^ ((high << 29 | high >> 35) * 0xc2b2ae3d27d4eb4fU);
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93U;
    return hash ^ hash >> 29;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) & ~((1U << FILE_BITS) - 1);
}

static bool says_something(const uint8_t window[KNOWN_WINDOW])
{
    uint64_t seen[4] = {0};
    int different = 0;
    for (int i = 0; i < KNOWN_WINDOW; i++) {
        uint64_t bit = (uint64_t)1 << (window[i] % 64);
        different += !(seen[window[i] / 64] & bit);
        seen[window[i] / 64] |= bit;
    }
    return different >= DIFFERENT_MIN;
}

static const uint8_t *window_at(const struct known *known, struct place place)
{
    return known->files[file_of(place) - 1].bytes + place.offset * known->stride;
}

/* Where the window is, or where it would be put. */
static struct place *slot_of(const struct known *known, const uint8_t *window, uint64_t hash)
{
    size_t at = hash & (known->table_size - 1);
    while (known->table[at].file_and_tag && ((known->table[at].file_and_tag ^ tag_of(hash)) >> FILE_BITS ||
                                             memcmp(window_at(known, known->table[at]), window, KNOWN_WINDOW) != 0)) {
        at = (at + 1) & (known->table_size - 1);
    }
    return &known->table[at];
}

/* Two bits of one cache line. */
static uint64_t *filter_of(const struct known *known, uint64_t hash, uint64_t *out_bits)
{
    *out_bits = (uint64_t)1 << (hash & 63) | (uint64_t)1 << (hash >> 6 & 63);
    return &known->filter[(hash >> 12) % (FILTER_BITS / 64)];
}

bool known_has(const struct known *known, const uint8_t window[KNOWN_WINDOW])
{
    uint64_t hash = hash_of(window), bits;
    uint64_t word = *filter_of(known, hash, &bits);
    return (word & bits) == bits && slot_of(known, window, hash)->file_and_tag;
}

static void add_file(struct known *known, size_t file)
{
    const struct mapped *mapped = &known->files[file];
    for (size_t at = 0; at + KNOWN_WINDOW <= mapped->length; at += known->stride) {
        const uint8_t *window = mapped->bytes + at;
        if (!says_something(window)) {
            continue;
        }
        uint64_t hash = hash_of(window), bits;
        struct place *slot = slot_of(known, window, hash);
        if (!slot->file_and_tag) {
            *slot = (struct place){(uint32_t)(file + 1) | tag_of(hash), (uint32_t)(at / known->stride)};
            *filter_of(known, hash, &bits) |= bits;
            known->windows++;
        }
    }
}

static bool make_room(struct known *known, size_t maximum, struct error *err)
{
    uint64_t total = 0;
    for (size_t i = 0; i < known->file_count; i++) {
        total += known->files[i].length;
    }
    known->stride = 1 + total / (maximum + 1);
    known->table_size = 1024;
    while (known->table_size < 2 * (total / known->stride + 1)) {
        known->table_size *= 2;
    }
    known->table = calloc(known->table_size, sizeof *known->table);
    known->filter = calloc(FILTER_BITS / 64, sizeof *known->filter);
    return (known->table && known->filter) || FAIL(err, LIMIT, "no memory left for the known plaintext");
}

bool known_create(struct known **out_known, const char *const *paths, size_t count, size_t maximum, struct error *err)
{
    if (count > FILES_MAX) {
        return FAIL(err, LIMIT, "more than %d source files", FILES_MAX);
    }
    CLEANUP(known) struct known *known = calloc(1, sizeof *known);
    if (!known) {
        return FAIL(err, LIMIT, "no memory left for the known plaintext");
    }
    known->files = calloc(count + 1, sizeof *known->files);
    if (!known->files) { /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): CLEANUP releases it */
        return FAIL(err, LIMIT, "no memory left for the known plaintext");
    }
    for (size_t i = 0; i < count; i++) {
        TRY(mapped_open(&known->files[i], paths[i], err));
        known->file_count++;
    }
    TRY(make_room(known, maximum, err));
    for (size_t i = 0; i < count; i++) {
        add_file(known, i);
    }
    *out_known = known;
    known = NULL;
    return true;
}

void known_destroy(struct known *known)
{
    if (known) {
        for (size_t i = 0; i < known->file_count; i++) {
            mapped_close(&known->files[i]);
        }
        free(known->files);
        free(known->table);
        free(known->filter);
        free(known);
    }
}

uint64_t known_windows(const struct known *known)
{
    return known->windows;
}

uint64_t known_stride(const struct known *known)
{
    return known->stride;
}
