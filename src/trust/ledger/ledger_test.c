/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger: a log grows entry by entry and in batches to the same bytes; every proof of every size verifies; tiles are where tlog-tiles
 * wants them; the lock names its holder; cosignatures join the checkpoint. */
#include "trust/ledger/files.h"
#include "trust/ledger/ledger.h"
#include "trust/ledger/ledger_example.h"
#include "trust/ledger/ledger_verify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct secret *seed;
static struct note_signer signer;

static bool is_there(struct scratch *scratch, const char *name)
{
    struct error err;
    bool exists = false;
    assert_true(file_exists(scratch_path(scratch, name), &exists, &err));
    return exists;
}

static struct ledger *new_log(struct scratch *scratch)
{
    struct error err;
    struct ledger *ledger = NULL;
    const char *directory = scratch_path(scratch, "log");
    assert_true(ledger_create(directory, &signer, &err));
    assert_true(ledger_open(&ledger, directory, &signer, 0, &err));
    return ledger;
}

static void verify(struct scratch *scratch, uint64_t size)
{
    struct error err;
    struct ledger_verified verified;
    const struct ledger_verify_options options = {.key = &signer.key};
    if (!ledger_verify(scratch_path(scratch, "log"), &options, &verified, &err)) {
        fail_msg("size %llu: %s", (unsigned long long)size, err.message);
    }
    assert_int_equal(verified.checkpoint.size, size);
}

static void empty_log(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch);
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct note_key key;
    struct text entry;
    verify(&scratch, 0);
    assert_false(ledger_create(scratch_path(&scratch, "log"), &signer, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_true(ledger_key_read(scratch_path(&scratch, "log"), &key, &err));
    assert_memory_equal(key.public_key, signer.key.public_key, CRYPTO_PUBLIC_KEY_SIZE);
    assert_true(ledger_view_open(&view, scratch_path(&scratch, "log"), &key, &err));
    assert_false(ledger_view_entry(view, 0, &entry, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_true(ledger_append(ledger, NULL, 0, NULL, &err)); /* nothing is fine */
    verify(&scratch, 0);
}

/* One by one to 300: each size verifies, each entry of some sizes is proved, each size is consistent with all before. */
static void every_size(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch);
    static struct checkpoint seen[301];
    assert_true(ledger_head(ledger, &seen[0], &err));
    for (uint64_t size = 1; size <= 300; size++) {
        CLEANUP(ledger_view) struct ledger_view *view = NULL;
        struct ledger_record record = example_record(size - 1);
        struct merkle_proof proof;
        assert_true(ledger_append_record(ledger, &record, &err));
        assert_true(ledger_head(ledger, &seen[size], &err));
        assert_int_equal(seen[size].size, size);
        if (size % 37 != 0 && size != 256 && size != 300) {
            continue;
        }
        verify(&scratch, size);
        assert_true(ledger_view_open(&view, scratch_path(&scratch, "log"), &signer.key, &err));
        for (uint64_t i = 0; i < size; i++) {
            assert_true(ledger_view_prove(view, i, &proof, &err));
            assert_true(ledger_view_prove_consistency(view, &seen[i], &proof, &err));
            assert_true(merkle_consistency_valid(i, size, &proof, &seen[i].root, &seen[size].root));
        }
        assert_false(ledger_view_prove(view, size, &proof, &err));
    }
}

static void compare_file(struct scratch *a, struct scratch *b, const char *name)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer left = {.maximum = 1 << 20}, right = {.maximum = 1 << 20};
    assert_true(file_read(scratch_path(a, name), &left, &err) && file_read(scratch_path(b, name), &right, &err));
    assert_int_equal(left.length, right.length);
    assert_memory_equal(left.data, right.data, left.length);
}

/* Batches of any size give the same log; and its files are those of c2sp.org/tlog-tiles. */
static void batches(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(scratch) struct scratch other = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch);
    CLEANUP(ledger) struct ledger *whole = new_log(&other);
    const uint64_t sizes[] = {1, 255, 1, 300, 43, 256, 512, 100};
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_true(example_append(ledger, size, sizes[i], &err));
        size += sizes[i];
        verify(&scratch, size);
    }
    assert_int_equal(size, 1468); /* 5 full tiles and 188 */
    assert_true(example_append(whole, 0, size, &err));
    verify(&other, size);
    static const char *const files[] = {"log/checkpoint",
                                        "log/tile/0/000",
                                        "log/tile/0/004",
                                        "log/tile/0/005.p/188",
                                        "log/tile/1/000.p/5",
                                        "log/tile/entries/004",
                                        "log/tile/entries/005.p/188"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        compare_file(&scratch, &other, files[i]);
    }
    assert_false(is_there(&scratch, "log/tile/0/000.p") || is_there(&scratch, "log/tile/entries/000.p"));
    assert_true(is_there(&scratch, "log/tile/1/000.p/1")); /* partial tiles of older checkpoints stay until the full one is there */
    assert_false(is_there(&scratch, "log/tile/2"));
}

/* An older view still reads and proves while the log grows past its tiles. */
static void views_outlive_appends(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch);
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct merkle_proof proof;
    struct text entry;
    CLEANUP(buffer_value) struct buffer expected = {.maximum = LEDGER_RECORD_BYTES_MAX}, text = {.maximum = 1 << 16};
    assert_true(example_append(ledger, 0, 100, &err));
    assert_true(ledger_view_open(&view, scratch_path(&scratch, "log"), &signer.key, &err));
    assert_true(example_append(ledger, 100, 400, &err));
    assert_false(is_there(&scratch, "log/tile/0/000.p/100"));
    assert_true(ledger_view_prove(view, 99, &proof, &err));
    assert_true(ledger_view_entry(view, 99, &entry, &err));
    struct ledger_record record = example_record(99);
    assert_true(ledger_record_print(&record, &expected, &err));
    assert_true(text_equal(entry, (struct text){(const char *)expected.data, expected.length}));
    assert_true(ledger_view_proof_print(view, 99, &text, &err));
    assert_memory_equal(text.data, "c2sp.org/tlog-proof@v1\nindex 99\n", 32);
}

static void copies_are_whole(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch);
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct ledger_verified verified;
    const struct ledger_verify_options options = {.key = &signer.key};
    assert_true(example_append(ledger, 0, 100, &err) && example_append(ledger, 100, 500, &err));
    assert_true(ledger_view_open(&view, scratch_path(&scratch, "log"), &signer.key, &err));
    assert_true(example_append(ledger, 600, 400, &err)); /* after the view: not in the copy */
    assert_true(ledger_view_copy(view, scratch_path(&scratch, "copy"), &err));
    assert_true(ledger_verify(scratch_path(&scratch, "copy"), &options, &verified, &err));
    assert_int_equal(verified.checkpoint.size, 600);
    assert_false(is_there(&scratch, "copy/tile/1/000.p/1"));
    assert_false(ledger_view_copy(view, scratch_path(&scratch, "copy"), &err));
    assert_int_equal(err.code, ERROR_EXISTS);
}

/* Another process of the same log appended meanwhile. */
static void two_writers(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *one = new_log(&scratch), *two = NULL;
    assert_true(ledger_open(&two, scratch_path(&scratch, "log"), &signer, 0, &err));
    for (uint64_t i = 0; i < 10; i++) {
        assert_true(example_append(i % 2 ? one : two, 60 * i, 60, &err));
    }
    verify(&scratch, 600);
    struct lock lock = {0};
    CLEANUP(ledger) struct ledger *hasty = NULL;
    struct ledger_record record = example_record(600);
    assert_true(ledger_open(&hasty, scratch_path(&scratch, "log"), &signer, 20, &err));
    assert_true(log_lock_take(&lock, scratch_path(&scratch, "log"), 0, &err));
    assert_false(ledger_append_record(hasty, &record, &err));
    assert_int_equal(err.code, ERROR_BUSY);
    assert_non_null(strstr(err.message, "process "));
    lock_give(&lock);
    assert_true(ledger_append_record(hasty, &record, &err));
    verify(&scratch, 601);
}

static void wrong_keys_and_changed_files(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch), *none = NULL;
    CLEANUP(secret) struct secret *other_seed = example_seed(9);
    struct note_signer other = example_signer(other_seed, "example.org/log", NOTE_ED25519);
    assert_false(ledger_open(&none, scratch_path(&scratch, "log"), &other, 0, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(example_append(ledger, 0, 10, &err));
    assert_true(file_write_atomic(scratch_path(&scratch, "log/tile/0/000.p/10"), "short", 5, 0644, &err));
    CLEANUP(ledger) struct ledger *again = NULL;
    assert_true(ledger_open(&again, scratch_path(&scratch, "log"), &signer, 0, &err));
    struct ledger_record record = example_record(10);
    assert_false(ledger_append_record(again, &record, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    static char longest[MERKLE_LEAF_BYTES_MAX + 1];
    struct text entries[] = {{longest, 10}, {longest, sizeof longest}};
    assert_false(ledger_append(ledger, entries, 2, NULL, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
}

static void cosignatures_join_the_checkpoint(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch);
    CLEANUP(secret) struct secret *witness_seed = example_seed(5);
    struct note_signer witness = example_signer(witness_seed, "example.org/witness", NOTE_COSIGNATURE);
    CLEANUP(ledger_view) struct ledger_view *view = NULL, *after = NULL;
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1024};
    assert_true(example_append(ledger, 0, 5, &err));
    assert_true(ledger_view_open(&view, scratch_path(&scratch, "log"), &signer.key, &err));
    struct text text = ledger_view_note(view)->text;
    for (int64_t time = 100; time <= 101; time++) {
        buffer_clear(&line);
        assert_true(note_sign(&witness, text, time, &line, &err));
        assert_true(
            ledger_cosignature_add(scratch_path(&scratch, "log"), text, (struct text){(const char *)line.data, line.length}, 0, &err));
    }
    assert_true(ledger_view_open(&after, scratch_path(&scratch, "log"), &signer.key, &err));
    int64_t time = 0;
    assert_int_equal(ledger_view_note(after)->count, 2);
    assert_int_equal(note_verify(ledger_view_note(after), &witness.key, &time), NOTE_VALID);
    assert_int_equal(time, 101);
    assert_false(ledger_cosignature_add(scratch_path(&scratch, "log"), text, TEXT("no signature\n"), 0, &err));
    assert_true(example_append(ledger, 5, 1, &err));
    assert_false(ledger_cosignature_add(scratch_path(&scratch, "log"), text, (struct text){(const char *)line.data, line.length}, 0, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

int main(void)
{
    struct error err;
    if (!crypto_start(&err)) {
        return 1;
    }
    seed = example_seed(1);
    signer = example_signer(seed, "example.org/log", NOTE_ED25519);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_log),
        cmocka_unit_test(every_size),
        cmocka_unit_test(batches),
        cmocka_unit_test(views_outlive_appends),
        cmocka_unit_test(copies_are_whole),
        cmocka_unit_test(two_writers),
        cmocka_unit_test(wrong_keys_and_changed_files),
        cmocka_unit_test(cosignatures_join_the_checkpoint),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    secret_destroy(seed);
    return failed;
}
