/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of json: the parser and the scanner must agree on what is well formed, and what is parsed, written and parsed again is
 * the same tree. */
#include "base/json.h"
#include "base/json_scan.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names end at a NUL inside them, and a whole number comes back as an integer: neither is a difference here. */
static bool same(const struct json *a, const struct json *b)
{
    assert(a->kind != JSON_STRING || (text_is_utf8(a->text) && a->text.data[a->text.length] == '\0'));
    bool numbers = a->kind == JSON_NUMBER && (b->kind == JSON_NUMBER || b->kind == JSON_INTEGER);
    if (numbers) {
        return a->number == b->number;
    }
    if (a->kind != b->kind || a->count != b->count || a->integer != b->integer || !text_equal(a->text, b->text)) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!same(&a->items[i], &b->items[i]) || (a->names && strcmp(a->names[i].data, b->names[i].data) != 0)) {
            return false;
        }
    }
    return true;
}

static void write_and_read_back(struct arena *arena, const struct json *root, size_t size)
{
    struct error err;
    const struct json *again = NULL;
    for (int indented = 0; indented < 2; indented++) {
        CLEANUP(buffer_value) struct buffer out = {.maximum = 4096 + 256 * size};
        struct json_writer writer = {.out = &out, .indented = indented};
        bool done = json_value(&writer, root, &err) && json_parse(&again, arena, "again", out.data, out.length, &err);
        assert(done && same(root, again));
    }
}

/* The reader that is kept takes and gives the same. It parses something else first, which must leave no trace. */
static void read_with_kept(const struct json *root, const uint8_t *data, size_t size)
{
    struct error err;
    CLEANUP(json_reader) struct json_reader *reader = NULL;
    CLEANUP(buffer_value) struct buffer padded = {.maximum = size + JSON_PADDING};
    static const char first[JSON_PADDING + 20] = "{\"a\":[1,\"x\"]}";
    static const uint8_t padding[JSON_PADDING];
    const struct json *read = NULL;
    bool done = json_reader_create(&reader, &err) && json_reader_parse(reader, &read, "first", first, 13, &err);
    done = done && buffer_append(&padded, data, size, &err) && buffer_append(&padded, padding, sizeof padding, &err);
    assert(done);
    done = json_reader_parse(reader, &read, "fuzz", padded.data, size, &err);
    assert(done == (root != NULL));
    assert(!done || same(root, read));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *root = NULL;
    bool parsed = json_parse(&root, arena, "fuzz", data, size, &err);
    struct json_scan scan = {.bytes = data, .length = size, .position = json_scan_mark_length(data, size)};
    json_scan_document(&scan);
    assert(parsed == (scan.reason == NULL));
    assert(parsed || err.code == ERROR_INVALID_INPUT || err.code == ERROR_LIMIT);
    read_with_kept(parsed ? root : NULL, data, size);
    if (parsed) {
        write_and_read_back(arena, root, size);
    }
    static const char *const paths[] = {"", "a", "a[1].b", "[0]", "a.b.c[2][3]"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)json_line_of_path(data, size, paths[i]);
    }
    return 0;
}
