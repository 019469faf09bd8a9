/* SPDX-License-Identifier: EUPL-1.2 */
/* birth: reading dates, sex and places of birth. */
#include "intake/identity/birth.h"
#include <string.h>

enum birth_sex birth_sex_read(struct text text)
{
    static const char *const male[] = {"m", "1", "h", "male", "homme", "masculin"};
    static const char *const female[] = {"f", "2", "female", "femme", "feminin", "f\xc3\xa9minin"};
    text = text_trim(text);
    for (size_t i = 0; i < sizeof male / sizeof *male; i++) {
        if (text_equal_fold(text, text_of(male[i]))) {
            return BIRTH_MALE;
        }
        if (text_equal_fold(text, text_of(female[i]))) {
            return BIRTH_FEMALE;
        }
    }
    return BIRTH_SEX_UNKNOWN;
}

/* The number in the `count` digits at the front of text; false when one of them is none. */
static bool digits_read(struct text text, size_t at, size_t count, unsigned *out_number)
{
    if (at + count > text.length) {
        return false;
    }
    unsigned number = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(text.data[i] - '0');
    }
    *out_number = number;
    return true;
}

static bool ends_at(struct text text, size_t at)
{
    return text.length == at || text.data[at] == 'T' || text.data[at] == ' ';
}

/* The three numbers as they are written, 0 where they are left out. */
static bool date_numbers(struct text text, unsigned *year, unsigned *month, unsigned *day_of_month)
{
    *month = *day_of_month = 0;
    const char third = text.length > 2 ? text.data[2] : 0;
    if (text.length >= 10 && (third == '/' || third == '.' || third == '-')) { /* DD/MM/YYYY */
        return text.data[5] == third && digits_read(text, 0, 2, day_of_month) && digits_read(text, 3, 2, month) &&
               digits_read(text, 6, 4, year) && ends_at(text, 10);
    }
    if (!digits_read(text, 0, 4, year)) {
        return false;
    }
    if (ends_at(text, 4)) {
        return true;
    }
    if (text.data[4] == '-' || text.data[4] == '/') {
        if (!digits_read(text, 5, 2, month)) {
            return false;
        }
        return ends_at(text, 7) || (text.data[7] == text.data[4] && digits_read(text, 8, 2, day_of_month) && ends_at(text, 10));
    }
    return digits_read(text, 4, 2, month) && (ends_at(text, 6) || (digits_read(text, 6, 2, day_of_month) && ends_at(text, 8)));
}

static unsigned month_days(unsigned year, unsigned month)
{
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 ? (is_leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool birth_date_read(struct text text, struct birth_date *out_date)
{
    unsigned year = 0, month = 0, day_of_month = 0;
    if (!date_numbers(text_trim(text), &year, &month, &day_of_month) || year < 1850 || year > 2100) {
        return false;
    }
    struct birth_date date = {.year = (uint16_t)year};
    if (month > 12) {
        date.is_lunar = true;
    } else {
        date.month = (uint8_t)month;
        date.is_lunar = day_of_month > (month ? month_days(year, month) : 31);
        date.day = (uint8_t)(date.is_lunar ? 0 : day_of_month);
    }
    date.is_default = (date.month == 1 && date.day == 1) || (date.month == 12 && date.day == 31);
    *out_date = date;
    return true;
}

static void two_digits(unsigned number, char *out)
{
    out[0] = (char)('0' + number / 10 % 10);
    out[1] = (char)('0' + number % 10);
}

void birth_date_write(const struct birth_date *date, char out[BIRTH_DATE_LENGTH])
{
    two_digits(date->year / 100u, out);
    two_digits(date->year % 100u, out + 2);
    two_digits(date->month, out + 4);
    two_digits(date->day, out + 6);
}

/* The same districts by their postal codes; of Lyon and Marseille these are those of other communes. */
static bool is_paris_postal(unsigned code)
{
    return (code >= 75001 && code <= 75020) || code == 75116;
}

/* Districts of Paris, Lyon and Marseille (INSEE, code officiel géographique): the city. */
static const char *district_city(unsigned code)
{
    return is_paris_postal(code)            ? "75056"
           : code >= 75101 && code <= 75120 ? "75056"
           : code >= 69381 && code <= 69389 ? "69123"
           : code >= 13201 && code <= 13216 ? "13055"
                                            : NULL;
}

enum birth_place_kind birth_place_read(struct text text, char out[BIRTH_PLACE_LENGTH])
{
    text = text_trim(text);
    unsigned code = 0, behind = 0;
    if (text.length != BIRTH_PLACE_LENGTH || !digits_read(text, 2, 3, &behind)) {
        return BIRTH_PLACE_NONE;
    }
    if (text.data[0] == '2' && strchr("ABab", text.data[1])) { /* 2A004, 2B033: 20004, 20033 until 1975 */
        out[0] = '2';
        out[1] = '0';
        memcpy(out + 2, text.data + 2, 3);
        return behind == 0 ? BIRTH_PLACE_POSTAL : BIRTH_PLACE_COMMUNE;
    }
    if (!digits_read(text, 0, BIRTH_PLACE_LENGTH, &code) || code < 1000) {
        return BIRTH_PLACE_NONE;
    }
    const char *city = district_city(code);
    memcpy(out, city ? city : text.data, BIRTH_PLACE_LENGTH);
    if (code >= 99000) {
        return BIRTH_PLACE_ABROAD;
    }
    return behind == 0 || is_paris_postal(code) ? BIRTH_PLACE_POSTAL : BIRTH_PLACE_COMMUNE;
}
