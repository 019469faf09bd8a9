/* SPDX-License-Identifier: EUPL-1.2 */
/* buffer: growable bytes with a maximum, and growable arrays of one type (DEFINE_ARRAY). Growing past the maximum fails with LIMIT.
 * Initialise by designated initialiser: struct buffer b = {.maximum = 1 << 20}; release with buffer_finish. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data; /* always followed by a NUL byte once something was appended */
    size_t length;
    size_t capacity;
    size_t maximum; /* bytes; 0 means nothing can be appended */
};

void buffer_finish(struct buffer *buffer);
static inline __attribute__((unused)) void buffer_value_cleanup(struct buffer *buffer)
{
    buffer_finish(buffer);
} /* CLEANUP(buffer_value) */
MUST_CHECK bool buffer_reserve(struct buffer *buffer, size_t more, struct error *err);
MUST_CHECK bool buffer_append(struct buffer *buffer, const void *bytes, size_t length, struct error *err);
MUST_CHECK bool buffer_append_text(struct buffer *buffer, const char *text, struct error *err);
MUST_CHECK bool buffer_append_format(struct buffer *buffer, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4);
/* Little-endian integers and varints (LEB128), the only byte order on disk. */
MUST_CHECK bool buffer_append_u32(struct buffer *buffer, uint32_t value, struct error *err);
MUST_CHECK bool buffer_append_u64(struct buffer *buffer, uint64_t value, struct error *err);
MUST_CHECK bool buffer_append_varint(struct buffer *buffer, uint64_t value, struct error *err);
void buffer_clear(struct buffer *buffer); /* keeps the memory */
/* The same order outside a buffer: at most 8 bytes. */
void little_endian_store(uint8_t *out, uint64_t value, size_t bytes);
uint64_t little_endian_load(const uint8_t *bytes, size_t count);

/* cursor: the one bounded way to parse bytes. A read past the end fails with CORRUPT and leaves the cursor where it was. */
struct cursor {
    const uint8_t *data;
    size_t length;
    size_t position;
};
MUST_CHECK bool cursor_bytes(struct cursor *cursor, size_t length, const uint8_t **out_bytes, struct error *err); /* points into data */
MUST_CHECK bool cursor_u8(struct cursor *cursor, uint8_t *out_value, struct error *err);
MUST_CHECK bool cursor_u32(struct cursor *cursor, uint32_t *out_value, struct error *err);
MUST_CHECK bool cursor_u64(struct cursor *cursor, uint64_t *out_value, struct error *err);
MUST_CHECK bool cursor_varint(struct cursor *cursor, uint64_t *out_value, struct error *err);

/* The memory behind DEFINE_ARRAY: grows *items to hold at least count + more items of item_size, never beyond maximum items. */
MUST_CHECK bool array_reserve(void **items, size_t item_size, size_t count, size_t *capacity, size_t more, size_t maximum,
                              struct error *err);

/* DEFINE_ARRAY(days, day) gives struct days {day *items; size_t count, capacity, maximum;}, days_append, days_reserve, days_finish. */
#define DEFINE_ARRAY(name, type)                                                                                             \
    struct name {                                                                                                            \
        type *items;                                                                                                         \
        size_t count, capacity, maximum;                                                                                     \
    };                                                                                                                       \
    MUST_CHECK static inline __attribute__((unused)) bool name##_reserve(struct name *array, size_t more, struct error *err) \
    {                                                                                                                        \
        void *items = array->items;                                                                                          \
        bool done = array_reserve(&items, sizeof(type), array->count, &array->capacity, more, array->maximum, err);          \
        array->items = (type *)items;                                                                                        \
        return done;                                                                                                         \
    }                                                                                                                        \
    MUST_CHECK static inline __attribute__((unused)) bool name##_append(struct name *array, type item, struct error *err)    \
    {                                                                                                                        \
        if (array->count == array->capacity) {                                                                               \
            TRY(name##_reserve(array, 1, err));                                                                              \
        }                                                                                                                    \
        array->items[array->count++] = item;                                                                                 \
        return true;                                                                                                         \
    }                                                                                                                        \
    static inline __attribute__((unused)) void name##_finish(struct name *array)                                             \
    {                                                                                                                        \
        array_release(array->items);                                                                                         \
        array->items = NULL;                                                                                                 \
        array->count = array->capacity = 0;                                                                                  \
    }
void array_release(void *items);
