/* SPDX-License-Identifier: EUPL-1.2 */
/* result_file: a result as CSV and back: see result_release.h. */
#include "base/csv.h"
#include "research/result/result_table.h"
#include <math.h>
#include <string.h>

const char *const result_column_names[RESULT_COLUMN_COUNT] = {
    "result_id",      "cdm_name",      "group_name",    "group_level",    "strata_name",     "strata_level",     "variable_name",
    "variable_level", "estimate_name", "estimate_type", "estimate_value", "additional_name", "additional_level",
};
enum { BASIS_KIND, BASIS_UNIT, BASIS_NUMERATOR, BASIS_DENOMINATOR, BASIS_N, BASIS_TIME, BASIS_COUNT };
static const char *const basis_names[BASIS_COUNT] = {"cell_kind", "cell_unit", "cell_numerator", "cell_denominator", "cell_n", "cell_time"};
static const char *const derived_settings[] = {"group", "strata", "additional"};

/* ---- writing ---- */
static bool write_text(struct csv_writer *writer, const char *text, struct error *err)
{
    return text ? csv_writer_text(writer, text_of(text), err) : csv_writer_null(writer, err);
}

static bool write_head(struct csv_writer *writer, enum result_form form, struct error *err)
{
    for (int i = 0; i < RESULT_COLUMN_COUNT; i++) {
        TRY(write_text(writer, result_column_names[i], err));
    }
    for (int i = 0; form == RESULT_SEALED && i < BASIS_COUNT; i++) {
        TRY(write_text(writer, basis_names[i], err));
    }
    return csv_writer_end_record(writer, err);
}

static bool write_basis(struct csv_writer *writer, const struct result_cell *cell, struct error *err)
{
    const struct result_basis *basis = &cell->basis;
    TRY(write_text(writer, result_kind_names[basis->kind], err) && write_text(writer, result_unit_names[basis->unit], err));
    if (cell->is_masked) {
        for (int i = BASIS_NUMERATOR; i < BASIS_COUNT; i++) {
            TRY(csv_writer_null(writer, err));
        }
        return true;
    }
    return csv_writer_i64(writer, (int64_t)basis->numerator, err) && csv_writer_i64(writer, (int64_t)basis->denominator, err) &&
           csv_writer_i64(writer, (int64_t)basis->n, err) && csv_writer_double(writer, basis->time, err);
}

static bool write_cell(struct csv_writer *writer, const struct result_cell *cell, enum result_form form, struct error *err)
{
    TRY(csv_writer_i64(writer, cell->set, err));
    for (int i = RESULT_CDM_NAME; i < RESULT_COLUMN_COUNT; i++) {
        TRY(write_text(writer, cell->texts[i], err));
    }
    TRY(form == RESULT_PUBLIC || write_basis(writer, cell, err));
    return csv_writer_end_record(writer, err);
}

static bool write_setting(struct csv_writer *writer, const struct result *result, uint32_t set, struct result_pair setting,
                          enum result_form form, struct error *err)
{
    struct result_cell cell = {.set = set, .type = RESULT_CHARACTER, .basis = {.kind = RESULT_LABEL}};
    for (int i = RESULT_CDM_NAME; i < RESULT_COLUMN_COUNT; i++) {
        cell.texts[i] = "overall";
    }
    cell.texts[RESULT_CDM_NAME] = result->cdm_name;
    cell.texts[RESULT_VARIABLE_NAME] = "settings";
    cell.texts[RESULT_VARIABLE_LEVEL] = NULL;
    cell.texts[RESULT_ESTIMATE_NAME] = setting.name;
    cell.texts[RESULT_ESTIMATE_TYPE] = result_type_names[RESULT_CHARACTER];
    cell.texts[RESULT_ESTIMATE_VALUE] = setting.level;
    return write_cell(writer, &cell, form, err);
}

/* The different names (split at " &&& ") of a column over the rows of a set, joined; empty where there is only "overall". */
static bool names_used(const struct result *result, uint32_t set, enum result_column column, struct buffer *out, struct error *err)
{
    buffer_clear(out);
    const char *last = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    for (size_t i = 0; i < result->cells.count; i++) {
        const char *names = result->cells.items[i].set == set ? result->cells.items[i].texts[column] : NULL;
        if (!names || names == last || strcmp(names, "overall") == 0) {
            continue;
        }
        last = names;
        while (names) {
            const char *end = strstr(names, " &&& ");
            size_t length = end ? (size_t)(end - names) : strlen(names);
            const char *had = arena_text_format(scratch, " &&& %.*s &&& ", (int)out->length, out->length ? (const char *)out->data : "");
            if (!strstr(had, arena_text_format(scratch, " &&& %.*s &&& ", (int)length, names))) {
                TRY((out->length == 0 || buffer_append_text(out, " &&& ", err)) && buffer_append(out, names, length, err));
            }
            names = end ? end + 5 : NULL;
        }
    }
    return true;
}

bool result_write(const struct result *result, enum result_form form, struct buffer *out, struct error *err)
{
    static const enum result_column columns[] = {RESULT_GROUP_NAME, RESULT_STRATA_NAME, RESULT_ADDITIONAL_NAME};
    struct csv_writer writer = {.out = out};
    CLEANUP(buffer_value) struct buffer names = {.maximum = 1 << 20};
    TRY(write_head(&writer, form, err));
    for (size_t i = 0; i < result->cells.count; i++) {
        TRY(write_cell(&writer, &result->cells.items[i], form, err));
    }
    for (size_t s = 0; s < result->sets.count; s++) {
        const struct result_settings *settings = &result->sets.items[s];
        for (size_t i = 0; i < settings->count; i++) {
            TRY(write_setting(&writer, result, settings->set, settings->pairs[i], form, err));
        }
        for (int d = 0; d < 3; d++) {
            TRY(names_used(result, settings->set, columns[d], &names, err));
            const char *text = names.length ? (const char *)names.data : "";
            TRY(write_setting(&writer, result, settings->set, (struct result_pair){derived_settings[d], text}, form, err));
        }
    }
    return true;
}

/* ---- reading ---- */
struct reading {
    struct result *result;
    struct csv_record record;
    int columns[RESULT_COLUMN_COUNT + BASIS_COUNT]; /* field of each column, -1: not there */
    bool has_basis;
};

static int column_of(struct text name)
{
    for (int i = 0; i < RESULT_COLUMN_COUNT; i++) {
        if (text_equal(name, text_of(result_column_names[i]))) {
            return i;
        }
    }
    for (int i = 0; i < BASIS_COUNT; i++) {
        if (text_equal(name, text_of(basis_names[i]))) {
            return RESULT_COLUMN_COUNT + i;
        }
    }
    return -1;
}

static bool read_head(struct reading *reading, struct error *err)
{
    for (int i = 0; i < RESULT_COLUMN_COUNT + BASIS_COUNT; i++) {
        reading->columns[i] = -1;
    }
    for (size_t f = 0; f < reading->record.count; f++) {
        int column = column_of(reading->record.fields[f].text);
        if (column < 0 || reading->columns[column] >= 0) {
            return FAIL(err, INVALID_INPUT, "line 1, column %zu: not a column of summarised_result, or there twice", f + 1);
        }
        reading->columns[column] = (int)f;
    }
    int found = 0;
    for (int i = 0; i < RESULT_COLUMN_COUNT; i++) {
        if (reading->columns[i] < 0) {
            return FAIL(err, INVALID_INPUT, "line 1: the column %s is missing", result_column_names[i]);
        }
    }
    for (int i = 0; i < BASIS_COUNT; i++) {
        found += reading->columns[RESULT_COLUMN_COUNT + i] >= 0;
    }
    reading->has_basis = found == BASIS_COUNT;
    return found == 0 || reading->has_basis || FAIL(err, INVALID_INPUT, "line 1: the basis of cells is not complete");
}

static bool bad_field(const struct reading *reading, int column, const char *what, struct error *err)
{
    const char *name = column < RESULT_COLUMN_COUNT ? result_column_names[column] : basis_names[column - RESULT_COLUMN_COUNT];
    return FAIL(err, INVALID_INPUT, "line %llu, %s: %s", (unsigned long long)reading->record.line, name, what);
}

/* The text of a column; NULL for nothing and for NA without quotes. */
static bool read_text(struct reading *reading, int column, const char **out_text, struct error *err)
{
    const struct csv_field *field = &reading->record.fields[reading->columns[column]];
    *out_text = NULL;
    if (!field->quoted && (field->text.length == 0 || text_equal(field->text, TEXT("NA")))) {
        return true;
    }
    if (!text_is_utf8(field->text) || field->text.length > RESULT_TEXT_MAX || memchr(field->text.data, 0, field->text.length)) {
        return bad_field(reading, column, "too long, or no text", err);
    }
    *out_text = result_text(reading->result, field->text);
    return true;
}

static bool read_word(struct reading *reading, int column, const char *const *words, int count, int *out_word, struct error *err)
{
    const char *text;
    TRY(read_text(reading, column, &text, err));
    for (int i = 0; text && i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out_word = i;
            return true;
        }
    }
    return bad_field(reading, column, "none of the words that may stand here", err);
}

static bool read_number(struct reading *reading, int column, uint64_t *out_number, struct error *err)
{
    struct text text = reading->record.fields[reading->columns[column]].text;
    int64_t number = 0;
    if (text.length > 0 && (!text_to_i64(text, &number) || number < 0)) {
        return bad_field(reading, column, "not a whole number", err);
    }
    *out_number = (uint64_t)number;
    return true;
}

static bool read_basis(struct reading *reading, struct result_cell *cell, struct error *err)
{
    enum { AT = RESULT_COLUMN_COUNT };
    int kind = 0, unit = 0;
    TRY(read_word(reading, AT + BASIS_KIND, result_kind_names, RESULT_KIND_COUNT, &kind, err));
    TRY(read_word(reading, AT + BASIS_UNIT, result_unit_names, RESULT_UNIT_COUNT, &unit, err));
    cell->basis.kind = (enum result_kind)kind;
    cell->basis.unit = (enum result_unit)unit;
    TRY(read_number(reading, AT + BASIS_NUMERATOR, &cell->basis.numerator, err) &&
        read_number(reading, AT + BASIS_DENOMINATOR, &cell->basis.denominator, err) &&
        read_number(reading, AT + BASIS_N, &cell->basis.n, err));
    struct text time = reading->record.fields[reading->columns[AT + BASIS_TIME]].text;
    if (time.length > 0 && (!text_to_double(time, &cell->basis.time) || !isfinite(cell->basis.time))) {
        return bad_field(reading, AT + BASIS_TIME, "not a number", err);
    }
    return true;
}

/* What a file without the basis lets one tell. */
static void guess_basis(struct result_cell *cell)
{
    const char *estimate = cell->texts[RESULT_ESTIMATE_NAME], *value = cell->texts[RESULT_ESTIMATE_VALUE];
    static const char *const quantiles[] = {"min", "max", "median", "q"};
    int64_t number = 0;
    cell->basis.kind = RESULT_LABEL;
    if (strstr(estimate, "count")) {
        cell->basis.kind = RESULT_COUNT;
        cell->basis.numerator = value && text_to_i64(text_of(value), &number) && number > 0 ? (uint64_t)number : 0;
        cell->basis.unit = strstr(cell->texts[RESULT_VARIABLE_NAME], "record") ? RESULT_RECORDS : RESULT_PERSONS;
    } else if (cell->type == RESULT_PERCENT || cell->type == RESULT_PROPORTION || strstr(estimate, "prevalence")) {
        cell->basis.kind = RESULT_PERCENTAGE;
    } else if (strstr(estimate, "incidence") || strstr(estimate, "person_")) {
        cell->basis.kind = RESULT_RATE;
    } else if (strcmp(estimate, "mean") == 0 || strcmp(estimate, "sd") == 0) {
        cell->basis.kind = RESULT_MEAN;
    }
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        if (cell->basis.kind == RESULT_LABEL && text_starts_with(text_of(estimate), text_of(quantiles[i]))) {
            cell->basis.kind = RESULT_QUANTILE;
        }
    }
}

/* The set of a row; sets are made as they are met, their numbers must ascend from cell to cell or be there already. */
static bool set_for(struct reading *reading, uint32_t set, struct result_settings **out_settings, struct error *err)
{
    struct result *result = reading->result;
    *out_settings = result_find_set(result, set);
    if (*out_settings) {
        return true;
    }
    size_t at = result->sets.count;
    TRY(result_sets_append(&result->sets, (struct result_settings){.set = set}, err));
    while (at > 0 && result->sets.items[at - 1].set > set) {
        result->sets.items[at] = result->sets.items[at - 1];
        at--;
    }
    result->sets.items[at] = (struct result_settings){.set = set};
    *out_settings = &result->sets.items[at];
    return true;
}

static bool keep_setting(struct reading *reading, struct result_settings *settings, const struct result_cell *cell, struct error *err)
{
    const char *name = cell->texts[RESULT_ESTIMATE_NAME], *value = cell->texts[RESULT_ESTIMATE_VALUE];
    for (size_t d = 0; d < 3; d++) {
        if (strcmp(name, derived_settings[d]) == 0) {
            return true; /* found again from the rows */
        }
    }
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->pairs[i].name, name) == 0) {
            return bad_field(reading, RESULT_ESTIMATE_NAME, "a setting that is there already", err);
        }
    }
    enum { SETTINGS_MAX = 1024 };
    if (settings->count == SETTINGS_MAX) {
        return bad_field(reading, RESULT_ESTIMATE_NAME, "too many settings", err);
    }
    if ((settings->count & (settings->count - 1)) == 0) { /* room doubles at each power of two */
        struct result_pair *pairs = ARENA_ARRAY(reading->result->arena, struct result_pair, settings->count ? settings->count * 2 : 1);
        if (settings->count) {
            memcpy(pairs, settings->pairs, settings->count * sizeof *pairs);
        }
        settings->pairs = pairs;
    }
    settings->pairs[settings->count++] = (struct result_pair){name, value ? value : ""};
    return true;
}

static bool read_row(struct reading *reading, struct error *err)
{
    static const enum result_column needed[] = {RESULT_GROUP_NAME,      RESULT_GROUP_LEVEL,     RESULT_STRATA_NAME,
                                                RESULT_STRATA_LEVEL,    RESULT_VARIABLE_NAME,   RESULT_ESTIMATE_NAME,
                                                RESULT_ADDITIONAL_NAME, RESULT_ADDITIONAL_LEVEL};
    struct result_cell cell = {0};
    uint64_t set;
    int type = 0;
    TRY(read_number(reading, RESULT_RESULT_ID, &set, err));
    if (set == 0 || set > UINT32_MAX) {
        return bad_field(reading, RESULT_RESULT_ID, "not the number of a set", err);
    }
    cell.set = (uint32_t)set;
    for (int i = RESULT_CDM_NAME; i < RESULT_COLUMN_COUNT; i++) {
        TRY(read_text(reading, i, &cell.texts[i], err));
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!cell.texts[needed[i]]) {
            return bad_field(reading, (int)needed[i], "must not be empty", err);
        }
    }
    TRY(read_word(reading, RESULT_ESTIMATE_TYPE, result_type_names, RESULT_TYPE_COUNT, &type, err));
    cell.type = (enum result_type)type;
    cell.texts[RESULT_ESTIMATE_TYPE] = result_type_names[type];
    struct result_settings *settings;
    TRY(set_for(reading, cell.set, &settings, err));
    if (cell.texts[RESULT_CDM_NAME] && !reading->result->cdm_name) {
        reading->result->cdm_name = cell.texts[RESULT_CDM_NAME];
    }
    if (strcmp(cell.texts[RESULT_VARIABLE_NAME], "settings") == 0) {
        return keep_setting(reading, settings, &cell, err);
    }
    cell.is_masked = cell.texts[RESULT_ESTIMATE_VALUE] && strcmp(cell.texts[RESULT_ESTIMATE_VALUE], "-") == 0;
    if (reading->has_basis) {
        TRY(read_basis(reading, &cell, err));
    } else {
        guess_basis(&cell);
    }
    return result_cells_append(&reading->result->cells, cell, err);
}

bool result_read(struct result **out_result, const char *name, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    CLEANUP(result) struct result *result = NULL;
    struct reading reading = {0};
    bool more = false;
    TRY(result_create(&result, name, err));
    result->cdm_name = NULL; /* of the file */
    reading.result = result;
    const struct csv_options options = {.record_bytes_max = 1 << 16};
    TRY(csv_reader_open_memory(&reader, name, bytes, length, &options, err));
    TRY(csv_reader_next(reader, &reading.record, &more, err));
    if (!more) {
        return FAIL(err, INVALID_INPUT, "a result without a line");
    }
    TRY(read_head(&reading, err));
    size_t columns = reading.record.count;
    for (;;) {
        TRY(csv_reader_next(reader, &reading.record, &more, err));
        if (!more) {
            break;
        }
        if (reading.record.count != columns) {
            return FAIL(err, INVALID_INPUT, "line %llu: it has not as many fields as the first", (unsigned long long)reading.record.line);
        }
        TRY(read_row(&reading, err));
    }
    *out_result = result;
    result = NULL;
    return true;
}
