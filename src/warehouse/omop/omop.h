/* SPDX-License-Identifier: EUPL-1.2 */
/* omop: the tables, fields and types of the OMOP Common Data Model 5.4, generated from spec/omop_tables.csv and spec/omop_fields.csv.
 * Everything that must know "which column" asks here: the store, the readers, the writers, the cohort engine. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <stdint.h>

typedef struct {
    int64_t value;
} concept_id;

enum omop_type { OMOP_INTEGER, OMOP_FLOAT, OMOP_DATE, OMOP_DATETIME, OMOP_TEXT };
enum omop_scope {
    OMOP_PERSON,     /* has person_id (or subject_id): stored with the person's segment */
    OMOP_SHARED,     /* health system and other rows without a person */
    OMOP_VOCABULARY, /* standardised vocabularies */
};
/* Generated: enum omop_table {OMOP_TABLE_PERSON, ... OMOP_TABLE_COUNT}, and for each table the positions of its fields in the order of the
 * CDM, such as OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID (0, 1, ...) up to OMOP_CONDITION_OCCURRENCE_FIELD_COUNT. */
#include "warehouse/omop/omop_tables.h"

enum { OMOP_NO_FIELD = -1 };

struct omop_field {
    const char *name;
    enum omop_type type;
    bool is_required;
    bool is_concept;   /* a concept id */
    bool has_postings; /* the store keeps postings: every concept id outside the vocabularies */
    bool is_primary_key;
    const char *renamed_from; /* the field's name in CDM 5.3, or NULL */
    int references_table;     /* table of a foreign key, or -1 */
    int text_length_max;      /* varchar(n); 0: no limit */
};
struct omop_table_info {
    const char *name;
    enum omop_scope scope;
    const struct omop_field *fields;
    int field_count;
    /* Positions in fields, or OMOP_NO_FIELD: as the cohort language uses them, so procedures, measurements, observations, deaths and
     * specimens have no end (they last until the next day). id_field is an integer key; that of death is person_id. */
    int id_field, person_field, start_field, end_field, visit_field, concept_field, source_concept_field;
};

const struct omop_table_info *omop_table(int table);
int omop_table_find(struct text name);            /* case folded; -1 when unknown */
int omop_field_find(int table, struct text name); /* case folded, 5.3 names too; -1 when unknown */
const char *omop_type_name(enum omop_type type);  /* "integer", ... as in the CDM */
