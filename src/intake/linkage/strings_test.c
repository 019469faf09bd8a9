/* SPDX-License-Identifier: EUPL-1.2 */
/* Comparators against published values. */
#include "intake/linkage/strings.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void assert_alike(const char *a, const char *b, double jaro, double winkler)
{
    assert_true(fabs(string_jaro(text_of(a), text_of(b)) - jaro) < 0.0006);
    assert_true(fabs(string_jaro_winkler(text_of(a), text_of(b)) - winkler) < 0.0006);
    assert_true(string_jaro(text_of(a), text_of(b)) == string_jaro(text_of(b), text_of(a)));
}

/* Winkler, "Overview of record linkage and current research directions", Statistics 2006-2, table 6 (U.S. Census Bureau). */
static void test_published(void **state)
{
    (void)state;
    assert_alike("MARTHA", "MARHTA", 0.944, 0.961);
    assert_alike("DIXON", "DICKSONX", 0.767, 0.813);
    assert_alike("DWAYNE", "DUANE", 0.822, 0.840);
    assert_alike("SHACKLEFORD", "SHACKELFORD", 0.970, 0.982);
    assert_alike("DUNNINGHAM", "CUNNIGHAM", 0.896, 0.896);
    assert_alike("NICHLESON", "NICHULSON", 0.926, 0.956);
    assert_alike("JONES", "JOHNSON", 0.790, 0.832);
    assert_alike("MASSEY", "MASSIE", 0.889, 0.933);
    assert_alike("ABROMS", "ABRAMS", 0.889, 0.922);
    assert_alike("JERALDINE", "GERALDINE", 0.926, 0.926);
    assert_alike("MICHELLE", "MICHAEL", 0.869, 0.921);
    assert_alike("", "", 0, 0);
    assert_alike("A", "A", 1, 1);
    assert_alike("ABC", "XYZ", 0, 0);
}

static void test_edits(void **state)
{
    (void)state;
    assert_int_equal(string_edits(TEXT("19551201"), TEXT("19551201")), 0);
    assert_int_equal(string_edits(TEXT("19551201"), TEXT("19551210")), 1); /* a swap */
    assert_int_equal(string_edits(TEXT("19551201"), TEXT("19551202")), 1);
    assert_int_equal(string_edits(TEXT("19551201"), TEXT("1955121")), 1);
    assert_int_equal(string_edits(TEXT("kitten"), TEXT("sitting")), 3); /* Levenshtein's own example */
    assert_int_equal(string_edits(TEXT("ca"), TEXT("abc")), 3);         /* 2 for Damerau, 3 for optimal string alignment */
    assert_int_equal(string_edits(TEXT(""), TEXT("ab")), 2);
    assert_int_equal(string_edits(TEXT("a"), TEXT("abcdefgh")), 3);
}

static void test_long(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'a', sizeof text);
    assert_true(string_jaro_winkler((struct text){text, 400}, (struct text){text, 399}) > 0.99);
    assert_int_equal(string_edits((struct text){text, 400}, (struct text){text, 400}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_published), cmocka_unit_test(test_edits), cmocka_unit_test(test_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
