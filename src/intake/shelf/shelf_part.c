/* SPDX-License-Identifier: EUPL-1.2 */
/* Files of a shelf: written block by block; cleared away where no index names them. */
#include "intake/shelf/shelf_part.h"
#include "base/file.h"
#include "warehouse/store/store_sealed.h"
#include <string.h>

enum { BLOCK_BYTES = 1 << 18, BLOCK_ROOM = BLOCK_BYTES + (1 << 16) };

static enum key_domain domain_of(int table)
{
    return table == OMOP_TABLE_PERSON || table == SHELF_FILE_TOKENS ? KEY_DOMAIN_IDENTIFIERS : KEY_DOMAIN_HEALTH;
}

bool shelf_part_open(struct shelf_part *part, const struct shelf_place *place, int table, struct error *err)
{
    struct shelf_path path = {.text = ""};
    char name[SHELF_NAME_SIZE];
    if (part->writer) {
        return true;
    }
    part->file.table = table;
    part->block.maximum = BLOCK_ROOM;
    crypto_random(part->file.id, sizeof part->file.id);
    crypto_hex(name, part->file.id, KEY_FILE_ID_SIZE);
    TRY(shelf_path_make(&path, place, name, err));
    return sealed_writer_open(&part->writer, path.text, place->keyring, place->grant, domain_of(table), part->file.id, 0, err);
}

static bool part_seal(struct shelf_part *part, struct error *err)
{
    uint64_t block = 0;
    if (part->block.length) {
        TRY(sealed_writer_append(part->writer, part->block.data, part->block.length, &block, err));
        buffer_clear(&part->block);
    }
    return true;
}

bool shelf_part_count(struct shelf_part *part, struct error *err)
{
    part->file.rows++;
    return part->block.length < BLOCK_BYTES || part_seal(part, err);
}

bool shelf_part_commit(struct shelf_part *part, struct error *err)
{
    TRY(part_seal(part, err) && sealed_writer_commit(part->writer, &part->file.bytes, &part->file.hash, err));
    part->is_committed = true;
    return true;
}

void shelf_part_close(struct shelf_part *part, const struct shelf_place *place, bool is_published)
{
    sealed_writer_close(part->writer);
    buffer_finish(&part->block);
    if (part->is_committed && !is_published) {
        struct shelf_path path = {.text = ""};
        struct key_file_id id;
        char name[SHELF_NAME_SIZE];
        memcpy(id.bytes, part->file.id, sizeof id.bytes);
        crypto_hex(name, part->file.id, KEY_FILE_ID_SIZE);
        bool removed = keyring_data_key_forget(place->keyring, place->grant, &id, 1, NULL) && shelf_path_make(&path, place, name, NULL) &&
                       file_remove(path.text, NULL);
        (void)removed; /* the next writer tries again */
    }
    *part = (struct shelf_part){.writer = NULL};
}

bool shelf_lock_take(struct lock *lock, const struct shelf_place *place, struct error *err)
{
    struct shelf_path directory = {.text = ""}, path = {.text = ""};
    TRY(shelf_path_make(&directory, place, NULL, err) && directory_create(directory.text, 0700, err));
    TRY(shelf_path_make(&path, place, "lock", err));
    const struct lock_place where = {.path = path.text,
                                     .busy = "another process is taking a delivery into this warehouse, or renews its pseudonyms",
                                     .unusable = "the lock of the shelves cannot be used",
                                     .hint = "look at the rights of the directory shelves"};
    return lock_take(lock, &where, 0, err);
}

/* ---- leftovers of a dead writer, and what was replaced ---- */
struct leftovers {
    const struct shelf_index *index;
    const struct shelf_place *place;
};

static bool leftover_remove(void *context, const char *name, struct error *err)
{
    const struct leftovers *leftovers = context;
    const struct shelf_place *place = leftovers->place;
    struct key_file_id id;
    struct shelf_path path = {.text = ""};
    char first[SHELF_NAME_SIZE];
    (void)text_copy(first, sizeof first, text_of(name));                               /* "….tmp", too */
    const bool is_document = strlen(name) < SHELF_NAME_SIZE / 2 && !strchr(name, '.'); /* and the lock */
    if (is_document || (strlen(name) == SHELF_NAME_SIZE - 1 && crypto_from_hex(id.bytes, sizeof id.bytes, name) &&
                        shelf_index_names(leftovers->index, id.bytes))) {
        return true;
    }
    TRY(!crypto_from_hex(id.bytes, sizeof id.bytes, first) || keyring_data_key_forget(place->keyring, place->grant, &id, 1, err));
    return shelf_path_make(&path, place, name, err) && file_remove(path.text, err);
}

bool shelf_leftovers_remove(const struct shelf_index *index, const struct shelf_place *place, struct error *err)
{
    struct shelf_path path = {.text = ""};
    struct leftovers leftovers = {index, place};
    return shelf_path_make(&path, place, NULL, err) && directory_visit(path.text, leftover_remove, &leftovers, err);
}
