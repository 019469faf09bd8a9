/* SPDX-License-Identifier: EUPL-1.2 */
/* identity_names: one way to write a name. UTF-8 (else Latin-1) becomes words of A to Z; words become one word. Callers give
 * memory that is wiped. */
#pragma once
#include "base/text.h"

enum { NAME_SIZE = 256 }; /* of 120 bytes at most: a letter gives three at most */

/* Words of A to Z with one blank between: accents in both forms, ligatures, apostrophes, hyphens, blanks, points. A hyphen between two
 * letters becomes '-' where keep_hyphens, else a blank. Other scripts are left out. Returns the length; out needs NAME_SIZE bytes. */
size_t name_words(struct text name, bool keep_hyphens, char *out);

/* The next character of text, whose place moves on: how many letters A to Z it is (0 to 2, in out), NAME_MARK where it is only a mark on
 * the letter before it. */
enum { NAME_MARK = -1 };
int name_letter_next(struct text text, size_t *at, char out[2]);

/* What one field of a family name says. "MARTIN EPOUSE DUPONT" and "DUPONT NEE MARTIN" say two. The views are into words. */
struct name_parts {
    struct text birth, used; /* empty where nothing was said */
};
struct name_parts name_split(struct text words);
/* One word of it: ST is SAINT, a particle behind ("VILLIERS DE", "VILLIERS (DE)") goes to the front. Returns the length; out needs
 * NAME_SIZE bytes and is not words. */
size_t name_joined(struct text words, char *out);
/* The first element of the first given name (JEAN of "Jean-Pierre, Marie"): what truncation and lost hyphens leave. A view. */
struct text name_first_given(struct text words);
/* The same of the second given name; empty where there is none. */
struct text name_second_given(struct text words);
/* X, INCONNU, SANS NOM, NOUVEAU NE, BEBE, ...: no name. */
bool name_is_placeholder(struct text words);
