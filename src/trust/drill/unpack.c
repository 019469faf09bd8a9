/* SPDX-License-Identifier: EUPL-1.2 */
/* unpack: zlib and zstd, each fed from memory. */
#include "trust/drill/unpack.h"
#include "base/arena.h"
#include "base/task.h"
#include <limits.h>
#include <string.h>
#define ZLIB_CONST /* what is read stays const */
#include <zlib.h>
#include <zstd.h>

enum { WINDOW = 1 << 20, ZIP_HEAD = 30, WINDOW_BITS_GZIP = 31, WINDOW_BITS_ZLIB = 15, WINDOW_LOG_MAX = 27 };

const char *unpack_kind_name(enum unpack_kind kind)
{
    static const char *const names[] = {"nothing", "gzip", "zlib", "zip", "zstd", "a packed file that is not looked into"};
    return names[kind];
}

static bool starts(const uint8_t *bytes, size_t length, const char *magic, size_t magic_length)
{
    return length >= magic_length && memcmp(bytes, magic, magic_length) == 0;
}

enum unpack_kind unpack_begins(const uint8_t *bytes, size_t length)
{
    switch (length > 1 ? bytes[0] : 0) {
    case 0x1f:
        return starts(bytes, length, "\x1f\x8b\x08", 3) ? UNPACK_GZIP : UNPACK_NONE;
    case 0x78: /* deflate with a window of 32 KiB, RFC 1950; a preset dictionary (bit 5) never is */
        return (bytes[0] * 256 + bytes[1]) % 31 == 0 && !(bytes[1] & 0x20) && length > 2 && (bytes[2] & 6) != 6 ? UNPACK_ZLIB : UNPACK_NONE;
    case 'P':
        return starts(bytes, length, "PK\x03\x04", 4) && length > ZIP_HEAD && bytes[8] == 8 ? UNPACK_ZIP : UNPACK_NONE;
    case 0x28:
        return starts(bytes, length, "\x28\xb5\x2f\xfd", 4) ? UNPACK_ZSTD : UNPACK_NONE;
    case 0xfd:
        return starts(bytes, length,
                      "\xfd"
                      "7zXZ\0",
                      6)
                   ? UNPACK_CLOSED
                   : UNPACK_NONE;
    case 'B':
        return starts(bytes, length, "BZh", 3) && length > 10 && memcmp(bytes + 4, "1AY&SY", 6) == 0 ? UNPACK_CLOSED : UNPACK_NONE;
    case '7':
        return starts(bytes, length, "7z\xbc\xaf\x27\x1c", 6) ? UNPACK_CLOSED : UNPACK_NONE;
    default:
        return UNPACK_NONE;
    }
}

struct flow {
    const uint8_t *bytes;
    size_t length;
    uint64_t maximum;
    unpack_take take;
    void *context;
    uint8_t *window;
    struct unpack_result result;
};

static bool hand_on(struct flow *flow, size_t length, bool is_real, struct error *err)
{
    flow->result.produced += length;
    return task_check(err) && (length == 0 || flow->take(flow->context, flow->window, length, is_real, err));
}

/* ---- zlib ---- */
static void feed(z_stream *stream, const struct flow *flow, size_t from)
{
    size_t left = flow->length - from;
    stream->next_in = flow->bytes + from;
    stream->avail_in = left < INT_MAX ? (uInt)left : INT_MAX;
}

static bool inflate_all(struct flow *flow, z_stream *stream, size_t from, struct error *err)
{
    size_t at = from;
    for (int status = Z_OK; status == Z_OK && flow->result.produced < flow->maximum;) {
        feed(stream, flow, at);
        stream->next_out = flow->window;
        stream->avail_out = WINDOW;
        do {
            uInt before = stream->avail_in;
            status = inflate(stream, Z_NO_FLUSH);
            at += before - stream->avail_in;
            feed(stream, flow, at);
        } while (status == Z_OK && stream->avail_out > 0 && stream->avail_in > 0);
        flow->result.is_whole = status == Z_STREAM_END;
        bool is_full = stream->avail_out == 0;
        TRY(hand_on(flow, WINDOW - stream->avail_out, flow->result.is_whole || is_full, err));
        status = status == Z_OK && !is_full ? Z_BUF_ERROR : status; /* the packed bytes ended too early */
    }
    flow->result.consumed = at;
    return true;
}

/* The compressed bytes of an entry begin behind its name and its extra field. */
static size_t zip_body(const struct flow *flow)
{
    size_t body = ZIP_HEAD + flow->bytes[26] + flow->bytes[27] * 256U + flow->bytes[28] + flow->bytes[29] * 256U;
    return body < flow->length ? body : flow->length;
}

static bool run_zlib(struct flow *flow, enum unpack_kind kind, struct error *err)
{
    z_stream stream = {0};
    int bits = kind == UNPACK_GZIP ? WINDOW_BITS_GZIP : kind == UNPACK_ZLIB ? WINDOW_BITS_ZLIB : -WINDOW_BITS_ZLIB;
    if (inflateInit2(&stream, bits) != Z_OK) {
        return FAIL(err, LIMIT, "no memory left to look into a compressed stream");
    }
    bool done = inflate_all(flow, &stream, kind == UNPACK_ZIP ? zip_body(flow) : 0, err);
    inflateEnd(&stream);
    return done;
}

/* ---- zstd ---- */
static bool run_zstd(struct flow *flow, struct error *err)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {flow->bytes, flow->length, 0};
    bool done = stream != NULL || FAIL(err, LIMIT, "no memory left to look into a compressed stream");
    bool goes_on = done && !ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX));
    while (done && goes_on && flow->result.produced < flow->maximum) {
        ZSTD_outBuffer out = {flow->window, WINDOW, 0};
        size_t left = 1;
        while (left != 0 && !ZSTD_isError(left) && out.pos < out.size && (in.pos < in.size || out.pos == 0)) {
            size_t in_before = in.pos, out_before = out.pos;
            left = ZSTD_decompressStream(stream, &out, &in);
            if (in.pos == in_before && out.pos == out_before) {
                break;
            }
        }
        flow->result.is_whole = left == 0;
        done = hand_on(flow, out.pos, flow->result.is_whole || out.pos == out.size, err);
        goes_on = left != 0 && !ZSTD_isError(left) && out.pos == out.size;
    }
    flow->result.consumed = in.pos;
    ZSTD_freeDStream(stream);
    return done;
}

bool unpack_stream(enum unpack_kind kind, const uint8_t *bytes, size_t length, uint64_t maximum, unpack_take take, void *context,
                   struct unpack_result *out_result, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct flow flow = {bytes, length, maximum, take, context, arena_allocate_raw(scratch, WINDOW, 1), {0}};
    TRY(kind == UNPACK_ZSTD ? run_zstd(&flow, err) : run_zlib(&flow, kind, err));
    *out_result = flow.result;
    return true;
}
