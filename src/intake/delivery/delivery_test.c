/* SPDX-License-Identifier: EUPL-1.2 */
/* A delivery comes back as it was written; whatever is changed in its bytes is found; and one that was written by an earlier emc2 stays
 * readable. `delivery_test --write DIRECTORY` makes the golden file. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/scratch.h"
#include "intake/delivery/block.h"
#include "intake/delivery/delivery.h"
#include "intake/delivery/delivery_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char golden[] = "tests/golden/delivery_1/chu-a.delivery";
#define MUST(call)                            \
    do {                                      \
        struct error must_err = {0};          \
        struct error *err = &must_err;        \
        if (!(call)) {                        \
            fail_msg("%s", must_err.message); \
        }                                     \
    } while (0)

static void write_example(struct example *example, const char *path, int64_t persons, int64_t conditions)
{
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    struct delivery_writing writing = example_writing(example);
    MUST(delivery_writer_open(&writer, path, &writing, err));
    MUST(example_fill(writer, persons, conditions, err) && delivery_writer_commit(writer, NULL, err));
}

/* ---- random records, as they were written ---- */
static uint64_t dice_state;
static uint64_t dice(uint64_t below)
{
    dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice_state >> 33) % below;
}

/* The same sequence of records for the same seed: written once, compared once. texts must stay until the record was used. */
static struct record random_record(char texts[RECORD_FIELDS_MAX][RECORD_TEXT_MAX + 1])
{
    struct record record;
    record_begin(&record, dice(2) ? RECORD_CONDITION : (enum record_table)dice(RECORD_TABLE_COUNT));
    const struct record_shape *shape = record_shape(record.table);
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct record_field *field = &shape->fields[i];
        if (field->column == COLUMN_BIRTH_DAY || (!field->is_demanded && dice(3) == 0)) {
            continue;
        }
        size_t length = dice(4) ? 1 + dice(6) : 1 + dice(RECORD_TEXT_MAX);
        switch (field->type) {
        case RECORD_INTEGER:
            record_set_integer(&record, field->column, (int64_t)(dice(2) ? dice(300) : dice_state));
            break;
        case RECORD_NUMBER:
            record_set_number(&record, field->column, (double)(int64_t)dice(1 << 20) / 7.0 - 1000);
            break;
        case RECORD_DAY:
            record_set_day(&record, field->column, (day){dice(5) ? (int32_t)dice(30000) : INT32_MIN + (int32_t)dice(10)});
            break;
        case RECORD_TEXT:
            for (size_t c = 0; c < length; c++) {
                texts[i][c] = (char)('a' + dice(4));
            }
            record_set_text(&record, field->column, (struct text){texts[i], length});
            break;
        }
    }
    return record;
}

static void record_assert_equal(const struct record *a, const struct record *b)
{
    assert_int_equal(a->table, b->table);
    assert_true(a->present == b->present);
    for (uint64_t left = a->present; left; left &= left - 1) {
        int c = __builtin_ctzll(left);
        const union record_value *x = &a->values[c], *y = &b->values[c];
        switch (record_column_type((enum record_column)c)) {
        case RECORD_INTEGER:
            assert_true(x->integer == y->integer);
            break;
        case RECORD_NUMBER:
            assert_memory_equal(&x->number, &y->number, sizeof x->number);
            break;
        case RECORD_DAY:
            assert_int_equal(x->day, y->day);
            break;
        case RECORD_TEXT:
            assert_true(text_equal(x->text, y->text));
            break;
        }
    }
}

struct comparing {
    enum record_table table;
    uint64_t seen;
};

/* Makes the next written record of the table again. */
static bool compare_take(void *context, const struct record *record, struct error *err)
{
    struct comparing *comparing = context;
    static char texts[RECORD_FIELDS_MAX][RECORD_TEXT_MAX + 1];
    struct record expected;
    (void)err;
    do {
        expected = random_record(texts);
    } while (expected.table != comparing->table);
    record_assert_equal(record, &expected);
    comparing->seen++;
    return true;
}

static void test_random_records_come_back(void **state)
{
    (void)state;
    enum { ROWS = 60000 };
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    const char *path = scratch_path(&scratch, "a.delivery");
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    struct delivery_writing writing = example_writing(&example);
    struct delivery_opening opening = example_opening(&example);
    static char texts[RECORD_FIELDS_MAX][RECORD_TEXT_MAX + 1];
    struct delivery_head head;
    CLEANUP(agreement) struct agreement *everything = example_agreement("chu-a", "2026-01-01", "2026-12-31", "");
    writing.agreement = everything;
    MUST(delivery_writer_open(&writer, path, &writing, err));
    dice_state = 7;
    for (int i = 0; i < ROWS; i++) {
        struct record record = random_record(texts);
        MUST(delivery_writer_add_record(writer, &record, err));
    }
    MUST(delivery_writer_commit(writer, &head, err) && delivery_open(&delivery, path, &opening, err));
    uint64_t rows = 0;
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        struct comparing comparing = {(enum record_table)t, 0};
        dice_state = 7;
        MUST(delivery_scan(delivery, comparing.table, compare_take, &comparing, err));
        assert_true(comparing.seen == delivery_head(delivery)->tables[t].rows && comparing.seen == head.tables[t].rows);
        rows += comparing.seen;
    }
    assert_true(rows == ROWS);
    assert_true(head.blocks > RECORD_TABLE_COUNT);
}

struct token_facts {
    int64_t subjects, tokens;
};
static bool tokens_take(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err)
{
    struct token_facts *facts = context;
    (void)err;
    facts->subjects++;
    facts->tokens += (int64_t)count;
    assert_true(subject == facts->subjects && tokens[1].kind == 2);
    const struct delivery_token expected = example_token(1, subject);
    assert_memory_equal(&tokens[0], &expected, sizeof expected);
    return true;
}

static void test_tokens_and_head(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(delivery) struct delivery *delivery = NULL;
    struct delivery_opening opening = example_opening(&example);
    struct token_facts facts = {0, 0};
    struct delivery_head peeked;
    const char *path = scratch_path(&scratch, "a.delivery");
    write_example(&example, path, 20000, 1);
    MUST(delivery_open(&delivery, path, &opening, err) && delivery_peek(path, example.holder_key, &peeked, err));
    MUST(delivery_tokens(delivery, tokens_take, &facts, err));
    const struct delivery_head *head = delivery_head(delivery);
    assert_int_equal(facts.subjects, 20000);
    assert_int_equal(facts.tokens, 40000);
    assert_string_equal(head->holder, "chu-a");
    assert_true(head->sequence == 1 && head->is_full && head->made == 1780000000 && head->epoch == 1);
    assert_memory_equal(head->holder_key, example.holder_key, CRYPTO_PUBLIC_KEY_SIZE);
    assert_memory_equal(peeked.root.bytes, head->root.bytes, CRYPTO_HASH_SIZE);
    struct crypto_hash hash = agreement_hash(example.agreement);
    assert_memory_equal(head->agreement.bytes, hash.bytes, CRYPTO_HASH_SIZE);
    assert_true(head->tables[RECORD_PERSON].rows == 20000 && head->tables[RECORD_CONDITION].rows == 20000);
}

/* Columns and tables outside the agreement stay at the holder. */
static void test_outside_the_agreement(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    CLEANUP(agreement) struct agreement *narrow = example_agreement("chu-a", "2026-01-01", "2026-12-31", "condition");
    CLEANUP(tally) struct tally *tally = tally_create();
    struct delivery_writing writing = example_writing(&example);
    struct delivery_head head;
    writing.agreement = narrow;
    writing.tally = tally;
    struct record person = example_person(5), condition = example_condition(5, 1);
    record_set_integer(&person, COLUMN_BIRTH_DAY, 14);
    MUST(delivery_writer_open(&writer, scratch_path(&scratch, "a.delivery"), &writing, err));
    MUST(delivery_writer_add_record(writer, &person, err) && delivery_writer_add_record(writer, &condition, err));
    MUST(delivery_writer_commit(writer, &head, err));
    assert_true(head.tables[RECORD_PERSON].rows == 1 && head.tables[RECORD_CONDITION].rows == 0);
    assert_false(head.tables[RECORD_PERSON].columns >> COLUMN_BIRTH_DAY & 1);
    assert_int_equal(tally_row_count(tally), 2);
    assert_string_equal(tally_row(tally, 0)->place, "person");
    assert_int_equal(tally_row(tally, 0)->outcomes[OUTCOME_NOT_IN_AGREEMENT], 1);
    assert_int_equal(tally_row(tally, 1)->outcomes[OUTCOME_NOT_IN_AGREEMENT], 1);
}

/* Without waiting for the disk. */
static void write_quick(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_true(file && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
}

/* Each byte matters: a delivery with any one changed, cut or longer does not open, and nothing of it is given out. */
static void test_every_byte_counts(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
    struct delivery_opening opening = example_opening(&example);
    const char *path = scratch_path(&scratch, "a.delivery");
    write_example(&example, path, 3, 2);
    MUST(file_read(path, &bytes, err));
    for (size_t at = 0; at < bytes.length; at++) {
        CLEANUP(delivery) struct delivery *delivery = NULL;
        struct error refusal = {0};
        bytes.data[at] ^= 1;
        write_quick(path, bytes.data, bytes.length);
        bytes.data[at] ^= 1;
        if (delivery_open(&delivery, path, &opening, &refusal)) {
            fail_msg("byte %zu of %zu may change", at, bytes.length);
        }
        assert_true(refusal.message[0] != '\0' && refusal.code != ERROR_INTERNAL && refusal.code != ERROR_IO);
    }
    for (size_t length = 0; length < bytes.length; length += length < 300 ? 1 : 37) {
        CLEANUP(delivery) struct delivery *delivery = NULL;
        struct error refusal = {0};
        write_quick(path, bytes.data, length);
        assert_false(delivery_open(&delivery, path, &opening, &refusal));
        assert_true(refusal.code == ERROR_INVALID_INPUT);
    }
}

static void test_nothing_without_commit(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    struct delivery_writer *writer = NULL;
    struct delivery_writing writing = example_writing(&example);
    bool exists;
    const char *path = scratch_path(&scratch, "a.delivery");
    MUST(delivery_writer_open(&writer, path, &writing, err) && example_fill(writer, 10, 1, err));
    delivery_writer_close(writer);
    MUST(file_exists(path, &exists, err));
    assert_false(exists);
    struct error refusal = {0};
    writing.holder = "CHU A";
    assert_false(delivery_writer_open(&writer, path, &writing, &refusal));
    assert_int_equal(refusal.code, ERROR_INVALID_ARGUMENT);
    writing.holder = "chu-b"; /* not the agreement's */
    assert_false(delivery_writer_open(&writer, path, &writing, &refusal));
    assert_int_equal(refusal.code, ERROR_INVALID_ARGUMENT);
}

/* What a plain file of the same rows holds is nowhere in the bytes. */
static void test_sealed(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
    const char *path = scratch_path(&scratch, "a.delivery");
    write_example(&example, path, 3, 2);
    MUST(file_read(path, &bytes, err));
    assert_null(memmem(bytes.data, bytes.length, "29019", 5));
    assert_null(memmem(bytes.data, bytes.length, "CIM10", 5));
    assert_non_null(memmem(bytes.data, bytes.length, "\"chu-a\"", 7)); /* the manifest can be read */
}

/* It is older than the rule that tokens are elements of the group, and stays readable. */
static bool golden_take(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err)
{
    struct token_facts *facts = context;
    (void)err;
    facts->subjects++;
    assert_true(count == 2 && subject == facts->subjects && tokens[0].element[31] == (subject & 0x7F));
    return true;
}

static void test_golden(void **state)
{
    (void)state;
    CLEANUP(example) struct example example = example_open();
    CLEANUP(delivery) struct delivery *delivery = NULL;
    struct delivery_opening opening = example_opening(&example);
    struct token_facts facts = {0, 0};
    MUST(delivery_open(&delivery, golden, &opening, err));
    MUST(delivery_tokens(delivery, golden_take, &facts, err));
    assert_int_equal(facts.subjects, 40);
    assert_true(delivery_head(delivery)->tables[RECORD_CONDITION].rows == 120);
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    crypto_hex(hex, delivery_head(delivery)->root.bytes, CRYPTO_HASH_SIZE);
    assert_int_equal(strlen(hex), 64);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        CLEANUP(example) struct example example = example_open();
        char path[300];
        snprintf(path, sizeof path, "%s/chu-a.delivery", argv[2]);
        write_example(&example, path, 40, 3);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_records_come_back),
        cmocka_unit_test(test_tokens_and_head),
        cmocka_unit_test(test_outside_the_agreement),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_nothing_without_commit),
        cmocka_unit_test(test_sealed),
        cmocka_unit_test(test_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
