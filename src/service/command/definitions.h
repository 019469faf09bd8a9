/* SPDX-License-Identifier: EUPL-1.2 */
/* definitions: which cohort definitions a command was given (files, or directories of .json), and how one becomes a program. Private. */
#pragma once
#include "research/cohort/cohort.h"
#include "service/command/invocation.h"

struct definition {
    const char *path;
    const char *name; /* the file's name without .json */
    int64_t id;       /* the name when it is a number, else the position on the command line, from 1 */
};
/* In the order of the words; the files of a directory by id, then name. INVALID_ARGUMENT when two have the same id. */
MUST_CHECK bool definitions_collect(const struct invocation *in, const struct definition **out_definitions, size_t *out_count,
                                    struct error *err);
/* Parses, and resolves concept sets when there is a vocabulary. Everything lives in `arena`. */
MUST_CHECK bool definition_compile(const struct definition *definition, size_t bytes_max, struct vocabulary *vocabulary,
                                   struct arena *arena, struct cohort_program **out_program, struct error *err);
