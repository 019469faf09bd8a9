/* SPDX-License-Identifier: EUPL-1.2 */
/* manifest: the signed JSON at the end of a delivery. It is read by the general JSON reader, written again and compared: so there is no
 * second definition of what is canonical. */
#include "base/json.h"
#include "intake/delivery/layout.h"
#include "intake/delivery/leaf.h"
#include "trust/crypto/crypto_json.h"
#include <string.h>

static const char format[] = "emc2 delivery";
/* In front of what is signed: no other signature of emc2 begins so. */
static const char sign_label[16] = "emc2 delivery 1";
enum { HEX_SIZE = 2 * CRYPTO_HASH_SIZE + 1 };

bool delivery_holder_name_is_valid(struct text name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", name.data[i]) || name.data[i] == '\0') {
            return false;
        }
    }
    return name.length > 0 && name.length < DELIVERY_NAME_SIZE && name.data[0] != '.' && name.data[0] != '-';
}

static bool table_print(struct json_writer *json, enum record_table table, const struct delivery_table *facts, struct error *err)
{
    TRY(json_begin_object(json, err));
    TRY(json_named_text(json, "table", record_table_name(table), err) && json_named_u64(json, "rows", facts->rows, err));
    TRY(json_name(json, "columns", err) && json_begin_array(json, err));
    for (int c = -1; (c = column_after(facts->columns, c)) >= 0;) {
        TRY(json_text(json, text_of(record_column_name((enum record_column)c)), err));
    }
    return json_end_array(json, err) && json_end_object(json, err);
}

bool delivery_manifest_print(const struct delivery_head *head, const struct crypto_hash *head_hash, struct buffer *out, struct error *err)
{
    struct json_writer json = {.out = out, .indented = true};
    TRY(json_begin_object(&json, err) && json_named_text(&json, "format", format, err) &&
        json_named_u64(&json, "version", LAYOUT_VERSION, err));
    TRY(json_named_text(&json, "holder", head->holder, err) && json_named_u64(&json, "sequence", head->sequence, err));
    TRY(json_named_text(&json, "kind", head->is_full ? "full" : "incremental", err) &&
        json_named_u64(&json, "made", (uint64_t)head->made, err));
    TRY(json_named_u64(&json, "epoch", head->epoch, err) &&
        crypto_named_hex(&json, "agreement", head->agreement.bytes, CRYPTO_HASH_SIZE, err));
    TRY(json_name(&json, "tables", err) && json_begin_array(&json, err));
    for (int i = -1; (i = table_after(i)) >= 0;) {
        TRY(head->tables[i].rows == 0 || table_print(&json, (enum record_table)i, &head->tables[i], err));
    }
    TRY(json_end_array(&json, err));
    TRY(json_named_u64(&json, "subjects", head->subjects, err) && json_named_u64(&json, "tokens", head->tokens, err));
    TRY(json_named_u64(&json, "blocks", head->blocks, err) && json_named_u64(&json, "bytes", head->bytes, err));
    TRY(crypto_named_hex(&json, "head", head_hash->bytes, CRYPTO_HASH_SIZE, err) &&
        crypto_named_hex(&json, "root", head->root.bytes, CRYPTO_HASH_SIZE, err));
    return json_end_object(&json, err);
}

/* ---- reading ---- */
static bool wrong(struct error *err, const char *name)
{
    return FAIL(err, INVALID_INPUT, "the manifest is not as emc2 writes it: %s", name);
}

static bool u64_take(const struct json *object, const char *name, uint64_t *out_value, struct error *err)
{
    const struct json *value = json_member(object, name);
    if (!value || value->kind != JSON_INTEGER || value->integer < 0) {
        return wrong(err, name);
    }
    *out_value = (uint64_t)value->integer;
    return true;
}

static bool u32_take(const struct json *object, const char *name, uint32_t *out_value, struct error *err)
{
    uint64_t value;
    TRY(u64_take(object, name, &value, err));
    *out_value = (uint32_t)value;
    return value <= UINT32_MAX || wrong(err, name);
}

static bool text_take(const struct json *object, const char *name, struct text *out_text, struct error *err)
{
    const struct json *value = json_member(object, name);
    if (!value || value->kind != JSON_STRING) {
        return wrong(err, name);
    }
    *out_text = value->text;
    return true;
}

static bool hash_take(const struct json *object, const char *name, struct crypto_hash *out_hash, struct error *err)
{
    return crypto_member_hex(object, name, out_hash->bytes, CRYPTO_HASH_SIZE) || wrong(err, name);
}

static bool table_take(const struct json *item, struct delivery_head *head, struct error *err)
{
    struct text name;
    enum record_table table;
    enum record_column column;
    TRY(text_take(item, "table", &name, err));
    const struct json *columns = json_member(item, "columns");
    if (!record_table_find(name, &table)) {
        return FAIL(err, UNSUPPORTED, "the delivery has a table which this emc2 does not know");
    }
    TRY(u64_take(item, "rows", &head->tables[table].rows, err));
    for (size_t i = 0; columns && columns->kind == JSON_ARRAY && i < columns->count; i++) {
        const struct json *value = &columns->items[i];
        if (value->kind != JSON_STRING || !record_column_find(value->text, &column)) {
            return FAIL(err, UNSUPPORTED, "the delivery has a column which this emc2 does not know, in table %s", record_table_name(table));
        }
        head->tables[table].columns |= UINT64_C(1) << column;
    }
    return true;
}

static bool members_take(const struct json *root, struct delivery_head *head, struct crypto_hash *out_head_hash, struct error *err)
{
    struct text holder, kind;
    uint64_t made;
    TRY(text_take(root, "holder", &holder, err) && text_take(root, "kind", &kind, err));
    if (!delivery_holder_name_is_valid(holder) || !text_copy(head->holder, sizeof head->holder, holder)) {
        return wrong(err, "holder");
    }
    head->is_full = text_equal(kind, TEXT("full"));
    TRY(u64_take(root, "sequence", &head->sequence, err) && u64_take(root, "made", &made, err) &&
        u32_take(root, "epoch", &head->epoch, err));
    head->made = (int64_t)made;
    TRY(hash_take(root, "agreement", &head->agreement, err));
    const struct json *tables = json_member(root, "tables");
    TRY((tables && tables->kind == JSON_ARRAY) || wrong(err, "tables"));
    for (size_t i = 0; i < tables->count; i++) {
        TRY(table_take(&tables->items[i], head, err));
    }
    TRY(u64_take(root, "subjects", &head->subjects, err) && u64_take(root, "tokens", &head->tokens, err));
    TRY(u64_take(root, "blocks", &head->blocks, err) && u64_take(root, "bytes", &head->bytes, err));
    return hash_take(root, "head", out_head_hash, err) && hash_take(root, "root", &head->root, err);
}

static bool version_check(const struct json *root, struct error *err)
{
    struct text name;
    uint64_t version;
    TRY(text_take(root, "format", &name, err) && u64_take(root, "version", &version, err));
    TRY(text_equal(name, text_of(format)) || wrong(err, "format"));
    return version == LAYOUT_VERSION ||
           FAIL(err, UNSUPPORTED, "the manifest has version %llu, this emc2 reads %d", (unsigned long long)version, LAYOUT_VERSION);
}

bool delivery_manifest_parse(struct delivery_head *out_head, struct crypto_hash *out_head_hash, const void *bytes, size_t length,
                             struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer again = {.maximum = DELIVERY_MANIFEST_MAX};
    const struct json *root;
    struct delivery_head head = {.made = 0};
    struct crypto_hash head_hash;
    TRY(json_parse(&root, scratch, "the manifest", bytes, length, err));
    TRY(version_check(root, err) && members_take(root, &head, &head_hash, err));
    TRY(delivery_manifest_print(&head, &head_hash, &again, err));
    if (again.length != length || memcmp(again.data, bytes, length) != 0) {
        return wrong(err, "another form");
    }
    *out_head = head;
    *out_head_hash = head_hash;
    return true;
}

/* ---- signing ---- */
static bool signed_bytes(const void *manifest, size_t length, struct buffer *out, struct error *err)
{
    return buffer_append(out, sign_label, sizeof sign_label, err) && buffer_append(out, manifest, length, err);
}

bool manifest_sign(const void *manifest, size_t length, const struct secret *seed, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE],
                   struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 2 * DELIVERY_MANIFEST_MAX};
    TRY(signed_bytes(manifest, length, &bytes, err));
    return crypto_signature_make(out_signature, seed, bytes.data, bytes.length, err);
}

bool manifest_signature_valid(const void *manifest, size_t length, const uint8_t signature[CRYPTO_SIGNATURE_SIZE],
                              const uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE])
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 2 * DELIVERY_MANIFEST_MAX};
    return signed_bytes(manifest, length, &bytes, NULL) && crypto_signature_valid(signature, holder_key, bytes.data, bytes.length);
}
