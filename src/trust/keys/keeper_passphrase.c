/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_passphrase: the one offer of a warehouse with a passphrase: the passphrase itself, sealed to the keeper. */
#include "trust/crypto/crypto_envelope.h"
#include "trust/keys/keeper_message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OFFERED_MAX = 4096 };

struct passphrase_sink {
    char *path;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct custody custody; /* name NULL: none yet */
};

static bool offer(void *context, const struct keeper_offer *offer, char out_holder[KEEPER_HOLDER_SIZE], uint32_t *out_index,
                  bool *out_is_repeated, struct error *err)
{
    struct passphrase_sink *sink = context;
    CLEANUP(secret) struct secret *passphrase = NULL;
    snprintf(out_holder, KEEPER_HOLDER_SIZE, "operator");
    *out_is_repeated = false;
    *out_index = 0;
    if (offer->length <= CRYPTO_ENVELOPE_OVERHEAD || offer->length > CRYPTO_ENVELOPE_OVERHEAD + OFFERED_MAX) {
        return FAIL(err, INVALID_INPUT, "this is not a passphrase for the keeper");
    }
    TRY(secret_create(&passphrase, offer->length - CRYPTO_ENVELOPE_OVERHEAD, err));
    if (!crypto_envelope_open(secret_bytes(passphrase), offer->key, KEEPER_PASSPHRASE_PURPOSE, offer->transcript, offer->transcript_length,
                              offer->sealed, offer->length, NULL)) {
        FAIL(err, DENIED, "what was offered was not sealed for this unsealing of this keeper");
        return error_hint(err, "this warehouse opens with a passphrase: offer it again with `emc2 key unseal`");
    }
    custody_release(&sink->custody);
    return custody_passphrase_open(&sink->custody, sink->path, sink->store_id, passphrase, err);
}

static void describe(const void *context, uint32_t *out_generation, uint32_t *out_threshold, uint32_t *out_count)
{
    (void)context;
    *out_generation = 0;
    *out_threshold = *out_count = 1;
}

static unsigned missing(const void *context)
{
    const struct passphrase_sink *sink = context;
    return sink->custody.name ? 0 : 1;
}

static struct custody custody_of(void *context)
{
    const struct passphrase_sink *sink = context;
    struct custody borrowed = sink->custody;
    borrowed.release = NULL;
    return borrowed;
}

static void reset(void *context)
{
    struct passphrase_sink *sink = context;
    custody_release(&sink->custody);
}

static void release(void *context)
{
    struct passphrase_sink *sink = context;
    free(sink->path);
    free(sink);
}

void keeper_passphrase_sink(struct keeper_share_sink *out_sink, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE])
{
    struct passphrase_sink *sink = calloc(1, sizeof *sink);
    char *copy = strdup(path);
    if (!sink || !copy) {
        abort(); /* like the arena: no memory left for a few bytes */
    }
    sink->path = copy;
    memcpy(sink->store_id, store_id, sizeof sink->store_id);
    *out_sink = (struct keeper_share_sink){"passphrase", offer, describe, missing, custody_of, reset, release, sink};
}
