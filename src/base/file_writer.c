/* SPDX-License-Identifier: EUPL-1.2 */
/* file_writer: a file appears whole or not at all. Bytes go to path.tmp; the commit flushes, fsyncs, renames and fsyncs the directory.
 * A path.tmp that a crash left behind is thrown away by the next writer of the same path. */
#include "base/fault.h"
#include "base/file.h"
#include "base/file_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 1 << 18 };

struct file_writer {
    int descriptor;
    uint64_t position; /* bytes appended */
    size_t held;       /* of them, still in room */
    char path[FILE_PATH_SIZE], temporary[FILE_PATH_SIZE];
    uint8_t room[ROOM];
};

static bool write_all(struct file_writer *writer, const uint8_t *bytes, size_t length, struct error *err)
{
    if (length > 0) {
        TRY(fault_point("file_write", err));
    }
    while (length > 0) {
        ssize_t put = write(writer->descriptor, bytes, fault_length("file_write", length));
        if (put < 0 && errno != EINTR) {
            return FAIL_ERRNO(err, writer->temporary, "cannot write %s", file_leaf(writer->path));
        }
        bytes += put > 0 ? put : 0;
        length -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool flush(struct file_writer *writer, struct error *err)
{
    TRY(write_all(writer, writer->room, writer->held, err));
    writer->held = 0;
    return true;
}

/* The rename would put a plain file in the place of a device, a named pipe or a link (/dev/null, /dev/stdout), for everybody. */
static bool refuse_special(const char *path, struct error *err)
{
    struct stat facts;
    if (lstat(path, &facts) != 0 || S_ISREG(facts.st_mode)) {
        return true; /* what is not there can be made; other reasons are told when it is made */
    }
    FAIL(err, EXISTS, "%s is there already, and is not a plain file", file_leaf(path));
    error_detail(err, "%s", path);
    return error_hint(err, "name a file that does not exist yet, or a plain file to be replaced");
}

bool file_writer_open(struct file_writer **out_writer, const char *path, unsigned mode, struct error *err)
{
    CLEANUP(file_writer) struct file_writer *writer = malloc(sizeof *writer);
    if (!writer) {
        return FAIL(err, LIMIT, "the system has no memory for another open file");
    }
    writer->descriptor = -1;
    writer->position = writer->held = 0;
    int length = snprintf(writer->temporary, sizeof writer->temporary, "%s.tmp", path);
    if (length < 0 || (size_t)length >= sizeof writer->temporary || !text_copy(writer->path, sizeof writer->path, text_of(path))) {
        return FAIL(err, INVALID_ARGUMENT, "the path of %s is too long", file_leaf(path));
    }
    TRY(refuse_special(path, err));
    /* An older file of this name could have other permissions, or be a link: it is never written into. */
    if (unlink(writer->temporary) != 0 && errno != ENOENT) {
        return FAIL_ERRNO(err, writer->temporary, "cannot remove what an earlier run left of %s", file_leaf(path));
    }
    writer->descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (writer->descriptor < 0) {
        return FAIL_ERRNO(err, writer->temporary, "cannot create %s", file_leaf(path));
    }
    *out_writer = writer;
    writer = NULL;
    return true;
}

bool file_writer_append(struct file_writer *writer, const void *bytes, size_t length, struct error *err)
{
    if (length > ROOM - writer->held) {
        TRY(flush(writer, err));
    }
    if (length >= ROOM) {
        TRY(write_all(writer, bytes, length, err));
    } else if (length > 0) {
        memcpy(writer->room + writer->held, bytes, length);
        writer->held += length;
    }
    writer->position += length;
    return true;
}

uint64_t file_writer_position(const struct file_writer *writer)
{
    return writer->position;
}

/* close is asked, too: some file systems tell only there that the disk is full. */
static bool sync_and_close(struct file_writer *writer, struct error *err)
{
    TRY(fault_point("file_sync", err));
    if (fsync(writer->descriptor) != 0) {
        return FAIL_ERRNO(err, writer->temporary, "cannot make %s durable", file_leaf(writer->path));
    }
    int descriptor = writer->descriptor;
    writer->descriptor = -1;
    if (close(descriptor) != 0) {
        unlink(writer->temporary);
        return FAIL_ERRNO(err, writer->temporary, "cannot write %s", file_leaf(writer->path));
    }
    return true;
}

bool file_writer_commit(struct file_writer *writer, struct error *err)
{
    TRY(flush(writer, err));
    TRY(sync_and_close(writer, err));
    if (!file_rename_durable(writer->temporary, writer->path, err)) {
        unlink(writer->temporary);
        return false;
    }
    return true;
}

void file_writer_close(struct file_writer *writer)
{
    if (!writer) {
        return;
    }
    if (writer->descriptor >= 0) {
        close(writer->descriptor);
        unlink(writer->temporary);
    }
    free(writer);
}

bool file_write_atomic(const char *path, const void *bytes, size_t length, unsigned mode, struct error *err)
{
    CLEANUP(file_writer) struct file_writer *writer = NULL;
    TRY(file_writer_open(&writer, path, mode, err));
    TRY(file_writer_append(writer, bytes, length, err));
    return file_writer_commit(writer, err);
}
