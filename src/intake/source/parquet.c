/* SPDX-License-Identifier: EUPL-1.2 */
/* Parquet files, through the SQL engine: it decodes only the columns that are wanted, on its own threads, ahead of whoever takes the rows,
 * and passes over row groups in which no wanted person is. */
#include "intake/source/convert.h"
#include "intake/source/source_internal.h"
#include "intake/source/source_text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SQL_MAX = 1 << 20, ENGINE_MEMORY_SHARE = 2, ROWS_OF_A_BATCH = 1 << 15 };
#define ENGINE_MEMORY_MIN (INT64_C(1) << 30)

static bool engine_demand(struct source *source, struct error *err)
{
    if (source->engine) {
        return true;
    }
    const int64_t share = settings_get(&source->settings, SETTING_LOAD_MEMORY_BYTES) / ENGINE_MEMORY_SHARE;
    const struct engine_options options = {.threads = source->pool ? task_pool_threads(source->pool) : 1,
                                           .memory_bytes = (uint64_t)(share > ENGINE_MEMORY_MIN ? share : ENGINE_MEMORY_MIN),
                                           .files_allowed = true};
    return engine_open(&source->engine, &options, err);
}

/* ---- where the bytes are ---- */
struct place {
    char path[64]; /* of a member of a zip */
    int descriptor;
    const char *name;
};
static inline void place_value_cleanup(struct place *place)
{
    if (place->descriptor > 0) {
        close(place->descriptor);
    }
}

static bool place_open(struct place *place, struct source *source, const struct source_file *file, struct error *err)
{
    place->name = file->catalogue.path;
    if (source->archive) {
        TRY(archive_member_unpack(source->archive, file->catalogue.member, &place->descriptor, err));
        snprintf(place->path, sizeof place->path, "/proc/self/fd/%d", place->descriptor);
        place->name = place->path;
    }
    return true;
}

/* The engine reads *, ? and [ in a path as a pattern. */
static bool append_path(struct buffer *sql, const char *path, struct error *err)
{
    __attribute__((cleanup(buffer_value_cleanup))) struct buffer escaped = {.maximum = SQL_MAX};
    for (const char *at = path; *at; at++) {
        TRY(strchr("*?[", *at) ? buffer_append_format(&escaped, err, "[%c]", *at) : buffer_append(&escaped, at, 1, err));
    }
    return engine_quote_literal(sql, (struct text){(const char *)escaped.data, escaped.length}, err);
}

/* ---- statements ---- */
struct statement {
    const char *path;
    const struct source_file *file;
    uint64_t fields;
    const char *person;
};

static bool is_selected(const struct statement *statement, int field)
{
    const int column = statement->file->map.column_of[field];
    return column >= 0 && statement->file->columns[column] && !statement->file->is_null[column] &&
           (!statement->fields || (statement->fields >> field & 1));
}

static bool append_columns(struct buffer *sql, const struct statement *statement, struct error *err)
{
    const int count = omop_table(statement->file->map.table)->field_count;
    for (int field = 0; field < count; field++) {
        if (is_selected(statement, field)) {
            TRY(buffer_append_format(sql, err, "%s, ", statement->file->columns[statement->file->map.column_of[field]]));
        }
    }
    return true;
}

static bool append_part(struct buffer *sql, const struct statement *statement, struct text part, struct error *err)
{
    if (text_equal(part, TEXT("path"))) {
        return append_path(sql, statement->path, err);
    }
    if (text_equal(part, TEXT("columns"))) {
        return append_columns(sql, statement, err);
    }
    return buffer_append_text(sql, statement->person, err);
}

/* Fills the @parts@ of a statement. */
static bool statement_write(struct buffer *sql, const char *template, const struct statement *statement, struct error *err)
{
    const char *at = template;
    for (const char *mark = strchr(at, '@'); mark; mark = strchr(at, '@')) {
        const char *end = strchr(mark + 1, '@');
        TRY(buffer_append(sql, at, (size_t)(mark - at), err));
        TRY(append_part(sql, statement, (struct text){mark + 1, (size_t)(end - mark - 1)}, err));
        at = end + 1;
    }
    return buffer_append_text(sql, at, err);
}

/* ---- columns ---- */
/* The expression for a column by the engine's name of its type, or NULL for what is no plain value. */
static const char *expression_of(struct source *source, struct text name, struct text type, struct error *err)
{
    static const char *const plain[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT",  "UTINYINT",  "USMALLINT", "UINTEGER", "FLOAT",
                                        "DOUBLE",  "VARCHAR",  "DATE",    "BOOLEAN", "TIMESTAMP", "DECIMAL",   "NULL",     "UBIGINT"};
    static const char *const cast[] = {"TIME", "UUID", "HUGEINT", "UHUGEINT", "JSON"};
    __attribute__((cleanup(buffer_value_cleanup))) struct buffer quoted = {.maximum = SQL_MAX};
    if (!engine_quote_identifier(&quoted, name, err) || (type.length && type.data[type.length - 1] == ']')) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (text_starts_with(type, text_of(plain[i]))) {
            return arena_text_copy(source->arena, (const char *)quoted.data);
        }
    }
    for (size_t i = 0; i < sizeof cast / sizeof cast[0]; i++) {
        if (text_starts_with(type, text_of(cast[i]))) {
            return arena_text_format(source->arena, "CAST(%s AS VARCHAR)", (const char *)quoted.data);
        }
    }
    return NULL;
}

static bool is_integer_type(struct text type)
{
    return text_equal(type, TEXT("BIGINT")) || text_equal(type, TEXT("INTEGER")) || text_equal(type, TEXT("SMALLINT"));
}

static bool describe_columns(struct source *source, struct source_file *file, const char *sql, struct source_names *out_names,
                             struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch;
    struct text *names = ARENA_ARRAY(source->arena, struct text, COLUMN_MAP_MAX);
    const char **columns = ARENA_ARRAY(source->arena, const char *, COLUMN_MAP_MAX);
    const int person = omop_table(file->catalogue.naming.table)->person_field;
    size_t count = 0;
    TRY(engine_query(&result, source->engine, sql, NULL, 0, err));
    TRY(engine_result_next(result, &batch, err));
    while (batch.rows) {
        for (size_t i = 0; i < batch.rows; i++, count++) {
            if (count == COLUMN_MAP_MAX) {
                return FAIL(err, INVALID_INPUT, "%s has more than %d columns", file->catalogue.name, COLUMN_MAP_MAX);
            }
            const struct text name = batch.column[0].texts[i], type = batch.column[1].texts[i];
            names[count] = text_of(arena_text_format(source->arena, "%.*s", (int)name.length, name.data));
            columns[count] = expression_of(source, names[count], type, err);
            if (person != OMOP_NO_FIELD && omop_field_find(file->catalogue.naming.table, names[count]) == person) {
                file->person_is_integer = is_integer_type(type);
            }
        }
        TRY(engine_result_next(result, &batch, err));
    }
    file->columns = columns;
    *out_names = (struct source_names){names, count};
    return true;
}

/* A column that is NULL throughout is not read, unless its NULLs are findings. */
static bool drop_null_columns(struct source *source, struct source_file *file, struct source_names names, const char *sql,
                              struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch;
    bool *is_null = ARENA_ARRAY(source->arena, bool, COLUMN_MAP_MAX);
    TRY(engine_query(&result, source->engine, sql, NULL, 0, err));
    TRY(engine_result_next(result, &batch, err));
    while (batch.rows) {
        for (size_t i = 0; i < batch.rows; i++) {
            for (size_t column = 0; column < names.count; column++) {
                const int field = omop_field_find(file->catalogue.naming.table, names.items[column]);
                is_null[column] = is_null[column] || (text_equal(names.items[column], batch.column[0].texts[i]) && field != OMOP_NO_FIELD &&
                                                      convert_kind_of_null(file->catalogue.naming.table, field) == FINDING_KIND_COUNT);
            }
        }
        TRY(engine_result_next(result, &batch, err));
    }
    file->is_null = is_null;
    return true;
}

static bool count_rows(struct source *source, struct source_file *file, const char *sql, struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch;
    TRY(engine_query(&result, source->engine, sql, NULL, 0, err));
    TRY(engine_result_next(result, &batch, err));
    file->rows = batch.rows ? (uint64_t)batch.column[0].i64[0] : 0;
    file->is_empty = file->rows == 0;
    return true;
}

/* The columns of a file that is a table. */
static bool describe_table(struct source *source, struct source_file *file, const struct statement *statement,
                           struct source_names *out_names, struct error *err)
{
    __attribute__((cleanup(buffer_value_cleanup))) struct buffer sql = {.maximum = SQL_MAX};
    TRY(statement_write(&sql, parquet_describe_sql, statement, err));
    TRY(describe_columns(source, file, (const char *)sql.data, out_names, err));
    buffer_clear(&sql);
    TRY(statement_write(&sql, parquet_null_columns_sql, statement, err));
    return drop_null_columns(source, file, *out_names, (const char *)sql.data, err);
}

bool parquet_describe(struct source *source, struct source_file *file, struct source_names *out_names, struct error *err)
{
    __attribute__((cleanup(place_value_cleanup))) struct place place = {0};
    __attribute__((cleanup(buffer_value_cleanup))) struct buffer sql = {.maximum = SQL_MAX};
    TRY(engine_demand(source, err));
    TRY(place_open(&place, source, file, err));
    const struct statement statement = {.path = place.name, .file = file};
    TRY(statement_write(&sql, parquet_rows_sql, &statement, err));
    if (!count_rows(source, file, (const char *)sql.data, err)) {
        const struct error cause = *err;
        if (cause.code != ERROR_ENGINE && cause.code != ERROR_IO) {
            return false;
        }
        FAIL(err, INVALID_INPUT, "%s is no Parquet file, or a damaged one", file->catalogue.name);
        return error_detail(err, "%s", cause.detail);
    }
    return file->catalogue.naming.table < 0 || describe_table(source, file, &statement, out_names, err);
}

/* ---- rows ---- */
/* One batch as it is given, and what it lies in. While one is in use the next is made. */
struct parquet_lane {
    struct engine_batch batch;
    uint64_t *lines;
    struct arena *scratch;
    struct finding_batch findings;
    struct source_column columns[FINDING_FIELDS_MAX];
};
struct parquet_work {
    const struct source_file *file;
    const struct source_scan *scan;
    const struct statement *statement;
    struct engine_result *result;
    struct task_pool *pool; /* of one thread, that makes the next batch; NULL: nothing is made ahead */
    struct task_set set;
    struct parquet_lane lanes[2], *next; /* the one that is made */
};
static inline void work_value_cleanup(struct parquet_work *work)
{
    task_pool_destroy(work->pool);
    engine_result_close(work->result);
    for (size_t i = 0; i < 2; i++) {
        arena_destroy(work->lanes[i].scratch);
        finding_batch_finish(&work->lanes[i].findings);
    }
}

static void lane_convert(const struct parquet_work *work, struct parquet_lane *lane)
{
    const struct omop_table_info *info = omop_table(work->file->map.table);
    const struct engine_batch *batch = &lane->batch;
    size_t at = 0;
    lane->lines = arena_allocate_raw(lane->scratch, batch->rows + 1, sizeof *lane->lines);
    for (size_t i = 0; i < batch->rows; i++) {
        lane->lines[i] = (uint64_t)batch->column[batch->columns - 1].i64[i] + 1;
    }
    for (int field = 0; field < info->field_count; field++) {
        lane->columns[field] = (struct source_column){.type = info->fields[field].type, .is_all_null = true};
        if (is_selected(work->statement, field)) {
            convert_column(&batch->column[at++], batch->rows, lane->lines, field, lane->scratch, &lane->findings, &lane->columns[field]);
        }
    }
}

static bool lane_make(void *context, size_t index, unsigned worker, struct error *err)
{
    struct parquet_work *work = context;
    struct parquet_lane *lane = work->next;
    (void)index;
    (void)worker;
    arena_reset(lane->scratch);
    TRY(task_check(err));
    TRY(engine_result_next(work->result, &lane->batch, err));
    if (lane->batch.rows) {
        lane_convert(work, lane);
    }
    return true;
}

static void next_begin(struct parquet_work *work)
{
    if (work->pool) {
        task_pool_start(work->pool, &work->set);
    }
}

static bool next_end(struct parquet_work *work, struct error *err)
{
    return work->pool ? task_pool_wait(work->pool, err) : lane_make(work, 0, 0, err);
}

static bool give(const struct parquet_work *work, struct parquet_lane *lane, struct error *err)
{
    const struct source_batch out = {.table = work->file->map.table,
                                     .file = work->file->number,
                                     .rows = lane->batch.rows,
                                     .columns = lane->columns,
                                     .lines = lane->lines};
    findings_absorb(work->scan->findings, &lane->findings);
    progress_add(work->scan->progress, lane->batch.rows);
    return work->scan->take(work->scan->context, &out, err);
}

static bool stream(struct parquet_work *work, struct error *err)
{
    next_begin(work);
    for (;;) {
        struct parquet_lane *lane = work->next;
        TRY(next_end(work, err));
        if (!lane->batch.rows) {
            return true;
        }
        work->next = &work->lanes[lane == &work->lanes[0]];
        next_begin(work);
        if (!give(work, lane, err)) {
            const bool done = !work->pool || task_pool_wait(work->pool, NULL); /* what is made is in nobody's way */
            (void)done;
            return false;
        }
    }
}

static bool work_open(struct parquet_work *work, struct source *source, const char *sql, struct error *err)
{
    const struct engine_value range[] = {{.type = ENGINE_I64, .i64 = work->scan->first_person},
                                         {.type = ENGINE_I64, .i64 = work->scan->last_person}};
    for (size_t i = 0; i < 2; i++) {
        work->lanes[i].scratch = arena_create();
        work->lanes[i].findings.table = work->file->map.table;
        work->lanes[i].findings.file = work->file->number;
    }
    work->next = &work->lanes[0];
    work->set = (struct task_set){.count = 1, .run = lane_make, .context = work};
    TRY(engine_query(&work->result, source->engine, sql, range, work->statement->person ? 2 : 0, err));
    TRY(engine_result_batch_rows(work->result, ROWS_OF_A_BATCH, err));
    const bool is_alone = !source->pool || task_pool_threads(source->pool) == 1;
    return is_alone || task_pool_create(&work->pool, 1, err);
}

/* What a row's person is compared by, or NULL when all rows are wanted. */
static const char *person_of(struct source *source, const struct source_file *file, const struct source_scan *scan)
{
    const int field = omop_table(file->map.table)->person_field;
    const int column = field == OMOP_NO_FIELD ? -1 : file->map.column_of[field];
    if (!scan->in_range || column < 0 || !file->columns[column]) {
        return NULL;
    }
    return file->person_is_integer ? file->columns[column]
                                   : arena_text_format(source->arena, "TRY_CAST(%s AS BIGINT)", file->columns[column]);
}

bool parquet_scan(struct source *source, const struct source_file *file, const struct source_scan *scan, struct error *err)
{
    __attribute__((cleanup(place_value_cleanup))) struct place place = {0};
    __attribute__((cleanup(buffer_value_cleanup))) struct buffer sql = {.maximum = SQL_MAX};
    TRY(place_open(&place, source, file, err));
    const struct statement statement = {place.name, file, scan->fields, person_of(source, file, scan)};
    const char *template = !statement.person     ? parquet_scan_sql
                           : scan->with_unplaced ? parquet_scan_range_unplaced_sql
                                                 : parquet_scan_range_sql;
    TRY(statement_write(&sql, template, &statement, err));
    __attribute__((cleanup(work_value_cleanup))) struct parquet_work work = {.file = file, .scan = scan, .statement = &statement};
    TRY(work_open(&work, source, (const char *)sql.data, err));
    return stream(&work, err);
}
