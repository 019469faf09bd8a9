/* SPDX-License-Identifier: EUPL-1.2 */
/* flat: a small export written here, what is wrong by file, line and column, and the published sample of the AP-HP where it is at hand. */
#include "intake/flat/flat.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define EXPORTS "src/intake/flat/exports/"
enum { KEPT_MAX = 256, WORD_SIZE = 64 };
struct kept {
    struct record record;
    char words[RECORD_COLUMN_COUNT][WORD_SIZE];
};
struct got {
    struct kept kept[KEPT_MAX];
    size_t count, persons;
    uint64_t by_table[RECORD_TABLE_COUNT];
    const char *birth_name, *number, *residence; /* of the first person, as wanted; NULL: not looked at */
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
                assert_true(text_copy(kept->words[column], WORD_SIZE, record->values[column].text));
            }
        }
    }
    return true;
}

static bool take_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    struct got *got = context;
    (void)err;
    assert_true(subject > 0);
    if (got->persons++ == 0 && got->birth_name) {
        assert_true(identity_is(identity, IDENTITY_BIRTH_NAME, text_of(got->birth_name)));
        assert_true(identity_is(identity, IDENTITY_NIR, text_of(got->number)));
        assert_true(identity_is(identity, IDENTITY_RESIDENCE, text_of(got->residence)));
        assert_true(identity_has(identity, IDENTITY_BIRTH_DATE) && identity_has(identity, IDENTITY_TWIN_RANK));
    }
    return true;
}

static void read_export(struct got *got, const char *path, bool keep_orders)
{
    const struct reader_options options = {.numbers = numbers, .keep_orders = keep_orders};
    const struct reader_sink sink = {.person = take_person, .record = take_record, .context = got};
    got->tally = tally_create();
    got->is_done = flat_read(path, &options, &sink, got->tally, &got->err);
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

static void assert_all_accounted(const struct got *got)
{
    for (size_t i = 0; i < tally_row_count(got->tally); i++) {
        const struct tally_row *row = tally_row(got->tally, i);
        uint64_t sum = 0;
        for (int k = 0; k < RECORD_OUTCOME_COUNT; k++) {
            sum += row->outcomes[k];
        }
        assert_int_equal(sum, row->seen);
    }
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

static void assert_day(const struct kept *kept, enum record_column column, const char *wanted)
{
    char shown[DAY_TEXT_SIZE];
    assert_true(record_has(&kept->record, column));
    day_to_text((day){kept->record.values[column].day}, shown);
    assert_string_equal(shown, wanted);
}

static void test_small(void **state)
{
    (void)state;
    static struct got got;
    got = (struct got){.birth_name = "MARTIN", .number = "2850944153726", .residence = "29019"};
    read_export(&got, EXPORTS "small", false);
    assert_true(got.is_done);
    assert_all_accounted(&got);
    assert_int_equal(got.persons, 2);
    assert_int_equal(outcome(&got, "patient", OUTCOME_DOUBLE), 1);
    assert_string_equal(nth(&got, RECORD_PERSON, 0)->words[COLUMN_RESIDENCE], "29019");
    assert_false(record_has(&nth(&got, RECORD_PERSON, 1)->record, COLUMN_BIRTH_MONTH));
    assert_int_equal(nth(&got, RECORD_PERSON, 0)->record.values[COLUMN_TWIN_RANK].integer, 1);
    assert_false(record_has(&nth(&got, RECORD_PERSON, 1)->record, COLUMN_TWIN_RANK));
    assert_day(nth(&got, RECORD_DEATH, 0), COLUMN_START, "2024-01-12"); /* the stay says so */
    assert_day(nth(&got, RECORD_DEATH, 1), COLUMN_START, "2024-05-01");
    const struct kept *visit = nth(&got, RECORD_VISIT, 0), *first = nth(&got, RECORD_CONDITION, 0);
    assert_string_equal(visit->words[COLUMN_DISCHARGED_TO], "9");
    assert_int_equal(visit->record.values[COLUMN_START_TIME].integer, 8 * 3600 + 5 * 60);
    assert_true(record_has(&visit->record, COLUMN_END_TIME));
    assert_int_equal(visit->record.values[COLUMN_END_TIME].integer, 17 * 3600 + 30 * 60);
    assert_string_equal(visit->words[COLUMN_CARE_SITE], "290000017");
    assert_string_equal(first->words[COLUMN_CODE], "I219");
    assert_string_equal(first->words[COLUMN_STATUS], "PRIMARY");
    assert_day(first, COLUMN_START, "2024-01-10"); /* the stay's */
    assert_true(first->record.values[COLUMN_VISIT].integer == visit->record.values[COLUMN_RECORD].integer);
    assert_day(nth(&got, RECORD_CONDITION, 1), COLUMN_START, "2024-01-11");
    assert_int_equal(outcome(&got, "diagnostics", OUTCOME_NO_SUBJECT), 1);
    assert_int_equal(outcome(&got, "diagnostics", OUTCOME_NO_DATE), 1);
    assert_int_equal(outcome(&got, "diagnostics", OUTCOME_NO_CODE), 1);
    assert_int_equal(nth(&got, RECORD_PROCEDURE, 0)->record.values[COLUMN_START_TIME].integer, 52200);
    tally_destroy(got.tally);
}

static void test_results(void **state)
{
    (void)state;
    static struct got got;
    got = (struct got){.birth_name = NULL};
    read_export(&got, EXPORTS "small", true);
    assert_true(got.is_done);
    const struct kept *result = nth(&got, RECORD_MEASUREMENT, 0);
    assert_true(result->record.values[COLUMN_VALUE].number == 85.5 && result->record.values[COLUMN_HIGH].number == 106);
    assert_day(result, COLUMN_START, "2024-01-11");
    assert_int_equal(outcome(&got, "biologie", OUTCOME_STATUS), 1);
    assert_int_equal(outcome(&got, "biologie", OUTCOME_FREE_TEXT), 1);
    const struct kept *prescribed = nth(&got, RECORD_DRUG, 0), *given = nth(&got, RECORD_DRUG, 1);
    assert_string_equal(prescribed->words[COLUMN_TYPE], "EHR_PRESCRIPTION");
    assert_string_equal(prescribed->words[COLUMN_CODE], "B01AC06");
    assert_true(prescribed->record.values[COLUMN_QUANTITY].number == 75);
    assert_string_equal(given->words[COLUMN_TYPE], "EHR_ADMINISTRATION");
    const struct kept *habit = nth(&got, RECORD_OBSERVATION, 0);
    assert_string_equal(habit->words[COLUMN_CODE], "consommation_tabac");
    assert_string_equal(habit->words[COLUMN_VALUE_CODE], "FORMER");
    assert_int_equal(outcome(&got, "style_vie, columns", OUTCOME_FREE_TEXT), 1);
    tally_destroy(got.tally);
    got = (struct got){.birth_name = NULL};
    read_export(&got, EXPORTS "small", false);
    assert_int_equal(outcome(&got, "prescription", OUTCOME_ORDER_ONLY), 1);
    tally_destroy(got.tally);
}

static void test_wrong(void **state)
{
    (void)state;
    static struct got got;
    static const struct {
        const char *file;
        uint64_t line;
        const char *field;
    } wanted[] = {{"diagnostics.csv", 2, "date_recueil"}, {"diagnostics.csv", 3, ""},        {"actes.csv", 1, "code_acte"},
                  {"biologie.csv", 2, "valeur"},          {"biologie.csv", 3, "code_loinc"}, {"biologie.csv", 4, "id"}};
    got = (struct got){.birth_name = NULL};
    read_export(&got, EXPORTS "wrong", false);
    assert_false(got.is_done);
    assert_int_equal(got.err.code, ERROR_INVALID_INPUT);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const struct tally_finding *finding = tally_finding(got.tally, i);
        assert_string_equal(finding->file, wanted[i].file);
        assert_int_equal(finding->line, wanted[i].line);
        assert_string_equal(finding->field, wanted[i].field);
    }
    assert_int_equal(tally_finding_count(got.tally), sizeof wanted / sizeof wanted[0]);
    tally_destroy(got.tally);
    got = (struct got){.birth_name = NULL};
    read_export(&got, EXPORTS, false);
    assert_int_equal(got.err.code, ERROR_INVALID_INPUT);
    tally_destroy(got.tally);
}

/* Rows of each file, counted with wc. */
static void test_published(void **state)
{
    (void)state;
    static const char *const paths[] = {"../shared/data/hospital_csv", "../../shared/data/hospital_csv"};
    struct stat status;
    const char *path = stat(paths[0], &status) == 0 ? paths[0] : stat(paths[1], &status) == 0 ? paths[1] : NULL;
    if (!path) {
        print_message("the published sample of the AP-HP is not here\n");
        skip();
    }
    static struct got got;
    got = (struct got){.birth_name = NULL};
    read_export(&got, path, false);
    if (!got.is_done) {
        fail_msg("%s", got.err.message);
    }
    assert_all_accounted(&got);
    assert_int_equal(got.persons, 10);
    static const struct {
        enum record_table table;
        uint64_t count;
    } wanted[] = {{RECORD_PERSON, 10}, {RECORD_VISIT, 10},       {RECORD_CONDITION, 18}, {RECORD_PROCEDURE, 13},
                  {RECORD_DRUG, 20},   {RECORD_OBSERVATION, 40}, {RECORD_DEATH, 1},      {RECORD_MEASUREMENT, 29 + 24}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_int_equal(got.by_table[wanted[i].table], wanted[i].count);
    }
    assert_int_equal(outcome(&got, "prescription", OUTCOME_ORDER_ONLY), 18);
    assert_int_equal(tally_remark_count(got.tally), 0);
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
    assert_true(flat_is_file_name(TEXT("donnees_pmsi.csv")));
    assert_true(flat_is_file_name(TEXT("Patient.csv.gz")));
    assert_false(flat_is_file_name(TEXT("person.csv")));
    assert_false(flat_is_file_name(TEXT("IR_BEN_R.csv")));
    assert_false(flat_is_file_name(TEXT("patient.ndjson")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_file_names), cmocka_unit_test(test_small), cmocka_unit_test(test_results),
                                       cmocka_unit_test(test_wrong), cmocka_unit_test(test_published)};
    return cmocka_run_group_tests(tests, start, end);
}
