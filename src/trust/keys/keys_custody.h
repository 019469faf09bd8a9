/* SPDX-License-Identifier: EUPL-1.2 */
/* keys_custody: the root key held by n custodians of whom any k bring it back (architecture.md section 5; SNC 10.5.c: no one alone).
 *   custodian   a person with an X25519 key: the public part is one line, the secret part a file sealed under a passphrase or a token
 *   ceremony    cuts a root key into shares, each sealed to its custodian, and writes what anybody may see into keys/custody.json
 *   generation  counts the ceremonies of a store; shares of an earlier one belong to an earlier root key, which opens nothing any more
 * custody.json holds a commitment to each share: a wrong, changed or foreign share is refused by name, before shares are combined. It is
 * authenticated under the root key itself. Formats: docs/formats/custody.md. The struct custody of keys.h is at the end of the page. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/crypto/crypto.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

enum {
    CUSTODIANS_MAX = 16,
    CUSTODIAN_NAME_SIZE = 64, /* with the NUL */
    CUSTODY_CEREMONY_SIZE = 16,
    CUSTODY_FILE_MAX = 1 << 16, /* bytes of custody.json */
    CUSTODIAN_FILE_MAX = 256,   /* bytes of a custodian's file, and of a share file */
    SHARE_FILE_MAX = 320,
    SHARE_CONTENT_SIZE = CRYPTO_KEY_SIZE + 16, /* the share, and what blinds its commitment */
    SHARE_TRANSCRIPT_MAX = 256,
};

/* ---- A custodian ---- */
/* name: 1 to 63 letters, digits, dots, dashes and underscores. */
struct custodian {
    char name[CUSTODIAN_NAME_SIZE];
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
};
/* What a custodian's secret is sealed under: exactly one of the two. Borrowed. */
struct token;
struct key_lock {
    const struct secret *passphrase;
    struct token *token;
};
/* A new key pair; out_file gets the bytes of the custodian's file. */
MUST_CHECK bool custodian_create(struct custodian *out_custodian, struct buffer *out_file, const char *name, const struct key_lock *lock,
                                 struct error *err);
/* Who a custodian's file belongs to, without opening it (what is read is not yet authenticated); is_token: sealed under a token. */
MUST_CHECK bool custodian_identify(struct custodian *out_custodian, bool *out_is_token, const void *file, size_t length, struct error *err);
/* DENIED when the passphrase or token is not the right one, or the file was changed. */
MUST_CHECK bool custodian_open(struct secret **out_key, const void *file, size_t length, const struct key_lock *lock, struct error *err);
/* The public line, "emc2-custodian1 NAME HEX"; it carries a check, so that a mistyped one is refused. */
MUST_CHECK bool custodian_line_print(const struct custodian *custodian, struct buffer *out, struct error *err);
MUST_CHECK bool custodian_line_parse(struct custodian *out_custodian, struct text line, struct error *err);

/* ---- A share ---- */
struct share_head {
    uint8_t store_id[GRANT_STORE_ID_SIZE], ceremony[CUSTODY_CEREMONY_SIZE];
    uint32_t generation;
    uint8_t threshold, count, index; /* index from 1 */
    char custodian[CUSTODIAN_NAME_SIZE];
};
struct share {
    struct share_head head;
    struct secret *content; /* SHARE_CONTENT_SIZE bytes */
};
void share_finish(struct share *share);
static inline __attribute__((unused)) void share_value_cleanup(struct share *share)
{
    share_finish(share);
}
/* The head of a share file, not yet authenticated. */
MUST_CHECK bool share_identify(struct share_head *out_head, const void *file, size_t length, struct error *err);
/* Opens a share file with the custodian's key. DENIED when it is another custodian's, or was changed. */
MUST_CHECK bool share_open(struct share *out_share, const void *file, size_t length, const struct secret *custodian_key, struct error *err);
/* From a custodian's terminal to the keeper: sealed again to the keeper's key of this one unsealing. The transcript (what both sides saw,
 * such as the keeper's nonce) is bound in: a message taken from one unsealing opens in no other. */
MUST_CHECK bool share_reseal(struct buffer *out_message, const struct share *share, const uint8_t keeper_public_key[CRYPTO_PUBLIC_KEY_SIZE],
                             const void *transcript, size_t transcript_length, struct error *err);
MUST_CHECK bool share_receive(struct share *out_share, const void *message, size_t length, const struct secret *keeper_key,
                              const void *transcript, size_t transcript_length, struct error *err);

/* ---- custody.json ---- */
struct custody_member {
    struct custodian custodian;
    struct crypto_hash commitment;
};
struct custody_record {
    uint8_t store_id[GRANT_STORE_ID_SIZE], ceremony[CUSTODY_CEREMONY_SIZE];
    uint32_t generation;
    unsigned threshold, count;
    int64_t made; /* Unix seconds */
    struct custody_member members[CUSTODIANS_MAX];
    struct crypto_hash check;          /* tells the root key of this ceremony from any other */
    struct crypto_hash authentication; /* over all that stands above, under the root key */
};
MUST_CHECK bool custody_record_print(const struct custody_record *record, struct buffer *out, struct error *err);
MUST_CHECK bool custody_record_parse(struct custody_record *out_record, const void *bytes, size_t length, struct error *err);
/* CORRUPT when it is another store's. NOT_FOUND: the store has no custodians. */
MUST_CHECK bool custody_record_read(struct custody_record *out_record, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                    struct error *err);
/* CORRUPT when the record was changed since the ceremony, or the root key is another's. */
MUST_CHECK bool custody_record_verify(const struct custody_record *record, const struct secret *root, struct error *err);
/* The drill, and the first step of every unsealing: whether this is the share of this custodian in this ceremony. DENIED says whose share
 * it is and what is wrong: another store, another ceremony (an old or mixed share), a changed share. */
MUST_CHECK bool custody_share_check(const struct custody_record *record, const struct share *share, struct error *err);

/* ---- The ceremony ---- */
struct custody_plan {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    uint32_t generation;
    unsigned threshold, count;
    int64_t made;
    const struct custodian *custodians; /* count of them; names and keys must differ */
};
/* Cuts the root key; out_files[i] gets the share file of custodians[i]. Nothing is written: the caller stores the share files first, then
 * the record. */
MUST_CHECK bool custody_ceremony(struct custody_record *out_record, struct buffer out_files[CUSTODIANS_MAX],
                                 const struct custody_plan *plan, const struct secret *root, struct error *err);

/* ---- Unsealing: shares arrive one by one ---- */
struct custody_threshold;
enum share_outcome { SHARE_ACCEPTED, SHARE_DUPLICATE };
MUST_CHECK bool custody_threshold_begin(struct custody_threshold **out_threshold, const char *path,
                                        const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err);
void custody_threshold_end(struct custody_threshold *threshold); /* wipes the shares */
DEFINE_CLEANUP(custody_threshold, custody_threshold_end)
/* Copies the share. DENIED as custody_share_check; the shares before it stay. */
MUST_CHECK bool custody_threshold_add(struct custody_threshold *threshold, const struct share *share, enum share_outcome *out_outcome,
                                      struct error *err);
unsigned custody_threshold_missing(const struct custody_threshold *threshold); /* 0: the root key can be unsealed */
bool custody_threshold_has(const struct custody_threshold *threshold, unsigned index);
const struct custody_record *custody_threshold_record(const struct custody_threshold *threshold);
/* The custody for keyring_open; borrows the threshold. root_unseal fails with DENIED while shares are missing. */
struct custody custody_threshold_custody(struct custody_threshold *threshold);

/* ---- The recovery sheet ---- */
/* A custodian's file and share file in one run of bytes, for paper; share_length 0: no share. */
MUST_CHECK bool custodian_bundle_print(struct buffer *out, const void *custodian_file, size_t custodian_length, const void *share_file,
                                       size_t share_length, struct error *err);
/* The two texts point into bytes. */
MUST_CHECK bool custodian_bundle_parse(struct text *out_custodian_file, struct text *out_share_file, const void *bytes, size_t length,
                                       struct error *err);
