/* SPDX-License-Identifier: EUPL-1.2 */
/* synthesise: the command in front of intake/synthesise. */
#include "intake/synthesise/synthesise.h"
#include "service/command/commands.h"

bool command_synthesise(struct invocation *in, struct error *err)
{
    int64_t persons, seed;
    TRY(invocation_integer(in, "persons", 10000, 1, (int64_t)1 << 40, &persons, err));
    TRY(invocation_integer(in, "seed", 1, 0, INT64_MAX, &seed, err));
    const char *directory = invocation_value(in, "out");
    if (!directory) {
        FAIL(err, INVALID_ARGUMENT, "where should the population go?");
        return error_hint(err, "name a directory that does not exist yet with --out");
    }
    struct synthesise_options options = {.persons = (uint64_t)persons,
                                         .seed = (uint64_t)seed,
                                         .directory = directory,
                                         .as_exports = invocation_flag(in, "exports"),
                                         .noise = invocation_value(in, "noise"),
                                         .pool = in->pool,
                                         .quiet = invocation_flag(in, "quiet")};
    struct synthesise_report report;
    TRY(synthesise_population(&options, &report, err));
    char count[COUNT_TEXT_SIZE], rows[COUNT_TEXT_SIZE], bytes[COUNT_TEXT_SIZE], cancers[COUNT_TEXT_SIZE];
    print_line("%s persons, %s rows, %s in %s; %s of them have a rare blood cancer (truth/)", count_text(report.persons, count),
               count_text(report.rows, rows), bytes_text(report.bytes, bytes), directory, count_text(report.cancers, cancers));
    return true;
}
