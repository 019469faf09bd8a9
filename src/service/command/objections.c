/* SPDX-License-Identifier: EUPL-1.2 */
/* objection add, list: pseudonyms of who does not want to be in the warehouse, as a delivery that holds nothing but tokens. */
#include "base/file.h"
#include "governance/objection/objection.h"
#include "service/command/commands.h"
#include "service/command/deliveries.h"
#include <stdio.h>

struct adding {
    struct objections *objections;
    uint32_t epoch;
    size_t persons, added;
};

static bool tokens_take(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err)
{
    struct adding *adding = context;
    (void)subject;
    adding->persons++;
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        TRY(delivery_token_valid(&tokens[i]) ||
            FAIL(err, INVALID_INPUT, "person %zu of the file of objections has a token that is no pseudonym: nothing of it was taken",
                 adding->persons));
        TRY(objections_add(adding->objections, adding->epoch, &tokens[i], &is_new, err));
        adding->added += is_new;
    }
    return true;
}

static bool tokens_only(const struct delivery_head *head, struct error *err)
{
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        if (head->tables[i].rows > 0) {
            FAIL(err, INVALID_INPUT, "a file of objections holds pseudonyms and nothing else: this one has table %s",
                 record_table_name((enum record_table)i));
            return error_hint(err, "nothing of it was taken");
        }
    }
    return head->subjects > 0 || FAIL(err, INVALID_INPUT, "the file has no pseudonyms");
}

static bool adding_enter(struct warehouse *warehouse, const struct delivery_head *head, const struct adding *adding, struct error *err)
{
    struct journal_entry entry;
    TRY(warehouse_entry(warehouse, LEDGER_ACT_OBJECTION, &head->root, &entry, err));
    TRY(ledger_record_word(&entry.record, "holder", head->holder, err));
    TRY(ledger_record_number(&entry.record, "persons", (int64_t)adding->persons, err));
    return journal_write(warehouse->journal, &entry, 1, err);
}

bool command_objection_add(struct invocation *in, struct error *err)
{
    CLEANUP(warehouse_value) struct warehouse warehouse = {0};
    CLEANUP(holders_value) struct holders holders = {.registry = NULL};
    CLEANUP(delivery_scene_value) struct delivery_scene scene = {.agreement = NULL};
    CLEANUP(delivery) struct delivery *delivery = NULL;
    CLEANUP(objections) struct objections *objections = NULL;
    TRY(warehouse_open(&warehouse, in, "objection add", GRANT_LOAD, err) && holders_open(&holders, &warehouse, true, err));
    TRY(delivery_scene_open(&scene, in, &warehouse, &holders, in->words[0], err));
    if (!scene.checking.holder || scene.holder.is_suspended) {
        return FAIL(err, DENIED, "the file is from nobody who may send objections to this warehouse");
    }
    const struct delivery_opening opening = {scene.holder.public_key, scene.checking.intake, &in->settings};
    TRY(delivery_open(&delivery, in->words[0], &opening, err) && tokens_only(delivery_head(delivery), err));
    TRY(objections_open(&objections, warehouse.directory, warehouse.keyring, &warehouse.grant, err));
    struct adding adding = {objections, delivery_head(delivery)->epoch, 0, 0};
    TRY(delivery_tokens(delivery, tokens_take, &adding, err) && objections_write(objections, &warehouse.grant, err));
    TRY(adding_enter(&warehouse, delivery_head(delivery), &adding, err));
    print_line("objections of %zu persons: %zu new pseudonyms, %zu in all. They hold at the next assembly and every later one",
               adding.persons, adding.added, objections_count(objections));
    return true;
}
