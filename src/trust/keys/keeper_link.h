/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_link: a client's connection to a keeper, and one request over it (private to keys). */
#pragma once
#include "base/task.h"
#include "trust/keys/keeper_message.h"

struct keeper_link {
    struct task_lock *lock;    /* over all below */
    struct task_lock *signing; /* over the parts of one signature; taken before the other */
    char *path;
    int descriptor; /* -1: lost */
    uint32_t number;
    bool has_uncommitted; /* keys that the keeper forgets with this connection: it cannot simply be made again */
    struct keeper_status status;
    struct keeper_room room;
    struct keeper_response *response;
};
/* Sends, waits, and calls `take` (NULL: nothing to take) with the response, which lives no longer; all under the link's lock. A connection
 * that the keeper dropped is made again once. A failure that the keeper names comes back as its own. */
typedef bool keeper_take(void *context, const struct keeper_response *response, struct error *err);
MUST_CHECK bool keeper_link_ask(struct keeper_link *link, struct keeper_request *request, keeper_take *take, void *context,
                                struct error *err);
