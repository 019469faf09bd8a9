/* SPDX-License-Identifier: EUPL-1.2 */
/* objection: tokens in order, each once; in the vault as they are, in memory also as fingerprints. */
#include "governance/objection/objection.h"
#include "base/buffer.h"
#include "governance/registry/registry_vault.h"
#include "trust/keys/keys_pseudonym.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, PATH_SIZE = 4096, TOKENS_MAX = 1 << 22, ROW_SIZE = 4 + 1 + DELIVERY_ELEMENT_SIZE, BATCH = 1024 };

struct objected {
    uint32_t epoch;
    struct delivery_token token;
};
struct printed {
    uint8_t kind;
    uint64_t fingerprint;
};
DEFINE_ARRAY(objected_list, struct objected)
DEFINE_ARRAY(printed_list, struct printed)

struct objections {
    char path[PATH_SIZE];
    const struct keyring *keyring;
    struct objected_list tokens;
    struct printed_list prints; /* ascending; empty before objections_prepare */
};

void objections_close(struct objections *objections)
{
    if (objections) {
        objected_list_finish(&objections->tokens);
        printed_list_finish(&objections->prints);
        free(objections);
    }
}

size_t objections_count(const struct objections *objections)
{
    return objections->tokens.count;
}

/* ---- order ---- */
static int objected_compare(const struct objected *a, const struct objected *b)
{
    if (a->epoch != b->epoch) {
        return a->epoch < b->epoch ? -1 : 1;
    }
    if (a->token.kind != b->token.kind) {
        return a->token.kind < b->token.kind ? -1 : 1;
    }
    return memcmp(a->token.element, b->token.element, DELIVERY_ELEMENT_SIZE);
}

static size_t place_of(const struct objections *objections, const struct objected *wanted)
{
    size_t low = 0, high = objections->tokens.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (objected_compare(&objections->tokens.items[middle], wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool objections_add(struct objections *objections, uint32_t epoch, const struct delivery_token *token, bool *out_is_new, struct error *err)
{
    struct objected_list *list = &objections->tokens;
    const struct objected added = {epoch, *token};
    size_t at = place_of(objections, &added);
    *out_is_new = at == list->count || objected_compare(&list->items[at], &added) != 0;
    if (*out_is_new) {
        TRY(objected_list_reserve(list, 1, err));
        memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof added);
        list->items[at] = added;
        list->count++;
    }
    return true;
}

/* ---- the file ---- */
static struct vault vault_of(const struct objections *objections, const struct grant *grant)
{
    return (struct vault){objections->path, "EMC2OBJ1", KEY_DOMAIN_IDENTIFIERS, objections->keyring, grant};
}

static bool parse(struct objections *objections, const struct buffer *bytes, struct error *err)
{
    struct cursor in = {bytes->data, bytes->length, 0};
    uint32_t version, count;
    TRY(cursor_u32(&in, &version, err) && cursor_u32(&in, &count, err));
    if (version != VERSION || count > TOKENS_MAX || in.length - in.position != (size_t)count * ROW_SIZE) {
        return FAIL(err, CORRUPT, "the list of objections is not as emc2 writes it");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct delivery_token token;
        const uint8_t *element;
        uint32_t epoch;
        bool is_new;
        TRY(cursor_u32(&in, &epoch, err) && cursor_u8(&in, &token.kind, err) && cursor_bytes(&in, sizeof token.element, &element, err));
        memcpy(token.element, element, sizeof token.element);
        TRY(objections_add(objections, epoch, &token, &is_new, err));
    }
    return true;
}

bool objections_open(struct objections **out_objections, const char *warehouse, const struct keyring *keyring, const struct grant *grant,
                     struct error *err)
{
    CLEANUP(objections) struct objections *objections = calloc(1, sizeof *objections);
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = VAULT_BYTES_MAX};
    bool exists;
    if (!objections) {
        abort(); /* as an arena */
    }
    objections->keyring = keyring;
    objections->tokens.maximum = objections->prints.maximum = TOKENS_MAX;
    if (snprintf(objections->path, PATH_SIZE, "%s/objections.sealed", warehouse) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    struct vault vault = vault_of(objections, grant);
    bool done = vault_read(&vault, &bytes, &exists, NULL, err) && (!exists || parse(objections, &bytes, err));
    if (bytes.data) {
        crypto_wipe(bytes.data, bytes.capacity);
    }
    TRY(done);
    *out_objections = objections;
    objections = NULL;
    return true;
}

bool objections_write(struct objections *objections, const struct grant *grant, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = VAULT_BYTES_MAX};
    struct vault vault = vault_of(objections, grant);
    TRY(grant_demand(grant, keyring_governance_public_key(objections->keyring), keyring_store_id(objections->keyring), GRANT_LOAD, err));
    TRY(buffer_append_u32(&bytes, VERSION, err) && buffer_append_u32(&bytes, (uint32_t)objections->tokens.count, err));
    for (size_t i = 0; i < objections->tokens.count; i++) {
        const struct objected *o = &objections->tokens.items[i];
        TRY(buffer_append_u32(&bytes, o->epoch, err) && buffer_append(&bytes, &o->token, sizeof o->token, err));
    }
    bool done = vault_write(&vault, bytes.data, bytes.length, NULL, err);
    crypto_wipe(bytes.data, bytes.capacity);
    return done;
}

/* ---- asking ---- */
static int printed_compare(const void *a, const void *b)
{
    const struct printed *left = a, *right = b;
    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    return (left->fingerprint > right->fingerprint) - (left->fingerprint < right->fingerprint);
}

/* Tokens of one epoch from `at` on, at most a batch. */
static bool batch_prepare(struct objections *objections, const struct objection_fingerprinter *fingerprinter, size_t *at, struct error *err)
{
    const struct objected *items = objections->tokens.items;
    static _Thread_local uint8_t elements[BATCH][DELIVERY_ELEMENT_SIZE];
    uint64_t prints[BATCH];
    size_t count = 0, first = *at;
    for (; count < BATCH && first + count < objections->tokens.count && items[first + count].epoch == items[first].epoch; count++) {
        memcpy(elements[count], items[first + count].token.element, DELIVERY_ELEMENT_SIZE);
    }
    TRY(fingerprinter->fingerprint(fingerprinter->context, items[first].epoch, (const uint8_t(*)[DELIVERY_ELEMENT_SIZE])elements, count,
                                   prints, err));
    for (size_t i = 0; i < count; i++) {
        TRY(printed_list_append(&objections->prints, (struct printed){items[first + i].token.kind, prints[i]}, err));
    }
    *at += count;
    return true;
}

bool objections_prepare(struct objections *objections, const struct objection_fingerprinter *fingerprinter, struct error *err)
{
    objections->prints.count = 0;
    for (size_t at = 0; at < objections->tokens.count;) {
        TRY(batch_prepare(objections, fingerprinter, &at, err));
    }
    if (objections->prints.count > 0) {
        qsort(objections->prints.items, objections->prints.count, sizeof *objections->prints.items, printed_compare);
    }
    return true;
}

bool objection_matches(const struct objections *objections, uint8_t kind, uint64_t fingerprint)
{
    const struct printed wanted = {kind, fingerprint};
    return objections->prints.count > 0 &&
           bsearch(&wanted, objections->prints.items, objections->prints.count, sizeof wanted, printed_compare) != NULL;
}

struct warehouse_keys {
    const struct keyring *keyring;
    const struct grant *grant;
    uint32_t epoch;
};

static bool warehouse_fingerprint(void *context, uint32_t epoch, const uint8_t (*elements)[DELIVERY_ELEMENT_SIZE], size_t count,
                                  uint64_t *out_fingerprints, struct error *err)
{
    _Static_assert((int)DELIVERY_ELEMENT_SIZE == (int)CRYPTO_ELEMENT_SIZE, "tokens are elements of the group");
    const struct warehouse_keys *keys = context;
    static _Thread_local uint8_t pseudonyms[BATCH][CRYPTO_ELEMENT_SIZE];
    (void)epoch;
    TRY(keyring_pseudonymise(keys->keyring, keys->grant, keys->epoch, elements, count, pseudonyms, err));
    for (size_t i = 0; i < count; i++) {
        out_fingerprints[i] = key_pseudonym_fingerprint(pseudonyms[i]);
    }
    return true;
}

bool objections_prepare_under(struct objections *objections, const struct grant *grant, uint32_t epoch, struct error *err)
{
    struct warehouse_keys keys = {objections->keyring, grant, epoch};
    const struct objection_fingerprinter fingerprinter = {warehouse_fingerprint, &keys};
    return objections_prepare(objections, &fingerprinter, err);
}
