/* SPDX-License-Identifier: EUPL-1.2 */
/* json_write: JSON out, one call for each token. A wrong order of calls is a programming mistake and asserts; what data can do (depth,
 * size) fails. Texts that are not UTF-8 are written with U+FFFD, so that an error report never fails for the sake of a file name. */
#include "base/json.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static bool new_line(struct json_writer *writer, struct error *err)
{
    TRY(buffer_append(writer->out, "\n", 1, err));
    for (int i = 0; i < writer->depth; i++) {
        TRY(buffer_append(writer->out, "  ", 2, err));
    }
    return true;
}

/* The comma and the line before a member or an item. */
static bool separate(struct json_writer *writer, struct error *err)
{
    if (writer->depth == 0) {
        return true;
    }
    bool *first = &writer->first[writer->depth - 1];
    if (!*first) {
        TRY(buffer_append(writer->out, ",", 1, err));
    }
    *first = false;
    return !writer->indented || new_line(writer, err);
}

static bool begin_value(struct json_writer *writer, struct error *err)
{
    if (writer->after_name) {
        writer->after_name = false;
        return true;
    }
    return separate(writer, err);
}

static bool begin_container(struct json_writer *writer, const char *opening, struct error *err)
{
    if (writer->depth == JSON_DEPTH_MAX) {
        return FAIL(err, LIMIT, "values are nested deeper than %d levels", JSON_DEPTH_MAX);
    }
    TRY(begin_value(writer, err));
    writer->first[writer->depth++] = true;
    return buffer_append(writer->out, opening, 1, err);
}

static bool end_container(struct json_writer *writer, const char *closing, struct error *err)
{
    assert(writer->depth > 0 && !writer->after_name);
    writer->depth--;
    if (writer->indented && !writer->first[writer->depth]) {
        TRY(new_line(writer, err));
    }
    return buffer_append(writer->out, closing, 1, err);
}

bool json_begin_object(struct json_writer *writer, struct error *err)
{
    return begin_container(writer, "{", err);
}

bool json_end_object(struct json_writer *writer, struct error *err)
{
    return end_container(writer, "}", err);
}

bool json_begin_array(struct json_writer *writer, struct error *err)
{
    return begin_container(writer, "[", err);
}

bool json_end_array(struct json_writer *writer, struct error *err)
{
    return end_container(writer, "]", err);
}

/* What must not stand in a string as it is. "</" and "<!" end or change a script element, and documents are embedded in pages. */
static bool append_special(struct buffer *out, unsigned char byte, struct error *err)
{
    static const char letters[] = "btnvfr"; /* 8 to 13 */
    switch (byte) {
    case '"':
        return buffer_append(out, "\\\"", 2, err);
    case '\\':
        return buffer_append(out, "\\\\", 2, err);
    case '<':
        return buffer_append(out, "\\u003c", 6, err);
    default:
        break;
    }
    if (byte >= 8 && byte <= 13 && byte != 11) {
        return buffer_append_format(out, err, "\\%c", letters[byte - 8]);
    }
    return buffer_append_format(out, err, "\\u%04x", (unsigned)byte);
}

/* Length of the character at `at`: 1 for ASCII, 2 to 4, or 0 when the bytes are no character. */
static size_t character_length(struct text text, size_t at)
{
    size_t left = text.length - at;
    for (size_t length = 1; length <= 4 && length <= left; length++) {
        if (text_is_utf8((struct text){text.data + at, length})) {
            return length;
        }
    }
    return 0;
}

static bool is_special(struct text text, size_t at)
{
    unsigned char byte = (unsigned char)text.data[at];
    bool opens = byte == '<' && at + 1 < text.length && (text.data[at + 1] == '/' || text.data[at + 1] == '!');
    return byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\' || opens;
}

/* U+0080 to U+009F, which steer some terminals: C2 80 to C2 9F. */
static bool is_high_control(struct text text, size_t at)
{
    return (unsigned char)text.data[at] == 0xc2 && at + 1 < text.length && (unsigned char)text.data[at + 1] < 0xa0;
}

static bool append_string(struct buffer *out, struct text text, struct error *err)
{
    TRY(buffer_append(out, "\"", 1, err));
    bool valid = text_is_utf8(text);
    size_t copied = 0;
    for (size_t at = 0; at < text.length;) {
        size_t length = valid ? 1 : character_length(text, at);
        if (length > 0 && !is_special(text, at) && !is_high_control(text, at)) {
            at += length;
            continue;
        }
        TRY(buffer_append(out, text.data + copied, at - copied, err));
        at += length > 0 && is_high_control(text, at); /* its second byte is its number */
        TRY(length == 0 ? buffer_append(out, "\xef\xbf\xbd", 3, err) : append_special(out, (unsigned char)text.data[at], err));
        copied = ++at;
    }
    TRY(buffer_append(out, text.data + copied, text.length - copied, err));
    return buffer_append(out, "\"", 1, err);
}

bool json_name(struct json_writer *writer, const char *name, struct error *err)
{
    assert(writer->depth > 0 && !writer->after_name);
    TRY(separate(writer, err));
    TRY(append_string(writer->out, text_of(name), err));
    writer->after_name = true;
    return buffer_append(writer->out, ": ", writer->indented ? 2 : 1, err);
}

bool json_text(struct json_writer *writer, struct text text, struct error *err)
{
    TRY(begin_value(writer, err));
    return append_string(writer->out, text, err);
}

static bool append_plain(struct json_writer *writer, const char *word, size_t length, struct error *err)
{
    TRY(begin_value(writer, err));
    return buffer_append(writer->out, word, length, err);
}

bool json_i64(struct json_writer *writer, int64_t value, struct error *err)
{
    char digits[TEXT_NUMBER_SIZE];
    return append_plain(writer, digits, text_from_i64(value, digits), err);
}

bool json_double(struct json_writer *writer, double value, struct error *err)
{
    char digits[TEXT_NUMBER_SIZE];
    return isfinite(value) ? append_plain(writer, digits, text_from_double(value, digits), err) : json_null(writer, err);
}

bool json_bool(struct json_writer *writer, bool value, struct error *err)
{
    return value ? append_plain(writer, "true", 4, err) : append_plain(writer, "false", 5, err);
}

bool json_null(struct json_writer *writer, struct error *err)
{
    return append_plain(writer, "null", 4, err);
}

bool json_value(struct json_writer *writer, const struct json *node, struct error *err)
{
    switch (node->kind) {
    case JSON_NULL:
        return json_null(writer, err);
    case JSON_FALSE:
    case JSON_TRUE:
        return json_bool(writer, node->kind == JSON_TRUE, err);
    case JSON_INTEGER:
        return json_i64(writer, node->integer, err);
    case JSON_NUMBER:
        return json_double(writer, node->number, err);
    case JSON_STRING:
        return json_text(writer, node->text, err);
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    bool is_object = node->kind == JSON_OBJECT;
    TRY(is_object ? json_begin_object(writer, err) : json_begin_array(writer, err));
    for (size_t i = 0; i < node->count; i++) {
        TRY(!is_object || json_name(writer, node->names[i].data, err));
        TRY(json_value(writer, &node->items[i], err));
    }
    return is_object ? json_end_object(writer, err) : json_end_array(writer, err);
}

bool json_named_text(struct json_writer *writer, const char *name, const char *value, struct error *err)
{
    return json_name(writer, name, err) && json_text(writer, text_of(value), err);
}

bool json_named_i64(struct json_writer *writer, const char *name, int64_t value, struct error *err)
{
    return json_name(writer, name, err) && json_i64(writer, value, err);
}

bool json_named_u64(struct json_writer *writer, const char *name, uint64_t value, struct error *err)
{
    return json_named_i64(writer, name, (int64_t)value, err);
}

bool json_named_double(struct json_writer *writer, const char *name, double value, struct error *err)
{
    return json_name(writer, name, err) && json_double(writer, value, err);
}

bool json_named_bool(struct json_writer *writer, const char *name, bool value, struct error *err)
{
    return json_name(writer, name, err) && json_bool(writer, value, err);
}
