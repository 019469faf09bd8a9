/* SPDX-License-Identifier: EUPL-1.2 */
/* catalogue: which files a data set has and what each is (private to source). */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "intake/source/archive.h"
#include "intake/source/naming.h"

struct catalogue_file {
    const char *name; /* inside the data set: person.csv, person/part-0.parquet */
    const char *path; /* of a directory's file; NULL in a zip */
    uint64_t member;  /* of a zip */
    struct file_naming naming;
    uint64_t bytes;
};
DEFINE_ARRAY(catalogue_files, struct catalogue_file)

/* Files in the order of their tables and then of their names; those of no table at the end. archive NULL: `path` is a directory. Names and
 * paths live in the arena. */
MUST_CHECK bool catalogue_read(struct catalogue_files *files, const char *path, const struct archive *archive, struct arena *arena,
                               struct error *err);
