/* SPDX-License-Identifier: EUPL-1.2 */
/* Replays summariseResult of PatientProfiles. JSON does not say whether a number was an integer: that is taken from the recorded types. */
#include "columns.h"
#include "compare.h"
#include "replay.h"
#include "research/study/study_summary.h"
#include "strata.h"
#include <math.h>
#include <string.h>

struct summary {
    struct call *call;
    struct table table;
    struct result *result;
    uint32_t set;
    int64_t *subjects; /* NULL: none */
    struct study_variable variables[COLUMNS_MAX];
    size_t variable_count;
};

static bool was_integer(const struct call *call, const char *name)
{
    struct table table = call_result(call, "table");
    for (size_t r = 0; r < table.rows; r++) {
        const char *variable = table_text(call, &table, "variable_name", r), *estimate = table_text(call, &table, "estimate_name", r);
        const char *type = table_text(call, &table, "estimate_type", r);
        if (variable && estimate && type && strcmp(variable, name) == 0 && strncmp(estimate, "count", 5) != 0 &&
            strncmp(estimate, "percentage", 10) != 0 && strcmp(estimate, "mean") != 0 && strcmp(estimate, "sd") != 0) {
            return strcmp(type, "integer") == 0;
        }
    }
    return true;
}

static struct study_variable variable_of(const struct summary *summary, const char *name)
{
    struct call *call = summary->call;
    size_t rows = summary->table.rows;
    double *numbers = ARENA_ARRAY(call->arena, double, rows + 1);
    const char **texts = ARENA_ARRAY(call->arena, const char *, rows + 1);
    struct study_variable variable = {.name = name, .kind = STUDY_NUMBER, .numbers = numbers, .texts = texts};
    for (size_t r = 0; r < rows; r++) {
        const struct json *value = table_at(&summary->table, name, r);
        int32_t date = table_day(&summary->table, name, r);
        texts[r] = table_text(call, &summary->table, name, r);
        numbers[r] = !value ? NAN : value->kind == JSON_STRING ? (double)date : value->kind == JSON_TRUE ? 1 : value->number;
        if (value && value->kind == JSON_STRING) {
            variable.kind = date == STUDY_NO_DAY ? STUDY_CATEGORY : STUDY_DATE;
        }
    }
    variable.is_integer = was_integer(call, name);
    return variable;
}

static bool is_identifier(const char *name)
{
    size_t length = strlen(name);
    return length >= 3 && strcmp(name + length - 3, "_id") == 0;
}

/* Numbers in the order of the default, dates without a mean, categories counted. */
static size_t default_estimates(const struct summary *summary, const struct study_variable *variable, const char *out[16])
{
    static const char *const numeric[] = {"min", "q25", "median", "q75", "max"};
    size_t count = 0;
    for (; variable->kind != STUDY_CATEGORY && count < 5; count++) {
        out[count] = numeric[count];
    }
    if (variable->kind == STUDY_CATEGORY || study_variable_is_binary(variable, summary->table.rows)) {
        out[count++] = "count";
        out[count++] = "percentage";
    }
    return count;
}

/* Is the estimate one that the variable has? Counts of 0 and 1 only where the variable is of these. */
static bool applies(const struct summary *summary, const struct study_variable *variable, const char *estimate)
{
    bool is_plain = strcmp(estimate, "count") == 0 || strcmp(estimate, "percentage") == 0;
    bool is_binary = study_variable_is_binary(variable, summary->table.rows);
    return variable->kind == STUDY_CATEGORY ? is_plain : !is_plain || is_binary;
}

/* The names in an argument that is a text, a list, or an object of lists by kind. */
static size_t named(const struct call *call, const char *argument, const char *member, const char **out, size_t room)
{
    const struct json *value = call_argument(call, argument);
    value = value && value->kind == JSON_OBJECT ? json_member(value, member) : value;
    size_t count = 0;
    for (size_t i = 0; value && i < (value->kind == JSON_ARRAY ? value->count : 1) && count < room; i++) {
        const struct json *item = value->kind == JSON_ARRAY ? &value->items[i] : value;
        out[count] = item->kind == JSON_STRING ? item->text.data : NULL;
        count += out[count] != NULL;
    }
    return count;
}

static bool add_variable(struct summary *summary, const struct result_place *place, const struct study_summary_request *request,
                         const struct study_variable *variable, struct error *err)
{
    const char *names[16], *used[16];
    static const char *const kinds[] = {"numeric", "date", "categorical"};
    size_t used_count = 0, count = named(summary->call, "estimates", kinds[variable->kind], names, 16);
    if (!call_argument(summary->call, "estimates")) {
        used_count = default_estimates(summary, variable, used);
    }
    for (size_t i = 0; i < count; i++) {
        used[used_count] = names[i];
        used_count += applies(summary, variable, names[i]);
    }
    return study_summary_report(summary->result, place, request, variable, used, used_count, err);
}

static bool add_stratum(struct summary *summary, const struct stratum *group, const struct stratum *stratum, struct error *err)
{
    struct call *call = summary->call;
    size_t *rows = ARENA_ARRAY(call->arena, size_t, summary->table.rows + 1), count = 0;
    for (size_t r = 0; r < summary->table.rows; r++) {
        rows[count] = r;
        count += strata_holds(call, &summary->table, r, group) && strata_holds(call, &summary->table, r, stratum);
    }
    const struct study_summary_request request = {.rows = rows, .row_count = count, .subjects = summary->subjects};
    const struct result_place place = {
        .set = summary->set, .group = {group->pairs, group->count}, .strata = {stratum->pairs, stratum->count}};
    if (count == 0 && summary->table.rows > 0) {
        return true;
    }
    TRY(!call_flag(call, "counts", true) || study_counts_report(summary->result, &place, &request, err));
    for (size_t v = 0; v < summary->variable_count && count > 0; v++) {
        TRY(add_variable(summary, &place, &request, &summary->variables[v], err));
    }
    return true;
}

static void read_variables(struct summary *summary)
{
    struct call *call = summary->call;
    const struct json *given = call_argument(call, "variables");
    static const char *const kinds[] = {"numeric", "date", "categorical", "binary"};
    const char *names[COLUMNS_MAX];
    size_t count = 0;
    for (size_t k = 0; given && given->kind == JSON_OBJECT && k < 4; k++) {
        count += named(call, "variables", kinds[k], names + count, COLUMNS_MAX - count);
    }
    if (given && given->kind != JSON_OBJECT) {
        count = named(call, "variables", "", names, COLUMNS_MAX);
    }
    for (size_t c = 0; !given && c < summary->table.columns->count && count < COLUMNS_MAX; c++) {
        names[count] =
            arena_text_format(call->arena, "%.*s", (int)summary->table.columns->names[c].length, summary->table.columns->names[c].data);
        count += !is_identifier(names[count]);
    }
    for (size_t i = 0; i < count; i++) {
        summary->variables[summary->variable_count++] = variable_of(summary, names[i]);
    }
}

static void read_subjects(struct summary *summary)
{
    const char *column = table_has(&summary->table, "person_id") ? "person_id" : "subject_id";
    if (table_has(&summary->table, column)) {
        summary->subjects = ARENA_ARRAY(summary->call->arena, int64_t, summary->table.rows + 1);
        for (size_t r = 0; r < summary->table.rows; r++) {
            summary->subjects[r] = table_integer(&summary->table, column, r, 0);
        }
    }
}

static struct table given_table(struct call *call)
{
    struct columns columns = columns_of(call, "table");
    if (!columns.table.columns && call->input && call->input->kind == JSON_OBJECT) {
        const struct json *first = json_member(call->input, "table");
        columns.table.columns = first ? first : call->input;
        for (size_t c = 0; c < columns.table.columns->count; c++) {
            size_t rows = columns.table.columns->items[c].count;
            columns.table.rows = rows > columns.table.rows ? rows : columns.table.rows;
        }
    }
    return columns.table;
}

static bool summarise(struct call *call, struct error *err)
{
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    CLEANUP(result) struct result *result = NULL;
    struct summary summary = {.call = call, .table = given_table(call)};
    struct stratum *groups, *strata;
    if (!summary.table.columns) {
        return call_skip(call, "recorded without its table");
    }
    if (call_argument(call, "weights")) {
        return call_skip(call, "weights of summaries are not built");
    }
    TRY(result_create(&result, "replay", err) && result_set_begin(result, settings, 3, &summary.set, err));
    summary.result = result;
    read_variables(&summary);
    read_subjects(&summary);
    bool has_group =
        call_argument(call, "group") && call_argument(call, "group")->count + (call_argument(call, "group")->kind == JSON_STRING) > 0;
    size_t group_count = strata_read(call, "group", &summary.table, !has_group || call_flag(call, "includeOverallGroup", false), &groups);
    bool is_empty = summary.table.rows == 0;
    size_t strata_count = strata_read(call, "strata", &summary.table, is_empty || call_flag(call, "includeOverallStrata", true), &strata);
    group_count = is_empty ? 1 : group_count;
    for (size_t g = 0; g < group_count; g++) {
        for (size_t s = 0; s < strata_count; s++) {
            TRY(add_stratum(&summary, &groups[g], &strata[s], err));
        }
    }
    compare_result(call, result, NULL, 0);
    return true;
}

const struct replay replay_summaries[] = {
    {"summariseResult", summarise},
    {NULL, NULL},
};
