/* SPDX-License-Identifier: EUPL-1.2 */
/* backup_internal: what the parts of backup share: the index, the walk over a warehouse, and the copying of one file. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/text.h"
#include "trust/crypto/crypto.h"
#include "trust/grant/grant.h"
#include "warehouse/backup/backup.h"

enum {
    BACKUP_FILES_MAX = 4 * 1000 * 1000,
    BACKUP_INDEX_MAX = 1 << 30, /* bytes */
    BACKUP_PATH_MAX = 512,      /* of a file inside the warehouse */
    BACKUP_FILE_MODE = 0600,
    BACKUP_DIRECTORY_MODE = 0700,
};

/* ---- index (backup_index.c) ---- */
struct backup_file {
    const char *path; /* inside the warehouse; in the index's arena */
    uint64_t size;
    struct crypto_hash hash;
    bool is_gone;
};
DEFINE_ARRAY(backup_files, struct backup_file)
struct backup_index {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    int64_t made;              /* Unix seconds */
    struct backup_files files; /* ascending by path, each once */
    struct arena *arena;
};
void backup_index_init(struct backup_index *index);
void backup_index_finish(struct backup_index *index);
static inline __attribute__((unused)) void backup_index_value_cleanup(struct backup_index *index)
{
    backup_index_finish(index);
} /* CLEANUP(backup_index_value) */
MUST_CHECK bool backup_index_print(const struct backup_index *index, struct buffer *out, struct error *err);
/* Into an index that was made with init. CORRUPT unless the bytes are an index of this version with safe paths, none below keys/. */
MUST_CHECK bool backup_index_parse(struct backup_index *index, const void *bytes, size_t length, struct error *err);
MUST_CHECK bool backup_index_read(struct backup_index *index, const char *directory, struct error *err); /* NOT_FOUND when there is none */
const struct backup_file *backup_index_find(const struct backup_index *index, const char *path);
bool backup_path_is_safe(struct text path);

/* ---- objects and copying (backup_copy.c) ---- */
/* DIRECTORY/objects/ab/cdef... */
const char *backup_object_path(struct arena *arena, const char *directory, const struct crypto_hash *hash);
/* Reads a plain file, no link; with a writer, its bytes go there. NOT_FOUND when it is not there. */
MUST_CHECK bool backup_stream(const char *path, struct file_writer *writer, struct progress *progress, uint64_t *out_size,
                              struct crypto_hash *out_hash, struct error *err);
/* Copies and fsyncs; what is at `to` is replaced. */
MUST_CHECK bool backup_copy(const char *from, const char *to, struct progress *progress, uint64_t *out_size, struct crypto_hash *out_hash,
                            struct error *err);

/* ---- the warehouse's files (backup_walk.c) ---- */
DEFINE_ARRAY(backup_names, const char *)
static inline __attribute__((unused)) void backup_names_cleanup(struct backup_names *names)
{
    backup_names_finish(names);
}
/* Paths of plain files below DIRECTORY/PART ("" for all but segments/, snapshots/, keys/ and lock), ascending, in the arena. Temporary
 * files and sockets are passed over; a link is refused. */
MUST_CHECK bool backup_walk(const char *directory, const char *part, struct arena *arena, struct backup_names *out_names,
                            struct error *err);
/* `inner` is `outer` or lies below it; what does not exist yet is looked for where it would be made. */
MUST_CHECK bool backup_is_inside(const char *inner, const char *outer, bool *out_is_inside, struct error *err);
/* Whether PATH or a directory above it holds an entry of this name. */
MUST_CHECK bool backup_is_below(const char *path, const char *name, bool *out_is_below, struct error *err);
