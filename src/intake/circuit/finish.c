/* SPDX-License-Identifier: EUPL-1.2 */
/* finish: the holder takes the answer: the authority is the pinned one, every proof holds, every blind is taken off. */
#include "base/buffer.h"
#include "intake/circuit/files.h"
#include <stdlib.h>
#include <string.h>

struct finish {
    const struct circuit_authority *authority;
    struct task_pool *pool;
    struct stream_reader request, response, state;
    struct circuit_request asked;
    struct circuit_state_head head;
    struct circuit_seed seed;
    struct secret **rooms;
    /* the chunk */
    uint64_t chunk, done;
    size_t count;
    uint32_t *place;
    uint8_t *entries;
    uint8_t (*blinded)[CRYPTO_ELEMENT_SIZE], (*evaluated)[CRYPTO_ELEMENT_SIZE], (*unblinded)[CRYPTO_ELEMENT_SIZE];
    uint8_t proofs[CIRCUIT_CHUNK_BLOCKS][CRYPTO_PROOF_SIZE];
    struct circuit_blocks asked_blocks, answered_blocks;
};

static void *room_for(size_t count, size_t size)
{
    void *room = calloc(count, size);
    if (!room) {
        abort(); /* like the arena */
    }
    return room;
}

static void finish_close(struct finish *finish)
{
    stream_close(&finish->request);
    stream_close(&finish->response);
    stream_close(&finish->state);
    circuit_seed_finish(&finish->seed);
    for (unsigned i = 0; i < task_pool_threads(finish->pool); i++) {
        secret_destroy(finish->rooms[i]);
    }
    free(finish->rooms);
    free(finish->place);
    free(finish->entries);
    free(finish->blinded);
    free(finish->evaluated);
    free(finish->unblinded);
    free(finish);
}
DEFINE_CLEANUP(finish, finish_close)

static struct finish *finish_open(const struct circuit_authority *authority, struct task_pool *pool)
{
    struct finish *finish = room_for(1, sizeof *finish);
    finish->authority = authority;
    finish->pool = pool;
    finish->rooms = room_for(task_pool_threads(pool), sizeof *finish->rooms);
    finish->place = room_for(CIRCUIT_CHUNK, sizeof *finish->place);
    finish->entries = room_for(STATE_SEALED_MAX, 1);
    finish->blinded = room_for(CIRCUIT_CHUNK, sizeof *finish->blinded);
    finish->evaluated = room_for(CIRCUIT_CHUNK, sizeof *finish->evaluated);
    finish->unblinded = room_for(CIRCUIT_CHUNK, sizeof *finish->unblinded);
    return finish;
}

/* ---- one chunk ---- */
static bool block_unblind(void *context, size_t index, unsigned worker, struct error *err)
{
    struct finish *finish = context;
    size_t first = index * CIRCUIT_BLOCK, count = finish->count - first < CIRCUIT_BLOCK ? finish->count - first : CIRCUIT_BLOCK;
    uint64_t number = finish->chunk * CIRCUIT_CHUNK_BLOCKS + index;
    uint8_t *blinds = secret_bytes(finish->rooms[worker]);
    char bound[CIRCUIT_CONTEXT_SIZE];
    struct crypto_batch batch = {(const uint8_t(*)[CRYPTO_ELEMENT_SIZE])(finish->blinded + first),
                                 (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])(finish->evaluated + first), count,
                                 circuit_proof_context(bound, finish->head.id, number)};
    if (!crypto_voprf_verify(&batch, finish->proofs[index], finish->authority->public_key, err)) {
        return error_context(err, "block %llu", (unsigned long long)number + 1);
    }
    uint8_t(*scalars)[CRYPTO_SCALAR_SIZE] = (uint8_t(*)[CRYPTO_SCALAR_SIZE])blinds;
    TRY(circuit_blinds(blinds, count, &finish->seed, number, err));
    TRY(crypto_scalars_invert(scalars, scalars + count, count, err));
    for (size_t i = 0; i < count; i++) {
        TRY(crypto_element_power(finish->unblinded[first + i], finish->evaluated[first + i], scalars[i], err));
    }
    crypto_wipe(blinds, count * CRYPTO_SCALAR_SIZE);
    return true;
}

static bool foreign(struct error *err)
{
    FAIL(err, INVALID_INPUT, "the three files do not belong together");
    return error_hint(err, "name the request, what was kept of it, and the answer to it");
}

static bool chunk_take(struct finish *finish, struct error *err)
{
    for (size_t at = 0; at < finish->count; at += CIRCUIT_BLOCK) {
        size_t asked, answered;
        TRY(block_take(&finish->request, &finish->asked_blocks, finish->blinded + at, &asked, err));
        TRY(block_take(&finish->response, &finish->answered_blocks, finish->evaluated + at, &answered, err));
        TRY(stream_take(&finish->response, finish->proofs[at / CIRCUIT_BLOCK], CRYPTO_PROOF_SIZE, err));
        size_t expected = finish->count - at < CIRCUIT_BLOCK ? finish->count - at : CIRCUIT_BLOCK;
        TRY((asked == expected && answered == expected) || foreign(err));
    }
    return true;
}

static bool chunk_give(struct finish *finish, circuit_take *take, void *context, struct error *err)
{
    for (size_t i = 0; i < finish->count; i++) {
        const uint8_t *entry = finish->entries + i * STATE_ENTRY_SIZE;
        const uint64_t subject = little_endian_load(entry, 8);
        TRY(take(context, (int64_t)subject, entry[8], finish->unblinded[finish->place[i]], err));
    }
    return true;
}

static bool chunks(struct finish *finish, circuit_take *take, void *context, struct error *err)
{
    size_t length;
    bool is_end;
    for (;; finish->chunk++) {
        TRY(task_check(err));
        TRY(state_block_take(&finish->state, &finish->seed, finish->chunk, &is_end, finish->entries, STATE_SEALED_MAX, &length, err));
        if (is_end) {
            return true;
        }
        finish->count = length / STATE_ENTRY_SIZE;
        struct task_set set = {.count = (finish->count + CIRCUIT_BLOCK - 1) / CIRCUIT_BLOCK, .run = block_unblind, .context = finish};
        TRY(chunk_take(finish, err));
        TRY(circuit_order(finish->place, finish->count, &finish->seed, finish->chunk, err));
        TRY(task_pool_run(finish->pool, &set, err));
        TRY(chunk_give(finish, take, context, err));
        finish->done += finish->count;
    }
}

/* ---- the whole ---- */
static bool files_check(struct finish *finish, const struct circuit_files *files, struct error *err)
{
    struct circuit_response response;
    const struct circuit_authority *authority = finish->authority;
    uint64_t count;
    TRY(circuit_request_read(&finish->asked, files->request_path, err));
    TRY(stream_open(&finish->response, files->response_path, err));
    if (!response_read(&finish->response, &response, &count, err)) {
        return error_context(err, "answer %s", files->response_path);
    }
    if (memcmp(response.authority.signing_key, authority->signing_key, sizeof authority->signing_key) != 0 ||
        memcmp(response.authority.public_key, authority->public_key, sizeof authority->public_key) != 0 ||
        response.authority.epoch != authority->epoch) {
        FAIL(err, DENIED, "the answer is not by the authority that this holder pinned");
        return error_hint(err, "compare the authority's keys over another channel before a new one is pinned");
    }
    bool belongs = memcmp(response.request_id, finish->asked.id, sizeof finish->asked.id) == 0 && count == finish->asked.count &&
                   crypto_equal(&response.request_hash, &finish->asked.hash, sizeof finish->asked.hash);
    return belongs || foreign(err);
}

static bool rewind_files(struct finish *finish, const struct circuit_files *files, struct error *err)
{
    struct circuit_request request;
    struct circuit_response response;
    stream_close(&finish->response);
    TRY(stream_open(&finish->request, files->request_path, err) && stream_open(&finish->response, files->response_path, err));
    return request_head_take(&finish->request, &request, err) && response_head_take(&finish->response, &response, err);
}

/* The end of the state says which request it belongs to; and the files are still those whose signatures were checked. */
static bool end_check(struct finish *finish, struct error *err)
{
    struct crypto_hash hash;
    size_t none_asked, none_answered;
    const uint64_t count = little_endian_load(finish->entries, 8);
    TRY((count == finish->done && crypto_equal(finish->entries + 8, finish->asked.hash.bytes, CRYPTO_HASH_SIZE)) || foreign(err));
    TRY(block_take(&finish->request, &finish->asked_blocks, finish->blinded, &none_asked, err));
    TRY(block_take(&finish->response, &finish->answered_blocks, finish->evaluated, &none_answered, err));
    TRY((none_asked == 0 && none_answered == 0) || foreign(err));
    TRY(stream_take_signature(&finish->request, CIRCUIT_REQUEST_PURPOSE, finish->asked.holder_key, &hash, err));
    TRY(crypto_equal(&hash, &finish->asked.hash, sizeof hash) || foreign(err));
    return stream_take_signature(&finish->response, CIRCUIT_RESPONSE_PURPOSE, finish->authority->signing_key, &hash, err);
}

bool circuit_finish(const struct circuit_files *files, const struct circuit_holder *holder, const struct circuit_authority *authority,
                    struct task_pool *pool, circuit_take *take, void *context, struct error *err)
{
    TRY(crypto_start(err));
    CLEANUP(finish) struct finish *finish = finish_open(authority, pool);
    for (unsigned i = 0; i < task_pool_threads(pool); i++) {
        TRY(secret_create(&finish->rooms[i], CIRCUIT_ROOM_SIZE, err));
    }
    TRY(files_check(finish, files, err) && rewind_files(finish, files, err));
    TRY(stream_open(&finish->state, files->state_path, err));
    if (!state_open(&finish->state, holder->state_key, &finish->head, &finish->seed, err)) {
        return error_context(err, "state %s", files->state_path);
    }
    TRY(memcmp(finish->head.id, finish->asked.id, sizeof finish->asked.id) == 0 || foreign(err));
    return chunks(finish, take, context, err) && end_check(finish, err);
}
