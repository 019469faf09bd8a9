/* SPDX-License-Identifier: EUPL-1.2 */
/* stays_give: the stays of a pass as records, stay by stay: the stay, its units, each diagnosis once, acts, medicines, devices. */
#include "base/bulk.h"
#include "intake/snds/stays.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    int64_t stay;
    uint32_t index;
};
struct giving {
    struct stays *stays;
    struct place *order;
    uint64_t counts[SNDS_TABLE_COUNT][RECORD_OUTCOME_COUNT];
};

static void giving_value_cleanup(struct giving *giving)
{
    free(giving->order);
}

static int three_way(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_stay(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->stay != y->stay ? three_way(x->stay, y->stay) : three_way(x->index, y->index);
}

static int by_kind(const void *a, const void *b)
{
    const struct stay_event *x = a, *y = b;
    int order = three_way(x->stay, y->stay);
    order = order ? order : three_way(x->kind, y->kind);
    order = order ? order : three_way(x->order, y->order);
    order = order ? order : three_way(x->outcome, y->outcome);
    order = order ? order : strcmp(x->code, y->code);
    order = order ? order : three_way(x->delay, y->delay);
    order = order ? order : three_way(x->quantity<y->quantity, x->quantity> y->quantity);
    order = order ? order : three_way(x->table, y->table);
    order = order ? order : strcmp(x->site, y->site);
    return order ? order : three_way(y->is_row, x->is_row);
}

static void begin(struct record *record, enum record_table table, const struct stay *stay, int64_t number, int32_t start)
{
    record_begin(record, table);
    record_set_integer(record, COLUMN_SUBJECT, stay->owner);
    record_set_integer(record, COLUMN_RECORD, number);
    record_set_day(record, COLUMN_START, (day){start});
}

/* The number of a row of a stay, from what it says; occurrence: of equal ones. */
static int64_t number_of(const struct giving *giving, const struct stay *stay, const char *what, const struct stay_event *event,
                         size_t occurrence)
{
    struct joined key = {0};
    joined_add_number(&key, stay->number);
    if (event) {
        joined_add(&key, text_of(event->code));
        joined_add_number(&key, event->delay);
        joined_add_number(&key, event->order);
    }
    joined_add_number(&key, (int64_t)occurrence);
    return joined_number(&key, giving->stays->run, what);
}

static struct text type_of(const struct giving *giving)
{
    return giving->stays->is_outpatient ? TEXT("CLAIM_OUTPATIENT") : TEXT("CLAIM_INPATIENT");
}

/* ---- the stay and its units ---- */

static void set_mode(struct record *record, enum record_column column, const char *mode, char *room, size_t size)
{
    snprintf(room, size, "PMSI-%s", mode);
    record_set_text(record, column, mode[0] ? text_of(room) : TEXT(""));
}

static int32_t end_of(const struct stay *stay)
{
    return stay->end != INT32_MIN ? stay->end : stay->nights >= 0 ? stay->start + stay->nights : INT32_MIN;
}

static bool give_stay(struct giving *giving, const struct stay *stay, struct error *err)
{
    struct run *run = giving->stays->run;
    struct record record;
    char from[16], to[16];
    int32_t end = end_of(stay);
    begin(&record, RECORD_VISIT, stay, stay->number, stay->start);
    if (end != INT32_MIN) {
        record_set_day(&record, COLUMN_END, (day){end});
    }
    const char *class = giving->stays->is_outpatient ? (stay->is_emergency ? "EMER" : "AMB")
                        : stay->is_session           ? "SESSION"
                        : stay->is_emergency         ? "EMERIMP"
                                                     : "IMP";
    record_set_text(&record, COLUMN_CLASS, text_of(class));
    set_mode(&record, COLUMN_ADMITTED_FROM, stay->from, from, sizeof from);
    set_mode(&record, COLUMN_DISCHARGED_TO, stay->to, to, sizeof to);
    record_set_text(&record, COLUMN_CARE_SITE, text_of(stay->care_site));
    record_set_text(&record, COLUMN_SPECIALTY, text_of(stay->specialty));
    record_set_text(&record, COLUMN_TYPE, type_of(giving));
    persons_seen(run->persons, stay->person, (day){stay->start});
    if (stay->is_dead && end != INT32_MIN) {
        persons_died(run->persons, stay->person, DEATH_AT_HOSPITAL, (day){end}, "");
    }
    return run_give(run, &record, err);
}

/* A unit begins where the one before it ended. */
static bool give_unit(struct giving *giving, const struct stay *stay, const struct stay_event *event, int32_t *start, size_t occurrence,
                      struct error *err)
{
    struct record record;
    int32_t last = end_of(stay), end = *start + (event->delay > 0 ? event->delay : 0);
    end = last != INT32_MIN && end > last ? last : end;
    begin(&record, RECORD_VISIT, stay, number_of(giving, stay, "T_MCO_UM", event, occurrence), *start);
    record_set_integer(&record, COLUMN_PARENT, stay->number);
    record_set_day(&record, COLUMN_END, (day){end});
    record_set_text(&record, COLUMN_CLASS, stay->is_session ? TEXT("SESSION") : TEXT("IMP"));
    record_set_text(&record, COLUMN_CARE_SITE, text_of(event->site[0] ? event->site : stay->care_site));
    record_set_text(&record, COLUMN_SPECIALTY, text_of(event->code));
    record_set_text(&record, COLUMN_TYPE, type_of(giving));
    *start = end;
    return run_give(giving->stays->run, &record, err);
}

/* ---- what was found and done ---- */

static bool give_diagnosis(struct giving *giving, const struct stay *stay, const char *code, const char *status, struct error *err)
{
    struct record record;
    struct stay_event event = {0};
    int32_t end = end_of(stay);
    memcpy(event.code, code, sizeof event.code);
    begin(&record, RECORD_CONDITION, stay, number_of(giving, stay, "T_MCO_DGN", &event, 0), stay->start);
    record_set_integer(&record, COLUMN_VISIT, stay->number);
    record_set_text(&record, COLUMN_SYSTEM, TEXT("CIM10"));
    record_set_text(&record, COLUMN_CODE, text_of(code));
    if (end != INT32_MIN) {
        record_set_day(&record, COLUMN_END, (day){end});
    }
    record_set_text(&record, COLUMN_STATUS, text_of(status));
    record_set_text(&record, COLUMN_TYPE, type_of(giving));
    return run_give(giving->stays->run, &record, err);
}

static bool give_done(struct giving *giving, const struct stay *stay, const struct stay_event *event, size_t occurrence, struct error *err)
{
    static const struct {
        enum stay_kind kind;
        enum record_table record;
        const char *system, *what;
    } kinds[] = {{STAY_ACT, RECORD_PROCEDURE, "CCAM", "T_MCO_ACT"},
                 {STAY_DRUG, RECORD_DRUG, "UCD", "T_MCO_MED"},
                 {STAY_BIOLOGY, RECORD_MEASUREMENT, "NABM", "T_MCO_BIO"},
                 {STAY_DEVICE, RECORD_DEVICE, "LPP", "T_MCO_DMI"}};
    size_t kind = 0;
    while (kinds[kind].kind != (enum stay_kind)event->kind) {
        kind++;
    }
    struct record record;
    begin(&record, kinds[kind].record, stay, number_of(giving, stay, kinds[kind].what, event, occurrence), stay->start + event->delay);
    record_set_integer(&record, COLUMN_VISIT, stay->number);
    record_set_text(&record, COLUMN_SYSTEM, text_of(kinds[kind].system));
    record_set_text(&record, COLUMN_CODE, text_of(event->code));
    if (kinds[kind].record != RECORD_MEASUREMENT) {
        record_set_number(&record, COLUMN_QUANTITY, (double)event->quantity);
    }
    record_set_text(&record, COLUMN_TYPE, type_of(giving));
    persons_seen(giving->stays->run->persons, stay->person, (day){stay->start + event->delay});
    return run_give(giving->stays->run, &record, err);
}

/* A diagnosis is told once: as the main one, else as the related one, else as a secondary one. Equal ones of a kind are neighbours. */
static bool is_told(const struct stay *stay, const struct stay_event *events, size_t index)
{
    const struct stay_event *event = &events[index];
    if (strcmp(event->code, stay->main) == 0 || strcmp(event->code, stay->related) == 0) {
        return true;
    }
    if (index > 0 && events[index - 1].kind == event->kind && strcmp(events[index - 1].code, event->code) == 0) {
        return true;
    }
    for (size_t i = index; event->kind == STAY_RELATED && i > 0; i--) { /* a stay has few units with a related diagnosis */
        if (events[i - 1].kind == STAY_DIAGNOSIS && strcmp(events[i - 1].code, event->code) == 0) {
            return true;
        }
    }
    return false;
}

static bool give_event(struct giving *giving, const struct stay *stay, struct stay_event *events, size_t index, int32_t *unit_start,
                       size_t occurrence, struct error *err)
{
    struct stay_event *event = &events[index];
    switch ((enum stay_kind)event->kind) {
    case STAY_CONTEXT:
        return true;
    case STAY_UNIT:
        return give_unit(giving, stay, event, unit_start, occurrence, err);
    case STAY_DIAGNOSIS:
    case STAY_RELATED:
        if (is_told(stay, events, index)) {
            event->outcome = OUTCOME_DOUBLE;
            return true;
        }
        return give_diagnosis(giving, stay, event->code, event->kind == STAY_RELATED ? "RELATED" : "SECONDARY", err);
    case STAY_ACT:
    case STAY_DRUG:
    case STAY_BIOLOGY:
    case STAY_DEVICE:
        if (event->quantity <= 0) {
            event->outcome = OUTCOME_REGULARISED;
            return true;
        }
        return give_done(giving, stay, event, occurrence, err);
    }
    return true;
}

static bool give_main(struct giving *giving, const struct stay *stay, struct error *err)
{
    TRY(give_stay(giving, stay, err));
    if (stay->main[0]) {
        TRY(give_diagnosis(giving, stay, stay->main, "PRIMARY", err));
    }
    if (stay->related[0] && strcmp(stay->related, stay->main) != 0) {
        TRY(give_diagnosis(giving, stay, stay->related, "RELATED", err));
    }
    return true;
}

static bool is_same(const struct stay_event *a, const struct stay_event *b)
{
    return a->kind == b->kind && a->delay == b->delay && a->order == b->order && strcmp(a->code, b->code) == 0;
}

static bool give_all(struct giving *giving, struct stay *stay, struct stay_event *events, size_t count, struct error *err)
{
    struct stays *stays = giving->stays;
    if (!stays->is_outpatient && stay->rows_b == 0) {
        stay_outcome(&stay->outcome, OUTCOME_REFERENCE);
    }
    giving->counts[stays->people][stay->outcome]++;
    giving->counts[stays->people][OUTCOME_DOUBLE] += stay->copies;
    bool is_taken = stay->outcome == OUTCOME_TAKEN;
    if (is_taken) {
        TRY(give_main(giving, stay, err));
    }
    int32_t unit_start = stay->start;
    size_t occurrence = 0;
    for (size_t i = 0; i < count; i++) {
        occurrence = i > 0 && is_same(&events[i - 1], &events[i]) ? occurrence + 1 : 0;
        if (is_taken && events[i].outcome == OUTCOME_TAKEN) {
            TRY(give_event(giving, stay, events, i, &unit_start, occurrence, err));
        }
        if (events[i].is_row) {
            giving->counts[events[i].table][is_taken ? events[i].outcome : stay->outcome]++;
        }
    }
    return true;
}

/* ---- the order of a pass ---- */

static void count_all(struct giving *giving)
{
    struct stays *stays = giving->stays;
    for (int table = 0; table < SNDS_TABLE_COUNT; table++) {
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            uint64_t n = giving->counts[table][outcome];
            stays->joined[table] += n;
            if (n > 0) {
                tally_count(stays->run->tally, snds_table_shown((enum snds_table)table), (enum record_outcome)outcome, n);
            }
        }
    }
}

bool stays_give(struct stays *stays, struct error *err)
{
    CLEANUP(giving_value) struct giving giving = {.stays = stays};
    giving.order = bulk_allocate(stays->count + 1, sizeof giving.order[0]);
    if (!giving.order) {
        return FAIL(err, LIMIT, "no memory to put stays in order (snds_memory_bytes)");
    }
    for (size_t i = 0; i < stays->count; i++) {
        giving.order[i] = (struct place){stays->items[i].number, (uint32_t)i};
    }
    qsort(giving.order, stays->count, sizeof giving.order[0], by_stay);
    qsort(stays->events, stays->event_count, sizeof stays->events[0], by_kind);
    for (size_t i = 0, begin_at = 0, end = 0; i < stays->count; i++, begin_at = end) {
        struct stay *stay = &stays->items[giving.order[i].index];
        while (end < stays->event_count && stays->events[end].stay == stay->number) {
            end++;
        }
        TRY(give_all(&giving, stay, stays->events + begin_at, end - begin_at, err));
        TRY(task_check(err));
    }
    count_all(&giving);
    return true;
}
