/* SPDX-License-Identifier: EUPL-1.2 */
/* certificate: self-signed Ed25519 certificates over OpenSSL. */
#include "trust/crypto/crypto_certificate.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

static void pkey_cleanup(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}
static void x509_cleanup(X509 **certificate)
{
    X509_free(*certificate);
}
static void bio_cleanup(BIO **bio)
{
    BIO_free(*bio);
}

static bool library_failed(struct error *err)
{
    return FAIL(err, INTERNAL, "a certificate could not be made");
}

static bool pkey_of(EVP_PKEY **out_pkey, const struct secret *seed, struct error *err)
{
    TRY(secret_length(seed) == CRYPTO_KEY_SIZE || FAIL(err, INTERNAL, "a key of TLS has %d bytes", CRYPTO_KEY_SIZE));
    *out_pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret_view(seed), CRYPTO_KEY_SIZE);
    return *out_pkey || library_failed(err);
}

static bool fields_set(X509 *certificate, EVP_PKEY *pkey, const char *name, int64_t from, int64_t until)
{
    uint8_t serial[8];
    crypto_random(serial, sizeof serial);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof serial; i++) {
        number = number << 8 | serial[i];
    }
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), from) && ASN1_TIME_set(X509_getm_notAfter(certificate), until) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) &&
           X509_set_issuer_name(certificate, subject) && X509_set_pubkey(certificate, pkey) && X509_sign(certificate, pkey, NULL) > 0;
}

bool crypto_certificate_make(struct buffer *out_pem, const struct secret *seed, const char *name, int64_t from, int64_t until,
                             struct error *err)
{
    CLEANUP(pkey) EVP_PKEY *pkey = NULL;
    CLEANUP(x509) X509 *certificate = X509_new();
    CLEANUP(bio) BIO *out = BIO_new(BIO_s_mem());
    char *bytes;
    TRY(pkey_of(&pkey, seed, err));
    TRY((certificate && out && fields_set(certificate, pkey, name, from, until) && PEM_write_bio_X509(out, certificate)) ||
        library_failed(err));
    long length = BIO_get_mem_data(out, &bytes);
    return buffer_append(out_pem, bytes, (size_t)length, err);
}

bool crypto_certificate_key(struct secret **out_pem, const struct secret *seed, struct error *err)
{
    CLEANUP(pkey) EVP_PKEY *pkey = NULL;
    CLEANUP(bio) BIO *out = BIO_new(BIO_s_secmem());
    CLEANUP(secret) struct secret *pem = NULL;
    char *bytes;
    TRY(pkey_of(&pkey, seed, err));
    TRY((out && PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL)) || library_failed(err));
    long length = BIO_get_mem_data(out, &bytes);
    TRY(secret_create(&pem, (size_t)length + 1, err));
    memcpy(secret_bytes(pem), bytes, (size_t)length);
    crypto_wipe(bytes, (size_t)length);
    *out_pem = pem;
    pem = NULL;
    return true;
}

void crypto_certificate_pin(uint8_t out_pin[CRYPTO_PIN_SIZE], const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE])
{
    /* RFC 8410 4: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }. */
    static const uint8_t head[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    uint8_t bytes[sizeof head + CRYPTO_PUBLIC_KEY_SIZE];
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, public_key, CRYPTO_PUBLIC_KEY_SIZE);
    struct crypto_hash hash = crypto_sha256_of(bytes, sizeof bytes);
    memcpy(out_pin, hash.bytes, sizeof hash.bytes);
}
