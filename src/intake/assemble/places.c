/* SPDX-License-Identifier: EUPL-1.2 */
/* What is shared: communes, care sites, specialties, kinship, and where all of it comes from. */
#include "intake/assemble/assemble_internal.h"
#include <stdio.h>
#include <string.h>

struct text care_site_key(char out[400], uint32_t holder, struct text place)
{
    enum { FINESS_LENGTH = 9 };
    bool is_finess = place.length == FINESS_LENGTH;
    for (size_t i = 0; i < place.length && is_finess; i++) {
        is_finess = (place.data[i] >= '0' && place.data[i] <= '9') || (i == 1 && (place.data[i] == 'A' || place.data[i] == 'B'));
    }
    if (is_finess) {
        return place;
    }
    const int length = snprintf(out, 400, "%u/%.*s", holder, (int)place.length, place.data);
    return (struct text){out, (size_t)length};
}

struct reading {
    struct assembly *assembly;
    size_t delivery;
    int table;
};

static bool care_site_take(struct assembly *assembly, uint32_t holder, struct text place, uint32_t *out_number, struct error *err)
{
    char key[400];
    const size_t before = assembly->care_site_names.count;
    TRY(name_list_add(&assembly->care_site_names, care_site_key(key, holder, place), out_number, err));
    if (assembly->care_site_names.count > before) {
        TRY(care_sites_append(&assembly->care_sites,
                              (struct care_site_facts){.name = arena_text_keep(assembly->arena, place), .kind = TEXT("")}, err));
    }
    return true;
}

static bool take_visit(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    struct reading *reading = context;
    struct assembly *assembly = reading->assembly;
    uint32_t number = 0;
    (void)bytes;
    TRY(!row->place.length || care_site_take(assembly, assembly->holder_of[reading->delivery], row->place, &number, err));
    return !row->specialty.length || name_list_add(&assembly->specialties, row->specialty, &number, err);
}

static bool take_care_site(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    struct reading *reading = context;
    struct assembly *assembly = reading->assembly;
    struct assemble_table *table = &assembly->report->tables[OMOP_TABLE_CARE_SITE];
    const size_t before = assembly->care_site_names.count;
    uint32_t number = 0;
    (void)bytes;
    table->in++;
    TRY(care_site_take(assembly, assembly->holder_of[reading->delivery], row->place, &number, err));
    struct care_site_facts *facts = &assembly->care_sites.items[number - 1];
    if (standard_row_has(row, OMOP_CARE_SITE_PLACE_OF_SERVICE_SOURCE_VALUE)) {
        facts->kind = arena_text_keep(assembly->arena, row->values[OMOP_CARE_SITE_PLACE_OF_SERVICE_SOURCE_VALUE].text);
    }
    TRY(!row->specialty.length || name_list_add(&assembly->locations, row->specialty, &facts->location, err));
    if (assembly->care_site_names.count > before) {
        table->out++;
    } else {
        table->dropped[ASSEMBLE_MERGED]++;
    }
    return true;
}

static bool take_kinship(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    struct reading *reading = context;
    struct assembly *assembly = reading->assembly;
    struct assemble_table *table = &assembly->report->tables[OMOP_TABLE_FACT_RELATIONSHIP];
    enum assemble_drop why = ASSEMBLE_DOUBLE;
    (void)bytes;
    table->in++;
    if (assembly_is_superseded(assembly, reading->delivery, row, &why)) {
        table->dropped[why]++;
        return true;
    }
    return kinships_append(&assembly->kinships,
                           (struct kinship){row->subject, row->parent, row->values[OMOP_FACT_RELATIONSHIP_RELATIONSHIP_CONCEPT_ID].integer,
                                            assembly->holder_of[reading->delivery]},
                           err);
}

bool assembly_places(struct assembly *assembly, struct error *err)
{
    assembly->care_sites.maximum = assembly->kinships.maximum = UINT32_MAX;
    for (size_t i = 0; i < shelves_count(assembly->shelves); i++) {
        struct reading reading = {assembly, i, 0};
        if (!shelves_delivery(assembly->shelves, i)->is_live) {
            continue;
        }
        TRY(shelves_scan(assembly->shelves, i, OMOP_TABLE_CARE_SITE, take_care_site, &reading, err));
        TRY(shelves_scan(assembly->shelves, i, OMOP_TABLE_VISIT_OCCURRENCE, take_visit, &reading, err));
        TRY(shelves_scan(assembly->shelves, i, OMOP_TABLE_VISIT_DETAIL, take_visit, &reading, err));
        TRY(shelves_scan(assembly->shelves, i, OMOP_TABLE_FACT_RELATIONSHIP, take_kinship, &reading, err));
    }
    return true;
}

/* ---- rows ---- */
void row_put(uint32_t *present, union standard_value *values, int field, int64_t value)
{
    values[field].integer = value;
    *present |= UINT32_C(1) << field;
}
void row_put_day(uint32_t *present, union standard_value *values, int field, int32_t value)
{
    values[field].day = value;
    *present |= UINT32_C(1) << field;
}
static void put_text(uint32_t *present, union standard_value *values, int field, struct text text)
{
    enum { SHORTEST = 50 };
    values[field].text = text_cut(text, SHORTEST);
    *present |= text.length ? UINT32_C(1) << field : 0;
}

static bool locations(const struct assembly *assembly, struct batches *batches, struct error *err)
{
    for (size_t i = 0; i < assembly->locations.count; i++) {
        union standard_value values[STANDARD_FIELDS_MAX];
        uint32_t present = 0;
        row_put(&present, values, OMOP_LOCATION_LOCATION_ID, (int64_t)i + 1);
        put_text(&present, values, OMOP_LOCATION_LOCATION_SOURCE_VALUE, assembly->locations.items[i]);
        TRY(batches_add(batches, OMOP_TABLE_LOCATION, present, values, err));
    }
    return true;
}

static bool care_sites_give(const struct assembly *assembly, struct batches *batches, struct error *err)
{
    for (size_t i = 0; i < assembly->care_sites.count; i++) {
        const struct care_site_facts *facts = &assembly->care_sites.items[i];
        union standard_value values[STANDARD_FIELDS_MAX];
        uint32_t present = 0;
        row_put(&present, values, OMOP_CARE_SITE_CARE_SITE_ID, (int64_t)i + 1);
        put_text(&present, values, OMOP_CARE_SITE_CARE_SITE_SOURCE_VALUE, facts->name);
        put_text(&present, values, OMOP_CARE_SITE_PLACE_OF_SERVICE_SOURCE_VALUE, facts->kind);
        if (facts->location) {
            row_put(&present, values, OMOP_CARE_SITE_LOCATION_ID, facts->location);
        }
        TRY(batches_add(batches, OMOP_TABLE_CARE_SITE, present, values, err));
    }
    return true;
}

/* A provider is a specialty: who a professional is does not leave the holder (EMC2-09). */
static bool providers(const struct assembly *assembly, struct batches *batches, struct error *err)
{
    for (size_t i = 0; i < assembly->specialties.count; i++) {
        union standard_value values[STANDARD_FIELDS_MAX];
        uint32_t present = 0;
        row_put(&present, values, OMOP_PROVIDER_PROVIDER_ID, (int64_t)i + 1);
        row_put(&present, values, OMOP_PROVIDER_SPECIALTY_CONCEPT_ID, 0);
        put_text(&present, values, OMOP_PROVIDER_SPECIALTY_SOURCE_VALUE, assembly->specialties.items[i]);
        TRY(batches_add(batches, OMOP_TABLE_PROVIDER, present, values, err));
    }
    return true;
}

static bool relation(struct batches *batches, int64_t first, int64_t second, int64_t relationship, struct error *err)
{
    union standard_value values[STANDARD_FIELDS_MAX];
    uint32_t present = 0;
    row_put(&present, values, OMOP_FACT_RELATIONSHIP_DOMAIN_CONCEPT_ID_1, STANDARD_DOMAIN_PERSON);
    row_put(&present, values, OMOP_FACT_RELATIONSHIP_FACT_ID_1, first);
    row_put(&present, values, OMOP_FACT_RELATIONSHIP_DOMAIN_CONCEPT_ID_2, STANDARD_DOMAIN_PERSON);
    row_put(&present, values, OMOP_FACT_RELATIONSHIP_FACT_ID_2, second);
    row_put(&present, values, OMOP_FACT_RELATIONSHIP_RELATIONSHIP_CONCEPT_ID, relationship);
    return batches_add(batches, OMOP_TABLE_FACT_RELATIONSHIP, present, values, err);
}

/* The other is the mother (or child) of the person: the other is the first fact. And the same the other way round. */
static bool relations(struct assembly *assembly, struct batches *batches, struct error *err)
{
    struct assemble_table *table = &assembly->report->tables[OMOP_TABLE_FACT_RELATIONSHIP];
    for (size_t i = 0; i < assembly->kinships.count; i++) {
        const struct kinship *kinship = &assembly->kinships.items[i];
        const uint32_t *one = key_map_find(&assembly->person_of, kinship->holder, kinship->subject);
        const uint32_t *other = key_map_find(&assembly->person_of, kinship->holder, kinship->other);
        if (!one || !other || *one == NO_PERSON || *other == NO_PERSON || *one == *other) {
            table->dropped[ASSEMBLE_NO_PERSON]++;
        } else if (*one == EXCLUDED_PERSON || *other == EXCLUDED_PERSON) {
            table->dropped[ASSEMBLE_EXCLUDED]++;
        } else {
            const bool is_mother = kinship->relationship == STANDARD_MOTHER_OF;
            TRY(relation(batches, *other, *one, kinship->relationship, err));
            TRY(relation(batches, *one, *other, is_mother ? STANDARD_CHILD_OF : STANDARD_MOTHER_OF, err));
            table->out++;
            table->made++;
        }
    }
    return true;
}

static bool cdm_source(const struct assembly *assembly, struct batches *batches, struct error *err)
{
    union standard_value values[STANDARD_FIELDS_MAX];
    uint32_t present = 0;
    const char *name = assembly->options->label ? assembly->options->label : "emc2";
    put_text(&present, values, OMOP_CDM_SOURCE_CDM_SOURCE_NAME, text_of(name));
    put_text(&present, values, OMOP_CDM_SOURCE_CDM_SOURCE_ABBREVIATION, TEXT("emc2"));
    put_text(&present, values, OMOP_CDM_SOURCE_CDM_HOLDER, text_of(name));
    row_put_day(&present, values, OMOP_CDM_SOURCE_SOURCE_RELEASE_DATE, clock_today().number);
    row_put_day(&present, values, OMOP_CDM_SOURCE_CDM_RELEASE_DATE, clock_today().number);
    put_text(&present, values, OMOP_CDM_SOURCE_CDM_VERSION, TEXT("5.4"));
    row_put(&present, values, OMOP_CDM_SOURCE_CDM_VERSION_CONCEPT_ID, STANDARD_CDM_VERSION);
    put_text(&present, values, OMOP_CDM_SOURCE_VOCABULARY_VERSION, TEXT("as stored"));
    return batches_add(batches, OMOP_TABLE_CDM_SOURCE, present, values, err);
}

bool assembly_scan_shared(void *context, int table, const struct source_scan *scan, struct error *err)
{
    struct assembly *assembly = context;
    CLEANUP(batches) struct batches *batches = NULL;
    TRY(batches_create(&batches, scan, err));
    switch (table) {
    case OMOP_TABLE_LOCATION:
        TRY(locations(assembly, batches, err));
        break;
    case OMOP_TABLE_CARE_SITE:
        TRY(care_sites_give(assembly, batches, err));
        break;
    case OMOP_TABLE_PROVIDER:
        TRY(providers(assembly, batches, err));
        break;
    case OMOP_TABLE_FACT_RELATIONSHIP:
        TRY(relations(assembly, batches, err));
        break;
    case OMOP_TABLE_CDM_SOURCE:
        TRY(cdm_source(assembly, batches, err));
        break;
    default:
        break;
    }
    return batches_flush(batches, err);
}
