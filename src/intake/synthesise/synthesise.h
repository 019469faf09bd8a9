/* SPDX-License-Identifier: EUPL-1.2 */
/* synthesise: a French-shaped population with known truth, in OMOP 5.4 CSV. Person i is a pure function of (seed, i), so any size is
 * parallel and repeatable: the same seed gives the same bytes for any number of threads, and a larger population begins with the smaller
 * one. Four invented hospitals and a claims base; facts in spec/synthesis. No real person, no real place. */
#pragma once
#include "base/error.h"
#include "base/progress.h"
#include "base/task.h"
#include "base/text.h"
#include <stdint.h>

struct synthesise_options {
    uint64_t persons; /* 1 .. 2^40 */
    uint64_t seed;
    const char *directory; /* made here; must not exist. OMOP tables as DIRECTORY/<table>.csv, truth under DIRECTORY/truth/ */
    bool as_exports;       /* what five holders would send, in their formats, instead of one OMOP data set */
    const char *noise;     /* "nir_missing=0.2,nir_typo=0": other shares than those of spec/synthesis/identity_noise.csv; NULL: none */
    struct task_pool *pool;
    bool quiet;
};
struct synthesise_report {
    uint64_t persons, rows, bytes;
    uint64_t cancers; /* persons with one of the rare blood cancers */
};

/* As exports: DIRECTORY/holders/<key>/ for each centre of spec/synthesis/centres.csv (FHIR, OMOP, FHIR, flat files, SNDS),
 * DIRECTORY/maps.csv (their codes to standard concepts), and in truth/ also links.csv (holder, local_id, person: who is who) and
 * expected.csv (holder, table, records: what a reader should take). Writes DIRECTORY.partial and renames it at the end: a run that was
 * stopped leaves nothing under DIRECTORY. truth/persons.csv: person_id, disease, concept_id, first_record_date of every planted blood
 * cancer. truth/cohorts.csv: cohort, persons: how many persons have a record of one of the cohort's concepts while observed.
 * truth/planted_strings.txt: labels and codes that must never be readable in a store. */
MUST_CHECK bool synthesise_population(const struct synthesise_options *options, struct synthesise_report *out_report, struct error *err);
/* Whether a planted cancer of this concept puts somebody into a cohort of truth/cohorts.csv. */
bool synthesise_cohort_has(struct text cohort, int64_t concept_id);
