/* SPDX-License-Identifier: EUPL-1.2 */
/* pack: blocks through zstd at its fastest level, the only use of zstd in deliveries. The plain length is checked before anything is
 * unpacked. */
#include "intake/delivery/block.h"
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { METHOD_PLAIN, METHOD_ZSTD, LEVEL = 1, HEAD = 5 };

struct packer {
    ZSTD_CCtx *packing;
    ZSTD_DCtx *unpacking;
};

struct packer *packer_create(void)
{
    struct packer *packer = calloc(1, sizeof *packer);
    if (!packer || !(packer->packing = ZSTD_createCCtx()) || !(packer->unpacking = ZSTD_createDCtx())) {
        abort(); /* as an arena */
    }
    return packer;
}

void packer_destroy(struct packer *packer)
{
    if (packer) {
        ZSTD_freeCCtx(packer->packing);
        ZSTD_freeDCtx(packer->unpacking);
        free(packer);
    }
}

bool packer_pack(struct packer *packer, const void *bytes, size_t length, struct buffer *out, struct error *err)
{
    if (length > BLOCK_PLAIN_MAX) {
        return FAIL(err, INTERNAL, "a block of %zu bytes is too large", length);
    }
    size_t bound = ZSTD_compressBound(length);
    TRY(buffer_reserve(out, HEAD + bound, err));
    uint8_t *at = out->data + out->length;
    const uint32_t plain = (uint32_t)length;
    size_t packed = ZSTD_compressCCtx(packer->packing, at + HEAD, bound, bytes, length, LEVEL);
    bool is_worth = !ZSTD_isError(packed) && packed < length;
    at[0] = is_worth ? METHOD_ZSTD : METHOD_PLAIN;
    memcpy(at + 1, &plain, sizeof plain); /* little-endian */
    if (!is_worth) {
        memcpy(at + HEAD, bytes, length);
    }
    out->length += HEAD + (is_worth ? packed : length);
    return true;
}

bool packer_unpack(struct packer *packer, const void *bytes, size_t length, struct buffer *out, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    uint8_t method;
    uint32_t plain;
    const uint8_t *packed;
    TRY(cursor_u8(&in, &method, err) && cursor_u32(&in, &plain, err));
    size_t left = length - in.position;
    TRY(cursor_bytes(&in, left, &packed, err));
    bool fits = plain <= BLOCK_PLAIN_MAX && (method == METHOD_ZSTD || (method == METHOD_PLAIN && plain == left));
    TRY(fits || FAIL(err, CORRUPT, "a block is not as emc2 writes it"));
    TRY(buffer_reserve(out, (size_t)plain + 1, err));
    if (method == METHOD_PLAIN) {
        return buffer_append(out, packed, left, err);
    }
    if (ZSTD_getFrameContentSize(packed, left) != plain ||
        ZSTD_decompressDCtx(packer->unpacking, out->data + out->length, plain, packed, left) != plain) {
        return FAIL(err, CORRUPT, "a block is not as emc2 writes it");
    }
    out->length += plain;
    return true;
}
