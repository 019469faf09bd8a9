/* SPDX-License-Identifier: EUPL-1.2 */
/* serving: see serving.h. */
#include "service/command/serving.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/log.h"
#include <string.h>

enum { CERTIFICATE_MAX = 4096, YEAR_SECONDS = 31557600, CERTIFICATE_YEARS = 10, ADDRESS_SIZE = 64 };

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

bool serving_certificate(struct buffer *out_pem, const struct secret *seed, const char *name, struct error *err)
{
    int64_t now = clock_unix_seconds();
    out_pem->maximum = CERTIFICATE_MAX;
    return crypto_certificate_make(out_pem, seed, name, now - YEAR_SECONDS, now + (int64_t)CERTIFICATE_YEARS * YEAR_SECONDS, err);
}

static bool spool_make(const char *spool, struct error *err)
{
    bool exists;
    TRY(file_exists(spool, &exists, err));
    TRY(!exists || directory_remove_all(spool, err)); /* of a server that was killed */
    return directory_create(spool, 0700, err);
}

bool serving_run(const struct invocation *in, const struct serving_options *options, struct error *err)
{
    CLEANUP(http_server) struct http_server *server = NULL;
    CLEANUP(buffer_value) struct buffer certificate = {.maximum = 0};
    char address[ADDRESS_SIZE];
    uint16_t port = 0;
    const char *listen = invocation_value(in, "listen");
    const struct settings *settings = &in->settings;
    TRY(listen_parse(listen ? listen : "", address, &port, err) && spool_make(options->spool, err));
    TRY(serving_certificate(&certificate, options->seed, options->name, err));
    const struct http_options http = {.address = address,
                                      .port = port,
                                      .identity = {options->seed, {(const char *)certificate.data, certificate.length}},
                                      .spool = options->spool,
                                      .body_bytes_max = (uint64_t)settings_get(settings, SETTING_HTTP_BODY_BYTES_MAX),
                                      .connections_max = (unsigned)settings_get(settings, SETTING_HTTP_CONNECTIONS_MAX),
                                      .idle_seconds_max = (unsigned)settings_get(settings, SETTING_HTTP_IDLE_SECONDS_MAX),
                                      .bytes_per_second_min = (unsigned)settings_get(settings, SETTING_HTTP_BYTES_PER_SECOND_MIN),
                                      .service = options->service};
    TRY(http_server_open(&server, &http, err));
    log_write(LOG_LEVEL_INFO, "emc2", options->in_french ? "à l'écoute sur %s, port %u" : "listening at %s, port %u", address,
              http_server_port(server));
    http_server_wait(server);
    return true;
}
