/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_keys: names for parts of programs, by which what a part gave is kept and found again. Parts with one key give the same from the
 * same data, in whichever resolved programs they stand and whatever their concept sets are called: a set counts by its members. The key is
 * a hash over the canonical print of the part. */
#pragma once
#include "research/cohort/cohort.h"

struct cohort_keys; /* of one program, which is borrowed */
enum cohort_part {
    COHORT_PART_PRIMARY,   /* the primary events: criteria, observation window, primary limit */
    COHORT_PART_QUALIFIED, /* these, the additional group and its limit */
    COHORT_PART_EXITS,     /* exit and censoring criteria: the end of a given event */
};
struct cohort_keys *cohort_keys_create(const struct cohort_program *program);
void cohort_keys_destroy(struct cohort_keys *keys);
DEFINE_CLEANUP(cohort_keys, cohort_keys_destroy)
MUST_CHECK bool cohort_part_key(struct cohort_keys *keys, enum cohort_part part, struct crypto_hash *out_key, struct error *err);
MUST_CHECK bool cohort_criterion_key(struct cohort_keys *keys, const struct cohort_criterion *criterion, struct crypto_hash *out_key,
                                     struct error *err);
MUST_CHECK bool cohort_group_key(struct cohort_keys *keys, const struct cohort_group *group, struct crypto_hash *out_key,
                                 struct error *err);
