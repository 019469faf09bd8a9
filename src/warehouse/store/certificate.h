/* SPDX-License-Identifier: EUPL-1.2 */
/* certificate: what tells that data were erased: a signed JSON file with words in French and English, one for each snapshot that destroyed
 * keys (private to the store; reading one is public, store_erasure.h). Written description: docs/formats/certificate.md. */
#pragma once
#include "warehouse/store/manifest.h"
#include "warehouse/store/store_erasure.h"

enum { CERTIFICATE_VERSION = 1, CERTIFICATE_BYTES_MAX = 1 << 26 };

struct certificate_file {
    struct store_file_entry entry; /* a file that no manifest tells of any more has nothing but its id */
    int64_t destroyed;             /* Unix seconds; 0: its key was never in the table */
};
DEFINE_ARRAY(certificate_files, struct certificate_file)

struct certificate {
    const struct manifest *manifest; /* of the snapshot that decided it */
    struct crypto_hash manifest_hash;
    uint64_t generation; /* of the key table that has the keys no more */
    uint64_t persons, rows;
    struct certificate_files files;
};
/* The signed document, as it stands in DIRECTORY/certificates/. */
MUST_CHECK bool certificate_print(const struct certificate *certificate, const struct keyring *keyring, struct buffer *out,
                                  struct error *err);
