/* SPDX-License-Identifier: EUPL-1.2 */
/* Staging, narrowing, and reading back. Reading in the order of appending goes slab by slab; reading in sorted order goes row by row. */
#include "warehouse/store/slabs.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL_FIRST = 256, SLAB_LIST_MAX = 1 << 20 };
static const uint64_t DAY_MICROSECONDS = UINT64_C(86400000000), SECOND_MICROSECONDS = 1000000;

void slab_column_init(struct slab_column *column, bool with_unit)
{
    *column = (struct slab_column){
        .slabs.maximum = SLAB_LIST_MAX,
        .tail = {.unit = 1, .width = sizeof(int64_t)},
        .with_unit = with_unit,
    };
}

void slab_column_finish(struct slab_column *column)
{
    for (size_t i = 0; i < column->slabs.count; i++) {
        free(column->slabs.items[i].data);
        free(column->slabs.items[i].valid);
    }
    slab_list_finish(&column->slabs);
    free(column->tail.data);
    free(column->tail.valid);
    column->tail.data = NULL;
    column->tail.valid = NULL;
}

static bool no_memory(struct error *err)
{
    FAIL(err, LIMIT, "the system has no memory for the rows of a segment");
    return error_hint(err, "lower the memory of a load in the settings, or load fewer persons at once");
}

static inline bool bit_get(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}
static inline void bit_clear(uint64_t *bits, size_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* ---- narrowing a full tail into a slab ---- */
struct survey {
    uint64_t smallest, range;
    int64_t largest;
    size_t there;
    bool whole_days, whole_seconds;
};

static struct survey tail_survey(const struct slab_column *column)
{
    const int64_t *values = column->tail.data;
    const uint64_t *valid = column->tail.valid;
    int64_t smallest = INT64_MAX, largest = INT64_MIN;
    struct survey survey = {0};
    for (size_t i = 0; i < SLAB_ROWS && !valid; i++) {
        smallest = values[i] < smallest ? values[i] : smallest;
        largest = values[i] > largest ? values[i] : largest;
    }
    survey.there = valid ? 0 : SLAB_ROWS;
    for (size_t i = 0; i < SLAB_ROWS && valid; i++) {
        if (bit_get(valid, i)) {
            smallest = values[i] < smallest ? values[i] : smallest;
            largest = values[i] > largest ? values[i] : largest;
            survey.there++;
        }
    }
    survey.smallest = survey.there ? (uint64_t)smallest : 0;
    survey.largest = largest;
    survey.range = survey.there ? (uint64_t)largest - (uint64_t)smallest : 0;
    survey.whole_days = survey.whole_seconds = column->with_unit;
    for (size_t i = 0; i < SLAB_ROWS && survey.whole_seconds; i++) {
        uint64_t distance = !valid || bit_get(valid, i) ? (uint64_t)values[i] - survey.smallest : 0;
        survey.whole_days = survey.whole_days && distance % UINT64_C(86400000000) == 0;
        survey.whole_seconds = distance % 1000000 == 0;
    }
    return survey;
}

static uint8_t width_for(uint64_t range)
{
    return range == 0 ? 0 : range <= UINT8_MAX ? 1 : range <= UINT16_MAX ? 2 : range <= UINT32_MAX ? 4 : 8;
}

static inline uint64_t code_load(const void *data, uint8_t width, size_t i)
{
    switch (width) {
    case 0:
        return 0;
    case 1:
        return ((const uint8_t *)data)[i];
    case 2:
        return ((const uint16_t *)data)[i];
    case 4:
        return ((const uint32_t *)data)[i];
    default:
        return ((const uint64_t *)data)[i];
    }
}

/* The bitmap of the tail becomes the slab's, or goes. */
static void tail_bitmap_give(struct slab_column *column, struct slab *slab, bool wanted)
{
    if (column->tail.valid && !wanted) {
        free(column->tail.valid);
        column->bytes -= SLAB_WORDS * sizeof(uint64_t);
    } else {
        slab->valid = column->tail.valid;
    }
    column->tail.valid = NULL;
}

/* The distances of a full tail, which is not needed any more. Those of absent values are anything. */
static void codes_store(struct slab *slab, int64_t *values)
{
    const uint64_t base = slab->base, unit = slab->unit;
    for (size_t i = 0; i < SLAB_ROWS && unit != 1; i++) {
        values[i] = (int64_t)(base + ((uint64_t)values[i] - base) / unit);
    }
    for (size_t i = 0; i < SLAB_ROWS && slab->width == 1; i++) {
        ((uint8_t *)slab->data)[i] = (uint8_t)((uint64_t)values[i] - base);
    }
    for (size_t i = 0; i < SLAB_ROWS && slab->width == 2; i++) {
        ((uint16_t *)slab->data)[i] = (uint16_t)((uint64_t)values[i] - base);
    }
    for (size_t i = 0; i < SLAB_ROWS && slab->width == 4; i++) {
        ((uint32_t *)slab->data)[i] = (uint32_t)((uint64_t)values[i] - base);
    }
    for (size_t i = 0; i < SLAB_ROWS && slab->width == 8; i++) {
        ((uint64_t *)slab->data)[i] = (uint64_t)values[i] - base;
    }
}

static bool tail_seal(struct slab_column *column, struct error *err)
{
    const struct survey survey = tail_survey(column);
    struct slab slab = {.base = survey.smallest, .unit = 1, .largest = survey.largest, .is_all_null = survey.there == 0};
    slab.unit = survey.whole_days ? DAY_MICROSECONDS : survey.whole_seconds ? SECOND_MICROSECONDS : 1;
    slab.width = width_for(survey.range / slab.unit);
    if (slab.width) {
        slab.data = malloc((size_t)SLAB_ROWS * slab.width);
        TRY(slab.data || no_memory(err));
        column->bytes += (size_t)SLAB_ROWS * slab.width;
    }
    codes_store(&slab, column->tail.data);
    tail_bitmap_give(column, &slab, survey.there && survey.there < SLAB_ROWS);
    if (!slab_list_append(&column->slabs, slab, err)) {
        free(slab.data);
        free(slab.valid);
        return false;
    }
    return true;
}

/* ---- appending ---- */
static bool tail_reserve(struct slab_column *column, size_t rows, struct error *err)
{
    if (rows <= column->tail_capacity) {
        return true;
    }
    size_t capacity = column->tail_capacity ? column->tail_capacity : TAIL_FIRST;
    while (capacity < rows) {
        capacity *= 2;
    }
    void *data = realloc(column->tail.data, capacity * sizeof(int64_t));
    TRY(data || no_memory(err));
    column->bytes += (capacity - column->tail_capacity) * sizeof(int64_t);
    column->tail.data = data;
    column->tail_capacity = capacity;
    return true;
}

/* The tail gets a bitmap at its first absent value; what came before is there. */
static bool tail_bitmap(struct slab_column *column, struct error *err)
{
    if (!column->tail.valid) {
        column->tail.valid = malloc(SLAB_WORDS * sizeof(uint64_t));
        TRY(column->tail.valid || no_memory(err));
        memset(column->tail.valid, 0xFF, SLAB_WORDS * sizeof(uint64_t));
        column->bytes += SLAB_WORDS * sizeof(uint64_t);
    }
    return true;
}

static size_t tail_rows(const struct slab_column *column)
{
    return (size_t)(column->count - (uint64_t)column->slabs.count * SLAB_ROWS);
}

/* At most to the end of the slab. */
static bool tail_append(struct slab_column *column, const int64_t *values, const uint64_t *valid, size_t from, size_t count,
                        struct error *err)
{
    const size_t at = tail_rows(column);
    TRY(tail_reserve(column, at + count, err));
    if (valid) {
        TRY(tail_bitmap(column, err));
    }
    int64_t *out = (int64_t *)column->tail.data + at;
    memcpy(out, values + from, count * sizeof *out);
    for (size_t i = 0; valid && i < count; i++) {
        if (!bit_get(valid, from + i)) {
            out[i] = 0;
            bit_clear(column->tail.valid, at + i);
            column->nulls++;
        }
    }
    column->count += count;
    return at + count < SLAB_ROWS || tail_seal(column, err);
}

/* A column that was absent so far has counted its rows only; now they get slabs. */
static bool absent_materialise(struct slab_column *column, struct error *err)
{
    uint64_t absent = column->count;
    column->count = column->nulls = 0;
    for (; absent >= SLAB_ROWS; absent -= SLAB_ROWS) {
        TRY(slab_list_append(&column->slabs, (struct slab){.unit = 1, .is_all_null = true}, err));
        column->count += SLAB_ROWS;
    }
    TRY(tail_reserve(column, (size_t)absent, err));
    TRY(tail_bitmap(column, err));
    for (size_t i = 0; i < absent; i++) {
        ((int64_t *)column->tail.data)[i] = 0;
        bit_clear(column->tail.valid, i);
    }
    column->count += absent;
    column->nulls = column->count;
    return true;
}

static bool is_absent(const struct slab_column *column)
{
    return column->nulls == column->count && column->slabs.count == 0 && !column->tail.data;
}

bool slab_column_append(struct slab_column *column, const int64_t *values, const uint64_t *valid, size_t count, struct error *err)
{
    if (count && is_absent(column) && column->count) {
        TRY(absent_materialise(column, err));
    }
    for (size_t from = 0; from < count;) {
        size_t room = SLAB_ROWS - tail_rows(column);
        size_t part = count - from < room ? count - from : room;
        TRY(tail_append(column, values, valid, from, part, err));
        from += part;
    }
    return true;
}

bool slab_column_append_nulls(struct slab_column *column, uint64_t count, struct error *err)
{
    static const uint64_t absent[SLAB_WORDS];
    static const int64_t zeros[SLAB_ROWS];
    if (is_absent(column)) {
        column->count += count;
        column->nulls += count;
        return true;
    }
    for (uint64_t from = 0; from < count; from += SLAB_ROWS) {
        TRY(slab_column_append(column, zeros, absent, (size_t)(count - from < SLAB_ROWS ? count - from : SLAB_ROWS), err));
    }
    return true;
}

struct slab_range slab_column_range(const struct slab_column *column)
{
    struct slab_range range = {INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < column->slabs.count; i++) {
        const struct slab *slab = &column->slabs.items[i];
        if (!slab->is_all_null) {
            range.smallest = (int64_t)slab->base < range.smallest ? (int64_t)slab->base : range.smallest;
            range.largest = slab->largest > range.largest ? slab->largest : range.largest;
        }
    }
    const int64_t *tail = column->tail.data;
    for (size_t i = 0; tail && i < tail_rows(column); i++) {
        if (!column->tail.valid || bit_get(column->tail.valid, i)) {
            range.smallest = tail[i] < range.smallest ? tail[i] : range.smallest;
            range.largest = tail[i] > range.largest ? tail[i] : range.largest;
        }
    }
    return range;
}

/* ---- reading ---- */
static inline const struct slab *slab_of(const struct slab_column *column, uint64_t row)
{
    uint64_t index = row / SLAB_ROWS;
    return index < column->slabs.count ? &column->slabs.items[index] : &column->tail;
}

static inline bool slab_has(const struct slab *slab, size_t i)
{
    return slab->valid ? bit_get(slab->valid, i) : !slab->is_all_null;
}

/* Consecutive rows of one slab; the widths are told apart outside the loops. */
static void slab_decode(const struct slab *slab, size_t first, size_t count, int64_t *out)
{
    for (size_t i = 0; i < count && slab->width == 0; i++) {
        out[i] = (int64_t)slab->base;
    }
    for (size_t i = 0; i < count && slab->width == 1; i++) {
        out[i] = (int64_t)(slab->base + slab->unit * ((const uint8_t *)slab->data)[first + i]);
    }
    for (size_t i = 0; i < count && slab->width == 2; i++) {
        out[i] = (int64_t)(slab->base + slab->unit * ((const uint16_t *)slab->data)[first + i]);
    }
    for (size_t i = 0; i < count && slab->width == 4; i++) {
        out[i] = (int64_t)(slab->base + slab->unit * ((const uint32_t *)slab->data)[first + i]);
    }
    for (size_t i = 0; i < count && slab->width == 8; i++) {
        out[i] = (int64_t)(slab->base + slab->unit * ((const uint64_t *)slab->data)[first + i]);
    }
}

static size_t range_read(const struct slab_column *column, uint64_t first, size_t count, int64_t *out, uint64_t *out_valid)
{
    size_t absent = 0;
    for (size_t done = 0; done < count;) {
        const uint64_t row = first + done;
        const struct slab *slab = slab_of(column, row);
        const size_t at = row % SLAB_ROWS;
        const size_t part = count - done < SLAB_ROWS - at ? count - done : SLAB_ROWS - at;
        slab_decode(slab, at, part, out + done);
        for (size_t i = 0; i < part && (slab->valid || slab->is_all_null); i++) {
            if (!slab_has(slab, at + i)) {
                out[done + i] = 0;
                bit_clear(out_valid, done + i);
                absent++;
            }
        }
        done += part;
    }
    return absent;
}

static size_t list_read(const struct slab_column *column, const uint32_t *rows, size_t count, int64_t *out, uint64_t *out_valid)
{
    size_t absent = 0;
    for (size_t i = 0; i < count; i++) {
        const struct slab *slab = slab_of(column, rows[i]);
        const size_t at = rows[i] % SLAB_ROWS;
        out[i] = (int64_t)(slab->base + slab->unit * code_load(slab->data, slab->width, at));
        if ((slab->valid || slab->is_all_null) && !slab_has(slab, at)) {
            out[i] = 0;
            bit_clear(out_valid, i);
            absent++;
        }
    }
    return absent;
}

size_t slab_column_read(const struct slab_column *column, const uint32_t *rows, uint64_t first, size_t count, int64_t *out,
                        uint64_t *out_valid)
{
    if (is_absent(column)) {
        memset(out, 0, count * sizeof *out);
        memset(out_valid, 0, (count + 63) / 64 * sizeof *out_valid);
        return count;
    }
    memset(out_valid, 0xFF, (count + 63) / 64 * sizeof *out_valid);
    return rows ? list_read(column, rows, count, out, out_valid) : range_read(column, first, count, out, out_valid);
}
