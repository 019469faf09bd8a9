/* SPDX-License-Identifier: EUPL-1.2 */
/* http: files posted and answered over HTTPS (TLS 1.3) between two sides that know each other by their pins (crypto_certificate.h); there
 * is no authority that vouches for either, and no name is looked at. The one seam to libmicrohttpd and libcurl. Bodies go from file to
 * file, so that a delivery of any size needs no memory. */
#pragma once
#include "base/buffer.h"
#include "base/text.h"
#include "trust/crypto/crypto_certificate.h"

enum { HTTP_PATH_SIZE = 256, HTTP_FILE_SIZE = 4096, HTTP_TEXT_MAX = 4096 };

struct http_pin {
    uint8_t bytes[CRYPTO_PIN_SIZE];
};
/* Who this side is: an Ed25519 seed and the certificate made with it. */
struct http_identity {
    const struct secret *seed;
    struct text certificate; /* PEM */
};

/* ---- a server ---- */
struct http_request {
    bool is_post; /* or GET, without a body */
    char path[HTTP_PATH_SIZE];
    struct http_pin peer;
    const char *body_path; /* of a POST, while it is handled; NULL before its body is there */
    uint64_t body_size;
};
/* What a handler gives: a text (of the type, at most HTTP_TEXT_MAX bytes), or a file, which is deleted when it was sent, if that is asked
 * for. */
struct http_answer {
    struct buffer text;
    char file[HTTP_FILE_SIZE]; /* "": the text */
    bool is_file_deleted;
};
struct http_service {
    /* Asked when the head of a request is there, before its body: false refuses it with the error's status and message. */
    bool (*admit)(void *context, const struct http_request *request, struct error *err);
    /* The whole request. One at a time, whatever the number of connections. */
    bool (*handle)(void *context, const struct http_request *request, struct http_answer *out_answer, struct error *err);
    /* NULL, or told of who came with a certificate that is none, or was refused: for a log. */
    void (*refused)(void *context, const struct http_request *request, const struct error *why);
    void *context;
};
struct http_options {
    const char *address; /* numeric, "127.0.0.1" or "::1" */
    uint16_t port;       /* 0: any */
    struct http_identity identity;
    const char *spool; /* an existing directory of this server's own: bodies while they come */
    uint64_t body_bytes_max;
    unsigned connections_max, idle_seconds_max; /* of one connection, without a byte */
    unsigned bytes_per_second_min;              /* a body that comes more slowly is dropped; 0: none is */
    struct http_service service;
};
struct http_server;
/* Listens when it returns, and answers on threads of its own until it is closed. */
MUST_CHECK bool http_server_open(struct http_server **out_server, const struct http_options *options, struct error *err);
uint16_t http_server_port(const struct http_server *server);
/* Returns when task_cancel was called (SIGTERM). */
void http_server_wait(const struct http_server *server);
void http_server_close(struct http_server *server); /* what is being handled ends first */
DEFINE_CLEANUP(http_server, http_server_close)

/* ---- a client ---- */
struct http_call {
    const char *url; /* https://address:port/path */
    struct http_pin server;
    struct http_identity identity;
    const char *body_path;   /* NULL: a GET */
    const char *answer_path; /* replaced atomically, and only when all of a good answer is there; NULL: the answer is a text */
    uint64_t answer_bytes_max;
    unsigned connect_seconds_max, idle_seconds_max; /* idle: below 1 byte a second, the server's work included */
};
/* out_text (NULL: none) gets a text. A refusal by the server comes back with its message and the code of its status; DENIED: the server is
 * not the pinned one, or does not know this certificate; IO: nobody answers, or not in time. */
MUST_CHECK bool http_send(const struct http_call *call, struct buffer *out_text, struct error *err);
