/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows, one at a time, become batches of columns as the load takes them. */
#include "intake/assemble/assemble_internal.h"
#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 8192 };
struct column_store {
    uint64_t valid[BATCH_ROWS / 64];
    size_t values; /* valid ones */
    union {
        int64_t *integers;
        double *floats;
        int32_t *days;
        struct text *texts;
        void *memory;
    };
};
struct table_batch {
    size_t rows;
    uint64_t line;
    struct column_store *columns;
};
struct batches {
    const struct source_scan *scan;
    struct table_batch tables[OMOP_TABLE_COUNT];
    uint64_t lines[BATCH_ROWS];
};

bool batches_create(struct batches **out_batches, const struct source_scan *scan, struct error *err)
{
    *out_batches = calloc(1, sizeof **out_batches);
    if (!*out_batches) {
        return FAIL(err, LIMIT, "no memory for batches of rows");
    }
    (*out_batches)->scan = scan;
    return true;
}

void batches_destroy(struct batches *batches)
{
    for (int table = 0; batches && table < OMOP_TABLE_COUNT; table++) {
        struct table_batch *batch = &batches->tables[table];
        for (int field = 0; batch->columns && field < omop_table(table)->field_count; field++) {
            free(batch->columns[field].memory);
        }
        free(batch->columns);
    }
    free(batches);
}

static size_t size_of(enum omop_type type)
{
    switch (type) {
    case OMOP_DATE:
        return sizeof(int32_t);
    case OMOP_TEXT:
        return sizeof(struct text);
    case OMOP_INTEGER:
    case OMOP_FLOAT:
    case OMOP_DATETIME:
    default:
        return sizeof(int64_t);
    }
}

static bool flush(struct batches *batches, int table, struct error *err)
{
    struct table_batch *batch = &batches->tables[table];
    const struct omop_table_info *info = omop_table(table);
    struct source_column columns[STANDARD_FIELDS_MAX];
    if (!batch->rows) {
        return true;
    }
    for (int field = 0; field < info->field_count; field++) {
        struct column_store *store = &batch->columns[field];
        const enum omop_type type = info->fields[field].type;
        columns[field] = (struct source_column){.type = type,
                                                .is_all_null = store->values == 0,
                                                .valid = store->values == batch->rows ? NULL : store->valid,
                                                .integers = type == OMOP_INTEGER || type == OMOP_DATETIME ? store->integers : NULL,
                                                .floats = type == OMOP_FLOAT ? store->floats : NULL,
                                                .days = type == OMOP_DATE ? store->days : NULL,
                                                .texts = type == OMOP_TEXT ? store->texts : NULL};
    }
    for (size_t i = 0; i < batch->rows; i++) {
        batches->lines[i] = ++batch->line;
    }
    const struct source_batch given = {.table = table, .rows = batch->rows, .columns = columns, .lines = batches->lines};
    TRY(batches->scan->take(batches->scan->context, &given, err));
    progress_add(batches->scan->progress, batch->rows);
    batch->rows = 0;
    for (int field = 0; field < info->field_count; field++) {
        memset(batch->columns[field].valid, 0, sizeof batch->columns[field].valid);
        batch->columns[field].values = 0;
    }
    return true;
}

static bool table_begin(struct table_batch *batch, int table, struct error *err)
{
    const struct omop_table_info *info = omop_table(table);
    batch->columns = calloc((size_t)info->field_count, sizeof *batch->columns);
    for (int field = 0; batch->columns && field < info->field_count; field++) {
        batch->columns[field].memory = calloc(BATCH_ROWS, size_of(info->fields[field].type));
        if (!batch->columns[field].memory) {
            return FAIL(err, LIMIT, "no memory for batches of rows");
        }
    }
    return batch->columns || FAIL(err, LIMIT, "no memory for batches of rows");
}

static void put(struct column_store *store, enum omop_type type, size_t at, bool is_there, const union standard_value *value)
{
    store->valid[at / 64] |= (uint64_t)is_there << at % 64;
    store->values += is_there;
    switch (type) {
    case OMOP_DATE:
        store->days[at] = is_there ? value->day : 0;
        break;
    case OMOP_TEXT:
        store->texts[at] = is_there ? value->text : TEXT("");
        break;
    case OMOP_FLOAT:
        store->floats[at] = is_there ? value->number : 0;
        break;
    case OMOP_INTEGER:
    case OMOP_DATETIME:
    default:
        store->integers[at] = is_there ? value->integer : 0;
        break;
    }
}

bool batches_add(struct batches *batches, int table, uint32_t present, const union standard_value *values, struct error *err)
{
    struct table_batch *batch = &batches->tables[table];
    const struct omop_table_info *info = omop_table(table);
    TRY(batch->columns || table_begin(batch, table, err));
    for (int field = 0; field < info->field_count; field++) {
        put(&batch->columns[field], info->fields[field].type, batch->rows, present >> field & 1, &values[field]);
    }
    batch->rows++;
    return batch->rows < BATCH_ROWS || flush(batches, table, err);
}

bool batches_flush(struct batches *batches, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        TRY(flush(batches, table, err));
    }
    return true;
}
