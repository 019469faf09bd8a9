/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate: two tables, pairs that share a value, levels by likeness, EM, and pairs that are the best for both sides. */
#include "base/bulk.h"
#include "base/csv.h"
#include "intake/linkage/linkage_evaluate.h"
#include "intake/linkage/linkage_internal.h"
#include "intake/linkage/strings.h"
#include "intake/linkage/table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_PAIRS = 1000000, BLOCK_PAIRS_MAX = 10000, PAIRS_MAX = 1 << 28, PAIR_CHUNK = 1 << 14 };
#define STRENGTH 20.0

enum { LEVEL_MISSING, LEVEL_EQUAL, LEVEL_CLOSE, LEVEL_NEAR, LEVEL_OTHER, LEVEL_SWAPPED, LEVEL_COUNT };

DEFINE_ARRAY(pair_list, uint64_t) /* left << 32 | right */

struct evaluation {
    const struct evaluate_options *options;
    struct arena *arena;
    struct table_plan plan;
    struct table left, right;
    struct pair_list pairs;
    uint64_t *patterns; /* [pair] */
    struct pattern_count *counts;
    size_t count_count;
    uint64_t blocks_skipped;
    struct linkage_model *model;
    size_t name_column, given_column; /* for swaps; plan.count where there is none */
};
static void evaluation_value_cleanup(struct evaluation *evaluation)
{
    arena_destroy(evaluation->arena);
    pair_list_finish(&evaluation->pairs);
    free(evaluation->patterns);
    free(evaluation->counts);
    linkage_model_destroy(evaluation->model);
}

static struct text left_value(const struct evaluation *evaluation, size_t record, size_t column)
{
    return evaluation->left.values[record * evaluation->plan.count + column];
}

static struct text right_value(const struct evaluation *evaluation, size_t record, size_t column)
{
    return evaluation->right.values[record * evaluation->plan.count + column];
}

/* Likeness of words, of codes and dates; thresholds as usual for Jaro-Winkler (0.92, 0.85) and one or two edits. */
static unsigned value_level(enum table_role role, struct text a, struct text b)
{
    if (a.length == 0 || b.length == 0) {
        return LEVEL_MISSING;
    }
    if (text_equal(a, b)) {
        return LEVEL_EQUAL;
    }
    if (role == TABLE_SEX) {
        return LEVEL_OTHER;
    }
    if (role == TABLE_DATE || role == TABLE_CODE || role == TABLE_NUMBER) {
        const unsigned edits = string_edits(a, b);
        const bool halves_swapped = role == TABLE_DATE && a.length == 8 && b.length == 8 && memcmp(a.data, b.data, 4) == 0 &&
                                    memcmp(a.data + 4, b.data + 6, 2) == 0 && memcmp(a.data + 6, b.data + 4, 2) == 0;
        return halves_swapped || edits == 1 ? LEVEL_CLOSE : edits == 2 ? LEVEL_NEAR : LEVEL_OTHER;
    }
    const double alike = string_jaro_winkler(a, b);
    return alike >= 0.92 ? LEVEL_CLOSE : alike >= 0.85 ? LEVEL_NEAR : LEVEL_OTHER;
}

static uint64_t pair_pattern(const struct evaluation *evaluation, size_t left, size_t right)
{
    uint64_t pattern = 0;
    for (size_t column = 0; column < evaluation->plan.count; column++) {
        const struct text a = left_value(evaluation, left, column), b = right_value(evaluation, right, column);
        unsigned level = value_level(evaluation->plan.roles[column], a, b);
        const bool is_name = column == evaluation->name_column || column == evaluation->given_column;
        const size_t other = column == evaluation->name_column ? evaluation->given_column : evaluation->name_column;
        if (level == LEVEL_OTHER && is_name && other < evaluation->plan.count &&
            (text_equal(a, right_value(evaluation, right, other)) || text_equal(b, left_value(evaluation, left, other)))) {
            level = LEVEL_SWAPPED;
        }
        pattern |= pattern_with(column, level);
    }
    return pattern;
}

struct keyed_record {
    uint64_t key;
    uint32_t record;
    uint32_t is_right;
};
static int keyed_compare(const void *a, const void *b)
{
    const struct keyed_record *x = a, *y = b;
    return x->key != y->key             ? (x->key > y->key) - (x->key < y->key)
           : x->is_right != y->is_right ? (int)x->is_right - (int)y->is_right
                                        : (x->record > y->record) - (x->record < y->record);
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits: only to bring equal values together; levels are compared on the values. */
static uint64_t value_key(struct text value)
{
    uint64_t key = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < value.length; i++) {
        key = (key ^ (unsigned char)value.data[i]) * UINT64_C(1099511628211);
    }
    return key;
}

static bool block_pairs(struct evaluation *evaluation, const struct keyed_record *block, size_t lefts, size_t rights, struct error *err)
{
    const uint32_t bound = evaluation->options->block_pairs_max ? evaluation->options->block_pairs_max : BLOCK_PAIRS_MAX;
    if ((uint64_t)lefts * rights > bound) {
        evaluation->blocks_skipped++;
        return true;
    }
    for (size_t i = 0; i < lefts; i++) {
        for (size_t j = lefts; j < lefts + rights; j++) {
            TRY(pair_list_append(&evaluation->pairs, (uint64_t)block[i].record << 32 | block[j].record, err));
        }
    }
    return true;
}

static bool column_pairs(struct evaluation *evaluation, size_t column, struct keyed_record *keyed, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < evaluation->left.count; i++) {
        const struct text value = left_value(evaluation, i, column);
        if (value.length > 0) {
            keyed[count++] = (struct keyed_record){value_key(value), (uint32_t)i, 0};
        }
    }
    for (size_t i = 0; i < evaluation->right.count; i++) {
        const struct text value = right_value(evaluation, i, column);
        if (value.length > 0) {
            keyed[count++] = (struct keyed_record){value_key(value), (uint32_t)i, 1};
        }
    }
    qsort(keyed, count, sizeof *keyed, keyed_compare);
    for (size_t i = 0; i < count;) {
        size_t lefts = 0, end = i;
        for (; end < count && keyed[end].key == keyed[i].key; end++) {
            lefts += !keyed[end].is_right;
        }
        TRY(block_pairs(evaluation, keyed + i, lefts, end - i - lefts, err));
        i = end;
    }
    return task_check(err);
}

static int pair_compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool pairs_make(struct evaluation *evaluation, struct error *err)
{
    struct keyed_record *keyed = bulk_allocate(evaluation->left.count + evaluation->right.count + 1, sizeof *keyed);
    if (!keyed) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    evaluation->pairs.maximum = PAIRS_MAX;
    bool done = true;
    for (size_t column = 0; done && column < evaluation->plan.count; column++) {
        done = evaluation->plan.roles[column] == TABLE_SEX || column_pairs(evaluation, column, keyed, err);
    }
    free(keyed);
    TRY(done);
    struct pair_list *pairs = &evaluation->pairs;
    if (pairs->count > 0) {
        qsort(pairs->items, pairs->count, sizeof *pairs->items, pair_compare);
    }
    size_t kept = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        if (kept == 0 || pairs->items[kept - 1] != pairs->items[i]) {
            pairs->items[kept++] = pairs->items[i];
        }
    }
    pairs->count = kept;
    return true;
}

static bool chunk_compare(void *context, size_t chunk, unsigned worker, struct error *err)
{
    (void)worker;
    struct evaluation *evaluation = context;
    const size_t end = (chunk + 1) * PAIR_CHUNK < evaluation->pairs.count ? (chunk + 1) * PAIR_CHUNK : evaluation->pairs.count;
    for (size_t i = chunk * PAIR_CHUNK; i < end; i++) {
        evaluation->patterns[i] = pair_pattern(evaluation, evaluation->pairs.items[i] >> 32, (uint32_t)evaluation->pairs.items[i]);
    }
    return task_check(err);
}

static bool patterns_make(struct evaluation *evaluation, struct error *err)
{
    const size_t count = evaluation->pairs.count;
    uint64_t *sorted = malloc((count + 1) * sizeof *sorted);
    evaluation->patterns = malloc((count + 1) * sizeof *evaluation->patterns);
    evaluation->counts = malloc((count + 1) * sizeof *evaluation->counts);
    bool done = sorted && evaluation->patterns && evaluation->counts ? true : FAIL(err, LIMIT, "not enough memory for linkage");
    if (done) {
        const struct task_set set = {.count = (count + PAIR_CHUNK - 1) / PAIR_CHUNK, .run = chunk_compare, .context = evaluation};
        done = task_pool_run(evaluation->options->pool, &set, err);
    }
    if (done && count > 0) {
        memcpy(sorted, evaluation->patterns, count * sizeof *sorted);
        evaluation->count_count = patterns_count(sorted, count, evaluation->counts);
    }
    free(sorted);
    return done;
}

/* SplitMix64 with a fixed seed. */
static uint64_t dice_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* u: levels of random pairs, nearly all of which are two persons. */
static void chances_set(const struct evaluation *evaluation, struct weights *weights)
{
    double levels[TABLE_COLUMNS_MAX][LEVEL_COUNT] = {{0}};
    uint64_t dice = 1969;
    const uint64_t all = (uint64_t)evaluation->left.count * evaluation->right.count;
    for (uint64_t i = 0; i < RANDOM_PAIRS && i < 4 * all; i++) {
        const size_t left = dice_next(&dice) % evaluation->left.count, right = dice_next(&dice) % evaluation->right.count;
        const uint64_t pattern = pair_pattern(evaluation, left, right);
        for (size_t column = 0; column < evaluation->plan.count; column++) {
            levels[column][pattern_level(pattern, column)]++;
        }
    }
    for (size_t column = 0; column < evaluation->plan.count; column++) {
        double total = 0;
        for (unsigned level = 1; level < weights->fields[column].levels; level++) {
            levels[column][level] += 0.5;
            total += levels[column][level];
        }
        for (unsigned level = 1; level < weights->fields[column].levels; level++) {
            weights->fields[column].u[level] = levels[column][level] / total;
        }
    }
}

static void fields_name(struct evaluation *evaluation, struct weights *weights)
{
    static const char *const names[LEVEL_COUNT] = {"not said", "equal", "close", "near", "other", "swapped"};
    static const char *const noms[LEVEL_COUNT] = {"non dit", "égal", "très proche", "proche", "autre", "interverti"};
    weights->field_count = evaluation->plan.count;
    for (size_t column = 0; column < evaluation->plan.count; column++) {
        struct weights_field *field = &weights->fields[column];
        const struct text name = evaluation->plan.names[column];
        const bool may_swap = column == evaluation->name_column || column == evaluation->given_column;
        const unsigned levels = may_swap ? LEVEL_COUNT : LEVEL_SWAPPED;
        const char *copy = arena_text_keep(evaluation->model->names, name).data;
        *field = (struct weights_field){.name = copy, .nom = copy, .levels = levels, .u_is_known = true};
        for (unsigned level = 0; level < levels; level++) {
            field->level_names[level] = names[level];
            field->level_noms[level] = noms[level];
            field->m[level] = level == LEVEL_EQUAL ? 0.8 : 0.05;
        }
    }
}

static bool model_make(struct evaluation *evaluation, struct error *err)
{
    struct linkage_model *model = evaluation->model = calloc(1, sizeof *model);
    if (!model) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    model->names = arena_create();
    model->weights.prior = 0.02;
    fields_name(evaluation, &model->weights);
    chances_set(evaluation, &model->weights);
    weights_estimate(&model->weights, evaluation->counts, evaluation->count_count, STRENGTH);
    return true;
}

struct scored {
    double weight;
    uint64_t pair;
};
static int scored_compare(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return x->weight > y->weight ? -1 : x->weight < y->weight ? 1 : (x->pair > y->pair) - (x->pair < y->pair);
}

/* Pairs that are likely enough, the heaviest first, each record once. Returns how many; they are moved to the front of the pairs. */
static bool pairs_take(struct evaluation *evaluation, double accept, size_t *out_taken, struct error *err)
{
    const struct weights *weights = &evaluation->model->weights;
    struct scored *scored = malloc((evaluation->pairs.count + 1) * sizeof *scored);
    uint8_t *used = calloc(evaluation->left.count + evaluation->right.count + 1, 1);
    if (!scored || !used) {
        free(scored);
        free(used);
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    size_t count = 0, taken = 0;
    for (size_t i = 0; i < evaluation->pairs.count; i++) {
        const double weight = weights_of(weights, evaluation->patterns[i]);
        if (weights_probability(weight, weights->prior) >= accept) {
            scored[count++] = (struct scored){weight, evaluation->pairs.items[i]};
        }
    }
    qsort(scored, count, sizeof *scored, scored_compare);
    for (size_t i = 0; i < count; i++) {
        uint8_t *left = &used[scored[i].pair >> 32], *right = &used[evaluation->left.count + (uint32_t)scored[i].pair];
        if (!*left && !*right) {
            *left = *right = 1;
            evaluation->pairs.items[taken++] = scored[i].pair;
        }
    }
    free(scored);
    free(used);
    *out_taken = taken;
    return true;
}

/* The first number in an id: 1070 of "rec-1070-org". */
static struct text first_number(struct text id)
{
    size_t from = 0;
    while (from < id.length && (id.data[from] < '0' || id.data[from] > '9')) {
        from++;
    }
    size_t end = from;
    while (end < id.length && id.data[end] >= '0' && id.data[end] <= '9') {
        end++;
    }
    return (struct text){id.data + from, end - from};
}

static uint64_t truth_key(struct text left, struct text right)
{
    return value_key(left) * 3 + value_key(right);
}

/* Sorted keys of the true pairs. */
static bool truth_read(const struct evaluation *evaluation, struct pair_list *truth, struct error *err)
{
    const char *path = evaluation->options->truth;
    truth->maximum = PAIRS_MAX;
    if (strcmp(path, "same-number") == 0) {
        for (size_t i = 0; i < evaluation->left.count; i++) {
            TRY(pair_list_append(truth, value_key(first_number(evaluation->left.ids[i])), err));
        }
    } else {
        CLEANUP(csv_reader) struct csv_reader *reader = NULL;
        struct csv_record record;
        bool more;
        TRY(csv_reader_open(&reader, path, NULL, err));
        TRY(csv_reader_next(reader, &record, &more, err)); /* the header */
        for (;;) {
            TRY(csv_reader_next(reader, &record, &more, err));
            if (!more) {
                break;
            }
            if (record.count < 2) {
                return FAIL(err, INVALID_INPUT, "%s, line %llu: not two ids", path, (unsigned long long)record.line);
            }
            TRY(pair_list_append(truth, truth_key(text_trim(record.fields[0].text), text_trim(record.fields[1].text)), err));
        }
    }
    if (truth->count > 0) {
        qsort(truth->items, truth->count, sizeof *truth->items, pair_compare);
    }
    return true;
}

static bool is_among(const struct pair_list *truth, uint64_t key)
{
    return truth->count > 0 && bsearch(&key, truth->items, truth->count, sizeof *truth->items, pair_compare) != NULL;
}

/* Equal first numbers are true pairs; else what the file says. */
static bool quality_make(struct evaluation *evaluation, size_t taken, struct linkage_quality *out, struct error *err)
{
    struct pair_list truth = {0};
    const bool read = truth_read(evaluation, &truth, err), by_number = strcmp(evaluation->options->truth, "same-number") == 0;
    struct linkage_quality quality = {.found = taken, .real = by_number ? 0 : truth.count};
    for (size_t i = 0; read && by_number && i < evaluation->right.count; i++) {
        quality.real += is_among(&truth, value_key(first_number(evaluation->right.ids[i])));
    }
    for (size_t i = 0; read && i < taken; i++) {
        const struct text left = evaluation->left.ids[evaluation->pairs.items[i] >> 32];
        const struct text right = evaluation->right.ids[(uint32_t)evaluation->pairs.items[i]];
        quality.right += by_number ? text_equal(first_number(left), first_number(right)) : is_among(&truth, truth_key(left, right));
    }
    pair_list_finish(&truth);
    TRY(read);
    linkage_quality_finish(&quality);
    *out = quality;
    return true;
}

/* The plan and both tables. */
static bool tables_read(struct evaluation *evaluation, struct error *err)
{
    const struct evaluate_options *options = evaluation->options;
    CLEANUP(csv_reader) struct csv_reader *header = NULL;
    CLEANUP(csv_reader) struct csv_reader *left = NULL;
    CLEANUP(csv_reader) struct csv_reader *right = NULL;
    TRY(csv_reader_open(&header, options->left, NULL, err));
    TRY(csv_reader_open(&left, options->left, NULL, err));
    TRY(csv_reader_open(&right, options->right, NULL, err));
    TRY(table_plan_make(&evaluation->plan, options->columns, header, evaluation->arena, err));
    TRY(table_read(&evaluation->left, left, options->left, &evaluation->plan, evaluation->arena, err));
    TRY(table_read(&evaluation->right, right, options->right, &evaluation->plan, evaluation->arena, err));
    if (evaluation->left.count == 0 || evaluation->right.count == 0) {
        return FAIL(err, INVALID_INPUT, "%s: no records", evaluation->left.count == 0 ? options->left : options->right);
    }
    return true;
}

static bool evaluate_steps(struct evaluation *evaluation, struct evaluate_result *result, struct error *err)
{
    const struct evaluate_options *options = evaluation->options;
    TRY(tables_read(evaluation, err));
    evaluation->name_column = evaluation->given_column = evaluation->plan.count;
    for (size_t column = evaluation->plan.count; column-- > 0;) {
        if (evaluation->plan.roles[column] == TABLE_NAME) {
            evaluation->name_column = column;
        } else if (evaluation->plan.roles[column] == TABLE_GIVEN) {
            evaluation->given_column = column;
        }
    }
    TRY(pairs_make(evaluation, err));
    TRY(patterns_make(evaluation, err));
    TRY(model_make(evaluation, err));
    result->left = evaluation->left.count;
    result->right = evaluation->right.count;
    result->candidates = evaluation->pairs.count;
    result->blocks_skipped = evaluation->blocks_skipped;
    result->accept = options->accept > 0 ? options->accept : 0.5;
    size_t taken = 0;
    TRY(pairs_take(evaluation, result->accept, &taken, err));
    result->taken = taken;
    result->has_truth = options->truth != NULL;
    return !options->truth || quality_make(evaluation, taken, &result->quality, err);
}

bool linkage_evaluate(struct evaluate_result *out, const struct evaluate_options *options, struct error *err)
{
    CLEANUP(task_pool) struct task_pool *own = NULL;
    struct evaluate_options filled = *options;
    if (!filled.pool) {
        TRY(task_pool_create(&own, 1, err));
        filled.pool = own;
    }
    CLEANUP(evaluation_value) struct evaluation evaluation = {.options = &filled, .arena = arena_create()};
    struct evaluate_result result = {0};
    TRY(evaluate_steps(&evaluation, &result, err));
    result.model = evaluation.model;
    evaluation.model = NULL;
    *out = result;
    return true;
}

void linkage_evaluate_finish(struct evaluate_result *result)
{
    linkage_model_destroy(result->model);
    *result = (struct evaluate_result){0};
}
