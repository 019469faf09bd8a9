/* SPDX-License-Identifier: EUPL-1.2 */
/* calendar: days and instants by arithmetic alone. Years are counted from 1 March, so that the leap day is the last of its year and the
 * lengths of months follow one line: (153 * month + 2) / 5 days lie before a month. 400 years have 146097 days. */
#include "base/calendar.h"
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { DAYS_OF_400_YEARS = 146097, DAYS_FROM_0000_03_01 = 719468, DAY_MIN = -719162, DAY_MAX = 2932896 };
static const int64_t MICROSECONDS_OF_DAY = INT64_C(86400000000);

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : lengths[month - 1];
}

bool day_from_civil(int year, int month, int day_of_month, day *out_day)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day_of_month < 1 || day_of_month > month_length(year, month)) {
        return false;
    }
    int shifted = month > 2 ? month - 3 : month + 9; /* March is 0 */
    int from_march = month > 2 ? year : year - 1;
    int era = from_march / 400;
    int year_of_era = from_march % 400;
    int day_of_year = (153 * shifted + 2) / 5 + day_of_month - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    out_day->number = era * DAYS_OF_400_YEARS + day_of_era - DAYS_FROM_0000_03_01;
    return true;
}

void day_to_civil(day value, int *out_year, int *out_month, int *out_day_of_month)
{
    int64_t shifted = (int64_t)value.number + DAYS_FROM_0000_03_01;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_OF_400_YEARS - 1)) / DAYS_OF_400_YEARS;
    int day_of_era = (int)(shifted - era * DAYS_OF_400_YEARS);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153;
    *out_day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    *out_month = month < 10 ? month + 3 : month - 9;
    *out_year = (int)(era * 400) + year_of_era + (month >= 10 ? 1 : 0);
}

int day_year(day value)
{
    int year, month, day_of_month;
    day_to_civil(value, &year, &month, &day_of_month);
    return year;
}

/* Exactly `count` digits (at most 9) at `at`. */
static bool read_number(const char *at, size_t count, int *out_number)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)(unsigned char)at[i] - '0';
        if (digit > 9) {
            return false;
        }
        number = number * 10 + (int)digit;
    }
    *out_number = number;
    return true;
}

bool day_from_text(struct text text, day *out_day)
{
    int year, month, day_of_month;
    return text.length == 10 && text.data[4] == '-' && text.data[7] == '-' && read_number(text.data, 4, &year) &&
           read_number(text.data + 5, 2, &month) && read_number(text.data + 8, 2, &day_of_month) &&
           day_from_civil(year, month, day_of_month, out_day);
}

static void write_number(char *at, size_t count, int number)
{
    for (size_t i = count; i-- > 0; number /= 10) {
        at[i] = (char)('0' + number % 10);
    }
}

void day_to_text(day value, char out[DAY_TEXT_SIZE])
{
    int year, month, day_of_month;
    value.number = value.number < DAY_MIN ? DAY_MIN : value.number > DAY_MAX ? DAY_MAX : value.number;
    day_to_civil(value, &year, &month, &day_of_month);
    write_number(out, 4, year);
    out[4] = '-';
    write_number(out + 5, 2, month);
    out[7] = '-';
    write_number(out + 8, 2, day_of_month);
    out[10] = '\0';
}

/* ".f" to ".ffffff" in microseconds. */
static bool read_fraction(struct text text, int *out_microseconds)
{
    int number = 0;
    if (text.length < 2 || text.length > 7 || text.data[0] != '.' || !read_number(text.data + 1, text.length - 1, &number)) {
        return false;
    }
    for (size_t digits = text.length - 1; digits < 6; digits++) {
        number *= 10;
    }
    *out_microseconds = number;
    return true;
}

bool instant_from_text(struct text text, instant *out_instant)
{
    day date;
    if (!day_from_text((struct text){text.data, text.length < 10 ? text.length : 10}, &date)) {
        return false;
    }
    int hour = 0, minute = 0, second = 0, microseconds = 0;
    if (text.length > 10) {
        const char *at = text.data;
        bool shaped = text.length >= 19 && (at[10] == ' ' || at[10] == 'T') && at[13] == ':' && at[16] == ':';
        if (!shaped || !read_number(at + 11, 2, &hour) || !read_number(at + 14, 2, &minute) || !read_number(at + 17, 2, &second)) {
            return false;
        }
        if (hour > 23 || minute > 59 || second > 59) {
            return false;
        }
        if (text.length > 19 && !read_fraction((struct text){at + 19, text.length - 19}, &microseconds)) {
            return false;
        }
    }
    int64_t seconds = (hour * 60 + minute) * 60 + second;
    out_instant->microseconds = date.number * MICROSECONDS_OF_DAY + seconds * 1000000 + microseconds;
    return true;
}

void instant_to_text(instant value, char out[INSTANT_TEXT_SIZE])
{
    int64_t whole = value.microseconds / MICROSECONDS_OF_DAY;
    int64_t rest = value.microseconds % MICROSECONDS_OF_DAY;
    if (rest < 0) {
        rest += MICROSECONDS_OF_DAY;
        whole--;
    }
    day_to_text((day){(int32_t)whole}, out);
    int seconds = (int)(rest / 1000000);
    out[10] = ' ';
    write_number(out + 11, 2, seconds / 3600);
    out[13] = ':';
    write_number(out + 14, 2, seconds / 60 % 60);
    out[16] = ':';
    write_number(out + 17, 2, seconds % 60);
    out[19] = '\0';
    if (rest % 1000000 != 0) {
        out[19] = '.';
        write_number(out + 20, 6, (int)(rest % 1000000));
        out[26] = '\0';
    }
}

static _Atomic int64_t test_seconds;

int64_t clock_unix_seconds(void)
{
    int64_t fixed = atomic_load(&test_seconds);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return fixed ? fixed : (int64_t)now.tv_sec;
}

day clock_today(void)
{
    int64_t seconds = clock_unix_seconds();
    int64_t days = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
    return (day){(int32_t)days};
}

void clock_set_for_tests(int64_t unix_seconds)
{
    atomic_store(&test_seconds, unix_seconds);
}

int64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
