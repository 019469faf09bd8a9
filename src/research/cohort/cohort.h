/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort: the cohort program, the one intermediate form between a published definition and its evaluation. A plain value in one arena,
 * read only after parsing (concept set members apart), as a query plan apart from its execution: nothing of JSON is left, defaults are
 * filled in and the quirks of the reference are facts of the program. Numbers in brackets, [5.1], are sections of the description of
 * the cohort language (cohort-language.md).
 *
 * Words. primary event: a row that can enter the cohort [4]. P: the event table over which a group is evaluated [5].
 * A: the rows of a correlated criterion. index: the P row. period: the observation period joined to a P row (op_start, op_end).
 * Three-valued logic: a test keeps a row only when it is true; NULL is not true. Days are whole; offsets are days and may be negative. */
#pragma once
#include "trust/crypto/crypto.h"
#include "warehouse/omop/omop.h"
#include "warehouse/vocabulary/vocabulary.h"

enum {
    COHORT_NO_SET = -1,
    COHORT_RULES_MAX = 53, /* [6] the reference's mask is exact to 53 rules */
};

/* ---- concept sets [2] ---- */
struct cohort_concept_set {
    int64_t id; /* in the source; for messages only: everything else of the program refers to sets by position */
    const char *name;
    const struct concept_set_item *items;
    const char *const *item_names; /* as the source calls them, "" when it does not */
    size_t item_count;
    bool is_undefined;          /* asked for but defined nowhere: it has no items and resolves to the empty set */
    bool is_resolved;           /* members are filled: cohort_program_resolve, or whoever knows them */
    struct concept_ids members; /* ascending, distinct */
    const char *path;
};

/* ---- values and tests of attributes [1.3, 3.1] ---- */
/* What a test looks at, or what distinct counting counts. In the tests of a criterion START, END and LENGTH are the row's own dates
 * after date adjustment and before a user-defined period; in distinct counting they are those of the row as the criterion yields it;
 * in demographic criteria they are those of the P row. */
enum cohort_operand {
    COHORT_NOTHING,            /* always NULL */
    COHORT_ONE,                /* always 1 [5.2, DURATION of what has no end] */
    COHORT_FIELD,              /* `field` of the criterion's table */
    COHORT_FIELD_OR_ZERO,      /* the same, 0 for NULL [5.2, Death] */
    COHORT_START,              /* a day number */
    COHORT_END,                /* a day number, NULL where the end is */
    COHORT_LENGTH,             /* end - start in days */
    COHORT_AGE_AT_START,       /* year(start) - year_of_birth; like PERSON, a row without a PERSON row is dropped */
    COHORT_AGE_AT_END,         /* year(end) - year_of_birth */
    COHORT_PERSON,             /* `field` of PERSON; a row without a PERSON row is dropped, whatever the test */
    COHORT_PROVIDER_SPECIALTY, /* provider.specialty_concept_id by the row's provider_id; without such a provider NULL */
    COHORT_VISIT_CONCEPT,      /* visit_concept_id of the visit with the row's visit_occurrence_id and person; else the row is dropped */
    COHORT_PLACE_OF_SERVICE,   /* care_site.place_of_service_concept_id by the row's care_site_id; no care site drops the row */
    COHORT_RATIO_TO_LOW,       /* value_as_number / range_low; NULL when a part is NULL or the bound is 0 */
    COHORT_RATIO_TO_HIGH,      /* value_as_number / range_high; the same */
};
struct cohort_value {
    enum cohort_operand operand;
    int field; /* position of the field in its table for FIELD, FIELD_OR_ZERO (criterion's table) and PERSON; else OMOP_NO_FIELD */
};

enum cohort_test_kind {
    COHORT_TEST_INTEGER,  /* low <= value <= high, as integers; the source's numbers were truncated toward zero */
    COHORT_TEST_DATE,     /* the same on day numbers (days since 1970-01-01) */
    COHORT_TEST_DECIMAL,  /* low_number <= value <= high_number; the source's numbers were rounded to 4 decimals, half away from zero.
                             A stored NUMERIC value is rounded to 3 decimals, half away from zero, before it is compared; a ratio is not */
    COHORT_TEST_TEXT,     /* SQL LIKE: cohort_text_is_like(pattern, value) */
    COHORT_TEST_CONCEPTS, /* value is one of the concepts */
    COHORT_TEST_SET,      /* value is a member of concept_sets[set]. NULL under negation: kept when that set resolved to nothing */
    COHORT_TEST_PRESENT,  /* value is not NULL (negated: is NULL) */
    COHORT_TEST_ABNORMAL, /* value_as_number < range_low, or > range_high, or value_as_concept_id is 4155142 or 4155143 [3.1] */
};
/* The words in which a range was given: for printing; evaluation looks at low, high and is_negated only. */
enum cohort_comparison { COHORT_LT, COHORT_LTE, COHORT_EQ, COHORT_NOT_EQ, COHORT_GT, COHORT_GTE, COHORT_BETWEEN, COHORT_NOT_BETWEEN };
enum { COHORT_ABNORMAL_LOW = 4155143, COHORT_ABNORMAL_HIGH = 4155142 };

/* A NULL value never passes, negated or not, except where PRESENT and SET say so. */
struct cohort_test {
    enum cohort_test_kind kind;
    struct cohort_value value;
    bool is_negated;
    enum cohort_comparison comparison;
    int64_t low, high;                /* INTEGER, DATE: inclusive; INT64_MIN and INT64_MAX: no bound; low > high: nothing is inside */
    double low_number, high_number;   /* DECIMAL: inclusive, strictness is in the bounds (next double); infinities: no bound */
    struct text pattern;              /* TEXT: with the % of startsWith, contains, endsWith */
    struct concept_ids concepts;      /* CONCEPTS: ascending, distinct, at least one */
    const char *const *concept_names; /* CONCEPTS: parallel, "" when unknown */
    int set;                          /* SET: position in concept_sets; else COHORT_NO_SET */
    const char *path;
};

/* ---- one domain criterion [3] ---- */
/* The end of a row before adjustment. The store's start field is always the start. */
enum cohort_end_rule {
    COHORT_END_RECORDED,    /* the end field, NULL where it is NULL: visits, visit details, eras, periods */
    COHORT_END_OR_NEXT_DAY, /* the end field, else start + 1: conditions, devices */
    COHORT_END_OR_SUPPLY,   /* the end field, else start + days_supply, else start + 1: drugs */
    COHORT_END_NEXT_DAY,    /* start + 1: procedures, measurements, observations, deaths, specimens */
};
/* start = (starts_from_end ? end : start) + start_offset, end likewise, of the dates above; rows whose end is NULL or before their start
 * are dropped. */
struct cohort_adjustment {
    bool starts_from_end, ends_from_end;
    int start_offset, end_offset;
};

struct cohort_group;
/* Yields rows (person, event id, start, end, visit id, sort date) in this order of steps: 1 rows of `table` in both concept sets;
 * 2 under first_only mark the first per person by unadjusted start, then record id; 3 dates; 4 tests, all of them, and the mark;
 * 5 the user-defined period; 6 the nested group. Event id, person, start, visit id and concept are the fields that omop_table(table)
 * names (a death's id is its person_id; without a visit field the visit id is NULL). sort date: the start of step 3. */
struct cohort_criterion {
    int table;              /* enum omop_table; one of the fifteen of the language */
    int concept_set;        /* the table's concept field is a member; COHORT_NO_SET: no filter, the whole table */
    int source_concept_set; /* the same on its source concept field */
    bool first_only;
    enum cohort_end_rule end_rule;
    bool has_adjustment;
    struct cohort_adjustment adjustment;
    const struct cohort_test *tests;
    size_t test_count;
    /* Each date given must lie inside the row's [start, end] and then replaces its start or end in what the criterion yields. */
    bool has_user_start, has_user_end;
    day user_start, user_end;
    /* NULL: none (an empty one counts as none). P is the rows themselves, each with every observation period that contains its start;
     * a row in no period is dropped, always [5.5]. */
    const struct cohort_group *nested;
    const char *path;
};

/* ---- groups [5] ---- */
enum cohort_bound_kind {
    COHORT_BOUND_DAYS,         /* index date + days */
    COHORT_BOUND_PERIOD_START, /* op_start of the index, on whichever side of the window it stands */
    COHORT_BOUND_PERIOD_END,   /* op_end of the index */
    COHORT_BOUND_NONE,         /* no condition */
};
struct cohort_bound {
    enum cohort_bound_kind kind;
    int64_t days; /* negative before; BOUND_DAYS only */
};
/* x = A's end or start, i = the index's end or start: x >= bound(from) and x <= bound(to). A comparison with a NULL date is not true;
 * a bound NONE compares nothing. */
struct cohort_window {
    bool uses_event_end, uses_index_end;
    struct cohort_bound from, to;
};

enum cohort_count { COHORT_COUNT_EXACTLY, COHORT_COUNT_AT_MOST, COHORT_COUNT_AT_LEAST };
/* [5.1, 5.2] n is the number of rows A in the windows, or of their distinct non-NULL values; passes when n compares with `number`. */
struct cohort_correlated {
    const struct cohort_criterion *criterion;
    bool ignores_observation_period; /* else op_start <= A.start <= op_end too */
    bool restricts_to_visit;         /* A and index have the same visit id, not NULL */
    struct cohort_window start_window;
    bool has_end_window;
    struct cohort_window end_window;
    enum cohort_count count;
    int64_t number;
    bool takes_absent; /* an index without any matching row takes part with n = 0; otherwise it never passes, whatever the numbers */
    bool is_distinct;
    struct cohort_value distinct; /* of A; operand NOTHING gives n = 0. COHORT_NOTHING when not is_distinct */
    const char *path;
};

/* [5.3] Every test passes on the index (operands START, END, AGE_AT_START and PERSON), and the index has a PERSON row, also when there
 * is no test. */
struct cohort_demographic {
    const struct cohort_test *tests;
    size_t test_count;
    const char *path;
};

enum cohort_group_kind { COHORT_ALL, COHORT_ANY, COHORT_AT_LEAST_ITEMS, COHORT_AT_MOST_ITEMS };
/* [5.4] m of the items pass: ALL m = N, ANY m > 0, AT_LEAST m >= number, AT_MOST m <= number. A group without items is ALL, so that it
 * passes every event. */
struct cohort_group {
    enum cohort_group_kind kind;
    int64_t number;
    const struct cohort_correlated *correlated;
    size_t correlated_count;
    const struct cohort_demographic *demographics;
    size_t demographic_count;
    const struct cohort_group *groups;
    size_t group_count;
    const char *path;
};

/* ---- the whole [4, 6, 7, 8] ---- */
enum cohort_limit { COHORT_LIMIT_ALL, COHORT_LIMIT_FIRST, COHORT_LIMIT_LAST };
struct cohort_rule {
    const char *name, *description; /* "" when absent */
    struct cohort_group group;
    const char *path;
};

enum cohort_exit_kind { COHORT_EXIT_PERIOD_END, COHORT_EXIT_OFFSET, COHORT_EXIT_DRUG_ERA };
/* [7] PERIOD_END: candidate op_end. OFFSET: instead of it, min(start or end + offset, op_end). DRUG_ERA: besides op_end, the end of the
 * era of drug_set that contains the start. Censoring adds candidates to each kind. */
struct cohort_exit {
    enum cohort_exit_kind kind;
    bool from_end; /* OFFSET */
    int offset;    /* OFFSET; DRUG_ERA: added to every exposure's end, and so it widens gap_days while merging */
    int drug_set, gap_days;
    bool has_supply_override; /* exposures last supply_override days whatever they say */
    int supply_override;
    const char *path; /* "" for PERIOD_END */
};

struct cohort_program {
    const char *name;  /* as the caller calls the definition; for messages and headings */
    const char *title; /* "" when absent */
    struct cohort_concept_set *concept_sets;
    size_t concept_set_count;
    const struct cohort_criterion *primary; /* at least one; union with duplicates */
    size_t primary_count;
    int prior_days, post_days; /* op_start + prior_days <= start and start + post_days <= op_end */
    enum cohort_limit primary_limit;
    const struct cohort_group *additional; /* NULL: none */
    enum cohort_limit qualified_limit;     /* ALL when there is no additional group, whatever the source says [6] */
    const struct cohort_rule *rules;       /* statistics [9] are written when there is at least one */
    size_t rule_count;
    enum cohort_limit expression_limit;
    struct cohort_exit exit;
    const struct cohort_criterion *censoring; /* candidate: earliest row start c with start <= c <= op_end, for each */
    size_t censoring_count;
    int era_pad; /* [8] */
    bool has_censor_start, has_censor_end;
    day censor_start, censor_end;
};

/* Fills the members of every set that is not resolved yet; they live in `arena`, which must live as long as the program. */
MUST_CHECK bool cohort_program_resolve(struct cohort_program *program, struct vocabulary *vocabulary, struct arena *arena,
                                       struct error *err);
/* Checks every invariant of this header (positions, kinds, counts, depth); INTERNAL with the path of the node where one is broken. */
MUST_CHECK bool cohort_program_validate(const struct cohort_program *program, struct error *err);
/* Bit i: evaluation reads omop table i (what a grant must allow; the vocabulary is not among them). */
uint64_t cohort_program_tables(const struct cohort_program *program);
/* Do two criteria of one program yield the same rows? Sets with the same members are not recognised as such. */
bool cohort_criterion_is_same(const struct cohort_criterion *a, const struct cohort_criterion *b);
/* SQL LIKE without escape on UTF-8: % is any run, _ any one character; case counts. */
bool cohort_text_is_like(struct text pattern, struct text value);

/* Canonical text: all that changes rows and nothing else (no names, paths or unused sets, sets numbered as first used). Stable: two
 * programs with one print give the same rows from the same data. The hash is over the print. */
MUST_CHECK bool cohort_program_print(const struct cohort_program *program, struct buffer *out, struct error *err);
MUST_CHECK bool cohort_program_hash(const struct cohort_program *program, struct crypto_hash *out_hash, struct error *err);
/* The program in words for a clinician. vocabulary may be NULL; it gives concept names that the definition does not have. */
enum cohort_language { COHORT_ENGLISH, COHORT_FRENCH };
MUST_CHECK bool cohort_program_explain(const struct cohort_program *program, struct vocabulary *vocabulary, enum cohort_language language,
                                       struct buffer *out, struct error *err);
