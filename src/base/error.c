/* SPDX-License-Identifier: EUPL-1.2 */
/* error: filling and reading struct error. Everything that goes in becomes one printable line of bounded length, cut at a character and
 * never inside one, because messages end on terminals, in logs and in JSON. */
#include "base/error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 400 };

/* Cuts an unfinished UTF-8 sequence from the end: the formatting stopped where the room ended. */
static size_t whole_characters(const char *line, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 4) {
        unsigned char byte = (unsigned char)line[--start];
        if (byte < 0x80) {
            return length;
        }
        if (byte >= 0xc0) {
            size_t wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
            return length - start < wanted ? start : length;
        }
    }
    return length;
}

/* Formats into a place of its own first: the arguments may point into the error that is being filled. */
__attribute__((__format__(__printf__, 3, 0))) static void format_line(char *out, size_t size, const char *format, va_list arguments)
{
    char line[LINE_MAX_BYTES];
    int written = vsnprintf(line, size < sizeof line ? size : sizeof line, format, arguments);
    size_t room = size < sizeof line ? size : sizeof line;
    size_t length = written < 0 ? 0 : (size_t)written;
    if (length >= room) {
        length = whole_characters(line, room - 1);
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)line[i];
        out[i] = byte < 0x20 || byte == 0x7f ? ' ' : line[i];
    }
    out[length] = '\0';
}

static void start(struct error *err, enum error_code code, const char *file, int line)
{
    err->code = code;
    err->source_file = file;
    err->source_line = line;
    err->context_count = 0;
    err->detail[0] = '\0';
    err->hint[0] = '\0';
}

bool error_set(struct error *err, enum error_code code, const char *file, int line, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        char message[sizeof err->message];
        format_line(message, sizeof message, format, arguments);
        va_end(arguments);
        start(err, code, file, line);
        memcpy(err->message, message, sizeof message);
    }
    return false;
}

static enum error_code code_of_errno(int number)
{
    switch (number) {
    case ENOENT:
        return ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERROR_DENIED;
    default:
        return ERROR_IO;
    }
}

bool error_set_errno(struct error *err, const char *path, const char *file, int line, const char *format, ...)
{
    int number = errno;
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        char message[sizeof err->message];
        format_line(message, sizeof message, format, arguments);
        va_end(arguments);
        char words[128];
        const char *text = strerror_r(number, words, sizeof words); /* the GNU one, thread-safe */
        start(err, code_of_errno(number), file, line);
        memcpy(err->message, message, sizeof message);
        error_detail(err, "%s: %s", path ? path : "-", text);
    }
    return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        format_line(err->hint, sizeof err->hint, format, arguments);
        va_end(arguments);
    }
    return false;
}

bool error_detail(struct error *err, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        format_line(err->detail, sizeof err->detail, format, arguments);
        va_end(arguments);
    }
    return false;
}

/* The first lines are nearest to the fault and are kept; what comes when there is no room is dropped. */
bool error_context(struct error *err, const char *format, ...)
{
    if (err && err->context_count < ERROR_CONTEXT_MAX) {
        va_list arguments;
        va_start(arguments, format);
        format_line(err->context[err->context_count], sizeof err->context[0], format, arguments);
        va_end(arguments);
        err->context_count++;
    }
    return false;
}

void error_clear(struct error *err)
{
    if (err) {
        start(err, ERROR_NONE, NULL, 0);
        err->message[0] = '\0';
    }
}

struct code_facts {
    const char *name;
    int exit_code, http_status;
};

static struct code_facts facts_of(enum error_code code)
{
    static const struct code_facts table[] = {
#define CODE_ROW(name, exit_code, http) [ERROR_##name] = {#name, exit_code, http},
        ERROR_CODE_TABLE(CODE_ROW)
#undef CODE_ROW
    };
    size_t at = (size_t)code;
    return at < sizeof table / sizeof table[0] ? table[at] : table[ERROR_INTERNAL];
}

const char *error_code_name(enum error_code code)
{
    return facts_of(code).name;
}

int error_exit_code(enum error_code code)
{
    return facts_of(code).exit_code;
}

int error_http_status(enum error_code code)
{
    return facts_of(code).http_status;
}
