/* SPDX-License-Identifier: EUPL-1.2 */
/* export_hash_text: hashes.json, written beside an export and read again on the host where the data arrived. */
#include "base/json.h"
#include "warehouse/export/export_hash.h"
#include <string.h>

enum { VERSION = 1, HEX_SIZE = 2 * CRYPTO_WIDE_HASH_SIZE + 1 };
static const char format_name[] = "emc2 table hashes";

static bool print_table(struct json_writer *writer, int table, const struct export_hash *hash, struct error *err)
{
    char hex[HEX_SIZE];
    const struct omop_table_info *info = omop_table(table);
    crypto_hex(hex, hash->sum, sizeof hash->sum);
    TRY(json_begin_object(writer, err) && json_name(writer, "table", err) && json_text(writer, text_of(info->name), err));
    TRY(json_name(writer, "rows", err) && json_i64(writer, (int64_t)hash->rows, err));
    TRY(json_name(writer, "hash", err) && json_text(writer, text_of(hex), err));
    TRY(json_name(writer, "columns", err) && json_begin_object(writer, err));
    for (int f = 0; f < info->field_count; f++) {
        TRY(json_name(writer, info->fields[f].name, err) && json_text(writer, text_of(omop_type_name(info->fields[f].type)), err));
    }
    return json_end_object(writer, err) && json_end_object(writer, err);
}

bool export_hashes_print(const struct export_hashes *hashes, struct buffer *out, struct error *err)
{
    struct json_writer writer = {.out = out, .indented = true};
    TRY(json_begin_object(&writer, err) && json_name(&writer, "format", err) && json_text(&writer, text_of(format_name), err));
    TRY(json_name(&writer, "version", err) && json_i64(&writer, VERSION, err));
    TRY(json_name(&writer, "rows", err) && json_i64(&writer, (int64_t)hashes->rows, err));
    TRY(json_name(&writer, "tables", err) && json_begin_array(&writer, err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        TRY(print_table(&writer, table, &hashes->tables[table], err));
    }
    return json_end_array(&writer, err) && json_end_object(&writer, err);
}

static bool is_text(const struct json *value)
{
    return value && value->kind == JSON_STRING;
}

static bool parse_table(struct export_hashes *hashes, const char *name, const struct json *object, struct error *err)
{
    const struct json *table = json_member(object, "table"), *rows = json_member(object, "rows"), *hash = json_member(object, "hash");
    struct export_hash parsed;
    bool is_whole = is_text(table) && is_text(hash) && rows && rows->kind == JSON_INTEGER && rows->integer >= 0;
    int position = is_whole ? omop_table_find(table->text) : -1;
    if (position < 0 || hash->text.length != HEX_SIZE - 1 || !crypto_from_hex(parsed.sum, sizeof parsed.sum, hash->text.data)) {
        return FAIL(err, INVALID_INPUT, "%s: an entry does not have a table of OMOP 5.4, its rows and its hash", name);
    }
    parsed.rows = (uint64_t)rows->integer;
    if (hashes->rows + parsed.rows < hashes->rows || hashes->tables[position].rows > 0) {
        return FAIL(err, INVALID_INPUT, "%s: table %s is there twice", name, omop_table(position)->name);
    }
    hashes->rows += parsed.rows;
    hashes->tables[position] = parsed;
    return true;
}

bool export_hashes_parse(struct export_hashes *out_hashes, const char *name, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct export_hashes hashes = {0};
    const struct json *root;
    TRY(json_parse(&root, scratch, name, bytes, length, err));
    const struct json *format = json_member(root, "format"), *version = json_member(root, "version"), *tables = json_member(root, "tables");
    if (!is_text(format) || !text_equal(format->text, text_of(format_name)) || !version || version->kind != JSON_INTEGER) {
        FAIL(err, INVALID_INPUT, "%s does not hold hashes of tables", name);
        return error_hint(err, "name the hashes.json that `emc2 export --all` wrote");
    }
    if (version->integer != VERSION) {
        return FAIL(err, UNSUPPORTED, "%s has version %lld, this program reads %d", name, (long long)version->integer, VERSION);
    }
    if (!tables || tables->kind != JSON_ARRAY) {
        return FAIL(err, INVALID_INPUT, "%s has no list of tables", name);
    }
    for (size_t i = 0; i < tables->count; i++) {
        TRY(parse_table(&hashes, name, &tables->items[i], err));
    }
    *out_hashes = hashes;
    return true;
}
