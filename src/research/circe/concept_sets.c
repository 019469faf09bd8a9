/* SPDX-License-Identifier: EUPL-1.2 */
/* Concept sets by id, kept sorted, and lists of concepts, sorted and without doubles. */
#include "research/circe/concept_sets.h"
#include "base/settings.h"
#include <stdlib.h>
#include <string.h>

/* First key that is not below the id. */
static size_t key_position(const struct reading *reading, int64_t id)
{
    size_t low = 0, high = reading->keys.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reading->keys.items[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has_key(const struct reading *reading, size_t at, int64_t id)
{
    return at < reading->keys.count && reading->keys.items[at].id == id;
}

static bool add_set(struct reading *reading, size_t at, struct cohort_concept_set set, struct error *err)
{
    struct concept_set_key key = {set.id, (int)reading->sets.count};
    if (reading->sets.count == CONCEPT_SETS_MAX) {
        return reading_refuse(reading, ERROR_LIMIT, set.path, err, "an expression has at most %d concept sets", CONCEPT_SETS_MAX);
    }
    TRY(concept_set_list_append(&reading->sets, set, err));
    TRY(concept_set_keys_append(&reading->keys, key, err));
    memmove(&reading->keys.items[at + 1], &reading->keys.items[at], (reading->keys.count - 1 - at) * sizeof key);
    reading->keys.items[at] = key;
    return true;
}

static bool item_read(const struct reading *reading, struct node node, struct concept_set_item *item, const char **out_name,
                      struct error *err)
{
    struct node concept = {0};
    TRY(read_object(reading, node, "concept", MUST_BE_THERE, &concept, err));
    TRY(read_required_i64(reading, concept, "CONCEPT_ID", &item->concept.value, err));
    const char *name = NULL;
    TRY(read_text(reading, concept, "CONCEPT_NAME", &name, err));
    *out_name = reading_keep(reading, name);
    TRY(read_bool(reading, node, "isExcluded", &item->is_excluded, err));
    TRY(read_bool(reading, node, "includeDescendants", &item->include_descendants, err));
    return read_bool(reading, node, "includeMapped", &item->include_mapped, err);
}

/* Of a concept set, or of a list of concepts. */
static bool check_length(const struct reading *reading, struct node list, struct error *err)
{
    struct settings settings;
    settings_defaults(&settings);
    const int64_t most = settings_get(&settings, SETTING_CONCEPT_SET_ITEMS_MAX);
    return list.json->count <= (size_t)most ||
           reading_refuse(reading, ERROR_LIMIT, list.path, err, "%zu concepts; a concept set or list has at most %lld", list.json->count,
                          (long long)most);
}

static bool items_read(const struct reading *reading, struct node items, struct cohort_concept_set *set, struct error *err)
{
    set->item_count = items.json->count;
    TRY(check_length(reading, items, err));
    struct concept_set_item *list = ARENA_ARRAY(reading->result, struct concept_set_item, set->item_count);
    const char **names = ARENA_ARRAY(reading->result, const char *, set->item_count);
    for (size_t i = 0; i < set->item_count; i++) {
        struct arena_mark mark = arena_mark_take(reading->scratch);
        struct node node = {0};
        TRY(read_item(reading, items, i, &node, err));
        TRY(item_read(reading, node, &list[i], &names[i], err));
        arena_mark_release(reading->scratch, mark);
    }
    set->items = list;
    set->item_names = names;
    return true;
}

static bool set_read(struct reading *reading, struct node node, struct error *err)
{
    struct cohort_concept_set set = {.path = reading_keep(reading, node.path)};
    int id = 0;
    const char *name = NULL;
    struct node expression = {0}, items = {0};
    TRY(read_int(reading, node, "id", &id, err));
    TRY(read_text(reading, node, "name", &name, err));
    TRY(read_object(reading, node, "expression", MUST_BE_THERE, &expression, err));
    TRY(read_array(reading, expression, "items", MUST_BE_THERE, &items, err));
    TRY(items_read(reading, items, &set, err));
    set.id = id;
    set.name = reading_keep(reading, name);
    size_t at = key_position(reading, id);
    if (has_key(reading, at, id)) {
        return reading_refuse(reading, ERROR_UNSUPPORTED, node.path, err,
                              "two concept sets have the id %d; the reference counts a concept of both twice", id);
    }
    return add_set(reading, at, set, err);
}

bool concept_sets_read(struct reading *reading, struct node expression, struct error *err)
{
    struct node sets = {0};
    TRY(read_array(reading, expression, "ConceptSets", MAY_BE_ABSENT, &sets, err));
    for (size_t i = 0; sets.json && i < sets.json->count; i++) {
        struct node node = {0};
        TRY(read_item(reading, sets, i, &node, err));
        TRY(set_read(reading, node, err));
    }
    return true;
}

bool concept_set_find(struct reading *reading, struct node object, const char *name, int *out_set, struct error *err)
{
    bool has = false;
    int id = 0;
    TRY(read_optional_int(reading, object, name, &has, &id, err));
    if (!has) {
        *out_set = COHORT_NO_SET;
        return true;
    }
    size_t at = key_position(reading, id);
    if (!has_key(reading, at, id)) {
        const char *path = node_member(reading, object, name).path;
        struct cohort_concept_set set = {.id = id, .name = "", .is_undefined = true, .path = reading_keep(reading, path)};
        TRY(add_set(reading, at, set, err));
    }
    *out_set = reading->keys.items[at].position;
    return true;
}

struct listed_concept {
    int64_t id;
    const char *name;
};

static int by_id(const void *a, const void *b)
{
    int64_t left = ((const struct listed_concept *)a)->id, right = ((const struct listed_concept *)b)->id;
    return (left > right) - (left < right);
}

bool concept_list_read(const struct reading *reading, struct node list, struct cohort_test *test, size_t *out_count, struct error *err)
{
    size_t count = list.json->count;
    TRY(check_length(reading, list, err));
    struct listed_concept *listed = ARENA_ARRAY(reading->scratch, struct listed_concept, count);
    for (size_t i = 0; i < count; i++) {
        struct node node = {0};
        TRY(read_item(reading, list, i, &node, err));
        TRY(read_required_i64(reading, node, "CONCEPT_ID", &listed[i].id, err));
        TRY(read_text(reading, node, "CONCEPT_NAME", &listed[i].name, err));
    }
    *out_count = count;
    if (count == 0) {
        return true;
    }
    qsort(listed, count, sizeof *listed, by_id);
    int64_t *ids = ARENA_ARRAY(reading->result, int64_t, count);
    const char **names = ARENA_ARRAY(reading->result, const char *, count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || listed[i].id != ids[kept - 1]) {
            ids[kept] = listed[i].id;
            names[kept++] = reading_keep(reading, listed[i].name);
        }
    }
    test->concepts = (struct concept_ids){ids, kept};
    test->concept_names = names;
    return true;
}
