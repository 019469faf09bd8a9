/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper: a keeper in a process of its own, and what clients can do with it and to it: a keyring of seven threads, garbage, a crowd, a
 * keeper that is killed, a socket that nobody answers. */
#include "base/scratch.h"
#include "base/task.h"
#include "trust/keys/keeper_example.h"
#include "trust/keys/keeper_socket.h"
#include "trust/keys/keys_keeper.h"
#include "trust/keys/keys_pseudonym.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CROWD = 100, CONNECTIONS = 8 };

struct place {
    struct scratch scratch;
    char socket_path[400];
    pid_t keeper;
};

static void on_term(int number)
{
    (void)number;
    task_cancel();
}

/* In the child. */
static void keep(const struct place *place)
{
    struct error err;
    struct example_sink sink;
    struct keeper *keeper;
    struct keeper_options options = example_options(&sink, place->scratch.directory);
    options.socket_path = place->socket_path;
    options.connections_max = CONNECTIONS;
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    bool done = keeper_open(&keeper, &options, &err) && keeper_serve(keeper, &err);
    if (done) {
        keeper_close(keeper);
    }
    _exit(done ? 0 : 1);
}

static void keeper_start(struct place *place)
{
    place->keeper = fork();
    assert_true(place->keeper >= 0);
    if (place->keeper == 0) {
        keep(place);
    }
    int descriptor = -1;
    for (int i = 0; i < 1000 && !keeper_socket_connect(place->socket_path, KEEPER_CONNECT_SECONDS, &descriptor, NULL); i++) {
        usleep(10000);
    }
    assert_true(descriptor >= 0);
    close(descriptor);
}

static int keeper_end(struct place *place, int signal_number)
{
    int status = 0;
    kill(place->keeper, signal_number);
    kill(place->keeper, SIGCONT); /* a test that failed may have stopped it */
    assert_int_equal(waitpid(place->keeper, &status, 0), place->keeper);
    place->keeper = 0;
    return status;
}

static void unseal(const struct place *place)
{
    struct error err;
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    struct keeper_status status;
    assert_true(keeper_link_open(&link, place->socket_path, &err));
    for (int i = 0; i < 2; i++) {
        uint8_t sealed[64];
        size_t length;
        assert_true(keeper_link_status(link, &status, &err));
        assert_true(example_seal(&status, i ? "two" : "one", sealed, &length, &err));
        assert_true(keeper_link_offer(link, sealed, length, &status, &err));
    }
    assert_true(status.is_unsealed);
}

static int begin(void **state)
{
    struct error err;
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->scratch = scratch_open();
    snprintf(place->socket_path, sizeof place->socket_path, "%s", scratch_path(&place->scratch, "sock"));
    assert_true(crypto_start(&err) && example_keys(place->scratch.directory, &err));
    keeper_start(place);
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    if (place->keeper > 0) {
        assert_int_equal(keeper_end(place, SIGTERM), 0);
    }
    scratch_cleanup(&place->scratch);
    free(place);
    return 0;
}

static struct keyring *ring_of(const struct place *place)
{
    struct error err;
    struct keyring *keyring = NULL;
    assert_true(keyring_connect(&keyring, place->socket_path, example_store, &err));
    return keyring;
}

static struct grant grant_of(const struct keyring *keyring)
{
    struct error err;
    int64_t now = clock_unix_seconds();
    struct grant grant = {.project = "p", .actions = GRANT_LOAD | GRANT_ERASE, .tables = 1, .not_before = now - 9, .not_after = now + 999};
    assert_true(keyring_grant_issue(keyring, &grant, &err));
    return grant;
}

static struct key_file_id id_of(unsigned number)
{
    struct key_file_id id = {{0}};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static bool make(const struct keyring *keyring, const struct grant *grant, unsigned number, struct secret **out_key, struct error *err)
{
    struct key_file_id id = id_of(number);
    return keyring_data_key_create(keyring, grant, KEY_DOMAIN_HEALTH, id.bytes, 0, out_key, err);
}

static enum error_code open_code(const struct keyring *keyring, const struct grant *grant, unsigned number)
{
    struct error err = {0};
    CLEANUP(secret) struct secret *key = NULL;
    struct key_file_id id = id_of(number);
    return keyring_data_key_open(keyring, grant, KEY_DOMAIN_HEALTH, id.bytes, &key, &err) ? ERROR_NONE : err.code;
}

static bool count_entry(void *context, const struct key_facts *facts, struct error *err)
{
    (void)facts;
    (void)err;
    ++*(unsigned *)context;
    return true;
}

/* Everything of keys.h, once here and once through the keeper: the same keys, signatures by the same signers, the same errors. */
static void a_connected_keyring_is_like_one_in_this_process(void **state)
{
    const struct place *place = *state;
    struct error err;
    struct example_sink sink = {.filling = 0x42};
    struct custody custody = example_custody(&sink);
    unseal(place);
    CLEANUP(keyring) struct keyring *remote = ring_of(place), *local = NULL;
    CLEANUP(secret) struct secret *key = NULL, *here = NULL, *none = NULL;
    struct grant grant = grant_of(remote);
    struct key_file_id id = id_of(1);
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    static uint8_t large[200000];
    assert_true(make(remote, &grant, 1, &key, &err) && keyring_commit(remote, &err));
    assert_true(keyring_open(&local, &custody, place->scratch.directory, example_store, &err));
    assert_true(keyring_data_key_open(local, &grant, KEY_DOMAIN_HEALTH, id.bytes, &here, &err));
    assert_memory_equal(secret_view(key), secret_view(here), CRYPTO_KEY_SIZE);
    assert_memory_equal(keyring_log_public_key(remote), keyring_log_public_key(local), CRYPTO_PUBLIC_KEY_SIZE);
    assert_memory_equal(keyring_store_id(remote), example_store, sizeof example_store);
    assert_true(keyring_log_sign(remote, "checkpoint", 10, signature, &err));
    assert_true(crypto_signature_valid(signature, keyring_log_public_key(local), "checkpoint", 10));
    crypto_random(large, sizeof large);
    assert_true(keyring_manifest_sign(remote, large, sizeof large, signature, &err));
    assert_true(crypto_signature_valid(signature, keyring_manifest_public_key(local), large, sizeof large));
    assert_false(make(remote, &grant, 1, &none, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_int_equal(open_code(remote, &grant, 2), ERROR_NOT_FOUND);
    assert_true(keyring_data_key_destroy(local, &grant, &id, 1, &err)); /* by another process: the keeper sees it at once */
    assert_int_equal(open_code(remote, &grant, 1), ERROR_ERASED);
    assert_false(keyring_root_begin(remote, here, &err));
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
}

/* Pseudonyms are the same here and through the keeper, over more than one message; no exponent comes out. EMC2-04. */
static void pseudonyms_are_the_same_through_it(void **state)
{
    const struct place *place = *state;
    struct error err;
    enum { COUNT = 1100 };
    struct example_sink sink = {.filling = 0x42};
    struct custody custody = example_custody(&sink);
    static uint8_t elements[COUNT][CRYPTO_ELEMENT_SIZE], here[COUNT][CRYPTO_ELEMENT_SIZE], there[COUNT][CRYPTO_ELEMENT_SIZE];
    static uint64_t persons[COUNT];
    static uint8_t mine[COUNT][KEY_PROJECT_PSEUDONYM_SIZE], its[COUNT][KEY_PROJECT_PSEUDONYM_SIZE];
    unseal(place);
    CLEANUP(keyring) struct keyring *remote = ring_of(place), *local = NULL;
    struct grant grant = grant_of(remote);
    assert_false(keyring_epoch_begin(remote, &grant, 1, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    grant.actions = GRANT_PSEUDONYMISE | GRANT_ROWS | GRANT_ERASE;
    assert_true(keyring_grant_issue(remote, &grant, &err));
    assert_true(keyring_epoch_begin(remote, &grant, 1, &err) && keyring_epoch_begin(remote, &grant, 2, &err));
    assert_true(keyring_project_begin(remote, &grant, "p", &err));
    assert_true(keyring_open(&local, &custody, place->scratch.directory, example_store, &err));
    for (uint64_t i = 0; i < COUNT; i++) {
        uint8_t uniform[CRYPTO_UNIFORM_SIZE];
        struct text part = {(const char *)&i, sizeof i};
        crypto_uniform(uniform, TEXT("a test"), &part, 1);
        crypto_element_from_uniform(elements[i], uniform);
        persons[i] = i;
    }
    const uint8_t(*in)[CRYPTO_ELEMENT_SIZE] = (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])elements;
    assert_true(keyring_pseudonymise(local, &grant, 1, in, COUNT, here, &err));
    assert_true(keyring_pseudonymise(remote, &grant, 1, in, COUNT, there, &err));
    assert_memory_equal(here, there, sizeof here);
    assert_true(keyring_repseudonymise(remote, &grant, 1, 2, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])there, COUNT, there, &err));
    assert_true(keyring_pseudonymise(local, &grant, 2, in, COUNT, here, &err));
    assert_memory_equal(here, there, sizeof here);
    assert_true(keyring_project_pseudonyms(local, &grant, persons, COUNT, mine, &err));
    assert_true(keyring_project_pseudonyms(remote, &grant, persons, COUNT, its, &err));
    assert_memory_equal(mine, its, sizeof mine);
    memset(elements[700], 0, sizeof elements[700]);
    assert_false(keyring_pseudonymise(remote, &grant, 1, in, COUNT, there, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_true(keyring_epoch_destroy(remote, &grant, 1, &err));
    assert_false(keyring_pseudonymise(local, &grant, 1, in, 1, here, &err));
    assert_int_equal(err.code, ERROR_ERASED);
    assert_false(keyring_pseudonymise(remote, &grant, 1, in, 0, there, &err)); /* nothing to do is no way around the grant or the epoch */
    assert_int_equal(err.code, ERROR_ERASED);
    assert_false(keyring_epoch_destroy(remote, &grant, 9, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

/* What is kept is more than one message holds. */
static void the_head_goes_through_it(void **state)
{
    const struct place *place = *state;
    struct error err = {0};
    unseal(place);
    CLEANUP(keyring) struct keyring *remote = ring_of(place);
    CLEANUP(buffer_value) struct buffer found = {.maximum = KEY_KEPT_MAX};
    struct grant grant = grant_of(remote);
    struct key_head head = {.snapshot = 5, .manifest.bytes = "hash", .log_size = 50}, read;
    static uint8_t large[150000];
    crypto_random(large, sizeof large);
    assert_true(keyring_head(remote, &read, &err));
    assert_int_equal(read.snapshot, 0);
    assert_true(keyring_head_kept(remote, &grant, &found, &err));
    assert_int_equal(found.length, 0);
    assert_true(keyring_head_set(remote, &grant, &head, large, sizeof large, &err));
    assert_true(keyring_head(remote, &read, &err));
    assert_memory_equal(&read.manifest, &head.manifest, sizeof head.manifest);
    assert_true(read.snapshot == 5 && read.log_size == 50);
    assert_true(keyring_head_kept(remote, &grant, &found, &err));
    assert_int_equal(found.length, sizeof large);
    assert_memory_equal(found.data, large, sizeof large);
    grant.actions = GRANT_LOAD;
    assert_true(keyring_grant_issue(remote, &grant, &err));
    head.snapshot = 4;
    assert_false(keyring_head_set(remote, &grant, &head, "", 0, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

/* More than one message holds. */
static void many_keys_are_visited_and_forgotten_in_parts(void **state)
{
    const struct place *place = *state;
    struct error err;
    enum { MANY = 3100 };
    static struct key_file_id ids[MANY];
    unsigned count = 0;
    unseal(place);
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    struct grant grant = grant_of(keyring);
    for (unsigned i = 0; i < MANY; i++) {
        CLEANUP(secret) struct secret *key = NULL;
        ids[i] = id_of(i);
        assert_true(make(keyring, &grant, i, &key, &err));
    }
    assert_true(keyring_commit(keyring, &err));
    assert_true(keyring_data_key_visit(keyring, count_entry, &count, &err));
    assert_int_equal(count, MANY);
    assert_true(keyring_data_key_forget(keyring, &grant, ids, MANY, &err));
    assert_true(keyring_data_key_visit(keyring, count_entry, &count, &err));
    assert_int_equal(count, MANY);
}

struct work {
    const struct keyring *keyring;
    struct grant grant;
};

static bool make_and_open(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    const struct work *work = context;
    CLEANUP(secret) struct secret *key = NULL, *again = NULL;
    struct key_file_id id = id_of((unsigned)index);
    static const uint8_t large[70000];
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    TRY(make(work->keyring, &work->grant, (unsigned)index, &key, err));
    TRY(keyring_data_key_open(work->keyring, &work->grant, KEY_DOMAIN_HEALTH, id.bytes, &again, err));
    TRY(memcmp(secret_view(key), secret_view(again), CRYPTO_KEY_SIZE) == 0 || FAIL(err, INTERNAL, "another key came back"));
    TRY(keyring_manifest_sign(work->keyring, large, sizeof large, signature, err));
    return crypto_signature_valid(signature, keyring_manifest_public_key(work->keyring), large, sizeof large) ||
           FAIL(err, INTERNAL, "parts of two signatures were mixed");
}

static void seven_threads_share_one_connection(void **state)
{
    const struct place *place = *state;
    struct error err;
    unseal(place);
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    struct work work = {keyring, grant_of(keyring)};
    assert_true(task_pool_create(&pool, 7, &err));
    assert_true(task_pool_run(pool, &(struct task_set){.count = 200, .run = make_and_open, .context = &work}, &err));
}

/* Random bytes, cut messages, nothing at all, and a crowd that fills every place: a client that behaves is served all the same. */
static void garbage_and_crowds_do_not_hinder_others(void **state)
{
    const struct place *place = *state;
    struct error err;
    int crowd[CROWD];
    uint8_t garbage[KEEPER_MESSAGE_MAX];
    unseal(place);
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    struct grant grant = grant_of(keyring);
    crypto_random(garbage, sizeof garbage);
    for (size_t i = 0; i < CROWD; i++) {
        assert_true(keeper_socket_connect(place->socket_path, KEEPER_CONNECT_SECONDS, &crowd[i], &err));
        size_t length = (i * i * 7) % sizeof garbage;
        if (i % 3 != 0) { /* every third says nothing */
            memcpy(garbage, "EMK\1", i % 2 ? 4 : 0);
            (void)!send(crowd[i], garbage, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        assert_int_equal(open_code(keyring, &grant, (unsigned)i), ERROR_NOT_FOUND);
    }
    for (size_t i = 0; i < CROWD; i++) {
        close(crowd[i]);
    }
    assert_int_equal(open_code(keyring, &grant, 1), ERROR_NOT_FOUND);
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    return address;
}

static int patient_socket(const struct place *place)
{
    struct sockaddr_un address = address_of(place->socket_path);
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(connect(descriptor, (const struct sockaddr *)&address, sizeof address), 0); /* EAGAIN: turned away */
    return descriptor;
}

/* It is not running for a moment, and more come than it has places for: nobody is turned away, and everybody is served. */
static void whoever_comes_while_it_works_waits(void **state)
{
    struct place *place = *state;
    struct error err;
    int crowd[CROWD];
    unseal(place);
    kill(place->keeper, SIGSTOP);
    for (size_t i = 0; i < CROWD; i++) {
        crowd[i] = patient_socket(place);
    }
    kill(place->keeper, SIGCONT);
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    struct grant grant = grant_of(keyring);
    assert_int_equal(open_code(keyring, &grant, 1), ERROR_NOT_FOUND);
    for (size_t i = 0; i < CROWD; i++) {
        close(crowd[i]);
    }
    struct sockaddr_un address = address_of(scratch_path(&place->scratch, "deaf"));
    int deaf = socket(AF_UNIX, SOCK_SEQPACKET, 0), first = -1, second = -1;
    assert_true(bind(deaf, (const struct sockaddr *)&address, sizeof address) == 0 && listen(deaf, 0) == 0);
    assert_true(keeper_socket_connect(address.sun_path, 1, &first, &err));
    assert_false(keeper_socket_connect(address.sun_path, 1, &second, &err)); /* a deadline, not for ever */
    assert_int_equal(err.code, ERROR_BUSY);
    close(first);
    close(deaf);
}

/* It asks and asks, and never takes an answer: dropped when the socket is full, without anybody waiting for it. */
static void a_client_that_does_not_listen_is_dropped(void **state)
{
    const struct place *place = *state;
    struct error err;
    int descriptor;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = KEEPER_MESSAGE_MAX};
    unseal(place);
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    struct grant grant = grant_of(keyring);
    struct keeper_request request = {.kind = KEEPER_STATUS};
    assert_true(keeper_request_print(&request, &bytes, &err));
    assert_true(keeper_socket_connect(place->socket_path, KEEPER_CONNECT_SECONDS, &descriptor, &err));
    bool is_dropped = false;
    for (int i = 0; i < 100000 && !is_dropped; i++) {
        is_dropped = send(descriptor, bytes.data, bytes.length, MSG_NOSIGNAL) < 0;
    }
    close(descriptor);
    assert_true(is_dropped);
    assert_int_equal(open_code(keyring, &grant, 1), ERROR_NOT_FOUND);
}

static void a_killed_keeper_is_a_clear_error(void **state)
{
    struct place *place = *state;
    struct error err;
    unseal(place);
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    CLEANUP(secret) struct secret *key = NULL, *other = NULL;
    struct grant grant = grant_of(keyring);
    assert_true(make(keyring, &grant, 1, &key, &err) && keyring_commit(keyring, &err));
    assert_true(make(keyring, &grant, 2, &other, &err));
    keeper_end(place, SIGKILL);
    assert_false(keyring_commit(keyring, &err));
    assert_int_equal(err.code, ERROR_IO);
    assert_non_null(strstr(err.message, "keeper is gone"));
    assert_non_null(strstr(err.hint, "emc2 keeper run"));
    keeper_start(place);                         /* the socket that the other left is replaced */
    assert_false(keyring_commit(keyring, &err)); /* not as if nothing had happened: key 2 is lost */
    assert_int_equal(err.code, ERROR_IO);
    CLEANUP(keyring) struct keyring *again = NULL;
    assert_false(keyring_connect(&again, place->socket_path, example_store, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    unseal(place);
    assert_true(keyring_connect(&again, place->socket_path, example_store, &err));
    assert_int_equal(open_code(again, &grant, 1), ERROR_NONE);
    assert_int_equal(open_code(again, &grant, 2), ERROR_NOT_FOUND);
}

/* A reader goes on with a keeper that was started again: it has nothing to lose. */
static void a_reader_finds_a_keeper_that_was_started_again(void **state)
{
    struct place *place = *state;
    unseal(place);
    CLEANUP(keyring) struct keyring *keyring = ring_of(place);
    struct grant grant = grant_of(keyring);
    assert_int_equal(open_code(keyring, &grant, 1), ERROR_NOT_FOUND);
    assert_int_equal(keeper_end(place, SIGTERM), 0);
    assert_int_equal(open_code(keyring, &grant, 1), ERROR_NOT_FOUND);
    keeper_start(place);
    assert_int_equal(open_code(keyring, &grant, 1), ERROR_DENIED);
    unseal(place);
    assert_int_equal(open_code(keyring, &grant, 1), ERROR_NOT_FOUND);
}

static enum error_code second_keeper(struct place *place, const char *socket_path)
{
    struct error err = {0};
    struct example_sink sink;
    struct keeper *keeper = NULL;
    struct keeper_options options = example_options(&sink, place->scratch.directory);
    options.socket_path = socket_path;
    if (!keeper_open(&keeper, &options, &err)) {
        return err.code;
    }
    keeper_close(keeper);
    return ERROR_NONE;
}

static void the_socket_is_private_and_has_one_keeper(void **state)
{
    struct place *place = *state;
    struct stat status;
    struct error err;
    char path[400];
    assert_int_equal(stat(place->socket_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(second_keeper(place, place->socket_path), ERROR_BUSY);
    snprintf(path, sizeof path, "%s", scratch_path(&place->scratch, "file"));
    assert_true(file_write_atomic(path, "x", 1, 0600, &err));
    assert_int_equal(second_keeper(place, path), ERROR_EXISTS);
    snprintf(path, sizeof path, "%s/%0200d", place->scratch.directory, 0);
    assert_int_equal(second_keeper(place, path), ERROR_INVALID_ARGUMENT);
    snprintf(path, sizeof path, "%s", scratch_path(&place->scratch, "open"));
    assert_int_equal(mkdir(path, 0777), 0);
    const struct {
        mode_t folder, socket;
        enum error_code code;
    } rows[] = {{0777, 0, ERROR_DENIED}, {0755, 0, ERROR_DENIED}, {0770, 0, ERROR_DENIED},
                {0750, 0660, 0},         {0710, 0660, 0},         {0700, 0600, 0}};
    char inside[440];
    snprintf(inside, sizeof inside, "%s/sock", path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(chmod(path, rows[i].folder), 0);
        assert_int_equal(second_keeper(place, inside), rows[i].code);
    }
}

static void another_store_is_refused(void **state)
{
    const struct place *place = *state;
    struct error err;
    struct keyring *keyring = NULL;
    uint8_t other[GRANT_STORE_ID_SIZE] = "store number two";
    unseal(place);
    assert_false(keyring_connect(&keyring, place->socket_path, other, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_null(keyring);
    assert_false(keyring_connect(&keyring, "/nowhere/keeper.sock", other, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

#define WITH_KEEPER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_KEEPER(a_connected_keyring_is_like_one_in_this_process),
        WITH_KEEPER(pseudonyms_are_the_same_through_it),
        WITH_KEEPER(the_head_goes_through_it),
        WITH_KEEPER(many_keys_are_visited_and_forgotten_in_parts),
        WITH_KEEPER(seven_threads_share_one_connection),
        WITH_KEEPER(garbage_and_crowds_do_not_hinder_others),
        WITH_KEEPER(whoever_comes_while_it_works_waits),
        WITH_KEEPER(a_client_that_does_not_listen_is_dropped),
        WITH_KEEPER(a_killed_keeper_is_a_clear_error),
        WITH_KEEPER(a_reader_finds_a_keeper_that_was_started_again),
        WITH_KEEPER(the_socket_is_private_and_has_one_keeper),
        WITH_KEEPER(another_store_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
