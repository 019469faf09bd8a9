/* SPDX-License-Identifier: EUPL-1.2 */
/* Linkage as it stands: entries are read and linked as an assembly would, from the kept state, and nothing of it is written. */
#include "intake/assemble/assemble_internal.h"
#include "intake/assemble/assemble_linkage.h"
#include <stdlib.h>
#include <string.h>

/* The names outlive the assembly that read them. */
static void names_keep(struct assemble_linkage *linkage, const struct name_list *names)
{
    const char **holders = ARENA_ARRAY(linkage->arena, const char *, names->count + 1);
    for (size_t i = 0; i < names->count; i++) {
        holders[i] = arena_text_format(linkage->arena, "%.*s", (int)names->items[i].length, names->items[i].data);
    }
    linkage->holders = holders;
    linkage->holder_count = names->count;
}

static bool objected_count(struct assemble_linkage *linkage, const struct assembly *assembly, struct error *err)
{
    uint32_t last = 0;
    for (size_t i = 0; i < linkage->result->count; i++) {
        last = linkage->result->links[i].person_id > last ? linkage->result->links[i].person_id : last;
    }
    uint8_t *persons = calloc((size_t)last + 1, 1);
    if (!persons) {
        return FAIL(err, LIMIT, "no memory for %zu entries", linkage->result->count);
    }
    for (size_t i = 0; i < linkage->result->count; i++) {
        persons[linkage->result->links[i].person_id] |= assembly->entries.items[i].is_excluded ? 3 : 1;
    }
    for (size_t i = 1; i <= last; i++) {
        linkage->persons += persons[i] & 1;
        linkage->objected += persons[i] >> 1;
    }
    free(persons);
    return true;
}

static bool link_all(struct assemble_linkage *linkage, struct assembly *assembly, struct error *err)
{
    CLEANUP(linkage_state) struct linkage_state *state = NULL;
    const size_t count = assembly->entries.count;
    TRY(assembly_state_open(assembly, &state, err));
    if (!linkage_state_entries(state)) {
        FAIL(err, NOT_FOUND, "nothing is linked in this warehouse yet");
        return error_hint(err, "emc2 load FILE.delivery, then emc2 assemble");
    }
    for (size_t i = 0; i < count; i++) {
        const struct linkage_entry *entry = &assembly->entries.items[i].link;
        linkage->entries_new += linkage_state_person(state, entry->holder, entry->subject) == 0;
    }
    linkage->entries = malloc((count + 1) * sizeof *linkage->entries);
    if (!linkage->entries) {
        return FAIL(err, LIMIT, "no memory for %zu entries", count);
    }
    return assembly_link(assembly, linkage->entries, state, &linkage->result, err) && objected_count(linkage, assembly, err);
}

bool assemble_linkage_open(struct assemble_linkage **out_linkage, struct store *store, const struct shelf_place *place,
                           const struct assemble_options *options, struct error *err)
{
    CLEANUP(assemble_linkage) struct assemble_linkage *linkage = calloc(1, sizeof *linkage);
    CLEANUP(assembly) struct assembly *assembly = NULL;
    struct assemble_report report;
    if (!linkage) {
        return FAIL(err, LIMIT, "no memory for linkage");
    }
    linkage->arena = arena_create();
    TRY(assembly_create(&assembly, place, options, &report, err));
    TRY(shelves_open(&assembly->shelves, place, err) && assembly_holders(assembly, err));
    TRY(barred_open(&assembly->barred, place, store, err));
    TRY(assembly_corrections(assembly, err) && assembly_entries(assembly, err));
    names_keep(linkage, &assembly->holders);
    TRY(link_all(linkage, assembly, err));
    *out_linkage = linkage;
    linkage = NULL;
    return true;
}

void assemble_linkage_close(struct assemble_linkage *linkage)
{
    if (linkage) {
        linkage_result_destroy(linkage->result);
        free(linkage->entries);
        arena_destroy(linkage->arena);
        free(linkage);
    }
}

uint32_t assemble_linkage_holder(const struct assemble_linkage *linkage, struct text name)
{
    for (size_t i = 0; i < linkage->holder_count; i++) {
        if (text_equal(name, text_of(linkage->holders[i]))) {
            return (uint32_t)i + 1;
        }
    }
    return 0;
}
