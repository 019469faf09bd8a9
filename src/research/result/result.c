/* SPDX-License-Identifier: EUPL-1.2 */
/* result: see result.h. Adding to a result, and what governance asks of it; the file is result_file.c. */
#include "research/result/result_table.h"
#include <math.h>
#include <string.h>

const char *const result_kind_names[] = {"count", "percentage", "mean", "rate", "quantile", "label"};
const char *const result_unit_names[] = {"persons", "records", "stays", "doses"};
const char *const result_type_names[] = {"integer", "numeric", "proportion", "percentage", "date", "character", "logical"};

bool result_create(struct result **out_result, const char *cdm_name, struct error *err)
{
    if (!cdm_name || !*cdm_name || strlen(cdm_name) > RESULT_TEXT_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a result needs the name of its database");
    }
    struct arena *arena = arena_create();
    struct result *result = ARENA_NEW(arena, struct result);
    *result = (struct result){.arena = arena, .cells.maximum = RESULT_CELLS_MAX, .sets.maximum = RESULT_SETS_MAX};
    result->cdm_name = result_text(result, text_of(cdm_name));
    *out_result = result;
    return true;
}

void result_destroy(struct result *result)
{
    if (result) {
        result_cells_finish(&result->cells);
        result_sets_finish(&result->sets);
        arena_destroy(result->arena);
    }
}

static uint64_t text_hash(struct text text)
{
    uint64_t hash = 1469598103934665603U; /* FNV-1a */
    for (size_t i = 0; i < text.length; i++) {
        hash = (hash ^ (uint8_t)text.data[i]) * 1099511628211U;
    }
    return hash;
}

static const char **text_slot(const char **texts, size_t capacity, struct text text)
{
    size_t at = (size_t)text_hash(text) & (capacity - 1);
    while (texts[at] && !text_equal(text_of(texts[at]), text)) {
        at = (at + 1) & (capacity - 1);
    }
    return &texts[at];
}

const char *result_text(struct result *result, struct text text)
{
    if (result->text_count * 2 >= result->text_capacity) {
        size_t capacity = result->text_capacity ? result->text_capacity * 2 : 64;
        const char **texts = ARENA_ARRAY(result->arena, const char *, capacity);
        for (size_t i = 0; i < result->text_capacity; i++) {
            if (result->texts[i]) {
                *text_slot(texts, capacity, text_of(result->texts[i])) = result->texts[i];
            }
        }
        result->texts = texts;
        result->text_capacity = capacity;
    }
    const char **slot = text_slot(result->texts, result->text_capacity, text);
    if (!*slot) {
        char *copy = arena_allocate(result->arena, text.length + 1, 1);
        memcpy(copy, text.data, text.length);
        *slot = copy;
        result->text_count++;
    }
    return *slot;
}

struct result_settings *result_find_set(const struct result *result, uint32_t set)
{
    size_t low = 0, high = result->sets.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (result->sets.items[middle].set < set) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < result->sets.count && result->sets.items[low].set == set ? &result->sets.items[low] : NULL;
}

static bool is_fit(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    return length > 0 && length <= RESULT_TEXT_MAX && text_is_utf8((struct text){text, length}) && !strstr(text, "&&&");
}

bool result_set_begin(struct result *result, const struct result_pair *settings, size_t count, uint32_t *out_set, struct error *err)
{
    static const char *const own[] = {"result_id", "min_cell_count", "group", "strata", "additional"};
    static const char *const needed[] = {"result_type", "package_name", "package_version"};
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        bool fits = is_fit(settings[i].name) && settings[i].level && text_is_utf8(text_of(settings[i].level));
        for (size_t o = 0; fits && o < sizeof own / sizeof *own; o++) {
            fits = strcmp(settings[i].name, own[o]) != 0;
        }
        for (size_t other = 0; fits && other < i; other++) {
            fits = strcmp(settings[i].name, settings[other].name) != 0;
        }
        if (!fits) {
            return FAIL(err, INVALID_ARGUMENT, "setting %zu of a result may not be: its name is taken, or a text is not fit", i + 1);
        }
        for (unsigned n = 0; n < 3; n++) {
            found |= strcmp(settings[i].name, needed[n]) == 0 ? 1U << n : 0;
        }
    }
    if (found != 7) {
        return FAIL(err, INVALID_ARGUMENT, "the settings of a result name result_type, package_name and package_version");
    }
    struct result_settings set = {.set = (uint32_t)result->sets.count + 1, .count = count + 1};
    set.pairs = ARENA_ARRAY(result->arena, struct result_pair, count + 1);
    for (size_t i = 0; i < count; i++) {
        set.pairs[i].name = result_text(result, text_of(settings[i].name));
        set.pairs[i].level = result_text(result, text_of(settings[i].level));
    }
    set.pairs[count] = (struct result_pair){"min_cell_count", "0"};
    TRY(result_sets_append(&result->sets, set, err));
    *out_set = set.set;
    return true;
}

/* "a &&& b" of the names or of the levels. */
static bool join(struct result *result, const struct result_pairs *pairs, bool levels, const char **out_text, struct error *err)
{
    if (pairs->count == 0) {
        *out_text = result_text(result, TEXT("overall"));
        return true;
    }
    CLEANUP(buffer_value) struct buffer joined = {.maximum = RESULT_TEXT_MAX};
    for (size_t i = 0; i < pairs->count; i++) {
        const char *part = levels ? pairs->pairs[i].level : pairs->pairs[i].name;
        if (!is_fit(part)) {
            return FAIL(err, INVALID_ARGUMENT, "a name or level of a result is empty, too long, or holds what joins them");
        }
        TRY((i == 0 || buffer_append_text(&joined, " &&& ", err)) && buffer_append_text(&joined, part, err));
    }
    *out_text = result_text(result, (struct text){(const char *)joined.data, joined.length});
    return true;
}

static bool add(struct result *result, const struct result_variable *variable, const char *estimate, enum result_type type,
                const char *value, const struct result_basis *basis, struct error *err)
{
    struct result_cell cell = {.set = variable->place.set, .type = type, .basis = *basis};
    if (!result_find_set(result, cell.set) || !is_fit(variable->name) || !is_fit(estimate) ||
        (variable->level && !is_fit(variable->level))) {
        return FAIL(err, INVALID_ARGUMENT, "a cell of a result names no set, or a text of it is not fit");
    }
    if (basis->kind == RESULT_PERCENTAGE && basis->numerator > basis->denominator) {
        return FAIL(err, INVALID_ARGUMENT, "the numerator of a percentage exceeds its denominator");
    }
    const struct result_place *place = &variable->place;
    TRY(join(result, &place->group, false, &cell.texts[RESULT_GROUP_NAME], err) &&
        join(result, &place->group, true, &cell.texts[RESULT_GROUP_LEVEL], err));
    TRY(join(result, &place->strata, false, &cell.texts[RESULT_STRATA_NAME], err) &&
        join(result, &place->strata, true, &cell.texts[RESULT_STRATA_LEVEL], err));
    TRY(join(result, &place->additional, false, &cell.texts[RESULT_ADDITIONAL_NAME], err) &&
        join(result, &place->additional, true, &cell.texts[RESULT_ADDITIONAL_LEVEL], err));
    cell.texts[RESULT_CDM_NAME] = result->cdm_name;
    cell.texts[RESULT_VARIABLE_NAME] = result_text(result, text_of(variable->name));
    cell.texts[RESULT_VARIABLE_LEVEL] = variable->level ? result_text(result, text_of(variable->level)) : NULL;
    cell.texts[RESULT_ESTIMATE_NAME] = result_text(result, text_of(estimate));
    cell.texts[RESULT_ESTIMATE_TYPE] = result_type_names[type];
    cell.texts[RESULT_ESTIMATE_VALUE] = value ? result_text(result, text_of(value)) : NULL;
    return result_cells_append(&result->cells, cell, err);
}

bool result_add_count(struct result *result, const struct result_variable *variable, const char *estimate, enum result_unit unit,
                      uint64_t value, struct error *err)
{
    char text[TEXT_NUMBER_SIZE];
    if (value > INT64_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a count of a result is too large");
    }
    text_from_i64((int64_t)value, text);
    const struct result_basis basis = {.kind = RESULT_COUNT, .unit = unit, .numerator = value};
    return add(result, variable, estimate, RESULT_INTEGER, text, &basis, err);
}

bool result_add_value(struct result *result, const struct result_variable *variable, const char *estimate, enum result_type type,
                      double value, const struct result_basis *basis, struct error *err)
{
    char text[TEXT_NUMBER_SIZE];
    bool may_be_nan = type == RESULT_NUMERIC || type == RESULT_PROPORTION || type == RESULT_PERCENT;
    if (isfinite(value)) {
        text_from_double(value, text);
    } else if (!may_be_nan) {
        return FAIL(err, INVALID_ARGUMENT, "a value of a result is not finite");
    }
    return add(result, variable, estimate, type, isfinite(value) ? text : "NaN", basis, err);
}

bool result_add_label(struct result *result, const struct result_variable *variable, const char *estimate, enum result_type type,
                      const char *value, struct error *err)
{
    if (value && (strlen(value) > RESULT_TEXT_MAX || !text_is_utf8(text_of(value)))) {
        return FAIL(err, INVALID_ARGUMENT, "a label of a result is too long or no text");
    }
    const struct result_basis basis = {.kind = RESULT_LABEL};
    return add(result, variable, estimate, type, value, &basis, err);
}

size_t result_set_count(const struct result *result)
{
    return result->sets.count;
}

size_t result_cell_count(const struct result *result)
{
    return result->cells.count;
}

const struct result_cell *result_cell_at(const struct result *result, size_t index)
{
    return index < result->cells.count ? &result->cells.items[index] : NULL;
}

void result_cell_mask(struct result *result, size_t index)
{
    if (index < result->cells.count) {
        result->cells.items[index].is_masked = true;
        result->cells.items[index].texts[RESULT_ESTIMATE_VALUE] = "-";
    }
}

size_t result_setting_count(const struct result *result, uint32_t set)
{
    const struct result_settings *settings = result_find_set(result, set);
    return settings ? settings->count : 0;
}

struct result_pair result_setting_at(const struct result *result, uint32_t set, size_t index)
{
    const struct result_settings *settings = result_find_set(result, set);
    return settings && index < settings->count ? settings->pairs[index] : (struct result_pair){NULL, NULL};
}

const char *result_setting(const struct result *result, uint32_t set, const char *name)
{
    const struct result_settings *settings = result_find_set(result, set);
    for (size_t i = 0; settings && i < settings->count; i++) {
        if (strcmp(settings->pairs[i].name, name) == 0) {
            return settings->pairs[i].level;
        }
    }
    return NULL;
}

bool result_minimum_set(struct result *result, uint32_t minimum, struct error *err)
{
    char text[TEXT_NUMBER_SIZE];
    text_from_i64(minimum, text);
    for (size_t s = 0; s < result->sets.count; s++) {
        struct result_settings *settings = &result->sets.items[s];
        bool found = false;
        for (size_t i = 0; i < settings->count; i++) {
            if (strcmp(settings->pairs[i].name, "min_cell_count") == 0) {
                settings->pairs[i].level = result_text(result, text_of(text));
                found = true;
            }
        }
        if (!found) {
            return FAIL(err, INVALID_ARGUMENT, "a set of the result has no min_cell_count");
        }
    }
    return true;
}
