/* SPDX-License-Identifier: EUPL-1.2 */
/* certificate: what is made is what OpenSSL reads back, valid under its own key, and the pin is that of its public key. */
#include "trust/crypto/crypto_certificate.h"
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 8410 10.1: the private key and its public key. */
#define EXAMPLE_SEED "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
#define EXAMPLE_PUBLIC_KEY "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
#define EXAMPLE_LINE "\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"

static struct secret *example_seed(void)
{
    struct error err;
    struct secret *seed;
    assert_true(secret_create(&seed, CRYPTO_KEY_SIZE, &err));
    assert_true(crypto_from_hex(secret_bytes(seed), CRYPTO_KEY_SIZE, EXAMPLE_SEED));
    return seed;
}

static void a_key_is_written_as_rfc_8410_writes_it(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *seed = example_seed();
    CLEANUP(secret) struct secret *pem = NULL;
    assert_true(crypto_certificate_key(&pem, seed, &err));
    const char *text = (const char *)secret_view(pem), *line = strchr(text, '\n');
    assert_int_equal(secret_length(pem), strlen(text) + 1);
    assert_non_null(line);
    assert_memory_equal(line, EXAMPLE_LINE, strlen(EXAMPLE_LINE));
}

static void a_certificate_is_read_back(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *seed = example_seed();
    CLEANUP(buffer_value) struct buffer pem = {.maximum = 4096};
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE], pin[CRYPTO_PIN_SIZE], expected[CRYPTO_PUBLIC_KEY_SIZE];
    assert_true(crypto_public_key(public_key, seed, &err));
    assert_true(crypto_from_hex(expected, sizeof expected, EXAMPLE_PUBLIC_KEY));
    assert_memory_equal(public_key, expected, sizeof expected);
    assert_true(crypto_certificate_make(&pem, seed, "CHU Exemple", 1700000000, 1800000000, &err));
    BIO *in = BIO_new_mem_buf(pem.data, (int)pem.length);
    X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
    assert_non_null(certificate);
    EVP_PKEY *key = X509_get_pubkey(certificate);
    assert_int_equal(X509_verify(certificate, key), 1);
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key, &der);
    struct crypto_hash hash = crypto_sha256_of(der, (size_t)length);
    crypto_certificate_pin(pin, public_key);
    assert_memory_equal(pin, hash.bytes, sizeof pin);
    time_t inside = 1750000000, after = 1800000001;
    assert_true(X509_cmp_time(X509_get0_notBefore(certificate), &inside) < 0 &&
                X509_cmp_time(X509_get0_notAfter(certificate), &inside) > 0);
    assert_true(X509_cmp_time(X509_get0_notAfter(certificate), &after) < 0);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    X509_free(certificate);
    BIO_free(in);
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_written_as_rfc_8410_writes_it),
        cmocka_unit_test(a_certificate_is_read_back),
    };
    return crypto_start(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
