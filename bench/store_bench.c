/* SPDX-License-Identifier: EUPL-1.2 */
/* What one segment costs: rows appended, sorted, encoded and sealed each second, bytes of a row and of an event, events decoded each second
 * with both codecs, with and without decryption. Usage: store_bench [rows in millions] [directory]. One thread throughout. */
#include "base/file.h"
#include "warehouse/store/bitpack.h"
#include "warehouse/store/postings.h"
#include "warehouse/store/store_example.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PERSONS = 1 << 17, BATCH = 2048, CONCEPTS = 3000, RUNS = 5 };

static uint64_t state = 7;
static uint32_t next_random(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

/* Processor time of this thread: the machine may be busy with other things. */
static int64_t processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double seconds_since(int64_t start)
{
    return (double)(processor_ns() - start) / 1e9;
}

static bool demand(bool done, const struct error *err)
{
    if (!done) {
        fprintf(stderr, "store_bench: %s\n", err->message);
        exit(1);
    }
    return true;
}

/* ---- rows: measurements as a laboratory delivers them, records in the order of loading, persons not ---- */
struct batch {
    int64_t id[BATCH], person[BATCH], concept[BATCH], source[BATCH], moment[BATCH], type[BATCH], operator_concept[BATCH],
        value_concept[BATCH];
    int64_t unit[BATCH], visit[BATCH], provider[BATCH];
    int32_t date[BATCH];
    double value[BATCH];
    struct text source_value[BATCH], unit_value[BATCH];
};
static char codes[CONCEPTS][12];

/* A few concepts often, most of them seldom. */
static unsigned concept_draw(void)
{
    uint32_t a = next_random() % CONCEPTS, b = next_random() % (a + 1);
    return next_random() % (b + 1);
}

/* rows: of all batches when persons come one after the other; 0: they come in no order. */
static void batch_fill(struct batch *batch, int64_t first, int64_t rows)
{
    static const char *const units[] = {"g/L", "mmol/L", "10*9/L", "%", "UI/L"};
    for (size_t i = 0; i < BATCH; i++) {
        const unsigned code = concept_draw();
        batch->id[i] = first + (int64_t)i;
        const int64_t person = rows ? (first + (int64_t)i) * PERSONS / rows : (int64_t)(next_random() % PERSONS);
        batch->person[i] = 100000 + person * 3;
        batch->concept[i] = 3000000 + code * 11;
        batch->source[i] = code % 3 ? 2000000000 + (int64_t)code : 0;
        batch->date[i] = (int32_t)(14610 + next_random() % 5479);
        batch->moment[i] = batch->date[i] * INT64_C(86400000000);
        batch->type[i] = 32856;
        batch->operator_concept[i] = next_random() % 50 ? 0 : 4172704;
        batch->value_concept[i] = 0;
        batch->unit[i] = 8500 + code % 5 * 40;
        batch->visit[i] = batch->person[i] * 40 + next_random() % 40;
        batch->provider[i] = 1 + next_random() % 4000;
        batch->value[i] = (double)(next_random() % 3000) / 10;
        batch->source_value[i] = text_of(codes[code]);
        batch->unit_value[i] = text_of(units[code % 5]);
    }
}

static void batch_append(const struct batch *batch, struct segment_builder *builder)
{
    const struct {
        int field;
        struct store_vector vector;
    } filled[] = {
        {OMOP_MEASUREMENT_MEASUREMENT_ID, example_integers(batch->id, BATCH)},
        {OMOP_MEASUREMENT_PERSON_ID, example_integers(batch->person, BATCH)},
        {OMOP_MEASUREMENT_MEASUREMENT_CONCEPT_ID, example_integers(batch->concept, BATCH)},
        {OMOP_MEASUREMENT_MEASUREMENT_DATE, {.type = OMOP_DATE, .count = BATCH, .days = batch->date}},
        {OMOP_MEASUREMENT_MEASUREMENT_DATETIME, {.type = OMOP_DATETIME, .count = BATCH, .integers = batch->moment}},
        {OMOP_MEASUREMENT_MEASUREMENT_TYPE_CONCEPT_ID, example_integers(batch->type, BATCH)},
        {OMOP_MEASUREMENT_OPERATOR_CONCEPT_ID, example_integers(batch->operator_concept, BATCH)},
        {OMOP_MEASUREMENT_VALUE_AS_NUMBER, {.type = OMOP_FLOAT, .count = BATCH, .floats = batch->value}},
        {OMOP_MEASUREMENT_VALUE_AS_CONCEPT_ID, example_integers(batch->value_concept, BATCH)},
        {OMOP_MEASUREMENT_UNIT_CONCEPT_ID, example_integers(batch->unit, BATCH)},
        {OMOP_MEASUREMENT_PROVIDER_ID, example_integers(batch->provider, BATCH)},
        {OMOP_MEASUREMENT_VISIT_OCCURRENCE_ID, example_integers(batch->visit, BATCH)},
        {OMOP_MEASUREMENT_MEASUREMENT_SOURCE_VALUE, {.type = OMOP_TEXT, .count = BATCH, .texts = batch->source_value}},
        {OMOP_MEASUREMENT_MEASUREMENT_SOURCE_CONCEPT_ID, example_integers(batch->source, BATCH)},
        {OMOP_MEASUREMENT_UNIT_SOURCE_VALUE, {.type = OMOP_TEXT, .count = BATCH, .texts = batch->unit_value}},
    };
    const struct store_vector *columns[OMOP_MEASUREMENT_FIELD_COUNT] = {NULL};
    struct error err = {0};
    for (size_t i = 0; i < sizeof filled / sizeof filled[0]; i++) {
        columns[filled[i].field] = &filled[i].vector;
    }
    demand(segment_builder_append(builder, OMOP_TABLE_MEASUREMENT, columns, NULL, BATCH, &err), &err);
}

static struct segment_builder *builder_fill(size_t batches, bool by_person)
{
    static struct batch batch;
    struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
    double seconds = 0;
    for (size_t i = 0; i < batches; i++) {
        batch_fill(&batch, (int64_t)(i * BATCH), by_person ? (int64_t)(batches * BATCH) : 0);
        const int64_t start = processor_ns();
        batch_append(&batch, builder);
        seconds += seconds_since(start);
    }
    const double rows = (double)(batches * BATCH);
    printf("%s\n", by_person ? "rows person after person" : "rows in no order");
    printf("append    %8.2f M rows/s   %6.1f bytes a row in memory\n", rows / seconds / 1e6, (double)segment_builder_bytes(builder) / rows);
    return builder;
}

/* ---- a store with this one segment ---- */
struct place {
    struct keyring *keyring;
    struct grant grant;
    struct store *store;
};

static void place_open(struct place *place, const char *directory, uint64_t cache_bytes)
{
    struct error err = {0};
    uint8_t id[GRANT_STORE_ID_SIZE];
    const struct store_options options = {.cache_bytes = cache_bytes};
    demand(store_identify(directory, id, &err), &err);
    demand(keyring_open(&place->keyring, &example_custody, NULL, id, &err), &err);
    demand(example_grant(place->keyring, GRANT_ROWS | GRANT_LOAD | GRANT_VERIFY, &place->grant, &err), &err);
    demand(store_open(&place->store, directory, place->keyring, &options, &err), &err);
}

static void place_close(struct place *place)
{
    store_close(place->store);
    keyring_close(place->keyring);
}

static void segment_write(const char *directory, struct segment_builder *builder)
{
    struct error err = {0};
    struct place place;
    struct store_writer *writer = NULL;
    uint8_t id[GRANT_STORE_ID_SIZE];
    const struct store_snapshot_note note = {.label = "bench"};
    struct store_snapshot snapshot;
    uint32_t number = 0;
    const double rows = (double)segment_builder_rows(builder, OMOP_TABLE_MEASUREMENT);
    demand(store_create(directory, id, &err), &err);
    place_open(&place, directory, 0);
    demand(store_writer_open(&writer, place.store, &place.grant, &err), &err);
    const int64_t start = processor_ns();
    demand(store_writer_add(writer, builder, 0, &err), &err);
    const double seconds = seconds_since(start);
    demand(store_writer_commit(writer, &note, &number, &err), &err);
    store_writer_close(writer);
    demand(store_snapshot_read(place.store, &place.grant, number, &snapshot, &err), &err);
    printf("encode    %8.2f M rows/s   %6.2f bytes a row on disk (sort, encode, postings, seal, write, fsync)\n", rows / seconds / 1e6,
           (double)snapshot.bytes / rows);
    place_close(&place);
}

/* ---- events ---- */
/* Encodes every list of the measured concept once more, to weigh the two streams. */
static void streams_weigh(struct store_segment *segment, const int64_t *concepts, size_t count)
{
    struct buffer core = {.maximum = SIZE_MAX}, detail = {.maximum = SIZE_MAX};
    struct error err = {0};
    double events = 0;
    for (size_t c = 0; c < count; c++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        struct store_events found;
        demand(store_events_find(segment, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_MEASUREMENT_CONCEPT_ID, &concepts[c], 1,
                                 STORE_EVENT_DAYS | STORE_EVENT_ROWS, arena, &found, &err),
               &err);
        for (size_t at = 0; at < found.count; at += POSTINGS_GROUP) {
            const size_t length = found.count - at < POSTINGS_GROUP ? found.count - at : POSTINGS_GROUP;
            demand(postings_core_encode(&core, found.persons + at, found.starts + at, length, &err), &err);
            demand(postings_detail_encode(&detail, found.rows + at, found.starts + at, NULL, length, &err), &err);
        }
        events += (double)found.count;
    }
    printf("postings  %8.2f bytes an event in core, %.2f in detail; %zu concepts\n", (double)core.length / events,
           (double)detail.length / events, count);
    buffer_finish(&core);
    buffer_finish(&detail);
}

/* Events each second over the concepts one by one, or all in one union. */
static void events_time(struct store_segment *segment, const char *what, const int64_t *concepts, size_t count, bool as_union,
                        unsigned parts)
{
    struct error err = {0};
    double best = 0;
    CLEANUP(arena) struct arena *arena = arena_create();
    for (int run = 0; run < RUNS; run++) {
        double events = 0;
        const int64_t start = processor_ns();
        for (size_t c = 0; c < (as_union ? 1 : count); c++) {
            struct store_events found;
            arena_reset(arena);
            demand(store_events_find(segment, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_MEASUREMENT_CONCEPT_ID, &concepts[c],
                                     as_union ? count : 1, parts, arena, &found, &err),
                   &err);
            events += (double)found.count;
        }
        const double rate = events / seconds_since(start) / 1e6;
        best = rate > best ? rate : best;
    }
    printf("%-52s %8.0f M events/s\n", what, best);
}

static void columns_time(struct store_segment *segment)
{
    const struct omop_table_info *info = omop_table(OMOP_TABLE_MEASUREMENT);
    const size_t rows = (size_t)store_segment_rows(segment, OMOP_TABLE_MEASUREMENT);
    struct error err = {0};
    const int64_t start = processor_ns();
    for (int field = 0; field < info->field_count; field++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        struct store_vector vector;
        demand(store_column_read(segment, OMOP_TABLE_MEASUREMENT, field, 0, rows, arena, &vector, &err), &err);
    }
    printf("%-52s %8.1f M rows/s\n", "all columns", (double)rows / seconds_since(start) / 1e6);
}

static void segment_read(const char *directory, uint64_t cache_bytes)
{
    struct error err = {0};
    struct place place;
    struct store_reader *reader = NULL;
    const int64_t *concepts = NULL;
    const uint32_t *rows = NULL;
    size_t count = 0, large = 0, largest = 0;
    CLEANUP(arena) struct arena *arena = arena_create();
    place_open(&place, directory, cache_bytes);
    demand(store_reader_open(&reader, place.store, &place.grant, 0, &err), &err);
    struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, 0);
    demand(store_concepts(segment, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_MEASUREMENT_CONCEPT_ID, arena, &concepts, &rows, &count, &err),
           &err);
    while (large < count && rows[large] > 2000) {
        large++;
    }
    while (largest < count && rows[largest] > 50000) {
        largest++;
    }
    const unsigned days = STORE_EVENT_DAYS, all = STORE_EVENT_DAYS | STORE_EVENT_ROWS;
    printf("%s; %zu concepts with more than 50,000 events, %zu with more than 2,000\n",
           cache_bytes ? "with a cache of decrypted pages" : "decrypting each time", largest, large);
    events_time(segment, "  more than 50,000, one by one: persons and days", concepts, largest, false, days);
    bitpack_choose(&bitpack_portable);
    events_time(segment, "  the same with the portable codec", concepts, largest, false, days);
    bitpack_choose(NULL);
    events_time(segment, "  more than 50,000, one by one: and rows", concepts, largest, false, all);
    events_time(segment, "  more than 2,000, one by one: persons and days", concepts, large, false, days);
    events_time(segment, "  union of 10: persons and days", concepts + 10, 10, true, days);
    events_time(segment, "  union of 100: persons and days", concepts + 10, 100, true, days);
    events_time(segment, "  union of 1,000: persons and days", concepts + 10, 1000, true, days);
    events_time(segment, "  union of 100: persons, days and rows", concepts + 10, 100, true, all);
    columns_time(segment);
    if (cache_bytes) {
        streams_weigh(segment, concepts, count);
    }
    store_reader_close(reader);
    place_close(&place);
}

int main(int argc, char **argv)
{
    const char *directory = argc > 2 ? argv[2] : "/tmp/emc2-store-bench";
    int64_t millions = 4;
    struct error err = {0};
    if (argc > 1 && !text_to_i64(text_of(argv[1]), &millions)) {
        fprintf(stderr, "usage: store_bench [rows in millions] [directory]\n");
        return 2;
    }
    demand(crypto_start(&err), &err);
    for (unsigned i = 0; i < CONCEPTS; i++) {
        snprintf(codes[i], sizeof codes[i], "L%u", 10000 + i * 7);
    }
    for (int by_person = 1; by_person >= 0; by_person--) {
        CLEANUP(segment_builder) struct segment_builder *builder = builder_fill((size_t)millions * 1000000 / BATCH, by_person);
        segment_write(directory, builder);
        demand(!by_person || directory_remove_all(directory, &err), &err);
    }
    segment_read(directory, 0);
    segment_read(directory, UINT64_C(2) << 30);
    demand(directory_remove_all(directory, &err), &err);
    return 0;
}
