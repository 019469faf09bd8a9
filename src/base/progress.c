/* SPDX-License-Identifier: EUPL-1.2 */
/* progress: workers add to one atomic counter; whoever adds after the time for the next line has come draws it, so there is no thread
 * for this. On a terminal the line is drawn over itself, elsewhere it is printed now and then. */
#include "base/progress.h"
#include "base/calendar.h"
#include "base/progress_line.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const int64_t STEP_TERMINAL_NS = 100 * 1000 * 1000;
static const int64_t STEP_PLAIN_NS = INT64_C(5) * 1000 * 1000 * 1000;

struct progress {
    char what[64], unit[40];
    _Atomic uint64_t done, total;
    int64_t begun_ns;
    _Atomic int64_t next_ns; /* when the next line is due */
    bool quiet, terminal;
    pthread_mutex_t drawing;
};

static _Atomic int bars_on_screen;

bool progress_on_screen(void)
{
    return atomic_load_explicit(&bars_on_screen, memory_order_relaxed) > 0;
}

static unsigned columns_of_terminal(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void draw(struct progress *progress, bool ended)
{
    char line[PROGRESS_LINE_SIZE], out[PROGRESS_LINE_SIZE + 16];
    struct progress_state state = {.what = progress->what, .unit = progress->unit, .ended = ended};
    state.done = atomic_load(&progress->done);
    state.total = atomic_load(&progress->total);
    state.elapsed_ns = clock_monotonic_ns() - progress->begun_ns;
    state.columns = progress->terminal ? columns_of_terminal() : 0;
    progress_line_format(line, &state);
    const char *wiped = progress->terminal ? "\r\033[K" : "";
    int length = snprintf(out, sizeof out, "%s%s%s", wiped, line, ended || !progress->terminal ? "\n" : "");
    ssize_t put = length > 0 ? write(STDERR_FILENO, out, (size_t)length) : 0;
    (void)put; /* progress that nobody sees is no failure */
}

struct progress *progress_begin(const char *what, uint64_t total, const char *unit, bool quiet)
{
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress) {
        return NULL; /* every call takes NULL */
    }
    snprintf(progress->what, sizeof progress->what, "%s", what);
    snprintf(progress->unit, sizeof progress->unit, "%s", unit);
    progress->quiet = quiet;
    progress->terminal = !quiet && isatty(STDERR_FILENO) == 1;
    progress->begun_ns = clock_monotonic_ns();
    atomic_store(&progress->total, total);
    atomic_store(&progress->next_ns, progress->begun_ns + (progress->terminal ? STEP_TERMINAL_NS : STEP_PLAIN_NS));
    pthread_mutex_init(&progress->drawing, NULL);
    atomic_fetch_add(&bars_on_screen, progress->terminal ? 1 : 0);
    return progress;
}

void progress_add(struct progress *progress, uint64_t more)
{
    if (!progress) {
        return;
    }
    atomic_fetch_add_explicit(&progress->done, more, memory_order_relaxed);
    if (progress->quiet || clock_monotonic_ns() < atomic_load_explicit(&progress->next_ns, memory_order_relaxed)) {
        return;
    }
    if (pthread_mutex_trylock(&progress->drawing) != 0) {
        return; /* somebody else draws */
    }
    int64_t now = clock_monotonic_ns();
    if (now >= atomic_load(&progress->next_ns)) {
        draw(progress, false);
        atomic_store(&progress->next_ns, now + (progress->terminal ? STEP_TERMINAL_NS : STEP_PLAIN_NS));
    }
    pthread_mutex_unlock(&progress->drawing);
}

void progress_total(struct progress *progress, uint64_t total)
{
    if (progress) {
        atomic_store(&progress->total, total);
    }
}

void progress_end(struct progress *progress)
{
    if (!progress) {
        return;
    }
    atomic_fetch_sub(&bars_on_screen, progress->terminal ? 1 : 0);
    if (!progress->quiet) {
        draw(progress, true);
    }
    pthread_mutex_destroy(&progress->drawing);
    free(progress);
}
