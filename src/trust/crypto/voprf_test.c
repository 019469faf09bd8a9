/* SPDX-License-Identifier: EUPL-1.2 */
/* voprf: every vector of RFC 9497 for ristretto255-SHA512 in the modes OPRF and VOPRF (A.1.1, A.1.2), and what must not pass. */
#include "trust/crypto/voprf.h"
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { INPUT_MAX = 17, BATCH = 2 };
#define BLIND_1 "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
#define BLIND_2 "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
#define INPUT_2 "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define OPRF_KEY "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"
#define VOPRF_KEY "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"
#define VOPRF_PUBLIC_KEY "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"

struct vector {
    const char *input, *blind, *blinded, *evaluated, *output;
};
static const struct vector oprf_vectors[] = {
    {"00", BLIND_1, "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
     "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
     "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
     "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"},
    {INPUT_2, BLIND_1, "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
     "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
     "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
     "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"},
};
#define VOPRF_OUTPUT_1                                                 \
    "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d" \
    "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
#define VOPRF_OUTPUT_2                                                 \
    "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60" \
    "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"
static const struct {
    size_t count;
    struct vector vectors[BATCH];
    const char *random_scalar, *proof;
} voprf_batches[] = {
    {1,
     {{"00", BLIND_1, "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
       "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e", VOPRF_OUTPUT_1}},
     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
     "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
     "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d"},
    {1,
     {{INPUT_2, BLIND_1, "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
       "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468", VOPRF_OUTPUT_2}},
     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
     "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
     "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02"},
    {2,
     {{"00", BLIND_1, "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
       "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e", VOPRF_OUTPUT_1},
      {INPUT_2, BLIND_2, "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
       "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a", VOPRF_OUTPUT_2}},
     "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
     "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
     "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08"},
};

static void assert_hex(const void *bytes, size_t length, const char *expected)
{
    char hex[2 * 64 + 1];
    crypto_hex(hex, bytes, length);
    assert_string_equal(hex, expected);
}

static struct secret *secret_of(const char *hex)
{
    struct error err;
    struct secret *secret;
    assert_true(secret_create(&secret, strlen(hex) / 2, &err));
    assert_true(crypto_from_hex(secret_bytes(secret), strlen(hex) / 2, hex));
    return secret;
}

static struct secret *key_of(enum crypto_voprf_mode mode)
{
    struct error err;
    struct secret *key;
    CLEANUP(secret) struct secret *seed = secret_of("a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3");
    assert_true(crypto_voprf_key_derive(&key, mode, seed, TEXT("test key"), &err));
    return key;
}

static void keys_are_derived(void **state)
{
    (void)state;
    struct error err;
    uint8_t public_key[CRYPTO_ELEMENT_SIZE];
    CLEANUP(secret) struct secret *oprf = key_of(CRYPTO_OPRF);
    CLEANUP(secret) struct secret *voprf = key_of(CRYPTO_VOPRF);
    assert_hex(secret_view(oprf), CRYPTO_SCALAR_SIZE, OPRF_KEY);
    assert_hex(secret_view(voprf), CRYPTO_SCALAR_SIZE, VOPRF_KEY);
    assert_true(crypto_voprf_public_key(public_key, voprf, &err));
    assert_hex(public_key, sizeof public_key, VOPRF_PUBLIC_KEY);
}

/* All but the proof. */
static void vector_check(const struct vector *vector, enum crypto_voprf_mode mode, const struct secret *key,
                         uint8_t out_blinded[CRYPTO_ELEMENT_SIZE], uint8_t out_evaluated[CRYPTO_ELEMENT_SIZE])
{
    struct error err;
    uint8_t input[INPUT_MAX], uniform[CRYPTO_UNIFORM_SIZE], unblinded[CRYPTO_ELEMENT_SIZE], output[CRYPTO_VOPRF_OUTPUT_SIZE];
    uint8_t room[1][CRYPTO_SCALAR_SIZE], inverse[1][CRYPTO_SCALAR_SIZE];
    CLEANUP(secret) struct secret *blind = secret_of(vector->blind);
    const struct text text = {(const char *)input, strlen(vector->input) / 2};
    const struct text halves[] = {{text.data, text.length / 2}, {text.data + text.length / 2, text.length - text.length / 2}};
    assert_true(crypto_from_hex(input, text.length, vector->input));
    crypto_voprf_input(uniform, mode, halves, 2); /* in two parts: the same as in one */
    assert_true(crypto_voprf_blind(out_blinded, uniform, secret_view(blind), &err));
    assert_hex(out_blinded, CRYPTO_ELEMENT_SIZE, vector->blinded);
    assert_true(crypto_element_power(out_evaluated, out_blinded, secret_view(key), &err));
    assert_hex(out_evaluated, CRYPTO_ELEMENT_SIZE, vector->evaluated);
    memcpy(inverse[0], secret_view(blind), sizeof inverse[0]);
    assert_true(crypto_scalars_invert(inverse, room, 1, &err));
    assert_true(crypto_element_power(unblinded, out_evaluated, inverse[0], &err));
    crypto_voprf_finalize(output, text, unblinded);
    assert_hex(output, sizeof output, vector->output);
}

static void vectors_of_the_oblivious_mode(void **state)
{
    (void)state;
    uint8_t blinded[CRYPTO_ELEMENT_SIZE], evaluated[CRYPTO_ELEMENT_SIZE];
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_OPRF);
    for (size_t i = 0; i < sizeof oprf_vectors / sizeof *oprf_vectors; i++) {
        vector_check(&oprf_vectors[i], CRYPTO_OPRF, key, blinded, evaluated);
    }
}

struct example {
    uint8_t blinded[BATCH][CRYPTO_ELEMENT_SIZE], evaluated[BATCH][CRYPTO_ELEMENT_SIZE];
    uint8_t public_key[CRYPTO_ELEMENT_SIZE], proof[CRYPTO_PROOF_SIZE];
    struct crypto_batch batch;
};

static void example_make(struct example *example, size_t which, const struct secret *key)
{
    struct error err;
    CLEANUP(secret) struct secret *random_scalar = secret_of(voprf_batches[which].random_scalar);
    for (size_t i = 0; i < voprf_batches[which].count; i++) {
        vector_check(&voprf_batches[which].vectors[i], CRYPTO_VOPRF, key, example->blinded[i], example->evaluated[i]);
    }
    example->batch =
        (struct crypto_batch){.blinded = example->blinded, .evaluated = example->evaluated, .count = voprf_batches[which].count};
    assert_true(crypto_voprf_public_key(example->public_key, key, &err));
    assert_true(voprf_prove_from(example->proof, &example->batch, key, example->public_key, random_scalar, &err));
}

static void vectors_of_the_verifiable_mode(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_VOPRF);
    for (size_t i = 0; i < sizeof voprf_batches / sizeof *voprf_batches; i++) {
        struct example example;
        example_make(&example, i, key);
        assert_hex(example.proof, sizeof example.proof, voprf_batches[i].proof);
        assert_true(crypto_voprf_verify(&example.batch, example.proof, example.public_key, &err));
    }
}

static void assert_refused(const struct example *example)
{
    struct error err;
    assert_false(crypto_voprf_verify(&example->batch, example->proof, example->public_key, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

static void a_lying_authority_is_found(void **state)
{
    (void)state;
    struct error err;
    struct example honest, lying;
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_VOPRF);
    CLEANUP(secret) struct secret *other = key_of(CRYPTO_OPRF);
    example_make(&honest, 2, key);
    for (size_t i = 0; i < BATCH; i++) { /* one element of the batch under another key */
        example_make(&lying, 2, key);
        assert_true(crypto_element_power(lying.evaluated[i], lying.blinded[i], secret_view(other), &err));
        assert_refused(&lying);
        assert_true(crypto_voprf_prove(lying.proof, &lying.batch, key, lying.public_key, &err)); /* and with a proof made over it */
        assert_refused(&lying);
    }
    example_make(&lying, 2, key); /* two answers exchanged */
    memcpy(lying.evaluated[0], honest.evaluated[1], CRYPTO_ELEMENT_SIZE);
    memcpy(lying.evaluated[1], honest.evaluated[0], CRYPTO_ELEMENT_SIZE);
    assert_refused(&lying);
    example_make(&lying, 2, key); /* all under another key than the pinned one, honestly proved for it */
    for (size_t i = 0; i < BATCH; i++) {
        assert_true(crypto_element_power(lying.evaluated[i], lying.blinded[i], secret_view(other), &err));
    }
    assert_true(crypto_voprf_public_key(lying.public_key, other, &err));
    assert_true(crypto_voprf_prove(lying.proof, &lying.batch, other, lying.public_key, &err));
    assert_true(crypto_voprf_verify(&lying.batch, lying.proof, lying.public_key, &err));
    memcpy(lying.public_key, honest.public_key, sizeof lying.public_key);
    assert_refused(&lying);
    for (size_t i = 0; i < CRYPTO_PROOF_SIZE; i++) {
        example_make(&lying, 2, key);
        lying.proof[i] ^= 1;
        assert_refused(&lying);
    }
}

static void a_proof_is_for_what_it_was_made_for(void **state)
{
    (void)state;
    struct error err;
    struct example example;
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_VOPRF);
    example_make(&example, 2, key);
    example.batch.context = TEXT("request 1, block 7");
    assert_refused(&example); /* it was made without context */
    assert_true(crypto_voprf_prove(example.proof, &example.batch, key, example.public_key, &err));
    assert_true(crypto_voprf_verify(&example.batch, example.proof, example.public_key, &err));
    example.batch.context = TEXT("request 1, block 8");
    assert_refused(&example);
    example.batch.count = 0;
    assert_false(crypto_voprf_verify(&example.batch, example.proof, example.public_key, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
}

static void what_is_no_element_is_refused(void **state)
{
    (void)state;
    struct error err;
    struct example example;
    uint8_t out[CRYPTO_ELEMENT_SIZE], zero[CRYPTO_ELEMENT_SIZE] = {0};
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_VOPRF);
    /* RFC 9496 A.2: one of each kind of bad encoding. */
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000", /* the identity */
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", /* non-canonical field elements */
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6", /* the generator, and the highest bit */
        "0100000000000000000000000000000000000000000000000000000000000000", /* negative field elements */
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371", /* no square */
        "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e", /* negative x*y */
        "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* s = -1 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t element[CRYPTO_ELEMENT_SIZE];
        assert_true(crypto_from_hex(element, sizeof element, bad[i]));
        assert_false(crypto_element_valid(element));
        assert_false(crypto_element_power(out, element, secret_view(key), &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        example_make(&example, 2, key);
        memcpy(example.evaluated[1], element, sizeof element);
        assert_false(crypto_voprf_verify(&example.batch, example.proof, example.public_key, &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        memcpy(example.public_key, element, sizeof element);
        assert_false(crypto_voprf_verify(&example.batch, example.proof, example.public_key, &err));
    }
    assert_false(crypto_element_generate(out, zero, &err));
}

static void what_is_no_scalar_is_refused(void **state)
{
    (void)state;
    struct error err;
    uint8_t out[CRYPTO_ELEMENT_SIZE], room[2][CRYPTO_SCALAR_SIZE], scalars[2][CRYPTO_SCALAR_SIZE] = {{3}, {0}};
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_VOPRF);
    CLEANUP(secret) struct secret *order = secret_of("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    CLEANUP(secret) struct secret *zero = secret_of("0000000000000000000000000000000000000000000000000000000000000000");
    CLEANUP(secret) struct secret *none = NULL;
    uint8_t element[CRYPTO_ELEMENT_SIZE];
    assert_true(crypto_voprf_public_key(element, key, &err));
    assert_true(crypto_scalar_valid(secret_view(key)) && !crypto_scalar_valid(secret_view(order)) &&
                !crypto_scalar_valid(secret_view(zero)));
    assert_false(crypto_element_power(out, element, secret_view(order), &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_false(crypto_element_power(out, element, secret_view(zero), &err));
    assert_false(crypto_scalar_ratio(&none, key, zero, &err) || crypto_scalar_ratio(&none, zero, key, &err));
    assert_false(crypto_scalars_invert(scalars, room, 2, &err));
    assert_true(scalars[0][0] == 0);
    secret_bytes(order)[0]--;
    assert_true(crypto_scalar_valid(secret_view(order)));
}

/* RFC 9496 A.1: the first multiples of the generator. */
static void multiples_of_the_generator(void **state)
{
    (void)state;
    struct error err;
    static const char *const multiples[] = {"e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
                                            "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
                                            "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259"};
    for (uint8_t i = 0; i < 3; i++) {
        uint8_t scalar[CRYPTO_SCALAR_SIZE] = {(uint8_t)(i + 1)}, element[CRYPTO_ELEMENT_SIZE];
        assert_true(crypto_element_generate(element, scalar, &err));
        assert_hex(element, sizeof element, multiples[i]);
        assert_true(crypto_element_valid(element));
    }
}

static void ratios_change_exponents(void **state)
{
    (void)state;
    struct error err;
    uint8_t old_element[CRYPTO_ELEMENT_SIZE], new_element[CRYPTO_ELEMENT_SIZE], changed[CRYPTO_ELEMENT_SIZE];
    CLEANUP(secret) struct secret *old_key = NULL;
    CLEANUP(secret) struct secret *new_key = NULL;
    CLEANUP(secret) struct secret *ratio = NULL;
    assert_true(crypto_scalar_random(&old_key, &err) && crypto_scalar_random(&new_key, &err));
    assert_true(crypto_scalar_ratio(&ratio, new_key, old_key, &err));
    assert_true(crypto_voprf_public_key(old_element, old_key, &err) && crypto_voprf_public_key(new_element, new_key, &err));
    assert_true(crypto_element_power(changed, old_element, secret_view(ratio), &err));
    assert_memory_equal(changed, new_element, sizeof changed);
}

static void many_inverses_are_single_inverses(void **state)
{
    (void)state;
    struct error err;
    enum { MANY = 37 };
    uint8_t scalars[MANY][CRYPTO_SCALAR_SIZE], inverses[MANY][CRYPTO_SCALAR_SIZE], room[MANY][CRYPTO_SCALAR_SIZE];
    uint8_t element[CRYPTO_ELEMENT_SIZE], back[CRYPTO_ELEMENT_SIZE], generator[CRYPTO_ELEMENT_SIZE], one[CRYPTO_SCALAR_SIZE] = {1};
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_VOPRF);
    assert_true(crypto_element_generate(generator, one, &err));
    for (uint64_t i = 0; i < MANY; i++) {
        uint8_t uniform[CRYPTO_UNIFORM_SIZE], again[CRYPTO_UNIFORM_SIZE];
        assert_true(crypto_random_from(uniform, sizeof uniform, key, i, &err) && crypto_random_from(again, sizeof again, key, i, &err));
        assert_memory_equal(uniform, again, sizeof again);
        crypto_scalar_from_uniform(scalars[i], uniform);
        assert_true(i == 0 || memcmp(scalars[i], scalars[i - 1], CRYPTO_SCALAR_SIZE) != 0);
    }
    memcpy(inverses, scalars, sizeof inverses);
    assert_true(crypto_scalars_invert(inverses, room, MANY, &err));
    for (size_t i = 0; i < MANY; i++) {
        assert_true(crypto_element_generate(element, scalars[i], &err) && crypto_element_power(back, element, inverses[i], &err));
        assert_memory_equal(back, generator, sizeof back);
    }
}

/* docs/formats/circuit.md: ChaCha20 (RFC 8439 2.4) under a derived key, with the nonce of libsodium's generator; here by OpenSSL. */
static void random_bytes_come_again(void **state)
{
    (void)state;
    struct error err;
    enum { LENGTH = 200 };
    uint8_t bytes[LENGTH], stream[LENGTH], zeros[LENGTH] = {0}, number[8] = {5};
    static const uint8_t counter_and_nonce[16] = {0, 0, 0, 0, 'L', 'i', 'b', 's', 'o', 'd', 'i', 'u', 'm', 'D', 'R', 'G'};
    int length = 0;
    CLEANUP(secret) struct secret *key = key_of(CRYPTO_VOPRF);
    CLEANUP(secret) struct secret *derived = NULL;
    assert_true(crypto_random_from(bytes, sizeof bytes, key, 5, &err));
    assert_true(crypto_derive(&derived, key, "emc2 random from 1", number, sizeof number, &err));
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(cipher, EVP_chacha20(), NULL, secret_view(derived), counter_and_nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(cipher, stream, &length, zeros, LENGTH), 1);
    EVP_CIPHER_CTX_free(cipher);
    assert_int_equal(length, LENGTH);
    assert_memory_equal(bytes, stream, sizeof stream);
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_derived),
        cmocka_unit_test(vectors_of_the_oblivious_mode),
        cmocka_unit_test(vectors_of_the_verifiable_mode),
        cmocka_unit_test(a_lying_authority_is_found),
        cmocka_unit_test(a_proof_is_for_what_it_was_made_for),
        cmocka_unit_test(what_is_no_element_is_refused),
        cmocka_unit_test(what_is_no_scalar_is_refused),
        cmocka_unit_test(multiples_of_the_generator),
        cmocka_unit_test(ratios_change_exponents),
        cmocka_unit_test(many_inverses_are_single_inverses),
        cmocka_unit_test(random_bytes_come_again),
    };
    return crypto_start(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
