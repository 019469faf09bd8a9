/* SPDX-License-Identifier: EUPL-1.2 */
/* The report of a load: what was read and stored, what was not carried, what is wrong. For people (through the command line) and as JSON.
 */
#include "intake/load/load_internal.h"
#include <string.h>

const char *load_severity_name(enum load_severity severity)
{
    static const char *const names[] = {"error", "dangling", "missing", "implausible"};
    return names[severity];
}

static enum load_severity severity_of(enum finding_kind kind)
{
    static const enum load_severity severities[FINDING_SEVERITY_COUNT] = {LOAD_ERROR, LOAD_DANGLING, LOAD_MISSING, LOAD_IMPLAUSIBLE};
    return severities[finding_severity(kind)];
}

static const char *field_name(int table, int field)
{
    return field == FINDING_WHOLE ? "" : omop_table(table)->fields[field].name;
}

/* "not in person": what a key that points to nothing is said to be. */
static const char *words_of(enum finding_kind kind, int table, int field, struct arena *result)
{
    if (kind != FINDING_DANGLING) {
        return finding_words(kind);
    }
    const int target = omop_table(table)->fields[field].references_table;
    return target == OMOP_TABLE_CONCEPT ? "not in the vocabulary" : arena_text_format(result, "not in %s", omop_table(target)->name);
}

/* ---- making ---- */
static uint64_t count_excluded(const struct load *load)
{
    const int64_t *persons = NULL;
    uint64_t excluded = 0;
    const size_t count = load->writer ? store_writer_excluded(load->writer, &persons) : 0;
    for (size_t i = 0; i < count; i++) {
        excluded += id_set_has(&load->persons, persons[i]);
    }
    return excluded;
}

static void make_tables(const struct load *load, struct arena *result, struct load_report *report)
{
    const size_t count = source_table_count(load->source);
    struct load_table *tables = ARENA_ARRAY(result, struct load_table, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct source_table *table = source_table(load->source, i);
        const char **names = ARENA_ARRAY(result, const char *, table->not_carried_count + 1);
        for (size_t c = 0; c < table->not_carried_count; c++) {
            names[c] = arena_text_copy(result, table->not_carried[c]);
        }
        tables[i] = (struct load_table){.table = table->table,
                                        .files = table->file_count,
                                        .rows_read = load->tally.read[table->table],
                                        .rows_stored = report->is_stored ? load->tally.stored[table->table] : 0,
                                        .not_carried = names,
                                        .not_carried_count = table->not_carried_count};
        report->rows_read += tables[i].rows_read;
        report->rows_stored += tables[i].rows_stored;
    }
    report->tables = tables;
    report->table_count = count;
}

/* Their rows are counted, which costs a pass over a CSV; one that cannot be read is listed all the same. */
static void make_unknown(const struct load *load, struct arena *result, struct load_report *report)
{
    const size_t count = source_unknown_count(load->source);
    struct load_unknown *unknown = ARENA_ARRAY(result, struct load_unknown, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct source_unknown *file = source_unknown(load->source, i);
        struct error err;
        unknown[i].name = arena_text_copy(result, file->name);
        unknown[i].rows_known = file->is_tabular && source_unknown_rows(load->source, i, &unknown[i].rows, &err);
    }
    report->unknown = unknown;
    report->unknown_count = count;
}

static void make_findings(const struct load *load, struct arena *result, struct load_report *report)
{
    const struct finding_list *kept = findings_kept(load->findings);
    struct load_finding *findings = ARENA_ARRAY(result, struct load_finding, kept->count + 1);
    for (size_t i = 0; i < kept->count; i++) {
        const struct finding *finding = &kept->items[i];
        findings[i] = (struct load_finding){
            .severity = severity_of(finding->kind),
            .what = finding->words[0] ? arena_text_copy(result, finding->words)
                                      : words_of(finding->kind, finding->table, finding->field, result),
            .file = arena_text_copy(result, source_file_name(load->source, finding->file)),
            .line = finding->line,
            .field = field_name(finding->table, finding->field),
        };
    }
    report->findings = findings;
    report->finding_count = kept->count;
    report->errors = findings_of_severity(load->findings, FINDING_SEVERITY_ERROR);
    report->dangling = findings_of_severity(load->findings, FINDING_SEVERITY_DANGLING);
    report->missing = findings_of_severity(load->findings, FINDING_SEVERITY_MISSING);
    report->implausible = findings_of_severity(load->findings, FINDING_SEVERITY_IMPLAUSIBLE);
}

/* Visits every (table, field, kind) that was found at least once. */
static size_t visit_counts(const struct load *load, struct load_count *counts, struct arena *result)
{
    size_t count = 0;
    for (int kind = 0; kind < FINDING_KIND_COUNT; kind++) {
        for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
            for (int field = 0; field <= FINDING_WHOLE; field++) {
                const uint64_t rows = findings_count(load->findings, table, field, (enum finding_kind)kind);
                if (rows && counts) {
                    counts[count] = (struct load_count){.severity = severity_of((enum finding_kind)kind),
                                                        .what = words_of((enum finding_kind)kind, table, field, result),
                                                        .table = table,
                                                        .field = field_name(table, field),
                                                        .rows = rows};
                }
                count += rows > 0;
            }
        }
    }
    return count;
}

static void make_unmapped(const struct load *load, struct arena *result, struct load_report *report)
{
    struct load_unmapped *unmapped = ARENA_ARRAY(result, struct load_unmapped, OMOP_TABLE_COUNT * FINDING_FIELDS_MAX);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        for (int field = 0; field < omop_table(table)->field_count; field++) {
            if (load->tally.unmapped[table][field]) {
                unmapped[report->unmapped_count++] = (struct load_unmapped){
                    table, omop_table(table)->fields[field].name, load->tally.unmapped[table][field], load->tally.concepts[table][field]};
            }
        }
    }
    report->unmapped = unmapped;
}

void load_report_make(const struct load *load, const char *source_path, double seconds, struct arena *result,
                      struct load_report *out_report)
{
    struct load_report report = {.source = arena_text_copy(result, source_path),
                                 .is_stored = load->is_stored,
                                 .snapshot = load->snapshot,
                                 .segments = load->segments,
                                 .waves = load->waves,
                                 .persons = load->persons.count,
                                 .excluded = count_excluded(load),
                                 .vocabulary_built_in = load->vocabulary_built_in,
                                 .seconds = seconds};
    make_tables(load, result, &report);
    make_unknown(load, result, &report);
    make_findings(load, result, &report);
    report.count_count = visit_counts(load, NULL, result);
    struct load_count *counts = ARENA_ARRAY(result, struct load_count, report.count_count + 1);
    visit_counts(load, counts, result);
    report.counts = counts;
    make_unmapped(load, result, &report);
    *out_report = report;
}

/* ---- writing ---- */
static bool write_text(struct json_writer *writer, const char *name, const char *value, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_text(writer, text_of(value), err);
}

static bool write_number(struct json_writer *writer, const char *name, uint64_t value, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_i64(writer, (int64_t)value, err);
}

static bool write_flag(struct json_writer *writer, const char *name, bool value, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_bool(writer, value, err);
}

static bool write_table(struct json_writer *writer, const struct load_table *table, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(write_text(writer, "table", omop_table(table->table)->name, err));
    TRY(write_number(writer, "files", table->files, err));
    TRY(write_number(writer, "rows_read", table->rows_read, err));
    TRY(write_number(writer, "rows_stored", table->rows_stored, err));
    TRY(json_name(writer, "columns_not_carried", err));
    TRY(json_begin_array(writer, err));
    for (size_t i = 0; i < table->not_carried_count; i++) {
        TRY(json_text(writer, text_of(table->not_carried[i]), err));
    }
    TRY(json_end_array(writer, err));
    return json_end_object(writer, err);
}

static bool write_unknown(struct json_writer *writer, const struct load_unknown *unknown, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(write_text(writer, "file", unknown->name, err));
    TRY(json_name(writer, "rows", err));
    TRY(unknown->rows_known ? json_i64(writer, (int64_t)unknown->rows, err) : json_null(writer, err));
    return json_end_object(writer, err);
}

static bool write_finding(struct json_writer *writer, const struct load_finding *finding, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(write_text(writer, "severity", load_severity_name(finding->severity), err));
    TRY(write_text(writer, "file", finding->file, err));
    TRY(write_number(writer, "line", finding->line, err));
    TRY(write_text(writer, "field", finding->field, err));
    TRY(write_text(writer, "what", finding->what, err));
    return json_end_object(writer, err);
}

static bool write_count(struct json_writer *writer, const struct load_count *count, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(write_text(writer, "severity", load_severity_name(count->severity), err));
    TRY(write_text(writer, "table", omop_table(count->table)->name, err));
    TRY(write_text(writer, "field", count->field, err));
    TRY(write_text(writer, "what", count->what, err));
    TRY(write_number(writer, "rows", count->rows, err));
    return json_end_object(writer, err);
}

static bool write_unmapped(struct json_writer *writer, const struct load_unmapped *unmapped, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(write_text(writer, "table", omop_table(unmapped->table)->name, err));
    TRY(write_text(writer, "field", unmapped->field, err));
    TRY(write_number(writer, "rows", unmapped->rows, err));
    TRY(write_number(writer, "of", unmapped->of, err));
    return json_end_object(writer, err);
}

/* An array of what `write_NAME` writes. */
#define WRITE_ARRAY(name, key, items, count)                \
    do {                                                    \
        TRY(json_name(writer, key, err));                   \
        TRY(json_begin_array(writer, err));                 \
        for (size_t item = 0; item < (count); item++) {     \
            TRY(write_##name(writer, &(items)[item], err)); \
        }                                                   \
        TRY(json_end_array(writer, err));                   \
    } while (0)

static bool write_summary(const struct load_report *report, struct json_writer *writer, struct error *err)
{
    TRY(write_text(writer, "source", report->source, err));
    TRY(write_flag(writer, "stored", report->is_stored, err));
    TRY(write_number(writer, "snapshot", report->snapshot, err));
    TRY(write_number(writer, "rows_read", report->rows_read, err));
    TRY(write_number(writer, "rows_stored", report->rows_stored, err));
    TRY(write_number(writer, "persons", report->persons, err));
    TRY(write_number(writer, "excluded", report->excluded, err));
    TRY(write_number(writer, "segments", report->segments, err));
    TRY(write_number(writer, "waves", report->waves, err));
    TRY(write_flag(writer, "vocabulary_built_in", report->vocabulary_built_in, err));
    TRY(write_number(writer, "errors", report->errors, err));
    TRY(write_number(writer, "dangling", report->dangling, err));
    TRY(write_number(writer, "missing", report->missing, err));
    TRY(write_number(writer, "implausible", report->implausible, err));
    TRY(json_name(writer, "seconds", err));
    TRY(json_double(writer, report->seconds, err));
    TRY(json_name(writer, "rows_per_second", err));
    return json_double(writer, report->seconds > 0 ? (double)report->rows_read / report->seconds : 0, err);
}

bool load_report_write(const struct load_report *report, struct json_writer *writer, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(write_summary(report, writer, err));
    WRITE_ARRAY(table, "tables", report->tables, report->table_count);
    WRITE_ARRAY(unknown, "not_carried", report->unknown, report->unknown_count);
    WRITE_ARRAY(count, "counts", report->counts, report->count_count);
    WRITE_ARRAY(finding, "findings", report->findings, report->finding_count);
    WRITE_ARRAY(unmapped, "unmapped", report->unmapped, report->unmapped_count);
    return json_end_object(writer, err);
}
