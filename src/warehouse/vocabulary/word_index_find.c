/* SPDX-License-Identifier: EUPL-1.2 */
/* Searching the word index. The words that begin with a query word stand together, and so do their postings: one search in the dictionary
 * gives a range of bytes, which is read front to back into a bitmap of ranks. The bitmaps of all query words are intersected. */
#include "warehouse/vocabulary/word_index.h"
#include "warehouse/vocabulary/words.h"
#include <string.h>

enum {
    DIRECTORY_ENTRY = 16,
    BLOCK_BYTES_MAX = WORD_INDEX_BLOCK * (WORD_BYTES_MAX + 16),
    CHUNK = 1 << 16,
    VARINT_MAX = 10,
    LENGTHS_SIZE = WORD_INDEX_GROUPS * (WORD_INDEX_LENGTHS + 1) * 4,
};

struct index {
    const struct index_bytes *bytes;
    uint64_t numbers[INDEX_NUMBERS];
};

static bool index_open(struct index *index, const struct index_bytes *bytes, struct error *err)
{
    index->bytes = bytes;
    const uint64_t *numbers = index->numbers;
    TRY(index_header_read(bytes, word_index_magic, index->numbers, err));
    uint64_t most = bytes->length;
    if (numbers[WORDS_CONCEPTS] >= UINT32_MAX || (numbers[WORDS_ID_BYTES] != 4 && numbers[WORDS_ID_BYTES] != 8) ||
        numbers[WORDS_CONCEPTS] * numbers[WORDS_ID_BYTES] > most || numbers[WORDS_BLOCKS] > most / DIRECTORY_ENTRY ||
        numbers[WORDS_POSTINGS] > numbers[WORDS_DICTIONARY] || numbers[WORDS_DICTIONARY] > numbers[WORDS_DIRECTORY] ||
        numbers[WORDS_DIRECTORY] > most) {
        return index_corrupt(err, "its parts have no sensible sizes");
    }
    return true;
}

/* One block of the dictionary, word after word. */
struct block {
    uint8_t data[BLOCK_BYTES_MAX];
    struct cursor cursor;
    char word[WORD_BYTES_MAX];
    size_t length;
    uint64_t postings, postings_next; /* where those of the word begin and end, in the postings */
};

static bool block_read(const struct index *index, uint64_t number, struct block *block, struct error *err)
{
    uint8_t entries[2 * DIRECTORY_ENTRY];
    TRY(index_bytes_read(index->bytes, index->numbers[WORDS_DIRECTORY] + number * DIRECTORY_ENTRY, entries, sizeof(entries), err));
    uint64_t first = u64_at(entries), last = u64_at(entries + DIRECTORY_ENTRY);
    if (first > last || last - first > sizeof(block->data)) {
        return index_corrupt(err, "a block of words has no sensible size");
    }
    block->cursor = (struct cursor){.data = block->data, .length = (size_t)(last - first)};
    block->length = 0;
    block->postings = block->postings_next = u64_at(entries + 8);
    return index_bytes_read(index->bytes, index->numbers[WORDS_DICTIONARY] + first, block->data, block->cursor.length, err);
}

/* False in *out_more at the block's end; then postings is where the next block's begin. */
static bool block_next(struct block *block, bool *out_more, struct error *err)
{
    block->postings = block->postings_next;
    *out_more = block->cursor.position < block->cursor.length;
    if (!*out_more) {
        return true;
    }
    uint64_t shared = 0, own = 0, posting_bytes = 0;
    const uint8_t *bytes = NULL;
    TRY(cursor_varint(&block->cursor, &shared, err));
    TRY(cursor_varint(&block->cursor, &own, err));
    if (shared > block->length || own > WORD_BYTES_MAX - shared) {
        return index_corrupt(err, "a word has no sensible length");
    }
    TRY(cursor_bytes(&block->cursor, (size_t)own, &bytes, err));
    TRY(cursor_varint(&block->cursor, &posting_bytes, err));
    memcpy(block->word + shared, bytes, (size_t)own);
    block->length = (size_t)(shared + own);
    block->postings_next = block->postings + posting_bytes;
    return true;
}

/* Whether the block's word comes before what is sought: before every word that begins with prefix, or (behind) before every word that
 * comes after those. */
static bool is_before(const struct block *block, struct text prefix, bool behind)
{
    size_t common = block->length < prefix.length ? block->length : prefix.length;
    int order = memcmp(block->word, prefix.data, common);
    return order < 0 || (order == 0 && (block->length < prefix.length || behind));
}

/* Where the postings begin of the first word that is not before. */
static bool postings_seek(const struct index *index, struct text prefix, bool behind, struct block *block, uint64_t *out_place,
                          struct error *err)
{
    uint64_t low = 0, high = index->numbers[WORDS_BLOCKS];
    bool more = false;
    while (low < high) { /* the first block whose first word is not before */
        uint64_t middle = low + (high - low) / 2;
        TRY(block_read(index, middle, block, err));
        TRY(block_next(block, &more, err));
        if (more && is_before(block, prefix, behind)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *out_place = 0;
    if (low == 0) {
        return true;
    }
    TRY(block_read(index, low - 1, block, err));
    do {
        TRY(block_next(block, &more, err));
    } while (more && is_before(block, prefix, behind));
    *out_place = block->postings;
    return true;
}

/* Reads varints of a range of the index through a window. */
struct stream {
    const struct index *index;
    uint64_t next, end; /* in the index */
    uint8_t *window;
    struct cursor cursor;
};

/* At least VARINT_MAX bytes in the window, or all that are left. */
static bool stream_fill(struct stream *stream, struct error *err)
{
    struct cursor *cursor = &stream->cursor;
    size_t left = cursor->length - cursor->position;
    if (left >= VARINT_MAX || stream->next == stream->end) {
        return true;
    }
    memmove(stream->window, stream->window + cursor->position, left);
    uint64_t rest = stream->end - stream->next;
    size_t more = rest < CHUNK - left ? (size_t)rest : CHUNK - left;
    TRY(index_bytes_read(stream->index->bytes, stream->next, stream->window + left, more, err));
    stream->next += more;
    *cursor = (struct cursor){.data = stream->window, .length = left + more};
    return true;
}

static bool stream_is_at_end(const struct stream *stream)
{
    return stream->next == stream->end && stream->cursor.position == stream->cursor.length;
}

/* Marks the steps that are whole in the window, at most `count`; gives how many. Steps of one and two bytes, nearly all, are read here. */
static uint64_t window_mark(struct cursor *cursor, uint64_t count, uint64_t concepts, uint64_t *rank, uint64_t *bitmap)
{
    const uint8_t *data = cursor->data;
    size_t at = cursor->position;
    uint64_t done = 0, last = *rank;
    while (done < count && at + 1 < cursor->length && (data[at] < 0x80 || data[at + 1] < 0x80)) {
        bool is_short = data[at] < 0x80;
        uint64_t next = last + (is_short ? data[at] : (data[at] & 0x7FU) | (uint64_t)data[at + 1] << 7);
        if (next >= concepts) {
            break; /* the slow way finds out, and says so */
        }
        last = next;
        bitmap[last / 64] |= UINT64_C(1) << (last % 64);
        at += is_short ? 1 : 2;
        done++;
    }
    cursor->position = at;
    *rank = last;
    return done;
}

/* One posting list. */
static bool list_mark(struct stream *stream, uint64_t concepts, uint64_t *bitmap, struct error *err)
{
    uint64_t count = 0, rank = 0, step = 0;
    TRY(stream_fill(stream, err));
    TRY(cursor_varint(&stream->cursor, &count, err));
    while (count > 0) {
        TRY(stream_fill(stream, err));
        count -= window_mark(&stream->cursor, count, concepts, &rank, bitmap);
        if (count == 0) {
            break;
        }
        TRY(stream_fill(stream, err));
        TRY(cursor_varint(&stream->cursor, &step, err));
        rank += step;
        if (step > UINT32_MAX || rank >= concepts) {
            return index_corrupt(err, "a posting names no concept");
        }
        bitmap[rank / 64] |= UINT64_C(1) << (rank % 64);
        count--;
    }
    return true;
}

static bool postings_mark(const struct index *index, uint64_t first, uint64_t last, uint64_t *bitmap, struct arena *scratch,
                          struct error *err)
{
    uint64_t base = index->numbers[WORDS_POSTINGS], room = index->numbers[WORDS_DICTIONARY] - base;
    if (first > last || last > room) {
        return index_corrupt(err, "postings lie outside their part");
    }
    struct stream stream = {.index = index, .next = base + first, .end = base + last, .window = arena_allocate_raw(scratch, CHUNK, 1)};
    stream.cursor = (struct cursor){.data = stream.window};
    while (!stream_is_at_end(&stream)) {
        TRY(list_mark(&stream, index->numbers[WORDS_CONCEPTS], bitmap, err));
    }
    return true;
}

/* Ranks whose names have, for every query word, a word that begins with it; *out_bitmap NULL when the query has no word. */
static bool ranks_match(const struct index *index, struct text query, struct arena *scratch, uint64_t **out_bitmap, struct error *err)
{
    size_t slots = (size_t)index->numbers[WORDS_CONCEPTS] / 64 + 1;
    struct block *block = ARENA_NEW(scratch, struct block);
    char word[WORD_BYTES_MAX];
    uint64_t *all = NULL;
    int words = 0;
    for (size_t length = words_next(&query, word); length > 0; length = words_next(&query, word)) {
        struct text prefix = {word, length};
        uint64_t first = 0, last = 0;
        if (++words > WORD_QUERY_MAX) {
            FAIL(err, INVALID_ARGUMENT, "a search has at most %d words", WORD_QUERY_MAX);
            return error_hint(err, "leave out the words that say least");
        }
        TRY(postings_seek(index, prefix, false, block, &first, err));
        TRY(postings_seek(index, prefix, true, block, &last, err));
        uint64_t *bitmap = ARENA_ARRAY(scratch, uint64_t, slots);
        TRY(postings_mark(index, first, last, bitmap, scratch, err));
        for (size_t i = 0; all && i < slots; i++) {
            bitmap[i] &= all[i];
        }
        all = bitmap;
    }
    *out_bitmap = all;
    return true;
}

struct taken {
    int64_t *ids;
    size_t count;
};

/* Appends the concept ids of the first ranks set in [first, last), at most `limit` of them. */
static bool ranks_take(const struct index *index, const uint64_t *bitmap, uint64_t first, uint64_t last, size_t limit, struct taken *taken,
                       struct error *err)
{
    uint64_t width = index->numbers[WORDS_ID_BYTES], base = INDEX_HEADER_SIZE + LENGTHS_SIZE;
    for (uint64_t rank = first; rank < last && limit > 0;) {
        uint64_t rest = bitmap[rank / 64] >> (rank % 64);
        if (rest == 0) {
            rank = (rank / 64 + 1) * 64;
            continue;
        }
        rank += (uint64_t)__builtin_ctzll(rest);
        if (rank >= last) {
            break;
        }
        uint8_t id[8] = {0};
        TRY(index_bytes_read(index->bytes, base + rank * width, id, (size_t)width, err));
        taken->ids[taken->count++] = (int64_t)u64_at(id);
        limit--;
        rank++;
    }
    return true;
}

/* Names as long as the query, in both groups. */
static bool candidates_take(const struct index *index, const uint64_t *bitmap, size_t query_length, size_t limit, struct taken *taken,
                            struct error *err)
{
    if (query_length >= WORD_INDEX_LENGTHS) {
        return true;
    }
    for (uint64_t group = 0; group < WORD_INDEX_GROUPS; group++) {
        uint8_t ends[8];
        uint64_t place = INDEX_HEADER_SIZE + 4 * (group * (WORD_INDEX_LENGTHS + 1) + query_length);
        TRY(index_bytes_read(index->bytes, place, ends, sizeof(ends), err));
        uint64_t both = u64_at(ends), first = both & UINT32_MAX, last = both >> 32;
        if (first > last || last > index->numbers[WORDS_CONCEPTS]) {
            return index_corrupt(err, "the ranks of a length lie outside");
        }
        TRY(ranks_take(index, bitmap, first, last, limit, taken, err));
    }
    return true;
}

bool word_index_find(const struct index_bytes *bytes, struct text query, size_t limit, struct arena *result,
                     struct word_matches *out_matches, struct error *err)
{
    struct index index;
    struct taken candidates = {0}, best = {0};
    uint64_t *bitmap = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    if (bytes->length > 0) {
        TRY(index_open(&index, bytes, err));
        TRY(ranks_match(&index, query, scratch, &bitmap, err));
    }
    if (bitmap) {
        candidates.ids = ARENA_ARRAY(result, int64_t, WORD_INDEX_GROUPS * limit);
        best.ids = ARENA_ARRAY(result, int64_t, limit);
        TRY(candidates_take(&index, bitmap, words_folded_length(query), limit, &candidates, err));
        TRY(ranks_take(&index, bitmap, 0, index.numbers[WORDS_CONCEPTS], limit, &best, err));
    }
    *out_matches = (struct word_matches){candidates.ids, best.ids, candidates.count, best.count};
    return true;
}
