/* SPDX-License-Identifier: EUPL-1.2 */
/* dcir_give: the claims of a pass as records, person by person. Rows of one group are added up, since an error, its negative and its
 * correction are three of them; what is left above zero is a record. */
#include "base/bulk.h"
#include "intake/snds/dcir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    int64_t owner;
    uint32_t index;
};
DEFINE_ARRAY(services, struct service)
DEFINE_ARRAY(details, struct detail)
enum { CLASSES = 256 };
struct class
{
    const char *name;
    uint16_t nature;
};
struct giving {
    struct class classes[CLASSES]; /* of natures that were looked up last */
    struct claims *claims;
    struct place *services_order, *details_order;
    struct services services; /* of one owner */
    struct details details;
    uint64_t counts[SNDS_TABLE_COUNT][RECORD_OUTCOME_COUNT];
};

static void giving_value_cleanup(struct giving *giving)
{
    services_finish(&giving->services);
    details_finish(&giving->details);
    free(giving->services_order);
    free(giving->details_order);
}

static int three_way(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_owner(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->owner != y->owner ? three_way(x->owner, y->owner) : three_way(x->index, y->index);
}

static int by_group(const void *a, const void *b)
{
    const struct service *x = a, *y = b;
    int order = three_way(x->group, y->group);
    order = order ? order : three_way(x->nature, y->nature);
    order = order ? order : three_way(x->key, y->key);
    return order ? order : three_way(x->check, y->check);
}

static int by_visit(const void *a, const void *b)
{
    const struct service *x = a, *y = b;
    return x->visit != y->visit ? three_way(x->visit, y->visit) : by_group(a, b);
}

static int by_detail(const void *a, const void *b)
{
    const struct detail *x = a, *y = b;
    int order = three_way(x->table, y->table);
    order = order ? order : three_way(x->day, y->day);
    order = order ? order : three_way(x->group, y->group);
    return order ? order : three_way(x->row, y->row);
}

/* ---- services ---- */

static void count(struct giving *giving, enum snds_table table, unsigned outcome)
{
    giving->counts[table][outcome]++;
}

/* Rows of one group and nature. They speak for themselves where no other table details them (consultations, transport). */
static void add_up_services(struct giving *giving, struct service *rows, size_t row_count)
{
    double sum = 0;
    struct service *first = NULL;
    size_t negatives = 0;
    bool is_detailed = false;
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].outcome == OUTCOME_TAKEN) {
            sum += (double)rows[i].quantity;
            negatives += rows[i].quantity < 0;
            is_detailed |= rows[i].details > 0;
            first = !first && rows[i].quantity >= 0 ? &rows[i] : first;
        }
    }
    size_t cancelled = negatives; /* as many rows as there are negatives go with them */
    for (size_t i = 0; i < row_count; i++) {
        bool is_taken = rows[i].outcome == OUTCOME_TAKEN;
        bool is_gone = is_taken && (sum <= 0 || rows[i].quantity < 0 || (&rows[i] != first && cancelled > 0));
        cancelled -= is_gone && rows[i].quantity >= 0 && cancelled > 0;
        rows[i].is_alive = is_taken && !is_gone;
        count(giving, SNDS_ER_PRS_F, is_gone ? (unsigned)OUTCOME_REGULARISED : rows[i].outcome);
    }
    if (first && sum > 0) {
        first->speaks = !is_detailed;
        first->quantity = (float)sum;
    }
}

static void settle_services(struct giving *giving)
{
    struct services *services = &giving->services;
    qsort(services->items, services->count, sizeof services->items[0], by_group);
    for (size_t begin = 0, end = 0; begin < services->count; begin = end) {
        while (end < services->count && services->items[end].group == services->items[begin].group &&
               services->items[end].nature == services->items[begin].nature) {
            giving->counts[SNDS_ER_PRS_F][OUTCOME_DOUBLE] += services->items[end].copies;
            giving->counts[SNDS_ER_ETE_F]
                          [services->items[end].outcome == OUTCOME_FOR_INFORMATION ? OUTCOME_FOR_INFORMATION : OUTCOME_TAKEN] +=
                services->items[end].contexts;
            end++;
        }
        add_up_services(giving, services->items + begin, end - begin);
    }
    qsort(services->items, services->count, sizeof services->items[0], by_visit);
}

/* ---- details ---- */

static void add_up_details(struct giving *giving, struct detail *rows, size_t row_count)
{
    double sum = 0;
    struct detail *first = NULL;
    size_t negatives = 0;
    for (size_t i = 0; i < row_count; i++) {
        if (i > 0 && rows[i].row == rows[i - 1].row) {
            rows[i].outcome = OUTCOME_DOUBLE;
        }
        if (rows[i].outcome == OUTCOME_TAKEN) {
            sum += (double)rows[i].quantity;
            negatives += rows[i].quantity < 0;
            first = !first && rows[i].quantity >= 0 ? &rows[i] : first;
        }
    }
    size_t cancelled = negatives;
    for (size_t i = 0; i < row_count; i++) {
        bool is_gone = rows[i].outcome == OUTCOME_TAKEN && (sum <= 0 || rows[i].quantity < 0 || (&rows[i] != first && cancelled > 0));
        cancelled -= is_gone && rows[i].quantity >= 0 && cancelled > 0;
        count(giving, (enum snds_table)rows[i].table, is_gone ? (unsigned)OUTCOME_REGULARISED : rows[i].outcome);
    }
    if (first && sum > 0) {
        first->is_kept = true;
        first->quantity = (float)sum;
    }
}

/* A visit in which something is kept took place. */
static void revive(struct giving *giving, int64_t visit)
{
    struct services *services = &giving->services;
    size_t low = 0, high = services->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (services->items[middle].visit < visit) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < services->count && services->items[low].visit == visit) {
        services->items[low].is_alive = true;
    }
}

static void settle_details(struct giving *giving)
{
    struct details *details = &giving->details;
    if (details->count > 1) {
        qsort(details->items, details->count, sizeof details->items[0], by_detail);
    }
    for (size_t begin = 0, end = 0; begin < details->count; begin = end) {
        while (end < details->count && details->items[end].group == details->items[begin].group &&
               details->items[end].table == details->items[begin].table && details->items[end].day == details->items[begin].day) {
            end++;
        }
        add_up_details(giving, details->items + begin, end - begin);
    }
    for (size_t i = 0; i < details->count; i++) {
        if (details->items[i].is_kept) {
            revive(giving, details->items[i].visit);
        }
    }
}

/* ---- records ---- */

static void begin(struct record *record, enum record_table table, int64_t subject, int64_t number, int32_t start)
{
    record_begin(record, table);
    record_set_integer(record, COLUMN_SUBJECT, subject);
    record_set_integer(record, COLUMN_RECORD, number);
    record_set_day(record, COLUMN_START, (day){start});
}

static const char *class_of(struct giving *giving, uint16_t nature)
{
    struct class *known = &giving->classes[nature % CLASSES];
    if (known->name && known->nature == nature) {
        return known->name;
    }
    char digits[TEXT_NUMBER_SIZE];
    size_t length = text_from_i64(nature, digits);
    const char *listed = value_listed(LIST_NATURE, (struct text){digits, length});
    *known = (struct class){listed ? listed : "AMB", nature};
    return known->name;
}

/* The class that all its rows have; a contact at home or from afar is one for all of them. */
static const char *class_of_visit(struct giving *giving, const struct service *rows, size_t count)
{
    const char *class = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *one = class_of(giving, rows[i].nature);
        bool is_special = strcmp(one, "TELE") == 0 || strcmp(one, "HOME") == 0;
        if (is_special || (rows[i].is_home && strcmp(one, "PHARMACY") != 0 && strcmp(one, "LABORATORY") != 0)) {
            return is_special ? one : "HOME";
        }
        class = !class || strcmp(class, one) == 0 ? one : "AMB";
    }
    return class ? class : "AMB";
}

static bool give_visit(struct giving *giving, const struct service *rows, size_t row_count, struct error *err)
{
    char specialty[4];
    bool is_alive = false;
    const struct service *first = &rows[0];
    for (size_t i = 0; i < row_count; i++) {
        is_alive |= rows[i].is_alive;
    }
    if (!is_alive) {
        return true;
    }
    struct record record;
    begin(&record, RECORD_VISIT, first->owner, first->visit, first->day);
    record_set_day(&record, COLUMN_END, (day){first->day_end});
    record_set_text(&record, COLUMN_CLASS, text_of(class_of_visit(giving, rows, row_count)));
    record_set_text(&record, COLUMN_CARE_SITE, text_of(first->care_site));
    snprintf(specialty, sizeof specialty, "%u", first->specialty);
    record_set_text(&record, COLUMN_SPECIALTY, first->specialty ? text_of(specialty) : TEXT(""));
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM"));
    persons_seen(giving->claims->run->persons, first->person, (day){first->day});
    return run_give(giving->claims->run, &record, err);
}

static bool give_service(struct giving *giving, const struct service *service, struct error *err)
{
    struct run *run = giving->claims->run;
    char nature[TEXT_NUMBER_SIZE];
    struct joined key = {0};
    struct record record;
    joined_add_number(&key, service->group);
    joined_add_number(&key, service->nature);
    begin(&record, RECORD_PROCEDURE, service->owner, joined_number(&key, run, "ER_PRS_F"), service->day);
    record_set_integer(&record, COLUMN_VISIT, service->visit);
    record_set_text(&record, COLUMN_SYSTEM, TEXT("PRS_NAT"));
    size_t length = text_from_i64(service->nature, nature);
    record_set_text(&record, COLUMN_CODE, (struct text){nature, length});
    record_set_day(&record, COLUMN_END, (day){service->day_end});
    record_set_number(&record, COLUMN_QUANTITY, (double)service->quantity);
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM"));
    return run_give(run, &record, err);
}

static bool give_detail(struct giving *giving, const struct detail *detail, struct error *err)
{
    static const struct {
        enum snds_table table;
        enum record_table record;
        const char *system, *type;
    } kinds[] = {{SNDS_ER_PHA_F, RECORD_DRUG, NULL, "CLAIM_PHARMACY"},
                 {SNDS_ER_UCD_F, RECORD_DRUG, "UCD", "CLAIM"},
                 {SNDS_ER_CAM_F, RECORD_PROCEDURE, "CCAM", "CLAIM"},
                 {SNDS_ER_BIO_F, RECORD_MEASUREMENT, "NABM", "CLAIM"},
                 {SNDS_ER_TIP_F, RECORD_DEVICE, "LPP", "CLAIM"}};
    size_t kind = 0;
    while (kinds[kind].table != (enum snds_table)detail->table) {
        kind++;
    }
    const char *system = kinds[kind].system ? kinds[kind].system : strlen(detail->code) == 13 ? "CIP13" : "CIP7";
    struct record record;
    begin(&record, kinds[kind].record, detail->owner, detail->group, detail->day);
    record_set_integer(&record, COLUMN_VISIT, detail->visit);
    record_set_text(&record, COLUMN_SYSTEM, text_of(system));
    record_set_text(&record, COLUMN_CODE, text_of(detail->code));
    if (kinds[kind].record != RECORD_MEASUREMENT) { /* an act of biology without its result: the SNDS has none */
        record_set_number(&record, COLUMN_QUANTITY, (double)detail->quantity);
    }
    if (kinds[kind].record == RECORD_DEVICE && detail->day_end != INT32_MIN) {
        record_set_day(&record, COLUMN_END, (day){detail->day_end});
    }
    record_set_text(&record, COLUMN_TYPE, text_of(kinds[kind].type));
    persons_seen(giving->claims->run->persons, detail->person, (day){detail->day});
    return run_give(giving->claims->run, &record, err);
}

static bool give_owner(struct giving *giving, struct error *err)
{
    const struct services *services = &giving->services;
    settle_services(giving);
    settle_details(giving);
    for (size_t first = 0, end = 0; first < services->count; first = end) {
        while (end < services->count && services->items[end].visit == services->items[first].visit) {
            end++;
        }
        TRY(give_visit(giving, services->items + first, end - first, err));
    }
    for (size_t i = 0; i < services->count; i++) {
        if (services->items[i].speaks && services->items[i].nature != 0) {
            TRY(give_service(giving, &services->items[i], err));
        }
    }
    for (size_t i = 0; i < giving->details.count; i++) {
        if (giving->details.items[i].is_kept) {
            TRY(give_detail(giving, &giving->details.items[i], err));
        }
    }
    return true;
}

/* ---- the order of a pass ---- */

static bool put_in_order(struct giving *giving, struct error *err)
{
    const struct claims *claims = giving->claims;
    giving->services_order = bulk_allocate(claims->service_count + 1, sizeof giving->services_order[0]);
    giving->details_order = bulk_allocate(claims->detail_count + 1, sizeof giving->details_order[0]);
    if (!giving->services_order || !giving->details_order) {
        return FAIL(err, LIMIT, "no memory to put claims in order (snds_memory_bytes)");
    }
    for (size_t i = 0; i < claims->service_count; i++) {
        giving->services_order[i] = (struct place){claims->services[i].owner, (uint32_t)i};
    }
    for (size_t i = 0; i < claims->detail_count; i++) {
        giving->details_order[i] = (struct place){claims->details[i].owner, (uint32_t)i};
    }
    qsort(giving->services_order, claims->service_count, sizeof giving->services_order[0], by_owner);
    qsort(giving->details_order, claims->detail_count, sizeof giving->details_order[0], by_owner);
    return true;
}

/* Details are joined to services, so that an owner of details has services, too. */
static bool take_owner(struct giving *giving, size_t *service, size_t *detail, struct error *err)
{
    const struct claims *claims = giving->claims;
    int64_t owner = giving->services_order[*service].owner;
    giving->services.count = giving->details.count = 0;
    for (; *service < claims->service_count && giving->services_order[*service].owner == owner; ++*service) {
        TRY(services_append(&giving->services, claims->services[giving->services_order[*service].index], err));
    }
    for (; *detail < claims->detail_count && giving->details_order[*detail].owner == owner; ++*detail) {
        TRY(details_append(&giving->details, claims->details[giving->details_order[*detail].index], err));
    }
    return give_owner(giving, err);
}

bool claims_give(struct claims *claims, struct error *err)
{
    CLEANUP(giving_value) struct giving giving = {.claims = claims};
    giving.services.maximum = claims->service_max;
    giving.details.maximum = claims->detail_max;
    TRY(put_in_order(&giving, err));
    for (size_t service = 0, detail = 0; service < claims->service_count;) {
        TRY(take_owner(&giving, &service, &detail, err));
        TRY(task_check(err));
    }
    for (int table = 0; table < SNDS_TABLE_COUNT; table++) {
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            uint64_t n = giving.counts[table][outcome];
            bool is_detail = table != SNDS_ER_PRS_F;
            claims->joined[table] += is_detail ? n : 0;
            if (n > 0) {
                tally_count(claims->run->tally, snds_table_shown((enum snds_table)table), (enum record_outcome)outcome, n);
            }
        }
    }
    return true;
}
