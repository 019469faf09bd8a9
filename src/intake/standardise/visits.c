/* SPDX-License-Identifier: EUPL-1.2 */
/* Persons, stays and contacts, deaths, coverage, places, kinship, and what a holder takes back. sources.md section 3.1, 3.2 */
#include "intake/standardise/rows.h"

/* ---- visits ---- */
struct visit_fields {
    int table, concept, start, start_time, end, end_time, type, source_value, admitted, admitted_source, discharged, discharged_source;
};
static const struct visit_fields stay = {OMOP_TABLE_VISIT_OCCURRENCE,
                                         OMOP_VISIT_OCCURRENCE_VISIT_CONCEPT_ID,
                                         OMOP_VISIT_OCCURRENCE_VISIT_START_DATE,
                                         OMOP_VISIT_OCCURRENCE_VISIT_START_DATETIME,
                                         OMOP_VISIT_OCCURRENCE_VISIT_END_DATE,
                                         OMOP_VISIT_OCCURRENCE_VISIT_END_DATETIME,
                                         OMOP_VISIT_OCCURRENCE_VISIT_TYPE_CONCEPT_ID,
                                         OMOP_VISIT_OCCURRENCE_VISIT_SOURCE_VALUE,
                                         OMOP_VISIT_OCCURRENCE_ADMITTED_FROM_CONCEPT_ID,
                                         OMOP_VISIT_OCCURRENCE_ADMITTED_FROM_SOURCE_VALUE,
                                         OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_CONCEPT_ID,
                                         OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_SOURCE_VALUE};
static const struct visit_fields unit_stay = {OMOP_TABLE_VISIT_DETAIL,
                                              OMOP_VISIT_DETAIL_VISIT_DETAIL_CONCEPT_ID,
                                              OMOP_VISIT_DETAIL_VISIT_DETAIL_START_DATE,
                                              OMOP_VISIT_DETAIL_VISIT_DETAIL_START_DATETIME,
                                              OMOP_VISIT_DETAIL_VISIT_DETAIL_END_DATE,
                                              OMOP_VISIT_DETAIL_VISIT_DETAIL_END_DATETIME,
                                              OMOP_VISIT_DETAIL_VISIT_DETAIL_TYPE_CONCEPT_ID,
                                              OMOP_VISIT_DETAIL_VISIT_DETAIL_SOURCE_VALUE,
                                              OMOP_VISIT_DETAIL_ADMITTED_FROM_CONCEPT_ID,
                                              OMOP_VISIT_DETAIL_ADMITTED_FROM_SOURCE_VALUE,
                                              OMOP_VISIT_DETAIL_DISCHARGED_TO_CONCEPT_ID,
                                              OMOP_VISIT_DETAIL_DISCHARGED_TO_SOURCE_VALUE};

/* A stay that has not ended is cut at the day of the delivery; any other contact lasts a day. */
static void set_end(const struct row_making *making, struct standard_row *row, const struct visit_fields *fields)
{
    const struct record *record = making->record;
    const struct text class = record_text_of(record, COLUMN_CLASS);
    if (record_has(record, COLUMN_END)) {
        row_set_when(row, fields->end, fields->end_time, record, COLUMN_END, COLUMN_END_TIME);
        return;
    }
    const int32_t start = record->values[COLUMN_START].day;
    const bool is_open = text_equal(class, TEXT("IMP")) || text_equal(class, TEXT("EMERIMP"));
    row_set_day(row, fields->end, is_open && making->made.number > start ? making->made.number : start);
}

static bool set_way(const struct row_making *making, struct standard_row *row, enum standard_list list, enum record_column column,
                    int concept_field, int source_field, struct error *err)
{
    int64_t concept = 0;
    if (record_has(making->record, column)) {
        TRY(row_list(making, list, column, &concept, err));
        row_set_integer(row, concept_field, concept);
        row_set_text(row, source_field, making->record->values[column].text);
    }
    return true;
}

bool rows_visit(struct row_making *making, struct error *err)
{
    const struct record *record = making->record;
    const int64_t parent = record_integer_of(record, COLUMN_PARENT);
    const struct visit_fields *fields = parent ? &unit_stay : &stay;
    struct standard_row *row = row_begin(making, fields->table);
    int64_t concept = 0;
    TRY(row_list(making, LIST_VISIT_CLASS, COLUMN_CLASS, &concept, err));
    row->parent = parent;
    row_set_integer(row, fields->concept, concept);
    row_set_when(row, fields->start, fields->start_time, record, COLUMN_START, COLUMN_START_TIME);
    set_end(making, row, fields);
    row_set_integer(row, fields->type, row_type(record));
    row_set_text(row, fields->source_value, record_text_of(record, COLUMN_CLASS)); /* never the number of the stay */
    row->place = record_text_of(record, COLUMN_CARE_SITE);
    row->specialty = record_text_of(record, COLUMN_SPECIALTY);
    TRY(set_way(making, row, LIST_ADMITTED, COLUMN_ADMITTED_FROM, fields->admitted, fields->admitted_source, err));
    return set_way(making, row, LIST_DISCHARGED, COLUMN_DISCHARGED_TO, fields->discharged, fields->discharged_source, err);
}

/* ---- persons ---- */
/* Month and year of birth only, whatever the delivery has: EMC2-10. */
bool rows_person(struct row_making *making, struct error *err)
{
    const struct record *record = making->record;
    struct standard_row *row = row_begin(making, OMOP_TABLE_PERSON);
    int64_t gender = 0;
    TRY(row_list(making, LIST_SEX, COLUMN_SEX, &gender, err));
    row->record = row->subject;
    row_set_integer(row, OMOP_PERSON_GENDER_CONCEPT_ID, gender);
    row_set_text(row, OMOP_PERSON_GENDER_SOURCE_VALUE, record_text_of(record, COLUMN_SEX));
    if (record_has(record, COLUMN_BIRTH_YEAR)) {
        row_set_integer(row, OMOP_PERSON_YEAR_OF_BIRTH, record->values[COLUMN_BIRTH_YEAR].integer);
    }
    if (record_has(record, COLUMN_BIRTH_MONTH)) {
        row_set_integer(row, OMOP_PERSON_MONTH_OF_BIRTH, record->values[COLUMN_BIRTH_MONTH].integer);
    }
    row->place = record_text_of(record, COLUMN_RESIDENCE);
    row->parent = record_integer_of(record, COLUMN_TWIN_RANK);
    return true;
}

bool rows_death(struct row_making *making, struct error *err)
{
    const struct record *record = making->record;
    const struct code_entry *entry = NULL;
    struct standard_row *row = row_begin(making, OMOP_TABLE_DEATH);
    row->record = row->subject;
    row_set_day(row, OMOP_DEATH_DEATH_DATE, record->values[COLUMN_START].day);
    row_set_integer(row, OMOP_DEATH_DEATH_TYPE_CONCEPT_ID, row_type(record));
    if (record_has(record, COLUMN_CODE)) {
        TRY(codes_find(making->standardise->codes, record_text_of(record, COLUMN_SYSTEM), record->values[COLUMN_CODE].text, 0, &entry,
                       err));
        row_set_integer(row, OMOP_DEATH_CAUSE_CONCEPT_ID, entry->target_count ? entry->targets[0].concept : 0);
        row_set_integer(row, OMOP_DEATH_CAUSE_SOURCE_CONCEPT_ID, entry->source);
        row_set_text(row, OMOP_DEATH_CAUSE_SOURCE_VALUE, record->values[COLUMN_CODE].text);
        making->standardise->counts.codes++;
        making->standardise->counts.mapped += entry->target_count > 0;
    }
    return true;
}

/* ---- the rest ---- */
/* A coverage without end lasts until the delivery. */
static void row_coverage(struct row_making *making)
{
    const struct record *record = making->record;
    struct standard_row *row = row_begin(making, OMOP_TABLE_PAYER_PLAN_PERIOD);
    const int32_t start = record->values[COLUMN_START].day;
    const int32_t end = record_has(record, COLUMN_END) ? record->values[COLUMN_END].day : making->made.number;
    row_set_day(row, OMOP_PAYER_PLAN_PERIOD_PAYER_PLAN_PERIOD_START_DATE, start);
    row_set_day(row, OMOP_PAYER_PLAN_PERIOD_PAYER_PLAN_PERIOD_END_DATE, end > start ? end : start);
    row_set_integer(row, OMOP_PAYER_PLAN_PERIOD_PAYER_CONCEPT_ID, 0);
    row_set_text(row, OMOP_PAYER_PLAN_PERIOD_PAYER_SOURCE_VALUE, record_text_of(record, COLUMN_CODE));
}

static void row_care_site(struct row_making *making)
{
    const struct record *record = making->record;
    struct standard_row *row = row_begin(making, OMOP_TABLE_CARE_SITE);
    row->place = record_text_of(record, COLUMN_CARE_SITE);
    row->specialty = record_text_of(record, COLUMN_RESIDENCE);
    row_set_text(row, OMOP_CARE_SITE_CARE_SITE_SOURCE_VALUE, row->place);
    row_set_text(row, OMOP_CARE_SITE_PLACE_OF_SERVICE_SOURCE_VALUE, record_text_of(record, COLUMN_CLASS));
}

static bool row_deletion(struct row_making *making, struct error *err)
{
    const struct record *record = making->record;
    struct standard_row *row = row_begin(making, STANDARD_TABLE_DELETION);
    if (!record_table_find(record_text_of(record, COLUMN_TABLE), &row->kind)) {
        return FAIL(err, INVALID_INPUT, "a deletion names a table that a delivery does not have");
    }
    return true;
}

bool rows_other(struct row_making *making, struct error *err)
{
    const struct record *record = making->record;
    int64_t relationship = 0;
    if (record->table == RECORD_COVERAGE) {
        row_coverage(making);
    } else if (record->table == RECORD_CARE_SITE) {
        row_care_site(making);
    } else if (record->table == RECORD_DELETION) {
        return row_deletion(making, err);
    } else if (record->table == RECORD_KINSHIP) {
        TRY(row_list(making, LIST_KINSHIP, COLUMN_CODE, &relationship, err));
        struct standard_row *row = row_begin(making, OMOP_TABLE_FACT_RELATIONSHIP);
        row->parent = record->values[COLUMN_OTHER].integer;
        row->record = row->subject ^ row->parent; /* a pair is known by its two ends */
        row_set_integer(row, OMOP_FACT_RELATIONSHIP_RELATIONSHIP_CONCEPT_ID, relationship);
    }
    return true;
}
