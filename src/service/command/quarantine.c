/* SPDX-License-Identifier: EUPL-1.2 */
/* quarantine: where a refused delivery stays, sealed as it came, with the report beside it (EMC2-02, SEC-ALI-1). Two different persons of
 * the register open it together, each with their own key; after quarantine_days it is purged. */
#include "base/calendar.h"
#include "base/csv.h"
#include "base/file.h"
#include "service/command/commands.h"
#include "service/command/custodian.h"
#include "service/command/deliveries.h"
#include "trust/crypto/crypto_envelope.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, COPY_BYTES = 1 << 20, REPORT_BYTES_MAX = 1 << 20, SECONDS_PER_DAY = 86400, FILE_MODE = 0600 };

/* ---- keeping ---- */
static void descriptor_value_cleanup(const int *descriptor)
{
    if (*descriptor >= 0) {
        close(*descriptor);
    }
}

bool file_copy(const char *from, const char *to, uint64_t bytes_max, struct crypto_hash *out_hash, struct error *err)
{
    CLEANUP(file_writer) struct file_writer *writer = NULL;
    CLEANUP(buffer_value) struct buffer piece = {.maximum = COPY_BYTES + 1};
    CLEANUP(descriptor_value) int descriptor = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct crypto_hasher *hasher = crypto_hasher_create();
    struct crypto_hash hash;
    struct stat facts;
    bool done = descriptor >= 0 && fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode)
                    ? (uint64_t)facts.st_size <= bytes_max || FAIL(err, LIMIT, "the file is too large to be kept")
                    : FAIL_ERRNO(err, from, "the file cannot be read");
    done = done && file_writer_open(&writer, to, FILE_MODE, err) && buffer_reserve(&piece, COPY_BYTES, err);
    for (off_t at = 0; done && at < facts.st_size;) {
        size_t length = facts.st_size - at < COPY_BYTES ? (size_t)(facts.st_size - at) : COPY_BYTES;
        done = task_check(err) && file_read_at(descriptor, (uint64_t)at, piece.data, length, from, err) &&
               file_writer_append(writer, piece.data, length, err);
        crypto_hasher_add(hasher, piece.data, done ? length : 0);
        at += (off_t)length;
    }
    hash = crypto_hasher_finish(hasher);
    TRY(done && file_writer_commit(writer, err));
    if (out_hash) {
        *out_hash = hash;
    }
    return true;
}

bool warehouse_folder(const struct warehouse *warehouse, const char *name, char out[PATH_SIZE], struct error *err)
{
    if (snprintf(out, PATH_SIZE, "%s/%s", warehouse->directory, name) >= PATH_SIZE - QUARANTINE_NAME_SIZE - 16) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    return directory_create(out, 0700, err);
}

static bool report_write(const char *path, const struct delivery_report *report, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = REPORT_BYTES_MAX};
    struct json_writer json = {.out = &out, .indented = true};
    TRY(json_begin_object(&json, err) && json_name(&json, "refused", err) && json_i64(&json, clock_unix_seconds(), err));
    TRY(json_name(&json, "report", err) && delivery_report_write(report, &json, err) && json_end_object(&json, err));
    return buffer_append_text(&out, "\n", err) && file_write_atomic(path, out.data, out.length, FILE_MODE, err);
}

bool quarantine_put(const struct warehouse *warehouse, const char *path, const struct delivery_report *report,
                    const struct settings *settings, char out_name[QUARANTINE_NAME_SIZE], struct error *err)
{
    char folder[PATH_SIZE], coming[PATH_SIZE], to[PATH_SIZE], hex[2 * CRYPTO_HASH_SIZE + 1];
    struct crypto_hash hash;
    TRY(warehouse_folder(warehouse, "quarantine", folder, err));
    snprintf(coming, sizeof coming, "%.4000s/coming", folder);
    TRY(file_copy(path, coming, (uint64_t)settings_get(settings, SETTING_DELIVERY_BYTES_MAX), &hash, err));
    crypto_hex(hex, hash.bytes, sizeof hash.bytes);
    snprintf(out_name, QUARANTINE_NAME_SIZE, "%s-%llu-%.16s", report->has_head ? report->head.holder : "unknown",
             (unsigned long long)(report->has_head ? report->head.sequence : 0), hex);
    snprintf(to, sizeof to, "%.3900s/%s.json", folder, out_name);
    TRY(report_write(to, report, err));
    snprintf(to, sizeof to, "%.3900s/%s.delivery", folder, out_name);
    return file_rename_durable(coming, to, err);
}

/* ---- looking and purging ---- */
struct quarantine_walk {
    const char *folder;
    struct arena *arena;
    int64_t purge_before; /* 0: only look */
    size_t count;
};

static bool refused_take(const char *path, int64_t *out_when, const struct json **out_report, struct arena *arena, struct error *err)
{
    const struct json *root;
    TRY(json_parse_file(&root, arena, path, REPORT_BYTES_MAX, err));
    const struct json *when = json_member(root, "refused"), *report = json_member(root, "report");
    if (!when || when->kind != JSON_INTEGER || !report) {
        return FAIL(err, CORRUPT, "a report of the quarantine is not as emc2 writes it");
    }
    *out_when = when->integer;
    *out_report = report;
    return true;
}

static bool entry_purge(const char *path, size_t length, struct error *err)
{
    char other[PATH_SIZE];
    bool exists;
    snprintf(other, sizeof other, "%.*s.delivery", (int)(length - strlen(".json")), path);
    TRY(file_exists(other, &exists, err) && (!exists || file_remove(other, err)));
    return file_remove(path, err);
}

static bool entry_take(void *context, const char *name, struct error *err)
{
    struct quarantine_walk *walk = context;
    const size_t length = strlen(name), ending = strlen(".json");
    char path[PATH_SIZE], when[COUNT_TEXT_SIZE];
    const struct json *report = NULL;
    int64_t refused = 0;
    if (!text_ends_with(text_of(name), TEXT(".json"))) {
        return true;
    }
    TRY(snprintf(path, sizeof path, "%s/%s", walk->folder, name) < PATH_SIZE && refused_take(path, &refused, &report, walk->arena, err));
    if (walk->purge_before > 0) {
        if (refused < walk->purge_before) {
            walk->count++;
            return entry_purge(path, strlen(path), err);
        }
        return true;
    }
    const struct json *reason = json_member(report, "reason"), *message = json_member(report, "message");
    print_line("%s  %.*s", time_text(refused, when), (int)(length - ending), name);
    print_line("    %s: %s", reason ? reason->text.data : "", message ? message->text.data : "");
    walk->count++;
    return true;
}

static bool walk_folder(struct quarantine_walk *walk, struct error *err)
{
    bool exists;
    TRY(file_exists(walk->folder, &exists, err));
    return !exists || directory_visit(walk->folder, entry_take, walk, err);
}

bool command_quarantine_list(struct invocation *in, struct error *err)
{
    struct quarantine_walk walk = {arena_text_format(in->arena, "%s/quarantine", warehouse_directory(in)), in->arena, 0, 0};
    TRY(walk_folder(&walk, err));
    print_line("%zu in quarantine", walk.count);
    return true;
}

bool command_quarantine_purge(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    struct quarantine_walk walk = {arena_text_format(in->arena, "%s/quarantine", warehouse_directory(in)), in->arena, 0, 0};
    struct journal_entry entry;
    const int64_t days = settings_get(&in->settings, SETTING_QUARANTINE_DAYS);
    walk.purge_before = clock_unix_seconds() + 1 - (invocation_flag(in, "all") ? 0 : days * SECONDS_PER_DAY);
    TRY(warehouse_open(&warehouse, in, "quarantine purge", GRANT_LOAD, err) && walk_folder(&walk, err));
    TRY(warehouse_entry(&warehouse, LEDGER_ACT_QUARANTINE, NULL, &entry, err) &&
        ledger_record_word(&entry.record, "change", "purged", err));
    TRY(ledger_record_number(&entry.record, "deliveries", (int64_t)walk.count, err) && journal_write(warehouse.journal, &entry, 1, err));
    print_line("%zu purged", walk.count);
    return true;
}

/* ---- two persons ---- */
bool command_quarantine_person(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(buffer_value) struct buffer line = {.maximum = CUSTODIAN_FILE_MAX};
    struct journal_entry entry;
    struct custodian custodian;
    struct registry_person person = {.name = ""};
    TRY(file_read(in->words[0], &line, err));
    TRY(custodian_line_parse(&custodian, text_trim((struct text){(const char *)line.data, line.length}), err));
    snprintf(person.name, sizeof person.name, "%s", custodian.name);
    memcpy(person.public_key, custodian.public_key, sizeof person.public_key);
    TRY(warehouse_open(&warehouse, in, "quarantine person", GRANT_LOAD, err) && holders_open(&holders, &warehouse, true, err));
    TRY(registry_person_put(holders.registry, &person, err));
    TRY(warehouse_entry(&warehouse, LEDGER_ACT_HOLDER, NULL, &entry, err) && ledger_record_word(&entry.record, "change", "person", err));
    entry.secret = (struct journal_private){"person", text_of(person.name)};
    TRY(holders_write(&holders, &warehouse, &entry, err));
    print_line("%s may open the quarantine, together with another person", person.name);
    return true;
}

/* Who it is, by the register; the secret half of the key is needed to say so. */
static bool person_prove(const struct invocation *in, const struct holders *holders, const char *path, const char *secret_path,
                         const struct registry_person **out_person, struct error *err)
{
    CLEANUP(buffer_value) struct buffer file = {.maximum = CUSTODIAN_FILE_MAX};
    CLEANUP(custodian_lock_value) struct custodian_lock lock = {.passphrase = NULL};
    CLEANUP(secret) struct secret *key = NULL;
    struct custodian custodian;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    bool is_token;
    TRY(file_read(path, &file, err) && custodian_identify(&custodian, &is_token, file.data, file.length, err));
    TRY(custodian_lock_open(&lock, in, custodian.name, is_token, false, secret_path, err));
    TRY(custodian_open(&key, file.data, file.length, &lock.lock, err) && crypto_envelope_public_key(public_key, key, err));
    for (size_t i = 0; i < registry_person_count(holders->registry); i++) {
        const struct registry_person *person = registry_person_at(holders->registry, i);
        if (memcmp(person->public_key, public_key, sizeof public_key) == 0) {
            *out_person = person;
            return true;
        }
    }
    FAIL(err, DENIED, "%s is not among those who may open the quarantine", custodian.name);
    return error_hint(err, "governance adds a person with `emc2 quarantine person FILE.pub`");
}

/* What was found, with the values: for two persons, in a file that they then destroy. */
struct finding_rows {
    const struct delivery_report *report;
    struct csv_writer csv;
    enum record_table table;
    uint64_t row;
};

static bool value_write(struct csv_writer *csv, const struct record *record, enum record_column column, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    const union record_value *value = &record->values[column];
    switch (record_column_type(column)) {
    case RECORD_INTEGER:
        return csv_writer_i64(csv, value->integer, err);
    case RECORD_NUMBER:
        return csv_writer_double(csv, value->number, err);
    case RECORD_DAY:
        day_to_text((day){value->day}, text);
        return csv_writer_text(csv, text_of(text), err);
    case RECORD_TEXT:
        return csv_writer_text(csv, value->text, err);
    }
    return false;
}

static bool row_take(void *context, const struct record *record, struct error *err)
{
    struct finding_rows *rows = context;
    rows->row++;
    for (size_t i = 0; i < rows->report->finding_count; i++) {
        const struct delivery_finding *f = &rows->report->findings[i];
        if (f->is_tokens || f->table != rows->table || f->row != rows->row || !record_has(record, f->column)) {
            continue;
        }
        TRY(csv_writer_text(&rows->csv, text_of(record_table_name(f->table)), err) && csv_writer_i64(&rows->csv, (int64_t)f->row, err));
        TRY(csv_writer_text(&rows->csv, text_of(record_column_name(f->column)), err));
        TRY(csv_writer_text(&rows->csv, text_of(delivery_finding_words(f, false)), err));
        TRY(value_write(&rows->csv, record, f->column, err) && csv_writer_end_record(&rows->csv, err));
    }
    return true;
}

static bool findings_export(const struct delivery_scene *scene, const char *path, const char *out_path, struct error *err)
{
    CLEANUP(delivery) struct delivery *checked = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 24};
    struct delivery_report report;
    struct finding_rows rows = {.report = &report, .csv = {.out = &out}};
    TRY(delivery_check_all(&checked, &report, path, &scene->checking, err));
    if (!scene->checking.holder || report.finding_count == 0) {
        FAIL(err, INVALID_INPUT, "there is nothing to look at in it: it was refused for what it is, not for what is in it (%s)",
             report.reason);
        return error_hint(err, "`emc2 quarantine list` says why");
    }
    const struct delivery_opening opening = {scene->holder.public_key, scene->checking.intake, scene->checking.settings};
    TRY(delivery_open(&delivery, path, &opening, err) && buffer_append_text(&out, "table,row,column,what,value\n", err));
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        rows.table = (enum record_table)t;
        rows.row = 0;
        TRY(delivery_scan(delivery, rows.table, row_take, &rows, err));
    }
    return file_write_atomic(out_path, out.data, out.length, FILE_MODE, err);
}

static bool two_prove(const struct invocation *in, const struct holders *holders, const struct registry_person *out_persons[2],
                      struct error *err)
{
    TRY(person_prove(in, holders, in->words[1], invocation_value(in, "first-passphrase-file"), &out_persons[0], err));
    TRY(person_prove(in, holders, in->words[2], invocation_value(in, "second-passphrase-file"), &out_persons[1], err));
    if (out_persons[0] == out_persons[1]) {
        return FAIL(err, DENIED, "the quarantine is opened by two persons, not by one twice");
    }
    return true;
}

bool command_quarantine_open(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(delivery_scene_value) struct delivery_scene scene = {.agreement = NULL};
    const struct registry_person *persons[2];
    struct journal_entry entry;
    const char *out = invocation_value(in, "out"), *name = in->words[0];
    char both[2 * REGISTRY_PERSON_SIZE + 8];
    if (!out || strchr(name, '/')) {
        return FAIL(err, INVALID_ARGUMENT, "name the delivery as `emc2 quarantine list` does, and a file with --out");
    }
    const char *path = arena_text_format(in->arena, "%s/quarantine/%s.delivery", warehouse_directory(in), name);
    TRY(warehouse_open(&warehouse, in, "quarantine open", GRANT_LOAD, err) && holders_open(&holders, &warehouse, false, err));
    TRY(two_prove(in, &holders, persons, err));
    TRY(delivery_scene_open(&scene, in, &warehouse, &holders, path, err));
    TRY(warehouse_entry(&warehouse, LEDGER_ACT_QUARANTINE, NULL, &entry, err));
    TRY(ledger_record_word(&entry.record, "change", "opened", err) && ledger_record_word(&entry.record, "quarantine", name, err));
    snprintf(both, sizeof both, "%s, %s", persons[0]->name, persons[1]->name);
    entry.secret = (struct journal_private){"persons", text_of(both)};
    TRY(journal_write(warehouse.journal, &entry, 1, err) && findings_export(&scene, path, out, err));
    print_line("what was found in it is in %s, with the values: destroy it when you have seen it", out);
    return true;
}
