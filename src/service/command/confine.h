/* SPDX-License-Identifier: EUPL-1.2 */
/* confine: the sandbox of one call of a command: its role, and the files that its arguments name. Private to command. */
#pragma once
#include "service/command/invocation.h"

/* Enters the sandbox of the command's role; in->sandbox says what is in force. Before anything from outside is read. */
/* The address of the database server that the command was told to speak to; NULL: none. */
const char *command_database(const struct invocation *in);
MUST_CHECK bool command_confine(struct invocation *in, struct error *err);
