/* SPDX-License-Identifier: EUPL-1.2 */
/* load: a data set becomes a snapshot wholly or not at all; what is wrong is told by place; the rows are the same for any memory and any
 * number of threads; what is there stays or goes as it was asked for. */
#include "base/scratch.h"
#include "intake/load/load.h"
#include "warehouse/store/store_example.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PERSON_HEAD "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,care_site_id\n"
#define MEASUREMENT_HEAD \
    "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,unit_source_value,visit_occurrence_id\n"
#define CONCEPT_HEAD                                                                                                                  \
    "concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,valid_start_date,valid_end_date," \
    "invalid_reason\n"

/* One store and one source directory for each test. */
struct place {
    struct scratch scratch;
    struct keyring *keyring;
    struct store *store;
    struct grant grant;
    struct arena *arena;
    struct load_report report;
};
static struct error err;

static struct place *place_open(void)
{
    struct arena *arena = arena_create();
    struct place *place = ARENA_NEW(arena, struct place);
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    place->arena = arena;
    place->scratch = scratch_open();
    const char *directory = scratch_path(&place->scratch, "store");
    assert_true(store_create(directory, store_id, &err));
    assert_true(keyring_open(&place->keyring, &example_custody, NULL, store_id, &err));
    assert_true(store_open(&place->store, directory, place->keyring, NULL, &err));
    memcpy(place->grant.store_id, store_id, sizeof store_id);
    assert_true(example_grant(place->keyring, GRANT_LOAD | GRANT_ROWS | GRANT_VERIFY, &place->grant, &err));
    assert_true(directory_create(scratch_path(&place->scratch, "source"), 0700, &err));
    return place;
}

static void place_close(struct place *place)
{
    store_close(place->store);
    keyring_close(place->keyring);
    scratch_cleanup(&place->scratch);
    arena_destroy(place->arena);
}
DEFINE_CLEANUP(place, place_close)

static void put(struct place *place, const char *name, const char *content)
{
    const char *path = scratch_path(&place->scratch, arena_text_format(place->arena, "source/%s", name));
    assert_true(file_write_atomic(path, content, strlen(content), 0600, &err));
}

static void take_away(struct place *place, const char *name)
{
    assert_true(file_remove(scratch_path(&place->scratch, arena_text_format(place->arena, "source/%s", name)), &err));
}

static bool run(struct place *place, const struct load_options *options)
{
    struct load_options quiet = options ? *options : (struct load_options){0};
    quiet.quiet = true;
    place->report = (struct load_report){0};
    return load_run(place->store, &place->grant, scratch_path(&place->scratch, "source"), &quiet, &place->report, place->arena, &err);
}

static void run_ok(struct place *place, const struct load_options *options)
{
    if (!run(place, options)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

static uint32_t latest(struct place *place)
{
    uint32_t number = 0;
    assert_true(store_snapshot_latest(place->store, &place->grant, &number, &err));
    return number;
}

static uint64_t stored(struct place *place, int table)
{
    struct store_snapshot snapshot;
    assert_true(store_snapshot_read(place->store, &place->grant, latest(place), &snapshot, &err));
    return snapshot.table_rows[table];
}

static uint64_t counted(const struct place *place, enum load_severity severity, int table, const char *field, const char *what)
{
    for (size_t i = 0; i < place->report.count_count; i++) {
        const struct load_count *count = &place->report.counts[i];
        if (count->severity == severity && count->table == table && strcmp(count->field, field) == 0 && strcmp(count->what, what) == 0) {
            return count->rows;
        }
    }
    return 0;
}

static void put_small(struct place *place)
{
    put(place, "person.csv", PERSON_HEAD "1,8507,1950,0,0,\n2,8532,1960,0,0,\n30,8507,1970,0,0,5\n");
    put(place, "measurement.csv", MEASUREMENT_HEAD "1,1,3000963,2020-01-01,1.5,mg,\n2,30,3000963,2020-01-02,,,\n");
    put(place, "care_site.csv", "care_site_id,care_site_name\n5,North\n");
}

static void a_data_set_is_stored(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    put(place, "shopping_list.csv", "what\nmilk\neggs\n");
    put(place, "death.csv", "person_id,death_date,weather\n2,2021-05-05,rain\n");
    run_ok(place, NULL);
    assert_true(place->report.is_stored);
    assert_int_equal(place->report.snapshot, 1);
    assert_int_equal(place->report.persons, 3);
    assert_int_equal(place->report.rows_read, 7);
    assert_int_equal(place->report.rows_stored, 7);
    assert_true(place->report.vocabulary_built_in);
    assert_int_equal(stored(place, OMOP_TABLE_MEASUREMENT), 2);
    assert_int_equal(stored(place, OMOP_TABLE_CARE_SITE), 1);
    assert_true(stored(place, OMOP_TABLE_CONCEPT) > 0);
    assert_int_equal(place->report.unknown_count, 1);
    assert_string_equal(place->report.unknown[0].name, "shopping_list.csv");
    assert_int_equal(place->report.unknown[0].rows, 2);
    for (size_t i = 0; i < place->report.table_count; i++) {
        const bool is_death = place->report.tables[i].table == OMOP_TABLE_DEATH;
        assert_int_equal(place->report.tables[i].not_carried_count, is_death);
        assert_true(!is_death || strcmp(place->report.tables[i].not_carried[0], "weather") == 0);
    }
}

static void the_report_is_json_and_kept(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    CLEANUP(buffer_value) struct buffer kept = {.maximum = 1 << 20}, written = {.maximum = 1 << 20};
    const struct json *root = NULL;
    struct json_writer writer = {.out = &written};
    put_small(place);
    run_ok(place, NULL);
    assert_true(load_report_write(&place->report, &writer, &err));
    assert_true(json_parse(&root, place->arena, "report", written.data, written.length, &err));
    assert_int_equal(json_member(root, "rows_stored")->integer, 6);
    assert_int_equal(json_member(root, "tables")->count, 3);
    assert_true(store_snapshot_report(place->store, &place->grant, 1, &kept, &err));
    assert_true(json_parse(&root, place->arena, "report", kept.data, kept.length, &err));
    assert_int_equal(json_member(root, "stored")->kind, JSON_TRUE);
    assert_int_equal(json_member(root, "rows_stored")->integer, 6);
}

static void anything_wrong_stores_nothing(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    run_ok(place, NULL);
    put(place, "measurement.csv", MEASUREMENT_HEAD "3,1,3000963,not a date,1.5,Dupont,\n4,1,3000963,2020-01-01,x,,\n");
    put(place, "care_site.csv", "care_site_id,care_site_name\nfive,North\n");
    assert_false(run(place, &(struct load_options){.replace = true}));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_false(place->report.is_stored);
    assert_int_equal(place->report.errors, 3);
    assert_int_equal(place->report.finding_count, 4); /* with the person whose care site is not there */
    assert_string_equal(place->report.findings[0].file, "care_site.csv");
    assert_int_equal(place->report.findings[0].line, 2);
    assert_int_equal(place->report.findings[1].severity, LOAD_DANGLING);
    assert_string_equal(place->report.findings[2].field, "measurement_date");
    assert_string_equal(place->report.findings[2].what, "not a date");
    assert_int_equal(place->report.findings[3].line, 3);
    assert_int_equal(latest(place), 1);
    assert_int_equal(stored(place, OMOP_TABLE_MEASUREMENT), 2);
    take_away(place, "person.csv");
    assert_false(run(place, &(struct load_options){.replace = true}));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_int_equal(latest(place), 1);
}

static void keys_that_point_to_nothing(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    put(place, "person.csv", PERSON_HEAD "1,8507,1950,0,0,\n2,8532,1960,0,0,7\n");
    put(place, "measurement.csv", MEASUREMENT_HEAD "1,1,3000963,2020-01-01,1.5,mg,77\n1,30,3000963,2020-01-02,,,\n2,1,0,2020-01-01,,,\n");
    put(place, "concept.csv", CONCEPT_HEAD "8507,MALE,Gender,Gender,Gender,S,M,1970-01-01,2099-12-31,\n");
    assert_false(run(place, &(struct load_options){.refuse_dangling = true}));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_int_equal(latest(place), 0);
    run_ok(place, NULL);
    assert_int_equal(counted(place, LOAD_DANGLING, OMOP_TABLE_MEASUREMENT, "person_id", "not in person"), 1);
    assert_int_equal(counted(place, LOAD_DANGLING, OMOP_TABLE_MEASUREMENT, "visit_occurrence_id", "not in visit_occurrence"), 1);
    assert_int_equal(counted(place, LOAD_DANGLING, OMOP_TABLE_MEASUREMENT, "measurement_concept_id", "not in the vocabulary"), 2);
    assert_int_equal(counted(place, LOAD_DANGLING, OMOP_TABLE_MEASUREMENT, "measurement_id", "the key is there twice"), 1);
    assert_int_equal(counted(place, LOAD_DANGLING, OMOP_TABLE_PERSON, "care_site_id", "not in care_site"), 1);
    assert_int_equal(counted(place, LOAD_DANGLING, OMOP_TABLE_PERSON, "gender_concept_id", "not in the vocabulary"), 1);
    assert_int_equal(place->report.dangling, 7);
    assert_int_equal(place->report.persons, 3);
    assert_int_equal(stored(place, OMOP_TABLE_MEASUREMENT), 3);
    bool has_unmapped = false;
    for (size_t i = 0; i < place->report.unmapped_count; i++) {
        const struct load_unmapped *unmapped = &place->report.unmapped[i];
        has_unmapped = has_unmapped || (unmapped->table == OMOP_TABLE_MEASUREMENT && unmapped->rows == 1 && unmapped->of == 3);
    }
    assert_true(has_unmapped);
}

/* Kept, and counted with their places. Today is 2026-11-24 in UTC, and the 25th in the far east. */
static void dates_that_cannot_be_are_counted(void **state)
{
    (void)state;
    clock_set_for_tests(1795557600); /* 22:00 */
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    put(place, "person.csv",
        "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,birth_datetime\n1,8507,0,0,0,\n"
        "2,8532,99999,0,0,2027-01-01\n3,8507,1850,0,0,1850-01-01\n4,8507,2026,0,0,1849-12-31 23:59:59\n5,8507,,0,0,\n");
    put(place, "measurement.csv",
        MEASUREMENT_HEAD "1,1,3000963,1849-12-31,,,\n2,1,3000963,1850-01-01,,,\n3,2,3000963,2026-11-25,,,\n"
                         "4,2,3000963,2026-11-26,,,\n");
    put(place, "visit_occurrence.csv",
        "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,visit_type_concept_id\n"
        "1,1,9202,2020-01-02,2020-01-01,0\n2,1,9202,2020-01-01,2020-01-01,0\n3,1,9202,2020-01-01,,0\n");
    run_ok(place, NULL);
    const char *outside = "before 1850 or after today";
    assert_int_equal(counted(place, LOAD_IMPLAUSIBLE, OMOP_TABLE_PERSON, "year_of_birth", "before 1850 or after this year"), 2);
    assert_int_equal(counted(place, LOAD_IMPLAUSIBLE, OMOP_TABLE_PERSON, "birth_datetime", outside), 2);
    assert_int_equal(counted(place, LOAD_IMPLAUSIBLE, OMOP_TABLE_MEASUREMENT, "measurement_date", outside), 2);
    assert_int_equal(counted(place, LOAD_IMPLAUSIBLE, OMOP_TABLE_VISIT_OCCURRENCE, "visit_end_date", "ends before it starts"), 1);
    assert_int_equal(place->report.implausible, 7);
    assert_int_equal(stored(place, OMOP_TABLE_MEASUREMENT), 4);
    bool has_place = false;
    for (size_t i = 0; i < place->report.finding_count; i++) {
        const struct load_finding *finding = &place->report.findings[i];
        has_place |= finding->severity == LOAD_IMPLAUSIBLE && finding->line == 5 && strcmp(finding->file, "measurement.csv") == 0 &&
                     strcmp(finding->field, "measurement_date") == 0;
    }
    assert_true(has_place);
    clock_set_for_tests(0);
}

static void keys_that_others_point_to_are_there_once(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    put(place, "person.csv", PERSON_HEAD "1,8507,1950,0,0,\n2,8532,1960,0,0,\n1,8507,1970,0,0,5\n");
    assert_false(run(place, NULL));
    assert_int_equal(counted(place, LOAD_ERROR, OMOP_TABLE_PERSON, "person_id", "the key is there twice"), 1);
    assert_int_equal(place->report.findings[0].line, 4);
    assert_int_equal(latest(place), 0);
}

static void a_second_data_set_is_added_or_replaces(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    run_ok(place, NULL);
    assert_false(run(place, NULL));
    assert_int_equal(err.code, ERROR_EXISTS);
    put(place, "person.csv", PERSON_HEAD "40,8507,1950,0,0,5\n");
    put(place, "measurement.csv", MEASUREMENT_HEAD "1,40,3000963,2020-01-01,1.5,mg,\n");
    assert_false(run(place, NULL)); /* the care site is there already */
    assert_int_equal(counted(place, LOAD_ERROR, OMOP_TABLE_CARE_SITE, "care_site_id", "the key is in the store already"), 1);
    take_away(place, "care_site.csv");
    run_ok(place, NULL);
    assert_int_equal(counted(place, LOAD_DANGLING, OMOP_TABLE_PERSON, "care_site_id", "not in care_site"), 0);
    assert_int_equal(latest(place), 2);
    assert_int_equal(stored(place, OMOP_TABLE_PERSON), 4);
    assert_int_equal(stored(place, OMOP_TABLE_CARE_SITE), 1);
    assert_false(place->report.vocabulary_built_in);
    run_ok(place, &(struct load_options){.replace = true});
    assert_int_equal(stored(place, OMOP_TABLE_PERSON), 1);
    assert_int_equal(stored(place, OMOP_TABLE_CARE_SITE), 0);
    assert_true(stored(place, OMOP_TABLE_CONCEPT) > 0);
}

static void a_vocabulary_alone_keeps_the_persons(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    run_ok(place, NULL);
    take_away(place, "person.csv");
    take_away(place, "measurement.csv");
    take_away(place, "care_site.csv");
    put(place, "CONCEPT.csv",
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\tvalid_start_date\t"
        "valid_end_date\tinvalid_reason\n8507\tMALE\tGender\tGender\tGender\tS\tM\t19700101\t20991231\t\n");
    run_ok(place, &(struct load_options){.replace = true});
    assert_int_equal(stored(place, OMOP_TABLE_CONCEPT), 1);
    assert_int_equal(stored(place, OMOP_TABLE_PERSON), 3);
    assert_int_equal(stored(place, OMOP_TABLE_CARE_SITE), 1);
    take_away(place, "CONCEPT.csv");
    put(place, "source_to_concept_map.csv",
        "source_code,source_concept_id,source_vocabulary_id,target_concept_id,target_vocabulary_id,valid_start_date,valid_end_date\n"
        "x,0,local,8507,Gender,1970-01-01,2099-12-31\n");
    assert_false(run(place, NULL));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_int_equal(latest(place), 2);
}

static void a_cancellation_changes_nothing(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    task_cancel();
    assert_false(run(place, NULL));
    assert_int_equal(err.code, ERROR_CANCELLED);
    task_cancel_reset_for_tests();
    assert_int_equal(latest(place), 0);
    run_ok(place, NULL);
}

static void a_grant_is_demanded(void **state)
{
    (void)state;
    CLEANUP(place) struct place *place = place_open();
    put_small(place);
    place->grant.actions = GRANT_ROWS;
    assert_true(keyring_grant_issue(place->keyring, &place->grant, &err));
    assert_false(run(place, NULL));
    assert_int_equal(err.code, ERROR_DENIED);
}

/* ---- waves and threads ---- */
enum { PERSONS = 10000, ROWS = 60000 };

static void put_many(struct place *place, bool is_wrong)
{
    struct buffer text = {.maximum = 1 << 26};
    assert_true(buffer_append_text(&text, PERSON_HEAD, &err));
    for (int i = 0; i < PERSONS; i++) {
        assert_true(buffer_append_format(&text, &err, "%" PRId64 ",8507,%d,0,0,\n", (int64_t)i * i * 1000 + 1, 1930 + i % 70));
    }
    put(place, "person.csv", (const char *)text.data);
    buffer_clear(&text);
    assert_true(buffer_append_text(&text, MEASUREMENT_HEAD, &err));
    for (int i = 0; i < ROWS; i++) {
        const int64_t person = (int64_t)i * 7919 % PERSONS;
        const char *date = is_wrong && i % 20000 == 7 ? "2020-02-30" : "2020-02-29";
        assert_true(buffer_append_format(&text, &err, "%d,%" PRId64 ",3000963,%s,%d.5,text %d of many to make the file long enough,\n", i,
                                         person * person * 1000 + 1, date, i % 100, i % 1000));
    }
    put(place, "measurement.csv", (const char *)text.data);
    buffer_finish(&text);
}

/* Every measurement of the latest snapshot, in order, as one hash. */
static struct crypto_hash rows_hash(struct place *place, size_t *out_segments)
{
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 28};
    CLEANUP(arena) struct arena *arena = arena_create();
    assert_true(store_reader_open(&reader, place->store, &place->grant, 0, &err));
    *out_segments = store_reader_segment_count(reader, OMOP_PERSON);
    for (size_t s = 0; s < *out_segments; s++) {
        struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, s);
        const size_t rows = (size_t)store_segment_rows(segment, OMOP_TABLE_MEASUREMENT);
        struct store_vector ids, persons, values, units;
        assert_true(store_column_read(segment, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_MEASUREMENT_ID, 0, rows, arena, &ids, &err));
        assert_true(store_column_read(segment, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_PERSON_ID, 0, rows, arena, &persons, &err));
        assert_true(store_column_read(segment, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_VALUE_AS_NUMBER, 0, rows, arena, &values, &err));
        assert_true(store_column_read(segment, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_UNIT_SOURCE_VALUE, 0, rows, arena, &units, &err));
        for (size_t i = 0; i < rows; i++) {
            assert_true(buffer_append_format(&text, &err, "%" PRId64 " %" PRId64 " %g %.*s\n", ids.integers[i], persons.integers[i],
                                             values.floats[i], (int)units.texts[i].length, units.texts[i].data));
        }
    }
    return crypto_hash_of(text.data, text.length);
}

static void waves_and_threads_do_not_matter(void **state)
{
    (void)state;
    struct crypto_hash expected = {{0}};
    size_t segments_of_one = 0;
    for (unsigned threads = 1; threads <= 7; threads += threads == 1 ? 1 : 5) {
        for (int small = 0; small < 2; small++) {
            CLEANUP(place) struct place *place = place_open();
            CLEANUP(task_pool) struct task_pool *pool = NULL;
            struct settings settings;
            size_t segments = 0;
            settings_defaults(&settings);
            settings.values[SETTING_LOAD_MEMORY_BYTES] = small ? 1 << 20 : 1 << 30;
            assert_true(task_pool_create(&pool, threads, &err));
            put_many(place, false);
            run_ok(place, &(struct load_options){.settings = &settings, .pool = pool});
            assert_int_equal(place->report.rows_stored, PERSONS + ROWS);
            assert_true(small ? place->report.waves > 2 : place->report.waves == 1);
            const struct crypto_hash hash = rows_hash(place, &segments);
            if (threads == 1 && !small) {
                expected = hash;
                segments_of_one = segments;
            }
            assert_memory_equal(&hash, &expected, sizeof hash);
            assert_true(small ? segments > segments_of_one : segments == segments_of_one);
        }
    }
}

static void errors_are_complete_in_every_wave(void **state)
{
    (void)state;
    for (int small = 0; small < 2; small++) {
        CLEANUP(place) struct place *place = place_open();
        struct settings settings;
        settings_defaults(&settings);
        settings.values[SETTING_LOAD_MEMORY_BYTES] = small ? 1 << 20 : 1 << 30;
        put_many(place, true);
        assert_false(run(place, &(struct load_options){.settings = &settings}));
        assert_int_equal(place->report.errors, ROWS / 20000);
        assert_int_equal(place->report.rows_read, PERSONS + ROWS);
        assert_int_equal(latest(place), 0);
    }
}

static int begin(void **state)
{
    (void)state;
    return crypto_start(&err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_set_is_stored),
        cmocka_unit_test(the_report_is_json_and_kept),
        cmocka_unit_test(anything_wrong_stores_nothing),
        cmocka_unit_test(dates_that_cannot_be_are_counted),
        cmocka_unit_test(keys_that_point_to_nothing),
        cmocka_unit_test(keys_that_others_point_to_are_there_once),
        cmocka_unit_test(a_second_data_set_is_added_or_replaces),
        cmocka_unit_test(a_vocabulary_alone_keeps_the_persons),
        cmocka_unit_test(a_cancellation_changes_nothing),
        cmocka_unit_test(a_grant_is_demanded),
        cmocka_unit_test(waves_and_threads_do_not_matter),
        cmocka_unit_test(errors_are_complete_in_every_wave),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
