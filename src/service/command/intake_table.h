/* SPDX-License-Identifier: EUPL-1.2 */
/* intake_table: the commands about holders and their deliveries, a part of the table in command.c. Private to command. */
#pragma once
#include "service/command/invocation.h"

extern const struct command intake_commands[];
extern const int intake_command_count;
