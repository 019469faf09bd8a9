/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: typed columns filled record by record from a delimited file (private to source). Kept and filled again, so that the memory of one
 * block serves a whole file. */
#pragma once
#include "base/csv.h"
#include "intake/source/source.h"

/* Which column of the file is which field. */
struct column_map {
    int table;
    int field_of[FINDING_FIELDS_MAX * 8]; /* by column of the file; OMOP_NO_FIELD: not carried */
    size_t column_count;
    int column_of[FINDING_FIELDS_MAX]; /* by field; -1: the file does not have it */
};
enum { COLUMN_MAP_MAX = FINDING_FIELDS_MAX * 8 };

struct rows;
struct rows *rows_create(void);
void rows_destroy(struct rows *rows);
DEFINE_CLEANUP(rows, rows_destroy)
/* Empties it for rows of one file. */
void rows_begin(struct rows *rows, const struct column_map *map, uint32_t file, const struct source_scan *scan);
/* Takes one record, with `line` of its own; wrong values and wrong numbers of fields are noted. Rows outside the scan's range are passed.
 */
MUST_CHECK bool rows_take(struct rows *rows, const struct csv_record *record, uint64_t line, struct error *err);
size_t rows_count(const struct rows *rows);
uint64_t rows_records(const struct rows *rows); /* also those passed over */
struct finding_batch *rows_findings(struct rows *rows);
/* Views that live until the next rows_begin. */
struct source_batch rows_batch(struct rows *rows);
