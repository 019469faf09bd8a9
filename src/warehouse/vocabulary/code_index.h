/* SPDX-License-Identifier: EUPL-1.2 */
/* code_index: from (vocabulary, code) to concept ids, as a hash table on disk (private). Buckets of about 64 entries; an entry keeps 16
 * bits of the hash, so a look-up reads one bucket and gives the right concepts and, one time in a thousand, a wrong one: the caller
 * compares. */
#pragma once
#include "base/arena.h"
#include "base/text.h"
#include "warehouse/vocabulary/index_bytes.h"

struct code_index_input {
    size_t count;
    const int64_t *ids;
    const struct text *vocabularies, *codes;
};
/* Appends the index to out. */
MUST_CHECK bool code_index_build(const struct code_index_input *input, struct arena *scratch, struct buffer *out, struct error *err);
/* Candidates in ascending order of id, in `result`. */
MUST_CHECK bool code_index_find(const struct index_bytes *bytes, struct text vocabulary, struct text code, struct arena *result,
                                const int64_t **out_ids, size_t *out_count, struct error *err);
