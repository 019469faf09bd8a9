/* SPDX-License-Identifier: EUPL-1.2 */
/* Slots only grow, and are released together. */
#include "warehouse/store/workspace.h"
#include "base/bulk.h"
#include <stdlib.h>

struct segment_workspace {
    void *slots[WORKSPACE_SLOTS];
    size_t bytes[WORKSPACE_SLOTS];
};

struct segment_workspace *segment_workspace_create(void)
{
    struct segment_workspace *workspace = calloc(1, sizeof *workspace);
    if (!workspace) {
        abort(); /* as an arena */
    }
    return workspace;
}

void segment_workspace_destroy(struct segment_workspace *workspace)
{
    for (size_t slot = 0; workspace && slot < WORKSPACE_SLOTS; slot++) {
        free(workspace->slots[slot]);
    }
    free(workspace);
}

void *workspace_take(struct segment_workspace *workspace, enum workspace_slot slot, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    if (bytes > workspace->bytes[slot] || !workspace->slots[slot]) {
        free(workspace->slots[slot]);
        workspace->slots[slot] = bulk_allocate(bytes, 1);
        workspace->bytes[slot] = workspace->slots[slot] ? bytes : 0;
    }
    return workspace->slots[slot];
}
