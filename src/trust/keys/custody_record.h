/* SPDX-License-Identifier: EUPL-1.2 */
/* custody_record: what the ceremony puts into keys/custody.json (private to keys). */
#pragma once
#include "trust/keys/custody_files.h"
#include "trust/keys/keys_custody.h"

/* BLAKE2b over store, ceremony, index, share and blinding: hides the share (16 random bytes), and no other share fits it. */
struct crypto_hash custody_commitment(const struct share *share);
/* The two values that only the root key gives: whether it is this root key, and whether the record is as it was. */
MUST_CHECK bool custody_record_authenticate(const struct custody_record *record, const struct secret *root, struct crypto_hash *out_check,
                                            struct crypto_hash *out_authentication, struct error *err);
