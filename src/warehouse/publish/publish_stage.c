/* SPDX-License-Identifier: EUPL-1.2 */
/* publish_stage: see publish_stage.h. Every change of names is one transaction, so that there is no moment at which half of it is seen. */
#include "warehouse/publish/publish_stage.h"
#include "base/calendar.h"
#include "warehouse/publish/publish_layout.h"
#include "warehouse/publish/publish_text.h"
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { IDENTITY_MAX = 1024, LOCK_SECONDS = 15, LOCK_WAIT_MS = 300, LAYOUT_VERSION = 1 };

bool publish_connect(const struct publish_options *options, struct postgresql **out_connection, struct error *err)
{
    const struct postgresql_options wish = {.address = options->address, .password = options->password, .application_name = "emc2 publish"};
    return postgresql_open(out_connection, &wish, err);
}

bool publish_schema_check(const char *schema, struct error *err)
{
    const size_t length = strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || schema[length] || length >= PUBLISH_SCHEMA_MAX || strchr("0123456789", schema[0]) ||
        strncmp(schema, "pg_", 3) == 0) {
        FAIL(err, INVALID_ARGUMENT, "this cannot be the name of a schema");
        return error_hint(err, "small letters, digits and underscores, at most %d, not pg_...", PUBLISH_SCHEMA_MAX - 1);
    }
    return true;
}

/* ---- small questions ---- */
/* The first row of a statement with one text: up to two answers of yes or no. */
static bool ask(struct postgresql *connection, const char *sql, const char *word, bool out_answers[2], struct error *err)
{
    CLEANUP(postgresql_result) struct postgresql_result *result = NULL;
    const struct postgresql_value value = {.type = POSTGRESQL_TEXT, .text = text_of(word ? word : "")};
    const struct postgresql_value *row = NULL;
    TRY(postgresql_query(&result, connection, sql, &value, word ? 1 : 0, err) && postgresql_result_next(result, &row, err));
    for (size_t i = 0; i < 2; i++) {
        out_answers[i] = row && i < postgresql_result_columns(result) && !row[i].is_null && row[i].i64 != 0;
    }
    return true;
}

/* Of a schema that a publication made: what is in it, and whether it is whole. */
static bool identity_read(struct postgresql *connection, const char *schema, char out_identity[IDENTITY_MAX], bool *out_is_finished,
                          struct error *err)
{
    CLEANUP(buffer_value) struct buffer sql = {.maximum = PUBLISH_SQL_MAX};
    CLEANUP(postgresql_result) struct postgresql_result *result = NULL;
    const struct publish_word words[] = {{"schema", schema, false}};
    const struct postgresql_value *row = NULL;
    TRY(publish_fill(&sql, read_identity_sql, words, 1, err));
    TRY(postgresql_query(&result, connection, (const char *)sql.data, NULL, 0, err) && postgresql_result_next(result, &row, err));
    out_identity[0] = '\0';
    *out_is_finished = row && row[1].i64 != 0;
    if (row && !row[0].is_null && !text_copy(out_identity, IDENTITY_MAX, row[0].text)) {
        out_identity[0] = '\0'; /* not one of ours */
    }
    return true;
}

static void identity_make(const struct publish_stage *stage, char out_identity[IDENTITY_MAX])
{
    snprintf(out_identity, IDENTITY_MAX, "layout %d, %s, tables %016" PRIx64 ", %s, %s", LAYOUT_VERSION, stage->options->snapshot,
             stage->options->tables, stage->is_citus ? "citus" : "partitions", stage->options->wide ? "wide" : "as in the CDM");
}

/* Somebody who was killed a moment ago may still hold it: the server needs a while to notice. */
static bool lock_take(struct publish_stage *stage, struct error *err)
{
    const int64_t end = clock_monotonic_ns() + (int64_t)LOCK_SECONDS * 1000000000;
    for (;;) {
        bool answers[2];
        TRY(task_check(err) && ask(stage->control, lock_sql, stage->options->schema, answers, err));
        if (answers[0]) {
            return true;
        }
        if (clock_monotonic_ns() > end) {
            FAIL(err, BUSY, "another publication into this schema is running");
            return error_hint(err, "wait until it has ended");
        }
        poll(NULL, 0, LOCK_WAIT_MS);
    }
}

/* ---- opening ---- */
static bool target_check(struct publish_stage *stage, bool *out_is_needed, struct error *err)
{
    char identity[IDENTITY_MAX], wanted[IDENTITY_MAX];
    bool answers[2], is_finished = false;
    const char *schema = stage->options->schema;
    *out_is_needed = true;
    TRY(ask(stage->control, find_schema_sql, schema, answers, err));
    if (!answers[0]) {
        return true;
    }
    if (!answers[1]) {
        FAIL(err, EXISTS, "the schema exists already, and was not made by a publication");
        return error_hint(err, "name another one with --schema; what emc2 did not make it does not drop");
    }
    identity_make(stage, wanted);
    TRY(identity_read(stage->control, schema, identity, &is_finished, err));
    *out_is_needed = !is_finished || strcmp(identity, wanted) != 0;
    if (*out_is_needed && !stage->options->replace) {
        FAIL(err, EXISTS, "the schema exists already, with another snapshot or other tables");
        return error_hint(err, "add --replace, or name another one with --schema");
    }
    return true;
}

bool publish_stage_open(struct publish_stage *stage, const struct publish_options *options, bool *out_is_needed, struct error *err)
{
    bool answers[2];
    *stage = (struct publish_stage){.options = options};
    TRY(publish_schema_check(options->schema, err));
    snprintf(stage->staging, sizeof stage->staging, "%s_emc2_loading", options->schema);
    TRY(publish_connect(options, &stage->control, err) && lock_take(stage, err));
    TRY(ask(stage->control, has_citus_sql, NULL, answers, err));
    stage->is_citus = answers[0];
    return target_check(stage, out_is_needed, err);
}

void publish_stage_close(struct publish_stage *stage)
{
    postgresql_close(stage->control);
    stage->control = NULL;
}

/* ---- the staging schema ---- */
static bool drop(struct publish_stage *stage, const char *schema, struct error *err)
{
    const struct publish_word words[] = {{"schema", schema, false}};
    return publish_run(stage->control, drop_schema_sql, words, 1, err);
}

static bool tables_create(struct publish_stage *stage, struct error *err)
{
    const struct publish_options *options = stage->options;
    const char *first = NULL;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (!(options->tables >> table & 1)) {
            continue;
        }
        if (!publish_table_create(stage->control, stage->staging, table, options->wide, stage->is_citus, first, err)) {
            return error_context(err, "table %s", omop_table(table)->name);
        }
        first = !first && omop_table(table)->person_field != OMOP_NO_FIELD ? omop_table(table)->name : first;
    }
    return true;
}

static bool create(struct publish_stage *stage, const char *identity, struct error *err)
{
    CLEANUP(buffer_value) struct buffer sql = {.maximum = PUBLISH_SQL_MAX};
    const struct publish_word words[] = {{"schema", stage->staging, false}};
    const struct postgresql_value value = {.type = POSTGRESQL_TEXT, .text = text_of(identity)};
    TRY(postgresql_script(stage->control, begin_sql, err));
    TRY(!stage->is_citus || postgresql_script(stage->control, citus_sequential_sql, err));
    TRY(publish_run(stage->control, create_schema_sql, words, 1, err) && tables_create(stage, err));
    TRY(publish_fill(&sql, write_identity_sql, words, 1, err));
    TRY(postgresql_execute(stage->control, (const char *)sql.data, &value, 1, NULL, err));
    return postgresql_script(stage->control, commit_sql, err);
}

static struct publish_part *part_find(struct publish_parts *parts, const struct postgresql_value *row)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct publish_part *part = &parts->items[i];
        if (text_equal(row[0].text, text_of(omop_table(part->table)->name)) && (int64_t)part->segment == row[1].i64 &&
            (int64_t)part->first == row[2].i64 && (int64_t)part->rows == row[3].i64) {
            return part;
        }
    }
    return NULL;
}

static bool parts_mark(struct publish_stage *stage, struct publish_parts *parts, struct error *err)
{
    CLEANUP(buffer_value) struct buffer sql = {.maximum = PUBLISH_SQL_MAX};
    CLEANUP(postgresql_result) struct postgresql_result *result = NULL;
    const struct publish_word words[] = {{"schema", stage->staging, false}};
    const struct postgresql_value *row = NULL;
    TRY(publish_fill(&sql, read_parts_sql, words, 1, err));
    TRY(postgresql_query(&result, stage->control, (const char *)sql.data, NULL, 0, err) && postgresql_result_next(result, &row, err));
    while (row) {
        struct publish_part *part = part_find(parts, row);
        if (!part) {
            FAIL(err, CORRUPT, "the unfinished publication holds rows that are not of this snapshot");
            return error_hint(err, "drop the schema %s, and run the command again", stage->staging);
        }
        part->is_done = true;
        TRY(postgresql_result_next(result, &row, err));
    }
    return true;
}

bool publish_stage_begin(struct publish_stage *stage, struct publish_parts *parts, struct error *err)
{
    char identity[IDENTITY_MAX], wanted[IDENTITY_MAX];
    bool answers[2], is_finished = false;
    identity_make(stage, wanted);
    TRY(ask(stage->control, find_schema_sql, stage->staging, answers, err));
    if (answers[0] && !answers[1]) {
        FAIL(err, EXISTS, "the schema in which tables are gathered exists already, and was not made by a publication");
        return error_hint(err, "name another schema with --schema");
    }
    if (answers[0]) {
        TRY(identity_read(stage->control, stage->staging, identity, &is_finished, err));
        if (strcmp(identity, wanted) == 0) {
            return parts_mark(stage, parts, err);
        }
        TRY(drop(stage, stage->staging, err)); /* of another snapshot, or from before somebody objected */
    }
    return create(stage, wanted, err);
}

bool publish_stage_finish(struct publish_stage *stage, uint64_t rows, struct error *err)
{
    char count[TEXT_NUMBER_SIZE];
    bool answers[2];
    const char *schema = stage->options->schema;
    text_from_i64((int64_t)rows, count);
    const struct publish_word words[] = {{"schema", stage->staging, false}, {"name", schema, false}, {"rows", count, true}};
    TRY(postgresql_script(stage->control, begin_sql, err));
    TRY(ask(stage->control, find_schema_sql, schema, answers, err));
    if (answers[0] && (!answers[1] || !stage->options->replace)) {
        return FAIL(err, EXISTS, "somebody made a schema of that name meanwhile");
    }
    TRY(!answers[0] || drop(stage, schema, err));
    return publish_run(stage->control, finish_sql, words, sizeof words / sizeof *words, err) &&
           postgresql_script(stage->control, commit_sql, err);
}
