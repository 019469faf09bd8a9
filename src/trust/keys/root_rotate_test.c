/* SPDX-License-Identifier: EUPL-1.2 */
/* root_rotate: killed at every point where it writes, the passphrase still opens the keys, and a second run ends the change. */
#include "base/calendar.h"
#include "base/fault.h"
#include "base/scratch.h"
#include "trust/keys/keys.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { POINTS_MAX = 64 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";
static const struct key_file_id one = {"file number one."};

struct place {
    struct scratch scratch;
    char path[400];
    struct secret *passphrase, *key; /* of file one */
};

static struct keyring *ring_of(const struct place *place)
{
    struct error err;
    struct keyring *keyring = NULL;
    struct custody custody;
    assert_true(custody_passphrase_open(&custody, place->path, store_id, place->passphrase, &err));
    assert_true(keyring_open(&keyring, &custody, place->scratch.directory, store_id, &err));
    custody_release(&custody);
    return keyring;
}

static struct grant grant_of(const struct keyring *keyring)
{
    struct error err;
    int64_t now = clock_unix_seconds();
    struct grant grant = {.project = "p", .actions = GRANT_LOAD, .tables = 1, .not_before = now - 9, .not_after = now + 9999};
    assert_true(keyring_grant_issue(keyring, &grant, &err));
    return grant;
}

static int begin(void **state)
{
    struct error err;
    struct place *place = calloc(1, sizeof *place);
    CLEANUP(secret) struct secret *root = NULL;
    assert_non_null(place);
    place->scratch = scratch_open();
    snprintf(place->path, sizeof place->path, "%s", scratch_path(&place->scratch, "root.sealed"));
    assert_true(crypto_start(&err) && secret_random(&root, CRYPTO_KEY_SIZE, &err) && secret_random(&place->passphrase, 16, &err));
    assert_true(keyring_create(place->scratch.directory, store_id, root, &err));
    assert_true(custody_passphrase_create(place->path, store_id, root, place->passphrase, &err));
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    struct grant grant = grant_of(keyring);
    assert_true(keyring_data_key_create(keyring, &grant, KEY_DOMAIN_HEALTH, one.bytes, 0, &place->key, &err));
    assert_true(keyring_commit(keyring, &err));
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    secret_destroy(place->passphrase);
    secret_destroy(place->key);
    scratch_cleanup(&place->scratch);
    free(place);
    return 0;
}

/* Also says what the change left. */
static enum root_change key_still_opens(const struct place *place)
{
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    CLEANUP(secret) struct secret *key = NULL;
    struct grant grant = grant_of(keyring);
    enum root_change left;
    assert_true(keyring_data_key_open(keyring, &grant, KEY_DOMAIN_HEALTH, one.bytes, &key, &err));
    assert_memory_equal(secret_view(key), secret_view(place->key), CRYPTO_KEY_SIZE);
    assert_true(keyring_root_changing(keyring, &left, &err));
    return left;
}

static bool rotate(const struct place *place, bool *out_resumed, struct error *err)
{
    return root_rotate_passphrase(place->path, place->scratch.directory, store_id, place->passphrase, out_resumed, err);
}

static void a_copy_from_before_does_not_open_what_is_now(void **state)
{
    const struct place *place = *state;
    struct error err;
    bool is_resumed;
    CLEANUP(buffer_value) struct buffer before = {.maximum = 4096}, after = {.maximum = 4096};
    struct custody custody;
    struct keyring *keyring = NULL;
    assert_true(file_read(place->path, &before, &err));
    assert_true(rotate(place, &is_resumed, &err));
    assert_false(is_resumed);
    assert_int_equal(key_still_opens(place), ROOT_CHANGE_NONE);
    assert_true(file_read(place->path, &after, &err));
    assert_memory_not_equal(before.data, after.data, before.length);
    assert_true(file_write_atomic(place->path, before.data, before.length, 0600, &err));
    assert_true(custody_passphrase_open(&custody, place->path, store_id, place->passphrase, &err));
    assert_false(keyring_open(&keyring, &custody, place->scratch.directory, store_id, &err));
    custody_release(&custody);
    assert_int_equal(err.code, ERROR_CORRUPT);
}

/* True: it was killed there. */
static bool killed_at(const struct place *place, int point, bool is_failing)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error err;
        bool is_resumed;
        char fault[32];
        snprintf(fault, sizeof fault, is_failing ? "*:%d:error" : "*:%d", point);
        setenv("EMC2_FAULT", fault, 1);
        fault_reset_for_tests();
        _exit(rotate(place, &is_resumed, &err) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void any_crash_or_failure_leaves_what_opens(void **state)
{
    const struct place *place = *state;
    struct error err;
    bool is_resumed, seen[ROOT_CHANGE_STORED + 1] = {false};
    for (int is_failing = 0; is_failing < 2; is_failing++) {
        int point = 1;
        while (point < POINTS_MAX && killed_at(place, point, is_failing)) {
            enum root_change left = key_still_opens(place);
            seen[left] = true;
            if (point % 3 == 0) { /* the others stay as they are: the next crash comes on top */
                assert_true(rotate(place, &is_resumed, &err));
                assert_int_equal(is_resumed, left == ROOT_CHANGE_STORED);
                assert_int_equal(key_still_opens(place), ROOT_CHANGE_NONE);
            }
            point += is_failing ? 4 : 1;
        }
        assert_true(point > 10 && point < POINTS_MAX);
    }
    assert_true(seen[ROOT_CHANGE_NONE] && seen[ROOT_CHANGE_BEGUN] && seen[ROOT_CHANGE_STORED]);
    assert_true(rotate(place, &is_resumed, &err));
    assert_int_equal(key_still_opens(place), ROOT_CHANGE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_from_before_does_not_open_what_is_now, begin, end),
        cmocka_unit_test_setup_teardown(any_crash_or_failure_leaves_what_opens, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
