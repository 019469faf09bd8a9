/* SPDX-License-Identifier: EUPL-1.2 */
/* details: the rows that are joined to a service: medicines, acts, biology, devices, and the establishment (ER_ETE_F). */
#include "intake/snds/dcir.h"
#include <math.h>
#include <string.h>

struct reading {
    struct claims *claims;
    enum snds_table table;
    int first_key_column, ordinal_column;
    /* Fills code, quantity, days and outcome of a row; the service is the one that it belongs to. */
    void (*fill)(struct rows *rows, const struct service *service, struct detail *detail);
    uint32_t without_ordinal;
};

/* ---- establishments: before all others, since they say which services the PMSI has, too ---- */

static bool take_context(void *context, struct rows *rows, struct error *err)
{
    (void)err;
    struct claims *claims = context;
    uint32_t check = 0;
    claims->seen[SNDS_ER_ETE_F] += claims->is_first;
    if (claims->is_first) {
        tally_seen(claims->run->tally, "ER_ETE_F", 1);
    }
    struct service *service = claims_service(claims, rows, ER_ETE_F_DCT_ORD_NUM, &check);
    if (!service) {
        return true;
    }
    service->contexts++;
    if (rows_is(rows, ER_ETE_F_ETE_IND_TAA, "1") && service->outcome == OUTCOME_TAKEN) {
        service->outcome = OUTCOME_FOR_INFORMATION;
    }
    char care_site[FINESS_SIZE];
    if (service->care_site[0] == 0 && value_finess_dcir(rows_plain(rows, ER_ETE_F_ETB_EXE_FIN), care_site)) {
        memcpy(service->care_site, care_site, sizeof service->care_site);
    }
    return true;
}

/* The visit's number has the establishment in it. */
static void complete_visits(struct claims *claims)
{
    for (size_t i = 0; i < claims->service_count; i++) {
        struct service *service = &claims->services[i];
        struct joined visit = {0};
        joined_add_number(&visit, service->visit);
        joined_add(&visit, text_of(service->care_site));
        service->visit = joined_number(&visit, claims->run, "DCIR_CONTACT");
    }
}

/* ---- what each table says ---- */

static double number_or(const struct rows *rows, int column, double otherwise)
{
    double number = 0;
    return rows_number(rows, column, &number) ? number : otherwise;
}

/* No code at all, or one that means nothing. */
static void set_outcome(struct detail *detail, enum record_outcome outcome)
{
    if (detail->outcome == OUTCOME_TAKEN) {
        detail->outcome = (uint8_t)outcome;
    }
}

static void no_code(struct detail *detail, struct text text)
{
    set_outcome(detail, text.length == 0 ? OUTCOME_NO_CODE : OUTCOME_JUNK_CODE);
}

static void fill_medicine(struct rows *rows, const struct service *service, struct detail *detail)
{
    struct text cip13 = rows_plain(rows, ER_PHA_F_PHA_PRS_C13), cip7 = rows_plain(rows, ER_PHA_F_PHA_PRS_IDE);
    if (!value_cip13(cip13, detail->code) && !value_cip7(cip7, detail->code)) {
        no_code(detail, cip13.length > 0 ? cip13 : cip7);
    }
    double boxes = number_or(rows, ER_PHA_F_PHA_ACT_QSN, service->quantity);
    bool is_by_unit = rows_is(rows, ER_PHA_F_PHA_DEC_TOP, "D");
    double units = number_or(rows, ER_PHA_F_PHA_DEC_QSU, boxes);
    detail->quantity = (float)(is_by_unit ? (boxes < 0 ? -fabs(units) : units) : boxes);
    detail->is_by_unit = is_by_unit;
}

static void fill_hospital_medicine(struct rows *rows, const struct service *service, struct detail *detail)
{
    struct text code = rows_plain(rows, ER_UCD_F_UCD_UCD_COD);
    if (!value_ucd(code, detail->code)) {
        no_code(detail, code);
    }
    double share = number_or(rows, ER_UCD_F_UCD_FRC_COE, 1);
    detail->quantity = (float)(number_or(rows, ER_UCD_F_UCD_DLV_NBR, service->quantity) * (share > 0 ? share : 1));
}

/* Only activity 1 in phase 0 counts the act: the anaesthetist's activity 4 is the same act again. */
static void fill_act(struct rows *rows, const struct service *service, struct detail *detail)
{
    struct text code = rows_plain(rows, ER_CAM_F_CAM_PRS_IDE);
    struct text activity = rows_code(rows, ER_CAM_F_CAM_ACT_COD), phase = rows_code(rows, ER_CAM_F_CAM_TRT_PHA);
    if (!value_ccam(code, detail->code)) {
        no_code(detail, code);
    }
    if ((activity.length > 0 && !text_equal(activity, TEXT("1"))) || (phase.length > 0 && !text_equal(phase, TEXT("0")))) {
        set_outcome(detail, OUTCOME_ANCILLARY_ACTIVITY);
    }
    detail->quantity = service->quantity;
}

static void fill_biology(struct rows *rows, const struct service *service, struct detail *detail)
{
    struct text code = rows_plain(rows, ER_BIO_F_BIO_PRS_IDE);
    if (!value_digits(code, 4, detail->code)) {
        no_code(detail, code);
    }
    detail->quantity = (float)number_or(rows, ER_BIO_F_BIO_ACT_QSN, service->quantity);
}

/* A device that was bought (TIP_PRS_TYP 1) has no end; one that was rented has the dates of the rental. */
static void fill_device(struct rows *rows, const struct service *service, struct detail *detail)
{
    struct text code = rows_plain(rows, ER_TIP_F_TIP_PRS_IDE);
    day start, end;
    if (!value_digits(code, 7, detail->code)) {
        no_code(detail, code);
    }
    detail->quantity = (float)number_or(rows, ER_TIP_F_TIP_ACT_QSN, service->quantity);
    bool has_start = rows_day(rows, ER_TIP_F_TIP_ACL_DTD, &start), has_end = rows_day(rows, ER_TIP_F_TIP_ACL_DTF, &end);
    detail->day = has_start ? start.number : detail->day;
    detail->day_end = has_end && !rows_is(rows, ER_TIP_F_TIP_PRS_TYP, "1") && end.number >= detail->day ? end.number : INT32_MIN;
}

/* ---- reading ---- */

static void group_of(const struct reading *reading, const struct service *service, struct detail *detail)
{
    struct joined group = {0};
    joined_add_number(&group, service->group);
    joined_add(&group, text_of(snds_table_shown(reading->table)));
    joined_add(&group, text_of(detail->code));
    joined_add_number(&group, detail->is_by_unit);
    joined_add_number(&group, detail->day);
    detail->group = joined_number(&group, reading->claims->run, "DCIR_DETAIL");
}

static bool take_detail(void *context, struct rows *rows, struct error *err)
{
    struct reading *reading = context;
    struct claims *claims = reading->claims;
    uint32_t check = 0;
    if (claims->is_first) {
        claims->seen[reading->table]++;
        tally_seen(claims->run->tally, snds_table_shown(reading->table), 1);
    }
    struct service *service = claims_service(claims, rows, reading->first_key_column, &check);
    while (service && claims->detail_count == claims->detail_max) {
        TRY(claims_shrink(claims, err));
        service = claims_service(claims, rows, reading->first_key_column, &check);
    }
    if (!service) {
        return true;
    }
    struct detail detail = {.owner = service->owner,
                            .visit = service->visit,
                            .person = service->person,
                            .day = service->day,
                            .day_end = INT32_MIN,
                            .table = (uint8_t)reading->table,
                            .outcome = service->outcome};
    struct joined row = {0};
    joined_add_number(&row, check);
    if (rows_has(rows, reading->ordinal_column)) {
        joined_add(&row, rows_code(rows, reading->ordinal_column));
    } else {
        joined_add_number(&row, reading->without_ordinal++);
    }
    detail.row = joined_check(&row);
    service->details++;
    reading->fill(rows, service, &detail);
    group_of(reading, service, &detail);
    claims->details[claims->detail_count++] = detail;
    return true;
}

bool details_read(struct claims *claims, struct error *err)
{
    static const struct reading readings[] = {
        {.table = SNDS_ER_PHA_F, .first_key_column = ER_PHA_F_DCT_ORD_NUM, .ordinal_column = ER_PHA_F_PHA_ORD_NUM, .fill = fill_medicine},
        {.table = SNDS_ER_UCD_F,
         .first_key_column = ER_UCD_F_DCT_ORD_NUM,
         .ordinal_column = ER_UCD_F_UCD_ORD_NUM,
         .fill = fill_hospital_medicine},
        {.table = SNDS_ER_CAM_F, .first_key_column = ER_CAM_F_DCT_ORD_NUM, .ordinal_column = ER_CAM_F_CAM_ORD_NUM, .fill = fill_act},
        {.table = SNDS_ER_BIO_F, .first_key_column = ER_BIO_F_DCT_ORD_NUM, .ordinal_column = ER_BIO_F_BIO_ORD_NUM, .fill = fill_biology},
        {.table = SNDS_ER_TIP_F, .first_key_column = ER_TIP_F_DCT_ORD_NUM, .ordinal_column = ER_TIP_F_TIP_ORD_NUM, .fill = fill_device}};
    TRY(rows_each(claims->run, SNDS_ER_ETE_F, take_context, claims, err));
    complete_visits(claims);
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        struct reading reading = readings[i];
        reading.claims = claims;
        TRY(rows_each(claims->run, reading.table, take_detail, &reading, err));
    }
    return true;
}
