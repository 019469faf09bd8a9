/* SPDX-License-Identifier: EUPL-1.2 */
/* custodian: `emc2 key custodian new|sheet|restore` and `emc2 key drill`: what each custodian does at their own terminal. */
#include "service/command/custodian.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/passphrase.h"
#include "service/command/warehouse.h"
#include "trust/sheet/sheet.h"
#include "trust/token/token.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

void custodian_lock_close(struct custodian_lock *lock)
{
    secret_destroy(lock->passphrase);
    token_close(lock->token);
    *lock = (struct custodian_lock){0};
}

static bool option_demand(const struct invocation *in, const char *option, const char **out_value, struct error *err)
{
    *out_value = invocation_value(in, option);
    if (*out_value) {
        return true;
    }
    FAIL(err, INVALID_ARGUMENT, "--%s is missing", option);
    return error_hint(err, "emc2 %s --help shows an example", in->command->name);
}

bool custodian_lock_open(struct custodian_lock *out_lock, const struct invocation *in, const char *name, bool is_token, bool is_new,
                         const char *secret_path, struct error *err)
{
    char question[128];
    CLEANUP(secret) struct secret *secret = NULL;
    struct passphrase_wish wish = {.what = "passphrase", .question = question, .option = "passphrase-file", .is_new = is_new};
    if (is_token) {
        const char *module;
        wish = (struct passphrase_wish){.what = "PIN", .question = question, .option = "passphrase-file", .is_pin = true};
        TRY(option_demand(in, "pkcs11-module", &module, err));
        snprintf(question, sizeof question, "PIN of the token of custodian %s", name);
        TRY(passphrase_get(&wish, secret_path, &secret, err));
        struct token *token;
        TRY(token_open(&token, module, invocation_value(in, "pkcs11-token"), secret, err));
        *out_lock = (struct custodian_lock){.lock = {.token = token}, .token = token};
        return true;
    }
    snprintf(question, sizeof question, "passphrase of custodian %s", name);
    TRY(passphrase_get(&wish, secret_path, &secret, err));
    *out_lock = (struct custodian_lock){.lock = {.passphrase = secret}, .passphrase = secret};
    secret = NULL;
    return true;
}

bool custodian_share_read(struct share *out_share, const struct invocation *in, const char *custodian_path, const char *share_path,
                          const char *secret_path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer custodian_file = {.maximum = CUSTODIAN_FILE_MAX}, share_file = {.maximum = SHARE_FILE_MAX};
    CLEANUP(custodian_lock_value) struct custodian_lock lock = {0};
    CLEANUP(secret) struct secret *key = NULL;
    struct custodian custodian;
    bool is_token;
    if (!file_read(custodian_path, &custodian_file, err) ||
        !custodian_identify(&custodian, &is_token, custodian_file.data, custodian_file.length, err)) {
        return error_context(err, "custodian's file %s", custodian_path);
    }
    TRY(file_read(share_path, &share_file, err));
    TRY(custodian_lock_open(&lock, in, custodian.name, is_token, false, secret_path, err));
    TRY(custodian_open(&key, custodian_file.data, custodian_file.length, &lock.lock, err));
    return share_open(out_share, share_file.data, share_file.length, key, err) ? true : error_context(err, "share file %s", share_path);
}

bool custody_path(char out[PATH_SIZE], const char *warehouse, struct error *err)
{
    bool fits = snprintf(out, PATH_SIZE, "%s/keys/custody.json", warehouse) < PATH_SIZE;
    return fits ? true : FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
}

static bool path_with(char out[PATH_SIZE], const char *path, const char *ending, struct error *err)
{
    bool fits = snprintf(out, PATH_SIZE, "%s%s", path, ending) < PATH_SIZE;
    return fits ? true : FAIL(err, INVALID_ARGUMENT, "the path of a custodian's file is too long");
}

/* Keys and shares are never overwritten. */
static bool write_new(const char *path, const void *bytes, size_t length, unsigned mode, struct error *err)
{
    bool exists;
    TRY(file_exists(path, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "the file is there already");
        error_detail(err, "%s", path);
        return error_hint(err, "name another with --out: what opens a share is never overwritten");
    }
    return file_write_atomic(path, bytes, length, mode, err);
}

bool command_key_custodian_new(struct invocation *in, struct error *err)
{
    const char *name, *out;
    char public_path[PATH_SIZE];
    CLEANUP(custodian_lock_value) struct custodian_lock lock = {0};
    CLEANUP(buffer_value) struct buffer file = {.maximum = CUSTODIAN_FILE_MAX}, line = {.maximum = 1024};
    struct custodian custodian;
    TRY(option_demand(in, "name", &name, err));
    TRY(option_demand(in, "out", &out, err));
    TRY(path_with(public_path, out, ".pub", err));
    bool is_token = invocation_flag(in, "pkcs11-module");
    TRY(custodian_lock_open(&lock, in, name, is_token, true, invocation_value(in, "passphrase-file"), err));
    TRY(custodian_create(&custodian, &file, name, &lock.lock, err));
    TRY(custodian_line_print(&custodian, &line, err));
    TRY(write_new(out, file.data, file.length, 0600, err));
    TRY(write_new(public_path, line.data, line.length, 0644, err));
    printf("%s", (const char *)line.data);
    if (!invocation_flag(in, "quiet")) {
        printf("keep %s; it opens only with %s\nsend %s to whoever holds the ceremony, and read the first 32 signs of its last word to "
               "them over the "
               "telephone\n",
               out, is_token ? "your token" : "your passphrase", public_path);
    }
    return true;
}

/* The facts that a sheet shows; they are read from the two files and not yet authenticated. */
static bool sheet_fill(struct sheet_facts *facts, struct arena *arena, const struct buffer *custodian_file, const struct buffer *share_file,
                       struct error *err)
{
    struct custodian custodian;
    struct share_head head = {0};
    char store[2 * GRANT_STORE_ID_SIZE + 1], ceremony[2 * CUSTODY_CEREMONY_SIZE + 1], today[COUNT_TEXT_SIZE];
    TRY(custodian_identify(&custodian, &facts->is_token, custodian_file->data, custodian_file->length, err));
    TRY(share_identify(&head, share_file->data, share_file->length, err));
    if (strcmp(head.custodian, custodian.name) != 0) {
        FAIL(err, INVALID_INPUT, "the share is that of %s, the custodian's file that of %s", head.custodian, custodian.name);
        return error_hint(err, "name the two files of one custodian");
    }
    crypto_hex(store, head.store_id, sizeof head.store_id);
    crypto_hex(ceremony, head.ceremony, sizeof head.ceremony);
    time_text(clock_unix_seconds(), today);
    today[10] = '\0'; /* the day alone */
    facts->custodian = arena_text_copy(arena, custodian.name);
    facts->store = arena_text_copy(arena, store);
    facts->ceremony = arena_text_copy(arena, ceremony);
    facts->made = arena_text_copy(arena, today);
    facts->index = head.index;
    facts->threshold = head.threshold;
    facts->count = head.count;
    facts->generation = head.generation;
    return true;
}

bool command_key_custodian_sheet(struct invocation *in, struct error *err)
{
    const char *custodian_path, *share_path, *out;
    char page_path[PATH_SIZE], text_path[PATH_SIZE];
    struct sheet_facts facts = {0};
    CLEANUP(buffer_value) struct buffer custodian = {.maximum = CUSTODIAN_FILE_MAX}, share = {.maximum = SHARE_FILE_MAX};
    CLEANUP(buffer_value) struct buffer bundle = {.maximum = SHEET_BYTES_MAX}, lines = {.maximum = SHEET_TEXT_MAX};
    CLEANUP(buffer_value) struct buffer page = {.maximum = SHEET_PAGE_MAX}, text = {.maximum = SHEET_TEXT_MAX};
    TRY(option_demand(in, "custodian", &custodian_path, err));
    TRY(option_demand(in, "share", &share_path, err));
    TRY(option_demand(in, "out", &out, err));
    TRY(path_with(page_path, out, ".html", err));
    TRY(path_with(text_path, out, ".txt", err));
    TRY(file_read(custodian_path, &custodian, err));
    TRY(file_read(share_path, &share, err));
    TRY(sheet_fill(&facts, in->arena, &custodian, &share, err));
    TRY(custodian_bundle_print(&bundle, custodian.data, custodian.length, share.data, share.length, err));
    TRY(sheet_lines_print(&lines, bundle.data, bundle.length, err));
    const struct text lines_text = {(const char *)lines.data, lines.length};
    TRY(sheet_page_print(&page, &facts, lines_text, err));
    TRY(sheet_text_print(&text, &facts, lines_text, err));
    TRY(file_write_atomic(page_path, page.data, page.length, 0600, err));
    TRY(file_write_atomic(text_path, text.data, text.length, 0600, err));
    printf("print %s from any browser; %s has the same lines\nit holds nothing in clear: it opens only with %s\n", page_path, text_path,
           facts.is_token ? "the token and its PIN" : "the passphrase");
    return true;
}

bool command_key_custodian_restore(struct invocation *in, struct error *err)
{
    const char *sheet_path, *out;
    char custodian_path[PATH_SIZE], share_path[PATH_SIZE];
    CLEANUP(buffer_value) struct buffer typed = {.maximum = SHEET_TEXT_MAX}, bundle = {.maximum = SHEET_BYTES_MAX};
    struct text custodian, share;
    TRY(option_demand(in, "sheet", &sheet_path, err));
    TRY(option_demand(in, "out", &out, err));
    TRY(path_with(custodian_path, out, ".custodian", err));
    TRY(path_with(share_path, out, ".share", err));
    TRY(file_read(sheet_path, &typed, err));
    if (!sheet_lines_parse(&bundle, (struct text){(const char *)typed.data, typed.length}, err)) {
        return error_context(err, "sheet %s", sheet_path);
    }
    TRY(custodian_bundle_parse(&custodian, &share, bundle.data, bundle.length, err));
    TRY(write_new(custodian_path, custodian.data, custodian.length, 0600, err));
    printf("%s\n", custodian_path);
    if (share.length > 0) {
        TRY(write_new(share_path, share.data, share.length, 0600, err));
        printf("%s\n", share_path);
    }
    return true;
}

static bool drill_record(struct custody_record *out_record, const struct invocation *in, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = CUSTODY_FILE_MAX};
    const char *copy = invocation_value(in, "custody"); /* at the custodian's own desk there is no store to compare with */
    char path[PATH_SIZE];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    if (copy) {
        TRY(file_read(copy, &bytes, err));
        return custody_record_parse(out_record, bytes.data, bytes.length, err) ? true : error_context(err, "custody record %s", copy);
    }
    TRY(store_identify(warehouse_directory(in), store_id, err));
    TRY(custody_path(path, warehouse_directory(in), err));
    return custody_record_read(out_record, path, store_id, err);
}

static bool drill_json(const struct share_head *head, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 4096};
    struct json_writer writer = {.out = &out};
    TRY(json_begin_object(&writer, err));
    TRY(json_name(&writer, "custodian", err) && json_text(&writer, text_of(head->custodian), err));
    TRY(json_name(&writer, "index", err) && json_i64(&writer, head->index, err));
    TRY(json_name(&writer, "generation", err) && json_i64(&writer, head->generation, err));
    TRY(json_name(&writer, "opens", err) && json_bool(&writer, true, err));
    TRY(json_end_object(&writer, err));
    return print_buffer(&out, err);
}

bool command_key_drill(struct invocation *in, struct error *err)
{
    const char *custodian_path, *share_path;
    CLEANUP(share_value) struct share share = {.content = NULL};
    struct custody_record record;
    TRY(option_demand(in, "custodian", &custodian_path, err));
    TRY(option_demand(in, "share", &share_path, err));
    TRY(drill_record(&record, in, err));
    TRY(custodian_share_read(&share, in, custodian_path, share_path, invocation_value(in, "passphrase-file"), err));
    TRY(custody_share_check(&record, &share, err));
    if (invocation_flag(in, "json")) {
        return drill_json(&share.head, err);
    }
    printf("%s: share %u of %u opens and is the one that ceremony %u gave out; %u are needed to open the warehouse\n", share.head.custodian,
           share.head.index, share.head.count, share.head.generation, share.head.threshold);
    return true;
}
