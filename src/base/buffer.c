/* SPDX-License-Identifier: EUPL-1.2 */
/* buffer: growth by doubling up to a maximum, and the bounded cursor that reads the same bytes back. */
#include "base/buffer.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64, VARINT_MAX_BYTES = 10 };

/* The next capacity that holds `wanted`, at most `maximum`; wanted <= maximum. */
static size_t grown(size_t capacity, size_t wanted, size_t maximum)
{
    size_t next = capacity < CAPACITY_FIRST ? CAPACITY_FIRST : capacity > maximum / 2 ? maximum : capacity * 2;
    next = next < wanted ? wanted : next;
    return next > maximum ? maximum : next;
}

static bool fail_limit(size_t maximum, const char *what, struct error *err)
{
    FAIL(err, LIMIT, "the limit of %zu %s is reached", maximum, what);
    return error_hint(err, "give smaller input, or raise the limit in the settings");
}

void buffer_finish(struct buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
    buffer->length = buffer->capacity = 0;
}

bool buffer_reserve(struct buffer *buffer, size_t more, struct error *err)
{
    assert(buffer->length <= buffer->maximum || buffer->length == 0);
    if (more > buffer->maximum - buffer->length || buffer->maximum == 0) {
        return more == 0 || fail_limit(buffer->maximum, "bytes", err);
    }
    size_t wanted = buffer->length + more;
    if (buffer->data && wanted <= buffer->capacity) {
        return true;
    }
    size_t capacity = grown(buffer->capacity, wanted, buffer->maximum);
    uint8_t *data = capacity < SIZE_MAX ? realloc(buffer->data, capacity + 1) : NULL; /* + 1: the NUL byte */
    if (!data) {
        return FAIL(err, LIMIT, "the system has no memory for %zu bytes", capacity);
    }
    data[buffer->length] = '\0';
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

/* What can be appended without asking anybody: many appended texts are of a few bytes. */
static size_t room_of(const struct buffer *buffer)
{
    return buffer->data && buffer->capacity <= buffer->maximum ? buffer->capacity - buffer->length : 0;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t length, struct error *err)
{
    if (length == 0) {
        return true;
    }
    TRY(length <= room_of(buffer) || buffer_reserve(buffer, length, err));
    memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return true;
}

bool buffer_append_text(struct buffer *buffer, const char *text, struct error *err)
{
    return buffer_append(buffer, text, strlen(text), err);
}

bool buffer_append_format(struct buffer *buffer, struct error *err, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const size_t room = room_of(buffer);
    char *end = room > 0 ? (char *)buffer->data + buffer->length : NULL;
    const int length = vsnprintf(end, room > 0 ? room + 1 : 0, format, arguments); /* + 1: the NUL byte */
    va_end(arguments);
    assert(length >= 0);
    bool done = true;
    if ((size_t)length > room) { /* it was cut: once more, with the room that it needs */
        if (end) {
            *end = '\0';
        }
        done = buffer_reserve(buffer, (size_t)length, err);
        if (done) {
            vsnprintf((char *)buffer->data + buffer->length, (size_t)length + 1, format, again);
        }
    }
    va_end(again);
    buffer->length += done ? (size_t)length : 0;
    return done;
}

void little_endian_store(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

uint64_t little_endian_load(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

bool buffer_append_u32(struct buffer *buffer, uint32_t value, struct error *err)
{
    uint8_t bytes[4];
    little_endian_store(bytes, value, sizeof bytes);
    return buffer_append(buffer, bytes, sizeof bytes, err);
}

bool buffer_append_u64(struct buffer *buffer, uint64_t value, struct error *err)
{
    uint8_t bytes[8];
    little_endian_store(bytes, value, sizeof bytes);
    return buffer_append(buffer, bytes, sizeof bytes, err);
}

bool buffer_append_varint(struct buffer *buffer, uint64_t value, struct error *err)
{
    uint8_t bytes[VARINT_MAX_BYTES];
    size_t length = 0;
    for (; value >= 0x80; value >>= 7) {
        bytes[length++] = (uint8_t)(value | 0x80);
    }
    bytes[length++] = (uint8_t)value;
    return buffer_append(buffer, bytes, length, err);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data) {
        buffer->data[0] = '\0';
    }
}

bool cursor_bytes(struct cursor *cursor, size_t length, const uint8_t **out_bytes, struct error *err)
{
    assert(cursor->position <= cursor->length);
    if (length > cursor->length - cursor->position) {
        return FAIL(err, CORRUPT, "the data end too early: %zu bytes are wanted at byte %zu of %zu", length, cursor->position,
                    cursor->length);
    }
    *out_bytes = cursor->data + cursor->position;
    cursor->position += length;
    return true;
}

bool cursor_u8(struct cursor *cursor, uint8_t *out_value, struct error *err)
{
    const uint8_t *bytes = NULL;
    TRY(cursor_bytes(cursor, 1, &bytes, err));
    *out_value = bytes[0];
    return true;
}

bool cursor_u32(struct cursor *cursor, uint32_t *out_value, struct error *err)
{
    const uint8_t *bytes = NULL;
    TRY(cursor_bytes(cursor, 4, &bytes, err));
    *out_value = (uint32_t)little_endian_load(bytes, 4);
    return true;
}

bool cursor_u64(struct cursor *cursor, uint64_t *out_value, struct error *err)
{
    const uint8_t *bytes = NULL;
    TRY(cursor_bytes(cursor, 8, &bytes, err));
    *out_value = little_endian_load(bytes, 8);
    return true;
}

/* Only the shortest form is taken, so that a value has one encoding. */
bool cursor_varint(struct cursor *cursor, uint64_t *out_value, struct error *err)
{
    uint64_t value = 0;
    for (size_t i = 0; i < VARINT_MAX_BYTES; i++) {
        if (i >= cursor->length - cursor->position) {
            return FAIL(err, CORRUPT, "the data end inside a number at byte %zu", cursor->position);
        }
        uint8_t byte = cursor->data[cursor->position + i];
        if ((i == VARINT_MAX_BYTES - 1 && byte > 1) || (i > 0 && byte == 0)) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            cursor->position += i + 1;
            *out_value = value;
            return true;
        }
    }
    return FAIL(err, CORRUPT, "a number at byte %zu is not well formed", cursor->position);
}

bool array_reserve(void **items, size_t item_size, size_t count, size_t *capacity, size_t more, size_t maximum, struct error *err)
{
    assert(item_size > 0 && count <= *capacity);
    if (more > maximum || count > maximum - more) {
        return fail_limit(maximum, "items", err);
    }
    if (count + more <= *capacity) {
        return true;
    }
    size_t next = grown(*capacity, count + more, maximum);
    size_t bytes = 0;
    void *moved = __builtin_mul_overflow(next, item_size, &bytes) ? NULL : realloc(*items, bytes);
    if (!moved) {
        return FAIL(err, LIMIT, "the system has no memory for %zu items", next);
    }
    *items = moved;
    *capacity = next;
    return true;
}

void array_release(void *items)
{
    free(items);
}
