/* SPDX-License-Identifier: EUPL-1.2 */
/* omopcsv: reads a holder's OMOP data set (5.3 or 5.4; whatever intake/source reads) as records, with the standard concepts that the holder
 * chose, and `identities.csv` beside it as identities: person_id, nir, nir_insured, birth_name, used_name, given_names, birth_date, sex,
 * birth_place, residence, by header name, any of them but person_id missing. */
#pragma once
#include "intake/record/record_reader.h"

/* A reader_run (intake/record/record_reader.h). identities.csv lies in the directory, or beside the zip. */
MUST_CHECK bool omopcsv_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
                             struct error *err);
/* Whether a file of this name is one of such an export, and of no other. */
bool omopcsv_is_file_name(struct text name);
