/* SPDX-License-Identifier: EUPL-1.2 */
/* lock: the kernel's flock, which ends with the process, however that ends; the words in the file only tell who holds it. */
#include "trust/ledger/lock.h"
#include "base/calendar.h"
#include "base/fault.h"
#include "trust/ledger/files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 160, FILE_MODE = 0600, STEP_NS = 5000000 };

static bool busy(int descriptor, const char *path, unsigned wait_ms, struct error *err)
{
    char words[WORDS_MAX] = "";
    ssize_t length = pread(descriptor, words, sizeof words - 1, 0);
    words[length > 0 ? length : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    FAIL(err, BUSY, "the log is being written by %s; waited %u ms", words[0] ? words : "somebody who has not said who it is", wait_ms);
    error_detail(err, "%s", path);
    return error_hint(err, "try again; when that process is gone, so is its lock");
}

/* What cannot be written here does not matter: the lock is held all the same. */
static void say_who(int descriptor)
{
    char host[64] = "", words[WORDS_MAX], since[INSTANT_TEXT_SIZE];
    instant_to_text((instant){clock_unix_seconds() * 1000000}, since);
    if (gethostname(host, sizeof host - 1) != 0) {
        host[0] = '\0';
    }
    int length = snprintf(words, sizeof words, "process %ld on %s since %.19s UTC\n", (long)getpid(), host, since);
    if (length > 0 && ftruncate(descriptor, 0) == 0 && pwrite(descriptor, words, (size_t)length, 0) < 0) {
        errno = 0;
    }
}

bool log_lock_take(struct log_lock *lock, const char *directory, unsigned wait_ms, struct error *err)
{
    char path[FILES_PATH_SIZE];
    log_files_path(directory, "lock", path);
    TRY(fault_point("ledger_lock", err));
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (descriptor < 0) {
        FAIL_ERRNO(err, path, "the lock of the log cannot be opened");
        return error_hint(err, "an append needs the right to write into the log's directory");
    }
    int64_t deadline = clock_monotonic_ns() + (int64_t)wait_ms * 1000000;
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        bool is_busy = errno == EWOULDBLOCK || errno == EINTR;
        if (!is_busy || clock_monotonic_ns() >= deadline) {
            is_busy ? busy(descriptor, path, wait_ms, err) : FAIL_ERRNO(err, path, "the log cannot be locked");
            close(descriptor);
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
    }
    say_who(descriptor);
    lock->descriptor = descriptor;
    return true;
}

void log_lock_give(struct log_lock *lock)
{
    if (ftruncate(lock->descriptor, 0) != 0) {
        errno = 0; /* stale words say nothing while nobody holds the lock */
    }
    close(lock->descriptor);
}
