/* SPDX-License-Identifier: EUPL-1.2 */
/* fhir_internal: what the two passes share: the state of a reading, one line of it, and what comes out of a piece. */
#pragma once
#include "base/buffer.h"
#include "base/json.h"
#include "intake/fhir/fhir.h"
#include "intake/fhir/fhir_facts.h"
#include "intake/fhir/lines.h"
#include "intake/record/record_codes.h"
#include "intake/record/record_moment.h"
#include "intake/record/record_references.h"

/* Where things are counted: resources, and parts of resources that are rows of their own. */
enum fhir_place {
    PLACE_DECEASED = FHIR_RESOURCE_COUNT, /* Patient.deceased */
    PLACE_UNIT_STAY,                      /* Encounter.location */
    PLACE_COMPONENT,                      /* Observation.component */
    PLACE_LINE,                           /* lines that are no resource */
    PLACE_COUNT,
    PLACE_NONE /* counted elsewhere */
};
const char *fhir_place_name(int place);

/* What a piece gave: entries one after the other (output.c), and counts. */
struct output {
    struct buffer entries;
    struct tally *tally;
    uint32_t seen[PLACE_COUNT];
    uint32_t outcomes[PLACE_COUNT][RECORD_OUTCOME_COUNT];
};

struct fhir {
    const struct reader_options *options;
    const struct reader_sink *sink;
    struct tally *tally;
    int zone_minutes;
    size_t line_bytes_max;
    const struct lines_file *files;
    size_t file_count;
    bool *is_surveyed; /* by file: the first pass read it */
    struct references *references;
    bool has_inpatient;           /* a stay of its own is marked as in-patient somewhere in the export */
    struct json_reader **readers; /* one a worker, and a last one for the merging thread */
    struct output *outputs;       /* one a slot */
    struct identity *identity;
};

struct line {
    const struct fhir *fhir;
    struct output *out;
    const struct lines_piece *piece;
    const char *bytes;
    size_t length;
    uint64_t number;
    const struct json *root;
    enum fhir_resource resource;
    struct text id;
    int64_t subject; /* once line_subject found it */
    bool is_faulty;  /* has a finding: nothing of it is given out */
    size_t room_used;
    char room[4096]; /* texts made for this line */
};

/* ---- line.c: what is in a line ---- */
/* Empty when absent or no string. */
static inline struct text node_text(const struct json *object, const char *name)
{
    const struct json *node = json_member(object, name);
    return node && node->kind == JSON_STRING ? node->text : (struct text){"", 0};
}
/* The first item of an array, or the thing itself; NULL when absent. */
const struct json *node_first(const struct json *node);
size_t node_count(const struct json *node); /* of an array; 1 for a single object */
const struct json *fhir_item(const struct json *node, size_t index);
bool node_is_true(const struct json *object, const char *name);
bool node_number(const struct json *object, const char *name, double *out);
/* The code of the first coding that has one, without its system. */
struct text node_code(const struct json *concept);
/* An item of `extension` whose url ends so, in any case. */
const struct json *node_extension(const struct json *object, const char *url_end);

void line_find(struct line *line, const char *field, const char *words);
/* The id that a reference names: Type/id, an absolute address, urn:uuid:id. Empty when there is none, or when it is to another type. */
struct text line_reference(const struct json *reference, const char *type);
/* True when there is one and it can be read; what cannot be read is a finding. */
bool line_moment(struct line *line, const struct json *object, const char *name, bool is_end, struct moment *out);
struct when {
    bool has_start, has_end;
    struct moment start, end;
};
/* Takes what `when` has not yet: from a dateTime, then from a period. */
void line_when(struct line *line, const struct json *object, const char *date_time, const char *period, struct when *when);
/* Fails the line with NO_SUBJECT (false) when the person is not in the export. */
bool line_subject(struct line *line, const char *member);
struct stay {
    int64_t number; /* 0: none */
    bool has_start;
    struct moment start;
};
void line_stay(const struct line *line, const char *member, struct stay *out);
void when_of_stay(struct when *when, const struct stay *stay); /* the start of the stay is that of what has none */

struct coded {
    struct text system, code;
};
/* OUTCOME_TAKEN, NO_CODE, or FREE_TEXT when there are only words. preferred wins, then userSelected, then a known system, then the first.
 */
enum record_outcome line_code(struct line *line, const struct json *concept, enum record_system preferred, const char *field,
                              struct coded *out);
int64_t line_record(const struct line *line); /* the number of the line's own row */

/* ---- output.c ---- */
void output_begin(struct output *out);
void output_end(struct output *out);
/* Counts, and returns true. */
bool line_drop(struct line *line, int place, enum record_outcome outcome);
/* Counts it as taken, and keeps it for the merge, unless the line is faulty. */
MUST_CHECK bool line_take(struct line *line, int place, const struct record *record, struct error *err);
/* The entries up to the next person are the person's own: they are given once. */
MUST_CHECK bool line_take_person(struct line *line, struct error *err);
MUST_CHECK bool output_give(struct fhir *fhir, const struct lines_piece *piece, struct error *err);
void record_text(struct line *line, struct record *record, enum record_column column, struct text text, const char *field);
void record_when(struct record *record, const struct when *when);
/* Begins a row of the person: its number, the stay, the code, and when; place: the element that has the code. */
struct event_of_person {
    enum record_table table;
    int64_t number;
    const struct stay *stay;
    const struct coded *coded;
    const char *place;
    const struct when *when;
};
void record_begin_event(struct line *line, struct record *record, const struct event_of_person *event);

/* ---- survey.c: the first pass ---- */
MUST_CHECK bool survey_run(struct fhir *fhir, struct error *err);
bool survey_is_wanted(enum fhir_resource resource);
enum fhir_resource fhir_resource_find(struct text name); /* FHIR_RESOURCE_COUNT: there is none */
enum fhir_use fhir_resource_use(enum fhir_resource resource);
/* What is kept of a stay. */
enum { STAY_HAS_START = 1, STAY_HAS_TIME = 2, STAY_TAKEN = 4 };
enum visit_outcome { VISIT_TAKEN, VISIT_UNFINISHED, VISIT_STATUS, VISIT_ERROR };
enum visit_outcome encounter_outcome(const struct json *root);
void encounter_when(struct line *line, struct when *when);
struct text encounter_class_code(const struct json *root);
bool encounter_class_is_inpatient(struct text code);
struct text encounter_discharge(const struct json *root);
struct text place_name(const struct json *root, struct text id);

/* ---- resources ---- */
MUST_CHECK bool patient_take(struct line *line, struct error *err);
/* Fills the traits of the person of one line. */
void patient_identify(struct identity *identity, const struct json *root, struct tally *tally);
MUST_CHECK bool encounter_take(struct line *line, struct error *err);
MUST_CHECK bool condition_take(struct line *line, struct error *err);
MUST_CHECK bool allergy_take(struct line *line, struct error *err);
MUST_CHECK bool procedure_take(struct line *line, struct error *err);
MUST_CHECK bool observation_take(struct line *line, struct error *err);
MUST_CHECK bool drug_take(struct line *line, struct error *err);
MUST_CHECK bool place_take(struct line *line, struct error *err);
