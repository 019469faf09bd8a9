/* SPDX-License-Identifier: EUPL-1.2 */
/* store_sealed: a file of blocks, each sealed on its own with AES-256-GCM under the file's own data key (public: shelves of intake
 * are such files, too).
 * Block b of file f in store s has nonce b and the associated data (s, f, b, length), so that a block moved, cut, swapped or taken from
 * elsewhere does not open. Header: magic, version, domain, store id, file id; the key itself is in keys/table. Footer: sealed index of
 * block offsets, and a trailer. A file is written once, front to back, and becomes visible by rename after fsync. Written description:
 * docs/formats/sealed.md.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

struct sealed_writer;
/* file_id is random, made by the caller; a key belongs to one file, so an id is used once. Nothing is visible at `path` before commit.
 * The key becomes durable with keyring_commit. until: end of the authorisation, 0: none. Demands GRANT_LOAD. */
MUST_CHECK bool sealed_writer_open(struct sealed_writer **out_writer, const char *path, const struct keyring *keyring,
                                   const struct grant *grant, enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE],
                                   int64_t until, struct error *err);
/* Appends one block of at most 2^26 bytes; *out_block is its number: 0, 1, 2 ... */
MUST_CHECK bool sealed_writer_append(struct sealed_writer *writer, const void *bytes, size_t length, uint64_t *out_block,
                                     struct error *err);
/* Index, trailer, fsync, rename. out_hash: over every byte of the file, as the manifest records it. */
MUST_CHECK bool sealed_writer_commit(struct sealed_writer *writer, uint64_t *out_size, struct crypto_hash *out_hash, struct error *err);
void sealed_writer_close(struct sealed_writer *writer);
DEFINE_CLEANUP(sealed_writer, sealed_writer_close)

/* Immutable after open: any number of threads may read. expected_file_id NULL: any. Opening checks header, key, index and trailer. */
struct sealed_file;
MUST_CHECK bool sealed_open(struct sealed_file **out_file, const char *path, const struct keyring *keyring, const struct grant *grant,
                            const uint8_t expected_file_id[KEY_FILE_ID_SIZE], struct error *err);
void sealed_close(struct sealed_file *file);
DEFINE_CLEANUP(sealed_file, sealed_close)
uint64_t sealed_block_count(const struct sealed_file *file);
uint32_t sealed_block_length(const struct sealed_file *file, uint64_t block); /* plain bytes */
/* Decrypts a block into out (sealed_block_length bytes; 32 more may be written as padding for vector code: give room). CORRUPT names the
 * file and the block. */
MUST_CHECK bool sealed_read(struct sealed_file *file, uint64_t block, uint8_t *out_bytes, struct error *err);
const char *sealed_path(const struct sealed_file *file);
const char *sealed_name(const struct sealed_file *file); /* the last two parts of the path: what messages name */
uint64_t sealed_size(const struct sealed_file *file);    /* bytes on disk */
enum key_domain sealed_domain(const struct sealed_file *file);
enum { SEALED_PADDING = 32 };
