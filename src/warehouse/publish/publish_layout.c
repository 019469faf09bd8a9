/* SPDX-License-Identifier: EUPL-1.2 */
/* publish_layout: see publish_layout.h. */
#include "warehouse/publish/publish_layout.h"
#include "warehouse/publish/publish.h"
#include "warehouse/publish/publish_text.h"
#include <stdio.h>
#include <string.h>

/* ---- templates ---- */
static const struct publish_word *word_find(const char *name, size_t length, const struct publish_word *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i].name) == length && memcmp(words[i].name, name, length) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

bool publish_fill(struct buffer *out, const char *template, const struct publish_word *words, size_t count, struct error *err)
{
    for (const char *at; (at = strchr(template, '@'));) {
        const char *end = strchr(at + 1, '@');
        const struct publish_word *word = end ? word_find(at + 1, (size_t)(end - at) - 1, words, count) : NULL;
        if (!word) {
            return FAIL(err, INTERNAL, "a template of a statement has a word without a value");
        }
        TRY(buffer_append(out, template, (size_t)(at - template), err));
        TRY(word->is_plain ? buffer_append_text(out, word->value, err) : postgresql_quote_identifier(out, text_of(word->value), err));
        template = end + 1;
    }
    return buffer_append_text(out, template, err);
}

bool publish_run(struct postgresql *connection, const char *template, const struct publish_word *words, size_t count, struct error *err)
{
    CLEANUP(buffer_value) struct buffer sql = {.maximum = PUBLISH_SQL_MAX};
    TRY(publish_fill(&sql, template, words, count, err));
    return postgresql_script(connection, (const char *)sql.data, err);
}

/* ---- columns ---- */
static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

/* The key of a record, or a reference to one: whatever is called an id and is none of a concept. */
static bool is_record_id(int table, int field)
{
    const struct omop_table_info *info = omop_table(table);
    return info->scope != OMOP_VOCABULARY && !info->fields[field].is_concept && ends_with(info->fields[field].name, "_id");
}

enum postgresql_column_type publish_column_type(int table, int field)
{
    switch (omop_table(table)->fields[field].type) {
    case OMOP_INTEGER:
        return is_record_id(table, field) || field == omop_table(table)->person_field ? POSTGRESQL_COLUMN_BIGINT
                                                                                      : POSTGRESQL_COLUMN_INTEGER;
    case OMOP_FLOAT:
        return POSTGRESQL_COLUMN_NUMERIC;
    case OMOP_DATE:
        return POSTGRESQL_COLUMN_DATE;
    case OMOP_DATETIME:
        return POSTGRESQL_COLUMN_TIMESTAMP;
    case OMOP_TEXT:
        break;
    }
    return POSTGRESQL_COLUMN_TEXT;
}

static bool type_append(struct buffer *out, int table, int field, bool is_wide, struct error *err)
{
    static const char *const names[] = {
        [POSTGRESQL_COLUMN_INTEGER] = "integer", [POSTGRESQL_COLUMN_BIGINT] = "bigint", [POSTGRESQL_COLUMN_DOUBLE] = "double precision",
        [POSTGRESQL_COLUMN_NUMERIC] = "numeric", [POSTGRESQL_COLUMN_DATE] = "date",     [POSTGRESQL_COLUMN_TIMESTAMP] = "timestamp",
        [POSTGRESQL_COLUMN_TEXT] = "text"};
    const enum postgresql_column_type type = publish_column_type(table, field);
    const int length = omop_table(table)->fields[field].text_length_max;
    return type == POSTGRESQL_COLUMN_TEXT && length > 0 && !is_wide ? buffer_append_format(out, err, "varchar(%d)", length)
                                                                    : buffer_append_text(out, names[type], err);
}

static bool columns_append(struct buffer *out, int table, bool with_types, bool is_wide, struct error *err)
{
    const struct omop_table_info *info = omop_table(table);
    for (int f = 0; f < info->field_count; f++) {
        TRY(buffer_append_text(out, f ? ", " : "", err));
        TRY(postgresql_quote_identifier(out, text_of(info->fields[f].name), err));
        TRY(!with_types || (buffer_append_text(out, " ", err) && type_append(out, table, f, is_wide, err)));
    }
    return true;
}

bool publish_columns_define(struct buffer *out, int table, bool is_wide, struct error *err)
{
    return columns_append(out, table, true, is_wide, err);
}

bool publish_columns_list(struct buffer *out, int table, struct error *err)
{
    return columns_append(out, table, false, false, err);
}

/* ---- indexes ---- */
static void index_add(int fields[PUBLISH_INDEXES_MAX], int *count, int field)
{
    for (int i = 0; i < *count; i++) {
        if (fields[i] == field) {
            return;
        }
    }
    if (field != OMOP_NO_FIELD && *count < PUBLISH_INDEXES_MAX) {
        fields[(*count)++] = field;
    }
}

/* As the CDM's own script of indexes: key, person, concept, visit; of vocabularies the keys, every concept and the code. */
int publish_indexes(int table, int out_fields[PUBLISH_INDEXES_MAX])
{
    const struct omop_table_info *info = omop_table(table);
    int count = 0;
    index_add(out_fields, &count, info->id_field);
    index_add(out_fields, &count, info->person_field);
    index_add(out_fields, &count, info->concept_field);
    index_add(out_fields, &count, info->visit_field);
    for (int f = 0; info->scope == OMOP_VOCABULARY && f < info->field_count; f++) {
        const struct omop_field *field = &info->fields[f];
        if (field->is_primary_key || (field->is_concept && field->is_required) || strcmp(field->name, "concept_code") == 0) {
            index_add(out_fields, &count, f);
        }
    }
    return count;
}

/* ---- tables ---- */
static bool partitions_create(struct postgresql *connection, const char *schema, const char *table, struct error *err)
{
    for (int i = 0; i < PUBLISH_PARTITIONS; i++) {
        char partition[64], remainder[16], modulus[16];
        snprintf(partition, sizeof partition, "%s_p%d", table, i);
        snprintf(remainder, sizeof remainder, "%d", i);
        snprintf(modulus, sizeof modulus, "%d", PUBLISH_PARTITIONS);
        const struct publish_word words[] = {{"schema", schema, false},
                                             {"table", table, false},
                                             {"partition", partition, false},
                                             {"modulus", modulus, true},
                                             {"remainder", remainder, true}};
        TRY(publish_run(connection, create_partition_sql, words, sizeof words / sizeof *words, err));
    }
    return true;
}

/* SCHEMA.TABLE, as a text that the server reads as a name. */
static bool qualified(struct buffer *out, const char *schema, const char *table, struct error *err)
{
    TRY(postgresql_quote_identifier(out, text_of(schema), err) && buffer_append_text(out, ".", err));
    return postgresql_quote_identifier(out, text_of(table), err);
}

static bool distribute(struct postgresql *connection, const char *schema, int table, const char *first, struct error *err)
{
    const struct omop_table_info *info = omop_table(table);
    CLEANUP(buffer_value) struct buffer name = {.maximum = 512};
    CLEANUP(buffer_value) struct buffer beside = {.maximum = 512};
    TRY(qualified(&name, schema, info->name, err));
    TRY(first ? qualified(&beside, schema, first, err) : buffer_append_text(&beside, "none", err));
    const struct postgresql_value values[] = {
        {.type = POSTGRESQL_TEXT, .text = text_of((const char *)name.data)},
        {.type = POSTGRESQL_TEXT, .text = text_of(info->person_field == OMOP_NO_FIELD ? "" : info->fields[info->person_field].name)},
        {.type = POSTGRESQL_TEXT, .text = text_of((const char *)beside.data)}};
    return info->person_field == OMOP_NO_FIELD ? postgresql_execute(connection, citus_reference_sql, values, 1, NULL, err)
                                               : postgresql_execute(connection, citus_distribute_sql, values, 3, NULL, err);
}

bool publish_table_create(struct postgresql *connection, const char *schema, int table, bool is_wide, bool is_citus, const char *first,
                          struct error *err)
{
    const struct omop_table_info *info = omop_table(table);
    const bool is_partitioned = !is_citus && info->person_field != OMOP_NO_FIELD;
    CLEANUP(buffer_value) struct buffer columns = {.maximum = PUBLISH_SQL_MAX};
    TRY(publish_columns_define(&columns, table, is_wide, err));
    const struct publish_word words[] = {{"schema", schema, false},
                                         {"table", info->name, false},
                                         {"columns", (const char *)columns.data, true},
                                         {"person", is_partitioned ? info->fields[info->person_field].name : "", false}};
    TRY(publish_run(connection, is_partitioned ? create_partitioned_sql : create_table_sql, words, sizeof words / sizeof *words, err));
    if (is_partitioned) {
        return partitions_create(connection, schema, info->name, err);
    }
    return !is_citus || distribute(connection, schema, table, first, err);
}
