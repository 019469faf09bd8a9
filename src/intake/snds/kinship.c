/* SPDX-License-Identifier: EUPL-1.2 */
/* kinship: the stay of a delivery and that of the newborn have the same NIR_ANO_MAM. Of the persons of one such number the one mother is a
 * woman and older by at least AGE_OF_MOTHER; where that is not so of exactly one, nothing is told (EMC2-08). */
#include "base/bulk.h"
#include "intake/snds/stays.h"
#include <stdlib.h>

enum { AGE_OF_MOTHER = 10, KIN_BYTES = 48 };
struct kin {
    int64_t delivery;
    uint32_t person;
    int32_t birth_year;
};
struct kinship {
    struct run *run;
    struct span span;
    struct kin *items;
    size_t count, maximum;
};

static bool shrink(struct kinship *kinship, struct error *err)
{
    struct span *span = &kinship->span;
    if (span->low == span->high) {
        return FAIL(err, LIMIT, "one NIR_ANO_MAM has more stays than fit into memory (snds_memory_bytes)");
    }
    span->high = span->low + (span->high - span->low) / 2;
    size_t kept = 0;
    for (size_t i = 0; i < kinship->count; i++) {
        if (span_has(span, kinship->items[i].delivery)) {
            kinship->items[kept++] = kinship->items[i];
        }
    }
    kinship->count = kept;
    return true;
}

static bool take_row(void *context, struct rows *rows, struct error *err)
{
    struct kinship *kinship = context;
    struct text mother = rows_plain(rows, MCO_C_NIR_ANO_MAM);
    if (mother.length == 0 || value_person_is_junk(mother)) {
        return true;
    }
    struct kin kin = {.delivery = record_number(kinship->run->options->numbers, "NIR_ANO_MAM", mother)};
    struct stay stay = {.outcome = OUTCOME_TAKEN};
    if (!span_has(&kinship->span, kin.delivery)) {
        return true;
    }
    mco_person(rows, &stay);
    if (stay.outcome != OUTCOME_TAKEN) {
        return true;
    }
    kin.person = stay.person;
    kin.birth_year = persons_birth_year(kinship->run->persons, stay.person);
    while (kinship->count == kinship->maximum && span_has(&kinship->span, kin.delivery)) {
        TRY(shrink(kinship, err));
    }
    if (span_has(&kinship->span, kin.delivery)) {
        kinship->items[kinship->count++] = kin;
    }
    return true;
}

static int by_delivery(const void *a, const void *b)
{
    const struct kin *x = a, *y = b;
    if (x->delivery != y->delivery) {
        return x->delivery < y->delivery ? -1 : 1;
    }
    if (x->birth_year != y->birth_year) {
        return x->birth_year < y->birth_year ? -1 : 1;
    }
    return x->person < y->person ? -1 : x->person > y->person;
}

static bool give(struct run *run, uint32_t person, uint32_t other, struct text code, struct error *err)
{
    struct record record;
    record_begin(&record, RECORD_KINSHIP);
    record_set_integer(&record, COLUMN_SUBJECT, persons_subject(run->persons, person));
    record_set_integer(&record, COLUMN_OTHER, persons_subject(run->persons, other));
    record_set_text(&record, COLUMN_CODE, code);
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM_INPATIENT"));
    return run_give(run, &record, err);
}

/* Sorted by birth: the mother is first, and everybody else her child. */
static bool give_family(struct run *run, const struct kin *kin, size_t count, struct error *err)
{
    size_t first_child = 1;
    while (first_child < count && kin[first_child].person == kin[0].person) {
        first_child++;
    }
    bool is_clear = first_child < count && kin[0].birth_year > 0 && persons_is_woman(run->persons, kin[0].person) &&
                    kin[first_child].birth_year - kin[0].birth_year >= AGE_OF_MOTHER;
    for (size_t i = first_child; is_clear && i < count; i++) {
        if (kin[i].person != kin[i - 1].person) {
            TRY(give(run, kin[0].person, kin[i].person, TEXT("CHILD"), err));
            TRY(give(run, kin[i].person, kin[0].person, TEXT("MOTHER"), err));
        }
    }
    return true;
}

static bool give_all(struct kinship *kinship, struct error *err)
{
    qsort(kinship->items, kinship->count, sizeof kinship->items[0], by_delivery);
    for (size_t begin = 0, end = 0; begin < kinship->count; begin = end) {
        while (end < kinship->count && kinship->items[end].delivery == kinship->items[begin].delivery) {
            end++;
        }
        TRY(give_family(kinship->run, kinship->items + begin, end - begin, err));
    }
    return true;
}

static void kinship_value_cleanup(struct kinship *kinship)
{
    free(kinship->items);
}

bool kinship_read(struct run *run, struct error *err)
{
    CLEANUP(kinship_value) struct kinship kinship = {.run = run};
    kinship.maximum = run_memory(run) / KIN_BYTES;
    kinship.items = bulk_allocate(kinship.maximum, sizeof kinship.items[0]);
    if (!kinship.items) {
        return FAIL(err, LIMIT, "no memory for mothers and children (snds_memory_bytes)");
    }
    for (kinship.span = (struct span){0, INT64_MAX};;) {
        kinship.count = 0;
        TRY(rows_each(run, SNDS_MCO_C, take_row, &kinship, err));
        TRY(run->has_fault || give_all(&kinship, err));
        if (run->has_fault || kinship.span.high == INT64_MAX) {
            return true;
        }
        kinship.span = span_next(&kinship.span, kinship.count, kinship.maximum);
    }
}
