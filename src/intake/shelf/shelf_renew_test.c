/* SPDX-License-Identifier: EUPL-1.2 */
/* Renewing (SNDS-6.3): afterwards the shelves hold what a delivery of today would bring, whatever was stopped on the way; the old
 * pseudonyms and their keys are gone, and the old exponent is of no more use. */
#include "base/fault.h"
#include "base/file.h"
#include "base/scratch.h"
#include "intake/shelf/shelf_index.h"
#include "trust/crypto/crypto_voprf.h"
#include "trust/keys/keys_pseudonym.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { SUBJECTS = 700, KINDS = 2 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = {4, 5, 6};

struct fixture {
    struct scratch scratch;
    struct keyring *keyring;
    struct grant grant;
    struct shelf_place place;
    uint8_t transport[KINDS * SUBJECTS][CRYPTO_ELEMENT_SIZE];
    uint8_t stored[3][KINDS * SUBJECTS][CRYPTO_ELEMENT_SIZE]; /* by epoch */
};

static bool root(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), 7, CRYPTO_KEY_SIZE);
    return true;
}
static const struct custody custody = {"example", root, NULL, NULL};

static bool keys_open(struct fixture *fixture, struct error *err)
{
    char keys[100];
    keyring_close(fixture->keyring);
    fixture->keyring = NULL;
    snprintf(keys, sizeof keys, "%s/keys", fixture->scratch.directory);
    TRY(keyring_open(&fixture->keyring, &custody, keys, store_id, err));
    fixture->place.keyring = fixture->keyring;
    return true;
}

static bool keys_make(struct fixture *fixture, struct error *err)
{
    CLEANUP(secret) struct secret *secret = NULL;
    char keys[100];
    snprintf(keys, sizeof keys, "%s/keys", fixture->scratch.directory);
    TRY(crypto_start(err) && directory_create(keys, 0700, err) && root(NULL, &secret, err));
    TRY(keyring_create(keys, store_id, secret, err) && keys_open(fixture, err));
    fixture->grant = (struct grant){.project = "operator",
                                    .purpose = "test",
                                    .holder = "operator",
                                    .actions = GRANT_LOAD | GRANT_PSEUDONYMISE | GRANT_ERASE,
                                    .tables = UINT64_MAX,
                                    .not_before = clock_unix_seconds() - 60,
                                    .not_after = clock_unix_seconds() + 3600};
    TRY(keyring_grant_issue(fixture->keyring, &fixture->grant, err));
    for (uint32_t i = 0; i < KINDS * SUBJECTS; i++) {
        uint8_t uniform[CRYPTO_UNIFORM_SIZE];
        const struct text part = {(const char *)&i, sizeof i};
        crypto_voprf_input(uniform, CRYPTO_VOPRF, &part, 1);
        crypto_element_from_uniform(fixture->transport[i], uniform);
    }
    for (uint32_t epoch = 1; epoch <= 2; epoch++) {
        TRY(keyring_epoch_begin(fixture->keyring, &fixture->grant, epoch, err));
        TRY(keyring_pseudonymise(fixture->keyring, &fixture->grant, epoch, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])fixture->transport,
                                 KINDS * SUBJECTS, fixture->stored[epoch], err));
    }
    return true;
}

static bool shelve(const struct fixture *fixture, const char *holder, bool with_tokens, struct error *err)
{
    CLEANUP(shelf_writer) struct shelf_writer *writer = NULL;
    struct shelf_head head = {.sequence = 1, .is_full = true, .epoch = 1, .made = 5};
    (void)text_copy(head.holder, sizeof head.holder, text_of(holder));
    TRY(shelf_writer_open(&writer, &fixture->place, &head, err));
    for (int64_t i = 0; i < SUBJECTS; i++) {
        struct standard_row row = {.table = OMOP_TABLE_DRUG_EXPOSURE, .kind = RECORD_DRUG, .sequence = 1, .subject = i, .record = i};
        struct shelf_token tokens[KINDS] = {{.kind = 1}, {.kind = 2}};
        for (size_t kind = 0; kind < KINDS; kind++) {
            memcpy(tokens[kind].element, fixture->stored[1][KINDS * (size_t)i + kind], CRYPTO_ELEMENT_SIZE);
        }
        TRY(shelf_writer_add(writer, &row, err));
        TRY(!with_tokens || shelf_writer_add_tokens(writer, i, tokens, KINDS, err));
    }
    return shelf_writer_commit(writer, err);
}

static int setup(void **state)
{
    struct error err = {0};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->scratch = scratch_open();
    fixture->place = (struct shelf_place){fixture->scratch.directory, NULL, &fixture->grant};
    *state = fixture;
    const bool done = keys_make(fixture, &err) && shelve(fixture, "brest", true, &err) && shelve(fixture, "lyon", false, &err) &&
                      shelve(fixture, "snds", true, &err);
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
    }
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

/* ---- what is on the shelves ---- */
struct looking {
    const struct fixture *fixture;
    uint32_t epoch;
    int64_t next;
};
static bool look(void *context, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err)
{
    struct looking *looking = context;
    (void)err;
    assert_true(subject == looking->next++ && count == KINDS);
    for (size_t kind = 0; kind < KINDS; kind++) {
        const uint8_t *expected = looking->fixture->stored[looking->epoch][KINDS * (size_t)subject + kind];
        assert_int_equal(tokens[kind].kind, kind + 1);
        assert_memory_equal(tokens[kind].element, expected, CRYPTO_ELEMENT_SIZE);
        assert_true(tokens[kind].fingerprint == key_pseudonym_fingerprint(expected));
    }
    return true;
}

/* All deliveries are of one epoch, which is returned, and hold its pseudonyms. */
static uint32_t epoch_of(const struct fixture *fixture)
{
    struct error err = {0};
    CLEANUP(shelves) struct shelves *shelves = NULL;
    assert_true(shelves_open(&shelves, &fixture->place, &err));
    assert_int_equal(shelves_count(shelves), 3);
    const uint32_t epoch = shelves_delivery(shelves, 0)->head.epoch;
    for (size_t i = 0; i < 3; i++) {
        struct looking looking = {fixture, epoch, 0};
        assert_int_equal(shelves_delivery(shelves, i)->head.epoch, epoch);
        assert_true(shelves_tokens(shelves, i, look, &looking, &err));
        assert_int_equal(looking.next, i == 1 ? 0 : SUBJECTS);
        assert_int_equal(shelves_delivery(shelves, i)->rows[OMOP_TABLE_DRUG_EXPOSURE], SUBJECTS);
    }
    return epoch;
}

static bool count_files(void *context, const char *name, struct error *err)
{
    (void)err;
    *(int *)context += strcmp(name, "lock") != 0;
    return true;
}
static int files_of(struct fixture *fixture)
{
    struct error err = {0};
    int files = 0;
    assert_true(directory_visit(scratch_path(&fixture->scratch, "shelves"), count_files, &files, &err));
    return files;
}

/* Ids of files of tokens. */
static size_t token_files(const struct fixture *fixture, struct key_file_id out[3])
{
    struct error err = {0};
    CLEANUP(shelf_index_value) struct shelf_index index = {.entries = {.count = 0}};
    size_t count = 0;
    assert_true(shelf_index_read(&index, &fixture->place, &err));
    for (size_t i = 0; i < index.entries.count; i++) {
        for (size_t f = 0; f < index.entries.items[i].file_count; f++) {
            if (index.entries.items[i].files[f].table == SHELF_FILE_TOKENS) {
                memcpy(out[count++].bytes, index.entries.items[i].files[f].id, KEY_FILE_ID_SIZE);
            }
        }
    }
    return count;
}

struct key_search {
    const struct key_file_id *ids;
    size_t found;
};
static bool key_look(void *context, const struct key_facts *facts, struct error *err)
{
    struct key_search *search = context;
    (void)err;
    for (size_t i = 0; i < 2; i++) {
        search->found += memcmp(&search->ids[i], &facts->file_id, sizeof facts->file_id) == 0;
    }
    return true;
}

/* The files of tokens that there were are gone, and nothing has their keys. */
static void assert_gone(struct fixture *fixture, const struct key_file_id *old)
{
    struct error err = {0};
    for (size_t i = 0; i < 2; i++) {
        struct shelf_path path = {.text = ""};
        char name[SHELF_NAME_SIZE];
        bool exists = true;
        crypto_hex(name, old[i].bytes, KEY_FILE_ID_SIZE);
        assert_true(shelf_path_make(&path, &fixture->place, name, &err) && file_exists(path.text, &exists, &err));
        assert_false(exists);
    }
    struct key_search search = {old, 0};
    assert_true(keyring_data_key_visit(fixture->keyring, key_look, &search, &err));
    assert_int_equal(search.found, 0);
    assert_int_equal(files_of(fixture), 1 + 2 + 1 + 2); /* the index; rows and tokens; lyon has none */
}

static void test_renewed(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct shelf_renewal renewal;
    struct key_file_id old[3], new[3];
    uint8_t none[1][CRYPTO_ELEMENT_SIZE];
    const int files = files_of(fixture);
    assert_int_equal(files, 1 + 2 + 1 + 2);
    assert_int_equal(epoch_of(fixture), 1);
    assert_int_equal(token_files(fixture, old), 2);
    struct key_search search = {old, 0};
    assert_true(keyring_data_key_visit(fixture->keyring, key_look, &search, &err) && search.found == 2); /* the search can find */
    assert_true(shelves_renew(&fixture->place, 2, &renewal, &err));
    assert_true(renewal.deliveries == 3 && renewal.tokens == 2 * KINDS * SUBJECTS);
    assert_int_equal(epoch_of(fixture), 2);
    assert_gone(fixture, old);
    assert_true(shelves_renew(&fixture->place, 2, &renewal, &err) && renewal.deliveries == 0 && renewal.tokens == 0);
    assert_int_equal(token_files(fixture, new), 2);
    assert_true(keyring_epoch_destroy(fixture->keyring, &fixture->grant, 1, &err));
    assert_false(keyring_repseudonymise(fixture->keyring, &fixture->grant, 2, 1, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])fixture->stored[2],
                                        1, none, &err));
    assert_int_equal(err.code, ERROR_ERASED);
    assert_false(shelve(fixture, "nice", true, &err)); /* its writer still believes in epoch 1 */
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_int_equal(epoch_of(fixture), 2);
}

static void test_too_late(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct shelf_renewal renewal;
    assert_true(keyring_epoch_destroy(fixture->keyring, &fixture->grant, 1, &err));
    assert_false(shelves_renew(&fixture->place, 2, &renewal, &err));
    assert_int_equal(err.code, ERROR_ERASED);
    assert_int_equal(epoch_of(fixture), 1);
    fixture->grant.actions = GRANT_LOAD;
    assert_true(keyring_grant_issue(fixture->keyring, &fixture->grant, &err));
    assert_false(shelves_renew(&fixture->place, 2, &renewal, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

static void child_renews(const struct fixture *fixture, int at)
{
    struct error err = {0};
    struct shelf_renewal renewal;
    struct fixture *own = malloc(sizeof *own);
    char rule[40];
    snprintf(rule, sizeof rule, "*:%d", at);
    if (!own || setenv("EMC2_FAULT", rule, 1) != 0) {
        _exit(3);
    }
    fault_reset_for_tests();
    *own = *fixture;
    own->keyring = NULL; /* the parent's */
    _exit(!keys_open(own, &err) ? 4 : shelves_renew(&own->place, 2, &renewal, &err) ? 0 : 5);
}

/* A child stops at every write, rename and fsync on its way: the shelves are of one epoch, and the next renewal ends it. */
static void test_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct shelf_renewal renewal;
    struct key_file_id old[3];
    int stops = 0, before = 0, after = 0, code = -1;
    assert_int_equal(token_files(fixture, old), 2);
    for (int at = 1; at < 90 && code != 0; at++) {
        int status = 0;
        const pid_t child = fork();
        if (child == 0) {
            child_renews(fixture, at);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        assert_true(keys_open(fixture, &err));
        const uint32_t epoch = epoch_of(fixture);
        before += epoch == 1;
        after += epoch == 2;
        stops += code != 0;
        assert_true(code == 0 || code == -1);
    }
    assert_int_equal(code, 0);
    assert_in_range(stops, 8, 88);
    assert_true(before > 5 && after > 1); /* it was stopped on both sides of the index */
    assert_true(shelves_renew(&fixture->place, 2, &renewal, &err) && renewal.deliveries == 0);
    assert_int_equal(epoch_of(fixture), 2);
    assert_gone(fixture, old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_renewed, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_too_late, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_stopped, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
