/* SPDX-License-Identifier: EUPL-1.2 */
/* backup_copy: one file, read or copied with its hash. */
#include "base/file.h"
#include "warehouse/backup/backup_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

static void descriptor_cleanup(const int *descriptor)
{
    if (*descriptor >= 0) {
        close(*descriptor);
    }
}

const char *backup_object_path(struct arena *arena, const char *directory, const struct crypto_hash *hash)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(hex, hash->bytes, CRYPTO_HASH_SIZE);
    return arena_text_format(arena, "%s/objects/%.2s/%s", directory, hex, hex + 2);
}

static const char *leaf_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool read_all(int descriptor, const char *path, struct file_writer *writer, struct crypto_hasher *hasher, struct progress *progress,
                     uint64_t *out_size, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint8_t *chunk = arena_allocate_raw(scratch, CHUNK, 1);
    uint64_t size = 0;
    for (;;) {
        TRY(task_check(err));
        ssize_t got = read(descriptor, chunk, CHUNK);
        if (got < 0 && errno != EINTR) {
            return FAIL_ERRNO(err, path, "cannot read %s", leaf_of(path));
        }
        if (got == 0) {
            *out_size = size;
            return true;
        }
        if (got > 0) {
            crypto_hasher_add(hasher, chunk, (size_t)got);
            TRY(!writer || file_writer_append(writer, chunk, (size_t)got, err));
            progress_add(progress, (uint64_t)got);
            size += (uint64_t)got;
        }
    }
}

bool backup_stream(const char *path, struct file_writer *writer, struct progress *progress, uint64_t *out_size,
                   struct crypto_hash *out_hash, struct error *err)
{
    struct stat facts;
    /* O_NONBLOCK: a named pipe in the place of a file is refused, instead of waited for. */
    CLEANUP(descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0 || fstat(descriptor, &facts) != 0) {
        return FAIL_ERRNO(err, path, "cannot open %s", leaf_of(path));
    }
    if (!S_ISREG(facts.st_mode)) {
        return FAIL(err, CORRUPT, "%s is not a plain file", leaf_of(path));
    }
    struct crypto_hasher *hasher = crypto_hasher_create();
    bool done = read_all(descriptor, path, writer, hasher, progress, out_size, err);
    struct crypto_hash hash = crypto_hasher_finish(hasher);
    TRY(done);
    *out_hash = hash;
    return true;
}

bool backup_copy(const char *from, const char *to, struct progress *progress, uint64_t *out_size, struct crypto_hash *out_hash,
                 struct error *err)
{
    CLEANUP(file_writer) struct file_writer *writer = NULL;
    uint64_t size;
    struct crypto_hash hash;
    TRY(file_writer_open(&writer, to, BACKUP_FILE_MODE, err));
    TRY(backup_stream(from, writer, progress, &size, &hash, err) && file_writer_commit(writer, err));
    *out_size = size;
    *out_hash = hash;
    return true;
}
