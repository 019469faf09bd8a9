/* SPDX-License-Identifier: EUPL-1.2 */
/* openings: lines of openings in files that the caller seals. */
#include "base/file.h"
#include "base/json.h"
#include "trust/ledger/files.h"
#include "trust/ledger/ledger_openings.h"
#include <stdio.h>
#include <string.h>

enum {
    BUNDLE_BYTES_MAX = 1 << 26, /* 256 entries of 8 openings of 4 KiB, escaped, fit twice */
    DIRECTORY_MODE = 0700,
    FILE_MODE = 0600
};

bool ledger_opening_print(const struct ledger_kept_opening *kept, struct buffer *out, struct error *err)
{
    char salt[2 * LEDGER_SALT_SIZE + 1];
    struct json_writer writer = {.out = out};
    crypto_hex(salt, kept->opening.salt, LEDGER_SALT_SIZE);
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "entry", err) && json_i64(&writer, (int64_t)kept->entry, err));
    TRY(json_name(&writer, "name", err) && json_text(&writer, text_of(kept->opening.name), err));
    TRY(json_name(&writer, "salt", err) && json_text(&writer, text_of(salt), err));
    TRY(json_name(&writer, "text", err) && json_text(&writer, kept->opening.text, err));
    return json_end_object(&writer, err);
}

bool ledger_opening_parse(struct ledger_kept_opening *out_kept, struct text line, struct arena *result, struct error *err)
{
    const struct json *root;
    struct ledger_kept_opening kept = {0};
    TRY(json_parse(&root, result, "opening", line.data, line.length, err));
    const struct json *entry = json_member(root, "entry"), *name = json_member(root, "name"), *salt = json_member(root, "salt"),
                      *text = json_member(root, "text");
    if (!entry || entry->kind != JSON_INTEGER || entry->integer < 0 || !name || name->kind != JSON_STRING || !salt ||
        salt->kind != JSON_STRING || salt->text.length != 2 * (size_t)LEDGER_SALT_SIZE || !text || text->kind != JSON_STRING ||
        text->text.length > LEDGER_OPENING_TEXT_MAX || !text_copy(kept.opening.name, sizeof kept.opening.name, name->text) ||
        !crypto_from_hex(kept.opening.salt, LEDGER_SALT_SIZE, salt->text.data)) {
        FAIL(err, INVALID_INPUT, "this is no opening of a private part of the log");
        return error_hint(err, "it is a line of JSON with entry, name, salt and text");
    }
    kept.entry = (uint64_t)entry->integer;
    kept.opening.text = text->text;
    *out_kept = kept;
    return true;
}

static void bundle_path(const char *directory, uint64_t bundle, char out[FILES_PATH_SIZE])
{
    char name[40];
    snprintf(name, sizeof name, "%08llu.openings", (unsigned long long)bundle);
    log_files_path(directory, name, out);
}

/* The lines of a bundle, opened; nothing when there is no such file. */
static bool read_bundle(const char *directory, const struct ledger_vault *vault, uint64_t bundle, struct buffer *out_lines,
                        struct error *err)
{
    char path[FILES_PATH_SIZE];
    CLEANUP(buffer_value) struct buffer sealed = {.maximum = BUNDLE_BYTES_MAX};
    bool exists;
    bundle_path(directory, bundle, path);
    TRY(file_exists(path, &exists, err));
    return !exists || (file_read(path, &sealed, err) &&
                       vault->open(vault->context, bundle, (struct text){(const char *)sealed.data, sealed.length}, out_lines, err));
}

static bool next_line(const struct buffer *lines, size_t *at, struct text *out_line)
{
    const char *begin = (const char *)lines->data + *at;
    const char *end = *at < lines->length ? memchr(begin, '\n', lines->length - *at) : NULL;
    if (!end) {
        return false;
    }
    *out_line = (struct text){begin, (size_t)(end - begin)};
    *at += out_line->length + 1;
    return true;
}

/* How many bytes of the lines are of entries before `first`. */
static bool kept_length(const struct buffer *lines, uint64_t first, size_t *out_length, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct text line;
    size_t at = 0, before = 0;
    while (next_line(lines, &at, &line)) {
        struct ledger_kept_opening kept;
        arena_reset(scratch);
        TRY(ledger_opening_parse(&kept, line, scratch, err));
        if (kept.entry >= first) {
            break;
        }
        before = at;
    }
    *out_length = before;
    return true;
}

static void wipe(struct buffer *buffer)
{
    if (buffer->data) {
        crypto_wipe(buffer->data, buffer->capacity);
    }
}

static bool store_bundle(const char *directory, const struct ledger_vault *vault, uint64_t bundle,
                         const struct ledger_kept_opening *openings, size_t count, struct buffer *lines, struct error *err)
{
    char path[FILES_PATH_SIZE];
    CLEANUP(buffer_value) struct buffer sealed = {.maximum = BUNDLE_BYTES_MAX};
    TRY(read_bundle(directory, vault, bundle, lines, err));
    TRY(kept_length(lines, openings[0].entry, &lines->length, err));
    for (size_t i = 0; i < count; i++) {
        TRY(ledger_opening_print(&openings[i], lines, err) && buffer_append_text(lines, "\n", err));
    }
    TRY(vault->seal(vault->context, bundle, (struct text){(const char *)lines->data, lines->length}, &sealed, err));
    bundle_path(directory, bundle, path);
    return file_write_atomic(path, sealed.data, sealed.length, FILE_MODE, err);
}

bool ledger_openings_keep(const char *directory, const struct ledger_vault *vault, const struct ledger_kept_opening *openings, size_t count,
                          struct error *err)
{
    TRY(directory_create(directory, DIRECTORY_MODE, err));
    for (size_t begin = 0, end = 0; begin < count; begin = end) {
        uint64_t bundle = openings[begin].entry / TILE_WIDTH;
        while (end < count && openings[end].entry / TILE_WIDTH == bundle) {
            end++;
        }
        CLEANUP(buffer_value) struct buffer lines = {.maximum = BUNDLE_BYTES_MAX};
        bool done = store_bundle(directory, vault, bundle, openings + begin, end - begin, &lines, err);
        wipe(&lines);
        TRY(done);
    }
    return true;
}

static bool visit_lines(const struct buffer *lines, bool (*visit)(void *context, const struct ledger_kept_opening *kept, struct error *err),
                        void *context, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct text line;
    size_t at = 0;
    while (next_line(lines, &at, &line)) {
        struct ledger_kept_opening kept;
        arena_reset(scratch);
        TRY(ledger_opening_parse(&kept, line, scratch, err) && visit(context, &kept, err));
    }
    return true;
}

bool ledger_openings_visit(const char *directory, const struct ledger_vault *vault, uint64_t bundle,
                           bool (*visit)(void *context, const struct ledger_kept_opening *kept, struct error *err), void *context,
                           struct error *err)
{
    CLEANUP(buffer_value) struct buffer lines = {.maximum = BUNDLE_BYTES_MAX};
    bool done = read_bundle(directory, vault, bundle, &lines, err) && visit_lines(&lines, visit, context, err);
    wipe(&lines);
    return done;
}

static bool find_openings(const struct buffer *lines, uint64_t entry, struct arena *result,
                          struct ledger_opening out_openings[LEDGER_PRIVATE_MAX], size_t *out_count, struct error *err)
{
    struct text line;
    size_t at = 0, count = 0;
    while (next_line(lines, &at, &line)) {
        struct ledger_kept_opening kept;
        TRY(ledger_opening_parse(&kept, line, result, err));
        if (kept.entry == entry && count < LEDGER_PRIVATE_MAX) {
            out_openings[count++] = kept.opening;
        }
    }
    *out_count = count;
    return true;
}

bool ledger_openings_read(const char *directory, const struct ledger_vault *vault, uint64_t entry, struct arena *result,
                          struct ledger_opening out_openings[LEDGER_PRIVATE_MAX], size_t *out_count, struct error *err)
{
    CLEANUP(buffer_value) struct buffer lines = {.maximum = BUNDLE_BYTES_MAX};
    bool done = read_bundle(directory, vault, entry / TILE_WIDTH, &lines, err) &&
                find_openings(&lines, entry, result, out_openings, out_count, err);
    wipe(&lines);
    return done;
}
