/* SPDX-License-Identifier: EUPL-1.2 */
/* Values of a column for consecutive or listed rows. Rows are taken in runs that lie in one group of 256: a run costs the decoding of its
 * group, whatever the length of the table. */
#include "warehouse/store/column_layout.h"
#include "warehouse/store/segment.h"
#include <assert.h>
#include <string.h>

static const uint64_t DAY_MICROSECONDS = UINT64_C(86400000000);

/* One call. */
struct fetch {
    struct store_segment *segment;
    const struct segment_column *column;
    const struct column_index *index;
    const struct row_request *request;
    struct page_reader pages;
    struct arena *scratch; /* of the open chunk */
    uint64_t table_rows;
    uint64_t open_chunk; /* UINT64_MAX: none */
    struct column_chunk chunk;
    uint64_t chunk_valid[COLUMN_WORDS];
    size_t chunk_absent; /* 0: nothing is */
    bool is_sparse;      /* few of its rows are asked for: each is looked up by itself, and chunk_valid is not filled */
    uint64_t *valid;     /* of the result */
    size_t absent;
};

/* Rows [from, from + count) of the request lie in one group, `place` is the first one's position in the chunk. */
struct run {
    size_t from, count, place;
};

static inline uint64_t request_row(const struct row_request *request, size_t i)
{
    return request->rows ? request->rows[i] : request->first + i;
}

static bool bad(const struct fetch *fetch, struct error *err)
{
    FAIL(err, CORRUPT, "a column holds a code that its dictionary does not have");
    return segment_error(fetch->segment, err);
}

/* ---- chunks and runs ---- */
enum { SPARSE_ROWS = 24, SPARSE_RUN = 6 }; /* up to so many of a chunk, and of a group */

/* Whether few rows from `from` on lie in the chunk. */
static bool few_in_chunk(const struct row_request *request, size_t from, uint64_t chunk)
{
    return request->rows && (request->count - from <= SPARSE_ROWS || request->rows[from + SPARSE_ROWS] / COLUMN_CHUNK != chunk);
}

static bool chunk_open(struct fetch *fetch, uint64_t index, struct error *err)
{
    const struct column_index *chunks = fetch->index;
    const struct page_span span = {chunks->blocks[index], chunks->offsets[index], chunks->lengths[index]};
    const uint64_t rest = fetch->table_rows - index * COLUMN_CHUNK;
    struct cursor cursor;
    fetch->open_chunk = UINT64_MAX;
    arena_reset(fetch->scratch);
    TRY(page_reader_part(&fetch->pages, &span, &cursor, err));
    if (!column_chunk_open(&fetch->chunk, fetch->column->layout->form, &cursor, rest < COLUMN_CHUNK ? (size_t)rest : COLUMN_CHUNK,
                           fetch->scratch, err)) {
        return segment_error(fetch->segment, err);
    }
    fetch->chunk_absent =
        fetch->is_sparse ? fetch->chunk.validity.kind != VALIDITY_ALL : column_chunk_validity(&fetch->chunk, fetch->chunk_valid);
    fetch->open_chunk = index;
    return true;
}

/* The run that begins at `from`, with its chunk open. */
static bool run_open(struct fetch *fetch, size_t from, struct run *out_run, struct error *err)
{
    const struct row_request *request = fetch->request;
    const uint64_t row = request_row(request, from), group = row / BITPACK_GROUP;
    size_t end = from + 1;
    assert(row < fetch->table_rows); /* rows are listed in ascending order */
    if (request->rows) {
        while (end < request->count && request->rows[end] / BITPACK_GROUP == group) {
            end++;
        }
    } else {
        const uint64_t next = (group + 1) * BITPACK_GROUP - request->first;
        end = next < request->count ? (size_t)next : request->count;
    }
    if (row / COLUMN_CHUNK != fetch->open_chunk) {
        fetch->is_sparse = few_in_chunk(request, from, row / COLUMN_CHUNK);
        TRY(chunk_open(fetch, row / COLUMN_CHUNK, err));
    }
    *out_run = (struct run){from, end - from, (size_t)(row % COLUMN_CHUNK)};
    return true;
}

/* Position in its group of the i-th row of a run. */
static inline size_t run_place(const struct fetch *fetch, const struct run *run, size_t i)
{
    return fetch->request->rows ? fetch->request->rows[run->from + i] % BITPACK_GROUP : (run->place + i) % BITPACK_GROUP;
}

static inline bool run_has(const struct fetch *fetch, const struct run *run, size_t i)
{
    const size_t at = run->place / BITPACK_GROUP * BITPACK_GROUP + run_place(fetch, run, i);
    return fetch->is_sparse ? column_chunk_has(&fetch->chunk, at) : fetch->chunk_valid[at / 64] >> (at % 64) & 1;
}

/* Marks what is absent in the result. Returns whether anything of the run is. */
static bool run_validity(struct fetch *fetch, const struct run *run)
{
    bool any = false;
    for (size_t i = 0; fetch->chunk_absent && i < run->count; i++) {
        if (!run_has(fetch, run, i)) {
            const size_t at = run->from + i;
            fetch->valid[at / 64] &= ~(UINT64_C(1) << (at % 64));
            fetch->absent++;
            any = true;
        }
    }
    return any;
}

/* A run of which each value is cheaper taken by itself than with its group. */
static bool run_is_sparse(const struct fetch *fetch, const struct run *run)
{
    return fetch->request->rows && run->count <= SPARSE_RUN;
}

/* Position in its chunk of the i-th row of a run. */
static inline size_t run_at(const struct fetch *fetch, const struct run *run, size_t i)
{
    return fetch->request->rows[run->from + i] % COLUMN_CHUNK;
}

/* A run that is a whole group in order can be decoded where the result is. */
static bool run_is_group(const struct fetch *fetch, const struct run *run)
{
    return !fetch->request->rows && run->place % BITPACK_GROUP == 0 &&
           run->count == ints_group_count(&(struct ints){.count = fetch->chunk.count}, run->place / BITPACK_GROUP);
}

/* ---- by type ---- */
static bool integers_take(struct fetch *fetch, int64_t *out, struct error *err)
{
    for (size_t from = 0; from < fetch->request->count;) {
        int64_t group[BITPACK_GROUP];
        struct run run;
        TRY(run_open(fetch, from, &run, err));
        const size_t index = run.place / BITPACK_GROUP;
        if (run_is_group(fetch, &run)) {
            ints_group_i64(&fetch->chunk.ints, index, out + from);
        } else if (run_is_sparse(fetch, &run)) {
            for (size_t i = 0; i < run.count; i++) {
                out[from + i] = ints_value(&fetch->chunk.ints, run_at(fetch, &run, i));
            }
        } else {
            ints_group_i64(&fetch->chunk.ints, index, group);
            for (size_t i = 0; i < run.count; i++) {
                out[from + i] = group[run_place(fetch, &run, i)];
            }
        }
        const bool any_absent = run_validity(fetch, &run);
        for (size_t i = 0; any_absent && i < run.count; i++) {
            out[from + i] = run_has(fetch, &run, i) ? out[from + i] : 0;
        }
        from += run.count;
    }
    return true;
}

/* Days, codes and ordinals: everything that has 32 bits. */
static bool narrow_take(struct fetch *fetch, uint32_t *out, struct error *err)
{
    for (size_t from = 0; from < fetch->request->count;) {
        uint32_t group[BITPACK_GROUP];
        struct run run;
        TRY(run_open(fetch, from, &run, err));
        const size_t index = run.place / BITPACK_GROUP;
        if (run_is_group(fetch, &run)) {
            ints_group_u32(&fetch->chunk.ints, index, out + from);
        } else if (run_is_sparse(fetch, &run)) {
            for (size_t i = 0; i < run.count; i++) {
                out[from + i] = (uint32_t)ints_value(&fetch->chunk.ints, run_at(fetch, &run, i));
            }
        } else {
            ints_group_u32(&fetch->chunk.ints, index, group);
            for (size_t i = 0; i < run.count; i++) {
                out[from + i] = group[run_place(fetch, &run, i)];
            }
        }
        const bool any_absent = run_validity(fetch, &run);
        for (size_t i = 0; any_absent && i < run.count; i++) {
            out[from + i] = run_has(fetch, &run, i) ? out[from + i] : 0;
        }
        from += run.count;
    }
    return true;
}

static bool floats_take(struct fetch *fetch, double *out, struct error *err)
{
    for (size_t from = 0; from < fetch->request->count;) {
        double group[BITPACK_GROUP];
        struct run run;
        TRY(run_open(fetch, from, &run, err));
        const bool is_sparse = run_is_sparse(fetch, &run);
        if (!is_sparse) {
            column_chunk_floats(&fetch->chunk, run.place / BITPACK_GROUP, group);
        }
        (void)run_validity(fetch, &run);
        for (size_t i = 0; i < run.count && is_sparse; i++) {
            out[from + i] = !fetch->chunk_absent || run_has(fetch, &run, i) ? column_chunk_float(&fetch->chunk, run_at(fetch, &run, i)) : 0;
        }
        for (size_t i = 0; i < run.count && !is_sparse; i++) {
            out[from + i] = !fetch->chunk_absent || run_has(fetch, &run, i) ? group[run_place(fetch, &run, i)] : 0;
        }
        from += run.count;
    }
    return true;
}

/* ---- texts one by one ---- */
/* Where each text of one piece of the open chunk begins in it; by position in the chunk, filled for the rows of that piece only. */
struct text_places {
    int64_t lengths[COLUMN_CHUNK];
    uint32_t begins[COLUMN_CHUNK];
};

static void text_places_make(const struct column_chunk *chunk, size_t first, size_t rows, struct text_places *places)
{
    uint32_t at = 0;
    for (size_t group = first / BITPACK_GROUP; group * BITPACK_GROUP < first + rows; group++) {
        ints_group_i64(&chunk->ints, group, places->lengths + group * BITPACK_GROUP);
    }
    for (size_t row = first; row < first + rows; row++) {
        places->begins[row] = at;
        at += (uint32_t)places->lengths[row];
    }
}

/* Copies the texts of requested rows [from, end), all in one piece, into the arena. */
static bool piece_take(struct fetch *fetch, const struct column_piece *piece, const struct text_places *places, size_t from, size_t end,
                       struct arena *arena, struct text *out, struct error *err)
{
    CLEANUP(arena) struct arena *plain = arena_create();
    struct cursor cursor;
    const uint8_t *bytes = NULL;
    size_t length = 0, wanted = 0;
    TRY(page_reader_part(&fetch->pages, &piece->span, &cursor, err));
    if (!decompress_read(&cursor, piece->bytes, plain, &bytes, &length, err)) {
        return segment_error(fetch->segment, err);
    }
    for (size_t i = from; i < end; i++) {
        wanted += (size_t)places->lengths[request_row(fetch->request, i) % COLUMN_CHUNK];
    }
    char *copy = arena_allocate_raw(arena, wanted + 1, 1);
    for (size_t i = from; i < end; i++) {
        const size_t row = (size_t)(request_row(fetch->request, i) % COLUMN_CHUNK), size = (size_t)places->lengths[row];
        memcpy(copy, bytes + places->begins[row], size);
        out[i] = (struct text){copy, size};
        copy += size;
    }
    return true;
}

/* Where the requested rows below `row` end, looking from `from` on. */
static size_t rows_until(const struct fetch *fetch, size_t from, size_t end, uint64_t row)
{
    while (from < end && request_row(fetch->request, from) < row) {
        from++;
    }
    return from;
}

/* All requested rows of one chunk. The lengths are decoded before any piece is read: a piece may take the chunk's page away. */
static bool chunk_texts_take(struct fetch *fetch, size_t from, size_t end, struct text_places *places, struct arena *arena,
                             struct text *out, struct error *err)
{
    const struct column_chunk *chunk = &fetch->chunk;
    const uint64_t chunk_first = fetch->open_chunk * COLUMN_CHUNK;
    size_t first = 0, done = from;
    for (size_t piece = 0; piece < chunk->piece_count && done < end; piece++) {
        const size_t rows = chunk->pieces[piece].rows, until = rows_until(fetch, done, end, chunk_first + first + rows);
        if (until > done) {
            text_places_make(chunk, first, rows, places);
        }
        first += rows;
        done = until;
    }
    first = 0;
    for (size_t piece = 0; piece < chunk->piece_count && from < end; piece++) {
        first += chunk->pieces[piece].rows;
        const size_t until = rows_until(fetch, from, end, chunk_first + first);
        if (until > from) {
            TRY(piece_take(fetch, &chunk->pieces[piece], places, from, until, arena, out, err));
        }
        from = until;
    }
    return true;
}

static bool texts_take(struct fetch *fetch, struct arena *arena, struct text *out, struct error *err)
{
    CLEANUP(arena) struct arena *memory = arena_create();
    struct text_places *places = arena_allocate_raw(memory, 1, sizeof *places);
    const struct row_request *request = fetch->request;
    for (size_t from = 0, end; from < request->count; from = end) {
        struct run run;
        TRY(run_open(fetch, from, &run, err));
        for (end = from; end < request->count && request_row(request, end) / COLUMN_CHUNK == fetch->open_chunk; end += run.count) {
            TRY(run_open(fetch, end, &run, err));
            (void)run_validity(fetch, &run);
        }
        for (size_t i = from; i < end; i++) {
            out[i] = TEXT("");
        }
        if (fetch->chunk.form == COLUMN_TEXTS) {
            TRY(chunk_texts_take(fetch, from, end, places, arena, out, err));
            fetch->open_chunk = UINT64_MAX; /* the pieces may have taken its page away */
        }
    }
    return true;
}

/* ---- from codes to values ---- */
static bool codes_below(const uint32_t *codes, size_t count, size_t limit)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = codes[i] > largest ? codes[i] : largest;
    }
    return count == 0 || largest < limit;
}

/* Replaces codes by what they stand for; absent ones have code 0 and become 0. */
static bool ids_of_codes(struct fetch *fetch, const int64_t *ids, size_t limit, struct arena *arena, struct store_vector *vector,
                         struct error *err)
{
    const size_t count = fetch->request->count;
    CLEANUP(arena) struct arena *memory = arena_create();
    uint32_t *codes = arena_allocate_raw(memory, count + 1, sizeof *codes);
    TRY(narrow_take(fetch, codes, err));
    TRY(codes_below(codes, count, limit) || fetch->absent == count || bad(fetch, err));
    int64_t *out = arena_allocate_raw(arena, count + 1, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        const bool there = !fetch->absent || (fetch->valid[i / 64] >> (i % 64) & 1);
        out[i] = there ? ids[codes[i]] : 0;
    }
    vector->integers = out;
    return true;
}

static bool words_of_codes(struct fetch *fetch, const struct column_words *words, struct arena *arena, struct store_vector *vector,
                           struct error *err)
{
    const size_t count = fetch->request->count;
    CLEANUP(arena) struct arena *memory = arena_create();
    uint32_t *codes = arena_allocate_raw(memory, count + 1, sizeof *codes);
    TRY(narrow_take(fetch, codes, err));
    TRY(codes_below(codes, count, words->count) || fetch->absent == count || bad(fetch, err));
    struct text *out = arena_allocate_raw(arena, count + 1, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        const bool there = !fetch->absent || (fetch->valid[i / 64] >> (i % 64) & 1);
        out[i] = there ? words->words[codes[i]] : TEXT("");
    }
    vector->texts = out;
    return true;
}

/* ---- one column ---- */
/* Adds the days that the values are relative to. */
static bool relative_add(struct fetch *fetch, int table, struct store_vector *vector, int64_t *integers, int32_t *days, struct error *err)
{
    CLEANUP(arena) struct arena *memory = arena_create();
    struct store_vector base;
    TRY(segment_values(fetch->segment, table, fetch->column->relative, fetch->request, memory, &base, err));
    if (base.is_all_null) {
        return true;
    }
    for (size_t i = 0; i < vector->count; i++) {
        if (fetch->absent && !(fetch->valid[i / 64] >> (i % 64) & 1)) {
            continue;
        }
        if (integers) {
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the base of a relative column is a column of days */
            integers[i] = (int64_t)((uint64_t)integers[i] + DAY_MICROSECONDS * (uint64_t)(int64_t)base.days[i]);
        } else {
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of integers and days is there */
            days[i] = (int32_t)((uint32_t)days[i] + (uint32_t)base.days[i]);
        }
    }
    return true;
}

static bool numbers_take(struct fetch *fetch, int table, struct arena *arena, struct store_vector *vector, struct error *err)
{
    const size_t count = fetch->request->count;
    int64_t *integers = NULL;
    int32_t *days = NULL;
    if (vector->type == OMOP_DATE) {
        days = arena_allocate_raw(arena, count + 1, sizeof *days);
        TRY(narrow_take(fetch, (uint32_t *)days, err));
    } else {
        integers = arena_allocate_raw(arena, count + 1, sizeof *integers);
        TRY(integers_take(fetch, integers, err));
    }
    if (fetch->column->relative != OMOP_NO_FIELD) {
        TRY(relative_add(fetch, table, vector, integers, days, err));
    }
    vector->integers = integers;
    vector->days = days;
    return true;
}

static bool floats_vector(struct fetch *fetch, struct arena *arena, struct store_vector *vector, struct error *err)
{
    double *out = arena_allocate_raw(arena, fetch->request->count + 1, sizeof *out);
    vector->floats = out;
    return floats_take(fetch, out, err);
}

static bool texts_vector(struct fetch *fetch, struct arena *arena, struct store_vector *vector, struct error *err)
{
    struct text *out = arena_allocate_raw(arena, fetch->request->count + 1, sizeof *out);
    vector->texts = out;
    return texts_take(fetch, arena, out, err);
}

static bool column_take(struct fetch *fetch, int table, int field, struct arena *arena, struct store_vector *vector, struct error *err)
{
    const struct column_words *words = NULL;
    const struct concept_directory *concepts = NULL;
    const int64_t *person_ids = NULL;
    switch (fetch->column->layout->form) {
    case COLUMN_INTEGERS:
        return numbers_take(fetch, table, arena, vector, err);
    case COLUMN_FLOATS:
        return floats_vector(fetch, arena, vector, err);
    case COLUMN_TEXTS:
        return texts_vector(fetch, arena, vector, err);
    case COLUMN_CODES:
        TRY(segment_column_words(fetch->segment, table, field, &words, err));
        return words_of_codes(fetch, words, arena, vector, err);
    case COLUMN_CONCEPTS:
        TRY(segment_column_concepts(fetch->segment, table, field, &concepts, err));
        return ids_of_codes(fetch, concepts->ids, concepts->count, arena, vector, err);
    case COLUMN_ORDINALS:
        TRY(segment_person_ids(fetch->segment, &person_ids, err));
        return ids_of_codes(fetch, person_ids, fetch->segment->layout.persons, arena, vector, err);
    case COLUMN_ABSENT:
    case COLUMN_FORM_COUNT:
        break;
    }
    return bad(fetch, err);
}

static bool request_fits(const struct row_request *request, uint64_t rows)
{
    if (request->count == 0) {
        return true;
    }
    return request->rows ? request->rows[request->count - 1] < rows : request->first <= rows && request->count <= rows - request->first;
}

static bool fetch_start(struct fetch *fetch, struct store_segment *segment, int table, int field, const struct row_request *request,
                        struct error *err)
{
    const struct segment_table *owner = &segment->tables[table];
    fetch->segment = segment;
    fetch->request = request;
    fetch->table_rows = owner->rows;
    fetch->open_chunk = UINT64_MAX;
    fetch->pages = (struct page_reader){.segment = segment, .keep = true};
    fetch->chunk_absent = fetch->absent = 0;
    fetch->valid = NULL;
    if (!request_fits(request, owner->rows)) {
        return FAIL(err, INVALID_ARGUMENT, "%s has %llu rows, others were asked for", omop_table(table)->name,
                    (unsigned long long)owner->rows);
    }
    fetch->column = owner->columns ? &owner->columns[field] : NULL;
    if (!fetch->column || !fetch->column->layout) {
        fetch->column = NULL;
        return true;
    }
    return segment_column_index(segment, table, field, &fetch->index, err);
}

static uint64_t *valid_all(struct arena *arena, size_t count)
{
    uint64_t *valid = arena_allocate_raw(arena, count / 64 + 1, sizeof *valid);
    memset(valid, 0xFF, (count / 64 + 1) * sizeof *valid);
    return valid;
}

bool segment_values(struct store_segment *segment, int table, int field, const struct row_request *request, struct arena *arena,
                    struct store_vector *out_vector, struct error *err)
{
    struct fetch fetch;
    struct store_vector vector = {.type = omop_table(table)->fields[field].type, .count = request->count};
    TRY(fetch_start(&fetch, segment, table, field, request, err));
    if (!fetch.column) {
        vector.is_all_null = true;
        *out_vector = vector;
        return true;
    }
    fetch.scratch = arena_create();
    fetch.valid = valid_all(arena, request->count);
    const bool done = column_take(&fetch, table, field, arena, &vector, err);
    arena_destroy(fetch.scratch);
    page_reader_finish(&fetch.pages);
    TRY(done);
    vector.valid = fetch.absent ? fetch.valid : NULL;
    *out_vector = vector;
    return true;
}

/* 32-bit codes of a column as they are stored; *out_absent counts NULLs. */
static bool codes_fetch(struct fetch *fetch, struct arena *arena, uint32_t **out_codes, struct error *err)
{
    uint32_t *codes = arena_allocate_raw(arena, fetch->request->count + 1, sizeof *codes);
    fetch->scratch = arena_create();
    fetch->valid = valid_all(arena, fetch->request->count);
    const bool done = narrow_take(fetch, codes, err);
    arena_destroy(fetch->scratch);
    page_reader_finish(&fetch->pages);
    *out_codes = codes;
    return done;
}

bool segment_ordinals(struct store_segment *segment, int table, const struct row_request *request, struct arena *arena,
                      const uint32_t **out_ordinals, struct error *err)
{
    struct fetch fetch;
    uint32_t *codes = NULL;
    const int field = omop_table(table)->person_field;
    if (segment->layout.scope != OMOP_PERSON) {
        *out_ordinals = ARENA_ARRAY(arena, uint32_t, request->count + 1);
        return true;
    }
    TRY(fetch_start(&fetch, segment, table, field, request, err));
    if (!fetch.column || fetch.column->layout->form != COLUMN_ORDINALS) {
        TRY(request->count == 0 || bad(&fetch, err));
        *out_ordinals = ARENA_ARRAY(arena, uint32_t, 1);
        return true;
    }
    TRY(codes_fetch(&fetch, arena, &codes, err));
    TRY(codes_below(codes, request->count, segment->layout.persons) || bad(&fetch, err));
    *out_ordinals = codes;
    return true;
}

/* Appends the rows of one run of codes that are wanted. */
static size_t wanted_collect(const struct fetch *fetch, const struct run *run, const uint32_t *codes, const uint64_t *wanted,
                             uint64_t first_row, uint32_t *out)
{
    size_t found = 0;
    for (size_t i = 0; i < run->count; i++) {
        const uint32_t code = codes[i];
        out[found] = (uint32_t)(first_row + i);
        found += wanted[code / 64] >> (code % 64) & 1 && (!fetch->chunk_absent || run_has(fetch, run, i));
    }
    return found;
}

static bool rows_of_codes(struct fetch *fetch, const uint64_t *wanted, size_t codes_limit, size_t maximum, uint32_t *out, size_t *out_count,
                          struct error *err)
{
    uint32_t codes[BITPACK_GROUP], rows[BITPACK_GROUP];
    size_t found = 0;
    for (size_t from = 0; from < fetch->request->count;) {
        struct run run;
        TRY(run_open(fetch, from, &run, err));
        ints_group_u32(&fetch->chunk.ints, run.place / BITPACK_GROUP, codes);
        if (fetch->chunk_absent < fetch->chunk.count) {
            TRY(codes_below(codes, run.count, codes_limit) || bad(fetch, err));
            const size_t here = wanted_collect(fetch, &run, codes, wanted, from, rows);
            TRY(here <= maximum - found || bad(fetch, err));
            memcpy(out + found, rows, here * sizeof *rows);
            found += here;
        }
        from += run.count;
    }
    *out_count = found;
    return true;
}

bool segment_rows_of_codes(struct store_segment *segment, int table, int field, const uint64_t *wanted, size_t maximum, struct arena *arena,
                           const uint32_t **out_rows, size_t *out_count, struct error *err)
{
    const struct row_request all = {.count = (size_t)segment->tables[table].rows};
    const struct concept_directory *concepts = NULL;
    struct fetch fetch;
    TRY(segment_column_concepts(segment, table, field, &concepts, err));
    TRY(fetch_start(&fetch, segment, table, field, &all, err));
    uint32_t *out = arena_allocate_raw(arena, maximum + 1, sizeof *out);
    fetch.scratch = arena_create();
    const bool done = rows_of_codes(&fetch, wanted, concepts->count, maximum, out, out_count, err);
    arena_destroy(fetch.scratch);
    page_reader_finish(&fetch.pages);
    *out_rows = out;
    return done;
}
