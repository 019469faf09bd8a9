/* SPDX-License-Identifier: EUPL-1.2 */
/* postgresql: the one seam to PostgreSQL 15 and later, through libpq. Connect to a server that the operator named, run scripts, read the
 * rows of a query, send columns in bulk. Words. address: `postgresql://USER@HOST:PORT/DATABASE` or `postgresql://USER@/DATABASE?host=/DIR`
 * of a Unix socket. A connection belongs to one thread at a time. Nothing is taken from the environment or from files in a home directory.
 * Errors are ENGINE (the server refuses), IO (it is gone), DENIED (it does not let us in), LIMIT (its disk or its patience) and
 * CANCELLED; they name schema, table, column and condition, and never quote what a row holds. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <stddef.h>
#include <stdint.h>

/* ---- where ---- */
enum { POSTGRESQL_ADDRESS_MAX = 1024 };
struct postgresql_address {
    char user[64], database[64];
    char host[256]; /* a name, an address, or (beginning with /) the directory of a Unix socket */
    uint16_t port;
    bool is_local; /* a Unix socket or the loopback: TLS is not demanded */
    bool has_tls;  /* verify-full, always so where it is not local */
    /* Files that TLS needs, from sslrootcert, sslcert, sslkey; empty where not named. */
    char authority[256], certificate[256], key[256];
};
/* INVALID_ARGUMENT for what is no such address, has a password in it, or would speak to another machine without sslmode=verify-full and
 * sslrootcert. Options other than host, port, sslmode, sslrootcert, sslcert, sslkey are refused. */
MUST_CHECK bool postgresql_address_parse(const char *url, struct postgresql_address *out_address, struct error *err);
/* For messages and logs: user@host:port/database. Always with a NUL. */
void postgresql_address_print(const struct postgresql_address *address, char out[POSTGRESQL_ADDRESS_MAX]);

/* ---- a connection ---- */
struct postgresql;
struct postgresql_options {
    const struct postgresql_address *address;
    const char *password;         /* borrowed for the call, NUL at its end; NULL: none (peer, or a certificate) */
    unsigned connect_seconds;     /* 0: 10 */
    unsigned statement_seconds;   /* the server ends a statement that takes longer, with LIMIT; 0: never */
    const char *application_name; /* what pg_stat_activity shows; NULL: emc2 */
};
MUST_CHECK bool postgresql_open(struct postgresql **out_connection, const struct postgresql_options *options, struct error *err);
void postgresql_close(struct postgresql *connection);
DEFINE_CLEANUP(postgresql, postgresql_close)
int postgresql_server_version(const struct postgresql *connection); /* 150018 is 15.18 */

/* ---- values ---- */
enum postgresql_type { POSTGRESQL_I64, POSTGRESQL_DOUBLE, POSTGRESQL_TEXT, POSTGRESQL_DAY, POSTGRESQL_INSTANT, POSTGRESQL_BOOL };
struct postgresql_value {
    enum postgresql_type type;
    bool is_null;
    int64_t i64;      /* I64, BOOL (0/1), DAY (days since 1970-01-01), INSTANT (microseconds since 1970-01-01 00:00) */
    double number;    /* DOUBLE */
    struct text text; /* TEXT */
};

/* ---- statements ---- */
/* Runs a text of one or more statements, separated by semicolons, for their effect; rows that they give are dropped. Without a BEGIN in it,
 * all of it is one transaction. An error says in which line. */
MUST_CHECK bool postgresql_script(struct postgresql *connection, const char *sql, struct error *err);
/* One statement; $1, $2 ... are the values (cast them in the text: `$1::date`). out_rows NULL, or the rows that it changed. */
MUST_CHECK bool postgresql_execute(struct postgresql *connection, const char *sql, const struct postgresql_value *values, size_t count,
                                   uint64_t *out_rows, struct error *err);

/* The rows of one statement, streamed: memory does not grow with them. smallint, integer, bigint and oid become I64; real, double precision
 * DOUBLE, numeric too; text, varchar, char, name TEXT; date DAY; timestamp INSTANT; boolean BOOL; other types fail with UNSUPPORTED, as
 * does an infinite date. The connection does nothing else until the result is closed. */
struct postgresql_result;
MUST_CHECK bool postgresql_query(struct postgresql_result **out_result, struct postgresql *connection, const char *sql,
                                 const struct postgresql_value *values, size_t count, struct error *err);
size_t postgresql_result_columns(const struct postgresql_result *result);
const char *postgresql_result_column_name(const struct postgresql_result *result, size_t column);
enum postgresql_type postgresql_result_column_type(const struct postgresql_result *result, size_t column);
/* *out_row: as many values as columns, until the next call; NULL behind the last row. */
MUST_CHECK bool postgresql_result_next(struct postgresql_result *result, const struct postgresql_value **out_row, struct error *err);
void postgresql_result_close(struct postgresql_result *result); /* before its end: what runs is cancelled */
DEFINE_CLEANUP(postgresql_result, postgresql_result_close)

/* ---- bulk ---- */
/* What the table's column is: the bytes of COPY must be of exactly that type. */
enum postgresql_column_type {
    POSTGRESQL_COLUMN_INTEGER, /* from I64; INVALID_INPUT beyond 32 bits */
    POSTGRESQL_COLUMN_BIGINT,
    POSTGRESQL_COLUMN_DOUBLE,
    POSTGRESQL_COLUMN_NUMERIC, /* from DOUBLE: the shortest decimal that reads back as the same double */
    POSTGRESQL_COLUMN_DATE,
    POSTGRESQL_COLUMN_TIMESTAMP,
    POSTGRESQL_COLUMN_TEXT, /* text and varchar */
};
/* valid: a bit per row, NULL when all are there. The one array of the column's type is set, or none: NULL throughout. */
struct postgresql_column {
    const uint64_t *valid;
    const int64_t *i64; /* INTEGER, BIGINT, TIMESTAMP */
    const double *numbers;
    const int32_t *days;
    const struct text *texts; /* UTF-8; a NUL byte cannot be in PostgreSQL: INVALID_INPUT */
};
struct postgresql_copy;
/* sql: `COPY table (columns) FROM STDIN (FORMAT binary)`. names, one for each column, stand in errors. Both arrays outlive the copy. */
MUST_CHECK bool postgresql_copy_open(struct postgresql_copy **out_copy, struct postgresql *connection, const char *sql,
                                     const enum postgresql_column_type *types, const char *const *names, size_t columns, struct error *err);
MUST_CHECK bool postgresql_copy_columns(struct postgresql_copy *copy, const struct postgresql_column *columns, size_t rows,
                                        struct error *err);
/* All rows are in the table, as far as the transaction goes. */
MUST_CHECK bool postgresql_copy_finish(struct postgresql_copy *copy, uint64_t *out_rows, struct error *err);
void postgresql_copy_close(struct postgresql_copy *copy); /* without finish: the server drops the rows */
DEFINE_CLEANUP(postgresql_copy, postgresql_copy_close)

/* ---- words of SQL ---- */
struct buffer;
/* Appends a name as an identifier, in quotation marks. */
MUST_CHECK bool postgresql_quote_identifier(struct buffer *out, struct text name, struct error *err);
