/* SPDX-License-Identifier: EUPL-1.2 */
/* registry: who may deliver to this warehouse (EMC2-01): holders, the keys they sign with, their agreements, and how far each has come; and
 * who may open the quarantine, two together. One sealed file, WAREHOUSE/registry.sealed (registry_vault.h), replaced as a whole; each
 * writing counts its generation up. Whoever changes it enters generation and hash in the log, by which an older file in its place is found.
 * A registry is changed in memory and then written: nothing is there before registry_write. One thread. */
#pragma once
#include "base/calendar.h"
#include "base/text.h"
#include "intake/delivery/delivery.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

enum holder_kind { HOLDER_HOSPITAL, HOLDER_CLAIMS, HOLDER_KIND_COUNT };
enum { REGISTRY_HOLDERS_MAX = 256, REGISTRY_PERSONS_MAX = 64, REGISTRY_PERSON_SIZE = 64, REGISTRY_PIN_SIZE = 2 * CRYPTO_HASH_SIZE + 1 };

struct registry_holder {
    char name[DELIVERY_NAME_SIZE];
    enum holder_kind kind;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE]; /* Ed25519: signs deliveries */
    char tls_pin[REGISTRY_PIN_SIZE];            /* SHA-256 of the public key of the holder's certificate, hexadecimal; "": none yet */
    day from, until;                            /* first and last day */
    bool is_suspended;
    uint64_t last_sequence; /* of the last delivery that was taken; 0: none */
    struct crypto_hash last_root;
    struct text agreement; /* the signed document; borrowed in registry_put; length 0: none */
};
/* Two different ones open the quarantine. */
struct registry_person {
    char name[REGISTRY_PERSON_SIZE];
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE]; /* X25519: of the custodian's file by which they show who they are */
};

const char *holder_kind_name(enum holder_kind kind); /* "hospital" */
MUST_CHECK bool holder_kind_find(struct text name, enum holder_kind *out_kind);

struct registry;
/* Of generation 0 and empty where there is no file. The keyring is borrowed. CORRUPT when the file was changed. */
MUST_CHECK bool registry_open(struct registry **out_registry, const char *warehouse, const struct keyring *keyring,
                              const struct grant *grant, struct error *err);
void registry_close(struct registry *registry);
DEFINE_CLEANUP(registry, registry_close)
uint64_t registry_generation(const struct registry *registry);
struct crypto_hash registry_hash(const struct registry *registry); /* BLAKE2b-256 of the file as it is on disk; zero without one */
size_t registry_count(const struct registry *registry);
const struct registry_holder *registry_at(const struct registry *registry, size_t index);       /* by name; valid until the next change */
const struct registry_holder *registry_find(const struct registry *registry, const char *name); /* NULL: nobody */
/* Adds or replaces by name; texts are copied. INVALID_ARGUMENT names the member that cannot be, or the holder who has the same key. */
MUST_CHECK bool registry_put(struct registry *registry, const struct registry_holder *holder, struct error *err);
size_t registry_person_count(const struct registry *registry);
const struct registry_person *registry_person_at(const struct registry *registry, size_t index);
MUST_CHECK bool registry_person_put(struct registry *registry, const struct registry_person *person, struct error *err);
/* Durable when it returns. Demands GRANT_LOAD. */
MUST_CHECK bool registry_write(struct registry *registry, const struct grant *grant, struct error *err);
