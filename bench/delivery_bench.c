/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_bench [RECORDS [FILE]]: how fast one core writes, opens and checks a delivery. Records as a hospital's laboratory gives them:
 * hashed numbers, a few thousand codes, days and values. Beside it what zstd and the cipher alone would allow is in crypto_bench. */
#include "base/calendar.h"
#include "base/file.h"
#include "intake/delivery/delivery_check.h"
#include "intake/delivery/delivery_example.h"
#include <sys/resource.h>

enum { PER_PERSON = 50, CODES = 2000 };

static uint64_t mixed(uint64_t value)
{
    value *= UINT64_C(0x9FB21C651E98DF25);
    return (value ^ value >> 32) >> 1 | 1;
}

static struct record measurement(int64_t subject, uint64_t number, char code[16])
{
    struct record record;
    size_t length = (size_t)snprintf(code, 16, "%04u-%u", (unsigned)(mixed(number) % CODES), (unsigned)(number % 10));
    record_begin(&record, RECORD_MEASUREMENT);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_integer(&record, COLUMN_RECORD, (int64_t)mixed(number + 12345));
    record_set_integer(&record, COLUMN_VISIT, (int64_t)mixed(number / 10));
    record_set_text(&record, COLUMN_SYSTEM, TEXT("LOINC"));
    record_set_text(&record, COLUMN_CODE, (struct text){code, length});
    record_set_day(&record, COLUMN_START, (day){18000 + (int32_t)(number % 2000)});
    record_set_integer(&record, COLUMN_START_TIME, (int64_t)(mixed(number) % 86400));
    record_set_number(&record, COLUMN_VALUE, (double)(mixed(number) % 10000) / 100);
    record_set_text(&record, COLUMN_UNIT, number % 3 ? TEXT("mmol/L") : TEXT("g/L"));
    record_set_text(&record, COLUMN_TYPE, TEXT("LABORATORY"));
    return record;
}

/* Of this process: others on the machine do not count. */
static double processor_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void rate(const char *what, uint64_t records, double began, uint64_t bytes)
{
    double seconds = processor_seconds() - began;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-8s %8.2f M records/s  %8.1f MB/s of the file  %6.2f s of processor  peak %ld MiB\n", what, (double)records / seconds / 1e6,
           (double)bytes / seconds / 1e6, seconds, usage.ru_maxrss / 1024);
}

static void write_all(const struct example *example, const char *path, uint64_t records, const struct detector *detector)
{
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    struct delivery_writing writing = example_writing(example);
    char code[16];
    writing.detector = detector;
    EXAMPLE_MUST(delivery_writer_open(&writer, path, &writing, err));
    for (uint64_t i = 0; i < records; i++) {
        int64_t subject = (int64_t)mixed(i / PER_PERSON + 1);
        struct record record = i % PER_PERSON ? measurement(subject, i, code) : example_person(subject);
        if (i % PER_PERSON == 0) {
            record_set_integer(&record, COLUMN_BIRTH_YEAR, 1950);
        }
        EXAMPLE_MUST(delivery_writer_add_record(writer, &record, err));
    }
    EXAMPLE_MUST(delivery_writer_commit(writer, NULL, err));
}

static bool count_take(void *context, const struct record *record, struct error *err)
{
    (void)err;
    *(uint64_t *)context += record->present != 0;
    return true;
}

int main(int argc, char **argv)
{
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    CLEANUP(delivery) struct delivery *checked = NULL;
    int64_t count = 5000000;
    const char *path = argc > 2 ? argv[2] : P_tmpdir "/emc2-bench.delivery";
    struct delivery_opening opening = example_opening(&example);
    struct delivery_holder holder = {.name = "chu-a", .from = {0}, .until = {40000}, .agreement = example.agreement};
    struct delivery_report report;
    uint64_t bytes, seen = 0;
    if (argc > 1 && (!text_to_i64(text_of(argv[1]), &count) || count < 1)) {
        return 2;
    }
    uint64_t records = (uint64_t)count;
    EXAMPLE_MUST(detector_create(&detector, NULL, err));
    memcpy(holder.public_key, example.holder_key, sizeof holder.public_key);
    double began = processor_seconds();
    write_all(&example, path, records, detector);
    EXAMPLE_MUST(file_size(path, &bytes, err));
    rate("write", records, began, bytes);
    began = processor_seconds();
    EXAMPLE_MUST(delivery_open(&delivery, path, &opening, err));
    rate("open", records, began, bytes);
    began = processor_seconds();
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        EXAMPLE_MUST(delivery_scan(delivery, (enum record_table)t, count_take, &seen, err));
    }
    rate("scan", seen, began, bytes);
    const struct delivery_checking checking = {
        .holder = &holder, .intake = {example_intake_key, &example}, .detector = detector, .today = {20606}};
    began = processor_seconds();
    EXAMPLE_MUST(delivery_check_all(&checked, &report, path, &checking, err));
    rate("check", records, began, bytes);
    printf("%s%s, %.1f bytes a record\n", report.is_accepted ? "accepted" : "refused: ", report.message, (double)bytes / (double)records);
    EXAMPLE_MUST(file_remove(path, err));
    return report.is_accepted ? 0 : 1;
}
