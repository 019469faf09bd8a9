/* SPDX-License-Identifier: EUPL-1.2 */
/* vocabulary_example: a store in a directory of its own with the vocabulary rows that a test (or a measurement) appends. Only for those. */
#pragma once
#include "base/calendar.h"
#include "base/file.h"
#include "warehouse/vocabulary/vocabulary.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vocabulary_example {
    char directory[256];
    struct keyring *keyring;
    struct grant grant;
    struct store *store;
    struct store_reader *reader;
    struct vocabulary *vocabulary;
};

/* A custody without a file: the root key is bytes of one value. */
static inline bool vocabulary_example_root(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), 0x5A, CRYPTO_KEY_SIZE);
    return true;
}

/* An empty store below `parent`. */
MUST_CHECK static inline __attribute__((unused)) bool vocabulary_example_create(struct vocabulary_example *example, const char *parent,
                                                                                uint64_t cache_bytes, struct error *err)
{
    static const struct custody custody = {"example", vocabulary_example_root, NULL, NULL};
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct store_options options = {.cache_bytes = cache_bytes};
    *example = (struct vocabulary_example){.grant = {.project = "operator",
                                                     .purpose = "test",
                                                     .holder = "operator",
                                                     .actions = GRANT_COUNT | GRANT_ROWS | GRANT_LOAD | GRANT_EXPORT | GRANT_VERIFY,
                                                     .tables = UINT64_MAX,
                                                     .not_before = clock_unix_seconds() - 60,
                                                     .not_after = clock_unix_seconds() + 36000}};
    snprintf(example->directory, sizeof(example->directory), "%s/vocabulary-XXXXXX", parent);
    if (!mkdtemp(example->directory)) {
        return FAIL_ERRNO(err, example->directory, "no directory for the store");
    }
    TRY(crypto_start(err));
    TRY(store_create(example->directory, store_id, err));
    TRY(keyring_open(&example->keyring, &custody, NULL, store_id, err));
    TRY(keyring_grant_issue(example->keyring, &example->grant, err));
    return store_open(&example->store, example->directory, example->keyring, &options, err);
}

/* The builder's rows with their indexes as the next snapshot (NULL: a snapshot without a vocabulary), opened for look-ups. */
MUST_CHECK static inline __attribute__((unused)) bool vocabulary_example_load(struct vocabulary_example *example,
                                                                              struct segment_builder *builder, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    struct store_snapshot_note note = {.label = "vocabulary"};
    uint32_t snapshot = 0;
    TRY(store_writer_open(&writer, example->store, &example->grant, err));
    if (builder) {
        TRY(vocabulary_index_write(writer, builder, err));
        TRY(store_writer_add(writer, builder, 0, err));
    }
    TRY(store_writer_commit(writer, &note, &snapshot, err));
    TRY(store_reader_open(&example->reader, example->store, &example->grant, snapshot, err));
    return vocabulary_open(&example->vocabulary, example->reader, err);
}

static inline __attribute__((unused)) void vocabulary_example_destroy(struct vocabulary_example *example)
{
    struct error err;
    vocabulary_close(example->vocabulary);
    store_reader_close(example->reader);
    store_close(example->store);
    keyring_close(example->keyring);
    if (!directory_remove_all(example->directory, &err)) {
        fprintf(stderr, "%s\n", err.message);
    }
}

static inline __attribute__((unused)) struct store_vector vocabulary_example_texts(const struct text *texts, const uint64_t *valid,
                                                                                   size_t count)
{
    return (struct store_vector){.type = OMOP_TEXT, .count = count, .texts = texts, .valid = valid};
}
static inline __attribute__((unused)) struct store_vector vocabulary_example_integers(const int64_t *values, size_t count)
{
    return (struct store_vector){.type = OMOP_INTEGER, .count = count, .integers = values};
}
