/* SPDX-License-Identifier: EUPL-1.2 */
/* files: heads and blocks of requests and responses. */
#include "intake/circuit/files.h"
#include "base/buffer.h"
#include <string.h>

static const uint8_t request_magic[8] = "EMC2BREQ", response_magic[8] = "EMC2BRSP";
enum { VERSION = 1 };

static bool begin_put(struct stream_writer *writer, const uint8_t magic[8], struct error *err)
{
    return stream_put(writer, magic, 8, err) && stream_put_u32(writer, VERSION, err);
}

static bool begin_take(struct stream_reader *reader, const uint8_t magic[8], const char *what, struct error *err)
{
    uint8_t found[8];
    uint32_t version;
    TRY(stream_take(reader, found, sizeof found, err));
    if (memcmp(found, magic, sizeof found) != 0) {
        return FAIL(err, INVALID_INPUT, "this is not %s", what);
    }
    TRY(stream_take_u32(reader, &version, err));
    if (version != VERSION) {
        return FAIL(err, UNSUPPORTED, "the file has version %u, this emc2 reads %d", version, VERSION);
    }
    return true;
}

static bool time_take(struct stream_reader *reader, int64_t *out_seconds, struct error *err)
{
    uint64_t value;
    TRY(stream_take_u64(reader, &value, err));
    TRY(value <= INT64_MAX || FAIL(err, INVALID_INPUT, "the file has a time that there is not"));
    *out_seconds = (int64_t)value;
    return true;
}

/* ---- request ---- */
bool request_head_put(struct stream_writer *writer, const struct circuit_request *request, struct error *err)
{
    TRY(begin_put(writer, request_magic, err) && stream_put(writer, request->id, sizeof request->id, err));
    TRY(stream_put_u64(writer, (uint64_t)request->made, err) && stream_put_u32(writer, request->epoch, err));
    TRY(stream_put(writer, request->authority_key, sizeof request->authority_key, err));
    TRY(stream_put(writer, request->holder_key, sizeof request->holder_key, err));
    return stream_put(writer, request->holder, sizeof request->holder, err);
}

/* Zeros behind the name and none in it, printable and not empty: it is shown to people. */
static bool name_check(const char name[CIRCUIT_NAME_SIZE], struct error *err)
{
    char shown[4 * CIRCUIT_NAME_SIZE];
    size_t length = strnlen(name, CIRCUIT_NAME_SIZE);
    struct text text = {name, length};
    bool is_name =
        length > 0 && length < CIRCUIT_NAME_SIZE && text_to_shown(shown, sizeof shown, text) == length && memcmp(shown, name, length) == 0;
    for (size_t i = length; i < CIRCUIT_NAME_SIZE; i++) {
        is_name = is_name && name[i] == '\0';
    }
    return is_name || FAIL(err, INVALID_INPUT, "the file does not name a holder");
}

bool request_head_take(struct stream_reader *reader, struct circuit_request *out_request, struct error *err)
{
    struct circuit_request request = {.count = 0};
    TRY(begin_take(reader, request_magic, "a request for pseudonyms", err));
    TRY(stream_take(reader, request.id, sizeof request.id, err) && time_take(reader, &request.made, err));
    TRY(stream_take_u32(reader, &request.epoch, err));
    TRY(stream_take(reader, request.authority_key, sizeof request.authority_key, err));
    TRY(stream_take(reader, request.holder_key, sizeof request.holder_key, err));
    TRY(stream_take(reader, request.holder, sizeof request.holder, err) && name_check(request.holder, err));
    *out_request = request;
    return true;
}

bool request_read(struct stream_reader *reader, struct circuit_request *out_request, struct error *err)
{
    struct circuit_request request;
    struct circuit_blocks blocks = {.count = 0};
    static _Thread_local uint8_t elements[CIRCUIT_BLOCK][CRYPTO_ELEMENT_SIZE];
    size_t count;
    TRY(request_head_take(reader, &request, err));
    do {
        TRY(task_check(err));
        TRY(block_take(reader, &blocks, elements, &count, err));
    } while (count > 0);
    TRY(stream_take_signature(reader, CIRCUIT_REQUEST_PURPOSE, request.holder_key, &request.hash, err));
    request.count = blocks.count;
    *out_request = request;
    return true;
}

bool circuit_request_read(struct circuit_request *out_request, const char *path, struct error *err)
{
    CLEANUP(stream_reader_value) struct stream_reader reader = {.path = NULL};
    TRY(crypto_start(err));
    bool done = stream_open(&reader, path, err) && request_read(&reader, out_request, err);
    return done || error_context(err, "request %s", path);
}

/* ---- blocks ---- */
bool block_put(struct stream_writer *writer, const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE], size_t count, struct error *err)
{
    return stream_put_u32(writer, (uint32_t)count, err) && stream_put(writer, elements, count * CRYPTO_ELEMENT_SIZE, err);
}

bool blocks_end_put(struct stream_writer *writer, uint64_t count, struct error *err)
{
    return stream_put_u32(writer, 0, err) && stream_put_u64(writer, count, err);
}

bool block_take(struct stream_reader *reader, struct circuit_blocks *blocks, uint8_t (*out_elements)[CRYPTO_ELEMENT_SIZE],
                size_t *out_count, struct error *err)
{
    uint32_t count;
    uint64_t total;
    TRY(stream_take_u32(reader, &count, err));
    if (count == 0) {
        TRY(stream_take_u64(reader, &total, err));
        TRY(total == blocks->count || FAIL(err, INVALID_INPUT, "the file has another number of elements than it says"));
    } else if (count > CIRCUIT_BLOCK || blocks->is_short) {
        return FAIL(err, INVALID_INPUT, "a block of elements is too long, or comes behind the last one");
    }
    TRY(stream_take(reader, out_elements, count * (size_t)CRYPTO_ELEMENT_SIZE, err));
    blocks->count += count;
    blocks->is_short = count < CIRCUIT_BLOCK;
    *out_count = count;
    return true;
}

/* ---- response ---- */
bool response_head_put(struct stream_writer *writer, const struct circuit_response *response, struct error *err)
{
    const struct circuit_authority *authority = &response->authority;
    TRY(begin_put(writer, response_magic, err));
    TRY(stream_put(writer, response->request_id, sizeof response->request_id, err));
    TRY(stream_put(writer, response->request_hash.bytes, sizeof response->request_hash.bytes, err));
    TRY(stream_put_u64(writer, (uint64_t)response->made, err) && stream_put_u32(writer, authority->epoch, err));
    TRY(stream_put(writer, authority->public_key, sizeof authority->public_key, err));
    return stream_put(writer, authority->signing_key, sizeof authority->signing_key, err);
}

bool response_head_take(struct stream_reader *reader, struct circuit_response *out_response, struct error *err)
{
    struct circuit_response response = {.made = 0};
    struct circuit_authority *authority = &response.authority;
    TRY(begin_take(reader, response_magic, "an answer of a pseudonym authority", err));
    TRY(stream_take(reader, response.request_id, sizeof response.request_id, err));
    TRY(stream_take(reader, response.request_hash.bytes, sizeof response.request_hash.bytes, err));
    TRY(time_take(reader, &response.made, err) && stream_take_u32(reader, &authority->epoch, err));
    TRY(stream_take(reader, authority->public_key, sizeof authority->public_key, err));
    TRY(stream_take(reader, authority->signing_key, sizeof authority->signing_key, err));
    *out_response = response;
    return true;
}

bool response_read(struct stream_reader *reader, struct circuit_response *out_response, uint64_t *out_count, struct error *err)
{
    struct circuit_response response;
    struct circuit_blocks blocks = {.count = 0};
    struct crypto_hash hash;
    static _Thread_local uint8_t elements[CIRCUIT_BLOCK][CRYPTO_ELEMENT_SIZE];
    uint8_t proof[CRYPTO_PROOF_SIZE];
    size_t count;
    TRY(response_head_take(reader, &response, err));
    do {
        TRY(task_check(err));
        TRY(block_take(reader, &blocks, elements, &count, err));
        TRY(count == 0 || stream_take(reader, proof, sizeof proof, err));
    } while (count > 0);
    TRY(stream_take_signature(reader, CIRCUIT_RESPONSE_PURPOSE, response.authority.signing_key, &hash, err));
    *out_response = response;
    *out_count = blocks.count;
    return true;
}

struct text circuit_proof_context(char out[CIRCUIT_CONTEXT_SIZE], const uint8_t id[CIRCUIT_ID_SIZE], uint64_t block)
{
    static const char purpose[16] = "emc2 circuit 1";
    memcpy(out, purpose, sizeof purpose);
    memcpy(out + sizeof purpose, id, CIRCUIT_ID_SIZE);
    uint8_t number[8];
    little_endian_store(number, block, sizeof number);
    memcpy(out + sizeof purpose + CIRCUIT_ID_SIZE, number, sizeof number);
    return (struct text){out, CIRCUIT_CONTEXT_SIZE};
}
