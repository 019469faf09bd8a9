/* SPDX-License-Identifier: EUPL-1.2 */
/* postgresql_internal: what the parts of this module share: the connection, waiting, errors, and the binary form of values (private). */
#pragma once
#include "base/buffer.h"
#include "engines/postgresql/postgresql.h"
#include <libpq-fe.h>

struct postgresql {
    PGconn *link;
};
static inline __attribute__((unused)) void pg_result_cleanup(PGresult **result)
{
    PQclear(*result);
}

/* ---- failure.c ---- */
/* From what the server said of a statement; `doing` is what failed. sql NULL, or the text in which the place of the fault is a line. */
bool postgresql_fail(struct error *err, const PGresult *result, const char *sql, const char *doing);
/* The connection itself failed: libpq's words speak of sockets and certificates. */
bool postgresql_fail_link(struct error *err, const PGconn *link, const char *doing);
/* The connection cannot be made. */
bool postgresql_fail_open(struct error *err, const PGconn *link);
/* What an SQLSTATE is in our words, for tests. */
enum error_code postgresql_state_code(const char *state, const char **out_words);
/* The line of the character at `position` (1, 2, ...) of an SQL text. */
int postgresql_line_of(const char *sql, int64_t position);

/* ---- connection.c ---- */
/* Until the socket can be read (or written, when asked for, too). CANCELLED when the user stops; the server is told. */
MUST_CHECK bool postgresql_wait(struct postgresql *connection, bool is_writing, struct error *err);
/* Sends what is buffered. */
MUST_CHECK bool postgresql_flush(struct postgresql *connection, struct error *err);
/* The next result of what was sent; NULL when there is none any more. */
MUST_CHECK bool postgresql_take(struct postgresql *connection, PGresult **out_result, struct error *err);
/* How many rows a statement changed; 0 where the server does not say. */
uint64_t postgresql_changed(PGresult *result);
/* Drops all results that are left, waiting for them, as an error was found already. */
void postgresql_drain(struct postgresql *connection);
/* The same, after telling the server to stop. */
void postgresql_stop(struct postgresql *connection);

/* ---- value.c ---- */
enum { POSTGRESQL_NUMERIC_MAX = 256 };
/* What type an oid is read as; false: not one of ours. */
bool postgresql_type_of(Oid oid, enum postgresql_type *out_type);
/* One value in binary form, as the server sent it. UNSUPPORTED for an infinite day or a number that is none. */
MUST_CHECK bool postgresql_decode(Oid oid, const uint8_t *bytes, size_t length, struct postgresql_value *out_value, struct error *err);
/* The oid and the binary form of a parameter; out has room for 8 bytes. Returns the length; texts are used in place. */
Oid postgresql_parameter(const struct postgresql_value *value, uint8_t out[8], const char **out_bytes, int *out_length);
void postgresql_put_u16(uint8_t *out, uint16_t value);
void postgresql_put_u32(uint8_t *out, uint32_t value);
void postgresql_put_u64(uint8_t *out, uint64_t value);
/* numeric's binary form of a finite double; returns its length. */
size_t postgresql_put_numeric(uint8_t out[POSTGRESQL_NUMERIC_MAX * 4], double value);
#define POSTGRESQL_EPOCH_DAY 10957 /* 2000-01-01 */
#define POSTGRESQL_EPOCH_MICROSECONDS (INT64_C(10957) * 86400 * 1000000)
