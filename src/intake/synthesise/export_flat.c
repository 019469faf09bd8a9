/* SPDX-License-Identifier: EUPL-1.2 */
/* export_flat: a hospital that exports flat CSV files, in the layout of AP-HP's raw layer. */
#include "intake/synthesise/dice.h"
#include "intake/synthesise/export.h"
#include <stdio.h>
#include <string.h>

enum { PATIENT, ADDRESS, STAY, DIAGNOSIS, ACT, BIOLOGY, CARE, PRESCRIPTION, ADMINISTRATION };
const struct sheet_layout export_flat_layout[EXPORT_FLAT_SHEETS] = {
    [PATIENT] = {"patient.csv", "patient_id,nom,prenom,nir,ins,date_naissance,sexe,date_deces,source_deces,rang_gemellaire"},
    [ADDRESS] = {"patient_adresse.csv", "patient_adresse_id,patient_id,code_geographique_residence,date_recueil"},
    [STAY] = {"donnees_pmsi.csv", "pmsi_id,patient_id,mode_entree,mode_sortie,date_debut_sejour,date_fin_sejour,etablissement,service"},
    [DIAGNOSIS] = {"diagnostics.csv", "diagnostic_id,patient_id,pmsi_id,code_diagnostic,type_diagnostic,date_recueil"},
    [ACT] = {"actes.csv", "acte_id,patient_id,pmsi_id,code_acte,date_acte"},
    [BIOLOGY] = {"biologie.csv",
                 "biologie_id,patient_id,code_loinc,valeur,unite,date_prelevement,statut_validation,borne_inf_normale,borne_sup_normale"},
    [CARE] = {"dossier_soins.csv", "soin_id,patient_id,code_loinc,valeur,unite,date_mesure"},
    [PRESCRIPTION] = {"prescription.csv", "prescription_id,patient_id,code_atc,date_prescription,date_debut_prescription,"
                                          "date_fin_prescription"},
    [ADMINISTRATION] = {"administration.csv", "administration_id,patient_id,prescription_id,code_atc,date_heure_debut,date_heure_fin"},
};

static int64_t id_of(const struct export_file *file, size_t event)
{
    return ((int64_t)file->person->life->person + 1) * 16384 + (int64_t)event + 1;
}

static bool patient(const struct export_file *file, size_t first, struct error *err)
{
    const struct civil_file *says = &file->says;
    struct sheets *sheets = file->person->sheets;
    char nir[CIVIL_NIR_SIZE + 2] = "", death[DAY_TEXT_SIZE] = "";
    if (says->nir[0]) {
        snprintf(nir, sizeof nir, "%s%02u", says->nir, (unsigned)civil_nir_key(says->nir) % 100u);
    }
    if (file->death_known) {
        day_to_text(file->person->life->death, death);
        export_count(file, EXPORT_DEATHS);
    }
    export_count(file, EXPORT_PERSONS);
    TRY(sheet_row(sheets, first + PATIENT, err, "ttttttttti", file->local_id, says->birth_name, says->first_given, nir,
                  says->is_qualified ? nir : "", says->birth_date, says->sex == 'F' ? "f" : "h", death, file->death_known ? "hopital" : "",
                  (int64_t)(says->twin_rank > 0 ? says->twin_rank : 1)));
    return sheet_row(sheets, first + ADDRESS, err, "ittd", id_of(file, 0), file->local_id, says->residence,
                     file->person->life->observed_to.number);
}

static bool measurement(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    const struct synthesis_measurement *measurement = event->measurement;
    export_count(file, EXPORT_MEASUREMENTS);
    if (export_nabm(event->source_code)) {
        return sheet_row(file->person->sheets, first + BIOLOGY, err, "ittntdtnn", id_of(file, index), file->local_id, event->source_code,
                         event->value, measurement->decimals, measurement->unit_source, event->start, "valide", measurement->low,
                         measurement->decimals, measurement->high, measurement->decimals);
    }
    return sheet_row(file->person->sheets, first + CARE, err, "ittntd", id_of(file, index), file->local_id, event->source_code,
                     event->value, measurement->decimals, measurement->unit_source, event->start);
}

static bool drug(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct export_code code = export_code_of(event);
    TRY(sheet_row(file->person->sheets, first + PRESCRIPTION, err, "ittddd", id_of(file, index), file->local_id, code.code, event->start,
                  event->start, event->end));
    export_count(file, EXPORT_DRUGS);
    return sheet_row(file->person->sheets, first + ADMINISTRATION, err,
                     "itit"
                     "dd",
                     id_of(file, index), file->local_id, id_of(file, index), code.code, event->start, event->end);
}

static bool stay(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    export_count(file, EXPORT_VISITS);
    return sheet_row(file->person->sheets, first + STAY, err, "itttddtt", id_of(file, index), file->local_id,
                     event->concept_id == TIMELINE_EMERGENCY ? "Urgences" : "Domicile", "Domicile", event->start, event->end,
                     export_finess(file->holder), event->concept_id == TIMELINE_OUTPATIENT ? "Consultation" : "Hospitalisation");
}

static bool is_first_of_visit(const struct timeline *timeline, size_t index)
{
    for (size_t i = index; i-- > timeline->items[index].visit;) {
        if (timeline->items[i].kind == TIMELINE_CONDITION) {
            return false;
        }
    }
    return true;
}

static bool diagnosis(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct export_code code = export_code_of(event);
    char dotted[sizeof code.code + 1];
    size_t length = strlen(code.code);
    if (strcmp(code.system, "CIM10") == 0 && length > 3) {
        snprintf(dotted, sizeof dotted, "%.3s.%s", code.code, code.code + 3);
    } else {
        snprintf(dotted, sizeof dotted, "%s", code.code);
    }
    export_count(file, EXPORT_CONDITIONS);
    return sheet_row(file->person->sheets, first + DIAGNOSIS, err, "itittd", id_of(file, index), file->local_id, id_of(file, event->visit),
                     dotted, is_first_of_visit(file->person->timeline, index) ? "Principal" : "Associé", event->start);
}

bool export_flat(const struct export_file *file, size_t first, struct error *err)
{
    if (!file->in_file) {
        return true;
    }
    TRY(patient(file, first, err));
    for (size_t i = 0; i < file->person->timeline->count; i++) {
        const struct timeline_event *event = &file->person->timeline->items[i];
        if (!file->in_file[i]) {
            continue;
        }
        switch (event->kind) {
        case TIMELINE_VISIT:
            TRY(stay(file, first, i, err));
            break;
        case TIMELINE_CONDITION:
        case TIMELINE_OBSERVATION: /* these files have no place for "history of": it is one more diagnosis */
            TRY(diagnosis(file, first, i, err));
            break;
        case TIMELINE_DRUG:
            TRY(drug(file, first, i, err));
            break;
        case TIMELINE_PROCEDURE:
            export_count(file, EXPORT_PROCEDURES);
            TRY(sheet_row(file->person->sheets, first + ACT, err, "ititd", id_of(file, i), file->local_id, id_of(file, event->visit),
                          event->source_code, event->start));
            break;
        case TIMELINE_MEASUREMENT:
            TRY(measurement(file, first, i, err));
            break;
        case TIMELINE_CANCER:
        default:
            break;
        }
    }
    return true;
}
