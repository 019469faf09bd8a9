/* SPDX-License-Identifier: EUPL-1.2 */
/* result_table: a result's inside, for the parts of this module: cells and settings in one arena, texts that repeat kept once. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "research/result/result_release.h"

struct result_settings {
    uint32_t set;
    struct result_pair *pairs;
    size_t count;
};
DEFINE_ARRAY(result_cells, struct result_cell)
DEFINE_ARRAY(result_sets, struct result_settings)
struct result {
    struct arena *arena;
    const char *cdm_name;
    struct result_cells cells;
    struct result_sets sets; /* by ascending set */
    const char **texts;      /* hash table of texts kept once; capacity a power of two */
    size_t text_count, text_capacity;
};

extern const char *const result_kind_names[RESULT_KIND_COUNT];
extern const char *const result_unit_names[RESULT_UNIT_COUNT];
extern const char *const result_type_names[RESULT_TYPE_COUNT];

/* The one copy of the text in the result. */
const char *result_text(struct result *result, struct text text);
struct result_settings *result_find_set(const struct result *result, uint32_t set);
