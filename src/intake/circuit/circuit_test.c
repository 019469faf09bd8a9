/* SPDX-License-Identifier: EUPL-1.2 */
/* circuit: from keys to transport pseudonyms and back, and everything that somebody in between could try. EMC2-02, EMC2-04, SEC-PSE-1. */
#include "base/calendar.h"
#include "base/scratch.h"
#include "intake/circuit/files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct scratch scratch;
    struct task_pool *pool;
    struct secret *key, *authority_seed, *holder_seed, *state_key;
    struct circuit_authority_secret authority;
    struct circuit_holder holder;
    char request[400], state[400], response[400];
    uint64_t count;
    struct circuit_request asked;
};

static struct secret *secret_filled(uint8_t byte)
{
    struct error err;
    struct secret *secret;
    assert_true(secret_create(&secret, CRYPTO_KEY_SIZE, &err));
    memset(secret_bytes(secret), byte, CRYPTO_KEY_SIZE);
    return secret;
}

static struct world world_open(unsigned threads)
{
    struct error err;
    struct world world = {.scratch = scratch_open()};
    assert_true(crypto_start(&err) && task_pool_create(&world.pool, threads, &err));
    CLEANUP(secret) struct secret *seed = secret_filled(1);
    assert_true(crypto_voprf_key_derive(&world.key, CRYPTO_VOPRF, seed, TEXT("epoch 1"), &err));
    world.authority_seed = secret_filled(2);
    world.holder_seed = secret_filled(3);
    world.state_key = secret_filled(4);
    world.authority = (struct circuit_authority_secret){.public = {.epoch = 1}, .key = world.key, .signing_seed = world.authority_seed};
    assert_true(crypto_voprf_public_key(world.authority.public.public_key, world.key, &err));
    assert_true(crypto_public_key(world.authority.public.signing_key, world.authority_seed, &err));
    world.holder = (struct circuit_holder){"CHU Exemple", world.holder_seed, world.state_key};
    snprintf(world.request, sizeof world.request, "%s", scratch_path(&world.scratch, "request"));
    snprintf(world.state, sizeof world.state, "%s", scratch_path(&world.scratch, "state"));
    snprintf(world.response, sizeof world.response, "%s", scratch_path(&world.scratch, "response"));
    return world;
}

static void world_cleanup(struct world *world)
{
    task_pool_destroy(world->pool);
    secret_destroy(world->key);
    secret_destroy(world->authority_seed);
    secret_destroy(world->holder_seed);
    secret_destroy(world->state_key);
    scratch_cleanup(&world->scratch);
}

/* The i-th key of the test: person i / 3, kinds 0 to 2. */
static size_t key_text(char out[32], uint64_t i)
{
    return (size_t)snprintf(out, 32, "key %u of person %u", (unsigned)(i % 3), (unsigned)(i / 3));
}

static void ask(struct world *world, uint64_t count)
{
    struct error err;
    CLEANUP(circuit_blinder) struct circuit_blinder *blinder = NULL;
    assert_true(circuit_blind_open(&blinder, world->request, world->state, &world->holder, &world->authority.public, world->pool, &err));
    for (uint64_t i = 0; i < count; i++) {
        char text[32];
        size_t length = key_text(text, i);
        assert_true(circuit_blind_add(blinder, (int64_t)(i / 3 + 1), (uint8_t)(i % 3), (struct text){text, length}, &err));
    }
    assert_true(circuit_blind_finish(blinder, &world->asked, &err));
    assert_int_equal(world->asked.count, count);
    world->count = count;
}

static void answer(struct world *world)
{
    struct error err;
    struct circuit_request request;
    assert_true(circuit_request_read(&request, world->request, &err));
    assert_string_equal(request.holder, world->holder.name);
    assert_memory_equal(&request.hash, &world->asked.hash, sizeof request.hash);
    assert_true(circuit_evaluate(world->response, world->request, &request, &world->authority, world->pool, &err));
}

struct taken {
    const struct world *world;
    uint64_t count;
    bool is_stopped;
};

/* What T must be: the hash of the key to the power of the authority's key, without blinds. */
static bool taken_check(void *context, int64_t subject, uint8_t kind, const uint8_t element[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    struct taken *taken = context;
    char text[32];
    size_t length = key_text(text, taken->count);
    uint8_t uniform[CRYPTO_UNIFORM_SIZE], plain[CRYPTO_ELEMENT_SIZE], expected[CRYPTO_ELEMENT_SIZE];
    const struct text parts[] = {TEXT("emc2 identity key 1"), {(const char *)&kind, 1}, {text, length}};
    if (taken->is_stopped) {
        return FAIL(err, LIMIT, "enough");
    }
    assert_int_equal(subject, (int64_t)(taken->count / 3 + 1));
    assert_int_equal(kind, (int)(taken->count % 3));
    if (taken->count % 97 == 0) { /* dear */
        crypto_voprf_input(uniform, CRYPTO_VOPRF, parts, 3);
        crypto_element_from_uniform(plain, uniform);
        assert_true(crypto_element_power(expected, plain, secret_view(taken->world->key), err));
        assert_memory_equal(element, expected, sizeof expected);
    }
    taken->count++;
    return true;
}

static bool finish(struct world *world, struct error *err)
{
    struct taken taken = {.world = world};
    const struct circuit_files files = {world->request, world->state, world->response};
    bool done = circuit_finish(&files, &world->holder, &world->authority.public, world->pool, taken_check, &taken, err);
    assert_true(!done || taken.count == world->count);
    return done;
}

static void pseudonyms_come_back_in_order(void **state)
{
    (void)state;
    struct error err;
    static const uint64_t counts[] = {0, 1, CIRCUIT_BLOCK, CIRCUIT_BLOCK + 1, CIRCUIT_CHUNK + 5};
    for (unsigned i = 0; i < 5; i++) {
        CLEANUP(world) struct world world = world_open(1 + i % 3);
        ask(&world, counts[i]);
        answer(&world);
        assert_true(finish(&world, &err));
    }
}

static void file_load(const char *path, struct buffer *out)
{
    struct error err;
    out->maximum = 1 << 22;
    assert_true(file_read(path, out, &err));
}

static void file_store(const char *path, const struct buffer *bytes)
{
    struct error err;
    assert_true(file_write_atomic(path, bytes->data, bytes->length, 0600, &err));
}

/* What leaves the holder is the same size for the same number of keys, and no two requests share an element. */
static void requests_say_nothing(void **state)
{
    (void)state;
    CLEANUP(world) struct world world = world_open(2);
    CLEANUP(buffer_value) struct buffer first = {.maximum = 0}, second = {.maximum = 0};
    ask(&world, 100);
    file_load(world.request, &first);
    ask(&world, 100);
    file_load(world.request, &second);
    assert_int_equal(first.length, second.length);
    size_t head = 168 + 4;
    for (size_t i = 0; i < 100; i++) {
        for (size_t j = 0; j < 100; j++) {
            assert_memory_not_equal(first.data + head + 32 * i, second.data + head + 32 * j, 32);
        }
    }
}

/* The order is another one for each request, and every place is taken once. */
static void orders_are_permutations(void **state)
{
    (void)state;
    struct error err;
    enum { COUNT = 500 };
    uint32_t place[COUNT], other[COUNT];
    uint8_t seen[COUNT] = {0};
    struct circuit_seed seed = {.order = secret_filled(9)};
    assert_true(circuit_order(place, COUNT, &seed, 0, &err) && circuit_order(other, COUNT, &seed, 1, &err));
    size_t fixed = 0, equal = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_true(place[i] < COUNT && seen[place[i]]++ == 0);
        fixed += place[i] == i;
        equal += place[i] == other[i];
    }
    assert_true(fixed < 10 && equal < 10); /* 1 expected of each */
    circuit_seed_finish(&seed);
}

static void every_changed_byte_is_found(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(world) struct world world = world_open(1);
    ask(&world, 1);
    answer(&world);
    const char *paths[] = {world.request, world.state, world.response};
    for (size_t p = 0; p < 3; p++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = 0};
        file_load(paths[p], &bytes);
        for (size_t i = 0; i < bytes.length; i++) {
            bytes.data[i] ^= 0x10;
            file_store(paths[p], &bytes);
            assert_false(finish(&world, &err));
            bytes.data[i] ^= 0x10;
        }
        bytes.length--;
        file_store(paths[p], &bytes);
        assert_false(finish(&world, &err));
        bytes.length++;
        file_store(paths[p], &bytes);
        assert_true(finish(&world, &err));
    }
}

static void a_lying_authority_is_found(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(world) struct world world = world_open(2);
    CLEANUP(secret) struct secret *honest_key = world.key;
    (void)honest_key; /* released with the scope */
    struct circuit_authority pinned = world.authority.public;
    ask(&world, 1500);
    assert_true(crypto_scalar_random(&world.key, &err)); /* another exponent behind the published key */
    world.authority.key = world.key;
    answer(&world);
    assert_false(finish(&world, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(crypto_voprf_public_key(world.authority.public.public_key, world.key, &err)); /* and published, so that all proofs hold */
    struct circuit_request request;
    assert_true(circuit_request_read(&request, world.request, &err));
    assert_false(circuit_evaluate(world.response, world.request, &request, &world.authority, world.pool, &err));
    assert_int_equal(err.code, ERROR_DENIED); /* an honest program refuses: the request is for another key */
    memcpy(request.authority_key, world.authority.public.public_key, sizeof request.authority_key);
    assert_true(circuit_evaluate(world.response, world.request, &request, &world.authority, world.pool, &err));
    world.authority.public = pinned;
    assert_false(finish(&world, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

/* Signed again by whoever changed it: the authority itself. */
static void one_wrong_element_among_many_is_found(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(world) struct world world = world_open(2);
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 0};
    CLEANUP(stream_writer_value) struct stream_writer out = {.file = NULL};
    struct crypto_hash hash;
    ask(&world, CIRCUIT_BLOCK + 10);
    answer(&world);
    file_load(world.response, &bytes);
    size_t head = 8 + 4 + 16 + 32 + 8 + 4 + 32 + 32, at = head + 4 + 32 * 700;
    uint8_t element[CRYPTO_ELEMENT_SIZE];
    assert_true(crypto_element_power(element, bytes.data + at, secret_view(world.key), &err));
    memcpy(bytes.data + at, element, sizeof element);
    assert_true(stream_create(&out, world.response, 0600, &err));
    assert_true(stream_put(&out, bytes.data, bytes.length - CRYPTO_SIGNATURE_SIZE, &err));
    assert_true(stream_put_signature(&out, CIRCUIT_RESPONSE_PURPOSE, world.authority_seed, &hash, &err));
    assert_true(file_writer_commit(out.file, &err));
    assert_false(finish(&world, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_string_equal(err.context[0], "block 1");
}

static void requests_of_others_are_refused(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(world) struct world world = world_open(1);
    CLEANUP(buffer_value) struct buffer old_response = {.maximum = 0};
    CLEANUP(secret) struct secret *other_key = secret_filled(7);
    ask(&world, 10);
    answer(&world);
    file_load(world.response, &old_response);
    ask(&world, 10); /* another request: the old answer is not for it */
    file_store(world.response, &old_response);
    assert_false(finish(&world, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    answer(&world);
    world.holder.state_key = other_key;
    assert_false(finish(&world, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    world.holder.state_key = world.state_key;
    struct circuit_request request;
    assert_true(circuit_request_read(&request, world.request, &err));
    world.authority.public.epoch = 2;
    assert_false(circuit_evaluate(world.response, world.request, &request, &world.authority, world.pool, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    world.authority.public.epoch = 1;
    ask(&world, 11); /* the request changes between reading and answering */
    assert_false(circuit_evaluate(world.response, world.request, &request, &world.authority, world.pool, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
}

/* A holder that sends what is no element, signed. */
static void bad_elements_are_refused(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(world) struct world world = world_open(2);
    uint8_t elements[2][CRYPTO_ELEMENT_SIZE] = {{0}, {0}};
    struct circuit_request request;
    ask(&world, 2);
    memcpy(elements[0], world.authority.public.public_key, sizeof elements[0]); /* a good one; the second is the identity */
    CLEANUP(stream_writer_value) struct stream_writer out = {.file = NULL};
    assert_true(stream_create(&out, world.request, 0600, &err) && request_head_put(&out, &world.asked, &err));
    assert_true(block_put(&out, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])elements, 2, &err) && blocks_end_put(&out, 2, &err));
    assert_true(stream_put_signature(&out, CIRCUIT_REQUEST_PURPOSE, world.holder_seed, &request.hash, &err));
    assert_true(file_writer_commit(out.file, &err));
    assert_true(circuit_request_read(&request, world.request, &err));
    assert_false(circuit_evaluate(world.response, world.request, &request, &world.authority, world.pool, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_string_equal(err.context[0], "element 2 of block 1");
    bool exists;
    assert_true(file_exists(world.response, &exists, &err) && !exists);
}

static void the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer first = {.maximum = 0};
    for (unsigned threads = 1; threads < 8; threads += 3) {
        CLEANUP(world) struct world world = world_open(threads);
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = 0};
        struct circuit_seed seed = {.blinds = secret_filled(5), .order = secret_filled(6)};
        uint8_t room[CIRCUIT_ROOM_SIZE];
        assert_true(circuit_blinds(room, 100, &seed, 3, &err));
        bytes.maximum = sizeof room;
        assert_true(buffer_append(&bytes, room, 100 * CRYPTO_SCALAR_SIZE, &err));
        if (threads == 1) {
            first.maximum = bytes.maximum;
            assert_true(buffer_append(&first, bytes.data, bytes.length, &err));
        }
        assert_memory_equal(first.data, bytes.data, bytes.length);
        circuit_seed_finish(&seed);
        ask(&world, 3 * CIRCUIT_BLOCK);
        answer(&world);
        assert_true(finish(&world, &err));
    }
}

static void a_taker_can_stop(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(world) struct world world = world_open(1);
    ask(&world, 10);
    answer(&world);
    struct taken taken = {.world = &world, .is_stopped = true};
    const struct circuit_files files = {world.request, world.state, world.response};
    assert_false(circuit_finish(&files, &world.holder, &world.authority.public, world.pool, taken_check, &taken, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
}

/* Files of version 1 stay readable, and what follows from them does not change. */
static void golden_files_stay_readable(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(world) struct world world = world_open(1);
    snprintf(world.request, sizeof world.request, "tests/golden/circuit_1/request");
    snprintf(world.state, sizeof world.state, "tests/golden/circuit_1/state");
    snprintf(world.response, sizeof world.response, "tests/golden/circuit_1/response");
    world.count = 7;
    assert_true(finish(&world, &err));
    struct circuit_request request;
    CLEANUP(buffer_value) struct buffer golden = {.maximum = 0}, again = {.maximum = 0};
    assert_true(circuit_request_read(&request, world.request, &err));
    assert_int_equal(request.made, 1764000000);
    assert_int_equal(request.count, 7);
    const char *path = scratch_path(&world.scratch, "again");
    assert_true(circuit_evaluate(path, world.request, &request, &world.authority, world.pool, &err));
    file_load(world.response, &golden);
    file_load(path, &again);
    size_t head = 8 + 4 + 16 + 32 + 8 + 4 + 32 + 32; /* the proof is random, the elements are not */
    assert_int_equal(golden.length, again.length);
    assert_memory_equal(golden.data + head, again.data + head, 4 + 7 * CRYPTO_ELEMENT_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pseudonyms_come_back_in_order),
        cmocka_unit_test(requests_say_nothing),
        cmocka_unit_test(orders_are_permutations),
        cmocka_unit_test(every_changed_byte_is_found),
        cmocka_unit_test(a_lying_authority_is_found),
        cmocka_unit_test(one_wrong_element_among_many_is_found),
        cmocka_unit_test(requests_of_others_are_refused),
        cmocka_unit_test(bad_elements_are_refused),
        cmocka_unit_test(the_same_for_any_number_of_threads),
        cmocka_unit_test(a_taker_can_stop),
        cmocka_unit_test(golden_files_stay_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
