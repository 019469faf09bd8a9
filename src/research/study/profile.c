/* SPDX-License-Identifier: EUPL-1.2 */
/* profile: see study_profile.h. */
#include "research/study/study_profile.h"

static int32_t civil_or_next(int year, int month, int day_of_month)
{
    day found;
    if (day_from_civil(year, month, day_of_month, &found)) {
        return found.number;
    }
    return day_from_civil(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1, &found) ? found.number : STUDY_NO_DAY;
}

int32_t study_birthday(const struct study_people *people, size_t person, const struct study_birth_rule *rule, int age)
{
    int year = people->birth_years[person], month = people->birth_months[person], day_of_month = people->birth_days[person];
    month = rule->impose_month || month == 0 ? rule->missing_month : month;
    day_of_month = rule->impose_day || day_of_month == 0 ? rule->missing_day : day_of_month;
    return year == 0 ? STUDY_NO_DAY : civil_or_next(year + age, month ? month : 1, day_of_month ? day_of_month : 1);
}

int study_age(int32_t birth, int32_t day_number)
{
    int year, month, day_of_month, born_year, born_month, born_day;
    day_to_civil((day){birth}, &born_year, &born_month, &born_day);
    day_to_civil((day){day_number}, &year, &month, &day_of_month);
    int before = month < born_month || (month == born_month && day_of_month < born_day);
    return year - born_year - before;
}

struct study_span study_observation(const struct study_people *people, int64_t subject, int32_t day_number)
{
    size_t person = study_person_find(people, subject);
    uint32_t p = person == SIZE_MAX ? UINT32_MAX : study_period_find(people, person, day_number);
    return p == UINT32_MAX ? (struct study_span){STUDY_NO_DAY, STUDY_NO_DAY}
                           : (struct study_span){people->period_starts[p], people->period_ends[p]};
}

struct study_span study_window(int32_t day_number, struct study_span window)
{
    return (struct study_span){window.first == -STUDY_FOREVER ? -STUDY_FOREVER : study_day_shift(day_number, window.first),
                               window.last == STUDY_FOREVER ? STUDY_FOREVER : study_day_shift(day_number, window.last)};
}

bool study_is_observed(const struct study_people *people, int64_t subject, int32_t day_number, struct study_span window, bool is_whole)
{
    struct study_span observed = study_observation(people, subject, day_number), days = study_window(day_number, window);
    if (observed.first == STUDY_NO_DAY) {
        return false;
    }
    return is_whole ? days.first >= observed.first && days.last <= observed.last
                    : days.first <= observed.last && days.last >= observed.first;
}

struct study_intersection study_intersect(const struct study_people *people, const struct study_intersect_request *request, int64_t subject,
                                          int32_t day_number, int32_t last_day)
{
    struct study_intersection found = {.is_known = true};
    struct study_span days = study_window(day_number, request->window), observed = {-STUDY_FOREVER, STUDY_FOREVER};
    days.last = study_earlier(days.last, last_day);
    if (request->in_observation) {
        observed = study_observation(people, subject, day_number);
        found.is_known = observed.first != STUDY_NO_DAY && days.first <= observed.last && days.last >= observed.first;
    }
    size_t at = found.is_known ? study_entries_find(request->targets, request->target_count, subject) : request->target_count;
    for (; at < request->target_count && request->targets[at].subject == subject; at++) {
        const struct study_entry *target = &request->targets[at];
        int32_t end = request->starts_in_window ? target->start : target->end;
        if (target->start <= days.last && end >= days.first && target->start <= observed.last && end >= observed.first) {
            found.first = found.count ? found.first : at;
            found.last = at;
            found.count++;
        }
    }
    return found;
}
