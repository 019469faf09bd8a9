/* SPDX-License-Identifier: EUPL-1.2 */
/* comparison: from tokens to levels. The order of the questions matters: a level is the most that the tokens say. */
#include "intake/linkage/comparison.h"
#include <math.h>
#include <stdlib.h>

const uint8_t comparison_space_kinds[IDENTITY_SPACE_COUNT][COMPARISON_KINDS_MAX] = {
    [IDENTITY_SPACE_INSURED] = {IDENTITY_KEY_INSURED},
    [IDENTITY_SPACE_NIR] = {IDENTITY_KEY_NIR, IDENTITY_KEY_NIR_DOUBTFUL},
    [IDENTITY_SPACE_PERSON] = {IDENTITY_KEY_PERSON, IDENTITY_KEY_PERSON_USED, IDENTITY_KEY_PERSON_SECOND},
    [IDENTITY_SPACE_SOUND] = {IDENTITY_KEY_SOUND, IDENTITY_KEY_SOUND_USED},
    [IDENTITY_SPACE_NAMEDATE] = {IDENTITY_KEY_NAME_DATE},
    [IDENTITY_SPACE_GIVENPLACE] = {IDENTITY_KEY_GIVEN_PLACE},
    [IDENTITY_SPACE_NAMEYEAR] = {IDENTITY_KEY_NAME_YEAR},
};

static uint64_t token(const struct linkage_entry *entry, unsigned kind)
{
    return kind ? entry->tokens[kind - 1] : 0;
}

static bool kinds_shared(const struct linkage_entry *a, const struct linkage_entry *b, unsigned kind_a, unsigned kind_b)
{
    return token(a, kind_a) && token(a, kind_a) == token(b, kind_b);
}

/* The first given name of one is the second of the other. Two equal second names say nothing: twins often have them. */
static bool order_shared(const struct linkage_entry *a, const struct linkage_entry *b)
{
    return kinds_shared(a, b, IDENTITY_KEY_PERSON, IDENTITY_KEY_PERSON_SECOND) ||
           kinds_shared(a, b, IDENTITY_KEY_PERSON_SECOND, IDENTITY_KEY_PERSON);
}

/* By the first two kinds of a space. */
static bool space_shared(const struct linkage_entry *a, const struct linkage_entry *b, unsigned space)
{
    const uint8_t *kinds = comparison_space_kinds[space];
    return kinds_shared(a, b, kinds[0], kinds[0]) || kinds_shared(a, b, kinds[0], kinds[1]) || kinds_shared(a, b, kinds[1], kinds[0]) ||
           kinds_shared(a, b, kinds[1], kinds[1]);
}

unsigned comparison_spaces(const struct linkage_entry *a, const struct linkage_entry *b)
{
    unsigned spaces = 0;
    for (unsigned space = 0; space < IDENTITY_SPACE_COUNT; space++) {
        spaces |= (unsigned)space_shared(a, b, space) << space;
    }
    return spaces | (unsigned)order_shared(a, b) << IDENTITY_SPACE_PERSON;
}

static bool is_shared(unsigned spaces, enum identity_key_space space)
{
    return spaces >> space & 1;
}

static bool both_have(const struct linkage_entry *a, const struct linkage_entry *b, unsigned kind)
{
    return token(a, kind) && token(b, kind);
}

static enum comparison_identity identity_level(const struct linkage_entry *a, const struct linkage_entry *b, unsigned spaces)
{
    const bool same_place = is_shared(spaces, IDENTITY_SPACE_GIVENPLACE);
    const bool same_order = space_shared(a, b, IDENTITY_SPACE_PERSON);
    if (same_order) {
        return same_place ? AGREE_ALL_PLACE : both_have(a, b, IDENTITY_KEY_GIVEN_PLACE) ? AGREE_ALL_ELSEWHERE : AGREE_ALL;
    }
    if (is_shared(spaces, IDENTITY_SPACE_SOUND)) {
        return same_place ? AGREE_SOUND_PLACE : AGREE_SOUND;
    }
    if (same_place) {
        return AGREE_NO_NAME;
    }
    if (is_shared(spaces, IDENTITY_SPACE_PERSON)) {
        return AGREE_ORDER;
    }
    const bool both_named = both_have(a, b, IDENTITY_KEY_PERSON);
    if (is_shared(spaces, IDENTITY_SPACE_NAMEDATE)) {
        return both_named ? AGREE_TWIN : AGREE_NAME_DATE;
    }
    if (is_shared(spaces, IDENTITY_SPACE_NAMEYEAR)) {
        return AGREE_YEAR;
    }
    return both_named ? AGREE_NOTHING : AGREE_UNSAID;
}

/* A second twin shares the insured's 22 characters with the first: without another sign, they do not say which of the two it is. A rank of
 * one says nothing: everybody has it in the SNDS (BEN_RNG_GEM). */
static bool may_be_other_twin(const struct linkage_entry *a, const struct linkage_entry *b)
{
    return a->twin_rank != b->twin_rank && (a->twin_rank > 1 || b->twin_rank > 1);
}

static enum comparison_number number_level(const struct linkage_entry *a, const struct linkage_entry *b, unsigned spaces,
                                           enum comparison_identity identity)
{
    if (both_have(a, b, IDENTITY_KEY_NIR)) {
        return token(a, IDENTITY_KEY_NIR) == token(b, IDENTITY_KEY_NIR) ? NUMBER_OWN : NUMBER_OTHER;
    }
    if (is_shared(spaces,
                  IDENTITY_SPACE_NIR)) { /* not a parent's, where name, given name and year are equal: it is the date that is wrong */
        return identity == AGREE_YEAR ? NUMBER_OWN : NUMBER_DOUBTFUL;
    }
    const bool is_named = identity != AGREE_UNSAID && identity != AGREE_NOTHING;
    return is_shared(spaces, IDENTITY_SPACE_INSURED) && (is_named || !may_be_other_twin(a, b)) ? NUMBER_INSURED : NUMBER_UNSAID;
}

/* What the outlines say of birth, where the tokens say nothing of it. */
static unsigned birth_level(const struct linkage_entry *a, const struct linkage_entry *b, enum comparison_identity identity)
{
    const bool tokens_say = identity != AGREE_UNSAID && identity != AGREE_NOTHING;
    if (tokens_say || a->birth_year == 0 || b->birth_year == 0) {
        return 0;
    }
    if (a->birth_year != b->birth_year) {
        return 3;
    }
    return a->birth_month != 0 && a->birth_month == b->birth_month ? 1 : 2;
}

static unsigned residence_level(const struct linkage_entry *a, const struct linkage_entry *b)
{
    if (a->residence == 0 || b->residence == 0) {
        return 0;
    }
    return a->residence == b->residence ? 1 : a->residence / 1000 == b->residence / 1000 ? 2 : 3;
}

static unsigned sex_level(const struct linkage_entry *a, const struct linkage_entry *b)
{
    const bool both = (a->sex == 'M' || a->sex == 'F') && (b->sex == 'M' || b->sex == 'F');
    return !both ? 0 : a->sex == b->sex ? 1 : 2;
}

uint32_t comparison_pattern(const struct linkage_entry *a, const struct linkage_entry *b)
{
    const unsigned spaces = comparison_spaces(a, b);
    const enum comparison_identity identity = identity_level(a, b, spaces);
    return (uint32_t)(pattern_with(FIELD_IDENTITY, identity) | pattern_with(FIELD_NUMBER, number_level(a, b, spaces, identity)) |
                      pattern_with(FIELD_BIRTH, birth_level(a, b, identity)) | pattern_with(FIELD_RESIDENCE, residence_level(a, b)) |
                      pattern_with(FIELD_SEX, sex_level(a, b)));
}

enum linkage_rule comparison_rule(uint64_t pattern)
{
    const unsigned identity = pattern_level(pattern, FIELD_IDENTITY), number = pattern_level(pattern, FIELD_NUMBER);
    if (number == NUMBER_OWN || number == NUMBER_DOUBTFUL) {
        return LINKAGE_NIR;
    }
    if (number == NUMBER_INSURED) {
        return LINKAGE_INSURED;
    }
    return identity >= AGREE_ALL_PLACE && identity <= AGREE_ALL_ELSEWHERE ? LINKAGE_IDENTITY : LINKAGE_DROPPED;
}

bool comparison_is_unfounded(uint64_t pattern)
{
    const unsigned identity = pattern_level(pattern, FIELD_IDENTITY), number = pattern_level(pattern, FIELD_NUMBER);
    return (identity == AGREE_UNSAID || identity == AGREE_NOTHING) && (number == NUMBER_UNSAID || number == NUMBER_OTHER);
}

bool comparison_is_twin(uint64_t pattern)
{
    const unsigned number = pattern_level(pattern, FIELD_NUMBER);
    return pattern_level(pattern, FIELD_IDENTITY) == AGREE_TWIN && number != NUMBER_OWN && number != NUMBER_DOUBTFUL;
}

/* First values: guesses that a few hundred pairs outweigh. u of numbers, birth, residence and sex is of any two persons and is left alone
 * (that of residence and sex is made from the entries): candidates that are two persons are too few, and too odd, to learn it from. u of
 * identity is of candidates. */
static const struct weights_field first_fields[FIELD_COUNT] = {
    [FIELD_IDENTITY] = {.name = "identity",
                        .nom = "identité",
                        .levels = AGREE_LEVELS,
                        .level_names = {"not said", "name, given name, date, birthplace", "name, given name, date",
                                        "name, given name, date; another birthplace", "sound of name; given name, date, birthplace",
                                        "sound of names; date", "name, date; given names in another order",
                                        "name, date; another given name", "given name, date, birthplace; another name",
                                        "name, given name, year", "nothing equal", "name, date; given name not said"},
                        .level_noms = {"non dit", "nom, prénom, date, lieu de naissance", "nom, prénom, date",
                                       "nom, prénom, date ; autre lieu", "nom phonétique ; prénom, date, lieu", "noms phonétiques ; date",
                                       "nom, date ; ordre des prénoms", "nom, date ; autre prénom", "prénom, date, lieu ; autre nom",
                                       "nom, prénom, année", "rien d'égal", "nom, date ; prénom non dit"},
                        .m = {0, 0.7, 0.12, 0.004, 0.01, 0.01, 0.01, 0.02, 0.06, 0.014, 0.042, 0.01},
                        .u = {0, 0.0005, 0.001, 0.001, 0.0005, 0.003, 0.001, 0.15, 0.15, 0.493, 0.18, 0.02}},
    [FIELD_NUMBER] = {.name = "number",
                      .nom = "numéro",
                      .levels = NUMBER_LEVELS,
                      .level_names = {"not said", "own number", "own number, doubtful", "insured, birth date, sex", "another own number"},
                      .level_noms = {"non dit", "numéro propre", "numéro propre, douteux", "assuré, date de naissance, sexe",
                                     "autre numéro propre"},
                      .m = {0, 0.93, 0.02, 0.04, 0.01},
                      .u = {0, 0.0005, 0.005, 0.01, 0.9845},
                      .u_is_known = true},
    [FIELD_BIRTH] = {.name = "birth",
                     .nom = "naissance",
                     .levels = 4,
                     .level_names = {"not said", "year and month", "year", "another year"},
                     .level_noms = {"non dit", "année et mois", "année", "autre année"},
                     .m = {0, 0.9, 0.07, 0.03},
                     .u = {0, 0.02, 0.05, 0.93},
                     .u_is_known = true},
    [FIELD_RESIDENCE] = {.name = "residence",
                         .nom = "résidence",
                         .levels = 4,
                         .level_names = {"not said", "commune", "department", "another department"},
                         .level_noms = {"non dit", "commune", "département", "autre département"},
                         .m = {0, 0.75, 0.15, 0.1},
                         .u = {0, 0.01, 0.03, 0.96},
                         .u_is_known = true},
    [FIELD_SEX] = {.name = "sex",
                   .nom = "sexe",
                   .levels = 3,
                   .level_names = {"not said", "equal", "different"},
                   .level_noms = {"non dit", "égal", "différent"},
                   .m = {0, 0.998, 0.002},
                   .u = {0, 0.5, 0.5},
                   .u_is_known = true},
};

/* Chance that two entries drawn at random live in one commune, in one department; with a floor, because families do not live at random. */
static void residence_chances(const struct linkage_entry *entries, size_t count, double *out_commune, double *out_department)
{
    enum { COMMUNES = 100000, DEPARTMENTS = 100 };
    uint32_t *communes = calloc(COMMUNES + DEPARTMENTS, sizeof *communes), said = 0;
    double commune = 0, department = 0;
    for (size_t i = 0; communes && i < count; i++) {
        if (entries[i].residence > 0 && entries[i].residence < COMMUNES) {
            communes[entries[i].residence]++;
            communes[COMMUNES + entries[i].residence / 1000]++;
            said++;
        }
    }
    for (size_t i = 0; communes && said > 0 && i < COMMUNES + DEPARTMENTS; i++) {
        const double share = (double)communes[i] / said;
        *(i < COMMUNES ? &commune : &department) += share * share;
    }
    free(communes);
    *out_commune = fmin(fmax(commune, 0.01), 0.9);
    *out_department = fmin(fmax(department - commune, 0.02), 0.95 - *out_commune);
}

void comparison_model_fit(struct weights *weights, const struct linkage_entry *entries, size_t count)
{
    double *u = weights->fields[FIELD_RESIDENCE].u;
    residence_chances(entries, count, &u[1], &u[2]);
    u[3] = 1 - u[1] - u[2];
    size_t men = 0, women = 0;
    for (size_t i = 0; i < count; i++) {
        men += entries[i].sex == 'M';
        women += entries[i].sex == 'F';
    }
    if (men + women > 0) {
        const double share = (double)men / (double)(men + women), equal = share * share + (1 - share) * (1 - share);
        weights->fields[FIELD_SEX].u[1] = fmin(equal, 0.95);
        weights->fields[FIELD_SEX].u[2] = 1 - fmin(equal, 0.95);
    }
}

void comparison_model(struct weights *out_weights)
{
    *out_weights = (struct weights){.field_count = FIELD_COUNT, .prior = 0.8};
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        out_weights->fields[i] = first_fields[i];
    }
}
