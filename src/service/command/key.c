/* SPDX-License-Identifier: EUPL-1.2 */
/* key status, unseal, seal: a keeper and its custodians. key rotate, passphrase: a warehouse with a passphrase. */
#include "base/file.h"
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/custodian.h"
#include "service/command/keeper.h"
#include "service/command/warehouse.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096, JSON_MAX = 1 << 16 };

static bool link_open(const struct invocation *in, struct keeper_link **out_link, char out_path[PATH_SIZE], struct error *err)
{
    TRY(keeper_socket_path(in, out_path, err));
    return keeper_link_open(out_link, out_path, err);
}

/* ---- status ---- */
static void print_holders(const struct keeper_status *status)
{
    for (unsigned i = 0; i < status->holder_count; i++) {
        printf("%s%s", i == 0 ? "" : ", ", status->holders[i]);
    }
}

static void print_state(const struct keeper_status *status)
{
    char since[COUNT_TEXT_SIZE], until[COUNT_TEXT_SIZE];
    if (status->is_unsealed) {
        printf("state      unsealed since %s by ", time_text(status->since, since));
        print_holders(status);
        printf("; seals itself at %s at the latest\n", time_text(status->until, until));
    } else if (status->threshold > 1) {
        printf("state      sealed: %u of %u shares%s", status->holder_count, status->threshold, status->holder_count > 0 ? ", from " : "");
        print_holders(status);
        printf("\n");
    } else {
        printf("state      sealed\n");
    }
}

static void print_status(const char *path, const struct keeper_status *status)
{
    char opened[COUNT_TEXT_SIZE], made[COUNT_TEXT_SIZE];
    printf("keeper     %s\n", path);
    print_state(status);
    if (status->threshold > 1) {
        printf("custody    %u of %u custodians, ceremony %u\n", status->threshold, status->count, status->generation);
    } else {
        printf("custody    %s\n", status->custody);
    }
    printf("memory     %s\n", status->is_memory_locked ? "all of it locked" : "only the keys locked: the limit of locked memory is low");
    printf("keys       %s opened, %s made since it was unsealed\n", count_text(status->keys_opened, opened),
           count_text(status->keys_made, made));
}

static bool json_status(struct json_writer *writer, const char *path, const struct keeper_status *status, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_name(writer, "keeper", err) && json_text(writer, text_of(path), err));
    TRY(json_name(writer, "unsealed", err) && json_bool(writer, status->is_unsealed, err));
    TRY(json_name(writer, "custody", err) && json_text(writer, text_of(status->custody), err));
    TRY(json_named_i64(writer, "generation", status->generation, err) && json_named_i64(writer, "threshold", status->threshold, err));
    TRY(json_named_i64(writer, "custodians", status->count, err) && json_name(writer, "holders", err) && json_begin_array(writer, err));
    for (unsigned i = 0; i < status->holder_count; i++) {
        TRY(json_text(writer, text_of(status->holders[i]), err));
    }
    TRY(json_end_array(writer, err) && json_named_i64(writer, "since", status->since, err) &&
        json_named_i64(writer, "until", status->until, err));
    TRY(json_name(writer, "memory_locked", err) && json_bool(writer, status->is_memory_locked, err));
    TRY(json_named_i64(writer, "keys_opened", (int64_t)status->keys_opened, err));
    TRY(json_named_i64(writer, "keys_made", (int64_t)status->keys_made, err));
    return json_end_object(writer, err);
}

static bool show(const struct invocation *in, const char *path, const struct keeper_status *status, struct error *err)
{
    if (!invocation_flag(in, "json")) {
        print_status(path, status);
        return true;
    }
    CLEANUP(buffer_value) struct buffer out = {.maximum = JSON_MAX};
    struct json_writer writer = {.out = &out, .indented = true};
    return json_status(&writer, path, status, err) && print_buffer(&out, err);
}

bool command_key_status(struct invocation *in, struct error *err)
{
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    struct keeper_status status;
    char path[PATH_SIZE];
    TRY(link_open(in, &link, path, err) && keeper_link_status(link, &status, err));
    return show(in, path, &status, err);
}

/* ---- unseal and seal ---- */
static bool offer(const struct invocation *in, struct keeper_link *link, struct keeper_status *out_status, struct error *err)
{
    const char *share = invocation_value(in, "share"), *custodian = invocation_value(in, "custodian");
    CLEANUP(secret) struct secret *passphrase = NULL;
    struct keeper_status status;
    TRY(keeper_link_status(link, &status, err));
    if (status.is_unsealed) {
        *out_status = status;
        return true;
    }
    if (!share != !custodian || (status.threshold > 1) != (share != NULL)) {
        FAIL(err, INVALID_ARGUMENT,
             status.threshold > 1 ? "this warehouse opens with custodians' shares: --share and --custodian are missing"
                                  : "this warehouse opens with a passphrase, not with shares");
        return error_hint(err, "emc2 key unseal --help shows both ways");
    }
    if (share) {
        CLEANUP(share_value) struct share opened = {.content = NULL};
        TRY(custodian_share_read(&opened, in, custodian, share, invocation_value(in, "passphrase-file"), err));
        return keeper_link_offer_share(link, &opened, out_status, err);
    }
    TRY(warehouse_passphrase(in, false, &passphrase, err));
    return keeper_link_offer_passphrase(link, passphrase, out_status, err);
}

bool command_key_unseal(struct invocation *in, struct error *err)
{
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    struct keeper_status status = {.count = 0};
    char path[PATH_SIZE];
    TRY(link_open(in, &link, path, err) && offer(in, link, &status, err));
    if (invocation_flag(in, "json") || invocation_flag(in, "quiet")) {
        return invocation_flag(in, "quiet") || show(in, path, &status, err);
    }
    if (status.is_unsealed) {
        printf("unsealed\n");
    } else {
        printf("%s: %u of %u shares; %u missing\n", status.is_repeated ? "this share was there already" : "share accepted",
               status.holder_count, status.threshold, status.threshold - status.holder_count);
    }
    return true;
}

bool command_key_seal(struct invocation *in, struct error *err)
{
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    struct keeper_status status;
    char path[PATH_SIZE];
    TRY(link_open(in, &link, path, err) && keeper_link_seal(link, &status, err));
    if (!invocation_flag(in, "quiet")) {
        printf("sealed: the keys are wiped\n");
    }
    return true;
}

/* ---- a warehouse with a passphrase ---- */
struct own_keys {
    char keys[PATH_SIZE], root[PATH_SIZE];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
};

static bool own_keys_find(struct own_keys *own, const struct invocation *in, struct error *err)
{
    const char *directory = warehouse_directory(in);
    bool is_threshold;
    if (snprintf(own->root, PATH_SIZE, "%s/keys/root.sealed", directory) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    snprintf(own->keys, PATH_SIZE, "%.*s", (int)(strrchr(own->root, '/') - own->root), own->root);
    TRY(store_identify(directory, own->store_id, err));
    TRY(keeper_custody_is_threshold(own->keys, &is_threshold, err));
    if (is_threshold) {
        FAIL(err, UNSUPPORTED, "this warehouse has custodians, not a passphrase");
        return error_hint(err, "`emc2 key reshare` gives it a new root key");
    }
    return true;
}

bool command_key_rotate(struct invocation *in, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    struct own_keys own = {.keys = ""};
    bool is_resumed;
    TRY(own_keys_find(&own, in, err) && keeper_is_no_obstacle(in, err));
    TRY(warehouse_passphrase(in, false, &passphrase, err));
    TRY(warehouse_open_with(&warehouse, in, warehouse_directory(in), passphrase, "rotate the keys", GRANT_LOAD, err));
    TRY(store_writer_open(&writer, warehouse.store, &warehouse.grant, err)); /* nobody loads meanwhile */
    TRY(warehouse_record(&warehouse, LEDGER_ACT_KEY_ROTATE, NULL, NULL, (struct text){NULL, 0}, err));
    TRY(root_rotate_passphrase(own.root, own.keys, own.store_id, passphrase, &is_resumed, err));
    if (!invocation_flag(in, "quiet")) {
        printf(is_resumed ? "a rotation that was interrupted is finished\n" : "the root key and the domain keys are new\n");
        printf("no data file was rewritten; copies of keys/ from before open with the old root key: destroy them, and make a new one\n");
    }
    return true;
}

bool command_key_passphrase(struct invocation *in, struct error *err)
{
    CLEANUP(secret) struct secret *old_passphrase = NULL, *new_passphrase = NULL;
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    struct own_keys own = {.keys = ""};
    TRY(own_keys_find(&own, in, err));
    TRY(warehouse_passphrase(in, false, &old_passphrase, err));
    TRY(warehouse_new_passphrase(in, "new-passphrase-file", &new_passphrase, err));
    TRY(warehouse_open_with(&warehouse, in, warehouse_directory(in), old_passphrase, "change the passphrase", GRANT_COUNT, err));
    TRY(warehouse_record(&warehouse, LEDGER_ACT_KEY_PASSPHRASE, NULL, NULL, (struct text){NULL, 0}, err));
    TRY(custody_passphrase_change(own.root, own.store_id, old_passphrase, new_passphrase, err));
    if (!invocation_flag(in, "quiet")) {
        printf("the passphrase is changed; copies of keys/root.sealed from before open with the old one: destroy them\n"
               "after `emc2 key rotate` such a copy does not open the key table in use any more\n");
    }
    return true;
}
