/* SPDX-License-Identifier: EUPL-1.2 */
/* backup, backup verify, restore and key backup: the commands in front of warehouse/backup. None of them asks for a passphrase. */
#include "warehouse/backup/backup.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include <stdio.h>

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
