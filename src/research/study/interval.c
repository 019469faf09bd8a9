/* SPDX-License-Identifier: EUPL-1.2 */
/* interval: see study_interval.h. */
#include "research/study/study_interval.h"

enum { INTERVALS_MAX = 1000000 };

struct study_span study_interval_around(enum study_interval kind, int32_t day_number)
{
    int year, month, day_of_month;
    int months = kind == STUDY_YEARS ? 12 : kind == STUDY_QUARTERS ? 3 : 1;
    if (kind == STUDY_WEEKS) { /* 1970-01-01 was a Thursday; ISO 8601: weeks begin on Monday */
        int32_t weekday = (day_number + 3) % 7;
        int32_t monday = day_number - (weekday < 0 ? weekday + 7 : weekday);
        return (struct study_span){monday, monday + 6};
    }
    day_to_civil((day){day_number}, &year, &month, &day_of_month);
    day first = {day_number};
    (void)!day_from_civil(year, (month - 1) / months * months + 1, 1, &first);
    return (struct study_span){first.number, study_day_shift(study_day_add(first.number, 0, months), -1)};
}

bool study_intervals(enum study_interval kind, struct study_span whole, bool is_complete, struct arena *result,
                     const struct study_span **out_spans, size_t *out_count, struct error *err)
{
    size_t count = 0;
    if (kind == STUDY_OVERALL) {
        struct study_span *one = ARENA_NEW(result, struct study_span);
        *one = whole;
        *out_spans = one;
        *out_count = whole.first <= whole.last;
        return true;
    }
    for (int32_t at = whole.first; at <= whole.last; at = study_interval_around(kind, at).last + 1) {
        if (++count > INTERVALS_MAX) {
            return FAIL(err, LIMIT, "a study has more than %d intervals", INTERVALS_MAX);
        }
    }
    struct study_span *spans = ARENA_ARRAY(result, struct study_span, count + 1);
    count = 0;
    for (int32_t at = whole.first; at <= whole.last;) {
        struct study_span span = study_interval_around(kind, at);
        at = span.last + 1;
        if (!is_complete || (span.first >= whole.first && span.last <= whole.last)) {
            spans[count++] = (struct study_span){study_later(span.first, whole.first), study_earlier(span.last, whole.last)};
        }
    }
    *out_spans = spans;
    *out_count = count;
    return true;
}

const char *study_interval_name(enum study_interval kind)
{
    static const char *const names[] = {"weeks", "months", "quarters", "years", "overall"};
    return names[kind];
}
