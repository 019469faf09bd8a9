/* SPDX-License-Identifier: EUPL-1.2 */
/* check: what the parts of the check share: where findings go, and the persons of the delivery (private to delivery). */
#pragma once
#include "intake/delivery/delivery_check.h"
#include "intake/delivery/reader.h"

DEFINE_ARRAY(subjects, int64_t)
struct check {
    struct delivery *delivery;
    const struct delivery_checking *checking;
    const struct settings *settings;
    struct delivery_report *report;
    struct subjects subjects;       /* of the table of persons: ascending, each once, after check_persons */
    struct subjects token_subjects; /* in the order of the file */
};
/* Counts the fault; the first place of each kind and column is kept. index: the block, from 0. */
struct check_place {
    bool is_tokens;
    enum record_table table;
    uint64_t index, row; /* from 0 */
};
void check_find(struct check *check, const struct check_place *place, enum record_column column, enum delivery_fault fault,
                enum detected detected);
/* Collects subjects while the delivery is verified (struct block_watch). */
MUST_CHECK bool check_persons_take(void *context, const struct block *block, uint64_t index, struct error *err);
/* Persons and tokens, and which subjects there are, of what was collected. */
MUST_CHECK bool check_persons(struct check *check, struct error *err);
/* Each value of each table, and record numbers that are there twice. */
MUST_CHECK bool check_rows(struct check *check, struct error *err);
/* A person of this delivery; or, where it is no full one, of an earlier one. */
bool check_subject_is_known(const struct check *check, int64_t subject);
