/* SPDX-License-Identifier: EUPL-1.2 */
/* check_persons: the persons of a delivery, each once, and whose tokens there are. 8 bytes a person stay in memory. */
#include "base/task.h"
#include "intake/delivery/check.h"
#include "intake/delivery/double.h"
#include <stdlib.h>
#include <string.h>

static int subject_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Sorts what is there, and leaves each out but once. */
static void subjects_sort(struct subject_list *list)
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

static bool persons_take(void *context, const struct block *block, uint64_t index, uint64_t row, struct error *err)
{
    struct check *check = context;
    const struct block_column *subject = block_find(block, COLUMN_SUBJECT); /* demanded: it is there */
    (void)index;
    (void)row;
    (void)err;
    for (size_t i = 0; i < block->rows; i++) {
        check->subjects.items[check->subjects.count++] = block_integer(subject, i);
    }
    return true;
}

static bool list_create(struct subject_list *list, uint64_t rows, struct error *err)
{
    *list = (struct subject_list){.count = 0};
    if (rows > SIZE_MAX / sizeof *list->items || !(list->items = malloc((size_t)(rows + 1) * sizeof *list->items))) {
        return FAIL(err, LIMIT, "there is not enough memory for the persons of the delivery");
    }
    return true;
}

static void list_cleanup(struct subject_list *list)
{
    free(list->items);
}

/* Unknown subjects of tokens, in order; doubles after sorting. */
static bool tokens_check(struct check *check, struct error *err)
{
    struct delivery *delivery = check->delivery;
    CLEANUP(list) struct subject_list seen = {.count = 0};
    struct check_place place = {.is_tokens = true};
    struct block block;
    TRY(list_create(&seen, delivery_head(delivery)->subjects, err));
    for (size_t b = 0; b < delivery->places.count; b++) {
        if (!delivery->places.items[b].is_tokens) {
            continue;
        }
        TRY(task_check(err) && delivery_block(delivery, b, &block, err));
        place.index = b;
        for (size_t i = 0; i < block.rows; i++, place.row++) {
            int64_t subject = block_subject(&block, i);
            seen.items[seen.count++] = subject;
            if (!check_subject_is_known(check, subject)) {
                check_find(check, &place, COLUMN_SUBJECT, FAULT_SUBJECT, DETECTED_NOTHING);
            }
        }
    }
    size_t all = seen.count;
    subjects_sort(&seen);
    if (seen.count < all) {
        check_find(check, &(struct check_place){.is_tokens = true}, COLUMN_SUBJECT, FAULT_DOUBLE, DETECTED_NOTHING);
    }
    return true;
}

bool check_persons(struct check *check, struct error *err)
{
    const uint64_t rows = delivery_head(check->delivery)->tables[RECORD_PERSON].rows;
    TRY(list_create(&check->subjects, rows, err));
    TRY(delivery_blocks(check->delivery, RECORD_PERSON, persons_take, check, err));
    subjects_sort(&check->subjects);
    TRY(check->subjects.count == rows || double_find(check, RECORD_PERSON, COLUMN_SUBJECT, err));
    return tokens_check(check, err);
}
