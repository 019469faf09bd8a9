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

static struct buffer content(const char *name, const char *file)
{
    struct error err = {0};
    struct buffer out = {.maximum = 1 << 28};
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", root, name, file);
    assert_true(file_read(path, &out, &err));
    return out;
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_do_not_change_a_byte),
                                       cmocka_unit_test(a_larger_population_begins_with_the_smaller),
                                       cmocka_unit_test(nothing_is_overwritten)};
    return cmocka_run_group_tests(tests, begin, end);
}
