/* SPDX-License-Identifier: EUPL-1.2 */
/* Groups of postings of every length, with both codecs; absent days; what is cut, out of range or does not ascend is refused. */
#include "warehouse/store/postings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state = 5;
static uint32_t random_below(uint32_t limit)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % limit;
}

struct group {
    uint32_t persons[POSTINGS_GROUP], rows[POSTINGS_GROUP];
    int32_t starts[POSTINGS_GROUP], ends[POSTINGS_GROUP];
};

static void group_make(struct group *group, size_t count, uint32_t step, uint32_t absent_in)
{
    uint32_t person = random_below(1000), row = random_below(1000);
    for (size_t i = 0; i < count; i++) {
        person += random_below(step);
        row += 1 + random_below(step);
        group->persons[i] = person;
        group->rows[i] = row;
        group->starts[i] = absent_in && random_below(absent_in) == 0 ? STORE_NO_DAY : 14000 + (int32_t)random_below(6000);
        group->ends[i] = absent_in && random_below(absent_in) == 0 ? STORE_NO_DAY : 13990 + (int32_t)random_below(7000);
    }
}

static void group_round_trip(const struct group *group, size_t count, bool with_days)
{
    struct error err = {0};
    struct buffer core = {.maximum = 1 << 16}, detail = {.maximum = 1 << 16};
    struct group back;
    assert_true(postings_core_encode(&core, group->persons, with_days ? group->starts : NULL, count, &err));
    assert_true(postings_detail_encode(&detail, group->rows, group->starts, with_days ? group->ends : NULL, count, &err));
    uint8_t *exact = malloc(core.length);
    assert_non_null(exact);
    memcpy(exact, core.data, core.length);
    struct cursor cursor = {exact, core.length, 0};
    const uint32_t last = group->persons[count - 1], last_row = group->rows[count - 1];
    assert_true(postings_core_decode(&cursor, count, with_days, last + 1, back.persons, back.starts, &err));
    assert_int_equal(cursor.position, core.length);
    cursor = (struct cursor){detail.data, detail.length, 0};
    assert_true(postings_detail_decode(&cursor, count, with_days, last_row + 1, group->starts, back.rows, back.ends, &err));
    assert_memory_equal(back.persons, group->persons, count * sizeof(uint32_t));
    assert_memory_equal(back.rows, group->rows, count * sizeof(uint32_t));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(back.starts[i], with_days ? group->starts[i] : STORE_NO_DAY);
        assert_int_equal(back.ends[i], with_days ? group->ends[i] : STORE_NO_DAY);
    }
    cursor = (struct cursor){exact, core.length, 0};
    assert_false(postings_core_decode(&cursor, count, with_days, last, back.persons, back.starts, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    cursor = (struct cursor){exact, core.length - 1, 0};
    assert_false(count > 1 && postings_core_decode(&cursor, count, with_days, last + 1, back.persons, back.starts, &err));
    free(exact);
    buffer_finish(&core);
    buffer_finish(&detail);
}

static void groups_of_every_length(void **unused)
{
    (void)unused;
    const uint32_t steps[] = {1, 2, 30, 5000, 1 << 22};
    struct group group;
    for (int codec = 0; codec < 2; codec++) {
        bitpack_choose(codec ? &bitpack_portable : NULL);
        for (size_t count = 1; count <= POSTINGS_GROUP; count += count < 240 ? 13 : 1) {
            for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
                group_make(&group, count, steps[s], (uint32_t)(count % 3));
                group_round_trip(&group, count, true);
                group_round_trip(&group, count, false);
            }
        }
    }
    bitpack_choose(NULL);
}

static void far_apart_and_far_away(void **unused)
{
    (void)unused;
    struct group group = {
        .persons = {0, UINT32_MAX - 1}, .rows = {1, UINT32_MAX - 1}, .starts = {-719162, 2932896}, .ends = {2932896, -719162}};
    group_round_trip(&group, 2, true);
    group.starts[0] = group.starts[1] = group.ends[0] = group.ends[1] = STORE_NO_DAY;
    group_round_trip(&group, 2, true);
}

static void descending_is_refused(void **unused)
{
    (void)unused;
    struct error err = {0};
    /* 40 + 2^31 * 2 wraps round: steps of 32 bits, as no encoder writes them */
    const uint8_t bytes[] = {40, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0x80};
    struct cursor cursor = {bytes, sizeof bytes, 0};
    uint32_t persons[POSTINGS_GROUP];
    assert_false(postings_core_decode(&cursor, 3, false, 100, persons, NULL, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_every_length),
        cmocka_unit_test(far_apart_and_far_away),
        cmocka_unit_test(descending_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
