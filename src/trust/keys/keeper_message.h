/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_message: what a keeper and its clients say to each other (private to keys). One message is one datagram of at most 64 KiB over a
 * Unix socket of the kind SOCK_SEQPACKET; one response for one request, with the same number and kind.
 *   "EMK", version 1, u32 number, u8 kind, [response: u8 is_failure,] body; integers little-endian; a text is u32 length and its bytes
 * Nothing may be left over behind a body. Written description: docs/formats/keeper.md. */
#pragma once
#include "base/buffer.h"
#include "base/text.h"
#include "trust/keys/key_table.h"
#include "trust/keys/keys_keeper.h"

enum keeper_kind {
    KEEPER_STATUS = 1,
    KEEPER_OFFER, /* a share or a passphrase, sealed to the keeper's key of this unsealing */
    KEEPER_SEAL,
    KEEPER_GRANT_ISSUE,
    KEEPER_HOLD, /* a part of what KEEPER_SIGN will sign */
    KEEPER_SIGN,
    KEEPER_CREATE,
    KEEPER_OPEN,
    KEEPER_COMMIT,
    KEEPER_DESTROY,
    KEEPER_FORGET,
    KEEPER_VISIT,
    KEEPER_HEAD,
    KEEPER_KEPT,         /* a part of what is kept with the head */
    KEEPER_HEAD_SET,     /* what is to be kept comes before, by KEEPER_HOLD; the last part here */
    KEEPER_RESERVED,     /* makes a key of pseudonyms */
    KEEPER_PSEUDONYMISE, /* the part: elements; they come back to the power of an exponent */
    KEEPER_PROJECT,      /* the part: numbers of persons; pseudonyms of the grant's project come back */
    KEEPER_KIND_END
};
enum {
    KEEPER_MESSAGE_MAX = 1 << 16,
    KEEPER_IDS_MAX = 3000,      /* of one message */
    KEEPER_PART_MAX = 60000,    /* bytes of KEEPER_HOLD, KEEPER_SIGN, KEEPER_OFFER, KEEPER_KEPT, KEEPER_HEAD_SET */
    KEEPER_ELEMENTS_MAX = 512,  /* of one message: what others wait for stays short */
    KEEPER_SIGN_MAX = 1 << 26,  /* bytes that are signed at once */
    KEEPER_VISIT_ENTRIES = 2400 /* of one response */
};

/* What a passphrase is sealed for, on its way to a keeper. */
#define KEEPER_PASSPHRASE_PURPOSE "emc2 passphrase for a keeper 1"

/* Fields that a kind does not have are zero. Pointers lead into the bytes of the message. */
struct keeper_request {
    uint32_t number;
    enum keeper_kind kind;
    struct grant grant;            /* GRANT_ISSUE, CREATE, OPEN, DESTROY, FORGET, KEPT, HEAD_SET, RESERVED, PSEUDONYMISE, PROJECT */
    enum key_top seed;             /* SIGN: manifests or log, never grants */
    struct key_head head;          /* HEAD_SET */
    uint32_t epochs[2];            /* PSEUDONYMISE: from, to */
    struct text part;              /* OFFER, HOLD, SIGN, HEAD_SET, PSEUDONYMISE, PROJECT */
    uint64_t offset;               /* HOLD, SIGN, HEAD_SET: how many bytes were held before; 0 begins anew. KEPT: where to begin */
    enum key_domain domain;        /* CREATE, OPEN */
    struct key_file_id file;       /* CREATE, OPEN, RESERVED; VISIT: what comes after it */
    int64_t until;                 /* CREATE */
    bool is_from_start;            /* VISIT: file does not count */
    const struct key_file_id *ids; /* DESTROY, FORGET */
    size_t id_count;
};
struct keeper_response {
    uint32_t number;
    enum keeper_kind kind;
    bool is_failure;
    struct error failure;
    struct keeper_status status; /* STATUS, OFFER, SEAL */
    struct grant grant;          /* GRANT_ISSUE */
    const uint8_t *key;          /* CREATE, OPEN: CRYPTO_KEY_SIZE bytes */
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    struct key_facts facts[KEEPER_VISIT_ENTRIES];
    size_t fact_count;
    bool is_last;         /* VISIT: there is no more */
    struct key_head head; /* HEAD */
    uint64_t kept_length; /* KEPT: all of it, and the part from the offset on */
    struct text part;     /* PSEUDONYMISE, PROJECT: what was computed, in order */
};

MUST_CHECK bool keeper_request_print(const struct keeper_request *request, struct buffer *out, struct error *err);
/* INVALID_INPUT: it is not such a message; UNSUPPORTED: of another version. */
MUST_CHECK bool keeper_request_parse(struct keeper_request *out_request, const void *bytes, size_t length, struct error *err);
MUST_CHECK bool keeper_response_print(const struct keeper_response *response, struct buffer *out, struct error *err);
MUST_CHECK bool keeper_response_parse(struct keeper_response *out_response, const void *bytes, size_t length, struct error *err);

/* Parts that both have. */
MUST_CHECK bool message_head_print(uint32_t number, enum keeper_kind kind, struct buffer *out, struct error *err);
MUST_CHECK bool message_head_parse(struct cursor *in, uint32_t *out_number, enum keeper_kind *out_kind, struct error *err);
MUST_CHECK bool message_grant_print(const struct grant *grant, struct buffer *out, struct error *err);
MUST_CHECK bool message_grant_parse(struct cursor *in, struct grant *out_grant, struct error *err);
MUST_CHECK bool message_text_print(const char *text, struct buffer *out, struct error *err);
MUST_CHECK bool message_text_parse(struct cursor *in, char *out, size_t size, struct error *err); /* shorter than size, without NUL */
MUST_CHECK bool message_u8_print(unsigned value, struct buffer *out, struct error *err);
MUST_CHECK bool message_bool_parse(struct cursor *in, bool *out_value, struct error *err); /* 0 or 1 */
MUST_CHECK bool message_fixed_parse(struct cursor *in, void *out, size_t length, struct error *err);
MUST_CHECK bool message_domain_parse(struct cursor *in, enum key_domain *out_domain, struct error *err);
MUST_CHECK bool message_time_parse(struct cursor *in, int64_t *out_seconds, struct error *err);
MUST_CHECK bool message_head_of_store_print(const struct key_head *head, struct buffer *out, struct error *err);
MUST_CHECK bool message_head_of_store_parse(struct cursor *in, struct key_head *out_head, struct error *err);
MUST_CHECK bool message_part_parse(struct cursor *in, struct text *out_part, struct error *err); /* the rest of the message */
MUST_CHECK bool message_end(const struct cursor *in, struct error *err);
bool message_refused(struct error *err); /* INVALID_INPUT, false */

/* A message's bytes in secret memory: they hold keys. */
struct keeper_room {
    struct secret *memory;
    struct buffer bytes; /* over `memory`; never grows beyond it, never to be finished */
};
MUST_CHECK bool keeper_room_open(struct keeper_room *out_room, struct error *err);
void keeper_room_wipe(struct keeper_room *room); /* empty again */
void keeper_room_close(struct keeper_room *room);
