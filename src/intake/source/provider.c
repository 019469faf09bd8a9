/* SPDX-License-Identifier: EUPL-1.2 */
/* A source whose rows are made in this process: it has tables and no files. */
#include "intake/source/source_internal.h"

bool source_open_provider(struct source **out_source, const struct source_provider *provider, struct error *err)
{
    struct arena *arena = arena_create();
    CLEANUP(source) struct source *source = ARENA_NEW(arena, struct source);
    const char **name = ARENA_NEW(arena, const char *);
    *name = provider->name;
    source->arena = arena;
    source->path = provider->name;
    source->provider = provider;
    source->tables = ARENA_ARRAY(arena, struct source_table, OMOP_TABLE_COUNT);
    source->files = ARENA_NEW(arena, struct source_file);
    source->files[0].catalogue.name = provider->name;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        struct source_table *made = &source->tables[source->table_count];
        if (!provider->has[table]) {
            continue;
        }
        *made = (struct source_table){.table = table, .file_count = 1, .files = name, .rows_known = true, .rows = provider->rows[table]};
        for (int field = 0; field < omop_table(table)->field_count; field++) {
            made->carried[field] = true;
        }
        source->table_count++;
    }
    if (!source->table_count) {
        return FAIL(err, INVALID_INPUT, "%s has no table", provider->name);
    }
    *out_source = source;
    source = NULL;
    return true;
}

const struct source_provider *source_provider(const struct source *source)
{
    return source->provider;
}

bool provider_scan(struct source *source, int table, const struct source_scan *scan, struct error *err)
{
    const struct source_provider *provider = source->provider;
    if (omop_table(table)->scope == OMOP_PERSON) {
        return FAIL(err, INTERNAL, "tables of persons of a provider are scanned together");
    }
    return !provider->has[table] || provider->scan_shared(provider->context, table, scan, err);
}

bool source_scan_persons(struct source *source, const struct source_scan *scan, struct error *err)
{
    const struct source_provider *provider = source->provider;
    if (provider) {
        const int64_t first = scan->in_range ? scan->first_person : INT64_MIN, last = scan->in_range ? scan->last_person : INT64_MAX;
        return provider->scan_persons(provider->context, first, last, scan, err);
    }
    for (size_t i = 0; i < source->table_count; i++) {
        const int table = source->tables[i].table;
        if (omop_table(table)->scope == OMOP_PERSON) {
            TRY(source_scan(source, table, scan, err));
        }
    }
    return true;
}
