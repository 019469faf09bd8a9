/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: rows of one OMOP table as records, by the rules of spec/omop_delivery.csv. */
#include "intake/omopcsv/omopcsv_internal.h"
#include <string.h>

enum { VALUE_TEXT_MAX = 60 }; /* what is longer is prose: EMC2-02 */
static const struct rule {
    int table, field;
    enum omopcsv_use use;
    enum record_column column;
} rules[] = {
#define RULE(TABLE, FIELD, USE, column) {OMOP_TABLE_##TABLE, OMOP_##TABLE##_##FIELD, OMOPCSV_##USE, column},
    OMOPCSV_RULES(RULE)};
enum { RULES = sizeof rules / sizeof rules[0] };

struct table {
    struct omopcsv *reading;
    int omop_table;
    enum record_table table;
    const char *name;
};
struct row {
    const struct table *table;
    struct record record;
    int64_t person, concept, source_concept;
    struct text source_value, words;
    bool has_person, has_id, has_value;
    char code[TEXT_NUMBER_SIZE], value_code[TEXT_NUMBER_SIZE], care_site[TEXT_NUMBER_SIZE];
};
struct named_concept {
    int64_t concept;
    const char *name;
};

static const char *name_of(const struct named_concept *names, size_t count, int64_t concept, const char *otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].concept == concept) {
            return names[i].name;
        }
    }
    return otherwise;
}
#define NAME_OF(names, concept, otherwise) name_of((names), sizeof(names) / sizeof(names)[0], (concept), (otherwise))

static const char *type_of(int64_t concept)
{
#define TYPE_ROW(NAME, name, concept_id, meaning, sens) {concept_id, name},
    static const struct named_concept types[] = {RECORD_TYPES(TYPE_ROW)};
    return concept == 0 ? "OMOP" : NAME_OF(types, concept, "OMOP");
}

static const char *class_of(int64_t concept)
{
    static const struct named_concept classes[] = {{9201, "IMP"},    {9202, "AMB"},        {9203, "EMER"},
                                                   {262, "EMERIMP"}, {581476, "HOME"},     {722455, "TELE"},
                                                   {5083, "TELE"},   {581458, "PHARMACY"}, {32036, "LABORATORY"}};
    return NAME_OF(classes, concept, "OTHER");
}

static const char *sex_of(int64_t concept)
{
    static const struct named_concept sexes[] = {{8507, "M"}, {8532, "F"}, {44814653, "O"}, {8521, "O"}};
    return NAME_OF(sexes, concept, "U");
}

static const char *status_of(int64_t concept)
{
    static const struct named_concept statuses[] = {{32890, "ADMISSION"}, {32896, "DISCHARGE"}, {32902, "PRIMARY"},
                                                    {32903, "PRIMARY"},   {32908, "SECONDARY"}, {32899, "PRELIMINARY"}};
    return NAME_OF(statuses, concept, "");
}

static const char *operator_of(int64_t concept)
{
    static const struct named_concept operators[] = {{4171756, "<"}, {4171754, "<="}, {4172703, "="}, {4171755, ">="}, {4172704, ">"}};
    return NAME_OF(operators, concept, "");
}

/* ---- fields ---- */
static int64_t number_of(const struct row *row, const char *what, int64_t id)
{
    char digits[TEXT_NUMBER_SIZE];
    const size_t length = text_from_i64(id, digits);
    return record_number(row->table->reading->options->numbers, what, (struct text){digits, length});
}

static void set_column(struct row *row, enum record_column column, const struct source_column *from, size_t i)
{
    const enum record_column_type type = record_column_type(column);
    struct record *record = &row->record;
    if (from->type == OMOP_TEXT) {
        if (from->texts[i].length <= RECORD_TEXT_MAX) {
            record_set_text(record, column, from->texts[i]);
        } else {
            tally_remark(row->table->reading->tally, row->table->name, "a text longer than 255 bytes: it is left out");
        }
    } else if (from->type == OMOP_DATE) {
        record_set_day(record, column, (day){from->days[i]});
    } else if (type == RECORD_NUMBER) {
        record_set_number(record, column, from->type == OMOP_FLOAT ? from->floats[i] : (double)from->integers[i]);
    } else if (from->type == OMOP_INTEGER) {
        record_set_integer(record, column, from->integers[i]);
    }
    row->has_value = row->has_value || column == COLUMN_VALUE;
}

/* A time of another day than the date is none. */
static void set_time(struct row *row, enum record_column column, int64_t microseconds)
{
    const enum record_column times = column == COLUMN_END ? COLUMN_END_TIME : COLUMN_START_TIME;
    const int64_t day_us = INT64_C(86400000000), second_us = 1000000;
    const int64_t number = microseconds / day_us - (microseconds % day_us < 0);
    const int64_t within = microseconds - number * day_us;
    if (record_has(&row->record, column) && row->record.values[column].day == number && within > 0 &&
        record_shape(row->record.table)->columns >> times & 1) {
        record_set_integer(&row->record, times, within / second_us);
    }
}

static void set_concept_code(struct row *row, enum record_column system, enum record_column code, int64_t concept,
                             char digits[TEXT_NUMBER_SIZE])
{
    record_set_text(&row->record, system, TEXT("OMOP"));
    record_set_text(&row->record, code, (struct text){digits, text_from_i64(concept, digits)});
}

static void apply_integer(struct row *row, const struct rule *rule, int64_t value)
{
    struct record *record = &row->record;
    switch (rule->use) {
    case OMOPCSV_SUBJECT:
        row->person = value;
        row->has_person = true;
        return;
    case OMOPCSV_ID:
        record_set_integer(record, COLUMN_RECORD, number_of(row, row->table->name, value));
        row->has_id = true;
        return;
    case OMOPCSV_VISIT:
        record_set_integer(record, COLUMN_VISIT, number_of(row, "visit_occurrence", value));
        return;
    case OMOPCSV_PARENT:
        record_set_integer(record, COLUMN_PARENT, number_of(row, "visit_occurrence", value));
        return;
    case OMOPCSV_CARE_SITE:
        record_set_text(record, COLUMN_CARE_SITE, (struct text){row->care_site, text_from_i64(value, row->care_site)});
        return;
    case OMOPCSV_CONCEPT:
        row->concept
        = value;
        return;
    case OMOPCSV_SOURCE_CONCEPT:
        row->source_concept = value;
        return;
    case OMOPCSV_TYPE:
        record_set_text(record, COLUMN_TYPE, text_of(type_of(value)));
        return;
    case OMOPCSV_CLASS:
        record_set_text(record, COLUMN_CLASS, text_of(class_of(value)));
        return;
    case OMOPCSV_SEX:
        record_set_text(record, COLUMN_SEX, text_of(sex_of(value)));
        return;
    case OMOPCSV_STATUS:
        record_set_text(record, COLUMN_STATUS, text_of(status_of(value)));
        return;
    case OMOPCSV_OPERATOR:
        record_set_text(record, COLUMN_OPERATOR, text_of(operator_of(value)));
        return;
    case OMOPCSV_VALUE_CONCEPT:
        if (value > 0) {
            set_concept_code(row, COLUMN_VALUE_SYSTEM, COLUMN_VALUE_CODE, value, row->value_code);
            row->has_value = true;
        }
        return;
    case OMOPCSV_CAUSE:
        if (value > 0) {
            set_concept_code(row, COLUMN_SYSTEM, COLUMN_CODE, value, row->code);
        }
        return;
    case OMOPCSV_COLUMN:
    case OMOPCSV_TIME:
    case OMOPCSV_SOURCE_VALUE:
    case OMOPCSV_WORDS:
        return;
    }
}

static void apply(struct row *row, const struct rule *rule, const struct source_column *from, size_t i)
{
    if (rule->use == OMOPCSV_COLUMN) {
        set_column(row, rule->column, from, i);
    } else if (rule->use == OMOPCSV_TIME) {
        set_time(row, rule->column, from->integers[i]);
    } else if (rule->use == OMOPCSV_SOURCE_VALUE) {
        row->source_value = text_trim(from->texts[i]);
    } else if (rule->use == OMOPCSV_WORDS) {
        row->words = text_trim(from->texts[i]);
    } else {
        apply_integer(row, rule, from->integers[i]);
    }
}

/* ---- rows ---- */
/* The code is the concept that the source had, else the standard one, else what the source wrote. False: there is none. */
static bool set_code(struct row *row)
{
    if (row->concept > 0) {
        record_set_integer(&row->record, COLUMN_CONCEPT, row->concept);
    }
    const int64_t concept = row->source_concept > 0 ? row->source_concept : row->concept;
    if (concept > 0) {
        set_concept_code(row, COLUMN_SYSTEM, COLUMN_CODE, concept, row->code);
        return true;
    }
    if (row->source_value.length == 0 || row->source_value.length > RECORD_TEXT_MAX) {
        return false;
    }
    record_set_text(&row->record, COLUMN_SYSTEM, TEXT("LOCAL:omop"));
    record_set_text(&row->record, COLUMN_CODE, row->source_value);
    return true;
}

static bool is_event(enum record_table table)
{
    return table == RECORD_CONDITION || table == RECORD_DRUG || table == RECORD_PROCEDURE || table == RECORD_DEVICE ||
           table == RECORD_MEASUREMENT || table == RECORD_OBSERVATION;
}

/* A word that repeats a number or a concept is not needed; prose is left, and the row with it when it has nothing else. */
static bool is_prose(struct row *row)
{
    if (row->has_value || row->words.length == 0) {
        return false;
    }
    if (row->words.length > VALUE_TEXT_MAX) {
        return true;
    }
    record_set_text(&row->record, COLUMN_VALUE_TEXT, row->words);
    return false;
}

static enum record_outcome finish(struct row *row)
{
    char digits[TEXT_NUMBER_SIZE];
    const struct omopcsv *reading = row->table->reading;
    const enum record_table table = row->table->table;
    if (table == RECORD_CARE_SITE) {
        return record_has(&row->record, COLUMN_CARE_SITE) ? OUTCOME_TAKEN : OUTCOME_NO_CODE;
    }
    const struct text person = {digits, text_from_i64(row->person, digits)};
    const int64_t subject = record_subject(reading->options->numbers, person);
    record_set_integer(&row->record, COLUMN_SUBJECT, subject);
    if (!row->has_person || (table != RECORD_PERSON && !references_find(reading->references, subject))) {
        return OUTCOME_NO_SUBJECT;
    }
    if (is_event(table) && !set_code(row)) {
        return OUTCOME_NO_CODE;
    }
    if (is_event(table) && is_prose(row)) {
        return OUTCOME_FREE_TEXT;
    }
    if (table != RECORD_PERSON && !record_has(&row->record, COLUMN_START)) {
        return OUTCOME_NO_DATE;
    }
    return OUTCOME_TAKEN;
}

/* What a delivery demands and OMOP may not say. */
static void complete(struct row *row)
{
    struct record *record = &row->record;
    const uint64_t columns = record_shape(record->table)->columns;
    if (columns >> COLUMN_TYPE & 1 && !record_has(record, COLUMN_TYPE)) {
        record_set_text(record, COLUMN_TYPE, TEXT("OMOP"));
    }
    if (columns >> COLUMN_CLASS & 1 && record->table == RECORD_VISIT && !record_has(record, COLUMN_CLASS)) {
        record_set_text(record, COLUMN_CLASS, TEXT("OTHER"));
    }
    if (record->table == RECORD_PERSON && !record_has(record, COLUMN_SEX)) {
        record_set_text(record, COLUMN_SEX, TEXT("U"));
    }
    if (record_has(record, COLUMN_END) && record->values[COLUMN_END].day < record->values[COLUMN_START].day) {
        record->present &= ~(UINT64_C(1) << COLUMN_END | UINT64_C(1) << COLUMN_END_TIME);
    }
}

static bool note_person(struct row *row, struct error *err)
{
    char digits[TEXT_NUMBER_SIZE];
    struct omopcsv *reading = row->table->reading;
    struct text residence, rank;
    const struct text person = {digits, text_from_i64(row->person, digits)};
    if (references_texts(reading->references, record_number(reading->options->numbers, "residence", person), &residence, &rank)) {
        record_set_text(&row->record, COLUMN_RESIDENCE, residence);
        record_set_twin_rank(&row->record, rank);
    }
    return references_add(reading->references, row->record.values[COLUMN_SUBJECT].integer, OMOPCSV_PERSON, err);
}

static bool take_row(const struct table *table, const struct source_batch *batch, size_t i, struct error *err)
{
    struct row row = {.table = table, .source_value = {"", 0}, .words = {"", 0}};
    struct omopcsv *reading = table->reading;
    record_begin(&row.record, table->table);
    for (size_t k = 0; k < RULES; k++) {
        if (rules[k].table == table->omop_table && source_column_is_valid(&batch->columns[rules[k].field], i)) {
            apply(&row, &rules[k], &batch->columns[rules[k].field], i);
        }
    }
    const enum record_outcome outcome = finish(&row);
    tally_seen(reading->tally, table->name, 1);
    tally_count(reading->tally, table->name, outcome, 1);
    if (outcome != OUTCOME_TAKEN) {
        return true;
    }
    complete(&row);
    TRY(table->table != RECORD_PERSON || note_person(&row, err));
    return !reading->sink->record || reading->sink->record(reading->sink->context, &row.record, err);
}

static bool take_batch(void *context, const struct source_batch *batch, struct error *err)
{
    const struct table *table = context;
    TRY(task_check(err));
    for (size_t i = 0; i < batch->rows; i++) {
        TRY(take_row(table, batch, i, err));
    }
    return true;
}

bool omopcsv_table_read(struct omopcsv *reading, int omop_table_number, enum record_table table, struct error *err)
{
    struct table scanned = {reading, omop_table_number, table, omop_table(omop_table_number)->name};
    if (!source_table_find(reading->source, omop_table_number)) {
        return true;
    }
    struct source_scan scan = {
        .take = take_batch, .context = &scanned, .findings = reading->findings, .progress = reading->options->progress};
    for (size_t k = 0; k < RULES; k++) {
        if (rules[k].table == omop_table_number) {
            scan.fields |= UINT64_C(1) << rules[k].field;
        }
    }
    return source_scan(reading->source, omop_table_number, &scan, err);
}
