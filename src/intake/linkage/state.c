/* SPDX-License-Identifier: EUPL-1.2 */
/* state: what goes from run to run, as bytes. Rows are written as differences in their order, so most of them take a few bytes. */
#include "intake/linkage/linkage_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_VERSION = 1 };
static const uint8_t state_magic[8] = {'E', 'M', 'C', '2', 'L', 'N', 'K', '\n'};

bool linkage_state_create(struct linkage_state **out_state, struct error *err)
{
    struct linkage_state *state = calloc(1, sizeof *state);
    if (!state) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    state->next_person = 1;
    *out_state = state;
    return true;
}

void linkage_state_destroy(struct linkage_state *state)
{
    if (state) {
        free(state->rows);
        free(state);
    }
}

size_t linkage_state_entries(const struct linkage_state *state)
{
    return state->count;
}

uint32_t linkage_state_next_person(const struct linkage_state *state)
{
    return state->next_person;
}

static bool row_is_before(const struct state_row *row, uint32_t holder, int64_t subject)
{
    return row->holder < holder || (row->holder == holder && row->subject < subject);
}

uint32_t linkage_state_person(const struct linkage_state *state, uint32_t holder, int64_t subject)
{
    size_t low = 0, high = state->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (row_is_before(&state->rows[middle], holder, subject)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool found = low < state->count && state->rows[low].holder == holder && state->rows[low].subject == subject;
    return found ? state->rows[low].person : 0;
}

static bool double_write(struct buffer *out, double value, struct error *err)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return buffer_append_u64(out, bits, err);
}

static bool weights_write(const struct linkage_state *state, struct buffer *out, struct error *err)
{
    TRY(buffer_append_u32(out, state->has_weights ? FIELD_COUNT : 0, err));
    if (!state->has_weights) {
        return true;
    }
    TRY(double_write(out, state->weights.prior, err));
    TRY(double_write(out, state->prior_within, err));
    TRY(buffer_append_u64(out, state->weights_pairs, err));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct weights_field *field = &state->weights.fields[i];
        TRY(buffer_append_u32(out, field->levels, err));
        for (unsigned level = 1; level < field->levels; level++) {
            TRY(double_write(out, field->m[level], err));
            TRY(double_write(out, field->u[level], err));
        }
    }
    return true;
}

bool linkage_state_write(const struct linkage_state *state, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, state_magic, sizeof state_magic, err));
    TRY(buffer_append_u32(out, STATE_VERSION, err));
    TRY(buffer_append_u32(out, state->next_person, err));
    TRY(weights_write(state, out, err));
    TRY(buffer_append_u64(out, state->count, err));
    struct state_row before = {0};
    for (size_t i = 0; i < state->count; i++) {
        const struct state_row *row = &state->rows[i];
        const bool same = i > 0 && row->holder == before.holder;
        TRY(buffer_append_varint(out, row->holder - before.holder, err));
        TRY(buffer_append_varint(out, same ? (uint64_t)row->subject - (uint64_t)before.subject : (uint64_t)row->subject, err));
        TRY(buffer_append_varint(out, row->person, err));
        before = *row;
    }
    return true;
}

static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "the state of linkage is not what was written");
}

static bool probability_read(struct cursor *cursor, double *out_value, struct error *err)
{
    uint64_t bits;
    double value;
    TRY(cursor_u64(cursor, &bits, err));
    memcpy(&value, &bits, sizeof value);
    if (!(value > 0 && value <= 1)) { /* false for NaN, too */
        return corrupt(err);
    }
    *out_value = value;
    return true;
}

static bool weights_read(struct cursor *cursor, struct linkage_state *state, struct error *err)
{
    uint32_t fields, levels;
    TRY(cursor_u32(cursor, &fields, err));
    comparison_model(&state->weights);
    state->has_weights = fields > 0;
    if (!state->has_weights) {
        return true;
    }
    if (fields != FIELD_COUNT) {
        return corrupt(err);
    }
    TRY(probability_read(cursor, &state->weights.prior, err));
    TRY(probability_read(cursor, &state->prior_within, err));
    TRY(cursor_u64(cursor, &state->weights_pairs, err));
    if (state->weights.prior >= 1 || state->prior_within >= 1) {
        return corrupt(err);
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct weights_field *field = &state->weights.fields[i];
        TRY(cursor_u32(cursor, &levels, err));
        if (levels != field->levels) {
            return corrupt(err);
        }
        for (unsigned level = 1; level < levels; level++) {
            TRY(probability_read(cursor, &field->m[level], err));
            TRY(probability_read(cursor, &field->u[level], err));
        }
    }
    return true;
}

static bool row_read(struct cursor *cursor, const struct state_row *before, uint32_t next_person, struct state_row *out_row,
                     struct error *err)
{
    uint64_t holder, subject, person;
    TRY(cursor_varint(cursor, &holder, err));
    TRY(cursor_varint(cursor, &subject, err));
    TRY(cursor_varint(cursor, &person, err));
    const bool is_first = before == NULL, same = !is_first && holder == 0;
    const uint64_t holder_before = is_first ? 0 : before->holder;
    if (holder > UINT32_MAX - holder_before || person == 0 || person >= next_person) {
        return corrupt(err);
    }
    if (same) {
        if (subject == 0 || subject > (uint64_t)INT64_MAX - (uint64_t)before->subject) { /* subjects are positive */
            return corrupt(err);
        }
        subject += (uint64_t)before->subject;
    }
    if (subject == 0 || subject > INT64_MAX) {
        return corrupt(err);
    }
    *out_row = (struct state_row){(int64_t)subject, (uint32_t)(holder_before + holder), (uint32_t)person};
    return true;
}

static bool rows_read(struct cursor *cursor, struct linkage_state *state, struct error *err)
{
    uint64_t count;
    TRY(cursor_u64(cursor, &count, err));
    if (count > (cursor->length - cursor->position) / 3) { /* three bytes a row at least */
        return corrupt(err);
    }
    state->rows = malloc((count + 1) * sizeof *state->rows);
    if (!state->rows) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    for (; state->count < count; state->count++) {
        const struct state_row *before = state->count ? &state->rows[state->count - 1] : NULL;
        TRY(row_read(cursor, before, state->next_person, &state->rows[state->count], err));
    }
    return cursor->position == cursor->length ? true : corrupt(err);
}

bool linkage_state_read(struct linkage_state **out_state, const void *bytes, size_t length, struct error *err)
{
    struct cursor cursor = {bytes, length, 0};
    CLEANUP(linkage_state) struct linkage_state *state = NULL;
    const uint8_t *magic;
    uint32_t version;
    TRY(linkage_state_create(&state, err));
    TRY(cursor_bytes(&cursor, sizeof state_magic, &magic, err));
    TRY(cursor_u32(&cursor, &version, err));
    if (memcmp(magic, state_magic, sizeof state_magic) != 0 || version != STATE_VERSION) {
        return corrupt(err);
    }
    TRY(cursor_u32(&cursor, &state->next_person, err));
    if (state->next_person == 0) {
        return corrupt(err);
    }
    TRY(weights_read(&cursor, state, err));
    TRY(rows_read(&cursor, state, err));
    *out_state = state;
    state = NULL;
    return true;
}
