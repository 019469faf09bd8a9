/* SPDX-License-Identifier: EUPL-1.2 */
/* editing: a definition as it is after some edits: its JSON, its program, which rules are on and in which order. An edit makes another one
 * from it, or none: what fails leaves what was. Private to session. */
#pragma once
#include "base/json.h"
#include "research/cohort/cohort.h"

struct editing {
    struct arena *arena;     /* holds everything, this struct too */
    const char *name;        /* of the definition, for messages */
    const struct json *root; /* of the expression */
    const struct json *rules[COHORT_RULES_MAX];
    size_t rule_count;
    unsigned order[COHORT_RULES_MAX]; /* all rules, in the order of counting */
    bool is_on[COHORT_RULES_MAX];
    struct cohort_program *program; /* with all rules */
};
struct editing_place {
    struct vocabulary *vocabulary; /* NULL: concept sets stay unresolved */
    size_t bytes_max;
};
void editing_destroy(struct editing *editing);
DEFINE_CLEANUP(editing, editing_destroy)

/* A definition, all rules on, in their order. */
MUST_CHECK bool editing_open(struct editing **out_editing, const struct editing_place *place, const char *name,
                             const struct json *definition, struct error *err);
/* One with another rule in the place of `rule`; behind the others when it is rule_count. rule NULL: without that rule. */
MUST_CHECK bool editing_replace_rule(struct editing **out_editing, const struct editing_place *place, const struct editing *before,
                                     size_t at, const struct json *rule, struct error *err);
/* One with another value of a member of the expression (not InclusionRules); value NULL: without it. */
MUST_CHECK bool editing_replace_member(struct editing **out_editing, const struct editing_place *place, const struct editing *before,
                                       const char *member, const struct json *value, struct error *err);
/* Rules that are on, in the order of counting. */
size_t editing_rules_on(const struct editing *editing, unsigned out_rules[COHORT_RULES_MAX]);
