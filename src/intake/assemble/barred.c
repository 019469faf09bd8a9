/* SPDX-License-Identifier: EUPL-1.2 */
/* Who stays out for good: entries of persons who were excluded or objected, whatever number linkage gives them later, and the entries that
 * were one person with them then. Kept beside the state of linkage, as the document "barred": holder (u32) and subject (u64) of each. */
#include "intake/assemble/assemble_internal.h"
#include "warehouse/store/store.h"
#include <stdlib.h>
#include <string.h>

enum { ROW_BYTES = sizeof(uint32_t) + sizeof(uint64_t) };

static bool add(struct barred *barred, uint32_t holder, int64_t subject, struct error *err)
{
    uint32_t *value = NULL;
    const size_t before = barred->known.count;
    TRY(key_map_put(&barred->known, holder, subject, 1, &value, err));
    if (barred->known.count > before) {
        TRY(buffer_append_u32(&barred->bytes, holder, err) && buffer_append_u64(&barred->bytes, (uint64_t)subject, err));
        barred->is_changed = true;
    }
    return true;
}

static bool rows_read(struct barred *barred, const struct buffer *bytes, struct error *err)
{
    struct cursor cursor = {bytes->data, bytes->length, 0};
    while (cursor.position < bytes->length) {
        uint32_t holder = 0;
        uint64_t subject = 0;
        TRY(cursor_u32(&cursor, &holder, err) && cursor_u64(&cursor, &subject, err) && add(barred, holder, (int64_t)subject, err));
    }
    barred->is_changed = false;
    return true;
}

/* Copies, because the store is locked while a writer is open. */
static bool persons_copy(struct barred *barred, struct store *store, const struct grant *grant, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    const int64_t *persons = NULL;
    TRY(store_writer_open(&writer, store, grant, err));
    barred->person_count = store_writer_excluded(writer, &persons);
    barred->persons = calloc(barred->person_count + 1, sizeof *barred->persons);
    if (!barred->persons) {
        return FAIL(err, LIMIT, "no memory for the persons who are excluded");
    }
    if (barred->person_count) {
        memcpy(barred->persons, persons, barred->person_count * sizeof *persons);
    }
    return true;
}

bool barred_open(struct barred *barred, const struct shelf_place *place, struct store *store, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 30};
    barred->bytes.maximum = 1 << 30;
    TRY(persons_copy(barred, store, place->grant, err));
    return shelf_document_read(place, "barred", &bytes, err) && rows_read(barred, &bytes, err);
}

void barred_finish(struct barred *barred)
{
    key_map_finish(&barred->known);
    buffer_finish(&barred->bytes);
    free(barred->persons);
}

bool barred_has(const struct barred *barred, uint32_t holder, int64_t subject, uint32_t person)
{
    size_t low = 0, high = barred->person_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (barred->persons[middle] < person) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (low < barred->person_count && barred->persons[low] == person) || key_map_find(&barred->known, holder, subject);
}

bool barred_add(struct barred *barred, uint32_t holder, int64_t subject, struct error *err)
{
    return add(barred, holder, subject, err);
}

bool barred_keep(const struct barred *barred, const struct shelf_place *place, struct error *err)
{
    return !barred->is_changed || shelf_document_write(place, "barred", &barred->bytes, err);
}
