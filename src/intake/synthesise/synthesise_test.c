/* SPDX-License-Identifier: EUPL-1.2 */
/* synthesise: the same bytes for any number of threads, a larger population begins with the smaller one, nothing is overwritten. */
#include "base/buffer.h"
#include "base/file.h"
#include "intake/synthesise/synthesise.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/emc2-synthesise-XXXXXX";
static const char *const files[] = {
    "person.csv", "observation_period.csv", "visit_occurrence.csv", "condition_occurrence.csv", "drug_exposure.csv", "measurement.csv",
    "death.csv",  "truth/persons.csv"};

static void make(const char *name, uint64_t persons, uint64_t seed, unsigned threads)
{
    struct error err = {0};
    struct task_pool *pool = NULL;
    char directory[256];
    snprintf(directory, sizeof directory, "%s/%s", root, name);
    assert_true(task_pool_create(&pool, threads, &err));
    struct synthesise_options options = {.persons = persons, .seed = seed, .directory = directory, .pool = pool, .quiet = true};
    struct synthesise_report report;
    assert_true(synthesise_population(&options, &report, &err));
    assert_int_equal(report.persons, persons);
    task_pool_destroy(pool);
}

static void make_exports(const char *name, unsigned threads, const char *noise)
{
    struct error err = {0};
    struct task_pool *pool = NULL;
    char directory[256];
    snprintf(directory, sizeof directory, "%s/%s", root, name);
    assert_true(task_pool_create(&pool, threads, &err));
    struct synthesise_options options = {
        .persons = 2000, .seed = 5, .directory = directory, .as_exports = true, .noise = noise, .pool = pool, .quiet = true};
    struct synthesise_report report;
    assert_true(synthesise_population(&options, &report, &err));
    assert_int_equal(report.persons, 2000);
    task_pool_destroy(pool);
}

static struct buffer content(const char *name, const char *file)
{
    struct error err = {0};
    struct buffer out = {.maximum = 1 << 28};
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", root, name, file);
    assert_true(file_read(path, &out, &err));
    return out;
}

static void exports_are_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    static const char *const exported[] = {"truth/links.csv",
                                           "truth/expected.csv",
                                           "truth/persons.csv",
                                           "maps.csv",
                                           "holders/val-brume/Patient.ndjson",
                                           "holders/sainte-aubaine/identities.csv",
                                           "holders/haute-rivelle/Observation.ndjson",
                                           "holders/pont-seraphin/diagnostics.csv",
                                           "holders/claims/ER_PHA_F.csv",
                                           "holders/claims/T_MCO19B.csv"};
    make_exports("exports-one", 1, NULL);
    make_exports("exports-three", 3, NULL);
    make_exports("exports-noisy", 1, "nir_missing=1,nir_missing_newborn=1,nir_missing_foreign=1");
    for (size_t i = 0; i < sizeof exported / sizeof *exported; i++) {
        struct buffer one = content("exports-one", exported[i]), three = content("exports-three", exported[i]);
        assert_true(one.length > 0 && one.length == three.length);
        assert_memory_equal(one.data, three.data, one.length);
        buffer_finish(&one);
        buffer_finish(&three);
    }
    struct buffer patients = content("exports-one", "holders/val-brume/Patient.ndjson");
    struct buffer noisy = content("exports-noisy", "holders/val-brume/Patient.ndjson");
    assert_non_null(strstr((const char *)patients.data, "INS-NIR-TEST"));
    assert_null(strstr((const char *)noisy.data, "INS-NIR-TEST"));
    buffer_finish(&patients);
    buffer_finish(&noisy);
}

static void unknown_noise_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct task_pool *pool = NULL;
    char directory[256];
    snprintf(directory, sizeof directory, "%s/refused", root);
    assert_true(task_pool_create(&pool, 1, &err));
    static const char *const wrong[] = {"nir_lost=0.1", "nir_missing=2", "nir_missing", "nir_missing=0.1,typo"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct synthesise_options options = {
            .persons = 10, .seed = 1, .directory = directory, .as_exports = true, .noise = wrong[i], .pool = pool, .quiet = true};
        struct synthesise_report report;
        assert_false(synthesise_population(&options, &report, &err));
        assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
        assert_int_not_equal(access(directory, F_OK), 0);
    }
    task_pool_destroy(pool);
}

static void threads_do_not_change_a_byte(void **state)
{
    (void)state;
    make("one", 5000, 3, 1);
    make("two", 5000, 3, 2);
    make("seven", 5000, 3, 7);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buffer one = content("one", files[i]), two = content("two", files[i]), seven = content("seven", files[i]);
        assert_true(one.length > 0 && one.length == two.length && one.length == seven.length);
        assert_memory_equal(one.data, two.data, one.length);
        assert_memory_equal(one.data, seven.data, one.length);
        buffer_finish(&one);
        buffer_finish(&two);
        buffer_finish(&seven);
    }
}

static void a_larger_population_begins_with_the_smaller(void **state)
{
    (void)state;
    make("small", 700, 9, 2);
    make("large", 3000, 9, 2);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buffer small = content("small", files[i]), large = content("large", files[i]);
        assert_true(small.length <= large.length);
        assert_memory_equal(small.data, large.data, small.length);
        buffer_finish(&small);
        buffer_finish(&large);
    }
}

static void nothing_is_overwritten(void **state)
{
    (void)state;
    struct error err = {0};
    struct synthesise_options options = {.persons = 1, .seed = 1, .directory = root, .quiet = true};
    struct synthesise_report report;
    assert_false(synthesise_population(&options, &report, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return directory_remove_all(root, NULL) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_change_a_byte), cmocka_unit_test(exports_are_the_same_for_any_number_of_threads),
        cmocka_unit_test(unknown_noise_is_refused), cmocka_unit_test(a_larger_population_begins_with_the_smaller),
        cmocka_unit_test(nothing_is_overwritten)};
    return cmocka_run_group_tests(tests, begin, end);
}
