/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_kept: cohorts that are kept in the warehouse, for the commands that make, read and end them. Private to command. */
#pragma once
#include "service/command/cohort_asking.h"
#include "warehouse/cohorts/cohorts.h"

/* What `cohort run` knows of kept tables of the reader's snapshot. */
struct kept_cohorts {
    struct asking *asking;
    const struct cohort_table *tables;
    size_t count;
    struct crypto_hash manifest; /* of the snapshot */
    const char *name;            /* to keep under; NULL: nothing is kept */
    uint64_t read, written;
};
MUST_CHECK bool kept_cohorts_open(struct kept_cohorts *kept, struct asking *asking, struct error *err);
/* The rows of a program that is kept, as a result with rows and persons only; *out_found says whether there is one. */
MUST_CHECK bool kept_cohorts_find(struct kept_cohorts *kept, const struct cohort_program *program, struct arena *arena,
                                  struct cohort_result *out_result, bool *out_found, struct error *err);
/* Keeps rows under the name, unless they are kept under it already. */
MUST_CHECK bool kept_cohorts_keep(struct kept_cohorts *kept, int64_t cohort_id, const struct cohort_program *program,
                                  const struct cohort_rows *rows, struct error *err);
/* After compaction and erasure, and at the end of a warehouse: destroys what is kept of closed snapshots, or everything. */
MUST_CHECK bool kept_cohorts_sweep(struct warehouse *warehouse, bool everything, uint64_t *out_destroyed, struct error *err);
