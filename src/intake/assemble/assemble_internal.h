/* SPDX-License-Identifier: EUPL-1.2 */
/* assemble_internal: one assembly under way (private). In this order: persons.c reads who there is and links; places.c what is shared;
 * gather.c brings the rows of a range of persons together; person.c makes one person's rows; periods.c and eras.c what follows from them;
 * batches.c hands them to the load. */
#pragma once
#include "intake/assemble/assemble.h"
#include "intake/assemble/key_map.h"
#include "intake/linkage/linkage_state.h"
#include "intake/source/source.h"

enum { NO_PERSON = 0, EXCLUDED_PERSON = UINT32_MAX, SUPERSEDED_DELETED = 1 };

/* One person of the snapshot. */
struct assemble_person {
    int64_t gender;
    uint32_t id, location; /* 0: none */
    uint16_t year;
    uint8_t month; /* 0: unknown */
    char sex;
};
struct assemble_entry {
    struct linkage_entry link;
    int64_t gender;
    uint32_t location, delivery;
    uint32_t tokens_of; /* the delivery that the tokens are of, and 1 */
    bool is_excluded;
};
DEFINE_ARRAY(assemble_entries, struct assemble_entry)
struct kinship {
    int64_t subject, other, relationship;
    uint32_t holder;
};
DEFINE_ARRAY(kinships, struct kinship)
struct care_site_facts {
    uint32_t location;
    struct text kind, name; /* in the arena */
};
DEFINE_ARRAY(care_sites, struct care_site_facts)
/* What a wave that is begun again takes back. */
struct assemble_counters {
    int64_t keys[OMOP_TABLE_COUNT];
    struct assemble_table tables[OMOP_TABLE_COUNT];
    uint64_t visits_unknown;
};
/* barred.c: who stays out whatever number linkage gives them. */
struct barred {
    struct key_map known; /* (holder, subject) */
    struct buffer bytes;  /* the same, as they are kept */
    int64_t *persons;     /* excluded from the store, ascending */
    size_t person_count;
    bool is_changed;
};
struct era_index; /* eras.c: ingredients of drugs */
struct batches;
struct assembly {
    const struct assemble_options *options;
    const struct shelf_place *place;
    struct settings settings;
    struct arena *arena;
    struct shelves *shelves;
    struct name_list holders; /* numbered from 1 in the order of acceptance: the same in each assembly */
    uint32_t *holder_of;      /* by delivery */
    struct assemble_entries entries;
    struct key_map entry_of;   /* (holder, subject) -> place in entries */
    struct key_map person_of;  /* (holder, subject) -> person id, NO_PERSON, EXCLUDED_PERSON */
    struct key_map superseded; /* (holder and kind, record) -> 2 * (delivery + 1) + deleted, of deliveries after a holder's first */
    struct assemble_person *persons;
    int64_t *person_ids;
    size_t person_count;
    struct name_list locations, specialties, care_site_names;
    struct care_sites care_sites;
    struct kinships kinships;
    struct barred barred;
    struct era_index *eras;
    struct assemble_counters counters, saved;
    int64_t saved_first;
    bool has_saved;
    uint64_t shelf_bytes;
    struct assemble_report *report;
};

/* ---- assemble.c ---- */
/* Nothing is read yet. What it is made of is borrowed. */
MUST_CHECK bool assembly_create(struct assembly **out_assembly, const struct shelf_place *place, const struct assemble_options *options,
                                struct assemble_report *report, struct error *err);
void assembly_destroy(struct assembly *assembly);
DEFINE_CLEANUP(assembly, assembly_destroy)
MUST_CHECK bool assembly_holders(struct assembly *assembly, struct error *err); /* numbers them */
/* ---- persons.c ---- */
/* All entries, by holder and subject. */
MUST_CHECK bool assembly_entries(struct assembly *assembly, struct error *err);
MUST_CHECK bool assembly_state_open(const struct assembly *assembly, struct linkage_state **out_state, struct error *err);
/* entries: room for as many as there are. state: changed, not kept. */
MUST_CHECK bool assembly_link(struct assembly *assembly, struct linkage_entry *entries, struct linkage_state *state,
                              struct linkage_result **out_result, struct error *err);
MUST_CHECK bool assembly_persons(struct assembly *assembly, struct error *err);
const struct assemble_person *assembly_person(const struct assembly *assembly, uint32_t id);
/* Whether a later delivery has the record, or takes it back. */
bool assembly_is_superseded(const struct assembly *assembly, size_t delivery, const struct standard_row *row, enum assemble_drop *out_why);
/* ---- barred.c ---- */
MUST_CHECK bool barred_open(struct barred *barred, const struct shelf_place *place, struct store *store, struct error *err);
void barred_finish(struct barred *barred);
/* person: its number in the assembly before, 0: none. */
bool barred_has(const struct barred *barred, uint32_t holder, int64_t subject, uint32_t person);
MUST_CHECK bool barred_add(struct barred *barred, uint32_t holder, int64_t subject, struct error *err);
MUST_CHECK bool barred_keep(const struct barred *barred, const struct shelf_place *place, struct error *err);
/* ---- corrections.c ---- */
MUST_CHECK bool assembly_corrections(struct assembly *assembly, struct error *err);
/* ---- places.c ---- */
MUST_CHECK bool assembly_places(struct assembly *assembly, struct error *err);
MUST_CHECK bool assembly_scan_shared(void *context, int table, const struct source_scan *scan, struct error *err);
/* The name under which a care site is known: a FINESS is the same everywhere, all else is a holder's own. */
struct text care_site_key(char out[400], uint32_t holder, struct text place);

/* ---- batches.c: rows into batches of columns ---- */
MUST_CHECK bool batches_create(struct batches **out_batches, const struct source_scan *scan, struct error *err);
void batches_destroy(struct batches *batches);
DEFINE_CLEANUP(batches, batches_destroy)
/* Texts must stay until the flush. */
MUST_CHECK bool batches_add(struct batches *batches, int table, uint32_t present, const union standard_value *values, struct error *err);
MUST_CHECK bool batches_flush(struct batches *batches, struct error *err);

/* ---- gather.c ---- */
MUST_CHECK bool assembly_scan_persons(void *context, int64_t first, int64_t last, const struct source_scan *scan, struct error *err);

/* ---- person.c ---- */
struct person_row {
    struct standard_row row;
    uint32_t holder, delivery, order;
    int64_t id;
    int32_t day;
    const struct person_row *same_as; /* a visit that another holder has, too */
};
struct person_rows {
    struct person_row *items;
    size_t count, capacity;
};
/* Makes all rows of one person; rows->items are changed. */
MUST_CHECK bool person_make(struct assembly *assembly, const struct assemble_person *person, struct person_rows *rows,
                            struct batches *batches, struct error *err);
void row_put(uint32_t *present, union standard_value *values, int field, int64_t value);
void row_put_day(uint32_t *present, union standard_value *values, int field, int32_t value);
/* ---- periods.c ---- */
struct span {
    int32_t start, end;
    int64_t type;
};
enum { PERIOD_GAP_DAYS = 365 };
/* Observation periods of a person: windows of coverage (any order; death cuts them when has_death) and events. Sorted, apart from one
 * another; in the caller's array of window_count + event_count. events are changed. */
size_t periods_make(struct span *windows, size_t window_count, struct span *events, size_t event_count, bool has_death, int32_t death,
                    struct span *out);
/* ---- eras.c ---- */
struct exposure {
    int64_t concept;
    int32_t start, end;
};
struct era {
    int64_t concept;
    int32_t start, end;
    int64_t count, gap_days;
};
enum { ERA_PERSISTENCE_DAYS = 30 };
/* OHDSI's eras: exposures to one concept with at most 30 days between them are one. Sorts the exposures; out has room for count. */
size_t eras_make(struct exposure *exposures, size_t count, struct era *out);
MUST_CHECK bool era_index_create(struct era_index **out_index, struct store_reader *reader, struct error *err); /* reader NULL: empty */
void era_index_destroy(struct era_index *index);
/* Ingredients of a drug. */
size_t era_ingredients(const struct era_index *index, int64_t drug, const int64_t **out_ingredients);
