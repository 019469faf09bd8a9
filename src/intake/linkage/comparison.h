/* SPDX-License-Identifier: EUPL-1.2 */
/* comparison: in what two entries agree, from their tokens and outlines: five fields with levels. Several kinds of tokens measure the same
 * traits, so that name, given name, date and place of birth are one field, whose levels are what the tokens can tell apart. Private. */
#pragma once
#include "intake/linkage/linkage.h"
#include "intake/linkage/weights.h"

enum comparison_field { FIELD_IDENTITY, FIELD_NUMBER, FIELD_BIRTH, FIELD_RESIDENCE, FIELD_SEX, FIELD_COUNT };
enum comparison_identity {
    AGREE_UNSAID,
    AGREE_ALL_PLACE,     /* name, given name, date, place of birth */
    AGREE_ALL,           /* name, given name, date; the place is not said */
    AGREE_ALL_ELSEWHERE, /* name, given name, date; another place */
    AGREE_SOUND_PLACE,   /* name by sound; given name, date, place */
    AGREE_SOUND,         /* name and given name by sound; date */
    AGREE_ORDER,         /* name and date; the first given name of one is the second of the other */
    AGREE_TWIN,          /* name and date; another given name */
    AGREE_NO_NAME,       /* given name, date, place; another name */
    AGREE_YEAR,          /* name, given name, year; another day */
    AGREE_NOTHING,       /* nothing of these */
    AGREE_NAME_DATE,     /* name and date; a given name is not said */
    AGREE_LEVELS
};
enum comparison_number { NUMBER_UNSAID, NUMBER_OWN, NUMBER_DOUBTFUL, NUMBER_INSURED, NUMBER_OTHER, NUMBER_LEVELS };

void comparison_model(struct weights *out_weights); /* fields, levels and first m and u */
void comparison_model_fit(struct weights *weights, const struct linkage_entry *entries, size_t count); /* u of residence and sex */
/* Bit k: the two share a token of space k. */
unsigned comparison_spaces(const struct linkage_entry *a, const struct linkage_entry *b);
uint32_t comparison_pattern(const struct linkage_entry *a, const struct linkage_entry *b);
enum linkage_rule comparison_rule(uint64_t pattern);
bool comparison_is_twin(uint64_t pattern); /* name and date, another given name, and no own number that says more */
/* The kinds of a space; 0 behind the last. */
enum { COMPARISON_KINDS_MAX = 3 };
extern const uint8_t comparison_space_kinds[IDENTITY_SPACE_COUNT][COMPARISON_KINDS_MAX];
