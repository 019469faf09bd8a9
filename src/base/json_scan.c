/* SPDX-License-Identifier: EUPL-1.2 */
/* json_scan: RFC 8259 by recursive descent, bounded in depth, without building anything. Used where something went wrong and where a
 * position is asked for, so it is written for clarity and not for speed. */
#include "base/json_scan.h"
#include <string.h>

const char json_scan_too_deep[] = "values are nested too deep";

static bool scan_fail(struct json_scan *scan, const char *reason)
{
    scan->reason = reason;
    return false;
}

/* The byte at the position, or -1 at the end. */
static int peek(const struct json_scan *scan)
{
    return scan->position < scan->length ? scan->bytes[scan->position] : -1;
}

static void skip_blanks(struct json_scan *scan)
{
    for (int byte = peek(scan); byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; byte = peek(scan)) {
        scan->position++;
    }
}

static bool take(struct json_scan *scan, int wanted)
{
    if (peek(scan) != wanted) {
        return false;
    }
    scan->position++;
    return true;
}

static bool read_hex4(struct json_scan *scan, unsigned *out_unit)
{
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        int byte = peek(scan);
        int folded = byte | 0x20;
        if (!(byte >= '0' && byte <= '9') && !(folded >= 'a' && folded <= 'f')) {
            return scan_fail(scan, "\\u is not followed by four hexadecimal digits");
        }
        unit = unit * 16 + (unsigned)(byte <= '9' ? byte - '0' : folded - 'a' + 10);
        scan->position++;
    }
    *out_unit = unit;
    return true;
}

/* RFC 8259 section 7: a character beyond the basic plane is written as a pair of surrogates; one alone is no character. */
static bool skip_unicode_escape(struct json_scan *scan)
{
    unsigned first = 0, second = 0;
    TRY(read_hex4(scan, &first));
    if (first < 0xd800 || first > 0xdfff) {
        return true;
    }
    if (first > 0xdbff || !take(scan, '\\') || !take(scan, 'u')) {
        return scan_fail(scan, "half of a surrogate pair stands alone");
    }
    TRY(read_hex4(scan, &second));
    return (second >= 0xdc00 && second <= 0xdfff) || scan_fail(scan, "half of a surrogate pair stands alone");
}

static bool skip_escape(struct json_scan *scan)
{
    int byte = peek(scan);
    if (byte < 0 || !memchr("\"\\/bfnrtu", byte, 9)) {
        return scan_fail(scan, "a backslash in a string is not followed by one of \" \\ / b f n r t u");
    }
    scan->position++;
    return byte != 'u' || skip_unicode_escape(scan);
}

static bool skip_string(struct json_scan *scan)
{
    if (!take(scan, '"')) {
        return scan_fail(scan, "a string is expected");
    }
    size_t begin = scan->position;
    for (;;) {
        int byte = peek(scan);
        if (byte < 0) {
            return scan_fail(scan, "a string has no end");
        }
        if (byte < 0x20) {
            return scan_fail(scan, "a string contains a line end or another control character");
        }
        if (byte == '"') {
            break;
        }
        scan->position++;
        if (byte == '\\') {
            TRY(skip_escape(scan));
        }
    }
    size_t end = scan->position++;
    return text_is_utf8((struct text){(const char *)scan->bytes + begin, end - begin}) || scan_fail(scan, "a string is not UTF-8");
}

static size_t skip_digits(struct json_scan *scan)
{
    size_t begin = scan->position;
    for (int byte = peek(scan); byte >= '0' && byte <= '9'; byte = peek(scan)) {
        scan->position++;
    }
    return scan->position - begin;
}

static bool skip_number(struct json_scan *scan)
{
    size_t begin = scan->position;
    (void)take(scan, '-');
    bool zero = peek(scan) == '0';
    size_t digits = skip_digits(scan);
    if (digits == 0 || (zero && digits > 1)) {
        return scan_fail(scan, digits ? "a number begins with 0" : "a value is expected");
    }
    if (take(scan, '.') && skip_digits(scan) == 0) {
        return scan_fail(scan, "a number has no digits after its point");
    }
    if (take(scan, 'e') || take(scan, 'E')) {
        (void)(take(scan, '-') || take(scan, '+'));
        if (skip_digits(scan) == 0) {
            return scan_fail(scan, "a number has no digits in its exponent");
        }
    }
    double value;
    if (!text_to_double((struct text){(const char *)scan->bytes + begin, scan->position - begin}, &value)) {
        return scan_fail(scan, "a number is too large");
    }
    return true;
}

static bool skip_word(struct json_scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if (scan->length - scan->position >= length && memcmp(scan->bytes + scan->position, words[i], length) == 0) {
            scan->position += length;
            return true;
        }
    }
    return scan_fail(scan, peek(scan) < 0 ? "the document ends where a value is expected" : "a value is expected");
}

static bool skip_name(struct json_scan *scan)
{
    if (peek(scan) != '"') {
        return scan_fail(scan, "a member name in double quotes is expected");
    }
    const size_t begin = scan->position + 1;
    TRY(skip_string(scan));
    if (scan->depth > 0) {
        struct json_scan_level *level = &scan->levels[scan->depth - 1];
        level->name = begin;
        level->name_length = scan->position - 1 - begin;
    }
    skip_blanks(scan);
    return take(scan, ':') || scan_fail(scan, "a colon is expected after a member name");
}

static bool skip_container(struct json_scan *scan, int close, bool named)
{
    if (scan->depth == JSON_DEPTH_MAX) {
        return scan_fail(scan, json_scan_too_deep);
    }
    struct json_scan_level *level = &scan->levels[scan->depth++];
    *level = (struct json_scan_level){.is_array = !named};
    scan->position++;
    skip_blanks(scan);
    if (!take(scan, close)) {
        do {
            skip_blanks(scan);
            if (named) {
                TRY(skip_name(scan));
            }
            TRY(json_scan_value(scan));
            skip_blanks(scan);
            level->index++;
        } while (take(scan, ','));
        if (!take(scan, close)) {
            return scan_fail(scan, named ? "a comma or } is expected" : "a comma or ] is expected");
        }
    }
    scan->depth--;
    return true;
}

bool json_scan_value(struct json_scan *scan)
{
    skip_blanks(scan);
    int byte = peek(scan);
    if (byte == '{') {
        return skip_container(scan, '}', true);
    }
    if (byte == '[') {
        return skip_container(scan, ']', false);
    }
    if (byte == '"') {
        return skip_string(scan);
    }
    return byte == '-' || (byte >= '0' && byte <= '9') ? skip_number(scan) : skip_word(scan);
}

size_t json_scan_mark_length(const void *bytes, size_t length)
{
    return length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

void json_scan_document(struct json_scan *scan)
{
    skip_blanks(scan);
    if (scan->position == scan->length) {
        (void)scan_fail(scan, "the document is empty");
        return;
    }
    if (json_scan_value(scan)) {
        skip_blanks(scan);
        if (scan->position < scan->length) {
            (void)scan_fail(scan, "something follows after the end of the document");
        }
    }
}

unsigned json_scan_line(const struct json_scan *scan)
{
    unsigned line = 1;
    for (size_t i = 0; i < scan->position && i < scan->length; i++) {
        line += scan->bytes[i] == '\n';
    }
    return line;
}

/* The member of the object at the position whose name is the first part of the path; of duplicates the last, as json_member does. */
static bool find_member(struct json_scan *scan, const char **path)
{
    bool found = false;
    size_t at = 0, name_length = 0;
    scan->position++;
    skip_blanks(scan);
    while (peek(scan) == '"') {
        size_t name = scan->position + 1;
        TRY(skip_name(scan));
        size_t end = scan->position - 1;
        while (scan->bytes[end] != '"') {
            end--;
        }
        skip_blanks(scan);
        size_t length = end - name;
        if (length >= name_length && strncmp((const char *)scan->bytes + name, *path, length) == 0 && strchr(".[", (*path)[length])) {
            found = true;
            at = scan->position;
            name_length = length;
        }
        TRY(json_scan_value(scan));
        skip_blanks(scan);
        (void)take(scan, ',');
        skip_blanks(scan);
    }
    scan->position = at;
    *path += name_length;
    return found;
}

/* The item whose index stands in [] at the begin of the path. */
static bool find_item(struct json_scan *scan, const char **path)
{
    const char *end = strchr(*path, ']');
    int64_t index = 0;
    if (!end || !text_to_i64((struct text){*path + 1, (size_t)(end - *path - 1)}, &index) || index < 0) {
        return false;
    }
    scan->position++;
    skip_blanks(scan);
    for (; index > 0; index--) {
        TRY(json_scan_value(scan));
        skip_blanks(scan);
        TRY(take(scan, ','));
    }
    skip_blanks(scan);
    *path = end + 1;
    return peek(scan) >= 0 && peek(scan) != ']';
}

bool json_scan_find(struct json_scan *scan, const char *path)
{
    skip_blanks(scan);
    while (*path) {
        if (*path == '[') {
            TRY(peek(scan) == '[' && find_item(scan, &path));
            continue;
        }
        path += *path == '.' ? 1 : 0;
        TRY(peek(scan) == '{' && find_member(scan, &path));
    }
    return scan->position < scan->length;
}

static bool is_big_integer(struct text number)
{
    int64_t value;
    for (size_t i = 0; i < number.length; i++) {
        if (number.data[i] == '.' || (number.data[i] | 0x20) == 'e') {
            return false;
        }
    }
    return !text_to_i64(number, &value);
}

bool json_scan_big_integer(struct json_scan *scan)
{
    for (;;) {
        int byte = peek(scan);
        if (byte < 0) {
            return false;
        }
        if (byte == '"') {
            TRY(skip_string(scan));
        } else if (byte == '-' || (byte >= '0' && byte <= '9')) {
            size_t begin = scan->position;
            TRY(skip_number(scan));
            if (is_big_integer((struct text){(const char *)scan->bytes + begin, scan->position - begin})) {
                return true;
            }
        } else {
            scan->position++;
        }
    }
}
