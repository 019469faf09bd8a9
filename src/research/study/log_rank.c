/* SPDX-License-Identifier: EUPL-1.2 */
/* log_rank: observed less expected events of each group over all event days, with their hypergeometric covariance (Mantel 1966). */
#include "research/study/study_limits.h"
#include "research/study/study_survival.h"
#include <math.h>

enum { GROUPS_MAX = 16 };

struct test {
    size_t groups;
    const struct study_curve *curves;
    size_t at[GROUPS_MAX]; /* the next point of each curve */
    double difference[GROUPS_MAX], covariance[GROUPS_MAX][GROUPS_MAX];
};

/* One event day: every curve's at-risk is that of its next point. */
static void add_day(struct test *test, int32_t days)
{
    double risk[GROUPS_MAX], events[GROUPS_MAX], all = 0, all_events = 0;
    for (size_t g = 0; g < test->groups; g++) {
        const struct study_curve *curve = &test->curves[g];
        const struct study_curve_point *point = test->at[g] < curve->count ? &curve->points[test->at[g]] : NULL;
        risk[g] = point ? point->at_risk : 0;
        events[g] = point && point->days == days ? point->events : 0;
        test->at[g] += point && point->days == days;
        all += risk[g];
        all_events += events[g];
    }
    for (size_t g = 0; g < test->groups && all_events > 0; g++) {
        test->difference[g] += events[g] - all_events * risk[g] / all;
        for (size_t h = 0; h < test->groups && all > 1; h++) {
            double share = (g == h ? risk[g] / all : 0) - risk[g] * risk[h] / (all * all);
            test->covariance[g][h] += all_events * (all - all_events) / (all - 1) * share;
        }
    }
}

/* Solves by Gauss with the largest pivot and returns d' V^-1 d over the first size groups. */
static double quadratic_form(struct test *test, size_t size)
{
    double right[GROUPS_MAX], sum = 0;
    for (size_t i = 0; i < size; i++) {
        right[i] = test->difference[i];
    }
    for (size_t i = 0; i < size; i++) {
        size_t pivot = i;
        for (size_t r = i + 1; r < size; r++) {
            pivot = fabs(test->covariance[r][i]) > fabs(test->covariance[pivot][i]) ? r : pivot;
        }
        for (size_t c = 0; c < size; c++) {
            double swapped = test->covariance[i][c];
            test->covariance[i][c] = test->covariance[pivot][c];
            test->covariance[pivot][c] = swapped;
        }
        double swapped = right[i];
        right[i] = right[pivot];
        right[pivot] = swapped;
        for (size_t r = i + 1; r < size; r++) {
            double factor = test->covariance[r][i] / test->covariance[i][i];
            for (size_t c = i; c < size; c++) {
                test->covariance[r][c] -= factor * test->covariance[i][c];
            }
            right[r] -= factor * right[i];
        }
    }
    for (size_t i = size; i-- > 0;) {
        for (size_t c = i + 1; c < size; c++) {
            right[i] -= test->covariance[i][c] * right[c];
        }
        right[i] /= test->covariance[i][i];
        sum += right[i] * test->difference[i];
    }
    return sum;
}

bool study_log_rank(const struct study_followup *const *groups, const size_t *counts, size_t group_count, struct study_log_rank *out_test,
                    struct error *err)
{
    struct study_curve curves[GROUPS_MAX];
    struct test test = {.groups = group_count, .curves = curves};
    CLEANUP(arena) struct arena *scratch = arena_create();
    if (group_count < 2 || group_count > GROUPS_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a log-rank test compares 2 to %d groups", GROUPS_MAX);
    }
    for (size_t g = 0; g < group_count; g++) {
        study_survival(groups[g], counts[g], false, scratch, &curves[g]);
    }
    for (;;) {
        int32_t days = STUDY_FOREVER;
        for (size_t g = 0; g < group_count; g++) {
            days = test.at[g] < curves[g].count ? study_earlier(days, curves[g].points[test.at[g]].days) : days;
        }
        if (days == STUDY_FOREVER) {
            break;
        }
        add_day(&test, days);
    }
    double chi_square = quadratic_form(&test, group_count - 1);
    if (!isfinite(chi_square)) {
        return FAIL(err, INVALID_ARGUMENT, "no log-rank test: a group is empty, or nobody has the event");
    }
    *out_test = (struct study_log_rank){chi_square, study_chi_square_upper(chi_square, (double)group_count - 1)};
    return true;
}
