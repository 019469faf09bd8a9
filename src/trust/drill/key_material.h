/* SPDX-License-Identifier: EUPL-1.2 */
/* key_material: everything in the shares at hand that might be a key, and whether it opens anything. Private to drill.
 * Fewer shares than the threshold say nothing about the key (Shamir, 1979); this tries it instead of believing it: each 32 bytes of a
 * share, the hashes of a share, and for every set of shares the XOR and the interpolation at 0 (over GF(256), as in AES) of the same 32
 * bytes. */
#pragma once
#include "trust/drill/drill.h"

enum { KEY_MATERIAL_SHARES_MAX = 12 };
/* Calls try for each candidate. INVALID_ARGUMENT for more shares than the maximum. */
MUST_CHECK bool drill_key_material(const struct drill_share *shares, size_t count,
                                   bool (*try_key)(void *context, const uint8_t key[32], struct error *err), void *context,
                                   struct error *err);
/* Whether the key is the data key of this sealed file: its index opens under it (docs/formats/sealed.md, Index). */
MUST_CHECK bool drill_key_opens(const uint8_t *bytes, size_t length, const uint8_t key[32], bool *out_opens, struct error *err);
