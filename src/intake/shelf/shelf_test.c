/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows come back as they were put on a shelf; deliveries count wholly or not at all, wherever a writer stops; the golden
 * shelves stay readable. `shelf_test --write DIRECTORY` makes them. */
#include "base/fault.h"
#include "base/file.h"
#include "base/scratch.h"
#include "intake/shelf/row_codec.h"
#include "intake/shelf/shelf.h"
#include "trust/keys/keys_pseudonym.h"
#include "warehouse/store/store.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    struct scratch scratch;
    struct keyring *keyring;
    struct grant grant;
    struct shelf_place place;
};

static bool root(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), 7, CRYPTO_KEY_SIZE);
    return true;
}
static const struct custody custody = {"example", root, NULL, NULL};
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = {1, 2, 3};

static bool keys_open(struct fixture *fixture, struct error *err)
{
    char keys[200];
    snprintf(keys, sizeof keys, "%s/keys", fixture->place.directory);
    TRY(keyring_open(&fixture->keyring, &custody, keys, store_id, err));
    fixture->grant = (struct grant){.project = "operator",
                                    .purpose = "test",
                                    .holder = "operator",
                                    .actions = GRANT_LOAD,
                                    .tables = UINT64_MAX,
                                    .not_before = clock_unix_seconds() - 60,
                                    .not_after = clock_unix_seconds() + 3600};
    fixture->place.keyring = fixture->keyring;
    return keyring_grant_issue(fixture->keyring, &fixture->grant, err);
}

static bool keys_make(struct fixture *fixture, struct error *err)
{
    CLEANUP(secret) struct secret *secret = NULL;
    char keys[200];
    snprintf(keys, sizeof keys, "%s/keys", fixture->place.directory);
    TRY(crypto_start(err) && directory_create(keys, 0700, err) && root(NULL, &secret, err));
    return keyring_create(keys, store_id, secret, err) && keys_open(fixture, err);
}

static int setup(void **state)
{
    struct error err = {0};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->scratch = scratch_open();
    fixture->place = (struct shelf_place){fixture->scratch.directory, NULL, &fixture->grant};
    const bool done = keys_make(fixture, &err);
    *state = fixture;
    return done ? 0 : 1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    keyring_close(fixture->keyring);
    scratch_cleanup(&fixture->scratch);
    free(fixture);
    return 0;
}

/* A row with a value of each type. */
static struct standard_row row_of(int64_t i)
{
    struct standard_row row = {.table = OMOP_TABLE_DRUG_EXPOSURE, .kind = RECORD_DRUG, .sequence = 1, .subject = i, .record = -i};
    row.visit = i % 2 ? 5 : 0;
    row.system = TEXT("CIP13");
    row.present = 1U << OMOP_DRUG_EXPOSURE_DRUG_CONCEPT_ID | 1U << OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATE |
                  1U << OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATETIME | 1U << OMOP_DRUG_EXPOSURE_QUANTITY |
                  1U << OMOP_DRUG_EXPOSURE_DRUG_SOURCE_VALUE;
    row.values[OMOP_DRUG_EXPOSURE_DRUG_CONCEPT_ID].integer = 1000 + i;
    row.values[OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATE].day = -400;
    row.values[OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATETIME].integer = INT64_C(-34560000000000);
    row.values[OMOP_DRUG_EXPOSURE_QUANTITY].number = 1.5;
    row.values[OMOP_DRUG_EXPOSURE_DRUG_SOURCE_VALUE].text = TEXT("3400930000001");
    return row;
}

static bool same_row(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    struct standard_row again;
    assert_true(shelf_row_read(row->table, bytes, &again, err) && again.record == row->record && again.present == row->present);
    int64_t *count = context;
    const struct standard_row expected = row_of(*count);
    assert_true(row->table == expected.table && row->kind == expected.kind && row->sequence == 1 && row->visit == expected.visit);
    assert_true(row->subject == *count && row->record == -*count && row->present == expected.present && row->parent == 0);
    assert_true(text_equal(row->system, TEXT("CIP13")) && row->place.length == 0);
    assert_int_equal(row->values[OMOP_DRUG_EXPOSURE_DRUG_CONCEPT_ID].integer, 1000 + *count);
    assert_int_equal(row->values[OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATE].day, -400);
    assert_true(row->values[OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATETIME].integer == INT64_C(-34560000000000));
    assert_true(row->values[OMOP_DRUG_EXPOSURE_QUANTITY].number > 1.4 && row->values[OMOP_DRUG_EXPOSURE_QUANTITY].number < 1.6);
    assert_true(text_equal(row->values[OMOP_DRUG_EXPOSURE_DRUG_SOURCE_VALUE].text, TEXT("3400930000001")));
    ++*count;
    return true;
}

static bool same_tokens(void *context, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err)
{
    int *calls = context;
    (void)err;
    assert_true(subject == 4 && count == 2 && tokens[1].kind == 2);
    for (size_t i = 0; i < 2; i++) {
        uint8_t element[CRYPTO_ELEMENT_SIZE];
        memset(element, i ? 255 : 7, sizeof element);
        assert_memory_equal(tokens[i].element, element, sizeof element);
        assert_true(tokens[i].fingerprint == key_pseudonym_fingerprint(element));
    }
    ++*calls;
    return true;
}

static bool shelve(const struct fixture *fixture, const char *holder, uint64_t sequence, bool is_full, int64_t rows, struct error *err)
{
    CLEANUP(shelf_writer) struct shelf_writer *writer = NULL;
    struct shelf_head head = {.sequence = sequence, .is_full = is_full, .epoch = 3, .made = 5};
    struct shelf_token tokens[2] = {{.kind = 1}, {.kind = 2}};
    memset(tokens[0].element, 7, CRYPTO_ELEMENT_SIZE);
    memset(tokens[1].element, 255, CRYPTO_ELEMENT_SIZE);
    (void)text_copy(head.holder, sizeof head.holder, text_of(holder));
    TRY(shelf_writer_open(&writer, &fixture->place, &head, err));
    for (int64_t i = 0; i < rows; i++) {
        const struct standard_row row = row_of(i);
        TRY(shelf_writer_add(writer, &row, err));
    }
    TRY(shelf_writer_add_tokens(writer, 4, tokens, 2, err));
    return shelf_writer_commit(writer, err);
}

static void test_back(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    CLEANUP(shelves) struct shelves *none = NULL;
    assert_true(shelves_open(&none, &fixture->place, &err) && shelves_count(none) == 0);
    assert_true(shelve(fixture, "brest", 1, true, 20000, &err)); /* several blocks */
    assert_true(shelve(fixture, "snds", 1, true, 3, &err));
    assert_true(shelve(fixture, "brest", 2, false, 10, &err));
    CLEANUP(shelves) struct shelves *shelves = NULL;
    assert_true(shelves_open(&shelves, &fixture->place, &err));
    assert_int_equal(shelves_count(shelves), 3);
    assert_true(shelves_delivery(shelves, 0)->is_live && shelves_delivery(shelves, 2)->is_live);
    assert_int_equal(shelves_delivery(shelves, 0)->rows[OMOP_TABLE_DRUG_EXPOSURE], 20000);
    assert_int_equal(shelves_last_sequence(shelves, TEXT("brest")), 2);
    assert_int_equal(shelves_delivery(shelves, 2)->head.epoch, 3);
    int64_t count = 0;
    int calls = 0;
    assert_true(shelves_scan(shelves, 0, OMOP_TABLE_DRUG_EXPOSURE, same_row, &count, &err));
    assert_int_equal(count, 20000);
    assert_true(shelves_scan(shelves, 0, OMOP_TABLE_DEATH, same_row, &count, &err) && count == 20000);
    assert_true(shelves_tokens(shelves, 1, same_tokens, &calls, &err) && calls == 1);
}

static void test_full_replaces(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    assert_true(shelve(fixture, "brest", 1, true, 1, &err) && shelve(fixture, "lyon", 1, true, 1, &err) &&
                shelve(fixture, "brest", 2, true, 1, &err));
    CLEANUP(shelves) struct shelves *shelves = NULL;
    assert_true(shelves_open(&shelves, &fixture->place, &err));
    assert_false(shelves_delivery(shelves, 0)->is_live);
    assert_true(shelves_delivery(shelves, 1)->is_live && shelves_delivery(shelves, 2)->is_live);
    assert_false(shelve(fixture, "brest", 2, false, 1, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
}

static bool count_files(void *context, const char *name, struct error *err)
{
    (void)err;
    *(int *)context += strcmp(name, "lock") != 0;
    return true;
}

/* A child stops at every write, rename and fsync on its way: afterwards the delivery is not there, and nothing of it stays. */
static void test_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    assert_true(shelve(fixture, "brest", 1, true, 5, &err));
    int stops = 0;
    for (int at = 1; at < 60; at++) {
        const pid_t child = fork();
        if (child == 0) {
            struct error failure = {0};
            char rule[40];
            snprintf(rule, sizeof rule, "*:%d", at);
            if (setenv("EMC2_FAULT", rule, 1) != 0) {
                _exit(3);
            }
            fault_reset_for_tests();
            struct fixture own = *fixture;
            char keys[100];
            snprintf(keys, sizeof keys, "%s/keys", fixture->scratch.directory);
            if (!keyring_open(&own.keyring, &custody, keys, store_id, &failure)) {
                _exit(4);
            }
            own.place.keyring = own.keyring;
            _exit(shelve(&own, "lyon", 1, true, 5, &failure) ? 0 : 5);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        CLEANUP(shelves) struct shelves *shelves = NULL;
        char keys[100];
        snprintf(keys, sizeof keys, "%s/keys", fixture->scratch.directory);
        keyring_close(fixture->keyring);
        fixture->keyring = NULL;
        assert_true(keyring_open(&fixture->keyring, &custody, keys, store_id, &err));
        fixture->place.keyring = fixture->keyring;
        assert_true(shelves_open(&shelves, &fixture->place, &err));
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
        }
        if (shelves_count(shelves) == 2) {
            break;
        }
        assert_int_equal(shelves_count(shelves), 1);
        stops++;
    }
    assert_in_range(stops, 5, 58);
    int files = 0;
    assert_true(shelve(fixture, "nice", 1, true, 5, &err)); /* and clears away what the dead ones left */
    assert_true(directory_visit(scratch_path(&fixture->scratch, "shelves"), count_files, &files, &err));
    assert_int_equal(files, 1 + 3 * 2);
}

static void flip(const char *path, off_t at)
{
    const int file = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte = 0;
    assert_true(file >= 0 && pread(file, &byte, 1, at) == 1);
    byte ^= 1;
    assert_true(pwrite(file, &byte, 1, at) == 1);
    close(file);
}

static void test_damage(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    assert_true(shelve(fixture, "brest", 1, true, 5, &err));
    CLEANUP(shelves) struct shelves *shelves = NULL;
    flip(scratch_path(&fixture->scratch, "shelves/index"), 100);
    assert_false(shelves_open(&shelves, &fixture->place, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
}

/* ---- verifying ---- */
struct told {
    char file[64];
    int calls;
};

static void note_problem(void *context, const char *file, const char *what)
{
    struct told *told = context;
    assert_true(what[0] != 0);
    snprintf(told->file, sizeof told->file, "%s", file);
    told->calls++;
}

static uint32_t verify(const struct fixture *fixture, struct told *told)
{
    struct error err = {0};
    uint32_t problems = 0;
    *told = (struct told){.calls = 0};
    if (!shelves_verify(&fixture->place, note_problem, told, &problems, &err)) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(problems, told->calls);
    return problems;
}

struct shelf_names {
    char items[16][64];
    size_t count;
};

static bool note_name(void *context, const char *name, struct error *err)
{
    struct shelf_names *names = context;
    (void)err;
    if (strcmp(name, "lock") != 0) {
        snprintf(names->items[names->count++], sizeof names->items[0], "shelves/%s", name);
    }
    return true;
}

static void begin(const struct fixture *fixture)
{
    struct error err = {0};
    CLEANUP(buffer_value) struct buffer state = {.maximum = 100};
    struct told told;
    assert_int_equal(verify(fixture, &told), 0); /* no shelves */
    assert_true(shelves_begin(&fixture->place, &err) && buffer_append_text(&state, "links", &err));
    assert_int_equal(verify(fixture, &told), 0); /* stopped there */
    assert_true(shelf_document_write(&fixture->place, "links", &state, &err) && shelves_begin(&fixture->place, &err));
    assert_int_equal(verify(fixture, &told), 0);
}

/* Each byte of each file, and each file as a whole. */
static void test_verify(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct shelf_names names = {.count = 0};
    struct told told;
    begin(fixture);
    assert_true(shelve(fixture, "brest", 1, true, 5, &err) && shelve(fixture, "lyon", 1, true, 5, &err));
    assert_int_equal(verify(fixture, &told), 0);
    assert_true(directory_visit(scratch_path(&fixture->scratch, "shelves"), note_name, &names, &err));
    assert_int_equal(names.count, 3 + 2 * 2);
    for (size_t i = 0; i < names.count; i++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
        char path[4096];
        snprintf(path, sizeof path, "%s", scratch_path(&fixture->scratch, names.items[i]));
        assert_true(file_read(path, &bytes, &err));
        for (size_t at = 0; at < bytes.length; at++) {
            flip(path, (off_t)at);
            if (verify(fixture, &told) != 1 || strcmp(told.file, names.items[i]) != 0) {
                fail_msg("%s, byte %zu: %d problems, %s", names.items[i], at, told.calls, told.file);
            }
            flip(path, (off_t)at);
        }
        assert_true(file_remove(path, &err));
        assert_int_equal(verify(fixture, &told), 1);
        assert_string_equal(told.file, names.items[i]);
        assert_true(file_write_atomic(path, bytes.data, bytes.length, 0600, &err));
    }
    assert_int_equal(verify(fixture, &told), 0);
}

/* The bytes of docs/formats/shelf.md. */
static void test_golden(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    const struct standard_row row = row_of(1);
    char hex[400];
    assert_true(row_encode(&out, &row, &err));
    crypto_hex(hex, out.data, out.length);
    assert_string_equal(hex, "45000305010100000000000000ffffffffffffffff05000000000000000543495031339c9020d20f9f06ffffaf88d4db0f00"
                             "0000000000f83f0d33343030393330303030303031");
}

/* ---- tests/golden/shelf_2 ---- */
static const char golden[] = "tests/golden/shelf_2";

static bool golden_make(const char *directory, struct error *err)
{
    CLEANUP(buffer_value) struct buffer barred = {.maximum = 100}, links = {.maximum = 100};
    struct fixture fixture = {.place = {directory, NULL, &fixture.grant}};
    TRY(keys_make(&fixture, err) && shelves_begin(&fixture.place, err));
    TRY(buffer_append_u32(&barred, 1, err) && buffer_append_u64(&barred, 2, err) && buffer_append_text(&links, "links", err));
    const bool done = shelf_document_write(&fixture.place, "barred", &barred, err) &&
                      shelf_document_write(&fixture.place, "links", &links, err) && shelve(&fixture, "brest", 1, true, 3, err) &&
                      shelve(&fixture, "brest", 2, false, 2, err);
    keyring_close(fixture.keyring);
    return done;
}

static void golden_rows(const struct fixture *fixture)
{
    CLEANUP(shelves) struct shelves *shelves = NULL;
    struct error err = {0};
    assert_true(shelves_open(&shelves, &fixture->place, &err) && shelves_count(shelves) == 2);
    for (size_t i = 0; i < 2; i++) {
        const struct shelf_head *head = &shelves_delivery(shelves, i)->head;
        int64_t rows = 0;
        int calls = 0;
        assert_true(strcmp(head->holder, "brest") == 0 && head->sequence == i + 1 && head->is_full == !i);
        assert_true(head->epoch == 3 && head->made == 5 && shelves_delivery(shelves, i)->is_live);
        assert_true(shelves_scan(shelves, i, OMOP_TABLE_DRUG_EXPOSURE, same_row, &rows, &err) && rows == (i ? 2 : 3));
        assert_true(shelves_tokens(shelves, i, same_tokens, &calls, &err) && calls == 1);
    }
}

static void test_golden_shelves(void **state)
{
    static const uint8_t who[] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0};
    CLEANUP(buffer_value) struct buffer barred = {.maximum = 100}, links = {.maximum = 100};
    struct fixture fixture = {.place = {golden, NULL, &fixture.grant}};
    struct error err = {0};
    struct told told;
    (void)state;
    assert_true(crypto_start(&err) && keys_open(&fixture, &err));
    golden_rows(&fixture);
    assert_true(shelf_document_read(&fixture.place, "barred", &barred, &err) && barred.length == sizeof who);
    assert_memory_equal(barred.data, who, sizeof who);
    assert_true(shelf_document_read(&fixture.place, "links", &links, &err) && links.length == strlen("links"));
    assert_int_equal(verify(&fixture, &told), 0);
    keyring_close(fixture.keyring);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        return golden_make(argv[2], &err) ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_back, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_full_replaces, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_verify, setup, teardown),
                                       cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_golden_shelves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
