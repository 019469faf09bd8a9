/* SPDX-License-Identifier: EUPL-1.2 */
/* renewal: the shelves first, wholly; only then the exponents. Each step is in the log before it is taken. */
#include "service/command/renewal.h"
#include "base/fault.h"
#include "intake/shelf/shelf.h"
#include "service/command/commands.h"
#include "trust/keys/keys_pseudonym.h"

static struct shelf_place place_of(const struct warehouse *warehouse)
{
    return (struct shelf_place){warehouse->directory, warehouse->keyring, &warehouse->grant};
}

/* An epoch of the shelves that is not `live`; 0: none. */
static bool stale_find(const struct warehouse *warehouse, uint32_t live, uint32_t *out_stale, struct error *err)
{
    CLEANUP(shelves) struct shelves *shelves = NULL;
    const struct shelf_place place = place_of(warehouse);
    TRY(shelves_open(&shelves, &place, err));
    *out_stale = 0;
    for (size_t i = 0; i < shelves_count(shelves); i++) {
        const uint32_t epoch = shelves_delivery(shelves, i)->head.epoch;
        *out_stale = epoch == live ? *out_stale : epoch;
    }
    return true;
}

bool pseudonyms_renewal_is_due(struct warehouse *warehouse, bool *out_due, struct error *err)
{
    uint32_t newest = 0, live = 0, earlier = 0, stale = 0;
    *out_due = false;
    TRY(keyring_epochs(warehouse->keyring, &newest, &live, err));
    if (!live) {
        return true;
    }
    TRY(keyring_epoch_before(warehouse->keyring, live, &earlier, err) && stale_find(warehouse, live, &stale, err));
    *out_due = earlier > 0 || stale > 0;
    return true;
}

static bool enter(const struct warehouse *warehouse, enum ledger_act act, uint32_t epoch, uint32_t from, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, act, NULL, &entry, err) && ledger_record_number(&entry.record, "epoch", epoch, err));
    TRY(!from || ledger_record_number(&entry.record, "from", from, err));
    return journal_write(warehouse->journal, &entry, 1, err);
}

static bool exponents_destroy(struct warehouse *warehouse, uint32_t live, bool is_quiet, struct error *err)
{
    uint32_t earlier = 0;
    TRY(keyring_epoch_before(warehouse->keyring, live, &earlier, err));
    while (earlier) {
        TRY(enter(warehouse, LEDGER_ACT_KEY_DESTROY, earlier, 0, err) && fault_point("epoch.destroy", err));
        TRY(keyring_epoch_destroy(warehouse->keyring, &warehouse->grant, earlier, err));
        if (!is_quiet) {
            fprintf(stderr, "the exponent of epoch %u is destroyed / l'exposant de l'époque %u est détruit\n", earlier, earlier);
        }
        TRY(keyring_epoch_before(warehouse->keyring, live, &earlier, err));
    }
    return true;
}

bool pseudonyms_renew(struct warehouse *warehouse, const struct invocation *in, struct error *err)
{
    const bool is_quiet = invocation_flag(in, "quiet");
    const struct shelf_place place = place_of(warehouse);
    struct shelf_renewal renewal = {.deliveries = 0};
    uint32_t newest = 0, live = 0, stale = 0;
    char tokens[COUNT_TEXT_SIZE], deliveries[COUNT_TEXT_SIZE];
    TRY(keyring_epochs(warehouse->keyring, &newest, &live, err));
    if (!live) {
        return true;
    }
    TRY(stale_find(warehouse, live, &stale, err));
    TRY(!stale || enter(warehouse, LEDGER_ACT_PSEUDONYM_RENEW, live, stale, err));
    if (!shelves_renew(&place, live, &renewal, err)) {
        return err->code != ERROR_ERASED
                   ? error_context(err, "renewing pseudonyms")
                   : error_hint(err, "the exponent that they were made with was destroyed before: the holders must deliver anew");
    }
    if (renewal.deliveries && !is_quiet) {
        fprintf(stderr, "%s pseudonyms of %s deliveries are renewed: epoch %u / pseudonymes renouvelés\n",
                count_text(renewal.tokens, tokens), count_text(renewal.deliveries, deliveries), live);
    }
    return exponents_destroy(warehouse, live, is_quiet, err);
}

bool pseudonyms_renew_when_due(struct warehouse *warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                               struct error *err)
{
    bool is_due = false;
    TRY(pseudonyms_renewal_is_due(warehouse, &is_due, err));
    return !is_due || (warehouse_regrant(warehouse, in, "key epoch renew", RENEWAL_ACTIONS, err) && pseudonyms_renew(warehouse, in, err) &&
                       warehouse_regrant(warehouse, in, purpose, actions, err));
}

bool pseudonyms_epoch_unused(struct warehouse *warehouse, uint32_t epoch, struct error *err)
{
    CLEANUP(shelves) struct shelves *shelves = NULL;
    const struct shelf_place place = place_of(warehouse);
    TRY(shelves_open(&shelves, &place, err));
    for (size_t i = 0; i < shelves_count(shelves); i++) {
        if (shelves_delivery(shelves, i)->head.epoch == epoch) {
            FAIL(err, INVALID_ARGUMENT, "pseudonyms on the shelves are of epoch %u: without its exponent they cannot be renewed", epoch);
            return error_hint(err, "emc2 key epoch renew turns them into those of the newest epoch, and destroys this one");
        }
    }
    return true;
}
