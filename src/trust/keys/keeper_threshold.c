/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_threshold: the custodians' shares as they come to a keeper, one by one, from different terminals; and how one is sent. */
#include "trust/keys/keys_custody.h"
#include "trust/keys/keys_keeper.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct threshold_sink {
    char *path; /* custody.json */
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct custody_threshold *threshold; /* NULL: its record cannot be read now */
};

static unsigned count_of(const struct threshold_sink *sink)
{
    return sink->threshold ? custody_threshold_record(sink->threshold)->threshold - custody_threshold_missing(sink->threshold) : 0;
}

/* As long as no share is there the record is read anew: custodians may have changed since. */
static bool record_refresh(struct threshold_sink *sink, struct error *err)
{
    if (count_of(sink) > 0) {
        return true;
    }
    custody_threshold_end(sink->threshold);
    sink->threshold = NULL;
    return custody_threshold_begin(&sink->threshold, sink->path, sink->store_id, err);
}

static bool offer(void *context, const struct keeper_offer *offer, char out_holder[KEEPER_HOLDER_SIZE], uint32_t *out_index,
                  bool *out_is_repeated, struct error *err)
{
    struct threshold_sink *sink = context;
    CLEANUP(share_value) struct share share = {.content = NULL};
    enum share_outcome outcome;
    TRY(record_refresh(sink, err));
    TRY(share_receive(&share, offer->sealed, offer->length, offer->key, offer->transcript, offer->transcript_length, err));
    snprintf(out_holder, KEEPER_HOLDER_SIZE, "%s", share.head.custodian);
    *out_index = share.head.index;
    TRY(custody_threshold_add(sink->threshold, &share, &outcome, err));
    *out_is_repeated = outcome == SHARE_DUPLICATE;
    return true;
}

static void describe(const void *context, uint32_t *out_generation, uint32_t *out_threshold, uint32_t *out_count)
{
    const struct threshold_sink *sink = context;
    if (sink->threshold) {
        const struct custody_record *record = custody_threshold_record(sink->threshold);
        *out_generation = record->generation;
        *out_threshold = record->threshold;
        *out_count = record->count;
    }
}

static unsigned missing(const void *context)
{
    const struct threshold_sink *sink = context;
    return sink->threshold ? custody_threshold_missing(sink->threshold) : 1;
}

static struct custody custody_of(void *context)
{
    const struct threshold_sink *sink = context;
    return custody_threshold_custody(sink->threshold);
}

static void reset(void *context)
{
    struct threshold_sink *sink = context;
    custody_threshold_end(sink->threshold);
    sink->threshold = NULL;
    if (!record_refresh(sink, NULL)) {
        sink->threshold = NULL; /* the next offer says why */
    }
}

static void release(void *context)
{
    struct threshold_sink *sink = context;
    custody_threshold_end(sink->threshold);
    free(sink->path);
    free(sink);
}

void keeper_threshold_sink(struct keeper_share_sink *out_sink, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE])
{
    struct threshold_sink *sink = calloc(1, sizeof *sink);
    char *copy = strdup(path);
    if (!sink || !copy) {
        abort(); /* like the arena: no memory left for a few bytes */
    }
    sink->path = copy;
    memcpy(sink->store_id, store_id, sizeof sink->store_id);
    *out_sink = (struct keeper_share_sink){"threshold", offer, describe, missing, custody_of, reset, release, sink};
}

/* ---- a custodian's terminal ---- */
bool keeper_link_offer_share(struct keeper_link *link, const struct share *share, struct keeper_status *out_status, struct error *err)
{
    CLEANUP(buffer_value) struct buffer sealed = {.maximum = 4096};
    struct keeper_status status;
    uint8_t transcript[KEEPER_TRANSCRIPT_SIZE];
    TRY(keeper_link_status(link, &status, err));
    if (strcmp(status.custody, "threshold") != 0) {
        FAIL(err, INVALID_ARGUMENT, "the keeper's warehouse has a passphrase, not custodians");
        return error_hint(err, "unseal it with `emc2 key unseal`, without --share; start the keeper again after a ceremony");
    }
    keeper_transcript(&status, transcript);
    TRY(share_reseal(&sealed, share, status.offer_key, transcript, sizeof transcript, err));
    return keeper_link_offer(link, sealed.data, sealed.length, out_status, err);
}
