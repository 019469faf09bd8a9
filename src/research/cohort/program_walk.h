/* SPDX-License-Identifier: EUPL-1.2 */
/* program_walk: what the parts of this module share: a range as it was given, and all criteria and sets of a program. */
#pragma once
#include "research/cohort/cohort.h"

/* The numbers of a range as the definition has them: value, and extent for BETWEEN and NOT_BETWEEN. */
int64_t range_value(const struct cohort_test *test);
double range_number(const struct cohort_test *test);
bool range_is_between(const struct cohort_test *test);

/* The bounds that a comparison with these numbers has; the reverse of the above, for checks. */
bool range_agrees(const struct cohort_test *test);

enum { PROGRAM_DEPTH_MAX = 64 };
/* Calls visit for every criterion (nested ones too, outer first) and for every list of tests with its table (a criterion's, or PERSON's
 * for a demographic criterion). Either may be NULL. */
struct program_visitor {
    void *context;
    void (*criterion)(void *context, const struct cohort_criterion *criterion);
    void (*test)(void *context, int table, const struct cohort_test *test);
    void (*demographic)(void *context);
};
void program_visit(const struct cohort_program *program, const struct program_visitor *visitor);
