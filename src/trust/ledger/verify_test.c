/* SPDX-License-Identifier: EUPL-1.2 */
/* verify: the tampering matrix. Each way to change a log is done to a copy, and the first bad thing must be named by the right words:
 * entries deleted, altered, moved, inserted, the log cut or rewritten and signed again, wrong key, bad note, tiles missing or changed. */
#include "trust/ledger/ledger_example.h"
#include "trust/ledger/ledger_verify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SIZE = 700 }; /* two full tiles and 188 */
static struct secret *seed;
static struct note_signer signer;

static char prepared[400]; /* the log that the others are copies of */

static void prepare(struct scratch *scratch)
{
    struct error err;
    CLEANUP(ledger) struct ledger *ledger = NULL;
    snprintf(prepared, sizeof prepared, "%s", scratch_path(scratch, "log"));
    assert_true(ledger_create(prepared, &signer, &err));
    assert_true(ledger_open(&ledger, prepared, &signer, 0, &err));
    assert_true(example_append(ledger, 0, SIZE, &err));
}

static struct scratch new_log(void)
{
    struct scratch scratch = scratch_open();
    example_copy(prepared, scratch_path(&scratch, "log"));
    return scratch;
}

static void assert_verdict(struct scratch *scratch, const struct ledger_verify_options *asked, enum error_code code, const char *words)
{
    struct error err = {0};
    struct ledger_verified verified;
    struct ledger_verify_options options = *asked;
    options.key = options.key ? options.key : &signer.key;
    assert_false(ledger_verify(scratch_path(scratch, "log"), &options, &verified, &err));
    if (err.code != code || !strstr(err.message, words)) {
        fail_msg("expected \"%s\", got \"%s\" (%s)", words, err.message, error_code_name(err.code));
    }
}
static const struct ledger_verify_options plain = {.key = NULL};

/* What is done to the entries of one bundle. */
struct change {
    const char *words;
    unsigned at, drop; /* entries left out from `at` on */
    int insert;        /* numbers of records put in at `at`, or -1 */
    bool is_swap, is_altered;
};

static void change_bundle(struct scratch *scratch, const char *name, const struct change *change)
{
    struct error err;
    static struct tile_entries entries;
    CLEANUP(buffer_value) struct buffer before = {.maximum = 1 << 20}, after = {.maximum = 1 << 20}, extra = {.maximum = 1 << 14};
    assert_true(file_read(scratch_path(scratch, name), &before, &err));
    assert_true(tile_entries_parse(&entries, before.data, before.length, &err));
    for (unsigned i = 0; i <= entries.count; i++) {
        if (i == change->at && change->insert >= 0) {
            struct ledger_record record = example_record((uint64_t)change->insert);
            assert_true(ledger_record_print(&record, &extra, &err));
            assert_true(tile_entry_append(&after, (struct text){(const char *)extra.data, extra.length}, &err));
        }
        if (i == entries.count || (i >= change->at && i < change->at + change->drop)) {
            continue;
        }
        unsigned from = change->is_swap && (i == change->at || i == change->at + 1) ? 2 * change->at + 1 - i : i;
        size_t begin = after.length;
        assert_true(tile_entry_append(&after, entries.entries[from], &err));
        if (change->is_altered && i == change->at) {
            after.data[begin + 20] ^= 1; /* a digit of the time */
        }
    }
    assert_true(file_write_atomic(scratch_path(scratch, name), after.data, after.length, 0644, &err));
}

static void entries_changed(void **state)
{
    (void)state;
    static const struct change changes[] = {
        {"entry 266 was deleted", 10, 1, -1, false, false},   {"entry 511 was deleted", 255, 1, -1, false, false},
        {"entry 256 was deleted", 0, 1, -1, false, false},    {"entry 266 was altered", 10, 0, -1, false, true},
        {"entry 266 was moved", 10, 0, -1, true, false},      {"entry 266 was inserted", 10, 0, 9000, false, false},
        {"entry 266 was moved", 10, 0, 300, false, false}, /* a copy of a logged one */
        {"entry 266 was altered", 10, 1, 9000, false, false}, {"entry 266 was deleted", 10, 3, -1, false, false},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        CLEANUP(scratch) struct scratch scratch = new_log();
        const struct change *change = &changes[i];
        change_bundle(&scratch, "log/tile/entries/001", change);
        if (change->insert == 300 || change->drop == 3) { /* several readings are right; the place must be */
            assert_verdict(&scratch, &plain, ERROR_CORRUPT, "entry 266 was");
        } else {
            assert_verdict(&scratch, &plain, ERROR_CORRUPT, change->words);
        }
    }
    CLEANUP(scratch) struct scratch scratch = new_log();
    const struct change at_the_end = {"", 188, 0, 9000, false, false};
    change_bundle(&scratch, "log/tile/entries/002.p/188", &at_the_end);
    assert_verdict(&scratch, &plain, ERROR_CORRUPT, "entry 700 was inserted");
}

static void flip(struct scratch *scratch, const char *name, size_t at)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
    assert_true(file_read(scratch_path(scratch, name), &bytes, &err) && at < bytes.length);
    bytes.data[at] ^= 1;
    assert_true(file_write_atomic(scratch_path(scratch, name), bytes.data, bytes.length, 0644, &err));
}

static void tiles_changed(void **state)
{
    (void)state;
    struct error err;
    static const struct {
        const char *file;
        size_t at;
        const char *words;
    } flips[] = {
        {"log/tile/0/001", 32 * 7, "entry 263 was altered"},
        {"log/tile/0/002.p/188", 0, "entry 512 was altered"},
        {"log/tile/1/000.p/2", 32, "tile/0/001 is not what was logged: hash 1 of tile/1/000.p/2"},
    };
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        CLEANUP(scratch) struct scratch scratch = new_log();
        flip(&scratch, flips[i].file, flips[i].at);
        assert_verdict(&scratch, &plain, ERROR_CORRUPT, flips[i].words);
    }
    static const char *const files[][2] = {{"log/tile/0/000", "tile/0/000 is missing: it holds the entries 0 to 255"},
                                           {"log/tile/entries/001", "tile/entries/001 is missing"},
                                           {"log/tile/0/002.p/188", "tile/0/002.p/188 is missing"},
                                           {"log/tile/1/000.p/2", "tile/1/000.p/2 is missing"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        CLEANUP(scratch) struct scratch scratch = new_log();
        assert_true(file_remove(scratch_path(&scratch, files[i][0]), &err));
        assert_verdict(&scratch, &plain, ERROR_CORRUPT, files[i][1]);
    }
    CLEANUP(scratch) struct scratch scratch = new_log();
    assert_true(file_write_atomic(scratch_path(&scratch, "log/tile/0/001"), "x", 1, 0644, &err));
    assert_verdict(&scratch, &plain, ERROR_CORRUPT, "256 hashes has 8192 bytes");
}

/* An entry is altered and the tiles are made to fit: only the signed root tells. */
static void tiles_made_to_fit(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = new_log();
    static struct tile_entries entries;
    const struct change change = {"", 3, 1, 9000, false, false};
    CLEANUP(buffer_value) struct buffer bundle = {.maximum = 1 << 20}, upper = {.maximum = 1 << 14};
    change_bundle(&scratch, "log/tile/entries/001", &change);
    assert_true(file_read(scratch_path(&scratch, "log/tile/entries/001"), &bundle, &err));
    assert_true(tile_entries_parse(&entries, bundle.data, bundle.length, &err));
    struct crypto_hash hashes[TILE_WIDTH];
    for (unsigned i = 0; i < TILE_WIDTH; i++) {
        hashes[i] = merkle_leaf(entries.entries[i].data, entries.entries[i].length);
    }
    assert_true(file_write_atomic(scratch_path(&scratch, "log/tile/0/001"), hashes, sizeof hashes, 0644, &err));
    assert_verdict(&scratch, &plain, ERROR_CORRUPT, "tile/0/001 is not what was logged");
    struct crypto_hash root = merkle_fold(hashes, TILE_WIDTH);
    assert_true(file_read(scratch_path(&scratch, "log/tile/1/000.p/2"), &upper, &err));
    memcpy(upper.data + 32, root.bytes, 32);
    assert_true(file_write_atomic(scratch_path(&scratch, "log/tile/1/000.p/2"), upper.data, upper.length, 0644, &err));
    assert_verdict(&scratch, &plain, ERROR_CORRUPT, "the root of the 700 entries is not the one of the checkpoint");
}

static void checkpoints(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = new_log();
    CLEANUP(secret) struct secret *other_seed = example_seed(9);
    struct note_signer other = example_signer(other_seed, "example.org/log", NOTE_ED25519);
    struct note_signer stranger = example_signer(other_seed, "example.org/other", NOTE_ED25519);
    struct ledger_verify_options options = {.key = &other.key};
    assert_verdict(&scratch, &options, ERROR_DENIED, "the checkpoint is not signed by this key");
    options.key = &stranger.key;
    assert_verdict(&scratch, &options, ERROR_DENIED, "the checkpoint is of the log example.org/log");
    flip(&scratch, "log/checkpoint", 17); /* a digit of the size */
    assert_verdict(&scratch, &plain, ERROR_CORRUPT, "the signature of the checkpoint is not of its text");
    assert_true(file_write_atomic(scratch_path(&scratch, "log/checkpoint"), "nothing\n", 8, 0644, &err));
    assert_verdict(&scratch, &plain, ERROR_INVALID_INPUT, "this is no signed note");
    assert_true(file_remove(scratch_path(&scratch, "log/checkpoint"), &err));
    assert_verdict(&scratch, &plain, ERROR_NOT_FOUND, "no file checkpoint");
}

static void read_note(struct scratch *scratch, struct buffer *out)
{
    struct error err;
    assert_true(file_read(scratch_path(scratch, "log/checkpoint"), out, &err));
}

/* The keeper of the key itself cuts or rewrites the log and signs it again. Alone it is whole; beside an earlier checkpoint it is not. */
static void cut_and_signed_again(void **state)
{
    (void)state;
    struct error err;
    struct ledger_verified verified;
    CLEANUP(scratch) struct scratch scratch = new_log();
    CLEANUP(scratch) struct scratch shorter = scratch_open();
    CLEANUP(buffer_value) struct buffer note = {.maximum = 1 << 16};
    CLEANUP(ledger) struct ledger *ledger = NULL;
    read_note(&scratch, &note);
    struct text since = {(const char *)note.data, note.length};
    struct ledger_verify_options options = {.key = &signer.key, .since = &since, .since_count = 1};
    assert_true(ledger_verify(scratch_path(&scratch, "log"), &options, &verified, &err));
    assert_true(ledger_create(scratch_path(&shorter, "log"), &signer, &err));
    assert_true(ledger_open(&ledger, scratch_path(&shorter, "log"), &signer, 0, &err));
    assert_true(example_append(ledger, 0, 600, &err));
    assert_true(ledger_verify(scratch_path(&shorter, "log"), &(struct ledger_verify_options){.key = &signer.key}, &verified, &err));
    assert_verdict(&shorter, &options, ERROR_CORRUPT, "the log was cut: the checkpoint has 600 entries, an earlier one had 700");
    assert_true(example_append(ledger, 5000, 200, &err)); /* other entries in the place of those cut off */
    assert_verdict(&shorter, &options, ERROR_CORRUPT, "the log was rewritten: its first 700 entries");
    since.length = 20;
    assert_verdict(&scratch, &options, ERROR_INVALID_INPUT, "this is no signed note");
}

static void quorum(void **state)
{
    (void)state;
    struct error err;
    struct ledger_verified verified;
    CLEANUP(scratch) struct scratch scratch = new_log();
    CLEANUP(secret) struct secret *witness_seed = example_seed(5);
    struct note_signer witness = example_signer(witness_seed, "example.org/witness", NOTE_COSIGNATURE);
    struct ledger_verify_options options = {.key = &signer.key, .witnesses = &witness.key, .witness_count = 1, .quorum = 1};
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1024};
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    assert_verdict(&scratch, &options, ERROR_DENIED, "cosignatures of 0 of the named witnesses, 1 are demanded");
    assert_true(ledger_view_open(&view, scratch_path(&scratch, "log"), NULL, &err));
    assert_true(note_sign(&witness, ledger_view_note(view)->text, 7, &line, &err));
    assert_true(ledger_cosignature_add(scratch_path(&scratch, "log"), ledger_view_note(view)->text,
                                       (struct text){(const char *)line.data, line.length}, 0, &err));
    assert_true(ledger_verify(scratch_path(&scratch, "log"), &options, &verified, &err));
    assert_int_equal(verified.witnesses, 1);
}

/* Logged by whoever has the key, but not in the one form. */
static void foreign_entries(void **state)
{
    (void)state;
    struct error err;
    struct ledger_verified verified;
    CLEANUP(scratch) struct scratch scratch = new_log();
    CLEANUP(ledger) struct ledger *ledger = NULL;
    struct text entry = TEXT("{\"v\":1}");
    assert_true(ledger_open(&ledger, scratch_path(&scratch, "log"), &signer, 0, &err));
    assert_true(ledger_append(ledger, &entry, 1, NULL, &err));
    const struct ledger_verify_options any = {.key = &signer.key, .any_entries = true};
    assert_true(ledger_verify(scratch_path(&scratch, "log"), &any, &verified, &err));
    assert_verdict(&scratch, &plain, ERROR_CORRUPT, "this is no record of a log");
}

/* tests/golden/ledger_1: written by the first version; must stay readable. */
static void golden(void **state)
{
    (void)state;
    struct error err;
    struct ledger_verified verified;
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    const struct ledger_verify_options options = {.key = &signer.key};
    assert_true(ledger_verify("tests/golden/ledger_1/log", &options, &verified, &err));
    assert_int_equal(verified.checkpoint.size, 5);
    assert_true(ledger_view_open(&view, "tests/golden/ledger_1/log", &signer.key, &err));
    assert_int_equal(ledger_view_note(view)->count, 2);
}

int main(void)
{
    struct error err;
    if (!crypto_start(&err)) {
        return 1;
    }
    seed = example_seed(1);
    signer = example_signer(seed, "example.org/log", NOTE_ED25519);
    CLEANUP(scratch) struct scratch first = scratch_open();
    prepare(&first);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_changed),      cmocka_unit_test(tiles_changed),
        cmocka_unit_test(tiles_made_to_fit),    cmocka_unit_test(checkpoints),
        cmocka_unit_test(cut_and_signed_again), cmocka_unit_test(quorum),
        cmocka_unit_test(foreign_entries),      cmocka_unit_test(golden),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    secret_destroy(seed);
    return failed;
}
