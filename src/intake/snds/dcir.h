/* SPDX-License-Identifier: EUPL-1.2 */
/* dcir: what one pass over the claims has in memory: the services (rows of ER_PRS_F) of some persons by their key of nine columns, and the
 * details (rows of ER_PHA_F and the like) that are joined to them (private to snds). */
#pragma once
#include "intake/snds/snds_internal.h"

struct service {
    int64_t key, owner, group, visit;
    uint32_t check, person;
    int32_t day, day_end;
    float quantity;
    uint32_t details, contexts, copies; /* rows joined to it; those of ER_ETE_F; further rows with the same key */
    uint16_t nature;
    uint8_t outcome, specialty;
    bool is_home, is_alive, speaks; /* speaks: stands for its nature, which no other table details */
    char care_site[FINESS_SIZE];
};
struct detail {
    int64_t owner, group, visit;
    uint32_t row, person;
    int32_t day, day_end;
    float quantity;
    uint8_t table, outcome;
    bool is_kept, is_by_unit; /* stands for its group; PHA_DEC_TOP */
    char code[CODE_SIZE];
};
struct claims {
    struct run *run;
    struct span span; /* owners of this pass; it shrinks when memory is short */
    struct service *services;
    struct detail *details;
    uint32_t *slots; /* open addressing: 1 + index of a service, 0 free */
    size_t service_count, service_max, detail_count, detail_max, slot_count;
    uint64_t seen[SNDS_TABLE_COUNT], joined[SNDS_TABLE_COUNT]; /* details: rows read once, rows that found their service */
    bool is_first;                                             /* pass */
};
struct service *claims_service(const struct claims *claims, const struct rows *rows, int first_key_column, uint32_t *out_check);
/* Halves the span and drops what is not in it any more; LIMIT when one owner alone is too much. */
MUST_CHECK bool claims_shrink(struct claims *claims, struct error *err);
void claims_index(struct claims *claims);
MUST_CHECK bool details_read(struct claims *claims, struct error *err);
MUST_CHECK bool claims_give(struct claims *claims, struct error *err);
