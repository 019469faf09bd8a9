/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_pseudonym: exponents and projects' keys, and what is computed with them. An exponent follows from 32 random bytes of its own
 * entry and from nothing else: domain keys change with the root, and pseudonyms must not. */
#include "trust/crypto/crypto_voprf.h"
#include "trust/keys/keyring_internal.h"
#include <string.h>

/* Ids of files are random; these are told apart by how they begin. */
static const uint8_t epoch_label[12] = {'e', 'm', 'c', '2', ' ', 'e', 'p', 'o', 'c', 'h', ' ', '1'};
static const uint8_t project_label[6] = {'e', 'm', 'c', '2', 'p', ':'};

static struct key_file_id epoch_id(uint32_t epoch)
{
    struct key_file_id id;
    memcpy(id.bytes, epoch_label, sizeof epoch_label);
    for (size_t i = 0; i < 4; i++) { /* the order of ids is the order of epochs */
        id.bytes[sizeof epoch_label + i] = (uint8_t)(epoch >> (8 * (3 - i)));
    }
    return id;
}

static struct key_file_id project_id(const char *project)
{
    struct key_file_id id;
    struct crypto_hash hash = crypto_hash_of(project, strlen(project));
    memcpy(id.bytes, project_label, sizeof project_label);
    memcpy(id.bytes + sizeof project_label, hash.bytes, sizeof id.bytes - sizeof project_label);
    return id;
}

bool key_id_is_reserved(const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    return memcmp(file_id, epoch_label, sizeof epoch_label) == 0 || memcmp(file_id, project_label, sizeof project_label) == 0;
}

void key_person_bytes(uint8_t out[8], uint64_t person)
{
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(person >> (8 * i));
    }
}

uint64_t key_pseudonym_fingerprint(const uint8_t element[CRYPTO_ELEMENT_SIZE])
{
    uint8_t hash[CRYPTO_WIDE_HASH_SIZE];
    uint64_t number = 0;
    crypto_wide_hash(hash, "emc2 pseudonym 1", element, CRYPTO_ELEMENT_SIZE);
    for (size_t i = 0; i < 8; i++) {
        number |= (uint64_t)hash[i] << (8 * i);
    }
    return number;
}

/* ---- making ---- */
static bool reserved_add(const struct keyring *keyring, struct key_table *table, void *context, struct error *err)
{
    (void)keyring;
    const struct key_entry *entry = context;
    if (key_table_find(table, entry->file_id)) {
        FAIL(err, EXISTS, "there is, or was, such a key of pseudonyms already");
        return error_hint(err, "a key that was destroyed does not come back under its name: take the next epoch, or another name");
    }
    return key_table_add(table, entry, err);
}

bool local_reserved_create(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *id, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct key_entry entry = {.domain = KEY_DOMAIN_IDENTIFIERS};
    TRY(grant_demand(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_PSEUDONYMISE, err));
    TRY(key_id_is_reserved(id->bytes) || FAIL(err, INVALID_ARGUMENT, "this is no name of a key of pseudonyms"));
    memcpy(entry.file_id, id->bytes, sizeof entry.file_id);
    struct key_binding binding = key_binding_of_entry(keyring->store_id, &entry);
    TRY(secret_random(&key, CRYPTO_KEY_SIZE, err));
    TRY(key_wrap(keyring->top[KEY_DOMAIN_IDENTIFIERS], &binding, key, entry.wrapped, err));
    return keyring_table_change(keyring, reserved_add, &entry, NULL, err);
}

/* ---- computing ---- */
static bool reserved_open(const struct keyring *keyring, const struct key_file_id *id, struct secret **out_key, struct error *err)
{
    struct error why;
    if (local_entry_open(keyring, KEY_DOMAIN_IDENTIFIERS, id->bytes, out_key, &why)) {
        return true;
    }
    if (why.code == ERROR_NOT_FOUND) {
        FAIL(err, NOT_FOUND, "there is no such key of pseudonyms");
        return error_hint(err, "begin the epoch, or the project, first");
    }
    if (err) {
        *err = why;
    }
    return false;
}

static bool exponent_open(const struct keyring *keyring, uint32_t epoch, struct secret **out_exponent, struct error *err)
{
    CLEANUP(secret) struct secret *seed = NULL;
    struct key_file_id id = epoch_id(epoch);
    if (!reserved_open(keyring, &id, &seed, err)) {
        return error_context(err, "epoch %u", epoch);
    }
    return crypto_voprf_key_derive(out_exponent, CRYPTO_OPRF, seed, TEXT("emc2 warehouse exponent 1"), err);
}

bool local_pseudonymise(const struct keyring *keyring, const struct grant *grant, const struct key_batch *batch, struct error *err)
{
    CLEANUP(secret) struct secret *to = NULL, *from = NULL, *ratio = NULL;
    TRY(grant_demand(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_PSEUDONYMISE, err));
    TRY(exponent_open(keyring, batch->to, &to, err));
    if (batch->from > 0) {
        TRY(exponent_open(keyring, batch->from, &from, err) && crypto_scalar_ratio(&ratio, to, from, err));
    }
    for (size_t i = 0; i < batch->count; i++) {
        TRY(crypto_element_power(batch->out[i], batch->elements[i], secret_view(ratio ? ratio : to), err));
    }
    return true;
}

bool local_project_pseudonyms(const struct keyring *keyring, const struct grant *grant, const uint64_t *persons, size_t count,
                              uint8_t (*out)[KEY_PROJECT_PSEUDONYM_SIZE], struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    TRY(grant_demand_any(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_ROWS | GRANT_EXPORT, err));
    struct key_file_id id = project_id(grant->project);
    TRY(reserved_open(keyring, &id, &key, err));
    for (size_t i = 0; i < count; i++) {
        uint8_t person[8], hash[CRYPTO_HASH_SIZE];
        key_person_bytes(person, persons[i]);
        crypto_keyed_hash(hash, key, "emc2 project person 1", person, sizeof person);
        memcpy(out[i], hash, KEY_PROJECT_PSEUDONYM_SIZE);
    }
    return true;
}

/* ---- what callers see ---- */
bool keyring_reserved_create(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *id, struct error *err)
{
    return keyring->backend->reserved_create(keyring, grant, id, err);
}

bool keyring_batch(const struct keyring *keyring, const struct grant *grant, const struct key_batch *batch, struct error *err)
{
    return keyring->backend->pseudonymise(keyring, grant, batch, err);
}

static bool epoch_check(uint32_t epoch, struct error *err)
{
    return epoch > 0 || FAIL(err, INVALID_ARGUMENT, "epochs are counted from 1");
}

bool keyring_epoch_begin(const struct keyring *keyring, const struct grant *grant, uint32_t epoch, struct error *err)
{
    struct key_file_id id = epoch_id(epoch);
    return epoch_check(epoch, err) && keyring_reserved_create(keyring, grant, &id, err);
}

bool keyring_pseudonymise(const struct keyring *keyring, const struct grant *grant, uint32_t epoch,
                          const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE], size_t count, uint8_t (*out)[CRYPTO_ELEMENT_SIZE],
                          struct error *err)
{
    struct key_batch batch = {0, epoch, elements, count, out};
    return epoch_check(epoch, err) && keyring_batch(keyring, grant, &batch, err);
}

bool keyring_repseudonymise(const struct keyring *keyring, const struct grant *grant, uint32_t from, uint32_t to,
                            const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE], size_t count, uint8_t (*out)[CRYPTO_ELEMENT_SIZE],
                            struct error *err)
{
    struct key_batch batch = {from, to, elements, count, out};
    return epoch_check(from, err) && epoch_check(to, err) && keyring_batch(keyring, grant, &batch, err);
}

struct epochs {
    uint32_t newest, live;
    uint32_t below, earlier;          /* earlier: the newest live one before `below` */
    const struct key_file_id *wanted; /* NULL: any epoch */
    bool is_there;
};

static bool epoch_note(void *context, const struct key_facts *facts, struct error *err)
{
    (void)err;
    struct epochs *epochs = context;
    uint32_t epoch = 0;
    epochs->is_there = epochs->is_there || (epochs->wanted && memcmp(epochs->wanted, &facts->file_id, sizeof facts->file_id) == 0);
    if (memcmp(facts->file_id.bytes, epoch_label, sizeof epoch_label) == 0) {
        for (size_t i = 0; i < 4; i++) {
            epoch = epoch << 8 | facts->file_id.bytes[sizeof epoch_label + i];
        }
        epochs->newest = epoch > epochs->newest ? epoch : epochs->newest;
        epochs->live = !facts->is_destroyed && epoch > epochs->live ? epoch : epochs->live;
        if (!facts->is_destroyed && epoch < epochs->below && epoch > epochs->earlier) {
            epochs->earlier = epoch;
        }
    }
    return true;
}

bool keyring_epochs(const struct keyring *keyring, uint32_t *out_newest, uint32_t *out_live, struct error *err)
{
    struct epochs epochs = {.newest = 0};
    TRY(keyring_data_key_visit(keyring, epoch_note, &epochs, err));
    *out_newest = epochs.newest;
    *out_live = epochs.live;
    return true;
}

bool keyring_epoch_before(const struct keyring *keyring, uint32_t epoch, uint32_t *out_earlier, struct error *err)
{
    struct epochs epochs = {.below = epoch};
    TRY(keyring_data_key_visit(keyring, epoch_note, &epochs, err));
    *out_earlier = epochs.earlier;
    return true;
}

static bool reserved_destroy(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *id, struct error *err)
{
    struct epochs epochs = {.wanted = id};
    TRY(keyring_data_key_visit(keyring, epoch_note, &epochs, err));
    TRY(keyring_data_key_destroy(keyring, grant, id, 1, err)); /* it looks at the grant, whether there is such a key or not */
    return epochs.is_there || FAIL(err, NOT_FOUND, "there is no such key of pseudonyms");
}

bool keyring_epoch_destroy(const struct keyring *keyring, const struct grant *grant, uint32_t epoch, struct error *err)
{
    struct key_file_id id = epoch_id(epoch);
    return epoch_check(epoch, err) && reserved_destroy(keyring, grant, &id, err);
}

static bool project_check(const char *project, struct error *err)
{
    bool fits = project[0] != '\0' && strlen(project) < GRANT_TEXT_MAX;
    return fits || FAIL(err, INVALID_ARGUMENT, "the name of a project has 1 to %d bytes", GRANT_TEXT_MAX - 1);
}

bool keyring_project_begin(const struct keyring *keyring, const struct grant *grant, const char *project, struct error *err)
{
    struct key_file_id id = project_id(project);
    return project_check(project, err) && keyring_reserved_create(keyring, grant, &id, err);
}

bool keyring_project_pseudonyms(const struct keyring *keyring, const struct grant *grant, const uint64_t *persons, size_t count,
                                uint8_t (*out)[KEY_PROJECT_PSEUDONYM_SIZE], struct error *err)
{
    return keyring->backend->project_pseudonyms(keyring, grant, persons, count, out, err);
}

bool keyring_project_destroy(const struct keyring *keyring, const struct grant *grant, const char *project, struct error *err)
{
    struct key_file_id id = project_id(project);
    return project_check(project, err) && reserved_destroy(keyring, grant, &id, err);
}
