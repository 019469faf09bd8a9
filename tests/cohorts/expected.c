/* SPDX-License-Identifier: EUPL-1.2 */
/* expected: reading the files of the reference, and writing our results the same way. */
#include "expected.h"
#include "base/csv.h"
#include <stdlib.h>
#include <string.h>

static int line_compare(const void *a, const void *b)
{
    const struct expected_line *x = a, *y = b;
    for (int i = 0; i < EXPECTED_VALUES; i++) {
        if (x->values[i] != y->values[i]) {
            return x->values[i] < y->values[i] ? -1 : 1;
        }
    }
    return 0;
}

void expected_sort(struct expected_lines *lines)
{
    if (lines->count > 1) {
        qsort(lines->items, lines->count, sizeof *lines->items, line_compare);
    }
}

bool expected_read(const char *path, struct expected_lines *lines, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *csv = NULL;
    struct csv_record record;
    bool more;
    TRY(csv_reader_open(&csv, path, NULL, err));
    TRY(csv_reader_next(csv, &record, &more, err));
    for (;;) {
        TRY(csv_reader_next(csv, &record, &more, err));
        if (!more) {
            break;
        }
        struct expected_line line = {{0}};
        for (size_t i = 0; i < record.count && i < EXPECTED_VALUES; i++) {
            day date;
            if (day_from_text(record.fields[i].text, &date)) {
                line.values[i] = date.number;
            } else if (!text_to_i64(record.fields[i].text, &line.values[i])) {
                return FAIL(err, INVALID_INPUT, "%s, line %d, field %zu: neither a number nor a date", path, (int)record.line, i + 1);
            }
        }
        TRY(expected_lines_append(lines, line, err));
    }
    expected_sort(lines);
    return true;
}

bool expected_of_rows(int64_t cohort, const struct cohort_result *result, struct expected_lines *lines, struct error *err)
{
    for (size_t i = 0; i < result->rows.count; i++) {
        struct expected_line line = {{cohort, result->rows.persons[i], result->rows.starts[i], result->rows.ends[i]}};
        TRY(expected_lines_append(lines, line, err));
    }
    expected_sort(lines);
    return true;
}

bool expected_of_masks(int64_t cohort, const struct cohort_result *result, struct expected_lines *lines, struct error *err)
{
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        for (size_t i = 0; i < result->statistics[mode].mask_count; i++) {
            const struct cohort_mask_count *mask = &result->statistics[mode].masks[i];
            struct expected_line line = {{cohort, (int64_t)mask->mask, (int64_t)mask->count, mode}};
            TRY(expected_lines_append(lines, line, err));
        }
    }
    expected_sort(lines);
    return true;
}

bool expected_of_rules(int64_t cohort, const struct cohort_result *result, struct expected_lines *lines, struct error *err)
{
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        for (size_t i = 0; i < result->attrition.rule_count; i++) {
            const struct cohort_rule_count *rule = &result->statistics[mode].rules[i];
            struct expected_line line = {
                {cohort, (int64_t)i, (int64_t)rule->person_count, (int64_t)rule->gain_count, (int64_t)rule->person_total, mode}};
            TRY(expected_lines_append(lines, line, err));
        }
    }
    expected_sort(lines);
    return true;
}

bool expected_is_same(const struct expected_lines *all, int64_t cohort, const struct expected_lines *ours)
{
    size_t low = 0, high = all->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all->items[middle].values[0] < cohort) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < all->count && all->items[end].values[0] == cohort) {
        end++;
    }
    return end - low == ours->count && (ours->count == 0 || memcmp(&all->items[low], ours->items, ours->count * sizeof *ours->items) == 0);
}
