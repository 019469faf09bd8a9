/* SPDX-License-Identifier: EUPL-1.2 */
/* archive: the members of a zip (private to source; the only user of libzip). A delimited member is read as a stream, a Parquet member is
 * unpacked into memory that has no name in any file system (memfd), and is read through /proc/self/fd. Nothing is written to disk. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct archive;
/* LIMIT when the members unpack to more than bytes_max; INVALID_INPUT when it is no zip, or a member is encrypted. */
MUST_CHECK bool archive_open(struct archive **out_archive, const char *path, uint64_t bytes_max, struct error *err);
void archive_close(struct archive *archive);
DEFINE_CLEANUP(archive, archive_close)
uint64_t archive_member_count(const struct archive *archive);
const char *archive_member_name(const struct archive *archive, uint64_t member); /* "PERSON.csv", "omop/person.csv" */
uint64_t archive_member_bytes(const struct archive *archive, uint64_t member);   /* unpacked, as the archive says */

/* A member from its beginning to its end. Its checksum is verified at the end. */
struct archive_stream;
MUST_CHECK bool archive_stream_open(struct archive_stream **out_stream, struct archive *archive, uint64_t member, struct error *err);
/* csv_read_bytes with the stream as context. */
MUST_CHECK bool archive_stream_read(void *stream, void *out, size_t room, size_t *out_got, struct error *err);
void archive_stream_close(struct archive_stream *stream);
DEFINE_CLEANUP(archive_stream, archive_stream_close)

/* The whole member in memory; *out_descriptor is the caller's to close. */
MUST_CHECK bool archive_member_unpack(struct archive *archive, uint64_t member, int *out_descriptor, struct error *err);
