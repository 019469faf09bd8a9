/* SPDX-License-Identifier: EUPL-1.2 */
/* stream: reading and writing front to back, hashed. What is signed is a purpose in 32 bytes, zeros behind it, and the hash. */
#include "intake/circuit/stream.h"
#include "base/buffer.h"
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PURPOSE_SIZE = 32, SIGNED_SIZE = PURPOSE_SIZE + CRYPTO_HASH_SIZE };

static void signed_bytes(uint8_t out[SIGNED_SIZE], const char *purpose, const struct crypto_hash *hash)
{
    size_t length = strlen(purpose);
    assert(length < PURPOSE_SIZE);
    memset(out, 0, SIGNED_SIZE);
    memcpy(out, purpose, length);
    memcpy(out + PURPOSE_SIZE, hash->bytes, sizeof hash->bytes);
}

/* ---- reading ---- */
bool stream_open(struct stream_reader *out_reader, const char *path, struct error *err)
{
    struct stat status;
    struct stream_reader reader = {.path = path, .is_file = true};
    reader.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (reader.descriptor < 0) {
        return FAIL_ERRNO(err, path, "the file cannot be opened");
    }
    if (fstat(reader.descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(reader.descriptor);
        return FAIL(err, INVALID_ARGUMENT, "this is no plain file");
    }
    reader.size = (uint64_t)status.st_size;
    reader.buffer = malloc(STREAM_BUFFER);
    if (!reader.buffer) {
        abort(); /* like the arena */
    }
    reader.hasher = crypto_hasher_create();
    reader.data = reader.buffer;
    *out_reader = reader;
    return true;
}

void stream_open_memory(struct stream_reader *out_reader, const void *bytes, size_t length)
{
    *out_reader = (struct stream_reader){.path = "", .data = bytes, .held = length, .size = length, .hasher = crypto_hasher_create()};
}

void stream_close(struct stream_reader *reader)
{
    if (reader->hasher) {
        (void)crypto_hasher_finish(reader->hasher);
    }
    if (reader->is_file) {
        close(reader->descriptor);
    }
    free(reader->buffer);
    *reader = (struct stream_reader){.path = NULL};
}

static bool refill(struct stream_reader *reader, struct error *err)
{
    uint64_t left = reader->size - reader->position;
    size_t length = left < STREAM_BUFFER ? (size_t)left : STREAM_BUFFER;
    TRY(file_read_at(reader->descriptor, reader->position, reader->buffer, length, reader->path, err));
    reader->offset = reader->position;
    reader->held = length;
    return true;
}

bool stream_take(struct stream_reader *reader, void *out, size_t length, struct error *err)
{
    uint8_t *to = out;
    if (length > reader->size - reader->position) {
        return FAIL(err, INVALID_INPUT, "the file is cut short");
    }
    for (size_t left = length; left > 0;) {
        if (reader->position == reader->offset + reader->held) {
            TRY(refill(reader, err));
        }
        size_t at = (size_t)(reader->position - reader->offset), part = reader->held - at < left ? reader->held - at : left;
        memcpy(to, reader->data + at, part);
        reader->position += part;
        to += part;
        left -= part;
    }
    if (reader->hasher && length > 0) {
        crypto_hasher_add(reader->hasher, out, length);
    }
    return true;
}

bool stream_take_u32(struct stream_reader *reader, uint32_t *out_value, struct error *err)
{
    uint8_t bytes[4];
    TRY(stream_take(reader, bytes, sizeof bytes, err));
    struct cursor in = {bytes, sizeof bytes, 0};
    return cursor_u32(&in, out_value, err);
}

bool stream_take_u64(struct stream_reader *reader, uint64_t *out_value, struct error *err)
{
    uint8_t bytes[8];
    TRY(stream_take(reader, bytes, sizeof bytes, err));
    struct cursor in = {bytes, sizeof bytes, 0};
    return cursor_u64(&in, out_value, err);
}

bool stream_take_end(struct stream_reader *reader, struct error *err)
{
    return reader->position == reader->size || FAIL(err, INVALID_INPUT, "the file has more bytes than belong to it");
}

bool stream_take_signature(struct stream_reader *reader, const char *purpose, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                           struct crypto_hash *out_hash, struct error *err)
{
    uint8_t message[SIGNED_SIZE], signature[CRYPTO_SIGNATURE_SIZE];
    struct crypto_hash hash = crypto_hasher_finish(reader->hasher);
    reader->hasher = NULL;
    TRY(stream_take(reader, signature, sizeof signature, err));
    TRY(stream_take_end(reader, err));
    signed_bytes(message, purpose, &hash);
    if (!crypto_signature_valid(signature, public_key, message, sizeof message)) {
        FAIL(err, DENIED, "its signature does not hold: it was changed, or signed with another key");
        return error_hint(err, "ask whoever sent it for the file once more, and compare keys over another channel");
    }
    *out_hash = hash;
    return true;
}

/* ---- writing ---- */
bool stream_create(struct stream_writer *out_writer, const char *path, unsigned mode, struct error *err)
{
    TRY(file_writer_open(&out_writer->file, path, mode, err));
    out_writer->hasher = crypto_hasher_create();
    return true;
}

void stream_abandon(struct stream_writer *writer)
{
    if (writer->hasher) {
        (void)crypto_hasher_finish(writer->hasher);
    }
    if (writer->file) {
        file_writer_close(writer->file);
    }
    *writer = (struct stream_writer){.file = NULL};
}

bool stream_put(struct stream_writer *writer, const void *bytes, size_t length, struct error *err)
{
    crypto_hasher_add(writer->hasher, bytes, length);
    return file_writer_append(writer->file, bytes, length, err);
}

static bool put_integer(struct stream_writer *writer, uint64_t value, size_t length, struct error *err)
{
    uint8_t bytes[8];
    little_endian_store(bytes, value, length);
    return stream_put(writer, bytes, length, err);
}

bool stream_put_u32(struct stream_writer *writer, uint32_t value, struct error *err)
{
    return put_integer(writer, value, 4, err);
}

bool stream_put_u64(struct stream_writer *writer, uint64_t value, struct error *err)
{
    return put_integer(writer, value, 8, err);
}

bool stream_put_signature(struct stream_writer *writer, const char *purpose, const struct secret *seed, struct crypto_hash *out_hash,
                          struct error *err)
{
    uint8_t message[SIGNED_SIZE], signature[CRYPTO_SIGNATURE_SIZE];
    struct crypto_hash hash = crypto_hasher_finish(writer->hasher);
    writer->hasher = NULL;
    signed_bytes(message, purpose, &hash);
    TRY(crypto_signature_make(signature, seed, message, sizeof message, err));
    TRY(file_writer_append(writer->file, signature, sizeof signature, err));
    *out_hash = hash;
    return true;
}
