/* SPDX-License-Identifier: EUPL-1.2 */
/* compact: segments with excluded persons are written anew without them, one task a segment: what the view of the segment shows is what the
 * new one holds. Files of older snapshots that still have such persons are destroyed with the others. */
#include "warehouse/store/destruction.h"
#include "warehouse/store/segment_view.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 1 << 15 };

struct compaction {
    struct store_writer *writer;
    struct store_reader *reader; /* of the latest snapshot */
    struct key_fact_list facts;
    size_t *indexes; /* of the files of the reader that are written anew */
    size_t count;
    struct progress *progress;
};

/* ---- which files ---- */
static bool is_condemned(const struct file_ids *ids, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    for (size_t i = 0; i < ids->count; i++) {
        if (memcmp(ids->items[i].bytes, file_id, KEY_FILE_ID_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static bool condemn(struct store_writer *writer, const struct store_file_entry *entry, struct error *err)
{
    struct key_file_id id;
    memcpy(id.bytes, entry->file_id, sizeof id.bytes);
    return is_condemned(&writer->destroyed, entry->file_id) || file_ids_append(&writer->destroyed, id, err);
}

/* Whether the key of a file is there: what was erased needs no compaction. */
static bool is_readable(const struct compaction *compaction, const struct store_file_entry *entry)
{
    const struct key_facts *key = key_facts_find(&compaction->facts, entry->file_id);
    return key && !key->is_destroyed && (key->until == 0 || key->until > clock_unix_seconds());
}

/* Segments with excluded persons, and those without persons that have rows of such. Where a snapshot cannot be read whole any more, which
 * rows those are cannot be told: what it shares with the latest snapshot is looked at there, the rest goes. */
static bool snapshot_condemn(struct compaction *compaction, struct store_reader *reader, struct error *err)
{
    bool is_whole = true;
    for (size_t i = 0; i < reader->file_count; i++) {
        is_whole = is_whole && is_readable(compaction, &reader->files[i].entry);
    }
    for (size_t i = 0; i < reader->file_count; i++) {
        struct store_reader_file *slot = &reader->files[i];
        if (is_readable(compaction, &slot->entry) && store_entry_meets(&slot->entry, &reader->excluded)) {
            TRY(store_reader_open_file(reader, i, err));
        }
    }
    TRY(!is_whole || store_reader_hide_dependents(reader, err));
    for (size_t i = 0; i < reader->file_count; i++) {
        const struct store_reader_file *slot = &reader->files[i];
        bool is_lost = !is_whole && slot->entry.summary.scope == OMOP_SHARED && is_readable(compaction, &slot->entry) &&
                       !manifest_names(&compaction->writer->latest, slot->entry.file_id);
        TRY((!is_lost && (!slot->segment || !slot->segment->view)) || condemn(compaction->writer, &slot->entry, err));
    }
    return true;
}

static bool condemned_find(struct compaction *compaction, struct error *err)
{
    struct store_writer *writer = compaction->writer;
    for (uint32_t number = writer->latest.number; number > 0; number--) {
        CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
        CLEANUP(store_reader) struct store_reader *reader = NULL;
        struct crypto_hash hash;
        TRY(task_check(err) && manifest_load(&manifest, writer->store, &writer->grant, number, &hash, NULL, err));
        TRY(store_reader_begin(&reader, writer->store, &writer->grant, &manifest, &writer->latest.excluded, err));
        TRY(snapshot_condemn(compaction, reader, err));
        if (number == writer->latest.number) {
            compaction->reader = reader;
            reader = NULL;
        }
    }
    return true;
}

/* ---- writing anew ---- */
static bool table_copy(struct store_segment *segment, int table, struct segment_builder *builder, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const int fields = omop_table(table)->field_count;
    const uint64_t rows = segment->view ? view_rows(segment, table) : segment->tables[table].rows;
    for (uint64_t first = 0; first < rows; first += ROWS_AT_ONCE) {
        const struct row_request request = {.first = first, .count = rows - first < ROWS_AT_ONCE ? (size_t)(rows - first) : ROWS_AT_ONCE};
        struct store_vector *vectors = ARENA_ARRAY(scratch, struct store_vector, (size_t)fields);
        const struct store_vector **columns = ARENA_ARRAY(scratch, const struct store_vector *, (size_t)fields);
        for (int field = 0; field < fields; field++) {
            TRY(segment->view ? view_values(segment, table, field, &request, scratch, &vectors[field], err)
                              : segment_values(segment, table, field, &request, scratch, &vectors[field], err));
            columns[field] = vectors[field].is_all_null ? NULL : &vectors[field];
        }
        TRY(segment_builder_append(builder, table, columns, NULL, request.count, err));
        arena_reset(scratch);
        TRY(task_check(err));
    }
    return true;
}

static bool segment_rewrite(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    const struct compaction *compaction = context;
    const struct store_reader_file *slot = &compaction->reader->files[compaction->indexes[index]];
    const struct key_facts *key = key_facts_find(&compaction->facts, slot->entry.file_id);
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(slot->entry.summary.scope);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (slot->segment->tables[table].rows > 0) {
            TRY(table_copy(slot->segment, table, builder, err));
        }
    }
    TRY(store_writer_add_until(compaction->writer, builder, slot->entry.position, key ? key->until : 0, err));
    progress_add(compaction->progress, slot->entry.size);
    return true;
}

static bool rewrite(struct compaction *compaction, struct task_pool *pool, struct error *err)
{
    struct store_writer *writer = compaction->writer;
    uint64_t bytes = 0;
    compaction->indexes = calloc(compaction->reader->file_count + 1, sizeof *compaction->indexes);
    if (!compaction->indexes) {
        return FAIL(err, LIMIT, "no memory left for a compaction");
    }
    for (size_t i = 0; i < compaction->reader->file_count; i++) {
        const struct store_file_entry *entry = &compaction->reader->files[i].entry;
        if (is_condemned(&writer->destroyed, entry->file_id)) {
            compaction->indexes[compaction->count++] = i;
            bytes += entry->size;
        } else {
            TRY(store_writer_keep_file(writer, entry, err));
        }
    }
    progress_total(compaction->progress, bytes);
    const struct task_set set = {compaction->count, segment_rewrite, NULL, compaction};
    return task_pool_run(pool, &set, err);
}

static bool run(struct compaction *compaction, const char *reason, struct task_pool *pool, struct store_erasure *out_erasure,
                struct error *err)
{
    TRY(key_facts_read(compaction->writer->store->keyring, &compaction->facts, err));
    TRY(condemned_find(compaction, err));
    if (compaction->writer->destroyed.count == 0) {
        return true;
    }
    return rewrite(compaction, pool, err) && erasure_end(compaction->writer, reason, out_erasure, err);
}

bool store_compact(struct store *store, const struct grant *grant, const char *reason, struct task_pool *pool, struct progress *progress,
                   struct store_erasure *out_erasure, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    struct compaction compaction = {.progress = progress};
    *out_erasure = (struct store_erasure){.snapshot = 0};
    TRY(erasure_begin(&writer, store, grant, STORE_ACT_COMPACT, err));
    compaction.writer = writer;
    bool done = writer->latest.number == 0 || run(&compaction, reason, pool, out_erasure, err);
    store_reader_close(compaction.reader);
    key_fact_list_finish(&compaction.facts);
    free(compaction.indexes);
    return done;
}
