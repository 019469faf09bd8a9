/* SPDX-License-Identifier: EUPL-1.2 */
/* verify: store_snapshot_verify with a given number of threads, so that a test can show that the report does not depend on it (private
 * to the store). */
#pragma once
#include "warehouse/store/store.h"

struct store_verify_listener {
    void (*problem)(void *context, const char *file, const char *what);
    void *context;
    bool is_quick; /* every byte is authenticated; hashes and invariants are left out (store_snapshot_check) */
};
/* threads 0: one for each core. */
MUST_CHECK bool store_verify_with_threads(struct store *store, const struct grant *grant, uint32_t number,
                                          const struct store_verify_listener *listener, struct progress *progress, unsigned threads,
                                          uint32_t *out_problems, struct error *err);
