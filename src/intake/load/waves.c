/* SPDX-License-Identifier: EUPL-1.2 */
/* Persons become segments by ascending person_id. As many segments as fit the memory are filled by one scan of the source (a wave), sealed
 * by all threads, and released. A wave that turns out too large is begun again with fewer segments. */
#include "intake/load/load_internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEGMENTS_WANTED = 8,        /* at least so many, so that as many threads can work on a small store */
    SEGMENT_PERSONS_MIN = 4096, /* but none smaller for that */
    FIELD_BYTES = 4,            /* first guess of what one value takes in a builder */
    CHECK_MEMORY_ROWS = 1 << 19,
    PARALLEL_ROWS = 1 << 12, /* a batch of so many is worth waking the workers for */
    GUESSES = 1 << 12,
};

struct wave_segment {
    int64_t first, last; /* person_id, both included */
    uint64_t persons;
    struct segment_builder *builder;
};

/* All segments, and those of the wave under way: first .. end - 1. */
struct waves {
    struct load *load;
    struct wave_segment *segments;
    size_t count, first, end;
    uint64_t memory_bytes;
    double person_bytes; /* what one person takes in a builder: guessed, then measured */
    bool is_too_large;   /* why the scan was stopped */
    uint64_t rows_since_check;
    struct progress *progress;
    struct segment_workspace **workspaces;                   /* of the workers, while segments are sealed */
    struct finding_batch field_findings[FINDING_FIELDS_MAX]; /* of the batch at hand */
    uint32_t *order;                                         /* rows of a batch by segment */
    uint32_t *segment_of;
    size_t capacity;  /* of these two */
    uint32_t *counts; /* rows of a batch in each segment of the wave, then where they begin in `order` */
    /* The segment of the smallest id of each of equal ranges of the wave's ids, and of the one after them: between which to seek. */
    uint32_t guesses[GUESSES + 1];
    unsigned guess_shift;
};

/* ---- cutting persons into segments ---- */
static uint64_t guessed_bytes(const struct load *load)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < source_table_count(load->source); i++) {
        const struct source_table *table = source_table(load->source, i);
        uint64_t carried = 0;
        for (int field = 0; field < FINDING_FIELDS_MAX; field++) {
            carried += table->carried[field];
        }
        if (omop_table(table->table)->scope == OMOP_PERSON) {
            bytes += load->surveyed[table->table] * carried * FIELD_BYTES;
        }
    }
    return bytes;
}

/* Depends on the data and the settings alone, so that the same load gives the same segments on any machine. */
static uint64_t segment_persons(const struct waves *waves, uint64_t persons)
{
    uint64_t limit = (uint64_t)settings_get(&waves->load->settings, SETTING_SEGMENT_PERSONS);
    const uint64_t even = (persons + SEGMENTS_WANTED - 1) / SEGMENTS_WANTED;
    const uint64_t small = even > SEGMENT_PERSONS_MIN ? even : SEGMENT_PERSONS_MIN;
    limit = small < limit ? small : limit;
    const double fit = (double)waves->memory_bytes / 4 / (waves->person_bytes > 1 ? waves->person_bytes : 1);
    if (fit < (double)limit) {
        limit = fit > 1 ? (uint64_t)fit : 1;
    }
    return limit;
}

static bool cut(struct waves *waves, const int64_t *ids, uint64_t persons, struct error *err)
{
    const uint64_t limit = segment_persons(waves, persons);
    waves->count = (size_t)((persons + limit - 1) / limit);
    waves->segments = calloc(waves->count + 1, sizeof *waves->segments);
    waves->counts = calloc(waves->count + 2, sizeof *waves->counts);
    if (!waves->segments || !waves->counts) {
        return FAIL(err, LIMIT, "the system has no memory for %zu segments", waves->count);
    }
    for (size_t i = 0; i < waves->count; i++) {
        const uint64_t begin = persons * i / waves->count, end = persons * (i + 1) / waves->count;
        waves->segments[i] = (struct wave_segment){.first = ids[begin], .last = ids[end - 1], .persons = end - begin};
    }
    return true;
}

/* ---- one batch ---- */
static bool batch_prepare(struct waves *waves, size_t rows, struct error *err)
{
    if (rows <= waves->capacity) {
        return true;
    }
    free(waves->order);
    free(waves->segment_of);
    waves->capacity = 0;
    waves->order = malloc(rows * sizeof *waves->order);
    waves->segment_of = malloc(rows * sizeof *waves->segment_of);
    if (!waves->order || !waves->segment_of) {
        return FAIL(err, LIMIT, "the system has no memory for a batch of %zu rows", rows);
    }
    waves->capacity = rows;
    return true;
}

/* The last segment of low .. high that begins at or before the person, or low. */
static uint32_t seek_segment(const struct waves *waves, int64_t person, size_t low, size_t high)
{
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (waves->segments[middle].first <= person) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

static void guesses_make(struct waves *waves)
{
    const int64_t first = waves->segments[waves->first].first;
    const uint64_t span = (uint64_t)waves->segments[waves->end - 1].last - (uint64_t)first;
    waves->guess_shift = 0;
    while (span >> waves->guess_shift >= GUESSES) {
        waves->guess_shift++;
    }
    for (uint64_t i = 0; i <= GUESSES; i++) {
        const bool is_behind = i > span >> waves->guess_shift;
        waves->guesses[i] = is_behind
                                ? (uint32_t)waves->end - 1
                                : seek_segment(waves, (int64_t)((uint64_t)first + (i << waves->guess_shift)), waves->first, waves->end);
    }
}

/* The segment of a person of the wave. The persons are those of the survey, so that there is one, unless the source has changed since. */
static inline uint32_t find_segment(const struct waves *waves, int64_t person)
{
    const uint64_t range = ((uint64_t)person - (uint64_t)waves->segments[waves->first].first) >> waves->guess_shift;
    if (range >= GUESSES) {
        return (uint32_t)waves->first;
    }
    const uint32_t low = waves->guesses[range], high = waves->guesses[range + 1];
    return low == high ? low : seek_segment(waves, person, low, high + 1);
}

static bool batch_order(struct waves *waves, const struct source_batch *batch, struct error *err)
{
    const int64_t *persons = batch->columns[omop_table(batch->table)->person_field].integers;
    const size_t segments = waves->end - waves->first;
    memset(waves->counts, 0, (segments + 1) * sizeof *waves->counts);
    for (size_t i = 0; i < batch->rows; i++) {
        const uint32_t segment = find_segment(waves, persons[i]);
        if (persons[i] < waves->segments[segment].first || persons[i] > waves->segments[segment].last) {
            return FAIL(err, INVALID_INPUT, "the source changed while it was read");
        }
        waves->segment_of[i] = segment;
        waves->counts[segment - waves->first + 1]++;
    }
    for (size_t i = 1; i <= segments; i++) {
        waves->counts[i] += waves->counts[i - 1];
    }
    for (size_t i = 0; i < batch->rows; i++) {
        waves->order[waves->counts[waves->segment_of[i] - waves->first]++] = (uint32_t)i;
    }
    return true; /* counts[i] is now where segment i ends in `order` */
}

/* One batch on its way into the builders: each field is checked and appended by itself, by whoever is free. */
struct batch_job {
    struct waves *waves;
    const struct source_batch *batch;
    struct store_vector vectors[FINDING_FIELDS_MAX];
    const struct store_vector *columns[FINDING_FIELDS_MAX];
    bool is_kept; /* else only checked */
};

/* Calls for each segment that has rows of the batch; `rows` lists them, NULL when it has all. */
static bool each_segment(const struct batch_job *job, int field,
                         bool (*visit)(const struct batch_job *, struct segment_builder *, int, const uint32_t *, size_t, struct error *),
                         struct error *err)
{
    const struct waves *waves = job->waves;
    uint32_t begin = 0;
    for (size_t i = waves->first; i < waves->end; i++) {
        const uint32_t end = waves->counts[i - waves->first];
        const bool is_whole = end - begin == job->batch->rows;
        if (end > begin) {
            TRY(visit(job, waves->segments[i].builder, field, is_whole ? NULL : waves->order + begin, end - begin, err));
        }
        begin = end;
    }
    return true;
}

static bool append_begin(const struct batch_job *job, struct segment_builder *builder, int field, const uint32_t *rows, size_t count,
                         struct error *err)
{
    (void)field;
    (void)rows;
    return segment_builder_append_begin(builder, job->batch->table, count, err);
}

static bool append_field(const struct batch_job *job, struct segment_builder *builder, int field, const uint32_t *rows, size_t count,
                         struct error *err)
{
    return segment_builder_append_field(builder, job->batch->table, field, job->columns[field], rows, count, err);
}

static bool append_end(const struct batch_job *job, struct segment_builder *builder, int field, const uint32_t *rows, size_t count,
                       struct error *err)
{
    (void)field;
    (void)rows;
    (void)err;
    segment_builder_append_end(builder, job->batch->table, count);
    return true;
}

static bool field_run(void *context, size_t index, unsigned worker, struct error *err)
{
    struct batch_job *job = context;
    const int field = (int)index;
    (void)worker;
    load_check_field(job->waves->load, job->batch, field, &job->waves->field_findings[field]);
    return !job->is_kept || each_segment(job, field, append_field, err);
}

static bool fields_run(struct batch_job *job, struct error *err)
{
    const size_t fields = (size_t)omop_table(job->batch->table)->field_count;
    struct task_pool *pool = job->waves->load->pool;
    if (!job->batch->pool_is_busy && job->batch->rows >= PARALLEL_ROWS && task_pool_threads(pool) > 1) {
        const struct task_set set = {.count = fields, .run = field_run, .context = job};
        return task_pool_run(pool, &set, err);
    }
    for (size_t field = 0; field < fields; field++) {
        TRY(field_run(job, field, 0, err));
    }
    return true;
}

static bool batch_take(struct waves *waves, const struct source_batch *batch, struct error *err)
{
    struct batch_job job = {.waves = waves, .batch = batch, .is_kept = waves->count && load_is_clean(waves->load)};
    load_vectors(batch, job.vectors, job.columns);
    for (int field = 0; field < FINDING_FIELDS_MAX; field++) {
        waves->field_findings[field].table = batch->table;
        waves->field_findings[field].file = batch->file;
    }
    if (job.is_kept) {
        TRY(batch_prepare(waves, batch->rows, err));
        TRY(batch_order(waves, batch, err));
        TRY(each_segment(&job, 0, append_begin, err));
    }
    TRY(fields_run(&job, err));
    for (int field = 0; field < FINDING_FIELDS_MAX; field++) {
        findings_absorb(waves->load->findings, &waves->field_findings[field]);
    }
    if (job.is_kept) {
        waves->load->tally.stored[batch->table] += batch->rows;
        return each_segment(&job, 0, append_end, err);
    }
    return true;
}

static uint64_t wave_bytes(const struct waves *waves)
{
    uint64_t bytes = 0;
    for (size_t i = waves->first; i < waves->end; i++) {
        bytes += segment_builder_bytes(waves->segments[i].builder);
    }
    return bytes;
}

/* A wave of one segment goes on whatever it takes: there is nothing smaller. */
static bool check_memory(struct waves *waves, size_t rows, struct error *err)
{
    waves->rows_since_check += rows;
    if (waves->rows_since_check < CHECK_MEMORY_ROWS || waves->end - waves->first == 1) {
        return true;
    }
    waves->rows_since_check = 0;
    waves->is_too_large = wave_bytes(waves) > waves->memory_bytes;
    return !waves->is_too_large || FAIL(err, LIMIT, "the rows of the wave do not fit the memory");
}

static bool take(void *context, const struct source_batch *batch, struct error *err)
{
    struct waves *waves = context;
    struct load *load = waves->load;
    load->tally.read[batch->table] += batch->rows;
    if (batch->rows) {
        TRY(batch_take(waves, batch, err));
        TRY(!load_is_clean(load) || check_memory(waves, batch->rows, err));
    }
    return task_check(err);
}

/* ---- one wave ---- */
static struct source_scan scan_of(struct waves *waves, int64_t first, int64_t last, bool is_first)
{
    return (struct source_scan){.in_range = true,
                                .first_person = first,
                                .last_person = last,
                                .with_unplaced = is_first,
                                .take = take,
                                .context = waves,
                                .findings = waves->load->findings,
                                .progress = waves->progress};
}

static bool wave_read(struct waves *waves, struct error *err)
{
    struct source_scan scan = scan_of(waves, waves->segments[waves->first].first, waves->segments[waves->end - 1].last, waves->first == 0);
    scan.in_range = waves->first > 0 || waves->end < waves->count;
    return source_scan_persons(waves->load->source, &scan, err);
}

static void builders_destroy(struct waves *waves)
{
    for (size_t i = waves->first; i < waves->end; i++) {
        segment_builder_destroy(waves->segments[i].builder);
        waves->segments[i].builder = NULL;
    }
}

static bool builders_create(struct waves *waves, struct error *err)
{
    for (size_t i = waves->first; i < waves->end; i++) {
        struct wave_segment *segment = &waves->segments[i];
        segment->builder = segment_builder_create(OMOP_PERSON);
        TRY(segment_builder_expect(segment->builder, segment->first, segment->last, segment->persons, err));
    }
    return true;
}

/* Fills the builders of the wave, with fewer segments when they do not fit. */
static bool wave_fill(struct waves *waves, struct error *err)
{
    CLEANUP(findings_mark) struct findings_mark *mark = findings_mark_take(waves->load->findings);
    const struct load_tally tally = waves->load->tally;
    for (;;) {
        TRY(builders_create(waves, err));
        waves->is_too_large = false;
        waves->rows_since_check = 0;
        guesses_make(waves);
        waves->load->waves++;
        if (wave_read(waves, err)) {
            return true;
        }
        if (!waves->is_too_large) {
            return false;
        }
        builders_destroy(waves);
        waves->end = waves->first + (waves->end - waves->first + 1) / 2;
        findings_mark_return(waves->load->findings, mark);
        waves->load->tally = tally;
    }
}

static bool seal_segment(void *context, size_t index, unsigned worker, struct error *err)
{
    struct waves *waves = context;
    struct wave_segment *segment = &waves->segments[waves->first + index];
    segment_builder_lend(segment->builder, waves->workspaces[worker]);
    TRY(store_writer_add(waves->load->writer, segment->builder, (uint32_t)(waves->first + index), err));
    segment_builder_destroy(segment->builder);
    segment->builder = NULL;
    progress_add(waves->progress, segment->persons);
    return true;
}

static bool segments_seal(struct waves *waves, struct error *err)
{
    const unsigned threads = task_pool_threads(waves->load->pool);
    CLEANUP(arena) struct arena *scratch = arena_create();
    waves->workspaces = ARENA_ARRAY(scratch, struct segment_workspace *, threads);
    for (unsigned i = 0; i < threads; i++) {
        waves->workspaces[i] = segment_workspace_create();
    }
    const struct task_set set = {.count = waves->end - waves->first, .run = seal_segment, .context = waves};
    const bool done = task_pool_run(waves->load->pool, &set, err);
    for (unsigned i = 0; i < threads; i++) {
        segment_workspace_destroy(waves->workspaces[i]);
    }
    waves->workspaces = NULL;
    return done;
}

static uint64_t persons_of(const struct waves *waves)
{
    uint64_t persons = 0;
    for (size_t i = waves->first; i < waves->end; i++) {
        persons += waves->segments[i].persons;
    }
    return persons;
}

static bool wave_seal(struct waves *waves, struct error *err)
{
    const uint64_t persons = persons_of(waves);
    waves->person_bytes = (double)wave_bytes(waves) / (double)persons;
    waves->progress = progress_begin("sealing segments", persons, "persons", waves->load->options->quiet);
    const bool done = segments_seal(waves, err);
    progress_end(waves->progress);
    waves->progress = NULL;
    waves->load->segments += (uint32_t)(waves->end - waves->first);
    return done;
}

/* The segments from `first` on that fit the memory together. */
static void wave_begin(struct waves *waves)
{
    double bytes = 0;
    waves->end = waves->first;
    while (waves->end < waves->count && (waves->end == waves->first || bytes < (double)waves->memory_bytes)) {
        bytes += waves->person_bytes * (double)waves->segments[waves->end].persons;
        waves->end += waves->end == waves->first || bytes < (double)waves->memory_bytes;
    }
}

/* After an error nothing is kept, but the rest of the source is looked at, so that the report is complete. */
static bool check_rest(struct waves *waves, struct error *err)
{
    if (waves->end == waves->count) {
        return true;
    }
    waves->load->waves++;
    const struct source_scan scan = scan_of(waves, waves->segments[waves->end].first, INT64_MAX, false);
    return source_scan_persons(waves->load->source, &scan, err);
}

/* About how many rows the wave will have: its share of the persons. */
static uint64_t rows_expected(const struct waves *waves)
{
    const struct load *load = waves->load;
    uint64_t rows = 0;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        rows += omop_table(table)->scope == OMOP_PERSON ? load->surveyed[table] : 0;
    }
    return (uint64_t)((double)rows * (double)persons_of(waves) / (double)load->persons.count);
}

static bool wave_run(struct waves *waves, struct error *err)
{
    wave_begin(waves);
    waves->progress = progress_begin(waves->first ? "reading rows, the next wave" : "reading rows", rows_expected(waves), "rows",
                                     waves->load->options->quiet);
    const bool filled = wave_fill(waves, err) && (load_is_clean(waves->load) || check_rest(waves, err));
    progress_end(waves->progress);
    waves->progress = NULL;
    const bool done = filled && (!load_is_clean(waves->load) || wave_seal(waves, err));
    builders_destroy(waves);
    return done;
}

/* Something is wrong already, or no person can be read at all: the rows are looked at, and none is kept. */
static bool check_all(struct waves *waves, struct error *err)
{
    struct source_scan scan = scan_of(waves, 0, 0, true);
    scan.in_range = false;
    waves->load->waves++;
    return source_scan_persons(waves->load->source, &scan, err);
}

static bool run(struct waves *waves, struct error *err)
{
    if (!waves->count || !load_is_clean(waves->load)) {
        return check_all(waves, err);
    }
    for (waves->first = 0; waves->first < waves->count && load_is_clean(waves->load); waves->first = waves->end) {
        TRY(wave_run(waves, err));
    }
    return true;
}

static void waves_finish(struct waves *waves)
{
    for (int field = 0; field < FINDING_FIELDS_MAX; field++) {
        finding_batch_finish(&waves->field_findings[field]);
    }
    free(waves->segments);
    free(waves->counts);
    free(waves->order);
    free(waves->segment_of);
}

bool load_persons(struct load *load, struct error *err)
{
    struct waves waves = {.load = load, .memory_bytes = (uint64_t)settings_get(&load->settings, SETTING_LOAD_MEMORY_BYTES)};
    const uint64_t persons = load->persons.count;
    int64_t *ids = NULL;
    waves.person_bytes = persons ? (double)guessed_bytes(load) / (double)persons : 0;
    bool done = id_set_list(&load->persons, &ids, err) && cut(&waves, ids ? ids : &(int64_t){0}, persons, err);
    free(ids);
    done = done && run(&waves, err);
    waves_finish(&waves);
    return done;
}
