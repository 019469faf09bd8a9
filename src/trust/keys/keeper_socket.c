/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_socket: both ends of the socket of a keeper. */
#include "trust/keys/keeper_socket.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* BACKLOG: as many as the kernel lets wait (somaxconn): a crowd that comes while the keeper works is not turned away, it waits. */
enum { PATH_SIZE = 4096, BACKLOG = 4096, GROUPS_MAX = 1024, STALE_SECONDS = 5 };

static bool address_of(const char *path, struct sockaddr_un *out_address, struct error *err)
{
    *out_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof out_address->sun_path) {
        FAIL(err, INVALID_ARGUMENT, "the path of the keeper's socket has more than %zu bytes", sizeof out_address->sun_path - 1);
        return error_hint(err, "name a shorter one with --socket (keeper) and --keeper (other commands)");
    }
    memcpy(out_address->sun_path, path, strlen(path));
    return true;
}

static bool folder_of(const char *path, struct stat *out_status, struct error *err)
{
    char folder[PATH_SIZE] = ".";
    const char *slash = strrchr(path, '/');
    if (slash) {
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    }
    if (stat(folder, out_status) != 0) {
        return FAIL_ERRNO(err, folder, "the folder of the keeper's socket cannot be read");
    }
    return true;
}

/* ---- the keeper's end ---- */
static bool folder_check(struct keeper_socket *socket, struct error *err)
{
    struct stat status;
    TRY(folder_of(socket->path, &status, err));
    if (status.st_uid != geteuid() || (status.st_mode & 027)) {
        FAIL(err, DENIED, "the folder of the keeper's socket is open to others, or not the keeper's own");
        error_detail(err, "%s", socket->path);
        return error_hint(err, "chmod 700 the folder; or chgrp and chmod 750 it, to let a group use the keeper");
    }
    socket->is_for_group = status.st_mode & 010;
    socket->group = status.st_gid;
    return true;
}

static bool only_one(struct keeper_socket *socket, struct error *err)
{
    char path[PATH_SIZE];
    const struct lock_place place = {path, "a keeper is running here already", "the lock of the keeper cannot be taken",
                                     "`emc2 key status` shows whether a keeper is running"};
    snprintf(path, sizeof path, "%s.lock", socket->path);
    return lock_take(&socket->lock, &place, 0, err);
}

static bool stale_remove(const char *path, struct error *err)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT || FAIL_ERRNO(err, path, "the place of the keeper's socket cannot be read");
    }
    if (!S_ISSOCK(status.st_mode)) {
        FAIL(err, EXISTS, "there is something else at the place of the keeper's socket");
        return error_detail(err, "%s", path);
    }
    int descriptor = -1;
    if (keeper_socket_connect(path, STALE_SECONDS, &descriptor, NULL)) {
        close(descriptor);
        return FAIL(err, BUSY, "somebody answers at the place of the keeper's socket");
    }
    return unlink(path) == 0 || FAIL_ERRNO(err, path, "an old socket of a keeper cannot be removed");
}

static bool listen_at(struct keeper_socket *socket_, const struct sockaddr_un *address, struct error *err)
{
    const char *path = socket_->path;
    socket_->descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_->descriptor < 0) {
        return FAIL_ERRNO(err, path, "the keeper's socket cannot be made");
    }
    mode_t before = umask(0177);
    bool is_bound = bind(socket_->descriptor, (const struct sockaddr *)address, sizeof *address) == 0;
    umask(before);
    if (!is_bound || listen(socket_->descriptor, BACKLOG) != 0) {
        return FAIL_ERRNO(err, path, "the keeper's socket cannot be opened");
    }
    if (socket_->is_for_group && (chown(path, (uid_t)-1, socket_->group) != 0 || chmod(path, 0660) != 0)) {
        return FAIL_ERRNO(err, path, "the keeper's socket cannot be given to its group");
    }
    return true;
}

bool keeper_socket_open(struct keeper_socket *out_socket, const char *path, struct error *err)
{
    struct sockaddr_un address;
    TRY(address_of(path, &address, err));
    *out_socket = (struct keeper_socket){.descriptor = -1, .path = strdup(path)};
    if (!out_socket->path) {
        abort(); /* like the arena */
    }
    TRY(folder_check(out_socket, err));
    TRY(only_one(out_socket, err));
    TRY(stale_remove(path, err));
    return listen_at(out_socket, &address, err);
}

void keeper_socket_close(struct keeper_socket *socket)
{
    if (socket->descriptor >= 0) {
        unlink(socket->path);
        close(socket->descriptor);
    }
    lock_give(&socket->lock);
    free(socket->path);
    *socket = (struct keeper_socket){.descriptor = -1};
}

static bool is_member(int descriptor, gid_t first, gid_t group)
{
    gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof groups;
    if (first == group) {
        return true;
    }
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) {
        return false;
    }
    for (size_t i = 0; i < size / sizeof *groups; i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return false;
}

bool keeper_socket_peer(const struct keeper_socket *socket, int descriptor, uint32_t *out_user, uint32_t *out_process, struct error *err)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return FAIL_ERRNO(err, socket->path, "who connected cannot be found out");
    }
    *out_user = peer.uid;
    *out_process = (uint32_t)peer.pid;
    if (peer.uid != geteuid() && !(socket->is_for_group && is_member(descriptor, peer.gid, socket->group))) {
        FAIL(err, DENIED, "the keeper does not serve this user");
        return error_hint(err, "use the user of the keeper, or a member of the group of its socket's folder");
    }
    return true;
}

/* ---- the client's end ---- */
static bool server_check(const char *path, int descriptor, struct error *err)
{
    struct stat folder;
    struct ucred peer;
    socklen_t size = sizeof peer;
    TRY(folder_of(path, &folder, err));
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return FAIL_ERRNO(err, path, "whose socket this is cannot be found out");
    }
    if (peer.uid != folder.st_uid || (folder.st_mode & 022)) {
        FAIL(err, DENIED, "what answers at the keeper's socket is not the keeper");
        error_detail(err, "%s: process %d of user %u", path, (int)peer.pid, (unsigned)peer.uid);
        return error_hint(err, "the folder of the socket must be the keeper's own, and writable by nobody else");
    }
    return true;
}

static bool connect_says(const char *path, struct error *err)
{
    int reason = errno;
    if (reason == EAGAIN) {
        FAIL(err, BUSY, "the keeper does not answer in time: too many wait for it");
        error_detail(err, "%s", path);
        return error_hint(err, "try again; `emc2 key status` answers as soon as the keeper does");
    }
    FAIL_ERRNO(err, path, reason == ENOENT ? "there is no keeper's socket" : "the keeper does not answer");
    return error_hint(err, "start it with `emc2 keeper run`, then unseal it with `emc2 key unseal`");
}

/* For connecting, the deadline of sending counts (unix(7)). */
static void patience(int descriptor, int option, unsigned seconds)
{
    const struct timeval time = {.tv_sec = (time_t)seconds};
    (void)setsockopt(descriptor, SOL_SOCKET, option, &time, sizeof time);
}

bool keeper_socket_connect(const char *path, unsigned wait_seconds, int *out_descriptor, struct error *err)
{
    struct sockaddr_un address;
    TRY(address_of(path, &address, err));
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return FAIL_ERRNO(err, path, "no socket can be made");
    }
    patience(descriptor, SO_SNDTIMEO, wait_seconds);
    bool done = connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 || connect_says(path, err);
    done = done && server_check(path, descriptor, err);
    patience(descriptor, SO_RCVTIMEO, KEEPER_CONNECT_SECONDS);
    patience(descriptor, SO_SNDTIMEO, KEEPER_CONNECT_SECONDS);
    if (!done) {
        close(descriptor);
        return false;
    }
    *out_descriptor = descriptor;
    return true;
}
