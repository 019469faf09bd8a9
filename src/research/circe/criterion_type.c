/* SPDX-License-Identifier: EUPL-1.2 */
/* The sixteen types of criteria as data (circe: tables of section 3.1 and 5.2). The reference's slips are rows like any other: a drug's
 * OccurrenceEndDate looks at the start, a visit detail's Age at the end. */
#include "research/circe/criterion_type.h"

const struct attribute common_attributes[COMMON_ATTRIBUTE_COUNT] = {
    {"OccurrenceStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"OccurrenceEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    {"Age", FORM_INTEGER, 0, {COHORT_AGE_AT_START, OMOP_NO_FIELD}, NULL},
    {"AgeAtStart", FORM_INTEGER, 0, {COHORT_AGE_AT_START, OMOP_NO_FIELD}, NULL},
    {"AgeAtEnd", FORM_INTEGER, 0, {COHORT_AGE_AT_END, OMOP_NO_FIELD}, NULL},
    {"Gender", FORM_LIST, WITH_SELECTION, {COHORT_PERSON, OMOP_PERSON_GENDER_CONCEPT_ID}, NULL},
    {"GenderCS", FORM_SELECTION, 0, {COHORT_PERSON, OMOP_PERSON_GENDER_CONCEPT_ID}, NULL},
    {"ProviderSpecialty", FORM_LIST, WITH_SELECTION, {COHORT_PROVIDER_SPECIALTY, OMOP_NO_FIELD}, NULL},
    {"ProviderSpecialtyCS", FORM_SELECTION, 0, {COHORT_PROVIDER_SPECIALTY, OMOP_NO_FIELD}, NULL},
    {"VisitType", FORM_LIST, WITH_SELECTION, {COHORT_VISIT_CONCEPT, OMOP_NO_FIELD}, NULL},
    {"PlaceOfService", FORM_LIST, WITH_SELECTION, {COHORT_PLACE_OF_SERVICE, OMOP_NO_FIELD}, NULL},
    {"PlaceOfServiceCS", FORM_SELECTION, 0, {COHORT_PLACE_OF_SERVICE, OMOP_NO_FIELD}, NULL},
};
enum {
    STARTS = 1 << 0,
    ENDS = 1 << 1,
    AGE = 1 << 2,
    AGE_START = 1 << 3,
    AGE_END = 1 << 4,
    GENDER = 1 << 5,
    GENDER_CS = 1 << 6,
    SPECIALTY = 1 << 7,
    SPECIALTY_CS = 1 << 8,
    VISIT = 1 << 9,
    PLACE = 1 << 10,
    PLACE_CS = 1 << 11,
};

static const struct attribute condition_occurrence_attributes[] = {
    {"ConditionType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_CONDITION_OCCURRENCE_CONDITION_TYPE_CONCEPT_ID}, NULL},
    {"StopReason", FORM_TEXT, 0, {COHORT_FIELD, OMOP_CONDITION_OCCURRENCE_STOP_REASON}, NULL},
    {"ConditionStatus", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_CONDITION_OCCURRENCE_CONDITION_STATUS_CONCEPT_ID}, NULL},
    {0},
};
static const struct attribute drug_exposure_attributes[] = {
    {"OccurrenceEndDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"DrugType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_DRUG_EXPOSURE_DRUG_TYPE_CONCEPT_ID}, NULL},
    {"StopReason", FORM_TEXT, 0, {COHORT_FIELD, OMOP_DRUG_EXPOSURE_STOP_REASON}, NULL},
    {"Refills", FORM_INTEGER, 0, {COHORT_FIELD, OMOP_DRUG_EXPOSURE_REFILLS}, NULL},
    {"Quantity", FORM_DECIMAL, 0, {COHORT_FIELD, OMOP_DRUG_EXPOSURE_QUANTITY}, NULL},
    {"DaysSupply", FORM_INTEGER, 0, {COHORT_FIELD, OMOP_DRUG_EXPOSURE_DAYS_SUPPLY}, NULL},
    {"RouteConcept", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_DRUG_EXPOSURE_ROUTE_CONCEPT_ID}, NULL},
    {"EffectiveDrugDose", FORM_DECIMAL, 0, {COHORT_NOTHING, OMOP_NO_FIELD}, "the CDM 5.x has no such column"},
    {"DoseUnit", FORM_LIST, WITH_SELECTION, {COHORT_NOTHING, OMOP_NO_FIELD}, "the CDM 5.x has no such column"},
    {"LotNumber", FORM_TEXT, 0, {COHORT_FIELD, OMOP_DRUG_EXPOSURE_LOT_NUMBER}, NULL},
    {0},
};
static const struct attribute procedure_occurrence_attributes[] = {
    {"ProcedureType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_TYPE_CONCEPT_ID}, NULL},
    {"Modifier", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_PROCEDURE_OCCURRENCE_MODIFIER_CONCEPT_ID}, NULL},
    {"Quantity", FORM_INTEGER, 0, {COHORT_FIELD, OMOP_PROCEDURE_OCCURRENCE_QUANTITY}, NULL},
    {0},
};
static const struct attribute measurement_attributes[] = {
    {"MeasurementType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_MEASUREMENT_MEASUREMENT_TYPE_CONCEPT_ID}, NULL},
    {"Operator", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_MEASUREMENT_OPERATOR_CONCEPT_ID}, NULL},
    {"ValueAsNumber", FORM_DECIMAL, 0, {COHORT_FIELD, OMOP_MEASUREMENT_VALUE_AS_NUMBER}, NULL},
    {"ValueAsConcept", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_MEASUREMENT_VALUE_AS_CONCEPT_ID}, NULL},
    {"Unit", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_MEASUREMENT_UNIT_CONCEPT_ID}, NULL},
    {"RangeLow", FORM_DECIMAL, 0, {COHORT_FIELD, OMOP_MEASUREMENT_RANGE_LOW}, NULL},
    {"RangeHigh", FORM_DECIMAL, 0, {COHORT_FIELD, OMOP_MEASUREMENT_RANGE_HIGH}, NULL},
    {"RangeLowRatio", FORM_DECIMAL, 0, {COHORT_RATIO_TO_LOW, OMOP_NO_FIELD}, NULL},
    {"RangeHighRatio", FORM_DECIMAL, 0, {COHORT_RATIO_TO_HIGH, OMOP_NO_FIELD}, NULL},
    {0},
};
static const struct attribute observation_attributes[] = {
    {"ObservationType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_OBSERVATION_OBSERVATION_TYPE_CONCEPT_ID}, NULL},
    {"ValueAsNumber", FORM_DECIMAL, 0, {COHORT_FIELD, OMOP_OBSERVATION_VALUE_AS_NUMBER}, NULL},
    {"ValueAsString", FORM_TEXT, 0, {COHORT_FIELD, OMOP_OBSERVATION_VALUE_AS_STRING}, NULL},
    {"ValueAsConcept", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_OBSERVATION_VALUE_AS_CONCEPT_ID}, NULL},
    {"Qualifier", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_OBSERVATION_QUALIFIER_CONCEPT_ID}, NULL},
    {"Unit", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_OBSERVATION_UNIT_CONCEPT_ID}, NULL},
    {0},
};
static const struct attribute device_exposure_attributes[] = {
    {"DeviceType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_DEVICE_EXPOSURE_DEVICE_TYPE_CONCEPT_ID}, NULL},
    {"UniqueDeviceId", FORM_TEXT, 0, {COHORT_FIELD, OMOP_DEVICE_EXPOSURE_UNIQUE_DEVICE_ID}, NULL},
    {"Quantity", FORM_INTEGER, 0, {COHORT_FIELD, OMOP_DEVICE_EXPOSURE_QUANTITY}, NULL},
    {0},
};
static const struct attribute visit_occurrence_attributes[] = {
    {"VisitType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_VISIT_OCCURRENCE_VISIT_TYPE_CONCEPT_ID}, NULL},
    {"VisitLength", FORM_INTEGER, 0, {COHORT_LENGTH, OMOP_NO_FIELD}, NULL},
    {"PlaceOfServiceLocation",
     FORM_SET,
     0,
     {COHORT_NOTHING, OMOP_NO_FIELD},
     "the reference does not carry the location of a visit in the CDM 5.x"},
    {0},
};
static const struct attribute visit_detail_attributes[] = {
    {"VisitDetailStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"VisitDetailEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    {"VisitDetailTypeCS", FORM_SELECTION, 0, {COHORT_FIELD, OMOP_VISIT_DETAIL_VISIT_DETAIL_TYPE_CONCEPT_ID}, NULL},
    {"VisitDetailLength", FORM_INTEGER, 0, {COHORT_LENGTH, OMOP_NO_FIELD}, NULL},
    {"Age", FORM_INTEGER, 0, {COHORT_AGE_AT_END, OMOP_NO_FIELD}, NULL},
    {"PlaceOfServiceLocation",
     FORM_SET,
     0,
     {COHORT_NOTHING, OMOP_NO_FIELD},
     "the reference does not carry the location of a visit in the CDM 5.x"},
    {0},
};
static const struct attribute death_attributes[] = {
    {"DeathType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_DEATH_DEATH_TYPE_CONCEPT_ID}, NULL},
    {0},
};
static const struct attribute specimen_attributes[] = {
    {"SpecimenType", FORM_LIST, WITH_SELECTION | WITH_EXCLUDE, {COHORT_FIELD, OMOP_SPECIMEN_SPECIMEN_TYPE_CONCEPT_ID}, NULL},
    {"Quantity", FORM_DECIMAL, 0, {COHORT_FIELD, OMOP_SPECIMEN_QUANTITY}, NULL},
    {"Unit", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_SPECIMEN_UNIT_CONCEPT_ID}, NULL},
    {"AnatomicSite", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_SPECIMEN_ANATOMIC_SITE_CONCEPT_ID}, NULL},
    {"DiseaseStatus", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_SPECIMEN_DISEASE_STATUS_CONCEPT_ID}, NULL},
    {"SourceId", FORM_TEXT, 0, {COHORT_FIELD, OMOP_SPECIMEN_SPECIMEN_SOURCE_ID}, NULL},
    {0},
};
static const struct attribute condition_era_attributes[] = {
    {"EraStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"EraEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    {"OccurrenceCount", FORM_INTEGER, 0, {COHORT_FIELD, OMOP_CONDITION_ERA_CONDITION_OCCURRENCE_COUNT}, NULL},
    {"EraLength", FORM_INTEGER, 0, {COHORT_LENGTH, OMOP_NO_FIELD}, NULL},
    {0},
};
static const struct attribute drug_era_attributes[] = {
    {"EraStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"EraEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    {"OccurrenceCount", FORM_INTEGER, 0, {COHORT_FIELD, OMOP_DRUG_ERA_DRUG_EXPOSURE_COUNT}, NULL},
    {"EraLength", FORM_INTEGER, 0, {COHORT_LENGTH, OMOP_NO_FIELD}, NULL},
    {0},
};
static const struct attribute dose_era_attributes[] = {
    {"EraStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"EraEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    {"Unit", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_DOSE_ERA_UNIT_CONCEPT_ID}, NULL},
    {"DoseValue", FORM_DECIMAL, 0, {COHORT_FIELD, OMOP_DOSE_ERA_DOSE_VALUE}, NULL},
    {"EraLength", FORM_INTEGER, 0, {COHORT_LENGTH, OMOP_NO_FIELD}, NULL},
    {0},
};
static const struct attribute observation_period_attributes[] = {
    {"PeriodStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"PeriodEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    {"PeriodType", FORM_LIST, WITH_SELECTION, {COHORT_FIELD, OMOP_OBSERVATION_PERIOD_PERIOD_TYPE_CONCEPT_ID}, NULL},
    {"PeriodLength", FORM_INTEGER, 0, {COHORT_LENGTH, OMOP_NO_FIELD}, NULL},
    {0},
};
static const struct attribute payer_plan_period_attributes[] = {
    {"PeriodStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
    {"PeriodEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    {"PeriodLength", FORM_INTEGER, 0, {COHORT_LENGTH, OMOP_NO_FIELD}, NULL},
    {"PayerConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_PAYER_CONCEPT_ID}, NULL},
    {"PlanConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_PLAN_CONCEPT_ID}, NULL},
    {"SponsorConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_SPONSOR_CONCEPT_ID}, NULL},
    {"StopReasonConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_STOP_REASON_CONCEPT_ID}, NULL},
    {"PayerSourceConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_PAYER_SOURCE_CONCEPT_ID}, NULL},
    {"PlanSourceConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_PLAN_SOURCE_CONCEPT_ID}, NULL},
    {"SponsorSourceConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_SPONSOR_SOURCE_CONCEPT_ID}, NULL},
    {"StopReasonSourceConcept", FORM_SET, 0, {COHORT_FIELD, OMOP_PAYER_PLAN_PERIOD_STOP_REASON_SOURCE_CONCEPT_ID}, NULL},
    {0},
};

static const struct criterion_type types[] = {
    {
        .name = "ConditionOccurrence",
        .table = OMOP_TABLE_CONDITION_OCCURRENCE,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT,
        .end_rule = COHORT_END_OR_NEXT_DAY,
        .source_concept = "ConditionSourceConcept",
        .attributes = condition_occurrence_attributes,
        .common = STARTS | AGE | GENDER | SPECIALTY | VISIT | ENDS,
    },
    {
        .name = "DrugExposure",
        .table = OMOP_TABLE_DRUG_EXPOSURE,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT,
        .end_rule = COHORT_END_OR_SUPPLY,
        .source_concept = "DrugSourceConcept",
        .attributes = drug_exposure_attributes,
        .common = STARTS | AGE | GENDER | SPECIALTY | VISIT,
    },
    {
        .name = "ProcedureOccurrence",
        .table = OMOP_TABLE_PROCEDURE_OCCURRENCE,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT | TYPE_ONE_DAY,
        .end_rule = COHORT_END_NEXT_DAY,
        .source_concept = "ProcedureSourceConcept",
        .attributes = procedure_occurrence_attributes,
        .common = STARTS | AGE | GENDER | SPECIALTY | VISIT,
    },
    {
        .name = "Measurement",
        .table = OMOP_TABLE_MEASUREMENT,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT | TYPE_ONE_DAY | TYPE_ABNORMAL,
        .end_rule = COHORT_END_NEXT_DAY,
        .source_concept = "MeasurementSourceConcept",
        .attributes = measurement_attributes,
        .common = STARTS | AGE | GENDER | SPECIALTY | VISIT,
    },
    {
        .name = "Observation",
        .table = OMOP_TABLE_OBSERVATION,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT | TYPE_ONE_DAY,
        .end_rule = COHORT_END_NEXT_DAY,
        .source_concept = "ObservationSourceConcept",
        .attributes = observation_attributes,
        .common = STARTS | AGE | GENDER | SPECIALTY | VISIT,
    },
    {
        .name = "DeviceExposure",
        .table = OMOP_TABLE_DEVICE_EXPOSURE,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT,
        .end_rule = COHORT_END_OR_NEXT_DAY,
        .source_concept = "DeviceSourceConcept",
        .attributes = device_exposure_attributes,
        .common = STARTS | AGE | GENDER | SPECIALTY | VISIT | ENDS,
    },
    {
        .name = "VisitOccurrence",
        .table = OMOP_TABLE_VISIT_OCCURRENCE,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT,
        .end_rule = COHORT_END_RECORDED,
        .source_concept = "VisitSourceConcept",
        .attributes = visit_occurrence_attributes,
        .common = STARTS | ENDS | AGE | GENDER | SPECIALTY | PLACE,
    },
    {
        .name = "VisitDetail",
        .table = OMOP_TABLE_VISIT_DETAIL,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT | TYPE_NO_VISIT_COLUMN,
        .end_rule = COHORT_END_RECORDED,
        .source_concept = "VisitDetailSourceConcept",
        .attributes = visit_detail_attributes,
        .common = GENDER_CS | SPECIALTY_CS | PLACE_CS,
    },
    {
        .name = "Death",
        .table = OMOP_TABLE_DEATH,
        .flags = TYPE_CONCEPT_SET | TYPE_ADJUSTMENT | TYPE_ADJUSTS_IN_PLACE | TYPE_ONE_DAY,
        .end_rule = COHORT_END_NEXT_DAY,
        .source_concept = "DeathSourceConcept",
        .attributes = death_attributes,
        .common = STARTS | AGE | GENDER,
    },
    {
        .name = "Specimen",
        .table = OMOP_TABLE_SPECIMEN,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ONE_DAY,
        .end_rule = COHORT_END_NEXT_DAY,
        .ignored_source_concept = "SpecimenSourceConcept",
        .attributes = specimen_attributes,
        .common = STARTS | AGE | GENDER,
    },
    {
        .name = "ConditionEra",
        .table = OMOP_TABLE_CONDITION_ERA,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT | TYPE_NO_VISIT_COLUMN,
        .end_rule = COHORT_END_RECORDED,
        .attributes = condition_era_attributes,
        .common = AGE_START | AGE_END | GENDER,
    },
    {
        .name = "DrugEra",
        .table = OMOP_TABLE_DRUG_ERA,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT | TYPE_GAP_DAYS,
        .end_rule = COHORT_END_RECORDED,
        .attributes = drug_era_attributes,
        .common = AGE_START | AGE_END | GENDER,
    },
    {
        .name = "DoseEra",
        .table = OMOP_TABLE_DOSE_ERA,
        .flags = TYPE_FIRST | TYPE_CONCEPT_SET | TYPE_ADJUSTMENT,
        .end_rule = COHORT_END_RECORDED,
        .attributes = dose_era_attributes,
        .common = AGE_START | AGE_END | GENDER,
    },
    {
        .name = "ObservationPeriod",
        .table = OMOP_TABLE_OBSERVATION_PERIOD,
        .flags = TYPE_FIRST | TYPE_ADJUSTMENT | TYPE_USER_PERIOD,
        .end_rule = COHORT_END_RECORDED,
        .attributes = observation_period_attributes,
        .common = AGE_START | AGE_END,
    },
    {
        .name = "PayerPlanPeriod",
        .table = OMOP_TABLE_PAYER_PLAN_PERIOD,
        .flags = TYPE_FIRST | TYPE_ADJUSTMENT | TYPE_USER_PERIOD | TYPE_NO_DURATION,
        .end_rule = COHORT_END_RECORDED,
        .attributes = payer_plan_period_attributes,
        .common = AGE_START | AGE_END | GENDER,
        .cdm_minor = 3,
    },
    {
        .name = "LocationRegion",
        .table = -1,
        .flags = TYPE_CONCEPT_SET,
        .end_rule = COHORT_END_RECORDED,
        .refusal = "the CDM 5.x has no LOCATION_HISTORY table",
    },
};

const struct criterion_type *criterion_type_find(struct text name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (text_equal(text_of(types[i].name), name)) {
            return &types[i];
        }
    }
    return NULL;
}

/* Columns that are fields of one table. */
static const struct {
    const char *column;
    int table, field;
} count_fields[] = {
    {"ERA_OCCURRENCES", OMOP_TABLE_CONDITION_ERA, OMOP_CONDITION_ERA_CONDITION_OCCURRENCE_COUNT},
    {"ERA_OCCURRENCES", OMOP_TABLE_DRUG_ERA, OMOP_DRUG_ERA_DRUG_EXPOSURE_COUNT},
    {"GAP_DAYS", OMOP_TABLE_DRUG_ERA, OMOP_DRUG_ERA_GAP_DAYS},
    {"QUANTITY", OMOP_TABLE_DRUG_EXPOSURE, OMOP_DRUG_EXPOSURE_QUANTITY},
    {"QUANTITY", OMOP_TABLE_DEVICE_EXPOSURE, OMOP_DEVICE_EXPOSURE_QUANTITY},
    {"QUANTITY", OMOP_TABLE_PROCEDURE_OCCURRENCE, OMOP_PROCEDURE_OCCURRENCE_QUANTITY},
    {"DAYS_SUPPLY", OMOP_TABLE_DRUG_EXPOSURE, OMOP_DRUG_EXPOSURE_DAYS_SUPPLY},
    {"REFILLS", OMOP_TABLE_DRUG_EXPOSURE, OMOP_DRUG_EXPOSURE_REFILLS},
    {"VALUE_AS_NUMBER", OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_VALUE_AS_NUMBER},
    {"VALUE_AS_NUMBER", OMOP_TABLE_OBSERVATION, OMOP_OBSERVATION_VALUE_AS_NUMBER},
    {"VALUE_AS_NUMBER", OMOP_TABLE_DOSE_ERA, OMOP_DOSE_ERA_DOSE_VALUE},
    {"RANGE_LOW", OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_RANGE_LOW},
    {"RANGE_HIGH", OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_RANGE_HIGH},
    {"UNIT", OMOP_TABLE_DOSE_ERA, OMOP_DOSE_ERA_UNIT_CONCEPT_ID},
};

bool criterion_type_is_count_column(struct text column)
{
    static const char *const others[] = {"START_DATE",           "END_DATE", "VISIT_ID", "DOMAIN_CONCEPT", "DURATION", "VISIT_DETAIL_ID",
                                         "DOMAIN_SOURCE_CONCEPT"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (text_equal(text_of(others[i]), column)) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof count_fields / sizeof count_fields[0]; i++) {
        if (text_equal(text_of(count_fields[i].column), column)) {
            return true;
        }
    }
    return false;
}

static struct cohort_value value_of_field(int field, enum cohort_operand operand)
{
    return field == OMOP_NO_FIELD ? (struct cohort_value){COHORT_NOTHING, OMOP_NO_FIELD} : (struct cohort_value){operand, field};
}

bool criterion_type_count_column(const struct criterion_type *type, struct text column, struct cohort_value *out_value)
{
    const struct omop_table_info *table = omop_table(type->table);
    struct cohort_value value = {COHORT_NOTHING, OMOP_NO_FIELD};
    if (text_equal(column, TEXT("START_DATE"))) {
        value.operand = COHORT_START;
    } else if (text_equal(column, TEXT("END_DATE"))) {
        value.operand = COHORT_END;
    } else if (text_equal(column, TEXT("VISIT_ID")) && !(type->flags & TYPE_NO_VISIT_COLUMN)) {
        value = value_of_field(table->visit_field, COHORT_FIELD);
    } else if (text_equal(column, TEXT("DOMAIN_CONCEPT"))) {
        value = value_of_field(table->concept_field, type->table == OMOP_TABLE_DEATH ? COHORT_FIELD_OR_ZERO : COHORT_FIELD);
    } else if (text_equal(column, TEXT("DURATION")) && !(type->flags & TYPE_NO_DURATION)) {
        value.operand = type->flags & TYPE_ONE_DAY ? COHORT_ONE : COHORT_LENGTH;
    } else {
        size_t i = 0, count = sizeof count_fields / sizeof count_fields[0];
        while (i < count && !(count_fields[i].table == type->table && text_equal(text_of(count_fields[i].column), column))) {
            i++;
        }
        if (i == count) {
            return false;
        }
        value = value_of_field(count_fields[i].field, COHORT_FIELD);
    }
    *out_value = value;
    return true;
}
