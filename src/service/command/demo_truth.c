/* SPDX-License-Identifier: EUPL-1.2 */
/* demo_truth: each difference between a cohort and the planted truth, life by life: whether a link that was missed, or one that is wrong,
 * explains it. A life is a person of the truth; a person is what linkage made of the entries. Nothing is estimated: for every life of a
 * cohort the persons who stand for it are looked at, and what neither kind of link explains is a fault. */
#include "base/csv.h"
#include "intake/assemble/assemble_linkage.h"
#include "intake/synthesise/synthesise.h"
#include "service/command/commands.h"
#include "service/command/demo.h"
#include <stdlib.h>

struct tie { /* some entry of the person is of the life */
    uint32_t person, life;
};
DEFINE_ARRAY(ties, struct tie)
struct plant { /* truth/persons.csv */
    int64_t concept;
    uint32_t life;
};
DEFINE_ARRAY(plants, struct plant)
struct lives {
    struct ties by_person, by_life; /* the same, each once */
    struct plants plants;
};
static void lives_value_cleanup(struct lives *lives)
{
    ties_finish(&lives->by_person);
    ties_finish(&lives->by_life);
    plants_finish(&lives->plants);
}

static int by_person(const void *a, const void *b)
{
    const struct tie *x = a, *y = b;
    return x->person != y->person ? (x->person < y->person ? -1 : 1) : (x->life > y->life) - (x->life < y->life);
}
static int by_life(const void *a, const void *b)
{
    const struct tie *x = a, *y = b;
    return x->life != y->life ? (x->life < y->life ? -1 : 1) : (x->person > y->person) - (x->person < y->person);
}
static int by_planted_life(const void *a, const void *b)
{
    const struct plant *x = a, *y = b;
    return (x->life > y->life) - (x->life < y->life);
}

/* ---- reading ---- */
static bool ties_read(struct lives *lives, const struct assemble_linkage *linkage, const uint32_t *truth, struct error *err)
{
    for (size_t i = 0; i < linkage->result->count; i++) {
        const struct tie tie = {linkage->result->links[i].person_id, truth[i]};
        TRY(truth[i] == ASSEMBLE_TRUTH_UNKNOWN || ties_append(&lives->by_person, tie, err));
    }
    struct ties *ties = &lives->by_person;
    size_t kept = 0;
    if (ties->count > 0) {
        qsort(ties->items, ties->count, sizeof *ties->items, by_person);
    }
    for (size_t i = 0; i < ties->count; i++) {
        if (kept == 0 || by_person(&ties->items[kept - 1], &ties->items[i]) != 0) {
            ties->items[kept++] = ties->items[i];
        }
    }
    ties->count = kept;
    for (size_t i = 0; i < kept; i++) {
        TRY(ties_append(&lives->by_life, ties->items[i], err));
    }
    if (kept > 0) {
        qsort(lives->by_life.items, kept, sizeof *lives->by_life.items, by_life);
    }
    return true;
}

static bool links_read(struct lives *lives, const struct demo *demo, const char *path, struct error *err)
{
    CLEANUP(assemble_linkage) struct assemble_linkage *linkage = NULL;
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    const struct warehouse *warehouse = &demo->warehouse;
    const struct shelf_place place = {warehouse->directory, warehouse->keyring, &warehouse->grant};
    const struct assemble_options options = {.settings = &demo->in->settings, .pool = demo->in->pool, .quiet = true};
    struct assemble_truth counts;
    TRY(assemble_linkage_open(&linkage, warehouse->store, &place, &options, err));
    TRY(csv_reader_open(&reader, path, NULL, err));
    uint32_t *truth = ARENA_ARRAY(demo->in->arena, uint32_t, linkage->result->count + 1);
    return assemble_linkage_truth(linkage, reader, path, truth, &counts, err) && ties_read(lives, linkage, truth, err);
}

static bool plants_read(struct lives *lives, const struct demo *demo, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    struct csv_record record;
    bool is_more = false;
    TRY(csv_reader_open(&reader, arena_text_format(demo->in->arena, "%s/truth/persons.csv", demo->population), NULL, err));
    TRY(csv_reader_next(reader, &record, &is_more, err)); /* the header */
    while (is_more) {
        int64_t life = 0, concept = 0;
        TRY(csv_reader_next(reader, &record, &is_more, err));
        const bool is_row = is_more && record.count >= 3 && text_to_i64(record.fields[0].text, &life) && life > 0 && life < UINT32_MAX &&
                            text_to_i64(record.fields[2].text, &concept);
        TRY(!is_row || plants_append(&lives->plants, (struct plant){concept, (uint32_t)life}, err));
    }
    if (lives->plants.count > 0) {
        qsort(lives->plants.items, lives->plants.count, sizeof *lives->plants.items, by_planted_life);
    }
    return true;
}

/* ---- one cohort ---- */
/* The place of the first item that is not below the key. */
static size_t first_not_below(const void *items, size_t count, size_t size, const void *key, int (*compare)(const void *, const void *))
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare((const char *)items + middle * size, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Those of one person or one life: from *out_first on. */
static size_t ties_of(const struct ties *ties, const struct tie *key, int (*compare)(const void *, const void *), bool is_person,
                      size_t *out_first)
{
    const size_t low = first_not_below(ties->items, ties->count, sizeof *ties->items, key, compare);
    size_t count = 0;
    *out_first = low;
    while (low + count < ties->count &&
           (is_person ? ties->items[low + count].person == key->person : ties->items[low + count].life == key->life)) {
        count++;
    }
    return count;
}

static size_t persons_of(const struct lives *lives, uint32_t life, size_t *out_first)
{
    return ties_of(&lives->by_life, &(struct tie){0, life}, by_life, false, out_first);
}

static size_t lives_of(const struct lives *lives, uint32_t person, size_t *out_first)
{
    return ties_of(&lives->by_person, &(struct tie){person, 0}, by_person, true, out_first);
}

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool is_member(const struct prevalence_cohort *members, int64_t person)
{
    const size_t at = first_not_below(members->persons, members->count, sizeof *members->persons, &person, by_number);
    return at < members->count && members->persons[at] == person;
}

static bool is_planted(const struct lives *lives, const char *cohort, uint32_t life)
{
    const struct plants *plants = &lives->plants;
    size_t at = first_not_below(plants->items, plants->count, sizeof *plants->items, &(struct plant){.life = life}, by_planted_life);
    for (; at < plants->count && plants->items[at].life == life; at++) {
        if (synthesise_cohort_has(text_of(cohort), plants->items[at].concept)) {
            return true;
        }
    }
    return false;
}

/* A planted life is counted once for each of its persons in the cohort. */
static void life_take(const struct lives *lives, const struct prevalence_cohort *members, uint32_t life, struct demo_difference *found)
{
    size_t first = 0, standing = 0;
    const size_t persons = persons_of(lives, life, &first);
    for (size_t i = first; i < first + persons; i++) {
        standing += is_member(members, lives->by_life.items[i].person);
    }
    found->planted++;
    found->lives += standing > 0;
    found->missed_links += standing > 1 ? standing - 1 : 0;
    if (standing == 0 && persons > 1) { /* none of its parts is enough for the cohort */
        found->missed_links++;
    } else if (standing == 0) {
        found->unexplained++;
    }
}

/* A person of the cohort who stands for no planted life, or for several. */
static void person_take(const struct lives *lives, const char *cohort, uint32_t person, struct demo_difference *found)
{
    size_t first = 0, planted = 0, parts = 0;
    const size_t count = lives_of(lives, person, &first);
    bool is_split = false;
    for (size_t i = first; i < first + count; i++) {
        planted += is_planted(lives, cohort, lives->by_person.items[i].life);
        is_split = is_split || persons_of(lives, lives->by_person.items[i].life, &parts) > 1;
    }
    if (planted > 1) {
        found->wrong_links += planted - 1;
    } else if (planted == 0 && count > 1) {
        found->wrong_links++;
    }
    found->missed_links += planted == 0 && count == 1 && is_split;
    found->unexplained += planted == 0 && (count == 0 || (count == 1 && !is_split));
}

static void cohort_take(struct demo *demo, int which, const struct lives *lives)
{
    struct demo_cohort_result *cohort = &demo->cohorts[which];
    const char *name = demo_cohorts[which].name;
    struct demo_difference found = {0};
    for (size_t i = 0; i < lives->plants.count; i++) {
        const uint32_t life = lives->plants.items[i].life;
        if ((i == 0 || lives->plants.items[i - 1].life != life) && is_planted(lives, name, life)) {
            life_take(lives, &cohort->members, life, &found);
        }
    }
    for (size_t i = 0; i < cohort->members.count; i++) {
        if (i == 0 || cohort->members.persons[i - 1] != cohort->members.persons[i]) {
            person_take(lives, name, (uint32_t)cohort->members.persons[i], &found);
        }
    }
    cohort->difference = found;
}

/* ---- what is said ---- */
static bool differences_say(const struct demo *demo, struct error *err)
{
    uint64_t missed = 0, wrong = 0, unexplained = 0, other_truth = 0;
    int equal = 0;
    for (int c = 0; c < DEMO_COHORT_COUNT; c++) {
        const struct demo_cohort_result *cohort = &demo->cohorts[c];
        const struct demo_difference *found = &cohort->difference;
        missed += found->missed_links;
        wrong += found->wrong_links;
        unexplained += found->unexplained;
        other_truth += found->planted != cohort->truth;
        equal += found->lives == cohort->truth;
        if (found->missed_links + found->wrong_links + found->unexplained > 0) {
            print_line("             %-22s planted %llu lives, %llu of them found, as %llu persons: links missed %llu, wrong %llu, not "
                       "explained %llu",
                       demo_cohorts[c].name, (unsigned long long)found->planted, (unsigned long long)found->lives,
                       (unsigned long long)cohort->persons, (unsigned long long)found->missed_links, (unsigned long long)found->wrong_links,
                       (unsigned long long)found->unexplained);
        }
    }
    print_line(
        "             by life, %d of %d cohorts are the planted truth; of the differences in persons, %llu come of links that were missed,",
        equal, DEMO_COHORT_COUNT, (unsigned long long)missed);
    print_line(
        "             %llu of wrong links, %llu of neither / par vie, %d cohortes sur %d sont la vérité ; écarts : %llu liens manqués,",
        (unsigned long long)wrong, (unsigned long long)unexplained, equal, DEMO_COHORT_COUNT, (unsigned long long)missed);
    print_line("             %llu liens faux, %llu inexpliqués", (unsigned long long)wrong, (unsigned long long)unexplained);
    if (other_truth > 0) {
        return FAIL(err, INTERNAL, "truth/persons.csv and truth/cohorts.csv differ in %llu cohorts", (unsigned long long)other_truth);
    }
    if (unexplained > 0) {
        return FAIL(err, INTERNAL, "%llu differences between cohorts and the planted truth are not of linkage",
                    (unsigned long long)unexplained);
    }
    return true;
}

bool demo_truth_explain(struct demo *demo, const char *links, struct error *err)
{
    CLEANUP(lives_value) struct lives lives = {.by_person.maximum = UINT32_MAX};
    lives.by_life.maximum = lives.plants.maximum = UINT32_MAX;
    TRY(links_read(&lives, demo, links, err) && plants_read(&lives, demo, err));
    for (int c = 0; c < DEMO_COHORT_COUNT; c++) {
        cohort_take(demo, c, &lives);
    }
    return differences_say(demo, err);
}
