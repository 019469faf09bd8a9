/* SPDX-License-Identifier: EUPL-1.2 */
/* certificate: printing, signing and checking. The signature is the last member, over every byte before its line, so that it can be
 * checked with a text editor and any Ed25519 program. */
#include "warehouse/store/certificate.h"
#include "base/calendar.h"
#include "base/json.h"
#include "trust/crypto/crypto_json.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char signed_label[20] = "emc2 certificate 1";
static const char signature_begin[] = ",\n  \"signature\": \"", signature_end[] = "\"\n}\n";
enum { SIGNATURE_HEX = 2 * CRYPTO_SIGNATURE_SIZE, BEGIN = sizeof signature_begin - 1, END = sizeof signature_end - 1 };
enum { TAIL = BEGIN + SIGNATURE_HEX + END, LINE_SIZE = 400, LINES = 5 };

/* ---- words ---- */
static void day_of(int64_t unix_seconds, char out[INSTANT_TEXT_SIZE])
{
    instant_to_text((instant){unix_seconds * 1000000}, out);
    out[10] = '\0';
}

static void words_en(const struct certificate *certificate, char lines[LINES][LINE_SIZE])
{
    char day_text[INSTANT_TEXT_SIZE];
    bool is_compaction = certificate->manifest->act == STORE_ACT_COMPACT;
    day_of(certificate->manifest->created, day_text);
    snprintf(lines[0], LINE_SIZE, "Certificate of erasure, decided on %s (snapshot %" PRIu32 ").", day_text, certificate->manifest->number);
    snprintf(lines[1], LINE_SIZE, "Reason: %s", certificate->manifest->label);
    snprintf(lines[2], LINE_SIZE,
             "Records of persons: %" PRIu64 "; rows: %" PRIu64 ". They are in no readable file of this warehouse any more.",
             certificate->persons, certificate->rows);
    snprintf(lines[3], LINE_SIZE, "%s",
             is_compaction ? "The files that held them were written anew without them, and the keys of the old files were destroyed."
                           : "The keys of the files that held them were destroyed.");
    snprintf(lines[4], LINE_SIZE,
             "A key is kept in one place only, and never with the files or their backups. So every copy of the files named below "
             "(%zu), wherever it is, can be read by nobody any more.",
             certificate->files.count);
}

static void words_fr(const struct certificate *certificate, char lines[LINES][LINE_SIZE])
{
    char day_text[INSTANT_TEXT_SIZE];
    bool is_compaction = certificate->manifest->act == STORE_ACT_COMPACT;
    day_of(certificate->manifest->created, day_text);
    snprintf(lines[0], LINE_SIZE, "Attestation d'effacement, décidé le %s (état n° %" PRIu32 " de l'entrepôt).", day_text,
             certificate->manifest->number);
    snprintf(lines[1], LINE_SIZE, "Motif : %s", certificate->manifest->label);
    snprintf(lines[2], LINE_SIZE,
             "Dossiers de personnes : %" PRIu64 " ; lignes : %" PRIu64 ". Ils ne sont plus dans aucun fichier lisible de cet entrepôt.",
             certificate->persons, certificate->rows);
    snprintf(lines[3], LINE_SIZE, "%s",
             is_compaction
                 ? "Les fichiers qui les contenaient ont été réécrits sans eux, et les clés des anciens fichiers ont été détruites."
                 : "Les clés des fichiers qui les contenaient ont été détruites.");
    snprintf(lines[4], LINE_SIZE,
             "Une clé n'est gardée qu'à un seul endroit, jamais avec les fichiers ni leurs sauvegardes. Toute copie des fichiers nommés "
             "ci-dessous (%zu), où qu'elle soit, est donc devenue illisible pour tous.",
             certificate->files.count);
}

static bool put_file(struct json_writer *writer, const struct certificate_file *file, struct error *err)
{
    const struct store_file_entry *entry = &file->entry;
    uint64_t rows = 0;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        rows += entry->summary.table_rows[table];
    }
    TRY(json_begin_object(writer, err) && crypto_named_hex(writer, "id", entry->file_id, KEY_FILE_ID_SIZE, err));
    TRY(json_named_i64(writer, "size", (int64_t)entry->size, err));
    TRY(crypto_named_hex(writer, "hash", entry->hash.bytes, CRYPTO_HASH_SIZE, err));
    TRY(json_named_i64(writer, "persons", entry->summary.persons, err) && json_named_i64(writer, "rows", (int64_t)rows, err));
    TRY(json_named_i64(writer, "key_destroyed", file->destroyed, err));
    return json_end_object(writer, err);
}

static bool put_lines(struct json_writer *writer, const char *name, char lines[LINES][LINE_SIZE], struct error *err)
{
    TRY(json_name(writer, name, err) && json_begin_array(writer, err));
    for (int i = 0; i < LINES; i++) {
        TRY(json_text(writer, text_of(lines[i]), err));
    }
    return json_end_array(writer, err);
}

static bool put_head(struct json_writer *writer, const struct certificate *certificate, struct error *err)
{
    const struct manifest *manifest = certificate->manifest;
    TRY(json_named_text(writer, "format", "emc2 certificate", err) && json_named_i64(writer, "version", CERTIFICATE_VERSION, err));
    TRY(crypto_named_hex(writer, "store_id", manifest->store_id, sizeof manifest->store_id, err));
    TRY(json_named_text(writer, "act", store_act_name(manifest->act), err) && json_named_text(writer, "reason", manifest->label, err));
    TRY(json_named_i64(writer, "decided", manifest->created, err));
    TRY(json_named_i64(writer, "snapshot_before", manifest->number - 1, err) && json_named_i64(writer, "snapshot", manifest->number, err));
    TRY(crypto_named_hex(writer, "manifest_hash", certificate->manifest_hash.bytes, CRYPTO_HASH_SIZE, err));
    TRY(json_named_i64(writer, "key_table_generation", (int64_t)certificate->generation, err));
    TRY(json_named_i64(writer, "persons", (int64_t)certificate->persons, err));
    return json_named_i64(writer, "rows", (int64_t)certificate->rows, err);
}

static bool signed_bytes(const void *bytes, size_t length, struct buffer *out, struct error *err)
{
    out->maximum = sizeof signed_label + length;
    return buffer_append(out, signed_label, sizeof signed_label, err) && buffer_append(out, bytes, length, err);
}

bool certificate_print(const struct certificate *certificate, const struct keyring *keyring, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_value) struct buffer message = {.maximum = 0};
    struct json_writer writer = {.out = out, .indented = true};
    char lines[LINES][LINE_SIZE], hex[SIGNATURE_HEX + 1];
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    TRY(json_begin_object(&writer, err) && put_head(&writer, certificate, err));
    words_en(certificate, lines);
    TRY(put_lines(&writer, "text_en", lines, err));
    words_fr(certificate, lines);
    TRY(put_lines(&writer, "text_fr", lines, err));
    TRY(json_name(&writer, "files", err) && json_begin_array(&writer, err));
    for (size_t i = 0; i < certificate->files.count; i++) {
        TRY(put_file(&writer, &certificate->files.items[i], err));
    }
    TRY(json_end_array(&writer, err));
    TRY(crypto_named_hex(&writer, "public_key", keyring_manifest_public_key(keyring), CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(signed_bytes(out->data, out->length, &message, err));
    TRY(keyring_manifest_sign(keyring, message.data, message.length, signature, err));
    crypto_hex(hex, signature, sizeof signature);
    return buffer_append_format(out, err, "%s%s%s", signature_begin, hex, signature_end);
}

/* ---- checking ---- */
static bool refuse(struct error *err)
{
    FAIL(err, CORRUPT, "this is not a certificate as emc2 wrote it");
    return error_hint(err, "it was changed, or cut: ask whoever issued it for another copy");
}

static bool number_of(const struct json *root, const char *name, uint64_t *out)
{
    const struct json *json = json_member(root, name);
    *out = json && json->kind == JSON_INTEGER && json->integer >= 0 ? (uint64_t)json->integer : 0;
    return json && json->kind == JSON_INTEGER && json->integer >= 0;
}

static bool head_read(const struct json *root, struct store_certificate *out)
{
    const struct json *format = json_member(root, "format"), *files = json_member(root, "files");
    uint64_t version, snapshot, decided;
    if (!format || format->kind != JSON_STRING || !text_equal(format->text, TEXT("emc2 certificate")) ||
        !number_of(root, "version", &version) || version != CERTIFICATE_VERSION || !number_of(root, "snapshot", &snapshot) ||
        snapshot > UINT32_MAX || !number_of(root, "decided", &decided) || !number_of(root, "persons", &out->persons) ||
        !number_of(root, "rows", &out->rows) || !files || files->kind != JSON_ARRAY) {
        return false;
    }
    out->snapshot = (uint32_t)snapshot;
    out->decided = (int64_t)decided;
    out->files = files->count;
    return crypto_member_hex(root, "store_id", out->store_id, sizeof out->store_id) &&
           crypto_member_hex(root, "public_key", out->public_key, sizeof out->public_key);
}

static bool words_read(const struct json *root, const char *language, struct buffer *words, struct error *err)
{
    const struct json *lines = json_member(root, strcmp(language, "fr") == 0 ? "text_fr" : "text_en");
    for (size_t i = 0; lines && lines->kind == JSON_ARRAY && i < lines->count; i++) {
        const struct json *line = &lines->items[i];
        TRY(line->kind != JSON_STRING || buffer_append_format(words, err, "%.*s\n", (int)line->text.length, line->text.data));
    }
    return true;
}

bool store_certificate_read(const void *bytes, size_t length, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                            struct store_certificate *out_certificate, const char *language, struct buffer *words, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer message = {.maximum = 0};
    struct store_certificate certificate = {.snapshot = 0};
    const struct json *root;
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    char hex[SIGNATURE_HEX + 1];
    TRY(crypto_start(err));
    if (length <= TAIL || length > CERTIFICATE_BYTES_MAX) {
        return refuse(err);
    }
    const char *tail = (const char *)bytes + length - TAIL;
    memcpy(hex, tail + BEGIN, SIGNATURE_HEX);
    hex[SIGNATURE_HEX] = '\0';
    if (memcmp(tail, signature_begin, BEGIN) != 0 || memcmp(tail + BEGIN + SIGNATURE_HEX, signature_end, END) != 0 ||
        !crypto_from_hex(signature, sizeof signature, hex) || !json_parse(&root, scratch, "certificate", bytes, length, NULL) ||
        !head_read(root, &certificate)) {
        return refuse(err);
    }
    TRY(signed_bytes(bytes, length - TAIL, &message, err));
    if (public_key && memcmp(public_key, certificate.public_key, sizeof certificate.public_key) != 0) {
        FAIL(err, CORRUPT, "the certificate is not signed by this warehouse: it names another public key");
        return error_hint(err, "ask the warehouse for its public key by another way, and compare");
    }
    if (!crypto_signature_valid(signature, certificate.public_key, message.data, message.length)) {
        return refuse(err);
    }
    TRY(!words || words_read(root, language, words, err));
    *out_certificate = certificate;
    return true;
}
