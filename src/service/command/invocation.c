/* SPDX-License-Identifier: EUPL-1.2 */
/* invocation: see invocation.h. Options are parsed by getopt_long, so they may stand before or after the words. */
#include "service/command/invocation.h"
#include "base/text.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

const struct option_spec invocation_common_options[] = {
    {"warehouse", "DIR", "the warehouse's directory (default: $EMC2_WAREHOUSE, or ./warehouse)"},
    {"passphrase-file", "FILE", "read the passphrase from FILE (mode 0600) instead of asking for it"},
    {"keeper", "SOCKET", "let this keeper open the warehouse (default: keys/keeper.sock of the warehouse, if it is there)"},
    {"settings", "FILE", "limits and defaults, as `name = value` lines (else: emc2.settings of the warehouse)"},
    {"threads", "N", "worker threads (default: one a core)"},
    {"json", NULL, "print the result as JSON, for programs"},
    {"quiet", NULL, "no progress, no remarks"},
    {"help", NULL, "this text"},
    {0},
};

static int find(const struct invocation *in, const char *option)
{
    for (int i = 0; i < in->option_count; i++) {
        if (strcmp(in->all_options[i]->name, option) == 0) {
            return i;
        }
    }
    return -1;
}

const char *invocation_value(const struct invocation *in, const char *option)
{
    int i = find(in, option);
    return i < 0 ? NULL : in->values[i];
}

bool invocation_flag(const struct invocation *in, const char *option)
{
    return invocation_value(in, option) != NULL;
}

bool invocation_integer(const struct invocation *in, const char *option, int64_t fallback, int64_t minimum, int64_t maximum,
                        int64_t *out_value, struct error *err)
{
    const char *value = invocation_value(in, option);
    int64_t number = fallback;
    if (value && (!text_to_i64(text_of(value), &number) || number < minimum || number > maximum)) {
        FAIL(err, INVALID_ARGUMENT, "--%s takes a whole number from %lld to %lld", option, (long long)minimum, (long long)maximum);
        return error_hint(err, "emc2 %s --help shows an example", in->command->name);
    }
    *out_value = number;
    return true;
}

bool invocation_language_check(const struct invocation *in, struct error *err)
{
    const char *language = invocation_value(in, "language");
    bool is_known = !language || strcmp(language, "en") == 0 || strcmp(language, "fr") == 0;
    return is_known || FAIL(err, INVALID_ARGUMENT, "--language is en or fr");
}

bool invocation_is_french(const struct invocation *in, bool otherwise)
{
    const char *language = invocation_value(in, "language");
    return language ? strcmp(language, "fr") == 0 : otherwise;
}

static void collect_options(struct invocation *in)
{
    const struct option_spec *lists[] = {in->command->options, invocation_common_options};
    for (int l = 0; l < 2; l++) {
        for (const struct option_spec *spec = lists[l]; spec && spec->name && in->option_count < INVOCATION_OPTIONS_MAX; spec++) {
            in->all_options[in->option_count++] = spec;
        }
    }
}

bool invocation_parse(struct invocation *in, int argc, char **argv, struct error *err)
{
    collect_options(in);
    struct option longs[INVOCATION_OPTIONS_MAX + 1] = {0};
    for (int i = 0; i < in->option_count; i++) {
        longs[i] = (struct option){in->all_options[i]->name, in->all_options[i]->value ? required_argument : no_argument, NULL, 256 + i};
    }
    opterr = 0;
    optind = 0;
    for (int found; (found = getopt_long(argc, argv, ":", longs, NULL)) != -1;) {
        if (found < 256) {
            FAIL(err, INVALID_ARGUMENT, found == ':' ? "%s needs a value" : "%s is not an option of this command", argv[optind - 1]);
            return error_hint(err, "emc2 %s --help lists the options", in->command->name);
        }
        const char **value = &in->values[found - 256];
        const char *shown = in->all_options[found - 256]->value;
        bool is_more = *value && shown && strstr(shown, "...");
        *value = is_more ? arena_text_format(in->arena, "%s,%s", *value, optarg) : optarg ? optarg : "";
    }
    in->words = (const char *const *)(argv + optind);
    in->word_count = argc - optind;
    if (invocation_flag(in, "help")) {
        return true;
    }
    if (in->word_count < in->command->words_min || in->word_count > in->command->words_max) {
        FAIL(err, INVALID_ARGUMENT, "usage: emc2 %s %s", in->command->name, in->command->words);
        return error_hint(err, "emc2 %s --help shows an example", in->command->name);
    }
    return true;
}

static void print_options(const struct option_spec *options)
{
    for (; options && options->name; options++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", options->name, options->value ? " " : "", options->value ? options->value : "");
        printf("  %-26s %s\n", left, options->help);
    }
}

void invocation_help(const struct command *command)
{
    printf("emc2 %s: %s\n\nusage: emc2 %s %s [options]\n", command->name, command->summary, command->name, command->words);
    if (command->details) {
        printf("\n%s\n", command->details);
    }
    if (command->options && command->options->name) {
        printf("\noptions\n");
        print_options(command->options);
    }
    printf("\noptions of every command\n");
    print_options(invocation_common_options);
    printf("\nexample\n%s\n", command->example);
}
