/* SPDX-License-Identifier: EUPL-1.2 */
/* backup_walk: which files a warehouse has, and where directories lie in relation to each other. */
#include "warehouse/backup/backup_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 16 };

struct walk {
    struct arena *arena;
    struct backup_names *names;
    const char *directory;
    const char *prefix; /* of names: "" or "ledger/tile/" */
    bool is_top;        /* leave out what has its own walk, or none */
    int depth;
};

static bool is_left_out(const struct walk *walk, const char *name)
{
    /* what was refused is never kept longer; what is still coming is not here yet */
    static const char *const own[] = {"keys", "lock", "segments", "snapshots", "quarantine", "spool"};
    for (size_t i = 0; walk->is_top && i < sizeof own / sizeof *own; i++) {
        if (strcmp(name, own[i]) == 0) {
            return true;
        }
    }
    return text_ends_with(text_of(name), TEXT(".tmp")) || text_ends_with(text_of(name), TEXT(".partial"));
}

static bool visit(void *context, const char *name, struct error *err)
{
    const struct walk *walk = context;
    struct stat facts;
    if (is_left_out(walk, name)) {
        return true;
    }
    const char *path = arena_text_format(walk->arena, "%s/%s", walk->directory, name);
    const char *relative = arena_text_format(walk->arena, "%s%s", walk->prefix, name);
    if (lstat(path, &facts) != 0) {
        return errno == ENOENT ? true : FAIL_ERRNO(err, path, "cannot look at %s", relative);
    }
    if (S_ISDIR(facts.st_mode)) {
        struct walk inner = {walk->arena, walk->names, path, arena_text_format(walk->arena, "%s/", relative), false, walk->depth + 1};
        return inner.depth > DEPTH_MAX ? FAIL(err, LIMIT, "%s lies too deep", relative) : directory_visit(path, visit, &inner, err);
    }
    if (S_ISLNK(facts.st_mode) || (S_ISREG(facts.st_mode) && !backup_path_is_safe(text_of(relative)))) {
        FAIL(err, UNSUPPORTED, "%s is a link, or has a name that no part of emc2 gives", relative);
        return error_hint(err, "move it out of the warehouse; only keys/ may lie elsewhere");
    }
    return !S_ISREG(facts.st_mode) || backup_names_append(walk->names, relative, err);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool backup_walk(const char *directory, const char *part, struct arena *arena, struct backup_names *out_names, struct error *err)
{
    bool is_top = *part == '\0';
    struct walk walk = {.arena = arena, .names = out_names, .is_top = is_top};
    walk.directory = is_top ? directory : arena_text_format(arena, "%s/%s", directory, part);
    walk.prefix = is_top ? "" : arena_text_format(arena, "%s/", part);
    size_t before = out_names->count;
    TRY(directory_visit(walk.directory, visit, &walk, err));
    if (out_names->count > before) {
        qsort(out_names->items + before, out_names->count - before, sizeof *out_names->items, compare_names);
    }
    return true;
}

/* ---- directories in directories ---- */
struct above {
    const char *name;          /* an entry that is looked for, or NULL */
    const struct stat *wanted; /* a directory that is looked for, or NULL */
};

/* From PATH, or the nearest directory above it that exists, up to the root. */
static bool look_up(const char *path, const struct above *above, bool *out_found, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    char *at = arena_text_copy(scratch, path);
    struct stat here, up;
    while (stat(at, &here) != 0) {
        char *slash = strrchr(at, '/');
        if (errno != ENOENT) {
            return FAIL_ERRNO(err, path, "cannot look at the directory");
        }
        at = slash == at ? arena_text_copy(scratch, "/") : slash ? at : arena_text_copy(scratch, ".");
        if (slash && slash != at) {
            *slash = '\0';
        }
    }
    *out_found = false;
    for (;;) {
        struct stat entry;
        if ((above->wanted && here.st_dev == above->wanted->st_dev && here.st_ino == above->wanted->st_ino) ||
            (above->name && lstat(arena_text_format(scratch, "%s/%s", at, above->name), &entry) == 0)) {
            *out_found = true;
            return true;
        }
        at = arena_text_format(scratch, "%s/..", at);
        if (stat(at, &up) != 0) {
            return FAIL_ERRNO(err, path, "cannot look at the directories above");
        }
        if (up.st_dev == here.st_dev && up.st_ino == here.st_ino) {
            return true;
        }
        here = up;
    }
}

bool backup_is_inside(const char *inner, const char *outer, bool *out_is_inside, struct error *err)
{
    struct stat wanted;
    if (stat(outer, &wanted) != 0) {
        *out_is_inside = false;
        return errno == ENOENT ? true : FAIL_ERRNO(err, outer, "cannot look at the directory");
    }
    return look_up(inner, &(struct above){.wanted = &wanted}, out_is_inside, err);
}

bool backup_is_below(const char *path, const char *name, bool *out_is_below, struct error *err)
{
    return look_up(path, &(struct above){.name = name}, out_is_below, err);
}
