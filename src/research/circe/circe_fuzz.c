/* SPDX-License-Identifier: EUPL-1.2 */
/* circe_fuzz: definitions from outside. What is accepted is sound, prints the same twice and can be told; what is refused says why. */
#include "research/circe/circe.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say(const struct cohort_program *program)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer first = {.maximum = 1 << 26}, second = {.maximum = 1 << 26}, told = {.maximum = 1 << 28};
    bool is_sound = cohort_program_validate(program, &err);
    assert(is_sound);
    bool is_printed = cohort_program_print(program, &first, &err) && cohort_program_print(program, &second, &err);
    assert(is_printed);
    assert(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    bool is_told = cohort_program_explain(program, NULL, COHORT_ENGLISH, &told, &err) &&
                   cohort_program_explain(program, NULL, COHORT_FRENCH, &told, &err);
    assert(is_told);
    assert(cohort_program_tables(program) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct cohort_program *program = NULL;
    if (circe_parse(&program, arena, "fuzz", data, size, &err)) {
        say(program);
    } else {
        assert(err.message[0] && !program);
    }
    for (int part = CIRCE_CRITERION; part <= CIRCE_GROUP; part++) {
        if (circe_parse_part(&program, (enum circe_part)part, arena, "fuzz", data, size, &err)) {
            say(program);
        }
    }
    return 0;
}
