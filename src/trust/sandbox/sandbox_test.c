/* SPDX-License-Identifier: EUPL-1.2 */
/* Each role, in a child process, tries what it must not. The same attempts without a sandbox succeed where the machine allows them, so that
 * a sandbox that does nothing fails this test. */
#include "base/scratch.h"
#include "base/task.h"
#include "trust/sandbox/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What is tried; the bit is set where it worked. */
enum attempt {
    INET_SOCKET,
    INET6_SOCKET,
    NETLINK_SOCKET,
    UNIX_SOCKET,
    EXEC,
    TRACE,
    READ_PROCESS,
    IO_URING,
    NAMESPACE,
    MOUNT,
    BPF,
    KEXEC,
    READ_OUTSIDE,
    WRITE_OUTSIDE,
    READ_INSIDE,
    WRITE_READ_ONLY,
    WRITE_INSIDE,
    RENAME_INSIDE,
    THREAD,
    MEMORY_FILE,
    ATTEMPT_COUNT
};
#define BIT(attempt) (1u << (attempt))

static char directory[64]; /* with outside, readable/file, writable */

static bool opens(const char *name, int flags)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int descriptor = open(path, flags | O_CLOEXEC, 0600);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return descriptor >= 0;
}

static bool gets_socket(int family)
{
    int descriptor = socket(family, family == AF_NETLINK ? SOCK_RAW : SOCK_STREAM, 0);
    return descriptor >= 0 && close(descriptor) == 0;
}

/* Of a program that does not exist: without a sandbox the answer is ENOENT, and the child lives on. */
static bool may_execute(void)
{
    char *const none[] = {NULL};
    execve("/nowhere/at/all", none, none);
    return errno == ENOENT;
}

static bool reads_process(void)
{
    char from[4] = "abc", to[4] = "";
    struct iovec local = {to, 3}, remote = {from, 3};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 3;
}

static bool makes_ring(void)
{
    char parameters[120] = {0};
    long descriptor = syscall(SYS_io_uring_setup, 4, parameters);
    return descriptor >= 0;
}

/* Calls that even root's words make fail: EFAULT or EINVAL shows that the kernel went on to look at them. */
static bool is_heard(long result)
{
    return result >= 0 || (errno != EPERM && errno != ENOSYS);
}

static bool begins_threads(void)
{
    struct error err;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    return task_pool_create(&pool, 2, &err);
}

static bool reopens_memory(void)
{
    char path[40];
    int descriptor = memfd_create("table", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    int again = open(path, O_RDONLY | O_CLOEXEC);
    return descriptor >= 0 && again >= 0;
}

static bool renames(void)
{
    char from[200], to[200];
    snprintf(from, sizeof from, "%s/writable/deep/made", directory);
    snprintf(to, sizeof to, "%s/writable/renamed", directory);
    return opens("writable/deep/made", O_WRONLY | O_CREAT | O_TRUNC) && rename(from, to) == 0;
}

static uint32_t try_all(void)
{
    const bool worked[ATTEMPT_COUNT] = {
        [INET_SOCKET] = gets_socket(AF_INET),
        [INET6_SOCKET] = gets_socket(AF_INET6),
        [NETLINK_SOCKET] = gets_socket(AF_NETLINK),
        [UNIX_SOCKET] = gets_socket(AF_UNIX),
        [EXEC] = may_execute(),
        [READ_PROCESS] = reads_process(),
        [IO_URING] = makes_ring(),
        [MOUNT] = is_heard(mount("none", "/nowhere/at/all", "none", 0, NULL)),
        [BPF] = is_heard(syscall(SYS_bpf, 0, NULL, 0)),
        [KEXEC] = is_heard(syscall(SYS_kexec_load, 0L, 1L, NULL, 99L)),
        [READ_OUTSIDE] = opens("outside", O_RDONLY),
        [WRITE_OUTSIDE] = opens("made", O_WRONLY | O_CREAT),
        [READ_INSIDE] = opens("readable/file", O_RDONLY),
        [WRITE_READ_ONLY] = opens("readable/file", O_WRONLY),
        [WRITE_INSIDE] = opens("writable/made", O_WRONLY | O_CREAT | O_TRUNC),
        [RENAME_INSIDE] = renames(),
        [THREAD] = begins_threads(),
        [MEMORY_FILE] = reopens_memory(),
        [TRACE] = ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0,
        [NAMESPACE] = is_heard(unshare(CLONE_FS)),
    };
    uint32_t bits = 0;
    for (unsigned i = 0; i < ATTEMPT_COUNT; i++) {
        bits |= (uint32_t)worked[i] << i;
    }
    return bits;
}

/* As a kernel without Landlock answers. */
static bool hide_landlock(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool done = filter &&
                seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), seccomp_syscall_resolve_name("landlock_create_ruleset"), 0) == 0 &&
                seccomp_load(filter) == 0;
    seccomp_release(filter);
    return done;
}

struct answer {
    bool is_entered;
    struct sandbox_state state;
    uint32_t worked;
};

static struct answer ask(enum sandbox_role role, bool has_landlock)
{
    struct answer answer = {.is_entered = false};
    char readable[100], writable[100];
    int ends[2];
    snprintf(readable, sizeof readable, "%s/readable", directory);
    snprintf(writable, sizeof writable, "%s/writable", directory);
    const struct sandbox_place places[] = {
        {readable, SANDBOX_READ}, {writable, SANDBOX_WRITE}, {"/nowhere/at/all", SANDBOX_READ}, {"/", SANDBOX_NONE}};
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error err;
        alarm(60);
        answer.is_entered = (has_landlock || hide_landlock()) && sandbox_enter(role, places, 4, &answer.state, &err);
        answer.worked = try_all();
        _exit(write(ends[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
    }
    close(ends[1]);
    int status = -1;
    assert_int_equal(read(ends[0], &answer, sizeof answer), sizeof answer);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return answer;
}

enum {
    NEEDED = BIT(READ_INSIDE) | BIT(WRITE_INSIDE) | BIT(RENAME_INSIDE) | BIT(THREAD) | BIT(MEMORY_FILE),
    FILES_GUARDED = BIT(READ_OUTSIDE) | BIT(WRITE_OUTSIDE) | BIT(WRITE_READ_ONLY),
};

static void an_open_process_can_do_it_all(void **state)
{
    (void)state;
    const struct answer answer = ask(SANDBOX_OPEN, true);
    assert_true(answer.is_entered && !answer.state.landlock && !answer.state.seccomp);
    const uint32_t everywhere =
        NEEDED | FILES_GUARDED | BIT(TRACE) | BIT(READ_PROCESS) | BIT(UNIX_SOCKET) | BIT(EXEC) | BIT(NAMESPACE) | BIT(INET_SOCKET);
    assert_int_equal(answer.worked & everywhere, everywhere);
}

static void every_role_is_kept_to_its_own(void **state)
{
    (void)state;
    const struct answer opened = ask(SANDBOX_OPEN, true); /* not every machine has IPv6 */
    for (enum sandbox_role role = SANDBOX_OPEN + 1; role < SANDBOX_ROLE_COUNT; role++) {
        const struct answer answer = ask(role, true);
        assert_true(answer.is_entered);
        assert_true(answer.state.seccomp);
        bool has_unix_socket = role != SANDBOX_OFFLINE;
        uint32_t internet = role == SANDBOX_NETWORK ? BIT(INET_SOCKET) | (opened.worked & BIT(INET6_SOCKET)) : 0;
        uint32_t allowed = NEEDED | (has_unix_socket ? BIT(UNIX_SOCKET) : 0) | internet;
        allowed |= answer.state.landlock ? 0 : FILES_GUARDED; /* the kernel of this machine has none */
        if (answer.worked != allowed) {
            fail_msg("%s: worked %#x, should be %#x", sandbox_role_name(role), answer.worked, allowed);
        }
    }
}

/* Whether the sandbox lets a call through: where the machine has no network up, nobody is reached all the same. */
static bool may_call(int caller, const struct sockaddr *whom)
{
    return connect(caller, whom, sizeof *whom) == 0 || errno == ENETUNREACH;
}

/* 0: none of it; 1: socket; 2: bind; 4: connects to the port that was given; 8: to another one. */
static int tcp_after(enum sandbox_role role, bool with_port)
{
    const struct sockaddr here = {.sa_family = AF_INET, .sa_data = {0, 0, 127, 0, 0, 1}}; /* any port of 127.0.0.1 */
    socklen_t size = sizeof here;
    char port[8];
    int listeners[2], status = 0;
    struct sockaddr open[2];
    for (int i = 0; i < 2; i++) {
        listeners[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(listeners[i], &here, sizeof here), 0);
        assert_int_equal(listen(listeners[i], 1), 0);
        assert_int_equal(getsockname(listeners[i], &open[i], &size), 0);
    }
    snprintf(port, sizeof port, "%d", (uint8_t)open[0].sa_data[0] << 8 | (uint8_t)open[0].sa_data[1]);
    const pid_t child = fork();
    if (child == 0) {
        struct error err;
        struct sandbox_state in_force;
        const struct sandbox_place places[] = {{port, SANDBOX_CONNECT}};
        if (!sandbox_enter(role, places, with_port, &in_force, &err)) {
            _exit(99);
        }
        const int made[] = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0)};
        const bool binds = bind(made[0], &here, sizeof here) == 0;
        const bool named = may_call(made[1], &open[0]);
        const bool other = may_call(made[2], &open[1]);
        const bool guarded = in_force.landlock >= 4; /* older kernels cannot tell ports apart */
        _exit((made[0] >= 0) | binds << 1 | named << 2 | (other && guarded) << 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    close(listeners[0]);
    close(listeners[1]);
    return WEXITSTATUS(status);
}

static void a_named_port_is_called_and_no_other(void **state)
{
    (void)state;
    assert_int_equal(tcp_after(SANDBOX_EXPORTER, true), 1 | 4);
    assert_int_equal(tcp_after(SANDBOX_READER, true), 1 | 4);
    assert_int_equal(tcp_after(SANDBOX_EXPORTER, false), 0);
    assert_int_equal(tcp_after(SANDBOX_OFFLINE, true), 0);
}

static void a_kernel_without_landlock_is_said(void **state)
{
    (void)state;
    const struct answer answer = ask(SANDBOX_READER, false);
    assert_true(answer.is_entered && answer.state.seccomp);
    assert_int_equal(answer.state.landlock, 0);
    assert_int_equal(answer.worked, NEEDED | FILES_GUARDED | BIT(UNIX_SOCKET)); /* the calls are refused all the same */
}

/* What is to be made is made in a directory that is there; a file is replaced beside itself. */
static void places_that_are_not_there_yet(void **state)
{
    (void)state;
    char out[200], file[200];
    int status = -1;
    snprintf(out, sizeof out, "%s/writable/new/deeper/", directory);
    snprintf(file, sizeof file, "%s/writable/file.csv", directory);
    pid_t child = fork();
    if (child == 0) {
        struct error err;
        struct sandbox_state in_force;
        const struct sandbox_place places[] = {{out, SANDBOX_WRITE}, {file, SANDBOX_REPLACE}};
        bool done = file_write_atomic(file, "x", 1, 0600, &err) && sandbox_enter(SANDBOX_READER, places, 2, &in_force, &err);
        *strrchr(out, '/') = '\0';
        *strrchr(out, '/') = '\0';
        _exit(done && directory_create(out, 0700, &err) && file_write_atomic(file, "xy", 2, 0600, &err) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int begin(void **state)
{
    (void)state;
    struct error err;
    struct scratch scratch = scratch_open();
    snprintf(directory, sizeof directory, "%s", scratch.directory);
    bool done = directory_create(scratch_path(&scratch, "readable"), 0700, &err) &&
                directory_create(scratch_path(&scratch, "writable"), 0700, &err) &&
                directory_create(scratch_path(&scratch, "writable/deep"), 0700, &err) &&
                file_write_atomic(scratch_path(&scratch, "outside"), "x", 1, 0600, &err) &&
                file_write_atomic(scratch_path(&scratch, "readable/file"), "x", 1, 0600, &err);
    return done ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    struct error err;
    return directory_remove_all(directory, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_process_can_do_it_all),       cmocka_unit_test(every_role_is_kept_to_its_own),
        cmocka_unit_test(a_named_port_is_called_and_no_other), cmocka_unit_test(a_kernel_without_landlock_is_said),
        cmocka_unit_test(places_that_are_not_there_yet),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
