/* SPDX-License-Identifier: EUPL-1.2 */
/* The canonical text: one fact a line, two blanks a level, sets numbered as they are first used and listed at the end. It is what the
 * hash is over, so a change of this format changes the hashes: raise the version in the first line then. */
#include "research/cohort/cohort_keys.h"
#include "research/cohort/program_walk.h"
#include <stdlib.h>
#include <string.h>

enum { PRINT_BYTES_MAX = 1 << 30 };

struct printer {
    const struct cohort_program *program;
    struct buffer *out;
    struct arena *scratch;
    int depth;
    int *numbers; /* by position of the set: 1, 2, ... as first used; 0 not used yet */
    int *order;   /* position of the set by number - 1 */
    int used;
    struct cohort_keys *keys; /* NULL, or sets are printed as the hash of their members */
};
struct cohort_keys {
    const struct cohort_program *program;
    struct arena *arena;
    struct crypto_hash *sets; /* of the members, by position, once asked for */
    bool *has_set;
};

static const char *const operand_names[] = {
    [COHORT_NOTHING] = "nothing",
    [COHORT_ONE] = "one",
    [COHORT_FIELD] = "field",
    [COHORT_FIELD_OR_ZERO] = "field-or-zero",
    [COHORT_START] = "start",
    [COHORT_END] = "end",
    [COHORT_LENGTH] = "length",
    [COHORT_AGE_AT_START] = "age-at-start",
    [COHORT_AGE_AT_END] = "age-at-end",
    [COHORT_PERSON] = "person",
    [COHORT_PROVIDER_SPECIALTY] = "provider-specialty",
    [COHORT_VISIT_CONCEPT] = "visit-concept",
    [COHORT_PLACE_OF_SERVICE] = "place-of-service",
    [COHORT_RATIO_TO_LOW] = "ratio-to-low",
    [COHORT_RATIO_TO_HIGH] = "ratio-to-high",
};
static const char *const comparison_names[] = {
    [COHORT_LT] = "lt", [COHORT_LTE] = "lte", [COHORT_EQ] = "eq",      [COHORT_NOT_EQ] = "not-eq",
    [COHORT_GT] = "gt", [COHORT_GTE] = "gte", [COHORT_BETWEEN] = "bt", [COHORT_NOT_BETWEEN] = "not-bt",
};
static const char *const end_rule_names[] = {
    [COHORT_END_RECORDED] = "recorded",
    [COHORT_END_OR_NEXT_DAY] = "recorded-or-next-day",
    [COHORT_END_OR_SUPPLY] = "recorded-or-supply",
    [COHORT_END_NEXT_DAY] = "next-day",
};
static const char *const limit_names[] = {[COHORT_LIMIT_ALL] = "all", [COHORT_LIMIT_FIRST] = "first", [COHORT_LIMIT_LAST] = "last"};
static const char *const group_names[] = {
    [COHORT_ALL] = "all", [COHORT_ANY] = "any", [COHORT_AT_LEAST_ITEMS] = "at-least", [COHORT_AT_MOST_ITEMS] = "at-most"};
static const char *const count_names[] = {
    [COHORT_COUNT_EXACTLY] = "exactly", [COHORT_COUNT_AT_MOST] = "at-most", [COHORT_COUNT_AT_LEAST] = "at-least"};

static bool indent(struct printer *p, struct error *err)
{
    for (int i = 0; i < p->depth; i++) {
        TRY(buffer_append(p->out, "  ", 2, err));
    }
    return true;
}

static int set_number(struct printer *p, int set)
{
    if (p->numbers[set] == 0) {
        p->order[p->used++] = set;
        p->numbers[set] = p->used;
    }
    return p->numbers[set];
}

static struct crypto_hash set_key(struct cohort_keys *keys, int set)
{
    if (!keys->has_set[set]) {
        struct concept_ids members = keys->program->concept_sets[set].members;
        keys->sets[set] = crypto_hash_of(members.count > 0 ? (const void *)members.items : "", members.count * sizeof *members.items);
        keys->has_set[set] = true;
    }
    return keys->sets[set];
}

static bool print_set_name(struct printer *p, const char *word, int set, struct error *err)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    if (!p->keys) {
        return buffer_append_format(p->out, err, "%s %d", word, set_number(p, set));
    }
    struct crypto_hash key = set_key(p->keys, set);
    crypto_hex(hex, key.bytes, sizeof key.bytes);
    return buffer_append_format(p->out, err, "%s %s", word, hex);
}

static bool print_value(struct printer *p, int table, struct cohort_value value, struct error *err)
{
    TRY(buffer_append_text(p->out, operand_names[value.operand], err));
    if (value.field == OMOP_NO_FIELD) {
        return true;
    }
    const struct omop_table_info *info = omop_table(value.operand == COHORT_PERSON ? OMOP_TABLE_PERSON : table);
    return buffer_append_format(p->out, err, " %s", info->fields[value.field].name);
}

/* Bytes outside printable ASCII as \xx, so that a pattern cannot break the format. */
static bool print_quoted(struct printer *p, struct text text, struct error *err)
{
    TRY(buffer_append_text(p->out, "\"", err));
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_plain = c >= ' ' && c < 0x7F && c != '"' && c != '\\';
        TRY(is_plain ? buffer_append(p->out, &c, 1, err) : buffer_append_format(p->out, err, "\\%02x", c));
    }
    return buffer_append_text(p->out, "\"", err);
}

static bool print_day(struct printer *p, int64_t number, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    day_to_text((day){(int32_t)number}, text);
    return buffer_append_format(p->out, err, " %s", text);
}

static bool print_range(struct printer *p, const struct cohort_test *test, struct error *err)
{
    TRY(buffer_append_format(p->out, err, " %s", comparison_names[test->comparison]));
    if (test->kind == COHORT_TEST_DATE) {
        TRY(print_day(p, range_value(test), err));
        return range_is_between(test) ? print_day(p, test->high, err) : true;
    }
    if (test->kind == COHORT_TEST_INTEGER) {
        TRY(buffer_append_format(p->out, err, " %lld", (long long)range_value(test)));
        return range_is_between(test) ? buffer_append_format(p->out, err, " %lld", (long long)test->high) : true;
    }
    char text[TEXT_NUMBER_SIZE];
    text_from_double(range_number(test) + 0.0, text);
    TRY(buffer_append_format(p->out, err, " %s", text));
    if (range_is_between(test)) {
        text_from_double(test->high_number + 0.0, text);
        TRY(buffer_append_format(p->out, err, " %s", text));
    }
    return true;
}

static bool print_test_operand(struct printer *p, const struct cohort_test *test, struct error *err)
{
    const char *negation = test->is_negated ? " not" : "";
    switch (test->kind) {
    case COHORT_TEST_INTEGER:
    case COHORT_TEST_DATE:
    case COHORT_TEST_DECIMAL:
        return print_range(p, test, err);
    case COHORT_TEST_TEXT:
        TRY(buffer_append_format(p->out, err, "%s like ", negation));
        return print_quoted(p, test->pattern, err);
    case COHORT_TEST_CONCEPTS:
        TRY(buffer_append_format(p->out, err, "%s in", negation));
        for (size_t i = 0; i < test->concepts.count; i++) {
            TRY(buffer_append_format(p->out, err, " %lld", (long long)test->concepts.items[i]));
        }
        return true;
    case COHORT_TEST_SET:
        return buffer_append_text(p->out, negation, err) && print_set_name(p, " in set", test->set, err);
    case COHORT_TEST_PRESENT:
        return buffer_append_text(p->out, test->is_negated ? " null" : " present", err);
    case COHORT_TEST_ABNORMAL:
        return buffer_append_text(p->out, " abnormal", err);
    }
    return true;
}

static bool print_tests(struct printer *p, int table, const struct cohort_test *tests, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        TRY(indent(p, err));
        TRY(buffer_append_text(p->out, "test ", err));
        TRY(print_value(p, table, tests[i].value, err));
        TRY(print_test_operand(p, &tests[i], err));
        TRY(buffer_append_text(p->out, "\n", err));
    }
    return true;
}

static bool print_group(struct printer *p, const char *word, const struct cohort_group *group, struct error *err);

static bool print_user_period(struct printer *p, const struct cohort_criterion *criterion, struct error *err)
{
    if (criterion->has_user_start) {
        TRY(buffer_append_text(p->out, " from", err));
        TRY(print_day(p, criterion->user_start.number, err));
    }
    if (criterion->has_user_end) {
        TRY(buffer_append_text(p->out, " to", err));
        TRY(print_day(p, criterion->user_end.number, err));
    }
    return true;
}

static bool print_criterion(struct printer *p, const struct cohort_criterion *criterion, struct error *err)
{
    TRY(indent(p, err));
    TRY(buffer_append_text(p->out, omop_table(criterion->table)->name, err));
    if (criterion->concept_set != COHORT_NO_SET) {
        TRY(print_set_name(p, " set", criterion->concept_set, err));
    }
    if (criterion->source_concept_set != COHORT_NO_SET) {
        TRY(print_set_name(p, " source-set", criterion->source_concept_set, err));
    }
    TRY(buffer_append_format(p->out, err, "%s end %s", criterion->first_only ? " first" : "", end_rule_names[criterion->end_rule]));
    if (criterion->has_adjustment) {
        const struct cohort_adjustment *a = &criterion->adjustment;
        TRY(buffer_append_format(p->out, err, " adjust %s%+d %s%+d", a->starts_from_end ? "end" : "start", a->start_offset,
                                 a->ends_from_end ? "end" : "start", a->end_offset));
    }
    TRY(print_user_period(p, criterion, err));
    TRY(buffer_append_text(p->out, "\n", err));
    p->depth++;
    TRY(print_tests(p, criterion->table, criterion->tests, criterion->test_count, err));
    TRY(criterion->nested ? print_group(p, "nested", criterion->nested, err) : true);
    p->depth--;
    return true;
}

static bool print_bound(struct printer *p, struct cohort_bound bound, struct error *err)
{
    switch (bound.kind) {
    case COHORT_BOUND_DAYS:
        return buffer_append_format(p->out, err, " %+lld", (long long)bound.days);
    case COHORT_BOUND_PERIOD_START:
        return buffer_append_text(p->out, " period-start", err);
    case COHORT_BOUND_PERIOD_END:
        return buffer_append_text(p->out, " period-end", err);
    case COHORT_BOUND_NONE:
        break;
    }
    return buffer_append_text(p->out, " *", err);
}

static bool print_window(struct printer *p, const char *word, const struct cohort_window *window, struct error *err)
{
    TRY(indent(p, err));
    TRY(buffer_append_format(p->out, err, "%s event %s index %s", word, window->uses_event_end ? "end" : "start",
                             window->uses_index_end ? "end" : "start"));
    TRY(print_bound(p, window->from, err));
    TRY(print_bound(p, window->to, err));
    return buffer_append_text(p->out, "\n", err);
}

static bool print_correlated(struct printer *p, const struct cohort_correlated *correlated, struct error *err)
{
    TRY(indent(p, err));
    TRY(buffer_append_format(p->out, err, "%s %lld", count_names[correlated->count], (long long)correlated->number));
    if (correlated->is_distinct) {
        TRY(buffer_append_text(p->out, " distinct ", err));
        TRY(print_value(p, correlated->criterion->table, correlated->distinct, err));
    }
    TRY(buffer_append_format(p->out, err, "%s%s\n", correlated->ignores_observation_period ? " any-period" : "",
                             correlated->restricts_to_visit ? " same-visit" : ""));
    p->depth++;
    TRY(print_window(p, "window", &correlated->start_window, err));
    TRY(correlated->has_end_window ? print_window(p, "end-window", &correlated->end_window, err) : true);
    TRY(print_criterion(p, correlated->criterion, err));
    p->depth--;
    return true;
}

static bool print_group(struct printer *p, const char *word, const struct cohort_group *group, struct error *err)
{
    TRY(indent(p, err));
    TRY(buffer_append_format(p->out, err, "%s %s", word, group_names[group->kind]));
    if (group->kind == COHORT_AT_LEAST_ITEMS || group->kind == COHORT_AT_MOST_ITEMS) {
        TRY(buffer_append_format(p->out, err, " %lld", (long long)group->number));
    }
    TRY(buffer_append_text(p->out, "\n", err));
    p->depth++;
    for (size_t i = 0; i < group->correlated_count; i++) {
        TRY(print_correlated(p, &group->correlated[i], err));
    }
    for (size_t i = 0; i < group->demographic_count; i++) {
        TRY(indent(p, err));
        TRY(buffer_append_text(p->out, "demographic\n", err));
        p->depth++;
        TRY(print_tests(p, OMOP_TABLE_PERSON, group->demographics[i].tests, group->demographics[i].test_count, err));
        p->depth--;
    }
    for (size_t i = 0; i < group->group_count; i++) {
        TRY(print_group(p, "group", &group->groups[i], err));
    }
    p->depth--;
    return true;
}

static bool print_exit(struct printer *p, const struct cohort_exit *exit, struct error *err)
{
    switch (exit->kind) {
    case COHORT_EXIT_PERIOD_END:
        return buffer_append_text(p->out, "exit period-end\n", err);
    case COHORT_EXIT_OFFSET:
        return buffer_append_format(p->out, err, "exit %s%+d\n", exit->from_end ? "end" : "start", exit->offset);
    case COHORT_EXIT_DRUG_ERA:
        break;
    }
    TRY(print_set_name(p, "exit era set", exit->drug_set, err));
    TRY(buffer_append_format(p->out, err, " gap %d offset %+d", exit->gap_days, exit->offset));
    if (exit->has_supply_override) {
        TRY(buffer_append_format(p->out, err, " supply %d", exit->supply_override));
    }
    return buffer_append_text(p->out, "\n", err);
}

/* What decides the end of an event. */
static bool print_exits(struct printer *p, struct error *err)
{
    const struct cohort_program *program = p->program;
    TRY(print_exit(p, &program->exit, err));
    if (program->censoring_count > 0) {
        TRY(buffer_append_text(p->out, "censoring\n", err));
        p->depth++;
        for (size_t i = 0; i < program->censoring_count; i++) {
            TRY(print_criterion(p, &program->censoring[i], err));
        }
        p->depth--;
    }
    return true;
}

static bool print_end(struct printer *p, struct error *err)
{
    const struct cohort_program *program = p->program;
    TRY(print_exits(p, err));
    TRY(buffer_append_format(p->out, err, "collapse %d\n", program->era_pad));
    if (program->has_censor_start) {
        TRY(buffer_append_text(p->out, "not-before", err));
        TRY(print_day(p, program->censor_start.number, err));
        TRY(buffer_append_text(p->out, "\n", err));
    }
    if (program->has_censor_end) {
        TRY(buffer_append_text(p->out, "not-after", err));
        TRY(print_day(p, program->censor_end.number, err));
        TRY(buffer_append_text(p->out, "\n", err));
    }
    return true;
}

static int compare_items(const void *a, const void *b)
{
    const struct concept_set_item *left = a, *right = b;
    if (left->concept.value != right->concept.value) {
        return left->concept.value < right->concept.value ? -1 : 1;
    }
    int left_flags = left->is_excluded * 4 + left->include_descendants * 2 + left->include_mapped;
    int right_flags = right->is_excluded * 4 + right->include_descendants * 2 + right->include_mapped;
    return left_flags - right_flags;
}

/* The order of items does not matter, and an item twice is an item once. */
static bool print_set(struct printer *p, int number, const struct cohort_concept_set *set, struct error *err)
{
    struct concept_set_item *items = ARENA_ARRAY(p->scratch, struct concept_set_item, set->item_count);
    if (set->item_count > 0) {
        memcpy(items, set->items, set->item_count * sizeof *items);
        qsort(items, set->item_count, sizeof *items, compare_items);
    }
    TRY(buffer_append_format(p->out, err, "set %d\n", number));
    for (size_t i = 0; i < set->item_count; i++) {
        if (i > 0 && compare_items(&items[i - 1], &items[i]) == 0) {
            continue;
        }
        TRY(buffer_append_format(p->out, err, "  %s %lld%s%s\n", items[i].is_excluded ? "exclude" : "include",
                                 (long long)items[i].concept.value, items[i].include_descendants ? " descendants" : "",
                                 items[i].include_mapped ? " mapped" : ""));
    }
    return true;
}

static bool print_primary(struct printer *p, struct error *err)
{
    const struct cohort_program *program = p->program;
    TRY(buffer_append_format(p->out, err, "emc2 cohort program 1\nprimary %s prior %d post %d\n", limit_names[program->primary_limit],
                             program->prior_days, program->post_days));
    p->depth = 1;
    for (size_t i = 0; i < program->primary_count; i++) {
        TRY(print_criterion(p, &program->primary[i], err));
    }
    p->depth = 0;
    return true;
}

static bool print_qualified(struct printer *p, struct error *err)
{
    const struct cohort_program *program = p->program;
    TRY(print_primary(p, err));
    if (program->additional) {
        TRY(print_group(p, "additional", program->additional, err));
        TRY(buffer_append_format(p->out, err, "qualified %s\n", limit_names[program->qualified_limit]));
    }
    return true;
}

static bool print_program(struct printer *p, struct error *err)
{
    const struct cohort_program *program = p->program;
    TRY(print_qualified(p, err));
    for (size_t i = 0; i < program->rule_count; i++) {
        TRY(print_group(p, "rule", &program->rules[i].group, err));
    }
    TRY(buffer_append_format(p->out, err, "included %s\n", limit_names[program->expression_limit]));
    TRY(print_end(p, err));
    for (int i = 0; i < p->used; i++) {
        TRY(print_set(p, i + 1, &program->concept_sets[p->order[i]], err));
    }
    return true;
}

bool cohort_program_print(const struct cohort_program *program, struct buffer *out, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct printer printer = {.program = program,
                              .out = out,
                              .scratch = scratch,
                              .numbers = ARENA_ARRAY(scratch, int, program->concept_set_count),
                              .order = ARENA_ARRAY(scratch, int, program->concept_set_count)};
    return print_program(&printer, err);
}

bool cohort_program_hash(const struct cohort_program *program, struct crypto_hash *out_hash, struct error *err)
{
    CLEANUP(buffer_value) struct buffer printed = {.maximum = PRINT_BYTES_MAX};
    TRY(cohort_program_print(program, &printed, err));
    *out_hash = crypto_hash_of(printed.data, printed.length);
    return true;
}

/* ---- keys of parts ---- */
struct cohort_keys *cohort_keys_create(const struct cohort_program *program)
{
    struct arena *arena = arena_create();
    struct cohort_keys *keys = ARENA_NEW(arena, struct cohort_keys);
    *keys = (struct cohort_keys){program, arena, ARENA_ARRAY(arena, struct crypto_hash, program->concept_set_count + 1),
                                 ARENA_ARRAY(arena, bool, program->concept_set_count + 1)};
    return keys;
}

void cohort_keys_destroy(struct cohort_keys *keys)
{
    if (keys) {
        arena_destroy(keys->arena);
    }
}

static struct printer key_printer(struct cohort_keys *keys, struct buffer *out)
{
    return (struct printer){.program = keys->program, .out = out, .keys = keys};
}

bool cohort_criterion_key(struct cohort_keys *keys, const struct cohort_criterion *criterion, struct crypto_hash *out_key,
                          struct error *err)
{
    CLEANUP(buffer_value) struct buffer printed = {.maximum = PRINT_BYTES_MAX};
    struct printer printer = key_printer(keys, &printed);
    TRY(print_criterion(&printer, criterion, err));
    *out_key = crypto_hash_of(printed.data, printed.length);
    return true;
}

bool cohort_group_key(struct cohort_keys *keys, const struct cohort_group *group, struct crypto_hash *out_key, struct error *err)
{
    CLEANUP(buffer_value) struct buffer printed = {.maximum = PRINT_BYTES_MAX};
    struct printer printer = key_printer(keys, &printed);
    TRY(print_group(&printer, "rule", group, err));
    *out_key = crypto_hash_of(printed.data, printed.length);
    return true;
}

bool cohort_part_key(struct cohort_keys *keys, enum cohort_part part, struct crypto_hash *out_key, struct error *err)
{
    static bool (*const prints[])(struct printer *, struct error *) = {
        [COHORT_PART_PRIMARY] = print_primary, [COHORT_PART_QUALIFIED] = print_qualified, [COHORT_PART_EXITS] = print_exits};
    CLEANUP(buffer_value) struct buffer printed = {.maximum = PRINT_BYTES_MAX};
    struct printer printer = key_printer(keys, &printed);
    TRY(prints[part](&printer, err));
    *out_key = crypto_hash_of(printed.data, printed.length);
    return true;
}
