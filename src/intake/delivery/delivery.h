/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery: one file that a holder hands over (SEC-ALI-1, EMC2-01 to 03): records and transport pseudonyms, in sealed blocks of columns,
 * under a content key that only the warehouse's intake key opens, with a manifest that the holder signs. Written as
 * docs/formats/delivery.md. holder    who delivers, by the name under which the warehouse knows them; signs with an Ed25519 key sequence
 * counts a holder's deliveries from 1, without a gap; what was delivered once is never taken again intake    the warehouse's X25519 key for
 * deliveries (crypto_envelope.h); it has a number, its epoch epoch     number of the authority's key under which the pseudonyms were made
 * Writing streams: memory is one open block a table. Reading verifies everything once, before anything is given out. */
#pragma once
#include "base/settings.h"
#include "intake/record/record.h"
#include "intake/record/record_reader.h"
#include "trust/crypto/crypto.h"

enum {
    DELIVERY_NAME_SIZE = 64,  /* of a holder, with the NUL: small letters, digits, dots, dashes, underscores */
    DELIVERY_TOKENS_MAX = 64, /* of one subject */
    DELIVERY_ELEMENT_SIZE = 32,
    DELIVERY_MANIFEST_MAX = 1 << 17,
};
struct delivery_token {
    uint8_t kind; /* of the identity key: spec/identity_keys.csv */
    uint8_t element[DELIVERY_ELEMENT_SIZE];
};
struct delivery_table {
    uint64_t rows;
    uint64_t columns; /* bit c: some row has a value of column c */
};
/* What the manifest says. */
struct delivery_head {
    char holder[DELIVERY_NAME_SIZE];
    uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE];
    uint64_t sequence;
    bool is_full; /* the holder's whole content, in place of all earlier deliveries */
    int64_t made; /* Unix seconds */
    uint32_t intake_epoch, epoch;
    uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE]; /* the intake key's public half */
    struct crypto_hash agreement;              /* under which it was made: agreement_hash */
    struct delivery_table tables[RECORD_TABLE_COUNT];
    uint64_t subjects, tokens; /* subjects with tokens, and all of their tokens */
    uint64_t blocks, bytes;    /* of the sealed blocks */
    struct crypto_hash root;   /* Merkle tree of the blocks (RFC 6962): the name of what was delivered */
};
bool delivery_holder_name_is_valid(struct text name);

/* ---- writing, at the holder ---- */
struct agreement;
struct detector;
struct delivery_writing {
    const char *holder;
    uint64_t sequence;
    bool is_full;
    int64_t made; /* 0: now */
    uint32_t intake_epoch, epoch;
    uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE];
    const struct secret *signing_seed; /* of the holder; borrowed */
    /* Columns and tables outside are left out and counted as NOT_IN_AGREEMENT, by place, in tally (which may be NULL). Borrowed. */
    const struct agreement *agreement;
    struct tally *tally;
    /* Refuses the whole delivery when a text looks like an identity, a document or binary data. NULL: not looked at. Borrowed. */
    const struct detector *detector;
};
struct delivery_writer;
/* INVALID_ARGUMENT when name, sequence or keys cannot be. */
MUST_CHECK bool delivery_writer_open(struct delivery_writer **out_writer, const char *path, const struct delivery_writing *writing,
                                     struct error *err);
/* Checks the record (record_check) and copies it. */
MUST_CHECK bool delivery_writer_add_record(struct delivery_writer *writer, const struct record *record, struct error *err);
/* Once for each subject; count is 1 to DELIVERY_TOKENS_MAX. */
MUST_CHECK bool delivery_writer_add_tokens(struct delivery_writer *writer, int64_t subject, const struct delivery_token *tokens,
                                           size_t count, struct error *err);
/* Signs, and puts the file in place durably; *out_head (NULL is fine) is what the manifest says. */
MUST_CHECK bool delivery_writer_commit(struct delivery_writer *writer, struct delivery_head *out_head, struct error *err);
void delivery_writer_close(struct delivery_writer *writer); /* without a commit nothing is left */
DEFINE_CLEANUP(delivery_writer, delivery_writer_close)

/* ---- reading ---- */
/* What the manifest says, without any key: holder_key NULL leaves the signature unverified (so nothing may be believed); else DENIED when
 * it is not that holder's. INVALID_INPUT when it is no delivery, or not whole; UNSUPPORTED when of another version. */
MUST_CHECK bool delivery_peek(const char *path, const uint8_t *holder_key, struct delivery_head *out_head, struct error *err);

/* The intake key of an epoch. NOT_FOUND when there is none. */
struct delivery_intake {
    bool (*key)(void *context, uint32_t epoch, struct secret **out_key, struct error *err);
    void *context;
};
struct delivery_opening {
    const uint8_t *holder_key; /* whose it must be */
    struct delivery_intake intake;
    const struct settings *settings; /* NULL: the defaults */
};
struct delivery;
/* Verifies everything: the holder's signature (DENIED), the recipient (DENIED), that each block is there, in its place, authentic and well
 * formed, the root, the rows of each table, and that nothing follows (INVALID_INPUT, CORRUPT; LIMIT by the settings). The path is opened
 * once: a file put in its place meanwhile is not seen. */
MUST_CHECK bool delivery_open(struct delivery **out_delivery, const char *path, const struct delivery_opening *opening, struct error *err);
void delivery_close(struct delivery *delivery);
DEFINE_CLEANUP(delivery, delivery_close)
const struct delivery_head *delivery_head(const struct delivery *delivery);
/* The same bytes at another path, durably: what was verified, whatever is at the first path meanwhile. */
MUST_CHECK bool delivery_copy(struct delivery *delivery, const char *path, struct error *err);
/* Each record of a table in the order in which it was written; it is valid during the call. */
MUST_CHECK bool delivery_scan(struct delivery *delivery, enum record_table table,
                              bool (*take)(void *context, const struct record *record, struct error *err), void *context,
                              struct error *err);
MUST_CHECK bool delivery_tokens(struct delivery *delivery,
                                bool (*take)(void *context, int64_t subject, const struct delivery_token *tokens, size_t count,
                                             struct error *err),
                                void *context, struct error *err);
/* Whether it is a pseudonym of a known kind: all of a delivery that was accepted are. */
bool delivery_token_valid(const struct delivery_token *token);
