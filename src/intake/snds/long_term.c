/* SPDX-License-Identifier: EUPL-1.2 */
/* long_term: long-term diseases (IR_IMB_R). Every change is a new row and the old ones stay, so that the intervals of a person and a code
 * are merged: a condition from the first day on, and the intervals of registration as observations, since their ends are administrative. */
#include "base/bulk.h"
#include "intake/snds/snds_internal.h"
#include <stdlib.h>
#include <string.h>

struct interval {
    int64_t owner;
    uint32_t person;
    int32_t start, end; /* INT32_MAX: open */
    char code[CODE_SIZE];
};
struct registrations {
    struct run *run;
    struct span span;
    struct interval *items;
    size_t count, maximum;
    bool is_first;
};
enum { INTERVAL_BYTES = 2 * sizeof(struct interval) + 16 };

static void leave(const struct registrations *all, enum record_outcome outcome)
{
    if (all->is_first) {
        tally_count(all->run->tally, "IR_IMB_R", outcome, 1);
    }
}

static bool shrink(struct registrations *all, struct error *err)
{
    if (all->span.low == all->span.high) {
        return FAIL(err, LIMIT, "one person has more rows of IR_IMB_R than fit into memory (snds_memory_bytes)");
    }
    all->span.high = all->span.low + (all->span.high - all->span.low) / 2;
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (span_has(&all->span, all->items[i].owner)) {
            all->items[kept++] = all->items[i];
        }
    }
    all->count = kept;
    return true;
}

/* Listed diseases, off the list, several: IMB_ETM_NAT, not the number of the list, whose numbers were used again. */
static enum record_outcome read_interval(struct rows *rows, struct interval *interval)
{
    struct text code = rows_plain(rows, IR_IMB_R_MED_MTF_COD);
    day start, end;
    if (!value_listed(LIST_ALD, rows_plain(rows, IR_IMB_R_IMB_ETM_NAT))) {
        return OUTCOME_NOT_CARRIED;
    }
    if (!value_cim10(code, interval->code)) {
        return code.length == 0 ? OUTCOME_NO_CODE : OUTCOME_JUNK_CODE;
    }
    if (!rows_day(rows, IR_IMB_R_IMB_ALD_DTD, &start)) {
        return OUTCOME_NO_DATE;
    }
    interval->start = start.number;
    interval->end = !rows_day(rows, IR_IMB_R_IMB_ALD_DTF, &end) ? INT32_MAX : end.number > start.number ? end.number : start.number;
    return OUTCOME_TAKEN;
}

static bool take_row(void *context, struct rows *rows, struct error *err)
{
    struct registrations *all = context;
    struct interval interval = {0};
    if (all->is_first) {
        tally_seen(all->run->tally, "IR_IMB_R", 1);
    }
    struct owner owner = persons_of(all->run, rows_plain(rows, IR_IMB_R_BEN_NIR_PSA), rows_plain(rows, IR_IMB_R_BEN_RNG_GEM));
    enum record_outcome outcome = owner.outcome == OUTCOME_TAKEN ? read_interval(rows, &interval) : owner.outcome;
    if (outcome != OUTCOME_TAKEN) {
        leave(all, outcome);
        return true;
    }
    interval.owner = owner.owner;
    interval.person = owner.person;
    while (all->count == all->maximum && span_has(&all->span, interval.owner)) {
        TRY(shrink(all, err));
    }
    if (span_has(&all->span, interval.owner)) {
        all->items[all->count++] = interval;
    }
    return true;
}

static int by_code(const void *a, const void *b)
{
    const struct interval *x = a, *y = b;
    if (x->owner != y->owner) {
        return x->owner < y->owner ? -1 : 1;
    }
    int order = strcmp(x->code, y->code);
    order = order ? order : x->start < y->start ? -1 : x->start > y->start;
    return order ? order : x->end < y->end ? -1 : x->end > y->end;
}

static bool give(const struct registrations *all, enum record_table table, const struct interval *interval, struct error *err)
{
    struct joined key = {0};
    struct record record;
    joined_add_number(&key, interval->owner);
    joined_add(&key, text_of(interval->code));
    joined_add_number(&key, table == RECORD_OBSERVATION ? interval->start : 0);
    record_begin(&record, table);
    record_set_integer(&record, COLUMN_SUBJECT, interval->owner);
    record_set_integer(&record, COLUMN_RECORD, joined_number(&key, all->run, table == RECORD_OBSERVATION ? "IR_IMB_R_SPAN" : "IR_IMB_R"));
    record_set_text(&record, COLUMN_SYSTEM, TEXT("CIM10"));
    record_set_text(&record, COLUMN_CODE, text_of(interval->code));
    record_set_day(&record, COLUMN_START, (day){interval->start});
    if (table == RECORD_OBSERVATION) {
        record_set_text(&record, COLUMN_QUALIFIER, TEXT("REGISTERED"));
        if (interval->end != INT32_MAX) {
            record_set_day(&record, COLUMN_END, (day){interval->end});
        }
    }
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM"));
    persons_seen(all->run->persons, interval->person, (day){interval->start});
    return run_give(all->run, &record, err);
}

static bool give_all(struct registrations *all, struct error *err)
{
    qsort(all->items, all->count, sizeof all->items[0], by_code);
    for (size_t i = 0; i < all->count;) {
        struct interval merged = all->items[i];
        bool is_new = i == 0 || all->items[i - 1].owner != merged.owner || strcmp(all->items[i - 1].code, merged.code) != 0;
        for (i++; i < all->count && all->items[i].owner == merged.owner && strcmp(all->items[i].code, merged.code) == 0 &&
                  (merged.end == INT32_MAX || all->items[i].start <= merged.end + 1);
             i++) {
            merged.end = all->items[i].end > merged.end ? all->items[i].end : merged.end;
        }
        TRY(!is_new || give(all, RECORD_CONDITION, &merged, err));
        TRY(give(all, RECORD_OBSERVATION, &merged, err));
        TRY(task_check(err));
    }
    tally_count(all->run->tally, "IR_IMB_R", OUTCOME_TAKEN, all->count);
    return true;
}

static void registrations_value_cleanup(struct registrations *all)
{
    free(all->items);
}

bool long_term_read(struct run *run, struct error *err)
{
    CLEANUP(registrations_value) struct registrations all = {.run = run, .is_first = true};
    all.maximum = run_memory(run) / INTERVAL_BYTES;
    all.items = bulk_allocate(all.maximum, sizeof all.items[0]);
    if (!all.items) {
        return FAIL(err, LIMIT, "no memory for IR_IMB_R (snds_memory_bytes)");
    }
    for (all.span = (struct span){0, INT64_MAX};; all.is_first = false) {
        all.count = 0;
        TRY(rows_each(run, SNDS_IR_IMB_R, take_row, &all, err));
        TRY(run->has_fault || give_all(&all, err));
        if (run->has_fault || all.span.high == INT64_MAX) {
            return true;
        }
        all.span = span_next(&all.span, all.count, all.maximum);
    }
}
