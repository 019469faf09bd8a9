/* SPDX-License-Identifier: EUPL-1.2 */
/* slabs: one growing column of nullable int64 values in memory, narrowed slab by slab to what its values need (private to the store).
 * A constant or absent column costs nothing per row. Every type goes through here: doubles by their bits, texts by their codes. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include <stdint.h>

enum { SLAB_ROWS = 8192, SLAB_WORDS = SLAB_ROWS / 64 };

/* value i = base + unit * code i; code i is `width` bytes (0: all codes are 0). */
struct slab {
    uint64_t base, unit;
    int64_t largest; /* base is the smallest (full slabs) */
    void *data;
    uint64_t *valid; /* NULL: every value is there, or none when is_all_null */
    uint8_t width;
    bool is_all_null;
};
DEFINE_ARRAY(slab_list, struct slab)

struct slab_column {
    struct slab_list slabs; /* full ones */
    struct slab tail;       /* the rows after them: data and valid are the staging area */
    size_t tail_capacity;   /* in rows */
    uint64_t count, nulls;
    size_t bytes;   /* allocated */
    bool with_unit; /* instants: look for a common unit */
};
void slab_column_init(struct slab_column *column, bool with_unit);
void slab_column_finish(struct slab_column *column);
/* valid: bit i for value i, or NULL. */
MUST_CHECK bool slab_column_append(struct slab_column *column, const int64_t *values, const uint64_t *valid, size_t count,
                                   struct error *err);
MUST_CHECK bool slab_column_append_nulls(struct slab_column *column, uint64_t count, struct error *err);

/* The smallest and the largest of what is there; smallest > largest when nothing is. */
struct slab_range {
    int64_t smallest, largest;
};
struct slab_range slab_column_range(const struct slab_column *column);
/* Values of rows first .. first + count - 1, or of the `count` rows listed (first is unused then). Absent values read as 0. out_valid has
 * (count + 63) / 64 words. Returns how many are absent. */
size_t slab_column_read(const struct slab_column *column, const uint32_t *rows, uint64_t first, size_t count, int64_t *out,
                        uint64_t *out_valid);

/* Where appended rows go when a column is laid out flat: to the part that sorting put them in first, one after the other. A place is a
 * number of a row in this layout. */
enum { SLAB_PARTS = 256 };
struct slab_layout {
    uint8_t *parts;              /* of each row, in the order of appending */
    uint32_t begins[SLAB_PARTS]; /* the first place of each part */
};
/* A column laid out flat with one width, for reading it in another order: one load for each value, no slab to look for. */
struct slab_flat {
    uint64_t base, unit;
    void *data;      /* NULL when width is 0: every value is base */
    uint64_t *valid; /* NULL: every value is there */
    uint8_t width;
    bool is_borrowed; /* data */
};
/* layout: NULL, and places are rows. room: memory of 8 bytes a row that the flat column may use, or NULL. */
MUST_CHECK bool slab_flat_make(struct slab_flat *out_flat, const struct slab_column *column, const struct slab_layout *layout, void *room,
                               struct error *err);
void slab_flat_finish(struct slab_flat *flat);
/* As slab_column_read with a list, of places. */
size_t slab_flat_read(const struct slab_flat *flat, const uint32_t *places, size_t count, int64_t *out, uint64_t *out_valid);
