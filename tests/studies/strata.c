/* SPDX-License-Identifier: EUPL-1.2 */
/* strata: see strata.h. */
#include "strata.h"
#include <string.h>

bool strata_holds(const struct call *call, const struct table *table, size_t row, const struct stratum *stratum)
{
    for (size_t c = 0; c < stratum->count; c++) {
        const char *value = table_text(call, table, stratum->pairs[c].name, row);
        if (!value || strcmp(value, stratum->pairs[c].level) != 0) {
            return false;
        }
    }
    return true;
}

/* The strata of one combination of columns, as its values occur. */
static size_t strata_of(const struct call *call, const struct table *table, const char *const *columns, size_t column_count,
                        struct stratum *strata, size_t count)
{
    for (size_t r = 0; r < table->rows; r++) {
        struct stratum stratum = {.count = column_count};
        bool is_new = true, is_whole = true;
        for (size_t c = 0; c < column_count; c++) {
            stratum.pairs[c] = (struct result_pair){columns[c], table_text(call, table, columns[c], r)};
            is_whole = is_whole && stratum.pairs[c].level;
        }
        for (size_t s = 0; is_whole && s < count && is_new; s++) {
            is_new = strata[s].count != column_count || strcmp(strata[s].pairs[0].name, columns[0]) != 0 ||
                     !strata_holds(call, table, r, &strata[s]);
        }
        if (is_new && is_whole && count < STRATA_MAX) {
            strata[count++] = stratum;
        }
    }
    return count;
}

size_t strata_read(const struct call *call, const char *argument, const struct table *table, bool with_overall, struct stratum **out_strata)
{
    const struct json *value = call_argument(call, argument);
    struct stratum *strata = ARENA_ARRAY(call->arena, struct stratum, STRATA_MAX);
    size_t count = with_overall; /* the first one: overall */
    size_t combinations = !value ? 0 : value->kind == JSON_ARRAY ? value->count : 1;
    for (size_t i = 0; i < combinations; i++) {
        const struct json *item = value->kind == JSON_ARRAY ? &value->items[i] : value;
        const char *columns[STRATA_COLUMNS_MAX];
        size_t column_count = item->kind == JSON_ARRAY ? item->count : 1;
        for (size_t c = 0; c < column_count && c < STRATA_COLUMNS_MAX; c++) {
            columns[c] = (item->kind == JSON_ARRAY ? &item->items[c] : item)->text.data;
        }
        count = strata_of(call, table, columns, column_count, strata, count);
    }
    *out_strata = strata;
    return count;
}

size_t strata_together(const struct call *call, const char *const *columns, size_t column_count, const struct table *table,
                       struct stratum **out_strata)
{
    *out_strata = ARENA_ARRAY(call->arena, struct stratum, STRATA_MAX);
    return strata_of(call, table, columns, column_count, *out_strata, 0);
}
