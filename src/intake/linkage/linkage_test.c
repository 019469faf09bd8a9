/* SPDX-License-Identifier: EUPL-1.2 */
/* Runs over small sets made by hand: what is linked, what never is (twins, several candidates, contradictions), stable numbers; and over
 * invented persons with known truth: quality, the same result for any number of threads, and from state to state. */
#include "intake/linkage/linkage_internal.h"
#include "intake/linkage/linkage_rehearsal.h"
#include "intake/linkage/linkage_report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A token out of small numbers, spread over all bits as a hash would. */
static uint64_t hash(uint64_t a, uint64_t b)
{
    uint64_t z = (a * 1000003 + b + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return z ^ z >> 31;
}

struct who {
    uint32_t holder;
    int64_t subject;
    unsigned name, given, date, place, nir; /* 0: not known */
    unsigned twin_rank;
    char sex;
};

static struct linkage_entry entry_of(const struct who *who)
{
    struct linkage_entry entry = {.holder = who->holder,
                                  .subject = who->subject,
                                  .birth_year = (uint16_t)(1950 + who->date),
                                  .birth_month = 1,
                                  .sex = who->sex ? who->sex : 'M',
                                  .residence = 35000 + who->place,
                                  .twin_rank = (uint8_t)who->twin_rank};
    uint64_t *tokens = entry.tokens;
    tokens[IDENTITY_KEY_NIR - 1] = who->nir ? hash(1, who->nir) : 0;
    tokens[IDENTITY_KEY_INSURED - 1] = who->nir ? hash(2, who->nir) : 0;
    if (who->name && who->given && who->date) {
        const uint64_t name_given = hash(who->name, who->given);
        tokens[IDENTITY_KEY_PERSON - 1] = hash(hash(3, name_given), who->date);
        tokens[IDENTITY_KEY_SOUND - 1] = hash(hash(4, name_given), who->date);
        tokens[IDENTITY_KEY_NAME_DATE - 1] = hash(hash(5, who->name), who->date);
        tokens[IDENTITY_KEY_NAME_YEAR - 1] = hash(hash(6, name_given), who->date);
        if (who->place) {
            tokens[IDENTITY_KEY_GIVEN_PLACE - 1] = hash(hash(7, who->given), hash(who->date, who->place));
        }
    }
    return entry;
}

static struct linkage_result *run(const struct who *who, size_t count, struct linkage_state *state)
{
    struct error err = {0};
    struct linkage_entry entries[32];
    assert_true(count <= 32);
    for (size_t i = 0; i < count; i++) {
        entries[i] = entry_of(&who[i]);
    }
    const struct linkage_options options = {0};
    struct linkage_result *result = NULL;
    assert_true(linkage_run(&result, entries, count, state, &options, &err));
    return result;
}

static bool same_person(const struct linkage_result *result, size_t a, size_t b)
{
    return result->links[a].person_id == result->links[b].person_id;
}

static void test_links(void **state)
{
    (void)state;
    struct who who[30] = {
        {.holder = 1, .subject = 10, .name = 1, .given = 1, .date = 1, .place = 1, .nir = 1},
        {.holder = 1, .subject = 20, .name = 2, .given = 2, .date = 2, .place = 2},
        {.holder = 1, .subject = 30, .name = 3, .given = 3, .date = 3, .place = 3},
        {.holder = 2, .subject = 10, .name = 1, .given = 1, .date = 1, .place = 1, .nir = 1},
        {.holder = 2, .subject = 11, .name = 2, .given = 2, .date = 2, .place = 2},
        {.holder = 2, .subject = 12, .name = 9, .given = 3, .date = 3, .place = 3}, /* another name: married */
        {.holder = 2, .subject = 13, .name = 8, .given = 8, .date = 8, .place = 8},
    };
    for (unsigned i = 7; i < 30; i++) { /* others, elsewhere */
        who[i] = (struct who){.holder = 3, .subject = i, .name = 10 + i, .given = 10 + i, .date = i, .place = 10 + i};
    }
    struct linkage_result *result = run(who, 30, NULL);
    assert_true(same_person(result, 0, 3));
    assert_int_equal(result->links[0].rule, LINKAGE_NIR);
    assert_true(same_person(result, 1, 4));
    assert_int_equal(result->links[1].rule, LINKAGE_IDENTITY);
    assert_true(same_person(result, 2, 5));
    assert_int_equal(result->links[2].rule, LINKAGE_DROPPED);
    assert_int_equal(result->links[6].rule, LINKAGE_ALONE);
    assert_true(result->links[0].probability > 0.95f && result->links[6].probability == 0);
    assert_int_equal(result->counts.persons, 27);
    assert_int_equal(result->counts.persons_new, 27);
    assert_int_equal(result->links[0].person_id, 1); /* from 1, in the order of the entries */
    assert_int_equal(result->links[6].person_id, 4);
    linkage_result_destroy(result);
}

/* EMC2-06, EMC2-07: of same-sex twins one may be anywhere; several candidates are none. */
static void test_twins_and_several(void **state)
{
    (void)state;
    const struct who who[] = {
        {.holder = 1, .subject = 1, .name = 1, .given = 1, .date = 1, .place = 1},           /* a twin here, the other there */
        {.holder = 1, .subject = 2, .name = 2, .given = 2, .date = 2, .place = 2},           /* homonyms: two there */
        {.holder = 1, .subject = 3, .name = 3, .given = 3, .date = 3, .place = 3, .nir = 3}, /* two here are one person: a duplicate */
        {.holder = 1, .subject = 4, .name = 3, .given = 3, .date = 3, .place = 3, .nir = 3},
        {.holder = 2, .subject = 1, .name = 1, .given = 7, .date = 1, .place = 1},
        {.holder = 2, .subject = 2, .name = 2, .given = 2, .date = 2, .place = 2, .nir = 21},
        {.holder = 2, .subject = 3, .name = 2, .given = 2, .date = 2, .place = 2, .nir = 22},
        {.holder = 2, .subject = 4, .name = 3, .given = 3, .date = 3, .place = 3, .nir = 3},
    };
    struct linkage_result *result = run(who, 8, NULL);
    assert_false(same_person(result, 0, 4));
    assert_false(same_person(result, 1, 5) || same_person(result, 1, 6) || same_person(result, 5, 6));
    assert_true(result->links[1].is_ambiguous);
    assert_int_equal(result->counts.ambiguous_pairs, 2);
    assert_true(same_person(result, 2, 3) && same_person(result, 2, 7));
    assert_int_equal(result->counts.taken_within, 1);
    linkage_result_destroy(result);
}

/* One entry without number between two with different ones; two ranks among twins; sex and birth that both differ. */
static void test_contradictions(void **state)
{
    (void)state;
    const struct who who[] = {
        {.holder = 1, .subject = 1, .name = 1, .given = 1, .date = 1, .place = 1, .nir = 1},
        {.holder = 1, .subject = 2, .name = 2, .given = 2, .date = 2, .place = 2, .twin_rank = 1},
        {.holder = 2, .subject = 1, .name = 1, .given = 1, .date = 1, .place = 1},
        {.holder = 2, .subject = 2, .name = 2, .given = 2, .date = 2, .place = 2, .twin_rank = 2},
        {.holder = 3, .subject = 1, .name = 1, .given = 1, .date = 1, .place = 1, .nir = 2},
    };
    struct linkage_result *result = run(who, 5, NULL);
    assert_false(same_person(result, 0, 4));
    assert_true(same_person(result, 0, 2) || same_person(result, 4, 2));
    assert_true(result->counts.conflicts[LINKAGE_CONFLICT_NIR] >= 1);
    assert_false(same_person(result, 1, 3));
    assert_int_equal(result->counts.conflicts[LINKAGE_CONFLICT_TWIN], 1);
    assert_true(result->links[1].is_conflicting && result->links[3].is_conflicting);
    linkage_result_destroy(result);
}

static struct linkage_entry numbered(uint32_t holder, int64_t subject, uint64_t own, uint64_t insured, unsigned rank)
{
    struct linkage_entry entry = {.holder = holder,
                                  .subject = subject,
                                  .birth_year = 2015,
                                  .birth_month = 3,
                                  .sex = 'M',
                                  .twin_rank = (uint8_t)rank,
                                  .residence = 35000 + (uint32_t)(own + insured)};
    entry.tokens[IDENTITY_KEY_NIR - 1] = own ? hash(1, own) : 0;
    entry.tokens[IDENTITY_KEY_INSURED - 1] = insured ? hash(2, insured) : 0;
    return entry;
}

/* EMC2-07: a child under two openers of rights with one number of its own is one person; same-sex twins under one opener, told apart by
 * their ranks only, are two, and a hospital's entry goes to the one whose rank it has, or to none. */
static void test_openers_and_ranks(void **state)
{
    (void)state;
    struct error err = {0};
    const struct linkage_entry entries[] = {
        numbered(1, 1, 5, 0, 0),  /* the hospital's child, by its own number */
        numbered(1, 2, 0, 70, 2), /* the hospital's twin of rank 2 */
        numbered(1, 3, 0, 80, 0), /* a twin of which the hospital has no rank */
        numbered(9, 1, 5, 50, 1), /* claims: under one parent */
        numbered(9, 2, 5, 51, 1), /* claims: under the other */
        numbered(9, 3, 0, 70, 1), numbered(9, 4, 0, 70, 2), numbered(9, 5, 0, 80, 1), numbered(9, 6, 0, 80, 2),
    };
    const struct linkage_options options = {0};
    struct linkage_result *result = NULL;
    assert_true(linkage_run(&result, entries, sizeof entries / sizeof *entries, NULL, &options, &err));
    assert_true(same_person(result, 0, 3) && same_person(result, 0, 4));
    assert_true(same_person(result, 1, 6));
    assert_false(same_person(result, 5, 6) || same_person(result, 7, 8));
    assert_false(same_person(result, 2, 8)); /* rank 2 is somebody's, and it may not be this one */
    linkage_result_destroy(result);
}

static struct linkage_state *state_new(void)
{
    struct error err = {0};
    struct linkage_state *state = NULL;
    assert_true(linkage_state_create(&state, &err));
    return state;
}

/* Numbers stay; a link between two persons merges into the smaller; an entry that leaves is a split; nobody's number is used again. */
static void test_stable_numbers(void **state)
{
    (void)state;
    struct linkage_state *kept = state_new();
    struct who who[] = {
        {.holder = 1, .subject = 5, .name = 1, .given = 1, .date = 1, .place = 1},
        {.holder = 1, .subject = 6, .name = 2, .given = 2, .date = 2, .place = 2},
        {.holder = 2, .subject = 5, .name = 9, .given = 9, .date = 9, .place = 9},
    };
    struct linkage_result *result = run(who, 3, kept);
    assert_int_equal(result->links[2].person_id, 3);
    linkage_result_destroy(result);
    who[2] = (struct who){.holder = 2, .subject = 5, .name = 1, .given = 1, .date = 1, .place = 1}; /* corrected: it is person 1 */
    result = run(who, 3, kept);
    assert_int_equal(result->links[2].person_id, 1);
    assert_int_equal(result->event_count, 1);
    assert_int_equal(result->events[0].kind, LINKAGE_MERGED);
    assert_int_equal(result->events[0].from, 3);
    assert_int_equal(result->events[0].to, 1);
    linkage_result_destroy(result);
    who[2] = (struct who){.holder = 2, .subject = 5, .name = 7, .given = 7, .date = 7, .place = 7}; /* and it was not */
    result = run(who, 3, kept);
    assert_int_equal(result->links[2].person_id, 4); /* not 3 again */
    assert_int_equal(result->events[0].kind, LINKAGE_SPLIT);
    assert_int_equal(result->events[0].from, 1);
    assert_int_equal(result->events[0].to, 4);
    linkage_result_destroy(result);
    result = run(who, 1, kept); /* entries that are not there keep their place */
    assert_int_equal(result->event_count, 0);
    assert_int_equal(linkage_state_entries(kept), 3);
    assert_int_equal(linkage_state_person(kept, 2, 5), 4);
    assert_int_equal(linkage_state_person(kept, 2, 6), 0);
    assert_int_equal(linkage_state_next_person(kept), 5);
    linkage_result_destroy(result);
    linkage_state_destroy(kept);
}

static void test_entries_in_order(void **state)
{
    (void)state;
    struct error err = {0};
    const struct linkage_options options = {0};
    struct linkage_result *result = NULL;
    struct linkage_entry entries[2] = {{.holder = 1, .subject = 2}, {.holder = 1, .subject = 2}};
    assert_false(linkage_run(&result, entries, 2, NULL, &options, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    entries[0].subject = 0;
    assert_false(linkage_run(&result, entries, 1, NULL, &options, &err));
    assert_true(linkage_run(&result, entries, 0, NULL, &options, &err));
    assert_int_equal(result->counts.persons, 0);
    linkage_result_destroy(result);
    assert_int_equal(linkage_residence(TEXT("20004")), 20004);
    assert_int_equal(linkage_residence(TEXT("01004")), 1004);
    assert_int_equal(linkage_residence(TEXT("2A004")), 20004);
    assert_int_equal(linkage_residence(TEXT("75112")), 75056);
    assert_int_equal(linkage_residence(TEXT("")), 0);
    assert_int_equal(linkage_residence(TEXT("Brest")), 0);
}

/* A token of many entries makes no pairs. */
static void test_large_blocks(void **state)
{
    (void)state;
    struct error err = {0};
    struct linkage_entry entries[30];
    for (size_t i = 0; i < 30; i++) {
        entries[i] = (struct linkage_entry){.holder = 1, .subject = (int64_t)i + 1, .sex = 'M'};
        entries[i].tokens[IDENTITY_KEY_NAME_DATE - 1] = 77;
    }
    struct linkage_options options = {.block_max = 29};
    struct linkage_result *result = NULL;
    assert_true(linkage_run(&result, entries, 30, NULL, &options, &err));
    assert_int_equal(result->counts.pairs_within, 0);
    assert_int_equal(result->counts.blocks_skipped, 1);
    assert_int_equal(result->counts.entries_in_skipped_blocks, 30);
    linkage_result_destroy(result);
    options.block_max = 30;
    assert_true(linkage_run(&result, entries, 30, NULL, &options, &err));
    assert_int_equal(result->counts.pairs_within, 435);
    linkage_result_destroy(result);
}

static struct rehearsal rehearse(uint32_t persons)
{
    struct error err = {0};
    struct rehearsal_options options = {.seed = 7, .persons = persons, .centres = 4, .presence = 0.4, .claims_have_names = true};
    linkage_rehearsal_noise(&options.noise);
    struct rehearsal rehearsal;
    assert_true(linkage_rehearsal_make(&rehearsal, &options, &err));
    return rehearsal;
}

/* The goals with fixed seed: precision 0.999, recall 0.97 with numbers; F1 0.95 without. */
static void test_quality(void **state)
{
    (void)state;
    struct error err = {0};
    struct rehearsal rehearsal = rehearse(5000);
    struct linkage_result *result = NULL;
    struct linkage_quality quality;
    struct linkage_options options = {0};
    assert_true(linkage_run(&result, rehearsal.entries, rehearsal.count, NULL, &options, &err));
    assert_true(linkage_quality_of(&quality, result, rehearsal.truth, &err));
    assert_true(quality.precision >= 0.999 && quality.recall >= 0.97);
    linkage_result_destroy(result);
    options.without_numbers = true;
    assert_true(linkage_run(&result, rehearsal.entries, rehearsal.count, NULL, &options, &err));
    assert_true(linkage_quality_of(&quality, result, rehearsal.truth, &err));
    assert_true(quality.f1 >= 0.95 && quality.f1 < 1);
    linkage_result_destroy(result);
    linkage_rehearsal_finish(&rehearsal);
}

static void test_threads_and_state(void **state)
{
    (void)state;
    struct error err = {0};
    struct rehearsal rehearsal = rehearse(2000);
    struct linkage_state *kept = state_new();
    struct linkage_result *first = NULL, *again = NULL;
    struct linkage_options options = {0};
    assert_true(linkage_run(&first, rehearsal.entries, rehearsal.count, kept, &options, &err));
    for (unsigned threads = 2; threads <= 7; threads += 5) {
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(task_pool_create(&pool, threads, &err));
        options.pool = pool;
        assert_true(linkage_run(&again, rehearsal.entries, rehearsal.count, NULL, &options, &err));
        assert_memory_equal(first->links, again->links, first->count * sizeof *first->links);
        linkage_result_destroy(again);
    }
    /* through bytes, and on: the same persons, no events, the same weights */
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 24}, bytes_again = {.maximum = 1 << 24};
    struct linkage_state *read = NULL;
    assert_true(linkage_state_write(kept, &bytes, &err) && linkage_state_read(&read, bytes.data, bytes.length, &err));
    assert_true(linkage_state_write(read, &bytes_again, &err));
    assert_int_equal(bytes.length, bytes_again.length);
    assert_memory_equal(bytes.data, bytes_again.data, bytes.length);
    options.pool = NULL;
    assert_true(linkage_run(&again, rehearsal.entries, rehearsal.count, read, &options, &err));
    assert_memory_equal(first->links, again->links, first->count * sizeof *first->links);
    assert_int_equal(again->event_count, 0);
    assert_true(again->model->weights.rounds == 0 || again->model->weights.prior == first->model->weights.prior);
    assert_false(linkage_state_read(&kept, bytes.data, bytes.length - 1, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    linkage_result_destroy(again);
    linkage_result_destroy(first);
    linkage_state_destroy(read);
    linkage_state_destroy(kept);
    linkage_rehearsal_finish(&rehearsal);
}

/* Weights of a first delivery that said nothing are not kept for ever: with twice the pairs they are made anew, with fewer they stay. */
static void test_weights_are_made_anew(void **state)
{
    (void)state;
    struct error err = {0};
    struct rehearsal rehearsal = rehearse(2000);
    struct linkage_state *kept = state_new();
    struct linkage_result *result = NULL;
    const struct linkage_options options = {0};
    size_t first = 0;
    while (first < rehearsal.count && rehearsal.entries[first].holder == 1) {
        first++;
    }
    assert_true(linkage_run(&result, rehearsal.entries, first, kept, &options, &err)); /* one holder: no pairs between holders */
    assert_int_equal(kept->weights_pairs, 0);
    linkage_result_destroy(result);
    assert_true(linkage_run(&result, rehearsal.entries, rehearsal.count, kept, &options, &err));
    assert_int_equal(kept->weights_pairs, result->counts.pairs);
    assert_true(kept->weights_pairs > 1000);
    const double prior = kept->weights.prior;
    linkage_result_destroy(result);
    assert_true(linkage_run(&result, rehearsal.entries, first + first / 2, kept, &options, &err));
    assert_true(kept->weights.prior == prior);
    linkage_result_destroy(result);
    linkage_state_destroy(kept);
    linkage_rehearsal_finish(&rehearsal);
}

/* Tokens under another key are other numbers: persons must be the same. */
static void test_tokens_have_no_meaning(void **state)
{
    (void)state;
    struct error err = {0};
    struct rehearsal rehearsal = rehearse(2000);
    const struct linkage_options options = {0};
    struct linkage_result *first = NULL, *again = NULL;
    assert_true(linkage_run(&first, rehearsal.entries, rehearsal.count, NULL, &options, &err));
    for (size_t i = 0; i < rehearsal.count; i++) {
        for (size_t kind = 0; kind < IDENTITY_KEY_KINDS; kind++) {
            uint64_t *token = &rehearsal.entries[i].tokens[kind];
            *token = *token ? hash(*token, 99) : 0;
        }
    }
    assert_true(linkage_run(&again, rehearsal.entries, rehearsal.count, NULL, &options, &err));
    assert_memory_equal(first->links, again->links, first->count * sizeof *first->links);
    linkage_result_destroy(first);
    linkage_result_destroy(again);
    linkage_rehearsal_finish(&rehearsal);
}

static void test_quality_by_hand(void **state)
{
    (void)state;
    struct error err = {0};
    struct linkage_link links[5] = {{.person_id = 1}, {.person_id = 1}, {.person_id = 1}, {.person_id = 2}, {.person_id = 3}};
    const struct linkage_result result = {.links = links, .count = 5};
    const uint32_t truth[5] = {1, 1, 2, 2, 3}; /* found 3 pairs, 2 are real, 1 is both */
    struct linkage_quality quality;
    assert_true(linkage_quality_of(&quality, &result, truth, &err));
    assert_int_equal(quality.found, 3);
    assert_int_equal(quality.real, 2);
    assert_int_equal(quality.right, 1);
    assert_true(quality.f1 > 0.3999 && quality.f1 < 0.4001);
}

/* Claims that have 1 January where the hospital knows the day: the number does not fit that date, and is doubtful there; with name, given
 * name and year equal it is nobody else's, also when the person has moved. A parent's number (another year) says no such thing. */
static void test_date_by_default(void **state)
{
    (void)state;
    for (int is_parent = 0; is_parent < 2; is_parent++) {
        const struct who known = {.holder = 1, .subject = 11, .name = 5, .given = 6, .date = 20, .place = 1, .nir = 9};
        struct linkage_entry entries[2] = {entry_of(&known), entry_of(&known)};
        uint64_t *tokens = entries[1].tokens;
        struct linkage_options options = {.pool = NULL};
        struct linkage_result *result = NULL;
        struct error err = {0};
        entries[1].holder = 2;
        entries[1].residence = 75056;
        tokens[IDENTITY_KEY_NIR_DOUBTFUL - 1] = tokens[IDENTITY_KEY_NIR - 1];
        tokens[IDENTITY_KEY_NIR - 1] = tokens[IDENTITY_KEY_INSURED - 1] = tokens[IDENTITY_KEY_GIVEN_PLACE - 1] = 0;
        tokens[IDENTITY_KEY_PERSON - 1] = hash(1, 1);
        tokens[IDENTITY_KEY_SOUND - 1] = hash(1, 2);
        tokens[IDENTITY_KEY_NAME_DATE - 1] = hash(1, 3);
        if (is_parent) {
            tokens[IDENTITY_KEY_NAME_YEAR - 1] = hash(1, 4);
            entries[1].birth_year = 1998;
        }
        assert_true(linkage_run(&result, entries, 2, NULL, &options, &err));
        assert_int_equal(result->counts.persons, is_parent ? 2 : 1);
        linkage_result_destroy(result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date_by_default),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_twins_and_several),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_openers_and_ranks),
        cmocka_unit_test(test_stable_numbers),
        cmocka_unit_test(test_entries_in_order),
        cmocka_unit_test(test_large_blocks),
        cmocka_unit_test(test_quality),
        cmocka_unit_test(test_threads_and_state),
        cmocka_unit_test(test_weights_are_made_anew),
        cmocka_unit_test(test_tokens_have_no_meaning),
        cmocka_unit_test(test_quality_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
