/* SPDX-License-Identifier: EUPL-1.2 */
/* candidates: sort-based joins on 64-bit fingerprints. A pair that shares tokens of several spaces is made in the first of them only, so
 * nothing but a few pairs in skipped blocks is ever made twice. Partitions are sorted in parallel and merged in order. */
#include "intake/linkage/candidates.h"
#include "base/buffer.h"
#include "base/bulk.h"
#include "intake/linkage/comparison.h"
#include <stdlib.h>
#include <string.h>

enum {
    PARTITION_BITS = 8,
    PARTITIONS = 1 << PARTITION_BITS,
    CHUNKS = 64,
    CANDIDATES_MAX = 1 << 30,
    RADIX_BITS = 11,
    RADIX = 1 << RADIX_BITS,
    SMALL_PARTITION = 100
};

struct keyed {
    uint64_t key;
    uint32_t entry;
    uint32_t unused;
};
DEFINE_ARRAY(candidate_list, struct candidate)
DEFINE_ARRAY(entry_list, uint32_t)

struct join {
    const struct linkage_entry *entries;
    size_t count;
    unsigned space, block_max;
    struct keyed *keyed;               /* all tokens of the space, by partition */
    size_t places[CHUNKS][PARTITIONS]; /* first the sizes, then where each chunk writes next */
    size_t starts[PARTITIONS + 1];
    uint8_t *skipped;                        /* [entry]: bit s: its block of space s was skipped */
    struct candidate_list found[PARTITIONS]; /* of one space */
    struct entry_list passed[PARTITIONS];    /* entries of skipped blocks */
    uint64_t passed_blocks[PARTITIONS];
    struct candidate_list all;
    struct candidates *out;
};

/* The tokens of one entry in the space of the join. */
static size_t entry_tokens(const struct join *join, size_t entry, uint64_t out[COMPARISON_KINDS_MAX])
{
    const uint8_t *kinds = comparison_space_kinds[join->space];
    size_t count = 0;
    for (size_t i = 0; i < COMPARISON_KINDS_MAX && kinds[i]; i++) {
        const uint64_t token = join->entries[entry].tokens[kinds[i] - 1];
        if (token) {
            out[count++] = token;
        }
    }
    return count;
}

static size_t chunk_start(const struct join *join, size_t chunk)
{
    return join->count / CHUNKS * chunk + (chunk < join->count % CHUNKS ? chunk : join->count % CHUNKS);
}

static bool chunk_measure(void *context, size_t chunk, unsigned worker, struct error *err)
{
    (void)worker;
    struct join *join = context;
    size_t *sizes = join->places[chunk];
    memset(sizes, 0, sizeof join->places[chunk]);
    for (size_t i = chunk_start(join, chunk); i < chunk_start(join, chunk + 1); i++) {
        uint64_t tokens[COMPARISON_KINDS_MAX];
        const size_t count = entry_tokens(join, i, tokens);
        for (size_t t = 0; t < count; t++) {
            sizes[tokens[t] >> (64 - PARTITION_BITS)]++;
        }
    }
    return task_check(err);
}

static bool chunk_scatter(void *context, size_t chunk, unsigned worker, struct error *err)
{
    (void)worker;
    struct join *join = context;
    size_t *places = join->places[chunk];
    for (size_t i = chunk_start(join, chunk); i < chunk_start(join, chunk + 1); i++) {
        uint64_t tokens[COMPARISON_KINDS_MAX];
        const size_t count = entry_tokens(join, i, tokens);
        for (size_t t = 0; t < count; t++) {
            join->keyed[places[tokens[t] >> (64 - PARTITION_BITS)]++] = (struct keyed){.key = tokens[t], .entry = (uint32_t)i};
        }
    }
    return task_check(err);
}

/* Sizes become places: partition by partition, chunk by chunk within. */
static void places_set(struct join *join)
{
    size_t place = 0;
    for (size_t partition = 0; partition < PARTITIONS; partition++) {
        join->starts[partition] = place;
        for (size_t chunk = 0; chunk < CHUNKS; chunk++) {
            const size_t size = join->places[chunk][partition];
            join->places[chunk][partition] = place;
            place += size;
        }
    }
    join->starts[PARTITIONS] = place;
}

static void radix_pass(struct keyed *to, const struct keyed *from, size_t count, unsigned shift)
{
    size_t places[RADIX + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        places[(from[i].key >> shift & (RADIX - 1)) + 1]++;
    }
    for (size_t i = 0; i < RADIX; i++) {
        places[i + 1] += places[i];
    }
    for (size_t i = 0; i < count; i++) {
        to[places[from[i].key >> shift & (RADIX - 1)]++] = from[i];
    }
}

/* Ascending key, entries of one key in their order: two passes over the 22 bits below the partition's, and insertion for the rest. */
static void partition_sort(struct keyed *items, struct keyed *scratch, size_t count)
{
    if (count > SMALL_PARTITION) {
        radix_pass(scratch, items, count, 64 - PARTITION_BITS - 2 * RADIX_BITS);
        radix_pass(items, scratch, count, 64 - PARTITION_BITS - RADIX_BITS);
    }
    for (size_t i = 1; i < count; i++) {
        const struct keyed item = items[i];
        size_t at = i;
        while (at > 0 && items[at - 1].key > item.key) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = item;
    }
}

/* Is the space of the join the first in which the two meet? */
static bool is_to_make(const struct join *join, uint32_t a, uint32_t b)
{
    const unsigned shared = comparison_spaces(&join->entries[a], &join->entries[b]);
    const unsigned skipped = join->skipped[a] & join->skipped[b];
    return (shared >> join->space & 1) && (shared & ~skipped & ((1u << join->space) - 1)) == 0;
}

static bool block_take(struct join *join, size_t partition, const struct keyed *items, size_t count, struct error *err)
{
    if (count > join->block_max) {
        join->passed_blocks[partition]++;
        for (size_t i = 0; i < count; i++) {
            TRY(entry_list_append(&join->passed[partition], items[i].entry, err));
        }
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            const uint32_t a = items[i].entry, b = items[j].entry;
            if (a == b || !is_to_make(join, a, b)) {
                continue;
            }
            const struct candidate candidate = {a < b ? a : b, a < b ? b : a, comparison_pattern(&join->entries[a], &join->entries[b])};
            TRY(candidate_list_append(&join->found[partition], candidate, err));
        }
    }
    return true;
}

static bool partition_join(void *context, size_t partition, unsigned worker, struct error *err)
{
    (void)worker;
    struct join *join = context;
    struct keyed *items = join->keyed + join->starts[partition];
    const size_t count = join->starts[partition + 1] - join->starts[partition];
    struct keyed *scratch = bulk_allocate(count + 1, sizeof *scratch);
    if (!scratch) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    partition_sort(items, scratch, count);
    free(scratch);
    join->found[partition].count = join->passed[partition].count = 0;
    join->passed_blocks[partition] = 0;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && items[end].key == items[i].key) {
            end++;
        }
        if (end - i > 1) {
            TRY(block_take(join, partition, items + i, end - i, err));
        }
        i = end;
    }
    return task_check(err);
}

static bool partition_merge(void *context, size_t partition, struct error *err)
{
    struct join *join = context;
    const struct candidate_list *found = &join->found[partition];
    TRY(candidate_list_reserve(&join->all, found->count, err));
    if (found->count > 0) {
        memcpy(join->all.items + join->all.count, found->items, found->count * sizeof *found->items);
        join->all.count += found->count;
    }
    for (size_t i = 0; i < join->passed[partition].count; i++) {
        join->skipped[join->passed[partition].items[i]] |= (uint8_t)(1u << join->space);
    }
    join->out->blocks_skipped += join->passed_blocks[partition];
    join->out->entries_in_skipped_blocks += join->passed[partition].count;
    return true;
}

static bool space_join(struct join *join, struct task_pool *pool, struct error *err)
{
    const struct task_set measure = {.count = CHUNKS, .run = chunk_measure, .context = join};
    const struct task_set scatter = {.count = CHUNKS, .run = chunk_scatter, .context = join};
    const struct task_set partitions = {.count = PARTITIONS, .run = partition_join, .merge = partition_merge, .context = join};
    TRY(task_pool_run(pool, &measure, err));
    places_set(join);
    TRY(task_pool_run(pool, &scatter, err));
    return task_pool_run(pool, &partitions, err);
}

/* Ascending (a, b): the result must not depend on the tokens' values, which change with the keys. */
static bool candidates_sort(struct candidate_list *list, size_t entries, struct error *err)
{
    struct candidate *other = bulk_allocate(list->count + 1, sizeof *other);
    size_t *places = calloc(RADIX + 1, sizeof *places);
    if (!other || !places) {
        free(other);
        free(places);
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    struct candidate *from = list->items, *to = other;
    for (unsigned pass = 0; pass < 6; pass++) { /* three for b, three for a */
        const unsigned shift = pass % 3 * RADIX_BITS;
        if (entries >> shift == 0) {
            continue;
        }
        memset(places, 0, (RADIX + 1) * sizeof *places);
        for (size_t i = 0; i < list->count; i++) {
            places[((pass < 3 ? from[i].b : from[i].a) >> shift & (RADIX - 1)) + 1]++;
        }
        for (size_t i = 0; i < RADIX; i++) {
            places[i + 1] += places[i];
        }
        for (size_t i = 0; i < list->count; i++) {
            to[places[(pass < 3 ? from[i].b : from[i].a) >> shift & (RADIX - 1)]++] = from[i];
        }
        struct candidate *swap = from;
        from = to;
        to = swap;
    }
    if (from != list->items) {
        memcpy(list->items, from, list->count * sizeof *from);
    }
    free(other);
    free(places);
    return true;
}

static void doubles_remove(struct candidate_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || list->items[kept - 1].a != list->items[i].a || list->items[kept - 1].b != list->items[i].b) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

static bool join_all(struct join *join, struct task_pool *pool, struct error *err)
{
    for (join->space = 0; join->space < IDENTITY_SPACE_COUNT; join->space++) {
        TRY(space_join(join, pool, err));
    }
    TRY(candidates_sort(&join->all, join->count, err));
    doubles_remove(&join->all);
    return true;
}

static void join_destroy(struct join *join)
{
    for (size_t i = 0; i < PARTITIONS; i++) {
        candidate_list_finish(&join->found[i]);
        entry_list_finish(&join->passed[i]);
    }
    candidate_list_finish(&join->all);
    free(join->keyed);
    free(join->skipped);
    free(join);
}
DEFINE_CLEANUP(join, join_destroy)

bool candidates_make(struct candidates *out, const struct linkage_entry *entries, size_t count, unsigned block_max, struct task_pool *pool,
                     struct error *err)
{
    CLEANUP(join) struct join *join = calloc(1, sizeof *join);
    struct candidates candidates = {0};
    if (join) {
        join->keyed = bulk_allocate(COMPARISON_KINDS_MAX * count + 1, sizeof *join->keyed);
        join->skipped = calloc(count + 1, 1);
    }
    if (!join || !join->keyed || !join->skipped) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    join->entries = entries;
    join->count = count;
    join->block_max = block_max;
    join->out = &candidates;
    join->all.maximum = CANDIDATES_MAX;
    for (size_t i = 0; i < PARTITIONS; i++) {
        join->found[i].maximum = CANDIDATES_MAX;
        join->passed[i].maximum = CANDIDATES_MAX;
    }
    CLEANUP(task_pool) struct task_pool *own = NULL;
    if (!pool) {
        TRY(task_pool_create(&own, 1, err));
        pool = own;
    }
    TRY(join_all(join, pool, err));
    candidates.items = join->all.items;
    candidates.count = join->all.count;
    join->all = (struct candidate_list){0};
    *out = candidates;
    return true;
}

void candidates_finish(struct candidates *candidates)
{
    array_release(candidates->items);
    *candidates = (struct candidates){0};
}
