/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_example: for tests only. A custody of two offers, "one" and "two", each a sealed word; the root key is then 0x42 throughout. */
#pragma once
#include "base/calendar.h"
#include "trust/crypto/crypto_envelope.h"
#include "trust/keys/keeper_state.h"
#include <stdio.h>
#include <string.h>

#define EXAMPLE_PURPOSE "an offer of a test"
static const uint8_t example_store[GRANT_STORE_ID_SIZE] = "store number one";

struct example_sink {
    bool has[2];
    uint8_t filling; /* 0x42: the right root */
};

static inline __attribute__((unused)) bool example_root(void *context, struct secret **out_root, struct error *err)
{
    const struct example_sink *sink = context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), sink->filling, CRYPTO_KEY_SIZE);
    return true;
}

static inline __attribute__((unused)) bool example_offer(void *context, const struct keeper_offer *offer,
                                                         char out_holder[KEEPER_HOLDER_SIZE], uint32_t *out_index, bool *out_is_repeated,
                                                         struct error *err)
{
    struct example_sink *sink = context;
    uint8_t word[4] = {0};
    if (offer->length != CRYPTO_ENVELOPE_OVERHEAD + 3) {
        return FAIL(err, INVALID_INPUT, "this is no offer");
    }
    TRY(crypto_envelope_open(word, offer->key, EXAMPLE_PURPOSE, offer->transcript, offer->transcript_length, offer->sealed, offer->length,
                             err));
    snprintf(out_holder, KEEPER_HOLDER_SIZE, "holder %s", (const char *)word);
    int which = memcmp(word, "one", 3) == 0 ? 0 : memcmp(word, "two", 3) == 0 ? 1 : -1;
    if (which < 0) {
        return FAIL(err, DENIED, "the share of %s is not the right one", out_holder);
    }
    *out_index = (uint32_t)which + 1;
    *out_is_repeated = sink->has[which];
    sink->has[which] = true;
    return true;
}

static inline __attribute__((unused)) void example_describe(const void *context, uint32_t *out_generation, uint32_t *out_threshold,
                                                            uint32_t *out_count)
{
    (void)context;
    *out_generation = 1;
    *out_threshold = *out_count = 2;
}

static inline __attribute__((unused)) unsigned example_missing(const void *context)
{
    const struct example_sink *sink = context;
    return (sink->has[0] ? 0u : 1u) + (sink->has[1] ? 0u : 1u);
}

static inline __attribute__((unused)) struct custody example_custody(void *context)
{
    return (struct custody){"example", example_root, NULL, context};
}

static inline __attribute__((unused)) void example_reset(void *context)
{
    struct example_sink *sink = context;
    sink->has[0] = sink->has[1] = false;
}

static inline __attribute__((unused)) struct keeper_options example_options(struct example_sink *sink, const char *directory)
{
    struct keeper_options options = {
        .directory = directory,
        .unsealed_seconds_max = 100,
        .idle_seconds_max = 10,
        .connections_max = 8,
        .sink = {"threshold", example_offer, example_describe, example_missing, example_custody, example_reset, NULL, sink}};
    memcpy(options.store_id, example_store, sizeof options.store_id);
    sink->filling = 0x42;
    return options;
}

/* A key table under the root of the example. */
static inline __attribute__((unused)) bool example_keys(const char *directory, struct error *err)
{
    struct example_sink sink = {.filling = 0x42};
    CLEANUP(secret) struct secret *root = NULL;
    return example_root(&sink, &root, err) && keyring_create(directory, example_store, root, err);
}

/* `word` has three letters. */
static inline __attribute__((unused)) bool example_seal(const struct keeper_status *status, const char *word, uint8_t out_sealed[64],
                                                        size_t *out_length, struct error *err)
{
    uint8_t transcript[KEEPER_TRANSCRIPT_SIZE];
    keeper_transcript(status, transcript);
    *out_length = CRYPTO_ENVELOPE_OVERHEAD + 3;
    return crypto_envelope_seal(out_sealed, status->offer_key, EXAMPLE_PURPOSE, transcript, sizeof transcript, word, 3, err);
}
