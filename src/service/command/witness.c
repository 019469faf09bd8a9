/* SPDX-License-Identifier: EUPL-1.2 */
/* witness new and run: what an outside body does. Its signing key comes from a root key of its own, sealed under a passphrase in the same
 * format as a warehouse's (docs/formats/root-key.md); what stands there for the store id is made from the witness' name. */
#include "base/calendar.h"
#include "base/file.h"
#include "service/command/commands.h"
#include "service/command/log_key.h"
#include "service/command/warehouse.h"
#include "trust/ledger/ledger_witness.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MODE = 0644 };

static bool demand(const struct invocation *in, const char *option, const char **out_value, struct error *err)
{
    *out_value = invocation_value(in, option);
    if (!*out_value) {
        FAIL(err, INVALID_ARGUMENT, "--%s is missing", option);
        return error_hint(err, "emc2 %s --help shows an example", in->command->name);
    }
    return true;
}

static void identity_of(const char *name, uint8_t out_id[GRANT_STORE_ID_SIZE])
{
    struct crypto_hash hash = crypto_sha256_of(name, strlen(name));
    memcpy(out_id, hash.bytes, GRANT_STORE_ID_SIZE);
}

/* The key file opened: its signing seed. */
static bool open_seed(const char *path, const char *name, const struct secret *passphrase, struct secret **out_seed, struct error *err)
{
    uint8_t id[GRANT_STORE_ID_SIZE];
    struct custody custody;
    CLEANUP(secret) struct secret *root = NULL;
    identity_of(name, id);
    TRY(custody_passphrase_open(&custody, path, id, passphrase, err));
    bool done = custody.root_unseal(custody.context, &root, err);
    custody_release(&custody);
    return done && crypto_derive(out_seed, root, "emc2 sign witness 1", id, sizeof id, err);
}

static bool store_vkey(const char *path, const struct note_key *key, struct error *err)
{
    char line[NOTE_VKEY_SIZE + 1];
    note_key_print(key, line);
    size_t length = strlen(line);
    line[length++] = '\n';
    return file_write_atomic(path, line, length, FILE_MODE, err);
}

bool command_witness_new(struct invocation *in, struct error *err)
{
    const char *name, *path;
    uint8_t id[GRANT_STORE_ID_SIZE], no_key[CRYPTO_PUBLIC_KEY_SIZE] = {0};
    CLEANUP(secret) struct secret *passphrase = NULL, *root = NULL, *seed = NULL;
    struct note_signer signer;
    TRY(demand(in, "name", &name, err) && demand(in, "key", &path, err));
    TRY(note_key_make(&signer.key, name, NOTE_COSIGNATURE, no_key, err)); /* the name, before anybody types a passphrase */
    TRY(warehouse_passphrase(in, true, &passphrase, err));
    identity_of(name, id);
    TRY(secret_random(&root, CRYPTO_KEY_SIZE, err));
    TRY(custody_passphrase_create(path, id, root, passphrase, err));
    TRY(open_seed(path, name, passphrase, &seed, err));
    TRY(note_signer_of_seed(&signer, name, NOTE_COSIGNATURE, seed, err));
    TRY(store_vkey(arena_text_format(in->arena, "%s.vkey", path), &signer.key, err));
    char vkey[NOTE_VKEY_SIZE];
    note_key_print(&signer.key, vkey);
    printf("%s\n", vkey);
    if (!invocation_flag(in, "quiet")) {
        printf("this line is the witness' public key: give it to whoever verifies the log\n");
    }
    return true;
}

/* What the first run believed of the log's key holds for all later ones. */
static bool log_key(struct invocation *in, const char *log, const char *state, struct note_key *out_key, struct error *err)
{
    const char *path = arena_text_format(in->arena, "%s/log.vkey", state), *given = invocation_value(in, "log-key");
    bool is_known;
    TRY(directory_create(state, 0755, err) && file_exists(path, &is_known, err));
    if (is_known) {
        struct note_key asked;
        TRY(ledger_key_read(state, out_key, err));
        TRY(!given || log_key_take(given, &asked, err));
        bool is_same = !given || memcmp(asked.public_key, out_key->public_key, sizeof asked.public_key) == 0;
        return is_same || FAIL(err, DENIED, "this witness has cosigned the log under another public key");
    }
    TRY(given ? log_key_take(given, out_key, err) : ledger_key_read(log, out_key, err));
    return store_vkey(path, out_key, err);
}

static bool look_once(struct invocation *in, const char *log, const char *state, const struct note_key *key,
                      const struct note_signer *witness, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1024};
    struct witness_outcome outcome;
    char size[COUNT_TEXT_SIZE], more[COUNT_TEXT_SIZE], now[COUNT_TEXT_SIZE];
    int64_t time = clock_unix_seconds();
    TRY(ledger_witness_run(log, state, key, witness, time, &outcome, &line, err));
    printf("%s  cosigned %s entries (%s more)%s\n", time_text(time, now), count_text(outcome.checkpoint.size, size),
           count_text(outcome.grown_by, more), outcome.is_first ? "; seen for the first time: trusted from here on" : "");
    if (!invocation_flag(in, "into")) {
        return true;
    }
    TRY(ledger_view_open(&view, state, key, err)); /* the text that was signed */
    return ledger_cosignature_add(log, ledger_view_note(view)->text, (struct text){(const char *)line.data, line.length}, 0, err);
}

bool command_witness_run(struct invocation *in, struct error *err)
{
    const char *log, *state, *path;
    CLEANUP(secret) struct secret *passphrase = NULL, *seed = NULL;
    struct note_key own, key;
    struct note_signer witness;
    int64_t every;
    TRY(demand(in, "log", &log, err) && demand(in, "state", &state, err) && demand(in, "key", &path, err));
    TRY(invocation_integer(in, "every", 0, 0, 31536000, &every, err));
    TRY(log_key_take(arena_text_format(in->arena, "%s.vkey", path), &own, err));
    TRY(warehouse_passphrase(in, false, &passphrase, err));
    TRY(open_seed(path, own.name, passphrase, &seed, err));
    TRY(note_signer_of_seed(&witness, own.name, NOTE_COSIGNATURE, seed, err));
    TRY(log_key(in, log, state, &key, err));
    for (;;) {
        TRY(look_once(in, log, state, &key, &witness, err));
        if (every == 0) {
            return true;
        }
        fflush(stdout);
        for (int64_t waited = 0; waited < every; waited++) {
            TRY(task_check(err));
            sleep(1);
        }
    }
}
