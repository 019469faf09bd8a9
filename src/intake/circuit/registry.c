/* SPDX-License-Identifier: EUPL-1.2 */
/* registry: the file of an authority's holders, and who may ask for how much. */
#include "base/file.h"
#include "intake/circuit/circuit_registry.h"
#include <inttypes.h>
#include <string.h>

static const uint8_t magic[12] = {'E', 'M', 'C', '2', 'B', 'R', 'E', 'G', 1, 0, 0, 0};
enum {
    ENTRY_SIZE = CIRCUIT_NAME_SIZE + CRYPTO_PUBLIC_KEY_SIZE + CRYPTO_HASH_SIZE + 8 + 4 + 8,
    PLAIN_MAX = 4 + CIRCUIT_CLIENTS_MAX * ENTRY_SIZE
};

static bool client_print(const struct circuit_client *client, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, client->name, sizeof client->name, err));
    TRY(buffer_append(out, client->signing_key, sizeof client->signing_key, err));
    TRY(buffer_append(out, client->pin, sizeof client->pin, err) && buffer_append_u64(out, client->day_limit, err));
    return buffer_append_u32(out, (uint32_t)client->day, err) && buffer_append_u64(out, client->used, err);
}

static bool take(struct cursor *in, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes;
    TRY(cursor_bytes(in, length, &bytes, err));
    memcpy(out, bytes, length);
    return true;
}

static bool client_take(struct cursor *in, struct circuit_client *out_client, struct error *err)
{
    uint32_t day_number;
    TRY(take(in, out_client->name, sizeof out_client->name, err));
    TRY(take(in, out_client->signing_key, sizeof out_client->signing_key, err));
    TRY(take(in, out_client->pin, sizeof out_client->pin, err) && cursor_u64(in, &out_client->day_limit, err));
    TRY(cursor_u32(in, &day_number, err) && cursor_u64(in, &out_client->used, err));
    out_client->day = (int32_t)day_number;
    return out_client->name[sizeof out_client->name - 1] == '\0';
}

/* Authenticated before it is parsed: only an authority writes it. */
static bool clients_parse(const struct buffer *plain, struct circuit_clients *out_clients, struct error *err)
{
    struct cursor in = {plain->data, plain->length, 0};
    uint32_t count;
    out_clients->maximum = CIRCUIT_CLIENTS_MAX;
    TRY(cursor_u32(&in, &count, err));
    for (uint32_t i = 0; i < count; i++) {
        struct circuit_client client;
        TRY(client_take(&in, &client, err) && circuit_clients_append(out_clients, client, err));
    }
    return in.position == in.length;
}

bool circuit_registry_read(const char *path, const struct secret *key, struct circuit_clients *out_clients, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = sizeof magic + PLAIN_MAX + CRYPTO_SEAL_OVERHEAD};
    CLEANUP(buffer_value) struct buffer plain = {.maximum = PLAIN_MAX};
    bool exists;
    TRY(file_exists(path, &exists, err));
    if (!exists) {
        return true;
    }
    TRY(file_read_plain(path, &bytes, err));
    size_t overhead = sizeof magic + CRYPTO_SEAL_OVERHEAD;
    bool is_good = bytes.length > overhead && memcmp(bytes.data, magic, sizeof magic) == 0;
    if (is_good) {
        TRY(buffer_reserve(&plain, bytes.length - overhead, err));
        plain.length = bytes.length - overhead;
        is_good = crypto_open(plain.data, key, bytes.data + sizeof magic, bytes.length - sizeof magic, magic, sizeof magic, NULL) &&
                  clients_parse(&plain, out_clients, NULL);
    }
    if (!is_good) {
        circuit_clients_finish(out_clients);
        FAIL(err, CORRUPT, "the list of holders does not open: it was changed, or is another authority's");
        error_hint(err, "put the file back from a backup");
        return error_detail(err, "%s", path);
    }
    return true;
}

bool circuit_registry_write(const char *path, const struct secret *key, const struct circuit_clients *clients, struct error *err)
{
    CLEANUP(buffer_value) struct buffer plain = {.maximum = PLAIN_MAX};
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = sizeof magic + PLAIN_MAX + CRYPTO_SEAL_OVERHEAD};
    TRY(buffer_append_u32(&plain, (uint32_t)clients->count, err));
    for (size_t i = 0; i < clients->count; i++) {
        TRY(client_print(&clients->items[i], &plain, err));
    }
    TRY(buffer_append(&bytes, magic, sizeof magic, err) && buffer_reserve(&bytes, plain.length + CRYPTO_SEAL_OVERHEAD, err));
    TRY(crypto_seal(bytes.data + bytes.length, key, plain.data, plain.length, magic, sizeof magic, err));
    bytes.length += plain.length + CRYPTO_SEAL_OVERHEAD;
    return file_write_atomic(path, bytes.data, bytes.length, 0600, err);
}

struct circuit_client *circuit_registry_find(struct circuit_clients *clients, const char *name)
{
    for (size_t i = 0; i < clients->count; i++) {
        if (strcmp(clients->items[i].name, name) == 0) {
            return &clients->items[i];
        }
    }
    return NULL;
}

struct circuit_client *circuit_registry_find_pin(struct circuit_clients *clients, const uint8_t pin[CRYPTO_HASH_SIZE])
{
    static const uint8_t none[CRYPTO_HASH_SIZE];
    for (size_t i = 0; i < clients->count; i++) {
        if (memcmp(clients->items[i].pin, pin, CRYPTO_HASH_SIZE) == 0 && memcmp(pin, none, sizeof none) != 0) {
            return &clients->items[i];
        }
    }
    return NULL;
}

static bool belongs_to_another(struct circuit_clients *clients, const struct circuit_client *client)
{
    const struct circuit_client *of_pin = circuit_registry_find_pin(clients, client->pin);
    bool is_taken = of_pin && strcmp(of_pin->name, client->name) != 0;
    for (size_t i = 0; i < clients->count; i++) {
        const struct circuit_client *other = &clients->items[i];
        is_taken = is_taken || (strcmp(other->name, client->name) != 0 &&
                                memcmp(other->signing_key, client->signing_key, sizeof other->signing_key) == 0);
    }
    return is_taken;
}

bool circuit_registry_set(struct circuit_clients *clients, const struct circuit_client *client, struct error *err)
{
    char shown[4 * CIRCUIT_NAME_SIZE];
    struct text name = text_of(client->name);
    if (name.length == 0 || text_to_shown(shown, sizeof shown, name) != name.length || memcmp(shown, name.data, name.length) != 0) {
        return FAIL(err, INVALID_ARGUMENT, "the name of a holder is printable and not empty");
    }
    if (belongs_to_another(clients, client)) {
        FAIL(err, INVALID_ARGUMENT, "another holder has this key or this pin");
        return error_hint(err, "each holder has keys of its own");
    }
    struct circuit_client *known = circuit_registry_find(clients, client->name);
    if (known) {
        struct circuit_client changed = *client;
        changed.day = known->day;
        changed.used = known->used;
        *known = changed;
        return true;
    }
    clients->maximum = CIRCUIT_CLIENTS_MAX;
    return circuit_clients_append(clients, *client, err);
}

static bool over_limit(const struct circuit_client *client, uint64_t used, uint64_t count, struct error *err)
{
    FAIL(err, LIMIT, "the holder asks for more pseudonyms than it may have in one day");
    return error_hint(err,
                      "%" PRIu64 " of %" PRIu64 " are used today, the request has %" PRIu64 ": send fewer, wait, or have the limit changed",
                      used, client->day_limit, count);
}

bool circuit_registry_admit(struct circuit_clients *clients, const struct circuit_request *request, const uint8_t *pin, day today,
                            struct error *err)
{
    struct circuit_client *client = circuit_registry_find(clients, request->holder);
    if (!client) {
        FAIL(err, DENIED, "this holder is not registered with the pseudonym authority");
        return error_hint(err, "the authority registers it with `emc2 authority holder add`");
    }
    if (memcmp(client->signing_key, request->holder_key, sizeof client->signing_key) != 0) {
        return FAIL(err, DENIED, "the request is signed with another key than the holder's registered one");
    }
    if (pin && memcmp(client->pin, pin, sizeof client->pin) != 0) {
        return FAIL(err, DENIED, "the request is another holder's than the one that sends it");
    }
    /* A clock that was set back opens no second day. */
    uint64_t used = today.number > client->day ? 0 : client->used;
    if (request->count > client->day_limit || used > client->day_limit - request->count) {
        return over_limit(client, used, request->count, err);
    }
    client->day = today.number > client->day ? today.number : client->day;
    client->used = used + request->count;
    return true;
}
