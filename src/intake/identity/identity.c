/* SPDX-License-Identifier: EUPL-1.2 */
/* identity: the traits of one person in locked memory, put in one by one and wiped together. */
#include "intake/identity/identity_internal.h"
#include <stdlib.h>
#include <string.h>

bool identity_create(struct identity **out_identity, struct error *err)
{
    struct secret *memory;
    TRY(secret_create(&memory, IDENTITY_TRAIT_COUNT * sizeof(struct identifying), err));
    struct identity *identity = calloc(1, sizeof *identity);
    if (!identity) {
        secret_destroy(memory);
        return FAIL(err, INTERNAL, "out of memory");
    }
    identity->memory = memory;
    identity->traits = (struct identifying *)(void *)secret_bytes(memory);
    *out_identity = identity;
    return true;
}

void identity_destroy(struct identity *identity)
{
    if (identity) {
        secret_destroy(identity->memory);
        free(identity);
    }
}

void identity_clear(struct identity *identity)
{
    crypto_wipe(identity->traits, IDENTITY_TRAIT_COUNT * sizeof *identity->traits);
}

void identity_set(struct identity *identity, enum identity_trait trait, struct text text)
{
    struct identifying *identifying = &identity->traits[trait];
    text = text_cut(text_trim(text), IDENTITY_TEXT_MAX);
    crypto_wipe(identifying, sizeof *identifying);
    if (text.length > 0) {
        memcpy(identifying->bytes, text.data, text.length);
    }
    identifying->length = (uint16_t)text.length;
}

bool identity_has(const struct identity *identity, enum identity_trait trait)
{
    return identity->traits[trait].length > 0;
}

bool identity_is(const struct identity *identity, enum identity_trait trait, struct text text)
{
    return identity_has(identity, trait) && text_equal(identifying_text(&identity->traits[trait]), text);
}
