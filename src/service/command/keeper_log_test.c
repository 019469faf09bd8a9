/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_log: whoever is refused can neither fill the queue nor keep the keeper sealed; no key is opened that could not be entered. */
#include "base/scratch.h"
#include "service/command/keeper_log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 600 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";

struct place {
    struct scratch scratch;
    struct keyring *keyring;
    struct keeper_log *log;
    struct error err;
};

static bool root_at_hand(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), 0x42, CRYPTO_KEY_SIZE);
    return true;
}

static int begin(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct custody custody = {"at hand", root_at_hand, NULL, NULL};
    CLEANUP(secret) struct secret *root = NULL;
    assert_non_null(place);
    place->scratch = scratch_open();
    assert_true(crypto_start(&place->err) && root_at_hand(NULL, &root, &place->err));
    const char *keys = scratch_path(&place->scratch, "keys");
    assert_true(directory_create(keys, 0700, &place->err) && keyring_create(keys, store_id, root, &place->err));
    assert_true(keyring_open(&place->keyring, &custody, keys, store_id, &place->err));
    assert_true(journal_create(place->scratch.directory, place->keyring, &place->err));
    place->log = keeper_log_create(place->scratch.directory);
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    keeper_log_destroy(place->log);
    keyring_close(place->keyring);
    scratch_cleanup(&place->scratch);
    free(place);
    return 0;
}

static void read_entry(struct place *place, uint64_t index, struct arena *scratch, struct ledger_record *out_record)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct text entry;
    assert_true(ledger_view_open(&view, scratch_path(&place->scratch, "ledger"), NULL, &place->err));
    assert_true(ledger_view_entry(view, index, &entry, &place->err));
    assert_true(ledger_record_parse(out_record, entry, scratch, &place->err));
}

static int64_t number_of(const struct ledger_record *record, const char *name)
{
    for (unsigned i = 0; i < record->fact_count; i++) {
        if (strcmp(record->facts[i].name, name) == 0 && record->facts[i].is_number) {
            return record->facts[i].number;
        }
    }
    return -1;
}

static void refusals_are_counted_and_unsealing_drains(void **state)
{
    struct place *place = *state;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct ledger_record record;
    struct keeper_act act = {KEEPER_ACT_OFFER_REFUSED, .user = 7, .process = 4711, .who = "Zo\xc3\xab Martin", .index = 3};
    for (int i = 0; i < MANY; i++) {
        assert_true(keeper_log_act(place->log, &act, &place->err));
    }
    assert_int_equal(keeper_log_waiting(place->log), 1);
    act = (struct keeper_act){KEEPER_ACT_UNSEALED, .user = 7, .index = 1, .who = "Aim\xc3\xa9", .keyring = place->keyring};
    assert_true(keeper_log_act(place->log, &act, &place->err));
    assert_int_equal(keeper_log_waiting(place->log), 0);
    read_entry(place, 0, scratch, &record);
    assert_int_equal(record.act, LEDGER_ACT_REFUSAL);
    assert_string_equal(record.actor, "user:7");
    assert_int_equal(number_of(&record, "times"), MANY);
    assert_int_equal(number_of(&record, "share"), 3);
    assert_int_equal(number_of(&record, "process"), -1);
    assert_int_equal(record.private_count, 1);
    assert_string_equal(record.privates[0].name, "holder");
    read_entry(place, 1, scratch, &record);
    assert_int_equal(record.act, LEDGER_ACT_KEY_UNSEAL);
    assert_int_equal(number_of(&record, "times"), -1);
    /* What is private can be shown to an auditor. */
    CLEANUP(journal) struct journal *journal = NULL;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 20};
    assert_true(journal_open(&journal, place->scratch.directory, place->keyring, &place->err));
    assert_true(journal_openings(journal, 0, &out, &place->err) && buffer_append(&out, "", 1, &place->err));
    assert_non_null(strstr((const char *)out.data, "Zo\xc3\xab Martin"));
    assert_true(journal_verify(journal, &place->err));
}

static void many_users_and_many_shares_leave_room(void **state)
{
    struct place *place = *state;
    for (uint32_t i = 0; i < MANY; i++) {
        struct keeper_act act = {i % 2 ? KEEPER_ACT_OFFER_REFUSED : KEEPER_ACT_OFFER_ACCEPTED, .user = i, .index = i % 250};
        assert_true(keeper_log_act(place->log, &act, &place->err));
        act = (struct keeper_act){KEEPER_ACT_PEER_REFUSED, .user = i};
        assert_true(keeper_log_act(place->log, &act, &place->err));
    }
    assert_true(keeper_log_waiting(place->log) < 100);
    assert_true(keeper_log_act(place->log, &(struct keeper_act){KEEPER_ACT_UNSEALED, .keyring = place->keyring}, &place->err));
    assert_int_equal(keeper_log_waiting(place->log), 0);
}

/* While somebody else holds the lock of the log. */
static void what_could_not_be_entered_is_refused(void **state)
{
    struct place *place = *state;
    struct grant grant = {.project = "p", .actions = GRANT_COUNT};
    struct keeper_act issued = {KEEPER_ACT_GRANT_ISSUED, .grant = &grant};
    struct keeper_act opened = {KEEPER_ACT_KEYS_OPENED, .grant = &grant, .count = 12};
    unsigned promised = 0;
    bool done = true;
    for (int i = 0; i < MANY && done; i++) {
        done = keeper_log_ready(place->log, NULL, &place->err); /* no keyring: nothing could be entered */
        promised += done;
        if (promised == 100) {
            break;
        }
    }
    assert_int_equal(promised, 100);
    for (int i = 0; i < MANY && done; i++) {
        done = keeper_log_act(place->log, &issued, &place->err);
    }
    assert_false(done);
    assert_int_equal(place->err.code, ERROR_BUSY);
    for (unsigned i = 0; i < promised; i++) { /* for each there is the place that was kept */
        assert_true(keeper_log_act(place->log, &opened, &place->err));
    }
    assert_true(keeper_log_act(place->log, &(struct keeper_act){.kind = KEEPER_ACT_OFFER_REFUSED}, &place->err));
    assert_true(keeper_log_act(place->log, &(struct keeper_act){KEEPER_ACT_UNSEALED, .keyring = place->keyring}, &place->err));
    assert_int_equal(keeper_log_waiting(place->log), 0);
    assert_true(keeper_log_ready(place->log, place->keyring, &place->err));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        EACH(refusals_are_counted_and_unsealing_drains),
        EACH(many_users_and_many_shares_leave_room),
        EACH(what_could_not_be_entered_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
