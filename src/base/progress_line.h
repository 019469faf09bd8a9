/* SPDX-License-Identifier: EUPL-1.2 */
/* progress_line: how one moment of a task is written. Private to base; apart from progress.c so that it can be tested without a clock. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROGRESS_LINE_SIZE = 512 };

struct progress_state {
    const char *what, *unit;
    uint64_t done, total; /* total 0: unknown */
    int64_t elapsed_ns;
    unsigned columns; /* of the terminal; 0: no terminal, so no bar */
    bool ended;
};
/* Without a line end; returns the length. */
size_t progress_line_format(char out[PROGRESS_LINE_SIZE], const struct progress_state *state);
/* True while a bar stands on the terminal. */
bool progress_on_screen(void);
