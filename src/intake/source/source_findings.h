/* SPDX-License-Identifier: EUPL-1.2 */
/* source_findings: what is wrong with a data set, by place (file, line, field) and never by content. All are counted, a bounded number is
 * kept with its place. Workers note into a batch of their own; batches are absorbed in order, so that the list is the same for any number
 * of threads. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "warehouse/omop/omop.h"
#include <stdint.h>

enum finding_kind {
    /* errors: nothing can be loaded */
    FINDING_NOT_INTEGER,
    FINDING_NOT_NUMBER,
    FINDING_NOT_DATE,
    FINDING_NOT_DATETIME,
    FINDING_NOT_UTF8,
    FINDING_TOO_LONG,
    FINDING_FIELD_COUNT,
    FINDING_NO_KEY,
    FINDING_NO_PERSON,
    FINDING_KEY_TWICE,
    FINDING_KEY_STORED,
    FINDING_COLUMN_MISSING,
    FINDING_COLUMN_TYPE,
    FINDING_UNREADABLE,
    /* keys that point to nothing, or are there twice where nothing points to them */
    FINDING_DANGLING,
    FINDING_KEY_REPEATED,
    /* what the CDM requires, or a number that is none */
    FINDING_MISSING,
    FINDING_NOT_A_NUMBER,
    /* dates that cannot be */
    FINDING_YEAR_OF_BIRTH,
    FINDING_DAY_OUTSIDE,
    FINDING_END_BEFORE_START,
    FINDING_KIND_COUNT
};
enum finding_severity {
    FINDING_SEVERITY_ERROR,
    FINDING_SEVERITY_DANGLING,
    FINDING_SEVERITY_MISSING,
    FINDING_SEVERITY_IMPLAUSIBLE,
    FINDING_SEVERITY_COUNT
};
enum finding_severity finding_severity(enum finding_kind kind);
/* "not a date". Static. */
const char *finding_words(enum finding_kind kind);

enum { FINDING_FIELDS_MAX = 32, FINDING_WHOLE = FINDING_FIELDS_MAX, FINDING_WORDS_MAX = 160 };

struct finding {
    enum finding_kind kind;
    int table;
    int field; /* of the table, or FINDING_WHOLE: the record or the file */
    uint32_t file;
    uint64_t line;                 /* of a text file (the header is 1), row of a Parquet file (the first is 1); 0: the whole file */
    char words[FINDING_WORDS_MAX]; /* of FINDING_UNREADABLE and the missing columns: what exactly; else "" */
};
DEFINE_ARRAY(finding_list, struct finding)

/* Of one table. */
struct finding_tally {
    uint64_t rows[FINDING_FIELDS_MAX + 1][FINDING_KIND_COUNT];
};

/* What one piece of one file has. */
struct finding_batch {
    int table;
    uint32_t file;
    struct finding_list list; /* the first ones; .maximum as that of the whole */
    struct finding_tally tally;
};
void finding_note(struct finding_batch *batch, enum finding_kind kind, int field, uint64_t line);
void finding_batch_finish(struct finding_batch *batch);

/* The whole. */
struct findings;
struct findings *findings_create(size_t kept_max);
void findings_destroy(struct findings *findings);
DEFINE_CLEANUP(findings, findings_destroy)
/* Takes over what is in the batch and empties it. NULL findings: forgets it. */
void findings_absorb(struct findings *findings, struct finding_batch *batch);
/* One that is not of a batch. words may be NULL. */
void findings_note(struct findings *findings, const struct finding *finding);
uint64_t findings_of_severity(const struct findings *findings, enum finding_severity severity);
uint64_t findings_count(const struct findings *findings, int table, int field, enum finding_kind kind);
const struct finding_list *findings_kept(const struct findings *findings);

/* A wave of a load that is begun again forgets what it has found. */
struct findings_mark;
struct findings_mark *findings_mark_take(const struct findings *findings);
void findings_mark_return(struct findings *findings, const struct findings_mark *mark);
void findings_mark_drop(struct findings_mark *mark);
DEFINE_CLEANUP(findings_mark, findings_mark_drop)
