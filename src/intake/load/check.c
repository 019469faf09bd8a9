/* SPDX-License-Identifier: EUPL-1.2 */
/* Keys that point to nothing. A value is often that of the row before (a visit's records, a table's type concept): it is not sought again.
 */
#include "intake/load/load_internal.h"

struct column_check {
    const struct source_batch *batch;
    const struct source_column *column;
    int field;
    const struct id_set *own, *kept;
    struct finding_batch *findings;
};

static bool points(const struct column_check *check, int64_t key)
{
    return id_set_has(check->own, key) || id_set_has(check->kept, key);
}

static void check_key(const struct column_check *check)
{
    const int64_t *keys = check->column->integers;
    int64_t last = 0;
    bool has_last = false, last_points = false;
    for (size_t i = 0; i < check->batch->rows; i++) {
        if (!source_column_is_valid(check->column, i)) {
            continue;
        }
        if (!has_last || keys[i] != last) {
            last = keys[i];
            has_last = true;
            last_points = points(check, last);
        }
        if (!last_points) {
            finding_note(check->findings, FINDING_DANGLING, check->field, check->batch->lines[i]);
        }
    }
}

/* Concept 0 says that there is no matching concept: not mapped, but no key to nothing. */
static void check_concept(struct load *load, const struct column_check *check)
{
    const int table = check->batch->table;
    const int64_t *ids = check->column->integers;
    uint64_t values = 0, zeros = 0;
    int64_t last = 0;
    bool last_points = true;
    for (size_t i = 0; i < check->batch->rows; i++) {
        if (!source_column_is_valid(check->column, i)) {
            continue;
        }
        values++;
        zeros += ids[i] == 0;
        if (ids[i] != last) {
            last = ids[i];
            last_points = last == 0 || points(check, last);
        }
        if (!last_points) {
            finding_note(check->findings, FINDING_DANGLING, check->field, check->batch->lines[i]);
        }
    }
    load->tally.concepts[table][check->field] += values;
    load->tally.unmapped[table][check->field] += zeros;
}

void load_check_field(struct load *load, const struct source_batch *batch, int field, struct finding_batch *findings)
{
    const struct omop_field *fact = &omop_table(batch->table)->fields[field];
    const int target = fact->references_table;
    const struct source_column *column = &batch->columns[field];
    load_check_plausible(load, batch, field, findings);
    if (fact->type != OMOP_INTEGER || target < 0 || column->is_all_null) {
        return;
    }
    const struct column_check check = {batch, column, field, &load->keys[target], &load->kept_keys[target], findings};
    if (target == OMOP_TABLE_CONCEPT) {
        check_concept(load, &check);
    } else {
        check_key(&check);
    }
}

void load_check_batch(struct load *load, const struct source_batch *batch)
{
    struct finding_batch findings = {.table = batch->table, .file = batch->file};
    for (int field = 0; field < omop_table(batch->table)->field_count; field++) {
        load_check_field(load, batch, field, &findings);
    }
    findings_absorb(load->findings, &findings);
    finding_batch_finish(&findings);
}

void load_vectors(const struct source_batch *batch, struct store_vector *vectors, const struct store_vector **columns)
{
    for (int field = 0; field < omop_table(batch->table)->field_count; field++) {
        const struct source_column *column = &batch->columns[field];
        vectors[field] = (struct store_vector){.type = column->type,
                                               .count = batch->rows,
                                               .valid = column->valid,
                                               .integers = column->integers,
                                               .floats = column->floats,
                                               .days = column->days,
                                               .texts = column->texts};
        columns[field] = column->is_all_null ? NULL : &vectors[field];
    }
}
