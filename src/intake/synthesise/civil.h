/* SPDX-License-Identifier: EUPL-1.2 */
/* civil: who a synthetic person is (names, numbers, places, parents, twins), and what a holder's file says of it, with the noise of
 * spec/synthesis/identity_noise.csv. Nobody exists: communes are numbers 950 and more that no department has, and numbers are made of them.
 */
#pragma once
#include "intake/synthesise/life.h"

enum { CIVIL_NAME_SIZE = 48, CIVIL_NIR_SIZE = 14, CIVIL_PLACE_SIZE = 6, CIVIL_GIVEN_MAX = 3, CIVIL_HOLDERS_MAX = 8 };

/* Shares by the order of spec/synthesis/identity_noise.csv: NOISE_... */
struct civil_noise {
    double shares[SYNTHESIS_NOISES_COUNT];
};
void civil_noise_defaults(struct civil_noise *out_noise);
/* "nir_missing=0.2,nir_typo=0"; false when there is no such key, or no share between 0 and 1. */
bool civil_noise_set(struct civil_noise *noise, const char *assignments);

struct civil {
    char birth_name[CIVIL_NAME_SIZE];
    char used_name[CIVIL_NAME_SIZE]; /* "" when it is the birth name */
    char given[CIVIL_GIVEN_MAX][CIVIL_NAME_SIZE];
    int given_count;
    day birth;
    bool is_female, is_born_abroad, is_number_provisional;
    char birth_place[CIVIL_PLACE_SIZE];
    char nir[CIVIL_NIR_SIZE]; /* 13 characters, without its key */
    int opener_count;         /* of rights: 1, or 2 for a child with both parents */
    char openers[2][CIVIL_NIR_SIZE];
    int twin_rank; /* 0: no twin */
};
/* A pure function of the life and the noise. Reads the lives of the persons before (twins, parents). */
void civil_make(struct civil *out_civil, const struct life *life, const struct life_births *births, const struct civil_noise *noise);
/* Where the person lives on a day. */
void civil_residence(const struct civil *civil, const struct life *life, const struct civil_noise *noise, int32_t day_number,
                     char out_place[CIVIL_PLACE_SIZE]);
/* The two digits behind a number of 13 characters (97 - N mod 97; Corsica's 2A as 19, 2B as 18). */
int civil_nir_key(const char nir[CIVIL_NIR_SIZE]);

/* What one file of one holder says. "" is nothing. */
struct civil_file {
    char birth_name[CIVIL_NAME_SIZE], used_name[CIVIL_NAME_SIZE], given[4 * CIVIL_NAME_SIZE], first_given[CIVIL_NAME_SIZE];
    char nir[CIVIL_NIR_SIZE]; /* the number that stands in the file, perhaps a parent's */
    bool is_nir_of_parent, is_qualified;
    char birth_date[11]; /* YYYY-MM-DD */
    char sex;            /* M or F */
    char birth_place[CIVIL_PLACE_SIZE], residence[CIVIL_PLACE_SIZE];
    int twin_rank;
};
/* holder: position in synthesis_centres; copy: 0, or 1 for a second file of the same person. */
void civil_file_make(struct civil_file *out_file, const struct civil *civil, const struct life *life, const struct civil_noise *noise,
                     int holder, int copy);
