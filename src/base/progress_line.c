/* SPDX-License-Identifier: EUPL-1.2 */
/* progress_line: the words, the rate, the time left, and a bar where there is room for one. */
#include "base/progress_line.h"
#include <stdio.h>
#include <string.h>

enum { BAR_CELLS = 30, NUMBER_SIZE = 32 };

/* 1234567 -> "1,234,567" */
static void write_grouped(char out[NUMBER_SIZE], uint64_t number)
{
    char digits[NUMBER_SIZE];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

/* "12.3 M", "812" */
static void write_rate(char out[NUMBER_SIZE], double rate)
{
    static const struct {
        double from;
        const char *letter;
    } steps[] = {{1e9, "G"}, {1e6, "M"}, {1e4, "k"}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (rate >= steps[i].from) {
            double unit = steps[i].from == 1e4 ? 1e3 : steps[i].from;
            snprintf(out, NUMBER_SIZE, "%.1f %s", rate / unit, steps[i].letter);
            return;
        }
    }
    snprintf(out, NUMBER_SIZE, "%.0f", rate);
}

/* "0:07", "12:31", "3:05:00" */
static void write_time(char out[NUMBER_SIZE], double seconds)
{
    unsigned long whole = seconds < 0 ? 0 : seconds > 3.6e6 ? 3600000 : (unsigned long)(seconds + 0.5);
    if (whole >= 3600) {
        snprintf(out, NUMBER_SIZE, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        snprintf(out, NUMBER_SIZE, "%lu:%02lu", whole / 60, whole % 60);
    }
}

static void write_bar(char out[BAR_CELLS + 4], double share)
{
    size_t full = (size_t)(share * BAR_CELLS);
    out[0] = '[';
    memset(out + 1, '#', full);
    memset(out + 1 + full, '.', BAR_CELLS - full);
    memcpy(out + 1 + BAR_CELLS, "] ", 3);
}

/* What stands between the name and the rate: how far it is. */
static void write_position(char *out, size_t size, const struct progress_state *state)
{
    char done[NUMBER_SIZE], total[NUMBER_SIZE], bar[BAR_CELLS + 4] = "";
    write_grouped(done, state->done);
    if (state->total == 0 || state->ended) {
        snprintf(out, size, "%s %.40s", done, state->unit);
        return;
    }
    double share = state->done >= state->total ? 1 : (double)state->done / (double)state->total;
    if (state->columns >= 100) {
        write_bar(bar, share);
    }
    write_grouped(total, state->total);
    snprintf(out, size, "%s%3.0f %%  %s of %s %.40s", bar, share * 100, done, total, state->unit);
}

size_t progress_line_format(char out[PROGRESS_LINE_SIZE], const struct progress_state *state)
{
    char position[200], rate[NUMBER_SIZE], time[NUMBER_SIZE];
    double seconds = (double)state->elapsed_ns / 1e9;
    double each_second = seconds > 0 ? (double)state->done / seconds : 0;
    write_position(position, sizeof position, state);
    write_rate(rate, each_second);
    int length = snprintf(out, PROGRESS_LINE_SIZE, "%.60s: %s", state->what, position);
    if (seconds > 0) {
        length += snprintf(out + length, PROGRESS_LINE_SIZE - (size_t)length, ", %s %.40s/s", rate, state->unit);
    }
    if (state->ended) {
        length += snprintf(out + length, PROGRESS_LINE_SIZE - (size_t)length, " (%.1f s)", seconds);
    } else if (state->total > state->done && each_second > 0) {
        write_time(time, (double)(state->total - state->done) / each_second);
        length += snprintf(out + length, PROGRESS_LINE_SIZE - (size_t)length, ", %s left", time);
    }
    if (state->columns > 1 && (unsigned)length >= state->columns) { /* a line that wraps cannot be drawn over */
        length = (int)state->columns - 1;
        out[length] = '\0';
    }
    return (size_t)length;
}
