/* SPDX-License-Identifier: EUPL-1.2 */
/* mco: stays in acute care. T_MCOaaC has the person and the dates, T_MCOaaB the stay, the other tables what was found and done. */
#include "intake/snds/stays.h"
#include <stdio.h>
#include <string.h>

/* Every return code that the table has must be 0: then dates, numbers, sex and stay belong together. */
static bool returns_are_clean(const struct rows *rows, const int *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rows_has(rows, columns[i]) && !rows_is(rows, columns[i], "0")) {
            return false;
        }
    }
    return true;
}

void mco_person(struct rows *rows, struct stay *stay)
{
    static const int returns[] = {MCO_C_NIR_RET, MCO_C_NAI_RET, MCO_C_SEX_RET,     MCO_C_SEJ_RET,    MCO_C_FHO_RET,
                                  MCO_C_PMS_RET, MCO_C_DAT_RET, MCO_C_COH_NAI_RET, MCO_C_COH_SEX_RET};
    static const struct stay_columns columns = {MCO_C_NIR_ANO_17,  MCO_C_ETA_NUM, MCO_C_EXE_SOI_DTD,
                                                MCO_C_EXE_SOI_DTF, MCO_C_ENT_DAT, MCO_C_SOR_DAT};
    if (!returns_are_clean(rows, returns, sizeof returns / sizeof returns[0])) {
        stay->outcome = OUTCOME_RETURN_CODE;
    }
    stay_describe(rows, stay, &columns, false);
}

/* ---- T_MCOaaB ---- */

static void mode_of(const struct rows *rows, int mode_column, int place_column, char out[UNIT_SIZE])
{
    struct text mode = rows_code(rows, mode_column), place = rows_code(rows, place_column);
    char clean_mode[4], clean_place[4];
    out[0] = 0;
    if (value_clean(mode, clean_mode, sizeof clean_mode)) {
        bool has_place = value_clean(place, clean_place, sizeof clean_place) && strcmp(clean_place, "0") != 0;
        snprintf(out, UNIT_SIZE, "%s%s%s", clean_mode, has_place ? "-" : "", has_place ? clean_place : "");
    }
}

static void fill_stay(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    struct text group = rows_plain(rows, MCO_B_GRG_GHM);
    int64_t sessions = 0, nights = 0;
    if (stay->rows_b > 0) {
        event->outcome = OUTCOME_DOUBLE;
        return;
    }
    stay->rows_b = 1;
    if (text_starts_with(group, TEXT("90"))) { /* what could not be grouped */
        stay_outcome(&stay->outcome, OUTCOME_JUNK_CODE);
    }
    stay->is_session = text_starts_with(group, TEXT("28")) && rows_integer(rows, MCO_B_NBR_SEA, &sessions) && sessions > 0; /* CMD 28 */
    stay->is_emergency = rows_is(rows, MCO_B_ENT_PRV, "5");
    stay->is_dead = rows_is(rows, MCO_B_SOR_MOD, "9");
    stay->nights = rows_integer(rows, MCO_B_SEJ_NBJ, &nights) && nights >= 0 && nights < INT16_MAX ? (int16_t)nights : -1;
    mode_of(rows, MCO_B_ENT_MOD, MCO_B_ENT_PRV, stay->from);
    mode_of(rows, MCO_B_SOR_MOD, MCO_B_SOR_DES, stay->to);
    if (!value_cim10(rows_plain(rows, MCO_B_DGN_PAL), stay->main)) {
        stay->main[0] = 0;
        tally_remark(rows->run->tally, "T_MCOaaB", "a stay without a main diagnosis that can be read");
    }
    if (!value_cim10(rows_plain(rows, MCO_B_DGN_REL), stay->related)) {
        stay->related[0] = 0;
    }
}

/* ---- the other tables ---- */

static void set_code(struct stay_event *event, enum stay_kind kind, bool is_read, struct text text)
{
    event->kind = (uint8_t)kind;
    if (!is_read) {
        event->code[0] = 0;
        stay_outcome(&event->outcome, text.length == 0 ? OUTCOME_NO_CODE : OUTCOME_JUNK_CODE);
    }
}

static int32_t delay_of(const struct rows *rows, int column)
{
    int64_t delay = 0;
    return rows_integer(rows, column, &delay) && delay >= -3650 && delay <= 3650 ? (int32_t)delay : 0;
}

static float quantity_of(const struct rows *rows, int column)
{
    double quantity = 0;
    return rows_number(rows, column, &quantity) ? (float)quantity : 1;
}

static void fill_diagnosis(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    struct text code = rows_plain(rows, MCO_D_ASS_DGN);
    set_code(event, STAY_DIAGNOSIS, value_cim10(code, event->code), code);
}

static void fill_act(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    struct text code = rows_plain(rows, MCO_A_CDC_ACT), activity = rows_code(rows, MCO_A_ACV_ACT), phase = rows_code(rows, MCO_A_PHA_ACT);
    set_code(event, STAY_ACT, value_ccam(code, event->code), code);
    if ((activity.length > 0 && !text_equal(activity, TEXT("1"))) || (phase.length > 0 && !text_equal(phase, TEXT("0")))) {
        stay_outcome(&event->outcome, OUTCOME_ANCILLARY_ACTIVITY);
    }
    event->delay = delay_of(rows, MCO_A_ENT_DAT_DEL);
    event->quantity = quantity_of(rows, MCO_A_NBR_EXE_ACT);
}

static void fill_unit(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    int64_t order = 0;
    struct text type = rows_plain(rows, MCO_UM_AUT_TYP1_UM);
    event->kind = STAY_UNIT;
    event->order = rows_integer(rows, MCO_UM_UM_ORD_NUM, &order) && order >= 0 && order < INT16_MAX ? (int16_t)order : 0;
    event->delay = delay_of(rows, MCO_UM_PAR_DUR_SEJ);
    if (!value_clean(type.length > 0 ? type : rows_plain(rows, MCO_UM_UM_TYP), event->code, UNIT_SIZE)) {
        event->code[0] = 0;
    }
    if (!value_finess_pmsi(rows_plain(rows, MCO_UM_ETA_NUM_GEO), event->site)) {
        event->site[0] = 0;
    }
}

/* The diagnoses of a unit may be missing from T_MCOaaD. */
static size_t further_of_unit(const struct rows *rows, struct stay_event *events)
{
    size_t count = 0;
    if (value_cim10(rows_plain(rows, MCO_UM_DGN_PAL), events[count].code)) {
        events[count++].kind = STAY_DIAGNOSIS;
    }
    if (value_cim10(rows_plain(rows, MCO_UM_DGN_REL), events[count].code)) {
        events[count++].kind = STAY_RELATED;
    }
    return count;
}

static void fill_drug(struct rows *rows, struct stay_event *event, int code_column, int number_column, int delay_column)
{
    struct text code = rows_plain(rows, code_column);
    set_code(event, STAY_DRUG, value_ucd(code, event->code), code);
    event->quantity = quantity_of(rows, number_column);
    event->delay = delay_of(rows, delay_column);
}

static void fill_med(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    fill_drug(rows, event, MCO_MED_UCD_UCD_COD, MCO_MED_ADM_NBR, MCO_MED_DELAI);
}

static void fill_medatu(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    fill_drug(rows, event, MCO_MEDATU_UCD_UCD_COD, MCO_MEDATU_ADM_NBR, MCO_MEDATU_DAT_DELAI);
}

static void fill_medthrombo(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    fill_drug(rows, event, MCO_MEDTHROMBO_UCD_UCD_COD, MCO_MEDTHROMBO_ADM_NBR, MCO_MEDTHROMBO_DAT_DELAI);
}

static void fill_device(struct rows *rows, struct stay *stay, struct stay_event *event)
{
    (void)stay;
    struct text code = rows_plain(rows, MCO_DMIP_LPP_COD);
    code = code.length > 0 ? code : rows_plain(rows, MCO_DMIP_TIP_PRS_IDE);
    set_code(event, STAY_DEVICE, value_digits(code, 7, event->code), code);
    event->quantity = quantity_of(rows, MCO_DMIP_NBR_POS);
    event->delay = delay_of(rows, MCO_DMIP_DELAI);
}

bool mco_read(struct run *run, struct error *err)
{
    static const struct stay_table people = {SNDS_MCO_C, MCO_C_ETA_NUM, MCO_C_RSA_NUM, NULL, NULL};
    static const struct stay_table tables[] = {
        {SNDS_MCO_B, MCO_B_ETA_NUM, MCO_B_RSA_NUM, fill_stay, NULL},
        {SNDS_MCO_D, MCO_D_ETA_NUM, MCO_D_RSA_NUM, fill_diagnosis, NULL},
        {SNDS_MCO_A, MCO_A_ETA_NUM, MCO_A_RSA_NUM, fill_act, NULL},
        {SNDS_MCO_UM, MCO_UM_ETA_NUM, MCO_UM_RSA_NUM, fill_unit, further_of_unit},
        {SNDS_MCO_MED, MCO_MED_ETA_NUM, MCO_MED_RSA_NUM, fill_med, NULL},
        {SNDS_MCO_MEDATU, MCO_MEDATU_ETA_NUM, MCO_MEDATU_RSA_NUM, fill_medatu, NULL},
        {SNDS_MCO_MEDTHROMBO, MCO_MEDTHROMBO_ETA_NUM, MCO_MEDTHROMBO_RSA_NUM, fill_medthrombo, NULL},
        {SNDS_MCO_DMIP, MCO_DMIP_ETA_NUM, MCO_DMIP_RSA_NUM, fill_device, NULL},
    };
    return stays_read(run, false, &people, mco_person, tables, sizeof tables / sizeof tables[0], err);
}
