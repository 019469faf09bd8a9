/* SPDX-License-Identifier: EUPL-1.2 */
/* editing: the expression is written anew with what changed and read again as any other is, so that an edited definition means what the
 * same definition from a file means, and what is wrong has the path that it would have there. Members of concept sets that did not change
 * are taken over. */
#include "research/session/editing.h"
#include "research/circe/circe.h"
#include <string.h>

static const char rules_name[] = "InclusionRules";

void editing_destroy(struct editing *editing)
{
    if (editing) {
        arena_destroy(editing->arena);
    }
}

/* ---- writing the expression ---- */
struct expression {
    const struct json *root;
    const char *member; /* whose value is another; NULL: none */
    const struct json *value;
    const struct json *const *rules;
    size_t rule_count;
};

static bool members_write(struct json_writer *writer, const struct expression *expression, struct error *err)
{
    const struct json *root = expression->root;
    for (size_t i = 0; i < root->count; i++) {
        const char *name = root->names[i].data;
        if (strcmp(name, rules_name) == 0 || (expression->member && strcmp(name, expression->member) == 0)) {
            continue;
        }
        TRY(json_name(writer, name, err) && json_value(writer, &root->items[i], err));
    }
    if (expression->value) {
        TRY(json_name(writer, expression->member, err) && json_value(writer, expression->value, err));
    }
    return true;
}

static bool expression_write(const struct expression *expression, struct buffer *out, struct error *err)
{
    struct json_writer writer = {.out = out};
    TRY(json_begin_object(&writer, err) && members_write(&writer, expression, err));
    TRY(json_name(&writer, rules_name, err) && json_begin_array(&writer, err));
    for (size_t i = 0; i < expression->rule_count; i++) {
        TRY(json_value(&writer, expression->rules[i], err));
    }
    return json_end_array(&writer, err) && json_end_object(&writer, err);
}

/* ---- concept sets that did not change ---- */
static bool items_are_same(const struct cohort_concept_set *a, const struct cohort_concept_set *b)
{
    bool same = a->item_count == b->item_count;
    for (size_t i = 0; same && i < a->item_count; i++) {
        const struct concept_set_item *x = &a->items[i], *y = &b->items[i];
        same = x->concept.value == y->concept.value && x->is_excluded == y->is_excluded &&
               x->include_descendants == y->include_descendants && x->include_mapped == y->include_mapped;
    }
    return same;
}

static void members_take_over(struct cohort_program *program, const struct cohort_program *before, struct arena *arena)
{
    for (size_t i = 0; i < program->concept_set_count; i++) {
        struct cohort_concept_set *set = &program->concept_sets[i];
        for (size_t k = 0; !set->is_resolved && k < before->concept_set_count; k++) {
            const struct cohort_concept_set *known = &before->concept_sets[k];
            if (!known->is_resolved || !items_are_same(set, known)) {
                continue;
            }
            int64_t *members = arena_allocate_raw(arena, known->members.count + 1, sizeof *members);
            if (known->members.count > 0) {
                memcpy(members, known->members.items, known->members.count * sizeof *members);
            }
            set->members = (struct concept_ids){members, known->members.count};
            set->is_resolved = true;
        }
    }
}

/* ---- reading it ---- */
static bool rules_find(struct editing *editing, struct error *err)
{
    const struct json *rules = json_member(editing->root, rules_name);
    if (editing->program->rule_count > COHORT_RULES_MAX || (rules ? rules->count : 0) != editing->program->rule_count) {
        return FAIL(err, INTERNAL, "the rules of the definition are not those of its program");
    }
    editing->rule_count = editing->program->rule_count;
    for (size_t i = 0; i < editing->rule_count; i++) {
        editing->rules[i] = &rules->items[i];
        editing->order[i] = (unsigned)i;
        editing->is_on[i] = true;
    }
    return true;
}

static bool editing_read(struct editing **out_editing, const struct editing_place *place, const char *name, const struct buffer *text,
                         const struct cohort_program *before, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct editing *editing = ARENA_NEW(arena, struct editing);
    editing->arena = arena;
    editing->name = arena_text_copy(arena, name);
    TRY(circe_parse(&editing->program, arena, editing->name, text->data, text->length, err));
    TRY(json_parse(&editing->root, arena, editing->name, text->data, text->length, err));
    if (before) {
        members_take_over(editing->program, before, arena);
    }
    TRY(!place->vocabulary || cohort_program_resolve(editing->program, place->vocabulary, arena, err));
    TRY(rules_find(editing, err));
    *out_editing = editing;
    arena = NULL;
    return true;
}

bool editing_open(struct editing **out_editing, const struct editing_place *place, const char *name, const struct json *definition,
                  struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = place->bytes_max};
    struct json_writer writer = {.out = &text};
    TRY(json_value(&writer, definition, err));
    return editing_read(out_editing, place, name, &text, NULL, err);
}

static bool editing_again(struct editing **out_editing, const struct editing_place *place, const struct editing *before,
                          const struct expression *expression, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = place->bytes_max};
    TRY(expression_write(expression, &text, err));
    return editing_read(out_editing, place, before->name, &text, before->program, err);
}

/* Rules behind one that was taken out move up. */
static void order_take_over(struct editing *editing, const struct editing *before, size_t removed)
{
    size_t count = 0;
    for (size_t i = 0; i < before->rule_count; i++) {
        unsigned rule = before->order[i];
        if (rule != removed) {
            unsigned now = rule > removed ? rule - 1 : rule;
            editing->order[count++] = now;
            editing->is_on[now] = before->is_on[rule];
        }
    }
    for (; count < editing->rule_count; count++) {
        editing->order[count] = (unsigned)count;
    }
}

bool editing_replace_rule(struct editing **out_editing, const struct editing_place *place, const struct editing *before, size_t at,
                          const struct json *rule, struct error *err)
{
    const struct json *rules[COHORT_RULES_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < before->rule_count; i++) {
        if (i != at || rule) {
            rules[count++] = i == at ? rule : before->rules[i];
        }
    }
    if (at == before->rule_count && rule) {
        rules[count++] = rule;
    }
    struct expression expression = {.root = before->root, .rules = rules, .rule_count = count};
    TRY(editing_again(out_editing, place, before, &expression, err));
    order_take_over(*out_editing, before, rule ? SIZE_MAX : at);
    return true;
}

bool editing_replace_member(struct editing **out_editing, const struct editing_place *place, const struct editing *before,
                            const char *member, const struct json *value, struct error *err)
{
    struct expression expression = {before->root, member, value, before->rules, before->rule_count};
    if (strcmp(member, rules_name) == 0) {
        FAIL(err, INVALID_ARGUMENT, "rules are replaced one by one");
        return error_hint(err, "use replace, add and remove, or open the definition anew");
    }
    TRY(editing_again(out_editing, place, before, &expression, err));
    order_take_over(*out_editing, before, SIZE_MAX);
    return true;
}

size_t editing_rules_on(const struct editing *editing, unsigned out_rules[COHORT_RULES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < editing->rule_count; i++) {
        if (editing->is_on[editing->order[i]]) {
            out_rules[count++] = editing->order[i];
        }
    }
    return count;
}
