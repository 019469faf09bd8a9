/* SPDX-License-Identifier: EUPL-1.2 */
/* Records -> standardise -> shelf -> assemble -> store, and what is in the store then: two holders with one person in common, corrections,
 * deletions, a full delivery, an objection. */
#include "base/scratch.h"
#include "intake/assemble/assemble.h"
#include "intake/assemble/assemble_example.h"
#include "intake/assemble/assemble_linkage.h"
#include "trust/keys/keys_pseudonym.h"
#include "warehouse/store/store_erasure.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
    struct scratch scratch;
    struct vocabulary_example example;
    struct shelf_place place;
    struct assemble_report report;
    struct store_reader *reader; /* of what was assembled */
    struct arena *result;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    fixture->scratch = scratch_open();
    fixture->result = arena_create();
    const bool done = vocabulary_example_create(&fixture->example, fixture->scratch.directory, 0, &fixture->err) &&
                      example_rows(builder, &fixture->err) && vocabulary_example_load(&fixture->example, builder, &fixture->err);
    segment_builder_destroy(builder);
    fixture->place = (struct shelf_place){fixture->example.directory, fixture->example.keyring, &fixture->example.grant};
    *state = fixture;
    if (!done) {
        fprintf(stderr, "%s\n", fixture->err.message);
    }
    return done ? 0 : 1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    store_reader_close(fixture->reader);
    vocabulary_example_destroy(&fixture->example);
    arena_destroy(fixture->result);
    scratch_cleanup(&fixture->scratch);
    free(fixture);
    return 0;
}

#define MUST(call)                                         \
    do {                                                   \
        if (!(call)) {                                     \
            fprintf(stderr, "%s\n", fixture->err.message); \
            fail();                                        \
        }                                                  \
    } while (0)

static struct example_delivery begin(struct fixture *fixture, const char *holder, uint64_t sequence, bool is_full)
{
    struct example_delivery delivery = {.made = example_day("2022-01-01")};
    struct shelf_head head = {.sequence = sequence, .is_full = is_full};
    assert_true(text_copy(head.holder, sizeof head.holder, text_of(holder)));
    MUST(shelf_writer_open(&delivery.writer, &fixture->place, &head, &fixture->err));
    MUST(standardise_create(&delivery.standardise, fixture->example.vocabulary, NULL, &fixture->err));
    return delivery;
}
static void give(struct fixture *fixture, struct example_delivery *delivery, struct record record)
{
    MUST(example_give(delivery, &record, &fixture->err));
}
static void end(struct fixture *fixture, struct example_delivery *delivery)
{
    MUST(shelf_writer_commit(delivery->writer, &fixture->err));
    shelf_writer_close(delivery->writer);
    standardise_destroy(delivery->standardise);
}
/* For a test, any 32 bytes stand for somebody. */
static void element_of(uint8_t person, uint8_t out[CRYPTO_ELEMENT_SIZE])
{
    memset(out, person, CRYPTO_ELEMENT_SIZE);
}
static uint64_t fingerprint_of(uint8_t person)
{
    uint8_t element[CRYPTO_ELEMENT_SIZE];
    element_of(person, element);
    return key_pseudonym_fingerprint(element);
}
static void token_of_kind(struct fixture *fixture, struct example_delivery *delivery, int64_t subject, uint8_t kind, uint8_t person)
{
    struct shelf_token tokens[] = {{.kind = kind}};
    element_of(person, tokens[0].element);
    MUST(shelf_writer_add_tokens(delivery->writer, subject, tokens, 1, &fixture->err));
}
static void token(struct fixture *fixture, struct example_delivery *delivery, int64_t subject, uint8_t person)
{
    token_of_kind(fixture, delivery, subject, 2, person); /* NIR */
}

static struct record stay(int64_t subject, int64_t number, const char *class, const char *start, const char *end_day, const char *site)
{
    struct record record;
    record_begin(&record, RECORD_VISIT);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_integer(&record, COLUMN_RECORD, number);
    record_set_text(&record, COLUMN_CLASS, text_of(class));
    record_set_day(&record, COLUMN_START, example_day(start));
    record_set_day(&record, COLUMN_END, example_day(end_day));
    record_set_text(&record, COLUMN_CARE_SITE, text_of(site));
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return record;
}
static struct record in_stay(struct record record, int64_t visit)
{
    record_set_integer(&record, COLUMN_VISIT, visit);
    return record;
}
static struct record deletion(const char *table, int64_t number)
{
    struct record record;
    record_begin(&record, RECORD_DELETION);
    record_set_text(&record, COLUMN_TABLE, text_of(table));
    record_set_integer(&record, COLUMN_RECORD, number);
    return record;
}

static void hospital(struct fixture *fixture)
{
    struct example_delivery delivery = begin(fixture, "brest", 1, true);
    give(fixture, &delivery, example_person(11, "M", 1960, 5, "29019"));
    give(fixture, &delivery, example_person(12, "F", 1975, 2, "29019"));
    token(fixture, &delivery, 11, 77);
    token(fixture, &delivery, 12, 88);
    give(fixture, &delivery, stay(11, 1, "IMP", "2020-01-10", "2020-01-15", "290000017"));
    struct record unit = stay(11, 2, "IMP", "2020-01-10", "2020-01-12", "unit 7");
    record_set_integer(&unit, COLUMN_PARENT, 1);
    give(fixture, &delivery, unit);
    give(fixture, &delivery, in_stay(example_event(RECORD_CONDITION, 11, 1, "CIM10", "C900", "2020-01-10"), 1));
    give(fixture, &delivery, in_stay(example_event(RECORD_CONDITION, 11, 2, "CIM10", "I10", "2020-01-12"), 2));
    give(fixture, &delivery, example_event(RECORD_DRUG, 11, 1, "RXNORM", "313782", "2020-01-11"));
    give(fixture, &delivery, example_event(RECORD_DRUG, 11, 2, "RXNORM", "313782", "2020-02-05"));
    give(fixture, &delivery, example_event(RECORD_MEASUREMENT, 12, 1, "LOINC", "8480-6", "2021-03-01"));
    give(fixture, &delivery, in_stay(example_event(RECORD_MEASUREMENT, 12, 2, "LOINC", "8480-6", "2021-03-02"), 99)); /* no such stay */
    give(fixture, &delivery, example_event(RECORD_CONDITION, 13, 3, "CIM10", "I10", "2020-01-12"));                   /* nobody */
    end(fixture, &delivery);
}

static struct record coverage(int64_t subject, int64_t number, const char *start, const char *end_day)
{
    struct record record;
    record_begin(&record, RECORD_COVERAGE);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_integer(&record, COLUMN_RECORD, number);
    record_set_day(&record, COLUMN_START, example_day(start));
    record_set_day(&record, COLUMN_END, example_day(end_day));
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM_ENROLMENT"));
    return record;
}

static void claims(struct fixture *fixture)
{
    struct example_delivery delivery = begin(fixture, "snds", 1, true);
    struct record death = example_event(RECORD_DEATH, 21, 0, "CIM10", "C900", "2021-06-01"), kin;
    record_set_text(&death, COLUMN_TYPE, TEXT("DEATH_CERTIFICATE"));
    give(fixture, &delivery, example_person(21, "M", 1960, 5, "29232"));
    give(fixture, &delivery, example_person(22, "F", 1990, 1, "75056"));
    token(fixture, &delivery, 21, 77); /* the same man */
    give(fixture, &delivery, coverage(21, 1, "2019-01-01", "2020-06-30"));
    give(fixture, &delivery, coverage(21, 2, "2020-09-01", "2021-12-31"));
    give(fixture, &delivery, stay(21, 7, "IMP", "2020-01-10", "2020-01-15", "290000017")); /* the same stay */
    give(fixture, &delivery, in_stay(example_event(RECORD_CONDITION, 21, 1, "CIM10", "C900", "2020-01-10"), 7));
    give(fixture, &delivery, death);
    record_begin(&kin, RECORD_KINSHIP);
    record_set_integer(&kin, COLUMN_SUBJECT, 22);
    record_set_integer(&kin, COLUMN_OTHER, 21);
    record_set_text(&kin, COLUMN_CODE, TEXT("CHILD"));
    record_set_text(&kin, COLUMN_TYPE, TEXT("CLAIM"));
    give(fixture, &delivery, kin);
    end(fixture, &delivery);
}

static void assemble(struct fixture *fixture, const struct assemble_options *options)
{
    MUST(assemble_run(fixture->example.store, &fixture->place, options, &fixture->report, fixture->result, &fixture->err));
    store_reader_close(fixture->reader);
    fixture->reader = NULL;
    MUST(store_reader_open(&fixture->reader, fixture->example.store, &fixture->example.grant, 0, &fixture->err));
}

static uint64_t rows_of(struct fixture *fixture, int table)
{
    uint64_t rows = 0;
    const enum omop_scope scope = omop_table(table)->scope;
    for (size_t i = 0; i < store_reader_segment_count(fixture->reader, scope); i++) {
        rows += store_segment_rows(store_reader_segment(fixture->reader, scope, i), table);
    }
    return rows;
}
/* A value of the only segment that has rows of the table. */
static struct store_vector column(struct fixture *fixture, int table, int field)
{
    struct store_vector vector = {.count = 0};
    const enum omop_scope scope = omop_table(table)->scope;
    for (size_t i = 0; i < store_reader_segment_count(fixture->reader, scope); i++) {
        struct store_segment *segment = store_reader_segment(fixture->reader, scope, i);
        const uint64_t rows = store_segment_rows(segment, table);
        if (rows) {
            MUST(store_column_read(segment, table, field, 0, (size_t)rows, fixture->result, &vector, &fixture->err));
        }
    }
    return vector;
}
static int64_t integer(struct fixture *fixture, int table, int field, size_t at)
{
    const struct store_vector vector = column(fixture, table, field);
    assert_true(at < vector.count && store_vector_is_valid(&vector, at));
    return vector.integers[at];
}
static int32_t date(struct fixture *fixture, int table, int field, size_t at)
{
    const struct store_vector vector = column(fixture, table, field);
    assert_true(at < vector.count && store_vector_is_valid(&vector, at));
    return vector.days[at];
}

static const struct assemble_options quiet = {.quiet = true, .label = "test"};

static void test_two_holders(void **state)
{
    struct fixture *fixture = *state;
    hospital(fixture);
    claims(fixture);
    assemble(fixture, &quiet);
    const struct assemble_report *report = &fixture->report;
    assert_true(report->deliveries == 2 && report->live == 2 && report->entries == 4 && report->persons == 3);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_PERSON), 3);
    assert_int_equal(integer(fixture, OMOP_TABLE_PERSON, OMOP_PERSON_YEAR_OF_BIRTH, 0), 1960);
    assert_int_equal(integer(fixture, OMOP_TABLE_PERSON, OMOP_PERSON_GENDER_CONCEPT_ID, 0), 8507);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_VISIT_OCCURRENCE), 1); /* one stay that both have */
    assert_int_equal(report->tables[OMOP_TABLE_VISIT_OCCURRENCE].dropped[ASSEMBLE_SAME_VISIT], 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_VISIT_DETAIL), 1);
    assert_int_equal(integer(fixture, OMOP_TABLE_VISIT_DETAIL, OMOP_VISIT_DETAIL_VISIT_OCCURRENCE_ID, 0), 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CONDITION_OCCURRENCE), 3);
    for (size_t i = 0; i < 3; i++) { /* also that of the claims, and that of the unit */
        assert_int_equal(integer(fixture, OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_CONDITION_OCCURRENCE_VISIT_OCCURRENCE_ID, i), 1);
        assert_int_equal(integer(fixture, OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_CONDITION_OCCURRENCE_CONDITION_OCCURRENCE_ID, i), i + 1);
    }
    assert_int_equal(report->tables[OMOP_TABLE_CONDITION_OCCURRENCE].dropped[ASSEMBLE_NO_PERSON], 1);
    assert_int_equal(report->visits_unknown, 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_DEATH), 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_FACT_RELATIONSHIP), 2);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CDM_SOURCE), 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CARE_SITE), 2);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_LOCATION), 3);
}

static void test_derived(void **state)
{
    struct fixture *fixture = *state;
    hospital(fixture);
    claims(fixture);
    assemble(fixture, &quiet);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CONDITION_ERA), 2); /* C90.0 twice on one day, I10 once */
    assert_int_equal(integer(fixture, OMOP_TABLE_CONDITION_ERA, OMOP_CONDITION_ERA_CONDITION_OCCURRENCE_COUNT, 0), 2);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_DRUG_ERA), 1);
    assert_int_equal(integer(fixture, OMOP_TABLE_DRUG_ERA, OMOP_DRUG_ERA_DRUG_CONCEPT_ID, 0), 1125315);
    assert_int_equal(integer(fixture, OMOP_TABLE_DRUG_ERA, OMOP_DRUG_ERA_GAP_DAYS, 0), 25);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_OBSERVATION_PERIOD), 2); /* nobody knows anything of the third */
    assert_int_equal(date(fixture, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_START_DATE, 0),
                     example_day("2019-01-01").number);
    assert_int_equal(date(fixture, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_END_DATE, 0),
                     example_day("2021-06-01").number); /* the day of death */
    assert_int_equal(integer(fixture, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_PERIOD_TYPE_CONCEPT_ID, 0), 32813);
    assert_int_equal(integer(fixture, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_PERIOD_TYPE_CONCEPT_ID, 1), 32882);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_PAYER_PLAN_PERIOD), 2);
}

static void test_corrections(void **state)
{
    struct fixture *fixture = *state;
    hospital(fixture);
    struct example_delivery delivery = begin(fixture, "brest", 2, false);
    give(fixture, &delivery, in_stay(example_event(RECORD_CONDITION, 11, 1, "CIM10", "I10", "2020-01-14"), 1)); /* in place of C90.0 */
    give(fixture, &delivery, deletion("drug", 2));
    give(fixture, &delivery, deletion("person", 12));
    give(fixture, &delivery, example_person(11, "M", 1961, 6, "29019"));
    end(fixture, &delivery);
    assemble(fixture, &quiet);
    const struct assemble_table *tables = fixture->report.tables;
    assert_int_equal(rows_of(fixture, OMOP_TABLE_PERSON), 1);
    assert_int_equal(integer(fixture, OMOP_TABLE_PERSON, OMOP_PERSON_YEAR_OF_BIRTH, 0), 1961);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CONDITION_OCCURRENCE), 2);
    assert_int_equal(integer(fixture, OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID, 1), 320128);
    assert_int_equal(tables[OMOP_TABLE_CONDITION_OCCURRENCE].dropped[ASSEMBLE_CORRECTED], 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_DRUG_EXPOSURE), 1);
    assert_int_equal(tables[OMOP_TABLE_DRUG_EXPOSURE].dropped[ASSEMBLE_DELETED], 1);
    assert_int_equal(tables[OMOP_TABLE_PERSON].dropped[ASSEMBLE_DELETED], 1);
    assert_int_equal(tables[OMOP_TABLE_MEASUREMENT].dropped[ASSEMBLE_NO_PERSON], 2);
    delivery = begin(fixture, "brest", 3, true); /* and now everything anew */
    give(fixture, &delivery, example_person(12, "F", 1975, 2, "29019"));
    end(fixture, &delivery);
    assemble(fixture, &quiet);
    assert_true(fixture->report.deliveries == 3 && fixture->report.live == 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_PERSON), 1);
    assert_int_equal(integer(fixture, OMOP_TABLE_PERSON, OMOP_PERSON_PERSON_ID, 0), 2); /* persons keep their numbers */
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CONDITION_OCCURRENCE), 0);
}

static bool objects(void *context, const struct shelf_token *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].fingerprint == *(const uint64_t *)context) {
            return true;
        }
    }
    return false;
}

static void test_objection(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fingerprint = fingerprint_of(77);
    struct assemble_options options = quiet;
    options.is_excluded = objects;
    options.context = &fingerprint;
    hospital(fixture);
    claims(fixture);
    assemble(fixture, &options);
    assert_int_equal(fixture->report.excluded, 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_PERSON), 2);
    assert_true(rows_of(fixture, OMOP_TABLE_CONDITION_OCCURRENCE) == 0 && rows_of(fixture, OMOP_TABLE_DEATH) == 0 &&
                rows_of(fixture, OMOP_TABLE_FACT_RELATIONSHIP) == 0 && rows_of(fixture, OMOP_TABLE_MEASUREMENT) == 2);
    assert_int_equal(fixture->report.tables[OMOP_TABLE_CONDITION_OCCURRENCE].dropped[ASSEMBLE_EXCLUDED], 3);
}

static bool quality(struct fixture *fixture, const struct assemble_linkage *linkage, const char *truth, struct assemble_truth *out_truth,
                    struct linkage_quality *out_quality)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    MUST(csv_reader_open_memory(&reader, "truth.csv", truth, strlen(truth), NULL, &fixture->err));
    return assemble_linkage_quality(linkage, reader, "truth.csv", out_truth, out_quality, &fixture->err);
}

/* Linkage is looked at, and stays as it is. */
static void test_linkage(void **state)
{
    struct fixture *fixture = *state;
    uint64_t fingerprint = fingerprint_of(88);
    struct assemble_options options = quiet;
    CLEANUP(assemble_linkage) struct assemble_linkage *linkage = NULL;
    CLEANUP(assemble_linkage) struct assemble_linkage *later = NULL;
    options.is_excluded = objects;
    options.context = &fingerprint;
    hospital(fixture);
    assert_false(assemble_linkage_open(&linkage, fixture->example.store, &fixture->place, &quiet, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_NOT_FOUND);
    assemble(fixture, &quiet);
    claims(fixture);
    MUST(assemble_linkage_open(&linkage, fixture->example.store, &fixture->place, &options, &fixture->err));
    assert_true(linkage->result->count == 4 && linkage->entries_new == 2 && linkage->persons == 3 && linkage->objected == 1);
    assert_int_equal(assemble_linkage_holder(linkage, TEXT("snds")), 2);
    assert_int_equal(assemble_linkage_holder(linkage, TEXT("lyon")), 0);
    assemble(fixture, &quiet);
    MUST(assemble_linkage_open(&later, fixture->example.store, &fixture->place, &quiet, &fixture->err));
    assert_true(later->entries_new == 0 && later->objected == 0 && later->result->count == 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(later->result->links[i].person_id, linkage->result->links[i].person_id);
    }
    assert_int_equal(later->result->links[0].person_id, later->result->links[2].person_id); /* 11 and 21 */
}

static void test_truth(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(assemble_linkage) struct assemble_linkage *linkage = NULL;
    struct assemble_truth truth;
    struct linkage_quality found;
    hospital(fixture);
    claims(fixture);
    assemble(fixture, &quiet);
    MUST(assemble_linkage_open(&linkage, fixture->example.store, &fixture->place, &quiet, &fixture->err));
    assert_true(
        quality(fixture, linkage, "person,holder,subject\n5,brest,11\n6,brest,12\n5,snds,21\n6,snds,22\n9,lyon,1\n", &truth, &found));
    assert_true(truth.rows == 5 && truth.unknown == 1 && truth.entries == 4);
    assert_true(found.found == 1 && found.real == 2 && found.right == 1); /* of two pairs one is found */
    assert_true(quality(fixture, linkage, "holder,subject,person\nbrest,11,5\nsnds,21,6\n", &truth, &found));
    assert_true(truth.entries == 2 && found.found == 1 && found.real == 0 && found.right == 0);
    static const char *const refused[] = {"holder,subject\nbrest,11\n", "holder,subject,person\nbrest,eleven,5\n",
                                          "holder,subject,person\nbrest,11,-5\n", "holder,subject,person\nbrest,11,5\nbrest,11,6\n", ""};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(quality(fixture, linkage, refused[i], &truth, &found));
        assert_int_equal(fixture->err.code, ERROR_INVALID_INPUT);
        assert_null(strstr(fixture->err.message, "eleven"));
    }
}

/* So little memory that each person is a pass of its own: the same snapshot. */
static void test_little_memory(void **state)
{
    struct fixture *fixture = *state;
    struct settings settings;
    struct assemble_options options = quiet;
    struct example_delivery delivery = begin(fixture, "brest", 1, true);
    settings_defaults(&settings);
    options.settings = &settings;
    settings.values[SETTING_LOAD_MEMORY_BYTES] = 20000;
    for (int64_t subject = 1; subject <= 300; subject++) {
        give(fixture, &delivery, example_person(subject, "F", 1950 + (int)(subject % 50), 1, "29019"));
        for (int64_t i = 0; i < 5; i++) {
            give(fixture, &delivery, example_event(RECORD_CONDITION, subject, subject * 10 + i, "CIM10", "I10", "2020-01-14"));
        }
    }
    end(fixture, &delivery);
    assemble(fixture, &options);
    assert_true(fixture->report.load.waves > 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CONDITION_OCCURRENCE), 1500);
    assert_int_equal(fixture->report.tables[OMOP_TABLE_CONDITION_OCCURRENCE].out, 1500);
    assert_int_equal(fixture->report.tables[OMOP_TABLE_CONDITION_ERA].made, 300);
}

/* A number that the holder gave by mistake, and no longer gives, links nobody. */
static void test_token_gone(void **state)
{
    struct fixture *fixture = *state;
    hospital(fixture);
    claims(fixture);
    struct example_delivery delivery = begin(fixture, "snds", 2, false);
    give(fixture, &delivery, example_person(21, "M", 1960, 5, "29232"));
    token_of_kind(fixture, &delivery, 21, 3, 99);
    end(fixture, &delivery);
    assemble(fixture, &quiet);
    assert_int_equal(fixture->report.persons, 4);
}

/* Somebody who was excluded stays out when they become one person with somebody who was not, and when they are two again. */
static void test_excluded_stays_out(void **state)
{
    struct fixture *fixture = *state;
    const int64_t excluded = 3;
    uint32_t snapshot = 0;
    size_t new_ones = 0;
    hospital(fixture);
    struct example_delivery delivery = begin(fixture, "snds", 1, false);
    give(fixture, &delivery, example_person(21, "M", 1960, 5, "29232"));
    give(fixture, &delivery, example_event(RECORD_CONDITION, 21, 1, "CIM10", "C900", "2020-01-10"));
    end(fixture, &delivery);
    assemble(fixture, &quiet);
    assert_int_equal(integer(fixture, OMOP_TABLE_PERSON, OMOP_PERSON_PERSON_ID, 2), excluded);
    store_reader_close(fixture->reader);
    fixture->reader = NULL;
    struct grant grant = fixture->example.grant;
    grant.actions |= GRANT_ERASE;
    MUST(keyring_grant_issue(fixture->example.keyring, &grant, &fixture->err));
    MUST(store_exclude(fixture->example.store, &grant, &excluded, 1, "objection", &snapshot, &new_ones, &fixture->err));
    delivery = begin(fixture, "snds", 2, false);
    give(fixture, &delivery, example_person(21, "M", 1960, 5, "29232"));
    token(fixture, &delivery, 21, 77); /* the man whom the hospital knows as 1 */
    end(fixture, &delivery);
    assemble(fixture, &quiet);
    assert_int_equal(fixture->report.linkage.taken, 1);
    assert_int_equal(fixture->report.excluded, 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_PERSON), 1);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CONDITION_OCCURRENCE), 0);
    delivery = begin(fixture, "snds", 3, true); /* without the token, and with it nothing that says who they are */
    give(fixture, &delivery, example_person(22, "F", 1990, 1, "75056"));
    end(fixture, &delivery);
    assemble(fixture, &quiet);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_PERSON), 2);
    assert_int_equal(rows_of(fixture, OMOP_TABLE_CONDITION_OCCURRENCE), 0);
    CLEANUP(assemble_linkage) struct assemble_linkage *linkage = NULL;
    MUST(assemble_linkage_open(&linkage, fixture->example.store, &fixture->place, &quiet, &fixture->err));
    assert_int_equal(linkage->objected, 1); /* not counted among those of whom there is something in a snapshot */
}

/* A name that is too long for OMOP is cut between two characters. */
static void test_long_name(void **state)
{
    struct fixture *fixture = *state;
    static const char name[] = "Hospices civils, groupement nord, 4 rue de la Libération, Brest";
    struct example_delivery delivery = begin(fixture, "brest", 1, true);
    give(fixture, &delivery, example_person(11, "M", 1960, 5, "29019"));
    give(fixture, &delivery, stay(11, 1, "IMP", "2020-01-10", "2020-01-15", name));
    end(fixture, &delivery);
    assert_int_equal((uint8_t)name[49], 0xC3); /* 50 bytes would end within a character */
    assemble(fixture, &quiet);
    const struct store_vector names = column(fixture, OMOP_TABLE_CARE_SITE, OMOP_CARE_SITE_CARE_SITE_SOURCE_VALUE);
    assert_true(names.count == 1 && text_equal(names.texts[0], (struct text){name, 49}));
}

static struct record twin(struct record person, int64_t rank)
{
    record_set_integer(&person, COLUMN_TWIN_RANK, rank);
    return person;
}

/* Two girls under their mother's number: the claims know the second only, by her rank. A hospital that has the number without any rank may
 * have the first: they are not made one; with the rank they are. */
static void test_twins(void **state)
{
    struct fixture *fixture = *state;
    const struct shelf_token insured = {.kind = 1, .element = {42}};
    for (int64_t rank = 0; rank <= 2; rank++) {
        struct example_delivery delivery = begin(fixture, "brest", (uint64_t)rank + 1, true);
        const struct record girl = example_person(11, "F", 2015, 5, "29019");
        give(fixture, &delivery, rank ? twin(girl, rank) : girl);
        MUST(shelf_writer_add_tokens(delivery.writer, 11, &insured, 1, &fixture->err));
        end(fixture, &delivery);
        delivery = begin(fixture, "snds", (uint64_t)rank + 1, true);
        give(fixture, &delivery, twin(example_person(21, "F", 2015, 5, "29019"), 2));
        MUST(shelf_writer_add_tokens(delivery.writer, 21, &insured, 1, &fixture->err));
        end(fixture, &delivery);
        assemble(fixture, &quiet);
        assert_int_equal(fixture->report.persons, rank == 2 ? 1 : 2);
    }
}

static void test_empty(void **state)
{
    struct fixture *fixture = *state;
    assert_false(assemble_run(fixture->example.store, &fixture->place, &quiet, &fixture->report, fixture->result, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_INVALID_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_two_holders, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_derived, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_corrections, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_objection, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_linkage, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_truth, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_little_memory, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_token_gone, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_excluded_stays_out, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_long_name, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_twins, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_empty, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
