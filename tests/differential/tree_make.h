/* SPDX-License-Identifier: EUPL-1.2 */
/* tree_make: JSON documents made and taken apart in memory, and the chance by which. */
#pragma once
#include "base/json.h"

/* A sequence of numbers that is the same everywhere for the same seed. */
struct chance {
    uint64_t state;
};
static inline int chance_below(struct chance *chance, int bound)
{
    chance->state = chance->state * 6364136223846793005U + 1442695040888963407U;
    return (int)((chance->state >> 33) % (uint64_t)bound);
}
/* True once in so many times. */
static inline bool chance_once(struct chance *chance, int times)
{
    return chance_below(chance, times) == 0;
}

struct json tree_object(void);
struct json tree_array(void);
struct json tree_integer(int64_t value);
struct json tree_number(double value);
struct json tree_boolean(bool value);
struct json tree_text(struct arena *arena, const char *text);
struct json tree_date(struct arena *arena, int32_t day_number);
void tree_put(struct arena *arena, struct json *object, const char *name, struct json value);
void tree_add(struct arena *arena, struct json *array, struct json value);
/* The tree without its nth removable part (members of objects, items of arrays, from the outside in). False when there is none. */
bool tree_without(struct arena *arena, const struct json *tree, size_t n, struct json *out);
