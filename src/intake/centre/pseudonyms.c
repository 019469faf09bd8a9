/* SPDX-License-Identifier: EUPL-1.2 */
/* pseudonyms: the transport pseudonyms of the last finished request, sealed block by block in work/pseudonyms until they are packed. */
#include "base/file.h"
#include "intake/centre/centre_internal.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ENTRY = 8 + 1 + CRYPTO_ELEMENT_SIZE,
    ENTRIES = 1024,
    NONCE_SALT = 16,
    BLOCK = 4 + ENTRIES * ENTRY,
    SEALED = BLOCK + CRYPTO_TAG_SIZE,
};
static const char magic[16] = "emc2 pseudonym 1";

struct pseudonym_writer {
    struct file_writer *file;
    struct crypto_blocks *blocks;
    uint8_t head[16 + 4 + NONCE_SALT];
    uint64_t number;
    uint32_t count;
    uint8_t plain[BLOCK];
};

/* A key of its own for each file: block numbers are the nonces. */
static bool blocks_create(struct crypto_blocks **out_blocks, const struct centre *centre, const uint8_t salt[NONCE_SALT], struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    TRY(crypto_derive(&key, centre->token_key, "emc2 centre pseudonym file", salt, NONCE_SALT, err));
    return crypto_blocks_create(out_blocks, key, err);
}

bool pseudonym_writer_open(struct pseudonym_writer **out_writer, const struct centre *centre, uint32_t epoch, struct error *err)
{
    CLEANUP(pseudonym_writer) struct pseudonym_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return FAIL(err, LIMIT, "no memory for pseudonyms");
    }
    memcpy(writer->head, magic, sizeof magic);
    little_endian_store(writer->head + 16, epoch, 4);
    crypto_random(writer->head + 20, NONCE_SALT);
    TRY(blocks_create(&writer->blocks, centre, writer->head + 20, err));
    TRY(file_writer_open(&writer->file, centre_path(centre, "work/pseudonyms"), 0600, err));
    TRY(file_writer_append(writer->file, writer->head, sizeof writer->head, err));
    *out_writer = writer;
    writer = NULL;
    return true;
}

/* A block that is not full is the last one. */
static bool block_flush(struct pseudonym_writer *writer, struct error *err)
{
    uint8_t sealed[SEALED];
    little_endian_store(writer->plain, writer->count, 4);
    TRY(crypto_block_seal(writer->blocks, writer->number++, writer->head, sizeof writer->head, writer->plain, BLOCK, sealed, err));
    memset(writer->plain, 0, sizeof writer->plain);
    writer->count = 0;
    return file_writer_append(writer->file, sealed, sizeof sealed, err);
}

bool pseudonym_writer_add(struct pseudonym_writer *writer, int64_t subject, uint8_t kind, const uint8_t element[CRYPTO_ELEMENT_SIZE],
                          struct error *err)
{
    uint8_t *entry = writer->plain + 4 + (size_t)writer->count * ENTRY;
    little_endian_store(entry, (uint64_t)subject, 8);
    entry[8] = kind;
    memcpy(entry + 9, element, CRYPTO_ELEMENT_SIZE);
    writer->count++;
    return writer->count < ENTRIES || block_flush(writer, err);
}

bool pseudonym_writer_commit(struct pseudonym_writer *writer, struct error *err)
{
    return block_flush(writer, err) && file_writer_commit(writer->file, err);
}

void pseudonym_writer_close(struct pseudonym_writer *writer)
{
    if (writer) {
        file_writer_close(writer->file);
        crypto_blocks_destroy(writer->blocks);
        crypto_wipe(writer, sizeof *writer);
        free(writer);
    }
}

/* ---- reading ---- */
struct reading {
    pseudonym_take *take;
    void *context;
    int64_t subject;
    size_t count;
    struct delivery_token tokens[DELIVERY_TOKENS_MAX];
};

static bool subject_end(struct reading *reading, struct error *err)
{
    size_t count = reading->count;
    reading->count = 0;
    return count == 0 || reading->take(reading->context, reading->subject, reading->tokens, count, err);
}

static bool entry_take(struct reading *reading, const uint8_t *entry, struct error *err)
{
    const int64_t subject = (int64_t)little_endian_load(entry, 8);
    if (reading->count == DELIVERY_TOKENS_MAX || (reading->count > 0 && subject != reading->subject)) {
        TRY(subject_end(reading, err));
    }
    reading->subject = subject;
    reading->tokens[reading->count].kind = entry[8];
    memcpy(reading->tokens[reading->count].element, entry + 9, CRYPTO_ELEMENT_SIZE);
    reading->count++;
    return true;
}

/* An open file with its head, which each of its blocks is bound to. */
struct pseudonym_file {
    int descriptor;
    const char *path;
    uint64_t size;
    uint8_t head[16 + 4 + NONCE_SALT];
};

static bool blocks_read(struct reading *reading, struct crypto_blocks *blocks, const struct pseudonym_file *file, struct error *err)
{
    uint8_t sealed[SEALED], plain[BLOCK];
    uint64_t at = sizeof file->head, number = 0;
    for (uint32_t count = ENTRIES; count == ENTRIES; number++) {
        TRY(task_check(err));
        if (at + SEALED > file->size) {
            return FAIL(err, CORRUPT, "work/pseudonyms is not whole");
        }
        TRY(file_read_at(file->descriptor, at, sealed, SEALED, file->path, err));
        TRY(crypto_block_open(blocks, number, file->head, sizeof file->head, sealed, SEALED, plain, err));
        at += SEALED;
        count = (uint32_t)little_endian_load(plain, 4);
        for (uint32_t i = 0; i < count && i < ENTRIES; i++) {
            TRY(entry_take(reading, plain + 4 + (size_t)i * ENTRY, err));
        }
    }
    crypto_wipe(plain, sizeof plain);
    return at == file->size ? subject_end(reading, err) : FAIL(err, CORRUPT, "work/pseudonyms has bytes behind its end");
}

static void pseudonym_file_value_cleanup(struct pseudonym_file *file)
{
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
}

static bool file_take(struct pseudonym_file *file, const struct centre *centre, struct error *err)
{
    file->path = centre_path(centre, "work/pseudonyms");
    file->descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file->descriptor < 0) {
        FAIL(err, NOT_FOUND, "there are no pseudonyms yet");
        return error_hint(err, "`emc2 centre blind`, the authority's answer, and `emc2 centre finish` come first");
    }
    TRY(file_size(file->path, &file->size, err));
    if (file->size < sizeof file->head) {
        return FAIL(err, CORRUPT, "work/pseudonyms is not whole");
    }
    TRY(file_read_at(file->descriptor, 0, file->head, sizeof file->head, file->path, err));
    return memcmp(file->head, magic, sizeof magic) == 0 || FAIL(err, CORRUPT, "work/pseudonyms is not what `emc2 centre finish` writes");
}

bool pseudonyms_epoch(const struct centre *centre, uint32_t *out_epoch, struct error *err)
{
    CLEANUP(pseudonym_file_value) struct pseudonym_file file = {.descriptor = -1};
    TRY(file_take(&file, centre, err));
    *out_epoch = (uint32_t)little_endian_load(file.head + 16, 4);
    return true;
}

bool pseudonyms_read(const struct centre *centre, uint32_t epoch, pseudonym_take *take, void *context, struct error *err)
{
    CLEANUP(pseudonym_file_value) struct pseudonym_file file = {.descriptor = -1};
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    struct reading reading = {.take = take, .context = context};
    TRY(file_take(&file, centre, err));
    if (little_endian_load(file.head + 16, 4) != epoch) {
        return FAIL(err, INVALID_ARGUMENT, "other pseudonyms were finished meanwhile: pack again");
    }
    return blocks_create(&blocks, centre, file.head + 20, err) && blocks_read(&reading, blocks, &file, err);
}
