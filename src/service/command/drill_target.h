/* SPDX-License-Identifier: EUPL-1.2 */
/* drill_target: what a key out of shares would open first: the table of keys of a warehouse, as the root key does. Private to command. */
#pragma once
#include "base/arena.h"
#include "trust/drill/drill.h"

/* *out_is_there is false when DIRECTORY is no warehouse with a table of keys. What the target refers to lies in the arena. */
MUST_CHECK bool drill_target_of(const char *directory, struct arena *arena, struct drill_target *out_target, bool *out_is_there,
                                struct error *err);
