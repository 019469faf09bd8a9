/* SPDX-License-Identifier: EUPL-1.2 */
/* witness: cosigns what grows, refuses rollback, fork and rewriting, and does not forget. */
#include "trust/ledger/ledger_example.h"
#include "trust/ledger/ledger_witness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct secret *log_seed, *witness_seed;
static struct note_signer log_signer, witness;

static struct ledger *new_log(struct scratch *scratch, const char *name, uint64_t first, uint64_t count)
{
    struct error err;
    struct ledger *ledger = NULL;
    assert_true(ledger_create(scratch_path(scratch, name), &log_signer, &err));
    assert_true(ledger_open(&ledger, scratch_path(scratch, name), &log_signer, 0, &err));
    assert_true(example_append(ledger, first, count, &err));
    return ledger;
}

static bool run(struct scratch *scratch, const char *log, struct witness_outcome *out_outcome, struct buffer *line, struct error *err)
{
    char directory[400];
    snprintf(directory, sizeof directory, "%s", scratch_path(scratch, log));
    return ledger_witness_run(directory, scratch_path(scratch, "state"), &log_signer.key, &witness, 1764000000, out_outcome, line, err);
}

static void assert_refused(struct scratch *scratch, const char *log, const char *words)
{
    struct error err;
    struct witness_outcome outcome;
    CLEANUP(buffer_value) struct buffer before = {.maximum = 1 << 16}, after = {.maximum = 1 << 16};
    assert_true(file_read(scratch_path(scratch, "state/checkpoint"), &before, &err));
    assert_false(run(scratch, log, &outcome, NULL, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    if (!strstr(err.message, words)) {
        fail_msg("expected \"%s\", got \"%s\"", words, err.message);
    }
    assert_true(file_read(scratch_path(scratch, "state/checkpoint"), &after, &err));
    assert_true(before.length == after.length && memcmp(before.data, after.data, after.length) == 0);
}

static void follows_and_refuses(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(ledger) struct ledger *ledger = new_log(&scratch, "log", 0, 300);
    struct witness_outcome outcome;
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1024}, cosigned = {.maximum = 1 << 16};
    static struct note note;
    int64_t time;
    assert_true(run(&scratch, "log", &outcome, &line, &err));
    assert_true(outcome.is_first && outcome.checkpoint.size == 300);
    assert_true(run(&scratch, "log", &outcome, NULL, &err)); /* unchanged: signed again */
    assert_true(!outcome.is_first && outcome.grown_by == 0);
    assert_true(example_append(ledger, 300, 500, &err));
    assert_true(run(&scratch, "log", &outcome, NULL, &err));
    assert_int_equal(outcome.grown_by, 500);
    assert_true(file_read(scratch_path(&scratch, "state/checkpoint"), &cosigned, &err));
    assert_true(note_parse(&note, cosigned.data, cosigned.length, &err));
    assert_int_equal(note_verify(&note, &log_signer.key, NULL), NOTE_VALID);
    assert_int_equal(note_verify(&note, &witness.key, &time), NOTE_VALID);
    assert_int_equal(time, 1764000000);

    ledger_close(new_log(&scratch, "cut", 0, 799));
    assert_refused(&scratch, "cut", "rollback");
    ledger_close(new_log(&scratch, "fork", 1, 800));
    assert_refused(&scratch, "fork", "fork");
    ledger_close(new_log(&scratch, "rewritten", 1, 900));
    assert_refused(&scratch, "rewritten", "rewritten");
    assert_true(example_append(ledger, 800, 100, &err));
    assert_true(file_remove(scratch_path(&scratch, "log/tile/0/003.p/132"), &err)); /* what cannot be shown is not vouched for */
    assert_refused(&scratch, "log", "rewritten");
}

static void decisions(void **state)
{
    (void)state;
    struct checkpoint last = {.origin = "a", .size = 4}, now = {.origin = "a", .size = 4};
    struct merkle_proof none = {0};
    assert_int_equal(ledger_witness_judge(NULL, &now, &none), WITNESS_COSIGN);
    assert_int_equal(ledger_witness_judge(&last, &now, &none), WITNESS_COSIGN);
    now.root.bytes[0] = 1;
    assert_int_equal(ledger_witness_judge(&last, &now, &none), WITNESS_FORK);
    now.size = 3;
    assert_int_equal(ledger_witness_judge(&last, &now, &none), WITNESS_ROLLBACK);
    now.size = 5;
    assert_int_equal(ledger_witness_judge(&last, &now, &none), WITNESS_INCONSISTENT);
    memcpy(now.origin, "b", 2);
    assert_int_equal(ledger_witness_judge(&last, &now, &none), WITNESS_OTHER_LOG);
}

static void state_is_its_own(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    ledger_close(new_log(&scratch, "log", 0, 3));
    struct witness_outcome outcome;
    CLEANUP(buffer_value) struct buffer log_note = {.maximum = 1 << 16};
    assert_true(run(&scratch, "log", &outcome, NULL, &err));
    assert_true(file_read(scratch_path(&scratch, "log/checkpoint"), &log_note, &err));
    assert_true(file_write_atomic(scratch_path(&scratch, "state/checkpoint"), log_note.data, log_note.length, 0644, &err));
    assert_false(run(&scratch, "log", &outcome, NULL, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

int main(void)
{
    struct error err;
    if (!crypto_start(&err)) {
        return 1;
    }
    log_seed = example_seed(1);
    witness_seed = example_seed(5);
    log_signer = example_signer(log_seed, "example.org/log", NOTE_ED25519);
    witness = example_signer(witness_seed, "example.org/witness", NOTE_COSIGNATURE);
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_and_refuses), cmocka_unit_test(decisions),
                                       cmocka_unit_test(state_is_its_own)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    secret_destroy(log_seed);
    secret_destroy(witness_seed);
    return failed;
}
