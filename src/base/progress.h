/* SPDX-License-Identifier: EUPL-1.2 */
/* progress: what a long task shows. On a terminal a bar with rate and time left, redrawn at most ten times a second; elsewhere a plain
 * line at most every five seconds. Written to standard error. Thread-safe: progress_add may be called by any worker. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct progress;
/* total 0: unknown, so only count and rate are shown. unit: "rows", "persons". quiet shows nothing. */
struct progress *progress_begin(const char *what, uint64_t total, const char *unit, bool quiet);
void progress_add(struct progress *progress, uint64_t more); /* NULL is fine, here and below */
void progress_total(struct progress *progress, uint64_t total);
void progress_end(struct progress *progress); /* last line with the sum and the rate; frees */
