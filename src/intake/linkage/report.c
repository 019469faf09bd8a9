/* SPDX-License-Identifier: EUPL-1.2 */
/* report: entries by group. */
#include "base/json.h"
#include "intake/linkage/linkage_internal.h"
#include "intake/linkage/linkage_report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGE_UNKNOWN = 5, AGE_GROUPS };
static const struct {
    int from;
    const char *words;
} ages[] = {{0, "0-17"}, {18, "18-44"}, {45, "45-64"}, {65, "65-79"}, {80, "80+"}};

/* What is in each person: the holder, or several, and whether the reference is among them. */
enum { PERSON_SEVERAL = UINT32_MAX };
struct person_content {
    uint32_t holder; /* 0: nobody yet; PERSON_SEVERAL */
    bool has_reference;
};

static uint32_t age_group(const struct linkage_entry *entry, int year)
{
    if (entry->birth_year == 0 || entry->birth_year > year) {
        return AGE_UNKNOWN;
    }
    uint32_t group = 0;
    while (group + 1 < AGE_UNKNOWN && year - entry->birth_year >= ages[group + 1].from) {
        group++;
    }
    return group;
}

static bool has_birthplace(const struct linkage_entry *entry)
{
    return entry->tokens[IDENTITY_KEY_GIVEN_PLACE - 1] != 0;
}

/* The group of a dimension and value; NULL when there are too many holders. */
static struct linkage_group *group_of(struct linkage_report *report, enum linkage_dimension dimension, uint32_t value)
{
    for (size_t i = 0; i < report->group_count; i++) {
        if (report->groups[i].dimension == dimension && report->groups[i].value == value) {
            return &report->groups[i];
        }
    }
    size_t holders = 0;
    for (size_t i = 0; i < report->group_count; i++) {
        holders += report->groups[i].dimension == LINKAGE_BY_HOLDER;
    }
    if (report->group_count == LINKAGE_GROUPS_MAX || (dimension == LINKAGE_BY_HOLDER && holders == LINKAGE_HOLDERS_MAX)) {
        return NULL;
    }
    struct linkage_group *group = &report->groups[report->group_count++];
    *group = (struct linkage_group){.dimension = dimension, .value = value};
    return group;
}

static void group_count(struct linkage_group *group, const struct linkage_link *link, bool is_linked)
{
    if (!group) {
        return;
    }
    group->entries++;
    group->linked += is_linked;
    group->rules[is_linked ? link->rule : link->rule == LINKAGE_DUPLICATE ? LINKAGE_DUPLICATE : LINKAGE_ALONE]++;
    group->ambiguous += !is_linked && link->is_ambiguous;
    group->conflicting += !is_linked && link->is_conflicting;
}

static int group_compare(const void *a, const void *b)
{
    const struct linkage_group *x = a, *y = b;
    return x->dimension != y->dimension ? (int)x->dimension - (int)y->dimension : (x->value > y->value) - (x->value < y->value);
}

static void entries_count(struct linkage_report *report, const struct linkage_result *result, const struct linkage_entry *entries,
                          const struct linkage_report_options *options, const struct person_content *persons)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct linkage_entry *entry = &entries[i];
        const struct person_content *person = &persons[result->links[i].person_id];
        if (options->reference != 0 && entry->holder == options->reference) {
            continue;
        }
        const bool is_linked = options->reference ? person->has_reference : person->holder == PERSON_SEVERAL;
        const uint32_t sex = entry->sex == 'M' ? 0 : entry->sex == 'F' ? 1 : 2;
        const uint32_t values[] = {0, entry->holder, age_group(entry, options->year), sex, has_birthplace(entry) ? 1 : 0};
        for (unsigned dimension = 0; dimension < sizeof values / sizeof *values; dimension++) {
            group_count(group_of(report, (enum linkage_dimension)dimension, values[dimension]), &result->links[i], is_linked);
        }
    }
    qsort(report->groups, report->group_count, sizeof *report->groups, group_compare);
    for (size_t i = 0; i < report->group_count; i++) {
        struct linkage_group *group = &report->groups[i];
        group->is_low = (double)group->linked < 0.9 * (double)group->entries;
        if (group->dimension == LINKAGE_BY_HOLDER && options->holders && group->value >= 1 && group->value <= options->holder_count) {
            group->name = options->holders[group->value - 1];
        }
    }
}

bool linkage_report_make(struct linkage_report *out, const struct linkage_result *result, const struct linkage_entry *entries,
                         const struct linkage_report_options *options, struct error *err)
{
    uint32_t last = 0;
    for (size_t i = 0; i < result->count; i++) {
        last = result->links[i].person_id > last ? result->links[i].person_id : last;
    }
    struct person_content *persons = calloc((size_t)last + 1, sizeof *persons);
    if (!persons) {
        return FAIL(err, LIMIT, "not enough memory for the report of linkage");
    }
    for (size_t i = 0; i < result->count; i++) {
        struct person_content *person = &persons[result->links[i].person_id];
        person->has_reference |= entries[i].holder == options->reference;
        person->holder = person->holder == 0 || person->holder == entries[i].holder ? entries[i].holder : PERSON_SEVERAL;
    }
    struct linkage_report report = {.counts = result->counts, .has_truth = options->truth != NULL};
    (void)group_of(&report, LINKAGE_BY_ALL, 0);
    entries_count(&report, result, entries, options, persons);
    free(persons);
    if (options->truth) {
        TRY(linkage_quality_of(&report.quality, result, options->truth, err));
    }
    *out = report;
    return true;
}

const char *linkage_group_words(const struct linkage_group *group, bool in_french, char out[LINKAGE_WORDS_SIZE])
{
    static const char *const sexes[3][2] = {{"men", "hommes"}, {"women", "femmes"}, {"sex unknown", "sexe inconnu"}};
    static const char *const places[2][2] = {{"birthplace unknown", "lieu de naissance inconnu"},
                                             {"birthplace known", "lieu de naissance connu"}};
    switch (group->dimension) {
    case LINKAGE_BY_ALL:
        snprintf(out, LINKAGE_WORDS_SIZE, "%s", in_french ? "ensemble" : "all");
        break;
    case LINKAGE_BY_HOLDER:
        if (group->name) {
            snprintf(out, LINKAGE_WORDS_SIZE, "%s", group->name);
        } else {
            snprintf(out, LINKAGE_WORDS_SIZE, "%s %u", in_french ? "détenteur" : "holder", group->value);
        }
        break;
    case LINKAGE_BY_AGE:
        if (group->value >= AGE_UNKNOWN) {
            snprintf(out, LINKAGE_WORDS_SIZE, "%s", in_french ? "âge inconnu" : "age unknown");
        } else {
            snprintf(out, LINKAGE_WORDS_SIZE, "%s %s", ages[group->value].words, in_french ? "ans" : "years");
        }
        break;
    case LINKAGE_BY_SEX:
        snprintf(out, LINKAGE_WORDS_SIZE, "%s", sexes[group->value % 3][in_french]);
        break;
    case LINKAGE_BY_BIRTHPLACE:
        snprintf(out, LINKAGE_WORDS_SIZE, "%s", places[group->value % 2][in_french]);
        break;
    }
    return out;
}

static bool json_count(struct json_writer *writer, const char *name, uint64_t count, struct error *err)
{
    TRY(json_name(writer, name, err));
    return json_i64(writer, (int64_t)count, err);
}

static bool group_json(struct json_writer *writer, const struct linkage_group *group, struct error *err)
{
    char words[LINKAGE_WORDS_SIZE];
    TRY(json_begin_object(writer, err));
    TRY(json_name(writer, "group", err));
    TRY(json_text(writer, text_of(linkage_group_words(group, false, words)), err));
    TRY(json_count(writer, "entries", group->entries, err));
    TRY(json_count(writer, "linked", group->linked, err));
    TRY(json_name(writer, "share", err));
    TRY(json_double(writer, group->entries ? (double)group->linked / (double)group->entries : 1, err));
    TRY(json_name(writer, "below_90_percent", err));
    TRY(json_bool(writer, group->is_low, err));
    TRY(json_count(writer, "ambiguous", group->ambiguous, err));
    TRY(json_count(writer, "conflicting", group->conflicting, err));
    TRY(json_name(writer, "rules", err));
    TRY(json_begin_object(writer, err));
    for (unsigned rule = 0; rule < LINKAGE_RULE_COUNT; rule++) {
        TRY(json_count(writer, linkage_rule_name((enum linkage_rule)rule), group->rules[rule], err));
    }
    TRY(json_end_object(writer, err));
    return json_end_object(writer, err);
}

static bool counts_json(struct json_writer *writer, const struct linkage_counts *counts, struct error *err)
{
    TRY(json_name(writer, "counts", err));
    TRY(json_begin_object(writer, err));
    TRY(json_count(writer, "entries", counts->entries, err));
    TRY(json_count(writer, "persons", counts->persons, err));
    TRY(json_count(writer, "persons_new", counts->persons_new, err));
    TRY(json_count(writer, "pairs", counts->pairs, err));
    TRY(json_count(writer, "pairs_within", counts->pairs_within, err));
    TRY(json_count(writer, "taken", counts->taken, err));
    TRY(json_count(writer, "taken_within", counts->taken_within, err));
    TRY(json_count(writer, "twin_pairs", counts->twin_pairs, err));
    TRY(json_count(writer, "ambiguous_pairs", counts->ambiguous_pairs, err));
    TRY(json_count(writer, "blocks_skipped", counts->blocks_skipped, err));
    TRY(json_count(writer, "conflicts_holder", counts->conflicts[LINKAGE_CONFLICT_HOLDER], err));
    TRY(json_count(writer, "conflicts_nir", counts->conflicts[LINKAGE_CONFLICT_NIR], err));
    TRY(json_count(writer, "conflicts_birth", counts->conflicts[LINKAGE_CONFLICT_BIRTH], err));
    TRY(json_count(writer, "conflicts_twin", counts->conflicts[LINKAGE_CONFLICT_TWIN], err));
    return json_end_object(writer, err);
}

static bool quality_json(struct json_writer *writer, const struct linkage_quality *quality, struct error *err)
{
    TRY(json_name(writer, "quality", err));
    TRY(json_begin_object(writer, err));
    TRY(json_count(writer, "pairs_found", quality->found, err));
    TRY(json_count(writer, "pairs_true", quality->real, err));
    TRY(json_count(writer, "pairs_right", quality->right, err));
    TRY(json_name(writer, "precision", err));
    TRY(json_double(writer, quality->precision, err));
    TRY(json_name(writer, "recall", err));
    TRY(json_double(writer, quality->recall, err));
    TRY(json_name(writer, "f1", err));
    TRY(json_double(writer, quality->f1, err));
    return json_end_object(writer, err);
}

static bool level_json(struct json_writer *writer, const struct weights_field *field, unsigned level, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(json_name(writer, "field", err));
    TRY(json_text(writer, text_of(field->name), err));
    TRY(json_name(writer, "level", err));
    TRY(json_text(writer, text_of(field->level_names[level]), err));
    TRY(json_name(writer, "m", err));
    TRY(json_double(writer, field->m[level], err));
    TRY(json_name(writer, "u", err));
    TRY(json_double(writer, field->u[level], err));
    return json_end_object(writer, err);
}

bool linkage_report_write(const struct linkage_report *report, const struct linkage_model *model, struct json_writer *writer,
                          struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(counts_json(writer, &report->counts, err));
    if (report->has_truth) {
        TRY(quality_json(writer, &report->quality, err));
    }
    TRY(json_name(writer, "groups", err));
    TRY(json_begin_array(writer, err));
    for (size_t i = 0; i < report->group_count; i++) {
        TRY(group_json(writer, &report->groups[i], err));
    }
    TRY(json_end_array(writer, err));
    TRY(json_name(writer, "weights", err));
    TRY(json_begin_array(writer, err));
    for (size_t i = 0; i < model->weights.field_count; i++) {
        for (unsigned level = 1; level < model->weights.fields[i].levels; level++) {
            TRY(level_json(writer, &model->weights.fields[i], level, err));
        }
    }
    TRY(json_end_array(writer, err));
    return json_end_object(writer, err);
}
