/* SPDX-License-Identifier: EUPL-1.2 */
/* staged: which files in WAREHOUSE/deliveries the warehouse took. What lies there is whoever can write there's word: only the register, or
 * a receipt that this warehouse signed, says that a delivery was checked and taken. Private to command. */
#pragma once
#include "intake/shelf/shelf.h"
#include "service/command/register.h"

struct staged {
    const char *path;
    struct delivery_head head;
};
DEFINE_ARRAY(staged_list, struct staged)
/* Those that were taken, by holder and sequence. *out_left: how many are there that were not taken. Paths are in the arena. */
MUST_CHECK bool staged_find(struct staged_list *out_list, const struct warehouse *warehouse, const struct holders *holders,
                            struct arena *arena, size_t *out_left, struct error *err);
/* CORRUPT when a delivery that was taken is neither on the shelves nor staged: something was lost, or put back to an older
 * state. */
MUST_CHECK bool staged_check(const struct staged_list *list, const struct holders *holders, const struct shelves *shelves,
                             struct error *err);
