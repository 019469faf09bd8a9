/* SPDX-License-Identifier: EUPL-1.2 */
/* standardise_row: a row of OMOP before its person is known: the holder's subject stands in place of the person, and the holder's record
 * numbers in place of OMOP's keys. What a shelf keeps and an assembly reads.
 *   table     an OMOP table, or STANDARD_TABLE_DELETION. PERSON: what one holder says of one person; FACT_RELATIONSHIP: kinship, other =
 *             the other subject; CARE_SITE: place is its name there
 *   kind      the table of the record that it was made from; (kind, record) names a record at its holder
 *   sequence  counts the rows of one record: a code may map to several concepts */
#pragma once
#include "intake/record/record.h"
#include "intake/standardise/standardise_facts.h"
#include "warehouse/omop/omop.h"

enum { STANDARD_TABLE_DELETION = OMOP_TABLE_COUNT, STANDARD_TABLE_COUNT, STANDARD_FIELDS_MAX = 32 };
union standard_value {
    int64_t integer; /* OMOP_INTEGER; OMOP_DATETIME as microseconds */
    double number;
    int32_t day;
    struct text text; /* borrowed */
};
struct standard_row {
    int table;
    enum record_table kind;
    uint16_t sequence;
    int64_t subject, record;
    int64_t visit, parent; /* record numbers, 0: none. parent of FACT_RELATIONSHIP: the other subject; of PERSON: the rank among twins */
    uint32_t present;      /* bit f: field f of the table has a value */
    union standard_value values[STANDARD_FIELDS_MAX];
    struct text system;    /* of the code, as the holder gave it: with the source value, enough to standardise anew */
    struct text place;     /* care site of a visit; residence of a person */
    struct text specialty; /* of a visit's professional; residence of a care site */
};
static inline bool standard_row_has(const struct standard_row *row, int field)
{
    return row->present >> field & 1;
}
/* The type of a value, also of a deletion, which has none. */
enum omop_type standard_row_type(int table, int field);
int standard_row_fields(int table);
