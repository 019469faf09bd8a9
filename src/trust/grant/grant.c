/* SPDX-License-Identifier: EUPL-1.2 */
/* grant: signing, and the decision whether a grant allows something now. What is signed is a byte string of fixed order with every
 * text preceded by its length, so that two different grants never sign the same bytes. */
#include "trust/grant/grant.h"
#include "base/calendar.h"
#include <string.h>

static const char signed_label[16] = "emc2 grant 1";

enum {
    SIGNED_SIZE_MAX = sizeof signed_label + GRANT_STORE_ID_SIZE + 3 * (4 + GRANT_TEXT_MAX) + 4 + 8 + 8 + 8 + 16 + CRYPTO_PUBLIC_KEY_SIZE,
};
struct signed_bytes {
    uint8_t bytes[SIGNED_SIZE_MAX];
    size_t length;
};

static void signed_add(struct signed_bytes *out, const void *bytes, size_t length)
{
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void signed_add_number(struct signed_bytes *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        out->bytes[out->length++] = (uint8_t)(value >> (8 * i));
    }
}

static void signed_add_text(struct signed_bytes *out, const char text[GRANT_TEXT_MAX])
{
    size_t length = strnlen(text, GRANT_TEXT_MAX);
    signed_add_number(out, length, 4);
    signed_add(out, text, length);
}

static struct signed_bytes grant_signed_bytes(const struct grant *grant)
{
    struct signed_bytes out = {.length = 0};
    signed_add(&out, signed_label, sizeof signed_label);
    signed_add(&out, grant->store_id, sizeof grant->store_id);
    signed_add_text(&out, grant->project);
    signed_add_text(&out, grant->purpose);
    signed_add_text(&out, grant->holder);
    signed_add_number(&out, grant->actions, 4);
    signed_add_number(&out, grant->tables, 8);
    signed_add_number(&out, (uint64_t)grant->not_before, 8);
    signed_add_number(&out, (uint64_t)grant->not_after, 8);
    signed_add(&out, grant->nonce, sizeof grant->nonce);
    signed_add(&out, grant->issuer, sizeof grant->issuer);
    return out;
}

bool grant_sign(struct grant *grant, const struct secret *issuer_seed, struct error *err)
{
    struct grant made = *grant;
    crypto_random(made.nonce, sizeof made.nonce);
    TRY(crypto_public_key(made.issuer, issuer_seed, err));
    struct signed_bytes message = grant_signed_bytes(&made);
    TRY(crypto_signature_make(made.signature, issuer_seed, message.bytes, message.length, err));
    *grant = made;
    return true;
}

static const char not_this_action[] = "the grant does not allow this action";

static struct decision dates_check(const struct grant *grant)
{
    int64_t now = clock_unix_seconds();
    if (now < grant->not_before) {
        return (struct decision){false, "the grant is not valid yet"};
    }
    if (now >= grant->not_after) {
        return (struct decision){false, "the grant has expired"};
    }
    return (struct decision){true, "the grant allows it"};
}

struct decision grant_check(const struct grant *grant, const uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE],
                            const uint8_t store_id[GRANT_STORE_ID_SIZE], uint32_t actions)
{
    struct signed_bytes message = grant_signed_bytes(grant);
    if (memcmp(grant->issuer, issuer, CRYPTO_PUBLIC_KEY_SIZE) != 0 ||
        !crypto_signature_valid(grant->signature, issuer, message.bytes, message.length)) {
        return (struct decision){false, "the grant is not signed by the governance of this store"};
    }
    if (memcmp(grant->store_id, store_id, GRANT_STORE_ID_SIZE) != 0) {
        return (struct decision){false, "the grant is for another store"};
    }
    struct decision decision = dates_check(grant);
    if (decision.allowed && (grant->actions & actions) != actions) {
        return (struct decision){false, not_this_action};
    }
    return decision;
}

bool grant_covers_table(const struct grant *grant, unsigned table)
{
    return table < 64 && (grant->tables >> table & 1);
}

static bool denied(struct decision decision, struct error *err)
{
    FAIL(err, DENIED, "%s", decision.reason);
    return error_hint(err, "ask whoever governs the store for a grant with the right dates and actions");
}

bool grant_demand(const struct grant *grant, const uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE], const uint8_t store_id[GRANT_STORE_ID_SIZE],
                  uint32_t actions, struct error *err)
{
    struct decision decision = grant_check(grant, issuer, store_id, actions);
    return decision.allowed ? true : denied(decision, err);
}

bool grant_demand_any(const struct grant *grant, const uint8_t issuer[CRYPTO_PUBLIC_KEY_SIZE], const uint8_t store_id[GRANT_STORE_ID_SIZE],
                      uint32_t actions, struct error *err)
{
    struct decision decision = grant_check(grant, issuer, store_id, 0);
    if (decision.allowed && !(grant->actions & actions)) {
        decision = (struct decision){false, not_this_action};
    }
    return decision.allowed ? true : denied(decision, err);
}

bool grant_demand_live(const struct grant *grant, uint32_t actions, struct error *err)
{
    struct decision decision = dates_check(grant);
    if (decision.allowed && !(grant->actions & actions)) {
        decision = (struct decision){false, not_this_action};
    }
    return decision.allowed ? true : denied(decision, err);
}

struct crypto_hash grant_hash(const struct grant *grant)
{
    struct signed_bytes message = grant_signed_bytes(grant);
    return crypto_hash_of(message.bytes, message.length);
}
