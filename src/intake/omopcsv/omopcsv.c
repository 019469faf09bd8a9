/* SPDX-License-Identifier: EUPL-1.2 */
/* omopcsv: persons first, then the tables of a delivery in their order, then identities; what is not carried is said. */
#include "base/file.h"
#include "intake/omopcsv/omopcsv_internal.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    int omop_table;
    enum record_table table;
} tables[] = {
#define TABLE_ROW(OMOP, TABLE) {OMOP_TABLE_##OMOP, RECORD_##TABLE},
    OMOPCSV_TABLES(TABLE_ROW)};
enum { TABLES = sizeof tables / sizeof tables[0] };

static bool ends(struct text name, const char *with)
{
    const struct text wanted = text_of(with);
    return name.length > wanted.length && text_equal_fold((struct text){name.data + name.length - wanted.length, wanted.length}, wanted);
}

bool omopcsv_is_file_name(struct text name)
{
    static const int told_by[] = {OMOP_TABLE_PERSON, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_TABLE_VISIT_OCCURRENCE,
                                  OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_TABLE_DRUG_EXPOSURE};
    const bool is_table = ends(name, ".csv") || ends(name, ".csv.gz") || ends(name, ".tsv") || ends(name, ".parquet");
    const char *dot = memchr(name.data, '.', name.length);
    const struct text stem = {name.data, dot ? (size_t)(dot - name.data) : name.length};
    for (size_t i = 0; is_table && i < sizeof told_by / sizeof *told_by; i++) {
        if (text_equal_fold(stem, text_of(omop_table(told_by[i])->name))) {
            return true;
        }
    }
    return ends(name, ".zip");
}

static const char *identities_path(struct arena *arena, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
        const char *slash = strrchr(path, '/');
        return arena_text_format(arena, "%.*sidentities.csv", slash ? (int)(slash - path + 1) : 0, path);
    }
    return arena_text_format(arena, "%s/identities.csv", path);
}

/* Errors of the source are findings; what is only missing or improbable is a remark. */
static void tell_findings(const struct omopcsv *reading)
{
    const struct finding_list *kept = findings_kept(reading->findings);
    for (size_t i = 0; i < kept->count; i++) {
        const struct finding *finding = &kept->items[i];
        const struct omop_table_info *info = omop_table(finding->table);
        const char *field = finding->field == FINDING_WHOLE ? "" : info->fields[finding->field].name;
        const char *words = finding->words[0] ? finding->words : finding_words(finding->kind);
        if (finding_severity(finding->kind) == FINDING_SEVERITY_ERROR) {
            tally_find(reading->tally, source_file_name(reading->source, finding->file), finding->line, field, words);
        } else {
            tally_remark(reading->tally, info->name, words);
        }
    }
}

/* Rows of tables that a delivery does not have: counted where the source knows how many. */
static void tell_others(const struct omopcsv *reading)
{
    for (size_t i = 0; i < source_table_count(reading->source); i++) {
        const struct source_table *table = source_table(reading->source, i);
        bool is_carried = false;
        for (size_t k = 0; k < TABLES; k++) {
            is_carried = is_carried || tables[k].omop_table == table->table;
        }
        if (!is_carried && omop_table(table->table)->scope != OMOP_VOCABULARY) {
            const uint64_t rows = table->rows_known ? table->rows : 0;
            tally_seen(reading->tally, omop_table(table->table)->name, rows);
            tally_count(reading->tally, omop_table(table->table)->name, OUTCOME_NOT_CARRIED, rows);
            tally_remark(reading->tally, omop_table(table->table)->name, "a table that a delivery does not have: it is not carried");
        }
    }
}

static bool read_all(struct omopcsv *reading, const char *path, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const char *identities = identities_path(arena, path);
    bool has_identities = false;
    TRY(file_exists(identities, &has_identities, err));
    if (!has_identities && reading->sink->person) {
        FAIL(err, INVALID_INPUT, "there is no identities.csv beside the OMOP data set");
        return error_hint(err, "add it: person_id, nir, birth_name, given_names, birth_date, sex, birth_place, residence, twin_rank");
    }
    TRY(!has_identities || omopcsv_identities_read(reading, identities, true, err));
    for (size_t i = 0; i < TABLES; i++) {
        TRY(omopcsv_table_read(reading, tables[i].omop_table, tables[i].table, err));
    }
    TRY(!reading->sink->person || omopcsv_identities_read(reading, identities, false, err));
    tell_others(reading);
    return true;
}

bool omopcsv_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
                  struct error *err)
{
    struct settings defaults;
    settings_defaults(&defaults);
    const struct settings *settings = options->settings ? options->settings : &defaults;
    CLEANUP(references) struct references *references = NULL;
    CLEANUP(source) struct source *source = NULL;
    CLEANUP(findings) struct findings *findings = findings_create(TALLY_FINDINGS_KEPT);
    const struct source_options source_options = {.settings = settings, .pool = options->pool};
    const uint64_t before = tally_finding_count(tally);
    TRY(references_create(&references, (size_t)settings_get(settings, SETTING_READER_REFERENCES_MAX), err));
    TRY(source_open(&source, path, &source_options, findings, err));
    struct omopcsv reading = {
        .options = options, .sink = sink, .tally = tally, .references = references, .source = source, .findings = findings};
    TRY(read_all(&reading, path, err));
    tell_findings(&reading);
    const uint64_t found = tally_finding_count(tally) - before;
    if (found > 0 || findings_of_severity(findings, FINDING_SEVERITY_ERROR) > 0) {
        FAIL(err, INVALID_INPUT, "the data set has %llu places that cannot be read", (unsigned long long)found);
        return error_hint(err, "correct them: the report names file, line and field; nothing of it was taken");
    }
    return true;
}
