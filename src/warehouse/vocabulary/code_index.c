/* SPDX-License-Identifier: EUPL-1.2 */
/* header | starts of the buckets, u64 each, and the end | buckets: entries (tag step, id), ascending by tag, then id
 * Numbers of the header: bits of the bucket number, count of entries. The bucket is the top of the hash, the tag its low 16 bits. */
#include "warehouse/vocabulary/code_index.h"
#include "warehouse/vocabulary/pairs.h"

static const char magic[8] = {'e', 'm', 'c', '2', 'c', 'o', 'd', 'e'};
enum { BUCKET_ENTRIES = 64, BITS_MAX = 40, BUCKET_BYTES_MAX = 1 << 24 };

/* FNV-1a over both texts with a separator that no code holds, then a finisher that spreads it over all 64 bits. */
static uint64_t hash_of(struct text vocabulary, struct text code)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < vocabulary.length + 1 + code.length; i++) {
        unsigned char byte = i < vocabulary.length    ? (unsigned char)vocabulary.data[i]
                             : i == vocabulary.length ? 0x1F
                                                      : (unsigned char)code.data[i - vocabulary.length - 1];
        hash = (hash ^ byte) * UINT64_C(1099511628211);
    }
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

static uint64_t bucket_of(uint64_t hash, unsigned bits)
{
    return bits == 0 ? 0 : hash >> (64 - bits);
}

static unsigned bits_for(size_t count)
{
    unsigned bits = 0;
    while (bits < BITS_MAX && (count >> bits) > BUCKET_ENTRIES) {
        bits++;
    }
    return bits;
}

/* Entries of one bucket, from `first` on; gives the first that is behind it. */
static size_t bucket_write(const struct pair *entries, size_t count, size_t first, uint64_t bucket, struct buffer *out, bool *done,
                           struct error *err)
{
    uint64_t tag = 0;
    size_t i = first;
    *done = true;
    for (; i < count && entries[i].key >> 16 == bucket && *done; i++) {
        uint64_t next = entries[i].key & 0xFFFF;
        *done = buffer_append_varint(out, next - tag, err) && buffer_append_varint(out, zigzag((int64_t)entries[i].value), err);
        tag = next;
    }
    return i;
}

static bool buckets_write(const struct pair *entries, size_t count, unsigned bits, struct arena *scratch, struct buffer *out,
                          struct error *err)
{
    uint64_t buckets = UINT64_C(1) << bits;
    uint64_t *starts = ARENA_ARRAY(scratch, uint64_t, (size_t)buckets + 1);
    size_t directory = out->length, next = 0;
    for (uint64_t i = 0; i <= buckets; i++) {
        TRY(buffer_append_u64(out, 0, err));
    }
    size_t begin = out->length;
    for (uint64_t bucket = 0; bucket < buckets; bucket++) {
        bool done = false;
        starts[bucket] = out->length - begin;
        next = bucket_write(entries, count, next, bucket, out, &done, err);
        TRY(done);
    }
    starts[buckets] = out->length - begin;
    for (uint64_t i = 0; i <= buckets; i++) {
        for (int byte = 0; byte < 8; byte++) {
            out->data[directory + i * 8 + (size_t)byte] = (uint8_t)(starts[i] >> (8 * byte));
        }
    }
    return true;
}

bool code_index_build(const struct code_index_input *input, struct arena *scratch, struct buffer *out, struct error *err)
{
    unsigned bits = bits_for(input->count);
    struct pair *entries = arena_allocate_raw(scratch, input->count, sizeof(*entries));
    struct pair *spare = arena_allocate_raw(scratch, input->count, sizeof(*spare));
    for (size_t i = 0; i < input->count; i++) {
        entries[i].key = (uint64_t)input->ids[i] ^ (UINT64_C(1) << 63);
        entries[i].value = i;
    }
    pairs_sort(entries, spare, input->count); /* by id, so that equal hashes keep that order */
    for (size_t i = 0; i < input->count; i++) {
        size_t row = (size_t)entries[i].value;
        uint64_t hash = hash_of(input->vocabularies[row], input->codes[row]);
        entries[i] = (struct pair){bucket_of(hash, bits) << 16 | (hash & 0xFFFF), (uint64_t)input->ids[row]};
    }
    pairs_sort(entries, spare, input->count);
    TRY(index_header_write(out, magic, (const uint64_t[INDEX_NUMBERS]){bits, input->count}, err));
    return buckets_write(entries, input->count, bits, scratch, out, err);
}

/* The ids in one bucket whose tag is the wanted one. */
static bool bucket_scan(struct cursor bucket, uint64_t wanted, int64_t *ids, size_t *out_count, struct error *err)
{
    uint64_t tag = 0;
    size_t count = 0;
    while (bucket.position < bucket.length) {
        uint64_t step = 0, id = 0;
        TRY(cursor_varint(&bucket, &step, err));
        TRY(cursor_varint(&bucket, &id, err));
        tag += step;
        if (tag == wanted) {
            ids[count++] = unzigzag(id);
        }
    }
    *out_count = count;
    return true;
}

bool code_index_find(const struct index_bytes *bytes, struct text vocabulary, struct text code, struct arena *result,
                     const int64_t **out_ids, size_t *out_count, struct error *err)
{
    if (bytes->length == 0) {
        *out_ids = NULL;
        *out_count = 0;
        return true;
    }
    uint64_t numbers[INDEX_NUMBERS];
    uint8_t ends[16];
    TRY(index_header_read(bytes, magic, numbers, err));
    if (numbers[0] > BITS_MAX) {
        return index_corrupt(err, "it has too many buckets");
    }
    uint64_t hash = hash_of(vocabulary, code);
    uint64_t directory = INDEX_HEADER_SIZE, begin = directory + 8 * ((UINT64_C(1) << numbers[0]) + 1);
    TRY(index_bytes_read(bytes, directory + 8 * bucket_of(hash, (unsigned)numbers[0]), ends, sizeof(ends), err));
    uint64_t first = u64_at(ends), last = u64_at(ends + 8);
    if (first > last || last - first > BUCKET_BYTES_MAX || last > bytes->length) {
        return index_corrupt(err, "a bucket has no sensible size");
    }
    size_t length = (size_t)(last - first);
    uint8_t *data = ARENA_ARRAY(result, uint8_t, length + 1);
    int64_t *ids = ARENA_ARRAY(result, int64_t, length / 2 + 1);
    TRY(index_bytes_read(bytes, begin + first, data, length, err));
    TRY(bucket_scan((struct cursor){.data = data, .length = length}, hash & 0xFFFF, ids, out_count, err));
    *out_ids = ids;
    return true;
}
