/* SPDX-License-Identifier: EUPL-1.2 */
/* planted: the list, each string once, and the file format of `--planted`. */
#include "trust/drill/planted.h"
#include "base/calendar.h"
#include <stdlib.h>
#include <string.h>

enum { TABLE_FIRST = 1 << 12 };

static const char *const kind_names[DRILL_KIND_COUNT] = {"name", "date", "code", "count", "text"};

const char *drill_kind_name(enum drill_kind kind)
{
    return kind_names[kind];
}

struct drill_planted *drill_planted_create(void)
{
    struct drill_planted *planted = calloc(1, sizeof *planted);
    if (planted) {
        planted->table = calloc(TABLE_FIRST, sizeof *planted->table);
        planted->table_size = TABLE_FIRST;
        planted->strings.maximum = PLANTED_MAX;
    }
    if (!planted || !planted->table) {
        abort(); /* as an arena */
    }
    planted->arena = arena_create();
    return planted;
}

void drill_planted_destroy(struct drill_planted *planted)
{
    if (planted) {
        planted_strings_finish(&planted->strings);
        arena_destroy(planted->arena);
        free(planted->table);
        free(planted);
    }
}

size_t drill_planted_count(const struct drill_planted *planted)
{
    return planted->strings.count;
}

/* ---- each once ---- */
static size_t hash_of(struct text text)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    for (size_t i = 0; i < text.length; i++) {
        hash = (hash ^ (uint8_t)text.data[i]) * 1099511628211U;
    }
    return (size_t)(hash ^ hash >> 32);
}

static uint32_t *slot_of(const struct drill_planted *planted, struct text text)
{
    size_t at = hash_of(text) & (planted->table_size - 1);
    while (planted->table[at] && !text_equal(planted->strings.items[planted->table[at] - 1].text, text)) {
        at = (at + 1) & (planted->table_size - 1);
    }
    return &planted->table[at];
}

static void grow_table(struct drill_planted *planted)
{
    if (2 * (planted->strings.count + 1) < planted->table_size) {
        return;
    }
    free(planted->table);
    planted->table_size *= 2;
    planted->table = calloc(planted->table_size, sizeof *planted->table);
    if (!planted->table) {
        abort();
    }
    for (size_t i = 0; i < planted->strings.count; i++) {
        *slot_of(planted, planted->strings.items[i].text) = (uint32_t)i + 1;
    }
}

static bool check_kind(struct drill_planted *planted, enum drill_kind kind, struct text text, struct error *err)
{
    day date;
    int64_t count;
    if (text.length == 0 || text.length > 4096) {
        return FAIL(err, INVALID_INPUT, "a planted string has 1 to 4096 bytes");
    }
    if (kind == DRILL_COUNT && (!text_to_i64(text, &count) || count < 0)) {
        return FAIL(err, INVALID_INPUT, "a planted count is digits");
    }
    if (kind != DRILL_DATE) {
        return true;
    }
    if (!day_from_text(text, &date)) {
        return FAIL(err, INVALID_INPUT, "a planted date is YYYY-MM-DD");
    }
    if (date.number > 0 && date.number < DAY_LIMIT && !planted_has_day(planted, (uint32_t)date.number)) {
        planted->days[date.number / 64] |= (uint64_t)1 << (date.number % 64);
        planted->day_count++;
    }
    return true;
}

bool drill_planted_add(struct drill_planted *planted, enum drill_kind kind, struct text text, const char *origin, uint64_t line,
                       struct error *err)
{
    if (!check_kind(planted, kind, text, err)) {
        return error_context(err, "%s, line %llu", origin, (unsigned long long)line);
    }
    grow_table(planted);
    uint32_t *slot = slot_of(planted, text);
    if (*slot) {
        return true;
    }
    char *copy = arena_allocate_raw(planted->arena, text.length + 1, 1);
    memcpy(copy, text.data, text.length);
    struct planted_string string = {kind, {copy, text.length}, arena_text_copy(planted->arena, origin), line};
    TRY(planted_strings_append(&planted->strings, string, err));
    *slot = (uint32_t)planted->strings.count;
    return true;
}

/* ---- the file ---- */
static bool parse_line(struct drill_planted *planted, const char *origin, struct text line, uint64_t number, struct error *err)
{
    const char *blank = memchr(line.data, ' ', line.length);
    size_t word = blank ? (size_t)(blank - line.data) : line.length;
    for (int kind = 0; kind < DRILL_KIND_COUNT; kind++) {
        if (blank && text_equal((struct text){line.data, word}, text_of(kind_names[kind]))) {
            struct text text = {blank + 1, line.length - word - 1};
            return drill_planted_add(planted, (enum drill_kind)kind, text, origin, number, err);
        }
    }
    FAIL(err, INVALID_INPUT, "%s, line %llu: it does not begin with a kind and a blank", origin, (unsigned long long)number);
    return error_hint(err, "kinds are name, date, code, count and text");
}

bool drill_planted_parse(struct drill_planted *planted, const char *origin, const void *bytes, size_t length, struct error *err)
{
    const char *at = bytes, *end = at + length;
    for (uint64_t number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct text line = {at, (size_t)((stop ? stop : end) - at)};
        line.length -= line.length > 0 && line.data[line.length - 1] == '\r';
        TRY(line.length == 0 || line.data[0] == '#' || parse_line(planted, origin, line, number, err));
        at = stop ? stop + 1 : end;
    }
    return true;
}
