/* SPDX-License-Identifier: EUPL-1.2 */
/* look: what no command shows, for tests of the circuit.
 *   look subjects CENTRE ID PASSPHRASE-FILE            for each local id (hexadecimal) of standard input the subject that the centre makes
 * of it look tokens WAREHOUSE PASSPHRASE-FILE DELIVERY HOLDER-KEY   subject, kind, transport pseudonym look entries WAREHOUSE
 * PASSPHRASE-FILE             holder, subject, person_id of each person row of live deliveries look fingerprints WAREHOUSE PASSPHRASE-FILE
 * holder, subject, kind, fingerprint */
#include "base/calendar.h"
#include "base/file.h"
#include "governance/registry/registry_intake.h"
#include "intake/delivery/delivery.h"
#include "intake/linkage/linkage_state.h"
#include "intake/shelf/shelf.h"
#include "trust/crypto/crypto.h"
#include "trust/keys/keys.h"
#include "warehouse/omop/omop.h"
#include "warehouse/store/store.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, LINE_SIZE = 512, DAY_SECONDS = 86400, HOLDERS_MAX = 16 };

static bool passphrase_read(struct secret **out_passphrase, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 4096};
    TRY(file_read(path, &bytes, err));
    const struct text text = text_trim((struct text){(const char *)bytes.data, bytes.length});
    TRY(secret_create(out_passphrase, text.length, err));
    memcpy(secret_bytes(*out_passphrase), text.data, text.length);
    return true;
}

/* ---- a centre ---- */
static bool centre_numbers(struct record_numbers **out_numbers, const char *directory, const char *id_text, const char *passphrase_path,
                           struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    CLEANUP(secret) struct secret *root = NULL;
    CLEANUP(secret) struct secret *key = NULL;
    struct custody custody = {0};
    uint8_t id[GRANT_STORE_ID_SIZE];
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/root.key", directory);
    TRY(crypto_from_hex(id, sizeof id, id_text) || FAIL(err, INVALID_ARGUMENT, "ID is the id of centre.json"));
    TRY(passphrase_read(&passphrase, passphrase_path, err) && custody_passphrase_open(&custody, path, id, passphrase, err));
    const bool done = custody.root_unseal(custody.context, &root, err);
    custody_release(&custody);
    return done && crypto_derive(&key, root, "emc2 centre numbers", NULL, 0, err) && record_numbers_create(out_numbers, key, err);
}

static bool subjects(char **words, struct error *err)
{
    CLEANUP(record_numbers) struct record_numbers *numbers = NULL;
    char line[LINE_SIZE];
    TRY(centre_numbers(&numbers, words[0], words[1], words[2], err));
    while (fgets(line, sizeof line, stdin)) {
        uint8_t id[LINE_SIZE / 2];
        const size_t length = text_trim(text_of(line)).length / 2;
        line[2 * length] = '\0';
        TRY(crypto_from_hex(id, length, line) || FAIL(err, INVALID_ARGUMENT, "a local id is written in hexadecimal digits"));
        printf("%" PRId64 "\n", record_subject(numbers, (struct text){(const char *)id, length}));
    }
    return true;
}

/* ---- a warehouse ---- */
struct house {
    struct custody custody;
    struct keyring *keyring;
    struct grant grant;
    struct shelf_place place;
};

static bool house_open(struct house *house, const char *directory, const char *passphrase_path, struct error *err)
{
    CLEANUP(secret) struct secret *passphrase = NULL;
    char path[PATH_SIZE];
    struct grant *grant = &house->grant;
    TRY(store_identify(directory, grant->store_id, err) && passphrase_read(&passphrase, passphrase_path, err));
    snprintf(path, sizeof path, "%s/keys/root.sealed", directory);
    TRY(custody_passphrase_open(&house->custody, path, grant->store_id, passphrase, err));
    snprintf(path, sizeof path, "%s/keys", directory);
    TRY(keyring_open(&house->keyring, &house->custody, path, grant->store_id, err));
    grant->actions = GRANT_LOAD;
    grant->tables = UINT64_MAX;
    grant->not_before = clock_unix_seconds() - 60;
    grant->not_after = clock_unix_seconds() + DAY_SECONDS;
    snprintf(grant->project, sizeof grant->project, "operator");
    snprintf(grant->holder, sizeof grant->holder, "operator");
    snprintf(grant->purpose, sizeof grant->purpose, "look");
    house->place = (struct shelf_place){directory, house->keyring, grant};
    return keyring_grant_issue(house->keyring, grant, err);
}

static bool intake_key(void *context, uint32_t epoch, struct secret **out_key, struct error *err)
{
    const struct house *house = context;
    return intake_key_open(house->keyring, &house->grant, epoch, out_key, err);
}

static bool token_print(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err)
{
    (void)context, (void)err;
    for (size_t i = 0; i < count; i++) {
        char hex[2 * DELIVERY_ELEMENT_SIZE + 1];
        crypto_hex(hex, tokens[i].element, DELIVERY_ELEMENT_SIZE);
        printf("%" PRId64 " %u %s\n", subject, tokens[i].kind, hex);
    }
    return true;
}

static bool tokens(struct house *house, char **words, struct error *err)
{
    CLEANUP(delivery) struct delivery *delivery = NULL;
    uint8_t key[CRYPTO_PUBLIC_KEY_SIZE];
    TRY(crypto_from_hex(key, sizeof key, words[1]) || FAIL(err, INVALID_ARGUMENT, "HOLDER-KEY is 64 digits"));
    const struct delivery_opening opening = {.holder_key = key, .intake = {intake_key, house}};
    return delivery_open(&delivery, words[0], &opening, err) && delivery_tokens(delivery, token_print, NULL, err);
}

/* ---- what is on its shelves ---- */
struct entries {
    const struct linkage_state *state;
    const char *holder;
    uint32_t number;
};

static bool entry_print(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    const struct entries *entries = context;
    (void)bytes, (void)err;
    printf("%s %" PRId64 " %u\n", entries->holder, row->subject, linkage_state_person(entries->state, entries->number, row->subject));
    return true;
}

static bool fingerprint_print(void *context, int64_t subject, const struct shelf_token *found, size_t count, struct error *err)
{
    const struct entries *entries = context;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        printf("%s %" PRId64 " %u %016" PRIx64 "\n", entries->holder, subject, found[i].kind, found[i].fingerprint);
    }
    return true;
}

/* Holders are numbered from 1 in the order of their first delivery. */
static uint32_t holder_number(const char *names[HOLDERS_MAX], const char *name)
{
    uint32_t i = 0;
    while (i < HOLDERS_MAX - 1 && names[i] && strcmp(names[i], name) != 0) {
        i++;
    }
    names[i] = name;
    return i + 1;
}

static bool shelves_print(const struct house *house, bool wants_tokens, struct error *err)
{
    CLEANUP(shelves) struct shelves *shelves = NULL;
    CLEANUP(linkage_state) struct linkage_state *state = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 26};
    const char *names[HOLDERS_MAX] = {NULL};
    TRY(shelves_open(&shelves, &house->place, err) && shelf_document_read(&house->place, "links", &bytes, err));
    TRY(linkage_state_read(&state, bytes.data, bytes.length, err));
    for (size_t i = 0; i < shelves_count(shelves); i++) {
        const struct shelf_delivery *delivery = shelves_delivery(shelves, i);
        struct entries entries = {state, delivery->head.holder, holder_number(names, delivery->head.holder)};
        if (!delivery->is_live) {
            continue;
        }
        TRY(wants_tokens ? shelves_tokens(shelves, i, fingerprint_print, &entries, err)
                         : shelves_scan(shelves, i, OMOP_TABLE_PERSON, entry_print, &entries, err));
    }
    return true;
}

static bool run(struct house *house, int count, char **words, struct error *err)
{
    TRY(crypto_start(err));
    if (count == 4 && strcmp(words[0], "subjects") == 0) {
        return subjects(words + 1, err);
    }
    TRY(count >= 3 || FAIL(err, INVALID_ARGUMENT, "look subjects|tokens|entries|fingerprints ..."));
    TRY(house_open(house, words[1], words[2], err));
    if (count == 5 && strcmp(words[0], "tokens") == 0) {
        return tokens(house, words + 3, err);
    }
    return shelves_print(house, strcmp(words[0], "fingerprints") == 0, err);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct house house = {.keyring = NULL};
    const bool done = run(&house, argc - 1, argv + 1, &err);
    if (!done) {
        fprintf(stderr, "%s %s: %s\n", error_code_name(err.code), err.message, err.hint);
    }
    keyring_close(house.keyring);
    custody_release(&house.custody);
    return done ? EXIT_SUCCESS : error_exit_code(err.code);
}
