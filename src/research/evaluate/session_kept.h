/* SPDX-License-Identifier: EUPL-1.2 */
/* session_kept: what a session keeps, segment by segment: primary events with the rows of criteria for their persons, and qualified events
 * with a bit for each rule that was evaluated over them and their exit dates. Private to the session. */
#pragma once
#include "research/evaluate/event_table.h"
#include "research/evaluate/segment_result.h"
#include "research/evaluate/shared_lists.h"

enum { SLOTS = 64, EXITS_KEPT = 4 };

/* ---- by the key of the primary events ---- */
struct primary_part {
    struct arena *arena; /* NULL: not found yet */
    struct event_table events;
    struct cohort_remaining remaining;
    const uint64_t *universe; /* of the persons with events */
    struct shared_lists lists;
};
struct kept_primary {
    struct crypto_hash key;
    unsigned needs; /* columns of the events: plan_need */
    uint64_t last_use;
    struct primary_part *parts; /* by segment */
};

/* ---- by the key of the qualified events ---- */
struct qualified_part {
    struct arena *arena; /* NULL: not found yet */
    struct event_table events;
    struct cohort_remaining remaining;
    uint64_t *masks; /* bit s: meets the rule of slot s */
    uint64_t ready;  /* bit s: slot s was evaluated here */
    int32_t *exits[EXITS_KEPT];
};
struct kept_slot {
    struct crypto_hash key; /* of the rule, or of the exits */
    uint64_t last_use;      /* 0: free */
};
struct kept_qualified {
    struct crypto_hash key;
    struct kept_primary *primary;
    uint64_t last_use;
    struct kept_slot slots[SLOTS], exits[EXITS_KEPT];
    struct qualified_part *parts; /* by segment */
};

MUST_CHECK bool kept_primary_create(struct kept_primary **out_kept, const struct crypto_hash *key, unsigned needs, size_t segments,
                                    struct error *err);
void kept_primary_destroy(struct kept_primary *kept, size_t segments);
uint64_t kept_primary_bytes(const struct kept_primary *kept, size_t segments); /* without lists */
MUST_CHECK bool kept_qualified_create(struct kept_qualified **out_kept, const struct crypto_hash *key, struct kept_primary *primary,
                                      size_t segments, struct error *err);
void kept_qualified_destroy(struct kept_qualified *kept, size_t segments);
uint64_t kept_qualified_bytes(const struct kept_qualified *kept, size_t segments);
/* The slot of a key: its own, or the one that is free or was used longest ago, whose results are forgotten in every segment. */
unsigned kept_rule_slot(struct kept_qualified *kept, const struct crypto_hash *key, uint64_t use, size_t segments);
unsigned kept_exits_slot(struct kept_qualified *kept, const struct crypto_hash *key, uint64_t use, size_t segments);
