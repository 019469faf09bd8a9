/* SPDX-License-Identifier: EUPL-1.2 */
/* Renewing pseudonyms (SNDS-6.3): for each delivery a new file of tokens, W to the power of p'/p; then one index that names them all in
 * place of the old ones; then the old ones go, with their keys. Which W became which is nowhere: order and subject are in both files, and
 * so the old file must be gone before the renewal is over. */
#include "base/fault.h"
#include "base/task.h"
#include "intake/shelf/row_codec.h"
#include "intake/shelf/shelf_part.h"
#include "trust/keys/keys_pseudonym.h"
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS_AT_ONCE = 8192 };

struct renewing {
    const struct shelf_place *place;
    uint32_t from, to;
    struct shelf_part part;
    size_t elements, subjects;
    uint8_t old[ELEMENTS_AT_ONCE][CRYPTO_ELEMENT_SIZE], renewed[ELEMENTS_AT_ONCE][CRYPTO_ELEMENT_SIZE];
    uint8_t kinds[ELEMENTS_AT_ONCE];
    struct {
        int64_t subject;
        size_t first, count;
    } owners[ELEMENTS_AT_ONCE];
    uint64_t tokens;
};

static bool batch_write(struct renewing *renewing, struct error *err)
{
    const struct shelf_place *place = renewing->place;
    if (!renewing->elements) {
        return true;
    }
    TRY(keyring_repseudonymise(place->keyring, place->grant, renewing->from, renewing->to,
                               (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])renewing->old, renewing->elements, renewing->renewed, err));
    TRY(shelf_part_open(&renewing->part, place, SHELF_FILE_TOKENS, err));
    for (size_t i = 0; i < renewing->subjects; i++) {
        struct shelf_token tokens[SHELF_TOKENS_MAX];
        for (size_t t = 0; t < renewing->owners[i].count; t++) {
            const size_t at = renewing->owners[i].first + t;
            tokens[t].kind = renewing->kinds[at];
            memcpy(tokens[t].element, renewing->renewed[at], CRYPTO_ELEMENT_SIZE);
        }
        TRY(tokens_encode(&renewing->part.block, renewing->owners[i].subject, tokens, renewing->owners[i].count, err));
        TRY(shelf_part_count(&renewing->part, err));
    }
    renewing->tokens += renewing->elements;
    renewing->elements = renewing->subjects = 0;
    return task_check(err);
}

static bool tokens_take(void *context, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err)
{
    struct renewing *renewing = context;
    TRY(renewing->elements + count <= ELEMENTS_AT_ONCE || batch_write(renewing, err));
    renewing->owners[renewing->subjects].subject = subject;
    renewing->owners[renewing->subjects].first = renewing->elements;
    renewing->owners[renewing->subjects++].count = count;
    for (size_t i = 0; i < count; i++, renewing->elements++) {
        memcpy(renewing->old[renewing->elements], tokens[i].element, CRYPTO_ELEMENT_SIZE);
        renewing->kinds[renewing->elements] = tokens[i].kind;
    }
    return true;
}

/* The new file of one delivery takes the old one's place in the index, in memory. */
static bool delivery_renew(struct renewing *renewing, const struct shelves *shelves, size_t at, struct shelf_entry *entry,
                           struct error *err)
{
    renewing->from = entry->delivery.head.epoch;
    TRY(shelves_tokens(shelves, at, tokens_take, renewing, err) && batch_write(renewing, err));
    entry->delivery.head.epoch = renewing->to;
    if (!renewing->part.writer) {
        return true;
    }
    TRY(shelf_part_commit(&renewing->part, err));
    for (size_t i = 0; i < entry->file_count; i++) {
        if (entry->files[i].table == SHELF_FILE_TOKENS) {
            entry->files[i] = renewing->part.file;
        }
    }
    shelf_part_close(&renewing->part, renewing->place, true); /* what no index names is a leftover until then */
    return true;
}

static bool all_renew(struct renewing *renewing, struct shelf_index *index, struct shelf_renewal *renewal, struct error *err)
{
    CLEANUP(shelves) struct shelves *shelves = NULL;
    TRY(shelves_open(&shelves, renewing->place, err));
    for (size_t i = 0; i < index->entries.count; i++) {
        if (index->entries.items[i].delivery.head.epoch != renewing->to) {
            TRY(delivery_renew(renewing, shelves, i, &index->entries.items[i], err));
            renewal->deliveries++;
        }
    }
    renewal->tokens = renewing->tokens;
    return true;
}

static bool locked_renew(struct renewing *renewing, struct shelf_index *index, struct shelf_renewal *renewal, struct error *err)
{
    TRY(shelf_index_read(index, renewing->place, err) && shelf_leftovers_remove(index, renewing->place, err));
    TRY(all_renew(renewing, index, renewal, err));
    if (!renewal->deliveries) {
        return true;
    }
    TRY(fault_point("shelf.renew", err) && shelf_index_write(index, renewing->place, err));
    return fault_point("shelf.renewed", err) && shelf_leftovers_remove(index, renewing->place, err);
}

bool shelves_renew(const struct shelf_place *place, uint32_t epoch, struct shelf_renewal *out_renewal, struct error *err)
{
    CLEANUP(shelf_index_value) struct shelf_index index = {.entries = {.count = 0}};
    struct shelf_renewal renewal = {.deliveries = 0};
    struct lock lock = {0};
    struct renewing *renewing = calloc(1, sizeof *renewing);
    if (!renewing) {
        return FAIL(err, LIMIT, "no memory for pseudonyms");
    }
    renewing->place = place;
    renewing->to = epoch;
    bool done = shelf_lock_take(&lock, place, err);
    if (done) {
        done = locked_renew(renewing, &index, &renewal, err);
        shelf_part_close(&renewing->part, place, false);
        lock_give(&lock);
    }
    crypto_wipe(renewing, sizeof *renewing);
    free(renewing);
    if (done) {
        *out_renewal = renewal;
    }
    return done;
}
