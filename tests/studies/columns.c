/* SPDX-License-Identifier: EUPL-1.2 */
/* columns: see columns.h. */
#include "columns.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct columns columns_of(struct call *call, const char *argument)
{
    return (struct columns){.call = call, .table = call_cohort(call, argument, "cohort1")};
}

const char **columns_add(struct columns *columns, const char *name)
{
    size_t at = 0;
    while (at < columns->count && strcmp(columns->names[at], name) != 0) {
        at++;
    }
    if (at == COLUMNS_MAX) {
        call_differs(columns->call, "more columns than there is room for");
        return NULL;
    }
    columns->names[at] = name;
    columns->values[at] = ARENA_ARRAY(columns->call->arena, const char *, columns->table.rows + 1);
    columns->count = at == columns->count ? at + 1 : columns->count;
    return columns->values[at];
}

const char *columns_number(const struct columns *columns, int64_t value)
{
    return arena_text_format(columns->call->arena, "%lld", (long long)value);
}

const char *columns_day(const struct columns *columns, int32_t number)
{
    char text[DAY_TEXT_SIZE];
    if (number == STUDY_NO_DAY) {
        return NULL;
    }
    day_to_text((day){number}, text);
    return arena_text_copy(columns->call->arena, text);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static const char *our_value(const struct columns *columns, const char *name, size_t row)
{
    for (size_t c = 0; c < columns->count; c++) {
        if (strcmp(columns->names[c], name) == 0) {
            return columns->values[c][row];
        }
    }
    return table_text(columns->call, &columns->table, name, row);
}

static const char *row_text(const struct columns *columns, const struct table *shape, const struct table *theirs, size_t row)
{
    const char *text = "";
    for (size_t c = 0; c < shape->columns->count; c++) {
        const char *name = shape->columns->names[c].data;
        name = arena_text_format(columns->call->arena, "%.*s", (int)shape->columns->names[c].length, name);
        const char *value = theirs ? table_text(columns->call, theirs, name, row) : our_value(columns, name, row);
        double number;
        if (value && strchr(value, '.') && text_to_double(text_of(value), &number)) { /* fractions to nine digits */
            value = arena_text_format(columns->call->arena, "%.9g", number);
        }
        text = arena_text_format(columns->call->arena, "%s%s%s=%s", text, c ? ", " : "", name, value ? value : "NA");
    }
    return text;
}

void columns_compare(const struct columns *columns)
{
    struct call *call = columns->call;
    struct table theirs = call_result(call, "table");
    if (!theirs.columns) {
        call_differs(call, "no table is recorded");
        return;
    }
    for (size_t c = 0; c < columns->count; c++) {
        if (!table_has(&theirs, columns->names[c])) {
            call_differs(call, "the column %s is not recorded", columns->names[c]);
        }
    }
    const char **expected = ARENA_ARRAY(call->arena, const char *, theirs.rows + 1);
    const char **ours = ARENA_ARRAY(call->arena, const char *, columns->table.rows + 1);
    size_t count = 0;
    for (size_t r = 0; r < theirs.rows; r++) {
        expected[r] = row_text(columns, &theirs, &theirs, r);
    }
    for (size_t r = 0; r < columns->table.rows; r++) {
        if (!columns->kept || columns->kept[r]) {
            ours[count++] = row_text(columns, &theirs, NULL, r);
        }
    }
    qsort(expected, theirs.rows, sizeof *expected, compare_texts);
    qsort(ours, count, sizeof *ours, compare_texts);
    for (size_t i = 0; i < count || i < theirs.rows; i++) {
        if (i >= count || i >= theirs.rows || strcmp(ours[i], expected[i]) != 0) {
            call_differs(call, "%zu rows, recorded %zu; ours: %s; theirs: %s", count, theirs.rows, i < count ? ours[i] : "none",
                         i < theirs.rows ? expected[i] : "none");
            return;
        }
    }
}

const char *snake_case(const struct call *call, const char *name)
{
    char *text = arena_allocate(call->arena, strlen(name) * 2 + 1, 1);
    size_t length = 0;
    for (const char *at = name; *at; at++) {
        if (isupper((unsigned char)*at) && at > name && islower((unsigned char)at[-1])) {
            text[length++] = '_';
        }
        text[length++] = *at == ' ' || *at == '-' ? '_' : (char)tolower((unsigned char)*at);
    }
    return text;
}

static const char *bound_name(const struct call *call, int32_t bound)
{
    if (bound == STUDY_FOREVER || bound == -STUDY_FOREVER) {
        return bound > 0 ? "inf" : "minf";
    }
    return arena_text_format(call->arena, "%s%d", bound < 0 ? "m" : "", abs(bound));
}

const char *window_name(const struct call *call, struct study_span window)
{
    return arena_text_format(call->arena, "%s_to_%s", bound_name(call, window.first), bound_name(call, window.last));
}

const char *styled(const struct call *call, const char *style, const char *const *pairs)
{
    const char *text = style;
    for (; pairs[0]; pairs += 2) {
        const char *word = arena_text_format(call->arena, "{%s}", pairs[0]);
        for (const char *at = strstr(text, word); at; at = strstr(text, word)) {
            text = arena_text_format(call->arena, "%.*s%s%s", (int)(at - text), text, pairs[1], at + strlen(word));
        }
    }
    return snake_case(call, text);
}
