/* SPDX-License-Identifier: EUPL-1.2 */
/* centre: the directory of a holder: made, opened, its keys. Every key is derived from one root key under a passphrase; the numbers of
 * persons and records stay the same as long as that key is kept, so it must be kept (docs/data-holder). */
#include "base/file.h"
#include "base/json.h"
#include "intake/centre/centre_internal.h"
#include "trust/keys/keys.h"
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 1 << 16, CENTRE_VERSION = 1 };
static const char config_name[] = "centre.json";

const char *centre_path(const struct centre *centre, const char *name)
{
    return arena_text_format(centre->arena, "%s/%s", centre->directory, name);
}

/* ---- making ---- */
static bool config_write(const char *path, const char *holder, bool in_french, const uint8_t id[GRANT_STORE_ID_SIZE], struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = CONFIG_MAX};
    struct json_writer writer = {.out = &bytes, .indented = true};
    char hex[2 * GRANT_STORE_ID_SIZE + 1];
    crypto_hex(hex, id, GRANT_STORE_ID_SIZE);
    TRY(json_begin_object(&writer, err) && json_name(&writer, "version", err) && json_i64(&writer, CENTRE_VERSION, err));
    TRY(json_name(&writer, "holder", err) && json_text(&writer, text_of(holder), err));
    TRY(json_name(&writer, "language", err) && json_text(&writer, text_of(in_french ? "fr" : "en"), err));
    TRY(json_name(&writer, "id", err) && json_text(&writer, text_of(hex), err) && json_end_object(&writer, err));
    return buffer_append_text(&bytes, "\n", err) && file_write_atomic(path, bytes.data, bytes.length, 0644, err);
}

bool centre_create(const char *directory, const char *holder, bool in_french, const struct secret *passphrase, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(secret) struct secret *root = NULL;
    uint8_t id[GRANT_STORE_ID_SIZE];
    bool exists;
    if (!delivery_holder_name_is_valid(text_of(holder))) {
        FAIL(err, INVALID_ARGUMENT, "a holder's name has small letters, digits, dots, dashes and underscores");
        return error_hint(err, "take the name that the warehouse knows, such as chu-haute-rivelle");
    }
    const char *config = arena_text_format(scratch, "%s/%s", directory, config_name);
    TRY(file_exists(config, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "there is a centre in this directory already");
        error_detail(err, "%s", directory);
        return error_hint(err, "its key makes the numbers of its persons: a new one would make strangers of them");
    }
    crypto_random(id, sizeof id);
    TRY(directory_create(directory, 0700, err) && directory_create(arena_text_format(scratch, "%s/work", directory), 0700, err));
    TRY(secret_random(&root, CRYPTO_KEY_SIZE, err));
    const char *root_path = arena_text_format(scratch, "%s/root.key", directory);
    TRY(file_exists(root_path, &exists, err));
    /* A key without centre.json is what an interrupted init left: nothing was made with it. */
    TRY((!exists || file_remove(root_path, err)) && custody_passphrase_create(root_path, id, root, passphrase, err));
    return config_write(config, holder, in_french, id, err);
}

/* ---- opening ---- */
static const struct json *text_member(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, name);
    return member && member->kind == JSON_STRING ? member : NULL;
}

static bool config_take(struct centre *centre, const struct json *root, struct error *err)
{
    const struct json *version = json_member(root, "version"), *holder = text_member(root, "holder");
    const struct json *language = text_member(root, "language"), *id = text_member(root, "id");
    if (version && version->kind == JSON_INTEGER && version->integer > CENTRE_VERSION) {
        return FAIL(err, UNSUPPORTED, "%s: made by a later emc2", config_name);
    }
    if (!holder || !id || id->text.length != 2 * sizeof centre->id || !crypto_from_hex(centre->id, sizeof centre->id, id->text.data) ||
        !delivery_holder_name_is_valid(holder->text) || !text_copy(centre->facts.holder, sizeof centre->facts.holder, holder->text)) {
        FAIL(err, INVALID_INPUT, "%s: holder or id is not what `emc2 centre init` writes", config_name);
        return error_hint(err, "take the file back from a copy");
    }
    centre->facts.in_french = language && text_equal(language->text, TEXT("fr"));
    return true;
}

static bool config_read(struct centre *centre, struct error *err)
{
    const struct json *root;
    bool exists;
    const char *path = centre_path(centre, config_name);
    TRY(file_exists(path, &exists, err));
    if (!exists) {
        FAIL(err, NOT_FOUND, "there is no centre in this directory");
        error_detail(err, "%s", centre->directory);
        return error_hint(err, "make one with `emc2 centre init --centre DIR --holder NAME`, or name its directory with --centre");
    }
    return json_parse_file(&root, centre->arena, path, CONFIG_MAX, err) && config_take(centre, root, err);
}

static bool keys_derive(struct centre *centre, const struct secret *root, struct error *err)
{
    CLEANUP(secret) struct secret *numbers = NULL;
    TRY(crypto_derive(&centre->signing_seed, root, "emc2 centre signing", NULL, 0, err));
    TRY(crypto_derive(&centre->state_key, root, "emc2 centre states", NULL, 0, err));
    TRY(crypto_derive(&centre->token_key, root, "emc2 centre pseudonyms", NULL, 0, err));
    TRY(crypto_derive(&centre->tls_seed, root, "emc2 centre tls", NULL, 0, err));
    TRY(crypto_derive(&numbers, root, "emc2 centre numbers", NULL, 0, err));
    TRY(record_numbers_create(&centre->numbers, numbers, err));
    uint8_t tls_key[CRYPTO_PUBLIC_KEY_SIZE];
    TRY(crypto_public_key(tls_key, centre->tls_seed, err));
    crypto_certificate_pin(centre->facts.tls_pin, tls_key);
    return crypto_public_key(centre->facts.public_key, centre->signing_seed, err);
}

static bool sequence_read(struct centre *centre, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 64};
    int64_t number;
    bool exists;
    const char *path = centre_path(centre, "sequence");
    TRY(file_exists(path, &exists, err));
    if (!exists) {
        return true;
    }
    TRY(file_read(path, &bytes, err));
    if (!text_to_i64(text_trim((struct text){(const char *)bytes.data, bytes.length}), &number) || number < 0) {
        return FAIL(err, CORRUPT, "%s is not a number", path);
    }
    centre->facts.last_sequence = (uint64_t)number;
    return true;
}

static bool open_all(struct centre *centre, const struct secret *passphrase, struct error *err)
{
    struct custody custody = {0};
    TRY(config_read(centre, err));
    TRY(custody_passphrase_open(&custody, centre_path(centre, "root.key"), centre->id, passphrase, err));
    CLEANUP(secret) struct secret *root = NULL;
    bool done = custody.root_unseal(custody.context, &root, err);
    custody_release(&custody);
    return done && keys_derive(centre, root, err) && sequence_read(centre, err) && centre_documents_read(centre, err);
}

bool centre_open(struct centre **out_centre, const char *directory, const struct secret *passphrase, struct error *err)
{
    struct arena *arena = arena_create();
    CLEANUP(centre) struct centre *centre = ARENA_NEW(arena, struct centre);
    centre->arena = arena;
    centre->directory = arena_text_copy(arena, directory);
    TRY(open_all(centre, passphrase, err));
    *out_centre = centre;
    centre = NULL;
    return true;
}

void centre_close(struct centre *centre)
{
    if (!centre) {
        return;
    }
    secret_destroy(centre->signing_seed);
    secret_destroy(centre->state_key);
    secret_destroy(centre->token_key);
    secret_destroy(centre->tls_seed);
    record_numbers_destroy(centre->numbers);
    agreement_destroy(centre->agreement);
    arena_destroy(centre->arena);
}

const struct centre_facts *centre_facts(const struct centre *centre)
{
    return &centre->facts;
}

const struct secret *centre_tls_seed(const struct centre *centre)
{
    return centre->tls_seed;
}

bool centre_speaks_french(const char *directory)
{
    struct error err;
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct json *root;
    if (!json_parse_file(&root, scratch, arena_text_format(scratch, "%s/%s", directory, config_name), CONFIG_MAX, &err)) {
        return false;
    }
    const struct json *language = text_member(root, "language");
    return language && text_equal(language->text, TEXT("fr"));
}
