/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage: which entries are one person. An entry is one subject of one holder: tokens, by kind of identity key, that say only "equal" or
 * "not equal" (intake/identity/identity_keys.h), and a coarse outline. No name, no number, no day of birth comes here.
 *   pair    two entries that share a token; pattern: in what they agree; weight: log2 of how much likelier the pattern is in one person
 *           than in two (Fellegi and Sunter, JASA 64, 1969); m and u are found by EM (Winkler 1988, Jaro, JASA 84, 1989)
 *   unique  of several candidates at one holder none is taken (CNAM, appariements, 2019: EMC2-06)
 *   person  the transitive closure of pairs that were taken, unless that would put a contradiction into one person (EMC2-07)
 * Life cycle: entries sorted by (holder, subject) -> linkage_run -> linkage_result; linkage_state (linkage_state.h) goes from run to run
 * and keeps the persons' numbers. The result depends on entries, options and state only, never on threads. */
#pragma once
#include "base/error.h"
#include "base/task.h"
#include "base/text.h"
#include "intake/identity/identity_facts.h"
#include <stddef.h>
#include <stdint.h>

struct linkage_entry {
    int64_t subject;
    uint32_t holder;
    uint32_t residence;                  /* commune as a number: five digits, Corsica as 20; 0: unknown */
    uint16_t birth_year;                 /* 0: unknown */
    uint8_t birth_month;                 /* 0: unknown */
    uint8_t twin_rank;                   /* 0: unknown, or none */
    char sex;                            /* M or F; anything else is unknown */
    uint64_t tokens[IDENTITY_KEY_KINDS]; /* [kind - 1]: fingerprint of the token; 0: no such key */
};
/* A commune in the form in which places are compared (identity_place.h), as a number; 0 for anything else. */
uint32_t linkage_residence(struct text residence);

/* How an entry came to its person. */
enum linkage_rule {
    LINKAGE_ALONE,     /* it has no other entry */
    LINKAGE_DUPLICATE, /* only entries of the same holder */
    LINKAGE_NIR,       /* own number equal: direct */
    LINKAGE_INSURED,   /* 22 characters of the SNDS equal: direct */
    LINKAGE_IDENTITY,  /* name, given name and birth date equal: indirect */
    LINKAGE_DROPPED,   /* a criterion was dropped: sound instead of spelling, without name, without day: indirect */
    LINKAGE_RULE_COUNT
};
const char *linkage_rule_name(enum linkage_rule rule);
const char *linkage_rule_words(enum linkage_rule rule, bool in_french);

struct linkage_options {
    struct task_pool *pool; /* borrowed; NULL: one thread */
    uint32_t block_max;     /* entries that may share one token; above it the token is skipped and counted. 0: 60 */
    double accept;          /* probability from which a pair is taken. 0: 0.95 */
    double accept_within;   /* the same for two entries of one holder. 0: 0.999 */
    double margin;          /* a second candidate with a weight of at least best - margin makes both ambiguous. 0: 10 */
    bool without_numbers;   /* as if nobody had a NIR: for measuring indirect linkage */
    bool estimate_again;    /* weights anew, although the state has some */
};

struct linkage_link {
    uint32_t person_id;
    float probability;   /* of the best pair that holds the entry in its person; 0 for an entry alone */
    uint8_t rule;        /* enum linkage_rule */
    bool is_ambiguous;   /* it had several candidates at one holder, and none was taken */
    bool is_conflicting; /* a pair of it was refused, because the persons contradict one another */
};
enum linkage_event_kind { LINKAGE_MERGED, LINKAGE_SPLIT };
struct linkage_event {
    enum linkage_event_kind kind;
    uint32_t from, to; /* person_id; merged: from is no more; split: entries went from `from` to `to` */
    uint32_t entries;
};
struct linkage_counts {
    uint64_t entries, persons, persons_new;
    uint64_t blocks_skipped, entries_in_skipped_blocks;
    uint64_t pairs, pairs_within; /* candidates: between holders, in one holder */
    uint64_t taken, taken_within; /* pairs that were likely enough */
    uint64_t twin_pairs;          /* likely enough but for the given name: never taken without an equal own number */
    uint64_t ambiguous_pairs;     /* likely enough, but not unique */
    uint64_t conflicts[4];        /* pairs refused by enum linkage_conflict */
};
enum linkage_conflict {
    LINKAGE_CONFLICT_HOLDER, /* two entries of one holder that are not one person there */
    LINKAGE_CONFLICT_NIR,    /* two own numbers */
    LINKAGE_CONFLICT_BIRTH,  /* sex and birth both differ */
    LINKAGE_CONFLICT_TWIN,   /* two ranks among twins */
};

struct linkage_state;
struct linkage_model;
struct linkage_result {
    struct linkage_link *links; /* one for each entry, in their order */
    size_t count;
    struct linkage_event *events;
    size_t event_count;
    struct linkage_counts counts;
    struct linkage_model *model; /* fields, levels, m and u: linkage_report.h */
};
/* entries: ascending (holder, subject), without doubles (else INVALID_ARGUMENT). state: NULL or what an earlier run left; it is changed
 * only on success. */
MUST_CHECK bool linkage_run(struct linkage_result **out_result, const struct linkage_entry *entries, size_t count,
                            struct linkage_state *state, const struct linkage_options *options, struct error *err);
void linkage_result_destroy(struct linkage_result *result);
DEFINE_CLEANUP(linkage_result, linkage_result_destroy)
