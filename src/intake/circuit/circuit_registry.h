/* SPDX-License-Identifier: EUPL-1.2 */
/* circuit_registry: the holders that a pseudonym authority answers, and how much it answered each of them today. A limit a day bounds what
 * a holder that turns bad can learn by asking for keys of people it does not have. One sealed file, replaced as a whole. Format:
 * docs/formats/circuit.md. */
#pragma once
#include "base/buffer.h"
#include "base/calendar.h"
#include "intake/circuit/circuit.h"

enum { CIRCUIT_CLIENTS_MAX = 1024 };

struct circuit_client {
    char name[CIRCUIT_NAME_SIZE];
    uint8_t signing_key[CRYPTO_PUBLIC_KEY_SIZE];
    uint8_t pin[CRYPTO_HASH_SIZE]; /* of its TLS certificate; zero: it does not connect */
    uint64_t day_limit;            /* elements */
    int32_t day;                   /* of `used`: days since 1970-01-01, UTC */
    uint64_t used;
};
DEFINE_ARRAY(circuit_clients, struct circuit_client)

/* No file: nobody is registered. CORRUPT when it does not open under the key. out_clients is to be zeroed. */
MUST_CHECK bool circuit_registry_read(const char *path, const struct secret *key, struct circuit_clients *out_clients, struct error *err);
MUST_CHECK bool circuit_registry_write(const char *path, const struct secret *key, const struct circuit_clients *clients,
                                       struct error *err);
/* NULL: none. */
struct circuit_client *circuit_registry_find(struct circuit_clients *clients, const char *name);
struct circuit_client *circuit_registry_find_pin(struct circuit_clients *clients, const uint8_t pin[CRYPTO_HASH_SIZE]);
/* Adds it, or changes the one of this name (what it used today stays). INVALID_ARGUMENT: the name is none, or key or pin are another one's.
 */
MUST_CHECK bool circuit_registry_set(struct circuit_clients *clients, const struct circuit_client *client, struct error *err);
/* Counts a request. DENIED: its holder is not registered, signs with another key, or (pin not NULL) is not who sent it; LIMIT: it would be
 * more than this holder may ask for today. */
MUST_CHECK bool circuit_registry_admit(struct circuit_clients *clients, const struct circuit_request *request, const uint8_t *pin,
                                       day today, struct error *err);
