/* SPDX-License-Identifier: EUPL-1.2 */
/* Files of local maps: rows of SOURCE_TO_CONCEPT_MAP, or what Usagi exports. Columns are found by their names in the first line. */
#include "intake/standardise/maps.h"
#include <inttypes.h>
#include <string.h>

enum map_column { MAP_CODE, MAP_SYSTEM, MAP_CONCEPT, MAP_INVALID, MAP_STATUS, MAP_COLUMN_COUNT };
enum { NAMES = 3 };
static const char *const column_names[MAP_COLUMN_COUNT][NAMES] = {{"source_code", "sourceCode", "concept_code"},
                                                                  {"source_vocabulary_id"},
                                                                  {"target_concept_id", "conceptId"},
                                                                  {"invalid_reason"},
                                                                  {"mappingStatus"}};
struct map_reading {
    const char *file; /* its name, without the folders */
    struct text system;
    int columns[MAP_COLUMN_COUNT]; /* -1: not there */
};

static struct text system_of(const char *file)
{
    const char *dot = strchr(file, '.');
    return (struct text){file, dot ? (size_t)(dot - file) : strlen(file)};
}

static bool header_read(struct map_reading *reading, const struct csv_record *record, struct error *err)
{
    for (int c = 0; c < MAP_COLUMN_COUNT; c++) {
        reading->columns[c] = -1;
        for (size_t i = 0; i < record->count; i++) {
            for (int n = 0; n < NAMES; n++) {
                if (column_names[c][n] && text_equal_fold(text_trim(record->fields[i].text), text_of(column_names[c][n]))) {
                    reading->columns[c] = (int)i;
                }
            }
        }
    }
    if (reading->columns[MAP_CODE] < 0 || reading->columns[MAP_CONCEPT] < 0) {
        FAIL(err, INVALID_INPUT, "%s has no columns source_code and target_concept_id, nor sourceCode and conceptId", reading->file);
        return error_hint(err, "give rows of SOURCE_TO_CONCEPT_MAP, or a file that Usagi exported");
    }
    return true;
}

static struct text field_of(const struct map_reading *reading, const struct csv_record *record, enum map_column column)
{
    const int at = reading->columns[column];
    return at >= 0 && (size_t)at < record->count ? text_trim(record->fields[at].text) : TEXT("");
}

static bool row_take(struct standardise *standardise, const struct map_reading *reading, const struct csv_record *record,
                     uint64_t *out_maps, struct error *err)
{
    const struct text code = field_of(reading, record, MAP_CODE), concept = field_of(reading, record, MAP_CONCEPT);
    const struct text status = field_of(reading, record, MAP_STATUS);
    const struct text own = field_of(reading, record, MAP_SYSTEM);
    int64_t id = 0;
    if (field_of(reading, record, MAP_INVALID).length || (reading->columns[MAP_STATUS] >= 0 && !text_equal(status, TEXT("APPROVED")))) {
        return true;
    }
    if (!text_to_i64(concept, &id) || id < 0) {
        return FAIL(err, INVALID_INPUT, "%s, line %" PRIu64 ": the concept is not a number", reading->file, record->line);
    }
    if (!code.length || code.length > RECORD_TEXT_MAX) {
        return FAIL(err, INVALID_INPUT, "%s, line %" PRIu64 ": there is no code, or it is too long", reading->file, record->line);
    }
    *out_maps += 1;
    return standardise_map_add(standardise, own.length ? own : reading->system, code, id, err);
}

bool maps_take(struct standardise *standardise, struct csv_reader *reader, const char *file, uint64_t *out_maps, struct error *err)
{
    struct map_reading reading = {.file = file, .system = system_of(file)};
    struct csv_record record;
    bool has_more = false;
    uint64_t maps = 0;
    TRY(csv_reader_next(reader, &record, &has_more, err));
    if (!has_more) {
        return FAIL(err, INVALID_INPUT, "%s is empty", file);
    }
    TRY(header_read(&reading, &record, err));
    for (;;) {
        TRY(csv_reader_next(reader, &record, &has_more, err));
        if (!has_more) {
            break;
        }
        TRY(row_take(standardise, &reading, &record, &maps, err));
    }
    *out_maps = maps;
    return true;
}

bool standardise_maps_read(struct standardise *standardise, const char *path, uint64_t *out_maps, struct error *err)
{
    const char *slash = strrchr(path, '/');
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    TRY(csv_reader_open(&reader, path, NULL, err));
    return maps_take(standardise, reader, slash ? slash + 1 : path, out_maps, err);
}
