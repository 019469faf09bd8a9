/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: the CSV rows of a few thousand synthetic persons, one buffer a table, with the header line kept apart. */
#pragma once
#include "intake/synthesise/sheets.h"
#include "intake/synthesise/timeline.h"

enum rows_table {
    ROWS_PERSON,
    ROWS_OBSERVATION_PERIOD,
    ROWS_VISIT,
    ROWS_CONDITION,
    ROWS_DRUG,
    ROWS_MEASUREMENT,
    ROWS_PROCEDURE,
    ROWS_OBSERVATION,
    ROWS_DEATH,
    ROWS_TRUTH, /* truth/persons.csv */
    ROWS_TABLE_COUNT
};
struct rows {
    struct sheets sheets;
    uint64_t cohort_persons[SYNTHESIS_COHORTS_COUNT];
    int64_t next_id; /* record ids are person * 8192 + 1, 2, ...: unique across tables, a function of the person alone */
};
const struct sheet_layout *rows_layout(void); /* ROWS_TABLE_COUNT of them */
/* The person, and every event of their timeline. */
MUST_CHECK bool rows_write(struct rows *rows, const struct life *life, const struct timeline *timeline, struct error *err);
/* In which of the study's cohorts somebody with this blood cancer concept is. */
void rows_cohorts_count(uint64_t cohort_persons[SYNTHESIS_COHORTS_COUNT], int64_t concept_id);
