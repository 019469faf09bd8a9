/* SPDX-License-Identifier: EUPL-1.2 */
/* print: how commands show numbers, sizes and times. */
#include "base/buffer.h"
#include "base/calendar.h"
#include "service/command/commands.h"
#include <stdio.h>
#include <string.h>

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

bool print_buffer(const struct buffer *buffer, struct error *err)
{
    bool is_written = fwrite(buffer->data, 1, buffer->length, stdout) == buffer->length && fputc('\n', stdout) != EOF;
    return is_written || FAIL(err, IO, "standard output cannot be written");
}
