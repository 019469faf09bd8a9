/* SPDX-License-Identifier: EUPL-1.2 */
/* fault: stops the process at a named point, so that crash tests can prove what survives. The environment is read once, at the first
 * point; after that a run without EMC2_FAULT pays one branch. */
#include "base/fault.h"
#include "base/text.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATE_UNREAD, STATE_OFF, STATE_ON };

static struct {
    _Atomic int state;
    pthread_mutex_t lock; /* for the reading of the environment */
    char point[64];       /* "*" for each point, "" for none */
    int64_t passage;      /* 1-based */
    bool as_error, as_short;
    _Atomic bool is_short_due; /* the point was passed */
    int trace;                 /* descriptor, or -1 */
    _Atomic int64_t passed;
} fault = {.lock = PTHREAD_MUTEX_INITIALIZER, .trace = -1};

/* A crash test that does not crash must not look like one that passed. */
static void refuse(const char *what)
{
    fprintf(stderr, "emc2: EMC2_FAULT: %s; write name:7 or name:7:error\n", what);
    abort();
}

static void read_rule(const char *rule)
{
    const char *colon = strchr(rule, ':');
    if (!colon || colon == rule) {
        refuse("there is no name or no number");
    }
    if (!text_copy(fault.point, sizeof fault.point, (struct text){rule, (size_t)(colon - rule)})) {
        refuse("the name is too long");
    }
    const char *end = strchr(colon + 1, ':');
    struct text number = {colon + 1, end ? (size_t)(end - colon - 1) : strlen(colon + 1)};
    if (!text_to_i64(number, &fault.passage) || fault.passage < 1) {
        refuse("the number of the passage is not 1 or more");
    }
    fault.as_short = end && strcmp(end, ":short") == 0;
    fault.as_error = end && !fault.as_short;
    if (end && !fault.as_short && strcmp(end, ":error") != 0) {
        refuse("what comes after the number is neither 'error' nor 'short'");
    }
}

static void read_environment(void)
{
    pthread_mutex_lock(&fault.lock);
    if (atomic_load(&fault.state) == STATE_UNREAD) {
        const char *rule = secure_getenv("EMC2_FAULT");
        const char *trace = secure_getenv("EMC2_FAULT_TRACE");
        if (rule && rule[0]) {
            read_rule(rule);
        }
        if (trace && trace[0]) {
            fault.trace = open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            if (fault.trace < 0) {
                refuse("the file of EMC2_FAULT_TRACE cannot be opened");
            }
        }
        atomic_store(&fault.state, fault.point[0] || fault.trace >= 0 ? STATE_ON : STATE_OFF);
    }
    pthread_mutex_unlock(&fault.lock);
}

static void trace_passage(const char *name)
{
    char line[128];
    int length = snprintf(line, sizeof line, "%s\n", name);
    if (fault.trace >= 0 && length > 0 && write(fault.trace, line, (size_t)length) != length) {
        refuse("the file of EMC2_FAULT_TRACE cannot be written");
    }
}

bool fault_point(const char *name, struct error *err)
{
    int state = atomic_load_explicit(&fault.state, memory_order_acquire);
    if (__builtin_expect(state == STATE_OFF, 1)) {
        return true;
    }
    if (state == STATE_UNREAD) {
        read_environment();
        return fault_point(name, err);
    }
    trace_passage(name);
    if (strcmp(fault.point, "*") != 0 && strcmp(fault.point, name) != 0) {
        return true;
    }
    if (atomic_fetch_add(&fault.passed, 1) + 1 != fault.passage) {
        return true;
    }
    if (fault.as_short) {
        atomic_store(&fault.is_short_due, true);
        return true;
    }
    if (!fault.as_error) {
        raise(SIGKILL);
    }
    FAIL(err, IO, "no space left on the device (asked for at the fault point %s)", name);
    return error_hint(err, "unset EMC2_FAULT");
}

size_t fault_length(const char *name, size_t length)
{
    bool is_on = atomic_load_explicit(&fault.state, memory_order_acquire) == STATE_ON;
    bool is_named = is_on && fault.as_short && (strcmp(fault.point, "*") == 0 || strcmp(fault.point, name) == 0);
    return is_named && atomic_exchange(&fault.is_short_due, false) && length > 1 ? 1 : length;
}

void fault_reset_for_tests(void)
{
    if (fault.trace >= 0) {
        close(fault.trace);
    }
    fault.trace = -1;
    fault.point[0] = '\0';
    atomic_store(&fault.passed, 0);
    atomic_store(&fault.state, STATE_UNREAD);
}
