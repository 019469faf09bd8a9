/* SPDX-License-Identifier: EUPL-1.2 */
/* snds_bench: an export of the SNDS read on one core: bytes, rows and records a second, and the peak of memory.
 *   snds_bench ROWS [MEMORY]   makes an export of narrow columns with so many claims (one in two with a medicine) in a directory of its own
 *   snds_bench DIRECTORY       reads one that is there, and prints the tally */
#include "base/calendar.h"
#include "base/scratch.h"
#include "intake/snds/snds.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { CLAIMS_OF_A_PERSON = 50, PATH_SIZE = 4096 };
#define KEY_HEADER "DCT_ORD_NUM,FLX_DIS_DTD,FLX_EMT_NUM,FLX_EMT_ORD,FLX_EMT_TYP,FLX_TRT_DTD,ORG_CLE_NUM,PRS_ORD_NUM,REM_TYP_AFF"

struct counts {
    uint64_t tables[RECORD_TABLE_COUNT], persons, sum;
};

static bool take_record(void *context, const struct record *record, struct error *err)
{
    (void)err;
    struct counts *counts = context;
    counts->tables[record->table]++;
    counts->sum += (uint64_t)(record_has(record, COLUMN_RECORD) ? record->values[COLUMN_RECORD].integer : 0);
    return true;
}

static bool take_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    (void)subject;
    (void)identity;
    (void)err;
    ((struct counts *)context)->persons++;
    return true;
}

/* ---- an export ---- */

static void write_rows(FILE *persons, FILE *claims, FILE *medicines, uint64_t rows)
{
    fprintf(persons, "BEN_NIR_PSA,BEN_RNG_GEM,BEN_NIR_ANO,BEN_SEX_COD,BEN_NAI_ANN,BEN_NAI_MOI,BEN_RES_DPT,BEN_RES_COM\n");
    fprintf(claims,
            "%s,BEN_NIR_PSA,BEN_RNG_GEM,EXE_SOI_DTD,EXE_SOI_DTF,PRS_NAT_REF,PRS_ACT_QTE,DPN_QLF,PRS_DPN_QLP,CPL_MAJ_TOP,PSE_SPE_COD\n",
            KEY_HEADER);
    fprintf(medicines, "%s,PHA_ORD_NUM,PHA_PRS_C13,PHA_ACT_QSN\n", KEY_HEADER);
    uint64_t count = rows / CLAIMS_OF_A_PERSON + 1;
    for (uint64_t i = 0; i < count; i++) {
        fprintf(persons, "PSA%014" PRIu64 ",1,ANO%014" PRIu64 ",%d,%d,%d,029,019\n", i, i, (int)(i % 2) + 1, 1930 + (int)(i % 80),
                (int)(i % 12) + 1);
    }
    for (uint64_t i = 0; i < rows; i++) {
        char key[120];
        unsigned month = (unsigned)(i * 12 / rows) + 1;
        snprintf(key, sizeof key, "%" PRIu64 ",2017-%02u-01,%u,1,1,2017-%02u-04,01C731223,%u,1", i, month, (unsigned)(i % 997), month,
                 (unsigned)(i % 7));
        fprintf(claims, "%s,PSA%014" PRIu64 ",1,2017-%02u-%02u,2017-%02u-%02u,%d,1,0,0,0,%d\n", key, i * 7919 % count, month,
                (unsigned)(i % 28) + 1, month, (unsigned)(i % 28) + 1, i % 2 ? 3313 : 1110, (int)(i % 40) + 1);
        if (i % 2) {
            fprintf(medicines, "%s,1,34009%08u,%d\n", key, (unsigned)(i % 20000), (int)(i % 3) + 1);
        }
    }
}

static FILE *open_file(struct scratch *scratch, const char *name)
{
    FILE *file = fopen(scratch_path(scratch, name), "w");
    assert(file);
    return file;
}

static void make_export(struct scratch *scratch, uint64_t rows)
{
    FILE *persons = open_file(scratch, "IR_BEN_R.csv"), *claims = open_file(scratch, "ER_PRS_F.csv"),
         *medicines = open_file(scratch, "ER_PHA_F.csv");
    write_rows(persons, claims, medicines, rows);
    fclose(persons);
    fclose(claims);
    fclose(medicines);
}

/* ---- reading ---- */

/* Of this process: what others do on the machine does not count. */
static double processor_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 + (double)usage.ru_stime.tv_sec +
           (double)usage.ru_stime.tv_usec / 1e6;
}

struct walk {
    const char *path;
    uint64_t bytes;
};

static bool add_size(void *context, const char *name, struct error *err)
{
    struct walk *walk = context;
    char path[PATH_SIZE];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", walk->path, name);
    if (stat(path, &facts) != 0) {
        return true;
    }
    if (S_ISDIR(facts.st_mode)) {
        struct walk below = {.path = path};
        TRY(directory_visit(path, add_size, &below, err));
        walk->bytes += below.bytes;
    } else {
        walk->bytes += (uint64_t)facts.st_size;
    }
    return true;
}

static void print_tally(const struct tally *tally)
{
    for (size_t i = 0; i < tally_row_count(tally); i++) {
        const struct tally_row *row = tally_row(tally, i);
        printf("%-24s %12" PRIu64 " seen", row->place, row->seen);
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            if (row->outcomes[outcome] > 0) {
                printf("  %s %" PRIu64, record_outcome_name((enum record_outcome)outcome), row->outcomes[outcome]);
            }
        }
        printf("\n");
    }
    for (size_t i = 0; i < tally_remark_count(tally); i++) {
        printf("%-24s %12" PRIu64 " %s\n", tally_remark_at(tally, i)->place, tally_remark_at(tally, i)->count,
               tally_remark_at(tally, i)->words);
    }
    for (size_t i = 0; i < tally_finding_kept(tally); i++) {
        const struct tally_finding *finding = tally_finding(tally, i);
        printf("%s:%" PRIu64 ": %s: %s\n", finding->file, finding->line, finding->field, finding->words);
    }
}

static bool measure(const char *path, int64_t memory, bool is_told, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    CLEANUP(record_numbers) struct record_numbers *numbers = NULL;
    CLEANUP(tally) struct tally *tally = tally_create();
    struct settings settings;
    struct counts counts = {0};
    struct rusage usage;
    struct walk walk = {.path = path};
    settings_defaults(&settings);
    if (memory > 0) {
        settings.values[SETTING_SNDS_MEMORY_BYTES] = memory;
    }
    TRY(crypto_start(err) && secret_create(&key, CRYPTO_KEY_SIZE, err) && record_numbers_create(&numbers, key, err));
    TRY(directory_visit(path, add_size, &walk, err));
    const struct reader_options options = {.numbers = numbers, .settings = &settings};
    const struct reader_sink sink = {.person = take_person, .record = take_record, .context = &counts};
    int64_t started = clock_monotonic_ns();
    double processor = processor_seconds();
    bool done = snds_read(path, &options, &sink, tally, err);
    double seconds = (double)(clock_monotonic_ns() - started) / 1e9;
    processor = processor_seconds() - processor;
    uint64_t rows = 0, records = 0;
    for (size_t i = 0; i < tally_row_count(tally); i++) {
        rows += tally_row(tally, i)->seen;
    }
    if (is_told) {
        print_tally(tally);
    }
    for (int table = 0; table < RECORD_TABLE_COUNT; table++) {
        records += counts.tables[table];
        if (is_told && counts.tables[table] > 0) {
            printf("%-24s %12" PRIu64 " records\n", record_table_name((enum record_table)table), counts.tables[table]);
        }
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%.1f MB, %" PRIu64 " rows, %" PRIu64 " records, %" PRIu64 " identities in %.2f s (%.2f s of a core)\n",
           (double)walk.bytes / 1e6, rows, records, counts.persons, seconds, processor);
    printf("a core: %.0f MB/s, %.0f rows/s; peak %.0f MB; sum of the numbers %016" PRIx64 "\n", (double)walk.bytes / 1e6 / processor,
           (double)rows / processor, (double)usage.ru_maxrss / 1e3, counts.sum);
    return done;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    int64_t rows = 0, memory = 0;
    bool done;
    if (argc < 2 || (argc > 2 && !text_to_i64(text_of(argv[2]), &memory))) {
        fprintf(stderr, "usage: snds_bench ROWS|DIRECTORY [MEMORY]\n");
        return 2;
    }
    if (text_to_i64(text_of(argv[1]), &rows) && rows > 0) {
        struct scratch scratch = scratch_open();
        make_export(&scratch, (uint64_t)rows);
        done = measure(scratch.directory, memory, false, &err);
        scratch_cleanup(&scratch);
    } else {
        done = measure(argv[1], memory, true, &err);
    }
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
    }
    return done ? 0 : 1;
}
