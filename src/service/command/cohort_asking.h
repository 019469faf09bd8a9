/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_asking: a warehouse opened to ask about cohorts: its reader, its vocabulary, and what is to be entered in the log before anything
 * of the answers is given out. Private to command. */
#pragma once
#include "service/command/cohort_engine.h"
#include "service/command/definitions.h"
#include "service/command/warehouse.h"

DEFINE_ARRAY(journal_entries, struct journal_entry)
struct asking {
    struct invocation *in;
    struct warehouse warehouse;
    struct vocabulary *vocabulary;
    struct cohort_engine engine;  /* who evaluates, after asking_engine */
    size_t bytes_max;             /* of a definition */
    struct journal_entries reads; /* not in the log yet */
};
/* On the snapshot that --snapshot names. */
MUST_CHECK bool asking_open(struct asking *asking, const char *purpose, uint32_t actions, struct error *err);
/* Chooses who evaluates, as --engine says. */
MUST_CHECK bool asking_engine(struct asking *asking, struct error *err);
void asking_close(struct asking *asking);
static inline __attribute__((unused)) void asking_value_cleanup(struct asking *asking)
{
    asking_close(asking);
}
/* Which question, on which snapshot: to be written before a result is shown. The counts could give somebody away and are private. */
MUST_CHECK bool asking_note(struct asking *asking, const struct cohort_program *program, const struct cohort_result *result,
                            struct error *err);
/* The same for what is told of one person: who it is, is private. */
MUST_CHECK bool asking_note_person(struct asking *asking, const struct cohort_program *program, int64_t person_id, struct error *err);
MUST_CHECK bool asking_write(struct asking *asking, struct error *err);
/* Compiles, evaluates and notes. */
MUST_CHECK bool asking_evaluate(struct asking *asking, const struct definition *definition, bool wants_rows, struct arena *arena,
                                struct cohort_program **out_program, struct cohort_evaluation *out_evaluation, struct error *err);
