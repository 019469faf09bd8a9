/* SPDX-License-Identifier: EUPL-1.2 */
/* Dates that cannot be: births, events and ends outside the time in which a person can have lived, ends before starts. Such rows are kept,
 * since sources have them, and counted with their places. Columns are looked at whole, without branches; only one with a fault again. */
#include "base/calendar.h"
#include "intake/load/load_internal.h"
#include <assert.h>

enum { FIRST_YEAR = 1850, FARTHEST_EAST_SECONDS = 14 * 3600, SECONDS_PER_DAY = 86400 };

struct load_time load_time_now(void)
{
    struct load_time time = {.first_year = FIRST_YEAR};
    int month, day_of_month;
    day first = {0};
    bool is_day = day_from_civil(FIRST_YEAR, 1, 1, &first);
    assert(is_day);
    (void)is_day;
    time.first_day = first.number;
    time.last_day = (int32_t)((clock_unix_seconds() + FARTHEST_EAST_SECONDS) / SECONDS_PER_DAY); /* today, where the day is most advanced */
    day_to_civil((day){time.last_day}, &time.last_year, &month, &day_of_month);
    return time;
}

/* What stands where a value is absent is not looked at twice: the first pass may count it, the second does not. */
static void check_days(const struct load_time *time, const struct source_batch *batch, int field, struct finding_batch *findings)
{
    const struct source_column *column = &batch->columns[field];
    const int32_t *days = column->days;
    const uint32_t span = (uint32_t)(time->last_day - time->first_day);
    uint32_t outside = 0;
    for (size_t i = 0; i < batch->rows; i++) {
        outside |= (uint32_t)days[i] - (uint32_t)time->first_day > span;
    }
    for (size_t i = 0; outside && i < batch->rows; i++) {
        if ((uint32_t)days[i] - (uint32_t)time->first_day > span && source_column_is_valid(column, i)) {
            finding_note(findings, FINDING_DAY_OUTSIDE, field, batch->lines[i]);
        }
    }
}

static void check_integers(int64_t low, int64_t high, enum finding_kind kind, const struct source_batch *batch, int field,
                           struct finding_batch *findings)
{
    const struct source_column *column = &batch->columns[field];
    const int64_t *values = column->integers;
    const uint64_t span = (uint64_t)(high - low);
    uint64_t outside = 0;
    for (size_t i = 0; i < batch->rows; i++) {
        outside |= (uint64_t)values[i] - (uint64_t)low > span;
    }
    for (size_t i = 0; outside && i < batch->rows; i++) {
        if ((uint64_t)values[i] - (uint64_t)low > span && source_column_is_valid(column, i)) {
            finding_note(findings, kind, field, batch->lines[i]);
        }
    }
}

static void check_ends(const struct source_batch *batch, int start_field, int end_field, struct finding_batch *findings)
{
    const struct source_column *start = &batch->columns[start_field], *end = &batch->columns[end_field];
    const int32_t *starts = start->days, *ends = end->days;
    uint32_t before = 0;
    for (size_t i = 0; i < batch->rows; i++) {
        before |= ends[i] < starts[i];
    }
    for (size_t i = 0; before && i < batch->rows; i++) {
        if (ends[i] < starts[i] && source_column_is_valid(start, i) && source_column_is_valid(end, i)) {
            finding_note(findings, FINDING_END_BEFORE_START, end_field, batch->lines[i]);
        }
    }
}

void load_check_plausible(const struct load *load, const struct source_batch *batch, int field, struct finding_batch *findings)
{
    const struct omop_table_info *info = omop_table(batch->table);
    const struct load_time *time = &load->time;
    const int64_t day_us = (int64_t)SECONDS_PER_DAY * 1000000;
    if (info->scope != OMOP_PERSON || batch->columns[field].is_all_null) {
        return;
    }
    if (batch->table == OMOP_TABLE_PERSON && field == OMOP_PERSON_YEAR_OF_BIRTH) {
        check_integers(time->first_year, time->last_year, FINDING_YEAR_OF_BIRTH, batch, field, findings);
    }
    if (batch->table == OMOP_TABLE_PERSON && field == OMOP_PERSON_BIRTH_DATETIME) { /* other times have a date beside them */
        check_integers(time->first_day * day_us, (time->last_day + 1) * day_us - 1, FINDING_DAY_OUTSIDE, batch, field, findings);
    }
    if (info->fields[field].type == OMOP_DATE) {
        check_days(time, batch, field, findings);
        if (field == info->end_field && info->start_field != OMOP_NO_FIELD && !batch->columns[info->start_field].is_all_null) {
            check_ends(batch, info->start_field, field, findings);
        }
    }
}
