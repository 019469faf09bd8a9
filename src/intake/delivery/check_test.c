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

/* A holder who is about to deliver, and the warehouse that will look at it. */
struct scene {
    struct scratch scratch;
    struct example example;
    struct delivery_holder holder;
    struct detector *detector;
    struct delivery_checking checking;
    struct delivery_writing writing;
    const char *path;
    struct delivery_writer *writer;
    struct delivery *delivery;
    struct delivery_report report;
    struct error err;
};

static void scene_open(struct scene *scene)
{
    *scene = (struct scene){.scratch = scratch_open(), .example = example_open()};
    scene->path = scratch_path(&scene->scratch, "x.delivery");
    scene->writing = example_writing(&scene->example);
    scene->holder = (struct delivery_holder){.name = "chu-a", .from = {20000}, .until = {30000}, .agreement = scene->example.agreement};
    memcpy(scene->holder.public_key, scene->example.holder_key, sizeof scene->holder.public_key);
    assert_true(detector_create(&scene->detector, NULL, &scene->err));
    scene->checking = (struct delivery_checking){
        .holder = &scene->holder, .intake = {example_intake_key, &scene->example}, .detector = scene->detector, .today = today};
}

static void scene_cleanup(struct scene *scene)
{
    delivery_close(scene->delivery);
    delivery_writer_close(scene->writer);
    detector_destroy(scene->detector);
    example_cleanup(&scene->example);
    scratch_cleanup(&scene->scratch);
}

static void add_condition(struct scene *scene, int64_t subject, int64_t number, int32_t start, int32_t end)
{
    struct record record = example_condition(subject, number);
    record_set_day(&record, COLUMN_START, (day){start});
    record_set_day(&record, COLUMN_END, (day){end});
    assert_true(delivery_writer_add_record(scene->writer, &record, &scene->err));
}

static void delivery_begin(struct scene *scene, int64_t persons, int64_t conditions)
{
    assert_true(delivery_writer_open(&scene->writer, scene->path, &scene->writing, &scene->err));
    assert_true(example_fill(scene->writer, persons, conditions, &scene->err));
}

static void delivery_end(struct scene *scene)
{
    assert_true(delivery_writer_commit(scene->writer, NULL, &scene->err));
}

static void delivery_look(struct scene *scene)
{
    assert_true(delivery_check_all(&scene->delivery, &scene->report, scene->path, &scene->checking, &scene->err));
}

static bool known_take(void *context, int64_t subject)
{
    (void)context;
    return subject == 4711;
}

static void test_good(void **state)
{
    (void)state;
    CLEANUP(scene) struct scene scene;
    scene_open(&scene);
    delivery_begin(&scene, 2, 2);
    delivery_end(&scene);
    delivery_look(&scene);
    if (!scene.report.is_accepted) {
        fail_msg("%s", scene.report.message);
    }
    assert_non_null(scene.delivery);
    assert_true(delivery_head(scene.delivery)->tables[RECORD_CONDITION].rows == 4);
}

/* What is verified and what is looked through is one opening of the file: another one in its place meanwhile cannot be taken. */
static void test_one_opening(void **state)
{
    (void)state;
    CLEANUP(scene) struct scene scene;
    CLEANUP(buffer_value) struct buffer first = {.maximum = 1 << 24}, copy = {.maximum = 1 << 24};
    char events[4096];
    scene_open(&scene);
    const char *other = scratch_path(&scene.scratch, "y.delivery");
    delivery_begin(&scene, 2, 2);
    delivery_end(&scene);
    assert_true(file_read(scene.path, &first, &scene.err));
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    assert_true(watch >= 0 && inotify_add_watch(watch, scene.path, IN_OPEN | IN_CLOSE_NOWRITE) >= 0);
    delivery_look(&scene);
    assert_true(scene.report.is_accepted);
    assert_int_equal(read(watch, events, sizeof events), sizeof(struct inotify_event)); /* of one opening */
    close(watch);
    assert_true(file_write_atomic(scene.path, "another", 7, 0600, &scene.err));
    assert_true(delivery_copy(scene.delivery, other, &scene.err) && file_read(other, &copy, &scene.err));
    assert_int_equal(copy.length, first.length);
    assert_memory_equal(copy.data, first.data, copy.length);
}

/* A finding names the first row that has the text. */
static void test_first_row(void **state)
{
    (void)state;
    CLEANUP(scene) struct scene scene;
    scene_open(&scene);
    delivery_begin(&scene, 1, 0);
    for (int64_t i = 1; i <= 9; i++) {
        struct record record = example_condition(1, i);
        record_set_text(&record, COLUMN_CODE, i == 4 || i == 7 ? TEXT("1 85 05 78 006 084 91") : TEXT("I10"));
        assert_true(delivery_writer_add_record(scene.writer, &record, &scene.err));
    }
    delivery_end(&scene);
    delivery_look(&scene);
    assert_int_equal(scene.report.finding_count, 1);
    assert_true(scene.report.findings[0].detected == DETECTED_NIR && scene.report.findings[0].row == 4);
}

/* A person of an earlier delivery is known in an incremental one, and not in a full one. */
static void test_known_before(void **state)
{
    (void)state;
    for (int is_full = 0; is_full < 2; is_full++) {
        CLEANUP(scene) struct scene scene;
        scene_open(&scene);
        scene.checking.is_subject_known = known_take;
        scene.writing.is_full = is_full;
        delivery_begin(&scene, 1, 1);
        add_condition(&scene, 4711, 9001, 20005, 20006);
        delivery_end(&scene);
        delivery_look(&scene);
        assert_int_equal(scene.report.is_accepted, !is_full);
    }
}

static void test_remarks_and_report(void **state)
{
    (void)state;
    CLEANUP(scene) struct scene scene;
    CLEANUP(buffer_value) struct buffer json = {.maximum = 1 << 20};
    struct json_writer printer = {.out = &json};
    scene_open(&scene);
    delivery_begin(&scene, 1, 1);
    for (int i = 0; i < 3; i++) {
        add_condition(&scene, 1, 9000 + i, 20010, 20009 + (i == 0));
    }
    delivery_end(&scene);
    delivery_look(&scene);
    assert_true(scene.report.is_accepted && scene.report.remark_count == 1 && scene.report.remarks[0].count == 2);
    assert_true(scene.report.remarks[0].fault == FAULT_ORDER && scene.report.remarks[0].row == 3);
    assert_true(delivery_report_write(&scene.report, &printer, &scene.err));
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
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(scene) struct scene scene;
        struct settings settings;
        settings_defaults(&settings);
        settings.values[SETTING_DELIVERY_DAYS_AHEAD] = cases[i].ahead;
        scene_open(&scene);
        scene.checking.settings = &settings;
        delivery_begin(&scene, 1, 0);
        add_condition(&scene, 1, 9001, cases[i].start, cases[i].end);
        delivery_end(&scene);
        delivery_look(&scene);
        if (scene.report.is_accepted != cases[i].is_accepted) {
            fail_msg("case %zu: %s", i, scene.report.message);
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
    CLEANUP(scene) struct scene scene;
    scene_open(&scene);
    assert_false(delivery_check_all(&scene.delivery, &scene.report, scene.path, &scene.checking, &scene.err));
    assert_int_equal(scene.err.code, ERROR_NOT_FOUND);
    delivery_begin(&scene, 2, 2);
    delivery_end(&scene);
    scene.checking.intake.key = sealed_keeper;
    assert_false(delivery_check_all(&scene.delivery, &scene.report, scene.path, &scene.checking, &scene.err));
    assert_string_equal(scene.err.message, "the keeper is sealed");
    assert_string_equal(scene.report.reason, "");
}

/* Doubles are found, too, when the numbers do not fit into memory at once. */
static void test_doubles_in_shares(void **state)
{
    (void)state;
    enum { ROWS = 1500000 };
    CLEANUP(scene) struct scene scene;
    struct settings settings;
    settings_defaults(&settings);
    settings.values[SETTING_DELIVERY_CHECK_BYTES] = 16 << 20; /* two million places, half full */
    scene_open(&scene);
    scene.checking.settings = &settings;
    delivery_begin(&scene, 1, 0);
    for (int64_t i = 0; i < ROWS; i++) {
        add_condition(&scene, 1, i < ROWS - 2 ? i + 1 : i - 1000000, 20000, 20000);
    }
    delivery_end(&scene);
    delivery_look(&scene);
    assert_false(scene.report.is_accepted);
    assert_int_equal(scene.report.finding_count, 1);
    assert_true(scene.report.findings[0].fault == FAULT_DOUBLE && scene.report.findings[0].count == 2);
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
