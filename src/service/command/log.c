/* SPDX-License-Identifier: EUPL-1.2 */
/* log list, show, prove, verify, export, key: the verifiable log, for whoever may look at it. No passphrase, no warehouse is opened. */
#include "base/file.h"
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/log_key.h"
#include "service/command/warehouse.h"
#include "trust/ledger/ledger_openings.h"
#include "trust/ledger/ledger_verify.h"
#include <stdio.h>
#include <string.h>

enum { LIST_COUNT = 20, LIST_COUNT_MAX = 1000000, WITNESSES_MAX = 64, OPENINGS_BYTES_MAX = 1 << 20, HASH_SHOWN = 12 };

/* ---- where the log is, and its key ---- */

const char *log_directory(const struct invocation *in)
{
    const char *from = invocation_value(in, "from");
    return from ? from : arena_text_format(in->arena, "%s/ledger", warehouse_directory(in));
}

bool log_key_take(const char *vkey_or_file, struct note_key *out_key, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1024};
    if (note_key_parse(out_key, text_of(vkey_or_file), err)) {
        return true;
    }
    bool exists;
    struct error ignored;
    if (!file_exists(vkey_or_file, &exists, &ignored) || !exists) {
        return false; /* neither a key nor a file: what was said about the key stays */
    }
    TRY(file_read(vkey_or_file, &bytes, err));
    return note_key_parse(out_key, (struct text){(const char *)bytes.data, bytes.length}, err);
}

/* The view of a log under the key that stands beside it: good against accidents, not against whoever keeps the files. */
static bool open_log(const struct invocation *in, struct ledger_view **out_view, struct error *err)
{
    struct note_key key;
    const char *directory = log_directory(in);
    bool exists;
    TRY(file_exists(arena_text_format(in->arena, "%s/log.vkey", directory), &exists, err));
    TRY(!exists || ledger_key_read(directory, &key, err));
    return ledger_view_open(out_view, directory, exists ? &key : NULL, err);
}

static bool take_index(const struct invocation *in, uint64_t *out_index, struct error *err)
{
    int64_t index;
    if (!text_to_i64(text_of(in->words[0]), &index) || index < 0) {
        FAIL(err, INVALID_ARGUMENT, "an entry is named by its number, counted from 0");
        return error_hint(err, "emc2 log list shows the numbers");
    }
    *out_index = (uint64_t)index;
    return true;
}

/* ---- list and show ---- */

static bool read_record(struct ledger_view *view, uint64_t index, struct arena *scratch, struct ledger_record *out_record,
                        struct text *out_entry, struct error *err)
{
    arena_reset(scratch);
    TRY(ledger_view_entry(view, index, out_entry, err));
    return ledger_record_parse(out_record, *out_entry, scratch, err) || error_context(err, "entry %llu", (unsigned long long)index);
}

static void print_hash(const char *name, bool is_there, const struct crypto_hash *hash, int digits)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(hex, hash->bytes, CRYPTO_HASH_SIZE);
    if (is_there) {
        printf("  %s %.*s", name, digits, hex);
    }
}

static void print_fact(const struct ledger_fact *fact)
{
    if (fact->is_number) {
        printf("  %s %lld", fact->name, (long long)fact->number);
    } else {
        printf("  %s %s", fact->name, fact->word);
    }
}

static void print_entry_line(uint64_t index, const struct ledger_record *record)
{
    char time[COUNT_TEXT_SIZE];
    printf("%6llu  %s  %-18s %s", (unsigned long long)index, time_text(record->time, time), ledger_act_name(record->act), record->actor);
    print_hash("grant", record->has_grant, &record->grant, HASH_SHOWN);
    print_hash("object", record->has_object, &record->object, HASH_SHOWN);
    for (unsigned i = 0; i < record->fact_count; i++) {
        print_fact(&record->facts[i]);
    }
    for (unsigned i = 0; i < record->private_count; i++) {
        printf("  %s (private)", record->privates[i].name);
    }
    printf("\n");
}

/* What a list shows: at most `count` entries of one act, or of all. */
struct listing {
    struct ledger_view *view;
    struct arena *scratch;
    bool is_json, has_act;
    enum ledger_act act;
    int64_t count;
};

static bool list_entry(const struct listing *listing, uint64_t index, bool is_shown, bool *out_counts, struct error *err)
{
    struct ledger_record record;
    struct text entry;
    TRY(task_check(err) && read_record(listing->view, index, listing->scratch, &record, &entry, err));
    *out_counts = !listing->has_act || record.act == listing->act;
    if (is_shown && *out_counts && listing->is_json) {
        printf("{\"entry\":%llu,\"record\":%.*s}\n", (unsigned long long)index, (int)entry.length, entry.data);
    } else if (is_shown && *out_counts) {
        print_entry_line(index, &record);
    }
    return true;
}

/* Where the latest `count` entries begin. */
static bool latest_begin(const struct listing *listing, uint64_t size, uint64_t *out_first, struct error *err)
{
    uint64_t first = size;
    for (int64_t left = listing->count; left > 0 && first > 0; first--) {
        bool counts;
        TRY(list_entry(listing, first - 1, false, &counts, err));
        left -= counts;
    }
    *out_first = first;
    return true;
}

static bool list(const struct invocation *in, struct listing *listing, struct error *err)
{
    uint64_t size = ledger_view_checkpoint(listing->view)->size, index;
    int64_t first;
    TRY(invocation_integer(in, "count", LIST_COUNT, 1, LIST_COUNT_MAX, &listing->count, err));
    TRY(invocation_integer(in, "first", -1, 0, INT64_MAX, &first, err));
    index = (uint64_t)first;
    TRY(first >= 0 || latest_begin(listing, size, &index, err));
    for (int64_t left = listing->count; index < size && left > 0; index++) {
        bool counts;
        TRY(list_entry(listing, index, true, &counts, err));
        left -= counts;
    }
    return true;
}

bool command_log_list(struct invocation *in, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    const char *act = invocation_value(in, "act");
    struct listing listing = {.scratch = scratch, .is_json = invocation_flag(in, "json"), .has_act = act != NULL};
    if (act && !ledger_act_from_name(text_of(act), &listing.act)) {
        FAIL(err, INVALID_ARGUMENT, "there is no act of this name in a log");
        return error_hint(err, "acts are load, read, export, refusal, key.unseal and the others of spec/ledger_acts.csv");
    }
    TRY(open_log(in, &view, err));
    listing.view = view;
    return list(in, &listing, err);
}

static void print_record(uint64_t index, const struct ledger_record *record)
{
    char time[COUNT_TEXT_SIZE], hex[2 * CRYPTO_HASH_SIZE + 1];
    printf("entry    %llu\ntime     %s\nact      %s: %s\nactor    %s\n", (unsigned long long)index, time_text(record->time, time),
           ledger_act_name(record->act), ledger_act_meaning(record->act), record->actor);
    crypto_hex(hex, record->grant.bytes, CRYPTO_HASH_SIZE);
    printf("grant    %s\n", record->has_grant ? hex : "none");
    crypto_hex(hex, record->object.bytes, CRYPTO_HASH_SIZE);
    printf("object   %s\nfacts  ", record->has_object ? hex : "none");
    for (unsigned i = 0; i < record->fact_count; i++) {
        print_fact(&record->facts[i]);
    }
    printf("\n");
    for (unsigned i = 0; i < record->private_count; i++) {
        crypto_hex(hex, record->privates[i].hash.bytes, CRYPTO_HASH_SIZE);
        printf("private  %s  committed by %s\n", record->privates[i].name, hex);
    }
}

/* Each line of the file that speaks of this entry must open one of its commitments. */
static bool show_openings(const struct invocation *in, uint64_t index, const struct ledger_record *record, struct error *err)
{
    CLEANUP(buffer_value) struct buffer lines = {.maximum = OPENINGS_BYTES_MAX};
    TRY(file_read(invocation_value(in, "opening"), &lines, err) && buffer_append_text(&lines, "\n", err));
    const char *at = (const char *)lines.data, *last = at + lines.length;
    for (const char *end; at < last && (end = memchr(at, '\n', (size_t)(last - at))); at = end + 1) {
        struct ledger_kept_opening kept;
        if (text_trim((struct text){at, (size_t)(end - at)}).length == 0) {
            continue;
        }
        TRY(ledger_opening_parse(&kept, (struct text){at, (size_t)(end - at)}, in->arena, err));
        if (kept.entry != index || !ledger_record_opening_check(record, &kept.opening)) {
            FAIL(err, CORRUPT, "the opening of %s is not that of entry %llu", kept.opening.name, (unsigned long long)index);
            return error_hint(err, "ask for the opening again: what was shown is not what was committed to");
        }
        printf("opened   %s: %.*s\n", kept.opening.name, (int)kept.opening.text.length, kept.opening.text.data);
    }
    return true;
}

bool command_log_show(struct invocation *in, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct ledger_record record;
    struct merkle_proof proof;
    struct text entry;
    uint64_t index;
    TRY(take_index(in, &index, err) && open_log(in, &view, err));
    TRY(ledger_view_prove(view, index, &proof, err));
    TRY(read_record(view, index, scratch, &record, &entry, err));
    if (invocation_flag(in, "json")) {
        printf("{\"entry\":%llu,\"record\":%.*s}\n", (unsigned long long)index, (int)entry.length, entry.data);
    } else {
        print_record(index, &record);
    }
    return !invocation_flag(in, "opening") || show_openings(in, index, &record, err);
}

/* ---- prove, export, key ---- */

bool command_log_prove(struct invocation *in, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    CLEANUP(buffer_value) struct buffer proof = {.maximum = 2 * NOTE_BYTES_MAX};
    const char *out = invocation_value(in, "out");
    uint64_t index;
    TRY(take_index(in, &index, err) && open_log(in, &view, err));
    TRY(ledger_view_proof_print(view, index, &proof, err));
    if (out) {
        return file_write_atomic(out, proof.data, proof.length, 0644, err);
    }
    return fwrite(proof.data, 1, proof.length, stdout) == proof.length || FAIL(err, IO, "standard output cannot be written");
}

bool command_log_export(struct invocation *in, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    const char *out = invocation_value(in, "out");
    char count[COUNT_TEXT_SIZE];
    if (!out) {
        FAIL(err, INVALID_ARGUMENT, "--out is missing");
        return error_hint(err, "emc2 log export --out DIR");
    }
    TRY(open_log(in, &view, err));
    TRY(ledger_view_copy(view, out, err));
    printf("%s entries, as c2sp.org/tlog-tiles: any web server can publish %s\n", count_text(ledger_view_checkpoint(view)->size, count),
           out);
    return true;
}

bool command_log_key(struct invocation *in, struct error *err)
{
    struct note_key key;
    char vkey[NOTE_VKEY_SIZE];
    TRY(ledger_key_read(log_directory(in), &key, err));
    note_key_print(&key, vkey);
    printf("%s\n", vkey);
    return true;
}

/* ---- verify ---- */

static bool take_witnesses(const struct invocation *in, struct note_key out_keys[WITNESSES_MAX], size_t *out_count, struct error *err)
{
    const char *at = invocation_value(in, "witness");
    size_t count = 0;
    while (at && *at) {
        size_t length = strcspn(at, ",");
        char one[1024];
        if (count == WITNESSES_MAX || !text_copy(one, sizeof one, (struct text){at, length})) {
            return FAIL(err, INVALID_ARGUMENT, "--witness takes at most %d public keys", WITNESSES_MAX);
        }
        TRY(log_key_take(one, &out_keys[count], err));
        if (out_keys[count].algorithm != NOTE_COSIGNATURE) {
            FAIL(err, INVALID_ARGUMENT, "%s is no key of a witness", out_keys[count].name);
            return error_hint(err, "it is what `emc2 witness new` printed");
        }
        count++;
        at += length + (at[length] == ',');
    }
    *out_count = count;
    return true;
}

static bool print_verified(const struct invocation *in, const struct ledger_verified *verified, size_t witness_count, struct error *err)
{
    char root[2 * CRYPTO_HASH_SIZE + 1], count[COUNT_TEXT_SIZE];
    crypto_hex(root, verified->checkpoint.root.bytes, CRYPTO_HASH_SIZE);
    if (!invocation_flag(in, "json")) {
        printf("the log %s is whole: %s entries, each as it was logged\nroot %s\n", verified->checkpoint.origin,
               count_text(verified->checkpoint.size, count), root);
        if (witness_count > 0) {
            printf("cosigned by %u of %zu witnesses\n", verified->witnesses, witness_count);
        }
        return true;
    }
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 12};
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "origin", err) && json_text(&writer, text_of(verified->checkpoint.origin), err));
    TRY(json_name(&writer, "entries", err) && json_i64(&writer, (int64_t)verified->checkpoint.size, err));
    TRY(json_name(&writer, "root", err) && json_text(&writer, text_of(root), err));
    TRY(json_name(&writer, "witnesses", err) && json_i64(&writer, verified->witnesses, err));
    return json_end_object(&writer, err) && print_buffer(&out, err);
}

bool command_log_verify(struct invocation *in, struct error *err)
{
    static struct note_key witnesses[WITNESSES_MAX];
    CLEANUP(buffer_value) struct buffer since = {.maximum = NOTE_BYTES_MAX};
    struct note_key key;
    struct ledger_verified verified;
    struct ledger_verify_options options = {.key = &key, .witnesses = witnesses};
    int64_t quorum;
    if (!invocation_value(in, "key")) {
        FAIL(err, INVALID_ARGUMENT, "--key is missing: the log's public key");
        return error_hint(err, "have it from elsewhere than the log's host; whoever keeps the log prints it with `emc2 log key`");
    }
    TRY(log_key_take(invocation_value(in, "key"), &key, err));
    TRY(invocation_integer(in, "quorum", settings_get(&in->settings, SETTING_LOG_WITNESS_QUORUM), 0, WITNESSES_MAX, &quorum, err));
    TRY(take_witnesses(in, witnesses, &options.witness_count, err));
    options.quorum = (unsigned)quorum;
    struct text earlier = {NULL, 0};
    if (invocation_value(in, "since")) {
        TRY(file_read(invocation_value(in, "since"), &since, err));
        earlier = (struct text){(const char *)since.data, since.length};
        options.since = &earlier;
        options.since_count = 1;
    }
    TRY(ledger_verify(log_directory(in), &options, &verified, err));
    return print_verified(in, &verified, options.witness_count, err);
}
