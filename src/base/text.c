/* SPDX-License-Identifier: EUPL-1.2 */
/* text: views over bytes, and strict numbers. Nothing here looks at the locale: a comma is never a decimal point. */
#include "base/text.h"
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text text_of(const char *nul_terminated)
{
    return nul_terminated ? (struct text){nul_terminated, strlen(nul_terminated)} : (struct text){"", 0};
}

bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static char folded(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

bool text_equal_fold(struct text a, struct text b)
{
    if (a.length != b.length) {
        return false;
    }
    for (size_t i = 0; i < a.length; i++) {
        if (folded(a.data[i]) != folded(b.data[i])) {
            return false;
        }
    }
    return true;
}

int text_compare(struct text a, struct text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static bool is_blank(char letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

struct text text_trim(struct text text)
{
    while (text.length > 0 && is_blank(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && is_blank(text.data[text.length - 1])) {
        text.length--;
    }
    return text;
}

bool text_starts_with(struct text text, struct text prefix)
{
    return text.length >= prefix.length && text_equal((struct text){text.data, prefix.length}, prefix);
}

bool text_ends_with(struct text text, struct text end)
{
    return text.length >= end.length && text_equal((struct text){text.data + text.length - end.length, end.length}, end);
}

bool text_ends_with_fold(struct text text, struct text end)
{
    return text.length >= end.length && text_equal_fold((struct text){text.data + text.length - end.length, end.length}, end);
}

/* Length of the well-formed sequence at `at` (2 to 4 bytes), or 0. Unicode 15, table 3-7: no overlong forms, no surrogates. */
static size_t sequence_length(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    size_t length = lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) == 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length == 0 || length > left) {
        return 0;
    }
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

struct text text_cut(struct text text, size_t maximum)
{
    if (text.length > maximum) {
        text.length = maximum;
        while (text.length > 0 && ((unsigned char)text.data[text.length] & 0xC0) == 0x80) {
            text.length--;
        }
    }
    return text;
}

bool text_is_utf8(struct text text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;
    while (at < text.length) {
        uint64_t eight = 0;
        if (text.length - at >= sizeof eight) {
            memcpy(&eight, bytes + at, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t length = bytes[at] < 0x80 ? 1 : sequence_length(bytes + at, text.length - at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069: they move what stands around them. Three bytes long. */
static bool turns_writing(const unsigned char *at)
{
    const bool is_2000 = at[0] == 0xe2 && at[1] == 0x80, is_2040 = at[0] == 0xe2 && at[1] == 0x81;
    return (is_2000 && (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xa8 && at[2] <= 0xae))) || (is_2040 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

/* What one character is shown as: itself, or an escape. Returns how many bytes of the text it takes. */
static size_t character_show(const unsigned char *at, size_t left, char out[12])
{
    const size_t length = at[0] < 0x80 ? 1 : sequence_length(at, left);
    if (length == 0 || (length == 1 && (at[0] < 0x20 || at[0] == 0x7f))) {
        snprintf(out, 12, "\\x%02x", at[0]);
        return 1;
    }
    if (length == 2 && at[0] == 0xc2 && at[1] < 0xa0) { /* C1: a terminal may take U+009B for an escape sequence */
        snprintf(out, 12, "\\u{%x}", at[1]);
    } else if (length == 3 && turns_writing(at)) {
        snprintf(out, 12, "\\u{%x}", (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu));
    } else {
        memcpy(out, at, length);
        out[length] = '\0';
    }
    return length;
}

size_t text_to_shown(char *out, size_t size, struct text text)
{
    size_t at = 0, length = 0;
    while (at < text.length) {
        char shown[12];
        at += character_show((const unsigned char *)text.data + at, text.length - at, shown);
        const size_t more = strlen(shown);
        if (length + more >= size) {
            break;
        }
        memcpy(out + length, shown, more);
        length += more;
    }
    if (size > 0) {
        out[length] = '\0';
    }
    return length;
}

bool text_copy(char *out, size_t size, struct text text)
{
    if (size == 0) {
        return false;
    }
    size_t length = text.length < size ? text.length : size - 1;
    if (length > 0) {
        memcpy(out, text.data, length);
    }
    out[length] = '\0';
    return length == text.length;
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

bool text_to_i64(struct text text, int64_t *out_value)
{
    size_t at = text.length > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    bool negative = at && text.data[0] == '-';
    if (at == text.length) {
        return false;
    }
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t value = 0;
    for (; at < text.length; at++) {
        unsigned digit = (unsigned)(unsigned char)text.data[at] - '0';
        if (digit > 9 || value > (limit - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out_value = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* A decimal number as written: mantissa * 10^exponent. `exact` while no digit was dropped from the mantissa. */
struct decimal {
    uint64_t mantissa;
    int exponent;
    bool negative, exact;
};

/* Reads digits into the mantissa; each one moves the decimal point by `step`. Returns how many there were. */
static size_t read_digits(struct text text, size_t *at, int step, struct decimal *decimal)
{
    size_t begin = *at;
    for (; *at < text.length && is_digit(text.data[*at]); (*at)++) {
        uint64_t digit = (uint64_t)(text.data[*at] - '0');
        if (decimal->mantissa > (UINT64_MAX - 9) / 10) {
            decimal->exact = false;
            continue;
        }
        decimal->mantissa = decimal->mantissa * 10 + digit;
        decimal->exponent += step;
    }
    return *at - begin;
}

static bool read_exponent(struct text text, size_t *at, struct decimal *decimal)
{
    if (*at == text.length || (text.data[*at] != 'e' && text.data[*at] != 'E')) {
        return true;
    }
    (*at)++;
    bool negative = *at < text.length && text.data[*at] == '-';
    if (*at < text.length && (text.data[*at] == '-' || text.data[*at] == '+')) {
        (*at)++;
    }
    size_t begin = *at;
    int exponent = 0;
    for (; *at < text.length && is_digit(text.data[*at]); (*at)++) {
        exponent = exponent < 100000 ? exponent * 10 + (text.data[*at] - '0') : exponent;
    }
    decimal->exponent += negative ? -exponent : exponent;
    return *at > begin;
}

static bool read_decimal(struct text text, struct decimal *out_decimal)
{
    struct decimal decimal = {.exact = true};
    size_t at = 0;
    if (text.length > 0 && (text.data[0] == '-' || text.data[0] == '+')) {
        decimal.negative = text.data[at++] == '-';
    }
    size_t digits = read_digits(text, &at, 0, &decimal);
    if (at < text.length && text.data[at] == '.') {
        at++;
        digits += read_digits(text, &at, -1, &decimal);
    }
    if (digits == 0 || !read_exponent(text, &at, &decimal) || at != text.length) {
        return false;
    }
    *out_decimal = decimal;
    return true;
}

/* The text is known to have the shape of a number; libc rounds it correctly, in the C locale whatever the process has set. */
static bool convert_slowly(struct text text, double *out_value)
{
    char small[128];
    char *copy = text.length < sizeof small ? small : malloc(text.length + 1);
    if (!copy) {
        return false;
    }
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc: a constant, nothing is allocated */
    double value = strtod_l(copy, NULL, plain);
    freelocale(plain);
    if (copy != small) {
        free(copy);
    }
    if (value - value != 0) { /* the number is too large for a double */
        return false;
    }
    *out_value = value;
    return true;
}

bool text_to_double(struct text text, double *out_value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal decimal;
    if (!read_decimal(text, &decimal)) {
        return false;
    }
    /* Both are exact in a double, so that one operation rounds once (W. D. Clinger, How to read floating point numbers accurately, 1990).
     */
    bool small = decimal.exact && decimal.mantissa <= (UINT64_C(1) << 53);
    if (!small || decimal.exponent < -22 || decimal.exponent > 22) {
        return convert_slowly(text, out_value);
    }
    double value = (double)decimal.mantissa;
    value = decimal.exponent < 0 ? value / powers[-decimal.exponent] : value * powers[decimal.exponent];
    *out_value = decimal.negative ? -value : value;
    return true;
}
