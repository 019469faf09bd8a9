/* SPDX-License-Identifier: EUPL-1.2 */
/* vocabulary search: concepts by words or by id. */
#include "warehouse/vocabulary/vocabulary.h"
#include "base/json.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include <stdio.h>

static bool find_concepts(struct invocation *in, struct vocabulary *vocabulary, size_t limit, const struct concept **out_concepts,
                          size_t *out_count, struct error *err)
{
    int64_t id;
    if (in->word_count == 1 && text_to_i64(text_of(in->words[0]), &id)) {
        TRY(vocabulary_concept(vocabulary, (concept_id){id}, in->arena, out_concepts, err));
        *out_count = *out_concepts != NULL;
        return true;
    }
    const char *words = "";
    for (int i = 0; i < in->word_count; i++) {
        words = arena_text_format(in->arena, "%s %s", words, in->words[i]);
    }
    return vocabulary_search(vocabulary, text_of(words), limit, in->arena, out_concepts, out_count, err);
}

static bool json_concept(struct json_writer *writer, const struct concept *found, struct error *err)
{
    const struct {
        const char *name;
        struct text text;
    } members[] = {{"name", found->name},
                   {"domain_id", found->domain},
                   {"vocabulary_id", found->vocabulary},
                   {"concept_class_id", found->concept_class},
                   {"concept_code", found->code},
                   {"standard_concept", {&found->standard, found->standard != 0}}};
    TRY(json_begin_object(writer, err) && json_name(writer, "concept_id", err) && json_i64(writer, found->id.value, err));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        TRY(json_name(writer, members[i].name, err) && json_text(writer, members[i].text, err));
    }
    return json_end_object(writer, err);
}

bool command_vocabulary_search(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(vocabulary) struct vocabulary *vocabulary = NULL;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 24};
    int64_t limit;
    TRY(invocation_integer(in, "limit", 20, 1, 1000, &limit, err));
    TRY(warehouse_open(&warehouse, in, "vocabulary search", GRANT_COUNT, err) && warehouse_open_reader(&warehouse, 0, err));
    TRY(vocabulary_open(&vocabulary, warehouse.reader, err));
    const struct concept *concepts = NULL;
    size_t count = 0;
    TRY(find_concepts(in, vocabulary, (size_t)limit, &concepts, &count, err));
    struct json_writer writer = {.out = &out, .indented = true};
    bool is_json = invocation_flag(in, "json");
    TRY(!is_json || json_begin_array(&writer, err));
    for (size_t i = 0; i < count; i++) {
        const struct concept *c = &concepts[i];
        if (is_json) {
            TRY(json_concept(&writer, c, err));
        } else {
            print_line("%10lld  %c  %-12.*s %-10.*s %-14.*s %.*s", (long long)c->id.value, c->standard ? c->standard : '-',
                       (int)c->domain.length, c->domain.data, (int)c->vocabulary.length, c->vocabulary.data, (int)c->code.length,
                       c->code.data, (int)c->name.length, c->name.data);
        }
    }
    if (is_json) {
        return json_end_array(&writer, err) && print_buffer(&out, err);
    }
    if (count == 0) {
        print_line("no concept has these words in its name");
    }
    return true;
}
