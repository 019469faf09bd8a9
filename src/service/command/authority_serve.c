/* SPDX-License-Identifier: EUPL-1.2 */
/* authority_serve: the pseudonym authority over the network: POST /evaluate takes a request and gives its response, GET /authority what
 * holders pin. Who connects is a registered holder, known by the pin of its certificate, and sends requests of its own only. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/log.h"
#include "service/command/authority.h"
#include "service/command/commands.h"
#include "service/command/serving.h"
#include <stdio.h>
#include <string.h>

struct serving {
    const struct invocation *in;
    struct authority *authority;
    const char *spool;
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
    log_write(LOG_LEVEL_INFO, "authority", "answered %s: %s pseudonyms", asked.holder, count_text(asked.count, count));
    return true;
}

static bool handle(void *context, const struct http_request *request, struct http_answer *out_answer, struct error *err)
{
    struct serving *serving = context;
    return request->is_post ? evaluate(serving, request, out_answer, err)
                            : authority_print(serving->authority, NULL, &out_answer->text, err);
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

bool command_authority_serve(struct invocation *in, struct error *err)
{
    CLEANUP(authority_value) struct authority authority = {0};
    struct serving serving = {in, &authority, arena_text_format(in->arena, "%s/spool", warehouse_directory(in))};
    TRY(invocation_language_check(in, err));
    TRY(authority_open(&authority, in, "authority serve", GRANT_VERIFY, err));
    const struct serving_options options = {
        "emc2 pseudonym authority", authority.tls_seed, serving.spool, {admit, handle, refused, &serving}, invocation_is_french(in, false)};
    return serving_run(in, &options, err);
}
