/* SPDX-License-Identifier: EUPL-1.2 */
/* blind: a holder makes a request. Keys are hashed at once (what is kept of them is 64 bytes in locked memory), and each chunk is blinded
 * in parallel, in an order drawn from the seed, which says nothing about persons. */
#include "base/buffer.h"
#include "base/calendar.h"
#include "intake/circuit/files.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct circuit_blinder {
    struct circuit_request request;
    const struct circuit_holder *holder;
    struct task_pool *pool;
    char *state_path;
    struct stream_writer out;
    struct file_writer *state;
    struct circuit_seed seed;
    /* the chunk */
    size_t held;
    uint64_t chunk;
    struct secret *uniform;   /* CIRCUIT_CHUNK * CRYPTO_UNIFORM_SIZE, in the order of adding */
    struct secret **rooms;    /* one for each thread */
    uint8_t *entries;         /* of the state, in the order of adding */
    uint32_t *place, *origin; /* place[i] of the i-th key added, and back */
    uint8_t (*blinded)[CRYPTO_ELEMENT_SIZE];
};

static void *room_for(size_t count, size_t size)
{
    void *room = calloc(count, size);
    if (!room) {
        abort(); /* like the arena */
    }
    return room;
}

void circuit_blind_close(struct circuit_blinder *blinder)
{
    if (!blinder) {
        return;
    }
    stream_abandon(&blinder->out);
    if (blinder->state) {
        file_writer_close(blinder->state);
    }
    circuit_seed_finish(&blinder->seed);
    secret_destroy(blinder->uniform);
    for (unsigned i = 0; i < task_pool_threads(blinder->pool); i++) {
        secret_destroy(blinder->rooms[i]);
    }
    free(blinder->rooms);
    free(blinder->entries);
    free(blinder->place);
    free(blinder->origin);
    free(blinder->blinded);
    free(blinder->state_path);
    free(blinder);
}

static bool memory_open(struct circuit_blinder *blinder, struct error *err)
{
    for (unsigned i = 0; i < task_pool_threads(blinder->pool); i++) {
        TRY(secret_create(&blinder->rooms[i], CIRCUIT_ROOM_SIZE, err));
    }
    return secret_create(&blinder->uniform, (size_t)CIRCUIT_CHUNK * CRYPTO_UNIFORM_SIZE, err);
}

static bool request_begin(struct circuit_request *out, const struct circuit_holder *holder, const struct circuit_authority *authority,
                          struct error *err)
{
    struct circuit_request request = {.epoch = authority->epoch, .made = clock_unix_seconds()};
    crypto_random(request.id, sizeof request.id);
    memcpy(request.authority_key, authority->public_key, sizeof request.authority_key);
    TRY(text_copy(request.holder, sizeof request.holder, text_of(holder->name)) ||
        FAIL(err, INVALID_ARGUMENT, "the name of a holder has at most %d bytes", CIRCUIT_NAME_SIZE - 1));
    TRY(crypto_element_valid(authority->public_key) || FAIL(err, INVALID_ARGUMENT, "the pinned key is no key of an authority"));
    TRY(crypto_public_key(request.holder_key, holder->signing_seed, err));
    *out = request;
    return true;
}

bool circuit_blind_open(struct circuit_blinder **out_blinder, const char *request_path, const char *state_path,
                        const struct circuit_holder *holder, const struct circuit_authority *authority, struct task_pool *pool,
                        struct error *err)
{
    TRY(crypto_start(err));
    CLEANUP(circuit_blinder) struct circuit_blinder *blinder = room_for(1, sizeof *blinder);
    struct circuit_state_head head = {.epoch = authority->epoch};
    blinder->holder = holder;
    blinder->pool = pool;
    blinder->rooms = room_for(task_pool_threads(pool), sizeof *blinder->rooms);
    blinder->entries = room_for(CIRCUIT_CHUNK, STATE_ENTRY_SIZE);
    blinder->place = room_for(CIRCUIT_CHUNK, sizeof *blinder->place);
    blinder->origin = room_for(CIRCUIT_CHUNK, sizeof *blinder->origin);
    blinder->blinded = room_for(CIRCUIT_CHUNK, sizeof *blinder->blinded);
    blinder->state_path = strdup(state_path);
    assert(blinder->state_path);
    TRY(memory_open(blinder, err));
    TRY(request_begin(&blinder->request, holder, authority, err));
    memcpy(head.id, blinder->request.id, sizeof head.id);
    memcpy(head.authority_key, authority->public_key, sizeof head.authority_key);
    TRY(stream_create(&blinder->out, request_path, 0644, err) && request_head_put(&blinder->out, &blinder->request, err));
    TRY(file_writer_open(&blinder->state, state_path, 0600, err));
    TRY(state_create(blinder->state, &head, holder->state_key, &blinder->seed, err));
    *out_blinder = blinder;
    blinder = NULL;
    return true;
}

/* ---- one chunk ---- */
static bool block_blind(void *context, size_t index, unsigned worker, struct error *err)
{
    struct circuit_blinder *blinder = context;
    size_t first = index * CIRCUIT_BLOCK, count = blinder->held - first < CIRCUIT_BLOCK ? blinder->held - first : CIRCUIT_BLOCK;
    uint8_t *blinds = secret_bytes(blinder->rooms[worker]);
    TRY(circuit_blinds(blinds, count, &blinder->seed, blinder->chunk * CIRCUIT_CHUNK_BLOCKS + index, err));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *uniform = secret_view(blinder->uniform) + (size_t)blinder->origin[first + i] * CRYPTO_UNIFORM_SIZE;
        TRY(crypto_voprf_blind(blinder->blinded[first + i], uniform, blinds + i * CRYPTO_SCALAR_SIZE, err));
    }
    crypto_wipe(blinds, count * CRYPTO_SCALAR_SIZE);
    return true;
}

static bool chunk_write(struct circuit_blinder *blinder, struct error *err)
{
    size_t held = blinder->held;
    struct task_set set = {.count = (held + CIRCUIT_BLOCK - 1) / CIRCUIT_BLOCK, .run = block_blind, .context = blinder};
    if (held == 0) {
        return true;
    }
    TRY(circuit_order(blinder->place, held, &blinder->seed, blinder->chunk, err));
    for (uint32_t i = 0; i < held; i++) {
        blinder->origin[blinder->place[i]] = i;
    }
    TRY(task_pool_run(blinder->pool, &set, err));
    crypto_wipe(secret_bytes(blinder->uniform), held * CRYPTO_UNIFORM_SIZE);
    for (size_t at = 0; at < held; at += CIRCUIT_BLOCK) {
        TRY(block_put(&blinder->out, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])(blinder->blinded + at),
                      held - at < CIRCUIT_BLOCK ? held - at : CIRCUIT_BLOCK, err));
    }
    TRY(state_block_put(blinder->state, &blinder->seed, blinder->chunk, false, blinder->entries, held * STATE_ENTRY_SIZE, err));
    blinder->request.count += held;
    blinder->chunk++;
    blinder->held = 0;
    return true;
}

bool circuit_blind_add(struct circuit_blinder *blinder, int64_t subject, uint8_t kind, struct text key, struct error *err)
{
    /* The kind is part of what is hashed: the same letters as another kind of key are another pseudonym. */
    const struct text parts[] = {TEXT("emc2 identity key 1"), {(const char *)&kind, 1}, key};
    if (key.length == 0) {
        return FAIL(err, INVALID_ARGUMENT, "an empty key stands for nobody");
    }
    if (blinder->held == CIRCUIT_CHUNK) {
        TRY(chunk_write(blinder, err));
    }
    uint8_t *entry = blinder->entries + blinder->held * STATE_ENTRY_SIZE;
    little_endian_store(entry, (uint64_t)subject, 8);
    entry[8] = kind;
    crypto_voprf_input(secret_bytes(blinder->uniform) + blinder->held * CRYPTO_UNIFORM_SIZE, CRYPTO_VOPRF, parts, 3);
    blinder->held++;
    return true;
}

bool circuit_blind_finish(struct circuit_blinder *blinder, struct circuit_request *out_request, struct error *err)
{
    uint8_t end[STATE_END_SIZE];
    struct circuit_request *request = &blinder->request;
    TRY(chunk_write(blinder, err));
    TRY(blocks_end_put(&blinder->out, request->count, err));
    TRY(stream_put_signature(&blinder->out, CIRCUIT_REQUEST_PURPOSE, blinder->holder->signing_seed, &request->hash, err));
    little_endian_store(end, request->count, 8);
    memcpy(end + 8, request->hash.bytes, sizeof request->hash.bytes);
    TRY(state_block_put(blinder->state, &blinder->seed, blinder->chunk, true, end, sizeof end, err));
    TRY(file_writer_commit(blinder->state, err)); /* first: a request without its state would be of no use */
    if (!file_writer_commit(blinder->out.file, err)) {
        bool is_removed = file_remove(blinder->state_path, NULL); /* a state without its request is of none either */
        (void)is_removed;
        return false;
    }
    *out_request = *request;
    return true;
}
