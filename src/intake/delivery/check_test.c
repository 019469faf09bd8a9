/* SPDX-License-Identifier: EUPL-1.2 */
/* A good delivery is taken; what is only counted refuses nothing; what the machine does wrong is no fault of the delivery. What is refused:
 * tests/delivery. */
#include "base/file.h"
#include "base/scratch.h"
#include "intake/delivery/delivery_check.h"
#include "intake/delivery/delivery_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <cmocka.h>

static const day today = {20606}; /* 2026-06-02 */

struct scene {
    struct example *example;
    struct delivery_holder holder;
    struct detector *detector;
    struct delivery_checking checking;
};

static void scene_open(struct scene *scene, struct example *example, struct detector *detector)
{
    *scene =
        (struct scene){.example = example, .holder = {.name = "chu-a", .from = {20000}, .until = {30000}, .agreement = example->agreement}};
    memcpy(scene->holder.public_key, example->holder_key, sizeof scene->holder.public_key);
    scene->checking =
        (struct delivery_checking){.holder = &scene->holder, .intake = {example_intake_key, example}, .detector = detector, .today = today};
}

static void add_condition(struct delivery_writer *writer, int64_t subject, int64_t number, int32_t start, int32_t end)
{
    struct record record = example_condition(subject, number);
    struct error err = {0};
    record_set_day(&record, COLUMN_START, (day){start});
    record_set_day(&record, COLUMN_END, (day){end});
    assert_true(delivery_writer_add_record(writer, &record, &err));
}

static void example_write(const struct example *example, const char *path)
{
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    struct delivery_writing writing = example_writing(example);
    struct error err = {0};
    assert_true(delivery_writer_open(&writer, path, &writing, &err) && example_fill(writer, 2, 2, &err));
    assert_true(delivery_writer_commit(writer, NULL, &err));
}

static bool known_take(void *context, int64_t subject)
{
    (void)context;
    return subject == 4711;
}

static void test_good(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    const char *path = scratch_path(&scratch, "x.delivery");
    struct error err = {0};
    struct delivery_report report;
    struct scene scene;
    assert_true(detector_create(&detector, NULL, &err));
    scene_open(&scene, &example, detector);
    example_write(&example, path);
    CLEANUP(delivery) struct delivery *delivery = NULL;
    assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
    if (!report.is_accepted) {
        fail_msg("%s", report.message);
    }
    assert_non_null(delivery);
    assert_true(delivery_head(delivery)->tables[RECORD_CONDITION].rows == 4);
}

/* What is verified and what is looked through is one opening of the file: another one in its place meanwhile cannot be taken. */
static void test_one_opening(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    CLEANUP(buffer_value) struct buffer first = {.maximum = 1 << 24}, copy = {.maximum = 1 << 24};
    const char *path = scratch_path(&scratch, "x.delivery"), *other = scratch_path(&scratch, "y.delivery");
    struct delivery_report report;
    struct error err = {0};
    struct scene scene;
    char events[4096];
    assert_true(detector_create(&detector, NULL, &err));
    scene_open(&scene, &example, detector);
    example_write(&example, path);
    assert_true(file_read(path, &first, &err));
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    assert_true(watch >= 0 && inotify_add_watch(watch, path, IN_OPEN | IN_CLOSE_NOWRITE) >= 0);
    assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err) && report.is_accepted);
    assert_int_equal(read(watch, events, sizeof events), sizeof(struct inotify_event)); /* of one opening */
    close(watch);
    assert_true(file_write_atomic(path, "another", 7, 0600, &err));
    assert_true(delivery_copy(delivery, other, &err) && file_read(other, &copy, &err));
    assert_int_equal(copy.length, first.length);
    assert_memory_equal(copy.data, first.data, copy.length);
}

/* A finding names the first row that has the text. */
static void test_first_row(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    const char *path = scratch_path(&scratch, "x.delivery");
    struct delivery_writing writing = example_writing(&example);
    struct delivery_report report;
    struct error err = {0};
    struct scene scene;
    assert_true(detector_create(&detector, NULL, &err));
    scene_open(&scene, &example, detector);
    assert_true(delivery_writer_open(&writer, path, &writing, &err) && example_fill(writer, 1, 0, &err));
    for (int64_t i = 1; i <= 9; i++) {
        struct record record = example_condition(1, i);
        record_set_text(&record, COLUMN_CODE, i == 4 || i == 7 ? TEXT("1 85 05 78 006 084 91") : TEXT("I10"));
        assert_true(delivery_writer_add_record(writer, &record, &err));
    }
    assert_true(delivery_writer_commit(writer, NULL, &err));
    assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
    assert_int_equal(report.finding_count, 1);
    assert_true(report.findings[0].detected == DETECTED_NIR && report.findings[0].row == 4);
}

/* A person of an earlier delivery is known in an incremental one, and not in a full one. */
static void test_known_before(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    const char *path = scratch_path(&scratch, "x.delivery");
    struct error err = {0};
    assert_true(detector_create(&detector, NULL, &err));
    for (int is_full = 0; is_full < 2; is_full++) {
        CLEANUP(delivery) struct delivery *delivery = NULL;
        CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
        struct delivery_writing writing = example_writing(&example);
        struct delivery_report report;
        struct scene scene;
        scene_open(&scene, &example, detector);
        scene.checking.is_subject_known = known_take;
        writing.is_full = is_full;
        assert_true(delivery_writer_open(&writer, path, &writing, &err) && example_fill(writer, 1, 1, &err));
        add_condition(writer, 4711, 9001, 20005, 20006);
        assert_true(delivery_writer_commit(writer, NULL, &err));
        assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
        assert_int_equal(report.is_accepted, !is_full);
    }
}

static void test_remarks_and_report(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    CLEANUP(buffer_value) struct buffer json = {.maximum = 1 << 20};
    const char *path = scratch_path(&scratch, "x.delivery");
    struct json_writer printer = {.out = &json};
    struct delivery_writing writing = example_writing(&example);
    struct delivery_report report;
    struct error err = {0};
    struct scene scene;
    assert_true(detector_create(&detector, NULL, &err));
    scene_open(&scene, &example, detector);
    assert_true(delivery_writer_open(&writer, path, &writing, &err) && example_fill(writer, 1, 1, &err));
    for (int i = 0; i < 3; i++) {
        add_condition(writer, 1, 9000 + i, 20010, 20009 + (i == 0));
    }
    assert_true(delivery_writer_commit(writer, NULL, &err));
    assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
    assert_true(report.is_accepted && report.remark_count == 1 && report.remarks[0].count == 2);
    assert_true(report.remarks[0].fault == FAULT_ORDER && report.remarks[0].row == 3);
    assert_true(delivery_report_write(&report, &printer, &err));
    assert_non_null(strstr((const char *)json.data, "une fin antérieure au début"));
}

/* Shifted days are taken where the setting says so, the year 9999 never. */
static void test_days_ahead(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead;
        int32_t start, end;
        bool is_accepted;
    } cases[] = {{1, 20607, 20607, true},         {1, 20608, 20608, false},          {1, 20600, 20600 + 3660, true},
                 {1, 20600, 20608 + 3660, false}, {10, 20616, 20616, true},          {100000, 60000, 60010, true},
                 {100000, 20600, 2932896, false}, {100000, 2932896, 2932896, false}, {1, -43829, -43829, true},
                 {1, -43830, -43829, false}}; /* 1850-01-01, and the day before */
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    const char *path = scratch_path(&scratch, "x.delivery");
    struct error err = {0};
    assert_true(detector_create(&detector, NULL, &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(delivery) struct delivery *delivery = NULL;
        CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
        struct delivery_writing writing = example_writing(&example);
        struct delivery_report report;
        struct settings settings;
        struct scene scene;
        settings_defaults(&settings);
        settings.values[SETTING_DELIVERY_DAYS_AHEAD] = cases[i].ahead;
        scene_open(&scene, &example, detector);
        scene.checking.settings = &settings;
        assert_true(delivery_writer_open(&writer, path, &writing, &err) && example_fill(writer, 1, 0, &err));
        add_condition(writer, 1, 9001, cases[i].start, cases[i].end);
        assert_true(delivery_writer_commit(writer, NULL, &err));
        assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
        if (report.is_accepted != cases[i].is_accepted) {
            fail_msg("case %zu: %s", i, report.message);
        }
    }
}

/* Keys that cannot be had are no fault of the delivery. */
static bool sealed_keeper(void *context, uint32_t epoch, struct secret **out_key, struct error *err)
{
    (void)context;
    (void)epoch;
    (void)out_key;
    return FAIL(err, DENIED, "the keeper is sealed");
}

static void test_faults_of_the_machine(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    const char *path = scratch_path(&scratch, "x.delivery");
    struct delivery_report report;
    struct error err = {0};
    struct scene scene;
    assert_true(detector_create(&detector, NULL, &err));
    scene_open(&scene, &example, detector);
    assert_false(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    example_write(&example, path);
    scene.checking.intake.key = sealed_keeper;
    assert_false(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
    assert_string_equal(err.message, "the keeper is sealed");
    assert_string_equal(report.reason, "");
}

/* Doubles are found, too, when the numbers do not fit into memory at once. */
static void test_doubles_in_shares(void **state)
{
    (void)state;
    enum { ROWS = 1500000 };
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    const char *path = scratch_path(&scratch, "x.delivery");
    struct delivery_writing writing = example_writing(&example);
    struct delivery_report report;
    struct settings settings;
    struct error err = {0};
    struct scene scene;
    settings_defaults(&settings);
    settings.values[SETTING_DELIVERY_CHECK_BYTES] = 16 << 20; /* two million places, half full */
    assert_true(detector_create(&detector, NULL, &err));
    scene_open(&scene, &example, detector);
    scene.checking.settings = &settings;
    assert_true(delivery_writer_open(&writer, path, &writing, &err) && example_fill(writer, 1, 0, &err));
    for (int64_t i = 0; i < ROWS; i++) {
        add_condition(writer, 1, i < ROWS - 2 ? i + 1 : i - 1000000, 20000, 20000);
    }
    assert_true(delivery_writer_commit(writer, NULL, &err));
    assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
    assert_false(report.is_accepted);
    assert_int_equal(report.finding_count, 1);
    assert_true(report.findings[0].fault == FAULT_DOUBLE && report.findings[0].count == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good),
                                       cmocka_unit_test(test_one_opening),
                                       cmocka_unit_test(test_first_row),
                                       cmocka_unit_test(test_known_before),
                                       cmocka_unit_test(test_remarks_and_report),
                                       cmocka_unit_test(test_faults_of_the_machine),
                                       cmocka_unit_test(test_doubles_in_shares),
                                       cmocka_unit_test(test_days_ahead)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
