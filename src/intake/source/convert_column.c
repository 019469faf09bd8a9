/* SPDX-License-Identifier: EUPL-1.2 */
/* Columns of Parquet files, whose types are what the exporting program made of OMOP's: whole numbers as doubles, dates as timestamps or
 * as texts, and so on. What has the right type already is used in place. */
#include "base/calendar.h"
#include "intake/source/convert.h"
#include <math.h>
#include <string.h>

#define MICROSECONDS_OF_DAY INT64_C(86400000000)

/* One column under way. `valid` is NULL until a value turns out to be none. */
struct conversion {
    const struct engine_column *from;
    size_t rows;
    const uint64_t *lines;
    int field;
    struct arena *scratch;
    struct finding_batch *findings;
    enum finding_kind kind_of_null;
    uint64_t *valid;
};

static inline bool is_valid(const struct engine_column *column, size_t i)
{
    return !column->valid || (column->valid[i / 64] >> (i % 64) & 1);
}

static void drop(struct conversion *conversion, size_t row)
{
    if (!conversion->valid) {
        const size_t words = conversion->rows / 64 + 1;
        conversion->valid = arena_allocate_raw(conversion->scratch, words, sizeof *conversion->valid);
        if (conversion->from->valid) {
            memcpy(conversion->valid, conversion->from->valid, (conversion->rows + 63) / 64 * sizeof *conversion->valid);
        } else {
            memset(conversion->valid, 0xFF, words * sizeof *conversion->valid);
        }
    }
    conversion->valid[row / 64] &= ~(UINT64_C(1) << (row % 64));
}

/* A value that says in its own way that there is none. */
static void absent(struct conversion *conversion, size_t row)
{
    drop(conversion, row);
    if (conversion->kind_of_null != FINDING_KIND_COUNT) {
        finding_note(conversion->findings, conversion->kind_of_null, conversion->field, conversion->lines[row]);
    }
}

static void wrong(struct conversion *conversion, size_t row, enum finding_kind kind)
{
    drop(conversion, row);
    finding_note(conversion->findings, kind, conversion->field, conversion->lines[row]);
}

static void all_wrong(struct conversion *conversion, enum finding_kind kind)
{
    for (size_t i = 0; i < conversion->rows; i++) {
        if (is_valid(conversion->from, i)) {
            wrong(conversion, i, kind);
        }
    }
}

/* ---- integers ---- */
static void integers_from_numbers(struct conversion *conversion, int64_t *to)
{
    for (size_t i = 0; i < conversion->rows; i++) {
        const double number = conversion->from->numbers[i];
        to[i] = 0;
        if (!is_valid(conversion->from, i)) {
            continue;
        }
        if (isnan(number)) { /* how data frames write an absent number in a column of whole ones */
            absent(conversion, i);
        } else if (number != trunc(number) || fabs(number) >= 0x1p63) {
            wrong(conversion, i, FINDING_NOT_INTEGER);
        } else {
            to[i] = (int64_t)number;
        }
    }
}

static void integers_from_texts(struct conversion *conversion, int64_t *to)
{
    for (size_t i = 0; i < conversion->rows; i++) {
        to[i] = 0;
        if (!is_valid(conversion->from, i)) {
            continue;
        }
        if (!conversion->from->texts[i].length) {
            absent(conversion, i);
        } else if (!convert_integer(conversion->from->texts[i], &to[i])) {
            wrong(conversion, i, FINDING_NOT_INTEGER);
        }
    }
}

static void to_integers(struct conversion *conversion, struct source_column *out)
{
    const struct engine_column *from = conversion->from;
    if (from->type == ENGINE_I64 || from->type == ENGINE_BOOL) {
        out->integers = from->i64;
        return;
    }
    int64_t *to = ARENA_ARRAY(conversion->scratch, int64_t, conversion->rows + 1);
    out->integers = to;
    if (from->type == ENGINE_DOUBLE) {
        integers_from_numbers(conversion, to);
    } else if (from->type == ENGINE_TEXT) {
        integers_from_texts(conversion, to);
    } else {
        all_wrong(conversion, FINDING_NOT_INTEGER);
    }
}

/* ---- floats ---- */
static void check_numbers(struct conversion *conversion)
{
    for (size_t i = 0; i < conversion->rows; i++) {
        if (is_valid(conversion->from, i) && !isfinite(conversion->from->numbers[i])) {
            wrong(conversion, i, isnan(conversion->from->numbers[i]) ? FINDING_NOT_A_NUMBER : FINDING_NOT_NUMBER);
        }
    }
}

static void floats_from_texts(struct conversion *conversion, double *to)
{
    for (size_t i = 0; i < conversion->rows; i++) {
        to[i] = 0;
        if (!is_valid(conversion->from, i)) {
            continue;
        }
        if (!conversion->from->texts[i].length) {
            absent(conversion, i);
        } else if (!convert_number(conversion->from->texts[i], &to[i])) {
            wrong(conversion, i, FINDING_NOT_NUMBER);
        }
    }
}

static void to_floats(struct conversion *conversion, struct source_column *out)
{
    const struct engine_column *from = conversion->from;
    if (from->type == ENGINE_DOUBLE) {
        out->floats = from->numbers;
        check_numbers(conversion);
        return;
    }
    double *to = ARENA_ARRAY(conversion->scratch, double, conversion->rows + 1);
    out->floats = to;
    if (from->type == ENGINE_I64 || from->type == ENGINE_BOOL) {
        for (size_t i = 0; i < conversion->rows; i++) {
            to[i] = is_valid(from, i) ? (double)from->i64[i] : 0;
        }
    } else if (from->type == ENGINE_TEXT) {
        floats_from_texts(conversion, to);
    } else {
        all_wrong(conversion, FINDING_NOT_NUMBER);
    }
}

/* ---- dates ---- */
/* One value; false: none that is a date. Empty texts are NULL, which the caller has seen to. */
static bool day_of(const struct engine_column *from, size_t i, int32_t *out_day)
{
    switch (from->type) {
    case ENGINE_DAY:
        *out_day = from->days[i];
        return convert_day_in_range(from->days[i]);
    case ENGINE_INSTANT:
        *out_day = (int32_t)(from->i64[i] / MICROSECONDS_OF_DAY);
        return convert_instant_in_range(from->i64[i]) && from->i64[i] % MICROSECONDS_OF_DAY == 0;
    case ENGINE_I64:
        return convert_day_from_number(from->i64[i], out_day);
    case ENGINE_TEXT:
        return convert_day(from->texts[i], out_day);
    case ENGINE_NULL:
    case ENGINE_DOUBLE:
    case ENGINE_BOOL:
        return false;
    }
    return false;
}

static bool is_empty_text(const struct engine_column *from, size_t i)
{
    return from->type == ENGINE_TEXT && !from->texts[i].length;
}

static void to_days(struct conversion *conversion, struct source_column *out)
{
    const struct engine_column *from = conversion->from;
    int32_t *to = from->type == ENGINE_DAY ? NULL : ARENA_ARRAY(conversion->scratch, int32_t, conversion->rows + 1);
    out->days = to ? to : from->days;
    for (size_t i = 0; i < conversion->rows; i++) {
        int32_t value = 0;
        if (!is_valid(from, i)) {
            continue;
        }
        if (is_empty_text(from, i)) {
            absent(conversion, i);
        } else if (!day_of(from, i, &value)) {
            wrong(conversion, i, FINDING_NOT_DATE);
        } else if (to) {
            to[i] = value;
        }
    }
}

static bool instant_of(const struct engine_column *from, size_t i, int64_t *out_instant)
{
    int32_t date = 0;
    if (from->type == ENGINE_INSTANT) {
        *out_instant = from->i64[i];
        return convert_instant_in_range(from->i64[i]);
    }
    if (from->type == ENGINE_TEXT) {
        return convert_instant(from->texts[i], out_instant);
    }
    const bool is_day = day_of(from, i, &date);
    *out_instant = date * MICROSECONDS_OF_DAY;
    return is_day;
}

static void to_instants(struct conversion *conversion, struct source_column *out)
{
    const struct engine_column *from = conversion->from;
    int64_t *to = from->type == ENGINE_INSTANT ? NULL : ARENA_ARRAY(conversion->scratch, int64_t, conversion->rows + 1);
    out->integers = to ? to : from->i64;
    for (size_t i = 0; i < conversion->rows; i++) {
        int64_t value = 0;
        if (!is_valid(from, i)) {
            continue;
        }
        if (is_empty_text(from, i)) {
            absent(conversion, i);
        } else if (!instant_of(from, i, &value)) {
            wrong(conversion, i, FINDING_NOT_DATETIME);
        } else if (to) {
            to[i] = value;
        }
    }
}

/* ---- texts ---- */
static struct text written(const struct engine_column *from, size_t i, struct arena *scratch)
{
    char text[TEXT_NUMBER_SIZE + INSTANT_TEXT_SIZE] = "";
    switch (from->type) {
    case ENGINE_I64:
        text_from_i64(from->i64[i], text);
        break;
    case ENGINE_BOOL:
        return from->i64[i] ? TEXT("true") : TEXT("false");
    case ENGINE_DOUBLE:
        if (isfinite(from->numbers[i])) {
            text_from_double(from->numbers[i], text);
        }
        break;
    case ENGINE_DAY:
        if (convert_day_in_range(from->days[i])) {
            day_to_text((day){from->days[i]}, text);
        }
        break;
    case ENGINE_INSTANT:
        if (convert_instant_in_range(from->i64[i])) {
            instant_to_text((instant){from->i64[i]}, text);
        }
        break;
    case ENGINE_TEXT:
    case ENGINE_NULL:
        break;
    }
    return text_of(arena_text_copy(scratch, text));
}

static void to_texts(struct conversion *conversion, struct source_column *out)
{
    const struct engine_column *from = conversion->from;
    struct text *to = from->type == ENGINE_TEXT ? NULL : ARENA_ARRAY(conversion->scratch, struct text, conversion->rows + 1);
    out->texts = to ? to : from->texts;
    for (size_t i = 0; i < conversion->rows; i++) {
        if (!is_valid(from, i)) {
            continue;
        }
        if (to) {
            to[i] = written(from, i, conversion->scratch);
        } else if (from->texts[i].length > CONVERT_TEXT_MAX) {
            wrong(conversion, i, FINDING_TOO_LONG);
        }
    }
}

/* NULLs of the file itself, 64 at a time where there are none. */
static void note_nulls(const struct conversion *conversion)
{
    const struct engine_column *from = conversion->from;
    if (conversion->kind_of_null == FINDING_KIND_COUNT || (!from->valid && from->type != ENGINE_NULL)) {
        return;
    }
    for (size_t i = 0; i < conversion->rows; i++) {
        if (from->type != ENGINE_NULL && i % 64 == 0 && from->valid[i / 64] == UINT64_MAX) {
            i += 63;
        } else if (from->type == ENGINE_NULL || !is_valid(from, i)) {
            finding_note(conversion->findings, conversion->kind_of_null, conversion->field, conversion->lines[i]);
        }
    }
}

void convert_column(const struct engine_column *column, size_t rows, const uint64_t *lines, int field, struct arena *scratch,
                    struct finding_batch *findings, struct source_column *out_column)
{
    const enum omop_type type = omop_table(findings->table)->fields[field].type;
    struct conversion conversion = {column, rows, lines, field, scratch, findings, convert_kind_of_null(findings->table, field), NULL};
    *out_column = (struct source_column){.type = type, .is_all_null = column->type == ENGINE_NULL};
    note_nulls(&conversion);
    if (column->type == ENGINE_NULL) {
        return;
    }
    switch (type) {
    case OMOP_INTEGER:
        to_integers(&conversion, out_column);
        break;
    case OMOP_FLOAT:
        to_floats(&conversion, out_column);
        break;
    case OMOP_DATE:
        to_days(&conversion, out_column);
        break;
    case OMOP_DATETIME:
        to_instants(&conversion, out_column);
        break;
    case OMOP_TEXT:
        to_texts(&conversion, out_column);
        break;
    }
    out_column->valid = conversion.valid ? conversion.valid : column->valid;
}
