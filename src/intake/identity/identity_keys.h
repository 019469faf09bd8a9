/* SPDX-License-Identifier: EUPL-1.2 */
/* identity_keys: the canonical keys of a person, one text for each kind of spec/identity_keys.csv that the traits suffice for. A key is
 * what is blinded and sent; whoever has two equal keys knows that they are equal and no more.
 *   kind   how a key was made; its number is stored and travels beside the token
 *   space  kinds of one space make texts that may be equal (birth name here, used name there), so they are compared with one another; those
 *          of two spaces never are: each text begins with its space. Hash the text alone, never kind and text.
 * Texts are in locked memory until the next person. */
#pragma once
#include "intake/identity/identity.h"
#include "intake/identity/identity_facts.h"

/* What is to be said of an identity in a report; bits. */
enum identity_flag {
    IDENTITY_NIR_MISSING = 1 << 0,
    IDENTITY_NIR_FORM = 1 << 1,        /* something is there, but no NIR */
    IDENTITY_NIR_KEY_WRONG = 1 << 2,   /* 15 characters of which the last two do not fit */
    IDENTITY_NIR_PROVISIONAL = 1 << 3, /* 3 to 8 in front, or a NIA */
    IDENTITY_NIR_FICTIVE = 1 << 4,
    IDENTITY_NIR_OF_OTHER = 1 << 5, /* its birth or sex is not the person's: a parent's, often */
    IDENTITY_TEST = 1 << 6,         /* an INS of test or demonstration: not for production */
    IDENTITY_NAME_MISSING = 1 << 7, /* or a word in its place: INCONNU, X */
    IDENTITY_GIVEN_MISSING = 1 << 8,
    IDENTITY_DATE_MISSING = 1 << 9,
    IDENTITY_DATE_PARTIAL = 1 << 10,
    IDENTITY_DATE_LUNAR = 1 << 11,
    IDENTITY_DATE_DEFAULT = 1 << 12, /* 1 January or 31 December */
    IDENTITY_SEX_MISSING = 1 << 13,
    IDENTITY_PLACE_MISSING = 1 << 14, /* of birth */
    IDENTITY_PLACE_POSTAL = 1 << 15,  /* a postal code stands for the commune of birth */
    IDENTITY_TWIN = 1 << 16,          /* a rank among twins is given */
};
enum { IDENTITY_FLAG_COUNT = 17, IDENTITY_KEY_TEXT_MAX = 160 };
const char *identity_flag_name(unsigned bit); /* "nir_missing" for bit 0 */

/* What is no secret between holder and warehouse, in canonical form; finer than month and commune it is not. */
struct identity_outline {
    uint16_t birth_year; /* 0: unknown */
    uint8_t birth_month; /* 0: unknown */
    char sex;            /* M, F, U */
    uint8_t twin_rank;   /* 0: unknown, or none */
    char residence[6];   /* five characters as for birth places, or empty */
};

struct identity_keys;
MUST_CHECK bool identity_keys_create(struct identity_keys **out_keys, struct error *err);
void identity_keys_destroy(struct identity_keys *keys); /* wiped; NULL is fine */
DEFINE_CLEANUP(identity_keys, identity_keys_destroy)
/* Replaces what keys held. Pure: the same traits give the same texts. */
void identity_keys_make(struct identity_keys *keys, const struct identity *identity, uint32_t *out_flags);
size_t identity_keys_count(const struct identity_keys *keys); /* each kind at most once, ascending */
enum identity_key_kind identity_keys_kind(const struct identity_keys *keys, size_t index);
struct text identity_keys_text(const struct identity_keys *keys, size_t index); /* for hashing, not for printing */
const struct identity_outline *identity_keys_outline(const struct identity_keys *keys);
void identity_keys_wipe(struct identity_keys *keys);

const char *identity_key_name(enum identity_key_kind kind);
enum identity_key_space identity_key_space(enum identity_key_kind kind);
