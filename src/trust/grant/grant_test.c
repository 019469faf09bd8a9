/* SPDX-License-Identifier: EUPL-1.2 */
/* grant: what is signed is allowed within its dates, its store and its actions, and nothing else; any change of a value undoes it. */
#include "base/calendar.h"
#include "trust/grant/grant.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1700000000 };
static struct secret *seed;
static uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE];
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";

static struct grant grant_of_a_month(void)
{
    struct error err;
    struct grant grant = {.project = "operator",
                          .purpose = "a \"test\"\nof grants",
                          .holder = "Zoë",
                          .actions = GRANT_COUNT | GRANT_VERIFY,
                          .tables = UINT64_C(0x8000000000000005),
                          .not_before = NOW,
                          .not_after = NOW + 30 * 86400};
    memcpy(grant.store_id, store_id, sizeof store_id);
    assert_true(grant_sign(&grant, seed, &err));
    return grant;
}

static void allows_what_it_says_and_no_more(void **state)
{
    (void)state;
    struct error err;
    struct grant grant = grant_of_a_month();
    assert_true(grant_check(&grant, issuer, store_id, GRANT_COUNT).allowed);
    assert_true(grant_check(&grant, issuer, store_id, GRANT_COUNT | GRANT_VERIFY).allowed);
    assert_false(grant_check(&grant, issuer, store_id, GRANT_COUNT | GRANT_ROWS).allowed);
    assert_true(grant_demand_any(&grant, issuer, store_id, GRANT_COUNT | GRANT_ROWS, &err));
    assert_false(grant_demand_any(&grant, issuer, store_id, GRANT_LOAD | GRANT_ROWS, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(grant_demand(&grant, issuer, store_id, GRANT_LOAD, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_string_equal(err.message, "the grant does not allow this action");
    assert_true(grant_covers_table(&grant, 0) && grant_covers_table(&grant, 2) && grant_covers_table(&grant, 63));
    assert_false(grant_covers_table(&grant, 1) || grant_covers_table(&grant, 64) || grant_covers_table(&grant, 65));
}

static void dates_are_from_inclusive_to_exclusive(void **state)
{
    (void)state;
    struct grant grant = grant_of_a_month();
    clock_set_for_tests(NOW - 1);
    assert_string_equal(grant_check(&grant, issuer, store_id, 0).reason, "the grant is not valid yet");
    clock_set_for_tests(NOW + 30 * 86400 - 1);
    assert_true(grant_check(&grant, issuer, store_id, 0).allowed);
    clock_set_for_tests(NOW + 30 * 86400);
    assert_string_equal(grant_check(&grant, issuer, store_id, 0).reason, "the grant has expired");
    clock_set_for_tests(NOW);
}

static void being_in_force_is_cheap_to_ask(void **state)
{
    (void)state;
    struct error err;
    struct grant grant = grant_of_a_month();
    assert_true(grant_demand_live(&grant, GRANT_COUNT | GRANT_VERIFY, &err)); /* one of them is enough */
    assert_false(grant_demand_live(&grant, GRANT_ROWS | GRANT_LOAD, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    clock_set_for_tests(grant.not_after);
    assert_false(grant_demand_live(&grant, GRANT_COUNT, &err));
    assert_string_equal(err.message, "the grant has expired");
    clock_set_for_tests(grant.not_before - 1);
    assert_false(grant_demand_live(&grant, GRANT_COUNT, &err));
    clock_set_for_tests(NOW);
}

static void another_store_or_issuer_is_refused(void **state)
{
    (void)state;
    struct grant grant = grant_of_a_month();
    const uint8_t other_store[GRANT_STORE_ID_SIZE] = "store number two", other_issuer[CRYPTO_PUBLIC_KEY_SIZE] = {1};
    assert_string_equal(grant_check(&grant, issuer, other_store, 0).reason, "the grant is for another store");
    assert_false(grant_check(&grant, other_issuer, store_id, 0).allowed);
}

static void any_changed_byte_undoes_it(void **state)
{
    (void)state;
    struct grant grant = grant_of_a_month(), changed;
    size_t checked = 0;
    for (size_t i = 0; i < sizeof grant; i++) {
        memcpy(&changed, &grant, sizeof grant);
        ((uint8_t *)&changed)[i] ^= 4;
        /* Bytes behind the NUL of a text are not part of the value. */
        if (memcmp(grant_hash(&changed).bytes, grant_hash(&grant).bytes, CRYPTO_HASH_SIZE) == 0 &&
            memcmp(changed.signature, grant.signature, sizeof grant.signature) == 0) {
            continue;
        }
        assert_false(grant_check(&changed, issuer, store_id, 0).allowed);
        checked++;
    }
    assert_true(checked > 16 + 8 + 19 + 3 + 4 + 8 + 16 + 16 + 32 + 64);
}

static void two_grants_are_never_the_same(void **state)
{
    (void)state;
    struct grant a = grant_of_a_month(), b = grant_of_a_month();
    assert_memory_not_equal(grant_hash(&a).bytes, grant_hash(&b).bytes, CRYPTO_HASH_SIZE);
}

static void prints_and_reads_back(void **state)
{
    (void)state;
    struct error err;
    struct grant grant = grant_of_a_month(), back;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    assert_true(grant_print(&grant, &out, &err));
    assert_true(grant_read(&back, "grant.json", out.data, out.length, &err));
    assert_memory_equal(&back, &grant, sizeof grant);
    assert_true(grant_check(&back, issuer, store_id, GRANT_COUNT).allowed);
}

/* Takes a printed grant, replaces one piece of it, and expects to be refused with a message that says `expected`. */
static void assert_refused(const char *piece, const char *replacement, const char *expected)
{
    struct error err;
    struct grant grant = grant_of_a_month(), back;
    CLEANUP(buffer_value) struct buffer printed = {.maximum = 1 << 16}, changed = {.maximum = 1 << 16};
    assert_true(grant_print(&grant, &printed, &err));
    const char *text = (const char *)printed.data, *found = strstr(text, piece);
    assert_non_null(found);
    assert_true(buffer_append(&changed, text, (size_t)(found - text), &err));
    assert_true(buffer_append_text(&changed, replacement, &err));
    assert_true(buffer_append_text(&changed, found + strlen(piece), &err));
    assert_false(grant_read(&back, "grant.json", changed.data, changed.length, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_non_null(strstr(err.message, expected));
}

static void refuses_what_is_not_a_grant(void **state)
{
    (void)state;
    assert_refused("\"emc2 grant\"", "\"emc2 permit\"", "format");
    assert_refused("\"version\": 1", "\"version\": 2", "version");
    assert_refused("\"operator\"", "7", "project");
    assert_refused("\"operator\"", "\"a\\u0000b\"", "project");
    assert_refused("\"8000000000000005\"", "\"800000000000005\"", "tables");
    assert_refused("\"count\"", "\"everything\"", "actions");
    assert_refused("\"count\"", "\"verify\"", "actions"); /* twice */
    assert_refused("\"holder\"", "\"bearer\"", "holder");
    assert_refused("\"holder\"", "\"extra\": 1, \"holder\"", "nothing else");
    assert_refused("\"holder\"", "\"holder\": \"x\", \"holder\"", "nothing else");
    assert_refused("1700000000", "1.7e9", "not_before");
    assert_refused("{", "[", "grant.json");
}

static int start(void **state)
{
    (void)state;
    struct error err;
    clock_set_for_tests(NOW);
    return crypto_start(&err) && secret_random(&seed, 32, &err) && crypto_public_key(issuer, seed, &err) ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    clock_set_for_tests(0);
    secret_destroy(seed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_what_it_says_and_no_more),    cmocka_unit_test(dates_are_from_inclusive_to_exclusive),
        cmocka_unit_test(another_store_or_issuer_is_refused), cmocka_unit_test(any_changed_byte_undoes_it),
        cmocka_unit_test(two_grants_are_never_the_same),      cmocka_unit_test(prints_and_reads_back),
        cmocka_unit_test(refuses_what_is_not_a_grant),        cmocka_unit_test(being_in_force_is_cheap_to_ask),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
