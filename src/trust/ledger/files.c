/* SPDX-License-Identifier: EUPL-1.2 */
/* files: reading the files of a log. */
#include "trust/ledger/files.h"
#include "base/fault.h"
#include "base/file.h"
#include <stdio.h>
#include <string.h>

bool log_files_begin(struct log_files *files, const char *directory, uint64_t size, struct error *err)
{
    memset(files, 0, sizeof *files);
    files->size = size;
    files->bytes.maximum = TILE_BUNDLE_BYTES_MAX;
    return text_copy(files->directory, sizeof files->directory, text_of(directory)) ||
           FAIL(err, INVALID_ARGUMENT, "the path of the log is too long");
}

void log_files_finish(struct log_files *files)
{
    buffer_finish(&files->bytes);
}

void log_files_path(const char *directory, const char *name, char out[FILES_PATH_SIZE])
{
    snprintf(out, FILES_PATH_SIZE, "%.*s/%s", (int)(FILES_PATH_SIZE - TILE_PATH_SIZE), directory, name);
}

bool log_lock_take(struct lock *out_lock, const char *directory, unsigned wait_ms, struct error *err)
{
    char path[FILES_PATH_SIZE];
    const struct lock_place place = {.path = path,
                                     .busy = "another process is writing to the log",
                                     .unusable = "the lock of the log cannot be opened",
                                     .hint = "an append needs the right to write into the log's directory"};
    log_files_path(directory, "lock", path);
    TRY(fault_point("ledger_lock", err));
    return lock_take(out_lock, &place, wait_ms, err);
}

static bool missing(struct tile tile, struct error *err)
{
    char name[TILE_PATH_SIZE];
    tile_path(tile, name);
    uint64_t first = tile.index * TILE_WIDTH, last = first + tile.width - 1;
    if (tile.level <= 0) {
        FAIL(err, CORRUPT, "%s is missing: it holds the entries %llu to %llu", name, (unsigned long long)first, (unsigned long long)last);
    } else {
        FAIL(err, CORRUPT, "%s is missing: it holds hashes of the log", name);
    }
    return error_hint(err, "take the file from a copy of the log");
}

/* The file of the tile into files->bytes; *out_is_full when the full tile had to stand for the partial one. */
static bool read_tile_file(struct log_files *files, struct tile tile, bool *out_is_full, struct error *err)
{
    char name[TILE_PATH_SIZE], path[FILES_PATH_SIZE];
    for (int attempt = 0; attempt < 2; attempt++) {
        struct error failure = {0};
        struct tile asked = {tile.level, tile.index, attempt == 0 ? tile.width : TILE_WIDTH};
        tile_path(asked, name);
        log_files_path(files->directory, name, path);
        buffer_clear(&files->bytes);
        if (file_read(path, &files->bytes, &failure)) {
            *out_is_full = asked.width != tile.width;
            return true;
        }
        if (failure.code == ERROR_LIMIT) {
            return FAIL(err, CORRUPT, "%s is larger than any tile", name);
        }
        if (failure.code != ERROR_NOT_FOUND) {
            *err = failure;
            return false;
        }
        if (tile.width == TILE_WIDTH) {
            break;
        }
    }
    return missing(tile, err);
}

static bool in_tile(struct tile tile, struct error *err)
{
    char name[TILE_PATH_SIZE];
    tile_path(tile, name);
    return error_context(err, "%s", name);
}

bool log_tile_read(struct log_files *files, int level, uint64_t index, const struct crypto_hash **out_hashes, unsigned *out_width,
                   struct error *err)
{
    struct error ignored;
    struct tile tile = {level, index, tile_width_in(level, index, files->size)};
    if (tile.width == 0) {
        return FAIL(err, INTERNAL, "a tile outside the log was asked for");
    }
    *out_width = tile.width;
    *out_hashes = files->tiles[level].hashes;
    if (files->tiles[level].is_there && files->tiles[level].index == index) {
        return true;
    }
    bool is_full = false;
    files->tiles[level].is_there = false;
    TRY(read_tile_file(files, tile, &is_full, err ? err : &ignored));
    size_t length =
        is_full && files->bytes.length == TILE_WIDTH * CRYPTO_HASH_SIZE ? tile.width * (size_t)CRYPTO_HASH_SIZE : files->bytes.length;
    if (!tile_hashes_parse(files->tiles[level].hashes, tile.width, files->bytes.data, length, err)) {
        return in_tile(tile, err);
    }
    files->tiles[level].is_there = true;
    files->tiles[level].index = index;
    return true;
}

bool log_bundle_read(struct log_files *files, uint64_t index, struct tile_entries *out_entries, unsigned *out_width, struct error *err)
{
    struct error ignored;
    bool is_full = false;
    struct tile tile = {TILE_ENTRIES, index, tile_width_in(TILE_ENTRIES, index, files->size)};
    if (tile.width == 0) {
        return FAIL(err, INTERNAL, "a bundle outside the log was asked for");
    }
    TRY(read_tile_file(files, tile, &is_full, err ? err : &ignored));
    if (!tile_entries_parse(out_entries, files->bytes.data, files->bytes.length, err)) {
        return in_tile(tile, err);
    }
    if (is_full && out_entries->count > tile.width) {
        out_entries->count = tile.width;
    }
    *out_width = tile.width;
    return true;
}

bool log_files_node(void *context, unsigned level, uint64_t index, struct crypto_hash *out_hash, struct error *err)
{
    struct log_files *files = context;
    unsigned inside = level % TILE_HEIGHT, width;
    const struct crypto_hash *hashes;
    uint64_t first = index << inside; /* among the hashes of the tile's level */
    TRY(log_tile_read(files, (int)(level / TILE_HEIGHT), first / TILE_WIDTH, &hashes, &width, err));
    if (first % TILE_WIDTH + (1U << inside) > width) {
        return FAIL(err, INTERNAL, "a hash outside the log was asked for");
    }
    *out_hash = merkle_fold(hashes + first % TILE_WIDTH, 1U << inside);
    return true;
}
