/* SPDX-License-Identifier: EUPL-1.2 */
/* The inside of segments, kept: tests/golden/segment_1 holds the plain blocks of three segments (u32 length, bytes, for each block) and a
 * hash of every column and of all postings. They are sealed anew, opened and compared, so that what was written once stays readable.
 * tests/formats/segment_reader.py reads the same blocks by docs/formats/segment.md alone, without this code.
 * `segment_golden_test --write DIRECTORY` makes others when the format changes; these then stay as they are. */
#include "base/file.h"
#include "warehouse/store/segment.h"
#include "warehouse/store/segment_example.h"
#include "warehouse/store/store_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static const char golden[] = "tests/golden/segment_1";
enum { GOLDEN_MAX = 1 << 24, TABLES = 3 };

static const struct {
    const char *name;
    enum omop_scope scope;
    int tables[TABLES]; /* -1: none */
    size_t rows[TABLES];
    uint64_t seed;
} segments[] = {
    {"person", OMOP_PERSON, {OMOP_TABLE_CONDITION_OCCURRENCE, OMOP_TABLE_DRUG_ERA, OMOP_TABLE_NOTE}, {1500, 8900, 90}, 4021},
    {"shared", OMOP_SHARED, {OMOP_TABLE_CARE_SITE, OMOP_TABLE_FACT_RELATIONSHIP, -1}, {300, 700, 0}, 4022},
    {"vocabulary", OMOP_VOCABULARY, {OMOP_TABLE_CONCEPT, OMOP_TABLE_CONCEPT_ANCESTOR, OMOP_TABLE_DRUG_STRENGTH}, {400, 9000, 500}, 4023},
};
enum { SEGMENTS = sizeof segments / sizeof segments[0] };

/* ---- what a segment says, as hashes ---- */
static void add_u64(struct crypto_hasher *hasher, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    crypto_hasher_add(hasher, bytes, sizeof bytes);
}

/* Each value: a byte 0 where it is absent, else 1 and 8 bytes, or for a text 1, 8 bytes of length and the text. */
static void add_value(struct crypto_hasher *hasher, const struct store_vector *vector, size_t i)
{
    const uint8_t there = store_vector_is_valid(vector, i);
    crypto_hasher_add(hasher, &there, 1);
    if (!there) {
        return;
    }
    if (vector->texts) {
        add_u64(hasher, vector->texts[i].length);
        crypto_hasher_add(hasher, vector->texts[i].data, vector->texts[i].length);
    } else if (vector->floats) {
        uint64_t bits;
        memcpy(&bits, &vector->floats[i], sizeof bits);
        add_u64(hasher, bits);
    } else {
        add_u64(hasher, (uint64_t)(vector->days ? vector->days[i] : vector->integers[i]));
    }
}

static bool line_write(struct buffer *out, const char *what, const char *table, const char *field, struct crypto_hasher *hasher,
                       struct error *err)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    const struct crypto_hash hash = crypto_hasher_finish(hasher);
    crypto_hex(hex, hash.bytes, sizeof hash.bytes);
    return buffer_append_format(out, err, "%s %s.%s %s\n", what, table, field, hex);
}

static bool column_describe(struct store_segment *segment, int table, int field, struct buffer *out, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct row_request all = {.count = (size_t)segment->tables[table].rows};
    const struct omop_table_info *info = omop_table(table);
    struct store_vector vector;
    TRY(segment_values(segment, table, field, &all, arena, &vector, err));
    struct crypto_hasher *hasher = crypto_hasher_create();
    for (size_t i = 0; i < vector.count; i++) {
        add_value(hasher, &vector, i);
    }
    return line_write(out, "column", info->name, info->fields[field].name, hasher, err);
}

/* For each concept: itself, its number of rows, and person, row, start and end of each; 2^63 where there is no day. */
static bool postings_describe(struct store_segment *segment, int table, int field, struct buffer *out, struct error *err)
{
    const struct concept_directory *directory = NULL;
    const struct omop_table_info *info = omop_table(table);
    TRY(segment_column_concepts(segment, table, field, &directory, err));
    struct crypto_hasher *hasher = crypto_hasher_create();
    for (size_t code = 0; code < directory->count; code++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        struct store_events events;
        const unsigned parts = STORE_EVENT_DAYS | STORE_EVENT_ENDS | STORE_EVENT_ROWS;
        if (!segment_events(segment, table, field, &directory->ids[code], 1, NULL, parts, arena, &events, err)) {
            (void)crypto_hasher_finish(hasher);
            return false;
        }
        add_u64(hasher, (uint64_t)directory->ids[code]);
        add_u64(hasher, events.count);
        for (size_t i = 0; i < events.count; i++) {
            add_u64(hasher, events.persons[i]);
            add_u64(hasher, events.rows[i]);
            add_u64(hasher, events.starts[i] == STORE_NO_DAY ? UINT64_C(1) << 63 : (uint64_t)(int64_t)events.starts[i]);
            add_u64(hasher, events.ends[i] == STORE_NO_DAY ? UINT64_C(1) << 63 : (uint64_t)(int64_t)events.ends[i]);
        }
    }
    return line_write(out, "postings", info->name, info->fields[field].name, hasher, err);
}

static bool segment_describe(struct store_segment *segment, struct buffer *out, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct omop_table_info *info = omop_table(table);
        if (segment->tables[table].rows == 0) {
            continue;
        }
        for (int field = 0; field < info->field_count; field++) {
            const struct layout_column *layout = segment->tables[table].columns[field].layout;
            TRY(column_describe(segment, table, field, out, err));
            TRY(!layout || layout->form != COLUMN_CONCEPTS || postings_describe(segment, table, field, out, err));
        }
    }
    return true;
}

/* ---- sealing and opening one file, without a store around it ---- */
struct place {
    char directory[64], path[128];
    struct keyring *keyring;
    struct grant grant;
    struct store_reader reader;
    struct sealed_file *file;
    struct store_segment *segment;
};
static const uint8_t file_id[KEY_FILE_ID_SIZE] = "golden segment";

static bool place_make(struct place *place, struct error *err)
{
    const uint8_t store_id[GRANT_STORE_ID_SIZE] = "golden";
    memset(place, 0, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "%s", "/tmp/segment-golden-XXXXXX");
    if (!mkdtemp(place->directory)) {
        return FAIL_ERRNO(err, place->directory, "no directory for the test");
    }
    snprintf(place->path, sizeof place->path, "%s/segment.sealed", place->directory);
    TRY(crypto_start(err));
    TRY(keyring_open(&place->keyring, &example_custody, NULL, store_id, err));
    TRY(example_grant(place->keyring, GRANT_ROWS | GRANT_LOAD, &place->grant, err));
    place->reader.grant = place->grant;
    return block_cache_create(&place->reader.cache, 0, err);
}

static bool place_open(struct place *place, struct error *err)
{
    TRY(sealed_open(&place->file, place->path, place->keyring, &place->grant, file_id, err));
    return segment_open(&place->segment, place->file, &place->reader, err);
}

static void place_finish(struct place *place)
{
    struct error err;
    segment_close(place->segment);
    sealed_close(place->file);
    block_cache_destroy(place->reader.cache);
    keyring_close(place->keyring);
    (void)!directory_remove_all(place->directory, &err);
}

static bool blocks_seal(const struct place *place, const struct buffer *blocks, struct error *err)
{
    CLEANUP(sealed_writer) struct sealed_writer *writer = NULL;
    struct cursor cursor = {blocks->data, blocks->length, 0};
    struct crypto_hash hash;
    uint64_t number, size;
    TRY(sealed_writer_open(&writer, place->path, place->keyring, &place->grant, KEY_DOMAIN_HEALTH, file_id, 0, err));
    while (cursor.position < cursor.length) {
        uint32_t length = 0;
        const uint8_t *bytes = NULL;
        TRY(cursor_u32(&cursor, &length, err));
        TRY(cursor_bytes(&cursor, length, &bytes, err));
        TRY(sealed_writer_append(writer, bytes, length, &number, err));
    }
    return sealed_writer_commit(writer, &size, &hash, err);
}

static void check(bool done, const struct error *err)
{
    if (!done) {
        print_error("%s\n", err->message);
    }
    assert_true(done);
}

static void problem_print(void *context, const char *what)
{
    print_error("%s\n", what);
    ++*(unsigned *)context;
}

static void kept_segments_are_read(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < SEGMENTS; i++) {
        struct error err = {0};
        struct place place;
        char path[256];
        unsigned problems = 0;
        struct buffer blocks = {.maximum = GOLDEN_MAX}, expected = {.maximum = GOLDEN_MAX}, found = {.maximum = GOLDEN_MAX};
        snprintf(path, sizeof path, "%s/%s.blocks", golden, segments[i].name);
        check(file_read(path, &blocks, &err), &err);
        snprintf(path, sizeof path, "%s/%s.expected", golden, segments[i].name);
        check(file_read(path, &expected, &err), &err);
        check(place_make(&place, &err), &err);
        check(blocks_seal(&place, &blocks, &err), &err);
        check(place_open(&place, &err), &err);
        check(segment_describe(place.segment, &found, &err), &err);
        assert_string_equal((const char *)found.data, (const char *)expected.data);
        check(segment_verify(place.segment, problem_print, &problems, &err), &err);
        assert_int_equal(problems, 0);
        place_finish(&place);
        buffer_finish(&blocks);
        buffer_finish(&expected);
        buffer_finish(&found);
    }
}

/* ---- writing ---- */
static bool segment_make(const struct place *place, size_t i, struct error *err)
{
    CLEANUP(arena) struct arena *memory = arena_create();
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(segments[i].scope);
    CLEANUP(sealed_writer) struct sealed_writer *writer = NULL;
    struct segment_summary summary;
    struct crypto_hash hash;
    struct model model;
    uint64_t size;
    example_state = segments[i].seed;
    for (size_t t = 0; t < TABLES && segments[i].tables[t] >= 0; t++) {
        model_make(&model, memory, segments[i].tables[t], segments[i].rows[t], segments[i].scope == OMOP_PERSON ? 400 : 0);
        TRY(model_append(&model, builder, err));
    }
    TRY(sealed_writer_open(&writer, place->path, place->keyring, &place->grant, KEY_DOMAIN_HEALTH, file_id, 0, err));
    TRY(segment_encode(writer, builder, &summary, err));
    return sealed_writer_commit(writer, &size, &hash, err);
}

static bool blocks_write(const struct place *place, const char *path, struct error *err)
{
    CLEANUP(arena) struct arena *memory = arena_create();
    struct buffer out = {.maximum = GOLDEN_MAX};
    bool done = true;
    for (uint64_t block = 0; block < sealed_block_count(place->file) && done; block++) {
        const uint32_t length = sealed_block_length(place->file, block);
        uint8_t *bytes = arena_allocate_raw(memory, length + SEALED_PADDING, 1);
        done =
            sealed_read(place->file, block, bytes, err) && buffer_append_u32(&out, length, err) && buffer_append(&out, bytes, length, err);
    }
    done = done && file_write_atomic(path, out.data, out.length, 0644, err);
    buffer_finish(&out);
    return done;
}

static bool golden_write(const char *directory, struct error *err)
{
    for (size_t i = 0; i < SEGMENTS; i++) {
        struct place place;
        char path[512];
        struct buffer found = {.maximum = GOLDEN_MAX};
        TRY(place_make(&place, err));
        TRY(segment_make(&place, i, err));
        TRY(place_open(&place, err));
        snprintf(path, sizeof path, "%s/%s.blocks", directory, segments[i].name);
        TRY(blocks_write(&place, path, err));
        TRY(segment_describe(place.segment, &found, err));
        snprintf(path, sizeof path, "%s/%s.expected", directory, segments[i].name);
        TRY(file_write_atomic(path, found.data, found.length, 0644, err));
        buffer_finish(&found);
        place_finish(&place);
    }
    return true;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_segments_are_read)};
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        struct error err = {0};
        if (!golden_write(argv[2], &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
