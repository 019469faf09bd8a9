/* SPDX-License-Identifier: EUPL-1.2 */
/* upload: one request: who sends it, whether it is wanted, its body into a file, its answer. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/log.h"
#include "service/http/http_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NS_PER_SECOND = 1000000000, GRACE_SECONDS = 30, STATUS_OK = 200 };

/* ---- answering ---- */
static enum MHD_Result respond(struct MHD_Connection *connection, int status, struct MHD_Response *response, const char *type)
{
    if (!response) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    enum MHD_Result done = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return done;
}

static enum MHD_Result respond_text(struct MHD_Connection *connection, int status, const void *text, size_t length)
{
    void *copy = malloc(length + 1);
    if (!copy) {
        abort(); /* like the arena */
    }
    memcpy(copy, text, length);
    return respond(connection, status, MHD_create_response_from_buffer(length, copy, MHD_RESPMEM_MUST_FREE), "text/plain; charset=utf-8");
}

/* Message and hint are for anybody; detail stays here. */
static enum MHD_Result respond_error(struct MHD_Connection *connection, const struct error *why)
{
    char text[HTTP_TEXT_MAX];
    int length = snprintf(text, sizeof text, "%s%s%s\n", why->message, why->hint[0] ? "\n" : "", why->hint);
    return respond_text(connection, error_http_status(why->code), text, (size_t)length);
}

static enum MHD_Result refuse(const struct http_upload *upload, struct MHD_Connection *connection, const struct error *why)
{
    const struct http_service *service = &upload->server->options.service;
    if (service->refused) {
        task_lock_take(upload->server->handling);
        service->refused(service->context, &upload->request, why);
        task_lock_give(upload->server->handling);
    }
    return respond_error(connection, why);
}

/* The file of an answer, open: the handler may write another one to the same path as soon as it is asked again. -1: it is not there. */
struct answer_file {
    int descriptor;
    uint64_t size;
};

static struct answer_file answer_open(const struct http_answer *answer)
{
    struct error err;
    struct answer_file file = {.descriptor = -1};
    if (file_size(answer->file, &file.size, &err)) {
        file.descriptor = open(answer->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (answer->is_file_deleted && file.descriptor >= 0 && !file_remove(answer->file, &err)) { /* it lives until it was sent */
        log_error("http", &err);
    }
    return file;
}

static enum MHD_Result respond_file(struct MHD_Connection *connection, const struct answer_file *file)
{
    struct error err;
    if (file->descriptor < 0) {
        FAIL(&err, INTERNAL, "the answer is not there");
        return respond_error(connection, &err);
    }
    struct MHD_Response *response = MHD_create_response_from_fd64(file->size, file->descriptor);
    if (!response) {
        close(file->descriptor);
    }
    return respond(connection, STATUS_OK, response, "application/octet-stream");
}

static enum MHD_Result handle(struct http_upload *upload, struct MHD_Connection *connection)
{
    struct error err;
    const struct http_service *service = &upload->server->options.service;
    struct http_answer answer = {.text = {.maximum = HTTP_TEXT_MAX}};
    struct answer_file file = {.descriptor = -1};
    task_lock_take(upload->server->handling);
    bool done = service->handle(service->context, &upload->request, &answer, &err);
    if (done && answer.file[0]) {
        file = answer_open(&answer);
    }
    task_lock_give(upload->server->handling);
    enum MHD_Result result =
        !done ? refuse(upload, connection, &err)
        : answer.file[0]
            ? respond_file(connection, &file)
            : respond_text(connection, STATUS_OK, answer.text.length > 0 ? answer.text.data : (const void *)"", answer.text.length);
    buffer_finish(&answer.text);
    return result;
}

/* ---- the head ---- */
static bool pin_of_certificate(const gnutls_datum_t *der, struct http_pin *out_pin)
{
    gnutls_x509_crt_t certificate;
    size_t size = sizeof out_pin->bytes;
    if (gnutls_x509_crt_init(&certificate) != 0) {
        return false;
    }
    bool done = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0 &&
                gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, out_pin->bytes, &size) == 0 &&
                size == sizeof out_pin->bytes;
    gnutls_x509_crt_deinit(certificate);
    return done;
}

/* The handshake has shown that the peer has the key of its certificate (RFC 8446 4.4.3); nothing else about the certificate counts. */
static bool peer_find(struct MHD_Connection *connection, struct http_pin *out_pin, struct error *err)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    unsigned count = 0;
    const gnutls_datum_t *list = info ? gnutls_certificate_get_peers(info->tls_session, &count) : NULL;
    if (!list || count == 0 || !pin_of_certificate(list, out_pin)) {
        return FAIL(err, DENIED, "whoever connects shows a certificate");
    }
    return true;
}

static bool length_find(struct MHD_Connection *connection, uint64_t maximum, uint64_t *out_length, struct error *err)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    int64_t length = 0;
    if (!text || !text_to_i64(text_of(text), &length) || length < 0) {
        return FAIL(err, INVALID_ARGUMENT, "a request says how long its body is");
    }
    if ((uint64_t)length > maximum) {
        FAIL(err, LIMIT, "the body has more bytes than this server takes");
        return error_hint(err, "at most %" PRIu64 " bytes: send it in parts", maximum);
    }
    *out_length = (uint64_t)length;
    return true;
}

static bool body_open(struct http_upload *upload, struct error *err)
{
    int length = snprintf(upload->path, sizeof upload->path, "%s/body-XXXXXX", upload->server->spool);
    TRY(length < (int)sizeof upload->path || FAIL(err, INTERNAL, "the path of the spool is too long"));
    upload->descriptor = mkostemp(upload->path, O_CLOEXEC);
    if (upload->descriptor < 0) {
        upload->path[0] = '\0';
        return FAIL_ERRNO(err, upload->server->spool, "the body of a request cannot be kept");
    }
    return true;
}

static bool head_check(struct http_upload *upload, struct MHD_Connection *connection, const char *url, const char *method,
                       struct error *err)
{
    struct http_request *request = &upload->request;
    const struct http_options *options = &upload->server->options;
    request->is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
    bool is_right =
        (request->is_post || strcmp(method, MHD_HTTP_METHOD_GET) == 0) && text_copy(request->path, sizeof request->path, text_of(url));
    TRY(is_right || FAIL(err, INVALID_ARGUMENT, "this server takes GET and POST of short paths"));
    TRY(peer_find(connection, &request->peer, err));
    TRY(!request->is_post || length_find(connection, options->body_bytes_max, &request->body_size, err));
    task_lock_take(upload->server->handling);
    bool is_admitted = options->service.admit(options->service.context, request, err);
    task_lock_give(upload->server->handling);
    return is_admitted && (!request->is_post || body_open(upload, err));
}

static enum MHD_Result begin(struct http_server *server, struct MHD_Connection *connection, const char *url, const char *method,
                             void **out_upload)
{
    struct error err;
    struct http_upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        abort(); /* like the arena */
    }
    upload->server = server;
    upload->descriptor = -1;
    upload->begun_ns = clock_monotonic_ns();
    *out_upload = upload;
    return head_check(upload, connection, url, method, &err) ? MHD_YES : refuse(upload, connection, &err);
}

/* ---- the body ---- */
static bool is_too_slow(const struct http_upload *upload)
{
    unsigned least = upload->server->options.bytes_per_second_min;
    int64_t seconds = (clock_monotonic_ns() - upload->begun_ns) / NS_PER_SECOND;
    return least > 0 && seconds > GRACE_SECONDS && upload->received < (uint64_t)(seconds - GRACE_SECONDS) * least;
}

static bool body_take(struct http_upload *upload, const char *data, size_t size)
{
    if (upload->descriptor < 0 || size > upload->request.body_size - upload->received || is_too_slow(upload)) {
        return false;
    }
    for (size_t at = 0; at < size;) {
        ssize_t written = write(upload->descriptor, data + at, size - at);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written > 0 ? (size_t)written : 0;
    }
    upload->received += size;
    return true;
}

enum MHD_Result http_upload_take(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                 const char *data, size_t *size, void **upload_place)
{
    (void)version;
    struct http_upload *upload = *upload_place;
    if (!upload) {
        return begin(context, connection, url, method, upload_place);
    }
    if (*size > 0) {
        bool done = body_take(upload, data, *size);
        *size = 0;
        return done ? MHD_YES : MHD_NO; /* NO: the connection is dropped */
    }
    if (upload->received != upload->request.body_size) {
        return MHD_NO;
    }
    upload->request.body_path = upload->request.is_post ? upload->path : NULL;
    return handle(upload, connection);
}

void http_upload_end(void *context, struct MHD_Connection *connection, void **upload_place, enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)connection;
    (void)why;
    struct http_upload *upload = *upload_place;
    if (!upload) {
        return;
    }
    if (upload->descriptor >= 0) {
        close(upload->descriptor);
        unlink(upload->path); /* the handler may have moved it */
    }
    free(upload);
    *upload_place = NULL;
}
