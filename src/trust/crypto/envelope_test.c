/* SPDX-License-Identifier: EUPL-1.2 */
/* envelope: X25519, HKDF and HPKE against the vectors of their norms; what must not open does not. */
#include "trust/crypto/envelope.h"
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

static void assert_hex(const void *bytes, size_t length, const char *expected)
{
    char hex[2 * 256 + 1];
    assert_true(length <= 256);
    crypto_hex(hex, bytes, length);
    assert_string_equal(hex, expected);
}

static void assert_agree(const char *key_hex, const char *point_hex, const char *expected)
{
    struct error err;
    uint8_t point[CRYPTO_PUBLIC_KEY_SIZE];
    CLEANUP(secret) struct secret *key = secret_from_hex(key_hex), *shared = NULL;
    assert_true(crypto_from_hex(point, sizeof point, point_hex));
    assert_true(envelope_agree(&shared, key, point, &err));
    assert_hex(secret_view(shared), CRYPTO_KEY_SIZE, expected);
}

static void x25519_gives_the_values_of_rfc_7748(void **state)
{
    (void)state;
    struct error err;
    /* 5.2 */
    assert_agree("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                 "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                 "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    assert_agree("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                 "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                 "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
    /* 6.1: both sides, and their public keys */
    const char *alice = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    const char *alice_public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    const char *bob = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    const char *bob_public = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    assert_agree(alice, bob_public, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_agree(bob, alice_public, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    CLEANUP(secret) struct secret *key = secret_from_hex(alice);
    uint8_t made[CRYPTO_PUBLIC_KEY_SIZE];
    assert_true(crypto_envelope_public_key(made, key, &err));
    assert_hex(made, sizeof made, alice_public);
}

static void x25519_repeated_a_thousand_times_gives_the_value_of_rfc_7748(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *key = secret_from_hex("0900000000000000000000000000000000000000000000000000000000000000");
    uint8_t point[CRYPTO_PUBLIC_KEY_SIZE];
    memcpy(point, secret_view(key), sizeof point);
    for (int i = 0; i < 1000; i++) {
        struct secret *next = NULL;
        assert_true(envelope_agree(&next, key, point, &err));
        memcpy(point, secret_view(key), sizeof point);
        memcpy(secret_bytes(key), secret_view(next), CRYPTO_KEY_SIZE);
        secret_destroy(next);
    }
    assert_hex(secret_view(key), CRYPTO_KEY_SIZE, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

/* The points of low order on the curve and its twist, canonical or not, with and without the top bit: Wycheproof x25519_test.json, flags
 * LowOrderPublic and ZeroSharedSecret. */
static void points_of_low_order_are_refused(void **state)
{
    (void)state;
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    struct error err;
    uint8_t point[CRYPTO_PUBLIC_KEY_SIZE], sealed[3 + CRYPTO_ENVELOPE_OVERHEAD], out[3] = {7, 7, 7};
    CLEANUP(secret) struct secret *key = secret_from_hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    for (size_t i = 0; i < 2 * (sizeof points / sizeof *points); i++) {
        struct secret *none = NULL;
        assert_true(crypto_from_hex(point, sizeof point, points[i / 2]));
        point[31] = (uint8_t)(point[31] | (i % 2 ? 0x80u : 0u));
        assert_false(envelope_agree(&none, key, point, &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        assert_null(none);
        assert_false(crypto_envelope_seal(sealed, point, "test", NULL, 0, "abc", 3, &err));
        memset(sealed, 0, sizeof sealed);
        memcpy(sealed, point, sizeof point);
        assert_false(crypto_envelope_open(out, key, "test", NULL, 0, sealed, sizeof sealed, &err));
        assert_int_equal(err.code, ERROR_CORRUPT);
    }
    assert_memory_equal(out, "\7\7\7", 3);
}

static size_t bytes_of(uint8_t *out, const char *hex)
{
    assert_true(crypto_from_hex(out, strlen(hex) / 2, hex));
    return strlen(hex) / 2;
}

static void hkdf_gives_the_values_of_rfc_5869(void **state)
{
    (void)state;
    static const struct {
        const char *material, *salt, *info, *key, *out;
    } vectors[] = {
        /* A.1, A.2, A.3 */
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
         "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4"
         "0"
         "4142434445464748494a4b4c4d4e4f",
         "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa"
         "0"
         "a1a2a3a4a5a6a7a8a9aaabacadaeaf",
         "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff"
         "0"
         "f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
         "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71c"
         "c"
         "30c58179ec3e87c14c01d5c1f3434f1d87"},
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t material[128], salt[128], info[128], key[CRYPTO_HASH_SIZE], out[128];
        size_t material_length = bytes_of(material, vectors[i].material), salt_length = bytes_of(salt, vectors[i].salt);
        size_t info_length = bytes_of(info, vectors[i].info), length = strlen(vectors[i].out) / 2;
        hkdf_extract(key, salt, salt_length, material, material_length);
        assert_hex(key, sizeof key, vectors[i].key);
        hkdf_expand(out, length, key, info, info_length);
        assert_hex(out, length, vectors[i].out);
    }
}

/* RFC 9180 appendix A.1.1: the KEM is the same whatever the cipher is. */
static void shared_secret_is_that_of_rfc_9180(void **state)
{
    (void)state;
    struct error err;
    uint8_t enc[CRYPTO_PUBLIC_KEY_SIZE], recipient[CRYPTO_PUBLIC_KEY_SIZE];
    CLEANUP(secret) struct secret *ephemeral = secret_from_hex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736");
    CLEANUP(secret) struct secret *key = secret_from_hex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8");
    CLEANUP(secret) struct secret *sender = NULL, *receiver = NULL;
    assert_true(crypto_envelope_public_key(enc, ephemeral, &err) && crypto_envelope_public_key(recipient, key, &err));
    assert_hex(enc, sizeof enc, "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431");
    assert_hex(recipient, sizeof recipient, "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
    assert_true(envelope_shared_secret(&sender, ephemeral, recipient, enc, recipient, &err));
    assert_true(envelope_shared_secret(&receiver, key, enc, enc, recipient, &err));
    assert_hex(secret_view(sender), 32, "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc");
    assert_memory_equal(secret_view(sender), secret_view(receiver), 32);
}

/* HPKE base mode with AES-256-GCM: RFC 9180 prints none; this is from the vectors of BoringSSL, as Tink quotes them. */
static void envelope_is_that_of_hpke(void **state)
{
    (void)state;
    struct error err;
    uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE], sealed[29 + CRYPTO_ENVELOPE_OVERHEAD];
    CLEANUP(secret) struct secret *ephemeral = secret_from_hex("28e212563a8b6f068af7ff17400ff1baf23612b7a738bbaf5dfb321b2b5b431a");
    assert_true(crypto_from_hex(recipient, sizeof recipient, "ac66bae9ffa270cf4a89ed9f274e30c0456babae2572aaaf002ff0d8884ab018"));
    const struct envelope_text text = {"Ode on a Grecian Urn", "Count-0", 7, "Beauty is truth, truth beauty", 29};
    assert_true(envelope_seal_from(sealed, ephemeral, recipient, &text, &err));
    assert_hex(sealed + CRYPTO_PUBLIC_KEY_SIZE, sizeof sealed - CRYPTO_PUBLIC_KEY_SIZE,
               "23ded2d5d90ea89d975dac4792b297240f194952d7421aacbff0474100052b6bb8aa58d18ef6c42b6960e2e28f");
}

static void envelope_opens_only_whole_and_for_its_recipient(void **state)
{
    (void)state;
    struct error err;
    uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE], sealed[5 + CRYPTO_ENVELOPE_OVERHEAD], again[sizeof sealed], out[5] = {0};
    CLEANUP(secret) struct secret *key = NULL, *other = NULL;
    assert_true(secret_random(&key, CRYPTO_KEY_SIZE, &err) && secret_random(&other, CRYPTO_KEY_SIZE, &err));
    assert_true(crypto_envelope_public_key(recipient, key, &err));
    assert_true(crypto_envelope_seal(sealed, recipient, "purpose", "bound", 5, "share", 5, &err));
    assert_true(crypto_envelope_seal(again, recipient, "purpose", "bound", 5, "share", 5, &err));
    assert_memory_not_equal(sealed, again, sizeof sealed);
    assert_true(crypto_envelope_open(out, key, "purpose", "bound", 5, sealed, sizeof sealed, &err));
    assert_memory_equal(out, "share", 5);
    memset(out, 0, sizeof out);
    assert_false(crypto_envelope_open(out, other, "purpose", "bound", 5, sealed, sizeof sealed, &err));
    assert_false(crypto_envelope_open(out, key, "Purpose", "bound", 5, sealed, sizeof sealed, &err));
    assert_false(crypto_envelope_open(out, key, "purpose", "Bound", 5, sealed, sizeof sealed, &err));
    for (size_t length = 0; length < sizeof sealed; length++) {
        assert_false(crypto_envelope_open(out, key, "purpose", "bound", 5, sealed, length, &err));
        assert_int_equal(err.code, ERROR_CORRUPT);
    }
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_false(crypto_envelope_open(out, key, "purpose", "bound", 5, sealed, sizeof sealed, &err));
        sealed[i] ^= 1;
    }
    assert_memory_equal(out, "\0\0\0\0\0", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x25519_gives_the_values_of_rfc_7748),
        cmocka_unit_test(x25519_repeated_a_thousand_times_gives_the_value_of_rfc_7748),
        cmocka_unit_test(points_of_low_order_are_refused),
        cmocka_unit_test(hkdf_gives_the_values_of_rfc_5869),
        cmocka_unit_test(shared_secret_is_that_of_rfc_9180),
        cmocka_unit_test(envelope_is_that_of_hpke),
        cmocka_unit_test(envelope_opens_only_whole_and_for_its_recipient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
