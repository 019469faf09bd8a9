/* SPDX-License-Identifier: EUPL-1.2 */
/* value: single values as the SNDS writes them, in one form. Nothing here knows a table. */
#include "intake/snds/value.h"
#include <string.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool all_digits(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
    }
    return text.length > 0;
}

static struct text part(struct text text, size_t from, size_t length)
{
    return (struct text){text.data + from, length};
}

struct text value_plain(struct text text)
{
    text = text_trim(text);
    bool is_missing = (text.length == 1 && text.data[0] == '.') || (text.length == 2 && memcmp(text.data, "NA", 2) == 0) ||
                      (text.length == 4 && memcmp(text.data, "NULL", 4) == 0);
    return is_missing ? part(text, 0, 0) : text;
}

struct text value_code(struct text text)
{
    text = value_plain(text);
    struct text whole = text;
    if (whole.length > 2 && memcmp(whole.data + whole.length - 2, ".0", 2) == 0) {
        whole.length -= 2;
    }
    if (!all_digits(whole)) {
        return text;
    }
    while (whole.length > 1 && whole.data[0] == '0') {
        whole = part(whole, 1, whole.length - 1);
    }
    return whole;
}

/* ---- days ---- */

static bool number_at(struct text text, size_t from, size_t length, int *out_number)
{
    int number = 0;
    for (size_t i = from; i < from + length; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    *out_number = number;
    return true;
}

static int month_of(const char *letters)
{
    static const char names[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    for (int month = 0; month < 12; month++) {
        if (text_equal_fold((struct text){letters, 3}, (struct text){names + 3 * month, 3})) {
            return month + 1;
        }
    }
    return 0;
}

static bool civil_of(struct text text, int *year, int *month, int *of_month)
{
    if (text.length >= 10 && text.data[4] == '-' && text.data[7] == '-') {
        return number_at(text, 0, 4, year) && number_at(text, 5, 2, month) && number_at(text, 8, 2, of_month) &&
               (text.length == 10 || text.data[10] == 'T' || text.data[10] == ' ');
    }
    if (text.length >= 9 && !is_digit(text.data[2]) && !is_digit(text.data[3])) { /* 02JUL2017, 02Jul2017:00:00:00 */
        *month = month_of(text.data + 2);
        return number_at(text, 0, 2, of_month) && number_at(text, 5, 4, year) && (text.length == 9 || text.data[9] == ':');
    }
    if (text.length == 10 && text.data[2] == '/' && text.data[5] == '/') {
        return number_at(text, 0, 2, of_month) && number_at(text, 3, 2, month) && number_at(text, 6, 4, year);
    }
    if (text.length == 7) { /* ddmmyyyy as a number: the leading zero is lost */
        return number_at(text, 0, 1, of_month) && number_at(text, 1, 2, month) && number_at(text, 3, 4, year);
    }
    if (text.length != 8 || !number_at(text, 0, 2, of_month) || !number_at(text, 2, 2, month) || !number_at(text, 4, 4, year)) {
        return false;
    }
    if (*month < 1 || *month > 12 || *year < 1600) { /* no ddmmyyyy: yyyymmdd */
        return number_at(text, 0, 4, year) && number_at(text, 4, 2, month) && number_at(text, 6, 2, of_month);
    }
    return true;
}

enum value_day value_day(struct text text, day *out_day)
{
    text = value_plain(text);
    if (text.length > 2 && memcmp(text.data + text.length - 2, ".0", 2) == 0) {
        text.length -= 2;
    }
    int year = 0, month = 0, of_month = 0;
    day found = {0};
    if (text.length == 0) {
        return DAY_NONE;
    }
    if (!civil_of(text, &year, &month, &of_month) || !day_from_civil(year, month, of_month, &found)) {
        return DAY_WRONG;
    }
    if (year < 1900 || year >= 2099) {
        return DAY_NONE;
    }
    *out_day = found;
    return DAY_READ;
}

/* ---- codes ---- */

bool value_clean(struct text text, char *out, size_t size)
{
    text = value_plain(text);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (byte == '.' || byte == ' ') {
            continue;
        }
        bool is_small = byte >= 'a' && byte <= 'z', is_capital = byte >= 'A' && byte <= 'Z';
        if ((!is_small && !is_capital && !is_digit(byte) && byte != '+' && byte != '-') || length + 1 >= size) {
            return false;
        }
        out[length++] = is_small ? (char)(byte - 'a' + 'A') : byte;
    }
    out[length] = 0;
    return length > 0;
}

static bool repeats(struct text text, char byte)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != byte) {
            return false;
        }
    }
    return true;
}

bool value_digits(struct text text, size_t length, char out[CODE_SIZE])
{
    text = value_code(text);
    if (!all_digits(text) || text.length > length || length >= CODE_SIZE || repeats(text, '0') ||
        (repeats(text, '9') && text.length == length)) {
        return false;
    }
    memset(out, '0', length);
    memcpy(out + length - text.length, text.data, text.length);
    out[length] = 0;
    return true;
}

bool value_cip13(struct text text, char out[CODE_SIZE])
{
    text = value_code(text);
    return text.length == 13 && value_digits(text, 13, out);
}

bool value_cip7(struct text text, char out[CODE_SIZE])
{
    text = value_code(text);
    return text.length == 7 && value_digits(text, 7, out);
}

/* UCD13 is the seven digits with zeros before them, or 3400 8, the seven digits and a key. */
bool value_ucd(struct text text, char out[CODE_SIZE])
{
    text = value_code(text);
    if (text.length == 13 && memcmp(text.data, "34008", 5) == 0) {
        text = part(text, 5, 7);
    }
    return text.length >= 6 && value_digits(text, 7, out);
}

bool value_ccam(struct text text, char out[CODE_SIZE])
{
    char clean[32];
    if (!value_clean(text, clean, sizeof clean) || strlen(clean) < 7) {
        return false;
    }
    memcpy(out, clean, 7);
    out[7] = 0;
    for (int i = 0; i < 7; i++) { /* AAAA999 */
        if (i < 4 ? out[i] < 'A' || out[i] > 'Z' : !is_digit(out[i])) {
            return false;
        }
    }
    return true;
}

bool value_cim10(struct text text, char out[CODE_SIZE])
{
    return value_clean(text, out, CODE_SIZE) && out[0] >= 'A' && out[0] <= 'Z' && is_digit(out[1]) && strlen(out) >= 3;
}

bool value_person_is_junk(struct text text)
{
    text = value_plain(text);
    for (size_t i = 0; i < text.length; i++) {
        bool is_x = text.data[i] == 'x' || text.data[i] == 'X';
        if (!is_x && !(i + 1 == text.length && (text.data[i] == 'D' || text.data[i] == 'd'))) {
            return false;
        }
    }
    return text.length > 1;
}

/* ---- places ---- */

static bool is_listed(enum snds_list list, struct text code)
{
    return value_listed(list, code) != NULL;
}

/* To `length` characters, zeros before; false when there are more, or none. */
static bool pad(struct text text, size_t length, char *out)
{
    text = value_code(text);
    if (text.length == 0 || text.length > length) {
        return false;
    }
    memset(out, '0', length);
    memcpy(out + length - text.length, text.data, text.length);
    out[length] = 0;
    return true;
}

bool value_commune(struct text department, struct text commune, bool is_rsi, char out[COMMUNE_SIZE])
{
    char dpt[4], com[4];
    if (!pad(department, 3, dpt) || !pad(commune, 3, com) || !all_digits((struct text){com, 3}) || strcmp(com, "000") == 0) {
        return false;
    }
    if (strcmp(dpt, "209") == 0 || strcmp(dpt, "020") == 0) { /* Corsica, whole */
        memcpy(out, is_listed(LIST_SOUTH_CORSICA, text_of(com)) ? "2A" : "2B", 2);
        memcpy(out + 2, com, 4);
        return true;
    }
    if (!is_digit(dpt[2]) && strcmp(dpt, "02A") != 0 && strcmp(dpt, "02B") != 0) {
        return false;
    }
    if (dpt[0] == '0') {
        memcpy(out, dpt + 1, 2); /* 029 019, 097 411 (the overseas departments in the general scheme) */
        memcpy(out + 2, com, 4);
        return memcmp(out, "00", 2) != 0 && is_digit(dpt[1]);
    }
    if (memcmp(dpt, "97", 2) != 0) {
        return false;
    }
    if (is_rsi) { /* 974 and the last two of the commune */
        memcpy(out, dpt, 3);
        memcpy(out + 3, com + 1, 3);
    } else { /* MSA: 97 and the commune, which begins with the third digit */
        memcpy(out, dpt, 2);
        memcpy(out + 2, com, 4);
    }
    return true;
}

/* Luhn: the check digit behind eight digits. */
static char luhn_key(const char *digits)
{
    int sum = 0;
    for (int i = 0; i < 8; i++) {
        int digit = digits[i] - '0';
        digit = i % 2 == 1 ? digit * 2 : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

bool value_finess_pmsi(struct text text, char out[FINESS_SIZE])
{
    char clean[FINESS_SIZE];
    if (!value_clean(value_code(text), clean, sizeof clean)) {
        return false;
    }
    return pad(text_of(clean), 9, out);
}

bool value_finess_dcir(struct text text, char out[FINESS_SIZE])
{
    char clean[FINESS_SIZE], eight[9];
    if (!value_clean(value_code(text), clean, sizeof clean)) {
        return false;
    }
    if (strlen(clean) == 9) {
        return pad(text_of(clean), 9, out);
    }
    if (!pad(text_of(clean), 8, eight) || strcmp(eight, "00000000") == 0 || strcmp(eight, "99999999") == 0) {
        return false;
    }
    memcpy(out, eight, 9);
    if (all_digits(text_of(eight))) { /* with a letter (Corsica) the rule of the key is not known: eight characters stay */
        out[8] = luhn_key(eight);
        out[9] = 0;
    }
    return true;
}

bool value_finess_is_double(const char *finess, int year, bool is_outpatient)
{
#define DOUBLE(finess, outpatient_only, until) {finess, outpatient_only, until},
    static const struct {
        const char *finess;
        bool outpatient_only;
        int until;
    } doubles[] = {SNDS_FINESS_DOUBLE(DOUBLE)};
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        if (strcmp(finess, doubles[i].finess) == 0) {
            return year <= doubles[i].until && (is_outpatient || !doubles[i].outpatient_only);
        }
    }
    return false;
}

static int code_compare(struct text a, struct text b)
{
    a = value_code(a);
    b = value_code(b);
    if (a.length != b.length) {
        return a.length < b.length ? -1 : 1;
    }
    return text_compare(a, b);
}

const char *value_listed(enum snds_list list, struct text code)
{
#define CODE(list, first, last, value) {LIST_##list, first, last, value},
    static const struct {
        enum snds_list list;
        const char *first, *last, *value;
    } codes[] = {SNDS_CODES(CODE)};
    code = value_code(code);
    for (size_t i = 0; code.length > 0 && i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].list == list && code_compare(code, text_of(codes[i].first)) >= 0 && code_compare(code, text_of(codes[i].last)) <= 0) {
            return codes[i].value;
        }
    }
    return NULL;
}
