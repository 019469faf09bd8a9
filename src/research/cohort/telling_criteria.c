/* SPDX-License-Identifier: EUPL-1.2 */
/* Criteria, windows and groups in words. */
#include "research/cohort/telling.h"

static const char *with(const struct telling *t, const char *text, const char *more)
{
    return phrase(t, "%s; %s", "%s ; %s", text, more);
}

static const char *offset_phrase(const struct telling *t, bool is_end, int offset)
{
    const char *date = is_end ? word(t, "end", "fin") : word(t, "start", "début");
    return offset == 0
               ? date
               : phrase(t, "%s %s %s", "%s %s %s", date, offset < 0 ? "-" : "+", days_phrase(t, offset < 0 ? -(int64_t)offset : offset));
}

static const char *user_period_phrase(const struct telling *t, const struct cohort_criterion *criterion)
{
    const char *start = date_phrase(t, criterion->user_start.number), *end = date_phrase(t, criterion->user_end.number);
    if (criterion->has_user_start && criterion->has_user_end) {
        return phrase(t, "restricted to %s to %s, which it must include", "limitée du %s au %s, qu'elle doit contenir", start, end);
    }
    return criterion->has_user_start
               ? phrase(t, "restricted to begin on %s, which it must include", "limitée à partir du %s, qu'elle doit contenir", start)
               : phrase(t, "restricted to end on %s, which it must include", "limitée au %s, qu'elle doit contenir", end);
}

const char *criterion_phrase(struct telling *t, const struct cohort_criterion *criterion)
{
    const char *noun = table_word(t, criterion->table);
    const char *text = criterion->concept_set == COHORT_NO_SET
                           ? phrase(t, "%s (any)", "%s (sans restriction de concept)", noun)
                           : phrase(t, "%s in %s", "%s dans %s", noun, set_phrase(t, criterion->concept_set));
    if (criterion->source_concept_set != COHORT_NO_SET) {
        text = with(t, text, phrase(t, "source code in %s", "code source dans %s", set_phrase(t, criterion->source_concept_set)));
    }
    if (criterion->first_only) {
        text = with(t, text, word(t, "only the person's first one", "seulement la première occurrence de la personne"));
    }
    if (criterion->has_adjustment) {
        const struct cohort_adjustment *a = &criterion->adjustment;
        text = with(t, text,
                    phrase(t, "its dates taken as: from its %s to its %s", "ses dates prises ainsi : de %s à %s",
                           offset_phrase(t, a->starts_from_end, a->start_offset), offset_phrase(t, a->ends_from_end, a->end_offset)));
    }
    for (size_t i = 0; i < criterion->test_count; i++) {
        text = with(t, text, test_phrase(t, criterion->table, &criterion->tests[i]));
    }
    if (criterion->has_user_start || criterion->has_user_end) {
        text = with(t, text, user_period_phrase(t, criterion));
    }
    return text;
}

void tell_criterion(struct telling *t, int level, const char *before, const struct cohort_criterion *criterion)
{
    const char *text = phrase(t, "%s%s", "%s%s", before, criterion_phrase(t, criterion));
    if (!criterion->nested) {
        tell(t, level, true, text);
        return;
    }
    tell(t, level, true, phrase(t, "%s; and around that event:", "%s ; et autour de cet événement :", text));
    tell_group(t, level + 1, criterion->nested, true);
}

static bool is_open(struct cohort_bound bound, enum cohort_bound_kind side)
{
    return bound.kind == COHORT_BOUND_NONE || bound.kind == side;
}

static const char *bound_phrase(const struct telling *t, struct cohort_bound bound)
{
    switch (bound.kind) {
    case COHORT_BOUND_PERIOD_START:
        return word(t, "the start of observation", "le début de l'observation");
    case COHORT_BOUND_PERIOD_END:
        return word(t, "the end of observation", "la fin de l'observation");
    case COHORT_BOUND_NONE:
        return word(t, "any time", "une date quelconque");
    case COHORT_BOUND_DAYS:
        break;
    }
    if (bound.days == 0) {
        return word(t, "the same day", "le jour même");
    }
    return bound.days < 0 ? phrase(t, "%s before", "%s avant", days_phrase(t, -bound.days))
                          : phrase(t, "%s after", "%s après", days_phrase(t, bound.days));
}

/* Both sides in days from the index. */
static const char *closed_phrase(const struct telling *t, int64_t from, int64_t to, const char *index)
{
    const char *before = days_phrase(t, -from), *after = days_phrase(t, to);
    if (from == to && from == 0) {
        return phrase(t, "on the day of %s", "le jour de %s", index);
    }
    if (from == to) {
        return from < 0 ? phrase(t, "exactly %s before %s", "exactement %s avant %s", before, index)
                        : phrase(t, "exactly %s after %s", "exactement %s après %s", after, index);
    }
    if (from < 0 && to == 0) {
        return phrase(t, "in the %s before %s or on that day", "dans les %s précédant %s ou ce jour-là", before, index);
    }
    if (from < 0 && to == -1) {
        return phrase(t, "in the %s before %s", "dans les %s précédant %s", before, index);
    }
    if (from == 0 && to > 0) {
        return phrase(t, "on the day of %s or in the %s after", "le jour de %s ou dans les %s suivants", index, after);
    }
    if (from == 1 && to > 1) {
        return phrase(t, "in the %s after %s", "dans les %s suivant %s", after, index);
    }
    return phrase(t, "between %s and %s, counted from %s", "entre %s et %s, par rapport à %s",
                  bound_phrase(t, (struct cohort_bound){COHORT_BOUND_DAYS, from}),
                  bound_phrase(t, (struct cohort_bound){COHORT_BOUND_DAYS, to}), index);
}

static const char *until_phrase(const struct telling *t, int64_t to, const char *index)
{
    if (to == -1) {
        return phrase(t, "at any time before %s", "à tout moment avant %s", index);
    }
    if (to == 0) {
        return phrase(t, "at any time before %s or on that day", "à tout moment avant %s ou ce jour-là", index);
    }
    return to < 0 ? phrase(t, "at any time until %s before %s", "à tout moment jusqu'à %s avant %s", days_phrase(t, -to), index)
                  : phrase(t, "at any time until %s after %s", "à tout moment jusqu'à %s après %s", days_phrase(t, to), index);
}

static const char *since_phrase(const struct telling *t, int64_t from, const char *index)
{
    if (from == 1) {
        return phrase(t, "at any time after %s", "à tout moment après %s", index);
    }
    if (from == 0) {
        return phrase(t, "on the day of %s or at any time after", "le jour de %s ou à tout moment après", index);
    }
    return from < 0 ? phrase(t, "at any time from %s before %s", "à tout moment à partir de %s avant %s", days_phrase(t, -from), index)
                    : phrase(t, "at any time from %s after %s", "à tout moment à partir de %s après %s", days_phrase(t, from), index);
}

static const char *index_phrase(const struct telling *t, bool is_end, bool is_nested)
{
    const char *event = is_nested ? word(t, "that event", "cet événement") : word(t, "the entry event", "l'événement d'entrée");
    return is_end ? phrase(t, "the end of %s", "la fin de %s", event) : event;
}

const char *window_phrase(const struct telling *t, const struct cohort_window *window, bool is_nested)
{
    const char *index = index_phrase(t, window->uses_index_end, is_nested), *when = NULL;
    bool is_from_open = is_open(window->from, COHORT_BOUND_PERIOD_START), is_to_open = is_open(window->to, COHORT_BOUND_PERIOD_END);
    bool is_from_days = window->from.kind == COHORT_BOUND_DAYS, is_to_days = window->to.kind == COHORT_BOUND_DAYS;
    if (is_from_days && is_to_days) {
        when = closed_phrase(t, window->from.days, window->to.days, index);
    } else if (is_from_open && is_to_days) {
        when = until_phrase(t, window->to.days, index);
    } else if (is_from_days && is_to_open) {
        when = since_phrase(t, window->from.days, index);
    } else if (is_from_open && is_to_open) {
        when = word(t, "at any time", "à tout moment");
    } else {
        when = phrase(t, "from %s to %s, counted from %s", "de : %s à : %s, par rapport à %s", bound_phrase(t, window->from),
                      bound_phrase(t, window->to), index);
    }
    bool is_in_period =
        window->uses_event_end && (window->from.kind == COHORT_BOUND_PERIOD_START || window->to.kind == COHORT_BOUND_PERIOD_END);
    const char *verb = window->uses_event_end ? word(t, "ending", "finissant") : word(t, "starting", "commençant");
    return phrase(t, "%s %s%s", "%s %s%s", verb, when, is_in_period ? word(t, ", within observation", ", pendant l'observation") : "");
}

static const char *count_phrase(const struct telling *t, const struct cohort_correlated *correlated)
{
    const char *how = "";
    switch (correlated->count) {
    case COHORT_COUNT_EXACTLY:
        how = word(t, "exactly", "exactement");
        break;
    case COHORT_COUNT_AT_MOST:
        how = word(t, "at most", "au plus");
        break;
    case COHORT_COUNT_AT_LEAST:
        how = word(t, "at least", "au moins");
        break;
    }
    long long number = (long long)correlated->number;
    if (correlated->is_distinct) {
        const char *values = number == 1 ? word(t, "distinct value", "valeur distincte") : word(t, "distinct values", "valeurs distinctes");
        return phrase(t, "%s %lld %s of %s among occurrences of: ", "%s %lld %s de %s parmi les occurrences de : ", how, number, values,
                      value_word(t, correlated->criterion->table, correlated->distinct));
    }
    if (number == 0 && correlated->count != COHORT_COUNT_AT_LEAST) {
        return word(t, "no occurrence of: ", "aucune occurrence de : ");
    }
    return number == 1 ? phrase(t, "%s %lld occurrence of: ", "%s %lld occurrence de : ", how, number)
                       : phrase(t, "%s %lld occurrences of: ", "%s %lld occurrences de : ", how, number);
}

void tell_correlated(struct telling *t, int level, const struct cohort_correlated *correlated, bool is_nested)
{
    const char *text = phrase(t, "%s%s", "%s%s", count_phrase(t, correlated), criterion_phrase(t, correlated->criterion));
    text = with(t, text, window_phrase(t, &correlated->start_window, is_nested));
    if (correlated->has_end_window) {
        text = with(t, text, window_phrase(t, &correlated->end_window, is_nested));
    }
    if (correlated->restricts_to_visit) {
        text = with(t, text, word(t, "in the same visit", "au cours du même séjour"));
    }
    if (correlated->ignores_observation_period) {
        text = with(t, text, word(t, "also outside observation", "même hors observation"));
    }
    if (!correlated->criterion->nested) {
        tell(t, level, true, text);
        return;
    }
    tell(t, level, true, phrase(t, "%s; and around that event:", "%s ; et autour de cet événement :", text));
    tell_group(t, level + 1, correlated->criterion->nested, true);
}

void tell_demographic(struct telling *t, int level, const struct cohort_demographic *demographic)
{
    const char *text = NULL;
    for (size_t i = 0; i < demographic->test_count; i++) {
        const char *test = test_phrase(t, OMOP_TABLE_PERSON, &demographic->tests[i]);
        text = text ? with(t, text, test) : test;
    }
    text = text ? text : word(t, "known, without further condition", "connue, sans autre condition");
    tell(t, level, true, phrase(t, "person: %s", "personne : %s", text));
}

static const char *group_phrase(const struct telling *t, const struct cohort_group *group, size_t items)
{
    long long number = (long long)group->number;
    if (items == 0) {
        return word(t, "no condition (always met)", "aucune condition (toujours vrai)");
    }
    switch (group->kind) {
    case COHORT_ALL:
        return word(t, "all of the following hold:", "toutes les conditions suivantes sont vraies :");
    case COHORT_ANY:
        return word(t, "at least one of the following holds:", "au moins une des conditions suivantes est vraie :");
    case COHORT_AT_LEAST_ITEMS:
        return phrase(t, "at least %lld of the following hold:", "au moins %lld des conditions suivantes sont vraies :", number);
    case COHORT_AT_MOST_ITEMS:
        break;
    }
    return number == 0 ? word(t, "none of the following holds:", "aucune des conditions suivantes n'est vraie :")
                       : phrase(t, "at most %lld of the following hold:", "au plus %lld des conditions suivantes sont vraies :", number);
}

/* A group that says no more than its one item is told as that item. */
void tell_group(struct telling *t, int level, const struct cohort_group *group, bool is_nested)
{
    size_t items = group->correlated_count + group->demographic_count + group->group_count;
    if (items != 1 || (group->kind != COHORT_ALL && group->kind != COHORT_ANY)) {
        tell(t, level++, true, group_phrase(t, group, items));
    }
    for (size_t i = 0; i < group->correlated_count; i++) {
        tell_correlated(t, level, &group->correlated[i], is_nested);
    }
    for (size_t i = 0; i < group->demographic_count; i++) {
        tell_demographic(t, level, &group->demographics[i]);
    }
    for (size_t i = 0; i < group->group_count; i++) {
        tell_group(t, level, &group->groups[i], is_nested);
    }
}
