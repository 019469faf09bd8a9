/* SPDX-License-Identifier: EUPL-1.2 */
/* invocation: one call of a command: its options and words after parsing, and what every command needs (arena, pool, settings).
 * Private to command. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/task.h"
#include "trust/sandbox/sandbox.h"
#include <stdbool.h>
#include <stdint.h>

enum { INVOCATION_OPTIONS_MAX = 24 };

struct option_spec {
    const char *name; /* without the dashes */
    const char
        *value; /* what stands in the help for the value; NULL: a flag. "ID...": may be given again, and values are joined by commas */
    const char *help;
};
struct invocation;
struct command {
    const char *name;  /* "load", "cohort run" */
    const char *words; /* "SOURCE", "DEFINITION..." or "" */
    int words_min, words_max;
    const char *summary;               /* one line */
    const char *details;               /* paragraphs, or NULL */
    const char *example;               /* one or more lines */
    const struct option_spec *options; /* ends with a NULL name */
    bool (*run)(struct invocation *in, struct error *err);
    enum sandbox_role role;
    bool words_are_files; /* which it reads */
};
struct invocation {
    const struct command *command;
    const char *const *words;
    int word_count;
    const char *values[INVOCATION_OPTIONS_MAX]; /* by position in all_options; a flag that is set holds "" */
    const struct option_spec *all_options[INVOCATION_OPTIONS_MAX];
    int option_count;
    struct settings settings;
    struct arena *arena;
    struct task_pool *pool;
    struct sandbox_state sandbox;
};

/* Options that every command takes: --warehouse, --passphrase-file, --keeper, --settings, --threads, --json, --quiet, --help. */
extern const struct option_spec invocation_common_options[];

/* NULL when absent. */
const char *invocation_value(const struct invocation *in, const char *option);
bool invocation_flag(const struct invocation *in, const char *option);
/* fallback when absent; INVALID_ARGUMENT when it is no integer from minimum to maximum. */
MUST_CHECK bool invocation_integer(const struct invocation *in, const char *option, int64_t fallback, int64_t minimum, int64_t maximum,
                                   int64_t *out_value, struct error *err);
/* --language: INVALID_ARGUMENT when it is neither en nor fr; then whether it is fr, `otherwise` when absent. */
MUST_CHECK bool invocation_language_check(const struct invocation *in, struct error *err);
bool invocation_is_french(const struct invocation *in, bool otherwise);
/* Fills options and words from arguments after the command's name. */
MUST_CHECK bool invocation_parse(struct invocation *in, int argc, char **argv, struct error *err);
void invocation_help(const struct command *command);
