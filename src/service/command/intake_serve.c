/* SPDX-License-Identifier: EUPL-1.2 */
/* intake_serve: the warehouse takes deliveries over the network: POST /delivery gives the receipt, GET /warehouse the card. Who connects is
 * a holder of the register, known by the pin of their certificate, and delivers in their own name only (EMC2-01). */
#include "base/log.h"
#include "governance/registry/registry_intake.h"
#include "service/command/commands.h"
#include "service/command/deliveries.h"
#include "service/command/holder.h"
#include "service/command/serving.h"
#include <stdio.h>
#include <string.h>

struct landing {
    struct invocation *in;
    struct warehouse *warehouse;
};

/* The holder with this pin; "" when there is none. */
static bool holder_of(struct landing *landing, const struct http_pin *pin, char out_name[DELIVERY_NAME_SIZE], struct error *err)
{
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    char hex[2 * CRYPTO_PIN_SIZE + 1];
    out_name[0] = 0;
    crypto_hex(hex, pin->bytes, sizeof pin->bytes);
    TRY(holders_open(&holders, landing->warehouse, false, err));
    for (size_t i = 0; i < registry_count(holders.registry); i++) {
        const struct registry_holder *holder = registry_at(holders.registry, i);
        if (strcmp(holder->tls_pin, hex) == 0 && !holder->is_suspended) {
            snprintf(out_name, DELIVERY_NAME_SIZE, "%s", holder->name);
        }
    }
    return true;
}

static bool admit(void *context, const struct http_request *request, struct error *err)
{
    struct landing *landing = context;
    char name[DELIVERY_NAME_SIZE];
    TRY(holder_of(landing, &request->peer, name, err));
    if (!name[0]) {
        FAIL(err, DENIED, "no holder with this certificate may deliver");
        return error_hint(err, "the warehouse takes the holder's card with `emc2 holder add`");
    }
    bool is_there = strcmp(request->path, request->is_post ? "/delivery" : "/warehouse") == 0;
    return is_there || FAIL(err, NOT_FOUND, "the warehouse has no such path");
}

static bool take(struct landing *landing, const struct http_request *request, struct http_answer *out_answer, struct error *err)
{
    char name[DELIVERY_NAME_SIZE];
    struct delivery_head head;
    struct delivery_report *report = ARENA_NEW(landing->in->arena, struct delivery_report);
    TRY(holder_of(landing, &request->peer, name, err));
    if (delivery_peek(request->body_path, NULL, &head, NULL) && strcmp(head.holder, name) != 0) {
        return FAIL(err, DENIED, "this delivery is in the name of another holder");
    }
    TRY(delivery_accept(landing->in, landing->warehouse, request->body_path, out_answer->file, report, err));
    log_write(LOG_LEVEL_INFO, "intake", "took delivery %llu of %s", (unsigned long long)report->head.sequence, report->head.holder);
    return true;
}

static bool handle(void *context, const struct http_request *request, struct http_answer *out_answer, struct error *err)
{
    struct landing *landing = context;
    struct arena_mark mark = arena_mark_take(landing->in->arena);
    bool done =
        request->is_post ? take(landing, request, out_answer, err) : warehouse_card_print(landing->warehouse, NULL, &out_answer->text, err);
    landing->warehouse->error = NULL; /* a refused delivery is entered already, and the server goes on */
    arena_mark_release(landing->in->arena, mark);
    return done;
}

static void refused(void *context, const struct http_request *request, const struct error *why)
{
    struct landing *landing = context;
    struct journal_entry entry;
    struct error err = {0};
    log_write(LOG_LEVEL_WARNING, "intake", "refused: %s", why->message);
    if (request->body_path || why->code != ERROR_DENIED) {
        return;
    }
    if (!warehouse_entry(landing->warehouse, LEDGER_ACT_REFUSAL, NULL, &entry, &err) ||
        !ledger_record_word(&entry.record, "reason", "certificate", &err) || !journal_write(landing->warehouse->journal, &entry, 1, &err)) {
        log_error("intake", &err);
    }
}

bool command_intake_serve(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(secret) struct secret *seed = NULL;
    TRY(warehouse_open(&warehouse, in, "intake serve", GRANT_LOAD | GRANT_COUNT, err));
    TRY(intake_tls_seed(&warehouse, &seed, err));
    struct landing landing = {in, &warehouse};
    const struct serving_options options = {"emc2 warehouse",
                                            seed,
                                            arena_text_format(in->arena, "%s/spool", warehouse_directory(in)),
                                            {admit, handle, refused, &landing},
                                            false};
    return serving_run(in, &options, err);
}
