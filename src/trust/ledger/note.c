/* SPDX-License-Identifier: EUPL-1.2 */
/* note: reading, verifying and writing signed notes. The reader is strict where the norm says MUST, and keeps lines of algorithms that
 * it does not know, so that a note can be passed on whole. */
#include "trust/crypto/crypto_base64.h"
#include "trust/ledger/ledger_note.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { KEY_ID_SIZE = 4, TIME_SIZE = 8, SIGNATURE_BYTES_MAX = 8192, VKEY_BYTES = 1 + CRYPTO_PUBLIC_KEY_SIZE };
static const char dash[] = "\xE2\x80\x94 "; /* U+2014 and a blank */

/* ---- names and keys ---- */

/* The blanks of Unicode that are not ASCII, as UTF-8 (White_Space of the Unicode character database). */
static bool begins_with_wide_blank(struct text text)
{
    static const char *const blanks[] = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\xA8",
                                         "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        if (text_starts_with(text, text_of(blanks[i]))) {
            return true;
        }
    }
    uint8_t third = text.length >= 3 ? (uint8_t)text.data[2] : 0; /* U+2000 to U+200A */
    return text_starts_with(text, TEXT("\xE2\x80")) && third >= 0x80 && third <= 0x8A;
}

static bool is_name(struct text name)
{
    if (name.length == 0 || !text_is_utf8(name)) {
        return false;
    }
    for (size_t i = 0; i < name.length; i++) {
        uint8_t byte = (uint8_t)name.data[i];
        if (byte <= ' ' || byte == '+' || byte == 0x7F || begins_with_wide_blank((struct text){name.data + i, name.length - i})) {
            return false;
        }
    }
    return true;
}

bool note_key_make(struct note_key *out_key, const char *name, enum note_algorithm algorithm,
                   const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE], struct error *err)
{
    struct note_key key = {.algorithm = algorithm};
    if (!is_name(text_of(name)) || !text_copy(key.name, sizeof key.name, text_of(name))) {
        FAIL(err, INVALID_ARGUMENT, "a key's name has 1 to %d bytes, without blanks and plus signs", NOTE_NAME_SIZE - 1);
        return error_hint(err, "name it like an address: logs.example.org/warehouse");
    }
    memcpy(key.public_key, public_key, sizeof key.public_key);
    *out_key = key;
    return true;
}

uint32_t note_key_id(const struct note_key *key)
{
    uint8_t bytes[NOTE_NAME_SIZE + 1 + VKEY_BYTES];
    size_t length = strlen(key->name);
    memcpy(bytes, key->name, length);
    bytes[length++] = '\n';
    bytes[length++] = (uint8_t)key->algorithm;
    memcpy(bytes + length, key->public_key, sizeof key->public_key);
    struct crypto_hash hash = crypto_sha256_of(bytes, length + sizeof key->public_key);
    return (uint32_t)hash.bytes[0] << 24 | (uint32_t)hash.bytes[1] << 16 | (uint32_t)hash.bytes[2] << 8 | hash.bytes[3];
}

static bool fail_vkey(struct error *err)
{
    FAIL(err, INVALID_INPUT, "this is not the public key of a log or witness");
    return error_hint(err, "it looks like NAME+01234567+A... : copy the whole line that `emc2 log key` or `emc2 witness new` printed");
}

bool note_key_parse(struct note_key *out_key, struct text vkey, struct error *err)
{
    struct note_key key;
    struct text all = text_trim(vkey), name = {all.data, 0};
    uint8_t bytes[VKEY_BYTES];
    size_t length = 0;
    char id[9], expected[9];
    const char *plus = all.length > 0 ? memchr(all.data, '+', all.length) : NULL;
    name.length = plus ? (size_t)(plus - all.data) : 0;
    struct text rest = {all.data + name.length, all.length - name.length}; /* +id+base64 */
    if (!plus || rest.length < 10 || rest.data[9] != '+' || !is_name(name) || !text_copy(key.name, sizeof key.name, name) ||
        !text_copy(id, sizeof id, (struct text){rest.data + 1, 8}) ||
        !crypto_from_base64(bytes, sizeof bytes, &length, (struct text){rest.data + 10, rest.length - 10}) || length != sizeof bytes) {
        return fail_vkey(err);
    }
    if (bytes[0] != NOTE_ED25519 && bytes[0] != NOTE_COSIGNATURE) {
        return FAIL(err, UNSUPPORTED, "this public key is of an algorithm that emc2 does not have (%u)", bytes[0]);
    }
    key.algorithm = bytes[0] == NOTE_ED25519 ? NOTE_ED25519 : NOTE_COSIGNATURE;
    memcpy(key.public_key, bytes + 1, sizeof key.public_key);
    snprintf(expected, sizeof expected, "%08x", note_key_id(&key));
    if (strcmp(id, expected) != 0) {
        return fail_vkey(err);
    }
    *out_key = key;
    return true;
}

void note_key_print(const struct note_key *key, char out[NOTE_VKEY_SIZE])
{
    uint8_t bytes[VKEY_BYTES];
    char base64[CRYPTO_BASE64_SIZE(VKEY_BYTES)];
    bytes[0] = (uint8_t)key->algorithm;
    memcpy(bytes + 1, key->public_key, sizeof key->public_key);
    crypto_base64(base64, bytes, sizeof bytes);
    snprintf(out, NOTE_VKEY_SIZE, "%s+%08x+%s", key->name, note_key_id(key), base64);
}

/* ---- reading ---- */

static bool fail_note(struct error *err, const char *why)
{
    return FAIL(err, INVALID_INPUT, "this is no signed note: %s", why);
}

static bool signature_parse(struct note_signature *signature, struct text line)
{
    size_t dash_length = sizeof dash - 1, length = 0;
    uint8_t bytes[SIGNATURE_BYTES_MAX];
    if (!text_starts_with(line, text_of(dash))) {
        return false;
    }
    struct text rest = {line.data + dash_length, line.length - dash_length};
    const char *blank = rest.length > 0 ? memchr(rest.data, ' ', rest.length) : NULL;
    if (!blank) {
        return false;
    }
    *signature = (struct note_signature){.line = line, .name = {rest.data, (size_t)(blank - rest.data)}};
    struct text base64 = {blank + 1, rest.length - signature->name.length - 1};
    if (!is_name(signature->name) || !crypto_from_base64(bytes, sizeof bytes, &length, base64) || length <= KEY_ID_SIZE) {
        return false;
    }
    signature->key_id = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    signature->length = length - KEY_ID_SIZE;
    if (signature->length <= NOTE_SIGNATURE_KEPT) {
        memcpy(signature->bytes, bytes + KEY_ID_SIZE, signature->length);
    }
    return true;
}

/* The text ends at the last empty line; returns where the signatures begin, or 0. */
static size_t signatures_begin(const char *bytes, size_t length)
{
    for (size_t i = length; i >= 3; i--) { /* the text is not empty */
        if (bytes[i - 1] == '\n' && bytes[i - 2] == '\n') {
            return i;
        }
    }
    return 0;
}

static bool check_bytes(const char *bytes, size_t length, struct error *err)
{
    if (length > NOTE_BYTES_MAX) {
        return FAIL(err, LIMIT, "a signed note has at most %d bytes", NOTE_BYTES_MAX);
    }
    if (!text_is_utf8((struct text){bytes, length})) {
        return fail_note(err, "it is not UTF-8");
    }
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)bytes[i] < ' ' && bytes[i] != '\n') {
            return fail_note(err, "there is a control character in it");
        }
    }
    return true;
}

bool note_parse(struct note *out_note, const void *bytes, size_t length, struct error *err)
{
    const char *all = bytes;
    TRY(check_bytes(all, length, err));
    size_t at = signatures_begin(all, length);
    if (at == 0 || at == length || all[length - 1] != '\n') {
        return fail_note(err, "a text, an empty line and lines of signatures are expected");
    }
    out_note->text = (struct text){all, at - 1};
    out_note->count = 0;
    while (at < length) {
        const char *end = memchr(all + at, '\n', length - at);
        assert(end); /* the last byte is one */
        if (out_note->count == NOTE_SIGNATURES_MAX) {
            return FAIL(err, LIMIT, "a signed note has at most %d signatures", NOTE_SIGNATURES_MAX);
        }
        if (!signature_parse(&out_note->signatures[out_note->count], (struct text){all + at, (size_t)(end - (all + at))})) {
            return fail_note(err, "a line of signature is malformed");
        }
        out_note->count++;
        at = (size_t)(end - all) + 1;
    }
    return true;
}

/* ---- verifying and signing ---- */

/* tlog-cosignature, "Ed25519 signed message" */
static bool cosigned_message(struct buffer *out, int64_t unix_seconds, struct text text, struct error *err)
{
    return buffer_append_format(out, err, "cosignature/v1\ntime %lld\n", (long long)unix_seconds) &&
           buffer_append(out, text.data, text.length, err);
}

static bool cosignature_valid(const struct note_signature *signature, const struct note_key *key, struct text text, int64_t *out_time)
{
    CLEANUP(buffer_value) struct buffer message = {.maximum = NOTE_BYTES_MAX + 64};
    uint64_t time = 0;
    for (int i = 0; i < TIME_SIZE; i++) {
        time = time << 8 | signature->bytes[i];
    }
    if (signature->length != TIME_SIZE + CRYPTO_SIGNATURE_SIZE || time > INT64_MAX ||
        !cosigned_message(&message, (int64_t)time, text, NULL)) {
        return false;
    }
    *out_time = (int64_t)time;
    return crypto_signature_valid(signature->bytes + TIME_SIZE, key->public_key, message.data, message.length);
}

enum note_verdict note_verify(const struct note *note, const struct note_key *key, int64_t *out_time)
{
    enum note_verdict verdict = NOTE_ABSENT;
    uint32_t key_id = note_key_id(key);
    int64_t latest = 0;
    for (unsigned i = 0; i < note->count; i++) {
        const struct note_signature *signature = &note->signatures[i];
        int64_t time = 0;
        if (signature->key_id != key_id || !text_equal(signature->name, text_of(key->name))) {
            continue;
        }
        bool is_valid = key->algorithm == NOTE_COSIGNATURE
                            ? cosignature_valid(signature, key, note->text, &time)
                            : signature->length == CRYPTO_SIGNATURE_SIZE &&
                                  crypto_signature_valid(signature->bytes, key->public_key, note->text.data, note->text.length);
        if (!is_valid) {
            return NOTE_INVALID;
        }
        verdict = NOTE_VALID;
        latest = time > latest ? time : latest;
    }
    if (out_time) {
        *out_time = latest;
    }
    return verdict;
}

static bool sign_with_seed(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    return crypto_signature_make(out_signature, context, bytes, length, err);
}

bool note_signer_of_seed(struct note_signer *out_signer, const char *name, enum note_algorithm algorithm, const struct secret *seed,
                         struct error *err)
{
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    struct note_key key;
    union {
        const struct secret *kept;
        void *context;
    } borrowed = {seed};
    TRY(crypto_public_key(public_key, seed, err));
    TRY(note_key_make(&key, name, algorithm, public_key, err));
    *out_signer = (struct note_signer){key, sign_with_seed, borrowed.context};
    return true;
}

bool note_sign(const struct note_signer *signer, struct text text, int64_t unix_seconds, struct buffer *out_line, struct error *err)
{
    CLEANUP(buffer_value) struct buffer message = {.maximum = NOTE_BYTES_MAX + 64};
    uint8_t bytes[KEY_ID_SIZE + TIME_SIZE + CRYPTO_SIGNATURE_SIZE];
    char base64[CRYPTO_BASE64_SIZE(sizeof bytes)];
    uint32_t key_id = note_key_id(&signer->key);
    size_t length = 0;
    for (int i = KEY_ID_SIZE - 1; i >= 0; i--) {
        bytes[length++] = (uint8_t)(key_id >> (8 * i));
    }
    if (signer->key.algorithm == NOTE_COSIGNATURE) {
        assert(unix_seconds >= 0);
        for (int i = TIME_SIZE - 1; i >= 0; i--) {
            bytes[length++] = (uint8_t)((uint64_t)unix_seconds >> (8 * i));
        }
        TRY(cosigned_message(&message, unix_seconds, text, err));
    } else {
        TRY(buffer_append(&message, text.data, text.length, err));
    }
    TRY(signer->sign(signer->context, message.data, message.length, bytes + length, err));
    crypto_base64(base64, bytes, length + CRYPTO_SIGNATURE_SIZE);
    return buffer_append_format(out_line, err, "%s%s %s\n", dash, signer->key.name, base64);
}
