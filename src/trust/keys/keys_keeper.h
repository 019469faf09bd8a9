/* SPDX-License-Identifier: EUPL-1.2 */
/* keys_keeper: a process that holds the keys of one warehouse, and does with them only what keys.h says, for others on the same machine
 * (architecture.md section 9). It has a Unix socket, and neither network nor data.
 *   sealed    it has no key; offers (shares of custodians, or a passphrase) bring the root key back, one after the other
 *   unsealed  it answers; the keys are wiped when it is sealed again: by command, at SIGTERM, after a time
 *   offer     sealed to the keeper's key of this one unsealing: what is copied from the socket opens nothing later
 *   link      a client's connection; keyring_connect makes a keyring of one, on which every function of keys.h works unchanged
 * Who may connect: the keeper's own user; and, where the folder of the socket is open to its group (0750), members of that group. */
#pragma once
#include "base/error.h"
#include "trust/keys/keys.h"

enum {
    KEEPER_HOLDERS_MAX = 16,
    KEEPER_HOLDER_SIZE = 64, /* with the NUL */
    KEEPER_NONCE_SIZE = 16,
    KEEPER_TRANSCRIPT_SIZE = 16 + GRANT_STORE_ID_SIZE + KEEPER_NONCE_SIZE,
};

/* What anybody may know who may connect. */
struct keeper_status {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    bool is_unsealed;
    bool is_repeated;      /* after an offer: it was there already */
    bool is_memory_locked; /* all of the process, not only its keys */
    char custody[16];      /* "passphrase", "threshold" */
    uint32_t generation;   /* of the ceremony; 0: a passphrase */
    uint32_t threshold, count;
    unsigned holder_count; /* sealed: whose offers are there; unsealed: who unsealed it */
    char holders[KEEPER_HOLDERS_MAX][KEEPER_HOLDER_SIZE];
    int64_t since, until;                           /* Unix seconds: of the state, and when an unsealed keeper seals itself (0: sealed) */
    uint8_t governance_key[CRYPTO_PUBLIC_KEY_SIZE]; /* zero while sealed, as the next two */
    uint8_t manifest_key[CRYPTO_PUBLIC_KEY_SIZE], log_key[CRYPTO_PUBLIC_KEY_SIZE];
    uint8_t offer_key[CRYPTO_PUBLIC_KEY_SIZE]; /* X25519: offers of this unsealing are sealed to it */
    uint8_t nonce[KEEPER_NONCE_SIZE];
    uint64_t keys_opened, keys_made; /* since it was unsealed */
};
/* What an offer is bound to: the store and this unsealing. */
void keeper_transcript(const struct keeper_status *status, uint8_t out_transcript[KEEPER_TRANSCRIPT_SIZE]);

/* ---- where offers go ---- */
struct keeper_offer {
    const void *sealed;
    size_t length;
    const struct secret *key; /* X25519 */
    const uint8_t *transcript;
    size_t transcript_length;
};
/* One for each kind of custody. */
struct keeper_share_sink {
    const char *custody;
    /* Takes an offer in. out_holder, out_index: whose it is and which share (0: it is none), also when it is refused, as far as they are
     * known. DENIED says what is wrong with it; what was offered before stays. */
    bool (*offer)(void *context, const struct keeper_offer *offer, char out_holder[KEEPER_HOLDER_SIZE], uint32_t *out_index,
                  bool *out_is_repeated, struct error *err);
    void (*describe)(const void *context, uint32_t *out_generation, uint32_t *out_threshold, uint32_t *out_count);
    unsigned (*missing)(const void *context);
    struct custody (*custody_of)(void *context); /* borrows; once nothing is missing */
    void (*reset)(void *context);                /* wipes every offer */
    void (*release)(void *context);
    void *context;
};
/* One offer for each custodian, until the threshold of custody.json at `path` is reached. */
void keeper_threshold_sink(struct keeper_share_sink *out_sink, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE]);
/* One offer: the passphrase of the root key file at `path`. */
void keeper_passphrase_sink(struct keeper_share_sink *out_sink, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE]);

/* ---- what happens, for the log ---- */
enum keeper_act_kind {
    KEEPER_ACT_OFFER_ACCEPTED,
    KEEPER_ACT_OFFER_REFUSED,
    KEEPER_ACT_UNSEALED,
    KEEPER_ACT_SEALED,
    KEEPER_ACT_GRANT_ISSUED,
    KEEPER_ACT_KEYS_OPENED, /* count of them under one grant and connection: when the connection ends, or uses another grant */
    KEEPER_ACT_KEYS_DESTROYED,
    KEEPER_ACT_PEER_REFUSED,
    KEEPER_ACT_PSEUDONYMISED, /* count of elements or persons, told as opened keys are */
    KEEPER_ACT_PSEUDONYM_KEY, /* an exponent, or the key of a project, was made */
};
struct keeper_act {
    enum keeper_act_kind kind;
    uint32_t user, process;    /* of the peer; process 0: the keeper itself */
    const char *who, *why;     /* the holder of an offer; the reason. NULL: none */
    uint32_t index;            /* of the holder's share; 0: none */
    const struct grant *grant; /* NULL: none */
    uint64_t count;
    const struct keyring *keyring; /* NULL while it is sealed */
};
const char *keeper_act_name(enum keeper_act_kind kind);
/* Called before the act is acknowledged: when it fails, the peer gets its error instead of an answer. */
struct keeper_listener {
    bool (*act)(void *context, const struct keeper_act *act, struct error *err);
    /* Before the first key is given out under a grant and connection: KEEPER_ACT_KEYS_OPENED will come, and must find room. When it fails
     * no key is given out. NULL: there always is. */
    bool (*ready)(void *context, const struct keyring *keyring, struct error *err);
    void *context;
};

/* ---- the keeper ---- */
struct keeper_options {
    const char *directory, *socket_path; /* of the keys; of the socket */
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct keeper_share_sink sink; /* taken over */
    struct keeper_listener listener;
    int64_t unsealed_seconds_max, idle_seconds_max;
    unsigned connections_max;
    bool is_memory_locked;
};
struct keeper;
/* Sealed, and listening. BUSY: another keeper answers at this socket. A socket that nobody answers is replaced. */
MUST_CHECK bool keeper_open(struct keeper **out_keeper, const struct keeper_options *options, struct error *err);
/* Answers until task_cancel. */
MUST_CHECK bool keeper_serve(struct keeper *keeper, struct error *err);
void keeper_close(struct keeper *keeper); /* seals, and takes the socket away */
DEFINE_CLEANUP(keeper, keeper_close)
/* For the process of a keeper, before it has secrets. True: all of its memory is locked, and will be. */
bool keeper_process_lock_memory(void);
/* The same, once its socket is there: not dumpable, no new privileges, no capability. */
MUST_CHECK bool keeper_process_harden(struct error *err);

/* ---- a client ---- */
struct keeper_link;
/* NOT_FOUND: there is no socket; IO: nobody answers it; DENIED: it is not the keeper's, or the keeper does not serve this user. */
MUST_CHECK bool keeper_link_open(struct keeper_link **out_link, const char *socket_path, struct error *err);
void keeper_link_close(struct keeper_link *link);
DEFINE_CLEANUP(keeper_link, keeper_link_close)
MUST_CHECK bool keeper_link_status(struct keeper_link *link, struct keeper_status *out_status, struct error *err);
/* An offer that is sealed already, for the status that this link gave last. */
MUST_CHECK bool keeper_link_offer(struct keeper_link *link, const void *sealed, size_t length, struct keeper_status *out_status,
                                  struct error *err);
MUST_CHECK bool keeper_link_offer_passphrase(struct keeper_link *link, const struct secret *passphrase, struct keeper_status *out_status,
                                             struct error *err);
/* A custodian's share, opened at this terminal; it is sealed again for this unsealing. */
struct share;
MUST_CHECK bool keeper_link_offer_share(struct keeper_link *link, const struct share *share, struct keeper_status *out_status,
                                        struct error *err);
MUST_CHECK bool keeper_link_seal(struct keeper_link *link, struct keeper_status *out_status, struct error *err);

/* The keyring of a keeper that is unsealed, and of this store. Any number of threads may use it; one request is under way at a time. */
MUST_CHECK bool keyring_connect(struct keyring **out_keyring, const char *socket_path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                struct error *err);
