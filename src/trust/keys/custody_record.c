/* SPDX-License-Identifier: EUPL-1.2 */
/* custody_record: keys/custody.json, what anybody may know of a ceremony: who holds a share, how many are needed, a commitment to each
 * share. Read before the root key is there, so it is bounded and checked like any outside bytes; authenticated once the root key is. */
#include "trust/keys/custody_record.h"
#include "base/file.h"
#include "base/json.h"
#include "trust/crypto/crypto_json.h"
#include <string.h>

static const char format_name[] = "emc2-custody";
enum { VERSION = 1 };

static bool text_member(struct json_writer *writer, const char *name, const char *text, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_text(writer, text_of(text), err);
}

static bool number_member(struct json_writer *writer, const char *name, int64_t value, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_i64(writer, value, err);
}

static bool print_member(struct json_writer *writer, const struct custody_member *member, int64_t index, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(number_member(writer, "index", index, err));
    TRY(text_member(writer, "name", member->custodian.name, err));
    TRY(crypto_named_hex(writer, "public_key", member->custodian.public_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(crypto_named_hex(writer, "commitment", member->commitment.bytes, CRYPTO_HASH_SIZE, err));
    return json_end_object(writer, err);
}

bool custody_record_print(const struct custody_record *record, struct buffer *out, struct error *err)
{
    struct json_writer writer = {.out = out, .indented = true};
    TRY(json_begin_object(&writer, err));
    TRY(text_member(&writer, "format", format_name, err));
    TRY(number_member(&writer, "version", VERSION, err));
    TRY(crypto_named_hex(&writer, "store", record->store_id, sizeof record->store_id, err));
    TRY(crypto_named_hex(&writer, "ceremony", record->ceremony, sizeof record->ceremony, err));
    TRY(number_member(&writer, "generation", record->generation, err));
    TRY(number_member(&writer, "threshold", record->threshold, err));
    TRY(number_member(&writer, "made", record->made, err));
    TRY(json_name(&writer, "custodians", err));
    TRY(json_begin_array(&writer, err));
    for (unsigned i = 0; i < record->count; i++) {
        TRY(print_member(&writer, &record->members[i], (int64_t)i + 1, err));
    }
    TRY(json_end_array(&writer, err));
    TRY(crypto_named_hex(&writer, "check", record->check.bytes, CRYPTO_HASH_SIZE, err));
    TRY(crypto_named_hex(&writer, "authentication", record->authentication.bytes, CRYPTO_HASH_SIZE, err));
    TRY(json_end_object(&writer, err));
    return buffer_append_text(out, "\n", err);
}

static bool malformed(struct error *err, const char *name)
{
    return FAIL(err, CORRUPT, "custody.json is not what a ceremony wrote: %s", name);
}

static bool take_hex(const struct json *object, const char *name, void *out, size_t length, struct error *err)
{
    return crypto_member_hex(object, name, out, length) || malformed(err, name);
}

static bool take_number(const struct json *object, const char *name, int64_t minimum, int64_t maximum, int64_t *out, struct error *err)
{
    const struct json *value = json_member(object, name);
    if (!value || value->kind != JSON_INTEGER || value->integer < minimum || value->integer > maximum) {
        return malformed(err, name);
    }
    *out = value->integer;
    return true;
}

static bool take_member(const struct json *object, int64_t index, struct custody_member *out, struct error *err)
{
    int64_t found;
    const struct json *name = json_member(object, "name");
    TRY(take_number(object, "index", index, index, &found, err));
    if (!name || name->kind != JSON_STRING || !custodian_name_is_good(name->text)) {
        return malformed(err, "name");
    }
    (void)text_copy(out->custodian.name, sizeof out->custodian.name, name->text);
    TRY(take_hex(object, "public_key", out->custodian.public_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    return take_hex(object, "commitment", out->commitment.bytes, CRYPTO_HASH_SIZE, err);
}

static bool take_format(const struct json *root, struct error *err)
{
    const struct json *format = json_member(root, "format"), *version = json_member(root, "version");
    if (!format || format->kind != JSON_STRING || !text_equal(format->text, text_of(format_name)) || !version ||
        version->kind != JSON_INTEGER) {
        return malformed(err, "format");
    }
    if (version->integer != VERSION) {
        return FAIL(err, UNSUPPORTED, "custody.json has version %lld, this emc2 reads %d", (long long)version->integer, VERSION);
    }
    return true;
}

static bool take_record(const struct json *root, struct custody_record *out, struct error *err)
{
    int64_t generation, threshold;
    TRY(take_format(root, err));
    TRY(take_hex(root, "store", out->store_id, sizeof out->store_id, err));
    TRY(take_hex(root, "ceremony", out->ceremony, sizeof out->ceremony, err));
    TRY(take_number(root, "generation", 1, UINT32_MAX, &generation, err));
    TRY(take_number(root, "threshold", 2, CUSTODIANS_MAX, &threshold, err));
    TRY(take_number(root, "made", 0, INT64_MAX, &out->made, err));
    const struct json *members = json_member(root, "custodians");
    if (!members || members->kind != JSON_ARRAY || members->count < (size_t)threshold || members->count > CUSTODIANS_MAX) {
        return malformed(err, "custodians");
    }
    out->generation = (uint32_t)generation;
    out->threshold = (unsigned)threshold;
    out->count = (unsigned)members->count;
    for (unsigned i = 0; i < out->count; i++) {
        TRY(take_member(&members->items[i], (int64_t)i + 1, &out->members[i], err));
    }
    TRY(take_hex(root, "check", out->check.bytes, CRYPTO_HASH_SIZE, err));
    return take_hex(root, "authentication", out->authentication.bytes, CRYPTO_HASH_SIZE, err);
}

bool custody_record_parse(struct custody_record *out_record, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct json *root;
    struct custody_record record = {0};
    TRY(json_parse(&root, scratch, "custody.json", bytes, length, err));
    TRY(take_record(root, &record, err));
    *out_record = record;
    return true;
}

bool custody_record_read(struct custody_record *out_record, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                         struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = CUSTODY_FILE_MAX};
    struct custody_record record;
    if (!file_read(path, &bytes, err) || !custody_record_parse(&record, bytes.data, bytes.length, err)) {
        return error_context(err, "custody record %s", path);
    }
    if (memcmp(record.store_id, store_id, GRANT_STORE_ID_SIZE) != 0) {
        FAIL(err, CORRUPT, "custody.json belongs to another store");
        error_hint(err, "put the keys directory back that was made together with this store");
        return error_context(err, "custody record %s", path);
    }
    *out_record = record;
    return true;
}

/* Ceremony and generation, then, for the authentication, everything: a record of fixed layout, so that two never give the same bytes. */
static bool print_identity(const struct custody_record *record, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, record->store_id, sizeof record->store_id, err));
    TRY(buffer_append(out, record->ceremony, sizeof record->ceremony, err));
    return buffer_append_u32(out, record->generation, err);
}

static bool print_whole(const struct custody_record *record, struct buffer *out, struct error *err)
{
    TRY(print_identity(record, out, err));
    TRY(buffer_append_u32(out, record->threshold, err));
    TRY(buffer_append_u32(out, record->count, err));
    TRY(buffer_append_u64(out, (uint64_t)record->made, err));
    for (unsigned i = 0; i < record->count; i++) {
        const struct custody_member *member = &record->members[i];
        TRY(custodian_name_print(member->custodian.name, out, err));
        TRY(buffer_append(out, member->custodian.public_key, sizeof member->custodian.public_key, err));
        TRY(buffer_append(out, member->commitment.bytes, sizeof member->commitment.bytes, err));
    }
    return buffer_append(out, record->check.bytes, sizeof record->check.bytes, err);
}

static bool keyed_hash(struct crypto_hash *out, const struct secret *root, const char *purpose, const struct buffer *bytes,
                       struct error *err)
{
    CLEANUP(secret) struct secret *hash = NULL; /* BLAKE2b keyed with the root key: nothing about it follows from its value */
    TRY(crypto_derive(&hash, root, purpose, bytes->data, bytes->length, err));
    memcpy(out->bytes, secret_view(hash), sizeof out->bytes);
    return true;
}

bool custody_record_authenticate(const struct custody_record *record, const struct secret *root, struct crypto_hash *out_check,
                                 struct crypto_hash *out_authentication, struct error *err)
{
    CLEANUP(buffer_value) struct buffer identity = {.maximum = CUSTODY_FILE_MAX}, whole = {.maximum = CUSTODY_FILE_MAX};
    struct custody_record checked = *record;
    TRY(print_identity(record, &identity, err));
    TRY(keyed_hash(&checked.check, root, "emc2 custody check 1", &identity, err));
    TRY(print_whole(&checked, &whole, err));
    TRY(keyed_hash(out_authentication, root, "emc2 custody record 1", &whole, err));
    *out_check = checked.check;
    return true;
}

bool custody_record_verify(const struct custody_record *record, const struct secret *root, struct error *err)
{
    struct crypto_hash check, authentication;
    TRY(custody_record_authenticate(record, root, &check, &authentication, err));
    if (!crypto_equal(check.bytes, record->check.bytes, sizeof check.bytes)) {
        FAIL(err, CORRUPT, "the shares together are not the root key of this ceremony, although each fits its commitment");
        return error_hint(err, "custody.json was changed: put it back from a copy, then let the custodians give their shares again");
    }
    if (!crypto_equal(authentication.bytes, record->authentication.bytes, sizeof authentication.bytes)) {
        FAIL(err, CORRUPT, "custody.json was changed since the ceremony");
        return error_hint(err, "put it back from a copy made after the ceremony");
    }
    return true;
}

struct crypto_hash custody_commitment(const struct share *share)
{
    const uint8_t index = share->head.index;
    struct crypto_hasher *hasher = crypto_hasher_create();
    crypto_hasher_add(hasher, "emc2 share commitment 1", 24); /* with its NUL */
    crypto_hasher_add(hasher, share->head.store_id, sizeof share->head.store_id);
    crypto_hasher_add(hasher, share->head.ceremony, sizeof share->head.ceremony);
    crypto_hasher_add(hasher, &index, 1);
    crypto_hasher_add(hasher, secret_view(share->content), SHARE_CONTENT_SIZE);
    return crypto_hasher_finish(hasher);
}

static bool refuse(struct error *err, const struct share_head *head, const char *why, const char *hint)
{
    FAIL(err, DENIED, "the share of %s is refused: %s", head->custodian, why);
    return error_hint(err, "%s", hint);
}

bool custody_share_check(const struct custody_record *record, const struct share *share, struct error *err)
{
    const struct share_head *head = &share->head;
    if (memcmp(head->store_id, record->store_id, sizeof head->store_id) != 0) {
        return refuse(err, head, "it is of another store", "each store has its own shares: take the file of this one");
    }
    if (memcmp(head->ceremony, record->ceremony, sizeof head->ceremony) != 0 || head->generation != record->generation) {
        bool is_old = head->generation < record->generation;
        return refuse(err, head, is_old ? "it is of an earlier ceremony and opens nothing any more" : "it is of another ceremony",
                      "take the share file of the last ceremony, whose date `emc2 key status` shows");
    }
    if (head->index < 1 || head->index > record->count || head->threshold != record->threshold || head->count != record->count) {
        return refuse(err, head, "its number does not fit custody.json", "take the share file that the ceremony wrote");
    }
    const struct custody_member *member = &record->members[head->index - 1];
    if (strcmp(member->custodian.name, head->custodian) != 0) {
        return refuse(err, head, "custody.json gives its number to somebody else", "take the share file that the ceremony wrote");
    }
    struct crypto_hash commitment = custody_commitment(share);
    if (!crypto_equal(commitment.bytes, member->commitment.bytes, sizeof commitment.bytes)) {
        return refuse(err, head, "it is not what the ceremony gave out", "use another copy of the share file, or the recovery sheet");
    }
    return true;
}
