/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage report: for whom the warehouse links well and for whom worse (EMC2-06), by which rule, what was left out; against the truth,
 * where somebody knows it. For the operator: groups may be small. */
#include "base/file.h"
#include "governance/objection/objection.h"
#include "intake/assemble/assemble_linkage.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"

enum { SECONDS_PER_DAY = 86400, PAGE_MAX = 1 << 24 };

struct reporting {
    struct invocation *in;
    struct warehouse *warehouse;
    struct objections *objections;
    struct assemble_linkage *linkage;
    struct linkage_report *report;
    struct assemble_truth truth;
    bool in_french;
};
static void reporting_value_cleanup(struct reporting *reporting)
{
    assemble_linkage_close(reporting->linkage);
    objections_close(reporting->objections);
}

static bool is_excluded(void *context, const struct shelf_token *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (objection_matches(context, tokens[i].kind, tokens[i].fingerprint)) {
            return true;
        }
    }
    return false;
}

/* Objections, under the exponent that the shelves were made with. */
static bool objections_ask(struct reporting *reporting, const struct shelf_place *place, struct error *err)
{
    const struct warehouse *warehouse = reporting->warehouse;
    CLEANUP(shelves) struct shelves *shelves = NULL;
    TRY(objections_open(&reporting->objections, warehouse->directory, warehouse->keyring, &warehouse->grant, err));
    TRY(shelves_open(&shelves, place, err));
    if (!shelves_count(shelves) || !objections_count(reporting->objections)) {
        return true;
    }
    const uint32_t epoch = shelves_delivery(shelves, shelves_count(shelves) - 1)->head.epoch;
    return objections_prepare_under(reporting->objections, &warehouse->grant, epoch, err);
}

static bool truth_ask(struct reporting *reporting, struct error *err)
{
    const char *path = invocation_value(reporting->in, "truth");
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    if (!path) {
        return true;
    }
    reporting->report->has_truth = true;
    return csv_reader_open(&reader, path, NULL, err) &&
           assemble_linkage_quality(reporting->linkage, reader, path, &reporting->truth, &reporting->report->quality, err);
}

static bool report_make(struct reporting *reporting, struct error *err)
{
    const struct assemble_linkage *linkage = reporting->linkage;
    const char *name = invocation_value(reporting->in, "reference");
    const day today = {(int32_t)(clock_unix_seconds() / SECONDS_PER_DAY)};
    const struct linkage_report_options options = {.reference = name ? assemble_linkage_holder(linkage, text_of(name)) : 0,
                                                   .year = day_year(today),
                                                   .holders = linkage->holders,
                                                   .holder_count = linkage->holder_count};
    if (name && !options.reference) {
        FAIL(err, NOT_FOUND, "nothing of a holder of this name is on the shelves");
        return error_hint(err, "emc2 holder list");
    }
    return linkage_report_make(reporting->report, linkage->result, linkage->entries, &options, err) && truth_ask(reporting, err);
}

/* ---- in words ---- */
static void group_print(const struct linkage_group *group, bool in_french)
{
    char words[LINKAGE_WORDS_SIZE], entries[COUNT_TEXT_SIZE], linked[COUNT_TEXT_SIZE], ambiguous[COUNT_TEXT_SIZE],
        conflicting[COUNT_TEXT_SIZE];
    const double share = group->entries ? 100 * (double)group->linked / (double)group->entries : 100;
    print_line("  %-28s %13s %13s %7.1f %% %10s %10s%s", linkage_group_words(group, in_french, words), count_text(group->entries, entries),
               count_text(group->linked, linked), share, count_text(group->ambiguous, ambiguous),
               count_text(group->conflicting, conflicting),
               !group->is_low ? ""
               : in_french    ? "  moins de 90 %"
                              : "  below 90 %");
}

static void rules_print(const struct linkage_group *all, bool in_french)
{
    char count[COUNT_TEXT_SIZE];
    for (int rule = 0; rule < LINKAGE_RULE_COUNT; rule++) {
        const double share = all->entries ? 100 * (double)all->rules[rule] / (double)all->entries : 0;
        print_line("  %13s %7.1f %%  %s", count_text(all->rules[rule], count), share,
                   linkage_rule_words((enum linkage_rule)rule, in_french));
    }
}

static void exclusions_print(const struct reporting *reporting)
{
    static const char *const words[][2] = {
        {"pairs likely, but not the only ones: none taken", "paires probables mais pas uniques : aucune retenue"},
        {"pairs that may be twins: none taken", "paires qui peuvent être des jumeaux : aucune retenue"},
        {"refused: two of one holder", "refusées : deux fiches d'un même détenteur"},
        {"refused: two own numbers", "refusées : deux NIR"},
        {"refused: sex and birth both differ", "refusées : sexe et naissance diffèrent"},
        {"refused: two ranks of twins", "refusées : deux rangs de jumeaux"},
        {"tokens that too many share: not compared", "clés trop partagées : non comparées"},
        {"persons who objected: in no snapshot", "personnes opposées : absentes de l'entrepôt"},
        {"entries that no assembly has linked yet", "fiches qu'aucun assemblage n'a encore appariées"}};
    const struct linkage_counts *counts = &reporting->report->counts;
    const uint64_t numbers[] = {counts->ambiguous_pairs,
                                counts->twin_pairs,
                                counts->conflicts[LINKAGE_CONFLICT_HOLDER],
                                counts->conflicts[LINKAGE_CONFLICT_NIR],
                                counts->conflicts[LINKAGE_CONFLICT_BIRTH],
                                counts->conflicts[LINKAGE_CONFLICT_TWIN],
                                counts->blocks_skipped,
                                reporting->linkage->objected,
                                reporting->linkage->entries_new};
    _Static_assert(sizeof numbers / sizeof *numbers == sizeof words / sizeof *words, "a number for each line");
    char count[COUNT_TEXT_SIZE];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        print_line("  %13s  %s", count_text(numbers[i], count), words[i][reporting->in_french]);
    }
}

static void report_print(const struct reporting *reporting)
{
    const struct linkage_report *report = reporting->report;
    const bool fr = reporting->in_french;
    char one[COUNT_TEXT_SIZE], two[COUNT_TEXT_SIZE];
    print_line(fr ? "%s fiches, %s personnes" : "%s entries, %s persons", count_text(report->counts.entries, one),
               count_text(reporting->linkage->persons, two));
    print_line("  %-28s %13s %13s %9s %10s %10s", fr ? "groupe" : "group", fr ? "fiches" : "entries", fr ? "appariées" : "linked",
               fr ? "part" : "share", fr ? "ambiguës" : "ambiguous", fr ? "contredites" : "conflicts");
    for (size_t i = 0; i < report->group_count; i++) {
        group_print(&report->groups[i], fr);
    }
    print_line("%s", fr ? "par règle" : "by rule");
    rules_print(&report->groups[0], fr);
    print_line("%s", fr ? "écartés" : "left out");
    exclusions_print(reporting);
    if (report->has_truth) {
        print_line(fr ? "vérité connue pour %s fiches (%s lignes sans fiche)" : "truth known of %s entries (%s lines without an entry)",
                   count_text(reporting->truth.entries, one), count_text(reporting->truth.unknown, two));
        print_line(fr ? "précision %.5f  rappel %.5f  F1 %.5f" : "precision %.5f  recall %.5f  F1 %.5f", report->quality.precision,
                   report->quality.recall, report->quality.f1);
    }
    if (report->groups[0].is_low) {
        print_line("%s", fr ? "moins de 90 % des fiches sont appariées : à examiner (EMC2-06)"
                            : "fewer than 90 % of the entries are linked: look into it (EMC2-06)");
    }
}

static bool report_json(const struct reporting *reporting, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = PAGE_MAX};
    struct json_writer json = {.out = &out, .indented = true};
    TRY(json_begin_object(&json, err) && json_named_u64(&json, "persons", reporting->linkage->persons, err));
    TRY(json_named_u64(&json, "persons_objected", reporting->linkage->objected, err));
    TRY(json_named_u64(&json, "entries_not_linked_yet", reporting->linkage->entries_new, err));
    if (reporting->report->has_truth) {
        TRY(json_name(&json, "truth", err) && json_begin_object(&json, err) && json_named_u64(&json, "rows", reporting->truth.rows, err));
        TRY(json_named_u64(&json, "entries", reporting->truth.entries, err) &&
            json_named_u64(&json, "unknown", reporting->truth.unknown, err));
        TRY(json_end_object(&json, err));
    }
    TRY(json_name(&json, "linkage", err));
    TRY(linkage_report_write(reporting->report, reporting->linkage->result->model, &json, err) && json_end_object(&json, err));
    return print_buffer(&out, err);
}

static bool page_write(const struct reporting *reporting, struct error *err)
{
    CLEANUP(buffer_value) struct buffer page = {.maximum = PAGE_MAX};
    const char *path = invocation_value(reporting->in, "page");
    return !path || (linkage_report_html(reporting->report, reporting->linkage->result->model, reporting->in_french, &page, err) &&
                     file_write_atomic(path, page.data, page.length, 0600, err));
}

/* ---- the command ---- */
static bool enter(const struct reporting *reporting, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(reporting->warehouse, LEDGER_ACT_LINKAGE_REPORT, NULL, &entry, err));
    TRY(ledger_record_number(&entry.record, "entries", (int64_t)reporting->report->counts.entries, err));
    TRY(ledger_record_number(&entry.record, "persons", (int64_t)reporting->linkage->persons, err));
    TRY(ledger_record_number(&entry.record, "truth", (int64_t)reporting->truth.entries, err));
    return journal_write(reporting->warehouse->journal, &entry, 1, err);
}

static bool run(struct reporting *reporting, struct error *err)
{
    struct invocation *in = reporting->in;
    const struct warehouse *warehouse = reporting->warehouse;
    const struct shelf_place place = {warehouse->directory, warehouse->keyring, &warehouse->grant};
    TRY(objections_ask(reporting, &place, err));
    const struct assemble_options options = {
        .settings = &in->settings, .pool = in->pool, .is_excluded = is_excluded, .context = reporting->objections};
    TRY(assemble_linkage_open(&reporting->linkage, warehouse->store, &place, &options, err));
    reporting->report = ARENA_NEW(in->arena, struct linkage_report);
    TRY(report_make(reporting, err) && enter(reporting, err) && page_write(reporting, err));
    if (invocation_flag(in, "json")) {
        return report_json(reporting, err);
    }
    report_print(reporting);
    return true;
}

bool command_linkage_report(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    TRY(invocation_language_check(in, err));
    TRY(warehouse_open(&warehouse, in, "linkage report", GRANT_LOAD | GRANT_PSEUDONYMISE, err));
    __attribute__((cleanup(reporting_value_cleanup))) struct reporting reporting = {
        .in = in, .warehouse = &warehouse, .in_french = invocation_is_french(in, false)};
    return run(&reporting, err);
}
