/* SPDX-License-Identifier: EUPL-1.2 */
/* The report: groups counted by hand, the flag below 90 of 100, the chart's escapes, JSON that can be read again. */
#include "base/json.h"
#include "intake/linkage/linkage_internal.h"
#include "intake/linkage/linkage_report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Ten entries of holder 1 (claims are holder 9); nine of them have the claims' entry; the tenth has one of holder 2 only. */
static struct linkage_report report_of_eleven(struct linkage_entry *entries, struct linkage_link *links)
{
    struct error err = {0};
    for (size_t i = 0; i < 20; i++) {
        const bool is_claims = i >= 11;
        entries[i] = (struct linkage_entry){.holder = i < 10 ? 1 : i == 10 ? 2 : 9, .subject = (int64_t)i + 1};
        entries[i].birth_year = (uint16_t)(i == 0 ? 2015 : 1950);
        entries[i].sex = i % 2 ? 'F' : 'M';
        entries[i].tokens[IDENTITY_KEY_GIVEN_PLACE - 1] = i < 5;
        const size_t person = is_claims ? i - 11 : i == 10 ? 9 : i;
        links[i] =
            (struct linkage_link){.person_id = (uint32_t)person + 1, .probability = 1, .rule = i % 2 ? LINKAGE_NIR : LINKAGE_IDENTITY};
    }
    const struct linkage_result result = {.links = links, .count = 20};
    const struct linkage_report_options options = {.reference = 9, .year = 2026};
    struct linkage_report report;
    assert_true(linkage_report_make(&report, &result, entries, &options, &err));
    return report;
}

static const struct linkage_group *group_find(const struct linkage_report *report, const char *words)
{
    char text[LINKAGE_WORDS_SIZE];
    for (size_t i = 0; i < report->group_count; i++) {
        if (strcmp(linkage_group_words(&report->groups[i], false, text), words) == 0) {
            return &report->groups[i];
        }
    }
    return NULL;
}

static void test_groups(void **state)
{
    (void)state;
    struct linkage_entry entries[20];
    struct linkage_link links[20];
    const struct linkage_report report = report_of_eleven(entries, links);
    assert_int_equal(report.groups[0].dimension, LINKAGE_BY_ALL);
    assert_int_equal(report.groups[0].entries, 11);
    assert_int_equal(report.groups[0].linked, 9);
    assert_true(report.groups[0].is_low); /* 9 of 11 */
    const struct linkage_group *first = group_find(&report, "holder 1"), *second = group_find(&report, "holder 2");
    assert_non_null(first);
    assert_int_equal(first->entries, 10);
    assert_int_equal(first->linked, 9);
    assert_false(first->is_low); /* 90 of 100 is success */
    assert_int_equal(first->rules[LINKAGE_NIR] + first->rules[LINKAGE_IDENTITY], 9);
    assert_int_equal(first->rules[LINKAGE_ALONE], 1);
    assert_non_null(second);
    assert_true(second->is_low && second->linked == 0);
    assert_null(group_find(&report, "holder 9"));
    assert_int_equal(group_find(&report, "0-17 years")->entries, 1);
    assert_int_equal(group_find(&report, "65-79 years")->entries, 10);
    assert_int_equal(group_find(&report, "birthplace known")->entries, 5);
    assert_int_equal(group_find(&report, "women")->entries, 5);
}

static void test_names(void **state)
{
    (void)state;
    struct error err = {0};
    struct linkage_entry entries[2] = {{.holder = 1, .subject = 1}, {.holder = 2, .subject = 1}};
    struct linkage_link links[2] = {{.person_id = 1}, {.person_id = 1}};
    const struct linkage_result result = {.links = links, .count = 2};
    const char *const holders[] = {"chu-a"};
    const struct linkage_report_options options = {.year = 2026, .holders = holders, .holder_count = 1};
    struct linkage_report report;
    assert_true(linkage_report_make(&report, &result, entries, &options, &err));
    assert_int_equal(group_find(&report, "chu-a")->entries, 1);
    assert_int_equal(group_find(&report, "holder 2")->linked, 1); /* a name is not known */
}

static void test_json_and_page(void **state)
{
    (void)state;
    struct error err = {0};
    struct linkage_entry entries[20];
    struct linkage_link links[20];
    struct linkage_report report = report_of_eleven(entries, links);
    struct linkage_model model = {.weights = {.field_count = 1}};
    model.weights.fields[0] = (struct weights_field){.name = "a<b&\"c",
                                                     .nom = "nom",
                                                     .levels = 3,
                                                     .level_names = {"", "equal", "other"},
                                                     .level_noms = {"", "égal", "autre"},
                                                     .m = {0, 0.9, 0.1},
                                                     .u = {0, 0.1, 0.9}};
    CLEANUP(buffer_value) struct buffer page = {.maximum = 1 << 20}, json = {.maximum = 1 << 20};
    assert_true(linkage_report_html(&report, &model, false, &page, &err));
    const char *text = (const char *)page.data;
    assert_non_null(strstr(text, "a&lt;b&amp;&quot;c"));
    assert_null(strstr(text, "a<b"));
    assert_non_null(strstr(text, "+3.2")); /* log2 9 */
    assert_non_null(strstr(text, "-3.2"));
    assert_non_null(strstr(text, "class='low'"));
    buffer_clear(&page);
    assert_true(linkage_report_html(NULL, &model, true, &page, &err));
    assert_non_null(strstr((const char *)page.data, "Poids d'appariement"));
    struct json_writer writer = {.out = &json};
    assert_true(linkage_report_write(&report, &model, &writer, &err));
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct json *root;
    assert_true(json_parse(&root, arena, "report", json.data, json.length, &err));
    assert_int_equal(json_member(root, "groups")->count, report.group_count);
    assert_int_equal(json_member(json_member(root, "groups")->items, "entries")->integer, 11);
    buffer_clear(&page);
    assert_true(linkage_model_print(&model, &page, &err));
    assert_non_null(strstr((const char *)page.data, "+3.17"));
}

static void test_too_many_holders(void **state)
{
    (void)state;
    struct error err = {0};
    struct linkage_entry entries[200];
    struct linkage_link links[200];
    for (uint32_t i = 0; i < 200; i++) {
        entries[i] = (struct linkage_entry){.holder = i + 1, .subject = 1};
        links[i] = (struct linkage_link){.person_id = i + 1};
    }
    const struct linkage_result result = {.links = links, .count = 200};
    const struct linkage_report_options options = {.year = 2026};
    struct linkage_report report;
    assert_true(linkage_report_make(&report, &result, entries, &options, &err));
    assert_int_equal(report.group_count, LINKAGE_HOLDERS_MAX + 4); /* all, age unknown, sex unknown, birthplace unknown */
    assert_int_equal(report.groups[0].entries, 200);
    assert_int_equal(group_find(&report, "age unknown")->entries, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_groups), cmocka_unit_test(test_names), cmocka_unit_test(test_json_and_page),
                                       cmocka_unit_test(test_too_many_holders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
