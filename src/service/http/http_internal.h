/* SPDX-License-Identifier: EUPL-1.2 */
/* http_internal: one request on its way in (private to http). */
#pragma once
#include "base/task.h"
#include "service/http/http.h"
#include <microhttpd.h>

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    struct secret *key; /* PEM */
    char *certificate, *address, *spool;
    struct task_lock *handling;
};
/* One request: made with its head, gone when it was answered or its connection ended. */
struct http_upload {
    struct http_server *server;
    struct http_request request;
    char path[HTTP_FILE_SIZE];
    int descriptor; /* -1: none */
    uint64_t received;
    int64_t begun_ns;
};
/* Called by the library for the head, each piece of the body, and its end. */
enum MHD_Result http_upload_take(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                 const char *data, size_t *size, void **upload);
void http_upload_end(void *context, struct MHD_Connection *connection, void **upload, enum MHD_RequestTerminationCode why);
