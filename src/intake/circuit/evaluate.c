/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate: the authority answers a request: each element to the power of its key, one proof for each block. It reads a chunk, works on its
 * blocks in parallel, and writes it; what it learns is how many elements there are. */
#include "base/calendar.h"
#include "intake/circuit/files.h"
#include <stdlib.h>
#include <string.h>

struct chunk {
    const struct circuit_authority_secret *authority;
    const struct circuit_request *request;
    uint64_t first_block;
    size_t blocks, counts[CIRCUIT_CHUNK_BLOCKS];
    uint8_t blinded[CIRCUIT_CHUNK_BLOCKS][CIRCUIT_BLOCK][CRYPTO_ELEMENT_SIZE];
    uint8_t evaluated[CIRCUIT_CHUNK_BLOCKS][CIRCUIT_BLOCK][CRYPTO_ELEMENT_SIZE];
    uint8_t proofs[CIRCUIT_CHUNK_BLOCKS][CRYPTO_PROOF_SIZE];
};

static void chunk_cleanup(struct chunk **chunk)
{
    free(*chunk);
}

static bool block_evaluate(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    struct chunk *chunk = context;
    const struct circuit_authority_secret *authority = chunk->authority;
    char bound[CIRCUIT_CONTEXT_SIZE];
    uint64_t number = chunk->first_block + index;
    struct crypto_batch batch = {(const uint8_t(*)[CRYPTO_ELEMENT_SIZE])chunk->blinded[index],
                                 (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])chunk->evaluated[index], chunk->counts[index],
                                 circuit_proof_context(bound, chunk->request->id, number)};
    for (size_t i = 0; i < batch.count; i++) {
        if (!crypto_element_power(chunk->evaluated[index][i], chunk->blinded[index][i], secret_view(authority->key), err)) {
            return error_context(err, "element %zu of block %llu", i + 1, (unsigned long long)number + 1);
        }
    }
    return crypto_voprf_prove(chunk->proofs[index], &batch, authority->key, authority->public.public_key, err);
}

static bool chunk_take(struct stream_reader *reader, struct circuit_blocks *blocks, struct chunk *chunk, bool *out_is_end,
                       struct error *err)
{
    *out_is_end = false;
    for (chunk->blocks = 0; chunk->blocks < CIRCUIT_CHUNK_BLOCKS && !*out_is_end; chunk->blocks += !*out_is_end) {
        TRY(block_take(reader, blocks, chunk->blinded[chunk->blocks], &chunk->counts[chunk->blocks], err));
        *out_is_end = chunk->counts[chunk->blocks] == 0;
    }
    return true;
}

static bool chunk_put(struct stream_writer *out, const struct chunk *chunk, struct error *err)
{
    for (size_t i = 0; i < chunk->blocks; i++) {
        TRY(block_put(out, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])chunk->evaluated[i], chunk->counts[i], err));
        TRY(stream_put(out, chunk->proofs[i], CRYPTO_PROOF_SIZE, err));
    }
    return true;
}

static bool body(struct stream_writer *out, struct stream_reader *reader, struct chunk *chunk, struct task_pool *pool, struct error *err)
{
    struct circuit_request again;
    struct circuit_blocks blocks = {.count = 0};
    bool is_end = false;
    TRY(request_head_take(reader, &again, err));
    while (!is_end) {
        TRY(task_check(err) && chunk_take(reader, &blocks, chunk, &is_end, err));
        struct task_set set = {.count = chunk->blocks, .run = block_evaluate, .context = chunk};
        TRY(task_pool_run(pool, &set, err) && chunk_put(out, chunk, err));
        chunk->first_block += chunk->blocks;
    }
    TRY(stream_take_signature(reader, CIRCUIT_REQUEST_PURPOSE, again.holder_key, &again.hash, err));
    if (!crypto_equal(&again.hash, &chunk->request->hash, sizeof again.hash) ||
        !crypto_equal(again.holder_key, chunk->request->holder_key, sizeof again.holder_key)) {
        return FAIL(err, INVALID_INPUT, "the request was changed while it was answered");
    }
    return blocks_end_put(out, blocks.count, err);
}

static bool keys_check(const struct circuit_request *request, const struct circuit_authority *authority, struct error *err)
{
    if (request->epoch == authority->epoch && memcmp(request->authority_key, authority->public_key, CRYPTO_ELEMENT_SIZE) == 0) {
        return true;
    }
    FAIL(err, DENIED, "the request is for another key of an authority (epoch %u, not %u)", request->epoch, authority->epoch);
    return error_hint(err, "the holder makes the request once more, with the key that the authority publishes now");
}

bool circuit_evaluate(const char *response_path, const char *request_path, const struct circuit_request *request,
                      const struct circuit_authority_secret *authority, struct task_pool *pool, struct error *err)
{
    CLEANUP(stream_reader_value) struct stream_reader reader = {.path = NULL};
    CLEANUP(stream_writer_value) struct stream_writer out = {.file = NULL};
    CLEANUP(chunk) struct chunk *chunk = calloc(1, sizeof *chunk);
    struct circuit_response response = {.request_hash = request->hash, .authority = authority->public, .made = clock_unix_seconds()};
    struct crypto_hash hash;
    if (!chunk) {
        abort(); /* like the arena */
    }
    chunk->authority = authority;
    chunk->request = request;
    memcpy(response.request_id, request->id, sizeof response.request_id);
    TRY(crypto_start(err) && keys_check(request, &authority->public, err));
    TRY(stream_open(&reader, request_path, err) && stream_create(&out, response_path, 0644, err));
    TRY(response_head_put(&out, &response, err));
    if (!body(&out, &reader, chunk, pool, err)) {
        return error_context(err, "request %s", request_path);
    }
    TRY(stream_put_signature(&out, CIRCUIT_RESPONSE_PURPOSE, authority->signing_seed, &hash, err));
    return file_writer_commit(out.file, err);
}
