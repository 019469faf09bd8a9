/* SPDX-License-Identifier: EUPL-1.2 */
/* confine: see confine.h. An option that names a file or a directory has a row here; one without a row gives no right. */
#include "service/command/confine.h"
#include "base/file.h"
#include "base/log.h"
#include "engines/postgresql/postgresql.h"
#include "service/command/centre.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include <string.h>

static const struct option_place {
    const char *option;
    enum sandbox_access access;
} option_places[] = {
    {"passphrase-file", SANDBOX_READ},
    {"settings", SANDBOX_READ},
    {"statistics", SANDBOX_WRITE},
    {"out", SANDBOX_REPLACE},
    {"from", SANDBOX_READ},
    {"keys", SANDBOX_READ},
    {"compare", SANDBOX_READ},
    {"key", SANDBOX_READ},
    {"since", SANDBOX_READ},
    {"opening", SANDBOX_READ},
    {"witness", SANDBOX_READ},
    {"file", SANDBOX_READ},
    {"to", SANDBOX_REPLACE},
    {"socket", SANDBOX_REPLACE},
    {"keeper", SANDBOX_READ},
    {"new-passphrase-file", SANDBOX_READ},
    {"custodian", SANDBOX_READ},
    {"share", SANDBOX_READ},
    {"sheet", SANDBOX_READ},
    {"shares", SANDBOX_READ},
    {"custody", SANDBOX_READ},
    {"truth", SANDBOX_READ},
    {"links", SANDBOX_READ},
    {"planted", SANDBOX_READ},
    {"card", SANDBOX_READ},
    {"plain", SANDBOX_READ},
    {"names", SANDBOX_READ},
    {"first-passphrase-file", SANDBOX_READ},
    {"second-passphrase-file", SANDBOX_READ},
    {"centre", SANDBOX_REPLACE},
    {"page", SANDBOX_REPLACE},
    {"left", SANDBOX_READ},
    {"right", SANDBOX_READ},
    {"columns", SANDBOX_READ},
    {"password-file", SANDBOX_READ},
};
enum { OPTIONS = sizeof option_places / sizeof *option_places };

static const char *const log_parts[] = {"ledger", "openings", "keys"};
enum { LOG_PARTS = sizeof log_parts / sizeof *log_parts };

/* What the name of a machine is looked up with. */
static const char *const name_files[] = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"};
enum { NAME_FILES = sizeof name_files / sizeof *name_files, DATABASE_PLACES = NAME_FILES + 4 };

/* The server whose address the operator typed: its port when it is not a Unix socket, and the files that TLS needs. An address that is none
 * gives no right. */
static size_t database_places(const struct invocation *in, struct sandbox_place *places)
{
    struct postgresql_address address;
    size_t count = 0;
    const char *url = command_database(in);
    struct postgresql_address *kept = ARENA_NEW(in->arena, struct postgresql_address);
    if (!url || !postgresql_address_parse(url, &address, NULL) || address.host[0] == '/') {
        return 0;
    }
    *kept = address;
    places[count++] = (struct sandbox_place){arena_text_format(in->arena, "%u", address.port), SANDBOX_CONNECT};
    const char *const files[] = {kept->authority, kept->certificate, kept->key};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i][0]) {
            places[count++] = (struct sandbox_place){files[i], SANDBOX_READ};
        }
    }
    for (size_t i = 0; !address.is_local && i < NAME_FILES; i++) {
        places[count++] = (struct sandbox_place){name_files[i], SANDBOX_READ};
    }
    return count;
}

const char *command_database(const struct invocation *in)
{
    return invocation_value(in, in->command->run == command_publish ? "to" : "database");
}

/* Rows are kept in a folder of the warehouse, which must be there to be named. */
static bool kept_place(const struct invocation *in, struct sandbox_place *out_place, struct error *err)
{
    const char *folder = arena_text_format(in->arena, "%s/cohorts", warehouse_directory(in));
    bool exists;
    TRY(file_exists(warehouse_directory(in), &exists, err) && (!exists || directory_create(folder, 0700, err)));
    *out_place = (struct sandbox_place){folder, SANDBOX_WRITE};
    return true;
}

bool command_confine(struct invocation *in, struct error *err)
{
    const struct command *command = in->command;
    struct sandbox_place *places =
        ARENA_ARRAY(in->arena, struct sandbox_place, (size_t)in->word_count + OPTIONS + DATABASE_PLACES + 2 + LOG_PARTS);
    ARENA_ARRAY(in->arena, struct sandbox_place, (size_t)in->word_count + OPTIONS + 3 + sizeof log_parts / sizeof *log_parts);
    size_t count = 0;
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *path = invocation_value(in, option_places[i].option);
        if (path && path != command_database(in)) {
            places[count++] = (struct sandbox_place){path, option_places[i].access};
        }
    }
    count += database_places(in, places + count);
    for (int i = 0; command->words_are_files && i < in->word_count; i++) {
        places[count++] = (struct sandbox_place){in->words[i], SANDBOX_READ};
    }
    places[count++] = (struct sandbox_place){warehouse_directory(in), sandbox_role_warehouse(command->role)};
    /* What a reader reads is written into the log, under a key of its own; and keys may be a link to another device. */
    if (sandbox_role_warehouse(command->role) != SANDBOX_NONE) {
        for (size_t i = 0; i < LOG_PARTS; i++) {
            places[count++] =
                (struct sandbox_place){arena_text_format(in->arena, "%s/%s", warehouse_directory(in), log_parts[i]), SANDBOX_WRITE};
        }
    }
    if (invocation_value(in, "keep")) {
        TRY(kept_place(in, &places[count++], err));
    }
    for (const struct option_spec *option = command->options; option->name; option++) {
        if (strcmp(option->name, "centre") == 0 && !invocation_value(in, "centre")) {
            places[count++] = (struct sandbox_place){centre_directory(in), SANDBOX_REPLACE};
        }
    }
    if (command->run == command_demo) {
        places[count++] = (struct sandbox_place){demo_directory(in), SANDBOX_REPLACE};
    }
    TRY(sandbox_enter(command->role, places, count, &in->sandbox, err));
    if (command->role != SANDBOX_OPEN && !invocation_flag(in, "quiet") && (!in->sandbox.landlock || !in->sandbox.seccomp)) {
        log_write(LOG_LEVEL_WARNING, "emc2", "this kernel has no %s: the sandbox of this command is not complete (emc2 version says more)",
                  in->sandbox.seccomp ? "Landlock" : "seccomp");
    }
    return true;
}
