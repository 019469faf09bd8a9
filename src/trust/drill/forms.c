/* SPDX-License-Identifier: EUPL-1.2 */
/* forms: how a planted string might be written on a disk that must not have it. */
#include "trust/drill/planted.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { BASE64_ALIGNMENTS = 3, FORM_ROOM = 4 };

static const char *const form_names[FORM_COUNT] = {
    [FORM_UTF8] = "as it is",
    [FORM_UPPER] = "in upper case",
    [FORM_LOWER] = "in lower case",
    [FORM_UTF16_LE] = "as UTF-16LE",
    [FORM_UTF16_BE] = "as UTF-16BE",
    [FORM_HEX] = "in hexadecimal",
    [FORM_HEX_UPPER] = "in hexadecimal",
    [FORM_BASE64] = "in base64",
    [FORM_BASE64_URL] = "in base64url",
    [FORM_REVERSED] = "backwards",
    [FORM_COMPACT_DATE] = "as YYYYMMDD",
    [FORM_FRENCH_DATE] = "as DD/MM/YYYY",
};

const char *planted_form_name(enum planted_form form)
{
    return form_names[form];
}

struct forming {
    struct arena *arena;
    struct planted_patterns *patterns;
    uint64_t too_short;
    uint32_t string;
};

static uint8_t *room_of(struct forming *forming, size_t length)
{
    return arena_allocate_raw(forming->arena, FORM_ROOM * length + FORM_ROOM, 1);
}

static bool add(struct forming *forming, enum planted_form form, const uint8_t *bytes, size_t length, struct error *err)
{
    if (length < PATTERN_MIN) {
        forming->too_short++;
        return true;
    }
    struct planted_pattern pattern = {{bytes, length}, forming->string, form};
    return planted_patterns_append(forming->patterns, pattern, err);
}

static bool add_cases(struct forming *forming, struct text text, struct error *err)
{
    uint8_t *upper = room_of(forming, text.length), *lower = room_of(forming, text.length), *back = room_of(forming, text.length);
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = (uint8_t)text.data[i];
        upper[i] = c < 0x80 ? (uint8_t)toupper(c) : c;
        lower[i] = c < 0x80 ? (uint8_t)tolower(c) : c;
        back[text.length - 1 - i] = c;
    }
    return add(forming, FORM_UTF8, (const uint8_t *)text.data, text.length, err) && add(forming, FORM_UPPER, upper, text.length, err) &&
           add(forming, FORM_LOWER, lower, text.length, err) && add(forming, FORM_REVERSED, back, text.length, err);
}

/* One code point; what is no UTF-8 counts as Latin-1. *at moves on. */
static uint32_t code_point(struct text text, size_t *at)
{
    uint8_t first = (uint8_t)text.data[*at];
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    if (more == 0 || *at + more >= text.length) {
        ++*at;
        return first;
    }
    uint32_t value = first & (0x3fU >> more);
    for (size_t i = 1; i <= more; i++) {
        value = value << 6 | ((uint8_t)text.data[*at + i] & 0x3fU);
    }
    *at += more + 1;
    return value;
}

static size_t put_unit(uint8_t *little, uint8_t *big, size_t length, uint32_t unit)
{
    little[length] = big[length + 1] = (uint8_t)unit;
    little[length + 1] = big[length] = (uint8_t)(unit >> 8);
    return length + 2;
}

static bool add_utf16(struct forming *forming, struct text text, struct error *err)
{
    uint8_t *little = room_of(forming, text.length), *big = room_of(forming, text.length);
    size_t length = 0;
    for (size_t at = 0; at < text.length;) {
        uint32_t point = code_point(text, &at);
        if (point >= 0x10000) {
            length = put_unit(little, big, length, 0xd800 + ((point - 0x10000) >> 10 & 0x3ff));
            point = 0xdc00 + (point & 0x3ff);
        }
        length = put_unit(little, big, length, point);
    }
    return add(forming, FORM_UTF16_LE, little, length, err) && add(forming, FORM_UTF16_BE, big, length, err);
}

static bool add_hex(struct forming *forming, struct text text, struct error *err)
{
    uint8_t *lower = room_of(forming, text.length), *upper = room_of(forming, text.length);
    for (size_t i = 0; i < 2 * text.length; i++) {
        unsigned byte = (uint8_t)text.data[i / 2], digit = i % 2 ? byte & 15U : byte >> 4;
        lower[i] = (uint8_t) "0123456789abcdef"[digit];
        upper[i] = (uint8_t) "0123456789ABCDEF"[digit];
    }
    return add(forming, FORM_HEX, lower, 2 * text.length, err) && add(forming, FORM_HEX_UPPER, upper, 2 * text.length, err);
}

/* RFC 4648. With `shift` bytes before the string, its first and last characters depend on the neighbours: only those in between count. */
static size_t base64_inside(struct text text, size_t shift, const char last[3], uint8_t *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t length = 0;
    for (size_t c = (shift * 8 + 5) / 6; (c + 1) * 6 <= (shift + text.length) * 8; c++) {
        unsigned value = 0;
        for (size_t bit = c * 6; bit < c * 6 + 6; bit++) {
            size_t position = bit - shift * 8;
            unsigned byte = (uint8_t)text.data[position / 8];
            value = value << 1 | (byte >> (7 - position % 8) & 1U);
        }
        out[length++] = (uint8_t)(value < 62 ? alphabet[value] : last[value - 62]);
    }
    return length;
}

static bool add_base64(struct forming *forming, struct text text, struct error *err)
{
    for (size_t shift = 0; shift < BASE64_ALIGNMENTS; shift++) {
        uint8_t *standard = room_of(forming, text.length), *url = room_of(forming, text.length);
        size_t length = base64_inside(text, shift, "+/", standard);
        TRY(add(forming, FORM_BASE64, standard, length, err));
        TRY(add(forming, FORM_BASE64_URL, url, base64_inside(text, shift, "-_", url), err));
    }
    return true;
}

static bool add_dates(struct forming *forming, struct text text, struct error *err)
{
    const char *iso = text.data; /* YYYY-MM-DD */
    const char compact[8] = {iso[0], iso[1], iso[2], iso[3], iso[5], iso[6], iso[8], iso[9]};
    const char french[10] = {iso[8], iso[9], '/', iso[5], iso[6], '/', iso[0], iso[1], iso[2], iso[3]};
    uint8_t *kept = room_of(forming, sizeof french);
    memcpy(kept, compact, sizeof compact);
    memcpy(kept + sizeof compact, french, sizeof french);
    return add(forming, FORM_COMPACT_DATE, kept, sizeof compact, err) &&
           add(forming, FORM_FRENCH_DATE, kept + sizeof compact, sizeof french, err);
}

static int compare_patterns(const void *a, const void *b)
{
    const struct planted_pattern *left = a, *right = b;
    size_t shared = left->pattern.length < right->pattern.length ? left->pattern.length : right->pattern.length;
    int order = memcmp(left->pattern.bytes, right->pattern.bytes, shared);
    if (order == 0) {
        order = (left->pattern.length > right->pattern.length) - (left->pattern.length < right->pattern.length);
    }
    if (order == 0) {
        order = (left->string > right->string) - (left->string < right->string);
    }
    return order ? order : (left->form > right->form) - (left->form < right->form);
}

static bool is_same(const struct matcher_pattern *a, const struct matcher_pattern *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static void remove_repetitions(struct planted_patterns *patterns)
{
    size_t kept = 0;
    if (patterns->count > 0) {
        qsort(patterns->items, patterns->count, sizeof *patterns->items, compare_patterns);
    }
    for (size_t i = 0; i < patterns->count; i++) {
        if (i == 0 || !is_same(&patterns->items[i].pattern, &patterns->items[kept - 1].pattern)) {
            patterns->items[kept++] = patterns->items[i];
        }
    }
    patterns->count = kept;
}

bool planted_forms(const struct drill_planted *planted, struct arena *arena, struct planted_patterns *patterns, uint64_t *out_too_short,
                   struct error *err)
{
    struct forming forming = {.arena = arena, .patterns = patterns};
    for (size_t i = 0; i < planted->strings.count; i++) {
        const struct planted_string *string = &planted->strings.items[i];
        forming.string = (uint32_t)i;
        TRY(add_cases(&forming, string->text, err) && add_utf16(&forming, string->text, err));
        TRY(add_hex(&forming, string->text, err) && add_base64(&forming, string->text, err));
        TRY(string->kind != DRILL_DATE || add_dates(&forming, string->text, err));
    }
    remove_repetitions(patterns);
    *out_too_short = forming.too_short;
    return true;
}
