/* SPDX-License-Identifier: EUPL-1.2 */
/* centre_send: a holder's files over the network: a request to the pseudonym authority, a delivery to the warehouse; and the whole way of
 * an export in one command. The other side is who its card says, by its pin, or nobody. */
#include "base/file.h"
#include "intake/delivery/delivery_receipt.h"
#include "service/command/centre.h"
#include "service/command/commands.h"
#include "service/command/deliveries.h"
#include "service/command/serving.h"
#include <stdio.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 1 << 30, CONNECT_SECONDS = 20, IDLE_SECONDS = 3600 };

struct letter {
    enum centre_document to;
    const char *path, *body, *answer; /* of the URL, and the files */
    const char *url;                  /* in place of the card's; NULL: the card's */
};

static bool no_address(const struct centre *centre, enum centre_document to, struct error *err)
{
    bool fr = centre_facts(centre)->in_french;
    FAIL(err, NOT_FOUND, "%s",
         to == CENTRE_WAREHOUSE ? "the warehouse's card says no address, or no pin" : "the authority's card says no address, or no pin");
    return error_hint(err, fr ? "donnez-la avec --to https://ADRESSE:PORT, ou portez le fichier autrement"
                              : "give it with --to https://ADDRESS:PORT, or carry the file by another way");
}

static bool post(const struct centre *centre, const struct letter *letter, struct error *err)
{
    CLEANUP(buffer_value) struct buffer certificate = {.maximum = 0};
    const struct centre_peer *peer = centre_peer(centre, letter->to);
    const char *url = letter->url ? letter->url : peer->url;
    char whole[CENTRE_URL_SIZE + 64];
    if (!peer->has_pin || !url[0]) {
        return no_address(centre, letter->to, err);
    }
    snprintf(whole, sizeof whole, "%.255s%s", url, letter->path);
    TRY(serving_certificate(&certificate, centre_tls_seed(centre), centre_facts(centre)->holder, err));
    struct http_call call = {.url = whole,
                             .identity = {centre_tls_seed(centre), {(const char *)certificate.data, certificate.length}},
                             .body_path = letter->body,
                             .answer_path = letter->answer,
                             .answer_bytes_max = ANSWER_BYTES_MAX,
                             .connect_seconds_max = CONNECT_SECONDS,
                             .idle_seconds_max = IDLE_SECONDS};
    memcpy(call.server.bytes, peer->pin, sizeof call.server.bytes);
    return http_send(&call, NULL, err);
}

/* What the warehouse signed is about what was sent. */
static bool receipt_check(const struct centre *centre, const char *path, const char *delivery, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = RECEIPT_BYTES_MAX};
    struct receipt receipt;
    struct delivery_head head;
    TRY(file_read(path, &bytes, err) && receipt_verify(&receipt, bytes.data, bytes.length, centre_warehouse_key(centre), err));
    TRY(delivery_peek(delivery, centre_facts(centre)->public_key, &head, err));
    if (memcmp(receipt.root.bytes, head.root.bytes, sizeof head.root.bytes) != 0 || receipt.sequence != head.sequence) {
        return FAIL(err, CORRUPT, "the receipt is about another delivery");
    }
    print_line(centre_facts(centre)->in_french ? "reprise par l'entrepôt ; le reçu signé est dans %s"
                                               : "taken by the warehouse; its signed receipt is in %s",
               path);
    return true;
}

static bool send_delivery(const struct invocation *in, const struct centre *centre, const char *file, struct error *err)
{
    const char *out = invocation_value(in, "out");
    out = out ? out : arena_text_format(in->arena, "%s.receipt.json", file);
    struct letter letter = {CENTRE_WAREHOUSE, "/delivery", file, out, invocation_value(in, "to")};
    return post(centre, &letter, err) && receipt_check(centre, out, file, err);
}

bool command_centre_send(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    const char *file = in->words[0], *out = invocation_value(in, "out");
    TRY(centre_unlock(in, &centre, err));
    if (path_is_delivery(file)) {
        return send_delivery(in, centre, file, err);
    }
    out = out ? out : arena_text_format(in->arena, "%s.response", file);
    struct letter letter = {CENTRE_AUTHORITY, "/evaluate", file, out, invocation_value(in, "to")};
    TRY(post(centre, &letter, err));
    print_line(centre_facts(centre)->in_french ? "réponse de l'autorité dans %s ; ensuite : emc2 centre finish %s %s"
                                               : "the authority's answer is in %s; next: emc2 centre finish %s %s",
               out, file, out);
    return true;
}

/* ---- the whole way ---- */
static bool deliver(struct invocation *in, struct centre *centre, const struct centre_export *export, struct error *err)
{
    CLEANUP(tally) struct tally *blinding = tally_create();
    CLEANUP(tally) struct tally *packing = tally_create();
    const char *work = arena_text_format(in->arena, "%s/work", centre_directory(in));
    const char *request_path = arena_text_format(in->arena, "%s/request", work);
    struct letter letter = {CENTRE_AUTHORITY, "/evaluate", request_path, arena_text_format(in->arena, "%s/response", work), NULL};
    struct circuit_request request;
    struct delivery_head head;
    uint64_t pseudonyms;
    char count[COUNT_TEXT_SIZE], rows[COUNT_TEXT_SIZE];
    bool fr = centre_facts(centre)->in_french;
    TRY(centre_blind(centre, export, request_path, blinding, &request, err));
    print_line(fr ? "%s clés aveuglées" : "%s keys blinded", count_text(request.count, count));
    TRY(post(centre, &letter, err) && centre_finish(centre, request_path, letter.answer, in->pool, &pseudonyms, err));
    print_line(fr ? "%s pseudonymes prouvés" : "%s pseudonyms proven", count_text(pseudonyms, count));
    TRY(file_remove(request_path, err) && file_remove(letter.answer, err));
    const char *path = arena_text_format(in->arena, "%s/%s-%llu.delivery", work, centre_facts(centre)->holder,
                                         (unsigned long long)centre_facts(centre)->last_sequence + 1);
    TRY(centre_pack(centre, export, path, invocation_flag(in, "full"), packing, &head, err));
    uint64_t total = 0;
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        total += head.tables[t].rows;
    }
    print_line(fr ? "livraison %llu : %s enregistrements, %s" : "delivery %llu: %s records, %s", (unsigned long long)head.sequence,
               count_text(total, rows), bytes_text(head.bytes, count));
    return send_delivery(in, centre, path, err);
}

bool command_centre_deliver(struct invocation *in, struct error *err)
{
    CLEANUP(centre) struct centre *centre = NULL;
    struct centre_export export;
    TRY(centre_unlock(in, &centre, err) && centre_export_of(in, &export, err));
    return deliver(in, centre, &export, err);
}
