/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed: writing and reading files of sealed blocks. Reading needs no lock: a few cipher contexts of the file wait in atomic slots, a
 * thread takes one, decrypts in place in the caller's memory, and puts it back. */
#include "warehouse/store/sealed.h"
#include "base/file.h"
#include "warehouse/store/sealed_layout.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

DEFINE_ARRAY(block_lengths, uint32_t)

enum { SPARE_CONTEXTS = 8, FILE_MODE = 0600 };

/* The last two parts of a path ("segments/ab12.sealed"): what errors name; the whole path goes into the detail. */
static const char *short_name(const char *path)
{
    const char *at = path + strlen(path);
    for (int slashes = 0; at > path; at--) {
        if (at[-1] == '/' && ++slashes == 2) {
            break;
        }
    }
    return at;
}

/* ---- writing ---- */
struct sealed_writer {
    struct sealed_header header;
    struct file_writer *file;
    struct crypto_blocks *blocks;
    struct crypto_hasher *hasher;
    struct block_lengths lengths;
    uint8_t *sealed; /* room for one sealed block */
    size_t sealed_size;
};

static bool writer_put(struct sealed_writer *writer, const void *bytes, size_t length, struct error *err)
{
    TRY(file_writer_append(writer->file, bytes, length, err));
    crypto_hasher_add(writer->hasher, bytes, length);
    return true;
}

bool sealed_writer_open(struct sealed_writer **out_writer, const char *path, const struct keyring *keyring, const struct grant *grant,
                        enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE], int64_t until, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct sealed_header header = {.domain = domain};
    memcpy(header.store_id, keyring_store_id(keyring), sizeof header.store_id);
    memcpy(header.file_id, file_id, sizeof header.file_id);
    TRY(keyring_data_key_create(keyring, grant, domain, file_id, until, &key, err));
    CLEANUP(sealed_writer) struct sealed_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return FAIL(err, LIMIT, "no memory left for a sealed file");
    }
    writer->header = header;
    writer->lengths.maximum = SEALED_BLOCK_COUNT_MAX;
    writer->hasher = crypto_hasher_create();
    TRY(crypto_blocks_create(&writer->blocks, key, err));
    TRY(file_writer_open(&writer->file, path, FILE_MODE, err));
    uint8_t bytes[SEALED_HEADER_SIZE];
    sealed_header_write(&header, bytes);
    TRY(writer_put(writer, bytes, sizeof bytes, err));
    *out_writer = writer;
    writer = NULL;
    return true;
}

static bool writer_room(struct sealed_writer *writer, size_t size, struct error *err)
{
    if (size > writer->sealed_size) {
        uint8_t *larger = realloc(writer->sealed, size);
        if (!larger) {
            return FAIL(err, LIMIT, "no memory left for a block of %zu bytes", size);
        }
        writer->sealed = larger;
        writer->sealed_size = size;
    }
    return true;
}

static bool writer_seal(struct sealed_writer *writer, uint64_t block, const void *bytes, size_t length, struct error *err)
{
    uint8_t associated[SEALED_ASSOCIATED_SIZE];
    TRY(writer_room(writer, length + CRYPTO_TAG_SIZE, err));
    sealed_associated(associated, &writer->header, block, (uint32_t)length);
    TRY(crypto_block_seal(writer->blocks, block, associated, sizeof associated, bytes, length, writer->sealed, err));
    return writer_put(writer, writer->sealed, length + CRYPTO_TAG_SIZE, err);
}

bool sealed_writer_append(struct sealed_writer *writer, const void *bytes, size_t length, uint64_t *out_block, struct error *err)
{
    if (length > SEALED_BLOCK_MAX) {
        return FAIL(err, LIMIT, "a block of %zu bytes is longer than a sealed file takes", length);
    }
    uint64_t block = writer->lengths.count;
    TRY(block_lengths_append(&writer->lengths, (uint32_t)length, err));
    TRY(writer_seal(writer, block, bytes, length, err));
    *out_block = block;
    return true;
}

static bool writer_finish(struct sealed_writer *writer, struct error *err)
{
    struct sealed_trailer trailer = {writer->lengths.count, file_writer_position(writer->file)};
    size_t length = writer->lengths.count * SEALED_INDEX_ENTRY;
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint8_t *index = arena_allocate_raw(scratch, length + 1, 1);
    for (size_t i = 0; i < writer->lengths.count; i++) {
        sealed_put_number(index + i * SEALED_INDEX_ENTRY, writer->lengths.items[i], SEALED_INDEX_ENTRY);
    }
    TRY(writer_seal(writer, SEALED_INDEX_BLOCK, index, length, err));
    uint8_t bytes[SEALED_TRAILER_SIZE];
    sealed_trailer_write(&trailer, bytes);
    return writer_put(writer, bytes, sizeof bytes, err);
}

bool sealed_writer_commit(struct sealed_writer *writer, uint64_t *out_size, struct crypto_hash *out_hash, struct error *err)
{
    TRY(writer_finish(writer, err));
    uint64_t size = file_writer_position(writer->file);
    TRY(file_writer_commit(writer->file, err));
    *out_hash = crypto_hasher_finish(writer->hasher);
    *out_size = size;
    writer->hasher = NULL;
    return true;
}

void sealed_writer_close(struct sealed_writer *writer)
{
    if (!writer) {
        return;
    }
    if (writer->hasher) {
        (void)crypto_hasher_finish(writer->hasher);
    }
    if (writer->file) {
        file_writer_close(writer->file);
    }
    crypto_blocks_destroy(writer->blocks);
    block_lengths_finish(&writer->lengths);
    free(writer->sealed);
    free(writer);
}

/* ---- reading ---- */
struct sealed_file {
    struct sealed_header header;
    char *path;
    int descriptor;
    uint64_t size, block_count;
    uint64_t *offsets; /* block_count + 1: where each block begins; a block is its plain length and a tag */
    struct secret *key;
    _Atomic(struct crypto_blocks *) spare[SPARE_CONTEXTS];
};

/* Adds the whole path for the operator. */
static bool about_file(const char *path, struct error *err)
{
    return error_detail(err, "%s", path);
}

static bool context_take(struct sealed_file *file, struct crypto_blocks **out_context, struct error *err)
{
    for (int i = 0; i < SPARE_CONTEXTS; i++) {
        struct crypto_blocks *context = atomic_exchange_explicit(&file->spare[i], NULL, memory_order_acquire);
        if (context) {
            *out_context = context;
            return true;
        }
    }
    return crypto_blocks_create(out_context, file->key, err);
}

static void context_give(struct sealed_file *file, struct crypto_blocks *context)
{
    for (int i = 0; i < SPARE_CONTEXTS; i++) {
        struct crypto_blocks *none = NULL;
        if (atomic_compare_exchange_strong_explicit(&file->spare[i], &none, context, memory_order_release, memory_order_relaxed)) {
            return;
        }
    }
    crypto_blocks_destroy(context);
}

/* Reads length + TAG bytes at offset into out and opens them there. */
static bool block_open(struct sealed_file *file, uint64_t block, uint64_t offset, uint32_t length, uint8_t *out, struct error *err)
{
    uint8_t associated[SEALED_ASSOCIATED_SIZE];
    struct crypto_blocks *context;
    TRY(file_read_at(file->descriptor, offset, out, length + CRYPTO_TAG_SIZE, file->path, err));
    TRY(context_take(file, &context, err));
    sealed_associated(associated, &file->header, block, length);
    bool done = crypto_block_open(context, block, associated, sizeof associated, out, length + CRYPTO_TAG_SIZE, out, NULL);
    context_give(file, context);
    if (done) {
        return true;
    }
    if (block == SEALED_INDEX_BLOCK) {
        FAIL(err, CORRUPT, "%s: the index of blocks does not open: its bytes were changed", short_name(file->path));
    } else {
        FAIL(err, CORRUPT, "%s: block %llu does not open: its bytes were changed", short_name(file->path), (unsigned long long)block);
    }
    return error_hint(err, "put the file back from a copy; `emc2 snapshot verify` names every file that is damaged");
}

static bool header_check(struct sealed_file *file, const struct keyring *keyring, const uint8_t expected_file_id[KEY_FILE_ID_SIZE],
                         struct error *err)
{
    uint8_t bytes[SEALED_HEADER_SIZE];
    const char *name = short_name(file->path);
    if (file->size < SEALED_HEADER_SIZE + CRYPTO_TAG_SIZE + SEALED_TRAILER_SIZE) {
        return FAIL(err, CORRUPT, "%s is cut short: %llu bytes", name, (unsigned long long)file->size);
    }
    TRY(file_read_at(file->descriptor, 0, bytes, sizeof bytes, file->path, err));
    TRY(sealed_header_parse(&file->header, bytes, name, err));
    if (memcmp(file->header.store_id, keyring_store_id(keyring), GRANT_STORE_ID_SIZE) != 0) {
        return FAIL(err, CORRUPT, "%s belongs to another store, or was changed", name);
    }
    if (expected_file_id && memcmp(file->header.file_id, expected_file_id, KEY_FILE_ID_SIZE) != 0) {
        return FAIL(err, CORRUPT, "%s holds another file, or was changed", name);
    }
    return true;
}

static bool key_open(struct sealed_file *file, const struct keyring *keyring, const struct grant *grant, struct error *err)
{
    const struct sealed_header *header = &file->header;
    struct error reason = {.code = ERROR_INTERNAL};
    if (keyring_data_key_open(keyring, grant, header->domain, header->file_id, &file->key, &reason)) {
        return true;
    }
    const char *name = short_name(file->path);
    switch ((int)reason.code) {
    case ERROR_NOT_FOUND: /* a damaged header names a file that never was; or the keys are older than the file */
        FAIL(err, CORRUPT, "%s: %s", name, reason.message);
        return error_hint(err,
                          "put the file back from a copy; or keys/table, when it is an older copy, from the newest of `emc2 key backup`");
    case ERROR_CORRUPT:
        FAIL(err, CORRUPT, "%s: %s", name, reason.message);
        return error_hint(err, "put the file back from a copy");
    case ERROR_ERASED:
        FAIL(err, ERASED, "%s: %s", name, reason.message);
        return error_hint(err, "%s", reason.hint);
    default:
        if (err) {
            *err = reason;
        }
        return false;
    }
}

static bool index_read(struct sealed_file *file, struct error *err)
{
    uint8_t bytes[SEALED_TRAILER_SIZE];
    struct sealed_trailer trailer;
    TRY(file_read_at(file->descriptor, file->size - SEALED_TRAILER_SIZE, bytes, sizeof bytes, file->path, err));
    TRY(sealed_trailer_parse(&trailer, bytes, file->size, short_name(file->path), err));
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint32_t length = (uint32_t)(trailer.block_count * SEALED_INDEX_ENTRY);
    uint8_t *index = arena_allocate_raw(scratch, 1, length + SEALED_PADDING);
    TRY(block_open(file, SEALED_INDEX_BLOCK, trailer.index_offset, length, index, err));
    file->block_count = trailer.block_count;
    file->offsets = calloc(trailer.block_count + 1, sizeof *file->offsets);
    if (!file->offsets) {
        return FAIL(err, LIMIT, "no memory left for the index of a sealed file");
    }
    file->offsets[0] = SEALED_HEADER_SIZE;
    for (uint64_t i = 0; i < trailer.block_count; i++) {
        file->offsets[i + 1] = file->offsets[i] + sealed_get_number(index + i * SEALED_INDEX_ENTRY, SEALED_INDEX_ENTRY) + CRYPTO_TAG_SIZE;
    }
    if (file->offsets[trailer.block_count] != trailer.index_offset) {
        return FAIL(err, CORRUPT, "%s: its blocks and its index do not fit together", short_name(file->path));
    }
    return true;
}

static bool file_open(struct sealed_file *file, struct error *err)
{
    struct stat status;
    /* O_NONBLOCK: a named pipe in its place is refused below, instead of waited for; it changes nothing for a plain file. */
    file->descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file->descriptor < 0 || fstat(file->descriptor, &status) != 0) {
        return FAIL_ERRNO(err, file->path, "%s cannot be opened", short_name(file->path));
    }
    if (!S_ISREG(status.st_mode)) {
        return FAIL(err, CORRUPT, "%s is not a plain file", short_name(file->path));
    }
    file->size = (uint64_t)status.st_size;
    return true;
}

bool sealed_open(struct sealed_file **out_file, const char *path, const struct keyring *keyring, const struct grant *grant,
                 const uint8_t expected_file_id[KEY_FILE_ID_SIZE], struct error *err)
{
    CLEANUP(sealed_file) struct sealed_file *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(path))) {
        return FAIL(err, LIMIT, "no memory left for a sealed file");
    }
    file->descriptor = -1;
    TRY(file_open(file, err));
    if (!header_check(file, keyring, expected_file_id, err) || !key_open(file, keyring, grant, err) || !index_read(file, err)) {
        return about_file(path, err);
    }
    *out_file = file;
    file = NULL;
    return true;
}

void sealed_close(struct sealed_file *file)
{
    if (!file) {
        return;
    }
    for (int i = 0; i < SPARE_CONTEXTS; i++) {
        crypto_blocks_destroy(atomic_load(&file->spare[i]));
    }
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    secret_destroy(file->key);
    free(file->offsets);
    free(file->path);
    free(file);
}

uint64_t sealed_block_count(const struct sealed_file *file)
{
    return file->block_count;
}

uint32_t sealed_block_length(const struct sealed_file *file, uint64_t block)
{
    return (uint32_t)(file->offsets[block + 1] - file->offsets[block] - CRYPTO_TAG_SIZE);
}

bool sealed_read(struct sealed_file *file, uint64_t block, uint8_t *out_bytes, struct error *err)
{
    if (block >= file->block_count) {
        return FAIL(err, CORRUPT, "%s has %llu blocks, block %llu was asked for", short_name(file->path),
                    (unsigned long long)file->block_count, (unsigned long long)block);
    }
    if (!block_open(file, block, file->offsets[block], sealed_block_length(file, block), out_bytes, err)) {
        return about_file(file->path, err);
    }
    return true;
}

const char *sealed_path(const struct sealed_file *file)
{
    return file->path;
}

const char *sealed_name(const struct sealed_file *file)
{
    return short_name(file->path);
}

uint64_t sealed_size(const struct sealed_file *file)
{
    return file->size;
}

enum key_domain sealed_domain(const struct sealed_file *file)
{
    return file->header.domain;
}
