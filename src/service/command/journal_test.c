/* SPDX-License-Identifier: EUPL-1.2 */
/* journal: what is private is kept until it is forgotten, what is missing without having been forgotten is found, and no file that
 * somebody puts back stops the log. */
#include "base/calendar.h"
#include "base/scratch.h"
#include "base/task.h"
#include "service/command/journal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BUNDLE = 256 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";

struct place {
    struct scratch scratch;
    struct keyring *keyring;
    struct journal *journal;
    struct grant grant;
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
    assert_true(journal_open(&place->journal, place->scratch.directory, place->keyring, &place->err));
    place->grant = (struct grant){.project = "p", .actions = GRANT_ERASE | GRANT_VERIFY, .tables = UINT64_MAX};
    place->grant.not_before = clock_unix_seconds() - 60;
    place->grant.not_after = clock_unix_seconds() + 3600;
    assert_true(keyring_grant_issue(place->keyring, &place->grant, &place->err));
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    journal_close(place->journal);
    keyring_close(place->keyring);
    scratch_cleanup(&place->scratch);
    free(place);
    return 0;
}

/* `count` entries, each with a private part. */
static void write_entries(struct place *place, size_t count)
{
    static struct journal_entry entries[2 * BUNDLE + 10];
    assert_true(count <= sizeof entries / sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct journal_entry){.secret = {"counts", TEXT("three persons")}};
        assert_true(journal_begin(&entries[i].record, LEDGER_ACT_READ, &place->grant, &place->err));
    }
    assert_true(journal_write(place->journal, entries, count, &place->err));
}

static size_t openings_length(struct place *place, uint64_t entry)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 20};
    assert_true(journal_openings(place->journal, entry, &out, &place->err));
    return out.length;
}

static const char *bundle(struct place *place, unsigned number)
{
    char name[40];
    snprintf(name, sizeof name, "openings/%08u.openings", number);
    return scratch_path(&place->scratch, name);
}

static void bytes_of(const char *path, struct buffer *out)
{
    struct error err;
    out->maximum = 1 << 24;
    buffer_clear(out);
    assert_true(file_read(path, out, &err));
}

static void put_back(const char *path, const struct buffer *bytes)
{
    struct error err;
    assert_true(file_write_atomic(path, bytes->data, bytes->length, 0600, &err));
}

static void the_bundle_in_use_is_never_forgotten(void **state)
{
    struct place *place = *state;
    size_t bundles = 99;
    bool exists;
    write_entries(place, BUNDLE + 10);
    assert_true(journal_forget(place->journal, LEDGER_NUMBER_MAX, &place->grant, &bundles, &place->err));
    assert_int_equal(bundles, 1);
    assert_int_equal(openings_length(place, 3), 0);
    assert_true(openings_length(place, BUNDLE + 3) > 0);
    assert_true(file_exists(bundle(place, 0), &exists, &place->err) && !exists);
    write_entries(place, 1);
    assert_true(journal_verify(place->journal, &place->err));
}

static void forgetting_is_an_act_of_its_own_and_can_be_stopped(void **state)
{
    struct place *place = *state;
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct ledger_record record;
    struct text entry;
    size_t bundles;
    write_entries(place, BUNDLE + 10);
    task_cancel();
    bool done = journal_forget(place->journal, BUNDLE, &place->grant, &bundles, &place->err);
    task_cancel_reset_for_tests();
    assert_false(done);
    assert_int_equal(place->err.code, ERROR_CANCELLED);
    assert_true(openings_length(place, 3) > 0);
    assert_true(journal_forget(place->journal, BUNDLE + 3, &place->grant, &bundles, &place->err));
    assert_true(ledger_view_open(&view, scratch_path(&place->scratch, "ledger"), NULL, &place->err));
    assert_true(ledger_view_entry(view, ledger_view_checkpoint(view)->size - 1, &entry, &place->err));
    assert_true(ledger_record_parse(&record, entry, scratch, &place->err));
    assert_string_equal(ledger_act_name(record.act), "log.forget");
    assert_true(record.has_grant);
    assert_string_equal(record.facts[0].name, "before");
    assert_int_equal(record.facts[0].number, BUNDLE);
}

static void a_bundle_that_was_put_back_stops_nothing(void **state)
{
    struct place *place = *state;
    CLEANUP(buffer_value) struct buffer old = {.maximum = 0};
    size_t bundles;
    write_entries(place, BUNDLE + 10);
    bytes_of(bundle(place, 0), &old);
    assert_true(journal_forget(place->journal, BUNDLE, &place->grant, &bundles, &place->err));
    put_back(bundle(place, 0), &old);
    write_entries(place, 1);
    assert_int_equal(openings_length(place, 3), 0);
    assert_true(journal_verify(place->journal, &place->err));
    /* Even in the place of the bundle in use: what that held is lost, and verifying says so; acts go on. */
    put_back(bundle(place, 1), &old);
    write_entries(place, 1);
    assert_false(journal_verify(place->journal, &place->err));
    assert_int_equal(place->err.code, ERROR_CORRUPT);
    assert_non_null(strstr(place->err.message, "openings/00000001.openings"));
}

static void what_is_missing_is_found(void **state)
{
    struct place *place = *state;
    CLEANUP(buffer_value) struct buffer older = {.maximum = 0}, newest = {.maximum = 0};
    write_entries(place, BUNDLE + 10);
    bytes_of(bundle(place, 1), &older);
    write_entries(place, 5);
    bytes_of(bundle(place, 1), &newest);
    assert_true(journal_verify(place->journal, &place->err));
    put_back(bundle(place, 1), &older);
    assert_false(journal_verify(place->journal, &place->err));
    assert_int_equal(place->err.code, ERROR_CORRUPT);
    assert_non_null(strstr(place->err.message, "openings/00000001.openings"));
    assert_non_null(strstr(place->err.message, "entry 266")); /* 256 + 10: the first that the older file has not */
    put_back(bundle(place, 1), &newest);
    assert_true(journal_verify(place->journal, &place->err));
    assert_true(file_remove(bundle(place, 0), &place->err));
    assert_false(journal_verify(place->journal, &place->err));
    assert_non_null(strstr(place->err.message, "openings/00000000.openings"));
}

static void a_long_text_is_cut_between_letters(void **state)
{
    struct place *place = *state;
    char text[LEDGER_OPENING_TEXT_MAX + 3];
    struct journal_entry entry = {.secret = {"reason", {text, sizeof text - 1}}};
    memset(text, 'a', sizeof text - 1);
    memcpy(text + LEDGER_OPENING_TEXT_MAX - 1, "\xc3\xa9", 2); /* the limit falls into it */
    assert_true(journal_begin(&entry.record, LEDGER_ACT_EXCLUDE, NULL, &place->err));
    assert_true(journal_write(place->journal, &entry, 1, &place->err));
    assert_true(openings_length(place, 0) > LEDGER_OPENING_TEXT_MAX - 1);
    assert_true(journal_verify(place->journal, &place->err));
}

static void a_folder_that_is_gone_is_explained(void **state)
{
    struct place *place = *state;
    struct journal *journal = NULL;
    assert_true(directory_remove_all(scratch_path(&place->scratch, "openings"), &place->err));
    assert_false(journal_open(&journal, place->scratch.directory, place->keyring, &place->err));
    assert_int_equal(place->err.code, ERROR_CORRUPT);
    assert_non_null(strstr(place->err.message, "openings"));
    assert_non_null(strstr(place->err.hint, "backup"));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        EACH(the_bundle_in_use_is_never_forgotten),     EACH(forgetting_is_an_act_of_its_own_and_can_be_stopped),
        EACH(a_bundle_that_was_put_back_stops_nothing), EACH(what_is_missing_is_found),
        EACH(a_long_text_is_cut_between_letters),       EACH(a_folder_that_is_gone_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
