/* SPDX-License-Identifier: EUPL-1.2 */
/* person_overlap: no person may be in two segments, or its history would be counted in two halves. Ranges of ids are compared first; only
 * segments whose ranges meet another's are read, and then every id counts: one merge over all of them with a heap. */
#include "warehouse/store/manifest.h"
#include "warehouse/store/segment.h"
#include <stdlib.h>

struct id_run {
    const int64_t *ids;
    uint32_t count, at;
};
DEFINE_ARRAY(id_runs, struct id_run)

static int range_compare(const void *a, const void *b)
{
    const struct store_reader_file *const *left = a, *const *right = b;
    int64_t x = (*left)->entry.summary.first_person, y = (*right)->entry.summary.first_person;
    return x < y ? -1 : x > y;
}

static int64_t run_head(const struct id_run *run)
{
    return run->ids[run->at];
}

static void heap_sift(struct id_run *runs, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            least = run_head(&runs[child]) < run_head(&runs[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        struct id_run run = runs[at];
        runs[at] = runs[least];
        runs[least] = run;
        at = least;
    }
}

/* Whether an id is in two of the runs. The runs are consumed. */
static bool runs_meet(struct id_runs *runs)
{
    int64_t last = 0;
    bool has_last = false;
    for (size_t i = runs->count; i-- > 0;) {
        heap_sift(runs->items, runs->count, i);
    }
    while (runs->count > 0) {
        struct id_run *least = &runs->items[0];
        if (has_last && run_head(least) == last) {
            return true;
        }
        last = run_head(least);
        has_last = true;
        if (++least->at == least->count) {
            *least = runs->items[--runs->count];
        }
        heap_sift(runs->items, runs->count, 0);
    }
    return false;
}

static bool runs_add(struct store_reader *reader, struct store_reader_file *file, struct id_runs *runs, struct error *err)
{
    struct id_run run = {.at = 0};
    TRY(store_reader_open_file(reader, (size_t)(file - reader->files), err));
    TRY(segment_person_ids(file->segment, &run.ids, err));
    run.count = store_segment_persons(file->segment);
    return run.count ? id_runs_append(runs, run, err) : true;
}

/* files: the person segments by first id. Those that meet a neighbour's range are read. */
static bool group_check(struct store_reader *reader, struct store_reader_file **files, size_t count, struct error *err)
{
    struct id_runs runs = {.maximum = count + 1};
    bool done = count > 1, meet = false;
    for (size_t i = 0; done && i < count; i++) {
        done = runs_add(reader, files[i], &runs, err);
    }
    if (done) {
        meet = runs_meet(&runs);
    }
    id_runs_finish(&runs);
    if (meet) {
        FAIL(err, EXISTS, "a person of this load is in the store already, or is in two segments of the load");
        return error_hint(err, "a load adds whole persons: load the persons with all their rows, or make a new store");
    }
    return done || count < 2;
}

bool store_reader_check_persons(struct store_reader *reader, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct store_reader_file **files = ARENA_ARRAY(scratch, struct store_reader_file *, reader->file_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < reader->file_count; i++) {
        const struct store_file_entry *entry = &reader->files[i].entry;
        if (!entry->is_blob && entry->summary.scope == OMOP_PERSON && entry->summary.persons > 0) {
            files[count++] = &reader->files[i];
        }
    }
    qsort(files, count, sizeof(struct store_reader_file *), range_compare);
    for (size_t first = 0, next; first < count; first = next) { /* groups whose ranges hang together */
        int64_t last = files[first]->entry.summary.last_person;
        for (next = first + 1; next < count && files[next]->entry.summary.first_person <= last; next++) {
            int64_t end = files[next]->entry.summary.last_person;
            last = end > last ? end : last;
        }
        TRY(group_check(reader, files + first, next - first, err));
    }
    return true;
}
