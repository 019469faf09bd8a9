/* SPDX-License-Identifier: EUPL-1.2 */
/* warehouse: see warehouse.h. */
#include "service/command/warehouse.h"
#include "base/calendar.h"
#include "base/file.h"
#include "service/command/keeper.h"
#include "service/command/passphrase.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, SECONDS_PER_DAY = 86400 };

const char *warehouse_directory(const struct invocation *in)
{
    const char *directory = invocation_value(in, "warehouse");
    if (!directory) {
        directory = getenv("EMC2_WAREHOUSE");
    }
    return directory && *directory ? directory : "warehouse";
}

static bool key_path(char out[PATH_SIZE], const char *directory, struct error *err)
{
    if (snprintf(out, PATH_SIZE, "%s/keys/root.sealed", directory) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    return true;
}

bool warehouse_passphrase(const struct invocation *in, bool is_new, struct secret **out_passphrase, struct error *err)
{
    const struct passphrase_wish wish = {
        .what = "passphrase", .question = "passphrase of the warehouse", .option = "passphrase-file", .is_new = is_new};
    return passphrase_get(&wish, invocation_value(in, wish.option), out_passphrase, err);
}

bool warehouse_new_passphrase(const struct invocation *in, const char *option, struct secret **out_passphrase, struct error *err)
{
    const struct passphrase_wish wish = {
        .what = "passphrase", .question = "new passphrase of the warehouse", .option = option, .is_new = true};
    return passphrase_get(&wish, invocation_value(in, option), out_passphrase, err);
}

struct new_keys {
    const char *directory;
    const struct secret *passphrase;
};

/* A key table that an init left behind when it was killed before it made the root key's file: nothing was ever sealed under it. */
static bool leftover_remove(const char *keys, const char *root, struct error *err)
{
    char table[PATH_SIZE], custody[PATH_SIZE];
    bool has_root = false, has_custody = false, has_table = false;
    if (snprintf(table, sizeof table, "%s/table", keys) >= (int)sizeof table ||
        snprintf(custody, sizeof custody, "%s/custody.json", keys) >= (int)sizeof custody) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    TRY(file_exists(root, &has_root, err) && file_exists(custody, &has_custody, err) && file_exists(table, &has_table, err));
    return has_root || has_custody || !has_table || file_remove(table, err);
}

struct root_holder {
    const struct secret *root;
};

static bool root_at_hand(void *context, struct secret **out_root, struct error *err)
{
    const struct root_holder *holder = context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(*out_root), secret_view(holder->root), CRYPTO_KEY_SIZE);
    return true;
}

bool warehouse_log_begin(const char *directory, const char *keys, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *root,
                         unsigned threshold, unsigned custodians, struct error *err)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(journal) struct journal *journal = NULL;
    struct ledger_record record;
    struct root_holder holder = {root};
    const struct custody custody = {"at hand", root_at_hand, NULL, &holder};
    TRY(keyring_open(&keyring, &custody, keys, store_id, err));
    TRY(journal_create(directory, keyring, err) && journal_open(&journal, directory, keyring, err));
    TRY(journal_begin(&record, LEDGER_ACT_KEY_CEREMONY, NULL, err));
    TRY(ledger_record_word(&record, "custody", threshold > 0 ? "threshold" : "passphrase", err));
    TRY(ledger_record_number(&record, "threshold", threshold > 0 ? threshold : 1, err));
    TRY(ledger_record_number(&record, "custodians", custodians, err));
    return journal_write_record(journal, &record, err);
}

static bool keys_create(void *context, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    const struct new_keys *keys = context;
    CLEANUP(secret) struct secret *root = NULL;
    char path[PATH_SIZE], directory[PATH_SIZE];
    TRY(journal_refuse_used(keys->directory, err)); /* before anything is replaced */
    TRY(key_path(path, keys->directory, err));
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    TRY(directory_create(directory, 0700, err));
    TRY(leftover_remove(directory, path, err));
    TRY(secret_random(&root, CRYPTO_KEY_SIZE, err));
    TRY(keyring_create(directory, store_id, root, err));
    TRY(warehouse_log_begin(keys->directory, directory, store_id, root, 0, 1, err));
    return custody_passphrase_create(path, store_id, root, keys->passphrase, err);
}

bool warehouse_create(const char *directory, const struct secret *passphrase, struct error *err)
{
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    char path[PATH_SIZE];
    TRY(key_path(path, directory, err)); /* long enough for every path below */
    struct new_keys keys = {directory, passphrase};
    return store_create_with(directory, keys_create, &keys, store_id, err);
}

static bool self_grant(struct warehouse *warehouse, const struct invocation *in, const char *purpose, uint32_t actions, struct error *err)
{
    struct grant *grant = &warehouse->grant;
    *grant = (struct grant){.actions = actions, .tables = warehouse->tables, .not_before = clock_unix_seconds() - 60};
    grant->not_after = clock_unix_seconds() + settings_get(&in->settings, SETTING_GRANT_DAYS) * SECONDS_PER_DAY;
    memcpy(grant->store_id, keyring_store_id(warehouse->keyring), GRANT_STORE_ID_SIZE);
    snprintf(grant->project, sizeof grant->project, "operator");
    snprintf(grant->holder, sizeof grant->holder, "operator");
    snprintf(grant->purpose, sizeof grant->purpose, "%s", purpose);
    return keyring_grant_issue(warehouse->keyring, grant, err);
}

/* ---- opening ---- */
static bool keys_open_with(struct warehouse *warehouse, const struct secret *passphrase, struct error *err)
{
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    char path[PATH_SIZE], keys[PATH_SIZE];
    TRY(store_identify(warehouse->directory, store_id, err));
    TRY(key_path(path, warehouse->directory, err));
    TRY(custody_passphrase_open(&warehouse->custody, path, store_id, passphrase, err));
    TRY(key_path(keys, warehouse->directory, err));
    *strrchr(keys, '/') = '\0';
    return keyring_open(&warehouse->keyring, &warehouse->custody, keys, store_id, err);
}

static bool keys_connect(struct warehouse *warehouse, const char *socket_path, struct error *err)
{
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    TRY(store_identify(warehouse->directory, store_id, err));
    return keyring_connect(&warehouse->keyring, socket_path, store_id, err);
}

static bool no_keeper(const char *directory, struct error *err)
{
    FAIL(err, NOT_FOUND, "this warehouse opens with its custodians' shares, and its keeper is not running");
    return error_hint(err, "start it with `emc2 keeper run --warehouse %.120s`; then each custodian: `emc2 key unseal`", directory);
}

static bool keys_open(struct warehouse *warehouse, const struct invocation *in, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    char socket_path[PATH_SIZE], keys[PATH_SIZE];
    bool is_there, is_threshold;
    TRY(keeper_socket_path(in, socket_path, err) && file_exists(socket_path, &is_there, err));
    TRY(key_path(keys, warehouse->directory, err));
    *strrchr(keys, '/') = '\0';
    TRY(keeper_custody_is_threshold(keys, &is_threshold, err));
    if (invocation_flag(in, "keeper") || (is_there && (is_threshold || !invocation_flag(in, "passphrase-file")))) {
        return keys_connect(warehouse, socket_path, err);
    }
    TRY(!is_threshold || no_keeper(warehouse->directory, err));
    TRY(warehouse_passphrase(in, false, &passphrase, err));
    return keys_open_with(warehouse, passphrase, err);
}

/* Purpose and actions say what the command is about to do; the newest snapshot is entered with it (journal.h). */
static bool grant_record(struct warehouse *warehouse, struct error *err)
{
    struct ledger_record record;
    char purpose[GRANT_TEXT_MAX];
    uint32_t latest = 0;
    struct store_snapshot snapshot;
    snprintf(purpose, sizeof purpose, "%s", warehouse->grant.purpose);
    for (char *blank = purpose; (blank = strchr(blank, ' '));) {
        *blank = '-';
    }
    TRY(journal_begin(&record, LEDGER_ACT_GRANT_ISSUE, &warehouse->grant, err));
    TRY(ledger_record_word(&record, "purpose", purpose, err) && ledger_record_number(&record, "actions", warehouse->grant.actions, err));
    TRY(ledger_record_number(&record, "until", warehouse->grant.not_after, err));
    TRY(store_snapshot_latest(warehouse->store, &warehouse->grant, &latest, err));
    /* A damaged manifest is for the command to find; the log goes on from the newest snapshot that it knows. */
    if (latest > 0 && store_snapshot_read(warehouse->store, &warehouse->grant, latest, &snapshot, NULL)) {
        return journal_write_with_head(warehouse->journal, &record, latest, &snapshot.manifest_hash, err);
    }
    return journal_write_record(warehouse->journal, &record, err);
}

bool warehouse_entry(const struct warehouse *warehouse, enum ledger_act act, const struct crypto_hash *object,
                     struct journal_entry *out_entry, struct error *err)
{
    *out_entry = (struct journal_entry){.secret.name = NULL};
    TRY(journal_begin(&out_entry->record, act, &warehouse->grant, err));
    if (object) {
        ledger_record_object(&out_entry->record, object);
    }
    return !warehouse->reader || ledger_record_number(&out_entry->record, "snapshot", store_reader_snapshot(warehouse->reader), err);
}

bool warehouse_record(struct warehouse *warehouse, enum ledger_act act, const struct crypto_hash *object, const char *secret_name,
                      struct text secret, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, act, object, &entry, err));
    entry.secret = (struct journal_private){secret_name, secret};
    return journal_write(warehouse->journal, &entry, 1, err);
}

static bool store_open_granted(struct warehouse *warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                               struct error *err)
{
    struct store_options options = {.cache_bytes = (uint64_t)settings_get(&in->settings, SETTING_CACHE_BYTES),
                                    .segment_persons = (uint32_t)settings_get(&in->settings, SETTING_SEGMENT_PERSONS),
                                    .accepts_older = warehouse->accepts_older};
    warehouse->error = err;
    TRY(journal_open(&warehouse->journal, warehouse->directory, warehouse->keyring, err));
    options.journal = journal_of_store(warehouse->journal);
    TRY(store_open(&warehouse->store, warehouse->directory, warehouse->keyring, &options, err));
    TRY(self_grant(warehouse, in, purpose, actions, err));
    return grant_record(warehouse, err);
}

bool warehouse_open_with(struct warehouse *out_warehouse, const struct invocation *in, const char *directory,
                         const struct secret *passphrase, const char *purpose, uint32_t actions, struct error *err)
{
    struct warehouse warehouse = {.directory = directory, .tables = UINT64_MAX};
    if (!keys_open_with(&warehouse, passphrase, err) || !store_open_granted(&warehouse, in, purpose, actions, err)) {
        warehouse_close(&warehouse);
        return false;
    }
    *out_warehouse = warehouse;
    return true;
}

/* `wish` says how. */
static bool open_named(struct warehouse *out_warehouse, const struct invocation *in, const struct warehouse *wish, const char *purpose,
                       uint32_t actions, struct error *err)
{
    struct warehouse warehouse = *wish;
    bool exists;
    warehouse.directory = warehouse_directory(in);
    TRY(file_exists(warehouse.directory, &exists, err));
    if (!exists) {
        FAIL(err, NOT_FOUND, "there is no warehouse here");
        error_detail(err, "%s", warehouse.directory);
        return error_hint(err, "make one with `emc2 init`, or name it with --warehouse");
    }
    if (!keys_open(&warehouse, in, err) || !store_open_granted(&warehouse, in, purpose, actions, err)) {
        warehouse_close(&warehouse);
        return false;
    }
    *out_warehouse = warehouse;
    return true;
}

bool warehouse_open(struct warehouse *out_warehouse, const struct invocation *in, const char *purpose, uint32_t actions, struct error *err)
{
    return warehouse_open_tables(out_warehouse, in, purpose, actions, UINT64_MAX, err);
}

bool warehouse_open_tables(struct warehouse *out_warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                           uint64_t tables, struct error *err)
{
    return open_named(out_warehouse, in, &(struct warehouse){.tables = tables}, purpose, actions, err);
}

bool warehouse_open_older(struct warehouse *out_warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                          struct error *err)
{
    return open_named(out_warehouse, in, &(struct warehouse){.tables = UINT64_MAX, .accepts_older = true}, purpose, actions, err);
}

bool warehouse_regrant(struct warehouse *warehouse, const struct invocation *in, const char *purpose, uint32_t actions, struct error *err)
{
    return self_grant(warehouse, in, purpose, actions, err) && grant_record(warehouse, err);
}

bool warehouse_open_reader(struct warehouse *warehouse, uint32_t snapshot, struct error *err)
{
    return store_reader_open(&warehouse->reader, warehouse->store, &warehouse->grant, snapshot, err);
}

/* A refusal is told to the user whether or not it could be entered: nothing was given out. */
void warehouse_refuse(struct warehouse *warehouse, const struct error *why)
{
    struct ledger_record record;
    if (warehouse->journal && why && *why->message && (why->code == ERROR_DENIED || why->code == ERROR_ERASED)) {
        bool is_entered = journal_begin(&record, LEDGER_ACT_REFUSAL, &warehouse->grant, NULL) &&
                          ledger_record_word(&record, "reason", error_code_name(why->code), NULL) &&
                          journal_write_record(warehouse->journal, &record, NULL);
        (void)is_entered;
    }
}

void warehouse_close(struct warehouse *warehouse)
{
    warehouse_refuse(warehouse, warehouse->error);
    store_reader_close(warehouse->reader);
    store_close(warehouse->store);
    journal_close(warehouse->journal);
    keyring_close(warehouse->keyring);
    custody_release(&warehouse->custody);
    secret_destroy(warehouse->passphrase);
    *warehouse = (struct warehouse){0};
}
