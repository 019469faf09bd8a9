/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto: every primitive against the vectors of its norm, and what must not open does not. */
#include "trust/crypto/crypto.h"
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
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

static struct secret *secret_of(const char *text)
{
    struct error err;
    struct secret *secret;
    assert_true(secret_create(&secret, strlen(text), &err));
    memcpy(secret_bytes(secret), text, strlen(text));
    return secret;
}

static void assert_hex(const void *bytes, size_t length, const char *expected)
{
    char hex[2 * 256 + 1];
    assert_true(length <= 256);
    crypto_hex(hex, bytes, length);
    assert_string_equal(hex, expected);
}

/* RFC 7693 appendix E: the check value over all lengths, keyed and not. It is about the library; our own function follows below. */
static void rfc7693_sequence(uint8_t *out, size_t length, uint32_t seed)
{
    uint32_t a = 0xDEAD4BAD * seed, b = 1;
    for (size_t i = 0; i < length; i++) {
        uint32_t t = a + b;
        a = b;
        b = t;
        out[i] = (uint8_t)(t >> 24);
    }
}

static void blake2b_gives_the_check_value_of_rfc_7693(void **state)
{
    (void)state;
    const uint32_t digests[] = {20, 32, 48, 64}, inputs[] = {0, 3, 128, 129, 255, 1024};
    uint8_t in[1024], key[64], digest[64], all[32];
    crypto_generichash_state sum;
    crypto_generichash_init(&sum, NULL, 0, sizeof all);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 6; j++) {
            rfc7693_sequence(in, inputs[j], inputs[j]);
            crypto_generichash(digest, digests[i], in, inputs[j], NULL, 0);
            crypto_generichash_update(&sum, digest, digests[i]);
            rfc7693_sequence(key, digests[i], digests[i]);
            crypto_generichash(digest, digests[i], in, inputs[j], key, digests[i]);
            crypto_generichash_update(&sum, digest, digests[i]);
        }
    }
    crypto_generichash_final(&sum, all, sizeof all);
    assert_hex(all, sizeof all, "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475");
}

static void hashes_give_published_values(void **state)
{
    (void)state;
    struct crypto_hash hash = crypto_hash_of("abc", 3); /* BLAKE2b-256 */
    assert_hex(hash.bytes, 32, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    hash = crypto_hash_of("", 0);
    assert_hex(hash.bytes, 32, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    hash = crypto_sha256_of("abc", 3); /* FIPS 180-4 */
    assert_hex(hash.bytes, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash = crypto_sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    assert_hex(hash.bytes, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void hasher_does_not_mind_the_pieces(void **state)
{
    (void)state;
    uint8_t bytes[1000];
    crypto_random(bytes, sizeof bytes);
    struct crypto_hasher *hasher = crypto_hasher_create();
    for (size_t i = 0; i < sizeof bytes;) {
        size_t piece = i + 77 > sizeof bytes ? sizeof bytes - i : 77;
        crypto_hasher_add(hasher, bytes + i, piece);
        i += piece;
    }
    struct crypto_hash pieces = crypto_hasher_finish(hasher), whole = crypto_hash_of(bytes, sizeof bytes);
    assert_memory_equal(pieces.bytes, whole.bytes, sizeof whole.bytes);
}

static void ed25519_signs_as_rfc_8032(void **state)
{
    (void)state;
    static const struct {
        const char *seed, *public_key, *message, *signature;
    } vectors[] = {
        /* RFC 8032 section 7.1, tests 1 to 3 */
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100"
         "b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c0"
         "0"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40"
         "a"},
    };
    struct error err;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        CLEANUP(secret) struct secret *seed = secret_from_hex(vectors[i].seed);
        uint8_t message[2], signature[CRYPTO_SIGNATURE_SIZE], public_key[CRYPTO_PUBLIC_KEY_SIZE];
        size_t length = strlen(vectors[i].message) / 2;
        assert_true(crypto_from_hex(message, length, vectors[i].message));
        assert_true(crypto_public_key(public_key, seed, &err));
        assert_hex(public_key, sizeof public_key, vectors[i].public_key);
        assert_true(crypto_signature_make(signature, seed, message, length, &err));
        assert_hex(signature, sizeof signature, vectors[i].signature);
        assert_true(crypto_signature_valid(signature, public_key, message, length));
        signature[i * 20] ^= 1;
        assert_false(crypto_signature_valid(signature, public_key, message, length));
    }
}

/* RFC 9106's own vector has four lanes, a secret and associated data, which libsodium does not take. These have one lane. */
static void argon2id_gives_published_values(void **state)
{
    (void)state;
    static const struct {
        const char *passphrase, *salt;
        uint32_t memory_kib, passes;
        const char *key;
    } vectors[] = {
        /* libsodium's test suite, pwhash_argon2id */
        {"", "6c0f356abb225f2b1ddd66d34739843b", 4882, 2, "366f1004cfbb447d435e8f6bbe9e5cc0a10e38e7c3da0e89bb19578a1a0d7291"},
        {"^T5H$JYt39n%K*j:W]!1s?vg!:jGi]Ax?..l7[p0v:1jHTpla9;]bUN;?bWyCbtqg ", "3e412031362d62797465732073616c74", 4096, 19,
         "96d07fb9ed643ed04c0467eccac3293e2804ea188d10a67dbecf2f2cd5434060"},
        /* the PHP manual, sodium_crypto_pwhash_str */
        {"password", "a1621f75a5f05b08559a8bce05cd8d01", 65536, 2, "11bb19f899d9cb26af91a7d2d21a1ce0775a381d082d664448067b91519af88c"},
    };
    struct error err;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        CLEANUP(secret) struct secret *passphrase = secret_of(vectors[i].passphrase);
        CLEANUP(secret) struct secret *key = NULL;
        uint8_t salt[CRYPTO_SALT_SIZE];
        assert_true(crypto_from_hex(salt, sizeof salt, vectors[i].salt));
        assert_true(crypto_passphrase_key(&key, passphrase, salt, vectors[i].memory_kib, vectors[i].passes, &err));
        assert_hex(secret_view(key), secret_length(key), vectors[i].key);
    }
    CLEANUP(secret) struct secret *passphrase = secret_of("x");
    struct secret *key = NULL;
    const uint8_t salt[CRYPTO_SALT_SIZE] = {0};
    assert_false(crypto_passphrase_key(&key, passphrase, salt, UINT32_MAX, 1, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_false(crypto_passphrase_key(&key, passphrase, salt, 1024, 0, &err));
    assert_null(key);
}

/* The cases 15 and 16 of the GCM specification given to NIST (McGrew and Viega), repeated in NIST's CAVS files. */
static const char gcm_key[] = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";

static void gcm_opens_the_vectors_of_nist(void **state)
{
    (void)state;
    CLEANUP(secret) struct secret *key = secret_from_hex(gcm_key);
    const char *const sealed_hex = "cafebabefacedbaddecaf888"
                                   "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                   "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                                   "76fc6ece0f4e1768cddf8853bb2d551b";
    uint8_t sealed[12 + 60 + 16], plain[60], associated[20];
    struct error err;
    assert_true(crypto_from_hex(sealed, sizeof sealed, sealed_hex));
    assert_true(crypto_from_hex(associated, sizeof associated, "feedfacedeadbeeffeedfacedeadbeefabaddad2"));
    assert_true(crypto_open(plain, key, sealed, sizeof sealed, associated, sizeof associated, &err));
    assert_hex(plain, sizeof plain,
               "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    for (size_t i = 0; i < sizeof sealed; i++) {
        uint8_t untouched[60];
        memset(untouched, 0x5a, sizeof untouched);
        sealed[i] ^= 0x10;
        assert_false(crypto_open(untouched, key, sealed, sizeof sealed, associated, sizeof associated, &err));
        assert_int_equal(err.code, ERROR_CORRUPT);
        assert_true(untouched[0] == 0x5a && untouched[59] == 0x5a);
        sealed[i] ^= 0x10;
    }
    assert_false(crypto_open(plain, key, sealed, sizeof sealed, associated, sizeof associated - 1, &err));
    assert_false(crypto_open(plain, key, sealed, CRYPTO_SEAL_OVERHEAD - 1, associated, sizeof associated, &err));
}

/* Cases 13 and 14: key, nonce and block of zeros. Block 0 has the nonce 0. */
static void blocks_give_the_vectors_of_nist(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *key = NULL;
    assert_true(secret_create(&key, CRYPTO_KEY_SIZE, &err));
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    assert_true(crypto_blocks_create(&blocks, key, &err));
    uint8_t zero[16] = {0}, sealed[32];
    assert_true(crypto_block_seal(blocks, 0, NULL, 0, NULL, 0, sealed, &err));
    assert_hex(sealed, 16, "530f8afbc74536b9a963b4f1c4cb738b");
    assert_true(crypto_block_seal(blocks, 0, NULL, 0, zero, 16, sealed, &err));
    assert_hex(sealed, 32, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

static void block_nonce_is_the_number_little_endian(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *key = secret_from_hex(gcm_key);
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    assert_true(crypto_blocks_create(&blocks, key, &err));
    const uint8_t plain[5] = "block";
    uint8_t message[12 + 5 + 16] = {0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01}, back[5];
    assert_true(crypto_block_seal(blocks, 0x0102030405060708, "ad", 2, plain, sizeof plain, message + 12, &err));
    assert_true(crypto_open(back, key, message, sizeof message, "ad", 2, &err));
    assert_memory_equal(back, plain, sizeof plain);
}

static void blocks_open_only_where_they_belong(void **state)
{
    (void)state;
    struct error err;
    enum { LENGTH = 1000 };
    CLEANUP(secret) struct secret *key = NULL;
    assert_true(secret_random(&key, CRYPTO_KEY_SIZE, &err));
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    assert_true(crypto_blocks_create(&blocks, key, &err));
    uint8_t plain[LENGTH], sealed[LENGTH + CRYPTO_TAG_SIZE], back[LENGTH];
    crypto_random(plain, sizeof plain);
    for (uint64_t block = 0; block < 3; block++) { /* one context, many blocks */
        assert_true(crypto_block_seal(blocks, block, &block, sizeof block, plain, sizeof plain, sealed, &err));
        assert_true(crypto_block_open(blocks, block, &block, sizeof block, sealed, sizeof sealed, back, &err));
        assert_memory_equal(back, plain, sizeof plain);
        assert_false(crypto_block_open(blocks, block + 1, &block, sizeof block, sealed, sizeof sealed, back, &err));
        assert_int_equal(err.code, ERROR_CORRUPT);
        uint8_t nothing[LENGTH] = {0};
        assert_memory_equal(back, nothing, sizeof back); /* wiped */
        assert_false(crypto_block_open(blocks, block, &block, sizeof block - 1, sealed, sizeof sealed, back, &err));
        assert_false(crypto_block_open(blocks, block, &block, sizeof block, sealed, sizeof sealed - 1, back, &err));
        assert_false(crypto_block_open(blocks, block, &block, sizeof block, sealed, CRYPTO_TAG_SIZE - 1, back, &err));
    }
    uint64_t last = 2;
    assert_true(crypto_block_open(blocks, last, &last, sizeof last, sealed, sizeof sealed, sealed, &err)); /* in place */
    assert_memory_equal(sealed, plain, sizeof plain);
}

static void seal_is_never_the_same_twice(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *key = NULL, *short_key = NULL;
    assert_true(secret_random(&key, CRYPTO_KEY_SIZE, &err));
    assert_true(secret_random(&short_key, 16, &err));
    uint8_t a[3 + CRYPTO_SEAL_OVERHEAD], b[3 + CRYPTO_SEAL_OVERHEAD], back[3];
    assert_true(crypto_seal(a, key, "abc", 3, "x", 1, &err));
    assert_true(crypto_seal(b, key, "abc", 3, "x", 1, &err));
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(crypto_open(back, key, b, sizeof b, "x", 1, &err));
    assert_memory_equal(back, "abc", 3);
    assert_false(crypto_seal(a, short_key, "abc", 3, "x", 1, &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
}

static void derived_keys_differ_by_purpose_and_context(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *root = secret_from_hex(gcm_key);
    static const struct {
        const char *purpose, *context;
    } uses[] = {{"a", "bc"}, {"ab", "c"}, {"abc", ""}, {"", "abc"}};
    struct secret *keys[4];
    for (size_t i = 0; i < 4; i++) {
        assert_true(crypto_derive(&keys[i], root, uses[i].purpose, uses[i].context, strlen(uses[i].context), &err));
        for (size_t j = 0; j < i; j++) {
            assert_false(crypto_equal(secret_view(keys[i]), secret_view(keys[j]), CRYPTO_KEY_SIZE));
        }
    }
    /* Frozen: what was derived once must be derived again. Computed with Python's hashlib.blake2b from the description in the README. */
    assert_hex(secret_view(keys[0]), CRYPTO_KEY_SIZE, "5dea0fbf0ee9a6c22dffeeb84a2e5b6465d764850d0eb4ac474fa2cc664609ce");
    for (size_t i = 0; i < 4; i++) {
        secret_destroy(keys[i]);
    }
}

static void hex_is_strict(void **state)
{
    (void)state;
    uint8_t out[2] = {7, 7};
    assert_false(crypto_from_hex(out, 2, "0aff0"));
    assert_false(crypto_from_hex(out, 2, "0aFf"));
    assert_false(crypto_from_hex(out, 2, "0afg"));
    assert_false(crypto_from_hex(out, 2, "0a:f"));
    assert_int_equal(out[0], 7);
    assert_true(crypto_from_hex(out, 2, "0aff"));
    assert_int_equal(out[1], 255);
}

static void secrets_and_pages_are_zero_at_first(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *secret = NULL;
    assert_true(secret_create(&secret, 100, &err));
    uint8_t nothing[100] = {0};
    assert_int_equal(secret_length(secret), 100);
    assert_memory_equal(secret_view(secret), nothing, 100);
    void *pages;
    assert_true(crypto_pages_create(&pages, 1 << 16, &err));
    assert_memory_equal(pages, nothing, 100);
    memset(pages, 1, 1 << 16);
    crypto_pages_destroy(pages, 1 << 16);
}

/* The first and the last vectors of the paper's appendix A and reference implementation: key 00..0f, message 00..len-1. */
static void short_hash_gives_the_vector_of_the_paper(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *key = NULL;
    assert_true(secret_create(&key, 16, &err));
    uint8_t message[15];
    for (uint8_t i = 0; i < 16; i++) {
        secret_bytes(key)[i] = i;
    }
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)i;
    }
    assert_true(crypto_short_hash(key, message, sizeof message) == UINT64_C(0xa129ca6149be45e5));
    assert_true(crypto_short_hash(key, message, 0) == UINT64_C(0x726fdb47dd0e0e31));
}

static int start(void **state)
{
    (void)state;
    struct error err;
    return crypto_start(&err) && crypto_start(&err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blake2b_gives_the_check_value_of_rfc_7693),
        cmocka_unit_test(hashes_give_published_values),
        cmocka_unit_test(hasher_does_not_mind_the_pieces),
        cmocka_unit_test(ed25519_signs_as_rfc_8032),
        cmocka_unit_test(argon2id_gives_published_values),
        cmocka_unit_test(gcm_opens_the_vectors_of_nist),
        cmocka_unit_test(blocks_give_the_vectors_of_nist),
        cmocka_unit_test(block_nonce_is_the_number_little_endian),
        cmocka_unit_test(blocks_open_only_where_they_belong),
        cmocka_unit_test(seal_is_never_the_same_twice),
        cmocka_unit_test(derived_keys_differ_by_purpose_and_context),
        cmocka_unit_test(hex_is_strict),
        cmocka_unit_test(short_hash_gives_the_vector_of_the_paper),
        cmocka_unit_test(secrets_and_pages_are_zero_at_first),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
