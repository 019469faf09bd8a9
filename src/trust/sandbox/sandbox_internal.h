/* SPDX-License-Identifier: EUPL-1.2 */
/* The two halves of the sandbox (private): paths.c knows files, calls.c knows system calls. */
#pragma once
#include "trust/sandbox/sandbox.h"

/* landlock_restrict_self for the places of the system and of the caller; *out_version 0 where the kernel has no Landlock. */
MUST_CHECK bool sandbox_paths_confine(const struct sandbox_place *places, size_t count, int *out_version, struct error *err);
/* Refuses system calls with EPERM. has_unix_socket: sockets of the family AF_UNIX stay. */
MUST_CHECK bool sandbox_calls_confine(bool has_unix_socket, bool *out_done, struct error *err);
