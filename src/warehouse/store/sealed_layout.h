/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed_layout: the bytes of a sealed file that are not blocks: header and trailer (private to the store). They are read before anything
 * is authenticated. Integers are little-endian. Written description: docs/formats/sealed.md. */
#pragma once
#include "base/error.h"
#include "trust/keys/keys.h"

enum {
    SEALED_VERSION = 2,
    SEALED_HEADER_SIZE = 8 + 4 + 4 + GRANT_STORE_ID_SIZE + KEY_FILE_ID_SIZE,
    SEALED_TRAILER_SIZE = 8 + 8 + 8,
    SEALED_BLOCK_MAX = 1 << 26,       /* plain bytes */
    SEALED_BLOCK_COUNT_MAX = 1 << 24, /* so that the index is one block of at most SEALED_BLOCK_MAX */
    SEALED_INDEX_ENTRY = 4,           /* plain length of a block */
    SEALED_ASSOCIATED_SIZE = GRANT_STORE_ID_SIZE + KEY_FILE_ID_SIZE + 8 + 4,
};
#define SEALED_INDEX_BLOCK UINT64_MAX /* the number under which the index is sealed */

struct sealed_header {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    uint8_t file_id[KEY_FILE_ID_SIZE];
    enum key_domain domain;
};
struct sealed_trailer {
    uint64_t block_count;
    uint64_t index_offset;
};

void sealed_header_write(const struct sealed_header *header, uint8_t out_bytes[SEALED_HEADER_SIZE]);
/* `file` is only named in errors. CORRUPT, or UNSUPPORTED for another version. */
MUST_CHECK bool sealed_header_parse(struct sealed_header *out_header, const uint8_t bytes[SEALED_HEADER_SIZE], const char *file,
                                    struct error *err);
void sealed_trailer_write(const struct sealed_trailer *trailer, uint8_t out_bytes[SEALED_TRAILER_SIZE]);
/* Also checks that count, offset and size fit together, so that nothing needs to be checked for overflow afterwards. */
MUST_CHECK bool sealed_trailer_parse(struct sealed_trailer *out_trailer, const uint8_t bytes[SEALED_TRAILER_SIZE], uint64_t file_size,
                                     const char *file, struct error *err);
/* What a block is bound to. */
void sealed_associated(uint8_t out_bytes[SEALED_ASSOCIATED_SIZE], const struct sealed_header *header, uint64_t block, uint32_t length);
void sealed_put_number(uint8_t *out, uint64_t value, unsigned bytes);
uint64_t sealed_get_number(const uint8_t *bytes, unsigned count);
