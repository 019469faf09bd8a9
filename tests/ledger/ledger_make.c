/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_make: makes or lengthens a log with fixed keys, times and salts, so that its bytes are always the same; for the golden log and
 * the test of both verifiers.  ledger_make DIRECTORY FIRST COUNT [OPENINGS]  prints the vkeys of log and witness. */
#include "base/file.h"
#include "trust/ledger/ledger_example.h"
#include "trust/ledger/ledger_openings.h"
#include <stdio.h>
#include <stdlib.h>

enum { TIME = 1764000000 };

/* A record with a private part, whose salt depends on its number only. */
static bool make_record(uint64_t number, struct ledger_record *out_record, struct buffer *openings, struct error *err)
{
    static const char name[] = "label";
    struct ledger_kept_opening kept = {.entry = number};
    char text[64];
    uint8_t bytes[LEDGER_SALT_SIZE + sizeof name + sizeof text];
    struct crypto_hash salt = crypto_sha256_of(&number, sizeof number);
    *out_record = example_record(number);
    TRY(ledger_record_word(out_record, "kind", number % 2 ? "cohort.count" : "full", err));
    if (number % 3 != 0) {
        return true;
    }
    int length = snprintf(text, sizeof text, "export of day %llu", (unsigned long long)number);
    kept.opening.text = (struct text){text, (size_t)length};
    memcpy(kept.opening.name, name, sizeof name);
    memcpy(kept.opening.salt, salt.bytes, LEDGER_SALT_SIZE);
    memcpy(bytes, salt.bytes, LEDGER_SALT_SIZE);
    memcpy(bytes + LEDGER_SALT_SIZE, name, sizeof name);
    memcpy(bytes + LEDGER_SALT_SIZE + sizeof name, text, (size_t)length);
    struct ledger_commitment *commitment = &out_record->privates[out_record->private_count++];
    memcpy(commitment->name, name, sizeof name);
    commitment->hash = crypto_sha256_of(bytes, LEDGER_SALT_SIZE + sizeof name + (size_t)length);
    return ledger_opening_print(&kept, openings, err) && buffer_append_text(openings, "\n", err);
}

static bool append(const char *directory, const struct note_signer *log, uint64_t first, uint64_t count, struct buffer *openings,
                   struct error *err)
{
    CLEANUP(arena) struct arena *batch = arena_create();
    CLEANUP(ledger) struct ledger *ledger = NULL;
    struct ledger_record *records = ARENA_ARRAY(batch, struct ledger_record, count);
    for (uint64_t i = 0; i < count; i++) {
        TRY(make_record(first + i, &records[i], openings, err));
    }
    TRY(ledger_open(&ledger, directory, log, 0, err));
    return ledger_append_records(ledger, records, count, NULL, err);
}

static bool cosign(const char *directory, const struct note_signer *witness, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1024};
    TRY(ledger_view_open(&view, directory, NULL, err));
    struct text text = ledger_view_note(view)->text;
    TRY(note_sign(witness, text, TIME, &line, err));
    return ledger_cosignature_add(directory, text, (struct text){(const char *)line.data, line.length}, 0, err);
}

static void print_key(const struct note_key *key)
{
    char vkey[NOTE_VKEY_SIZE];
    note_key_print(key, vkey);
    printf("%s\n", vkey);
}

static bool make(const char *directory, const char *first, const char *count, const char *openings_path, struct error *err)
{
    CLEANUP(secret) struct secret *log_seed = NULL, *witness_seed = NULL;
    CLEANUP(buffer_value) struct buffer openings = {.maximum = 1 << 26};
    int64_t begin, number;
    TRY(crypto_start(err));
    log_seed = example_seed(1);
    witness_seed = example_seed(5);
    struct note_signer log = example_signer(log_seed, "example.org/log", NOTE_ED25519);
    struct note_signer witness = example_signer(witness_seed, "example.org/witness", NOTE_COSIGNATURE);
    if (!text_to_i64(text_of(first), &begin) || !text_to_i64(text_of(count), &number) || begin < 0 || number < 0) {
        return FAIL(err, INVALID_ARGUMENT, "usage: ledger_make DIRECTORY FIRST COUNT [OPENINGS]");
    }
    bool made = ledger_create(directory, &log, err);
    TRY(made || err->code == ERROR_EXISTS);
    TRY(append(directory, &log, (uint64_t)begin, (uint64_t)number, &openings, err) && cosign(directory, &witness, err));
    print_key(&log.key);
    print_key(&witness.key);
    return !openings_path || file_write_atomic(openings_path, openings.data, openings.length, 0644, err);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    if (argc < 4 || argc > 5 || !make(argv[1], argv[2], argv[3], argv[4], &err)) {
        fprintf(stderr, "ledger_make: %s\n", err.message[0] ? err.message : "usage: ledger_make DIRECTORY FIRST COUNT [OPENINGS]");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
