/* SPDX-License-Identifier: EUPL-1.2 */
/* fhir: the files of an export, and the second pass: each line to the resource that it is. */
#include "base/file.h"
#include "intake/fhir/fhir_internal.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

DEFINE_ARRAY(file_list, struct lines_file)
enum { FILES_MAX = 100000 };

static const char *const place_names[PLACE_COUNT] = {
#define RESOURCE_NAME(NAME, name, USE) name,
    FHIR_RESOURCES(RESOURCE_NAME) "Patient.deceased", "Encounter.location", "Observation.component", "(no resource)"};

const char *fhir_place_name(int place)
{
    return place_names[place];
}

enum fhir_resource fhir_resource_find(struct text name)
{
    for (int i = 0; i < FHIR_RESOURCE_COUNT; i++) {
        if (text_equal(name, text_of(place_names[i]))) {
            return (enum fhir_resource)i;
        }
    }
    return FHIR_RESOURCE_COUNT;
}

enum fhir_use fhir_resource_use(enum fhir_resource resource)
{
#define RESOURCE_USE(NAME, name, USE) FHIR_##USE,
    static const enum fhir_use uses[] = {FHIR_RESOURCES(RESOURCE_USE)};
    return uses[resource];
}

/* ---- files ---- */
bool fhir_is_file_name(struct text name)
{
    static const struct text endings[] = {{".ndjson", 7}, {".ndjson.gz", 10}};
    if (text_starts_with(name, TEXT("log."))) { /* the server's log of an export */
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (name.length > endings[i].length) {
            struct text end = {name.data + name.length - endings[i].length, endings[i].length};
            if (text_equal_fold(end, endings[i])) {
                return true;
            }
        }
    }
    return false;
}

struct finding_files {
    struct arena *arena;
    struct file_list files;
    const char *directory, *below;
    int depth;
};

static bool files_collect(struct finding_files *search, const char *directory, const char *below, struct error *err);

static bool file_visit(void *context, const char *name, struct error *err)
{
    struct finding_files *search = context;
    struct stat status;
    const char *path = arena_text_format(search->arena, "%s/%s", search->directory, name);
    const char *shown = arena_text_format(search->arena, "%s%s", search->below, name);
    if (stat(path, &status) != 0) {
        return FAIL_ERRNO(err, path, "cannot read a file of the export");
    }
    if (S_ISDIR(status.st_mode) && search->depth == 0) {
        return files_collect(search, path, arena_text_format(search->arena, "%s/", shown), err);
    }
    const struct lines_file file = {path, shown, (uint64_t)status.st_size};
    return !S_ISREG(status.st_mode) || !fhir_is_file_name(text_of(name)) || file_list_append(&search->files, file, err);
}

static bool files_collect(struct finding_files *search, const char *directory, const char *below, struct error *err)
{
    const char *directory_before = search->directory, *below_before = search->below;
    search->depth += search->directory != NULL;
    search->directory = directory;
    search->below = below;
    const bool done = directory_visit(directory, file_visit, search, err);
    search->directory = directory_before;
    search->below = below_before;
    search->depth -= search->directory != NULL;
    return done;
}

static bool files_find(struct finding_files *search, const char *path, struct error *err)
{
    struct stat status;
    search->files.maximum = FILES_MAX;
    if (stat(path, &status) != 0) {
        return FAIL_ERRNO(err, path, "cannot open the export");
    }
    if (S_ISDIR(status.st_mode)) {
        TRY(files_collect(search, path, "", err));
    } else {
        const char *leaf = strrchr(path, '/');
        const struct lines_file file = {path, leaf ? leaf + 1 : path, (uint64_t)status.st_size};
        TRY(file_list_append(&search->files, file, err));
    }
    if (search->files.count == 0) {
        FAIL(err, INVALID_INPUT, "the export has no NDJSON file");
        return error_hint(err, "a FHIR bulk export is a directory of files <resource>.ndjson or <resource>.ndjson.gz");
    }
    return true;
}

/* ---- the second pass ---- */
static bool resource_take(struct line *line, struct error *err)
{
    const enum fhir_resource resource = line->resource;
    switch (fhir_resource_use(resource)) {
    case FHIR_NOT_CARRIED:
        return line_drop(line, (int)resource, OUTCOME_NOT_CARRIED);
    case FHIR_FREE_TEXT:
        return line_drop(line, (int)resource, OUTCOME_FREE_TEXT);
    case FHIR_LOOK_UP:
        return line_drop(line, (int)resource, OUTCOME_LOOKED_UP);
    case FHIR_CARRIED:
        break;
    }
    return resource == FHIR_PATIENT               ? patient_take(line, err)
           : resource == FHIR_ENCOUNTER           ? encounter_take(line, err)
           : resource == FHIR_CONDITION           ? condition_take(line, err)
           : resource == FHIR_ALLERGY_INTOLERANCE ? allergy_take(line, err)
           : resource == FHIR_PROCEDURE           ? procedure_take(line, err)
           : resource == FHIR_OBSERVATION         ? observation_take(line, err)
           : resource == FHIR_ORGANIZATION        ? place_take(line, err)
           : resource == FHIR_LOCATION            ? place_take(line, err)
                                                  : drug_take(line, err);
}

static bool line_take_root(struct line *line, struct error *err)
{
    line->id = node_text(line->root, "id");
    line->resource = fhir_resource_find(node_text(line->root, "resourceType"));
    if (line->root->kind != JSON_OBJECT || line->resource == FHIR_RESOURCE_COUNT) {
        line_find(line, "resourceType", "no resource of FHIR");
        line->out->seen[PLACE_LINE]++;
        return true;
    }
    line->out->seen[line->resource]++;
    if (line->id.length == 0) {
        line_find(line, "id", "a resource of an export must have one");
        return true;
    }
    const size_t file = (size_t)(line->piece->file - line->fhir->files);
    if (survey_is_wanted(line->resource) && !line->fhir->is_surveyed[file]) {
        line_find(line, "resourceType", "the file is named for another resource");
        return true;
    }
    return resource_take(line, err);
}

static bool take_line(struct line *line, const char *bytes, size_t length, unsigned worker, struct error *err)
{
    struct error reason;
    line->bytes = bytes;
    line->length = length;
    line->is_faulty = false;
    line->room_used = 0;
    line->subject = 0;
    if (!json_reader_parse(line->fhir->readers[worker], &line->root, line->piece->file->name, bytes, length, &reason)) {
        line->out->seen[PLACE_LINE]++;
        line_find(line, "", reason.code == ERROR_LIMIT ? "nested deeper or with more values than allowed" : "is not JSON in UTF-8");
        return true;
    }
    return line_take_root(line, err);
}

static bool is_blank(const char *bytes, size_t length)
{
    return text_trim((struct text){bytes, length}).length == 0;
}

static bool run_piece(void *context, const struct lines_piece *piece, unsigned worker, struct error *err)
{
    const struct fhir *fhir = context;
    struct output *out = &fhir->outputs[piece->slot];
    struct line line = {.fhir = fhir, .out = out, .piece = piece, .number = piece->line};
    output_begin(out);
    for (const char *at = piece->bytes, *end = at + piece->length; at < end; line.number++) {
        const char *found = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((found ? found : end) - at);
        if (length > 0 && !(*at <= ' ' && is_blank(at, length))) {
            TRY(take_line(&line, at, length, worker, err));
        }
        at += length + 1;
    }
    return true;
}

static bool merge_piece(void *context, const struct lines_piece *piece, struct error *err)
{
    return output_give(context, piece, err);
}

static bool note_broken(void *context, const struct lines_file *file, uint64_t line, const char *words, struct error *err)
{
    struct fhir *fhir = context;
    (void)err;
    tally_find(fhir->tally, file->name, line, "", words);
    return true;
}

static bool read_records(struct fhir *fhir, struct error *err)
{
    const struct lines_work work = {.files = fhir->files,
                                    .file_count = fhir->file_count,
                                    .line_bytes_max = fhir->line_bytes_max,
                                    .pool = fhir->options->pool,
                                    .progress = fhir->options->progress,
                                    .run = run_piece,
                                    .merge = merge_piece,
                                    .broken = note_broken,
                                    .context = fhir};
    const uint64_t before = tally_finding_count(fhir->tally);
    TRY(survey_run(fhir, err) && lines_run(&work, err));
    const uint64_t found = tally_finding_count(fhir->tally) - before;
    if (found > 0) {
        FAIL(err, INVALID_INPUT, "the export has %llu places that are not FHIR", (unsigned long long)found);
        return error_hint(err, "correct them: the report names file, line and field; nothing of the export was taken");
    }
    return true;
}

/* ---- state ---- */
static bool state_create(struct fhir *fhir, struct arena *arena, struct error *err)
{
    struct settings defaults;
    settings_defaults(&defaults);
    const struct settings *settings = fhir->options->settings ? fhir->options->settings : &defaults;
    const unsigned readers = lines_workers(fhir->options->pool) + 1;
    fhir->zone_minutes = (int)settings_get(settings, SETTING_READER_ZONE_MINUTES);
    fhir->line_bytes_max = (size_t)settings_get(settings, SETTING_JSON_BYTES_MAX);
    fhir->readers = ARENA_ARRAY(arena, struct json_reader *, readers);
    fhir->outputs = ARENA_ARRAY(arena, struct output, lines_slots(fhir->options->pool));
    fhir->is_surveyed = ARENA_ARRAY(arena, bool, fhir->file_count);
    for (unsigned i = 0; i < readers; i++) {
        TRY(json_reader_create(&fhir->readers[i], err));
    }
    TRY(references_create(&fhir->references, (size_t)settings_get(settings, SETTING_READER_REFERENCES_MAX), err));
    return !fhir->sink->person || identity_create(&fhir->identity, err);
}

static void state_destroy(struct fhir *fhir)
{
    for (unsigned i = 0; fhir->readers && i < lines_workers(fhir->options->pool) + 1; i++) {
        json_reader_destroy(fhir->readers[i]);
    }
    for (unsigned i = 0; fhir->outputs && i < lines_slots(fhir->options->pool); i++) {
        output_end(&fhir->outputs[i]);
    }
    references_destroy(fhir->references);
    identity_destroy(fhir->identity);
}

bool fhir_read(const char *path, const struct reader_options *options, const struct reader_sink *sink, struct tally *tally,
               struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct finding_files search = {.arena = arena};
    struct fhir fhir = {.options = options, .sink = sink, .tally = tally};
    bool done = files_find(&search, path, err);
    fhir.files = search.files.items;
    fhir.file_count = search.files.count;
    done = done && state_create(&fhir, arena, err) && read_records(&fhir, err);
    state_destroy(&fhir);
    file_list_finish(&search.files);
    return done;
}
