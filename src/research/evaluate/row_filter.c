/* SPDX-License-Identifier: EUPL-1.2 */
/* row_filter: each kind of test is one loop over values, which knows nothing of NULL; NULL and rows that are dropped come after it. */
#include "research/evaluate/row_filter.h"
#include "research/evaluate/row_values.h"
#include <assert.h>

static void integers_between(const struct row_values *values, size_t count, const struct cohort_test *test, uint8_t *keep)
{
    for (size_t i = 0; i < count; i++) {
        keep[i] = values->integers[i] >= test->low && values->integers[i] <= test->high;
    }
}

static void numbers_between(const double *numbers, size_t count, double low, double high, uint8_t *keep)
{
    for (size_t i = 0; i < count; i++) {
        keep[i] = numbers[i] >= low && numbers[i] <= high;
    }
}

/* An integer column under a decimal range, or a number under an integer range. */
static void range_apply(const struct row_values *values, size_t count, const struct cohort_test *test, struct arena *scratch, uint8_t *keep)
{
    bool is_decimal = test->kind == COHORT_TEST_DECIMAL;
    if (values->integers && !is_decimal) {
        integers_between(values, count, test, keep);
        return;
    }
    const double *numbers = values->numbers;
    if (!numbers) {
        assert(values->integers && "a range looks at numbers");
        double *converted = arena_allocate_raw(scratch, count + 1, sizeof *converted);
        for (size_t i = 0; i < count; i++) {
            converted[i] = (double)values->integers[i];
        }
        numbers = converted;
    }
    numbers_between(numbers, count, is_decimal ? test->low_number : (double)test->low, is_decimal ? test->high_number : (double)test->high,
                    keep);
}

static bool ids_contain(struct concept_ids ids, int64_t id)
{
    size_t low = 0, high = ids.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids.items[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ids.count && ids.items[low] == id;
}

static void membership_apply(const struct row_values *values, size_t count, struct concept_ids ids, uint8_t *keep)
{
    for (size_t i = 0; i < count; i++) {
        keep[i] = ids_contain(ids, values->integers[i]);
    }
}

static void text_apply(const struct row_values *values, size_t count, struct text pattern, uint8_t *keep)
{
    for (size_t i = 0; i < count; i++) {
        keep[i] = cohort_text_is_like(pattern, values->texts[i]);
    }
}

/* Three tests joined by OR, each false where a part of it is NULL [3.1]. */
static bool abnormal_apply(struct segment_run *run, const struct event_list *list, struct arena *scratch, uint8_t *keep, struct error *err)
{
    static const int fields[] = {OMOP_MEASUREMENT_VALUE_AS_NUMBER, OMOP_MEASUREMENT_RANGE_LOW, OMOP_MEASUREMENT_RANGE_HIGH,
                                 OMOP_MEASUREMENT_VALUE_AS_CONCEPT_ID};
    struct row_values of[4];
    for (int k = 0; k < 4; k++) {
        TRY(row_values_read(run, list, (struct cohort_value){COHORT_FIELD, fields[k]}, scratch, &of[k], err));
    }
    for (size_t i = 0; i < list->count; i++) {
        bool known[4];
        for (int k = 0; k < 4; k++) {
            known[k] = !of[k].known || of[k].known[i];
        }
        bool is_low = known[0] && known[1] && of[0].numbers[i] < of[1].numbers[i];
        bool is_high = known[0] && known[2] && of[0].numbers[i] > of[2].numbers[i];
        int64_t concept = known[3] ? of[3].integers[i] : 0;
        keep[i] = is_low || is_high || concept == COHORT_ABNORMAL_LOW || concept == COHORT_ABNORMAL_HIGH;
    }
    return true;
}

/* What the test says of a value that is NULL. */
static bool null_passes(const struct segment_run *run, const struct cohort_test *test)
{
    if (test->kind == COHORT_TEST_PRESENT) {
        return test->is_negated;
    }
    /* NULL NOT IN an empty set is true [1.3] */
    return test->kind == COHORT_TEST_SET && test->is_negated && run->plan->program->concept_sets[test->set].members.count == 0;
}

static void kind_apply(const struct segment_run *run, const struct row_values *values, size_t count, const struct cohort_test *test,
                       struct arena *scratch, uint8_t *keep)
{
    switch (test->kind) {
    case COHORT_TEST_INTEGER:
    case COHORT_TEST_DATE:
    case COHORT_TEST_DECIMAL:
        range_apply(values, count, test, scratch, keep);
        break;
    case COHORT_TEST_TEXT:
        text_apply(values, count, test->pattern, keep);
        break;
    case COHORT_TEST_CONCEPTS:
        membership_apply(values, count, test->concepts, keep);
        break;
    case COHORT_TEST_SET:
        membership_apply(values, count, run->plan->program->concept_sets[test->set].members, keep);
        break;
    case COHORT_TEST_PRESENT:
    case COHORT_TEST_ABNORMAL:
        for (size_t i = 0; i < count; i++) {
            keep[i] = 1;
        }
        break;
    }
}

bool row_filter_apply(struct segment_run *run, const struct event_list *list, const struct cohort_test *test, struct arena *scratch,
                      uint8_t *keep, struct error *err)
{
    struct row_values values;
    if (test->kind == COHORT_TEST_ABNORMAL) {
        return abnormal_apply(run, list, scratch, keep, err);
    }
    TRY(row_values_read(run, list, test->value, scratch, &values, err));
    kind_apply(run, &values, list->count, test, scratch, keep);
    uint8_t of_null = null_passes(run, test);
    for (size_t i = 0; i < list->count; i++) {
        uint8_t passes = keep[i] != (uint8_t)test->is_negated;
        passes = !values.known || values.known[i] ? passes : of_null;
        keep[i] = passes && (!values.present || values.present[i]);
    }
    return true;
}
