/* SPDX-License-Identifier: EUPL-1.2 */
/* compact, erase and certificate verify: data leave the warehouse for good, and a certificate says so. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/json.h"
#include "intake/shelf/shelf.h"
#include "service/command/cohort_kept.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include "warehouse/store/store_erasure.h"
#include <stdio.h>
#include <string.h>

enum { CERTIFICATE_BYTES_MAX = 1 << 26, HEX_SIZE = 2 * CRYPTO_PUBLIC_KEY_SIZE + 1 };

static bool show_json(const struct store_erasure *erasure, const char *public_key, double seconds, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(json_begin_object(&writer, err) && json_name(&writer, "snapshot", err) && json_i64(&writer, erasure->snapshot, err));
    TRY(json_name(&writer, "files", err) && json_i64(&writer, (int64_t)erasure->files, err));
    TRY(json_name(&writer, "bytes", err) && json_i64(&writer, (int64_t)erasure->bytes, err));
    TRY(json_name(&writer, "persons", err) && json_i64(&writer, (int64_t)erasure->persons, err));
    TRY(json_name(&writer, "rows", err) && json_i64(&writer, (int64_t)erasure->rows, err));
    TRY(json_name(&writer, "seconds", err) && json_double(&writer, seconds, err));
    TRY(json_name(&writer, "certificate", err) && json_text(&writer, text_of(erasure->certificate), err));
    TRY(json_name(&writer, "public_key", err) && json_text(&writer, text_of(public_key), err));
    return json_end_object(&writer, err) && print_buffer(&out, err);
}

/* The certificate itself is entered by its hash: nobody can write another one for the same act later. */
static bool certificate_record(struct warehouse *warehouse, const struct store_erasure *erasure, const struct invocation *in,
                               struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = CERTIFICATE_BYTES_MAX};
    if (erasure->snapshot == 0) {
        return true;
    }
    TRY(file_read(arena_text_format(in->arena, "%s/%s", warehouse->directory, erasure->certificate), &bytes, err));
    struct crypto_hash hash = crypto_hash_of(bytes.data, bytes.length);
    return warehouse_record(warehouse, LEDGER_ACT_CERTIFICATE, &hash, NULL, (struct text){NULL, 0}, err);
}

static bool show(const struct invocation *in, const struct warehouse *warehouse, const struct store_erasure *erasure, double seconds,
                 struct error *err)
{
    char files[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE], persons[COUNT_TEXT_SIZE], rows[COUNT_TEXT_SIZE], key[HEX_SIZE];
    crypto_hex(key, keyring_manifest_public_key(warehouse->keyring), CRYPTO_PUBLIC_KEY_SIZE);
    if (invocation_flag(in, "json")) {
        return show_json(erasure, key, seconds, err);
    }
    if (erasure->snapshot == 0) {
        printf("there is nothing to erase\n");
        return true;
    }
    printf("snapshot %u: the key%s of %s file%s (%s) %s destroyed; %s record%s of persons with %s row%s %s erased (%.1f s)\n",
           erasure->snapshot, erasure->files == 1 ? "" : "s", count_text(erasure->files, files), erasure->files == 1 ? "" : "s",
           bytes_text(erasure->bytes, bytes), erasure->files == 1 ? "was" : "were", count_text(erasure->persons, persons),
           erasure->persons == 1 ? "" : "s", count_text(erasure->rows, rows), erasure->rows == 1 ? "" : "s",
           erasure->persons == 1 ? "is" : "are", seconds);
    printf("certificate: %s/%s\npublic key of this warehouse: %s\n", warehouse->directory, erasure->certificate, key);
    return true;
}

/* Kept cohorts of snapshots that are closed now. */
static bool cohorts_sweep(const struct invocation *in, struct warehouse *warehouse, bool everything, struct error *err)
{
    uint64_t destroyed;
    TRY(kept_cohorts_sweep(warehouse, everything, &destroyed, err));
    if (destroyed > 0 && !invocation_flag(in, "json")) {
        print_line("%llu kept cohorts were destroyed with them / cohortes conservées détruites avec eux", (unsigned long long)destroyed);
    }
    return true;
}

/* What was delivered lies on the shelves, too. */
static bool shelves_remark(const struct invocation *in, const struct warehouse *warehouse, struct error *err)
{
    bool exists = false;
    TRY(file_exists(arena_text_format(in->arena, "%s/shelves/index", warehouse->directory), &exists, err));
    if (exists && !invocation_flag(in, "json")) {
        print_line("what holders delivered of these persons stays sealed on the shelves, and out of every snapshot, until "
                   "`emc2 erase --all` / les livraisons scellées gardent leurs lignes, jamais reprises dans un instantané");
    }
    return true;
}

static bool staged_remove(void *context, const char *name, struct error *err)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%.3000s/%.255s", (const char *)context, name) >= (int)sizeof path) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
    }
    return file_remove(path, err);
}

/* Before the store, whose end closes the warehouse. */
static bool deliveries_erase(const struct invocation *in, const struct warehouse *warehouse, struct error *err)
{
    const struct shelf_place place = {warehouse->directory, warehouse->keyring, &warehouse->grant};
    char *folder = arena_text_format(in->arena, "%s/deliveries", warehouse->directory);
    bool exists = false;
    TRY(shelves_erase(&place, err) && file_exists(folder, &exists, err));
    return !exists || directory_visit(folder, staged_remove, folder, err);
}

bool command_compact(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    struct store_erasure erasure;
    const char *reason = invocation_value(in, "reason");
    TRY(warehouse_open(&warehouse, in, "compact", GRANT_ERASE | GRANT_LOAD, err));
    TRY(warehouse_record(&warehouse, LEDGER_ACT_COMPACT, NULL, "reason", text_of(reason ? reason : "excluded persons"), err));
    int64_t began_ns = clock_monotonic_ns();
    struct progress *progress = progress_begin("compact", 0, "bytes", invocation_flag(in, "quiet"));
    bool done = store_compact(warehouse.store, &warehouse.grant, reason ? reason : "excluded persons", in->pool, progress, &erasure, err);
    progress_end(progress);
    return done && certificate_record(&warehouse, &erasure, in, err) && cohorts_sweep(in, &warehouse, false, err) &&
           show(in, &warehouse, &erasure, (double)(clock_monotonic_ns() - began_ns) / 1e9, err) && shelves_remark(in, &warehouse, err);
}

/* The last part of the directory's path must be typed again. */
static bool confirm(const struct invocation *in, const char *directory, struct error *err)
{
    const char *name = invocation_value(in, "yes-destroy");
    size_t end = strlen(directory), begin;
    while (end > 1 && directory[end - 1] == '/') {
        end--;
    }
    for (begin = end; begin > 0 && directory[begin - 1] != '/'; begin--) {
    }
    if (name && text_equal(text_of(name), (struct text){directory + begin, end - begin})) {
        return true;
    }
    FAIL(err, INVALID_ARGUMENT, "this destroys the warehouse %.*s for good: nothing was done", (int)(end - begin), directory + begin);
    return error_hint(err, "when it is the right one, say so: --yes-destroy %.*s", (int)(end - begin), directory + begin);
}

static bool read_what(const struct invocation *in, enum store_erase_what *out_what, int64_t *out_snapshot, struct error *err)
{
    bool is_expired = invocation_flag(in, "expired"), is_all = invocation_flag(in, "all"), is_snapshot = invocation_flag(in, "snapshot");
    TRY(invocation_integer(in, "snapshot", 0, 1, UINT32_MAX, out_snapshot, err));
    if (is_expired + is_all + is_snapshot != 1) {
        FAIL(err, INVALID_ARGUMENT, "what is to be erased?");
        return error_hint(err, "one of --expired, --snapshot N, --all");
    }
    *out_what = is_expired ? STORE_ERASE_EXPIRED : is_all ? STORE_ERASE_ALL : STORE_ERASE_SNAPSHOT;
    return !is_all || confirm(in, warehouse_directory(in), err);
}

bool command_erase(struct invocation *in, struct error *err)
{
    static const char *const reasons[] = {[STORE_ERASE_EXPIRED] = "end of the authorisation",
                                          [STORE_ERASE_SNAPSHOT] = "a snapshot that was replaced",
                                          [STORE_ERASE_ALL] = "end of the warehouse"};
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    struct store_erasure erasure;
    enum store_erase_what what = STORE_ERASE_EXPIRED; /* read_what sets it; the release compiler does not see that */
    int64_t snapshot;
    const char *reason = invocation_value(in, "reason");
    TRY(read_what(in, &what, &snapshot, err));
    TRY(warehouse_open(&warehouse, in, "erase", GRANT_ERASE | GRANT_LOAD, err));
    TRY(warehouse_record(&warehouse, LEDGER_ACT_ERASE, NULL, "reason", text_of(reason ? reason : reasons[what]), err));
    int64_t began_ns = clock_monotonic_ns();
    TRY(what != STORE_ERASE_ALL || (deliveries_erase(in, &warehouse, err) && cohorts_sweep(in, &warehouse, true, err)));
    TRY(store_erase(warehouse.store, &warehouse.grant, what, (uint32_t)snapshot, reason ? reason : reasons[what], &erasure, err));
    return certificate_record(&warehouse, &erasure, in, err) && (what == STORE_ERASE_ALL || cohorts_sweep(in, &warehouse, false, err)) &&
           show(in, &warehouse, &erasure, (double)(clock_monotonic_ns() - began_ns) / 1e9, err);
}

bool command_certificate_verify(struct invocation *in, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = CERTIFICATE_BYTES_MAX}, words = {.maximum = 1 << 16};
    const char *known = invocation_value(in, "public-key"), *language = invocation_value(in, "language");
    struct store_certificate certificate;
    uint8_t key[CRYPTO_PUBLIC_KEY_SIZE];
    char hex[HEX_SIZE];
    if (known && (strlen(known) != HEX_SIZE - 1 || !crypto_from_hex(key, sizeof key, known))) {
        return FAIL(err, INVALID_ARGUMENT, "--public-key takes %d hexadecimal digits", HEX_SIZE - 1);
    }
    TRY(file_read(in->words[0], &bytes, err));
    TRY(store_certificate_read(bytes.data, bytes.length, known ? key : NULL, &certificate, language ? language : "fr", &words, err));
    crypto_hex(hex, certificate.public_key, sizeof certificate.public_key);
    printf("%s%s", words.data ? (const char *)words.data : "", known ? "the signature is valid, by the key that was given\n" : "");
    if (!known) {
        printf("the signature is valid, by the key that the certificate names: %s\ncompare it with the one that the warehouse made known\n",
               hex);
    }
    return true;
}
