/* SPDX-License-Identifier: EUPL-1.2 */
/* store_memory: store, journal and keys are of one time, or the store does not open; what a crash or an older copy of the keys leaves,
 * opens; and a store that is accepted as it is excludes whom the keys know. */
#include "base/calendar.h"
#include "warehouse/store/erasure_example.h"
#include "warehouse/store/manifest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct journal_double {
    uint32_t number, recovered;
    struct crypto_hash hash;
    enum store_act act;
    bool fails;
    uint64_t size;
};

static bool journal_latest(void *context, uint32_t *out_number, struct crypto_hash *out_hash, struct error *err)
{
    (void)err;
    const struct journal_double *journal = context;
    *out_number = journal->number;
    *out_hash = journal->hash;
    return true;
}

static bool journal_record(void *context, enum store_act act, uint32_t number, const struct crypto_hash *hash, bool is_recovered,
                           struct error *err)
{
    struct journal_double *journal = context;
    if (journal->fails) {
        return FAIL(err, IO, "the log cannot be written");
    }
    assert_int_equal(number, journal->number + 1);
    journal->number = number;
    journal->hash = *hash;
    journal->act = act;
    journal->recovered += is_recovered;
    journal->size++;
    return true;
}

static bool journal_size(void *context, uint64_t *out_size, struct error *err)
{
    (void)err;
    *out_size = ((const struct journal_double *)context)->size;
    return true;
}

static void what_the_journal_knows_must_be_there(void **state)
{
    (void)state;
    struct error err;
    struct made made = {.store = NULL};
    struct journal_double memory = {.number = 0};
    const struct store_journal journal = {journal_latest, journal_record, journal_size, &memory};
    const struct store_options options = {.journal = &journal};
    const int64_t who = id_of(2);
    struct store *again = NULL;
    uint32_t number;
    size_t new_ones;
    char path[256], aside[256];
    make(&made);
    store_close(made.store);
    assert_true(store_open(&made.store, made.directory, made.keyring, &options, &err));
    load(&made, 0, 10, NULL);
    assert_int_equal(memory.number, 1);
    memory.fails = true; /* dies between the publication and the record */
    assert_false(store_exclude(made.store, &made.grant, &who, 1, "objection", &number, &new_ones, &err));
    memory.fails = false;
    assert_true(store_snapshot_latest(made.store, &made.grant, &number, &err));
    assert_int_equal(number, 2);
    load(&made, 100, 10, NULL);
    assert_int_equal(memory.number, 3);
    assert_int_equal(memory.recovered, 1);
    assert_int_equal(memory.act, STORE_ACT_LOAD);
    snprintf(path, sizeof path, "%s/snapshots/00000003.manifest", made.directory);
    snprintf(aside, sizeof aside, "%s/aside", made.directory);
    assert_int_equal(rename(path, aside), 0); /* taken away */
    assert_false(store_open(&again, made.directory, made.keyring, &options, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_non_null(strstr(err.message, "rolled back: the log knows snapshot 3"));
    struct store_writer *writer = NULL;
    assert_false(store_writer_open(&writer, made.store, &made.grant, &err)); /* a store that was open before */
    assert_int_equal(err.code, ERROR_CORRUPT);
    store_close(made.store); /* and another put in its place, by somebody without the log */
    assert_true(store_open(&made.store, made.directory, made.keyring, NULL, &err));
    load(&made, 100, 10, NULL);
    store_close(made.store);
    assert_true(store_open(&made.store, made.directory, made.keyring, &options, &err));
    struct store_reader *reader = NULL;
    assert_false(store_reader_open(&reader, made.store, &made.grant, 3, &err));
    assert_non_null(strstr(err.message, "is not the snapshot 3 that the log knows"));
    finish(&made);
}

/* A store with a journal, three snapshots of which the third excludes the person `who`. */
struct told {
    struct made made;
    struct journal_double memory;
    struct store_journal journal;
    struct store_options options;
    char manifests[3][256], aside[256];
};

static void told_make(struct told *told, int64_t who)
{
    struct error err;
    uint32_t number;
    size_t new_ones;
    *told = (struct told){.memory = {.number = 0}};
    told->journal = (struct store_journal){journal_latest, journal_record, journal_size, &told->memory};
    told->options = (struct store_options){.journal = &told->journal};
    make(&told->made);
    store_close(told->made.store);
    assert_true(store_open(&told->made.store, told->made.directory, told->made.keyring, &told->options, &err));
    load(&told->made, 0, 10, NULL);
    load(&told->made, 100, 10, NULL);
    assert_true(store_exclude(told->made.store, &told->made.grant, &who, 1, "objection", &number, &new_ones, &err));
    assert_int_equal(number, 3);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(told->manifests[i], sizeof told->manifests[i], "%s/snapshots/%08u.manifest", told->made.directory, i + 1);
    }
    snprintf(told->aside, sizeof told->aside, "%s/aside", told->made.directory);
    store_close(told->made.store);
    told->made.store = NULL;
}

static enum error_code told_open(struct told *told, struct error *err)
{
    store_close(told->made.store);
    told->made.store = NULL;
    *err = (struct error){.message = ""};
    return store_open(&told->made.store, told->made.directory, told->made.keyring, &told->options, err) ? ERROR_NONE : err->code;
}

static uint64_t persons_of(struct told *told)
{
    struct error err;
    struct store_snapshot snapshot;
    uint32_t number;
    assert_true(store_snapshot_latest(told->made.store, &told->made.grant, &number, &err));
    assert_true(store_snapshot_read(told->made.store, &told->made.grant, number, &snapshot, &err));
    return snapshot.persons;
}

/* The data of before the exclusion, with a journal of that time, under the keys of now. */
static void an_older_store_excludes_whom_the_keys_know(void **state)
{
    (void)state;
    struct error err;
    struct told told;
    uint32_t number;
    size_t new_ones;
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    struct crypto_hash hash;
    const int64_t who = id_of(2);
    told_make(&told, who);
    struct journal_double before = {.number = 2, .size = 2};
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    assert_int_equal(persons_of(&told), 19);
    assert_true(manifest_load(&manifest, told.made.store, &told.made.grant, 2, &before.hash, NULL, &err));
    assert_int_equal(rename(told.manifests[2], told.aside), 0);
    told.memory = before;
    assert_int_equal(told_open(&told, &err), ERROR_CORRUPT);
    assert_non_null(strstr(err.message, "its keys know snapshot 3, the newest here is 2"));
    assert_non_null(strstr(err.hint, "emc2 restore accept"));
    told.options.accepts_older = true;
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    assert_true(store_memory(told.made.store).differs);
    assert_int_equal(store_memory(told.made.store).keys, 3);
    assert_true(store_accept(told.made.store, &told.made.grant, "the disk is lost", &number, &new_ones, &err));
    assert_int_equal(new_ones, 1);
    assert_int_equal(number, 3);
    told.options.accepts_older = false;
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    assert_int_equal(persons_of(&told), 19);
    manifest_finish(&manifest);
    assert_true(manifest_load(&manifest, told.made.store, &told.made.grant, 3, &hash, NULL, &err));
    assert_int_equal(manifest.excluded.count, 1);
    assert_true(manifest.excluded.items[0] == who);
    assert_string_equal(manifest.label, "the disk is lost");
    told.memory = (struct journal_double){.number = 3, .size = 9, .hash = hash};
    assert_int_equal(rename(told.aside, told.manifests[2]), 0); /* the one that was lost comes up after all */
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    manifest_finish(&manifest);
    assert_false(manifest_load(&manifest, told.made.store, &told.made.grant, 3, &hash, NULL, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    finish(&told.made);
}

static void an_older_journal_is_found(void **state)
{
    (void)state;
    struct error err;
    struct told told;
    told_make(&told, id_of(2));
    struct journal_double whole = told.memory;
    told.memory.number = 1; /* two snapshots behind: no crash leaves that */
    assert_int_equal(told_open(&told, &err), ERROR_CORRUPT);
    assert_non_null(strstr(err.message, "the log was rolled back: the newest snapshot that it knows is 1, the newest here is 3"));
    told.memory.number = 2; /* one, as after a crash; but the keys know that there were more entries */
    told.memory.size = 2;
    assert_int_equal(told_open(&told, &err), ERROR_CORRUPT);
    assert_non_null(strstr(err.message, "it has 2 entries, the keys know of 3"));
    told.memory.size = 3;
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    told.memory = whole;
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    finish(&told.made);
}

/* Keys of an older copy open what they have, and the next writer lets them know. */
static void older_keys_are_no_obstacle(void **state)
{
    (void)state;
    struct error err;
    struct told told;
    struct key_head head = {.snapshot = 1}, now;
    told_make(&told, id_of(2));
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    CLEANUP(manifest_value) struct manifest first = {.number = 0};
    assert_true(manifest_load(&first, told.made.store, &told.made.grant, 1, &head.manifest, NULL, &err));
    assert_true(keyring_head_set(told.made.keyring, &told.made.grant, &head, NULL, 0, &err));
    assert_int_equal(told_open(&told, &err), ERROR_NONE);
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    assert_true(store_writer_open(&writer, told.made.store, &told.made.grant, &err));
    assert_true(keyring_head(told.made.keyring, &now, &err));
    assert_int_equal(now.snapshot, 3);
    assert_int_equal(now.log_size, 3);
    store_writer_close(writer);
    writer = NULL;
    finish(&told.made);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    snprintf(base, sizeof base, "/tmp/emc2_store_memory_test_XXXXXX");
    return crypto_start(&err) && mkdtemp(base) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    struct error err;
    return directory_remove_all(base, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_journal_knows_must_be_there),
        cmocka_unit_test(an_older_store_excludes_whom_the_keys_know),
        cmocka_unit_test(an_older_journal_is_found),
        cmocka_unit_test(older_keys_are_no_obstacle),
    };
    return cmocka_run_group_tests(tests, start, end);
}
