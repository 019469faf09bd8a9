/* SPDX-License-Identifier: EUPL-1.2 */
/* backup, backup verify, restore and key backup: the commands in front of warehouse/backup. None of them asks for a passphrase; restore
 * accept does, which takes a warehouse as it is that was restored from an older backup than its keys. */
#include "warehouse/backup/backup.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include "warehouse/store/store_erasure.h"
#include <stdio.h>
#include <string.h>

static bool directory_of(const struct invocation *in, const char *option, const char *what, const char **out_directory, struct error *err)
{
    *out_directory = invocation_value(in, option);
    if (!*out_directory) {
        FAIL(err, INVALID_ARGUMENT, "which directory %s?", what);
        return error_hint(err, "name it with --%s", option);
    }
    return true;
}

static void print_gone(const struct backup_report *report)
{
    char count[COUNT_TEXT_SIZE];
    if (report->gone > 0) {
        printf("%s of them are no longer in the warehouse: `emc2 backup --prune` forgets them\n", count_text(report->gone, count));
    }
}

bool command_backup(struct invocation *in, struct error *err)
{
    struct backup_options options = {.prune = invocation_flag(in, "prune"), .quiet = invocation_flag(in, "quiet")};
    char files[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE], copied[COUNT_TEXT_SIZE], copied_bytes[COUNT_TEXT_SIZE];
    struct backup_report report;
    const char *to;
    TRY(directory_of(in, "to", "should hold the backup", &to, err));
    TRY(backup_make(warehouse_directory(in), to, &options, &report, err));
    printf("backup of %s files, %s, in %s; %s of them, %s, were copied now (%.1f s)\n", count_text(report.files, files),
           bytes_text(report.bytes, bytes), to, count_text(report.copied_files, copied), bytes_text(report.copied_bytes, copied_bytes),
           report.seconds);
    print_gone(&report);
    if (!invocation_flag(in, "quiet")) {
        printf("the keys are not in it: emc2 key backup --to A-MEDIUM-OF-ITS-OWN\n");
    }
    return true;
}

static void print_problem(void *context, const char *file, const char *what)
{
    (void)context;
    printf("%s: %s\n", file, what);
}

bool command_backup_verify(struct invocation *in, struct error *err)
{
    char files[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE];
    struct backup_report report;
    uint64_t problems;
    const char *from;
    TRY(directory_of(in, "from", "holds the backup", &from, err));
    TRY(backup_verify(from, in->pool, invocation_flag(in, "quiet"), print_problem, NULL, &problems, &report, err));
    if (problems > 0) {
        FAIL(err, CORRUPT, "%llu file%s of the backup %s damaged", (unsigned long long)problems, problems == 1 ? "" : "s",
             problems == 1 ? "is" : "are");
        return error_hint(err, "back up into another directory while the warehouse itself is whole (`emc2 snapshot verify`)");
    }
    printf("the backup is whole: %s files, %s, every byte is what was copied (%.1f s)\n", count_text(report.files, files),
           bytes_text(report.bytes, bytes), report.seconds);
    print_gone(&report);
    return true;
}

bool command_restore(struct invocation *in, struct error *err)
{
    char files[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE];
    struct backup_report report;
    const char *from, *to, *keys = invocation_value(in, "keys");
    TRY(directory_of(in, "from", "holds the backup", &from, err));
    TRY(directory_of(in, "to", "should the warehouse be made in", &to, err));
    TRY(backup_restore(from, keys, to, invocation_flag(in, "quiet"), &report, err));
    printf("%s files, %s, restored in %s (%.1f s)\n", count_text(report.files, files), bytes_text(report.bytes, bytes), to, report.seconds);
    if (!keys) {
        printf("it cannot be opened without its keys: copy them to %s/keys, or restore with --keys\n", to);
    } else {
        printf("next: emc2 snapshot verify --warehouse %s\n", to);
    }
    return true;
}

static bool is_same(const struct crypto_hash *a, const struct crypto_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The newest snapshot of the store as it is; *out_differs: log or keys know another, or more. */
static bool older_find(struct warehouse *warehouse, struct store_snapshot *out_newest, bool *out_differs, struct error *err)
{
    const struct store_memory memory = store_memory(warehouse->store);
    uint32_t number;
    *out_newest = (struct store_snapshot){.number = 0};
    TRY(store_snapshot_latest(warehouse->store, &warehouse->grant, &number, err));
    TRY(number == 0 || store_snapshot_read(warehouse->store, &warehouse->grant, number, out_newest, err));
    *out_differs = memory.differs ||
                   (memory.journal == number && number > 0 && !is_same(&memory.journal_hash, &out_newest->manifest_hash)) ||
                   (memory.keys == number && number > 0 && !is_same(&memory.keys_hash, &out_newest->manifest_hash));
    return true;
}

/* Entered first: from this entry on the log knows the older snapshot as the newest. */
static bool older_record(struct warehouse *warehouse, const struct store_snapshot *newest, const char *reason, struct error *err)
{
    const struct store_memory memory = store_memory(warehouse->store);
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, LEDGER_ACT_RESTORE, NULL, &entry, err));
    TRY(journal_head(&entry.record, newest->number, &newest->manifest_hash, err));
    TRY(ledger_record_number(&entry.record, "known_to_log", memory.journal, err));
    TRY(ledger_record_number(&entry.record, "known_to_keys", memory.keys, err));
    entry.secret = (struct journal_private){"reason", text_of(reason)};
    return journal_write(warehouse->journal, &entry, 1, err);
}

bool command_restore_accept(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    const char *reason = invocation_value(in, "reason");
    struct store_snapshot newest;
    char count[COUNT_TEXT_SIZE];
    uint32_t snapshot;
    size_t again;
    bool differs;
    if (!reason || !reason[0]) {
        FAIL(err, INVALID_ARGUMENT, "to accept an older warehouse needs a reason");
        return error_hint(err, "say why with --reason 'both disks of 2026-11-20 are lost'; auditors may read it");
    }
    TRY(warehouse_open_older(&warehouse, in, "restore accept", GRANT_ERASE | GRANT_LOAD, err));
    TRY(older_find(&warehouse, &newest, &differs, err));
    if (!differs) {
        FAIL(err, INVALID_ARGUMENT, "there is nothing to accept: the log and the keys know no newer snapshot than the warehouse has");
        return error_hint(err, "the warehouse opens as it is: `emc2 status`");
    }
    TRY(older_record(&warehouse, &newest, reason, err));
    TRY(store_accept(warehouse.store, &warehouse.grant, reason, &snapshot, &again, err));
    print_line("the warehouse goes on from snapshot %u; what was loaded after it is lost", newest.number);
    print_line(again == 1 ? "snapshot %u: %s person who was excluded after it is excluded again"
                          : "snapshot %u: %s persons who were excluded after it are excluded again",
               snapshot, count_text(again, count));
    return true;
}

bool command_key_backup(struct invocation *in, struct error *err)
{
    struct backup_report report;
    const char *to;
    TRY(directory_of(in, "to", "should hold the keys", &to, err));
    TRY(backup_keys(warehouse_directory(in), to, &report, err));
    printf("%llu file%s of keys copied to %s; the copy before, if there was one, is gone\n", (unsigned long long)report.files,
           report.files == 1 ? "" : "s", to);
    return true;
}
