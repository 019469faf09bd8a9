/* SPDX-License-Identifier: EUPL-1.2 */
/* golden: indexes written by an earlier emc2 and kept in the tree stay readable, and the same input still gives the same bytes. A change of
 * format raises INDEX_VERSION and makes a new directory beside this one. `index_golden_test --write DIRECTORY` writes one. */
#include "base/file.h"
#include "warehouse/vocabulary/code_index.h"
#include "warehouse/vocabulary/map_index.h"
#include "warehouse/vocabulary/word_index.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char golden[] = "tests/golden/vocabulary_1";
enum { CONCEPTS = 300, GOLDEN_MAX = 1 << 20 };
static const char *const words[] = {"heart", "failure", "acute", "1", "atrial", "zz", "left"};

struct input {
    int64_t ids[CONCEPTS];
    struct text names[CONCEPTS], standards[CONCEPTS], vocabularies[CONCEPTS], codes[CONCEPTS];
    struct map_pair pairs[3 * CONCEPTS];
};

static struct input *input_make(struct arena *arena)
{
    struct input *input = ARENA_NEW(arena, struct input);
    for (int i = 0; i < CONCEPTS; i++) {
        input->ids[i] = i * 5 + 1;
        input->names[i] = text_of(arena_text_format(arena, "%s %s%d", words[i % 7], words[i % 5], i % 11));
        input->standards[i] = i % 2 ? TEXT("S") : TEXT("");
        input->vocabularies[i] = i % 3 ? TEXT("SNOMED") : TEXT("ICD10");
        input->codes[i] = text_of(arena_text_format(arena, "%d", i));
    }
    for (int i = 0; i < 3 * CONCEPTS; i++) {
        input->pairs[i] = (struct map_pair){i % 2 ? 500 : i, i};
    }
    return input;
}

static bool build(int which, struct arena *arena, struct buffer *out, struct error *err)
{
    const struct input *input = input_make(arena);
    const struct word_index_input names = {CONCEPTS, input->ids, input->names, input->standards};
    const struct code_index_input codes = {CONCEPTS, input->ids, input->vocabularies, input->codes};
    return which == 0   ? word_index_build(&names, arena, out, err)
           : which == 1 ? code_index_build(&codes, arena, out, err)
                        : map_index_build(input->pairs, sizeof(input->pairs) / sizeof(input->pairs[0]), arena, out, err);
}

static const char *path_of(const char *directory, int which)
{
    static const char *const names[] = {"words", "codes", "maps"};
    static char path[300];
    snprintf(path, sizeof(path), "%s/%s.index", directory, names[which]);
    return path;
}

static void bytes_stay_the_same(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct error err = {0};
        CLEANUP(arena) struct arena *arena = arena_create();
        CLEANUP(buffer_value) struct buffer now = {.maximum = GOLDEN_MAX}, before = {.maximum = GOLDEN_MAX};
        assert_true(file_read(path_of(golden, which), &before, &err));
        assert_true(build(which, arena, &now, &err));
        assert_int_equal(now.length, before.length);
        assert_memory_equal(now.data, before.data, now.length);
    }
}

static void old_bytes_answer(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(buffer_value) struct buffer names = {.maximum = GOLDEN_MAX}, codes = {.maximum = GOLDEN_MAX}, maps = {.maximum = GOLDEN_MAX};
    assert_true(file_read(path_of(golden, 0), &names, &err) && file_read(path_of(golden, 1), &codes, &err) &&
                file_read(path_of(golden, 2), &maps, &err));
    struct cursor memory[] = {{names.data, names.length, 0}, {codes.data, codes.length, 0}, {maps.data, maps.length, 0}};
    struct index_bytes name_index = index_bytes_of(&memory[0]), code_index = index_bytes_of(&memory[1]),
                       map_index = index_bytes_of(&memory[2]);
    struct word_matches found;
    const int64_t *ids = NULL, target = 500;
    size_t count = 0;
    assert_true(word_index_find(&name_index, TEXT("left zz"), 10, arena, &found, &err));
    assert_int_equal(found.best_count, 0); /* the second words are of the first five */
    assert_true(word_index_find(&name_index, TEXT("zz heart10"), 10, arena, &found, &err));
    assert_int_equal(found.best_count, 1);
    assert_int_equal(found.best[0], 1426);
    assert_true(code_index_find(&code_index, TEXT("SNOMED"), TEXT("7"), arena, &ids, &count, &err));
    assert_true(count >= 1);
    assert_int_equal(ids[0], 36);
    struct id_list sources = {.maximum = 3 * CONCEPTS};
    assert_true(map_index_find(&map_index, &target, 1, &sources, &err));
    assert_int_equal(sources.count, 451);
    id_list_finish(&sources);
}

static int write_golden(const char *directory)
{
    struct error err = {0};
    for (int which = 0; which < 3; which++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = GOLDEN_MAX};
        if (!build(which, arena, &bytes, &err) || !file_write_atomic(path_of(directory, which), bytes.data, bytes.length, 0644, &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--write") == 0) {
        return write_golden(arguments[2]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_stay_the_same),
        cmocka_unit_test(old_bytes_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
