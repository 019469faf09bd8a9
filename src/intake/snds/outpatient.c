/* SPDX-License-Identifier: EUPL-1.2 */
/* outpatient: contacts in a hospital without a stay (ACE). T_MCOaaCSTC has the person and the date, the other tables what was done. */
#include "intake/snds/stays.h"
#include <string.h>

static void person(struct rows *rows, struct stay *stay)
{
    static const int returns[] = {MCO_CSTC_NIR_RET, MCO_CSTC_NAI_RET, MCO_CSTC_SEX_RET, MCO_CSTC_IAS_RET, MCO_CSTC_ENT_DAT_RET};
    static const struct stay_columns columns = {MCO_CSTC_NIR_ANO_17,  MCO_CSTC_ETA_NUM, MCO_CSTC_EXE_SOI_DTD,
                                                MCO_CSTC_EXE_SOI_DTF, MCO_CSTC_ENT_DAT, MCO_CSTC_SOR_DAT};
    stay->nights = -1;
    for (size_t i = 0; i < sizeof returns / sizeof returns[0]; i++) {
        if (rows_has(rows, returns[i]) && !rows_is(rows, returns[i], "0")) {
            stay->outcome = OUTCOME_RETURN_CODE;
        }
    }
    stay_describe(rows, stay, &columns, true);
}

/* The kind of contact and the specialty: ATU is an emergency department. */
static void fill_contact(struct rows *rows, struct stay *stay, int act_column, int specialty_column)
{
    char specialty[UNIT_SIZE];
    stay->is_emergency |= text_equal_fold(rows_plain(rows, act_column), TEXT("ATU"));
    if (stay->specialty[0] == 0 && value_clean(rows_code(rows, specialty_column), specialty, sizeof specialty) &&
        strcmp(specialty, "0") != 0) {
        memcpy(stay->specialty, specialty, sizeof specialty);
    }
}

static void fill_consultation(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)event;
    fill_contact(rows, stay, MCO_FCSTC_ACT_COD, MCO_FCSTC_EXE_SPE);
}

static void fill_service(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)event;
    fill_contact(rows, stay, MCO_FBSTC_ACT_COD, MCO_FBSTC_EXE_SPE);
}

/* Where in the hospital it was. */
static void fill_place(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)event;
    char site[FINESS_SIZE];
    if (value_finess_pmsi(rows_plain(rows, MCO_FASTC_ETA_NUM_GEO), site)) {
        memcpy(stay->care_site, site, sizeof site);
    }
}

static void set_code(struct stay_event *event, enum stay_kind kind, bool is_read, struct text text)
{
    event->kind = (uint8_t)kind;
    if (!is_read) {
        event->code[0] = 0;
        stay_outcome(&event->outcome, text.length == 0 ? OUTCOME_NO_CODE : OUTCOME_JUNK_CODE);
    }
}

static void set_delay(const struct rows *rows, int column, struct stay_event *event)
{
    int64_t delay = 0;
    event->delay = rows_integer(rows, column, &delay) && delay >= 0 && delay <= 3650 ? (int32_t)delay : 0;
}

static void fill_act(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    struct text code = rows_plain(rows, MCO_FMSTC_CCAM_COD);
    struct text activity = rows_code(rows, MCO_FMSTC_ACV_ACT), phase = rows_code(rows, MCO_FMSTC_PHA_ACT);
    set_code(event, STAY_ACT, value_ccam(code, event->code), code);
    if ((activity.length > 0 && !text_equal(activity, TEXT("1"))) || (phase.length > 0 && !text_equal(phase, TEXT("0")))) {
        stay_outcome(&event->outcome, OUTCOME_ANCILLARY_ACTIVITY);
    }
    set_delay(rows, MCO_FMSTC_DEL_DAT_ENT, event);
}

static void fill_biology(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    double number = 0;
    struct text code = rows_plain(rows, MCO_FLSTC_NABM_COD);
    set_code(event, STAY_BIOLOGY, value_digits(code, 4, event->code), code);
    event->quantity = rows_number(rows, MCO_FLSTC_ACT_NBR, &number) ? (float)number : 1;
    set_delay(rows, MCO_FLSTC_DEL_DAT_ENT, event);
}

static void fill_drug(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    double number = 0;
    struct text code = rows_plain(rows, MCO_FHSTC_UCD_UCD_COD);
    code = code.length > 0 ? code : rows_plain(rows, MCO_FHSTC_UCD_COD);
    set_code(event, STAY_DRUG, value_ucd(code, event->code), code);
    event->quantity = rows_number(rows, MCO_FHSTC_QUA, &number) ? (float)number : 1;
    set_delay(rows, MCO_FHSTC_DEL_DAT_ENT, event);
}

bool outpatient_read(struct run *run, struct error *err)
{
    static const struct stay_table people = {SNDS_MCO_CSTC, MCO_CSTC_ETA_NUM, MCO_CSTC_SEQ_NUM, NULL, NULL};
    static const struct stay_table tables[] = {
        {SNDS_MCO_FASTC, MCO_FASTC_ETA_NUM, MCO_FASTC_SEQ_NUM, fill_place, NULL},
        {SNDS_MCO_FBSTC, MCO_FBSTC_ETA_NUM, MCO_FBSTC_SEQ_NUM, fill_service, NULL},
        {SNDS_MCO_FCSTC, MCO_FCSTC_ETA_NUM, MCO_FCSTC_SEQ_NUM, fill_consultation, NULL},
        {SNDS_MCO_FMSTC, MCO_FMSTC_ETA_NUM, MCO_FMSTC_SEQ_NUM, fill_act, NULL},
        {SNDS_MCO_FLSTC, MCO_FLSTC_ETA_NUM, MCO_FLSTC_SEQ_NUM, fill_biology, NULL},
        {SNDS_MCO_FHSTC, MCO_FHSTC_ETA_NUM, MCO_FHSTC_SEQ_NUM, fill_drug, NULL},
    };
    return stays_read(run, true, &people, person, tables, sizeof tables / sizeof tables[0], err);
}
