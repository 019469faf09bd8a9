/* SPDX-License-Identifier: EUPL-1.2 */
/* registry: holders and persons in memory, and as JSON in the vault. What is read was sealed by this warehouse: a member that does not fit
 * is corrupt. */
#include "governance/registry/registry.h"
#include "base/json.h"
#include "governance/registry/registry_vault.h"
#include "trust/crypto/crypto_json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, PATH_SIZE = 4096, HEX_SIZE = 2 * CRYPTO_HASH_SIZE + 1 };
static const char *const kind_names[HOLDER_KIND_COUNT] = {"hospital", "claims"};

struct registry {
    char path[PATH_SIZE];
    const struct keyring *keyring;
    struct arena *arena; /* agreements */
    uint64_t generation;
    struct crypto_hash hash;
    size_t count, person_count;
    struct registry_holder holders[REGISTRY_HOLDERS_MAX];
    struct registry_person persons[REGISTRY_PERSONS_MAX];
};

const char *holder_kind_name(enum holder_kind kind)
{
    return kind_names[kind];
}

bool holder_kind_find(struct text name, enum holder_kind *out_kind)
{
    for (int i = 0; i < HOLDER_KIND_COUNT; i++) {
        if (text_equal(name, text_of(kind_names[i]))) {
            *out_kind = (enum holder_kind)i;
            return true;
        }
    }
    return false;
}

void registry_close(struct registry *registry)
{
    if (registry) {
        arena_destroy(registry->arena);
        free(registry);
    }
}

/* ---- in memory ---- */
uint64_t registry_generation(const struct registry *registry)
{
    return registry->generation;
}

struct crypto_hash registry_hash(const struct registry *registry)
{
    return registry->hash;
}

size_t registry_count(const struct registry *registry)
{
    return registry->count;
}

const struct registry_holder *registry_at(const struct registry *registry, size_t index)
{
    return &registry->holders[index];
}

const struct registry_holder *registry_find(const struct registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->count; i++) {
        if (strcmp(registry->holders[i].name, name) == 0) {
            return &registry->holders[i];
        }
    }
    return NULL;
}

static bool holder_check(const struct registry *registry, const struct registry_holder *holder, struct error *err)
{
    uint8_t pin[CRYPTO_HASH_SIZE];
    if (!delivery_holder_name_is_valid(text_of(holder->name))) {
        FAIL(err, INVALID_ARGUMENT, "this is no name of a holder");
        return error_hint(err, "small letters, digits, dots, dashes and underscores, at most %d of them", DELIVERY_NAME_SIZE - 1);
    }
    if (holder->until.number < holder->from.number) {
        return FAIL(err, INVALID_ARGUMENT, "the last day is before the first");
    }
    if (holder->tls_pin[0] && (strlen(holder->tls_pin) != HEX_SIZE - 1 || !crypto_from_hex(pin, sizeof pin, holder->tls_pin))) {
        return FAIL(err, INVALID_ARGUMENT, "a TLS pin is a SHA-256 in 64 hexadecimal digits");
    }
    for (size_t i = 0; i < registry->count; i++) {
        const struct registry_holder *other = &registry->holders[i];
        if (strcmp(other->name, holder->name) != 0 && memcmp(other->public_key, holder->public_key, sizeof holder->public_key) == 0) {
            return FAIL(err, INVALID_ARGUMENT, "%s has this key already: each holder signs with a key of its own", other->name);
        }
    }
    return true;
}

bool registry_put(struct registry *registry, const struct registry_holder *holder, struct error *err)
{
    size_t at = 0;
    TRY(holder_check(registry, holder, err));
    while (at < registry->count && strcmp(registry->holders[at].name, holder->name) < 0) {
        at++;
    }
    bool is_new = at == registry->count || strcmp(registry->holders[at].name, holder->name) != 0;
    if (is_new && registry->count == REGISTRY_HOLDERS_MAX) {
        return FAIL(err, LIMIT, "the register has %d holders: there is no room for more", REGISTRY_HOLDERS_MAX);
    }
    struct registry_holder copy = *holder;
    if (copy.agreement.length > 0) {
        char *text = arena_allocate(registry->arena, copy.agreement.length + 1, 1);
        memcpy(text, copy.agreement.data, copy.agreement.length);
        copy.agreement.data = text;
    }
    if (is_new) {
        memmove(&registry->holders[at + 1], &registry->holders[at], (registry->count - at) * sizeof copy);
        registry->count++;
    }
    registry->holders[at] = copy;
    return true;
}

size_t registry_person_count(const struct registry *registry)
{
    return registry->person_count;
}

const struct registry_person *registry_person_at(const struct registry *registry, size_t index)
{
    return &registry->persons[index];
}

bool registry_person_put(struct registry *registry, const struct registry_person *person, struct error *err)
{
    size_t at = 0;
    for (; at < registry->person_count; at++) {
        const struct registry_person *other = &registry->persons[at];
        bool is_name = strcmp(other->name, person->name) == 0;
        if (is_name) {
            break;
        }
        if (memcmp(other->public_key, person->public_key, sizeof person->public_key) == 0) {
            return FAIL(err, INVALID_ARGUMENT, "%s has this key already: two persons are two keys", other->name);
        }
    }
    if (at == REGISTRY_PERSONS_MAX) {
        return FAIL(err, LIMIT, "the register has %d persons: there is no room for more", REGISTRY_PERSONS_MAX);
    }
    registry->persons[at] = *person;
    registry->person_count += at == registry->person_count;
    return true;
}

/* ---- printing ---- */
static bool holder_print(struct json_writer *json, const struct registry_holder *holder, struct error *err)
{
    TRY(json_begin_object(json, err) && json_named_text(json, "name", holder->name, err));
    TRY(json_named_text(json, "kind", kind_names[holder->kind], err) &&
        crypto_named_hex(json, "key", holder->public_key, CRYPTO_HASH_SIZE, err));
    TRY(json_named_text(json, "tls_pin", holder->tls_pin, err));
    TRY(json_named_i64(json, "from", holder->from.number, err) && json_named_i64(json, "until", holder->until.number, err));
    TRY(json_name(json, "suspended", err) && json_bool(json, holder->is_suspended, err));
    TRY(json_named_i64(json, "sequence", (int64_t)holder->last_sequence, err) &&
        crypto_named_hex(json, "root", holder->last_root.bytes, CRYPTO_HASH_SIZE, err));
    return json_name(json, "agreement", err) && json_text(json, holder->agreement, err) && json_end_object(json, err);
}

static bool registry_print(const struct registry *registry, struct buffer *out, struct error *err)
{
    struct json_writer json = {.out = out};
    TRY(json_begin_object(&json, err) && json_named_i64(&json, "version", VERSION, err));
    TRY(json_named_i64(&json, "generation", (int64_t)registry->generation, err));
    TRY(json_name(&json, "holders", err) && json_begin_array(&json, err));
    for (size_t i = 0; i < registry->count; i++) {
        TRY(holder_print(&json, &registry->holders[i], err));
    }
    TRY(json_end_array(&json, err) && json_name(&json, "persons", err) && json_begin_array(&json, err));
    for (size_t i = 0; i < registry->person_count; i++) {
        TRY(json_begin_object(&json, err) && json_named_text(&json, "name", registry->persons[i].name, err));
        TRY(crypto_named_hex(&json, "key", registry->persons[i].public_key, CRYPTO_PUBLIC_KEY_SIZE, err) && json_end_object(&json, err));
    }
    return json_end_array(&json, err) && json_end_object(&json, err);
}

/* ---- reading ---- */
static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "the register of holders is not as emc2 writes it");
}

static bool text_take(const struct json *object, const char *name, char *out, size_t size, struct error *err)
{
    const struct json *value = json_member(object, name);
    return (value && value->kind == JSON_STRING && text_copy(out, size, value->text)) || corrupt(err);
}

static bool hex_take(const struct json *object, const char *name, uint8_t out[CRYPTO_HASH_SIZE], struct error *err)
{
    return crypto_member_hex(object, name, out, CRYPTO_HASH_SIZE) || corrupt(err);
}

static bool number_take(const struct json *object, const char *name, int64_t minimum, int64_t maximum, int64_t *out, struct error *err)
{
    const struct json *value = json_member(object, name);
    if (!value || value->kind != JSON_INTEGER || value->integer < minimum || value->integer > maximum) {
        return corrupt(err);
    }
    *out = value->integer;
    return true;
}

static bool holder_take(struct registry *registry, const struct json *item, struct error *err)
{
    struct registry_holder holder = {.name = ""};
    const struct json *kind = json_member(item, "kind"), *suspended = json_member(item, "suspended"),
                      *agreement = json_member(item, "agreement");
    int64_t from = 0, until = 0, sequence = 0;
    TRY(text_take(item, "name", holder.name, sizeof holder.name, err) && hex_take(item, "key", holder.public_key, err));
    TRY((kind && kind->kind == JSON_STRING && holder_kind_find(kind->text, &holder.kind)) || corrupt(err));
    TRY(text_take(item, "tls_pin", holder.tls_pin, sizeof holder.tls_pin, err) && hex_take(item, "root", holder.last_root.bytes, err));
    TRY(number_take(item, "from", INT32_MIN, INT32_MAX, &from, err) && number_take(item, "until", INT32_MIN, INT32_MAX, &until, err));
    TRY(number_take(item, "sequence", 0, INT64_MAX, &sequence, err));
    TRY((suspended && agreement && agreement->kind == JSON_STRING) || corrupt(err));
    holder.from = (day){(int32_t)from};
    holder.until = (day){(int32_t)until};
    holder.last_sequence = (uint64_t)sequence;
    holder.is_suspended = suspended->kind != JSON_FALSE;
    holder.agreement = agreement->text;
    return registry_put(registry, &holder, err);
}

static bool registry_parse(struct registry *registry, const struct buffer *bytes, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct json *root;
    int64_t version = 0, generation = 0;
    TRY(json_parse(&root, scratch, "the register", bytes->data, bytes->length, err));
    TRY(number_take(root, "version", VERSION, VERSION, &version, err) && number_take(root, "generation", 1, INT64_MAX, &generation, err));
    const struct json *holders = json_member(root, "holders"), *persons = json_member(root, "persons");
    TRY((holders && holders->kind == JSON_ARRAY && persons && persons->kind == JSON_ARRAY) || corrupt(err));
    for (size_t i = 0; i < holders->count; i++) {
        TRY(holder_take(registry, &holders->items[i], err));
    }
    for (size_t i = 0; i < persons->count; i++) {
        struct registry_person person;
        TRY(text_take(&persons->items[i], "name", person.name, sizeof person.name, err));
        TRY(hex_take(&persons->items[i], "key", person.public_key, err) && registry_person_put(registry, &person, err));
    }
    registry->generation = (uint64_t)generation;
    return true;
}

/* ---- the file ---- */
static struct vault vault_of(const struct registry *registry, const struct grant *grant)
{
    return (struct vault){registry->path, "EMC2HOLD", KEY_DOMAIN_GOVERNANCE, registry->keyring, grant};
}

bool registry_open(struct registry **out_registry, const char *warehouse, const struct keyring *keyring, const struct grant *grant,
                   struct error *err)
{
    CLEANUP(registry) struct registry *registry = calloc(1, sizeof *registry);
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = VAULT_BYTES_MAX};
    bool exists;
    if (!registry) {
        abort(); /* as an arena */
    }
    registry->keyring = keyring;
    registry->arena = arena_create();
    if (snprintf(registry->path, sizeof registry->path, "%s/registry.sealed", warehouse) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    struct vault vault = vault_of(registry, grant);
    TRY(vault_read(&vault, &bytes, &exists, &registry->hash, err));
    TRY(!exists || registry_parse(registry, &bytes, err));
    *out_registry = registry;
    registry = NULL;
    return true;
}

bool registry_write(struct registry *registry, const struct grant *grant, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = VAULT_BYTES_MAX};
    struct vault vault = vault_of(registry, grant);
    TRY(grant_demand(grant, keyring_governance_public_key(registry->keyring), keyring_store_id(registry->keyring), GRANT_LOAD, err));
    registry->generation++;
    bool done = registry_print(registry, &bytes, err) && vault_write(&vault, bytes.data, bytes.length, &registry->hash, err);
    registry->generation -= !done;
    return done;
}
