/* SPDX-License-Identifier: EUPL-1.2 */
/* delimited: what the two ways to scan a delimited file share (private to source). */
#pragma once
#include "intake/source/source_internal.h"

struct csv_options delimited_options(const struct source *source, const struct source_file *file);
/* Front to back, on the calling thread. */
MUST_CHECK bool delimited_scan_in_order(struct source *source, const struct source_file *file, const struct source_scan *scan,
                                        struct error *err);
/* By all threads; *out_done is false, and nothing was taken, when the file does not suit (gzip, in a zip, small, one thread). */
MUST_CHECK bool delimited_scan_in_pieces(struct source *source, const struct source_file *file, const struct source_scan *scan,
                                         bool *out_done, struct error *err);
