/* SPDX-License-Identifier: EUPL-1.2 */
/* civil: keys of numbers as published, twins who share what twins share, files that differ from the truth as often as the noise says. */
#include "intake/synthesise/civil.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PERSONS = 20000, SEED = 9 };

static void keys_of_numbers_are_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(civil_nir_key("2550814168025"), 38); /* the example of the CNAM */
    assert_int_equal(civil_nir_key("1700175101123"), 88); /* IHE France, corrected */
    assert_int_equal(civil_nir_key("2850944153726"), 45); /* AP-HP's example, corrected */
    assert_int_equal(civil_nir_key("1700119001123"), civil_nir_key("170012A001123"));
    assert_int_equal(civil_nir_key("1700118001123"), civil_nir_key("170012B001123"));
}

static void twins_share_birth_and_family(void **state)
{
    (void)state;
    struct life_births births;
    struct civil_noise noise;
    int twins = 0, same_sex = 0;
    life_births_make(&births);
    civil_noise_defaults(&noise);
    for (uint64_t person = 0; person < PERSONS; person++) {
        struct life life, other;
        life_make(&life, &births, SEED, person);
        if (!life_has_twin(&life, &births, &other)) {
            continue;
        }
        struct civil mine, theirs;
        civil_make(&mine, &life, &births, &noise);
        civil_make(&theirs, &other, &births, &noise);
        assert_int_equal(mine.birth.number, theirs.birth.number);
        assert_string_equal(mine.birth_name, theirs.birth_name);
        assert_string_equal(mine.birth_place, theirs.birth_place);
        assert_int_equal(mine.twin_rank + theirs.twin_rank, 3);
        assert_string_not_equal(mine.nir, theirs.nir);
        twins++;
        same_sex += mine.is_female == theirs.is_female;
    }
    assert_true(twins > PERSONS * 0.016 * 0.7 && twins < PERSONS * 0.016 * 1.3);
    assert_true(same_sex > twins * 0.55 && same_sex < twins * 0.75);
}

static void files_err_as_often_as_the_noise_says(void **state)
{
    (void)state;
    struct life_births births;
    struct civil_noise noise;
    int missing = 0, typed = 0, of_parent = 0, children = 0, adults = 0, swapped = 0;
    life_births_make(&births);
    civil_noise_defaults(&noise);
    assert_true(civil_noise_set(&noise, "born_abroad=0,name_typo=0.2,used_name=0,marks_lost=0"));
    for (uint64_t person = 0; person < PERSONS; person++) {
        struct life life;
        struct civil civil;
        struct civil_file file;
        life_make(&life, &births, SEED, person);
        civil_make(&civil, &life, &births, &noise);
        civil_file_make(&file, &civil, &life, &noise, 0, 0);
        bool is_child = strcmp(civil.openers[0], civil.nir) != 0;
        adults += !is_child;
        children += is_child;
        missing += !file.nir[0] && !is_child;
        of_parent += file.is_nir_of_parent;
        typed += strcmp(file.birth_name, civil.birth_name) != 0;
        swapped += file.birth_date[0] == 0;
    }
    assert_true(children > PERSONS / 50);
    assert_true(missing > adults * 0.08 && missing < adults * 0.12);
    assert_true(of_parent > children * 0.15 && of_parent < children * 0.35); /* those whose number is missing have none to show */
    assert_true(typed > PERSONS * 0.13 && typed < PERSONS * 0.21);           /* short and accented names are spared */
    assert_int_equal(swapped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_numbers_are_the_published_ones),
        cmocka_unit_test(twins_share_birth_and_family),
        cmocka_unit_test(files_err_as_often_as_the_noise_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
