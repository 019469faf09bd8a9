/* SPDX-License-Identifier: EUPL-1.2 */
/* source: data sets as they come (any case, any order, parts, zip, gzip, Athena, Parquet) give the same typed rows; what is wrong is told
 * by file, line and field; pieces of a large file give what reading it in order gives. */
#include "base/file.h"
#include "engines/duckdb/duckdb_engine.h"
#include "intake/source/source.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include <cmocka.h>

static char base[] = "/tmp/emc2-source-XXXXXX";
static struct error err;
static int directories;

/* ---- making data sets ---- */
static const char *new_directory(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%d", base, ++directories);
    assert_true(directory_create(path, 0700, &err));
    return path;
}

static void put(const char *directory, const char *name, const char *content)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_true(file_write_atomic(path, content, strlen(content), 0600, &err));
}

/* ---- reading them ---- */
struct seen {
    struct buffer text; /* every row as one line, values by '|' */
    size_t rows, batches;
};

static void write_value(struct seen *seen, const struct source_column *column, size_t i)
{
    bool done = true;
    if (!source_column_is_valid(column, i)) {
        return;
    }
    switch (column->type) {
    case OMOP_INTEGER:
    case OMOP_DATETIME:
        done = buffer_append_format(&seen->text, &err, "%" PRId64, column->integers[i]);
        break;
    case OMOP_FLOAT:
        done = buffer_append_format(&seen->text, &err, "%.17g", column->floats[i]);
        break;
    case OMOP_DATE:
        done = buffer_append_format(&seen->text, &err, "%d", column->days[i]);
        break;
    case OMOP_TEXT:
        done = buffer_append_format(&seen->text, &err, "'%.*s'", (int)column->texts[i].length, column->texts[i].data);
        break;
    }
    assert_true(done);
}

static bool see(void *context, const struct source_batch *batch, struct error *error)
{
    struct seen *seen = context;
    seen->rows += batch->rows;
    seen->batches++;
    for (size_t i = 0; i < batch->rows; i++) {
        for (int field = 0; field < omop_table(batch->table)->field_count; field++) {
            write_value(seen, &batch->columns[field], i);
            TRY(buffer_append(&seen->text, "|", 1, error));
        }
        TRY(buffer_append_format(&seen->text, error, "line %" PRIu64 "\n", batch->lines[i]));
    }
    return true;
}

static struct seen scan(struct source *source, int table, const struct source_scan *how, struct findings *findings)
{
    struct seen seen = {.text.maximum = 1 << 30};
    struct source_scan scan = how ? *how : (struct source_scan){0};
    scan.take = see;
    scan.context = &seen;
    scan.findings = findings;
    if (!source_scan(source, table, &scan, &err)) {
        fail_msg("%s %s", err.message, err.detail);
    }
    return seen;
}

static struct source *opened(const char *path, struct task_pool *pool, struct findings *findings)
{
    struct source *source = NULL;
    if (!source_open(&source, path, &(struct source_options){.pool = pool}, findings, &err)) {
        fail_msg("%s %s", err.message, err.detail);
    }
    return source;
}

/* One table of one data set, in words. */
static char *rows_of(const char *path, int table)
{
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    struct seen seen = scan(source, table, NULL, findings);
    assert_int_equal(findings_of_severity(findings, FINDING_SEVERITY_ERROR), 0);
    return (char *)seen.text.data;
}

#define DEATH_HEAD "person_id,death_date,death_datetime,death_type_concept_id,cause_concept_id,cause_source_value,cause_source_concept_id\n"

static void a_row_is_typed(void **state)
{
    (void)state;
    const char *path = new_directory();
    put(path, "death.csv",
        DEATH_HEAD "7,1970-01-02,1970-01-01 00:00:01,32817,0,\"it's \"\"quoted\"\"\nand broken\",\n8,19700103,,,,\"\",\"\"\n");
    char *rows = rows_of(path, OMOP_TABLE_DEATH);
    assert_string_equal(rows, "7|1|1000000|32817|0|'it's \"quoted\"\nand broken'||line 2\n8|2||||''||line 4\n");
    free(rows);
}

static void case_order_and_old_names_do_not_matter(void **state)
{
    (void)state;
    const char *path = new_directory();
    put(path, "VISIT_Occurrence.CSV",
        "Visit_Start_DATE,PERSON_ID,visit_concept_id,Admitting_Source_Concept_ID,visit_occurrence_id,color\n"
        "1970-01-02,5,9201,8717,1,red\n");
    char *rows = rows_of(path, OMOP_TABLE_VISIT_OCCURRENCE);
    assert_string_equal(rows, "1|5|9201|1|||||||||8717|||||line 2\n");
    free(rows);
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    const struct source_table *table = source_table_find(source, OMOP_TABLE_VISIT_OCCURRENCE);
    assert_int_equal(table->not_carried_count, 1);
    assert_string_equal(table->not_carried[0], "color");
    assert_true(table->carried[OMOP_VISIT_OCCURRENCE_ADMITTED_FROM_CONCEPT_ID]);
    assert_false(table->carried[OMOP_VISIT_OCCURRENCE_PROVIDER_ID]);
}

/* Without a header line, the first line is a record: its values are a patient's, and are not repeated. */
static void a_record_is_not_taken_for_names(void **state)
{
    (void)state;
    const char *path = new_directory();
    put(path, "person.csv", "1,8507,1970,name of a patient\n2,8532,1971,another\n");
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    const struct source_table *table = source_table_find(source, OMOP_TABLE_PERSON);
    assert_int_equal(table->not_carried_count, 1);
    assert_string_equal(table->not_carried[0], "(no column has a name of OMOP: is the header line missing?)");
}

static void parts_athena_and_unknown_files(void **state)
{
    (void)state;
    const char *path = new_directory();
    char inner[300];
    put(path, "death_001.csv", "person_id,death_date\n1,1970-01-01\n");
    put(path, "death_002.csv", "death_date,person_id\n1970-01-02,2\n");
    put(path, "CONCEPT.csv",
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\tvalid_start_date\t"
        "valid_end_date\tinvalid_reason\n5\t5\" tube, \"long\tDevice\tX\tY\tS\tc\t19700102\t20991231\t\n");
    put(path, "notes_of_the_etl.csv", "a,b\n1,2\n3,4\n");
    put(path, "README.md", "words");
    put(path, ".hidden.csv", "x\n");
    snprintf(inner, sizeof inner, "%s/person", path);
    assert_true(directory_create(inner, 0700, &err));
    put(inner, "part-0.csv", "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n9,1,2,3,4\n");
    put(inner, "_SUCCESS", "");
    snprintf(inner, sizeof inner, "%s/truth", path);
    assert_true(directory_create(inner, 0700, &err));
    put(inner, "person.csv", "person_id\n1\n");
    char *rows = rows_of(path, OMOP_TABLE_DEATH);
    assert_string_equal(rows, "1|0||||||line 2\n2|1||||||line 2\n");
    free(rows);
    rows = rows_of(path, OMOP_TABLE_CONCEPT);
    assert_string_equal(rows, "5|'5\" tube, \"long'|'Device'|'X'|'Y'|'S'|'c'|1|47481||line 2\n");
    free(rows);
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    assert_int_equal(source_table_find(source, OMOP_TABLE_PERSON)->file_count, 1);
    assert_int_equal(source_unknown_count(source), 3);
    assert_string_equal(source_unknown(source, 1)->name, "notes_of_the_etl.csv");
    assert_string_equal(source_unknown(source, 2)->name, "truth/person.csv");
    uint64_t count = 0;
    assert_true(source_unknown_rows(source, 1, &count, &err));
    assert_int_equal(count, 2);
}

static void faults_have_a_place(void **state)
{
    (void)state;
    const char *path = new_directory();
    put(path, "measurement.csv",
        "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,measurement_source_value\n"
        "1,1,3,1970-01-01,1.5,\"two\nlines\"\n" /* lines 2 and 3 */
        "x,1,3,1970-01-01,1.5,a\n"
        "3,,3,1970-01-01,1.5,a\n"
        "4,1,3,01/02/1970,abc,a\n"
        "5,1,3,1970-01-01,1.5\n"
        ",1,3,1970-01-01,,\xff\n"
        "7,1,,1970-01-01,,\n");
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    struct seen seen = scan(source, OMOP_TABLE_MEASUREMENT, NULL, findings);
    buffer_finish(&seen.text);
    const struct {
        enum finding_kind kind;
        int field;
        uint64_t line;
    } expected[] = {{FINDING_NOT_INTEGER, OMOP_MEASUREMENT_MEASUREMENT_ID, 4},
                    {FINDING_NO_PERSON, OMOP_MEASUREMENT_PERSON_ID, 5},
                    {FINDING_NOT_DATE, OMOP_MEASUREMENT_MEASUREMENT_DATE, 6},
                    {FINDING_NOT_NUMBER, OMOP_MEASUREMENT_VALUE_AS_NUMBER, 6},
                    {FINDING_FIELD_COUNT, FINDING_WHOLE, 7},
                    {FINDING_NO_KEY, OMOP_MEASUREMENT_MEASUREMENT_ID, 8},
                    {FINDING_NOT_UTF8, OMOP_MEASUREMENT_MEASUREMENT_SOURCE_VALUE, 8},
                    {FINDING_MISSING, OMOP_MEASUREMENT_MEASUREMENT_CONCEPT_ID, 9}};
    const struct finding_list *kept = findings_kept(findings);
    assert_int_equal(kept->count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < kept->count; i++) {
        assert_int_equal(kept->items[i].kind, expected[i].kind);
        assert_int_equal(kept->items[i].field, expected[i].field);
        assert_int_equal(kept->items[i].line, expected[i].line);
    }
    assert_int_equal(findings_of_severity(findings, FINDING_SEVERITY_ERROR), 7);
}

static void what_a_table_needs_is_demanded(void **state)
{
    (void)state;
    const char *path = new_directory();
    put(path, "condition_occurrence.csv", "condition_occurrence_id,condition_concept_id\n1,2\n");
    put(path, "drug_exposure.csv", "nothing\n"); /* without rows nothing is demanded */
    put(path, "metadata.csv", "name\nx\n");      /* CDM 5.3 has no metadata_id */
    put(path, "death.csv", "person_id,death_date\n1,\"never closed\n");
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    assert_non_null(source);
    const int table = OMOP_TABLE_CONDITION_OCCURRENCE;
    assert_int_equal(findings_count(findings, table, OMOP_CONDITION_OCCURRENCE_PERSON_ID, FINDING_COLUMN_MISSING), 1);
    assert_int_equal(findings_count(findings, table, OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATE, FINDING_COLUMN_MISSING), 1);
    assert_int_equal(findings_count(findings, OMOP_TABLE_DEATH, FINDING_WHOLE, FINDING_UNREADABLE), 1);
    assert_int_equal(findings_of_severity(findings, FINDING_SEVERITY_ERROR), 3);
}

static void a_table_twice_or_none_is_refused(void **state)
{
    (void)state;
    struct source *source = NULL;
    CLEANUP(findings) struct findings *findings = findings_create(100);
    const char *path = new_directory();
    put(path, "letters.txt", "x");
    assert_false(source_open(&source, path, &(struct source_options){0}, findings, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    put(path, "person.csv", "person_id\n");
    put(path, "person.parquet", "PAR1");
    assert_false(source_open(&source, path, &(struct source_options){0}, findings, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_false(source_open(&source, "/nowhere/at/all", &(struct source_options){0}, findings, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

/* ---- large files ---- */
enum { LARGE_ROWS = 150000 };

static void put_large(const char *directory)
{
    struct buffer text = {.maximum = 1 << 28};
    assert_true(buffer_append_text(&text, "observation_id,person_id,observation_concept_id,observation_date,value_as_string\r\n", &err));
    for (int i = 0; i < LARGE_ROWS; i++) {
        const char *value = i % 7 == 0   ? "\"a \"\"quoted\"\"\r\ntext, with\nline ends\""
                            : i % 7 == 1 ? "plain text that makes the record longer"
                            : i % 7 == 2 ? ""
                                         : "\"\"";
        const char *date = i % 10007 == 0 ? "30/02/2020" : "2020-02-29";
        assert_true(buffer_append_format(&text, &err, "%d,%d,%d,%s,%s\r\n", i, i % 1000, i % 50, date, value));
    }
    assert_true(buffer_append(&text, "", 1, &err));
    put(directory, "observation.csv", (const char *)text.data);
    buffer_finish(&text);
}

static void pieces_equal_the_whole(void **state)
{
    (void)state;
    const char *path = new_directory();
    put_large(path);
    struct seen expected = {0};
    uint64_t faults = 0;
    for (unsigned threads = 1; threads <= 7; threads += 3) {
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        CLEANUP(findings) struct findings *findings = findings_create(1000);
        assert_true(task_pool_create(&pool, threads, &err));
        CLEANUP(source) struct source *source = opened(path, pool, findings);
        struct seen seen = scan(source, OMOP_TABLE_OBSERVATION, NULL, findings);
        assert_int_equal(seen.rows, LARGE_ROWS);
        if (threads == 1) {
            expected = seen;
            faults = findings_count(findings, OMOP_TABLE_OBSERVATION, OMOP_OBSERVATION_OBSERVATION_DATE, FINDING_NOT_DATE);
            assert_int_equal(faults, LARGE_ROWS / 10007 + 1);
            continue;
        }
        assert_true(seen.text.length == expected.text.length);
        assert_memory_equal(seen.text.data, expected.text.data, seen.text.length);
        assert_int_equal(findings_of_severity(findings, FINDING_SEVERITY_ERROR), faults);
        buffer_finish(&seen.text);
    }
    buffer_finish(&expected.text);
}

static void a_range_of_persons(void **state)
{
    (void)state;
    const char *path = new_directory();
    put_large(path);
    CLEANUP(findings) struct findings *findings = findings_create(1000);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    const struct source_scan how = {.in_range = true, .first_person = 10, .last_person = 19, .fields = 3};
    struct seen seen = scan(source, OMOP_TABLE_OBSERVATION, &how, NULL);
    assert_int_equal(seen.rows, LARGE_ROWS / 100);
    assert_non_null(strstr((const char *)seen.text.data, "11|11|||||"));
    buffer_finish(&seen.text);
}

static void a_broken_place_far_down_has_its_line(void **state)
{
    (void)state;
    const char *path = new_directory();
    char file[300];
    put_large(path);
    snprintf(file, sizeof file, "%s/observation.csv", path);
    FILE *stream = fopen(file, "ab");
    assert_non_null(stream);
    fputs("1,2,3,2020-01-01,a \" in the middle\n", stream);
    fclose(stream);
    char words[2][FINDING_WORDS_MAX];
    for (unsigned i = 0; i < 2; i++) {
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        CLEANUP(findings) struct findings *findings = findings_create(1000);
        assert_true(task_pool_create(&pool, i + 1, &err));
        CLEANUP(source) struct source *source = opened(path, pool, findings);
        struct seen seen = scan(source, OMOP_TABLE_OBSERVATION, NULL, findings);
        buffer_finish(&seen.text);
        const struct finding_list *kept = findings_kept(findings);
        assert_int_equal(kept->items[kept->count - 1].kind, FINDING_UNREADABLE);
        memcpy(words[i], kept->items[kept->count - 1].words, FINDING_WORDS_MAX);
    }
    assert_string_equal(words[0], words[1]);
    assert_non_null(strstr(words[0], "line "));
}

/* ---- zip and Parquet ---- */
static void make_zip(const char *path, const char *top)
{
    static const char death[] = DEATH_HEAD "7,1970-01-02,,,,,\n",
                      person[] = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,2,3,4,5\n";
    int code = 0;
    char name[100];
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    const struct {
        const char *name, *bytes;
    } members[] = {{"DEATH.csv", death}, {"Person.csv", person}, {"__MACOSX/._DEATH.csv", "\x01\x02"}, {".DS_Store", "x"}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        snprintf(name, sizeof name, "%s%s", i == 2 ? "" : top, members[i].name);
        assert_true(zip_file_add(zip, name, zip_source_buffer(zip, members[i].bytes, strlen(members[i].bytes), 0), 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

static void a_zip_is_a_directory(void **state)
{
    (void)state;
    const char *const tops[] = {"", "omop export/", "2026/omop export/"};
    char path[300];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%zu.zip", base, i);
        make_zip(path, tops[i]);
        char *rows = rows_of(path, OMOP_TABLE_DEATH);
        assert_string_equal(rows, "7|1||||||line 2\n");
        free(rows);
        CLEANUP(findings) struct findings *findings = findings_create(100);
        CLEANUP(source) struct source *source = opened(path, NULL, findings);
        assert_int_equal(source_table_count(source), 2);
        assert_int_equal(source_unknown_count(source), 0);
        assert_string_equal(source_table(source, 0)->files[0], "Person.csv");
    }
}

/* The one folder that holds the tables is found one or two levels down; a folder further down, or one of several, is not guessed. */
static void tables_lie_in_one_folder(void **state)
{
    (void)state;
    static const char person[] = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,2,3,4,5\n";
    const char *path = new_directory();
    char folder[300];
    struct source *none = NULL;
    const char *const folders[] = {"export", "export/omop", "export/omop/death", "export/other"};
    put(path, "README.md", "words");
    for (size_t i = 0; i < 4; i++) {
        snprintf(folder, sizeof folder, "%s/%s", path, folders[i]);
        assert_true(directory_create(folder, 0700, &err));
    }
    put(path, "export/other/notes.csv", "a,b\n1,2\n");
    put(path, "export/omop/person.csv", person);
    put(path, "export/omop/death/part-1.csv", DEATH_HEAD "7,1970-01-02,,,,,\n");
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(path, NULL, findings);
    assert_int_equal(source_table_count(source), 2);
    assert_string_equal(source_table_find(source, OMOP_TABLE_PERSON)->files[0], "person.csv");
    assert_string_equal(source_table_find(source, OMOP_TABLE_DEATH)->files[0], "death/part-1.csv");
    put(path, "export/other/person.csv", person);
    assert_false(source_open(&none, path, &(struct source_options){0}, findings, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_non_null(strstr(err.message, "export/omop") && strstr(err.message, "export/other") ? err.message : NULL);
    put(path, "export/person.csv", person); /* nearer to the top: that is the data set */
    CLEANUP(source) struct source *nearer = opened(path, NULL, findings);
    assert_int_equal(source_table_count(nearer), 1);
}

static void a_zip_too_large_or_none_is_refused(void **state)
{
    (void)state;
    struct source *source = NULL;
    struct settings settings;
    char path[300];
    CLEANUP(findings) struct findings *findings = findings_create(100);
    snprintf(path, sizeof path, "%s/bounded.zip", base);
    make_zip(path, "");
    settings_defaults(&settings);
    settings.values[SETTING_ZIP_BYTES_MAX] = 20;
    assert_false(source_open(&source, path, &(struct source_options){.settings = &settings}, findings, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    put(base, "no.zip", "this is not a zip");
    snprintf(path, sizeof path, "%s/no.zip", base);
    assert_false(source_open(&source, path, &(struct source_options){0}, findings, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
}

static void write_parquet(const char *path, const char *select)
{
    CLEANUP(engine) struct engine *engine = NULL;
    CLEANUP(buffer_value) struct buffer sql = {.maximum = 1 << 16};
    assert_true(engine_open(&engine, &(struct engine_options){.files_allowed = true, .threads = 1}, &err));
    assert_true(buffer_append_format(&sql, &err, "COPY (%s) TO '%s' (FORMAT parquet)", select, path));
    if (!engine_execute(engine, (const char *)sql.data, NULL, 0, &err)) {
        fail_msg("%s %s", err.message, err.detail);
    }
}

static const char parquet_select[] =
    "SELECT i::INTEGER AS measurement_id, (i % 10)::DOUBLE AS Person_ID, 3::BIGINT AS measurement_concept_id, "
    "TIMESTAMP '1970-01-02' AS measurement_date, 1.5::FLOAT AS value_as_number, 7::INTEGER AS measurement_source_value, "
    "TIME '12:30:00' AS measurement_time, 'x'::BLOB AS unit_source_value, [1] AS extra, NULL AS range_low "
    "FROM range(5000) AS r(i)";

static void parquet_of_other_types(void **state)
{
    (void)state;
    char path[300];
    const char *directory = new_directory();
    snprintf(path, sizeof path, "%s/Measurement[1].parquet", directory);
    write_parquet(path, parquet_select);
    char to[300];
    snprintf(to, sizeof to, "%s/Measurement_1.parquet", directory);
    assert_int_equal(rename(path, to), 0);
    char *rows = rows_of(directory, OMOP_TABLE_MEASUREMENT);
    assert_non_null(strstr(rows, "0|0|3|1||'12:30:00'|||1.5||||||||'7'||'x'|||||line 1\n"));
    assert_non_null(strstr(rows, "4999|9|3|1||'12:30:00'|||1.5||||||||'7'||'x'|||||line 5000\n"));
    free(rows);
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(directory, NULL, findings);
    const struct source_table *table = source_table_find(source, OMOP_TABLE_MEASUREMENT);
    assert_true(table->rows_known);
    assert_int_equal(table->rows, 5000);
    assert_int_equal(table->not_carried_count, 1);
    const struct source_scan how = {.in_range = true, .first_person = 3, .last_person = 4, .fields = 3};
    struct seen seen = scan(source, OMOP_TABLE_MEASUREMENT, &how, findings);
    assert_int_equal(seen.rows, 1000);
    buffer_finish(&seen.text);
}

static void parquet_faults_have_a_row(void **state)
{
    (void)state;
    char path[300];
    const char *directory = new_directory();
    snprintf(path, sizeof path, "%s/death.parquet", directory);
    write_parquet(path,
                  "SELECT CASE WHEN i = 4 THEN NULL ELSE i END AS person_id, "
                  "CASE WHEN i = 7 THEN 'Dupont' ELSE '2020-02-29' END AS death_date, [i] AS cause_source_value FROM range(10) AS r(i)");
    CLEANUP(findings) struct findings *findings = findings_create(100);
    CLEANUP(source) struct source *source = opened(directory, NULL, findings);
    struct seen seen = scan(source, OMOP_TABLE_DEATH, NULL, findings);
    buffer_finish(&seen.text);
    const struct finding_list *kept = findings_kept(findings);
    assert_int_equal(kept->count, 3);
    assert_int_equal(kept->items[0].kind, FINDING_COLUMN_TYPE);
    assert_int_equal(kept->items[1].kind, FINDING_NO_PERSON);
    assert_int_equal(kept->items[1].line, 5);
    assert_int_equal(kept->items[2].kind, FINDING_NOT_DATE);
    assert_int_equal(kept->items[2].line, 8);
    put(directory, "death.parquet", "PAR1 this is no Parquet file at all PAR1");
    CLEANUP(findings) struct findings *others = findings_create(100);
    CLEANUP(source) struct source *broken = opened(directory, NULL, others);
    assert_non_null(broken);
    assert_int_equal(findings_count(others, OMOP_TABLE_DEATH, FINDING_WHOLE, FINDING_UNREADABLE), 1);
}

static void parquet_in_a_zip(void **state)
{
    (void)state;
    char path[300], parquet[300];
    int code = 0;
    snprintf(parquet, sizeof parquet, "%s/inner.parquet", base);
    snprintf(path, sizeof path, "%s/parquet.zip", base);
    write_parquet(parquet, parquet_select);
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    assert_true(zip_file_add(zip, "measurement.parquet", zip_source_file(zip, parquet, 0, -1), 0) >= 0);
    assert_int_equal(zip_close(zip), 0);
    char *rows = rows_of(path, OMOP_TABLE_MEASUREMENT);
    assert_non_null(strstr(rows, "4999|9|3|1||'12:30:00'|||1.5||||||||'7'||'x'|||||line 5000\n"));
    free(rows);
}

static int make_base(void **state)
{
    (void)state;
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
    (void)state;
    return directory_remove_all(base, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_typed),
        cmocka_unit_test(case_order_and_old_names_do_not_matter),
        cmocka_unit_test(a_record_is_not_taken_for_names),
        cmocka_unit_test(parts_athena_and_unknown_files),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(what_a_table_needs_is_demanded),
        cmocka_unit_test(a_table_twice_or_none_is_refused),
        cmocka_unit_test(pieces_equal_the_whole),
        cmocka_unit_test(a_range_of_persons),
        cmocka_unit_test(a_broken_place_far_down_has_its_line),
        cmocka_unit_test(tables_lie_in_one_folder),
        cmocka_unit_test(a_zip_is_a_directory),
        cmocka_unit_test(a_zip_too_large_or_none_is_refused),
        cmocka_unit_test(parquet_of_other_types),
        cmocka_unit_test(parquet_faults_have_a_row),
        cmocka_unit_test(parquet_in_a_zip),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
