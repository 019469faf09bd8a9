/* SPDX-License-Identifier: EUPL-1.2 */
/* load and export: data in, data out, and the report that a person reads. */
#include "intake/load/load.h"
#include "base/calendar.h"
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/deliveries.h"
#include "service/command/warehouse.h"
#include "warehouse/export/export.h"
#include <stdio.h>
#include <string.h>

enum { FINDINGS_SHOWN = 20, COUNTS_SHOWN = 30, SECONDS_PER_DAY = 86400 };

/* Places are what a person needs to mend a source that was refused; of a source that was loaded, the counts say enough. */
static void print_findings(const struct load_report *report)
{
    char count[COUNT_TEXT_SIZE];
    if (report->is_stored) {
        return;
    }
    for (size_t i = 0; i < report->finding_count && i < FINDINGS_SHOWN; i++) {
        const struct load_finding *f = &report->findings[i];
        print_line("  %-11s %s:%llu %s: %s", load_severity_name(f->severity), f->file, (unsigned long long)f->line, f->field, f->what);
    }
    if (report->finding_count > FINDINGS_SHOWN) {
        print_line("  ... %s more: --json lists up to load_findings_max of them",
                   count_text(report->finding_count - FINDINGS_SHOWN, count));
    }
}

static void print_counts(const struct load_report *report)
{
    char rows[COUNT_TEXT_SIZE];
    for (size_t i = 0; i < report->count_count && i < COUNTS_SHOWN; i++) {
        const struct load_count *c = &report->counts[i];
        print_line("  %-11s %12s  %s.%s: %s", load_severity_name(c->severity), count_text(c->rows, rows), omop_table(c->table)->name,
                   c->field, c->what);
    }
}

static void print_tables(const struct load_report *report)
{
    char rows[COUNT_TEXT_SIZE];
    for (size_t i = 0; i < report->table_count; i++) {
        const struct load_table *t = &report->tables[i];
        print_line("  %-24s %15s rows", omop_table(t->table)->name, count_text(t->rows_stored, rows));
        for (size_t c = 0; c < t->not_carried_count; c++) {
            print_line("    not carried: column %s", t->not_carried[c]);
        }
    }
    for (size_t i = 0; i < report->unknown_count; i++) {
        print_line("  not carried: %s, which is no table of OMOP 5.4 (%s rows)", report->unknown[i].name,
                   report->unknown[i].rows_known ? count_text(report->unknown[i].rows, rows) : "unknown");
    }
}

static void print_report(const struct load_report *report)
{
    char rows[COUNT_TEXT_SIZE], persons[COUNT_TEXT_SIZE], rate[COUNT_TEXT_SIZE];
    print_tables(report);
    print_counts(report);
    print_findings(report);
    if (report->is_stored) {
        double seconds = report->seconds > 0 ? report->seconds : 1e-9;
        print_line("snapshot %u: %s rows of %s persons in %.1f s (%s rows/s)", report->snapshot, count_text(report->rows_stored, rows),
                   count_text(report->persons, persons), report->seconds,
                   count_text((uint64_t)((double)report->rows_read / seconds), rate));
        if (report->excluded > 0) {
            print_line("%s of the persons were excluded before: they stay excluded, and nothing of them comes out. `emc2 compact` removes "
                       "their rows",
                       count_text(report->excluded, rows));
        }
        if (report->vocabulary_built_in) {
            print_line("no vocabulary in the source or the store: the small built-in one is used. Load your Athena download to replace it");
        }
    }
}

static bool show_report(const struct invocation *in, const struct load_report *report, struct error *err)
{
    if (!invocation_flag(in, "json")) {
        print_report(report);
        return true;
    }
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 28};
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(load_report_write(report, &writer, err));
    return print_buffer(&out, err);
}

/* The first moment of a day, in Unix seconds. */
static bool until_read(const struct invocation *in, int64_t *out_until, struct error *err)
{
    const char *value = invocation_value(in, "until");
    day last;
    *out_until = 0;
    if (!value) {
        return true;
    }
    if (!day_from_text(text_of(value), &last) || (int64_t)last.number * SECONDS_PER_DAY <= clock_unix_seconds()) {
        FAIL(err, INVALID_ARGUMENT, "--until takes a day to come, as YYYY-MM-DD");
        return error_hint(err, "emc2 load --help shows an example");
    }
    *out_until = (int64_t)last.number * SECONDS_PER_DAY;
    return true;
}

bool command_load(struct invocation *in, struct error *err)
{
    if (path_is_delivery(in->words[0])) {
        return command_load_delivery(in, err);
    }
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    TRY(warehouse_open(&warehouse, in, "load", GRANT_LOAD | GRANT_COUNT, err));
    int64_t until;
    TRY(until_read(in, &until, err));
    struct load_options options = {.settings = &in->settings,
                                   .until = until,
                                   .pool = in->pool,
                                   .label = invocation_value(in, "label"),
                                   .replace = invocation_flag(in, "replace"),
                                   .refuse_dangling = invocation_flag(in, "refuse-dangling"),
                                   .quiet = invocation_flag(in, "quiet")};
    struct load_report report = {0};
    TRY(warehouse_record(&warehouse, LEDGER_ACT_LOAD, NULL, "source", text_of(in->words[0]), err));
    bool done = load_run(warehouse.store, &warehouse.grant, in->words[0], &options, &report, in->arena, err);
    if (done || report.errors + report.dangling > 0) {
        struct error shown = {0};
        TRY(show_report(in, &report, &shown) || !done);
    }
    return done;
}

bool command_export(struct invocation *in, struct error *err)
{
    const char *format = invocation_value(in, "format"), *directory = invocation_value(in, "out");
    int64_t snapshot;
    TRY(invocation_integer(in, "snapshot", 0, 0, UINT32_MAX, &snapshot, err));
    bool is_csv = format && strcmp(format, "csv") == 0;
    if (format && !is_csv && strcmp(format, "parquet") != 0) {
        return FAIL(err, INVALID_ARGUMENT, "--format is csv or parquet");
    }
    if (!directory) {
        FAIL(err, INVALID_ARGUMENT, "where should the tables go?");
        return error_hint(err, "name a directory that does not exist yet with --out");
    }
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    TRY(warehouse_open(&warehouse, in, "export", GRANT_EXPORT | GRANT_ROWS, err));
    TRY(warehouse_open_reader(&warehouse, (uint32_t)snapshot, err));
    struct export_options options = {.quiet = invocation_flag(in, "quiet"), .threads = task_pool_threads(in->pool)};
    options.hashing = invocation_flag(in, "all") ? in->pool : NULL;
    struct export_report report;
    TRY(warehouse_record(&warehouse, LEDGER_ACT_EXPORT, NULL, "directory", text_of(directory), err));
    TRY(export_tables(warehouse.reader, is_csv ? EXPORT_CSV : EXPORT_PARQUET, directory, &options, &report, err));
    char rows[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE];
    print_line("%s rows in %u files, %s, in %s (%.1f s)", count_text(report.rows, rows), report.files, bytes_text(report.bytes, bytes),
               directory, report.seconds);
    return true;
}
