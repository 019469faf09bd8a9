/* SPDX-License-Identifier: EUPL-1.2 */
/* Merged lists against sorting everything: few and many lists, few and many events, days that are absent, persons beyond 32 bits of key. */
#include "warehouse/store/event_merge.h"
#include "warehouse/store/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state = 23;
static uint32_t random_below(uint32_t limit)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % limit);
}

/* Row r belongs to person r / rows_each; days ascend within a person, the last may be absent. */
struct event {
    uint32_t person, row;
    int32_t start, end;
    size_t list;
};

static int by_list(const void *a, const void *b)
{
    const struct event *left = a, *right = b;
    const int order = (left->list > right->list) - (left->list < right->list);
    return order ? order : (left->row > right->row) - (left->row < right->row);
}

/* Events in row order, each in one of `lists` lists; absent_in: one start in so many is absent, at the end of a person. */
static void events_make(struct event *events, size_t count, uint32_t rows_each, size_t lists, int32_t day_range)
{
    uint32_t row = 0;
    for (size_t i = 0; i < count; i++) {
        row += 1 + random_below(3);
        const uint32_t place = row % rows_each;
        events[i].person = row / rows_each;
        events[i].row = row;
        events[i].start = place == rows_each - 1 ? STORE_NO_DAY : -100 + (int32_t)place * (day_range / (int32_t)rows_each);
        events[i].end = (int32_t)random_below(1000);
        events[i].list = random_below((uint32_t)lists);
    }
}

struct merged {
    struct event_lists lists;
    struct event_arrays out;
};

static struct merged lists_make(struct event *events, size_t count, size_t lists, uint32_t rows_each, struct arena *arena)
{
    struct merged merged = {.lists.lists = lists};
    struct event_arrays *from = &merged.lists.events, *out = &merged.out;
    merged.lists.row_limit = events[count - 1].row + 1;
    merged.lists.person_limit = events[count - 1].row / rows_each + 1;
    merged.lists.list_ends = ARENA_ARRAY(arena, size_t, lists + 1);
    *from = (struct event_arrays){ARENA_ARRAY(arena, uint32_t, count), ARENA_ARRAY(arena, uint32_t, count),
                                  ARENA_ARRAY(arena, int32_t, count), ARENA_ARRAY(arena, int32_t, count)};
    *out = (struct event_arrays){ARENA_ARRAY(arena, uint32_t, count), ARENA_ARRAY(arena, uint32_t, count),
                                 ARENA_ARRAY(arena, int32_t, count), ARENA_ARRAY(arena, int32_t, count)};
    struct event *sorted = arena_allocate_raw(arena, count, sizeof *sorted);
    memcpy(sorted, events, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_list);
    for (size_t i = 0; i < count; i++) {
        from->persons[i] = sorted[i].person;
        from->rows[i] = sorted[i].row;
        from->starts[i] = sorted[i].start;
        from->ends[i] = sorted[i].end;
        for (size_t list = sorted[i].list; list < lists; list++) {
            merged.lists.list_ends[list] = i + 1;
        }
    }
    return merged;
}

static void check_merges(size_t count, size_t lists, uint32_t rows_each, int32_t day_range)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct event *events = ARENA_ARRAY(arena, struct event, count);
    events_make(events, count, rows_each, lists, day_range);
    struct merged by_day = lists_make(events, count, lists, rows_each, arena);
    struct merged by_row = lists_make(events, count, lists, rows_each, arena);
    struct merged rows = lists_make(events, count, lists, rows_each, arena);
    events_merge_by_day(&by_day.lists, arena, &by_day.out);
    assert_true(events_merge_by_row(&by_row.lists, arena, &by_row.out));
    assert_true(events_merge_rows(&rows.lists, arena));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(by_day.out.persons[i], events[i].person);
        assert_int_equal(by_day.out.starts[i], events[i].start);
        assert_int_equal(by_row.out.persons[i], events[i].person);
        assert_int_equal(by_row.out.starts[i], events[i].start);
        assert_int_equal(by_row.out.ends[i], events[i].end);
        assert_int_equal(by_row.out.rows[i], events[i].row);
        assert_int_equal(rows.lists.events.rows[i], events[i].row);
    }
}

static void merges(void **unused)
{
    (void)unused;
    const size_t lists[] = {2, 3, 4, 5, 40, 700};
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        check_merges(5, lists[l], 4, 4000);
        check_merges(3000, lists[l], 20, 4000);
        check_merges(3000, lists[l], 1, 4000);         /* every day is absent */
        check_merges(3000, lists[l], 2, 3000000);      /* persons and days beyond 32 bits */
        check_merges(60000, lists[l], 50000, 3000000); /* two persons or three */
    }
}

static void a_row_twice(void **unused)
{
    (void)unused;
    CLEANUP(arena) struct arena *arena = arena_create();
    uint32_t rows[] = {1, 5, 5, 9}, persons[] = {0, 0, 0, 0}, out[4] = {0};
    size_t ends[] = {2, 4};
    for (uint32_t limit = 10; limit < 100000; limit *= 50) { /* by bitmap, and by sorting */
        struct event_lists lists = {{persons, rows, NULL, NULL}, ends, 2, 1, limit};
        const struct event_arrays arrays = {out, NULL, NULL, NULL};
        assert_false(events_merge_by_row(&lists, arena, &arrays));
        assert_false(events_merge_rows(&lists, arena));
        memcpy(rows, (const uint32_t[]){1, 5, 5, 9}, sizeof rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(merges), cmocka_unit_test(a_row_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
