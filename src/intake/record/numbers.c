/* SPDX-License-Identifier: EUPL-1.2 */
/* numbers: technical numbers of subjects and rows, as keyed short hashes of the holder's own identifiers. */
#include "intake/record/record.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct record_numbers {
    struct secret *key; /* CRYPTO_SHORT_KEY_SIZE, derived */
};

bool record_numbers_create(struct record_numbers **out_numbers, const struct secret *key, struct error *err)
{
    struct secret *derived;
    TRY(crypto_derive(&derived, key, "emc2 record numbers", NULL, 0, err));
    struct record_numbers *numbers = calloc(1, sizeof *numbers);
    if (!numbers) {
        secret_destroy(derived);
        return FAIL(err, INTERNAL, "out of memory");
    }
    numbers->key = derived;
    *out_numbers = numbers;
    return true;
}

void record_numbers_destroy(struct record_numbers *numbers)
{
    if (numbers) {
        secret_destroy(numbers->key);
        free(numbers);
    }
}

static int64_t number_of(const struct record_numbers *numbers, const char *what, struct text local_id)
{
    uint8_t bytes[512];
    size_t tag = strlen(what);
    assert(tag < 64);
    struct crypto_hash hash;
    if (local_id.length > sizeof bytes - tag - 1) { /* an identifier of this length is hashed first */
        hash = crypto_hash_of(local_id.data, local_id.length);
        local_id = (struct text){(const char *)hash.bytes, sizeof hash.bytes};
    }
    memcpy(bytes, what, tag);
    bytes[tag] = 0;
    if (local_id.length > 0) {
        memcpy(bytes + tag + 1, local_id.data, local_id.length);
    }
    uint64_t number = crypto_short_hash(numbers->key, bytes, tag + 1 + local_id.length) >> 1;
    crypto_wipe(bytes, tag + 1 + local_id.length);
    return number == 0 ? 1 : (int64_t)number;
}

int64_t record_subject(const struct record_numbers *numbers, struct text local_id)
{
    return number_of(numbers, "subject", local_id);
}

int64_t record_number(const struct record_numbers *numbers, const char *what, struct text local_id)
{
    return number_of(numbers, what, local_id);
}
