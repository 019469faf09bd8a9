/* SPDX-License-Identifier: EUPL-1.2 */
/* Systems as the norms name them, and codes in one form whatever the holder's habit. */
#include "intake/record/record_codes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void assert_code(enum record_system system, const char *code, const char *wanted)
{
    char out[RECORD_CODE_SIZE];
    const size_t length = record_code_normalise(system, text_of(code), out);
    assert_int_equal(length, strlen(wanted));
    assert_memory_equal(out, wanted, length);
}

static void test_systems(void **state)
{
    (void)state;
    assert_int_equal(record_system_of_uri(TEXT("http://hl7.org/fhir/sid/icd-10")), RECORD_SYSTEM_CIM10);
    assert_int_equal(record_system_of_uri(TEXT("urn:oid:2.16.840.1.113883.6.1")), RECORD_SYSTEM_LOINC);
    assert_int_equal(record_system_of_uri(TEXT("http://hl7.org/fhir/sid/icd-1")), RECORD_SYSTEM_COUNT);
    assert_int_equal(record_system_of_uri(TEXT("")), RECORD_SYSTEM_COUNT);
    assert_string_equal(record_system_name(RECORD_SYSTEM_ATC), "ATC");
}

static void test_codes(void **state)
{
    (void)state;
    assert_code(RECORD_SYSTEM_CIM10, " e11.9 ", "E119");
    assert_code(RECORD_SYSTEM_CIM10, "E11.9+0", "E119+0"); /* an extension of the PMSI stays */
    assert_code(RECORD_SYSTEM_LOINC, "718-7", "718-7");
    assert_code(RECORD_SYSTEM_CCAM, "ddaf007", "DDAF007");
    assert_code(RECORD_SYSTEM_COUNT, "a.b c", "a.b c");
    assert_code(RECORD_SYSTEM_CIM10, " . ", "");
    char out[RECORD_CODE_SIZE], lengthy[RECORD_CODE_SIZE];
    memset(lengthy, 'x', sizeof lengthy);
    assert_int_equal(record_code_normalise(RECORD_SYSTEM_LOINC, (struct text){lengthy, 256}, out), 0);
    assert_int_equal(record_code_normalise(RECORD_SYSTEM_LOINC, (struct text){lengthy, 255}, out), 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_systems), cmocka_unit_test(test_codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
