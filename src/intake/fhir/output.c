/* SPDX-License-Identifier: EUPL-1.2 */
/* output: what a piece gave, in one growing block: entries of a head, the values that are there, and their texts. The merging thread gives
 * them to the sink, in order; the traits of a person are read there, so that they are in one place only. */
#include "intake/fhir/fhir_internal.h"
#include <assert.h>
#include <string.h>

struct entry {
    uint32_t bytes;  /* of the whole entry, a multiple of 8 */
    uint32_t table;  /* or PERSON */
    uint64_t fields; /* bit for each column; PERSON: number of the line */
};
struct text_place {
    uint32_t begin, length; /* from the beginning of the entry */
};
struct person_entry {
    struct entry entry;
    int64_t subject;
    uint64_t begin, length; /* of the line in the piece */
};
enum { PERSON = 0xffff, ENTRIES_BYTES_MAX = 1 << 30 };

void output_begin(struct output *out)
{
    out->entries.maximum = ENTRIES_BYTES_MAX;
    buffer_clear(&out->entries);
    memset(out->seen, 0, sizeof out->seen);
    memset(out->outcomes, 0, sizeof out->outcomes);
    tally_destroy(out->tally);
    out->tally = tally_create();
}

void output_end(struct output *out)
{
    buffer_finish(&out->entries);
    tally_destroy(out->tally);
    out->tally = NULL;
}

bool line_drop(struct line *line, int place, enum record_outcome outcome)
{
    line->out->outcomes[place][outcome]++;
    return true;
}

static size_t size_of(const struct record *record)
{
    size_t size = sizeof(struct entry);
    for (uint64_t left = record->present; left; left &= left - 1) {
        const enum record_column column = (enum record_column)__builtin_ctzll(left);
        size += 8 + (record_column_type(column) == RECORD_TEXT ? record->values[column].text.length : 0);
    }
    return (size + 7) / 8 * 8;
}

static void write_entry(uint8_t *at, const struct record *record, size_t size)
{
    const struct entry entry = {(uint32_t)size, (uint32_t)record->table, record->present};
    uint8_t *values = at + sizeof entry;
    uint8_t *texts = values + 8 * __builtin_popcountll(record->present);
    memcpy(at, &entry, sizeof entry);
    for (uint64_t left = record->present; left; left &= left - 1, values += 8) {
        const enum record_column column = (enum record_column)__builtin_ctzll(left);
        const union record_value *value = &record->values[column];
        const enum record_column_type type = record_column_type(column);
        if (type == RECORD_TEXT) {
            const struct text_place place = {(uint32_t)(texts - at), (uint32_t)value->text.length};
            memcpy(values, &place, sizeof place);
            memcpy(texts, value->text.data, value->text.length);
            texts += value->text.length;
        } else if (type == RECORD_DAY) {
            memcpy(values, &value->day, sizeof value->day);
        } else {
            memcpy(values, &value->integer, 8);
        }
    }
}

bool line_take(struct line *line, int place, const struct record *record, struct error *err)
{
    if (line->is_faulty) {
        return true;
    }
    if (place != PLACE_NONE) {
        line->out->outcomes[place][OUTCOME_TAKEN]++;
    }
    struct buffer *entries = &line->out->entries;
    const size_t size = size_of(record);
    TRY(buffer_reserve(entries, size, err));
    write_entry(entries->data + entries->length, record, size);
    entries->length += size;
    return true;
}

bool line_take_person(struct line *line, struct error *err)
{
    const struct person_entry person = {.entry = {sizeof person, PERSON, line->number},
                                        .subject = line->subject,
                                        .begin = (uint64_t)(line->bytes - line->piece->bytes),
                                        .length = line->length};
    return line->is_faulty || buffer_append(&line->out->entries, &person, sizeof person, err);
}

void record_text(struct line *line, struct record *record, enum record_column column, struct text text, const char *field)
{
    text = text_trim(text);
    if (text.length > RECORD_TEXT_MAX) {
        line_find(line, field, "longer than 255 bytes");
        return;
    }
    record_set_text(record, column, text);
}

void record_when(struct record *record, const struct when *when)
{
    record_set_when(record, &when->start, when->has_end ? &when->end : NULL);
}

void record_begin_event(struct line *line, struct record *record, const struct event_of_person *event)
{
    record_begin(record, event->table);
    record_set_integer(record, COLUMN_SUBJECT, line->subject);
    record_set_integer(record, COLUMN_RECORD, event->number);
    if (event->stay->number) {
        record_set_integer(record, COLUMN_VISIT, event->stay->number);
    }
    record_text(line, record, COLUMN_SYSTEM, event->coded->system, event->place);
    record_text(line, record, COLUMN_CODE, event->coded->code, event->place);
    record_when(record, event->when);
}

/* ---- giving ---- */
static void read_entry(const uint8_t *at, const struct entry *entry, struct record *record)
{
    const uint8_t *values = at + sizeof *entry;
    record->table = (enum record_table)entry->table;
    record->present = entry->fields;
    for (uint64_t left = entry->fields; left; left &= left - 1, values += 8) {
        const enum record_column column = (enum record_column)__builtin_ctzll(left);
        const enum record_column_type type = record_column_type(column);
        if (type == RECORD_TEXT) {
            struct text_place place;
            memcpy(&place, values, sizeof place);
            record->values[column].text = (struct text){(const char *)at + place.begin, place.length};
        } else if (type == RECORD_DAY) {
            memcpy(&record->values[column].day, values, sizeof(int32_t));
        } else {
            memcpy(&record->values[column].integer, values, 8);
        }
    }
}

enum { GIVEN = 2 }; /* bit of a person's value in the references */

/* The second of two lines on one person is left. */
static bool give_person(struct fhir *fhir, const struct lines_piece *piece, const struct person_entry *entry, bool *out_is_double,
                        struct error *err)
{
    uint64_t *kept = references_find(fhir->references, entry->subject);
    *out_is_double = kept && *kept & GIVEN;
    tally_count(fhir->tally, "Patient", *out_is_double ? OUTCOME_DOUBLE : OUTCOME_TAKEN, 1);
    if (kept) {
        *kept |= GIVEN;
    }
    if (*out_is_double || !fhir->sink->person) {
        return true;
    }
    const struct json *root = NULL;
    TRY(json_reader_parse(fhir->readers[lines_workers(fhir->options->pool)], &root, piece->file->name, piece->bytes + entry->begin,
                          entry->length, err));
    patient_identify(fhir->identity, root, fhir->tally);
    const bool done = fhir->sink->person(fhir->sink->context, entry->subject, fhir->identity, err);
    identity_clear(fhir->identity);
    return done;
}

static void give_counts(struct fhir *fhir, const struct output *out)
{
    for (int place = 0; place < PLACE_COUNT; place++) {
        if (out->seen[place]) {
            tally_seen(fhir->tally, fhir_place_name(place), out->seen[place]);
        }
        for (int outcome = 0; outcome < RECORD_OUTCOME_COUNT; outcome++) {
            if (out->outcomes[place][outcome]) {
                tally_count(fhir->tally, fhir_place_name(place), (enum record_outcome)outcome, out->outcomes[place][outcome]);
            }
        }
    }
    tally_merge(fhir->tally, out->tally);
}

bool output_give(struct fhir *fhir, const struct lines_piece *piece, struct error *err)
{
    const struct output *out = &fhir->outputs[piece->slot];
    struct record record;
    bool is_double = false;
    give_counts(fhir, out);
    for (size_t at = 0; at < out->entries.length;) {
        struct entry entry;
        memcpy(&entry, out->entries.data + at, sizeof entry);
        if (entry.table == PERSON) {
            struct person_entry person;
            memcpy(&person, out->entries.data + at, sizeof person);
            TRY(give_person(fhir, piece, &person, &is_double, err));
        } else {
            read_entry(out->entries.data + at, &entry, &record);
            const bool of_person = record.table == RECORD_PERSON || record.table == RECORD_DEATH;
            if (fhir->sink->record && !(is_double && of_person)) {
                TRY(fhir->sink->record(fhir->sink->context, &record, err));
            }
        }
        at += entry.bytes;
    }
    return true;
}
