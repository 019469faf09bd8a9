/* SPDX-License-Identifier: EUPL-1.2 */
/* text: reading numbers and words out of text, strictly. A view (struct text) does not own its bytes and has no NUL at its end. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *data;
    size_t length;
};
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

struct text text_of(const char *nul_terminated);
bool text_equal(struct text a, struct text b);
bool text_equal_fold(struct text a, struct text b); /* ASCII case folded */
int text_compare(struct text a, struct text b);     /* bytes, as memcmp */
struct text text_trim(struct text text);            /* ASCII blanks at both ends */
bool text_starts_with(struct text text, struct text prefix);
bool text_ends_with(struct text text, struct text end);
bool text_ends_with_fold(struct text text, struct text end); /* ASCII case folded */
bool text_is_utf8(struct text text);
struct text text_cut(struct text text, size_t maximum); /* at most so many bytes of it, and no part of a character of UTF-8 */
/* What may go to a terminal or a log: control characters (C0, DEL, C1), marks that turn the direction of writing, and bytes that are no
 * UTF-8 become \xNN or \u{N}; all else stays. Always with a NUL; what does not fit is left out. Returns the length. */
size_t text_to_shown(char *out, size_t size, struct text text);
/* Copies at most size - 1 bytes, always with a NUL. Returns false when it did not fit. */
bool text_copy(char *out, size_t size, struct text text);

/* The whole text must be the number (a sign is allowed); anything else, overflow included, returns false and leaves out untouched. */
MUST_CHECK bool text_to_i64(struct text text, int64_t *out_value);
MUST_CHECK bool text_to_double(struct text text, double *out_value); /* locale-independent */

/* Numbers as text, with a NUL at the end; both return the length without it. The double is the shortest text that text_to_double reads
 * back as the same value, "-0" included; it must be finite. */
enum { TEXT_NUMBER_SIZE = 32 };
size_t text_from_i64(int64_t value, char out[TEXT_NUMBER_SIZE]);
size_t text_from_double(double value, char out[TEXT_NUMBER_SIZE]);
