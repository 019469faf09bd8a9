/* SPDX-License-Identifier: EUPL-1.2 */
/* sheets: the files of a population while they are made: one buffer a file for a block of persons, and rows of CSV put into them. */
#pragma once
#include "base/buffer.h"
#include "base/csv.h"

struct sheet_layout {
    const char *path;   /* below the population's directory */
    const char *header; /* NULL: lines of JSON, without a header */
};
struct sheets {
    size_t count;
    struct buffer *buffers;
    uint64_t *rows;
};
void sheets_init(struct sheets *sheets, size_t count);
void sheets_clear(struct sheets *sheets);
void sheets_finish(struct sheets *sheets);
/* One row from a pattern: i integer (int64_t), d day (int32_t), t text (NULL or "": nothing), n number with decimals (double, int),
 * - nothing. */
MUST_CHECK bool sheet_row(struct sheets *sheets, size_t sheet, struct error *err, const char *pattern, ...);
