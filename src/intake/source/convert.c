/* SPDX-License-Identifier: EUPL-1.2 */
/* Values out of text. Exports differ in small ways that mean the same (1.0 for 1, a date with a midnight, a day without hyphens); those
 * are taken. What would have to be guessed (other orders of day and month, decimal commas, offsets from UTC) is not. */
#include "intake/source/convert.h"
#include "base/calendar.h"
#include <math.h>
#include <string.h>

#define MICROSECONDS_OF_DAY INT64_C(86400000000)
enum { DAY_FIRST = -719162, DAY_LAST = 2932896 };

static inline bool digits(const char *at, size_t count, int64_t *out_value)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned digit = (unsigned)(unsigned char)at[i] - '0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out_value = value;
    return true;
}

bool convert_integer(struct text text, int64_t *out_value)
{
    double number = 0;
    if (text.length <= 18 && digits(text.data, text.length, out_value)) {
        return true;
    }
    text = text_trim(text);
    if (text_to_i64(text, out_value)) {
        return true;
    }
    if (!text_to_double(text, &number) || number != trunc(number) || fabs(number) >= 0x1p53) {
        return false;
    }
    *out_value = (int64_t)number;
    return true;
}

bool convert_number(struct text text, double *out_value)
{
    double number = 0;
    if (!text_to_double(text, &number) && !text_to_double(text_trim(text), &number)) {
        return false;
    }
    if (!isfinite(number)) {
        return false;
    }
    *out_value = number;
    return true;
}

bool convert_day_in_range(int32_t value)
{
    return value >= DAY_FIRST && value <= DAY_LAST;
}

bool convert_instant_in_range(int64_t value)
{
    return value >= DAY_FIRST * MICROSECONDS_OF_DAY && value < (DAY_LAST + 1) * MICROSECONDS_OF_DAY;
}

bool convert_day_from_number(int64_t number, int32_t *out_value)
{
    day value;
    if (number < 10101 || number > 99991231 ||
        !day_from_civil((int)(number / 10000), (int)(number / 100 % 100), (int)(number % 100), &value)) {
        return false;
    }
    *out_value = value.number;
    return true;
}

/* The date at the beginning; *out_rest is what follows it. */
static bool leading_day(struct text text, int32_t *out_day, struct text *out_rest)
{
    int64_t number = 0;
    day value;
    if (text.length >= 10 && text.data[4] == '-') {
        *out_rest = (struct text){text.data + 10, text.length - 10};
        const bool is_day = day_from_text((struct text){text.data, 10}, &value);
        *out_day = is_day ? value.number : 0;
        return is_day;
    }
    if (text.length < 8 || !digits(text.data, 8, &number)) {
        return false;
    }
    *out_rest = (struct text){text.data + 8, text.length - 8};
    return convert_day_from_number(number, out_day);
}

/* Z, +00, +00:00, UTC: the clock of the data is the one that OMOP has none of; any other offset would move the day. */
static struct text without_zone(struct text text)
{
    static const char *const zones[] = {"+00:00", "+0000", "+00", "Z", " UTC"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        const size_t length = strlen(zones[i]);
        if (text.length > length && memcmp(text.data + text.length - length, zones[i], length) == 0) {
            return (struct text){text.data, text.length - length};
        }
    }
    return text;
}

static bool two_digits(const char *at, int64_t below, int64_t *out_value)
{
    return digits(at, 2, out_value) && *out_value < below;
}

/* " hh:mm", " hh:mm:ss", " hh:mm:ss.f" with up to nine digits (the last three are cut), T or blanks before it. */
static bool time_of_day(struct text text, int64_t *out_microseconds)
{
    int64_t hour = 0, minute = 0, second = 0, fraction = 0;
    const char *at = text.data;
    if (text.length < 6 || (at[0] != ' ' && at[0] != 'T') || at[3] != ':' || !two_digits(at + 1, 24, &hour) ||
        !two_digits(at + 4, 60, &minute)) {
        return false;
    }
    if (text.length > 6 && (text.length < 9 || at[6] != ':' || !two_digits(at + 7, 60, &second))) {
        return false;
    }
    if (text.length > 9) {
        const size_t count = text.length - 10;
        if (at[9] != '.' || count < 1 || count > 9 || !digits(at + 10, count, &fraction)) {
            return false;
        }
        for (size_t i = count; i < 9; i++) {
            fraction *= 10;
        }
    }
    *out_microseconds = ((hour * 60 + minute) * 60 + second) * 1000000 + fraction / 1000;
    return true;
}

bool convert_instant(struct text text, int64_t *out_value)
{
    int32_t date = 0;
    int64_t time = 0;
    struct text rest;
    text = text_trim(text);
    if (!leading_day(text, &date, &rest)) {
        return false;
    }
    if (rest.length && !time_of_day(without_zone(rest), &time)) {
        return false;
    }
    *out_value = date * MICROSECONDS_OF_DAY + time;
    return true;
}

bool convert_day(struct text text, int32_t *out_value)
{
    struct text rest;
    int64_t moment = 0;
    int32_t value = 0;
    if (leading_day(text, &value, &rest) && !rest.length) {
        *out_value = value;
        return true;
    }
    if (!convert_instant(text, &moment) || moment % MICROSECONDS_OF_DAY != 0) {
        return false;
    }
    *out_value = (int32_t)(moment / MICROSECONDS_OF_DAY);
    return true;
}

bool convert_is_optional_key(int table, int field)
{
    return table == OMOP_TABLE_METADATA && field == OMOP_METADATA_METADATA_ID;
}

enum finding_kind convert_kind_of_null(int table, int field)
{
    const struct omop_table_info *info = omop_table(table);
    const struct omop_field *fact = &info->fields[field];
    if (fact->is_primary_key && fact->type == OMOP_INTEGER && !convert_is_optional_key(table, field)) {
        return FINDING_NO_KEY;
    }
    return field == info->person_field ? FINDING_NO_PERSON : fact->is_required ? FINDING_MISSING : FINDING_KIND_COUNT;
}
