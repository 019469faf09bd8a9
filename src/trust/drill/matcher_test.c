/* SPDX-License-Identifier: EUPL-1.2 */
/* matcher: the example of Aho and Corasick's paper, and random patterns in random texts against a search that tries every place. */
#include "trust/drill/matcher.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PATTERNS = 60, PATTERN_MAX = 6, LENGTH = 400, HITS_MAX = 40000, ROUNDS = 40 };

struct found {
    size_t ends[HITS_MAX];
    uint32_t patterns[HITS_MAX], count;
    size_t base;
};

static void take(void *context, uint32_t pattern, size_t end)
{
    struct found *found = context;
    assert_true(found->count < HITS_MAX);
    found->patterns[found->count] = pattern;
    found->ends[found->count++] = found->base + end;
}

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

static struct matcher *matcher_of(const struct matcher_pattern *patterns, size_t count)
{
    struct matcher *matcher = NULL;
    struct error err = {0};
    assert_true(matcher_create(&matcher, patterns, count, &err));
    return matcher;
}

static void the_example_of_the_paper(void **state)
{
    static const char *const words[] = {"he", "she", "his", "hers"};
    static struct found found;
    struct matcher_pattern patterns[4];
    uint32_t at = 0;
    (void)state;
    for (int i = 0; i < 4; i++) {
        patterns[i] = (struct matcher_pattern){(const uint8_t *)words[i], strlen(words[i])};
    }
    CLEANUP(matcher) struct matcher *matcher = matcher_of(patterns, 4);
    found.count = 0;
    matcher_run(matcher, &at, (const uint8_t *)"ushers", 6, take, &found);
    assert_int_equal(found.count, 3); /* she and he at 4, hers at 6 */
    assert_int_equal(found.patterns[0], 1);
    assert_int_equal(found.patterns[1], 0);
    assert_int_equal(found.patterns[2], 3);
    assert_int_equal(found.ends[2], 6);
}

static size_t count_plainly(const struct matcher_pattern *patterns, size_t count, const uint8_t *text, struct found *found)
{
    size_t hits = 0;
    for (size_t end = 1; end <= LENGTH; end++) {
        for (size_t p = 0; p < count; p++) {
            bool is_there =
                patterns[p].length <= end && memcmp(text + end - patterns[p].length, patterns[p].bytes, patterns[p].length) == 0;
            bool is_told = false;
            for (size_t i = 0; is_there && i < found->count; i++) {
                is_told |= found->ends[i] == end && found->patterns[i] == p;
            }
            assert_true(!is_there || is_told);
            hits += is_there;
        }
    }
    return hits;
}

/* Letters of a small alphabet, so that patterns overlap and lie in each other; the text arrives in pieces. */
static void finds_what_a_plain_search_finds(void **state)
{
    static struct found found;
    static uint8_t text[LENGTH], letters[PATTERNS][PATTERN_MAX];
    uint64_t seed = 5;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct matcher_pattern patterns[PATTERNS];
        size_t count = 0;
        for (int p = 0; p < PATTERNS; p++) {
            struct matcher_pattern pattern = {letters[p], 1 + next(&seed) % PATTERN_MAX};
            bool is_new = true;
            for (size_t i = 0; i < pattern.length; i++) {
                letters[p][i] = (uint8_t)(250 + next(&seed) % (unsigned)(2 + round % 5));
            }
            for (size_t i = 0; i < count; i++) {
                is_new &= patterns[i].length != pattern.length || memcmp(patterns[i].bytes, pattern.bytes, pattern.length) != 0;
            }
            patterns[count] = pattern;
            count += is_new;
        }
        for (size_t i = 0; i < LENGTH; i++) {
            text[i] = (uint8_t)(250 + next(&seed) % (unsigned)(2 + round % 5));
        }
        CLEANUP(matcher) struct matcher *matcher = matcher_of(patterns, count);
        uint32_t at = 0;
        found = (struct found){0};
        for (size_t done = 0; done < LENGTH;) {
            size_t piece = 1 + next(&seed) % 100;
            piece = piece < LENGTH - done ? piece : LENGTH - done;
            found.base = done;
            matcher_run(matcher, &at, text + done, piece, take, &found);
            done += piece;
        }
        assert_int_equal(count_plainly(patterns, count, text, &found), found.count);
    }
}

static void nothing_to_find(void **state)
{
    static struct found found;
    uint32_t at = 0;
    (void)state;
    CLEANUP(matcher) struct matcher *matcher = matcher_of(NULL, 0);
    found.count = 0;
    matcher_run(matcher, &at, (const uint8_t *)"anything", 8, take, &found);
    assert_int_equal(found.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_example_of_the_paper), cmocka_unit_test(finds_what_a_plain_search_finds),
                                       cmocka_unit_test(nothing_to_find)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
