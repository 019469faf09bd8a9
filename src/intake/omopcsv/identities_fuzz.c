/* SPDX-License-Identifier: EUPL-1.2 */
/* identities_fuzz: the bytes are identities.csv beside two persons. Whatever they are, each person is given once at most, and either
 * something is reported and the reading fails, or every line seen is accounted for. */
#include "base/scratch.h"
#include "intake/omopcsv/omopcsv.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    (void)identity, (void)err;
    int64_t *given = context;
    assert(subject > 0 && subject != given[0] && subject != given[1]);
    given[given[0] ? 1 : 0] = subject;
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
    static const char persons[] =
        "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8532,1985,0,0\n2,8507,1970,0,0\n";
    numbers = numbers ? numbers : numbers_create();
    struct error err;
    int64_t given[2] = {0, 0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(tally) struct tally *tally = tally_create();
    scratch_write(&scratch, "person.csv", persons, strlen(persons));
    scratch_write(&scratch, "identities.csv", data, size);
    const struct reader_options options = {.numbers = numbers};
    const struct reader_sink sink = {.person = take_person, .context = given};
    const bool done = omopcsv_read(scratch.directory, &options, &sink, tally, &err);
    assert(done == (tally_finding_count(tally) == 0));
    assert(done || err.code == ERROR_INVALID_INPUT || err.code == ERROR_LIMIT);
    if (done) {
        check_accounts(tally);
    }
    return 0;
}
