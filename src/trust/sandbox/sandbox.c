/* SPDX-License-Identifier: EUPL-1.2 */
/* sandbox: the roles as a table, and entering one. */
#include "trust/sandbox/sandbox.h"
#include "trust/sandbox/sandbox_internal.h"
#include <assert.h>
#include <sys/prctl.h>

static const struct role_rights {
    const char *name;
    enum sandbox_access warehouse;
    enum sandbox_sockets sockets; /* Unix: to the keeper, or for it */
} roles[SANDBOX_ROLE_COUNT] = {
    [SANDBOX_OPEN] = {"open", SANDBOX_WRITE, SANDBOX_SOCKETS_UNIX},
    [SANDBOX_READER] = {"reader", SANDBOX_READ, SANDBOX_SOCKETS_UNIX},
    [SANDBOX_MAKER] = {"maker", SANDBOX_REPLACE, SANDBOX_SOCKETS_UNIX},
    [SANDBOX_LOADER] = {"loader", SANDBOX_WRITE, SANDBOX_SOCKETS_UNIX},
    [SANDBOX_EXPORTER] = {"exporter", SANDBOX_READ, SANDBOX_SOCKETS_UNIX},
    [SANDBOX_KEEPER] = {"keeper", SANDBOX_WRITE, SANDBOX_SOCKETS_UNIX},
    [SANDBOX_OFFLINE] = {"offline", SANDBOX_NONE, SANDBOX_SOCKETS_NONE},
    [SANDBOX_NETWORK] = {"network", SANDBOX_WRITE, SANDBOX_SOCKETS_INTERNET},
};

const char *sandbox_role_name(enum sandbox_role role)
{
    assert((unsigned)role < SANDBOX_ROLE_COUNT);
    return roles[role].name;
}

enum sandbox_access sandbox_role_warehouse(enum sandbox_role role)
{
    assert((unsigned)role < SANDBOX_ROLE_COUNT);
    return roles[role].warehouse;
}

/* A role with sockets to the keeper calls a named port as well; one without any never does. */
static enum sandbox_sockets sockets_of(enum sandbox_role role, const struct sandbox_place *places, size_t count)
{
    enum sandbox_sockets sockets = roles[role].sockets;
    for (size_t i = 0; i < count; i++) {
        if (places[i].access == SANDBOX_CONNECT && sockets == SANDBOX_SOCKETS_UNIX) {
            sockets = SANDBOX_SOCKETS_CLIENT;
        }
    }
    return sockets;
}

bool sandbox_enter(enum sandbox_role role, const struct sandbox_place *places, size_t count, struct sandbox_state *out_state,
                   struct error *err)
{
    struct sandbox_state state = {.landlock = 0};
    assert((unsigned)role < SANDBOX_ROLE_COUNT);
    if (role != SANDBOX_OPEN) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
            return FAIL_ERRNO(err, "", "the process cannot give up new privileges");
        }
        const enum sandbox_sockets sockets = sockets_of(role, places, count);
        TRY(sandbox_paths_confine(places, count, sockets == SANDBOX_SOCKETS_INTERNET, &state.landlock, err));
        TRY(sandbox_calls_confine(sockets, &state.seccomp, err));
    }
    *out_state = state;
    return true;
}
