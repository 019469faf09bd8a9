/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_process: what the process of a keeper gives up before it has secrets, and its memory, which never goes to swap. */
#include "trust/keys/keys_keeper.h"
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Only where the limit is none: under a smaller one, locking what is still to come would make every later allocation fail. */
bool keeper_process_lock_memory(void)
{
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    struct rlimit limit = {0, 0};
    (void)setrlimit(RLIMIT_MEMLOCK, &none);
    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY &&
           mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

bool keeper_process_harden(struct error *err)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
    umask(077);
    TRY(crypto_process_harden(err));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &head, none) != 0) {
        return FAIL_ERRNO(err, "", "the keeper could not give up its privileges");
    }
    return true;
}
