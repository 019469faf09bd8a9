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

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

bool pseudonym_writer_open(struct pseudonym_writer **out_writer, const struct centre *centre, uint32_t epoch, struct error *err)
{
    CLEANUP(pseudonym_writer) struct pseudonym_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return FAIL(err, LIMIT, "no memory for pseudonyms");
    }
    memcpy(writer->head, magic, sizeof magic);
    put_u32(writer->head + 16, epoch);
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
    put_u32(writer->plain, writer->count);
    TRY(crypto_block_seal(writer->blocks, writer->number++, writer->head, sizeof writer->head, writer->plain, BLOCK, sealed, err));
    memset(writer->plain, 0, sizeof writer->plain);
    writer->count = 0;
    return file_writer_append(writer->file, sealed, sizeof sealed, err);
}

bool pseudonym_writer_add(struct pseudonym_writer *writer, int64_t subject, uint8_t kind, const uint8_t element[CRYPTO_ELEMENT_SIZE],
                          struct error *err)
{
    uint8_t *entry = writer->plain + 4 + (size_t)writer->count * ENTRY;
    put_u32(entry, (uint32_t)subject);
    put_u32(entry + 4, (uint32_t)((uint64_t)subject >> 32));
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
    int64_t subject = (int64_t)((uint64_t)get_u32(entry) | (uint64_t)get_u32(entry + 4) << 32);
    if (reading->count == DELIVERY_TOKENS_MAX || (reading->count > 0 && subject != reading->subject)) {
        TRY(subject_end(reading, err));
    }
    reading->subject = subject;
    reading->tokens[reading->count].kind = entry[8];
    memcpy(reading->tokens[reading->count].element, entry + 9, CRYPTO_ELEMENT_SIZE);
    reading->count++;
    return true;
}

static bool blocks_read(struct reading *reading, struct crypto_blocks *blocks, int file, const char *path, uint64_t size, struct error *err)
{
    uint8_t head[16 + 4 + NONCE_SALT], sealed[SEALED], plain[BLOCK];
    TRY(file_read_at(file, 0, head, sizeof head, path, err));
    uint64_t at = sizeof head, number = 0;
    for (uint32_t count = ENTRIES; count == ENTRIES; number++) {
        TRY(task_check(err));
        if (at + SEALED > size) {
            return FAIL(err, CORRUPT, "work/pseudonyms is not whole");
        }
        TRY(file_read_at(file, at, sealed, SEALED, path, err));
        TRY(crypto_block_open(blocks, number, head, sizeof head, sealed, SEALED, plain, err));
        at += SEALED;
        count = get_u32(plain);
        for (uint32_t i = 0; i < count && i < ENTRIES; i++) {
            TRY(entry_take(reading, plain + 4 + (size_t)i * ENTRY, err));
        }
    }
    crypto_wipe(plain, sizeof plain);
    return at == size ? subject_end(reading, err) : FAIL(err, CORRUPT, "work/pseudonyms has bytes behind its end");
}

static bool read_open(const struct centre *centre, struct reading *reading, int file, const char *path, uint32_t *out_epoch,
                      struct error *err)
{
    uint8_t head[16 + 4 + NONCE_SALT];
    uint64_t size;
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    TRY(file_size(path, &size, err));
    if (size < sizeof head) {
        return FAIL(err, CORRUPT, "work/pseudonyms is not whole");
    }
    TRY(file_read_at(file, 0, head, sizeof head, path, err));
    if (memcmp(head, magic, sizeof magic) != 0) {
        return FAIL(err, CORRUPT, "work/pseudonyms is not what `emc2 centre finish` writes");
    }
    TRY(blocks_create(&blocks, centre, head + 20, err) && blocks_read(reading, blocks, file, path, size, err));
    if (out_epoch) {
        *out_epoch = get_u32(head + 16);
    }
    return true;
}

bool pseudonyms_read(const struct centre *centre, uint32_t *out_epoch, pseudonym_take *take, void *context, struct error *err)
{
    const char *path = centre_path(centre, "work/pseudonyms");
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        FAIL(err, NOT_FOUND, "there are no pseudonyms yet");
        return error_hint(err, "`emc2 centre blind`, the authority's answer, and `emc2 centre finish` come first");
    }
    struct reading reading = {.take = take, .context = context};
    bool done = read_open(centre, &reading, file, path, out_epoch, err);
    close(file);
    return done;
}
