/* SPDX-License-Identifier: EUPL-1.2 */
/* shamir: the field against FIPS 197, the shares against two published vectors, and the two promises, for every subset: any k give the
 * secret, k - 1 say nothing about it. */
#include "trust/keys/shamir.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct secret *secret_from_hex(const char *hex)
{
    struct error err;
    struct secret *secret;
    assert_true(secret_create(&secret, strlen(hex) / 2, &err));
    assert_true(crypto_from_hex(secret_bytes(secret), strlen(hex) / 2, hex));
    return secret;
}

static void field_is_that_of_fips_197(void **state)
{
    (void)state;
    assert_int_equal(gf256_multiply(0x57, 0x83), 0xc1); /* FIPS 197 4.2 */
    assert_int_equal(gf256_multiply(0x57, 0x13), 0xfe); /* FIPS 197 4.2.1 */
    assert_int_equal(gf256_multiply(0x57, 0x02), 0xae);
    assert_int_equal(gf256_multiply(0x57, 0x10), 0x07);
    assert_int_equal(gf256_invert(0x53), 0xca); /* the S-box of FIPS 197 maps 53 to ed by way of ca */
    assert_int_equal(gf256_invert(0), 0);
    for (unsigned a = 1; a < 256; a++) {
        assert_int_equal(gf256_multiply((uint8_t)a, gf256_invert((uint8_t)a)), 1);
    }
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            uint8_t c = (uint8_t)(a * 7 + b * 13), product = gf256_multiply((uint8_t)a, (uint8_t)b);
            assert_int_equal(product, gf256_multiply((uint8_t)b, (uint8_t)a));
            assert_int_equal(gf256_multiply((uint8_t)a, (uint8_t)b ^ c), product ^ gf256_multiply((uint8_t)a, c));
        }
    }
}

static void assert_value(uint8_t at, const uint8_t *x, const char *const *y, unsigned count, const char *expected)
{
    struct error err;
    struct shamir_share shares[8];
    CLEANUP(secret) struct secret *value = NULL;
    for (unsigned i = 0; i < count; i++) {
        shares[i] = (struct shamir_share){x[i], secret_from_hex(y[i])};
    }
    assert_true(shamir_interpolate(&value, at, shares, count, &err));
    char hex[64 + 1];
    crypto_hex(hex, secret_view(value), secret_length(value));
    assert_string_equal(hex, expected);
    shamir_shares_destroy(shares, count);
}

static void published_shares_give_their_secrets(void **state)
{
    (void)state;
    /* draft-mcgrew-tss-03 section 9: two of two, secret "test" and a zero byte */
    assert_value(0, (const uint8_t[]){1, 2}, (const char *const[]){"b9fa07e185", "f5409b4511"}, 2, "7465737400");
    /* bc-shamir, the implementation of SLIP-39's scheme: three of five; the secret stands at 255 there, shares at 0 to 4 */
    assert_value(
        255, (const uint8_t[]){1, 2, 4},
        (const char *const[]){"d43099fe444807c46921a4f33a2a798b", "d9ad4e3bec2e1a7485698823abf05d36", "1aa7fe3199bc5092ef3816b074cabdf2"},
        3, "0ff784df000c4380a5ed683f7e6e3dcf");
    assert_value(
        3, (const uint8_t[]){1, 2, 4},
        (const char *const[]){"d43099fe444807c46921a4f33a2a798b", "d9ad4e3bec2e1a7485698823abf05d36", "1aa7fe3199bc5092ef3816b074cabdf2"},
        3, "0d8cf5f6ec337bc764d1866b5d07ca42");
}

static unsigned pick(struct shamir_share *out, const struct shamir_share *shares, unsigned count, unsigned subset)
{
    unsigned picked = 0;
    for (unsigned i = 0; i < count; i++) {
        if (subset >> i & 1) {
            out[picked++] = shares[i];
        }
    }
    return picked;
}

/* Every n up to 7, every k, every subset: at least k shares give the secret, fewer give something else. */
static void any_k_shares_give_the_secret_and_fewer_do_not(void **state)
{
    (void)state;
    struct error err;
    struct shamir_share shares[7], some[7];
    CLEANUP(secret) struct secret *secret = NULL;
    unsigned given = 0, withheld = 0;
    assert_true(secret_random(&secret, CRYPTO_KEY_SIZE, &err));
    for (unsigned count = 2; count <= 7; count++) {
        for (unsigned threshold = 2; threshold <= count; threshold++) {
            assert_true(shamir_split(shares, count, threshold, secret, &err));
            for (unsigned subset = 1; subset < 1u << count; subset++) {
                unsigned picked = pick(some, shares, count, subset);
                CLEANUP(secret) struct secret *found = NULL;
                assert_true(shamir_combine(&found, some, picked, &err));
                bool same = memcmp(secret_view(found), secret_view(secret), CRYPTO_KEY_SIZE) == 0;
                assert_true(same == (picked >= threshold)); /* by chance the same: 2^-256 */
                given += same;
                withheld += !same;
            }
            shamir_shares_destroy(shares, count);
        }
    }
    assert_int_equal(given + withheld, 1263); /* the sum over n of (n - 1)(2^n - 1) */
}

/* For every subset of k - 1 shares: let one missing share take each of its 256 values; the secret that goes with it takes each of its 256
 * values exactly once. So whoever holds k - 1 shares has, for each secret, exactly one polynomial that fits: none is more likely. */
static void fewer_shares_leave_every_secret_equally_possible(void **state)
{
    (void)state;
    struct error err;
    struct shamir_share shares[7], some[8];
    CLEANUP(secret) struct secret *secret = secret_from_hex("5a");
    for (unsigned count = 2; count <= 5; count++) {
        for (unsigned threshold = 2; threshold <= count; threshold++) {
            assert_true(shamir_split(shares, count, threshold, secret, &err));
            for (unsigned subset = 0; subset < 1u << count; subset++) {
                unsigned picked = pick(some, shares, count, subset);
                if (picked != threshold - 1) {
                    continue;
                }
                unsigned missing = 0; /* the first share that is not in the subset */
                while (subset >> missing & 1) {
                    missing++;
                }
                bool possible[256] = {false};
                for (unsigned y = 0; y < 256; y++) { /* every value of the missing share */
                    CLEANUP(secret) struct secret *guess = NULL, *value = NULL;
                    assert_true(secret_create(&guess, 1, &err));
                    secret_bytes(guess)[0] = (uint8_t)y;
                    some[picked] = (struct shamir_share){shares[missing].x, guess};
                    assert_true(shamir_combine(&value, some, picked + 1, &err));
                    assert_false(possible[secret_view(value)[0]]);
                    possible[secret_view(value)[0]] = true; /* 256 different secrets: each goes with one value */
                }
            }
            shamir_shares_destroy(shares, count);
        }
    }
}

/* The shares that two secrets give are distributed alike: with one share of two, over all 256 polynomials, each value once. */
static void one_share_of_two_takes_every_value_once(void **state)
{
    (void)state;
    for (unsigned secret = 0; secret < 256; secret++) {
        for (unsigned x = 1; x < 256; x += 50) {
            bool seen[256] = {false};
            for (unsigned coefficient = 0; coefficient < 256; coefficient++) {
                uint8_t share = (uint8_t)secret ^ gf256_multiply((uint8_t)coefficient, (uint8_t)x);
                assert_false(seen[share]);
                seen[share] = true;
            }
        }
    }
}

static void the_largest_scheme_works_and_impossible_ones_are_refused(void **state)
{
    (void)state;
    struct error err;
    static struct shamir_share shares[SHAMIR_SHARES_MAX];
    CLEANUP(secret) struct secret *secret = secret_from_hex("00ff10"), *found = NULL;
    assert_true(shamir_split(shares, 255, 255, secret, &err));
    assert_true(shamir_combine(&found, shares, 255, &err));
    assert_memory_equal(secret_view(found), secret_view(secret), 3);
    struct secret *none = NULL;
    struct shamir_share twice[2] = {shares[0], shares[0]}, zero[2] = {{0, shares[0].y}, shares[1]};
    assert_false(shamir_combine(&none, twice, 2, &err));
    assert_false(shamir_combine(&none, zero, 2, &err));
    assert_false(shamir_combine(&none, shares, 0, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    shamir_shares_destroy(shares, 255);
    assert_false(shamir_split(shares, 5, 1, secret, &err));
    assert_false(shamir_split(shares, 5, 6, secret, &err));
    assert_false(shamir_split(shares, 256, 3, secret, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_is_that_of_fips_197),
        cmocka_unit_test(published_shares_give_their_secrets),
        cmocka_unit_test(any_k_shares_give_the_secret_and_fewer_do_not),
        cmocka_unit_test(fewer_shares_leave_every_secret_equally_possible),
        cmocka_unit_test(one_share_of_two_takes_every_value_once),
        cmocka_unit_test(the_largest_scheme_works_and_impossible_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
