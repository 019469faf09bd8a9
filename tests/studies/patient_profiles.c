/* SPDX-License-Identifier: EUPL-1.2 */
/* Replays PatientProfiles: columns about the person, and about other records around the index day. */
#include "columns.h"
#include "replay.h"
#include "research/study/study_profile.h"
#include "targets.h"
#include <stdio.h>
#include <string.h>

struct profile {
    struct call *call;
    struct study_people people;
    struct columns columns;
    int64_t *subjects;
    int32_t *index_days; /* STUDY_NO_DAY: null */
};

static bool begin(struct call *call, struct profile *profile, struct error *err)
{
    const char *column = call_text(call, "indexDate", "cohort_start_date");
    *profile = (struct profile){.call = call, .columns = columns_of(call, "x")};
    TRY(call_people(call, &profile->people, err));
    size_t rows = profile->columns.table.rows;
    const char *subject = table_has(&profile->columns.table, "subject_id") ? "subject_id" : "person_id";
    profile->subjects = ARENA_ARRAY(call->arena, int64_t, rows + 1);
    profile->index_days = ARENA_ARRAY(call->arena, int32_t, rows + 1);
    for (size_t r = 0; r < rows; r++) {
        profile->subjects[r] = table_integer(&profile->columns.table, subject, r, INT64_MIN);
        profile->index_days[r] = table_day(&profile->columns.table, column, r);
    }
    return true;
}

static struct study_birth_rule birth_rule(const struct call *call)
{
    bool is_short = strcmp(call->function, "addDateOfBirth") == 0;
    return (struct study_birth_rule){.missing_month = call_number(call, is_short ? "missingMonth" : "ageMissingMonth", 1),
                                     .missing_day = call_number(call, is_short ? "missingDay" : "ageMissingDay", 1),
                                     .impose_month = call_flag(call, is_short ? "imposeMonth" : "ageImposeMonth", false),
                                     .impose_day = call_flag(call, is_short ? "imposeDay" : "ageImposeDay", false)};
}

static int32_t birthday_of(const struct profile *profile, size_t row, int age)
{
    struct study_birth_rule rule = birth_rule(profile->call);
    size_t person = study_person_find(&profile->people, profile->subjects[row]);
    return person == SIZE_MAX ? STUDY_NO_DAY : study_birthday(&profile->people, person, &rule, age);
}

/* ---- categories ---- */
static const char *category_name(const struct call *call, const struct json *range)
{
    const struct json *low = &range->items[0], *high = &range->items[range->count - 1];
    char from[TEXT_NUMBER_SIZE], to[TEXT_NUMBER_SIZE];
    day date;
    if (low->kind == JSON_STRING && day_from_text(low->text, &date)) {
        return arena_text_format(call->arena, "%s to %s", low->text.data, high->text.data);
    }
    text_from_i64(json_count(low), from);
    text_from_i64(json_count(high), to);
    bool is_open_low = json_count(low) == -STUDY_FOREVER, is_open_high = json_count(high) == STUDY_FOREVER;
    return is_open_low && is_open_high ? "any"
           : is_open_high              ? arena_text_format(call->arena, "%s or above", from)
           : is_open_low               ? arena_text_format(call->arena, "%s or below", to)
                                       : arena_text_format(call->arena, "%s to %s", from, to);
}

static int32_t bound_of(const struct json *bound)
{
    day date;
    return bound->kind == JSON_STRING && day_from_text(bound->text, &date) ? date.number : json_count(bound);
}

/* The labels of one group that hold the value, joined. ranges: a list, or an object of named ones. */
static const char *category_of(const struct call *call, const struct json *ranges, int32_t value, const char *otherwise)
{
    const char *label = NULL;
    bool is_one = ranges->count > 0 && ranges->items[0].kind != JSON_ARRAY;
    for (size_t i = 0; i < (is_one ? 1 : ranges->count); i++) {
        const struct json *range = is_one ? ranges : &ranges->items[i];
        if (value >= bound_of(&range->items[0]) && value <= bound_of(&range->items[range->count - 1])) {
            const char *name = ranges->kind == JSON_OBJECT
                                   ? arena_text_format(call->arena, "%.*s", (int)ranges->names[i].length, ranges->names[i].data)
                                   : category_name(call, range);
            label = label ? arena_text_format(call->arena, "%s and %s", label, name) : name;
        }
    }
    return label ? label : otherwise;
}

static void add_category(struct columns *columns, const char *name, const struct json *ranges, const int32_t *values, const char *otherwise)
{
    const char **out = columns_add(columns, name);
    for (size_t r = 0; out && r < columns->table.rows; r++) {
        out[r] = values[r] == STUDY_NO_DAY ? NULL : category_of(columns->call, ranges, values[r], otherwise);
    }
}

/* Groups of categories: {name: ranges}, a list of ranges, or a list of such lists. */
static void add_categories(struct columns *columns, const struct json *groups, const char *name, const int32_t *values,
                           const char *otherwise)
{
    struct call *call = columns->call;
    bool is_nested = groups->kind == JSON_ARRAY && groups->count > 0 && groups->items[0].kind == JSON_ARRAY && groups->items[0].count > 0 &&
                     groups->items[0].items[0].kind == JSON_ARRAY;
    if (groups->kind == JSON_OBJECT) {
        for (size_t g = 0; g < groups->count; g++) {
            const char *own = arena_text_format(call->arena, "%.*s", (int)groups->names[g].length, groups->names[g].data);
            add_category(columns, own, &groups->items[g], values, otherwise);
        }
    } else if (is_nested) {
        for (size_t g = 0; g < groups->count; g++) {
            add_category(columns, arena_text_format(call->arena, "%s_%zu", name, g + 1), &groups->items[g], values, otherwise);
        }
    } else {
        add_category(columns, name, groups, values, otherwise);
    }
}

/* The text of an argument whose null means null. */
static const char *missing_value(const struct call *call, const char *argument)
{
    const struct json *value = json_member(call->args, argument);
    return value && value->kind == JSON_NULL ? NULL : call_text(call, argument, "None");
}

/* ---- demographics ---- */
static void add_age(struct profile *profile)
{
    struct call *call = profile->call;
    bool in_days = strcmp(call_text(call, "ageUnit", "years"), "days") == 0;
    const char **ages = columns_add(&profile->columns, snake_case(call, call_text(call, "ageName", "age")));
    int32_t *values = ARENA_ARRAY(call->arena, int32_t, profile->columns.table.rows + 1);
    for (size_t r = 0; ages && r < profile->columns.table.rows; r++) {
        int32_t birth = birthday_of(profile, r, 0), day_number = profile->index_days[r];
        values[r] = birth == STUDY_NO_DAY || day_number == STUDY_NO_DAY ? STUDY_NO_DAY
                    : in_days                                           ? day_number - birth
                                                                        : study_age(birth, day_number);
        ages[r] = values[r] == STUDY_NO_DAY ? NULL : columns_number(&profile->columns, values[r]);
    }
    const struct json *groups = call_argument(call, "ageGroup");
    if (groups) {
        add_categories(&profile->columns, groups, "age_group", values, missing_value(call, "missingAgeGroupValue"));
    }
}

static void add_sex(struct profile *profile)
{
    struct call *call = profile->call;
    const char *missing = missing_value(call, "missingSexValue");
    const char **out = columns_add(&profile->columns, snake_case(call, call_text(call, "sexName", "sex")));
    for (size_t r = 0; out && r < profile->columns.table.rows; r++) {
        size_t person = study_person_find(&profile->people, profile->subjects[r]);
        int sex = person == SIZE_MAX ? STUDY_SEX_NONE : profile->people.sexes[person];
        out[r] = sex == STUDY_SEX_MALE ? "Male" : sex == STUDY_SEX_FEMALE ? "Female" : missing;
    }
}

static void add_observation(struct profile *profile, bool is_prior)
{
    struct call *call = profile->call;
    const char *name = is_prior ? call_text(call, "priorObservationName", "prior_observation")
                                : call_text(call, "futureObservationName", "future_observation");
    bool as_date = strcmp(call_text(call, is_prior ? "priorObservationType" : "futureObservationType", "days"), "date") == 0;
    const char **out = columns_add(&profile->columns, snake_case(call, name));
    for (size_t r = 0; out && r < profile->columns.table.rows; r++) {
        int32_t day_number = profile->index_days[r];
        struct study_span observed = study_observation(&profile->people, profile->subjects[r], day_number);
        if (day_number != STUDY_NO_DAY && observed.first != STUDY_NO_DAY) {
            out[r] = as_date ? columns_day(&profile->columns, is_prior ? observed.first : observed.last)
                             : columns_number(&profile->columns, is_prior ? day_number - observed.first : observed.last - day_number);
        }
    }
}

static void add_birth(struct profile *profile, const char *name, int birthday)
{
    const char **out = columns_add(&profile->columns, snake_case(profile->call, name));
    for (size_t r = 0; out && r < profile->columns.table.rows; r++) {
        out[r] = columns_day(&profile->columns, birthday_of(profile, r, birthday));
    }
}

static bool demographics(struct call *call, struct error *err)
{
    static const struct {
        const char *function, *part;
    } single[] = {{"addAge", "age"},
                  {"addSex", "sex"},
                  {"addPriorObservation", "priorObservation"},
                  {"addFutureObservation", "futureObservation"},
                  {"addDateOfBirth", "dateOfBirth"}};
    struct profile profile;
    const char *only = NULL;
    TRY(begin(call, &profile, err));
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        size_t length = strlen(single[i].function);
        bool is_it = strncmp(call->function, single[i].function, length) == 0 &&
                     (call->function[length] == 0 || strcmp(call->function + length, "Query") == 0);
        only = is_it ? single[i].part : only;
    }
    if (only ? strcmp(only, "age") == 0 : call_flag(call, "age", true)) {
        add_age(&profile);
    }
    if (only ? strcmp(only, "sex") == 0 : call_flag(call, "sex", true)) {
        add_sex(&profile);
    }
    if (only ? strcmp(only, "priorObservation") == 0 : call_flag(call, "priorObservation", true)) {
        add_observation(&profile, true);
    }
    if (only ? strcmp(only, "futureObservation") == 0 : call_flag(call, "futureObservation", true)) {
        add_observation(&profile, false);
    }
    if (only ? strcmp(only, "dateOfBirth") == 0 : call_flag(call, "dateOfBirth", false)) {
        add_birth(&profile, call_text(call, "dateOfBirthName", "date_of_birth"), 0);
    }
    columns_compare(&profile.columns);
    return true;
}

static bool birthday(struct call *call, struct error *err)
{
    struct profile profile;
    TRY(begin(call, &profile, err));
    add_birth(&profile, call_text(call, "birthdayName", "birthday"), call_number(call, "birthday", 0));
    columns_compare(&profile.columns);
    return true;
}

static bool categories(struct call *call, struct error *err)
{
    struct columns columns = columns_of(call, "x");
    const struct json *groups = call_argument(call, "categories");
    int32_t *values = ARENA_ARRAY(call->arena, int32_t, columns.table.rows + 1);
    (void)err;
    for (size_t r = 0; r < columns.table.rows; r++) {
        const struct json *value = table_at(&columns.table, call_text(call, "variable", ""), r);
        values[r] = value ? bound_of(value) : STUDY_NO_DAY;
    }
    if (groups) {
        add_categories(&columns, groups, "category", values, missing_value(call, "missingCategoryValue"));
    }
    columns_compare(&columns);
    return true;
}

static bool in_observation(struct call *call, struct error *err)
{
    struct profile profile;
    const struct study_span *windows;
    static const struct study_span today = {0, 0};
    TRY(begin(call, &profile, err));
    size_t count = call_ranges(call, "window", &windows);
    windows = count ? windows : &today;
    const char *style = call_text(call, "nameStyle", count > 1 ? "in_observation_{window_name}" : "in_observation");
    for (size_t w = 0; w < (count ? count : 1); w++) {
        const char *const words[] = {"window_name", window_name(call, windows[w]), NULL};
        const char **out = columns_add(&profile.columns, styled(call, style, words));
        for (size_t r = 0; out && r < profile.columns.table.rows; r++) {
            bool is_in =
                profile.index_days[r] != STUDY_NO_DAY && study_is_observed(&profile.people, profile.subjects[r], profile.index_days[r],
                                                                           windows[w], call_flag(call, "completeInterval", false));
            out[r] = is_in ? "1" : "0";
        }
    }
    columns_compare(&profile.columns);
    return true;
}

static bool filter_in_observation(struct call *call, struct error *err)
{
    struct profile profile;
    TRY(begin(call, &profile, err));
    bool *kept = ARENA_ARRAY(call->arena, bool, profile.columns.table.rows + 1);
    for (size_t r = 0; r < profile.columns.table.rows; r++) {
        kept[r] = study_observation(&profile.people, profile.subjects[r], profile.index_days[r]).first != STUDY_NO_DAY;
    }
    profile.columns.kept = kept;
    columns_compare(&profile.columns);
    return true;
}

static bool observation_period_id(struct call *call, struct error *err)
{
    struct profile profile;
    TRY(begin(call, &profile, err));
    const char *name = call_text(call, "nameObservationPeriodId", "observation_period_id");
    const char **out = columns_add(&profile.columns, snake_case(call, name));
    for (size_t r = 0; out && r < profile.columns.table.rows; r++) {
        size_t person = study_person_find(&profile.people, profile.subjects[r]);
        uint32_t p = person == SIZE_MAX ? UINT32_MAX : study_period_find(&profile.people, person, profile.index_days[r]);
        out[r] = p == UINT32_MAX ? NULL : columns_number(&profile.columns, p - profile.people.periods[person] + 1);
    }
    columns_compare(&profile.columns);
    return true;
}

static bool filter_cohort(struct call *call, struct error *err)
{
    struct columns columns = columns_of(call, "cohort");
    const int32_t *ids;
    size_t count = call_cohort_ids(call, "cohortId", "cohort", &ids);
    bool *kept = ARENA_ARRAY(call->arena, bool, columns.table.rows + 1);
    (void)err;
    for (size_t r = 0; r < columns.table.rows; r++) {
        for (size_t i = 0; i < count; i++) {
            kept[r] = kept[r] || table_integer(&columns.table, "cohort_definition_id", r, 0) == ids[i];
        }
    }
    columns.kept = kept;
    columns_compare(&columns);
    return true;
}

static bool cohort_name(struct call *call, struct error *err)
{
    struct columns columns = columns_of(call, "cohort");
    const char **out = columns_add(&columns, "cohort_name");
    (void)err;
    for (size_t r = 0; out && r < columns.table.rows; r++) {
        out[r] = call_cohort_name(call, "cohort", table_integer(&columns.table, "cohort_definition_id", r, 0));
    }
    columns_compare(&columns);
    return true;
}

/* ---- intersections ---- */
enum value { AS_FLAG, AS_COUNT, AS_DATE, AS_DAYS, AS_FIELD };
static const char *const value_names[] = {"flag", "count", "date", "days", "field"};

static enum value value_of(const char *function)
{
    static const char *const ends[] = {"Flag", "Count", "Date", "Days", "Field"};
    for (int i = AS_FLAG; i < AS_FIELD; i++) {
        size_t length = strlen(function), end = strlen(ends[i]);
        if (length > end && strcmp(function + length - end, ends[i]) == 0) {
            return (enum value)i;
        }
    }
    return AS_FIELD;
}

/* Values of a field of the records that start on the same day as the one found, in order, joined. */
static const char *field_of(const struct call *call, const struct target *target, size_t found, const char *field)
{
    const char *joined = NULL;
    const struct study_entry *entry = &target->entries[found];
    for (size_t i = 0; i < target->count; i++) {
        if (target->entries[i].subject == entry->subject && target->entries[i].start == entry->start) {
            const char *value = table_text(call, &target->table, field, target->entries[i].row);
            joined = !joined ? value : value ? arena_text_format(call->arena, "%s; %s", joined, value) : joined;
        }
    }
    return joined;
}

struct intersecting {
    struct profile *profile;
    const struct target *target;
    struct study_intersect_request request;
    enum value value;
    bool is_last;
    const char *field;
};

static const char *intersect_row(const struct intersecting *intersecting, size_t row)
{
    struct profile *profile = intersecting->profile;
    int32_t day_number = profile->index_days[row];
    if (day_number == STUDY_NO_DAY) {
        return NULL;
    }
    int32_t last_day = STUDY_FOREVER;
    const char *censor = call_text(profile->call, "censorDate", NULL);
    if (censor) {
        last_day = table_day(&profile->columns.table, censor, row);
        last_day = last_day == STUDY_NO_DAY ? STUDY_FOREVER : last_day;
    }
    struct study_intersection found =
        study_intersect(&profile->people, &intersecting->request, profile->subjects[row], day_number, last_day);
    size_t at = intersecting->is_last ? found.last : found.first;
    switch (intersecting->value) {
    case AS_FLAG:
        return !found.is_known ? NULL : found.count ? "1" : "0";
    case AS_COUNT:
        return !found.is_known ? NULL : columns_number(&profile->columns, found.count);
    case AS_DATE:
        return found.count ? columns_day(&profile->columns, intersecting->target->entries[at].start) : NULL;
    case AS_DAYS:
        return found.count ? columns_number(&profile->columns, intersecting->target->entries[at].start - day_number) : NULL;
    case AS_FIELD:
        return found.count ? field_of(profile->call, intersecting->target, at, intersecting->field) : NULL;
    }
    return NULL;
}

static void intersect_target(struct profile *profile, const struct target *target, struct study_span window, const char *style)
{
    struct call *call = profile->call;
    struct intersecting intersecting = {.profile = profile, .target = target, .value = value_of(call->function)};
    intersecting.is_last = strcmp(call_text(call, "order", "first"), "last") == 0;
    intersecting.field = call_text(call, "field", "");
    intersecting.request = (struct study_intersect_request){.targets = target->entries,
                                                            .target_count = target->count,
                                                            .window = window,
                                                            .in_observation = call_flag(call, "inObservation", true),
                                                            .starts_in_window = intersecting.value >= AS_DATE};
    const char *const words[] = {
        target->kind, target->name,       "window_name", window_name(call, window), "value", value_names[intersecting.value],
        "field",      intersecting.field, NULL};
    const char **out = columns_add(&profile->columns, styled(call, style, words));
    for (size_t r = 0; out && r < profile->columns.table.rows; r++) {
        out[r] = intersect_row(&intersecting, r);
    }
}

static const char *default_style(const struct call *call, const struct target *target)
{
    bool has_field = value_of(call->function) == AS_FIELD;
    if (has_field && strcmp(target->kind, "concept_name") == 0) {
        return "{field}_{concept_name}_{window_name}";
    }
    return arena_text_format(call->arena, has_field ? "{%s}_{field}_{window_name}" : "{%s}_{window_name}", target->kind);
}

static bool intersect(struct call *call, struct error *err)
{
    static const struct study_span after = {0, STUDY_FOREVER};
    struct profile profile;
    struct target targets[TARGETS_MAX];
    const struct study_span *windows;
    TRY(begin(call, &profile, err));
    size_t count = call_targets(call, targets), window_count = call_ranges(call, "window", &windows);
    windows = window_count ? windows : &after;
    for (size_t t = 0; t < count; t++) {
        for (size_t w = 0; w < (window_count ? window_count : 1); w++) {
            intersect_target(&profile, &targets[t], windows[w], call_text(call, "nameStyle", default_style(call, &targets[t])));
        }
    }
    columns_compare(&profile.columns);
    return true;
}

static bool death(struct call *call, struct error *err)
{
    static const struct study_span after = {0, STUDY_FOREVER};
    static const char *const names[] = {"deathFlagName", NULL, "deathDateName", "deathDaysName"};
    static const char *const defaults[] = {"death", NULL, "date_of_death", "days_to_death"};
    struct profile profile;
    enum value value = value_of(call->function);
    TRY(begin(call, &profile, err));
    struct target target = {.name = "death", .kind = "table_name", .table = call_table(call, "death")};
    target.count = table_entries(call, &target.table, "death_date", "death_date", &target.entries);
    intersect_target(&profile, &target, call_range(call, "window", after), call_text(call, names[value], defaults[value]));
    columns_compare(&profile.columns);
    return true;
}

const struct replay replay_patient_profiles[] = {
    {"addAge", demographics},
    {"addSex", demographics},
    {"addPriorObservation", demographics},
    {"addFutureObservation", demographics},
    {"addDateOfBirth", demographics},
    {"addDemographics", demographics},
    {"addAgeQuery", demographics},
    {"addSexQuery", demographics},
    {"addPriorObservationQuery", demographics},
    {"addFutureObservationQuery", demographics},
    {"addDateOfBirthQuery", demographics},
    {"addDemographicsQuery", demographics},
    {"addBirthday", birthday},
    {"addBirthdayQuery", birthday},
    {"addCategories", categories},
    {"addInObservation", in_observation},
    {"addInObservationQuery", in_observation},
    {"filterInObservation", filter_in_observation},
    {"addObservationPeriodId", observation_period_id},
    {"addObservationPeriodIdQuery", observation_period_id},
    {"filterCohortId", filter_cohort},
    {"addCohortName", cohort_name},
    {"addCohortIntersectFlag", intersect},
    {"addCohortIntersectCount", intersect},
    {"addCohortIntersectDate", intersect},
    {"addCohortIntersectDays", intersect},
    {"addCohortIntersectField", intersect},
    {"addTableIntersectFlag", intersect},
    {"addTableIntersectCount", intersect},
    {"addTableIntersectDate", intersect},
    {"addTableIntersectDays", intersect},
    {"addTableIntersectField", intersect},
    {"addConceptIntersectFlag", intersect},
    {"addConceptIntersectCount", intersect},
    {"addConceptIntersectDate", intersect},
    {"addConceptIntersectDays", intersect},
    {"addConceptIntersectField", intersect},
    {"addDeathDate", death},
    {"addDeathDays", death},
    {"addDeathFlag", death},
    {NULL, NULL},
};
