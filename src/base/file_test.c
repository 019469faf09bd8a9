/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of file and directory: limits, permissions, that nothing half-written is ever seen, and that links are not followed. */
#include "base/file.h"
#include "base/scratch.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static bool exists(const char *path)
{
    struct error err;
    bool answer = false;
    assert_true(file_exists(path, &answer, &err));
    return answer;
}

static void assert_content(const char *path, const char *expected)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer content = {.maximum = 1 << 20};
    assert_true(file_read(path, &content, &err));
    assert_int_equal(content.length, strlen(expected));
    assert_string_equal(content.data ? (char *)content.data : "", expected);
}

static void test_write_and_read(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "key");
    assert_true(file_write_atomic(path, "first", 5, 0600, &err));
    assert_content(path, "first");
    assert_true(file_write_atomic(path, "", 0, 0600, &err));
    assert_content(path, "");
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    uint64_t size = 9;
    assert_true(file_write_atomic(path, "12345678", 8, 0600, &err));
    assert_true(file_size(path, &size, &err));
    assert_int_equal(size, 8);
    assert_true(file_remove(path, &err));
    assert_false(exists(path));
    assert_false(file_remove(path, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_string_equal(err.message, "cannot remove key");
    assert_non_null(strstr(err.detail, path));
    assert_false(file_size(path, &size, &err));
}

static void test_read_limits(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "ten");
    assert_true(file_write_atomic(path, "0123456789", 10, 0600, &err));
    CLEANUP(buffer_value) struct buffer exact = {.maximum = 12};
    assert_true(buffer_append_text(&exact, "x:", &err));
    assert_true(file_read(path, &exact, &err));
    assert_string_equal((char *)exact.data, "x:0123456789");
    CLEANUP(buffer_value) struct buffer small = {.maximum = 9};
    assert_false(file_read(path, &small, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_int_equal(small.length, 0);
    assert_false(file_read(scratch.directory, &small, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_false(file_read(scratch_path(&scratch, "none"), &small, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

/* A file without a known size: what /proc gives. */
static void test_read_unknown_size(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer content = {.maximum = 1 << 20};
    assert_true(file_read("/proc/self/status", &content, &err));
    assert_non_null(strstr((char *)content.data, "Pid:"));
    CLEANUP(buffer_value) struct buffer small = {.maximum = 10};
    assert_false(file_read("/proc/self/status", &small, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_int_equal(small.length, 0);
}

static void test_read_plain(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(buffer_value) struct buffer out = {.maximum = 100};
    assert_true(file_write_atomic(scratch_path(&scratch, "plain"), "words", 5, 0600, &err));
    assert_true(file_read_plain(scratch_path(&scratch, "plain"), &out, &err));
    assert_int_equal(out.length, 5);
    assert_false(file_read_plain(scratch_path(&scratch, "none"), &out, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_int_equal(mkfifo(scratch_path(&scratch, "pipe"), 0600), 0); /* opening it to read would wait for a writer */
    assert_int_equal(symlink("plain", scratch_path(&scratch, "link")), 0);
    static const char *const others[] = {"pipe", "link", "."};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(file_read_plain(scratch_path(&scratch, others[i]), &out, &err));
        assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, "is not a plain file"));
    }
}

static void test_read_at(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "f");
    assert_true(file_write_atomic(path, "0123456789", 10, 0600, &err));
    int descriptor = open(path, O_RDONLY);
    char out[5] = "";
    assert_true(file_read_at(descriptor, 6, out, 4, path, &err));
    assert_string_equal(out, "6789");
    assert_false(file_read_at(descriptor, 7, out, 4, path, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_false(file_read_at(descriptor, UINT64_MAX, out, 1, path, &err));
    assert_true(file_read_at(descriptor, 10, out, 0, path, &err));
    close(descriptor);
}

static void test_writer(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    char path[400];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "big"));
    CLEANUP(file_writer) struct file_writer *writer = NULL;
    assert_true(file_writer_open(&writer, path, 0640, &err));
    static uint8_t block[300001];
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = (uint8_t)(i * 31);
    }
    uint64_t written = 0;
    for (size_t length = 0; length <= sizeof block; length += 33333) { /* below and above the writer's own room */
        assert_true(file_writer_append(writer, block, length, &err));
        written += length;
        assert_int_equal(file_writer_position(writer), written);
    }
    assert_false(exists(path));
    assert_true(file_writer_commit(writer, &err));
    assert_true(exists(path));
    assert_false(exists(scratch_path(&scratch, "big.tmp")));
    CLEANUP(buffer_value) struct buffer content = {.maximum = 4 << 20};
    assert_true(file_read(path, &content, &err));
    assert_int_equal(content.length, written);
    size_t at = 0;
    for (size_t length = 0; length <= sizeof block; length += 33333) {
        assert_memory_equal(content.data + at, block, length);
        at += length;
    }
}

static void test_writer_without_commit(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    char path[400];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "f"));
    assert_true(file_write_atomic(path, "old", 3, 0600, &err));
    struct file_writer *writer = NULL;
    assert_true(file_writer_open(&writer, path, 0600, &err));
    assert_true(file_writer_append(writer, "new", 3, &err));
    assert_true(exists(scratch_path(&scratch, "f.tmp")));
    file_writer_close(writer);
    assert_false(exists(scratch_path(&scratch, "f.tmp")));
    assert_content(path, "old");
    assert_false(file_writer_open(&writer, scratch_path(&scratch, "no/such/file"), 0600, &err));
    file_writer_close(NULL);
}

/* What a crash left behind, with other permissions or as a link, is replaced and not written into. */
static void test_writer_replaces_remains(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    char path[400], victim[400];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "f"));
    snprintf(victim, sizeof victim, "%s", scratch_path(&scratch, "victim"));
    assert_true(file_write_atomic(victim, "safe", 4, 0644, &err));
    assert_int_equal(symlink(victim, scratch_path(&scratch, "f.tmp")), 0);
    assert_true(file_write_atomic(path, "new", 3, 0600, &err));
    assert_content(path, "new");
    assert_content(victim, "safe");
    struct stat facts;
    assert_int_equal(lstat(path, &facts), 0);
    assert_true(S_ISREG(facts.st_mode));
    assert_int_equal(facts.st_mode & 0777, 0600);
}

static bool collect(void *context, const char *name, struct error *err)
{
    return buffer_append_format(context, err, "%s;", name);
}

static bool refuse(void *context, const char *name, struct error *err)
{
    ++*(int *)context;
    return FAIL(err, UNSUPPORTED, "no %s", name);
}

/* A rename over /dev/null or a named pipe would put a plain file in its place. */
static void test_writer_spares_devices(void **state)
{
    (void)state;
    struct error err;
    struct stat facts;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *pipe_path = scratch_path(&scratch, "pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_false(file_write_atomic(pipe_path, "rows", 4, 0600, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_int_equal(lstat(pipe_path, &facts), 0);
    assert_true(S_ISFIFO(facts.st_mode));
    const char *link_path = scratch_path(&scratch, "link");
    assert_int_equal(symlink("pipe", link_path), 0);
    assert_false(file_write_atomic(link_path, "rows", 4, 0600, &err));
    assert_int_equal(lstat(link_path, &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_false(exists(scratch_path(&scratch, "pipe.tmp")));
}

static void test_directories(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    assert_true(directory_create(scratch_path(&scratch, "d"), 0700, &err));
    assert_true(directory_create(scratch_path(&scratch, "d"), 0700, &err));
    assert_false(directory_create(scratch_path(&scratch, "x/y"), 0700, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    static const char *const names[] = {"d/b", "d/a", "d/B", "d/.hidden", "d/10"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(file_write_atomic(scratch_path(&scratch, names[i]), "x", 1, 0600, &err));
    }
    assert_false(directory_create(scratch_path(&scratch, "d/a"), 0700, &err)); /* a file is in the way */
    CLEANUP(buffer_value) struct buffer seen = {.maximum = 1000};
    assert_true(directory_visit(scratch_path(&scratch, "d"), collect, &seen, &err));
    assert_string_equal((char *)seen.data, ".hidden;10;B;a;b;");
    int calls = 0;
    assert_false(directory_visit(scratch_path(&scratch, "d"), refuse, &calls, &err));
    assert_int_equal(calls, 1);
    assert_string_equal(err.message, "no .hidden");
    assert_false(directory_visit(scratch_path(&scratch, "none"), collect, &seen, &err));
    assert_true(file_sync_directory(scratch_path(&scratch, "d"), &err));
    assert_false(file_sync_directory(scratch_path(&scratch, "d/a"), &err));
}

static void test_remove_all(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    char tree[400], outside[400];
    snprintf(tree, sizeof tree, "%s", scratch_path(&scratch, "tree"));
    snprintf(outside, sizeof outside, "%s", scratch_path(&scratch, "outside"));
    assert_true(directory_create(tree, 0700, &err));
    assert_true(directory_create(scratch_path(&scratch, "tree/deep"), 0700, &err));
    assert_true(directory_create(scratch_path(&scratch, "tree/deep/er"), 0700, &err));
    assert_true(file_write_atomic(scratch_path(&scratch, "tree/deep/er/f"), "x", 1, 0600, &err));
    assert_true(directory_create(outside, 0700, &err));
    assert_true(file_write_atomic(scratch_path(&scratch, "outside/kept"), "x", 1, 0600, &err));
    assert_int_equal(symlink(outside, scratch_path(&scratch, "tree/deep/link")), 0);
    assert_true(directory_remove_all(tree, &err));
    assert_false(exists(tree));
    assert_true(exists(scratch_path(&scratch, "outside/kept")));
    assert_int_equal(symlink(outside, tree), 0);
    assert_false(directory_remove_all(tree, &err)); /* the path itself is a link */
    assert_true(exists(scratch_path(&scratch, "outside/kept")));
    assert_false(directory_remove_all(scratch_path(&scratch, "none"), &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void test_rename(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    char from[400];
    snprintf(from, sizeof from, "%s", scratch_path(&scratch, "from"));
    assert_true(file_write_atomic(from, "x", 1, 0600, &err));
    assert_true(file_rename_durable(from, scratch_path(&scratch, "to"), &err));
    assert_content(scratch_path(&scratch, "to"), "x");
    assert_false(file_rename_durable(from, scratch_path(&scratch, "to"), &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_read_limits),
        cmocka_unit_test(test_read_unknown_size),
        cmocka_unit_test(test_read_plain),
        cmocka_unit_test(test_read_at),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_without_commit),
        cmocka_unit_test(test_writer_replaces_remains),
        cmocka_unit_test(test_writer_spares_devices),
        cmocka_unit_test(test_directories),
        cmocka_unit_test(test_remove_all),
        cmocka_unit_test(test_rename),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
