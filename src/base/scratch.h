/* SPDX-License-Identifier: EUPL-1.2 */
/* scratch: for tests only. A directory of its own for each test, removed at the end of the scope, also when a child process died. */
#pragma once
#include "base/file.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct scratch {
    char directory[64];
    char path[400]; /* the last answer of scratch_path */
};

static inline __attribute__((unused)) struct scratch scratch_open(void)
{
    struct scratch scratch = {.directory = P_tmpdir "/emc2-test-XXXXXX"};
    const char *made = mkdtemp(scratch.directory);
    assert(made);
    (void)made;
    return scratch;
}

/* The path of a file in the directory; valid until the next call. */
static inline __attribute__((unused)) const char *scratch_path(struct scratch *scratch, const char *name)
{
    snprintf(scratch->path, sizeof scratch->path, "%s/%s", scratch->directory, name);
    return scratch->path;
}

/* Without fsync: a fuzzer writes thousands of files in a second. */
static inline __attribute__((unused)) void scratch_write(struct scratch *scratch, const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(scratch_path(scratch, name), "wb");
    assert(file);
    bool is_whole = fwrite(bytes, 1, length, file) == length;
    is_whole = fclose(file) == 0 && is_whole;
    assert(is_whole);
    (void)is_whole;
}

static inline __attribute__((unused)) void scratch_cleanup(struct scratch *scratch)
{
    struct error err;
    bool removed = directory_remove_all(scratch->directory, &err);
    (void)removed; /* a directory that stays behind is no failure of the test */
}
