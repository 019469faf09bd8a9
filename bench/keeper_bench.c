/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_bench: what the keys of a store cost. Unsealing a keeper with a passphrase (Argon2id, 64 MiB, 3 passes); data keys opened through
 * a keeper in another process, one round trip each, and in this process. */
#include "base/calendar.h"
#include "base/scratch.h"
#include "base/task.h"
#include "trust/keys/keys_keeper.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEYS = 200, OPENS = 50000, UNSEALS = 5 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";

static double seconds_since(int64_t started)
{
    return (double)(clock_monotonic_ns() - started) / 1e9;
}

static struct key_file_id id_of(unsigned number)
{
    struct key_file_id id = {{0}};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static bool keys_make(const struct keyring *keyring, struct grant *out_grant, struct error *err)
{
    int64_t now = clock_unix_seconds();
    *out_grant = (struct grant){.project = "bench", .actions = GRANT_LOAD, .tables = 1, .not_before = now - 9, .not_after = now + 9999};
    TRY(keyring_grant_issue(keyring, out_grant, err));
    for (unsigned i = 0; i < KEYS; i++) {
        CLEANUP(secret) struct secret *key = NULL;
        struct key_file_id id = id_of(i);
        TRY(keyring_data_key_create(keyring, out_grant, KEY_DOMAIN_HEALTH, id.bytes, 0, &key, err));
    }
    return keyring_commit(keyring, err);
}

static bool opens_measure(const char *what, const struct keyring *keyring, const struct grant *grant, struct error *err)
{
    int64_t started = clock_monotonic_ns();
    for (unsigned i = 0; i < OPENS; i++) {
        CLEANUP(secret) struct secret *key = NULL;
        struct key_file_id id = id_of(i % KEYS);
        TRY(keyring_data_key_open(keyring, grant, KEY_DOMAIN_HEALTH, id.bytes, &key, err));
    }
    double seconds = seconds_since(started);
    printf("%-52s %9.0f keys/s %8.1f us each\n", what, OPENS / seconds, seconds / OPENS * 1e6);
    return true;
}

static void on_term(int number)
{
    (void)number;
    task_cancel();
}

static void keep(const char *directory, const char *root_path, const char *socket_path)
{
    struct error err;
    struct keeper *keeper;
    struct keeper_options options = {
        .directory = directory, .socket_path = socket_path, .unsealed_seconds_max = 9999, .idle_seconds_max = 9999, .connections_max = 4};
    memcpy(options.store_id, store_id, sizeof options.store_id);
    keeper_passphrase_sink(&options.sink, root_path, store_id);
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    bool done = keeper_open(&keeper, &options, &err) && keeper_serve(keeper, &err);
    if (done) {
        keeper_close(keeper);
    }
    _exit(done ? 0 : 1);
}

static bool keeper_measure(const char *socket_path, const struct secret *passphrase, struct error *err)
{
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    struct keeper_status status;
    struct grant grant;
    double best = 1e9;
    for (int i = 0; i < 500 && !keeper_link_open(&link, socket_path, err); i++) {
        usleep(10000);
    }
    for (int i = 0; link && i < UNSEALS; i++) {
        TRY(keeper_link_seal(link, &status, err));
        int64_t started = clock_monotonic_ns();
        TRY(keeper_link_offer_passphrase(link, passphrase, &status, err));
        double seconds = seconds_since(started);
        best = seconds < best ? seconds : best;
    }
    printf("%-52s %9.1f ms (best of %d)\n", "unseal a keeper, passphrase", best * 1e3, UNSEALS);
    TRY(keyring_connect(&keyring, socket_path, store_id, err));
    TRY(keys_make(keyring, &grant, err));
    return opens_measure("data keys opened through a keeper, one thread", keyring, &grant, err);
}

static bool with_keeper(const char *directory, const char *root_path, const char *socket_path, const struct secret *passphrase,
                        struct error *err)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        keep(directory, root_path, socket_path);
    }
    bool done = keeper_measure(socket_path, passphrase, err);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return done;
}

static bool root_copy(void *context, struct secret **out_root, struct error *err)
{
    const struct secret *root = context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(*out_root), secret_view(root), CRYPTO_KEY_SIZE);
    return true;
}

static bool measure(const char *directory, struct error *err)
{
    CLEANUP(secret) struct secret *root = NULL, *passphrase = NULL;
    CLEANUP(keyring) struct keyring *local = NULL;
    struct grant grant;
    char root_path[400], socket_path[400];
    snprintf(root_path, sizeof root_path, "%s/root.sealed", directory);
    snprintf(socket_path, sizeof socket_path, "%s/sock", directory);
    TRY(crypto_start(err) && secret_random(&root, CRYPTO_KEY_SIZE, err) && secret_random(&passphrase, 24, err));
    TRY(keyring_create(directory, store_id, root, err));
    TRY(custody_passphrase_create(root_path, store_id, root, passphrase, err));
    TRY(with_keeper(directory, root_path, socket_path, passphrase, err));
    const struct custody custody = {"bench", root_copy, NULL, root};
    TRY(keyring_open(&local, &custody, NULL, store_id, err));
    TRY(keys_make(local, &grant, err));
    return opens_measure("data keys opened in this process", local, &grant, err);
}

int main(void)
{
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    if (!measure(scratch.directory, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
