/* SPDX-License-Identifier: EUPL-1.2 */
/* log: one write for each line, so that lines of several threads never mix. A progress bar on the same terminal is wiped first. */
#include "base/log.h"
#include "base/calendar.h"
#include "base/progress_line.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 2048, WORDS_SIZE = 900 };

static _Atomic int lowest = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&lowest, (int)level);
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return "debug";
    case LOG_LEVEL_INFO:
        return "info";
    case LOG_LEVEL_WARNING:
        return "warning";
    case LOG_LEVEL_ERROR:
        break;
    }
    return "error";
}

/* Time, level and module; returns the length. */
static size_t begin_line(char line[LINE_SIZE], enum log_level level, const char *module)
{
    char time[INSTANT_TEXT_SIZE];
    instant_to_text((instant){clock_unix_seconds() * 1000000}, time);
    int length = snprintf(line, LINE_SIZE, "%s%sZ %-7s %.40s: ", progress_on_screen() ? "\r\033[K" : "", time, level_name(level), module);
    return length > 0 ? (size_t)length : 0;
}

void log_write(enum log_level level, const char *module, const char *format, ...)
{
    if ((int)level < atomic_load_explicit(&lowest, memory_order_relaxed)) {
        return;
    }
    char line[LINE_SIZE], words[WORDS_SIZE];
    size_t length = begin_line(line, level, module);
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    length +=
        text_to_shown(line + length, sizeof line - length - 1, text_of(written < 0 ? "" : words)); /* one line, which steers nothing */
    line[length++] = '\n';
    ssize_t put = write(STDERR_FILENO, line, length);
    (void)put; /* there is nowhere left to tell */
}

void log_error(const char *module, const struct error *err)
{
    log_write(LOG_LEVEL_ERROR, module, "%s (%s)", err->message, error_code_name(err->code));
    for (int i = 0; i < err->context_count; i++) {
        log_write(LOG_LEVEL_ERROR, module, "  in %s", err->context[i]);
    }
    if (err->detail[0]) {
        log_write(LOG_LEVEL_ERROR, module, "  detail: %s", err->detail);
    }
    if (err->hint[0]) {
        log_write(LOG_LEVEL_ERROR, module, "  hint: %s", err->hint);
    }
}
