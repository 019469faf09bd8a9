/* SPDX-License-Identifier: EUPL-1.2 */
/* flat_internal: what the files of this module share: the state of a reading, and one row of it. */
#pragma once
#include "base/csv.h"
#include "intake/flat/flat.h"
#include "intake/flat/flat_facts.h"
#include "intake/record/record_codes.h"
#include "intake/record/record_moment.h"
#include "intake/record/record_references.h"

struct flat_rule {
    enum flat_file file;
    const char *column;
    enum flat_use use;
    int target;
};
extern const struct flat_rule flat_rules[];
enum {
#define FLAT_RULE_NUMBER(FILE, column, USE, target) +1
    FLAT_RULE_COUNT = 0 FLAT_COLUMNS(FLAT_RULE_NUMBER)
#undef FLAT_RULE_NUMBER
};
const char *flat_file_name(enum flat_file file);
enum record_table flat_table(enum flat_file file); /* RECORD_TABLE_COUNT: no rows of its own */
/* The value of a word of a column (case and blanks do not count); NULL when it is none. */
const char *flat_word(const char *column, struct text word);

struct flat {
    const struct reader_options *options;
    const struct reader_sink *sink;
    struct tally *tally;
    struct references *references;
    struct identity *identity;
    int zone_minutes;
    bool is_survey;
};

enum { FLAT_HABITS_MAX = 8 };
struct flat_row {
    struct flat *flat;
    enum flat_file file;
    const char *name; /* of the file */
    uint64_t line;
    struct record record;
    struct text patient, prescription, death_day, quantity, unit; /* as they stand there */
    int64_t subject;
    struct moment start, end;
    bool has_start, has_end, is_faulty, is_invalid, has_code, is_prose;
    char code[RECORD_CODE_SIZE];
    struct {
        const char *column;
        struct text word;
    } habits[FLAT_HABITS_MAX];
    size_t habit_count;
    struct text local_id, residence;
};
/* row.c: takes one field by one rule. */
void flat_apply(struct flat_row *row, const struct flat_rule *rule, struct text text);
/* What is left of a row to do once its fields are in. */
MUST_CHECK bool flat_survey_row(struct flat_row *row, struct error *err);
MUST_CHECK bool flat_take_row(struct flat_row *row, struct error *err);
