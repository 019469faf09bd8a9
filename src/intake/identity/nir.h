/* SPDX-License-Identifier: EUPL-1.2 */
/* nir: the French national number (numéro d'inscription au répertoire): 13 characters and a key, S YY MM DD CCC OOO KK. Nothing is refused
 * for what it says, only for its form: wrong keys, provisional and fictive numbers are told. Private to identity.
 *   S    1, 3, 7 and 5 men, 2, 4, 8 and 6 women; 3 to 8 are provisional
 *   MM   01 to 12; 20 to 42 and 50 to 99 where the month is not known
 *   DD   01 to 96, 2A, 2B; 97x and 98x are departments of three characters with communes of two; 99 and the country's three digits
 *   KK   97 - (number mod 97), where 2A counts as 19 and 2B as 18 (the same as a nought for the letter, less 1,000,000 or 2,000,000) */
#pragma once
#include "base/text.h"
#include "intake/identity/birth.h"
#include "intake/identity/identity_nir.h"

enum nir_nature {
    NIR_ORDINARY,
    NIR_PROVISIONAL, /* 3 to 8 in front */
    NIR_FICTIVE,     /* no number of the register: another first digit, no such month, department 00, order 000, one digit throughout */
};
struct nir {
    char characters[NIR_LENGTH]; /* upper case, without blanks; Corsica as 2A or 2B, 20 in old numbers */
    enum nir_nature nature;
    bool has_key, key_fits;
    enum birth_sex sex;
    uint8_t year_in_century;
    uint8_t month; /* 0: not known */
    char place[6]; /* INSEE code of the commune, 99xxx abroad; NUL at the end */
};
/* Blanks, dots and dashes are passed over. False: not 13 or 15 characters of a number. */
MUST_CHECK bool nir_read(struct text text, struct nir *out_nir);
/* Does the number say the same of birth and sex, as far as both say something? */
bool nir_fits(const struct nir *nir, const struct birth_date *date, enum birth_sex sex);
