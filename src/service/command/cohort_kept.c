/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_kept: see cohort_kept.h; and cohort list, cohort show. */
#include "service/command/cohort_kept.h"
#include "base/json.h"
#include "service/command/commands.h"
#include <stdio.h>
#include <string.h>

static struct cohort_table_place place_of(const struct warehouse *warehouse)
{
    return (struct cohort_table_place){warehouse->directory, warehouse->keyring, &warehouse->grant};
}

/* ---- cohort run ---- */
bool kept_cohorts_open(struct kept_cohorts *kept, struct asking *asking, struct error *err)
{
    const struct cohort_table_place place = place_of(&asking->warehouse);
    struct store_snapshot snapshot;
    uint32_t number = store_reader_snapshot(asking->warehouse.reader);
    const char *name = invocation_value(asking->in, "keep");
    TRY(!name || cohort_name_check(name, err));
    TRY(store_snapshot_read(asking->warehouse.store, &asking->warehouse.grant, number, &snapshot, err));
    *kept = (struct kept_cohorts){.asking = asking, .manifest = snapshot.manifest_hash, .name = name};
    return cohort_tables_list(&place, asking->in->arena, &kept->tables, &kept->count, err);
}

static bool is_of(const struct kept_cohorts *kept, const struct cohort_table *table, const struct crypto_hash *program)
{
    return table->snapshot == store_reader_snapshot(kept->asking->warehouse.reader) &&
           memcmp(&table->manifest, &kept->manifest, sizeof kept->manifest) == 0 && memcmp(&table->program, program, sizeof *program) == 0;
}

static uint64_t persons_of(const struct cohort_table_rows *rows)
{
    uint64_t persons = 0;
    for (size_t i = 0; i < rows->count; i++) {
        persons += i == 0 || rows->persons[i] != rows->persons[i - 1];
    }
    return persons;
}

bool kept_cohorts_find(struct kept_cohorts *kept, const struct cohort_program *program, struct arena *arena,
                       struct cohort_result *out_result, bool *out_found, struct error *err)
{
    const struct cohort_table_place place = place_of(&kept->asking->warehouse);
    struct crypto_hash hash;
    struct cohort_table_rows rows;
    TRY(cohort_program_hash(program, &hash, err));
    *out_found = false;
    for (size_t i = 0; i < kept->count; i++) {
        if (is_of(kept, &kept->tables[i], &hash)) {
            TRY(cohort_table_read(&place, &kept->tables[i], kept->asking->warehouse.reader, arena, &rows, err));
            *out_result = (struct cohort_result){.rows = {rows.count, rows.persons, rows.starts, rows.ends}, .persons = persons_of(&rows)};
            *out_found = true;
            kept->read++;
            return true;
        }
    }
    return true;
}

bool kept_cohorts_keep(struct kept_cohorts *kept, int64_t cohort_id, const struct cohort_program *program, const struct cohort_rows *rows,
                       struct error *err)
{
    struct warehouse *warehouse = &kept->asking->warehouse;
    const struct cohort_table_place place = place_of(warehouse);
    struct cohort_table table = {.cohort_id = cohort_id, .manifest = kept->manifest, .snapshot = store_reader_snapshot(warehouse->reader)};
    const struct cohort_table_rows kept_rows = {rows->count, rows->persons, rows->starts, rows->ends};
    struct journal_entry entry;
    if (!kept->name) {
        return true;
    }
    TRY(cohort_program_hash(program, &table.program, err));
    for (size_t i = 0; i < kept->count; i++) {
        const struct cohort_table *known = &kept->tables[i];
        if (is_of(kept, known, &table.program) && strcmp(known->name, kept->name) == 0 && known->cohort_id == cohort_id) {
            return true;
        }
    }
    snprintf(table.name, sizeof table.name, "%s", kept->name);
    TRY(warehouse_entry(warehouse, LEDGER_ACT_COHORT_KEEP, &table.program, &entry, err));
    TRY(journal_write(warehouse->journal, &entry, 1, err) && cohort_table_write(&place, &table, &kept_rows, err));
    kept->written++;
    return true;
}

/* ---- compact, erase ---- */
bool kept_cohorts_sweep(struct warehouse *warehouse, bool everything, uint64_t *out_destroyed, struct error *err)
{
    const struct cohort_table_place place = place_of(warehouse);
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct cohort_table *tables;
    size_t count;
    if (!everything) {
        return cohort_tables_sweep(&place, warehouse->store, out_destroyed, err);
    }
    TRY(cohort_tables_list(&place, arena, &tables, &count, err));
    *out_destroyed = count;
    return cohort_tables_destroy(&place, tables, count, err);
}

/* ---- cohort list, cohort show ---- */
static bool table_json(struct json_writer *writer, const struct cohort_table *table, struct error *err)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(hex, table->program.bytes, sizeof table->program.bytes);
    TRY(json_begin_object(writer, err) && json_named_text(writer, "name", table->name, err));
    TRY(json_named_i64(writer, "cohort_definition_id", table->cohort_id, err) && json_named_text(writer, "program", hex, err));
    return json_named_u64(writer, "snapshot", table->snapshot, err) && json_named_i64(writer, "made", table->made, err);
}

static void table_line(const struct cohort_table *table, const char *counts)
{
    char made[COUNT_TEXT_SIZE], hex[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(hex, table->program.bytes, sizeof table->program.bytes);
    print_line("%s  cohort %lld  program %.12s  snapshot %u  %s%s", table->name, (long long)table->cohort_id, hex, table->snapshot,
               time_text(table->made, made), counts);
}

bool command_cohort_list(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 28};
    struct json_writer writer = {.out = &out, .indented = true};
    const struct cohort_table *tables;
    bool is_json = invocation_flag(in, "json");
    size_t count;
    TRY(warehouse_open(&warehouse, in, "cohort list", GRANT_COUNT, err));
    const struct cohort_table_place place = place_of(&warehouse);
    TRY(cohort_tables_list(&place, in->arena, &tables, &count, err));
    TRY(!is_json || json_begin_array(&writer, err));
    for (size_t i = 0; i < count; i++) {
        if (is_json) {
            TRY(table_json(&writer, &tables[i], err) && json_end_object(&writer, err));
        } else {
            table_line(&tables[i], "");
        }
    }
    if (!is_json && count == 0) {
        print_line("no cohort is kept");
    }
    return !is_json || (json_end_array(&writer, err) && print_buffer(&out, err));
}

/* The counts of a table, entered in the log before they are shown. */
static bool counts_read(struct warehouse *warehouse, const struct cohort_table *table, uint64_t *out_persons, uint64_t *out_rows,
                        struct error *err)
{
    const struct cohort_table_place place = place_of(warehouse);
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct cohort_table_rows rows;
    struct journal_entry entry;
    TRY(store_reader_open(&reader, warehouse->store, &warehouse->grant, table->snapshot, err));
    TRY(cohort_table_read(&place, table, reader, arena, &rows, err));
    *out_persons = persons_of(&rows);
    *out_rows = rows.count;
    char *counts = arena_text_format(arena, "persons %llu, rows %llu", (unsigned long long)*out_persons, (unsigned long long)*out_rows);
    TRY(warehouse_entry(warehouse, LEDGER_ACT_READ, &table->program, &entry, err));
    TRY(ledger_record_number(&entry.record, "snapshot", table->snapshot, err));
    entry.secret = (struct journal_private){"counts", text_of(counts)};
    return journal_write(warehouse->journal, &entry, 1, err);
}

static bool table_show(struct warehouse *warehouse, const struct cohort_table *table, struct json_writer *writer, struct error *err)
{
    char persons_text[COUNT_TEXT_SIZE], rows_text[COUNT_TEXT_SIZE], counts[100];
    uint64_t persons, rows;
    TRY(counts_read(warehouse, table, &persons, &rows, err));
    if (writer) {
        return table_json(writer, table, err) && json_named_u64(writer, "persons", persons, err) &&
               json_named_u64(writer, "rows", rows, err) && json_end_object(writer, err);
    }
    snprintf(counts, sizeof counts, "  %s persons  %s rows", count_text(persons, persons_text), count_text(rows, rows_text));
    table_line(table, counts);
    return true;
}

bool command_cohort_show(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 28};
    struct json_writer writer = {.out = &out, .indented = true};
    struct json_writer *json = invocation_flag(in, "json") ? &writer : NULL;
    const struct cohort_table *tables;
    size_t count, shown = 0;
    TRY(warehouse_open(&warehouse, in, "cohort show", GRANT_COUNT | GRANT_ROWS, err));
    const struct cohort_table_place place = place_of(&warehouse);
    TRY(cohort_tables_list(&place, in->arena, &tables, &count, err));
    TRY(!json || json_begin_array(json, err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(tables[i].name, in->words[0]) == 0) {
            TRY(table_show(&warehouse, &tables[i], json, err));
            shown++;
        }
    }
    if (shown == 0) {
        FAIL(err, NOT_FOUND, "no cohort is kept under this name");
        return error_hint(err, "emc2 cohort list");
    }
    return !json || (json_end_array(json, err) && print_buffer(&out, err));
}
