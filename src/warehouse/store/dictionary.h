/* SPDX-License-Identifier: EUPL-1.2 */
/* dictionary: small numbers (codes 0, 1, 2 ...) for texts and for integers, in the order of their first appearance (private to the
 * store). The builder keeps a code for each text and each person; the encoder does the same for concept ids. Hashing is seeded, so that
 * outside input cannot choose its collisions. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include <stdint.h>

enum { DICTIONARY_CODES_MAX = INT32_MAX, DICTIONARY_TEXT_MAX = 1 << 25 };

struct hash_slot {
    uint32_t hash;
    uint32_t code; /* plus 1; 0: free */
};
struct hash_table {
    struct hash_slot *slots;
    size_t mask; /* slots - 1; 0: no table yet */
    size_t used;
    uint64_t seed;
};

/* ---- integers ---- */
/* Keys of databases are dense: while they are, a value is its own place in an array, and nothing is hashed. */
DEFINE_ARRAY(integer_keys, int64_t)
struct integer_dictionary {
    struct hash_table table;  /* unused while `direct` is there */
    struct integer_keys keys; /* by code */
    uint32_t last;            /* code of the value asked for last */
    uint32_t *direct;         /* code + 1 by value - base; 0: not seen. NULL: the values are too far apart */
    size_t direct_count;
    uint64_t base; /* arithmetic modulo 2^64 */
};
void integer_dictionary_init(struct integer_dictionary *dictionary, uint64_t seed);
void integer_dictionary_finish(struct integer_dictionary *dictionary);
MUST_CHECK bool integer_dictionary_seek(struct integer_dictionary *dictionary, int64_t value, uint32_t *out_code, struct error *err);
static inline MUST_CHECK bool integer_dictionary_put(struct integer_dictionary *dictionary, int64_t value, uint32_t *out_code,
                                                     struct error *err)
{
    const uint64_t at = (uint64_t)value - dictionary->base;
    if (at < dictionary->direct_count && dictionary->direct[at]) {
        *out_code = dictionary->direct[at] - 1;
        return true;
    }
    return integer_dictionary_seek(dictionary, value, out_code, err);
}
size_t integer_dictionary_bytes(const struct integer_dictionary *dictionary);

/* ---- texts ---- */
/* Each text is kept as four bytes of length (of this machine) and its bytes. When nearly every text turns out to be new, looking for
 * equal ones is given up: from then on each text gets a code of its own (is_distinct false). */
struct text_heap {
    struct text_heap *next;
    size_t size, used;
    uint8_t data[];
};
DEFINE_ARRAY(text_entries, const uint8_t *)
struct text_dictionary {
    struct hash_table table;
    struct text_entries entries; /* by code */
    struct text_heap *heap;
    size_t heap_bytes;   /* reserved */
    uint64_t text_bytes; /* sum of the lengths */
    uint64_t puts;
    uint32_t last;
    bool is_distinct; /* equal texts have equal codes */
};
void text_dictionary_init(struct text_dictionary *dictionary, uint64_t seed);
void text_dictionary_finish(struct text_dictionary *dictionary);
/* Copies the text when it is new. LIMIT for a text longer than DICTIONARY_TEXT_MAX. */
MUST_CHECK bool text_dictionary_put(struct text_dictionary *dictionary, struct text text, uint32_t *out_code, struct error *err);
struct text text_dictionary_text(const struct text_dictionary *dictionary, uint32_t code); /* lives as long as the dictionary */
size_t text_dictionary_bytes(const struct text_dictionary *dictionary);
