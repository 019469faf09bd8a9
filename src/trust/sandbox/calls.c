/* SPDX-License-Identifier: EUPL-1.2 */
/* calls: system calls that are refused, through seccomp (libseccomp). A list of what is forbidden and not of what is allowed: DuckDB, the
 * allocator and the C library run inside the process, and what they call changes from version to version; the families below are what a
 * taken-over process would need to reach a network, another program, another process or the kernel, and nothing here ever calls them. */
#include "trust/sandbox/sandbox_internal.h"
#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char *const forbidden[] = {
    /* other programs */
    "execve",
    "execveat",
    /* other processes */
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",

    /* ways around this filter, and the debugging interfaces of the kernel */
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "userfaultfd",
    "perf_event_open",
    "bpf",
    "lookup_dcookie",
    "syslog",
    /* file systems, roots and namespaces */
    "mount",
    "umount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fspick",
    "fsconfig",
    "fsmount",
    "mount_setattr",
    "unshare",
    "setns",
    "open_by_handle_at",
    "name_to_handle_at",
    "swapon",
    "swapoff",
    "quotactl",
    "quotactl_fd",
    "acct",
    "mknod",
    "mknodat",
    /* the kernel and the machine */
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "create_module",
    "reboot",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "modify_ldt",
    "vhangup",
    /* keys of others, and other users */
    "add_key",
    "request_key",
    "keyctl",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "setfsuid",
    "setfsgid",
    "personality",
};

/* 0, or a negative errno. A call that this machine does not have is no failure. */
static int forbid(scmp_filter_ctx filter, const char *name)
{
    int call = seccomp_syscall_resolve_name(name);
    int result = call == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
    return result == -EDOM ? 0 : result;
}

/* The call with one argument as compared. */
static int forbid_with(scmp_filter_ctx filter, int call, struct scmp_arg_cmp compared)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &compared);
}

/* One comparison a rule: every family but the three is named. */
static int forbid_other_families(scmp_filter_ctx filter)
{
    int result = forbid_with(filter, SCMP_SYS(socket), (struct scmp_arg_cmp){.arg = 0, .op = SCMP_CMP_GT, .datum_a = AF_INET6});
    for (uint64_t family = AF_UNSPEC; !result && family < AF_INET6; family++) {
        if (family != AF_UNIX && family != AF_INET) {
            result = forbid_with(filter, SCMP_SYS(socket), (struct scmp_arg_cmp){.arg = 0, .op = SCMP_CMP_EQ, .datum_a = family});
        }
    }
    return result;
}

static int forbid_answering(scmp_filter_ctx filter)
{
    static const char *const calls[] = {"bind", "listen", "accept", "accept4"};
    int result = forbid_other_families(filter);
    for (size_t i = 0; !result && i < sizeof calls / sizeof *calls; i++) {
        result = forbid(filter, calls[i]);
    }
    return result;
}

static int forbid_sockets(scmp_filter_ctx filter, enum sandbox_sockets sockets)
{
    if (sockets == SANDBOX_SOCKETS_INTERNET) {
        return forbid_other_families(filter);
    }
    if (sockets == SANDBOX_SOCKETS_CLIENT) {
        return forbid_answering(filter);
    }
    if (sockets == SANDBOX_SOCKETS_UNIX) {
        return forbid_with(filter, SCMP_SYS(socket), (struct scmp_arg_cmp){.arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX});
    }
    int result = forbid(filter, "socketpair");
    return result ? result : forbid(filter, "socket");
}

/* Typing into the terminal that a person goes on using. The kernel looks at the low half of the argument. */
static int forbid_terminal(scmp_filter_ctx filter)
{
    enum { TIOCLINUX_CALL = 0x541c };
    int result = forbid_with(filter, SCMP_SYS(ioctl),
                             (struct scmp_arg_cmp){.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = TIOCSTI});
    return result
               ? result
               : forbid_with(filter, SCMP_SYS(ioctl),
                             (struct scmp_arg_cmp){.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = TIOCLINUX_CALL});
}

bool sandbox_calls_confine(enum sandbox_sockets sockets, bool *out_done, struct error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter) {
        return FAIL(err, LIMIT, "no memory left for the sandbox");
    }
    int result = forbid_sockets(filter, sockets);
    result = result ? result : forbid_terminal(filter);
    for (size_t i = 0; !result && i < sizeof forbidden / sizeof *forbidden; i++) {
        result = forbid(filter, forbidden[i]);
    }
    bool is_made = result == 0;
    result = is_made ? seccomp_load(filter) : result;
    seccomp_release(filter);
    if (!is_made) {
        errno = -result;
        return FAIL_ERRNO(err, "seccomp", "the sandbox cannot be made");
    }
    *out_done = result == 0; /* a kernel without seccomp, or a container that forbids it */
    return true;
}
