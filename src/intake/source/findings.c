/* SPDX-License-Identifier: EUPL-1.2 */
/* Findings: counted by table, field and kind, and a bounded list with the places. Errors are what the user must mend, so that what is only
 * dangling, missing or implausible takes at most a few places for each field and half of the list. */
#include "intake/source/source_findings.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLES_OF_A_FIELD = 20, BATCH_KEPT_MAX = 1000 };

struct findings {
    struct finding_list kept;
    uint64_t harmless; /* kept ones that are no errors */
    uint64_t totals[FINDING_SEVERITY_COUNT];
    struct finding_tally tables[OMOP_TABLE_COUNT];
};
struct findings_mark {
    size_t kept;
    uint64_t harmless;
    uint64_t totals[FINDING_SEVERITY_COUNT];
    struct finding_tally tables[OMOP_TABLE_COUNT];
};

enum finding_severity finding_severity(enum finding_kind kind)
{
    if (kind < FINDING_DANGLING) {
        return FINDING_SEVERITY_ERROR;
    }
    if (kind < FINDING_MISSING) {
        return FINDING_SEVERITY_DANGLING;
    }
    return kind < FINDING_YEAR_OF_BIRTH ? FINDING_SEVERITY_MISSING : FINDING_SEVERITY_IMPLAUSIBLE;
}

const char *finding_words(enum finding_kind kind)
{
    static const char *const words[FINDING_KIND_COUNT] = {
        [FINDING_NOT_INTEGER] = "not a whole number of 64 bits",
        [FINDING_NOT_NUMBER] = "not a number",
        [FINDING_NOT_DATE] = "not a date",
        [FINDING_NOT_DATETIME] = "not a date and time",
        [FINDING_NOT_UTF8] = "not UTF-8",
        [FINDING_TOO_LONG] = "a text of more than 32 MiB",
        [FINDING_FIELD_COUNT] = "the record has another number of fields than the header",
        [FINDING_NO_KEY] = "the record has no key",
        [FINDING_NO_PERSON] = "the record has no person",
        [FINDING_KEY_TWICE] = "the key is there twice",
        [FINDING_KEY_STORED] = "the key is in the store already",
        [FINDING_COLUMN_MISSING] = "the column is missing",
        [FINDING_COLUMN_TYPE] = "the column is no plain value",
        [FINDING_UNREADABLE] = "the file cannot be read",
        [FINDING_DANGLING] = "points to nothing",
        [FINDING_KEY_REPEATED] = "the key is there twice",
        [FINDING_MISSING] = "a value that the CDM requires is missing",
        [FINDING_NOT_A_NUMBER] = "NaN, stored as NULL",
        [FINDING_YEAR_OF_BIRTH] = "before 1850 or after this year",
        [FINDING_DAY_OUTSIDE] = "before 1850 or after today",
        [FINDING_END_BEFORE_START] = "ends before it starts",
    };
    assert((unsigned)kind < FINDING_KIND_COUNT);
    return words[kind];
}

void finding_note(struct finding_batch *batch, enum finding_kind kind, int field, uint64_t line)
{
    assert(field >= 0 && field <= FINDING_WHOLE);
    const uint64_t before = batch->tally.rows[field][kind]++;
    const bool is_error = finding_severity(kind) == FINDING_SEVERITY_ERROR;
    if (batch->list.count >= BATCH_KEPT_MAX || (!is_error && before >= EXAMPLES_OF_A_FIELD)) {
        return;
    }
    batch->list.maximum = BATCH_KEPT_MAX;
    struct error err;
    const struct finding finding = {.kind = kind, .table = batch->table, .field = field, .file = batch->file, .line = line};
    if (!finding_list_append(&batch->list, finding, &err)) {
        return; /* no memory for the place: it is counted all the same */
    }
}

void finding_batch_finish(struct finding_batch *batch)
{
    finding_list_finish(&batch->list);
}

struct findings *findings_create(size_t kept_max)
{
    struct findings *findings = calloc(1, sizeof *findings);
    if (!findings) {
        abort(); /* as an arena */
    }
    findings->kept.maximum = kept_max;
    return findings;
}

void findings_destroy(struct findings *findings)
{
    if (findings) {
        finding_list_finish(&findings->kept);
        free(findings);
    }
}

/* Keeps the place of one that is counted already; `before`: how many of the kind its field had. */
static void keep(struct findings *findings, const struct finding *finding, uint64_t before)
{
    const bool is_error = finding_severity(finding->kind) == FINDING_SEVERITY_ERROR;
    struct error err;
    if (!is_error && (before >= EXAMPLES_OF_A_FIELD || findings->harmless >= findings->kept.maximum / 2)) {
        return;
    }
    if (finding_list_append(&findings->kept, *finding, &err)) { /* at the maximum it is counted only */
        findings->harmless += !is_error;
    }
}

void findings_absorb(struct findings *findings, struct finding_batch *batch)
{
    if (findings && batch->list.count) {
        struct finding_tally *tally = &findings->tables[batch->table];
        struct finding_tally seen = *tally;
        for (size_t i = 0; i < batch->list.count; i++) {
            const struct finding *finding = &batch->list.items[i];
            keep(findings, finding, seen.rows[finding->field][finding->kind]++);
        }
        for (int field = 0; field <= FINDING_WHOLE; field++) {
            for (int kind = 0; kind < FINDING_KIND_COUNT; kind++) {
                tally->rows[field][kind] += batch->tally.rows[field][kind];
                findings->totals[finding_severity((enum finding_kind)kind)] += batch->tally.rows[field][kind];
            }
        }
    }
    if (batch->list.count) {
        memset(&batch->tally, 0, sizeof batch->tally);
        batch->list.count = 0;
    }
}

void findings_note(struct findings *findings, const struct finding *finding)
{
    if (findings) {
        keep(findings, finding, findings->tables[finding->table].rows[finding->field][finding->kind]++);
        findings->totals[finding_severity(finding->kind)]++;
    }
}

uint64_t findings_of_severity(const struct findings *findings, enum finding_severity severity)
{
    return findings->totals[severity];
}

uint64_t findings_count(const struct findings *findings, int table, int field, enum finding_kind kind)
{
    return findings->tables[table].rows[field][kind];
}

const struct finding_list *findings_kept(const struct findings *findings)
{
    return &findings->kept;
}

struct findings_mark *findings_mark_take(const struct findings *findings)
{
    struct findings_mark *mark = malloc(sizeof *mark);
    if (!mark) {
        abort();
    }
    mark->kept = findings->kept.count;
    mark->harmless = findings->harmless;
    memcpy(mark->totals, findings->totals, sizeof mark->totals);
    memcpy(mark->tables, findings->tables, sizeof mark->tables);
    return mark;
}

void findings_mark_return(struct findings *findings, const struct findings_mark *mark)
{
    findings->kept.count = mark->kept;
    findings->harmless = mark->harmless;
    memcpy(findings->totals, mark->totals, sizeof mark->totals);
    memcpy(findings->tables, mark->tables, sizeof mark->tables);
}

void findings_mark_drop(struct findings_mark *mark)
{
    free(mark);
}
