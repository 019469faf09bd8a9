/* SPDX-License-Identifier: EUPL-1.2 */
/* shelf_part: one file of a shelf while it is written; and who may write (private to shelf). */
#pragma once
#include "base/lock.h"
#include "intake/shelf/shelf_index.h"

struct sealed_writer;
struct shelf_part {
    struct sealed_writer *writer; /* NULL: no row yet */
    struct buffer block;
    struct shelf_file file;
    bool is_committed;
};
/* At the first call, a new file; afterwards nothing. */
MUST_CHECK bool shelf_part_open(struct shelf_part *part, const struct shelf_place *place, int table, struct error *err);
/* A row was added to the block. */
MUST_CHECK bool shelf_part_count(struct shelf_part *part, struct error *err);
MUST_CHECK bool shelf_part_commit(struct shelf_part *part, struct error *err);
/* Unless an index that was published names it, the file is removed. */
void shelf_part_close(struct shelf_part *part, const struct shelf_place *place, bool is_published);

/* One writer at a time. Makes the directory. */
MUST_CHECK bool shelf_lock_take(struct lock *lock, const struct shelf_place *place, struct error *err);
/* Files that the index does not name: the key first, then the file, so that none is left whose key is known. Under the lock. */
MUST_CHECK bool shelf_leftovers_remove(const struct shelf_index *index, const struct shelf_place *place, struct error *err);
