/* SPDX-License-Identifier: EUPL-1.2 */
/* naming: what a file of a data set is by its name (private to source): table, format, or nothing to us. */
#pragma once
#include "base/text.h"

enum file_format { FORMAT_NONE, FORMAT_DELIMITED, FORMAT_PARQUET };
struct file_naming {
    enum file_format format; /* FORMAT_NONE: neither CSV nor Parquet */
    int table;               /* -1: no OMOP table */
};
/* leaf: PERSON.csv, person.csv.gz, person_0001.parquet, person-part-3.parquet ... */
struct file_naming naming_of_file(struct text leaf);
/* A directory whose files are all of one table: person, person.parquet. -1: none. */
int naming_of_directory(struct text leaf);
/* Dot files, Spark's _SUCCESS, the __MACOSX of a zip: not even listed. */
bool naming_is_hidden(struct text leaf);
