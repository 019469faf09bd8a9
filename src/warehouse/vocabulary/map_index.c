/* SPDX-License-Identifier: EUPL-1.2 */
/* header | directory: (first target, start of the block) for each block, and (0, end) | blocks of 256 pairs (target step, source)
 * Numbers of the header: count of pairs, count of blocks. Pairs ascend by target, then source. */
#include "warehouse/vocabulary/map_index.h"
#include "warehouse/vocabulary/pairs.h"

static const char magic[8] = {'e', 'm', 'c', '2', 'm', 'a', 'p', 's'};
enum { BLOCK_PAIRS = 256, PAIR_BYTES_MAX = 20, ENTRY_SIZE = 16 };

static struct pair *sorted(const struct map_pair *pairs, size_t count, struct arena *scratch)
{
    struct pair *items = arena_allocate_raw(scratch, count, sizeof(*items)), *spare = arena_allocate_raw(scratch, count, sizeof(*spare));
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct pair){(uint64_t)pairs[i].source ^ (UINT64_C(1) << 63), (uint64_t)pairs[i].target};
    }
    pairs_sort(items, spare, count);
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct pair){items[i].value ^ (UINT64_C(1) << 63), items[i].key ^ (UINT64_C(1) << 63)};
    }
    pairs_sort(items, spare, count);
    return items;
}

static int64_t target_of(const struct pair *pair)
{
    return (int64_t)(pair->key ^ (UINT64_C(1) << 63));
}

bool map_index_build(const struct map_pair *pairs, size_t count, struct arena *scratch, struct buffer *out, struct error *err)
{
    const struct pair *items = sorted(pairs, count, scratch);
    size_t blocks = (count + BLOCK_PAIRS - 1) / BLOCK_PAIRS;
    struct buffer body = {.maximum = out->maximum};
    bool done = index_header_write(out, magic, (const uint64_t[INDEX_NUMBERS]){count, blocks}, err);
    int64_t target = 0;
    for (size_t i = 0; i < count && done; i++) {
        if (i % BLOCK_PAIRS == 0) {
            target = target_of(&items[i]);
            done = buffer_append_u64(out, (uint64_t)target, err) && buffer_append_u64(out, body.length, err);
        }
        done = done && buffer_append_varint(&body, (uint64_t)target_of(&items[i]) - (uint64_t)target, err) &&
               buffer_append_varint(&body, zigzag((int64_t)items[i].value), err);
        target = target_of(&items[i]);
    }
    done = done && buffer_append_u64(out, 0, err) && buffer_append_u64(out, body.length, err) &&
           (body.length == 0 || buffer_append(out, body.data, body.length, err));
    buffer_finish(&body);
    return done;
}

enum { WINDOW = 256 };

/* One block at a time, decoded, and a window of the directory. */
struct reader {
    const struct index_bytes *bytes;
    uint64_t blocks, block; /* block == blocks: none is decoded */
    uint64_t window_first, window_count;
    size_t count;
    struct map_pair pairs[BLOCK_PAIRS];
    uint8_t window[WINDOW * ENTRY_SIZE];
};

/* The directory's entry of a block (or the one behind the last). */
static bool entry_read(struct reader *reader, uint64_t block, const uint8_t **out_entry, struct error *err)
{
    if (block < reader->window_first || block - reader->window_first >= reader->window_count) {
        uint64_t first = block - block % (WINDOW / 2), rest = reader->blocks + 1 - first; /* so that the next one is mostly there, too */
        reader->window_count = 0;
        TRY(index_bytes_read(reader->bytes, INDEX_HEADER_SIZE + first * ENTRY_SIZE, reader->window,
                             (size_t)(rest < WINDOW ? rest : WINDOW) * ENTRY_SIZE, err));
        reader->window_first = first;
        reader->window_count = rest < WINDOW ? rest : WINDOW;
    }
    *out_entry = reader->window + (block - reader->window_first) * ENTRY_SIZE;
    return true;
}

static bool block_read(struct reader *reader, uint64_t block, struct error *err)
{
    uint8_t data[BLOCK_PAIRS * PAIR_BYTES_MAX];
    const uint8_t *entry = NULL;
    TRY(entry_read(reader, block, &entry, err));
    uint64_t target = u64_at(entry), first = u64_at(entry + 8);
    TRY(entry_read(reader, block + 1, &entry, err));
    uint64_t last = u64_at(entry + 8);
    if (first > last || last - first > sizeof(data)) {
        return index_corrupt(err, "a block has no sensible size");
    }
    struct cursor cursor = {.data = data, .length = (size_t)(last - first)};
    TRY(index_bytes_read(reader->bytes, INDEX_HEADER_SIZE + (reader->blocks + 1) * ENTRY_SIZE + first, data, cursor.length, err));
    reader->count = 0;
    reader->block = block;
    while (cursor.position < cursor.length) {
        uint64_t step = 0, source = 0;
        TRY(cursor_varint(&cursor, &step, err));
        TRY(cursor_varint(&cursor, &source, err));
        if (reader->count == BLOCK_PAIRS) {
            return index_corrupt(err, "a block has too many pairs");
        }
        target += step;
        reader->pairs[reader->count++] = (struct map_pair){(int64_t)target, unzigzag(source)};
    }
    return true;
}

static bool begins_before(struct reader *reader, uint64_t block, int64_t target, bool *out_before, struct error *err)
{
    const uint8_t *entry = NULL;
    TRY(entry_read(reader, block, &entry, err));
    *out_before = (int64_t)u64_at(entry) < target;
    return true;
}

/* The last block that begins before `target`, or the first: the target's pairs begin there or right after it. From the block at hand
 * first in steps that double, since targets come in ascending order. */
static bool block_seek(struct reader *reader, int64_t target, uint64_t *out_block, struct error *err)
{
    uint64_t low = 0, high = reader->blocks, step = 1;
    bool before = reader->block < reader->blocks;
    if (before) {
        TRY(begins_before(reader, reader->block, target, &before, err));
    }
    for (uint64_t at = reader->block; before; step *= 2) {
        low = at + 1;
        at = step < reader->blocks - at ? at + step : reader->blocks;
        before = false;
        if (at < reader->blocks) {
            TRY(begins_before(reader, at, target, &before, err));
        }
        high = at;
    }
    while (low < high) { /* the first block that does not begin before */
        uint64_t middle = low + (high - low) / 2;
        TRY(begins_before(reader, middle, target, &before, err));
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    *out_block = low > 0 ? low - 1 : 0;
    return true;
}

/* Whether the block at hand can hold the first pair of target, so that no search is needed. */
static bool is_at_hand(const struct reader *reader, int64_t target)
{
    return reader->block < reader->blocks && reader->count > 0 && reader->pairs[0].target < target &&
           reader->pairs[reader->count - 1].target >= target;
}

static bool target_find(struct reader *reader, int64_t target, struct id_list *out, struct error *err)
{
    uint64_t block = reader->block;
    if (!is_at_hand(reader, target)) {
        TRY(block_seek(reader, target, &block, err));
    }
    for (; block < reader->blocks; block++) {
        if (block != reader->block) {
            TRY(block_read(reader, block, err));
        }
        for (size_t i = 0; i < reader->count; i++) {
            if (reader->pairs[i].target == target) {
                TRY(id_list_append(out, reader->pairs[i].source, err));
            }
        }
        if (reader->count > 0 && reader->pairs[reader->count - 1].target > target) {
            break;
        }
    }
    return true;
}

bool map_index_find(const struct index_bytes *bytes, const int64_t *targets, size_t count, struct id_list *out, struct error *err)
{
    if (bytes->length == 0) {
        return true;
    }
    uint64_t numbers[INDEX_NUMBERS];
    TRY(index_header_read(bytes, magic, numbers, err));
    if (numbers[1] > bytes->length / ENTRY_SIZE) {
        return index_corrupt(err, "it has more blocks than bytes");
    }
    struct reader reader;
    reader.bytes = bytes;
    reader.blocks = reader.block = numbers[1];
    reader.window_first = reader.window_count = reader.count = 0;
    for (size_t i = 0; i < count; i++) {
        TRY(target_find(&reader, targets[i], out, err));
    }
    return true;
}
