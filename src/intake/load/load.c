/* SPDX-License-Identifier: EUPL-1.2 */
/* A load from its beginning to its end: open, survey, vocabulary, shared tables, persons, commit. Before the commit nothing is visible, and
 * whatever fails leaves the store as it was. */
#include "intake/load/load.h"
#include "base/calendar.h"
#include "intake/load/load_internal.h"
#include "trust/crypto/crypto.h"
#include <inttypes.h>
#include <string.h>

enum { REPORT_BYTES_MAX = 1 << 26 };

static void load_finish(struct load *load)
{
    store_writer_close(load->writer);
    store_reader_close(load->reader);
    source_close(load->source);
    findings_destroy(load->findings);
    task_pool_destroy(load->own_pool);
    id_set_finish(&load->persons);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        id_set_finish(&load->keys[table]);
        id_set_finish(&load->kept_keys[table]);
    }
    arena_destroy(load->scratch);
}
static inline void load_value_cleanup(struct load *load)
{
    load_finish(load);
}

/* ---- opening ---- */
static bool start(struct load *load, struct error *err)
{
    uint64_t seed = 0;
    crypto_random(&seed, sizeof seed);
    load->persons.seed = seed;
    load->time = load_time_now();
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        load->keys[table].seed = load->kept_keys[table].seed = seed;
    }
    if (load->options->settings) {
        load->settings = *load->options->settings;
    } else {
        settings_defaults(&load->settings);
    }
    load->scratch = arena_create();
    load->findings = findings_create((size_t)settings_get(&load->settings, SETTING_LOAD_FINDINGS_MAX));
    load->pool = load->options->pool;
    if (!load->pool) {
        TRY(task_pool_create(&load->own_pool, (unsigned)settings_get(&load->settings, SETTING_THREADS), err));
        load->pool = load->own_pool;
    }
    return true;
}

/* The writer first: it holds the lock, so that the latest snapshot stays the latest. */
static bool open_store(struct load *load, struct error *err)
{
    uint32_t latest = 0;
    TRY(store_writer_open(&load->writer, load->store, load->grant, err));
    store_writer_limit(load->writer, load->options->until);
    TRY(store_snapshot_latest(load->store, load->grant, &latest, err));
    return !latest || store_reader_open(&load->reader, load->store, load->grant, latest, err);
}

static bool has_rows(const struct load *load, int table)
{
    const struct source_table *found = source_table_find(load->source, table);
    return found && (!found->rows_known || found->rows > 0);
}

/* What kind of a source it is. */
static bool look(struct load *load, struct error *err)
{
    bool has_persons_tables = false, has_others = false;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        has_persons_tables = has_persons_tables || (omop_table(table)->scope == OMOP_PERSON && has_rows(load, table));
        has_others = has_others || (omop_table(table)->scope == OMOP_SHARED && has_rows(load, table));
    }
    load->has_vocabulary = has_rows(load, OMOP_TABLE_CONCEPT);
    load->is_vocabulary_only = load->has_vocabulary && !has_persons_tables && !has_others;
    load->keeps_rows = load->reader && (!load->options->replace || load->is_vocabulary_only);
    if (has_persons_tables && !has_rows(load, OMOP_TABLE_PERSON) && load_is_clean(load)) {
        FAIL(err, INVALID_INPUT, "the source has rows of persons, but no rows in person");
        return error_hint(err, "add person.csv or person.parquet to the source");
    }
    return true;
}

/* ---- the end ---- */
static bool refuse_findings(const struct load *load, struct error *err)
{
    const uint64_t errors = findings_of_severity(load->findings, FINDING_SEVERITY_ERROR);
    const uint64_t dangling = findings_of_severity(load->findings, FINDING_SEVERITY_DANGLING);
    if (errors) {
        FAIL(err, INVALID_INPUT, "%" PRIu64 " places of the source are wrong: nothing was loaded", errors);
        return error_hint(err, "the report names file, line and field of each; mend the source and load it again");
    }
    if (load->options->refuse_dangling && dangling) {
        FAIL(err, INVALID_INPUT, "%" PRIu64 " keys of the source point to nothing: nothing was loaded", dangling);
        return error_hint(err, "the report names file, line and field; without --refuse-dangling such rows are kept and counted");
    }
    return true;
}

static const char *label_of(const struct load *load, const char *source_path)
{
    size_t end = strlen(source_path);
    while (end > 1 && source_path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && source_path[begin - 1] != '/') {
        begin--;
    }
    return load->options->label ? load->options->label : arena_text_format(load->scratch, "%.*s", (int)(end - begin), source_path + begin);
}

static bool commit(struct load *load, const char *source_path, int64_t began_ns, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = REPORT_BYTES_MAX};
    struct json_writer writer = {.out = &text};
    struct load_report report;
    load->is_stored = true; /* or this report will never be seen */
    load_report_make(load, source_path, (double)(clock_monotonic_ns() - began_ns) / 1e9, load->scratch, &report);
    load->is_stored = false;
    TRY(load_report_write(&report, &writer, err));
    const struct store_snapshot_note note = {.label = label_of(load, source_path), .report = (const char *)text.data};
    TRY(task_check(err));
    TRY(store_writer_commit(load->writer, &note, &load->snapshot, err));
    load->is_stored = true;
    return true;
}

static bool read_and_write(struct load *load, struct error *err)
{
    if (load->keeps_rows) {
        TRY(store_writer_keep(load->writer, OMOP_PERSON, err));
        TRY(store_writer_keep(load->writer, OMOP_SHARED, err));
    }
    TRY(load_vocabulary(load, err));
    TRY(load_shared(load, err));
    return load_persons(load, err);
}

static bool run(struct load *load, const char *source_path, int64_t began_ns, struct error *err)
{
    TRY(look(load, err));
    TRY(load_survey(load, err));
    TRY(read_and_write(load, err));
    TRY(refuse_findings(load, err));
    return commit(load, source_path, began_ns, err);
}

static bool open_source(struct load *load, const char *source_path, const struct source_provider *provider, struct error *err)
{
    const struct source_options source_options = {.settings = &load->settings, .pool = load->pool};
    return provider ? source_open_provider(&load->source, provider, err)
                    : source_open(&load->source, source_path, &source_options, load->findings, err);
}

/* Of files at a path, or of a provider. */
static bool run_all(struct load *load, const char *source_path, const struct source_provider *provider, struct load_report *out_report,
                    struct arena *result, struct error *err)
{
    const int64_t began_ns = clock_monotonic_ns();
    TRY(start(load, err));
    TRY(open_store(load, err));
    TRY(open_source(load, source_path, provider, err));
    const bool done = run(load, source_path, began_ns, err);
    if (done || !load_is_clean(load) || err->code == ERROR_INVALID_INPUT) {
        load_report_make(load, source_path, (double)(clock_monotonic_ns() - began_ns) / 1e9, result, out_report);
    }
    return done;
}

bool load_run(struct store *store, const struct grant *grant, const char *source_path, const struct load_options *options,
              struct load_report *out_report, struct arena *result, struct error *err)
{
    __attribute__((cleanup(load_value_cleanup))) struct load load = {.store = store, .grant = grant, .options = options};
    return run_all(&load, source_path, NULL, out_report, result, err);
}

bool load_run_provider(struct store *store, const struct grant *grant, const struct source_provider *provider,
                       const struct load_options *options, struct load_report *out_report, struct arena *result, struct error *err)
{
    __attribute__((cleanup(load_value_cleanup))) struct load load = {.store = store, .grant = grant, .options = options};
    return run_all(&load, provider->name, provider, out_report, result, err);
}
