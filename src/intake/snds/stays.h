/* SPDX-License-Identifier: EUPL-1.2 */
/* stays: what one pass over a part of the PMSI has in memory: stays (or out-patient contacts) by year, hospital and number, and the rows of
 * the other tables that belong to them (private to snds). */
#pragma once
#include "intake/snds/snds_internal.h"

enum { UNIT_SIZE = 8 };
struct stay {
    int64_t number, owner; /* number: of year, ETA_NUM and RSA_NUM or SEQ_NUM */
    uint32_t person, copies;
    int32_t start, end;
    int16_t nights;                    /* -1: not known */
    uint8_t outcome, rows_b, copies_b; /* rows of T_MCOaaB */
    bool is_session, is_emergency, is_dead;
    char care_site[FINESS_SIZE], main[CODE_SIZE], related[CODE_SIZE], from[UNIT_SIZE], to[UNIT_SIZE], specialty[UNIT_SIZE];
};
/* What an event is made into. */
enum stay_kind { STAY_UNIT, STAY_DIAGNOSIS, STAY_RELATED, STAY_ACT, STAY_DRUG, STAY_BIOLOGY, STAY_DEVICE, STAY_CONTEXT };
struct stay_event {
    int64_t stay;
    float quantity;
    int32_t delay; /* days after the entry; of a unit: its length */
    uint8_t table, kind, outcome;
    bool is_row; /* a row of its table, and not a second thing that a row says */
    int16_t order;
    char code[CODE_SIZE], site[FINESS_SIZE];
};
struct stays {
    struct run *run;
    bool is_outpatient;
    enum snds_table people; /* the table with person and dates */
    struct span span;
    struct stay *items;
    struct stay_event *events;
    uint32_t *slots;
    size_t count, maximum, event_count, event_max, slot_count;
    uint64_t seen[SNDS_TABLE_COUNT], joined[SNDS_TABLE_COUNT];
    bool is_first;
};
/* How the rows of one table are read: columns of the key, and what fills an event (false: the row says nothing by itself). */
struct stay_table {
    enum snds_table table;
    int hospital, number; /* columns */
    void (*fill)(struct rows *rows, struct stay *stay, struct stay_event *event);
    /* Diagnoses that the row says, too: into events, at most STAY_FURTHER; returns how many. May be NULL. */
    size_t (*further)(const struct rows *rows, struct stay_event *events);
};
enum { STAY_FURTHER = 2 };
/* Reads the people's table with `person` (which fills a stay), then the others, in passes, and gives out what they say. */
typedef void stay_person(struct rows *rows, struct stay *stay);
MUST_CHECK bool stays_read(struct run *run, bool is_outpatient, const struct stay_table *people, stay_person *person,
                           const struct stay_table *tables, size_t table_count, struct error *err);
MUST_CHECK bool stays_give(struct stays *stays, struct error *err); /* the stays of a pass, as records */
/* Shared by both: owner, hospital and dates of a row with NIR_ANO_17; the year is of the file, or of the end. */
struct stay_columns {
    int person, hospital, start, end, other_start, other_end;
};
void stay_describe(struct rows *rows, struct stay *stay, const struct stay_columns *columns, bool is_outpatient);
void mco_person(struct rows *rows, struct stay *stay);          /* T_MCOaaC */
void stay_outcome(uint8_t *outcome, enum record_outcome other); /* the first reason stays */
