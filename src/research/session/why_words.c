/* SPDX-License-Identifier: EUPL-1.2 */
/* why_words: the steps of a person in English or French: each event that could have been an entry, what became of it, and by which records.
 */
#include "base/calendar.h"
#include "research/cohort/cohort_words.h"
#include "research/session/session_why.h"
#include "warehouse/store/store.h"
#include <inttypes.h>

struct words {
    const struct cohort_program *program;
    enum cohort_language language;
    struct buffer *out;
};
enum { BLANKS = 3 };

static const char *either(const struct words *words, const char *english, const char *french)
{
    return words->language == COHORT_FRENCH ? french : english;
}

static const char *date(int64_t number, char out[DAY_TEXT_SIZE])
{
    day_to_text((day){(int32_t)number}, out);
    return out;
}

static bool record_words(const struct words *words, const struct why_record *record, struct error *err)
{
    char start[DAY_TEXT_SIZE], end[DAY_TEXT_SIZE];
    TRY(buffer_append_format(words->out, err, "%s %" PRId64 ", %s", cohort_table_word(record->table, words->language), record->id,
                             record->start == STORE_NO_DAY ? either(words, "no date", "sans date") : date(record->start, start)));
    return record->end == STORE_NO_DAY || record->end == record->start ||
           buffer_append_format(words->out, err, " %s %s", either(words, "to", "au"), date(record->end, end));
}

static bool verdict(const struct words *words, int level, bool is_met, struct error *err)
{
    return buffer_append_format(words->out, err, "%*s%s\n", level * BLANKS, "",
                                is_met ? either(words, "met", "satisfait") : either(words, "NOT met", "NON satisfait"));
}

/* Where the start had to lie, as far as it is bounded. */
static bool window_words(const struct words *words, const struct why_item *item, struct error *err)
{
    char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE];
    bool has_from = item->from > STORE_NO_DAY + INT64_C(1) && item->from <= INT32_MAX,
         has_to = item->to < INT32_MAX && item->to >= INT32_MIN;
    if (item->from > item->to) {
        return buffer_append_text(words->out, either(words, " (no day is possible)", " (aucun jour n'est possible)"), err);
    }
    TRY(!has_from || buffer_append_format(words->out, err, " %s %s", either(words, "from", "à partir du"), date(item->from, from)));
    return !has_to || buffer_append_format(words->out, err, " %s %s", either(words, "until", "jusqu'au"), date(item->to, to));
}

static bool found_words(const struct words *words, int level, const struct why_item *item, struct error *err)
{
    TRY(buffer_append_format(words->out, err, "%*s%s %" PRIu64, level * BLANKS, "", either(words, "found:", "trouvé :"), item->found));
    TRY(window_words(words, item, err) && buffer_append_text(words->out, "\n", err));
    for (size_t i = 0; i < item->record_count; i++) {
        TRY(buffer_append_format(words->out, err, "%*s- ", (level + 1) * BLANKS, "") && record_words(words, &item->records[i], err));
        TRY(buffer_append_text(words->out, "\n", err));
    }
    return true;
}

static bool group_words(const struct words *words, int level, const struct why_group *group, struct error *err);

static bool item_words(const struct words *words, int level, const struct why_item *item, struct error *err)
{
    if (item->group) {
        TRY(buffer_append_format(words->out, err, "%*s- %s\n", level * BLANKS, "", either(words, "a group:", "un groupe :")));
        return group_words(words, level + 1, item->group, err);
    }
    if (item->demographic) {
        TRY(cohort_demographic_words(words->program, item->demographic, words->language, level, words->out, err));
    } else {
        TRY(cohort_correlated_words(words->program, item->correlated, words->language, level, words->out, err));
        TRY(found_words(words, level + 1, item, err));
    }
    return verdict(words, level + 1, item->is_met, err);
}

static bool group_words(const struct words *words, int level, const struct why_group *group, struct error *err)
{
    size_t met = 0;
    for (size_t i = 0; i < group->item_count; i++) {
        met += group->items[i].is_met;
        TRY(item_words(words, level, &group->items[i], err));
    }
    if (group->item_count == 1) {
        return true; /* the item has said it */
    }
    TRY(buffer_append_format(words->out, err, "%*s%s %zu/%zu: ", level * BLANKS, "", either(words, "together", "ensemble"), met,
                             group->item_count));
    return verdict(words, 0, group->is_met, err);
}

static const char *lost_words(const struct words *words, enum why_step step)
{
    switch (step) {
    case WHY_NO_PERIOD:
        return either(words, "lost: it starts in no observation period", "perdu : il ne débute dans aucune période d'observation");
    case WHY_WINDOW:
        return either(words, "lost: too near to the beginning or the end of observation",
                      "perdu : trop près du début ou de la fin de l'observation");
    case WHY_PRIMARY_LIMIT:
        return either(words, "lost: another entry event counts (first or last)",
                      "perdu : un autre événement d'entrée compte (premier ou dernier)");
    case WHY_ADDITIONAL:
        return either(words, "lost: the restriction of entry events is not met",
                      "perdu : la restriction des événements d'entrée n'est pas satisfaite");
    case WHY_QUALIFIED_LIMIT:
    case WHY_EXPRESSION_LIMIT:
        return either(words, "lost: another event of this person counts (first or last)",
                      "perdu : un autre événement de cette personne compte (premier ou dernier)");
    case WHY_RULES:
        return either(words, "lost: a rule is not met", "perdu : une règle n'est pas satisfaite");
    case WHY_NO_EXIT:
        return either(words, "lost: there is no end date at or after it", "perdu : aucune date de fin à sa date ou après");
    case WHY_KEPT:
        break;
    }
    return either(words, "counts", "compte");
}

static bool rules_words(const struct words *words, const struct why_event *event, struct error *err)
{
    for (size_t r = 0; event->rules && r < words->program->rule_count; r++) {
        TRY(buffer_append_format(words->out, err, "%*s%s %zu: %s: %s\n", 2 * BLANKS, "", either(words, "Rule", "Règle"), r + 1,
                                 words->program->rules[r].name,
                                 event->rules[r].is_met ? either(words, "met", "satisfaite") : either(words, "NOT met", "NON satisfaite")));
        TRY(group_words(words, 3, &event->rules[r], err));
    }
    return true;
}

static bool event_words(const struct words *words, const struct why_event *event, struct error *err)
{
    char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE];
    TRY(buffer_append_text(words->out, "   - ", err) && record_words(words, &event->record, err));
    TRY(buffer_append_format(words->out, err, ": %s\n", lost_words(words, event->lost)));
    if (event->lost > WHY_NO_PERIOD) {
        TRY(buffer_append_format(words->out, err, "%*s%s %s %s %s\n", 2 * BLANKS, "", either(words, "observed from", "observé du"),
                                 date(event->period_start, from), either(words, "until", "au"), date(event->period_end, to)));
    }
    if (event->additional) {
        TRY(buffer_append_format(words->out, err, "%*s%s\n", 2 * BLANKS, "", either(words, "Restriction:", "Restriction :")));
        TRY(group_words(words, 3, event->additional, err));
    }
    TRY(rules_words(words, event, err));
    return event->lost != WHY_KEPT ||
           buffer_append_format(words->out, err, "%*s%s %s%s\n", 2 * BLANKS, "", either(words, "leaves on", "sort le"),
                                date(event->exit, to), event->is_censored ? either(words, " (censored)", " (censuré)") : "");
}

bool session_why_words(const struct cohort_program *program, const struct cohort_why *why, enum cohort_language language,
                       struct buffer *out, struct error *err)
{
    const struct words words = {program, language, out};
    char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE];
    TRY(buffer_append_format(out, err, "%s\n%s\n",
                             why->is_in ? either(&words, "The person is in the cohort.", "La personne est dans la cohorte.")
                                        : either(&words, "The person is NOT in the cohort.", "La personne n'est PAS dans la cohorte."),
                             why->event_count > 0
                                 ? either(&words, "Possible entry events:", "Événements d'entrée possibles :")
                                 : either(&words, "No record is an entry event.", "Aucun enregistrement n'est un événement d'entrée.")));
    for (size_t i = 0; i < why->event_count; i++) {
        TRY(event_words(&words, &why->events[i], err));
    }
    for (size_t i = 0; i < why->row_count; i++) {
        TRY(buffer_append_format(out, err, "%s %s %s %s\n", either(&words, "In the cohort from", "Dans la cohorte du"),
                                 date(why->rows[i].start, from), either(&words, "until", "au"), date(why->rows[i].end, to)));
    }
    return true;
}
