/* SPDX-License-Identifier: EUPL-1.2 */
/* patterns: numbers and addresses of persons in a text (private to delivery). */
#pragma once
#include "base/text.h"

/* The NIR of 13 characters and its key of two, 97 minus the rest of the number by 97, where 2A counts as 19 and 2B as 18 (INSEE); blanks,
 * dots and dashes between the parts are passed over. What it may hold: identity_nir.h. */
bool has_nir(struct text text);
/* The whole text is a NIR without its key, of sex 1 or 2, and no EAN-13. */
bool is_nir_alone(struct text text);
/* The same for a number: 15 digits with the key. */
bool is_nir_number(int64_t number);
/* 0X XX XX XX XX, +33 X ..., 0033 X ...; is_code: only with blanks, dots or dashes between the pairs, or with the prefix of the country. */
bool has_telephone(struct text text, bool is_code);
bool has_email(struct text text, bool is_code);
/* 11 digits beginning with 100 or 101, as they are given out, whose last is the Luhn key of the others. */
bool has_rpps(struct text text);
