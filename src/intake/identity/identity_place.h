/* SPDX-License-Identifier: EUPL-1.2 */
/* identity_place: communes, of birth and of residence, in the one form in which they are compared. */
#pragma once
#include "base/text.h"

enum birth_place_kind {
    BIRTH_PLACE_NONE,    /* no code of five characters */
    BIRTH_PLACE_COMMUNE, /* 01001 to 98xxx, 2A001, 2B001 */
    BIRTH_PLACE_ABROAD,  /* 99xxx */
    BIRTH_PLACE_POSTAL,  /* a postal code that cannot be a commune: XX000, 75001 to 75020 */
};
enum { BIRTH_PLACE_LENGTH = 5 };
/* The form in which places are compared: Corsica is department 20, as it was until 1975 (communes kept their numbers), and the districts
 * of Paris, Lyon and Marseille are the city, also by
 * the postal codes of Paris. out is untouched for BIRTH_PLACE_NONE. */
enum birth_place_kind birth_place_read(struct text text, char out[BIRTH_PLACE_LENGTH]);
