/* SPDX-License-Identifier: EUPL-1.2 */
/* renewal: pseudonyms of an earlier epoch become those of the newest one, and the earlier exponents are destroyed (SNDS-6.3). Private to
 * command. What stopped in the middle is gone on with by the next call. */
#pragma once
#include "service/command/warehouse.h"

/* What it needs. */
enum { RENEWAL_ACTIONS = GRANT_LOAD | GRANT_PSEUDONYMISE | GRANT_ERASE };
/* Whether there is something to renew, or an exponent to destroy. */
MUST_CHECK bool pseudonyms_renewal_is_due(struct warehouse *warehouse, bool *out_due, struct error *err);
/* Under RENEWAL_ACTIONS. Says what it did, unless the invocation is quiet. */
MUST_CHECK bool pseudonyms_renew(struct warehouse *warehouse, const struct invocation *in, struct error *err);
/* The same under a grant of its own, when it is due; afterwards there is again one for the purpose and actions of the command. */
MUST_CHECK bool pseudonyms_renew_when_due(struct warehouse *warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                                          struct error *err);
/* INVALID_ARGUMENT when pseudonyms of this epoch are on the shelves: without its exponent they could not be renewed. */
MUST_CHECK bool pseudonyms_epoch_unused(struct warehouse *warehouse, uint32_t epoch, struct error *err);
