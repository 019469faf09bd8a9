/* SPDX-License-Identifier: EUPL-1.2 */
/* assemble_bench PERSONS [EVENTS [MEGABYTES]]: rows per second of processor time to standardise, to put on a shelf, and to assemble into a
 * store, and the most memory that the process took. MEGABYTES: load_memory_bytes. */
#include "base/scratch.h"
#include "intake/assemble/assemble_example.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double megabytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static uint64_t state = 1;
static uint64_t dice(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

static struct record event(int64_t subject, int64_t number, int64_t visit)
{
    static const struct {
        enum record_table table;
        const char *system, *code;
    } kinds[] = {{RECORD_CONDITION, "CIM10", "C900"},     {RECORD_CONDITION, "CIM10", "I10"},    {RECORD_DRUG, "RXNORM", "313782"},
                 {RECORD_MEASUREMENT, "LOINC", "8480-6"}, {RECORD_PROCEDURE, "CCAM", "HHFA001"}, {RECORD_DRUG, "CIP13", "3400930000001"}};
    const size_t kind = (size_t)dice(sizeof kinds / sizeof *kinds);
    struct record record = example_event(kinds[kind].table, subject, number, kinds[kind].system, kinds[kind].code, "2015-01-01");
    record_set_day(&record, COLUMN_START, (day){16436 + (int32_t)dice(3000)});
    record_set_integer(&record, COLUMN_VISIT, visit);
    if (kinds[kind].table == RECORD_MEASUREMENT) {
        record_set_number(&record, COLUMN_VALUE, (double)dice(2000) / 10);
    }
    return record;
}

/* The records of a person, in turn: the person, one stay, events. */
static struct record record_of(int64_t person, unsigned i)
{
    const int64_t subject = (int64_t)((uint64_t)(person + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 1);
    if (i == 0) {
        return example_person(subject, person % 2 ? "F" : "M", 1940 + (int)(person % 60), 1 + (int)(person % 12), "29019");
    }
    if (i > 1) {
        return event(subject, subject ^ (int64_t)i << 40, subject ^ 1);
    }
    struct record record = example_event(RECORD_VISIT, subject, subject ^ 1, "", "", "2015-01-01");
    record.present &= ~(UINT64_C(1) << COLUMN_CODE);
    record_set_text(&record, COLUMN_CLASS, TEXT("IMP"));
    record_set_day(&record, COLUMN_END, example_day("2015-01-09"));
    record_set_text(&record, COLUMN_CARE_SITE, TEXT("290000017"));
    return record;
}

static bool give_all(struct example_delivery *delivery, int64_t persons, unsigned events, bool is_shelved, struct error *err)
{
    struct standard_row rows[STANDARD_ROWS_MAX];
    size_t count = 0;
    state = 1;
    for (int64_t person = 0; person < persons; person++) {
        for (unsigned i = 0; i < events + 2; i++) {
            const struct record record = record_of(person, i);
            TRY(is_shelved ? example_give(delivery, &record, err)
                           : standardise_record(delivery->standardise, &record, delivery->made, rows, &count, err));
        }
    }
    return true;
}

static bool run(struct vocabulary_example *example, int64_t persons, unsigned events, int64_t memory, struct error *err)
{
    const struct shelf_place place = {example->directory, example->keyring, &example->grant};
    const struct shelf_head head = {.holder = "bench", .sequence = 1, .is_full = true};
    const double records = (double)persons * (events + 2);
    struct example_delivery delivery = {.made = example_day("2024-01-01")};
    CLEANUP(arena) struct arena *result = arena_create();
    struct assemble_report report;
    struct settings settings;
    const struct assemble_options options = {.quiet = true, .label = "bench", .settings = &settings};
    settings_defaults(&settings);
    if (memory) {
        settings.values[SETTING_LOAD_MEMORY_BYTES] = memory << 20;
    }
    TRY(standardise_create(&delivery.standardise, example->vocabulary, NULL, err));
    double started = seconds();
    TRY(give_all(&delivery, persons, events, false, err));
    const double alone = seconds() - started;
    printf("standardise                  %10.0f records/s of a core (%.0f records)\n", records / alone, records);
    TRY(shelf_writer_open(&delivery.writer, &place, &head, err));
    started = seconds();
    TRY(give_all(&delivery, persons, events, true, err) && shelf_writer_commit(delivery.writer, err));
    printf("onto the shelf, beside that  %10.0f rows/s of a core\n", records / (seconds() - started - alone));
    shelf_writer_close(delivery.writer);
    standardise_destroy(delivery.standardise);
    printf("memory until here            %10.0f MB\n", megabytes());
    started = seconds();
    const int64_t began = clock_monotonic_ns();
    TRY(assemble_run(example->store, &place, &options, &report, result, err));
    const double rows = (double)report.load.rows_stored;
    printf("assemble and store           %10.0f rows/s of a core (%.0f rows, %.1f s, %u waves)\n", rows / (seconds() - started), rows,
           (double)(clock_monotonic_ns() - began) / 1e9, report.load.waves);
    printf("most memory                  %10.0f MB\n", megabytes());
    return true;
}

int main(int argc, char **argv)
{
    struct error err = {.message = ""};
    struct vocabulary_example example;
    struct scratch scratch = scratch_open();
    struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    int64_t persons = 10000, events = 30, memory = 0;
    if ((argc > 1 && !text_to_i64(text_of(argv[1]), &persons)) || (argc > 2 && !text_to_i64(text_of(argv[2]), &events)) ||
        (argc > 3 && !text_to_i64(text_of(argv[3]), &memory)) || persons < 1 || events < 0 || events > 100000) {
        fprintf(stderr, "assemble_bench PERSONS [EVENTS [MEGABYTES]]\n");
        return 2;
    }
    const bool done = vocabulary_example_create(&example, scratch.directory, 0, &err) && example_rows(builder, &err) &&
                      vocabulary_example_load(&example, builder, &err) && run(&example, persons, (unsigned)events, memory, &err);
    segment_builder_destroy(builder);
    vocabulary_example_destroy(&example);
    scratch_cleanup(&scratch);
    if (!done) {
        fprintf(stderr, "%s %s\n", err.message, err.detail);
    }
    return !done;
}
