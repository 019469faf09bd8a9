/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_note: signed notes (c2sp.org/signed-note) and cosignatures of witnesses (c2sp.org/tlog-cosignature, v1).
 *   text, an empty line, then for each signature: em dash, blank, name of the key, blank, Base64(key id || signature)
 *   key id = the first 4 bytes of SHA-256(name || 0x0A || algorithm || public key)
 * A public key is told as a *vkey*: name+<key id, 8 hexadecimal digits>+Base64(algorithm || public key). */
#pragma once
#include "base/buffer.h"
#include "base/text.h"
#include "trust/crypto/crypto.h"

enum {
    NOTE_NAME_SIZE = 128, /* of our own keys, with the NUL */
    NOTE_VKEY_SIZE = NOTE_NAME_SIZE + 1 + 8 + 1 + 48,
    NOTE_BYTES_MAX = 1 << 17,
    NOTE_SIGNATURES_MAX = 64,
    NOTE_SIGNATURE_KEPT = 8 + CRYPTO_SIGNATURE_SIZE, /* longer ones are of an algorithm that we do not know */
};
enum note_algorithm {
    NOTE_ED25519 = 1,     /* signs the text */
    NOTE_COSIGNATURE = 4, /* signs "cosignature/v1", the time, and the text; 8 bytes of time (big-endian) stand in front */
};

struct note_key {
    char name[NOTE_NAME_SIZE];
    enum note_algorithm algorithm;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
};
/* INVALID_ARGUMENT for a name that is empty, too long, or holds a blank, a plus or a control character. */
MUST_CHECK bool note_key_make(struct note_key *out_key, const char *name, enum note_algorithm algorithm,
                              const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE], struct error *err);
uint32_t note_key_id(const struct note_key *key);
/* INVALID_INPUT unless it is a vkey of an algorithm above whose key id fits; blanks and a line break around it are allowed. */
MUST_CHECK bool note_key_parse(struct note_key *out_key, struct text vkey, struct error *err);
void note_key_print(const struct note_key *key, char out[NOTE_VKEY_SIZE]);

struct note_signature {
    struct text line, name; /* line: without its line feed */
    uint32_t key_id;
    size_t length; /* of the signature without the key id; bytes holds it when it is at most NOTE_SIGNATURE_KEPT */
    uint8_t bytes[NOTE_SIGNATURE_KEPT];
};
/* A note after reading; everything points into the bytes it was read from. Nothing is verified yet. */
struct note {
    struct text text; /* with its last line feed */
    unsigned count;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
};
MUST_CHECK bool note_parse(struct note *out_note, const void *bytes, size_t length, struct error *err);

enum note_verdict { NOTE_ABSENT, NOTE_VALID, NOTE_INVALID };
/* ABSENT: no signature under this name and key id. INVALID: there is one, and it is not of this text: trust nothing of the note.
 * *out_time (NULL is fine): Unix seconds of the latest cosignature; 0 for NOTE_ED25519. */
enum note_verdict note_verify(const struct note *note, const struct note_key *key, int64_t *out_time);

/* Who signs: the key's public half and a function that knows the secret one. */
struct note_signer {
    struct note_key key;
    bool (*sign)(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err);
    void *context;
};
/* A signer with an Ed25519 seed at hand; the seed is borrowed. */
MUST_CHECK bool note_signer_of_seed(struct note_signer *out_signer, const char *name, enum note_algorithm algorithm,
                                    const struct secret *seed, struct error *err);
/* Appends the signature line over `text`. unix_seconds counts for NOTE_COSIGNATURE only. */
MUST_CHECK bool note_sign(const struct note_signer *signer, struct text text, int64_t unix_seconds, struct buffer *out_line,
                          struct error *err);
