/* SPDX-License-Identifier: EUPL-1.2 */
/* export_snds: the claims base in tables of the SNDS, with what makes them hard: pseudonyms by who opens the right, twins under one of
 * them, flows that come late, regularisations in three lines, return codes. Codes of illnesses come from the PMSI and from ALD only. */
#include "intake/synthesise/dice.h"
#include "intake/synthesise/export.h"
#include <stdio.h>
#include <string.h>

enum { BENEFICIARY, IDENTITIES, PRS, PHA, BIO, ALD, CAUSE, ESTABLISHMENT, MCO_B, MCO_C, MCO_D, MCO_A };
enum { STREAM_CLAIMS = 51, GP_CONSULTATION = 1110, BIOLOGY = 3211, PHARMACY_65 = 3313, PSEUDONYM_SIZE = 18, FLUX_YEARS_MAX = 2 };
#define PRS_KEY "FLX_DIS_DTD,FLX_TRT_DTD,FLX_EMT_TYP,FLX_EMT_NUM,FLX_EMT_ORD,ORG_CLE_NUM,DCT_ORD_NUM,PRS_ORD_NUM,REM_TYP_AFF"
const struct sheet_layout export_snds_layout[8] = {
    [BENEFICIARY] = {"IR_BEN_R.csv", "BEN_NIR_PSA,BEN_RNG_GEM,BEN_NIR_ANO,BEN_IDT_ANO,BEN_IDT_TOP,BEN_CDI_NIR,BEN_NAI_ANN,BEN_NAI_MOI,"
                                     "BEN_SEX_COD,BEN_DCD_DTE,BEN_RES_DPT,BEN_RES_COM,BEN_DTE_INS,BEN_DTE_MAJ,MAX_TRT_DTD"},
    [IDENTITIES] = {"identites.csv", "ben_nir_psa,ben_rng_gem,nir_assure,nir,birth_name,used_name,given_names,birth_date,sex,birth_place,"
                                     "residence"},
    [PRS] = {"ER_PRS_F.csv", PRS_KEY ",BEN_NIR_PSA,BEN_RNG_GEM,EXE_SOI_DTD,EXE_SOI_DTF,PRS_NAT_REF,PRS_ACT_QTE,DPN_QLF,PRS_DPN_QLP,"
                                     "CPL_MAJ_TOP,PSE_SPE_COD,PSP_SPE_COD,BEN_RES_DPT,BEN_RES_COM,ORG_AFF_BEN,RGM_GRG_COD,BEN_CDI_NIR"},
    [PHA] = {"ER_PHA_F.csv", PRS_KEY ",PHA_ORD_NUM,PHA_PRS_C13,PHA_ACT_QSN,PHA_DEC_TOP"},
    [BIO] = {"ER_BIO_F.csv", PRS_KEY ",BIO_ORD_NUM,BIO_PRS_IDE,BIO_ACT_QSN"},
    [ALD] = {"IR_IMB_R.csv",
             "BEN_NIR_PSA,BEN_RNG_GEM,IMB_ALD_NUM,IMB_ALD_DTD,IMB_ALD_DTF,IMB_ETM_NAT,MED_MTF_COD,MED_NCL_IDT,INS_DTE,UPD_DTE"},
    [CAUSE] = {"KI_CCI_R.csv", "DCD_IDT_ENC,BEN_IDT_ANO,BEN_IDT_TOP,DCD_IDT_TOP,BEN_DCD_DTE,DCD_CIM_COD"},
    [ESTABLISHMENT] = {"BE_IDE_R.csv", "IDE_ETA_NUM,IDE_ETA_NU8"},
};

/* ---- pseudonyms: a stand-in for FOIN, whose algorithm is not public (SNDS-FOIN). Not a secret: the population is not either. ---- */
static void pseudonym(const char *kind, const char *nir, const char *birth_date, char sex, char out[PSEUDONYM_SIZE])
{
    char text[64];
    uint64_t hash = 1469598103934665603u;
    snprintf(text, sizeof text, "%s/%s/%s/%c", kind, nir, birth_date, sex);
    for (const char *p = text; *p; p++) {
        hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    }
    struct dice dice = dice_of(hash, 0, 0);
    snprintf(out, PSEUDONYM_SIZE, "%c%016llX", kind[0], (unsigned long long)dice_next(&dice));
}

struct claims {
    const struct export_file *file;
    size_t first;
    struct dice dice;
    char psa[2][PSEUDONYM_SIZE], ano[PSEUDONYM_SIZE];
    int64_t rank; /* BEN_RNG_GEM */
    char department[4], commune[4];
    int64_t line; /* PRS_ORD_NUM */
    char key[80]; /* of the columns of PRS_KEY, those that are the same for all lines of the person */
    size_t key_length;
};

static const char *psa_on(const struct claims *claims, int32_t date)
{
    const struct civil *civil = claims->file->person->civil;
    return claims->psa[civil->opener_count > 1 && (date / 120) % 2 == 1 ? 1 : 0];
}

static void split_place(const char *place, char department[4], char commune[4])
{
    if (place[1] == 'A' || place[1] == 'B') {
        snprintf(department, 4, "209"); /* Corsica in the general scheme */
    } else {
        snprintf(department, 4, "0%.2s", place);
    }
    snprintf(commune, 4, "%.3s", place + 2);
}

static bool beneficiary(struct claims *claims, struct error *err)
{
    const struct export_person *person = claims->file->person;
    const struct life *life = person->life;
    const struct civil_file *says = &claims->file->says;
    int year, month, day_of_month, alive_year, alive_month, alive_day;
    day_to_civil(life->birth, &year, &month, &day_of_month);
    day_to_civil(life->observed_to, &alive_year, &alive_month, &alive_day);
    char death[DAY_TEXT_SIZE] = "1600-01-01"; /* alive */
    if (life->is_dead) {
        day_to_text(life->death, death);
    }
    const char *certification = person->civil->is_number_provisional ? "03" : "00";
    for (int i = 0; i < person->civil->opener_count; i++) {
        TRY(sheet_row(person->sheets, claims->first + BENEFICIARY, err, "tittttiiitttddd", claims->psa[i], claims->rank, claims->ano,
                      claims->ano[0] ? claims->ano : claims->psa[i], claims->ano[0] ? "1" : "0", certification, (int64_t)year,
                      (int64_t)month, (int64_t)(life->is_female ? 2 : 1), death, claims->department, claims->commune,
                      life->observed_from.number, life->observed_to.number, life->observed_to.number));
        TRY(sheet_row(person->sheets, claims->first + IDENTITIES, err, "tittttttttt", claims->psa[i], claims->rank,
                      person->civil->openers[i], person->civil->nir, says->birth_name, says->used_name, says->given, says->birth_date,
                      life->is_female ? "F" : "M", says->birth_place, says->residence));
    }
    export_count(claims->file, EXPORT_PERSONS);
    char local_id[EXPORT_ID_SIZE]; /* BEN_IDT_ANO, or PSA and rank */
    snprintf(local_id, sizeof local_id, "%s", claims->ano);
    if (!claims->ano[0]) {
        snprintf(local_id, sizeof local_id, "%s%lld", claims->psa[0], (long long)claims->rank);
    }
    return export_truth_link(claims->file, local_id, err);
}

/* ---- DCIR ---- */
struct service {
    int32_t date;
    int64_t nature, specialty, quantity;
    const char *cip, *nabm;
};

static int32_t flux_of(struct claims *claims, int32_t date)
{
    double u = dice_unit(&claims->dice); /* 60, 85, 95, 99 % after 1, 2, 3, 6 months */
    int months = u < 0.60 ? 1 : u < 0.85 ? 2 : u < 0.95 ? 3 : u < 0.99 ? 6 : 9;
    int year, month, day_of_month;
    day first = {0};
    day_to_civil((day){date}, &year, &month, &day_of_month);
    month += months;
    bool is_date = day_from_civil(year + (month - 1) / 12, (month - 1) % 12 + 1, 1, &first);
    return is_date ? first.number : date;
}

/* The nine columns of PRS_KEY. Most of what this file writes are these, so nothing is formatted but what changes from line to line. */
static bool key_columns(struct claims *claims, size_t sheet, int32_t flux, struct error *err)
{
    struct buffer *out = &claims->file->person->sheets->buffers[claims->first + sheet];
    char dates[2 * DAY_TEXT_SIZE], line[TEXT_NUMBER_SIZE];
    day_to_text((day){flux}, dates);
    dates[DAY_TEXT_SIZE - 1] = ',';
    memcpy(dates + DAY_TEXT_SIZE, dates, DAY_TEXT_SIZE);
    return buffer_append(out, dates, sizeof dates, err) && buffer_append(out, claims->key, claims->key_length, err) &&
           buffer_append(out, line, text_from_i64(claims->line, line), err) && buffer_append(out, ",0,", 3, err);
}

static bool service_line(struct claims *claims, const struct service *service, int64_t quantity, struct error *err)
{
    struct sheets *sheets = claims->file->person->sheets;
    int32_t flux = flux_of(claims, service->date);
    claims->line++;
    TRY(key_columns(claims, PRS, flux, err));
    TRY(sheet_row(sheets, claims->first + PRS, err, "tiddiiiiiiittttt", psa_on(claims, service->date), claims->rank, service->date,
                  service->date, service->nature, quantity, (int64_t)0, (int64_t)0, (int64_t)0, service->specialty,
                  (int64_t)(service->cip || service->nabm ? 1 : 0), claims->department, claims->commune, "01C751000", "01",
                  claims->file->person->civil->is_number_provisional ? "03" : "00"));
    if (service->cip) {
        TRY(key_columns(claims, PHA, flux, err));
        TRY(sheet_row(sheets, claims->first + PHA, err, "itit", (int64_t)1, service->cip, quantity, ""));
    }
    if (service->nabm) {
        TRY(key_columns(claims, BIO, flux, err));
        TRY(sheet_row(sheets, claims->first + BIO, err, "iti", (int64_t)1, service->nabm, quantity));
    }
    return true;
}

/* A wrong line, its negative and its correction, now and then. */
static bool service(struct claims *claims, const struct service *service, struct error *err)
{
    if (dice_unit(&claims->dice) < claims->file->person->noise->shares[NOISE_REGULARISED]) {
        TRY(service_line(claims, service, service->quantity, err) && service_line(claims, service, -service->quantity, err));
    }
    return service_line(claims, service, service->quantity, err);
}

/* ---- PMSI MCO ---- */
static const char *code_in_claims(const struct timeline_event *event)
{
    /* Where a hospital says more than the code, the claims base says less: a code that maps to nothing. */
    return strcmp(export_code_of(event).system, "LOCAL") == 0 ? "Z099" : event->source_code;
}

static bool stay(struct claims *claims, size_t index, struct error *err)
{
    const struct export_person *person = claims->file->person;
    const struct timeline_event *event = &person->timeline->items[index];
    struct sheets *sheets = person->sheets;
    int year = day_year((day){event->end});
    int64_t month;
    int end_month, end_day, end_year;
    day_to_civil((day){event->end}, &end_year, &end_month, &end_day);
    month = end_month;
    size_t base = claims->first + MCO_B + 4 * (size_t)(year - EXPORT_YEAR_FIRST);
    const char *finess = export_finess(event->care_site);
    char rsa[12];
    snprintf(rsa, sizeof rsa, "%07llu%03u", (unsigned long long)((person->life->person + 1) % 10000000u), (unsigned)(index % 1000));
    bool is_wrong = dice_unit(&claims->dice) < person->noise->shares[NOISE_RETURN_CODE];
    bool is_junk = dice_unit(&claims->dice) < person->noise->shares[NOISE_NIR_ANO_JUNK];
    const char *principal = "";
    for (size_t i = index + 1; i < person->timeline->count && person->timeline->items[i].visit == index; i++) {
        const struct timeline_event *part = &person->timeline->items[i];
        if (part->kind == TIMELINE_CONDITION && !principal[0]) {
            principal = code_in_claims(part);
        } else if (part->kind == TIMELINE_CONDITION) {
            TRY(sheet_row(sheets, base + 2, err, "ttt", finess, rsa, code_in_claims(part)));
        } else if (part->kind == TIMELINE_PROCEDURE) {
            TRY(sheet_row(sheets, base + 3, err, "ttttiii", finess, rsa, part->source_code, "1", (int64_t)0,
                          (int64_t)(part->start - event->start), (int64_t)1));
        }
    }
    TRY(sheet_row(sheets, base, err, "tttttiittiii", finess, rsa, principal[0] ? principal : "Z099", "", "23M06T",
                  (int64_t)life_age_years(person->life, event->start), (int64_t)(person->life->is_female ? 2 : 1), "8", "8",
                  (int64_t)(event->end - event->start), (int64_t)year, month));
    TRY(sheet_row(sheets, base + 1, err, "tttddiiiii", finess, rsa, is_junk ? "xxxxxxxxxxxxxxxxx" : psa_on(claims, event->start),
                  event->start, event->end, (int64_t)(is_wrong ? 1 : 0), (int64_t)0, (int64_t)0, (int64_t)0, (int64_t)0));
    if (!is_wrong && !is_junk) {
        export_count(claims->file, EXPORT_VISITS);
    }
    return true;
}

static bool events(struct claims *claims, struct error *err)
{
    const struct timeline *timeline = claims->file->person->timeline;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_event *event = &timeline->items[i];
        char cip[14];
        if (event->kind == TIMELINE_VISIT && event->care_site == EXPORT_CLAIMS) {
            struct service consultation = {.date = event->start, .nature = GP_CONSULTATION, .specialty = 1, .quantity = 1};
            TRY(service(claims, &consultation, err));
        } else if (event->kind == TIMELINE_VISIT && event->concept_id == TIMELINE_INPATIENT) {
            TRY(stay(claims, i, err));
        } else if (event->kind == TIMELINE_DRUG && event->care_site == EXPORT_CLAIMS) {
            export_cip13(event->source_code, cip);
            struct service dispensing = {.date = event->start, .nature = PHARMACY_65, .specialty = 0, .quantity = 1, .cip = cip};
            TRY(service(claims, &dispensing, err));
            export_count(claims->file, EXPORT_DRUGS);
        } else if (event->kind == TIMELINE_MEASUREMENT && event->care_site == EXPORT_CLAIMS && export_nabm(event->source_code)) {
            struct service analysis = {
                .date = event->start, .nature = BIOLOGY, .specialty = 0, .quantity = 1, .nabm = export_nabm(event->source_code)};
            TRY(service(claims, &analysis, err));
            export_count(claims->file, EXPORT_MEASUREMENTS);
        }
    }
    return true;
}

/* Illnesses of the list of long-term conditions, from their onset in the window. */
static bool long_term(struct claims *claims, struct error *err)
{
    static const char *const listed[] = {"E11", "I50", "I63", "J44", "F03", "N18", "C"};
    const struct life *life = claims->file->person->life;
    for (int i = 0; i < SYNTHESIS_CHRONIC_COUNT; i++) {
        const char *code = synthesis_chronic[i].source_code;
        bool is_listed = false;
        for (size_t k = 0; k < sizeof listed / sizeof listed[0]; k++) {
            is_listed = is_listed || strncmp(code, listed[k], strlen(listed[k])) == 0;
        }
        if (is_listed && life->onset[i] >= life->observed_from.number && life->onset[i] <= life->observed_to.number) {
            TRY(sheet_row(claims->file->person->sheets, claims->first + ALD, err, "tiiddittdd", claims->psa[0], claims->rank, (int64_t)30,
                          life->onset[i], life->onset[i] + 3650, (int64_t)41, code, "", life->onset[i] + 30, life->onset[i] + 30));
        }
    }
    return true;
}

static bool death(struct claims *claims, struct error *err)
{
    const struct life *life = claims->file->person->life;
    if (!life->is_dead) {
        return true;
    }
    char certificate[24];
    snprintf(certificate, sizeof certificate, "D%llu", (unsigned long long)life->person + 1);
    const char *cause =
        life->cancer >= 0 && life->cancer_onset <= life->death.number && life->cancer_concept == synthesis_cancers[life->cancer].concept_id
            ? "C969"
            : "R99";
    export_count(claims->file, EXPORT_DEATHS);
    return sheet_row(claims->file->person->sheets, claims->first + CAUSE, err, "ttttdt", certificate,
                     claims->ano[0] ? claims->ano : claims->psa[0], claims->ano[0] ? "1" : "0", "1", life->death.number, cause);
}

bool export_snds(const struct export_file *file, size_t first, struct error *err)
{
    const struct export_person *person = file->person;
    struct claims claims = {.file = file, .first = first, .dice = dice_of(person->life->seed, person->life->person, STREAM_CLAIMS)};
    char birth[DAY_TEXT_SIZE], place[CIVIL_PLACE_SIZE];
    day_to_text(person->life->birth, birth);
    for (int i = 0; i < person->civil->opener_count; i++) {
        pseudonym("P", person->civil->openers[i], birth, person->life->is_female ? '2' : '1', claims.psa[i]);
    }
    if (!person->civil->is_number_provisional) {
        pseudonym("A", person->civil->nir, birth, '0', claims.ano);
    }
    claims.key_length = (size_t)snprintf(claims.key, sizeof claims.key, "1,%u,1,01C751000,%llu,", (unsigned)(person->life->person % 9000),
                                         (unsigned long long)person->life->person + 1);
    claims.rank = person->civil->twin_rank > 0 ? person->civil->twin_rank : 1;
    civil_residence(person->civil, person->life, person->noise, person->life->observed_to.number, place);
    split_place(place, claims.department, claims.commune);
    if (person->life->person == 0) {
        for (int i = 0; i < EXPORT_CLAIMS; i++) {
            char without_key[9];
            snprintf(without_key, sizeof without_key, "%.8s", export_finess(i));
            TRY(sheet_row(person->sheets, first + ESTABLISHMENT, err, "tt", export_finess(i), without_key));
        }
    }
    return beneficiary(&claims, err) && events(&claims, err) && long_term(&claims, err) && death(&claims, err);
}
