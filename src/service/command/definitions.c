/* SPDX-License-Identifier: EUPL-1.2 */
/* definitions: see definitions.h. */
#include "service/command/definitions.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "research/circe/circe.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEFINITIONS_MAX = 1000000, NO_ID = -1 };
DEFINE_ARRAY(definition_list, struct definition)

struct collection {
    struct arena *arena;
    const char *directory;
    struct definition_list list;
};

static bool is_definition(const char *name)
{
    return strlen(name) > strlen(".json") && text_ends_with(text_of(name), TEXT(".json"));
}

static bool add(struct collection *collection, const char *path, struct error *err)
{
    const char *base = strrchr(path, '/');
    char *name = arena_text_copy(collection->arena, base ? base + 1 : path);
    if (is_definition(name)) {
        name[strlen(name) - 5] = '\0';
    }
    int64_t id = NO_ID;
    if (!text_to_i64(text_of(name), &id) || id < 0) {
        id = NO_ID;
    }
    return definition_list_append(&collection->list, (struct definition){arena_text_copy(collection->arena, path), name, id}, err);
}

static bool visit(void *context, const char *name, struct error *err)
{
    struct collection *collection = context;
    return !is_definition(name) || add(collection, arena_text_format(collection->arena, "%s/%s", collection->directory, name), err);
}

static int by_id_and_name(const void *a, const void *b)
{
    const struct definition *x = a, *y = b;
    if (x->id != y->id) {
        return x->id < y->id ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static bool add_word(struct collection *collection, const char *word, struct error *err)
{
    struct stat status;
    if (stat(word, &status) != 0) {
        return FAIL_ERRNO(err, word, "the cohort definition cannot be opened");
    }
    if (!S_ISDIR(status.st_mode)) {
        return add(collection, word, err);
    }
    size_t first = collection->list.count;
    collection->directory = word;
    TRY(directory_visit(word, visit, collection, err));
    if (collection->list.count > first) {
        qsort(collection->list.items + first, collection->list.count - first, sizeof(struct definition), by_id_and_name);
    }
    return true;
}

static bool number_and_check(struct definition *definitions, size_t count, struct arena *arena, struct error *err)
{
    struct definition *sorted = ARENA_ARRAY(arena, struct definition, count);
    for (size_t i = 0; i < count; i++) {
        if (definitions[i].id == NO_ID) {
            definitions[i].id = (int64_t)i + 1;
        }
        sorted[i] = definitions[i];
    }
    qsort(sorted, count, sizeof *sorted, by_id_and_name);
    for (size_t i = 1; i < count; i++) {
        if (sorted[i].id == sorted[i - 1].id) {
            FAIL(err, INVALID_ARGUMENT, "two definitions have the cohort id %lld", (long long)sorted[i].id);
            error_detail(err, "%s and %s", sorted[i - 1].path, sorted[i].path);
            return error_hint(err, "name the files by different numbers");
        }
    }
    return true;
}

bool definitions_collect(const struct invocation *in, const struct definition **out_definitions, size_t *out_count, struct error *err)
{
    struct collection collection = {.arena = in->arena, .list.maximum = DEFINITIONS_MAX};
    bool done = true;
    for (int i = 0; i < in->word_count && done; i++) {
        done = add_word(&collection, in->words[i], err);
    }
    if (done && collection.list.count == 0) {
        done = FAIL(err, NOT_FOUND, "there is no .json file in what was named");
    }
    done = done && number_and_check(collection.list.items, collection.list.count, in->arena, err);
    if (done) {
        struct definition *kept = ARENA_ARRAY(in->arena, struct definition, collection.list.count);
        memcpy(kept, collection.list.items, collection.list.count * sizeof *kept);
        *out_definitions = kept;
        *out_count = collection.list.count;
    }
    definition_list_finish(&collection.list);
    return done;
}

bool definition_compile(const struct definition *definition, size_t bytes_max, struct vocabulary *vocabulary, struct arena *arena,
                        struct cohort_program **out_program, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = bytes_max};
    struct cohort_program *program;
    if (!file_read(definition->path, &bytes, err)) {
        bool is_large = err->code == ERROR_LIMIT;
        return is_large
                   ? error_hint(
                         err,
                         "take concepts out of it that descendants of others give anyway, or raise definition_bytes_max in the settings")
                   : false;
    }
    if (!circe_parse(&program, arena, definition->name, bytes.data, bytes.length, err)) {
        return error_context(err, "%s", definition->path);
    }
    TRY(!vocabulary || cohort_program_resolve(program, vocabulary, arena, err));
    *out_program = program;
    return true;
}
