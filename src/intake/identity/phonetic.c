/* SPDX-License-Identifier: EUPL-1.2 */
/* phonetic: the steps of Phonex in the author's order. A rule replaces a group of letters, perhaps only before certain letters; the text is
 * gone through once for each rule, as the published steps say: merging rules would change their meaning. */
#include "intake/identity/phonetic.h"
#include <math.h>
#include <string.h>

/* from becomes to where one of `next` follows (or, with not_next, where a character follows that is none of them). NULL: anywhere. */
struct phonex_rule {
    const char *from, *to, *next;
    bool not_next;
};
#define VOWELS "AEIOU"
#define SOUNDS "AEIOU1234"
static const struct phonex_rule steps_4_to_8[] = {
    {"GAN", "KAN", NULL, false},  {"GAM", "KAM", NULL, false},  {"GAIN", "KAIN", NULL, false}, {"GAIM", "KAIM", NULL, false}, /* 4 */
    {"AIN", "YN", VOWELS, false}, {"EIN", "YN", VOWELS, false}, {"AIM", "YN", VOWELS, false},  {"EIM", "YN", VOWELS, false},  /* 5 */
    {"EAU", "O", NULL, false},    {"OUA", "2", NULL, false},    {"EIN", "4", NULL, false},     {"AIN", "4", NULL, false},     /* 6 */
    {"EIM", "4", NULL, false},    {"AIM", "4", NULL, false},    {"AI", "Y", NULL, false},      {"EI", "Y", NULL, false},      /* 7 */
    {"ER", "YR", NULL, false},    {"ESS", "YS", NULL, false},   {"ET", "YT", NULL, false},     {"EZ", "YZ", NULL, false},
    {"AN", "1", SOUNDS, true},    {"ON", "1", SOUNDS, true},    {"AM", "1", SOUNDS, true},     {"EN", "1", SOUNDS, true}, /* 8 */
    {"EM", "1", SOUNDS, true},    {"IN", "4", SOUNDS, true},
};
static const struct phonex_rule steps_10_to_14[] = {
    {"OE", "E", NULL, false},  {"EU", "E", NULL, false},  {"AU", "O", NULL, false},  {"OI", "2", NULL, false},  /* 10 */
    {"OY", "2", NULL, false},  {"OU", "3", NULL, false},  {"CH", "5", NULL, false},  {"SCH", "5", NULL, false}, /* 11 */
    {"SH", "5", NULL, false},  {"SS", "S", NULL, false},  {"SC", "S", NULL, false},  {"C", "S", "EI", false},   /* 12 */
    {"C", "K", NULL, false},   {"Q", "K", NULL, false},   {"QU", "K", NULL, false},  {"GU", "K", NULL, false},  /* 13 */
    {"GA", "KA", NULL, false}, {"GO", "KO", NULL, false}, {"GY", "KY", NULL, false}, {"A", "O", NULL, false},   /* 14 */
    {"D", "T", NULL, false},   {"P", "T", NULL, false},   {"J", "G", NULL, false},   {"B", "F", NULL, false},
    {"V", "F", NULL, false},   {"M", "N", NULL, false},
};

static bool is_one_of(char letter, const char *set)
{
    return letter && strchr(set, letter) != NULL;
}

/* Every place of word, from the left, without looking again at what was put in. Returns the new length, never more than
 * PHONETIC_SIZE - 1. */
static size_t rule_apply(const struct phonex_rule *rule, char *word, size_t length)
{
    const char *first = memchr(word, rule->from[0], length);
    if (!first) { /* most rules find nothing */
        return length;
    }
    const size_t from = strlen(rule->from), to = strlen(rule->to);
    for (size_t at = (size_t)(first - word); at + from <= length;) {
        const char next = word[at + from];
        const bool follows = !rule->next || (rule->not_next ? next && !is_one_of(next, rule->next) : is_one_of(next, rule->next));
        if (word[at] != rule->from[0] || !follows || memcmp(word + at, rule->from, from) != 0 || length - from + to >= PHONETIC_SIZE) {
            at++;
            continue;
        }
        memmove(word + at + to, word + at + from, length - at - from + 1);
        memcpy(word + at, rule->to, to);
        length = length - from + to;
        at += to;
    }
    return length;
}

/* Steps 1 to 3: Y is I; H is silent but behind C, S and P; PH is F. */
static size_t steps_1_to_3(char *word)
{
    size_t length = 0;
    for (size_t i = 0; word[i]; i++) {
        const char letter = word[i] == 'Y' ? 'I' : word[i];
        if (letter == 'H' && i > 0 && !is_one_of(word[i - 1], "PCS")) {
            continue;
        }
        word[length++] = letter;
    }
    word[length] = '\0';
    return rule_apply(&(struct phonex_rule){"PH", "F", NULL, false}, word, length);
}

/* Step 9: S between vowels or sounds is Z. */
static void step_9(char *word)
{
    for (size_t i = 1; word[0] && word[i]; i++) {
        if (word[i] == 'S' && is_one_of(word[i - 1], SOUNDS "Y") && is_one_of(word[i + 1], SOUNDS "Y")) {
            word[i] = 'Z';
        }
    }
}

size_t phonetic_phonex(struct text name, char *out)
{
    size_t length = name.length < PHONETIC_SIZE ? name.length : PHONETIC_SIZE - 1;
    memcpy(out, name.data, length);
    out[length] = '\0';
    length = steps_1_to_3(out);
    for (size_t i = 0; i < sizeof steps_4_to_8 / sizeof *steps_4_to_8; i++) {
        length = rule_apply(&steps_4_to_8[i], out, length);
    }
    step_9(out);
    for (size_t i = 0; i < sizeof steps_10_to_14 / sizeof *steps_10_to_14; i++) {
        length = rule_apply(&steps_10_to_14[i], out, length);
    }
    size_t kept = 0;
    for (size_t i = 0; out[i]; i++) { /* 15: doubled letters */
        if (kept == 0 || out[kept - 1] != out[i]) {
            out[kept++] = out[i];
        }
    }
    if (kept > 0 && is_one_of(out[kept - 1], "TX")) { /* 16: silent endings */
        kept--;
    }
    out[kept] = '\0';
    return kept;
}

double phonetic_phonex_number(struct text code)
{
    static const char digits[] = "12345EFGHIKLNORSTUWXYZ";
    double number = 0;
    for (size_t i = 0; i < code.length; i++) {
        const char *digit = strchr(digits, code.data[i]);
        number += digit ? (double)(digit - digits) * pow(22, -(double)(i + 1)) : 0;
    }
    return number;
}
