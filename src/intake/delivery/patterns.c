/* SPDX-License-Identifier: EUPL-1.2 */
/* patterns: see patterns.h. A number counts only as a whole: digits or letters that touch it make it another one. */
#include "intake/delivery/patterns.h"
#include "intake/identity/identity_nir.h"
#include <string.h>

enum { NIR_WHOLE = 15, PHONE_DIGITS = 9, RPPS_DIGITS = 11 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool touches(struct text text, size_t at)
{
    return at < text.length && (is_digit(text.data[at]) || is_letter(text.data[at]));
}

static unsigned pair(const char *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static unsigned three(const char *at)
{
    return pair(at) * 10 + (unsigned)(at[2] - '0');
}

/* ---- NIR ---- */
/* c: 15 characters, digits but for A or B in the place of Corsica. */
static bool is_nir_with_key(const char *c)
{
    return (is_digit(c[6]) || c[5] == '2') && nir_is_possible(c) && nir_key(c) == pair(c + NIR_LENGTH);
}

/* Collects the characters of a NIR from `at` on; passes over one blank, dot or dash between them. Returns where it ends, 0 when there is
 * none. */
static size_t nir_take(struct text text, size_t at, char out[NIR_WHOLE])
{
    size_t count = 0;
    bool was_gap = true;
    for (; at < text.length && count < NIR_WHOLE; at++) {
        char c = text.data[at];
        char upper = (char)(c & ~0x20);
        if (is_digit(c) || (count == 6 && (upper == 'A' || upper == 'B'))) {
            out[count++] = is_digit(c) ? c : upper;
            was_gap = false;
        } else if ((c == ' ' || c == '.' || c == '-') && !was_gap) {
            was_gap = true;
        } else {
            return 0;
        }
    }
    return count == NIR_WHOLE ? at : 0;
}

bool has_nir(struct text text)
{
    char c[NIR_WHOLE];
    for (size_t at = 0; at + NIR_WHOLE <= text.length; at++) {
        if (!is_digit(text.data[at]) || (at > 0 && touches(text, at - 1))) {
            continue;
        }
        size_t end = nir_take(text, at, c);
        if (end > 0 && !touches(text, end) && is_nir_with_key(c)) {
            return true;
        }
    }
    return false;
}

bool is_nir_number(int64_t number)
{
    char c[NIR_WHOLE];
    if (number < INT64_C(100000000000000) || number > INT64_C(999999999999999)) {
        return false;
    }
    for (int i = NIR_WHOLE; i-- > 0; number /= 10) {
        c[i] = (char)('0' + number % 10);
    }
    return is_nir_with_key(c);
}

static bool is_ean13(const char *c)
{
    unsigned sum = 0;
    for (int i = 0; i < 13; i++) {
        sum += (unsigned)(c[i] - '0') * (i % 2 ? 3 : 1);
    }
    return sum % 10 == 0;
}

bool is_nir_alone(struct text text)
{
    const char *c = text.data;
    if (text.length != NIR_LENGTH || (c[0] != '1' && c[0] != '2')) {
        return false;
    }
    char upper[NIR_LENGTH];
    for (int i = 0; i < NIR_LENGTH; i++) {
        upper[i] = is_digit(c[i]) ? c[i] : (char)(c[i] & ~0x20);
        if (!is_digit(c[i]) && !(i == 6 && (upper[i] == 'A' || upper[i] == 'B'))) {
            return false;
        }
    }
    unsigned month = pair(upper + 3);
    return month >= 1 && month <= 12 && (is_digit(upper[6]) || upper[5] == '2') && nir_is_possible(upper) && three(upper + 7) > 0 &&
           (upper[6] >= 'A' || !is_ean13(upper));
}

/* ---- telephones ---- */
/* Where the national number begins (after 0, +33, 0033), 0 when none does at `at`. */
static size_t phone_start(struct text text, size_t at, bool *out_has_country)
{
    struct text rest = {text.data + at, text.length - at};
    *out_has_country = text_starts_with(rest, TEXT("+33")) || text_starts_with(rest, TEXT("0033"));
    if (*out_has_country) {
        at += rest.data[0] == '+' ? 3 : 4;
        while (at < text.length && strchr(" .-", text.data[at])) {
            at++;
        }
        struct text after = {text.data + at, text.length - at};
        return text_starts_with(after, TEXT("(0)")) ? at + 3 : at;
    }
    return text.data[at] == '0' ? at + 1 : 0;
}

/* Nine digits; at most one blank, dot or dash between two. Separated: four of them, in the places of pairs. */
static bool phone_digits(struct text text, size_t at, bool *out_is_separated)
{
    size_t digits = 0, gaps = 0;
    for (; at < text.length && digits < PHONE_DIGITS; at++) {
        char c = text.data[at];
        if (is_digit(c)) {
            digits++;
            if (digits == 1 && c == '0') {
                return false;
            }
        } else if (strchr(" .-/", c) && c != '\0' && digits % 2 == 1 && is_digit(text.data[at - 1])) {
            gaps++;
        } else if (!(c == ' ' && digits == 0)) {
            return false;
        }
    }
    *out_is_separated = gaps == 4;
    return digits == PHONE_DIGITS && (gaps == 0 || gaps == 4) && !touches(text, at);
}

bool has_telephone(struct text text, bool is_code)
{
    for (size_t at = 0; at + PHONE_DIGITS < text.length; at++) {
        bool has_country, is_separated;
        if ((text.data[at] != '0' && text.data[at] != '+') || (at > 0 && touches(text, at - 1))) {
            continue;
        }
        size_t start = phone_start(text, at, &has_country);
        if (start > 0 && phone_digits(text, start, &is_separated) && (!is_code || is_separated || has_country)) {
            return true;
        }
    }
    return false;
}

/* ---- e-mail ---- */
static bool is_local_part(char c)
{
    return is_digit(c) || is_letter(c) || (c != '\0' && strchr("._%+-", c));
}

enum { EMAIL_DOMAIN_MIN = 4 };

bool has_email(struct text text, bool is_code)
{
    const char *from = text.data, *end = text.data + text.length;
    for (const char *at; from < end && (at = memchr(from, '@', (size_t)(end - from))); from = at + 1) {
        const char *c = at + 1, *dot = NULL;
        for (; c < end && (is_digit(*c) || is_letter(*c) || *c == '.' || *c == '-'); c++) {
            dot = *c == '.' ? c : dot;
        }
        bool has_domain = dot && dot > at + 1 && end - dot > 2 && is_letter(dot[1]) && is_letter(dot[2]);
        /* a code may have lost its dots on the way (CIM-10 is delivered without) */
        has_domain = has_domain || (is_code && c - at > EMAIL_DOMAIN_MIN);
        if (at > text.data && is_local_part(at[-1]) && has_domain) {
            return true;
        }
    }
    return false;
}

/* ---- RPPS ---- */
static bool luhn_fits(const char *c, int count)
{
    unsigned sum = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)(c[count - 1 - i] - '0') * (i % 2 ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

bool has_rpps(struct text text)
{
    for (size_t at = 0; at + RPPS_DIGITS <= text.length; at++) {
        if (!is_digit(text.data[at]) || (at > 0 && touches(text, at - 1))) {
            continue;
        }
        size_t end = at;
        while (end < text.length && is_digit(text.data[end])) {
            end++;
        }
        if (end - at == RPPS_DIGITS && !touches(text, end) && text.data[at] == '1' && text.data[at + 1] == '0' &&
            text.data[at + 2] <= '1' && luhn_fits(text.data + at, RPPS_DIGITS)) {
            return true;
        }
    }
    return false;
}
