/* SPDX-License-Identifier: EUPL-1.2 */
/* json: the tree, and errors with a line. The fast parser runs first; only when it refuses does the scanner look for the place. */
#include "base/json.h"
#include "base/file.h"
#include "base/file_internal.h"
#include "base/json_parse.h"
#include "base/json_scan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says where and why. When the scanner finds nothing wrong, the parser is right all the same, and only the place is missing. */
static bool fail_at_line(const char *name, const void *bytes, size_t length, struct error *err)
{
    struct json_scan scan = {.bytes = bytes, .length = length};
    json_scan_document(&scan);
    if (scan.reason) {
        FAIL(err, INVALID_INPUT, "%s, line %u: %s", file_leaf(name), json_scan_line(&scan), scan.reason);
    } else {
        FAIL(err, INVALID_INPUT, "%s is not JSON", file_leaf(name));
    }
    error_detail(err, "%s", name);
    return error_hint(err, "correct the file; it must be JSON as RFC 8259 defines it, in UTF-8");
}

static bool fail_outcome(enum json_outcome outcome, const char *name, const void *bytes, size_t length, struct error *err)
{
    switch (outcome) {
    case JSON_OUTCOME_TOO_DEEP:
        return FAIL(err, LIMIT, "%s, line %u: values are nested deeper than %d levels", file_leaf(name),
                    json_line_of_depth(bytes, length, NULL, 0), JSON_DEPTH_MAX);
    case JSON_OUTCOME_TOO_LARGE:
        return FAIL(err, LIMIT, "%s has more values than one document may have (%d)", file_leaf(name), JSON_NODES_MAX);
    case JSON_OUTCOME_NO_MEMORY:
        return FAIL(err, LIMIT, "the system has no memory to read %s", file_leaf(name));
    case JSON_OUTCOME_PARSED:
    case JSON_OUTCOME_NUMBER:
    case JSON_OUTCOME_INVALID:
        break;
    }
    return fail_at_line(name, bytes, length, err);
}

/* simdjson 3.0.1 refuses an integer that 64 bits do not hold, which RFC 8259 allows. ".0" behind it makes it a number for it, too. */
static bool mark_big_integers(const uint8_t *bytes, size_t length, struct buffer *out, struct error *err)
{
    struct json_scan scan = {.bytes = bytes, .length = length};
    size_t copied = 0;
    while (json_scan_big_integer(&scan)) {
        TRY(buffer_append(out, bytes + copied, scan.position - copied, err));
        TRY(buffer_append_text(out, ".0", err));
        copied = scan.position;
    }
    return buffer_append(out, bytes + copied, length - copied, err);
}

bool json_parse(const struct json **out_root, struct arena *arena, const char *name, const void *bytes, size_t length, struct error *err)
{
    size_t mark = json_scan_mark_length(bytes, length);
    const uint8_t *begin = (const uint8_t *)bytes + mark;
    struct arena_mark before = arena_mark_take(arena);
    enum json_outcome outcome = length > mark ? json_parse_bytes(out_root, arena, begin, length - mark) : JSON_OUTCOME_INVALID;
    if (outcome == JSON_OUTCOME_NUMBER) {
        CLEANUP(buffer_value) struct buffer changed = {.maximum = 2 * length + 64};
        TRY(mark_big_integers(begin, length - mark, &changed, err));
        outcome = json_parse_bytes(out_root, arena, changed.data, changed.length);
    }
    if (outcome != JSON_OUTCOME_PARSED) {
        arena_mark_release(arena, before);
        return fail_outcome(outcome, name, begin, length - mark, err);
    }
    return true;
}

bool json_parse_file(const struct json **out_root, struct arena *arena, const char *path, size_t bytes_max, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = bytes_max};
    TRY(file_read(path, &bytes, err));
    return json_parse(out_root, arena, path, bytes.data ? bytes.data : (const uint8_t *)"", bytes.length, err);
}

/* ---- many documents ---- */
struct json_reader {
    struct json_parser *parser;
    struct arena *document;
};

bool json_reader_create(struct json_reader **out_reader, struct error *err)
{
    struct arena *document = arena_create();
    struct json_reader *reader = malloc(sizeof *reader);
    struct json_parser *parser = json_parser_create();
    if (!reader || !parser) {
        arena_destroy(document);
        json_parser_destroy(parser);
        free(reader);
        return FAIL(err, LIMIT, "the system has no memory to read JSON");
    }
    *reader = (struct json_reader){parser, document};
    *out_reader = reader;
    return true;
}

void json_reader_destroy(struct json_reader *reader)
{
    if (reader) {
        json_parser_destroy(reader->parser);
        arena_destroy(reader->document);
        free(reader);
    }
}

bool json_reader_parse(struct json_reader *reader, const struct json **out_root, const char *name, const void *bytes, size_t length,
                       struct error *err)
{
    const size_t mark = json_scan_mark_length(bytes, length);
    const uint8_t *begin = (const uint8_t *)bytes + mark;
    arena_reset(reader->document);
    enum json_outcome outcome = JSON_OUTCOME_INVALID;
    if (length > mark) {
        outcome = json_parser_read(reader->parser, out_root, reader->document, begin, length - mark);
    }
    if (outcome == JSON_OUTCOME_NUMBER) {
        return json_parse(out_root, reader->document, name, bytes, length, err); /* it knows big integers */
    }
    return outcome == JSON_OUTCOME_PARSED || fail_outcome(outcome, name, begin, length - mark, err);
}

const struct json *json_member_named(const struct json *object, const char *name, size_t length)
{
    if (!object || object->kind != JSON_OBJECT) {
        return NULL;
    }
    for (size_t i = object->count; i-- > 0;) {
        const struct text *at = &object->names[i];
        if (at->length == length && (length == 0 || (at->data[0] == name[0] && memcmp(at->data, name, length) == 0))) {
            return &object->items[i];
        }
    }
    return NULL;
}

const struct json *json_member_text(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, name);
    return member && member->kind == JSON_STRING ? member : NULL;
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_FALSE] = "false",   [JSON_TRUE] = "true",   [JSON_INTEGER] = "integer",
        [JSON_NUMBER] = "number", [JSON_STRING] = "string", [JSON_ARRAY] = "array", [JSON_OBJECT] = "object",
    };
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

unsigned json_line_of_path(const void *bytes, size_t length, const char *path)
{
    struct json_scan scan = {.bytes = bytes, .length = length, .position = json_scan_mark_length(bytes, length)};
    return json_scan_find(&scan, path) ? json_scan_line(&scan) : 0;
}

/* ---- where values are nested too deep ---- */
static bool is_plain(uint8_t byte)
{
    const int folded = byte | 0x20;
    return (byte >= '0' && byte <= '9') || (folded >= 'a' && folded <= 'z') || byte == '_';
}

/* One part of the path, ".Groups" or "[3]"; how long it would be. */
static size_t level_write(const struct json_scan *scan, int depth, char *out, size_t size)
{
    const struct json_scan_level *level = &scan->levels[depth];
    if (level->is_array) {
        return (size_t)snprintf(out, size, "[%zu]", level->index);
    }
    size_t length =
        (size_t)snprintf(out, size, "%s%.*s", depth > 0 ? "." : "", (int)level->name_length, (const char *)scan->bytes + level->name);
    for (size_t i = depth > 0; i < length && i + 1 < size; i++) {
        out[i] = is_plain((uint8_t)out[i]) ? out[i] : '?';
    }
    return length;
}

unsigned json_line_of_depth(const void *bytes, size_t length, char *out_path, size_t size)
{
    struct json_scan scan = {.bytes = bytes, .length = length, .position = json_scan_mark_length(bytes, length)};
    json_scan_document(&scan);
    if (size > 0) {
        out_path[0] = '\0';
    }
    if (scan.reason != json_scan_too_deep) {
        return 0;
    }
    for (int depth = 0; depth < scan.depth && size > 1; depth++) {
        size_t written = level_write(&scan, depth, out_path, size);
        written = written < size ? written : size - 1;
        out_path += written;
        size -= written;
    }
    return json_scan_line(&scan);
}
