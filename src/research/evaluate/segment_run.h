/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_run: one program at work on one segment, by one worker: its memory, what it has read of the segment so far, and the lists of
 * the criteria that it has evaluated. Nothing here is shared between workers. */
#pragma once
#include "research/evaluate/concept_lookup.h"
#include "research/evaluate/evaluate.h"
#include "research/evaluate/evaluate_plan.h"
#include "research/evaluate/event_list.h"
#include "research/evaluate/program_plan.h"

#define NO_VISIT INT64_MIN

/* Observation periods of a segment by row, once they were read as a whole. A period without a date contains no day. */
struct whole_periods {
    const int32_t *starts, *ends; /* NULL: not read yet */
    bool overlap;                 /* a person has two that share a day */
};
/* The periods of the persons of a list, by start: each person has offsets[p + 1] - offsets[p] of them; they begin at offsets[p] or, where
 * they were gathered, follow those of the person before in the list. Few persons have theirs gathered, so that a rare cohort does not
 * read everybody's. */
struct listed_periods {
    const uint32_t *offsets;
    const int32_t *starts, *ends;
    bool is_gathered;
    bool overlap; /* true where it is not known */
};
/* One field of PERSON by row, and the rows of each ordinal (none where the person is absent). */
struct person_field {
    const uint32_t *offsets;
    const struct store_vector *values;
};
struct shared_lookups {
    struct concept_lookup specialties; /* by provider */
    struct concept_lookup places;      /* by care site */
};

/* Those that programs which read `tables` need. */
MUST_CHECK bool shared_lookups_read(struct shared_lookups *lookups, struct store_reader *reader, uint64_t tables, struct arena *arena,
                                    struct error *err);

struct shared_lists;
/* What each step of a plan did, as one worker saw it. Time, rows and pages go to the step that the worker is in. */
struct step_account {
    struct plan_step_work *steps; /* as many as the plan has; NULL: nothing is added up */
    size_t current;               /* or NO_STEP */
    int64_t since_ns;
    uint64_t since_found;
    struct store_pages_work since_pages;
};
#define NO_STEP SIZE_MAX

struct segment_run {
    /* of the segment, for all programs */
    struct store_segment *segment;
    const struct evaluate_options *options;
    const struct shared_lookups *lookups;
    uint32_t persons;
    bool sees_persons;          /* the grant gives person ids; without, one is known by its ordinal */
    const int64_t *person_ids;  /* NULL without sees_persons */
    struct arena *segment_data; /* what is read of the segment once */
    struct whole_periods periods;
    size_t periods_gathered; /* rows so far */
    const uint32_t *offsets[OMOP_TABLE_COUNT];
    const struct store_vector *person_columns[OMOP_PERSON_FIELD_COUNT];
    uint16_t *slots; /* by person, all 0 between uses */
    /* of the program */
    const struct program_plan *plan;
    struct arena *program_data;            /* lists and events, until the program is done; whose, says who runs it */
    struct arena *scratch;                 /* within one step, released by marks */
    const struct event_list **lists;       /* by position in the plan; NULL: not evaluated yet */
    const struct event_list **loose_lists; /* the same, events in any order */
    const uint64_t *universe;              /* bits of the persons who can still matter; NULL: all, or too many to be worth a look */
    unsigned depth;                        /* of criteria being evaluated, so that time is counted once */
    struct shared_lists *shared;           /* of the segment, for several programs; NULL: each program makes its own lists */
    uint64_t shared_bytes;                 /* that they have, and whatever else outlives the program */
    struct evaluate_work work;
    struct step_account account;
};

/* From here on the worker is in that step; what it was in before. Steps of criteria have their positions in the plan. */
size_t step_enter(struct segment_run *run, size_t step);
/* The step is done and yielded so many; the worker is back in the one before. */
void step_leave(struct segment_run *run, size_t before, uint64_t kept);
/* Positions of the steps that are no criteria. */
size_t step_position(const struct segment_run *run, enum plan_step_kind kind, size_t rule);

/* A worker's run; options and lookups are borrowed. */
void segment_run_init(struct segment_run *run, const struct store_reader *reader, const struct evaluate_options *options,
                      const struct shared_lookups *lookups);
void segment_run_finish(struct segment_run *run);
/* A new segment, then a new program on it; both forget what was before. */
MUST_CHECK bool segment_run_begin(struct segment_run *run, struct store_segment *segment, struct error *err);
void segment_run_begin_program(struct segment_run *run, const struct program_plan *plan);
/* CANCELLED, or LIMIT when the working memory is above its bound. Called between steps. */
MUST_CHECK bool segment_run_check(struct segment_run *run, struct error *err);

static inline bool person_matters(const struct segment_run *run, uint32_t person)
{
    return !run->universe || (run->universe[person / 64] >> (person % 64) & 1);
}

/* A list is in the order of persons. Gathered periods live in `arena`. */
MUST_CHECK bool segment_run_periods(struct segment_run *run, const struct event_list *list, struct arena *arena,
                                    struct listed_periods *out_periods, struct error *err);
/* Rows of each ordinal in a table: persons + 1 offsets, read once. */
MUST_CHECK bool segment_run_offsets(struct segment_run *run, int table, const uint32_t **out_offsets, struct error *err);
MUST_CHECK bool segment_run_person_field(struct segment_run *run, int field, struct person_field *out_field, struct error *err);
/* Values of a field for given rows (ascending); a table without rows gives NULL throughout. Lives in `arena`. */
MUST_CHECK bool segment_run_gather(struct segment_run *run, int table, int field, const uint32_t *rows, size_t count, struct arena *arena,
                                   struct store_vector *out_vector, struct error *err);
/* The same as day numbers with STORE_NO_DAY, and as integers with NO_VISIT, for NULL. */
const int32_t *vector_days(const struct store_vector *vector, struct arena *arena);
const int64_t *vector_integers(const struct store_vector *vector, int64_t absent, struct arena *arena);
