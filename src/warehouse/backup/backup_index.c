/* SPDX-License-Identifier: EUPL-1.2 */
/* backup_index: backup.json, which names every file of the backed up warehouse with its size and hash. It comes from a medium that
 * anybody may have written on: a path in it never leads outside, and never to keys. */
#include "base/json.h"
#include "warehouse/backup/backup_internal.h"
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, HASH_DIGITS = 2 * CRYPTO_HASH_SIZE, ID_DIGITS = 2 * GRANT_STORE_ID_SIZE };
static const char format_name[] = "emc2 backup";

void backup_index_init(struct backup_index *index)
{
    *index = (struct backup_index){.files.maximum = BACKUP_FILES_MAX, .arena = arena_create()};
}

void backup_index_finish(struct backup_index *index)
{
    backup_files_finish(&index->files);
    arena_destroy(index->arena);
    index->arena = NULL;
}

static int compare_paths(const void *a, const void *b)
{
    const struct backup_file *left = a, *right = b;
    return strcmp(left->path, right->path);
}

const struct backup_file *backup_index_find(const struct backup_index *index, const char *path)
{
    const struct backup_file wanted = {.path = path};
    return index->files.count > 0 ? bsearch(&wanted, index->files.items, index->files.count, sizeof wanted, compare_paths) : NULL;
}

/* ---- paths ---- */
static bool part_is_safe(struct text part)
{
    if (part.length == 0 || part.data[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < part.length; i++) {
        char c = part.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("._-+=@,~ ", c);
        if (!is_plain || c == '\0') {
            return false;
        }
    }
    return true;
}

bool backup_path_is_safe(struct text path)
{
    bool is_first = true;
    if (path.length == 0 || path.length > BACKUP_PATH_MAX) {
        return false;
    }
    for (size_t begin = 0; begin <= path.length;) {
        const char *slash = memchr(path.data + begin, '/', path.length - begin);
        size_t end = slash ? (size_t)(slash - path.data) : path.length;
        struct text part = {path.data + begin, end - begin};
        if (!part_is_safe(part) || (is_first && (text_equal(part, TEXT("keys")) || text_equal(part, TEXT("lock"))))) {
            return false;
        }
        is_first = false;
        begin = end + 1;
    }
    return true;
}

/* ---- writing ---- */
static bool print_file(struct json_writer *writer, const struct backup_file *file, struct error *err)
{
    char hex[HASH_DIGITS + 1];
    crypto_hex(hex, file->hash.bytes, CRYPTO_HASH_SIZE);
    TRY(json_begin_object(writer, err));
    TRY(json_name(writer, "path", err) && json_text(writer, text_of(file->path), err));
    TRY(json_name(writer, "size", err) && json_i64(writer, (int64_t)file->size, err));
    TRY(json_name(writer, "hash", err) && json_text(writer, text_of(hex), err));
    TRY(!file->is_gone || (json_name(writer, "gone", err) && json_bool(writer, true, err)));
    return json_end_object(writer, err);
}

bool backup_index_print(const struct backup_index *index, struct buffer *out, struct error *err)
{
    struct json_writer writer = {.out = out, .indented = true};
    char hex[ID_DIGITS + 1];
    crypto_hex(hex, index->store_id, sizeof index->store_id);
    TRY(json_begin_object(&writer, err) && json_name(&writer, "format", err) && json_text(&writer, text_of(format_name), err));
    TRY(json_name(&writer, "version", err) && json_i64(&writer, VERSION, err));
    TRY(json_name(&writer, "store_id", err) && json_text(&writer, text_of(hex), err));
    TRY(json_name(&writer, "made", err) && json_i64(&writer, index->made, err));
    TRY(json_name(&writer, "files", err) && json_begin_array(&writer, err));
    for (size_t i = 0; i < index->files.count; i++) {
        TRY(print_file(&writer, &index->files.items[i], err));
    }
    TRY(json_end_array(&writer, err) && json_end_object(&writer, err));
    return buffer_append_text(out, "\n", err);
}

/* ---- reading ---- */
static bool damaged(struct error *err, const char *what)
{
    FAIL(err, CORRUPT, "backup.json is not as emc2 wrote it: %s", what);
    return error_hint(err, "the objects may be whole: make a new backup into another directory");
}

static bool is_text(const struct json *value, size_t length)
{
    return value && value->kind == JSON_STRING && (length == 0 || value->text.length == length);
}

static bool parse_file(struct backup_index *index, const struct json *object, struct error *err)
{
    const struct json *path = json_member(object, "path"), *size = json_member(object, "size"), *hash = json_member(object, "hash"),
                      *gone = json_member(object, "gone");
    struct backup_file file = {.is_gone = gone && gone->kind == JSON_TRUE};
    if (!is_text(path, 0) || !backup_path_is_safe(path->text)) {
        return damaged(err, "a path leads out of the warehouse, or to its keys");
    }
    if (!size || size->kind != JSON_INTEGER || size->integer < 0 || !is_text(hash, HASH_DIGITS) ||
        !crypto_from_hex(file.hash.bytes, CRYPTO_HASH_SIZE, hash->text.data)) {
        return damaged(err, "a file without size or hash");
    }
    file.size = (uint64_t)size->integer;
    file.path = arena_text_format(index->arena, "%.*s", (int)path->text.length, path->text.data);
    if (index->files.count > 0 && strcmp(index->files.items[index->files.count - 1].path, file.path) >= 0) {
        return damaged(err, "its files are not in order");
    }
    return backup_files_append(&index->files, file, err);
}

bool backup_index_parse(struct backup_index *index, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct json *root;
    if (!json_parse(&root, scratch, "backup.json", bytes, length, NULL)) {
        return damaged(err, "it is no JSON");
    }
    const struct json *format = json_member(root, "format"), *version = json_member(root, "version"), *made = json_member(root, "made"),
                      *id = json_member(root, "store_id"), *files = json_member(root, "files");
    if (!is_text(format, 0) || !text_equal(format->text, text_of(format_name)) || !version || version->kind != JSON_INTEGER) {
        return damaged(err, "it is no index of a backup");
    }
    if (version->integer != VERSION) {
        return FAIL(err, UNSUPPORTED, "backup.json has version %lld, this emc2 reads %d", (long long)version->integer, VERSION);
    }
    if (!is_text(id, ID_DIGITS) || !crypto_from_hex(index->store_id, sizeof index->store_id, id->text.data) || !made ||
        made->kind != JSON_INTEGER || !files || files->kind != JSON_ARRAY) {
        return damaged(err, "a member is missing");
    }
    index->made = made->integer;
    for (size_t i = 0; i < files->count; i++) {
        TRY(parse_file(index, &files->items[i], err));
    }
    return true;
}

bool backup_index_read(struct backup_index *index, const char *directory, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = BACKUP_INDEX_MAX};
    TRY(file_read(arena_text_format(index->arena, "%s/backup.json", directory), &bytes, err));
    return backup_index_parse(index, bytes.data, bytes.length, err);
}
