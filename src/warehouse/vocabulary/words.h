/* SPDX-License-Identifier: EUPL-1.2 */
/* words: the folded words of a concept name (private). A word is a run of letters and digits; ASCII letters are lower case, Latin letters
 * with accents lose them (é -> e, œ -> oe, ß -> ss), other scripts stay as they are; everything else separates. */
#pragma once
#include "base/text.h"
#include <stddef.h>

enum { WORD_BYTES_MAX = 64 }; /* of a longer word only the beginning counts */

/* Takes the next word off `rest` into out (no NUL) and returns its length; 0 when there is none left. */
size_t words_next(struct text *rest, char out[WORD_BYTES_MAX]);
/* Bytes of the folded name: its words with one blank between them. */
size_t words_folded_length(struct text name);
/* Both names have the same words in the same order. */
bool words_equal(struct text a, struct text b);
