/* SPDX-License-Identifier: EUPL-1.2 */
/* Observation periods. Hospital records: from the first to the last event. Claims: the windows in which the insurer follows the person,
 * with gaps below 365 days closed. Both: windows and events that are less than 365 days apart are one period, so that no event falls
 * outside. */
#include "intake/assemble/assemble_internal.h"
#include <stdlib.h>

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->end < y->end ? -1 : x->end > y->end;
}

static size_t merge(struct span *spans, size_t count)
{
    size_t made = 0;
    if (count) {
        qsort(spans, count, sizeof *spans, by_start);
    }
    for (size_t i = 0; i < count; i++) {
        struct span *last = made ? &spans[made - 1] : NULL;
        if (last && spans[i].start - last->end - 1 < PERIOD_GAP_DAYS) {
            last->type = last->type == spans[i].type ? last->type : STANDARD_PERIOD_LINKED;
            last->end = spans[i].end > last->end ? spans[i].end : last->end;
        } else {
            spans[made++] = spans[i];
        }
    }
    return made;
}

static void cut_at_death(struct span *windows, size_t *count, int32_t death)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (windows[i].start <= death) {
            windows[i].end = windows[i].end < death ? windows[i].end : death;
            windows[kept++] = windows[i];
        }
    }
    *count = kept;
}

size_t periods_make(struct span *windows, size_t window_count, struct span *events, size_t event_count, bool has_death, int32_t death,
                    struct span *out)
{
    size_t count = 0;
    if (has_death) {
        cut_at_death(windows, &window_count, death);
    }
    if (!window_count) {
        for (size_t i = 0; i < event_count; i++) {
            out[0].start = i && out[0].start < events[i].start ? out[0].start : events[i].start;
            out[0].end = i && out[0].end > events[i].end ? out[0].end : events[i].end;
        }
        out[0].type = event_count ? STANDARD_PERIOD_EHR : out[0].type;
        return event_count > 0;
    }
    for (size_t i = 0; i < window_count; i++) {
        windows[i].type = STANDARD_PERIOD_CLAIMS;
    }
    window_count = merge(windows, window_count);
    for (size_t i = 0; i < window_count; i++) {
        out[count++] = windows[i];
    }
    for (size_t i = 0; i < event_count; i++) {
        bool is_inside = false;
        for (size_t w = 0; w < window_count && !is_inside; w++) {
            is_inside = events[i].start >= windows[w].start && events[i].end <= windows[w].end;
        }
        if (!is_inside) {
            out[count++] = (struct span){events[i].start, events[i].end, STANDARD_PERIOD_EHR};
        }
    }
    return merge(out, count);
}
