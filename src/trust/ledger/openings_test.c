/* SPDX-License-Identifier: EUPL-1.2 */
/* openings: kept under a key for each bundle (here a double of the keeper of keys), shown, replaced after a crash, and forgotten. */
#include "trust/ledger/ledger_example.h"
#include "trust/ledger/ledger_openings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { BUNDLES = 3 };
struct test_vault {
    struct secret *keys[BUNDLES];
};

static bool test_seal(void *context, uint64_t bundle, struct text plain, struct buffer *out, struct error *err)
{
    struct test_vault *vault = context;
    TRY(vault->keys[bundle] || secret_random(&vault->keys[bundle], CRYPTO_KEY_SIZE, err));
    TRY(buffer_reserve(out, plain.length + CRYPTO_SEAL_OVERHEAD, err));
    TRY(crypto_seal(out->data, vault->keys[bundle], plain.data, plain.length, &bundle, sizeof bundle, err));
    out->length = plain.length + CRYPTO_SEAL_OVERHEAD;
    return true;
}

static bool test_open(void *context, uint64_t bundle, struct text sealed, struct buffer *out, struct error *err)
{
    struct test_vault *vault = context;
    if (!vault->keys[bundle]) {
        return FAIL(err, DENIED, "the key of these openings was destroyed");
    }
    TRY(buffer_reserve(out, sealed.length, err));
    TRY(crypto_open(out->data, vault->keys[bundle], (const uint8_t *)sealed.data, sealed.length, &bundle, sizeof bundle, err));
    out->length = sealed.length - CRYPTO_SEAL_OVERHEAD;
    return true;
}

static struct ledger_kept_opening kept(uint64_t entry, struct ledger_record *record, const char *text)
{
    struct error err;
    struct ledger_kept_opening opening = {.entry = entry};
    *record = example_record(entry);
    assert_true(ledger_record_commit(record, "person", text_of(text), &opening.opening, &err));
    return opening;
}

static void kept_shown_forgotten(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(arena) struct arena *result = arena_create();
    struct test_vault keys = {{NULL}};
    const struct ledger_vault vault = {test_seal, test_open, &keys};
    struct ledger_record records[4];
    struct ledger_kept_opening openings[] = {kept(10, &records[0], "Jeanne Dupont"),
                                             kept(255, &records[1], "Ren\xC3\xA9 \"L\xC3\xA9o\" Martin\n"), kept(256, &records[2], "")};
    const char *directory = scratch_path(&scratch, "openings");
    struct ledger_opening found[LEDGER_PRIVATE_MAX];
    size_t count;
    assert_true(ledger_openings_keep(directory, &vault, openings, 3, &err));
    const uint64_t entries[] = {10, 255, 256};
    for (size_t i = 0; i < 3; i++) {
        assert_true(ledger_openings_read(directory, &vault, entries[i], result, found, &count, &err));
        assert_int_equal(count, 1);
        assert_true(ledger_record_opening_check(&records[i], &found[0]));
        assert_false(ledger_record_opening_check(&records[(i + 1) % 3], &found[0]));
    }
    assert_true(ledger_openings_read(directory, &vault, 11, result, found, &count, &err) && count == 0);
    assert_true(ledger_openings_read(directory, &vault, 600, result, found, &count, &err) && count == 0);
    CLEANUP(buffer_value) struct buffer sealed = {.maximum = 1 << 20};
    assert_true(file_read(scratch_path(&scratch, "openings/00000000.openings"), &sealed, &err));
    assert_null(memmem(sealed.data, sealed.length, "Dupont", 6));
    directory = scratch_path(&scratch, "openings");
    /* Entry 255 was never appended: its place is taken by another one. */
    struct ledger_kept_opening again = kept(255, &records[3], "Anne");
    assert_true(ledger_openings_keep(directory, &vault, &again, 1, &err));
    assert_true(ledger_openings_read(directory, &vault, 255, result, found, &count, &err));
    assert_int_equal(count, 1);
    assert_true(ledger_record_opening_check(&records[3], &found[0]));
    assert_true(ledger_openings_read(directory, &vault, 10, result, found, &count, &err) && count == 1);
    /* The key of bundle 0 goes: 10 and 255 are forgotten, 256 is not. */
    secret_destroy(keys.keys[0]);
    keys.keys[0] = NULL;
    assert_false(ledger_openings_read(directory, &vault, 10, result, found, &count, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(ledger_openings_read(directory, &vault, 256, result, found, &count, &err) && count == 1);
    secret_destroy(keys.keys[1]);
}

static void lines(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(arena) struct arena *result = arena_create();
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1 << 14};
    struct ledger_record record;
    struct ledger_kept_opening opening = kept(812, &record, "a \"b\""), back;
    assert_true(ledger_opening_print(&opening, &line, &err));
    assert_true(ledger_opening_parse(&back, (struct text){(const char *)line.data, line.length}, result, &err));
    assert_int_equal(back.entry, 812);
    assert_true(ledger_record_opening_check(&record, &back.opening));
    static const char *const wrong[] = {"", "{}", "[]", "{\"entry\":-1,\"name\":\"a\",\"salt\":\"00\",\"text\":\"\"}",
                                        "{\"entry\":1,\"name\":\"a\",\"salt\":\"00\",\"text\":\"\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(ledger_opening_parse(&back, text_of(wrong[i]), result, &err));
    }
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_shown_forgotten), cmocka_unit_test(lines)};
    return crypto_start(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
