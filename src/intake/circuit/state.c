/* SPDX-License-Identifier: EUPL-1.2 */
/* state: what a holder keeps of a request: the sealed seed, then the sealed entries; and what follows from the seed, blinds and order. */
#include "intake/circuit/files.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t magic[8] = "EMC2BSTA";
enum { VERSION = 1, HEAD_SIZE = 8 + 4 + CIRCUIT_ID_SIZE + 4 + CRYPTO_ELEMENT_SIZE };

void circuit_seed_finish(struct circuit_seed *seed)
{
    secret_destroy(seed->seed);
    secret_destroy(seed->blinds);
    secret_destroy(seed->order);
    crypto_blocks_destroy(seed->blocks);
    *seed = (struct circuit_seed){.seed = NULL};
}

/* One key, one use. On failure the caller finishes what there is. */
static bool seed_ready(struct circuit_seed *seed, const struct circuit_state_head *head, struct error *err)
{
    CLEANUP(secret) struct secret *blocks = NULL;
    TRY(crypto_derive(&seed->blinds, seed->seed, "emc2 circuit blinds 1", head->id, sizeof head->id, err));
    TRY(crypto_derive(&seed->order, seed->seed, "emc2 circuit order 1", head->id, sizeof head->id, err));
    TRY(crypto_derive(&blocks, seed->seed, "emc2 circuit state 1", head->id, sizeof head->id, err));
    return crypto_blocks_create(&seed->blocks, blocks, err);
}

static bool head_print(const struct circuit_state_head *head, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, magic, sizeof magic, err) && buffer_append_u32(out, VERSION, err));
    TRY(buffer_append(out, head->id, sizeof head->id, err) && buffer_append_u32(out, head->epoch, err));
    return buffer_append(out, head->authority_key, sizeof head->authority_key, err);
}

bool state_create(struct file_writer *writer, const struct circuit_state_head *head, const struct secret *state_key,
                  struct circuit_seed *out_seed, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = HEAD_SIZE};
    uint8_t sealed[STATE_SEALED_SEED_SIZE];
    TRY(secret_random(&out_seed->seed, CRYPTO_KEY_SIZE, err));
    TRY(seed_ready(out_seed, head, err));
    TRY(head_print(head, &bytes, err));
    TRY(crypto_seal(sealed, state_key, secret_view(out_seed->seed), CRYPTO_KEY_SIZE, bytes.data, bytes.length, err));
    return file_writer_append(writer, bytes.data, bytes.length, err) && file_writer_append(writer, sealed, sizeof sealed, err);
}

bool state_head_take(struct stream_reader *reader, struct circuit_state_head *out_head, uint8_t *out_sealed_seed, struct error *err)
{
    uint8_t found[sizeof magic];
    uint32_t version;
    struct circuit_state_head head;
    TRY(stream_take(reader, found, sizeof found, err));
    TRY(memcmp(found, magic, sizeof found) == 0 || FAIL(err, INVALID_INPUT, "this is not what a holder keeps of a request"));
    TRY(stream_take_u32(reader, &version, err));
    if (version != VERSION) {
        return FAIL(err, UNSUPPORTED, "the file has version %u, this emc2 reads %d", version, VERSION);
    }
    TRY(stream_take(reader, head.id, sizeof head.id, err) && stream_take_u32(reader, &head.epoch, err));
    TRY(stream_take(reader, head.authority_key, sizeof head.authority_key, err));
    TRY(stream_take(reader, out_sealed_seed, STATE_SEALED_SEED_SIZE, err));
    *out_head = head;
    return true;
}

bool state_open(struct stream_reader *reader, const struct secret *state_key, struct circuit_state_head *out_head,
                struct circuit_seed *out_seed, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = HEAD_SIZE};
    uint8_t sealed[STATE_SEALED_SEED_SIZE];
    TRY(state_head_take(reader, out_head, sealed, err));
    TRY(head_print(out_head, &bytes, err));
    TRY(secret_create(&out_seed->seed, CRYPTO_KEY_SIZE, err));
    if (!crypto_open(secret_bytes(out_seed->seed), state_key, sealed, sizeof sealed, bytes.data, bytes.length, NULL)) {
        FAIL(err, DENIED, "the file does not open with this holder's key, or was changed");
        return error_hint(err, "make the request once more");
    }
    return seed_ready(out_seed, out_head, err);
}

/* ---- blocks ---- */
bool state_block_put(struct file_writer *writer, struct circuit_seed *seed, uint64_t number, bool is_end, const void *bytes, size_t length,
                     struct error *err)
{
    /* The key is this request's own: which kind of block it is, is all that there is to bind. */
    const uint8_t associated = is_end, size[4] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), is_end};
    static_assert(STATE_BLOCK_MAX < 1 << 24, "a length fits into three bytes");
    uint8_t *sealed = malloc(length + CRYPTO_TAG_SIZE);
    if (!sealed) {
        abort(); /* like the arena */
    }
    bool done = crypto_block_seal(seed->blocks, number, &associated, 1, bytes, length, sealed, err) &&
                file_writer_append(writer, size, sizeof size, err) && file_writer_append(writer, sealed, length + CRYPTO_TAG_SIZE, err);
    free(sealed);
    return done;
}

bool state_frame_take(struct stream_reader *reader, bool *out_is_end, uint8_t *out_sealed, size_t *out_length, struct error *err)
{
    uint8_t size[4];
    TRY(stream_take(reader, size, sizeof size, err));
    size_t length = (size_t)size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16;
    bool is_end = size[3] == 1;
    bool is_right =
        is_end ? length == STATE_END_SIZE : size[3] == 0 && length > 0 && length <= STATE_BLOCK_MAX && length % STATE_ENTRY_SIZE == 0;
    TRY(is_right || FAIL(err, INVALID_INPUT, "a part of the file has a length that emc2 does not write"));
    TRY(stream_take(reader, out_sealed, length + CRYPTO_TAG_SIZE, err));
    *out_is_end = is_end;
    *out_length = length;
    return !is_end || stream_take_end(reader, err);
}

bool state_block_take(struct stream_reader *reader, struct circuit_seed *seed, uint64_t number, bool *out_is_end, void *out, size_t room,
                      size_t *out_length, struct error *err)
{
    uint8_t *bytes = out;
    assert(room >= STATE_SEALED_MAX);
    TRY(state_frame_take(reader, out_is_end, bytes, out_length, err));
    const uint8_t associated = *out_is_end;
    if (!crypto_block_open(seed->blocks, number, &associated, 1, bytes, *out_length + CRYPTO_TAG_SIZE, bytes, NULL)) {
        return FAIL(err, CORRUPT, "a part of the file does not open: it was changed");
    }
    return true;
}

/* ---- what follows from the seed ---- */
bool circuit_order(uint32_t *out_place, size_t count, const struct circuit_seed *seed, uint64_t chunk, struct error *err)
{
    CLEANUP(secret) struct secret *dice = NULL;
    TRY(secret_create(&dice, (count + 1) * sizeof(uint64_t), err));
    TRY(crypto_random_from(secret_bytes(dice), count * sizeof(uint64_t), seed->order, chunk, err));
    for (uint32_t i = 0; i < count; i++) {
        out_place[i] = i;
    }
    for (size_t i = count; i > 1; i--) { /* Fisher and Yates; 64 bits against 2^14 places: no bias that matters */
        uint64_t die = 0;
        for (size_t j = 0; j < sizeof die; j++) {
            die |= (uint64_t)secret_view(dice)[(i - 1) * sizeof die + j] << (8 * j);
        }
        uint32_t other = (uint32_t)(die % i), kept = out_place[i - 1];
        out_place[i - 1] = out_place[other];
        out_place[other] = kept;
    }
    return true;
}

bool circuit_blinds(uint8_t *room, size_t count, const struct circuit_seed *seed, uint64_t block, struct error *err)
{
    uint8_t *uniform = room + count * CRYPTO_SCALAR_SIZE;
    TRY(crypto_random_from(uniform, count * CRYPTO_UNIFORM_SIZE, seed->blinds, block, err));
    for (size_t i = 0; i < count; i++) {
        crypto_scalar_from_uniform(room + i * CRYPTO_SCALAR_SIZE, uniform + i * CRYPTO_UNIFORM_SIZE);
    }
    crypto_wipe(uniform, count * CRYPTO_UNIFORM_SIZE);
    return true;
}
