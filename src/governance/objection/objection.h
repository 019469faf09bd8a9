/* SPDX-License-Identifier: EUPL-1.2 */
/* objection: who does not want to be in the warehouse at all (GDPR art. 21, SEC-REI-1), known by their transport pseudonyms alone: made by
 * the circuit from what a person who proves who they are says, as for a delivery. They are kept, sealed under the identifiers domain, in
 * WAREHOUSE/objections.sealed, and asked at each assembly: so an objection holds for whatever is delivered later, by any holder.
 * An *objector* is one such person: the tokens, by kind of identity key. */
#pragma once
#include "intake/delivery/delivery.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

struct objections;
/* Empty where there is no file. The keyring is borrowed. */
MUST_CHECK bool objections_open(struct objections **out_objections, const char *warehouse, const struct keyring *keyring,
                                const struct grant *grant, struct error *err);
void objections_close(struct objections *objections);
DEFINE_CLEANUP(objections, objections_close)
size_t objections_count(const struct objections *objections); /* of tokens */
/* epoch: of the authority's key under which the token was made. Each is kept once. */
MUST_CHECK bool objections_add(struct objections *objections, uint32_t epoch, const struct delivery_token *token, bool *out_is_new,
                               struct error *err);
/* Durable when it returns. Demands GRANT_LOAD. */
MUST_CHECK bool objections_write(struct objections *objections, const struct grant *grant, struct error *err);

/* What becomes of a token in this warehouse: the second pseudonymisation, and its 64-bit fingerprint. count elements of one epoch. */
struct objection_fingerprinter {
    bool (*fingerprint)(void *context, uint32_t epoch, const uint8_t (*elements)[DELIVERY_ELEMENT_SIZE], size_t count,
                        uint64_t *out_fingerprints, struct error *err);
    void *context;
};
/* For assembly: the fingerprints of all objections under the keys of today. Must be asked again when the keys changed. */
MUST_CHECK bool objections_prepare(struct objections *objections, const struct objection_fingerprinter *fingerprinter, struct error *err);
/* Whether a stored token is one of somebody who objected. Only after objections_prepare. */
bool objection_matches(const struct objections *objections, uint8_t kind, uint64_t fingerprint);
/* The same with the exponent of an epoch of this warehouse (keys_pseudonym.h), which shelves were made with. Demands GRANT_PSEUDONYMISE. */
MUST_CHECK bool objections_prepare_under(struct objections *objections, const struct grant *grant, uint32_t epoch, struct error *err);
