/* SPDX-License-Identifier: EUPL-1.2 */
/* life: what must hold of every person, and the shape of the whole: sexes, ages, illnesses near their published shares. */
#include "intake/synthesise/life.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PERSONS = 40000 };

static void every_life_is_coherent(void **state)
{
    (void)state;
    struct life_births births;
    life_births_make(&births);
    int32_t first = life_window_start().number, last = life_window_end().number;
    for (uint64_t person = 0; person < PERSONS; person++) {
        struct life life;
        life_make(&life, &births, 11, person);
        assert_true(life.observed_from.number >= first && life.observed_to.number <= last);
        assert_true(life.observed_from.number >= life.birth.number);
        assert_true(life.observed_from.number <= life.observed_to.number);
        assert_true(!life.is_dead || life.death.number == life.observed_to.number);
        assert_true((life.cancer >= 0) == (life.cancer_onset != LIFE_NEVER));
        assert_true(synthesis_centres[life.centre].share > 0);
    }
}

static void the_population_is_french_shaped(void **state)
{
    (void)state;
    struct life_births births;
    life_births_make(&births);
    double women = 0, old = 0, diabetes = 0, deaths = 0, alive_at_end = 0, years = 0;
    int32_t end = life_window_end().number;
    for (uint64_t person = 0; person < PERSONS; person++) {
        struct life life;
        life_make(&life, &births, 11, person);
        deaths += life.is_dead;
        years += (life.observed_to.number - life.observed_from.number) / 365.25;
        if (life.observed_to.number == end && !life.is_dead) {
            alive_at_end++;
            women += life.is_female;
            old += life_age_years(&life, end) >= 65;
            diabetes += life.onset[1] <= end;
        }
    }
    /* INSEE 1 January 2022: 51.7 % women, 21 % aged 65 and more; CNAM 2019: diabetes 6 %; about 1 % of people die in a year. */
    assert_true(fabs(women / alive_at_end - 0.517) < 0.015);
    assert_true(fabs(old / alive_at_end - 0.21) < 0.03);
    assert_true(fabs(diabetes / alive_at_end - 0.06) < 0.02);
    assert_true(fabs(deaths / years - 0.010) < 0.005);
}

static void a_person_depends_on_seed_and_number_alone(void **state)
{
    (void)state;
    struct life_births births;
    life_births_make(&births);
    struct life a, b, other;
    life_make(&a, &births, 5, 77);
    life_make(&other, &births, 5, 78);
    life_make(&b, &births, 5, 77);
    assert_int_equal(a.birth.number, b.birth.number);
    assert_memory_equal(a.onset, b.onset, sizeof a.onset);
    life_make(&other, &births, 6, 77);
    assert_true(other.birth.number != a.birth.number || memcmp(other.onset, a.onset, sizeof a.onset) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_life_is_coherent), cmocka_unit_test(the_population_is_french_shaped),
                                       cmocka_unit_test(a_person_depends_on_seed_and_number_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
