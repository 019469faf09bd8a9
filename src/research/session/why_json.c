/* SPDX-License-Identifier: EUPL-1.2 */
/* why_json: see session_why.h. Criteria are named by their JSON path in the definition. */
#include "base/calendar.h"
#include "research/session/session_why.h"
#include "warehouse/store/store.h"

static bool day_json(struct json_writer *writer, const char *name, int64_t number, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    if (number <= STORE_NO_DAY + INT64_C(1) || number >= INT32_MAX) {
        return true; /* none */
    }
    day_to_text((day){(int32_t)number}, text);
    return json_named_text(writer, name, text, err);
}

static bool record_json(struct json_writer *writer, const struct why_record *record, struct error *err)
{
    return json_begin_object(writer, err) && json_named_text(writer, "table", omop_table(record->table)->name, err) &&
           json_named_i64(writer, "record", record->id, err) && day_json(writer, "start", record->start, err) &&
           day_json(writer, "end", record->end, err) && json_end_object(writer, err);
}

static bool correlated_json(struct json_writer *writer, const struct why_item *item, struct error *err)
{
    static const char *const counts[] = {
        [COHORT_COUNT_EXACTLY] = "exactly", [COHORT_COUNT_AT_MOST] = "at most", [COHORT_COUNT_AT_LEAST] = "at least"};
    TRY(json_named_text(writer, "path", item->correlated->path, err) &&
        json_named_text(writer, "count", counts[item->correlated->count], err));
    TRY(json_named_i64(writer, "wanted", item->correlated->number, err) && json_named_u64(writer, "found", item->found, err));
    TRY(day_json(writer, "from", item->from, err) && day_json(writer, "until", item->to, err));
    TRY(json_name(writer, "records", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < item->record_count; i++) {
        TRY(record_json(writer, &item->records[i], err));
    }
    return json_end_array(writer, err);
}

static bool group_json(struct json_writer *writer, const struct why_group *group, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_named_bool(writer, "met", group->is_met, err));
    TRY(json_name(writer, "items", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < group->item_count; i++) {
        const struct why_item *item = &group->items[i];
        if (item->group) {
            TRY(group_json(writer, item->group, err));
            continue;
        }
        TRY(json_begin_object(writer, err) && json_named_bool(writer, "met", item->is_met, err));
        TRY(item->demographic ? json_named_text(writer, "path", item->demographic->path, err) : correlated_json(writer, item, err));
        TRY(json_end_object(writer, err));
    }
    return json_end_array(writer, err) && json_end_object(writer, err);
}

static bool rules_json(struct json_writer *writer, const struct cohort_program *program, const struct why_event *event, struct error *err)
{
    TRY(json_name(writer, "rules", err) && json_begin_array(writer, err));
    for (size_t r = 0; r < program->rule_count; r++) {
        TRY(group_json(writer, &event->rules[r], err));
    }
    return json_end_array(writer, err);
}

static bool event_json(struct json_writer *writer, const struct cohort_program *program, const struct why_event *event, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_name(writer, "record", err) && record_json(writer, &event->record, err));
    TRY(json_named_text(writer, "step", why_step_name(event->lost), err));
    if (event->lost > WHY_NO_PERIOD) {
        TRY(day_json(writer, "period_start", event->period_start, err) && day_json(writer, "period_end", event->period_end, err));
    }
    TRY(!event->additional || (json_name(writer, "additional", err) && group_json(writer, event->additional, err)));
    TRY(!event->rules || rules_json(writer, program, event, err));
    if (event->lost == WHY_KEPT) {
        TRY(day_json(writer, "exit", event->exit, err) && json_named_bool(writer, "censored", event->is_censored, err));
    }
    return json_end_object(writer, err);
}

bool session_why_json(struct json_writer *writer, const struct cohort_program *program, const struct cohort_why *why, struct error *err)
{
    TRY(json_named_bool(writer, "in", why->is_in, err) && json_name(writer, "events", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < why->event_count; i++) {
        TRY(event_json(writer, program, &why->events[i], err));
    }
    TRY(json_end_array(writer, err) && json_name(writer, "rows", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < why->row_count; i++) {
        TRY(json_begin_object(writer, err) && day_json(writer, "start", why->rows[i].start, err));
        TRY(day_json(writer, "end", why->rows[i].end, err) && json_end_object(writer, err));
    }
    return json_end_array(writer, err);
}
