/* SPDX-License-Identifier: EUPL-1.2 */
/* lock: see lock.h. */
#include "base/lock.h"
#include "base/calendar.h"
#include "base/file_internal.h"
#include "base/task.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 200, COMMAND_SIZE = 32, FILE_MODE = 0600, STEP_NS = 5000000, NS_PER_MS = 1000000 };
static char command_words[COMMAND_SIZE]; /* set before there are threads */

void lock_says(const char *command)
{
    snprintf(command_words, sizeof command_words, "%s", command);
}

/* What is unlike our words is not repeated: the file may be somebody else's. */
static void holder_read(int descriptor, char out[WORDS_MAX])
{
    memset(out, 0, WORDS_MAX);
    ssize_t length = pread(descriptor, out, WORDS_MAX - 1, 0);
    out[length > 0 ? length : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    bool is_ours = strncmp(out, "process ", strlen("process ")) == 0;
    for (const char *letter = out; *letter; letter++) {
        is_ours = is_ours && *letter >= ' ' && *letter <= '~';
    }
    if (!is_ours) {
        snprintf(out, WORDS_MAX, "it has not said who it is");
    }
}

static bool busy(int descriptor, const struct lock_place *place, unsigned wait_ms, struct error *err)
{
    char holder[WORDS_MAX];
    holder_read(descriptor, holder);
    if (wait_ms > 0) {
        FAIL(err, BUSY, "%s: %s; waited %u ms", place->busy, holder, wait_ms);
    } else {
        FAIL(err, BUSY, "%s: %s", place->busy, holder);
    }
    error_detail(err, "%s", place->path);
    return error_hint(err, "wait until it has finished; when that process is gone, so is its lock");
}

/* What cannot be written here does not matter: the lock is held all the same. */
static void say_who(int descriptor)
{
    char host[64] = "", words[WORDS_MAX], since[INSTANT_TEXT_SIZE];
    instant_to_text((instant){clock_unix_seconds() * 1000000}, since);
    if (gethostname(host, sizeof host - 1) != 0) {
        host[0] = '\0';
    }
    int length = snprintf(words, sizeof words, "process %ld on %s since %.19s UTC%s%s\n", (long)getpid(), host, since,
                          command_words[0] ? ", emc2 " : "", command_words);
    if (length > 0 && ftruncate(descriptor, 0) == 0 && pwrite(descriptor, words, (size_t)length, 0) < 0) {
        errno = 0;
    }
}

static bool unusable(const struct lock_place *place, struct error *err)
{
    FAIL_ERRNO(err, place->path, "%s", place->unusable);
    return place->hint ? error_hint(err, "%s", place->hint) : false;
}

/* Nothing but a plain file: a link would lead elsewhere, a pipe would wait. */
static bool file_open(const struct lock_place *place, int *out_descriptor, struct error *err)
{
    struct stat status;
    int descriptor;
    do {
        descriptor = open(place->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        return unusable(place, err);
    }
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(descriptor);
        FAIL(err, INVALID_ARGUMENT, "%s: its lock is not a plain file", place->unusable);
        return error_detail(err, "%s", place->path);
    }
    *out_descriptor = descriptor;
    return true;
}

/* -1: somebody else holds it; 0: it failed; 1: taken. */
static int flock_once(int descriptor)
{
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR) {
            return errno == EWOULDBLOCK ? -1 : 0;
        }
    }
    return 1;
}

static bool wait_for(int descriptor, const struct lock_place *place, unsigned wait_ms, struct error *err)
{
    const int64_t deadline = clock_monotonic_ns() + (int64_t)wait_ms * NS_PER_MS;
    int got;
    while ((got = flock_once(descriptor)) < 0) {
        if (clock_monotonic_ns() >= deadline) {
            return busy(descriptor, place, wait_ms, err);
        }
        TRY(task_check(err));
        nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL); /* a signal ends it early, which does no harm */
    }
    return got > 0 ? true : unusable(place, err);
}

bool lock_take(struct lock *out_lock, const struct lock_place *place, unsigned wait_ms, struct error *err)
{
    __attribute__((cleanup(descriptor_cleanup))) int descriptor = -1;
    TRY(file_open(place, &descriptor, err));
    TRY(wait_for(descriptor, place, wait_ms, err));
    say_who(descriptor);
    *out_lock = (struct lock){true, descriptor};
    descriptor = -1;
    return true;
}

bool lock_try(struct lock *out_lock, const struct lock_place *place, bool *out_taken, struct error *err)
{
    struct error reason = {.message = ""};
    *out_taken = lock_take(out_lock, place, 0, &reason);
    if (*out_taken || reason.code == ERROR_BUSY) {
        return true;
    }
    if (err) {
        *err = reason;
    }
    return false;
}

void lock_give(struct lock *lock)
{
    if (lock->is_held) {
        if (ftruncate(lock->descriptor, 0) != 0) {
            errno = 0; /* stale words in the file say nothing while nobody holds the lock */
        }
        close(lock->descriptor);
        lock->is_held = false;
    }
}
