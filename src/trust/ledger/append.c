/* SPDX-License-Identifier: EUPL-1.2 */
/* append: making a log and adding to it. Order is everything: entries and tiles are durable before the checkpoint that speaks of them is
 * renamed into place, so that a crash anywhere leaves the log of before, and files that the next append writes anew. Partial tiles stay
 * until the full one is there, because somebody may hold an older checkpoint (tlog-tiles, "Partial Tiles"). */
#include "base/calendar.h"
#include "base/fault.h"
#include "base/file.h"
#include "trust/ledger/edge.h"
#include "trust/ledger/files.h"
#include "trust/ledger/ledger.h"
#include <stdlib.h>
#include <string.h>

enum { DIRECTORY_MODE = 0755, FILE_MODE = 0644 };

struct ledger {
    char directory[FILES_PATH_SIZE - TILE_PATH_SIZE];
    struct note_signer signer;
    unsigned lock_wait_ms;
    bool is_loaded; /* edge and bundle are those of `at` */
    struct checkpoint at;
    struct edge edge;
    struct buffer bundle;                           /* the unfinished entry bundle */
    char ready[1 + TILE_LEVELS][2][TILE_PATH_SIZE]; /* directories of each level that are known to be durable: of full, of partial tiles */
};

/* ---- making and opening ---- */

static bool checkpoint_store(const char *directory, const struct checkpoint *checkpoint, const struct note_signer *signer,
                             struct error *err)
{
    char path[FILES_PATH_SIZE];
    CLEANUP(buffer_value) struct buffer note = {.maximum = NOTE_BYTES_MAX};
    TRY(checkpoint_sign(checkpoint, signer, &note, err));
    log_files_path(directory, "checkpoint", path);
    return file_write_atomic(path, note.data, note.length, FILE_MODE, err);
}

/* The directory's own entry in its parent. */
static bool sync_parent(const char *directory, struct error *err)
{
    char parent[FILES_PATH_SIZE];
    const char *slash = strrchr(directory, '/');
    if (!slash || !text_copy(parent, sizeof parent, (struct text){directory, (size_t)(slash - directory)})) {
        return file_sync_directory(".", err);
    }
    return file_sync_directory(parent[0] ? parent : "/", err);
}

bool ledger_create(const char *directory, const struct note_signer *signer, struct error *err)
{
    char path[FILES_PATH_SIZE], vkey[NOTE_VKEY_SIZE + 1];
    struct checkpoint empty = {.root = crypto_sha256_of("", 0)};
    bool exists;
    if (strlen(directory) >= sizeof(((struct ledger *)NULL)->directory)) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the log is too long");
    }
    TRY(directory_create(directory, DIRECTORY_MODE, err));
    log_files_path(directory, "checkpoint", path);
    TRY(file_exists(path, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "there is a log already");
        return error_detail(err, "%s", path);
    }
    log_files_path(directory, "log.vkey", path);
    note_key_print(&signer->key, vkey);
    size_t length = strlen(vkey);
    vkey[length++] = '\n';
    TRY(file_write_atomic(path, vkey, length, FILE_MODE, err));
    memcpy(empty.origin, signer->key.name, sizeof empty.origin);
    TRY(sync_parent(directory, err));
    return checkpoint_store(directory, &empty, signer, err);
}

static bool read_head(const struct ledger *ledger, struct checkpoint *out_checkpoint, struct error *err)
{
    char path[FILES_PATH_SIZE];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = NOTE_BYTES_MAX};
    struct note note;
    log_files_path(ledger->directory, "checkpoint", path);
    TRY(file_read(path, &bytes, err));
    return checkpoint_open(out_checkpoint, &note, bytes.data, bytes.length, &ledger->signer.key, err);
}

bool ledger_head(const struct ledger *ledger, struct checkpoint *out_checkpoint, struct error *err)
{
    return read_head(ledger, out_checkpoint, err);
}

bool ledger_open(struct ledger **out_ledger, const char *directory, const struct note_signer *signer, unsigned lock_wait_ms,
                 struct error *err)
{
    CLEANUP(ledger) struct ledger *ledger = calloc(1, sizeof *ledger);
    struct checkpoint checkpoint;
    if (!ledger) {
        return FAIL(err, LIMIT, "no memory left to open a log");
    }
    if (!text_copy(ledger->directory, sizeof ledger->directory, text_of(directory))) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the log is too long");
    }
    ledger->signer = *signer;
    ledger->lock_wait_ms = lock_wait_ms > 0 ? lock_wait_ms : LEDGER_LOCK_WAIT_MS;
    ledger->bundle.maximum = TILE_BUNDLE_BYTES_MAX;
    TRY(read_head(ledger, &checkpoint, err));
    *out_ledger = ledger;
    ledger = NULL;
    return true;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger) {
        buffer_finish(&ledger->bundle);
        free(ledger);
    }
}

/* ---- the right edge, from the files ---- */

static bool fail_files(struct error *err)
{
    FAIL(err, CORRUPT, "the files of the log do not fit its checkpoint: nothing is appended");
    return error_hint(err, "`emc2 log verify` names the first file or entry that is wrong; take it from a copy of the log");
}

static bool load_bundle(struct ledger *ledger, struct log_files *files, struct error *err)
{
    struct tile_entries *entries = malloc(sizeof *entries);
    unsigned width = 0;
    bool done = entries || FAIL(err, LIMIT, "no memory left to read a log");
    done = done && log_bundle_read(files, files->size / TILE_WIDTH, entries, &width, err);
    done = done && (entries->count == width || fail_files(err));
    for (unsigned i = 0; done && i < width; i++) {
        struct crypto_hash leaf = merkle_leaf(entries->entries[i].data, entries->entries[i].length);
        done = (merkle_equal(&leaf, &ledger->edge.hashes[0][i]) || fail_files(err)) &&
               tile_entry_append(&ledger->bundle, entries->entries[i], err);
    }
    free(entries);
    return done;
}

static bool load_files(struct ledger *ledger, struct log_files *files, struct error *err)
{
    struct edge *edge = &ledger->edge;
    edge->size = files->size;
    for (int level = 0; level < TILE_LEVELS; level++) {
        uint64_t full = tile_count_in(level, files->size);
        const struct crypto_hash *hashes;
        unsigned width;
        edge->widths[level] = 0;
        if (full > 0 && tile_width_in(level, full - 1, files->size) < TILE_WIDTH) {
            TRY(log_tile_read(files, level, full - 1, &hashes, &width, err));
            memcpy(edge->hashes[level], hashes, width * sizeof *hashes);
            edge->widths[level] = width;
        }
    }
    buffer_clear(&ledger->bundle);
    return edge->widths[0] == 0 || load_bundle(ledger, files, err);
}

/* After this, edge and bundle are those of the checkpoint on disk. */
static bool load(struct ledger *ledger, struct error *err)
{
    struct checkpoint now;
    struct crypto_hash root;
    TRY(read_head(ledger, &now, err));
    if (ledger->is_loaded && now.size == ledger->at.size && merkle_equal(&now.root, &ledger->at.root)) {
        return true;
    }
    struct log_files *files = malloc(sizeof *files);
    if (!files) {
        return FAIL(err, LIMIT, "no memory left to read a log");
    }
    bool done = log_files_begin(files, ledger->directory, now.size, err) && load_files(ledger, files, err) &&
                edge_root(&ledger->edge, &root, err) && (merkle_equal(&root, &now.root) || fail_files(err));
    log_files_finish(files);
    free(files);
    ledger->at = now;
    ledger->is_loaded = done;
    return done;
}

/* ---- writing ---- */

/* Makes directory/name, and its parents inside the log, durable. */
static bool make_directories(const struct ledger *ledger, const char *name, struct error *err)
{
    char part[TILE_PATH_SIZE], path[FILES_PATH_SIZE], parent[FILES_PATH_SIZE];
    memcpy(parent, ledger->directory, sizeof ledger->directory);
    for (const char *end = strchr(name, '/');; end = strchr(end + 1, '/')) {
        size_t length = end ? (size_t)(end - name) : strlen(name);
        text_copy(part, sizeof part, (struct text){name, length});
        log_files_path(ledger->directory, part, path);
        TRY(directory_create(path, DIRECTORY_MODE, err) && file_sync_directory(parent, err));
        if (!end) {
            return true;
        }
        memcpy(parent, path, sizeof parent);
    }
}

static bool store_tile(struct ledger *ledger, struct tile tile, const void *bytes, size_t length, struct error *err)
{
    char name[TILE_PATH_SIZE], directory[TILE_PATH_SIZE], path[FILES_PATH_SIZE];
    tile_path(tile, name);
    text_copy(directory, sizeof directory, (struct text){name, (size_t)(strrchr(name, '/') - name)});
    char *ready = ledger->ready[1 + tile.level][tile.width < TILE_WIDTH];
    if (strcmp(ready, directory) != 0) {
        TRY(make_directories(ledger, directory, err));
        memcpy(ready, directory, sizeof directory);
    }
    log_files_path(ledger->directory, name, path);
    return file_write_atomic(path, bytes, length, FILE_MODE, err);
}

/* edge_full: a tile is full, and at the lowest level a bundle, too. */
static bool store_full(void *context, struct tile tile, const struct crypto_hash hashes[TILE_WIDTH], struct error *err)
{
    struct ledger *ledger = context;
    if (tile.level == 0) {
        struct tile bundle = {TILE_ENTRIES, tile.index, TILE_WIDTH};
        TRY(store_tile(ledger, bundle, ledger->bundle.data, ledger->bundle.length, err));
        buffer_clear(&ledger->bundle);
    }
    return store_tile(ledger, tile, hashes, TILE_WIDTH * sizeof *hashes, err);
}

static bool store_partials(struct ledger *ledger, const struct checkpoint *before, struct error *err)
{
    const struct edge *edge = &ledger->edge;
    for (int level = 0; level < TILE_LEVELS; level++) {
        struct tile tile = {level, tile_count_in(level, edge->size) - 1, edge->widths[level]};
        bool is_as_before = before->size >> (TILE_HEIGHT * level) == edge->size >> (TILE_HEIGHT * level);
        if (edge->widths[level] == 0 || is_as_before) {
            continue;
        }
        TRY(store_tile(ledger, tile, edge->hashes[level], edge->widths[level] * sizeof(struct crypto_hash), err));
        if (level == 0) {
            tile.level = TILE_ENTRIES;
            TRY(store_tile(ledger, tile, ledger->bundle.data, ledger->bundle.length, err));
        }
    }
    return true;
}

/* Partial tiles whose full one is there now. The entries are durable already: what cannot be removed is in nobody's way. */
static void remove_partials(struct ledger *ledger, const struct checkpoint *before)
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        uint64_t count = tile_count_in(level, before->size);
        struct tile last = {level, count - 1, TILE_WIDTH};
        struct error ignored;
        char name[TILE_PATH_SIZE], path[FILES_PATH_SIZE];
        if (count > 0 && tile_width_in(level, last.index, before->size) < TILE_WIDTH &&
            tile_width_in(level, last.index, ledger->edge.size) == TILE_WIDTH) {
            tile_partials_path(last, name);
            log_files_path(ledger->directory, name, path);
            bool removed = directory_remove_all(path, &ignored);
            (void)removed;
            ledger->ready[1 + level][1][0] = '\0';
        }
    }
}

static bool add_entry(struct ledger *ledger, struct text entry, struct error *err)
{
    TRY(tile_entry_append(&ledger->bundle, entry, err));
    struct crypto_hash leaf = merkle_leaf(entry.data, entry.length);
    return edge_append(&ledger->edge, &leaf, store_full, ledger, err);
}

static bool append_locked(struct ledger *ledger, const struct text *entries, size_t count, uint64_t *out_first, struct error *err)
{
    TRY(load(ledger, err));
    struct checkpoint before = ledger->at, after = ledger->at;
    ledger->is_loaded = false; /* until all is done */
    for (size_t i = 0; i < count; i++) {
        TRY(add_entry(ledger, entries[i], err));
    }
    TRY(store_partials(ledger, &before, err));
    after.size = ledger->edge.size;
    TRY(edge_root(&ledger->edge, &after.root, err));
    TRY(fault_point("ledger_checkpoint", err));
    TRY(checkpoint_store(ledger->directory, &after, &ledger->signer, err));
    remove_partials(ledger, &before);
    ledger->at = after;
    ledger->is_loaded = true;
    if (out_first) {
        *out_first = before.size;
    }
    return true;
}

bool ledger_append(struct ledger *ledger, const struct text *entries, size_t count, uint64_t *out_first, struct error *err)
{
    CLEANUP(lock) struct lock lock = {0};
    TRY(log_lock_take(&lock, ledger->directory, ledger->lock_wait_ms, err));
    return append_locked(ledger, entries, count, out_first, err);
}

bool ledger_append_records(struct ledger *ledger, const struct ledger_record *records, size_t count, uint64_t *out_first, struct error *err)
{
    CLEANUP(arena) struct arena *batch = arena_create();
    struct text *entries = ARENA_ARRAY(batch, struct text, count);
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = LEDGER_RECORD_BYTES_MAX};
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&bytes);
        TRY(ledger_record_print(&records[i], &bytes, err));
        entries[i] = (struct text){arena_text_copy(batch, (const char *)bytes.data), bytes.length};
    }
    return ledger_append(ledger, entries, count, out_first, err);
}

bool ledger_append_record(struct ledger *ledger, const struct ledger_record *record, struct error *err)
{
    return ledger_append_records(ledger, record, 1, NULL, err);
}
