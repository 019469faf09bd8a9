/* SPDX-License-Identifier: EUPL-1.2 */
/* ceremony: `emc2 key ceremony` and `emc2 key reshare`: a root key that nobody has ever seen is cut into shares. It is made in locked
 * memory and never written. Order of what is stored: share files, then custody.json, and only then the old root key dies, so that at every
 * moment somebody can open the warehouse. */
#include "base/calendar.h"
#include "base/file.h"
#include "service/command/commands.h"
#include "service/command/custodian.h"
#include "service/command/keeper.h"
#include "service/command/warehouse.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

struct ceremony {
    const struct invocation *in;
    const char *warehouse, *out;
    char keys[PATH_SIZE], record_path[PATH_SIZE], passphrase_path[PATH_SIZE];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    unsigned threshold, count;
    uint32_t generation;
    struct custodian custodians[CUSTODIANS_MAX];
    struct secret *root; /* the new one */
    struct custody_record record;
    struct buffer files[CUSTODIANS_MAX];
};

static void ceremony_value_cleanup(struct ceremony *ceremony)
{
    secret_destroy(ceremony->root);
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        buffer_finish(&ceremony->files[i]);
    }
}

static bool read_custodian(struct custodian *out, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer line = {.maximum = 4096};
    if (!file_read(path, &line, err) || !custodian_line_parse(out, (struct text){(const char *)line.data, line.length}, err)) {
        return error_context(err, "public line %s", path);
    }
    return true;
}

static bool ceremony_begin(struct ceremony *ceremony, const struct invocation *in, struct error *err)
{
    int64_t threshold, count;
    *ceremony = (struct ceremony){.in = in, .warehouse = warehouse_directory(in), .out = invocation_value(in, "out"), .generation = 1};
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        ceremony->files[i].maximum = SHARE_FILE_MAX;
    }
    TRY(invocation_integer(in, "threshold", 0, 2, CUSTODIANS_MAX, &threshold, err));
    TRY(invocation_integer(in, "custodians", in->word_count, 2, CUSTODIANS_MAX, &count, err));
    if (threshold == 0 || !ceremony->out || count != in->word_count || threshold > count) {
        FAIL(err, INVALID_ARGUMENT, "a ceremony needs --threshold, --out, and the public line of every custodian (%d are named)",
             in->word_count);
        return error_hint(err, "emc2 %s --help shows an example", in->command->name);
    }
    ceremony->threshold = (unsigned)threshold;
    ceremony->count = (unsigned)count;
    for (unsigned i = 0; i < ceremony->count; i++) {
        TRY(read_custodian(&ceremony->custodians[i], in->words[i], err));
    }
    TRY(custody_path(ceremony->record_path, ceremony->warehouse, err)); /* long enough for every path below */
    snprintf(ceremony->keys, PATH_SIZE, "%s/keys", ceremony->warehouse);
    snprintf(ceremony->passphrase_path, PATH_SIZE, "%s/keys/root.sealed", ceremony->warehouse);
    return secret_random(&ceremony->root, CRYPTO_KEY_SIZE, err);
}

/* The shares exist in memory and are on their way to the disk; the root key of the warehouse is still the old one. */
static bool shares_write(struct ceremony *ceremony, struct error *err)
{
    struct custody_plan plan = {.generation = ceremony->generation,
                                .threshold = ceremony->threshold,
                                .count = ceremony->count,
                                .made = clock_unix_seconds(),
                                .custodians = ceremony->custodians};
    memcpy(plan.store_id, ceremony->store_id, sizeof plan.store_id);
    TRY(custody_ceremony(&ceremony->record, ceremony->files, &plan, ceremony->root, err));
    TRY(directory_create(ceremony->out, 0700, err));
    for (unsigned i = 0; i < ceremony->count; i++) {
        char path[PATH_SIZE];
        if (snprintf(path, sizeof path, "%s/%s.share", ceremony->out, ceremony->custodians[i].name) >= PATH_SIZE) {
            return FAIL(err, INVALID_ARGUMENT, "the path of the share files is too long");
        }
        TRY(file_write_atomic(path, ceremony->files[i].data, ceremony->files[i].length, 0600, err));
    }
    return true;
}

/* custody.json in the warehouse, and a copy for the custodians' drills. */
static bool record_write(const struct ceremony *ceremony, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = CUSTODY_FILE_MAX};
    char copy[PATH_SIZE];
    snprintf(copy, sizeof copy, "%s/custody.json", ceremony->out);
    TRY(custody_record_print(&ceremony->record, &text, err));
    TRY(file_write_atomic(copy, text.data, text.length, 0644, err));
    return file_write_atomic(ceremony->record_path, text.data, text.length, 0644, err);
}

static bool report_json(const struct ceremony *ceremony, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = CUSTODY_FILE_MAX};
    TRY(custody_record_print(&ceremony->record, &out, err));
    return print_buffer(&out, err);
}

static bool report(const struct ceremony *ceremony, struct error *err)
{
    if (invocation_flag(ceremony->in, "json")) {
        return report_json(ceremony, err);
    }
    printf("ceremony %u: any %u of %u custodians open %s\n", ceremony->generation, ceremony->threshold, ceremony->count,
           ceremony->warehouse);
    for (unsigned i = 0; i < ceremony->count; i++) {
        char key[2 * CRYPTO_PUBLIC_KEY_SIZE + 1];
        crypto_hex(key, ceremony->custodians[i].public_key, CRYPTO_PUBLIC_KEY_SIZE);
        key[32] = '\0'; /* 128 bits: nobody finds another key that begins like this */
        printf("  %u  %-16s key %s  %s/%s.share\n", i + 1, ceremony->custodians[i].name, key, ceremony->out, ceremony->custodians[i].name);
    }
    if (!invocation_flag(ceremony->in, "quiet")) {
        printf("next: give each custodian their share file and %s/custody.json; each runs `emc2 key drill` and prints their sheet\n"
               "(`emc2 key custodian sheet`); then empty %s\n",
               ceremony->out, ceremony->out);
    }
    return true;
}

/* ---- A warehouse that is made with the ceremony ---- */
/* Before the directory becomes a store: a key table that an earlier, interrupted ceremony left was never used. */
static bool keys_prepare(void *context, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    struct ceremony *ceremony = context;
    char table[PATH_SIZE + 8];
    bool has_table, has_passphrase;
    TRY(journal_refuse_used(ceremony->warehouse, err)); /* before anything is replaced */
    snprintf(table, sizeof table, "%s/table", ceremony->keys);
    TRY(file_exists(table, &has_table, err) && file_exists(ceremony->passphrase_path, &has_passphrase, err));
    if (has_passphrase) {
        FAIL(err, EXISTS, "there is a root key under a passphrase here, but no store");
        error_detail(err, "%s", ceremony->passphrase_path);
        return error_hint(err, "put store.json back from a backup, or name an empty directory");
    }
    TRY(!has_table || file_remove(table, err));
    memcpy(ceremony->store_id, store_id, sizeof ceremony->store_id);
    TRY(directory_create(ceremony->keys, 0700, err));
    TRY(shares_write(ceremony, err));
    TRY(record_write(ceremony, err));
    TRY(keyring_create(ceremony->keys, ceremony->store_id, ceremony->root, err));
    return warehouse_log_begin(ceremony->warehouse, ceremony->keys, ceremony->store_id, ceremony->root, ceremony->threshold,
                               ceremony->count, err);
}

/* ---- A warehouse whose root key changes: the custody that is in place opens its keyring, then another takes over ---- */
static bool change_record(const struct ceremony *ceremony, const struct keyring *keyring, struct error *err)
{
    CLEANUP(journal) struct journal *journal = NULL;
    struct ledger_record record;
    TRY(journal_open(&journal, ceremony->warehouse, keyring, err));
    TRY(journal_begin(&record, LEDGER_ACT_KEY_RESHARE, NULL, err));
    TRY(ledger_record_number(&record, "ceremony", ceremony->generation, err));
    TRY(ledger_record_number(&record, "threshold", ceremony->threshold, err));
    TRY(ledger_record_number(&record, "custodians", ceremony->count, err));
    return journal_write_record(journal, &record, err);
}

static bool root_change(struct ceremony *ceremony, const struct custody *old, struct error *err)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    TRY(keyring_open(&keyring, old, ceremony->keys, ceremony->store_id, err));
    TRY(shares_write(ceremony, err));
    TRY(keyring_root_begin(keyring, ceremony->root, err));
    TRY(record_write(ceremony, err));
    TRY(keyring_root_finish(keyring, ceremony->root, err));
    return change_record(ceremony, keyring, err);
}

static bool ceremony_convert(struct ceremony *ceremony, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    struct custody custody;
    TRY(warehouse_passphrase(ceremony->in, false, &passphrase, err));
    TRY(custody_passphrase_open(&custody, ceremony->passphrase_path, ceremony->store_id, passphrase, err));
    bool done = root_change(ceremony, &custody, err);
    custody_release(&custody);
    if (!done && ceremony->generation > 1) {
        return error_context(err,
                             "custody.json is here too: if the shares open the warehouse, keys/root.sealed is a remainder to be removed");
    }
    TRY(done);
    return file_remove(ceremony->passphrase_path, err); /* it opens nothing any more */
}

static bool ceremony_take_over(struct ceremony *ceremony, struct error *err)
{
    bool has_record, has_passphrase;
    TRY(store_identify(ceremony->warehouse, ceremony->store_id, err) && keeper_is_no_obstacle(ceremony->in, err));
    TRY(file_exists(ceremony->record_path, &has_record, err) && file_exists(ceremony->passphrase_path, &has_passphrase, err));
    if (has_record && !has_passphrase) {
        FAIL(err, EXISTS, "this warehouse has custodians already");
        error_detail(err, "%s", ceremony->record_path);
        return error_hint(err, "`emc2 key reshare` gives it other custodians or another threshold");
    }
    if (has_record) { /* an earlier ceremony stopped before the passphrase's file was removed */
        struct custody_record before;
        TRY(custody_record_read(&before, ceremony->record_path, ceremony->store_id, err));
        ceremony->generation = before.generation + 1;
    }
    return ceremony_convert(ceremony, err);
}

bool command_key_ceremony(struct invocation *in, struct error *err)
{
    CLEANUP(ceremony_value) struct ceremony ceremony = {0};
    char store_path[PATH_SIZE];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    bool has_store;
    TRY(ceremony_begin(&ceremony, in, err));
    snprintf(store_path, sizeof store_path, "%s/store.json", ceremony.warehouse);
    TRY(file_exists(store_path, &has_store, err));
    TRY(has_store ? ceremony_take_over(&ceremony, err) : store_create_with(ceremony.warehouse, keys_prepare, &ceremony, store_id, err));
    return report(&ceremony, err);
}

/* ---- Reshare: the old custodians give their shares, from files in one folder ---- */
struct gathering {
    const struct invocation *in;
    const char *directory;
    struct custody_threshold *threshold;
};

static bool gather_one(struct gathering *gathering, const char *name, size_t length, struct error *err)
{
    char paths[3][PATH_SIZE];
    static const char *const endings[3] = {"custodian", "share", "passphrase"};
    CLEANUP(share_value) struct share share = {.content = NULL};
    enum share_outcome outcome;
    bool has_passphrase;
    for (int i = 0; i < 3; i++) {
        if (snprintf(paths[i], PATH_SIZE, "%s/%.*s.%s", gathering->directory, (int)length, name, endings[i]) >= PATH_SIZE) {
            return FAIL(err, INVALID_ARGUMENT, "the path of the shares is too long");
        }
    }
    TRY(file_exists(paths[2], &has_passphrase, err));
    TRY(custodian_share_read(&share, gathering->in, paths[0], paths[1], has_passphrase ? paths[2] : NULL, err));
    return custody_threshold_add(gathering->threshold, &share, &outcome, err);
}

static bool gather(void *context, const char *name, struct error *err)
{
    struct gathering *gathering = context;
    size_t length = strlen(name), ending = strlen(".share");
    bool is_share = length > ending && strcmp(name + length - ending, ".share") == 0;
    return !is_share || custody_threshold_missing(gathering->threshold) == 0 || gather_one(gathering, name, length - ending, err);
}

bool command_key_reshare(struct invocation *in, struct error *err)
{
    CLEANUP(ceremony_value) struct ceremony ceremony = {0};
    CLEANUP(custody_threshold) struct custody_threshold *threshold = NULL;
    const char *shares = invocation_value(in, "shares");
    if (!shares) {
        FAIL(err, INVALID_ARGUMENT, "--shares is missing: the folder with the old custodians' files and shares");
        return error_hint(err, "emc2 %s --help shows an example", in->command->name);
    }
    TRY(ceremony_begin(&ceremony, in, err));
    TRY(store_identify(ceremony.warehouse, ceremony.store_id, err) && keeper_is_no_obstacle(in, err));
    TRY(custody_threshold_begin(&threshold, ceremony.record_path, ceremony.store_id, err));
    struct gathering gathering = {in, shares, threshold};
    TRY(directory_visit(shares, gather, &gathering, err));
    ceremony.generation = custody_threshold_record(threshold)->generation + 1;
    struct custody custody = custody_threshold_custody(threshold);
    TRY(root_change(&ceremony, &custody, err));
    if (!invocation_flag(in, "json")) {
        printf("the shares of ceremony %u open nothing any more: destroy them and their sheets\n", ceremony.generation - 1);
    }
    return report(&ceremony, err);
}
