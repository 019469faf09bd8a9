/* SPDX-License-Identifier: EUPL-1.2 */
/* Replays CohortConstructor: requirements, shortening, moving and merging of entries; also the requirements of DrugUtilisation. */
#include "columns.h"
#include "compare.h"
#include "replay.h"
#include "research/study/study_cohort.h"
#include "targets.h"
#include <string.h>
#include <strings.h>

struct change {
    struct call *call;
    struct table table;
    struct study_people people;
    struct study_entries chosen, others; /* of the cohorts that the call changes, and the rest */
    const int32_t *ids;                  /* of the chosen cohorts */
    size_t id_count;
};

static void change_cleanup(struct change *change)
{
    study_entries_finish(&change->chosen);
    study_entries_finish(&change->others);
}
#define CHANGE __attribute__((cleanup(change_cleanup))) struct change

static bool begin(struct call *call, struct change *change, struct error *err)
{
    const struct study_entry *entries;
    *change = (struct change){.call = call,
                              .table = call_cohort(call, "cohort", "cohort"),
                              .chosen.maximum = STUDY_ENTRIES_MAX,
                              .others.maximum = STUDY_ENTRIES_MAX};
    TRY(call_people(call, &change->people, err));
    change->id_count = call_cohort_ids(call, "cohortId", "cohort", &change->ids);
    size_t count = call_entries(call, &change->table, 0, &entries);
    for (size_t i = 0; i < count; i++) {
        bool is_chosen = false;
        for (size_t k = 0; k < change->id_count && !is_chosen; k++) {
            is_chosen = change->ids[k] == entries[i].cohort;
        }
        TRY(study_entries_append(is_chosen ? &change->chosen : &change->others, entries[i], err));
    }
    return true;
}

static bool finish(struct change *change, struct error *err)
{
    for (size_t i = 0; i < change->others.count; i++) {
        TRY(study_entries_append(&change->chosen, change->others.items[i], err));
    }
    compare_entries(change->call, change->chosen.items, change->chosen.count);
    return true;
}

/* Keeps the chosen entries for which the test holds. */
static void keep_if(struct change *change, bool (*test)(struct change *change, const struct study_entry *entry))
{
    size_t kept = 0;
    for (size_t i = 0; i < change->chosen.count; i++) {
        if (test(change, &change->chosen.items[i])) {
            change->chosen.items[kept++] = change->chosen.items[i];
        }
    }
    change->chosen.count = kept;
}

static int32_t index_day(const struct change *change, const struct study_entry *entry)
{
    return table_day(&change->table, call_text(change->call, "indexDate", "cohort_start_date"), entry->row);
}

/* ---- requirements ---- */
static enum study_sex sex_named(const char *name)
{
    return strcasecmp(name, "male") == 0 ? STUDY_SEX_MALE : strcasecmp(name, "female") == 0 ? STUDY_SEX_FEMALE : STUDY_SEX_BOTH;
}

static struct study_requirement read_requirement(const struct call *call)
{
    static const struct study_span any_age = {0, STUDY_AGE_MAX};
    struct study_span age = call_range(call, "ageRange", any_age);
    bool asks_all = strcmp(call->function, "requireDemographics") == 0;
    return (struct study_requirement){.asks_age = asks_all || call_argument(call, "ageRange"),
                                      .asks_sex = asks_all || call_argument(call, "sex"),
                                      .age = {age.first, age.last},
                                      .sex = sex_named(call_text(call, "sex", "Both")),
                                      .prior_days = call_number(call, "minPriorObservation", 0),
                                      .future_days = call_number(call, "minFutureObservation", 0)};
}

static bool meets(struct change *change, const struct study_entry *entry)
{
    struct study_requirement requirement = read_requirement(change->call);
    return study_requirement_is_met(&change->people, &requirement, entry->subject, index_day(change, entry));
}

static bool require_demographics(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    keep_if(&change, meets);
    return finish(&change, err);
}

static bool in_date_range(struct change *change, const struct study_entry *entry)
{
    struct study_span range = call_dates(change->call, "dateRange");
    int32_t index = index_day(change, entry);
    return index != STUDY_NO_DAY && index >= range.first && index <= range.last;
}

static bool require_in_date_range(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    keep_if(&change, in_date_range);
    return finish(&change, err);
}

static bool require_duration(struct call *call, struct error *err)
{
    CHANGE change = {0};
    static const struct study_span any = {1, STUDY_FOREVER};
    TRY(begin(call, &change, err));
    study_keep_durations(&change.chosen, call_range(call, "daysInCohort", any));
    return finish(&change, err);
}

static bool require_entry(struct call *call, struct error *err)
{
    CHANGE change = {0};
    static const struct study_span first = {1, 1};
    TRY(begin(call, &change, err));
    bool counts_back = strcmp(call->function, "requireIsLastEntry") == 0;
    study_keep_entries(&change.chosen, call_range(call, "entryRange", first), counts_back);
    return finish(&change, err);
}

static bool require_washout(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    study_keep_after_washout(&change.chosen, call_number(call, "days", 0));
    return finish(&change, err);
}

static bool has_observation_before(struct change *change, const struct study_entry *entry)
{
    const struct study_requirement requirement = {.age = {0, STUDY_AGE_MAX}, .prior_days = call_number(change->call, "days", 0)};
    return study_requirement_is_met(&change->people, &requirement, entry->subject, entry->start);
}

static bool require_observation_before(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    keep_if(&change, has_observation_before);
    return finish(&change, err);
}

static bool require_minimum_count(struct call *call, struct error *err)
{
    CHANGE change = {0};
    size_t kept = 0;
    TRY(begin(call, &change, err));
    study_entries_sort_cohorts(change.chosen.items, change.chosen.count);
    for (size_t first = 0, end; first < change.chosen.count; first = end) {
        int32_t subjects = 0;
        for (end = first; end < change.chosen.count && change.chosen.items[end].cohort == change.chosen.items[first].cohort; end++) {
            subjects += end == first || change.chosen.items[end].subject != change.chosen.items[end - 1].subject;
        }
        for (size_t i = first; i < end && subjects >= call_number(call, "minCohortCount", 0); i++) {
            change.chosen.items[kept++] = change.chosen.items[i];
        }
    }
    change.chosen.count = kept;
    return finish(&change, err);
}

static bool require_intersect(struct call *call, struct error *err)
{
    CHANGE change = {0};
    struct target targets[TARGETS_MAX];
    static const struct study_span any = {1, STUDY_FOREVER}, after = {0, STUDY_FOREVER};
    TRY(begin(call, &change, err));
    size_t count = call_targets(call, targets), kept = 0;
    struct study_span wanted = call_range(call, "intersections", any);
    const char *censor = call_text(call, "censorDate", NULL);
    for (size_t i = 0; i < change.chosen.count && count > 0; i++) {
        const struct study_entry entry = change.chosen.items[i];
        const struct study_intersect_request request = {.targets = targets[0].entries,
                                                        .target_count = targets[0].count,
                                                        .window = call_range(call, "window", after),
                                                        .in_observation = call_flag(call, "inObservation", true)};
        int32_t last_day = censor ? table_day(&change.table, censor, entry.row) : STUDY_FOREVER;
        struct study_intersection found = study_intersect(&change.people, &request, entry.subject, index_day(&change, &entry),
                                                          last_day == STUDY_NO_DAY ? STUDY_FOREVER : last_day);
        int32_t number = (int32_t)found.count;
        if (number >= wanted.first && number <= wanted.last) {
            change.chosen.items[kept++] = entry;
        }
    }
    change.chosen.count = kept;
    return finish(&change, err);
}

/* ---- shortening and moving ---- */
static bool trim_dates(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    study_trim_days(&change.chosen, call_dates(call, "dateRange"));
    return finish(&change, err);
}

static bool trim_duration(struct call *call, struct error *err)
{
    CHANGE change = {0};
    static const struct study_span any = {1, STUDY_FOREVER};
    TRY(begin(call, &change, err));
    study_trim_duration(&change.chosen, call_range(call, "daysInCohort", any));
    return finish(&change, err);
}

static bool pad(struct call *call, struct error *err)
{
    CHANGE change = {0};
    size_t kept = 0;
    TRY(begin(call, &change, err));
    const char *moved =
        call_text(call, "cohortDate", strcmp(call->function, "padCohortEnd") == 0 ? "cohort_end_date" : "cohort_start_date");
    bool is_start = strcmp(moved, "cohort_start_date") == 0, is_whole = call_flag(call, "requireFullContribution", false);
    const char *column = call_text(call, "days", NULL), *index = call_text(call, "indexDate", moved);
    for (size_t i = 0; i < change.chosen.count; i++) {
        struct study_entry entry = change.chosen.items[i];
        int64_t days = column ? table_integer(&change.table, column, entry.row, 0) : call_number(call, "days", 0);
        int32_t from = table_day(&change.table, index, entry.row);
        days += from == STUDY_NO_DAY ? 0 : from - (is_start ? entry.start : entry.end);
        if (study_pad(&change.people, &entry, is_start, days, is_whole)) {
            change.chosen.items[kept++] = entry;
        }
    }
    change.chosen.count = kept;
    if (call_flag(call, "collapse", true)) {
        study_collapse(&change.people, &change.chosen, 0);
    }
    return finish(&change, err);
}

static bool exit_at_observation_end(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    TRY(study_exit_at_observation_end(&change.people, &change.chosen, call_flag(call, "persistAcrossObservationPeriods", false), err));
    return finish(&change, err);
}

/* entryAtFirstDate and the three others: the earliest or latest of some dates of the row, and which they were. */
static bool move_to_date(struct call *call, struct error *err)
{
    struct columns columns = columns_of(call, "cohort");
    const char *const *names;
    const int32_t *ids;
    size_t name_count = call_words(call, "dateColumns", &names), id_count = call_cohort_ids(call, "cohortId", "cohort", &ids);
    bool is_entry = strncmp(call->function, "entry", 5) == 0, is_first = strstr(call->function, "First") != NULL;
    const char **out = columns_add(&columns, is_entry ? "cohort_start_date" : "cohort_end_date"), **reasons = NULL;
    (void)err;
    if (call_flag(call, "returnReason", false)) {
        reasons = columns_add(&columns, is_entry ? "entry_reason" : "exit_reason");
    }
    for (size_t r = 0; out && r < columns.table.rows; r++) {
        int32_t found = STUDY_NO_DAY;
        bool is_chosen = false;
        for (size_t i = 0; i < id_count; i++) {
            is_chosen = is_chosen || table_integer(&columns.table, "cohort_definition_id", r, 0) == ids[i];
        }
        out[r] = table_text(call, &columns.table, is_entry ? "cohort_start_date" : "cohort_end_date", r);
        for (size_t n = 0; is_chosen && n < name_count; n++) {
            int32_t date = table_day(&columns.table, names[n], r);
            bool is_better = found == STUDY_NO_DAY || (is_first ? date < found : date > found);
            if (date != STUDY_NO_DAY && (is_better || date == found)) {
                if (reasons) {
                    reasons[r] = date == found ? arena_text_format(call->arena, "%s; %s", reasons[r], names[n]) : names[n];
                }
                found = date;
            }
        }
        out[r] = found == STUDY_NO_DAY ? out[r] : columns_day(&columns, found);
    }
    columns_compare(&columns);
    return true;
}

/* "0_19", "80_Inf" */
static struct study_age_band band_of(const char *text)
{
    struct study_age_band band = {0, STUDY_AGE_MAX};
    int64_t from, to;
    const char *bar = text ? strchr(text, '_') : NULL;
    if (bar && text_to_i64((struct text){text, (size_t)(bar - text)}, &from)) {
        band.from = (int)from;
        band.to = text_to_i64(text_of(bar + 1), &to) ? (int)to : STUDY_AGE_MAX;
    }
    return band;
}

/* The cohort of the longest name with which this one begins, followed by _ or nothing; is_same: by nothing. -1: none. */
static int64_t source_named(const struct change *change, const char *name, bool *is_same)
{
    struct table table = call_settings(change->call, "cohort");
    size_t best = 0;
    int64_t id = -1;
    for (size_t r = 0; name && r < table.rows; r++) {
        const char *own = table_text(change->call, &table, "cohort_name", r);
        size_t length = own ? strlen(own) : 0;
        if (length > best && strncmp(name, own, length) == 0 && (name[length] == '_' || name[length] == 0)) {
            best = length;
            id = table_integer(&table, "cohort_definition_id", r, -1);
            *is_same = name[length] == 0;
        }
    }
    return id;
}

static bool is_chosen(const struct change *change, int64_t id)
{
    for (size_t i = 0; i < change->id_count; i++) {
        if (change->ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Which cohort an output was made from: by its number, or by its name, or the only one. */
static int64_t source_of(const struct change *change, const struct table *settings, size_t row)
{
    bool is_same;
    int64_t id = table_integer(settings, "target_cohort_definition_id", row, -1);
    id = id >= 0 ? id : table_integer(settings, "target_cohort_id", row, -1);
    id = id >= 0 ? id : source_named(change, table_text(change->call, settings, "cohort_name", row), &is_same);
    return id < 0 && change->id_count == 1 ? change->ids[0] : id;
}

/* One output cohort for each row of the settings: their combinations are named there. */
static bool trim_demographics(struct call *call, struct error *err)
{
    CHANGE change = {0};
    struct table settings = call_result(call, "settings");
    struct study_entries made = {.maximum = STUDY_ENTRIES_MAX}, some = {.maximum = STUDY_ENTRIES_MAX};
    TRY(begin(call, &change, err));
    bool done = true;
    for (size_t s = 0; done && s < settings.rows; s++) {
        int32_t id = (int32_t)table_integer(&settings, "cohort_definition_id", s, 0);
        int64_t source = source_of(&change, &settings, s);
        struct study_requirement requirement = read_requirement(call);
        if (table_has(&settings, "age_range")) {
            requirement.age = band_of(table_text(call, &settings, "age_range", s));
        }
        requirement.asks_age = table_has(&settings, "age_range");
        const char *sex = table_text(call, &settings, "sex", s);
        requirement.sex = sex_named(sex ? sex : "Both");
        requirement.asks_sex = table_has(&settings, "sex");
        requirement.prior_days = (int32_t)table_integer(&settings, "min_prior_observation", s, 0);
        requirement.future_days = (int32_t)table_integer(&settings, "min_future_observation", s, 0);
        some.count = 0;
        for (size_t i = 0; done && i < change.chosen.count; i++) {
            done = (source >= 0 && change.chosen.items[i].cohort != source) || study_entries_append(&some, change.chosen.items[i], err);
        }
        study_trim_demographics(&change.people, &some, &requirement);
        for (size_t i = 0; done && i < change.others.count && !is_chosen(&change, source); i++) {
            done = change.others.items[i].cohort != source || study_entries_append(&some, change.others.items[i], err);
        }
        for (size_t i = 0; done && i < some.count; i++) {
            some.items[i].cohort = id;
            done = study_entries_append(&made, some.items[i], err);
        }
    }
    if (done) {
        compare_entries(call, made.items, made.count);
    }
    study_entries_finish(&made);
    study_entries_finish(&some);
    return done;
}

static bool demographics_cohort(struct call *call, struct error *err)
{
    struct study_people people;
    struct study_entries entries = {.maximum = STUDY_ENTRIES_MAX};
    struct study_requirement requirement = read_requirement(call);
    TRY(call_people(call, &people, err));
    bool done = true;
    for (size_t person = 0; person < people.count; person++) {
        for (uint32_t p = people.periods[person]; done && p < people.periods[person + 1]; p++) {
            const struct study_entry entry = {people.ids[person], 1, people.period_starts[p], people.period_ends[p], 0};
            done = study_entries_append(&entries, entry, err);
        }
    }
    study_trim_demographics(&people, &entries, &requirement);
    if (done) {
        compare_entries(call, entries.items, entries.count);
    }
    study_entries_finish(&entries);
    return done;
}

static bool year_cohorts(struct call *call, struct error *err)
{
    CHANGE change = {0};
    struct table settings = call_result(call, "settings");
    struct study_entries made = {.maximum = STUDY_ENTRIES_MAX};
    TRY(begin(call, &change, err));
    bool done = true;
    for (size_t s = 0; done && s < settings.rows; s++) {
        int32_t id = (int32_t)table_integer(&settings, "cohort_definition_id", s, 0);
        int64_t source = source_of(&change, &settings, s), year = table_integer(&settings, "year", s, 0);
        day first, last;
        if (year == 0 || !day_from_civil((int)year, 1, 1, &first) || !day_from_civil((int)year, 12, 31, &last)) {
            continue;
        }
        for (size_t i = 0; done && i < change.chosen.count; i++) {
            struct study_entry entry = change.chosen.items[i];
            bool is_it = entry.cohort == source && entry.start <= last.number && entry.end >= first.number;
            entry =
                (struct study_entry){entry.subject, id, study_later(entry.start, first.number), study_earlier(entry.end, last.number), 0};
            done = !is_it || study_entries_append(&made, entry, err);
        }
    }
    if (done) {
        compare_entries(call, made.items, made.count);
    }
    study_entries_finish(&made);
    return done;
}

static bool stratify(struct call *call, struct error *err)
{
    CHANGE change = {0};
    struct table settings = call_result(call, "settings");
    const struct json *strata = call_argument(call, "strata");
    TRY(begin(call, &change, err));
    if (!strata || (strata->kind == JSON_ARRAY && strata->count == 0)) {
        return finish(&change, err);
    }
    struct study_entries made = {.maximum = STUDY_ENTRIES_MAX};
    bool done = true;
    for (size_t s = 0; done && s < settings.rows; s++) {
        const char *columns = table_text(call, &settings, "strata_columns", s);
        int64_t source = source_of(&change, &settings, s);
        for (size_t i = 0; done && i < change.chosen.count; i++) {
            struct study_entry entry = change.chosen.items[i];
            bool is_it = source < 0 || entry.cohort == source;
            for (size_t c = 0; is_it && columns && c < settings.columns->count; c++) {
                const char *name =
                    arena_text_format(call->arena, "%.*s", (int)settings.columns->names[c].length, settings.columns->names[c].data);
                const char *level = table_text(call, &settings, name, s), *value = table_text(call, &change.table, name, entry.row);
                is_it = !strstr(columns, name) || (level && value && strcmp(level, value) == 0);
            }
            entry.cohort = (int32_t)table_integer(&settings, "cohort_definition_id", s, 0);
            done = !is_it || study_entries_append(&made, entry, err);
        }
    }
    if (done) {
        compare_entries(call, made.items, made.count);
    }
    study_entries_finish(&made);
    return done;
}

/* ---- merging ---- */
static bool collapse(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    study_collapse(&change.people, &change.chosen, call_number(call, "gap", 0));
    return finish(&change, err);
}

/* One set of cohorts for each gap, numbered one after the other. */
static bool erafy(struct call *call, struct error *err)
{
    CHANGE change = {0};
    const int32_t *gaps;
    TRY(begin(call, &change, err));
    size_t gap_count = call_numbers(call, "gapEra", &gaps), count = change.chosen.count;
    struct study_entries one = {.maximum = STUDY_ENTRIES_MAX}, all = {.maximum = STUDY_ENTRIES_MAX};
    bool done = true;
    for (size_t g = 0; done && g < gap_count; g++) {
        one.count = 0;
        for (size_t i = 0; done && i < count; i++) {
            done = study_entries_append(&one, change.chosen.items[i], err);
        }
        study_collapse(&change.people, &one, gaps[g]);
        for (size_t i = 0; done && i < one.count; i++) {
            one.items[i].cohort += (int32_t)(g * change.id_count);
            done = study_entries_append(&all, one.items[i], err);
        }
    }
    if (done) {
        compare_entries(call, all.items, all.count);
    }
    study_entries_finish(&one);
    study_entries_finish(&all);
    return done;
}

static bool unite(struct call *call, struct error *err)
{
    CHANGE change = {0};
    int32_t number = 1;
    TRY(begin(call, &change, err));
    if (call_flag(call, "keepOriginalCohorts", false)) {
        return call_skip(call, "a union beside its cohorts");
    }
    for (size_t i = 0; i < change.chosen.count; i++) {
        change.chosen.items[i].cohort = number;
    }
    change.others.count = 0;
    study_collapse(&change.people, &change.chosen, call_number(call, "gap", 0));
    return finish(&change, err);
}

static bool intersect(struct call *call, struct error *err)
{
    CHANGE change = {0};
    bool keeps = call_flag(call, "keepOriginalCohorts", false);
    int32_t shift = 0;
    TRY(begin(call, &change, err));
    struct table settings = call_settings(call, "cohort");
    if (!keeps) {
        change.others.count = 0;
    }
    for (size_t r = 0; keeps && r < settings.rows; r++) {
        shift = study_later(shift, (int32_t)table_integer(&settings, "cohort_definition_id", r, 0));
    }
    for (size_t i = 0; i < change.chosen.count; i++) {
        struct study_entry *entry = &change.chosen.items[i];
        TRY(!keeps || study_entries_append(&change.others, *entry, err));
        int32_t number = 0;
        while (change.ids[number] != entry->cohort) {
            number++;
        }
        entry->cohort = number + 1;
    }
    TRY(study_intersect_cohorts(&change.people, &change.chosen, (int)change.id_count, call_number(call, "gap", 0),
                                call_flag(call, "returnNonOverlappingCohorts", false), err));
    for (size_t i = 0; i < change.chosen.count; i++) {
        change.chosen.items[i].cohort += shift;
    }
    return finish(&change, err);
}

static bool subset(struct call *call, struct error *err)
{
    CHANGE change = {0};
    TRY(begin(call, &change, err));
    change.others.count = 0;
    return finish(&change, err);
}

static bool death_cohort(struct call *call, struct error *err)
{
    struct study_people people;
    struct table table = call_table(call, "death"), subset_table = call_cohort(call, "subsetCohort", "");
    const struct study_entry *deaths, *some;
    struct study_entries made = {.maximum = STUDY_ENTRIES_MAX};
    TRY(call_people(call, &people, err));
    size_t count = table_entries(call, &table, "death_date", "death_date", &deaths),
           some_count = call_entries(call, &subset_table, 0, &some);
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        size_t at = study_entries_find(some, some_count, deaths[i].subject);
        bool is_in = !call_argument(call, "subsetCohort") || (at < some_count && some[at].subject == deaths[i].subject);
        is_in = is_in && study_observation(&people, deaths[i].subject, deaths[i].start).first != STUDY_NO_DAY;
        done = !is_in || study_entries_append(&made, deaths[i], err);
    }
    if (done) {
        study_keep_entries(&made, (struct study_span){1, 1}, false);
        compare_entries(call, made.items, made.count);
    }
    study_entries_finish(&made);
    return done;
}

static bool random_draw(struct call *call, struct error *err)
{
    (void)err;
    return call_skip(call, "draws at random");
}

static bool plumbing(struct call *call, struct error *err)
{
    (void)err;
    return call_skip(call, "copies, names or indexes a table: nothing is computed");
}

const struct replay replay_cohort_constructor[] = {
    {"requireDemographics", require_demographics},
    {"requireAge", require_demographics},
    {"requireSex", require_demographics},
    {"requirePriorObservation", require_demographics},
    {"requireFutureObservation", require_demographics},
    {"requireInDateRange", require_in_date_range},
    {"requireDrugInDateRange", require_in_date_range},
    {"requireDuration", require_duration},
    {"requireIsFirstEntry", require_entry},
    {"requireIsFirstDrugEntry", require_entry},
    {"requireIsLastEntry", require_entry},
    {"requireIsEntry", require_entry},
    {"requirePriorDrugWashout", require_washout},
    {"requireObservationBeforeDrug", require_observation_before},
    {"requireMinCohortCount", require_minimum_count},
    {"requireCohortIntersect", require_intersect},
    {"requireConceptIntersect", require_intersect},
    {"requireTableIntersect", require_intersect},
    {"trimToDateRange", trim_dates},
    {"trimDuration", trim_duration},
    {"trimDemographics", trim_demographics},
    {"demographicsCohort", demographics_cohort},
    {"padCohortStart", pad},
    {"padCohortEnd", pad},
    {"padCohortDate", pad},
    {"entryAtFirstDate", move_to_date},
    {"entryAtLastDate", move_to_date},
    {"exitAtFirstDate", move_to_date},
    {"exitAtLastDate", move_to_date},
    {"exitAtObservationEnd", exit_at_observation_end},
    {"yearCohorts", year_cohorts},
    {"stratifyCohorts", stratify},
    {"collapseCohorts", collapse},
    {"erafyCohort", erafy},
    {"unionCohorts", unite},
    {"intersectCohorts", intersect},
    {"subsetCohorts", subset},
    {"deathCohort", death_cohort},
    {"matchCohorts", random_draw},
    {"sampleCohorts", random_draw},
    {"copyCohorts", plumbing},
    {"renameCohort", plumbing},
    {"addCohortTableIndex", plumbing},
    {"addCdmName", plumbing},
    {NULL, NULL},
};
