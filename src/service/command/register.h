/* SPDX-License-Identifier: EUPL-1.2 */
/* register: how commands open and change the register of holders, with the log beside it: an older file in its place is found. Private to
 * command. */
#pragma once
#include "base/lock.h"
#include "governance/registry/registry.h"
#include "service/command/warehouse.h"

struct holders {
    struct registry *registry;
    struct lock lock; /* of WAREHOUSE/registry.lock, while it is to be changed */
};
void holders_close(struct holders *holders);
static inline __attribute__((unused)) void holders_value_cleanup(struct holders *holders)
{
    holders_close(holders);
}
/* CORRUPT when the log knows a newer register. to_change: nobody else changes it until it is closed; somebody who does is
 * waited for, for a few seconds: then BUSY. */
MUST_CHECK bool holders_open(struct holders *out_holders, struct warehouse *warehouse, bool to_change, struct error *err);
/* NOT_FOUND says how to add one. */
MUST_CHECK bool holders_demand(const struct holders *holders, const char *name, const struct registry_holder **out_holder,
                               struct error *err);
/* Writes the register, and the entry with generation and hash added. */
MUST_CHECK bool holders_write(struct holders *holders, struct warehouse *warehouse, struct journal_entry *entry, struct error *err);
