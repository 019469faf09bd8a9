/* SPDX-License-Identifier: EUPL-1.2 */
/* mapped: a whole file, read in place. Private to drill. A file that is cut short meanwhile ends the process, which is not a pass. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct mapped {
    const uint8_t *bytes; /* NULL when the file is empty */
    size_t length;
    void *pages;
};
/* A plain file, no link. */
MUST_CHECK bool mapped_open(struct mapped *out_mapped, const char *path, struct error *err);
void mapped_close(struct mapped *mapped);
static inline __attribute__((unused)) void mapped_value_cleanup(struct mapped *mapped)
{
    mapped_close(mapped);
} /* CLEANUP(mapped_value) */
