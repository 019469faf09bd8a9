/* SPDX-License-Identifier: EUPL-1.2 */
/* drill_truth: see drill_truth.h. */
#include "service/command/drill_truth.h"
#include "base/csv.h"
#include "base/file.h"
#include <string.h>
#include <sys/stat.h>

enum { ROWS_MAX = 200000, LINES_MAX = 1 << 20 };
DEFINE_ARRAY(paths, const char *)

static const struct {
    const char *file, *column;
    enum drill_kind kind;
    size_t limit; /* of different values */
} sources[] = {
    {"person.csv", "person_source_value", DRILL_NAME, 300},
    {"condition_occurrence.csv", "condition_source_value", DRILL_CODE, 300},
    {"condition_occurrence.csv", "condition_concept_id", DRILL_CODE, 300},
    {"condition_occurrence.csv", "condition_start_date", DRILL_DATE, 4000},
    {"drug_exposure.csv", "drug_source_value", DRILL_CODE, 300},
    {"drug_exposure.csv", "drug_concept_id", DRILL_CODE, 300},
    {"measurement.csv", "measurement_source_value", DRILL_CODE, 300},
    {"truth/persons.csv", "first_record_date", DRILL_DATE, 4000},
    {"truth/persons.csv", "disease", DRILL_TEXT, 100},
    {"truth/cohorts.csv", "persons", DRILL_COUNT, 1000},
};

static size_t column_of(const struct csv_record *header, const char *name)
{
    size_t column = 0;
    while (column < header->count && !text_equal(header->fields[column].text, text_of(name))) {
        column++;
    }
    return column;
}

static bool plant_column(struct drill_planted *planted, size_t source, const char *path, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    struct csv_record record;
    bool more;
    TRY(csv_reader_open(&reader, path, NULL, err) && csv_reader_next(reader, &record, &more, err));
    size_t column = more ? column_of(&record, sources[source].column) : 0;
    size_t first = drill_planted_count(planted);
    for (int row = 0; more && row < ROWS_MAX && drill_planted_count(planted) < first + sources[source].limit; row++) {
        TRY(csv_reader_next(reader, &record, &more, err));
        if (more && column < record.count && record.fields[column].text.length > 0) {
            TRY(drill_planted_add(planted, sources[source].kind, record.fields[column].text, sources[source].file, record.line, err));
        }
    }
    return true;
}

static bool plant_lines(struct drill_planted *planted, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = LINES_MAX};
    TRY(file_read(path, &bytes, err));
    const char *at = (const char *)bytes.data, *end = at + bytes.length;
    for (uint64_t line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct text text = {at, (size_t)((stop ? stop : end) - at)};
        TRY(text.length == 0 || drill_planted_add(planted, DRILL_NAME, text, "planted_strings.txt", line, err));
        at = stop ? stop + 1 : end;
    }
    return true;
}

bool drill_truth_plant(struct drill_planted *planted, const char *directory, struct arena *arena, struct error *err)
{
    TRY(plant_lines(planted, arena_text_format(arena, "%s/truth/planted_strings.txt", directory), err));
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        TRY(plant_column(planted, i, arena_text_format(arena, "%s/%s", directory, sources[i].file), err));
    }
    return true;
}

/* ---- files of a directory ---- */
struct listing {
    const char *directory;
    struct arena *arena;
    struct paths paths;
};

static bool visit(void *context, const char *name, struct error *err)
{
    struct listing *listing = context;
    struct stat facts;
    const char *path = arena_text_format(listing->arena, "%s/%s", listing->directory, name);
    if (lstat(path, &facts) != 0) {
        return FAIL_ERRNO(err, path, "a file cannot be looked at");
    }
    return !S_ISREG(facts.st_mode) || paths_append(&listing->paths, path, err);
}

bool drill_truth_files(const char *directory, struct arena *arena, const char *const **out_paths, size_t *out_count, struct error *err)
{
    struct listing listing = {directory, arena, {.maximum = 1 << 20}};
    bool done = directory_visit(directory, visit, &listing, err);
    if (done) {
        const char **paths = ARENA_ARRAY(arena, const char *, listing.paths.count + 1);
        for (size_t i = 0; i < listing.paths.count; i++) {
            paths[i] = listing.paths.items[i];
        }
        *out_paths = paths;
        *out_count = listing.paths.count;
    }
    paths_finish(&listing.paths);
    return done;
}
