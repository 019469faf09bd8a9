/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of arena: alignment, zeroes, marks, reuse of chunks, and under AddressSanitizer that released memory is really poisoned. */
#include "base/arena.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#endif

static void test_allocations(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    unsigned char *previous = NULL;
    for (size_t size = 0; size < 3000; size++) {
        unsigned char *bytes = arena_allocate(arena, size, 1);
        assert_non_null(bytes);
        assert_ptr_not_equal(bytes, previous);
        assert_int_equal((uintptr_t)bytes % 32, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(bytes[i], 0);
        }
        memset(bytes, 0xaa, size);
        previous = bytes;
    }
    uint64_t *large = ARENA_ARRAY(arena, uint64_t, 5 << 20);
    large[(5 << 20) - 1] = 7;
    assert_true(arena_bytes_reserved(arena) >= 40u << 20);
    arena_destroy(NULL);
}

static void test_reset_reuses_and_zeroes(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    size_t reserved = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 1000; i++) {
            unsigned char *bytes = arena_allocate(arena, 1000, 1);
            assert_int_equal(bytes[0] | bytes[999], 0);
            memset(bytes, 0xff, 1000);
        }
        if (round == 0) {
            reserved = arena_bytes_reserved(arena);
        }
        assert_int_equal(arena_bytes_reserved(arena), reserved);
        arena_reset(arena);
    }
}

static void test_marks(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct arena_mark empty = arena_mark_take(arena);
    char *kept = arena_text_copy(arena, "kept");
    struct arena_mark mark = arena_mark_take(arena);
    char *first = arena_allocate(arena, 100, 1);
    for (int i = 0; i < 10; i++) {
        memset(arena_allocate(arena, 100000, 1), 1, 100000);
    }
    arena_mark_release(arena, mark);
    assert_ptr_equal(arena_allocate(arena, 100, 1), first);
    assert_string_equal(kept, "kept");
    arena_mark_release(arena, empty);
    assert_ptr_equal(arena_text_copy(arena, "again"), kept);
}

static void test_texts(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    assert_string_equal(arena_text_format(arena, "%s-%05d", "row", 42), "row-00042");
    assert_string_equal(arena_text_format(arena, "%s", ""), "");
    char *copy = arena_text_copy(arena, "x");
    copy[0] = 'y';
    assert_string_equal(copy, "y");
}

/* Runs in a child, because the process is to end. */
static int exit_status_of(void (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr);
        body();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static void overflow(void)
{
    struct arena *arena = arena_create();
    volatile size_t half = SIZE_MAX / 2;
    arena_allocate(arena, half, 3);
}

static void test_overflow_ends_the_process(void **state)
{
    (void)state;
    int status = exit_status_of(overflow);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void test_poison(void **state)
{
    (void)state;
#ifdef WITH_ASAN
    CLEANUP(arena) struct arena *arena = arena_create();
    char *a = arena_allocate(arena, 10, 1);
    char *b = arena_allocate(arena, 10, 1);
    assert_false(__asan_address_is_poisoned(a + 9));
    assert_true(__asan_address_is_poisoned(a + 10)); /* an overrun of one byte */
    assert_true(__asan_address_is_poisoned(b - 1));
    struct arena_mark mark = arena_mark_take(arena);
    char *c = arena_allocate(arena, 10, 1);
    arena_mark_release(arena, mark);
    assert_true(__asan_address_is_poisoned(c));
    assert_false(__asan_address_is_poisoned(b));
    arena_reset(arena);
    assert_true(__asan_address_is_poisoned(a));
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations), cmocka_unit_test(test_reset_reuses_and_zeroes),
        cmocka_unit_test(test_marks),       cmocka_unit_test(test_texts),
        cmocka_unit_test(test_poison),      cmocka_unit_test(test_overflow_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
