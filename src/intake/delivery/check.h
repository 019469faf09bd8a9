/* SPDX-License-Identifier: EUPL-1.2 */
/* check: what the parts of the check share: where findings go, and the persons of the delivery (private to delivery). */
#pragma once
#include "intake/delivery/delivery_check.h"
#include "intake/delivery/reader.h"

struct subject_list { /* ascending, each once */
    int64_t *items;
    size_t count;
};
struct check {
    struct delivery *delivery;
    const struct delivery_checking *checking;
    const struct settings *settings;
    struct delivery_report *report;
    struct subject_list subjects;
};
/* Counts the fault; the first place of each kind and column is kept. index: the block, from 0. */
struct check_place {
    bool is_tokens;
    enum record_table table;
    uint64_t index, row; /* from 0 */
};
void check_find(struct check *check, const struct check_place *place, enum record_column column, enum delivery_fault fault,
                enum detected detected);
/* Persons and tokens, and which subjects there are. */
MUST_CHECK bool check_persons(struct check *check, struct error *err);
/* Each value of each table. */
MUST_CHECK bool check_rows(struct check *check, struct error *err);
/* Record numbers that are there twice: within delivery_check_bytes, however many rows there are, by going over the table several times. */
MUST_CHECK bool check_doubles(struct check *check, struct error *err);
/* A person of this delivery; or, where it is no full one, of an earlier one. */
bool check_subject_is_known(const struct check *check, int64_t subject);
