/* SPDX-License-Identifier: EUPL-1.2 */
/* record_references: what rows of an export say about others that refer to them: persons, stays, medications, places. One table of 64-bit
 * numbers (keyed hashes, record_number) to 64-bit values, and the texts that some of these values stand for. Filled by one thread, then
 * read by many. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <stdint.h>

struct references;
MUST_CHECK bool references_create(struct references **out_references, size_t maximum, struct error *err);
void references_destroy(struct references *references);
DEFINE_CLEANUP(references, references_destroy)
/* What is there already stays (the first of two). LIMIT beyond the maximum. */
MUST_CHECK bool references_add(struct references *references, int64_t number, uint64_t value, struct error *err);
/* NULL when there is none; valid until the next references_add. */
uint64_t *references_find(const struct references *references, int64_t number);
/* A pair of texts (a code and its system, a place) under a number. */
MUST_CHECK bool references_add_texts(struct references *references, int64_t number, struct text first, struct text second,
                                     struct error *err);
bool references_texts(const struct references *references, int64_t number, struct text *out_first, struct text *out_second);
