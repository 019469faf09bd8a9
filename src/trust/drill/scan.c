/* SPDX-License-Identifier: EUPL-1.2 */
/* scan: see scan.h. A piece is a file, or a window of what was unpacked; the search for strings goes on from one window to the next. */
#include "trust/drill/scan.h"
#include <ctype.h>
#include <string.h>

enum {
    HITS_MAX = 1 << 20,
    MARKS_MAX = 10000,
    CONTAINERS_MAX = 1 << 26,
    NEIGHBOURS = 16,
    DEPTH_MAX = 3,
    DAYS_IN_A_ROW = 3,
    INNER_MAX = 1 << 26,
};
static const uint64_t stream_max = (uint64_t)1 << 32; /* plain bytes of one stream */

struct piece {
    struct scan *scan;
    const uint8_t *bytes;
    size_t length;
    uint64_t base; /* of bytes[0], in its container */
    uint32_t container;
    bool is_all_text;
};

void scan_init(struct scan *scan, const struct scan_plan *plan)
{
    *scan = (struct scan){.plan = plan, .hits.maximum = HITS_MAX, .marks.maximum = MARKS_MAX, .containers.maximum = CONTAINERS_MAX};
}

void scan_finish(struct scan *scan)
{
    scan_hits_finish(&scan->hits);
    scan_marks_finish(&scan->marks);
    scan_containers_finish(&scan->containers);
}

/* ---- strings ---- */
static bool can_be_printed(uint8_t c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(uint8_t c)
{
    return c < 0x80 && isalnum(c);
}

static uint32_t neighbours(const struct piece *piece, size_t start, size_t end)
{
    uint32_t left = 0, right = 0;
    while (left < NEIGHBOURS && left < start && can_be_printed(piece->bytes[start - 1 - left])) {
        left++;
    }
    while (right < NEIGHBOURS && end + right < piece->length && can_be_printed(piece->bytes[end + right])) {
        right++;
    }
    return left + right;
}

static void add_hit(struct scan *scan, struct scan_hit hit)
{
    scan->is_cut_short |= !scan_hits_append(&scan->hits, hit, NULL);
}

static void take_hit(void *context, uint32_t pattern, size_t end)
{
    const struct piece *piece = context;
    const struct matcher_pattern *found = &piece->scan->plan->patterns->items[pattern].pattern;
    size_t start = end > found->length ? end - found->length : 0; /* it may have begun in the window before */
    struct scan_hit hit = {.offset = piece->base + end - found->length, .pattern = pattern, .container = piece->container};
    bool is_inside = (start > 0 && is_word(piece->bytes[start - 1]) && is_word(found->bytes[0])) ||
                     (end < piece->length && is_word(piece->bytes[end]) && is_word(found->bytes[found->length - 1]));
    hit.context = neighbours(piece, start, end);
    if (piece->is_all_text || hit.context >= NEIGHBOURS) {
        hit.setting = is_inside ? SCAN_IN_WORD : piece->is_all_text ? SCAN_IN_ALL_TEXT : SCAN_IN_TEXT;
    }
    add_hit(piece->scan, hit);
}

/* ---- days and known plaintext ---- */
static void add_mark(struct piece *piece, enum scan_mark_kind kind, size_t at, size_t length)
{
    struct scan *scan = piece->scan;
    uint64_t offset = piece->base + at;
    if (scan->marks.count > 0) {
        struct scan_mark *last = &scan->marks.items[scan->marks.count - 1];
        if (last->kind == kind && last->container == piece->container && offset <= last->offset + last->length) {
            last->length = offset + length - last->offset;
            return;
        }
    }
    struct scan_mark mark = {offset, length, piece->container, kind};
    scan->is_cut_short |= !scan_marks_append(&scan->marks, mark, NULL);
}

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Three days in a row, as 32-bit numbers, not all the same. */
static void find_days(struct piece *piece)
{
    const struct drill_planted *planted = piece->scan->plan->planted;
    enum { SPAN = 4 * DAYS_IN_A_ROW };
    for (size_t at = 0; planted->day_count > 0 && at + SPAN <= piece->length; at++) {
        const uint8_t *bytes = piece->bytes + at;
        if (bytes[2] | bytes[3] | bytes[6] | bytes[7]) {
            continue;
        }
        uint32_t first = number_at(bytes), second = number_at(bytes + 4), third = number_at(bytes + 8);
        if (planted_has_day(planted, first) && planted_has_day(planted, second) && planted_has_day(planted, third) &&
            (first != second || second != third)) {
            add_mark(piece, SCAN_DAYS, at, SPAN);
        }
    }
}

static void find_known(struct piece *piece)
{
    const struct known *known = piece->scan->plan->known;
    for (size_t at = 0; known && at + KNOWN_WINDOW <= piece->length; at++) {
        if (known_has(known, piece->bytes + at)) {
            add_mark(piece, SCAN_KNOWN, at, KNOWN_WINDOW);
        }
    }
}

/* ---- pieces ---- */
static bool scan_piece(struct piece *piece, uint32_t *state, int depth, struct error *err);

struct inner {
    struct scan *scan;
    uint32_t container, state;
    uint64_t base;
    int depth;
};

static bool is_all_text(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!can_be_printed(bytes[i]) && bytes[i] < 0x80) {
            return false;
        }
    }
    return text_is_utf8((struct text){(const char *)bytes, length});
}

static bool take_window(void *context, const uint8_t *bytes, size_t length, bool is_real, struct error *err)
{
    struct inner *inner = context;
    struct piece piece = {inner->scan, bytes, length, inner->base, inner->container, is_real && is_all_text(bytes, length)};
    inner->base += length;
    return scan_piece(&piece, &inner->state, inner->depth, err);
}

static bool look_into(struct piece *piece, enum unpack_kind kind, size_t at, int depth, size_t *out_consumed, struct error *err)
{
    struct scan *scan = piece->scan;
    struct unpack_result result;
    bool is_outermost = piece->container == SCAN_FILE;
    struct scan_container container = {kind, is_outermost ? piece->base + at : scan->containers.items[piece->container].offset, depth + 1};
    struct inner inner = {.scan = scan, .container = (uint32_t)scan->containers.count, .depth = depth + 1};
    TRY(scan_containers_append(&scan->containers, container, err));
    TRY(unpack_stream(kind, piece->bytes + at, piece->length - at, depth == 0 ? stream_max : INNER_MAX, take_window, &inner, &result, err));
    scan->unpacked_bytes += result.produced;
    scan->streams += result.is_whole;
    *out_consumed = result.is_whole ? result.consumed : 0;
    return true;
}

static bool find_streams(struct piece *piece, int depth, struct error *err)
{
    for (size_t at = 0; depth < DEPTH_MAX && at < piece->length;) {
        enum unpack_kind kind = unpack_begins(piece->bytes + at, piece->length - at);
        size_t consumed = 0;
        if (kind == UNPACK_CLOSED) {
            add_mark(piece, SCAN_CLOSED, at, 1);
        } else if (kind != UNPACK_NONE) {
            TRY(look_into(piece, kind, at, depth, &consumed, err));
        }
        at += consumed > 0 ? consumed : 1;
    }
    return true;
}

static bool scan_piece(struct piece *piece, uint32_t *state, int depth, struct error *err)
{
    piece->scan->text_bytes += piece->is_all_text ? piece->length : 0;
    matcher_run(piece->scan->plan->matcher, state, piece->bytes, piece->length, take_hit, piece);
    find_days(piece);
    find_known(piece);
    return task_check(err) && find_streams(piece, depth, err);
}

bool scan_file(struct scan *scan, const char *name, const uint8_t *bytes, size_t length, struct error *err)
{
    struct piece file = {scan, bytes, length, 0, SCAN_FILE, is_all_text(bytes, length)};
    struct piece own_name = {scan, (const uint8_t *)name, strlen(name), 0, SCAN_NAME, true};
    uint32_t state = 0, name_state = 0;
    TRY(scan_containers_append(&scan->containers, (struct scan_container){0}, err));
    TRY(scan_containers_append(&scan->containers, (struct scan_container){0}, err));
    matcher_run(scan->plan->matcher, &name_state, own_name.bytes, own_name.length, take_hit, &own_name);
    return scan_piece(&file, &state, 0, err);
}
