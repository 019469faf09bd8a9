/* SPDX-License-Identifier: EUPL-1.2 */
/* Bounded reads of an index, and the header that all indexes share. */
#include "warehouse/vocabulary/index_bytes.h"
#include <string.h>

bool index_corrupt(struct error *err, const char *what)
{
    FAIL(err, CORRUPT, "an index of the vocabulary is damaged: %s", what);
    return error_hint(err, "verify the store, and load the vocabulary again");
}

bool index_bytes_read(const struct index_bytes *bytes, uint64_t offset, void *out, size_t length, struct error *err)
{
    if (length > bytes->length || offset > bytes->length - length) {
        return index_corrupt(err, "it points behind its end");
    }
    return length == 0 || bytes->read(bytes->context, offset, out, length, err);
}

static bool read_memory(void *context, uint64_t offset, void *out, size_t length, struct error *err)
{
    (void)err;
    const struct cursor *memory = context;
    memcpy(out, memory->data + offset, length);
    return true;
}

struct index_bytes index_bytes_of(const struct cursor *memory)
{
    union {
        const struct cursor *given;
        void *context;
    } borrowed = {.given = memory};
    return (struct index_bytes){.read = read_memory, .context = borrowed.context, .length = memory->length};
}

bool index_header_write(struct buffer *out, const char magic[8], const uint64_t numbers[INDEX_NUMBERS], struct error *err)
{
    TRY(buffer_append(out, magic, 8, err));
    TRY(buffer_append_u64(out, INDEX_VERSION, err));
    for (int i = 0; i < INDEX_NUMBERS; i++) {
        TRY(buffer_append_u64(out, numbers[i], err));
    }
    return true;
}

bool index_header_read(const struct index_bytes *bytes, const char magic[8], uint64_t out_numbers[INDEX_NUMBERS], struct error *err)
{
    uint8_t header[INDEX_HEADER_SIZE];
    TRY(index_bytes_read(bytes, 0, header, sizeof(header), err));
    if (memcmp(header, magic, 8) != 0) {
        return index_corrupt(err, "it begins with the wrong letters");
    }
    if (u64_at(header + 8) != INDEX_VERSION) {
        return index_corrupt(err, "its version is not known");
    }
    for (int i = 0; i < INDEX_NUMBERS; i++) {
        out_numbers[i] = u64_at(header + 16 + 8 * i);
    }
    return true;
}

uint64_t u64_at(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) {
        value = value << 8 | bytes[i];
    }
    return value;
}
