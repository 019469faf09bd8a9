/* SPDX-License-Identifier: EUPL-1.2 */
/* accept: a store that was put back from an older copy goes on from there, on purpose. Objections are not undone by that: whom the keys
 * know as excluded is excluded again (GDPR art. 21, EHDS art. 71). */
#include "warehouse/store/store_erasure.h"
#include "warehouse/store/store_writer.h"
#include <stdlib.h>
#include <string.h>

static int id_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static bool kept_read(const struct store_writer *writer, struct buffer *bytes, struct error *err)
{
    TRY(keyring_head_kept(writer->store->keyring, &writer->grant, bytes, err));
    return bytes->length % sizeof(int64_t) == 0 || FAIL(err, CORRUPT, "the keys do not say whom the store excludes as emc2 writes it");
}

/* Nobody asks whether the older store knows them: they may come with a later load. */
static bool exclude_again(struct store_writer *writer, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = KEY_KEPT_MAX};
    const struct person_ids *known = &writer->latest.excluded;
    TRY(kept_read(writer, &bytes, err));
    struct cursor in = {bytes.data, bytes.length, 0};
    while (in.position < in.length) {
        uint64_t value;
        TRY(cursor_u64(&in, &value, err));
        int64_t person = (int64_t)value;
        bool is_known = known->count > 0 && bsearch(&person, known->items, known->count, sizeof person, id_compare);
        TRY(is_known || person_ids_append(&writer->excluded, person, err));
    }
    return true;
}

bool store_accept(struct store *store, const struct grant *grant, const char *reason, uint32_t *out_snapshot, size_t *out_new,
                  struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    const struct store_snapshot_note note = {.label = reason};
    TRY(grant_demand(grant, keyring_governance_public_key(store->keyring), store->store_id, GRANT_ERASE, err));
    if (!store->options.accepts_older || !store->options.journal || !reason || !reason[0]) {
        return FAIL(err, INVALID_ARGUMENT, "to accept an older store needs a journal, and a reason");
    }
    TRY(store_writer_open(&writer, store, grant, err));
    TRY(exclude_again(writer, err));
    *out_snapshot = writer->latest.number;
    *out_new = writer->excluded.count;
    if (writer->excluded.count == 0) {
        return store_writer_head(writer, &writer->latest, &writer->latest_hash, err);
    }
    writer->act = STORE_ACT_EXCLUDE;
    for (int scope = 0; scope < STORE_SCOPE_COUNT; scope++) {
        TRY(store_writer_keep(writer, (enum omop_scope)scope, err));
    }
    return store_writer_commit(writer, &note, out_snapshot, err);
}
