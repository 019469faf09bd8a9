/* SPDX-License-Identifier: EUPL-1.2 */
/* block_cache: decrypted blocks in locked memory. Decryption is most of the time of a query over encrypted postings, so what a reader has
 * decrypted once it keeps, up to its bound. Memory is cut from slabs under a lock; blocks are decrypted outside it. */
#include "warehouse/store/store_internal.h"
#include <stdatomic.h>
#include <stdlib.h>

enum { SLAB_MIN = 1 << 18, SLAB_MAX = 1 << 22, ALIGNMENT = 32 };

struct slab {
    struct slab *next;
    uint8_t *bytes;
    size_t length, used;
};
struct cached_file {
    struct cached_file *next;
    struct block_cache *cache;
    struct sealed_file *file;
    uint64_t block_count;
    _Atomic(uint8_t *) slots[]; /* one for each block; NULL: not kept */
};
struct block_cache {
    uint64_t bound, used; /* bytes of slabs */
    struct task_lock *lock;
    struct slab *slabs; /* the newest first */
    struct slab *empty; /* wiped by a clear, and used again before new ones: their pages are mapped already */
    struct cached_file *files;
};

/* ---- what a thread has had ---- */
static _Thread_local struct store_pages_work work_here;

struct store_pages_work store_pages_work_here(void)
{
    return work_here;
}

/* ---- the cache ---- */
bool block_cache_create(struct block_cache **out_cache, uint64_t bytes, struct error *err)
{
    struct block_cache *cache = calloc(1, sizeof *cache);
    if (!cache) {
        return FAIL(err, LIMIT, "no memory left for the block cache");
    }
    cache->bound = bytes;
    cache->lock = task_lock_create();
    *out_cache = cache;
    return true;
}

static void slabs_release(struct slab *slab)
{
    while (slab) {
        struct slab *next = slab->next;
        crypto_pages_destroy(slab->bytes, slab->length);
        free(slab);
        slab = next;
    }
}

void block_cache_clear(struct block_cache *cache)
{
    for (struct cached_file *cached = cache->files; cached; cached = cached->next) {
        for (uint64_t i = 0; i < cached->block_count; i++) {
            atomic_store(&cached->slots[i], NULL);
        }
    }
    while (cache->slabs) {
        struct slab *slab = cache->slabs;
        cache->slabs = slab->next;
        crypto_wipe(slab->bytes, slab->used);
        slab->used = 0;
        slab->next = cache->empty;
        cache->empty = slab;
    }
}

void block_cache_destroy(struct block_cache *cache)
{
    if (!cache) {
        return;
    }
    slabs_release(cache->slabs);
    slabs_release(cache->empty);
    while (cache->files) {
        struct cached_file *cached = cache->files;
        cache->files = cached->next;
        free(cached);
    }
    task_lock_destroy(cache->lock);
    free(cache);
}

bool block_cache_file(struct block_cache *cache, struct sealed_file *file, struct cached_file **out_cached, struct error *err)
{
    uint64_t count = sealed_block_count(file);
    struct cached_file *cached = calloc(1, sizeof *cached + count * sizeof cached->slots[0]);
    if (!cached) {
        return FAIL(err, LIMIT, "no memory left for the block cache");
    }
    cached->cache = cache;
    cached->file = file;
    cached->block_count = count;
    task_lock_take(cache->lock);
    cached->next = cache->files;
    cache->files = cached;
    task_lock_give(cache->lock);
    *out_cached = cached;
    return true;
}

static struct slab *slab_again(struct block_cache *cache, size_t needed)
{
    for (struct slab **at = &cache->empty; *at; at = &(*at)->next) {
        if ((*at)->length >= needed) {
            struct slab *slab = *at;
            *at = slab->next;
            return slab;
        }
    }
    return NULL;
}

/* Slabs grow with the cache, so that a small question does not map megabytes. */
static struct slab *slab_new(struct block_cache *cache, size_t needed)
{
    uint64_t room = cache->bound - cache->used;
    size_t length = cache->used < SLAB_MIN ? SLAB_MIN : cache->used > SLAB_MAX ? SLAB_MAX : (size_t)cache->used;
    length = length < needed ? needed : length;
    length = length > room ? (size_t)room : length;
    struct slab *slab = length >= needed ? calloc(1, sizeof *slab) : NULL;
    void *bytes;
    if (!slab || !crypto_pages_create(&bytes, length, NULL)) {
        free(slab); /* without memory for it, the block is simply not kept */
        return NULL;
    }
    *slab = (struct slab){.bytes = bytes, .length = length};
    cache->used += length;
    return slab;
}

static struct slab *slab_add(struct block_cache *cache, size_t needed)
{
    struct slab *slab = slab_again(cache, needed);
    if (!slab) {
        slab = slab_new(cache, needed);
    }
    if (slab) {
        slab->next = cache->slabs;
        cache->slabs = slab;
    }
    return slab;
}

/* NULL when the bound is reached. */
static uint8_t *cache_reserve(struct block_cache *cache, size_t length)
{
    size_t needed = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint8_t *bytes = NULL;
    if (cache->bound == 0) {
        return NULL;
    }
    task_lock_take(cache->lock);
    struct slab *slab = cache->slabs;
    if (!slab || slab->length - slab->used < needed) {
        slab = slab_add(cache, needed);
    }
    if (slab) {
        bytes = slab->bytes + slab->used;
        slab->used += needed;
    }
    task_lock_give(cache->lock);
    return bytes;
}

const uint8_t *cached_block_peek(const struct cached_file *cached, uint64_t block)
{
    const uint8_t *bytes = block < cached->block_count ? atomic_load_explicit(&cached->slots[block], memory_order_acquire) : NULL;
    work_here.looked_at += bytes != NULL;
    return bytes;
}

bool cached_block(struct cached_file *cached, uint64_t block, bool keep, struct arena *arena, const uint8_t **out_bytes, struct error *err)
{
    uint8_t *bytes = block < cached->block_count ? atomic_load_explicit(&cached->slots[block], memory_order_acquire) : NULL;
    if (bytes) {
        *out_bytes = bytes;
        return true;
    }
    size_t length = block < cached->block_count ? sealed_block_length(cached->file, block) + (size_t)SEALED_PADDING : 1;
    bytes = keep && block < cached->block_count ? cache_reserve(cached->cache, length) : NULL;
    bool is_kept = bytes != NULL;
    if (!bytes) {
        bytes = arena_allocate_raw(arena, 1, length);
    }
    TRY(sealed_read(cached->file, block, bytes, err));
    work_here.looked_at++;
    work_here.decrypted++;
    work_here.bytes += length - SEALED_PADDING;
    if (is_kept) { /* two threads may come here with the same block: either copy is good, and both stay */
        atomic_store_explicit(&cached->slots[block], bytes, memory_order_release);
    }
    *out_bytes = bytes;
    return true;
}
