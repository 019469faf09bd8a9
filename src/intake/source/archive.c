/* SPDX-License-Identifier: EUPL-1.2 */
/* Members of a zip. What an archive says of its members is not believed: more bytes than announced is an error. */
#include "intake/source/archive.h"
#include "base/task.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

enum { MEMBERS_MAX = 100000, COPY_BYTES = 1 << 18 };

struct archive {
    zip_t *zip;
    uint64_t count;
};
struct archive_stream {
    zip_file_t *file;
    uint64_t left; /* of what the archive announced */
};

static bool member_check(const struct archive *archive, uint64_t member, uint64_t *total, uint64_t bytes_max, struct error *err)
{
    zip_stat_t stat;
    if (zip_stat_index(archive->zip, member, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE) || !(stat.valid & ZIP_STAT_NAME)) {
        return FAIL(err, INVALID_INPUT, "member %llu of the zip has no size or no name", (unsigned long long)member);
    }
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE) {
        FAIL(err, UNSUPPORTED, "the zip is encrypted");
        return error_hint(err, "unpack it on an encrypted disk, and load the directory");
    }
    if (stat.size > bytes_max - *total) {
        FAIL(err, LIMIT, "the zip unpacks to more than %llu bytes", (unsigned long long)bytes_max);
        return error_hint(err, "raise zip_bytes_max in the settings, or unpack it and load the directory");
    }
    *total += stat.size;
    return true;
}

bool archive_open(struct archive **out_archive, const char *path, uint64_t bytes_max, struct error *err)
{
    int code = 0;
    uint64_t total = 0;
    CLEANUP(archive) struct archive *archive = calloc(1, sizeof *archive);
    if (!archive) {
        return FAIL(err, LIMIT, "the system has no memory for a zip");
    }
    archive->zip = zip_open(path, ZIP_RDONLY, &code);
    if (!archive->zip) {
        FAIL(err, INVALID_INPUT, "the source is neither a directory nor a zip that can be read");
        return error_detail(err, "%s: libzip error %d", path, code);
    }
    const zip_int64_t count = zip_get_num_entries(archive->zip, 0);
    if (count < 0 || count > MEMBERS_MAX) {
        return FAIL(err, LIMIT, "the zip has more than %d members", MEMBERS_MAX);
    }
    archive->count = (uint64_t)count;
    for (uint64_t member = 0; member < archive->count; member++) {
        TRY(member_check(archive, member, &total, bytes_max, err));
    }
    *out_archive = archive;
    archive = NULL;
    return true;
}

void archive_close(struct archive *archive)
{
    if (archive) {
        if (archive->zip) {
            zip_discard(archive->zip);
        }
        free(archive);
    }
}

uint64_t archive_member_count(const struct archive *archive)
{
    return archive->count;
}

const char *archive_member_name(const struct archive *archive, uint64_t member)
{
    const char *name = zip_get_name(archive->zip, member, 0);
    return name ? name : "";
}

uint64_t archive_member_bytes(const struct archive *archive, uint64_t member)
{
    zip_stat_t stat;
    return zip_stat_index(archive->zip, member, 0, &stat) == 0 ? stat.size : 0;
}

static bool fail_member(enum error_code code, const char *what, struct error *err)
{
    error_set(err, code, __FILE__, __LINE__, "a member of the zip %s", what);
    return error_hint(err, "the zip is damaged: make or fetch it again");
}

bool archive_stream_open(struct archive_stream **out_stream, struct archive *archive, uint64_t member, struct error *err)
{
    CLEANUP(archive_stream) struct archive_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return FAIL(err, LIMIT, "the system has no memory for a member of a zip");
    }
    stream->left = archive_member_bytes(archive, member);
    stream->file = zip_fopen_index(archive->zip, member, 0);
    if (!stream->file) {
        return fail_member(ERROR_INVALID_INPUT, "cannot be opened", err);
    }
    *out_stream = stream;
    stream = NULL;
    return true;
}

bool archive_stream_read(void *context, void *out, size_t room, size_t *out_got, struct error *err)
{
    struct archive_stream *stream = context;
    TRY(task_check(err));
    const zip_int64_t got = zip_fread(stream->file, out, room);
    if (got < 0) {
        return fail_member(ERROR_INVALID_INPUT, "cannot be unpacked", err);
    }
    if ((uint64_t)got > stream->left || (got == 0 && stream->left > 0 && room > 0)) {
        return fail_member(ERROR_INVALID_INPUT, "has another length than it says", err);
    }
    stream->left -= (uint64_t)got;
    *out_got = (size_t)got;
    return true;
}

void archive_stream_close(struct archive_stream *stream)
{
    if (stream) {
        if (stream->file) {
            zip_fclose(stream->file);
        }
        free(stream);
    }
}

static bool write_all(int descriptor, const uint8_t *bytes, size_t length, struct error *err)
{
    while (length) {
        const ssize_t written = write(descriptor, bytes, length);
        if (written <= 0) {
            FAIL(err, LIMIT, "the system has no memory to unpack a member of the zip");
            return error_hint(err, "unpack the zip and load the directory");
        }
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static bool unpack_into(struct archive_stream *stream, int descriptor, struct error *err)
{
    static const size_t room = COPY_BYTES;
    uint8_t *bytes = malloc(room);
    size_t got = 1;
    bool done = bytes || FAIL(err, LIMIT, "the system has no memory to unpack a member of the zip");
    while (done && got) {
        done = archive_stream_read(stream, bytes, room, &got, err) && write_all(descriptor, bytes, got, err);
    }
    free(bytes);
    return done;
}

bool archive_member_unpack(struct archive *archive, uint64_t member, int *out_descriptor, struct error *err)
{
    CLEANUP(archive_stream) struct archive_stream *stream = NULL;
    TRY(archive_stream_open(&stream, archive, member, err));
    const int descriptor = memfd_create("member", MFD_CLOEXEC);
    if (descriptor < 0) {
        return FAIL_ERRNO(err, "memfd", "cannot make memory for a member of the zip");
    }
    if (!unpack_into(stream, descriptor, err)) {
        close(descriptor);
        return false;
    }
    *out_descriptor = descriptor;
    return true;
}
