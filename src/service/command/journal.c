/* SPDX-License-Identifier: EUPL-1.2 */
/* journal: see journal.h. Everybody who writes takes WAREHOUSE/openings/lock first, so that an entry gets the number that its openings were
 * sealed under. The keeper may be asked for keys and signatures in the meantime, and therefore never waits for this lock. */
#include "service/command/journal.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/task.h"
#include "trust/ledger/ledger_openings.h"
#include "trust/ledger/ledger_verify.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, BUNDLE_BYTES_MAX = 1 << 24, HEX_SIZE = 2 * CRYPTO_HASH_SIZE + 1, GRANT_SECONDS = 600 };
static const char store_acts[STORE_ACT_COUNT][8] = {"load", "exclude", "compact", "erase"};

struct journal {
    char log[PATH_SIZE], openings[PATH_SIZE];
    const struct keyring *keyring;
    struct ledger *ledger;
    struct grant grant; /* for the keys of openings */
    struct store_journal for_store;
};

/* ---- the key of the log ---- */
static bool log_sign(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    const struct journal *journal = context;
    return keyring_log_sign(journal->keyring, bytes, length, out_signature, err);
}

static bool signer_of(struct journal *journal, struct note_signer *out_signer, struct error *err)
{
    char hex[2 * GRANT_STORE_ID_SIZE + 1], name[NOTE_NAME_SIZE];
    crypto_hex(hex, keyring_store_id(journal->keyring), GRANT_STORE_ID_SIZE);
    snprintf(name, sizeof name, "emc2-log/%s", hex);
    *out_signer = (struct note_signer){.sign = log_sign, .context = journal};
    return note_key_make(&out_signer->key, name, NOTE_ED25519, keyring_log_public_key(journal->keyring), err);
}

static bool paths_of(struct journal *journal, const char *warehouse, struct error *err)
{
    bool fits = snprintf(journal->log, PATH_SIZE, "%s/ledger", warehouse) < PATH_SIZE - 64 &&
                snprintf(journal->openings, PATH_SIZE, "%s/openings", warehouse) < PATH_SIZE - 64;
    return fits ? true : FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
}

bool journal_refuse_used(const char *warehouse, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct journal journal = {.keyring = NULL};
    struct error reason = {.message = ""};
    TRY(paths_of(&journal, warehouse, err));
    char tiles[PATH_SIZE + 8];
    bool has_tiles;
    snprintf(tiles, sizeof tiles, "%s/tile", journal.log);
    TRY(file_exists(tiles, &has_tiles, err));
    bool is_there = ledger_view_open(&view, journal.log, NULL, &reason);
    if (is_there ? ledger_view_checkpoint(view)->size <= 1 : reason.code == ERROR_NOT_FOUND && !has_tiles) {
        return true;
    }
    FAIL(err, EXISTS, "the log of a warehouse is here, but no store.json: nothing was made or changed");
    error_detail(err, "%s", journal.log);
    return error_hint(err, "put store.json back from a backup (it never changes), or name an empty directory");
}

bool journal_create(const char *warehouse, const struct keyring *keyring, struct error *err)
{
    struct journal journal = {.keyring = keyring};
    struct note_signer signer;
    bool exists;
    TRY(paths_of(&journal, warehouse, err) && journal_refuse_used(warehouse, err));
    TRY(signer_of(&journal, &signer, err));
    TRY(file_exists(journal.log, &exists, err));
    TRY(!exists || directory_remove_all(journal.log, err)); /* of an init that was interrupted: signed by a key that is gone */
    TRY(directory_create(journal.openings, 0700, err));
    return ledger_create(journal.log, &signer, err);
}

/* ---- the store's memory ---- */
static bool head_of(const struct ledger_record *record, uint32_t *out_number, struct crypto_hash *out_hash)
{
    int64_t number = -1;
    const char *manifest = NULL;
    for (unsigned i = 0; i < record->fact_count; i++) {
        const struct ledger_fact *fact = &record->facts[i];
        if (fact->is_number && strcmp(fact->name, "latest") == 0) {
            number = fact->number;
        } else if (!fact->is_number && strcmp(fact->name, "manifest") == 0) {
            manifest = fact->word;
        }
    }
    if (number < 0 || number > UINT32_MAX || !manifest || !crypto_from_hex(out_hash->bytes, CRYPTO_HASH_SIZE, manifest)) {
        return false;
    }
    *out_number = (uint32_t)number;
    return true;
}

/* Every grant and every snapshot is entered with the newest snapshot of the time, so the answer is near the end. */
static bool latest(void *context, uint32_t *out_number, struct crypto_hash *out_hash, struct error *err)
{
    struct journal *journal = context;
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct note_signer signer;
    TRY(signer_of(journal, &signer, err));
    TRY(ledger_view_open(&view, journal->log, &signer.key, err));
    *out_number = 0;
    for (uint64_t i = ledger_view_checkpoint(view)->size; i-- > 0;) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        struct ledger_record record;
        struct text entry;
        TRY(ledger_view_entry(view, i, &entry, err));
        TRY(ledger_record_parse(&record, entry, scratch, err));
        if (head_of(&record, out_number, out_hash)) {
            return true;
        }
    }
    return true;
}

bool journal_head(struct ledger_record *record, uint32_t snapshot, const struct crypto_hash *manifest, struct error *err)
{
    char hex[HEX_SIZE];
    crypto_hex(hex, manifest->bytes, CRYPTO_HASH_SIZE);
    return ledger_record_number(record, "latest", snapshot, err) && ledger_record_word(record, "manifest", hex, err);
}

static bool record_snapshot(void *context, enum store_act act, uint32_t number, const struct crypto_hash *hash, bool is_recovered,
                            struct error *err)
{
    struct ledger_record record;
    TRY(journal_begin(&record, is_recovered ? LEDGER_ACT_SNAPSHOT_RECOVERED : LEDGER_ACT_SNAPSHOT, NULL, err));
    ledger_record_object(&record, hash);
    TRY(ledger_record_word(&record, "by", store_acts[act], err) && journal_head(&record, number, hash, err));
    return journal_write_record(context, &record, err);
}

static bool size_of(void *context, uint64_t *out_size, struct error *err)
{
    const struct journal *journal = context;
    struct checkpoint head;
    TRY(ledger_head(journal->ledger, &head, err));
    *out_size = head.size;
    return true;
}

const struct store_journal *journal_of_store(struct journal *journal)
{
    return &journal->for_store;
}

/* ---- opening ---- */
/* What a link leads to is exchanged without a trace in the warehouse, and no backup follows it. */
static bool refuse_link(const char *path, const char *name, struct error *err)
{
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISLNK(status.st_mode)) {
        return true; /* whatever else is wrong with it is found by whoever opens it */
    }
    FAIL(err, CORRUPT, "%s is a link to another place, and not a part of the warehouse", name);
    error_detail(err, "%s", path);
    return error_hint(err, "put the folder itself where the link is; only keys/ may be elsewhere");
}

bool journal_open(struct journal **out_journal, const char *warehouse, const struct keyring *keyring, struct error *err)
{
    CLEANUP(journal) struct journal *journal = calloc(1, sizeof *journal);
    struct error reason = {.message = ""};
    struct note_signer signer;
    bool exists;
    if (!journal) {
        return FAIL(err, LIMIT, "no memory left for the log");
    }
    journal->keyring = keyring;
    journal->for_store = (struct store_journal){latest, record_snapshot, size_of, journal};
    TRY(paths_of(journal, warehouse, err));
    TRY(refuse_link(journal->log, "ledger", err) && refuse_link(journal->openings, "openings", err));
    TRY(signer_of(journal, &signer, err));
    TRY(file_exists(journal->log, &exists, err));
    if (!exists) {
        FAIL(err, CORRUPT, "the log of the warehouse is gone: the folder ledger is not there");
        return error_hint(err, "put ledger/ back from a backup, and ask the witnesses for the newest checkpoint they have seen");
    }
    TRY(file_exists(journal->openings, &exists, err));
    if (!exists) {
        FAIL(err, CORRUPT, "the private parts of the log are gone: the folder openings is not there");
        return error_hint(err, "put openings/ back from a backup; an empty folder of mode 0700 lets work go on, and `emc2 snapshot verify` "
                               "says what is lost");
    }
    if (!ledger_open(&journal->ledger, journal->log, &signer, 0, &reason)) {
        FAIL(err, CORRUPT, "ledger/checkpoint: %.300s", reason.message);
        return error_hint(err, "put ledger/ back from a backup, and ask the witnesses for the newest checkpoint they have seen");
    }
    *out_journal = journal;
    journal = NULL;
    return true;
}

void journal_close(struct journal *journal)
{
    if (journal) {
        ledger_close(journal->ledger);
        free(journal);
    }
}

/* ---- openings: one data key of the governance domain for each bundle ---- */
struct openings_head {
    uint8_t magic[8];
    struct key_file_id id;
};
static const uint8_t openings_magic[8] = "EMC2OPEN";

struct openings_binding {
    uint8_t bytes[16 + GRANT_STORE_ID_SIZE + 8];
};

static struct openings_binding binding_of(const struct journal *journal, uint64_t bundle)
{
    struct openings_binding binding = {"emc2 openings 1"};
    memcpy(binding.bytes + 16, keyring_store_id(journal->keyring), GRANT_STORE_ID_SIZE);
    for (unsigned i = 0; i < 8; i++) {
        binding.bytes[16 + GRANT_STORE_ID_SIZE + i] = (uint8_t)(bundle >> (8 * i));
    }
    return binding;
}

/* The journal's own grant: to make and open the keys of its openings, for as long as one entry takes. */
static bool own_grant(struct journal *journal, struct error *err)
{
    const int64_t now = clock_unix_seconds();
    if (journal->grant.not_after > now + GRANT_SECONDS / 2) {
        return true;
    }
    struct grant grant = {.project = "operator", .purpose = "journal", .holder = "operator", .actions = GRANT_LOAD};
    grant.not_before = now - 60;
    grant.not_after = now + GRANT_SECONDS;
    TRY(keyring_grant_issue(journal->keyring, &grant, err));
    journal->grant = grant;
    return true;
}

static bool head_take(struct text sealed, uint64_t bundle, struct openings_head *out_head, struct error *err)
{
    if (sealed.length < sizeof *out_head + CRYPTO_SEAL_OVERHEAD || memcmp(sealed.data, openings_magic, sizeof openings_magic) != 0) {
        FAIL(err, CORRUPT, "openings/%08llu.openings is not as emc2 wrote it", (unsigned long long)bundle);
        return error_hint(err, "put it back from a backup; without the file work goes on, and `emc2 snapshot verify` says what is lost");
    }
    memcpy(out_head, sealed.data, sizeof *out_head);
    return true;
}

static bool bundle_path(const struct journal *journal, uint64_t bundle, char out[PATH_SIZE])
{
    return snprintf(out, PATH_SIZE, "%s/%08llu.openings", journal->openings, (unsigned long long)bundle) < PATH_SIZE;
}

/* What was forgotten stays forgotten, also when somebody puts its file back: *out_key is NULL. Else such a file would stop every act. */
static bool key_open(const struct journal *journal, uint64_t bundle, const struct openings_head *head, struct secret **out_key,
                     struct error *err)
{
    struct error reason = {.message = ""};
    *out_key = NULL;
    if (keyring_data_key_open(journal->keyring, &journal->grant, KEY_DOMAIN_GOVERNANCE, head->id.bytes, out_key, &reason) ||
        reason.code == ERROR_ERASED) {
        return true;
    }
    *err = reason;
    return error_context(err, "openings/%08llu.openings", (unsigned long long)bundle);
}

/* The key of the bundle: the one that its file names, or a new one. */
static bool bundle_key(const struct journal *journal, uint64_t bundle, struct openings_head *out_head, struct secret **out_key,
                       struct error *err)
{
    CLEANUP(buffer_value) struct buffer before = {.maximum = BUNDLE_BYTES_MAX};
    char path[PATH_SIZE];
    bool exists;
    TRY(bundle_path(journal, bundle, path) && file_exists(path, &exists, err));
    if (exists) {
        TRY(file_read(path, &before, err));
        TRY(head_take((struct text){(const char *)before.data, before.length}, bundle, out_head, err));
        TRY(key_open(journal, bundle, out_head, out_key, err));
        if (*out_key) {
            return true;
        }
    }
    memcpy(out_head->magic, openings_magic, sizeof openings_magic);
    crypto_random(out_head->id.bytes, sizeof out_head->id.bytes);
    TRY(keyring_data_key_create(journal->keyring, &journal->grant, KEY_DOMAIN_GOVERNANCE, out_head->id.bytes, 0, out_key, err));
    return keyring_commit(journal->keyring, err);
}

static bool vault_seal(void *context, uint64_t bundle, struct text plain, struct buffer *out, struct error *err)
{
    const struct journal *journal = context;
    CLEANUP(secret) struct secret *key = NULL;
    struct openings_head head;
    struct openings_binding binding = binding_of(journal, bundle);
    TRY(bundle_key(journal, bundle, &head, &key, err));
    TRY(buffer_append(out, &head, sizeof head, err) && buffer_reserve(out, plain.length + CRYPTO_SEAL_OVERHEAD, err));
    TRY(crypto_seal(out->data + out->length, key, plain.data, plain.length, binding.bytes, sizeof binding.bytes, err));
    out->length += plain.length + CRYPTO_SEAL_OVERHEAD;
    return true;
}

static bool vault_open(void *context, uint64_t bundle, struct text sealed, struct buffer *out, struct error *err)
{
    const struct journal *journal = context;
    CLEANUP(secret) struct secret *key = NULL;
    struct openings_head head;
    struct openings_binding binding = binding_of(journal, bundle);
    size_t length = sealed.length - sizeof head;
    TRY(head_take(sealed, bundle, &head, err) && key_open(journal, bundle, &head, &key, err));
    if (!key) {
        return true;
    }
    TRY(buffer_reserve(out, length - CRYPTO_SEAL_OVERHEAD + 1, err));
    TRY(crypto_open(out->data + out->length, key, (const uint8_t *)sealed.data + sizeof head, length, binding.bytes, sizeof binding.bytes,
                    err));
    out->length += length - CRYPTO_SEAL_OVERHEAD;
    return true;
}

static struct ledger_vault vault_of(struct journal *journal)
{
    return (struct ledger_vault){vault_seal, vault_open, journal};
}

static bool register_of(const struct ledger_record *record, uint64_t *out_generation, struct crypto_hash *out_hash)
{
    int64_t generation = 0;
    bool has_hash = false;
    for (unsigned i = 0; i < record->fact_count; i++) {
        const struct ledger_fact *fact = &record->facts[i];
        if (fact->is_number && strcmp(fact->name, "register_generation") == 0) {
            generation = fact->number;
        } else if (!fact->is_number && strcmp(fact->name, "register") == 0) {
            has_hash = crypto_from_hex(out_hash->bytes, CRYPTO_HASH_SIZE, fact->word);
        }
    }
    *out_generation = (uint64_t)generation;
    return generation > 0 && has_hash;
}

/* Each change and each delivery is entered with it, so the answer is near the end. */
bool journal_register(struct journal *journal, uint64_t *out_generation, struct crypto_hash *out_hash, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct note_signer signer;
    TRY(signer_of(journal, &signer, err));
    TRY(ledger_view_open(&view, journal->log, &signer.key, err));
    for (uint64_t i = ledger_view_checkpoint(view)->size; i-- > 0;) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        struct ledger_record record;
        struct text entry;
        TRY(ledger_view_entry(view, i, &entry, err));
        TRY(ledger_record_parse(&record, entry, scratch, err));
        if (register_of(&record, out_generation, out_hash)) {
            return true;
        }
    }
    *out_generation = 0;
    return true;
}

/* ---- writing ---- */
/* With an entry of the log another process may take as long as its disk, or its keeper, takes. */
enum { LOCK_WAIT_MS = 30000 };

static struct lock_place lock_place_of(const struct journal *journal, char path[PATH_SIZE + 8])
{
    snprintf(path, PATH_SIZE + 8, "%s/lock", journal->openings);
    return (struct lock_place){.path = path,
                               .busy = "another process is writing to the log of the warehouse",
                               .unusable = "the log of the warehouse cannot be written",
                               .hint = "every act is entered in the log before its result is given out: the warehouse must be writable"};
}

bool journal_begin(struct ledger_record *out_record, enum ledger_act act, const struct grant *grant, struct error *err)
{
    char actor[32];
    snprintf(actor, sizeof actor, "user:%u", (unsigned)getuid());
    TRY(ledger_record_begin(out_record, act, actor, clock_unix_seconds(), err));
    if (grant) {
        struct crypto_hash hash = grant_hash(grant);
        ledger_record_grant(out_record, &hash);
    }
    return true;
}

DEFINE_ARRAY(kept_openings, struct ledger_kept_opening)

static void kept_value_cleanup(struct kept_openings *kept)
{
    kept_openings_finish(kept);
}

/* At most LEDGER_OPENING_TEXT_MAX bytes, and no letter in part. */
static struct text text_kept(struct text text)
{
    if (text.length > LEDGER_OPENING_TEXT_MAX) {
        text.length = LEDGER_OPENING_TEXT_MAX;
        while (text.length > 0 && ((unsigned char)text.data[text.length] & 0xc0) == 0x80) {
            text.length--;
        }
    }
    return text;
}

/* Commits in the records to what is private, and keeps it under the numbers that the entries are about to get. */
static bool privates_keep(struct journal *journal, const struct journal_entry *entries, struct ledger_record *records, size_t count,
                          struct error *err)
{
    CLEANUP(kept_value) struct kept_openings kept = {.maximum = count};
    struct ledger_vault vault = vault_of(journal);
    struct checkpoint head;
    TRY(ledger_head(journal->ledger, &head, err));
    for (size_t i = 0; i < count; i++) {
        const struct journal_private *secret = &entries[i].secret;
        struct ledger_kept_opening opening = {.entry = head.size + i};
        if (!secret->name) {
            continue;
        }
        TRY(ledger_record_commit(&records[i], secret->name, text_kept(secret->text), &opening.opening, err));
        TRY(kept_openings_append(&kept, opening, err));
    }
    return kept.count == 0 || ledger_openings_keep(journal->openings, &vault, kept.items, kept.count, err);
}

/* Whoever calls it holds the lock. */
static bool entries_append(struct journal *journal, const struct journal_entry *entries, size_t count, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct ledger_record *records = ARENA_ARRAY(scratch, struct ledger_record, count + 1);
    for (size_t i = 0; i < count; i++) {
        records[i] = entries[i].record;
    }
    TRY(privates_keep(journal, entries, records, count, err));
    return count == 0 || ledger_append_records(journal->ledger, records, count, NULL, err);
}

bool journal_write(struct journal *journal, const struct journal_entry *entries, size_t count, struct error *err)
{
    CLEANUP(lock) struct lock lock = {0};
    char path[PATH_SIZE + 8];
    const struct lock_place place = lock_place_of(journal, path);
    return own_grant(journal, err) && lock_take(&lock, &place, LOCK_WAIT_MS, err) && entries_append(journal, entries, count, err);
}

bool journal_write_record(struct journal *journal, const struct ledger_record *record, struct error *err)
{
    struct journal_entry entry = {.record = *record};
    return journal_write(journal, &entry, 1, err);
}

bool journal_write_with_head(struct journal *journal, struct ledger_record *record, uint32_t snapshot, const struct crypto_hash *manifest,
                             struct error *err)
{
    CLEANUP(lock) struct lock lock = {0};
    char path[PATH_SIZE + 8];
    const struct lock_place place = lock_place_of(journal, path);
    struct crypto_hash known;
    uint32_t number;
    TRY(lock_take(&lock, &place, LOCK_WAIT_MS, err));
    TRY(latest(journal, &number, &known, err));
    if (number == snapshot && memcmp(known.bytes, manifest->bytes, sizeof known.bytes) == 0) {
        TRY(journal_head(record, snapshot, manifest, err));
    }
    return ledger_append_records(journal->ledger, record, 1, NULL, err);
}

bool journal_try(struct journal *journal, const struct journal_entry *entries, size_t count, bool *out_done, struct error *err)
{
    CLEANUP(lock) struct lock lock = {0};
    char path[PATH_SIZE + 8];
    const struct lock_place place = lock_place_of(journal, path);
    TRY(own_grant(journal, err) && lock_try(&lock, &place, out_done, err));
    return !*out_done || entries_append(journal, entries, count, err);
}

/* ---- for auditors ---- */
bool journal_openings(struct journal *journal, uint64_t entry, struct buffer *out, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct ledger_vault vault = vault_of(journal);
    struct ledger_opening openings[LEDGER_PRIVATE_MAX];
    size_t count;
    TRY(own_grant(journal, err));
    TRY(ledger_openings_read(journal->openings, &vault, entry, scratch, openings, &count, err));
    for (size_t i = 0; i < count; i++) {
        const struct ledger_kept_opening kept = {entry, openings[i]};
        TRY(ledger_opening_print(&kept, out, err) && buffer_append_text(out, "\n", err));
    }
    return true;
}

/* ---- what is kept, held against what was committed to ---- */
struct kept_check {
    uint64_t first; /* entry of the bundle */
    unsigned count;
    struct ledger_record records[TILE_WIDTH];
    bool is_kept[TILE_WIDTH][LEDGER_PRIVATE_MAX];
};

static bool opening_note(void *context, const struct ledger_kept_opening *kept, struct error *err)
{
    (void)err;
    struct kept_check *check = context;
    if (kept->entry < check->first || kept->entry - check->first >= check->count) {
        return true; /* of an entry that a crash prevented */
    }
    const struct ledger_record *record = &check->records[kept->entry - check->first];
    if (!ledger_record_opening_check(record, &kept->opening)) {
        return true; /* of an act that a crash prevented; another one has its number now. What is missing then, all_kept says */
    }
    for (unsigned i = 0; i < record->private_count; i++) {
        bool is_it = strcmp(record->privates[i].name, kept->opening.name) == 0;
        check->is_kept[kept->entry - check->first][i] |= is_it;
    }
    return true;
}

static bool all_kept(const struct kept_check *check, struct error *err)
{
    for (unsigned i = 0; i < check->count; i++) {
        for (unsigned k = 0; k < check->records[i].private_count; k++) {
            if (!check->is_kept[i][k]) {
                FAIL(err, CORRUPT, "%s of entry %llu is missing, and nobody forgot it", check->records[i].privates[k].name,
                     (unsigned long long)(check->first + i));
                return error_hint(err, "the file was removed, or an older one stands in its place: put it back from a backup");
            }
        }
    }
    return true;
}

static bool record_read(struct ledger_view *view, uint64_t index, struct ledger_record *out_record, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct text entry;
    TRY(ledger_view_entry(view, index, &entry, err));
    return ledger_record_parse(out_record, entry, scratch, err);
}

static bool bundle_check(struct journal *journal, struct ledger_view *view, struct kept_check *check, struct error *err)
{
    struct ledger_vault vault = vault_of(journal);
    struct error reason = {.message = ""};
    for (unsigned i = 0; i < check->count; i++) {
        TRY(task_check(err) && record_read(view, check->first + i, &check->records[i], err));
    }
    const uint64_t bundle = check->first / TILE_WIDTH;
    if (!ledger_openings_visit(journal->openings, &vault, bundle, opening_note, check, &reason) || !all_kept(check, &reason)) {
        FAIL(err, CORRUPT, "openings/%08llu.openings: %.300s", (unsigned long long)bundle, reason.message);
        return error_hint(err, "%s", reason.hint);
    }
    return true;
}

/* The first entry whose private parts nobody meant to forget: every forgetting is an entry itself. */
static bool forgotten_before(struct ledger_view *view, uint64_t size, uint64_t *out_first, struct error *err)
{
    *out_first = 0;
    for (uint64_t i = 0; i < size; i++) {
        struct ledger_record record;
        TRY(task_check(err) && record_read(view, i, &record, err));
        for (unsigned k = 0; k < record.fact_count && record.act == LEDGER_ACT_LOG_FORGET; k++) {
            const struct ledger_fact *fact = &record.facts[k];
            bool is_later = fact->is_number && strcmp(fact->name, "before") == 0 && fact->number > (int64_t)*out_first;
            *out_first = is_later ? (uint64_t)fact->number : *out_first;
        }
    }
    return true;
}

static bool openings_verify(struct journal *journal, const struct note_key *key, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct kept_check *check = ARENA_ARRAY(scratch, struct kept_check, 1);
    uint64_t first;
    TRY(ledger_view_open(&view, journal->log, key, err));
    const uint64_t size = ledger_view_checkpoint(view)->size;
    TRY(forgotten_before(view, size, &first, err));
    for (first = first / TILE_WIDTH * TILE_WIDTH; first < size; first += TILE_WIDTH) {
        *check = (struct kept_check){.first = first, .count = (unsigned)(size - first < TILE_WIDTH ? size - first : TILE_WIDTH)};
        TRY(bundle_check(journal, view, check, err));
    }
    return true;
}

static bool vkey_verify(const struct journal *journal, const struct note_key *key, struct error *err)
{
    CLEANUP(buffer_value) struct buffer beside = {.maximum = 2 * NOTE_VKEY_SIZE};
    char path[PATH_SIZE + 16], vkey[NOTE_VKEY_SIZE];
    snprintf(path, sizeof path, "%s/log.vkey", journal->log);
    note_key_print(key, vkey);
    if (!file_read(path, &beside, NULL) || beside.length != strlen(vkey) + 1 || memcmp(beside.data, vkey, strlen(vkey)) != 0 ||
        beside.data[strlen(vkey)] != '\n') {
        FAIL(err, CORRUPT, "ledger/log.vkey is not the key of this log");
        return error_hint(err, "`emc2 log key` must not be believed until the file is put back; it should read %s", vkey);
    }
    return true;
}

bool journal_verify(struct journal *journal, struct error *err)
{
    struct note_signer signer;
    struct ledger_verified verified;
    struct error reason = {.message = ""};
    TRY(signer_of(journal, &signer, err) && own_grant(journal, err));
    const struct ledger_verify_options options = {.key = &signer.key};
    if (!ledger_verify(journal->log, &options, &verified, &reason)) {
        return FAIL(err, CORRUPT, "the log of the warehouse: %.300s", reason.message);
    }
    TRY(vkey_verify(journal, &signer.key, err));
    return openings_verify(journal, &signer.key, err);
}

DEFINE_ARRAY(openings_ids, struct key_file_id)

static void openings_ids_value_cleanup(struct openings_ids *ids)
{
    openings_ids_finish(ids);
}

/* Enters what is about to be forgotten; *out_bundles: how many bundles lie below, and are not in use. */
static bool forget_enter(struct journal *journal, uint64_t entry, const struct grant *grant, uint64_t *out_bundles, struct error *err)
{
    struct checkpoint head;
    struct journal_entry act = {.secret.name = NULL};
    TRY(ledger_head(journal->ledger, &head, err));
    *out_bundles = (entry < head.size ? entry : head.size) / TILE_WIDTH;
    TRY(journal_begin(&act.record, LEDGER_ACT_LOG_FORGET, grant, err));
    TRY(ledger_record_number(&act.record, "before", (int64_t)(*out_bundles * TILE_WIDTH), err));
    return entries_append(journal, &act, 1, err);
}

static bool forget_ids(struct journal *journal, uint64_t bundles, struct openings_ids *ids, struct error *err)
{
    char path[PATH_SIZE];
    bool exists;
    for (uint64_t bundle = 0; bundle < bundles; bundle++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = BUNDLE_BYTES_MAX};
        struct openings_head head;
        TRY(task_check(err) && bundle_path(journal, bundle, path) && file_exists(path, &exists, err));
        if (exists) {
            TRY(file_read(path, &bytes, err) && head_take((struct text){(const char *)bytes.data, bytes.length}, bundle, &head, err));
            TRY(openings_ids_append(ids, head.id, err));
        }
    }
    return true;
}

/* Nobody keeps an opening meanwhile. The keeper destroys keys without waiting for this lock: what it has to enter waits (keeper_log.h).
 * The keys before the files: a crash leaves files that nobody can open. */
bool journal_forget(struct journal *journal, uint64_t entry, const struct grant *grant, size_t *out_bundles, struct error *err)
{
    CLEANUP(openings_ids_value) struct openings_ids ids = {.maximum = SIZE_MAX / sizeof(struct key_file_id)};
    CLEANUP(lock) struct lock lock = {0};
    char path[PATH_SIZE], lock_path[PATH_SIZE + 8];
    const struct lock_place place = lock_place_of(journal, lock_path);
    uint64_t bundles;
    bool exists;
    TRY(task_check(err) && own_grant(journal, err) && lock_take(&lock, &place, LOCK_WAIT_MS, err));
    TRY(forget_enter(journal, entry, grant, &bundles, err));
    TRY(forget_ids(journal, bundles, &ids, err));
    TRY(keyring_data_key_destroy(journal->keyring, grant, ids.items, ids.count, err));
    for (uint64_t bundle = 0; bundle < bundles; bundle++) {
        TRY(bundle_path(journal, bundle, path) && file_exists(path, &exists, err));
        TRY(!exists || file_remove(path, err));
    }
    *out_bundles = ids.count;
    return true;
}
