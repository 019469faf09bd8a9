/* SPDX-License-Identifier: EUPL-1.2 */
/* snds: an export of the SNDS (claims, hospital stays of the PMSI, causes of death) as records and identities.
 * An export is a folder of NAME.csv[.gz], flat or with folders below it: IR_BEN_R, ER_PRS_F (by year, month or in one), T_MCO17B ...; which
 * tables and columns are read is in spec/snds_columns.csv. Other files are listed in the tally as not carried.
 * Identities come from the claims holder's own list beside the tables, identites.csv (columns ben_nir_psa, ben_rng_gem, nir_assure, nir,
 * birth_name, used_name, given_names, birth_date, sex, birth_place, residence); without it nobody is given out for blinding. */
#pragma once
#include "intake/record/record_reader.h"

/* A reader_run (intake/record/record_reader.h). path: the folder. In the tally every row of a table that is read has one outcome, so that
 * for each place the outcomes add up to what was seen; a file that is not carried counts once.
 * The order of the records depends on the export and the key of the numbers alone, not on snds_memory_bytes. */
MUST_CHECK bool snds_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
                          struct error *err);
/* Whether a file of this name is one of such an export, and of no other. */
bool snds_is_file_name(struct text name);
