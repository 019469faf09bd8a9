/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of editing: {"definition": {...}, "edits": [{"at": N, "json": {...}} | {"member": "...", "json": ...}]}. An edited definition
 * is read as any other; what fails leaves what was; rules, order and program agree. */
#include "research/session/editing.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct editing *editing)
{
    struct error err;
    unsigned rules[COHORT_RULES_MAX];
    uint64_t seen = 0;
    assert(editing->rule_count == editing->program->rule_count && editing_rules_on(editing, rules) <= editing->rule_count);
    for (size_t i = 0; i < editing->rule_count; i++) {
        assert(editing->order[i] < editing->rule_count && !(seen >> editing->order[i] & 1));
        seen |= UINT64_C(1) << editing->order[i];
    }
    bool is_sound = cohort_program_validate(editing->program, &err);
    assert(is_sound);
}

static bool edit(const struct editing *before, const struct json *request, struct editing **out_editing, struct error *err)
{
    static const struct editing_place place = {NULL, 1 << 22};
    const struct json *at = json_member(request, "at"), *member = json_member_text(request, "member"),
                      *value = json_member(request, "json");
    if (member) {
        return editing_replace_member(out_editing, &place, before, member->text.data, value, err);
    }
    size_t rule = at && at->kind == JSON_INTEGER && at->integer >= 0 ? (size_t)at->integer : 0;
    return rule <= before->rule_count && editing_replace_rule(out_editing, &place, before, rule, value, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct editing_place place = {NULL, 1 << 22};
    struct error err;
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(editing) struct editing *editing = NULL;
    const struct json *root = NULL;
    if (!json_parse(&root, arena, "fuzz", data, size, &err) || root->kind != JSON_OBJECT) {
        return 0;
    }
    const struct json *definition = json_member(root, "definition"), *edits = json_member(root, "edits");
    if (!definition || !editing_open(&editing, &place, "fuzz", definition, &err)) {
        return 0;
    }
    check(editing);
    for (size_t i = 0; edits && edits->kind == JSON_ARRAY && i < edits->count; i++) {
        struct editing *next;
        if (edits->items[i].kind == JSON_OBJECT && edit(editing, &edits->items[i], &next, &err)) {
            editing_destroy(editing);
            editing = next;
            check(editing);
        }
    }
    return 0;
}
