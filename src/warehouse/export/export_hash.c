/* SPDX-License-Identifier: EUPL-1.2 */
/* export_hash: the canonical form of a row, its hash, and the sum over a table, in parallel over parts of tables. */
#include "warehouse/export/export_hash.h"
#include "base/arena.h"
#include "base/calendar.h"
#include "base/progress.h"
#include <string.h>

enum {
    BATCH_ROWS = 1 << 14,
    PART_ROWS = 1 << 19, /* of one task */
    PARTS_MAX = 1 << 24,
    FIELD_FIXED_MAX = 9, /* a tag and at most eight bytes; a text has its bytes on top */
    ROW_MAX = 1 << 30,
    TAG_NULL = 0,
};
static const char personal[] = "emc2 row 1";

/* ---- one row ---- */
static size_t put_number(uint8_t *out, uint8_t tag, uint64_t value, unsigned bytes)
{
    out[0] = tag;
    for (unsigned i = 0; i < bytes; i++) {
        out[1 + i] = (uint8_t)(value >> (8 * i));
    }
    return 1 + bytes;
}

/* Tags: docs/formats/table-hash.md. */
static size_t put_value(uint8_t *out, const struct store_vector *column, size_t position)
{
    uint64_t bits;
    if (!store_vector_is_valid(column, position)) {
        out[0] = TAG_NULL;
        return 1;
    }
    switch (column->type) {
    case OMOP_INTEGER:
        return put_number(out, 1, (uint64_t)column->integers[position], 8);
    case OMOP_FLOAT:
        memcpy(&bits, &column->floats[position], sizeof bits);
        return put_number(out, 2, bits, 8);
    case OMOP_DATE:
        return put_number(out, 3, (uint32_t)column->days[position], 4);
    case OMOP_DATETIME:
        return put_number(out, 4, (uint64_t)column->integers[position], 8);
    case OMOP_TEXT:
        break;
    }
    struct text text = column->texts[position];
    size_t head = put_number(out, 5, text.length, 4);
    if (text.length > 0) {
        memcpy(out + head, text.data, text.length);
    }
    return head + text.length;
}

static size_t size_at_most(const struct store_vector *columns, int fields, size_t position)
{
    size_t size = (size_t)fields * FIELD_FIXED_MAX;
    for (int f = 0; f < fields; f++) {
        size += columns[f].type == OMOP_TEXT && store_vector_is_valid(&columns[f], position) ? columns[f].texts[position].length : 0;
    }
    return size;
}

static uint64_t get_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static void sum_add(uint8_t sum[CRYPTO_WIDE_HASH_SIZE], const uint8_t more[CRYPTO_WIDE_HASH_SIZE])
{
    uint64_t carry = 0;
    for (int i = 0; i < CRYPTO_WIDE_HASH_SIZE; i += 8) {
        uint64_t total;
        bool is_over = __builtin_add_overflow(get_u64(sum + i), carry, &total);
        carry = is_over || __builtin_add_overflow(total, get_u64(more + i), &total);
        put_u64(sum + i, total);
    }
}

bool export_hash_add(struct export_hash *hash, const struct store_vector *columns, int fields, size_t position, struct buffer *row,
                     struct error *err)
{
    uint8_t digest[CRYPTO_WIDE_HASH_SIZE];
    buffer_clear(row);
    TRY(buffer_reserve(row, size_at_most(columns, fields, position), err));
    for (int f = 0; f < fields; f++) {
        row->length += put_value(row->data + row->length, &columns[f], position);
    }
    crypto_wide_hash(digest, personal, row->data, row->length);
    sum_add(hash->sum, digest);
    hash->rows++;
    return true;
}

bool export_hash_equal(const struct export_hash *a, const struct export_hash *b)
{
    return a->rows == b->rows && memcmp(a->sum, b->sum, sizeof a->sum) == 0;
}

/* ---- all tables, in parts ---- */
struct part {
    struct store_segment *segment;
    int table;
    uint64_t first, rows;
    struct export_hash hash;
};
DEFINE_ARRAY(parts, struct part)

static void parts_value_cleanup(struct parts *parts)
{
    parts_finish(parts);
}

struct work {
    struct parts parts;
    struct progress *progress;
    struct export_hashes *hashes;
};

static bool list_parts(struct store_reader *reader, struct parts *parts, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        enum omop_scope scope = omop_table(table)->scope;
        for (size_t s = 0; s < store_reader_segment_count(reader, scope); s++) {
            struct store_segment *segment = store_reader_segment(reader, scope, s);
            uint64_t rows = store_segment_rows(segment, table);
            for (uint64_t first = 0; first < rows; first += PART_ROWS) {
                uint64_t left = rows - first;
                struct part part = {segment, table, first, left < PART_ROWS ? left : PART_ROWS, {0}};
                TRY(parts_append(parts, part, err));
            }
        }
    }
    return true;
}

static bool hash_batch(struct part *part, uint64_t first, size_t rows, struct arena *scratch, struct buffer *row, struct error *err)
{
    int fields = omop_table(part->table)->field_count;
    struct store_vector *columns = ARENA_ARRAY(scratch, struct store_vector, (size_t)fields);
    for (int f = 0; f < fields; f++) {
        TRY(store_column_read(part->segment, part->table, f, first, rows, scratch, &columns[f], err));
    }
    for (size_t i = 0; i < rows; i++) {
        TRY(export_hash_add(&part->hash, columns, fields, i, row, err));
    }
    return true;
}

static bool hash_part(void *context, size_t index, unsigned worker, struct error *err)
{
    struct work *work = context;
    struct part *part = &work->parts.items[index];
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer row = {.maximum = ROW_MAX};
    (void)worker;
    for (uint64_t done = 0; done < part->rows; done += BATCH_ROWS) {
        uint64_t left = part->rows - done;
        size_t rows = left < BATCH_ROWS ? (size_t)left : BATCH_ROWS;
        TRY(task_check(err));
        arena_reset(scratch);
        TRY(hash_batch(part, part->first + done, rows, scratch, &row, err));
        progress_add(work->progress, rows);
    }
    return true;
}

static bool add_part(void *context, size_t index, struct error *err)
{
    struct work *work = context;
    const struct part *part = &work->parts.items[index];
    struct export_hash *table = &work->hashes->tables[part->table];
    (void)err;
    sum_add(table->sum, part->hash.sum);
    table->rows += part->hash.rows;
    work->hashes->rows += part->hash.rows;
    return true;
}

bool export_hashes_compute(struct store_reader *reader, struct task_pool *pool, bool quiet, struct export_hashes *out_hashes,
                           struct error *err)
{
    struct export_hashes hashes = {0};
    CLEANUP(parts_value) struct parts parts = {.maximum = PARTS_MAX};
    uint64_t total = 0;
    int64_t start = clock_monotonic_ns();
    TRY(store_reader_demand(reader, GRANT_ROWS, err));
    TRY(list_parts(reader, &parts, err));
    for (size_t i = 0; i < parts.count; i++) {
        total += parts.items[i].rows;
    }
    struct work work = {parts, progress_begin("hash", total, "rows", quiet), &hashes};
    const struct task_set set = {.count = parts.count, .run = hash_part, .merge = add_part, .context = &work};
    bool done = task_pool_run(pool, &set, err);
    progress_end(work.progress);
    TRY(done);
    hashes.seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    *out_hashes = hashes;
    return true;
}
