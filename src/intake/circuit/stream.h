/* SPDX-License-Identifier: EUPL-1.2 */
/* stream: files read and written front to back while they are hashed, ended by a signature over the hash. Private to circuit. */
#pragma once
#include "base/file.h"
#include "trust/crypto/crypto.h"

enum { STREAM_BUFFER = 1 << 16 };

/* Reading, from a plain file or from memory. Begin with {0}; always close. */
struct stream_reader {
    const char *path;
    int descriptor;
    bool is_file;
    const uint8_t *data; /* what is in memory of it, from offset on */
    uint64_t offset, size, position;
    uint8_t *buffer;
    size_t held;
    struct crypto_hasher *hasher;
};
MUST_CHECK bool stream_open(struct stream_reader *out_reader, const char *path, struct error *err);
void stream_open_memory(struct stream_reader *out_reader, const void *bytes, size_t length);
/* Exactly length bytes; INVALID_INPUT at the end. */
MUST_CHECK bool stream_take(struct stream_reader *reader, void *out, size_t length, struct error *err);
MUST_CHECK bool stream_take_u32(struct stream_reader *reader, uint32_t *out_value, struct error *err);
MUST_CHECK bool stream_take_u64(struct stream_reader *reader, uint64_t *out_value, struct error *err);
/* Hash of all that was taken; takes the signature, checks it for the purpose and that nothing follows. DENIED: it does not hold. */
MUST_CHECK bool stream_take_signature(struct stream_reader *reader, const char *purpose, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                                      struct crypto_hash *out_hash, struct error *err);
MUST_CHECK bool stream_take_end(struct stream_reader *reader, struct error *err); /* nothing follows */
void stream_close(struct stream_reader *reader);
static inline __attribute__((unused)) void stream_reader_value_cleanup(struct stream_reader *reader)
{
    stream_close(reader);
}

/* Writing. Begin with {0}; always close. */
struct stream_writer {
    struct file_writer *file;
    struct crypto_hasher *hasher;
};
MUST_CHECK bool stream_create(struct stream_writer *out_writer, const char *path, unsigned mode, struct error *err);
MUST_CHECK bool stream_put(struct stream_writer *writer, const void *bytes, size_t length, struct error *err);
MUST_CHECK bool stream_put_u32(struct stream_writer *writer, uint32_t value, struct error *err);
MUST_CHECK bool stream_put_u64(struct stream_writer *writer, uint64_t value, struct error *err);
MUST_CHECK bool stream_put_signature(struct stream_writer *writer, const char *purpose, const struct secret *seed,
                                     struct crypto_hash *out_hash, struct error *err);
void stream_abandon(struct stream_writer *writer);
static inline __attribute__((unused)) void stream_writer_value_cleanup(struct stream_writer *writer)
{
    stream_abandon(writer);
}
