/* SPDX-License-Identifier: EUPL-1.2 */
/* The truth about entries, as CSV, and how well linkage meets it: only entries whose truth is known are counted. */
#include "intake/assemble/assemble_linkage.h"
#include <stdlib.h>

enum { COLUMN_HOLDER, COLUMN_SUBJECT_NUMBER, COLUMN_PERSON, COLUMNS };
static const char *const column_names[COLUMNS] = {"holder", "subject", "person"};

struct truth_reading {
    const struct assemble_linkage *linkage;
    const char *name; /* of the file */
    size_t places[COLUMNS];
    uint32_t *persons; /* by entry */
    struct assemble_truth counts;
};

static bool header_take(struct truth_reading *reading, const struct csv_record *header, struct error *err)
{
    for (int column = 0; column < COLUMNS; column++) {
        size_t at = 0;
        while (at < header->count && !text_equal_fold(text_trim(header->fields[at].text), text_of(column_names[column]))) {
            at++;
        }
        if (at == header->count) {
            FAIL(err, INVALID_INPUT, "%s: line %llu: there is no column %s", reading->name, (unsigned long long)header->line,
                 column_names[column]);
            return error_hint(err, "the truth has the columns holder, subject, person");
        }
        reading->places[column] = at;
    }
    return true;
}

/* The place of an entry; count: there is none. */
static size_t entry_find(const struct assemble_linkage *linkage, uint32_t holder, int64_t subject)
{
    size_t low = 0, high = linkage->result->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct linkage_entry *entry = &linkage->entries[middle];
        if (entry->holder < holder || (entry->holder == holder && entry->subject < subject)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct linkage_entry *found = &linkage->entries[low];
    return low < linkage->result->count && found->holder == holder && found->subject == subject ? low : linkage->result->count;
}

static bool field_number(const struct truth_reading *reading, const struct csv_record *record, int column, int64_t maximum, int64_t *out,
                         struct error *err)
{
    const size_t at = reading->places[column];
    if (at < record->count && text_to_i64(text_trim(record->fields[at].text), out) && *out >= 0 && *out <= maximum) {
        return true;
    }
    return FAIL(err, INVALID_INPUT, "%s: line %llu: %s is no number that can be", reading->name, (unsigned long long)record->line,
                column_names[column]);
}

static bool record_take(struct truth_reading *reading, const struct csv_record *record, struct error *err)
{
    const struct assemble_linkage *linkage = reading->linkage;
    int64_t subject = 0, person = 0;
    TRY(field_number(reading, record, COLUMN_SUBJECT_NUMBER, INT64_MAX, &subject, err));
    TRY(field_number(reading, record, COLUMN_PERSON, INT64_C(0xfffffffe), &person, err));
    const size_t at = reading->places[COLUMN_HOLDER];
    const struct text name = at < record->count ? text_trim(record->fields[at].text) : TEXT("");
    const size_t entry = entry_find(linkage, assemble_linkage_holder(linkage, name), subject);
    reading->counts.rows++;
    if (entry == linkage->result->count) {
        reading->counts.unknown++;
        return true;
    }
    if (reading->persons[entry] != ASSEMBLE_TRUTH_UNKNOWN && reading->persons[entry] != (uint32_t)person) {
        return FAIL(err, INVALID_INPUT, "%s: line %llu: the subject of an earlier line is another person here", reading->name,
                    (unsigned long long)record->line);
    }
    reading->counts.entries += reading->persons[entry] == ASSEMBLE_TRUTH_UNKNOWN;
    reading->persons[entry] = (uint32_t)person;
    return true;
}

static bool truth_read(struct truth_reading *reading, struct csv_reader *truth, struct error *err)
{
    struct csv_record record;
    bool more = false;
    TRY(csv_reader_next(truth, &record, &more, err));
    if (!more) {
        return FAIL(err, INVALID_INPUT, "%s is empty", reading->name);
    }
    TRY(header_take(reading, &record, err));
    TRY(csv_reader_next(truth, &record, &more, err));
    while (more) {
        TRY(record_take(reading, &record, err));
        TRY(reading->counts.rows % 4096 != 0 || task_check(err));
        TRY(csv_reader_next(truth, &record, &more, err));
    }
    return true;
}

/* Of the entries whose truth is known; links and persons are changed. */
static bool quality_of(const struct assemble_linkage *linkage, uint32_t *persons, struct linkage_link *links, struct linkage_quality *out,
                       struct error *err)
{
    struct linkage_result known = {.links = links};
    for (size_t i = 0; i < linkage->result->count; i++) {
        if (persons[i] != ASSEMBLE_TRUTH_UNKNOWN) {
            links[known.count] = linkage->result->links[i];
            persons[known.count++] = persons[i];
        }
    }
    return linkage_quality_of(out, &known, persons, err);
}

bool assemble_linkage_truth(const struct assemble_linkage *linkage, struct csv_reader *truth, const char *name, uint32_t *out_persons,
                            struct assemble_truth *out_truth, struct error *err)
{
    struct truth_reading reading = {.linkage = linkage, .name = name, .persons = out_persons};
    for (size_t i = 0; i < linkage->result->count; i++) {
        out_persons[i] = ASSEMBLE_TRUTH_UNKNOWN;
    }
    TRY(truth_read(&reading, truth, err));
    *out_truth = reading.counts;
    return true;
}

bool assemble_linkage_quality(const struct assemble_linkage *linkage, struct csv_reader *truth, const char *name,
                              struct assemble_truth *out_truth, struct linkage_quality *out_quality, struct error *err)
{
    const size_t count = linkage->result->count;
    struct assemble_truth counts;
    uint32_t *persons = malloc((count + 1) * sizeof *persons);
    struct linkage_link *links = malloc((count + 1) * sizeof *links);
    const bool done = ((persons && links) || FAIL(err, LIMIT, "no memory for the truth about %zu entries", count)) &&
                      assemble_linkage_truth(linkage, truth, name, persons, &counts, err) &&
                      quality_of(linkage, persons, links, out_quality, err);
    free(persons);
    free(links);
    if (done) {
        *out_truth = counts;
    }
    return done;
}
