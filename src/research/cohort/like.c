/* SPDX-License-Identifier: EUPL-1.2 */
/* SQL LIKE as DuckDB has it without an ESCAPE clause: case counts, % is any run of characters, _ exactly one. Linear in practice: only
 * the last % is tried again. */
#include "research/cohort/cohort.h"

/* Bytes of the character at a position: continuation bytes of UTF-8 belong to it. */
static size_t character_length(struct text text, size_t at)
{
    size_t length = 1;
    while (at + length < text.length && ((unsigned char)text.data[at + length] & 0xC0) == 0x80) {
        length++;
    }
    return length;
}

bool cohort_text_is_like(struct text pattern, struct text value)
{
    size_t p = 0, v = 0, after_run = SIZE_MAX, retry = 0;
    while (v < value.length) {
        if (p < pattern.length && pattern.data[p] == '%') {
            after_run = ++p;
            retry = v;
        } else if (p < pattern.length && pattern.data[p] == '_') {
            p++;
            v += character_length(value, v);
        } else if (p < pattern.length && pattern.data[p] == value.data[v]) {
            p++;
            v++;
        } else if (after_run != SIZE_MAX) {
            retry += character_length(value, retry);
            p = after_run;
            v = retry;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.data[p] == '%') {
        p++;
    }
    return p == pattern.length;
}
