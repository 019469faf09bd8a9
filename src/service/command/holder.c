/* SPDX-License-Identifier: EUPL-1.2 */
/* holder add, list, show, suspend, agreement; intake card: who delivers to this warehouse, and under which keys. */
#include "service/command/holder.h"
#include "base/file.h"
#include "base/json.h"
#include "governance/registry/registry_intake.h"
#include "intake/delivery/delivery_agreement.h"
#include "service/command/card.h"
#include "service/command/commands.h"
#include "service/command/register.h"
#include "trust/crypto/crypto_certificate.h"
#include "trust/crypto/crypto_envelope.h"
#include "trust/crypto/crypto_json.h"
#include <stdio.h>
#include <string.h>

enum { CARD_BYTES_MAX = 1 << 16, HEX_SIZE = 2 * CRYPTO_HASH_SIZE + 1, FILE_MODE = 0644 };

/* ---- what is said ---- */
static bool day_option(const struct invocation *in, const char *name, day *out_day, struct error *err)
{
    const char *value = invocation_value(in, name);
    if (!value || !day_from_text(text_of(value), out_day)) {
        FAIL(err, INVALID_ARGUMENT, "--%s takes a day, YYYY-MM-DD", name);
        return error_hint(err, "emc2 holder add --help shows an example");
    }
    return true;
}

static bool card_take(const char *path, struct registry_holder *holder, struct error *err)
{
    struct holder_card card;
    TRY(holder_card_read(&card, path, err));
    memcpy(holder->name, card.name, sizeof holder->name);
    memcpy(holder->public_key, card.public_key, sizeof holder->public_key);
    if (card.has_pin) {
        crypto_hex(holder->tls_pin, card.pin, sizeof card.pin);
    }
    return true;
}

/* ---- changing ---- */
static bool change_enter(struct holders *holders, struct warehouse *warehouse, const char *holder, const char *change, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, LEDGER_ACT_HOLDER, NULL, &entry, err));
    TRY(ledger_record_word(&entry.record, "change", change, err) && ledger_record_word(&entry.record, "holder", holder, err));
    return holders_write(holders, warehouse, &entry, err);
}

bool command_holder_add(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    struct registry_holder holder = {.name = ""};
    const char *kind = invocation_value(in, "kind");
    char hex[HEX_SIZE];
    if (!kind || !holder_kind_find(text_of(kind), &holder.kind)) {
        return FAIL(err, INVALID_ARGUMENT, "--kind is hospital or claims");
    }
    TRY(day_option(in, "from", &holder.from, err) && day_option(in, "until", &holder.until, err));
    TRY(card_take(in->words[0], &holder, err));
    TRY(warehouse_open(&warehouse, in, "holder add", GRANT_LOAD, err) && holders_open(&holders, &warehouse, true, err));
    if (registry_find(holders.registry, holder.name)) {
        FAIL(err, EXISTS, "there is a holder of this name already");
        return error_hint(err, "one who comes back keeps the name: lift the suspension; another house needs another name");
    }
    TRY(registry_put(holders.registry, &holder, err) && change_enter(&holders, &warehouse, holder.name, "added", err));
    crypto_hex(hex, holder.public_key, sizeof holder.public_key);
    print_line("added %s (%s), key %s", holder.name, kind, hex);
    print_line("compare the key with the holder by telephone; next: emc2 holder agreement %s TERMS.json --out agreement.json", holder.name);
    return true;
}

bool command_holder_suspend(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    const struct registry_holder *known;
    bool is_lifted = invocation_flag(in, "lift");
    TRY(warehouse_open(&warehouse, in, "holder suspend", GRANT_LOAD, err) && holders_open(&holders, &warehouse, true, err));
    TRY(holders_demand(&holders, in->words[0], &known, err));
    struct registry_holder changed = *known;
    changed.is_suspended = !is_lifted;
    TRY(registry_put(holders.registry, &changed, err));
    TRY(change_enter(&holders, &warehouse, changed.name, is_lifted ? "lifted" : "suspended", err));
    print_line(is_lifted ? "%s may deliver again" : "%s is suspended: nothing of theirs is taken", changed.name);
    return true;
}

static bool warehouse_signs(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE],
                            struct error *err)
{
    return keyring_manifest_sign(context, bytes, length, out_signature, err);
}

bool command_holder_agreement(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(agreement) struct agreement *terms = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = AGREEMENT_BYTES_MAX}, document = {.maximum = 2 * AGREEMENT_BYTES_MAX};
    const struct registry_holder *known;
    const char *out = invocation_value(in, "out");
    TRY(file_read(in->words[1], &bytes, err) && agreement_read_terms(&terms, in->words[1], bytes.data, bytes.length, err));
    if (strcmp(agreement_holder(terms), in->words[0]) != 0) {
        return FAIL(err, INVALID_INPUT, "the terms are those of holder %s", agreement_holder(terms));
    }
    TRY(warehouse_open(&warehouse, in, "holder agreement", GRANT_LOAD, err) && holders_open(&holders, &warehouse, true, err));
    TRY(holders_demand(&holders, in->words[0], &known, err));
    const struct agreement_signer signer = {keyring_manifest_public_key(warehouse.keyring), warehouse_signs, warehouse.keyring};
    TRY(agreement_sign(terms, &signer, &document, err));
    struct registry_holder changed = *known;
    changed.agreement = (struct text){(const char *)document.data, document.length};
    TRY(registry_put(holders.registry, &changed, err) && change_enter(&holders, &warehouse, changed.name, "agreement", err));
    if (!out) {
        printf("%s", (const char *)document.data);
        return true;
    }
    TRY(file_write_atomic(out, document.data, document.length, FILE_MODE, err));
    print_line("signed: %s. Give it to the holder: `emc2 centre take`", out);
    return true;
}

/* ---- looking ---- */
static bool holder_json(const struct registry_holder *holder, struct json_writer *json, struct error *err)
{
    char hex[HEX_SIZE], from[DAY_TEXT_SIZE], until[DAY_TEXT_SIZE];
    crypto_hex(hex, holder->public_key, sizeof holder->public_key);
    day_to_text(holder->from, from);
    day_to_text(holder->until, until);
    TRY(json_begin_object(json, err) && json_name(json, "holder", err) && json_text(json, text_of(holder->name), err));
    TRY(json_name(json, "kind", err) && json_text(json, text_of(holder_kind_name(holder->kind)), err));
    TRY(json_name(json, "public_key", err) && json_text(json, text_of(hex), err));
    TRY(json_name(json, "tls_pin", err) && json_text(json, text_of(holder->tls_pin), err));
    TRY(json_name(json, "from", err) && json_text(json, text_of(from), err));
    TRY(json_name(json, "until", err) && json_text(json, text_of(until), err));
    TRY(json_name(json, "suspended", err) && json_bool(json, holder->is_suspended, err));
    TRY(json_name(json, "agreement", err) && json_bool(json, holder->agreement.length > 0, err));
    TRY(json_name(json, "last_sequence", err) && json_i64(json, (int64_t)holder->last_sequence, err));
    return json_end_object(json, err);
}

static void holder_line(const struct registry_holder *holder)
{
    char until[DAY_TEXT_SIZE];
    day_to_text(holder->until, until);
    print_line("%-24s %-9s until %s  last delivery %llu%s%s", holder->name, holder_kind_name(holder->kind), until,
               (unsigned long long)holder->last_sequence, holder->agreement.length > 0 ? "" : "  no agreement",
               holder->is_suspended ? "  SUSPENDED" : "");
}

bool command_holder_list(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 24};
    struct json_writer json = {.out = &out, .indented = true};
    bool is_json = invocation_flag(in, "json");
    TRY(warehouse_open(&warehouse, in, "holder list", GRANT_COUNT, err) && holders_open(&holders, &warehouse, false, err));
    TRY(json_begin_array(&json, err));
    for (size_t i = 0; i < registry_count(holders.registry); i++) {
        const struct registry_holder *holder = registry_at(holders.registry, i);
        if (is_json) {
            TRY(holder_json(holder, &json, err));
        } else {
            holder_line(holder);
        }
    }
    return json_end_array(&json, err) && (!is_json || print_buffer(&out, err));
}

bool command_holder_show(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 24};
    struct json_writer json = {.out = &out, .indented = true};
    const struct registry_holder *holder;
    TRY(warehouse_open(&warehouse, in, "holder show", GRANT_COUNT, err) && holders_open(&holders, &warehouse, false, err));
    TRY(holders_demand(&holders, in->words[0], &holder, err));
    if (invocation_flag(in, "agreement")) {
        print_line("%s", holder->agreement.length > 0 ? "" : "there is no agreement");
        fwrite(holder->agreement.data, 1, holder->agreement.length, stdout);
        return true;
    }
    return holder_json(holder, &json, err) && print_buffer(&out, err);
}

/* ---- the key that holders seal to ---- */
static bool epoch_make(struct warehouse *warehouse, bool is_new, uint32_t *out_epoch, struct error *err)
{
    struct journal_entry entry;
    TRY(intake_key_newest(warehouse->keyring, &warehouse->grant, out_epoch, err));
    if (*out_epoch > 0 && !is_new) {
        return true;
    }
    TRY(intake_key_create(warehouse->keyring, &warehouse->grant, out_epoch, err));
    TRY(warehouse_entry(warehouse, LEDGER_ACT_INTAKE, NULL, &entry, err) && ledger_record_number(&entry.record, "epoch", *out_epoch, err));
    return journal_write(warehouse->journal, &entry, 1, err);
}

bool intake_tls_seed(struct warehouse *warehouse, struct secret **out_seed, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    uint32_t epoch;
    TRY(epoch_make(warehouse, false, &epoch, err) && intake_key_open(warehouse->keyring, &warehouse->grant, 1, &key, err));
    return crypto_derive(out_seed, key, "emc2 intake tls", NULL, 0, err);
}

static bool pin_member(struct warehouse *warehouse, struct json_writer *json, struct error *err)
{
    CLEANUP(secret) struct secret *seed = NULL;
    uint8_t tls_key[CRYPTO_PUBLIC_KEY_SIZE], pin[CRYPTO_PIN_SIZE];
    TRY(intake_tls_seed(warehouse, &seed, err) && crypto_public_key(tls_key, seed, err));
    crypto_certificate_pin(pin, tls_key);
    return crypto_named_hex(json, "tls_pin", pin, 32, err);
}

bool warehouse_card_print(struct warehouse *warehouse, const char *url, struct buffer *out, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct json_writer json = {.out = out, .indented = true};
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    uint32_t epoch;
    TRY(epoch_make(warehouse, false, &epoch, err) && intake_key_open(warehouse->keyring, &warehouse->grant, epoch, &key, err));
    TRY(crypto_envelope_public_key(public_key, key, err));
    TRY(json_begin_object(&json, err) && json_name(&json, "format", err) && json_text(&json, TEXT("emc2 warehouse card"), err));
    TRY(json_name(&json, "version", err) && json_i64(&json, 1, err) && crypto_named_hex(&json, "intake_key", public_key, 32, err));
    TRY(json_name(&json, "intake_epoch", err) && json_i64(&json, epoch, err));
    TRY(crypto_named_hex(&json, "governance_key", keyring_manifest_public_key(warehouse->keyring), 32, err) &&
        pin_member(warehouse, &json, err));
    TRY(!url || (json_name(&json, "url", err) && json_text(&json, text_of(url), err)));
    return json_end_object(&json, err) && buffer_append_text(out, "\n", err);
}

bool command_intake_card(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(buffer_value) struct buffer card = {.maximum = CARD_BYTES_MAX};
    const char *out = invocation_value(in, "out");
    uint32_t epoch;
    TRY(warehouse_open(&warehouse, in, "intake card", GRANT_LOAD, err));
    TRY(epoch_make(&warehouse, invocation_flag(in, "new"), &epoch, err) &&
        warehouse_card_print(&warehouse, invocation_value(in, "url"), &card, err));
    if (!out) {
        printf("%s", (const char *)card.data);
        return true;
    }
    TRY(file_write_atomic(out, card.data, card.length, FILE_MODE, err));
    print_line("the card is in %s: intake key %u. It is not secret; that it is yours must be known by another way", out, epoch);
    return true;
}
