/* SPDX-License-Identifier: EUPL-1.2 */
/* identity_internal: the traits as they lie in locked memory (private to identity). */
#pragma once
#include "intake/identity/identity.h"
#include "trust/crypto/crypto.h"

/* Text that says who somebody is. There is no way from here to a %s: whoever needs the bytes is in this module. */
struct identifying {
    uint16_t length;
    char bytes[IDENTITY_TEXT_MAX];
};
struct identity {
    struct secret *memory; /* of the traits */
    struct identifying *traits;
};
static inline struct text identifying_text(const struct identifying *identifying)
{
    return (struct text){identifying->bytes, identifying->length};
}
