/* SPDX-License-Identifier: EUPL-1.2 */
/* key epoch status, begin, renew, destroy: the exponents of the warehouse's pseudonyms (SNDS-6.3: pseudonyms are renewed, the old ones then
 * unusable). */
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/renewal.h"
#include "service/command/warehouse.h"
#include "trust/keys/keys_pseudonym.h"
#include <inttypes.h>
#include <stdio.h>

enum { JSON_MAX = 4096 };

bool command_key_epoch_status(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = JSON_MAX};
    struct json_writer writer = {.out = &out, .indented = true};
    uint32_t newest, live;
    TRY(warehouse_open(&warehouse, in, "key epoch", GRANT_VERIFY, err));
    TRY(keyring_epochs(warehouse.keyring, &newest, &live, err));
    if (!invocation_flag(in, "json")) {
        print_line(live > 0 ? "pseudonyms are made in epoch %" PRIu32 : "no epoch of pseudonyms is begun (%" PRIu32 ")", live);
        return true;
    }
    TRY(json_begin_object(&writer, err) && json_name(&writer, "newest", err) && json_i64(&writer, newest, err));
    TRY(json_name(&writer, "live", err) && json_i64(&writer, live, err) && json_end_object(&writer, err));
    return print_buffer(&out, err);
}

static bool record(struct warehouse *warehouse, enum ledger_act act, uint32_t epoch, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, act, NULL, &entry, err) && ledger_record_number(&entry.record, "epoch", epoch, err));
    return journal_write(warehouse->journal, &entry, 1, err);
}

bool command_key_epoch_begin(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    uint32_t newest, live;
    TRY(warehouse_open(&warehouse, in, "key epoch begin", GRANT_PSEUDONYMISE | GRANT_VERIFY, err));
    TRY(keyring_epochs(warehouse.keyring, &newest, &live, err));
    TRY(newest < UINT32_MAX || FAIL(err, LIMIT, "there are no more epochs"));
    TRY(record(&warehouse, LEDGER_ACT_PSEUDONYM_KEY, newest + 1, err));
    TRY(keyring_epoch_begin(warehouse.keyring, &warehouse.grant, newest + 1, err));
    print_line("epoch %" PRIu32 " is begun: pseudonyms are made in it from now on", newest + 1);
    if (live > 0 && !invocation_flag(in, "quiet")) {
        print_line("what was made in epoch %" PRIu32 " is renewed by the next `emc2 assemble`, or now by `emc2 key epoch renew`; then the "
                   "exponent of epoch %" PRIu32 " is destroyed",
                   live, live);
    }
    return true;
}

bool command_key_epoch_renew(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    bool is_due = false;
    TRY(warehouse_open(&warehouse, in, "key epoch renew", RENEWAL_ACTIONS, err));
    TRY(pseudonyms_renewal_is_due(&warehouse, &is_due, err));
    if (!is_due) {
        print_line("there is nothing to renew: all pseudonyms are of the newest epoch / rien à renouveler");
        return true;
    }
    return pseudonyms_renew(&warehouse, in, err);
}

bool command_key_epoch_destroy(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    int64_t epoch, repeated;
    uint32_t newest, live;
    TRY((text_to_i64(text_of(in->words[0]), &epoch) && epoch > 0 && epoch <= UINT32_MAX) ||
        FAIL(err, INVALID_ARGUMENT, "an epoch is a number from 1"));
    TRY(invocation_integer(in, "yes-destroy", 0, 1, UINT32_MAX, &repeated, err));
    TRY(warehouse_open(&warehouse, in, "key epoch destroy", GRANT_ERASE | GRANT_LOAD, err));
    TRY(keyring_epochs(warehouse.keyring, &newest, &live, err));
    TRY(epoch <= newest || FAIL(err, NOT_FOUND, "there is no epoch %" PRId64, epoch));
    if (repeated != epoch) {
        FAIL(err, INVALID_ARGUMENT, "no pseudonym of epoch %" PRId64 " could be made or renewed any more", epoch);
        return error_hint(err, "when all of them are renewed, repeat the command with --yes-destroy %" PRId64, epoch);
    }
    if (epoch == live) {
        FAIL(err, INVALID_ARGUMENT, "epoch %" PRId64 " is the one in use", epoch);
        return error_hint(err, "begin the next one with `emc2 key epoch begin`, and renew the pseudonyms first");
    }
    TRY(pseudonyms_epoch_unused(&warehouse, (uint32_t)epoch, err));
    TRY(record(&warehouse, LEDGER_ACT_KEY_DESTROY, (uint32_t)epoch, err));
    TRY(keyring_epoch_destroy(warehouse.keyring, &warehouse.grant, (uint32_t)epoch, err));
    print_line("the exponent of epoch %" PRId64 " is destroyed", epoch);
    return true;
}
