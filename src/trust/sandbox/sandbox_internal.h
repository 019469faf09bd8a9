/* SPDX-License-Identifier: EUPL-1.2 */
/* The two halves of the sandbox (private): paths.c knows files, calls.c knows system calls. */
#pragma once
#include "trust/sandbox/sandbox.h"

/* landlock_restrict_self for the places of the system and of the caller; has_internet: TCP is left alone, otherwise it goes to the ports of
 * the places and no others; *out_version 0 where the kernel has no Landlock. */
MUST_CHECK bool sandbox_paths_confine(const struct sandbox_place *places, size_t count, bool has_internet, int *out_version,
                                      struct error *err);
/* Which sockets stay: none; those of the family AF_UNIX; these and AF_INET, AF_INET6, which only call; the same, and they answer, too. */
enum sandbox_sockets { SANDBOX_SOCKETS_NONE, SANDBOX_SOCKETS_UNIX, SANDBOX_SOCKETS_CLIENT, SANDBOX_SOCKETS_INTERNET };
/* Refuses system calls with EPERM. */
MUST_CHECK bool sandbox_calls_confine(enum sandbox_sockets sockets, bool *out_done, struct error *err);
