/* SPDX-License-Identifier: EUPL-1.2 */
/* fhir: small exports written here, each rule with a resource that fails without it; French profiles; what is wrong, by file and line; the
 * same bytes for any number of threads; and the public demo of MIMIC-IV on FHIR where it is at hand, counted to the last resource. */
#include "base/scratch.h"
#include "intake/fhir/fhir.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define EXPORTS "src/intake/fhir/exports/"
#define PATIENT "{\"resourceType\":\"Patient\",\"id\":\"p\",\"gender\":\"female\",\"birthDate\":\"1950-03\"}\n"
enum { KEPT_MAX = 256, WORDS_MAX = 32 };
struct counted_word {
    enum record_table table;
    char word[64];
    uint64_t count;
};
struct got {
    struct arena *arena;
    struct record records[KEPT_MAX];
    size_t count, persons;
    uint64_t by_table[RECORD_TABLE_COUNT];
    struct counted_word words[WORDS_MAX]; /* classes of visits, systems of conditions */
    uint64_t digest;
    struct tally *tally;
    struct error err;
    bool is_done;
};
static struct record_numbers *numbers;
static const char *const *wanted_traits; /* of every person that comes; NULL: not looked at */

static void count_word(struct got *got, enum record_table table, struct text word)
{
    for (int i = 0; i < WORDS_MAX; i++) {
        struct counted_word *at = &got->words[i];
        if (at->count == 0) {
            at->table = table;
            assert_true(text_copy(at->word, sizeof at->word, word));
        }
        if (at->table == table && text_equal(word, text_of(at->word))) {
            at->count++;
            return;
        }
    }
}

static bool take_record(void *context, const struct record *record, struct error *err)
{
    struct got *got = context;
    TRY(record_check(record, err));
    got->by_table[record->table]++;
    if (record->table == RECORD_VISIT || record->table == RECORD_CONDITION) {
        count_word(got, record->table, record->values[record->table == RECORD_VISIT ? COLUMN_CLASS : COLUMN_SYSTEM].text);
    }
    got->digest = got->digest * 31 + record->present + (uint64_t)record->table;
    for (int column = 0; column < RECORD_COLUMN_COUNT; column++) {
        if (record_has(record, (enum record_column)column)) {
            const bool is_text = record_column_type((enum record_column)column) == RECORD_TEXT;
            const bool is_day = record_column_type((enum record_column)column) == RECORD_DAY;
            const union record_value *value = &record->values[column];
            got->digest = got->digest * 1099511628211u + (is_text  ? crypto_hash_of(value->text.data, value->text.length).bytes[0]
                                                          : is_day ? (uint64_t)value->day
                                                                   : (uint64_t)value->integer);
        }
    }
    if (got->count < KEPT_MAX) {
        struct record *kept = &got->records[got->count++];
        *kept = *record;
        for (int column = 0; column < RECORD_COLUMN_COUNT; column++) {
            if (record_has(record, (enum record_column)column) && record_column_type((enum record_column)column) == RECORD_TEXT) {
                char *copy = arena_allocate(got->arena, 1, record->values[column].text.length + 1);
                memcpy(copy, record->values[column].text.data, record->values[column].text.length);
                kept->values[column].text.data = copy;
            }
        }
    }
    return true;
}

static bool take_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    struct got *got = context;
    assert_true(subject > 0);
    got->persons++;
    for (int trait = 0; wanted_traits && trait < IDENTITY_TRAIT_COUNT; trait++) {
        const char *wanted = wanted_traits[trait];
        assert_int_equal(identity_has(identity, (enum identity_trait)trait), wanted != NULL);
        assert_true(!wanted || identity_is(identity, (enum identity_trait)trait, text_of(wanted)));
    }
    (void)err;
    return true;
}

static struct got *read_export(const char *path, struct reader_options options)
{
    struct arena *arena = arena_create();
    struct got *got = ARENA_NEW(arena, struct got);
    got->arena = arena;
    got->tally = tally_create();
    const struct reader_sink sink = {.person = take_person, .record = take_record, .context = got};
    options.numbers = numbers;
    got->is_done = fhir_read(path, &options, &sink, got->tally, &got->err);
    return got;
}

static void got_destroy(struct got *got)
{
    tally_destroy(got->tally);
    arena_destroy(got->arena);
}

static void put(struct scratch *scratch, const char *name, const char *content)
{
    struct error err;
    assert_true(file_write_atomic(scratch_path(scratch, name), content, strlen(content), 0600, &err));
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

static uint64_t seen(const struct got *got, const char *place)
{
    for (size_t i = 0; i < tally_row_count(got->tally); i++) {
        if (strcmp(tally_row(got->tally, i)->place, place) == 0) {
            return tally_row(got->tally, i)->seen;
        }
    }
    return 0;
}

static uint64_t words_of(const struct got *got, enum record_table table, const char *word)
{
    for (int i = 0; i < WORDS_MAX && got->words[i].count; i++) {
        if (got->words[i].table == table && strcmp(got->words[i].word, word) == 0) {
            return got->words[i].count;
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
        if (sum != row->seen) {
            fail_msg("%s: %llu seen, %llu accounted for", row->place, (unsigned long long)row->seen, (unsigned long long)sum);
        }
    }
}

static const struct record *nth(const struct got *got, enum record_table table, size_t index)
{
    for (size_t i = 0; i < got->count; i++) {
        if (got->records[i].table == table && index-- == 0) {
            return &got->records[i];
        }
    }
    fail_msg("there is no such record of %s", record_table_name(table));
    return NULL;
}

static void assert_text(const struct record *record, enum record_column column, const char *wanted)
{
    if (!record_has(record, column)) {
        if (*wanted) {
            fail_msg("%s is not there", record_column_name(column));
        }
        return;
    }
    assert_string_equal(record->values[column].text.data, wanted);
}

static void assert_day(const struct record *record, enum record_column column, const char *wanted)
{
    char shown[DAY_TEXT_SIZE];
    assert_true(record_has(record, column));
    day_to_text((day){record->values[column].day}, shown);
    assert_string_equal(shown, wanted);
}

/* Without a fallback to the stay, none of these conditions has a date (4,506 of MIMIC's). */
static void test_condition_dates(void **state)
{
    (void)state;
    struct got *got = read_export(EXPORTS "conditions", (struct reader_options){.numbers = NULL});
    assert_true(got->is_done);
    assert_all_accounted(got);
    const struct record *first = nth(got, RECORD_CONDITION, 0), *second = nth(got, RECORD_CONDITION, 1);
    assert_day(first, COLUMN_START, "2024-01-11"); /* 23:30 UTC is the next day in France */
    assert_int_equal(first->values[COLUMN_START_TIME].integer, 1800);
    assert_text(first, COLUMN_SYSTEM, "CIM10");
    assert_text(first, COLUMN_CODE, "E119");
    assert_text(first, COLUMN_STATUS, "DISCHARGE");
    assert_int_equal(first->values[COLUMN_VISIT].integer, record_number(numbers, "Encounter", TEXT("e")));
    assert_int_equal(first->values[COLUMN_SUBJECT].integer, record_subject(numbers, TEXT("p")));
    assert_day(second, COLUMN_START, "2019-01-01");
    assert_text(second, COLUMN_SYSTEM, "SNOMED");
    const struct record *refuted = nth(got, RECORD_OBSERVATION, 0);
    assert_text(refuted, COLUMN_QUALIFIER, "REFUTED");
    assert_text(refuted, COLUMN_SYSTEM, "LOCAL:http://x/z");
    assert_int_equal(outcome(got, "Condition", OUTCOME_STATUS), 1);
    assert_int_equal(outcome(got, "Condition", OUTCOME_FREE_TEXT), 1);
    assert_int_equal(outcome(got, "Condition", OUTCOME_NO_DATE), 1);
    assert_int_equal(outcome(got, "Condition", OUTCOME_NO_SUBJECT), 1);
    const struct record *person = nth(got, RECORD_PERSON, 0);
    assert_int_equal(person->values[COLUMN_BIRTH_MONTH].integer, 3);
    assert_false(record_has(person, COLUMN_BIRTH_DAY));
    got_destroy(got);
}

/* No stay is marked as in-patient: the nights say it. Where one is, the others are what they say. */
static void test_inpatient(void **state)
{
    (void)state;
    for (int marked = 0; marked < 2; marked++) {
        struct got *got =
            read_export(marked ? EXPORTS "inpatient_marked" : EXPORTS "inpatient_unmarked", (struct reader_options){.numbers = NULL});
        assert_true(got->is_done);
        assert_text(nth(got, RECORD_VISIT, 0), COLUMN_CLASS, marked ? "AMB" : "IMP");
        assert_text(nth(got, RECORD_VISIT, 0), COLUMN_DISCHARGED_TO, "home");
        assert_text(nth(got, RECORD_VISIT, 1), COLUMN_CLASS, marked ? "EMER" : "EMERIMP");
        assert_text(nth(got, RECORD_VISIT, 2), COLUMN_CLASS, "AMB"); /* days of consultations */
        assert_text(nth(got, RECORD_VISIT, 3), COLUMN_CLASS, "OBS");
        assert_int_equal(nth(got, RECORD_VISIT, 3)->values[COLUMN_PARENT].integer, record_number(numbers, "Encounter", TEXT("a")));
        assert_text(nth(got, RECORD_VISIT, 4), COLUMN_CLASS, "EMER");
        got_destroy(got);
    }
}

static void test_drugs(void **state)
{
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        struct got *got = read_export(EXPORTS "drugs", (struct reader_options){.keep_orders = keep});
        assert_true(got->is_done);
        assert_all_accounted(got);
        assert_int_equal(outcome(got, "MedicationRequest", OUTCOME_ORDER_ONLY), keep ? 1 : 2);
        const struct record *request = nth(got, RECORD_DRUG, 0), *given = nth(got, RECORD_DRUG, keep ? 2 : 1);
        assert_text(request, COLUMN_SYSTEM, "RXNORM");
        assert_text(request, COLUMN_CODE, "1191");
        assert_false(record_has(request, COLUMN_END)); /* nobody said one: it is standardise that derives it from the supply */
        assert_int_equal(request->values[COLUMN_DAYS_SUPPLY].integer, 14);
        assert_int_equal(request->values[COLUMN_REFILLS].integer, 3);
        assert_text(request, COLUMN_TYPE, "EHR_PRESCRIPTION");
        assert_text(given, COLUMN_CODE, "B01AC06");
        assert_text(given, COLUMN_ROUTE, "IV");
        assert_true(given->values[COLUMN_QUANTITY].number == 2.5);
        assert_int_equal(outcome(got, "MedicationAdministration", OUTCOME_STATUS), 1);
        assert_int_equal(outcome(got, "MedicationDispense", OUTCOME_REFERENCE), 1);
        assert_day(nth(got, RECORD_DRUG, keep ? 3 : 2), COLUMN_START, "2024-01-11"); /* the stay's */
        assert_text(nth(got, RECORD_DRUG, keep ? 4 : 3), COLUMN_TYPE, "PATIENT");
        assert_text(nth(got, RECORD_DRUG, keep ? 5 : 4), COLUMN_SYSTEM, "CVX");
        assert_int_equal(outcome(got, "Medication", OUTCOME_LOOKED_UP), 1);
        got_destroy(got);
    }
}

static void test_observations(void **state)
{
    (void)state;
    struct got *got = read_export(EXPORTS "observations", (struct reader_options){.numbers = NULL});
    assert_true(got->is_done);
    assert_all_accounted(got);
    const struct record *result = nth(got, RECORD_MEASUREMENT, 0), *panel = nth(got, RECORD_MEASUREMENT, 1);
    assert_text(result, COLUMN_OPERATOR, "<");
    assert_true(result->values[COLUMN_VALUE].number == 7.5 && result->values[COLUMN_HIGH].number == 16);
    assert_text(result, COLUMN_TYPE, "LABORATORY");
    assert_text(result, COLUMN_UNIT, "g/dL");
    const struct record *systolic = nth(got, RECORD_MEASUREMENT, 2);
    assert_int_equal(systolic->values[COLUMN_PARENT].integer, panel->values[COLUMN_RECORD].integer);
    assert_int_equal(seen(got, "Observation.component"), 2);
    assert_int_equal(outcome(got, "Observation.component", OUTCOME_NO_VALUE), 1);
    assert_int_equal(outcome(got, "Observation", OUTCOME_NO_VALUE), 1);
    assert_int_equal(outcome(got, "Observation", OUTCOME_STATUS), 1);
    assert_int_equal(outcome(got, "Observation", OUTCOME_ENTERED_IN_ERROR), 1);
    assert_int_equal(outcome(got, "Observation", OUTCOME_FREE_TEXT), 1);
    assert_text(nth(got, RECORD_OBSERVATION, 0), COLUMN_VALUE_CODE, "8517006");
    assert_text(nth(got, RECORD_OBSERVATION, 1), COLUMN_VALUE_TEXT, ">=5");
    assert_int_equal(outcome(got, "DocumentReference", OUTCOME_FREE_TEXT), 1);
    assert_int_equal(outcome(got, "Specimen", OUTCOME_NOT_CARRIED), 1);
    got_destroy(got);
}

static void test_french_identity(void **state)
{
    (void)state;
    for (int valid = 0; valid < 2; valid++) {
        const char *const wanted[IDENTITY_TRAIT_COUNT] = {[IDENTITY_NIR] = valid ? "285094415372645" : NULL,
                                                          [IDENTITY_INS_OID] = valid ? "urn:oid:1.2.250.1.213.1.4.10" : NULL,
                                                          [IDENTITY_BIRTH_NAME] = "L'HERMITE",
                                                          [IDENTITY_USED_NAME] = "MARTIN",
                                                          [IDENTITY_USED_GIVEN_NAME] = "Zoe",
                                                          [IDENTITY_GIVEN_NAMES] = "Marie Zoe",
                                                          [IDENTITY_BIRTH_DATE] = "1985-09-21",
                                                          [IDENTITY_SEX] = "female",
                                                          [IDENTITY_BIRTH_PLACE] = "44153",
                                                          [IDENTITY_RESIDENCE] = "29019",
                                                          [IDENTITY_TWIN_RANK] = "2"};
        wanted_traits = wanted;
        struct got *got =
            read_export(valid ? EXPORTS "identity_valid" : EXPORTS "identity_provisional", (struct reader_options){.numbers = NULL});
        assert_true(got->is_done);
        wanted_traits = NULL;
        assert_int_equal(got->persons, 1);
        assert_int_equal(outcome(got, "Patient", OUTCOME_DOUBLE), 1);
        assert_int_equal(tally_remark_count(got->tally), valid ? 0 : 1);
        assert_day(nth(got, RECORD_DEATH, 0), COLUMN_START, "2024-05-01");
        assert_text(nth(got, RECORD_PERSON, 0), COLUMN_RESIDENCE, "29019");
        assert_int_equal(got->by_table[RECORD_PERSON], 1);
        assert_int_equal(got->by_table[RECORD_DEATH], 1);
        got_destroy(got);
    }
}

/* Who is dead without a date died at the end of the stay that says so. Places by FINESS; specialties, never people. */
static void test_stays(void **state)
{
    (void)state;
    struct got *got = read_export(EXPORTS "stays", (struct reader_options){.numbers = NULL});
    assert_true(got->is_done);
    assert_all_accounted(got);
    assert_day(nth(got, RECORD_DEATH, 0), COLUMN_START, "2024-01-15");
    assert_int_equal(outcome(got, "Patient.deceased", OUTCOME_NO_DATE), 1);
    const struct record *stay = nth(got, RECORD_VISIT, 0), *unit = nth(got, RECORD_VISIT, 1), *contact = nth(got, RECORD_VISIT, 2);
    assert_text(stay, COLUMN_CARE_SITE, "290000017");
    assert_text(stay, COLUMN_SPECIALTY, "SM26");
    assert_int_equal(unit->values[COLUMN_PARENT].integer, stay->values[COLUMN_RECORD].integer);
    assert_text(unit, COLUMN_CARE_SITE, "l");
    assert_int_equal(outcome(got, "Encounter.location", OUTCOME_NO_DATE), 1);
    assert_int_equal(outcome(got, "Encounter", OUTCOME_STATUS), 1);
    assert_text(contact, COLUMN_CLASS, "AMB");
    assert_day(contact, COLUMN_END, "2024-03-01");
    assert_text(nth(got, RECORD_CARE_SITE, 0), COLUMN_CARE_SITE, "l");
    got_destroy(got);
}

static void test_wrong(void **state)
{
    (void)state;
    struct got *got = read_export(EXPORTS "wrong", (struct reader_options){.numbers = NULL});
    static const struct {
        const char *file;
        uint64_t line;
        const char *field;
    } wanted[] = {{"Observation.ndjson", 1, "resourceType"},
                  {"Patient.ndjson", 2, ""},
                  {"Patient.ndjson", 4, "birthDate"},
                  {"b.ndjson", 1, "resourceType"},
                  {"b.ndjson", 2, "resourceType"},
                  {"b.ndjson", 3, ""},
                  {"b.ndjson", 4, "id"},
                  {"c.ndjson.gz", 1, ""}};
    assert_false(got->is_done);
    assert_int_equal(got->err.code, ERROR_INVALID_INPUT);
    assert_int_equal(tally_finding_count(got->tally), sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const struct tally_finding *finding = tally_finding(got->tally, i);
        assert_string_equal(finding->file, wanted[i].file);
        assert_int_equal(finding->line, wanted[i].line);
        assert_string_equal(finding->field, wanted[i].field);
    }
    got_destroy(got);
    got = read_export(EXPORTS "none", (struct reader_options){.numbers = NULL});
    assert_int_equal(got->err.code, ERROR_NOT_FOUND);
    got_destroy(got);
}

static void test_limits(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    struct error err;
    struct settings settings;
    settings_defaults(&settings);
    settings.values[SETTING_JSON_BYTES_MAX] = 4096;
    CLEANUP(buffer_value) struct buffer content = {.maximum = 1 << 24};
    assert_true(buffer_append_text(&content, PATIENT, &err));
    for (int i = 0; i < 60000; i++) { /* no line end for 3 MB */
        assert_true(buffer_append_text(&content, "                                                  ", &err));
    }
    assert_true(file_write_atomic(scratch_path(&scratch, "Patient.ndjson"), content.data, content.length, 0600, &err));
    struct got *got = read_export(scratch.directory, (struct reader_options){.settings = &settings});
    assert_false(got->is_done);
    assert_int_equal(tally_finding(got->tally, 0)->line, 2);
    got_destroy(got);
    settings_defaults(&settings);
    settings.values[SETTING_READER_REFERENCES_MAX] = 1;
    put(&scratch, "Patient.ndjson", PATIENT "{\"resourceType\":\"Encounter\",\"id\":\"e\"}\n");
    got = read_export(scratch.directory, (struct reader_options){.settings = &settings});
    assert_int_equal(got->err.code, ERROR_LIMIT);
    got_destroy(got);
}

static void test_threads(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    struct error err;
    CLEANUP(buffer_value) struct buffer content = {.maximum = 1 << 24};
    for (int i = 0; i < 6000; i++) {
        assert_true(buffer_append_format(
            &content, &err,
            "{\"resourceType\":\"Condition\",\"id\":\"c%d\",\"onsetDateTime\":\"20%02d\",\"code\":{\"coding\":[{\"code\":\"%d\"}]},"
            "\"note\":[{\"text\":\"%0500d\"}],\"subject\":{\"reference\":\"Patient/p\"}}\n",
            i, i % 25, i, i));
    }
    put(&scratch, "Patient.ndjson", PATIENT);
    assert_true(file_write_atomic(scratch_path(&scratch, "Condition.ndjson"), content.data, content.length, 0600, &err));
    uint64_t digest = 0;
    for (unsigned threads = 0; threads < 8; threads += threads < 2 ? 1 : 5) {
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(threads == 0 || task_pool_create(&pool, threads, &err));
        struct got *got = read_export(scratch.directory, (struct reader_options){.pool = pool});
        assert_true(got->is_done);
        assert_int_equal(got->by_table[RECORD_CONDITION], 6000);
        assert_true(threads == 0 || got->digest == digest);
        digest = got->digest;
        got_destroy(got);
    }
}

static void test_mimic(void **state)
{
    (void)state;
    static const char *const places[] = {"../../shared/data/fhir/mimic-iv-demo-on-fhir-2.1.0",
                                         "../shared/data/fhir/mimic-iv-demo-on-fhir-2.1.0"};
    struct stat status;
    const char *path = stat(places[0], &status) == 0 ? places[0] : stat(places[1], &status) == 0 ? places[1] : NULL;
    if (!path) {
        print_message("mimic-iv-demo-on-fhir-2.1.0 is not here\n");
        skip();
    }
    /* Counted from the files with another program (Python), in the zone UTC-5. */
    static const struct {
        const char *place;
        enum record_outcome outcome;
        uint64_t count;
    } wanted[] = {{"Condition", OUTCOME_TAKEN, 5051},
                  {"Encounter", OUTCOME_TAKEN, 637},
                  {"Encounter.location", OUTCOME_TAKEN, 1012},
                  {"Location", OUTCOME_TAKEN, 31},
                  {"Medication", OUTCOME_LOOKED_UP, 1794},
                  {"MedicationAdministration", OUTCOME_TAKEN, 56535},
                  {"MedicationDispense", OUTCOME_TAKEN, 14293},
                  {"MedicationDispense", OUTCOME_STATUS, 1082},
                  {"MedicationRequest", OUTCOME_ORDER_ONLY, 17552},
                  {"MedicationStatement", OUTCOME_STATUS, 2411},
                  {"Observation", OUTCOME_TAKEN, 36951 - 2044 - 63 - 377},
                  {"Observation", OUTCOME_NO_VALUE, 2044 + 63},
                  {"Observation", OUTCOME_FREE_TEXT, 377},
                  {"Observation.component", OUTCOME_TAKEN, 2394},
                  {"Observation.component", OUTCOME_NO_VALUE, 126},
                  {"Organization", OUTCOME_TAKEN, 1},
                  {"Patient", OUTCOME_TAKEN, 100},
                  {"Patient.deceased", OUTCOME_TAKEN, 31},
                  {"Procedure", OUTCOME_TAKEN, 3423},
                  {"Procedure", OUTCOME_STATUS, 27},
                  {"Specimen", OUTCOME_NOT_CARRIED, 12458}};
    struct error err;
    struct settings settings;
    settings_defaults(&settings);
    settings.values[SETTING_READER_ZONE_MINUTES] = -300;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    assert_true(task_pool_create(&pool, 2, &err));
    struct got *got = read_export(path, (struct reader_options){.pool = pool, .settings = &settings});
    if (!got->is_done) {
        fail_msg("%s: %s", got->err.message, tally_finding_count(got->tally) ? tally_finding(got->tally, 0)->words : "");
    }
    assert_all_accounted(got);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const uint64_t count = outcome(got, wanted[i].place, wanted[i].outcome);
        if (count != wanted[i].count) {
            fail_msg("%s, %s: %llu", wanted[i].place, record_outcome_name(wanted[i].outcome), (unsigned long long)count);
        }
    }
    assert_int_equal(got->persons, 100);
    assert_int_equal(words_of(got, RECORD_VISIT, "IMP"), 860);
    assert_int_equal(words_of(got, RECORD_VISIT, "EMERIMP"), 531);
    assert_int_equal(words_of(got, RECORD_VISIT, "EMER"), 222);
    assert_int_equal(words_of(got, RECORD_VISIT, "OBS"), 36);
    assert_int_equal(words_of(got, RECORD_CONDITION, "ICD9CM"), 2442);
    assert_int_equal(words_of(got, RECORD_CONDITION, "ICD10CM"), 2609);
    got_destroy(got);
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
    assert_true(fhir_is_file_name(TEXT("MimicPatient.ndjson.gz")));
    assert_true(fhir_is_file_name(TEXT("Patient.000.ndjson")));
    assert_false(fhir_is_file_name(TEXT("log.ndjson")));
    assert_false(fhir_is_file_name(TEXT("patient.csv")));
    assert_false(fhir_is_file_name(TEXT(".ndjson")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_file_names),   cmocka_unit_test(test_condition_dates),
                                       cmocka_unit_test(test_inpatient),    cmocka_unit_test(test_drugs),
                                       cmocka_unit_test(test_observations), cmocka_unit_test(test_french_identity),
                                       cmocka_unit_test(test_stays),        cmocka_unit_test(test_wrong),
                                       cmocka_unit_test(test_limits),       cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_mimic)};
    return cmocka_run_group_tests(tests, start, end);
}
