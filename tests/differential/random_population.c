/* SPDX-License-Identifier: EUPL-1.2 */
/* random_population: rows by the roles that the fields of a table have. */
#include "base/calendar.h"
#include "random_case.h"
#include "warehouse/omop/omop.h"
#include <string.h>

enum { PERSONS = 20, FIRST_DAY = 14610 /* 2010-01-01 */, CONCEPTS = 6 };

struct making {
    struct chance *chance;
    struct arena *arena;
    int64_t ids[OMOP_TABLE_COUNT];
    int64_t first_visit, visits; /* of the person at hand */
};

static int32_t any_day(struct chance *chance)
{
    static const int spans[] = {6, 6, 60, 400};
    return FIRST_DAY + chance_below(chance, spans[chance_below(chance, 4)]);
}

/* ---- one value ---- */
static bool is_tested_text(const char *name)
{
    return strcmp(name, "stop_reason") == 0 || strcmp(name, "lot_number") == 0 || strcmp(name, "unique_device_id") == 0 ||
           strcmp(name, "value_as_string") == 0 || strcmp(name, "specimen_source_id") == 0;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);
    return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

static int64_t integer_value(struct making *making, const char *name)
{
    struct chance *chance = making->chance;
    if (strcmp(name, "visit_occurrence_id") == 0) {
        bool is_own = making->visits && !chance_once(chance, 3);
        return is_own ? making->first_visit + chance_below(chance, (int)making->visits) : 1 + chance_below(chance, 40);
    }
    if (strcmp(name, "year_of_birth") == 0) {
        return 1990 + chance_below(chance, 6);
    }
    if (strcmp(name, "value_as_concept_id") == 0 && chance_once(chance, 4)) {
        return chance_once(chance, 2) ? 4155142 : 4155143;
    }
    if (strcmp(name, "days_supply") == 0) {
        return chance_below(chance, 40) - 2;
    }
    return ends_with(name, "_concept_id") ? chance_below(chance, CONCEPTS) : 1 + chance_below(chance, 4);
}

static struct json field_value(struct making *making, const struct omop_field *field)
{
    static const double numbers[] = {0, 0.5, 1, 1.0005, 1.0015, 1.2345, 1.2346, 2, 2.0004999, -1, -0.0005, 1000000.0005};
    static const char *const texts[] = {"abc", "ABC", "a%c", "a_c", "b", "\xC3\xA9t\xC3\xA9", "a\\c", "it's", "abcabc"};
    struct chance *chance = making->chance;
    switch (field->type) {
    case OMOP_INTEGER:
        return tree_integer(integer_value(making, field->name));
    case OMOP_FLOAT:
        return tree_number(numbers[chance_below(chance, (int)(sizeof numbers / sizeof *numbers))]);
    case OMOP_DATE:
        return tree_date(making->arena, any_day(chance));
    case OMOP_TEXT:
        return tree_text(making->arena, texts[chance_below(chance, (int)(sizeof texts / sizeof *texts))]);
    case OMOP_DATETIME:
        break;
    }
    return (struct json){.kind = JSON_NULL};
}

/* ---- one row ---- */
static int32_t end_day(struct chance *chance, int32_t start)
{
    static const int spans[] = {1, 2, 10, 60};
    return chance_once(chance, 12) ? start - 1 - chance_below(chance, 3) : start + chance_below(chance, spans[chance_below(chance, 4)]);
}

static struct json event_row(struct making *making, int table, int64_t person)
{
    const struct omop_table_info *info = omop_table(table);
    struct chance *chance = making->chance;
    struct json row = tree_object();
    int32_t start = any_day(chance);
    for (int f = 0; f < info->field_count; f++) {
        const struct omop_field *field = &info->fields[f];
        bool is_key = f == info->person_field || f == info->id_field;
        bool is_start = f == info->start_field, is_end = f == info->end_field;
        bool is_wanted = field->type != OMOP_DATETIME && (field->type != OMOP_TEXT || is_tested_text(field->name));
        bool is_null = is_key ? false : is_start ? chance_once(chance, 80) : chance_once(chance, is_end ? 3 : 6);
        if (!is_wanted || is_null) {
            continue;
        }
        struct json value = f == info->person_field ? tree_integer(person)
                            : f == info->id_field   ? tree_integer(++making->ids[table])
                            : is_start              ? tree_date(making->arena, start)
                            : is_end                ? tree_date(making->arena, end_day(chance, start))
                                                    : field_value(making, field);
        tree_put(making->arena, &row, field->name, value);
    }
    return row;
}

/* ---- periods ---- */
static void periods_add(struct making *making, int64_t person, struct json *rows)
{
    struct chance *chance = making->chance;
    int count = chance_once(chance, 8) ? 0 : 1 + chance_below(chance, 3);
    /* often on the days on which most events are */
    int32_t start = chance_once(chance, 3) ? FIRST_DAY + chance_below(chance, 6) : FIRST_DAY - 100 + chance_below(chance, 110);
    for (int i = 0; i < count; i++) {
        static const int spans[] = {1, 10, 100, 500};
        int32_t end = start + chance_below(chance, spans[chance_below(chance, 4)]);
        struct json row = event_row(making, OMOP_TABLE_OBSERVATION_PERIOD, person);
        struct json period = tree_object();
        const struct json *id = json_member(&row, "observation_period_id"), *type = json_member(&row, "period_type_concept_id");
        tree_put(making->arena, &period, "observation_period_id", *id);
        tree_put(making->arena, &period, "person_id", tree_integer(person));
        tree_put(making->arena, &period, "observation_period_start_date", tree_date(making->arena, start));
        tree_put(making->arena, &period, "observation_period_end_date", tree_date(making->arena, end));
        if (type) {
            tree_put(making->arena, &period, "period_type_concept_id", *type);
        }
        tree_add(making->arena, rows, period);
        /* the next one begins the day after, on the last day, within, or later */
        int how = chance_below(chance, 4);
        start = how == 0 ? end + 1 : how == 1 ? end : how == 2 ? start + chance_below(chance, 5) : end + 2 + chance_below(chance, 60);
    }
}

/* ---- tables ---- */
static const int event_tables[] = {OMOP_TABLE_VISIT_OCCURRENCE, OMOP_TABLE_VISIT_DETAIL,         OMOP_TABLE_CONDITION_OCCURRENCE,
                                   OMOP_TABLE_DRUG_EXPOSURE,    OMOP_TABLE_PROCEDURE_OCCURRENCE, OMOP_TABLE_DEVICE_EXPOSURE,
                                   OMOP_TABLE_MEASUREMENT,      OMOP_TABLE_OBSERVATION,          OMOP_TABLE_DEATH,
                                   OMOP_TABLE_SPECIMEN,         OMOP_TABLE_PAYER_PLAN_PERIOD,    OMOP_TABLE_DRUG_ERA,
                                   OMOP_TABLE_DOSE_ERA,         OMOP_TABLE_CONDITION_ERA};
enum { EVENT_TABLES = sizeof event_tables / sizeof *event_tables };

static void person_add(struct making *making, int64_t person, struct json *rows, struct json *persons, struct json *periods)
{
    struct chance *chance = making->chance;
    making->visits = 0;
    making->first_visit = making->ids[OMOP_TABLE_VISIT_OCCURRENCE] + 1;
    if (!chance_once(chance, 7)) {
        tree_add(making->arena, persons, event_row(making, OMOP_TABLE_PERSON, person));
    }
    periods_add(making, person, periods);
    for (int t = 0; t < EVENT_TABLES; t++) {
        int most = event_tables[t] == OMOP_TABLE_DEATH ? 3 : 5, count = chance_below(chance, most);
        for (int i = 0; i < count; i++) {
            tree_add(making->arena, &rows[t], event_row(making, event_tables[t], person));
        }
        making->visits += t == 0 ? count : 0;
    }
}

static struct json few_rows(struct making *making, const char *id, const char *concept)
{
    struct json rows = tree_array();
    for (int i = 1; i <= 3; i++) {
        struct json row = tree_object();
        tree_put(making->arena, &row, id, tree_integer(i));
        if (!chance_once(making->chance, 3)) {
            tree_put(making->arena, &row, concept, tree_integer(chance_below(making->chance, CONCEPTS)));
        }
        tree_add(making->arena, &rows, row);
    }
    return rows;
}

static struct json concept_rows(struct arena *arena)
{
    struct json rows = tree_array();
    for (int i = 0; i < 64; i++) {
        struct json row = tree_object();
        tree_put(arena, &row, "concept_id", tree_integer(i));
        tree_put(arena, &row, "concept_name", tree_text(arena, "x"));
        tree_add(arena, &rows, row);
    }
    return rows;
}

struct json random_population(struct chance *chance, struct arena *arena)
{
    struct making making = {.chance = chance, .arena = arena};
    struct json tables = tree_object(), persons = tree_array(), periods = tree_array(), rows[EVENT_TABLES];
    for (int t = 0; t < EVENT_TABLES; t++) {
        rows[t] = tree_array();
    }
    for (int64_t person = 1; person <= PERSONS; person++) {
        person_add(&making, person, rows, &persons, &periods);
    }
    tree_put(arena, &tables, "person", persons);
    tree_put(arena, &tables, "observation_period", periods);
    for (int t = 0; t < EVENT_TABLES; t++) {
        tree_put(arena, &tables, omop_table(event_tables[t])->name, rows[t]);
    }
    tree_put(arena, &tables, "provider", few_rows(&making, "provider_id", "specialty_concept_id"));
    tree_put(arena, &tables, "care_site", few_rows(&making, "care_site_id", "place_of_service_concept_id"));
    tree_put(arena, &tables, "concept", concept_rows(arena));
    return tables;
}
