/* SPDX-License-Identifier: EUPL-1.2 */
/* shelf_index: which deliveries and files there are (private to shelf; docs/formats/shelf.md). */
#pragma once
#include "base/buffer.h"
#include "intake/shelf/shelf.h"

struct shelf_file {
    int table; /* or SHELF_FILE_TOKENS */
    uint64_t rows, bytes;
    uint8_t id[KEY_FILE_ID_SIZE];
    struct crypto_hash hash;
};
struct shelf_entry {
    struct shelf_delivery delivery;
    struct shelf_file *files; /* owned */
    size_t file_count;
};
DEFINE_ARRAY(shelf_entries, struct shelf_entry)
struct shelf_index {
    struct shelf_entries entries;
};
void shelf_index_finish(struct shelf_index *index);
static inline __attribute__((unused)) void shelf_index_value_cleanup(struct shelf_index *index)
{
    shelf_index_finish(index);
}
MUST_CHECK bool shelf_index_print(const struct shelf_index *index, struct buffer *out, struct error *err);
/* CORRUPT for what shelf_index_print does not write. */
MUST_CHECK bool shelf_index_parse(struct shelf_index *out_index, const void *bytes, size_t length, struct error *err);
MUST_CHECK bool shelf_index_read(struct shelf_index *out_index, const struct shelf_place *place, struct error *err);
/* Commits the keyring first, so that the files that the index names have durable keys before it is there. */
MUST_CHECK bool shelf_index_write(const struct shelf_index *index, const struct shelf_place *place, struct error *err);
/* Whether a delivery has the file of this id. */
bool shelf_index_names(const struct shelf_index *index, const uint8_t id[KEY_FILE_ID_SIZE]);

enum { SHELF_PATH_SIZE = 4096, SHELF_DOCUMENT_MAX = 1 << 30 };
struct shelf_path {
    char text[SHELF_PATH_SIZE];
};
/* WAREHOUSE/shelves, or a file in it. */
MUST_CHECK bool shelf_path_make(struct shelf_path *out_path, const struct shelf_place *place, const char *name, struct error *err);
enum { SHELF_NAME_SIZE = 2 * KEY_FILE_ID_SIZE + 1 };
const struct shelf_index *shelves_index(const struct shelves *shelves);
#define SHELF_DOCUMENTS            \
    {                              \
        "index", "barred", "links" \
    }
