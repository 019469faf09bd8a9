/* SPDX-License-Identifier: EUPL-1.2 */
/* fixture: for tests only. A small export in a folder of its own, read once; what came out can be asked for by table, code and field. */
#pragma once
#include "base/scratch.h"
#include "intake/snds/snds.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXTURE_RECORDS = 4096, FIXTURE_PERSONS = 64 };
/* The nine columns of a claim's key; number is DCT_ORD_NUM. */
#define KEY_HEADER "DCT_ORD_NUM,FLX_DIS_DTD,FLX_EMT_NUM,FLX_EMT_ORD,FLX_EMT_TYP,FLX_TRT_DTD,ORG_CLE_NUM,PRS_ORD_NUM,REM_TYP_AFF"
#define KEY(number) #number ",2017-03-01,12,1,1,2017-03-04,01C731223,1,1"
#define PERSONS_HEADER                                                                                                                     \
    "BEN_NIR_PSA,BEN_RNG_GEM,BEN_NIR_ANO,BEN_IDT_ANO,BEN_IDT_TOP,BEN_CDI_NIR,BEN_NAI_ANN,BEN_NAI_MOI,BEN_SEX_COD,BEN_DCD_DTE,ORG_AFF_BEN," \
    "BEN_RES_DPT,BEN_RES_COM,BEN_DTE_INS,BEN_DTE_MAJ\n"
struct fixture_person {
    int64_t subject;
    bool has_name, has_own_number, has_twin_rank;
};
struct fixture {
    struct scratch scratch;
    struct arena *texts;
    struct secret *key;
    struct record_numbers *numbers;
    struct settings settings;
    struct tally *tally;
    struct record records[FIXTURE_RECORDS];
    size_t count;
    struct fixture_person persons[FIXTURE_PERSONS];
    size_t person_count;
    struct error err;
    bool read;
};

static inline __attribute__((unused)) struct fixture *fixture_open(void)
{
    struct error err;
    bool started = crypto_start(&err);
    assert(started);
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert(fixture);
    fixture->scratch = scratch_open();
    fixture->texts = arena_create();
    assert(secret_create(&fixture->key, CRYPTO_KEY_SIZE, &err));
    assert(record_numbers_create(&fixture->numbers, fixture->key, &err));
    settings_defaults(&fixture->settings);
    fixture->settings.values[SETTING_SNDS_MEMORY_BYTES] = 1 << 20;
    return fixture;
}

static inline __attribute__((unused)) void fixture_close(struct fixture *fixture)
{
    tally_destroy(fixture->tally);
    record_numbers_destroy(fixture->numbers);
    secret_destroy(fixture->key);
    arena_destroy(fixture->texts);
    scratch_cleanup(&fixture->scratch);
    free(fixture);
}
DEFINE_CLEANUP(fixture, fixture_close)

static inline __attribute__((unused)) void fixture_file(struct fixture *fixture, const char *name, const char *text)
{
    struct error err;
    assert(file_write_atomic(scratch_path(&fixture->scratch, name), text, strlen(text), 0600, &err));
}

static inline __attribute__((unused)) bool fixture_take(void *context, const struct record *record, struct error *err)
{
    (void)err;
    struct fixture *fixture = context;
    assert(fixture->count < FIXTURE_RECORDS);
    struct record *copy = &fixture->records[fixture->count++];
    *copy = *record;
    for (int column = 0; column < RECORD_COLUMN_COUNT; column++) {
        if (record_has(record, (enum record_column)column) && record_column_type((enum record_column)column) == RECORD_TEXT) {
            struct text text = record->values[column].text;
            char *bytes = ARENA_ARRAY(fixture->texts, char, text.length + 1);
            memcpy(bytes, text.data, text.length);
            copy->values[column].text = text_of(bytes);
        }
    }
    return true;
}

static inline __attribute__((unused)) bool fixture_person(void *context, int64_t subject, const struct identity *identity,
                                                          struct error *err)
{
    (void)err;
    struct fixture *fixture = context;
    assert(fixture->person_count < FIXTURE_PERSONS);
    fixture->persons[fixture->person_count++] =
        (struct fixture_person){subject, identity_has(identity, IDENTITY_BIRTH_NAME), identity_has(identity, IDENTITY_NIR),
                                identity_has(identity, IDENTITY_TWIN_RANK)};
    return true;
}

/* Reads (again); true when the reader took the export. */
static inline __attribute__((unused)) bool fixture_try(struct fixture *fixture)
{
    const struct reader_options options = {.numbers = fixture->numbers, .settings = &fixture->settings};
    const struct reader_sink sink = {.person = fixture_person, .record = fixture_take, .context = fixture};
    tally_destroy(fixture->tally);
    fixture->tally = tally_create();
    fixture->count = fixture->person_count = 0;
    return snds_read(fixture->scratch.directory, &options, &sink, fixture->tally, &fixture->err);
}

static inline __attribute__((unused)) uint64_t fixture_tally(const struct fixture *fixture, const char *place, enum record_outcome outcome)
{
    for (size_t i = 0; i < tally_row_count(fixture->tally); i++) {
        if (strcmp(tally_row(fixture->tally, i)->place, place) == 0) {
            return tally_row(fixture->tally, i)->outcomes[outcome];
        }
    }
    return 0;
}

static inline __attribute__((unused)) uint64_t fixture_remark(const struct fixture *fixture, const char *part)
{
    for (size_t i = 0; i < tally_remark_count(fixture->tally); i++) {
        if (strstr(tally_remark_at(fixture->tally, i)->words, part)) {
            return tally_remark_at(fixture->tally, i)->count;
        }
    }
    return 0;
}

/* For every place what was seen is what was taken and what was left. */
static inline __attribute__((unused)) void fixture_adds_up(const struct fixture *fixture)
{
    for (size_t i = 0; i < tally_row_count(fixture->tally); i++) {
        const struct tally_row *row = tally_row(fixture->tally, i);
        uint64_t sum = 0;
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            sum += row->outcomes[outcome];
        }
        if (row->seen != sum) {
            fprintf(stderr, "%s: %llu seen, %llu counted\n", row->place, (unsigned long long)row->seen, (unsigned long long)sum);
        }
        assert(row->seen == sum);
    }
}

static inline __attribute__((unused)) void fixture_read(struct fixture *fixture)
{
    bool read = fixture_try(fixture);
    for (size_t i = 0; !read && i < tally_finding_kept(fixture->tally); i++) {
        const struct tally_finding *finding = tally_finding(fixture->tally, i);
        fprintf(stderr, "%s:%llu %s %s\n", finding->file, (unsigned long long)finding->line, finding->field, finding->words);
    }
    if (!read) {
        fprintf(stderr, "%s\n", fixture->err.message);
    }
    assert(read);
    fixture_adds_up(fixture);
}

/* The number of records of a table; code NULL: any. */
static inline __attribute__((unused)) size_t fixture_count(const struct fixture *fixture, enum record_table table, const char *code)
{
    size_t count = 0;
    for (size_t i = 0; i < fixture->count; i++) {
        const struct record *record = &fixture->records[i];
        bool is_code = !code || (record_has(record, COLUMN_CODE) && text_equal(record->values[COLUMN_CODE].text, text_of(code)));
        count += record->table == table && is_code;
    }
    return count;
}

/* The only record of a table with a code. */
static inline __attribute__((unused)) const struct record *fixture_one(const struct fixture *fixture, enum record_table table,
                                                                       const char *code)
{
    assert(fixture_count(fixture, table, code) == 1);
    for (size_t i = 0; i < fixture->count; i++) {
        const struct record *record = &fixture->records[i];
        bool is_code = !code || (record_has(record, COLUMN_CODE) && text_equal(record->values[COLUMN_CODE].text, text_of(code)));
        if (record->table == table && is_code) {
            return record;
        }
    }
    return NULL;
}

static inline __attribute__((unused)) void fixture_text(const struct record *record, enum record_column column, const char *expected)
{
    char text[RECORD_TEXT_MAX + 1] = "";
    if (record_has(record, column)) {
        assert(text_copy(text, sizeof text, record->values[column].text));
    }
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "%s: '%s', not '%s'\n", record_column_name(column), text, expected);
    }
    assert(strcmp(text, expected) == 0);
}

static inline __attribute__((unused)) void fixture_day(const struct record *record, enum record_column column, const char *expected)
{
    char text[DAY_TEXT_SIZE] = "";
    if (record_has(record, column)) {
        day_to_text((day){record->values[column].day}, text);
    }
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "%s: '%s', not '%s'\n", record_column_name(column), text, expected);
    }
    assert(strcmp(text, expected) == 0);
}
