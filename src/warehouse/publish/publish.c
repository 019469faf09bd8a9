/* SPDX-License-Identifier: EUPL-1.2 */
/* publish: see publish.h. Parts are loaded by several connections at once, each part in a transaction of its own; then indexes. */
#include "warehouse/publish/publish.h"
#include "base/arena.h"
#include "base/calendar.h"
#include "base/progress.h"
#include "warehouse/publish/publish_layout.h"
#include "warehouse/publish/publish_stage.h"
#include "warehouse/publish/publish_text.h"
#include <stdio.h>

enum {
    BATCH_ROWS = 1 << 13,
    PART_ROWS = 1 << 18, /* what one transaction loads, and an interruption loses at most */
    PARTS_MAX = 1 << 24,
    CONNECTIONS_MAX = 64,
};

struct work {
    struct store_reader *reader;
    const struct publish_options *options;
    struct publish_stage stage;
    struct publish_parts parts;
    struct postgresql *connections[CONNECTIONS_MAX]; /* by worker */
    unsigned connection_count;
    struct progress *progress;
    struct publish_report report;
};

/* ---- what there is to do ---- */
static bool parts_list(struct work *work, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const enum omop_scope scope = omop_table(table)->scope;
        for (size_t s = 0; work->options->tables >> table & 1 && s < store_reader_segment_count(work->reader, scope); s++) {
            const uint64_t rows = store_segment_rows(store_reader_segment(work->reader, scope, s), table);
            for (uint64_t first = 0; first < rows; first += PART_ROWS) {
                const uint64_t left = rows - first;
                const struct publish_part part = {table, (uint32_t)s, first, left < PART_ROWS ? left : PART_ROWS, false};
                TRY(publish_parts_append(&work->parts, part, err));
            }
            work->report.table_rows[table] += rows;
            work->report.rows += rows;
        }
        work->report.tables += (unsigned)(work->options->tables >> table & 1);
    }
    return true;
}

static bool connections_open(struct work *work, struct error *err)
{
    const unsigned threads = task_pool_threads(work->options->pool);
    if (threads > CONNECTIONS_MAX) {
        FAIL(err, LIMIT, "more than %d connections at once", CONNECTIONS_MAX);
        return error_hint(err, "take fewer with --threads");
    }
    for (unsigned i = 0; i < threads; i++) {
        TRY(publish_connect(work->options, &work->connections[i], err));
        work->connection_count++;
    }
    return true;
}

/* ---- one part ---- */
static struct postgresql_column column_of(const struct store_vector *vector)
{
    if (vector->is_all_null) {
        return (struct postgresql_column){0};
    }
    return (struct postgresql_column){vector->valid, vector->integers, vector->floats, vector->days, vector->texts};
}

/* The server counts characters, and says of what is too long neither column nor row. */
static bool length_check(const struct omop_field *field, const struct store_vector *vector, size_t rows, struct error *err)
{
    const size_t maximum = (size_t)field->text_length_max;
    for (size_t row = 0; maximum > 0 && vector->texts && row < rows; row++) {
        const struct text text = vector->texts[row];
        size_t characters = 0;
        for (size_t i = 0; text.length > maximum && i < text.length; i++) {
            characters += ((unsigned char)text.data[i] & 0xc0) != 0x80;
        }
        if (characters > maximum) {
            FAIL(err, INVALID_INPUT, "a text of %s is longer than the %zu characters that the CDM gives it", field->name, maximum);
            return error_hint(err, "with --wide columns of text have no limit");
        }
    }
    return true;
}

static bool batch_send(struct work *work, const struct publish_part *part, struct postgresql_copy *copy, uint64_t first, size_t rows,
                       struct arena *scratch, struct error *err)
{
    struct postgresql_column columns[PUBLISH_FIELDS_MAX];
    const struct omop_table_info *info = omop_table(part->table);
    struct store_segment *segment = store_reader_segment(work->reader, info->scope, part->segment);
    for (int f = 0; f < info->field_count; f++) {
        struct store_vector vector;
        TRY(store_column_read(segment, part->table, f, first, rows, scratch, &vector, err));
        TRY(work->options->wide || length_check(&info->fields[f], &vector, rows, err));
        columns[f] = column_of(&vector);
    }
    return postgresql_copy_columns(copy, columns, rows, err);
}

static bool rows_send(struct work *work, const struct publish_part *part, struct postgresql *connection, struct error *err)
{
    enum postgresql_column_type types[PUBLISH_FIELDS_MAX];
    const char *names[PUBLISH_FIELDS_MAX];
    const struct omop_table_info *info = omop_table(part->table);
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer sql = {.maximum = PUBLISH_SQL_MAX};
    CLEANUP(buffer_value) struct buffer list = {.maximum = PUBLISH_SQL_MAX};
    CLEANUP(postgresql_copy) struct postgresql_copy *copy = NULL;
    uint64_t taken = 0;
    for (int f = 0; f < info->field_count; f++) {
        types[f] = publish_column_type(part->table, f);
        names[f] = info->fields[f].name;
    }
    TRY(publish_columns_list(&list, part->table, err));
    const struct publish_word words[] = {
        {"schema", work->stage.staging, false}, {"table", info->name, false}, {"columns", (const char *)list.data, true}};
    TRY(publish_fill(&sql, copy_rows_sql, words, sizeof words / sizeof *words, err));
    TRY(postgresql_copy_open(&copy, connection, (const char *)sql.data, types, names, (size_t)info->field_count, err));
    for (uint64_t done = 0; done < part->rows; done += BATCH_ROWS) {
        const uint64_t left = part->rows - done;
        const size_t rows = left < BATCH_ROWS ? (size_t)left : BATCH_ROWS;
        TRY(task_check(err));
        arena_reset(scratch);
        TRY(batch_send(work, part, copy, part->first + done, rows, scratch, err));
        progress_add(work->progress, rows);
    }
    TRY(postgresql_copy_finish(copy, &taken, err));
    return taken == part->rows || FAIL(err, ENGINE, "the database took fewer rows than it was sent");
}

static bool part_note(struct work *work, const struct publish_part *part, struct postgresql *connection, struct error *err)
{
    CLEANUP(buffer_value) struct buffer sql = {.maximum = PUBLISH_SQL_MAX};
    const struct publish_word words[] = {{"schema", work->stage.staging, false}};
    const struct postgresql_value values[] = {{.type = POSTGRESQL_TEXT, .text = text_of(omop_table(part->table)->name)},
                                              {.type = POSTGRESQL_I64, .i64 = part->segment},
                                              {.type = POSTGRESQL_I64, .i64 = (int64_t)part->first},
                                              {.type = POSTGRESQL_I64, .i64 = (int64_t)part->rows}};
    TRY(publish_fill(&sql, write_part_sql, words, 1, err));
    return postgresql_execute(connection, (const char *)sql.data, values, sizeof values / sizeof *values, NULL, err);
}

static bool part_load(void *context, size_t index, unsigned worker, struct error *err)
{
    struct work *work = context;
    const struct publish_part *part = &work->parts.items[index];
    struct postgresql *connection = work->connections[worker];
    if (part->is_done) {
        return true;
    }
    const bool done = postgresql_script(connection, begin_sql, err) && rows_send(work, part, connection, err) &&
                      part_note(work, part, connection, err) && postgresql_script(connection, commit_sql, err);
    return done || error_context(err, "table %s", omop_table(part->table)->name);
}

/* ---- afterwards ---- */
static bool table_finish(void *context, size_t index, unsigned worker, struct error *err)
{
    struct work *work = context;
    const struct omop_table_info *info = omop_table((int)index);
    struct postgresql *connection = work->connections[worker];
    int fields[PUBLISH_INDEXES_MAX];
    if (!(work->options->tables >> index & 1)) {
        return true;
    }
    const int count = publish_indexes((int)index, fields);
    for (int i = 0; i < count; i++) {
        char name[128];
        const char *column = info->fields[fields[i]].name;
        snprintf(name, sizeof name, "idx_%s_%d", info->name, i + 1);
        CLEANUP(buffer_value) struct buffer quoted = {.maximum = 512};
        TRY(postgresql_quote_identifier(&quoted, text_of(column), err));
        const struct publish_word words[] = {{"schema", work->stage.staging, false},
                                             {"table", info->name, false},
                                             {"index", name, false},
                                             {"columns", (const char *)quoted.data, true}};
        if (!publish_run(connection, create_index_sql, words, sizeof words / sizeof *words, err)) {
            return error_context(err, "index of table %s, column %s", info->name, column);
        }
    }
    const struct publish_word words[] = {{"schema", work->stage.staging, false}, {"table", info->name, false}};
    TRY(publish_run(connection, analyze_sql, words, 2, err));
    progress_add(work->progress, 1);
    return true;
}

static bool load(struct work *work, struct error *err)
{
    uint64_t before = 0;
    for (size_t i = 0; i < work->parts.count; i++) {
        before += work->parts.items[i].is_done ? work->parts.items[i].rows : 0;
    }
    work->report.rows_before = before;
    const int64_t start = clock_monotonic_ns();
    const struct task_set loading = {.count = work->parts.count, .run = part_load, .context = work};
    work->progress = progress_begin("publish", work->report.rows - before, "rows", work->options->quiet);
    const bool done = task_pool_run(work->options->pool, &loading, err);
    progress_end(work->progress);
    work->report.load_seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    return done;
}

static bool index_all(struct work *work, struct error *err)
{
    const struct task_set indexing = {.count = OMOP_TABLE_COUNT, .run = table_finish, .context = work};
    work->progress = progress_begin("index", work->report.tables, "tables", work->options->quiet);
    const bool done = task_pool_run(work->options->pool, &indexing, err);
    progress_end(work->progress);
    return done;
}

static bool publish(struct work *work, struct error *err)
{
    bool is_needed = false;
    TRY(publish_stage_open(&work->stage, work->options, &is_needed, err));
    work->report.is_citus = work->stage.is_citus;
    work->report.was_there = !is_needed;
    TRY(parts_list(work, err));
    if (!is_needed) {
        return true;
    }
    TRY(publish_stage_begin(&work->stage, &work->parts, err) && connections_open(work, err));
    return load(work, err) && index_all(work, err) && publish_stage_finish(&work->stage, work->report.rows, err);
}

bool publish_tables(struct store_reader *reader, const struct publish_options *options, struct publish_report *out_report,
                    struct error *err)
{
    struct work work = {.reader = reader, .options = options, .parts = {.maximum = PARTS_MAX}};
    const int64_t start = clock_monotonic_ns();
    TRY(store_reader_demand(reader, GRANT_EXPORT, err));
    const bool done = publish(&work, err);
    for (unsigned i = 0; i < work.connection_count; i++) {
        postgresql_close(work.connections[i]);
    }
    publish_stage_close(&work.stage);
    publish_parts_finish(&work.parts);
    TRY(done);
    work.report.seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    *out_report = work.report;
    return true;
}
