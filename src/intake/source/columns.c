/* SPDX-License-Identifier: EUPL-1.2 */
/* Columns of a file by their header names, and those that a table cannot do without. */
#include "intake/source/convert.h"
#include "intake/source/source_internal.h"
#include <stdio.h>

static bool is_newest_name(int table, int field, struct text name)
{
    return text_equal_fold(text_of(omop_table(table)->fields[field].name), name);
}

void columns_map(struct source_file *file, struct source_names names)
{
    struct column_map *map = &file->map;
    const int table = file->catalogue.naming.table;
    map->table = table;
    map->column_count = names.count;
    for (int field = 0; field < FINDING_FIELDS_MAX; field++) {
        map->column_of[field] = -1;
    }
    for (size_t column = 0; column < names.count && column < COLUMN_MAP_MAX; column++) {
        const int field = omop_field_find(table, names.items[column]);
        map->field_of[column] = field;
        if (field == OMOP_NO_FIELD) {
            continue;
        }
        const int other = map->column_of[field];
        if (other >= 0 && (!is_newest_name(table, field, names.items[column]) || is_newest_name(table, field, names.items[other]))) {
            map->field_of[column] = OMOP_NO_FIELD;
            continue;
        }
        if (other >= 0) {
            map->field_of[other] = OMOP_NO_FIELD;
        }
        map->column_of[field] = (int)column;
    }
}

bool columns_is_demanded(int table, int field)
{
    const struct omop_table_info *info = omop_table(table);
    const struct omop_field *fact = &info->fields[field];
    if (!fact->is_required || convert_is_optional_key(table, field)) {
        return false;
    }
    if (fact->is_primary_key || field == info->person_field) {
        return true;
    }
    if (info->scope != OMOP_PERSON) {
        return fact->is_concept && (table == OMOP_TABLE_CONCEPT_ANCESTOR || table == OMOP_TABLE_CONCEPT_RELATIONSHIP);
    }
    if (field == info->concept_field) { /* the concept of a period or of a note is only its type */
        return table != OMOP_TABLE_OBSERVATION_PERIOD && table != OMOP_TABLE_NOTE;
    }
    return field == info->start_field || (table == OMOP_TABLE_OBSERVATION_PERIOD && field == info->end_field);
}

void columns_demand(const struct source_file *file, struct findings *findings)
{
    const int table = file->catalogue.naming.table;
    for (int field = 0; field < omop_table(table)->field_count; field++) {
        if (columns_is_demanded(table, field) && file->map.column_of[field] < 0) {
            struct finding finding = {.kind = FINDING_COLUMN_MISSING, .table = table, .field = field, .file = file->number, .line = 1};
            findings_note(findings, &finding);
        }
    }
}
