/* SPDX-License-Identifier: EUPL-1.2 */
/* publish: the tables of a snapshot become a schema of a PostgreSQL database, as the OMOP CDM 5.4 has it: for whoever works in SQL at more
 * than one machine's size. Rows of persons are distributed by person: over nodes where the server has Citus (create_distributed_table, all
 * tables beside each other; tables without a person on every node), otherwise in hash partitions. Words. staging: the schema
 * SCHEMA_emc2_loading, which becomes SCHEMA by one renaming when all is in it. part: rows of one table and segment, loaded and noted in one
 * transaction. identity: snapshot, exclusions and layout; only what has the same is gone on with. */
#pragma once
#include "base/task.h"
#include "engines/postgresql/postgresql.h"
#include "warehouse/omop/omop.h"
#include "warehouse/store/store.h"

enum { PUBLISH_SCHEMA_MAX = 48, PUBLISH_PARTITIONS = 8 };

struct publish_options {
    const struct postgresql_address *address;
    const char *password;   /* NULL: none */
    const char *schema;     /* [a-z_][a-z0-9_]*, at most PUBLISH_SCHEMA_MAX - 1, not pg_... */
    const char *snapshot;   /* names what is read: the snapshot and the newest one, whose exclusions hold (publish_identity) */
    uint64_t tables;        /* bit i: table i; those outside the reader's grant fail with DENIED */
    struct task_pool *pool; /* one connection for each of its threads */
    bool replace;           /* a schema of that name that a publication made is dropped at the end, in the same transaction */
    bool wide;              /* texts without the CDM's limits of length */
    bool quiet;
};
struct publish_report {
    uint64_t rows, rows_before; /* all; of these, what an interrupted publication had loaded */
    uint64_t table_rows[OMOP_TABLE_COUNT];
    unsigned tables;
    bool is_citus, was_there; /* was_there: the schema has this snapshot already, and nothing was done */
    double seconds, load_seconds;
};
/* INVALID_ARGUMENT unless it is a name as above. */
MUST_CHECK bool publish_schema_check(const char *schema, struct error *err);
/* DENIED unless the reader's grant allows GRANT_EXPORT. EXISTS when the schema is there and `replace` is not set, or when it was not made
 * by a publication. Killed at any moment and called again with the same store and options, it goes on where it was; the schema itself is
 * there as a whole or not at all (or as it was before). */
MUST_CHECK bool publish_tables(struct store_reader *reader, const struct publish_options *options, struct publish_report *out_report,
                               struct error *err);
