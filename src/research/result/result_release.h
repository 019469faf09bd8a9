/* SPDX-License-Identifier: EUPL-1.2 */
/* result_release: what governance does with a result: look at its cells, mask them, write and read it. src/LAYERS keeps this header from
 * everybody else: research cannot print what it computed.
 *
 * The file is CSV with the 13 columns of summarised_result and the settings as rows whose variable_name is "settings", as
 * omopgenerics::exportSummarisedResult writes it; NULL is nothing or NA. The sealed form has five columns more, the basis of each cell. */
#pragma once
#include "base/buffer.h"
#include "base/text.h"
#include "research/result/result.h"

enum result_column {
    RESULT_RESULT_ID,
    RESULT_CDM_NAME,
    RESULT_GROUP_NAME,
    RESULT_GROUP_LEVEL,
    RESULT_STRATA_NAME,
    RESULT_STRATA_LEVEL,
    RESULT_VARIABLE_NAME,
    RESULT_VARIABLE_LEVEL,
    RESULT_ESTIMATE_NAME,
    RESULT_ESTIMATE_TYPE,
    RESULT_ESTIMATE_VALUE,
    RESULT_ADDITIONAL_NAME,
    RESULT_ADDITIONAL_LEVEL,
    RESULT_COLUMN_COUNT,
};
extern const char *const result_column_names[RESULT_COLUMN_COUNT];

struct result_cell {
    const char *texts[RESULT_COLUMN_COUNT]; /* NULL: none; RESULT_RESULT_ID: always NULL, it is `set` */
    uint32_t set;
    enum result_type type;
    struct result_basis basis;
    bool is_masked; /* its value is "-" */
};
const struct result_cell *result_cell_at(const struct result *result, size_t index);
/* The cell's value becomes "-"; the basis stays, for whoever judges the next cell, and is left out of both forms of the file. */
void result_cell_mask(struct result *result, size_t index);

/* Settings of a set, in order; result_setting gives NULL where there is none of the name. */
size_t result_setting_count(const struct result *result, uint32_t set);
struct result_pair result_setting_at(const struct result *result, uint32_t set, size_t index);
const char *result_setting(const struct result *result, uint32_t set, const char *name);
/* Sets min_cell_count of every set. */
MUST_CHECK bool result_minimum_set(struct result *result, uint32_t minimum, struct error *err);

enum result_form {
    RESULT_PUBLIC, /* 13 columns: what leaves */
    RESULT_SEALED, /* with the basis: what is kept, encrypted, for whoever judges */
};
MUST_CHECK bool result_write(const struct result *result, enum result_form form, struct buffer *out, struct error *err);
/* Reads both forms; columns in any order. Without the basis, a cell's kind is told from its estimate_name and type and its numbers are 0.
 * INVALID_INPUT names line and column, never a value. `name` stands in errors. */
MUST_CHECK bool result_read(struct result **out_result, const char *name, const void *bytes, size_t length, struct error *err);
