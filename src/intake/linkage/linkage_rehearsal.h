/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage_rehearsal: invented persons at several holders, with the errors that registers have and with known truth, so that linkage can be
 * measured where no truth exists. Names come from short lists of common French names and, for the rest, from syllables; frequencies follow
 * Zipf and Mandelbrot (Martin: 3.5 per thousand). Traits go through intake/identity as a holder's do; tokens are keyed hashes. The errors'
 * rates are assumptions, to be reported with each result. */
#pragma once
#include "intake/linkage/linkage.h"

struct rehearsal_noise { /* probabilities; linkage_rehearsal_noise gives the usual ones */
    double nir_missing, nir_missing_newborn, nir_missing_foreign, nir_typo, nir_of_parent, nir_provisional;
    double married_for_birth_name, used_name_missing, compound_cut, marks_lost, given_swapped, typo;
    double day_month_swapped, day_default, sex_wrong, birthplace_missing, moved, duplicate, twins;
};
struct rehearsal_options {
    uint64_t seed;
    uint32_t persons, centres;
    double presence;        /* probability that a person is at a centre; the claims base, the last holder, has everybody */
    bool claims_have_names; /* else it has numbers only, as the SNDS */
    struct rehearsal_noise noise;
};
struct rehearsal {
    struct linkage_entry *entries; /* as linkage_run wants them; holders are 1 to centres, and centres + 1 for claims */
    uint32_t *truth;               /* for each entry: who it is, from 1 */
    size_t count;
};
void linkage_rehearsal_noise(struct rehearsal_noise *out_noise);
MUST_CHECK bool linkage_rehearsal_make(struct rehearsal *out, const struct rehearsal_options *options, struct error *err);
void linkage_rehearsal_finish(struct rehearsal *rehearsal);
