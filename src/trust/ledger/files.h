/* SPDX-License-Identifier: EUPL-1.2 */
/* files: the files of a log of a known size: reading tiles and bundles, and the Merkle source over them. Private to ledger. */
#pragma once
#include "base/buffer.h"
#include "base/lock.h"
#include "trust/ledger/ledger_tile.h"

enum { FILES_PATH_SIZE = 4096 };

struct log_files {
    char directory[FILES_PATH_SIZE - TILE_PATH_SIZE];
    uint64_t size;
    struct buffer bytes; /* of the last read */
    /* The last tile of each level, so that a proof or a root reads each tile once. */
    struct {
        bool is_there;
        uint64_t index;
        struct crypto_hash hashes[TILE_WIDTH];
    } tiles[TILE_LEVELS];
};
MUST_CHECK bool log_files_begin(struct log_files *files, const char *directory, uint64_t size, struct error *err);
void log_files_finish(struct log_files *files);
/* Writes directory/name; names are short. */
void log_files_path(const char *directory, const char *name, char out[FILES_PATH_SIZE]);

/* One append at a time, also from several processes. Waits at most wait_ms, then BUSY, which names who holds it. */
MUST_CHECK bool log_lock_take(struct lock *out_lock, const char *directory, unsigned wait_ms, struct error *err);

/* The hashes of tile (level, index), as many as the tree of that size has there. A partial tile that is gone is cut from the full one
 * (tlog-tiles, "Partial Tiles"). CORRUPT names a tile that is missing or of another size. */
MUST_CHECK bool log_tile_read(struct log_files *files, int level, uint64_t index, const struct crypto_hash **out_hashes,
                              unsigned *out_width, struct error *err);
/* The same for the entries of a bundle; the texts point into files->bytes. Not checked for its count, so that the caller can say what is
 * wrong with it: only the surplus of a full bundle that stands for a partial one is cut. */
MUST_CHECK bool log_bundle_read(struct log_files *files, uint64_t index, struct tile_entries *out_entries, unsigned *out_width,
                                struct error *err);
/* Over log_tile_read; context is the log_files. */
MUST_CHECK bool log_files_node(void *context, unsigned level, uint64_t index, struct crypto_hash *out_hash, struct error *err);
