/* SPDX-License-Identifier: EUPL-1.2 */
/* Golden texts: definitions of our own in tests/golden/cohorts with what they print and how they are told. With EMC2_GOLDEN_WRITE set
 * the expected files are written anew; read the difference before it is kept. */
#include "base/file.h"
#include "research/circe/circe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = "tests/golden/cohorts";
static const char *const names[] = {"asthma_new_users", "drug_era_exit", "every_type"};

static void compare(const char *name, const char *end, const struct buffer *out)
{
    struct error err = {0};
    CLEANUP(buffer_value) struct buffer wanted = {.maximum = 1 << 20};
    char path[300];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, end);
    if (getenv("EMC2_GOLDEN_WRITE")) {
        assert_true(file_write_atomic(path, out->data, out->length, 0644, &err));
    }
    if (!file_read(path, &wanted, &err)) {
        fail_msg("%s", err.message);
    }
    if (wanted.length != out->length || memcmp(wanted.data, out->data, out->length) != 0) {
        fail_msg("%s is not what is printed now:\n%s", path, (const char *)out->data);
    }
}

static void texts_are_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error err = {0};
        CLEANUP(arena) struct arena *arena = arena_create();
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20}, print = {.maximum = 1 << 20};
        CLEANUP(buffer_value) struct buffer english = {.maximum = 1 << 20}, french = {.maximum = 1 << 20};
        struct cohort_program *program = NULL;
        char path[300];
        snprintf(path, sizeof path, "%s/%s.json", folder, names[i]);
        assert_true(file_read(path, &bytes, &err));
        if (!circe_parse(&program, arena, names[i], bytes.data, bytes.length, &err) || !cohort_program_validate(program, &err)) {
            fail_msg("%s", err.message);
        }
        assert_true(cohort_program_print(program, &print, &err));
        compare(names[i], ".program.expected", &print);
        assert_true(cohort_program_explain(program, NULL, COHORT_ENGLISH, &english, &err));
        compare(names[i], ".en.expected", &english);
        assert_true(cohort_program_explain(program, NULL, COHORT_FRENCH, &french, &err));
        compare(names[i], ".fr.expected", &french);
    }
}

/* A failing buffer is an error, not a short text. */
static void a_full_buffer_fails(void **state)
{
    (void)state;
    static const char json[] = "{\"PrimaryCriteria\":{\"CriteriaList\":[{\"Death\":{}}],\"ObservationWindow\":{}}}";
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(buffer_value) struct buffer print = {.maximum = 40}, told = {.maximum = 40};
    struct cohort_program *program = NULL;
    assert_true(circe_parse(&program, arena, "x", json, strlen(json), &err));
    assert_false(cohort_program_print(program, &print, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_false(cohort_program_explain(program, NULL, COHORT_ENGLISH, &told, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_are_as_written), cmocka_unit_test(a_full_buffer_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
