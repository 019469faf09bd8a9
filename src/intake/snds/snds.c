/* SPDX-License-Identifier: EUPL-1.2 */
/* snds: the order in which an export is read: who is who first, then their claims, stays and registers, and what is told of them at the
 * end. */
#include "intake/snds/snds.h"
#include "intake/snds/snds_internal.h"

struct span span_next(const struct span *span, size_t used, size_t room)
{
    double width = (double)(span->high - span->low) + 1, share = (double)(used + 1) / (double)room;
    width = width * 0.9 / (share < 0.01 ? 0.01 : share);
    int64_t low = span->high + 1;
    bool is_last = width >= (double)(INT64_MAX - low);
    return (struct span){low, is_last ? INT64_MAX : low + (int64_t)width};
}

static void run_value_cleanup(struct run *run)
{
    if (run->persons) {
        persons_destroy(run->persons);
    }
    snds_files_finish(&run->files);
    arena_destroy(run->names);
}

static bool refuse(const struct run *run, struct error *err)
{
    if (!run->has_fault) {
        return true;
    }
    FAIL(err, INVALID_INPUT, "the export of the SNDS has %llu findings", (unsigned long long)tally_finding_count(run->tally));
    return error_hint(err, "each is named by file, line and column; nothing of the export was taken");
}

static bool read_records(struct run *run, struct error *err)
{
    static bool (*const parts[])(struct run * run, struct error * err) = {
        persons_give, dcir_read, mco_read, kinship_read, outpatient_read, long_term_read, registers_read, persons_give_ends};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        TRY(parts[i](run, err));
        TRY(refuse(run, err));
    }
    return true;
}

bool snds_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
               struct error *err)
{
    CLEANUP(run_value) struct run run = {.options = options, .sink = sink, .tally = tally, .names = arena_create()};
    if (options->settings) {
        run.settings = *options->settings;
    } else {
        settings_defaults(&run.settings);
    }
    TRY(run_open(&run, path, err));
    TRY(persons_read(&run.persons, &run, err));
    TRY(refuse(&run, err));
    TRY(identities_read(&run, err));
    TRY(refuse(&run, err));
    return read_records(&run, err);
}
