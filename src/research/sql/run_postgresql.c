/* SPDX-License-Identifier: EUPL-1.2 */
/* run_postgresql: PostgreSQL as a server of scripts. The tables are there already: `emc2 publish`, or anybody's OMOP. */
#include "engines/postgresql/postgresql.h"
#include "research/sql/sql_run.h"

static bool execute(void *context, const char *statement, struct error *err)
{
    return postgresql_execute(context, statement, NULL, 0, NULL, err);
}

enum { VALUES_MAX = 8 };

static bool query(void *context, const char *statement, sql_take_row *take, void *taker, struct error *err)
{
    CLEANUP(postgresql_result) struct postgresql_result *result = NULL;
    const struct postgresql_value *row;
    int64_t values[VALUES_MAX];
    TRY(postgresql_query(&result, context, statement, NULL, 0, err));
    const size_t columns = postgresql_result_columns(result);
    for (;;) {
        TRY(postgresql_result_next(result, &row, err));
        if (!row) {
            return true;
        }
        for (size_t i = 0; i < columns && i < VALUES_MAX; i++) {
            if (row[i].is_null || (row[i].type != POSTGRESQL_I64 && row[i].type != POSTGRESQL_DAY)) {
                return FAIL(err, ENGINE, "the SQL engine gives a value that is neither a number nor a date");
            }
            values[i] = row[i].i64;
        }
        TRY(take(taker, values, columns, err));
    }
}

struct sql_server sql_server_postgresql(struct postgresql *connection, const char *schema)
{
    return (struct sql_server){.dialect = SQL_POSTGRESQL, .schema = schema, .execute = execute, .query = query, .context = connection};
}
