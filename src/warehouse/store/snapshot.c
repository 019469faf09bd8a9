/* SPDX-License-Identifier: EUPL-1.2 */
/* snapshot: manifests as files. A manifest is a sealed file of the governance domain with the blocks signature, JSON, and, when there is
 * one, the load report. It appears by one rename, which is the moment at which a load has happened. */
#include "base/calendar.h"
#include "base/fault.h"
#include "base/file.h"
#include "warehouse/store/manifest.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIGNATURE, BLOCK_JSON, BLOCK_REPORT, SNAPSHOT_DIGITS = 8, SNAPSHOT_MAX = 99999999 };
static const char signed_label[16] = "emc2 manifest 2";
static const char manifest_ending[] = ".manifest";

static bool signed_bytes(const uint8_t *json, size_t length, struct buffer *out, struct error *err)
{
    out->maximum = sizeof signed_label + length;
    TRY(buffer_append(out, signed_label, sizeof signed_label, err));
    return buffer_append(out, json, length, err);
}

/* ---- writing ---- */
static bool manifest_seal(const struct manifest *manifest, const struct store *store, const struct grant *grant, const char *report,
                          const struct buffer *json, struct error *err)
{
    CLEANUP(sealed_writer) struct sealed_writer *file = NULL;
    CLEANUP(buffer_value) struct buffer message = {.maximum = 0};
    uint8_t signature[CRYPTO_SIGNATURE_SIZE], file_id[KEY_FILE_ID_SIZE];
    uint64_t block, size;
    struct crypto_hash file_hash;
    TRY(signed_bytes(json->data, json->length, &message, err));
    TRY(keyring_manifest_sign(store->keyring, message.data, message.length, signature, err));
    crypto_random(file_id, sizeof file_id);
    struct store_path path = store_manifest_path(store, manifest->number);
    TRY(sealed_writer_open(&file, path.text, store->keyring, grant, KEY_DOMAIN_GOVERNANCE, file_id, 0, err));
    TRY(sealed_writer_append(file, signature, sizeof signature, &block, err));
    TRY(sealed_writer_append(file, json->data, json->length, &block, err));
    if (report) {
        TRY(sealed_writer_append(file, report, strlen(report), &block, err));
    }
    TRY(keyring_commit(store->keyring, err)); /* its own key, and those of all files that it names */
    TRY(fault_point("store_publish", err));
    return sealed_writer_commit(file, &size, &file_hash, err);
}

bool manifest_store(const struct manifest *manifest, const struct store *store, const struct grant *grant, const char *report,
                    struct crypto_hash *out_hash, struct error *err)
{
    CLEANUP(buffer_value) struct buffer json = {.maximum = 1 << 26};
    if (manifest->number > SNAPSHOT_MAX) {
        return FAIL(err, LIMIT, "the store has %d snapshots, and cannot take another", SNAPSHOT_MAX);
    }
    TRY(manifest_print(manifest, &json, err));
    TRY(manifest_seal(manifest, store, grant, report, &json, err));
    *out_hash = crypto_hash_of(json.data, json.length);
    return true;
}

/* ---- reading ---- */
static bool block_read(struct sealed_file *file, uint64_t block, struct buffer *out, struct error *err)
{
    size_t length = sealed_block_length(file, block);
    out->maximum = length + SEALED_PADDING;
    TRY(buffer_reserve(out, length + SEALED_PADDING, err));
    TRY(sealed_read(file, block, out->data, err));
    out->length = length;
    return true;
}

static bool signature_check(struct sealed_file *file, const struct store *store, const struct buffer *json, struct error *err)
{
    CLEANUP(buffer_value) struct buffer signature = {.maximum = 0}, message = {.maximum = 0};
    TRY(block_read(file, BLOCK_SIGNATURE, &signature, err));
    TRY(signed_bytes(json->data, json->length, &message, err));
    if (signature.length != CRYPTO_SIGNATURE_SIZE ||
        !crypto_signature_valid(signature.data, keyring_manifest_public_key(store->keyring), message.data, message.length)) {
        return FAIL(err, CORRUPT, "%s is not signed by this store", sealed_name(file));
    }
    return true;
}

static bool report_read(struct sealed_file *file, const struct manifest *manifest, struct buffer *out_report, struct error *err)
{
    CLEANUP(buffer_value) struct buffer report = {.maximum = 0};
    TRY(block_read(file, BLOCK_REPORT, &report, err));
    struct crypto_hash hash = crypto_hash_of(report.data, report.length);
    if (memcmp(hash.bytes, manifest->report_hash.bytes, sizeof hash.bytes) != 0) {
        return FAIL(err, CORRUPT, "%s: the load report is not the one that was signed", sealed_name(file));
    }
    return out_report ? buffer_append(out_report, report.data, report.length, err) : true;
}

static bool manifest_check(struct sealed_file *file, const struct store *store, uint32_t number, const struct manifest *manifest,
                           struct error *err)
{
    const char *name = sealed_name(file);
    if (manifest->number != number || memcmp(manifest->store_id, store->store_id, sizeof store->store_id) != 0) {
        FAIL(err, CORRUPT, "%s is the manifest of another snapshot or store", name);
        return error_hint(err, "a manifest was moved or renamed: put the files back as they were");
    }
    if (memcmp(manifest->store_hash.bytes, store->identity_hash.bytes, CRYPTO_HASH_SIZE) != 0) {
        return FAIL(err, CORRUPT, "store.json is not the one that %s was signed with", name);
    }
    if (manifest->has_report != (sealed_block_count(file) > BLOCK_REPORT)) {
        return FAIL(err, CORRUPT, "%s: the load report is not as the manifest says", name);
    }
    return true;
}

static bool manifest_file_read(struct sealed_file *file, const struct store *store, uint32_t number, struct manifest *out_manifest,
                               struct crypto_hash *out_hash, struct buffer *out_report, struct error *err)
{
    CLEANUP(buffer_value) struct buffer json = {.maximum = 0};
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    uint64_t blocks = sealed_block_count(file);
    if (sealed_domain(file) != KEY_DOMAIN_GOVERNANCE || blocks < BLOCK_JSON + 1 || blocks > BLOCK_REPORT + 1) {
        return FAIL(err, CORRUPT, "%s is not a manifest", sealed_name(file));
    }
    TRY(block_read(file, BLOCK_JSON, &json, err));
    TRY(signature_check(file, store, &json, err));
    TRY(manifest_parse(&manifest, sealed_name(file), json.data, json.length, err));
    TRY(manifest_check(file, store, number, &manifest, err));
    if (manifest.has_report) {
        TRY(report_read(file, &manifest, out_report, err));
    }
    struct crypto_hash hash = crypto_hash_of(json.data, json.length);
    TRY(store_memory_compare(store, number, &hash, sealed_name(file), err));
    *out_hash = hash;
    manifest_move(out_manifest, &manifest);
    return true;
}

bool manifest_load(struct manifest *out_manifest, const struct store *store, const struct grant *grant, uint32_t number,
                   struct crypto_hash *out_hash, struct buffer *out_report, struct error *err)
{
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    struct store_path path = store_manifest_path(store, number);
    bool exists;
    TRY(file_exists(path.text, &exists, err));
    if (!exists) {
        FAIL(err, NOT_FOUND, "there is no snapshot %" PRIu32, number);
        return error_hint(err, "`emc2 snapshot list` shows the snapshots of a store");
    }
    struct error reason = {.code = ERROR_INTERNAL};
    if (!sealed_open(&file, path.text, store->keyring, grant, NULL, &reason)) {
        if (reason.code == ERROR_CORRUPT) {
            store_memory_explain(store, number, &reason);
        }
        if (err) {
            *err = reason;
        }
        return false;
    }
    return manifest_file_read(file, store, number, out_manifest, out_hash, out_report, err);
}

static bool number_collect(void *context, const char *name, struct error *err)
{
    struct snapshot_numbers *numbers = context;
    int64_t number;
    if (strspn(name, "0123456789") != SNAPSHOT_DIGITS || strcmp(name + SNAPSHOT_DIGITS, manifest_ending) != 0 ||
        !text_to_i64((struct text){name, SNAPSHOT_DIGITS}, &number) || number == 0) {
        return true;
    }
    return snapshot_numbers_append(numbers, (uint32_t)number, err);
}

bool manifest_list(const struct store *store, struct snapshot_numbers *out_numbers, struct error *err)
{
    out_numbers->maximum = SNAPSHOT_MAX;
    /* In byte order of the names, and so of the numbers. */
    return directory_visit(store_part_path(store, "snapshots").text, number_collect, out_numbers, err);
}

static bool any_grant_demand(const struct store *store, const struct grant *grant, struct error *err)
{
    return grant_demand_any(grant, keyring_governance_public_key(store->keyring), store->store_id, GRANT_ANY, err);
}

bool store_snapshot_latest(struct store *store, const struct grant *grant, uint32_t *out_number, struct error *err)
{
    struct snapshot_numbers numbers = {.maximum = SNAPSHOT_MAX};
    TRY(any_grant_demand(store, grant, err));
    bool done = manifest_list(store, &numbers, err);
    if (done) {
        *out_number = numbers.count ? numbers.items[numbers.count - 1] : 0;
    }
    snapshot_numbers_finish(&numbers);
    return done;
}

bool store_snapshot_report(struct store *store, const struct grant *grant, uint32_t number, struct buffer *out, struct error *err)
{
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    struct crypto_hash hash;
    return manifest_load(&manifest, store, grant, number, &hash, out, err);
}
