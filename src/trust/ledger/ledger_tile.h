/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_tile: the layout of a log as files that any web server can serve (c2sp.org/tlog-tiles).
 *   tile/<L>/<N>        256 hashes: hash i is MTH(D[(256 N + i) 256^L : (256 N + i + 1) 256^L])
 *   tile/entries/<N>    256 entries, each with its length (16 bits, big-endian) in front
 *   ... .p/<W>          the rightmost one, while it has only W (1 to 255) of them
 * N is written in groups of three digits, all but the last with an x: 1234067 is x001/x234/067. */
#pragma once
#include "base/buffer.h"
#include "base/text.h"
#include "trust/ledger/ledger_merkle.h"

enum {
    TILE_WIDTH = 256,
    TILE_HEIGHT = 8,   /* 2^8 = 256 */
    TILE_ENTRIES = -1, /* as a level: entry bundles */
    TILE_LEVELS = MERKLE_SIZE_BITS_MAX / TILE_HEIGHT,
    TILE_PATH_SIZE = 64,
    TILE_BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + MERKLE_LEAF_BYTES_MAX),
};

struct tile {
    int level;      /* TILE_ENTRIES, or 0 to TILE_LEVELS - 1 */
    uint64_t index; /* N, below 2^40 */
    unsigned width; /* 1 to 256 */
};
void tile_path(struct tile tile, char out[TILE_PATH_SIZE]);
/* The directory that holds the partial tiles of this tile, whatever its width. */
void tile_partials_path(struct tile tile, char out[TILE_PATH_SIZE]);
/* Accepts exactly what tile_path writes. */
MUST_CHECK bool tile_path_parse(struct text path, struct tile *out_tile);

/* The width of tile (level, index) in a tree of `size` entries: 256, 1 to 255 for the rightmost, 0 when it is not there. */
unsigned tile_width_in(int level, uint64_t index, uint64_t size);
/* How many tiles of that level a tree of `size` has, the partial one included. */
uint64_t tile_count_in(int level, uint64_t size);

/* What an entry bundle holds; the texts point into its bytes. One more than there may be is kept, so that a surplus can be named. */
struct tile_entries {
    unsigned count; /* 257: too many, and the rest was not read */
    struct text entries[TILE_WIDTH + 1];
};
MUST_CHECK bool tile_entry_append(struct buffer *bundle, struct text entry, struct error *err); /* LIMIT above 65535 bytes */
/* CORRUPT when a length points outside. */
MUST_CHECK bool tile_entries_parse(struct tile_entries *out_entries, const void *bytes, size_t length, struct error *err);
/* CORRUPT unless these are `width` hashes. */
MUST_CHECK bool tile_hashes_parse(struct crypto_hash out_hashes[TILE_WIDTH], unsigned width, const void *bytes, size_t length,
                                  struct error *err);
