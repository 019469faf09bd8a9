/* SPDX-License-Identifier: EUPL-1.2 */
/* database: see database.h. */
#include "service/command/database.h"
#include "service/command/confine.h"
#include "service/command/passphrase.h"
#include <string.h>

bool database_named(const struct invocation *in, struct postgresql_address *out_address, struct error *err)
{
    const char *url = command_database(in);
    if (!url) {
        FAIL(err, INVALID_ARGUMENT, "which database?");
        return error_hint(err, "name it: postgresql://USER@HOST:PORT/DATABASE, or postgresql://USER@/DATABASE?host=/DIRECTORY");
    }
    return postgresql_address_parse(url, out_address, err);
}

bool database_password(const struct invocation *in, struct secret **out_password, struct error *err)
{
    const struct passphrase_wish wish = {.what = "password", .option = "password-file", .is_pin = true};
    const char *path = invocation_value(in, wish.option);
    CLEANUP(secret) struct secret *line = NULL;
    *out_password = NULL;
    if (!path) {
        return true;
    }
    TRY(passphrase_get(&wish, path, &line, err));
    const size_t length = secret_length(line);
    if (memchr(secret_view(line), '\0', length)) {
        return FAIL(err, INVALID_ARGUMENT, "the password holds a NUL byte");
    }
    TRY(secret_create(out_password, length + 1, err));
    memcpy(secret_bytes(*out_password), secret_view(line), length);
    ((char *)secret_bytes(*out_password))[length] = '\0';
    return true;
}
