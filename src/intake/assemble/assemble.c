/* SPDX-License-Identifier: EUPL-1.2 */
/* An assembly from its beginning to its end: who there is, what is shared, and then the load asks for one range of persons after another.
 */
#include "intake/assemble/assemble.h"
#include "intake/assemble/assemble_internal.h"
#include <stdlib.h>
#include <string.h>

static const char *const drop_words[ASSEMBLE_DROP_COUNT][2] = {
    [ASSEMBLE_CORRECTED] = {"corrected by a later delivery", "corrigé par une livraison ultérieure"},
    [ASSEMBLE_DELETED] = {"taken back by the holder", "retiré par le détenteur"},
    [ASSEMBLE_DOUBLE] = {"there twice in one delivery", "en double dans une livraison"},
    [ASSEMBLE_NO_PERSON] = {"of nobody known, or without a year of birth", "personne inconnue, ou sans année de naissance"},
    [ASSEMBLE_EXCLUDED] = {"the person objected", "la personne s'est opposée"},
    [ASSEMBLE_MERGED] = {"the same person or place as another", "même personne ou même lieu qu'une autre ligne"},
    [ASSEMBLE_SAME_VISIT] = {"another holder has the same stay", "séjour déjà transmis par un autre détenteur"},
    [ASSEMBLE_OTHER_DEATH] = {"another source of the death is believed", "une autre source du décès est retenue"},
};
static const char *const drop_names[ASSEMBLE_DROP_COUNT] = {"corrected", "deleted", "double",     "no_person",
                                                            "excluded",  "merged",  "same_visit", "other_death"};
const char *assemble_drop_words(enum assemble_drop drop, bool in_french)
{
    return drop_words[drop][in_french];
}

bool assembly_holders(struct assembly *assembly, struct error *err)
{
    const size_t count = shelves_count(assembly->shelves);
    assembly->holder_of = ARENA_ARRAY(assembly->arena, uint32_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct shelf_delivery *delivery = shelves_delivery(assembly->shelves, i);
        TRY(name_list_add(&assembly->holders, text_of(delivery->head.holder), &assembly->holder_of[i], err));
        assembly->report->live += delivery->is_live;
        assembly->shelf_bytes += delivery->is_live ? delivery->bytes : 0;
    }
    assembly->report->deliveries = count;
    return true;
}

static bool eras_open(struct assembly *assembly, struct store *store, struct error *err)
{
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    uint32_t latest = 0;
    TRY(store_snapshot_latest(store, assembly->place->grant, &latest, err));
    TRY(!latest || store_reader_open(&reader, store, assembly->place->grant, latest, err));
    return era_index_create(&assembly->eras, reader, err);
}

static bool prepare(struct assembly *assembly, struct store *store, struct error *err)
{
    TRY(shelves_open(&assembly->shelves, assembly->place, err));
    TRY(assembly_holders(assembly, err));
    if (!assembly->report->deliveries) {
        FAIL(err, INVALID_INPUT, "there is nothing on the shelves of this warehouse");
        return error_hint(err, "load a delivery first: emc2 load FILE.delivery");
    }
    TRY(barred_open(&assembly->barred, assembly->place, store, err));
    TRY(assembly_corrections(assembly, err) && assembly_persons(assembly, err));
    if (!assembly->person_count) {
        return FAIL(err, INVALID_INPUT, "there is no person on the shelves of this warehouse");
    }
    return assembly_places(assembly, err) && eras_open(assembly, store, err);
}

/* ---- the provider ---- */
static void provider_count(const struct assembly *assembly, struct source_provider *provider)
{
    for (size_t i = 0; i < shelves_count(assembly->shelves); i++) {
        const struct shelf_delivery *delivery = shelves_delivery(assembly->shelves, i);
        for (int table = 0; table < OMOP_TABLE_COUNT && delivery->is_live; table++) {
            provider->rows[table] += delivery->rows[table];
        }
    }
    provider->rows[OMOP_TABLE_PERSON] = provider->rows[OMOP_TABLE_OBSERVATION_PERIOD] = assembly->person_count;
    provider->rows[OMOP_TABLE_CONDITION_ERA] = provider->rows[OMOP_TABLE_CONDITION_OCCURRENCE];
    provider->rows[OMOP_TABLE_DRUG_ERA] = provider->rows[OMOP_TABLE_DRUG_EXPOSURE];
    provider->rows[OMOP_TABLE_DEATH] += provider->rows[OMOP_TABLE_VISIT_OCCURRENCE] > 0; /* of stays */
    provider->rows[OMOP_TABLE_LOCATION] = assembly->locations.count;
    provider->rows[OMOP_TABLE_CARE_SITE] = assembly->care_sites.count;
    provider->rows[OMOP_TABLE_PROVIDER] = assembly->specialties.count;
    provider->rows[OMOP_TABLE_FACT_RELATIONSHIP] = 2 * assembly->kinships.count;
    provider->rows[OMOP_TABLE_CDM_SOURCE] = 1;
}

static struct source_provider provider_make(struct assembly *assembly)
{
    static const int targets[] = {OMOP_TABLE_VISIT_OCCURRENCE, OMOP_TABLE_VISIT_DETAIL, OMOP_TABLE_LOCATION, OMOP_TABLE_CARE_SITE,
                                  OMOP_TABLE_PROVIDER};
    struct source_provider provider = {.name = assembly->options->label ? assembly->options->label : "assembly",
                                       .persons = assembly->person_ids,
                                       .person_count = assembly->person_count,
                                       .scan_persons = assembly_scan_persons,
                                       .scan_shared = assembly_scan_shared,
                                       .context = assembly};
    provider_count(assembly, &provider);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        provider.has[table] = provider.rows[table] > 0;
    }
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        provider.last_key[targets[i]] = (int64_t)provider.rows[targets[i]];
    }
    return provider;
}

/* ---- the whole ---- */
static void report_finish(struct assembly *assembly)
{
    struct assemble_report *report = assembly->report;
    report->visits_unknown = assembly->counters.visits_unknown;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct assemble_table *counted = &assembly->counters.tables[table];
        struct assemble_table *out = &report->tables[table];
        out->in += counted->in;
        out->out += counted->out;
        out->made += counted->made;
        for (int drop = 0; drop < ASSEMBLE_DROP_COUNT; drop++) {
            out->dropped[drop] += counted->dropped[drop];
        }
    }
    report->tables[OMOP_TABLE_LOCATION].made = assembly->locations.count;
    report->tables[OMOP_TABLE_PROVIDER].made = assembly->specialties.count;
    report->tables[OMOP_TABLE_CARE_SITE].made = assembly->care_sites.count - report->tables[OMOP_TABLE_CARE_SITE].out;
    report->tables[OMOP_TABLE_CDM_SOURCE].made = 1;
}

/* Every row of a live delivery is in the snapshot, or dropped for a reason: anything else is a fault of ours. */
static bool account(const struct assemble_report *report, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        uint64_t sum = report->tables[table].out;
        for (int drop = 0; drop < ASSEMBLE_DROP_COUNT; drop++) {
            sum += report->tables[table].dropped[drop];
        }
        if (sum != report->tables[table].in) {
            return FAIL(err, INTERNAL, "%s: %llu rows on the shelves, but %llu accounted for", omop_table(table)->name,
                        (unsigned long long)report->tables[table].in, (unsigned long long)sum);
        }
    }
    return true;
}

void assembly_destroy(struct assembly *assembly)
{
    if (!assembly) {
        return;
    }
    shelves_close(assembly->shelves);
    name_list_finish(&assembly->holders);
    name_list_finish(&assembly->locations);
    name_list_finish(&assembly->specialties);
    name_list_finish(&assembly->care_site_names);
    assemble_entries_finish(&assembly->entries);
    care_sites_finish(&assembly->care_sites);
    kinships_finish(&assembly->kinships);
    barred_finish(&assembly->barred);
    key_map_finish(&assembly->entry_of);
    key_map_finish(&assembly->person_of);
    key_map_finish(&assembly->superseded);
    era_index_destroy(assembly->eras);
    free(assembly->persons);
    free(assembly->person_ids);
    arena_destroy(assembly->arena);
    free(assembly);
}

bool assembly_create(struct assembly **out_assembly, const struct shelf_place *place, const struct assemble_options *options,
                     struct assemble_report *report, struct error *err)
{
    struct assembly *assembly = calloc(1, sizeof *assembly);
    if (!assembly) {
        return FAIL(err, LIMIT, "no memory for an assembly");
    }
    *report = (struct assemble_report){.deliveries = 0};
    assembly->options = options;
    assembly->place = place;
    assembly->report = report;
    assembly->arena = arena_create();
    assembly->entries.maximum = UINT32_MAX - 1;
    if (options->settings) {
        assembly->settings = *options->settings;
    } else {
        settings_defaults(&assembly->settings);
    }
    *out_assembly = assembly;
    return true;
}

static bool run(struct assembly *assembly, struct store *store, struct arena *result, struct error *err)
{
    const struct assemble_options *options = assembly->options;
    TRY(prepare(assembly, store, err));
    const struct source_provider provider = provider_make(assembly);
    const struct load_options load_options = {.settings = &assembly->settings,
                                              .pool = options->pool,
                                              .label = options->label,
                                              .replace = true,
                                              .until = options->until,
                                              .quiet = options->quiet};
    const bool done = load_run_provider(store, assembly->place->grant, &provider, &load_options, &assembly->report->load, result, err);
    report_finish(assembly);
    return done && account(assembly->report, err);
}

bool assemble_run(struct store *store, const struct shelf_place *place, const struct assemble_options *options,
                  struct assemble_report *out_report, struct arena *result, struct error *err)
{
    CLEANUP(assembly) struct assembly *assembly = NULL;
    return assembly_create(&assembly, place, options, out_report, err) && run(assembly, store, result, err);
}

/* ---- the report ---- */
static bool write_table(const struct assemble_table *table, const char *name, struct json_writer *writer, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_name(writer, "table", err) && json_text(writer, text_of(name), err));
    TRY(json_name(writer, "on_shelves", err) && json_i64(writer, (int64_t)table->in, err));
    TRY(json_name(writer, "stored", err) && json_i64(writer, (int64_t)table->out, err));
    TRY(json_name(writer, "made", err) && json_i64(writer, (int64_t)table->made, err));
    TRY(json_name(writer, "dropped", err) && json_begin_object(writer, err));
    for (int drop = 0; drop < ASSEMBLE_DROP_COUNT; drop++) {
        if (table->dropped[drop]) {
            TRY(json_name(writer, drop_names[drop], err) && json_i64(writer, (int64_t)table->dropped[drop], err));
        }
    }
    return json_end_object(writer, err) && json_end_object(writer, err);
}

static bool write_linkage(const struct assemble_report *report, struct json_writer *writer, struct error *err)
{
    const struct linkage_counts *counts = &report->linkage;
    uint64_t conflicts = 0;
    for (size_t i = 0; i < sizeof counts->conflicts / sizeof *counts->conflicts; i++) {
        conflicts += counts->conflicts[i];
    }
    TRY(json_name(writer, "linkage", err) && json_begin_object(writer, err));
    TRY(json_named_u64(writer, "candidates", counts->pairs + counts->pairs_within, err));
    TRY(json_named_u64(writer, "taken", counts->taken, err) && json_named_u64(writer, "taken_within", counts->taken_within, err));
    TRY(json_named_u64(writer, "ambiguous", counts->ambiguous_pairs, err) && json_named_u64(writer, "twins", counts->twin_pairs, err));
    TRY(json_named_u64(writer, "conflicts", conflicts, err) && json_named_u64(writer, "persons_new", counts->persons_new, err));
    TRY(json_named_u64(writer, "merged", report->merged, err) && json_named_u64(writer, "split", report->split, err));
    return json_end_object(writer, err);
}

bool assemble_report_write(const struct assemble_report *report, struct json_writer *writer, struct error *err)
{
    TRY(json_begin_object(writer, err));
    TRY(json_named_u64(writer, "deliveries", report->deliveries, err) && json_named_u64(writer, "live", report->live, err));
    TRY(json_named_u64(writer, "entries", report->entries, err) && json_named_u64(writer, "persons", report->persons, err));
    TRY(json_named_u64(writer, "excluded", report->excluded, err) && json_named_u64(writer, "sex_conflicts", report->sex_conflicts, err));
    TRY(json_named_u64(writer, "birth_conflicts", report->birth_conflicts, err));
    TRY(json_named_u64(writer, "visits_unknown", report->visits_unknown, err));
    TRY(write_linkage(report, writer, err));
    TRY(json_name(writer, "tables", err) && json_begin_array(writer, err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct assemble_table *counts = &report->tables[table];
        TRY((counts->in == 0 && counts->made == 0) || write_table(counts, omop_table(table)->name, writer, err));
    }
    TRY(json_end_array(writer, err));
    TRY(json_name(writer, "load", err) && load_report_write(&report->load, writer, err));
    return json_end_object(writer, err);
}
