/* SPDX-License-Identifier: EUPL-1.2 */
/* targets: see targets.h. */
#include "targets.h"
#include <string.h>

static const struct {
    const char *name, *start, *end, *concept;
} clinical[] = {
    {"drug_exposure", "drug_exposure_start_date", "drug_exposure_end_date", "drug_concept_id"},
    {"condition_occurrence", "condition_start_date", "condition_end_date", "condition_concept_id"},
    {"visit_occurrence", "visit_start_date", "visit_end_date", "visit_concept_id"},
    {"procedure_occurrence", "procedure_date", "procedure_date", "procedure_concept_id"},
    {"measurement", "measurement_date", "measurement_date", "measurement_concept_id"},
    {"observation", "observation_date", "observation_date", "observation_concept_id"},
    {"device_exposure", "device_exposure_start_date", "device_exposure_end_date", "device_concept_id"},
    {"drug_era", "drug_era_start_date", "drug_era_end_date", "drug_concept_id"},
    {"condition_era", "condition_era_start_date", "condition_era_end_date", "condition_concept_id"},
    {"observation_period", "observation_period_start_date", "observation_period_end_date", "period_type_concept_id"},
    {"death", "death_date", "death_date", "cause_concept_id"},
};

bool table_dates(const char *table, const char **out_start, const char **out_end, const char **out_concept)
{
    for (size_t i = 0; i < sizeof clinical / sizeof *clinical; i++) {
        if (strcmp(clinical[i].name, table) == 0) {
            *out_start = clinical[i].start;
            *out_end = clinical[i].end;
            *out_concept = clinical[i].concept;
            return true;
        }
    }
    return false;
}

size_t table_entries(const struct call *call, const struct table *table, const char *start, const char *end,
                     const struct study_entry **out_entries)
{
    struct study_entry *entries = ARENA_ARRAY(call->arena, struct study_entry, table->rows + 1);
    const char *subject = table_has(table, "person_id") ? "person_id" : "subject_id";
    size_t count = 0;
    for (size_t r = 0; r < table->rows; r++) {
        struct study_entry entry = {table_integer(table, subject, r, INT64_MIN), 1, table_day(table, start, r), table_day(table, end, r),
                                    (uint32_t)r};
        if (entry.subject != INT64_MIN && entry.start != STUDY_NO_DAY) {
            entry.end = entry.end == STUDY_NO_DAY ? entry.start : entry.end;
            entries[count++] = entry;
        }
    }
    study_entries_sort(entries, count);
    *out_entries = entries;
    return count;
}

static size_t cohort_targets(const struct call *call, struct target targets[TARGETS_MAX])
{
    const int32_t *ids;
    size_t count = call_cohort_ids(call, "targetCohortId", "targetCohortTable", &ids), kept = 0;
    struct table table = call_table(call, call_text(call, "targetCohortTable", ""));
    for (; kept < count && kept < TARGETS_MAX; kept++) {
        const char *name = call_cohort_name(call, "targetCohortTable", ids[kept]);
        targets[kept] = (struct target){.name = name ? name : "cohort", .kind = "cohort_name", .table = table};
        targets[kept].count = call_entries(call, &table, ids[kept], &targets[kept].entries);
    }
    return kept;
}

static bool holds(const struct json *ids, int64_t id)
{
    for (size_t i = 0; i < (ids->kind == JSON_ARRAY ? ids->count : 1); i++) {
        if (json_count(ids->kind == JSON_ARRAY ? &ids->items[i] : ids) == id) {
            return true;
        }
    }
    return false;
}

/* Rows of every clinical table with a concept of the set; eras are derived and do not count. */
static struct target concept_target(const struct call *call, const char *name, const struct json *ids)
{
    struct study_entry *all = NULL;
    struct target target = {.name = name, .kind = "concept_name"};
    for (int pass = 0; pass < 2; pass++) {
        size_t count = 0;
        for (size_t t = 0; t < 7; t++) {
            struct table table = call_table(call, clinical[t].name);
            const struct study_entry *entries;
            size_t rows = table_entries(call, &table, clinical[t].start, clinical[t].end, &entries);
            for (size_t i = 0; i < rows; i++) {
                if (holds(ids, table_integer(&table, clinical[t].concept, entries[i].row, -1))) {
                    if (all) {
                        all[count] = entries[i];
                        target.table = table;
                    }
                    count++;
                }
            }
        }
        target.count = count;
        all = pass == 0 ? ARENA_ARRAY(call->arena, struct study_entry, count + 1) : all;
    }
    study_entries_sort(all, target.count);
    target.entries = all;
    return target;
}

size_t call_targets(const struct call *call, struct target targets[TARGETS_MAX])
{
    const struct json *sets = call_argument(call, "conceptSet");
    const char *name = call_text(call, "tableName", NULL), *start = "", *end = "", *concept;
    if (sets && sets->kind == JSON_OBJECT) {
        for (size_t i = 0; i < sets->count && i < TARGETS_MAX; i++) {
            targets[i] = concept_target(call, sets->names[i].data, &sets->items[i]);
            targets[i].name = arena_text_format(call->arena, "%.*s", (int)sets->names[i].length, sets->names[i].data);
        }
        return sets->count < TARGETS_MAX ? sets->count : TARGETS_MAX;
    }
    if (name) {
        (void)table_dates(name, &start, &end, &concept);
        targets[0] = (struct target){.name = name, .kind = "table_name", .table = call_table(call, name)};
        start = call_text(call, "targetStartDate", start);
        end = call_text(call, "targetEndDate", end);
        targets[0].count = table_entries(call, &targets[0].table, start, end, &targets[0].entries);
        return 1;
    }
    return cohort_targets(call, targets);
}
