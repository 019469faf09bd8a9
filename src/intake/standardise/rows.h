/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: filling one row from one record (private to standardise). */
#pragma once
#include "intake/standardise/codes.h"

struct standardise {
    struct codes *codes;
    struct standard_counts counts;
};
struct row_making {
    struct standardise *standardise;
    const struct record *record;
    day made;
    struct standard_row *rows;
    size_t count;
};
/* The next row of the record, empty but for its keys. */
struct standard_row *row_begin(struct row_making *making, int table);
static inline void row_set_integer(struct standard_row *row, int field, int64_t value)
{
    row->values[field].integer = value;
    row->present |= UINT32_C(1) << field;
}
static inline void row_set_day(struct standard_row *row, int field, int32_t value)
{
    row->values[field].day = value;
    row->present |= UINT32_C(1) << field;
}
static inline void row_set_number(struct standard_row *row, int field, double value)
{
    row->values[field].number = value;
    row->present |= UINT32_C(1) << field;
}
/* Cut to what the field takes, at a whole character; an empty text is no value. */
void row_set_text(struct standard_row *row, int field, struct text value);
/* Values of the record. An absent text is "". */
struct text record_text_of(const struct record *record, enum record_column column);
int64_t record_integer_of(const struct record *record, enum record_column column); /* 0 when absent */
/* A day and, where the record has it, its time. */
void row_set_when(struct standard_row *row, int day_field, int time_field, const struct record *record, enum record_column day_column,
                  enum record_column time_column);
/* concept of a list's value; 0 when the record has none. */
MUST_CHECK bool row_list(const struct row_making *making, enum standard_list list, enum record_column column, int64_t *out_concept,
                         struct error *err);
int64_t row_type(const struct record *record);

/* ---- visits.c: everything that is no event with a code ---- */
MUST_CHECK bool rows_visit(struct row_making *making, struct error *err);
MUST_CHECK bool rows_person(struct row_making *making, struct error *err);
MUST_CHECK bool rows_death(struct row_making *making, struct error *err);
MUST_CHECK bool rows_other(struct row_making *making, struct error *err); /* coverage, care site, kinship, deletion */
/* ---- events.c ---- */
MUST_CHECK bool rows_event(struct row_making *making, int table_of_kind, struct error *err);
