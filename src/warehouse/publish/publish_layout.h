/* SPDX-License-Identifier: EUPL-1.2 */
/* publish_layout: how a table of the CDM looks in PostgreSQL, and the statements that make it (private to publish). */
#pragma once
#include "base/buffer.h"
#include "engines/postgresql/postgresql.h"
#include "warehouse/omop/omop.h"

enum { PUBLISH_FIELDS_MAX = 64, PUBLISH_INDEXES_MAX = 6, PUBLISH_SQL_MAX = 1 << 16 };

/* A template's @name@ becomes the value: as an identifier, or as it is. */
struct publish_word {
    const char *name;
    const char *value;
    bool is_plain;
};
MUST_CHECK bool publish_fill(struct buffer *out, const char *template, const struct publish_word *words, size_t count, struct error *err);
/* Fills and runs. */
MUST_CHECK bool publish_run(struct postgresql *connection, const char *template, const struct publish_word *words, size_t count,
                            struct error *err);

/* The CDM's PostgreSQL types: ids of records are 64 bits (pseudonyms are), ids of concepts and other whole numbers 32, floats numeric. */
enum postgresql_column_type publish_column_type(int table, int field);
/* Columns with types, or names alone, between commas. */
MUST_CHECK bool publish_columns_define(struct buffer *out, int table, bool is_wide, struct error *err);
MUST_CHECK bool publish_columns_list(struct buffer *out, int table, struct error *err);
/* Fields with an index of their own, distinct; returns how many. */
int publish_indexes(int table, int out_fields[PUBLISH_INDEXES_MAX]);
/* Makes an empty table in the schema, with partitions or distributed; first: a distributed table that is there, or NULL. */
MUST_CHECK bool publish_table_create(struct postgresql *connection, const char *schema, int table, bool is_wide, bool is_citus,
                                     const char *first, struct error *err);
