/* SPDX-License-Identifier: EUPL-1.2 */
/* row: what a field becomes, and what a row is once its fields are in. */
#include "intake/flat/flat_internal.h"
#include <stdio.h>
#include <string.h>

enum { VALUE_TEXT_MAX = 60 }; /* what is longer is prose: EMC2-02 */

static void find(struct flat_row *row, const char *column, const char *words)
{
    row->is_faulty = true;
    if (!row->flat->is_survey) {
        tally_find(row->flat->tally, row->name, row->line, column, words);
    }
}

/* ---- fields ---- */
static void apply_number(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    char copy[64];
    double value;
    if (!text_copy(copy, sizeof copy, text)) {
        find(row, rule->column, "no number");
        return;
    }
    char *comma = strchr(copy, ',');
    if (comma) {
        *comma = '.';
    }
    if (!text_to_double(text_of(copy), &value)) {
        find(row, rule->column, "no number");
        return;
    }
    if (row->file == FLAT_FILE_POSOLOGIE) {
        row->quantity = text;
    } else {
        record_set_number(&row->record, (enum record_column)rule->target, value);
    }
}

static void apply_text(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    const enum record_column column = (enum record_column)rule->target;
    if (column == COLUMN_VALUE_TEXT && text.length > VALUE_TEXT_MAX) {
        row->is_prose = true;
    } else if (text.length > RECORD_TEXT_MAX) {
        find(row, rule->column, "longer than 255 bytes");
    } else if (row->file == FLAT_FILE_POSOLOGIE) {
        row->unit = text;
    } else {
        record_set_text(&row->record, column, text);
    }
}

/* The first of several columns that has one. */
static void apply_moment(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    const bool is_end = rule->target == COLUMN_END;
    struct moment moment;
    if (moment_read(text, is_end, row->flat->zone_minutes, &moment) == MOMENT_INVALID) {
        find(row, rule->column, "no date (YYYY-MM-DD, with or without hh:mm:ss)");
    } else if (is_end && !row->has_end) {
        row->end = moment;
        row->has_end = true;
    } else if (!is_end && !row->has_start) {
        row->start = moment;
        row->has_start = true;
    }
}

static void apply_birth(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    struct moment moment;
    if (moment_read(text, false, row->flat->zone_minutes, &moment) == MOMENT_INVALID) {
        find(row, rule->column, "no date (YYYY-MM-DD)");
        return;
    }
    record_set_birth(&row->record, text, &moment);
}

static void apply_word(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    const char *value = flat_word(rule->column, text);
    if (value) {
        record_set_text(&row->record, (enum record_column)rule->target, text_of(value));
    } else if (!row->flat->is_survey) {
        char words[160];
        snprintf(words, sizeof words, "%s: a word that spec/flat_words.csv does not have; it is left out", rule->column);
        tally_remark(row->flat->tally, flat_file_name(row->file), words);
    }
}

static void apply_code(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    const enum record_system system = (enum record_system)rule->target;
    const size_t length = record_code_normalise(system, text, row->code);
    if (length == 0) {
        find(row, rule->column, "a code that is empty or longer than 255 bytes");
        return;
    }
    record_set_text(&row->record, COLUMN_SYSTEM, text_of(record_system_name(system)));
    record_set_text(&row->record, COLUMN_CODE, (struct text){row->code, length});
    row->has_code = true;
}

static void apply_visit(struct flat_row *row, struct text text)
{
    const int64_t number = record_number(row->flat->options->numbers, "donnees_pmsi", text);
    record_set_integer(&row->record, COLUMN_VISIT, number);
}

static void apply_trait(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    if (row->flat->identity && !row->flat->is_survey) {
        identity_set(row->flat->identity, (enum identity_trait)rule->target, text);
    }
    if (rule->target == IDENTITY_TWIN_RANK) {
        record_set_twin_rank(&row->record, text);
    }
}

/* An INS is the person's number where the column nir has none. */
static void apply_ins(struct flat_row *row, struct text text)
{
    if (row->flat->identity && !row->flat->is_survey && !identity_has(row->flat->identity, IDENTITY_NIR)) {
        identity_set(row->flat->identity, IDENTITY_NIR, text);
    }
}

void flat_apply(struct flat_row *row, const struct flat_rule *rule, struct text text)
{
    const struct record_numbers *numbers = row->flat->options->numbers;
    if (!text_is_utf8(text)) {
        find(row, rule->column, "is not UTF-8");
        return;
    }
    switch (rule->use) {
    case FLAT_SUBJECT:
        row->patient = text;
        row->subject = record_subject(numbers, text);
        record_set_integer(&row->record, COLUMN_SUBJECT, row->subject);
        return;
    case FLAT_ID:
        row->local_id = text;
        record_set_integer(&row->record, COLUMN_RECORD, record_number(numbers, flat_file_name(row->file), text));
        return;
    case FLAT_VISIT:
        apply_visit(row, text);
        return;
    case FLAT_PRESCRIPTION:
        row->prescription = text;
        return;
    case FLAT_RESIDENCE:
        if (text.length > RECORD_TEXT_MAX) {
            find(row, rule->column, "longer than 255 bytes");
        }
        row->residence = text;
        return;
    case FLAT_BIRTH:
        apply_birth(row, rule, text);
        return;
    case FLAT_DEATH:
        row->death_day = text;
        return;
    case FLAT_INS:
        apply_ins(row, text);
        return;
    case FLAT_VALID:
        row->is_invalid = !text_equal_fold(text, TEXT("valide"));
        return;
    case FLAT_VALUE_CODE:
        record_set_text(&row->record, COLUMN_VALUE_SYSTEM, TEXT("LOCAL:valeur_code"));
        apply_text(row, &(struct flat_rule){row->file, rule->column, FLAT_TEXT, COLUMN_VALUE_CODE}, text);
        return;
    case FLAT_HABIT:
        if (row->habit_count < FLAT_HABITS_MAX) {
            row->habits[row->habit_count].column = rule->column;
            row->habits[row->habit_count++].word = text;
        }
        return;
    case FLAT_PASS:
        return;
    case FLAT_TRAIT:
        apply_trait(row, rule, text);
        return;
    case FLAT_CODE:
        apply_code(row, rule, text);
        return;
    case FLAT_MOMENT:
        apply_moment(row, rule, text);
        return;
    case FLAT_NUMBER:
        apply_number(row, rule, text);
        return;
    case FLAT_TEXT:
        apply_text(row, rule, text);
        return;
    case FLAT_WORD:
        apply_word(row, rule, text);
        return;
    }
}

/* ---- the first pass ---- */
enum { IS_PERSON = 1, IS_GIVEN = 2 };

bool flat_survey_row(struct flat_row *row, struct error *err)
{
    struct references *references = row->flat->references;
    const struct record_numbers *numbers = row->flat->options->numbers;
    if (row->file == FLAT_FILE_PATIENT && row->patient.length > 0) {
        return references_add(references, row->subject, IS_PERSON, err);
    }
    if (row->file == FLAT_FILE_PATIENT_ADRESSE && row->residence.length > 0) {
        return references_add_texts(references, record_number(numbers, "residence", row->patient), row->residence, TEXT(""), err);
    }
    if (row->file == FLAT_FILE_POSOLOGIE && row->prescription.length > 0) {
        return references_add_texts(references, record_number(numbers, "posologie", row->prescription), row->quantity, row->unit, err);
    }
    if (row->file != FLAT_FILE_DONNEES_PMSI || !row->has_start) {
        return true;
    }
    const bool is_death =
        record_has(&row->record, COLUMN_DISCHARGED_TO) && text_equal(row->record.values[COLUMN_DISCHARGED_TO].text, TEXT("9"));
    const uint64_t start = (uint64_t)(uint32_t)row->start.day.number, end = (uint64_t)(uint32_t)row->end.day.number;
    TRY(row->local_id.length == 0 || references_add(references, record_number(numbers, "donnees_pmsi", row->local_id), start, err));
    return !is_death || !row->has_end || references_add(references, record_number(numbers, "exit", row->patient), end, err);
}

/* ---- the second pass ---- */
static bool drop(struct flat_row *row, const char *place, enum record_outcome outcome)
{
    tally_count(row->flat->tally, place, outcome, 1);
    return true;
}

static bool give(struct flat_row *row, const char *place, const struct record *record, struct error *err)
{
    const struct reader_sink *sink = row->flat->sink;
    tally_count(row->flat->tally, place, OUTCOME_TAKEN, 1);
    return !sink->record || sink->record(sink->context, record, err);
}

static bool take_death(struct flat_row *row, struct error *err)
{
    static const char place[] = "patient.date_deces";
    struct record record;
    const uint64_t *exit = references_find(row->flat->references, record_number(row->flat->options->numbers, "exit", row->patient));
    if (row->death_day.length == 0 && !exit) {
        return true;
    }
    tally_seen(row->flat->tally, place, 1);
    if (row->death_day.length > 0) {
        if (moment_read(row->death_day, false, row->flat->zone_minutes, &row->start) == MOMENT_INVALID) {
            find(row, "date_deces", "no date (YYYY-MM-DD)");
            return true;
        }
    } else {
        row->start = (struct moment){.day = {(int32_t)*exit}};
    }
    record_begin(&record, RECORD_DEATH);
    record_set_integer(&record, COLUMN_SUBJECT, row->subject);
    record_set_day(&record, COLUMN_START, row->start.day);
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return give(row, place, &record, err);
}

static bool take_person(struct flat_row *row, struct error *err)
{
    struct text residence, none;
    uint64_t *kept = references_find(row->flat->references, row->subject);
    if (*kept & IS_GIVEN) {
        return drop(row, "patient", OUTCOME_DOUBLE);
    }
    *kept |= IS_GIVEN;
    if (references_texts(row->flat->references, record_number(row->flat->options->numbers, "residence", row->patient), &residence, &none)) {
        record_set_text(&row->record, COLUMN_RESIDENCE, residence);
        if (row->flat->identity) {
            identity_set(row->flat->identity, IDENTITY_RESIDENCE, residence);
        }
    }
    if (!record_has(&row->record, COLUMN_SEX)) {
        record_set_text(&row->record, COLUMN_SEX, TEXT("U"));
    }
    const struct reader_sink *sink = row->flat->sink;
    TRY(!sink->person || sink->person(sink->context, row->subject, row->flat->identity, err));
    TRY(give(row, "patient", &row->record, err));
    return take_death(row, err);
}

/* Each habit is an observation of its own: its column is the code, its word the value. */
static bool take_habits(struct flat_row *row, struct error *err)
{
    if (row->habit_count == 0) {
        return drop(row, "style_vie", OUTCOME_NO_VALUE);
    }
    tally_count(row->flat->tally, "style_vie", OUTCOME_TAKEN, 1);
    for (size_t i = 0; i < row->habit_count; i++) {
        static const char place[] = "style_vie, columns";
        const char *value = flat_word(row->habits[i].column, row->habits[i].word);
        struct record record = row->record;
        char id[300];
        tally_seen(row->flat->tally, place, 1);
        if (!value) {
            (void)drop(row, place, OUTCOME_FREE_TEXT);
            continue;
        }
        const int length = snprintf(id, sizeof id, "%s#%.*s", row->habits[i].column,
                                    (int)(row->local_id.length < 200 ? row->local_id.length : 200), row->local_id.data);
        record_set_integer(&record, COLUMN_RECORD,
                           record_number(row->flat->options->numbers, "style_vie", (struct text){id, (size_t)length}));
        record_set_text(&record, COLUMN_SYSTEM, TEXT("LOCAL:style_vie"));
        record_set_text(&record, COLUMN_CODE, text_of(row->habits[i].column));
        record_set_text(&record, COLUMN_VALUE_SYSTEM, TEXT("LOCAL:style_vie"));
        record_set_text(&record, COLUMN_VALUE_CODE, text_of(value));
        TRY(give(row, place, &record, err));
    }
    return true;
}

static void start_of_stay(struct flat_row *row)
{
    const uint64_t *kept = !row->has_start && record_has(&row->record, COLUMN_VISIT)
                               ? references_find(row->flat->references, row->record.values[COLUMN_VISIT].integer)
                               : NULL;
    if (kept) {
        row->start = (struct moment){.day = {(int32_t)*kept}};
        row->has_start = true;
    }
}

/* A prescription is for what its posology says. */
static void add_posology(struct flat_row *row)
{
    struct text quantity, unit;
    const int64_t number = record_number(row->flat->options->numbers, "posologie", row->local_id);
    double value;
    if (references_texts(row->flat->references, number, &quantity, &unit) && text_to_double(quantity, &value)) {
        record_set_number(&row->record, COLUMN_QUANTITY, value);
        record_set_text(&row->record, COLUMN_UNIT, unit);
    }
}

static void set_constants(struct flat_row *row)
{
    static const char *const types[FLAT_FILE_COUNT] = {[FLAT_FILE_DONNEES_PMSI] = "EHR_BILLING",
                                                       [FLAT_FILE_DIAGNOSTICS] = "EHR_BILLING",
                                                       [FLAT_FILE_ACTES] = "EHR_BILLING",
                                                       [FLAT_FILE_BIOLOGIE] = "LABORATORY",
                                                       [FLAT_FILE_PRESCRIPTION] = "EHR_PRESCRIPTION",
                                                       [FLAT_FILE_ADMINISTRATION] = "EHR_ADMINISTRATION"};
    record_set_text(&row->record, COLUMN_TYPE, text_of(types[row->file] ? types[row->file] : "EHR"));
    if (row->file == FLAT_FILE_DONNEES_PMSI) {
        record_set_text(&row->record, COLUMN_CLASS, TEXT("IMP"));
    }
    if (row->file == FLAT_FILE_PRESCRIPTION) {
        add_posology(row);
    }
}

/* OUTCOME_TAKEN, or why the row is left. */
static enum record_outcome outcome_of(struct flat_row *row)
{
    const bool needs_code = row->file != FLAT_FILE_DONNEES_PMSI && row->file != FLAT_FILE_STYLE_VIE && row->file != FLAT_FILE_PATIENT;
    if (row->is_invalid) {
        return OUTCOME_STATUS;
    }
    if (row->file == FLAT_FILE_PRESCRIPTION && !row->flat->options->keep_orders) {
        return OUTCOME_ORDER_ONLY;
    }
    if (row->patient.length == 0 || !references_find(row->flat->references, row->subject)) {
        return OUTCOME_NO_SUBJECT;
    }
    if (needs_code && !row->has_code) {
        return OUTCOME_NO_CODE;
    }
    if (row->is_prose) {
        return OUTCOME_FREE_TEXT;
    }
    return row->file != FLAT_FILE_PATIENT && !row->has_start ? OUTCOME_NO_DATE : OUTCOME_TAKEN;
}

bool flat_take_row(struct flat_row *row, struct error *err)
{
    const char *place = flat_file_name(row->file);
    tally_seen(row->flat->tally, place, 1);
    if (row->is_faulty) {
        return true;
    }
    if (flat_table(row->file) == RECORD_TABLE_COUNT) {
        return drop(row, place, OUTCOME_LOOKED_UP);
    }
    if (row->file != FLAT_FILE_PATIENT && row->local_id.length == 0) {
        find(row, "id", "a row must have one");
        return true;
    }
    start_of_stay(row);
    const enum record_outcome outcome = outcome_of(row);
    if (outcome != OUTCOME_TAKEN) {
        return drop(row, place, outcome);
    }
    if (row->file == FLAT_FILE_PATIENT) {
        return take_person(row, err);
    }
    record_set_when(&row->record, &row->start, row->has_end ? &row->end : NULL);
    set_constants(row);
    return row->file == FLAT_FILE_STYLE_VIE ? take_habits(row, err) : give(row, place, &row->record, err);
}
