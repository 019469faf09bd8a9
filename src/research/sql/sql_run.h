/* SPDX-License-Identifier: EUPL-1.2 */
/* sql_run: runs the script of a program on an engine that holds the OMOP tables, and reads what it gives back into the result that native
 * evaluation has (evaluate.h), so that the two can be compared and shown alike. */
#pragma once
#include "engines/duckdb/duckdb_engine.h"
#include "research/evaluate/evaluate.h"
#include "research/sql/sql.h"

/* An engine as the runner sees it. `take` is called for each row, with as many values as columns: whole numbers, dates as day numbers. */
typedef bool sql_take_row(void *taker, const int64_t *values, size_t count, struct error *err);
struct sql_server {
    enum sql_dialect dialect;
    const char *schema; /* of the OMOP tables, or NULL */
    bool (*execute)(void *context, const char *statement, struct error *err);
    bool (*query)(void *context, const char *statement, sql_take_row *take, void *taker, struct error *err);
    void *context;
};
struct sql_server sql_server_duckdb(struct engine *engine); /* borrowed, as is the connection */
struct postgresql;
struct sql_server sql_server_postgresql(struct postgresql *connection, const char *schema);

/* Puts the tables that a program may read (bit i of `tables`: omop table i) into the engine, as far as the cohort language looks at their
 * fields. Demands GRANT_ROWS: an engine sees whose rows they are. */
MUST_CHECK bool sql_load_duckdb(struct engine *engine, struct store_reader *reader, uint64_t tables, struct error *err);

/* All of the result lives in `arena`, so that cohort_result_destroy is not for it. Of its `work` only the time is known; without
 * SQL_WANTS_ATTRITION its attrition is all zero. After a failure the temporary tables are dropped as far as the engine still listens. */
enum { SQL_WANTS_ROWS = 1, SQL_WANTS_ATTRITION = 2 };
MUST_CHECK bool sql_run(const struct cohort_program *program, const struct sql_server *server, unsigned wants, struct arena *arena,
                        struct cohort_result *out_result, struct error *err);
