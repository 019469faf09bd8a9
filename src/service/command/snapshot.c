/* SPDX-License-Identifier: EUPL-1.2 */
/* status, snapshot list and snapshot verify: what the warehouse holds, and whether it is still what was written. */
#include "base/json.h"
#include "intake/shelf/shelf.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include "warehouse/cohorts/cohorts.h"
#include <stdio.h>

static bool json_snapshot(struct json_writer *writer, const struct store_snapshot *snapshot, struct error *err)
{
    char hash[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(hash, snapshot->manifest_hash.bytes, CRYPTO_HASH_SIZE);
    TRY(json_begin_object(writer, err) && json_name(writer, "snapshot", err) && json_i64(writer, snapshot->number, err));
    TRY(json_name(writer, "created", err) && json_i64(writer, snapshot->created, err));
    TRY(json_name(writer, "label", err) && json_text(writer, text_of(snapshot->label), err));
    TRY(json_name(writer, "persons", err) && json_i64(writer, (int64_t)snapshot->persons, err));
    TRY(json_name(writer, "rows", err) && json_i64(writer, (int64_t)snapshot->rows, err));
    TRY(json_name(writer, "bytes", err) && json_i64(writer, (int64_t)snapshot->bytes, err));
    TRY(json_name(writer, "manifest", err) && json_text(writer, text_of(hash), err));
    TRY(json_name(writer, "act", err) && json_text(writer, text_of(store_act_name(snapshot->act)), err));
    TRY(json_name(writer, "closed", err) && json_bool(writer, snapshot->is_closed, err));
    TRY(json_name(writer, "excluded", err) && json_i64(writer, (int64_t)snapshot->excluded, err));
    TRY(json_name(writer, "tables", err) && json_begin_object(writer, err));
    for (int t = 0; t < OMOP_TABLE_COUNT; t++) {
        if (snapshot->table_rows[t] > 0) {
            TRY(json_name(writer, omop_table(t)->name, err) && json_i64(writer, (int64_t)snapshot->table_rows[t], err));
        }
    }
    return json_end_object(writer, err) && json_end_object(writer, err);
}

static void print_snapshot(const struct store_snapshot *snapshot)
{
    char created[COUNT_TEXT_SIZE], persons[COUNT_TEXT_SIZE], rows[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE];
    const char *act = store_act_name(snapshot->act);
    if (snapshot->is_closed) {
        print_line("snapshot %u  %s  %s  closed: data of it were erased  %s", snapshot->number, time_text(snapshot->created, created), act,
                   snapshot->label);
        return;
    }
    print_line("snapshot %u  %s  %s  %s persons  %s rows  %s  %s", snapshot->number, time_text(snapshot->created, created), act,
               count_text(snapshot->persons, persons), count_text(snapshot->rows, rows), bytes_text(snapshot->bytes, bytes),
               snapshot->label);
}

bool command_status(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    TRY(warehouse_open(&warehouse, in, "status", GRANT_COUNT, err));
    uint32_t latest;
    TRY(store_snapshot_latest(warehouse.store, &warehouse.grant, &latest, err));
    struct store_snapshot snapshot = {0};
    if (latest > 0) {
        TRY(store_snapshot_read(warehouse.store, &warehouse.grant, latest, &snapshot, err));
    }
    if (invocation_flag(in, "json")) {
        CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 20};
        struct json_writer writer = {.out = &out, .indented = true};
        TRY(latest > 0 ? json_snapshot(&writer, &snapshot, err) : json_null(&writer, err));
        return print_buffer(&out, err);
    }
    if (latest == 0) {
        print_line("the warehouse is empty");
        print_line("next: emc2 load SOURCE");
        return true;
    }
    print_snapshot(&snapshot);
    for (int t = 0; t < OMOP_TABLE_COUNT; t++) {
        char rows[COUNT_TEXT_SIZE];
        if (snapshot.table_rows[t] > 0) {
            print_line("  %-24s %15s rows", omop_table(t)->name, count_text(snapshot.table_rows[t], rows));
        }
    }
    return true;
}

bool command_snapshot_list(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 26};
    TRY(warehouse_open(&warehouse, in, "snapshot list", GRANT_COUNT, err));
    uint32_t latest;
    TRY(store_snapshot_latest(warehouse.store, &warehouse.grant, &latest, err));
    bool is_json = invocation_flag(in, "json");
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(!is_json || json_begin_array(&writer, err));
    for (uint32_t number = 1; number <= latest; number++) {
        struct store_snapshot snapshot;
        TRY(store_snapshot_read(warehouse.store, &warehouse.grant, number, &snapshot, err));
        if (is_json) {
            TRY(json_snapshot(&writer, &snapshot, err));
        } else {
            print_snapshot(&snapshot);
        }
    }
    if (!is_json) {
        if (latest == 0) {
            print_line("there is no snapshot yet");
        }
        return true;
    }
    return json_end_array(&writer, err) && print_buffer(&out, err);
}

static void print_problem(void *context, const char *file, const char *what)
{
    (void)context;
    print_line("%s: %s", file, what);
}

static void print_advice(void *context, const char *file, const char *what, const char *advice)
{
    (void)context;
    printf("%s: %s\n%s%s%s", file, what, advice[0] ? "  what to do: " : "", advice, advice[0] ? "\n" : "");
}

static bool repair(struct warehouse *warehouse, uint32_t number, struct error *err)
{
    struct store_repair found;
    TRY(store_snapshot_repair(warehouse->store, &warehouse->grant, number, print_advice, NULL, &found, err));
    if (found.leftovers > 0) {
        printf("removed: %u file%s that an interrupted load left\n", found.leftovers, found.leftovers == 1 ? "" : "s");
    }
    if (found.problems == 0) {
        printf("snapshot %u is whole: there is nothing to repair\n", number);
        return true;
    }
    FAIL(err, CORRUPT, "snapshot %u has %u problem%s", number, found.problems, found.problems == 1 ? "" : "s");
    return found.whole
               ? error_hint(err, "put the files back as it says above; until then, snapshot %u is the newest whole one", found.whole)
               : error_hint(err, "put the files back as it says above; no older snapshot is whole");
}

/* Before the first word about it: what is found may be a reason to say that nobody looked. */
static bool verify_record(struct warehouse *warehouse, uint32_t number, const char *how, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, LEDGER_ACT_VERIFY, NULL, &entry, err));
    TRY(ledger_record_number(&entry.record, "snapshot", number, err) && ledger_record_word(&entry.record, "how", how, err));
    return journal_write(warehouse->journal, &entry, 1, err);
}

bool command_snapshot_verify(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    int64_t number;
    TRY(invocation_integer(in, "snapshot", 0, 0, UINT32_MAX, &number, err));
    uint32_t actions = GRANT_VERIFY | GRANT_COUNT | (invocation_flag(in, "repair") ? GRANT_LOAD : 0);
    TRY(warehouse_open(&warehouse, in, "snapshot verify", actions, err));
    uint32_t latest;
    TRY(store_snapshot_latest(warehouse.store, &warehouse.grant, &latest, err));
    if (latest == 0) {
        return FAIL(err, NOT_FOUND, "there is no snapshot yet");
    }
    if (number > latest) {
        FAIL(err, NOT_FOUND, "there is no snapshot %u: the latest is %u", (uint32_t)number, latest);
        return error_hint(err, "if there was one, somebody removed its manifest: restore the warehouse from a backup");
    }
    uint32_t which = number > 0 ? (uint32_t)number : latest, problems = 0;
    bool is_deep = invocation_flag(in, "deep"), is_repair = invocation_flag(in, "repair");
    TRY(verify_record(&warehouse, which, is_repair ? "repair" : is_deep ? "deep" : "bytes", err));
    if (is_repair) {
        return repair(&warehouse, which, err);
    }
    struct progress *progress = progress_begin("verify", 0, "bytes", invocation_flag(in, "quiet"));
    bool done = is_deep ? store_snapshot_verify(warehouse.store, &warehouse.grant, which, print_problem, NULL, progress, &problems, err)
                        : store_snapshot_check(warehouse.store, &warehouse.grant, which, print_problem, NULL, progress, &problems, err);
    progress_end(progress);
    const struct cohort_table_place kept = {warehouse.directory, warehouse.keyring, &warehouse.grant};
    const struct shelf_place shelves = {warehouse.directory, warehouse.keyring, &warehouse.grant};
    uint32_t kept_problems = 0, shelf_problems = 0;
    TRY(done && cohort_tables_verify(&kept, print_problem, NULL, &kept_problems, err));
    TRY(shelves_verify(&shelves, print_problem, NULL, &shelf_problems, err));
    problems += kept_problems + shelf_problems;
    if (problems > 0) {
        FAIL(err, CORRUPT, "snapshot %u has %u problem%s", which, problems, problems == 1 ? "" : "s");
        return error_hint(err, "the files named above are not what was written: restore them from a backup");
    }
    TRY(journal_verify(warehouse.journal, err));
    print_line("snapshot %u is whole: every byte is what was written; so is the log%s", which,
               is_deep ? "; and all rows and postings fit together" : "");
    return true;
}
