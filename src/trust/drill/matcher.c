/* SPDX-License-Identifier: EUPL-1.2 */
/* matcher: the automaton is built level by level from the sorted patterns, so that the children of a state lie side by side. The root and
 * its children, where noise spends its time, have full tables; deeper states follow their failure links. */
#include "trust/drill/matcher.h"
#include "base/arena.h"
#include "base/buffer.h"
#include <stdlib.h>
#include <string.h>

enum { BYTES = 256, STATES_MAX = 1 << 30 };

struct state {
    uint32_t first_child, fail;
    uint32_t output;  /* pattern + 1, or 0 */
    uint32_t shorter; /* the next state on the way of failures that has an output, or 0 */
    uint16_t children;
    uint8_t byte; /* that leads here */
};
/* While building: which of the sorted patterns pass through a state. */
struct range {
    uint32_t low, high, depth, parent;
};
DEFINE_ARRAY(states, struct state)
DEFINE_ARRAY(ranges, struct range)

struct matcher {
    struct states states;
    uint32_t (*dense)[BYTES]; /* of states 0 to dense_last */
    uint32_t dense_last;
};
struct sorted {
    struct matcher_pattern pattern;
    uint32_t number;
};

static int compare_patterns(const void *a, const void *b)
{
    const struct matcher_pattern *left = &((const struct sorted *)a)->pattern, *right = &((const struct sorted *)b)->pattern;
    size_t shared = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->bytes, right->bytes, shared);
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

static bool add_children(struct states *states, struct ranges *ranges, const struct sorted *sorted, uint32_t parent, struct error *err)
{
    struct range range = ranges->items[parent];
    if (range.low < range.high && sorted[range.low].pattern.length == range.depth) {
        states->items[parent].output = sorted[range.low].number + 1;
        range.low++;
    }
    states->items[parent].first_child = (uint32_t)states->count;
    while (range.low < range.high) {
        uint8_t byte = sorted[range.low].pattern.bytes[range.depth];
        uint32_t end = range.low + 1;
        while (end < range.high && sorted[end].pattern.bytes[range.depth] == byte) {
            end++;
        }
        TRY(states_append(states, (struct state){.byte = byte}, err));
        TRY(ranges_append(ranges, (struct range){range.low, end, range.depth + 1, parent}, err));
        states->items[parent].children++;
        range.low = end;
    }
    return true;
}

/* 0 when there is none: no child is the root. */
static uint32_t child_of(const struct states *states, uint32_t at, uint8_t byte)
{
    const struct state *state = &states->items[at];
    for (uint32_t i = 0; i < state->children; i++) {
        if (states->items[state->first_child + i].byte == byte) {
            return state->first_child + i;
        }
    }
    return 0;
}

static void link_failures(struct states *states, const struct ranges *ranges)
{
    for (uint32_t i = 1; i < states->count; i++) {
        struct state *state = &states->items[i];
        uint32_t parent = ranges->items[i].parent;
        for (uint32_t at = parent; at != 0 && state->fail == 0;) {
            at = states->items[at].fail;
            state->fail = child_of(states, at, state->byte);
        }
        const struct state *fail = &states->items[state->fail];
        state->shorter = fail->output ? state->fail : fail->shorter;
    }
}

static bool make_dense(struct matcher *matcher, struct error *err)
{
    matcher->dense_last = matcher->states.items[0].children;
    matcher->dense = calloc(matcher->dense_last + 1, sizeof *matcher->dense);
    if (!matcher->dense) {
        return FAIL(err, LIMIT, "no memory left to search for that many strings");
    }
    for (uint32_t at = 0; at <= matcher->dense_last; at++) {
        for (int byte = 0; byte < BYTES; byte++) {
            uint32_t next = child_of(&matcher->states, at, (uint8_t)byte);
            matcher->dense[at][byte] = next || at == 0 ? next : matcher->dense[0][byte];
        }
    }
    return true;
}

static bool build(struct matcher *matcher, struct ranges *ranges, const struct sorted *sorted, size_t count, struct error *err)
{
    TRY(states_append(&matcher->states, (struct state){0}, err));
    TRY(ranges_append(ranges, (struct range){.high = (uint32_t)count}, err));
    for (uint32_t i = 0; i < matcher->states.count; i++) {
        TRY(add_children(&matcher->states, ranges, sorted, i, err));
    }
    link_failures(&matcher->states, ranges);
    return make_dense(matcher, err);
}

bool matcher_create(struct matcher **out_matcher, const struct matcher_pattern *patterns, size_t count, struct error *err)
{
    if (count > STATES_MAX) {
        return FAIL(err, LIMIT, "too many strings to search for");
    }
    CLEANUP(matcher) struct matcher *matcher = calloc(1, sizeof *matcher);
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct sorted *sorted = ARENA_ARRAY(scratch, struct sorted, count + 1);
    if (!matcher) {
        return FAIL(err, LIMIT, "no memory left to search for that many strings");
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (struct sorted){patterns[i], (uint32_t)i};
    }
    qsort(sorted, count, sizeof *sorted, compare_patterns);
    struct ranges ranges = {.maximum = STATES_MAX};
    matcher->states.maximum = STATES_MAX;
    bool done = build(matcher, &ranges, sorted, count, err);
    ranges_finish(&ranges);
    TRY(done);
    *out_matcher = matcher;
    matcher = NULL;
    return true;
}

void matcher_destroy(struct matcher *matcher)
{
    if (matcher) {
        states_finish(&matcher->states);
        free(matcher->dense);
        free(matcher);
    }
}

static uint32_t step(const struct matcher *matcher, uint32_t at, uint8_t byte)
{
    while (at > matcher->dense_last) {
        uint32_t next = child_of(&matcher->states, at, byte);
        if (next) {
            return next;
        }
        at = matcher->states.items[at].fail;
    }
    return matcher->dense[at][byte];
}

void matcher_run(const struct matcher *matcher, uint32_t *state, const uint8_t *bytes, size_t length,
                 void (*hit)(void *context, uint32_t pattern, size_t end), void *context)
{
    const struct state *states = matcher->states.items;
    uint32_t at = *state;
    for (size_t i = 0; i < length; i++) {
        at = step(matcher, at, bytes[i]);
        uint32_t found = states[at].output ? at : states[at].shorter;
        for (; found; found = states[found].shorter) {
            hit(context, states[found].output - 1, i + 1);
        }
    }
    *state = at;
}
