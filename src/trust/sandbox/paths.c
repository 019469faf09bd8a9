/* SPDX-License-Identifier: EUPL-1.2 */
/* paths: which files a process may still open, through Landlock (linux/landlock.h, by system call: the C library has no functions for it).
 * What older headers do not name is named here; what an older kernel does not know is not asked of it. */
#include "base/text.h"
#include "trust/sandbox/sandbox_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };
#define RIGHT(bit) (UINT64_C(1) << (bit))
#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define TRUNCATE_RIGHT RIGHT(14)  /* LANDLOCK_ACCESS_FS_TRUNCATE, version 3 */
#define IOCTL_DEV_RIGHT RIGHT(15) /* LANDLOCK_ACCESS_FS_IOCTL_DEV, version 5 */
/* Neither devices, sockets, pipes nor links are made. */
#define WRITE_RIGHTS                                                                                                \
    (READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER | TRUNCATE_RIGHT)
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE_RIGHT | IOCTL_DEV_RIGHT)

#define CONNECT_TCP_RIGHT RIGHT(1) /* LANDLOCK_ACCESS_NET_CONNECT_TCP, version 4 */
#define RULE_NET_PORT 2            /* LANDLOCK_RULE_NET_PORT */

struct port_rule { /* struct landlock_net_port_attr */
    uint64_t allowed_access, port;
};
struct ruleset_attributes { /* struct landlock_ruleset_attr as of version 6 */
    uint64_t handled_files, handled_network, scoped;
};

/* What the program and its libraries read: their own files, the kernel's words on the machine, chance, and the terminal. */
static const struct sandbox_place system_places[] = {
    {"/usr", SANDBOX_READ},         {"/lib", SANDBOX_READ},      {"/lib64", SANDBOX_READ},           {"/proc", SANDBOX_READ},
    {"/sys", SANDBOX_READ},         {"/etc/emc2", SANDBOX_READ}, {"/etc/ld.so.cache", SANDBOX_READ}, {"/etc/localtime", SANDBOX_READ},
    {"/dev/urandom", SANDBOX_READ}, {"/dev/tty", SANDBOX_WRITE}, {"/dev/null", SANDBOX_WRITE},       {"/dev/zero", SANDBOX_READ},
};

/* ---- the kernel ---- */
static int kernel_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0; /* ENOSYS: too old; EOPNOTSUPP: switched off */
}

static uint64_t rights_known(int version)
{
    const unsigned bits = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
    return RIGHT(bits) - 1;
}

static int ruleset_create(int version, bool has_internet)
{
    struct ruleset_attributes attributes = {.handled_files = rights_known(version)};
    size_t size = sizeof attributes.handled_files;
    if (version >= 4) {
        attributes.handled_network = has_internet ? 0 : RIGHT(0) | RIGHT(1); /* bind and connect over TCP */
        size = offsetof(struct ruleset_attributes, scoped);
    }
    if (version >= 6) {
        attributes.scoped = RIGHT(0) | RIGHT(1); /* abstract sockets and signals of processes outside */
        size = sizeof attributes;
    }
    return (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
}

/* ---- places ---- */
/* The directory that holds PATH. */
static bool holder_of(const char *path, char out[PATH_SIZE])
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    while (length > 0 && path[length - 1] != '/') {
        length--;
    }
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    if (length >= PATH_SIZE) {
        return false;
    }
    snprintf(out, PATH_SIZE, "%.*s", length ? (int)length : 1, length ? path : ".");
    return true;
}

/* -1 where it is not there. What is to be made needs a right on the nearest directory above that is there. */
static int place_open(const char *place, bool is_written)
{
    char path[PATH_SIZE], holder[PATH_SIZE];
    snprintf(path, sizeof path, "%s", place);
    for (;;) {
        int descriptor = open(path, O_PATH | O_CLOEXEC);
        bool is_there = descriptor >= 0 || (errno != ENOENT && errno != ENOTDIR);
        if (is_there || !is_written || !holder_of(path, holder) || strcmp(holder, path) == 0) {
            return descriptor;
        }
        memcpy(path, holder, sizeof path);
    }
}

static bool place_allow(int ruleset, int version, const struct sandbox_place *place, struct error *err)
{
    struct stat facts;
    char holder[PATH_SIZE];
    const bool is_written = place->access != SANDBOX_READ;
    if (strlen(place->path) >= PATH_SIZE || !holder_of(place->path, holder)) {
        return FAIL(err, INVALID_ARGUMENT, "a path is too long");
    }
    int descriptor = place_open(place->access == SANDBOX_REPLACE ? holder : place->path, is_written);
    if (descriptor < 0) {
        return true;
    }
    uint64_t rights = is_written ? WRITE_RIGHTS : READ_RIGHTS;
    if (fstat(descriptor, &facts) == 0 && !S_ISDIR(facts.st_mode)) {
        rights = (is_written ? rights | IOCTL_DEV_RIGHT : rights) & FILE_RIGHTS;
    }
    const struct landlock_path_beneath_attr rule = {.allowed_access = rights & rights_known(version), .parent_fd = descriptor};
    bool done = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    if (!done) {
        FAIL_ERRNO(err, place->path, "a place cannot be given to the sandbox");
    }
    close(descriptor);
    return done;
}

/* Older kernels know nothing of ports, and the filter of system calls is alone. */
static bool port_allow(int ruleset, int version, const char *digits, struct error *err)
{
    int64_t port = 0;
    if (!text_to_i64(text_of(digits), &port) || port < 1 || port > UINT16_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "no port of TCP");
    }
    const struct port_rule rule = {CONNECT_TCP_RIGHT, (uint64_t)port};
    return version < 4 || syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) == 0 ||
           FAIL_ERRNO(err, "landlock", "a port cannot be given to the sandbox");
}

static bool given_allow(int ruleset, int version, const struct sandbox_place *place, bool has_internet, struct error *err)
{
    if (place->access == SANDBOX_CONNECT) {
        return has_internet || port_allow(ruleset, version, place->path, err);
    }
    return place->access == SANDBOX_NONE || place_allow(ruleset, version, place, err);
}

bool sandbox_paths_confine(const struct sandbox_place *places, size_t count, bool has_internet, int *out_version, struct error *err)
{
    const int version = kernel_version();
    *out_version = 0;
    if (version == 0) {
        return true;
    }
    int ruleset = ruleset_create(version, has_internet);
    if (ruleset < 0) {
        return FAIL_ERRNO(err, "landlock", "the sandbox cannot be made");
    }
    bool done = true;
    for (size_t i = 0; done && i < sizeof system_places / sizeof *system_places; i++) {
        done = place_allow(ruleset, version, &system_places[i], err);
    }
    for (size_t i = 0; done && i < count; i++) {
        done = given_allow(ruleset, version, &places[i], has_internet, err);
    }
    if (done && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
        done = FAIL_ERRNO(err, "landlock", "the sandbox cannot be entered");
    }
    close(ruleset);
    *out_version = done ? version : 0;
    return done;
}
