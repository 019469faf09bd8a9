/* SPDX-License-Identifier: EUPL-1.2 */
/* survival: follow-up, curves, quantiles, mean: see study_survival.h. The test is log_rank.c. */
#include "research/study/study_limits.h"
#include "research/study/study_survival.h"
#include <math.h>
#include <stdlib.h>

/* ---- follow-up ---- */
/* Days from `start` to the first of the subject's entries on or after it and not after `last`; STUDY_FOREVER: none. *out_before: days back
 * to the latest one before, within the period. */
static int32_t days_to(const struct study_entry *entries, size_t count, const struct study_entry *entry, struct study_span period,
                       int32_t *out_before)
{
    size_t at = study_entries_find(entries, count, entry->subject);
    *out_before = STUDY_FOREVER;
    for (; at < count && entries[at].subject == entry->subject; at++) {
        int32_t start = entries[at].start;
        if (start < entry->start && start >= period.first) {
            *out_before = entry->start - start;
        }
        if (start >= entry->start) {
            return start <= period.last ? start - entry->start : STUDY_FOREVER;
        }
    }
    return STUDY_FOREVER;
}

static bool follow_entry(const struct study_entry *entry, const struct study_survival_request *request, struct study_span period,
                         struct study_followup *out_followup)
{
    int32_t before, competing_before = STUDY_FOREVER, competing = STUDY_FOREVER;
    int32_t outcome = days_to(request->outcomes, request->outcome_count, entry, period, &before);
    if (request->competing) {
        competing = days_to(request->competing, request->competing_count, entry, period, &competing_before);
    }
    before = study_earlier(before, competing_before);
    if (before != STUDY_FOREVER && before <= request->washout) {
        return false;
    }
    int32_t end = study_earlier(period.last, request->last_day);
    end = request->ends_with_entry ? study_earlier(end, entry->end) : end;
    int32_t days = study_earlier(end - entry->start, request->follow_up);
    struct study_followup followup = {.subject = entry->subject, .days = days, .weight = 1, .row = entry->row};
    if (competing <= days && competing <= outcome) {
        followup.days = competing;
        followup.status = STUDY_COMPETING;
    } else if (outcome <= days) {
        followup.days = outcome;
        followup.status = STUDY_EVENT;
    }
    *out_followup = followup;
    return followup.days >= request->minimum_days;
}

bool study_follow_up(const struct study_people *people, const struct study_entry *entries, size_t count,
                     const struct study_survival_request *request, struct study_followups *out_followups, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t person = study_person_find(people, entries[i].subject);
        uint32_t p = person == SIZE_MAX ? UINT32_MAX : study_period_find(people, person, entries[i].start);
        struct study_followup followup;
        if (p != UINT32_MAX &&
            follow_entry(&entries[i], request, (struct study_span){people->period_starts[p], people->period_ends[p]}, &followup)) {
            TRY(study_followups_append(out_followups, followup, err));
        }
    }
    return true;
}

/* ---- curves ---- */
static int compare_days(const void *left, const void *right)
{
    const struct study_followup *a = left, *b = right;
    return (a->days > b->days) - (a->days < b->days);
}

static struct study_curve_point *tabulate(const struct study_followup *followups, size_t count, struct arena *result, size_t *out_count)
{
    struct study_followup *sorted = ARENA_ARRAY(result, struct study_followup, count + 1);
    struct study_curve_point *points = ARENA_ARRAY(result, struct study_curve_point, count + 1);
    size_t kept = 0;
    double at_risk = 0;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = followups[i];
        at_risk += followups[i].weight;
    }
    if (count > 1) {
        qsort(sorted, count, sizeof *sorted, compare_days);
    }
    for (size_t i = 0; i < count;) {
        struct study_curve_point point = {.days = sorted[i].days, .at_risk = at_risk};
        for (; i < count && sorted[i].days == point.days; i++) {
            double *sum = sorted[i].status == STUDY_EVENT       ? &point.events
                          : sorted[i].status == STUDY_COMPETING ? &point.competing
                                                                : &point.censored;
            *sum += sorted[i].weight;
        }
        at_risk -= point.events + point.competing + point.censored;
        points[kept++] = point;
    }
    *out_count = kept;
    return points;
}

/* Limits on the log scale, at most 1. */
static void set_limits(struct study_curve_point *point)
{
    double spread = STUDY_Z * point->error / point->estimate;
    point->lower = point->estimate * exp(-spread);
    point->upper = fmin(1, point->estimate * exp(spread));
    if (!(point->estimate > 0)) {
        point->lower = point->upper = NAN;
    }
}

static void kaplan_meier(struct study_curve_point *points, size_t count)
{
    double survival = 1, sum = 0;
    for (size_t i = 0; i < count; i++) {
        double left = points[i].at_risk - points[i].events;
        survival = left > 1e-9 * points[i].at_risk ? survival * left / points[i].at_risk : points[i].events > 0 ? 0 : survival;
        sum += points[i].events > 0 ? points[i].events / (points[i].at_risk * left) : 0; /* Greenwood 1926 */
        points[i].estimate = survival;
        points[i].error = survival * sqrt(sum);
        set_limits(&points[i]);
    }
}

/* How the estimates move with the weight of one subject of a kind: who leaves at the same point by the same way moves them alike. */
struct influence {
    double survival, incidence;
};
enum { WAYS = 3 };

static void aalen_johansen(struct study_curve_point *points, size_t count, struct arena *result)
{
    struct influence *influences = ARENA_ARRAY(result, struct influence, count * WAYS + 1);
    double survival = 1, incidence = 0;
    for (size_t i = 0; i < count; i++) {
        double n = points[i].at_risk, first = points[i].events / n, any = (points[i].events + points[i].competing) / n;
        double variance = 0;
        for (size_t k = 0; k < count; k++) {
            const double sizes[WAYS] = {points[k].censored, points[k].events, points[k].competing};
            for (int way = 0; way < WAYS; way++) {
                struct influence *at = &influences[k * WAYS + (size_t)way];
                double is_event = k == i && way == STUDY_EVENT, is_any = k == i && way != STUDY_CENSORED;
                double first_moves = k >= i ? (is_event - first) / n : 0, any_moves = k >= i ? (is_any - any) / n : 0;
                at->incidence += at->survival * first + survival * first_moves;
                at->survival = at->survival * (1 - any) - survival * any_moves;
                variance += sizes[way] * at->incidence * at->incidence;
            }
        }
        incidence += survival * first;
        survival *= 1 - any;
        points[i].estimate = incidence;
        points[i].error = sqrt(variance);
        set_limits(&points[i]);
    }
}

void study_survival(const struct study_followup *followups, size_t count, bool is_incidence, struct arena *result,
                    struct study_curve *out_curve)
{
    size_t points;
    struct study_curve_point *table = tabulate(followups, count, result, &points);
    for (size_t i = 0; i < points; i++) {
        is_incidence = is_incidence || table[i].competing > 0;
    }
    if (is_incidence) {
        aalen_johansen(table, points, result);
    } else {
        kaplan_meier(table, points);
    }
    *out_curve = (struct study_curve){table, points, is_incidence};
}

struct study_curve_point study_curve_at(const struct study_curve *curve, int32_t days)
{
    size_t low = 0, high = curve->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (curve->points[middle].days <= days) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    double before = curve->is_incidence ? 0 : 1;
    return low > 0 ? curve->points[low - 1] : (struct study_curve_point){.estimate = before, .lower = before, .upper = before};
}

/* ---- quantiles: the rules of R's quantile.survfit and summary.survfit, whose treatment of ties is published with them ---- */
enum which { THE_ESTIMATE, THE_LOWER, THE_UPPER };
#define TOLERANCE 1.490116119384766e-08

static double share_at(const struct study_curve *curve, size_t index, enum which which)
{
    const struct study_curve_point *point = &curve->points[index];
    double value = which == THE_ESTIMATE ? point->estimate : which == THE_LOWER ? point->lower : point->upper;
    return curve->is_incidence ? value : 1 - value;
}

/* Days on which the share that had the event steps up, from 0 at day 0 on: first of each value; a NaN ends it. */
struct steps {
    double *days, *shares;
    size_t count;
    bool ends_unknown;
    double last_day;
};

static struct steps steps_of(const struct study_curve *curve, enum which which, struct arena *scratch)
{
    struct steps steps = {ARENA_ARRAY(scratch, double, curve->count + 1), ARENA_ARRAY(scratch, double, curve->count + 1), 1, false, 0};
    for (size_t i = 0; i < curve->count; i++) {
        double share = share_at(curve, i, which);
        steps.last_day = curve->points[i].days;
        if (isnan(share)) {
            steps.ends_unknown = true;
        } else if (share != 0 && (share > steps.shares[steps.count - 1] || share < steps.shares[steps.count - 1])) {
            steps.days[steps.count] = curve->points[i].days;
            steps.shares[steps.count++] = share;
        }
    }
    return steps;
}

/* The step with the smallest share that reaches this one, less or more the tolerance; count: none. Limits need not ascend. */
static size_t reaches(const struct steps *steps, double share, double tolerance)
{
    size_t found = steps->count;
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->shares[i] + tolerance >= share && (found == steps->count || steps->shares[i] < steps->shares[found])) {
            found = i;
        }
    }
    return found;
}

static double quantile_of(const struct study_curve *curve, enum which which, double share, struct arena *scratch)
{
    struct steps steps = steps_of(curve, which, scratch);
    size_t last = steps.count - 1, first = reaches(&steps, share, TOLERANCE), second = reaches(&steps, share, -TOLERANCE);
    bool is_known_end = !steps.ends_unknown && fabs(share - steps.shares[last]) < TOLERANCE;
    if (is_known_end) {
        return share == 0 || first > last ? NAN : (steps.days[first] + steps.last_day) / 2;
    }
    if (share == 0) {
        return 0;
    }
    return first > last || second > last ? NAN : (steps.days[first] + steps.days[second]) / 2;
}

struct study_quantile study_curve_quantile(const struct study_curve *curve, double share, struct arena *scratch)
{
    return (struct study_quantile){quantile_of(curve, THE_ESTIMATE, share, scratch), quantile_of(curve, THE_LOWER, share, scratch),
                                   quantile_of(curve, THE_UPPER, share, scratch)};
}

static double median_of(const struct study_curve *curve, enum which which)
{
    for (size_t i = 0; i < curve->count; i++) {
        double share = share_at(curve, i, which);
        if (isnan(share) || share <= 0.5 - TOLERANCE) {
            continue;
        }
        size_t next = i + 1;
        while (fabs(share - 0.5) < TOLERANCE && next < curve->count && !(share_at(curve, next, which) > share)) {
            next++;
        }
        bool is_flat = fabs(share - 0.5) < TOLERANCE && next < curve->count;
        return is_flat ? (curve->points[i].days + (double)curve->points[next].days) / 2 : curve->points[i].days;
    }
    return NAN;
}

struct study_quantile study_curve_median(const struct study_curve *curve)
{
    return (struct study_quantile){median_of(curve, THE_ESTIMATE), median_of(curve, THE_LOWER), median_of(curve, THE_UPPER)};
}

void study_curve_mean(const struct study_curve *curve, double *out_mean, double *out_error)
{
    double after = 0, variance = 0, last = curve->count ? curve->points[curve->count - 1].days : 0;
    for (size_t i = curve->count; i-- > 0;) { /* from the end: area after each point */
        const struct study_curve_point *point = &curve->points[i];
        after += point->estimate * (last - point->days);
        last = point->days;
        double left = point->at_risk - point->events;
        variance += left > 0 ? after * after * point->events / (point->at_risk * left) : 0;
    }
    *out_mean = after + last;
    *out_error = sqrt(variance);
}
