/* SPDX-License-Identifier: EUPL-1.2 */
/* Every published and generated definition, and every expression of the reference's own tests, parses, is sound, prints and is told in
 * both languages. The files stand beside the project; without them these tests are skipped. */
#include "base/file.h"
#include "base/json.h"
#include "research/circe/circe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_BYTES_MAX = 1 << 26 };
static const char root[] = "../shared/data/cohorts";

struct tally {
    const char *folder;
    size_t files, criteria, tests, groups, sets;
};

static void count_group(struct tally *tally, const struct cohort_group *group);

static void count_criterion(struct tally *tally, const struct cohort_criterion *criterion)
{
    tally->criteria++;
    tally->tests += criterion->test_count;
    if (criterion->nested) {
        count_group(tally, criterion->nested);
    }
}

static void count_group(struct tally *tally, const struct cohort_group *group)
{
    tally->groups++;
    for (size_t i = 0; i < group->correlated_count; i++) {
        count_criterion(tally, group->correlated[i].criterion);
    }
    for (size_t i = 0; i < group->demographic_count; i++) {
        tally->tests += group->demographics[i].test_count;
    }
    for (size_t i = 0; i < group->group_count; i++) {
        count_group(tally, &group->groups[i]);
    }
}

static void count_program(struct tally *tally, const struct cohort_program *program)
{
    tally->files++;
    tally->sets += program->concept_set_count;
    for (size_t i = 0; i < program->primary_count; i++) {
        count_criterion(tally, &program->primary[i]);
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        count_criterion(tally, &program->censoring[i]);
    }
    for (size_t i = 0; i < program->rule_count; i++) {
        count_group(tally, &program->rules[i].group);
    }
    if (program->additional) {
        count_group(tally, program->additional);
    }
}

static bool say_everything(const struct cohort_program *program, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = FILE_BYTES_MAX};
    struct crypto_hash hash;
    TRY(cohort_program_validate(program, err));
    TRY(cohort_program_hash(program, &hash, err));
    TRY(cohort_program_explain(program, NULL, COHORT_ENGLISH, &out, err));
    return cohort_program_explain(program, NULL, COHORT_FRENCH, &out, err);
}

static bool parse_definition(void *context, const char *leaf, struct error *err)
{
    struct tally *tally = context;
    char path[300];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = FILE_BYTES_MAX};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct cohort_program *program = NULL;
    snprintf(path, sizeof path, "%s/%s/%s", root, tally->folder, leaf);
    TRY(file_read(path, &bytes, err));
    TRY(circe_parse(&program, arena, leaf, bytes.data, bytes.length, err));
    TRY(say_everything(program, err));
    count_program(tally, program);
    return true;
}

static bool is_there(const char *folder)
{
    char path[300];
    struct error err;
    bool exists = false;
    snprintf(path, sizeof path, "%s/%s", root, folder);
    if (!file_exists(path, &exists, &err) || !exists) {
        print_message("%s is not there\n", path);
        return false;
    }
    return true;
}

static void parse_folder(const char *folder, size_t wanted)
{
    if (!is_there(folder)) {
        skip();
    }
    struct tally tally = {.folder = folder};
    struct error err = {0};
    char path[300];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    if (!directory_visit(path, parse_definition, &tally, &err)) {
        fail_msg("%s", err.message);
    }
    print_message("%s: %zu files, %zu criteria, %zu attribute tests, %zu groups, %zu concept sets\n", folder, tally.files, tally.criteria,
                  tally.tests, tally.groups, tally.sets);
    assert_int_equal(tally.files, wanted);
}

static void phenotypes_parse(void **state)
{
    (void)state;
    parse_folder("phenotypes/definitions", 275);
}

static void programs_parse(void **state)
{
    (void)state;
    parse_folder("programs/definitions", 979);
}

/* JSON text again from a tree, to parse the parts of a file of vectors. */
static bool write_json(struct json_writer *writer, const struct json *json, struct error *err)
{
    switch (json->kind) {
    case JSON_NULL:
        return json_null(writer, err);
    case JSON_TRUE:
    case JSON_FALSE:
        return json_bool(writer, json->kind == JSON_TRUE, err);
    case JSON_INTEGER:
        return json_i64(writer, json->integer, err);
    case JSON_NUMBER:
        return json_double(writer, json->number, err);
    case JSON_STRING:
        return json_text(writer, json->text, err);
    case JSON_ARRAY:
        TRY(json_begin_array(writer, err));
        for (size_t i = 0; i < json->count; i++) {
            TRY(write_json(writer, &json->items[i], err));
        }
        return json_end_array(writer, err);
    case JSON_OBJECT:
        break;
    }
    TRY(json_begin_object(writer, err));
    for (size_t i = 0; i < json->count; i++) {
        TRY(json_name(writer, json->names[i].data, err));
        TRY(write_json(writer, &json->items[i], err));
    }
    return json_end_object(writer, err);
}

static bool parse_query(const struct json *query, struct tally *tally, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(buffer_value) struct buffer text = {.maximum = FILE_BYTES_MAX};
    struct json_writer writer = {.out = &text};
    struct cohort_program *program = NULL;
    const struct json *kind = json_member(query, "kind"), *name = json_member(query, "name");
    enum circe_part part = CIRCE_GROUP;
    if (text_equal(kind->text, TEXT("criteria"))) {
        part = CIRCE_CRITERION;
    } else if (text_equal(kind->text, TEXT("windowed"))) {
        part = CIRCE_CORRELATED;
    }
    TRY(write_json(&writer, json_member(query, "json"), err));
    TRY(circe_parse_part(&program, part, arena, name->text.data, text.data, text.length, err));
    TRY(say_everything(program, err));
    count_program(tally, program);
    return true;
}

/* The columns of the reference's own test data are not those of the CDM 5.4: dose_unit_concept_id is not there. */
static bool is_out_of_scope(const struct error *err)
{
    return err->code == ERROR_UNSUPPORTED && strstr(err->message, "DrugExposure.DoseUnitCS: the CDM 5.x has no such column");
}

static bool parse_vector(void *context, const char *leaf, struct error *err)
{
    struct tally *tally = context;
    char path[300];
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *file = NULL;
    snprintf(path, sizeof path, "%s/%s/%s", root, tally->folder, leaf);
    TRY(json_parse_file(&file, arena, path, FILE_BYTES_MAX, err));
    const struct json *queries = json_member(file, "queries"), *cohorts = json_member(file, "cohorts");
    for (size_t i = 0; queries && i < queries->count; i++) {
        if (!parse_query(&queries->items[i], tally, err)) {
            TRY(is_out_of_scope(err));
            print_message("refused: %s\n", err->message);
        }
    }
    for (size_t i = 0; cohorts && i < cohorts->count; i++) {
        CLEANUP(buffer_value) struct buffer text = {.maximum = FILE_BYTES_MAX};
        struct json_writer writer = {.out = &text};
        struct cohort_program *program = NULL;
        TRY(write_json(&writer, json_member(&cohorts->items[i], "expression"), err));
        TRY(circe_parse(&program, arena, leaf, text.data, text.length, err));
        TRY(say_everything(program, err));
        count_program(tally, program);
    }
    return true;
}

static void vectors_parse(void **state)
{
    (void)state;
    static const char *const folders[] = {"vectors/circe_cohort", "vectors/circe_criteria"};
    for (size_t i = 0; i < 2; i++) {
        if (!is_there(folders[i])) {
            skip();
        }
        struct tally tally = {.folder = folders[i]};
        struct error err = {0};
        char path[300];
        snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        if (!directory_visit(path, parse_vector, &tally, &err)) {
            fail_msg("%s", err.message);
        }
        print_message("%s: %zu expressions\n", folders[i], tally.files);
        assert_true(tally.files > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(phenotypes_parse), cmocka_unit_test(programs_parse),
                                       cmocka_unit_test(vectors_parse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
