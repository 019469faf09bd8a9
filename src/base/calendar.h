/* SPDX-License-Identifier: EUPL-1.2 */
/* calendar: whole days and instants, proleptic Gregorian, without time zones and without libc's broken-down time.
 * day: days since 1970-01-01. instant: microseconds since 1970-01-01 00:00:00 (OMOP's datetime has no zone). */
#pragma once
#include "base/error.h"
#include "base/text.h"

typedef struct {
    int32_t number; /* days since 1970-01-01; 0001-01-01 is -719162, 9999-12-31 is 2932896 */
} day;
typedef struct {
    int64_t microseconds;
} instant;

enum { DAY_TEXT_SIZE = 11, INSTANT_TEXT_SIZE = 27 };

/* False when there is no such date (month 13, 29 February 2023, a year outside 1..9999). */
MUST_CHECK bool day_from_civil(int year, int month, int day_of_month, day *out_day);
void day_to_civil(day value, int *out_year, int *out_month, int *out_day_of_month);
int day_year(day value);
MUST_CHECK bool day_from_text(struct text text, day *out_day); /* YYYY-MM-DD, and nothing else */
void day_to_text(day value, char out[DAY_TEXT_SIZE]);          /* outside the years 1..9999: the nearest day that is inside */
/* YYYY-MM-DD[ T]hh:mm:ss[.ffffff] or YYYY-MM-DD alone (midnight). */
MUST_CHECK bool instant_from_text(struct text text, instant *out_instant);
/* YYYY-MM-DD hh:mm:ss, with .ffffff only when it is not zero. */
void instant_to_text(instant value, char out[INSTANT_TEXT_SIZE]);
/* The system clock in UTC; a test sets it with clock_set_for_tests. */
int64_t clock_unix_seconds(void);
day clock_today(void);
void clock_set_for_tests(int64_t unix_seconds); /* 0 gives the real clock back */
int64_t clock_monotonic_ns(void);
