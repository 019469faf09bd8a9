/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_type: what each type of criterion has: its table, its attributes and where they look (circe: section 3.1). */
#pragma once
#include "research/cohort/cohort.h"

enum attribute_form {
    FORM_INTEGER,   /* integer range */
    FORM_DECIMAL,   /* decimal range */
    FORM_DATE,      /* date range */
    FORM_TEXT,      /* text filter */
    FORM_LIST,      /* concept list */
    FORM_SELECTION, /* concept selection, under the name as it stands */
    FORM_SET,       /* id of a concept set */
};
enum {
    WITH_SELECTION = 1, /* a list has a twin of the same name with CS behind it */
    WITH_EXCLUDE = 2,   /* and a flag of the same name with Exclude behind it that turns the list round */
};
struct attribute {
    const char *name;
    enum attribute_form form;
    unsigned twins;
    struct cohort_value value;
    const char *refusal; /* why the attribute cannot be used at all, or NULL */
};

enum {
    TYPE_FIRST = 1,             /* has First */
    TYPE_CONCEPT_SET = 2,       /* has CodesetId */
    TYPE_ADJUSTMENT = 4,        /* DateAdjustment counts */
    TYPE_ADJUSTS_IN_PLACE = 8,  /* but not its StartWith and EndWith */
    TYPE_USER_PERIOD = 16,      /* has UserDefinedPeriod */
    TYPE_ABNORMAL = 32,         /* has Abnormal */
    TYPE_GAP_DAYS = 64,         /* has GapDays, which borrows the range of EraLength */
    TYPE_ONE_DAY = 128,         /* the duration of a row is 1 by definition */
    TYPE_NO_VISIT_COLUMN = 256, /* rows cannot be counted by VISIT_ID */
    TYPE_NO_DURATION = 512,     /* nor by DURATION */
};
struct criterion_type {
    const char *name;
    int table;
    unsigned flags;
    enum cohort_end_rule end_rule;
    const char *source_concept;         /* the attribute with the set of source concepts, or NULL */
    const char *ignored_source_concept; /* the same, read but without effect */
    const struct attribute *attributes; /* its own, up to one without a name */
    unsigned common;                    /* bit i: common_attributes[i] */
    int cdm_minor;                      /* lowest version 5.x of the CDM */
    const char *refusal;                /* why the whole type cannot be used, or NULL */
};

/* NULL when there is no type of that name. Case counts. */
const struct criterion_type *criterion_type_find(struct text name);
enum { COMMON_ATTRIBUTE_COUNT = 12 };
extern const struct attribute common_attributes[COMMON_ATTRIBUTE_COUNT];

/* What CountColumn means for rows of this type; false when the reference has no such column. column: the text of the enumeration. */
bool criterion_type_count_column(const struct criterion_type *type, struct text column, struct cohort_value *out_value);
bool criterion_type_is_count_column(struct text column); /* is it a word of the enumeration at all */
