/* SPDX-License-Identifier: EUPL-1.2 */
/* Random vocabularies and random concept sets, against the rules of cohort-language.md section 2 written down as plainly as they stand
 * there. The seed is printed when it fails. */
#include "warehouse/vocabulary/vocabulary_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { IDS = 1200, ROWS = 4000, SETS = 150, ITEMS = 12, SEEDS = 4 };

struct made {
    bool is_concept[IDS], is_invalid[IDS];
    size_t ancestors, mappings;
    int64_t above[ROWS], below[ROWS], source[ROWS], target[ROWS];
    bool is_mapping[ROWS], is_withdrawn[ROWS];
};

static uint64_t seed;
static uint64_t random_below(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % below;
}

static void make(struct made *made)
{
    *made = (struct made){.ancestors = ROWS, .mappings = ROWS};
    for (size_t i = 0; i < IDS; i++) {
        made->is_concept[i] = random_below(10) > 0;
        made->is_invalid[i] = random_below(5) == 0;
    }
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t hub = random_below(2) ? random_below(20) : random_below(IDS); /* a few have many */
        made->above[i] = (int64_t)hub;
        made->below[i] = (int64_t)random_below(IDS);
        made->target[i] = (int64_t)(random_below(2) ? random_below(20) : random_below(IDS));
        made->source[i] = (int64_t)random_below(IDS);
        made->is_mapping[i] = random_below(3) > 0;
        made->is_withdrawn[i] = random_below(6) == 0;
    }
}

/* ---- the rules ---- */
struct side {
    const struct concept_set_item *items;
    size_t count;
    bool is_excluded;
};

/* base(items): listed and a concept, or below a listed one that asks for descendants, a concept and valid. */
static void base_plainly(const struct made *made, const struct side *side, bool only_mapped, bool *out_base)
{
    memset(out_base, 0, IDS * sizeof(*out_base));
    for (size_t i = 0; i < side->count; i++) {
        const struct concept_set_item *item = &side->items[i];
        if (item->is_excluded != side->is_excluded || (only_mapped && !item->include_mapped)) {
            continue;
        }
        out_base[item->concept.value] |= made->is_concept[item->concept.value];
        for (size_t row = 0; item->include_descendants && row < made->ancestors; row++) {
            int64_t below = made->below[row];
            out_base[below] |= made->above[row] == item->concept.value && made->is_concept[below] && !made->is_invalid[below];
        }
    }
}

/* base(items) and the sources of base(mapped items). */
static void side_plainly(const struct made *made, const struct side *side, bool *out_members)
{
    bool mapped[IDS];
    base_plainly(made, side, false, out_members);
    base_plainly(made, side, true, mapped);
    for (size_t row = 0; row < made->mappings; row++) {
        out_members[made->source[row]] |= made->is_mapping[row] && !made->is_withdrawn[row] && mapped[made->target[row]];
    }
}

static void resolve_plainly(const struct made *made, const struct concept_set_item *items, size_t count, bool *out_members)
{
    bool excluded[IDS];
    side_plainly(made, &(struct side){items, count, false}, out_members);
    side_plainly(made, &(struct side){items, count, true}, excluded);
    for (int64_t id = 0; id < IDS; id++) {
        out_members[id] = out_members[id] && !excluded[id];
    }
}

/* ---- the same in a store ---- */
static void append(const struct made *made, struct segment_builder *builder)
{
    static int64_t ids[IDS], zeros[ROWS];
    static int32_t days[ROWS];
    static struct text names[IDS], reasons[ROWS], kinds[ROWS], withdrawn[ROWS];
    static uint64_t valid[IDS / 64 + 1], valid_mappings[ROWS / 64 + 1];
    struct error err = {0};
    size_t count = 0;
    memset(valid, 0, sizeof(valid));
    memset(valid_mappings, 0, sizeof(valid_mappings));
    for (int64_t id = 0; id < IDS; id++) {
        if (made->is_concept[id]) {
            ids[count] = id;
            names[count] = TEXT("x");
            reasons[count] = made->is_invalid[id] ? TEXT("D") : TEXT("");
            valid[count / 64] |= (uint64_t)made->is_invalid[id] << (count % 64);
            count++;
        }
    }
    struct store_vector id = vocabulary_example_integers(ids, count), name = vocabulary_example_texts(names, NULL, count);
    struct store_vector reason = vocabulary_example_texts(reasons, valid, count);
    struct store_vector date = {.type = OMOP_DATE, .count = count, .days = days};
    const struct store_vector *concepts[OMOP_CONCEPT_FIELD_COUNT] = {&id, &name, &name, &name, &name, NULL, &name, &date, &date, &reason};
    assert_true(segment_builder_append(builder, OMOP_TABLE_CONCEPT, concepts, NULL, count, &err));
    struct store_vector above = vocabulary_example_integers(made->above, ROWS), below = vocabulary_example_integers(made->below, ROWS);
    struct store_vector zero = vocabulary_example_integers(zeros, ROWS);
    const struct store_vector *ancestors[OMOP_CONCEPT_ANCESTOR_FIELD_COUNT] = {&above, &below, &zero, &zero};
    assert_true(segment_builder_append(builder, OMOP_TABLE_CONCEPT_ANCESTOR, ancestors, NULL, ROWS, &err));
    for (size_t i = 0; i < ROWS; i++) {
        kinds[i] = made->is_mapping[i] ? TEXT("Maps to") : TEXT("Is a");
        withdrawn[i] = made->is_withdrawn[i] ? TEXT("D") : TEXT("");
        valid_mappings[i / 64] |= (uint64_t)made->is_withdrawn[i] << (i % 64);
    }
    struct store_vector source = vocabulary_example_integers(made->source, ROWS), target = vocabulary_example_integers(made->target, ROWS);
    struct store_vector kind = vocabulary_example_texts(kinds, NULL, ROWS),
                        gone = vocabulary_example_texts(withdrawn, valid_mappings, ROWS);
    date.count = ROWS;
    const struct store_vector *rows[OMOP_CONCEPT_RELATIONSHIP_FIELD_COUNT] = {&source, &target, &kind, &date, &date, &gone};
    assert_true(segment_builder_append(builder, OMOP_TABLE_CONCEPT_RELATIONSHIP, rows, NULL, ROWS, &err));
}

static void check_set(struct vocabulary_example *example, const struct made *made, struct arena *result)
{
    static bool expected[IDS];
    struct concept_set_item items[ITEMS];
    struct concept_ids found;
    struct error err = {0};
    size_t count = 1 + random_below(ITEMS), at = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t id = (int64_t)(random_below(2) ? random_below(20) : random_below(IDS));
        items[i] = (struct concept_set_item){{id}, random_below(4) == 0, random_below(2) == 0, random_below(3) == 0};
    }
    resolve_plainly(made, items, count, expected);
    assert_true(vocabulary_concept_set_resolve(example->vocabulary, items, count, result, &found, &err));
    for (int64_t id = 0; id < IDS; id++) {
        bool is_found = at < found.count && found.items[at] == id;
        at += is_found;
        assert_int_equal(is_found, expected[id]);
    }
    assert_int_equal(at, found.count);
}

static void resolved_as_the_rules_say(void **state)
{
    (void)state;
    struct made *made = malloc(sizeof(*made));
    assert_non_null(made);
    for (uint64_t first = 1; first <= SEEDS; first++) {
        struct error err = {0};
        struct vocabulary_example example;
        CLEANUP(arena) struct arena *result = arena_create();
        CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
        seed = first;
        print_message("seed %llu\n", (unsigned long long)first);
        make(made);
        append(made, builder);
        assert_true(vocabulary_example_create(&example, "/tmp", 1 << 20, &err) && vocabulary_example_load(&example, builder, &err));
        for (int set = 0; set < SETS; set++) {
            check_set(&example, made, result);
            arena_reset(result);
        }
        vocabulary_example_destroy(&example);
    }
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(resolved_as_the_rules_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
