/* SPDX-License-Identifier: EUPL-1.2 */
/* Concept sets by Circe's rules (cohort-language.md section 2):
 *   base(items)   = the listed concepts that exist, valid or not, and the valid descendants of those with include_descendants
 *   mapped(items) = the sources of base(items with include_mapped), whether they exist or not
 *   set           = (base + mapped)(included) minus (base + mapped)(excluded)
 * The order of items does not matter; exclusion always wins. */
#include "warehouse/vocabulary/vocabulary_internal.h"

struct selection {
    const struct concept_set_item *items;
    size_t count;
    bool is_excluded, only_mapped;
};

static bool is_selected(const struct selection *selection, size_t i)
{
    const struct concept_set_item *item = &selection->items[i];
    return item->is_excluded == selection->is_excluded && (!selection->only_mapped || item->include_mapped);
}

/* Sorts `ids`, and appends to out those that exist (and are valid). */
static bool existing_append(const struct vocabulary *vocabulary, struct id_list *ids, bool only_valid, struct arena *scratch,
                            struct id_list *out, struct error *err)
{
    TRY(id_list_sort(ids, err));
    uint8_t *flags = arena_allocate_raw(scratch, ids->count, 1);
    TRY(concepts_exist(vocabulary, ids->items, ids->count, only_valid, flags, err));
    TRY(id_list_reserve(out, ids->count, err));
    for (size_t i = 0; i < ids->count; i++) {
        if (flags[i]) {
            out->items[out->count++] = ids->items[i];
        }
    }
    return true;
}

/* The listed concepts of a selection (with_descendants: only of items that ask for descendants), sorted. */
static bool listed_append(const struct selection *selection, bool with_descendants, struct id_list *out, struct error *err)
{
    for (size_t i = 0; i < selection->count; i++) {
        if (is_selected(selection, i) && (!with_descendants || selection->items[i].include_descendants)) {
            TRY(id_list_append(out, selection->items[i].concept.value, err));
        }
    }
    return id_list_sort(out, err);
}

static bool descendants_of_append(const struct vocabulary *vocabulary, const struct id_list *ancestors, struct arena *scratch,
                                  struct id_list *out, struct error *err)
{
    for (size_t i = 0; i < ancestors->count; i++) {
        TRY(descendants_append(vocabulary, ancestors->items[i], scratch, out, err));
    }
    return true;
}

/* circe: ConceptSetExpression, without includeMapped. Appends base(selection), sorted. */
static bool base_append(const struct vocabulary *vocabulary, const struct selection *selection, struct arena *scratch, struct id_list *out,
                        struct error *err)
{
    struct id_list listed = {.maximum = VOCABULARY_IDS_MAX}, ancestors = listed, below = listed;
    bool done = listed_append(selection, false, &listed, err) && existing_append(vocabulary, &listed, false, scratch, out, err) &&
                listed_append(selection, true, &ancestors, err) && descendants_of_append(vocabulary, &ancestors, scratch, &below, err) &&
                existing_append(vocabulary, &below, true, scratch, out, err) && id_list_sort(out, err);
    id_list_finish(&listed);
    id_list_finish(&ancestors);
    id_list_finish(&below);
    return done;
}

enum mapped_items { NO_ITEM_MAPPED, SOME_ITEMS_MAPPED, ALL_ITEMS_MAPPED };

static enum mapped_items mapped_items_of(const struct selection *selection)
{
    size_t selected = 0, mapped = 0;
    for (size_t i = 0; i < selection->count; i++) {
        selected += is_selected(selection, i);
        mapped += is_selected(selection, i) && selection->items[i].include_mapped;
    }
    return mapped == 0 ? NO_ITEM_MAPPED : mapped < selected ? SOME_ITEMS_MAPPED : ALL_ITEMS_MAPPED;
}

/* circe: includeMapped. Appends the sources of `base`. */
static bool sources_append(const struct vocabulary *vocabulary, const struct id_list *base, struct id_list *out, struct error *err)
{
    const struct index_bytes *index = NULL;
    struct id_list sources = {.maximum = VOCABULARY_IDS_MAX};
    bool done = vocabulary_index(vocabulary, &vocabulary->maps, &index, err) &&
                map_index_find(index, base->items, base->count, &sources, err) && id_list_reserve(out, sources.count, err);
    for (size_t i = 0; done && i < sources.count; i++) {
        out->items[out->count++] = sources.items[i];
    }
    id_list_finish(&sources);
    return done;
}

/* Appends base(selection) and mapped(selection), sorted. */
static bool side_append(const struct vocabulary *vocabulary, const struct selection *selection, struct arena *scratch, struct id_list *out,
                        struct error *err)
{
    struct selection mapped = *selection;
    struct id_list base = {.maximum = VOCABULARY_IDS_MAX};
    enum mapped_items which = mapped_items_of(selection);
    mapped.only_mapped = true;
    bool done = base_append(vocabulary, selection, scratch, out, err);
    if (which == ALL_ITEMS_MAPPED) { /* then the base of the mapped items is the whole base */
        done = done && sources_append(vocabulary, out, out, err);
    } else if (which == SOME_ITEMS_MAPPED) {
        done = done && base_append(vocabulary, &mapped, scratch, &base, err) && sources_append(vocabulary, &base, out, err);
    }
    id_list_finish(&base);
    return done && id_list_sort(out, err);
}

/* Keeps in `included` what is not in `excluded`; both sorted. */
static void subtract(struct id_list *included, const struct id_list *excluded)
{
    size_t kept = 0, at = 0;
    for (size_t i = 0; i < included->count; i++) {
        while (at < excluded->count && excluded->items[at] < included->items[i]) {
            at++;
        }
        if (at == excluded->count || excluded->items[at] != included->items[i]) {
            included->items[kept++] = included->items[i];
        }
    }
    included->count = kept;
}

bool vocabulary_concept_set_resolve(struct vocabulary *vocabulary, const struct concept_set_item *items, size_t count, struct arena *result,
                                    struct concept_ids *out_ids, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct id_list included = {.maximum = VOCABULARY_IDS_MAX}, excluded = included;
    const struct selection in = {items, count, false, false}, out = {items, count, true, false};
    bool done = side_append(vocabulary, &in, scratch, &included, err) && side_append(vocabulary, &out, scratch, &excluded, err);
    if (done) {
        subtract(&included, &excluded);
        done = id_list_give(&included, result, out_ids, err);
    }
    id_list_finish(&included);
    id_list_finish(&excluded);
    return done;
}
