/* SPDX-License-Identifier: EUPL-1.2 */
/* drill: noise gives no finding; a planted string is found in every form, plain and packed, and named by file and place only; equal blocks,
 * bytes unlike noise, source data, day numbers and a key out of shares are found. base64 against RFC 4648 section 10, shares against a
 * polynomial evaluated by hand. */
#include "base/arena.h"
#include "base/file.h"
#include "base/scratch.h"
#include "trust/crypto/crypto.h"
#include "trust/drill/drill.h"
#include "trust/drill/key_material.h"
#include "trust/drill/planted.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

enum { NOISE = 200000, TOLD = 16, ROOM = 1 << 16 };
static const char secret_name[] = "Centre du Val-Brume";

struct place {
    struct scratch root;
    struct arena *arena;
    struct task_pool *pool;
    struct drill_planted *planted;
    struct error err;
    uint32_t told;
    char words[TOLD][500];
    uint8_t noise[NOISE];
};

static const char *at(struct place *place, const char *name)
{
    return arena_text_format(place->arena, "%s/%s", place->root.directory, name);
}

static void put(struct place *place, const char *name, const void *bytes, size_t length)
{
    assert_true(file_write_atomic(at(place, name), bytes, length, 0600, &place->err));
}

/* The bytes somewhere inside noise, at 100,001. */
static void put_in_noise(struct place *place, const char *name, const void *bytes, size_t length)
{
    uint8_t *copy = arena_allocate_raw(place->arena, NOISE, 1);
    memcpy(copy, place->noise, NOISE);
    memcpy(copy + 100001, bytes, length);
    put(place, name, copy, NOISE);
}

static int begin(void **state)
{
    static struct place place;
    uint64_t seed = 11;
    place = (struct place){.root = scratch_open(), .arena = arena_create(), .planted = drill_planted_create()};
    *state = &place;
    for (size_t i = 0; i < NOISE; i++) { /* the same in every run */
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        place.noise[i] = (uint8_t)(seed >> 56);
    }
    assert_true(crypto_start(&place.err) && task_pool_create(&place.pool, 2, &place.err));
    assert_true(directory_create(at(&place, "host"), 0700, &place.err));
    assert_true(drill_planted_add(place.planted, DRILL_NAME, text_of(secret_name), "list", 1, &place.err));
    assert_true(drill_planted_add(place.planted, DRILL_CODE, TEXT("C900"), "list", 2, &place.err));
    assert_true(drill_planted_add(place.planted, DRILL_COUNT, TEXT("417"), "list", 3, &place.err));
    assert_true(drill_planted_add(place.planted, DRILL_DATE, TEXT("2019-04-14"), "list", 4, &place.err));
    assert_true(drill_planted_add(place.planted, DRILL_DATE, TEXT("2019-04-20"), "list", 5, &place.err));
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    drill_planted_destroy(place->planted);
    task_pool_destroy(place->pool);
    arena_destroy(place->arena);
    scratch_cleanup(&place->root);
    return 0;
}

static void take(void *context, const struct drill_finding *finding)
{
    struct place *place = context;
    const char *leaf = strrchr(finding->file, '/');
    if (place->told < TOLD) {
        snprintf(place->words[place->told], sizeof place->words[0], "%s:%llu: %s", leaf ? leaf + 1 : finding->file,
                 (unsigned long long)finding->offset, finding->what);
    }
    place->told++;
}

static struct drill_report drill_with(struct place *place, struct drill_options options)
{
    struct drill_report report = {0};
    const char *const host[] = {at(place, "host")};
    options.directories = host;
    options.directory_count = 1;
    options.pool = place->pool;
    options.quiet = true;
    place->told = 0;
    if (!drill_disclosure(place->planted, &options, take, place, &report, &place->err)) {
        fail_msg("%s", place->err.message);
    }
    assert_int_equal(report.findings, place->told);
    return report;
}

/* Exactly one finding, in these words. */
static void expect(struct place *place, const char *words)
{
    struct drill_report report = drill_with(place, (struct drill_options){0});
    if (report.findings != 1 || !strstr(place->words[0], words)) {
        for (uint32_t i = 0; i < place->told && i < TOLD; i++) {
            print_error("%s\n", place->words[i]);
        }
        fail_msg("%llu findings, the first: %s; expected: %s", (unsigned long long)report.findings, place->told ? place->words[0] : "-",
                 words);
    }
    assert_null(strstr(place->words[0], "Brume"));
}

static void noise_gives_nothing(void **state)
{
    struct place *place = *state;
    put(place, "host/noise", place->noise, NOISE);
    put(place, "host/log", "started 2026-11-24 id 04170c900aa417bb\n", 39); /* inside longer words and numbers */
    struct drill_report report = drill_with(place, (struct drill_options){0});
    assert_int_equal(report.findings, 0);
    assert_true(report.inside_words >= 3);
    assert_true(report.chance_expected < 1);
}

static void every_form_is_found_in_noise(void **state)
{
    struct place *place = *state;
    static const uint8_t utf16[] = "C\0e\0n\0t\0r\0e\0 \0d\0u\0 \0V\0a\0l\0-\0B\0r\0u\0m\0e";
    static const struct {
        const char *bytes, *words;
    } forms[] = {{"Centre du Val-Brume", "host:1 as it is"},
                 {"CENTRE DU VAL-BRUME", "in upper case"},
                 {"centre du val-brume", "in lower case"},
                 {"emurB-laV ud ertneC", "backwards"},
                 {"43656e7472652064752056616c2d4272756d65", "in hexadecimal"},
                 {"43656E7472652064752056616C2D4272756D65", "in hexadecimal"},
                 {"Q2VudHJlIGR1IFZhbC1CcnVtZQ==", "in base64"},  /* printf 'Centre du Val-Brume' | base64 */
                 {"eENlbnRyZSBkdSBWYWwtQnJ1bWU=", "in base64"},  /* with an x in front */
                 {"eHhDZW50cmUgZHUgVmFsLUJydW1l", "in base64"}}; /* with two */
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        put_in_noise(place, "host/leak", forms[i].bytes, strlen(forms[i].bytes));
        expect(place, i == 0 ? "leak:100001: the name of list:1 as it is" : forms[i].words);
    }
    put_in_noise(place, "host/leak", utf16, sizeof utf16);
    expect(place, "leak:100001: the name of list:1 as UTF-16LE");
    put_in_noise(place, "host/leak", utf16 + 1, sizeof utf16 - 1); /* big-endian from the second letter on is too short by one */
    assert_int_equal(drill_with(place, (struct drill_options){0}).findings, 0);
}

static void short_strings_are_found_in_texts(void **state)
{
    struct place *place = *state;
    put(place, "host/log", "cohort 3: 417 persons\n", 22);
    expect(place, "log:10: the count of list:3 as it is");
    put(place, "host/log", "C900\n", 5);
    expect(place, "log:0: the code of list:2 as it is");
    put_in_noise(place, "host/log", "person_id,code,date\n12,C900,unknown\n", 36);
    expect(place, "log:100024: the code of list:2 as it is");
    put(place, "host/log", "born 14/04/2019\n", 16);
    expect(place, "log:5: the date of list:4 as DD/MM/YYYY");
    put(place, "host/log", "x 20190414 y\n", 13);
    expect(place, "as YYYYMMDD");
    put(place, "host/log", "nothing", 7);
    put(place, "host/report of 2019-04-20.txt", "nothing", 7);
    expect(place, "the date of list:5 as it is, in the name of the file");
}

/* 200 times `C900` in 200,000 bytes of noise is no chance, though one is. */
static void many_short_hits_are_no_chance(void **state)
{
    struct place *place = *state;
    uint8_t *copy = arena_allocate_raw(place->arena, NOISE, 1);
    memcpy(copy, place->noise, NOISE);
    memcpy(copy + 5000, "C900", 4);
    put(place, "host/leak", copy, NOISE);
    struct drill_report report = drill_with(place, (struct drill_options){0});
    assert_int_equal(report.findings, 0);
    assert_int_equal(report.chance_seen, 1);
    for (size_t i = 0; i < 8; i++) {
        memcpy(copy + 9000 + 1000 * i, "C900", 4);
    }
    put(place, "host/leak", copy, NOISE);
    assert_int_equal(drill_with(place, (struct drill_options){0}).findings, 9);
}

static size_t pack(const char *text, int bits, uint8_t *out)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (const Bytef *)text;
    stream.avail_in = (uInt)strlen(text);
    stream.next_out = out;
    stream.avail_out = ROOM;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t length = ROOM - stream.avail_out;
    deflateEnd(&stream);
    return length;
}

static void packed_strings_are_found(void **state)
{
    struct place *place = *state;
    static uint8_t packed[ROOM], outer[ROOM], zip[ROOM];
    static char text[8000]; /* long enough for zstd to code each letter */
    size_t filled = (size_t)snprintf(text, sizeof text, "a line of a log\nadmitted in Centre du Val-Brume today\n");
    for (int i = 0; filled < 6000; i++) {
        filled += (size_t)snprintf(text + filled, sizeof text - filled, "line %d of %d in a log of today\n", i * 7919 % 400, i);
    }
    size_t length = pack(text, 31, packed);
    put_in_noise(place, "host/leak", packed, length);
    expect(place, "leak:100001: the name of list:1 as it is, at byte 28 inside gzip");
    length = pack(text, 15, packed);
    put_in_noise(place, "host/leak", packed, length);
    expect(place, "inside zlib");
    length = ZSTD_compress(packed, ROOM, text, strlen(text), 3);
    put_in_noise(place, "host/leak", packed, length);
    expect(place, "inside zstd");
    put_in_noise(place, "host/leak", outer, ZSTD_compress(outer, ROOM, packed, length, 3));
    expect(place, "inside zstd inside another");
    memcpy(zip, "PK\3\4\24\0\0\0\10\0\0\0\0\0", 14); /* APPNOTE 4.3.7: method 8, names of 1 byte */
    zip[26] = 1;
    zip[30] = 'a';
    length = 31 + pack(text, -15, zip + 31);
    put_in_noise(place, "host/leak", zip, length);
    expect(place, "inside zip");
    length = pack(text, 31, packed);
    put_in_noise(place, "host/leak", packed, length / 2); /* cut: what came out is searched all the same */
    expect(place, "inside gzip");
    put(place, "host/leak",
        "\xfd"
        "7zXZ\0and so on",
        15);
    expect(place, "a packed file that is not looked into");
}

static void days_and_source_data_are_found(void **state)
{
    struct place *place = *state;
    static const uint8_t days[] = {0x50, 0x46, 0, 0, 0x56, 0x46, 0, 0, 0x50, 0x46, 0, 0}; /* 18000, 18006, 18000 */
    put_in_noise(place, "host/leak", days, sizeof days);
    expect(place, "leak:100001: planted dates as day numbers, in a row of 12 bytes");
    static const char row[] = "4711,8507,1980,3,,,SYN-0001,17,0.25\n";
    const char *const plain[] = {at(place, "source.csv")};
    put(place, "source.csv", row, strlen(row));
    put_in_noise(place, "host/leak", row + 3, 20);
    struct drill_report report = drill_with(place, (struct drill_options){.plain_files = plain, .plain_count = 1});
    assert_int_equal(report.findings, 1);
    assert_string_equal(place->words[0], "leak:100001: 20 bytes of the source data as they are");
    assert_int_equal(report.stride, 1);
}

/* A file as docs/formats/sealed.md has it: `blocks` of noise, and an index sealed under the key. */
static size_t seal(struct place *place, uint8_t *out, size_t body, uint8_t id, const uint8_t key[32])
{
    CLEANUP(secret) struct secret *secret = NULL;
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = NULL;
    uint8_t associated[44] = {0}, index[4] = {(uint8_t)body, (uint8_t)(body >> 8), (uint8_t)(body >> 16), 0};
    memset(out, 0, 108);
    memcpy(out, "EMC2SEAL\1\0\0\0\1", 13);
    memset(out + 32, id, 16);
    memcpy(out + 108, place->noise + id * 16000, body);
    memcpy(associated, out + 16, 32);
    memset(associated + 32, 0xff, 8);
    associated[40] = 4;
    assert_true(secret_create(&secret, 32, &place->err));
    memcpy(secret_bytes(secret), key, 32);
    assert_true(crypto_blocks_create(&blocks, secret, &place->err));
    assert_true(crypto_block_seal(blocks, UINT64_MAX, associated, sizeof associated, index, 4, out + 108 + body, &place->err));
    uint8_t *trailer = out + 108 + body + 20;
    memset(trailer, 0, 24);
    trailer[0] = 1;
    for (int i = 0; i < 8; i++) {
        trailer[8 + i] = (uint8_t)((108 + body) >> (8 * i));
    }
    memcpy(trailer + 16, "EMC2SEND", 8);
    return 108 + body + 44;
}

static void sealed_files_must_be_noise(void **state)
{
    struct place *place = *state;
    static uint8_t first[ROOM], second[ROOM];
    static const uint8_t key[32] = {7};
    size_t length = seal(place, first, 16000, 1, key);
    put(place, "host/a.sealed", first, length);
    put(place, "host/b.sealed", first, length); /* a copy in a backup */
    struct drill_report report = drill_with(place, (struct drill_options){0});
    assert_int_equal(report.findings, 0);
    assert_int_equal(report.sealed_copies, 1);
    assert_int_equal(report.noise_tested, 2);
    seal(place, second, 16000, 2, key);
    memcpy(second + 128 + 160, first + 128 + 320, 16);
    put(place, "host/b.sealed", second, length);
    expect(place, "b.sealed:288: a block of 16 bytes that is also in");
    seal(place, second, 16000, 2, key);
    for (size_t i = 200; i < 8000; i++) {
        second[i] &= 0x7f;
    }
    put(place, "host/b.sealed", second, length);
    expect(place, "b.sealed:0: bytes that are not like noise");
    seal(place, second, 16000, 1, key);
    second[300] ^= 1;
    put(place, "host/b.sealed", second, length);
    report = drill_with(place, (struct drill_options){0});
    assert_true(report.findings > 1 && strstr(place->words[0], "another content under the id"));
}

/* Shares of a key by a polynomial of degree 1 over GF(256): f(x) = key + x * 1, so the share of x is key ^ x. */
static void a_key_out_of_shares_is_found(void **state)
{
    struct place *place = *state;
    static uint8_t file[ROOM];
    uint8_t key[32], one[40] = {0}, two[40] = {0};
    memcpy(key, place->noise + 777, sizeof key);
    size_t length = seal(place, file, 16000, 1, key);
    put(place, "host/a.sealed", file, length);
    for (size_t i = 0; i < sizeof key; i++) {
        one[i + 5] = key[i] ^ 1;
        two[i + 5] = key[i] ^ 2;
    }
    const struct drill_share shares[] = {{1, one, sizeof one}, {2, two, sizeof two}};
    struct drill_report report = drill_with(place, (struct drill_options){.shares = shares, .share_count = 1});
    assert_int_equal(report.findings, 0); /* one of two gives nothing */
    assert_true(report.trials >= 11);
    report = drill_with(place, (struct drill_options){.shares = shares, .share_count = 2});
    assert_int_equal(report.findings, 1);
    assert_string_equal(place->words[0], "a.sealed:0: it opens with a key made of the shares at hand");
    const struct drill_share whole[] = {{0, key, sizeof key}};
    assert_int_equal(drill_with(place, (struct drill_options){.shares = whole, .share_count = 1}).findings, 1);
}

static void base64_is_that_of_rfc_4648(void **state)
{
    CLEANUP(drill_planted) struct drill_planted *planted = drill_planted_create();
    CLEANUP(arena) struct arena *arena = arena_create();
    struct planted_patterns patterns = {.maximum = 1000};
    uint64_t too_short;
    bool is_there = false;
    (void)state;
    assert_true(drill_planted_add(planted, DRILL_TEXT, TEXT("foobar"), "list", 1, NULL)); /* section 10: "Zm9vYmFy" */
    assert_true(planted_forms(planted, arena, &patterns, &too_short, NULL));
    for (size_t i = 0; i < patterns.count; i++) {
        is_there |= patterns.items[i].form == FORM_BASE64 && memcmp(patterns.items[i].pattern.bytes, "Zm9vYmFy", 8) == 0;
    }
    assert_true(is_there);
    planted_patterns_finish(&patterns);
}

static void a_list_that_is_wrong_is_refused_by_line(void **state)
{
    static const char *const wrong[] = {"name a\nsomething", "date 14/04/2019", "count many", "name "};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEANUP(drill_planted) struct drill_planted *planted = drill_planted_create();
        struct error err = {0};
        assert_false(drill_planted_parse(planted, "list", wrong[i], strlen(wrong[i]), &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        assert_null(strstr(err.message, "many"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(noise_gives_nothing, begin, end),
        cmocka_unit_test_setup_teardown(every_form_is_found_in_noise, begin, end),
        cmocka_unit_test_setup_teardown(short_strings_are_found_in_texts, begin, end),
        cmocka_unit_test_setup_teardown(many_short_hits_are_no_chance, begin, end),
        cmocka_unit_test_setup_teardown(packed_strings_are_found, begin, end),
        cmocka_unit_test_setup_teardown(days_and_source_data_are_found, begin, end),
        cmocka_unit_test_setup_teardown(sealed_files_must_be_noise, begin, end),
        cmocka_unit_test_setup_teardown(a_key_out_of_shares_is_found, begin, end),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(a_list_that_is_wrong_is_refused_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
