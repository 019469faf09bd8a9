/* SPDX-License-Identifier: EUPL-1.2 */
/* The three indexes, built and read in memory, against plain scans over the same random concepts. */
#include "warehouse/vocabulary/code_index.h"
#include "warehouse/vocabulary/map_index.h"
#include "warehouse/vocabulary/pairs.h"
#include "warehouse/vocabulary/word_index.h"
#include "warehouse/vocabulary/words.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CONCEPTS = 4000, LIMIT = 50 };
static const char *const stems[] = {"heart", "failure",  "acute", "chronic", "leukemia", "lymphoid",  "myeloid",
                                    "tumor", "left",     "right", "of",      "the",      "hepatitis", "b",
                                    "c",     "fracture", "femur", "kidney",  "stage",    "hear"};
enum { STEMS = sizeof(stems) / sizeof(stems[0]) };

struct vocabulary_of_words {
    struct arena *arena;
    int64_t ids[CONCEPTS];
    struct text names[CONCEPTS], standards[CONCEPTS], vocabularies[CONCEPTS], codes[CONCEPTS];
};

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static int setup(void **state)
{
    struct arena *arena = arena_create();
    struct vocabulary_of_words *made = ARENA_NEW(arena, struct vocabulary_of_words);
    uint64_t seed = 7;
    made->arena = arena;
    for (size_t i = 0; i < CONCEPTS; i++) {
        char name[200] = "";
        size_t words = 1 + next_random(&seed) % 5;
        for (size_t w = 0; w < words; w++) {
            size_t length = strlen(name);
            snprintf(name + length, sizeof name - length, "%s%s", w > 0 ? " " : "", stems[next_random(&seed) % STEMS]);
        }
        made->ids[i] = (int64_t)((i * 7919) % CONCEPTS) * 3 + 10; /* not in order */
        made->names[i] = text_of(arena_text_copy(arena, name));
        made->standards[i] = next_random(&seed) % 3 ? TEXT("S") : TEXT("");
        made->vocabularies[i] = i % 2 ? TEXT("SNOMED") : TEXT("ICD10");
        made->codes[i] = text_of(arena_text_format(arena, "%zu", i / 2 % 1900)); /* some codes come twice */
    }
    *state = made;
    return 0;
}

static int teardown(void **state)
{
    struct vocabulary_of_words *made = *state;
    arena_destroy(made->arena);
    return 0;
}

static void codes_are_found(void **state)
{
    struct vocabulary_of_words *made = *state;
    struct error err = {0};
    struct buffer bytes = {.maximum = 1 << 24};
    struct code_index_input input = {CONCEPTS, made->ids, made->vocabularies, made->codes};
    assert_true(code_index_build(&input, made->arena, &bytes, &err));
    struct cursor memory = {.data = bytes.data, .length = bytes.length};
    struct index_bytes index = index_bytes_of(&memory);
    size_t found = 0;
    for (size_t i = 0; i < CONCEPTS; i++) {
        const int64_t *ids = NULL;
        size_t count = 0;
        bool is_there = false;
        assert_true(code_index_find(&index, made->vocabularies[i], made->codes[i], made->arena, &ids, &count, &err));
        for (size_t j = 0; j < count; j++) {
            is_there = is_there || ids[j] == made->ids[i];
            assert_true(j == 0 || ids[j - 1] < ids[j]);
        }
        assert_true(is_there);
        found += count;
    }
    assert_true(found < CONCEPTS * 2); /* hashes select */
    const int64_t *ids = NULL;
    size_t count = 9;
    struct index_bytes none = {0};
    assert_true(code_index_find(&none, TEXT("SNOMED"), TEXT("1"), made->arena, &ids, &count, &err));
    assert_int_equal(count, 0);
    buffer_finish(&bytes);
}

static void sources_are_found(void **state)
{
    struct vocabulary_of_words *made = *state;
    enum { PAIRS = 3000, TARGETS = 40 };
    struct error err = {0};
    struct buffer bytes = {.maximum = 1 << 24};
    struct map_pair pairs[PAIRS];
    uint64_t seed = 3;
    for (size_t i = 0; i < PAIRS; i++) { /* some targets fill several blocks */
        pairs[i] = (struct map_pair){i % 3 ? 500 : (int64_t)(next_random(&seed) % TARGETS) * 25, (int64_t)(PAIRS - i)};
    }
    assert_true(map_index_build(pairs, PAIRS, made->arena, &bytes, &err));
    struct cursor memory = {.data = bytes.data, .length = bytes.length};
    struct index_bytes index = index_bytes_of(&memory);
    for (int64_t target = -1; target < TARGETS * 25 + 2; target++) {
        struct id_list out = {.maximum = PAIRS};
        size_t expected = 0;
        for (size_t i = 0; i < PAIRS; i++) {
            expected += pairs[i].target == target;
        }
        assert_true(map_index_find(&index, &target, 1, &out, &err));
        assert_int_equal(out.count, expected);
        for (size_t i = 1; i < out.count; i++) {
            assert_true(out.items[i - 1] < out.items[i]);
        }
        id_list_finish(&out);
    }
    int64_t all[TARGETS + 1];
    struct id_list out = {.maximum = PAIRS};
    for (int64_t i = 0; i <= TARGETS; i++) {
        all[i] = i * 25;
    }
    assert_true(map_index_find(&index, all, TARGETS + 1, &out, &err));
    assert_int_equal(out.count, PAIRS);
    id_list_finish(&out);
    buffer_finish(&bytes);
}

static bool has_word(struct text name, const char *prefix, size_t length)
{
    char word[WORD_BYTES_MAX];
    for (size_t n = words_next(&name, word); n > 0; n = words_next(&name, word)) {
        if (n >= length && memcmp(word, prefix, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool matches(struct text name, struct text query)
{
    char word[WORD_BYTES_MAX];
    for (size_t n = words_next(&query, word); n > 0; n = words_next(&query, word)) {
        if (!has_word(name, word, n)) {
            return false;
        }
    }
    return true;
}

/* (standard, length, id) of a concept as one number. */
static uint64_t order_of(const struct vocabulary_of_words *made, size_t i)
{
    return (uint64_t)(made->standards[i].length == 0) << 60 | (uint64_t)words_folded_length(made->names[i]) << 40 | (uint64_t)made->ids[i];
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void check_query(const struct vocabulary_of_words *made, const struct index_bytes *index, struct text query)
{
    struct error err = {0};
    uint64_t expected[CONCEPTS];
    size_t count = 0, as_long = 0;
    for (size_t i = 0; i < CONCEPTS; i++) {
        if (matches(made->names[i], query)) {
            expected[count++] = order_of(made, i);
            as_long += words_folded_length(made->names[i]) == words_folded_length(query);
        }
    }
    qsort(expected, count, sizeof(expected[0]), compare_numbers);
    struct word_matches found;
    assert_true(word_index_find(index, query, LIMIT, made->arena, &found, &err));
    assert_int_equal(found.best_count, count < LIMIT ? count : LIMIT);
    for (size_t i = 0; i < found.best_count; i++) {
        assert_int_equal(found.best[i], expected[i] & ((UINT64_C(1) << 40) - 1));
    }
    assert_true(found.candidate_count == as_long || found.candidate_count >= LIMIT);
}

static void words_are_found(void **state)
{
    struct vocabulary_of_words *made = *state;
    struct error err = {0};
    struct buffer bytes = {.maximum = 1 << 24};
    struct word_index_input input = {CONCEPTS, made->ids, made->names, made->standards};
    assert_true(word_index_build(&input, made->arena, &bytes, &err));
    struct cursor memory = {.data = bytes.data, .length = bytes.length};
    struct index_bytes index = index_bytes_of(&memory);
    static const char *const queries[] = {"heart",  "hear",       "h",           "HEART fail", "b c", "leukemia acute",
                                          "l",      "zebra",      "acute zebra", "fémur r",    "t o", "of the left kidney failure",
                                          "hearts", "hear heart", "a",           "~"};
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]) - 1; i++) {
        check_query(made, &index, text_of(queries[i]));
    }
    struct word_matches found;
    assert_true(word_index_find(&index, TEXT(" ;"), LIMIT, made->arena, &found, &err));
    assert_int_equal(found.best_count, 0);
    assert_false(word_index_find(&index, TEXT("a b c d e f g h i j k l m n o p q"), LIMIT, made->arena, &found, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    buffer_finish(&bytes);
}

/* The same with ids that need eight bytes, one concept, and none at all. */
static void small_word_indexes_work(void **state)
{
    struct vocabulary_of_words *made = *state;
    struct error err = {0};
    const int64_t ids[] = {INT64_C(5000000000), -4};
    const struct text names[] = {TEXT("Asthma"), TEXT("Asthma attack")};
    for (size_t count = 0; count <= 2; count++) {
        struct buffer bytes = {.maximum = 1 << 20};
        struct word_index_input input = {count, ids, names, NULL};
        assert_true(word_index_build(&input, made->arena, &bytes, &err));
        struct cursor memory = {.data = bytes.data, .length = bytes.length};
        struct index_bytes index = index_bytes_of(&memory);
        struct word_matches found;
        assert_true(word_index_find(&index, TEXT("asth"), LIMIT, made->arena, &found, &err));
        assert_int_equal(found.best_count, count);
        assert_true(count == 0 || found.best[0] == ids[0]);
        assert_true(count < 2 || found.best[1] == ids[1]);
        buffer_finish(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_found),
        cmocka_unit_test(sources_are_found),
        cmocka_unit_test(words_are_found),
        cmocka_unit_test(small_word_indexes_work),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
