/* SPDX-License-Identifier: EUPL-1.2 */
/* receipt_fuzz: a receipt from anywhere. None is signed by a key that nobody has. */
#include "intake/delivery/delivery_receipt.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[CRYPTO_PUBLIC_KEY_SIZE] = {1, 2, 3};
    struct receipt receipt;
    struct error err;
    bool is_signed = receipt_verify(&receipt, data, size, key, &err);
    assert(!is_signed);
    return 0;
}
