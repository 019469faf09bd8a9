/* SPDX-License-Identifier: EUPL-1.2 */
/* rehearsal: each person is a pure function of (seed, number); each observation of (seed, number, holder). */
#include "intake/identity/identity_keys.h"
#include "intake/linkage/linkage_rehearsal.h"
#include "trust/crypto/crypto.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 64, NIR_SIZE = 32, THIS_YEAR = 2024, FAMILY_NAMES = 200000, GIVEN_NAMES = 3000, COMMUNES = 35000, MATERNITIES = 2500 };

struct dice {
    uint64_t state;
};
/* SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
static uint64_t dice_next(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
static struct dice dice_of(uint64_t seed, uint64_t person, uint64_t stream)
{
    struct dice dice = {seed};
    dice.state = dice_next(&dice) ^ person;
    dice.state = dice_next(&dice) ^ stream << 32;
    (void)dice_next(&dice);
    return dice;
}
static double dice_unit(struct dice *dice)
{
    return (double)(dice_next(dice) >> 11) * 0x1p-53;
}
static bool dice_says(struct dice *dice, double probability)
{
    return dice_unit(dice) < probability;
}
static uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)(dice_unit(dice) * bound);
}

static const char *const family_names[] = {
    "Martin",    "Bernard",   "Thomas",     "Petit",        "Robert",   "Richard",   "Durand",   "Dubois",   "Moreau",    "Laurent",
    "Simon",     "Michel",    "Lefebvre",   "Leroy",        "Roux",     "David",     "Bertrand", "Morel",    "Fournier",  "Girard",
    "Bonnet",    "Dupont",    "Lambert",    "Fontaine",     "Rousseau", "Vincent",   "Muller",   "Lefèvre",  "Faure",     "André",
    "Mercier",   "Blanc",     "Guérin",     "Boyer",        "Garnier",  "Chevalier", "François", "Legrand",  "Gauthier",  "Garcia",
    "Perrin",    "Robin",     "Clément",    "Morin",        "Nicolas",  "Henry",     "Roussel",  "Mathieu",  "Gautier",   "Masson",
    "Marchand",  "Duval",     "Denis",      "Dumont",       "Marie",    "Lemaire",   "Noël",     "Meyer",    "Dufour",    "Meunier",
    "Brun",      "Blanchard", "Giraud",     "Joly",         "Rivière",  "Lucas",     "Brunet",   "Gaillard", "Barbier",   "Arnaud",
    "Martinez",  "Gérard",    "Roche",      "Renard",       "Schmitt",  "Roy",       "Le Roux",  "Colin",    "Vidal",     "Caron",
    "Picard",    "Roger",     "Fabre",      "Aubert",       "Lemoine",  "Renaud",    "Dumas",    "Lacroix",  "Olivier",   "Philippe",
    "Bourgeois", "Pierre",    "Benoît",     "Rey",          "Leclerc",  "Payet",     "Rolland",  "Leclercq", "Guillaume", "Lecomte",
    "Le Gall",   "d'Arcy",    "de La Tour", "Saint-Martin",
};
static const char *const male_names[] = {"Jean",      "Michel",    "Pierre",   "Philippe", "André",   "Alain",   "Nicolas",   "Christophe",
                                         "Daniel",    "Patrick",   "François", "Thomas",   "Julien",  "Laurent", "Frédéric",  "David",
                                         "Bernard",   "Éric",      "Lucas",    "Hugo",     "Gabriel", "Louis",   "Léo",       "Raphaël",
                                         "Arthur",    "Jules",     "Paul",     "Adam",     "Mohamed", "Maxime",  "Alexandre", "Antoine",
                                         "Guillaume", "Sébastien", "Olivier",  "Thierry",  "Pascal",  "Gérard",  "Claude",    "Jacques"};
static const char *const female_names[] = {
    "Marie",    "Nathalie",  "Isabelle", "Sylvie",    "Catherine", "Françoise", "Jeanne",     "Monique", "Christine", "Valérie",
    "Sandrine", "Véronique", "Nicole",   "Stéphanie", "Sophie",    "Anne",      "Céline",     "Chantal", "Patricia",  "Brigitte",
    "Julie",    "Aurélie",   "Laura",    "Emma",      "Jade",      "Louise",    "Alice",      "Chloé",   "Léa",       "Manon",
    "Camille",  "Sarah",     "Inès",     "Zoé",       "Hélène",    "Denise",    "Jacqueline", "Martine", "Irène",     "Odette"};

/* Rank by Zipf and Mandelbrot: share of rank r about 1 / (r + q)^s; the inverse of the integral, so no table. */
static uint32_t rank_draw(struct dice *dice, uint32_t count, double q, double s)
{
    const double low = pow(1 + q, 1 - s), high = pow(count + 1 + q, 1 - s);
    const double rank = pow(low + dice_unit(dice) * (high - low), 1 / (1 - s)) - q;
    const uint32_t place = (uint32_t)(rank < 1 ? 0 : rank - 1);
    return place < count ? place : count - 1;
}

/* A pronounceable name for a rank: two to four syllables, another for each rank. */
static void name_invent(char out[WORD_SIZE], uint32_t rank, uint64_t salt)
{
    static const char *const heads[] = {"b", "ch", "d", "f", "g", "gr", "j",  "l",  "m", "n",
                                        "p", "pr", "r", "s", "t", "v",  "br", "tr", "c", "qu"};
    static const char *const hearts[] = {"a", "e", "i", "o", "u", "ou", "an", "in", "on", "au", "eu", "é"};
    static const char *const tails[] = {"", "", "r", "l", "t", "rd", "s", "n", "x", "tte"};
    struct dice dice = dice_of(salt, rank, 7);
    size_t length = 0;
    const uint32_t syllables = 2 + dice_below(&dice, 3);
    for (uint32_t i = 0; i < syllables; i++) {
        const char *tail = i + 1 == syllables ? tails[dice_below(&dice, 10)] : "";
        const int more =
            snprintf(out + length, WORD_SIZE - length, "%s%s%s", heads[dice_below(&dice, 20)], hearts[dice_below(&dice, 12)], tail);
        length += (size_t)more;
    }
    out[0] = (char)(out[0] - 'a' + 'A');
}

static void family_name_draw(struct dice *dice, char out[WORD_SIZE])
{
    const uint32_t known = sizeof family_names / sizeof *family_names, rank = rank_draw(dice, FAMILY_NAMES, 20, 1.02);
    if (rank < known) {
        snprintf(out, WORD_SIZE, "%s", family_names[rank]);
    } else {
        name_invent(out, rank, 11);
    }
}

static void given_name_draw(struct dice *dice, bool is_male, char out[WORD_SIZE])
{
    const uint32_t rank = rank_draw(dice, GIVEN_NAMES, 12, 1.3);
    if (rank < 40) {
        snprintf(out, WORD_SIZE, "%s", is_male ? male_names[rank] : female_names[rank]);
    } else {
        name_invent(out, rank, is_male ? 12 : 13);
    }
}

/* The truth about one person. */
struct person {
    char family[WORD_SIZE], married[WORD_SIZE], given[2 * WORD_SIZE + 2], second[WORD_SIZE];
    char nir[NIR_SIZE], insured[NIR_SIZE], other_insured[NIR_SIZE], birthplace[8];
    uint32_t residence;
    int year, month, day;
    bool is_male, is_foreign, is_married, is_default_day;
    unsigned twin_rank;
};

static void commune_write(char out[8], uint32_t rank)
{
    struct dice dice = dice_of(21, rank, 0);
    const uint32_t department = 1 + dice_below(&dice, 95), commune = 1 + dice_below(&dice, 700);
    if (department == 20) {
        snprintf(out, 8, "2%c%03u", commune % 2 ? 'A' : 'B', commune % 360 + 1);
    } else {
        snprintf(out, 8, "%02u%03u", department, commune);
    }
}

static uint32_t residence_draw(struct dice *dice)
{
    char text[8];
    commune_write(text, rank_draw(dice, COMMUNES, 30, 1.05));
    return linkage_residence(text_of(text));
}

static void nir_write(char out[NIR_SIZE], struct dice *dice, bool is_male, int year, int month, const char *birthplace)
{
    snprintf(out, NIR_SIZE, "%c%02u%02u%.5s%03u", is_male ? '1' : '2', (unsigned)year % 100u, (unsigned)month % 100u, birthplace,
             1 + dice_below(dice, 999));
}

static void birth_draw(struct person *person, struct dice *dice)
{
    const double age = 95 * (1 - sqrt(1 - dice_unit(dice) * 0.93)); /* fewer of the old */
    person->year = THIS_YEAR - (int)age;
    person->month = 1 + (int)dice_below(dice, 12);
    person->day = 1 + (int)dice_below(dice, 28);
    person->is_foreign = dice_says(dice, 0.12);
    if (person->is_foreign) {
        snprintf(person->birthplace, sizeof person->birthplace, "99%03u", 100 + rank_draw(dice, 400, 2, 1.2));
        person->is_default_day = dice_says(dice, 0.05);
    } else {
        commune_write(person->birthplace, rank_draw(dice, MATERNITIES, 20, 1.1));
    }
    if (person->is_default_day) {
        person->month = person->day = 1;
    }
}

/* Two numbers that follow one another, the first of them even, may be twins: all but given name, sex and number are the first's. */
static void person_draw(struct person *person, const struct rehearsal_options *options, uint32_t number)
{
    const uint32_t first = number & ~1u;
    struct dice family = dice_of(options->seed, first, 1), own = dice_of(options->seed, number, 2);
    const bool are_twins = dice_says(&family, options->noise.twins * 1.5); /* a third of twins is of two sexes */
    struct dice *shared = are_twins ? &family : &own;
    *person = (struct person){.twin_rank = are_twins ? 1 + (number & 1) : 0};
    birth_draw(person, shared);
    family_name_draw(shared, person->family);
    person->residence = residence_draw(shared);
    const bool same_sex = dice_says(&family, 2.0 / 3), first_is_male = dice_says(shared, 0.5);
    person->is_male = first_is_male ^ (are_twins && !same_sex && (number & 1));
    const int age = THIS_YEAR - person->year;
    char parent_place[8];
    commune_write(parent_place, rank_draw(shared, MATERNITIES, 20, 1.1));
    nir_write(person->insured, shared, false, person->year - 30, 1 + (int)dice_below(shared, 12), parent_place);
    nir_write(person->other_insured, shared, true, person->year - 32, 1 + (int)dice_below(shared, 12), parent_place);
    char first_part[WORD_SIZE], second_part[WORD_SIZE];
    given_name_draw(&own, person->is_male, first_part);
    given_name_draw(&own, person->is_male, second_part);
    const bool is_compound = dice_says(&own, 0.12);
    snprintf(person->given, sizeof person->given, "%s%s%s", first_part, is_compound ? "-" : "", is_compound ? second_part : "");
    given_name_draw(&own, person->is_male, person->second);
    person->is_married = !person->is_male && age >= 25 && dice_says(&own, 0.55);
    family_name_draw(&own, person->married);
    nir_write(person->nir, &own, person->is_male, person->year, person->month, person->birthplace);
    if (age >= 18) {
        memcpy(person->insured, person->nir, sizeof person->insured);
    }
}

/* One wrong letter, as fingers and ears do: another letter, one left out, two swapped, one doubled. ASCII letters only. */
static void typo_make(char *word, struct dice *dice)
{
    const size_t length = strlen(word);
    if (length < 3) {
        return;
    }
    const size_t at = 1 + dice_below(dice, (uint32_t)length - 2);
    if ((unsigned char)word[at] >= 0x80 || (unsigned char)word[at + 1] >= 0x80 || word[at + 1] == '\0') {
        return;
    }
    const char letter = word[at];
    switch (dice_below(dice, 4)) {
    case 0:
        word[at] = (char)('a' + dice_below(dice, 26));
        break;
    case 1:
        memmove(word + at, word + at + 1, length - at);
        break;
    case 2:
        word[at] = word[at + 1];
        word[at + 1] = letter;
        break;
    default:
        if (length + 1 < WORD_SIZE) {
            memmove(word + at + 1, word + at, length - at + 1);
        }
        break;
    }
}

/* Accents, hyphens and apostrophes lost: two bytes of UTF-8 become the letter that these lists have under them. */
static void marks_lose(char *word)
{
    static const char *const marked[][2] = {{"é", "e"}, {"è", "e"}, {"ë", "e"}, {"ç", "c"}, {"î", "i"}, {"É", "E"}, {"-", " "}, {"'", " "}};
    for (size_t i = 0; i < sizeof marked / sizeof *marked; i++) {
        for (char *at; (at = strstr(word, marked[i][0])) != NULL;) {
            *at = marked[i][1][0];
            const size_t taken = strlen(marked[i][0]);
            memmove(at + 1, at + taken, strlen(at + taken) + 1);
        }
    }
}

struct observer {
    const struct rehearsal_options *options;
    struct identity *identity;
    struct identity_keys *keys;
    struct secret *key;
    struct rehearsal *out;
    size_t capacity;
    uint16_t *orders; /* by person: the last three digits of the own number */
};

/* ---- own numbers: nobody has another's, as in the registers ---- */
enum { NIR_BIRTH_DIGITS = 10, NIR_ORDER_DIGITS = 3, ORDERS = 999 };

/* Numbers persons of one sex, month and commune of birth one after another. */
static bool orders_make(struct observer *observer, struct error *err)
{
    const struct rehearsal_options *options = observer->options;
    struct births {
        uint64_t key; /* 0: free */
        uint32_t count;
    } * births;
    size_t size = 1024;
    while (size < 2 * (size_t)options->persons) {
        size *= 2;
    }
    births = calloc(size, sizeof *births);
    observer->orders = malloc(((size_t)options->persons + 1) * sizeof *observer->orders);
    for (uint32_t number = 0; births && observer->orders && number < options->persons; number++) {
        struct person person;
        person_draw(&person, options, number);
        const uint64_t key = crypto_short_hash(observer->key, person.nir, NIR_BIRTH_DIGITS) | 1;
        size_t at = (size_t)(key >> 1) & (size - 1);
        while (births[at].key && births[at].key != key) {
            at = (at + 1) & (size - 1);
        }
        births[at].key = key;
        observer->orders[number] = (uint16_t)(1 + births[at].count++ % ORDERS);
    }
    const bool done = births && observer->orders;
    free(births);
    return done || FAIL(err, LIMIT, "not enough memory for a rehearsal");
}

static void order_set(struct person *person, uint16_t order)
{
    const bool is_insured = memcmp(person->insured, person->nir, sizeof person->nir) == 0;
    snprintf(person->nir + NIR_BIRTH_DIGITS, NIR_ORDER_DIGITS + 1, "%03u", order % (ORDERS + 1u));
    if (is_insured) {
        memcpy(person->insured, person->nir, sizeof person->insured);
    }
}

static void numbers_observe(struct observer *observer, const struct person *person, struct dice *dice, bool is_claims, uint32_t holder)
{
    const struct rehearsal_noise *noise = &observer->options->noise;
    const int age = THIS_YEAR - person->year;
    char nir[NIR_SIZE];
    memcpy(nir, person->nir, sizeof nir);
    const double missing = age < 1 ? noise->nir_missing_newborn : person->is_foreign ? noise->nir_missing_foreign : noise->nir_missing;
    bool is_missing = dice_says(dice, is_claims ? missing / 4 : missing);
    if (dice_says(dice, noise->nir_provisional)) {
        snprintf(nir, sizeof nir, "%c%02u%02u99%03u%03u", person->is_male ? '7' : '8', (unsigned)person->year % 100u,
                 (unsigned)person->month % 100u, 100 + dice_below(dice, 400), 1 + dice_below(dice, 999));
    }
    if (dice_says(dice, noise->nir_typo)) {
        nir[1 + dice_below(dice, 12)] = (char)('0' + dice_below(dice, 10));
    }
    if (is_claims) {
        const bool other = age < 18 && dice_says(dice, 0.3);
        identity_set(observer->identity, IDENTITY_NIR_INSURED, text_of(other ? person->other_insured : person->insured));
    } else if (age < 18 && dice_says(dice, noise->nir_of_parent)) {
        memcpy(nir, holder % 2 ? person->insured : person->other_insured, sizeof nir);
        is_missing = false;
    }
    if (!is_missing) {
        identity_set(observer->identity, IDENTITY_NIR, text_of(nir));
    }
}

static void names_observe(struct observer *observer, const struct person *person, struct dice *dice)
{
    const struct rehearsal_noise *noise = &observer->options->noise;
    char family[WORD_SIZE], married[WORD_SIZE], given[2 * WORD_SIZE + 2], second[WORD_SIZE], all[5 * WORD_SIZE];
    memcpy(family, person->family, sizeof family);
    memcpy(married, person->married, sizeof married);
    memcpy(given, person->given, sizeof given);
    memcpy(second, person->second, sizeof second);
    if (dice_says(dice, noise->typo)) {
        typo_make(dice_says(dice, 0.5) ? family : given, dice);
    }
    if (dice_says(dice, noise->compound_cut) && strchr(given, '-')) {
        *strchr(given, '-') = '\0';
    }
    if (dice_says(dice, noise->marks_lost)) {
        marks_lose(family);
        marks_lose(married);
        marks_lose(given);
    }
    const bool is_swapped = dice_says(dice, noise->given_swapped);
    const bool lists_all = is_swapped || dice_says(dice, 0.6); /* many hospitals write the first only */
    snprintf(all, sizeof all, "%s%s%s", is_swapped ? second : given, lists_all ? ", " : "", is_swapped ? given : lists_all ? second : "");
    const bool takes_married = person->is_married && THIS_YEAR - person->year >= 45 && dice_says(dice, noise->married_for_birth_name);
    identity_set(observer->identity, IDENTITY_BIRTH_NAME, text_of(takes_married ? married : family));
    if (person->is_married && !takes_married && !dice_says(dice, noise->used_name_missing)) {
        identity_set(observer->identity, IDENTITY_USED_NAME, text_of(married));
    }
    identity_set(observer->identity, IDENTITY_GIVEN_NAMES, text_of(all));
}

static void birth_observe(struct observer *observer, const struct person *person, struct dice *dice)
{
    const struct rehearsal_noise *noise = &observer->options->noise;
    int month = person->month, day_of_month = person->day;
    if (dice_says(dice, noise->day_month_swapped) && day_of_month <= 12) {
        month = person->day;
        day_of_month = person->month;
    }
    if (dice_says(dice, noise->day_default)) {
        month = day_of_month = 1;
    }
    char date[48];
    snprintf(date, sizeof date, "%04d-%02d-%02d", person->year, month, day_of_month);
    identity_set(observer->identity, IDENTITY_BIRTH_DATE, text_of(date));
    const bool is_male = person->is_male ^ dice_says(dice, noise->sex_wrong);
    identity_set(observer->identity, IDENTITY_SEX, is_male ? TEXT("M") : TEXT("F"));
    if (!dice_says(dice, noise->birthplace_missing)) {
        identity_set(observer->identity, IDENTITY_BIRTH_PLACE, text_of(person->birthplace));
    }
}

static void tokens_take(struct observer *observer, struct linkage_entry *entry)
{
    uint32_t flags;
    identity_keys_make(observer->keys, observer->identity, &flags);
    const struct identity_outline *outline = identity_keys_outline(observer->keys);
    entry->birth_year = outline->birth_year;
    entry->birth_month = outline->birth_month;
    entry->sex = outline->sex;
    for (size_t i = 0; i < identity_keys_count(observer->keys); i++) {
        const struct text text = identity_keys_text(observer->keys, i);
        entry->tokens[identity_keys_kind(observer->keys, i) - 1] = crypto_short_hash(observer->key, text.data, text.length);
    }
}

static bool person_observe(struct observer *observer, const struct person *person, uint32_t number, uint32_t holder, unsigned copy,
                           struct error *err)
{
    struct rehearsal *out = observer->out;
    const struct rehearsal_options *options = observer->options;
    const bool is_claims = holder > options->centres;
    struct dice dice = dice_of(options->seed, number, 16 + 2 * holder + copy);
    if (out->count == observer->capacity) {
        return FAIL(err, INTERNAL, "more entries than a rehearsal expects");
    }
    struct linkage_entry *entry = &out->entries[out->count];
    *entry = (struct linkage_entry){.holder = holder};
    entry->subject = (int64_t)(dice_next(&dice) >> 1) | 1;
    identity_clear(observer->identity);
    names_observe(observer, person, &dice);
    birth_observe(observer, person, &dice);
    if (is_claims && !options->claims_have_names) {
        identity_set(observer->identity, IDENTITY_BIRTH_NAME, TEXT(""));
        identity_set(observer->identity, IDENTITY_USED_NAME, TEXT(""));
        identity_set(observer->identity, IDENTITY_GIVEN_NAMES, TEXT(""));
        identity_set(observer->identity, IDENTITY_BIRTH_PLACE, TEXT(""));
    }
    numbers_observe(observer, person, &dice, is_claims, holder);
    tokens_take(observer, entry);
    const bool has_moved = dice_says(&dice, options->noise.moved);
    entry->residence = has_moved ? residence_draw(&dice) : person->residence;
    const bool knows_rank = is_claims || dice_says(&dice, 0.5);
    entry->twin_rank = (uint8_t)(knows_rank ? person->twin_rank : 0);
    out->truth[out->count++] = number + 1;
    return true;
}

static bool everybody_observe(struct observer *observer, struct error *err)
{
    const struct rehearsal_options *options = observer->options;
    for (uint32_t holder = 1; holder <= options->centres + 1; holder++) {
        for (uint32_t number = 0; number < options->persons; number++) {
            struct dice dice = dice_of(options->seed, number, 1000 + holder);
            const bool is_claims = holder > options->centres;
            const bool is_there = is_claims || dice_says(&dice, options->presence);
            if (!is_there) {
                continue;
            }
            struct person person;
            person_draw(&person, options, number);
            order_set(&person, observer->orders[number]);
            TRY(person_observe(observer, &person, number, holder, 0, err));
            if (!is_claims && dice_says(&dice, options->noise.duplicate)) {
                TRY(person_observe(observer, &person, number, holder, 1, err));
            }
        }
    }
    return true;
}

/* By (holder, subject); subjects are drawn, so entries of one person are nowhere near one another. */
struct placed {
    uint32_t holder, place;
    int64_t subject;
};
static int placed_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return x->holder != y->holder ? (x->holder > y->holder) - (x->holder < y->holder)
                                  : (x->subject > y->subject) - (x->subject < y->subject);
}

static bool entries_sort(struct rehearsal *rehearsal, struct error *err)
{
    struct placed *order = malloc((rehearsal->count + 1) * sizeof *order);
    struct linkage_entry *entries = malloc((rehearsal->count + 1) * sizeof *entries);
    uint32_t *truth = malloc((rehearsal->count + 1) * sizeof *truth);
    if (order && entries && truth) {
        for (size_t i = 0; i < rehearsal->count; i++) {
            order[i] = (struct placed){rehearsal->entries[i].holder, (uint32_t)i, rehearsal->entries[i].subject};
        }
        qsort(order, rehearsal->count, sizeof *order, placed_compare);
        for (size_t i = 0; i < rehearsal->count; i++) {
            entries[i] = rehearsal->entries[order[i].place];
            truth[i] = rehearsal->truth[order[i].place];
        }
        free(rehearsal->entries);
        free(rehearsal->truth);
        rehearsal->entries = entries;
        rehearsal->truth = truth;
        free(order);
        return true;
    }
    free(order);
    free(entries);
    free(truth);
    return FAIL(err, LIMIT, "not enough memory for a rehearsal");
}

void linkage_rehearsal_noise(struct rehearsal_noise *out_noise)
{
    *out_noise = (struct rehearsal_noise){
        .nir_missing = 0.1,
        .nir_missing_newborn = 0.4,
        .nir_missing_foreign = 0.6,
        .nir_typo = 0.003,
        .nir_of_parent = 0.3,
        .nir_provisional = 0.01,
        .married_for_birth_name = 0.35,
        .used_name_missing = 0.2,
        .compound_cut = 0.08,
        .marks_lost = 0.2,
        .given_swapped = 0.01,
        .typo = 0.02,
        .day_month_swapped = 0.004,
        .day_default = 0.005,
        .sex_wrong = 0.001,
        .birthplace_missing = 0.1,
        .moved = 0.07,
        .duplicate = 0.02,
        .twins = 0.01,
    };
}

bool linkage_rehearsal_make(struct rehearsal *out, const struct rehearsal_options *options, struct error *err)
{
    static const uint8_t key_bytes[CRYPTO_KEY_SIZE] = "a key of no secret whatever .. ";
    CLEANUP(identity) struct identity *identity = NULL;
    CLEANUP(identity_keys) struct identity_keys *keys = NULL;
    CLEANUP(secret) struct secret *key = NULL;
    TRY(crypto_start(err));
    TRY(identity_create(&identity, err));
    TRY(identity_keys_create(&keys, err));
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(key), key_bytes, CRYPTO_KEY_SIZE);
    const double expected = options->persons * (1 + options->centres * options->presence * (1 + options->noise.duplicate));
    struct rehearsal rehearsal = {0};
    struct observer observer = {options, identity, keys, key, &rehearsal, (size_t)(expected * 1.05) + 1000, NULL};
    rehearsal.entries = malloc(observer.capacity * sizeof *rehearsal.entries);
    rehearsal.truth = malloc(observer.capacity * sizeof *rehearsal.truth);
    bool done = rehearsal.entries && rehearsal.truth
                    ? orders_make(&observer, err) && everybody_observe(&observer, err) && entries_sort(&rehearsal, err)
                    : FAIL(err, LIMIT, "not enough memory for a rehearsal");
    free(observer.orders);
    if (!done) {
        linkage_rehearsal_finish(&rehearsal);
        return false;
    }
    *out = rehearsal;
    return true;
}

void linkage_rehearsal_finish(struct rehearsal *rehearsal)
{
    free(rehearsal->entries);
    free(rehearsal->truth);
    *rehearsal = (struct rehearsal){0};
}
