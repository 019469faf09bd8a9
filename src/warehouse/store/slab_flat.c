/* SPDX-License-Identifier: EUPL-1.2 */
/* A column laid out flat, part by part: what is read in sorted order then lies close together. Laying out goes through the rows once, in
 * the order of appending. */
#include "base/bulk.h"
#include "warehouse/store/slabs.h"
#include <stdlib.h>
#include <string.h>

static uint8_t width_for(uint64_t range)
{
    return range == 0 ? 0 : range <= UINT8_MAX ? 1 : range <= UINT16_MAX ? 2 : range <= UINT32_MAX ? 4 : 8;
}

static inline bool bit_get(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}
static inline void bit_clear(uint64_t *bits, size_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* ---- laying out ---- */
static bool tail_has_unit(const struct slab_column *column, uint64_t smallest, uint64_t unit)
{
    const int64_t *values = column->tail.data;
    const size_t count = (size_t)(column->count - (uint64_t)column->slabs.count * SLAB_ROWS);
    bool fits = true;
    for (size_t i = 0; i < count && fits; i++) {
        const bool there = !column->tail.valid || bit_get(column->tail.valid, i);
        fits = !there || ((uint64_t)values[i] - smallest) % unit == 0;
    }
    return fits;
}

/* The unit of all slabs, or 1 when they do not agree. */
static uint64_t common_unit(const struct slab_column *column, uint64_t smallest)
{
    uint64_t unit = 0;
    for (size_t i = 0; i < column->slabs.count && unit != 1; i++) {
        const struct slab *slab = &column->slabs.items[i];
        if (!slab->is_all_null) {
            unit = unit ? unit : slab->unit;
            unit = slab->unit == unit && (slab->base - smallest) % unit == 0 ? unit : 1;
        }
    }
    return unit > 1 && tail_has_unit(column, smallest, unit) ? unit : 1;
}

/* Where the next rows go: one after the other, or each to the end of its part. */
struct placer {
    const struct slab_layout *layout;
    uint32_t next[SLAB_PARTS];
};

static void places_find(struct placer *placer, uint64_t first, size_t count, uint32_t *out_places)
{
    if (!placer->layout) {
        for (size_t i = 0; i < count; i++) {
            out_places[i] = (uint32_t)(first + i);
        }
        return;
    }
    const uint8_t *parts = placer->layout->parts + first;
    for (size_t i = 0; i < count; i++) {
        out_places[i] = placer->next[parts[i]]++;
    }
}

static void codes_make(const struct slab_flat *flat, int64_t *values, size_t count)
{
    const uint64_t base = flat->base, unit = flat->unit;
    uint64_t *codes = (uint64_t *)values; /* each is read before it is written */
    for (size_t i = 0; i < count && unit == 1; i++) {
        codes[i] = (uint64_t)values[i] - base;
    }
    for (size_t i = 0; i < count && unit != 1; i++) {
        codes[i] = ((uint64_t)values[i] - base) / unit;
    }
}

static void flat_store(struct slab_flat *flat, const uint32_t *places, const int64_t *codes, size_t count)
{
    void *data = flat->data;
    const unsigned width = flat->width;
    for (size_t i = 0; i < count && width == 1; i++) {
        ((uint8_t *)data)[places[i]] = (uint8_t)codes[i];
    }
    for (size_t i = 0; i < count && width == 2; i++) {
        ((uint16_t *)data)[places[i]] = (uint16_t)codes[i];
    }
    for (size_t i = 0; i < count && width == 4; i++) {
        ((uint32_t *)data)[places[i]] = (uint32_t)codes[i];
    }
    for (size_t i = 0; i < count && width == 8; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): codes has count numbers */
        ((uint64_t *)data)[places[i]] = (uint64_t)codes[i];
    }
}

static void flat_fill(struct slab_flat *flat, const struct slab_column *column, const struct slab_layout *layout)
{
    struct placer placer = {.layout = layout};
    int64_t values[SLAB_ROWS];
    uint64_t valid[SLAB_WORDS];
    uint32_t places[SLAB_ROWS];
    if (layout) {
        memcpy(placer.next, layout->begins, sizeof placer.next);
    }
    if (flat->valid) {
        memset(flat->valid, 0xFF, (size_t)(column->count / 64 + 1) * sizeof *flat->valid);
    }
    for (uint64_t first = 0; first < column->count; first += SLAB_ROWS) {
        const size_t count = column->count - first < SLAB_ROWS ? (size_t)(column->count - first) : SLAB_ROWS;
        const size_t absent = slab_column_read(column, NULL, first, count, values, valid);
        places_find(&placer, first, count, places);
        codes_make(flat, values, count);
        flat_store(flat, places, values, count);
        for (size_t i = 0; absent && flat->valid && i < count; i++) {
            if (!bit_get(valid, i)) {
                bit_clear(flat->valid, places[i]);
            }
        }
    }
}

static bool no_memory(struct error *err)
{
    FAIL(err, LIMIT, "the system has no memory to lay out the rows of a segment");
    return error_hint(err, "lower the memory of a load in the settings, or load fewer persons at once");
}

bool slab_flat_make(struct slab_flat *out_flat, const struct slab_column *column, const struct slab_layout *layout, void *room,
                    struct error *err)
{
    const struct slab_range extent = slab_column_range(column);
    struct slab_flat flat = {.base = (uint64_t)extent.smallest, .unit = common_unit(column, (uint64_t)extent.smallest)};
    const bool is_absent_throughout = column->nulls == column->count;
    const uint64_t range = is_absent_throughout ? 0 : ((uint64_t)extent.largest - (uint64_t)extent.smallest) / flat.unit;
    flat.width = width_for(range);
    flat.unit = flat.width == 8 ? 1 : flat.unit;
    flat.is_borrowed = room != NULL;
    flat.data = !flat.width ? NULL : room ? room : bulk_allocate((size_t)column->count, flat.width);
    flat.valid = column->nulls ? malloc((size_t)(column->count / 64 + 1) * sizeof *flat.valid) : NULL;
    if ((flat.width && !flat.data) || (column->nulls && !flat.valid)) {
        slab_flat_finish(&flat);
        return no_memory(err);
    }
    if (flat.width || flat.valid) {
        flat_fill(&flat, column, layout);
    }
    *out_flat = flat;
    return true;
}

void slab_flat_finish(struct slab_flat *flat)
{
    if (!flat->is_borrowed) {
        free(flat->data);
    }
    free(flat->valid);
    *flat = (struct slab_flat){0};
}

/* ---- reading ---- */
static void flat_load(const struct slab_flat *flat, const uint32_t *places, size_t count, int64_t *out)
{
    const uint64_t base = flat->base, unit = flat->unit;
    const void *data = flat->data;
    const unsigned width = flat->width;
    for (size_t i = 0; i < count && width == 0; i++) {
        out[i] = (int64_t)base;
    }
    for (size_t i = 0; i < count && width == 1; i++) {
        out[i] = (int64_t)(base + unit * ((const uint8_t *)data)[places[i]]);
    }
    for (size_t i = 0; i < count && width == 2; i++) {
        out[i] = (int64_t)(base + unit * ((const uint16_t *)data)[places[i]]);
    }
    for (size_t i = 0; i < count && width == 4; i++) {
        out[i] = (int64_t)(base + unit * ((const uint32_t *)data)[places[i]]);
    }
    for (size_t i = 0; i < count && width == 8; i++) {
        out[i] = (int64_t)(base + ((const uint64_t *)data)[places[i]]);
    }
}

size_t slab_flat_read(const struct slab_flat *flat, const uint32_t *places, size_t count, int64_t *out, uint64_t *out_valid)
{
    size_t absent = 0;
    flat_load(flat, places, count, out);
    memset(out_valid, 0xFF, (count + 63) / 64 * sizeof *out_valid);
    for (size_t i = 0; i < count && flat->valid; i++) {
        if (!bit_get(flat->valid, places[i])) {
            out[i] = 0;
            bit_clear(out_valid, i);
            absent++;
        }
    }
    return absent;
}
