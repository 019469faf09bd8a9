/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of the reader: an export of several files, each begun by a line @NAME. Whatever they hold, the reader takes them or refuses
 * them with findings; what it takes is counted once, and every record is what a record must be. */
#include "base/scratch.h"
#include "intake/snds/snds.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAME_SIZE = 40, FILES_MAX = 12 };
struct state {
    struct scratch scratch;
    struct secret *key;
    struct record_numbers *numbers;
    struct settings settings;
    bool is_open;
};
static struct state state;

static void close_state(void)
{
    struct error err;
    bool removed = directory_remove_all(state.scratch.directory, &err);
    (void)removed;
    record_numbers_destroy(state.numbers);
    secret_destroy(state.key);
}

static void open_state(void)
{
    struct error err;
    bool done =
        crypto_start(&err) && secret_create(&state.key, CRYPTO_KEY_SIZE, &err) && record_numbers_create(&state.numbers, state.key, &err);
    assert(done);
    state.scratch = scratch_open();
    settings_defaults(&state.settings);
    state.settings.values[SETTING_SNDS_MEMORY_BYTES] = 65536;
    state.is_open = true;
    atexit(close_state);
}

static bool is_name(const char *name)
{
    return name[0] && name[0] != '.' && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name);
}

/* The part up to the next line that begins with @. */
static size_t part_length(const char *text, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++) {
        if (text[i] == '\n' && text[i + 1] == '@') {
            return i + 1;
        }
    }
    return size;
}

static bool write_files(const char *text, size_t size)
{
    int files = 0;
    while (size > 1 && text[0] == '@' && files < FILES_MAX) {
        size_t length = part_length(text, size), name_length = 0;
        char name[NAME_SIZE];
        while (name_length + 1 < length && text[name_length + 1] != '\n') {
            name_length++;
        }
        size_t begin = name_length + 2 < length ? name_length + 2 : length;
        if (text_copy(name, sizeof name, (struct text){text + 1, name_length}) && is_name(name)) {
            FILE *file = fopen(scratch_path(&state.scratch, name), "w"); /* no fsync: the fuzzer has much to do */
            assert(file);
            size_t written = fwrite(text + begin, 1, length - begin, file);
            assert(written == length - begin && fclose(file) == 0);
            files++;
        }
        text += length;
        size -= length;
    }
    return files > 0;
}

static bool take_record(void *context, const struct record *record, struct error *err)
{
    (void)context;
    assert(record_check(record, err));
    return true;
}

static bool take_person(void *context, int64_t subject, const struct identity *identity, struct error *err)
{
    (void)context;
    (void)err;
    assert(subject > 0 && identity);
    return true;
}

static void check_tally(const struct tally *tally)
{
    for (size_t i = 0; i < tally_row_count(tally); i++) {
        uint64_t sum = 0;
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            sum += tally_row(tally, i)->outcomes[outcome];
        }
        assert(sum == tally_row(tally, i)->seen);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    if (!state.is_open) {
        open_state();
    }
    bool emptied = directory_remove_all(state.scratch.directory, &err) && directory_create(state.scratch.directory, 0700, &err);
    assert(emptied);
    if (!write_files((const char *)data, size)) {
        return 0;
    }
    CLEANUP(tally) struct tally *tally = tally_create();
    const struct reader_options options = {.numbers = state.numbers, .settings = &state.settings};
    const struct reader_sink sink = {.person = take_person, .record = take_record};
    if (snds_read(state.scratch.directory, &options, &sink, tally, &err)) {
        check_tally(tally);
    } else {
        assert(err.code == ERROR_INVALID_INPUT || err.code == ERROR_LIMIT);
    }
    return 0;
}
