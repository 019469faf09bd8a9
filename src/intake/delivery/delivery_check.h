/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_check: whether the warehouse takes a delivery (EMC2-01, EMC2-02): everything about it and in it, in one place, before anything
 * is staged. One thing wrong, and it is refused whole; the report says what and where (table, column, block, row), never the value. */
#pragma once
#include "base/json.h"
#include "intake/delivery/delivery_agreement.h"
#include "intake/delivery/delivery_detect.h"

/* What the warehouse knows of the holder that the delivery names. */
struct delivery_holder {
    const char *name;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    bool is_suspended;
    day from, until;                   /* of the holder's entry */
    uint64_t last_sequence;            /* 0: none was taken yet */
    const struct agreement *agreement; /* NULL: there is none */
};
struct delivery_checking {
    const struct delivery_holder *holder; /* NULL: nobody of that name is known */
    struct delivery_intake intake;
    const struct detector *detector;
    const struct settings *settings; /* NULL: the defaults */
    day today;
    /* Whether an earlier delivery of this holder had the person. NULL: only persons of this delivery are known. */
    bool (*is_subject_known)(void *context, int64_t subject);
    void *context;
};
/* Days and years: none before the first year; an end at most so many days behind the last day that is taken. */
enum { DELIVERY_FIRST_YEAR = 1850, DELIVERY_END_AHEAD_DAYS = 3660 };
/* What can be wrong with a value. FAULT_ORDER is a remark: counted, and no reason to refuse. */
enum delivery_fault {
    FAULT_DETECTED, /* the text looks like `detected` */
    FAULT_PAST,     /* a day before 1850 */
    FAULT_FUTURE,   /* more than delivery_days_ahead from today; for the end of something: ten years more */
    FAULT_RANGE,    /* a month 13, a second 90000, a number that is not positive */
    FAULT_WORD,     /* none of the words that the column may hold */
    FAULT_SUBJECT,  /* a person whom neither this delivery nor an earlier one has */
    FAULT_DOUBLE,   /* there before, in the same table */
    FAULT_TOKEN,    /* no pseudonym: no element of the group, or of no kind; linkage could not use it, and assembly would stop at it */
    FAULT_ORDER,    /* it ends before it starts */
    FAULT_COUNT
};
/* One fault in one column, with its first place. */
struct delivery_finding {
    bool is_tokens; /* among the tokens, not in a table */
    enum record_table table;
    enum record_column column;
    enum delivery_fault fault;
    enum detected detected;
    uint64_t count;      /* FAULT_DETECTED: of different texts in a block */
    uint64_t block, row; /* from 1: the block of the file, the row of the table */
};
const char *delivery_finding_words(const struct delivery_finding *finding, bool in_french); /* "a NIR", "a day before 1850" */
enum { DELIVERY_FINDINGS_MAX = 200, DELIVERY_REASON_SIZE = 48 };
struct delivery_report {
    bool is_accepted;
    char reason[DELIVERY_REASON_SIZE]; /* one word for the log: "signature", "sequence", "content"; "" when accepted */
    char message[400];                 /* the sentence */
    bool has_head;                     /* the manifest could be read */
    bool is_authentic;                 /* and its signature is the holder's */
    struct delivery_head head;
    size_t finding_count; /* each refuses */
    struct delivery_finding findings[DELIVERY_FINDINGS_MAX];
    size_t remark_count; /* counted only: ends before starts */
    struct delivery_finding remarks[DELIVERY_FINDINGS_MAX];
};
/* Fails only for what is no fault of the delivery (IO of the host, no memory, CANCELLED). Otherwise *out_report says it, and *out_delivery
 * is the delivery, open for delivery_scan, when it is accepted, and NULL when not. */
MUST_CHECK bool delivery_check_all(struct delivery **out_delivery, struct delivery_report *out_report, const char *path,
                                   const struct delivery_checking *checking, struct error *err);
MUST_CHECK bool delivery_report_write(const struct delivery_report *report, struct json_writer *writer, struct error *err);
