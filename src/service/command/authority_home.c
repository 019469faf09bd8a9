/* SPDX-License-Identifier: EUPL-1.2 */
/* authority_home: the keys of a pseudonym authority, what it publishes, and its answer to one request. Its two entries of the key table are
 * seeds: everything else is derived, so that a copy of keys/ is a copy of all of it. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lock.h"
#include "service/command/authority.h"
#include "trust/crypto/crypto_json.h"
#include <string.h>

static const uint8_t identity_id[KEY_FILE_ID_SIZE] = {'e', 'm', 'c', '2', ' ', 'a', 'u', 't', 'h', 'o', 'r', 'i', 't', 'y', ' ', '1'};
static const uint8_t exponent_id[KEY_FILE_ID_SIZE] = {'e', 'm', 'c', '2', ' ', 'a', 'u', 't', 'h', ' ', 'e', 'p', 0, 0, 0, 1};
enum { EPOCH = 1, VERSION = 1, PUBLISHED_MAX = 4096, LOCK_WAIT_MS = 30000, PATH_SIZE = 4096 };

bool authority_keys_create(struct warehouse *warehouse, struct error *err)
{
    CLEANUP(secret) struct secret *identity = NULL, *exponent = NULL;
    TRY(keyring_data_key_create(warehouse->keyring, &warehouse->grant, KEY_DOMAIN_IDENTIFIERS, identity_id, 0, &identity, err));
    TRY(keyring_data_key_create(warehouse->keyring, &warehouse->grant, KEY_DOMAIN_IDENTIFIERS, exponent_id, 0, &exponent, err));
    return keyring_commit(warehouse->keyring, err);
}

/* ---- opening ---- */
static bool keys_derive(struct authority *authority, const struct secret *identity, const struct secret *exponent, struct error *err)
{
    const uint8_t *store = keyring_store_id(authority->warehouse.keyring);
    struct circuit_authority *public = &authority->secret.public;
    TRY(crypto_derive(&authority->signing_seed, identity, "emc2 authority signature 1", store, GRANT_STORE_ID_SIZE, err));
    TRY(crypto_derive(&authority->tls_seed, identity, "emc2 authority tls 1", store, GRANT_STORE_ID_SIZE, err));
    TRY(crypto_derive(&authority->registry_key, identity, "emc2 authority holders 1", store, GRANT_STORE_ID_SIZE, err));
    TRY(crypto_voprf_key_derive(&authority->exponent, CRYPTO_VOPRF, exponent, TEXT("emc2 authority exponent 1"), err));
    public->epoch = EPOCH;
    TRY(crypto_voprf_public_key(public->public_key, authority->exponent, err));
    TRY(crypto_public_key(public->signing_key, authority->signing_seed, err));
    authority->secret.key = authority->exponent;
    authority->secret.signing_seed = authority->signing_seed;
    return true;
}

static bool open_keys(struct authority *authority, struct error *err)
{
    CLEANUP(secret) struct secret *identity = NULL, *exponent = NULL;
    const struct warehouse *warehouse = &authority->warehouse;
    struct error why = {0};
    if (!keyring_data_key_open(warehouse->keyring, &warehouse->grant, KEY_DOMAIN_IDENTIFIERS, identity_id, &identity, &why) ||
        !keyring_data_key_open(warehouse->keyring, &warehouse->grant, KEY_DOMAIN_IDENTIFIERS, exponent_id, &exponent, &why)) {
        if (why.code == ERROR_NOT_FOUND) {
            FAIL(err, NOT_FOUND, "this is no pseudonym authority");
            return error_hint(err, "make one with `emc2 authority init`, or name its directory with --warehouse");
        }
        *err = why;
        return false;
    }
    return keys_derive(authority, identity, exponent, err);
}

bool authority_open(struct authority *out_authority, const struct invocation *in, const char *purpose, uint32_t actions, struct error *err)
{
    *out_authority = (struct authority){.registry_path = arena_text_format(in->arena, "%s/holders", warehouse_directory(in))};
    TRY(warehouse_open(&out_authority->warehouse, in, purpose, actions, err));
    return open_keys(out_authority, err);
}

void authority_close(struct authority *authority)
{
    secret_destroy(authority->exponent);
    secret_destroy(authority->signing_seed);
    secret_destroy(authority->tls_seed);
    secret_destroy(authority->registry_key);
    warehouse_close(&authority->warehouse);
}

bool authority_print(const struct authority *authority, const char *url, struct buffer *out, struct error *err)
{
    uint8_t tls_key[CRYPTO_PUBLIC_KEY_SIZE], pin[CRYPTO_PIN_SIZE];
    const struct circuit_authority *public = &authority->secret.public;
    struct json_writer writer = {.out = out, .indented = true};
    TRY(crypto_public_key(tls_key, authority->tls_seed, err));
    crypto_certificate_pin(pin, tls_key);
    TRY(json_begin_object(&writer, err) && json_name(&writer, "format", err) && json_text(&writer, TEXT("emc2 authority card"), err) &&
        json_name(&writer, "version", err) && json_i64(&writer, VERSION, err));
    TRY(json_name(&writer, "epoch", err) && json_i64(&writer, public->epoch, err));
    TRY(crypto_named_hex(&writer, "public_key", public->public_key, 32, err) &&
        crypto_named_hex(&writer, "signing_key", public->signing_key, 32, err));
    TRY(crypto_named_hex(&writer, "tls_pin", pin, 32, err));
    TRY(!url || (json_name(&writer, "url", err) && json_text(&writer, text_of(url), err)));
    return json_end_object(&writer, err);
}

/* ---- holders ---- */
bool authority_registry_change(const struct authority *authority,
                               bool (*change)(void *context, struct circuit_clients *clients, struct error *err), void *context,
                               struct error *err)
{
    struct circuit_clients clients = {.count = 0};
    char path[PATH_SIZE];
    CLEANUP(lock) struct lock lock = {.is_held = false};
    int length = snprintf(path, sizeof path, "%s.lock", authority->registry_path);
    const struct lock_place place = {path, "another process changes the list of holders", "the lock of the list of holders is not usable",
                                     "check the permissions of the authority's directory"};
    TRY((length > 0 && length < (int)sizeof path) || FAIL(err, INVALID_ARGUMENT, "the path of the authority is too long"));
    TRY(lock_take(&lock, &place, LOCK_WAIT_MS, err));
    bool done = circuit_registry_read(authority->registry_path, authority->registry_key, &clients, err) && change(context, &clients, err) &&
                circuit_registry_write(authority->registry_path, authority->registry_key, &clients, err);
    circuit_clients_finish(&clients);
    return done;
}

bool authority_record(struct authority *authority, enum ledger_act act, const uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE],
                      const struct crypto_hash *object, const char *what, int64_t number, struct error *err)
{
    struct journal_entry entry;
    char hex[2 * 8 + 1];
    crypto_hex(hex, holder_key, 8);
    TRY(warehouse_entry(&authority->warehouse, act, object, &entry, err));
    TRY(ledger_record_word(&entry.record, "holder", hex, err) && ledger_record_number(&entry.record, what, number, err));
    return journal_write(authority->warehouse.journal, &entry, 1, err);
}

/* ---- answering ---- */
struct admission {
    const struct circuit_request *request;
    const uint8_t *pin;
};

static bool admit(void *context, struct circuit_clients *clients, struct error *err)
{
    const struct admission *admission = context;
    return circuit_registry_admit(clients, admission->request, admission->pin, clock_today(), err);
}

static int64_t logged(uint64_t count)
{
    return count < (uint64_t)LEDGER_NUMBER_MAX ? (int64_t)count : LEDGER_NUMBER_MAX;
}

bool authority_answer(struct authority *authority, const char *request_path, const char *response_path, const uint8_t *pin,
                      struct task_pool *pool, struct circuit_request *out_request, struct error *err)
{
    struct circuit_request request;
    TRY(circuit_request_read(&request, request_path, err));
    struct admission admission = {&request, pin};
    int64_t count = logged(request.count);
    if (!authority_registry_change(authority, admit, &admission, err)) {
        bool is_entered = authority_record(authority, LEDGER_ACT_REFUSAL, request.holder_key, &request.hash, "elements", count, NULL);
        (void)is_entered; /* nothing is given out, whether or not it could be entered */
        return false;
    }
    TRY(authority_record(authority, LEDGER_ACT_AUTHORITY_EVALUATE, request.holder_key, &request.hash, "elements", count, err));
    TRY(circuit_evaluate(response_path, request_path, &request, &authority->secret, pool, err));
    *out_request = request;
    return true;
}
