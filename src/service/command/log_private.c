/* SPDX-License-Identifier: EUPL-1.2 */
/* log openings and log forget: the private parts of the log, for an auditor, and their end (RET-LOG). Both need the warehouse's keys. */
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include <stdio.h>

enum { OPENINGS_BYTES_MAX = 1 << 20 };

static bool shown_record(struct warehouse *warehouse, int64_t entry, struct error *err)
{
    struct journal_entry act;
    TRY(warehouse_entry(warehouse, LEDGER_ACT_LOG_OPENINGS, NULL, &act, err));
    TRY(ledger_record_number(&act.record, "entry", entry, err));
    return journal_write(warehouse->journal, &act, 1, err);
}

bool command_log_openings(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = OPENINGS_BYTES_MAX};
    int64_t entry;
    if (!text_to_i64(text_of(in->words[0]), &entry) || entry < 0) {
        return FAIL(err, INVALID_ARGUMENT, "an entry is named by its number, from 0");
    }
    TRY(warehouse_open(&warehouse, in, "log openings", GRANT_VERIFY, err));
    TRY(journal_openings(warehouse.journal, (uint64_t)entry, &out, err));
    if (out.length == 0) {
        FAIL(err, NOT_FOUND, "entry %lld has no private part, or it was forgotten", (long long)entry);
        return error_hint(err, "emc2 log show %lld", (long long)entry);
    }
    TRY(shown_record(&warehouse, entry, err));
    out.length--; /* print_buffer ends the line */
    return print_buffer(&out, err);
}

bool command_log_forget(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    int64_t before;
    size_t bundles;
    TRY(invocation_integer(in, "before", -1, 0, LEDGER_NUMBER_MAX, &before, err));
    if (before < 0) {
        FAIL(err, INVALID_ARGUMENT, "--before is missing: the first entry whose private parts are kept");
        return error_hint(err, "`emc2 log list` shows entries with their dates");
    }
    TRY(warehouse_open(&warehouse, in, "log forget", GRANT_ERASE, err));
    TRY(journal_forget(warehouse.journal, (uint64_t)before, &warehouse.grant, &bundles, err));
    print_line("the private parts of %zu bundles of 256 entries are forgotten, in every copy; the log itself verifies as before", bundles);
    return true;
}
