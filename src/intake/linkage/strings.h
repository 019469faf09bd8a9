/* SPDX-License-Identifier: EUPL-1.2 */
/* strings: how alike two texts are. For clear texts at the evaluator's own desk only; tokens know "equal" and nothing else. Private. */
#pragma once
#include "base/text.h"

enum { STRINGS_LENGTH_MAX = 128 }; /* bytes that are looked at */
/* Jaro (JASA 84, 1989), and with Winkler's bonus for up to four equal letters in front, scale 0.1 (1990). 0 to 1; two empty texts: 0. */
double string_jaro(struct text first, struct text second);
double string_jaro_winkler(struct text a, struct text b);
/* Steps of one letter (put in, left out, replaced) or one swap of neighbours (Damerau 1964, optimal string alignment); 3 where it is more
 * than 2. */
unsigned string_edits(struct text first, struct text second);
