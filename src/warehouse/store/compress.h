/* SPDX-License-Identifier: EUPL-1.2 */
/* compress: bytes through zstd where it pays, else as they are (private to the store). Form: method (u8: 0 plain, 1 zstd), original
 * length and stored length (varints), the bytes. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum { COMPRESS_ORIGINAL_MAX = 1 << 26 };

struct compressor; /* reuses its tables from call to call; one thread */
struct compressor *compressor_create(void);
void compressor_destroy(struct compressor *compressor);
DEFINE_CLEANUP(compressor, compressor_destroy)
/* Appends. zstd is used when it saves at least an eighth. */
MUST_CHECK bool compress_append(struct compressor *compressor, struct buffer *out, const void *bytes, size_t length, struct error *err);
/* Reads what compress_append wrote; CORRUPT when the original is not `length` bytes (SIZE_MAX: any up to COMPRESS_ORIGINAL_MAX). The bytes
 * lie in the cursor's data or in the arena. */
MUST_CHECK bool decompress_read(struct cursor *cursor, size_t length, struct arena *arena, const uint8_t **out_bytes, size_t *out_length,
                                struct error *err);
