/* SPDX-License-Identifier: EUPL-1.2 */
/* assemble: deliveries that were taken go onto the shelves (standardised, pseudonymised a second time), and the store's next snapshot is
 * made from all shelves. Stopped anywhere, the next call goes on: a delivery is on the shelf or staged, never half. */
#include "intake/assemble/assemble.h"
#include "base/file.h"
#include "governance/objection/objection.h"
#include "governance/registry/registry_intake.h"
#include "intake/linkage/linkage_state.h"
#include "intake/standardise/standardise.h"
#include "service/command/commands.h"
#include "service/command/deliveries.h"
#include "service/command/renewal.h"
#include "service/command/staged.h"
#include "trust/keys/keys_pseudonym.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS_AT_ONCE = 8192, UNMAPPED_SHOWN = 20, UNMAPPED_JSON = 1000 };
enum { ASSEMBLE_ACTIONS = GRANT_LOAD | GRANT_COUNT | GRANT_PSEUDONYMISE };

/* ---- what was taken and waits ---- */
struct assembling {
    struct invocation *in;
    struct warehouse *warehouse;
    struct holders holders;
    struct staged_list staged;
    size_t not_taken; /* files beside them */
    struct shelf_place place;
    struct vocabulary *vocabulary;
    struct standardise *standardise;
    struct objections *objections;
    uint32_t epoch; /* of the warehouse's pseudonyms */
    uint64_t tokens_left_out;
};
static void assembling_value_cleanup(struct assembling *assembling)
{
    objections_close(assembling->objections);
    if (assembling->standardise) {
        standardise_destroy(assembling->standardise);
    }
    vocabulary_close(assembling->vocabulary);
    staged_list_finish(&assembling->staged);
    holders_close(&assembling->holders);
}

/* ---- pseudonyms: T becomes W ---- */
/* That of the shelves, which is the newest since they were renewed: all tokens can be compared. */
static bool epoch_find(struct assembling *assembling, struct error *err)
{
    const struct keyring *keyring = assembling->warehouse->keyring;
    CLEANUP(shelves) struct shelves *shelves = NULL;
    uint32_t newest = 0;
    TRY(shelves_open(&shelves, &assembling->place, err));
    if (shelves_count(shelves)) {
        assembling->epoch = shelves_delivery(shelves, shelves_count(shelves) - 1)->head.epoch;
        return true;
    }
    TRY(keyring_epochs(keyring, &newest, &assembling->epoch, err));
    if (!assembling->epoch) {
        struct journal_entry entry;
        assembling->epoch = newest + 1;
        TRY(warehouse_entry(assembling->warehouse, LEDGER_ACT_PSEUDONYM_KEY, NULL, &entry, err));
        TRY(ledger_record_number(&entry.record, "epoch", assembling->epoch, err));
        TRY(journal_write(assembling->warehouse->journal, &entry, 1, err));
        return keyring_epoch_begin(keyring, &assembling->warehouse->grant, assembling->epoch, err);
    }
    return true;
}

static bool pseudonyms_make(const struct assembling *assembling, const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE], size_t count,
                            uint8_t (*out)[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    const struct warehouse *warehouse = assembling->warehouse;
    return keyring_pseudonymise(warehouse->keyring, &warehouse->grant, assembling->epoch, elements, count, out, err);
}

/* Tokens of many subjects go to the keys at once. */
struct token_batch {
    struct assembling *assembling;
    struct shelf_writer *writer;
    size_t elements, subjects;
    uint8_t values[ELEMENTS_AT_ONCE][CRYPTO_ELEMENT_SIZE];
    uint8_t kinds[ELEMENTS_AT_ONCE];
    struct {
        int64_t subject;
        size_t first, count;
    } owners[ELEMENTS_AT_ONCE];
    uint8_t stored[ELEMENTS_AT_ONCE][CRYPTO_ELEMENT_SIZE];
};

/* Among many there is one that is no element of the group: it can be nobody's pseudonym. It is left out, and counted. */
static bool tokens_one_by_one(struct token_batch *batch, struct error *err)
{
    const uint8_t(*values)[CRYPTO_ELEMENT_SIZE] = (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])batch->values;
    for (size_t i = 0; i < batch->elements; i++) {
        if (pseudonyms_make(batch->assembling, values + i, 1, batch->stored + i, err)) {
            continue;
        }
        TRY(err->code == ERROR_INVALID_INPUT);
        error_clear(err);
        batch->kinds[i] = 0;
        batch->assembling->tokens_left_out++;
    }
    return true;
}

static bool tokens_pseudonymise(struct token_batch *batch, struct error *err)
{
    const uint8_t(*values)[CRYPTO_ELEMENT_SIZE] = (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])batch->values;
    if (!batch->elements || pseudonyms_make(batch->assembling, values, batch->elements, batch->stored, err)) {
        return true;
    }
    TRY(err->code == ERROR_INVALID_INPUT);
    error_clear(err);
    return tokens_one_by_one(batch, err);
}

static bool tokens_flush(struct token_batch *batch, struct error *err)
{
    TRY(tokens_pseudonymise(batch, err));
    for (size_t i = 0; i < batch->subjects; i++) {
        struct shelf_token tokens[SHELF_TOKENS_MAX];
        size_t kept = 0;
        for (size_t t = 0; t < batch->owners[i].count; t++) {
            const size_t at = batch->owners[i].first + t;
            if (batch->kinds[at]) {
                tokens[kept].kind = batch->kinds[at];
                memcpy(tokens[kept++].element, batch->stored[at], CRYPTO_ELEMENT_SIZE);
            }
        }
        TRY(!kept || shelf_writer_add_tokens(batch->writer, batch->owners[i].subject, tokens, kept, err));
    }
    batch->elements = batch->subjects = 0;
    return task_check(err);
}

static bool tokens_take(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err)
{
    struct token_batch *batch = context;
    const size_t kept = count < SHELF_TOKENS_MAX ? count : SHELF_TOKENS_MAX;
    TRY(batch->elements + kept <= ELEMENTS_AT_ONCE || tokens_flush(batch, err));
    batch->owners[batch->subjects].subject = subject;
    batch->owners[batch->subjects].first = batch->elements;
    batch->owners[batch->subjects++].count = kept;
    for (size_t i = 0; i < kept; i++, batch->elements++) {
        memcpy(batch->values[batch->elements], tokens[i].element, CRYPTO_ELEMENT_SIZE);
        batch->kinds[batch->elements] = tokens[i].kind;
    }
    return true;
}

/* ---- one delivery onto the shelf ---- */
struct shelving {
    struct assembling *assembling;
    struct shelf_writer *writer;
    day made;
    uint64_t rows;
};

static bool record_take(void *context, const struct record *record, struct error *err)
{
    struct shelving *shelving = context;
    struct standard_row rows[STANDARD_ROWS_MAX];
    size_t count = 0;
    TRY(standardise_record(shelving->assembling->standardise, record, shelving->made, rows, &count, err));
    for (size_t i = 0; i < count; i++) {
        TRY(shelf_writer_add(shelving->writer, &rows[i], err));
    }
    shelving->rows += count;
    return true;
}

static bool tokens_shelve(struct assembling *assembling, struct delivery *delivery, struct shelf_writer *writer, struct error *err)
{
    struct token_batch *batch = calloc(1, sizeof *batch);
    if (!batch) {
        return FAIL(err, LIMIT, "no memory for pseudonyms");
    }
    batch->assembling = assembling;
    batch->writer = writer;
    const bool done = delivery_tokens(delivery, tokens_take, batch, err) && tokens_flush(batch, err);
    crypto_wipe(batch, sizeof *batch);
    free(batch);
    return done;
}

static bool intake_key(void *context, uint32_t epoch, struct secret **out_key, struct error *err)
{
    const struct warehouse *warehouse = context;
    return intake_key_open(warehouse->keyring, &warehouse->grant, epoch, out_key, err);
}

static bool delivery_shelve(struct assembling *assembling, struct delivery *delivery, uint64_t *out_rows, struct error *err)
{
    enum { SECONDS_PER_DAY = 86400 };
    CLEANUP(shelf_writer) struct shelf_writer *writer = NULL;
    const struct delivery_head *head = delivery_head(delivery);
    struct shelf_head shelf = {
        .sequence = head->sequence, .is_full = head->is_full, .epoch = assembling->epoch, .made = head->made, .root = head->root};
    if (!text_copy(shelf.holder, sizeof shelf.holder, text_of(head->holder))) {
        return FAIL(err, INTERNAL, "the name of a holder is too long for a shelf");
    }
    TRY(shelf_writer_open(&writer, &assembling->place, &shelf, err));
    struct shelving shelving = {assembling, writer, {(int32_t)(head->made / SECONDS_PER_DAY)}, 0};
    for (int table = 0; table < RECORD_TABLE_COUNT; table++) {
        TRY(delivery_scan(delivery, (enum record_table)table, record_take, &shelving, err));
    }
    TRY(tokens_shelve(assembling, delivery, writer, err) && shelf_writer_commit(writer, err));
    *out_rows = shelving.rows;
    return true;
}

static bool shelved_enter(const struct assembling *assembling, const struct delivery_head *head, uint64_t rows, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(assembling->warehouse, LEDGER_ACT_STANDARDISE, &head->root, &entry, err));
    TRY(ledger_record_word(&entry.record, "holder", head->holder, err));
    TRY(ledger_record_number(&entry.record, "sequence", (int64_t)head->sequence, err));
    TRY(ledger_record_number(&entry.record, "rows", (int64_t)rows, err));
    return journal_write(assembling->warehouse->journal, &entry, 1, err);
}

static bool staged_shelve(struct assembling *assembling, const struct staged *staged, struct error *err)
{
    CLEANUP(delivery) struct delivery *delivery = NULL;
    const struct registry_holder *holder = NULL;
    uint64_t rows = 0;
    TRY(holders_demand(&assembling->holders, staged->head.holder, &holder, err));
    const struct delivery_opening opening = {
        .holder_key = holder->public_key, .intake = {intake_key, assembling->warehouse}, .settings = &assembling->in->settings};
    TRY(delivery_open(&delivery, staged->path, &opening, err));
    if (memcmp(delivery_head(delivery)->root.bytes, staged->head.root.bytes, sizeof staged->head.root.bytes) != 0) {
        return FAIL(err, CORRUPT, "another file was put in its place just now");
    }
    TRY(delivery_shelve(assembling, delivery, &rows, err));
    return shelved_enter(assembling, &staged->head, rows, err);
}

/* Without it every person would get a new number, and who was excluded would come back: it is there before the first delivery is. */
static bool links_check(const struct assembling *assembling, const struct shelves *shelves, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 30};
    CLEANUP(linkage_state) struct linkage_state *state = NULL;
    bool has_barred = false;
    char folder[4096];
    TRY(shelf_document_read(&assembling->place, "links", &bytes, err));
    if (!bytes.length && shelves_count(shelves)) {
        FAIL(err, CORRUPT, "WAREHOUSE/shelves/links is lost, which knows who is which person: nothing was assembled");
        return error_hint(err, "put WAREHOUSE/shelves back from the newest backup");
    }
    if (bytes.length) {
        TRY(shelf_document_exists(&assembling->place, "barred", &has_barred, err));
        if (!has_barred) {
            FAIL(err, CORRUPT, "WAREHOUSE/shelves/barred is lost, which knows who stays out for good: nothing was assembled");
            return error_hint(err, "put WAREHOUSE/shelves back from the newest backup");
        }
        return true;
    }
    return warehouse_folder(assembling->warehouse, "shelves", folder, err) && shelves_begin(&assembling->place, err) &&
           linkage_state_create(&state, err) && linkage_state_write(state, &bytes, err) &&
           shelf_document_write(&assembling->place, "links", &bytes, err);
}

static bool all_shelve(struct assembling *assembling, struct error *err)
{
    CLEANUP(shelves) struct shelves *shelves = NULL;
    TRY(shelves_open(&shelves, &assembling->place, err) && staged_check(&assembling->staged, &assembling->holders, shelves, err));
    TRY(links_check(assembling, shelves, err));
    for (size_t i = 0; i < assembling->staged.count; i++) {
        const struct staged *staged = &assembling->staged.items[i];
        if (staged->head.sequence > shelves_last_sequence(shelves, text_of(staged->head.holder)) &&
            !staged_shelve(assembling, staged, err)) {
            return error_context(err, "delivery %llu of %s", (unsigned long long)staged->head.sequence, staged->head.holder);
        }
    }
    return true;
}

/* What is on the shelf and in a snapshot is not needed as it came any more. */
static bool staged_remove(const struct assembling *assembling, struct error *err)
{
    for (size_t i = 0; i < assembling->staged.count; i++) {
        TRY(file_remove(assembling->staged.items[i].path, err));
    }
    return true;
}

/* ---- vocabulary ---- */
/* So that codes can be looked up in a warehouse that has nothing yet. */
static bool built_in_store(struct warehouse *warehouse, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    const struct store_snapshot_note note = {.label = "the built-in vocabulary"};
    uint32_t snapshot = 0;
    TRY(store_writer_open(&writer, warehouse->store, &warehouse->grant, err));
    TRY(vocabulary_builtin_append(builder, err) && vocabulary_index_write(writer, builder, err));
    return store_writer_add(writer, builder, 0, err) && store_writer_commit(writer, &note, &snapshot, err);
}

static bool standardise_open(struct assembling *assembling, struct error *err)
{
    struct warehouse *warehouse = assembling->warehouse;
    uint32_t latest = 0;
    uint64_t maps = 0;
    TRY(store_snapshot_latest(warehouse->store, &warehouse->grant, &latest, err));
    TRY(latest || built_in_store(warehouse, err));
    TRY(warehouse_open_reader(warehouse, 0, err) && vocabulary_open(&assembling->vocabulary, warehouse->reader, err));
    TRY(standardise_create(&assembling->standardise, assembling->vocabulary, warehouse->reader, err));
    for (int i = 0; i < assembling->in->word_count; i++) {
        TRY(standardise_maps_read(assembling->standardise, assembling->in->words[i], &maps, err));
    }
    return true;
}

/* ---- the report ---- */
static void table_print(const char *name, const struct assemble_table *table)
{
    char in[COUNT_TEXT_SIZE], out[COUNT_TEXT_SIZE], count[COUNT_TEXT_SIZE];
    print_line("  %-22s %14s on shelves / sur étagère, %14s stored / repris", name, count_text(table->in, in),
               count_text(table->out + table->made, out));
    for (int drop = 0; drop < ASSEMBLE_DROP_COUNT; drop++) {
        if (table->dropped[drop]) {
            print_line("    %12s  %s / %s", count_text(table->dropped[drop], count), assemble_drop_words((enum assemble_drop)drop, false),
                       assemble_drop_words((enum assemble_drop)drop, true));
        }
    }
}

static bool unmapped_print(const struct assembling *assembling, struct error *err)
{
    const struct standard_counts *counts = standardise_counts(assembling->standardise);
    const struct standard_unmapped *list = NULL;
    char codes[COUNT_TEXT_SIZE], mapped[COUNT_TEXT_SIZE];
    size_t count = 0, distinct = 0;
    TRY(standardise_unmapped(assembling->standardise, UNMAPPED_SHOWN, assembling->in->arena, &list, &count, &distinct, err));
    if (counts->codes) {
        print_line("codes: %s, mapped to a standard concept / mis en correspondance : %s", count_text(counts->codes, codes),
                   count_text(counts->mapped, mapped));
    }
    for (size_t i = 0; i < count; i++) {
        print_line("  %12s  %s %s: %s / %s", count_text(list[i].records, codes), list[i].system, list[i].code,
                   standard_reason_words(list[i].reason, false), standard_reason_words(list[i].reason, true));
    }
    if (distinct > count) {
        print_line("  ... %s more / autres", count_text(distinct - count, codes));
    }
    return true;
}

static bool report_print(const struct assembling *assembling, const struct assemble_report *report, struct error *err)
{
    char one[COUNT_TEXT_SIZE], two[COUNT_TEXT_SIZE], three[COUNT_TEXT_SIZE];
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct assemble_table *counts = &report->tables[table];
        if (counts->in || counts->made) {
            table_print(omop_table(table)->name, counts);
        }
    }
    TRY(unmapped_print(assembling, err));
    print_line("linkage / appariement : %s entries / entrées, %s persons / personnes, %s pairs / paires", count_text(report->entries, one),
               count_text(report->persons, two), count_text(report->linkage.taken + report->linkage.taken_within, three));
    if (report->merged + report->split) {
        print_line("  %s merged, %s split since the last time / fusionnées, scindées depuis la dernière fois",
                   count_text(report->merged, one), count_text(report->split, two));
    }
    if (assembling->not_taken) {
        print_line("  %s files in deliveries were never taken and were left / fichiers jamais repris, laissés de côté",
                   count_text(assembling->not_taken, one));
    }
    if (assembling->tokens_left_out) {
        print_line("  %s pseudonyms are none and were left out / pseudonymes invalides écartés",
                   count_text(assembling->tokens_left_out, one));
    }
    if (report->sex_conflicts + report->birth_conflicts) {
        print_line("  sex / sexe : %s, birth / naissance : %s: the sources differ, the majority was taken / la majorité l'emporte",
                   count_text(report->sex_conflicts, one), count_text(report->birth_conflicts, two));
    }
    if (report->excluded) {
        print_line("  %s objected / se sont opposées", count_text(report->excluded, one));
    }
    print_line("snapshot %u: %s rows of %s persons in %.1f s", report->load.snapshot, count_text(report->load.rows_stored, one),
               count_text(report->load.persons, two), report->load.seconds);
    return true;
}

static bool unmapped_write(const struct assembling *assembling, struct json_writer *json, struct error *err)
{
    const struct standard_unmapped *list = NULL;
    size_t count = 0, distinct = 0;
    TRY(standardise_unmapped(assembling->standardise, UNMAPPED_JSON, assembling->in->arena, &list, &count, &distinct, err));
    TRY(json_name(json, "unmapped_codes", err) && json_i64(json, (int64_t)distinct, err));
    TRY(json_name(json, "unmapped", err) && json_begin_array(json, err));
    for (size_t i = 0; i < count; i++) {
        TRY(json_begin_object(json, err) && json_name(json, "system", err) && json_text(json, text_of(list[i].system), err));
        TRY(json_name(json, "code", err) && json_text(json, text_of(list[i].code), err));
        TRY(json_name(json, "reason", err) && json_text(json, text_of(standard_reason_words(list[i].reason, false)), err));
        TRY(json_name(json, "records", err) && json_i64(json, (int64_t)list[i].records, err) && json_end_object(json, err));
    }
    return json_end_array(json, err);
}

static bool report_show(const struct assembling *assembling, const struct assemble_report *report, struct error *err)
{
    if (!invocation_flag(assembling->in, "json")) {
        return report_print(assembling, report, err);
    }
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 28};
    struct json_writer json = {.out = &out, .indented = true};
    TRY(json_begin_object(&json, err) && unmapped_write(assembling, &json, err));
    TRY(json_name(&json, "assembly", err) && assemble_report_write(report, &json, err) && json_end_object(&json, err));
    return print_buffer(&out, err);
}

/* ---- the command ---- */
static bool is_excluded(void *context, const struct shelf_token *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (objection_matches(context, tokens[i].kind, tokens[i].fingerprint)) {
            return true;
        }
    }
    return false;
}

static bool linkage_enter(const struct assembling *assembling, const struct assemble_report *report, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(assembling->warehouse, LEDGER_ACT_LINKAGE, NULL, &entry, err));
    TRY(ledger_record_number(&entry.record, "entries", (int64_t)report->entries, err));
    TRY(ledger_record_number(&entry.record, "persons", (int64_t)report->persons, err));
    return journal_write(assembling->warehouse->journal, &entry, 1, err);
}

static bool objections_ask(struct assembling *assembling, struct error *err)
{
    const struct warehouse *warehouse = assembling->warehouse;
    return objections_open(&assembling->objections, warehouse->directory, warehouse->keyring, &warehouse->grant, err) &&
           objections_prepare_under(assembling->objections, &warehouse->grant, assembling->epoch, err);
}

static bool run(struct assembling *assembling, struct error *err)
{
    struct invocation *in = assembling->in;
    struct warehouse *warehouse = assembling->warehouse;
    struct assemble_report *report = ARENA_NEW(in->arena, struct assemble_report);
    TRY(pseudonyms_renew_when_due(warehouse, in, "assemble", ASSEMBLE_ACTIONS, err));
    TRY(holders_open(&assembling->holders, warehouse, false, err));
    TRY(staged_find(&assembling->staged, warehouse, &assembling->holders, in->arena, &assembling->not_taken, err));
    TRY(epoch_find(assembling, err) && standardise_open(assembling, err));
    TRY(all_shelve(assembling, err) && objections_ask(assembling, err));
    store_reader_close(warehouse->reader);
    warehouse->reader = NULL;
    vocabulary_close(assembling->vocabulary);
    assembling->vocabulary = NULL;
    const struct assemble_options options = {.settings = &in->settings,
                                             .pool = in->pool,
                                             .label = invocation_value(in, "label"),
                                             .quiet = invocation_flag(in, "quiet"),
                                             .keep_double_visits = invocation_flag(in, "keep-double-visits"),
                                             .is_excluded = is_excluded,
                                             .context = assembling->objections};
    TRY(assemble_run(warehouse->store, &assembling->place, &options, report, in->arena, err));
    TRY(linkage_enter(assembling, report, err) && staged_remove(assembling, err));
    return report_show(assembling, report, err);
}

bool command_assemble(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    TRY(warehouse_open(&warehouse, in, "assemble", ASSEMBLE_ACTIONS, err));
    __attribute__((cleanup(assembling_value_cleanup))) struct assembling assembling = {
        .in = in, .warehouse = &warehouse, .place = {warehouse.directory, warehouse.keyring, &warehouse.grant}};
    return run(&assembling, err);
}
