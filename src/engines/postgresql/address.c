/* SPDX-License-Identifier: EUPL-1.2 */
/* address: a URL of a database becomes its parts (RFC 3986 3, as libpq writes them), strictly: what is not understood is refused, because
 * it decides where rows of persons go and whether they go in the clear. */
#include "engines/postgresql/postgresql.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PORT_DEFAULT = 5432, PORT_MAX = 65535 };

static int hex_of(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

/* Percent signs undone (RFC 3986 2.1); no control characters, no more than fits. */
static bool decode(char *out, size_t size, struct text part, const char *what, struct error *err)
{
    char decoded[POSTGRESQL_ADDRESS_MAX];
    size_t length = 0;
    for (size_t i = 0; i < part.length; i++) {
        int byte = (unsigned char)part.data[i];
        if (byte == '%') {
            const int high = i + 2 < part.length ? hex_of(part.data[i + 1]) : -1;
            const int low = high >= 0 ? hex_of(part.data[i + 2]) : -1;
            if (low < 0) {
                return FAIL(err, INVALID_ARGUMENT, "the address of the database has a percent sign without two hexadecimal digits");
            }
            byte = high * 16 + low;
            i += 2;
        }
        if (byte < ' ' || byte == 0x7f || length + 1 >= size) {
            return FAIL(err, INVALID_ARGUMENT, "the %s of the database's address is too long or holds a control character", what);
        }
        decoded[length++] = (char)byte;
    }
    memcpy(out, decoded, length);
    out[length] = '\0';
    return true;
}

static bool is_byte(struct text number)
{
    int64_t value = 0;
    return number.length > 0 && number.length <= 3 && isdigit((unsigned char)number.data[0]) && text_to_i64(number, &value) && value <= 255;
}

/* 127.0.0.0/8 (RFC 1122 3.2.1.3), ::1 (RFC 4291 2.5.3), or localhost, which is not looked up. */
static bool is_loopback(const char *host)
{
    if (strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0) {
        return true;
    }
    struct text left = text_of(host);
    for (int part = 0; part < 4; part++) {
        const char *dot = memchr(left.data, '.', left.length);
        const struct text number = {left.data, dot ? (size_t)(dot - left.data) : left.length};
        if (!is_byte(number) || (part < 3) != (dot != NULL) || (part == 0 && !text_equal(number, TEXT("127")))) {
            return false;
        }
        const size_t used = number.length + (dot ? 1 : 0);
        left = (struct text){left.data + used, left.length - used};
    }
    return true;
}

/* A list of hosts, which libpq would try one after the other, is none; nor is a socket without a name on disk. */
static bool host_check(const char *host, struct error *err)
{
    const bool is_directory = host[0] == '/';
    for (const char *at = host; *at; at++) {
        const bool fits = is_directory ? *at != ',' : isalnum((unsigned char)*at) || strchr(".-_:", *at);
        if (!fits) {
            return FAIL(err, INVALID_ARGUMENT, "the address of the database names no single machine and no directory of a socket");
        }
    }
    return true;
}

static bool port_read(struct text digits, uint16_t *out_port, struct error *err)
{
    int64_t port = 0;
    if (!text_to_i64(digits, &port) || port < 1 || port > PORT_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "the address of the database has a port that is none");
    }
    *out_port = (uint16_t)port;
    return true;
}

/* ---- the parts ---- */
/* USER@ in front; what is left is the machine. */
static bool user_read(struct text *authority, struct postgresql_address *address, struct error *err)
{
    size_t at = authority->length;
    while (at > 0 && authority->data[at - 1] != '@') {
        at--;
    }
    if (at <= 1) {
        FAIL(err, INVALID_ARGUMENT, "the address of the database names no user");
        return error_hint(err, "write postgresql://USER@HOST:PORT/DATABASE, or postgresql://USER@/DATABASE?host=/DIRECTORY");
    }
    const struct text user = {authority->data, at - 1};
    if (memchr(user.data, ':', user.length)) {
        FAIL(err, INVALID_ARGUMENT, "a password does not belong into the address of the database: others can read arguments");
        return error_hint(err, "change that password, and put the new one into a file of mode 0600: --password-file FILE");
    }
    *authority = (struct text){authority->data + at, authority->length - at};
    return decode(address->user, sizeof address->user, user, "user", err);
}

/* HOST, HOST:PORT, [V6]:PORT, :PORT or nothing. */
static bool host_read(struct text authority, struct postgresql_address *address, struct error *err)
{
    struct text host = authority, port = {0};
    if (authority.length > 0 && authority.data[0] == '[') {
        const char *end = memchr(authority.data, ']', authority.length);
        const size_t length = end ? (size_t)(end - authority.data) - 1 : 0;
        const struct text rest = {authority.data + length + 2, end ? authority.length - length - 2 : 0};
        if (!end || (rest.length > 0 && rest.data[0] != ':')) {
            return FAIL(err, INVALID_ARGUMENT, "the address of the database has a bracket that does not end");
        }
        host = (struct text){authority.data + 1, length};
        port = rest.length > 0 ? (struct text){rest.data + 1, rest.length - 1} : (struct text){0};
    } else if (authority.length > 0) {
        const char *colon = memchr(authority.data, ':', authority.length);
        host.length = colon ? (size_t)(colon - authority.data) : authority.length;
        port = colon ? (struct text){colon + 1, authority.length - host.length - 1} : (struct text){0};
    }
    TRY(port.data == NULL || port_read(port, &address->port, err));
    return decode(address->host, sizeof address->host, host, "host", err);
}

static bool tls_read(struct text value, struct postgresql_address *address, bool *out_is_off, struct error *err)
{
    address->has_tls = text_equal(value, TEXT("verify-full"));
    *out_is_off = text_equal(value, TEXT("disable"));
    if (!address->has_tls && !*out_is_off) {
        FAIL(err, INVALID_ARGUMENT, "sslmode of the database's address is neither verify-full nor disable");
        return error_hint(err, "the modes between do not tell who is on the other side: sslmode=verify-full&sslrootcert=FILE");
    }
    return true;
}

static bool option_read(struct text name, struct text value, struct postgresql_address *address, bool *out_is_off, struct error *err)
{
    if (text_equal(name, TEXT("host"))) {
        return decode(address->host, sizeof address->host, value, "host", err);
    }
    if (text_equal(name, TEXT("port"))) {
        return port_read(value, &address->port, err);
    }
    if (text_equal(name, TEXT("sslmode"))) {
        return tls_read(value, address, out_is_off, err);
    }
    if (text_equal(name, TEXT("sslrootcert"))) {
        return decode(address->authority, sizeof address->authority, value, "sslrootcert", err);
    }
    if (text_equal(name, TEXT("sslcert"))) {
        return decode(address->certificate, sizeof address->certificate, value, "sslcert", err);
    }
    if (text_equal(name, TEXT("sslkey"))) {
        return decode(address->key, sizeof address->key, value, "sslkey", err);
    }
    FAIL(err, INVALID_ARGUMENT, "the address of the database has an option that is not known here");
    return error_hint(err, text_equal(name, TEXT("password")) ? "a password goes into a file of mode 0600: --password-file FILE"
                                                              : "known are host, port, sslmode, sslrootcert, sslcert and sslkey");
}

static bool options_read(const char *from, struct postgresql_address *address, bool *out_is_off, struct error *err)
{
    while (*from) {
        const size_t length = strcspn(from, "&");
        const char *equal = memchr(from, '=', length);
        if (!equal) {
            return FAIL(err, INVALID_ARGUMENT, "an option of the database's address has no value");
        }
        const struct text name = {from, (size_t)(equal - from)}, value = {equal + 1, length - name.length - 1};
        TRY(option_read(name, value, address, out_is_off, err));
        from += length + (from[length] == '&');
    }
    return true;
}

/* Rows of persons leave a machine only under TLS, to the machine that was meant. */
static bool security_check(struct postgresql_address *address, bool is_off, struct error *err)
{
    address->is_local = address->host[0] == '/' || is_loopback(address->host);
    if (!address->is_local && (is_off || !address->has_tls)) {
        FAIL(err, INVALID_ARGUMENT, "the database is on another machine, and its address does not ask for sslmode=verify-full");
        return error_hint(err, "add ?sslmode=verify-full&sslrootcert=FILE with the certificate of the authority");
    }
    if (address->has_tls && address->authority[0] != '/') {
        FAIL(err, INVALID_ARGUMENT, "sslmode=verify-full needs the authority whose certificates are believed, with its whole path");
        return error_hint(err, "add &sslrootcert=/PATH/TO/authority.pem");
    }
    if (address->has_tls && address->host[0] == '/') {
        return FAIL(err, INVALID_ARGUMENT, "there is no TLS over the socket of a directory");
    }
    if ((address->certificate[0] != '\0') != (address->key[0] != '\0')) {
        return FAIL(err, INVALID_ARGUMENT, "sslcert and sslkey go together in the address of the database");
    }
    return true;
}

bool postgresql_address_parse(const char *url, struct postgresql_address *out_address, struct error *err)
{
    static const char scheme[] = "postgresql://", old_scheme[] = "postgres://";
    struct postgresql_address address = {.port = PORT_DEFAULT};
    bool is_off = false;
    const size_t head = strncmp(url, scheme, sizeof scheme - 1) == 0           ? sizeof scheme - 1
                        : strncmp(url, old_scheme, sizeof old_scheme - 1) == 0 ? sizeof old_scheme - 1
                                                                               : 0;
    if (head == 0 || strlen(url) >= POSTGRESQL_ADDRESS_MAX) {
        FAIL(err, INVALID_ARGUMENT, "not the address of a PostgreSQL database");
        return error_hint(err, "write postgresql://USER@HOST:PORT/DATABASE, or postgresql://USER@/DATABASE?host=/DIRECTORY");
    }
    const char *from = url + head;
    struct text authority = {from, strcspn(from, "/?")};
    const char *path = authority.data + authority.length;
    const struct text database = {path + (*path == '/'), strcspn(path, "?") - (*path == '/')};
    const char *options = database.data + database.length;
    TRY(user_read(&authority, &address, err) && host_read(authority, &address, err));
    TRY(decode(address.database, sizeof address.database, database, "name", err));
    TRY(*options == '\0' || options_read(options + 1, &address, &is_off, err));
    if (address.host[0] == '\0' || address.database[0] == '\0') {
        FAIL(err, INVALID_ARGUMENT, "the address of the database lacks its %s", address.host[0] ? "name" : "machine or socket");
        return error_hint(err, "write postgresql://USER@HOST:PORT/DATABASE, or postgresql://USER@/DATABASE?host=/DIRECTORY");
    }
    TRY(host_check(address.host, err) && security_check(&address, is_off, err));
    *out_address = address;
    return true;
}

void postgresql_address_print(const struct postgresql_address *address, char out[POSTGRESQL_ADDRESS_MAX])
{
    char words[POSTGRESQL_ADDRESS_MAX];
    snprintf(words, sizeof words, "%s@%s:%u/%s", address->user, address->host, address->port, address->database);
    text_to_shown(out, POSTGRESQL_ADDRESS_MAX, text_of(words));
}
