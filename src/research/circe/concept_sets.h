/* SPDX-License-Identifier: EUPL-1.2 */
/* concept_sets: the concept sets of an expression, lists of concepts, and finding a set by its id (circe: section 2). */
#pragma once
#include "research/circe/reading.h"

enum { CONCEPT_SETS_MAX = 10000 }; /* defined and asked for */

/* Reads ConceptSets; before anything refers to a set. */
MUST_CHECK bool concept_sets_read(struct reading *reading, struct node expression, struct error *err);
/* Position of the set that a member names by its id; COHORT_NO_SET when absent or null. A set that is defined nowhere gets a place, empty.
 */
MUST_CHECK bool concept_set_find(struct reading *reading, struct node object, const char *name, int *out_set, struct error *err);
/* A list of concepts, with is_negated left alone. No concepts: out_count 0, and the test is untouched. */
MUST_CHECK bool concept_list_read(const struct reading *reading, struct node list, struct cohort_test *test, size_t *out_count,
                                  struct error *err);
