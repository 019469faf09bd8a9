/* SPDX-License-Identifier: EUPL-1.2 */
/* tile: paths, widths and bytes of tiles and entry bundles. */
#include "trust/ledger/ledger_tile.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { GROUP = 1000, INDEX_BITS_MAX = 40 };

/* "tile/0/x001/x234/067"; returns the length. */
static size_t full_path(struct tile tile, char out[TILE_PATH_SIZE])
{
    uint64_t groups[8];
    int count = 0;
    uint64_t rest = tile.index;
    assert(tile.level < TILE_LEVELS && tile.index >> INDEX_BITS_MAX == 0);
    do {
        groups[count++] = rest % GROUP;
        rest /= GROUP;
    } while (rest > 0);
    int length =
        tile.level == TILE_ENTRIES ? snprintf(out, TILE_PATH_SIZE, "tile/entries") : snprintf(out, TILE_PATH_SIZE, "tile/%d", tile.level);
    while (count-- > 0) {
        length += snprintf(out + length, TILE_PATH_SIZE - (size_t)length, count > 0 ? "/x%03u" : "/%03u", (unsigned)groups[count]);
    }
    return (size_t)length;
}

void tile_path(struct tile tile, char out[TILE_PATH_SIZE])
{
    size_t length = full_path(tile, out);
    assert(tile.width >= 1 && tile.width <= TILE_WIDTH);
    if (tile.width < TILE_WIDTH) {
        snprintf(out + length, TILE_PATH_SIZE - length, ".p/%u", tile.width);
    }
}

void tile_partials_path(struct tile tile, char out[TILE_PATH_SIZE])
{
    size_t length = full_path(tile, out);
    snprintf(out + length, TILE_PATH_SIZE - length, ".p");
}

static bool take_word(struct text *path, const char *word)
{
    if (!text_starts_with(*path, text_of(word))) {
        return false;
    }
    path->data += strlen(word);
    path->length -= strlen(word);
    return true;
}

/* Digits at the front, at most `digits_max` of them. */
static bool take_number(struct text *path, unsigned digits_max, uint64_t *out_number)
{
    unsigned digits = 0;
    uint64_t number = 0;
    for (; digits < digits_max && path->length > 0 && path->data[0] >= '0' && path->data[0] <= '9'; digits++) {
        number = number * 10 + (uint64_t)(path->data[0] - '0');
        path->data++;
        path->length--;
    }
    *out_number = number;
    return digits > 0;
}

bool tile_path_parse(struct text path, struct tile *out_tile)
{
    struct tile tile = {.width = TILE_WIDTH};
    struct text rest = path;
    uint64_t level = 0, group, width = TILE_WIDTH;
    if (take_word(&rest, "tile/entries")) {
        tile.level = TILE_ENTRIES;
    } else if (take_word(&rest, "tile/") && take_number(&rest, 1, &level) && level < TILE_LEVELS) {
        tile.level = (int)level;
    } else {
        return false;
    }
    for (bool is_last = false; !is_last;) {
        is_last = !take_word(&rest, "/x");
        if ((is_last && !take_word(&rest, "/")) || !take_number(&rest, 3, &group)) {
            return false;
        }
        tile.index = tile.index * GROUP + group;
        if (tile.index >> INDEX_BITS_MAX != 0) {
            return false;
        }
    }
    if (take_word(&rest, ".p/") && (!take_number(&rest, 3, &width) || width < 1 || width >= TILE_WIDTH)) {
        return false;
    }
    tile.width = (unsigned)width;
    char again[TILE_PATH_SIZE];
    tile_path(tile, again);
    if (!text_equal(path, text_of(again))) {
        return false; /* leading zeros, groups too many, something behind */
    }
    *out_tile = tile;
    return true;
}

/* Hashes at that level: entries at the two lowest. */
static uint64_t hashes_in(int level, uint64_t size)
{
    return level <= 0 ? size : size >> (TILE_HEIGHT * level);
}

unsigned tile_width_in(int level, uint64_t index, uint64_t size)
{
    uint64_t hashes = hashes_in(level, size), before = index * TILE_WIDTH;
    uint64_t after = hashes > before ? hashes - before : 0;
    return after < TILE_WIDTH ? (unsigned)after : TILE_WIDTH;
}

uint64_t tile_count_in(int level, uint64_t size)
{
    return (hashes_in(level, size) + TILE_WIDTH - 1) / TILE_WIDTH;
}

bool tile_entry_append(struct buffer *bundle, struct text entry, struct error *err)
{
    if (entry.length > MERKLE_LEAF_BYTES_MAX) {
        return FAIL(err, LIMIT, "an entry of a log has at most %d bytes, this one %zu", MERKLE_LEAF_BYTES_MAX, entry.length);
    }
    uint8_t length[2] = {(uint8_t)(entry.length >> 8), (uint8_t)entry.length};
    return buffer_append(bundle, length, sizeof length, err) && buffer_append(bundle, entry.data, entry.length, err);
}

bool tile_entries_parse(struct tile_entries *out_entries, const void *bytes, size_t length, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    out_entries->count = 0;
    while (in.position < in.length && out_entries->count <= TILE_WIDTH) {
        const uint8_t *head, *entry;
        TRY(cursor_bytes(&in, 2, &head, err));
        size_t entry_length = (size_t)head[0] << 8 | head[1];
        TRY(cursor_bytes(&in, entry_length, &entry, err));
        out_entries->entries[out_entries->count++] = (struct text){(const char *)entry, entry_length};
    }
    return true;
}

bool tile_hashes_parse(struct crypto_hash out_hashes[TILE_WIDTH], unsigned width, const void *bytes, size_t length, struct error *err)
{
    if (length != (size_t)width * CRYPTO_HASH_SIZE) {
        return FAIL(err, CORRUPT, "a tile of %u hashes has %u bytes, this one %zu", width, width * CRYPTO_HASH_SIZE, length);
    }
    for (unsigned i = 0; i < width; i++) {
        memcpy(out_hashes[i].bytes, (const uint8_t *)bytes + (size_t)i * CRYPTO_HASH_SIZE, CRYPTO_HASH_SIZE);
    }
    return true;
}
