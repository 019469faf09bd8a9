/* SPDX-License-Identifier: EUPL-1.2 */
/* circuit: the first of two pseudonymisations. A holder sends canonical keys of persons blinded to the pseudonym authority, which raises
 * them to its key and proves that it used it; the holder unblinds. EMC2-02, EMC2-04: neither the authority nor whoever sees the files
 * learns a key, and the holder learns no key of the authority. request   blinded elements, signed by the holder        holder -> authority
 *   response  the same to the power of the authority's key, with a proof for each block, signed by the authority
 *   state     what the holder keeps until the response is there: whose each element is, and the seed of the blinds; sealed
 *   T         transport pseudonym: H(kind, key)^a, the same for everybody's request under one epoch of the authority's key
 * Three passes over files, in memory that does not grow with them. Formats: docs/formats/circuit.md. */
#pragma once
#include "base/task.h"
#include "base/text.h"
#include "trust/crypto/crypto_voprf.h"

enum { CIRCUIT_ID_SIZE = 16, CIRCUIT_NAME_SIZE = 64, CIRCUIT_BLOCK = 1024 };

/* An authority as holders pin it: what it publishes. */
struct circuit_authority {
    uint32_t epoch;                              /* counts its keys, from 1 */
    uint8_t public_key[CRYPTO_ELEMENT_SIZE];     /* of the exponent of this epoch */
    uint8_t signing_key[CRYPTO_PUBLIC_KEY_SIZE]; /* Ed25519 */
};
struct circuit_authority_secret {
    struct circuit_authority public;
    const struct secret *key;          /* the exponent */
    const struct secret *signing_seed; /* Ed25519 */
};
struct circuit_holder {
    const char *name; /* as the authority has it registered */
    const struct secret *signing_seed, *state_key;
};

/* ---- the holder asks ---- */
struct circuit_request {
    uint8_t id[CIRCUIT_ID_SIZE];
    char holder[CIRCUIT_NAME_SIZE];
    uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE];
    uint8_t authority_key[CRYPTO_ELEMENT_SIZE];
    uint32_t epoch;
    int64_t made;            /* Unix seconds */
    uint64_t count;          /* elements */
    struct crypto_hash hash; /* of the file up to its signature */
};
struct circuit_blinder;
/* Nothing is visible under the two paths before circuit_blind_finish. The holder, the authority and the pool are used until close. */
MUST_CHECK bool circuit_blind_open(struct circuit_blinder **out_blinder, const char *request_path, const char *state_path,
                                   const struct circuit_holder *holder, const struct circuit_authority *authority, struct task_pool *pool,
                                   struct error *err);
/* key: the canonical text of an identity key; read during the call only, and nothing of it is kept but a hash in locked memory. Keys of one
 * subject come one after the other. */
MUST_CHECK bool circuit_blind_add(struct circuit_blinder *blinder, int64_t subject, uint8_t kind, struct text key, struct error *err);
MUST_CHECK bool circuit_blind_finish(struct circuit_blinder *blinder, struct circuit_request *out_request, struct error *err);
void circuit_blind_close(struct circuit_blinder *blinder);
DEFINE_CLEANUP(circuit_blinder, circuit_blind_close)

/* ---- the authority answers ---- */
/* Reads all of a request and checks its form and its signature by the key that it names: whose that is, the caller knows. INVALID_INPUT:
 * not such a file, or cut short; DENIED: the signature does not hold. */
MUST_CHECK bool circuit_request_read(struct circuit_request *out_request, const char *path, struct error *err);
/* The request must still be what was read. DENIED when it asks for another key than this authority's of this epoch. */
MUST_CHECK bool circuit_evaluate(const char *response_path, const char *request_path, const struct circuit_request *request,
                                 const struct circuit_authority_secret *authority, struct task_pool *pool, struct error *err);

/* ---- the holder takes ---- */
struct circuit_files {
    const char *request_path, *state_path, *response_path;
};
/* T of one key of one subject, in the order in which they were added. */
typedef bool circuit_take(void *context, int64_t subject, uint8_t kind, const uint8_t element[CRYPTO_ELEMENT_SIZE], struct error *err);
/* DENIED: a signature or a proof does not hold, or the response is by another authority than the pinned one; INVALID_INPUT: the three files
 * do not belong together. A proof is checked before what it is about is given out, but later blocks may still fail: what was taken counts
 * only when all was. */
MUST_CHECK bool circuit_finish(const struct circuit_files *files, const struct circuit_holder *holder,
                               const struct circuit_authority *authority, struct task_pool *pool, circuit_take *take, void *context,
                               struct error *err);
