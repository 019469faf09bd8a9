/* SPDX-License-Identifier: EUPL-1.2 */
/* tally: what a reader saw, took and left, by place and reason, and what is wrong by file, line and field. */
#include "intake/record/record_reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MAX = 512, REMARKS_MAX = 512, PLACE_SIZE = 64 };

DEFINE_ARRAY(tally_rows, struct tally_row)
DEFINE_ARRAY(tally_findings, struct tally_finding)
DEFINE_ARRAY(tally_remarks, struct tally_remark)
struct tally {
    struct arena *names;
    struct tally_rows rows;
    struct tally_findings findings;
    struct tally_remarks remarks;
    uint64_t finding_count;
};

struct tally *tally_create(void)
{
    struct arena *names = arena_create();
    struct tally *tally = ARENA_NEW(names, struct tally);
    tally->names = names;
    tally->rows.maximum = PLACES_MAX;
    tally->findings.maximum = TALLY_FINDINGS_KEPT;
    tally->remarks.maximum = REMARKS_MAX;
    return tally;
}

void tally_destroy(struct tally *tally)
{
    if (tally) {
        tally_rows_finish(&tally->rows);
        tally_findings_finish(&tally->findings);
        tally_remarks_finish(&tally->remarks);
        arena_destroy(tally->names);
    }
}

/* Places are few (resources, tables); what comes after PLACES_MAX of them is counted together. */
static struct tally_row *row_of(struct tally *tally, const char *place)
{
    for (size_t i = 0; i < tally->rows.count; i++) {
        if (strcmp(tally->rows.items[i].place, place) == 0) {
            return &tally->rows.items[i];
        }
    }
    if (tally->rows.count == PLACES_MAX - 1) {
        place = "(others)";
    }
    struct error err;
    char shown[PLACE_SIZE];
    text_to_shown(shown, sizeof shown, text_of(place)); /* it may be a name of the export */
    struct tally_row row = {.place = arena_text_copy(tally->names, shown)};
    if (!tally_rows_append(&tally->rows, row, &err)) {
        return &tally->rows.items[tally->rows.count - 1];
    }
    return &tally->rows.items[tally->rows.count - 1];
}

void tally_seen(struct tally *tally, const char *place, uint64_t count)
{
    row_of(tally, place)->seen += count;
}

void tally_count(struct tally *tally, const char *place, enum record_outcome outcome, uint64_t count)
{
    row_of(tally, place)->outcomes[outcome] += count;
}

void tally_find(struct tally *tally, const char *file, uint64_t line, const char *field, const char *words)
{
    struct tally_finding finding = {.line = line};
    struct error err;
    tally->finding_count++;
    text_to_shown(finding.file, sizeof finding.file, text_of(file));
    text_to_shown(finding.field, sizeof finding.field, text_of(field));
    snprintf(finding.words, sizeof finding.words, "%s", words);
    bool is_kept = tally_findings_append(&tally->findings, finding, &err);
    (void)is_kept; /* only the first ones are */
}

static void remark_add(struct tally *tally, const char *place, const char *words, uint64_t count)
{
    for (size_t i = 0; i < tally->remarks.count; i++) {
        struct tally_remark *remark = &tally->remarks.items[i];
        if (strcmp(remark->place, place) == 0 && strncmp(remark->words, words, sizeof remark->words - 1) == 0) {
            remark->count += count;
            return;
        }
    }
    struct error err;
    struct tally_remark remark = {.place = arena_text_copy(tally->names, place), .count = count};
    snprintf(remark.words, sizeof remark.words, "%s", words);
    bool is_kept = tally_remarks_append(&tally->remarks, remark, &err);
    (void)is_kept;
}

void tally_remark(struct tally *tally, const char *place, const char *words)
{
    remark_add(tally, place, words, 1);
}

void tally_merge(struct tally *into, const struct tally *from)
{
    for (size_t i = 0; i < from->rows.count; i++) {
        const struct tally_row *row = &from->rows.items[i];
        struct tally_row *target = row_of(into, row->place);
        target->seen += row->seen;
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            target->outcomes[outcome] += row->outcomes[outcome];
        }
    }
    for (size_t i = 0; i < from->findings.count; i++) {
        const struct tally_finding *finding = &from->findings.items[i];
        tally_find(into, finding->file, finding->line, finding->field, finding->words);
    }
    into->finding_count += from->finding_count - from->findings.count;
    for (size_t i = 0; i < from->remarks.count; i++) {
        remark_add(into, from->remarks.items[i].place, from->remarks.items[i].words, from->remarks.items[i].count);
    }
}

size_t tally_row_count(const struct tally *tally)
{
    return tally->rows.count;
}

const struct tally_row *tally_row(const struct tally *tally, size_t index)
{
    return &tally->rows.items[index];
}

uint64_t tally_finding_count(const struct tally *tally)
{
    return tally->finding_count;
}

size_t tally_finding_kept(const struct tally *tally)
{
    return tally->findings.count;
}

const struct tally_finding *tally_finding(const struct tally *tally, size_t index)
{
    return &tally->findings.items[index];
}

size_t tally_remark_count(const struct tally *tally)
{
    return tally->remarks.count;
}

const struct tally_remark *tally_remark_at(const struct tally *tally, size_t index)
{
    return &tally->remarks.items[index];
}
