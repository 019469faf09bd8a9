/* SPDX-License-Identifier: EUPL-1.2 */
/* csv_source: bytes in, bytes out. Gzip is known by its content (RFC 1952: 1f 8b, method 8), may have several members one after another,
 * and must end where a member ends: a truncated download is an error, not a shorter table. */
#include "base/csv_source.h"
#include "base/file_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { RAW_SIZE = 1 << 17, MAGIC_SIZE = 3, WINDOW_BITS_GZIP = 15 + 16 };

struct csv_source {
    char name[FILE_PATH_SIZE];
    int descriptor;
    struct text memory; /* what is left of it */
    csv_source_reader read;
    void *context;
    bool started, gzip, in_member, raw_ended;
    size_t raw_begin, raw_end;
    z_stream inflater;
    uint8_t raw[RAW_SIZE];
};

static bool source_create(struct csv_source **out_source, const char *name, csv_source_reader read, void *context, struct error *err)
{
    struct csv_source *source = malloc(sizeof *source);
    if (!source) {
        return FAIL(err, LIMIT, "the system has no memory for another open file");
    }
    memset(source, 0, offsetof(struct csv_source, raw));
    (void)text_copy(source->name, sizeof source->name, text_of(name));
    source->descriptor = -1;
    source->read = read;
    source->context = context;
    *out_source = source;
    return true;
}

static bool read_file(void *context, void *out, size_t room, size_t *out_got, struct error *err)
{
    const struct csv_source *source = context;
    for (;;) {
        ssize_t got = read(source->descriptor, out, room);
        if (got >= 0) {
            *out_got = (size_t)got;
            return true;
        }
        if (errno != EINTR) {
            return FAIL_ERRNO(err, source->name, "cannot read %s", file_leaf(source->name));
        }
    }
}

static bool read_memory(void *context, void *out, size_t room, size_t *out_got, struct error *err)
{
    (void)err;
    struct csv_source *source = context;
    size_t length = source->memory.length < room ? source->memory.length : room;
    if (length > 0) {
        memcpy(out, source->memory.data, length);
        source->memory.data += length;
        source->memory.length -= length;
    }
    *out_got = length;
    return true;
}

bool csv_source_open_file(struct csv_source **out_source, const char *path, struct error *err)
{
    CLEANUP(csv_source) struct csv_source *source = NULL;
    TRY(source_create(&source, path, read_file, NULL, err));
    source->context = source;
    source->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (source->descriptor < 0) {
        return FAIL_ERRNO(err, path, "cannot open %s", file_leaf(path));
    }
    posix_fadvise(source->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    *out_source = source;
    source = NULL;
    return true;
}

bool csv_source_open_memory(struct csv_source **out_source, const char *name, const void *bytes, size_t length, struct error *err)
{
    TRY(source_create(out_source, name, read_memory, NULL, err));
    (*out_source)->context = *out_source;
    (*out_source)->memory = (struct text){bytes, length};
    return true;
}

bool csv_source_open_stream(struct csv_source **out_source, const char *name, csv_source_reader read, void *context, struct error *err)
{
    return source_create(out_source, name, read, context, err);
}

static bool fail_gzip(const struct csv_source *source, const char *what, struct error *err)
{
    FAIL(err, INVALID_INPUT, "%s: the gzip data %s", file_leaf(source->name), what);
    error_detail(err, "%s", source->name);
    return error_hint(err, "fetch or pack the file again; gzip -t checks it");
}

/* More bytes behind those that are in raw, or raw_ended. */
static bool fill_raw(struct csv_source *source, struct error *err)
{
    if (source->raw_begin == source->raw_end) {
        source->raw_begin = source->raw_end = 0;
    }
    size_t got = 0;
    TRY(source->read(source->context, source->raw + source->raw_end, RAW_SIZE - source->raw_end, &got, err));
    source->raw_end += got;
    source->raw_ended = got == 0;
    return true;
}

static bool start(struct csv_source *source, struct error *err)
{
    while (source->raw_end < MAGIC_SIZE && !source->raw_ended) {
        TRY(fill_raw(source, err));
    }
    source->started = true;
    source->gzip = source->raw_end >= MAGIC_SIZE && memcmp(source->raw, "\x1f\x8b\x08", MAGIC_SIZE) == 0;
    if (source->gzip && inflateInit2(&source->inflater, WINDOW_BITS_GZIP) != Z_OK) {
        source->gzip = false;
        return FAIL(err, LIMIT, "the system has no memory to unpack %s", file_leaf(source->name));
    }
    source->in_member = source->gzip;
    return true;
}

static bool read_plain(struct csv_source *source, void *out, size_t room, size_t *out_got, struct error *err)
{
    size_t held = source->raw_end - source->raw_begin;
    if (held == 0) {
        return source->read(source->context, out, room, out_got, err);
    }
    held = held < room ? held : room;
    memcpy(out, source->raw + source->raw_begin, held);
    source->raw_begin += held;
    *out_got = held;
    return true;
}

/* One call of inflate over what is in raw. */
static bool inflate_step(struct csv_source *source, struct error *err)
{
    z_stream *inflater = &source->inflater;
    if (!source->in_member) { /* a further member (RFC 1952 section 2.2) */
        if (inflateReset(inflater) != Z_OK) {
            return FAIL(err, INTERNAL, "zlib cannot begin again");
        }
        source->in_member = true;
    }
    inflater->next_in = source->raw + source->raw_begin;
    inflater->avail_in = (uInt)(source->raw_end - source->raw_begin);
    int status = inflate(inflater, Z_NO_FLUSH);
    source->raw_begin = source->raw_end - inflater->avail_in;
    if (status == Z_STREAM_END) {
        source->in_member = false;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
        return fail_gzip(source, "are damaged", err);
    }
    return true;
}

static bool read_gzip(struct csv_source *source, void *out, size_t room, size_t *out_got, struct error *err)
{
    z_stream *inflater = &source->inflater;
    uInt asked = room < (1u << 30) ? (uInt)room : 1u << 30;
    inflater->next_out = out;
    inflater->avail_out = asked;
    while (inflater->avail_out == asked) {
        if (source->raw_begin == source->raw_end) {
            TRY(fill_raw(source, err));
            if (source->raw_ended) {
                break;
            }
        }
        TRY(inflate_step(source, err));
    }
    if (source->raw_ended && source->in_member) {
        return fail_gzip(source, "end too early", err);
    }
    *out_got = asked - inflater->avail_out;
    return true;
}

bool csv_source_read(struct csv_source *source, void *out, size_t room, size_t *out_got, struct error *err)
{
    if (!source->started) {
        TRY(start(source, err));
    }
    return source->gzip ? read_gzip(source, out, room, out_got, err) : read_plain(source, out, room, out_got, err);
}

const char *csv_source_name(const struct csv_source *source)
{
    return source->name;
}

void csv_source_close(struct csv_source *source)
{
    if (!source) {
        return;
    }
    if (source->gzip) {
        inflateEnd(&source->inflater);
    }
    descriptor_cleanup(&source->descriptor);
    free(source);
}
