/* SPDX-License-Identifier: EUPL-1.2 */
/* arena: memory with one lifetime (process, job, request, batch), released at once. Name the variable for what it holds (`result`,
 * `scratch`). Allocation never fails: when the system has no memory left, the process ends with a clear line. What outside input can
 * size belongs in a buffer with a maximum (buffer.h). Under AddressSanitizer released memory is poisoned. Not for secrets. */
#pragma once
#include "base/text.h"
#include <stddef.h>

struct arena;
struct arena_mark {
    void *chunk;
    size_t used;
};

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is fine */
DEFINE_CLEANUP(arena, arena_destroy)

/* Zeroed, aligned to 32 bytes. count * size is checked for overflow. */
void *arena_allocate(struct arena *arena, size_t count, size_t size) __attribute__((malloc));
#define ARENA_NEW(arena, type) ((type *)arena_allocate((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_allocate((arena), (count), sizeof(type)))
/* Not zeroed: for large arrays that are written in full. */
void *arena_allocate_raw(struct arena *arena, size_t count, size_t size) __attribute__((malloc));
char *arena_text_copy(struct arena *arena, const char *text);
struct text arena_text_keep(struct arena *arena, struct text text); /* a copy, with a NUL behind it */
char *arena_text_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Releases everything (arena_reset), or everything allocated since the mark; the chunks are kept for reuse. */
void arena_reset(struct arena *arena);
struct arena_mark arena_mark_take(const struct arena *arena);
void arena_mark_release(struct arena *arena, struct arena_mark mark);
size_t arena_bytes_reserved(const struct arena *arena);
