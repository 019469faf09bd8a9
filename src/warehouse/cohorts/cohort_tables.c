/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_tables: what is kept, who may still be seen in it, and how it goes. */
#include "base/file.h"
#include "warehouse/cohorts/table_file.h"
#include "warehouse/store/store_sealed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DEFINE_ARRAY(table_list, struct cohort_table)

/* ---- listing ---- */
struct listing {
    const struct cohort_table_place *place;
    struct table_list tables;
    struct table_list erased; /* files without a key: ids only */
};

static bool list_file(void *context, const char *name, struct error *err)
{
    struct listing *listing = context;
    struct cohort_table table = {.name = ""};
    struct error reason = {.message = ""};
    if (table_load(listing->place, name, NULL, &table, NULL, &reason)) {
        return table_list_append(&listing->tables, table, err);
    }
    if (reason.code == ERROR_ERASED) {
        char hex[2 * KEY_FILE_ID_SIZE + 1] = "";
        memcpy(hex, name, 2 * (size_t)KEY_FILE_ID_SIZE);
        return !crypto_from_hex(table.id.bytes, sizeof table.id.bytes, hex) || table_list_append(&listing->erased, table, err);
    }
    if (err) {
        *err = reason;
    }
    return false;
}

static int table_compare(const void *a, const void *b)
{
    const struct cohort_table *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    order = order ? order : (x->cohort_id > y->cohort_id) - (x->cohort_id < y->cohort_id);
    order = order ? order : (x->made > y->made) - (x->made < y->made);
    return order ? order : memcmp(&x->id, &y->id, sizeof x->id);
}

static bool tables_find(struct listing *listing, struct error *err)
{
    listing->tables.maximum = listing->erased.maximum = COHORT_TABLES_MAX;
    TRY(table_files_visit(listing->place, list_file, listing, err));
    if (listing->tables.count > 1) {
        qsort(listing->tables.items, listing->tables.count, sizeof *listing->tables.items, table_compare);
    }
    return true;
}

static void listing_value_cleanup(struct listing *listing)
{
    table_list_finish(&listing->tables);
    table_list_finish(&listing->erased);
}

bool cohort_tables_list(const struct cohort_table_place *place, struct arena *arena, const struct cohort_table **out_tables,
                        size_t *out_count, struct error *err)
{
    CLEANUP(listing_value) struct listing listing = {.place = place};
    TRY(tables_find(&listing, err));
    struct cohort_table *tables = ARENA_ARRAY(arena, struct cohort_table, listing.tables.count + 1);
    for (size_t i = 0; i < listing.tables.count; i++) {
        tables[i] = listing.tables.items[i];
    }
    *out_tables = tables;
    *out_count = listing.tables.count;
    return true;
}

/* ---- reading ---- */
static const char *name_of(const struct cohort_table *table, char out[2 * KEY_FILE_ID_SIZE + 16])
{
    char hex[2 * KEY_FILE_ID_SIZE + 1];
    crypto_hex(hex, table->id.bytes, sizeof table->id.bytes);
    snprintf(out, 2 * KEY_FILE_ID_SIZE + 16, "%s.cohort", hex);
    return out;
}

/* Marks the rows whose person is among ids, ascending as the rows are. */
static void rows_mark(const struct cohort_table_rows *rows, const int64_t *ids, size_t count, uint8_t *keep)
{
    size_t at = 0;
    for (size_t i = 0; i < rows->count; i++) {
        while (at < count && ids[at] < rows->persons[i]) {
            at++;
        }
        keep[i] |= at < count && ids[at] == rows->persons[i];
    }
}

static bool rows_of_seen(struct store_reader *reader, struct arena *arena, struct cohort_table_rows *rows, struct error *err)
{
    uint8_t *keep = ARENA_ARRAY(arena, uint8_t, rows->count + 1);
    int64_t *persons = arena_allocate_raw(arena, rows->count + 1, sizeof *persons);
    int32_t *starts = arena_allocate_raw(arena, rows->count + 1, sizeof *starts);
    int32_t *ends = arena_allocate_raw(arena, rows->count + 1, sizeof *ends);
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_PERSON); i++) {
        struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, i);
        const int64_t *ids;
        TRY(store_segment_person_ids(segment, &ids, err));
        rows_mark(rows, ids, store_segment_persons(segment), keep);
    }
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        persons[kept] = rows->persons[i];
        starts[kept] = rows->starts[i];
        ends[kept] = rows->ends[i];
        kept += keep[i];
    }
    *rows = (struct cohort_table_rows){kept, persons, starts, ends};
    return true;
}

bool cohort_table_read(const struct cohort_table_place *place, const struct cohort_table *table, struct store_reader *reader,
                       struct arena *arena, struct cohort_table_rows *out_rows, struct error *err)
{
    struct cohort_table found;
    struct cohort_table_rows rows;
    char name[2 * KEY_FILE_ID_SIZE + 16];
    TRY(store_reader_demand(reader, GRANT_ROWS, err));
    if (store_reader_snapshot(reader) != table->snapshot) {
        return FAIL(err, INVALID_ARGUMENT, "the cohort is of snapshot %u, and not of the one that is read", table->snapshot);
    }
    TRY(table_load(place, name_of(table, name), arena, &found, &rows, err));
    TRY(rows_of_seen(reader, arena, &rows, err));
    *out_rows = rows;
    return true;
}

/* ---- going ---- */
static bool files_remove(const struct cohort_table_place *place, const struct cohort_table *tables, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        char path[TABLE_PATH_SIZE];
        bool exists;
        TRY(table_path(place, &tables[i].id, path, err) && file_exists(path, &exists, err));
        TRY(!exists || file_remove(path, err));
    }
    return true;
}

bool cohort_tables_destroy(const struct cohort_table_place *place, const struct cohort_table *tables, size_t count, struct error *err)
{
    struct key_file_id *ids = calloc(count + 1, sizeof *ids);
    if (!ids) {
        return FAIL(err, LIMIT, "no memory left for %zu kept cohorts", count);
    }
    for (size_t i = 0; i < count; i++) {
        ids[i] = tables[i].id;
    }
    bool done = count == 0 || keyring_data_key_destroy(place->keyring, place->grant, ids, count, err);
    free(ids);
    return done && files_remove(place, tables, count, err);
}

/* Is its snapshot still there, and the same? */
static bool is_live(const struct cohort_table_place *place, struct store *store, const struct cohort_table *table, uint32_t latest)
{
    struct store_snapshot snapshot;
    return table->snapshot <= latest && store_snapshot_read(store, place->grant, table->snapshot, &snapshot, NULL) && !snapshot.is_closed &&
           memcmp(&snapshot.manifest_hash, &table->manifest, sizeof table->manifest) == 0;
}

bool cohort_tables_sweep(const struct cohort_table_place *place, struct store *store, uint64_t *out_destroyed, struct error *err)
{
    CLEANUP(listing_value) struct listing listing = {.place = place};
    uint32_t latest;
    size_t over = 0;
    TRY(tables_find(&listing, err) && store_snapshot_latest(store, place->grant, &latest, err));
    for (size_t i = 0; i < listing.tables.count; i++) {
        if (!is_live(place, store, &listing.tables.items[i], latest)) {
            listing.tables.items[over++] = listing.tables.items[i];
        }
    }
    TRY(cohort_tables_destroy(place, listing.tables.items, over, err));
    *out_destroyed = over;
    return files_remove(place, listing.erased.items, listing.erased.count, err);
}

/* ---- verifying ---- */
struct verifying {
    const struct cohort_table_place *place;
    void (*problem)(void *context, const char *file, const char *what);
    void *context;
    uint32_t problems;
};

static bool verify_file(void *context, const char *name, struct error *err)
{
    struct verifying *verifying = context;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct cohort_table table;
    struct cohort_table_rows rows;
    struct error reason = {.message = ""};
    char file[80];
    if (!table_load(verifying->place, name, arena, &table, &rows, &reason) && reason.code != ERROR_ERASED) {
        if (reason.code != ERROR_CORRUPT && reason.code != ERROR_NOT_FOUND && reason.code != ERROR_UNSUPPORTED) {
            *err = reason;
            return false;
        }
        snprintf(file, sizeof file, "cohorts/%.60s", name);
        verifying->problem(verifying->context, file, reason.message);
        verifying->problems++;
    }
    return true;
}

bool cohort_tables_verify(const struct cohort_table_place *place, void (*problem)(void *context, const char *file, const char *what),
                          void *context, uint32_t *out_problems, struct error *err)
{
    struct verifying verifying = {place, problem, context, 0};
    TRY(table_files_visit(place, verify_file, &verifying, err));
    *out_problems = verifying.problems;
    return true;
}
