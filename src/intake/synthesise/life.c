/* SPDX-License-Identifier: EUPL-1.2 */
/* life: see life.h. Birth years follow France's births and Gompertz survival (men A 2.86e-5 B 0.095, women A 7.53e-6 B 0.105, e0 79 and
 * 85 years); onset ages invert the prevalence curve max * logistic((age - age50) / slope); deaths are drawn year by year. */
#include "intake/synthesise/life.h"
#include "intake/synthesise/dice.h"
#include <assert.h>
#include <math.h>

enum {
    STREAM_LIFE = 1,
    STREAM_ILLNESS = 2,
    STREAM_TWIN = 3,
    YEAR_FIRST = 1920,
    YEAR_LAST = YEAR_FIRST + LIFE_BIRTH_YEARS - 1,
    WINDOW_FIRST = 2014
};
static const double days_per_year = 365.25;

static day civil(int year, int month, int day_of_month)
{
    day value = {0};
    bool known = day_from_civil(year, month, day_of_month, &value);
    assert(known);
    return value;
}

day life_window_start(void)
{
    return civil(WINDOW_FIRST, 1, 1);
}

day life_window_end(void)
{
    return civil(YEAR_LAST, 12, 31);
}

double life_age_years(const struct life *life, int32_t day_number)
{
    return (day_number - life->birth.number) / days_per_year;
}

static double gompertz_rate(bool is_female)
{
    return is_female ? 7.53e-6 : 2.86e-5;
}

static double gompertz_growth(bool is_female)
{
    return is_female ? 0.105 : 0.095;
}

static double survival(bool is_female, double age)
{
    double growth = gompertz_growth(is_female);
    return exp(-gompertz_rate(is_female) / growth * (exp(growth * age) - 1));
}

static double births_in(int year)
{
    for (int i = 1; i < SYNTHESIS_BIRTHS_COUNT; i++) {
        const struct synthesis_births *a = &synthesis_births[i - 1], *b = &synthesis_births[i];
        if (year <= b->year) {
            return a->thousands + (b->thousands - a->thousands) * (year - a->year) / (b->year - a->year);
        }
    }
    return synthesis_births[SYNTHESIS_BIRTHS_COUNT - 1].thousands;
}

static double birth_weight(bool is_female, int year)
{
    double age = WINDOW_FIRST - year - 0.5;
    return births_in(year) * (is_female ? 0.488 : 0.512) * (age > 0 ? survival(is_female, age) : 1);
}

void life_births_make(struct life_births *out_births)
{
    out_births->sum = 0;
    for (int year = YEAR_FIRST; year <= YEAR_LAST; year++) {
        double *weights = out_births->weights[year - YEAR_FIRST];
        weights[0] = birth_weight(false, year);
        weights[1] = birth_weight(true, year);
        out_births->sum += weights[0] + weights[1];
    }
}

static void draw_birth(struct life *life, const struct life_births *births, struct dice *dice)
{
    double target = dice_unit(dice) * births->sum;
    int year = YEAR_FIRST;
    for (; year <= YEAR_LAST; year++) {
        double men = births->weights[year - YEAR_FIRST][0], both = men + births->weights[year - YEAR_FIRST][1];
        if (target < both) {
            life->is_female = target >= men;
            break;
        }
        target -= both;
    }
    year = year > YEAR_LAST ? YEAR_LAST : year;
    life->birth.number = civil(year, 1, 1).number + (int32_t)dice_below(dice, 365);
}

static int32_t draw_onset(const struct life *life, struct dice *dice, double maximum, double age50, double slope)
{
    double u = dice_unit(dice);
    if (u >= maximum) {
        return LIFE_NEVER;
    }
    double share = u / maximum;
    double age = age50 + slope * log(share / (1 - share));
    if (age < 0.2 || age > 110) {
        return LIFE_NEVER;
    }
    return life->birth.number + (int32_t)(age * days_per_year);
}

static void draw_illnesses(struct life *life)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_ILLNESS);
    for (int i = 0; i < SYNTHESIS_CHRONIC_COUNT; i++) {
        const struct synthesis_chronic *illness = &synthesis_chronic[i];
        double maximum = life->is_female ? illness->female_max : illness->male_max;
        life->onset[i] = draw_onset(life, &dice, maximum, illness->age50, illness->slope);
    }
    life->cancer = -1;
    life->cancer_onset = LIFE_NEVER;
    for (int i = 0; i < SYNTHESIS_CANCERS_COUNT; i++) {
        const struct synthesis_cancer *cancer = &synthesis_cancers[i];
        double maximum = life->is_female ? cancer->female_max : cancer->male_max;
        int32_t onset = draw_onset(life, &dice, maximum, cancer->age50, cancer->slope);
        bool is_other = cancer->others_count > 0 && dice_unit(&dice) < 0.25;
        uint32_t other = dice_below(&dice, cancer->others_count > 0 ? (uint32_t)cancer->others_count : 1);
        if (onset < life->cancer_onset) {
            life->cancer = i;
            life->cancer_onset = onset;
            life->cancer_concept = is_other ? synthesis_cohort_concepts[cancer->others_first + (int)other] : cancer->concept_id;
        }
    }
}

/* Gompertz's rate is that of everybody; the chronically ill die more often, so others less. */
#define HEALTHY_SHARE 0.62

static double hazard_in_year(const struct life *life, int32_t first_day)
{
    double hazard =
        HEALTHY_SHARE * gompertz_rate(life->is_female) * exp(gompertz_growth(life->is_female) * life_age_years(life, first_day));
    for (int i = 0; i < SYNTHESIS_CHRONIC_COUNT; i++) {
        if (life->onset[i] <= first_day) {
            hazard *= synthesis_chronic[i].mortality_factor;
        }
    }
    return life->cancer_onset <= first_day ? hazard * synthesis_cancers[life->cancer].mortality_factor + 0.02 : hazard;
}

static void draw_death(struct life *life, struct dice *dice)
{
    int32_t start = life->observed_from.number;
    for (int32_t year = start; year < life->observed_to.number; year += 365) {
        double u = dice_unit(dice);
        int32_t date = year + (int32_t)dice_below(dice, 365);
        if (u < 1 - exp(-hazard_in_year(life, year)) && date <= life->observed_to.number) {
            life->is_dead = true;
            life->death.number = date;
            life->observed_to.number = date;
            return;
        }
    }
}

static int draw_centre(struct dice *dice)
{
    double target = dice_unit(dice);
    for (int i = 0; i < SYNTHESIS_CENTRES_COUNT; i++) {
        target -= synthesis_centres[i].share;
        if (target < 0) {
            return i;
        }
    }
    return 0;
}

/* Of two persons after each other, the second (an odd number) may be the twin of the first. 1.6 % of births. */
#define TWIN_SHARE 0.016
#define SAME_SEX_SHARE 0.65

static bool is_twin(uint64_t seed, uint64_t person, bool *out_same_sex)
{
    struct dice dice = dice_of(seed, person | 1, STREAM_TWIN);
    bool is = dice_unit(&dice) < TWIN_SHARE;
    *out_same_sex = dice_unit(&dice) < SAME_SEX_SHARE;
    return is;
}

static void take_birth_of_twin(struct life *life, const struct life_births *births)
{
    bool is_same_sex;
    if (life->person % 2 == 0 || !is_twin(life->seed, life->person, &is_same_sex)) {
        return;
    }
    struct life first = {.seed = life->seed, .person = life->person - 1};
    struct dice dice = dice_of(life->seed, life->person - 1, STREAM_LIFE);
    draw_birth(&first, births, &dice);
    life->birth = first.birth;
    life->is_female = first.is_female == is_same_sex;
}

bool life_has_twin(const struct life *life, const struct life_births *births, struct life *out_twin)
{
    bool is_same_sex;
    if (!is_twin(life->seed, life->person, &is_same_sex)) {
        return false;
    }
    life_make(out_twin, births, life->seed, life->person ^ 1);
    return true;
}

void life_make(struct life *out_life, const struct life_births *births, uint64_t seed, uint64_t person)
{
    struct life life = {.seed = seed, .person = person};
    struct dice dice = dice_of(seed, person, STREAM_LIFE);
    draw_birth(&life, births, &dice);
    take_birth_of_twin(&life, births);
    life.centre = draw_centre(&dice);
    int32_t window_start = life_window_start().number, window_end = life_window_end().number;
    life.observed_from.number = life.birth.number > window_start ? life.birth.number : window_start;
    life.observed_to.number = window_end;
    /* Some people come to the country, or leave it, inside the window. */
    double moves = dice_unit(&dice);
    int32_t length = window_end - life.observed_from.number;
    if (moves < 0.06 && length > 400) {
        life.observed_from.number += (int32_t)dice_below(&dice, (uint32_t)length - 365);
    } else if (moves < 0.09 && length > 400) {
        life.observed_to.number -= (int32_t)dice_below(&dice, (uint32_t)length - 365);
    }
    draw_illnesses(&life);
    draw_death(&life, &dice);
    *out_life = life;
}
