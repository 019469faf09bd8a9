/* SPDX-License-Identifier: EUPL-1.2 */
/* record: the one form of a record (docs/formats/ledger.md), what is refused, and commitments that open only with their salt. */
#include "trust/ledger/ledger_record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct crypto_hash hash_of(uint8_t byte)
{
    struct crypto_hash hash;
    memset(hash.bytes, byte, sizeof hash.bytes);
    return hash;
}

#define HEX_11 "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX_AB "abababababababababababababababababababababababababababababababab"
static const char printed[] = "{\"v\":1,\"time\":1764000000,\"actor\":\"operator@host-1\",\"act\":\"load\",\"grant\":\"" HEX_11
                              "\",\"object\":null,\"facts\":{\"persons\":100000,\"delta\":-5,\"kind\":\"full\"},\"private\":{}}";

static void one_form(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = LEDGER_RECORD_BYTES_MAX};
    struct ledger_record record, back;
    struct crypto_hash grant = hash_of(0x11), object = hash_of(0xAB);
    assert_true(ledger_record_begin(&record, LEDGER_ACT_LOAD, "operator@host-1", 1764000000, &err));
    ledger_record_grant(&record, &grant);
    assert_true(ledger_record_number(&record, "persons", 100000, &err) && ledger_record_number(&record, "delta", -5, &err));
    assert_true(ledger_record_word(&record, "kind", "full", &err));
    assert_true(ledger_record_print(&record, &bytes, &err));
    assert_string_equal((const char *)bytes.data, printed);
    assert_true(ledger_record_parse(&back, TEXT(printed), scratch, &err));
    assert_true(back.act == LEDGER_ACT_LOAD && back.time == 1764000000 && back.has_grant && !back.has_object && back.fact_count == 3);
    assert_int_equal(back.facts[1].number, -5);
    assert_string_equal(back.facts[2].word, "full");
    ledger_record_object(&record, &object);
    buffer_clear(&bytes);
    assert_true(ledger_record_print(&record, &bytes, &err));
    assert_non_null(strstr((const char *)bytes.data, "\"object\":\"" HEX_AB "\""));
}

/* Every single byte that is changed or taken away gives no record, or another one. */
static void other_forms_are_refused(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct ledger_record back;
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"v\":1}",
        "{\"v\":1,\"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}} ",
        "{\"v\":1, \"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"time\":1,\"v\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"v\":1,\"time\":1,\"actor\":\"a b\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"v\":1,\"time\":1,\"actor\":\"\\u0061\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"v\":1,\"time\":1,\"actor\":\"a\",\"act\":\"fly\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"v\":2,\"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"v\":1,\"time\":-1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"v\":1,\"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":\"00\",\"object\":null,\"facts\":{},\"private\":{}}",
        "{\"v\":1,\"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{\"n\":1.0},\"private\":{}}",
        "{\"v\":1,\"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{\"n\":1,\"n\":1},\"private\":{}}",
        "{\"v\":1,\"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{\"p\":\"\"}}",
        "{\"v\":1,\"time\":1,\"actor\":\"a\",\"act\":\"load\",\"grant\":null,\"object\":null,\"facts\":{},\"private\":{},\"more\":1}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(ledger_record_parse(&back, text_of(wrong[i]), scratch, &err));
        assert_true(err.code == ERROR_INVALID_INPUT || err.code == ERROR_UNSUPPORTED);
    }
    for (size_t i = 0; i < sizeof printed - 1; i++) {
        char changed[sizeof printed];
        memcpy(changed, printed, i);
        memcpy(changed + i, printed + i + 1, sizeof printed - i - 1);
        CLEANUP(buffer_value) struct buffer again = {.maximum = LEDGER_RECORD_BYTES_MAX};
        if (ledger_record_parse(&back, text_of(changed), scratch, &err)) {
            assert_true(ledger_record_print(&back, &again, &err));
            assert_string_equal((const char *)again.data, changed);
        }
    }
}

static void filling_has_limits(void **state)
{
    (void)state;
    struct error err;
    struct ledger_record record;
    struct ledger_opening opening;
    char name[8];
    assert_false(ledger_record_begin(&record, LEDGER_ACT_READ, "Jeanne Dupont", 1, &err));
    assert_false(ledger_record_begin(&record, LEDGER_ACT_READ, "", 1, &err));
    assert_false(ledger_record_begin(&record, LEDGER_ACT_READ, "a", -1, &err));
    assert_true(ledger_record_begin(&record, LEDGER_ACT_READ, "a", 1, &err));
    assert_false(ledger_record_number(&record, "Persons", 1, &err));
    assert_false(ledger_record_number(&record, "n", LEDGER_NUMBER_MAX + 1, &err));
    assert_false(ledger_record_word(&record, "w", "two words", &err));
    for (int i = 0; i < LEDGER_FACTS_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_true(ledger_record_number(&record, name, i, &err));
    }
    assert_false(ledger_record_number(&record, "more", 1, &err));
    assert_false(ledger_record_commit(&record, "p", TEXT("\xFF"), &opening, &err));
    assert_true(ledger_record_commit(&record, "p", TEXT("x"), &opening, &err));
    assert_false(ledger_record_commit(&record, "p", TEXT("y"), &opening, &err));
    enum ledger_act act;
    for (int i = 0; i < LEDGER_ACT_COUNT; i++) {
        assert_true(ledger_act_from_name(text_of(ledger_act_name((enum ledger_act)i)), &act) && act == (enum ledger_act)i);
    }
}

static void commitments_open_with_their_salt_only(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = LEDGER_RECORD_BYTES_MAX}, by_hand = {.maximum = 256};
    struct ledger_record record, back;
    struct ledger_opening person, again;
    assert_true(ledger_record_begin(&record, LEDGER_ACT_EXCLUDE, "operator", 1764000000, &err));
    assert_true(ledger_record_commit(&record, "person", TEXT("Jeanne Dupont"), &person, &err));
    assert_true(ledger_record_commit(&record, "reason", TEXT("Jeanne Dupont"), &again, &err));
    assert_memory_not_equal(record.privates[0].hash.bytes, record.privates[1].hash.bytes, CRYPTO_HASH_SIZE);
    assert_true(ledger_record_print(&record, &bytes, &err));
    assert_null(strstr((const char *)bytes.data, "Dupont"));
    assert_true(ledger_record_parse(&back, (struct text){(const char *)bytes.data, bytes.length}, scratch, &err));
    assert_true(ledger_record_opening_check(&back, &person));
    /* the definition, by hand */
    assert_true(buffer_append(&by_hand, person.salt, sizeof person.salt, &err) && buffer_append(&by_hand, "person", 7, &err) &&
                buffer_append_text(&by_hand, "Jeanne Dupont", &err));
    struct crypto_hash expected = crypto_sha256_of(by_hand.data, by_hand.length);
    assert_memory_equal(expected.bytes, back.privates[0].hash.bytes, CRYPTO_HASH_SIZE);
    struct ledger_opening wrong = person;
    wrong.salt[31] ^= 1;
    assert_false(ledger_record_opening_check(&back, &wrong));
    wrong = person;
    wrong.text = TEXT("Jeanne Dupond");
    assert_false(ledger_record_opening_check(&back, &wrong));
    wrong = person;
    memcpy(wrong.name, "reason", 7);
    assert_false(ledger_record_opening_check(&back, &wrong));
    memcpy(wrong.name, "absent", 7);
    assert_false(ledger_record_opening_check(&back, &wrong));
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_form),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(filling_has_limits),
        cmocka_unit_test(commitments_open_with_their_salt_only),
    };
    return crypto_start(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
