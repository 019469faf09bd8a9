/* SPDX-License-Identifier: EUPL-1.2 */
/* multiply: the same as the powers one by one by libsodium, for any number of elements, and for exponents and elements at the edges. */
#include "trust/crypto/multiply.h"
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 1024 };
static uint8_t elements[MANY][CRYPTO_ELEMENT_SIZE], scalars[MANY][CRYPTO_SCALAR_SIZE];
static const uint8_t (*const e)[CRYPTO_ELEMENT_SIZE] = (const uint8_t (*)[CRYPTO_ELEMENT_SIZE])elements;
static const uint8_t (*const s)[CRYPTO_SCALAR_SIZE] = (const uint8_t (*)[CRYPTO_SCALAR_SIZE])scalars;

static void fill(uint64_t seed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t uniform[CRYPTO_UNIFORM_SIZE];
        const uint64_t numbers[2] = {seed, i};
        struct text part = {(const char *)numbers, sizeof numbers};
        crypto_uniform(uniform, TEXT("elements"), &part, 1);
        crypto_element_from_uniform(elements[i], uniform);
        crypto_uniform(uniform, TEXT("scalars"), &part, 1);
        crypto_scalar_from_uniform(scalars[i], uniform);
    }
}

static void check(size_t count)
{
    struct error err;
    uint8_t product[CRYPTO_ELEMENT_SIZE], expected[CRYPTO_ELEMENT_SIZE] = {0}, power[CRYPTO_ELEMENT_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (!sodium_is_zero(scalars[i], CRYPTO_SCALAR_SIZE)) {
            assert_int_equal(crypto_scalarmult_ristretto255(power, scalars[i], elements[i]), 0);
            assert_int_equal(crypto_core_ristretto255_add(expected, expected, power), 0);
        }
    }
    assert_true(multiply_public(product, e, s, count, &err));
    assert_memory_equal(product, expected, sizeof product);
}

static void products_are_those_of_the_powers(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 95, 96, 97, 128, 500, MANY};
    for (uint64_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        fill(i, counts[i]);
        check(counts[i]);
    }
    for (uint64_t i = 0; i < 40; i++) {
        fill(1000 + i, 100);
        check(100);
    }
}

/* Digits of 127, 128 and 255 at every place, zero, one, the order less one. */
static void exponents_at_the_edges(void **state)
{
    (void)state;
    static const uint8_t order_less_one[CRYPTO_SCALAR_SIZE] = {0xec, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                                               0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    static const uint8_t bytes[] = {0, 1, 127, 128, 129, 255};
    fill(5, 120);
    for (size_t i = 0; i < sizeof bytes; i++) {
        for (size_t j = 0; j < 120; j++) {
            memset(scalars[j], bytes[i], CRYPTO_SCALAR_SIZE);
            scalars[j][31] = 0x0f & bytes[i];
        }
        check(120);
    }
    for (size_t j = 0; j < 120; j++) {
        memcpy(scalars[j], order_less_one, CRYPTO_SCALAR_SIZE);
    }
    check(120);
    memset(scalars, 0, sizeof scalars);
    check(120); /* the identity: 32 zeros */
    scalars[60][0] = 1;
    check(120); /* one element as it is */
}

static void equal_and_opposite_elements(void **state)
{
    (void)state;
    fill(6, 200);
    for (size_t i = 1; i < 100; i++) {
        memcpy(elements[i], elements[0], CRYPTO_ELEMENT_SIZE);
        memcpy(scalars[i], scalars[0], CRYPTO_SCALAR_SIZE);
    }
    check(200);
    for (size_t i = 0; i < 100; i++) { /* each with its inverse: all cancels out */
        memcpy(elements[100 + i], elements[i], CRYPTO_ELEMENT_SIZE);
        crypto_core_ristretto255_scalar_negate(scalars[100 + i], scalars[i]);
    }
    check(200);
}

/* What libsodium refuses is refused, and nothing else: encodings with one bit changed, about half of which are elements. */
static void bad_encodings_are_refused(void **state)
{
    (void)state;
    struct error err;
    uint8_t product[CRYPTO_ELEMENT_SIZE];
    size_t refused = 0;
    for (size_t count = 50; count <= 100; count += 50) {
        for (size_t bit = 0; bit < 256; bit++) {
            fill(7, count);
            elements[count - 3][bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool is_element = crypto_element_valid(elements[count - 3]);
            assert_int_equal(multiply_public(product, e, s, count, &err), is_element);
            assert_true(is_element || err.code == ERROR_INVALID_INPUT);
            refused += !is_element;
        }
        fill(8, count);
        memset(elements[7], 0, CRYPTO_ELEMENT_SIZE);
        assert_false(multiply_public(product, e, s, count, &err));
        memset(elements[7], 0xff, CRYPTO_ELEMENT_SIZE);
        assert_false(multiply_public(product, e, s, count, &err));
    }
    assert_true(refused > 200 && refused < 450);
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_those_of_the_powers),
        cmocka_unit_test(exponents_at_the_edges),
        cmocka_unit_test(equal_and_opposite_elements),
        cmocka_unit_test(bad_encodings_are_refused),
    };
    return crypto_start(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
