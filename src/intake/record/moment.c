/* SPDX-License-Identifier: EUPL-1.2 */
/* moment: one strict reader of dates and times, and the summer time of France by rule, without a zone database. */
#include "intake/record/record_moment.h"
#include <stddef.h>

enum { DAY_SECONDS = 86400, HOUR = 3600 };

static bool digits(struct text text, size_t at, size_t count, int *out)
{
    int value = 0;
    if (at + count > text.length) {
        return false;
    }
    for (size_t i = at; i < at + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    *out = value;
    return true;
}

static bool is_at(struct text text, size_t at, char wanted)
{
    return at < text.length && text.data[at] == wanted;
}

/* 0 is Thursday, 1970-01-01. */
static int64_t last_sunday(int year, int month)
{
    day last = {0};
    const bool is_day = day_from_civil(year, month, month == 9 ? 30 : 31, &last);
    (void)is_day;
    return last.number - ((int64_t)last.number + 4 + 7 * 1000000) % 7;
}

int moment_france_offset_minutes(int64_t unix_seconds)
{
    const int64_t number = unix_seconds >= 0 ? unix_seconds / DAY_SECONDS : -((-unix_seconds + DAY_SECONDS - 1) / DAY_SECONDS);
    const int year = day_year((day){(int32_t)number});
    if (year < 1976) {
        return 60;
    }
    const int64_t begin = last_sunday(year, 3) * DAY_SECONDS + HOUR;
    const int64_t end = last_sunday(year, year < 1996 ? 9 : 10) * DAY_SECONDS + HOUR;
    return unix_seconds >= begin && unix_seconds < end ? 120 : 60;
}

/* Reads hh:mm[:ss[.f]]; *at moves behind it. */
static bool read_time(struct text text, size_t *at, int32_t *out_seconds)
{
    int hour, minute, second = 0;
    if (!digits(text, *at, 2, &hour) || !is_at(text, *at + 2, ':') || !digits(text, *at + 3, 2, &minute)) {
        return false;
    }
    *at += 5;
    if (is_at(text, *at, ':')) {
        if (!digits(text, *at + 1, 2, &second)) {
            return false;
        }
        *at += 3;
        if (is_at(text, *at, '.')) {
            const size_t begin = ++*at;
            while (*at < text.length && text.data[*at] >= '0' && text.data[*at] <= '9') {
                ++*at;
            }
            if (*at == begin) {
                return false;
            }
        }
    }
    if (hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    *out_seconds = hour * HOUR + minute * 60 + (second == 60 ? 59 : second);
    return true;
}

/* Reads Z or (+|-)hh[[:]mm] up to the end of the text; nothing at all is no offset. */
static bool read_offset(struct text text, size_t at, bool *out_has, int *out_minutes)
{
    int hours, minutes = 0;
    *out_has = at < text.length;
    *out_minutes = 0;
    if (!*out_has) {
        return true;
    }
    if (text.data[at] == 'Z') {
        return at + 1 == text.length;
    }
    if ((text.data[at] != '+' && text.data[at] != '-') || !digits(text, at + 1, 2, &hours)) {
        return false;
    }
    size_t end = at + 3;
    if (end < text.length) {
        end += is_at(text, end, ':');
        if (!digits(text, end, 2, &minutes)) {
            return false;
        }
        end += 2;
    }
    *out_minutes = (text.data[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return end == text.length && hours <= 14 && minutes <= 59;
}

static bool convert(struct moment *moment, int offset_minutes, int zone_minutes)
{
    int64_t seconds = (int64_t)moment->day.number * DAY_SECONDS + moment->seconds - (int64_t)offset_minutes * 60;
    const int zone = zone_minutes == MOMENT_ZONE_FRANCE ? moment_france_offset_minutes(seconds) : zone_minutes;
    seconds += (int64_t)zone * 60;
    int64_t number = seconds / DAY_SECONDS;
    number -= seconds % DAY_SECONDS < 0;
    moment->day.number = (int32_t)number;
    moment->seconds = (int32_t)(seconds - number * DAY_SECONDS);
    return number >= -719162 && number <= 2932896; /* the years 1 to 9999 */
}

static enum moment_outcome read_partial(struct text text, bool is_end, struct moment *out_moment)
{
    int year, month = is_end ? 12 : 1;
    if (!digits(text, 0, 4, &year) || (text.length != 4 && (text.length != 7 || text.data[4] != '-' || !digits(text, 5, 2, &month)))) {
        return MOMENT_INVALID;
    }
    struct moment moment = {0};
    if (!day_from_civil(year, month, 1, &moment.day)) {
        return MOMENT_INVALID;
    }
    for (int last = 31; is_end && last >= 28; last--) {
        if (day_from_civil(year, month, last, &moment.day)) {
            break;
        }
    }
    *out_moment = moment;
    return MOMENT_PARTIAL;
}

enum moment_outcome moment_read(struct text text, bool is_end, int zone_minutes, struct moment *out_moment)
{
    int year, month, day_of_month, offset;
    bool has_offset;
    struct moment moment = {0};
    if (text.length < 10) {
        return read_partial(text, is_end, out_moment);
    }
    if (!digits(text, 0, 4, &year) || text.data[4] != '-' || !digits(text, 5, 2, &month) || text.data[7] != '-' ||
        !digits(text, 8, 2, &day_of_month) || !day_from_civil(year, month, day_of_month, &moment.day)) {
        return MOMENT_INVALID;
    }
    if (text.length > 10) {
        size_t at = 11;
        if ((text.data[10] != 'T' && text.data[10] != ' ') || !read_time(text, &at, &moment.seconds) ||
            !read_offset(text, at, &has_offset, &offset) || (has_offset && !convert(&moment, offset, zone_minutes))) {
            return MOMENT_INVALID;
        }
        moment.has_time = true;
    }
    *out_moment = moment;
    return MOMENT_TAKEN;
}

/* ---- into records ---- */
static void set_time(struct record *record, enum record_column column, const struct moment *moment)
{
    if (moment->has_time && record_shape(record->table)->columns >> column & 1) {
        record_set_integer(record, column, moment->seconds);
    }
}

void record_set_when(struct record *record, const struct moment *start, const struct moment *end)
{
    record_set_day(record, COLUMN_START, start->day);
    set_time(record, COLUMN_START_TIME, start);
    if (end && end->day.number >= start->day.number && record_shape(record->table)->columns >> COLUMN_END & 1) {
        record_set_day(record, COLUMN_END, end->day);
        set_time(record, COLUMN_END_TIME, end);
    }
}

void record_set_birth(struct record *record, struct text text, const struct moment *birth)
{
    int year, month, day_of_month;
    day_to_civil(birth->day, &year, &month, &day_of_month);
    record_set_integer(record, COLUMN_BIRTH_YEAR, year);
    if (text.length >= 7) {
        record_set_integer(record, COLUMN_BIRTH_MONTH, month);
    }
    if (text.length >= 10) {
        record_set_integer(record, COLUMN_BIRTH_DAY, day_of_month);
    }
}
