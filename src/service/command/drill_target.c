/* SPDX-License-Identifier: EUPL-1.2 */
/* drill_target: see drill_target.h. */
#include "service/command/drill_target.h"
#include "base/file.h"
#include "trust/keys/keys.h"
#include "warehouse/store/store.h"
#include <string.h>

struct table {
    const char *directory; /* keys/ */
    uint8_t store_id[GRANT_STORE_ID_SIZE];
};

static bool root_unseal(void *context, struct secret **out_root, struct error *err)
{
    struct secret *root;
    TRY(secret_create(&root, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(root), context, CRYPTO_KEY_SIZE);
    *out_root = root;
    return true;
}

static bool opens(void *context, const uint8_t key[32])
{
    const struct table *table = context;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    uint8_t root[CRYPTO_KEY_SIZE];
    memcpy(root, key, sizeof root);
    const struct custody custody = {.name = "drill", .root_unseal = root_unseal, .context = root};
    bool is_open = keyring_open(&keyring, &custody, table->directory, table->store_id, NULL);
    crypto_wipe(root, sizeof root);
    return is_open;
}

bool drill_target_of(const char *directory, struct arena *arena, struct drill_target *out_target, bool *out_is_there, struct error *err)
{
    bool has_identity, has_table;
    const char *path = arena_text_format(arena, "%s/keys/table", directory);
    TRY(file_exists(arena_text_format(arena, "%s/store.json", directory), &has_identity, err) && file_exists(path, &has_table, err));
    *out_is_there = has_identity && has_table;
    if (*out_is_there) {
        struct table *table = ARENA_NEW(arena, struct table);
        table->directory = arena_text_format(arena, "%s/keys", directory);
        TRY(store_identify(directory, table->store_id, err));
        *out_target = (struct drill_target){path, opens, table};
    }
    return true;
}
