/* SPDX-License-Identifier: EUPL-1.2 */
/* intake: see registry_intake.h. The id of an epoch's key is made from its number, so that nothing has to be remembered beside the keys. */
#include "governance/registry/registry_intake.h"
#include <string.h>

enum { EPOCHS_MAX = 10000 };

static void id_of(uint32_t epoch, uint8_t out_id[KEY_FILE_ID_SIZE])
{
    uint8_t label[24] = "emc2 intake key 1";
    memcpy(label + 20, &epoch, 4); /* little-endian */
    struct crypto_hash hash = crypto_hash_of(label, sizeof label);
    memcpy(out_id, hash.bytes, KEY_FILE_ID_SIZE);
}

bool intake_key_open(const struct keyring *keyring, const struct grant *grant, uint32_t epoch, struct secret **out_key, struct error *err)
{
    uint8_t id[KEY_FILE_ID_SIZE];
    id_of(epoch, id);
    return keyring_data_key_open(keyring, grant, KEY_DOMAIN_IDENTIFIERS, id, out_key, err);
}

bool intake_key_newest(const struct keyring *keyring, const struct grant *grant, uint32_t *out_epoch, struct error *err)
{
    for (uint32_t epoch = 0; epoch < EPOCHS_MAX; epoch++) {
        CLEANUP(secret) struct secret *key = NULL;
        struct error reason = {.message = ""};
        if (!intake_key_open(keyring, grant, epoch + 1, &key, &reason) && reason.code != ERROR_ERASED) {
            *out_epoch = epoch;
            if (reason.code == ERROR_NOT_FOUND) {
                return true;
            }
            *err = reason;
            return false;
        }
    }
    return FAIL(err, LIMIT, "there are too many intake keys");
}

bool intake_key_create(const struct keyring *keyring, const struct grant *grant, uint32_t *out_epoch, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    uint8_t id[KEY_FILE_ID_SIZE];
    uint32_t newest;
    TRY(intake_key_newest(keyring, grant, &newest, err));
    id_of(newest + 1, id);
    TRY(keyring_data_key_create(keyring, grant, KEY_DOMAIN_IDENTIFIERS, id, 0, &key, err) && keyring_commit(keyring, err));
    *out_epoch = newest + 1;
    return true;
}
