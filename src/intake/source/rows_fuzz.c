/* SPDX-License-Identifier: EUPL-1.2 */
/* rows_fuzz: the first byte names a table, the rest is a CSV of it with a header. What comes out is typed, in range and UTF-8, and every
 * record is a row, passed over, or a finding. */
#include "intake/source/convert.h"
#include "intake/source/source_internal.h"
#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const struct source_column *column, size_t i)
{
    switch (column->type) {
    case OMOP_INTEGER:
        break;
    case OMOP_FLOAT:
        assert(isfinite(column->floats[i]));
        break;
    case OMOP_DATE:
        assert(convert_day_in_range(column->days[i]));
        break;
    case OMOP_DATETIME:
        assert(convert_instant_in_range(column->integers[i]));
        break;
    case OMOP_TEXT:
        assert(text_is_utf8(column->texts[i]));
        break;
    }
}

static void check_batch(struct rows *rows, int table, uint64_t records)
{
    const struct source_batch batch = rows_batch(rows);
    const struct finding_batch *findings = rows_findings(rows);
    assert(rows_records(rows) == records);
    assert(batch.rows + findings->tally.rows[FINDING_WHOLE][FINDING_FIELD_COUNT] == records);
    for (int field = 0; field < omop_table(table)->field_count; field++) {
        for (size_t i = 0; i < batch.rows; i++) {
            if (source_column_is_valid(&batch.columns[field], i)) {
                check_value(&batch.columns[field], i);
            }
        }
    }
}

static bool read_header(struct source_file *file, const struct csv_record *record)
{
    struct text names[COLUMN_MAP_MAX];
    if (record->count > COLUMN_MAP_MAX) {
        return false;
    }
    for (size_t i = 0; i < record->count; i++) {
        names[i] = text_trim(record->fields[i].text);
    }
    columns_map(file, (struct source_names){names, record->count});
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    CLEANUP(rows) struct rows *rows = rows_create();
    struct source_file file = {.catalogue.naming.table = size ? data[0] % OMOP_TABLE_COUNT : 0};
    const struct source_scan scan = {0};
    struct csv_record record;
    struct error err;
    bool more = false;
    uint64_t records = 0;
    if (!size || !csv_reader_open_memory(&reader, "fuzz", data + 1, size - 1, NULL, &err) ||
        !csv_reader_next(reader, &record, &more, &err) || !more || !read_header(&file, &record)) {
        return 0;
    }
    rows_begin(rows, &file.map, 0, &scan);
    while (more && csv_reader_next(reader, &record, &more, &err)) {
        if (more) {
            const bool taken = rows_take(rows, &record, record.line, &err);
            assert(taken);
            records++;
        }
    }
    check_batch(rows, file.map.table, records);
    return 0;
}
