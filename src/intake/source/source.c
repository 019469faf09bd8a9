/* SPDX-License-Identifier: EUPL-1.2 */
/* Opening a data set: its files are listed, their headers are read, their columns are brought to the fields of OMOP; then tables are
 * scanned, file by file. */
#include "intake/source/source.h"
#include "intake/source/source_internal.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- errors of one file ---- */
bool source_note_unreadable(const struct source_file *file, struct findings *findings, struct error *err)
{
    struct finding finding = {
        .kind = FINDING_UNREADABLE, .table = file->catalogue.naming.table, .field = FINDING_WHOLE, .file = file->number};
    if (err->code != ERROR_INVALID_INPUT && err->code != ERROR_IO && err->code != ERROR_ENGINE && err->code != ERROR_UNSUPPORTED) {
        return false;
    }
    text_copy(finding.words, sizeof finding.words, text_of(err->message));
    findings_note(findings, &finding);
    error_clear(err);
    return true;
}

static bool is_gzip(const char *path)
{
    uint8_t magic[2] = {0};
    FILE *file = path ? fopen(path, "rb") : NULL;
    const bool is = file && fread(magic, 1, sizeof magic, file) == sizeof magic && magic[0] == 0x1f && magic[1] == 0x8b;
    if (file) {
        fclose(file);
    }
    return is;
}

static bool describe(struct source *source, struct source_file *file, struct source_names *out_names, struct findings *findings,
                     struct error *err)
{
    file->is_gzip = is_gzip(file->catalogue.path);
    const bool is_parquet = file->catalogue.naming.format == FORMAT_PARQUET;
    *out_names = (struct source_names){0};
    if (is_parquet ? parquet_describe(source, file, out_names, err) : delimited_describe(source, file, out_names, err)) {
        return true;
    }
    file->is_unreadable = true;
    return source_note_unreadable(file, findings, err);
}

/* ---- tables ---- */
static void note_types(const struct source_file *file, struct findings *findings)
{
    for (int field = 0; field < omop_table(file->map.table)->field_count; field++) {
        const int column = file->map.column_of[field];
        if (column >= 0 && file->columns && !file->columns[column]) {
            struct finding finding = {
                .kind = FINDING_COLUMN_TYPE, .table = file->map.table, .field = field, .file = file->number, .line = 0};
            findings_note(findings, &finding);
        }
    }
}

static bool has_known_column(const struct source_file *file, struct source_names columns)
{
    bool has_known = columns.count == 0;
    for (size_t i = 0; i < columns.count; i++) {
        has_known = has_known || file->map.field_of[i] != OMOP_NO_FIELD;
    }
    return has_known;
}

static void add_not_carried(struct source_table *table, const char **names, const struct source_file *file, struct source_names columns)
{
    if (!has_known_column(file, columns)) { /* the first line may be a record: what it holds is never repeated */
        if (table->not_carried_count < COLUMN_MAP_MAX) {
            names[table->not_carried_count++] = "(no column has a name of OMOP: is the header line missing?)";
        }
        return;
    }
    for (size_t i = 0; i < columns.count; i++) {
        bool known = file->map.field_of[i] != OMOP_NO_FIELD;
        for (size_t j = 0; j < table->not_carried_count && !known; j++) {
            known = strcmp(names[j], columns.items[i].data) == 0;
        }
        if (!known && table->not_carried_count < COLUMN_MAP_MAX) {
            names[table->not_carried_count++] = columns.items[i].length ? columns.items[i].data : "(a column without a name)";
        }
    }
}

static bool add_to_table(struct source *source, struct source_table *table, const char **names, struct source_file *file,
                         struct findings *findings, struct error *err)
{
    struct source_names columns;
    TRY(describe(source, file, &columns, findings, err));
    columns_map(file, columns);
    table->bytes += file->catalogue.bytes;
    table->rows += file->rows;
    table->rows_known = table->rows_known && (file->catalogue.naming.format == FORMAT_PARQUET || file->is_empty);
    if (file->is_unreadable) {
        return true;
    }
    for (int field = 0; field < FINDING_FIELDS_MAX; field++) {
        table->carried[field] = table->carried[field] || file->map.column_of[field] >= 0;
    }
    add_not_carried(table, names, file, columns);
    note_types(file, findings);
    if (!file->is_empty) {
        columns_demand(file, findings);
    }
    return true;
}

static bool fail_twice(const struct source_file *one, const struct source_file *other, struct error *err)
{
    FAIL(err, INVALID_INPUT, "the table %s is there twice: %s and %s", omop_table(one->catalogue.naming.table)->name, one->catalogue.name,
         other->catalogue.name);
    return error_hint(err, "keep one of them");
}

/* Files first .. last - 1 are one table. */
static bool table_make(struct source *source, size_t first, size_t last, struct findings *findings, struct error *err)
{
    struct source_table *table = &source->tables[source->table_count++];
    const char **files = ARENA_ARRAY(source->arena, const char *, last - first);
    const char **names = ARENA_ARRAY(source->arena, const char *, COLUMN_MAP_MAX);
    *table = (struct source_table){.table = source->files[first].catalogue.naming.table,
                                   .file_count = last - first,
                                   .files = files,
                                   .first_file = (uint32_t)first,
                                   .rows_known = true,
                                   .not_carried = names};
    for (size_t i = first; i < last; i++) {
        files[i - first] = source->files[i].catalogue.name;
        if (source->files[i].catalogue.naming.format != source->files[first].catalogue.naming.format) {
            return fail_twice(&source->files[first], &source->files[i], err);
        }
        TRY(add_to_table(source, table, names, &source->files[i], findings, err));
    }
    return true;
}

static void unknown_make(struct source *source, const struct source_file *file)
{
    source->unknown_files[source->unknown_count] = file;
    source->unknown[source->unknown_count++] =
        (struct source_unknown){file->catalogue.name, file->catalogue.bytes, file->catalogue.naming.format != FORMAT_NONE};
}

static bool tables_make(struct source *source, struct findings *findings, struct error *err)
{
    source->tables = ARENA_ARRAY(source->arena, struct source_table, OMOP_TABLE_COUNT);
    source->unknown = ARENA_ARRAY(source->arena, struct source_unknown, source->file_count + 1);
    source->unknown_files = ARENA_ARRAY(source->arena, const struct source_file *, source->file_count + 1);
    for (size_t first = 0, last = 0; first < source->file_count; first = last) {
        const int table = source->files[first].catalogue.naming.table;
        for (last = first; last < source->file_count && source->files[last].catalogue.naming.table == table; last++) {
            if (table < 0) {
                unknown_make(source, &source->files[last]);
            }
        }
        TRY(table < 0 || table_make(source, first, last, findings, err));
    }
    if (!source->table_count) {
        FAIL(err, INVALID_INPUT, "there is no OMOP table in the source");
        return error_hint(err, "give the directory (or the zip) that holds person.csv or person.parquet and the other tables");
    }
    return true;
}

/* ---- life ---- */
static bool list_files(struct source *source, struct error *err)
{
    struct stat stat_of;
    struct catalogue_files files = {0};
    if (stat(source->path, &stat_of) != 0) {
        return FAIL_ERRNO(err, source->path, "cannot open the source");
    }
    if (!S_ISDIR(stat_of.st_mode)) {
        TRY(archive_open(&source->archive, source->path, (uint64_t)settings_get(&source->settings, SETTING_ZIP_BYTES_MAX), err));
    }
    const bool done = catalogue_read(&files, source->path, source->archive, source->arena, err);
    source->file_count = files.count;
    source->files = ARENA_ARRAY(source->arena, struct source_file, files.count + 1);
    for (size_t i = 0; i < files.count; i++) {
        source->files[i].catalogue = files.items[i];
        source->files[i].number = (uint32_t)i;
    }
    catalogue_files_finish(&files);
    return done;
}

bool source_open(struct source **out_source, const char *path, const struct source_options *options, struct findings *findings,
                 struct error *err)
{
    struct arena *arena = arena_create();
    CLEANUP(source) struct source *source = ARENA_NEW(arena, struct source);
    source->arena = arena;
    source->path = arena_text_copy(arena, path);
    source->pool = options->pool;
    if (options->settings) {
        source->settings = *options->settings;
    } else {
        settings_defaults(&source->settings);
    }
    TRY(list_files(source, err));
    TRY(tables_make(source, findings, err));
    *out_source = source;
    source = NULL;
    return true;
}

void source_close(struct source *source)
{
    if (source) {
        engine_close(source->engine);
        archive_close(source->archive);
        arena_destroy(source->arena);
    }
}

size_t source_table_count(const struct source *source)
{
    return source->table_count;
}

const struct source_table *source_table(const struct source *source, size_t index)
{
    return &source->tables[index];
}

const struct source_table *source_table_find(const struct source *source, int table)
{
    for (size_t i = 0; i < source->table_count; i++) {
        if (source->tables[i].table == table) {
            return &source->tables[i];
        }
    }
    return NULL;
}

const char *source_file_name(const struct source *source, uint32_t file)
{
    return source->files[file].catalogue.name;
}

size_t source_unknown_count(const struct source *source)
{
    return source->unknown_count;
}

const struct source_unknown *source_unknown(const struct source *source, size_t index)
{
    return &source->unknown[index];
}

bool source_unknown_rows(struct source *source, size_t index, uint64_t *out_rows, struct error *err)
{
    struct source_file file = *source->unknown_files[index];
    struct source_names names;
    if (file.catalogue.naming.format == FORMAT_PARQUET) {
        TRY(parquet_describe(source, &file, &names, err));
        *out_rows = file.rows;
        return true;
    }
    TRY(delimited_describe(source, &file, &names, err));
    return delimited_count(source, &file, out_rows, err);
}

bool source_scan(struct source *source, int table, const struct source_scan *scan, struct error *err)
{
    const struct source_table *found = source_table_find(source, table);
    if (source->provider) {
        return provider_scan(source, table, scan, err);
    }
    for (size_t i = 0; found && i < found->file_count; i++) {
        const struct source_file *file = &source->files[found->first_file + i];
        const bool is_parquet = file->catalogue.naming.format == FORMAT_PARQUET;
        if (file->is_unreadable || file->is_empty) {
            continue;
        }
        if (!(is_parquet ? parquet_scan(source, file, scan, err) : delimited_scan(source, file, scan, err))) {
            TRY(!task_cancelled() && source_note_unreadable(file, scan->findings, err));
        }
    }
    return true;
}
