/* SPDX-License-Identifier: EUPL-1.2 */
/* plan_print: a plan for people, in English or French: a table of the steps, each with what it looks at. */
#include "research/evaluate/evaluate_plan.h"
#include <inttypes.h>
#include <stdio.h>

/* A macro, so that the compiler sees both formats. */
#define EITHER(english, french) (language == COHORT_FRENCH ? (french) : (english))

static const char *kind_word(enum plan_step_kind kind, enum cohort_language language)
{
    switch (kind) {
    case PLAN_PRIMARY:
        return EITHER("entry events within observation", "événements d'entrée sous observation");
    case PLAN_ADDITIONAL:
        return EITHER("additional criteria", "critères supplémentaires");
    case PLAN_RULE:
        return EITHER("rule", "règle");
    case PLAN_EXIT:
        return EITHER("exit dates", "dates de sortie");
    case PLAN_COLLAPSE:
        return EITHER("periods joined", "périodes réunies");
    case PLAN_CRITERION:
    case PLAN_STEP_KINDS:
        break;
    }
    return "";
}

static bool number_append(struct buffer *out, uint64_t number, struct error *err)
{
    return buffer_append_format(out, err, " %12" PRIu64, number);
}

/* A name from outside is one line, without control characters. */
static bool name_append(const char *name, struct buffer *out, struct error *err)
{
    for (const char *c = name; *c; c++) {
        const char shown = (unsigned char)*c < ' ' || *c == 0x7F ? ' ' : *c;
        TRY(buffer_append(out, &shown, 1, err));
    }
    return true;
}

static bool access_append(const struct cohort_plan *plan, const struct plan_step *step, enum cohort_language language, struct buffer *out,
                          struct error *err)
{
    const struct cohort_criterion *criterion = step->criterion;
    const int set = criterion->concept_set != COHORT_NO_SET ? criterion->concept_set : criterion->source_concept_set;
    if (step->access == PLAN_WHOLE_TABLE) {
        return buffer_append_text(out, EITHER(", the whole table", ", la table entière"), err);
    }
    TRY(buffer_append_format(out, err, EITHER(", %zu concept%s of ", ", %zu concept%s de « "), step->concepts,
                             step->concepts == 1 ? "" : "s"));
    TRY(name_append(plan->program->concept_sets[set].name, out, err));
    TRY(buffer_append_text(out, EITHER("", " »"), err));
    return step->access != PLAN_BY_BOTH ||
           buffer_append_text(out, EITHER(", and of its source concepts", ", et de ses concepts sources"), err);
}

static bool criterion_append(const struct cohort_plan *plan, const struct plan_step *step, enum cohort_language language,
                             struct buffer *out, struct error *err)
{
    const struct cohort_criterion *criterion = step->criterion;
    TRY(buffer_append_text(out, omop_table(criterion->table)->name, err));
    TRY(access_append(plan, step, language, out, err));
    if (criterion->first_only) {
        TRY(buffer_append_text(out, EITHER(", first of each person", ", premier de chaque personne"), err));
    }
    if (criterion->test_count > 0) {
        TRY(buffer_append_format(out, err, ", %zu test%s", criterion->test_count, criterion->test_count == 1 ? "" : "s"));
    }
    if (criterion->nested) {
        TRY(buffer_append_text(out, EITHER(", with a group of its own", ", avec son propre groupe"), err));
    }
    return step->uses < 2 || buffer_append_format(out, err, EITHER("; once for %zu places", " ; une fois pour %zu endroits"), step->uses);
}

static bool step_append(const struct cohort_plan *plan, size_t position, enum cohort_language language, struct buffer *out,
                        struct error *err)
{
    const struct plan_step *step = &plan->steps[position];
    const struct plan_step_work *actual = &step->actual;
    TRY(buffer_append_format(out, err, "%4zu", position + 1));
    TRY(number_append(out, step->estimated_found, err) && number_append(out, step->estimated_kept, err));
    if (plan->is_run && actual->segments == 0) {
        TRY(buffer_append_format(out, err, " %12s %12s %10s %8s %8s %12s", "-", "-", "-", "-", "-", "-"));
    } else if (plan->is_run) {
        TRY(step->kind == PLAN_CRITERION ? number_append(out, actual->rows_found, err) : buffer_append_format(out, err, " %12s", ""));
        TRY(number_append(out, actual->rows_kept, err));
        TRY(buffer_append_format(out, err, " %10.3f %8" PRIu64 " %8" PRIu64 " %12" PRIu64, (double)actual->ns / 1e6, actual->pages,
                                 actual->decrypted_pages, actual->decrypted_bytes));
    }
    TRY(buffer_append_text(out, "  ", err));
    if (step->kind == PLAN_CRITERION) {
        TRY(criterion_append(plan, step, language, out, err));
    } else {
        TRY(buffer_append_text(out, kind_word(step->kind, language), err));
        TRY(!step->name || !step->name[0] || (buffer_append_text(out, EITHER(": ", " : "), err) && name_append(step->name, out, err)));
    }
    return buffer_append_format(out, err, "%s%s%s\n", step->path[0] ? "  [" : "", step->path, step->path[0] ? "]" : "");
}

static bool head_append(const struct cohort_plan *plan, enum cohort_language language, struct buffer *out, struct error *err)
{
    TRY(buffer_append_format(out, err,
                             EITHER("%" PRIu64 " persons in %" PRIu64 " segment%s; every segment takes the same steps.\n",
                                    "%" PRIu64 " personnes en %" PRIu64 " segment%s ; chaque segment suit les mêmes étapes.\n"),
                             plan->persons, plan->segments, plan->segments == 1 ? "" : "s"));
    if (plan->is_run) {
        TRY(buffer_append_format(out, err,
                                 EITHER("Run in %.3f ms; times below are summed over the threads.\n",
                                        "Exécuté en %.3f ms ; les temps ci-dessous sont la somme des fils d'exécution.\n"),
                                 (double)plan->wall_ns / 1e6));
    }
    TRY(buffer_append_format(out, err, "%4s %12s %12s", EITHER("step", "no"), EITHER("est. found", "est. lues"),
                             EITHER("est. kept", "est. gardées")));
    if (plan->is_run) {
        TRY(buffer_append_format(out, err, " %12s %12s %10s %8s %8s %12s", EITHER("found", "lues"), EITHER("kept", "gardées"), "ms",
                                 "pages", EITHER("opened", "ouvertes"), EITHER("bytes", "octets")));
    }
    return buffer_append_text(out, "\n", err);
}

bool cohort_plan_print(const struct cohort_plan *plan, enum cohort_language language, struct buffer *out, struct error *err)
{
    TRY(head_append(plan, language, out, err));
    for (size_t i = 0; i < plan->count; i++) {
        TRY(step_append(plan, i, language, out, err));
    }
    return true;
}
