/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed_layout: header, trailer and associated data of sealed files, as bytes. */
#include "warehouse/store/sealed_layout.h"
#include <string.h>

static const uint8_t header_magic[8] = "EMC2SEAL", trailer_magic[8] = "EMC2SEND";
enum { AT_VERSION = 8, AT_DOMAIN = 12, AT_STORE = 16, AT_FILE = AT_STORE + GRANT_STORE_ID_SIZE };

void sealed_put_number(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

uint64_t sealed_get_number(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

void sealed_header_write(const struct sealed_header *header, uint8_t out_bytes[SEALED_HEADER_SIZE])
{
    memcpy(out_bytes, header_magic, sizeof header_magic);
    sealed_put_number(out_bytes + AT_VERSION, SEALED_VERSION, 4);
    sealed_put_number(out_bytes + AT_DOMAIN, (uint64_t)header->domain, 4);
    memcpy(out_bytes + AT_STORE, header->store_id, sizeof header->store_id);
    memcpy(out_bytes + AT_FILE, header->file_id, sizeof header->file_id);
}

bool sealed_header_parse(struct sealed_header *out_header, const uint8_t bytes[SEALED_HEADER_SIZE], const char *file, struct error *err)
{
    if (memcmp(bytes, header_magic, sizeof header_magic) != 0) {
        return FAIL(err, CORRUPT, "%s is not a sealed file: its first bytes were changed", file);
    }
    uint64_t version = sealed_get_number(bytes + AT_VERSION, 4), domain = sealed_get_number(bytes + AT_DOMAIN, 4);
    if (version != SEALED_VERSION) {
        FAIL(err, UNSUPPORTED, "%s is a sealed file of version %u, this emc2 reads %d", file, (unsigned)version, SEALED_VERSION);
        return error_hint(err, "use a newer emc2; if there is none, the file was changed: put it back from a copy");
    }
    if (domain >= KEY_DOMAIN_COUNT) {
        return FAIL(err, CORRUPT, "%s names a key domain that does not exist", file);
    }
    out_header->domain = (enum key_domain)domain;
    memcpy(out_header->store_id, bytes + AT_STORE, sizeof out_header->store_id);
    memcpy(out_header->file_id, bytes + AT_FILE, sizeof out_header->file_id);
    return true;
}

void sealed_trailer_write(const struct sealed_trailer *trailer, uint8_t out_bytes[SEALED_TRAILER_SIZE])
{
    sealed_put_number(out_bytes, trailer->block_count, 8);
    sealed_put_number(out_bytes + 8, trailer->index_offset, 8);
    memcpy(out_bytes + 16, trailer_magic, sizeof trailer_magic);
}

bool sealed_trailer_parse(struct sealed_trailer *out_trailer, const uint8_t bytes[SEALED_TRAILER_SIZE], uint64_t file_size,
                          const char *file, struct error *err)
{
    struct sealed_trailer trailer = {sealed_get_number(bytes, 8), sealed_get_number(bytes + 8, 8)};
    if (memcmp(bytes + 16, trailer_magic, sizeof trailer_magic) != 0) {
        return FAIL(err, CORRUPT, "%s is cut short, or its last bytes were changed", file);
    }
    uint64_t fixed = SEALED_HEADER_SIZE + SEALED_TRAILER_SIZE + CRYPTO_TAG_SIZE;
    if (trailer.block_count > SEALED_BLOCK_COUNT_MAX || file_size < fixed + trailer.block_count * SEALED_INDEX_ENTRY ||
        trailer.index_offset != file_size - (SEALED_TRAILER_SIZE + CRYPTO_TAG_SIZE) - trailer.block_count * SEALED_INDEX_ENTRY) {
        return FAIL(err, CORRUPT, "%s: its size and its trailer do not fit together", file);
    }
    *out_trailer = trailer;
    return true;
}

void sealed_associated(uint8_t out_bytes[SEALED_ASSOCIATED_SIZE], const struct sealed_header *header, uint64_t block, uint32_t length)
{
    memcpy(out_bytes, header->store_id, GRANT_STORE_ID_SIZE);
    memcpy(out_bytes + GRANT_STORE_ID_SIZE, header->file_id, KEY_FILE_ID_SIZE);
    sealed_put_number(out_bytes + GRANT_STORE_ID_SIZE + KEY_FILE_ID_SIZE, block, 8);
    sealed_put_number(out_bytes + GRANT_STORE_ID_SIZE + KEY_FILE_ID_SIZE + 8, length, 4);
}
