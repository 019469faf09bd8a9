/* SPDX-License-Identifier: EUPL-1.2 */
/* verify: reads every file of a log and names the first that is wrong. A changed entry is told apart from one that was taken out, put in
 * or moved by comparing the hashes of the bundle with those of the tile: a changed log keeps one of the two as it was, or its root does
 * not fit the signed checkpoint. */
#include "base/file.h"
#include "base/task.h"
#include "trust/ledger/edge.h"
#include "trust/ledger/files.h"
#include "trust/ledger/ledger.h"
#include "trust/ledger/ledger_verify.h"
#include <stdlib.h>
#include <string.h>

struct verification {
    const struct ledger_verify_options *options;
    struct checkpoint checkpoint;
    struct log_files files;
    struct tile_entries bundle;
    struct crypto_hash leaves[TILE_WIDTH + 1];
    struct edge edge; /* built from the tiles of level 0 alone */
    struct arena *scratch;
    uint64_t entry_bytes;
};

static bool hint_copy(struct error *err)
{
    return error_hint(err, "compare with another copy of the log: somebody, or a disk, changed this one");
}

/* ---- entries against the tile of their hashes ---- */

static bool fail_entry(struct error *err, uint64_t index, const char *what)
{
    FAIL(err, CORRUPT, "entry %llu %s", (unsigned long long)index, what);
    return hint_copy(err);
}

static bool is_at(const struct crypto_hash *a, unsigned a_count, unsigned i, const struct crypto_hash *b, unsigned b_count, unsigned j)
{
    return i < a_count && j < b_count && merkle_equal(&a[i], &b[j]);
}

/* The first entry whose hash is not the logged one is number i of the bundle: what happened? */
static bool name_change(uint64_t first, unsigned i, const struct crypto_hash *found, unsigned found_count, const struct crypto_hash *logged,
                        unsigned logged_count, struct error *err)
{
    uint64_t index = first + i;
    bool next_moved_up = is_at(found, found_count, i, logged, logged_count, i + 1);
    bool next_moved_down = is_at(found, found_count, i + 1, logged, logged_count, i);
    if (i >= logged_count) {
        return fail_entry(err, index, "was inserted: the log has no hash for it");
    }
    if (next_moved_up && next_moved_down) {
        return fail_entry(err, index, "was moved: it and the next one have changed places");
    }
    if (i >= found_count || next_moved_up) {
        return fail_entry(err, index, "was deleted: the entries after it have moved up, or the bundle ends before it");
    }
    if (next_moved_down) {
        return fail_entry(err, index, "was inserted: the logged one comes after it");
    }
    for (unsigned j = 0; j < logged_count; j++) {
        if (j != i && merkle_equal(&found[i], &logged[j])) {
            return fail_entry(err, index, "was moved: it was logged at another place");
        }
    }
    return fail_entry(err, index, "was altered: its bytes are not those that were logged");
}

static bool check_records(struct verification *v, uint64_t first, struct error *err)
{
    struct ledger_record record;
    for (unsigned i = 0; i < v->bundle.count && !v->options->any_entries; i++) {
        arena_reset(v->scratch);
        if (!ledger_record_parse(&record, v->bundle.entries[i], v->scratch, err)) {
            if (err && err->code != ERROR_UNSUPPORTED) { /* of a later version: not wrong, only unknown */
                err->code = ERROR_CORRUPT;
            }
            return error_context(err, "entry %llu", (unsigned long long)(first + i));
        }
    }
    return true;
}

static bool check_bundle(struct verification *v, uint64_t index, const struct crypto_hash *logged, unsigned width, struct error *err)
{
    unsigned expected, i = 0;
    uint64_t first = index * TILE_WIDTH;
    TRY(log_bundle_read(&v->files, index, &v->bundle, &expected, err));
    for (unsigned e = 0; e < v->bundle.count; e++) {
        v->leaves[e] = merkle_leaf(v->bundle.entries[e].data, v->bundle.entries[e].length);
        v->entry_bytes += v->bundle.entries[e].length;
    }
    while (i < width && i < v->bundle.count && merkle_equal(&v->leaves[i], &logged[i])) {
        i++;
    }
    if (i < width || v->bundle.count > width) {
        return name_change(first, i, v->leaves, v->bundle.count, logged, width, err);
    }
    return check_records(v, first, err);
}

/* ---- tiles against the tiles above them ---- */

/* edge_full: a full tile, whose root must stand in the tile above it. */
static bool compare_root(void *context, struct tile tile, const struct crypto_hash hashes[TILE_WIDTH], struct error *err)
{
    struct verification *v = context;
    const struct crypto_hash *above;
    struct tile upper = {tile.level + 1, tile.index / TILE_WIDTH, TILE_WIDTH};
    if (upper.level == TILE_LEVELS) {
        return true;
    }
    TRY(log_tile_read(&v->files, upper.level, upper.index, &above, &upper.width, err));
    struct crypto_hash root = merkle_fold(hashes, TILE_WIDTH);
    if (!merkle_equal(&root, &above[tile.index % TILE_WIDTH])) {
        char name[TILE_PATH_SIZE], name_above[TILE_PATH_SIZE];
        tile_path(tile, name);
        tile_path(upper, name_above);
        FAIL(err, CORRUPT, "%s is not what was logged: hash %u of %s is not its root", name, (unsigned)(tile.index % TILE_WIDTH),
             name_above);
        return hint_copy(err);
    }
    return true;
}

/* Tile `index` of the entries' hashes, its entries, and what becomes full by it. */
static bool check_tile(struct verification *v, uint64_t index, struct error *err)
{
    const struct crypto_hash *logged;
    unsigned width;
    TRY(log_tile_read(&v->files, 0, index, &logged, &width, err));
    TRY(check_bundle(v, index, logged, width, err));
    for (unsigned i = 0; i < width; i++) {
        TRY(edge_append(&v->edge, &logged[i], compare_root, v, err));
    }
    return true;
}

/* ---- the root, earlier checkpoints ---- */

static bool check_root(struct verification *v, struct error *err)
{
    struct crypto_hash root;
    TRY(edge_root(&v->edge, &root, err));
    if (!merkle_equal(&root, &v->checkpoint.root)) {
        FAIL(err, CORRUPT,
             "the root of the %llu entries is not the one of the checkpoint: entries and tiles were written anew after it was signed",
             (unsigned long long)v->checkpoint.size);
        return error_hint(err,
                          "entries and tiles agree among themselves: compare with another copy, or with a witness' checkpoint (--since)");
    }
    return true;
}

static bool check_earlier(struct verification *v, struct text earlier, struct error *err)
{
    struct merkle_source source = {log_files_node, &v->files};
    struct checkpoint since;
    struct note note;
    struct crypto_hash root;
    if (!checkpoint_open(&since, &note, earlier.data, earlier.length, v->options->key, err)) {
        return error_context(err, "the earlier checkpoint");
    }
    if (since.size > v->checkpoint.size) {
        FAIL(err, CORRUPT, "the log was cut: the checkpoint has %llu entries, an earlier one had %llu",
             (unsigned long long)v->checkpoint.size, (unsigned long long)since.size);
        return error_hint(err, "both are signed: whoever keeps the log's key must explain it");
    }
    TRY(merkle_root(&source, since.size, &root, err));
    if (!merkle_equal(&root, &since.root)) {
        FAIL(err, CORRUPT, "the log was rewritten: its first %llu entries are not those of the earlier checkpoint",
             (unsigned long long)since.size);
        return error_hint(err, "both are signed: whoever keeps the log's key must explain it");
    }
    return true;
}

static bool run(struct verification *v, const char *directory, const struct note *note, struct ledger_verified *out_verified,
                struct error *err)
{
    const struct ledger_verify_options *options = v->options;
    unsigned witnesses;
    TRY(checkpoint_demand_quorum(note, options->witnesses, options->witness_count, options->quorum, err));
    TRY(checkpoint_witnesses(note, options->witnesses, options->witness_count, &witnesses, err));
    TRY(log_files_begin(&v->files, directory, v->checkpoint.size, err));
    for (uint64_t i = 0; i < tile_count_in(0, v->checkpoint.size); i++) {
        TRY(task_check(err) && check_tile(v, i, err));
    }
    TRY(check_root(v, err));
    for (size_t i = 0; i < options->since_count; i++) {
        TRY(check_earlier(v, options->since[i], err));
    }
    *out_verified = (struct ledger_verified){v->checkpoint, v->entry_bytes, witnesses};
    return true;
}

bool ledger_verify(const char *directory, const struct ledger_verify_options *options, struct ledger_verified *out_verified,
                   struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    if (!ledger_view_open(&view, directory, options->key, err)) {
        return error_context(err, "checkpoint");
    }
    struct verification *v = calloc(1, sizeof *v);
    if (!v) {
        return FAIL(err, LIMIT, "no memory left to verify a log");
    }
    v->options = options;
    v->checkpoint = *ledger_view_checkpoint(view);
    v->scratch = scratch;
    bool done = run(v, directory, ledger_view_note(view), out_verified, err);
    log_files_finish(&v->files);
    free(v);
    return done;
}
