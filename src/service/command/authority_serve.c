/* SPDX-License-Identifier: EUPL-1.2 */
/* authority_serve: the pseudonym authority over the network: POST /evaluate takes a request and gives its response, GET /authority what
 * holders pin. Who connects is a registered holder, known by the pin of its certificate, and sends requests of its own only. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/log.h"
#include "service/command/authority.h"
#include "service/command/commands.h"
#include <stdio.h>
#include <string.h>

enum { CERTIFICATE_MAX = 4096, PUBLISHED_MAX = 4096, YEAR_SECONDS = 31557600, CERTIFICATE_YEARS = 10, ADDRESS_SIZE = 64 };

struct serving {
    const struct invocation *in;
    struct authority *authority;
    const char *spool;
    uint64_t answered;
};

static bool admit(void *context, const struct http_request *request, struct error *err)
{
    struct serving *serving = context;
    struct circuit_clients clients = {.count = 0};
    TRY(circuit_registry_read(serving->authority->registry_path, serving->authority->registry_key, &clients, err));
    bool is_known = circuit_registry_find_pin(&clients, request->peer.bytes) != NULL;
    circuit_clients_finish(&clients);
    if (!is_known) {
        FAIL(err, DENIED, "no holder with this certificate is registered with the pseudonym authority");
        return error_hint(err, "the authority registers its pin with `emc2 authority holder add`");
    }
    bool is_there = strcmp(request->path, request->is_post ? "/evaluate" : "/authority") == 0;
    return is_there || FAIL(err, NOT_FOUND, "the pseudonym authority has no such path");
}

static bool evaluate(struct serving *serving, const struct http_request *request, struct http_answer *out_answer, struct error *err)
{
    struct circuit_request asked;
    char count[COUNT_TEXT_SIZE];
    snprintf(out_answer->file, sizeof out_answer->file, "%s/response", serving->spool);
    TRY(authority_answer(serving->authority, request->body_path, out_answer->file, request->peer.bytes, serving->in->pool, &asked, err));
    out_answer->is_file_deleted = true;
    serving->answered += asked.count;
    log_write(LOG_LEVEL_INFO, "authority", "answered %s: %s pseudonyms", asked.holder, count_text(asked.count, count));
    return true;
}

static bool handle(void *context, const struct http_request *request, struct http_answer *out_answer, struct error *err)
{
    struct serving *serving = context;
    return request->is_post ? evaluate(serving, request, out_answer, err) : authority_print(serving->authority, &out_answer->text, err);
}

/* A refusal before its request could be read: by the certificate, which is all that is known. */
static void refused(void *context, const struct http_request *request, const struct error *why)
{
    struct serving *serving = context;
    struct error err;
    log_write(LOG_LEVEL_WARNING, "authority", "refused: %s", why->message);
    if (!request->body_path && why->code == ERROR_DENIED &&
        !authority_record(serving->authority, LEDGER_ACT_REFUSAL, request->peer.bytes, NULL, "elements", 0, &err)) {
        log_error("authority", &err);
    }
}

/* ADDRESS:PORT, [ADDRESS]:PORT */
static bool listen_parse(const char *text, char out_address[ADDRESS_SIZE], uint16_t *out_port, struct error *err)
{
    const char *colon = strrchr(text, ':');
    int64_t port = -1;
    bool is_good = colon && text_to_i64(text_of(colon + 1), &port) && port >= 0 && port <= UINT16_MAX;
    struct text address = {text, is_good ? (size_t)(colon - text) : 0};
    if (address.length > 2 && address.data[0] == '[' && address.data[address.length - 1] == ']') {
        address = (struct text){address.data + 1, address.length - 2};
    }
    if (!is_good || address.length == 0 || !text_copy(out_address, ADDRESS_SIZE, address)) {
        return FAIL(err, INVALID_ARGUMENT, "--listen takes ADDRESS:PORT, as in 127.0.0.1:8443 or [::1]:8443");
    }
    *out_port = (uint16_t)port;
    return true;
}

static bool serve(struct serving *serving, const char *address, uint16_t port, struct error *err)
{
    CLEANUP(http_server) struct http_server *server = NULL;
    CLEANUP(buffer_value) struct buffer certificate = {.maximum = CERTIFICATE_MAX};
    const struct settings *settings = &serving->in->settings;
    int64_t now = clock_unix_seconds();
    TRY(crypto_certificate_make(&certificate, serving->authority->tls_seed, "emc2 pseudonym authority", now - YEAR_SECONDS,
                                now + (int64_t)CERTIFICATE_YEARS * YEAR_SECONDS, err));
    const struct http_options options = {.address = address,
                                         .port = port,
                                         .identity = {serving->authority->tls_seed, {(const char *)certificate.data, certificate.length}},
                                         .spool = serving->spool,
                                         .body_bytes_max = (uint64_t)settings_get(settings, SETTING_HTTP_BODY_BYTES_MAX),
                                         .connections_max = (unsigned)settings_get(settings, SETTING_HTTP_CONNECTIONS_MAX),
                                         .idle_seconds_max = (unsigned)settings_get(settings, SETTING_HTTP_IDLE_SECONDS_MAX),
                                         .bytes_per_second_min = (unsigned)settings_get(settings, SETTING_HTTP_BYTES_PER_SECOND_MIN),
                                         .service = {admit, handle, refused, serving}};
    TRY(http_server_open(&server, &options, err));
    log_write(LOG_LEVEL_INFO, "authority", authority_is_french(serving->in) ? "à l'écoute sur %s, port %u" : "listening at %s, port %u",
              address, http_server_port(server));
    http_server_wait(server);
    return true;
}

bool command_authority_serve(struct invocation *in, struct error *err)
{
    CLEANUP(authority_value) struct authority authority = {0};
    char address[ADDRESS_SIZE];
    uint16_t port = 0;
    const char *listen = invocation_value(in, "listen");
    struct serving serving = {in, &authority, arena_text_format(in->arena, "%s/spool", warehouse_directory(in)), 0};
    TRY(authority_language_check(in, err));
    TRY(listen_parse(listen ? listen : "", address, &port, err));
    TRY(authority_open(&authority, in, "authority serve", GRANT_VERIFY, err));
    bool exists;
    TRY(file_exists(serving.spool, &exists, err));
    TRY(!exists || directory_remove_all(serving.spool, err)); /* of a server that was killed */
    TRY(directory_create(serving.spool, 0700, err));
    return serve(&serving, address, port, err);
}
