/* SPDX-License-Identifier: EUPL-1.2 */
/* agreement_fuzz: terms, and a signed agreement. No input is signed by a key that nobody has. */
#include "intake/delivery/delivery_agreement.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[CRYPTO_PUBLIC_KEY_SIZE] = {1, 2, 3};
    CLEANUP(agreement) struct agreement *terms = NULL;
    CLEANUP(agreement) struct agreement *signed_one = NULL;
    struct error err;
    if (agreement_read_terms(&terms, "fuzz", data, size, &err)) {
        assert(agreement_from(terms).number <= agreement_until(terms).number);
        for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
            assert(!(agreement_columns(terms, (enum record_table)i) & ~record_shape((enum record_table)i)->columns));
        }
    }
    bool is_signed = agreement_read(&signed_one, "fuzz", data, size, key, &err);
    assert(!is_signed);
    return 0;
}
