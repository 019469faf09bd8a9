/* SPDX-License-Identifier: EUPL-1.2 */
/* Segments against plain columns in memory: every value of every row in the order that store.h promises, by ranges and by lists of rows;
 * events of random sets of concepts against a look at every row; counts, keys, persons. Seeds are printed when something differs. */
#include "base/file.h"
#include "warehouse/store/bitpack.h"
#include "warehouse/store/segment_example.h"
#include "warehouse/store/store_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a store with what a test puts into it ---- */
struct place {
    char directory[64];
    struct keyring *keyring;
    struct grant grant;
    struct store *store;
    struct store_reader *reader;
};

static void check(bool done, const struct error *err)
{
    if (!done) {
        printf("%s (%s) %s %s\n", err->message, err->detail, err->context_count ? err->context[0] : "", err->hint);
    }
    assert_true(done);
}

static void place_make(struct place *place, uint64_t cache_bytes)
{
    struct error err = {0};
    uint8_t id[GRANT_STORE_ID_SIZE];
    const struct store_options options = {.cache_bytes = cache_bytes};
    memset(place, 0, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "%s", "/tmp/segment-test-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    check(crypto_start(&err), &err);
    check(store_create(place->directory, id, &err), &err);
    check(keyring_open(&place->keyring, &example_custody, NULL, id, &err), &err);
    check(example_grant(place->keyring, GRANT_ROWS | GRANT_LOAD | GRANT_VERIFY | GRANT_EXPORT | GRANT_COUNT, &place->grant, &err), &err);
    check(store_open(&place->store, place->directory, place->keyring, &options, &err), &err);
}

static void place_commit(struct place *place, struct segment_builder *builder)
{
    struct error err = {0};
    struct store_writer *writer = NULL;
    const struct store_snapshot_note note = {.label = "test"};
    uint32_t snapshot = 0;
    check(store_writer_open(&writer, place->store, &place->grant, &err), &err);
    check(store_writer_add(writer, builder, 0, &err), &err);
    check(store_writer_commit(writer, &note, &snapshot, &err), &err);
    store_writer_close(writer);
    check(store_reader_open(&place->reader, place->store, &place->grant, 0, &err), &err);
}

static void problem_print(void *context, const char *what)
{
    printf("%s\n", what);
    ++*(unsigned *)context;
}

static void place_remove(struct place *place)
{
    struct error err = {0};
    store_reader_close(place->reader);
    store_close(place->store);
    keyring_close(place->keyring);
    check(directory_remove_all(place->directory, &err), &err);
}

/* ---- comparing ---- */
static bool value_equal(const struct store_vector *got, size_t i, const struct store_vector *want, size_t row)
{
    if (store_vector_is_valid(got, i) != store_vector_is_valid(want, row)) {
        return false;
    }
    if (!store_vector_is_valid(got, i)) { /* absent: zero or empty, unless the whole column is */
        return got->is_all_null || (got->texts    ? got->texts[i].length == 0
                                    : got->days   ? got->days[i] == 0
                                    : got->floats ? got->floats[i] == 0
                                                  : got->integers[i] == 0);
    }
    switch (want->type) {
    case OMOP_INTEGER:
    case OMOP_DATETIME:
        return got->integers[i] == want->integers[row];
    case OMOP_FLOAT:
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): -0.0 and 0.0 must stay apart */
        return memcmp(&got->floats[i], &want->floats[row], sizeof(double)) == 0;
    case OMOP_DATE:
        return got->days[i] == want->days[row];
    case OMOP_TEXT:
        return text_equal(got->texts[i], want->texts[row]);
    }
    return false;
}

static void compare_range(struct store_segment *segment, const struct model *model, int field, uint64_t first, size_t count)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct store_vector vector;
    struct error err = {0};
    check(store_column_read(segment, model->table, field, first, count, arena, &vector, &err), &err);
    assert_int_equal(vector.count, count);
    for (size_t i = 0; i < count; i++) {
        if (!value_equal(&vector, i, &model->columns[field], model->order[first + i])) {
            printf("%s.%s differs at row %zu\n", omop_table(model->table)->name, omop_table(model->table)->fields[field].name,
                   (size_t)first + i);
            fail();
        }
    }
}

static void compare_list(struct store_segment *segment, const struct model *model, int field, size_t step)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, model->rows + 1);
    size_t count = 0;
    struct store_vector vector;
    struct error err = {0};
    for (size_t row = example_below(step); row < model->rows; row += example_below(step)) { /* rows may come twice */
        rows[count++] = (uint32_t)row;
        if (count == model->rows) {
            break;
        }
    }
    check(store_column_gather(segment, model->table, field, rows, count, arena, &vector, &err), &err);
    for (size_t i = 0; i < count; i++) {
        assert_true(value_equal(&vector, i, &model->columns[field], model->order[rows[i]]));
    }
}

static void compare_columns(struct store_segment *segment, const struct model *model)
{
    for (int field = 0; field < omop_table(model->table)->field_count; field++) {
        compare_range(segment, model, field, 0, model->rows);
        compare_range(segment, model, field, model->rows / 3, model->rows / 2);
        compare_range(segment, model, field, model->rows, 0);
        compare_list(segment, model, field, 2 + example_below(3));
        compare_list(segment, model, field, 2 + example_below(5000));
    }
}

static int32_t model_day(const struct model *model, int field, uint32_t row)
{
    if (field == OMOP_NO_FIELD || !store_vector_is_valid(&model->columns[field], row)) {
        return STORE_NO_DAY;
    }
    return model->columns[field].days[row];
}

static int int64_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static bool is_wanted(const struct store_vector *vector, uint32_t row, const int64_t *concepts, size_t count)
{
    return store_vector_is_valid(vector, row) && bsearch(&vector->integers[row], concepts, count, sizeof *concepts, int64_compare);
}

/* The events of the set must be the wanted rows, in order, with their persons and days. */
static void compare_events(struct store_segment *segment, const struct model *model, int field, const int64_t *concepts, size_t count,
                           unsigned parts)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct omop_table_info *info = omop_table(model->table);
    const int64_t *persons = NULL;
    struct store_events events;
    struct error err = {0};
    uint64_t promised = 0;
    size_t at = 0;
    check(store_segment_person_ids(segment, &persons, &err), &err);
    check(store_events_count(segment, model->table, field, concepts, count, &promised, &err), &err);
    check(store_events_find(segment, model->table, field, concepts, count, parts, arena, &events, &err), &err);
    assert_int_equal(events.count, promised);
    assert_true(!events.starts == !(parts & STORE_EVENT_DAYS) && !events.ends == !(parts & STORE_EVENT_ENDS));
    for (size_t i = 0; i < model->rows; i++) {
        const uint32_t row = model->order[i];
        if (!is_wanted(&model->columns[field], row, concepts, count)) {
            continue;
        }
        assert_true(at < events.count);
        if (info->scope == OMOP_PERSON) {
            assert_int_equal(persons[events.persons[at]], model->columns[info->person_field].integers[row]);
        }
        assert_true(!events.rows || events.rows[at] == i);
        assert_true(!events.starts || events.starts[at] == model_day(model, info->start_field, row));
        assert_true(!events.ends || events.ends[at] == model_day(model, info->end_field, row));
        at++;
    }
    assert_int_equal(at, events.count);
}

static int event_place_compare(const void *a, const void *b)
{
    return (*(const uint64_t *)a > *(const uint64_t *)b) - (*(const uint64_t *)a < *(const uint64_t *)b);
}

/* The same events, in whatever order. */
static void compare_any_order(struct store_segment *segment, const struct model *model, int field, const int64_t *concepts, size_t count)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const unsigned parts = STORE_EVENT_DAYS | STORE_EVENT_ENDS | STORE_EVENT_ROWS;
    struct store_events sorted, any;
    struct error err = {0};
    check(store_events_find(segment, model->table, field, concepts, count, parts, arena, &sorted, &err), &err);
    check(store_events_find(segment, model->table, field, concepts, count, parts | STORE_EVENT_ANY_ORDER, arena, &any, &err), &err);
    assert_int_equal(any.count, sorted.count);
    uint64_t *places = ARENA_ARRAY(arena, uint64_t, any.count + 1);
    for (size_t i = 0; i < any.count; i++) {
        places[i] = (uint64_t)any.rows[i] << 32 | i;
    }
    qsort(places, any.count, sizeof *places, event_place_compare);
    for (size_t i = 0; i < any.count; i++) {
        const size_t place = (uint32_t)places[i];
        assert_int_equal(any.rows[place], sorted.rows[i]);
        assert_int_equal(any.persons[place], sorted.persons[i]);
        assert_int_equal(any.starts[place], sorted.starts[i]);
        assert_int_equal(any.ends[place], sorted.ends[i]);
    }
}

static bool places_differ(const void *a, const void *b, size_t i, size_t j)
{
    return a && ((const uint32_t *)a)[i] != ((const uint32_t *)b)[j];
}

/* Events of some persons are those of everybody without the others'. share: one person in so many; 0: nobody. */
static void compare_among(struct store_segment *segment, const struct model *model, int field, const int64_t *concepts, size_t count,
                          unsigned parts, unsigned share)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct store_events everybody, some;
    struct error err = {0};
    size_t at = 0;
    const uint32_t persons = store_segment_persons(segment);
    uint64_t *among = ARENA_ARRAY(arena, uint64_t, persons / 64 + 1);
    for (uint32_t person = 0; person < persons; person++) {
        among[person / 64] |= (uint64_t)(share && example_below(share) == 0) << (person % 64);
    }
    check(store_events_find(segment, model->table, field, concepts, count, parts, arena, &everybody, &err), &err);
    check(store_events_find_among(segment, model->table, field, concepts, count, among, parts, arena, &some, &err), &err);
    assert_int_equal(some.examined, everybody.count);
    assert_int_equal(everybody.examined, everybody.count);
    for (size_t i = 0; i < everybody.count; i++) {
        const uint32_t person = everybody.persons[i];
        if (among[person / 64] >> (person % 64) & 1) {
            assert_true(at < some.count && some.persons[at] == person);
            assert_false(places_differ(some.rows, everybody.rows, at, i));
            assert_false(places_differ(some.starts, everybody.starts, at, i));
            assert_false(places_differ(some.ends, everybody.ends, at, i));
            at++;
        }
    }
    assert_int_equal(at, some.count);
}

static void compare_concepts(struct store_segment *segment, const struct model *model, int field)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const int64_t *concepts = NULL;
    const uint32_t *rows = NULL;
    size_t count = 0;
    struct error err = {0};
    check(store_concepts(segment, model->table, field, arena, &concepts, &rows, &count, &err), &err);
    int64_t *wanted = ARENA_ARRAY(arena, int64_t, count + 2);
    const size_t sizes[] = {1, 2, 3, 40, 100000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (unsigned parts = (unsigned)example_below(3); parts<8; parts += model->rows> 5000 ? 7 : 1 + (unsigned)example_below(4)) {
            size_t chosen = 0;
            for (size_t i = 0; i < count; i++) {
                if (example_below(count) < sizes[s]) {
                    wanted[chosen++] = concepts[i];
                }
            }
            if (chosen && wanted[chosen - 1] < INT64_MAX) {
                wanted[chosen] = wanted[chosen - 1] + 1; /* most likely not there */
                chosen++;
            }
            compare_events(segment, model, field, wanted, chosen, parts);
            compare_any_order(segment, model, field, wanted, chosen);
            if (omop_table(model->table)->scope == OMOP_PERSON) {
                static const unsigned shares[] = {0, 1, 2, 3, 30, 1000};
                const unsigned share = shares[example_below(sizeof shares / sizeof shares[0])];
                const unsigned order = example_below(2) ? STORE_EVENT_ANY_ORDER : 0;
                compare_among(segment, model, field, wanted, chosen, parts | order, share);
            }
        }
    }
}

static void compare_persons(struct store_segment *segment, const struct model *model)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const uint32_t *offsets = NULL;
    const int64_t *persons = NULL;
    struct error err = {0};
    check(store_person_rows(segment, model->table, arena, &offsets, &err), &err);
    check(store_segment_person_ids(segment, &persons, &err), &err);
    const struct store_vector *ids = &model->columns[omop_table(model->table)->person_field];
    for (uint32_t person = 0; person < store_segment_persons(segment); person++) {
        assert_true(person == 0 || persons[person - 1] < persons[person]);
        for (uint32_t row = offsets[person]; row < offsets[person + 1]; row++) {
            assert_int_equal(ids->integers[model->order[row]], persons[person]);
        }
    }
    assert_int_equal(offsets[store_segment_persons(segment)], model->rows);
}

static void compare_keys(struct store_segment *segment, const struct model *model)
{
    struct error err = {0};
    const struct store_vector *keys = &model->columns[0];
    for (size_t trial = 0; trial < 50 && model->rows; trial++) {
        const uint32_t row = model->order[example_below(model->rows)];
        if (!store_vector_is_valid(keys, row)) {
            continue;
        }
        const int64_t key = keys->integers[row] + (trial % 5 == 0 && keys->integers[row] < INT64_MAX);
        uint64_t first = 0, count = 0, want_first = 0, want_count = 0;
        for (size_t i = 0; i < model->rows; i++) {
            want_first += store_vector_is_valid(keys, i) && keys->integers[i] < key;
            want_count += store_vector_is_valid(keys, i) && keys->integers[i] == key;
        }
        check(store_rows_find(segment, model->table, key, &first, &count, &err), &err);
        assert_int_equal(first, want_first);
        assert_int_equal(count, want_count);
    }
}

static void compare_table(struct store_segment *segment, struct model *model)
{
    const struct omop_table_info *info = omop_table(model->table);
    model_sort(model);
    assert_int_equal(store_segment_rows(segment, model->table), model->rows);
    compare_columns(segment, model);
    for (int field = 0; field < info->field_count; field++) {
        if (info->fields[field].has_postings) {
            compare_concepts(segment, model, field);
        }
    }
    if (info->scope == OMOP_PERSON) {
        compare_persons(segment, model);
    } else if (info->fields[0].type == OMOP_INTEGER) {
        compare_keys(segment, model);
    }
}

/* ---- tests ---- */
static void random_segment(enum omop_scope scope, const int *tables, const size_t *rows, size_t count, uint64_t seed, uint64_t cache)
{
    CLEANUP(arena) struct arena *memory = arena_create();
    struct segment_builder *builder = segment_builder_create(scope);
    struct model models[8];
    struct place place;
    struct error err = {0};
    unsigned problems = 0;
    example_state = seed;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t t = 0; t < count; t++) {
        model_make(&models[t], memory, tables[t], rows[t], scope == OMOP_PERSON ? 1 + rows[t] / 5 : 0);
        check(model_append(&models[t], builder, &err), &err);
    }
    place_make(&place, cache);
    place_commit(&place, builder);
    segment_builder_destroy(builder);
    struct store_segment *segment = store_reader_segment(place.reader, scope, 0);
    for (size_t t = 0; t < count; t++) {
        compare_table(segment, &models[t]);
    }
    check(segment_verify(segment, problem_print, &problems, &err), &err);
    assert_int_equal(problems, 0);
    place_remove(&place);
}

static void random_person_segments(void **unused)
{
    (void)unused;
    const int tables[] = {OMOP_TABLE_PERSON,  OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_TABLE_MEASUREMENT, OMOP_TABLE_DEATH, OMOP_TABLE_NOTE,
                          OMOP_TABLE_DRUG_ERA};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        size_t rows[6];
        example_state = seed;
        for (size_t t = 0; t < 6; t++) {
            rows[t] = example_below(seed % 4 == 0 ? 5 : 700);
        }
        random_segment(OMOP_PERSON, tables, rows, 6, seed, seed % 2 ? 1 << 20 : 0);
    }
}

static void large_person_segment(void **unused)
{
    (void)unused;
    const int tables[] = {OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_TABLE_MEASUREMENT, OMOP_TABLE_NOTE};
    const size_t rows[] = {40000, 20000, 9000};
    random_segment(OMOP_PERSON, tables, rows, 3, 77, 0);
    bitpack_choose(&bitpack_portable);
    random_segment(OMOP_PERSON, tables, rows, 1, 78, 1 << 24);
    bitpack_choose(NULL);
}

static void random_other_segments(void **unused)
{
    (void)unused;
    const int vocabulary[] = {OMOP_TABLE_CONCEPT, OMOP_TABLE_CONCEPT_ANCESTOR, OMOP_TABLE_CONCEPT_RELATIONSHIP, OMOP_TABLE_DOMAIN};
    const int shared[] = {OMOP_TABLE_CARE_SITE, OMOP_TABLE_NOTE_NLP, OMOP_TABLE_FACT_RELATIONSHIP, OMOP_TABLE_CDM_SOURCE};
    for (uint64_t seed = 100; seed < 104; seed++) {
        const size_t rows[] = {400, 20000, 3000, 5};
        random_segment(OMOP_VOCABULARY, vocabulary, rows, 4, seed, 0);
        random_segment(OMOP_SHARED, shared, rows, 4, seed, 1 << 20);
    }
}

static void nothing_at_all(void **unused)
{
    (void)unused;
    struct place place;
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
    place_make(&place, 0);
    place_commit(&place, builder);
    assert_int_equal(store_reader_segment_count(place.reader, OMOP_PERSON), 0); /* no file is written for nothing */
    place_remove(&place);
}

static void refused_rows(void **unused)
{
    (void)unused;
    struct error err = {0};
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
    const struct store_vector *columns[OMOP_CONDITION_OCCURRENCE_FIELD_COUNT] = {NULL};
    const int64_t id = 5;
    const int32_t late = 2932897; /* 10000-01-01 */
    const struct store_vector ids = {.type = OMOP_INTEGER, .count = 1, .integers = &id};
    const struct store_vector days = {.type = OMOP_DATE, .count = 1, .days = &late};
    assert_false(segment_builder_append(builder, OMOP_TABLE_CONDITION_OCCURRENCE, columns, NULL, 1, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    columns[OMOP_CONDITION_OCCURRENCE_PERSON_ID] = &ids;
    columns[OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATE] = &days;
    assert_false(segment_builder_append(builder, OMOP_TABLE_CONDITION_OCCURRENCE, columns, NULL, 1, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
}

/* Whether the range is dense or not: the same persons in the same order; in a dense one nobody else is taken. */
static void persons_of_a_range(void **unused)
{
    (void)unused;
    static const int64_t lasts[] = {16, INT64_MAX};
    for (size_t i = 0; i < 2; i++) {
        struct place place;
        struct error err = {0};
        const int64_t *ids = NULL;
        unsigned problems = 0;
        CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
        check(segment_builder_expect(builder, 10, lasts[i], 5, &err), &err);
        check(example_add_person(builder, 12, &err), &err);
        check(example_add_person(builder, 10, &err), &err);
        check(example_add_person(builder, 15, &err), &err);
        place_make(&place, 0);
        place_commit(&place, builder);
        struct store_segment *segment = store_reader_segment(place.reader, OMOP_PERSON, 0);
        assert_int_equal(store_segment_persons(segment), 3);
        check(store_segment_person_ids(segment, &ids, &err), &err);
        assert_true(ids[0] == 10 && ids[1] == 12 && ids[2] == 15);
        check(segment_verify(segment, problem_print, &problems, &err), &err);
        assert_int_equal(problems, 0);
        place_remove(&place);
        assert_int_equal(example_add_person(builder, 17, &err), lasts[i] != 16);
        assert_true(lasts[i] != 16 || err.code == ERROR_INVALID_ARGUMENT);
    }
}

static void grants_are_asked(void **unused)
{
    (void)unused;
    struct place place;
    struct error err = {0};
    struct store_vector vector;
    const uint32_t *offsets = NULL;
    uint64_t rows = 0;
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
    check(example_add_person(builder, 3, &err), &err);
    place_make(&place, 0);
    place_commit(&place, builder);
    store_reader_close(place.reader);
    place.grant.tables = UINT64_C(1) << OMOP_TABLE_PERSON;
    check(keyring_grant_issue(place.keyring, &place.grant, &err), &err);
    check(store_reader_open(&place.reader, place.store, &place.grant, 0, &err), &err);
    struct store_segment *segment = store_reader_segment(place.reader, OMOP_PERSON, 0);
    check(store_column_read(segment, OMOP_TABLE_PERSON, 0, 0, 1, arena, &vector, &err), &err);
    const int table = OMOP_TABLE_CONDITION_OCCURRENCE, field = OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID;
    assert_false(store_column_read(segment, table, 0, 0, 1, arena, &vector, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(store_person_rows(segment, table, arena, &offsets, &err));
    assert_false(store_events_count(segment, table, field, NULL, 0, &rows, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(store_column_read(segment, OMOP_TABLE_PERSON, 0, 1, 1, arena, &vector, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    place_remove(&place);
}

/* Every public read of content, as a reader with these actions meets it: bit i is set where read i was allowed. */
enum {
    READ_IDS,
    READ_PERSON_COLUMN,
    READ_KEY_COLUMN,
    READ_FACTS,
    READ_GATHER,
    READ_ROWS,
    READ_EVENTS,
    READ_COUNT,
    READ_CONCEPTS,
    READ_ALL
};
static unsigned reads_allowed(struct place *place)
{
    const int table = OMOP_TABLE_CONDITION_OCCURRENCE, concept = OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID;
    struct store_segment *segment = store_reader_segment(place->reader, OMOP_PERSON, 0);
    struct error err;
    struct store_vector vector;
    struct store_events events;
    const int64_t *ids, anything = 1;
    const uint32_t *numbers, first = 0;
    uint64_t rows;
    size_t count;
    CLEANUP(arena) struct arena *arena = arena_create();
    const bool allowed[READ_ALL] = {
        [READ_IDS] = store_segment_person_ids(segment, &ids, &err),
        [READ_PERSON_COLUMN] = store_column_read(segment, table, OMOP_CONDITION_OCCURRENCE_PERSON_ID, 0, 1, arena, &vector, &err),
        [READ_KEY_COLUMN] =
            store_column_read(segment, table, OMOP_CONDITION_OCCURRENCE_CONDITION_OCCURRENCE_ID, 0, 1, arena, &vector, &err),
        [READ_FACTS] = store_column_read(segment, table, concept, 0, 1, arena, &vector, &err),
        [READ_GATHER] = store_column_gather(segment, table, concept, &first, 1, arena, &vector, &err),
        [READ_ROWS] = store_person_rows(segment, table, arena, &numbers, &err),
        [READ_EVENTS] = store_events_find(segment, table, concept, &anything, 1, STORE_EVENT_DAYS, arena, &events, &err),
        [READ_COUNT] = store_events_count(segment, table, concept, &anything, 1, &rows, &err),
        [READ_CONCEPTS] = store_concepts(segment, table, concept, arena, &ids, &numbers, &count, &err),
    };
    unsigned bits = 0;
    for (unsigned i = 0; i < READ_ALL; i++) {
        bits |= (unsigned)allowed[i] << i;
    }
    return bits;
}

static void a_grant_bounds_what_is_read(void **unused)
{
    (void)unused;
    enum { EVERYTHING = (1 << READ_ALL) - 1, WHO = 1 << READ_IDS | 1 << READ_PERSON_COLUMN, KEYS = 1 << READ_KEY_COLUMN };
    static const struct {
        uint32_t actions;
        unsigned reads;
    } cases[] = {{GRANT_COUNT, EVERYTHING & ~WHO},
                 {GRANT_ROWS, EVERYTHING},
                 {GRANT_EXPORT, EVERYTHING},
                 {GRANT_LOAD, WHO | KEYS},
                 {GRANT_VERIFY, 0}};
    struct place place;
    struct error err = {0};
    struct store_vector vector;
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
    check(example_add_person(builder, 3, &err), &err);
    place_make(&place, 0);
    place_commit(&place, builder);
    const int64_t now = clock_unix_seconds();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        store_reader_close(place.reader);
        place.grant.actions = cases[i].actions;
        check(keyring_grant_issue(place.keyring, &place.grant, &err), &err);
        check(store_reader_open(&place.reader, place.store, &place.grant, 0, &err), &err);
        assert_int_equal(reads_allowed(&place), cases[i].reads);
        clock_set_for_tests(place.grant.not_after); /* an old reader is worth nothing */
        assert_int_equal(reads_allowed(&place), 0);
        clock_set_for_tests(now);
        assert_int_equal(store_column_read(store_reader_segment(place.reader, OMOP_PERSON, 0), OMOP_TABLE_PERSON,
                                           OMOP_PERSON_PERSON_SOURCE_VALUE, 0, 1, arena, &vector, &err),
                         (cases[i].reads & WHO) != 0);
    }
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_at_all),         cmocka_unit_test(refused_rows),
        cmocka_unit_test(grants_are_asked),       cmocka_unit_test(a_grant_bounds_what_is_read),
        cmocka_unit_test(random_person_segments), cmocka_unit_test(large_person_segment),
        cmocka_unit_test(persons_of_a_range),     cmocka_unit_test(random_other_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
