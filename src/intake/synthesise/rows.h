/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: the CSV rows of a few thousand synthetic persons, one buffer a table, with the header line kept apart. */
#pragma once
#include "base/buffer.h"
#include "base/csv.h"
#include "intake/synthesise/life.h"

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
    struct buffer tables[ROWS_TABLE_COUNT];
    uint64_t counts[ROWS_TABLE_COUNT];
    uint64_t cohort_persons[SYNTHESIS_COHORTS_COUNT];
    int64_t next_id; /* record ids are person * 8192 + 1, 2, ...: unique across tables, a function of the person alone */
};
/* Path below the population's directory, and the header line. */
const char *rows_table_path(enum rows_table table);
const char *rows_table_header(enum rows_table table);
void rows_init(struct rows *rows);
void rows_clear(struct rows *rows);
void rows_finish(struct rows *rows);

struct rows_visit {
    int64_t id;
    int32_t start, end;
    int64_t concept_id;
    int care_site; /* position in synthesis_centres */
};
MUST_CHECK bool rows_person(struct rows *rows, const struct life *life, struct error *err);
/* Gives visit->id. */
MUST_CHECK bool rows_visit(struct rows *rows, const struct life *life, struct rows_visit *visit, struct error *err);
MUST_CHECK bool rows_condition(struct rows *rows, const struct life *life, const struct rows_visit *visit, int64_t concept_id,
                               const char *source_code, struct error *err);
MUST_CHECK bool rows_drug(struct rows *rows, const struct life *life, const struct rows_visit *visit, int32_t start, int days_supply,
                          int64_t concept_id, const char *source_code, struct error *err);
MUST_CHECK bool rows_measurement(struct rows *rows, const struct life *life, const struct rows_visit *visit,
                                 const struct synthesis_measurement *measurement, double value, struct error *err);
MUST_CHECK bool rows_procedure(struct rows *rows, const struct life *life, const struct rows_visit *visit, int64_t concept_id,
                               const char *source_code, struct error *err);
MUST_CHECK bool rows_observation(struct rows *rows, const struct life *life, const struct rows_visit *visit, int64_t concept_id,
                                 const char *source_code, struct error *err);
/* One line of truth: the first record of the person's blood cancer. */
MUST_CHECK bool rows_truth(struct rows *rows, const struct life *life, int32_t first_record, struct error *err);
