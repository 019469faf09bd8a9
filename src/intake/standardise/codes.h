/* SPDX-License-Identifier: EUPL-1.2 */
/* codes: from (system, code) to concepts, looked up once and kept (private to standardise). */
#pragma once
#include "intake/standardise/standardise.h"

enum { CODE_TARGETS_MAX = 16, CODE_FORMS_MAX = 8, CODE_FORM_BYTES = 256, CODE_ENTRIES_MAX = 1 << 24 };
struct code_target {
    int64_t concept;
    int table; /* that its domain asks for; -1: that of the record */
};
struct code_entry {
    struct text system, code; /* in the arena of the codes */
    uint64_t hash;
    int64_t source; /* concept of the code itself, 0: none */
    const struct code_target *targets;
    size_t target_count;
    int64_t value; /* 'Maps to value', 0: none */
    enum standard_reason reason;
    uint64_t uses;
};

struct codes;
struct codes *codes_create(struct vocabulary *vocabulary);
void codes_destroy(struct codes *codes);
DEFINE_CLEANUP(codes, codes_destroy)
MUST_CHECK bool codes_map_add(struct codes *codes, struct text system, struct text code, int64_t concept, struct error *err);
/* The entry of a code, for as long as the codes; each call counts as one use. chosen: a standard concept that the holder chose, 0: none;
 * such an entry is apart. LIMIT at CODE_ENTRIES_MAX distinct codes. */
MUST_CHECK bool codes_find(struct codes *codes, struct text system, struct text code, int64_t chosen, const struct code_entry **out_entry,
                           struct error *err);
MUST_CHECK bool codes_list_find(struct codes *codes, enum standard_list list, struct text code, int64_t *out_concept, struct error *err);
const struct code_entry *codes_entries(const struct codes *codes, size_t *out_count);

/* ---- code_forms.c ---- */
enum code_form { CODE_PLAIN, CODE_CIM10, CODE_DOT3, CODE_DOT3E, CODE_DOT2, CODE_CCAM, CODE_PRODUCT };
struct code_forms {
    char texts[CODE_FORMS_MAX][CODE_FORM_BYTES];
    size_t count;
};
/* How a vocabulary may write the code, the likeliest first, without doubles. */
void code_forms_make(struct code_forms *out_forms, enum code_form form, struct text code);
struct code_system {
    const char *name, *vocabulary;
    enum code_form form;
};
const struct code_system *code_system_find(struct text name); /* NULL: no such system */
