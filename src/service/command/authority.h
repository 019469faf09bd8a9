/* SPDX-License-Identifier: EUPL-1.2 */
/* authority: how a command opens the pseudonym authority it works on. Its directory is made like a warehouse without data: the same keys
 * under a passphrase, custodians' shares or a keeper, the same verifiable log, so that `emc2 key ...` and `emc2 log ...` work on it. Beside
 * them `holders`, the sealed list of those whom it answers. Private to command. */
#pragma once
#include "intake/circuit/circuit_registry.h"
#include "service/command/warehouse.h"
#include "service/http/http.h"

struct authority {
    struct warehouse warehouse;
    struct circuit_authority_secret secret;
    struct secret *exponent, *signing_seed, *tls_seed, *registry_key;
    const char *registry_path; /* in the invocation's arena */
};
/* Makes what is missing in a directory whose keys are there: its identity, and the exponent of epoch 1. */
MUST_CHECK bool authority_keys_create(struct warehouse *warehouse, struct error *err);
MUST_CHECK bool authority_open(struct authority *out_authority, const struct invocation *in, const char *purpose, uint32_t actions,
                               struct error *err);
void authority_close(struct authority *authority);
static inline __attribute__((unused)) void authority_value_cleanup(struct authority *authority)
{
    authority_close(authority);
}
/* Its card: what holders pin. url NULL: none is on it. */
MUST_CHECK bool authority_print(const struct authority *authority, const char *url, struct buffer *out, struct error *err);

/* Answers a request, if its holder may ask; the limit is counted, and the act is in the log, before the response is there. A refusal is in
 * the log, too. pin NULL: it did not come over the network. */
MUST_CHECK bool authority_answer(struct authority *authority, const char *request_path, const char *response_path, const uint8_t *pin,
                                 struct task_pool *pool, struct circuit_request *out_request, struct error *err);
/* The list of holders, changed by `change` under its lock. */
MUST_CHECK bool authority_registry_change(const struct authority *authority,
                                          bool (*change)(void *context, struct circuit_clients *clients, struct error *err), void *context,
                                          struct error *err);
/* An entry about a holder: named by its key, since names may be anything. */
MUST_CHECK bool authority_record(struct authority *authority, enum ledger_act act, const uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE],
                                 const struct crypto_hash *object, const char *what, int64_t number, struct error *err);
