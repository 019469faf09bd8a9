/* SPDX-License-Identifier: EUPL-1.2 */
/* The survey: every key of the source is read before any row is kept, so that a key is known to be there twice or to point to nothing, and
 * persons can be cut into segments. Only the columns of keys are read; values that are none are reported when the rows are. */
#include "intake/load/load_internal.h"
#include <inttypes.h>
#include <string.h>

/* Tables that others point to: their keys are kept for the whole load. */
static bool is_target(int table)
{
    for (int other = 0; other < OMOP_TABLE_COUNT; other++) {
        const struct omop_table_info *info = omop_table(other);
        for (int field = 0; field < info->field_count; field++) {
            if (info->fields[field].references_table == table && info->fields[field].type == OMOP_INTEGER) {
                return true;
            }
        }
    }
    return false;
}

/* The integer field that is the table's primary key, or OMOP_NO_FIELD (the key of DEATH is none). */
static int key_field(int table)
{
    const struct omop_table_info *info = omop_table(table);
    const int field = info->id_field;
    return field != OMOP_NO_FIELD && info->fields[field].is_primary_key && info->fields[field].type == OMOP_INTEGER ? field : OMOP_NO_FIELD;
}

/* ---- the source ---- */
struct survey {
    struct load *load;
    int key, person;
    enum finding_kind kind_of_twice; /* an error only where others point to the key: real exports repeat keys of events */
    struct id_set *keys;
    const struct id_set *kept;
    struct finding_batch findings;
};

static bool take_keys(struct survey *survey, const struct source_batch *batch, struct error *err)
{
    const struct source_column *column = &batch->columns[survey->key];
    for (size_t i = 0; i < batch->rows && !column->is_all_null; i++) {
        bool is_new = true;
        if (!source_column_is_valid(column, i)) {
            continue;
        }
        TRY(id_set_add(survey->keys, column->integers[i], &is_new, err));
        if (!is_new) {
            finding_note(&survey->findings, survey->kind_of_twice, survey->key, batch->lines[i]);
        } else if (survey->kept->count && id_set_has(survey->kept, column->integers[i])) {
            finding_note(&survey->findings, FINDING_KEY_STORED, survey->key, batch->lines[i]);
        }
    }
    return true;
}

static bool take_persons(struct survey *survey, const struct source_batch *batch, struct error *err)
{
    const struct source_column *column = &batch->columns[survey->person];
    int64_t last = 0;
    bool has_last = false, is_new = false;
    for (size_t i = 0; i < batch->rows && !column->is_all_null; i++) {
        if (source_column_is_valid(column, i) && (!has_last || column->integers[i] != last)) {
            last = column->integers[i];
            has_last = true;
            TRY(id_set_add(&survey->load->persons, last, &is_new, err));
        }
    }
    return true;
}

static bool take(void *context, const struct source_batch *batch, struct error *err)
{
    struct survey *survey = context;
    survey->load->surveyed[batch->table] += batch->rows;
    survey->findings.table = batch->table;
    survey->findings.file = batch->file;
    TRY(survey->key == OMOP_NO_FIELD || take_keys(survey, batch, err));
    TRY(survey->person == OMOP_NO_FIELD || take_persons(survey, batch, err));
    findings_absorb(survey->load->findings, &survey->findings);
    return task_check(err);
}

static bool survey_table(struct load *load, int table, struct progress *progress, struct error *err)
{
    struct survey survey = {.load = load, .key = key_field(table), .kept = &load->kept_keys[table]};
    struct id_set own = {.seed = load->persons.seed};
    const bool target = is_target(table);
    survey.person = omop_table(table)->person_field;
    survey.kind_of_twice = target ? FINDING_KEY_TWICE : FINDING_KEY_REPEATED;
    survey.keys = target ? &load->keys[table] : &own;
    if (survey.key == OMOP_NO_FIELD && survey.person == OMOP_NO_FIELD) {
        return true;
    }
    const uint64_t fields =
        (survey.key == OMOP_NO_FIELD ? 0 : UINT64_C(1) << survey.key) | (survey.person == OMOP_NO_FIELD ? 0 : UINT64_C(1) << survey.person);
    const struct source_scan scan = {.fields = fields, .take = take, .context = &survey, .progress = progress};
    const bool done = source_scan(load->source, table, &scan, err);
    finding_batch_finish(&survey.findings);
    id_set_finish(&own);
    return done;
}

/* ---- the snapshot ---- */
static bool keep_column(struct load *load, struct store_segment *segment, int table, int field, struct error *err)
{
    enum { ROWS_AT_ONCE = 1 << 16 };
    CLEANUP(arena) struct arena *scratch = arena_create();
    const uint64_t rows = store_segment_rows(segment, table);
    for (uint64_t first = 0; first < rows; first += ROWS_AT_ONCE) {
        struct store_vector vector;
        const size_t count = rows - first < ROWS_AT_ONCE ? (size_t)(rows - first) : ROWS_AT_ONCE;
        TRY(store_column_read(segment, table, field, first, count, scratch, &vector, err));
        for (size_t i = 0; i < count && !vector.is_all_null; i++) {
            bool is_new = false;
            TRY(!store_vector_is_valid(&vector, i) || id_set_add(&load->kept_keys[table], vector.integers[i], &is_new, err));
        }
        arena_reset(scratch);
        TRY(task_check(err));
    }
    return true;
}

/* Keys of the tables that the new rows may point to, and that must not be there twice. */
static bool keep_keys(struct load *load, enum omop_scope scope, struct error *err)
{
    for (size_t i = 0; i < store_reader_segment_count(load->reader, scope); i++) {
        struct store_segment *segment = store_reader_segment(load->reader, scope, i);
        for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
            if (omop_table(table)->scope == scope && key_field(table) != OMOP_NO_FIELD && is_target(table)) {
                TRY(keep_column(load, segment, table, key_field(table), err));
            }
        }
    }
    return true;
}

static bool check_persons_are_new(struct load *load, struct error *err)
{
    uint64_t both = 0;
    for (size_t s = 0; s < store_reader_segment_count(load->reader, OMOP_PERSON); s++) {
        struct store_segment *segment = store_reader_segment(load->reader, OMOP_PERSON, s);
        const int64_t *ids = NULL;
        TRY(store_segment_person_ids(segment, &ids, err));
        for (uint32_t i = 0; i < store_segment_persons(segment); i++) {
            both += id_set_has(&load->persons, ids[i]);
        }
    }
    if (both) {
        FAIL(err, EXISTS, "%" PRIu64 " of the persons are in the store already", both);
        return error_hint(err, "load with --replace, so that the snapshot holds only this data set, or give its persons other ids");
    }
    return true;
}

/* ---- a provider vouches for its keys ---- */
static bool survey_provider(struct load *load, const struct source_provider *provider, struct error *err)
{
    bool is_new = false;
    for (size_t i = 0; i < provider->person_count; i++) {
        TRY(id_set_add(&load->persons, provider->persons[i], &is_new, err));
        TRY(id_set_add(&load->keys[OMOP_TABLE_PERSON], provider->persons[i], &is_new, err));
    }
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        load->surveyed[table] = provider->rows[table];
        for (int64_t key = 1; key <= provider->last_key[table]; key++) {
            TRY(id_set_add(&load->keys[table], key, &is_new, err));
        }
    }
    return true;
}

bool load_survey(struct load *load, struct error *err)
{
    uint64_t rows = 0;
    const struct source_provider *provider = source_provider(load->source);
    for (size_t i = 0; i < source_table_count(load->source); i++) {
        const struct source_table *table = source_table(load->source, i);
        rows += table->rows_known ? table->rows : 0;
    }
    if (load->reader && !load->has_vocabulary) {
        TRY(keep_keys(load, OMOP_VOCABULARY, err));
    }
    if (load->keeps_rows) {
        TRY(keep_keys(load, OMOP_SHARED, err));
    }
    if (provider) {
        return survey_provider(load, provider, err) && (!load->keeps_rows || check_persons_are_new(load, err));
    }
    struct progress *progress = progress_begin("reading the keys", rows, "rows", load->options->quiet);
    bool done = true;
    for (size_t i = 0; i < source_table_count(load->source) && done; i++) {
        done = survey_table(load, source_table(load->source, i)->table, progress, err);
    }
    progress_end(progress);
    return done && (!load->keeps_rows || check_persons_are_new(load, err));
}
