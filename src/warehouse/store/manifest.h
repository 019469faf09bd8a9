/* SPDX-License-Identifier: EUPL-1.2 */
/* manifest: what a snapshot is made of, as a value, as JSON, and as a signed and sealed file (private to the store).
 * Written description: docs/formats/manifest.md. */
#pragma once
#include "warehouse/store/store_internal.h"

enum { MANIFEST_VERSION = 2, MANIFEST_FILES_MAX = 1 << 20, MANIFEST_PERSONS_MAX = 1 << 22 };

struct manifest {
    uint32_t number;
    int64_t created; /* Unix seconds */
    char label[STORE_LABEL_MAX];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct crypto_hash store_hash; /* of store.json */
    bool has_previous;
    struct crypto_hash previous_hash; /* of the JSON of the snapshot before */
    bool has_report;
    struct crypto_hash report_hash; /* of the report kept beside it */
    enum store_act act;
    struct person_ids excluded; /* ascending: nothing of them comes out of any snapshot */
    struct file_ids destroyed;  /* ascending: whose keys are destroyed once this manifest is durable */
    struct store_files files;
};
void manifest_finish(struct manifest *manifest);
static inline __attribute__((unused)) void manifest_value_cleanup(struct manifest *manifest)
{
    manifest_finish(manifest);
} /* CLEANUP(manifest_value) */

/* *out takes what *manifest holds, which is empty afterwards. */
void manifest_move(struct manifest *out, struct manifest *manifest);
bool manifest_names(const struct manifest *manifest, const uint8_t file_id[KEY_FILE_ID_SIZE]);
MUST_CHECK bool manifest_print(const struct manifest *manifest, struct buffer *out, struct error *err);
/* `name` is what errors name. CORRUPT unless the bytes are exactly such a document. */
MUST_CHECK bool manifest_parse(struct manifest *out_manifest, const char *name, const void *bytes, size_t length, struct error *err);

/* Signs, seals and publishes it under its number; *out_hash names the snapshot. */
MUST_CHECK bool manifest_store(const struct manifest *manifest, const struct store *store, const struct grant *grant, const char *report,
                               struct crypto_hash *out_hash, struct error *err);
/* Opens, checks signature, store and number, and parses. out_report may be NULL; NOT_FOUND when there is no such snapshot. */
MUST_CHECK bool manifest_load(struct manifest *out_manifest, const struct store *store, const struct grant *grant, uint32_t number,
                              struct crypto_hash *out_hash, struct buffer *out_report, struct error *err);
/* Numbers of the snapshots that are there, ascending. */
DEFINE_ARRAY(snapshot_numbers, uint32_t)
MUST_CHECK bool manifest_list(const struct store *store, struct snapshot_numbers *out_numbers, struct error *err);
