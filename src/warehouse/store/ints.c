/* SPDX-License-Identifier: EUPL-1.2 */
/* Packing and unpacking of integer runs. The encoder looks at a run once, prices both packed forms, and writes the cheaper. */
#include "warehouse/store/ints.h"
#include <assert.h>
#include <string.h>

enum { FORM_CONSTANT = 0, FORM_FRAME = 1, FORM_STEPS = 2 };
enum { HALF_BITS = 32, BASE_BYTES_MAX = 8, RUN_BYTES_MIN = 9 };

/* Units of instants in microseconds; the index is what is stored. */
static const uint64_t units[] = {1, 1000, 1000000, UINT64_C(60000000), UINT64_C(3600000000), UINT64_C(86400000000)};
enum { UNIT_COUNT = sizeof units / sizeof units[0] };

static unsigned width_of(uint64_t largest)
{
    return largest ? 64U - (unsigned)__builtin_clzll(largest) : 0;
}

static size_t packed_bytes(size_t count, unsigned width)
{
    unsigned low = width < HALF_BITS ? width : HALF_BITS, high = width - low;
    if (count == BITPACK_GROUP) {
        return bitpack_group_bytes(low) + bitpack_group_bytes(high);
    }
    return bitpack_tail_bytes(count, low) + bitpack_tail_bytes(count, high);
}

/* ---- encoding ---- */
struct group_plan {
    int64_t smallest, largest, first;
    int64_t step_smallest, step_largest;
};
struct run_plan {
    struct group_plan groups[INTS_GROUPS];
    size_t count, group_count;
    int64_t smallest, largest, first_smallest, first_largest, step_smallest;
    unsigned unit;
};

static struct group_plan group_survey(const int64_t *values, size_t count)
{
    struct group_plan plan = {values[0], values[0], values[0], INT64_MAX, INT64_MIN};
    for (size_t i = 1; i < count; i++) {
        int64_t value = values[i], step = (int64_t)((uint64_t)value - (uint64_t)values[i - 1]);
        plan.smallest = value < plan.smallest ? value : plan.smallest;
        plan.largest = value > plan.largest ? value : plan.largest;
        plan.step_smallest = step < plan.step_smallest ? step : plan.step_smallest;
        plan.step_largest = step > plan.step_largest ? step : plan.step_largest;
    }
    return plan;
}

static inline int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static inline int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void run_survey(struct run_plan *plan, const int64_t *values, size_t count)
{
    plan->count = count;
    plan->group_count = (count + BITPACK_GROUP - 1) / BITPACK_GROUP;
    plan->unit = 0;
    plan->smallest = plan->first_smallest = plan->step_smallest = INT64_MAX;
    plan->largest = plan->first_largest = INT64_MIN;
    for (size_t g = 0; g < plan->group_count; g++) {
        size_t rest = count - g * BITPACK_GROUP;
        struct group_plan group = group_survey(values + g * BITPACK_GROUP, rest < BITPACK_GROUP ? rest : BITPACK_GROUP);
        plan->groups[g] = group;
        plan->smallest = smaller(plan->smallest, group.smallest);
        plan->largest = larger(plan->largest, group.largest);
        plan->first_smallest = smaller(plan->first_smallest, group.first);
        plan->first_largest = larger(plan->first_largest, group.first);
        plan->step_smallest = smaller(plan->step_smallest, group.step_smallest);
    }
}

/* Constant divisors: the compiler makes multiplications of them, ten times faster than a division. */
static bool all_multiples(const int64_t *values, size_t count, uint64_t origin, unsigned unit)
{
    bool multiples = true;
    for (size_t i = 0; i < count && multiples; i++) {
        uint64_t distance = (uint64_t)values[i] - origin;
        switch (unit) {
        case 5:
            multiples = distance % UINT64_C(86400000000) == 0;
            break;
        case 4:
            multiples = distance % UINT64_C(3600000000) == 0;
            break;
        case 3:
            multiples = distance % 60000000 == 0;
            break;
        case 2:
            multiples = distance % 1000000 == 0;
            break;
        default:
            multiples = distance % 1000 == 0;
            break;
        }
    }
    return multiples;
}

static unsigned common_unit(const int64_t *values, size_t count, int64_t smallest)
{
    for (unsigned unit = UNIT_COUNT - 1; unit > 0; unit--) {
        if (all_multiples(values, count, (uint64_t)smallest, unit)) {
            return unit;
        }
    }
    return 0;
}

static unsigned group_width(const struct run_plan *plan, size_t group, unsigned form)
{
    const struct group_plan *g = &plan->groups[group];
    if (form == FORM_FRAME) {
        return width_of(((uint64_t)g->largest - (uint64_t)g->smallest) / units[plan->unit]);
    }
    return g->step_smallest > g->step_largest ? 0 : width_of((uint64_t)g->step_largest - (uint64_t)plan->step_smallest);
}

static unsigned base_bytes_of(const struct run_plan *plan, unsigned form)
{
    uint64_t range = form == FORM_FRAME ? ((uint64_t)plan->largest - (uint64_t)plan->smallest) / units[plan->unit]
                                        : (uint64_t)plan->first_largest - (uint64_t)plan->first_smallest;
    return (width_of(range) + 7) / 8;
}

static size_t group_length(const struct run_plan *plan, size_t group)
{
    size_t rest = plan->count - group * BITPACK_GROUP;
    return rest < BITPACK_GROUP ? rest : BITPACK_GROUP;
}

static size_t form_bytes(const struct run_plan *plan, unsigned form)
{
    size_t bytes = plan->group_count * base_bytes_of(plan, form);
    for (size_t g = 0; g < plan->group_count; g++) {
        bytes += packed_bytes(group_length(plan, g), group_width(plan, g, form));
    }
    return bytes;
}

static uint8_t *half_pack(uint8_t *out, const uint32_t *values, size_t count, unsigned width)
{
    if (count == BITPACK_GROUP) {
        bitpack_codec()->pack(out, values, width);
        return out + bitpack_group_bytes(width);
    }
    bitpack_tail_pack(out, values, count, width);
    return out + bitpack_tail_bytes(count, width);
}

static uint8_t *codes_pack(uint8_t *out, const uint64_t *codes, size_t count, unsigned width)
{
    uint32_t half[BITPACK_GROUP];
    for (size_t i = 0; i < count; i++) {
        half[i] = (uint32_t)codes[i];
    }
    if (width <= HALF_BITS) {
        return half_pack(out, half, count, width);
    }
    out = half_pack(out, half, count, HALF_BITS);
    for (size_t i = 0; i < count; i++) {
        half[i] = (uint32_t)(codes[i] >> HALF_BITS);
    }
    return half_pack(out, half, count, width - HALF_BITS);
}

static void codes_of_frame(uint64_t *codes, const int64_t *values, size_t count, int64_t smallest, uint64_t unit)
{
    if (unit == 1) {
        for (size_t i = 0; i < count; i++) {
            codes[i] = (uint64_t)values[i] - (uint64_t)smallest;
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        codes[i] = ((uint64_t)values[i] - (uint64_t)smallest) / unit;
    }
}

static void codes_of_steps(uint64_t *codes, const int64_t *values, size_t count, int64_t step_smallest)
{
    codes[0] = 0;
    for (size_t i = 1; i < count; i++) {
        codes[i] = (uint64_t)values[i] - (uint64_t)values[i - 1] - (uint64_t)step_smallest;
    }
}

static void bases_write(uint8_t *out, const struct run_plan *plan, unsigned form, unsigned base_bytes)
{
    for (size_t g = 0; g < plan->group_count; g++) {
        uint64_t base = form == FORM_FRAME ? ((uint64_t)plan->groups[g].smallest - (uint64_t)plan->smallest) / units[plan->unit]
                                           : (uint64_t)plan->groups[g].first - (uint64_t)plan->first_smallest;
        for (unsigned byte = 0; byte < base_bytes; byte++) {
            *out++ = (uint8_t)(base >> (8 * byte));
        }
    }
}

static bool packed_write(struct buffer *out, const struct run_plan *plan, const int64_t *values, unsigned form, size_t bytes,
                         struct error *err)
{
    const unsigned base_bytes = base_bytes_of(plan, form);
    const uint8_t head[3] = {(uint8_t)form, (uint8_t)plan->unit, (uint8_t)base_bytes};
    TRY(buffer_append(out, head, sizeof head, err));
    TRY(buffer_append_u64(out, (uint64_t)(form == FORM_FRAME ? plan->smallest : plan->first_smallest), err));
    if (form == FORM_STEPS) {
        TRY(buffer_append_u64(out, (uint64_t)plan->step_smallest, err));
    }
    TRY(buffer_reserve(out, plan->group_count + bytes, err));
    uint8_t *at = out->data + out->length;
    bases_write(at, plan, form, base_bytes);
    at += plan->group_count * base_bytes;
    uint8_t *widths = at;
    at += plan->group_count;
    for (size_t g = 0; g < plan->group_count; g++) {
        uint64_t codes[BITPACK_GROUP];
        const int64_t *group = values + g * BITPACK_GROUP;
        if (form == FORM_FRAME) {
            codes_of_frame(codes, group, group_length(plan, g), plan->groups[g].smallest, units[plan->unit]);
        } else {
            codes_of_steps(codes, group, group_length(plan, g), plan->step_smallest);
        }
        widths[g] = (uint8_t)group_width(plan, g, form);
        at = codes_pack(at, codes, group_length(plan, g), widths[g]);
    }
    out->length = (size_t)(at - out->data);
    out->data[out->length] = 0;
    return true;
}

bool ints_encode(struct buffer *out, const int64_t *values, size_t count, bool with_unit, struct error *err)
{
    assert(count <= INTS_RUN);
    struct run_plan plan;
    run_survey(&plan, values, count);
    if (count == 0 || plan.smallest == plan.largest) {
        const uint8_t form = FORM_CONSTANT;
        TRY(buffer_append(out, &form, 1, err));
        return buffer_append_u64(out, count ? (uint64_t)values[0] : 0, err);
    }
    plan.unit = with_unit ? common_unit(values, count, plan.smallest) : 0;
    size_t frame = form_bytes(&plan, FORM_FRAME), steps = form_bytes(&plan, FORM_STEPS) + sizeof(uint64_t);
    if (frame <= steps) {
        return packed_write(out, &plan, values, FORM_FRAME, frame, err);
    }
    plan.unit = 0;
    return packed_write(out, &plan, values, FORM_STEPS, steps, err);
}

/* ---- decoding ---- */
static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "a run of integers does not have the form that was written");
}

static bool header_read(struct ints *ints, struct cursor *cursor, struct error *err)
{
    uint8_t unit = 0, base_bytes = 0;
    TRY(cursor_u8(cursor, &unit, err));
    TRY(cursor_u8(cursor, &base_bytes, err));
    if (unit >= UNIT_COUNT || base_bytes > BASE_BYTES_MAX || (ints->form == FORM_STEPS && unit != 0)) {
        return corrupt(err);
    }
    ints->unit = units[unit];
    ints->base_bytes = base_bytes;
    TRY(cursor_u64(cursor, &ints->base, err));
    if (ints->form == FORM_STEPS) {
        TRY(cursor_u64(cursor, &ints->step, err));
    }
    return true;
}

static bool groups_read(struct ints *ints, struct cursor *cursor, struct error *err)
{
    const size_t group_count = (ints->count + BITPACK_GROUP - 1) / BITPACK_GROUP;
    TRY(cursor_bytes(cursor, group_count * ints->base_bytes, &ints->bases, err));
    TRY(cursor_bytes(cursor, group_count, &ints->widths, err));
    size_t length = 0;
    for (size_t g = 0; g < group_count; g++) {
        if (ints->widths[g] > 64) {
            return corrupt(err);
        }
        ints->offsets[g] = (uint32_t)length;
        length += packed_bytes(ints_group_count(ints, g), ints->widths[g]);
    }
    return cursor_bytes(cursor, length, &ints->packed, err);
}

bool ints_open(struct ints *out_ints, struct cursor *cursor, size_t count, struct error *err)
{
    struct ints ints;
    uint8_t form = 0;
    memset(&ints, 0, sizeof ints);
    ints.count = count;
    if (count > INTS_RUN) {
        return corrupt(err);
    }
    struct cursor at = *cursor;
    TRY(cursor_u8(&at, &form, err));
    ints.form = form;
    if (form == FORM_CONSTANT) {
        TRY(cursor_u64(&at, &ints.base, err));
    } else if (form == FORM_FRAME || form == FORM_STEPS) {
        TRY(header_read(&ints, &at, err));
        TRY(groups_read(&ints, &at, err));
    } else {
        return corrupt(err);
    }
    *cursor = at;
    *out_ints = ints;
    return true;
}

static uint64_t group_base(const struct ints *ints, size_t group)
{
    uint64_t base = 0;
    const uint8_t *bytes = ints->bases + group * ints->base_bytes;
    for (unsigned byte = 0; byte < ints->base_bytes; byte++) {
        base |= (uint64_t)bytes[byte] << (8 * byte);
    }
    return ints->base + base * ints->unit;
}

static void half_unpack(const uint8_t *in, size_t count, unsigned width, uint32_t base, uint32_t *out)
{
    if (count == BITPACK_GROUP) {
        bitpack_codec()->unpack_add(in, width, base, out);
    } else {
        bitpack_tail_unpack_add(in, count, width, base, out);
    }
}

static void codes_unpack(const struct ints *ints, size_t group, size_t count, uint64_t *codes)
{
    const unsigned width = ints->widths[group];
    const uint8_t *in = ints->packed + ints->offsets[group];
    uint32_t half[BITPACK_GROUP];
    half_unpack(in, count, width < HALF_BITS ? width : HALF_BITS, 0, half);
    for (size_t i = 0; i < count; i++) {
        codes[i] = half[i];
    }
    if (width > HALF_BITS) {
        half_unpack(in + packed_bytes(count, HALF_BITS), count, width - HALF_BITS, 0, half);
        for (size_t i = 0; i < count; i++) {
            codes[i] |= (uint64_t)half[i] << HALF_BITS;
        }
    }
}

void ints_group_i64(const struct ints *ints, size_t group, int64_t *out)
{
    const size_t count = ints_group_count(ints, group);
    if (ints->form == FORM_CONSTANT) {
        for (size_t i = 0; i < count; i++) {
            out[i] = (int64_t)ints->base;
        }
        return;
    }
    uint64_t codes[BITPACK_GROUP], value = group_base(ints, group);
    codes_unpack(ints, group, count, codes);
    if (ints->form == FORM_FRAME) {
        for (size_t i = 0; i < count; i++) {
            out[i] = (int64_t)(value + codes[i] * ints->unit);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) { /* the first of a group is its base; its code is 0 and counts for nothing */
        value += i ? codes[i] + ints->step : 0;
        out[i] = (int64_t)value;
    }
}

int64_t ints_value(const struct ints *ints, size_t i)
{
    const size_t group = i / BITPACK_GROUP, at = i % BITPACK_GROUP, count = ints_group_count(ints, group);
    if (ints->form == FORM_CONSTANT) {
        return (int64_t)ints->base;
    }
    if (ints->form == FORM_STEPS) {
        int64_t values[BITPACK_GROUP];
        ints_group_i64(ints, group, values);
        return values[at];
    }
    const unsigned width = ints->widths[group];
    const uint8_t *in = ints->packed + ints->offsets[group];
    uint64_t code = bitpack_value(in, count, width < HALF_BITS ? width : HALF_BITS, at);
    if (width > HALF_BITS) {
        code |= (uint64_t)bitpack_value(in + packed_bytes(count, HALF_BITS), count, width - HALF_BITS, at) << HALF_BITS;
    }
    return (int64_t)(group_base(ints, group) + code * ints->unit);
}

/* A constant count lets the compiler make vectors of the loops below for all groups but the last. */
static inline __attribute__((always_inline)) void units_add(uint32_t *out, size_t count, uint32_t base, uint32_t unit)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = base + out[i] * unit;
    }
}

static inline __attribute__((always_inline)) void steps_add(uint32_t *out, size_t count, uint32_t base, uint32_t step)
{
    for (size_t i = 0; i < count; i++) {
        out[i] += base + (uint32_t)i * step;
    }
}

static void half_unpack_sum(const uint8_t *in, size_t count, unsigned width, uint32_t *out)
{
    if (count == BITPACK_GROUP) {
        bitpack_codec()->unpack_sum(in, width, 0, out);
    } else {
        bitpack_tail_unpack_sum(in, count, width, 0, out);
    }
}

/* Modulo 2^32 the low halves of base, codes, unit and step are enough. */
void ints_group_u32(const struct ints *ints, size_t group, uint32_t *out)
{
    const size_t count = ints_group_count(ints, group);
    if (ints->form == FORM_CONSTANT) {
        for (size_t i = 0; i < count; i++) {
            out[i] = (uint32_t)ints->base;
        }
        return;
    }
    const unsigned width = ints->widths[group] < HALF_BITS ? ints->widths[group] : HALF_BITS;
    const uint8_t *in = ints->packed + ints->offsets[group];
    const uint32_t base = (uint32_t)group_base(ints, group);
    if (ints->form == FORM_STEPS) {
        half_unpack_sum(in, count, width, out);
        const uint32_t without_first = base - out[0]; /* the code of the first counts for nothing */
        count == BITPACK_GROUP ? steps_add(out, BITPACK_GROUP, without_first, (uint32_t)ints->step)
                               : steps_add(out, count, without_first, (uint32_t)ints->step);
    } else if (ints->unit == 1) {
        half_unpack(in, count, width, base, out);
    } else {
        half_unpack(in, count, width, 0, out);
        count == BITPACK_GROUP ? units_add(out, BITPACK_GROUP, base, (uint32_t)ints->unit)
                               : units_add(out, count, base, (uint32_t)ints->unit);
    }
}

/* ---- arrays ---- */
bool ints_array_encode(struct buffer *out, const int64_t *values, size_t count, struct error *err)
{
    TRY(buffer_append_varint(out, count, err));
    for (size_t first = 0; first < count; first += INTS_RUN) {
        TRY(ints_encode(out, values + first, count - first < INTS_RUN ? count - first : INTS_RUN, false, err));
    }
    return true;
}

bool ints_array_encode_u32(struct buffer *out, const uint32_t *values, size_t count, struct error *err)
{
    int64_t run[INTS_RUN];
    TRY(buffer_append_varint(out, count, err));
    for (size_t first = 0; first < count; first += INTS_RUN) {
        size_t length = count - first < INTS_RUN ? count - first : INTS_RUN;
        for (size_t i = 0; i < length; i++) {
            run[i] = values[first + i];
        }
        TRY(ints_encode(out, run, length, false, err));
    }
    return true;
}

static bool array_count_read(struct cursor *cursor, size_t minimum, size_t maximum, size_t *out_count, struct error *err)
{
    uint64_t count = 0;
    TRY(cursor_varint(cursor, &count, err));
    const size_t runs = (cursor->length - cursor->position) / RUN_BYTES_MIN; /* before anything is allocated for them */
    if (count < minimum || count > maximum || count > (uint64_t)runs * INTS_RUN) {
        return corrupt(err);
    }
    *out_count = (size_t)count;
    return true;
}

bool ints_array_decode(struct cursor *cursor, size_t minimum, size_t maximum, struct arena *arena, const int64_t **out_values,
                       size_t *out_count, struct error *err)
{
    size_t count = 0;
    TRY(array_count_read(cursor, minimum, maximum, &count, err));
    int64_t *values = arena_allocate_raw(arena, count + 1, sizeof *values);
    for (size_t first = 0; first < count; first += INTS_RUN) {
        struct ints ints;
        TRY(ints_open(&ints, cursor, count - first < INTS_RUN ? count - first : INTS_RUN, err));
        for (size_t g = 0; g * BITPACK_GROUP < ints.count; g++) {
            ints_group_i64(&ints, g, values + first + g * BITPACK_GROUP);
        }
    }
    *out_values = values;
    *out_count = count;
    return true;
}

bool ints_array_decode_u32(struct cursor *cursor, size_t minimum, size_t maximum, struct arena *arena, const uint32_t **out_values,
                           size_t *out_count, struct error *err)
{
    size_t count = 0;
    TRY(array_count_read(cursor, minimum, maximum, &count, err));
    uint32_t *values = arena_allocate_raw(arena, count + 1, sizeof *values);
    for (size_t first = 0; first < count; first += INTS_RUN) {
        struct ints ints;
        TRY(ints_open(&ints, cursor, count - first < INTS_RUN ? count - first : INTS_RUN, err));
        for (size_t g = 0; g * BITPACK_GROUP < ints.count; g++) {
            ints_group_u32(&ints, g, values + first + g * BITPACK_GROUP);
        }
    }
    *out_values = values;
    *out_count = count;
    return true;
}
