/* SPDX-License-Identifier: EUPL-1.2 */
/* session_kept: making, forgetting and measuring what is kept. */
#include "research/evaluate/session_kept.h"
#include <stdlib.h>
#include <string.h>

static bool no_memory(struct error *err)
{
    return FAIL(err, LIMIT, "no memory left for what the session keeps");
}

bool kept_primary_create(struct kept_primary **out_kept, const struct crypto_hash *key, unsigned needs, size_t segments, struct error *err)
{
    struct kept_primary *kept = calloc(1, sizeof *kept);
    struct primary_part *parts = calloc(segments + 1, sizeof *parts);
    if (!kept || !parts) {
        free(kept);
        free(parts);
        return no_memory(err);
    }
    *kept = (struct kept_primary){.key = *key, .needs = needs, .parts = parts};
    *out_kept = kept;
    return true;
}

void kept_primary_destroy(struct kept_primary *kept, size_t segments)
{
    for (size_t i = 0; i < segments; i++) {
        arena_destroy(kept->parts[i].arena);
        shared_lists_finish(&kept->parts[i].lists);
    }
    free(kept->parts);
    free(kept);
}

uint64_t kept_primary_bytes(const struct kept_primary *kept, size_t segments)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < segments; i++) {
        bytes += kept->parts[i].arena ? arena_bytes_reserved(kept->parts[i].arena) : 0;
    }
    return bytes;
}

bool kept_qualified_create(struct kept_qualified **out_kept, const struct crypto_hash *key, struct kept_primary *primary, size_t segments,
                           struct error *err)
{
    struct kept_qualified *kept = calloc(1, sizeof *kept);
    struct qualified_part *parts = calloc(segments + 1, sizeof *parts);
    if (!kept || !parts) {
        free(kept);
        free(parts);
        return no_memory(err);
    }
    *kept = (struct kept_qualified){.key = *key, .primary = primary, .parts = parts};
    *out_kept = kept;
    return true;
}

void kept_qualified_destroy(struct kept_qualified *kept, size_t segments)
{
    for (size_t i = 0; i < segments; i++) {
        for (unsigned k = 0; k < EXITS_KEPT; k++) {
            free(kept->parts[i].exits[k]);
        }
        arena_destroy(kept->parts[i].arena);
    }
    free(kept->parts);
    free(kept);
}

uint64_t kept_qualified_bytes(const struct kept_qualified *kept, size_t segments)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < segments; i++) {
        const struct qualified_part *part = &kept->parts[i];
        bytes += part->arena ? arena_bytes_reserved(part->arena) : 0;
        for (unsigned k = 0; k < EXITS_KEPT; k++) {
            bytes += part->exits[k] ? (part->events.count + 1) * sizeof *part->exits[k] : 0;
        }
    }
    return bytes;
}

/* *out_is_new: the slot had another key. */
static unsigned slot_take(struct kept_slot *slots, unsigned count, const struct crypto_hash *key, uint64_t use, bool *out_is_new)
{
    unsigned oldest = 0;
    for (unsigned s = 0; s < count; s++) {
        if (slots[s].last_use > 0 && memcmp(&slots[s].key, key, sizeof *key) == 0) {
            slots[s].last_use = use;
            *out_is_new = false;
            return s;
        }
        oldest = slots[s].last_use < slots[oldest].last_use ? s : oldest;
    }
    slots[oldest] = (struct kept_slot){*key, use};
    *out_is_new = true;
    return oldest;
}

unsigned kept_rule_slot(struct kept_qualified *kept, const struct crypto_hash *key, uint64_t use, size_t segments)
{
    bool is_new;
    unsigned slot = slot_take(kept->slots, SLOTS, key, use, &is_new);
    for (size_t i = 0; is_new && i < segments; i++) {
        kept->parts[i].ready &= ~(UINT64_C(1) << slot);
    }
    return slot;
}

unsigned kept_exits_slot(struct kept_qualified *kept, const struct crypto_hash *key, uint64_t use, size_t segments)
{
    bool is_new;
    unsigned slot = slot_take(kept->exits, EXITS_KEPT, key, use, &is_new);
    for (size_t i = 0; is_new && i < segments; i++) {
        free(kept->parts[i].exits[slot]);
        kept->parts[i].exits[slot] = NULL;
    }
    return slot;
}
