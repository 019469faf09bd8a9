/* SPDX-License-Identifier: EUPL-1.2 */
/* parts: the reference tests single criteria, windows and groups by looking at the rows of inner queries. Here each becomes a cohort:
 *   group     the events of its event table, put into a table that the test does not use, are the primary events; the group is additional
 *   windowed  the same, with "exactly n rows" for the n that is expected, and "exactly d different values" for each column
 *   criteria  the index is the person's first observation period; "exactly n rows", and exactly as many on each pair of dates */
#include "by_engine.h"
#include "research/circe/circe.h"
#include "vectors.h"

struct part {
    const struct json *tables;
    struct example_store *example;
    struct arena *arena;
    struct cohort_criterion index;
};

static const struct json *table_ending(const struct json *tables, struct text suffix)
{
    for (size_t i = 0; i < tables->count; i++) {
        struct text name = tables->names[i];
        if (name.length > suffix.length && memcmp(name.data + name.length - suffix.length, suffix.data, suffix.length) == 0) {
            return &tables->items[i];
        }
    }
    return NULL;
}

/* ---- programs ---- */
static int id_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The test's own table of set members stands in for the vocabulary. */
static void sets_fill(const struct part *part, struct cohort_program *program)
{
    const struct json *members = table_ending(part->tables, TEXT(".codesets"));
    for (size_t i = 0; i < program->concept_set_count; i++) {
        struct cohort_concept_set *set = &program->concept_sets[i];
        int64_t *ids = ARENA_ARRAY(part->arena, int64_t, members ? members->count + 1 : 1);
        size_t count = 0;
        for (size_t k = 0; members && k < members->count; k++) {
            if (vector_integer(&members->items[k], "codeset_id") == set->id) {
                ids[count++] = vector_integer(&members->items[k], "concept_id");
            }
        }
        qsort(ids, count, sizeof *ids, id_compare);
        set->members = (struct concept_ids){ids, count};
        set->is_resolved = true;
    }
}

/* Does the index event of `person` pass the group? */
static bool group_passes(const struct part *part, const struct cohort_program *parsed, const struct cohort_group *group, int64_t person,
                         bool *out_passes, struct error *err)
{
    CLEANUP(evaluation_value) struct evaluation evaluation = {0};
    struct cohort_program program = *parsed;
    program.primary = &part->index;
    program.primary_count = 1;
    program.additional = group;
    program.primary_limit = program.qualified_limit = program.expression_limit = COHORT_LIMIT_FIRST;
    TRY(cohort_program_validate(&program, err));
    TRY(by_engine_evaluate(part->example, &program, NULL, part->arena, &evaluation, err));
    *out_passes = false;
    for (size_t i = 0; i < evaluation.result->rows.count; i++) {
        *out_passes |= evaluation.result->rows.persons[i] == person;
    }
    return true;
}

static bool number_is(const struct part *part, const struct cohort_program *parsed, const struct cohort_correlated *item, int64_t person,
                      int64_t number, bool *out_is, struct error *err)
{
    struct cohort_correlated exactly = *item;
    exactly.count = COHORT_COUNT_EXACTLY;
    exactly.number = number;
    exactly.takes_absent = number == 0;
    struct cohort_group group = {.kind = COHORT_ALL, .correlated = &exactly, .correlated_count = 1, .path = "group"};
    return group_passes(part, parsed, &group, person, out_is, err);
}

/* ---- expected rows ---- */
static const struct json *expected_rows(const struct json *vector, struct text name)
{
    const struct json *expected = json_member(vector, "expected");
    for (size_t i = 0; i < expected->count; i++) {
        if (text_equal_fold(expected->names[i], name)) {
            return &expected->items[i];
        }
    }
    return NULL;
}

static bool values_are_same(const struct json *a, const struct json *b)
{
    if (a->kind == JSON_STRING || b->kind == JSON_STRING) {
        return a->kind == b->kind && text_equal(a->text, b->text);
    }
    return a->number >= b->number && a->number <= b->number;
}

/* How many rows of a person, or how many different values that are not null in a column of them. */
static int64_t expected_number(const struct json *rows, int64_t person, const char *column)
{
    int64_t number = 0;
    for (size_t i = 0; rows && i < rows->count; i++) {
        const struct json *value = column ? json_member(&rows->items[i], column) : NULL;
        bool counts = vector_integer(&rows->items[i], "person_id") == person && (!column || (value && value->kind != JSON_NULL));
        for (size_t k = 0; column && counts && k < i; k++) {
            const struct json *before = json_member(&rows->items[k], column);
            counts = !before || vector_integer(&rows->items[k], "person_id") != person || !values_are_same(before, value);
        }
        number += counts;
    }
    return number;
}

/* ---- windows ---- */
static const char *column_of(struct text count_column)
{
    static const struct {
        const char *count_column, *column;
    } columns[] = {
        {"START_DATE", "start_date"},   {"END_DATE", "end_date"},     {"DOMAIN_CONCEPT", "domain_concept_id"},
        {"DURATION", "duration"},       {"QUANTITY", "quantity"},     {"ERA_OCCURRENCES", "occurrence_count"},
        {"GAP_DAYS", "gap_days"},       {"REFILLS", "refills"},       {"VALUE_AS_NUMBER", "value_as_number"},
        {"RANGE_LOW", "range_low"},     {"RANGE_HIGH", "range_high"}, {"UNIT", "unit_concept_id"},
        {"DAYS_SUPPLY", "days_supply"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (text_equal(text_of(columns[i].count_column), count_column)) {
            return columns[i].column;
        }
    }
    return NULL;
}

static bool windowed_check(const struct part *part, const struct json *query, const struct json *rows, bool *out_same, struct error *err)
{
    const struct json *events = table_ending(part->tables, TEXT(".cohort")), *columns = json_member(query, "cols");
    size_t column_count = columns && columns->kind == JSON_ARRAY ? columns->count : 0;
    *out_same = events != NULL;
    for (size_t i = 0; i <= column_count; i++) {
        CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 20};
        struct json_writer writer = {.out = &text};
        struct cohort_program *program;
        const char *column = i < column_count ? column_of(columns->items[i].text) : NULL;
        TRY(vector_windowed_write(json_member(query, "json"), column ? columns->items[i].text : TEXT(""), &writer, err));
        TRY(circe_parse_part(&program, CIRCE_CORRELATED, part->arena, "vector", text.data, text.length, err));
        sets_fill(part, program);
        for (size_t k = 0; events && k < events->count; k++) {
            int64_t person = vector_integer(&events->items[k], "subject_id");
            bool is_number;
            TRY(number_is(part, program, &program->additional->correlated[0], person, expected_number(rows, person, column), &is_number,
                          err));
            *out_same &= is_number;
        }
    }
    return true;
}

/* ---- groups ---- */
static bool part_parse(const struct part *part, enum circe_part kind, const struct json *json, struct cohort_program **out_program,
                       struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 20};
    struct json_writer writer = {.out = &text};
    TRY(json_value(&writer, json, err));
    TRY(circe_parse_part(out_program, kind, part->arena, "vector", text.data, text.length, err));
    sets_fill(part, *out_program);
    return true;
}

static bool group_check(const struct part *part, const struct json *query, const struct json *rows, bool *out_same, struct error *err)
{
    const struct json *events = table_ending(part->tables, TEXT(".cohort"));
    struct cohort_program *program;
    TRY(part_parse(part, CIRCE_GROUP, json_member(query, "json"), &program, err));
    *out_same = events != NULL;
    for (size_t k = 0; events && k < events->count; k++) {
        int64_t person = vector_integer(&events->items[k], "subject_id");
        bool passes;
        TRY(group_passes(part, program, program->additional, person, &passes, err));
        *out_same &= passes == (expected_number(rows, person, NULL) > 0);
    }
    return true;
}

/* ---- criteria ---- */
static bool dates_check(const struct part *part, const struct cohort_program *program, const struct cohort_correlated *all,
                        const struct json *period, const struct json *rows, bool *out_same, struct error *err)
{
    int64_t person = vector_integer(period, "person_id");
    int32_t index, start, end;
    TRY(vector_day(period, "observation_period_start_date", &index, err));
    for (size_t i = 0; rows && i < rows->count; i++) {
        struct cohort_correlated on_dates = *all;
        int64_t number = 0;
        if (vector_integer(&rows->items[i], "person_id") != person) {
            continue;
        }
        TRY(vector_day(&rows->items[i], "start_date", &start, err));
        TRY(vector_day(&rows->items[i], "end_date", &end, err));
        for (size_t k = 0; k < rows->count; k++) {
            number += vector_integer(&rows->items[k], "person_id") == person &&
                      values_are_same(json_member(&rows->items[k], "start_date"), json_member(&rows->items[i], "start_date")) &&
                      values_are_same(json_member(&rows->items[k], "end_date"), json_member(&rows->items[i], "end_date"));
        }
        struct cohort_bound on_start = {COHORT_BOUND_DAYS, start - index}, on_end = {COHORT_BOUND_DAYS, end - index};
        on_dates.start_window = (struct cohort_window){.from = on_start, .to = on_start};
        on_dates.has_end_window = true;
        on_dates.end_window = (struct cohort_window){.uses_event_end = true, .from = on_end, .to = on_end};
        bool is_number;
        TRY(number_is(part, program, &on_dates, person, number, &is_number, err));
        *out_same &= is_number;
    }
    return true;
}

static bool is_first_of_person(const struct json *periods, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (vector_integer(&periods->items[i], "person_id") == vector_integer(&periods->items[index], "person_id")) {
            return false;
        }
    }
    return true;
}

static bool criteria_check(const struct part *part, const struct json *query, const struct json *rows, bool *out_same, struct error *err)
{
    const struct json *periods = json_member(part->tables, "cdm.observation_period");
    struct cohort_program *program;
    TRY(part_parse(part, CIRCE_CRITERION, json_member(query, "json"), &program, err));
    const struct cohort_window anywhere = {.from = {COHORT_BOUND_NONE, 0}, .to = {COHORT_BOUND_NONE, 0}};
    struct cohort_correlated all = {.criterion = &program->primary[0], .ignores_observation_period = true, .path = "criterion"};
    all.start_window = anywhere;
    all.distinct = (struct cohort_value){COHORT_NOTHING, OMOP_NO_FIELD};
    *out_same = true;
    for (size_t i = 0; i < periods->count; i++) {
        int64_t person = vector_integer(&periods->items[i], "person_id");
        bool is_number;
        if (is_first_of_person(periods, i)) {
            TRY(number_is(part, program, &all, person, expected_number(rows, person, NULL), &is_number, err));
            *out_same &= is_number;
            TRY(dates_check(part, program, &all, &periods->items[i], rows, out_same, err));
        }
    }
    return true;
}

/* ---- together ---- */
/* The events go into a table that the test leaves free. */
static bool events_load(struct part *part, struct error *err)
{
    const struct json *events = table_ending(part->tables, TEXT(".cohort"));
    CLEANUP(buffer_value) struct buffer csv = {.maximum = 1 << 20};
    bool is_taken = json_member(part->tables, "cdm.device_exposure") != NULL;
    const char *table = is_taken ? "visit_detail" : "device_exposure";
    part->index = (struct cohort_criterion){.table = OMOP_TABLE_OBSERVATION_PERIOD, .end_rule = COHORT_END_RECORDED};
    if (events) {
        part->index.table = omop_table_find(text_of(table));
        part->index.end_rule = is_taken ? COHORT_END_RECORDED : COHORT_END_OR_NEXT_DAY;
        TRY(buffer_append_format(&csv, err, "%s_id,person_id,%s_start_date,%s_end_date\n", table, table, table));
    }
    part->index.concept_set = part->index.source_concept_set = COHORT_NO_SET;
    part->index.path = "index";
    for (size_t i = 0; events && i < events->count; i++) {
        const struct json *row = &events->items[i];
        TRY(buffer_append_format(&csv, err, "%zu,%ld,%s,%s\n", i + 1000, (long)vector_integer(row, "subject_id"),
                                 json_member(row, "cohort_start_date")->text.data, json_member(row, "cohort_end_date")->text.data));
    }
    return !events || example_table(part->example, table, (const char *)csv.data, err);
}

bool parts_check(const struct json *vector, struct example_store *example, struct arena *arena, const char **out_difference,
                 struct error *err)
{
    struct part part = {.tables = json_member(vector, "tables"), .example = example, .arena = arena};
    const struct json *queries = json_member(vector, "queries");
    *out_difference = NULL;
    TRY(events_load(&part, err));
    TRY(example_open(example, 1, GRANT_ROWS, err));
    for (size_t i = 0; i < queries->count; i++) {
        const struct json *query = &queries->items[i];
        struct text kind = json_member(query, "kind")->text, name = json_member(query, "name")->text;
        const struct json *rows = expected_rows(vector, name);
        bool is_same = false;
        if (text_equal(kind, TEXT("criteria"))) {
            TRY(criteria_check(&part, query, rows, &is_same, err));
        } else if (text_equal(kind, TEXT("windowed"))) {
            TRY(windowed_check(&part, query, rows, &is_same, err));
        } else {
            TRY(group_check(&part, query, rows, &is_same, err));
        }
        if (!is_same) {
            *out_difference = name.data;
        }
    }
    return true;
}
