/* SPDX-License-Identifier: EUPL-1.2 */
/* The form of an export by its names: each alone, one level down, two at once, none. What the readers' own names are: their tests. */
#include "base/scratch.h"
#include "intake/record/record_reader.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void put(struct scratch *scratch, const char *name)
{
    struct error err;
    assert_true(file_write_atomic(scratch_path(scratch, name), "x", 1, 0600, &err));
}

static bool is_lines(struct text name)
{
    return text_equal(name, TEXT("Patient.ndjson"));
}

static bool is_tables(struct text name)
{
    return text_starts_with(name, TEXT("patient"));
}

static const struct reader_form forms[] = {
    {"lines", "*.ndjson", is_lines, NULL}, {"tables", "patient.csv", is_tables, NULL}, {.name = NULL}};

static void test_forms(void **state)
{
    (void)state;
    static const char *const files[] = {"Patient.ndjson", "patient.csv"};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(scratch) struct scratch scratch = scratch_open();
        struct error err;
        const struct reader_form *form = NULL;
        put(&scratch, "log.ndjson");
        put(&scratch, "readme.txt");
        assert_false(reader_detect(forms, scratch.directory, &form, &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        assert_non_null(strstr(err.hint, "lines (*.ndjson), tables (patient.csv)"));
        put(&scratch, files[i]);
        assert_true(reader_detect(forms, scratch.directory, &form, &err) && form == &forms[i]);
        assert_true(reader_detect(forms, scratch_path(&scratch, files[i]), &form, &err) && form == &forms[i]); /* the file itself */
        put(&scratch, files[1 - i]);
        assert_false(reader_detect(forms, scratch.directory, &form, &err));
        assert_string_equal(err.message, "the export has files of lines and of tables");
    }
}

static void test_below(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    struct error err;
    const struct reader_form *form = NULL;
    assert_true(directory_create(scratch_path(&scratch, "fhir"), 0700, &err));
    put(&scratch, "fhir/Patient.ndjson");
    assert_true(reader_detect(forms, scratch.directory, &form, &err) && form == &forms[0]);
    assert_false(reader_detect(forms, scratch_path(&scratch, "nothing"), &form, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_below)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
