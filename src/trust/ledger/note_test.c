/* SPDX-License-Identifier: EUPL-1.2 */
/* note: the published notes and keys of Go's note package (PeterNeumann, EnochRoot, sum.golang.org's key), the checkpoint and cosignature
 * of C2SP's pages, and what must be refused. */
#include "trust/crypto/crypto_base64.h"
#include "trust/ledger/ledger_checkpoint.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* golang.org/x/mod/sumdb/note, note_test.go */
static const char peter_vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char peter_seed[] = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"; /* algorithm 1, then the seed */
static const char enoch_vkey[] = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
#define PETER_TEXT "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETER_LINE               \
    "\xE2\x80\x94 PeterNeumann " \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_LINE            \
    "\xE2\x80\x94 EnochRoot " \
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

static struct note_key key_of(const char *vkey)
{
    struct error err;
    struct note_key key;
    assert_true(note_key_parse(&key, text_of(vkey), &err));
    return key;
}

static void keys(void **state)
{
    (void)state;
    struct error err;
    struct note_key peter = key_of(peter_vkey), again;
    char printed[NOTE_VKEY_SIZE], changed[sizeof peter_vkey];
    assert_string_equal(peter.name, "PeterNeumann");
    assert_int_equal(note_key_id(&peter), 0xc74f20a3);
    note_key_print(&peter, printed);
    assert_string_equal(printed, peter_vkey);
    key_of("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"); /* the key of Go's checksum database */
    size_t length = strlen(peter_vkey);
    for (size_t i = 0; i <= length; i++) {
        for (size_t j = i; j <= length; j++) {
            bool is_whole = i == 0 && j == length;
            assert_int_equal(note_key_parse(&again, (struct text){peter_vkey + i, j - i}, &err), is_whole);
        }
    }
    for (size_t i = 0; i < length; i++) {
        memcpy(changed, peter_vkey, sizeof changed);
        changed[i]++;
        assert_false(note_key_parse(&again, text_of(changed), &err));
    }
    assert_false(note_key_parse(&again, TEXT("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="), &err));
    assert_false(note_key_parse(&again, TEXT("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &err));
    static const char *const bad_names[] = {"", "a b", "a+b", "a\xC2\xA0z", "a\xE2\x80\x83z", "a\nz", "\xFF"};
    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++) {
        assert_false(note_key_make(&again, bad_names[i], NOTE_ED25519, peter.public_key, &err));
    }
}

static bool parse(struct note *note, const char *text)
{
    struct error err;
    return note_parse(note, text, strlen(text), &err);
}

static void published_notes(void **state)
{
    (void)state;
    static struct note note;
    struct note_key peter = key_of(peter_vkey), enoch = key_of(enoch_vkey);
    assert_true(parse(&note, PETER_TEXT "\n" PETER_LINE));
    assert_true(text_equal(note.text, TEXT(PETER_TEXT)));
    assert_int_equal(note.count, 1);
    assert_int_equal(note_verify(&note, &peter, NULL), NOTE_VALID);
    assert_int_equal(note_verify(&note, &enoch, NULL), NOTE_ABSENT);
    assert_true(parse(&note, PETER_TEXT "\n" PETER_LINE ENOCH_LINE));
    assert_int_equal(note_verify(&note, &peter, NULL), NOTE_VALID);
    assert_int_equal(note_verify(&note, &enoch, NULL), NOTE_VALID);
    assert_true(parse(&note, "x" PETER_TEXT "\n" PETER_LINE));
    assert_int_equal(note_verify(&note, &peter, NULL), NOTE_INVALID);
    static const char *const malformed[] = {
        PETER_TEXT,
        PETER_TEXT "\n",
        "\n" PETER_LINE,
        "\x01" PETER_TEXT "\n" PETER_LINE,
        "\xff" PETER_TEXT "\n" PETER_LINE,
        PETER_TEXT "\n\xE2\x80\x94 Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
        PETER_TEXT "\n" PETER_LINE "Unexpected line.\n",
        PETER_TEXT "\n- PeterNeumann x08go/ZJ\n",
        PETER_TEXT "\n\xE2\x80\x94 PeterNeumann x08gow==\n", /* no byte of a signature */
    };
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        assert_false(parse(&note, malformed[i]));
    }
    assert_false(parse(&note, ""));
    char cut[sizeof PETER_TEXT PETER_LINE + 1] = PETER_TEXT "\n" PETER_LINE;
    cut[strlen(cut) - 1] = '\0'; /* the last line does not end */
    assert_false(parse(&note, cut));
}

static void too_many_signatures(void **state)
{
    (void)state;
    static struct note note;
    struct error err;
    CLEANUP(buffer_value) struct buffer many = {.maximum = 1 << 16};
    assert_true(buffer_append_text(&many, PETER_TEXT "\n", &err));
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++) {
        assert_true(buffer_append_text(&many, PETER_LINE, &err));
    }
    assert_true(note_parse(&note, many.data, many.length, &err));
    assert_true(buffer_append_text(&many, PETER_LINE, &err));
    assert_false(note_parse(&note, many.data, many.length, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
}

static struct secret *seed_of(const char *base64)
{
    struct error err;
    struct secret *seed = NULL;
    uint8_t bytes[33];
    size_t length;
    assert_true(secret_create(&seed, CRYPTO_KEY_SIZE, &err));
    assert_true(crypto_from_base64(bytes, sizeof bytes, &length, text_of(base64)));
    memcpy(secret_bytes(seed), bytes + 1, CRYPTO_KEY_SIZE);
    return seed;
}

/* Ed25519 is deterministic: the same seed must give the published signature. */
static void signing_gives_the_published_line(void **state)
{
    (void)state;
    struct error err;
    struct note_signer signer;
    CLEANUP(secret) struct secret *seed = seed_of(peter_seed);
    CLEANUP(buffer_value) struct buffer line = {.maximum = 1024};
    assert_true(note_signer_of_seed(&signer, "PeterNeumann", NOTE_ED25519, seed, &err));
    assert_true(note_sign(&signer, TEXT(PETER_TEXT), 0, &line, &err));
    assert_string_equal((const char *)line.data, PETER_LINE);
}

/* The example of c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature: its keys are not published, so it is read, not verified. */
#define SOFA_TEXT "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SOFA                                                                                                   \
    SOFA_TEXT "\n\xE2\x80\x94 example.com/behind-the-sofa "                                                    \
              "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" \
              "\xE2\x80\x94 witness.example.com/w1 "                                                           \
              "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"

static void published_checkpoint(void **state)
{
    (void)state;
    static struct note note;
    struct error err;
    struct checkpoint checkpoint;
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1024};
    assert_true(checkpoint_open(&checkpoint, &note, SOFA, strlen(SOFA), NULL, &err));
    assert_string_equal(checkpoint.origin, "example.com/behind-the-sofa");
    assert_int_equal(checkpoint.size, 20852163);
    assert_int_equal(note.count, 2);
    assert_int_equal(note.signatures[0].key_id, 0x033de0ae); /* the page borrows the id of sum.golang.org's key */
    assert_int_equal(note.signatures[1].length, 72);
    assert_memory_equal(note.signatures[1].bytes, "\0\0\0\0\x64\x18\x50\xCB", 8); /* 1679315147, as the page says */
    assert_true(checkpoint_print(&checkpoint, &text, &err));
    assert_string_equal((const char *)text.data, SOFA_TEXT);
    static const char *const wrong[] = {
        "a\n1\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n281474976710656\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nopen end",
        "",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(checkpoint_parse(&checkpoint, text_of(wrong[i]), &err));
    }
    assert_true(checkpoint_parse(&checkpoint, TEXT("a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n"), &err));
}

static void signed_checkpoints(void **state)
{
    (void)state;
    static struct note note;
    struct error err;
    struct note_signer log, other;
    struct checkpoint checkpoint = {.origin = "PeterNeumann", .size = 7}, back;
    CLEANUP(secret) struct secret *seed = seed_of(peter_seed), *second = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 4096};
    assert_true(secret_random(&second, CRYPTO_KEY_SIZE, &err));
    assert_true(note_signer_of_seed(&log, "PeterNeumann", NOTE_ED25519, seed, &err));
    assert_true(note_signer_of_seed(&other, "PeterNeumann", NOTE_ED25519, second, &err));
    assert_true(checkpoint_sign(&checkpoint, &log, &bytes, &err));
    assert_true(checkpoint_open(&back, &note, bytes.data, bytes.length, &log.key, &err));
    assert_int_equal(back.size, 7);
    assert_false(checkpoint_open(&back, &note, bytes.data, bytes.length, &other.key, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    memcpy(strchr((char *)bytes.data, '7'), "8", 1);
    assert_false(checkpoint_open(&back, &note, bytes.data, bytes.length, &log.key, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    struct note_key renamed = log.key;
    memcpy(renamed.name, "Carmen", 7);
    assert_false(checkpoint_open(&back, &note, bytes.data, bytes.length, &renamed, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

static void cosignatures_and_quorum(void **state)
{
    (void)state;
    static struct note note;
    struct error err;
    struct note_signer log, witnesses[3];
    struct note_key keys[4];
    struct checkpoint checkpoint = {.origin = "PeterNeumann", .size = 7};
    CLEANUP(secret) struct secret *seed = seed_of(peter_seed), *first = NULL, *second = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 4096}, text = {.maximum = 1024};
    int64_t time = 0;
    unsigned count;
    assert_true(secret_random(&first, CRYPTO_KEY_SIZE, &err) && secret_random(&second, CRYPTO_KEY_SIZE, &err));
    assert_true(note_signer_of_seed(&log, "PeterNeumann", NOTE_ED25519, seed, &err));
    assert_true(note_signer_of_seed(&witnesses[0], "w.example/1", NOTE_COSIGNATURE, first, &err));
    assert_true(note_signer_of_seed(&witnesses[1], "w.example/2", NOTE_COSIGNATURE, second, &err));
    assert_true(checkpoint_sign(&checkpoint, &log, &bytes, &err));
    assert_true(checkpoint_print(&checkpoint, &text, &err));
    struct text signed_text = {(const char *)text.data, text.length};
    assert_true(note_sign(&witnesses[0], signed_text, 1764000000, &bytes, &err));
    assert_true(note_sign(&witnesses[0], signed_text, 1764000060, &bytes, &err)); /* again, a minute later */
    assert_true(note_parse(&note, bytes.data, bytes.length, &err));
    assert_int_equal(note_verify(&note, &witnesses[0].key, &time), NOTE_VALID);
    assert_int_equal(time, 1764000060);
    keys[0] = keys[2] = witnesses[0].key;
    keys[1] = witnesses[1].key;
    assert_true(checkpoint_witnesses(&note, keys, 3, &count, &err));
    assert_int_equal(count, 1); /* named twice, counted once */
    assert_true(checkpoint_demand_quorum(&note, keys, 3, 1, &err));
    assert_false(checkpoint_demand_quorum(&note, keys, 3, 2, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(note_sign(&witnesses[1], TEXT("another text\n"), 1764000000, &bytes, &err));
    assert_true(note_parse(&note, bytes.data, bytes.length, &err));
    assert_false(checkpoint_demand_quorum(&note, keys, 3, 1, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(published_notes),
        cmocka_unit_test(too_many_signatures),
        cmocka_unit_test(signing_gives_the_published_line),
        cmocka_unit_test(published_checkpoint),
        cmocka_unit_test(signed_checkpoints),
        cmocka_unit_test(cosignatures_and_quorum),
    };
    return crypto_start(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
