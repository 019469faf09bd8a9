/* SPDX-License-Identifier: EUPL-1.2 */
/* fhir_fuzz: the bytes are a file of an export. Whatever they are, every record that comes out is whole, and either something is reported
 * and the reading fails, or everything seen is accounted for. */
#include "intake/fhir/fhir.h"
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

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
    numbers = numbers ? numbers : numbers_create();
    struct error err;
    char path[64];
    CLEANUP(tally) struct tally *tally = tally_create();
    const int file = memfd_create("export", MFD_CLOEXEC);
    assert(file >= 0);
    const bool written = size == 0 || write(file, data, size) == (ssize_t)size;
    assert(written);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const struct reader_options options = {.numbers = numbers, .keep_orders = true};
    const struct reader_sink sink = {.person = take_person, .record = take_record};
    const bool done = fhir_read(path, &options, &sink, tally, &err);
    close(file);
    assert(done == (tally_finding_count(tally) == 0));
    assert(done || err.code == ERROR_INVALID_INPUT || err.code == ERROR_LIMIT);
    if (done) {
        check_accounts(tally);
    }
    return 0;
}
