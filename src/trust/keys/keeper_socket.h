/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_socket: the Unix socket of a keeper (private to keys): where it stands, who may reach it, who is at the other end. */
#pragma once
#include "base/error.h"
#include "base/lock.h"
#include <stdint.h>
#include <sys/types.h>

enum { KEEPER_CONNECT_SECONDS = 120 };
struct keeper_socket {
    int descriptor;   /* -1: none */
    struct lock lock; /* held as long as the keeper lives: a socket whose lock is free is nobody's */
    char *path;
    bool is_for_group; /* its folder is open to its group */
    gid_t group;
};
/* Its folder must be the keeper's, and closed to others: 0700, or 0750 for a group. BUSY: another keeper has it. */
MUST_CHECK bool keeper_socket_open(struct keeper_socket *out_socket, const char *path, struct error *err);
void keeper_socket_close(struct keeper_socket *socket);
/* DENIED when whoever connected is neither the keeper's user nor in its group; the two numbers are filled all the same. */
MUST_CHECK bool keeper_socket_peer(const struct keeper_socket *socket, int descriptor, uint32_t *out_user, uint32_t *out_process,
                                   struct error *err);
/* The other side: connected, and answered by whoever owns the folder of the socket. A keeper that does not take in whoever comes (so many
 * wait already) is waited for; BUSY after wait_seconds. Nothing on the connection waits longer than KEEPER_CONNECT_SECONDS. */
MUST_CHECK bool keeper_socket_connect(const char *path, unsigned wait_seconds, int *out_descriptor, struct error *err);
