/* SPDX-License-Identifier: EUPL-1.2 */
/* reading: one expression being read. Nodes know their JSON path, scalars are coerced as the reference coerces them, and what is wrong
 * is refused with path and line. The JSON tree and the nodes' paths live in `scratch`; what the program keeps is copied to `result`. */
#pragma once
#include "base/json.h"
#include "research/cohort/cohort.h"

DEFINE_ARRAY(concept_set_list, struct cohort_concept_set)
struct concept_set_key {
    int64_t id;
    int position;
};
DEFINE_ARRAY(concept_set_keys, struct concept_set_key)

struct reading {
    const char *name;
    const void *bytes;
    size_t length;
    struct arena *result, *scratch;
    struct concept_set_list sets; /* defined ones in the order of the source, then the undefined ones as they are asked for */
    struct concept_set_keys keys; /* by ascending id */
    int cdm_minor;                /* lowest version 5.x of the CDM that has what the expression uses */
    int parts;                    /* criteria, groups and demographic criteria so far */
    bool is_occurrence_optional;  /* for parts: a correlated criterion may lack its Occurrence */
};

/* json is NULL when the thing is absent. */
struct node {
    const struct json *json;
    const char *path;
};
struct node node_member(const struct reading *reading, struct node object, const char *name);
struct node node_item(const struct reading *reading, struct node array, size_t index);
bool node_is_absent(struct node node); /* not there, or null */

/* "name, line 12, PrimaryCriteria.CriteriaList[0]: why"; where there is no such place, the line of what should contain it. */
bool reading_refuse(const struct reading *reading, enum error_code code, const char *path, struct error *err, const char *format, ...)
    PRINTF_LIKE(5, 6);
/* The same for a member of a node, present or not. */
bool reading_refuse_member(const struct reading *reading, enum error_code code, struct node object, const char *name, struct error *err,
                           const char *why);
const char *reading_keep(const struct reading *reading, const char *text); /* copied to result; NULL becomes "" */

/* Absent and null read alike: 0, false, or has = false. */
MUST_CHECK bool read_int(const struct reading *reading, struct node object, const char *name, int *out_value, struct error *err);
MUST_CHECK bool read_optional_int(const struct reading *reading, struct node object, const char *name, bool *out_has, int *out_value,
                                  struct error *err);
/* The same for a number of days: LIMIT beyond CIRCE_DAYS_MAX. */
MUST_CHECK bool read_days(const struct reading *reading, struct node object, const char *name, int *out_value, struct error *err);
MUST_CHECK bool read_optional_days(const struct reading *reading, struct node object, const char *name, bool *out_has, int *out_value,
                                   struct error *err);
/* One part more: LIMIT beyond CIRCE_PARTS_MAX. */
MUST_CHECK bool reading_count_part(struct reading *reading, struct node node, struct error *err);
MUST_CHECK bool read_required_i64(const struct reading *reading, struct node object, const char *name, int64_t *out_value,
                                  struct error *err);
MUST_CHECK bool read_bool(const struct reading *reading, struct node object, const char *name, bool *out_value, struct error *err);
/* A number, or a text that is one. Absent and null are refused. */
MUST_CHECK bool read_number(const struct reading *reading, struct node object, const char *name, double *out_value, struct error *err);
/* NULL when absent or null; lives in scratch. */
MUST_CHECK bool read_text(const struct reading *reading, struct node object, const char *name, const char **out_text, struct error *err);

/* What absence means. */
enum presence {
    MAY_BE_ABSENT, /* absent or null: json is NULL */
    MAY_LACK,      /* absent: json is NULL; null is refused */
    MUST_BE_THERE, /* both are refused */
};
MUST_CHECK bool read_object(const struct reading *reading, struct node object, const char *name, enum presence presence,
                            struct node *out_node, struct error *err);
MUST_CHECK bool read_array(const struct reading *reading, struct node object, const char *name, enum presence presence,
                           struct node *out_node, struct error *err);
/* An item of an array that must be an object. */
MUST_CHECK bool read_item(const struct reading *reading, struct node array, size_t index, struct node *out_node, struct error *err);
/* A wrapper with exactly one key that names the type of what it holds. */
MUST_CHECK bool read_wrapper(const struct reading *reading, struct node wrapper, const char *what, struct text *out_type,
                             struct node *out_node, struct error *err);
