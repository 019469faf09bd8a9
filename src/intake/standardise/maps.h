/* SPDX-License-Identifier: EUPL-1.2 */
/* maps: local maps out of whatever a CSV reader reads (private to standardise). file: its name, in errors and as the system of Usagi. */
#pragma once
#include "base/csv.h"
#include "intake/standardise/standardise.h"

MUST_CHECK bool maps_take(struct standardise *standardise, struct csv_reader *reader, const char *file, uint64_t *out_maps,
                          struct error *err);
