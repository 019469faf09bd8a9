/* SPDX-License-Identifier: EUPL-1.2 */
/* summary: see study_summary.h. */
#include "research/study/study_summary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- estimates of a sample ---- */
static double quantile(const struct study_sample *sample, double share)
{
    double at = share * (double)(sample->count - 1), below = floor(at);
    size_t index = (size_t)below;
    double low = sample->values[index], high = index + 1 < sample->count ? sample->values[index + 1] : low;
    return low + (at - below) * (high - low);
}

static double mean(const struct study_sample *sample)
{
    double sum = 0;
    for (size_t i = 0; i < sample->count; i++) {
        sum += sample->values[i];
    }
    return sum / (double)sample->count;
}

static double deviation(const struct study_sample *sample)
{
    double centre = mean(sample), sum = 0;
    for (size_t i = 0; i < sample->count; i++) {
        sum += (sample->values[i] - centre) * (sample->values[i] - centre);
    }
    return sample->count < 2 ? NAN : sqrt(sum / (double)(sample->count - 1));
}

/* How many values meet a condition; SIZE_MAX: there is none of this name. */
static size_t count_of(const char *condition, const struct study_sample *sample)
{
    static const char *const names[] = {"0", "positive", "negative", "not_positive", "not_negative"};
    size_t which = 0, count = 0;
    while (which < 5 && strcmp(names[which], condition) != 0) {
        which++;
    }
    for (size_t i = 0; i < sample->count && which < 5; i++) {
        double value = sample->values[i];
        const bool met[] = {value == 0, value > 0, value < 0, value <= 0, value >= 0};
        count += met[which];
    }
    return which < 5 ? count : SIZE_MAX;
}

static bool estimate_count(const char *name, const struct study_sample *sample, double *out_value)
{
    bool is_share = strncmp(name, "percentage", 10) == 0;
    const char *condition = name + (is_share ? 10 : 5);
    size_t count, whole = sample->count;
    if (*condition == 0) {
        count = count_of("positive", sample);
    } else if (strcmp(condition, "_missing") == 0) {
        count = sample->rows - sample->count;
        whole = sample->rows;
    } else {
        count = *condition == '_' ? count_of(condition + 1, sample) : SIZE_MAX;
    }
    *out_value = !is_share ? (double)count : whole == 0 ? NAN : 100 * (double)count / (double)whole;
    return count != SIZE_MAX;
}

bool study_estimate(const char *name, const struct study_sample *sample, double *out_value)
{
    double share = -1;
    if (strncmp(name, "count", 5) == 0 || strncmp(name, "percentage", 10) == 0) {
        return estimate_count(name, sample, out_value);
    }
    if (strcmp(name, "mean") == 0 || strcmp(name, "sum") == 0) {
        *out_value = sample->count == 0 ? NAN : mean(sample) * (*name == 's' ? (double)sample->count : 1);
        return true;
    }
    if (strcmp(name, "sd") == 0) {
        *out_value = deviation(sample);
        return true;
    }
    if (strcmp(name, "min") == 0 || strcmp(name, "max") == 0) {
        share = name[1] == 'i' ? 0 : 1;
    } else if (strcmp(name, "median") == 0) {
        share = 0.5;
    } else if (name[0] == 'q' && strlen(name) == 3 && strspn(name + 1, "0123456789") == 2) {
        share = ((name[1] - '0') * 10 + (name[2] - '0')) / 100.0;
    }
    *out_value = share < 0 || sample->count == 0 ? NAN : quantile(sample, share);
    return share >= 0;
}

bool study_variable_is_binary(const struct study_variable *variable, size_t rows)
{
    bool has_one = false;
    for (size_t r = 0; r < rows && variable->kind == STUDY_NUMBER; r++) {
        double value = variable->numbers[r];
        if (!isnan(value) && value != 0 && value != 1) {
            return false;
        }
        has_one = has_one || !isnan(value);
    }
    return has_one;
}

/* ---- cells ---- */
static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static int compare_subjects(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int compare_words(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool study_counts_report(struct result *result, const struct result_place *place, const struct study_summary_request *request,
                         struct error *err)
{
    struct result_variable variable = {.place = *place, .name = "number records"};
    TRY(result_add_count(result, &variable, "count", RESULT_RECORDS, request->row_count, err));
    if (!request->subjects) {
        return true;
    }
    CLEANUP(arena) struct arena *scratch = arena_create();
    int64_t *subjects = ARENA_ARRAY(scratch, int64_t, request->row_count + 1);
    size_t different = 0;
    for (size_t i = 0; i < request->row_count; i++) {
        subjects[i] = request->subjects[request->rows[i]];
    }
    qsort(subjects, request->row_count, sizeof *subjects, compare_subjects);
    for (size_t i = 0; i < request->row_count; i++) {
        different += (size_t)(i == 0 || subjects[i] != subjects[i - 1]);
    }
    variable.name = "number subjects";
    return result_add_count(result, &variable, "count", RESULT_PERSONS, different, err);
}

static bool add_number(struct result *result, const struct result_variable *at, const struct study_variable *variable, const char *estimate,
                       const struct study_sample *sample, struct error *err)
{
    double value;
    bool is_share = strncmp(estimate, "percentage", 10) == 0, is_count = strncmp(estimate, "count", 5) == 0;
    bool is_mean = strcmp(estimate, "mean") == 0 || strcmp(estimate, "sd") == 0;
    struct result_basis basis = {.kind = is_mean ? RESULT_MEAN : RESULT_QUANTILE, .unit = RESULT_RECORDS, .n = sample->count};
    enum result_type type = is_share                                                ? RESULT_PERCENT
                            : variable->kind == STUDY_DATE && !is_count && !is_mean ? RESULT_DATE
                            : variable->is_integer && !is_mean                      ? RESULT_INTEGER
                                                                                    : RESULT_NUMERIC;
    if (!study_estimate(estimate, sample, &value)) {
        return true;
    }
    if (isnan(value)) {
        return result_add_label(result, at, estimate, type, NULL, err);
    }
    if (is_count) {
        return result_add_count(result, at, estimate, RESULT_RECORDS, (uint64_t)value, err);
    }
    if (is_share) {
        size_t whole = strcmp(estimate, "percentage_missing") == 0 ? sample->rows : sample->count;
        basis.kind = RESULT_PERCENTAGE;
        basis.denominator = whole;
        basis.numerator = (uint64_t)nearbyint(value / 100 * (double)whole);
    }
    if (type == RESULT_DATE) {
        char text[DAY_TEXT_SIZE];
        day_to_text((day){(int32_t)nearbyint(value)}, text);
        return result_add_label(result, at, estimate, type, text, err);
    }
    return result_add_value(result, at, estimate, type, type == RESULT_INTEGER ? nearbyint(value) : value, &basis, err);
}

static bool add_categories(struct result *result, const struct result_place *place, const struct study_summary_request *request,
                           const struct study_variable *variable, const char *estimate, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const char **words = ARENA_ARRAY(scratch, const char *, request->row_count + 1);
    bool is_share = strcmp(estimate, "percentage") == 0;
    size_t count = 0;
    if (!is_share && strcmp(estimate, "count") != 0) {
        return true;
    }
    for (size_t i = 0; i < request->row_count; i++) {
        words[count] = variable->texts[request->rows[i]];
        count += (size_t)(words[count] != NULL);
    }
    qsort(words, count, sizeof *words, compare_words);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && strcmp(words[next], words[i]) == 0; next++) {
        }
        const struct result_variable at = {.place = *place, .name = variable->name, .level = words[i]};
        const struct result_basis basis = {
            .kind = RESULT_PERCENTAGE, .unit = RESULT_RECORDS, .numerator = next - i, .denominator = request->row_count};
        TRY(is_share ? result_add_value(result, &at, estimate, RESULT_PERCENT, 100 * (double)(next - i) / (double)request->row_count,
                                        &basis, err)
                     : result_add_count(result, &at, estimate, RESULT_RECORDS, next - i, err));
    }
    return true;
}

bool study_summary_report(struct result *result, const struct result_place *place, const struct study_summary_request *request,
                          const struct study_variable *variable, const char *const *estimates, size_t estimate_count, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    double *values = ARENA_ARRAY(scratch, double, request->row_count + 1);
    struct study_sample sample = {.values = values, .rows = request->row_count};
    const struct result_variable at = {.place = *place, .name = variable->name};
    if (variable->kind == STUDY_CATEGORY) {
        for (size_t e = 0; e < estimate_count; e++) {
            TRY(add_categories(result, place, request, variable, estimates[e], err));
        }
        return true;
    }
    for (size_t i = 0; i < request->row_count; i++) {
        values[sample.count] = variable->numbers[request->rows[i]];
        sample.count += isnan(values[sample.count]) ? 0 : 1;
    }
    qsort(values, sample.count, sizeof *values, compare_doubles);
    for (size_t e = 0; e < estimate_count; e++) {
        TRY(add_number(result, &at, variable, estimates[e], &sample, err));
    }
    return true;
}
