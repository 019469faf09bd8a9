/* SPDX-License-Identifier: EUPL-1.2 */
/* Reading JSON as the reference's JSON library does: scalars of another kind are coerced where it coerces them and refused where it
 * fails (circe: section 1.1 of cohort-language.md). */
#include "research/circe/reading.h"
#include "research/circe/circe.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct node node_member(const struct reading *reading, struct node object, const char *name)
{
    const struct json *json = json_member(object.json, name);
    if (!json) {
        return (struct node){0};
    }
    return (struct node){json, object.path[0] ? arena_text_format(reading->scratch, "%s.%s", object.path, name) : name};
}

struct node node_item(const struct reading *reading, struct node array, size_t index)
{
    return (struct node){&array.json->items[index], arena_text_format(reading->scratch, "%s[%zu]", array.path, index)};
}

bool node_is_absent(struct node node)
{
    return !node.json || node.json->kind == JSON_NULL;
}

/* The line of the innermost part of the path that is there. */
static unsigned line_of(const struct reading *reading, const char *path)
{
    size_t length = strlen(path);
    char *part = arena_text_copy(reading->scratch, path);
    while (length > 0) {
        unsigned line = json_line_of_path(reading->bytes, reading->length, part);
        if (line > 0) {
            return line;
        }
        while (length > 0 && part[length - 1] != '.' && part[length - 1] != '[') {
            length--;
        }
        length -= length > 0;
        part[length] = '\0';
    }
    return 1;
}

bool reading_refuse(const struct reading *reading, enum error_code code, const char *path, struct error *err, const char *format, ...)
{
    char why[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    error_set(err, code, __FILE__, __LINE__, "%s, line %u, %s: %s", reading->name, line_of(reading, path),
              path[0] ? path : "the expression", why);
    return error_hint(err, "%s",
                      code == ERROR_UNSUPPORTED ? "take this part out of the definition, or say it another way"
                                                : "correct the definition, or export it from ATLAS again");
}

bool reading_refuse_member(const struct reading *reading, enum error_code code, struct node object, const char *name, struct error *err,
                           const char *why)
{
    const char *path = object.path[0] ? arena_text_format(reading->scratch, "%s.%s", object.path, name) : name;
    return reading_refuse(reading, code, path, err, "%s", why);
}

const char *reading_keep(const struct reading *reading, const char *text)
{
    return text && text[0] ? arena_text_copy(reading->result, text) : "";
}

static bool refuse_kind(const struct reading *reading, struct node node, const char *wanted, struct error *err)
{
    return reading_refuse(reading, ERROR_INVALID_INPUT, node.path, err, "%s is wanted here, this is %s", wanted,
                          json_kind_name(node.json->kind));
}

/* A fraction is cut off, a text is read, true and false are refused. */
static bool integer_of(const struct reading *reading, struct node node, int64_t low, int64_t high, int64_t *out_value, struct error *err)
{
    int64_t value = 0;
    bool is_integer = false;
    if (node.json->kind == JSON_INTEGER) {
        value = node.json->integer;
        is_integer = true;
    } else if (node.json->kind == JSON_NUMBER && fabs(node.json->number) < 9e18) {
        value = (int64_t)node.json->number;
        is_integer = true;
    } else if (node.json->kind == JSON_STRING) {
        is_integer = text_to_i64(text_trim(node.json->text), &value);
    }
    if (!is_integer || value < low || value > high) {
        return refuse_kind(reading, node, low < INT32_MIN ? "a whole number" : "a whole number of 32 bits", err);
    }
    *out_value = value;
    return true;
}

bool read_optional_int(const struct reading *reading, struct node object, const char *name, bool *out_has, int *out_value,
                       struct error *err)
{
    struct node node = node_member(reading, object, name);
    int64_t value = 0;
    if (!node_is_absent(node)) {
        TRY(integer_of(reading, node, INT32_MIN, INT32_MAX, &value, err));
    }
    *out_has = !node_is_absent(node);
    *out_value = (int)value;
    return true;
}

bool read_int(const struct reading *reading, struct node object, const char *name, int *out_value, struct error *err)
{
    bool has = false;
    return read_optional_int(reading, object, name, &has, out_value, err);
}

bool read_optional_days(const struct reading *reading, struct node object, const char *name, bool *out_has, int *out_value,
                        struct error *err)
{
    TRY(read_optional_int(reading, object, name, out_has, out_value, err));
    if (*out_value < -CIRCE_DAYS_MAX || *out_value > CIRCE_DAYS_MAX) {
        return reading_refuse_member(reading, ERROR_LIMIT, object, name, err,
                                     "this is a number of days; the calendar has no two days so far apart");
    }
    return true;
}

bool read_days(const struct reading *reading, struct node object, const char *name, int *out_value, struct error *err)
{
    bool has = false;
    return read_optional_days(reading, object, name, &has, out_value, err);
}

bool reading_count_part(struct reading *reading, struct node node, struct error *err)
{
    if (reading->parts == CIRCE_PARTS_MAX) {
        return reading_refuse(reading, ERROR_LIMIT, node.path, err, "an expression has at most %d criteria and groups", CIRCE_PARTS_MAX);
    }
    reading->parts++;
    return true;
}

bool read_required_i64(const struct reading *reading, struct node object, const char *name, int64_t *out_value, struct error *err)
{
    struct node node = node_member(reading, object, name);
    if (node_is_absent(node)) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, object, name, err, "a whole number is wanted here, there is none");
    }
    return integer_of(reading, node, INT64_MIN, INT64_MAX, out_value, err);
}

static int truth_of(struct text text)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_equal(text_trim(text), text_of(words[i]))) {
            return i >= 3;
        }
    }
    return -1;
}

bool read_bool(const struct reading *reading, struct node object, const char *name, bool *out_value, struct error *err)
{
    struct node node = node_member(reading, object, name);
    int truth = 0;
    if (!node_is_absent(node)) {
        switch (node.json->kind) {
        case JSON_TRUE:
            truth = 1;
            break;
        case JSON_FALSE:
            break;
        case JSON_INTEGER:
            truth = node.json->integer != 0;
            break;
        case JSON_STRING:
            truth = truth_of(node.json->text);
            break;
        case JSON_NULL:
        case JSON_NUMBER:
        case JSON_ARRAY:
        case JSON_OBJECT:
            truth = -1;
            break;
        }
        if (truth < 0) {
            return refuse_kind(reading, node, "true or false", err);
        }
    }
    *out_value = truth == 1;
    return true;
}

bool read_number(const struct reading *reading, struct node object, const char *name, double *out_value, struct error *err)
{
    struct node node = node_member(reading, object, name);
    if (node_is_absent(node)) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, object, name, err, "a number is wanted here, there is none");
    }
    double value = node.json->number;
    bool is_number = node.json->kind == JSON_INTEGER || node.json->kind == JSON_NUMBER ||
                     (node.json->kind == JSON_STRING && text_to_double(text_trim(node.json->text), &value));
    if (!is_number || !isfinite(value)) {
        return refuse_kind(reading, node, "a number", err);
    }
    *out_value = value;
    return true;
}

bool read_text(const struct reading *reading, struct node object, const char *name, const char **out_text, struct error *err)
{
    struct node node = node_member(reading, object, name);
    *out_text = NULL;
    if (node_is_absent(node)) {
        return true;
    }
    switch (node.json->kind) {
    case JSON_STRING:
        if (memchr(node.json->text.data, 0, node.json->text.length)) {
            return reading_refuse(reading, ERROR_INVALID_INPUT, node.path, err, "a text may not hold a NUL character");
        }
        *out_text = node.json->text.data;
        return true;
    case JSON_INTEGER:
        *out_text = arena_text_format(reading->scratch, "%lld", (long long)node.json->integer);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *out_text = json_kind_name(node.json->kind);
        return true;
    case JSON_NUMBER:
        return reading_refuse(reading, ERROR_UNSUPPORTED, node.path, err,
                              "a text is wanted here; write this number in quotation marks, since its digits are not kept");
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return refuse_kind(reading, node, "a text", err);
}

static bool read_kind(const struct reading *reading, struct node object, const char *name, enum presence presence, enum json_kind kind,
                      struct node *out_node, struct error *err)
{
    const char *wanted = kind == JSON_ARRAY ? "an array" : "an object";
    struct node node = node_member(reading, object, name);
    if (node_is_absent(node)) {
        if (presence == MUST_BE_THERE || (presence == MAY_LACK && node.json)) {
            return reading_refuse_member(
                reading, ERROR_INVALID_INPUT, object, name, err,
                arena_text_format(reading->scratch, "%s is wanted here, %s", wanted, node.json ? "this is null" : "there is none"));
        }
        *out_node = (struct node){0};
        return true;
    }
    if (node.json->kind != kind) {
        return refuse_kind(reading, node, wanted, err);
    }
    *out_node = node;
    return true;
}

bool read_object(const struct reading *reading, struct node object, const char *name, enum presence presence, struct node *out_node,
                 struct error *err)
{
    return read_kind(reading, object, name, presence, JSON_OBJECT, out_node, err);
}

bool read_array(const struct reading *reading, struct node object, const char *name, enum presence presence, struct node *out_node,
                struct error *err)
{
    return read_kind(reading, object, name, presence, JSON_ARRAY, out_node, err);
}

bool read_item(const struct reading *reading, struct node array, size_t index, struct node *out_node, struct error *err)
{
    struct node node = node_item(reading, array, index);
    if (node.json->kind != JSON_OBJECT) {
        return refuse_kind(reading, node, "an object", err);
    }
    *out_node = node;
    return true;
}

/* circe: WRAPPER_OBJECT */
bool read_wrapper(const struct reading *reading, struct node wrapper, const char *what, struct text *out_type, struct node *out_node,
                  struct error *err)
{
    if (wrapper.json->kind != JSON_OBJECT) {
        return refuse_kind(reading, wrapper, "an object", err);
    }
    if (wrapper.json->count != 1) {
        return reading_refuse(reading, ERROR_INVALID_INPUT, wrapper.path, err, "%s is an object with exactly one key, this has %zu", what,
                              wrapper.json->count);
    }
    struct text type = wrapper.json->names[0];
    char *key = arena_text_format(reading->scratch, "%.*s", (int)(type.length < 60 ? type.length : 60), type.data);
    for (char *c = key; *c; c++) { /* it goes into messages */
        *c = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ? *c : '?';
    }
    struct node node = {&wrapper.json->items[0],
                        arena_text_format(reading->scratch, "%s%s%s", wrapper.path, wrapper.path[0] ? "." : "", key)};
    if (node.json->kind != JSON_OBJECT) {
        return refuse_kind(reading, node, "an object", err);
    }
    *out_type = type;
    *out_node = node;
    return true;
}
