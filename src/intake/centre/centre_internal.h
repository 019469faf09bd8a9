/* SPDX-License-Identifier: EUPL-1.2 */
/* centre_internal: an open centre (private to centre). */
#pragma once
#include "intake/centre/centre.h"
#include "trust/grant/grant.h"

struct centre {
    struct centre_facts facts;
    struct arena *arena;
    const char *directory;
    uint8_t id[GRANT_STORE_ID_SIZE]; /* what the root key is bound to */
    struct secret *signing_seed, *state_key, *token_key, *tls_seed;
    struct record_numbers *numbers;
    struct agreement *agreement; /* NULL: none yet */
    struct circuit_authority authority;
    uint8_t intake_key[CRYPTO_PUBLIC_KEY_SIZE], warehouse_key[CRYPTO_PUBLIC_KEY_SIZE];
    uint32_t intake_epoch;
    struct centre_peer peers[CENTRE_AGREEMENT]; /* by enum centre_document */
};
const char *centre_path(const struct centre *centre, const char *name);
static inline struct circuit_holder centre_holder(const struct centre *centre)
{
    return (struct circuit_holder){.name = centre->facts.holder, .signing_seed = centre->signing_seed, .state_key = centre->state_key};
}
MUST_CHECK bool centre_documents_read(struct centre *centre, struct error *err);
/* NOT_FOUND, with what to do, when a document is not there yet. */
MUST_CHECK bool centre_demand(const struct centre *centre, bool warehouse, bool authority, bool agreement, struct error *err);

/* pseudonyms: those of the last finished request, sealed in work/pseudonyms (docs/formats/centre.md). */
struct pseudonym_writer;
MUST_CHECK bool pseudonym_writer_open(struct pseudonym_writer **out_writer, const struct centre *centre, uint32_t epoch, struct error *err);
MUST_CHECK bool pseudonym_writer_add(struct pseudonym_writer *writer, int64_t subject, uint8_t kind,
                                     const uint8_t element[CRYPTO_ELEMENT_SIZE], struct error *err);
MUST_CHECK bool pseudonym_writer_commit(struct pseudonym_writer *writer, struct error *err);
void pseudonym_writer_close(struct pseudonym_writer *writer);
DEFINE_CLEANUP(pseudonym_writer, pseudonym_writer_close)
/* The epoch that the file says; it is proved when the pseudonyms are read. NOT_FOUND when none were finished. */
MUST_CHECK bool pseudonyms_epoch(const struct centre *centre, uint32_t *out_epoch, struct error *err);
/* Each subject once, with its pseudonyms, in the order in which they were added. epoch: theirs, as pseudonyms_epoch said. */
typedef bool pseudonym_take(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err);
MUST_CHECK bool pseudonyms_read(const struct centre *centre, uint32_t epoch, pseudonym_take *take, void *context, struct error *err);
