/* SPDX-License-Identifier: EUPL-1.2 */
/* sql: a cohort program as SQL over OMOP CDM 5.4, for DuckDB and PostgreSQL 15. The text comes from a typed tree (tree.h) and from nowhere
 * else: names and values are quoted in one place, types are checked where the tree is made. Numbers in brackets, [5.1], are sections of the
 * description of the cohort language (cohort-language.md).
 *
 * Words. script: the statements in their order. step: a statement that makes a temporary table. query: one that gives rows.
 * Temporary tables have names that begin with emc2_; the script ends by dropping them. It writes nothing else. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "research/cohort/cohort.h"

enum sql_dialect { SQL_DUCKDB, SQL_POSTGRESQL };
struct sql_options {
    enum sql_dialect dialect;
    const char *schema;   /* of the OMOP tables; NULL: the search path finds them */
    int64_t cohort_id;    /* the first column of every result */
    bool wants_rows;      /* SQL_ROWS; without it rows are counted only */
    bool wants_attrition; /* SQL_ATTRITION */
};

/* What a statement is for. The queries give these columns, all of them whole numbers but for the dates:
 *   SQL_ROWS        cohort_definition_id, subject_id, cohort_start_date, cohort_end_date
 *   SQL_MASKS       cohort_definition_id, inclusion_rule_mask, person_count, mode_id                          [9], with rules only
 *   SQL_RULES       cohort_definition_id, rule_sequence, person_count, gain_count, person_total, mode_id      [9], with rules only
 *   SQL_ATTRITION   step, events, persons: step 0 primary, 1 qualified, 2 included, 3 cohort (events are rows), 4 collapsed, before the
 *                   censor window, and 16 + r the events that meet the rules 0 .. r */
enum sql_purpose { SQL_STEP, SQL_ROWS, SQL_MASKS, SQL_RULES, SQL_ATTRITION, SQL_CLEANUP };
enum sql_attrition_step { SQL_PRIMARY, SQL_QUALIFIED, SQL_INCLUDED, SQL_COHORT, SQL_COLLAPSED, SQL_AFTER_RULE = 16 };
struct sql_text {
    enum sql_purpose purpose;
    const char *comment; /* what the statement does, in English; NULL: as the one before it */
    const char *text;    /* one statement without a semicolon */
};
struct sql_script {
    const struct sql_text *statements;
    size_t count;
};

/* Concept sets must be resolved: their members become part of the script. The script lives in `arena`. INVALID_ARGUMENT for a program that
 * is not resolved, UNSUPPORTED for a text that SQL cannot hold, LIMIT beyond SQL_SCRIPT_BYTES_MAX. */
enum { SQL_SCRIPT_BYTES_MAX = 1 << 28 };
MUST_CHECK bool sql_compile(const struct cohort_program *program, const struct sql_options *options, struct arena *arena,
                            struct sql_script *out_script, struct error *err);
/* The script as a file that the engine's own client runs, with its comments. */
MUST_CHECK bool sql_script_print(const struct sql_script *script, struct buffer *out, struct error *err);
