/* SPDX-License-Identifier: EUPL-1.2 */
/* snds_internal: what the parts of the reader share: the files of an export, rows by the names of their columns, the persons, and the
 * bounded part of them that one pass has in memory (private to snds). */
#pragma once
#include "base/csv.h"
#include "intake/record/record_reader.h"
#include "intake/snds/snds.h"
#include "intake/snds/value.h"

/* ---- the files of an export ---- */
struct snds_file {
    const char *path, *name; /* name: below the export's folder */
    enum snds_table table;
    int year;       /* of the name; 0: none */
    uint64_t bytes; /* on disk */
};
DEFINE_ARRAY(snds_files, struct snds_file)
/* leaf: ER_PRS_F_2009.csv.gz, T_MCO17FHSTC.csv ... False: no table that is read. */
bool naming_of(struct text leaf, enum snds_table *out_table, int *out_year);
const char *snds_table_shown(enum snds_table table); /* "T_MCOaaB" */

/* ---- one run of the reader ---- */
struct persons;
struct run {
    const struct reader_options *options;
    const struct reader_sink *sink;
    struct tally *tally;
    struct settings settings;
    struct arena *names;
    struct snds_files files; /* by table, then name */
    struct persons *persons;
    day first, last; /* what the export covers: flux months and PMSI years */
    bool has_period, has_fault;
};
MUST_CHECK bool run_open(struct run *run, const char *path, struct error *err); /* lists the files */
/* Checks the record and gives it to the sink. */
MUST_CHECK bool run_give(struct run *run, const struct record *record, struct error *err);
void run_covers(struct run *run, day first, day last);
/* Something that cannot be read as the format says: nothing of the export may leave. */
void run_fault(struct run *run, const char *file, uint64_t line, const char *field, const char *words);
size_t run_memory(const struct run *run);

/* ---- rows ---- */
struct rows {
    struct csv_reader *csv;
    const struct snds_file *file;
    struct run *run;
    struct csv_record record;
    uint16_t at[SNDS_COLUMNS_MAX]; /* which field a column is; ROWS_ABSENT */
    size_t width;
    uint64_t count;
    bool is_unusable; /* a demanded column is not there */
};
enum { ROWS_ABSENT = UINT16_MAX };
MUST_CHECK bool rows_open(struct rows *out_rows, struct run *run, const struct snds_file *file, struct error *err);
/* The next row; *out_more is false at the end. Rows of another width are findings and passed over. */
MUST_CHECK bool rows_next(struct rows *rows, bool *out_more, struct error *err);
void rows_close(struct rows *rows);
static inline __attribute__((unused)) void rows_value_cleanup(struct rows *rows)
{
    rows_close(rows);
} /* CLEANUP(rows_value) */
bool rows_has(const struct rows *rows, int column);          /* the file has it */
struct text rows_raw(const struct rows *rows, int column);   /* the same, also where NA or . stand there: for names */
struct text rows_plain(const struct rows *rows, int column); /* empty where there is none */
struct text rows_code(const struct rows *rows, int column);
bool rows_is(const struct rows *rows, int column, const char *code);
MUST_CHECK bool rows_integer(const struct rows *rows, int column, int64_t *out_value);
MUST_CHECK bool rows_number(const struct rows *rows, int column, double *out_value);
/* A date that cannot be is a remark, and none. */
MUST_CHECK bool rows_day(struct rows *rows, int column, day *out_day);
/* Reads every file of a table with `take`. */
typedef bool rows_take(void *context, struct rows *rows, struct error *err);
MUST_CHECK bool rows_each(struct run *run, enum snds_table table, rows_take *take, void *context, struct error *err);

/* ---- keys: several canonical codes as one text ---- */
struct joined {
    size_t length;
    char bytes[240];
};
void joined_add(struct joined *joined, struct text text); /* what does not fit is cut: keys of the SNDS are far shorter */
void joined_add_number(struct joined *joined, int64_t number);
int64_t joined_number(const struct joined *joined, const struct run *run, const char *what);
uint32_t joined_check(const struct joined *joined); /* a second, independent hash */

/* ---- persons ---- */
/* Who a row is of: outcome is TAKEN, or why its rows are not. owner is the subject, or for persons who are not taken a number that keeps
 * their rows together. */
struct owner {
    int64_t owner;
    enum record_outcome outcome;
    uint32_t person; /* the index for what follows; UINT32_MAX: none */
};
MUST_CHECK bool persons_read(struct persons **out_persons, struct run *run, struct error *err);
void persons_destroy(struct persons *persons);
DEFINE_CLEANUP(persons, persons_destroy)
struct owner persons_of(const struct run *run, struct text psa, struct text rank);
struct owner persons_of_psa(const struct run *run, struct text psa);                    /* PMSI: no rank */
struct owner persons_of_key(const struct run *run, struct text ano, struct text idt);   /* KI_*: BEN_NIR_ANO, BEN_IDT_ANO */
enum death_source { DEATH_NONE, DEATH_AT_HOSPITAL, DEATH_REGISTERED, DEATH_CERTIFIED }; /* a later one counts more */
void persons_died(struct persons *persons, uint32_t index, enum death_source source, day date, const char *cause);
bool persons_is_certified(const struct persons *persons, uint32_t index);
int64_t persons_subject(const struct persons *persons, uint32_t index);
int persons_birth_year(const struct persons *persons, uint32_t index); /* 0: not known */
bool persons_is_woman(const struct persons *persons, uint32_t index);
void persons_seen(struct persons *persons, uint32_t index, day date);     /* something happened that day */
const char *persons_cause(const struct persons *persons, uint32_t index); /* "" : none */
MUST_CHECK bool persons_give(struct run *run, struct error *err);         /* table person */
MUST_CHECK bool persons_give_ends(struct run *run, struct error *err);    /* tables death and coverage */
MUST_CHECK bool identities_read(struct run *run, struct error *err);
/* For identities: the row with the highest score is the one that is given out for its person; of equals the first. */
void persons_identity_choose(struct persons *persons, uint32_t index, unsigned score, uint64_t row);
bool persons_identity_is(const struct persons *persons, uint32_t index, uint64_t row);
bool persons_rank_is_of_twins(const struct persons *persons, uint32_t index);
uint64_t persons_without_identity(const struct persons *persons);

/* ---- parts of an export ---- */
MUST_CHECK bool dcir_read(struct run *run, struct error *err);
MUST_CHECK bool mco_read(struct run *run, struct error *err);
MUST_CHECK bool kinship_read(struct run *run, struct error *err); /* mothers and their newborn, by T_MCOaaC */
MUST_CHECK bool outpatient_read(struct run *run, struct error *err);
MUST_CHECK bool long_term_read(struct run *run, struct error *err); /* IR_IMB_R */
MUST_CHECK bool registers_read(struct run *run, struct error *err); /* KI_*, BE_IDE_R, T_MCOaaE */

/* ---- passes: the owners or stays that one pass has in memory ---- */
struct span {
    int64_t low, high; /* both inside */
};
static inline bool span_has(const struct span *span, int64_t number)
{
    return number >= span->low && number <= span->high;
}
/* The next one: as wide as would have filled the memory nine tenths. used of room: what the last one had. */
struct span span_next(const struct span *span, size_t used, size_t room);
