/* SPDX-License-Identifier: EUPL-1.2 */
/* lines: NDJSON files cut at line ends into pieces of about 1 MiB, worked on by all threads and merged in the order of the files and lines.
 * Files may be gzip, known by their content. While the threads are at work, the calling thread merges what is done and reads on; memory is
 * that of a few pieces, whatever the files are. Private to intake/fhir. */
#pragma once
#include "base/error.h"
#include "base/progress.h"
#include "base/task.h"
#include <stdint.h>

struct lines_file {
    const char *path, *name; /* name: as findings say it */
    uint64_t bytes;
};
/* Whole lines; JSON_PADDING bytes may be read behind them. */
struct lines_piece {
    const struct lines_file *file;
    const char *bytes;
    size_t length;
    uint64_t line; /* number of the first one in its file, from 1 */
    unsigned slot; /* below lines_slots(): for what the caller keeps between run and merge */
};
struct lines_work {
    const struct lines_file *files;
    size_t file_count;
    size_t line_bytes_max;
    struct task_pool *pool;    /* NULL: the calling thread does all */
    struct progress *progress; /* bytes of the files as they lie there; may be NULL */
    bool (*run)(void *context, const struct lines_piece *piece, unsigned worker, struct error *err); /* at the same time as others */
    bool (*merge)(void *context, const struct lines_piece *piece, struct error *err);                /* on the calling thread, in order */
    /* The file cannot be read on from this line; the next file is. */
    bool (*broken)(void *context, const struct lines_file *file, uint64_t line, const char *words, struct error *err);
    void *context;
};
unsigned lines_slots(const struct task_pool *pool);
unsigned lines_workers(const struct task_pool *pool);
MUST_CHECK bool lines_run(const struct lines_work *work, struct error *err);
