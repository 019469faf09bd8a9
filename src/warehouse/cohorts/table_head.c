/* SPDX-License-Identifier: EUPL-1.2 */
/* table_head: fixed fields, little-endian, the name last. */
#include "warehouse/cohorts/table_head.h"
#include <string.h>

enum { VERSION = 1 };
static const uint8_t magic[8] = "EMC2COHT";

bool cohort_name_check(const char *name, struct error *err)
{
    size_t length = strlen(name);
    bool is_name = length > 0 && length < COHORT_NAME_SIZE && name[0] != '.' && name[0] != '-';
    for (size_t i = 0; is_name && i < length; i++) {
        char c = name[i];
        is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    if (!is_name) {
        FAIL(err, INVALID_ARGUMENT, "this is no name for kept cohorts");
        return error_hint(err, "at most %d letters, digits, '.', '_' and '-', beginning with a letter or a digit", COHORT_NAME_SIZE - 1);
    }
    return true;
}

bool table_head_write(const struct cohort_table *table, struct buffer *out, struct error *err)
{
    size_t length = strlen(table->name);
    TRY(buffer_append(out, magic, sizeof magic, err) && buffer_append_u32(out, VERSION, err));
    TRY(buffer_append(out, table->id.bytes, sizeof table->id.bytes, err));
    TRY(buffer_append(out, table->program.bytes, sizeof table->program.bytes, err));
    TRY(buffer_append(out, table->manifest.bytes, sizeof table->manifest.bytes, err));
    TRY(buffer_append_u32(out, table->snapshot, err) && buffer_append_u64(out, (uint64_t)table->cohort_id, err));
    TRY(buffer_append_u64(out, (uint64_t)table->made, err) && buffer_append_u64(out, table->rows, err));
    return buffer_append_u32(out, (uint32_t)length, err) && buffer_append(out, table->name, length, err);
}

static bool copy_take(struct cursor *cursor, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes;
    TRY(cursor_bytes(cursor, length, &bytes, err));
    memcpy(out, bytes, length);
    return true;
}

static bool fields_take(struct cursor *cursor, struct cohort_table *table, uint32_t *out_name, struct error *err)
{
    uint64_t cohort_id, made;
    TRY(copy_take(cursor, table->id.bytes, sizeof table->id.bytes, err));
    TRY(copy_take(cursor, table->program.bytes, sizeof table->program.bytes, err));
    TRY(copy_take(cursor, table->manifest.bytes, sizeof table->manifest.bytes, err));
    TRY(cursor_u32(cursor, &table->snapshot, err) && cursor_u64(cursor, &cohort_id, err) && cursor_u64(cursor, &made, err));
    TRY(cursor_u64(cursor, &table->rows, err) && cursor_u32(cursor, out_name, err));
    table->cohort_id = (int64_t)cohort_id;
    table->made = (int64_t)made;
    return true;
}

bool table_head_read(const void *bytes, size_t length, struct cohort_table *out_table, struct error *err)
{
    struct cursor cursor = {.data = bytes, .length = length};
    struct cohort_table table = {.name = ""};
    uint8_t found[sizeof magic];
    uint32_t version, name;
    TRY(copy_take(&cursor, found, sizeof found, err) && cursor_u32(&cursor, &version, err));
    if (memcmp(found, magic, sizeof magic) != 0 || version != VERSION) {
        return FAIL(err, CORRUPT, "the file is no cohort table of version %d", VERSION);
    }
    TRY(fields_take(&cursor, &table, &name, err));
    if (name >= COHORT_NAME_SIZE || name != length - cursor.position || !copy_take(&cursor, table.name, name, NULL) ||
        strlen(table.name) != name || !cohort_name_check(table.name, NULL)) {
        return FAIL(err, CORRUPT, "the head of the cohort table has no name");
    }
    *out_table = table;
    return true;
}
