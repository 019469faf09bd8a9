/* SPDX-License-Identifier: EUPL-1.2 */
/* files: the three files of the circuit, piece by piece (private to circuit). Written description: docs/formats/circuit.md. */
#pragma once
#include "intake/circuit/circuit.h"
#include "intake/circuit/stream.h"

/* A chunk is what is in memory at once: blinded, ordered and sealed together. */
enum { CIRCUIT_CHUNK_BLOCKS = 16, CIRCUIT_CHUNK = CIRCUIT_CHUNK_BLOCKS * CIRCUIT_BLOCK };
#define CIRCUIT_REQUEST_PURPOSE "emc2 circuit request 1"
#define CIRCUIT_RESPONSE_PURPOSE "emc2 circuit response 1"

/* ---- request ---- */
MUST_CHECK bool request_head_put(struct stream_writer *writer, const struct circuit_request *request, struct error *err);
MUST_CHECK bool request_head_take(struct stream_reader *reader, struct circuit_request *out_request, struct error *err);

/* ---- blocks of a request or a response: all but the last one are full ---- */
struct circuit_blocks {
    uint64_t count;
    bool is_short; /* nothing may follow but the end */
};
/* *out_count 0: there is no more, and the count at the end was right. */
MUST_CHECK bool block_take(struct stream_reader *reader, struct circuit_blocks *blocks, uint8_t (*out_elements)[CRYPTO_ELEMENT_SIZE],
                           size_t *out_count, struct error *err);
MUST_CHECK bool block_put(struct stream_writer *writer, const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE], size_t count, struct error *err);
MUST_CHECK bool blocks_end_put(struct stream_writer *writer, uint64_t count, struct error *err);

/* ---- response ---- */
struct circuit_response {
    uint8_t request_id[CIRCUIT_ID_SIZE];
    struct crypto_hash request_hash;
    struct circuit_authority authority;
    int64_t made;
};
MUST_CHECK bool response_head_put(struct stream_writer *writer, const struct circuit_response *response, struct error *err);
MUST_CHECK bool response_head_take(struct stream_reader *reader, struct circuit_response *out_response, struct error *err);
/* All of it, with its signature by the key that it names. */
MUST_CHECK bool response_read(struct stream_reader *reader, struct circuit_response *out_response, uint64_t *out_count, struct error *err);
/* The same for a request. */
MUST_CHECK bool request_read(struct stream_reader *reader, struct circuit_request *out_request, struct error *err);

/* What a proof is bound to: request and block. */
enum { CIRCUIT_CONTEXT_SIZE = 16 + CIRCUIT_ID_SIZE + 8 };
struct text circuit_proof_context(char out[CIRCUIT_CONTEXT_SIZE], const uint8_t id[CIRCUIT_ID_SIZE], uint64_t block);

/* ---- state ---- */
enum { STATE_ENTRY_SIZE = 8 + 1, STATE_BLOCK_MAX = CIRCUIT_CHUNK * STATE_ENTRY_SIZE, STATE_END_SIZE = 8 + CRYPTO_HASH_SIZE };
struct circuit_state_head {
    uint8_t id[CIRCUIT_ID_SIZE];
    uint32_t epoch;
    uint8_t authority_key[CRYPTO_ELEMENT_SIZE];
};
/* What comes from the seed of a request, and stays with the holder. */
struct circuit_seed {
    struct secret *seed, *blinds, *order;
    struct crypto_blocks *blocks;
};
void circuit_seed_finish(struct circuit_seed *seed);
MUST_CHECK bool state_create(struct file_writer *writer, const struct circuit_state_head *head, const struct secret *state_key,
                             struct circuit_seed *out_seed, struct error *err);
MUST_CHECK bool state_open(struct stream_reader *reader, const struct secret *state_key, struct circuit_state_head *out_head,
                           struct circuit_seed *out_seed, struct error *err);
/* Block `number`: entries of one chunk, or with is_end what ends the file. */
MUST_CHECK bool state_block_put(struct file_writer *writer, struct circuit_seed *seed, uint64_t number, bool is_end, const void *bytes,
                                size_t length, struct error *err);
MUST_CHECK bool state_block_take(struct stream_reader *reader, struct circuit_seed *seed, uint64_t number, bool *out_is_end, void *out,
                                 size_t room, size_t *out_length, struct error *err);
/* The frame of the file without a key, for what reads outside bytes: head and lengths. */
MUST_CHECK bool state_head_take(struct stream_reader *reader, struct circuit_state_head *out_head, uint8_t *out_sealed_seed,
                                struct error *err);
MUST_CHECK bool state_frame_take(struct stream_reader *reader, bool *out_is_end, uint8_t *out_sealed, size_t *out_length,
                                 struct error *err);
enum { STATE_SEALED_SEED_SIZE = CRYPTO_KEY_SIZE + CRYPTO_SEAL_OVERHEAD, STATE_SEALED_MAX = STATE_BLOCK_MAX + CRYPTO_TAG_SIZE };

/* place[i]: where in the chunk the element of the i-th key added stands. */
MUST_CHECK bool circuit_order(uint32_t *out_place, size_t count, const struct circuit_seed *seed, uint64_t chunk, struct error *err);
/* The blinds of one block. room: secret memory, count * (CRYPTO_UNIFORM_SIZE + CRYPTO_SCALAR_SIZE) bytes; the blinds come at its start. */
enum { CIRCUIT_ROOM_SIZE = CIRCUIT_BLOCK * (CRYPTO_SCALAR_SIZE + CRYPTO_UNIFORM_SIZE) };
MUST_CHECK bool circuit_blinds(uint8_t *room, size_t count, const struct circuit_seed *seed, uint64_t block, struct error *err);
