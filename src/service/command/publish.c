/* SPDX-License-Identifier: EUPL-1.2 */
/* publish: the tables of a snapshot into a PostgreSQL database that the operator names. Rows leave the warehouse: the right to export is
 * demanded, and the act is in the log before the first of them does. */
#include "warehouse/publish/publish.h"
#include "service/command/commands.h"
#include "service/command/confine.h"
#include "service/command/database.h"
#include "service/command/warehouse.h"
#include <stdio.h>
#include <string.h>

enum { SNAPSHOT_WORDS = 320 };

/* Names between commas; none: every table. */
static bool tables_read(const char *names, uint64_t *out_tables, struct error *err)
{
    *out_tables = names ? 0 : (UINT64_C(1) << OMOP_TABLE_COUNT) - 1;
    while (names && *names) {
        const struct text name = {names, strcspn(names, ",")};
        const int table = omop_table_find(name);
        if (table < 0) {
            FAIL(err, INVALID_ARGUMENT, "--tables names a table that the OMOP CDM 5.4 does not have");
            return error_hint(err, "condition_occurrence is one; emc2 status lists those with rows");
        }
        *out_tables |= UINT64_C(1) << table;
        names += name.length + (names[name.length] == ',');
    }
    return true;
}

/* Who objected since then is left out of any snapshot: so the newest one belongs to what is read. */
static bool snapshot_name(struct warehouse *warehouse, char out[SNAPSHOT_WORDS], struct error *err)
{
    const uint32_t number = store_reader_snapshot(warehouse->reader);
    uint32_t latest = 0;
    struct store_snapshot read, newest;
    char hash[2 * CRYPTO_HASH_SIZE + 1], newest_hash[2 * CRYPTO_HASH_SIZE + 1];
    TRY(store_snapshot_latest(warehouse->store, &warehouse->grant, &latest, err));
    TRY(store_snapshot_read(warehouse->store, &warehouse->grant, number, &read, err));
    TRY(store_snapshot_read(warehouse->store, &warehouse->grant, latest, &newest, err));
    crypto_hex(hash, read.manifest_hash.bytes, CRYPTO_HASH_SIZE);
    crypto_hex(newest_hash, newest.manifest_hash.bytes, CRYPTO_HASH_SIZE);
    snprintf(out, SNAPSHOT_WORDS, "snapshot %u %s, newest %u %s", number, hash, latest, newest_hash);
    return true;
}

static void print_report(const struct publish_report *report, const struct publish_options *options)
{
    char rows[COUNT_TEXT_SIZE], before[COUNT_TEXT_SIZE], rate[COUNT_TEXT_SIZE], to[POSTGRESQL_ADDRESS_MAX];
    postgresql_address_print(options->address, to);
    if (report->was_there) {
        print_line("schema %s of %s holds this snapshot already: nothing was sent", options->schema, to);
        return;
    }
    const uint64_t sent = report->rows - report->rows_before;
    print_line("%s rows of %u table%s in schema %s of %s, %s (%.1f s)", count_text(report->rows, rows), report->tables,
               report->tables == 1 ? "" : "s", options->schema, to,
               report->is_citus ? "distributed by person" : "in hash partitions by person", report->seconds);
    if (report->rows_before > 0) {
        print_line("an interrupted publication had loaded %s of them", count_text(report->rows_before, before));
    }
    if (sent > 0 && report->load_seconds > 0) {
        print_line("loading: %.1f s, %s rows/s; the rest: indexes and statistics", report->load_seconds,
                   count_text((uint64_t)((double)sent / report->load_seconds), rate));
    }
}

static bool enter_in_log(struct warehouse *warehouse, const struct publish_options *options, struct error *err)
{
    char words[POSTGRESQL_ADDRESS_MAX + PUBLISH_SCHEMA_MAX + 10], to[POSTGRESQL_ADDRESS_MAX];
    postgresql_address_print(options->address, to);
    snprintf(words, sizeof words, "%s, schema %s", to, options->schema);
    return warehouse_record(warehouse, LEDGER_ACT_EXPORT, NULL, "database", text_of(words), err);
}

bool command_publish(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(secret) struct secret *password = NULL;
    struct postgresql_address address;
    struct publish_report report;
    char snapshot_words[SNAPSHOT_WORDS];
    const char *schema = invocation_value(in, "schema");
    struct publish_options options = {.address = &address,
                                      .schema = schema ? schema : "omop",
                                      .snapshot = snapshot_words,
                                      .pool = in->pool,
                                      .replace = invocation_flag(in, "replace"),
                                      .wide = invocation_flag(in, "wide"),
                                      .quiet = invocation_flag(in, "quiet")};
    int64_t snapshot;
    TRY(invocation_integer(in, "snapshot", 0, 0, UINT32_MAX, &snapshot, err));
    TRY(publish_schema_check(options.schema, err) && tables_read(invocation_value(in, "tables"), &options.tables, err));
    TRY(database_named(in, &address, err) && database_password(in, &password, err));
    options.password = password ? (const char *)secret_view(password) : NULL;
    TRY(warehouse_open_tables(&warehouse, in, "publish", GRANT_EXPORT | GRANT_ROWS | GRANT_COUNT, options.tables, err));
    TRY(warehouse_open_reader(&warehouse, (uint32_t)snapshot, err) && snapshot_name(&warehouse, snapshot_words, err));
    TRY(enter_in_log(&warehouse, &options, err));
    TRY(publish_tables(warehouse.reader, &options, &report, err));
    print_report(&report, &options);
    return true;
}
