/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_example: for tests only. A warehouse and a holder with fixed keys, an agreement on everything but kinship and the day of birth,
 * and deliveries of a few persons. */
#pragma once
#include "intake/delivery/delivery_agreement.h"
#include "trust/crypto/crypto_envelope.h"
#include "trust/crypto/crypto_group.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct example {
    struct secret *warehouse_seed, *holder_seed, *intake_key;
    uint8_t warehouse_key[CRYPTO_PUBLIC_KEY_SIZE], holder_key[CRYPTO_PUBLIC_KEY_SIZE], intake_public[CRYPTO_PUBLIC_KEY_SIZE];
    struct agreement *agreement;
};
#define EXAMPLE_MUST(call)                          \
    do {                                            \
        struct error example_err = {.message = ""}; \
        struct error *err = &example_err;           \
        if (!(call)) {                              \
            fprintf(stderr, "%s\n", err->message);  \
            abort();                                \
        }                                           \
    } while (0)

static inline struct secret *example_secret(uint8_t fill, struct error *err)
{
    struct secret *secret = NULL;
    if (secret_create(&secret, CRYPTO_KEY_SIZE, err)) {
        memset(secret_bytes(secret), fill, CRYPTO_KEY_SIZE);
    }
    return secret;
}

/* The terms as JSON. without: "table" or "table.column" that is left out, or "". */
static inline bool example_terms(struct buffer *out, const char *holder, const char *from, const char *until, const char *without,
                                 struct error *err)
{
    bool is_first = true;
    TRY(buffer_append_format(
        out, err,
        "{\"format\": \"emc2 agreement\", \"version\": 1, \"holder\": \"%s\", \"purpose\": \"tests\", \"from\": \"%s\", "
        "\"until\": \"%s\", \"tables\": [",
        holder, from, until));
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        const struct record_shape *shape = record_shape((enum record_table)t);
        if (strcmp(without, shape->name) == 0) {
            continue;
        }
        TRY(buffer_append_format(out, err, "%s{\"table\": \"%s\", \"justification\": \"why\", \"columns\": [", is_first ? "" : ", ",
                                 shape->name));
        is_first = true;
        for (size_t i = 0; i < shape->field_count; i++) {
            char name[100];
            snprintf(name, sizeof name, "%s.%s", shape->name, record_column_name(shape->fields[i].column));
            if (strcmp(without, name) == 0 || shape->fields[i].column == COLUMN_BIRTH_DAY) {
                continue;
            }
            TRY(buffer_append_format(out, err, "%s{\"column\": \"%s\", %s\"justification\": \"why\"}", is_first ? "" : ", ",
                                     record_column_name(shape->fields[i].column),
                                     shape->fields[i].is_potential ? "\"potential\": true, " : ""));
            is_first = false;
        }
        TRY(buffer_append_text(out, "]}", err));
        is_first = false;
    }
    return buffer_append_text(out, "]}", err);
}

static inline struct agreement *example_agreement(const char *holder, const char *from, const char *until, const char *without)
{
    CLEANUP(buffer_value) struct buffer terms = {.maximum = AGREEMENT_BYTES_MAX};
    struct agreement *agreement = NULL;
    EXAMPLE_MUST(example_terms(&terms, holder, from, until, without, err));
    EXAMPLE_MUST(agreement_read_terms(&agreement, "terms", terms.data, terms.length, err));
    return agreement;
}

static inline struct example example_open(void)
{
    struct example example = {.agreement = NULL};
    EXAMPLE_MUST(crypto_start(err));
    EXAMPLE_MUST((example.warehouse_seed = example_secret(1, err)) && (example.holder_seed = example_secret(2, err)) &&
                 (example.intake_key = example_secret(3, err)));
    EXAMPLE_MUST(crypto_public_key(example.warehouse_key, example.warehouse_seed, err) &&
                 crypto_public_key(example.holder_key, example.holder_seed, err) &&
                 crypto_envelope_public_key(example.intake_public, example.intake_key, err));
    example.agreement = example_agreement("chu-a", "2026-01-01", "2026-12-31", "kinship");
    return example;
}

static inline __attribute__((unused)) void example_cleanup(struct example *example)
{
    secret_destroy(example->warehouse_seed);
    secret_destroy(example->holder_seed);
    secret_destroy(example->intake_key);
    agreement_destroy(example->agreement);
}

static inline __attribute__((unused)) struct delivery_writing example_writing(const struct example *example)
{
    struct delivery_writing writing = {
        .holder = "chu-a", .sequence = 1, .is_full = true, .made = 1780000000, .intake_epoch = 1, .epoch = 1};
    memcpy(writing.recipient, example->intake_public, sizeof writing.recipient);
    writing.signing_seed = example->holder_seed;
    writing.agreement = example->agreement;
    return writing;
}

static inline __attribute__((unused)) bool example_intake_key(void *context, uint32_t epoch, struct secret **out_key, struct error *err)
{
    const struct example *example = context;
    if (epoch != 1) {
        return FAIL(err, NOT_FOUND, "no such intake key");
    }
    TRY(secret_create(out_key, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(*out_key), secret_view(example->intake_key), CRYPTO_KEY_SIZE);
    return true;
}

static inline __attribute__((unused)) struct delivery_opening example_opening(struct example *example)
{
    return (struct delivery_opening){.holder_key = example->holder_key, .intake = {example_intake_key, example}};
}

static inline struct record example_person(int64_t subject)
{
    struct record record;
    record_begin(&record, RECORD_PERSON);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_text(&record, COLUMN_SEX, subject % 2 ? TEXT("F") : TEXT("M"));
    record_set_integer(&record, COLUMN_BIRTH_YEAR, 1930 + subject % 80);
    record_set_integer(&record, COLUMN_BIRTH_MONTH, 1 + subject % 12);
    record_set_text(&record, COLUMN_RESIDENCE, TEXT("29019"));
    return record;
}

static inline struct record example_condition(int64_t subject, int64_t number)
{
    struct record record;
    record_begin(&record, RECORD_CONDITION);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_integer(&record, COLUMN_RECORD, number);
    record_set_text(&record, COLUMN_SYSTEM, TEXT("CIM10"));
    record_set_text(&record, COLUMN_CODE, number % 3 ? TEXT("I10") : TEXT("E11.9"));
    record_set_day(&record, COLUMN_START, (day){20000 + (int32_t)(number % 300)});
    if (number % 2) {
        record_set_day(&record, COLUMN_END, (day){20000 + (int32_t)(number % 300) + 3});
    }
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return record;
}

/* A pseudonym like any other: an element of the group. */
static inline struct delivery_token example_token(uint8_t kind, int64_t subject)
{
    struct delivery_token token = {.kind = kind};
    uint8_t uniform[CRYPTO_UNIFORM_SIZE];
    const struct text parts[2] = {{(const char *)&subject, sizeof subject}, {(const char *)&kind, 1}};
    crypto_uniform(uniform, TEXT("an example"), parts, 2);
    crypto_element_from_uniform(token.element, uniform);
    return token;
}

/* Persons 1 to persons with conditions each, and two tokens a person. */
static inline __attribute__((unused)) bool example_fill(struct delivery_writer *writer, int64_t persons, int64_t conditions,
                                                        struct error *err)
{
    for (int64_t subject = 1; subject <= persons; subject++) {
        struct record record = example_person(subject);
        struct delivery_token tokens[2] = {example_token(1, subject), example_token(2, subject)};
        TRY(delivery_writer_add_record(writer, &record, err) && delivery_writer_add_tokens(writer, subject, tokens, 2, err));
        for (int64_t i = 0; i < conditions; i++) {
            record = example_condition(subject, subject * 1000 + i);
            TRY(delivery_writer_add_record(writer, &record, err));
        }
    }
    return true;
}
