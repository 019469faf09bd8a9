/* SPDX-License-Identifier: EUPL-1.2 */
/* Two groups of pieces: the threads work on one while the calling thread merges and fills the other. */
#include "intake/fhir/lines.h"
#include "base/buffer.h"
#include "base/csv_source.h"
#include "base/json.h"
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 1 << 20, PIECES_OF_A_THREAD = 2 };

struct slot {
    struct lines_piece piece;
    struct buffer bytes;
    bool broken; /* behind its lines, the file is */
    uint64_t broken_line;
    char words[160];
};
struct group {
    struct slot *slots;
    unsigned count; /* filled */
    const struct lines_work *work;
};
struct reading {
    const struct lines_work *work;
    size_t file;               /* the next one to open */
    struct csv_source *source; /* NULL: between files */
    struct buffer carry;       /* begin of a line that the last piece did not end */
    uint64_t line;
    unsigned size; /* slots of a group */
    struct group groups[2];
};

unsigned lines_workers(const struct task_pool *pool)
{
    return pool ? task_pool_threads(pool) : 1;
}

unsigned lines_slots(const struct task_pool *pool)
{
    return pool ? 2 * PIECES_OF_A_THREAD * task_pool_threads(pool) : 2;
}

/* ---- filling ---- */
static bool open_next(struct reading *reading, struct slot *slot, struct error *err)
{
    const struct lines_file *file = &reading->work->files[reading->file++];
    slot->piece.file = file;
    reading->line = 1;
    buffer_clear(&reading->carry);
    return csv_source_open_file(&reading->source, file->path, err);
}

static void end_file(struct reading *reading)
{
    progress_add(reading->work->progress, reading->work->files[reading->file - 1].bytes);
    csv_source_close(reading->source);
    reading->source = NULL;
}

static void break_off(struct reading *reading, struct slot *slot, uint64_t line, const char *words)
{
    slot->broken = true;
    slot->broken_line = line;
    (void)text_copy(slot->words, sizeof slot->words, text_of(words));
    buffer_clear(&reading->carry);
    end_file(reading);
}

static uint64_t count_lines(const char *bytes, size_t length)
{
    uint64_t count = 0;
    for (const char *at = bytes, *end = bytes + length; at < end; count++) {
        const char *found = memchr(at, '\n', (size_t)(end - at));
        if (!found) {
            break;
        }
        at = found + 1;
    }
    return count;
}

/* What is behind the last line end goes into the carry. */
static bool cut(struct reading *reading, struct slot *slot, size_t lines_length, struct error *err)
{
    buffer_clear(&reading->carry);
    TRY(buffer_append(&reading->carry, slot->bytes.data + lines_length, slot->bytes.length - lines_length, err));
    slot->bytes.length = lines_length;
    slot->piece.bytes = (const char *)slot->bytes.data;
    slot->piece.length = lines_length;
    slot->piece.line = reading->line;
    reading->line += count_lines(slot->piece.bytes, lines_length);
    return true;
}

static size_t length_of_lines(const struct slot *slot)
{
    if (slot->bytes.length == 0) {
        return 0;
    }
    const uint8_t *found = memrchr(slot->bytes.data, '\n', slot->bytes.length);
    return found ? (size_t)(found - slot->bytes.data) + 1 : 0;
}

/* A line of more than the limit that no piece holds whole. */
static bool is_too_long(const struct reading *reading, const struct slot *slot)
{
    return slot->bytes.length - length_of_lines(slot) > reading->work->line_bytes_max;
}

/* Reads on until the slot has enough, or the file ends or breaks. */
static bool fill_from_file(struct reading *reading, struct slot *slot, struct error *err)
{
    struct error reason;
    while (slot->bytes.length < PIECE_BYTES || length_of_lines(slot) == 0) {
        size_t got = 0;
        TRY(buffer_reserve(&slot->bytes, PIECE_BYTES + JSON_PADDING, err));
        if (!csv_source_read(reading->source, slot->bytes.data + slot->bytes.length, PIECE_BYTES, &got, &reason)) {
            TRY(reason.code == ERROR_INVALID_INPUT || (*err = reason, false));
            TRY(cut(reading, slot, length_of_lines(slot), err));
            break_off(reading, slot, reading->line, reason.message);
            return true;
        }
        if (got == 0) {
            TRY(cut(reading, slot, slot->bytes.length, err));
            end_file(reading);
            return true;
        }
        slot->bytes.length += got;
        if (is_too_long(reading, slot)) {
            TRY(cut(reading, slot, length_of_lines(slot), err));
            break_off(reading, slot, reading->line, "the line is longer than the setting json_bytes_max allows");
            return true;
        }
    }
    return cut(reading, slot, length_of_lines(slot), err);
}

static bool fill(struct reading *reading, struct slot *slot, bool *out_filled, struct error *err)
{
    *out_filled = false;
    while (!*out_filled && (reading->source || reading->file < reading->work->file_count)) {
        TRY(task_check(err));
        slot->broken = false;
        buffer_clear(&slot->bytes);
        if (!reading->source) {
            TRY(open_next(reading, slot, err));
        }
        slot->piece.file = &reading->work->files[reading->file - 1];
        TRY(buffer_append(&slot->bytes, reading->carry.data, reading->carry.length, err));
        TRY(fill_from_file(reading, slot, err));
        *out_filled = slot->piece.length > 0 || slot->broken;
    }
    return true;
}

static bool fill_group(struct reading *reading, struct group *group, struct error *err)
{
    bool filled = true;
    group->count = 0;
    while (filled && group->count < reading->size) {
        TRY(fill(reading, &group->slots[group->count], &filled, err));
        group->count += filled;
    }
    return true;
}

/* ---- working ---- */
static bool run_slot(void *context, size_t index, unsigned worker, struct error *err)
{
    const struct group *group = context;
    const struct slot *slot = &group->slots[index];
    return slot->piece.length == 0 || group->work->run(group->work->context, &slot->piece, worker, err);
}

static bool merge_group(const struct group *group, struct error *err)
{
    const struct lines_work *work = group->work;
    for (unsigned i = 0; i < group->count; i++) {
        const struct slot *slot = &group->slots[i];
        TRY(slot->piece.length == 0 || work->merge(work->context, &slot->piece, err));
        TRY(!slot->broken || work->broken(work->context, slot->piece.file, slot->broken_line, slot->words, err));
    }
    return true;
}

static bool run_alone(struct reading *reading, struct error *err)
{
    struct group *group = &reading->groups[0];
    TRY(fill_group(reading, group, err));
    while (group->count) {
        TRY(run_slot(group, 0, 0, err) && merge_group(group, err));
        TRY(fill_group(reading, group, err));
    }
    return true;
}

static bool run_together(struct reading *reading, struct error *err)
{
    struct error second;
    struct group *now = &reading->groups[0], *other = &reading->groups[1];
    TRY(fill_group(reading, now, err));
    while (now->count) {
        const struct task_set set = {.count = now->count, .run = run_slot, .context = now};
        task_pool_start(reading->work->pool, &set);
        const bool done = merge_group(other, err) && fill_group(reading, other, err);
        TRY(task_pool_wait(reading->work->pool, done ? err : &second) && done);
        struct group *merged_next = now;
        now = other;
        other = merged_next;
    }
    return merge_group(other, err);
}

static void slots_init(struct reading *reading, struct slot *slots)
{
    for (unsigned i = 0; i < 2 * reading->size; i++) {
        slots[i].piece.slot = i;
        slots[i].bytes.maximum = reading->work->line_bytes_max + 4 * PIECE_BYTES;
    }
    for (unsigned i = 0; i < 2; i++) {
        reading->groups[i] = (struct group){.slots = slots + i * reading->size, .work = reading->work};
    }
}

bool lines_run(const struct lines_work *work, struct error *err)
{
    const unsigned count = lines_slots(work->pool);
    struct slot *slots = calloc(count, sizeof *slots);
    if (!slots) {
        return FAIL(err, LIMIT, "the system has no memory to read files in pieces");
    }
    struct reading reading = {.work = work, .size = count / 2, .carry.maximum = work->line_bytes_max + 4 * PIECE_BYTES};
    slots_init(&reading, slots);
    const bool done = work->pool ? run_together(&reading, err) : run_alone(&reading, err);
    csv_source_close(reading.source);
    buffer_finish(&reading.carry);
    for (unsigned i = 0; i < count; i++) {
        buffer_finish(&slots[i].bytes);
    }
    free(slots);
    return done;
}
