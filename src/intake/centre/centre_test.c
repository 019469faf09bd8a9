/* SPDX-License-Identifier: EUPL-1.2 */
/* The whole way of a holder by files: cards, blinding, the authority's answer, packing; what must stop it; and that nothing of an identity
 * is in any file that was written. */
#include "base/file.h"
#include "base/scratch.h"
#include "intake/centre/centre.h"
#include "intake/delivery/delivery_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { PERSONS = 40 };

/* A reader of an export that is not there: each person has a name that nobody else has, and three records. */
struct fake {
    bool has_finding, has_nir_in_text;
};
static struct fake fake;
static bool fake_person(const struct reader_options *options, const struct reader_sink *sink, struct identity *identity, int i,
                        struct error *err)
{
    char local[16], name[32], date[40];
    snprintf(local, sizeof local, "P%d", i);
    snprintf(name, sizeof name, "Zwolnitchka%c%c", 'a' + i % 26, 'a' + i / 26);
    snprintf(date, sizeof date, "19%02d-0%d-1%d", 40 + i, 1 + i % 9, i % 10);
    int64_t subject = record_subject(options->numbers, text_of(local));
    identity_clear(identity);
    identity_set(identity, IDENTITY_BIRTH_NAME, text_of(name));
    identity_set(identity, IDENTITY_GIVEN_NAMES, TEXT("Quiteria"));
    identity_set(identity, IDENTITY_BIRTH_DATE, text_of(date));
    identity_set(identity, IDENTITY_SEX, TEXT("F"));
    identity_set(identity, IDENTITY_BIRTH_PLACE, TEXT("29951"));
    TRY(!sink->person || sink->person(sink->context, subject, identity, err));
    if (!sink->record) {
        return true;
    }
    struct record record;
    record_begin(&record, RECORD_PERSON);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_text(&record, COLUMN_SEX, TEXT("F"));
    record_set_integer(&record, COLUMN_BIRTH_YEAR, 1940 + i);
    record_set_integer(&record, COLUMN_BIRTH_DAY, 10 + i % 10);
    TRY(sink->record(sink->context, &record, err));
    record_begin(&record, RECORD_CONDITION);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_integer(&record, COLUMN_RECORD, record_number(options->numbers, "condition", text_of(local)));
    record_set_text(&record, COLUMN_SYSTEM, TEXT("CIM10"));
    record_set_text(&record, COLUMN_CODE, TEXT("C900"));
    day start = {0};
    assert_true(day_from_civil(2020, 5, 17, &start));
    record_set_day(&record, COLUMN_START, start);
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    TRY(sink->record(sink->context, &record, err));
    record_begin(&record, RECORD_OBSERVATION);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_integer(&record, COLUMN_RECORD, record_number(options->numbers, "observation", text_of(local)));
    record_set_text(&record, COLUMN_SYSTEM, TEXT("LOINC"));
    record_set_text(&record, COLUMN_CODE, TEXT("8480-6"));
    record_set_day(&record, COLUMN_START, start);
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    record_set_text(&record, COLUMN_VALUE_TEXT, fake.has_nir_in_text ? TEXT("255081416802538") : TEXT("normal"));
    return sink->record(sink->context, &record, err);
}

static bool fake_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
                      struct error *err)
{
    (void)path;
    CLEANUP(identity) struct identity *identity = NULL;
    TRY(identity_create(&identity, err));
    for (int i = 0; i < PERSONS; i++) {
        tally_seen(tally, "fake", 1);
        tally_count(tally, "fake", OUTCOME_TAKEN, 3);
        TRY(fake_person(options, sink, identity, i, err));
    }
    if (fake.has_finding) {
        tally_find(tally, "fake.csv", 7, "birth_date", "not a date");
    }
    return true;
}

/* ---- the world around the centre ---- */
struct world {
    struct scratch scratch;
    struct example example;
    struct secret *passphrase, *exponent, *authority_seed;
    struct circuit_authority_secret authority;
    struct task_pool *pool;
    struct centre *centre;
    struct centre_export export;
    char directory[200], request[200], response[200], delivery[200];
};

static void write_text(struct world *world, const char *name, const char *text)
{
    struct error err;
    assert_true(file_write_atomic(scratch_path(&world->scratch, name), text, strlen(text), 0644, &err));
}

static bool sign(void *context, const void *bytes, size_t length, uint8_t out[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    return crypto_signature_make(out, context, bytes, length, err);
}

static void write_cards(struct world *world)
{
    struct error err;
    char text[1000], a[65], b[65];
    crypto_hex(a, world->example.intake_public, 32);
    crypto_hex(b, world->example.warehouse_key, 32);
    snprintf(text, sizeof text,
             "{\"format\": \"emc2 warehouse card\", \"intake_key\": \"%s\", \"intake_epoch\": 1, \"governance_key\": \"%s\"}", a, b);
    write_text(world, "warehouse-card.json", text);
    crypto_hex(a, world->authority.public.public_key, 32);
    crypto_hex(b, world->authority.public.signing_key, 32);
    snprintf(text, sizeof text, "{\"format\": \"emc2 authority card\", \"epoch\": 1, \"public_key\": \"%s\", \"signing_key\": \"%s\"}", a,
             b);
    write_text(world, "authority-card.json", text);
    struct buffer signed_text = {.maximum = AGREEMENT_BYTES_MAX};
    struct agreement_signer signer = {
        .warehouse_key = world->example.warehouse_key, .sign = sign, .context = world->example.warehouse_seed};
    assert_true(agreement_sign(world->example.agreement, &signer, &signed_text, &err));
    write_text(world, "agreement-2026.json", (const char *)signed_text.data);
    buffer_finish(&signed_text);
}

static void world_open(struct world *world)
{
    struct error err = {0};
    *world = (struct world){.scratch = scratch_open(), .example = example_open()};
    fake = (struct fake){0};
    clock_set_for_tests(1780000000); /* 2026-05-28 */
    snprintf(world->directory, sizeof world->directory, "%s/centre", world->scratch.directory);
    snprintf(world->request, sizeof world->request, "%s/a.request", world->scratch.directory);
    snprintf(world->response, sizeof world->response, "%s/a.response", world->scratch.directory);
    snprintf(world->delivery, sizeof world->delivery, "%s/a.delivery", world->scratch.directory);
    assert_true(secret_create(&world->passphrase, 8, &err) && crypto_scalar_random(&world->exponent, &err) &&
                secret_random(&world->authority_seed, CRYPTO_KEY_SIZE, &err) && task_pool_create(&world->pool, 2, &err));
    memcpy(secret_bytes(world->passphrase), "8 bytes!", 8);
    world->authority =
        (struct circuit_authority_secret){.public = {.epoch = 1}, .key = world->exponent, .signing_seed = world->authority_seed};
    assert_true(crypto_voprf_public_key(world->authority.public.public_key, world->exponent, &err) &&
                crypto_public_key(world->authority.public.signing_key, world->authority_seed, &err));
    write_cards(world);
    world->export = (struct centre_export){.path = "the export", .reader = fake_read, .options = {.pool = world->pool}};
    assert_true(centre_create(world->directory, "chu-a", true, world->passphrase, &err));
    assert_true(centre_open(&world->centre, world->directory, world->passphrase, &err));
}

static void world_close(struct world *world)
{
    centre_close(world->centre);
    task_pool_destroy(world->pool);
    secret_destroy(world->passphrase);
    secret_destroy(world->exponent);
    secret_destroy(world->authority_seed);
    example_cleanup(&world->example);
    scratch_cleanup(&world->scratch);
    clock_set_for_tests(0);
}

static void take_all(struct world *world)
{
    struct error err = {0};
    enum centre_document kind;
    static const char *const documents[] = {"warehouse-card.json", "authority-card.json", "agreement-2026.json"};
    for (int i = 0; i < 3; i++) {
        assert_true(centre_document_take(world->centre, scratch_path(&world->scratch, documents[i]), false, &kind, &err));
        assert_int_equal(kind, i);
    }
}

static void blind(struct world *world)
{
    struct error err = {0};
    struct circuit_request request;
    struct tally *tally = tally_create();
    assert_true(centre_blind(world->centre, &world->export, world->request, tally, &request, &err));
    assert_true(request.count >= 5 * PERSONS);
    tally_destroy(tally);
}

static void answer(struct world *world)
{
    struct error err = {0};
    struct circuit_request request;
    assert_true(circuit_request_read(&request, world->request, &err));
    assert_string_equal(request.holder, "chu-a");
    assert_true(circuit_evaluate(world->response, world->request, &request, &world->authority, world->pool, &err));
}

static bool pack(struct world *world, struct delivery_head *out_head, struct error *err)
{
    struct tally *tally = tally_create();
    bool done = centre_pack(world->centre, &world->export, world->delivery, CENTRE_PACK_FULL, tally, out_head, err);
    tally_destroy(tally);
    return done;
}

/* No file below the directory has the bytes. */
struct search {
    const char *directory, *needle;
};
static bool search_file(void *context, const char *name, struct error *err)
{
    const struct search *search = context;
    char path[600];
    struct buffer bytes = {.maximum = 1 << 24};
    snprintf(path, sizeof path, "%s/%s", search->directory, name);
    if (strchr(name, '.') == NULL && access(path, X_OK) == 0) {
        struct search below = {path, search->needle};
        return directory_visit(path, search_file, &below, err);
    }
    assert_true(file_read(path, &bytes, err));
    assert_null(memmem(bytes.data, bytes.length, search->needle, strlen(search->needle)));
    buffer_finish(&bytes);
    return true;
}

static bool count_record(void *context, const struct record *record, struct error *err)
{
    (void)err;
    assert_false(record_has(record, COLUMN_BIRTH_DAY)); /* not in the agreement */
    ++*(int *)context;
    return true;
}

static bool count_tokens(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err)
{
    (void)err;
    assert_true(subject > 0 && count >= 5 && crypto_element_valid(tokens[0].element));
    ++*(int *)context;
    return true;
}

static bool intake_key(void *context, uint32_t epoch, struct secret **out_key, struct error *err)
{
    (void)context;
    assert_int_equal(epoch, 1);
    return (*out_key = example_secret(3, err)) != NULL;
}

static void the_whole_way(void **state)
{
    (void)state;
    struct world world;
    struct error err = {0};
    struct delivery_head head;
    uint64_t pseudonyms = 0;
    world_open(&world);
    take_all(&world);
    blind(&world);
    answer(&world);
    assert_true(centre_finish(world.centre, world.request, world.response, world.pool, &pseudonyms, &err));
    assert_true(pseudonyms >= 5 * PERSONS);
    assert_true(pack(&world, &head, &err));
    assert_int_equal(head.sequence, 1);
    assert_int_equal(head.tables[RECORD_PERSON].rows, PERSONS);
    assert_int_equal(head.subjects, PERSONS);
    struct delivery_opening opening = {.holder_key = centre_facts(world.centre)->public_key, .intake = {.key = intake_key}};
    struct delivery *delivery = NULL;
    int records = 0, subjects = 0;
    assert_true(delivery_open(&delivery, world.delivery, &opening, &err));
    assert_true(delivery_scan(delivery, RECORD_PERSON, count_record, &records, &err));
    assert_true(delivery_tokens(delivery, count_tokens, &subjects, &err));
    assert_int_equal(records, PERSONS);
    assert_int_equal(subjects, PERSONS);
    delivery_close(delivery);
    /* the second one has the next number, also when the centre was closed between them */
    centre_close(world.centre);
    assert_true(centre_open(&world.centre, world.directory, world.passphrase, &err));
    assert_true(centre_facts(world.centre)->has_agreement && centre_facts(world.centre)->in_french);
    assert_true(pack(&world, &head, &err));
    assert_int_equal(head.sequence, 2);
    struct search name = {world.scratch.directory, "wolnitchka"}, upper = {world.scratch.directory, "WOLNITCHKA"};
    assert_true(directory_visit(world.scratch.directory, search_file, &name, &err));
    assert_true(directory_visit(world.scratch.directory, search_file, &upper, &err));
    world_close(&world);
}

static void nothing_leaves_before_its_time(void **state)
{
    (void)state;
    struct world world;
    struct error err = {0};
    struct delivery_head head;
    struct circuit_request request;
    struct tally *tally = tally_create();
    uint64_t pseudonyms;
    enum centre_document kind;
    world_open(&world);
    assert_false(centre_blind(world.centre, &world.export, world.request, tally, &request, &err)); /* no authority */
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    /* an agreement cannot be checked before the warehouse's key is here */
    assert_false(centre_document_take(world.centre, scratch_path(&world.scratch, "agreement-2026.json"), false, &kind, &err));
    take_all(&world);
    assert_false(pack(&world, &head, &err)); /* no pseudonyms */
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    blind(&world);
    answer(&world);
    assert_true(centre_finish(world.centre, world.request, world.response, world.pool, &pseudonyms, &err));
    assert_false(centre_finish(world.centre, world.request, world.response, world.pool, &pseudonyms, &err)); /* its blinds are gone */
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    fake.has_finding = true;
    assert_false(pack(&world, &head, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_non_null(strstr(err.message, "fake.csv, line 7, birth_date"));
    fake = (struct fake){.has_nir_in_text = true};
    assert_false(pack(&world, &head, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_null(strstr(err.message, "255081416802538"));
    assert_int_not_equal(access(world.delivery, F_OK), 0);
    clock_set_for_tests(1880000000); /* 2029: the agreement is over */
    fake = (struct fake){0};
    assert_false(pack(&world, &head, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    tally_destroy(tally);
    world_close(&world);
}

static void a_pinned_key_does_not_change_in_silence(void **state)
{
    (void)state;
    struct world world;
    struct error err = {0};
    enum centre_document kind;
    world_open(&world);
    take_all(&world);
    crypto_random(world.example.intake_public, 32);
    write_cards(&world);
    const char *card = scratch_path(&world.scratch, "warehouse-card.json");
    assert_false(centre_document_take(world.centre, card, false, &kind, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_true(centre_document_take(world.centre, card, true, &kind, &err));
    write_text(&world, "other.json", "{\"format\": \"nothing\"}");
    assert_false(centre_document_take(world.centre, scratch_path(&world.scratch, "other.json"), false, &kind, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    write_text(&world, "short.json", "{\"format\": \"emc2 authority card\", \"epoch\": 1, \"public_key\": \"00\", \"signing_key\": \"\"}");
    assert_false(centre_document_take(world.centre, scratch_path(&world.scratch, "short.json"), true, &kind, &err));
    world_close(&world);
}

static void a_check_says_what_would_leave(void **state)
{
    (void)state;
    struct world world;
    struct error err = {0};
    struct centre_preview *preview = calloc(1, sizeof *preview);
    struct buffer page = {.maximum = 1 << 22};
    world_open(&world);
    take_all(&world);
    fake = (struct fake){.has_finding = true, .has_nir_in_text = true};
    struct tally *tally = tally_create();
    assert_true(centre_check(world.centre, &world.export, tally, preview, &err));
    assert_int_equal(preview->persons, PERSONS);
    assert_int_equal(preview->detected[DETECTED_NIR], PERSONS);
    assert_int_equal(preview->table_count, 3);
    assert_int_equal(preview->tables[0].leaving, PERSONS);
    for (size_t i = 0; i < preview->tables[0].column_count; i++) {
        const struct centre_column *column = &preview->tables[0].columns[i];
        assert_int_equal(column->justification != NULL, column->column != COLUMN_BIRTH_DAY);
        assert_true(column->column != COLUMN_BIRTH_DAY || column->values == 0);
    }
    assert_true(centre_page_write(world.centre, preview, &page, &err));
    assert_non_null(strstr((const char *)page.data, "\"language\":\"fr\""));
    assert_non_null(strstr((const char *)page.data, "\"line\":7"));
    assert_null(strstr((const char *)page.data, "255081416802538"));
    assert_null(strstr((const char *)page.data, "olnitchka"));
    buffer_finish(&page);
    free(preview);
    tally_destroy(tally);
    world_close(&world);
}

static void a_wrong_passphrase_or_a_second_init_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    struct error err = {0};
    struct centre *other = NULL;
    world_open(&world);
    assert_false(centre_create(world.directory, "chu-a", true, world.passphrase, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    secret_bytes(world.passphrase)[0] ^= 1;
    assert_false(centre_open(&other, world.directory, world.passphrase, &err));
    assert_false(centre_create(scratch_path(&world.scratch, "b"), "CHU A", true, world.passphrase, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    world_close(&world);
}

static void a_list_of_local_identifiers_becomes_one_of_subjects(void **state)
{
    (void)state;
    struct world world;
    struct error err = {0};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    CLEANUP(buffer_value) struct buffer expected = {.maximum = 1 << 16};
    uint64_t lines = 0;
    world_open(&world);
    const int64_t first = centre_subject(world.centre, TEXT("P1")), second = centre_subject(world.centre, TEXT("P2"));
    assert_true(first > 0 && second > 0 && first != second);
    write_text(&world, "list.csv", "holder,local_id,\"a, note\"\nchu-a,P1,\nchu-a, P2 ,\"x, y\"\n");
    char list[400], subjects[400];
    snprintf(list, sizeof list, "%s", scratch_path(&world.scratch, "list.csv"));
    snprintf(subjects, sizeof subjects, "%s", scratch_path(&world.scratch, "subjects.csv"));
    assert_true(centre_subjects_write(world.centre, list, subjects, &lines, &err) && lines == 2);
    assert_true(file_read(subjects, &out, &err));
    assert_true(buffer_append_format(&expected, &err, "holder,subject,\"a, note\"\nchu-a,%lld,\nchu-a,%lld,\"x, y\"\n", (long long)first,
                                     (long long)second));
    assert_true(out.length == expected.length && memcmp(out.data, expected.data, out.length) == 0);
    static const char *const refused[] = {"", "id\nP1\n", "local_id,x\nP1\n", "local_id,x\n,1\n", "local_id,subject\nP1,2\n"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        write_text(&world, "list.csv", refused[i]);
        assert_false(centre_subjects_write(world.centre, list, subjects, &lines, &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        assert_null(strstr(err.message, "P1"));
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_way),
        cmocka_unit_test(nothing_leaves_before_its_time),
        cmocka_unit_test(a_pinned_key_does_not_change_in_silence),
        cmocka_unit_test(a_check_says_what_would_leave),
        cmocka_unit_test(a_wrong_passphrase_or_a_second_init_changes_nothing),
        cmocka_unit_test(a_list_of_local_identifiers_becomes_one_of_subjects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
