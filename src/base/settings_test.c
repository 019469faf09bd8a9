/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of settings: defaults, what is taken, what is refused and how it is said, and that print is read back. */
#include "base/scratch.h"
#include "base/settings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static bool read_text(struct settings *settings, const char *text, struct error *err)
{
    return settings_read_text(settings, "some/emc2.conf", text_of(text), err);
}

static void test_defaults(void **state)
{
    (void)state;
    struct settings settings;
    settings_defaults(&settings);
    assert_int_equal(settings_get(&settings, SETTING_THREADS), 0);
    assert_int_equal(settings_get(&settings, SETTING_SEGMENT_PERSONS), 131072);
    assert_string_equal(settings_name(SETTING_JSON_BYTES_MAX), "json_bytes_max");
    assert_string_equal(settings_name(SETTING_COUNT), "");
}

static void test_read(void **state)
{
    (void)state;
    struct error err;
    struct settings settings;
    settings_defaults(&settings);
    assert_true(read_text(&settings, "# all\r\n\r\n  threads=4 # four\r\ncache_bytes\t=\t0\nsegment_persons = 2048", &err));
    assert_int_equal(settings_get(&settings, SETTING_THREADS), 4);
    assert_int_equal(settings_get(&settings, SETTING_CACHE_BYTES), 0);
    assert_int_equal(settings_get(&settings, SETTING_SEGMENT_PERSONS), 2048);
    assert_true(read_text(&settings, "", &err));
    assert_int_equal(settings_get(&settings, SETTING_THREADS), 4);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message, *hint;
    } cases[] = {
        {"threads = 4\nthread = 4", "emc2.conf, line 2: there is no setting 'thread'", "the nearest is threads; see docs for all of them"},
        {"threads = 4\n\nthreads = 5", "emc2.conf, line 3: threads is set twice", "keep one of the lines"},
        {"threads", "emc2.conf, line 1: a line is not 'name = value'", NULL},
        {"threads = ", "emc2.conf, line 1: the value of threads is not a whole number from 0 to 1024", NULL},
        {"threads = four", "emc2.conf, line 1: the value of threads is not a whole number from 0 to 1024", NULL},
        {"threads = 1025", "emc2.conf, line 1: the value of threads is not a whole number from 0 to 1024", NULL},
        {"threads = -1", "emc2.conf, line 1: the value of threads is not a whole number from 0 to 1024", NULL},
        {"= 4", "emc2.conf, line 1: there is no setting ''", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err;
        struct settings settings, before;
        settings_defaults(&settings);
        before = settings;
        assert_false(read_text(&settings, cases[i].text, &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        assert_string_equal(err.message, cases[i].message);
        assert_true(err.hint[0] != '\0');
        if (cases[i].hint) {
            assert_string_equal(err.hint, cases[i].hint);
        }
        assert_memory_equal(&settings, &before, sizeof settings);
    }
}

static void test_print_is_read_back(void **state)
{
    (void)state;
    struct error err;
    struct settings settings, again;
    settings_defaults(&settings);
    assert_true(read_text(&settings, "threads = 7\njson_bytes_max = 2048", &err));
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    assert_true(settings_print(&settings, &out, &err));
    settings_defaults(&again);
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "emc2.conf");
    assert_true(file_write_atomic(path, out.data, out.length, 0600, &err));
    assert_true(settings_read(&again, path, &err));
    assert_memory_equal(&settings, &again, sizeof settings);
    assert_false(settings_read(&again, scratch_path(&scratch, "none"), &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

/* A file in the warehouse may cost time, and nothing else. */
static void test_what_a_host_may_set(void **state)
{
    (void)state;
    struct error err;
    struct settings settings, before;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "emc2.settings");
    settings_defaults(&settings);
    assert_true(file_write_atomic(path, "threads = 3\ncache_bytes = 0\n", 28, 0600, &err));
    assert_true(settings_read_host(&settings, path, &err));
    assert_int_equal(settings_get(&settings, SETTING_THREADS), 3);
    static const char *const refused[] = {"grant_days = 1096", "json_bytes_max = 1073741824", "zip_bytes_max = 1024",
                                          "csv_record_bytes_max = 1024"};
    before = settings;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_true(file_write_atomic(path, refused[i], strlen(refused[i]), 0600, &err));
        assert_false(settings_read_host(&settings, path, &err));
        assert_int_equal(err.code, ERROR_DENIED);
        assert_memory_equal(&settings, &before, sizeof settings);
        assert_true(settings_read(&settings, path, &err));
        settings = before;
    }
    assert_true(file_remove(path, &err));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(settings_read_host(&settings, path, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_print_is_read_back),
        cmocka_unit_test(test_what_a_host_may_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
