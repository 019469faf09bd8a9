/* SPDX-License-Identifier: EUPL-1.2 */
/* attributes: the attributes of criteria and of demographic criteria as one uniform list of tests. */
#pragma once
#include "research/circe/criterion_type.h"
#include "research/circe/reading.h"

DEFINE_ARRAY(test_list, struct cohort_test)
enum { TESTS_MAX = 64 }; /* more than any type has attributes */

/* Appends the tests of one attribute of the object, none when it is absent. */
MUST_CHECK bool attribute_read(struct reading *reading, struct node object, const struct attribute *attribute, struct test_list *tests,
                               struct error *err);
/* All attributes of a criterion, in the order of the tables. */
MUST_CHECK bool attributes_read(struct reading *reading, struct node criterion, const struct criterion_type *type, struct test_list *tests,
                                struct error *err);
