/* SPDX-License-Identifier: EUPL-1.2 */
/* cohorts_test: the definitions of the shared data, run over their data sets, against the rows and statistics of the reference (OHDSI
 * Circe). Prints for each set how many passed, differed and were refused; fails on any that did not pass.
 *   cohorts_test [directory of the shared data] [number of one definition]
 * From the root of the project; 77: the shared data are not there, and only tests/cohorts/quirks was run. */
#include "base/file.h"
#include "by_engine.h"
#include "expected.h"
#include "research/circe/circe.h"
#include "research/evaluate/evaluate_example.h"
#include "vectors.h"

enum { DEFINITION_BYTES_MAX = 1 << 26, PATH_SIZE = 512 };

struct data_set {
    const char *name;
    const char *directory; /* below the shared data */
    const char *definitions, *cdm;
};
struct run {
    const char *root;
    int64_t only; /* a cohort id; 0: all */
    size_t every, files;
    struct data_set set;
    struct example_store example;
    struct task_pool *pool;
    struct expected_lines rows, masks, rules;
    size_t passed, differed, refused;
    int64_t evaluation_ns;
};

/* ---- a data set ---- */
static bool load_table(void *context, const char *leaf, struct error *err)
{
    struct run *run = context;
    char path[PATH_SIZE], table[128];
    const char *dot = strchr(leaf, '.');
    snprintf(path, sizeof path, "%s/%s/%s", run->root, run->set.cdm, leaf);
    snprintf(table, sizeof table, "%.*s", (int)(dot ? dot - leaf : 0), leaf);
    return example_table_file(&run->example, table, path, err);
}

static bool read_expected(struct run *run, const char *leaf, struct expected_lines *lines, struct error *err)
{
    char path[PATH_SIZE];
    lines->maximum = 1 << 26;
    snprintf(path, sizeof path, "%s/%s/%s.csv.gz", run->root, run->set.directory, leaf);
    return expected_read(path, lines, err);
}

static bool open_set(struct run *run, struct error *err)
{
    char path[PATH_SIZE];
    TRY(example_begin(&run->example, err));
    snprintf(path, sizeof path, "%s/%s", run->root, run->set.cdm);
    TRY(directory_visit(path, load_table, run, err));
    TRY(example_open(&run->example, 3, GRANT_ROWS, err));
    TRY(read_expected(run, "expected_rows", &run->rows, err));
    TRY(read_expected(run, "expected_inclusion_result", &run->masks, err));
    return read_expected(run, "expected_inclusion_stats", &run->rules, err);
}

/* ---- one definition ---- */
static bool definition_evaluate(struct run *run, const char *path, struct arena *arena, struct evaluation *out_evaluation,
                                struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = DEFINITION_BYTES_MAX};
    struct cohort_program *program;
    TRY(file_read(path, &bytes, err));
    TRY(circe_parse(&program, arena, path, bytes.data, bytes.length, err));
    TRY(cohort_program_resolve(program, run->example.vocabulary, arena, err));
    TRY(cohort_program_validate(program, err));
    int64_t begun = clock_monotonic_ns();
    TRY(by_engine_evaluate(&run->example, program, run->pool, arena, out_evaluation, err));
    run->evaluation_ns += clock_monotonic_ns() - begun;
    return true;
}

static bool results_compare(struct run *run, int64_t cohort, const struct cohort_result *result, const char **out_difference,
                            struct error *err)
{
    struct expected_lines rows = {.maximum = 1 << 26}, masks = {.maximum = 1 << 26}, rules = {.maximum = 1 << 26};
    bool is_made = expected_of_rows(cohort, result, &rows, err) && expected_of_masks(cohort, result, &masks, err) &&
                   expected_of_rules(cohort, result, &rules, err);
    *out_difference = !expected_is_same(&run->rows, cohort, &rows)     ? "rows"
                      : !expected_is_same(&run->masks, cohort, &masks) ? "inclusion_result"
                      : !expected_is_same(&run->rules, cohort, &rules) ? "inclusion_stats"
                                                                       : NULL;
    expected_lines_finish(&rows);
    expected_lines_finish(&masks);
    expected_lines_finish(&rules);
    return is_made;
}

static bool run_definition(void *context, const char *leaf, struct error *err)
{
    struct run *run = context;
    CLEANUP(evaluation_value) struct evaluation evaluation = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct error reason;
    char path[PATH_SIZE];
    const char *difference;
    int64_t cohort = 0;
    const char *dot = strchr(leaf, '.');
    if (!text_to_i64((struct text){leaf, dot ? (size_t)(dot - leaf) : strlen(leaf)}, &cohort)) {
        return FAIL(err, INVALID_INPUT, "%s: the name of a definition is its number", leaf);
    }
    if ((run->only && run->only != cohort) || run->files++ % run->every != 0) {
        return true;
    }
    snprintf(path, sizeof path, "%s/%s/%s", run->root, run->set.definitions, leaf);
    if (!definition_evaluate(run, path, arena, &evaluation, &reason)) {
        run->refused++;
        printf("%s %ld: refused: %s %s\n", run->set.name, (long)cohort, reason.message, reason.detail);
        return true;
    }
    TRY(results_compare(run, cohort, evaluation.result, &difference, err));
    run->passed += difference == NULL;
    run->differed += difference != NULL;
    if (difference) {
        printf("%s %ld: %s differ\n", run->set.name, (long)cohort, difference);
    }
    return true;
}

struct wanted {
    const char *root;
    int64_t only;
    size_t every; /* each so manieth definition */
};

static bool run_set(const struct wanted *wanted, const struct data_set *set, struct task_pool *pool, bool *out_passed, struct error *err)
{
    struct run run = {.root = wanted->root, .only = wanted->only, .every = wanted->every, .set = *set, .pool = pool};
    char path[PATH_SIZE];
    int64_t begun = clock_monotonic_ns();
    snprintf(path, sizeof path, "%s/%s", wanted->root, set->definitions);
    bool is_done = open_set(&run, err);
    int64_t opened = clock_monotonic_ns();
    is_done = is_done && directory_visit(path, run_definition, &run, err);
    printf("%s: %zu passed, %zu differed, %zu refused; load %.2f s, definitions %.2f s, of which evaluation %.3f s\n", set->name,
           run.passed, run.differed, run.refused, (double)(opened - begun) / 1e9, (double)(clock_monotonic_ns() - opened) / 1e9,
           (double)run.evaluation_ns / 1e9);
    *out_passed = is_done && run.differed + run.refused == 0;
    expected_lines_finish(&run.rows);
    expected_lines_finish(&run.masks);
    expected_lines_finish(&run.rules);
    by_engine_forget();
    example_end(&run.example);
    return is_done;
}

static bool run_all(const struct wanted *wanted, bool *out_passed, struct error *err)
{
    static const struct data_set sets[] = {
        {"phenotypes", "cohorts/phenotypes", "cohorts/phenotypes/definitions", "cohorts/phenotypes/cdm"},
        {"programs", "cohorts/programs", "cohorts/programs/definitions", "cohorts/programs/cdm"},
    };
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    TRY(task_pool_create(&pool, 0, err));
    *out_passed = true;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        bool passed = false;
        TRY(run_set(wanted, &sets[i], pool, &passed, err));
        *out_passed &= passed;
    }
    bool passed = false;
    TRY(vectors_run(wanted->root, &passed, err));
    *out_passed &= passed;
    return true;
}

static bool arguments_read(int argc, char **argv, struct wanted *wanted)
{
    int64_t every = 1;
    for (; argc > 2 && strncmp(argv[1], "--", 2) == 0; argc -= 2, argv += 2) {
        if (strcmp(argv[1], "--engine") == 0) {
            by_engine_choose(strcmp(argv[2], "duckdb") == 0);
        }
        if (strcmp(argv[1], "--every") == 0 && (!text_to_i64(text_of(argv[2]), &every) || every < 1)) {
            return false;
        }
    }
    wanted->every = (size_t)every;
    wanted->root = argc > 1 ? argv[1] : "../shared/data";
    return argc <= 2 || text_to_i64(text_of(argv[2]), &wanted->only);
}

int main(int argc, char **argv)
{
    struct wanted wanted = {.every = 1};
    struct error err;
    bool exists, passed = false, quirks_passed = false;
    if (!arguments_read(argc, argv, &wanted)) {
        fprintf(stderr, "the number of a definition is a number\n");
        return 2;
    }
    if (!quirks_run("tests/cohorts/quirks", &quirks_passed, &err)) {
        fprintf(stderr, "%s\n%s\n", err.message, err.detail);
        return 1;
    }
    if (!file_exists(wanted.root, &exists, &err) || !exists) {
        printf("skipped: phenotypes, programs, circe_cohort, circe_criteria: %s is not there\n", wanted.root);
        return quirks_passed ? 77 : 1;
    }
    if (!run_all(&wanted, &passed, &err)) {
        fprintf(stderr, "%s\n%s\n", err.message, err.detail);
        return 1;
    }
    return passed && quirks_passed ? 0 : 1;
}
