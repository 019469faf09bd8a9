/* SPDX-License-Identifier: EUPL-1.2 */
/* init and version: the beginning of a warehouse, and what this program is. */
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include <stdio.h>

bool command_init(struct invocation *in, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    TRY(warehouse_passphrase(in, true, &passphrase, err));
    TRY(warehouse_create(warehouse_directory(in), passphrase, err));
    print_line("warehouse made in %s", warehouse_directory(in));
    if (!invocation_flag(in, "quiet")) {
        print_line("keep the passphrase where it is neither lost nor beside the files: without it nothing can be read, ever again");
        print_line("next: emc2 load SOURCE --warehouse %s", warehouse_directory(in));
    }
    return true;
}

bool command_version(struct invocation *in, struct error *err)
{
    if (!invocation_flag(in, "json")) {
        char landlock[40];
        snprintf(landlock, sizeof landlock, in->sandbox.landlock ? "Landlock version %d" : "no Landlock", in->sandbox.landlock);
        print_line("emc2 %s", EMC2_VERSION);
        print_line("sandbox: %s, %s", in->sandbox.seccomp ? "seccomp" : "no seccomp", landlock);
        return true;
    }
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 12};
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "version", err) && json_text(&writer, TEXT(EMC2_VERSION), err));
    TRY(json_name(&writer, "sandbox", err) && json_begin_object(&writer, err));
    TRY(json_name(&writer, "role", err) && json_text(&writer, text_of(sandbox_role_name(in->command->role)), err));
    TRY(json_name(&writer, "seccomp", err) && json_bool(&writer, in->sandbox.seccomp, err));
    TRY(json_name(&writer, "landlock", err) && json_i64(&writer, in->sandbox.landlock, err));
    TRY(json_end_object(&writer, err) && json_end_object(&writer, err));
    return print_buffer(&out, err);
}
