/* SPDX-License-Identifier: EUPL-1.2 */
/* civil: see civil.h. Family names: half from a list by rank (Zipf-Mandelbrot), half composed, so that most names are rare; first names
 * by the years in which they were given. */
#include "intake/synthesise/civil.h"
#include "base/text.h"
#include "intake/synthesise/dice.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM_NAME = 31,
    STREAM_NUMBER = 32,
    STREAM_PLACE = 33,
    STREAM_FAMILY = 34,
    STREAM_FILE = 40, /* and more: one for each holder and copy */
    PARENTS_LOOKED_AT = 24,
    DEPARTMENTS = 96,
    COMMUNE_FIRST = 950,
    COMMUNES = 49,
};
static const double days_per_year = 365.25, listed_share = 0.55;

void civil_noise_defaults(struct civil_noise *out_noise)
{
    for (int i = 0; i < SYNTHESIS_NOISES_COUNT; i++) {
        out_noise->shares[i] = synthesis_noises[i].share;
    }
}

static bool set_one(struct civil_noise *noise, struct text assignment)
{
    const char *equals = memchr(assignment.data, '=', assignment.length);
    double share;
    if (!equals) {
        return false;
    }
    size_t length = (size_t)(equals - assignment.data);
    if (!text_to_double((struct text){equals + 1, assignment.length - length - 1}, &share) || !(share >= 0 && share <= 1)) {
        return false;
    }
    for (int i = 0; i < SYNTHESIS_NOISES_COUNT; i++) {
        if (text_equal(text_of(synthesis_noises[i].key), (struct text){assignment.data, length})) {
            noise->shares[i] = share;
            return true;
        }
    }
    return false;
}

bool civil_noise_set(struct civil_noise *noise, const char *assignments)
{
    for (const char *p = assignments; *p;) {
        size_t length = strcspn(p, ",");
        if (!set_one(noise, (struct text){p, length})) {
            return false;
        }
        p += length;
        p += *p == ',' ? 1 : 0;
    }
    return true;
}

static bool happens(struct dice *dice, const struct civil_noise *noise, int which)
{
    return dice_unit(dice) < noise->shares[which];
}

static void put(char out[CIVIL_NAME_SIZE], const char *text)
{
    bool fits = text_copy(out, CIVIL_NAME_SIZE, text_of(text));
    (void)fits; /* the lists hold shorter names */
}

/* ---- names ---- */
static void draw_family_name(struct dice *dice, char out[CIVIL_NAME_SIZE])
{
    double u = dice_unit(dice);
    if (u < listed_share) {
        double target = u / listed_share * synthesis_family_names[SYNTHESIS_FAMILY_NAMES_COUNT - 1].cumulated;
        int low = 0, high = SYNTHESIS_FAMILY_NAMES_COUNT - 1;
        while (low < high) {
            int middle = (low + high) / 2;
            if (synthesis_family_names[middle].cumulated > target) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        put(out, synthesis_family_names[low].name);
        return;
    }
    const char *first = synthesis_first_parts[dice_below(dice, SYNTHESIS_FIRST_PARTS_COUNT)];
    const char *middle = synthesis_middle_parts[dice_below(dice, SYNTHESIS_MIDDLE_PARTS_COUNT)];
    const char *last = synthesis_last_parts[dice_below(dice, SYNTHESIS_LAST_PARTS_COUNT)];
    const char *second = dice_unit(dice) < 0.3 ? synthesis_middle_parts[dice_below(dice, SYNTHESIS_MIDDLE_PARTS_COUNT)] : "";
    snprintf(out, CIVIL_NAME_SIZE, "%s%s%s%s", first, middle, second, last);
}

static void draw_given_name(struct dice *dice, bool is_female, int year, char out[CIVIL_NAME_SIZE])
{
    double weights[SYNTHESIS_GIVEN_NAMES_COUNT], sum = 0;
    for (int i = 0; i < SYNTHESIS_GIVEN_NAMES_COUNT; i++) {
        const struct synthesis_given_name *name = &synthesis_given_names[i];
        double away = (year - name->peak) / name->spread;
        weights[i] = name->is_female == is_female ? name->weight / (1 + away * away * away * away) : 0;
        sum += weights[i];
    }
    double target = dice_unit(dice) * sum;
    int chosen = 0;
    for (int i = 0; i < SYNTHESIS_GIVEN_NAMES_COUNT; i++) {
        chosen = weights[i] > 0 ? i : chosen;
        target -= weights[i];
        if (target < 0) {
            break;
        }
    }
    put(out, synthesis_given_names[chosen].name);
}

/* ---- places and numbers ---- */
static void draw_place(struct dice *dice, char out[CIVIL_PLACE_SIZE])
{
    uint32_t department = 1 + dice_below(dice, DEPARTMENTS - 1);
    uint32_t commune = COMMUNE_FIRST + dice_below(dice, COMMUNES);
    if (department == 20) {
        snprintf(out, CIVIL_PLACE_SIZE, "2%c%03u", dice_unit(dice) < 0.5 ? 'A' : 'B', (unsigned)commune % 1000u);
    } else {
        snprintf(out, CIVIL_PLACE_SIZE, "%02u%03u", (unsigned)department % 100u, (unsigned)commune % 1000u);
    }
}

int civil_nir_key(const char nir[CIVIL_NIR_SIZE])
{
    int64_t number = 0;
    for (int i = 0; i < CIVIL_NIR_SIZE - 1; i++) {
        int digit = nir[i] - '0';
        if (i == 6 && (nir[i] == 'A' || nir[i] == 'B')) {
            digit = nir[i] == 'A' ? 9 : 8;
            number -= 1; /* 2A is read as 19, 2B as 18 */
        }
        number = number * 10 + digit;
    }
    return 97 - (int)(number % 97);
}

static void make_number(struct civil *civil, struct dice *dice)
{
    int year, month, day_of_month;
    day_to_civil(civil->birth, &year, &month, &day_of_month);
    int sex = civil->is_female ? 2 : 1;
    sex += civil->is_number_provisional ? 6 : 0;
    snprintf(civil->nir, sizeof civil->nir, "%u%02u%02u%.5s%03u", (unsigned)sex % 10u, (unsigned)year % 100u, (unsigned)month % 100u,
             civil->birth_place, (1 + dice_below(dice, 998)) % 1000u);
}

/* ---- the person alone, before parents and twins ---- */
static void make_alone(struct civil *civil, const struct life *life, const struct civil_noise *noise)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_NAME);
    int year = day_year(life->birth);
    *civil = (struct civil){.birth = life->birth, .is_female = life->is_female, .given_count = 1 + (int)dice_below(&dice, CIVIL_GIVEN_MAX)};
    draw_family_name(&dice, civil->birth_name);
    for (int i = 0; i < civil->given_count; i++) {
        draw_given_name(&dice, life->is_female, year, civil->given[i]);
    }
    char married[CIVIL_NAME_SIZE];
    draw_family_name(&dice, married);
    if (life->is_female && dice_unit(&dice) < 0.55 && 2023 - year > 28) {
        put(civil->used_name, married);
    }
    dice = dice_of(life->seed, life->person, STREAM_NUMBER);
    civil->is_born_abroad = happens(&dice, noise, NOISE_BORN_ABROAD);
    civil->is_number_provisional = civil->is_born_abroad && dice_unit(&dice) < noise->shares[NOISE_PROVISIONAL_NIR] / 0.1;
    if (civil->is_born_abroad) {
        snprintf(civil->birth_place, sizeof civil->birth_place, "99%03u", (100 + dice_below(&dice, 400)) % 1000u);
    } else {
        draw_place(&dice, civil->birth_place);
    }
    make_number(civil, &dice);
}

static void take_parents(struct civil *civil, const struct life *life, const struct life_births *births, const struct civil_noise *noise)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_FAMILY);
    bool has_two = dice_unit(&dice) < 0.3;
    civil->opener_count = 0;
    for (uint64_t back = 1; back <= PARENTS_LOOKED_AT && back <= life->person && civil->opener_count < (has_two ? 2 : 1); back++) {
        struct life other;
        life_make(&other, births, life->seed, life->person - back);
        double age = (life->birth.number - other.birth.number) / days_per_year;
        if (age >= 19 && age < 44) {
            struct civil parent;
            make_alone(&parent, &other, noise);
            memcpy(civil->openers[civil->opener_count++], parent.nir, sizeof parent.nir);
            if (civil->opener_count == 1) { /* the family name of the first parent */
                memcpy(civil->birth_name, parent.birth_name, sizeof civil->birth_name);
            }
        }
    }
}

void civil_make(struct civil *out_civil, const struct life *life, const struct life_births *births, const struct civil_noise *noise)
{
    make_alone(out_civil, life, noise);
    struct life other;
    bool is_second = life_has_twin(life, births, &other) && other.person < life->person;
    bool is_child = 2023 - day_year(life->birth) < 18;
    if (life_has_twin(life, births, &other)) {
        out_civil->twin_rank = is_second ? 2 : 1;
    }
    const struct life *elder = is_second ? &other : life; /* twins have the parents, the place and the name of the first */
    if (is_second) {
        struct civil first;
        make_alone(&first, elder, noise);
        memcpy(out_civil->birth_name, first.birth_name, sizeof first.birth_name);
        memcpy(out_civil->birth_place, first.birth_place, sizeof first.birth_place);
        struct dice dice = dice_of(life->seed, life->person, STREAM_NUMBER + 1000);
        make_number(out_civil, &dice);
    }
    if (is_child) {
        take_parents(out_civil, elder, births, noise);
    }
    if (out_civil->opener_count == 0) {
        out_civil->opener_count = 1;
        memcpy(out_civil->openers[0], out_civil->nir, sizeof out_civil->nir);
    }
}

void civil_residence(const struct civil *civil, const struct life *life, const struct civil_noise *noise, int32_t day_number,
                     char out_place[CIVIL_PLACE_SIZE])
{
    (void)civil;
    struct dice dice = dice_of(life->seed, life->person, STREAM_PLACE);
    draw_place(&dice, out_place);
    for (int32_t date = life->observed_from.number; date + 365 <= day_number; date += 365) {
        if (happens(&dice, noise, NOISE_MOVED_PER_YEAR)) {
            draw_place(&dice, out_place);
        }
    }
}

/* ---- what a file says ---- */
static void lose_marks(char name[CIVIL_NAME_SIZE])
{
    static const struct {
        const char *from, *to;
    } marks[] = {{"é", "e"}, {"è", "e"}, {"ê", "e"}, {"ë", "e"}, {"É", "E"}, {"ï", "i"}, {"î", "i"}, {"ô", "o"},
                 {"ö", "o"}, {"ü", "u"}, {"ç", "c"}, {"à", "a"}, {"á", "a"}, {"-", " "}, {"'", " "}};
    char out[CIVIL_NAME_SIZE];
    size_t length = 0;
    for (const char *p = name; *p;) {
        size_t i = 0;
        while (i < sizeof marks / sizeof marks[0] && strncmp(p, marks[i].from, strlen(marks[i].from)) != 0) {
            i++;
        }
        bool is_mark = i < sizeof marks / sizeof marks[0];
        out[length++] = is_mark ? marks[i].to[0] : *p;
        p += is_mark ? strlen(marks[i].from) : 1;
    }
    out[length] = 0;
    memcpy(name, out, length + 1);
}

/* One letter of the ASCII part of a name is another one, is missing, or changes places with the next. */
static void mistype(struct dice *dice, char name[CIVIL_NAME_SIZE])
{
    size_t length = strlen(name);
    size_t at = 1 + dice_below(dice, (uint32_t)(length > 2 ? length - 2 : 1));
    if (length < 4 || ((unsigned char)name[at] | (unsigned char)name[at + 1]) >= 0x80) {
        return;
    }
    switch (dice_below(dice, 3)) {
    case 0:
        name[at] = (char)('a' + (int)dice_below(dice, 26));
        break;
    case 1:
        memmove(name + at, name + at + 1, length - at);
        break;
    default: {
        char other = name[at];
        name[at] = name[at + 1];
        name[at + 1] = other;
        break;
    }
    }
}

static void write_names(struct civil_file *file, const struct civil *civil, const struct civil_noise *noise, double age, struct dice *dice)
{
    char given[CIVIL_GIVEN_MAX][CIVIL_NAME_SIZE];
    memcpy(given, civil->given, sizeof given);
    put(file->birth_name, civil->birth_name);
    put(file->used_name, civil->used_name);
    if (civil->used_name[0] && age >= 45 && happens(dice, noise, NOISE_USED_NAME)) {
        put(file->birth_name, civil->used_name);
    }
    if (happens(dice, noise, NOISE_COMPOUND_CUT)) {
        given[0][strcspn(given[0], "-")] = 0;
    }
    if (civil->given_count > 1 && happens(dice, noise, NOISE_GIVEN_SWAPPED)) {
        memcpy(given[0], civil->given[1], sizeof given[0]);
        memcpy(given[1], civil->given[0], sizeof given[1]);
    }
    if (happens(dice, noise, NOISE_NAME_TYPO)) {
        mistype(dice, file->birth_name);
    }
    if (happens(dice, noise, NOISE_MARKS_LOST)) {
        lose_marks(file->birth_name);
        lose_marks(file->used_name);
        for (int i = 0; i < civil->given_count; i++) {
            lose_marks(given[i]);
        }
    }
    put(file->first_given, given[0]);
    size_t length = 0;
    for (int i = 0; i < civil->given_count; i++) {
        length += (size_t)snprintf(file->given + length, sizeof file->given - length, "%s%s", i > 0 ? ", " : "", given[i]);
    }
}

static void write_birth(struct civil_file *file, const struct civil *civil, const struct civil_noise *noise, struct dice *dice)
{
    int year, month, day_of_month;
    day_to_civil(civil->birth, &year, &month, &day_of_month);
    if (happens(dice, noise, NOISE_DAY_MONTH_SWAPPED) && day_of_month <= 12) {
        int other = month;
        month = day_of_month;
        day_of_month = other;
    }
    if (happens(dice, noise, NOISE_DAY_UNKNOWN)) {
        month = 1;
        day_of_month = 1;
    }
    snprintf(file->birth_date, sizeof file->birth_date, "%04u-%02u-%02u", (unsigned)year % 10000u, (unsigned)month % 100u,
             (unsigned)day_of_month % 100u);
    file->sex = civil->is_female != happens(dice, noise, NOISE_SEX_WRONG) ? 'F' : 'M';
    if (!happens(dice, noise, NOISE_BIRTH_PLACE_MISSING)) {
        memcpy(file->birth_place, civil->birth_place, sizeof file->birth_place);
    }
    file->twin_rank = civil->twin_rank;
}

static void write_number(struct civil_file *file, const struct civil *civil, const struct civil_noise *noise, double age, bool is_claims,
                         struct dice *dice)
{
    int which = age < 1 ? NOISE_NIR_MISSING_NEWBORN : civil->is_born_abroad ? NOISE_NIR_MISSING_FOREIGN : NOISE_NIR_MISSING;
    bool is_missing = happens(dice, noise, which) && !is_claims;
    bool is_of_parent = happens(dice, noise, NOISE_NIR_OF_PARENT) && strcmp(civil->openers[0], civil->nir) != 0 && !is_claims;
    bool is_mistyped = happens(dice, noise, NOISE_NIR_TYPO);
    uint32_t at = 7 + dice_below(dice, 6), digit = dice_below(dice, 10);
    file->is_qualified = happens(dice, noise, NOISE_INS_QUALIFIED) && !is_missing && !is_of_parent;
    if (is_missing) {
        return;
    }
    file->is_nir_of_parent = is_of_parent;
    memcpy(file->nir, is_of_parent ? civil->openers[0] : civil->nir, sizeof file->nir);
    if (is_mistyped) {
        file->nir[at] = (char)('0' + (int)digit);
        file->is_qualified = false;
    }
}

void civil_file_make(struct civil_file *out_file, const struct civil *civil, const struct life *life, const struct civil_noise *noise,
                     int holder, int copy)
{
    struct dice dice = dice_of(life->seed, life->person, (uint32_t)(STREAM_FILE + 2 * holder + copy));
    bool is_claims = synthesis_centres[holder].share <= 0;
    int32_t seen =
        life->observed_from.number + (int32_t)dice_below(&dice, (uint32_t)(life->observed_to.number - life->observed_from.number) + 1);
    double age = life_age_years(life, seen);
    *out_file = (struct civil_file){0};
    write_names(out_file, civil, noise, age, &dice);
    write_birth(out_file, civil, noise, &dice);
    write_number(out_file, civil, noise, age, is_claims, &dice);
    civil_residence(civil, life, noise, seen, out_file->residence);
}
