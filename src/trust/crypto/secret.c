/* SPDX-License-Identifier: EUPL-1.2 */
/* secret: keys and passphrases in memory of their own: guard pages around it, locked, not dumped, wiped on release. And pages for
 * decrypted blocks, which are larger and less dear: locked where the limit allows it, not dumped, wiped. */
#include "trust/crypto/crypto.h"
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>

struct secret {
    size_t length;
    uint8_t *bytes; /* sodium_malloc */
};

bool secret_create(struct secret **out_secret, size_t length, struct error *err)
{
    struct secret *secret = malloc(sizeof *secret);
    uint8_t *bytes = sodium_init() < 0 ? NULL : sodium_malloc(length); /* the guard pages are right only after sodium_init */
    if (!secret || !bytes) {
        free(secret);
        sodium_free(bytes);
        FAIL(err, LIMIT, "no memory left for secrets");
        return error_hint(err, "raise the limit of locked memory (ulimit -l)");
    }
    sodium_memzero(bytes, length);
    *secret = (struct secret){length, bytes};
    *out_secret = secret;
    return true;
}

bool secret_random(struct secret **out_secret, size_t length, struct error *err)
{
    struct secret *secret;
    TRY(secret_create(&secret, length, err));
    randombytes_buf(secret->bytes, length);
    *out_secret = secret;
    return true;
}

void secret_destroy(struct secret *secret)
{
    if (secret) {
        sodium_free(secret->bytes); /* wipes */
        free(secret);
    }
}

uint8_t *secret_bytes(struct secret *secret)
{
    return secret->bytes;
}

const uint8_t *secret_view(const struct secret *secret)
{
    return secret->bytes;
}

size_t secret_length(const struct secret *secret)
{
    return secret->length;
}

bool crypto_pages_create(void **out_pages, size_t length, struct error *err)
{
    assert(length > 0);
    /* Populated at once: a third cheaper than fault by fault, and the pages are there to be written. */
    void *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (pages == MAP_FAILED) {
        return FAIL_ERRNO(err, "", "no memory left for decrypted pages");
    }
    (void)madvise(pages, length, MADV_DONTDUMP);
    (void)mlock(pages, length); /* best effort: RLIMIT_MEMLOCK is often 64 KiB, and swap is the operator's to switch off */
    *out_pages = pages;
    return true;
}

void crypto_pages_destroy(void *pages, size_t length)
{
    if (pages) {
        sodium_memzero(pages, length);
        munmap(pages, length);
    }
}
