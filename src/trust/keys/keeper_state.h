/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_state: what a keeper does with a message, without its socket (private to keys): sealed or unsealed, offers, limits, sessions. */
#pragma once
#include "trust/keys/keeper_message.h"

DEFINE_ARRAY(key_file_ids, struct key_file_id)

/* One connection. */
struct keeper_session {
    uint32_t user, process;
    struct buffer held;          /* parts of what will be signed */
    struct key_file_ids pending; /* made and not committed: forgotten when the connection ends */
    struct grant load;           /* under which they were made */
    struct grant used;           /* under which keys were opened, and how many since it was told */
    uint64_t opened;
    uint64_t pseudonymised; /* elements and persons, under the same grant */
};
void keeper_session_begin(struct keeper_session *session, uint32_t user, uint32_t process);

struct keeper_state {
    struct keeper_options options;
    struct keyring *keyring;  /* NULL: sealed */
    struct secret *offer_key; /* of this unsealing */
    struct keeper_status status;
    int64_t unsealed_ns, used_ns; /* monotonic */
    size_t held;                  /* bytes, by all sessions */
    struct keeper_response *response;
    struct buffer kept; /* while KEEPER_KEPT is answered */
};
MUST_CHECK bool keeper_state_open(struct keeper_state *out_state, const struct keeper_options *options, struct error *err);
void keeper_state_close(struct keeper_state *state);
/* False: it is no message, and the connection is worth nothing. Otherwise `out` holds the response. */
MUST_CHECK bool keeper_state_answer(struct keeper_state *state, struct keeper_session *session, const void *bytes, size_t length,
                                    struct buffer *out, struct error *err);
void keeper_session_end(struct keeper_state *state, struct keeper_session *session);
/* Seals when the time is over. */
void keeper_state_tick(struct keeper_state *state, int64_t now_ns);
void keeper_state_seal(struct keeper_state *state, const struct keeper_session *by, const char *why);
MUST_CHECK bool keeper_state_tell(const struct keeper_state *state, const struct keeper_session *session, const struct keeper_act *act,
                                  struct error *err);
