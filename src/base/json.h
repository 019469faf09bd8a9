/* SPDX-License-Identifier: EUPL-1.2 */
/* json: a read-only document tree (parsed by simdjson behind one C++ file, limits on bytes and depth) and a writer. JSON is written
 * only through here. Nodes and texts live in the arena given to json_parse. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_INTEGER, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    int64_t integer;          /* JSON_INTEGER */
    double number;            /* JSON_INTEGER and JSON_NUMBER */
    struct text text;         /* JSON_STRING, UTF-8, unescaped, also NUL-terminated; JSON_NUMBER and JSON_INTEGER: unused */
    size_t count;             /* items of an array, members of an object */
    const struct json *items; /* array: the items; object: the values */
    const struct text *names; /* object: the names, same order as items; duplicates are kept (json_member gives the last) */
};

enum { JSON_DEPTH_MAX = 64 };

/* A leading BOM is skipped. INVALID_INPUT names `name` and the line. bytes need no padding and may be freed afterwards. */
MUST_CHECK bool json_parse(const struct json **out_root, struct arena *arena, const char *name, const void *bytes, size_t length,
                           struct error *err);
MUST_CHECK bool json_parse_file(const struct json **out_root, struct arena *arena, const char *path, size_t bytes_max, struct error *err);
/* For many documents one after the other (lines of NDJSON): the parser and its memory are kept, nothing is copied. The tree and its texts
 * are valid until the next parse. `bytes` must be followed by JSON_PADDING bytes that may be read, whatever they are. */
enum { JSON_PADDING = 64 };
struct json_reader;
MUST_CHECK bool json_reader_create(struct json_reader **out_reader, struct error *err);
void json_reader_destroy(struct json_reader *reader);
DEFINE_CLEANUP(json_reader, json_reader_destroy)
MUST_CHECK bool json_reader_parse(struct json_reader *reader, const struct json **out_root, const char *name, const void *bytes,
                                  size_t length, struct error *err);
const struct json *json_member_named(const struct json *object, const char *name, size_t length);
static inline const struct json *json_member(const struct json *object,
                                             const char *name) /* NULL when absent, or when object is no object */
{
    return json_member_named(object, name, __builtin_strlen(name)); /* of a literal, known when it is compiled */
}
const struct json *json_member_text(const struct json *object, const char *name); /* NULL also when it is no text */
const char *json_kind_name(enum json_kind kind);
/* Line (1-based) on which the value at a path such as "PrimaryCriteria.CriteriaList[2].Death" begins in the source, or 0. */
unsigned json_line_of_path(const void *bytes, size_t length, const char *path);

/* Where the first value is that is nested deeper than JSON_DEPTH_MAX: its line (0: there is none), and its path with what is no letter,
 * digit or underscore of a name replaced, cut after the room given. */
unsigned json_line_of_depth(const void *bytes, size_t length, char *out_path, size_t size);

/* Writing: bytes that are not UTF-8 become U+FFFD, and "</" and "<!" are escaped, so that a document can stand in a page. */
struct json_writer {
    struct buffer *out;
    int depth;
    bool indented; /* two blanks a level */
    bool first[JSON_DEPTH_MAX];
    bool after_name;
};
MUST_CHECK bool json_begin_object(struct json_writer *writer, struct error *err);
MUST_CHECK bool json_end_object(struct json_writer *writer, struct error *err);
MUST_CHECK bool json_begin_array(struct json_writer *writer, struct error *err);
MUST_CHECK bool json_end_array(struct json_writer *writer, struct error *err);
MUST_CHECK bool json_name(struct json_writer *writer, const char *name, struct error *err);
MUST_CHECK bool json_text(struct json_writer *writer, struct text text, struct error *err);
MUST_CHECK bool json_i64(struct json_writer *writer, int64_t value, struct error *err);
MUST_CHECK bool json_double(struct json_writer *writer, double value, struct error *err); /* NaN and infinities become null */
MUST_CHECK bool json_bool(struct json_writer *writer, bool value, struct error *err);
MUST_CHECK bool json_null(struct json_writer *writer, struct error *err);
/* What was parsed, as it stands: whole. */
MUST_CHECK bool json_value(struct json_writer *writer, const struct json *node, struct error *err);
/* A member: its name and its value. */
MUST_CHECK bool json_named_text(struct json_writer *writer, const char *name, const char *value, struct error *err);
MUST_CHECK bool json_named_i64(struct json_writer *writer, const char *name, int64_t value, struct error *err);
MUST_CHECK bool json_named_u64(struct json_writer *writer, const char *name, uint64_t value, struct error *err); /* below 2^63 */
MUST_CHECK bool json_named_double(struct json_writer *writer, const char *name, double value, struct error *err);
MUST_CHECK bool json_named_bool(struct json_writer *writer, const char *name, bool value, struct error *err);
