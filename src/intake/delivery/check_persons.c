/* SPDX-License-Identifier: EUPL-1.2 */
/* check_persons: the persons of a delivery, each once, whose tokens there are, and whether they are any. 8 bytes a person stay in memory.
 */
#include "intake/delivery/check.h"
#include "intake/delivery/double.h"
#include "intake/identity/identity_facts.h"
#include "trust/crypto/crypto_group.h"
#include <stdlib.h>
#include <string.h>

static int subject_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Sorts what is there, and leaves each out but once. */
static void subjects_sort(struct subjects *list)
{
    size_t kept = 0;
    if (list->count > 0) {
        qsort(list->items, list->count, sizeof *list->items, subject_compare);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || list->items[kept - 1] != list->items[i]) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

bool delivery_token_valid(const struct delivery_token *token)
{
    _Static_assert((int)DELIVERY_ELEMENT_SIZE == (int)CRYPTO_ELEMENT_SIZE, "tokens are elements of the group");
    return token->kind >= 1 && token->kind <= IDENTITY_KEY_KINDS && crypto_element_valid(token->element);
}

/* row: of the first of the block, among all tokens. */
static void tokens_look(struct check *check, const struct block *block, uint64_t index, uint64_t row)
{
    const uint8_t *at = block->tokens;
    for (size_t i = 0; i < block->rows; i++) {
        for (size_t t = 0; t < block->counts[i]; t++, at += sizeof(struct delivery_token)) {
            struct delivery_token token;
            memcpy(&token, at, sizeof token);
            if (!delivery_token_valid(&token)) {
                check_find(check, &(struct check_place){.is_tokens = true, .index = index, .row = row + i}, COLUMN_SUBJECT, FAULT_TOKEN,
                           DETECTED_NOTHING);
            }
        }
    }
}

bool check_persons_take(void *context, const struct block *block, uint64_t index, struct error *err)
{
    struct check *check = context;
    if (block->is_tokens) {
        tokens_look(check, block, index, check->token_subjects.count);
        TRY(subjects_reserve(&check->token_subjects, block->rows, err));
        for (size_t i = 0; i < block->rows; i++) {
            check->token_subjects.items[check->token_subjects.count++] = block_subject(block, i);
        }
    } else if (block->table == RECORD_PERSON) {
        const struct block_column *subject = block_find(block, COLUMN_SUBJECT); /* demanded: it is there */
        TRY(subjects_reserve(&check->subjects, block->rows, err));
        for (size_t i = 0; i < block->rows; i++) {
            check->subjects.items[check->subjects.count++] = block_integer(subject, i);
        }
    }
    return true;
}

/* Unknown subjects of tokens, in order; doubles after sorting. */
static void tokens_check(struct check *check)
{
    struct subjects *seen = &check->token_subjects;
    const struct block_places *places = &check->delivery->places;
    struct check_place place = {.is_tokens = true};
    for (; place.index < places->count; place.index++) {
        const struct block_place *block = &places->items[place.index];
        for (size_t i = 0; block->is_tokens && i < block->rows; i++, place.row++) {
            if (!check_subject_is_known(check, seen->items[place.row])) {
                check_find(check, &place, COLUMN_SUBJECT, FAULT_SUBJECT, DETECTED_NOTHING);
            }
        }
    }
    size_t all = seen->count;
    subjects_sort(seen);
    if (seen->count < all) {
        check_find(check, &(struct check_place){.is_tokens = true}, COLUMN_SUBJECT, FAULT_DOUBLE, DETECTED_NOTHING);
    }
    subjects_finish(seen);
}

bool check_persons(struct check *check, struct error *err)
{
    const size_t rows = check->subjects.count;
    subjects_sort(&check->subjects);
    TRY(check->subjects.count == rows || double_find(check, RECORD_PERSON, COLUMN_SUBJECT, err));
    tokens_check(check);
    return true;
}
