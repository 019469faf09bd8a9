/* SPDX-License-Identifier: EUPL-1.2 */
/* compare: see compare.h. */
#include "compare.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *day_name(int32_t number, char text[DAY_TEXT_SIZE])
{
    day_to_text((day){number}, text);
    return text;
}

static const char *entry_name(const struct call *call, const struct study_entry *entry)
{
    char start[DAY_TEXT_SIZE], end[DAY_TEXT_SIZE];
    return arena_text_format(call->arena, "(%d, %lld, %s, %s)", entry->cohort, (long long)entry->subject, day_name(entry->start, start),
                             day_name(entry->end, end));
}

static int compare_rows(const struct study_entry *a, const struct study_entry *b)
{
    if (a->cohort != b->cohort) {
        return a->cohort < b->cohort ? -1 : 1;
    }
    if (a->subject != b->subject) {
        return a->subject < b->subject ? -1 : 1;
    }
    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    return a->end != b->end ? (a->end < b->end ? -1 : 1) : 0;
}

void compare_entries(struct call *call, const struct study_entry *entries, size_t count)
{
    struct table table = call_result(call, "table");
    const struct study_entry *found;
    size_t expected = call_entries(call, &table, 0, &found);
    struct study_entry *theirs = ARENA_ARRAY(call->arena, struct study_entry, expected + 1);
    struct study_entry *ours = ARENA_ARRAY(call->arena, struct study_entry, count + 1);
    for (size_t i = 0; i < expected; i++) {
        theirs[i] = found[i];
        theirs[i].row = 0;
    }
    for (size_t i = 0; i < count; i++) {
        ours[i] = entries[i];
        ours[i].row = 0;
    }
    study_entries_sort_cohorts(theirs, expected);
    study_entries_sort_cohorts(ours, count);
    for (size_t i = 0; i < expected || i < count; i++) {
        int order = i >= expected ? -1 : i >= count ? 1 : compare_rows(&ours[i], &theirs[i]);
        if (order != 0) {
            call_differs(call, "%zu rows, recorded %zu; %s: %s", count, expected, order < 0 ? "not recorded" : "missing",
                         entry_name(call, order < 0 ? &ours[i] : &theirs[i]));
            return;
        }
    }
}

/* ---- summarised results ---- */
struct row {
    const char *key, *value;
};

static int compare_keys(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    return order ? order : strcmp(a->value ? a->value : "", b->value ? b->value : "");
}

static const char *key_of(const struct call *call, const char *const *texts)
{
    const char *key = "";
    for (int i = RESULT_GROUP_NAME; i < RESULT_COLUMN_COUNT; i++) {
        if (i != RESULT_ESTIMATE_VALUE) {
            key = arena_text_format(call->arena, "%s%s%s", key, *key ? " | " : "", texts[i] ? texts[i] : "NA");
        }
    }
    return key;
}

bool compare_values(const char *a, const char *b, double unit)
{
    double x, y;
    if (!a || !b) {
        return a == b;
    }
    if (strcmp(a, b) == 0) {
        return true;
    }
    if (!text_to_double(text_of(a), &x) || !text_to_double(text_of(b), &y)) {
        return false;
    }
    return fabs(x - y) <= fmax(unit * 1.0001, 1e-6 * fabs(y));
}

/* Is `word` one of the words, which blanks part? */
static bool is_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(words, word); at; at = strstr(at + 1, word)) {
        if ((at == words || at[-1] == ' ') && (at[length] == 0 || at[length] == ' ')) {
            return true;
        }
    }
    return false;
}

static size_t recorded_rows(const struct call *call, const char *result_type, struct row **out_rows)
{
    struct table table = call_result(call, "table"), settings = call_result(call, "settings");
    struct row *rows = ARENA_ARRAY(call->arena, struct row, table.rows + 1);
    size_t count = 0;
    for (size_t r = 0; r < table.rows; r++) {
        int64_t id = table_integer(&table, "result_id", r, 0);
        bool is_wanted = result_type == NULL;
        for (size_t s = 0; s < settings.rows && !is_wanted; s++) {
            const char *type = table_text(call, &settings, "result_type", s);
            is_wanted = table_integer(&settings, "result_id", s, 0) == id && type && is_word(result_type, type);
        }
        if (is_wanted) {
            const char *texts[RESULT_COLUMN_COUNT];
            for (int i = 0; i < RESULT_COLUMN_COUNT; i++) {
                texts[i] = table_text(call, &table, result_column_names[i], r);
            }
            rows[count++] = (struct row){key_of(call, texts), texts[RESULT_ESTIMATE_VALUE]};
        }
    }
    qsort(rows, count, sizeof *rows, compare_keys);
    *out_rows = rows;
    return count;
}

void compare_result(struct call *call, const struct result *result, const char *result_type, double unit)
{
    struct row *theirs, *ours = ARENA_ARRAY(call->arena, struct row, result_cell_count(result) + 1);
    size_t expected = recorded_rows(call, result_type, &theirs), count = result_cell_count(result);
    for (size_t i = 0; i < count; i++) {
        const struct result_cell *cell = result_cell_at(result, i);
        ours[i] = (struct row){key_of(call, cell->texts), cell->texts[RESULT_ESTIMATE_VALUE]};
    }
    qsort(ours, count, sizeof *ours, compare_keys);
    for (size_t i = 0; i < expected || i < count; i++) {
        int order = i >= expected ? -1 : i >= count ? 1 : strcmp(ours[i].key, theirs[i].key);
        if (order != 0) {
            call_differs(call, "%zu rows, recorded %zu; %s: %s", count, expected, order < 0 ? "not recorded" : "missing",
                         order < 0 ? ours[i].key : theirs[i].key);
            return;
        }
        if (!compare_values(ours[i].value, theirs[i].value, unit)) {
            call_differs(call, "%s instead of %s at %s", ours[i].value ? ours[i].value : "NA", theirs[i].value ? theirs[i].value : "NA",
                         ours[i].key);
            return;
        }
    }
}
