/* SPDX-License-Identifier: EUPL-1.2 */
/* Events of a set of concepts, in row order. One concept is a straight decoding into the result. Several lists are merged by one 64-bit key
 * each: (person, day) when only persons and days are asked for, which rows are sorted by too, so that the detail stream stays closed; else
 * (row, position). */
#include "warehouse/store/event_merge.h"
#include "warehouse/store/postings.h"
#include "warehouse/store/segment.h"
#include <assert.h>
#include <string.h>

/* One question. */
struct question {
    struct store_segment *segment;
    int table, field;
    unsigned parts, postings;
    const uint64_t *persons; /* bits of those who are asked about; NULL: everybody */
    const struct concept_directory *directory;
    size_t *lists; /* codes with a list of their own, ascending */
    size_t list_count, listed_rows;
    uint64_t *scanned; /* bits of the codes that have none */
    size_t scanned_count, scanned_rows;
};

/* ---- arrays of events ---- */
static struct event_arrays arrays_make(struct arena *arena, size_t count, unsigned parts)
{
    return (struct event_arrays){
        .persons = arena_allocate_raw(arena, count + 1, sizeof(uint32_t)),
        .rows = parts & STORE_EVENT_ROWS ? arena_allocate_raw(arena, count + 1, sizeof(uint32_t)) : NULL,
        .starts = parts & STORE_EVENT_DAYS ? arena_allocate_raw(arena, count + 1, sizeof(int32_t)) : NULL,
        .ends = parts & STORE_EVENT_ENDS ? arena_allocate_raw(arena, count + 1, sizeof(int32_t)) : NULL,
    };
}

static struct event_arrays arrays_from(const struct event_arrays *arrays, size_t at)
{
    return (struct event_arrays){
        arrays->persons + at,
        arrays->rows ? arrays->rows + at : NULL,
        arrays->starts ? arrays->starts + at : NULL,
        arrays->ends ? arrays->ends + at : NULL,
    };
}

/* ---- streams of groups ---- */
struct posting_stream {
    struct page_reader pages;
    uint64_t block;
    uint32_t offset;
};

static void stream_start(struct posting_stream *stream, int64_t place)
{
    stream->block = (uint64_t)(place - 1) >> 16;
    stream->offset = (uint32_t)((place - 1) & 0xFFFF);
}

/* The next group stands behind the last one, or at the beginning of the next page. */
static bool stream_cursor(struct posting_stream *stream, struct cursor *out_cursor, struct error *err)
{
    TRY(page_reader_seek(&stream->pages, stream->block, err));
    if (stream->offset == stream->pages.length) {
        stream->block++;
        stream->offset = 0;
        TRY(page_reader_seek(&stream->pages, stream->block, err));
    }
    if (stream->offset > stream->pages.length) {
        return FAIL(err, CORRUPT, "a group of postings does not fit into its block");
    }
    *out_cursor = (struct cursor){stream->pages.bytes, stream->pages.length, stream->offset};
    return true;
}

struct streams {
    struct posting_stream core, detail;
};

/* One group of a list of a primary column: core, and detail when rows or ends are wanted. */
static bool group_take(const struct question *question, struct streams *streams, size_t count, const struct event_arrays *out, size_t at,
                       struct error *err)
{
    int32_t own_starts[POSTINGS_GROUP];
    const bool has_days = question->postings & POSTINGS_DAYS, has_ends = question->postings & POSTINGS_ENDS;
    int32_t *starts = out->starts ? out->starts + at : out->ends && has_ends ? own_starts : NULL;
    struct cursor cursor;
    TRY(stream_cursor(&streams->core, &cursor, err));
    TRY(postings_core_decode(&cursor, count, has_days, question->segment->layout.persons, out->persons + at, starts, err));
    streams->core.offset = (uint32_t)cursor.position;
    if (!out->rows && !out->ends) {
        return true;
    }
    TRY(stream_cursor(&streams->detail, &cursor, err));
    TRY(postings_detail_decode(&cursor, count, has_ends, (uint32_t)question->segment->tables[question->table].rows, starts,
                               out->rows ? out->rows + at : NULL, out->ends ? out->ends + at : NULL, err));
    streams->detail.offset = (uint32_t)cursor.position;
    return true;
}

/* ---- some persons only ---- */
struct group_room {
    uint32_t persons[POSTINGS_GROUP], rows[POSTINGS_GROUP];
    int32_t starts[POSTINGS_GROUP], ends[POSTINGS_GROUP];
};

static inline size_t is_wanted(const uint64_t *wanted, uint32_t person)
{
    return (size_t)(wanted[person / 64] >> (person % 64) & 1);
}

/* The same as group_take for the events of wanted persons; *at moves behind them. */
static bool group_take_wanted(const struct question *question, struct streams *streams, size_t count, const struct event_arrays *out,
                              size_t *at, struct error *err)
{
    struct group_room room;
    uint8_t places[POSTINGS_GROUP];
    size_t found = 0;
    const struct event_arrays group = {room.persons, out->rows ? room.rows : NULL, out->starts ? room.starts : NULL,
                                       out->ends ? room.ends : NULL};
    TRY(group_take(question, streams, count, &group, 0, err));
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++) { /* each place is written before it is known to stay */
        places[found] = (uint8_t)i;
        found += is_wanted(question->persons, room.persons[i]);
    }
    const struct event_arrays behind = arrays_from(out, *at);
    for (size_t i = 0; i < found; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): each place below `found` is written */
        event_copy(&group, places[i], &behind, i);
    }
    *at += found;
    return true;
}

/* Those rows, in place, whose persons are wanted. */
static bool rows_keep_wanted(const struct question *question, uint32_t *rows, size_t *count, struct arena *scratch, struct error *err)
{
    const struct row_request request = {.rows = rows, .count = *count};
    const uint32_t *persons = NULL;
    size_t kept = 0;
    if (!question->persons || *count == 0) {
        return true;
    }
    TRY(segment_ordinals(question->segment, question->table, &request, scratch, &persons, err));
    for (size_t i = 0; i < *count; i++) {
        rows[kept] = rows[i];
        kept += is_wanted(question->persons, persons[i]);
    }
    *count = kept;
    return true;
}

/* ---- lists ---- */
/* One group of another column: rows only. */
static bool group_take_rows(const struct question *question, struct streams *streams, size_t count, const struct event_arrays *out,
                            size_t at, struct error *err)
{
    struct cursor cursor;
    TRY(stream_cursor(&streams->detail, &cursor, err));
    TRY(postings_detail_decode(&cursor, count, false, (uint32_t)question->segment->tables[question->table].rows, NULL, out->rows + at, NULL,
                               err));
    streams->detail.offset = (uint32_t)cursor.position;
    return true;
}

/* The groups of one list, from *at on. */
static bool list_take(const struct question *question, struct streams *streams, size_t code, const struct event_arrays *out, size_t *at,
                      struct error *err)
{
    const struct concept_directory *directory = question->directory;
    const bool is_primary = question->postings & POSTINGS_CORE;
    stream_start(&streams->core, is_primary ? directory->core_places[code] : 1);
    stream_start(&streams->detail, directory->detail_places[code]);
    for (size_t left = directory->rows[code]; left > 0;) {
        const size_t count = left < POSTINGS_GROUP ? left : POSTINGS_GROUP;
        if (is_primary && question->persons) {
            TRY(group_take_wanted(question, streams, count, out, at, err));
        } else {
            TRY(is_primary ? group_take(question, streams, count, out, *at, err)
                           : group_take_rows(question, streams, count, out, *at, err));
            *at += count;
        }
        left -= count;
    }
    return true;
}

/* Puts list after list into the arrays; ends[i] is the end of list i. */
static bool lists_take(const struct question *question, const struct event_arrays *out, size_t *ends, struct error *err)
{
    struct streams streams = {
        .core.pages = {.segment = question->segment, .keep = true},
        .detail.pages = {.segment = question->segment, .keep = true},
    };
    bool done = true;
    size_t at = 0;
    for (size_t i = 0; i < question->list_count && done; i++) {
        done = list_take(question, &streams, question->lists[i], out, &at, err);
        ends[i] = at;
    }
    page_reader_finish(&streams.core.pages);
    page_reader_finish(&streams.detail.pages);
    return done || segment_error(question->segment, err);
}

/* ---- from rows to events ---- */
static bool days_of_rows(const struct question *question, int field, const struct row_request *request, struct arena *scratch, int32_t *out,
                         struct error *err)
{
    struct store_vector vector = {.is_all_null = true};
    if (field != OMOP_NO_FIELD) {
        TRY(segment_values(question->segment, question->table, field, request, scratch, &vector, err));
    }
    assert(vector.is_all_null || vector.days);
    for (size_t i = 0; i < request->count; i++) {
        out[i] = vector.days && store_vector_is_valid(&vector, i) ? vector.days[i] : STORE_NO_DAY;
    }
    return true;
}

/* Persons and days of given rows, from the table's columns. */
static bool events_of_rows(const struct question *question, const uint32_t *rows, size_t count, struct arena *scratch,
                           const struct event_arrays *out, struct error *err)
{
    const struct omop_table_info *info = omop_table(question->table);
    const struct row_request request = {.rows = rows, .count = count};
    const uint32_t *persons = NULL;
    if (count == 0) {
        return true;
    }
    TRY(segment_ordinals(question->segment, question->table, &request, scratch, &persons, err));
    memcpy(out->persons, persons, count * sizeof *persons);
    if (out->starts) {
        TRY(days_of_rows(question, info->start_field, &request, scratch, out->starts, err));
    }
    if (out->ends) {
        TRY(days_of_rows(question, info->end_field, &request, scratch, out->ends, err));
    }
    if (out->rows && out->rows != rows) {
        memcpy(out->rows, rows, count * sizeof *rows);
    }
    return true;
}

/* ---- questions ---- */
/* Puts the rows of concepts without a list into out_rows, which has room for them, and says how many are asked about. */
static bool scanned_take(const struct question *question, struct arena *scratch, uint32_t *out_rows, size_t *out_count, struct error *err)
{
    const uint32_t *rows = NULL;
    TRY(segment_rows_of_codes(question->segment, question->table, question->field, question->scanned, question->scanned_rows, scratch,
                              &rows, out_count, err));
    if (*out_count != question->scanned_rows) {
        FAIL(err, CORRUPT, "the concepts of a column do not have as many rows as its directory says");
        return segment_error(question->segment, err);
    }
    memcpy(out_rows, rows, *out_count * sizeof *rows);
    return true;
}

static bool twice(const struct question *question, struct error *err)
{
    FAIL(err, CORRUPT, "the postings of two concepts share a row");
    return segment_error(question->segment, err);
}

/* Lists hold persons and days. What has no list is found by its rows and joins as one list more. */
static bool primary_events(const struct question *question, struct arena *scratch, const struct event_arrays *out, size_t *out_count,
                           struct error *err)
{
    const bool by_row = question->parts & (STORE_EVENT_ENDS | STORE_EVENT_ROWS);
    const size_t total = question->listed_rows + question->scanned_rows;
    struct event_lists all = {
        .events = *out,
        .lists = question->list_count + (question->scanned_count ? 1 : 0),
        .person_limit = question->segment->layout.persons,
        .row_limit = (uint32_t)question->segment->tables[question->table].rows,
    };
    const bool is_merged = all.lists > 1 && !(question->parts & STORE_EVENT_ANY_ORDER);
    all.list_ends = ARENA_ARRAY(scratch, size_t, all.lists + 1);
    if (is_merged) {
        all.events = arrays_make(scratch, total, question->parts | (by_row ? STORE_EVENT_ROWS : 0U));
    }
    TRY(lists_take(question, &all.events, all.list_ends, err));
    *out_count = question->list_count ? all.list_ends[question->list_count - 1] : 0;
    if (question->scanned_count) {
        size_t count = 0;
        uint32_t *rows = arena_allocate_raw(scratch, question->scanned_rows + 1, sizeof *rows);
        const struct event_arrays behind = arrays_from(&all.events, *out_count);
        TRY(scanned_take(question, scratch, rows, &count, err));
        TRY(rows_keep_wanted(question, rows, &count, scratch, err));
        TRY(events_of_rows(question, rows, count, scratch, &behind, err));
        *out_count += count;
        all.list_ends[all.lists - 1] = *out_count;
    }
    if (is_merged && by_row) {
        return events_merge_by_row(&all, scratch, out) || twice(question, err);
    }
    if (is_merged) {
        events_merge_by_day(&all, scratch, out);
    }
    return true;
}

/* Lists hold rows: they are merged first, which is cheap, and everything else follows from the rows. */
static bool other_events(const struct question *question, struct arena *scratch, const struct event_arrays *out, size_t *out_count,
                         struct error *err)
{
    const size_t total = question->listed_rows + question->scanned_rows;
    struct event_lists all = {
        .events.rows = arena_allocate_raw(scratch, total + 1, sizeof(uint32_t)),
        .lists = question->list_count + (question->scanned_count ? 1 : 0),
        .row_limit = (uint32_t)question->segment->tables[question->table].rows,
    };
    all.list_ends = ARENA_ARRAY(scratch, size_t, all.lists + 1);
    TRY(lists_take(question, &all.events, all.list_ends, err));
    if (question->scanned_count) {
        size_t count = 0;
        TRY(scanned_take(question, scratch, all.events.rows + question->listed_rows, &count, err));
        all.list_ends[all.lists - 1] = total;
    }
    TRY(all.lists == 1 || events_merge_rows(&all, scratch) || twice(question, err));
    *out_count = total;
    TRY(rows_keep_wanted(question, all.events.rows, out_count, scratch, err));
    return events_of_rows(question, all.events.rows, *out_count, scratch, out, err);
}

/* Tells the concepts that the column has into those with a list and those without. */
static void question_sort(struct question *question, const int64_t *concepts, size_t concept_count, struct arena *scratch)
{
    const struct concept_directory *directory = question->directory;
    const size_t most = concept_count < directory->count ? concept_count : directory->count;
    question->lists = ARENA_ARRAY(scratch, size_t, most + 1);
    question->scanned = ARENA_ARRAY(scratch, uint64_t, directory->count / 64 + 1);
    for (size_t i = 0, code = 0; i < concept_count && code < directory->count; i++) {
        assert(i == 0 || concepts[i] > concepts[i - 1]);
        code = concept_directory_seek(directory, code, concepts[i]);
        if (code == directory->count || directory->ids[code] != concepts[i]) {
            continue;
        }
        if (directory->detail_places[code] > 0 && (directory->core_places[code] > 0 || !(question->postings & POSTINGS_CORE))) {
            question->lists[question->list_count++] = code;
            question->listed_rows += directory->rows[code];
        } else {
            question->scanned[code / 64] |= UINT64_C(1) << (code % 64);
            question->scanned_count++;
            question->scanned_rows += directory->rows[code];
        }
    }
}

bool segment_events(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                    const uint64_t *persons, unsigned parts, struct arena *arena, struct store_events *out_events, struct error *err)
{
    CLEANUP(arena) struct arena *codes = arena_create();
    struct question question = {.segment = segment, .table = table, .field = field, .parts = parts, .persons = persons};
    TRY(segment_column_concepts(segment, table, field, &question.directory, err));
    if (question.directory->count) {
        question.postings = segment->tables[table].columns[field].layout->postings;
    }
    question_sort(&question, concepts, concept_count, codes);
    const size_t total = question.listed_rows + question.scanned_rows;
    const struct event_arrays out = arrays_make(arena, total, parts);
    /* What is only needed on the way stands behind the result in the same arena, whose memory is warm, and is released. */
    const struct arena_mark mark = arena_mark_take(arena);
    size_t count = 0;
    if (total && question.postings & POSTINGS_CORE) {
        TRY(primary_events(&question, arena, &out, &count, err));
    } else if (total) {
        TRY(other_events(&question, arena, &out, &count, err));
    }
    arena_mark_release(arena, mark);
    *out_events = (struct store_events){count, out.persons, out.starts, out.ends, out.rows, total};
    return true;
}
