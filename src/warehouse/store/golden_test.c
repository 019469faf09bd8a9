/* SPDX-License-Identifier: EUPL-1.2 */
/* golden: a store written by an earlier emc2 and kept in the tree stays readable: keys, manifests, segments, blobs. A change of format
 * makes a new directory beside it and leaves this one alone. `golden_test --write DIRECTORY` makes such a store. */
#include "base/file.h"
#include "warehouse/store/store.h"
#include "warehouse/store/store_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char golden[] = "tests/golden/store_3";
static const char passphrase_text[] = "golden store, no secret";
enum { PERSONS = 40 };

static bool keys_open(const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE], bool is_new, struct keyring **out_keyring,
                      struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    CLEANUP(secret) struct secret *root = NULL;
    struct custody custody;
    char path[256], keys[200];
    snprintf(keys, sizeof keys, "%s/keys", directory);
    snprintf(path, sizeof path, "%s/root.key", keys);
    TRY(crypto_start(err));
    if (is_new) {
        TRY(directory_create(keys, 0700, err) && secret_random(&root, CRYPTO_KEY_SIZE, err) && keyring_create(keys, store_id, root, err));
    }
    TRY(secret_create(&passphrase, sizeof passphrase_text - 1, err));
    memcpy(secret_bytes(passphrase), passphrase_text, sizeof passphrase_text - 1);
    TRY(!is_new || custody_passphrase_create(path, store_id, root, passphrase, err));
    TRY(custody_passphrase_open(&custody, path, store_id, passphrase, err));
    bool done = keyring_open(out_keyring, &custody, keys, store_id, err);
    custody_release(&custody);
    return done;
}

static bool write_golden(const char *directory, struct error *err)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(store) struct store *store = NULL;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct grant grant;
    uint32_t number;
    TRY(store_create(directory, store_id, err));
    TRY(keys_open(directory, store_id, true, &keyring, err));
    TRY(example_grant(keyring, GRANT_LOAD, &grant, err));
    TRY(store_open(&store, directory, keyring, NULL, err));
    for (int64_t i = 0; i < 2; i++) {
        CLEANUP(store_writer) struct store_writer *writer = NULL;
        const struct store_snapshot_note note = {i ? "second" : "first", "{\"load\": \"golden\"}"};
        TRY(store_writer_open(&writer, store, &grant, err));
        for (int scope = 0; scope <= OMOP_VOCABULARY; scope++) {
            TRY(store_writer_keep(writer, (enum omop_scope)scope, err));
        }
        TRY(example_add_segment(writer, i, 2, PERSONS / 2, 0, err)); /* even, then odd */
        TRY(i ? true : example_add_rest(writer, err));
        TRY(store_writer_commit(writer, &note, &number, err));
    }
    return true;
}

static void no_problem(void *context, const char *file, const char *what)
{
    (void)context;
    fail_msg("%s: %s", file, what);
}

static void assert_conditions(struct store_segment *segment, int64_t first)
{
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct store_vector persons, concepts, days, texts;
    const size_t count = PERSONS / 2 * EXAMPLE_CONDITIONS;
    const int table = OMOP_TABLE_CONDITION_OCCURRENCE;
    assert_int_equal(store_segment_rows(segment, table), count);
    assert_true(store_column_read(segment, table, OMOP_CONDITION_OCCURRENCE_PERSON_ID, 0, count, arena, &persons, &err));
    assert_true(store_column_read(segment, table, OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID, 0, count, arena, &concepts, &err));
    assert_true(store_column_read(segment, table, OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATE, 0, count, arena, &days, &err));
    assert_true(store_column_read(segment, table, OMOP_CONDITION_OCCURRENCE_CONDITION_SOURCE_VALUE, 0, count, arena, &texts, &err));
    for (size_t row = 0; row < count; row++) { /* persons in order, each with its conditions in order of time */
        int64_t person = first + 2 * (int64_t)(row / EXAMPLE_CONDITIONS);
        unsigned i = (unsigned)(row % EXAMPLE_CONDITIONS);
        assert_int_equal(persons.integers[row], person);
        assert_int_equal(concepts.integers[row], example_concept(person, i));
        assert_int_equal(days.days[row], example_day(person, i));
        assert_true(text_equal(texts.texts[row], TEXT(EXAMPLE_SECRET)));
    }
}

static void assert_events(struct store_segment *segment, int64_t first)
{
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct store_events events;
    const int64_t concept = 1003;
    size_t expected = 0;
    assert_true(store_events_find(segment, OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID, &concept, 1,
                                  STORE_EVENT_DAYS, arena, &events, &err));
    for (unsigned person = 0; person < PERSONS / 2; person++) {
        for (unsigned i = 0; i < EXAMPLE_CONDITIONS; i++) {
            int64_t id = first + 2 * (int64_t)person;
            if (example_concept(id, i) == concept) {
                assert_true(expected < events.count);
                assert_int_equal(events.persons[expected], person);
                assert_int_equal(events.starts[expected], example_day(id, i));
                expected++;
            }
        }
    }
    assert_int_equal(events.count, expected);
    assert_true(expected > 0);
}

static void assert_rest(struct store_reader *reader)
{
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct store_vector names, zips;
    uint8_t bytes[100];
    struct store_segment *vocabulary = store_reader_segment(reader, OMOP_VOCABULARY, 0);
    struct store_segment *shared = store_reader_segment(reader, OMOP_SHARED, 0);
    assert_true(store_column_read(vocabulary, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_NAME, 0, 2, arena, &names, &err));
    assert_true(text_equal(names.texts[0], TEXT("Myelofibrosis"))); /* by concept id */
    assert_true(text_equal(names.texts[1], TEXT("Polycythaemia vera")));
    assert_true(store_column_read(shared, OMOP_TABLE_LOCATION, OMOP_LOCATION_ZIP, 0, 1, arena, &zips, &err));
    assert_true(text_equal(zips.texts[0], TEXT("75013")));
    assert_true(store_reader_blob_read(reader, "words", 65500, bytes, sizeof bytes, &err));
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(bytes[i], (uint8_t)((65500 + i) * (65500 + i) >> 3));
    }
}

static void the_golden_store_stays_readable(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(store) struct store *store = NULL;
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    CLEANUP(buffer_value) struct buffer report = {.maximum = 100};
    struct store_snapshot snapshot;
    struct grant grant;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    uint32_t problems;
    assert_true(store_identify(golden, store_id, &err));
    assert_true(keys_open(golden, store_id, false, &keyring, &err));
    assert_true(example_grant(keyring, GRANT_ROWS | GRANT_VERIFY, &grant, &err));
    assert_true(store_open(&store, golden, keyring, NULL, &err));
    assert_true(store_snapshot_read(store, &grant, 2, &snapshot, &err));
    assert_int_equal(snapshot.persons, PERSONS);
    assert_string_equal(snapshot.label, "second");
    assert_true(store_snapshot_report(store, &grant, 2, &report, &err));
    assert_string_equal((const char *)report.data, "{\"load\": \"golden\"}");
    assert_true(store_snapshot_verify(store, &grant, 2, no_problem, NULL, NULL, &problems, &err));
    assert_true(store_reader_open(&reader, store, &grant, 2, &err));
    assert_int_equal(store_reader_segment_count(reader, OMOP_PERSON), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_conditions(store_reader_segment(reader, OMOP_PERSON, i), (int64_t)i);
        assert_events(store_reader_segment(reader, OMOP_PERSON, i), (int64_t)i);
    }
    assert_rest(reader);
}

int main(int argc, char **argv)
{
    struct error err;
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        if (!write_golden(argv[2], &err)) {
            fprintf(stderr, "%s\n", err.message);
            return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_golden_store_stays_readable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
