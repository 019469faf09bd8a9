/* SPDX-License-Identifier: EUPL-1.2 */
/* deliveries: load of a delivery, delivery check, list, receipt verify. Taken or refused, one entry of the log tells it. */
#include "service/command/deliveries.h"
#include "base/calendar.h"
#include "base/file.h"
#include "governance/registry/registry_intake.h"
#include "intake/delivery/delivery_receipt.h"
#include "service/command/commands.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_SIZE = DELIVERY_PATH_SIZE,
    NAME_SIZE = QUARANTINE_NAME_SIZE,
    FINDINGS_SHOWN = 20,
    HEX_SIZE = 2 * CRYPTO_HASH_SIZE + 1,
    FILE_MODE = 0600
};

/* ---- what a check is held against ---- */
void delivery_scene_close(struct delivery_scene *scene)
{
    agreement_destroy(scene->agreement);
    detector_destroy(scene->detector);
    subjects_close(scene->subjects);
    *scene = (struct delivery_scene){.agreement = NULL};
}

static bool intake_key(void *context, uint32_t epoch, struct secret **out_key, struct error *err)
{
    const struct warehouse *warehouse = context;
    return intake_key_open(warehouse->keyring, &warehouse->grant, epoch, out_key, err);
}

static bool subject_is_known(void *context, int64_t subject)
{
    const struct delivery_scene *scene = context;
    return subjects_has(scene->subjects, subject);
}

static bool holder_take(struct delivery_scene *scene, const struct registry_holder *known, struct error *err)
{
    struct delivery_holder *holder = &scene->holder;
    *holder =
        (struct delivery_holder){.name = known->name, .is_suspended = known->is_suspended, .from = known->from, .until = known->until};
    holder->last_sequence = known->last_sequence;
    memcpy(holder->public_key, known->public_key, sizeof holder->public_key);
    if (known->agreement.length > 0) {
        TRY(agreement_read(&scene->agreement, "the agreement in the register", known->agreement.data, known->agreement.length,
                           keyring_manifest_public_key(scene->warehouse->keyring), err));
    }
    holder->agreement = scene->agreement;
    scene->checking.holder = holder;
    scene->checking.is_subject_known = subject_is_known;
    scene->checking.context = scene;
    return subjects_open(&scene->subjects, scene->warehouse->directory, known->name, scene->warehouse->keyring, &scene->warehouse->grant,
                         err);
}

bool delivery_scene_open(struct delivery_scene *out_scene, struct invocation *in, struct warehouse *warehouse,
                         const struct holders *holders, const char *path, struct error *err)
{
    struct delivery_head head;
    *out_scene = (struct delivery_scene){.warehouse = warehouse};
    TRY(detector_create(&out_scene->detector, invocation_value(in, "names"), err));
    out_scene->checking = (struct delivery_checking){
        .intake = {intake_key, warehouse}, .detector = out_scene->detector, .settings = &in->settings, .today = clock_today()};
    if (!delivery_peek(path, NULL, &head, NULL)) {
        return true; /* the check says why */
    }
    const struct registry_holder *known = registry_find(holders->registry, head.holder);
    return !known || holder_take(out_scene, known, err);
}

/* ---- what is shown ---- */
static void findings_print(const struct delivery_finding *findings, size_t count, const char *kind)
{
    char times[COUNT_TEXT_SIZE];
    for (size_t i = 0; i < count && i < FINDINGS_SHOWN; i++) {
        const struct delivery_finding *f = &findings[i];
        const char *table = f->is_tokens ? "tokens" : record_table_name(f->table);
        print_line("  %-7s %s.%s: %s / %s (%s; block %llu, row %llu)", kind, table, record_column_name(f->column),
                   delivery_finding_words(f, false), delivery_finding_words(f, true), count_text(f->count, times),
                   (unsigned long long)f->block, (unsigned long long)f->row);
    }
}

static bool report_show(const struct invocation *in, const struct delivery_report *report, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 20};
    struct json_writer json = {.out = &out, .indented = true};
    char rows[COUNT_TEXT_SIZE];
    if (invocation_flag(in, "json")) {
        return delivery_report_write(report, &json, err) && print_buffer(&out, err);
    }
    if (report->has_head) {
        print_line("delivery %llu of %s%s", (unsigned long long)report->head.sequence, report->head.holder,
                   report->is_authentic ? "" : " (as it says: not authenticated)");
    }
    for (int t = 0; report->is_accepted && t < RECORD_TABLE_COUNT; t++) {
        if (report->head.tables[t].rows > 0) {
            print_line("  %-14s %15s rows", record_table_name((enum record_table)t), count_text(report->head.tables[t].rows, rows));
        }
    }
    findings_print(report->findings, report->finding_count, "wrong");
    findings_print(report->remarks, report->remark_count, "counted");
    return true;
}

/* ---- refused ---- */
static bool refusal_says(const struct delivery_report *report, struct error *err)
{
    bool is_content = strcmp(report->reason, "content") == 0 || strcmp(report->reason, "form") == 0 ||
                      strcmp(report->reason, "integrity") == 0 || strcmp(report->reason, "version") == 0 ||
                      strcmp(report->reason, "limit") == 0;
    if (is_content) {
        FAIL(err, INVALID_INPUT, "the delivery is refused (%s): %.300s", report->reason, report->message);
    } else {
        FAIL(err, DENIED, "the delivery is refused (%s): %.300s", report->reason, report->message);
    }
    return error_hint(err, "nothing of it was taken; la livraison est refusée, rien n'en a été repris");
}

static bool refused(const struct invocation *in, struct warehouse *warehouse, const char *file, const struct delivery_report *report,
                    struct error *err)
{
    char name[NAME_SIZE];
    struct journal_entry entry;
    struct error shown;
    TRY(quarantine_put(warehouse, file, report, &in->settings, name, err));
    TRY(warehouse_entry(warehouse, LEDGER_ACT_REFUSAL, report->has_head ? &report->head.root : NULL, &entry, err));
    TRY(ledger_record_word(&entry.record, "reason", report->reason, err) && ledger_record_word(&entry.record, "quarantine", name, err));
    if (report->has_head) {
        TRY(ledger_record_word(&entry.record, "holder", report->head.holder, err));
        TRY(ledger_record_number(&entry.record, "sequence", (int64_t)(report->head.sequence & LEDGER_NUMBER_MAX), err));
    }
    entry.secret = (struct journal_private){"message", text_of(report->message)};
    TRY(journal_write(warehouse->journal, &entry, 1, err));
    warehouse->error = NULL; /* it is entered: not a second time when the warehouse is closed */
    bool is_shown = report_show(in, report, &shown);
    (void)is_shown;
    if (!invocation_flag(in, "json")) {
        print_line("kept sealed in quarantine: %s", name);
    }
    return refusal_says(report, err);
}

/* ---- taken ---- */
static bool warehouse_signs(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE],
                            struct error *err)
{
    return keyring_manifest_sign(context, bytes, length, out_signature, err);
}

static bool receipt_write(const struct warehouse *warehouse, const struct delivery_head *head, const char *name,
                          char out_path[DELIVERY_PATH_SIZE], struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = RECEIPT_BYTES_MAX};
    const struct receipt_signer signer = {warehouse_signs, warehouse->keyring};
    struct receipt receipt;
    char folder[PATH_SIZE];
    receipt_of(&receipt, head);
    receipt.taken = clock_unix_seconds();
    memcpy(receipt.store_id, keyring_store_id(warehouse->keyring), sizeof receipt.store_id);
    memcpy(receipt.public_key, keyring_manifest_public_key(warehouse->keyring), sizeof receipt.public_key);
    TRY(receipt_print(&receipt, &signer, &bytes, err) && warehouse_folder(warehouse, "receipts", folder, err));
    if (snprintf(out_path, PATH_SIZE, "%s/%s.json", folder, name) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    return file_write_atomic(out_path, bytes.data, bytes.length, 0644, err);
}

/* Where what was taken goes: sealed as it came, until its rows are in the store. */
static bool delivery_stage(const struct warehouse *warehouse, struct delivery *delivery, const char *name, struct error *err)
{
    char folder[PATH_SIZE], path[PATH_SIZE];
    TRY(warehouse_folder(warehouse, "deliveries", folder, err));
    if (snprintf(path, sizeof path, "%.4000s/%.80s.delivery", folder, name) >= PATH_SIZE) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    return delivery_copy(delivery, path, err);
}

static bool taken_enter(struct holders *holders, struct warehouse *warehouse, const struct delivery_head *head, struct error *err)
{
    struct journal_entry entry;
    struct registry_holder changed = *registry_find(holders->registry, head->holder);
    uint64_t rows = 0;
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        rows += head->tables[i].rows;
    }
    changed.last_sequence = head->sequence;
    changed.last_root = head->root;
    TRY(registry_put(holders->registry, &changed, err) && warehouse_entry(warehouse, LEDGER_ACT_DELIVERY, &head->root, &entry, err));
    TRY(ledger_record_word(&entry.record, "holder", head->holder, err));
    TRY(ledger_record_number(&entry.record, "sequence", (int64_t)head->sequence, err));
    TRY(ledger_record_number(&entry.record, "rows", (int64_t)rows, err));
    return holders_write(holders, warehouse, &entry, err);
}

static bool person_take(void *context, const struct record *record, struct error *err)
{
    return subjects_add(context, record->values[COLUMN_SUBJECT].integer, err);
}

/* Before the register says that it was taken: persons of one that was not are persons too many, which does no harm. */
static bool subjects_keep(const struct delivery_scene *scene, struct delivery *delivery, struct error *err)
{
    if (delivery_head(delivery)->is_full) {
        subjects_clear(scene->subjects);
    }
    TRY(delivery_scan(delivery, RECORD_PERSON, person_take, scene->subjects, err));
    return subjects_write(scene->subjects, &scene->warehouse->grant, err);
}

static bool taken(struct holders *holders, const struct delivery_scene *scene, struct delivery *delivery,
                  char out_receipt[DELIVERY_PATH_SIZE], struct error *err)
{
    struct warehouse *warehouse = scene->warehouse;
    const struct delivery_head *head = delivery_head(delivery);
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s-%llu", head->holder, (unsigned long long)head->sequence);
    TRY(delivery_stage(warehouse, delivery, name, err) && subjects_keep(scene, delivery, err) &&
        taken_enter(holders, warehouse, head, err));
    return receipt_write(warehouse, head, name, out_receipt, err);
}

/* A load that was stopped between the register and the receipt: the holder gets it when they hand the same delivery over again. */
static bool receipt_again(const struct invocation *in, const struct holders *holders, const struct warehouse *warehouse, const char *file,
                          char out_receipt[DELIVERY_PATH_SIZE], struct delivery_report *report, struct error *err)
{
    struct delivery_head head;
    char name[NAME_SIZE];
    bool exists = true;
    const struct registry_holder *known = delivery_peek(file, NULL, &head, NULL) ? registry_find(holders->registry, head.holder) : NULL;
    if (!known || !delivery_peek(file, known->public_key, &head, NULL) || head.sequence != known->last_sequence ||
        memcmp(head.root.bytes, known->last_root.bytes, sizeof head.root.bytes) != 0) {
        return true;
    }
    snprintf(name, sizeof name, "%s-%llu", head.holder, (unsigned long long)head.sequence);
    TRY(file_exists(arena_text_format(in->arena, "%s/receipts/%s.json", warehouse->directory, name), &exists, err));
    if (!exists) {
        TRY(receipt_write(warehouse, &head, name, out_receipt, err));
        if (!invocation_flag(in, "json")) {
            print_line("it was taken before, and its receipt was missing: it is made again / déjà reprise, reçu refait");
        }
        *report = (struct delivery_report){.is_accepted = true, .has_head = true, .is_authentic = true, .head = head};
    }
    return true;
}

bool delivery_accept(struct invocation *in, struct warehouse *warehouse, const char *file, char out_receipt[DELIVERY_PATH_SIZE],
                     struct delivery_report *report, struct error *err)
{
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(delivery_scene_value) struct delivery_scene scene = {.agreement = NULL};
    CLEANUP(delivery) struct delivery *delivery = NULL;
    TRY(holders_open(&holders, warehouse, true, err));
    *report = (struct delivery_report){.is_accepted = false};
    TRY(receipt_again(in, &holders, warehouse, file, out_receipt, report, err));
    if (report->is_accepted) {
        return true;
    }
    TRY(delivery_scene_open(&scene, in, warehouse, &holders, file, err));
    TRY(delivery_check_all(&delivery, report, file, &scene.checking, err));
    return delivery ? taken(&holders, &scene, delivery, out_receipt, err) : refused(in, warehouse, file, report, err);
}

bool path_is_delivery(const char *path)
{
    char begins[8] = "";
    struct stat facts;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return false;
    }
    bool is_plain = fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode) && read(descriptor, begins, sizeof begins) >= 0;
    close(descriptor);
    return is_plain && (memcmp(begins, "EMC2DELV", sizeof begins) == 0 || text_ends_with(text_of(path), TEXT(".delivery")));
}

bool command_load_delivery(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    struct delivery_report *report = ARENA_NEW(in->arena, struct delivery_report);
    char receipt[DELIVERY_PATH_SIZE];
    TRY(warehouse_open(&warehouse, in, "load delivery", GRANT_LOAD | GRANT_COUNT, err));
    TRY(delivery_accept(in, &warehouse, in->words[0], receipt, report, err) && report_show(in, report, err));
    if (!invocation_flag(in, "json")) {
        print_line("taken. The receipt for the holder is in %s", receipt);
    }
    return true;
}

/* ---- delivery check, list, receipt verify ---- */
bool command_delivery_check(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(delivery_scene_value) struct delivery_scene scene = {.agreement = NULL};
    CLEANUP(delivery) struct delivery *delivery = NULL;
    struct delivery_report *report = ARENA_NEW(in->arena, struct delivery_report);
    TRY(warehouse_open(&warehouse, in, "delivery check", GRANT_LOAD, err));
    TRY(holders_open(&holders, &warehouse, false, err));
    TRY(delivery_scene_open(&scene, in, &warehouse, &holders, in->words[0], err));
    TRY(delivery_check_all(&delivery, report, in->words[0], &scene.checking, err) && report_show(in, report, err));
    if (!delivery) {
        warehouse.error = NULL; /* a rehearsal: nobody was refused anything */
        return refusal_says(report, err);
    }
    if (!invocation_flag(in, "json")) {
        print_line("it would be taken");
    }
    return true;
}

static bool receipt_line(void *context, const char *name, struct error *err)
{
    const char *folder = context;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = RECEIPT_BYTES_MAX};
    struct receipt receipt;
    char path[PATH_SIZE], when[COUNT_TEXT_SIZE], rows[COUNT_TEXT_SIZE];
    uint64_t all = 0;
    TRY(snprintf(path, sizeof path, "%s/%s", folder, name) < PATH_SIZE ||
        FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long"));
    TRY(file_read_plain(path, &bytes, err));
    TRY(receipt_verify(&receipt, bytes.data, bytes.length, NULL, err));
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        all += receipt.rows[i];
    }
    print_line("%s  %-24s %6llu  %15s rows", time_text(receipt.taken, when), receipt.holder, (unsigned long long)receipt.sequence,
               count_text(all, rows));
    return true;
}

bool command_delivery_list(struct invocation *in, struct error *err)
{
    char *folder = arena_text_format(in->arena, "%s/receipts", warehouse_directory(in));
    bool exists;
    TRY(file_exists(folder, &exists, err));
    if (!exists) {
        print_line("no delivery was taken yet");
        return true;
    }
    return directory_visit(folder, receipt_line, folder, err);
}

bool command_delivery_receipt_verify(struct invocation *in, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = RECEIPT_BYTES_MAX};
    const char *key = invocation_value(in, "public-key");
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    struct receipt receipt;
    char hex[HEX_SIZE], when[COUNT_TEXT_SIZE];
    if (key && (strlen(key) != HEX_SIZE - 1 || !crypto_from_hex(public_key, sizeof public_key, key))) {
        return FAIL(err, INVALID_ARGUMENT, "--public-key takes 64 hexadecimal digits");
    }
    TRY(file_read(in->words[0], &bytes, err));
    TRY(receipt_verify(&receipt, bytes.data, bytes.length, key ? public_key : NULL, err));
    crypto_hex(hex, receipt.root.bytes, sizeof receipt.root.bytes);
    print_line("delivery %llu of %s was taken on %s / la livraison %llu de %s a été reprise", (unsigned long long)receipt.sequence,
               receipt.holder, time_text(receipt.taken, when), (unsigned long long)receipt.sequence, receipt.holder);
    print_line("root / racine : %s", hex);
    crypto_hex(hex, receipt.public_key, sizeof receipt.public_key);
    print_line(key ? "signed by the warehouse / signé par l'entrepôt : %s"
                   : "whole; the key that it names (is it the warehouse's?) / intègre ; clé indiquée (est-ce celle de l'entrepôt ?) : %s",
               hex);
    return true;
}
