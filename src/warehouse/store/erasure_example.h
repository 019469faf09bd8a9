/* SPDX-License-Identifier: EUPL-1.2 */
/* erasure_example: stores of persons, what comes out of them as text, and the comparison of two. Only for tests. */
#pragma once
#include "base/file.h"
#include "warehouse/store/segment_example.h"
#include "warehouse/store/store_erasure.h"
#include "warehouse/store/store_example.h"
#include <stdio.h>

enum { PERSONS = 300, FIRST = 1000, STEP = 3 };
static char base[64];
static unsigned stores_made;

struct made {
    char directory[128];
    struct keyring *keyring;
    struct store *store;
    struct grant grant;
};

static inline void make(struct made *made)
{
    struct error err;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    snprintf(made->directory, sizeof made->directory, "%s/%u", base, stores_made++);
    must(store_create(made->directory, store_id, &err));
    must(keyring_open(&made->keyring, &example_custody, NULL, store_id, &err));
    must(example_grant(made->keyring, GRANT_ANY, &made->grant, &err));
    must(store_open(&made->store, made->directory, made->keyring, NULL, &err));
}

static inline void finish(struct made *made)
{
    store_close(made->store);
    keyring_close(made->keyring);
}

static inline int64_t id_of(unsigned i)
{
    return FIRST + (int64_t)i * STEP;
}

/* Notes' words, an episode's events, costs and facts, each pointing to the condition `record` (or the person). */
static inline void add_shared(struct segment_builder *shared, int64_t person)
{
    struct error err;
    int64_t record = person * 10 + 1, domains[] = {19, 56}, facts[] = {record, person}, kind = 44818819;
    struct text domain = TEXT("Condition");
    const struct store_vector *fact[OMOP_FACT_RELATIONSHIP_FIELD_COUNT] = {NULL}, *cost[OMOP_COST_FIELD_COUNT] = {NULL};
    struct store_vector v[8] = {example_integers(&domains[0], 1), example_integers(&facts[0], 1), example_integers(&domains[1], 1),
                                example_integers(&facts[1], 1),   example_integers(&kind, 1),     example_integers(&record, 1)};
    v[6] = (struct store_vector){.type = OMOP_TEXT, .count = 1, .texts = &domain};
    fact[OMOP_FACT_RELATIONSHIP_DOMAIN_CONCEPT_ID_1] = &v[0];
    fact[OMOP_FACT_RELATIONSHIP_FACT_ID_1] = &v[1];
    fact[OMOP_FACT_RELATIONSHIP_DOMAIN_CONCEPT_ID_2] = &v[2];
    fact[OMOP_FACT_RELATIONSHIP_FACT_ID_2] = &v[3];
    fact[OMOP_FACT_RELATIONSHIP_RELATIONSHIP_CONCEPT_ID] = &v[4];
    must(segment_builder_append(shared, OMOP_TABLE_FACT_RELATIONSHIP, fact, NULL, 1, &err));
    cost[OMOP_COST_COST_ID] = &v[5];
    cost[OMOP_COST_COST_EVENT_ID] = &v[5];
    cost[OMOP_COST_COST_DOMAIN_ID] = &v[6];
    cost[OMOP_COST_COST_TYPE_CONCEPT_ID] = &v[4];
    must(segment_builder_append(shared, OMOP_TABLE_COST, cost, NULL, 1, &err));
}

/* Persons first .. first + count - 1 that `wanted` has (NULL: all), in two segments; and what hangs on them. */
static inline uint32_t load(struct made *made, unsigned first, unsigned count, const uint8_t *left_out)
{
    struct error err;
    uint32_t number = 0;
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    CLEANUP(segment_builder) struct segment_builder *shared = segment_builder_create(OMOP_SHARED);
    must(store_writer_open(&writer, made->store, &made->grant, &err));
    for (int scope = 0; scope <= OMOP_VOCABULARY; scope++) {
        must(store_writer_keep(writer, (enum omop_scope)scope, &err));
    }
    for (unsigned part = 0; part < 2; part++) {
        CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
        for (unsigned i = first + part * count / 2; i < first + (part + 1) * count / 2; i++) {
            if (!left_out || !left_out[i]) {
                must(example_add_person(builder, id_of(i), &err));
                add_shared(shared, id_of(i));
            }
        }
        must(store_writer_add(writer, builder, part, &err));
    }
    must(store_writer_add(writer, shared, 0, &err));
    must(store_writer_commit(writer, NULL, &number, &err));
    return number;
}

/* ---- what comes out ---- */
/* Everything that the reading functions give, as text: segments that have nobody left are as if they were not there. */
static inline void print_vector(struct buffer *out, const struct store_vector *vector)
{
    struct error err;
    for (size_t i = 0; i < vector->count; i++) {
        if (!store_vector_is_valid(vector, i)) {
            must(buffer_append_text(out, "- ", &err));
        } else if (vector->texts) {
            must(buffer_append_format(out, &err, "%.*s ", (int)vector->texts[i].length, vector->texts[i].data));
        } else if (vector->floats) {
            must(buffer_append_format(out, &err, "%a ", vector->floats[i]));
        } else {
            must(buffer_append_format(out, &err, "%lld ", (long long)(vector->days ? vector->days[i] : vector->integers[i])));
        }
    }
}

static inline void print_columns(struct buffer *out, struct store_segment *segment, int table)
{
    struct error err;
    size_t rows = (size_t)store_segment_rows(segment, table);
    for (int field = 0; field < omop_table(table)->field_count; field++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        struct store_vector vector;
        uint32_t *some = ARENA_ARRAY(arena, uint32_t, rows + 1);
        size_t first = rows / 3, count = rows / 2, gathered = 0;
        must(store_column_read(segment, table, field, 0, rows, arena, &vector, &err));
        print_vector(out, &vector);
        must(store_column_read(segment, table, field, first, count, arena, &vector, &err));
        print_vector(out, &vector);
        for (size_t row = 0; row < rows; row += 1 + row % 5) {
            some[gathered++] = (uint32_t)row;
        }
        must(store_column_gather(segment, table, field, some, gathered, arena, &vector, &err));
        print_vector(out, &vector);
        must(!store_column_read(segment, table, field, rows, 1, arena, &vector, &err));
    }
}

static inline void print_events(struct buffer *out, struct store_segment *segment)
{
    struct error err;
    const int table = OMOP_TABLE_CONDITION_OCCURRENCE, field = OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID;
    const int64_t concepts[] = {1000, 1002, 1003, 1006};
    for (unsigned parts = 0; parts < 16; parts++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        struct store_events events;
        uint64_t rows;
        const size_t count = parts & STORE_EVENT_ANY_ORDER ? 1 : 4;
        must(store_events_find(segment, table, field, concepts, count, parts, arena, &events, &err));
        must(store_events_count(segment, table, field, concepts, count, &rows, &err));
        must(events.count == rows);
        for (size_t i = 0; i < events.count; i++) {
            must(buffer_append_format(out, &err, "%u %d %d %u; ", events.persons[i], parts & 1 ? events.starts[i] : 0,
                                      parts & 2 ? events.ends[i] : 0, parts & 4 ? events.rows[i] : 0));
        }
    }
    CLEANUP(arena) struct arena *arena = arena_create();
    const int64_t *ids;
    const uint32_t *rows;
    size_t count;
    must(store_concepts(segment, table, field, arena, &ids, &rows, &count, &err));
    for (size_t i = 0; i < count; i++) {
        must(buffer_append_format(out, &err, "%lld:%u ", (long long)ids[i], rows[i]));
    }
}

static inline void print_person_segment(struct buffer *out, struct store_segment *segment)
{
    struct error err;
    const int64_t *ids;
    const uint32_t persons = store_segment_persons(segment);
    if (persons == 0) {
        must(store_segment_rows(segment, OMOP_TABLE_PERSON) == 0);
        must(store_segment_rows(segment, OMOP_TABLE_CONDITION_OCCURRENCE) == 0);
        return;
    }
    must(store_segment_person_ids(segment, &ids, &err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        const uint32_t *offsets;
        if (omop_table(table)->scope == OMOP_PERSON) {
            must(store_person_rows(segment, table, arena, &offsets, &err));
            for (uint32_t p = 0; p <= persons; p++) {
                must(buffer_append_format(out, &err, "%lld+%u ", p < persons ? (long long)ids[p] : 0LL, offsets[p]));
            }
            print_columns(out, segment, table);
        }
    }
    print_events(out, segment);
    must(buffer_append_text(out, "\n", &err));
}

static inline void print_shared(struct buffer *out, struct store_segment *segment)
{
    struct error err;
    if (store_segment_rows(segment, OMOP_TABLE_COST) == 0) {
        return;
    }
    print_columns(out, segment, OMOP_TABLE_COST);
    print_columns(out, segment, OMOP_TABLE_FACT_RELATIONSHIP);
    for (unsigned i = 0; i < PERSONS; i++) {
        uint64_t first = 0, count = 0;
        must(store_rows_find(segment, OMOP_TABLE_COST, id_of(i) * 10 + 1, &first, &count, &err));
        must(count == 0 || buffer_append_format(out, &err, "%llu ", (unsigned long long)first));
    }
}

static inline void print_snapshot(const struct made *made, uint32_t snapshot, struct buffer *out)
{
    struct error err;
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct store_snapshot facts;
    out->maximum = 1 << 26;
    out->length = 0;
    if (!store_reader_open(&reader, made->store, &made->grant, snapshot, &err)) {
        fprintf(stderr, "%s (%s:%d)", err.message, err.source_file, err.source_line);
        must(false);
    }
    must(store_snapshot_read(made->store, &made->grant, store_reader_snapshot(reader), &facts, &err));
    must(buffer_append_format(out, &err, "%llu %llu\n", (unsigned long long)facts.persons, (unsigned long long)facts.rows));
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_PERSON); i++) {
        print_person_segment(out, store_reader_segment(reader, OMOP_PERSON, i));
    }
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_SHARED); i++) {
        print_shared(out, store_reader_segment(reader, OMOP_SHARED, i));
    }
}

static inline void assert_same(const struct made *a, uint32_t snapshot_a, const struct made *b, uint32_t snapshot_b)
{
    CLEANUP(buffer_value) struct buffer one = {.maximum = 0}, two = {.maximum = 0};
    print_snapshot(a, snapshot_a, &one);
    print_snapshot(b, snapshot_b, &two);
    if (one.length != two.length || memcmp(one.data, two.data, one.length) != 0) {
        size_t at = 0;
        while (at < one.length && at < two.length && one.data[at] == two.data[at]) {
            at++;
        }
        fprintf(stderr, "they differ at %zu: ...%.60s and ...%.60s", at, (const char *)one.data + at, (const char *)two.data + at);
        must(false);
    }
}

/* Draws some of the persons; their ids into out_ids. */
static inline unsigned draw(uint8_t *left_out, unsigned first, unsigned count, unsigned of_hundred, int64_t *out_ids)
{
    unsigned drawn = 0;
    for (unsigned i = first; i < first + count; i++) {
        left_out[i] = example_below(100) < of_hundred;
        if (left_out[i]) {
            out_ids[drawn++] = id_of(i);
        }
    }
    return drawn;
}
