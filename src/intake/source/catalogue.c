/* SPDX-License-Identifier: EUPL-1.2 */
/* The files of a data set, from a directory or a zip. Its root is the folder that holds the tables: the top, or else the one folder below
 * it, at most two levels down, that does. */
#include "intake/source/catalogue.h"
#include "base/file.h"
#include "warehouse/omop/omop.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 1000000, ROOT_LEVELS = 2, LEVELS_OF_TOP = 1, LEVELS_MAX = ROOT_LEVELS + 1 /* the folder of a table cut into parts */ };

struct listing {
    struct catalogue_files *files;
    struct arena *arena;
    const char *directory; /* being visited */
    const char *prefix;    /* of names: "", "omop/", "omop/person/" */
    int levels;            /* of folders to go down */
};

/* ---- directory ---- */
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
        struct listing inner = *listing;
        inner.directory = path;
        inner.prefix = arena_text_format(listing->arena, "%s%s/", listing->prefix, name);
        inner.levels--;
        return listing->levels == 0 || directory_visit(path, visit, &inner, err);
    }
    if (!S_ISREG(stat_of.st_mode)) {
        return true;
    }
    const struct catalogue_file file = {
        .path = path, .name = arena_text_format(listing->arena, "%s%s", listing->prefix, name), .bytes = (uint64_t)stat_of.st_size};
    return catalogue_files_append(listing->files, file, err);
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

static bool list_members(struct listing *listing, const struct archive *archive, struct error *err)
{
    for (uint64_t member = 0; member < archive_member_count(archive); member++) {
        const struct text name = text_of(archive_member_name(archive, member));
        if (!name.length || name.data[name.length - 1] == '/' || has_hidden_part(name)) {
            continue;
        }
        const struct catalogue_file file = {
            .name = arena_text_copy(listing->arena, name.data), .member = member, .bytes = archive_member_bytes(archive, member)};
        TRY(catalogue_files_append(listing->files, file, err));
    }
    return true;
}

/* ---- the root ---- */
/* The folder of a name: "a/b" of "a/b/c.csv", nothing of "c.csv". */
static struct text folder_of(struct text name)
{
    while (name.length > 0 && name.data[name.length - 1] != '/') {
        name.length--;
    }
    name.length -= name.length > 0;
    return name;
}

static struct text leaf_of(struct text name)
{
    const size_t folder = folder_of(name).length;
    const size_t begin = folder ? folder + 1 : name.length > 0 && name.data[0] == '/' ? 1 : 0;
    return (struct text){name.data + begin, name.length - begin};
}

static int levels_of(struct text folder)
{
    int levels = folder.length > 0;
    for (size_t i = 0; i < folder.length; i++) {
        levels += folder.data[i] == '/';
    }
    return levels;
}

/* The root that the file would be a table of: person.csv of its folder, person/part-1.csv of the folder above. False: of none. */
static bool root_of(const struct catalogue_file *file, struct text *out_root)
{
    const struct text name = text_of(file->name), folder = folder_of(name);
    const struct file_naming naming = naming_of_file(leaf_of(name));
    const bool is_part = folder.length > 0 && naming_of_directory(leaf_of(folder)) >= 0;
    *out_root = is_part ? folder_of(folder) : folder;
    return naming.format != FORMAT_NONE && (is_part || naming.table >= 0);
}

/* How many folders of that level hold tables, up to two, and which. */
static int roots_at(const struct catalogue_files *files, int level, struct text roots[2])
{
    int count = 0;
    for (size_t i = 0; i < files->count && count < 2; i++) {
        struct text root;
        if (root_of(&files->items[i], &root) && levels_of(root) == level && (count == 0 || !text_equal(root, roots[0]))) {
            roots[count++] = root;
        }
    }
    return count;
}

static bool find_root(const struct catalogue_files *files, struct text *out_root, struct error *err)
{
    struct text roots[2] = {{"", 0}};
    int count = 0;
    for (int level = 0; level <= ROOT_LEVELS && count == 0; level++) {
        count = roots_at(files, level, roots);
    }
    if (count > 1) {
        FAIL(err, INVALID_INPUT, "several folders of the source hold tables: %.*s and %.*s",
             (int)(roots[0].length < 120 ? roots[0].length : 120), roots[0].data, (int)(roots[1].length < 120 ? roots[1].length : 120),
             roots[1].data);
        return error_hint(err, "name the one that is meant: each load takes one data set");
    }
    *out_root = count ? roots[0] : (struct text){"", 0};
    return true;
}

/* Names become those below the root. A file further down is of its folder's table, or of none: truth/person.csv is not PERSON. */
static void name_below(struct catalogue_file *file, struct text root)
{
    const size_t skip = root.length ? root.length + 1 : 0;
    const bool is_below =
        strlen(file->name) > skip && memcmp(file->name, root.data, root.length) == 0 && (!skip || file->name[skip - 1] == '/');
    file->name += is_below ? skip : 0;
    const struct text name = text_of(file->name), folder = folder_of(name);
    file->naming = naming_of_file(leaf_of(name));
    if (!is_below || levels_of(folder) > 1) {
        file->naming.table = -1;
    } else if (folder.length) {
        file->naming.table = file->naming.format == FORMAT_NONE ? -1 : naming_of_directory(folder);
    }
}

static int compare(const void *left, const void *right)
{
    const struct catalogue_file *a = left, *b = right;
    const int table_a = a->naming.table < 0 ? OMOP_TABLE_COUNT : a->naming.table;
    const int table_b = b->naming.table < 0 ? OMOP_TABLE_COUNT : b->naming.table;
    return table_a != table_b ? (table_a > table_b) - (table_a < table_b) : strcmp(a->name, b->name);
}

static bool list_directory(struct listing *listing, struct text *out_root, struct error *err)
{
    TRY(directory_visit(listing->directory, visit, listing, err));
    struct text roots[2];
    if (roots_at(listing->files, 0, roots) > 0) {
        *out_root = roots[0];
        return true;
    }
    listing->files->count = 0; /* once more, and deeper */
    listing->levels = LEVELS_MAX;
    TRY(directory_visit(listing->directory, visit, listing, err));
    return find_root(listing->files, out_root, err);
}

bool catalogue_read(struct catalogue_files *files, const char *path, const struct archive *archive, struct arena *arena, struct error *err)
{
    struct listing listing = {.files = files, .arena = arena, .directory = path, .prefix = "", .levels = LEVELS_OF_TOP};
    struct text root = {"", 0};
    files->maximum = FILES_MAX;
    if (archive) {
        TRY(list_members(&listing, archive, err) && find_root(files, &root, err));
    } else {
        TRY(list_directory(&listing, &root, err));
    }
    for (size_t i = 0; i < files->count; i++) {
        name_below(&files->items[i], root);
    }
    if (files->count) {
        qsort(files->items, files->count, sizeof files->items[0], compare);
    }
    return true;
}
