/* SPDX-License-Identifier: EUPL-1.2 */
/* identities: identities.csv, one line a person. */
#include "base/csv.h"
#include "intake/omopcsv/omopcsv_internal.h"
#include <string.h>

static const struct {
    const char *column;
    enum identity_trait trait;
} columns[] = {{"nir", IDENTITY_NIR},
               {"nir_insured", IDENTITY_NIR_INSURED},
               {"birth_name", IDENTITY_BIRTH_NAME},
               {"used_name", IDENTITY_USED_NAME},
               {"given_names", IDENTITY_GIVEN_NAMES},
               {"birth_date", IDENTITY_BIRTH_DATE},
               {"sex", IDENTITY_SEX},
               {"birth_place", IDENTITY_BIRTH_PLACE},
               {"residence", IDENTITY_RESIDENCE},
               {"twin_rank", IDENTITY_TWIN_RANK}};
enum { COLUMNS = sizeof columns / sizeof columns[0], RESIDENCE = COLUMNS - 2, TWIN_RANK = COLUMNS - 1 };
static const char place[] = "identities";

struct places {
    int person, traits[COLUMNS]; /* -1: the file has no such column */
};

static void read_header(const struct csv_record *header, struct places *places)
{
    places->person = -1;
    for (int i = 0; i < COLUMNS; i++) {
        places->traits[i] = -1;
    }
    for (size_t field = 0; field < header->count; field++) {
        struct text name = text_trim(header->fields[field].text);
        if (text_equal_fold(name, TEXT("person_id"))) {
            places->person = (int)field;
        }
        for (int i = 0; i < COLUMNS; i++) {
            if (text_equal_fold(name, text_of(columns[i].column))) {
                places->traits[i] = (int)field;
            }
        }
    }
}

static struct text field_of(const struct csv_record *record, int column)
{
    return column >= 0 && (size_t)column < record->count ? text_trim(record->fields[column].text) : (struct text){"", 0};
}

/* As OMOP's own person_id is written: 007 is 7. False: it is no whole number. */
static bool person_of(const struct csv_record *record, const struct places *places, char digits[TEXT_NUMBER_SIZE], struct text *out_person)
{
    int64_t person;
    if (!text_to_i64(field_of(record, places->person), &person)) {
        return false;
    }
    *out_person = (struct text){digits, text_from_i64(person, digits)};
    return true;
}

/* What the person's row takes from here. */
static bool note_person(struct omopcsv *reading, const struct places *places, const struct csv_record *record, struct error *err)
{
    struct text residence = field_of(record, places->traits[RESIDENCE]), rank = field_of(record, places->traits[TWIN_RANK]);
    char digits[TEXT_NUMBER_SIZE];
    struct text person;
    residence.length = residence.length <= RECORD_TEXT_MAX && text_is_utf8(residence) ? residence.length : 0;
    rank.length = rank.length == 1 ? 1 : 0;
    if (!person_of(record, places, digits, &person) || residence.length + rank.length == 0) {
        return true;
    }
    const int64_t number = record_number(reading->options->numbers, "residence", person);
    return references_add_texts(reading->references, number, residence, rank, err);
}

static bool give_person(struct omopcsv *reading, const struct places *places, const struct csv_record *record, struct identity *identity,
                        struct error *err)
{
    char digits[TEXT_NUMBER_SIZE];
    struct text person;
    if (!person_of(record, places, digits, &person)) {
        tally_find(reading->tally, "identities.csv", record->line, "person_id", "no whole number");
        return true;
    }
    const int64_t subject = record_subject(reading->options->numbers, person);
    uint64_t *kept = references_find(reading->references, subject);
    tally_seen(reading->tally, place, 1);
    if (!kept || *kept & OMOPCSV_IDENTIFIED) {
        tally_count(reading->tally, place, kept ? OUTCOME_DOUBLE : OUTCOME_NO_SUBJECT, 1);
        return true;
    }
    *kept |= OMOPCSV_IDENTIFIED;
    for (int i = 0; i < COLUMNS; i++) {
        struct text text = field_of(record, places->traits[i]);
        if (!text_is_utf8(text)) {
            tally_find(reading->tally, "identities.csv", record->line, columns[i].column, "is not UTF-8");
            return true;
        }
        identity_set(identity, columns[i].trait, text);
    }
    tally_count(reading->tally, place, OUTCOME_TAKEN, 1);
    const bool done = reading->sink->person(reading->sink->context, subject, identity, err);
    identity_clear(identity);
    return done;
}

/* What is no CSV is a finding, and ends the file. */
static bool next_record(struct omopcsv *reading, struct csv_reader *reader, struct csv_record *record, bool is_survey, bool *out_more,
                        struct error *err)
{
    if (csv_reader_next(reader, record, out_more, err)) {
        return true;
    }
    if (err->code != ERROR_INVALID_INPUT && err->code != ERROR_LIMIT) {
        return false;
    }
    if (!is_survey) {
        tally_find(reading->tally, "identities.csv", csv_reader_line(reader), "", err->message);
    }
    *out_more = false;
    return true;
}

bool omopcsv_identities_read(struct omopcsv *reading, const char *path, bool is_survey, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    CLEANUP(identity) struct identity *identity = NULL;
    struct csv_record record;
    struct places places;
    bool more = false;
    struct csv_options options = {.delimiter = ','};
    TRY(csv_delimiter_find(path, &options, &options.delimiter, err) && csv_reader_open(&reader, path, &options, err));
    TRY(is_survey || identity_create(&identity, err));
    TRY(next_record(reading, reader, &record, is_survey, &more, err));
    if (!more) {
        return true;
    }
    read_header(&record, &places);
    if (places.person < 0) {
        if (!is_survey) {
            tally_find(reading->tally, "identities.csv", 1, "person_id", "the column is missing");
        }
        return true;
    }
    for (uint64_t rows = 0; more; rows++) {
        TRY(rows % 4096 != 0 || task_check(err));
        TRY(next_record(reading, reader, &record, is_survey, &more, err));
        if (more) {
            TRY(is_survey ? note_person(reading, &places, &record, err) : give_person(reading, &places, &record, identity, err));
        }
    }
    return true;
}
