/* SPDX-License-Identifier: EUPL-1.2 */
/* checkpoint: reading, signing, and asking who has cosigned. */
#include "trust/crypto/crypto_base64.h"
#include "trust/ledger/ledger_checkpoint.h"
#include <string.h>

static bool fail_checkpoint(struct error *err, const char *why)
{
    return FAIL(err, INVALID_INPUT, "this is no checkpoint of a log: %s", why);
}

/* The next line without its line feed. False at the end. */
static bool take_line(struct text *rest, struct text *out_line)
{
    const char *end = rest->length > 0 ? memchr(rest->data, '\n', rest->length) : NULL;
    if (!end) {
        return false;
    }
    *out_line = (struct text){rest->data, (size_t)(end - rest->data)};
    rest->length -= out_line->length + 1;
    rest->data = end + 1;
    return true;
}

static bool size_parse(struct text line, uint64_t *out_size)
{
    int64_t size;
    bool is_plain = line.length > 0 && line.data[0] >= '0' && line.data[0] <= '9' && (line.length == 1 || line.data[0] != '0');
    if (!is_plain || !text_to_i64(line, &size) || size >> MERKLE_SIZE_BITS_MAX != 0) {
        return false;
    }
    *out_size = (uint64_t)size;
    return true;
}

bool checkpoint_parse(struct checkpoint *out_checkpoint, struct text text, struct error *err)
{
    struct checkpoint checkpoint;
    struct text rest = text, origin, size, root, extension;
    uint8_t hash[CRYPTO_HASH_SIZE];
    size_t length = 0;
    if (!take_line(&rest, &origin) || !take_line(&rest, &size) || !take_line(&rest, &root)) {
        return fail_checkpoint(err, "three lines are expected");
    }
    if (origin.length == 0 || !text_copy(checkpoint.origin, sizeof checkpoint.origin, origin)) {
        return fail_checkpoint(err, "its origin is empty or too long");
    }
    if (!size_parse(size, &checkpoint.size)) {
        return fail_checkpoint(err, "its size is no number of entries");
    }
    if (!crypto_from_base64(hash, sizeof hash, &length, root) || length != sizeof hash) {
        return fail_checkpoint(err, "its root is no hash");
    }
    while (take_line(&rest, &extension)) {
        if (extension.length == 0) {
            return fail_checkpoint(err, "there is an empty line in it");
        }
    }
    if (rest.length > 0) {
        return fail_checkpoint(err, "its last line does not end");
    }
    memcpy(checkpoint.root.bytes, hash, sizeof hash);
    *out_checkpoint = checkpoint;
    return true;
}

bool checkpoint_print(const struct checkpoint *checkpoint, struct buffer *out_text, struct error *err)
{
    char root[CRYPTO_BASE64_SIZE(CRYPTO_HASH_SIZE)];
    crypto_base64(root, checkpoint->root.bytes, CRYPTO_HASH_SIZE);
    return buffer_append_format(out_text, err, "%s\n%llu\n%s\n", checkpoint->origin, (unsigned long long)checkpoint->size, root);
}

bool checkpoint_sign(const struct checkpoint *checkpoint, const struct note_signer *signer, struct buffer *out_note, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = NOTE_BYTES_MAX};
    TRY(checkpoint_print(checkpoint, &text, err));
    TRY(buffer_append(out_note, text.data, text.length, err) && buffer_append_text(out_note, "\n", err));
    return note_sign(signer, (struct text){(const char *)text.data, text.length}, 0, out_note, err);
}

static bool demand_signature(const struct note *note, const struct note_key *key, const char *origin, struct error *err)
{
    char vkey[NOTE_VKEY_SIZE];
    note_key_print(key, vkey);
    if (strcmp(key->name, origin) != 0) {
        FAIL(err, DENIED, "the checkpoint is of the log %s, the key is of %s", origin, key->name);
        return error_hint(err, "use the public key that was published for this log");
    }
    switch (note_verify(note, key, NULL)) {
    case NOTE_VALID:
        return true;
    case NOTE_ABSENT:
        FAIL(err, DENIED, "the checkpoint is not signed by this key");
        error_detail(err, "%s", vkey);
        return error_hint(err, "use the public key that was published for this log; if it is right, the checkpoint is somebody else's");
    case NOTE_INVALID:
    default:
        FAIL(err, CORRUPT, "the signature of the checkpoint is not of its text: it was changed after it was signed");
        error_detail(err, "%s", vkey);
        return error_hint(err, "take the checkpoint from a copy of the log, or from a witness");
    }
}

bool checkpoint_open(struct checkpoint *out_checkpoint, struct note *out_note, const void *bytes, size_t length, const struct note_key *key,
                     struct error *err)
{
    struct checkpoint checkpoint;
    TRY(note_parse(out_note, bytes, length, err));
    TRY(checkpoint_parse(&checkpoint, out_note->text, err));
    TRY(!key || demand_signature(out_note, key, checkpoint.origin, err));
    *out_checkpoint = checkpoint;
    return true;
}

static bool is_again(const struct note_key *witnesses, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (memcmp(witnesses[i].public_key, witnesses[j].public_key, CRYPTO_PUBLIC_KEY_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

bool checkpoint_witnesses(const struct note *note, const struct note_key *witnesses, size_t witness_count, unsigned *out_count,
                          struct error *err)
{
    unsigned count = 0;
    for (size_t i = 0; i < witness_count; i++) {
        enum note_verdict verdict = is_again(witnesses, i) ? NOTE_ABSENT : note_verify(note, &witnesses[i], NULL);
        if (verdict == NOTE_INVALID) {
            FAIL(err, CORRUPT, "the cosignature of %s is not of this checkpoint", witnesses[i].name);
            return error_hint(err, "ask the witness for its own copy of the checkpoint");
        }
        count += verdict == NOTE_VALID;
    }
    *out_count = count;
    return true;
}

bool checkpoint_demand_quorum(const struct note *note, const struct note_key *witnesses, size_t witness_count, unsigned quorum,
                              struct error *err)
{
    unsigned count;
    TRY(checkpoint_witnesses(note, witnesses, witness_count, &count, err));
    if (count < quorum) {
        FAIL(err, DENIED, "the checkpoint has the cosignatures of %u of the named witnesses, %u are demanded", count, quorum);
        return error_hint(err, "wait until the witnesses have seen it (emc2 witness run), or ask them why they did not sign");
    }
    return true;
}
