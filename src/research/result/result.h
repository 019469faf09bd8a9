/* SPDX-License-Identifier: EUPL-1.2 */
/* result: tables in OHDSI's summarised_result layout (omopgenerics), as research makes them. A result is opaque: it can be added to, asked
 * for its size, and handed over. What turns it into text is result_release.h, which src/LAYERS reserves to governance.
 *
 * Words. set: what one result_id names, an analysis with its settings. place: where a row stands in a set: group, strata, additional.
 * cell: one estimate, with its basis: what its value was made from, which disclosure control must know and the layout does not say. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct result;

/* Both texts are UTF-8 of at least one byte; " &&& " joins them in the layout and may not stand in them. */
struct result_pair {
    const char *name, *level;
};
struct result_pairs {
    const struct result_pair *pairs; /* none: overall */
    size_t count;
};
struct result_place {
    uint32_t set; /* result_id */
    struct result_pairs group, strata, additional;
};

enum result_kind {
    RESULT_COUNT,      /* numerator: the value */
    RESULT_PERCENTAGE, /* numerator of denominator; also proportions, their limits, and survival: events of those at risk */
    RESULT_MEAN,       /* of n values; also their standard deviation */
    RESULT_RATE,       /* numerator: events; time: person-days; also its limits, and person-time itself */
    RESULT_QUANTILE,   /* of n values; minimum and maximum, too */
    RESULT_LABEL,      /* says nothing of how many: a date, a name */
    RESULT_KIND_COUNT,
};
enum result_unit { RESULT_PERSONS, RESULT_RECORDS, RESULT_STAYS, RESULT_DOSES, RESULT_UNIT_COUNT };
struct result_basis {
    enum result_kind kind;
    enum result_unit unit; /* of the numerator, or of n */
    uint64_t numerator, denominator, n;
    double time;
};
enum result_type {
    RESULT_INTEGER,
    RESULT_NUMERIC,
    RESULT_PROPORTION,
    RESULT_PERCENT,
    RESULT_DATE,
    RESULT_CHARACTER,
    RESULT_LOGICAL,
    RESULT_TYPE_COUNT,
};

/* The values of one variable at one place. Texts are copied. */
struct result_variable {
    struct result_place place;
    const char *name, *level; /* level NULL: none */
};

enum { RESULT_SETS_MAX = 100000, RESULT_CELLS_MAX = 20000000, RESULT_TEXT_MAX = 4096 };

MUST_CHECK bool result_create(struct result **out_result, const char *cdm_name, struct error *err);
void result_destroy(struct result *result);
DEFINE_CLEANUP(result, result_destroy)

/* Begins a set; names are unique and none is result_id, min_cell_count (always 0 here), group, strata or additional (found from the rows).
 * result_type, package_name and package_version must be among them. */
MUST_CHECK bool result_set_begin(struct result *result, const struct result_pair *settings, size_t count, uint32_t *out_set,
                                 struct error *err);

/* One cell each. INVALID_ARGUMENT: an unknown set, a text that may not be, a numerator above its denominator, a value that is not finite
 * where the type is none of NUMERIC, PROPORTION, PERCENT (there it becomes NaN). */
MUST_CHECK bool result_add_count(struct result *result, const struct result_variable *variable, const char *estimate, enum result_unit unit,
                                 uint64_t value, struct error *err);
MUST_CHECK bool result_add_value(struct result *result, const struct result_variable *variable, const char *estimate, enum result_type type,
                                 double value, const struct result_basis *basis, struct error *err);
MUST_CHECK bool result_add_label(struct result *result, const struct result_variable *variable, const char *estimate, enum result_type type,
                                 const char *value, struct error *err);

/* What a progress line may say of it. */
size_t result_set_count(const struct result *result);
size_t result_cell_count(const struct result *result);
