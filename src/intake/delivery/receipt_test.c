/* SPDX-License-Identifier: EUPL-1.2 */
/* A receipt verifies with the warehouse's key and no other, and not with any byte changed. */
#include "intake/delivery/delivery_example.h"
#include "intake/delivery/delivery_receipt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static bool sign(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    const struct example *example = context;
    return crypto_signature_make(out_signature, example->warehouse_seed, bytes, length, err);
}

static void test_receipt(void **state)
{
    (void)state;
    CLEANUP(example) struct example example = example_open();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 16};
    const struct receipt_signer signer = {sign, &example};
    struct delivery_head head = {.holder = "chu-a", .sequence = 7, .subjects = 3};
    struct receipt receipt, read;
    struct error err = {0};
    head.root.bytes[0] = 9;
    head.tables[RECORD_PERSON].rows = 3;
    receipt_of(&receipt, &head);
    receipt.taken = 1780000000;
    memcpy(receipt.public_key, example.warehouse_key, CRYPTO_PUBLIC_KEY_SIZE);
    assert_true(receipt_print(&receipt, &signer, &bytes, &err));
    assert_true(receipt_verify(&read, bytes.data, bytes.length, example.warehouse_key, &err));
    assert_true(receipt_verify(&read, bytes.data, bytes.length, NULL, &err));
    assert_memory_equal(&read, &receipt, sizeof read);
    assert_false(receipt_verify(&read, bytes.data, bytes.length, example.holder_key, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= 1;
        assert_false(receipt_verify(&read, bytes.data, bytes.length, NULL, &err));
        bytes.data[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_receipt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
