/* SPDX-License-Identifier: EUPL-1.2 */
/* flat: the files of an export, their headers, and the two passes over their rows. */
#include "base/arena.h"
#include "base/file.h"
#include "intake/flat/flat_internal.h"
#include <stdio.h>
#include <string.h>

const struct flat_rule flat_rules[FLAT_RULE_COUNT] = {
#define FLAT_RULE(FILE, column, USE, target) {FLAT_FILE_##FILE, column, FLAT_##USE, target},
    FLAT_COLUMNS(FLAT_RULE)};

const char *flat_file_name(enum flat_file file)
{
#define FLAT_NAME(NAME, name, table) name,
    static const char *const names[] = {FLAT_FILES(FLAT_NAME)};
    return names[file];
}

enum record_table flat_table(enum flat_file file)
{
#define FLAT_TABLE(NAME, name, table) table,
    static const enum record_table tables[] = {FLAT_FILES(FLAT_TABLE)};
    return tables[file];
}

const char *flat_word(const char *column, struct text word)
{
#define FLAT_WORD_ROW(column, word, value) {column, word, value},
    static const struct {
        const char *column, *word, *value;
    } words[] = {FLAT_WORDS(FLAT_WORD_ROW)};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_equal_fold(word, text_of(words[i].word)) && strcmp(words[i].column, column) == 0) {
            return words[i].value;
        }
    }
    return NULL;
}

/* FLAT_FILE_COUNT: none. */
static enum flat_file file_of_name(struct text name)
{
    static const char *const endings[] = {".csv", ".csv.gz"};
    for (int file = 0; file < FLAT_FILE_COUNT; file++) {
        struct text stem = text_of(flat_file_name((enum flat_file)file));
        for (size_t i = 0; i < 2 && name.length > stem.length; i++) {
            struct text begin = {name.data, stem.length}, end = {name.data + stem.length, name.length - stem.length};
            if (text_equal_fold(begin, stem) && text_equal_fold(end, text_of(endings[i]))) {
                return (enum flat_file)file;
            }
        }
    }
    return FLAT_FILE_COUNT;
}

bool flat_is_file_name(struct text name)
{
    return file_of_name(name) != FLAT_FILE_COUNT;
}

/* ---- one file ---- */
struct reading {
    struct flat *flat;
    enum flat_file file;
    const char *name;
    struct csv_reader *reader;
    int columns[FLAT_RULE_COUNT]; /* where the column of a rule is, or -1 */
};

static bool has_use(const struct reading *reading, enum flat_use use)
{
    bool is_wanted = false;
    for (int i = 0; i < FLAT_RULE_COUNT; i++) {
        if (flat_rules[i].file == reading->file && flat_rules[i].use == use) {
            is_wanted = true;
            if (reading->columns[i] >= 0) {
                return true;
            }
        }
    }
    return !is_wanted;
}

/* Columns are matched by name. Those that nobody knows are passed over, with a remark. */
static void read_header(struct reading *reading, const struct csv_record *header)
{
    static const struct text times[] = {{"created_at", 10}, {"updated_at", 10}};
    for (int i = 0; i < FLAT_RULE_COUNT; i++) {
        reading->columns[i] = -1;
    }
    for (size_t field = 0; field < header->count; field++) {
        struct text name = text_trim(header->fields[field].text);
        bool is_known = text_equal_fold(name, times[0]) || text_equal_fold(name, times[1]);
        is_known = is_known || (name.length > 3 && text_equal_fold((struct text){name.data + name.length - 3, 3}, TEXT("_id")));
        for (int i = 0; i < FLAT_RULE_COUNT; i++) {
            if (flat_rules[i].file == reading->file && text_equal_fold(name, text_of(flat_rules[i].column))) {
                reading->columns[i] = (int)field;
                is_known = true;
            }
        }
        if (!is_known && !reading->flat->is_survey) {
            tally_remark(reading->flat->tally, flat_file_name(reading->file), "a column that is not known: it is passed over");
        }
    }
}

static bool header_is_enough(struct reading *reading)
{
    static const enum flat_use demanded[] = {FLAT_SUBJECT, FLAT_ID, FLAT_CODE, FLAT_PRESCRIPTION};
    bool is_enough = true;
    for (size_t i = 0; i < sizeof demanded / sizeof demanded[0]; i++) {
        if (!has_use(reading, demanded[i])) {
            is_enough = false;
            for (int k = 0; k < FLAT_RULE_COUNT && !reading->flat->is_survey; k++) {
                if (flat_rules[k].file == reading->file && flat_rules[k].use == demanded[i]) {
                    tally_find(reading->flat->tally, reading->name, 1, flat_rules[k].column, "the column is missing");
                }
            }
        }
    }
    return is_enough;
}

static bool take_record(struct reading *reading, const struct csv_record *record, struct error *err)
{
    const enum record_table table = flat_table(reading->file);
    struct flat_row row = {.flat = reading->flat, .file = reading->file, .name = reading->name, .line = record->line};
    record_begin(&row.record, table == RECORD_TABLE_COUNT ? RECORD_PERSON : table);
    for (int i = 0; i < FLAT_RULE_COUNT; i++) {
        const int column = flat_rules[i].file == reading->file ? reading->columns[i] : -1;
        if (column >= 0 && (size_t)column < record->count) {
            struct text text = text_trim(record->fields[column].text);
            if (text.length > 0) {
                flat_apply(&row, &flat_rules[i], text);
            }
        }
    }
    const bool done = reading->flat->is_survey ? row.is_faulty || flat_survey_row(&row, err) : flat_take_row(&row, err);
    if (reading->flat->identity) {
        identity_clear(reading->flat->identity);
    }
    return done;
}

/* The next record. What is no CSV is a finding, and ends the file. */
static bool next_record(struct reading *reading, struct csv_record *record, bool *out_more, struct error *err)
{
    if (csv_reader_next(reading->reader, record, out_more, err)) {
        return true;
    }
    if (err->code != ERROR_INVALID_INPUT && err->code != ERROR_LIMIT) {
        return false;
    }
    if (!reading->flat->is_survey) {
        tally_find(reading->flat->tally, reading->name, csv_reader_line(reading->reader), "", err->message);
    }
    *out_more = false;
    return true;
}

static bool read_rows(struct reading *reading, const char *path, struct error *err)
{
    struct csv_record record;
    bool more = false;
    struct csv_options options = {.delimiter = ','};
    TRY(csv_delimiter_find(path, &options, &options.delimiter, err) && csv_reader_open(&reading->reader, path, &options, err));
    TRY(next_record(reading, &record, &more, err));
    if (!more) {
        return true;
    }
    read_header(reading, &record);
    if (!header_is_enough(reading)) {
        return true;
    }
    for (uint64_t rows = 0; more; rows++) {
        TRY(rows % 4096 != 0 || task_check(err));
        TRY(next_record(reading, &record, &more, err));
        TRY(!more || take_record(reading, &record, err));
    }
    return true;
}

static bool read_file(struct flat *flat, const char *directory, const char *name, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct reading reading = {.flat = flat, .file = file_of_name(text_of(name)), .name = name};
    const bool done = read_rows(&reading, arena_text_format(arena, "%s/%s", directory, name), err);
    csv_reader_close(reading.reader);
    return done;
}

/* ---- the export ---- */
struct listing {
    struct arena *arena;
    const char *names[FLAT_FILE_COUNT];
};

static bool note_file(void *context, const char *name, struct error *err)
{
    struct listing *listing = context;
    const enum flat_file file = file_of_name(text_of(name));
    if (file == FLAT_FILE_COUNT) {
        return true;
    }
    if (listing->names[file]) {
        return FAIL(err, INVALID_INPUT, "%s is there twice, as %s and as %s", flat_file_name(file), listing->names[file], name);
    }
    listing->names[file] = arena_text_copy(listing->arena, name);
    return true;
}

static bool read_pass(struct flat *flat, const char *path, const struct listing *listing, struct error *err)
{
    for (int file = 0; file < FLAT_FILE_COUNT; file++) {
        const bool is_looked_up =
            file == FLAT_FILE_PATIENT || file == FLAT_FILE_PATIENT_ADRESSE || file == FLAT_FILE_DONNEES_PMSI || file == FLAT_FILE_POSOLOGIE;
        if (listing->names[file] && (!flat->is_survey || is_looked_up)) {
            TRY(read_file(flat, path, listing->names[file], err));
        }
    }
    return true;
}

static bool read_export(struct flat *flat, const char *path, const struct settings *settings, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct listing listing = {.arena = arena};
    const uint64_t before = tally_finding_count(flat->tally);
    TRY(directory_visit(path, note_file, &listing, err));
    if (!listing.names[FLAT_FILE_PATIENT]) {
        FAIL(err, INVALID_INPUT, "the export has no file patient.csv");
        return error_hint(err, "the files of a flat export are named as in spec/flat_columns.csv");
    }
    TRY(references_create(&flat->references, (size_t)settings_get(settings, SETTING_READER_REFERENCES_MAX), err));
    TRY(!flat->sink->person || identity_create(&flat->identity, err));
    flat->is_survey = true;
    TRY(read_pass(flat, path, &listing, err));
    flat->is_survey = false;
    TRY(read_pass(flat, path, &listing, err));
    const uint64_t found = tally_finding_count(flat->tally) - before;
    if (found > 0) {
        FAIL(err, INVALID_INPUT, "the export has %llu places that cannot be read", (unsigned long long)found);
        return error_hint(err, "correct them: the report names file, line and column; nothing of the export was taken");
    }
    return true;
}

bool flat_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
               struct error *err)
{
    struct settings defaults;
    settings_defaults(&defaults);
    const struct settings *settings = options->settings ? options->settings : &defaults;
    struct flat flat = {.options = options, .sink = sink, .tally = tally};
    flat.zone_minutes = (int)settings_get(settings, SETTING_READER_ZONE_MINUTES);
    const bool done = read_export(&flat, path, settings, err);
    references_destroy(flat.references);
    identity_destroy(flat.identity);
    return done;
}
