/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage_report: how well a run linked, and for whom it linked worse; against truth, where there is one; and the weights, as a chart. No
 * number here is of a person: groups are counts, and small ones are for the operator only (a report that leaves goes through disclosure
 * control like any other result). */
#pragma once
#include "base/buffer.h"
#include "intake/linkage/linkage.h"

/* Pairs of entries in one person: found, true, both. Duplicates at a holder count, too. */
struct linkage_quality {
    uint64_t found, real, right;
    double precision, recall, f1;
};
void linkage_quality_finish(struct linkage_quality *quality); /* precision, recall and F1 out of the counts */
/* truth: for each entry who it is; any numbers. */
MUST_CHECK bool linkage_quality_of(struct linkage_quality *out, const struct linkage_result *result, const uint32_t *truth,
                                   struct error *err);

enum linkage_dimension { LINKAGE_BY_ALL, LINKAGE_BY_HOLDER, LINKAGE_BY_AGE, LINKAGE_BY_SEX, LINKAGE_BY_BIRTHPLACE };
struct linkage_group {
    enum linkage_dimension dimension;
    uint32_t value;   /* holder; age group, sex, birthplace: as linkage_group_words says them */
    const char *name; /* of the holder, where it is known; else NULL */
    uint64_t entries, linked;
    uint64_t rules[LINKAGE_RULE_COUNT];
    uint64_t ambiguous, conflicting; /* not linked though a candidate was there: several, or against a contradiction */
    bool is_low;                     /* fewer than 90 of 100 are linked (EMC2-06) */
};
enum { LINKAGE_HOLDERS_MAX = 64, LINKAGE_GROUPS_MAX = LINKAGE_HOLDERS_MAX + 16, LINKAGE_WORDS_SIZE = 96 };
struct linkage_report {
    size_t group_count;
    struct linkage_group groups[LINKAGE_GROUPS_MAX]; /* the first is all */
    struct linkage_counts counts;
    bool has_truth;
    struct linkage_quality quality;
};
struct linkage_report_options {
    uint32_t reference;         /* linked is who has an entry of this holder (the claims base); 0: of any other holder */
    int year;                   /* for ages */
    const uint32_t *truth;      /* NULL, or who each entry is */
    const char *const *holders; /* their names, borrowed: that of number 1 first; NULL: numbers stand for them */
    size_t holder_count;
};
/* Entries of the reference itself are in no group: they are what others are linked to. */
MUST_CHECK bool linkage_report_make(struct linkage_report *out, const struct linkage_result *result, const struct linkage_entry *entries,
                                    const struct linkage_report_options *options, struct error *err);
/* "holder 3", "chu-a", "65-79 years". */
const char *linkage_group_words(const struct linkage_group *group, bool in_french, char out[LINKAGE_WORDS_SIZE]);
struct json_writer;
MUST_CHECK bool linkage_report_write(const struct linkage_report *report, const struct linkage_model *model, struct json_writer *writer,
                                     struct error *err);
/* A page of its own, with nothing from elsewhere: the groups, and the match-weight chart. report may be NULL: only the weights. */
MUST_CHECK bool linkage_report_html(const struct linkage_report *report, const struct linkage_model *model, bool in_french,
                                    struct buffer *out, struct error *err);
/* The chart alone, as SVG: for each field and level the weight log2(m/u), to the right where it speaks for one person. */
MUST_CHECK bool linkage_chart_svg(const struct linkage_model *model, bool in_french, struct buffer *out, struct error *err);
/* The weights as lines of text: field, level, m, u, weight. */
MUST_CHECK bool linkage_model_print(const struct linkage_model *model, struct buffer *out, struct error *err);
