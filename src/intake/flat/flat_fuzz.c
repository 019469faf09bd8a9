/* SPDX-License-Identifier: EUPL-1.2 */
/* flat_fuzz: the first byte names a file, the rest is its content, beside a patient file that is always there. Every record that comes out
 * is whole, and either something is reported and the reading fails, or everything seen is accounted for. */
#include "base/scratch.h"
#include "intake/flat/flat_internal.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_record(void *context, const struct record *record, struct error *err)
{
    (void)context;
    const bool is_whole = record_check(record, err);
    assert(is_whole);
    return true;
}

static bool take_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    (void)context, (void)identity, (void)err;
    assert(subject > 0);
    return true;
}

static struct record_numbers *numbers_create(void)
{
    struct error err;
    struct record_numbers *numbers = NULL;
    struct secret *key = NULL;
    bool done = crypto_start(&err) && secret_random(&key, CRYPTO_KEY_SIZE, &err) && record_numbers_create(&numbers, key, &err);
    assert(done);
    secret_destroy(key);
    return numbers;
}

static void check_accounts(const struct tally *tally)
{
    for (size_t i = 0; i < tally_row_count(tally); i++) {
        const struct tally_row *row = tally_row(tally, i);
        uint64_t sum = 0;
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            sum += row->outcomes[outcome];
        }
        assert(sum == row->seen);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct record_numbers *numbers;
    static const char patients[] = "patient_id,sexe\n1,f\n2,h\n";
    numbers = numbers ? numbers : numbers_create();
    if (size == 0) {
        return 0;
    }
    struct error err;
    char name[64];
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(tally) struct tally *tally = tally_create();
    scratch_write(&scratch, "patient.csv", patients, sizeof patients - 1);
    snprintf(name, sizeof name, "%s.csv", flat_file_name((enum flat_file)(data[0] % FLAT_FILE_COUNT)));
    scratch_write(&scratch, name, data + 1, size - 1);
    const struct reader_options options = {.numbers = numbers, .keep_orders = data[0] & 0x80};
    const struct reader_sink sink = {.person = take_person, .record = take_record};
    const bool done = flat_read(scratch.directory, &options, &sink, tally, &err);
    assert(done == (tally_finding_count(tally) == 0));
    assert(done || err.code == ERROR_INVALID_INPUT || err.code == ERROR_LIMIT);
    if (done) {
        check_accounts(tally);
    }
    return 0;
}
