/* SPDX-License-Identifier: EUPL-1.2 */
/* register: see register.h. The file is written first, then the log: a crash between them leaves a file that is newer by one, which only
 * the keys of the warehouse can make, and the next change enters it. */
#include "service/command/register.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096, WAIT_MS = 10000, HEX_SIZE = 2 * CRYPTO_HASH_SIZE + 1 };

void holders_close(struct holders *holders)
{
    registry_close(holders->registry);
    lock_give(&holders->lock);
    *holders = (struct holders){.registry = NULL};
}

static bool register_lock(const struct warehouse *warehouse, struct lock *out_lock, struct error *err)
{
    char path[PATH_SIZE];
    const struct lock_place place = {.path = path,
                                     .busy = "somebody else takes a delivery or changes the register of holders",
                                     .unusable = "the lock of the register of holders cannot be taken"};
    if (snprintf(path, sizeof path, "%s/registry.lock", warehouse->directory) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    return lock_take(out_lock, &place, WAIT_MS, err);
}

static bool facts_add(const struct registry *registry, struct ledger_record *record, struct error *err)
{
    char hex[HEX_SIZE];
    struct crypto_hash hash = registry_hash(registry);
    crypto_hex(hex, hash.bytes, sizeof hash.bytes);
    return ledger_record_number(record, "register_generation", (int64_t)registry_generation(registry), err) &&
           ledger_record_word(record, "register", hex, err);
}

static bool recovered_enter(struct holders *holders, struct warehouse *warehouse, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, LEDGER_ACT_HOLDER, NULL, &entry, err));
    TRY(ledger_record_word(&entry.record, "change", "recovered", err) && facts_add(holders->registry, &entry.record, err));
    return journal_write(warehouse->journal, &entry, 1, err);
}

static bool log_compare(struct holders *holders, struct warehouse *warehouse, bool to_change, struct error *err)
{
    const uint64_t found = registry_generation(holders->registry);
    const struct crypto_hash hash = registry_hash(holders->registry);
    struct crypto_hash known_hash = {.bytes = {0}};
    uint64_t known;
    TRY(journal_register(warehouse->journal, &known, &known_hash, err));
    if (found == known && (found == 0 || memcmp(hash.bytes, known_hash.bytes, sizeof hash.bytes) == 0)) {
        return true;
    }
    if (found > known) {
        return !to_change || recovered_enter(holders, warehouse, err);
    }
    FAIL(err, CORRUPT, "the register of holders is not the one that the log knows: it was put back to an older state, or lost");
    return error_hint(err, "put WAREHOUSE/registry.sealed back from the newest backup; the log tells its generation: %llu",
                      (unsigned long long)known);
}

bool holders_open(struct holders *out_holders, struct warehouse *warehouse, bool to_change, struct error *err)
{
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    TRY(!to_change || register_lock(warehouse, &holders.lock, err));
    TRY(registry_open(&holders.registry, warehouse->directory, warehouse->keyring, &warehouse->grant, err));
    TRY(log_compare(&holders, warehouse, to_change, err));
    *out_holders = holders;
    holders = (struct holders){.registry = NULL};
    return true;
}

bool holders_demand(const struct holders *holders, const char *name, const struct registry_holder **out_holder, struct error *err)
{
    *out_holder = registry_find(holders->registry, name);
    if (!*out_holder) {
        FAIL(err, NOT_FOUND, "there is no holder of this name");
        return error_hint(err, "`emc2 holder list` shows them; `emc2 holder add CARD` adds one");
    }
    return true;
}

bool holders_write(struct holders *holders, struct warehouse *warehouse, struct journal_entry *entry, struct error *err)
{
    TRY(registry_write(holders->registry, &warehouse->grant, err));
    return facts_add(holders->registry, &entry->record, err) && journal_write(warehouse->journal, entry, 1, err);
}
