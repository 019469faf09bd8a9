/* SPDX-License-Identifier: EUPL-1.2 */
/* agreement: reading, signing and asking it. The terms are signed in their canonical form, which is made from what was read: nothing that
 * was not understood can be part of an agreement. */
#include "base/json.h"
#include "intake/delivery/delivery_agreement.h"
#include "intake/delivery/leaf.h"
#include "trust/crypto/crypto_json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, HEX_KEY = 2 * CRYPTO_PUBLIC_KEY_SIZE + 1, HEX_SIGNATURE = 2 * CRYPTO_SIGNATURE_SIZE + 1 };
static const char terms_format[] = "emc2 agreement", signed_format[] = "emc2 signed agreement";
static const char sign_label[20] = "emc2 agreement 1";

struct agreed_table {
    uint64_t columns; /* 0: not agreed */
    const char *justification;
    const char *justifications[RECORD_COLUMN_COUNT];
};
struct agreement {
    struct arena *arena;
    char holder[DELIVERY_NAME_SIZE];
    const char *purpose;
    day from, until;
    struct agreed_table tables[RECORD_TABLE_COUNT];
    struct crypto_hash hash;
};

void agreement_destroy(struct agreement *agreement)
{
    if (agreement) {
        arena_destroy(agreement->arena);
        free(agreement);
    }
}

static bool name_day(struct json_writer *json, const char *name, day value, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    day_to_text(value, text);
    return json_named_text(json, name, text, err);
}

static bool is_potential(enum record_table table, enum record_column column)
{
    const struct record_shape *shape = record_shape(table);
    for (size_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].column == column) {
            return shape->fields[i].is_potential;
        }
    }
    return false;
}

static bool column_print(struct json_writer *json, const struct agreement *agreement, enum record_table table, enum record_column column,
                         struct error *err)
{
    TRY(json_begin_object(json, err) && json_named_text(json, "column", record_column_name(column), err));
    if (is_potential(table, column)) {
        TRY(json_name(json, "potential", err) && json_bool(json, true, err));
    }
    TRY(json_named_text(json, "justification", agreement->tables[table].justifications[column], err));
    return json_end_object(json, err);
}

static bool table_print(struct json_writer *json, const struct agreement *agreement, enum record_table table, struct error *err)
{
    TRY(json_begin_object(json, err) && json_named_text(json, "table", record_table_name(table), err));
    TRY(json_named_text(json, "justification", agreement->tables[table].justification, err));
    TRY(json_name(json, "columns", err) && json_begin_array(json, err));
    for (int c = -1; (c = column_after(agreement->tables[table].columns, c)) >= 0;) {
        TRY(column_print(json, agreement, table, (enum record_column)c, err));
    }
    return json_end_array(json, err) && json_end_object(json, err);
}

static bool terms_print(struct json_writer *json, const struct agreement *agreement, struct error *err)
{
    TRY(json_begin_object(json, err) && json_named_text(json, "format", terms_format, err));
    TRY(json_name(json, "version", err) && json_i64(json, VERSION, err));
    TRY(json_named_text(json, "holder", agreement->holder, err) && json_named_text(json, "purpose", agreement->purpose, err));
    TRY(name_day(json, "from", agreement->from, err) && name_day(json, "until", agreement->until, err));
    TRY(json_name(json, "tables", err) && json_begin_array(json, err));
    for (int i = -1; (i = table_after(i)) >= 0;) {
        TRY(agreement->tables[i].columns == 0 || table_print(json, agreement, (enum record_table)i, err));
    }
    return json_end_array(json, err) && json_end_object(json, err);
}

/* The label, and the terms without a blank. */
static bool signed_bytes(const struct agreement *agreement, struct buffer *out, struct error *err)
{
    struct json_writer json = {.out = out};
    return buffer_append(out, sign_label, sizeof sign_label, err) && terms_print(&json, agreement, err);
}

/* ---- reading ---- */
static bool wrong(struct error *err, const char *where, const char *what)
{
    return FAIL(err, INVALID_INPUT, "the agreement: %s %s", where, what);
}

static bool text_take(struct agreement *agreement, const struct json *object, const char *where, const char *name, const char **out_text,
                      struct error *err)
{
    const struct json *value = json_member(object, name);
    if (!value || value->kind != JSON_STRING || value->text.length == 0 || value->text.length > AGREEMENT_TEXT_MAX ||
        !text_is_utf8(value->text)) {
        FAIL(err, INVALID_INPUT, "the agreement: %s has no %s, or one that is too long", where, name);
        return error_hint(err, "each table and each column needs a justification of 1 to %d bytes", AGREEMENT_TEXT_MAX);
    }
    *out_text = arena_text_format(agreement->arena, "%.*s", (int)value->text.length, value->text.data);
    return true;
}

static bool day_take(const struct json *object, const char *name, day *out_day, struct error *err)
{
    const struct json *value = json_member(object, name);
    bool is_day = value && value->kind == JSON_STRING && day_from_text(value->text, out_day);
    return is_day || wrong(err, name, "is not a day, YYYY-MM-DD");
}

static bool column_take(struct agreement *agreement, enum record_table table, const struct json *item, struct error *err)
{
    char where[100];
    const struct json *name = json_member(item, "column"), *potential = json_member(item, "potential");
    struct agreed_table *agreed = &agreement->tables[table];
    enum record_column column;
    if (!name || name->kind != JSON_STRING || !record_column_find(name->text, &column) || !(record_shape(table)->columns >> column & 1)) {
        return wrong(err, record_table_name(table), "lists a column that it does not have");
    }
    snprintf(where, sizeof where, "%s.%s", record_table_name(table), record_column_name(column));
    if (agreed->columns >> column & 1) {
        return wrong(err, where, "is listed twice");
    }
    if (is_potential(table, column) != (potential && potential->kind == JSON_TRUE)) {
        FAIL(err, INVALID_INPUT, "the agreement: %s is %s potential identifier", where, is_potential(table, column) ? "a" : "no");
        return error_hint(err, "write \"potential\": true beside the potential identifiers of spec/delivery.csv, and only there");
    }
    TRY(item->count == (potential ? 3U : 2U) || wrong(err, where, "has members that are not known"));
    agreed->columns |= UINT64_C(1) << column;
    return text_take(agreement, item, where, "justification", &agreed->justifications[column], err);
}

static bool demanded_check(const struct agreement *agreement, enum record_table table, struct error *err)
{
    const struct record_shape *shape = record_shape(table);
    for (size_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].is_demanded && !(agreement->tables[table].columns >> shape->fields[i].column & 1)) {
            return FAIL(err, INVALID_INPUT, "the agreement: table %s without column %s, which each row needs", shape->name,
                        record_column_name(shape->fields[i].column));
        }
    }
    return true;
}

static bool table_take(struct agreement *agreement, const struct json *item, struct error *err)
{
    const struct json *name = json_member(item, "table"), *columns = json_member(item, "columns");
    enum record_table table;
    if (!name || name->kind != JSON_STRING || !record_table_find(name->text, &table)) {
        return wrong(err, "tables", "lists a table that there is not");
    }
    const char *where = record_table_name(table);
    struct agreed_table *agreed = &agreement->tables[table];
    TRY(agreed->columns == 0 || wrong(err, where, "is listed twice"));
    TRY((columns && columns->kind == JSON_ARRAY && item->count == 3) || wrong(err, where, "has no columns, or members that are not known"));
    TRY(text_take(agreement, item, where, "justification", &agreed->justification, err));
    for (size_t i = 0; i < columns->count; i++) {
        TRY(column_take(agreement, table, &columns->items[i], err));
    }
    return demanded_check(agreement, table, err);
}

static bool head_take(struct agreement *agreement, const struct json *terms, struct error *err)
{
    const struct json *format = json_member(terms, "format"), *version = json_member(terms, "version");
    const struct json *holder = json_member(terms, "holder");
    TRY((format && format->kind == JSON_STRING && text_equal(format->text, text_of(terms_format))) ||
        wrong(err, "the file", "is no agreement"));
    TRY((version && version->kind == JSON_INTEGER && version->integer == VERSION) ||
        FAIL(err, UNSUPPORTED, "the agreement has another version than %d", VERSION));
    TRY(terms->count == 7 || wrong(err, "the file", "has members that are not known"));
    TRY((holder && holder->kind == JSON_STRING && delivery_holder_name_is_valid(holder->text) &&
         text_copy(agreement->holder, sizeof agreement->holder, holder->text)) ||
        wrong(err, "holder", "is no name of a holder"));
    TRY(text_take(agreement, terms, "the file", "purpose", &agreement->purpose, err));
    TRY(day_take(terms, "from", &agreement->from, err) && day_take(terms, "until", &agreement->until, err));
    return agreement->from.number <= agreement->until.number || wrong(err, "until", "is before from");
}

static bool terms_take(struct agreement **out_agreement, const struct json *terms, struct error *err)
{
    CLEANUP(agreement) struct agreement *agreement = calloc(1, sizeof *agreement);
    CLEANUP(buffer_value) struct buffer canonical = {.maximum = 2 * AGREEMENT_BYTES_MAX};
    if (!agreement) {
        abort(); /* as an arena */
    }
    agreement->arena = arena_create();
    TRY(head_take(agreement, terms, err));
    const struct json *tables = json_member(terms, "tables");
    TRY((tables && tables->kind == JSON_ARRAY && tables->count > 0) || wrong(err, "tables", "are missing"));
    for (size_t i = 0; i < tables->count; i++) {
        TRY(table_take(agreement, &tables->items[i], err));
    }
    TRY(signed_bytes(agreement, &canonical, err));
    agreement->hash = crypto_hash_of(canonical.data, canonical.length);
    *out_agreement = agreement;
    agreement = NULL;
    return true;
}

static bool parse(const struct json **out_root, struct arena *scratch, const char *name, const void *bytes, size_t length,
                  struct error *err)
{
    if (length > AGREEMENT_BYTES_MAX) {
        return FAIL(err, LIMIT, "%s is larger than %d bytes", name, AGREEMENT_BYTES_MAX);
    }
    return crypto_start(err) && json_parse(out_root, scratch, name, bytes, length, err);
}

bool agreement_read_terms(struct agreement **out_agreement, const char *name, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct json *root;
    TRY(parse(&root, scratch, name, bytes, length, err));
    return terms_take(out_agreement, root, err);
}

static bool hex_take(const struct json *root, const char *name, void *out, size_t length, struct error *err)
{
    return crypto_member_hex(root, name, out, length) || wrong(err, name, "is missing: the agreement is not signed");
}

bool agreement_read(struct agreement **out_agreement, const char *name, const void *bytes, size_t length,
                    const uint8_t warehouse_key[CRYPTO_PUBLIC_KEY_SIZE], struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(agreement) struct agreement *agreement = NULL;
    CLEANUP(buffer_value) struct buffer canonical = {.maximum = 2 * AGREEMENT_BYTES_MAX};
    const struct json *root;
    uint8_t key[CRYPTO_PUBLIC_KEY_SIZE], signature[CRYPTO_SIGNATURE_SIZE];
    TRY(parse(&root, scratch, name, bytes, length, err));
    const struct json *format = json_member(root, "format"), *terms = json_member(root, "terms");
    TRY((format && format->kind == JSON_STRING && text_equal(format->text, text_of(signed_format)) && terms && root->count == 4) ||
        wrong(err, "the file", "is no signed agreement"));
    TRY(hex_take(root, "warehouse_key", key, sizeof key, err) && hex_take(root, "signature", signature, sizeof signature, err));
    TRY(terms_take(&agreement, terms, err) && signed_bytes(agreement, &canonical, err));
    if (memcmp(key, warehouse_key, sizeof key) != 0 ||
        !crypto_signature_valid(signature, warehouse_key, canonical.data, canonical.length)) {
        FAIL(err, DENIED, "the agreement is not signed by this warehouse, or was altered");
        return error_hint(err, "the warehouse signs it with `emc2 holder agreement`");
    }
    *out_agreement = agreement;
    agreement = NULL;
    return true;
}

bool agreement_sign(const struct agreement *terms, const struct agreement_signer *signer, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_value) struct buffer canonical = {.maximum = 2 * AGREEMENT_BYTES_MAX};
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    char key_hex[HEX_KEY], signature_hex[HEX_SIGNATURE];
    struct json_writer json = {.out = out, .indented = true};
    TRY(signed_bytes(terms, &canonical, err));
    TRY(signer->sign(signer->context, canonical.data, canonical.length, signature, err));
    crypto_hex(key_hex, signer->warehouse_key, CRYPTO_PUBLIC_KEY_SIZE);
    crypto_hex(signature_hex, signature, sizeof signature);
    TRY(json_begin_object(&json, err) && json_named_text(&json, "format", signed_format, err));
    TRY(json_name(&json, "terms", err) && terms_print(&json, terms, err));
    TRY(json_named_text(&json, "warehouse_key", key_hex, err) && json_named_text(&json, "signature", signature_hex, err));
    return json_end_object(&json, err) && buffer_append_text(out, "\n", err);
}

/* ---- asking ---- */
const char *agreement_holder(const struct agreement *agreement)
{
    return agreement->holder;
}

const char *agreement_purpose(const struct agreement *agreement)
{
    return agreement->purpose;
}

day agreement_from(const struct agreement *agreement)
{
    return agreement->from;
}

day agreement_until(const struct agreement *agreement)
{
    return agreement->until;
}

const char *agreement_justification(const struct agreement *agreement, enum record_table table, enum record_column column)
{
    return agreement_columns(agreement, table) >> column & 1 ? agreement->tables[table].justifications[column] : NULL;
}

uint64_t agreement_columns(const struct agreement *agreement, enum record_table table)
{
    return agreement->tables[table].columns;
}

struct crypto_hash agreement_hash(const struct agreement *agreement)
{
    return agreement->hash;
}

bool agreement_check_day(const struct agreement *agreement, day today, struct error *err)
{
    char from[DAY_TEXT_SIZE], until[DAY_TEXT_SIZE];
    if (today.number >= agreement->from.number && today.number <= agreement->until.number) {
        return true;
    }
    day_to_text(agreement->from, from);
    day_to_text(agreement->until, until);
    FAIL(err, DENIED, "the agreement is in force from %s to %s, not today", from, until);
    return error_hint(err, "governance signs a new one: `emc2 holder agreement`");
}

bool agreement_keep(const struct agreement *agreement, struct record *record, struct tally *tally)
{
    const struct record_shape *shape = record_shape(record->table);
    uint64_t agreed = agreement->tables[record->table].columns, outside = record->present & ~agreed;
    if (tally && outside) {
        tally_count(tally, shape->name, OUTCOME_NOT_IN_AGREEMENT, agreed ? (uint64_t)__builtin_popcountll(outside) : 1);
    }
    record->present &= agreed;
    return agreed != 0;
}

bool agreement_check(const struct agreement *agreement, const struct delivery_head *head, struct error *err)
{
    if (strcmp(agreement->holder, head->holder) != 0) {
        return FAIL(err, DENIED, "the agreement is that of another holder");
    }
    if (memcmp(agreement->hash.bytes, head->agreement.bytes, CRYPTO_HASH_SIZE) != 0) {
        FAIL(err, DENIED, "the delivery was made under another agreement than the one in force");
        return error_hint(err, "give the holder the agreement that `emc2 holder show` prints");
    }
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        enum record_table table = (enum record_table)i;
        uint64_t outside = head->tables[i].columns & ~agreement->tables[i].columns;
        if (head->tables[i].rows > 0 && agreement->tables[i].columns == 0) {
            return FAIL(err, DENIED, "table %s is not in the agreement", record_table_name(table));
        }
        if (outside) {
            return FAIL(err, DENIED, "column %s.%s is not in the agreement", record_table_name(table),
                        record_column_name((enum record_column)__builtin_ctzll(outside)));
        }
    }
    return true;
}
