/* SPDX-License-Identifier: EUPL-1.2 */
/* init and version: the beginning of a warehouse, and what this program is. */
#include "base/log.h"
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
    (void)in;
    (void)err;
    print_line("emc2 %s", EMC2_VERSION);
    return true;
}
