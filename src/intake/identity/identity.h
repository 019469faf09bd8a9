/* SPDX-License-Identifier: EUPL-1.2 */
/* identity: who a person is, as one source says it. The text of a trait lives in locked memory that is wiped, never in a char * that could
 * reach a %s: what comes out of this module is a canonical key for blinding (identity_keys.h), a flag, or a comparison.
 * Values are as the source has them; what is canonical about them is decided here and nowhere else. */
#pragma once
#include "base/calendar.h"
#include "base/error.h"
#include "base/text.h"

enum identity_trait {
    IDENTITY_NIR,         /* the person's own number: 13 characters, or 15 with its key; blanks and dots are passed over */
    IDENTITY_NIR_INSURED, /* of the person who opens the right (SNDS: BEN_NIR_PSA is made from it) */
    IDENTITY_INS_OID,     /* which kind of number IDENTITY_NIR is: an OID of FR Core, with or without urn:oid: */
    IDENTITY_BIRTH_NAME,
    IDENTITY_USED_NAME,   /* married or usual family name */
    IDENTITY_GIVEN_NAMES, /* all of them, in order, separated by blanks or commas */
    IDENTITY_USED_GIVEN_NAME,
    IDENTITY_BIRTH_DATE,  /* YYYY-MM-DD, YYYYMMDD, YYYY-MM, YYYY; 00 for an unknown part */
    IDENTITY_SEX,         /* M, F, 1, 2, h, f, male, female; anything else is unknown */
    IDENTITY_BIRTH_PLACE, /* INSEE code of the commune, 99xxx abroad */
    IDENTITY_RESIDENCE,   /* INSEE code of the commune, or a postal code */
    IDENTITY_TWIN_RANK,   /* rank among twins (BEN_RNG_GEM, rang_gemellaire, multipleBirthInteger) */
    IDENTITY_TRAIT_COUNT
};
enum { IDENTITY_TEXT_MAX = 120 }; /* bytes of one trait; what is longer is cut at a character */

/* One person, reused for one after the other. */
struct identity;
MUST_CHECK bool identity_create(struct identity **out_identity, struct error *err);
void identity_destroy(struct identity *identity); /* wiped; NULL is fine */
DEFINE_CLEANUP(identity, identity_destroy)
void identity_clear(struct identity *identity); /* wipes every trait */
/* Copies the text in; blanks at both ends are left out, and an empty text is no trait. */
void identity_set(struct identity *identity, enum identity_trait trait, struct text text);
bool identity_has(const struct identity *identity, enum identity_trait trait);
/* Whether the trait is there and is this text, byte for byte. */
bool identity_is(const struct identity *identity, enum identity_trait trait, struct text text);
