/* SPDX-License-Identifier: EUPL-1.2 */
/* matcher: many byte strings searched in one pass (Aho and Corasick, 1975). Private to drill. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct matcher_pattern {
    const uint8_t *bytes;
    size_t length; /* at least 1 */
};
struct matcher;
/* The patterns are distinct, and borrowed. LIMIT when they need more than 2^31 states. */
MUST_CHECK bool matcher_create(struct matcher **out_matcher, const struct matcher_pattern *patterns, size_t count, struct error *err);
void matcher_destroy(struct matcher *matcher);
DEFINE_CLEANUP(matcher, matcher_destroy)
/* Calls hit for each place where a pattern ends (`end`: bytes up to and with its last). *state is 0 at the beginning of a text, and goes on
 * from piece to piece. Any number of threads, each with its state. */
void matcher_run(const struct matcher *matcher, uint32_t *state, const uint8_t *bytes, size_t length,
                 void (*hit)(void *context, uint32_t pattern, size_t end), void *context);
