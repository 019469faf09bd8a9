/* SPDX-License-Identifier: EUPL-1.2 */
/* archive_fuzz: any bytes as a zip. No member gives more than it announces, and all together no more than the bound. */
#include "intake/source/archive.h"
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BOUND = 1 << 20, MEMBERS_READ = 16 };

static void read_member(struct archive *archive, uint64_t member)
{
    CLEANUP(archive_stream) struct archive_stream *stream = NULL;
    struct error err;
    uint8_t bytes[4096];
    uint64_t total = 0;
    size_t got = 1;
    if (archive_stream_open(&stream, archive, member, &err)) {
        while (got && archive_stream_read(stream, bytes, sizeof bytes, &got, &err)) {
            total += got;
        }
        assert(total <= archive_member_bytes(archive, member));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(archive) struct archive *archive = NULL;
    struct error err;
    char path[64];
    const int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
    const ssize_t written = write(descriptor, data, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    if (written == (ssize_t)size && archive_open(&archive, path, BOUND, &err)) {
        uint64_t announced = 0;
        for (uint64_t member = 0; member < archive_member_count(archive); member++) {
            announced += archive_member_bytes(archive, member);
            if (member < MEMBERS_READ) {
                read_member(archive, member);
            }
        }
        assert(announced <= BOUND);
    }
    close(descriptor);
    return 0;
}
