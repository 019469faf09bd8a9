/* SPDX-License-Identifier: EUPL-1.2 */
/* authority: the commands of the pseudonym authority, apart from its server. */
#include "service/command/authority.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/json.h"
#include "service/command/card.h"
#include "service/command/commands.h"
#include <inttypes.h>
#include <string.h>

enum { PUBLISHED_MAX = 4096, STATUS_MAX = 1 << 20 };

bool command_authority_card(struct invocation *in, struct error *err)
{
    CLEANUP(authority_value) struct authority authority = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = PUBLISHED_MAX};
    const char *path = invocation_value(in, "out");
    TRY(authority_open(&authority, in, "authority card", GRANT_VERIFY, err));
    TRY(authority_print(&authority, invocation_value(in, "url"), &out, err));
    return path ? buffer_append_text(&out, "\n", err) && file_write_atomic(path, out.data, out.length, 0644, err) : print_buffer(&out, err);
}

/* ---- init ---- */
static bool keys_make(const struct invocation *in, const struct secret *passphrase, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    TRY(warehouse_open_with(&warehouse, in, warehouse_directory(in), passphrase, "authority init", GRANT_LOAD, err));
    return authority_keys_create(&warehouse, err);
}

bool command_authority_init(struct invocation *in, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    const char *directory = warehouse_directory(in);
    TRY(invocation_language_check(in, err) && warehouse_passphrase(in, true, &passphrase, err));
    TRY(warehouse_create(directory, passphrase, err));
    TRY(keys_make(in, passphrase, err));
    print_line(invocation_is_french(in, false) ? "autorité de pseudonymes créée dans %s" : "pseudonym authority made in %s", directory);
    print_line("%s", invocation_is_french(in, false)
                         ? "sans la phrase secrète et keys/, aucun pseudonyme ne peut être refait : copiez keys/ avec `emc2 key "
                           "backup`"
                         : "without the passphrase and keys/ no pseudonym can be made again: copy keys/ with `emc2 key backup`");
    print_line(invocation_is_french(in, false) ? "ensuite : emc2 authority card --out authority.card.json --warehouse %s"
                                               : "next: emc2 authority card --out authority.card.json --warehouse %s",
               directory);
    return true;
}

/* ---- status ---- */
static bool client_print(struct json_writer *writer, const struct circuit_client *client, struct error *err)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    TRY(json_begin_object(writer, err) && json_name(writer, "name", err) && json_text(writer, text_of(client->name), err));
    crypto_hex(hex, client->signing_key, sizeof client->signing_key);
    TRY(json_name(writer, "signing_key", err) && json_text(writer, text_of(hex), err));
    crypto_hex(hex, client->pin, sizeof client->pin);
    TRY(json_name(writer, "pin", err) && json_text(writer, text_of(hex), err));
    TRY(json_name(writer, "elements_per_day", err) && json_i64(writer, (int64_t)client->day_limit, err));
    uint64_t used = client->day == clock_today().number ? client->used : 0;
    return json_name(writer, "elements_today", err) && json_i64(writer, (int64_t)used, err) && json_end_object(writer, err);
}

static bool clients_print_json(const struct circuit_clients *clients, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = STATUS_MAX};
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(json_begin_object(&writer, err) && json_name(&writer, "holders", err) && json_begin_array(&writer, err));
    for (size_t i = 0; i < clients->count; i++) {
        TRY(client_print(&writer, &clients->items[i], err));
    }
    return json_end_array(&writer, err) && json_end_object(&writer, err) && print_buffer(&out, err);
}

static void clients_print(const struct invocation *in, const struct circuit_clients *clients)
{
    char used[COUNT_TEXT_SIZE], limit[COUNT_TEXT_SIZE];
    print_line(invocation_is_french(in, false) ? "détenteurs : %zu" : "holders: %zu", clients->count);
    for (size_t i = 0; i < clients->count; i++) {
        const struct circuit_client *client = &clients->items[i];
        uint64_t today = client->day == clock_today().number ? client->used : 0;
        print_line(invocation_is_french(in, false) ? "  %s : %s pseudonymes sur %s aujourd'hui" : "  %s: %s of %s pseudonyms today",
                   client->name, count_text(today, used), count_text(client->day_limit, limit));
    }
}

bool command_authority_status(struct invocation *in, struct error *err)
{
    CLEANUP(authority_value) struct authority authority = {0};
    CLEANUP(buffer_value) struct buffer published = {.maximum = PUBLISHED_MAX};
    struct circuit_clients clients = {.count = 0};
    TRY(invocation_language_check(in, err) && authority_open(&authority, in, "authority status", GRANT_VERIFY, err));
    TRY(circuit_registry_read(authority.registry_path, authority.registry_key, &clients, err));
    bool done = true;
    if (invocation_flag(in, "json")) {
        done = clients_print_json(&clients, err);
    } else {
        done = authority_print(&authority, NULL, &published, err) && print_buffer(&published, err);
        clients_print(in, &clients);
    }
    circuit_clients_finish(&clients);
    return done;
}

/* ---- holders ---- */
static bool client_set(void *context, struct circuit_clients *clients, struct error *err)
{
    return circuit_registry_set(clients, context, err);
}

bool command_authority_holder_add(struct invocation *in, struct error *err)
{
    CLEANUP(authority_value) struct authority authority = {0};
    struct circuit_client client = {.day = 0};
    int64_t limit;
    char text[COUNT_TEXT_SIZE];
    TRY(invocation_language_check(in, err));
    struct holder_card card;
    TRY(holder_card_read(&card, in->words[0], err));
    memcpy(client.name, card.name, sizeof client.name);
    memcpy(client.signing_key, card.public_key, sizeof client.signing_key);
    memcpy(client.pin, card.pin, sizeof client.pin);
    TRY(invocation_integer(in, "limit", 0, 1, INT64_C(1000000000000), &limit, err));
    TRY(limit > 0 || FAIL(err, INVALID_ARGUMENT, "--limit says how many pseudonyms the holder may ask for in one day"));
    client.day_limit = (uint64_t)limit;
    TRY(authority_open(&authority, in, "authority holder", GRANT_VERIFY, err));
    TRY(authority_record(&authority, LEDGER_ACT_AUTHORITY_HOLDER, client.signing_key, NULL, "elements_per_day", limit, err));
    TRY(authority_registry_change(&authority, client_set, &client, err));
    print_line(invocation_is_french(in, false) ? "%s est enregistré : jusqu'à %s pseudonymes par jour"
                                               : "%s is registered: up to %s pseudonyms a day",
               client.name, count_text(client.day_limit, text));
    return true;
}

static bool client_remove(void *context, struct circuit_clients *clients, struct error *err)
{
    struct circuit_client *wanted = context, *found = circuit_registry_find(clients, wanted->name);
    if (!found) {
        return FAIL(err, NOT_FOUND, "no holder of this name is registered");
    }
    *wanted = *found;
    size_t at = (size_t)(found - clients->items);
    memmove(found, found + 1, (clients->count - at - 1) * sizeof *found);
    clients->count--;
    return true;
}

bool command_authority_holder_remove(struct invocation *in, struct error *err)
{
    CLEANUP(authority_value) struct authority authority = {0};
    struct circuit_client client = {.day = 0};
    TRY(invocation_language_check(in, err));
    TRY(text_copy(client.name, sizeof client.name, text_of(in->words[0])) || FAIL(err, NOT_FOUND, "no holder of this name is registered"));
    TRY(authority_open(&authority, in, "authority holder", GRANT_VERIFY, err));
    TRY(authority_registry_change(&authority, client_remove, &client, err));
    TRY(authority_record(&authority, LEDGER_ACT_AUTHORITY_HOLDER, client.signing_key, NULL, "elements_per_day", 0, err));
    print_line(invocation_is_french(in, false) ? "%s ne reçoit plus de réponse" : "%s is not answered any more", client.name);
    return true;
}

/* ---- evaluate ---- */
bool command_authority_evaluate(struct invocation *in, struct error *err)
{
    CLEANUP(authority_value) struct authority authority = {0};
    struct circuit_request request;
    const char *out = invocation_value(in, "out");
    char count[COUNT_TEXT_SIZE];
    TRY(invocation_language_check(in, err));
    TRY(out || FAIL(err, INVALID_ARGUMENT, "--out names the file of the answer"));
    TRY(authority_open(&authority, in, "authority evaluate", GRANT_VERIFY, err));
    TRY(authority_answer(&authority, in->words[0], out, NULL, in->pool, &request, err));
    print_line(invocation_is_french(in, false) ? "%s : %s pseudonymes évalués et prouvés" : "%s: %s pseudonyms evaluated and proved",
               request.holder, count_text(request.count, count));
    return true;
}
