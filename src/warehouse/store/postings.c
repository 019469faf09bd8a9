/* SPDX-License-Identifier: EUPL-1.2 */
/* Groups of postings. A part of a group is either ascending (persons, rows: a first value and packed steps) or a set of days (the smallest
 * and packed distances; code 0 stands for "absent" where some are). Heads come first, packed values after them. */
#include "warehouse/store/postings.h"
#include <assert.h>

enum {
    DAYS_SOME_ABSENT = 0x40,
    DAYS_ALL_ABSENT = 0x80,
    WIDTH_BITS = 0x3F,
    SAFE_STEP_WIDTH = 23, /* 256 steps below 2^23 after a first value below 2^31 stay below 2^32 */
};

static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "a group of postings does not have the form that was written");
}

/* ---- encoding ---- */
struct packed_part {
    uint32_t values[POSTINGS_GROUP];
    uint32_t base;
    uint8_t head; /* width and flags */
};

static void steps_make(struct packed_part *part, const uint32_t *values, size_t count)
{
    uint32_t largest = 0;
    part->base = values[0];
    part->values[0] = 0;
    for (size_t i = 1; i < count; i++) {
        part->values[i] = values[i] - values[i - 1];
        largest |= part->values[i];
    }
    part->head = (uint8_t)bitpack_width(largest);
}

/* days: at most 2^24 apart, since a date is within the years 1 to 9999; absent ones are STORE_NO_DAY. */
static void days_make(struct packed_part *part, const int32_t *days, size_t count)
{
    int32_t smallest = INT32_MAX, largest = INT32_MIN;
    size_t absent = 0;
    for (size_t i = 0; i < count; i++) {
        const bool there = days[i] != STORE_NO_DAY;
        absent += !there;
        smallest = there && days[i] < smallest ? days[i] : smallest;
        largest = there && days[i] > largest ? days[i] : largest;
    }
    if (absent == count) {
        part->base = 0;
        part->head = DAYS_ALL_ABSENT;
        return;
    }
    const uint32_t first = absent ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        part->values[i] = days[i] == STORE_NO_DAY ? 0 : (uint32_t)days[i] - (uint32_t)smallest + first;
    }
    part->base = (uint32_t)smallest;
    part->head = (uint8_t)(bitpack_width((uint32_t)largest - (uint32_t)smallest + first) | (absent ? DAYS_SOME_ABSENT : 0));
}

static bool head_append(struct buffer *out, const struct packed_part *part, struct error *err)
{
    TRY(buffer_append_u32(out, part->base, err));
    return buffer_append(out, &part->head, 1, err);
}

static size_t part_bytes(uint8_t head, size_t count)
{
    const unsigned width = head & WIDTH_BITS;
    return count == POSTINGS_GROUP ? bitpack_group_bytes(width) : bitpack_tail_bytes(count, width);
}

static bool values_append(struct buffer *out, const struct packed_part *part, size_t count, struct error *err)
{
    const unsigned width = part->head & WIDTH_BITS;
    const size_t length = part_bytes(part->head, count);
    TRY(buffer_reserve(out, length, err));
    if (count == POSTINGS_GROUP) {
        bitpack_codec()->pack(out->data + out->length, part->values, width);
    } else {
        bitpack_tail_pack(out->data + out->length, part->values, count, width);
    }
    out->length += length;
    return true;
}

static bool group_append(struct buffer *out, const struct packed_part *ascending, const struct packed_part *days, size_t count,
                         struct error *err)
{
    TRY(head_append(out, ascending, err));
    if (days) {
        TRY(head_append(out, days, err));
    }
    TRY(values_append(out, ascending, count, err));
    return !days || values_append(out, days, count, err);
}

bool postings_core_encode(struct buffer *out, const uint32_t *persons, const int32_t *starts, size_t count, struct error *err)
{
    struct packed_part steps, days;
    assert(count > 0 && count <= POSTINGS_GROUP);
    steps_make(&steps, persons, count);
    if (starts) {
        days_make(&days, starts, count);
    }
    return group_append(out, &steps, starts ? &days : NULL, count, err);
}

bool postings_detail_encode(struct buffer *out, const uint32_t *rows, const int32_t *starts, const int32_t *ends, size_t count,
                            struct error *err)
{
    struct packed_part steps, days;
    assert(count > 0 && count <= POSTINGS_GROUP);
    steps_make(&steps, rows, count);
    if (ends) {
        int32_t durations[POSTINGS_GROUP];
        for (size_t i = 0; i < count; i++) {
            const int32_t start = starts && starts[i] != STORE_NO_DAY ? starts[i] : 0;
            durations[i] = ends[i] == STORE_NO_DAY ? STORE_NO_DAY : ends[i] - start;
        }
        days_make(&days, durations, count);
    }
    return group_append(out, &steps, ends ? &days : NULL, count, err);
}

/* ---- decoding ---- */
struct part_view {
    uint32_t base;
    uint8_t head;
    const uint8_t *packed;
};

enum { HEAD_BYTES = 5 };

static void head_read(const uint8_t *bytes, struct part_view *part)
{
    part->base = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    part->head = bytes[4];
}

static bool head_is_good(const struct part_view *part, uint8_t flags)
{
    return (part->head & WIDTH_BITS) <= BITPACK_WIDTH_MAX && (part->head & ~WIDTH_BITS & ~flags) == 0;
}

static bool group_open(struct cursor *cursor, size_t count, struct part_view *ascending, struct part_view *days, struct error *err)
{
    const uint8_t *heads = NULL, *packed = NULL;
    TRY(cursor_bytes(cursor, days ? 2 * HEAD_BYTES : HEAD_BYTES, &heads, err));
    head_read(heads, ascending);
    if (!head_is_good(ascending, 0)) {
        return corrupt(err);
    }
    const size_t length = part_bytes(ascending->head, count);
    if (!days) {
        return cursor_bytes(cursor, length, &ascending->packed, err);
    }
    head_read(heads + HEAD_BYTES, days);
    if (!head_is_good(days, DAYS_SOME_ABSENT | DAYS_ALL_ABSENT)) {
        return corrupt(err);
    }
    TRY(cursor_bytes(cursor, length + part_bytes(days->head, count), &packed, err));
    ascending->packed = packed;
    days->packed = packed + length;
    return true;
}

/* Steps that are too wide to be summed blindly: only ever seen where persons or rows are very far apart. */
static bool ascends_below(const uint32_t *values, size_t count, uint32_t limit)
{
    for (size_t i = 1; i < count; i++) {
        if (values[i] < values[i - 1]) {
            return false;
        }
    }
    return values[count - 1] < limit;
}

static bool steps_decode(const struct part_view *part, size_t count, uint32_t limit, uint32_t *out, struct error *err)
{
    if (count == POSTINGS_GROUP) {
        bitpack_codec()->unpack_sum(part->packed, part->head, part->base, out);
    } else {
        bitpack_tail_unpack_sum(part->packed, count, part->head, part->base, out);
    }
    const bool cannot_wrap = part->head <= SAFE_STEP_WIDTH && part->base <= INT32_MAX;
    const bool fits = cannot_wrap ? out[count - 1] < limit : ascends_below(out, count, limit);
    return fits || corrupt(err);
}

static void days_decode(const struct part_view *part, size_t count, int32_t *out)
{
    const unsigned width = part->head & WIDTH_BITS;
    if (part->head & DAYS_ALL_ABSENT) {
        for (size_t i = 0; i < count; i++) {
            out[i] = STORE_NO_DAY;
        }
        return;
    }
    const bool some_absent = part->head & DAYS_SOME_ABSENT;
    const uint32_t base = some_absent ? part->base - 1 : part->base;
    uint32_t *days = (uint32_t *)out; /* the same representation, and arithmetic modulo 2^32 */
    if (count == POSTINGS_GROUP) {
        bitpack_codec()->unpack_add(part->packed, width, base, days);
    } else {
        bitpack_tail_unpack_add(part->packed, count, width, base, days);
    }
    for (size_t i = 0; i < count && some_absent; i++) {
        out[i] = days[i] == base ? STORE_NO_DAY : out[i];
    }
}

static void days_absent(int32_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = STORE_NO_DAY;
    }
}

bool postings_core_decode(struct cursor *cursor, size_t count, bool has_days, uint32_t person_limit, uint32_t *out_persons,
                          int32_t *out_starts, struct error *err)
{
    struct part_view persons = {0}, days = {0};
    TRY(group_open(cursor, count, &persons, has_days ? &days : NULL, err));
    TRY(steps_decode(&persons, count, person_limit, out_persons, err));
    if (out_starts && has_days) {
        days_decode(&days, count, out_starts);
    } else if (out_starts) {
        days_absent(out_starts, count);
    }
    return true;
}

bool postings_detail_decode(struct cursor *cursor, size_t count, bool has_ends, uint32_t row_limit, const int32_t *starts,
                            uint32_t *out_rows, int32_t *out_ends, struct error *err)
{
    struct part_view rows = {0}, durations = {0};
    TRY(group_open(cursor, count, &rows, has_ends ? &durations : NULL, err));
    if (out_rows) {
        TRY(steps_decode(&rows, count, row_limit, out_rows, err));
    }
    if (!out_ends || !has_ends) {
        if (out_ends) {
            days_absent(out_ends, count);
        }
        return true;
    }
    days_decode(&durations, count, out_ends);
    for (size_t i = 0; i < count && starts; i++) {
        const uint32_t start = starts[i] == STORE_NO_DAY ? 0 : (uint32_t)starts[i];
        out_ends[i] = out_ends[i] == STORE_NO_DAY ? STORE_NO_DAY : (int32_t)((uint32_t)out_ends[i] + start);
    }
    return true;
}
