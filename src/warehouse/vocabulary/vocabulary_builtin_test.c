/* SPDX-License-Identifier: EUPL-1.2 */
/* The built-in vocabulary as it comes out of a store, against its files, and against whoever relies on it: the cohorts of rare blood
 * cancers and the synthetic population. */
#include "base/csv.h"
#include "warehouse/vocabulary/vocabulary_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct vocabulary_example example;
static struct arena *result;
enum { KNOWN_MAX = 1 << 14 };
static int64_t known[KNOWN_MAX]; /* ids that came out of the store, ascending as in the file */
static size_t known_count;

static int setup(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    result = arena_create();
    if (!vocabulary_builtin_append(builder, &err) || !vocabulary_example_create(&example, "/tmp", 1 << 24, &err) ||
        !vocabulary_example_load(&example, builder, &err)) {
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

static struct csv_reader *open_file(const char *path)
{
    struct error err = {0};
    struct csv_reader *reader = NULL;
    assert_true(csv_reader_open(&reader, path, NULL, &err));
    return reader;
}

static bool next(struct csv_reader *reader, struct csv_record *record)
{
    struct error err = {0};
    bool more = false;
    assert_true(csv_reader_next(reader, record, &more, &err));
    return more;
}

static int64_t number_of(struct text text)
{
    int64_t value = -1;
    assert_true(text_to_i64(text, &value));
    return value;
}

static const struct concept *concept_of(int64_t id)
{
    struct error err = {0};
    const struct concept *concept = NULL;
    assert_true(vocabulary_concept(example.vocabulary, (concept_id){id}, result, &concept, &err));
    return concept;
}

static uint64_t rows_of(int table)
{
    return store_segment_rows(store_reader_segment(example.reader, OMOP_VOCABULARY, 0), table);
}

static void every_concept_comes_back(void **state)
{
    (void)state;
    CLEANUP(csv_reader) struct csv_reader *reader = open_file("spec/vocabulary/concept.csv");
    struct csv_record record;
    uint64_t rows = 0;
    assert_true(next(reader, &record));
    while (next(reader, &record)) {
        const struct concept *concept = concept_of(number_of(record.fields[0].text));
        const struct concept *by_code = NULL;
        struct error err = {0};
        assert_non_null(concept);
        assert_true(text_equal(concept->name, record.fields[1].text));
        assert_true(text_equal(concept->domain, record.fields[2].text));
        assert_int_equal(concept->standard, record.fields[5].text.length > 0 ? record.fields[5].text.data[0] : '\0');
        assert_true(vocabulary_concept_by_code(example.vocabulary, record.fields[3].text, record.fields[6].text, result, &by_code, &err));
        assert_non_null(by_code);
        assert_int_equal(by_code->id.value, concept->id.value);
        assert_true(known_count < KNOWN_MAX && (known_count == 0 || known[known_count - 1] < concept->id.value));
        known[known_count++] = concept->id.value;
        rows++;
        arena_reset(result);
    }
    assert_true(rows > 500);
    assert_int_equal(rows, rows_of(OMOP_TABLE_CONCEPT));
}

static int compare_ids(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static bool is_known(int64_t id)
{
    return bsearch(&id, known, known_count, sizeof(known[0]), compare_ids) != NULL;
}

/* Every id in the named column of a file is a concept. */
static void check_column(const char *path, const char *column)
{
    CLEANUP(csv_reader) struct csv_reader *reader = open_file(path);
    struct csv_record record;
    size_t wanted = 0, rows = 0;
    assert_true(next(reader, &record));
    while (wanted < record.count && !text_equal(record.fields[wanted].text, text_of(column))) {
        wanted++;
    }
    assert_true(wanted < record.count);
    while (next(reader, &record)) {
        rows++;
        if (record.fields[wanted].text.length > 0 && !is_known(number_of(record.fields[wanted].text))) {
            fail_msg("%s: concept %lld is not built in", path, (long long)number_of(record.fields[wanted].text));
        }
    }
    assert_true(rows > 0);
}

static void whoever_names_a_concept_finds_it(void **state)
{
    (void)state;
    check_column("spec/rare_blood_cancers.csv", "concept_id");
    check_column("spec/synthesis/acute.csv", "concept_id");
    check_column("spec/synthesis/acute.csv", "drug_concept_id");
    check_column("spec/synthesis/chronic.csv", "concept_id");
    check_column("spec/synthesis/chronic.csv", "drug_concept_id");
    check_column("spec/synthesis/blood_cancers.csv", "concept_id");
    check_column("spec/synthesis/blood_cancers.csv", "drug_concept_id");
    check_column("spec/synthesis/measurements.csv", "concept_id");
    check_column("spec/synthesis/measurements.csv", "unit_concept_id");
    check_column("spec/vocabulary/concept_ancestor.csv", "ancestor_concept_id");
    check_column("spec/vocabulary/concept_ancestor.csv", "descendant_concept_id");
    check_column("spec/vocabulary/concept_relationship.csv", "concept_id_1");
    check_column("spec/vocabulary/concept_relationship.csv", "concept_id_2");
}

static bool holds(struct concept_ids ids, int64_t id)
{
    for (size_t i = 0; i < ids.count; i++) {
        if (ids.items[i] == id) {
            return true;
        }
    }
    return false;
}

/* Each row of the hierarchy is there, and the hierarchy is closed: what is below a descendant is below the ancestor. */
static void hierarchy_is_closed(void **state)
{
    (void)state;
    CLEANUP(csv_reader) struct csv_reader *reader = open_file("spec/vocabulary/concept_ancestor.csv");
    struct csv_record record;
    struct error err = {0};
    assert_true(next(reader, &record));
    while (next(reader, &record)) {
        struct concept_ids above, below;
        int64_t descendant = number_of(record.fields[1].text);
        assert_true(vocabulary_descendants(example.vocabulary, (concept_id){number_of(record.fields[0].text)}, result, &above, &err));
        assert_true(vocabulary_descendants(example.vocabulary, (concept_id){descendant}, result, &below, &err));
        assert_true(holds(above, descendant));
        for (size_t i = 0; i < below.count; i++) {
            assert_true(holds(above, below.items[i]));
        }
    }
}

static void known_answers(void **state)
{
    (void)state;
    struct error err = {0};
    struct concept_ids ids;
    const struct concept *found = NULL;
    size_t count = 0;
    const struct concept_set_item diabetes = {{201820}, false, true, true};
    assert_true(vocabulary_concept_set_resolve(example.vocabulary, &diabetes, 1, result, &ids, &err));
    assert_true(holds(ids, 201826)); /* type 2 */
    assert_true(holds(ids, 201820));
    assert_false(holds(ids, 320128)); /* hypertension */
    assert_true(vocabulary_concept_by_code(example.vocabulary, TEXT("ICD10"), TEXT("E11.9"), result, &found, &err));
    assert_true(holds(ids, found->id.value));
    assert_true(vocabulary_maps_to(example.vocabulary, found->id, result, &ids, &err));
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0], 201826);
    assert_true(vocabulary_search(example.vocabulary, TEXT("myeloma mult"), 5, result, &found, &count, &err));
    assert_int_equal(count, 5);
    assert_true(vocabulary_search(example.vocabulary, TEXT("metformin"), 5, result, &found, &count, &err));
    assert_int_equal(found[0].id.value, 1503297);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_concept_comes_back),
        cmocka_unit_test(whoever_names_a_concept_finds_it),
        cmocka_unit_test(hierarchy_is_closed),
        cmocka_unit_test(known_answers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
