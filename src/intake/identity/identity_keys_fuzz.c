/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of identity_keys: the input is cut at line breaks into traits. Keys are made of A to Z, 0 to 9 and |, within their size, and
 * making them twice gives the same. */
#include "intake/identity/identity_keys.h"
#include "trust/crypto/crypto.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_key_letter(char letter)
{
    return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '|';
}

static void keys_check(const struct identity_keys *keys)
{
    for (size_t i = 0; i < identity_keys_count(keys); i++) {
        const struct text text = identity_keys_text(keys, i);
        assert(text.length <= IDENTITY_KEY_TEXT_MAX && identity_keys_kind(keys, i) >= 1);
        assert((unsigned)identity_keys_kind(keys, i) <= IDENTITY_KEY_KINDS);
        for (size_t at = 0; at < text.length; at++) {
            assert(is_key_letter(text.data[at]));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct identity *identity;
    static struct identity_keys *keys, *again;
    struct error err;
    if (!identity) {
        const bool done = crypto_start(&err) && identity_create(&identity, &err) && identity_keys_create(&keys, &err) &&
                          identity_keys_create(&again, &err);
        assert(done);
    }
    identity_clear(identity);
    size_t at = 0;
    for (unsigned trait = 0; trait < IDENTITY_TRAIT_COUNT && at < size; trait++) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        const size_t length = end ? (size_t)(end - data) - at : size - at;
        identity_set(identity, (enum identity_trait)trait, (struct text){(const char *)data + at, length});
        at += length + 1;
    }
    uint32_t flags = 0, flags_again = 0;
    identity_keys_make(keys, identity, &flags);
    identity_keys_make(again, identity, &flags_again);
    keys_check(keys);
    assert(flags == flags_again && identity_keys_count(keys) == identity_keys_count(again));
    for (size_t i = 0; i < identity_keys_count(keys); i++) {
        assert(text_equal(identity_keys_text(keys, i), identity_keys_text(again, i)));
    }
    return 0;
}
