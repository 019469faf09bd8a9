/* SPDX-License-Identifier: EUPL-1.2 */
/* documents: what holder, warehouse and authority tell one another in public: keys, and the agreement. A key is pinned when its document is
 * first taken; another one is refused until somebody says that it is meant. */
#include "base/file.h"
#include "base/json.h"
#include "intake/centre/centre_internal.h"
#include "trust/crypto/crypto_json.h"
#include <assert.h>
#include <string.h>

static const char *const names[] = {"warehouse.json", "authority.json", "agreement.json"};

bool centre_card_write(const struct centre *centre, struct json_writer *writer, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_name(writer, "format", err) && json_text(writer, TEXT("emc2 holder card"), err));
    TRY(json_name(writer, "version", err) && json_i64(writer, 1, err));
    TRY(json_name(writer, "holder", err) && json_text(writer, text_of(centre->facts.holder), err));
    TRY(crypto_named_hex(writer, "public_key", centre->facts.public_key, 32, err) &&
        crypto_named_hex(writer, "tls_pin", centre->facts.tls_pin, 32, err));
    return json_end_object(writer, err);
}

static bool hex_take(const struct json *object, const char *name, const char *what, uint8_t out[32], struct error *err)
{
    return crypto_member_hex(object, name, out, 32) || FAIL(err, INVALID_INPUT, "%s: %s is not 64 hexadecimal digits", what, name);
}

static bool number_take(const struct json *object, const char *name, const char *what, uint32_t *out, struct error *err)
{
    const struct json *member = json_member(object, name);
    if (!member || member->kind != JSON_INTEGER || member->integer < 1 || member->integer > UINT32_MAX) {
        return FAIL(err, INVALID_INPUT, "%s: %s is not a number from 1", what, name);
    }
    *out = (uint32_t)member->integer;
    return true;
}

static bool peer_take(struct centre *centre, enum centre_document kind, const struct json *root, struct error *err)
{
    struct centre_peer peer = {.has_pin = json_member(root, "tls_pin") != NULL};
    const struct json *url = json_member(root, "url");
    TRY(!peer.has_pin || hex_take(root, "tls_pin", names[kind], peer.pin, err));
    if (url &&
        (url->kind != JSON_STRING || !text_starts_with(url->text, TEXT("https://")) || !text_copy(peer.url, sizeof peer.url, url->text))) {
        return FAIL(err, INVALID_INPUT, "%s: url does not begin with https://, or is too long", names[kind]);
    }
    centre->peers[kind] = peer;
    return true;
}

const struct centre_peer *centre_peer(const struct centre *centre, enum centre_document kind)
{
    assert(kind < CENTRE_AGREEMENT);
    return &centre->peers[kind];
}

const uint8_t *centre_warehouse_key(const struct centre *centre)
{
    return centre->warehouse_key;
}

static bool warehouse_take(struct centre *centre, const struct json *root, struct error *err)
{
    const char *what = names[CENTRE_WAREHOUSE];
    TRY(hex_take(root, "intake_key", what, centre->intake_key, err) && hex_take(root, "governance_key", what, centre->warehouse_key, err));
    TRY(number_take(root, "intake_epoch", what, &centre->intake_epoch, err) && peer_take(centre, CENTRE_WAREHOUSE, root, err));
    centre->facts.has_warehouse = true;
    return true;
}

static bool authority_take(struct centre *centre, const struct json *root, struct error *err)
{
    const char *what = names[CENTRE_AUTHORITY];
    TRY(hex_take(root, "public_key", what, centre->authority.public_key, err));
    TRY(hex_take(root, "signing_key", what, centre->authority.signing_key, err));
    TRY(number_take(root, "epoch", what, &centre->authority.epoch, err) && peer_take(centre, CENTRE_AUTHORITY, root, err));
    if (!crypto_element_valid(centre->authority.public_key)) {
        return FAIL(err, INVALID_INPUT, "%s: public_key is no element of the group", what);
    }
    centre->facts.has_authority = true;
    return true;
}

static bool agreement_take(struct centre *centre, const struct buffer *bytes, struct error *err)
{
    struct agreement *agreement;
    TRY(centre_demand(centre, true, false, false, err));
    TRY(agreement_read(&agreement, names[CENTRE_AGREEMENT], bytes->data, bytes->length, centre->warehouse_key, err));
    if (strcmp(agreement_holder(agreement), centre->facts.holder) != 0) {
        FAIL(err, DENIED, "the agreement is for another holder, %s", agreement_holder(agreement));
        agreement_destroy(agreement);
        return false;
    }
    agreement_destroy(centre->agreement);
    centre->agreement = agreement;
    centre->facts.has_agreement = true;
    return true;
}

static bool kind_of(const struct json *root, enum centre_document *out_kind, struct error *err)
{
    const struct json *kind = json_member(root, "format");
    if (kind && kind->kind == JSON_STRING && text_equal(kind->text, TEXT("emc2 warehouse card"))) {
        *out_kind = CENTRE_WAREHOUSE;
    } else if (kind && kind->kind == JSON_STRING && text_equal(kind->text, TEXT("emc2 authority card"))) {
        *out_kind = CENTRE_AUTHORITY;
    } else if (json_member(root, "terms")) {
        *out_kind = CENTRE_AGREEMENT;
    } else {
        FAIL(err, INVALID_INPUT, "this is neither the card of a warehouse or an authority, nor an agreement");
        return error_hint(err, "the warehouse writes its card with `emc2 intake card`, the authority with `emc2 authority card --out`");
    }
    return true;
}

static bool take(struct centre *centre, enum centre_document kind, const struct json *root, const struct buffer *bytes, struct error *err)
{
    switch (kind) {
    case CENTRE_WAREHOUSE:
        return warehouse_take(centre, root, err);
    case CENTRE_AUTHORITY:
        return authority_take(centre, root, err);
    case CENTRE_AGREEMENT:
    default:
        return agreement_take(centre, bytes, err);
    }
}

static bool document_read(struct centre *centre, const char *path, struct buffer *bytes, const struct json **out_root, struct error *err)
{
    TRY(file_read_plain(path, bytes, err));
    return json_parse(out_root, centre->arena, path, bytes->data, bytes->length, err);
}

/* The document that is here says the same; agreements are renewed, keys are not. */
static bool may_replace(struct centre *centre, enum centre_document kind, const struct buffer *bytes, bool replace, struct error *err)
{
    CLEANUP(buffer_value) struct buffer before = {.maximum = AGREEMENT_BYTES_MAX};
    bool exists;
    const char *path = centre_path(centre, names[kind]);
    TRY(file_exists(path, &exists, err));
    if (!exists || replace || kind == CENTRE_AGREEMENT) {
        return true;
    }
    TRY(file_read(path, &before, err));
    if (before.length == bytes->length && memcmp(before.data, bytes->data, before.length) == 0) {
        return true;
    }
    FAIL(err, EXISTS, "%s is here already, and says something else", names[kind]);
    return error_hint(err, "ask the sender by another way whether their key has changed; if so, take it with --replace");
}

bool centre_document_take(struct centre *centre, const char *path, bool replace, enum centre_document *out_kind, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = AGREEMENT_BYTES_MAX};
    const struct json *root;
    enum centre_document kind = CENTRE_AGREEMENT;
    TRY(document_read(centre, path, &bytes, &root, err) && kind_of(root, &kind, err));
    TRY(may_replace(centre, kind, &bytes, replace, err) && take(centre, kind, root, &bytes, err));
    TRY(file_write_atomic(centre_path(centre, names[kind]), bytes.data, bytes.length, 0644, err));
    *out_kind = kind;
    return true;
}

bool centre_documents_read(struct centre *centre, struct error *err)
{
    for (int kind = CENTRE_WAREHOUSE; kind <= CENTRE_AGREEMENT; kind++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = AGREEMENT_BYTES_MAX};
        const struct json *root;
        bool exists;
        const char *path = centre_path(centre, names[kind]);
        TRY(file_exists(path, &exists, err));
        TRY(!exists || (document_read(centre, path, &bytes, &root, err) && take(centre, (enum centre_document)kind, root, &bytes, err)));
    }
    return true;
}

bool centre_demand(const struct centre *centre, bool warehouse, bool authority, bool agreement, struct error *err)
{
    const struct centre_facts *facts = &centre->facts;
    if (warehouse && !facts->has_warehouse) {
        FAIL(err, NOT_FOUND, "the warehouse's card is not here");
        return error_hint(err, "ask the warehouse for the file of `emc2 intake card`, and take it with `emc2 centre take FILE`");
    }
    if (authority && !facts->has_authority) {
        FAIL(err, NOT_FOUND, "the pseudonym authority's card is not here");
        return error_hint(err, "ask the authority for the file of `emc2 authority card --out`, and take it with `emc2 centre take FILE`");
    }
    if (agreement && !facts->has_agreement) {
        FAIL(err, NOT_FOUND, "the agreement is not here");
        return error_hint(err, "ask the warehouse for the signed agreement, and take it with `emc2 centre take FILE`");
    }
    return true;
}
