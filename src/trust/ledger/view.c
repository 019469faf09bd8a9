/* SPDX-License-Identifier: EUPL-1.2 */
/* view: a log as it was at one checkpoint: entries and proofs. */
#include "base/file.h"
#include "trust/crypto/crypto_base64.h"
#include "trust/ledger/files.h"
#include "trust/ledger/ledger.h"
#include <stdlib.h>
#include <string.h>

enum { DIRECTORY_MODE = 0755, FILE_MODE = 0644 };

struct ledger_view {
    struct log_files files, bundles; /* of hashes, of entries: the last bundle stays where it was read */
    bool has_bundle;
    uint64_t bundle_index;
    unsigned bundle_width;
    struct buffer note_bytes;
    struct note note;
    struct checkpoint checkpoint;
    struct tile_entries bundle;
};

bool ledger_key_read(const char *directory, struct note_key *out_key, struct error *err)
{
    char path[FILES_PATH_SIZE];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1024};
    log_files_path(directory, "log.vkey", path);
    TRY(file_read(path, &bytes, err));
    return note_key_parse(out_key, (struct text){(const char *)bytes.data, bytes.length}, err);
}

static bool read_checkpoint(struct ledger_view *view, const char *directory, const struct note_key *key, struct error *err)
{
    char path[FILES_PATH_SIZE];
    bool exists;
    log_files_path(directory, "checkpoint", path);
    TRY(file_exists(path, &exists, err));
    if (!exists) {
        FAIL(err, NOT_FOUND, "there is no log here: no file checkpoint");
        error_detail(err, "%s", path);
        return error_hint(err, "name the directory of a log with --from, or the warehouse with --warehouse");
    }
    TRY(file_read(path, &view->note_bytes, err));
    return checkpoint_open(&view->checkpoint, &view->note, view->note_bytes.data, view->note_bytes.length, key, err);
}

bool ledger_view_open(struct ledger_view **out_view, const char *directory, const struct note_key *key, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = calloc(1, sizeof *view);
    if (!view) {
        return FAIL(err, LIMIT, "no memory left to read a log");
    }
    view->note_bytes.maximum = NOTE_BYTES_MAX;
    TRY(log_files_begin(&view->files, directory, 0, err) && log_files_begin(&view->bundles, directory, 0, err));
    TRY(read_checkpoint(view, directory, key, err));
    view->files.size = view->bundles.size = view->checkpoint.size;
    *out_view = view;
    view = NULL;
    return true;
}

void ledger_view_close(struct ledger_view *view)
{
    if (view) {
        log_files_finish(&view->files);
        log_files_finish(&view->bundles);
        buffer_finish(&view->note_bytes);
        free(view);
    }
}

const struct checkpoint *ledger_view_checkpoint(const struct ledger_view *view)
{
    return &view->checkpoint;
}

const struct note *ledger_view_note(const struct ledger_view *view)
{
    return &view->note;
}

struct text ledger_view_note_bytes(const struct ledger_view *view)
{
    return (struct text){(const char *)view->note_bytes.data, view->note_bytes.length};
}

static bool index_check(const struct ledger_view *view, uint64_t index, struct error *err)
{
    return index < view->checkpoint.size || FAIL(err, NOT_FOUND, "there is no entry %llu: the log has %llu, counted from 0",
                                                 (unsigned long long)index, (unsigned long long)view->checkpoint.size);
}

static bool read_bundle(struct ledger_view *view, uint64_t index, struct error *err)
{
    if (view->has_bundle && view->bundle_index == index) {
        return true;
    }
    view->has_bundle = false;
    TRY(log_bundle_read(&view->bundles, index, &view->bundle, &view->bundle_width, err));
    view->has_bundle = true;
    view->bundle_index = index;
    return true;
}

bool ledger_view_entry(struct ledger_view *view, uint64_t index, struct text *out_entry, struct error *err)
{
    TRY(index_check(view, index, err));
    TRY(read_bundle(view, index / TILE_WIDTH, err));
    if (view->bundle.count <= index % TILE_WIDTH) {
        return FAIL(err, CORRUPT, "the bundle of entry %llu ends before it", (unsigned long long)index);
    }
    *out_entry = view->bundle.entries[index % TILE_WIDTH];
    return true;
}

bool ledger_view_prove(struct ledger_view *view, uint64_t index, struct merkle_proof *out_proof, struct error *err)
{
    struct merkle_source source = {log_files_node, &view->files};
    struct merkle_proof proof;
    struct text entry;
    TRY(ledger_view_entry(view, index, &entry, err));
    struct crypto_hash leaf = merkle_leaf(entry.data, entry.length);
    TRY(merkle_inclusion_prove(&source, index, view->checkpoint.size, &proof, err));
    if (!merkle_inclusion_valid(index, view->checkpoint.size, &leaf, &proof, &view->checkpoint.root)) {
        FAIL(err, CORRUPT, "entry %llu cannot be proved: the files of the log do not fit its checkpoint", (unsigned long long)index);
        return error_hint(err, "`emc2 log verify` names the first file or entry that is wrong");
    }
    *out_proof = proof;
    return true;
}

bool ledger_view_prove_consistency(struct ledger_view *view, const struct checkpoint *earlier, struct merkle_proof *out_proof,
                                   struct error *err)
{
    struct merkle_source source = {log_files_node, &view->files};
    struct merkle_proof proof;
    TRY(merkle_consistency_prove(&source, earlier->size, view->checkpoint.size, &proof, err));
    if (!merkle_consistency_valid(earlier->size, view->checkpoint.size, &proof, &earlier->root, &view->checkpoint.root)) {
        return FAIL(err, CORRUPT, "the log does not begin with what it was at %llu entries", (unsigned long long)earlier->size);
    }
    *out_proof = proof;
    return true;
}

/* ---- copying ---- */

static bool copy_tile(struct ledger_view *view, const char *directory, struct tile tile, struct error *err)
{
    char name[TILE_PATH_SIZE], path[FILES_PATH_SIZE];
    CLEANUP(buffer_value) struct buffer bundle = {.maximum = TILE_BUNDLE_BYTES_MAX};
    const struct crypto_hash *hashes = NULL;
    unsigned width;
    if (tile.level == TILE_ENTRIES) {
        TRY(read_bundle(view, tile.index, err));
        width = view->bundle_width;
        for (unsigned i = 0; i < view->bundle.count && i < width; i++) {
            TRY(tile_entry_append(&bundle, view->bundle.entries[i], err));
        }
    } else {
        TRY(log_tile_read(&view->files, tile.level, tile.index, &hashes, &width, err));
        TRY(buffer_append(&bundle, hashes, width * sizeof *hashes, err));
    }
    tile.width = width;
    tile_path(tile, name);
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        char part[TILE_PATH_SIZE];
        text_copy(part, sizeof part, (struct text){name, (size_t)(slash - name)});
        log_files_path(directory, part, path);
        TRY(directory_create(path, DIRECTORY_MODE, err));
    }
    log_files_path(directory, name, path);
    return file_write_atomic(path, bundle.data, bundle.length, FILE_MODE, err);
}

bool ledger_view_copy(struct ledger_view *view, const char *directory, struct error *err)
{
    char path[FILES_PATH_SIZE];
    bool exists;
    TRY(directory_create(directory, DIRECTORY_MODE, err));
    log_files_path(directory, "checkpoint", path);
    TRY(file_exists(path, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "there is a log already");
        return error_hint(err, "name a new directory");
    }
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        for (uint64_t i = 0; i < tile_count_in(level, view->checkpoint.size); i++) {
            TRY(copy_tile(view, directory, (struct tile){level, i, TILE_WIDTH}, err));
        }
    }
    log_files_path(directory, "checkpoint", path);
    return file_write_atomic(path, view->note_bytes.data, view->note_bytes.length, FILE_MODE, err);
}

bool ledger_view_proof_print(struct ledger_view *view, uint64_t index, struct buffer *out, struct error *err)
{
    struct merkle_proof proof;
    char base64[CRYPTO_BASE64_SIZE(CRYPTO_HASH_SIZE)];
    TRY(ledger_view_prove(view, index, &proof, err));
    TRY(buffer_append_format(out, err, "c2sp.org/tlog-proof@v1\nindex %llu\n", (unsigned long long)index));
    for (unsigned i = 0; i < proof.count; i++) {
        crypto_base64(base64, proof.hashes[i].bytes, CRYPTO_HASH_SIZE);
        TRY(buffer_append_format(out, err, "%s\n", base64));
    }
    return buffer_append_text(out, "\n", err) && buffer_append(out, view->note_bytes.data, view->note_bytes.length, err);
}
