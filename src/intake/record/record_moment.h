/* SPDX-License-Identifier: EUPL-1.2 */
/* record_moment: dates and times as exports write them (FHIR dateTime, ISO 8601, PostgreSQL), as a day and seconds since midnight in one
 * zone. A date without an offset is taken as it is; only a time with an offset is converted. */
#pragma once
#include "base/calendar.h"
#include "base/text.h"
#include "intake/record/record.h"

enum moment_outcome { MOMENT_TAKEN, MOMENT_PARTIAL /* a year, or a year and a month */, MOMENT_INVALID };
struct moment {
    day day;
    bool has_time;
    int32_t seconds; /* since midnight; of a leap second the one before */
};
/* The zone that times are converted to: metropolitan France with its summer time, or a fixed number of minutes east of UTC. */
enum { MOMENT_ZONE_FRANCE = 1000 };

/* YYYY, YYYY-MM, YYYY-MM-DD, YYYY-MM-DD(T| )hh:mm[:ss[.f]][Z|(+|-)hh[[:]mm]]. Of a partial date the first day is meant, or the last one
 * when it ends something. out is untouched when INVALID. */
enum moment_outcome moment_read(struct text text, bool is_end, int zone_minutes, struct moment *out_moment);
/* Summer time of France since 1976: from the last Sunday of March to that of September, since 1996 of October (Directive 2000/84/EC and
 * those before; at 01:00 UTC). */
int moment_france_offset_minutes(int64_t unix_seconds);

/* ---- into records ---- */
/* Start and end with their times, where the table has them. end: NULL when there is none; one before the start is no end. */
void record_set_when(struct record *record, const struct moment *start, const struct moment *end);
/* Year, month and day of birth, as far as `text`, of which `birth` was read, has them. */
void record_set_birth(struct record *record, struct text text, const struct moment *birth);
