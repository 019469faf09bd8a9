/* SPDX-License-Identifier: EUPL-1.2 */
/* failure: the server's errors in our words, by SQLSTATE (PostgreSQL, appendix A). Its DETAIL, CONTEXT and HINT quote rows and are never
 * looked at; its first line may quote a value, and is kept only for those classes that speak of statements, names and the machine. */
#include "base/task.h"
#include "engines/postgresql/postgresql_internal.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_LENGTH = 5 };

/* The first row that begins as the state does: long ones first. */
static const struct {
    const char *state;
    enum error_code code;
    const char *words;
} states[] = {
    {"57014", ERROR_LIMIT, "the statement took longer than it may"},
    {"57P03", ERROR_BUSY, "the database server is starting or stopping"},
    {"57P0", ERROR_IO, "the database server is stopping"},
    {"08", ERROR_IO, "the connection to the database was lost"},
    {"28", ERROR_DENIED, "the database server refuses this user or password"},
    {"42501", ERROR_DENIED, "the database user may not do that"},
    {"25006", ERROR_DENIED, "the database takes no changes"},
    {"53100", ERROR_LIMIT, "the disk of the database server is full"},
    {"53200", ERROR_LIMIT, "the database server has no memory left"},
    {"53300", ERROR_LIMIT, "the database server has too many connections"},
    {"53", ERROR_LIMIT, "the database server has reached a limit"},
    {"54", ERROR_LIMIT, "the statement is beyond a limit of the database"},
    {"3D000", ERROR_NOT_FOUND, "there is no such database"},
    {"3F000", ERROR_NOT_FOUND, "there is no such schema"},
    {"42P01", ERROR_NOT_FOUND, "there is no such table"},
    {"42P06", ERROR_EXISTS, "the schema exists already"},
    {"42P07", ERROR_EXISTS, "the table exists already"},
    {"22001", ERROR_INVALID_INPUT, "a text is longer than its column"},
    {"22003", ERROR_INVALID_INPUT, "a number is out of the range of its column"},
    {"22021", ERROR_INVALID_INPUT, "a text has bytes that the database does not take"},
    {"22", ERROR_INVALID_INPUT, "a value is not as its column wants it"},
    {"23502", ERROR_INVALID_INPUT, "a value is missing that the table demands"},
    {"23505", ERROR_INVALID_INPUT, "two rows have the same key"},
    {"23503", ERROR_INVALID_INPUT, "a row refers to one that is not there"},
    {"23", ERROR_INVALID_INPUT, "a row breaks a rule of its table"},
    {"40", ERROR_BUSY, "the database undid the transaction because of another one"},
    {"55", ERROR_BUSY, "somebody else uses what the statement needs"},
    {"42", ERROR_ENGINE, "the statement is wrong"},
    {"0A", ERROR_UNSUPPORTED, "the database does not do that"},
    {"58", ERROR_IO, "the database server cannot read or write a file"},
    {"XX", ERROR_ENGINE, "the database server is at fault or damaged"},
};
/* Classes whose first line speaks of names and never of rows. */
static const char *const speaking[] = {"0A", "28", "3D", "3F", "42", "53", "55", "57", "58"};

enum error_code postgresql_state_code(const char *state, const char **out_words)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0) {
            *out_words = states[i].words;
            return states[i].code;
        }
    }
    *out_words = "the database failed";
    return ERROR_ENGINE;
}

int postgresql_line_of(const char *sql, int64_t position)
{
    int line = 1;
    for (int64_t character = 1; *sql && character < position; sql++) {
        line += *sql == '\n';
        character += ((unsigned char)sql[1] & 0xc0) != 0x80; /* the bytes behind the first of a character do not count */
    }
    return line;
}

static void add_name(char *out, size_t size, const PGresult *result, int field, const char *what)
{
    const char *name = PQresultErrorField(result, field);
    if (name && *name) {
        const size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s %.64s", used ? ", " : "", what, name);
    }
}

static void add_names(struct error *err, const PGresult *result)
{
    char names[160] = "", shown[160];
    add_name(names, sizeof names, result, PG_DIAG_TABLE_NAME, "table");
    add_name(names, sizeof names, result, PG_DIAG_COLUMN_NAME, "column");
    add_name(names, sizeof names, result, PG_DIAG_CONSTRAINT_NAME, "rule");
    if (names[0]) {
        text_to_shown(shown, sizeof shown, text_of(names));
        error_context(err, "%s", shown);
    }
}

static void add_words(struct error *err, const char *state, const char *words)
{
    char shown[300];
    bool is_speaking = false;
    for (size_t i = 0; i < sizeof speaking / sizeof *speaking; i++) {
        is_speaking = is_speaking || strncmp(state, speaking[i], 2) == 0;
    }
    text_to_shown(shown, sizeof shown, text_of(is_speaking && words ? words : ""));
    error_detail(err, "PostgreSQL %s%s%s", state, shown[0] ? ": " : "", shown);
}

bool postgresql_fail(struct error *err, const PGresult *result, const char *sql, const char *doing)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE), *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const char *words = NULL;
    if (!state) {
        FAIL(err, IO, "%s: the connection to the database was lost", doing);
        return error_hint(err, "look whether the database server runs, then run the command again");
    }
    enum error_code code = postgresql_state_code(state, &words);
    if (strcmp(state, "57014") == 0 && task_cancelled()) {
        return FAIL(err, CANCELLED, "stopped by the user");
    }
    error_set(err, code, __FILE__, __LINE__, "%s: %s", doing, words);
    add_words(err, state, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    add_names(err, result);
    int64_t character = 0;
    if (sql && position && text_to_i64(text_of(position), &character)) {
        error_context(err, "line %d of the statement", postgresql_line_of(sql, character));
    }
    return false;
}

static void add_link_words(struct error *err, const PGconn *link)
{
    char words[300], shown[300];
    snprintf(words, sizeof words, "%s", PQerrorMessage(link));
    for (char *at = words; *at; at++) {
        *at = isspace((unsigned char)*at) ? ' ' : *at;
    }
    text_to_shown(shown, sizeof shown, text_trim(text_of(words)));
    error_detail(err, "libpq: %s", shown);
}

bool postgresql_fail_link(struct error *err, const PGconn *link, const char *doing)
{
    FAIL(err, IO, "%s: the connection to the database was lost", doing);
    add_link_words(err, link);
    return error_hint(err, "look whether the database server runs, then run the command again");
}

/* libpq was told to say the SQLSTATE instead of words: "... failed: FATAL:  28P01". */
static bool state_at_end(const char *words, char out_state[STATE_LENGTH + 1])
{
    const struct text line = text_trim(text_of(words));
    if (line.length < STATE_LENGTH + 2 || line.data[line.length - STATE_LENGTH - 1] != ' ') {
        return false;
    }
    const char *state = line.data + line.length - STATE_LENGTH;
    for (int i = 0; i < STATE_LENGTH; i++) {
        if (!isdigit((unsigned char)state[i]) && !isupper((unsigned char)state[i])) {
            return false;
        }
    }
    memcpy(out_state, state, STATE_LENGTH);
    out_state[STATE_LENGTH] = '\0';
    return true;
}

bool postgresql_fail_open(struct error *err, const PGconn *link)
{
    char state[STATE_LENGTH + 1];
    const char *words = NULL;
    if (PQconnectionNeedsPassword(link)) {
        FAIL(err, DENIED, "the database server asks for a password");
        return error_hint(err, "put it into a file of mode 0600: --password-file FILE");
    }
    if (!state_at_end(PQerrorMessage(link), state)) {
        FAIL(err, IO, "the database server cannot be reached, or is not the one that it should be");
        add_link_words(err, link);
        return error_hint(err, "look whether it runs, and at its address (and certificate)");
    }
    enum error_code code = postgresql_state_code(state, &words);
    error_set(err, code, __FILE__, __LINE__, "cannot connect to the database: %s", words);
    error_detail(err, "PostgreSQL %s", state);
    if (code != ERROR_DENIED) {
        return false;
    }
    return error_hint(err, "look at the user of the address, the password's file and the server's pg_hba.conf");
}
