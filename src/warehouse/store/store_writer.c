/* SPDX-License-Identifier: EUPL-1.2 */
/* store_writer: the next snapshot. New files are written beside the old ones and are nothing until the manifest names them; what a killed
 * load left behind is removed by the next writer, which holds the lock and knows every file that a manifest names. */
#include "warehouse/store/store_writer.h"
#include "base/calendar.h"
#include "base/fault.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening: what a killed load left behind ---- */
struct leftovers {
    const struct store_writer *writer;
    struct file_ids named; /* by a manifest; sorted */
    bool is_snapshots;
};

static int file_id_compare(const void *a, const void *b)
{
    return memcmp(a, b, KEY_FILE_ID_SIZE);
}

static bool is_unnamed_segment(const struct leftovers *leftovers, const char *name, struct key_file_id *out_id)
{
    char hex[2 * KEY_FILE_ID_SIZE + 1];
    struct key_file_id id;
    if (strlen(name) != 2 * KEY_FILE_ID_SIZE + strlen(".sealed") || !text_ends_with(text_of(name), TEXT(".sealed"))) {
        return false;
    }
    snprintf(hex, sizeof hex, "%.*s", 2 * KEY_FILE_ID_SIZE, name);
    if (!crypto_from_hex(id.bytes, sizeof id.bytes, hex) ||
        (leftovers->named.count > 0 && bsearch(&id, leftovers->named.items, leftovers->named.count, sizeof id, file_id_compare))) {
        return false;
    }
    *out_id = id;
    return true;
}

static bool leftover_remove(void *context, const char *name, struct error *err)
{
    const struct leftovers *leftovers = context;
    const struct store_writer *writer = leftovers->writer;
    char part[320];
    struct key_file_id id;
    bool is_segment = !leftovers->is_snapshots && is_unnamed_segment(leftovers, name, &id);
    if (!text_ends_with(text_of(name), TEXT(".tmp")) && !is_segment) {
        return true;
    }
    snprintf(part, sizeof part, "%s/%s", leftovers->is_snapshots ? "snapshots" : "segments", name);
    TRY(file_remove(store_part_path(writer->store, part).text, err));
    return !is_segment || keyring_data_key_forget(writer->store->keyring, &writer->grant, &id, 1, err);
}

/* Whom it excludes, as 8 bytes each, little-endian. */
static bool persons_print(const struct person_ids *persons, struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < persons->count; i++) {
        TRY(buffer_append_u64(out, (uint64_t)persons->items[i], err));
    }
    return true;
}

bool store_writer_head(struct store_writer *writer, const struct manifest *manifest, const struct crypto_hash *hash, struct error *err)
{
    CLEANUP(buffer_value) struct buffer kept = {.maximum = KEY_KEPT_MAX};
    struct store *store = writer->store;
    const struct store_journal *journal = store->options.journal;
    struct key_head head = {.snapshot = manifest->number, .manifest = *hash};
    TRY(persons_print(&manifest->excluded, &kept, err) && fault_point("store_head", err));
    if (!journal->size(journal->context, &head.log_size, err) ||
        !keyring_head_set(store->keyring, &writer->grant, &head, kept.data, kept.length, err)) {
        return error_context(err,
                             "snapshot %u is in the store, but the keys do not know it yet; the next load, exclusion or erasure adds it",
                             manifest->number);
    }
    store->head = head;
    return true;
}

static bool snapshot_record(struct store_writer *writer, const struct manifest *manifest, const struct crypto_hash *hash, bool is_recovered,
                            struct error *err)
{
    struct store *store = writer->store;
    const struct store_journal *journal = store->options.journal;
    if (!journal) {
        return true;
    }
    if (!fault_point("store_record", err) || !journal->record(journal->context, manifest->act, manifest->number, hash, is_recovered, err)) {
        return error_context(err, "snapshot %u is in the store, but not in the log yet; the next load, exclusion or erasure adds it",
                             manifest->number);
    }
    store->journal_number = manifest->number;
    store->journal_hash = *hash;
    return store_writer_head(writer, manifest, hash, err);
}

/* A snapshot whose writer died before the keys knew it; or keys that are an older copy. */
static bool head_recover(struct store_writer *writer, struct error *err)
{
    bool is_known = writer->latest.number <= writer->store->head.snapshot;
    return is_known || !writer->store->options.journal || store_writer_head(writer, &writer->latest, &writer->latest_hash, err);
}

/* A snapshot whose writer died before the journal had it. */
static bool snapshot_recover(struct store_writer *writer, const struct manifest *manifest, struct error *err)
{
    return manifest->number <= writer->store->journal_number || snapshot_record(writer, manifest, &writer->latest_hash, true, err);
}

static bool named_collect(struct store_writer *writer, const struct snapshot_numbers *numbers, struct file_ids *named, struct error *err)
{
    for (size_t i = 0; i < numbers->count; i++) {
        CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
        TRY(manifest_load(&manifest, writer->store, &writer->grant, numbers->items[i], &writer->latest_hash, NULL, err));
        TRY(snapshot_recover(writer, &manifest, err));
        for (size_t j = 0; j < manifest.files.count; j++) {
            struct key_file_id id;
            memcpy(id.bytes, manifest.files.items[j].file_id, sizeof id.bytes);
            TRY(file_ids_append(named, id, err));
        }
        if (i + 1 == numbers->count) {
            manifest_move(&writer->latest, &manifest);
        }
    }
    if (named->count) {
        qsort(named->items, named->count, sizeof *named->items, file_id_compare);
    }
    return true;
}

static bool directories_clean(struct store_writer *writer, struct error *err)
{
    struct leftovers leftovers = {.writer = writer, .named = {.maximum = SIZE_MAX / sizeof(struct key_file_id)}};
    struct snapshot_numbers numbers = {.maximum = 0};
    bool done = manifest_list(writer->store, &numbers, err) && named_collect(writer, &numbers, &leftovers.named, err) &&
                directory_visit(store_part_path(writer->store, "segments").text, leftover_remove, &leftovers, err);
    leftovers.is_snapshots = true;
    done = done && directory_visit(store_part_path(writer->store, "snapshots").text, leftover_remove, &leftovers, err);
    snapshot_numbers_finish(&numbers);
    file_ids_finish(&leftovers.named);
    return done;
}

bool store_writer_open(struct store_writer **out_writer, struct store *store, const struct grant *grant, struct error *err)
{
    TRY(grant_demand(grant, keyring_governance_public_key(store->keyring), store->store_id, GRANT_LOAD, err));
    CLEANUP(store_writer) struct store_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return FAIL(err, LIMIT, "no memory left for a writer of the store");
    }
    writer->store = store;
    writer->grant = *grant;
    writer->kept.maximum = writer->added.maximum = writer->destroyed.maximum = MANIFEST_FILES_MAX;
    writer->excluded.maximum = MANIFEST_PERSONS_MAX;
    writer->lock = task_lock_create();
    TRY(store_lock_take(store, &writer->directory_lock, err));
    TRY(store_memory_check(store, err));
    TRY(directories_clean(writer, err) && head_recover(writer, err));
    *out_writer = writer;
    writer = NULL;
    return true;
}

size_t store_writer_excluded(const struct store_writer *writer, const int64_t **out_persons)
{
    *out_persons = writer->latest.excluded.items;
    return writer->latest.excluded.count;
}

/* ---- adding ---- */
static bool entry_add(struct store_writer *writer, const struct store_file_entry *entry, struct error *err)
{
    bool is_taken = false;
    task_lock_take(writer->lock);
    for (size_t i = 0; i < writer->added.count; i++) {
        const struct store_file_entry *other = &writer->added.items[i];
        is_taken = is_taken || (!entry->is_blob && !other->is_blob && other->summary.scope == entry->summary.scope &&
                                other->position == entry->position);
        is_taken = is_taken || (entry->is_blob && other->is_blob && strcmp(other->name, entry->name) == 0);
    }
    bool done = !is_taken && store_files_append(&writer->added, *entry, err);
    task_lock_give(writer->lock);
    if (is_taken && entry->is_blob) {
        return FAIL(err, EXISTS, "the snapshot has a blob named %s already", entry->name);
    }
    return is_taken ? FAIL(err, INVALID_ARGUMENT, "two segments were given the position %u", entry->position) : done;
}

/* For cleaning up after a failure that is reported already: what stays behind is removed by the next writer. */
static void file_discard(const struct store_writer *writer, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    struct key_file_id id;
    memcpy(id.bytes, file_id, sizeof id.bytes);
    bool is_removed = file_remove(store_segment_path(writer->store, file_id).text, NULL);
    bool is_forgotten = keyring_data_key_forget(writer->store->keyring, &writer->grant, &id, 1, NULL);
    (void)is_removed;
    (void)is_forgotten;
}

/* Commits the file and lists it. A file that cannot be listed is removed, and one that was renamed but could not be made durable. */
static bool file_finish(struct store_writer *writer, struct sealed_writer *file, struct store_file_entry *entry, struct error *err)
{
    if (!sealed_writer_commit(file, &entry->size, &entry->hash, err) || !entry_add(writer, entry, err)) {
        file_discard(writer, entry->file_id);
        return false;
    }
    return true;
}

static bool file_begin(struct store_writer *writer, struct store_file_entry *entry, int64_t until, struct sealed_writer **out_file,
                       struct error *err)
{
    crypto_random(entry->file_id, sizeof entry->file_id);
    struct store_path path = store_segment_path(writer->store, entry->file_id);
    return sealed_writer_open(out_file, path.text, writer->store->keyring, &writer->grant, entry->domain, entry->file_id, until, err);
}

/* Where people live has a key domain of its own (architecture.md section 5): a segment with nothing but locations belongs to it. */
static bool holds_only_locations(const struct segment_builder *builder)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (table != OMOP_TABLE_LOCATION && segment_builder_rows(builder, table) > 0) {
            return false;
        }
    }
    return true;
}

static bool tables_demand(const struct store_writer *writer, const struct segment_builder *builder, uint64_t *out_rows, struct error *err)
{
    *out_rows = 0;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        uint64_t rows = segment_builder_rows(builder, table);
        *out_rows += rows;
        if (rows > 0 && !grant_covers_table(&writer->grant, (unsigned)table)) {
            FAIL(err, DENIED, "the grant does not cover the table %s", omop_table(table)->name);
            return error_hint(err, "ask for a grant that covers every table to be loaded");
        }
    }
    return true;
}

void store_writer_limit(struct store_writer *writer, int64_t until)
{
    writer->until = until;
}

bool store_writer_add(struct store_writer *writer, struct segment_builder *builder, uint32_t position, struct error *err)
{
    int64_t until = segment_builder_scope(builder) == OMOP_VOCABULARY ? 0 : writer->until;
    return store_writer_add_until(writer, builder, position, until, err);
}

bool store_writer_add_until(struct store_writer *writer, struct segment_builder *builder, uint32_t position, int64_t until,
                            struct error *err)
{
    CLEANUP(sealed_writer) struct sealed_writer *file = NULL;
    struct store_file_entry entry = {.position = position, .domain = KEY_DOMAIN_HEALTH, .summary.scope = segment_builder_scope(builder)};
    uint64_t rows;
    TRY(tables_demand(writer, builder, &rows, err));
    if (rows == 0) {
        return true;
    }
    if (segment_builder_scope(builder) == OMOP_SHARED && holds_only_locations(builder)) {
        entry.domain = KEY_DOMAIN_GENETIC_LOCATION;
    }
    TRY(file_begin(writer, &entry, until, &file, err));
    TRY(segment_encode(file, builder, &entry.summary, err));
    if (entry.summary.scope != segment_builder_scope(builder)) {
        return FAIL(err, INTERNAL, "a segment was written with another scope than its builder's");
    }
    return file_finish(writer, file, &entry, err);
}

bool store_writer_add_blob(struct store_writer *writer, const char *name, const void *bytes, size_t length, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    CLEANUP(sealed_writer) struct sealed_writer *file = NULL;
    struct store_file_entry entry = {.is_blob = true, .domain = KEY_DOMAIN_HEALTH, .summary.scope = OMOP_VOCABULARY, .blob_length = length};
    size_t name_length = strlen(name);
    uint64_t block;
    if (name_length == 0 || name_length >= sizeof entry.name || strspn(name, letters) != name_length) {
        return FAIL(err, INVALID_ARGUMENT, "a blob has a name of 1 to %zu letters, digits, dots, lines", sizeof entry.name - 1);
    }
    memcpy(entry.name, name, name_length);
    TRY(file_begin(writer, &entry, 0, &file, err));
    for (size_t at = 0; at < length; at += STORE_BLOB_BLOCK) {
        size_t piece = length - at < STORE_BLOB_BLOCK ? length - at : STORE_BLOB_BLOCK;
        TRY(sealed_writer_append(file, (const uint8_t *)bytes + at, piece, &block, err));
    }
    return file_finish(writer, file, &entry, err);
}

bool store_writer_keep_file(struct store_writer *writer, const struct store_file_entry *entry, struct error *err)
{
    return store_files_append(&writer->kept, *entry, err);
}

bool store_writer_keep(struct store_writer *writer, enum omop_scope scope, struct error *err)
{
    if (writer->is_kept[scope]) {
        return true;
    }
    for (size_t i = 0; i < writer->latest.files.count; i++) {
        if (writer->latest.files.items[i].summary.scope == scope) {
            TRY(store_files_append(&writer->kept, writer->latest.files.items[i], err));
        }
    }
    writer->is_kept[scope] = true;
    return true;
}

/* ---- committing ---- */
/* Segments by scope and position, blobs after them by name. */
static int entry_compare(const void *a, const void *b)
{
    const struct store_file_entry *left = a, *right = b;
    if (left->is_blob != right->is_blob) {
        return left->is_blob ? 1 : -1;
    }
    if (left->is_blob) {
        return strcmp(left->name, right->name);
    }
    if (left->summary.scope != right->summary.scope) {
        return left->summary.scope < right->summary.scope ? -1 : 1;
    }
    return left->position < right->position ? -1 : left->position > right->position;
}

static bool entries_append(const struct store_files *from, enum omop_scope scope, bool is_blob, struct store_files *to, struct error *err)
{
    for (size_t i = 0; i < from->count; i++) {
        if (from->items[i].summary.scope == scope && from->items[i].is_blob == is_blob) {
            TRY(store_files_append(to, from->items[i], err));
        }
    }
    return true;
}

/* Kept before new, then by position; positions are counted anew. */
static bool manifest_files(struct store_writer *writer, struct store_files *out_files, struct error *err)
{
    if (writer->added.count) {
        qsort(writer->added.items, writer->added.count, sizeof *writer->added.items, entry_compare);
    }
    for (int is_blob = 0; is_blob < 2; is_blob++) {
        for (int scope = 0; scope < STORE_SCOPE_COUNT; scope++) {
            size_t first = out_files->count;
            TRY(entries_append(&writer->kept, (enum omop_scope)scope, is_blob, out_files, err));
            TRY(entries_append(&writer->added, (enum omop_scope)scope, is_blob, out_files, err));
            if (writer->act != STORE_ACT_LOAD && out_files->count > first) { /* a rewritten file takes the place of the old one */
                qsort(out_files->items + first, out_files->count - first, sizeof *out_files->items, entry_compare);
            }
            for (size_t i = first; i < out_files->count; i++) {
                out_files->items[i].position = (uint32_t)(i - first);
            }
        }
    }
    return true;
}

static bool blobs_check(const struct store_writer *writer, struct error *err)
{
    for (size_t i = 0; i < writer->kept.count; i++) {
        for (size_t j = 0; j < writer->added.count; j++) {
            const struct store_file_entry *kept = &writer->kept.items[i], *added = &writer->added.items[j];
            if (kept->is_blob && added->is_blob && strcmp(kept->name, added->name) == 0) {
                return FAIL(err, EXISTS, "the snapshot keeps a blob named %s already", kept->name);
            }
        }
    }
    return true;
}

/* Cuts at a character; what is no UTF-8 becomes question marks, because the manifest is JSON. */
static void label_copy(char out[STORE_LABEL_MAX], const char *label)
{
    size_t length = label ? strnlen(label, STORE_LABEL_MAX - 1) : 0;
    memset(out, 0, STORE_LABEL_MAX);
    memcpy(out, label ? label : "", length);
    while (length > 0 && length + 4 > STORE_LABEL_MAX - 1 && !text_is_utf8((struct text){out, length})) {
        out[--length] = '\0';
    }
    for (size_t i = 0; !text_is_utf8((struct text){out, length}) && i < length; i++) {
        out[i] = (unsigned char)out[i] < 0x80 ? out[i] : '?';
    }
}

static bool persons_check(struct store_writer *writer, const struct manifest *manifest, struct error *err)
{
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    TRY(store_reader_begin(&reader, writer->store, &writer->grant, manifest, NULL, err));
    return store_reader_check_persons(reader, err);
}

/* When publishing fails half way (the rename is done, the fsync of the directory is not), the manifest is taken back first: the files
 * that it names may go only after it is durably gone. */
static bool publish(struct store_writer *writer, const struct manifest *manifest, const char *report, struct error *err)
{
    struct crypto_hash hash;
    writer->is_published = true;
    if (manifest_store(manifest, writer->store, &writer->grant, report, &hash, err)) {
        return snapshot_record(writer, manifest, &hash, false, err);
    }
    bool exists = true;
    struct store_path path = store_manifest_path(writer->store, manifest->number);
    if (file_exists(path.text, &exists, NULL) && (!exists || file_remove(path.text, NULL)) &&
        file_sync_directory(store_part_path(writer->store, "snapshots").text, NULL)) {
        writer->is_published = false;
    }
    return false;
}

static int person_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Whom the latest snapshot excludes and who is excluded now; what is to be destroyed. Both ascending, each once. */
static bool lists_copy(const struct store_writer *writer, struct manifest *manifest, struct error *err)
{
    const struct person_ids *lists[] = {&writer->latest.excluded, &writer->excluded};
    struct person_ids *persons = &manifest->excluded;
    persons->maximum = MANIFEST_PERSONS_MAX;
    manifest->destroyed.maximum = MANIFEST_FILES_MAX;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            TRY(person_ids_append(persons, lists[i]->items[j], err));
        }
    }
    if (persons->count) {
        qsort(persons->items, persons->count, sizeof *persons->items, person_compare);
    }
    size_t kept = 0;
    for (size_t i = 0; i < persons->count; i++) {
        persons->items[kept] = persons->items[i];
        kept += i + 1 == persons->count || persons->items[i + 1] != persons->items[i];
    }
    persons->count = kept;
    for (size_t i = 0; i < writer->destroyed.count; i++) {
        TRY(file_ids_append(&manifest->destroyed, writer->destroyed.items[i], err));
    }
    if (manifest->destroyed.count) {
        qsort(manifest->destroyed.items, manifest->destroyed.count, sizeof *manifest->destroyed.items, file_id_compare);
    }
    return true;
}

bool store_writer_commit(struct store_writer *writer, const struct store_snapshot_note *note, uint32_t *out_snapshot, struct error *err)
{
    CLEANUP(manifest_value) struct manifest manifest = {.number = writer->latest.number + 1, .created = clock_unix_seconds()};
    if (writer->is_published) {
        return FAIL(err, INVALID_ARGUMENT, "this writer has made its snapshot already");
    }
    manifest.files.maximum = MANIFEST_FILES_MAX;
    memcpy(manifest.store_id, writer->store->store_id, sizeof manifest.store_id);
    manifest.store_hash = writer->store->identity_hash;
    manifest.has_previous = writer->latest.number > 0;
    manifest.previous_hash = writer->latest_hash;
    manifest.act = writer->act;
    TRY(lists_copy(writer, &manifest, err));
    label_copy(manifest.label, note ? note->label : NULL);
    const char *report = note ? note->report : NULL;
    manifest.has_report = report != NULL;
    if (report) {
        manifest.report_hash = crypto_hash_of(report, strlen(report));
    }
    TRY(blobs_check(writer, err));
    TRY(manifest_files(writer, &manifest.files, err));
    TRY(persons_check(writer, &manifest, err));
    TRY(fault_point("store_commit", err));
    TRY(publish(writer, &manifest, report, err));
    *out_snapshot = manifest.number;
    return true;
}

void store_writer_close(struct store_writer *writer)
{
    if (!writer) {
        return;
    }
    for (size_t i = 0; !writer->is_published && i < writer->added.count; i++) {
        file_discard(writer, writer->added.items[i].file_id);
    }
    lock_give(&writer->directory_lock);
    task_lock_destroy(writer->lock);
    manifest_finish(&writer->latest);
    store_files_finish(&writer->kept);
    store_files_finish(&writer->added);
    person_ids_finish(&writer->excluded);
    file_ids_finish(&writer->destroyed);
    free(writer);
}
