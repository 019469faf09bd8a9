/* SPDX-License-Identifier: EUPL-1.2 */
/* synthesise: see synthesise.h. Blocks of persons are made in parallel and appended in order, so the files do not depend on threads. */
#include "intake/synthesise/synthesise.h"
#include "base/arena.h"
#include "base/file.h"
#include "intake/synthesise/export.h"
#include "intake/synthesise/rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PERSONS_PER_BLOCK = 512, BLOCKS_PER_ROUND = 32 };

struct block {
    struct rows rows;
    struct timeline timeline; /* of the person at work */
    struct export_counts counts;
    uint64_t persons;
};
struct population {
    const struct synthesise_options *options;
    struct civil_noise noise;
    struct life_births births;
    size_t sheet_count, truth_sheet; /* truth_sheet: a row for each planted cancer */
    const struct sheet_layout *layout;
    struct file_writer **files;
    struct block blocks[BLOCKS_PER_ROUND];
    uint64_t first_block, block_count;
    uint64_t cohort_persons[SYNTHESIS_COHORTS_COUNT];
    struct export_counts counts;
    struct progress *progress;
    struct synthesise_report report;
    struct arena *paths;
};

static bool make_person(struct population *population, struct block *block, uint64_t number, struct error *err)
{
    struct life life;
    life_make(&life, &population->births, population->options->seed, number);
    TRY(timeline_make(&block->timeline, &life, err));
    if (!population->options->as_exports) {
        return rows_write(&block->rows, &life, &block->timeline, err);
    }
    struct civil civil;
    civil_make(&civil, &life, &population->births, &population->noise);
    struct export_person person = {.life = &life,
                                   .civil = &civil,
                                   .noise = &population->noise,
                                   .timeline = &block->timeline,
                                   .counts = &block->counts,
                                   .cohort_persons = block->rows.cohort_persons,
                                   .sheets = &block->rows.sheets};
    return export_write(&person, err);
}

static bool make_block(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    struct population *population = context;
    struct block *block = &population->blocks[index];
    uint64_t first = (population->first_block + index) * PERSONS_PER_BLOCK, last = first + PERSONS_PER_BLOCK;
    if (last > population->options->persons) {
        last = population->options->persons;
    }
    block->persons = last - first;
    for (uint64_t person = first; person < last; person++) {
        TRY(make_person(population, block, person, err));
    }
    return true;
}

static void clear_block(struct block *block)
{
    sheets_clear(&block->rows.sheets);
    memset(block->rows.cohort_persons, 0, sizeof block->rows.cohort_persons);
    block->counts = (struct export_counts){0};
}

static bool append_block(void *context, size_t index, struct error *err)
{
    struct population *population = context;
    struct block *block = &population->blocks[index];
    const struct sheets *sheets = &block->rows.sheets;
    for (size_t t = 0; t < population->sheet_count; t++) {
        TRY(file_writer_append(population->files[t], sheets->buffers[t].data, sheets->buffers[t].length, err));
        population->report.bytes += sheets->buffers[t].length;
        population->report.rows += t != population->truth_sheet ? sheets->rows[t] : 0;
    }
    for (int i = 0; i < SYNTHESIS_COHORTS_COUNT; i++) {
        population->cohort_persons[i] += block->rows.cohort_persons[i];
    }
    for (int h = 0; h < SYNTHESIS_CENTRES_COUNT; h++) {
        for (int k = 0; k < EXPORT_KIND_COUNT; k++) {
            population->counts.records[h][k] += block->counts.records[h][k];
        }
    }
    population->report.persons += block->persons;
    population->report.cancers += sheets->rows[population->truth_sheet];
    progress_add(population->progress, block->persons);
    clear_block(block);
    return true;
}

static bool make_blocks(struct population *population, struct error *err)
{
    for (uint64_t first = 0; first < population->block_count; first += BLOCKS_PER_ROUND) {
        uint64_t left = population->block_count - first;
        population->first_block = first;
        struct task_set set = {
            .count = left < BLOCKS_PER_ROUND ? left : BLOCKS_PER_ROUND, .run = make_block, .merge = append_block, .context = population};
        TRY(task_check(err));
        TRY(task_pool_run(population->options->pool, &set, err));
    }
    return true;
}

/* The tables of the health system are the same for every population. */
static bool write_health_system(struct arena *paths, const char *directory, struct error *err)
{
    struct buffer sites = {.maximum = 1 << 16}, locations = {.maximum = 1 << 16}, source = {.maximum = 1 << 12};
    bool done =
        buffer_append_text(&sites, "care_site_id,care_site_name,place_of_service_concept_id,location_id,care_site_source_value\n", err) &&
        buffer_append_text(&locations, "location_id,city,zip,location_source_value\n", err) &&
        buffer_append_text(&source,
                           "cdm_source_name,cdm_source_abbreviation,cdm_holder,source_release_date,cdm_release_date,"
                           "cdm_version_concept_id,cdm_version,vocabulary_version\nSynthetic population,SYN,emc2,2024-01-01,2024-01-01,"
                           "756265,v5.4.0,built-in\n",
                           err);
    for (int i = 0; i < SYNTHESIS_CENTRES_COUNT && done; i++) {
        const struct synthesis_centre *centre = &synthesis_centres[i];
        long long id = (long long)centre->care_site_id;
        done = buffer_append_format(&sites, err, "%lld,%s,%d,%lld,%s\n", id, centre->name, centre->share > 0 ? 8717 : 0, id,
                                    centre->source_code) &&
               buffer_append_format(&locations, err, "%lld,%s,%s,%s\n", id, centre->city, centre->postcode, centre->postcode);
    }
    const struct {
        const char *name;
        struct buffer *content;
    } files[] = {{"care_site.csv", &sites}, {"location.csv", &locations}, {"cdm_source.csv", &source}};
    for (size_t i = 0; i < sizeof files / sizeof *files && done; i++) {
        done = file_write_atomic(arena_text_format(paths, "%s/%s", directory, files[i].name), files[i].content->data,
                                 files[i].content->length, 0644, err);
    }
    buffer_finish(&sites);
    buffer_finish(&locations);
    buffer_finish(&source);
    return done;
}

static bool write_truth(const struct population *population, const char *directory, struct error *err)
{
    struct buffer cohorts = {.maximum = 1 << 20}, planted = {.maximum = 1 << 20};
    bool done = buffer_append_text(&cohorts, "cohort,persons\n", err);
    for (int i = 0; i < SYNTHESIS_COHORTS_COUNT && done; i++) {
        done =
            buffer_append_format(&cohorts, err, "%s,%llu\n", synthesis_cohorts[i].name, (unsigned long long)population->cohort_persons[i]);
    }
    for (int i = 0; i < SYNTHESIS_CENTRES_COUNT && done; i++) {
        const struct synthesis_centre *centre = &synthesis_centres[i];
        done = buffer_append_format(&planted, err, "%s\n%s\n%s\n", centre->name, centre->source_code, centre->city);
    }
    done = done &&
           buffer_append_format(&planted, err, "SYN-%llu-\nSynthetic population\nFEHB001\n", (unsigned long long)population->options->seed);
    const char *path = arena_text_format(population->paths, "%s/truth/cohorts.csv", directory);
    done = done && file_write_atomic(path, cohorts.data, cohorts.length, 0644, err);
    path = arena_text_format(population->paths, "%s/truth/planted_strings.txt", directory);
    done = done && file_write_atomic(path, planted.data, planted.length, 0644, err);
    buffer_finish(&cohorts);
    buffer_finish(&planted);
    return done;
}

/* Who has how many records that a reader should take, and the maps of codes. */
static bool write_expected(const struct population *population, const char *directory, struct error *err)
{
    static const char *const kinds[EXPORT_KIND_COUNT] = {"person",    "visit",       "condition",   "drug",
                                                         "procedure", "measurement", "observation", "death"};
    struct buffer expected = {.maximum = 1 << 20}, maps = {.maximum = 1 << 22};
    bool done = buffer_append_text(&expected, "holder,table,records\n", err);
    for (int h = 0; h < SYNTHESIS_CENTRES_COUNT; h++) {
        for (int k = 0; k < EXPORT_KIND_COUNT && done; k++) {
            done = buffer_append_format(&expected, err, "%s,%s,%llu\n", synthesis_centres[h].key, kinds[k],
                                        (unsigned long long)population->counts.records[h][k]);
        }
    }
    const char *path = arena_text_format(population->paths, "%s/truth/expected.csv", directory);
    done = done && file_write_atomic(path, expected.data, expected.length, 0644, err);
    path = arena_text_format(population->paths, "%s/maps.csv", directory);
    done = done && export_maps_write(&maps, err) && file_write_atomic(path, maps.data, maps.length, 0644, err);
    buffer_finish(&expected);
    buffer_finish(&maps);
    return done;
}

static bool open_files(struct population *population, const char *directory, struct error *err)
{
    for (size_t t = 0; t < population->sheet_count; t++) {
        const char *path = arena_text_format(population->paths, "%s/%s", directory, population->layout[t].path);
        TRY(file_writer_open(&population->files[t], path, 0644, err));
        const char *header = population->layout[t].header;
        if (header) {
            TRY(file_writer_append(population->files[t], header, strlen(header), err));
            TRY(file_writer_append(population->files[t], "\n", 1, err));
        }
    }
    return true;
}

static bool make_directories(const struct population *population, const char *directory, struct error *err)
{
    TRY(directory_create(directory, 0755, err));
    TRY(directory_create(arena_text_format(population->paths, "%s/truth", directory), 0755, err));
    if (!population->options->as_exports) {
        return write_health_system(population->paths, directory, err);
    }
    TRY(directory_create(arena_text_format(population->paths, "%s/holders", directory), 0755, err));
    for (int h = 0; h < SYNTHESIS_CENTRES_COUNT; h++) {
        TRY(directory_create(arena_text_format(population->paths, "%s/holders/%s", directory, synthesis_centres[h].key), 0755, err));
    }
    return true;
}

static bool write_population(struct population *population, const char *directory, struct error *err)
{
    TRY(make_directories(population, directory, err) && open_files(population, directory, err));
    TRY(make_blocks(population, err));
    for (size_t t = 0; t < population->sheet_count; t++) {
        TRY(file_writer_commit(population->files[t], err));
    }
    TRY(!population->options->as_exports || write_expected(population, directory, err));
    return write_truth(population, directory, err);
}

/* What a failed run left. Always false; an error here would only hide the first one. */
static bool discard(const char *partial)
{
    bool is_gone = directory_remove_all(partial, NULL);
    return is_gone && false;
}

static bool check_options(const struct synthesise_options *options, struct error *err)
{
    if (options->persons < 1 || options->persons > (uint64_t)1 << 40) {
        return FAIL(err, INVALID_ARGUMENT, "a population has 1 to 2^40 persons");
    }
    bool exists;
    TRY(file_exists(options->directory, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "the population's directory exists already");
        error_detail(err, "%s", options->directory);
        return error_hint(err, "name a directory that does not exist yet, or remove this one");
    }
    return true;
}

static bool take_options(struct population *population, const struct synthesise_options *options, struct error *err)
{
    population->options = options;
    population->block_count = (options->persons + PERSONS_PER_BLOCK - 1) / PERSONS_PER_BLOCK;
    population->sheet_count = options->as_exports ? export_sheet_count() : ROWS_TABLE_COUNT;
    population->layout = options->as_exports ? export_layout() : rows_layout();
    population->truth_sheet = population->sheet_count - 1;
    civil_noise_defaults(&population->noise);
    if (options->noise && !civil_noise_set(&population->noise, options->noise)) {
        FAIL(err, INVALID_ARGUMENT, "'%s' is no list of shares of noise", options->noise);
        return error_hint(err, "write KEY=SHARE,KEY=SHARE with shares from 0 to 1, such as nir_missing=0.2,nir_typo=0");
    }
    life_births_make(&population->births);
    population->files = calloc(population->sheet_count, sizeof *population->files);
    if (!population->files) {
        return FAIL(err, LIMIT, "no memory for the population");
    }
    for (int i = 0; i < BLOCKS_PER_ROUND; i++) {
        sheets_init(&population->blocks[i].rows.sheets, population->sheet_count);
    }
    return true;
}

static void population_destroy(struct population *population)
{
    for (size_t t = 0; population->files && t < population->sheet_count; t++) {
        file_writer_close(population->files[t]);
    }
    for (int i = 0; i < BLOCKS_PER_ROUND; i++) {
        sheets_finish(&population->blocks[i].rows.sheets);
        timeline_finish(&population->blocks[i].timeline);
    }
    free(population->files);
    free(population);
}

bool synthesise_population(const struct synthesise_options *options, struct synthesise_report *out_report, struct error *err)
{
    TRY(check_options(options, err));
    CLEANUP(arena) struct arena *paths = arena_create();
    const char *partial = arena_text_format(paths, "%s.partial", options->directory);
    bool is_left_over;
    TRY(file_exists(partial, &is_left_over, err));
    if (is_left_over) {
        TRY(directory_remove_all(partial, err));
    }
    struct population *population = calloc(1, sizeof *population);
    if (!population) {
        return FAIL(err, LIMIT, "no memory for the population");
    }
    population->paths = paths;
    population->progress = progress_begin("synthesise", options->persons, "persons", options->quiet);
    bool done = take_options(population, options, err) && write_population(population, partial, err) &&
                file_rename_durable(partial, options->directory, err);
    progress_end(population->progress);
    if (done) {
        *out_report = population->report;
    }
    population_destroy(population);
    return done || discard(partial);
}
