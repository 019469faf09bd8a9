/* SPDX-License-Identifier: EUPL-1.2 */
/* registers: causes of death (KI_*) and establishments (BE_IDE_R, T_MCOaaE). Long-term diseases are in long_term.c. */
#include "intake/snds/snds_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SITES_MAX = 4 * 1000 * 1000, CLASS_SIZE = 8 };
struct site {
    char finess[FINESS_SIZE], class[CLASS_SIZE], residence[COMMUNE_SIZE];
    uint8_t table, source; /* source: the register of establishments before the hospitals' own words */
};
DEFINE_ARRAY(sites, struct site)
struct sites_reader {
    struct run *run;
    struct sites sites;
};

/* ---- deaths ---- */

static enum record_outcome take_cause(struct run *run, struct rows *rows)
{
    char cause[CODE_SIZE];
    day date;
    struct owner owner = persons_of_key(run, rows_plain(rows, KI_CCI_R_BEN_NIR_ANO), rows_plain(rows, KI_CCI_R_BEN_IDT_ANO));
    if (owner.outcome != OUTCOME_TAKEN) {
        return owner.outcome;
    }
    if (!rows_day(rows, KI_CCI_R_BEN_DCD_DTE, &date)) {
        return OUTCOME_NO_DATE;
    }
    if (persons_is_certified(run->persons, owner.person)) {
        return OUTCOME_DOUBLE;
    }
    bool has_cause = value_cim10(rows_plain(rows, KI_CCI_R_DCD_CIM_COD), cause);
    persons_died(run->persons, owner.person, DEATH_CERTIFIED, date, has_cause ? cause : "");
    return OUTCOME_TAKEN;
}

static bool take_death(void *context, struct rows *rows, struct error *err)
{
    (void)err;
    struct run *run = context;
    tally_seen(run->tally, "KI_CCI_R", 1);
    tally_count(run->tally, "KI_CCI_R", take_cause(run, rows), 1);
    return true;
}

static bool give_other_cause(struct run *run, const struct rows *rows, const struct owner *owner, day date, const char *code,
                             struct error *err)
{
    struct joined key = {0};
    struct record record;
    joined_add_number(&key, owner->owner);
    joined_add(&key, text_of(code));
    joined_add(&key, rows_code(rows, KI_ECD_R_CER_LIG_NUM));
    joined_add(&key, rows_code(rows, KI_ECD_R_ECD_CAU_RNG));
    record_begin(&record, RECORD_CONDITION);
    record_set_integer(&record, COLUMN_SUBJECT, owner->owner);
    record_set_integer(&record, COLUMN_RECORD, joined_number(&key, run, "KI_ECD_R"));
    record_set_text(&record, COLUMN_SYSTEM, TEXT("CIM10"));
    record_set_text(&record, COLUMN_CODE, text_of(code));
    record_set_day(&record, COLUMN_START, date);
    record_set_text(&record, COLUMN_TYPE, TEXT("DEATH_CERTIFICATE"));
    persons_seen(run->persons, owner->person, date);
    return run_give(run, &record, err);
}

/* A cause that is the initial one is there already. */
static bool take_other_cause(void *context, struct rows *rows, struct error *err)
{
    struct run *run = context;
    char code[CODE_SIZE];
    day date = {0};
    struct text cause = rows_plain(rows, KI_ECD_R_ECD_CIM_COD);
    struct owner owner = persons_of_key(run, rows_plain(rows, KI_ECD_R_BEN_NIR_ANO), rows_plain(rows, KI_ECD_R_BEN_IDT_ANO));
    enum record_outcome outcome = owner.outcome;
    if (outcome == OUTCOME_TAKEN && !value_cim10(cause, code)) {
        outcome = cause.length == 0 ? OUTCOME_NO_CODE : OUTCOME_JUNK_CODE;
    }
    if (outcome == OUTCOME_TAKEN && !rows_day(rows, KI_ECD_R_BEN_DCD_DTE, &date)) {
        outcome = OUTCOME_NO_DATE;
    }
    if (outcome == OUTCOME_TAKEN && strcmp(persons_cause(run->persons, owner.person), code) == 0) {
        outcome = OUTCOME_DOUBLE;
    }
    tally_seen(run->tally, "KI_ECD_R", 1);
    tally_count(run->tally, "KI_ECD_R", outcome, 1);
    return outcome != OUTCOME_TAKEN || give_other_cause(run, rows, &owner, date, code, err);
}

/* ---- establishments ---- */

static bool add_site(struct sites_reader *reader, struct rows *rows, struct site *site, bool has_finess, int class_column,
                     struct error *err)
{
    const char *place = snds_table_shown(rows->file->table);
    tally_seen(reader->run->tally, place, 1);
    if (!has_finess) {
        tally_count(reader->run->tally, place, OUTCOME_NO_CODE, 1);
        return true;
    }
    if (!value_clean(rows_plain(rows, class_column), site->class, sizeof site->class)) {
        site->class[0] = 0;
    }
    site->table = (uint8_t)rows->file->table;
    return sites_append(&reader->sites, *site, err);
}

static bool take_establishment(void *context, struct rows *rows, struct error *err)
{
    struct site site = {.source = 0};
    bool has_finess = value_finess_pmsi(rows_plain(rows, BE_IDE_R_IDE_ETA_NUM), site.finess) ||
                      value_finess_dcir(rows_plain(rows, BE_IDE_R_IDE_ETA_NU8), site.finess);
    if (!value_clean(rows_plain(rows, BE_IDE_R_IDE_INS_COM), site.residence, sizeof site.residence)) {
        site.residence[0] = 0;
    }
    return add_site(context, rows, &site, has_finess, BE_IDE_R_IDE_PSH_CAT, err);
}

static bool take_hospital(void *context, struct rows *rows, struct error *err)
{
    struct site site = {.source = 1};
    bool has_finess = value_finess_pmsi(rows_plain(rows, MCO_E_ETA_NUM), site.finess);
    return add_site(context, rows, &site, has_finess, MCO_E_STA_ETA, err);
}

static int by_finess(const void *a, const void *b)
{
    const struct site *x = a, *y = b;
    int order = strcmp(x->finess, y->finess);
    order = order ? order : (int)x->source - (int)y->source;
    order = order ? order : strcmp(x->class, y->class);
    return order ? order : strcmp(x->residence, y->residence);
}

static bool give_sites(struct sites_reader *reader, struct error *err)
{
    struct sites *sites = &reader->sites;
    if (sites->count > 0) {
        qsort(sites->items, sites->count, sizeof sites->items[0], by_finess);
    }
    for (size_t i = 0; i < sites->count; i++) {
        const struct site *site = &sites->items[i];
        bool is_double = i > 0 && strcmp(sites->items[i - 1].finess, site->finess) == 0;
        tally_count(reader->run->tally, snds_table_shown((enum snds_table)site->table), is_double ? OUTCOME_DOUBLE : OUTCOME_TAKEN, 1);
        if (is_double) {
            continue;
        }
        struct record record;
        record_begin(&record, RECORD_CARE_SITE);
        record_set_text(&record, COLUMN_CARE_SITE, text_of(site->finess));
        record_set_text(&record, COLUMN_CLASS, text_of(site->class));
        record_set_text(&record, COLUMN_RESIDENCE, text_of(site->residence));
        TRY(run_give(reader->run, &record, err));
    }
    return true;
}

static void sites_value_cleanup(struct sites_reader *reader)
{
    sites_finish(&reader->sites);
}

bool registers_read(struct run *run, struct error *err)
{
    CLEANUP(sites_value) struct sites_reader reader = {.run = run, .sites = {.maximum = SITES_MAX}};
    TRY(rows_each(run, SNDS_KI_CCI_R, take_death, run, err));
    TRY(rows_each(run, SNDS_KI_ECD_R, take_other_cause, run, err));
    TRY(rows_each(run, SNDS_BE_IDE_R, take_establishment, &reader, err));
    TRY(rows_each(run, SNDS_MCO_E, take_hospital, &reader, err));
    return give_sites(&reader, err);
}
