/* SPDX-License-Identifier: EUPL-1.2 */
/* asking: a warehouse opened for measuring, through the same calls as the command line. */
#pragma once
#include "base/calendar.h"
#include "base/file.h"
#include "base/task.h"
#include "research/circe/circe.h"
#include "research/evaluate/evaluate.h"
#include "trust/keys/keys.h"
#include <stdio.h>
#include <string.h>

struct asking {
    struct custody custody;
    struct keyring *keyring;
    struct grant grant;
    struct store *store;
    struct store_reader *reader;
    struct vocabulary *vocabulary;
    struct task_pool *pool;
    struct arena *arena;
};

static bool asking_open_keys(struct asking *asking, const char *directory, const char *passphrase_file,
                             uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    CLEANUP(buffer_value) struct buffer line = {.maximum = 4096};
    CLEANUP(secret) struct secret *passphrase = NULL;
    TRY(file_read(passphrase_file, &line, err));
    size_t length = strcspn((const char *)line.data, "\n");
    TRY(secret_create(&passphrase, length, err));
    memcpy(secret_bytes(passphrase), line.data, length);
    TRY(store_identify(directory, store_id, err));
    TRY(custody_passphrase_open(&asking->custody, arena_text_format(asking->arena, "%s/keys/root.sealed", directory), store_id, passphrase,
                                err));
    return keyring_open(&asking->keyring, &asking->custody, arena_text_format(asking->arena, "%s/keys", directory), store_id, err);
}

/* For counts and rows of every table. */
static bool asking_open(struct asking *asking, const char *directory, const char *passphrase_file, unsigned threads, uint64_t cache_bytes,
                        struct error *err)
{
    struct grant *grant = &asking->grant;
    struct store_options options = {.cache_bytes = cache_bytes};
    *grant = (struct grant){.actions = GRANT_COUNT | GRANT_ROWS, .tables = UINT64_MAX};
    asking->arena = arena_create();
    TRY(crypto_start(err));
    TRY(task_pool_create(&asking->pool, threads, err));
    TRY(asking_open_keys(asking, directory, passphrase_file, grant->store_id, err));
    TRY(store_open(&asking->store, directory, asking->keyring, &options, err));
    grant->not_before = clock_unix_seconds() - 60;
    grant->not_after = clock_unix_seconds() + 36000;
    snprintf(grant->project, sizeof grant->project, "bench");
    TRY(keyring_grant_issue(asking->keyring, grant, err));
    TRY(store_reader_open(&asking->reader, asking->store, grant, 0, err));
    return vocabulary_open(&asking->vocabulary, asking->reader, err);
}

static void asking_close(struct asking *asking)
{
    vocabulary_close(asking->vocabulary);
    store_reader_close(asking->reader);
    store_close(asking->store);
    keyring_close(asking->keyring);
    custody_release(&asking->custody);
    task_pool_destroy(asking->pool);
    arena_destroy(asking->arena);
}
