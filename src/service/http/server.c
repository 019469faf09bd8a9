/* SPDX-License-Identifier: EUPL-1.2 */
/* server: a libmicrohttpd daemon with a thread for each connection, TLS 1.3 only. */
#include "base/calendar.h"
#include "service/http/http_internal.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECTION_BYTES = 1 << 15, WAIT_MS = 200 };
static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

static void say_nothing(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static char *copy_of(const char *text, size_t length)
{
    char *copy = strndup(text, length);
    if (!copy) {
        abort(); /* like the arena */
    }
    return copy;
}

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static bool address_of(union address *out, const char *text, uint16_t port, bool *out_is_six, struct error *err)
{
    memset(out, 0, sizeof *out);
    *out_is_six = strchr(text, ':') != NULL;
    bool is_good;
    if (*out_is_six) {
        out->six.sin6_family = AF_INET6;
        out->six.sin6_port = htons(port);
        is_good = inet_pton(AF_INET6, text, &out->six.sin6_addr) == 1;
    } else {
        out->four.sin_family = AF_INET;
        out->four.sin_port = htons(port);
        is_good = inet_pton(AF_INET, text, &out->four.sin_addr) == 1;
    }
    if (!is_good) {
        FAIL(err, INVALID_ARGUMENT, "this is no address to listen at");
        return error_hint(err, "give a number such as 127.0.0.1 or ::1: no name is looked up");
    }
    return true;
}

static bool daemon_start(struct http_server *server, struct error *err)
{
    const struct http_options *options = &server->options;
    union address address;
    bool is_six;
    TRY(address_of(&address, server->address, options->port, &is_six, err));
    unsigned flags = MHD_USE_TLS | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ERROR_LOG |
                     (is_six ? MHD_USE_IPv6 : 0);
    /* The trusted list makes the library ask for a certificate. It accepts any: whose it is, http_upload_take looks at. */
    server->daemon = MHD_start_daemon(
        flags, options->port, NULL, NULL, http_upload_take, server, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_SOCK_ADDR,
        &address.any, MHD_OPTION_HTTPS_MEM_KEY, (const char *)secret_view(server->key), MHD_OPTION_HTTPS_MEM_CERT, server->certificate,
        MHD_OPTION_HTTPS_MEM_TRUST, server->certificate, MHD_OPTION_HTTPS_PRIORITIES, priorities, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        options->idle_seconds_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED,
        http_upload_end, NULL, MHD_OPTION_END);
    if (!server->daemon) {
        FAIL_ERRNO(err, server->address, "the server cannot listen");
        return error_hint(err, "another program may use this port, or the address is not this machine's");
    }
    return true;
}

bool http_server_open(struct http_server **out_server, const struct http_options *options, struct error *err)
{
    CLEANUP(http_server) struct http_server *server = calloc(1, sizeof *server);
    if (!server) {
        abort(); /* like the arena */
    }
    server->options = *options;
    server->handling = task_lock_create();
    server->certificate = copy_of(options->identity.certificate.data, options->identity.certificate.length);
    server->address = copy_of(options->address, strlen(options->address));
    server->spool = copy_of(options->spool, strlen(options->spool));
    TRY(crypto_start(err));
    TRY(crypto_certificate_key(&server->key, options->identity.seed, err));
    TRY(daemon_start(server, err));
    *out_server = server;
    server = NULL;
    return true;
}

uint16_t http_server_port(const struct http_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : server->options.port;
}

void http_server_wait(const struct http_server *server)
{
    (void)server;
    const struct timespec pause = {.tv_nsec = WAIT_MS * 1000000L};
    while (!task_cancelled()) {
        nanosleep(&pause, NULL);
    }
}

void http_server_close(struct http_server *server)
{
    if (server->daemon) {
        MHD_stop_daemon(server->daemon);
    }
    task_lock_destroy(server->handling);
    secret_destroy(server->key);
    free(server->certificate);
    free(server->address);
    free(server->spool);
    free(server);
}
