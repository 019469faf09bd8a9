/* SPDX-License-Identifier: EUPL-1.2 */
/* judge: which hits are findings. A hit counts at once when that many bytes (its own, and its neighbours that can be printed) are not met
 * in all the noise that was searched, for any of the patterns, but once in 2^20 drills. Shorter ones are counted for each pattern, and
 * count together when there are more of them than chance gives but once in 2^20 drills (Poisson). README.md, "How chance is kept out". */
#include "base/arena.h"
#include "trust/drill/drill_internal.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALARM_BITS = 20, LENGTHS = 64 };
static const double bits_of_printed = 1.385; /* log2(256 / 98) */
static const double distance_max = 8;        /* standard deviations: below 10^-12 for each file */

/* ---- words ---- */
static void say(char *out, size_t size, const struct scan *scan, uint32_t container, uint64_t offset, const char *what)
{
    const struct scan_container *inside = &scan->containers.items[container];
    if (container == SCAN_NAME) {
        snprintf(out, size, "%s, in the name of the file", what);
    } else if (container == SCAN_FILE) {
        snprintf(out, size, "%s", what);
    } else {
        snprintf(out, size, "%s, at byte %llu inside %s%s", what, (unsigned long long)offset, unpack_kind_name(inside->kind),
                 inside->depth > 1 ? " inside another" : "");
    }
}

static uint64_t place_of(const struct scan *scan, uint32_t container, uint64_t offset)
{
    return container == SCAN_FILE ? offset : scan->containers.items[container].offset;
}

static void find_hit(struct drilling *drilling, const struct drill_file *file, const struct scan_hit *hit)
{
    char what[300], where[400];
    const struct planted_pattern *pattern = &drilling->patterns.items[hit->pattern];
    const struct planted_string *string = &drilling->planted->strings.items[pattern->string];
    snprintf(what, sizeof what, "the %s of %s:%llu %s", drill_kind_name(string->kind), string->origin, (unsigned long long)string->line,
             planted_form_name(pattern->form));
    say(where, sizeof where, &file->scan, hit->container, hit->offset, what);
    drilling_find(drilling, file, place_of(&file->scan, hit->container, hit->offset), where);
}

/* ---- chance ---- */
struct chance {
    double noise_bits, text_bits; /* what a hit must have, in noise and in the words of a text */
    uint32_t enough[LENGTHS];     /* by length of the pattern: that many shorter hits are no chance */
    uint32_t *counts;             /* by pattern */
};

static double log_of(uint64_t bytes, size_t patterns)
{
    return log2((double)bytes + 1) + log2((double)patterns + 1) + ALARM_BITS;
}

/* P(X >= n) <= e^n / n! for a Poisson variable with mean e; the smallest n for which that is below the limit. */
static uint32_t enough_for(double expected, double log_limit)
{
    uint32_t n = 1;
    while (n * log(expected) - lgamma(n + 1.0) > log_limit || n < expected) {
        n++;
    }
    return n;
}

static void prepare(struct chance *chance, const struct drilling *drilling)
{
    uint64_t bytes = drilling->report.bytes + drilling->report.unpacked_bytes;
    double log_limit = -(ALARM_BITS + log2((double)drilling->patterns.count + 1)) * log(2);
    chance->noise_bits = log_of(bytes, drilling->patterns.count);
    chance->text_bits = log_of(drilling->text_bytes, drilling->patterns.count);
    for (int length = PATTERN_MIN; length < LENGTHS; length++) {
        chance->enough[length] = enough_for(((double)bytes + 1) * pow(256, -length), log_limit);
    }
}

static uint32_t enough_of(const struct chance *chance, size_t length)
{
    return chance->enough[length < LENGTHS ? length : LENGTHS - 1];
}

static double bits_in_word(const struct matcher_pattern *pattern)
{
    bool is_hex = true;
    for (size_t i = 0; i < pattern->length; i++) {
        is_hex &= pattern->bytes[i] < 0x80 && isxdigit(pattern->bytes[i]);
    }
    return (is_hex ? 4.0 : 6.0) * (double)pattern->length; /* hexadecimal, or base64 */
}

enum verdict { FOUND, SHORT, IN_WORD };

static enum verdict verdict_of(const struct drilling *drilling, const struct chance *chance, const struct scan_hit *hit)
{
    const struct matcher_pattern *pattern = &drilling->patterns.items[hit->pattern].pattern;
    double bits = 8.0 * (double)pattern->length;
    switch (hit->setting) {
    case SCAN_IN_ALL_TEXT:
        return FOUND;
    case SCAN_IN_WORD:
        return bits_in_word(pattern) >= chance->text_bits ? FOUND : IN_WORD;
    case SCAN_IN_TEXT:
        bits += bits_of_printed * hit->context;
        break;
    case SCAN_IN_NOISE:
        break;
    }
    return bits >= chance->noise_bits ? FOUND : SHORT;
}

static void count_hits(struct drilling *drilling, struct chance *chance, const struct drill_file *file)
{
    for (size_t i = 0; i < file->scan.hits.count; i++) {
        const struct scan_hit *hit = &file->scan.hits.items[i];
        enum verdict verdict = verdict_of(drilling, chance, hit);
        if (verdict == SHORT && file->is_copy) {
            continue;
        }
        drilling->report.inside_words += verdict == IN_WORD;
        drilling->report.chance_seen += verdict == SHORT;
        chance->counts[hit->pattern] += verdict == SHORT;
    }
}

static void find_hits(struct drilling *drilling, const struct chance *chance, const struct drill_file *file)
{
    for (size_t i = 0; i < file->scan.hits.count; i++) {
        const struct scan_hit *hit = &file->scan.hits.items[i];
        enum verdict verdict = verdict_of(drilling, chance, hit);
        uint32_t enough = enough_of(chance, drilling->patterns.items[hit->pattern].pattern.length);
        if (verdict == FOUND || (verdict == SHORT && chance->counts[hit->pattern] >= enough)) {
            find_hit(drilling, file, hit);
        }
    }
}

bool drilling_judge_hits(struct drilling *drilling, struct error *err)
{
    struct chance chance = {.counts = calloc(drilling->patterns.count + 1, sizeof *chance.counts)};
    if (!chance.counts) {
        return FAIL(err, LIMIT, "no memory left to count hits");
    }
    prepare(&chance, drilling);
    for (size_t i = 0; i < drilling->files.count; i++) {
        count_hits(drilling, &chance, &drilling->files.items[i]);
    }
    for (size_t i = 0; i < drilling->files.count; i++) {
        find_hits(drilling, &chance, &drilling->files.items[i]);
    }
    double bytes = (double)(drilling->unique_bytes + drilling->report.unpacked_bytes);
    for (size_t i = 0; i < drilling->patterns.count; i++) {
        drilling->report.chance_expected += bytes * pow(256, -(double)drilling->patterns.items[i].pattern.length);
    }
    free(chance.counts);
    return true;
}

void drilling_judge_marks(struct drilling *drilling)
{
    for (size_t f = 0; f < drilling->files.count; f++) {
        const struct drill_file *file = &drilling->files.items[f];
        for (size_t i = 0; i < file->scan.marks.count; i++) {
            const struct scan_mark *mark = &file->scan.marks.items[i];
            char what[100], where[300];
            unsigned long long length = mark->length;
            switch (mark->kind) {
            case SCAN_DAYS:
                snprintf(what, sizeof what, "planted dates as day numbers, in a row of %llu bytes", length);
                break;
            case SCAN_KNOWN:
                snprintf(what, sizeof what, "%llu bytes of the source data as they are", length);
                break;
            case SCAN_CLOSED:
                snprintf(what, sizeof what, "%s", unpack_kind_name(UNPACK_CLOSED));
                break;
            }
            say(where, sizeof where, &file->scan, mark->container, mark->offset, what);
            drilling_find(drilling, file, place_of(&file->scan, mark->container, mark->offset), where);
        }
        if (file->scan.is_cut_short) {
            drilling_find(drilling, file, 0, "more hits than the drill keeps for one file");
        }
    }
}

/* ---- noise ---- */
static int compare_blocks(const void *a, const void *b)
{
    const struct noise_block *left = a, *right = b;
    int order = memcmp(left->bytes, right->bytes, NOISE_BLOCK);
    if (order == 0) {
        order = (left->file > right->file) - (left->file < right->file);
    }
    return order ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

static void find_equal_blocks(struct drilling *drilling)
{
    struct noise_blocks *blocks = &drilling->blocks;
    if (blocks->count > 0) {
        qsort(blocks->items, blocks->count, sizeof *blocks->items, compare_blocks);
    }
    for (size_t i = 1; i < blocks->count; i++) {
        const struct noise_block *first = &blocks->items[i - 1], *second = &blocks->items[i];
        if (memcmp(first->bytes, second->bytes, NOISE_BLOCK) == 0) {
            char what[400];
            snprintf(what, sizeof what, "a block of 16 bytes that is also in %.250s, at byte %llu", drilling->files.items[first->file].name,
                     (unsigned long long)first->offset);
            drilling_find(drilling, &drilling->files.items[second->file], second->offset, what);
        }
    }
}

void drilling_judge_noise(struct drilling *drilling)
{
    for (size_t f = 0; f < drilling->files.count; f++) {
        const struct drill_file *file = &drilling->files.items[f];
        double distance = fabs(file->noise.distance);
        if (!file->noise.is_tested) {
            continue;
        }
        drilling->report.noise_tested++;
        drilling->report.noise_worst = fmax(drilling->report.noise_worst, distance);
        if (distance > distance_max) {
            char what[100];
            snprintf(what, sizeof what, "bytes that are not like noise: %.1f standard deviations away", distance);
            drilling_find(drilling, file, 0, what);
        }
    }
    drilling->report.blocks = drilling->blocks.count;
    find_equal_blocks(drilling);
}
