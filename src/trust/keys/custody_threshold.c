/* SPDX-License-Identifier: EUPL-1.2 */
/* custody_threshold: the ceremony that cuts a root key, and the unsealing that puts it together from shares that arrive one by one. */
#include "trust/keys/custody_record.h"
#include "trust/keys/shamir.h"
#include <stdlib.h>
#include <string.h>

static bool plan_check(const struct custody_plan *plan, const struct secret *root, struct error *err)
{
    if (plan->threshold < 2 || plan->threshold > plan->count || plan->count > CUSTODIANS_MAX || plan->generation < 1 ||
        secret_length(root) != CRYPTO_KEY_SIZE) {
        FAIL(err, INVALID_ARGUMENT, "%u custodians of whom %u are needed cannot be", plan->count, plan->threshold);
        return error_hint(err, "2 to %d custodians; at least 2 must be needed, for instance 3 of 5", CUSTODIANS_MAX);
    }
    for (unsigned i = 0; i < plan->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct custodian *a = &plan->custodians[i], *b = &plan->custodians[j];
            if (strcmp(a->name, b->name) == 0 || memcmp(a->public_key, b->public_key, sizeof a->public_key) == 0) {
                FAIL(err, INVALID_ARGUMENT, "custodians %s and %s have the same name or the same key", b->name, a->name);
                return error_hint(err, "one person with two shares counts for two: each custodian makes a key of their own");
            }
        }
    }
    return true;
}

static bool deal(struct custody_record *record, struct buffer *out_file, unsigned i, const struct shamir_share *point,
                 const struct custody_plan *plan, struct error *err)
{
    const struct custodian *custodian = &plan->custodians[i];
    CLEANUP(share_value)
    struct share share = {
        .head = {
            .generation = record->generation, .threshold = (uint8_t)record->threshold, .count = (uint8_t)record->count, .index = point->x}};
    memcpy(share.head.store_id, record->store_id, sizeof share.head.store_id);
    memcpy(share.head.ceremony, record->ceremony, sizeof share.head.ceremony);
    memcpy(share.head.custodian, custodian->name, sizeof share.head.custodian);
    TRY(secret_random(&share.content, SHARE_CONTENT_SIZE, err)); /* the blinding stays */
    memcpy(secret_bytes(share.content), secret_view(point->y), CRYPTO_KEY_SIZE);
    record->members[i] = (struct custody_member){*custodian, custody_commitment(&share)};
    return share_file_seal(out_file, &share, custodian->public_key, err);
}

bool custody_ceremony(struct custody_record *out_record, struct buffer out_files[CUSTODIANS_MAX], const struct custody_plan *plan,
                      const struct secret *root, struct error *err)
{
    struct custody_record record = {.generation = plan->generation, .threshold = plan->threshold, .count = plan->count, .made = plan->made};
    struct shamir_share points[CUSTODIANS_MAX] = {0};
    TRY(plan_check(plan, root, err));
    memcpy(record.store_id, plan->store_id, sizeof record.store_id);
    crypto_random(record.ceremony, sizeof record.ceremony);
    TRY(shamir_split(points, plan->count, plan->threshold, root, err));
    bool done = true;
    for (unsigned i = 0; i < plan->count && done; i++) {
        done = deal(&record, &out_files[i], i, &points[i], plan, err);
    }
    shamir_shares_destroy(points, plan->count);
    TRY(done);
    TRY(custody_record_authenticate(&record, root, &record.check, &record.authentication, err));
    *out_record = record;
    return true;
}

struct custody_threshold {
    struct custody_record record;
    struct secret *shares[CUSTODIANS_MAX]; /* by index - 1; NULL: not yet */
};

bool custody_threshold_begin(struct custody_threshold **out_threshold, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                             struct error *err)
{
    CLEANUP(custody_threshold) struct custody_threshold *threshold = calloc(1, sizeof *threshold);
    if (!threshold) {
        return FAIL(err, LIMIT, "no memory left for an unsealing");
    }
    TRY(custody_record_read(&threshold->record, path, store_id, err));
    *out_threshold = threshold;
    threshold = NULL;
    return true;
}

void custody_threshold_end(struct custody_threshold *threshold)
{
    if (threshold) {
        for (unsigned i = 0; i < CUSTODIANS_MAX; i++) {
            secret_destroy(threshold->shares[i]);
        }
        free(threshold);
    }
}

bool custody_threshold_add(struct custody_threshold *threshold, const struct share *share, enum share_outcome *out_outcome,
                           struct error *err)
{
    TRY(custody_share_check(&threshold->record, share, err));
    struct secret **place = &threshold->shares[share->head.index - 1];
    *out_outcome = *place ? SHARE_DUPLICATE : SHARE_ACCEPTED;
    if (*place) {
        return true;
    }
    struct secret *copy;
    TRY(secret_create(&copy, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(copy), secret_view(share->content), CRYPTO_KEY_SIZE);
    *place = copy;
    return true;
}

bool custody_threshold_has(const struct custody_threshold *threshold, unsigned index)
{
    return index >= 1 && index <= CUSTODIANS_MAX && threshold->shares[index - 1];
}

unsigned custody_threshold_missing(const struct custody_threshold *threshold)
{
    unsigned there = 0;
    for (unsigned i = 1; i <= threshold->record.count; i++) {
        there += custody_threshold_has(threshold, i);
    }
    return there < threshold->record.threshold ? threshold->record.threshold - there : 0;
}

const struct custody_record *custody_threshold_record(const struct custody_threshold *threshold)
{
    return &threshold->record;
}

static bool root_unseal(void *context, struct secret **out_root, struct error *err)
{
    const struct custody_threshold *threshold = context;
    struct shamir_share points[CUSTODIANS_MAX];
    unsigned count = 0, missing = custody_threshold_missing(threshold);
    if (missing > 0) {
        FAIL(err, DENIED, "%u more of the custodians' shares are needed", missing);
        return error_hint(err, "`emc2 key status` names who has given theirs");
    }
    for (unsigned i = 0; i < threshold->record.count && count < threshold->record.threshold; i++) {
        if (threshold->shares[i]) {
            points[count++] = (struct shamir_share){(uint8_t)(i + 1), threshold->shares[i]};
        }
    }
    CLEANUP(secret) struct secret *root = NULL;
    TRY(shamir_combine(&root, points, count, err));
    TRY(custody_record_verify(&threshold->record, root, err));
    *out_root = root;
    root = NULL;
    return true;
}

struct custody custody_threshold_custody(struct custody_threshold *threshold)
{
    return (struct custody){"threshold", root_unseal, NULL, threshold};
}
