/* SPDX-License-Identifier: EUPL-1.2 */
/* holder: the warehouse as holders know it: its card, and the key of its certificate. Private to command. */
#pragma once
#include "service/command/warehouse.h"

/* The card of the newest intake key. url NULL: none is on it. */
MUST_CHECK bool warehouse_card_print(struct warehouse *warehouse, const char *url, struct buffer *out, struct error *err);
/* Follows from the first intake key, which is made when there is none; so it stays the same. */
MUST_CHECK bool intake_tls_seed(struct warehouse *warehouse, struct secret **out_seed, struct error *err);
