/* SPDX-License-Identifier: EUPL-1.2 */
/* directory: making, listing and removing directories. The removal works on descriptors and never follows a link, so that a link
 * planted in the tree cannot lead it outside. */
#include "base/arena.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/file_internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64, NAMES_MAX = 10 * 1000 * 1000 };
DEFINE_ARRAY(name_list, const char *)

static void name_list_cleanup(struct name_list *names)
{
    name_list_finish(names);
}

static void stream_cleanup(DIR **stream)
{
    if (*stream) {
        closedir(*stream);
    }
}

bool directory_create(const char *path, unsigned mode, struct error *err)
{
    TRY(fault_point("directory_create", err));
    struct stat facts;
    if (mkdir(path, (mode_t)mode) == 0 || (errno == EEXIST && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))) {
        return true;
    }
    return FAIL_ERRNO(err, path, "cannot create the directory %s", file_leaf(path));
}

/* The names in the directory behind `descriptor` (taken over) into the arena, in the order of the file system. */
static bool read_names(int descriptor, const char *path, struct arena *arena, struct name_list *names, struct error *err)
{
    CLEANUP(stream) DIR *stream = fdopendir(descriptor);
    if (!stream) {
        FAIL_ERRNO(err, path, "cannot list the directory %s", file_leaf(path));
        close(descriptor);
        return false;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry && errno != 0) {
            return FAIL_ERRNO(err, path, "cannot list the directory %s", file_leaf(path));
        }
        if (!entry) {
            return true;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            TRY(name_list_append(names, arena_text_copy(arena, entry->d_name), err));
        }
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool directory_visit(const char *path, bool (*visit)(void *context, const char *name, struct error *err), void *context, struct error *err)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return FAIL_ERRNO(err, path, "cannot open the directory %s", file_leaf(path));
    }
    CLEANUP(arena) struct arena *entries = arena_create();
    CLEANUP(name_list) struct name_list names = {.maximum = NAMES_MAX};
    TRY(read_names(descriptor, path, entries, &names, err));
    if (names.count > 0) {
        qsort(names.items, names.count, sizeof names.items[0], compare_names);
    }
    for (size_t i = 0; i < names.count; i++) {
        TRY(visit(context, names.items[i], err));
    }
    return true;
}

static bool remove_tree(int parent, const char *name, const char *path, int depth, struct error *err);

static bool remove_entries(int descriptor, const char *path, int depth, struct error *err)
{
    CLEANUP(arena) struct arena *entries = arena_create();
    CLEANUP(name_list) struct name_list names = {.maximum = NAMES_MAX};
    int again = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0) {
        return FAIL_ERRNO(err, path, "cannot open a directory below %s", file_leaf(path));
    }
    TRY(read_names(again, path, entries, &names, err));
    for (size_t i = 0; i < names.count; i++) {
        TRY(fault_point("file_remove", err));
        if (unlinkat(descriptor, names.items[i], 0) == 0) {
            continue;
        }
        if (errno != EISDIR && errno != EPERM) { /* Linux says EISDIR, POSIX EPERM */
            return FAIL_ERRNO(err, path, "cannot remove a file below %s", file_leaf(path));
        }
        TRY(remove_tree(descriptor, names.items[i], path, depth + 1, err));
    }
    return true;
}

static bool remove_tree(int parent, const char *name, const char *path, int depth, struct error *err)
{
    if (depth > DEPTH_MAX) {
        return FAIL(err, LIMIT, "the directories below %s are nested deeper than %d", file_leaf(path), DEPTH_MAX);
    }
    CLEANUP(descriptor) int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
        return FAIL_ERRNO(err, path, "cannot open %s to remove it", file_leaf(path));
    }
    TRY(remove_entries(descriptor, path, depth, err));
    if (unlinkat(parent, name, AT_REMOVEDIR) != 0) {
        return FAIL_ERRNO(err, path, "cannot remove the directory %s", file_leaf(path));
    }
    return true;
}

bool directory_remove_all(const char *path, struct error *err)
{
    return remove_tree(AT_FDCWD, path, path, 0, err);
}
