/* SPDX-License-Identifier: EUPL-1.2 */
/* file: reading, questions about files, and the durable rename. A rename survives a crash only when the file was fsynced before it and
 * the directory after it (POSIX.1-2017, fsync, rationale). Messages name the last part of a path; the whole path is in the detail. */
#include "base/file.h"
#include "base/fault.h"
#include "base/file_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 1 << 30 };

const char *file_leaf(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static bool open_to_read(const char *path, int *out_descriptor, uint64_t *out_size, struct error *err)
{
    CLEANUP(descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (descriptor < 0 || fstat(descriptor, &facts) != 0) {
        return FAIL_ERRNO(err, path, "cannot open %s", file_leaf(path));
    }
    if (S_ISDIR(facts.st_mode)) {
        FAIL(err, INVALID_ARGUMENT, "%s is a directory, not a file", file_leaf(path));
        return error_detail(err, "%s", path);
    }
    *out_size = S_ISREG(facts.st_mode) ? (uint64_t)facts.st_size : 0;
    *out_descriptor = descriptor;
    descriptor = -1;
    return true;
}

static bool fail_too_large(const char *path, size_t maximum, struct error *err)
{
    FAIL(err, LIMIT, "%s is larger than %zu bytes", file_leaf(path), maximum);
    error_detail(err, "%s", path);
    return error_hint(err, "give a smaller file, or raise the limit in the settings");
}

/* One read into the room that is left, which grows as needed; at the maximum, any byte more is too much. */
static bool read_step(int descriptor, const char *path, struct buffer *out, ssize_t *out_got, struct error *err)
{
    size_t left = out->maximum - out->length;
    uint8_t beyond;
    if (left > 0 && out->capacity == out->length) {
        TRY(buffer_reserve(out, 1, err));
    }
    size_t room = out->capacity - out->length;
    ssize_t got = left > 0 ? read(descriptor, out->data + out->length, room < READ_STEP ? room : READ_STEP) : read(descriptor, &beyond, 1);
    if (got < 0 && errno != EINTR) {
        return FAIL_ERRNO(err, path, "cannot read %s", file_leaf(path));
    }
    if (got > 0 && left == 0) {
        return fail_too_large(path, out->maximum, err);
    }
    *out_got = got;
    return true;
}

static bool open_plain(const char *path, int *out_descriptor, uint64_t *out_size, struct error *err)
{
    CLEANUP(descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat facts = {.st_mode = 0};
    if (descriptor < 0 && errno != ELOOP && errno != ENXIO) { /* a link; a socket */
        return FAIL_ERRNO(err, path, "cannot open %s", file_leaf(path));
    }
    if (descriptor >= 0 && fstat(descriptor, &facts) != 0) {
        return FAIL_ERRNO(err, path, "cannot open %s", file_leaf(path));
    }
    if (!S_ISREG(facts.st_mode)) {
        FAIL(err, INVALID_ARGUMENT, "%s is not a plain file", file_leaf(path));
        error_detail(err, "%s", path);
        return error_hint(err, "put the file itself there: no link, pipe, device or directory");
    }
    *out_size = (uint64_t)facts.st_size;
    *out_descriptor = descriptor;
    descriptor = -1;
    return true;
}

static bool read_all(int descriptor, uint64_t size, const char *path, struct buffer *out, struct error *err)
{
    size_t before = out->length;
    if (size > out->maximum - out->length) {
        return fail_too_large(path, out->maximum, err);
    }
    size_t one_more = size < out->maximum - out->length ? 1 : 0; /* so that the end is seen without growing */
    TRY(buffer_reserve(out, (size_t)size + one_more, err));
    for (ssize_t got = 1; got != 0;) {
        if (!read_step(descriptor, path, out, &got, err)) {
            out->length = before;
            return false;
        }
        out->length += got > 0 ? (size_t)got : 0;
    }
    if (out->data) {
        out->data[out->length] = '\0';
    }
    return true;
}

bool file_read(const char *path, struct buffer *out, struct error *err)
{
    CLEANUP(descriptor) int descriptor = -1;
    uint64_t size = 0;
    return open_to_read(path, &descriptor, &size, err) && read_all(descriptor, size, path, out, err);
}

bool file_read_plain(const char *path, struct buffer *out, struct error *err)
{
    CLEANUP(descriptor) int descriptor = -1;
    uint64_t size = 0;
    return open_plain(path, &descriptor, &size, err) && read_all(descriptor, size, path, out, err);
}

bool file_read_at(int descriptor, uint64_t offset, void *out, size_t length, const char *path, struct error *err)
{
    for (size_t done = 0; done < length;) {
        if (offset + done > INT64_MAX) {
            return FAIL(err, CORRUPT, "%s has no byte %llu", file_leaf(path), (unsigned long long)offset);
        }
        ssize_t got = pread(descriptor, (uint8_t *)out + done, length - done, (off_t)(offset + done));
        if (got < 0 && errno != EINTR) {
            return FAIL_ERRNO(err, path, "cannot read %s", file_leaf(path));
        }
        if (got == 0) {
            FAIL(err, CORRUPT, "%s ends too early: %zu bytes are wanted at byte %llu", file_leaf(path), length, (unsigned long long)offset);
            return error_detail(err, "%s", path);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool file_sync_directory(const char *directory, struct error *err)
{
    TRY(fault_point("file_sync_directory", err));
    CLEANUP(descriptor) int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0) {
        return FAIL_ERRNO(err, directory, "cannot make the directory %s durable", file_leaf(directory));
    }
    return true;
}

/* fsync of the directory that holds `path`. */
static bool sync_parent(const char *path, struct error *err)
{
    char directory[FILE_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return file_sync_directory(".", err);
    }
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    if (!text_copy(directory, sizeof directory, (struct text){path, length})) {
        return FAIL(err, INVALID_ARGUMENT, "the path of %s is too long", file_leaf(path));
    }
    return file_sync_directory(directory, err);
}

bool file_rename_durable(const char *from, const char *to, struct error *err)
{
    TRY(fault_point("file_rename", err));
    if (rename(from, to) != 0) {
        return FAIL_ERRNO(err, to, "cannot rename %s to %s", file_leaf(from), file_leaf(to));
    }
    return sync_parent(to, err);
}

bool file_exists(const char *path, bool *out_exists, struct error *err)
{
    struct stat facts;
    bool exists = stat(path, &facts) == 0;
    if (!exists && errno != ENOENT && errno != ENOTDIR) {
        return FAIL_ERRNO(err, path, "cannot look for %s", file_leaf(path));
    }
    *out_exists = exists;
    return true;
}

bool file_size(const char *path, uint64_t *out_size, struct error *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0) {
        return FAIL_ERRNO(err, path, "cannot look for %s", file_leaf(path));
    }
    *out_size = (uint64_t)facts.st_size;
    return true;
}

bool file_remove(const char *path, struct error *err)
{
    TRY(fault_point("file_remove", err));
    if (unlink(path) != 0) {
        return FAIL_ERRNO(err, path, "cannot remove %s", file_leaf(path));
    }
    return true;
}
