/* SPDX-License-Identifier: EUPL-1.2 */
/* demo: the whole journey in one command: population, encrypted store, cohorts beside the planted truth, report. */
#include "service/command/demo.h"
#include "base/calendar.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/log.h"
#include "intake/load/load.h"
#include "intake/synthesise/synthesise.h"
#include "research/circe/circe.h"
#include "research/evaluate/evaluate.h"
#include "service/command/commands.h"
#include <stdio.h>
#include <string.h>

enum { PASSPHRASE_BYTES = 24 };
static const char marker_name[] = ".emc2-demo";
/* The steps of examples/cohorts/treated_myeloma.json for French readers, in order. */
static const char *const rules_in_french[] = {"adulte au diagnostic", "observé un an avant", "pas d'autre cancer avant",
                                              "numération sanguine dans les 30 jours", "lénalidomide dans les 180 jours, deux fois"};

static double seconds_since(int64_t start)
{
    return (double)(clock_monotonic_ns() - start) / 1e9;
}

static const char *path_in(const struct demo *demo, const char *name)
{
    return arena_text_format(demo->in->arena, "%s/%s", demo->directory, name);
}

/* Removes an earlier demo, and nothing else: only a directory that carries the demo's marker. */
static bool make_directory(const struct demo *demo, struct error *err)
{
    bool exists, is_ours;
    TRY(file_exists(demo->directory, &exists, err));
    if (exists) {
        TRY(file_exists(path_in(demo, marker_name), &is_ours, err));
        if (!is_ours) {
            FAIL(err, EXISTS, "the directory exists, and no earlier demo made it");
            error_detail(err, "%s", demo->directory);
            return error_hint(err, "name another directory with --out");
        }
        TRY(directory_remove_all(demo->directory, err));
    }
    TRY(directory_create(demo->directory, 0755, err));
    return file_write_atomic(path_in(demo, marker_name), "emc2 demo\n", 10, 0644, err);
}

static bool make_population(struct demo *demo, struct error *err)
{
    struct synthesise_options options = {.persons = demo->persons,
                                         .seed = demo->seed,
                                         .directory = demo->population,
                                         .pool = demo->in->pool,
                                         .quiet = invocation_flag(demo->in, "quiet")};
    struct synthesise_report report;
    char persons[COUNT_TEXT_SIZE], rows[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE];
    int64_t start = clock_monotonic_ns();
    TRY(synthesise_population(&options, &report, err));
    demo->seconds_population = seconds_since(start);
    printf("1  population   %s persons, %s rows, %s of CSV in %.1f s\n", count_text(report.persons, persons), count_text(report.rows, rows),
           bytes_text(report.bytes, bytes), demo->seconds_population);
    return true;
}

/* The demo's passphrase is random and lies beside its store: fit for invented people only. */
static bool make_passphrase(struct demo *demo, struct error *err)
{
    uint8_t random[PASSPHRASE_BYTES];
    char hex[2 * PASSPHRASE_BYTES + 1];
    crypto_random(random, sizeof random);
    crypto_hex(hex, random, sizeof random);
    TRY(file_write_atomic(path_in(demo, "passphrase"), hex, strlen(hex), 0600, err));
    bool done = secret_create(&demo->warehouse.passphrase, strlen(hex), err);
    if (done) {
        memcpy(secret_bytes(demo->warehouse.passphrase), hex, strlen(hex));
    }
    crypto_wipe(hex, sizeof hex);
    crypto_wipe(random, sizeof random);
    return done;
}

static bool open_warehouse(struct demo *demo, struct error *err)
{
    TRY(make_passphrase(demo, err));
    CLEANUP(secret) struct secret *passphrase = demo->warehouse.passphrase;
    demo->warehouse.passphrase = NULL;
    TRY(warehouse_create(demo->warehouse_directory, passphrase, err));
    return warehouse_open_with(&demo->warehouse, demo->in, demo->warehouse_directory, passphrase, "demo",
                               GRANT_LOAD | GRANT_COUNT | GRANT_ROWS, err);
}

static bool load_population(struct demo *demo, struct error *err)
{
    struct load_options options = {.settings = &demo->in->settings,
                                   .pool = demo->in->pool,
                                   .label = "synthetic population",
                                   .quiet = invocation_flag(demo->in, "quiet")};
    struct load_report report;
    char rows[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE], rate[COUNT_TEXT_SIZE];
    int64_t start = clock_monotonic_ns();
    TRY(warehouse_record(&demo->warehouse, LEDGER_ACT_LOAD, NULL, "source", text_of(demo->population), err));
    TRY(load_run(demo->warehouse.store, &demo->warehouse.grant, demo->population, &options, &report, demo->in->arena, err));
    demo->seconds_load = seconds_since(start);
    TRY(store_snapshot_read(demo->warehouse.store, &demo->warehouse.grant, report.snapshot, &demo->snapshot, err));
    TRY(warehouse_open_reader(&demo->warehouse, report.snapshot, err));
    printf("2  store        %s rows in %.1f s (%s rows/s), %s encrypted, snapshot %u\n", count_text(report.rows_stored, rows),
           demo->seconds_load, count_text((uint64_t)((double)report.rows_read / demo->seconds_load), rate),
           bytes_text(demo->snapshot.bytes, bytes), report.snapshot);
    TRY(warehouse_record(&demo->warehouse, LEDGER_ACT_READ, NULL, "what", TEXT("the cohorts and studies of the demonstration"), err));
    return vocabulary_open(&demo->vocabulary, demo->warehouse.reader, err);
}

/* A warehouse that is there already, with the truth of the population that was delivered into it. */
static bool open_existing(struct demo *demo, struct error *err)
{
    TRY(directory_create(demo->directory, 0755, err));
    const uint32_t linkage = invocation_value(demo->in, "links") ? GRANT_LOAD : 0;
    TRY(warehouse_open(&demo->warehouse, demo->in, "demo", GRANT_COUNT | GRANT_ROWS | linkage, err));
    uint32_t latest;
    TRY(store_snapshot_latest(demo->warehouse.store, &demo->warehouse.grant, &latest, err));
    TRY(warehouse_open_reader(&demo->warehouse, latest, err));
    TRY(store_snapshot_read(demo->warehouse.store, &demo->warehouse.grant, latest, &demo->snapshot, err));
    TRY(warehouse_record(&demo->warehouse, LEDGER_ACT_READ, NULL, "what", TEXT("the cohorts and studies of the demonstration"), err));
    return vocabulary_open(&demo->vocabulary, demo->warehouse.reader, err);
}

static bool evaluate_json(struct demo *demo, const char *name, const char *json, struct cohort_program **out_program,
                          struct cohort_result **out_result, struct error *err)
{
    struct evaluate_options options = {.pool = demo->in->pool, .wants_rows = true};
    TRY(circe_parse(out_program, demo->in->arena, name, json, strlen(json), err));
    TRY(cohort_program_resolve(*out_program, demo->vocabulary, demo->in->arena, err));
    return evaluate_cohort(*out_program, demo->warehouse.reader, &options, out_result, err) || error_context(err, "cohort %s", name);
}

static void *copy(struct arena *arena, const void *items, size_t bytes)
{
    void *kept = arena_allocate_raw(arena, bytes + 1, 1);
    if (bytes > 0) {
        memcpy(kept, items, bytes);
    }
    return kept;
}

static bool run_cohort(struct demo *demo, int which, struct error *err)
{
    CLEANUP(cohort_result) struct cohort_result *result = NULL;
    struct cohort_program *program;
    struct demo_cohort_result *cohort = &demo->cohorts[which];
    const char *name = demo_cohorts[which].name, *json = demo_cohorts[which].json;
    TRY(file_write_atomic(arena_text_format(demo->in->arena, "%s/cohorts/%s.json", demo->directory, name), json, strlen(json), 0644, err));
    int64_t start = clock_monotonic_ns();
    TRY(evaluate_json(demo, name, json, &program, &result, err));
    cohort->milliseconds = seconds_since(start) * 1e3;
    cohort->persons = result->persons;
    cohort->rows = result->rows.count;
    cohort->members = (struct prevalence_cohort){
        .persons = copy(demo->in->arena, result->rows.persons, result->rows.count * sizeof *result->rows.persons),
        .starts = copy(demo->in->arena, result->rows.starts, result->rows.count * sizeof *result->rows.starts),
        .ends = copy(demo->in->arena, result->rows.ends, result->rows.count * sizeof *result->rows.ends),
        .count = result->rows.count};
    return true;
}

/* truth/cohorts.csv was written by the generator, which never saw the store. */
static bool read_truth(struct demo *demo, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    struct csv_record record;
    bool is_more;
    TRY(csv_reader_open(&reader, arena_text_format(demo->in->arena, "%s/truth/cohorts.csv", demo->population), NULL, err));
    while (true) {
        TRY(csv_reader_next(reader, &record, &is_more, err));
        if (!is_more) {
            return true;
        }
        for (int c = 0; c < DEMO_COHORT_COUNT; c++) {
            int64_t persons;
            if (record.count == 2 && text_equal(record.fields[0].text, text_of(demo_cohorts[c].name)) &&
                text_to_i64(record.fields[1].text, &persons)) {
                demo->cohorts[c].truth = (uint64_t)persons;
            }
        }
    }
}

static bool run_cohorts(struct demo *demo, struct error *err)
{
    TRY(directory_create(path_in(demo, "cohorts"), 0755, err));
    TRY(read_truth(demo, err));
    int equal = 0;
    printf("\n   %-22s %10s %10s %10s %9s\n", "cohort", "planted", "found", "rows", "ms");
    for (int c = 0; c < DEMO_COHORT_COUNT; c++) {
        const struct demo_cohort_result *cohort = &demo->cohorts[c];
        TRY(run_cohort(demo, c, err));
        demo->seconds_cohorts += cohort->milliseconds / 1e3;
        equal += cohort->persons == cohort->truth;
        printf("   %-22s %10llu %10llu %10llu %9.2f%s\n", demo_cohorts[c].name, (unsigned long long)cohort->truth,
               (unsigned long long)cohort->persons, (unsigned long long)cohort->rows, cohort->milliseconds,
               cohort->persons == cohort->truth ? "" : "   differs");
    }
    printf("\n3  cohorts      %d of %d find exactly the planted persons, %.3f s in all\n", equal, DEMO_COHORT_COUNT, demo->seconds_cohorts);
    const char *links = invocation_value(demo->in, "links");
    if (links) {
        return demo_truth_explain(demo, links, err);
    }
    if (equal != DEMO_COHORT_COUNT) {
        return FAIL(err, INTERNAL, "%d cohorts differ from the planted truth", DEMO_COHORT_COUNT - equal);
    }
    return true;
}

static bool run_attrition(struct demo *demo, struct error *err)
{
    CLEANUP(cohort_result) struct cohort_result *result = NULL;
    struct cohort_program *program;
    TRY(evaluate_json(demo, "treated_myeloma", demo_attrition_json, &program, &result, err));
    demo->steps[demo->step_count++] = (struct demo_step){"first record of multiple myeloma", "premier diagnostic de myélome multiple",
                                                         result->attrition.qualified.persons};
    for (size_t r = 0; r < result->attrition.rule_count && r < sizeof rules_in_french / sizeof *rules_in_french; r++) {
        demo->steps[demo->step_count++] = (struct demo_step){arena_text_copy(demo->in->arena, program->rules[r].name), rules_in_french[r],
                                                             result->attrition.after_rule[r].persons};
    }
    printf("4  attrition    newly diagnosed and treated myeloma:");
    for (int s = 0; s < demo->step_count; s++) {
        printf(" %llu%s", (unsigned long long)demo->steps[s].persons, s + 1 < demo->step_count ? " >" : " persons\n");
    }
    return true;
}

static bool run_prevalence(struct demo *demo, struct error *err)
{
    struct prevalence_options options = {.year_first = DEMO_YEAR_FIRST,
                                         .year_last = DEMO_YEAR_LAST,
                                         .prior_days = DEMO_PRIOR_DAYS,
                                         .ages = demo_ages,
                                         .age_count = DEMO_AGE_COUNT,
                                         .pool = demo->in->pool};
    struct prevalence_cohort cohorts[DEMO_COHORT_COUNT];
    for (int c = 0; c < DEMO_COHORT_COUNT; c++) {
        if (strstr(demo_cohorts[c].name, "_5y")) {
            cohorts[demo->shown_count] = demo->cohorts[c].members;
            demo->shown[demo->shown_count++] = c;
        }
    }
    int64_t start = clock_monotonic_ns();
    TRY(prevalence_yearly(demo->warehouse.reader, &options, cohorts, (size_t)demo->shown_count, demo->in->arena, &demo->cells, err));
    printf("5  prevalence   %d cohorts, %d to %d, by sex and age, in %.2f s\n", demo->shown_count, DEMO_YEAR_FIRST, DEMO_YEAR_LAST,
           seconds_since(start));
    return true;
}

static bool run_steps(struct demo *demo, struct error *err)
{
    if (demo->is_existing) {
        TRY(open_existing(demo, err));
    } else {
        TRY(make_directory(demo, err) && make_population(demo, err));
        TRY(open_warehouse(demo, err) && load_population(demo, err));
    }
    TRY(run_cohorts(demo, err) && run_attrition(demo, err) && run_prevalence(demo, err) && demo_report_write(demo, err));
    print_line("6  report       %s/report.html: open it in any browser (English, French)", demo->directory);
    print_line("%s", "");
    const char *passphrase = demo->is_existing ? invocation_value(demo->in, "passphrase-file") : path_in(demo, "passphrase");
    print_line("ask more of it: emc2 cohort count %s/cohorts/mm_narrow_5y.json --warehouse %s%s%s", demo->directory,
               demo->warehouse_directory, passphrase ? " --passphrase-file " : "", passphrase ? passphrase : "");
    return true;
}

const char *demo_directory(const struct invocation *in)
{
    const char *directory = invocation_value(in, "out");
    return directory ? directory : "demo";
}

bool command_demo(struct invocation *in, struct error *err)
{
    int64_t persons, seed;
    TRY(invocation_integer(in, "persons", 100000, 1, (int64_t)1 << 32, &persons, err));
    TRY(invocation_integer(in, "seed", 2026, 0, INT64_MAX, &seed, err));
    struct demo *demo = ARENA_NEW(in->arena, struct demo);
    demo->in = in;
    demo->directory = demo_directory(in);
    demo->is_existing = invocation_value(in, "truth") != NULL;
    demo->population = demo->is_existing ? invocation_value(in, "truth") : path_in(demo, "population");
    demo->warehouse_directory = demo->is_existing ? warehouse_directory(in) : path_in(demo, "warehouse");
    demo->persons = (uint64_t)persons;
    demo->seed = (uint64_t)seed;
    setvbuf(stdout, NULL, _IOLBF, 0);
    bool done = run_steps(demo, err);
    vocabulary_close(demo->vocabulary);
    warehouse_close(&demo->warehouse);
    return done;
}
