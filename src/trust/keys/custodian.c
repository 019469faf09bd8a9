/* SPDX-License-Identifier: EUPL-1.2 */
/* custodian: a custodian's key pair: the file with the sealed secret half, the line with the public half, and the bundle for paper. */
#include "base/buffer.h"
#include "trust/keys/custody_files.h"
#include <string.h>

static const uint8_t magic[8] = "EMC2CUST";
static const char line_word[] = "emc2-custodian1";
enum { VERSION = 1, LINE_CHECK_SIZE = 4, BUNDLE_VERSION = 1 };

bool custodian_name_is_good(struct text name)
{
    if (name.length == 0 || name.length >= CUSTODIAN_NAME_SIZE || name.data[0] == '.' || name.data[0] == '-') {
        return false; /* a file is named after it */
    }
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_')) {
            return false;
        }
    }
    return true;
}

bool custodian_name_print(const char *name, struct buffer *out, struct error *err)
{
    uint8_t length = (uint8_t)strlen(name);
    TRY(buffer_append(out, &length, 1, err));
    return buffer_append(out, name, length, err);
}

bool custodian_name_take(struct cursor *in, char out_name[CUSTODIAN_NAME_SIZE], struct error *err)
{
    uint8_t length;
    const uint8_t *bytes;
    TRY(cursor_u8(in, &length, err));
    TRY(cursor_bytes(in, length, &bytes, err));
    struct text name = {(const char *)bytes, length};
    if (!custodian_name_is_good(name)) {
        return FAIL(err, CORRUPT, "the custodian's name is none");
    }
    (void)text_copy(out_name, CUSTODIAN_NAME_SIZE, name);
    return true;
}

bool custodian_file_print_head(const struct custodian *custodian, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, magic, sizeof magic, err));
    TRY(buffer_append_u32(out, VERSION, err));
    TRY(custodian_name_print(custodian->name, out, err));
    return buffer_append(out, custodian->public_key, sizeof custodian->public_key, err);
}

bool custodian_file_parse(struct custodian_file *out_file, const void *bytes, size_t length, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    struct custodian_file file = {0};
    const uint8_t *found, *public_key;
    uint32_t version;
    TRY(cursor_bytes(&in, sizeof magic, &found, err));
    if (memcmp(found, magic, sizeof magic) != 0) {
        return FAIL(err, CORRUPT, "this is not a custodian's file");
    }
    TRY(cursor_u32(&in, &version, err));
    if (version != VERSION) {
        return FAIL(err, UNSUPPORTED, "the custodian's file has version %u, this emc2 reads %d", version, VERSION);
    }
    TRY(custodian_name_take(&in, file.custodian.name, err));
    TRY(cursor_bytes(&in, CRYPTO_PUBLIC_KEY_SIZE, &public_key, err));
    memcpy(file.custodian.public_key, public_key, sizeof file.custodian.public_key);
    TRY(sealed_key_take(&in, &file.key, err));
    if (in.position != length) {
        return FAIL(err, CORRUPT, "there are bytes after the end of the custodian's file");
    }
    *out_file = file;
    return true;
}

bool custodian_create(struct custodian *out_custodian, struct buffer *out_file, const char *name, const struct key_lock *lock,
                      struct error *err)
{
    struct custodian made = {0};
    struct sealed_key sealed;
    CLEANUP(secret) struct secret *key = NULL;
    CLEANUP(buffer_value) struct buffer file = {.maximum = CUSTODIAN_FILE_MAX};
    if (!custodian_name_is_good(text_of(name))) {
        FAIL(err, INVALID_ARGUMENT, "a custodian's name has 1 to %d letters, digits, dots, dashes and underscores",
             CUSTODIAN_NAME_SIZE - 1);
        return error_hint(err, "for instance alice.martin or hospital_a");
    }
    (void)text_copy(made.name, sizeof made.name, text_of(name));
    TRY(secret_random(&key, CRYPTO_KEY_SIZE, err));
    TRY(crypto_envelope_public_key(made.public_key, key, err));
    TRY(custodian_file_print_head(&made, &file, err));
    TRY(sealed_key_seal(&sealed, key, lock, file.data, file.length, err));
    TRY(sealed_key_print(&sealed, &file, err));
    TRY(buffer_append(out_file, file.data, file.length, err));
    *out_custodian = made;
    return true;
}

bool custodian_identify(struct custodian *out_custodian, bool *out_is_token, const void *file, size_t length, struct error *err)
{
    struct custodian_file parsed;
    TRY(custodian_file_parse(&parsed, file, length, err));
    *out_custodian = parsed.custodian;
    *out_is_token = sealed_key_is_token(&parsed.key);
    return true;
}

bool custodian_open(struct secret **out_key, const void *file, size_t length, const struct key_lock *lock, struct error *err)
{
    struct custodian_file parsed;
    CLEANUP(buffer_value) struct buffer head = {.maximum = CUSTODIAN_FILE_MAX};
    char what[CUSTODIAN_NAME_SIZE + 32];
    TRY(custodian_file_parse(&parsed, file, length, err));
    TRY(custodian_file_print_head(&parsed.custodian, &head, err));
    snprintf(what, sizeof what, "the key of custodian %s", parsed.custodian.name);
    return sealed_key_open(out_key, &parsed.key, lock, head.data, head.length, what, err);
}

/* The check of the line: a mistyped key would make a share that nobody can open. */
static struct crypto_hash line_check(const struct custodian *custodian)
{
    struct crypto_hasher *hasher = crypto_hasher_create();
    crypto_hasher_add(hasher, custodian->name, strlen(custodian->name) + 1);
    crypto_hasher_add(hasher, custodian->public_key, sizeof custodian->public_key);
    return crypto_hasher_finish(hasher);
}

bool custodian_line_print(const struct custodian *custodian, struct buffer *out, struct error *err)
{
    char key[2 * CRYPTO_PUBLIC_KEY_SIZE + 1], check[2 * LINE_CHECK_SIZE + 1];
    struct crypto_hash hash = line_check(custodian);
    crypto_hex(key, custodian->public_key, sizeof custodian->public_key);
    crypto_hex(check, hash.bytes, LINE_CHECK_SIZE);
    return buffer_append_format(out, err, "%s %s %s%s\n", line_word, custodian->name, key, check);
}

static struct text next_word(struct text *line)
{
    *line = text_trim(*line);
    size_t length = 0;
    while (length < line->length && line->data[length] != ' ') {
        length++;
    }
    struct text word = {line->data, length};
    *line = (struct text){line->data + length, line->length - length};
    return word;
}

bool custodian_line_parse(struct custodian *out_custodian, struct text line, struct error *err)
{
    struct custodian found = {0};
    char hex[2 * (CRYPTO_PUBLIC_KEY_SIZE + LINE_CHECK_SIZE) + 1];
    uint8_t bytes[CRYPTO_PUBLIC_KEY_SIZE + LINE_CHECK_SIZE];
    struct text word = next_word(&line), name = next_word(&line), key = next_word(&line);
    if (!text_equal(word, text_of(line_word)) || !custodian_name_is_good(name) || !text_copy(hex, sizeof hex, key) ||
        !crypto_from_hex(bytes, sizeof bytes, hex) || text_trim(line).length > 0) {
        FAIL(err, INVALID_INPUT, "this is not the public line of a custodian");
        return error_hint(err, "it looks like `%s NAME HEX` and was written beside the custodian's file", line_word);
    }
    (void)text_copy(found.name, sizeof found.name, name);
    memcpy(found.public_key, bytes, sizeof found.public_key);
    struct crypto_hash check = line_check(&found);
    if (memcmp(check.bytes, bytes + CRYPTO_PUBLIC_KEY_SIZE, LINE_CHECK_SIZE) != 0) {
        FAIL(err, INVALID_INPUT, "the public line of custodian %s was mistyped: its check does not fit", found.name);
        return error_hint(err, "copy the line once more from the custodian's .pub file");
    }
    *out_custodian = found;
    return true;
}

bool custodian_bundle_print(struct buffer *out, const void *custodian_file, size_t custodian_length, const void *share_file,
                            size_t share_length, struct error *err)
{
    const uint8_t version = BUNDLE_VERSION;
    TRY(buffer_append(out, &version, 1, err));
    TRY(buffer_append_varint(out, custodian_length, err));
    TRY(buffer_append(out, custodian_file, custodian_length, err));
    return share_length == 0 || buffer_append(out, share_file, share_length, err);
}

bool custodian_bundle_parse(struct text *out_custodian_file, struct text *out_share_file, const void *bytes, size_t length,
                            struct error *err)
{
    struct cursor in = {bytes, length, 0};
    struct custodian_file custodian;
    struct share_file share;
    const uint8_t *first;
    uint8_t version;
    uint64_t size;
    TRY(cursor_u8(&in, &version, err));
    TRY(cursor_varint(&in, &size, err));
    if (version != BUNDLE_VERSION || size > length) {
        return FAIL(err, UNSUPPORTED, "the recovery sheet has version %u, this emc2 reads %d", version, BUNDLE_VERSION);
    }
    TRY(cursor_bytes(&in, (size_t)size, &first, err));
    TRY(custodian_file_parse(&custodian, first, (size_t)size, err));
    size_t rest = length - in.position;
    TRY(rest == 0 || share_file_parse(&share, first + size, rest, err));
    *out_custodian_file = (struct text){(const char *)first, (size_t)size};
    *out_share_file = (struct text){(const char *)first + size, rest};
    return true;
}
