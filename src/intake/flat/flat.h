/* SPDX-License-Identifier: EUPL-1.2 */
/* flat: reads a hospital's export as flat CSV files, in the form of the AP-HP's raw layer (patient, donnees_pmsi, diagnostics, ...): files
 * by name, columns by header, in any case and order; comma, semicolon or tab; plain or gzip. What a column becomes is
 * spec/flat_columns.csv, what its words mean spec/flat_words.csv. Two passes, as references need it. */
#pragma once
#include "intake/record/record_reader.h"

/* A reader_run (intake/record/record_reader.h). */
MUST_CHECK bool flat_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
                          struct error *err);
/* Whether a file of this name is one of such an export, and of no other. */
bool flat_is_file_name(struct text name);
