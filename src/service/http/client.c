/* SPDX-License-Identifier: EUPL-1.2 */
/* client: one request over libcurl, TLS 1.3, the server known by its pin and by nothing else. */
#include "base/file.h"
#include "base/task.h"
#include "service/http/http.h"
#include "trust/crypto/crypto_base64.h"
#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIN_TEXT_SIZE = 8 + CRYPTO_BASE64_SIZE(CRYPTO_PIN_SIZE), STATUS_OK = 200, UPLOAD_BUFFER = 1 << 18 };

struct exchange {
    const struct http_call *call;
    CURL *curl;
    struct curl_slist *headers;
    struct secret *key;
    int body; /* -1: none */
    uint64_t body_size, received;
    struct file_writer *answer;
    struct buffer text; /* a text, or why it was refused */
    struct error failure;
    bool has_failed;
};

static void exchange_value_cleanup(struct exchange *exchange)
{
    curl_easy_cleanup(exchange->curl);
    curl_slist_free_all(exchange->headers);
    secret_destroy(exchange->key);
    if (exchange->body >= 0) {
        close(exchange->body);
    }
    if (exchange->answer) {
        file_writer_close(exchange->answer);
    }
    buffer_finish(&exchange->text);
}

/* ---- what the library calls ---- */
static size_t body_give(char *out, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    ssize_t got = read(exchange->body, out, size * count);
    return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
}

static bool answer_put(struct exchange *exchange, const char *data, size_t length, struct error *err)
{
    long status = 0;
    curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
    exchange->received += length;
    if (status != STATUS_OK) { /* of a refusal as much as fits is enough */
        size_t room = exchange->text.maximum - exchange->text.length;
        return buffer_append(&exchange->text, data, length < room ? length : room, err);
    }
    TRY(exchange->received <= exchange->call->answer_bytes_max || FAIL(err, LIMIT, "the answer is longer than was expected"));
    return exchange->answer ? file_writer_append(exchange->answer, data, length, err) : buffer_append(&exchange->text, data, length, err);
}

static size_t answer_take(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    exchange->has_failed = exchange->has_failed || !answer_put(exchange, data, size * count, &exchange->failure);
    return exchange->has_failed ? 0 : size * count;
}

static int ask_on(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    (void)context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return task_cancelled();
}

/* ---- making it ---- */
static bool body_open(struct exchange *exchange, struct error *err)
{
    struct stat status;
    const char *path = exchange->call->body_path;
    exchange->body = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (exchange->body < 0 || fstat(exchange->body, &status) != 0) {
        return FAIL_ERRNO(err, path, "the file to be sent cannot be opened");
    }
    TRY(S_ISREG(status.st_mode) || FAIL(err, INVALID_ARGUMENT, "what is to be sent is no plain file"));
    exchange->body_size = (uint64_t)status.st_size;
    return true;
}

static bool is_set(CURLcode code)
{
    return code == CURLE_OK;
}

static bool peer_set(struct exchange *exchange)
{
    const struct http_call *call = exchange->call;
    char pin[PIN_TEXT_SIZE] = "sha256//";
    union {
        const void *from;
        void *to;
    } certificate = {call->identity.certificate.data}, key = {secret_view(exchange->key)};
    struct curl_blob certificate_blob = {certificate.to, call->identity.certificate.length, CURL_BLOB_COPY};
    struct curl_blob key_blob = {key.to, secret_length(exchange->key) - 1, CURL_BLOB_NOCOPY};
    CURL *curl = exchange->curl;
    crypto_base64(pin + 8, call->server.bytes, sizeof call->server.bytes);
    /* Nobody vouches for the certificate and no name is looked at; the pin alone decides, and is looked at in any case. */
    return is_set(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L)) && is_set(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, pin)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &certificate_blob)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &key_blob));
}

static bool limits_set(struct exchange *exchange)
{
    const struct http_call *call = exchange->call;
    CURL *curl = exchange->curl;
    return is_set(curl_easy_setopt(curl, CURLOPT_URL, call->url)) && is_set(curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https")) &&
           is_set(curl_easy_setopt(curl, CURLOPT_PROXY, "")) && is_set(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)call->connect_seconds_max)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)call->idle_seconds_max)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L)) && is_set(curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_on)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange));
}

static bool body_set(struct exchange *exchange)
{
    CURL *curl = exchange->curl;
    exchange->headers = curl_slist_append(NULL, "Content-Type: application/octet-stream");
    exchange->headers = exchange->headers ? curl_slist_append(exchange->headers, "Expect: 100-continue") : NULL;
    return exchange->headers && is_set(curl_easy_setopt(curl, CURLOPT_POST, 1L)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->headers)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_size)) &&
           is_set(curl_easy_setopt(curl, CURLOPT_READFUNCTION, body_give)) && is_set(curl_easy_setopt(curl, CURLOPT_READDATA, exchange));
}

/* ---- what came of it ---- */
static enum error_code code_of_status(long status)
{
    static const enum error_code codes[] = {ERROR_INVALID_ARGUMENT, ERROR_DENIED, ERROR_NOT_FOUND,    ERROR_EXISTS,
                                            ERROR_ERASED,           ERROR_LIMIT,  ERROR_INVALID_INPUT};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (error_http_status(codes[i]) == status) {
            return codes[i];
        }
    }
    return ERROR_IO;
}

/* What a server says is shown to people. Its first line is the message, the second the hint. */
static bool refused(const struct exchange *exchange, long status, struct error *err)
{
    char shown[sizeof((struct error *)NULL)->message / 2], hint[sizeof((struct error *)NULL)->hint / 2];
    const char *text = exchange->text.length > 0 ? (const char *)exchange->text.data : "";
    size_t first = strcspn(text, "\n"), second = text[first] ? strcspn(text + first + 1, "\n") : 0;
    text_to_shown(shown, sizeof shown, (struct text){text, first});
    text_to_shown(hint, sizeof hint, (struct text){second > 0 ? text + first + 1 : "", second});
    error_set(err, code_of_status(status), __FILE__, __LINE__, "the other side refuses: %s", shown[0] ? shown : "it does not say why");
    return hint[0] ? error_hint(err, "%s", hint) : error_detail(err, "HTTP status %ld", status);
}

static bool failed(const struct exchange *exchange, CURLcode code, struct error *err)
{
    if (exchange->has_failed) {
        if (err) {
            *err = exchange->failure;
        }
        return false;
    }
    TRY(task_check(err));
    if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH) {
        FAIL(err, DENIED, "the other side is not the one that is pinned");
        return error_hint(err, "compare its pin over another channel: somebody may be in between");
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        FAIL(err, IO, "the other side does not answer in time");
    } else {
        FAIL(err, IO, "the other side cannot be reached, or hung up");
    }
    error_hint(err, "check address and port, and that the other side runs and knows this certificate; then send once more");
    return error_detail(err, "%s", curl_easy_strerror(code));
}

static bool conclude(struct exchange *exchange, CURLcode code, struct buffer *out_text, struct error *err)
{
    long status = 0;
    curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400) { /* also when it hung up behind it: it wants no more of the body */
        return refused(exchange, status, err);
    }
    if (code != CURLE_OK) {
        return failed(exchange, code, err);
    }
    TRY(status == STATUS_OK || refused(exchange, status, err));
    TRY(!exchange->answer || file_writer_commit(exchange->answer, err));
    return !out_text || exchange->text.length == 0 || buffer_append(out_text, exchange->text.data, exchange->text.length, err);
}

bool http_send(const struct http_call *call, struct buffer *out_text, struct error *err)
{
    CLEANUP(exchange_value) struct exchange exchange = {.call = call, .body = -1, .text = {.maximum = HTTP_TEXT_MAX}};
    TRY(crypto_start(err));
    TRY(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK || FAIL(err, INTERNAL, "the library for HTTP could not start"));
    exchange.curl = curl_easy_init();
    TRY(exchange.curl || FAIL(err, INTERNAL, "the library for HTTP could not start"));
    TRY(crypto_certificate_key(&exchange.key, call->identity.seed, err));
    TRY(!call->body_path || body_open(&exchange, err));
    TRY(!call->answer_path || file_writer_open(&exchange.answer, call->answer_path, 0600, err));
    TRY((peer_set(&exchange) && limits_set(&exchange) && (!call->body_path || body_set(&exchange))) ||
        FAIL(err, INTERNAL, "the library for HTTP lacks what is needed"));
    CURLcode code = curl_easy_perform(exchange.curl);
    return conclude(&exchange, code, out_text, err);
}
