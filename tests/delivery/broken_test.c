/* SPDX-License-Identifier: EUPL-1.2 */
/* Each broken delivery is refused, with its reason and the place, without the value, and nothing of it is given out. A forged one with
 * nothing wrong is taken: so each is refused for what is wrong with it, and not for having been forged. */
#include "base/scratch.h"
#include "broken.h"
#include "intake/delivery/delivery_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

static void scene_break(struct scene *scene, const struct broken *broken)
{
    scene->holder.last_sequence = broken->last_sequence;
    scene->holder.is_suspended = broken->holder == HOLDER_SUSPENDED;
    if (broken->holder == HOLDER_UNKNOWN) {
        scene->checking.holder = NULL;
    } else if (broken->holder == HOLDER_OVER) {
        scene->holder.until = (day){20605};
    } else if (broken->holder == HOLDER_WITHOUT_AGREEMENT) {
        scene->holder.agreement = NULL;
    } else if (broken->holder == AGREEMENT_OVER) {
        scene->checking.today = (day){20900};
        scene->holder.until = (day){30000};
    }
}

static void test_broken(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    const char *path = scratch_path(&scratch, "x.delivery");
    struct error err = {0};
    assert_true(detector_create(&detector, NULL, &err));
    assert_true(broken_count >= 40);
    for (size_t i = 0; i < broken_count; i++) {
        const struct broken *broken = &broken_deliveries[i];
        CLEANUP(delivery) struct delivery *delivery = NULL;
        struct delivery_report report;
        struct scene scene;
        scene_open(&scene, &example, detector);
        scene_break(&scene, broken);
        broken_write(broken, &example, path);
        if (!delivery_check_all(&delivery, &report, path, &scene.checking, &err)) {
            fail_msg("%s: %s", broken->name, err.message);
        }
        if (report.is_accepted || delivery || strcmp(report.reason, broken->reason) != 0 || !strstr(report.message, broken->says)) {
            fail_msg("%s: reason %s: %s", broken->name, report.reason, report.message);
        }
        assert_null(strstr(report.message, "255081")); /* never the value */
        assert_null(strstr(report.message, "dupont"));
    }
}

static void nothing(struct forging *forging)
{
    (void)forging;
}

static void test_forged_but_right(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(example) struct example example = example_open();
    CLEANUP(detector) struct detector *detector = NULL;
    CLEANUP(delivery) struct delivery *delivery = NULL;
    const struct broken right = {.name = "right", .plains = nothing};
    const char *path = scratch_path(&scratch, "x.delivery");
    struct delivery_report report;
    struct scene scene;
    struct error err = {0};
    assert_true(detector_create(&detector, NULL, &err));
    scene_open(&scene, &example, detector);
    broken_write(&right, &example, path);
    assert_true(delivery_check_all(&delivery, &report, path, &scene.checking, &err));
    if (!report.is_accepted) {
        fail_msg("%s", report.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_broken), cmocka_unit_test(test_forged_but_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
