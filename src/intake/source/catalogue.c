/* SPDX-License-Identifier: EUPL-1.2 */
/* The files of a data set, from a directory (and the directories in it, one level) or from a zip (whose one common top directory is passed
 * over). */
#include "intake/source/catalogue.h"
#include "base/file.h"
#include "warehouse/omop/omop.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 1000000 };

struct listing {
    struct catalogue_files *files;
    struct arena *arena;
    const char *directory; /* being visited */
    const char *prefix;    /* of names: "" or "person/" */
    int table;             /* of every file below, or -1: by the file's own name */
    bool is_inner;
};

static bool add(struct listing *listing, const char *leaf, const char *path, uint64_t member, uint64_t bytes, struct error *err)
{
    struct catalogue_file file = {.path = path, .member = member, .bytes = bytes, .naming = naming_of_file(text_of(leaf))};
    file.name = arena_text_format(listing->arena, "%s%s", listing->prefix, leaf);
    /* Below the top a file is of the directory's table, or of none: truth/person.csv is not PERSON. */
    if (listing->is_inner) {
        file.naming.table = file.naming.format == FORMAT_NONE ? -1 : listing->table;
    }
    return catalogue_files_append(listing->files, file, err);
}

static bool visit(void *context, const char *name, struct error *err);

static bool visit_directory(const struct listing *outer, const char *name, const char *path, struct error *err)
{
    struct listing inner = *outer;
    inner.directory = path;
    inner.prefix = arena_text_format(outer->arena, "%s/", name);
    inner.table = naming_of_directory(text_of(name));
    inner.is_inner = true;
    return directory_visit(path, visit, &inner, err);
}

static bool visit(void *context, const char *name, struct error *err)
{
    struct listing *listing = context;
    struct stat stat_of;
    if (naming_is_hidden(text_of(name))) {
        return true;
    }
    const char *path = arena_text_format(listing->arena, "%s/%s", listing->directory, name);
    if (stat(path, &stat_of) != 0) {
        return FAIL_ERRNO(err, path, "cannot look at a file of the source");
    }
    if (S_ISDIR(stat_of.st_mode)) {
        return listing->is_inner || visit_directory(listing, name, path, err);
    }
    if (!S_ISREG(stat_of.st_mode)) {
        return true;
    }
    return add(listing, name, path, 0, (uint64_t)stat_of.st_size, err);
}

/* ---- zip ---- */
static bool has_hidden_part(struct text name)
{
    size_t begin = 0;
    for (size_t i = 0; i <= name.length; i++) {
        if (i == name.length || name.data[i] == '/') {
            if (i > begin && naming_is_hidden((struct text){name.data + begin, i - begin})) {
                return true;
            }
            begin = i + 1;
        }
    }
    return false;
}

static bool is_skipped(struct text name)
{
    return !name.length || name.data[name.length - 1] == '/' || has_hidden_part(name);
}

/* The length of "omop/" when every member lies below it. */
static size_t common_top(const struct archive *archive)
{
    struct text top = {NULL, 0};
    for (uint64_t member = 0; member < archive_member_count(archive); member++) {
        const struct text name = text_of(archive_member_name(archive, member));
        const char *slash = memchr(name.data, '/', name.length);
        if (is_skipped(name)) {
            continue;
        }
        const struct text own = {name.data, slash ? (size_t)(slash - name.data) + 1 : 0};
        if (!own.length || (top.data && !text_equal(top, own))) {
            return 0;
        }
        top = own;
    }
    /* person/part-1.csv alone is a table cut into parts, not a top directory */
    return top.data && naming_of_directory((struct text){top.data, top.length - 1}) < 0 ? top.length : 0;
}

static bool add_member(struct listing *listing, const struct archive *archive, uint64_t member, size_t top, struct error *err)
{
    const char *name = archive_member_name(archive, member);
    if (is_skipped(text_of(name))) {
        return true;
    }
    const char *below = arena_text_copy(listing->arena, name + top);
    const char *slash = strrchr(below, '/');
    struct listing inner = *listing;
    if (slash) {
        const struct text directory = {below, (size_t)(slash - below)};
        inner.prefix = arena_text_format(listing->arena, "%.*s/", (int)directory.length, directory.data);
        inner.table = memchr(directory.data, '/', directory.length) ? -1 : naming_of_directory(directory);
        inner.is_inner = true;
    }
    return add(&inner, slash ? slash + 1 : below, NULL, member, archive_member_bytes(archive, member), err);
}

static int compare(const void *left, const void *right)
{
    const struct catalogue_file *a = left, *b = right;
    const int table_a = a->naming.table < 0 ? OMOP_TABLE_COUNT : a->naming.table;
    const int table_b = b->naming.table < 0 ? OMOP_TABLE_COUNT : b->naming.table;
    return table_a != table_b ? (table_a > table_b) - (table_a < table_b) : strcmp(a->name, b->name);
}

bool catalogue_read(struct catalogue_files *files, const char *path, const struct archive *archive, struct arena *arena, struct error *err)
{
    struct listing listing = {.files = files, .arena = arena, .directory = path, .prefix = "", .table = -1};
    files->maximum = FILES_MAX;
    if (archive) {
        const size_t top = common_top(archive);
        for (uint64_t member = 0; member < archive_member_count(archive); member++) {
            TRY(add_member(&listing, archive, member, top, err));
        }
    } else {
        TRY(directory_visit(path, visit, &listing, err));
    }
    if (files->count) {
        qsort(files->items, files->count, sizeof files->items[0], compare);
    }
    return true;
}
