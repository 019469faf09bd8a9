/* SPDX-License-Identifier: EUPL-1.2 */
/* record: one row of what a holder delivers. The tables and columns are those of spec/delivery.csv, whatever the export was (FHIR, SNDS,
 * flat hospital files, OMOP): readers make records, deliveries carry them, intake/standardise turns them into OMOP.
 *   subject  technical number of a person at one holder; record: technical number of one of the holder's rows. Both are keyed hashes of the
 *            holder's own identifiers under a key that never leaves the holder: the same in each delivery, and without meaning elsewhere.
 *   system   code system, a name of spec/code_systems.csv (CIM10, CCAM, LOINC, ...), or LOCAL: and the name that the holder gives it
 *   type     what a row was made from, a name of spec/record_types.csv
 * Days are days, without zone; times are seconds since midnight. */
#pragma once
#include "base/calendar.h"
#include "base/error.h"
#include "base/text.h"
#include "intake/record/record_facts.h"
#include "trust/crypto/crypto.h"

enum record_column_type { RECORD_INTEGER, RECORD_NUMBER, RECORD_DAY, RECORD_TEXT };
enum { RECORD_FIELDS_MAX = 32, RECORD_TEXT_MAX = 255 };

/* One column of one table. */
struct record_field {
    enum record_column column;
    enum record_column_type type;
    bool is_demanded;
    bool is_potential; /* "identifiant potentiel" of the SNDS: SNDS-IDPOT */
    const char *meaning, *sens;
};
struct record_shape {
    const char *name;
    size_t field_count;
    struct record_field fields[RECORD_FIELDS_MAX];
    uint64_t columns; /* bit for each column that the table has */
};
const struct record_shape *record_shape(enum record_table table);
const char *record_table_name(enum record_table table);
const char *record_column_name(enum record_column column);
enum record_column_type record_column_type(enum record_column column);
MUST_CHECK bool record_table_find(struct text name, enum record_table *out_table);
MUST_CHECK bool record_column_find(struct text name, enum record_column *out_column);
/* The concept of a type, 0 where OMOP has none; false when there is no such type. */
MUST_CHECK bool record_type_concept(struct text type, int32_t *out_concept);
const char *record_outcome_words(enum record_outcome outcome, bool in_french);
const char *record_outcome_name(enum record_outcome outcome); /* "NO_DATE" */

union record_value {
    int64_t integer;
    double number;
    int32_t day;
    struct text text; /* borrowed; UTF-8 */
};
struct record {
    enum record_table table;
    uint64_t present; /* bit c: column c has a value */
    union record_value values[RECORD_COLUMN_COUNT];
};
static inline void record_begin(struct record *record, enum record_table table)
{
    record->table = table;
    record->present = 0;
}
static inline bool record_has(const struct record *record, enum record_column column)
{
    return record->present >> column & 1;
}
static inline void record_set_integer(struct record *record, enum record_column column, int64_t value)
{
    record->values[column].integer = value;
    record->present |= UINT64_C(1) << column;
}
static inline void record_set_number(struct record *record, enum record_column column, double value)
{
    record->values[column].number = value;
    record->present |= UINT64_C(1) << column;
}
static inline void record_set_day(struct record *record, enum record_column column, day value)
{
    record->values[column].day = value.number;
    record->present |= UINT64_C(1) << column;
}
/* A rank among twins as exports write it: 1 to 9; anything else is none. */
void record_set_twin_rank(struct record *record, struct text rank);
/* An empty text is no value. */
static inline void record_set_text(struct record *record, enum record_column column, struct text value)
{
    if (value.length > 0) {
        record->values[column].text = value;
        record->present |= UINT64_C(1) << column;
    }
}
/* What a reader must have put in, and nothing that the table has not: INTERNAL names the column otherwise. Texts are UTF-8, within
 * RECORD_TEXT_MAX (INVALID_INPUT). */
MUST_CHECK bool record_check(const struct record *record, struct error *err);

/* Numbers of subjects and rows: 63 bits of SipHash-2-4 (Aumasson and Bernstein, 2012) over a tag and the local identifier, under a key of
 * the holder. Pure: the same key gives the same numbers, in any order, on any thread. */
struct record_numbers;
MUST_CHECK bool record_numbers_create(struct record_numbers **out_numbers, const struct secret *key, struct error *err);
void record_numbers_destroy(struct record_numbers *numbers);
DEFINE_CLEANUP(record_numbers, record_numbers_destroy)
int64_t record_subject(const struct record_numbers *numbers, struct text local_id); /* > 0 */
/* what: the kind of local identifier ("Encounter", "T_MCO"), so that equal identifiers of two kinds do not meet. */
int64_t record_number(const struct record_numbers *numbers, const char *what, struct text local_id); /* > 0 */
