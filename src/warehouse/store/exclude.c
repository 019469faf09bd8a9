/* SPDX-License-Identifier: EUPL-1.2 */
/* exclude: a snapshot of the same files that names persons of whom nothing comes out any more (GDPR art. 21, EHDS art. 71). */
#include "warehouse/store/store_erasure.h"
#include "warehouse/store/store_writer.h"
#include <inttypes.h>
#include <stdlib.h>

struct search {
    const int64_t *persons;
    uint8_t *found; /* by position in persons */
    size_t count, left;
};

static int id_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void search_in(struct search *search, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < search->count; i++) {
        if (!search->found[i] && count > 0 && bsearch(&search->persons[i], ids, count, sizeof *ids, id_compare)) {
            search->found[i] = 1;
            search->left--;
        }
    }
}

/* Segments whose key was destroyed are passed over. */
static bool search_file(struct store_reader *reader, size_t index, struct search *search, struct error *err)
{
    struct error reason = {.code = ERROR_INTERNAL};
    const int64_t *ids;
    if (!store_reader_open_file(reader, index, &reason)) {
        if (err) {
            *err = reason;
        }
        return reason.code == ERROR_ERASED;
    }
    struct store_segment *segment = reader->files[index].segment;
    TRY(store_segment_person_ids(segment, &ids, err));
    search_in(search, ids, store_segment_persons(segment));
    return true;
}

static bool search_snapshot(struct store_writer *writer, uint32_t number, struct search *search, struct error *err)
{
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    const struct person_ids nobody = {.items = NULL};
    struct crypto_hash hash;
    TRY(manifest_load(&manifest, writer->store, &writer->grant, number, &hash, NULL, err));
    TRY(store_reader_begin(&reader, writer->store, &writer->grant, &manifest, &nobody, err));
    for (size_t i = 0; search->left > 0 && i < reader->file_count; i++) {
        const struct segment_summary *summary = &reader->files[i].entry.summary;
        bool is_met = false;
        for (size_t k = 0; k < search->count && summary->persons > 0; k++) {
            is_met =
                is_met || (!search->found[k] && search->persons[k] >= summary->first_person && search->persons[k] <= summary->last_person);
        }
        TRY(!is_met || search_file(reader, i, search, err));
    }
    return true;
}

static bool refuse_unknown(const struct search *search, struct error *err)
{
    for (size_t i = 0; i < search->count; i++) {
        if (!search->found[i]) {
            FAIL(err, NOT_FOUND, "%zu of the %zu persons are unknown here, the first of them in place %zu of the list: nobody was excluded",
                 search->left, search->count, i + 1);
            return error_hint(err, "a person is named by the person_id of this store; mend the list and exclude again");
        }
    }
    return true;
}

static bool persons_check(struct store_writer *writer, struct search *search, struct error *err)
{
    search_in(search, writer->latest.excluded.items, writer->latest.excluded.count);
    size_t known = search->left;
    for (uint32_t number = writer->latest.number; search->left > 0 && number > 0; number--) {
        TRY(search_snapshot(writer, number, search, err));
    }
    TRY(refuse_unknown(search, err));
    search->left = known;
    return true;
}

static bool exclude_commit(struct store_writer *writer, const struct search *search, const char *reason, uint32_t *out_snapshot,
                           struct error *err)
{
    const struct store_snapshot_note note = {.label = reason};
    writer->act = STORE_ACT_EXCLUDE;
    for (size_t i = 0; i < search->count; i++) {
        TRY(person_ids_append(&writer->excluded, search->persons[i], err));
    }
    for (int scope = 0; scope < STORE_SCOPE_COUNT; scope++) {
        TRY(store_writer_keep(writer, (enum omop_scope)scope, err));
    }
    return store_writer_commit(writer, &note, out_snapshot, err);
}

bool store_exclude(struct store *store, const struct grant *grant, const int64_t *persons, size_t count, const char *reason,
                   uint32_t *out_snapshot, size_t *out_new, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct search search = {persons, ARENA_ARRAY(scratch, uint8_t, count + 1), count, count};
    TRY(grant_demand(grant, keyring_governance_public_key(store->keyring), store->store_id, GRANT_ERASE, err));
    if (count == 0 || !reason || !reason[0]) {
        return FAIL(err, INVALID_ARGUMENT, "an exclusion needs a person and a reason");
    }
    TRY(store_writer_open(&writer, store, grant, err));
    TRY(persons_check(writer, &search, err));
    *out_new = search.left;
    *out_snapshot = writer->latest.number;
    return search.left == 0 || exclude_commit(writer, &search, reason, out_snapshot, err);
}
