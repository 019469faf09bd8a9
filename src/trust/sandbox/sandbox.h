/* SPDX-License-Identifier: EUPL-1.2 */
/* sandbox: a process gives up what its role does not need, for good: files outside the named paths (Landlock), and networks, other
 * programs, other processes and the kernel's administration (seccomp). Entered after the arguments are understood and before a byte from
 * outside is parsed, so that a fault in a parser finds nothing to take hold of (SEC-JOU, SNC 10.5). Words. role: what a command is in this
 * respect; its rights are rows of the table in sandbox.c. place: a path that the caller names, with what may be done there. */
#pragma once
#include "base/error.h"
#include <stddef.h>

enum sandbox_role {
    SANDBOX_OPEN,     /* not confined: said out loud in the table of commands */
    SANDBOX_READER,   /* reads the warehouse, writes results */
    SANDBOX_MAKER,    /* makes a warehouse */
    SANDBOX_LOADER,   /* reads a source, writes the warehouse */
    SANDBOX_EXPORTER, /* reads the warehouse, writes tables */
    SANDBOX_KEEPER,   /* keys and one Unix socket */
    SANDBOX_NETWORK,  /* speaks over the internet protocols to sides that it knows; otherwise like a loader */
    SANDBOX_OFFLINE,  /* no warehouse at all */
    SANDBOX_ROLE_COUNT
};
enum sandbox_access {
    SANDBOX_NONE,
    SANDBOX_READ,    /* the file, or all below the directory; no matter if it is not there */
    SANDBOX_WRITE,   /* all below the directory is read, written, made, renamed and removed */
    SANDBOX_REPLACE, /* what the path names is made or replaced: so may be all in the directory that holds it */
    SANDBOX_CONNECT, /* no file: `path` is a TCP port, in digits, of a machine that the operator named. The role may then connect over TCP
                      * to that port, and neither listen nor answer; Landlock and seccomp know no machines, so it is that port anywhere */
};
struct sandbox_place {
    const char *path;
    enum sandbox_access access;
};
/* What is in force. */
struct sandbox_state {
    int landlock; /* the kernel's version of it; 0: this kernel has none, and files are guarded by their permissions alone */
    bool seccomp;
};

const char *sandbox_role_name(enum sandbox_role role);
/* What the role may do in the warehouse. */
enum sandbox_access sandbox_role_warehouse(enum sandbox_role role);
/* Confines the calling process, before it has threads, and every thread and process that it begins later. Cannot be undone. Places that
 * every program needs (system libraries, /proc, the terminal, the settings of the machine) are there without being named. A kernel without
 * Landlock or seccomp is no failure: out_state says so. */
MUST_CHECK bool sandbox_enter(enum sandbox_role role, const struct sandbox_place *places, size_t count, struct sandbox_state *out_state,
                              struct error *err);
