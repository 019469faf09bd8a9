/* SPDX-License-Identifier: EUPL-1.2 */
/* database: the PostgreSQL server that a command was told to speak to: its address, and the password from a private file. Private to
 * command. */
#pragma once
#include "engines/postgresql/postgresql.h"
#include "service/command/invocation.h"
#include "trust/crypto/crypto.h"

/* INVALID_ARGUMENT when there is none, or it is none. */
MUST_CHECK bool database_named(const struct invocation *in, struct postgresql_address *out_address, struct error *err);
/* The first line of the file that --password-file names, with a NUL at its end; *out_password NULL without one: peer or certificate. */
MUST_CHECK bool database_password(const struct invocation *in, struct secret **out_password, struct error *err);
