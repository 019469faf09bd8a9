/* SPDX-License-Identifier: EUPL-1.2 */
/* Terms are read strictly, signed in one form, and every way out of an agreement is refused with its name. The templates that are installed
 * can be read. */
#include "base/file.h"
#include "intake/delivery/delivery_agreement.h"
#include "intake/delivery/delivery_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static bool sign(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    const struct example *example = context;
    return crypto_signature_make(out_signature, example->warehouse_seed, bytes, length, err);
}

static void test_signed_and_read(void **state)
{
    (void)state;
    CLEANUP(example) struct example example = example_open();
    CLEANUP(buffer_value) struct buffer document = {.maximum = 1 << 20};
    CLEANUP(agreement) struct agreement *agreement = NULL;
    CLEANUP(agreement) struct agreement *forged = NULL;
    struct error err = {0};
    const struct agreement_signer signer = {example.warehouse_key, sign, &example};
    assert_true(agreement_sign(example.agreement, &signer, &document, &err));
    assert_true(agreement_read(&agreement, "a", document.data, document.length, example.warehouse_key, &err));
    struct crypto_hash a = agreement_hash(agreement), b = agreement_hash(example.agreement);
    assert_memory_equal(a.bytes, b.bytes, CRYPTO_HASH_SIZE);
    assert_string_equal(agreement_purpose(agreement), "tests");
    assert_false(agreement_read(&forged, "a", document.data, document.length, example.holder_key, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    char *until = memmem(document.data, document.length, "2026-12-31", 10);
    assert_non_null(until);
    until[3] = '7';
    assert_false(agreement_read(&forged, "a", document.data, document.length, example.warehouse_key, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(agreement_check_day(agreement, (day){20453}, &err)); /* 2025-12-31 */
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(agreement_check_day(agreement, (day){20454}, &err) && agreement_check_day(agreement, (day){20818}, &err));
    assert_false(agreement_check_day(agreement, (day){20819}, &err)); /* 2027-01-01 */
}

static void test_terms_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *says;
    } changes[] = {
        {"\"version\": 1", "\"version\": 2", "version"},
        {"emc2 agreement", "emc2 treaty", "no agreement"},
        {"\"chu-a\"", "\"CHU A\"", "holder"},
        {"\"tests\"", "\"\"", "purpose"},
        {"2026-01-01", "2027-01-01", "until is before from"},
        {"2026-01-01", "2026-13-01", "from is not a day"},
        {"\"table\": \"visit\"", "\"table\": \"note\"", "a table that there is not"},
        {"\"table\": \"visit\"", "\"table\": \"person\"", "person is listed twice"},
        {"\"column\": \"sex\"", "\"column\": \"name\"", "person lists a column that it does not have"},
        {"\"column\": \"residence\"", "\"column\": \"sex\"", "sex is listed twice"},
        {"\"column\": \"residence\", \"potential\": true", "\"column\": \"residence\"", "residence is a potential identifier"},
        {"\"column\": \"sex\"", "\"column\": \"sex\", \"potential\": true", "sex is no potential identifier"},
        {"\"column\": \"sex\", \"justification\": \"why\"", "\"column\": \"sex\", \"justification\": \"\"", "justification"},
        {"\"column\": \"sex\"", "\"column\": \"sex\", \"note\": 1", "members that are not known"},
        {"{\"column\": \"sex\", \"justification\": \"why\"}, ", "", "without column sex"},
        {"\"purpose\"", "\"extra\": 1, \"purpose\"", "members that are not known"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        CLEANUP(buffer_value) struct buffer terms = {.maximum = AGREEMENT_BYTES_MAX};
        CLEANUP(buffer_value) struct buffer changed = {.maximum = AGREEMENT_BYTES_MAX};
        CLEANUP(agreement) struct agreement *agreement = NULL;
        struct error err = {0};
        assert_true(example_terms(&terms, "chu-a", "2026-01-01", "2026-12-31", "", &err));
        const char *at = strstr((const char *)terms.data, changes[i].from);
        assert_non_null(at);
        size_t before = (size_t)(at - (const char *)terms.data);
        assert_true(buffer_append(&changed, terms.data, before, &err) && buffer_append_text(&changed, changes[i].to, &err) &&
                    buffer_append_text(&changed, at + strlen(changes[i].from), &err));
        assert_false(agreement_read_terms(&agreement, "terms", changed.data, changed.length, &err));
        if (!strstr(err.message, changes[i].says)) {
            fail_msg("\"%s\" does not say \"%s\"", err.message, changes[i].says);
        }
    }
}

static void test_what_is_outside(void **state)
{
    (void)state;
    struct error started;
    assert_true(crypto_start(&started));
    CLEANUP(agreement) struct agreement *without_unit = example_agreement("chu-a", "2026-01-01", "2026-12-31", "drug.unit");
    struct error err = {0};
    struct delivery_head head = {.holder = "chu-a", .agreement = agreement_hash(without_unit)};
    head.tables[RECORD_DRUG] = (struct delivery_table){5, record_shape(RECORD_DRUG)->columns & ~(UINT64_C(1) << COLUMN_UNIT)};
    assert_true(agreement_check(without_unit, &head, &err));
    head.tables[RECORD_DRUG].columns |= UINT64_C(1) << COLUMN_UNIT;
    assert_false(agreement_check(without_unit, &head, &err));
    assert_string_equal(err.message, "column drug.unit is not in the agreement");
    assert_int_equal(err.code, ERROR_DENIED);
    head.tables[RECORD_DRUG].columns &= ~(UINT64_C(1) << COLUMN_UNIT);
    head.agreement.bytes[0] ^= 1;
    assert_false(agreement_check(without_unit, &head, &err));
    assert_non_null(strstr(err.message, "another agreement"));
    memcpy(head.holder, "chu-b", 6);
    assert_false(agreement_check(without_unit, &head, &err));
    assert_non_null(strstr(err.message, "another holder"));
}

static void test_templates(void **state)
{
    (void)state;
    static const char *const paths[] = {"packaging/agreement/hospital.json", "packaging/agreement/claims.json"};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = AGREEMENT_BYTES_MAX};
        CLEANUP(agreement) struct agreement *agreement = NULL;
        struct error err = {0};
        assert_true(file_read(paths[i], &bytes, &err));
        if (!agreement_read_terms(&agreement, paths[i], bytes.data, bytes.length, &err)) {
            fail_msg("%s", err.message);
        }
        assert_false(agreement_columns(agreement, RECORD_PERSON) >> COLUMN_BIRTH_DAY & 1); /* EMC2-10 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_signed_and_read), cmocka_unit_test(test_terms_are_strict),
                                       cmocka_unit_test(test_what_is_outside), cmocka_unit_test(test_templates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
