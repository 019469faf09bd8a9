/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_agreement: what one holder may hand over, signed by the warehouse for its governance (EMC2-01, EMC2-02; GDPR art. 5(1)(c)):
 * tables and columns, each with its justification, from a day until a day, for a purpose. What is not listed is not allowed. Columns that
 * are potential identifiers (SNDS-IDPOT) must be flagged as such, so that nobody agrees to one without seeing it. The document is JSON,
 * docs/formats/agreement.md. */
#pragma once
#include "base/buffer.h"
#include "base/calendar.h"
#include "intake/delivery/delivery.h"

enum { AGREEMENT_BYTES_MAX = 1 << 18, AGREEMENT_TEXT_MAX = 1000 };

struct agreement;
/* The terms of a template or of an agreement, not signed yet. INVALID_INPUT names the member that is wrong. */
MUST_CHECK bool agreement_read_terms(struct agreement **out_agreement, const char *name, const void *bytes, size_t length,
                                     struct error *err);
/* A signed one: DENIED unless it is signed with this key (the one that signs a warehouse's manifests and certificates). */
MUST_CHECK bool agreement_read(struct agreement **out_agreement, const char *name, const void *bytes, size_t length,
                               const uint8_t warehouse_key[CRYPTO_PUBLIC_KEY_SIZE], struct error *err);
void agreement_destroy(struct agreement *agreement);
DEFINE_CLEANUP(agreement, agreement_destroy)

/* Prints the signed document. sign is asked once, for a signature over bytes that begin with what no other signature of emc2 begins with.
 */
struct agreement_signer {
    const uint8_t *warehouse_key;
    bool (*sign)(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err);
    void *context;
};
MUST_CHECK bool agreement_sign(const struct agreement *terms, const struct agreement_signer *signer, struct buffer *out, struct error *err);

const char *agreement_holder(const struct agreement *agreement);
const char *agreement_purpose(const struct agreement *agreement);
day agreement_from(const struct agreement *agreement);
day agreement_until(const struct agreement *agreement);                                 /* the last day */
uint64_t agreement_columns(const struct agreement *agreement, enum record_table table); /* 0: the table is not in it */
/* Why the column may leave; NULL when it may not. */
const char *agreement_justification(const struct agreement *agreement, enum record_table table, enum record_column column);
/* BLAKE2b-256 of the terms in their canonical form: what a delivery names. */
struct crypto_hash agreement_hash(const struct agreement *agreement);
/* DENIED, with the days, when `today` is outside. */
MUST_CHECK bool agreement_check_day(const struct agreement *agreement, day today, struct error *err);

/* At the holder: takes out of the record what the agreement does not list, and counts it in tally (NULL is fine) under the table's name.
 * False: the table, or a column without which the record is none, is not listed, and the record is to be dropped (counted, too). */
MUST_CHECK bool agreement_keep(const struct agreement *agreement, struct record *record, struct tally *tally);
/* At the warehouse: DENIED names the first table or column that is outside; or that it was made for another holder or agreement. */
MUST_CHECK bool agreement_check(const struct agreement *agreement, const struct delivery_head *head, struct error *err);
