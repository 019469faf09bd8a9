/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed: what goes in comes out, block by block and from many threads; any changed, cut, swapped or moved byte is found and named. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/task.h"
#include "warehouse/store/sealed.h"
#include "warehouse/store/sealed_layout.h"
#include "warehouse/store/store_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW = 1700000000 };
static char directory[64];
static struct keyring *keyring;
static struct grant grant;
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";

static bool constant_root(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    return secret_create(out_root, CRYPTO_KEY_SIZE, err);
}
static const struct custody constant = {"constant", constant_root, NULL, NULL};

static const char *path_of(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%.60s", directory, name);
    return path;
}

/* Byte i of block b. */
static uint8_t byte_of(uint64_t block, size_t i)
{
    return (uint8_t)(block * 31 + i * 7 + i / 256);
}

/* A key belongs to one file; the tests write several under one id, each with a fresh hierarchy. */
static void keys_anew(void)
{
    struct error err;
    keyring_close(keyring);
    keyring = NULL;
    assert_true(keyring_open(&keyring, &constant, NULL, store_id, &err));
    assert_true(keyring_grant_issue(keyring, &grant, &err));
}

static void write_file(const char *name, const uint8_t file_id[KEY_FILE_ID_SIZE], const uint32_t *lengths, size_t count)
{
    struct error err;
    CLEANUP(sealed_writer) struct sealed_writer *writer = NULL;
    uint64_t block, size, real_size;
    struct crypto_hash hash;
    keys_anew();
    assert_true(sealed_writer_open(&writer, path_of(name), keyring, &grant, KEY_DOMAIN_HEALTH, file_id, 0, &err));
    for (size_t b = 0; b < count; b++) {
        uint8_t *bytes = malloc(lengths[b] + 1);
        assert_non_null(bytes);
        for (size_t i = 0; i < lengths[b]; i++) {
            bytes[i] = byte_of(b, i);
        }
        assert_true(sealed_writer_append(writer, bytes, lengths[b], &block, &err));
        assert_int_equal(block, b);
        free(bytes);
    }
    bool exists;
    assert_true(file_exists(path_of(name), &exists, &err));
    assert_false(exists); /* nothing is visible before commit */
    assert_true(sealed_writer_commit(writer, &size, &hash, &err));
    assert_true(file_size(path_of(name), &real_size, &err));
    assert_int_equal(size, real_size);
    CLEANUP(buffer_value) struct buffer all = {.maximum = 1 << 24};
    assert_true(file_read(path_of(name), &all, &err));
    assert_memory_equal(crypto_hash_of(all.data, all.length).bytes, hash.bytes, sizeof hash.bytes);
}

static const uint8_t id_one[KEY_FILE_ID_SIZE] = "file number one.", id_two[KEY_FILE_ID_SIZE] = "file number two.";

static bool block_is_right(struct sealed_file *file, uint64_t block, uint8_t *bytes, struct error *err)
{
    TRY(sealed_read(file, block, bytes, err));
    for (size_t i = 0; i < sealed_block_length(file, block); i++) {
        assert_int_equal(bytes[i], byte_of(block, i));
    }
    return true;
}

static void blocks_come_back(void **state)
{
    (void)state;
    struct error err;
    const uint32_t lengths[] = {0, 1, 16, 65536, 100000, 3};
    write_file("blocks.sealed", id_one, lengths, 6);
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    assert_true(sealed_open(&file, path_of("blocks.sealed"), keyring, &grant, id_one, &err));
    assert_int_equal(sealed_block_count(file), 6);
    assert_int_equal(sealed_domain(file), KEY_DOMAIN_HEALTH);
    static uint8_t bytes[100000 + SEALED_PADDING];
    for (uint64_t b = 6; b-- > 0;) {
        assert_int_equal(sealed_block_length(file, b), lengths[b]);
        assert_true(block_is_right(file, b, bytes, &err));
    }
    assert_false(sealed_read(file, 6, bytes, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
}

static void a_file_without_blocks_is_a_file(void **state)
{
    (void)state;
    struct error err;
    write_file("empty.sealed", id_one, NULL, 0);
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    assert_true(sealed_open(&file, path_of("empty.sealed"), keyring, &grant, NULL, &err));
    assert_int_equal(sealed_block_count(file), 0);
}

static void without_commit_nothing_stays(void **state)
{
    (void)state;
    struct error err;
    struct sealed_writer *writer = NULL;
    uint64_t block;
    bool exists;
    keys_anew();
    assert_true(sealed_writer_open(&writer, path_of("gone.sealed"), keyring, &grant, KEY_DOMAIN_HEALTH, id_one, 0, &err));
    assert_true(sealed_writer_append(writer, "abc", 3, &block, &err));
    sealed_writer_close(writer);
    assert_true(file_exists(path_of("gone.sealed"), &exists, &err));
    assert_false(exists);
    assert_true(file_exists(path_of("gone.sealed.tmp"), &exists, &err));
    assert_false(exists);
}

/* Opens the bytes as a file and reads all of it; true when nothing was found wrong. */
static bool opens_whole(const uint8_t *bytes, size_t length, struct error *err)
{
    static uint8_t block[1024 + SEALED_PADDING];
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    assert_true(file_write_atomic(path_of("changed.sealed"), bytes, length, 0600, err));
    TRY(sealed_open(&file, path_of("changed.sealed"), keyring, &grant, id_one, err));
    for (uint64_t b = 0; b < sealed_block_count(file); b++) {
        TRY(sealed_read(file, b, block, err));
    }
    return true;
}

static void any_changed_byte_is_found_and_named(void **state)
{
    (void)state;
    struct error err;
    const uint32_t lengths[] = {40, 0, 100, 40};
    write_file("whole.sealed", id_one, lengths, 4);
    CLEANUP(buffer_value) struct buffer whole = {.maximum = 4096};
    assert_true(file_read(path_of("whole.sealed"), &whole, &err));
    assert_true(opens_whole(whole.data, whole.length, &err));
    for (size_t i = 0; i < whole.length; i++) {
        whole.data[i] ^= 0x04;
        assert_false(opens_whole(whole.data, whole.length, &err));
        assert_non_null(strstr(err.message, "changed.sealed"));
        whole.data[i] ^= 0x04;
    }
    for (size_t length = 0; length < whole.length; length += 7) { /* cut short anywhere */
        assert_false(opens_whole(whole.data, length, &err));
        assert_non_null(strstr(err.message, "changed.sealed"));
    }
    assert_true(buffer_append(&whole, "x", 1, &err)); /* something behind it */
    assert_false(opens_whole(whole.data, whole.length, &err));
}

static void swapped_blocks_are_found(void **state)
{
    (void)state;
    struct error err;
    const uint32_t lengths[] = {40, 40};
    write_file("pair.sealed", id_one, lengths, 2);
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 4096};
    assert_true(file_read(path_of("pair.sealed"), &bytes, &err));
    uint8_t *first = bytes.data + SEALED_HEADER_SIZE, *second = first + 56, other[56];
    memcpy(other, first, 56);
    memcpy(first, second, 56);
    memcpy(second, other, 56);
    assert_false(opens_whole(bytes.data, bytes.length, &err));
    assert_non_null(strstr(err.message, "block 0"));
}

static void another_file_or_grant_is_refused(void **state)
{
    (void)state;
    struct error err;
    struct sealed_file *file = NULL;
    const uint32_t lengths[] = {40};
    write_file("one.sealed", id_one, lengths, 1);
    assert_false(sealed_open(&file, path_of("one.sealed"), keyring, &grant, id_two, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_non_null(strstr(err.message, "one.sealed"));
    assert_false(sealed_open(&file, path_of("none.sealed"), keyring, &grant, id_one, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    clock_set_for_tests(NOW + 1000);
    assert_false(sealed_open(&file, path_of("one.sealed"), keyring, &grant, id_one, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    clock_set_for_tests(NOW);
    struct grant count = {.actions = GRANT_COUNT, .not_before = NOW, .not_after = NOW + 1000};
    assert_true(keyring_grant_issue(keyring, &count, &err));
    struct sealed_writer *writer = NULL;
    assert_false(sealed_writer_open(&writer, path_of("no.sealed"), keyring, &count, KEY_DOMAIN_HEALTH, id_one, 0, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_null(file);
}

/* ---- many threads, and the cache ---- */
enum { SHARED_BLOCKS = 40, READS = 400 };
struct sharing {
    struct sealed_file *file;
    struct cached_file *cached;
};

static bool read_shared(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    struct sharing *sharing = context;
    CLEANUP(arena) struct arena *arena = arena_create();
    uint64_t block = index * 17 % SHARED_BLOCKS;
    const uint8_t *bytes;
    TRY(cached_block(sharing->cached, block, index % 3 != 0, arena, &bytes, err));
    for (size_t i = 0; i < sealed_block_length(sharing->file, block); i++) {
        if (bytes[i] != byte_of(block, i)) {
            return FAIL(err, INTERNAL, "a block is not as it was written");
        }
    }
    return true;
}

/* Whoever holds the files must not make a reader wait for ever. */
static void a_pipe_is_refused_at_once(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    assert_int_equal(mkfifo(path_of("pipe.sealed"), 0600), 0);
    alarm(10); /* ends the test when opening waits for a writer */
    assert_false(sealed_open(&file, path_of("pipe.sealed"), keyring, &grant, id_one, &err));
    alarm(0);
    assert_int_equal(err.code, ERROR_CORRUPT);
}

static void threads_share_a_file_and_its_cache(void **state)
{
    (void)state;
    struct error err;
    uint32_t lengths[SHARED_BLOCKS];
    for (uint32_t i = 0; i < SHARED_BLOCKS; i++) {
        lengths[i] = 3000 + 13 * i;
    }
    write_file("shared.sealed", id_one, lengths, SHARED_BLOCKS);
    const uint64_t bounds[] = {0, 20000, 1 << 20};
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(sealed_file) struct sealed_file *file = NULL;
        CLEANUP(block_cache) struct block_cache *cache = NULL;
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        struct sharing sharing;
        assert_true(sealed_open(&file, path_of("shared.sealed"), keyring, &grant, id_one, &err));
        assert_true(block_cache_create(&cache, bounds[i], &err));
        assert_true(block_cache_file(cache, file, &sharing.cached, &err));
        assert_true(task_pool_create(&pool, 7, &err));
        sharing.file = file;
        struct task_set set = {READS, read_shared, NULL, &sharing};
        assert_true(task_pool_run(pool, &set, &err));
        uint32_t kept = 0;
        for (uint64_t b = 0; b < SHARED_BLOCKS; b++) {
            kept += cached_block_peek(sharing.cached, b) != NULL;
        }
        assert_true(i == 0 ? kept == 0 : i == 1 ? kept > 0 && kept <= 6 : kept == SHARED_BLOCKS);
        block_cache_clear(cache);
        assert_null(cached_block_peek(sharing.cached, 0));
        assert_true(task_pool_run(pool, &set, &err));
    }
}

static void cache_says_which_block_is_damaged(void **state)
{
    (void)state;
    struct error err;
    const uint32_t lengths[] = {100, 100};
    write_file("damaged.sealed", id_one, lengths, 2);
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 4096};
    assert_true(file_read(path_of("damaged.sealed"), &bytes, &err));
    bytes.data[SEALED_HEADER_SIZE + 116 + 50] ^= 1;
    assert_true(file_write_atomic(path_of("damaged.sealed"), bytes.data, bytes.length, 0600, &err));
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    CLEANUP(block_cache) struct block_cache *cache = NULL;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct cached_file *cached;
    const uint8_t *block;
    assert_true(sealed_open(&file, path_of("damaged.sealed"), keyring, &grant, id_one, &err));
    assert_true(block_cache_create(&cache, 1 << 20, &err));
    assert_true(block_cache_file(cache, file, &cached, &err));
    assert_true(cached_block(cached, 0, true, arena, &block, &err));
    assert_false(cached_block(cached, 1, true, arena, &block, &err));
    assert_non_null(strstr(err.message, "damaged.sealed: block 1"));
    assert_null(cached_block_peek(cached, 1));
    assert_false(cached_block(cached, 2, true, arena, &block, &err));
}

static int start(void **state)
{
    (void)state;
    struct error err;
    clock_set_for_tests(NOW);
    snprintf(directory, sizeof directory, "/tmp/emc2_sealed_test_XXXXXX");
    grant = (struct grant){.actions = GRANT_LOAD, .tables = UINT64_MAX, .not_before = NOW, .not_after = NOW + 1000};
    return crypto_start(&err) && mkdtemp(directory) && keyring_open(&keyring, &constant, NULL, store_id, &err) &&
                   keyring_grant_issue(keyring, &grant, &err)
               ? 0
               : -1;
}

static int finish(void **state)
{
    (void)state;
    struct error err;
    keyring_close(keyring);
    clock_set_for_tests(0);
    return directory_remove_all(directory, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_back),
        cmocka_unit_test(a_file_without_blocks_is_a_file),
        cmocka_unit_test(without_commit_nothing_stays),
        cmocka_unit_test(any_changed_byte_is_found_and_named),
        cmocka_unit_test(swapped_blocks_are_found),
        cmocka_unit_test(another_file_or_grant_is_refused),
        cmocka_unit_test(a_pipe_is_refused_at_once),
        cmocka_unit_test(threads_share_a_file_and_its_cache),
        cmocka_unit_test(cache_says_which_block_is_damaged),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
