/* SPDX-License-Identifier: EUPL-1.2 */
/* staged: what was taken and waits for the next assembly. */
#include "service/command/staged.h"
#include "base/file.h"
#include "intake/delivery/delivery_receipt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct staging {
    struct staged_list *list;
    const struct warehouse *warehouse;
    const struct holders *holders;
    struct arena *arena;
    size_t left;
};

static bool receipt_tells(const struct staging *staging, const struct delivery_head *head, bool *out_tells, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = RECEIPT_BYTES_MAX};
    const struct keyring *keyring = staging->warehouse->keyring;
    const char *path = arena_text_format(staging->arena, "%s/receipts/%s-%llu.json", staging->warehouse->directory, head->holder,
                                         (unsigned long long)head->sequence);
    struct receipt receipt;
    bool exists = false;
    *out_tells = false;
    TRY(file_exists(path, &exists, err));
    if (!exists) {
        return true;
    }
    TRY(file_read_plain(path, &bytes, err));
    *out_tells = receipt_verify(&receipt, bytes.data, bytes.length, keyring_manifest_public_key(keyring), NULL) &&
                 memcmp(receipt.store_id, keyring_store_id(keyring), sizeof receipt.store_id) == 0 &&
                 strcmp(receipt.holder, head->holder) == 0 && receipt.sequence == head->sequence &&
                 memcmp(receipt.root.bytes, head->root.bytes, sizeof head->root.bytes) == 0;
    return true;
}

static bool was_taken(const struct staging *staging, const struct delivery_head *head, bool *out_taken, struct error *err)
{
    const struct registry_holder *holder = registry_find(staging->holders->registry, head->holder);
    *out_taken = holder && holder->last_sequence == head->sequence &&
                 memcmp(holder->last_root.bytes, head->root.bytes, sizeof head->root.bytes) == 0;
    return *out_taken || !holder || head->sequence >= holder->last_sequence || receipt_tells(staging, head, out_taken, err);
}

static bool take(void *context, const char *name, struct error *err)
{
    struct staging *staging = context;
    struct staged staged;
    bool is_taken = false;
    if (!text_ends_with(text_of(name), TEXT(".delivery"))) { /* a copy that was not finished */
        return true;
    }
    staged.path = arena_text_format(staging->arena, "%s/deliveries/%s", staging->warehouse->directory, name);
    if (!delivery_peek(staged.path, NULL, &staged.head, NULL)) {
        staging->left++; /* whether one that was taken is missing, staged_check finds out */
        return true;
    }
    TRY(was_taken(staging, &staged.head, &is_taken, err));
    staging->left += !is_taken;
    return !is_taken || staged_list_append(staging->list, staged, err);
}

static int by_holder_and_sequence(const void *a, const void *b)
{
    const struct staged *x = a, *y = b;
    const int names = strcmp(x->head.holder, y->head.holder);
    return names ? names : (x->head.sequence > y->head.sequence) - (x->head.sequence < y->head.sequence);
}

bool staged_find(struct staged_list *out_list, const struct warehouse *warehouse, const struct holders *holders, struct arena *arena,
                 size_t *out_left, struct error *err)
{
    struct staging staging = {out_list, warehouse, holders, arena, 0};
    const char *folder = arena_text_format(arena, "%s/deliveries", warehouse->directory);
    bool exists = false;
    out_list->maximum = SHELF_DELIVERIES_MAX;
    TRY(file_exists(folder, &exists, err));
    TRY(!exists || directory_visit(folder, take, &staging, err));
    if (out_list->count) {
        qsort(out_list->items, out_list->count, sizeof *out_list->items, by_holder_and_sequence);
    }
    *out_left = staging.left;
    return true;
}

static bool is_staged(const struct staged_list *list, const char *holder, uint64_t sequence)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].head.sequence == sequence && strcmp(list->items[i].head.holder, holder) == 0) {
            return true;
        }
    }
    return false;
}

/* Sequences have no gaps: all after the last one on the shelves wait. */
bool staged_check(const struct staged_list *list, const struct holders *holders, const struct shelves *shelves, struct error *err)
{
    for (size_t i = 0; i < registry_count(holders->registry); i++) {
        const struct registry_holder *holder = registry_at(holders->registry, i);
        for (uint64_t sequence = shelves_last_sequence(shelves, text_of(holder->name)) + 1; sequence <= holder->last_sequence; sequence++) {
            if (!is_staged(list, holder->name, sequence)) {
                FAIL(err, CORRUPT,
                     "delivery %llu of %s was taken, and is neither on the shelves nor in WAREHOUSE/deliveries: nothing was assembled",
                     (unsigned long long)sequence, holder->name);
                return error_hint(err, "put both directories back from the newest backup");
            }
        }
    }
    return true;
}
