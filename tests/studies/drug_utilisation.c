/* SPDX-License-Identifier: EUPL-1.2 */
/* Replays DrugUtilisation: drug cohorts, columns of use, indications, coverage, discontinuation. */
#include "columns.h"
#include "compare.h"
#include "replay.h"
#include "research/study/study_cohort.h"
#include "research/study/study_drug.h"
#include "research/study/study_survival_reporting.h"
#include "targets.h"
#include <math.h>
#include <string.h>

/* ---- concept sets ---- */
enum { SETS_MAX = 32, CONCEPTS_MAX = 4096 };
struct concept_set {
    const char *name;
    int64_t concepts[CONCEPTS_MAX];
    size_t count;
    int64_t ingredient; /* 0: none */
};

static double number_at(const struct table *table, const char *column, size_t row)
{
    const struct json *value = table_at(table, column, row);
    return value && (value->kind == JSON_NUMBER || value->kind == JSON_INTEGER) ? value->number : NAN;
}

static void add_descendants(const struct call *call, struct concept_set *set, int64_t ingredient)
{
    struct table ancestors = call_table(call, "concept_ancestor");
    for (size_t r = 0; r < ancestors.rows && set->count < CONCEPTS_MAX; r++) {
        if (table_integer(&ancestors, "ancestor_concept_id", r, -1) == ingredient) {
            set->concepts[set->count++] = table_integer(&ancestors, "descendant_concept_id", r, -1);
        }
    }
}

/* Sets given as {name: ids}, or the one of an ingredient with its descendants. */
static size_t read_sets(const struct call *call, struct concept_set **out_sets)
{
    const struct json *sets = call_argument(call, "conceptSet"), *ingredient = call_argument(call, "ingredientConceptId");
    struct concept_set *found = ARENA_ARRAY(call->arena, struct concept_set, SETS_MAX);
    size_t count = 0;
    *out_sets = found;
    for (; sets && sets->kind == JSON_OBJECT && count < sets->count && count < SETS_MAX; count++) {
        const struct json *ids = &sets->items[count];
        found[count].name = arena_text_format(call->arena, "%.*s", (int)sets->names[count].length, sets->names[count].data);
        for (size_t i = 0; i < (ids->kind == JSON_ARRAY ? ids->count : 1) && i < CONCEPTS_MAX; i++) {
            found[count].concepts[found[count].count++] = json_count(ids->kind == JSON_ARRAY ? &ids->items[i] : ids);
        }
        found[count].ingredient = ingredient ? json_count(ingredient) : 0;
    }
    if (count == 0 && ingredient) {
        found[0].ingredient = json_count(ingredient);
        found[0].name = arena_text_format(call->arena, "ingredient_%lld_descendants", (long long)found[0].ingredient);
        add_descendants(call, &found[0], found[0].ingredient);
        count = 1;
    }
    return count;
}

static bool holds(const struct concept_set *set, int64_t id)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->concepts[i] == id) {
            return true;
        }
    }
    return false;
}

/* ---- exposures ---- */
static double dose_of(const struct table *strengths, int64_t concept_id, int64_t ingredient, double quantity, int32_t days)
{
    enum { HOUR = 8505 };
    for (size_t r = 0; ingredient && r < strengths->rows; r++) {
        if (table_integer(strengths, "drug_concept_id", r, -1) == concept_id &&
            table_integer(strengths, "ingredient_concept_id", r, -1) == ingredient) {
            const struct study_strength strength = {number_at(strengths, "amount_value", r), number_at(strengths, "numerator_value", r),
                                                    number_at(strengths, "denominator_value", r),
                                                    table_integer(strengths, "denominator_unit_concept_id", r, 0) == HOUR};
            return study_daily_dose(&strength, quantity, days);
        }
    }
    return NAN;
}

/* Exposures of a set that begin in an observation period and do not end before they begin. */
static size_t read_exposures(const struct call *call, const struct study_people *people, const struct concept_set *set,
                             struct study_exposure **out_exposures)
{
    struct table table = call_table(call, "drug_exposure"), strengths = call_table(call, "drug_strength");
    struct study_exposure *exposures = ARENA_ARRAY(call->arena, struct study_exposure, table.rows + 1);
    size_t count = 0;
    for (size_t r = 0; r < table.rows; r++) {
        struct study_exposure exposure = {table_integer(&table, "person_id", r, -1), table_day(&table, "drug_exposure_start_date", r),
                                          table_day(&table, "drug_exposure_end_date", r), number_at(&table, "quantity", r), NAN};
        int64_t concept_id = table_integer(&table, "drug_concept_id", r, -1);
        exposure.end = exposure.end == STUDY_NO_DAY ? exposure.start : exposure.end;
        if (exposure.start == STUDY_NO_DAY || exposure.end < exposure.start || !holds(set, concept_id) ||
            study_observation(people, exposure.subject, exposure.start).first == STUDY_NO_DAY) {
            continue;
        }
        exposure.daily_dose = dose_of(&strengths, concept_id, set->ingredient, exposure.quantity, exposure.end - exposure.start + 1);
        exposures[count++] = exposure;
    }
    study_exposures_sort(exposures, count);
    *out_exposures = exposures;
    return count;
}

/* ---- cohorts of a drug ---- */
struct drug_cohort {
    struct call *call;
    struct study_people people;
    const struct study_entry *subset;
    size_t subset_count;
    struct study_entries made;
};

static bool add_set(struct drug_cohort *cohort, const struct concept_set *set, int32_t number, struct error *err)
{
    struct study_exposure *exposures;
    size_t count = read_exposures(cohort->call, &cohort->people, set, &exposures);
    for (size_t i = 0; i < count; i++) {
        size_t at = study_entries_find(cohort->subset, cohort->subset_count, exposures[i].subject);
        bool is_in = !cohort->subset || (at < cohort->subset_count && cohort->subset[at].subject == exposures[i].subject);
        struct study_span observed = study_observation(&cohort->people, exposures[i].subject, exposures[i].start);
        const struct study_entry entry = {exposures[i].subject, number, exposures[i].start, study_earlier(exposures[i].end, observed.last),
                                          0};
        TRY(!is_in || study_entries_append(&cohort->made, entry, err));
    }
    return true;
}

/* The two optional columns: exposures in the era and their days. */
static void compare_extra(struct call *call, const struct drug_cohort *cohort, const struct concept_set *sets)
{
    struct table table = call_result(call, "table");
    for (size_t r = 0; r < table.rows; r++) {
        struct study_exposure *exposures;
        int64_t id = table_integer(&table, "cohort_definition_id", r, 1);
        size_t count = read_exposures(call, &cohort->people, &sets[id - 1], &exposures);
        struct study_span era = {table_day(&table, "cohort_start_date", r), table_day(&table, "cohort_end_date", r)};
        struct study_drug_use use = study_drug_use(exposures, count, table_integer(&table, "subject_id", r, 0), era, 0, true);
        if (table_integer(&table, "number_exposures", r, use.exposures) != use.exposures ||
            table_integer(&table, "days_prescribed", r, use.days_prescribed) != use.days_prescribed) {
            call_differs(call, "%u exposures and %d days prescribed in era %zu", use.exposures, use.days_prescribed, r);
        }
    }
}

static bool make_cohorts(struct call *call, const struct concept_set *sets, size_t count, struct error *err)
{
    struct drug_cohort cohort = {.call = call, .made.maximum = STUDY_ENTRIES_MAX};
    TRY(call_people(call, &cohort.people, err));
    if (call_argument(call, "subsetCohort")) {
        struct table subset = call_cohort(call, "subsetCohort", "");
        int32_t id = call_number(call, "subsetCohortId", 0);
        cohort.subset_count = call_entries(call, &subset, id, &cohort.subset);
    }
    bool done = true;
    for (size_t s = 0; done && s < count; s++) {
        done = add_set(&cohort, &sets[s], (int32_t)s + 1, err);
    }
    study_collapse(&cohort.people, &cohort.made, call_number(call, "gapEra", 1));
    if (done) {
        compare_entries(call, cohort.made.items, cohort.made.count);
        compare_extra(call, &cohort, sets);
    }
    study_entries_finish(&cohort.made);
    return done;
}

static bool generate(struct call *call, struct error *err)
{
    struct concept_set *sets;
    size_t count = read_sets(call, &sets);
    return make_cohorts(call, sets, count, err);
}

/* The concept of a name, of the wanted class, and its descendants that are drugs. */
static bool find_named(const struct call *call, const char *name, const char *class_begins, struct concept_set *set)
{
    struct table concepts = call_table(call, "concept");
    for (size_t r = 0; r < concepts.rows; r++) {
        const char *own = table_text(call, &concepts, "concept_name", r), *class_id = table_text(call, &concepts, "concept_class_id", r);
        if (own && class_id && strcmp(own, name) == 0 && strncmp(class_id, class_begins, strlen(class_begins)) == 0) {
            add_descendants(call, set, table_integer(&concepts, "concept_id", r, -1));
            return true;
        }
    }
    return false;
}

static bool generate_named(struct call *call, struct error *err)
{
    bool is_atc = strcmp(call->function, "generateAtcCohortSet") == 0;
    struct table settings = call_result(call, "settings");
    struct concept_set *sets = ARENA_ARRAY(call->arena, struct concept_set, settings.rows + 1);
    for (size_t r = 0; r < settings.rows; r++) {
        /* the package gives the names of ingredients in the order asked for beside cohorts in the order of names: the cohort's is right */
        const char *name = table_text(call, &settings, is_atc ? "atc_name" : "cohort_name", r);
        int64_t number = table_integer(&settings, "cohort_definition_id", r, 1);
        if (!name || number < 1 || number > (int64_t)settings.rows) {
            return call_skip(call, "the settings name no ingredient");
        }
        const char *other = table_text(call, &settings, "ingredient_name", r), *kind = is_atc ? "ATC" : "Ingredient";
        bool is_found = find_named(call, name, kind, &sets[number - 1]) || (other && find_named(call, other, kind, &sets[number - 1]));
        if (!is_found && call_table(call, "concept").rows == 0) {
            return call_skip(call, "recorded without its concepts");
        }
    }
    return make_cohorts(call, sets, settings.rows, err);
}

/* ---- columns of use ---- */
enum measure {
    NUMBER_EXPOSURES,
    NUMBER_ERAS,
    DAYS_EXPOSED,
    DAYS_PRESCRIBED,
    TIME_TO_EXPOSURE,
    INITIAL_DURATION,
    INITIAL_QUANTITY,
    CUMULATIVE_QUANTITY,
    INITIAL_DOSE,
    CUMULATIVE_DOSE,
    MEASURES
};
static const struct {
    const char *function, *argument, *name;
} measures[MEASURES] = {
    {"addNumberExposures", "numberExposures", "number_exposures"},
    {"addNumberEras", "numberEras", "number_eras"},
    {"addDaysExposed", "daysExposed", "days_exposed"},
    {"addDaysPrescribed", "daysPrescribed", "days_prescribed"},
    {"addTimeToExposure", "timeToExposure", "time_to_exposure"},
    {"addInitialExposureDuration", "initialExposureDuration", "initial_exposure_duration"},
    {"addInitialQuantity", "initialQuantity", "initial_quantity"},
    {"addCumulativeQuantity", "cumulativeQuantity", "cumulative_quantity"},
    {"addInitialDailyDose", "initialDailyDose", "initial_daily_dose"},
    {"addCumulativeDose", "cumulativeDose", "cumulative_dose"},
};

static const char *measured(const struct columns *columns, enum measure measure, const struct study_drug_use *use)
{
    const double values[MEASURES] = {use->exposures,          use->eras,
                                     use->days_exposed,       use->days_prescribed,
                                     use->days_to_exposure,   use->initial_duration,
                                     use->initial_quantity,   use->cumulative_quantity,
                                     use->initial_daily_dose, use->cumulative_dose};
    bool is_none = (measure == TIME_TO_EXPOSURE || measure == INITIAL_DURATION) && values[measure] < 0;
    char text[TEXT_NUMBER_SIZE];
    text_from_double(values[measure], text);
    return is_none ? NULL : arena_text_copy(columns->call->arena, text);
}

static void add_measure(struct columns *columns, const struct study_people *people, const struct concept_set *set, enum measure measure)
{
    struct call *call = columns->call;
    struct study_exposure *exposures;
    size_t count = read_exposures(call, people, set, &exposures);
    bool is_dose = measure == INITIAL_DOSE || measure == CUMULATIVE_DOSE, is_alone = strcmp(call->function, "addDrugUtilisation") != 0;
    const char *index = call_text(call, "indexDate", "cohort_start_date"), *censor = call_text(call, "censorDate", "cohort_end_date");
    const char *style = call_text(call, "nameStyle", is_dose ? "{value}_{concept_name}_{ingredient}" : "{value}_{concept_name}");
    const char *value =
        is_dose && !is_alone ? arena_text_format(call->arena, "%s_milligram", measures[measure].name) : measures[measure].name;
    const char *const words[] = {
        "value", value, "concept_name", set->name, "ingredient", arena_text_format(call->arena, "%lld", (long long)set->ingredient), NULL};
    const char **out = columns_add(columns, styled(call, style, words));
    for (size_t r = 0; out && r < columns->table.rows; r++) {
        struct study_span days = {table_day(&columns->table, index, r), table_day(&columns->table, censor, r)};
        struct study_drug_use use = study_drug_use(exposures, count, table_integer(&columns->table, "subject_id", r, -1), days,
                                                   call_number(call, "gapEra", 1), call_flag(call, "restrictIncident", true));
        out[r] = measured(columns, measure, &use);
    }
}

static bool add_use(struct call *call, struct error *err)
{
    struct columns columns = columns_of(call, "cohort");
    struct study_people people;
    struct concept_set *sets;
    size_t count = read_sets(call, &sets);
    TRY(call_people(call, &people, err));
    bool is_all = strcmp(call->function, "addDrugUtilisation") == 0;
    for (size_t s = 0; s < count; s++) {
        for (int m = 0; m < MEASURES; m++) {
            bool is_dose = m == INITIAL_DOSE || m == CUMULATIVE_DOSE;
            bool is_wanted = is_all ? call_flag(call, measures[m].argument, true) && (!is_dose || sets[s].ingredient)
                                    : strcmp(call->function, measures[m].function) == 0;
            if (is_wanted) {
                add_measure(&columns, &people, &sets[s], (enum measure)m);
            }
        }
    }
    columns_compare(&columns);
    return true;
}

/* ---- indications ---- */
struct indication {
    struct call *call;
    struct columns columns;
    struct study_people people;
    struct target targets[TARGETS_MAX], unknown[TARGETS_MAX];
    size_t target_count, unknown_count;
    bool is_treatment;
};

static bool begin_indication(struct call *call, struct indication *indication, struct error *err)
{
    *indication = (struct indication){.call = call, .columns = columns_of(call, "cohort")};
    indication->is_treatment = strcmp(call->function, "summariseTreatment") == 0;
    const char *names = indication->is_treatment ? "treatmentCohortName" : "indicationCohortName";
    const char *chosen = indication->is_treatment ? "treatmentCohortId" : "indicationCohortId";
    const int32_t *ids;
    const char *const *tables;
    TRY(call_people(call, &indication->people, err));
    size_t count = call_cohort_ids(call, chosen, names, &ids);
    struct table table = call_table(call, call_text(call, names, ""));
    for (size_t i = 0; i < count && i < TARGETS_MAX; i++) {
        struct target *target = &indication->targets[indication->target_count++];
        target->name = call_cohort_name(call, names, ids[i]);
        target->count = call_entries(call, &table, ids[i], &target->entries);
    }
    count = call_words(call, "unknownIndicationTable", &tables);
    for (size_t i = 0; i < count && i < TARGETS_MAX; i++) {
        const char *start = "", *end = "", *concept;
        struct table clinical = call_table(call, tables[i]);
        if (table_dates(tables[i], &start, &end, &concept)) {
            struct target *target = &indication->unknown[indication->unknown_count++];
            target->count = table_entries(call, &clinical, start, end, &target->entries);
        }
    }
    return true;
}

static bool occurs(const struct indication *indication, const struct target *target, bool starts_in_window, struct study_span window,
                   size_t row, int32_t day_number)
{
    const struct study_intersect_request request = {target->entries, target->count, window, true, starts_in_window};
    int64_t subject = table_integer(&indication->columns.table, "subject_id", row, -1);
    return study_intersect(&indication->people, &request, subject, day_number, STUDY_FOREVER).count > 0;
}

/* Names of the cohorts met in the window, joined; unknown; none. */
static const char *label_of(const struct indication *indication, struct study_span window, size_t row)
{
    struct call *call = indication->call;
    int32_t day_number = table_day(&indication->columns.table, call_text(call, "indexDate", "cohort_start_date"), row);
    const char *label = NULL;
    for (size_t t = 0; t < indication->target_count; t++) {
        if (occurs(indication, &indication->targets[t], false, window, row, day_number)) {
            const char *name = indication->targets[t].name;
            label = label ? arena_text_format(call->arena, "%s and %s", label, name) : name;
        }
    }
    for (size_t u = 0; !label && u < indication->unknown_count; u++) {
        label = occurs(indication, &indication->unknown[u], true, window, row, day_number) ? "unknown" : NULL;
    }
    int64_t subject = table_integer(&indication->columns.table, "subject_id", row, -1);
    if (!label && !study_is_observed(&indication->people, subject, day_number, window, false)) {
        return "not in observation";
    }
    return label ? label : indication->is_treatment ? "untreated" : "none";
}

static bool add_indication(struct call *call, struct error *err)
{
    struct indication indication;
    const struct study_span *windows;
    static const struct study_span today = {0, 0};
    TRY(begin_indication(call, &indication, err));
    size_t count = call_ranges(call, "indicationWindow", &windows);
    windows = count ? windows : &today;
    for (size_t w = 0; w < (count ? count : 1); w++) {
        const char *const words[] = {"window_name", window_name(call, windows[w]), NULL};
        const char **out = columns_add(&indication.columns, styled(call, call_text(call, "nameStyle", "indication_{window_name}"), words));
        for (size_t r = 0; out && r < indication.columns.table.rows; r++) {
            out[r] = label_of(&indication, windows[w], r);
        }
    }
    columns_compare(&indication.columns);
    return true;
}

/* ---- summaries of indications and treatments ---- */
static const char *window_words(const struct call *call, struct study_span window, const char *what)
{
    if (window.first == 0 && window.last == 0) {
        return arena_text_format(call->arena, "%s on index date", what);
    }
    const char *first = window.first == -STUDY_FOREVER ? "any time before"
                        : window.first == 0            ? "index date"
                                            : arena_text_format(call->arena, "%d days %s", window.first < 0 ? -window.first : window.first,
                                                                window.first < 0 ? "before" : "after");
    const char *last = window.last == 0 ? "the index date"
                       : window.last == STUDY_FOREVER
                           ? "any time after"
                           : arena_text_format(call->arena, "%d days %s%s", window.last < 0 ? -window.last : window.last,
                                               window.last < 0 ? "before" : "after", window.first == 0 ? "" : " the index date");
    if (window.first == -STUDY_FOREVER && window.last == 0) {
        return arena_text_format(call->arena, "%s any time before or on index date", what);
    }
    return arena_text_format(call->arena, "%s from %s to %s", what, first, last);
}

static const char *bound_words(const struct call *call, int32_t bound)
{
    return bound == STUDY_FOREVER ? "inf" : bound == -STUDY_FOREVER ? "-inf" : arena_text_format(call->arena, "%d", bound);
}

/* The labels that are counted: every combination where they exclude each other, each cohort where they do not. */
static size_t labels_of(const struct indication *indication, const char *labels[], size_t room)
{
    struct call *call = indication->call;
    size_t count = 0, targets = indication->target_count, combinations = (size_t)1 << targets;
    for (size_t mask = 1; mask < combinations && count < room; mask++) {
        const char *label = NULL;
        for (size_t t = 0; t < targets; t++) {
            if (mask >> t & 1) {
                label =
                    label ? arena_text_format(call->arena, "%s and %s", label, indication->targets[t].name) : indication->targets[t].name;
            }
        }
        bool is_single = (mask & (mask - 1)) == 0;
        labels[count] = label;
        count += is_single || call_flag(call, "mutuallyExclusive", !indication->is_treatment);
    }
    if (indication->unknown_count > 0) {
        labels[count++] = "unknown";
    }
    labels[count++] = indication->is_treatment ? "untreated" : "none";
    labels[count++] = "not in observation";
    return count;
}

static bool add_label(struct result *result, struct result_variable *at, uint64_t count, uint64_t whole, struct error *err)
{
    const struct result_basis basis = {.kind = RESULT_PERCENTAGE, .numerator = count, .denominator = whole};
    return result_add_count(result, at, "count", RESULT_RECORDS, count, err) &&
           result_add_value(result, at, "percentage", RESULT_PERCENT, whole ? 100 * (double)count / (double)whole : 0, &basis, err);
}

static bool summarise_window(struct indication *indication, struct result *result, uint32_t set, struct study_span window, int64_t cohort,
                             struct error *err)
{
    struct call *call = indication->call;
    const char *labels[TARGETS_MAX * 4];
    size_t count = labels_of(indication, labels, TARGETS_MAX * 4 - 3);
    const char *level = arena_text_format(call->arena, "%s to %s", bound_words(call, window.first), bound_words(call, window.last));
    const struct result_pair group = {"cohort_name", call_cohort_name(call, "cohort", cohort)}, additional = {"window_name", level};
    struct result_variable at = {.place = {.set = set, .group = {&group, 1}, .additional = {&additional, 1}},
                                 .name = window_words(call, window, indication->is_treatment ? "Medication" : "Indication")};
    for (size_t l = 0; l < count; l++) {
        uint64_t found = 0, whole = 0;
        for (size_t r = 0; r < indication->columns.table.rows; r++) {
            if (table_integer(&indication->columns.table, "cohort_definition_id", r, 0) == cohort) {
                found += strcmp(label_of(indication, window, r), labels[l]) == 0;
                whole++;
            }
        }
        at.level = labels[l];
        TRY(add_label(result, &at, found, whole, err));
    }
    return true;
}

static bool summarise_indication(struct call *call, struct error *err)
{
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    CLEANUP(result) struct result *result = NULL;
    struct indication indication;
    const struct study_span *windows;
    const int32_t *ids;
    uint32_t set;
    if (call_argument(call, "strata") && call_argument(call, "strata")->count > 0) {
        return call_skip(call, "strata of indications are not built");
    }
    TRY(begin_indication(call, &indication, err));
    TRY(result_create(&result, "replay", err) && result_set_begin(result, settings, 3, &set, err));
    size_t window_count = call_ranges(call, indication.is_treatment ? "window" : "indicationWindow", &windows);
    size_t count = call_cohort_ids(call, "cohortId", "cohort", &ids);
    for (size_t i = 0; i < count; i++) {
        for (size_t w = 0; w < window_count; w++) {
            TRY(summarise_window(&indication, result, set, windows[w], ids[i], err));
        }
    }
    compare_result(call, result, NULL, 1e-5);
    return true;
}

/* ---- coverage and discontinuation ---- */
static bool add_coverage(struct result *result, struct result_place place, const struct study_covered *day_covered, struct error *err)
{
    char text[TEXT_NUMBER_SIZE];
    text_from_i64(day_covered->days, text);
    const struct result_pair time = {"time", text};
    place.additional = (struct result_pairs){&time, 1};
    const struct result_variable at = {.place = place, .name = "overall", .level = "overall"};
    const struct result_basis basis = {.kind = RESULT_PERCENTAGE, .numerator = day_covered->covered, .denominator = day_covered->observed};
    return result_add_count(result, &at, "outcome_count", RESULT_PERSONS, day_covered->covered, err) &&
           result_add_count(result, &at, "denominator_count", RESULT_PERSONS, day_covered->observed, err) &&
           result_add_value(result, &at, "ppc", RESULT_PERCENT, day_covered->share, &basis, err) &&
           result_add_value(result, &at, "ppc_lower", RESULT_PERCENT, day_covered->limits.lower, &basis, err) &&
           result_add_value(result, &at, "ppc_upper", RESULT_PERCENT, day_covered->limits.upper, &basis, err);
}

static bool coverage(struct call *call, struct error *err)
{
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    CLEANUP(result) struct result *result = NULL;
    struct study_people people;
    struct table table = call_cohort(call, "cohort", "cohort");
    const int32_t *ids;
    uint32_t set;
    size_t id_count = call_cohort_ids(call, "cohortId", "cohort", &ids);
    TRY(call_people(call, &people, err));
    TRY(result_create(&result, "replay", err) && result_set_begin(result, settings, 3, &set, err));
    for (size_t i = 0; i < id_count; i++) {
        const struct study_entry *entries;
        const struct study_covered *days;
        size_t day_count, count = call_entries(call, &table, ids[i], &entries);
        const struct result_pair group = {"cohort_name", call_cohort_name(call, "cohort", ids[i])};
        study_proportion_covered(&people, entries, count, call_number(call, "followUpDays", STUDY_FOREVER), call->arena, &days, &day_count);
        for (size_t d = 0; d < day_count; d++) {
            TRY(add_coverage(result, (struct result_place){.set = set, .group = {&group, 1}}, &days[d], err));
        }
    }
    compare_result(call, result, NULL, 0.01);
    return true;
}

/* Survival until the entry ends: compared by estimate, since the package renames variables on the way. */
static const char *recorded(const struct call *call, const struct table *table, const char *level, const char *estimate)
{
    for (size_t r = 0; r < table->rows; r++) {
        const char *own = table_text(call, table, "variable_level", r), *name = table_text(call, table, "estimate_name", r);
        bool is_level = level ? own && strcmp(own, level) == 0 : !own;
        if (is_level && name && strcmp(name, estimate) == 0) {
            return table_text(call, table, "estimate_value", r);
        }
    }
    return "not recorded";
}

static bool discontinuation(struct call *call, struct error *err)
{
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    CLEANUP(result) struct result *result = NULL;
    struct study_people people;
    struct table table = call_cohort(call, "cohort", "cohort"), theirs = call_result(call, "table");
    struct study_followups followups = {.maximum = STUDY_ENTRIES_MAX};
    const struct study_entry *entries;
    const int32_t *ids;
    uint32_t set;
    if (call_cohort_ids(call, "cohortId", "cohort", &ids) != 1) {
        return call_skip(call, "discontinuation of several cohorts is not built");
    }
    size_t count = call_entries(call, &table, ids[0], &entries);
    struct study_entry *ends = ARENA_ARRAY(call->arena, struct study_entry, count + 1);
    for (size_t i = 0; i < count; i++) {
        ends[i] = entries[i];
        ends[i].start = entries[i].end;
    }
    study_entries_sort(ends, count);
    const struct study_survival_request request = {.outcomes = ends,
                                                   .outcome_count = count,
                                                   .minimum_days = 1,
                                                   .follow_up = call_number(call, "followUpDays", STUDY_FOREVER),
                                                   .last_day = STUDY_FOREVER};
    const struct study_survival_place place = {.set = 1,
                                               .target = "x",
                                               .outcome = "x",
                                               .estimate_gap = call_number(call, "estimateGap", 1),
                                               .event_gap = call_number(call, "eventGap", 30)};
    TRY(call_people(call, &people, err));
    TRY(result_create(&result, "replay", err) && result_set_begin(result, settings, 3, &set, err));
    bool done = study_follow_up(&people, entries, count, &request, &followups, err) &&
                study_survival_report(result, &place, followups.items, followups.count, err);
    study_followups_finish(&followups);
    if (done && result_cell_count(result) != theirs.rows) {
        call_differs(call, "%zu estimates, recorded %zu", result_cell_count(result), theirs.rows);
    }
    for (size_t i = 0; done && i < result_cell_count(result); i++) {
        const char *const *texts = result_cell_at(result, i)->texts;
        const char *level = strcmp(texts[RESULT_ADDITIONAL_NAME], "time") == 0 ? texts[RESULT_ADDITIONAL_LEVEL] : NULL;
        const char *value = recorded(call, &theirs, level, texts[RESULT_ESTIMATE_NAME]);
        if (!compare_values(texts[RESULT_ESTIMATE_VALUE], value, 1e-4)) {
            call_differs(call, "%s at %s", texts[RESULT_ESTIMATE_NAME], level ? level : "the end");
        }
    }
    return done;
}

static bool dose_patterns(struct call *call, struct error *err)
{
    (void)err;
    return call_skip(call, "needs the package's table of strength patterns, routes and units");
}

const struct replay replay_drug_utilisation[] = {
    {"generateDrugUtilisationCohortSet", generate},
    {"generateIngredientCohortSet", generate_named},
    {"generateAtcCohortSet", generate_named},
    {"addDrugUtilisation", add_use},
    {"addNumberExposures", add_use},
    {"addNumberEras", add_use},
    {"addDaysExposed", add_use},
    {"addDaysPrescribed", add_use},
    {"addTimeToExposure", add_use},
    {"addInitialExposureDuration", add_use},
    {"addInitialQuantity", add_use},
    {"addCumulativeQuantity", add_use},
    {"addInitialDailyDose", add_use},
    {"addCumulativeDose", add_use},
    {"addIndication", add_indication},
    {"summariseIndication", summarise_indication},
    {"summariseTreatment", summarise_indication},
    {"summariseProportionOfPatientsCovered", coverage},
    {"summariseDiscontinuationAsSurvival", discontinuation},
    {"summariseDoseCoverage", dose_patterns},
    {"patternTable", dose_patterns},
    {NULL, NULL},
};
