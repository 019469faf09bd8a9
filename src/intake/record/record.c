/* SPDX-License-Identifier: EUPL-1.2 */
/* record: the shapes of the tables, from spec/delivery.csv, and what a record must be before it goes anywhere. */
#include "intake/record/record.h"

#define TYPE(NAME, name, TYPE) RECORD_##TYPE,
static const enum record_column_type column_types[] = {RECORD_COLUMNS(TYPE)};
#define NAME_OF(NAME, name, ...) name,
static const char *const column_names[] = {RECORD_COLUMNS(NAME_OF)};
static const char *const table_names[] = {RECORD_TABLES(NAME_OF)};

struct listed_field {
    enum record_table table;
    struct record_field field;
};
#define FIELD(TABLE, COLUMN, demanded, potential, meaning, sens) \
    {RECORD_##TABLE, {COLUMN_##COLUMN, RECORD_INTEGER, demanded, potential, meaning, sens}},
static const struct listed_field listed_fields[] = {RECORD_FIELDS(FIELD)};

static struct record_shape shapes[RECORD_TABLE_COUNT];
/* Before main: the shapes are constants that the preprocessor cannot group by table. */
__attribute__((constructor)) static void shapes_make(void)
{
    for (size_t i = 0; i < sizeof listed_fields / sizeof listed_fields[0]; i++) {
        struct record_shape *shape = &shapes[listed_fields[i].table];
        struct record_field *field = &shape->fields[shape->field_count++];
        *field = listed_fields[i].field;
        field->type = column_types[field->column];
        shape->columns |= UINT64_C(1) << field->column;
        shape->name = table_names[listed_fields[i].table];
    }
}

const struct record_shape *record_shape(enum record_table table)
{
    return &shapes[table];
}

const char *record_table_name(enum record_table table)
{
    return table_names[table];
}

const char *record_column_name(enum record_column column)
{
    return column_names[column];
}

enum record_column_type record_column_type(enum record_column column)
{
    return column_types[column];
}

bool record_table_find(struct text name, enum record_table *out_table)
{
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        if (text_equal(name, text_of(table_names[i]))) {
            *out_table = (enum record_table)i;
            return true;
        }
    }
    return false;
}

bool record_column_find(struct text name, enum record_column *out_column)
{
    for (int i = 0; i < RECORD_COLUMN_COUNT; i++) {
        if (text_equal(name, text_of(column_names[i]))) {
            *out_column = (enum record_column)i;
            return true;
        }
    }
    return false;
}

bool record_type_concept(struct text type, int32_t *out_concept)
{
#define TYPE_CONCEPT(NAME, name, concept, meaning, sens) {name, concept},
    static const struct {
        const char *name;
        int32_t concept;
    } types[] = {RECORD_TYPES(TYPE_CONCEPT)};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (text_equal(type, text_of(types[i].name))) {
            *out_concept = types[i].concept;
            return true;
        }
    }
    return false;
}

const char *record_outcome_words(enum record_outcome outcome, bool in_french)
{
#define ENGLISH(NAME, meaning, sens) meaning,
#define FRENCH(NAME, meaning, sens) sens,
    static const char *const english[] = {RECORD_OUTCOMES(ENGLISH)};
    static const char *const french[] = {RECORD_OUTCOMES(FRENCH)};
    return in_french ? french[outcome] : english[outcome];
}

const char *record_outcome_name(enum record_outcome outcome)
{
#define OUTCOME_NAME(NAME, meaning, sens) #NAME,
    static const char *const names[] = {RECORD_OUTCOMES(OUTCOME_NAME)};
    return names[outcome];
}

static bool text_check(const struct record *record, enum record_column column, struct error *err)
{
    struct text text = record->values[column].text;
    if (text.length > RECORD_TEXT_MAX) {
        return FAIL(err, INVALID_INPUT, "%s.%s is longer than %d bytes", table_names[record->table], column_names[column], RECORD_TEXT_MAX);
    }
    if (!text_is_utf8(text)) {
        return FAIL(err, INVALID_INPUT, "%s.%s is not UTF-8", table_names[record->table], column_names[column]);
    }
    return true;
}

void record_set_twin_rank(struct record *record, struct text rank)
{
    int64_t number = 0;
    if (text_to_i64(text_trim(rank), &number) && number >= 1 && number <= 9) {
        record_set_integer(record, COLUMN_TWIN_RANK, number);
    }
}

bool record_check(const struct record *record, struct error *err)
{
    const struct record_shape *shape = &shapes[record->table];
    uint64_t others = record->present & ~shape->columns;
    if (others) {
        return FAIL(err, INTERNAL, "%s has no column %s", shape->name, column_names[__builtin_ctzll(others)]);
    }
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct record_field *field = &shape->fields[i];
        if (field->is_demanded && !record_has(record, field->column)) {
            return FAIL(err, INTERNAL, "%s without %s", shape->name, column_names[field->column]);
        }
        if (field->type == RECORD_TEXT && record_has(record, field->column)) {
            TRY(text_check(record, field->column, err));
        }
    }
    return true;
}
