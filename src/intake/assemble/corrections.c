/* SPDX-License-Identifier: EUPL-1.2 */
/* Corrections and deletions: for the deliveries of a holder after its first live one, which records they have again or take back. The
 * newest word on (holder, table, record) is the one that counts. */
#include "intake/assemble/assemble_internal.h"

static uint32_t group_of(uint32_t holder, enum record_table kind)
{
    return holder * RECORD_TABLE_COUNT + (uint32_t)kind;
}

struct collecting {
    struct assembly *assembly;
    size_t delivery;
    bool is_deletion;
};

static bool take(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    const struct collecting *collecting = context;
    struct assembly *assembly = collecting->assembly;
    const uint32_t word = 2 * ((uint32_t)collecting->delivery + 1) + collecting->is_deletion;
    uint32_t *value = NULL;
    (void)bytes;
    if (row->kind == RECORD_CARE_SITE) {
        return true;
    }
    TRY(key_map_put(&assembly->superseded, group_of(assembly->holder_of[collecting->delivery], row->kind), row->record, word, &value, err));
    if (*value / 2 < word / 2 || !collecting->is_deletion) { /* a record that is deleted and there in one delivery is there */
        *value = word;
    }
    return true;
}

static bool is_first_live(const struct assembly *assembly, size_t delivery)
{
    for (size_t i = 0; i < delivery; i++) {
        if (assembly->holder_of[i] == assembly->holder_of[delivery] && shelves_delivery(assembly->shelves, i)->is_live) {
            return false;
        }
    }
    return true;
}

bool assembly_corrections(struct assembly *assembly, struct error *err)
{
    for (size_t i = 0; i < shelves_count(assembly->shelves); i++) {
        struct collecting collecting = {assembly, i, true};
        if (!shelves_delivery(assembly->shelves, i)->is_live || is_first_live(assembly, i)) {
            continue;
        }
        TRY(shelves_scan(assembly->shelves, i, STANDARD_TABLE_DELETION, take, &collecting, err));
        collecting.is_deletion = false;
        for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
            TRY(shelves_scan(assembly->shelves, i, table, take, &collecting, err));
        }
    }
    return true;
}

bool assembly_is_superseded(const struct assembly *assembly, size_t delivery, const struct standard_row *row, enum assemble_drop *out_why)
{
    const uint32_t *word = key_map_find(&assembly->superseded, group_of(assembly->holder_of[delivery], row->kind), row->record);
    if (!word || *word / 2 <= delivery + 1) {
        return false;
    }
    *out_why = *word & SUPERSEDED_DELETED ? ASSEMBLE_DELETED : ASSEMBLE_CORRECTED;
    return true;
}
