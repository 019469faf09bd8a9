/* SPDX-License-Identifier: EUPL-1.2 */
/* planted: the strings that must not be found, and every form that they are looked for in. Private to drill. */
#pragma once
#include "base/arena.h"
#include "trust/drill/drill.h"
#include "trust/drill/matcher.h"

enum { PLANTED_MAX = 1000 * 1000, PATTERNS_MAX = 1 << 26, PATTERN_MIN = 3, DAY_LIMIT = 1 << 16 };

struct planted_string {
    enum drill_kind kind;
    struct text text;
    const char *origin;
    uint64_t line;
};
DEFINE_ARRAY(planted_strings, struct planted_string)
struct drill_planted {
    struct planted_strings strings;
    struct arena *arena;
    uint32_t *table; /* by hash of the text: string + 1, or 0 */
    size_t table_size;
    uint64_t days[DAY_LIMIT / 64]; /* bit set: that day (since 1970) is planted */
    size_t day_count;
};
static inline bool planted_has_day(const struct drill_planted *planted, uint32_t number)
{
    return number < DAY_LIMIT && (planted->days[number / 64] >> (number % 64) & 1);
}

enum planted_form {
    FORM_UTF8,
    FORM_UPPER,
    FORM_LOWER,
    FORM_UTF16_LE,
    FORM_UTF16_BE,
    FORM_HEX,
    FORM_HEX_UPPER,
    FORM_BASE64,
    FORM_BASE64_URL,
    FORM_REVERSED,
    FORM_COMPACT_DATE, /* YYYYMMDD */
    FORM_FRENCH_DATE,  /* DD/MM/YYYY */
    FORM_COUNT
};
const char *planted_form_name(enum planted_form form);

struct planted_pattern {
    struct matcher_pattern pattern; /* bytes in the arena of the patterns */
    uint32_t string;
    enum planted_form form;
};
DEFINE_ARRAY(planted_patterns, struct planted_pattern)
/* All forms of all strings, without repetitions; *out_too_short: forms of fewer than PATTERN_MIN bytes, which are left out. */
MUST_CHECK bool planted_forms(const struct drill_planted *planted, struct arena *arena, struct planted_patterns *patterns,
                              uint64_t *out_too_short, struct error *err);
