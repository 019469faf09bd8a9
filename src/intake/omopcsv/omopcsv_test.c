/* SPDX-License-Identifier: EUPL-1.2 */
/* omopcsv: a small data set written here, what is wrong by file and line, and a published one where it is at hand. */
#include "base/scratch.h"
#include "intake/omopcsv/omopcsv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define EXPORTS "src/intake/omopcsv/exports/"
enum { KEPT_MAX = 64, WORD_SIZE = 64 };
struct kept {
    struct record record;
    char words[RECORD_COLUMN_COUNT][WORD_SIZE];
};
struct got {
    struct kept kept[KEPT_MAX];
    size_t count, persons;
    uint64_t by_table[RECORD_TABLE_COUNT];
    bool is_small; /* the first person is who they are there */
    struct tally *tally;
    struct error err;
    bool is_done;
};
static struct record_numbers *numbers;

static bool take_record(void *context, const struct record *record, struct error *err)
{
    struct got *got = context;
    TRY(record_check(record, err));
    got->by_table[record->table]++;
    if (got->count < KEPT_MAX) {
        struct kept *kept = &got->kept[got->count++];
        kept->record = *record;
        for (int column = 0; column < RECORD_COLUMN_COUNT; column++) {
            if (record_has(record, (enum record_column)column) && record_column_type((enum record_column)column) == RECORD_TEXT) {
                (void)text_copy(kept->words[column], WORD_SIZE, record->values[column].text);
            }
        }
    }
    return true;
}

static bool take_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    struct got *got = context;
    (void)err;
    if (got->persons++ == 0 && got->is_small) {
        assert_true(subject == record_subject(numbers, TEXT("1")));
        assert_true(identity_is(identity, IDENTITY_NIR, TEXT("2850944153726")));
        assert_true(identity_is(identity, IDENTITY_BIRTH_NAME, TEXT("MARTIN")));
        assert_true(identity_is(identity, IDENTITY_RESIDENCE, TEXT("29019")));
    }
    return true;
}

static void read_export(struct got *got, const char *path)
{
    const struct reader_options options = {.numbers = numbers};
    const struct reader_sink sink = {.person = take_person, .record = take_record, .context = got};
    got->tally = tally_create();
    got->is_done = omopcsv_read(path, &options, &sink, got->tally, &got->err);
}

static uint64_t outcome(const struct got *got, const char *place, enum record_outcome outcome)
{
    for (size_t i = 0; i < tally_row_count(got->tally); i++) {
        if (strcmp(tally_row(got->tally, i)->place, place) == 0) {
            return tally_row(got->tally, i)->outcomes[outcome];
        }
    }
    return 0;
}

static const struct kept *nth(const struct got *got, enum record_table table, size_t index)
{
    for (size_t i = 0; i < got->count; i++) {
        if (got->kept[i].record.table == table && index-- == 0) {
            return &got->kept[i];
        }
    }
    fail_msg("there is no such record of %s", record_table_name(table));
    return NULL;
}

static void assert_persons_and_stays(const struct got *got)
{
    assert_int_equal(got->persons, 2);
    assert_int_equal(outcome(got, "identities", OUTCOME_NO_SUBJECT), 1);
    assert_int_equal(outcome(got, "identities", OUTCOME_DOUBLE), 1);
    assert_string_equal(nth(got, RECORD_PERSON, 0)->words[COLUMN_SEX], "F");
    assert_string_equal(nth(got, RECORD_PERSON, 0)->words[COLUMN_RESIDENCE], "29019");
    assert_int_equal(nth(got, RECORD_PERSON, 0)->record.values[COLUMN_TWIN_RANK].integer, 2);
    assert_false(record_has(&nth(got, RECORD_PERSON, 1)->record, COLUMN_TWIN_RANK));
    const struct kept *visit = nth(got, RECORD_VISIT, 0);
    assert_string_equal(visit->words[COLUMN_CLASS], "EMERIMP");
    assert_string_equal(visit->words[COLUMN_DISCHARGED_TO], "home");
    assert_int_equal(visit->record.values[COLUMN_START_TIME].integer, 52200);
    const struct kept *death = nth(got, RECORD_DEATH, 0);
    assert_string_equal(death->words[COLUMN_TYPE], "DEATH_CERTIFICATE");
    assert_string_equal(death->words[COLUMN_CODE], "201826");
}

static void test_small(void **state)
{
    (void)state;
    static struct got got;
    got = (struct got){.is_small = true};
    read_export(&got, EXPORTS "small");
    if (!got.is_done) {
        fail_msg("%s", got.err.message);
    }
    assert_persons_and_stays(&got);
    const struct kept *first = nth(&got, RECORD_CONDITION, 0), *second = nth(&got, RECORD_CONDITION, 1);
    assert_string_equal(first->words[COLUMN_SYSTEM], "OMOP");
    assert_string_equal(first->words[COLUMN_CODE], "45533021");
    assert_int_equal(first->record.values[COLUMN_CONCEPT].integer, 201826);
    assert_string_equal(first->words[COLUMN_STATUS], "PRIMARY");
    assert_int_equal(first->record.values[COLUMN_VISIT].integer, nth(&got, RECORD_VISIT, 0)->record.values[COLUMN_RECORD].integer);
    assert_string_equal(second->words[COLUMN_SYSTEM], "LOCAL:omop");
    assert_string_equal(second->words[COLUMN_TYPE], "OMOP");
    assert_int_equal(outcome(&got, "condition_occurrence", OUTCOME_NO_CODE), 1);
    assert_int_equal(outcome(&got, "condition_occurrence", OUTCOME_NO_SUBJECT), 1);
    const struct kept *number = nth(&got, RECORD_MEASUREMENT, 0), *coded = nth(&got, RECORD_MEASUREMENT, 1);
    assert_string_equal(number->words[COLUMN_OPERATOR], "<");
    assert_true(number->record.values[COLUMN_VALUE].number == 85.5 && number->record.values[COLUMN_LOW].number == 62);
    assert_false(record_has(&number->record, COLUMN_VALUE_TEXT));
    assert_string_equal(coded->words[COLUMN_VALUE_CODE], "45884084");
    assert_int_equal(outcome(&got, "measurement", OUTCOME_FREE_TEXT), 1);
    tally_destroy(got.tally);
}

static void test_wrong(void **state)
{
    (void)state;
    static struct got got;
    got = (struct got){.is_small = false};
    read_export(&got, EXPORTS "wrong");
    assert_false(got.is_done);
    assert_int_equal(got.err.code, ERROR_INVALID_INPUT);
    assert_int_equal(tally_finding_count(got.tally), 2);
    assert_string_equal(tally_finding(got.tally, 0)->field, "person_id");
    assert_int_equal(tally_finding(got.tally, 0)->line, 3);
    assert_string_equal(tally_finding(got.tally, 1)->file, "condition_occurrence.csv");
    assert_string_equal(tally_finding(got.tally, 1)->field, "condition_start_date");
    assert_int_equal(tally_finding(got.tally, 1)->line, 2);
    tally_destroy(got.tally);
    got = (struct got){.is_small = false};
    read_export(&got, EXPORTS "none");
    assert_false(got.is_done);
    tally_destroy(got.tally);
}

/* The published data set of 28 persons, a zip; identities are invented beside a link to it. */
static void test_published(void **state)
{
    (void)state;
    static const char *const paths[] = {"../shared/data/omop/Synthea27Nj_5.4.zip", "../../shared/data/omop/Synthea27Nj_5.4.zip"};
    struct stat status;
    struct error err;
    char real[4096];
    const char *path = stat(paths[0], &status) == 0 ? paths[0] : stat(paths[1], &status) == 0 ? paths[1] : NULL;
    if (!path || !realpath(path, real)) {
        print_message("Synthea27Nj_5.4.zip is not here\n");
        skip();
    }
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    static const char identities[] = "person_id,birth_name\n1,A\n";
    assert_true(file_write_atomic(scratch_path(&scratch, "identities.csv"), identities, sizeof identities - 1, 0600, &err));
    assert_int_equal(symlink(real, scratch_path(&scratch, "omop.zip")), 0);
    static struct got got;
    got = (struct got){.is_small = false};
    read_export(&got, scratch_path(&scratch, "omop.zip"));
    if (!got.is_done) {
        fail_msg("%s", got.err.message);
    }
    assert_int_equal(got.by_table[RECORD_PERSON], 28);
    assert_true(got.by_table[RECORD_CONDITION] > 0 && got.by_table[RECORD_MEASUREMENT] > 0 && got.by_table[RECORD_VISIT] > 0);
    for (size_t i = 0; i < tally_row_count(got.tally); i++) {
        const struct tally_row *row = tally_row(got.tally, i);
        uint64_t sum = 0;
        for (int k = 0; k < RECORD_OUTCOME_COUNT; k++) {
            sum += row->outcomes[k];
        }
        assert_int_equal(sum, row->seen);
    }
    tally_destroy(got.tally);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    struct secret *key = NULL;
    const bool done = crypto_start(&err) && secret_random(&key, CRYPTO_KEY_SIZE, &err) && record_numbers_create(&numbers, key, &err);
    secret_destroy(key);
    return done ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    record_numbers_destroy(numbers);
    return 0;
}

static void test_file_names(void **state)
{
    (void)state;
    assert_true(omopcsv_is_file_name(TEXT("PERSON.csv")));
    assert_true(omopcsv_is_file_name(TEXT("visit_occurrence.parquet")));
    assert_true(omopcsv_is_file_name(TEXT("omop.zip")));
    assert_false(omopcsv_is_file_name(TEXT("patient.csv")));
    assert_false(omopcsv_is_file_name(TEXT("identities.csv")));
    assert_false(omopcsv_is_file_name(TEXT("Patient.ndjson")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_file_names), cmocka_unit_test(test_small), cmocka_unit_test(test_wrong),
                                       cmocka_unit_test(test_published)};
    return cmocka_run_group_tests(tests, start, end);
}
