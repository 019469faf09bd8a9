/* SPDX-License-Identifier: EUPL-1.2 */
/* store_lock: one writer at a time. The lock is the kernel's (flock), so that it ends with the process, however that ends; the words in
 * the file only tell who holds it, and are taken away with it. */
#include "base/calendar.h"
#include "base/fault.h"
#include "warehouse/store/store_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { WORDS_MAX = 160, FILE_MODE = 0600 };

struct store_lock {
    int descriptor;
};

static bool busy(int descriptor, const char *path, struct error *err)
{
    char words[WORDS_MAX] = "";
    ssize_t length = pread(descriptor, words, sizeof words - 1, 0);
    words[length > 0 ? length : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    FAIL(err, BUSY, "another process is writing to this store: %s", words[0] ? words : "it has not said who it is");
    error_detail(err, "%s", path);
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
    int length = snprintf(words, sizeof words, "process %ld on %s since %.19s UTC\n", (long)getpid(), host, since);
    if (length > 0 && ftruncate(descriptor, 0) == 0 && pwrite(descriptor, words, (size_t)length, 0) < 0) {
        errno = 0;
    }
}

bool store_lock_take(const struct store *store, struct store_lock **out_lock, struct error *err)
{
    struct store_path path = store_part_path(store, "lock");
    TRY(fault_point("store_lock", err));
    int descriptor = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (descriptor < 0) {
        FAIL_ERRNO(err, path.text, "the lock of the store cannot be opened");
        return error_hint(err, "a load needs the right to write into the store's directory");
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        bool is_busy = errno == EWOULDBLOCK;
        is_busy ? busy(descriptor, path.text, err) : FAIL_ERRNO(err, path.text, "the store cannot be locked");
        close(descriptor);
        return false;
    }
    struct store_lock *lock = malloc(sizeof *lock);
    if (!lock) {
        close(descriptor);
        return FAIL(err, LIMIT, "no memory left for the lock of the store");
    }
    lock->descriptor = descriptor;
    say_who(descriptor);
    *out_lock = lock;
    return true;
}

void store_lock_give(struct store_lock *lock)
{
    if (lock) {
        if (ftruncate(lock->descriptor, 0) != 0) {
            errno = 0; /* stale words in the file say nothing while nobody holds the lock */
        }
        close(lock->descriptor);
        free(lock);
    }
}
