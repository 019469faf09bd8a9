/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_record: one entry of the log: who did what, when, under which grant, to which object, with public facts, and with private parts
 * that are only committed to (SEC-JOU-1, EHDS art. 73(1)(e)). Its bytes are canonical: one record has one form, and only that is read.
 * A *commitment* is SHA-256(salt || name || 0x00 || text) with 32 random bytes of salt. The *opening* (salt and text) can be shown to an
 * auditor; once every copy of the salt is destroyed, the commitment tells nothing any more, and the log stays verifiable. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"
#include "trust/crypto/crypto.h"
#include "trust/ledger/ledger_acts.h" /* generated: enum ledger_act { LEDGER_ACT_KEY_CEREMONY, ... LEDGER_ACT_COUNT } */

enum {
    LEDGER_ACTOR_SIZE = 97, /* each with its NUL */
    LEDGER_NAME_SIZE = 33,
    LEDGER_WORD_SIZE = 97,
    LEDGER_FACTS_MAX = 16,
    LEDGER_PRIVATE_MAX = 8,
    LEDGER_RECORD_BYTES_MAX = 8192,
    LEDGER_SALT_SIZE = 32,
    LEDGER_OPENING_TEXT_MAX = 4096, /* bytes of a private text */
};
#define LEDGER_NUMBER_MAX INT64_C(9007199254740991) /* 2^53 - 1: exact in every reader of JSON */

struct ledger_fact {
    char name[LEDGER_NAME_SIZE];
    bool is_number;
    int64_t number;
    char word[LEDGER_WORD_SIZE];
};
struct ledger_commitment {
    char name[LEDGER_NAME_SIZE];
    struct crypto_hash hash;
};
struct ledger_record {
    int64_t time; /* Unix seconds */
    enum ledger_act act;
    char actor[LEDGER_ACTOR_SIZE]; /* an account or a role; a person's name belongs into a private part */
    bool has_grant, has_object;
    struct crypto_hash grant, object;
    unsigned fact_count, private_count;
    struct ledger_fact facts[LEDGER_FACTS_MAX];
    struct ledger_commitment privates[LEDGER_PRIVATE_MAX];
};

const char *ledger_act_name(enum ledger_act act);
const char *ledger_act_meaning(enum ledger_act act);
bool ledger_act_from_name(struct text name, enum ledger_act *out_act);

/* Filling a record. Words (actor and facts) consist of letters, digits and . _ : / @ + - ; names of small letters, digits and _. What
 * does not, or is one too many, fails with INVALID_ARGUMENT. */
MUST_CHECK bool ledger_record_begin(struct ledger_record *out_record, enum ledger_act act, const char *actor, int64_t unix_seconds,
                                    struct error *err);
void ledger_record_grant(struct ledger_record *record, const struct crypto_hash *grant);
void ledger_record_object(struct ledger_record *record, const struct crypto_hash *object);
MUST_CHECK bool ledger_record_number(struct ledger_record *record, const char *name, int64_t number, struct error *err);
MUST_CHECK bool ledger_record_word(struct ledger_record *record, const char *name, const char *word, struct error *err);

/* A private part after opening it. */
struct ledger_opening {
    char name[LEDGER_NAME_SIZE];
    uint8_t salt[LEDGER_SALT_SIZE];
    struct text text; /* UTF-8 */
};
/* Commits to `text` under a fresh salt. *out_opening borrows text; keep it (ledger_openings.h) or forget it. */
MUST_CHECK bool ledger_record_commit(struct ledger_record *record, const char *name, struct text text, struct ledger_opening *out_opening,
                                     struct error *err);
/* Whether the opening is that of the record's commitment of the same name. */
bool ledger_record_opening_check(const struct ledger_record *record, const struct ledger_opening *opening);

/* Canonical bytes, appended; and back. INVALID_INPUT for anything that is not byte for byte what ledger_record_print writes. */
MUST_CHECK bool ledger_record_print(const struct ledger_record *record, struct buffer *out, struct error *err);
MUST_CHECK bool ledger_record_parse(struct ledger_record *out_record, struct text bytes, struct arena *scratch, struct error *err);
