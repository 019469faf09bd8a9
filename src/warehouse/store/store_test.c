/* SPDX-License-Identifier: EUPL-1.2 */
/* store: the directory, its lock, snapshots, what a reader may see, and what verify finds. */
#include "base/file.h"
#include "warehouse/store/manifest.h"
#include "warehouse/store/store.h"
#include "warehouse/store/store_example.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ALL = GRANT_COUNT | GRANT_ROWS | GRANT_LOAD | GRANT_EXPORT | GRANT_VERIFY };
static char base[64];
static unsigned made;

/* A store of its own for one test. */
struct place {
    char directory[128];
    struct keyring *keyring;
    struct store *store;
    struct grant grant;
};

static void place_make(struct place *place)
{
    struct error err;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    const struct store_options options = {.cache_bytes = 1 << 20};
    snprintf(place->directory, sizeof place->directory, "%s/store%u", base, made++);
    assert_true(store_create(place->directory, store_id, &err));
    assert_true(keyring_open(&place->keyring, &example_custody, NULL, store_id, &err));
    assert_true(store_open(&place->store, place->directory, place->keyring, &options, &err));
    assert_true(example_grant(place->keyring, ALL, &place->grant, &err));
}

static void place_end(struct place *place)
{
    store_close(place->store);
    keyring_close(place->keyring);
}

/* Loads `count` persons and, when asked, the shared and vocabulary part. */
static bool load(struct place *place, int64_t first, unsigned count, bool is_whole, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    const struct store_snapshot_note note = {"a test", "{\"rows\": 7}"};
    uint32_t number;
    TRY(store_writer_open(&writer, place->store, &place->grant, err));
    for (int scope = 0; scope <= OMOP_VOCABULARY; scope++) {
        TRY(store_writer_keep(writer, (enum omop_scope)scope, err));
    }
    TRY(example_add_segment(writer, first, 1, count, 1, err));
    TRY(example_add_segment(writer, first + 1000, 1, count, 0, err));
    if (is_whole) {
        TRY(example_add_rest(writer, err));
    }
    return store_writer_commit(writer, &note, &number, err);
}

static const char *in_place(const struct place *place, const char *part)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", place->directory, part);
    return path;
}

static unsigned files_in(const struct place *place, const char *part)
{
    unsigned count = 0;
    DIR *directory = opendir(in_place(place, part));
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        count += entry->d_name[0] != '.';
    }
    closedir(directory);
    return count;
}

/* ---- the directory ---- */
static void create_wants_an_empty_directory(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    uint8_t store_id[GRANT_STORE_ID_SIZE], again[GRANT_STORE_ID_SIZE];
    place_make(&place);
    assert_true(store_identify(place.directory, store_id, &err));
    assert_memory_equal(store_id, keyring_store_id(place.keyring), sizeof store_id);
    assert_false(store_create(place.directory, again, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_false(store_create(base, again, &err)); /* holds other things */
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_false(store_identify(base, again, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.hint, "emc2 init"));
    struct stat status;
    assert_int_equal(stat(place.directory, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
    place_end(&place);
}

static void interrupted_create_can_be_repeated(void **state)
{
    (void)state;
    struct error err;
    char directory[128];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    snprintf(directory, sizeof directory, "%s/half", base);
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(directory, sizeof directory, "%s/half/segments", base);
    assert_int_equal(mkdir(directory, 0700), 0);
    *strrchr(directory, '/') = '\0';
    assert_true(store_create(directory, store_id, &err));
}

static void a_store_without_its_identity_is_not_made_anew(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    uint8_t again[GRANT_STORE_ID_SIZE];
    place_make(&place);
    assert_true(load(&place, 100, 1, true, &err));
    unsigned segments = files_in(&place, "segments");
    assert_true(file_remove(in_place(&place, "store.json"), &err));
    assert_false(store_create(place.directory, again, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_non_null(strstr(err.hint, "put store.json back"));
    assert_true(directory_remove_all(in_place(&place, "segments"), &err)); /* a snapshot is enough */
    assert_false(store_create(place.directory, again, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_true(segments > 0);
    place_end(&place);
}

static void keys_of_another_store_are_refused(void **state)
{
    (void)state;
    struct error err;
    struct place one = {.store = NULL}, two = {.store = NULL};
    struct store *store = NULL;
    place_make(&one);
    place_make(&two);
    assert_false(store_open(&store, one.directory, two.keyring, NULL, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    struct store_writer *writer = NULL;
    assert_false(store_writer_open(&writer, one.store, &two.grant, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    place_end(&one);
    place_end(&two);
}

static void lock_says_who_holds_it(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    struct store_writer *first = NULL, *second = NULL;
    char words[32];
    place_make(&place);
    assert_true(store_writer_open(&first, place.store, &place.grant, &err));
    assert_false(store_writer_open(&second, place.store, &place.grant, &err));
    assert_int_equal(err.code, ERROR_BUSY);
    snprintf(words, sizeof words, "process %ld on ", (long)getpid());
    assert_non_null(strstr(err.message, words));
    store_writer_close(first);
    assert_true(store_writer_open(&second, place.store, &place.grant, &err));
    store_writer_close(second);
    uint64_t size;
    assert_true(file_size(in_place(&place, "lock"), &size, &err));
    assert_int_equal(size, 0);
    place_end(&place);
}

/* ---- snapshots ---- */
static void a_load_makes_a_snapshot(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    struct store_snapshot snapshot;
    uint32_t number = 99;
    place_make(&place);
    assert_true(store_snapshot_latest(place.store, &place.grant, &number, &err));
    assert_int_equal(number, 0);
    assert_true(load(&place, 100, 5, true, &err));
    assert_true(store_snapshot_latest(place.store, &place.grant, &number, &err));
    assert_int_equal(number, 1);
    assert_true(store_snapshot_read(place.store, &place.grant, 1, &snapshot, &err));
    assert_int_equal(snapshot.persons, 10);
    assert_int_equal(snapshot.segments, 4);
    assert_int_equal(snapshot.table_rows[OMOP_TABLE_CONDITION_OCCURRENCE], 10 * EXAMPLE_CONDITIONS);
    assert_int_equal(snapshot.rows, 10 + 10 * EXAMPLE_CONDITIONS + 1 + 2);
    assert_string_equal(snapshot.label, "a test");
    CLEANUP(buffer_value) struct buffer report = {.maximum = 100};
    assert_true(store_snapshot_report(place.store, &place.grant, 1, &report, &err));
    assert_string_equal((const char *)report.data, "{\"rows\": 7}");
    assert_false(store_snapshot_read(place.store, &place.grant, 2, &snapshot, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    place_end(&place);
}

static void a_reader_has_segments_in_order(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    struct store_reader *none = NULL;
    place_make(&place);
    assert_false(store_reader_open(&none, place.store, &place.grant, 0, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_true(load(&place, 100, 5, true, &err));
    assert_true(load(&place, 200, 3, false, &err));
    CLEANUP(store_reader) struct store_reader *reader = NULL, *old = NULL;
    assert_true(store_reader_open(&reader, place.store, &place.grant, 0, &err));
    assert_true(store_reader_open(&old, place.store, &place.grant, 1, &err));
    assert_int_equal(store_reader_snapshot(reader), 2);
    assert_int_equal(store_reader_segment_count(reader, OMOP_PERSON), 4);
    assert_int_equal(store_reader_segment_count(old, OMOP_PERSON), 2);
    assert_int_equal(store_reader_segment_count(reader, OMOP_SHARED), 1);
    assert_int_equal(store_reader_segment_count(reader, OMOP_VOCABULARY), 1);
    const int64_t firsts[] = {1100, 100, 1200, 200}; /* kept ones first, then by position */
    for (size_t i = 0; i < 4; i++) {
        const int64_t *ids;
        struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, i);
        assert_true(store_segment_person_ids(segment, &ids, &err));
        assert_int_equal(ids[0], firsts[i]);
        assert_int_equal(store_segment_persons(segment), i < 2 ? 5 : 3);
    }
    place_end(&place);
}

static void a_person_is_in_one_segment(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    uint32_t number;
    place_make(&place);
    assert_true(store_writer_open(&writer, place.store, &place.grant, &err));
    assert_true(example_add_segment(writer, 0, 3, 50, 0, &err)); /* ranges meet, ids do not */
    assert_true(example_add_segment(writer, 1, 3, 50, 1, &err));
    assert_true(store_writer_commit(writer, NULL, &number, &err));
    store_writer_close(writer);
    writer = NULL;
    assert_false(load(&place, 61, 1, false, &err)); /* kept segments have it: 61 = 1 + 3 * 20 */
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_int_equal(files_in(&place, "segments"), 2);
    assert_true(load(&place, 62, 1, false, &err));
    assert_true(store_writer_open(&writer, place.store, &place.grant, &err)); /* two new ones; nothing is kept */
    assert_true(example_add_segment(writer, 0, 2, 50, 0, &err));
    assert_true(example_add_segment(writer, 98, 1, 2, 1, &err));
    assert_false(store_writer_commit(writer, NULL, &number, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    store_writer_close(writer);
    writer = NULL;
    place_end(&place);
}

static void a_position_or_a_name_is_given_once(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    uint32_t number;
    place_make(&place);
    assert_true(load(&place, 100, 1, true, &err));
    struct store_writer *writer = NULL;
    assert_true(store_writer_open(&writer, place.store, &place.grant, &err));
    assert_true(example_add_segment(writer, 0, 1, 1, 7, &err));
    assert_false(example_add_segment(writer, 10, 1, 1, 7, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_true(store_writer_add_blob(writer, "words", "x", 1, &err));
    assert_false(store_writer_add_blob(writer, "words", "y", 1, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_false(store_writer_add_blob(writer, "../words", "y", 1, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_true(store_writer_keep(writer, OMOP_VOCABULARY, &err));
    assert_false(store_writer_commit(writer, NULL, &number, &err)); /* kept and new */
    assert_int_equal(err.code, ERROR_EXISTS);
    store_writer_close(writer);
    place_end(&place);
}

static void what_is_left_behind_is_removed(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    struct store_writer *writer = NULL;
    place_make(&place);
    assert_true(load(&place, 100, 2, true, &err));
    unsigned before = files_in(&place, "segments");
    assert_true(store_writer_open(&writer, place.store, &place.grant, &err));
    assert_true(example_add_segment(writer, 500, 1, 2, 0, &err));
    assert_int_equal(files_in(&place, "segments"), before + 1);
    store_writer_close(writer); /* no commit */
    assert_int_equal(files_in(&place, "segments"), before);
    assert_true(file_write_atomic(in_place(&place, "segments/0123456789abcdef0123456789abcdef.sealed"), "x", 1, 0600, &err));
    assert_true(file_write_atomic(in_place(&place, "segments/0123456789abcdef0123456789abcdef.sealed.tmp"), "x", 1, 0600, &err));
    assert_true(file_write_atomic(in_place(&place, "segments/notes.txt"), "not ours", 8, 0600, &err));
    assert_true(file_write_atomic(in_place(&place, "snapshots/00000002.manifest.tmp"), "x", 1, 0600, &err));
    assert_true(store_writer_open(&writer, place.store, &place.grant, &err));
    store_writer_close(writer);
    assert_int_equal(files_in(&place, "segments"), before + 1); /* notes.txt */
    assert_int_equal(files_in(&place, "snapshots"), 1);
    place_end(&place);
}

static void labels_are_cut_at_a_character(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    struct store_snapshot snapshot;
    char label[300];
    uint32_t number;
    place_make(&place);
    for (size_t i = 0; i + 1 < sizeof label; i++) {
        label[i] = i % 2 ? '\xa9' : '\xc3'; /* é, two bytes */
    }
    label[sizeof label - 1] = '\0';
    const char *labels[] = {label, label + 1};
    for (uint32_t i = 0; i < 2; i++) {
        CLEANUP(store_writer) struct store_writer *writer = NULL;
        assert_true(store_writer_open(&writer, place.store, &place.grant, &err));
        const struct store_snapshot_note note = {labels[i], NULL};
        assert_true(store_writer_commit(writer, &note, &number, &err));
        assert_true(store_snapshot_read(place.store, &place.grant, number, &snapshot, &err));
        assert_true(text_is_utf8(text_of(snapshot.label)));
    }
    assert_true(strlen(snapshot.label) > 100); /* question marks for what is no UTF-8 */
    place_end(&place);
}

/* ---- grants ---- */
static void the_store_demands_a_grant(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    struct grant grant;
    struct store_writer *writer = NULL;
    struct store_reader *reader = NULL;
    uint32_t problems;
    place_make(&place);
    assert_true(load(&place, 100, 2, true, &err));
    assert_true(example_grant(place.keyring, GRANT_COUNT, &grant, &err));
    assert_false(store_writer_open(&writer, place.store, &grant, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(store_snapshot_verify(place.store, &grant, 1, NULL, NULL, NULL, &problems, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    grant.tables = UINT64_C(1) << OMOP_TABLE_PERSON;
    assert_false(store_reader_open(&reader, place.store, &grant, 0, &err)); /* changed after signing */
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(keyring_grant_issue(place.keyring, &grant, &err));
    assert_true(store_reader_open(&reader, place.store, &grant, 0, &err));
    assert_int_equal(store_reader_segment_count(reader, OMOP_PERSON), 2);
    assert_int_equal(store_reader_segment_count(reader, OMOP_SHARED), 0); /* where people live stays closed */
    assert_int_equal(store_reader_segment_count(reader, OMOP_VOCABULARY), 0);
    assert_true(store_reader_demand_table(reader, OMOP_TABLE_PERSON, &err));
    assert_false(store_reader_demand_table(reader, OMOP_TABLE_CONDITION_OCCURRENCE, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_non_null(strstr(err.message, "condition_occurrence"));
    store_reader_close(reader);
    clock_set_for_tests(EXAMPLE_NOW + 100000);
    assert_false(store_reader_open(&reader, place.store, &place.grant, 0, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    clock_set_for_tests(EXAMPLE_NOW);
    grant.actions = GRANT_LOAD;
    assert_true(keyring_grant_issue(place.keyring, &grant, &err));
    assert_true(store_writer_open(&writer, place.store, &grant, &err));
    assert_false(example_add_segment(writer, 900, 1, 1, 0, &err)); /* conditions are not covered */
    assert_int_equal(err.code, ERROR_DENIED);
    store_writer_close(writer);
    place_end(&place);
}

static void locations_have_their_own_key_domain(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    struct crypto_hash hash;
    place_make(&place);
    assert_true(load(&place, 100, 2, true, &err));
    assert_true(manifest_load(&manifest, place.store, &place.grant, 1, &hash, NULL, &err));
    unsigned locations = 0;
    for (size_t i = 0; i < manifest.files.count; i++) {
        const struct store_file_entry *file = &manifest.files.items[i];
        locations += file->domain == KEY_DOMAIN_GENETIC_LOCATION;
        assert_int_equal(file->domain, file->summary.table_rows[OMOP_TABLE_LOCATION] ? KEY_DOMAIN_GENETIC_LOCATION : KEY_DOMAIN_HEALTH);
    }
    assert_int_equal(locations, 1);
    place_end(&place);
}

/* ---- blobs ---- */
static void a_blob_is_read_anywhere(void **state)
{
    (void)state;
    struct error err;
    struct place place = {.store = NULL};
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    uint64_t length;
    bool exists;
    static uint8_t bytes[EXAMPLE_BLOB];
    place_make(&place);
    assert_true(load(&place, 100, 2, true, &err));
    assert_true(store_reader_open(&reader, place.store, &place.grant, 0, &err));
    assert_true(store_reader_blob(reader, "words", &length, &exists, &err));
    assert_true(exists && length == EXAMPLE_BLOB);
    assert_true(store_reader_blob(reader, "nothing", &length, &exists, &err));
    assert_false(exists);
    const size_t pieces[][2] = {{0, EXAMPLE_BLOB}, {0, 0}, {65530, 12}, {65536, 65536}, {EXAMPLE_BLOB - 1, 1}, {EXAMPLE_BLOB, 0}};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        assert_true(store_reader_blob_read(reader, "words", pieces[i][0], bytes, pieces[i][1], &err));
        for (size_t j = 0; j < pieces[i][1]; j++) {
            size_t at = pieces[i][0] + j;
            assert_int_equal(bytes[j], (uint8_t)(at * at >> 3));
        }
    }
    assert_false(store_reader_blob_read(reader, "words", EXAMPLE_BLOB, bytes, 1, &err));
    assert_false(store_reader_blob_read(reader, "words", UINT64_MAX, bytes, 2, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_false(store_reader_blob_read(reader, "nothing", 0, bytes, 1, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    place_end(&place);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    clock_set_for_tests(EXAMPLE_NOW);
    snprintf(base, sizeof base, "/tmp/emc2_store_test_XXXXXX");
    return crypto_start(&err) && mkdtemp(base) ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    struct error err;
    clock_set_for_tests(0);
    return directory_remove_all(base, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_wants_an_empty_directory),   cmocka_unit_test(interrupted_create_can_be_repeated),
        cmocka_unit_test(keys_of_another_store_are_refused), cmocka_unit_test(lock_says_who_holds_it),
        cmocka_unit_test(a_load_makes_a_snapshot),           cmocka_unit_test(a_reader_has_segments_in_order),
        cmocka_unit_test(a_person_is_in_one_segment),        cmocka_unit_test(a_position_or_a_name_is_given_once),
        cmocka_unit_test(what_is_left_behind_is_removed),    cmocka_unit_test(labels_are_cut_at_a_character),
        cmocka_unit_test(the_store_demands_a_grant),         cmocka_unit_test(locations_have_their_own_key_domain),
        cmocka_unit_test(a_blob_is_read_anywhere),           cmocka_unit_test(a_store_without_its_identity_is_not_made_anew),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
