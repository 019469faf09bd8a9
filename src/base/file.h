/* SPDX-License-Identifier: EUPL-1.2 */
/* file: whole-file reads, atomic writes that survive a crash, directories. Every write, rename and fsync passes a fault point
 * (fault.h), so that crash tests can stop the process there. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"

/* The whole file into out (appended); LIMIT when it is larger than the room up to out->maximum. */
MUST_CHECK bool file_read(const char *path, struct buffer *out, struct error *err);
/* The same for a place that others can write to: nothing but a plain file is opened (INVALID_ARGUMENT for a link, a pipe, a device), so
 * that nobody can lead the reader elsewhere or let it wait for ever. */
MUST_CHECK bool file_read_plain(const char *path, struct buffer *out, struct error *err);
MUST_CHECK bool file_read_at(int descriptor, uint64_t offset, void *out, size_t length, const char *path, struct error *err);
/* Writes path.tmp, fsyncs it, renames it over path, fsyncs the directory. mode is the permission bits (0600 for keys). */
MUST_CHECK bool file_write_atomic(const char *path, const void *bytes, size_t length, unsigned mode, struct error *err);
MUST_CHECK bool file_rename_durable(const char *from, const char *to, struct error *err); /* rename, then fsync of the directory */
MUST_CHECK bool file_sync_directory(const char *directory, struct error *err);
MUST_CHECK bool file_exists(const char *path, bool *out_exists, struct error *err);
MUST_CHECK bool file_size(const char *path, uint64_t *out_size, struct error *err);
MUST_CHECK bool file_remove(const char *path, struct error *err); /* NOT_FOUND is an error */
MUST_CHECK bool directory_create(const char *path, unsigned mode,
                                 struct error *err);                       /* an existing directory is fine; parents are not made */
MUST_CHECK bool directory_remove_all(const char *path, struct error *err); /* the tree below path, and path; never follows links */
/* Calls visit for each entry but . and .., in byte order of the names. */
MUST_CHECK bool directory_visit(const char *path, bool (*visit)(void *context, const char *name, struct error *err), void *context,
                                struct error *err);

/* A file being written front to back with its own buffer; nothing is visible under `path` before file_writer_commit.
 * EXISTS when there is a directory, a device, a pipe or a link at `path`: only a plain file is replaced. */
struct file_writer;
MUST_CHECK bool file_writer_open(struct file_writer **out_writer, const char *path, unsigned mode, struct error *err);
MUST_CHECK bool file_writer_append(struct file_writer *writer, const void *bytes, size_t length, struct error *err);
uint64_t file_writer_position(const struct file_writer *writer);
MUST_CHECK bool file_writer_commit(struct file_writer *writer, struct error *err); /* flush, fsync, rename, fsync of the directory */
void file_writer_close(struct file_writer *writer);                                /* without a commit, removes what was written */
DEFINE_CLEANUP(file_writer, file_writer_close)
