/* SPDX-License-Identifier: EUPL-1.2 */
/* phonetic: Phonex, the phonetic code of French names by Frédéric Brouard (31 March 1999, "L'art des Soundex",
 * sqlpro.developpez.com/cours/soundex), with the corrections of Christian Pennaforte (2005) that everybody's implementation has: ET and EZ,
 * S between Y, and ON among the nasals. The code as letters, not as the number in base 22 that the author makes of it. */
#pragma once
#include "base/text.h"

enum { PHONETIC_SIZE = 256 };
/* name: A to Z only, less than PHONETIC_SIZE. Returns the length; out needs PHONETIC_SIZE bytes and may not be name. */
size_t phonetic_phonex(struct text name, char *out);
/* The author's number: digits of base 22 after the point. For comparison with published examples. */
double phonetic_phonex_number(struct text code);
