/* SPDX-License-Identifier: EUPL-1.2 */
/* print: how commands show lines, numbers, sizes and times. */
#include "base/buffer.h"
#include "base/calendar.h"
#include "service/command/commands.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 8192, SHOWN_SIZE = 4 * LINE_SIZE + 1 }; /* an escape takes four bytes for one at most */

const char *count_text(uint64_t count, char out[COUNT_TEXT_SIZE])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    int at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[at++] = ' ';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *bytes_text(uint64_t bytes, char out[COUNT_TEXT_SIZE])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    int unit = 0;
    while (value >= 1000 && unit < 4) {
        value /= 1000;
        unit++;
    }
    snprintf(out, COUNT_TEXT_SIZE, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return out;
}

const char *time_text(int64_t unix_seconds, char out[COUNT_TEXT_SIZE])
{
    char text[INSTANT_TEXT_SIZE];
    instant_to_text((instant){unix_seconds * 1000000}, text);
    snprintf(out, COUNT_TEXT_SIZE, "%.19s UTC", text);
    return out;
}

static bool show(struct text line)
{
    char shown[SHOWN_SIZE];
    size_t length = text_to_shown(shown, sizeof shown, line);
    return fwrite(shown, 1, length, stdout) == length;
}

void print_line(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    (void)(show(text_of(length < 0 ? "" : line)) && fputc('\n', stdout)); /* command_main asks whether standard output could be written */
}

/* Nothing that a program printed has control characters in it but line breaks; names out of a definition may. */
static bool print_words(struct text text)
{
    bool done = true;
    while (done && text.length > 0) {
        size_t length = text.length < LINE_SIZE ? text.length : LINE_SIZE;
        const char *end = memchr(text.data, '\n', length);
        length = end ? (size_t)(end - text.data) : length;
        while (!end && length < text.length && length > 1 && (text.data[length] & 0xc0) == 0x80) { /* never within a character */
            length--;
        }
        done = show((struct text){text.data, length}) && (!end || fputc('\n', stdout) != EOF);
        length += end ? 1 : 0;
        text.data += length;
        text.length -= length;
    }
    return done && fputc('\n', stdout) != EOF;
}

bool print_buffer(const struct buffer *buffer, struct error *err)
{
    bool is_written = print_words((struct text){(const char *)buffer->data, buffer->length});
    return is_written || FAIL(err, IO, "standard output cannot be written");
}
