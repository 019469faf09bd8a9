/* SPDX-License-Identifier: EUPL-1.2 */
/* Chunks: every value and every absence comes back for all forms; doubles bit by bit; what is constant or absent costs a few bytes.
 * `column_test --corpus DIRECTORY` writes chunks of each form as seeds for column_fuzz. */
#include "base/file.h"
#include "warehouse/store/builder.h"
#include "warehouse/store/column.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state = 3;
static uint64_t random_u64(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state ^ (state >> 29);
}

/* Bits that are absent with the share of `absent_in` (0: none; UINT32_MAX: all). */
static size_t validity_make(uint64_t *valid, size_t count, uint32_t absent_in)
{
    size_t absent = 0;
    memset(valid, 0xFF, COLUMN_WORDS * sizeof *valid);
    for (size_t i = 0; i < count; i++) {
        if (absent_in == UINT32_MAX || (absent_in && random_u64() % absent_in == 0)) {
            valid[i / 64] &= ~(UINT64_C(1) << (i % 64));
            absent++;
        }
    }
    return absent;
}

static void validity_compare(const struct column_chunk *chunk, const uint64_t *valid, size_t absent)
{
    uint64_t words[COLUMN_WORDS];
    assert_int_equal(column_chunk_validity(chunk, words), absent);
    for (size_t i = 0; i < chunk->count; i++) {
        assert_int_equal(words[i / 64] >> (i % 64) & 1, valid[i / 64] >> (i % 64) & 1);
        assert_int_equal(column_chunk_has(chunk, i), valid[i / 64] >> (i % 64) & 1);
    }
    if (chunk->count % 64) {
        assert_int_equal(words[chunk->count / 64] >> (chunk->count % 64), 0);
    }
}

static size_t integers_round_trip(const int64_t *values, size_t count, uint32_t absent_in)
{
    static int64_t changed[COLUMN_CHUNK];
    uint64_t valid[COLUMN_WORDS];
    struct error err = {0};
    struct column_chunk chunk;
    struct buffer out = {.maximum = 1 << 20};
    CLEANUP(arena) struct arena *scratch = arena_create();
    const size_t absent = validity_make(valid, count, absent_in);
    memcpy(changed, values, count * sizeof *values);
    assert_true(column_integers_encode(&out, changed, valid, count, absent, true, &err));
    struct cursor cursor = {out.data, out.length, 0};
    assert_true(column_chunk_open(&chunk, COLUMN_INTEGERS, &cursor, count, scratch, &err));
    assert_int_equal(cursor.position, out.length);
    validity_compare(&chunk, valid, absent);
    for (size_t i = 0; i < count; i++) {
        int64_t group[BITPACK_GROUP];
        ints_group_i64(&chunk.ints, i / BITPACK_GROUP, group);
        assert_true(!(valid[i / 64] >> (i % 64) & 1) || group[i % BITPACK_GROUP] == values[i]);
    }
    const size_t length = out.length;
    buffer_finish(&out);
    return length;
}

static void integers_and_absences(void **unused)
{
    (void)unused;
    static int64_t values[COLUMN_CHUNK];
    const uint32_t shares[] = {0, 1000, 2, UINT32_MAX};
    const size_t counts[] = {1, 63, 64, 65, 300, 1000};
    for (size_t s = 0; s < 4; s++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            for (size_t i = 0; i < counts[c]; i++) {
                values[i] = (int64_t)(random_u64() >> (random_u64() % 64));
            }
            integers_round_trip(values, counts[c], shares[s]);
        }
    }
    for (size_t i = 0; i < COLUMN_CHUNK; i++) {
        values[i] = 32817;
    }
    assert_in_range(integers_round_trip(values, COLUMN_CHUNK, 0), 1, 10);
    assert_in_range(integers_round_trip(values, COLUMN_CHUNK, UINT32_MAX), 1, 1);
    assert_in_range(integers_round_trip(values, COLUMN_CHUNK, 1000), 1, 60);
}

static size_t floats_round_trip(const double *floats, size_t count, uint32_t absent_in)
{
    static int64_t values[COLUMN_CHUNK];
    uint64_t valid[COLUMN_WORDS];
    struct error err = {0};
    struct column_chunk chunk;
    struct buffer out = {.maximum = 1 << 20};
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(compressor) struct compressor *compressor = compressor_create();
    const size_t absent = validity_make(valid, count, absent_in);
    memcpy(values, floats, count * sizeof *floats);
    assert_true(column_floats_encode(&out, compressor, values, valid, count, absent, &err));
    struct cursor cursor = {out.data, out.length, 0};
    assert_true(column_chunk_open(&chunk, COLUMN_FLOATS, &cursor, count, scratch, &err));
    assert_int_equal(cursor.position, out.length);
    validity_compare(&chunk, valid, absent);
    for (size_t i = 0; i < count; i++) {
        double group[BITPACK_GROUP];
        if (i % 97 == 0 || i + 1 == count || i < 300) {
            column_chunk_floats(&chunk, i / BITPACK_GROUP, group);
            const double alone = column_chunk_float(&chunk, i);
            assert_memory_equal(&alone, &group[i % BITPACK_GROUP], sizeof alone);
            /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): -0.0 and 0.0 must stay apart */
            assert_true(!(valid[i / 64] >> (i % 64) & 1) || memcmp(&group[i % BITPACK_GROUP], &floats[i], sizeof(double)) == 0);
        }
    }
    const size_t length = out.length;
    buffer_finish(&out);
    return length;
}

static void doubles_bit_by_bit(void **unused)
{
    (void)unused;
    static double values[COLUMN_CHUNK];
    const double odd[] = {-0.0, 0.0, INFINITY, -INFINITY, NAN, 1e308, -5e-324, 4503599627370496.0, -4503599627370495.5, 0.1, 1.0 / 3};
    for (size_t count = 1; count <= COLUMN_CHUNK; count = count * 3 + 1) {
        for (size_t i = 0; i < count; i++) { /* laboratory values with one decimal, and a few that are none */
            values[i] = (double)(int64_t)(random_u64() % 5000) / 10;
        }
        const size_t decimals = floats_round_trip(values, count, 0);
        assert_true(count < 1000 || decimals < count * 2);
        for (size_t i = 0; i < count; i += 40) {
            values[i] = odd[random_u64() % 11];
        }
        floats_round_trip(values, count, 0);
        floats_round_trip(values, count, 5);
        floats_round_trip(values, count, UINT32_MAX);
        for (size_t i = 0; i < count; i++) {
            values[i] = odd[random_u64() % 11] * (double)(i + 1) / 7;
        }
        floats_round_trip(values, count, 3);
    }
}

static void words_come_back(void **unused)
{
    (void)unused;
    const struct text words[] = {TEXT(""), TEXT("C92.1"), TEXT("Hôpital"), TEXT("zz")};
    struct error err = {0};
    struct column_words back;
    struct buffer out = {.maximum = 1 << 20};
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(compressor) struct compressor *compressor = compressor_create();
    assert_true(column_words_encode(&out, compressor, words, 4, &err));
    struct cursor cursor = {out.data, out.length, 0};
    assert_true(column_words_decode(&back, &cursor, arena, &err));
    assert_int_equal(back.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(text_equal(words[i], back.words[i]));
    }
    for (size_t cut = 0; cut < out.length; cut++) {
        cursor = (struct cursor){out.data, cut, 0};
        assert_false(column_words_decode(&back, &cursor, arena, &err));
        assert_int_equal(err.code, ERROR_CORRUPT);
    }
    buffer_finish(&out);
}

static void compressed_bytes(void **unused)
{
    (void)unused;
    static uint8_t bytes[100000];
    struct error err = {0};
    CLEANUP(compressor) struct compressor *compressor = compressor_create();
    for (size_t round = 0; round < 2; round++) { /* what compresses, and what does not */
        struct buffer out = {.maximum = 1 << 20};
        CLEANUP(arena) struct arena *arena = arena_create();
        const uint8_t *back = NULL;
        size_t length = 0;
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = round ? (uint8_t)random_u64() : (uint8_t)(i / 100);
        }
        assert_true(compress_append(compressor, &out, bytes, sizeof bytes, &err));
        assert_true(round ? out.length > sizeof bytes : out.length < sizeof bytes / 10);
        struct cursor cursor = {out.data, out.length, 0};
        assert_true(decompress_read(&cursor, sizeof bytes, arena, &back, &length, &err));
        assert_memory_equal(back, bytes, sizeof bytes);
        cursor.position = 0;
        assert_false(decompress_read(&cursor, sizeof bytes - 1, arena, &back, &length, &err));
        cursor = (struct cursor){out.data, out.length - 1, 0};
        assert_false(decompress_read(&cursor, SIZE_MAX, arena, &back, &length, &err));
        buffer_finish(&out);
    }
}

/* ---- seeds ---- */
static bool seed_write(const char *directory, const char *name, uint8_t form, size_t count, const struct buffer *chunk, struct error *err)
{
    char path[512];
    struct buffer out = {.maximum = 1 << 20};
    const uint8_t head[] = {form, (uint8_t)count, (uint8_t)(count >> 8)};
    snprintf(path, sizeof path, "%s/%s", directory, name);
    const bool done = buffer_append(&out, head, sizeof head, err) && buffer_append(&out, chunk->data, chunk->length, err) &&
                      file_write_atomic(path, out.data, out.length, 0644, err);
    buffer_finish(&out);
    return done;
}

static bool seeds_write(const char *directory, struct error *err)
{
    enum { COUNT = 300 };
    int64_t values[COUNT];
    uint64_t valid[COLUMN_WORDS];
    struct buffer out = {.maximum = 1 << 20};
    CLEANUP(compressor) struct compressor *compressor = compressor_create();
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = (int64_t)(random_u64() % 1000);
    }
    size_t absent = validity_make(valid, COUNT, 4);
    TRY(column_integers_encode(&out, values, valid, COUNT, absent, false, err));
    TRY(seed_write(directory, "integers_bitmap", COLUMN_INTEGERS, COUNT, &out, err));
    buffer_clear(&out);
    absent = validity_make(valid, COUNT, 50);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = bits_of_double(i % 50 ? (double)i / 10 : 1.0 / 3);
    }
    TRY(column_floats_encode(&out, compressor, values, valid, COUNT, absent, err));
    TRY(seed_write(directory, "floats_decimal", COLUMN_FLOATS, COUNT, &out, err));
    buffer_clear(&out);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = bits_of_double((double)i / 7);
    }
    TRY(column_floats_encode(&out, compressor, values, valid, COUNT, absent, err));
    TRY(seed_write(directory, "floats_planes", COLUMN_FLOATS, COUNT, &out, err));
    buffer_clear(&out);
    const struct column_piece pieces[] = {{200, 400, {3, 5, 7}}, {100, 200, {4, 0, 9}}};
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = 2;
    }
    TRY(column_texts_encode(&out, values, valid, COUNT, absent, pieces, 2, err));
    TRY(seed_write(directory, "texts", COLUMN_TEXTS, COUNT, &out, err));
    buffer_clear(&out);
    const struct text words[] = {TEXT("a"), TEXT("bb"), TEXT("bbb, and so on and so on and so on and so on and so on and so on")};
    TRY(column_words_encode(&out, compressor, words, 3, err));
    TRY(seed_write(directory, "words", COLUMN_FORM_COUNT, 0, &out, err));
    buffer_finish(&out);
    return true;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_and_absences),
        cmocka_unit_test(doubles_bit_by_bit),
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(compressed_bytes),
    };
    if (argc == 3 && strcmp(argv[1], "--corpus") == 0) {
        struct error err = {0};
        return seeds_write(argv[2], &err) ? 0 : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
