/* SPDX-License-Identifier: EUPL-1.2 */
/* event_list: keeping some events of a list, without branches that depend on the data. */
#include "research/evaluate/event_list.h"
#include <string.h>

static const uint32_t *keep_u32(const uint32_t *values, const uint8_t *keep, size_t count, size_t kept, struct arena *arena)
{
    if (!values) {
        return NULL;
    }
    uint32_t *out = arena_allocate_raw(arena, kept + 1, sizeof *out); /* one more: each value is written before it is known to stay */
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        out[at] = values[i];
        at += keep[i];
    }
    return out;
}

static const int32_t *keep_days(const int32_t *values, const uint8_t *keep, size_t count, size_t kept, struct arena *arena)
{
    if (!values) {
        return NULL;
    }
    int32_t *out = arena_allocate_raw(arena, kept + 1, sizeof *out);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        out[at] = values[i];
        at += keep[i];
    }
    return out;
}

void event_list_keep(const struct event_list *list, const uint8_t *keep, struct arena *arena, struct event_list *out_list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        kept += keep[i];
    }
    struct event_list out = *list;
    out.count = kept;
    out.persons = keep_u32(list->persons, keep, list->count, kept, arena);
    out.starts = keep_days(list->starts, keep, list->count, kept, arena);
    out.ends = keep_days(list->ends, keep, list->count, kept, arena);
    out.rows = keep_u32(list->rows, keep, list->count, kept, arena);
    out.sort_days = keep_days(list->sort_days, keep, list->count, kept, arena);
    *out_list = out;
}

void event_list_first(const struct event_list *list, struct arena *arena, struct event_list *out_list)
{
    uint8_t *keep = arena_allocate_raw(arena, list->count + 1, 1);
    for (size_t i = 0; i < list->count; i++) {
        keep[i] = i == 0 || list->persons[i] != list->persons[i - 1];
    }
    event_list_keep(list, keep, arena, out_list);
}

static const void *copy(const void *values, size_t count, struct arena *arena)
{
    if (!values) {
        return NULL;
    }
    void *out = arena_allocate_raw(arena, count + 1, sizeof(uint32_t));
    memcpy(out, values, count * sizeof(uint32_t));
    return out;
}

void event_list_copy(const struct event_list *list, struct arena *arena, struct event_list *out_list)
{
    struct event_list out = *list;
    out.persons = copy(list->persons, list->count, arena);
    out.starts = copy(list->starts, list->count, arena);
    out.ends = copy(list->ends, list->count, arena);
    out.rows = copy(list->rows, list->count, arena);
    out.sort_days = copy(list->sort_days, list->count, arena);
    *out_list = out;
}

bool event_list_check_ascending(const struct event_list *list)
{
    bool is_ascending = true;
    for (size_t i = 0; i < list->count; i++) {
        bool is_same = i > 0 && list->persons[i] == list->persons[i - 1];
        is_ascending &= list->starts[i] != STORE_NO_DAY && !(is_same && list->starts[i] < list->starts[i - 1]);
    }
    return is_ascending;
}
