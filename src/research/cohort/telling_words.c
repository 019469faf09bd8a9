/* SPDX-License-Identifier: EUPL-1.2 */
/* The names of tables and fields as a clinician calls them. */
#include "research/cohort/telling.h"
#include <string.h>

struct pair {
    const char *name, *english, *french;
};

static const struct pair table_words[] = {
    {"condition_occurrence", "condition", "affection"},
    {"drug_exposure", "drug exposure", "exposition médicamenteuse"},
    {"procedure_occurrence", "procedure", "acte"},
    {"measurement", "measurement", "mesure"},
    {"observation", "observation", "observation"},
    {"device_exposure", "device exposure", "exposition à un dispositif"},
    {"visit_occurrence", "visit", "séjour ou consultation"},
    {"visit_detail", "visit detail", "détail de séjour"},
    {"death", "death", "décès"},
    {"specimen", "specimen", "prélèvement"},
    {"condition_era", "condition era", "période d'affection"},
    {"drug_era", "drug era", "période de traitement"},
    {"dose_era", "dose era", "période à dose constante"},
    {"observation_period", "observation period", "période d'observation"},
    {"payer_plan_period", "payer plan period", "période de couverture"},
};

static const struct pair field_words[] = {
    {"stop_reason", "stop reason", "motif d'arrêt"},
    {"condition_status_concept_id", "condition status", "statut de l'affection"},
    {"refills", "refills", "renouvellements"},
    {"quantity", "quantity", "quantité"},
    {"days_supply", "days of supply", "jours de traitement délivrés"},
    {"route_concept_id", "route", "voie d'administration"},
    {"lot_number", "lot number", "numéro de lot"},
    {"modifier_concept_id", "modifier", "modificateur"},
    {"operator_concept_id", "operator", "opérateur"},
    {"value_as_number", "value", "valeur"},
    {"value_as_concept_id", "value", "valeur"},
    {"value_as_string", "value", "valeur"},
    {"unit_concept_id", "unit", "unité"},
    {"range_low", "lower limit of normal", "borne inférieure de la normale"},
    {"range_high", "upper limit of normal", "borne supérieure de la normale"},
    {"qualifier_concept_id", "qualifier", "qualificatif"},
    {"unique_device_id", "device identifier", "identifiant du dispositif"},
    {"anatomic_site_concept_id", "anatomic site", "site anatomique"},
    {"disease_status_concept_id", "disease status", "statut de la maladie"},
    {"specimen_source_id", "specimen source identifier", "identifiant source du prélèvement"},
    {"condition_occurrence_count", "number of occurrences", "nombre d'occurrences"},
    {"drug_exposure_count", "number of exposures", "nombre d'expositions"},
    {"dose_value", "dose", "dose"},
    {"gap_days", "gap days", "jours d'interruption"},
    {"payer_concept_id", "payer", "payeur"},
    {"plan_concept_id", "plan", "contrat"},
    {"sponsor_concept_id", "sponsor", "souscripteur"},
    {"stop_reason_concept_id", "stop reason", "motif d'arrêt"},
    {"payer_source_concept_id", "payer (source)", "payeur (source)"},
    {"plan_source_concept_id", "plan (source)", "contrat (source)"},
    {"sponsor_source_concept_id", "sponsor (source)", "souscripteur (source)"},
    {"stop_reason_source_concept_id", "stop reason (source)", "motif d'arrêt (source)"},
    {"gender_concept_id", "sex", "sexe"},
    {"race_concept_id", "race", "race"},
    {"ethnicity_concept_id", "ethnicity", "ethnicité"},
    {"visit_occurrence_id", "visit", "séjour"},
};

static const char *find(const struct telling *t, const struct pair *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pairs[i].name, name) == 0) {
            return word(t, pairs[i].english, pairs[i].french);
        }
    }
    return NULL;
}

const char *table_word(const struct telling *t, int table)
{
    const char *name = omop_table(table)->name, *found = find(t, table_words, sizeof table_words / sizeof table_words[0], name);
    return found ? found : name;
}

static const char *field_word(const struct telling *t, int table, int field)
{
    const struct omop_table_info *info = omop_table(table);
    const char *name = info->fields[field].name, *found = find(t, field_words, sizeof field_words / sizeof field_words[0], name);
    if (found) {
        return found;
    }
    if (strstr(name, "_type_concept_id")) {
        return word(t, "type of record", "type d'enregistrement");
    }
    return field == info->concept_field ? "concept" : name;
}

const char *value_word(const struct telling *t, int table, struct cohort_value value)
{
    switch (value.operand) {
    case COHORT_FIELD:
    case COHORT_FIELD_OR_ZERO:
        return field_word(t, table, value.field);
    case COHORT_PERSON:
        return field_word(t, OMOP_TABLE_PERSON, value.field);
    case COHORT_START:
        return word(t, "start date", "date de début");
    case COHORT_END:
        return word(t, "end date", "date de fin");
    case COHORT_LENGTH:
    case COHORT_ONE:
        return word(t, "duration", "durée");
    case COHORT_AGE_AT_START:
        return word(t, "age at the start", "âge au début");
    case COHORT_AGE_AT_END:
        return word(t, "age at the end", "âge à la fin");
    case COHORT_PROVIDER_SPECIALTY:
        return word(t, "specialty of the provider", "spécialité du professionnel");
    case COHORT_VISIT_CONCEPT:
        return word(t, "type of visit", "type de séjour");
    case COHORT_PLACE_OF_SERVICE:
        return word(t, "place of care", "lieu de soins");
    case COHORT_RATIO_TO_LOW:
        return word(t, "value divided by the lower limit of normal", "valeur rapportée à la borne inférieure de la normale");
    case COHORT_RATIO_TO_HIGH:
        return word(t, "value divided by the upper limit of normal", "valeur rapportée à la borne supérieure de la normale");
    case COHORT_NOTHING:
        break;
    }
    return word(t, "visit (none is recorded)", "séjour (non enregistré)");
}
