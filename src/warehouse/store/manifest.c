/* SPDX-License-Identifier: EUPL-1.2 */
/* manifest: the value as JSON and back. Scopes, domains and tables are written by name, so that their numbers may change. */
#include "warehouse/store/manifest.h"
#include "base/json.h"
#include "trust/crypto/crypto_json.h"
#include <inttypes.h>
#include <string.h>

static const char *const scope_names[STORE_SCOPE_COUNT] = {
    [OMOP_PERSON] = "person", [OMOP_SHARED] = "shared", [OMOP_VOCABULARY] = "vocabulary"};
static const char *const domain_names[KEY_DOMAIN_COUNT] = {[KEY_DOMAIN_IDENTIFIERS] = "identifiers",
                                                           [KEY_DOMAIN_HEALTH] = "health",
                                                           [KEY_DOMAIN_GENETIC_LOCATION] = "genetic and location",
                                                           [KEY_DOMAIN_GOVERNANCE] = "governance"};

static const char *const act_names[STORE_ACT_COUNT] = {
    [STORE_ACT_LOAD] = "load", [STORE_ACT_EXCLUDE] = "exclude", [STORE_ACT_COMPACT] = "compact", [STORE_ACT_ERASE] = "erase"};

const char *store_act_name(enum store_act act)
{
    return act_names[act];
}

void manifest_move(struct manifest *out, struct manifest *manifest)
{
    *out = *manifest;
    *manifest = (struct manifest){.number = 0};
}

bool manifest_names(const struct manifest *manifest, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    for (size_t i = 0; i < manifest->files.count; i++) {
        if (memcmp(manifest->files.items[i].file_id, file_id, KEY_FILE_ID_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

void manifest_finish(struct manifest *manifest)
{
    person_ids_finish(&manifest->excluded);
    file_ids_finish(&manifest->destroyed);
    store_files_finish(&manifest->files);
}

/* ---- printing ---- */
static bool print_text(struct json_writer *writer, const char *name, const char *value, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_text(writer, text_of(value), err);
}

static bool print_number(struct json_writer *writer, const char *name, int64_t value, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_i64(writer, value, err);
}

static bool print_rows(struct json_writer *writer, const struct segment_summary *summary, struct error *err)
{
    TRY(json_name(writer, "rows", err));
    TRY(json_begin_object(writer, err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (summary->table_rows[table]) {
            TRY(print_number(writer, omop_table(table)->name, (int64_t)summary->table_rows[table], err));
        }
    }
    return json_end_object(writer, err);
}

static bool print_file(struct json_writer *writer, const struct store_file_entry *file, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(print_text(writer, "kind", file->is_blob ? "blob" : "segment", err));
    TRY(crypto_named_hex(writer, "id", file->file_id, sizeof file->file_id, err));
    TRY(print_text(writer, "domain", domain_names[file->domain], err));
    TRY(print_text(writer, "scope", scope_names[file->summary.scope], err));
    TRY(print_number(writer, "position", file->position, err));
    TRY(print_number(writer, "size", (int64_t)file->size, err));
    TRY(crypto_named_hex(writer, "hash", file->hash.bytes, sizeof file->hash.bytes, err));
    if (file->is_blob) {
        TRY(print_text(writer, "name", file->name, err));
        TRY(print_number(writer, "length", (int64_t)file->blob_length, err));
    } else {
        TRY(print_number(writer, "persons", file->summary.persons, err));
        TRY(print_number(writer, "first_person", file->summary.first_person, err));
        TRY(print_number(writer, "last_person", file->summary.last_person, err));
        TRY(print_rows(writer, &file->summary, err));
    }
    return json_end_object(writer, err);
}

static bool print_hash_or_null(struct json_writer *writer, const char *name, bool is_there, const struct crypto_hash *hash,
                               struct error *err)
{
    if (is_there) {
        return crypto_named_hex(writer, name, hash->bytes, sizeof hash->bytes, err);
    }
    TRY(json_name(writer, name, err));
    return json_null(writer, err);
}

/* Ids one after the other: numbers of persons, hexadecimal digits of files. */
static bool print_lists(struct json_writer *writer, const struct manifest *manifest, struct error *err)
{
    char hex[2 * KEY_FILE_ID_SIZE + 1];
    TRY(json_name(writer, "excluded", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < manifest->excluded.count; i++) {
        TRY(json_i64(writer, manifest->excluded.items[i], err));
    }
    TRY(json_end_array(writer, err) && json_name(writer, "destroyed", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < manifest->destroyed.count; i++) {
        crypto_hex(hex, manifest->destroyed.items[i].bytes, KEY_FILE_ID_SIZE);
        TRY(json_text(writer, text_of(hex), err));
    }
    return json_end_array(writer, err);
}

bool manifest_print(const struct manifest *manifest, struct buffer *out, struct error *err)
{
    struct json_writer writer = {.out = out};
    TRY(json_begin_object(&writer, err));
    TRY(print_text(&writer, "format", "emc2 manifest", err));
    TRY(print_number(&writer, "version", MANIFEST_VERSION, err));
    TRY(crypto_named_hex(&writer, "store_id", manifest->store_id, sizeof manifest->store_id, err));
    TRY(crypto_named_hex(&writer, "store_hash", manifest->store_hash.bytes, CRYPTO_HASH_SIZE, err));
    TRY(print_number(&writer, "snapshot", manifest->number, err));
    TRY(print_hash_or_null(&writer, "previous_hash", manifest->has_previous, &manifest->previous_hash, err));
    TRY(print_number(&writer, "created", manifest->created, err));
    TRY(print_text(&writer, "act", act_names[manifest->act], err));
    TRY(print_text(&writer, "label", manifest->label, err));
    TRY(print_hash_or_null(&writer, "report_hash", manifest->has_report, &manifest->report_hash, err));
    TRY(print_lists(&writer, manifest, err));
    TRY(json_name(&writer, "files", err));
    TRY(json_begin_array(&writer, err));
    for (size_t i = 0; i < manifest->files.count; i++) {
        TRY(print_file(&writer, &manifest->files.items[i], err));
    }
    TRY(json_end_array(&writer, err));
    return json_end_object(&writer, err);
}

/* ---- reading ---- */
static bool read_integer(const struct json *object, const char *name, int64_t minimum, int64_t maximum, int64_t *out_value)
{
    const struct json *json = json_member(object, name);
    if (!json || json->kind != JSON_INTEGER || json->integer < minimum || json->integer > maximum) {
        return false;
    }
    *out_value = json->integer;
    return true;
}

static bool read_u32(const struct json *object, const char *name, uint32_t *out_value)
{
    int64_t value;
    if (!read_integer(object, name, 0, UINT32_MAX, &value)) {
        return false;
    }
    *out_value = (uint32_t)value;
    return true;
}

static bool read_u64(const struct json *object, const char *name, uint64_t *out_value)
{
    int64_t value;
    if (!read_integer(object, name, 0, INT64_MAX, &value)) {
        return false;
    }
    *out_value = (uint64_t)value;
    return true;
}

static bool read_text(const struct json *object, const char *name, char *out, size_t size)
{
    const struct json *json = json_member(object, name);
    return json && json->kind == JSON_STRING && !memchr(json->text.data, 0, json->text.length) && text_copy(out, size, json->text);
}

static bool read_hash_or_null(const struct json *object, const char *name, bool *out_is_there, struct crypto_hash *out_hash)
{
    const struct json *json = json_member(object, name);
    *out_is_there = json && json->kind != JSON_NULL;
    return json && (!*out_is_there || crypto_member_hex(object, name, out_hash->bytes, sizeof out_hash->bytes));
}

/* The position of a text among names, or -1. */
static int read_choice(const struct json *object, const char *name, const char *const *names, int count)
{
    const struct json *json = json_member(object, name);
    for (int i = 0; json && json->kind == JSON_STRING && i < count; i++) {
        if (text_equal(json->text, text_of(names[i]))) {
            return i;
        }
    }
    return -1;
}

static bool read_rows(const struct json *file, struct segment_summary *summary)
{
    const struct json *rows = json_member(file, "rows");
    if (!rows || rows->kind != JSON_OBJECT) {
        return false;
    }
    for (size_t i = 0; i < rows->count; i++) {
        int table = omop_table_find(rows->names[i]);
        if (table < 0 || rows->items[i].kind != JSON_INTEGER || rows->items[i].integer < 0 || omop_table(table)->scope != summary->scope) {
            return false;
        }
        summary->table_rows[table] = (uint64_t)rows->items[i].integer;
    }
    return true;
}

static bool read_segment(const struct json *json, struct segment_summary *summary)
{
    return read_u32(json, "persons", &summary->persons) &&
           read_integer(json, "first_person", INT64_MIN, INT64_MAX, &summary->first_person) &&
           read_integer(json, "last_person", INT64_MIN, INT64_MAX, &summary->last_person) &&
           summary->first_person <= summary->last_person && read_rows(json, summary);
}

static bool read_file(const struct json *json, struct store_file_entry *out_file)
{
    static const char *const kinds[] = {"segment", "blob"};
    struct store_file_entry file = {.is_blob = false};
    int kind = read_choice(json, "kind", kinds, 2);
    int domain = read_choice(json, "domain", domain_names, KEY_DOMAIN_COUNT);
    int scope = read_choice(json, "scope", scope_names, STORE_SCOPE_COUNT);
    if (kind < 0 || domain < 0 || scope < 0 || !crypto_member_hex(json, "id", file.file_id, sizeof file.file_id) ||
        !read_u32(json, "position", &file.position) || !read_u64(json, "size", &file.size) ||
        !crypto_member_hex(json, "hash", file.hash.bytes, sizeof file.hash.bytes)) {
        return false;
    }
    file.is_blob = kind == 1;
    file.domain = (enum key_domain)domain;
    file.summary.scope = (enum omop_scope)scope;
    *out_file = file;
    return file.is_blob ? read_text(json, "name", out_file->name, sizeof out_file->name) && read_u64(json, "length", &out_file->blob_length)
                        : read_segment(json, &out_file->summary);
}

static bool read_files(const struct json *root, const char *name, struct manifest *manifest, struct error *err)
{
    const struct json *files = json_member(root, "files");
    if (!files || files->kind != JSON_ARRAY) {
        return FAIL(err, CORRUPT, "%s has no list of files", name);
    }
    TRY(store_files_reserve(&manifest->files, files->count + 1, err));
    for (size_t i = 0; i < files->count; i++) {
        struct store_file_entry file;
        if (!read_file(&files->items[i], &file)) {
            return FAIL(err, CORRUPT, "%s: file %zu of its list is not well formed", name, i);
        }
        TRY(store_files_append(&manifest->files, file, err));
    }
    return true;
}

static bool read_excluded(const struct json *root, struct manifest *manifest)
{
    const struct json *list = json_member(root, "excluded");
    if (!list || list->kind != JSON_ARRAY) {
        return false;
    }
    manifest->excluded.maximum = MANIFEST_PERSONS_MAX;
    for (size_t i = 0; i < list->count; i++) {
        const struct json *item = &list->items[i];
        if (item->kind != JSON_INTEGER || (i > 0 && item->integer <= list->items[i - 1].integer) ||
            !person_ids_append(&manifest->excluded, item->integer, NULL)) {
            return false;
        }
    }
    return true;
}

static bool read_destroyed(const struct json *root, struct manifest *manifest)
{
    const struct json *list = json_member(root, "destroyed");
    if (!list || list->kind != JSON_ARRAY) {
        return false;
    }
    manifest->destroyed.maximum = MANIFEST_FILES_MAX;
    for (size_t i = 0; i < list->count; i++) {
        const struct json *item = &list->items[i];
        struct key_file_id id;
        if (item->kind != JSON_STRING || item->text.length != 2 * sizeof id.bytes ||
            !crypto_from_hex(id.bytes, sizeof id.bytes, item->text.data) ||
            (i > 0 && memcmp(manifest->destroyed.items[i - 1].bytes, id.bytes, sizeof id.bytes) >= 0) ||
            !file_ids_append(&manifest->destroyed, id, NULL)) {
            return false;
        }
    }
    return true;
}

static bool read_head(const struct json *root, const char *name, struct manifest *manifest, struct error *err)
{
    char format[32];
    int64_t version;
    if (!read_text(root, "format", format, sizeof format) || strcmp(format, "emc2 manifest") != 0 ||
        !read_integer(root, "version", 1, INT64_MAX, &version)) {
        return FAIL(err, CORRUPT, "%s is not a manifest", name);
    }
    if (version != MANIFEST_VERSION) {
        FAIL(err, UNSUPPORTED, "%s has version %" PRId64 ", this emc2 reads %d", name, version, MANIFEST_VERSION);
        return error_hint(err, "use a newer emc2");
    }
    if (!crypto_member_hex(root, "store_id", manifest->store_id, sizeof manifest->store_id) ||
        !crypto_member_hex(root, "store_hash", manifest->store_hash.bytes, CRYPTO_HASH_SIZE) ||
        !read_u32(root, "snapshot", &manifest->number) ||
        !read_hash_or_null(root, "previous_hash", &manifest->has_previous, &manifest->previous_hash) ||
        !read_integer(root, "created", INT64_MIN, INT64_MAX, &manifest->created) ||
        !read_text(root, "label", manifest->label, sizeof manifest->label) ||
        !read_hash_or_null(root, "report_hash", &manifest->has_report, &manifest->report_hash)) {
        return FAIL(err, CORRUPT, "%s is not well formed", name);
    }
    int act = read_choice(root, "act", act_names, STORE_ACT_COUNT);
    if (act < 0 || !read_excluded(root, manifest) || !read_destroyed(root, manifest)) {
        return FAIL(err, CORRUPT, "%s does not say well what was done, for whom and to what", name);
    }
    manifest->act = (enum store_act)act;
    return true;
}

bool manifest_parse(struct manifest *out_manifest, const char *name, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(manifest_value) struct manifest manifest = {.files = {.maximum = MANIFEST_FILES_MAX}};
    const struct json *root;
    if (!json_parse(&root, scratch, name, bytes, length, err)) {
        return FAIL(err, CORRUPT, "%s is not a JSON document", name);
    }
    TRY(read_head(root, name, &manifest, err));
    TRY(read_files(root, name, &manifest, err));
    manifest_move(out_manifest, &manifest);
    return true;
}
