/* SPDX-License-Identifier: EUPL-1.2 */
/* Look-ups, search and every rule of concept sets (cohort-language.md section 2), on a vocabulary of a dozen concepts in a real store.
 *
 *   1 Disease > 2 Heart disease > 3 Heart failure, 4 Old heart disease (withdrawn);   10 Asthma, below 1
 *   9 is below 2 but no concept; 99 is no concept, yet an ancestor of 3 and 10
 *   5, 6 (withdrawn) and 8 (no concept) map to 3; the mapping of 7 to 3 is withdrawn; 11 maps to 10; standard concepts to themselves */
#include "warehouse/vocabulary/vocabulary_example.h"
#include "warehouse/vocabulary/vocabulary_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct vocabulary_example example;
static struct arena *result;

static const struct {
    int64_t id;
    const char *name, *vocabulary, *code, *standard, *reason;
} concepts[] = {
    {2, "Heart disease", "SNOMED", "56265001", "S", ""},
    {1, "Disease", "SNOMED", "64572001", "S", ""},
    {3, "Heart failure", "SNOMED", "84114007", "S", ""},
    {4, "Old heart disease", "SNOMED", "1", "", "U"},
    {5, "Heart failure, unspecified", "ICD10", "I50.9", "", ""},
    {6, "Heart-failure", "ICD9CM", "428", "", "D"},
    {7, "Failure of the heart", "ICD10", "I50", "", ""},
    {10, "Asthma", "SNOMED", "195967001", "S", ""},
    {11, "Asthme à dyspnée continue", "CIM10", "J45.9", "", ""},
    {12, "Withdrawn twin", "ICD10", "X1", "", "D"},
    {13, "Valid twin", "ICD10", "X1", "", ""},
    {14, "Heart", "LOINC", "L1", "C", ""},
};
enum { CONCEPTS = sizeof(concepts) / sizeof(concepts[0]) };

static const int64_t ancestors[][2] = {{1, 1}, {1, 2}, {1, 3}, {1, 4},   {1, 10}, {2, 2},  {2, 3},
                                       {2, 4}, {2, 9}, {3, 3}, {10, 10}, {99, 3}, {99, 10}};
enum { ANCESTORS = sizeof(ancestors) / sizeof(ancestors[0]) };

static const struct {
    int64_t from, to;
    const char *kind, *reason;
} relationships[] = {
    {5, 3, "Maps to", ""},  {3, 5, "Mapped from", ""}, {6, 3, "Maps to", ""},       {8, 3, "Maps to", ""}, {7, 3, "Maps to", "D"},
    {7, 2, "Is a", ""},     {11, 10, "Maps to", ""},   {3, 3, "Maps to", ""},       {2, 2, "Maps to", ""}, {10, 10, "Maps to", ""},
    {5, 10, "Maps to", ""}, {1, 1, "Maps to", ""},     {5, 1, "Maps to value", ""},
};
enum { RELATIONSHIPS = sizeof(relationships) / sizeof(relationships[0]) };

static uint64_t bits_of(const struct text *texts, size_t count) /* empty texts are NULL */
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        bits |= (uint64_t)(texts[i].length > 0) << i;
    }
    return bits;
}

static void append_concepts(struct segment_builder *builder)
{
    int64_t ids[CONCEPTS];
    int32_t starts[CONCEPTS], ends[CONCEPTS];
    struct text texts[7][CONCEPTS];
    for (size_t i = 0; i < CONCEPTS; i++) {
        ids[i] = concepts[i].id;
        starts[i] = 0;
        ends[i] = 47481;
        const char *values[] = {concepts[i].name,     "Condition",      concepts[i].vocabulary, "Disorder",
                                concepts[i].standard, concepts[i].code, concepts[i].reason};
        for (size_t t = 0; t < 7; t++) {
            texts[t][i] = text_of(values[t]);
        }
    }
    uint64_t valid[7];
    struct store_vector columns[OMOP_CONCEPT_FIELD_COUNT] = {vocabulary_example_integers(ids, CONCEPTS)};
    static const int fields[] = {OMOP_CONCEPT_CONCEPT_NAME,     OMOP_CONCEPT_DOMAIN_ID,        OMOP_CONCEPT_VOCABULARY_ID,
                                 OMOP_CONCEPT_CONCEPT_CLASS_ID, OMOP_CONCEPT_STANDARD_CONCEPT, OMOP_CONCEPT_CONCEPT_CODE,
                                 OMOP_CONCEPT_INVALID_REASON};
    for (size_t t = 0; t < 7; t++) {
        valid[t] = bits_of(texts[t], CONCEPTS);
        columns[fields[t]] = vocabulary_example_texts(texts[t], &valid[t], CONCEPTS);
    }
    columns[OMOP_CONCEPT_VALID_START_DATE] = (struct store_vector){.type = OMOP_DATE, .count = CONCEPTS, .days = starts};
    columns[OMOP_CONCEPT_VALID_END_DATE] = (struct store_vector){.type = OMOP_DATE, .count = CONCEPTS, .days = ends};
    const struct store_vector *all[OMOP_CONCEPT_FIELD_COUNT];
    for (size_t i = 0; i < OMOP_CONCEPT_FIELD_COUNT; i++) {
        all[i] = &columns[i];
    }
    struct error err = {0};
    assert_true(segment_builder_append(builder, OMOP_TABLE_CONCEPT, all, NULL, CONCEPTS, &err));
}

static void append_ancestors(struct segment_builder *builder)
{
    int64_t above[ANCESTORS], below[ANCESTORS], levels[ANCESTORS] = {0};
    for (size_t i = 0; i < ANCESTORS; i++) {
        above[i] = ancestors[i][0];
        below[i] = ancestors[i][1];
    }
    struct store_vector first = vocabulary_example_integers(above, ANCESTORS), second = vocabulary_example_integers(below, ANCESTORS);
    struct store_vector level = vocabulary_example_integers(levels, ANCESTORS);
    const struct store_vector *columns[OMOP_CONCEPT_ANCESTOR_FIELD_COUNT] = {&first, &second, &level, &level};
    struct error err = {0};
    assert_true(segment_builder_append(builder, OMOP_TABLE_CONCEPT_ANCESTOR, columns, NULL, ANCESTORS, &err));
}

static void append_relationships(struct segment_builder *builder)
{
    int64_t from[RELATIONSHIPS], to[RELATIONSHIPS];
    struct text kinds[RELATIONSHIPS], reasons[RELATIONSHIPS];
    for (size_t i = 0; i < RELATIONSHIPS; i++) {
        from[i] = relationships[i].from;
        to[i] = relationships[i].to;
        kinds[i] = text_of(relationships[i].kind);
        reasons[i] = text_of(relationships[i].reason);
    }
    uint64_t valid = bits_of(reasons, RELATIONSHIPS);
    struct store_vector first = vocabulary_example_integers(from, RELATIONSHIPS), second = vocabulary_example_integers(to, RELATIONSHIPS);
    struct store_vector kind = vocabulary_example_texts(kinds, NULL, RELATIONSHIPS);
    struct store_vector reason = vocabulary_example_texts(reasons, &valid, RELATIONSHIPS);
    const struct store_vector *columns[OMOP_CONCEPT_RELATIONSHIP_FIELD_COUNT] = {&first, &second, &kind, NULL, NULL, &reason};
    struct error err = {0};
    assert_true(segment_builder_append(builder, OMOP_TABLE_CONCEPT_RELATIONSHIP, columns, NULL, RELATIONSHIPS, &err));
}

static int setup(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    append_concepts(builder);
    append_ancestors(builder);
    append_relationships(builder);
    result = arena_create();
    if (!vocabulary_example_create(&example, "/tmp", 1 << 20, &err) || !vocabulary_example_load(&example, builder, &err)) {
        print_message("%s: %s\n", err.message, err.detail);
        return 1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vocabulary_example_destroy(&example);
    arena_destroy(result);
    return 0;
}

/* ids written as "1 2 3". */
static void check_ids(struct concept_ids ids, const char *expected)
{
    char text[256] = "";
    for (size_t i = 0, used = 0; i < ids.count; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, i > 0 ? " %lld" : "%lld", (long long)ids.items[i]);
    }
    assert_string_equal(text, expected);
}

static void concepts_are_found_by_id(void **state)
{
    (void)state;
    struct error err = {0};
    const struct concept *concept = NULL;
    for (size_t i = 0; i < CONCEPTS; i++) {
        assert_true(vocabulary_concept(example.vocabulary, (concept_id){concepts[i].id}, result, &concept, &err));
        assert_non_null(concept);
        assert_int_equal(concept->id.value, concepts[i].id);
        assert_true(text_equal(concept->name, text_of(concepts[i].name)));
        assert_true(text_equal(concept->domain, TEXT("Condition")));
        assert_true(text_equal(concept->vocabulary, text_of(concepts[i].vocabulary)));
        assert_true(text_equal(concept->concept_class, TEXT("Disorder")));
        assert_true(text_equal(concept->code, text_of(concepts[i].code)));
        assert_int_equal(concept->standard, concepts[i].standard[0]);
        assert_int_equal(concept->invalid_reason, concepts[i].reason[0]);
        assert_int_equal(concept->valid_start.number, 0);
        assert_int_equal(concept->valid_end.number, 47481);
    }
    static const int64_t absent[] = {0, -1, 8, 9, 99, INT64_MAX};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_true(vocabulary_concept(example.vocabulary, (concept_id){absent[i]}, result, &concept, &err));
        assert_null(concept);
    }
}

static void check_code(const char *vocabulary, const char *code, int64_t expected)
{
    struct error err = {0};
    const struct concept *concept = NULL;
    assert_true(vocabulary_concept_by_code(example.vocabulary, text_of(vocabulary), text_of(code), result, &concept, &err));
    assert_int_equal(concept ? concept->id.value : 0, expected);
}

static void concepts_are_found_by_code(void **state)
{
    (void)state;
    check_code("SNOMED", "84114007", 3);
    check_code("ICD10", "I50.9", 5);
    check_code("ICD10", "X1", 13); /* the valid one of two */
    check_code("ICD10", "84114007", 0);
    check_code("SNOMED", "", 0);
    check_code("", "I50", 0);
}

static void hierarchy_and_mappings_are_followed(void **state)
{
    (void)state;
    struct error err = {0};
    struct concept_ids ids;
    assert_true(vocabulary_descendants(example.vocabulary, (concept_id){2}, result, &ids, &err));
    check_ids(ids, "2 3 4 9");
    assert_true(vocabulary_descendants(example.vocabulary, (concept_id){5}, result, &ids, &err));
    check_ids(ids, "");
    assert_true(vocabulary_maps_to(example.vocabulary, (concept_id){5}, result, &ids, &err));
    check_ids(ids, "3 10");
    assert_true(vocabulary_maps_to(example.vocabulary, (concept_id){7}, result, &ids, &err));
    check_ids(ids, "");
    assert_true(vocabulary_maps_to(example.vocabulary, (concept_id){1000}, result, &ids, &err));
    check_ids(ids, "");
    assert_true(vocabulary_mapped_from(example.vocabulary, (concept_id){3}, result, &ids, &err));
    check_ids(ids, "3 5 6 8");
    assert_true(vocabulary_mapped_from(example.vocabulary, (concept_id){5}, result, &ids, &err));
    check_ids(ids, "");
}

static void check_search(const char *words, size_t limit, const char *expected)
{
    struct error err = {0};
    const struct concept *found = NULL;
    size_t count = 0;
    int64_t ids[CONCEPTS];
    assert_true(vocabulary_search(example.vocabulary, text_of(words), limit, result, &found, &count, &err));
    for (size_t i = 0; i < count; i++) {
        ids[i] = found[i].id.value;
    }
    check_ids((struct concept_ids){ids, count}, expected);
}

static void search_gives_the_best_first(void **state)
{
    (void)state;
    check_search("heart failure", 10, "3 6 7 5"); /* exact (standard, other), then by length: 20 and 26 letters */
    check_search("HEART", 10, "14 2 3 6 4 7 5");  /* exact, standard, others */
    check_search("fail hea", 2, "3 6");
    check_search("asthm dyspnee", 10, "11");
    check_search("Asthme A Dyspnée", 10, "11");
    check_search("asth", 10, "10 11");
    check_search("eart", 10, ""); /* not the beginning of a word */
    check_search("heart zebra", 10, "");
    check_search("", 10, "");
    check_search("-", 10, "");
    struct error err = {0};
    const struct concept *found = NULL;
    size_t count = 0;
    assert_false(vocabulary_search(example.vocabulary, TEXT("heart"), 0, result, &found, &count, &err));
    assert_false(vocabulary_search(example.vocabulary, TEXT("heart"), 1001, result, &found, &count, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
}

/* ---- concept sets ---- */
enum { EXCLUDED = 1, DESCENDANTS = 2, MAPPED = 4 };
struct written {
    int64_t id;
    int flags;
};
#define CHECK_SET(expected, ...) \
    check_set((expected), (const struct written[]){__VA_ARGS__}, sizeof((const struct written[]){__VA_ARGS__}) / sizeof(struct written))

static void check_set(const char *expected, const struct written *written, size_t count)
{
    struct concept_set_item items[8];
    struct error err = {0};
    struct concept_ids ids;
    for (int turn = 0; turn < 2; turn++) { /* the order of items does not matter */
        for (size_t i = 0; i < count; i++) {
            const struct written *item = &written[turn ? count - 1 - i : i];
            items[i] = (struct concept_set_item){{item->id}, item->flags & EXCLUDED, item->flags & DESCENDANTS, item->flags & MAPPED};
        }
        assert_true(vocabulary_concept_set_resolve(example.vocabulary, items, count, result, &ids, &err));
        check_ids(ids, expected);
    }
}

static void listed_concepts_must_exist(void **state)
{
    (void)state;
    CHECK_SET("2 3", {3, 0}, {2, 0}, {3, 0});
    CHECK_SET("4 6", {4, 0}, {6, 0});          /* withdrawn, but named */
    CHECK_SET("10", {8, 0}, {99, 0}, {10, 0}); /* no concepts */
}

static void descendants_must_exist_and_be_valid(void **state)
{
    (void)state;
    CHECK_SET("2 3", {2, DESCENDANTS});
    CHECK_SET("1 2 3 10", {1, DESCENDANTS});
    CHECK_SET("3 10", {99, DESCENDANTS});         /* the ancestor itself need not exist */
    CHECK_SET("2 3 4", {2, DESCENDANTS}, {4, 0}); /* named as well */
    CHECK_SET("4", {4, DESCENDANTS});             /* named; no row of its own in the hierarchy */
    CHECK_SET("5", {5, DESCENDANTS});
}

static void exclusion_wins(void **state)
{
    (void)state;
    CHECK_SET("1 10", {1, DESCENDANTS}, {2, DESCENDANTS | EXCLUDED});
    CHECK_SET("1 2 10", {1, DESCENDANTS}, {3, EXCLUDED}, {3, 0});
    CHECK_SET("3", {3, 0}, {2, EXCLUDED});
    CHECK_SET("4", {4, 0}, {2, DESCENDANTS | EXCLUDED}); /* a withdrawn concept is not removed by its ancestor */
    CHECK_SET("", {4, 0}, {4, EXCLUDED});
    CHECK_SET("", {2, EXCLUDED | DESCENDANTS});
}

static void mapped_sources_are_added(void **state)
{
    (void)state;
    CHECK_SET("3 5 6 8", {3, MAPPED});                 /* 8 exists nowhere, 6 is withdrawn; 7's mapping is withdrawn */
    CHECK_SET("2", {2, MAPPED});                       /* without descendants only what maps to 2 */
    CHECK_SET("2 3 5 6 8", {2, MAPPED | DESCENDANTS}); /* sources of descendants, too */
    CHECK_SET("2 3", {2, DESCENDANTS}, {2, MAPPED});   /* each item brings its own */
    CHECK_SET("3 8", {3, MAPPED}, {5, EXCLUDED}, {6, EXCLUDED});
    CHECK_SET("2", {2, DESCENDANTS}, {5, 0}, {3, EXCLUDED | MAPPED});
    CHECK_SET("", {8, MAPPED}); /* no concept, and nothing maps to it */
}

static void empty_sets_stay_empty(void **state)
{
    (void)state;
    struct error err = {0};
    struct concept_ids ids;
    assert_true(vocabulary_concept_set_resolve(example.vocabulary, NULL, 0, result, &ids, &err));
    check_ids(ids, "");
}

/* With many ids against few concepts the other way of locating rows is taken: here both, for all ids from -2 to 19. */
static void many_ids_are_located_as_few_are(void **state)
{
    (void)state;
    enum { IDS = 22 };
    struct error err = {0};
    int64_t ids[IDS];
    uint8_t together[IDS], alone = 0;
    for (int valid = 0; valid < 2; valid++) {
        for (int i = 0; i < IDS; i++) {
            ids[i] = i - 2;
        }
        assert_true(concepts_exist(example.vocabulary, ids, IDS, valid, together, &err));
        for (size_t i = 0; i < IDS; i++) {
            const struct concept *concept = NULL;
            assert_true(vocabulary_concept(example.vocabulary, (concept_id){ids[i]}, result, &concept, &err));
            alone = concept && (!valid || concept->invalid_reason == 0);
            assert_int_equal(together[i], alone);
        }
    }
}

static void without_a_vocabulary_nothing_is_found(void **state)
{
    (void)state;
    struct error err = {0};
    struct vocabulary_example empty;
    const struct concept *concept = NULL;
    struct concept_ids ids;
    size_t count = 1;
    assert_true(vocabulary_example_create(&empty, "/tmp", 0, &err) && vocabulary_example_load(&empty, NULL, &err));
    assert_true(vocabulary_concept(empty.vocabulary, (concept_id){3}, result, &concept, &err));
    assert_null(concept);
    assert_true(vocabulary_concept_by_code(empty.vocabulary, TEXT("SNOMED"), TEXT("1"), result, &concept, &err));
    assert_null(concept);
    assert_true(vocabulary_search(empty.vocabulary, TEXT("heart"), 10, result, &concept, &count, &err));
    assert_int_equal(count, 0);
    const struct concept_set_item item = {{3}, false, true, true};
    assert_true(vocabulary_concept_set_resolve(empty.vocabulary, &item, 1, result, &ids, &err));
    assert_int_equal(ids.count, 0);
    vocabulary_example_destroy(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concepts_are_found_by_id),
        cmocka_unit_test(concepts_are_found_by_code),
        cmocka_unit_test(hierarchy_and_mappings_are_followed),
        cmocka_unit_test(search_gives_the_best_first),
        cmocka_unit_test(listed_concepts_must_exist),
        cmocka_unit_test(descendants_must_exist_and_be_valid),
        cmocka_unit_test(exclusion_wins),
        cmocka_unit_test(mapped_sources_are_added),
        cmocka_unit_test(empty_sets_stay_empty),
        cmocka_unit_test(many_ids_are_located_as_few_are),
        cmocka_unit_test(without_a_vocabulary_nothing_is_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
