/* SPDX-License-Identifier: EUPL-1.2 */
/* dcir: the claims. Rows of ER_PRS_F have the person and the date; the other tables have neither and are joined by nine columns. Errors
 * come as an error, its negative and its correction, perhaps months later, so that all the rows of a person are needed at once: the export
 * is read in passes, each with the persons of one range of numbers, as many as memory holds. Nothing is written to disk. */
#include "intake/snds/dcir.h"
#include "base/bulk.h"
#include <stdlib.h>
#include <string.h>

/* Memory of one item, with its share of the index and of sorting. */
enum { SERVICE_BYTES = sizeof(struct service) + 8 + 32, DETAIL_BYTES = sizeof(struct detail) + 32, KEY_COLUMNS = 9 };

/* ---- the key ---- */

/* DCT_ORD_NUM, FLX_DIS_DTD, FLX_EMT_NUM, FLX_EMT_ORD, FLX_EMT_TYP, FLX_TRT_DTD, ORG_CLE_NUM, PRS_ORD_NUM, REM_TYP_AFF: in this order in
 * spec/snds_columns.csv for every table. */
#define KEY_IS_WHOLE(table) \
    _Static_assert(table##_REM_TYP_AFF - table##_DCT_ORD_NUM == KEY_COLUMNS - 1, "nine columns, one after the other")
KEY_IS_WHOLE(ER_PRS_F);
KEY_IS_WHOLE(ER_PHA_F);
KEY_IS_WHOLE(ER_UCD_F);
KEY_IS_WHOLE(ER_CAM_F);
KEY_IS_WHOLE(ER_BIO_F);
KEY_IS_WHOLE(ER_TIP_F);
KEY_IS_WHOLE(ER_ETE_F);

static void key_of(const struct rows *rows, int first, struct joined *out_key)
{
    out_key->length = 0;
    for (int i = 0; i < KEY_COLUMNS; i++) {
        day date;
        bool is_date = i == 1 || i == 5;
        if (is_date && value_day(rows_plain(rows, first + i), &date) == DAY_READ) {
            joined_add_number(out_key, date.number);
        } else {
            joined_add(out_key, rows_code(rows, first + i));
        }
    }
}

static size_t slot_of(const struct claims *claims, int64_t key, uint32_t check)
{
    size_t slot = (size_t)key & (claims->slot_count - 1);
    while (claims->slots[slot]) {
        const struct service *service = &claims->services[claims->slots[slot] - 1];
        if (service->key == key && service->check == check) {
            break;
        }
        slot = (slot + 1) & (claims->slot_count - 1);
    }
    return slot;
}

struct service *claims_service(const struct claims *claims, const struct rows *rows, int first_key_column, uint32_t *out_check)
{
    struct joined key;
    key_of(rows, first_key_column, &key);
    *out_check = joined_check(&key);
    size_t slot = slot_of(claims, joined_number(&key, claims->run, "DCIR"), *out_check);
    return claims->slots[slot] ? &claims->services[claims->slots[slot] - 1] : NULL;
}

void claims_index(struct claims *claims)
{
    memset(claims->slots, 0, claims->slot_count * sizeof claims->slots[0]);
    for (size_t i = 0; i < claims->service_count; i++) {
        claims->slots[slot_of(claims, claims->services[i].key, claims->services[i].check)] = (uint32_t)(i + 1);
    }
}

bool claims_shrink(struct claims *claims, struct error *err)
{
    struct span *span = &claims->span;
    if (span->low == span->high) {
        FAIL(err, LIMIT, "one person has more claims than fit into memory");
        return error_hint(err, "raise snds_memory_bytes in the settings");
    }
    span->high = span->low + (span->high - span->low) / 2;
    size_t kept = 0;
    for (size_t i = 0; i < claims->service_count; i++) {
        if (span_has(span, claims->services[i].owner)) {
            claims->services[kept++] = claims->services[i];
        }
    }
    claims->service_count = kept;
    kept = 0;
    for (size_t i = 0; i < claims->detail_count; i++) {
        if (span_has(span, claims->details[i].owner)) {
            claims->details[kept++] = claims->details[i];
        }
    }
    claims->detail_count = kept;
    claims_index(claims);
    return true;
}

/* ---- rows of ER_PRS_F ---- */

/* Public hospital activity for information, which the PMSI has; surcharges, which would count an act twice. */
static enum record_outcome outcome_of(const struct rows *rows)
{
    int64_t surcharge = 0;
    if (rows_is(rows, ER_PRS_F_DPN_QLF, "71") || rows_is(rows, ER_PRS_F_PRS_DPN_QLP, "71")) {
        return OUTCOME_FOR_INFORMATION;
    }
    if (rows_is(rows, ER_PRS_F_RGM_COD, "888") && rows_is(rows, ER_PRS_F_RGM_GRG_COD, "1")) {
        return OUTCOME_FICTIVE_PERSON;
    }
    if (rows_integer(rows, ER_PRS_F_CPL_MAJ_TOP, &surcharge) && surcharge >= 2) {
        return OUTCOME_ANCILLARY_ACTIVITY;
    }
    return OUTCOME_TAKEN;
}

/* What rows of one service have in common: an error, its negative and its correction have the same. */
static void group_of(const struct claims *claims, const struct rows *rows, struct service *service)
{
    static const int columns[] = {ER_PRS_F_BEN_RES_DPT, ER_PRS_F_ORG_AFF_BEN, ER_PRS_F_PSE_SPE_COD, ER_PRS_F_PSP_SPE_COD};
    struct joined group = {0};
    joined_add(&group, rows_plain(rows, ER_PRS_F_BEN_NIR_PSA));
    joined_add(&group, rows_code(rows, ER_PRS_F_BEN_RNG_GEM));
    joined_add_number(&group, service->day);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        joined_add(&group, rows_code(rows, columns[i]));
    }
    service->group = joined_number(&group, claims->run, "DCIR_GROUP");
}

/* The visit, but for the establishment, which ER_ETE_F may know. */
static void visit_of(const struct claims *claims, const struct rows *rows, struct service *service)
{
    static const int columns[] = {ER_PRS_F_PFS_EXE_NUM, ER_PRS_F_PSE_SPE_COD, ER_PRS_F_PSE_ACT_NAT, ER_PRS_F_ETB_PRE_FIN};
    struct joined visit = {0};
    joined_add(&visit, rows_plain(rows, ER_PRS_F_BEN_NIR_PSA));
    joined_add(&visit, rows_code(rows, ER_PRS_F_BEN_RNG_GEM));
    joined_add_number(&visit, service->day);
    joined_add_number(&visit, service->day_end);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        joined_add(&visit, rows_code(rows, columns[i]));
    }
    service->visit = joined_number(&visit, claims->run, "DCIR_VISIT");
}

static void describe(struct claims *claims, struct rows *rows, struct service *service)
{
    day start, end;
    int64_t number = 0;
    double quantity = 0;
    bool has_start = rows_day(rows, ER_PRS_F_EXE_SOI_DTD, &start);
    bool has_end = rows_day(rows, ER_PRS_F_EXE_SOI_DTF, &end);
    service->day = has_start ? start.number : 0;
    service->day_end = has_start && has_end && end.number >= start.number ? end.number : service->day;
    if (service->outcome == OUTCOME_TAKEN) {
        service->outcome = (uint8_t)(has_start ? outcome_of(rows) : OUTCOME_NO_DATE);
    }
    service->nature = rows_integer(rows, ER_PRS_F_PRS_NAT_REF, &number) && number > 0 && number <= UINT16_MAX ? (uint16_t)number : 0;
    service->specialty = rows_integer(rows, ER_PRS_F_PSE_SPE_COD, &number) && number > 0 && number < 99 ? (uint8_t)number : 0;
    service->quantity = rows_number(rows, ER_PRS_F_PRS_ACT_QTE, &quantity) ? (float)quantity : 1;
    service->is_home = rows_is(rows, ER_PRS_F_EXE_LIE_COD, "1");
    group_of(claims, rows, service);
    visit_of(claims, rows, service);
}

static void note_flow(struct claims *claims, const struct rows *rows)
{
    day flow;
    if (value_day(rows_plain(rows, ER_PRS_F_FLX_DIS_DTD), &flow) == DAY_READ) {
        int year = 0, month = 0, of_month = 0;
        day next;
        day_to_civil(flow, &year, &month, &of_month);
        bool has_next = day_from_civil(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1, &next);
        day last = flow;
        last.number = has_next ? next.number - 1 : flow.number;
        run_covers(claims->run, flow, last);
    }
}

static bool take_service(void *context, struct rows *rows, struct error *err)
{
    struct claims *claims = context;
    if (claims->is_first) {
        tally_seen(claims->run->tally, "ER_PRS_F", 1);
        note_flow(claims, rows);
    }
    struct owner owner = persons_of(claims->run, rows_plain(rows, ER_PRS_F_BEN_NIR_PSA), rows_plain(rows, ER_PRS_F_BEN_RNG_GEM));
    if (owner.outcome == OUTCOME_TAKEN && !span_has(&claims->span, owner.owner)) {
        return true;
    }
    struct joined key;
    key_of(rows, ER_PRS_F_DCT_ORD_NUM, &key);
    struct service service = {.key = joined_number(&key, claims->run, "DCIR"),
                              .check = joined_check(&key),
                              .outcome = (uint8_t)owner.outcome,
                              .person = owner.person};
    /* Rows of nobody need not be together: they are spread by their key. */
    service.owner = owner.outcome == OUTCOME_TAKEN ? owner.owner : service.key;
    while (claims->service_count == claims->service_max && span_has(&claims->span, service.owner)) {
        TRY(claims_shrink(claims, err));
    }
    if (!span_has(&claims->span, service.owner)) {
        return true;
    }
    size_t slot = slot_of(claims, service.key, service.check);
    if (claims->slots[slot]) {
        claims->services[claims->slots[slot] - 1].copies++;
        return true;
    }
    describe(claims, rows, &service);
    claims->services[claims->service_count++] = service;
    claims->slots[slot] = (uint32_t)claims->service_count;
    return true;
}

/* ---- passes ---- */

static bool pass(struct claims *claims, struct error *err)
{
    claims->service_count = claims->detail_count = 0;
    memset(claims->slots, 0, claims->slot_count * sizeof claims->slots[0]);
    TRY(rows_each(claims->run, SNDS_ER_PRS_F, take_service, claims, err));
    TRY(details_read(claims, err));
    return claims->run->has_fault || claims_give(claims, err);
}

static void orphans(struct claims *claims)
{
    for (int table = 0; table < SNDS_TABLE_COUNT; table++) {
        if (claims->seen[table] > claims->joined[table]) {
            tally_count(claims->run->tally, snds_table_shown((enum snds_table)table), OUTCOME_REFERENCE,
                        claims->seen[table] - claims->joined[table]);
        }
    }
}

static bool allocate(struct claims *claims, struct error *err)
{
    size_t half = run_memory(claims->run) / 2;
    claims->service_max = half / SERVICE_BYTES < UINT32_MAX / 4 ? half / SERVICE_BYTES : UINT32_MAX / 4;
    claims->detail_max = half / DETAIL_BYTES < UINT32_MAX / 4 ? half / DETAIL_BYTES : UINT32_MAX / 4;
    for (claims->slot_count = 1; claims->slot_count < claims->service_max * 3 / 2;) {
        claims->slot_count *= 2;
    }
    claims->services = bulk_allocate(claims->service_max, sizeof claims->services[0]);
    claims->details = bulk_allocate(claims->detail_max, sizeof claims->details[0]);
    claims->slots = bulk_allocate(claims->slot_count, sizeof claims->slots[0]);
    if (!claims->services || !claims->details || !claims->slots) {
        return FAIL(err, LIMIT, "no memory for a pass over the claims (snds_memory_bytes)");
    }
    return true;
}

static void claims_value_cleanup(struct claims *claims)
{
    free(claims->services);
    free(claims->details);
    free(claims->slots);
}

bool dcir_read(struct run *run, struct error *err)
{
    CLEANUP(claims_value) struct claims claims = {.run = run, .is_first = true};
    TRY(allocate(&claims, err));
    for (claims.span = (struct span){0, INT64_MAX};; claims.is_first = false) {
        TRY(pass(&claims, err));
        if (run->has_fault || claims.span.high == INT64_MAX) {
            break;
        }
        bool is_claims = claims.service_count * claims.detail_max >= claims.detail_count * claims.service_max; /* which was fuller */
        claims.span = is_claims ? span_next(&claims.span, claims.service_count, claims.service_max)
                                : span_next(&claims.span, claims.detail_count, claims.detail_max);
    }
    orphans(&claims);
    return true;
}
