/* SPDX-License-Identifier: EUPL-1.2 */
/* registry_intake: the warehouse's key for deliveries: X25519, one for each epoch, from 1. It is a data key of the identifiers domain, so a
 * keeper, a change of root, the backup of keys and its destruction work for it as for any other. */
#pragma once
#include "trust/crypto/crypto_envelope.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

/* NOT_FOUND: no such epoch; ERASED: it was destroyed. */
MUST_CHECK bool intake_key_open(const struct keyring *keyring, const struct grant *grant, uint32_t epoch, struct secret **out_key,
                                struct error *err);
/* The newest epoch, 0 when there is none. */
MUST_CHECK bool intake_key_newest(const struct keyring *keyring, const struct grant *grant, uint32_t *out_epoch, struct error *err);
/* The next epoch; durable when it returns. Demands GRANT_LOAD. */
MUST_CHECK bool intake_key_create(const struct keyring *keyring, const struct grant *grant, uint32_t *out_epoch, struct error *err);
