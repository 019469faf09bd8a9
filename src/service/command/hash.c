/* SPDX-License-Identifier: EUPL-1.2 */
/* snapshot hash: one hash for each table of a snapshot, and whether it is that of another host (SNC 19.1.h-i: moving house). */
#include "base/file.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include "warehouse/export/export_hash.h"
#include <stdio.h>
#include <string.h>

enum { SHOWN_DIGITS = 32, FILE_MAX = 1 << 20 };

static void print_hashes(const struct export_hashes *hashes)
{
    char hex[2 * CRYPTO_WIDE_HASH_SIZE + 1], rows[COUNT_TEXT_SIZE], rate[COUNT_TEXT_SIZE];
    for (int t = 0; t < OMOP_TABLE_COUNT; t++) {
        const struct export_hash *hash = &hashes->tables[t];
        crypto_hex(hex, hash->sum, sizeof hash->sum);
        if (hash->rows > 0) {
            printf("  %-24s %15s rows  %.*s\n", omop_table(t)->name, count_text(hash->rows, rows), SHOWN_DIGITS, hex);
        }
    }
    double seconds = hashes->seconds > 0 ? hashes->seconds : 1e-9;
    printf("%s rows in %.1f s (%s rows/s); the first %d of %d digits: --json shows all\n", count_text(hashes->rows, rows), hashes->seconds,
           count_text((uint64_t)((double)hashes->rows / seconds), rate), SHOWN_DIGITS, 2 * CRYPTO_WIDE_HASH_SIZE);
}

static bool compare(const struct export_hashes *own, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = FILE_MAX};
    struct export_hashes other;
    int different = 0;
    const char *slash = strrchr(path, '/');
    TRY(file_read(path, &text, err));
    TRY(export_hashes_parse(&other, slash ? slash + 1 : path, text.data, text.length, err));
    for (int t = 0; t < OMOP_TABLE_COUNT; t++) {
        char here[COUNT_TEXT_SIZE], there[COUNT_TEXT_SIZE];
        if (!export_hash_equal(&own->tables[t], &other.tables[t])) {
            different++;
            printf("%s differs: %s rows here, %s rows there\n", omop_table(t)->name, count_text(own->tables[t].rows, here),
                   count_text(other.tables[t].rows, there));
        }
    }
    if (different > 0) {
        FAIL(err, CORRUPT, "%d table%s of this snapshot differ%s from what was exported", different, different == 1 ? "" : "s",
             different == 1 ? "s" : "");
        return error_hint(err, "load the export into an empty warehouse, or with --replace, and compare that snapshot");
    }
    char rows[COUNT_TEXT_SIZE];
    printf("all %d tables are equal: %s rows\n", OMOP_TABLE_COUNT, count_text(own->rows, rows));
    return true;
}

bool command_snapshot_hash(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    const char *other = invocation_value(in, "compare");
    struct export_hashes hashes;
    int64_t snapshot;
    TRY(invocation_integer(in, "snapshot", 0, 0, UINT32_MAX, &snapshot, err));
    TRY(warehouse_open(&warehouse, in, "snapshot hash", GRANT_ROWS, err));
    TRY(warehouse_open_reader(&warehouse, (uint32_t)snapshot, err));
    TRY(warehouse_record(&warehouse, LEDGER_ACT_READ, NULL, "what", TEXT("hashes of tables"), err));
    TRY(export_hashes_compute(warehouse.reader, in->pool, invocation_flag(in, "quiet"), &hashes, err));
    if (other) {
        return compare(&hashes, other, err);
    }
    if (invocation_flag(in, "json")) {
        CLEANUP(buffer_value) struct buffer out = {.maximum = FILE_MAX};
        return export_hashes_print(&hashes, &out, err) && print_buffer(&out, err);
    }
    print_hashes(&hashes);
    return true;
}
