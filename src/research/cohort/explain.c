/* SPDX-License-Identifier: EUPL-1.2 */
/* The program in words: entry, restriction, rules, exit, joining, concept sets. */
#include "research/cohort/cohort_words.h"
#include "research/cohort/telling.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LEVEL_BLANKS = 3, ITEMS_TOLD = 20 };

const char *word(const struct telling *t, const char *english, const char *french)
{
    return t->language == COHORT_FRENCH ? french : english;
}

const char *phrase(const struct telling *t, const char *english, const char *french, ...)
{
    va_list arguments, again;
    va_start(arguments, french);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, t->language == COHORT_FRENCH ? french : english, arguments);
    va_end(arguments);
    size_t size = length > 0 ? (size_t)length + 1 : 1;
    char *text = arena_allocate_raw(t->scratch, size, 1);
    text[0] = '\0';
    vsnprintf(text, size, t->language == COHORT_FRENCH ? french : english, again);
    va_end(again);
    return text;
}

const char *one_line(const struct telling *t, const char *text)
{
    char *line = arena_text_copy(t->scratch, text);
    for (char *c = line; *c; c++) {
        *c = (unsigned char)*c < ' ' || *c == 0x7F ? ' ' : *c;
    }
    return line;
}

const char *days_phrase(const struct telling *t, int64_t days)
{
    return days == 1 ? word(t, "1 day", "1 jour") : phrase(t, "%lld days", "%lld jours", (long long)days);
}

const char *date_phrase(const struct telling *t, int64_t number)
{
    char text[DAY_TEXT_SIZE];
    day_to_text((day){(int32_t)number}, text);
    return arena_text_copy(t->scratch, text);
}

void tell(struct telling *t, int level, bool is_item, const char *line)
{
    t->has_failed =
        t->has_failed || !buffer_append_format(t->out, t->err, "%*s%s%s\n", level * LEVEL_BLANKS, "", is_item ? "- " : "", line);
}

static void tell_limit(struct telling *t, enum cohort_limit limit)
{
    switch (limit) {
    case COHORT_LIMIT_FIRST:
        tell(t, 1, false,
             word(t, "Of these, the first event of each person is kept.",
                  "Parmi ceux-ci, le premier événement de chaque personne est retenu."));
        break;
    case COHORT_LIMIT_LAST:
        tell(t, 1, false,
             word(t, "Of these, the last event of each person is kept.",
                  "Parmi ceux-ci, le dernier événement de chaque personne est retenu."));
        break;
    case COHORT_LIMIT_ALL:
        tell(t, 1, false, word(t, "All of these events are kept.", "Tous ces événements sont retenus."));
        break;
    }
}

static void tell_entry(struct telling *t)
{
    const struct cohort_program *program = t->program;
    tell(t, 0, false, word(t, "1. Entry events", "1. Événements d'entrée"));
    tell(t, 1, false,
         program->primary_count == 1
             ? word(t, "A person enters with this event:", "Une personne entre par cet événement :")
             : word(t, "A person enters with any of these events:", "Une personne entre par l'un de ces événements :"));
    for (size_t i = 0; i < program->primary_count; i++) {
        tell_criterion(t, 1, "", &program->primary[i]);
    }
    tell(t, 1, false,
         word(t, "The event starts while the person is observed.", "L'événement commence pendant l'observation de la personne."));
    if (program->prior_days != 0) {
        tell(t, 1, false,
             phrase(t, "Observation began at least %s before it.", "L'observation a commencé au moins %s avant lui.",
                    days_phrase(t, program->prior_days)));
    }
    if (program->post_days != 0) {
        tell(t, 1, false,
             phrase(t, "Observation goes on for at least %s after it.", "L'observation se poursuit au moins %s après lui.",
                    days_phrase(t, program->post_days)));
    }
    tell_limit(t, program->primary_limit);
}

static void tell_restriction(struct telling *t)
{
    tell(t, 0, false, word(t, "2. Restriction of the entry events", "2. Restriction des événements d'entrée"));
    if (!t->program->additional) {
        tell(t, 1, false, word(t, "None.", "Aucune."));
        return;
    }
    tell_group(t, 1, t->program->additional, false);
    tell_limit(t, t->program->qualified_limit);
}

static void tell_rules(struct telling *t)
{
    const struct cohort_program *program = t->program;
    tell(t, 0, false, word(t, "3. Inclusion rules", "3. Règles d'inclusion"));
    if (program->rule_count == 0) {
        tell(t, 1, false, word(t, "None.", "Aucune."));
    }
    for (size_t i = 0; i < program->rule_count; i++) {
        const struct cohort_rule *rule = &program->rules[i];
        tell(t, 1, false,
             phrase(t, "Rule %zu: %s", "Règle %zu : %s", i + 1,
                    rule->name[0] ? one_line(t, rule->name) : word(t, "(no name)", "(sans nom)")));
        if (rule->description[0]) {
            tell(t, 2, false, one_line(t, rule->description));
        }
        tell_group(t, 2, &rule->group, false);
    }
    if (program->rule_count > 0) {
        tell(t, 1, false, word(t, "Events that meet every rule remain.", "Restent les événements qui satisfont toutes les règles."));
    }
    if (program->rule_count > 0 || program->expression_limit != COHORT_LIMIT_ALL) {
        tell_limit(t, program->expression_limit);
    }
}

static void tell_offset(struct telling *t, const struct cohort_exit *exit)
{
    const char *date = exit->from_end ? word(t, "the end of the event", "la fin de l'événement")
                                      : word(t, "the start of the event", "le début de l'événement");
    const char *days = days_phrase(t, exit->offset < 0 ? -(int64_t)exit->offset : exit->offset);
    const char *when = exit->offset == 0  ? phrase(t, "on the day of %s", "le jour même : %s", date)
                       : exit->offset < 0 ? phrase(t, "%s before %s", "%s avant %s", days, date)
                                          : phrase(t, "%s after %s", "%s après %s", days, date);
    tell(t, 1, false,
         phrase(t, "The person leaves %s, or when observation ends if that is earlier.",
                "La personne sort %s, ou à la fin de l'observation si elle est antérieure.", when));
}

static void tell_drug_era(struct telling *t, const struct cohort_exit *exit)
{
    tell(t, 1, false,
         phrase(t, "The person leaves at the end of continuous exposure to drugs in %s, or when observation ends if that is earlier.",
                "La personne sort à la fin de l'exposition continue aux médicaments de %s, ou à la fin de l'observation si elle est "
                "antérieure.",
                set_phrase(t, exit->drug_set)));
    tell(t, 1, false,
         phrase(t, "Exposures at most %s apart count as continuous.", "Des expositions séparées d'au plus %s comptent comme continues.",
                days_phrase(t, (int64_t)exit->gap_days + exit->offset)));
    if (exit->offset != 0) {
        const char *days = days_phrase(t, exit->offset < 0 ? -(int64_t)exit->offset : exit->offset);
        tell(t, 1, false,
             exit->offset < 0
                 ? phrase(t, "The exit is %s before the end of the exposure.", "La sortie est %s avant la fin de l'exposition.", days)
                 : phrase(t, "The exit is %s after the end of the exposure.", "La sortie est %s après la fin de l'exposition.", days));
    }
    if (exit->has_supply_override) {
        tell(t, 1, false,
             phrase(t, "Each exposure is taken to last %s.", "Chaque exposition est supposée durer %s.",
                    days_phrase(t, exit->supply_override)));
    }
}

static void tell_exit(struct telling *t)
{
    const struct cohort_program *program = t->program;
    tell(t, 0, false, word(t, "4. Exit", "4. Sortie"));
    switch (program->exit.kind) {
    case COHORT_EXIT_PERIOD_END:
        tell(t, 1, false, word(t, "The person leaves when observation ends.", "La personne sort à la fin de l'observation."));
        break;
    case COHORT_EXIT_OFFSET:
        tell_offset(t, &program->exit);
        break;
    case COHORT_EXIT_DRUG_ERA:
        tell_drug_era(t, &program->exit);
        break;
    }
    if (program->censoring_count > 0) {
        tell(t, 1, false, word(t, "Or earlier, when one of these events starts:", "Ou plus tôt, au début de l'un de ces événements :"));
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        tell_criterion(t, 1, "", &program->censoring[i]);
    }
}

static void tell_joining(struct telling *t)
{
    const struct cohort_program *program = t->program;
    tell(t, 0, false, word(t, "5. Joining of periods", "5. Réunion des périodes"));
    tell(t, 1, false,
         program->era_pad == 0
             ? word(t, "Periods of one person that share a day become one.",
                    "Les périodes d'une personne qui ont un jour en commun n'en font qu'une.")
             : phrase(t, "Periods of one person that overlap, or begin at most %s after another's end, become one.",
                      "Les périodes d'une personne qui se recouvrent, ou commencent au plus %s après la fin d'une autre, n'en font qu'une.",
                      days_phrase(t, program->era_pad)));
    if (program->has_censor_start) {
        tell(t, 1, false,
             phrase(t, "Nothing before %s counts.", "Rien ne compte avant le %s.", date_phrase(t, program->censor_start.number)));
    }
    if (program->has_censor_end) {
        tell(t, 1, false, phrase(t, "Nothing after %s counts.", "Rien ne compte après le %s.", date_phrase(t, program->censor_end.number)));
    }
}

static void tell_set(struct telling *t, const struct cohort_concept_set *set, int position)
{
    tell(t, 1, true, set_phrase(t, position));
    for (size_t i = 0; i < set->item_count && i < ITEMS_TOLD; i++) {
        const struct concept_set_item *item = &set->items[i];
        const char *verb = item->is_excluded ? word(t, "without ", "sans ") : "";
        tell(t, 2, true,
             phrase(t, "%s%s%s%s", "%s%s%s%s", verb, concept_phrase(t, item->concept.value, set->item_names[i]),
                    item->include_descendants ? word(t, ", with descendants", ", avec ses descendants") : "",
                    item->include_mapped ? word(t, ", with the codes mapped to it", ", avec les codes qui y sont alignés") : ""));
    }
    if (set->item_count > ITEMS_TOLD) {
        tell(t, 2, true, phrase(t, "and %zu more", "et %zu de plus", set->item_count - ITEMS_TOLD));
    }
}

static void tell_sets(struct telling *t)
{
    if (t->program->concept_set_count > 0) {
        tell(t, 0, false, word(t, "6. Concept sets", "6. Ensembles de concepts"));
    }
    for (size_t i = 0; i < t->program->concept_set_count; i++) {
        tell_set(t, &t->program->concept_sets[i], (int)i);
    }
}

/* Sizes of the sets: of their members when they are resolved or can be. */
static bool sizes_find(struct telling *t, struct error *err)
{
    const struct cohort_program *program = t->program;
    size_t *sizes = ARENA_ARRAY(t->scratch, size_t, program->concept_set_count);
    bool *is_known = ARENA_ARRAY(t->scratch, bool, program->concept_set_count);
    for (size_t i = 0; i < program->concept_set_count; i++) {
        const struct cohort_concept_set *set = &program->concept_sets[i];
        struct concept_ids members = set->members;
        is_known[i] = set->is_resolved || t->vocabulary;
        if (!set->is_resolved && t->vocabulary) {
            TRY(vocabulary_concept_set_resolve(t->vocabulary, set->items, set->item_count, t->scratch, &members, err));
        }
        sizes[i] = is_known[i] ? members.count : set->item_count;
    }
    t->set_sizes = sizes;
    t->is_size_known = is_known;
    return true;
}

bool cohort_program_explain(const struct cohort_program *program, struct vocabulary *vocabulary, enum cohort_language language,
                            struct buffer *out, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct telling t = {.program = program, .vocabulary = vocabulary, .language = language, .out = out, .scratch = scratch, .err = err};
    TRY(sizes_find(&t, err));
    tell(&t, 0, false, phrase(&t, "Cohort: %s", "Cohorte : %s", one_line(&t, program->title[0] ? program->title : program->name)));
    tell_entry(&t);
    tell_restriction(&t);
    tell_rules(&t);
    tell_exit(&t);
    tell_joining(&t);
    tell_sets(&t);
    return !t.has_failed;
}

/* ---- parts ---- */
bool cohort_correlated_words(const struct cohort_program *program, const struct cohort_correlated *correlated,
                             enum cohort_language language, int level, struct buffer *out, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct telling t = {.program = program, .language = language, .out = out, .scratch = scratch, .err = err};
    TRY(sizes_find(&t, err));
    tell_correlated(&t, level, correlated, false);
    return !t.has_failed;
}

bool cohort_demographic_words(const struct cohort_program *program, const struct cohort_demographic *demographic,
                              enum cohort_language language, int level, struct buffer *out, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct telling t = {.program = program, .language = language, .out = out, .scratch = scratch, .err = err};
    TRY(sizes_find(&t, err));
    tell_demographic(&t, level, demographic);
    return !t.has_failed;
}

const char *cohort_table_word(int table, enum cohort_language language)
{
    const struct telling t = {.language = language};
    return table_word(&t, table);
}
