/* SPDX-License-Identifier: EUPL-1.2 */
/* omopcsv_internal: the state of a reading. */
#pragma once
#include "intake/omopcsv/omopcsv.h"
#include "intake/omopcsv/omopcsv_facts.h"
#include "intake/record/record_references.h"
#include "intake/source/source.h"

struct omopcsv {
    const struct reader_options *options;
    const struct reader_sink *sink;
    struct tally *tally;
    struct references *references; /* persons; residences under "residence" */
    struct source *source;
    struct findings *findings;
};
enum { OMOPCSV_PERSON = 1, OMOPCSV_IDENTIFIED = 2 };

/* rows.c */
MUST_CHECK bool omopcsv_table_read(struct omopcsv *reading, int omop_table, enum record_table table, struct error *err);
/* identities.c. With is_survey only the residences are noted; otherwise the sink gets the persons. */
MUST_CHECK bool omopcsv_identities_read(struct omopcsv *reading, const char *path, bool is_survey, struct error *err);
