/* SPDX-License-Identifier: EUPL-1.2 */
/* unpack: compressed streams wherever one seems to begin: gzip, zlib, an entry of a zip, zstd. Private to drill. What comes out is handed
 * on in windows, also of a stream that breaks off. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum unpack_kind {
    UNPACK_NONE,
    UNPACK_GZIP,
    UNPACK_ZLIB,
    UNPACK_ZIP,
    UNPACK_ZSTD,
    UNPACK_CLOSED, /* xz, bzip2, 7z: known by six bytes or more, and not looked into */
};
const char *unpack_kind_name(enum unpack_kind kind);
/* What begins at bytes. Two bytes are enough for zlib, so in noise one place in 16,384 seems to be one. */
enum unpack_kind unpack_begins(const uint8_t *bytes, size_t length);

struct unpack_result {
    uint64_t produced;
    size_t consumed; /* of the packed bytes, when the stream is whole */
    bool is_whole;   /* it ended as it should, checksum included */
};
/* One window of plain bytes. is_real: the stream was whole, or went on too long for an accident. */
typedef bool (*unpack_take)(void *context, const uint8_t *bytes, size_t length, bool is_real, struct error *err);
/* At most `maximum` plain bytes. A stream that is damaged is no error; only `take` and cancellation are. */
MUST_CHECK bool unpack_stream(enum unpack_kind kind, const uint8_t *bytes, size_t length, uint64_t maximum, unpack_take take, void *context,
                              struct unpack_result *out_result, struct error *err);
