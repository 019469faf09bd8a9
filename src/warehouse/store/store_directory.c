/* SPDX-License-Identifier: EUPL-1.2 */
/* store_directory: a store as a directory with an identity. store.json is written last and holds nothing but format, version and store
 * id, in exactly one form, so that any changed byte of it is found even without a key. */
#include "base/fault.h"
#include "base/file.h"
#include "base/json.h"
#include "warehouse/store/store_internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STORE_VERSION = 1, IDENTITY_BYTES_MAX = 4096, DIRECTORY_MODE = 0700, FILE_MODE = 0600 };
static const char *const own_names[] = {"segments", "snapshots", "keys", "ledger", "openings", "lock", "store.json.tmp"};

/* ---- paths ---- */
static struct store_path path_of(const char *directory, const char *part)
{
    struct store_path path;
    snprintf(path.text, sizeof path.text, "%.*s/%s", STORE_PATH_MAX - 1, directory, part);
    return path;
}

struct store_path store_part_path(const struct store *store, const char *part)
{
    return path_of(store->directory, part);
}

struct store_path store_segment_path(const struct store *store, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    char hex[2 * KEY_FILE_ID_SIZE + 1], part[sizeof hex + 24];
    crypto_hex(hex, file_id, KEY_FILE_ID_SIZE);
    snprintf(part, sizeof part, "segments/%s.sealed", hex);
    return path_of(store->directory, part);
}

struct store_path store_manifest_path(const struct store *store, uint32_t number)
{
    char part[40];
    snprintf(part, sizeof part, "snapshots/%08" PRIu32 ".manifest", number);
    return path_of(store->directory, part);
}

bool store_lock_take(const struct store *store, struct lock *out_lock, struct error *err)
{
    struct store_path path = store_part_path(store, "lock");
    const struct lock_place place = {.path = path.text,
                                     .busy = "another process is writing to this store",
                                     .unusable = "the lock of the store cannot be opened",
                                     .hint = "a load needs the right to write into the store's directory"};
    TRY(fault_point("store_lock", err));
    return lock_take(out_lock, &place, 0, err);
}

static bool directory_check(const char *directory, struct error *err)
{
    size_t length = strlen(directory);
    return length > 0 && length < STORE_PATH_MAX ? true : FAIL(err, INVALID_ARGUMENT, "the path of the store is empty or too long");
}

/* ---- identity ---- */
static bool identity_print(const uint8_t store_id[GRANT_STORE_ID_SIZE], struct buffer *out, struct error *err)
{
    char hex[2 * GRANT_STORE_ID_SIZE + 1];
    struct json_writer writer = {.out = out, .indented = true};
    crypto_hex(hex, store_id, GRANT_STORE_ID_SIZE);
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "format", err));
    TRY(json_text(&writer, TEXT("emc2 store"), err));
    TRY(json_name(&writer, "version", err));
    TRY(json_i64(&writer, STORE_VERSION, err));
    TRY(json_name(&writer, "store_id", err));
    TRY(json_text(&writer, text_of(hex), err));
    TRY(json_end_object(&writer, err));
    return buffer_append_text(out, "\n", err);
}

static bool identity_changed(struct error *err)
{
    FAIL(err, CORRUPT, "store.json is not as emc2 wrote it");
    return error_hint(err, "put store.json back from a copy; it never changes during the life of a store");
}

static bool identity_parse(const struct buffer *bytes, uint8_t out_store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer expected = {.maximum = IDENTITY_BYTES_MAX};
    const struct json *root;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    if (!json_parse(&root, scratch, "store.json", bytes->data, bytes->length, NULL)) {
        return identity_changed(err);
    }
    const struct json *version = json_member(root, "version"), *id = json_member(root, "store_id");
    if (version && version->kind == JSON_INTEGER && version->integer > STORE_VERSION) {
        FAIL(err, UNSUPPORTED, "store.json names version %" PRId64 ", this emc2 reads %d", version->integer, STORE_VERSION);
        return error_hint(err, "use a newer emc2; if there is none, store.json was changed");
    }
    if (!id || id->kind != JSON_STRING || id->text.length != sizeof store_id * 2 ||
        !crypto_from_hex(store_id, sizeof store_id, id->text.data)) {
        return identity_changed(err);
    }
    TRY(identity_print(store_id, &expected, err));
    if (expected.length != bytes->length || memcmp(expected.data, bytes->data, bytes->length) != 0) {
        return identity_changed(err);
    }
    memcpy(out_store_id, store_id, sizeof store_id);
    return true;
}

static bool identity_read(const char *directory, uint8_t out_store_id[GRANT_STORE_ID_SIZE], struct crypto_hash *out_hash, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = IDENTITY_BYTES_MAX};
    bool exists;
    TRY(directory_check(directory, err));
    TRY(crypto_start(err));
    struct store_path path = path_of(directory, "store.json");
    TRY(file_exists(path.text, &exists, err));
    if (!exists) {
        FAIL(err, NOT_FOUND, "there is no store in this directory: it has no store.json");
        error_detail(err, "%s", path.text);
        return error_hint(err, "name the directory of a store, or make one with `emc2 init DIRECTORY`");
    }
    if (!file_read_plain(path.text, &bytes, err) || !identity_parse(&bytes, out_store_id, err)) {
        return error_context(err, "%s", path.text);
    }
    *out_hash = crypto_hash_of(bytes.data, bytes.length);
    return true;
}

/* ---- making ---- */
static bool refuse_foreign(void *context, const char *name, struct error *err)
{
    (void)context;
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++) {
        if (strcmp(name, own_names[i]) == 0) { /* left by an init that was interrupted before store.json was there */
            return true;
        }
    }
    if (strcmp(name, "store.json") == 0) {
        FAIL(err, EXISTS, "there is a store in this directory already");
    } else {
        FAIL(err, EXISTS, "the directory for the new store is not empty");
    }
    return error_hint(err, "name a directory that does not exist yet, or an empty one");
}

static bool refuse_data(void *context, const char *name, struct error *err)
{
    (void)context;
    (void)name;
    FAIL(err, EXISTS, "data of a store are in this directory, but no store.json: nothing was made or changed");
    return error_hint(err, "put store.json back from a backup (it never changes), or name an empty directory");
}

/* An interrupted making leaves these empty; anything in them is of a store that was used. */
static bool refuse_used(const char *directory, struct error *err)
{
    static const char *const parts[] = {"segments", "snapshots"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct store_path path = path_of(directory, parts[i]);
        bool exists;
        TRY(file_exists(path.text, &exists, err));
        TRY(!exists || directory_visit(path.text, refuse_data, NULL, err));
    }
    return true;
}

/* Makes the entry of DIRECTORY itself durable. */
static bool parent_sync(const char *directory, struct error *err)
{
    struct store_path parent = path_of(directory, "..");
    return file_sync_directory(parent.text, err);
}

/* Looked at again under the lock: another may have been quicker. Before it, so that no lock is left among somebody's files. */
static bool place_take(const char *directory, struct lock *out_lock, struct error *err)
{
    CLEANUP(lock) struct lock lock = {0};
    struct store place = {.keyring = NULL};
    snprintf(place.directory, sizeof place.directory, "%s", directory);
    TRY(directory_create(directory, DIRECTORY_MODE, err));
    TRY(directory_visit(directory, refuse_foreign, NULL, err) && refuse_used(directory, err));
    TRY(store_lock_take(&place, &lock, err));
    TRY(directory_visit(directory, refuse_foreign, NULL, err) && refuse_used(directory, err));
    *out_lock = lock;
    lock.is_held = false;
    return true;
}

bool store_create_with(const char *directory, store_preparation *prepare, void *context, uint8_t out_store_id[GRANT_STORE_ID_SIZE],
                       struct error *err)
{
    CLEANUP(buffer_value) struct buffer identity = {.maximum = IDENTITY_BYTES_MAX};
    CLEANUP(lock) struct lock lock = {0};
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    TRY(directory_check(directory, err));
    TRY(crypto_start(err));
    crypto_random(store_id, sizeof store_id);
    TRY(identity_print(store_id, &identity, err));
    TRY(place_take(directory, &lock, err));
    TRY(directory_create(path_of(directory, "segments").text, DIRECTORY_MODE, err));
    TRY(directory_create(path_of(directory, "snapshots").text, DIRECTORY_MODE, err));
    TRY(parent_sync(directory, err));
    TRY(!prepare || prepare(context, store_id, err));
    TRY(file_write_atomic(path_of(directory, "store.json").text, identity.data, identity.length, FILE_MODE, err));
    memcpy(out_store_id, store_id, sizeof store_id);
    return true;
}

bool store_create(const char *directory, uint8_t out_store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    return store_create_with(directory, NULL, NULL, out_store_id, err);
}

bool store_identify(const char *directory, uint8_t out_store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    struct crypto_hash hash;
    return identity_read(directory, out_store_id, &hash, err);
}

/* ---- opening ---- */
bool store_open(struct store **out_store, const char *directory, const struct keyring *keyring, const struct store_options *options,
                struct error *err)
{
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct crypto_hash hash;
    TRY(identity_read(directory, store_id, &hash, err));
    if (memcmp(store_id, keyring_store_id(keyring), sizeof store_id) != 0) {
        FAIL(err, CORRUPT, "store.json names another store than its keys: it was changed, or the keys are another store's");
        error_detail(err, "%s", directory);
        return error_hint(err, "use the keys that were made together with this store, or put store.json back from a copy");
    }
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        return FAIL(err, LIMIT, "no memory left for the store");
    }
    snprintf(store->directory, sizeof store->directory, "%s", directory);
    memcpy(store->store_id, store_id, sizeof store_id);
    store->identity_hash = hash;
    store->keyring = keyring;
    store->options = options ? *options : (struct store_options){.cache_bytes = 0};
    store->options.segment_persons = store->options.segment_persons ? store->options.segment_persons : STORE_SEGMENT_PERSONS;
    if (!store_memory_check(store, err)) {
        store_close(store);
        return false;
    }
    *out_store = store;
    return true;
}

void store_close(struct store *store)
{
    free(store);
}
