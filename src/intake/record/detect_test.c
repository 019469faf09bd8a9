/* SPDX-License-Identifier: EUPL-1.2 */
/* The form of an export by its names: each alone, one level down, two at once, none. */
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

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        enum reader_format format;
    } forms[] = {{"MimicPatient.ndjson.gz", READER_FHIR},
                 {"Patient.000.ndjson", READER_FHIR},
                 {"IR_BEN_R.csv", READER_SNDS},
                 {"er_prs_f_2009.csv.gz", READER_SNDS},
                 {"T_MCO19C.csv", READER_SNDS},
                 {"donnees_pmsi.csv", READER_FLAT},
                 {"PERSON.csv", READER_OMOP},
                 {"visit_occurrence.parquet", READER_OMOP},
                 {"omop.zip", READER_OMOP}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        CLEANUP(scratch) struct scratch scratch = scratch_open();
        struct error err;
        enum reader_format format;
        put(&scratch, "log.ndjson");
        put(&scratch, "readme.txt");
        assert_false(reader_detect(scratch.directory, &format, &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        put(&scratch, forms[i].file);
        assert_true(reader_detect(scratch.directory, &format, &err));
        assert_int_equal(format, forms[i].format);
        assert_true(reader_detect(scratch_path(&scratch, forms[i].file), &format, &err)); /* the file itself */
        assert_int_equal(format, forms[i].format);
        put(&scratch, i < 2 ? "patient.csv" : "Patient.ndjson");
        assert_false(reader_detect(scratch.directory, &format, &err));
        assert_non_null(strstr(err.message, reader_format_name(forms[i].format)));
    }
}

static void test_below(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    struct error err;
    enum reader_format format = READER_OMOP;
    assert_true(directory_create(scratch_path(&scratch, "fhir"), 0700, &err));
    put(&scratch, "fhir/Patient.ndjson");
    assert_true(reader_detect(scratch.directory, &format, &err));
    assert_string_equal(reader_format_name(format), "fhir");
    assert_false(reader_detect(scratch_path(&scratch, "nothing"), &format, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_below)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
