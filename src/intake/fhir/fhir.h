/* SPDX-License-Identifier: EUPL-1.2 */
/* fhir: reads an export in FHIR R4 bulk NDJSON (a directory, also one level down, or one file; plain or gzip) as records. The type of a
 * line is its resourceType. R5 is tolerated where it renames (Encounter.actualPeriod, class as an array, medication.concept). Two passes:
 * the first keeps what others refer to (persons, stays, medications, places), and reads only the files whose names do not say that they
 * hold something else; the second makes records. */
#pragma once
#include "intake/record/record_reader.h"

/* A reader_run (intake/record/record_reader.h). */
MUST_CHECK bool fhir_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
                          struct error *err);
/* Whether a file of this name is a file of such an export. */
bool fhir_is_file_name(struct text name);
