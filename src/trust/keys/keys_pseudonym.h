/* SPDX-License-Identifier: EUPL-1.2 */
/* keys_pseudonym: the second of two pseudonymisations, by a key that never leaves the keys (of this process, or of the keeper); its
 * renewal; and pseudonyms of projects. EMC2-04, SEC-PSE-1, SEC-PSE-2, SNDS-6.3, SEC-ESP-2. T      transport pseudonym: H(key of a person)^a
 * by the authority (intake/circuit) W      T^p by the warehouse's exponent p. Neither of the two bodies makes W alone epoch  counts the
 * exponents, from 1. W of one epoch becomes W of the next one, by the ratio of the exponents, without any identity P      a project's
 * pseudonym of a person, by a key of the project Exponents and projects' keys are entries of the key table under reserved ids: wrapped as
 * data keys are, in backups of the keys and nowhere else, and gone for good when they are destroyed. No function gives one out. */
#pragma once
#include "trust/crypto/crypto_group.h"
#include "trust/keys/keys.h"

enum { KEY_PROJECT_PSEUDONYM_SIZE = 16 };

/* A new exponent. Durable when it returns; EXISTS when there is or was one. Demands GRANT_PSEUDONYMISE. */
MUST_CHECK bool keyring_epoch_begin(const struct keyring *keyring, const struct grant *grant, uint32_t epoch, struct error *err);
/* The newest epoch that was ever begun, and the newest one whose exponent is there; 0: none. */
MUST_CHECK bool keyring_epochs(const struct keyring *keyring, uint32_t *out_newest, uint32_t *out_live, struct error *err);
/* The newest epoch before this one whose exponent is there; 0: none. */
MUST_CHECK bool keyring_epoch_before(const struct keyring *keyring, uint32_t epoch, uint32_t *out_earlier, struct error *err);
/* out[i] = elements[i]^p of the epoch: W of T. Demands GRANT_PSEUDONYMISE. NOT_FOUND: there is no such epoch; ERASED: its exponent was
 * destroyed; INVALID_INPUT: an element is none. A keeper counts what it does, and the count goes into the log. */
MUST_CHECK bool keyring_pseudonymise(const struct keyring *keyring, const struct grant *grant, uint32_t epoch,
                                     const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE], size_t count, uint8_t (*out)[CRYPTO_ELEMENT_SIZE],
                                     struct error *err);
/* W of one epoch to W of another: what keyring_pseudonymise would have given for the same T. The same demands and failures. */
MUST_CHECK bool keyring_repseudonymise(const struct keyring *keyring, const struct grant *grant, uint32_t from, uint32_t to,
                                       const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE], size_t count, uint8_t (*out)[CRYPTO_ELEMENT_SIZE],
                                       struct error *err);
/* Destroys the exponent: no W of this epoch can be made any more, nor turned into another one. Demands GRANT_ERASE. NOT_FOUND as above. */
MUST_CHECK bool keyring_epoch_destroy(const struct keyring *keyring, const struct grant *grant, uint32_t epoch, struct error *err);
/* What is compared in linkage: 8 bytes of a hash of W. */
uint64_t key_pseudonym_fingerprint(const uint8_t element[CRYPTO_ELEMENT_SIZE]);

/* The key of a project, by its name. EXISTS when there is or was one: a project that ended does not come back under its name. Demands
 * GRANT_PSEUDONYMISE. */
MUST_CHECK bool keyring_project_begin(const struct keyring *keyring, const struct grant *grant, const char *project, struct error *err);
/* Pseudonyms for the project that the grant names, and for no other. persons: numbers that stay the same over epochs (linkage's). Demands
 * GRANT_ROWS or GRANT_EXPORT. NOT_FOUND, ERASED as above. */
MUST_CHECK bool keyring_project_pseudonyms(const struct keyring *keyring, const struct grant *grant, const uint64_t *persons, size_t count,
                                           uint8_t (*out)[KEY_PROJECT_PSEUDONYM_SIZE], struct error *err);
/* Demands GRANT_ERASE. */
MUST_CHECK bool keyring_project_destroy(const struct keyring *keyring, const struct grant *grant, const char *project, struct error *err);
