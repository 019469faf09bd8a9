/* SPDX-License-Identifier: EUPL-1.2 */
/* grant: a signed, expiring capability to do named things in one store (architecture.md section 1: the hinge). Governance issues it, the
 * store demands it to open, keys unwraps a data key only against a valid one. A plain value; it can be printed and read back. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "trust/crypto/crypto.h"

enum grant_action {
    GRANT_COUNT = 1 << 0,  /* counts and attrition only */
    GRANT_ROWS = 1 << 1,   /* rows of persons: cohorts, extracts */
    GRANT_LOAD = 1 << 2,   /* write a snapshot */
    GRANT_EXPORT = 1 << 3, /* whole tables leave (reversibility, SNC 19.1) */
    GRANT_VERIFY = 1 << 4, /* read everything to check it, without giving it out */
    GRANT_ERASE = 1 << 5,  /* exclude persons, compact, destroy keys */
    /* Turn transport pseudonyms into the warehouse's, and renew these. Apart from load: whoever may do it can, together with the authority,
     * try identities one by one; and apart from GRANT_ANY: it opens no data. */
    GRANT_PSEUDONYMISE = 1 << 6,
};
#define GRANT_ANY (GRANT_COUNT | GRANT_ROWS | GRANT_LOAD | GRANT_EXPORT | GRANT_VERIFY | GRANT_ERASE)
enum { GRANT_TEXT_MAX = 128, GRANT_STORE_ID_SIZE = 16 };

struct grant {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    char project[GRANT_TEXT_MAX]; /* "operator" for the single-operator default */
    char purpose[GRANT_TEXT_MAX];
    char holder[GRANT_TEXT_MAX];
    uint32_t actions;   /* enum grant_action */
    uint64_t tables;    /* bit i: the table i of warehouse/omop; all ones: every table */
    int64_t not_before; /* Unix seconds */
    int64_t not_after;  /* Unix seconds, exclusive */
    uint8_t nonce[16];  /* makes each grant unique, so that it can be revoked */
    uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE];
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
};

struct decision {
    bool allowed;
    const char *reason; /* static text, safe for any user */
};

/* Fills nonce, issuer and signature. */
MUST_CHECK bool grant_sign(struct grant *grant, const struct secret *issuer_seed, struct error *err);
/* Signature by `issuer`, store, time (clock_unix_seconds) and every action bit asked for. */
struct decision grant_check(const struct grant *grant, const uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE],
                            const uint8_t store_id[GRANT_STORE_ID_SIZE], uint32_t actions);
bool grant_covers_table(const struct grant *grant, unsigned table);
/* DENIED with the decision's reason. */
MUST_CHECK bool grant_demand(const struct grant *grant, const uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE],
                             const uint8_t store_id[GRANT_STORE_ID_SIZE], uint32_t actions, struct error *err);
/* The same, for what several actions allow: at least one of the bits. */
MUST_CHECK bool grant_demand_any(const struct grant *grant, const uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE],
                                 const uint8_t store_id[GRANT_STORE_ID_SIZE], uint32_t actions, struct error *err);
/* Dates, and at least one of the actions, of a grant whose signature was checked when it was taken and that nobody could change since (a
 * copy in an opaque struct): cheap enough to be asked at every read. */
MUST_CHECK bool grant_demand_live(const struct grant *grant, uint32_t actions, struct error *err);
/* JSON, indented; grant_read accepts exactly that and checks nothing but the form. */
MUST_CHECK bool grant_print(const struct grant *grant, struct buffer *out, struct error *err);
MUST_CHECK bool grant_read(struct grant *out_grant, const char *name, const void *bytes, size_t length, struct error *err);
/* Hash over the signed fields: what a log or a result names. */
struct crypto_hash grant_hash(const struct grant *grant);
