/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_threshold: five custodians, three of whom unseal a keeper in another process, each with their own two files and passphrase. */
#include "base/scratch.h"
#include "base/task.h"
#include "trust/keys/keeper_socket.h"
#include "trust/keys/keys_custody.h"
#include "trust/keys/keys_keeper.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { COUNT = 5, THRESHOLD = 3, MADE = 1764000000 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";
static const char *const names[COUNT] = {"alice", "bruno", "chloe", "driss", "elena"};

struct place {
    struct scratch scratch;
    char socket_path[400], record_path[400];
    struct secret *passphrase;
    struct custodian custodians[COUNT];
    pid_t keeper;
};

static void file_put(struct place *place, const char *name, const char *ending, const struct buffer *bytes)
{
    struct error err;
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, ending);
    assert_true(file_write_atomic(scratch_path(&place->scratch, file), bytes->data, bytes->length, 0600, &err));
}

/* A ceremony for a root key; ending: of the share files. */
static void ceremony_hold(struct place *place, const struct secret *root, uint32_t generation, const char *ending, bool is_in_place)
{
    struct error err;
    struct custody_record record;
    struct buffer files[CUSTODIANS_MAX];
    CLEANUP(buffer_value) struct buffer text = {.maximum = CUSTODY_FILE_MAX};
    struct custody_plan plan = {.generation = generation, .threshold = THRESHOLD, .count = COUNT, .made = MADE};
    plan.custodians = place->custodians;
    memcpy(plan.store_id, store_id, sizeof plan.store_id);
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        files[i] = (struct buffer){.maximum = SHARE_FILE_MAX};
    }
    assert_true(custody_ceremony(&record, files, &plan, root, &err));
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        if (i < COUNT) {
            file_put(place, names[i], ending, &files[i]);
        }
        buffer_finish(&files[i]);
    }
    assert_true(custody_record_print(&record, &text, &err));
    assert_true(!is_in_place || file_write_atomic(place->record_path, text.data, text.length, 0644, &err));
}

static void on_term(int number)
{
    (void)number;
    task_cancel();
}

static void keep(const struct place *place)
{
    struct error err;
    struct keeper *keeper;
    struct keeper_options options = {.directory = place->scratch.directory,
                                     .socket_path = place->socket_path,
                                     .unsealed_seconds_max = 100,
                                     .idle_seconds_max = 100,
                                     .connections_max = 4};
    memcpy(options.store_id, store_id, sizeof options.store_id);
    keeper_threshold_sink(&options.sink, place->record_path, store_id);
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    bool done = keeper_open(&keeper, &options, &err) && keeper_serve(keeper, &err);
    if (done) {
        keeper_close(keeper);
    }
    _exit(done ? 0 : 1);
}

static void paths_fill(struct place *place)
{
    place->scratch = scratch_open();
    snprintf(place->socket_path, sizeof place->socket_path, "%s", scratch_path(&place->scratch, "sock"));
    snprintf(place->record_path, sizeof place->record_path, "%s", scratch_path(&place->scratch, "custody.json"));
}

static int begin(void **state)
{
    struct error err;
    struct place *place = calloc(1, sizeof *place);
    CLEANUP(secret) struct secret *root = NULL;
    assert_non_null(place);
    paths_fill(place);
    assert_true(crypto_start(&err) && secret_random(&root, CRYPTO_KEY_SIZE, &err) && secret_random(&place->passphrase, 16, &err));
    for (int i = 0; i < COUNT; i++) {
        CLEANUP(buffer_value) struct buffer file = {.maximum = CUSTODIAN_FILE_MAX};
        const struct key_lock lock = {.passphrase = place->passphrase};
        assert_true(custodian_create(&place->custodians[i], &file, names[i], &lock, &err));
        file_put(place, names[i], "custodian", &file);
    }
    ceremony_hold(place, root, 1, "old", false);
    ceremony_hold(place, root, 2, "share", true);
    assert_true(keyring_create(place->scratch.directory, store_id, root, &err));
    place->keeper = fork();
    if (place->keeper == 0) {
        keep(place);
    }
    int descriptor = -1;
    for (int i = 0; i < 1000 && !keeper_socket_connect(place->socket_path, KEEPER_CONNECT_SECONDS, &descriptor, NULL); i++) {
        usleep(10000);
    }
    close(descriptor);
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    int status = 1;
    kill(place->keeper, SIGTERM);
    waitpid(place->keeper, &status, 0);
    secret_destroy(place->passphrase);
    scratch_cleanup(&place->scratch);
    free(place);
    return status;
}

static bool offer(struct place *place, const char *share, const char *custodian, struct keeper_status *out_status, struct error *err)
{
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    CLEANUP(buffer_value) struct buffer custodian_file = {.maximum = CUSTODIAN_FILE_MAX}, share_file = {.maximum = SHARE_FILE_MAX};
    CLEANUP(share_value) struct share opened = {.content = NULL};
    CLEANUP(secret) struct secret *key = NULL;
    const struct key_lock lock = {.passphrase = place->passphrase};
    TRY(keeper_link_open(&link, place->socket_path, err));
    TRY(file_read(scratch_path(&place->scratch, custodian), &custodian_file, err));
    TRY(file_read(scratch_path(&place->scratch, share), &share_file, err));
    TRY(custodian_open(&key, custodian_file.data, custodian_file.length, &lock, err));
    TRY(share_open(&opened, share_file.data, share_file.length, key, err));
    return keeper_link_offer_share(link, &opened, out_status, err);
}

static void three_of_five_unseal_and_wrong_shares_are_named(void **state)
{
    struct place *place = *state;
    struct error err;
    struct keeper_status status = {.count = 0};
    CLEANUP(keyring) struct keyring *keyring = NULL;
    assert_true(offer(place, "elena.share", "elena.custodian", &status, &err));
    assert_int_equal(status.threshold, THRESHOLD);
    assert_int_equal(status.count, COUNT);
    assert_int_equal(status.generation, 2);
    assert_int_equal(status.holder_count, 1);
    assert_string_equal(status.holders[0], "elena");
    assert_false(offer(place, "bruno.old", "bruno.custodian", &status, &err)); /* of an earlier ceremony */
    assert_int_equal(err.code, ERROR_DENIED);
    assert_non_null(strstr(err.message, "bruno"));
    assert_false(offer(place, "bruno.share", "alice.custodian", &status, &err)); /* does not even open */
    assert_true(offer(place, "elena.share", "elena.custodian", &status, &err));
    assert_true(status.is_repeated);
    assert_true(offer(place, "alice.share", "alice.custodian", &status, &err));
    assert_int_equal(status.holder_count, 2);
    assert_false(keyring_connect(&keyring, place->socket_path, store_id, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_non_null(strstr(err.message, "2 of 3 shares"));
    assert_true(offer(place, "chloe.share", "chloe.custodian", &status, &err));
    assert_true(status.is_unsealed);
    assert_true(keyring_connect(&keyring, place->socket_path, store_id, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(three_of_five_unseal_and_wrong_shares_are_named, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
