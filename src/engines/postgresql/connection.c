/* SPDX-License-Identifier: EUPL-1.2 */
/* connection: connecting with nothing but what was named, and waiting in a way that a user can stop. */
#include "base/calendar.h"
#include "base/task.h"
#include "engines/postgresql/postgresql_internal.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_MS = 250, CONNECT_SECONDS = 10, VERSION_MIN = 150000, OPTIONS_SIZE = 200, PARAMETERS_MAX = 24 };

/* A file that is not there: libpq would otherwise look into the home directory. */
#define NO_FILE "/nonexistent/emc2"

/* PGHOST, PGPASSWORD, PGSERVICE and their like must not decide where rows go. */
static void environment_forget(void)
{
    unsetenv("PGSERVICE");
    unsetenv("PGSERVICEFILE");
    PQconninfoOption *options = PQconndefaults();
    for (const PQconninfoOption *option = options; option && option->keyword; option++) {
        if (option->envvar) {
            unsetenv(option->envvar);
        }
    }
    PQconninfoFree(options);
}

struct parameters {
    const char *names[PARAMETERS_MAX + 1], *values[PARAMETERS_MAX + 1];
    size_t count;
};

static void add(struct parameters *parameters, const char *name, const char *value)
{
    if (value && *value && parameters->count < PARAMETERS_MAX) {
        parameters->names[parameters->count] = name;
        parameters->values[parameters->count++] = value;
    }
}

static void add_all(struct parameters *to, const struct postgresql_options *options, const char *port, const char *session)
{
    const struct postgresql_address *address = options->address;
    const bool is_name = text_equal(text_of(address->host), TEXT("localhost"));
    add(to, "host", address->host);
    add(to, "hostaddr", is_name ? "127.0.0.1" : NULL);
    add(to, "port", port);
    add(to, "user", address->user);
    add(to, "dbname", address->database);
    add(to, "password", options->password);
    add(to, "passfile", NO_FILE);
    add(to, "sslmode", address->has_tls ? "verify-full" : "disable");
    add(to, "sslrootcert", address->has_tls ? address->authority : NO_FILE);
    add(to, "sslcert", address->certificate[0] ? address->certificate : NO_FILE);
    add(to, "sslkey", address->key[0] ? address->key : NO_FILE);
    add(to, "sslcrl", NO_FILE);
    add(to, "ssl_min_protocol_version", "TLSv1.2");
    add(to, "gssencmode", "disable");
    add(to, "client_encoding", "UTF8");
    add(to, "application_name", options->application_name ? options->application_name : "emc2");
    add(to, "tcp_user_timeout", "60000"); /* a machine that vanished is noticed */
    add(to, "options", session);
}

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result; /* a notice may quote what a row holds, and would go to standard error */
}

static bool wait_for(int descriptor, short events, bool *out_is_ready, struct error *err)
{
    struct pollfd waiting = {.fd = descriptor, .events = events};
    const int ready = poll(&waiting, 1, WAIT_MS);
    if (ready < 0 && errno != EINTR) {
        return FAIL_ERRNO(err, "poll", "cannot wait for the database");
    }
    *out_is_ready = ready > 0;
    return true;
}

static bool connect_on(PGconn *link, unsigned seconds, struct error *err)
{
    const int64_t end = clock_monotonic_ns() + (int64_t)(seconds ? seconds : CONNECT_SECONDS) * 1000000000;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    if (PQstatus(link) == CONNECTION_BAD) {
        return postgresql_fail_open(err, link);
    }
    PQsetErrorVerbosity(link, PQERRORS_SQLSTATE);
    PQsetNoticeReceiver(link, ignore_notice, NULL);
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        bool is_ready = false;
        TRY(task_check(err));
        if (clock_monotonic_ns() > end) {
            FAIL(err, IO, "the database server does not answer");
            return error_hint(err, "look at its address, and whether it runs");
        }
        TRY(wait_for(PQsocket(link), status == PGRES_POLLING_READING ? POLLIN : POLLOUT, &is_ready, err));
        status = is_ready ? PQconnectPoll(link) : status;
    }
    return status == PGRES_POLLING_OK || postgresql_fail_open(err, link);
}

bool postgresql_open(struct postgresql **out_connection, const struct postgresql_options *options, struct error *err)
{
    CLEANUP(postgresql) struct postgresql *connection = calloc(1, sizeof *connection);
    char port[8], session[OPTIONS_SIZE];
    struct parameters parameters = {.count = 0};
    if (!connection) {
        return FAIL(err, LIMIT, "the system has no memory for a connection");
    }
    environment_forget();
    snprintf(port, sizeof port, "%u", options->address->port);
    /* The server looks itself whether the client is still there, and ends what runs for nobody. */
    snprintf(session, sizeof session, "-c statement_timeout=%us -c client_connection_check_interval=2s -c timezone=UTC",
             options->statement_seconds);
    add_all(&parameters, options, port, session);
    connection->link = PQconnectStartParams(parameters.names, parameters.values, 0);
    if (!connection->link) {
        return FAIL(err, LIMIT, "the system has no memory for a connection");
    }
    TRY(connect_on(connection->link, options->connect_seconds, err));
    if (PQserverVersion(connection->link) < VERSION_MIN) {
        FAIL(err, UNSUPPORTED, "the database server is older than PostgreSQL 15");
        return error_hint(err, "use PostgreSQL 15 or a later one");
    }
    PQsetnonblocking(connection->link, 1);
    *out_connection = connection;
    connection = NULL;
    return true;
}

/* The server ends what it does. libpq asks for that over a connection of its own, which holds a number and nothing else. */
static void cancel(struct postgresql *connection)
{
    char words[256];
    PGcancel *request = PQstatus(connection->link) == CONNECTION_OK ? PQgetCancel(connection->link) : NULL;
    if (request) {
        PQcancel(request, words, sizeof words);
        PQfreeCancel(request);
    }
}

void postgresql_close(struct postgresql *connection)
{
    if (!connection) {
        return;
    }
    if (connection->link && PQtransactionStatus(connection->link) == PQTRANS_ACTIVE) {
        cancel(connection);
    }
    PQfinish(connection->link);
    free(connection);
}

int postgresql_server_version(const struct postgresql *connection)
{
    return PQserverVersion(connection->link);
}

/* ---- waiting ---- */
bool postgresql_wait(struct postgresql *connection, bool is_writing, struct error *err)
{
    bool is_ready = false;
    while (!is_ready) {
        if (task_cancelled()) {
            cancel(connection);
            return task_check(err);
        }
        const short events = is_writing ? POLLIN | POLLOUT : POLLIN;
        TRY(wait_for(PQsocket(connection->link), events, &is_ready, err));
    }
    return true;
}

bool postgresql_flush(struct postgresql *connection, struct error *err)
{
    for (;;) {
        const int left = PQflush(connection->link);
        if (left == 0) {
            return true;
        }
        if (left < 0) {
            return postgresql_fail_link(err, connection->link, "sending to the database");
        }
        TRY(postgresql_wait(connection, true, err));
        if (!PQconsumeInput(connection->link)) { /* a server that wants to say something must be heard, or both wait */
            return postgresql_fail_link(err, connection->link, "sending to the database");
        }
    }
}

bool postgresql_take(struct postgresql *connection, PGresult **out_result, struct error *err)
{
    TRY(postgresql_flush(connection, err));
    while (PQisBusy(connection->link)) {
        TRY(postgresql_wait(connection, false, err));
        if (!PQconsumeInput(connection->link)) {
            return postgresql_fail_link(err, connection->link, "waiting for the database");
        }
    }
    *out_result = PQgetResult(connection->link);
    return true;
}

uint64_t postgresql_changed(PGresult *result)
{
    int64_t rows = 0;
    return text_to_i64(text_of(PQcmdTuples(result)), &rows) && rows > 0 ? (uint64_t)rows : 0;
}

void postgresql_drain(struct postgresql *connection)
{
    for (;;) {
        PGresult *result = NULL;
        struct error ignored = {0};
        if (!postgresql_take(connection, &result, &ignored) || !result) {
            return;
        }
        const ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        if (status == PGRES_COPY_IN) {
            PQputCopyEnd(connection->link, "dropped");
        } else if (status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || PQstatus(connection->link) == CONNECTION_BAD) {
            return;
        }
    }
}

void postgresql_stop(struct postgresql *connection)
{
    if (PQtransactionStatus(connection->link) == PQTRANS_ACTIVE) {
        cancel(connection);
    }
    postgresql_drain(connection);
}
