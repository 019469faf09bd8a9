/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_make: what a holder of the examples hands over, for a real warehouse:
 *   delivery_make card                      the holder's card, to standard output
 *   delivery_make terms FROM UNTIL          terms of an agreement
 *   delivery_make all DIR CARD AGREEMENT    good-1 and good-2, later, objections.tokens, each broken delivery, and cases.json that lists
 * them */
#include "base/json.h"
#include "broken.h"
#include <stdio.h>

static void must(bool done, const struct error *err)
{
    if (!done) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static void print_card(const struct example *example)
{
    char hex[2 * CRYPTO_PUBLIC_KEY_SIZE + 1];
    crypto_hex(hex, example->holder_key, sizeof example->holder_key);
    printf("{\"format\": \"emc2 holder card\", \"version\": 1, \"holder\": \"chu-a\", \"public_key\": \"%s\"}\n", hex);
}

static void print_terms(const char *from, const char *until)
{
    CLEANUP(buffer_value) struct buffer terms = {.maximum = AGREEMENT_BYTES_MAX};
    struct error err = {0};
    must(example_terms(&terms, "chu-a", from, until, "kinship", &err), &err);
    printf("%s\n", (const char *)terms.data);
}

/* A row of a person who is in an earlier delivery only. */
static void write_later(const struct example *example, const char *path)
{
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    struct delivery_writing writing = example_writing(example);
    struct record record = example_condition(7, 4711);
    struct error err = {0};
    writing.sequence = 2;
    writing.is_full = false;
    must(delivery_writer_open(&writer, path, &writing, &err) && delivery_writer_add_record(writer, &record, &err), &err);
    must(delivery_writer_commit(writer, NULL, &err), &err);
}

/* Recipient and agreement of the real warehouse. */
static void warehouse_take(struct example *example, const char *card_path, const char *agreement_path)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = AGREEMENT_BYTES_MAX};
    struct error err = {0};
    const struct json *card;
    uint8_t governance[CRYPTO_PUBLIC_KEY_SIZE];
    must(json_parse_file(&card, scratch, card_path, 1 << 16, &err) && file_read(agreement_path, &bytes, &err), &err);
    const struct json *intake = json_member(card, "intake_key"), *key = json_member(card, "governance_key");
    bool is_hex = intake && key && crypto_from_hex(example->intake_public, CRYPTO_PUBLIC_KEY_SIZE, intake->text.data) &&
                  crypto_from_hex(governance, sizeof governance, key->text.data);
    assert(is_hex);
    agreement_destroy(example->agreement);
    example->agreement = NULL;
    must(agreement_read(&example->agreement, agreement_path, bytes.data, bytes.length, governance, &err), &err);
}

static void write_objections(const struct example *example, const char *path, struct delivery_token token)
{
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    struct delivery_writing writing = example_writing(example);
    struct error err = {0};
    must(delivery_writer_open(&writer, path, &writing, &err) && delivery_writer_add_tokens(writer, 5, &token, 1, &err), &err);
    must(delivery_writer_commit(writer, NULL, &err), &err);
}

static void write_good(const struct example *example, const char *path, uint64_t sequence)
{
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    struct delivery_writing writing = example_writing(example);
    struct error err = {0};
    writing.sequence = sequence;
    must(delivery_writer_open(&writer, path, &writing, &err) && example_fill(writer, 200, 3, &err), &err);
    must(delivery_writer_commit(writer, NULL, &err), &err);
}

static bool name_text(struct json_writer *json, const char *name, const char *value, struct error *err)
{
    return json_name(json, name, err) && json_text(json, text_of(value), err);
}

static bool case_print(struct json_writer *json, const struct broken *broken, struct error *err)
{
    static const char *const holders[] = {"good", "unknown", "suspended", "over", "no-agreement", "agreement-over"};
    TRY(json_begin_object(json, err) && name_text(json, "name", broken->name, err) && name_text(json, "reason", broken->reason, err));
    TRY(name_text(json, "says", broken->says, err) && name_text(json, "holder", holders[broken->holder], err));
    TRY(json_name(json, "last_sequence", err) && json_i64(json, (int64_t)broken->last_sequence, err));
    return json_end_object(json, err);
}

static void write_all(const struct example *example, const char *directory)
{
    CLEANUP(buffer_value) struct buffer cases = {.maximum = 1 << 20};
    struct json_writer json = {.out = &cases, .indented = true};
    struct error err = {0};
    char path[4096];
    must(json_begin_array(&json, &err), &err);
    for (size_t i = 0; i < broken_count; i++) {
        snprintf(path, sizeof path, "%s/%s.delivery", directory, broken_deliveries[i].name);
        broken_write(&broken_deliveries[i], example, path);
        must(case_print(&json, &broken_deliveries[i], &err), &err);
    }
    snprintf(path, sizeof path, "%s/cases.json", directory);
    must(json_end_array(&json, &err) && file_write_atomic(path, cases.data, cases.length, 0644, &err), &err);
    for (uint64_t sequence = 1; sequence <= 2; sequence++) {
        snprintf(path, sizeof path, "%s/good-%d.delivery", directory, (int)sequence);
        write_good(example, path, sequence);
    }
    snprintf(path, sizeof path, "%s/later.delivery", directory);
    write_later(example, path);
    snprintf(path, sizeof path, "%s/objections.tokens", directory);
    write_objections(example, path, example_token(1, 5));
    snprintf(path, sizeof path, "%s/objections-broken.tokens", directory);
    write_objections(example, path, (struct delivery_token){.kind = 1}); /* the neutral element is nobody's pseudonym */
}

int main(int argc, char **argv)
{
    CLEANUP(example) struct example example = example_open();
    if (argc == 2 && strcmp(argv[1], "card") == 0) {
        print_card(&example);
    } else if (argc == 4 && strcmp(argv[1], "terms") == 0) {
        print_terms(argv[2], argv[3]);
    } else if (argc == 5 && strcmp(argv[1], "all") == 0) {
        warehouse_take(&example, argv[3], argv[4]);
        write_all(&example, argv[2]);
    } else {
        return 2;
    }
    return 0;
}
