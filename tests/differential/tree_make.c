/* SPDX-License-Identifier: EUPL-1.2 */
/* tree_make: see tree_make.h. Trees are small: each addition copies the list that it adds to. */
#include "tree_make.h"
#include "base/calendar.h"
#include <string.h>

struct json tree_object(void)
{
    return (struct json){.kind = JSON_OBJECT};
}

struct json tree_array(void)
{
    return (struct json){.kind = JSON_ARRAY};
}

struct json tree_integer(int64_t value)
{
    return (struct json){.kind = JSON_INTEGER, .integer = value, .number = (double)value};
}

struct json tree_number(double value)
{
    return (struct json){.kind = JSON_NUMBER, .number = value};
}

struct json tree_boolean(bool value)
{
    return (struct json){.kind = value ? JSON_TRUE : JSON_FALSE};
}

struct json tree_text(struct arena *arena, const char *text)
{
    return (struct json){.kind = JSON_STRING, .text = text_of(arena_text_copy(arena, text))};
}

struct json tree_date(struct arena *arena, int32_t day_number)
{
    char text[DAY_TEXT_SIZE];
    day_to_text((day){day_number}, text);
    return tree_text(arena, text);
}

void tree_add(struct arena *arena, struct json *array, struct json value)
{
    struct json *items = ARENA_ARRAY(arena, struct json, array->count + 1);
    if (array->count) {
        memcpy(items, array->items, array->count * sizeof *items);
    }
    items[array->count++] = value;
    array->items = items;
}

void tree_put(struct arena *arena, struct json *object, const char *name, struct json value)
{
    struct text *names = ARENA_ARRAY(arena, struct text, object->count + 1);
    if (object->count) {
        memcpy(names, object->names, object->count * sizeof *names);
    }
    names[object->count] = text_of(name);
    object->names = names;
    tree_add(arena, object, value);
}

static bool without(struct arena *arena, const struct json *tree, size_t *n, struct json *out)
{
    *out = *tree;
    if (tree->kind != JSON_OBJECT && tree->kind != JSON_ARRAY) {
        return false;
    }
    bool is_array = tree->kind == JSON_ARRAY;
    if (*n < tree->count) {
        *out = is_array ? tree_array() : tree_object();
        for (size_t i = 0; i < tree->count; i++) {
            if (i != *n && is_array) {
                tree_add(arena, out, tree->items[i]);
            } else if (i != *n) {
                tree_put(arena, out, tree->names[i].data, tree->items[i]);
            }
        }
        return true;
    }
    *n -= tree->count;
    for (size_t i = 0; i < tree->count; i++) {
        struct json item;
        if (without(arena, &tree->items[i], n, &item)) {
            struct json *items = ARENA_ARRAY(arena, struct json, tree->count);
            memcpy(items, tree->items, tree->count * sizeof *items);
            items[i] = item;
            out->items = items;
            return true;
        }
    }
    return false;
}

bool tree_without(struct arena *arena, const struct json *tree, size_t n, struct json *out)
{
    return without(arena, tree, &n, out);
}
