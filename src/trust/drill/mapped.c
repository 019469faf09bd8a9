/* SPDX-License-Identifier: EUPL-1.2 */
/* mapped: see mapped.h. */
#include "trust/drill/mapped.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool map(struct mapped *out_mapped, int descriptor, const char *path, struct error *err)
{
    struct stat facts;
    if (fstat(descriptor, &facts) != 0) {
        return FAIL_ERRNO(err, path, "a file cannot be read");
    }
    if (!S_ISREG(facts.st_mode)) {
        FAIL(err, INVALID_INPUT, "this is not a plain file");
        return error_detail(err, "%s", path);
    }
    size_t length = (size_t)facts.st_size;
    void *bytes = length > 0 ? mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, 0) : NULL;
    if (bytes == MAP_FAILED) {
        return FAIL_ERRNO(err, path, "a file cannot be read");
    }
    if (length > 0) {
        madvise(bytes, length, MADV_SEQUENTIAL);
    }
    *out_mapped = (struct mapped){bytes, length, bytes};
    return true;
}

bool mapped_open(struct mapped *out_mapped, const char *path, struct error *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) {
        return FAIL_ERRNO(err, path, "a file cannot be read");
    }
    bool done = map(out_mapped, descriptor, path, err);
    close(descriptor);
    return done;
}

void mapped_close(struct mapped *mapped)
{
    if (mapped->pages) {
        munmap(mapped->pages, mapped->length);
    }
    *mapped = (struct mapped){0};
}
