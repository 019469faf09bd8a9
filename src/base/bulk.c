/* SPDX-License-Identifier: EUPL-1.2 */
/* Aligned to large pages, and advised. Where the system has none, or does not give them, it is memory like any other. */
#include "base/bulk.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 1 << 21 };

void *bulk_allocate(size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - LARGE_PAGE) {
        return NULL;
    }
    if (bytes < LARGE_PAGE) {
        return malloc(bytes ? bytes : 1);
    }
    bytes = (bytes + LARGE_PAGE - 1) & ~((size_t)LARGE_PAGE - 1);
    void *memory = aligned_alloc(LARGE_PAGE, bytes);
    if (memory) {
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
    }
    return memory;
}
