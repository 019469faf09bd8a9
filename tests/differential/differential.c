/* SPDX-License-Identifier: EUPL-1.2 */
/* differential: random expressions over random populations, natively and by SQL on DuckDB (and PostgreSQL, where an address is given);
 * rows, inclusion statistics and what is left after each step must be the same. The first difference is shrunk and written as a file, which
 * then belongs into tests/differential/kept: all files there are replayed first. differential [--cases N] [--seconds S] [--seed N]
 * [--postgresql ADDRESS] [--kept DIRECTORY] [--out DIRECTORY] */
#include "../cohorts/vectors.h"
#include "base/file.h"
#include "constructs.h"
#include "engines/postgresql/postgresql.h"
#include "random_case.h"
#include "research/circe/circe.h"
#include "research/sql/sql_run.h"

enum { CASE_BYTES_MAX = 1 << 26, CASES_OF_A_POPULATION = 400, SHRINKING_SECONDS = 120 };

struct options {
    int64_t cases, seconds, seed;
    const char *postgresql, *kept, *out;
};
struct tally {
    int64_t cases, refused, with_rows, with_rules, rows;
};
/* A population in all engines. */
struct world {
    struct example_store example;
    struct engine *engine;
    struct postgresql *postgresql; /* borrowed, or NULL */
};

/* ---- PostgreSQL ---- */
static bool text_add(struct buffer *sql, struct text text, struct error *err)
{
    TRY(buffer_append_text(sql, "'", err));
    for (size_t i = 0; i < text.length; i++) {
        TRY(buffer_append(sql, &text.data[i], 1, err) && (text.data[i] != '\'' || buffer_append_text(sql, "'", err)));
    }
    return buffer_append_text(sql, "'", err);
}

static bool value_add(struct buffer *sql, const struct json *value, struct error *err)
{
    switch (value ? value->kind : JSON_NULL) {
    case JSON_STRING:
        return text_add(sql, value->text, err);
    case JSON_INTEGER:
        return buffer_append_format(sql, err, "%ld", (long)value->integer);
    case JSON_NUMBER:
        return buffer_append_format(sql, err, "%.17g::double precision", value->number);
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
    case JSON_ARRAY:
    case JSON_OBJECT:
        return buffer_append_text(sql, "NULL", err);
    }
    return true;
}

static bool table_add(struct buffer *sql, const struct json *rows, int table, struct error *err)
{
    static const char *const types[] = {[OMOP_INTEGER] = "bigint",
                                        [OMOP_FLOAT] = "double precision",
                                        [OMOP_DATE] = "date",
                                        [OMOP_DATETIME] = "timestamp",
                                        [OMOP_TEXT] = "varchar"};
    const struct omop_table_info *info = omop_table(table);
    TRY(buffer_append_format(sql, err, "CREATE TABLE omop.%s (", info->name));
    for (int f = 0; f < info->field_count; f++) {
        TRY(buffer_append_format(sql, err, "%s%s %s", f ? ", " : "", info->fields[f].name, types[info->fields[f].type]));
    }
    TRY(buffer_append_text(sql, ");\n", err));
    for (size_t i = 0; rows && i < rows->count; i++) {
        TRY(buffer_append_format(sql, err, "INSERT INTO omop.%s VALUES (", info->name));
        for (int f = 0; f < info->field_count; f++) {
            TRY(buffer_append_text(sql, f ? ", " : "", err));
            TRY(value_add(sql, json_member_named(&rows->items[i], info->fields[f].name, strlen(info->fields[f].name)), err));
        }
        TRY(buffer_append_text(sql, ");\n", err));
    }
    return true;
}

static bool is_asked_of(int table)
{
    return omop_table(table)->scope == OMOP_PERSON || table == OMOP_TABLE_PROVIDER || table == OMOP_TABLE_CARE_SITE;
}

static bool postgresql_load(struct postgresql *connection, const struct json *tables, struct error *err)
{
    CLEANUP(buffer_value) struct buffer sql = {.maximum = CASE_BYTES_MAX};
    TRY(buffer_append_text(&sql, "DROP SCHEMA IF EXISTS omop CASCADE; CREATE SCHEMA omop;\n", err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const char *name = omop_table(table)->name;
        TRY(!is_asked_of(table) || table_add(&sql, json_member_named(tables, name, strlen(name)), table, err));
    }
    return postgresql_script(connection, (const char *)sql.data, err);
}

/* ---- a population in all engines ---- */
/* Every row has its record id and its person: without them the order of events is open. */
static bool rows_have_keys(const struct json *rows, int table)
{
    const struct omop_table_info *info = omop_table(table);
    const int keys[] = {info->id_field, info->person_field};
    for (size_t i = 0; i < rows->count; i++) {
        for (int k = 0; k < 2; k++) {
            const char *name = keys[k] == OMOP_NO_FIELD ? NULL : info->fields[keys[k]].name;
            if (name && !json_member_named(&rows->items[i], name, strlen(name))) {
                return false;
            }
        }
    }
    return true;
}

static bool population_has_keys(const struct json *tables)
{
    bool has_keys = true;
    for (size_t i = 0; has_keys && i < tables->count; i++) {
        int table = omop_table_find(tables->names[i]);
        has_keys = table >= 0 && rows_have_keys(&tables->items[i], table);
    }
    return has_keys;
}

static bool world_open(struct world *world, const struct json *tables, struct error *err)
{
    uint64_t asked = 0;
    struct engine_options options = {.threads = 1};
    TRY(example_begin(&world->example, err));
    for (size_t i = 0; i < tables->count; i++) {
        TRY(vector_table(&world->example, tables->names[i].data, &tables->items[i], err));
    }
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        asked |= (uint64_t)is_asked_of(table) << table;
    }
    TRY(example_open(&world->example, 2, GRANT_ROWS, err) && engine_open(&world->engine, &options, err));
    TRY(sql_load_duckdb(world->engine, world->example.reader, asked, err));
    return !world->postgresql || postgresql_load(world->postgresql, tables, err);
}

static void world_close(struct world *world)
{
    engine_close(world->engine);
    world->engine = NULL;
    example_end(&world->example);
}

/* ---- one case ---- */
static bool remains_same(struct cohort_remaining a, struct cohort_remaining b)
{
    return a.events == b.events && a.persons == b.persons;
}

static bool statistics_are_same(const struct cohort_statistics *a, const struct cohort_statistics *b, size_t rules)
{
    bool is_same = a->mask_count == b->mask_count;
    for (size_t i = 0; is_same && i < a->mask_count; i++) {
        is_same = a->masks[i].mask == b->masks[i].mask && a->masks[i].count == b->masks[i].count;
    }
    for (size_t r = 0; is_same && r < rules; r++) {
        is_same = a->rules[r].person_count == b->rules[r].person_count && a->rules[r].gain_count == b->rules[r].gain_count &&
                  a->rules[r].person_total == b->rules[r].person_total;
    }
    return is_same;
}

static bool attrition_is_same(const struct cohort_attrition *a, const struct cohort_attrition *b)
{
    bool is_same = remains_same(a->primary, b->primary) && remains_same(a->qualified, b->qualified) &&
                   remains_same(a->included, b->included) && remains_same(a->cohort, b->cohort) &&
                   a->censored_persons == b->censored_persons;
    for (size_t r = 0; is_same && r < a->rule_count; r++) {
        is_same = remains_same(a->after_rule[r], b->after_rule[r]);
    }
    return is_same;
}

static bool rows_are_same(const struct cohort_rows *a, const struct cohort_rows *b)
{
    bool is_same = a->count == b->count;
    for (size_t i = 0; is_same && i < a->count; i++) {
        is_same = a->persons[i] == b->persons[i] && a->starts[i] == b->starts[i] && a->ends[i] == b->ends[i];
    }
    return is_same;
}

static const char *difference_of(const struct cohort_program *program, const struct cohort_result *a, const struct cohort_result *b,
                                 unsigned wants)
{
    for (int mode = 0; mode < COHORT_STATISTICS_MODES && program->rule_count > 0; mode++) {
        if (!statistics_are_same(&a->statistics[mode], &b->statistics[mode], program->rule_count)) {
            return "inclusion statistics";
        }
    }
    if (!rows_are_same(&a->rows, &b->rows)) {
        return "rows";
    }
    return (wants & SQL_WANTS_ATTRITION) && !attrition_is_same(&a->attrition, &b->attrition) ? "attrition" : NULL;
}

static bool program_make(struct world *world, const struct json *expression, struct arena *arena, struct cohort_program **out_program,
                         struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = CASE_BYTES_MAX};
    struct json_writer writer = {.out = &text};
    TRY(json_value(&writer, expression, err));
    TRY(circe_parse(out_program, arena, "case", text.data, text.length, err));
    return cohort_program_resolve(*out_program, world->example.vocabulary, arena, err);
}

/* *out_difference: what differs and where, NULL when nothing does. Fails where an engine does. */
static bool case_compare(struct world *world, const struct cohort_program *program, struct arena *arena, struct tally *tally,
                         const char **out_difference, struct error *err)
{
    CLEANUP(cohort_result) struct cohort_result *native = NULL;
    struct evaluate_options options = {.wants_rows = true};
    struct cohort_result by_sql;
    /* what is left after each step takes as long to count as all else; when single cases are replayed it always is */
    const unsigned wants = SQL_WANTS_ROWS | (tally->cases % 4 == 0 ? SQL_WANTS_ATTRITION : 0);
    const struct sql_server duckdb = sql_server_duckdb(world->engine);
    TRY(evaluate_cohort(program, world->example.reader, &options, &native, err));
    TRY(sql_run(program, &duckdb, wants, arena, &by_sql, err));
    *out_difference = difference_of(program, native, &by_sql, wants);
    if (!*out_difference && world->postgresql) {
        const struct sql_server postgresql = sql_server_postgresql(world->postgresql, "omop");
        TRY(sql_run(program, &postgresql, wants, arena, &by_sql, err));
        *out_difference = difference_of(program, native, &by_sql, wants) ? "PostgreSQL" : NULL;
    }
    tally->with_rows += native->rows.count > 0;
    tally->rows += (int64_t)native->rows.count;
    tally->with_rules += program->rule_count > 0 && native->statistics[0].base_count > 0;
    return true;
}

/* True when something differs, or an engine fails at what the native one does. */
static bool expression_differs(struct world *world, const struct json *expression, const char **out_what, char *words, size_t size)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct tally tally = {0};
    struct cohort_program *program;
    struct error err = {0};
    const char *difference = NULL;
    if (!program_make(world, expression, arena, &program, &err)) {
        return false;
    }
    bool fails = !case_compare(world, program, arena, &tally, &difference, &err);
    *out_what = fails ? "an engine fails" : difference;
    snprintf(words, size, "%s %s", fails ? err.message : "", fails ? err.detail : "");
    return fails || difference;
}

/* The same of a case on its own. */
static bool case_differs(const struct json *one, struct postgresql *postgresql, const char **out_what, char *words, size_t size)
{
    struct world world = {.postgresql = postgresql};
    struct error err = {0};
    const struct json *tables = json_member(one, "tables"), *expression = json_member(one, "expression");
    if (!tables || !expression || !population_has_keys(tables)) {
        return false;
    }
    bool differs = world_open(&world, tables, &err) && expression_differs(&world, expression, out_what, words, size);
    world_close(&world);
    return differs;
}

/* ---- shrinking ---- */
struct shrinking {
    struct arena *arena;
    struct postgresql *postgresql;
    int64_t end_ns;
    struct json tables, expression; /* what still differs */
};

static bool tables_differ(const struct shrinking *shrinking, const struct json *tables)
{
    char words[1024];
    const char *what;
    struct json one = tree_object();
    tree_put(shrinking->arena, &one, "tables", *tables);
    tree_put(shrinking->arena, &one, "expression", shrinking->expression);
    return case_differs(&one, shrinking->postgresql, &what, words, sizeof words);
}

/* Part after part of the expression is left out; what still differs stays out. The population stays where it is. */
static void expression_shrink(struct shrinking *shrinking)
{
    struct world world = {.postgresql = shrinking->postgresql};
    struct error err = {0};
    struct json smaller;
    char words[1024];
    const char *what;
    bool again = world_open(&world, &shrinking->tables, &err);
    while (again && clock_monotonic_ns() < shrinking->end_ns) {
        again = false;
        for (size_t n = 0;
             clock_monotonic_ns() < shrinking->end_ns && tree_without(shrinking->arena, &shrinking->expression, n, &smaller);) {
            bool differs = expression_differs(&world, &smaller, &what, words, sizeof words);
            shrinking->expression = differs ? smaller : shrinking->expression;
            again |= differs;
            n += !differs;
        }
    }
    world_close(&world);
}

static void person_remove(struct shrinking *shrinking, int64_t person)
{
    struct json smaller = tree_object();
    const struct json *all = &shrinking->tables;
    for (size_t t = 0; t < all->count; t++) {
        struct json rows = tree_array();
        for (size_t i = 0; i < all->items[t].count; i++) {
            const struct json *id = json_member(&all->items[t].items[i], "person_id");
            if (!id || id->integer != person) {
                tree_add(shrinking->arena, &rows, all->items[t].items[i]);
            }
        }
        tree_put(shrinking->arena, &smaller, all->names[t].data, rows);
    }
    if (tables_differ(shrinking, &smaller)) {
        shrinking->tables = smaller;
    }
}

static void tables_shrink(struct shrinking *shrinking)
{
    struct json smaller;
    for (int64_t person = 1; person <= 64 && clock_monotonic_ns() < shrinking->end_ns; person++) {
        person_remove(shrinking, person);
    }
    for (size_t n = 0; clock_monotonic_ns() < shrinking->end_ns && tree_without(shrinking->arena, &shrinking->tables, n, &smaller);) {
        bool differs = tables_differ(shrinking, &smaller);
        shrinking->tables = differs ? smaller : shrinking->tables;
        n += !differs;
    }
}

static bool case_write(const struct json *one, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = CASE_BYTES_MAX};
    struct json_writer writer = {.out = &text, .indented = true};
    TRY(json_value(&writer, one, err) && buffer_append_text(&text, "\n", err));
    return file_write_atomic(path, text.data, text.length, 0644, err);
}

static bool case_report(const struct json *tables, const struct json *expression, const struct options *options,
                        struct postgresql *postgresql, int64_t number, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct json one = tree_object();
    char words[1024] = "";
    const char *what = "nothing, on its own";
    struct shrinking shrinking = {arena, postgresql, clock_monotonic_ns() + SHRINKING_SECONDS * INT64_C(1000000000), *tables, *expression};
    expression_shrink(&shrinking);
    tables_shrink(&shrinking);
    tree_put(arena, &one, "tables", shrinking.tables);
    tree_put(arena, &one, "expression", shrinking.expression);
    case_differs(&one, postgresql, &what, words, sizeof words);
    const char *path = arena_text_format(arena, "%s/seed-%ld-case-%ld.json", options->out, (long)options->seed, (long)number);
    TRY(case_write(&one, path, err));
    printf("case %ld of seed %ld differs: %s %s; shrunk to %s\n", (long)number, (long)options->seed, what, words, path);
    return true;
}

/* ---- many cases ---- */
static bool case_run(struct world *world, const struct options *options, const struct json *tables, struct chance *chance,
                     struct tally *tally, bool *out_differs, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct json expression = random_expression(chance, arena);
    struct cohort_program *program;
    struct error reason = {0};
    const char *difference = NULL;
    if (!program_make(world, &expression, arena, &program, &reason)) {
        tally->refused++;
        return true;
    }
    bool is_compared = case_compare(world, program, arena, tally, &difference, &reason);
    tally->cases++;
    constructs_count(program);
    *out_differs = !is_compared || difference;
    return !*out_differs || case_report(tables, &expression, options, world->postgresql, tally->cases, err);
}

static bool population_run(const struct options *options, struct postgresql *postgresql, struct chance *chance, int64_t end_ns,
                           struct tally *tally, bool *out_differs, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct world world = {.postgresql = postgresql};
    struct json tables = random_population(chance, arena);
    bool is_done = world_open(&world, &tables, err);
    for (int i = 0; is_done && !*out_differs && i < CASES_OF_A_POPULATION && tally->cases < options->cases; i++) {
        if (clock_monotonic_ns() > end_ns) {
            break;
        }
        is_done = case_run(&world, options, &tables, chance, tally, out_differs, err);
    }
    world_close(&world);
    return is_done;
}

static bool random_run(const struct options *options, struct postgresql *postgresql, bool *out_differs, struct error *err)
{
    struct chance chance = {(uint64_t)options->seed};
    struct tally tally = {0};
    int64_t begun = clock_monotonic_ns(), end = options->seconds ? begun + options->seconds * 1000000000 : INT64_MAX;
    while (!*out_differs && tally.cases < options->cases && clock_monotonic_ns() < end) {
        TRY(population_run(options, postgresql, &chance, end, &tally, out_differs, err));
    }
    printf("seed %ld: %ld cases%s, %ld of them with rows (%ld rows), %ld with statistics of events; %ld more refused by the language; %.0f "
           "s\n",
           (long)options->seed, (long)tally.cases, *out_differs ? ", the last one differs" : " without a difference", (long)tally.with_rows,
           (long)tally.rows, (long)tally.with_rules, (long)tally.refused, (double)(clock_monotonic_ns() - begun) / 1e9);
    size_t never = constructs_print();
    printf("constructs that were never there: %zu\n", never);
    if (!*out_differs && (tally.with_rows * 4 < tally.cases || (tally.cases >= 1000 && never > 0))) {
        return FAIL(err, INTERNAL, "too little was compared: cases without rows, or constructs that were never there");
    }
    return true;
}

/* ---- kept cases ---- */
struct replay {
    const struct options *options;
    struct postgresql *postgresql;
    size_t passed, differed;
};

static bool kept_run(void *context, const char *leaf, struct error *err)
{
    struct replay *replay = context;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *one;
    const char *what = NULL;
    char words[1024];
    if (!strstr(leaf, ".json")) {
        return true;
    }
    TRY(json_parse_file(&one, arena, arena_text_format(arena, "%s/%s", replay->options->kept, leaf), CASE_BYTES_MAX, err));
    bool differs = case_differs(one, replay->postgresql, &what, words, sizeof words);
    replay->differed += differs;
    replay->passed += !differs;
    if (differs) {
        printf("%s differs: %s %s\n", leaf, what, words);
    }
    return true;
}

/* ---- all of it ---- */
static bool options_read(int argc, char **argv, struct options *options)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const struct {
            const char *name;
            int64_t *number;
            const char **text;
        } known[] = {{"--cases", &options->cases, NULL},           {"--seconds", &options->seconds, NULL}, {"--seed", &options->seed, NULL},
                     {"--postgresql", NULL, &options->postgresql}, {"--kept", NULL, &options->kept},       {"--out", NULL, &options->out}};
        size_t k = 0;
        while (k < 6 && strcmp(known[k].name, argv[i]) != 0) {
            k++;
        }
        if (k == 6 || (known[k].number && !text_to_i64(text_of(argv[i + 1]), known[k].number))) {
            return false;
        }
        if (known[k].text) {
            *known[k].text = argv[i + 1];
        }
    }
    return argc % 2 == 1;
}

static bool run(const struct options *options, bool *out_differs, struct error *err)
{
    CLEANUP(postgresql) struct postgresql *postgresql = NULL;
    if (options->postgresql) {
        struct postgresql_address address;
        TRY(postgresql_address_parse(options->postgresql, &address, err));
        const struct postgresql_options settings = {.address = &address};
        TRY(postgresql_open(&postgresql, &settings, err));
    }
    struct replay replay = {options, postgresql, 0, 0};
    TRY(directory_visit(options->kept, kept_run, &replay, err));
    printf("kept cases: %zu passed, %zu differed\n", replay.passed, replay.differed);
    *out_differs = replay.differed > 0;
    return *out_differs || random_run(options, postgresql, out_differs, err);
}

int main(int argc, char **argv)
{
    struct options options = {.cases = 2000, .seed = 2026, .kept = "tests/differential/kept", .out = "."};
    struct error err = {0};
    bool differs = false;
    if (!options_read(argc, argv, &options)) {
        fprintf(stderr, "differential [--cases N] [--seconds S] [--seed N] [--postgresql ADDRESS] [--kept DIRECTORY] [--out DIRECTORY]\n");
        return 2;
    }
    if (!run(&options, &differs, &err)) {
        fprintf(stderr, "%s\n%s\n", err.message, err.detail);
        return 1;
    }
    return differs ? 1 : 0;
}
