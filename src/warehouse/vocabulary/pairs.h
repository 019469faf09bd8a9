/* SPDX-License-Identifier: EUPL-1.2 */
/* pairs: sorting of many (key, value) pairs, for building the indexes (private). */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct pair {
    uint64_t key, value;
};
/* By key, stable. scratch has room for count pairs, too. */
void pairs_sort(struct pair *items, struct pair *scratch, size_t count);
/* Ascending and without repetition; gives the new count. scratch has room for count values, too. */
size_t ids_sort(int64_t *items, int64_t *scratch, size_t count);
