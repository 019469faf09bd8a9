/* SPDX-License-Identifier: EUPL-1.2 */
/* Who there is: entries with their outlines and tokens, linkage, and for each person what most of its entries say (sex, birth), the newest
 * commune, and whether it objected. */
#include "intake/assemble/assemble_internal.h"
#include <stdlib.h>
#include <string.h>

/* ---- entries ---- */
struct reading {
    struct assembly *assembly;
    size_t delivery;
};

static bool residence_take(struct assembly *assembly, struct text place, struct assemble_entry *entry, struct error *err)
{
    entry->link.residence = linkage_residence(place);
    return !place.length || name_list_add(&assembly->locations, place, &entry->location, err);
}

static bool take_entry(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    struct reading *reading = context;
    struct assembly *assembly = reading->assembly;
    struct assemble_table *table = &assembly->report->tables[OMOP_TABLE_PERSON];
    enum assemble_drop why = ASSEMBLE_DOUBLE;
    struct assemble_entry entry = {.delivery = (uint32_t)reading->delivery};
    uint32_t *place = NULL;
    (void)bytes;
    table->in++;
    if (assembly_is_superseded(assembly, reading->delivery, row, &why)) {
        table->dropped[why]++;
        return true;
    }
    const struct text sex =
        standard_row_has(row, OMOP_PERSON_GENDER_SOURCE_VALUE) ? row->values[OMOP_PERSON_GENDER_SOURCE_VALUE].text : TEXT("U");
    entry.gender = row->values[OMOP_PERSON_GENDER_CONCEPT_ID].integer;
    entry.link = (struct linkage_entry){.subject = row->subject, .holder = assembly->holder_of[reading->delivery], .sex = sex.data[0]};
    if (standard_row_has(row, OMOP_PERSON_YEAR_OF_BIRTH)) {
        const int64_t year = row->values[OMOP_PERSON_YEAR_OF_BIRTH].integer;
        entry.link.birth_year = year > 0 && year < 10000 ? (uint16_t)year : 0;
    }
    if (standard_row_has(row, OMOP_PERSON_MONTH_OF_BIRTH)) {
        const int64_t month = row->values[OMOP_PERSON_MONTH_OF_BIRTH].integer;
        entry.link.birth_month = month >= 1 && month <= 12 ? (uint8_t)month : 0;
    }
    entry.link.twin_rank = row->parent >= 1 && row->parent <= 9 ? (uint8_t)row->parent : 0;
    TRY(residence_take(assembly, row->place, &entry, err));
    const size_t before = assembly->entry_of.count;
    TRY(key_map_put(&assembly->entry_of, entry.link.holder, row->subject, (uint32_t)assembly->entries.count, &place, err));
    if (assembly->entry_of.count == before) {
        table->dropped[ASSEMBLE_DOUBLE]++;
        assembly->entries.items[*place] = entry;
        return true;
    }
    return assemble_entries_append(&assembly->entries, entry, err);
}

static bool take_tokens(void *context, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err)
{
    struct reading *reading = context;
    struct assembly *assembly = reading->assembly;
    const struct assemble_options *options = assembly->options;
    const uint32_t *place = key_map_find(&assembly->entry_of, assembly->holder_of[reading->delivery], subject);
    (void)err;
    if (!place) {
        return true;
    }
    struct assemble_entry *entry = &assembly->entries.items[*place];
    if (entry->tokens_of != reading->delivery + 1) { /* all of a later delivery stand in place of all of the earlier ones */
        memset(entry->link.tokens, 0, sizeof entry->link.tokens);
        entry->tokens_of = (uint32_t)reading->delivery + 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].kind >= 1 && tokens[i].kind <= IDENTITY_KEY_KINDS) {
            entry->link.tokens[tokens[i].kind - 1] = tokens[i].fingerprint;
        }
    }
    entry->is_excluded = entry->is_excluded || (options->is_excluded && options->is_excluded(options->context, tokens, count));
    return true;
}

static bool read_entries(struct assembly *assembly, struct error *err)
{
    for (size_t i = 0; i < shelves_count(assembly->shelves); i++) {
        struct reading reading = {assembly, i};
        TRY(!shelves_delivery(assembly->shelves, i)->is_live ||
            shelves_scan(assembly->shelves, i, OMOP_TABLE_PERSON, take_entry, &reading, err));
    }
    for (size_t i = 0; i < shelves_count(assembly->shelves); i++) {
        struct reading reading = {assembly, i};
        TRY(!shelves_delivery(assembly->shelves, i)->is_live || shelves_tokens(assembly->shelves, i, take_tokens, &reading, err));
    }
    return true;
}

static int by_holder_and_subject(const void *a, const void *b)
{
    const struct assemble_entry *x = a, *y = b;
    if (x->link.holder != y->link.holder) {
        return x->link.holder < y->link.holder ? -1 : 1;
    }
    return x->link.subject < y->link.subject ? -1 : x->link.subject > y->link.subject;
}

bool assembly_entries(struct assembly *assembly, struct error *err)
{
    TRY(read_entries(assembly, err));
    if (assembly->entries.count) {
        qsort(assembly->entries.items, assembly->entries.count, sizeof *assembly->entries.items, by_holder_and_subject);
    }
    return true;
}

/* ---- linkage ---- */
bool assembly_state_open(const struct assembly *assembly, struct linkage_state **out_state, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 30};
    TRY(shelf_document_read(assembly->place, "links", &bytes, err));
    return bytes.length ? linkage_state_read(out_state, bytes.data, bytes.length, err) : linkage_state_create(out_state, err);
}

static bool state_keep(const struct assembly *assembly, const struct linkage_state *state, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 30};
    return linkage_state_write(state, &bytes, err) && shelf_document_write(assembly->place, "links", &bytes, err);
}

/* Before linkage gives new numbers. */
static void exclude_barred(struct assembly *assembly, const struct linkage_state *state)
{
    for (size_t i = 0; i < assembly->entries.count; i++) {
        struct assemble_entry *entry = &assembly->entries.items[i];
        const uint32_t person = linkage_state_person(state, entry->link.holder, entry->link.subject);
        entry->is_excluded = entry->is_excluded || barred_has(&assembly->barred, entry->link.holder, entry->link.subject, person);
    }
}

bool assembly_link(struct assembly *assembly, struct linkage_entry *entries, struct linkage_state *state,
                   struct linkage_result **out_result, struct error *err)
{
    struct linkage_options options = {.pool = assembly->options->pool};
    if (assembly->options->linkage) {
        options = *assembly->options->linkage;
    }
    for (size_t i = 0; i < assembly->entries.count; i++) {
        entries[i] = assembly->entries.items[i].link;
    }
    exclude_barred(assembly, state);
    TRY(linkage_run(out_result, entries, assembly->entries.count, state, &options, err));
    assembly->report->linkage = (*out_result)->counts;
    for (size_t i = 0; i < (*out_result)->event_count; i++) {
        const bool is_merged = (*out_result)->events[i].kind == LINKAGE_MERGED;
        assembly->report->merged += is_merged;
        assembly->report->split += !is_merged;
    }
    return true;
}

/* ---- persons ---- */
/* Entries of one person, in the order of holders. */
struct member {
    uint32_t person, entry;
};

static int by_person(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->person != y->person) {
        return x->person < y->person ? -1 : 1;
    }
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* The value that most entries have; of equals the first. 0 is no opinion. *out_differ: not all are of one opinion. */
static uint32_t majority(const uint32_t *values, size_t count, bool *out_differ)
{
    uint32_t best = 0;
    size_t best_votes = 0;
    *out_differ = false;
    for (size_t i = 0; i < count; i++) {
        size_t votes = 0;
        for (size_t j = 0; j < count && values[i]; j++) {
            votes += values[j] == values[i];
            *out_differ = *out_differ || (values[j] && values[j] != values[i]);
        }
        if (votes > best_votes) {
            best = values[i];
            best_votes = votes;
        }
    }
    return best;
}

enum { MEMBERS_MAX = 256 };
static uint32_t vote(const struct assembly *assembly, const struct member *members, size_t count,
                     uint32_t (*value_of)(const struct assemble_entry *entry), bool *out_differ)
{
    uint32_t values[MEMBERS_MAX];
    const size_t kept = count < MEMBERS_MAX ? count : MEMBERS_MAX;
    for (size_t i = 0; i < kept; i++) {
        values[i] = value_of(&assembly->entries.items[members[i].entry]);
    }
    return majority(values, kept, out_differ);
}
static uint32_t gender_of(const struct assemble_entry *entry)
{
    return entry->link.sex == 'M' || entry->link.sex == 'F' ? (uint32_t)entry->gender : 0;
}
static uint32_t birth_of(const struct assemble_entry *entry) /* a month without its year says nothing */
{
    return entry->link.birth_year * 16U + (entry->link.birth_year ? entry->link.birth_month : 0U);
}

static void newest_place(const struct assembly *assembly, const struct member *members, size_t count, struct assemble_person *person)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct assemble_entry *entry = &assembly->entries.items[members[i].entry];
        if (entry->location && (!person->location || entry->delivery > newest)) {
            newest = entry->delivery;
            person->location = entry->location;
        }
    }
}

static bool is_excluded(const struct assembly *assembly, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (assembly->entries.items[members[i].entry].is_excluded) {
            return true;
        }
    }
    return false;
}

static bool bar_members(struct assembly *assembly, const struct member *members, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct linkage_entry *entry = &assembly->entries.items[members[i].entry].link;
        TRY(barred_add(&assembly->barred, entry->holder, entry->subject, err));
    }
    return true;
}

static bool put_members(struct assembly *assembly, const struct member *members, size_t count, uint32_t person, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct linkage_entry *entry = &assembly->entries.items[members[i].entry].link;
        uint32_t *value = NULL;
        TRY(key_map_put(&assembly->person_of, entry->holder, entry->subject, person, &value, err));
    }
    return true;
}

static bool take_person(struct assembly *assembly, const struct member *members, size_t count, struct error *err)
{
    struct assemble_report *report = assembly->report;
    struct assemble_table *table = &report->tables[OMOP_TABLE_PERSON];
    struct assemble_person person = {.id = members[0].person};
    bool sexes_differ = false, births_differ = false;
    if (is_excluded(assembly, members, count)) {
        report->excluded++;
        table->dropped[ASSEMBLE_EXCLUDED] += count;
        return bar_members(assembly, members, count, err) && put_members(assembly, members, count, EXCLUDED_PERSON, err);
    }
    const uint32_t birth = vote(assembly, members, count, birth_of, &births_differ);
    person.gender = vote(assembly, members, count, gender_of, &sexes_differ);
    person.gender = person.gender ? person.gender : assembly->entries.items[members[0].entry].gender;
    person.year = (uint16_t)(birth / 16);
    person.month = birth % 16;
    if (!person.year) { /* OMOP has no person without a year of birth */
        table->dropped[ASSEMBLE_NO_PERSON] += count;
        return put_members(assembly, members, count, NO_PERSON, err);
    }
    newest_place(assembly, members, count, &person);
    report->sex_conflicts += sexes_differ;
    report->birth_conflicts += births_differ;
    table->dropped[ASSEMBLE_MERGED] += count - 1;
    table->out++;
    assembly->person_ids[assembly->person_count] = person.id;
    assembly->persons[assembly->person_count++] = person;
    return put_members(assembly, members, count, person.id, err);
}

static bool make_persons(struct assembly *assembly, struct member *members, const struct linkage_result *result, struct error *err)
{
    const size_t count = assembly->entries.count;
    for (size_t i = 0; i < count; i++) {
        members[i] = (struct member){result->links[i].person_id, (uint32_t)i};
    }
    qsort(members, count, sizeof *members, by_person);
    for (size_t first = 0, end = 0; first < count; first = end) {
        for (end = first; end < count && members[end].person == members[first].person; end++) {
        }
        TRY(take_person(assembly, members + first, end - first, err));
    }
    return true;
}

static bool link_all(struct assembly *assembly, struct linkage_entry *entries, struct member *members, struct error *err)
{
    CLEANUP(linkage_result) struct linkage_result *result = NULL;
    CLEANUP(linkage_state) struct linkage_state *state = NULL;
    TRY(assembly_state_open(assembly, &state, err) && assembly_link(assembly, entries, state, &result, err));
    TRY(make_persons(assembly, members, result, err));
    return barred_keep(&assembly->barred, assembly->place, err) && state_keep(assembly, state, err); /* in this order: see barred.c */
}

bool assembly_persons(struct assembly *assembly, struct error *err)
{
    TRY(assembly_entries(assembly, err));
    const size_t count = assembly->entries.count;
    struct linkage_entry *entries = malloc((count + 1) * sizeof *entries);
    struct member *members = malloc((count + 1) * sizeof *members);
    assembly->persons = calloc(count + 1, sizeof *assembly->persons);
    assembly->person_ids = calloc(count + 1, sizeof *assembly->person_ids);
    const bool has_memory = entries && members && assembly->persons && assembly->person_ids;
    const bool done = (has_memory || FAIL(err, LIMIT, "no memory for %zu persons", count)) && link_all(assembly, entries, members, err);
    free(entries);
    free(members);
    assembly->report->entries = count;
    assembly->report->persons = assembly->person_count;
    assemble_entries_finish(&assembly->entries);
    key_map_finish(&assembly->entry_of);
    return done;
}

const struct assemble_person *assembly_person(const struct assembly *assembly, uint32_t id)
{
    size_t low = 0, high = assembly->person_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (assembly->persons[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < assembly->person_count && assembly->persons[low].id == id ? &assembly->persons[low] : NULL;
}
