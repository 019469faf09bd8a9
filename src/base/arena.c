/* SPDX-License-Identifier: EUPL-1.2 */
/* arena: a list of chunks, filled front to back. Releasing moves back and keeps the chunks. Under AddressSanitizer everything that is
 * not handed out is poisoned, with a red zone after each allocation, so that overruns and use after release are found. */
#include "base/arena.h"
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif

#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 32 };
#define POISON(at, size) ASAN_POISON_MEMORY_REGION((at), (size))
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#else
enum { RED_ZONE = 0 };
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

enum { ALIGNMENT = 32, CHUNK_FIRST = 64 << 10, CHUNK_MAX = 16 << 20 };

struct chunk {
    struct chunk *next;
    size_t size, used; /* bytes of data */
    _Alignas(ALIGNMENT) unsigned char data[];
};
struct arena {
    struct chunk *first, *current; /* chunks after current are empty */
};

static void *out_of_memory(size_t size)
{
    fprintf(stderr, "emc2: the system has no memory left (%zu bytes were asked for): stop other programs or lower the memory settings\n",
            size);
    abort();
}

static struct chunk *chunk_create(size_t size)
{
    struct chunk *chunk = NULL;
    if (size > SIZE_MAX - sizeof *chunk - ALIGNMENT || posix_memalign((void **)&chunk, ALIGNMENT, sizeof *chunk + size) != 0) {
        out_of_memory(size);
    }
    chunk->next = NULL;
    chunk->size = size;
    chunk->used = 0;
    POISON(chunk->data, size);
    return chunk;
}

static void chunk_empty(struct chunk *chunk, size_t used)
{
    POISON(chunk->data + used, chunk->used - used);
    chunk->used = used;
}

struct arena *arena_create(void)
{
    struct arena *arena = malloc(sizeof *arena);
    if (!arena) {
        return out_of_memory(sizeof *arena);
    }
    arena->first = arena->current = NULL;
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena) {
        return;
    }
    for (struct chunk *chunk = arena->first; chunk;) {
        struct chunk *next = chunk->next;
        UNPOISON(chunk->data, chunk->size);
        free(chunk);
        chunk = next;
    }
    free(arena);
}

/* Makes a chunk with `size` free bytes the current one. Chunks double; what is larger than a chunk gets one of its own. */
static void advance(struct arena *arena, size_t size)
{
    while (arena->current && arena->current->next) {
        arena->current = arena->current->next;
        if (arena->current->size >= size) {
            return;
        }
    }
    size_t wanted = arena->current ? arena->current->size * 2 : CHUNK_FIRST;
    wanted = wanted > CHUNK_MAX ? CHUNK_MAX : wanted;
    struct chunk *chunk = chunk_create(size > wanted ? size : wanted);
    if (arena->current) {
        arena->current->next = chunk;
    } else {
        arena->first = chunk;
    }
    arena->current = chunk;
}

void *arena_allocate_raw(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        return out_of_memory(SIZE_MAX);
    }
    size_t room = (bytes + RED_ZONE + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    room = room ? room : ALIGNMENT; /* an empty array has an address of its own, too */
    if (!arena->current || arena->current->size - arena->current->used < room) {
        advance(arena, room);
    }
    unsigned char *at = arena->current->data + arena->current->used;
    arena->current->used += room;
    UNPOISON(at, bytes);
    return at;
}

void *arena_allocate(struct arena *arena, size_t count, size_t size)
{
    void *at = arena_allocate_raw(arena, count, size);
    memset(at, 0, count * size);
    return at;
}

char *arena_text_copy(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    char *copy = arena_allocate_raw(arena, length + 1, 1);
    memcpy(copy, text, length + 1);
    return copy;
}

struct text arena_text_keep(struct arena *arena, struct text text)
{
    char *copy = arena_allocate_raw(arena, text.length + 1, 1);
    if (text.length > 0) {
        memcpy(copy, text.data, text.length);
    }
    copy[text.length] = '\0';
    return (struct text){copy, text.length};
}

char *arena_text_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = arena_allocate_raw(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_reset(struct arena *arena)
{
    arena_mark_release(arena, (struct arena_mark){0});
}

struct arena_mark arena_mark_take(const struct arena *arena)
{
    return (struct arena_mark){.chunk = arena->current, .used = arena->current ? arena->current->used : 0};
}

void arena_mark_release(struct arena *arena, struct arena_mark mark)
{
    struct chunk *kept = mark.chunk;
    for (struct chunk *chunk = kept ? kept->next : arena->first; chunk; chunk = chunk->next) {
        chunk_empty(chunk, 0);
    }
    if (kept) {
        assert(mark.used <= kept->used);
        chunk_empty(kept, mark.used);
    }
    arena->current = kept ? kept : arena->first;
}

size_t arena_bytes_reserved(const struct arena *arena)
{
    size_t bytes = 0;
    for (const struct chunk *chunk = arena->first; chunk; chunk = chunk->next) {
        bytes += chunk->size;
    }
    return bytes;
}
