/* SPDX-License-Identifier: EUPL-1.2 */
/* settings: `name = value` lines against the generated table. A file is taken whole or not at all, and a mistyped name is refused with
 * the nearest known one, because a setting that is silently ignored is worse than none. */
#include "base/settings.h"
#include "base/file.h"
#include "base/file_internal.h"
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 20 };

static const struct setting_facts {
    const char *name;
    int64_t value, minimum, maximum;
    const char *unit;
    bool of_host;
    const char *meaning;
} table[SETTING_COUNT] = {
#define SETTING_ROW(NAME, name, value, minimum, maximum, unit, of_host, meaning) \
    [SETTING_##NAME] = {name, INT64_C(value), INT64_C(minimum), INT64_C(maximum), unit, of_host, meaning},
    SETTING_TABLE(SETTING_ROW)
#undef SETTING_ROW
};

void settings_defaults(struct settings *out_settings)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        out_settings->values[i] = table[i].value;
    }
}

int64_t settings_get(const struct settings *settings, enum setting setting)
{
    return settings->values[setting];
}

const char *settings_name(enum setting setting)
{
    return (size_t)setting < SETTING_COUNT ? table[setting].name : "";
}

/* The place a line stands in, for messages. */
struct place {
    const char *name;
    unsigned line;
    bool is_of_host; /* the host of the warehouse may have written it */
};

static size_t find(struct text name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (text_equal(name, text_of(table[i].name))) {
            return i;
        }
    }
    return SETTING_COUNT;
}

/* Letters that two names share from the front and from the back: enough to find a typing mistake. */
static size_t likeness(struct text a, struct text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    size_t front = 0, back = 0;
    while (front < shorter && a.data[front] == b.data[front]) {
        front++;
    }
    while (front + back < shorter && a.data[a.length - 1 - back] == b.data[b.length - 1 - back]) {
        back++;
    }
    return front + back;
}

static bool fail_unknown(struct place place, struct text name, struct error *err)
{
    size_t best = 0, best_likeness = 0;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        size_t alike = likeness(name, text_of(table[i].name));
        if (alike > best_likeness) {
            best = i;
            best_likeness = alike;
        }
    }
    int shown = name.length < 40 ? (int)name.length : 40;
    FAIL(err, INVALID_INPUT, "%s, line %u: there is no setting '%.*s'", file_leaf(place.name), place.line, shown, name.data);
    error_detail(err, "%s", place.name);
    return error_hint(err, "the nearest is %s; see docs for all of them", table[best].name);
}

static bool read_value(struct settings *settings, bool seen[SETTING_COUNT], struct place place, struct text name, struct text value,
                       struct error *err)
{
    size_t at = find(name);
    if (at == SETTING_COUNT) {
        return fail_unknown(place, name, err);
    }
    const struct setting_facts *facts = &table[at];
    int64_t number = 0;
    if (place.is_of_host && !facts->of_host) {
        FAIL(err, DENIED, "%s, line %u: %s is not for the warehouse's own file, which its host could change", file_leaf(place.name),
             place.line, facts->name);
        error_detail(err, "%s", place.name);
        return error_hint(err, "put it into the file that --settings names, or into the machine's own settings");
    }
    if (seen[at]) {
        FAIL(err, INVALID_INPUT, "%s, line %u: %s is set twice", file_leaf(place.name), place.line, facts->name);
        return error_hint(err, "keep one of the lines");
    }
    if (!text_to_i64(value, &number) || number < facts->minimum || number > facts->maximum) {
        FAIL(err, INVALID_INPUT, "%s, line %u: the value of %s is not a whole number from %lld to %lld", file_leaf(place.name), place.line,
             facts->name, (long long)facts->minimum, (long long)facts->maximum);
        error_detail(err, "%s", place.name);
        return error_hint(err, "%s, in %s; the default is %lld", facts->meaning, facts->unit, (long long)facts->value);
    }
    settings->values[at] = number;
    seen[at] = true;
    return true;
}

static bool read_line(struct settings *settings, bool seen[SETTING_COUNT], struct place place, struct text line, struct error *err)
{
    const char *hash = line.length ? memchr(line.data, '#', line.length) : NULL;
    line.length = hash ? (size_t)(hash - line.data) : line.length;
    line = text_trim(line);
    if (line.length == 0) {
        return true;
    }
    const char *equals = memchr(line.data, '=', line.length);
    if (!equals) {
        FAIL(err, INVALID_INPUT, "%s, line %u: a line is not 'name = value'", file_leaf(place.name), place.line);
        error_detail(err, "%s", place.name);
        return error_hint(err, "write one setting a line, as in: threads = 4; what follows # is a comment");
    }
    size_t length = (size_t)(equals - line.data);
    struct text name = text_trim((struct text){line.data, length});
    struct text value = text_trim((struct text){equals + 1, line.length - length - 1});
    return read_value(settings, seen, place, name, value, err);
}

static bool read_lines(struct settings *settings, struct place place, struct text text, struct error *err)
{
    struct settings changed = *settings;
    bool seen[SETTING_COUNT] = {false};
    while (text.length > 0) {
        const char *end = memchr(text.data, '\n', text.length);
        size_t length = end ? (size_t)(end - text.data) : text.length;
        TRY(read_line(&changed, seen, place, (struct text){text.data, length}, err));
        length += end ? 1 : 0;
        text.data += length;
        text.length -= length;
        place.line++;
    }
    *settings = changed;
    return true;
}

bool settings_read_text(struct settings *settings, const char *name, struct text text, struct error *err)
{
    return read_lines(settings, (struct place){.name = name, .line = 1}, text, err);
}

bool settings_read_host(struct settings *settings, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = FILE_BYTES_MAX};
    TRY(file_read_plain(path, &bytes, err));
    const struct place place = {.name = path, .line = 1, .is_of_host = true};
    return read_lines(settings, place, (struct text){(const char *)bytes.data, bytes.length}, err);
}

bool settings_read(struct settings *settings, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = FILE_BYTES_MAX};
    TRY(file_read(path, &bytes, err));
    return settings_read_text(settings, path, (struct text){(const char *)bytes.data, bytes.length}, err);
}

bool settings_print(const struct settings *settings, struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting_facts *facts = &table[i];
        TRY(buffer_append_format(out, err, "# %s (%s, %lld to %lld, default %lld)\n%s = %lld\n", facts->meaning, facts->unit,
                                 (long long)facts->minimum, (long long)facts->maximum, (long long)facts->value, facts->name,
                                 (long long)settings->values[i]));
    }
    return true;
}
