/* SPDX-License-Identifier: EUPL-1.2 */
/* Identities, documents and binary data are found; codes of the nomenclatures, among them long numbers, are not. NIRs here are the examples
 * of INSEE's and the Assurance maladie's public pages, or made from their rule; nobody has them. */
#include "base/csv.h"
#include "base/file.h"
#include "base/scratch.h"
#include "intake/delivery/delivery_detect.h"
#include "intake/delivery/patterns.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct detector *detector_of(const char *names)
{
    struct error err = {0};
    struct detector *detector = NULL;
    if (!detector_create(&detector, names, &err)) {
        fail_msg("%s", err.message);
    }
    return detector;
}

static void test_found(void **state)
{
    (void)state;
    CLEANUP(detector) struct detector *detector = detector_of(NULL);
    static const struct {
        const char *text;
        bool is_code;
        enum detected expected;
    } cases[] = {
        {"255081416802538", false, DETECTED_NIR}, /* 97 - 2550814168025 % 97 = 38 */
        {"255081416802538", true, DETECTED_NIR},
        {"2 55 08 14 168 025 38", false, DETECTED_NIR},
        {"NIR 2.55.08.14.168.025.38.", false, DETECTED_NIR},
        {"patient 255081416802538, vu", false, DETECTED_NIR},
        {"555081416802582", false, DETECTED_NIR}, /* provisional: 97 - 5550814168025 % 97 */
        {"2550814168025", false, DETECTED_NIR},
        {"255081416802539", false, DETECTED_NOTHING},  /* the key does not fit */
        {"1255081416802538", false, DETECTED_NOTHING}, /* part of a longer number */
        {"A255081416802538", false, DETECTED_NOTHING},
        {"1.2.250.1.213.1.4.8", false, DETECTED_INS_OID},
        {"urn:oid:1.2.250.1.213.1.4.10", true, DETECTED_INS_OID},
        {"jean.dupont@example.org", false, DETECTED_EMAIL},
        {"voir <a_b+c@chu-example.fr>", true, DETECTED_EMAIL},
        {"JEANDUPONT@CHUFR", true, DETECTED_EMAIL}, /* as CIM-10 is delivered */
        {"a@bc", true, DETECTED_NOTHING},
        {"@", false, DETECTED_NOTHING},
        {"5 mg @ 8 h", false, DETECTED_NOTHING},
        {"a@b", false, DETECTED_NOTHING},
        {"0612345678", false, DETECTED_TELEPHONE},
        {"06 12 34 56 78", false, DETECTED_TELEPHONE},
        {"02.98.22.33.44", true, DETECTED_TELEPHONE},
        {"+33 6 12 34 56 78", true, DETECTED_TELEPHONE},
        {"+33612345678", false, DETECTED_TELEPHONE},
        {"0033 (0)6 12 34 56 78", false, DETECTED_TELEPHONE},
        {"0612345678", true, DETECTED_NOTHING}, /* as a code: ten digits alone say nothing */
        {"00612345678", false, DETECTED_NOTHING},
        {"06123456789", false, DETECTED_NOTHING},
        {"10003456786", false, DETECTED_RPPS}, /* Luhn */
        {"10003456785", false, DETECTED_NOTHING},
        {"%PDF-1.7", false, DETECTED_DOCUMENT},
        {"JVBERi0xLjcK", false, DETECTED_DOCUMENT},
        {"{\\rtf1\\ansi", false, DETECTED_DOCUMENT},
        {"<div>vu ce jour</div>", false, DETECTED_DOCUMENT},
        {"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9", false, DETECTED_BASE64},
        {"a\x01", false, DETECTED_BINARY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum detected found = detector_look(detector, text_of(cases[i].text), cases[i].is_code);
        if (found != cases[i].expected) {
            fail_msg("case %zu: %s, not %s", i, detected_words(found, false), detected_words(cases[i].expected, false));
        }
    }
}

/* Corsica: 2A counts as 19, 2B as 18 (INSEE). 97 - 1800519004025 % 97 and 97 - 1800518004025 % 97 are the keys. */
static void test_corsica(void **state)
{
    (void)state;
    CLEANUP(detector) struct detector *detector = detector_of(NULL);
    char a[32], b[32];
    snprintf(a, sizeof a, "180052A004025%02u", (unsigned)(97 - UINT64_C(1800519004025) % 97));
    snprintf(b, sizeof b, "180052B004025%02u", (unsigned)(97 - UINT64_C(1800518004025) % 97));
    assert_int_equal(detector_look(detector, text_of(a), false), DETECTED_NIR);
    assert_int_equal(detector_look(detector, text_of(b), false), DETECTED_NIR);
    b[6] = 'b';
    assert_int_equal(detector_look(detector, text_of(b), false), DETECTED_NIR);
    b[6] = 'C';
    assert_int_equal(detector_look(detector, text_of(b), false), DETECTED_NOTHING);
    assert_true(is_nir_number(INT64_C(255081416802538)));
    assert_false(is_nir_number(INT64_C(255081416802539)) || is_nir_number(INT64_C(2550814168025)));
}

/* Each NIR with its key is found, however it is written, and none whose key is another. */
static void test_every_nir(void **state)
{
    (void)state;
    CLEANUP(detector) struct detector *detector = detector_of(NULL);
    uint64_t dice = 7;
    for (int i = 0; i < 5000; i++) {
        char text[64];
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned sex = 1 + (unsigned)(dice >> 20) % 2, year = (unsigned)(dice >> 24) % 100, month = 1 + (unsigned)(dice >> 31) % 12;
        unsigned department = 1 + (unsigned)(dice >> 35) % 95, commune = 1 + (unsigned)(dice >> 42) % 989,
                 rank = 1 + (unsigned)(dice >> 50) % 998;
        uint64_t number = ((((sex * UINT64_C(100) + year) * 100 + month) * 100 + department) * 1000 + commune) * 1000 + rank;
        unsigned key = (unsigned)(97 - number % 97);
        snprintf(text, sizeof text, "x %013llu%02u", (unsigned long long)number, key);
        assert_int_equal(detector_look(detector, text_of(text), i % 2), DETECTED_NIR);
        snprintf(text, sizeof text, "%u %02u %02u %02u %03u %03u %02u", sex, year, month, department, commune, rank, key);
        assert_int_equal(detector_look(detector, text_of(text), i % 2), DETECTED_NIR);
        snprintf(text, sizeof text, "%013llu%02u", (unsigned long long)number, 1 + key % 97);
        assert_int_equal(detector_look(detector, text_of(text), true), DETECTED_NOTHING);
    }
}

static void test_names(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "names.txt");
    const char list[] = "DUPONT\nJean\nÉLÉONORE\nle goff\nŁUKASZ\n";
    struct error err = {0};
    assert_true(file_write_atomic(path, list, sizeof list - 1, 0600, &err));
    CLEANUP(detector) struct detector *detector = detector_of(path);
    assert_int_equal(detector_look(detector, TEXT("vu M. Dupont Jean ce jour"), false), DETECTED_NAMES);
    assert_int_equal(detector_look(detector, TEXT("eleonore DUPONT"), false), DETECTED_NAMES);
    assert_int_equal(detector_look(detector, TEXT("Eléonore Le Goff"), false), DETECTED_NAMES);
    assert_int_equal(detector_look(detector, TEXT("dupont, jean"), false), DETECTED_NAMES);
    assert_int_equal(detector_look(detector, TEXT("Łukasz Dupont"), false), DETECTED_NAMES);        /* as names are folded everywhere */
    assert_int_equal(detector_look(detector, TEXT("Dupont\xc2\xa0Jean"), false), DETECTED_NAMES);   /* a blank that does not break */
    assert_int_equal(detector_look(detector, TEXT("syndrome de Dupont"), false), DETECTED_NOTHING); /* one name alone is an eponym */
    assert_int_equal(detector_look(detector, TEXT("dupont jean"), true), DETECTED_NOTHING);
}

/* Codes as they are in use, of every system that deliveries carry. */
static void test_codes_are_none(void **state)
{
    (void)state;
    CLEANUP(detector) struct detector *detector = detector_of(NULL);
    static const char *const codes[] = {
        "3400930000014", "3400935955838",  "3400938205053",
        "3400892088310",                                /* CIP13, UCD13 */
        "9355943",       "290000017",      "750100042", /* CIP7, FINESS */
        "2339-0",        "48642-3",        "LP6960-1",  /* LOINC */
        "I10",           "E11.9",          "Z51.1",
        "S72.00+0", /* CIM-10 */
        "DEQP003",       "YYYY755",        "28Z04Z",
        "0552",                                             /* CCAM, GHM, NABM */
        "00338004304",   "10019017639",    "55390-0002-10", /* NDC */
        "38341003",      "16541000119109", "1100014610000", /* SNOMED CT */
        "N02BE01",       "1345678",        "mmol/L",
        "10*9/L",                                                 /* ATC, LPP, UCUM */
        "5901234123457", "1234567890128",  "04012345678901",      /* EAN, GTIN */
        "202601311230",  "1748512345678",  "2026-01-31T12:30:00", /* times */
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        for (int is_code = 0; is_code < 2; is_code++) {
            enum detected found = detector_look(detector, text_of(codes[i]), is_code);
            if (found != DETECTED_NOTHING) {
                fail_msg("code %zu is taken for %s", i, detected_words(found, false));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_found), cmocka_unit_test(test_corsica), cmocka_unit_test(test_every_nir),
                                       cmocka_unit_test(test_names), cmocka_unit_test(test_codes_are_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
