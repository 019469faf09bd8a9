/* SPDX-License-Identifier: EUPL-1.2 */
/* store_memory: what others know of the store. The journal (a log beside it) and the head of the keys (elsewhere than its backups) each
 * remember the newest snapshot, so that whichever of the three is put back from an older copy is found by the other two. Without it an
 * older copy of the data would bring back persons who were excluded since. */
#include "warehouse/store/manifest.h"
#include "warehouse/store/store_erasure.h"
#include <inttypes.h>
#include <string.h>

struct store_memory store_memory(const struct store *store)
{
    return (struct store_memory){.differs = store->memory_differs,
                                 .journal = store->journal_number,
                                 .keys = store->head.snapshot,
                                 .journal_hash = store->journal_hash,
                                 .keys_hash = store->head.manifest};
}

static bool advise(struct error *err)
{
    return error_hint(err, "restore a newer backup; if there is none, `emc2 restore accept --reason TEXT` takes the warehouse as it is, "
                           "without those who are excluded");
}

bool store_memory_compare(const struct store *store, uint32_t number, const struct crypto_hash *hash, const char *name, struct error *err)
{
    bool in_log = number > 0 && number == store->journal_number && memcmp(store->journal_hash.bytes, hash->bytes, sizeof hash->bytes) != 0;
    bool in_keys = number > 0 && number == store->head.snapshot && memcmp(store->head.manifest.bytes, hash->bytes, sizeof hash->bytes) != 0;
    if (store->options.accepts_older || !(in_log || in_keys)) {
        return true;
    }
    FAIL(err, CORRUPT, "%s is not the snapshot %" PRIu32 " that the %s", name, number, in_log ? "log knows" : "keys know");
    error_detail(err, "the store was taken back to an older state and went on from there");
    return advise(err);
}

bool store_memory_explain(const struct store *store, uint32_t number, struct error *err)
{
    if (store->options.journal && store->head.snapshot < number) {
        error_context(err, "keys/table may be an older copy: the newest snapshot that it knows is %" PRIu32, store->head.snapshot);
        error_hint(err,
                   "put back the newest copy of keys/ that `emc2 key backup` made: what is sealed under keys that it lacks cannot be read");
    }
    return false;
}

static bool newest_find(const struct store *store, uint32_t *out_newest, struct error *err)
{
    struct snapshot_numbers numbers = {.maximum = 0};
    bool done = manifest_list(store, &numbers, err);
    *out_newest = done && numbers.count ? numbers.items[numbers.count - 1] : 0;
    snapshot_numbers_finish(&numbers);
    return done;
}

/* The store against the other two. */
static bool judge(const struct store *store, uint32_t newest, uint64_t log_size, struct error *err)
{
    const struct key_head *head = &store->head;
    if (newest < store->journal_number) {
        FAIL(err, CORRUPT, "the store was rolled back: the log knows snapshot %" PRIu32 ", the newest here is %" PRIu32,
             store->journal_number, newest);
        return advise(err);
    }
    if (newest < head->snapshot) {
        FAIL(err, CORRUPT, "the store was rolled back: its keys know snapshot %" PRIu32 ", the newest here is %" PRIu32, head->snapshot,
             newest);
        return advise(err);
    }
    if (newest > store->journal_number + 1) { /* a writer records the snapshot before its own */
        FAIL(err, CORRUPT, "the log was rolled back: the newest snapshot that it knows is %" PRIu32 ", the newest here is %" PRIu32,
             store->journal_number, newest);
        return advise(err);
    }
    if (log_size < head->log_size) {
        FAIL(err, CORRUPT, "the log was rolled back: it has %" PRIu64 " entries, the keys know of %" PRIu64, log_size, head->log_size);
        return advise(err);
    }
    return true;
}

/* What is asked first may be older than what is asked last, for others go on meanwhile; so the order is from what is written last to what
 * is written first. Only a store that seems too new needs a second look. */
bool store_memory_check(struct store *store, struct error *err)
{
    const struct store_journal *journal = store->options.journal;
    uint32_t newest;
    uint64_t log_size;
    if (!journal) {
        return true;
    }
    TRY(keyring_head(store->keyring, &store->head, err));
    TRY(journal->latest(journal->context, &store->journal_number, &store->journal_hash, err));
    TRY(journal->size(journal->context, &log_size, err));
    TRY(newest_find(store, &newest, err));
    if (newest > store->journal_number + 1) {
        TRY(journal->latest(journal->context, &store->journal_number, &store->journal_hash, err));
    }
    if (store->options.accepts_older) {
        store->memory_differs = !judge(store, newest, log_size, NULL);
        return true;
    }
    return judge(store, newest, log_size, err);
}
