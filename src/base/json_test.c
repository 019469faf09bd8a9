/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of json: the tree, the place of each kind of fault, limits, writing and reading back, and the published cohort definitions. */
#include "base/file.h"
#include "base/json.h"
#include "base/json_scan.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct json *parse(struct arena *arena, const char *source)
{
    struct error err;
    const struct json *root = NULL;
    if (!json_parse(&root, arena, "test", source, strlen(source), &err)) {
        fail_msg("%s: %s", source, err.message);
    }
    return root;
}

static void test_tree(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *root = parse(arena, "\xef\xbb\xbf {\"a\": [1, -2.5, true, false, null, \"\\u20ac\\n\"], \"b\": {}, \"a\": 7}");
    assert_int_equal(root->kind, JSON_OBJECT);
    assert_int_equal(root->count, 3);
    assert_int_equal(json_member(root, "a")->integer, 7); /* of duplicates the last */
    assert_null(json_member(root, "c"));
    assert_null(json_member(NULL, "c"));
    const struct json *items = root->items[0].items;
    assert_int_equal(root->items[0].count, 6);
    assert_int_equal(items[0].kind, JSON_INTEGER);
    assert_true(items[0].integer == 1 && items[0].number == 1);
    assert_int_equal(items[1].kind, JSON_NUMBER);
    assert_true(items[1].number == -2.5);
    assert_int_equal(items[2].kind, JSON_TRUE);
    assert_int_equal(items[3].kind, JSON_FALSE);
    assert_int_equal(items[4].kind, JSON_NULL);
    assert_int_equal(items[5].kind, JSON_STRING);
    assert_true(text_equal(items[5].text, TEXT("\xe2\x82\xac\n")));
    assert_string_equal(items[5].text.data, "\xe2\x82\xac\n");
    assert_null(json_member(&root->items[0], "a"));
    assert_int_equal(json_member(root, "b")->count, 0);
    assert_string_equal(json_kind_name(JSON_ARRAY), "array");
}

static void test_numbers(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *items = parse(arena, "[9223372036854775807, -9223372036854775808, 9223372036854775808, 18446744073709551615,"
                                            " 18446744073709551616, -9223372036854775809, 1e2, \"18446744073709551616\","
                                            " {\"18446744073709551616\": 123456789012345678901234567890}, 5e-324]")
                                   ->items;
    assert_true(items[0].kind == JSON_INTEGER && items[0].integer == INT64_MAX);
    assert_true(items[1].kind == JSON_INTEGER && items[1].integer == INT64_MIN);
    assert_true(items[2].kind == JSON_NUMBER && items[2].number == 9223372036854775808.0);
    assert_true(items[3].kind == JSON_NUMBER && items[3].number == 18446744073709551615.0);
    assert_true(items[4].kind == JSON_NUMBER && items[4].number == 18446744073709551616.0);
    assert_true(items[5].kind == JSON_NUMBER && items[5].number == -9223372036854775809.0);
    assert_true(items[6].kind == JSON_NUMBER && items[6].number == 100);
    assert_true(text_equal(items[7].text, TEXT("18446744073709551616")));
    assert_true(items[8].items[0].number == 123456789012345678901234567890.0);
    assert_true(text_equal(items[8].names[0], TEXT("18446744073709551616")));
    assert_true(items[9].number == 0x1p-1074);
}

static void test_faults_have_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *source, *message;
    } cases[] = {
        {"", "bad.json, line 1: the document is empty"},
        {" \n\n", "bad.json, line 3: the document is empty"},
        {"{\n\"a\": 1,\n}", "bad.json, line 3: a member name in double quotes is expected"},
        {"[1,\n2,]", "bad.json, line 2: a value is expected"},
        {"[1\n2]", "bad.json, line 2: a comma or ] is expected"},
        {"{\"a\"\n1}", "bad.json, line 2: a colon is expected after a member name"},
        {"{\"a\": 1\n\"b\": 2}", "bad.json, line 2: a comma or } is expected"},
        {"[\n\"abc", "bad.json, line 2: a string has no end"},
        {"[\"a\nb\"]", "bad.json, line 1: a string contains a line end or another control character"},
        {"[\n\"\\x\"]", "bad.json, line 2: a backslash in a string is not followed by one of \" \\ / b f n r t u"},
        {"[\n\"\\u12g4\"]", "bad.json, line 2: \\u is not followed by four hexadecimal digits"},
        {"[\n\"\\ud800\"]", "bad.json, line 2: half of a surrogate pair stands alone"},
        {"[\n\"\\udc00\"]", "bad.json, line 2: half of a surrogate pair stands alone"},
        {"[\n\"\xff\"]", "bad.json, line 2: a string is not UTF-8"},
        {"[\n01]", "bad.json, line 2: a number begins with 0"},
        {"[\n1.]", "bad.json, line 2: a number has no digits after its point"},
        {"[\n1e+]", "bad.json, line 2: a number has no digits in its exponent"},
        {"[\n1e999]", "bad.json, line 2: a number is too large"},
        {"[\nnul]", "bad.json, line 2: a value is expected"},
        {"[\nNaN]", "bad.json, line 2: a value is expected"},
        {"[1]\n[2]", "bad.json, line 2: something follows after the end of the document"},
        {"{'a': 1}", "bad.json, line 1: a member name in double quotes is expected"},
        {"\n// comment\n{}", "bad.json, line 2: a value is expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err;
        CLEANUP(arena) struct arena *arena = arena_create();
        const struct json *root = NULL;
        assert_false(json_parse(&root, arena, "where/bad.json", cases[i].source, strlen(cases[i].source), &err));
        assert_null(root);
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.detail, "where/bad.json");
        assert_string_not_equal(err.hint, "");
    }
}

static void test_depth(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    static char source[400000];
    for (size_t depth = 60; depth <= 68; depth++) {
        memset(source, '[', depth);
        memset(source + depth, ']', depth);
        const struct json *root = NULL;
        bool parsed = json_parse(&root, arena, "deep", source, 2 * depth, &err);
        assert_int_equal(parsed, depth <= JSON_DEPTH_MAX);
        assert_true(parsed || err.code == ERROR_LIMIT);
    }
    const struct json *root = NULL;
    memset(source, '[', sizeof source);
    assert_false(json_parse(&root, arena, "deep", source, sizeof source, &err));
    size_t at = 0; /* a big integer behind deep nesting takes the second way through the parser */
    for (; at < 100; at++) {
        source[at] = '[';
    }
    assert_false(json_parse(&root, arena, "deep", source, (size_t)snprintf(source + at, 100, "99999999999999999999") + at, &err));
}

static void the_place_of_what_is_too_deep_is_told(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *root = NULL;
    char source[2000] = "{\"a\": [1,\n[2]], \"Gr\u00fc\\\"x\":\n", path[40];
    size_t at = strlen(source);
    memset(source + at, '[', 64);
    at += 64;
    memset(source + at, ']', 64);
    at += 64;
    source[at++] = '}';
    assert_false(json_parse(&root, arena, "deep", source, at, &err));
    assert_string_equal(err.message, "deep, line 3: values are nested deeper than 64 levels");
    assert_int_equal(json_line_of_depth(source, at, path, sizeof path), 3);
    assert_string_equal(path, "Gr????x[0][0][0][0][0][0][0][0][0][0][0");
    assert_int_equal(json_line_of_depth("[[1]]", 5, path, sizeof path), 0);
    assert_string_equal(path, "");
}

static void test_bytes_need_no_padding(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    for (size_t length = 2; length < 200; length++) {
        char *exact = test_malloc(length); /* cmocka and AddressSanitizer watch the byte behind it */
        memset(exact, ' ', length);
        exact[0] = '[';
        exact[length - 1] = ']';
        const struct json *root = NULL;
        assert_true(json_parse(&root, arena, "exact", exact, length, &err));
        test_free(exact);
        assert_int_equal(root->kind, JSON_ARRAY);
    }
}

static void test_line_of_path(void **state)
{
    (void)state;
    const char *source =
        "\xef\xbb\xbf{\n \"a\": [\n  1,\n  {\"b\":\n   [true,\n    {\"c.d\": 2}]}\n ],\n \"a b\": 3,\n \"x\": 1,\n \"x\": 2\n}";
    static const struct {
        const char *path;
        unsigned line;
    } cases[] = {{"", 1},    {"a", 2},    {"a[0]", 3},  {"a[1]", 4},     {"a[1].b", 5}, {"a[1].b[0]", 5}, {"a[1].b[1].c.d", 6},
                 {"a b", 8}, {"x", 10},   {"y", 0},     {"a[2]", 0},     {"a.b", 0},    {"a[1].c", 0},    {"x[0]", 0},
                 {"a[1", 0}, {"a[x]", 0}, {"a[-1]", 0}, {"a[1].b[2]", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned line = json_line_of_path(source, strlen(source), cases[i].path);
        if (line != cases[i].line) {
            fail_msg("%s: line %u instead of %u", cases[i].path, line, cases[i].line);
        }
    }
    assert_int_equal(json_line_of_path("[1,", 3, "[5]"), 0);
    assert_int_equal(json_line_of_path("", 0, ""), 0);
}

static bool write_example(struct json_writer *writer, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(json_name(writer, "text", err));
    TRY(json_text(writer, TEXT("\"\\/\b\f\n\r\t\x01\x1f\x7f \xe2\x82\xac </script> < <!-- \xff\xc3"), err));
    TRY(json_name(writer, "numbers", err));
    TRY(json_begin_array(writer, err));
    TRY(json_i64(writer, INT64_MIN, err));
    TRY(json_double(writer, 0.1, err));
    TRY(json_double(writer, NAN, err));
    TRY(json_double(writer, -INFINITY, err));
    TRY(json_bool(writer, true, err));
    TRY(json_bool(writer, false, err));
    TRY(json_null(writer, err));
    TRY(json_end_array(writer, err));
    TRY(json_name(writer, "empty", err));
    TRY(json_begin_array(writer, err));
    TRY(json_end_array(writer, err));
    TRY(json_name(writer, "object", err));
    TRY(json_begin_object(writer, err));
    TRY(json_end_object(writer, err));
    return json_end_object(writer, err);
}

static void test_writer(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 4096};
    struct json_writer writer = {.out = &out};
    assert_true(write_example(&writer, &err));
    assert_string_equal((char *)out.data,
                        "{\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f \xe2\x82\xac \\u003c/script> < \\u003c!-- "
                        "\xef\xbf\xbd\xef\xbf\xbd\",\"numbers\":[-9223372036854775808,0.1,null,null,true,false,null],"
                        "\"empty\":[],\"object\":{}}");
    CLEANUP(buffer_value) struct buffer lines = {.maximum = 4096};
    struct json_writer indented = {.out = &lines, .indented = true};
    assert_true(write_example(&indented, &err));
    assert_non_null(strstr((char *)lines.data, "{\n  \"text\": \"\\\""));
    assert_non_null(strstr((char *)lines.data, "  \"numbers\": [\n    -9223372036854775808,\n    0.1,"));
    assert_non_null(strstr((char *)lines.data, "  \"empty\": [],\n  \"object\": {}\n}"));
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *plain = parse(arena, (char *)out.data);
    const struct json *again = parse(arena, (char *)lines.data);
    assert_true(text_equal(plain->items[0].text, again->items[0].text));
    assert_true(text_equal(plain->items[0].text, TEXT("\"\\/\b\f\n\r\t\x01\x1f\x7f \xe2\x82\xac </script> < <!-- "
                                                      "\xef\xbf\xbd\xef\xbf\xbd")));
}

static void test_writer_limits(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1000};
    struct json_writer writer = {.out = &out};
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        assert_true(json_begin_array(&writer, &err));
    }
    assert_false(json_begin_array(&writer, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    CLEANUP(buffer_value) struct buffer small = {.maximum = 3};
    struct json_writer narrow = {.out = &small};
    assert_false(json_text(&narrow, TEXT("abc"), &err));
}

/* The scanner and the parser are two readings of RFC 8259; what one takes the other must take. */
static void assert_both_agree(const char *source, size_t length)
{
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *root = NULL;
    struct json_scan scan = {.bytes = (const uint8_t *)source, .length = length};
    json_scan_document(&scan);
    bool parsed = json_parse(&root, arena, "x", source, length, &err);
    if (parsed != (scan.reason == NULL)) {
        fail_msg("'%.*s': %s, but %s", (int)length, source, parsed ? "taken" : err.message, scan.reason ? scan.reason : "well formed");
    }
}

static void test_parser_and_scanner_agree(void **state)
{
    (void)state;
    static const char letters[] = "{}[]\",:\\u0d8-1e.tn \n";
    uint64_t bits = 88172645463325252u;
    for (int round = 0; round < 20000; round++) {
        char source[12];
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        size_t length = 1 + bits % sizeof source;
        for (size_t i = 0; i < length; i++) {
            source[i] = letters[(bits >> (i * 5)) % (sizeof letters - 1)];
        }
        assert_both_agree(source, length);
    }
    const char *good = "{\"a\": [1, 2.5e-3, \"\\ud83d\\ude00\", {\"b\": null}]}";
    for (size_t cut = 0; cut <= strlen(good); cut++) {
        assert_both_agree(good, cut);
    }
}

struct definitions {
    const char *directory;
    int parsed;
};

static bool parse_definition(void *context, const char *name, struct error *err)
{
    struct definitions *definitions = context;
    char path[600];
    snprintf(path, sizeof path, "%s/%s", definitions->directory, name);
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *root = NULL;
    TRY(json_parse_file(&root, arena, path, 64 << 20, err));
    if (!json_member(root, "PrimaryCriteria")) {
        return FAIL(err, INVALID_INPUT, "%s has no primary criteria", name);
    }
    CLEANUP(buffer_value) struct buffer source = {.maximum = 64 << 20};
    TRY(file_read(path, &source, err));
    if (json_line_of_path(source.data, source.length, "PrimaryCriteria.CriteriaList[0]") == 0) {
        return FAIL(err, INVALID_INPUT, "%s has no line for its first criterion", name);
    }
    definitions->parsed++;
    return true;
}

static void test_cohort_definitions(void **state)
{
    (void)state;
    struct error err;
    struct definitions definitions = {.directory = "../shared/data/cohorts/phenotypes/definitions"};
    bool present = false;
    assert_true(file_exists(definitions.directory, &present, &err));
    if (!present) {
        print_message("skipped: %s is not there\n", definitions.directory);
        skip();
    }
    if (!directory_visit(definitions.directory, parse_definition, &definitions, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    print_message("%d cohort definitions parsed\n", definitions.parsed);
    assert_true(definitions.parsed > 200);
}

static void test_writer_shows_no_control(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 4096};
    struct json_writer writer = {.out = &out};
    assert_true(json_text(&writer,
                          TEXT("\x1b[2J \xc2\x9b"
                               "31m \xc2\xa0 \xc2 \xc3\xa9"),
                          &err)); /* the fourth is half a character */
    assert_string_equal((char *)out.data, "\"\\u001b[2J \\u009b31m \xc2\xa0 \xef\xbf\xbd \xc3\xa9\"");
}

/* One parser for many documents: each is what it is, whatever came before. */
static void test_many_documents(void **state)
{
    (void)state;
    static const char lines[] = "{\"a\":\"x\\u00e9\"}\n[\n{\"a\":\"\\udc00\"}\n{\"a\":123456789012345678901234567890}\n{\"b\":[1,2]}\n"
                                "                                                                ";
    CLEANUP(json_reader) struct json_reader *reader = NULL;
    struct error err;
    const struct json *root = NULL;
    const char *at = lines;
    assert_true(json_reader_create(&reader, &err));
    for (int line = 0; line < 5; line++) {
        const size_t length = strcspn(at, "\n");
        const bool parsed = json_reader_parse(reader, &root, "test", at, length, &err);
        assert_int_equal(parsed, line != 1 && line != 2); /* not ended; half of a surrogate pair */
        assert_true(line != 0 || text_equal(json_member(root, "a")->text, TEXT("x\xc3\xa9")));
        assert_true(line != 3 || json_member(root, "a")->number == 123456789012345678901234567890.0);
        assert_true(line != 4 || json_member(root, "b")->count == 2);
        at += length + 1;
    }
    assert_false(json_reader_parse(reader, &root, "test", at, 0, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_documents),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_faults_have_a_line),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(the_place_of_what_is_too_deep_is_told),
        cmocka_unit_test(test_bytes_need_no_padding),
        cmocka_unit_test(test_line_of_path),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_shows_no_control),
        cmocka_unit_test(test_writer_limits),
        cmocka_unit_test(test_parser_and_scanner_agree),
        cmocka_unit_test(test_cohort_definitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
