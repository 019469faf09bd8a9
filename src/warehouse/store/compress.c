/* SPDX-License-Identifier: EUPL-1.2 */
/* The only use of zstd. The original length is checked before anything is allocated or decompressed. */
#include "warehouse/store/compress.h"
#include <stdlib.h>
#include <zstd.h>

enum { METHOD_PLAIN = 0, METHOD_ZSTD = 1, LEVEL = 3, WORTH_TRYING = 32 };

struct compressor {
    ZSTD_CCtx *context;
    struct buffer out;
};

struct compressor *compressor_create(void)
{
    struct compressor *compressor = calloc(1, sizeof *compressor);
    if (!compressor) {
        abort(); /* as an arena */
    }
    compressor->context = ZSTD_createCCtx();
    compressor->out.maximum = SIZE_MAX;
    return compressor;
}

void compressor_destroy(struct compressor *compressor)
{
    if (compressor) {
        ZSTD_freeCCtx(compressor->context);
        buffer_finish(&compressor->out);
        free(compressor);
    }
}

static bool stored_append(struct buffer *out, uint8_t method, size_t original, const void *bytes, size_t length, struct error *err)
{
    TRY(buffer_append(out, &method, 1, err));
    TRY(buffer_append_varint(out, original, err));
    TRY(buffer_append_varint(out, length, err));
    return buffer_append(out, bytes, length, err);
}

bool compress_append(struct compressor *compressor, struct buffer *out, const void *bytes, size_t length, struct error *err)
{
    if (length > COMPRESS_ORIGINAL_MAX) {
        return FAIL(err, LIMIT, "%zu bytes are too many for one part of a segment", length);
    }
    if (length >= WORTH_TRYING && compressor->context) {
        size_t bound = ZSTD_compressBound(length);
        buffer_clear(&compressor->out);
        TRY(buffer_reserve(&compressor->out, bound, err));
        size_t packed = ZSTD_compressCCtx(compressor->context, compressor->out.data, bound, bytes, length, LEVEL);
        if (!ZSTD_isError(packed) && packed <= length - length / 8) {
            return stored_append(out, METHOD_ZSTD, length, compressor->out.data, packed, err);
        }
    }
    return stored_append(out, METHOD_PLAIN, length, bytes, length, err);
}

static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "compressed bytes do not have the form that was written");
}

bool decompress_read(struct cursor *cursor, size_t length, struct arena *arena, const uint8_t **out_bytes, size_t *out_length,
                     struct error *err)
{
    struct cursor at = *cursor;
    uint8_t method = 0;
    uint64_t original = 0, stored = 0;
    const uint8_t *bytes = NULL;
    TRY(cursor_u8(&at, &method, err));
    TRY(cursor_varint(&at, &original, err));
    TRY(cursor_varint(&at, &stored, err));
    if (method > METHOD_ZSTD || original > COMPRESS_ORIGINAL_MAX || stored > COMPRESS_ORIGINAL_MAX ||
        (length != SIZE_MAX && original != length)) {
        return corrupt(err);
    }
    TRY(cursor_bytes(&at, (size_t)stored, &bytes, err));
    if (method == METHOD_PLAIN) {
        if (original != stored) {
            return corrupt(err);
        }
    } else {
        if (ZSTD_getFrameContentSize(bytes, (size_t)stored) != original) {
            return corrupt(err);
        }
        uint8_t *plain = arena_allocate_raw(arena, (size_t)original + 1, 1);
        if (ZSTD_decompress(plain, (size_t)original, bytes, (size_t)stored) != original) {
            return corrupt(err);
        }
        bytes = plain;
    }
    *cursor = at;
    *out_bytes = bytes;
    *out_length = (size_t)original;
    return true;
}
