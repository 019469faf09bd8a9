/* SPDX-License-Identifier: EUPL-1.2 */
/* omop_compare: are two OMOP data sets the same, table by table, as multisets of rows? It reads both with DuckDB alone, so that it shares
 * no reader with what it judges. Columns are matched by name, 5.3 names included; what only one side has must be NULL throughout.
 *   omop_compare SOURCE EXPORT     directories of CSV(.gz) or Parquet files; exit 0: all equal, 1: not, 2: cannot compare
 * One line a table: name, rows of the source, rows of the export, "equal" or "DIFFERENT" (or "added": not in the source at all). */
#include "base/arena.h"
#include "base/file.h"
#include "engines/duckdb/duckdb_engine.h"
#include "warehouse/omop/omop.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SQL_MAX = 1 << 20, COLUMNS_MAX = 256 };

/* One table of one side. */
struct side {
    const char *reader; /* read_csv(...) or read_parquet(...); NULL: the side does not have the table */
    bool is_csv;
    struct text columns[COLUMNS_MAX];
    size_t count;
};
struct comparison {
    struct engine *engine;
    struct arena *arena;
    const char *directories[2];
    int table;
    struct side sides[2];
    bool differs;
};

/* ---- finding files ---- */
struct search {
    struct comparison *comparison;
    const char *directory;
    struct side *side;
};

/* person.csv, PERSON.csv.gz, person.parquet, or a directory person of Parquet files. */
static bool visit(void *context, const char *name, struct error *err)
{
    struct search *search = context;
    struct arena *arena = search->comparison->arena;
    const struct text table = text_of(omop_table(search->comparison->table)->name), leaf = text_of(name);
    static const char *const ends[] = {".csv", ".csv.gz", ".parquet", ""};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (leaf.length != table.length + strlen(ends[i]) || !text_equal_fold((struct text){name, table.length}, table) ||
            strcmp(name + table.length, ends[i]) != 0) {
            continue;
        }
        CLEANUP(buffer_value) struct buffer literal = {.maximum = SQL_MAX};
        const char *path = arena_text_format(arena, "%s/%s%s", search->directory, name, ends[i][0] ? "" : "/*.parquet");
        TRY(engine_quote_literal(&literal, text_of(path), err));
        search->side->is_csv = i < 2;
        search->side->reader = arena_text_format(
            arena,
            search->side->is_csv
                ? "read_csv(%s, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
                  "allow_quoted_nulls = false, strict_mode = true, max_line_size = 100000000)"
                : "read_parquet(%s)",
            (const char *)literal.data);
    }
    return true;
}

static bool describe(struct comparison *comparison, struct side *side, struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch;
    TRY(engine_query(&result, comparison->engine, arena_text_format(comparison->arena, "DESCRIBE SELECT * FROM %s", side->reader), NULL, 0,
                     err));
    TRY(engine_result_next(result, &batch, err));
    for (; batch.rows;) {
        for (size_t i = 0; i < batch.rows && side->count < COLUMNS_MAX; i++) {
            const struct text name = batch.column[0].texts[i];
            side->columns[side->count++] = text_of(arena_text_format(comparison->arena, "%.*s", (int)name.length, name.data));
        }
        TRY(engine_result_next(result, &batch, err));
    }
    return true;
}

/* ---- one form of each value on both sides ---- */
static const char *expression(struct comparison *comparison, const struct side *side, int field)
{
    static const char *const types[] = {
        [OMOP_INTEGER] = "BIGINT", [OMOP_FLOAT] = "DOUBLE", [OMOP_DATE] = "DATE", [OMOP_DATETIME] = "TIMESTAMP", [OMOP_TEXT] = "VARCHAR"};
    const enum omop_type type = omop_table(comparison->table)->fields[field].type;
    for (size_t i = 0; i < side->count; i++) {
        if (omop_field_find(comparison->table, side->columns[i]) != field) {
            continue;
        }
        const char *value = arena_text_format(comparison->arena, "\"%s\"", side->columns[i].data);
        if (side->is_csv && type != OMOP_TEXT) {
            value = arena_text_format(comparison->arena, "nullif(%s, '')", value);
        }
        return arena_text_format(comparison->arena, type == OMOP_DATE ? "CAST(CAST(%s AS TIMESTAMP) AS %s)" : "CAST(%s AS %s)", value,
                                 types[type]);
    }
    return arena_text_format(comparison->arena, "CAST(NULL AS %s)", types[type]);
}

static const char *selection(struct comparison *comparison, const struct side *side)
{
    const char *list = "";
    for (int field = 0; field < omop_table(comparison->table)->field_count; field++) {
        list = arena_text_format(comparison->arena, "%s%s%s AS f%d", list, field ? ", " : "", expression(comparison, side, field), field);
    }
    return arena_text_format(comparison->arena, "SELECT %s FROM %s", list, side->reader);
}

static bool number(struct comparison *comparison, const char *sql, uint64_t *out_number, struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch;
    TRY(engine_query(&result, comparison->engine, sql, NULL, 0, err));
    TRY(engine_result_next(result, &batch, err));
    *out_number = batch.rows ? (uint64_t)batch.column[0].i64[0] : 0;
    return true;
}

/* Reads one side once, into a table of the engine. */
static bool take_rows(struct comparison *comparison, int side, uint64_t *out_rows, struct error *err)
{
    *out_rows = 0;
    if (!comparison->sides[side].reader) {
        return true;
    }
    TRY(engine_execute(comparison->engine,
                       arena_text_format(comparison->arena, "CREATE OR REPLACE TABLE side_%d AS %s", side,
                                         selection(comparison, &comparison->sides[side])),
                       NULL, 0, err));
    return number(comparison, arena_text_format(comparison->arena, "SELECT count(*) FROM side_%d", side), out_rows, err);
}

/* Rows that one side has more often than the other. */
static bool surplus(struct comparison *comparison, int side, uint64_t *out_rows, struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM (SELECT * FROM side_%d EXCEPT ALL SELECT * FROM side_%d)";
    return number(comparison, arena_text_format(comparison->arena, sql, side, 1 - side), out_rows, err);
}

static void list_not_carried(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->sides[0].count; i++) {
        if (omop_field_find(comparison->table, comparison->sides[0].columns[i]) == OMOP_NO_FIELD) {
            printf("    not carried: column %s\n", comparison->sides[0].columns[i].data);
        }
    }
}

static bool compare_table(struct comparison *comparison, int table, struct error *err)
{
    uint64_t rows[2], more[2] = {0, 0};
    comparison->table = table;
    for (int i = 0; i < 2; i++) {
        struct side *side = &comparison->sides[i];
        *side = (struct side){0};
        struct search search = {comparison, comparison->directories[i], side};
        TRY(directory_visit(search.directory, visit, &search, err));
        TRY(!side->reader || describe(comparison, side, err));
        TRY(take_rows(comparison, i, &rows[i], err));
    }
    if (!rows[0] && !rows[1]) {
        return true;
    }
    const bool both = comparison->sides[0].reader && comparison->sides[1].reader;
    for (int i = 0; i < 2 && both; i++) {
        TRY(surplus(comparison, i, &more[i], err));
    }
    const bool added = !comparison->sides[0].reader;
    const bool equal = both && rows[0] == rows[1] && !more[0] && !more[1];
    printf("%-24s %12" PRIu64 " %12" PRIu64 "  %s\n", omop_table(table)->name, rows[0], rows[1],
           added   ? "added"
           : equal ? "equal"
                   : "DIFFERENT");
    if (!equal && !added) {
        printf("    %" PRIu64 " rows only in the source, %" PRIu64 " only in the export\n", more[0], more[1]);
        comparison->differs = true;
    }
    list_not_carried(comparison);
    return true;
}

static bool compare(struct comparison *comparison, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (!compare_table(comparison, table, err)) {
            return error_context(err, "table %s", omop_table(table)->name);
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct comparison comparison = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: omop_compare SOURCE EXPORT\n");
        return 2;
    }
    CLEANUP(engine) struct engine *engine = NULL;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct engine_options options = {.files_allowed = true};
    comparison.arena = arena;
    comparison.directories[0] = argv[1];
    comparison.directories[1] = argv[2];
    bool done = engine_open(&engine, &options, &err);
    comparison.engine = engine;
    if (!done || !compare(&comparison, &err)) {
        fprintf(stderr, "omop_compare: %s (%s) %s\n", err.message, err.detail, err.context_count ? err.context[0] : "");
        return 2;
    }
    return comparison.differs ? 1 : 0;
}
