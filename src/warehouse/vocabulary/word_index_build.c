/* SPDX-License-Identifier: EUPL-1.2 */
/* Building the word index: rank the concepts, number the words in the order of their coming while the names are read once in the order of
 * ranks, then sort the words and turn "words of each rank" into "ranks of each word". For 10 M concepts with 7 words each that is about
 * 1 GB for the duration of the load. */
#include "warehouse/vocabulary/pairs.h"
#include "warehouse/vocabulary/word_index.h"
#include "warehouse/vocabulary/words.h"
#include <stdlib.h>
#include <string.h>

const char word_index_magic[8] = {'e', 'm', 'c', '2', 'w', 'o', 'r', 'd'};

struct word {
    const char *bytes;
    uint32_t length, postings; /* how many ranks */
    uint32_t last_rank;        /* the last one counted, so that a word counts once a name */
};
DEFINE_ARRAY(word_list, struct word)
DEFINE_ARRAY(token_list, uint32_t)

enum { SLOTS_FIRST = 1 << 16, NO_RANK = UINT32_MAX };

/* The tag is part of the word's hash, so that most other words are passed without a look at them. */
struct slot {
    uint32_t tag, number; /* number of the word + 1; 0: free */
};

struct building {
    struct arena *scratch;
    struct word_list words;
    struct token_list tokens; /* word numbers of each rank, one after the other */
    struct slot *slots;       /* open addressing */
    size_t slot_count;
    uint32_t *order;         /* of each rank: the concept's position in the input */
    uint16_t *tokens_a_rank; /* how many of `tokens` belong to it */
    uint32_t starts[WORD_INDEX_GROUPS][WORD_INDEX_LENGTHS + 1];
};

static uint64_t hash_of(const char *bytes, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 29;
}

/* The slot where the word is, or the free one where it belongs. */
static struct slot *slot_of(const struct building *build, uint64_t hash, const char *bytes, size_t length)
{
    size_t at = (size_t)hash & (build->slot_count - 1);
    for (;; at = (at + 1) & (build->slot_count - 1)) {
        struct slot *slot = &build->slots[at];
        if (slot->number == 0) {
            return slot;
        }
        const struct word *word = &build->words.items[slot->number - 1];
        if (slot->tag == (uint32_t)(hash >> 32) && word->length == length && memcmp(word->bytes, bytes, length) == 0) {
            return slot;
        }
    }
}

static bool slots_grow(struct building *build, struct error *err)
{
    struct slot *grown = calloc(build->slot_count * 2, sizeof(*grown));
    if (!grown) {
        return FAIL(err, LIMIT, "no memory for the words of the vocabulary");
    }
    free(build->slots);
    build->slots = grown;
    build->slot_count *= 2;
    for (size_t i = 0; i < build->words.count; i++) {
        const struct word *word = &build->words.items[i];
        uint64_t hash = hash_of(word->bytes, word->length);
        *slot_of(build, hash, word->bytes, word->length) = (struct slot){(uint32_t)(hash >> 32), (uint32_t)i + 1};
    }
    return true;
}

static bool word_add(struct building *build, const char *bytes, size_t length, struct error *err)
{
    char *copy = arena_allocate_raw(build->scratch, length, 1);
    memcpy(copy, bytes, length);
    return word_list_append(&build->words, (struct word){.bytes = copy, .length = (uint32_t)length, .last_rank = NO_RANK}, err);
}

static bool word_number(struct building *build, const char *bytes, size_t length, uint32_t *out_number, struct error *err)
{
    uint64_t hash = hash_of(bytes, length);
    struct slot *slot = slot_of(build, hash, bytes, length);
    if (slot->number > 0) {
        *out_number = slot->number - 1;
        return true;
    }
    TRY(word_add(build, bytes, length, err));
    *slot = (struct slot){(uint32_t)(hash >> 32), (uint32_t)build->words.count};
    *out_number = (uint32_t)build->words.count - 1;
    return build->words.count <= build->slot_count / 2 || slots_grow(build, err);
}

static bool is_standard(const struct word_index_input *input, size_t i)
{
    return input->standards && input->standards[i].length == 1 && input->standards[i].data[0] == 'S';
}

/* Sorts by (group, length, id) and notes where each (group, length) begins. */
static void rank_concepts(struct building *build, const struct word_index_input *input)
{
    struct pair *items = arena_allocate_raw(build->scratch, input->count, sizeof(*items));
    struct pair *spare = arena_allocate_raw(build->scratch, input->count, sizeof(*spare));
    for (size_t i = 0; i < input->count; i++) {
        items[i] = (struct pair){(uint64_t)input->ids[i] ^ (UINT64_C(1) << 63), i};
    }
    pairs_sort(items, spare, input->count);
    uint32_t(*counts)[WORD_INDEX_LENGTHS + 1] = build->starts;
    for (size_t i = 0; i < input->count; i++) {
        size_t length = words_folded_length(input->names[items[i].value]);
        length = length < WORD_INDEX_LENGTHS ? length : WORD_INDEX_LENGTHS - 1;
        unsigned group = is_standard(input, items[i].value) ? 0 : 1;
        items[i].key = (uint64_t)group * WORD_INDEX_LENGTHS + length;
        counts[group][length]++;
    }
    pairs_sort(items, spare, input->count);
    for (size_t i = 0; i < input->count; i++) {
        build->order[i] = (uint32_t)items[i].value;
    }
    uint32_t sum = 0;
    for (int group = 0; group < WORD_INDEX_GROUPS; group++) {
        for (int length = 0; length <= WORD_INDEX_LENGTHS; length++) {
            uint32_t count = counts[group][length];
            counts[group][length] = sum;
            sum += count;
        }
    }
}

static bool name_read(struct building *build, struct text name, uint32_t rank, struct error *err)
{
    char bytes[WORD_BYTES_MAX];
    uint32_t count = 0;
    for (size_t length = words_next(&name, bytes); length > 0 && count < UINT16_MAX; length = words_next(&name, bytes)) {
        uint32_t number = 0;
        TRY(word_number(build, bytes, length, &number, err));
        struct word *word = &build->words.items[number];
        if (word->last_rank != rank) {
            word->last_rank = rank;
            word->postings++;
            count++;
            TRY(token_list_append(&build->tokens, number, err));
        }
    }
    build->tokens_a_rank[rank] = (uint16_t)count;
    return true;
}

static int word_compare(const void *a, const void *b, void *context)
{
    const struct word *words = context;
    const struct word *left = &words[*(const uint32_t *)a], *right = &words[*(const uint32_t *)b];
    int order = memcmp(left->bytes, right->bytes, left->length < right->length ? left->length : right->length);
    return order != 0 ? order : (left->length > right->length) - (left->length < right->length);
}

/* All postings in one array; fills[w] is where those of word w end. */
static uint32_t *postings_of(const struct building *build, size_t **out_ends, size_t concepts)
{
    uint32_t *ranks = arena_allocate_raw(build->scratch, build->tokens.count, sizeof(*ranks));
    size_t *fill = arena_allocate_raw(build->scratch, build->words.count, sizeof(*fill));
    size_t sum = 0, token = 0;
    for (size_t i = 0; i < build->words.count; i++) {
        fill[i] = sum;
        sum += build->words.items[i].postings;
    }
    for (size_t rank = 0; rank < concepts; rank++) {
        for (uint16_t i = 0; i < build->tokens_a_rank[rank]; i++) {
            ranks[fill[build->tokens.items[token++]]++] = (uint32_t)rank;
        }
    }
    *out_ends = fill;
    return ranks;
}

static bool posting_write(const uint32_t *ranks, size_t count, struct buffer *out, struct error *err)
{
    uint32_t last = 0;
    TRY(buffer_append_varint(out, count, err));
    for (size_t i = 0; i < count; i++) {
        TRY(buffer_append_varint(out, ranks[i] - last, err));
        last = ranks[i];
    }
    return true;
}

static size_t shared_bytes(const struct word *a, const struct word *b)
{
    size_t shared = 0;
    while (shared < a->length && shared < b->length && a->bytes[shared] == b->bytes[shared]) {
        shared++;
    }
    return shared;
}

static bool word_write(const struct word *word, const struct word *before, uint64_t posting_bytes, struct buffer *out, struct error *err)
{
    size_t shared = before ? shared_bytes(word, before) : 0;
    TRY(buffer_append_varint(out, shared, err));
    TRY(buffer_append_varint(out, word->length - shared, err));
    TRY(buffer_append(out, word->bytes + shared, word->length - shared, err));
    return buffer_append_varint(out, posting_bytes, err);
}

/* Postings go straight to `out`; dictionary and directory are kept aside and follow. */
static bool words_write(const struct building *build, size_t concepts, struct buffer *dictionary, struct buffer *directory,
                        struct buffer *out, struct error *err)
{
    const struct word *words = build->words.items;
    uint32_t *sorted = arena_allocate_raw(build->scratch, build->words.count, sizeof(*sorted));
    for (size_t i = 0; i < build->words.count; i++) {
        sorted[i] = (uint32_t)i;
    }
    qsort_r(sorted, build->words.count, sizeof(*sorted), word_compare, build->words.items);
    size_t *ends = NULL;
    const uint32_t *ranks = postings_of(build, &ends, concepts);
    size_t begin = out->length;
    for (size_t i = 0; i < build->words.count; i++) {
        const struct word *word = &words[sorted[i]];
        bool is_first = i % WORD_INDEX_BLOCK == 0;
        size_t at = out->length;
        if (is_first) {
            TRY(buffer_append_u64(directory, dictionary->length, err));
            TRY(buffer_append_u64(directory, at - begin, err));
        }
        TRY(posting_write(ranks + ends[sorted[i]] - word->postings, word->postings, out, err));
        TRY(word_write(word, is_first ? NULL : &words[sorted[i - 1]], out->length - at, dictionary, err));
    }
    TRY(buffer_append_u64(directory, dictionary->length, err));
    return buffer_append_u64(directory, out->length - begin, err);
}

static bool ranks_write(const struct building *build, const struct word_index_input *input, unsigned id_bytes, struct buffer *out,
                        struct error *err)
{
    for (int group = 0; group < WORD_INDEX_GROUPS; group++) {
        for (int length = 0; length <= WORD_INDEX_LENGTHS; length++) {
            TRY(buffer_append_u32(out, build->starts[group][length], err));
        }
    }
    for (size_t rank = 0; rank < input->count; rank++) {
        uint64_t id = (uint64_t)input->ids[build->order[rank]];
        TRY(id_bytes == 4 ? buffer_append_u32(out, (uint32_t)id, err) : buffer_append_u64(out, id, err));
    }
    return true;
}

static unsigned id_bytes_for(const struct word_index_input *input)
{
    for (size_t i = 0; i < input->count; i++) {
        if (input->ids[i] < 0 || input->ids[i] > UINT32_MAX) {
            return 8;
        }
    }
    return 4;
}

static bool index_write(const struct building *build, const struct word_index_input *input, struct buffer *out, struct error *err)
{
    struct buffer dictionary = {.maximum = out->maximum}, directory = {.maximum = out->maximum};
    uint64_t numbers[INDEX_NUMBERS] = {0};
    size_t header = out->length;
    numbers[WORDS_CONCEPTS] = input->count;
    numbers[WORDS_ID_BYTES] = id_bytes_for(input);
    numbers[WORDS_BLOCKS] = (build->words.count + WORD_INDEX_BLOCK - 1) / WORD_INDEX_BLOCK;
    bool done =
        index_header_write(out, word_index_magic, numbers, err) && ranks_write(build, input, (unsigned)numbers[WORDS_ID_BYTES], out, err);
    numbers[WORDS_POSTINGS] = out->length - header;
    done = done && words_write(build, input->count, &dictionary, &directory, out, err);
    numbers[WORDS_DICTIONARY] = out->length - header;
    numbers[WORDS_DIRECTORY] = numbers[WORDS_DICTIONARY] + dictionary.length;
    done = done && (dictionary.length == 0 || buffer_append(out, dictionary.data, dictionary.length, err)) &&
           buffer_append(out, directory.data, directory.length, err);
    buffer_finish(&dictionary);
    buffer_finish(&directory);
    struct buffer again = {.maximum = INDEX_HEADER_SIZE}; /* now that the places are known */
    done = done && index_header_write(&again, word_index_magic, numbers, err);
    if (done) {
        memcpy(out->data + header, again.data, again.length);
    }
    buffer_finish(&again);
    return done;
}

static bool names_read(struct building *build, const struct word_index_input *input, struct error *err)
{
    for (size_t rank = 0; rank < input->count; rank++) {
        TRY(name_read(build, input->names[build->order[rank]], (uint32_t)rank, err));
    }
    return true;
}

bool word_index_build(const struct word_index_input *input, struct arena *scratch, struct buffer *out, struct error *err)
{
    if (input->count >= UINT32_MAX) {
        return FAIL(err, LIMIT, "a vocabulary has fewer than 2^32 concepts");
    }
    struct building *build = ARENA_NEW(scratch, struct building);
    build->scratch = scratch;
    build->words.maximum = UINT32_MAX - 1;
    build->tokens.maximum = SIZE_MAX / 8;
    build->order = arena_allocate_raw(scratch, input->count, sizeof(*build->order));
    build->tokens_a_rank = arena_allocate_raw(scratch, input->count, sizeof(*build->tokens_a_rank));
    build->slot_count = SLOTS_FIRST;
    build->slots = calloc(build->slot_count, sizeof(*build->slots));
    bool done = build->slots || FAIL(err, LIMIT, "no memory for the words of the vocabulary");
    if (done) {
        struct arena_mark mark = arena_mark_take(scratch);
        rank_concepts(build, input);
        arena_mark_release(scratch, mark);
        done = names_read(build, input, err) && index_write(build, input, out, err);
    }
    free(build->slots);
    word_list_finish(&build->words);
    token_list_finish(&build->tokens);
    return done;
}
