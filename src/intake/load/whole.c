/* SPDX-License-Identifier: EUPL-1.2 */
/* Tables that are one segment each load: the vocabulary with its indexes, where people and providers are, and what belongs to no person. */
#include "intake/load/load_internal.h"
#include "warehouse/vocabulary/vocabulary.h"

struct whole {
    struct load *load;
    struct segment_builder *builder;
    bool is_checked; /* its keys are sought */
};

static bool take(void *context, const struct source_batch *batch, struct error *err)
{
    struct whole *whole = context;
    struct store_vector vectors[FINDING_FIELDS_MAX];
    const struct store_vector *columns[FINDING_FIELDS_MAX];
    whole->load->tally.read[batch->table] += batch->rows;
    if (whole->is_checked) {
        load_check_batch(whole->load, batch);
    }
    if (!load_is_clean(whole->load)) {
        return task_check(err);
    }
    load_vectors(batch, vectors, columns);
    TRY(segment_builder_append(whole->builder, batch->table, columns, NULL, batch->rows, err));
    whole->load->tally.stored[batch->table] += batch->rows;
    return task_check(err);
}

static bool read_table(struct whole *whole, int table, struct progress *progress, struct error *err)
{
    const struct source_scan scan = {.take = take, .context = whole, .findings = whole->load->findings, .progress = progress};
    return source_scan(whole->load->source, table, &scan, err);
}

static bool read_scope(struct whole *whole, enum omop_scope scope, int but_table, const char *what, struct error *err)
{
    struct progress *progress = progress_begin(what, 0, "rows", whole->load->options->quiet);
    bool done = true;
    for (size_t i = 0; i < source_table_count(whole->load->source) && done; i++) {
        const int table = source_table(whole->load->source, i)->table;
        if (omop_table(table)->scope == scope && table != but_table) {
            done = read_table(whole, table, progress, err);
        }
    }
    progress_end(progress);
    return done;
}

static bool add(struct load *load, struct segment_builder *builder, uint32_t position, struct error *err)
{
    TRY(store_writer_add(load->writer, builder, position, err));
    load->segments++;
    return true;
}

static uint64_t rows_in(const struct source_table *table)
{
    return table ? table->rows_known ? table->rows : 1 : 0;
}

/* Rows of a vocabulary without concepts cannot be put to the concepts that the store has: a segment is not changed. */
static bool refuse_half_a_vocabulary(const struct load *load, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (omop_table(table)->scope == OMOP_VOCABULARY && rows_in(source_table_find(load->source, table))) {
            FAIL(err, INVALID_INPUT, "the source has %s, but no concepts", omop_table(table)->name);
            return error_hint(err, "load the vocabulary as a whole, with concept, or leave this table out");
        }
    }
    return true;
}

/* So that what the rows point to can be sought in it. */
static bool add_built_in(struct load *load, struct segment_builder *builder, struct error *err)
{
    struct store_vector ids;
    TRY(vocabulary_builtin_append(builder, err));
    TRY(segment_builder_vector(builder, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_ID, load->scratch, &ids, err));
    for (size_t i = 0; i < ids.count && !ids.is_all_null; i++) {
        bool is_new = false;
        TRY(id_set_add(&load->keys[OMOP_TABLE_CONCEPT], ids.integers[i], &is_new, err));
    }
    return true;
}

static bool write_vocabulary(struct load *load, struct whole *whole, struct error *err)
{
    TRY(!load->vocabulary_built_in || add_built_in(load, whole->builder, err));
    TRY(read_scope(whole, OMOP_VOCABULARY, -1, "reading the vocabulary", err));
    if (!load_is_clean(load)) {
        return true;
    }
    TRY(vocabulary_index_write(load->writer, whole->builder, err));
    return add(load, whole->builder, 0, err);
}

bool load_vocabulary(struct load *load, struct error *err)
{
    const bool is_stored = load->reader && store_reader_segment_count(load->reader, OMOP_VOCABULARY) > 0;
    if (!load->has_vocabulary && is_stored) {
        TRY(refuse_half_a_vocabulary(load, err));
        return store_writer_keep(load->writer, OMOP_VOCABULARY, err);
    }
    load->vocabulary_built_in = !load->has_vocabulary;
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    struct whole whole = {load, builder, false};
    return write_vocabulary(load, &whole, err);
}

bool load_shared(struct load *load, struct error *err)
{
    CLEANUP(segment_builder) struct segment_builder *places = segment_builder_create(OMOP_SHARED);
    CLEANUP(segment_builder) struct segment_builder *others = segment_builder_create(OMOP_SHARED);
    struct whole of_places = {load, places, true}, of_others = {load, others, true};
    TRY(read_table(&of_places, OMOP_TABLE_LOCATION, NULL, err));
    TRY(read_scope(&of_others, OMOP_SHARED, OMOP_TABLE_LOCATION, "reading the shared tables", err));
    if (!load_is_clean(load)) {
        return true;
    }
    TRY(add(load, others, 0, err));
    return add(load, places, 1, err); /* a segment of its own: locations have a key domain of their own */
}
