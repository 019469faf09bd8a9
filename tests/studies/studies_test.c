/* SPDX-License-Identifier: EUPL-1.2 */
/* studies_test: recorded calls of the DARWIN EU packages, replayed through research/study and compared with what they gave.
 *   studies_test [-v] [FILE or DIRECTORY...]
 * Prints for each function how many were reproduced, differ, differ for a known reason (explained.csv), or are out of scope; -v lists every
 * call that was not reproduced. Exit 1: a difference without a reason; 77: the shared data are not there. See README.md. */
#include "base/csv.h"
#include "base/file.h"
#include "replay.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FUNCTIONS_MAX = 400, EXPLAINED = VERDICT_COUNT, COLUMNS };
static const char shared_data[] = "../shared/data/studies";
static const char explained_file[] = "tests/studies/explained.csv";

struct tally {
    char package[64], function[64];
    size_t counts[COLUMNS];
};
struct explained {
    const char *file, *reason;
};
struct run {
    struct arena *arena; /* of the run */
    bool is_verbose;
    struct tally tallies[FUNCTIONS_MAX];
    size_t tally_count;
    struct explained *explained;
    size_t explained_count;
    const char **paths;
    size_t path_count, path_room;
};

static struct tally *tally_of(struct run *run, const struct call *call)
{
    for (size_t i = 0; i < run->tally_count; i++) {
        if (strcmp(run->tallies[i].package, call->package) == 0 && strcmp(run->tallies[i].function, call->function) == 0) {
            return &run->tallies[i];
        }
    }
    struct tally *tally = &run->tallies[run->tally_count < FUNCTIONS_MAX - 1 ? run->tally_count++ : run->tally_count];
    snprintf(tally->package, sizeof tally->package, "%s", call->package);
    snprintf(tally->function, sizeof tally->function, "%s", call->function);
    return tally;
}

static const struct replay *find_replay(const char *function)
{
    static const struct replay *const lists[] = {replay_incidence_prevalence, replay_cohort_survival,
                                                 replay_patient_profiles,     replay_summaries,
                                                 replay_cohort_constructor,   replay_drug_utilisation};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        for (const struct replay *replay = lists[l]; replay->function; replay++) {
            if (strcmp(replay->function, function) == 0) {
                return replay;
            }
        }
    }
    return NULL;
}

static const char *reason_of(const struct run *run, const struct call *call)
{
    for (size_t i = 0; i < run->explained_count; i++) {
        if (strcmp(run->explained[i].file, call->file) == 0) {
            return run->explained[i].reason;
        }
    }
    return NULL;
}

static bool replay_file(struct run *run, const char *path, struct error *err)
{
    static const char *const names[] = {"reproduced", "DIFFERS", "out of scope", "differs, explained"};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct call call = {.arena = arena, .file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path};
    TRY(call_read(&call, path, err));
    const struct replay *replay = find_replay(call.function);
    struct error fault = {0};
    if (!replay) {
        call_skip(&call, "not built");
    } else if ((!call.tables || call.tables->kind != JSON_OBJECT) && (!call.input || call.input->kind != JSON_OBJECT)) {
        call_skip(&call, "recorded without its tables");
    } else if (!replay->run(&call, &fault)) {
        call_differs(&call, "%s", fault.message);
    }
    int column = (int)call.verdict;
    const char *reason = call.verdict == DIFFERING ? reason_of(run, &call) : NULL;
    column = reason ? EXPLAINED : column;
    tally_of(run, &call)->counts[column]++;
    if (column == DIFFERING || (run->is_verbose && column != REPRODUCED)) {
        printf("%s/%s: %s: %s%s%s\n", call.package, call.file, names[column], call.why, reason ? " -- " : "", reason ? reason : "");
    }
    return true;
}

static bool add_path(struct run *run, const char *path, struct error *err);

struct visiting {
    struct run *run;
    const char *directory;
};

static bool visit(void *context, const char *name, struct error *err)
{
    const struct visiting *visiting = context;
    return add_path(visiting->run, arena_text_format(visiting->run->arena, "%s/%s", visiting->directory, name), err);
}

static bool add_path(struct run *run, const char *path, struct error *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0) {
        return FAIL_ERRNO(err, path, "cannot read %s", path);
    }
    if (S_ISDIR(facts.st_mode)) {
        struct visiting visiting = {run, path};
        return directory_visit(path, visit, &visiting, err);
    }
    size_t length = strlen(path);
    if (length < 5 || strcmp(path + length - 5, ".json") != 0) {
        return true;
    }
    if (run->path_count == run->path_room) {
        run->path_room = run->path_room ? run->path_room * 2 : 64;
        const char **paths = ARENA_ARRAY(run->arena, const char *, run->path_room);
        if (run->path_count) {
            memcpy(paths, run->paths, run->path_count * sizeof *paths);
        }
        run->paths = paths;
    }
    run->paths[run->path_count++] = path;
    return true;
}

static bool read_explained(struct run *run, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    struct csv_record record;
    bool more = false;
    run->explained = ARENA_ARRAY(run->arena, struct explained, 1000);
    TRY(csv_reader_open(&reader, explained_file, NULL, err));
    TRY(csv_reader_next(reader, &record, &more, err)); /* the heading */
    while (more && run->explained_count < 1000) {
        TRY(csv_reader_next(reader, &record, &more, err));
        if (more && record.count == 2) {
            run->explained[run->explained_count++] =
                (struct explained){arena_text_format(run->arena, "%.*s", (int)record.fields[0].text.length, record.fields[0].text.data),
                                   arena_text_format(run->arena, "%.*s", (int)record.fields[1].text.length, record.fields[1].text.data)};
        }
    }
    return true;
}

static int compare_tallies(const void *left, const void *right)
{
    const struct tally *a = left, *b = right;
    int order = strcmp(a->package, b->package);
    return order ? order : strcmp(a->function, b->function);
}

static size_t print_tallies(struct run *run)
{
    size_t sums[COLUMNS] = {0};
    qsort(run->tallies, run->tally_count, sizeof *run->tallies, compare_tallies);
    printf("%-20s %-36s %10s %9s %9s %12s\n", "package", "function", "reproduced", "explained", "differing", "out of scope");
    for (size_t i = 0; i < run->tally_count; i++) {
        const size_t *counts = run->tallies[i].counts;
        printf("%-20s %-36s %10zu %9zu %9zu %12zu\n", run->tallies[i].package, run->tallies[i].function, counts[REPRODUCED],
               counts[EXPLAINED], counts[DIFFERING], counts[OUT_OF_SCOPE]);
        for (int c = 0; c < COLUMNS; c++) {
            sums[c] += counts[c];
        }
    }
    printf("%-57s %10zu %9zu %9zu %12zu\n", "all", sums[REPRODUCED], sums[EXPLAINED], sums[DIFFERING], sums[OUT_OF_SCOPE]);
    return sums[DIFFERING];
}

static bool run_all(struct run *run, size_t *out_differing, struct error *err)
{
    TRY(read_explained(run, err));
    for (size_t i = 0; i < run->path_count; i++) {
        TRY(replay_file(run, run->paths[i], err));
    }
    *out_differing = print_tallies(run);
    return true;
}

static int fail(const struct error *err)
{
    fprintf(stderr, "studies_test: %s\n", err->message);
    return 2;
}

int main(int argc, char **argv)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct run *run = ARENA_NEW(arena, struct run);
    struct error err = {0};
    size_t differing = 0;
    run->arena = arena;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            run->is_verbose = true;
        } else if (!add_path(run, argv[i], &err)) {
            return fail(&err);
        }
    }
    struct stat facts;
    if (run->path_count == 0 && stat(shared_data, &facts) != 0) {
        printf("skipped: %s is not there\n", shared_data);
        return 77;
    }
    if (run->path_count == 0 && !add_path(run, shared_data, &err)) {
        return fail(&err);
    }
    return run_all(run, &differing, &err) ? differing > 0 : fail(&err);
}
