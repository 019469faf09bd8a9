/* SPDX-License-Identifier: EUPL-1.2 */
/* double: a set of numbers in bounded memory. When a table has more rows than it holds, the numbers are dealt into shares by a hash, and
 * the table is gone over once for each share. */
#include "intake/delivery/double.h"
#include "base/bulk.h"
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 1 << 10 };

struct doubles {
    struct check *check;
    enum record_table table;
    enum record_column column;
    uint64_t share, share_count;
    int64_t *slots; /* 0: free */
    size_t slot_count, used;
    bool has_zero;
};

static uint64_t mix(uint64_t value)
{
    value ^= value >> 32;
    value *= UINT64_C(0x9FB21C651E98DF25);
    value ^= value >> 29;
    value *= UINT64_C(0x9E3779B97F4A7C15);
    return value ^ value >> 32;
}

/* False: it was there. */
static bool number_put(struct doubles *doubles, int64_t value, uint64_t hash)
{
    if (value == 0) {
        bool was_there = doubles->has_zero;
        doubles->has_zero = true;
        return !was_there;
    }
    size_t at = (size_t)(hash & (doubles->slot_count - 1));
    for (; doubles->slots[at]; at = (at + 1) & (doubles->slot_count - 1)) {
        if (doubles->slots[at] == value) {
            return false;
        }
    }
    doubles->slots[at] = value;
    doubles->used++;
    return true;
}

bool doubles_take(void *context, const struct block *block, uint64_t index, uint64_t row, struct error *err)
{
    struct doubles *doubles = context;
    const struct block_column *column = block_find(block, doubles->column);
    for (size_t i = 0; column && i < block->rows; i++) {
        int64_t value = block_integer(column, i);
        uint64_t hash = mix((uint64_t)value);
        if (!block_has(column, i) || (hash >> 40) % doubles->share_count != doubles->share) {
            continue;
        }
        if (!number_put(doubles, value, hash)) {
            const struct check_place place = {false, block->table, index, row + i};
            check_find(doubles->check, &place, doubles->column, FAULT_DOUBLE, DETECTED_NOTHING);
        }
        if (doubles->used > doubles->slot_count / 4 * 3) { /* numbers that somebody chose, all for one share */
            return FAIL(err, LIMIT, "the numbers of table %s cannot be compared in delivery_check_bytes", record_table_name(block->table));
        }
    }
    return true;
}

void doubles_destroy(struct doubles *doubles)
{
    if (doubles) {
        free(doubles->slots);
        free(doubles);
    }
}

bool doubles_create(struct doubles **out_doubles, struct check *check, enum record_table table, enum record_column column,
                    struct error *err)
{
    CLEANUP(doubles) struct doubles *doubles = calloc(1, sizeof *doubles);
    if (!doubles) {
        abort(); /* as an arena */
    }
    *doubles = (struct doubles){.check = check, .table = table, .column = column, .slot_count = SLOTS_MIN};
    const uint64_t rows = delivery_head(check->delivery)->tables[table].rows;
    const uint64_t slots_max = (uint64_t)settings_get(check->settings, SETTING_DELIVERY_CHECK_BYTES) / sizeof *doubles->slots;
    while (doubles->slot_count < 2 * rows && 2 * doubles->slot_count <= slots_max) {
        doubles->slot_count *= 2;
    }
    doubles->share_count = rows / (doubles->slot_count / 2) + 1;
    doubles->slots = bulk_allocate(doubles->slot_count, sizeof *doubles->slots);
    if (!doubles->slots) {
        return FAIL(err, LIMIT, "there is not enough memory to look for doubles");
    }
    memset(doubles->slots, 0, doubles->slot_count * sizeof *doubles->slots);
    *out_doubles = doubles;
    doubles = NULL;
    return true;
}

bool doubles_finish(struct doubles *doubles, struct error *err)
{
    for (doubles->share++; doubles->share < doubles->share_count; doubles->share++) {
        memset(doubles->slots, 0, doubles->slot_count * sizeof *doubles->slots);
        doubles->used = 0;
        TRY(delivery_blocks(doubles->check->delivery, doubles->table, doubles_take, doubles, err));
    }
    return true;
}

bool double_find(struct check *check, enum record_table table, enum record_column column, struct error *err)
{
    CLEANUP(doubles) struct doubles *doubles = NULL;
    TRY(doubles_create(&doubles, check, table, column, err));
    return delivery_blocks(check->delivery, table, doubles_take, doubles, err) && doubles_finish(doubles, err);
}
