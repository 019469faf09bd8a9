/* SPDX-License-Identifier: EUPL-1.2 */
/* record_reader: what every reader of an export does, whatever the format: it streams the export once, and gives out the persons'
 * identities (for blinding), the records (for a delivery), or both; it counts what it does not take, by place and reason; and it notes what
 * is wrong by file, line and field, never with the value. Memory does not grow with the export, but for tables of local identifiers that
 * references need (bounded by settings). */
#pragma once
#include "base/arena.h"
#include "base/progress.h"
#include "base/settings.h"
#include "base/task.h"
#include "intake/identity/identity.h"
#include "intake/record/record.h"

/* Counts by place ("Condition", "ER_PHA_F") and outcome, and findings. Not for several threads at once: a worker has its own, merged in
 * order. */
struct tally;
struct tally_finding {
    char file[128]; /* as below the export's directory */
    uint64_t line;  /* from 1; 0: the whole file */
    char field[64]; /* "" : the whole line */
    char words[160];
};
struct tally_row {
    const char *place;
    uint64_t seen;                           /* what came in: resources, rows */
    uint64_t outcomes[RECORD_OUTCOME_COUNT]; /* records taken (one resource may give several), and what was dropped, by reason */
};
struct tally *tally_create(void);
void tally_destroy(struct tally *tally);
DEFINE_CLEANUP(tally, tally_destroy)
void tally_seen(struct tally *tally, const char *place, uint64_t count);
void tally_count(struct tally *tally, const char *place, enum record_outcome outcome, uint64_t count);
enum { TALLY_FINDINGS_KEPT = 200 };
void tally_find(struct tally *tally, const char *file, uint64_t line, const char *field, const char *words);
void tally_merge(struct tally *into, const struct tally *from);
size_t tally_row_count(const struct tally *tally);
const struct tally_row *tally_row(const struct tally *tally, size_t index); /* in the order of first mention */
uint64_t tally_finding_count(const struct tally *tally);                    /* all */
size_t tally_finding_kept(const struct tally *tally);
const struct tally_finding *tally_finding(const struct tally *tally, size_t index);
/* What is outside the export's records but worth a line: a key of a number that does not fit, a date that cannot be. By place and words,
 * counted; they do not refuse an export. */
struct tally_remark {
    const char *place;
    char words[160];
    uint64_t count;
};
void tally_remark(struct tally *tally, const char *place, const char *words);
size_t tally_remark_count(const struct tally *tally);
const struct tally_remark *tally_remark_at(const struct tally *tally, size_t index);

struct reader_sink {
    /* One call for each person of the export, before or after their records. The identity is wiped after the call. NULL: not wanted. */
    bool (*person)(void *context, int64_t subject, const struct identity *identity, struct error *err);
    /* In the order of the export. The record is valid during the call. NULL: not wanted; they are read all the same,
     * by every reader: of an export that has anything wrong nothing may leave, not even blinded keys. */
    bool (*record)(void *context, const struct record *record, struct error *err);
    void *context;
};
struct reader_options {
    const struct record_numbers *numbers;
    const struct settings *settings; /* NULL: the defaults */
    struct task_pool *pool;          /* borrowed; NULL: one thread */
    struct progress *progress;       /* bytes read; may be NULL */
    /* What a holder may decide. */
    bool keep_orders; /* FHIR: MedicationRequest with intent order are prescriptions */
};
/* A reader fails with INVALID_INPUT on what cannot be read as the format says (the tally has the findings: then nothing of the export may
 * leave), and with whatever the sink failed with. */
typedef bool reader_run(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
                        struct error *err);

/* Which form an export has, told by the names of its files (in the directory, up to two levels down, or the file itself); no file is
 * opened. */
struct reader_form {
    const char *name;  /* "fhir"; NULL ends a list */
    const char *files; /* how they are called, for a person */
    bool (*is_file_name)(struct text name);
    reader_run *run;
};
/* forms: at most 32. INVALID_INPUT when the names say nothing, or say two things; the message names what was found. */
MUST_CHECK bool reader_detect(const struct reader_form *forms, const char *path, const struct reader_form **out_form, struct error *err);
