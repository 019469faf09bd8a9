/* SPDX-License-Identifier: EUPL-1.2 */
/* A large plain file, by all threads. A first pass counts quotation marks: where their number is even, a line end ends a record (RFC 4180
 * lets a mark stand nowhere else than around a field or doubled inside it). Records are parsed piece by piece, and given in order. */
#include "base/csv.h"
#include "intake/source/delimited.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 20, WORTH_IT = 4 * PIECE_BYTES };

struct piece {
    uint64_t begin, end;
    uint64_t lines_before;
    struct rows *rows;
    bool failed;
    struct error error;
};
DEFINE_ARRAY(pieces, struct piece)
DEFINE_ARRAY(rows_list, struct rows *)

struct scan_of_pieces {
    struct source *source;
    const struct source_file *file;
    const struct source_scan *scan;
    int descriptor;
    struct pieces pieces;
    struct task_lock *lock; /* over idle */
    struct rows_list idle;
};

/* ---- cutting ---- */
typedef unsigned char lanes __attribute__((vector_size(16)));

/* How many of the bytes are `byte`. Lanes count up to 255, then they are summed. */
static uint64_t count_byte(const uint8_t *bytes, size_t length, uint8_t byte)
{
    uint64_t count = 0;
    lanes wanted;
    memset(&wanted, byte, sizeof wanted);
    while (length >= sizeof(lanes)) {
        lanes sums = {0};
        for (int i = 0; i < 255 && length >= sizeof(lanes); i++, bytes += sizeof(lanes), length -= sizeof(lanes)) {
            lanes at;
            memcpy(&at, bytes, sizeof at);
            sums -= (lanes)(at == wanted);
        }
        for (size_t i = 0; i < sizeof sums; i++) {
            count += sums[i];
        }
    }
    for (; length; bytes++, length--) {
        count += *bytes == byte;
    }
    return count;
}

/* Where the cutting stands: everything before `at` is counted. */
struct cutting {
    uint64_t at, lines;
    bool quoted; /* an odd number of marks so far */
    bool looking;
    bool without_quotes;
    uint64_t begin, lines_at_begin; /* of the piece under way */
};

static bool cut(struct cutting *cutting, struct pieces *pieces, struct error *err)
{
    const struct piece piece = {.begin = cutting->begin, .end = cutting->at, .lines_before = cutting->lines_at_begin};
    cutting->begin = cutting->at;
    cutting->lines_at_begin = cutting->lines;
    cutting->looking = false;
    return pieces_append(pieces, piece, err);
}

static bool cut_block(struct cutting *cutting, const uint8_t *bytes, size_t length, struct pieces *pieces, struct error *err)
{
    size_t i = 0;
    for (; i < length && cutting->looking; i++) {
        cutting->quoted = cutting->quoted != (bytes[i] == '"' && !cutting->without_quotes);
        cutting->at++;
        if (bytes[i] == '\n') {
            cutting->lines++;
            if (!cutting->quoted) {
                TRY(cut(cutting, pieces, err));
            }
        }
    }
    cutting->lines += count_byte(bytes + i, length - i, '\n');
    cutting->quoted = cutting->quoted != (!cutting->without_quotes && count_byte(bytes + i, length - i, '"') % 2 == 1);
    cutting->at += length - i;
    cutting->looking = true;
    return true;
}

static bool cut_file(struct scan_of_pieces *work, uint8_t *block, struct error *err)
{
    struct cutting cutting = {.without_quotes = work->file->without_quotes};
    work->pieces.maximum = SIZE_MAX / sizeof(struct piece);
    for (;;) {
        const ssize_t got = pread(work->descriptor, block, PIECE_BYTES, (off_t)cutting.at);
        if (got < 0) {
            return FAIL_ERRNO(err, work->file->catalogue.path, "cannot read a file of the source");
        }
        if (got == 0) {
            return cutting.begin == cutting.at || cut(&cutting, &work->pieces, err);
        }
        TRY(task_check(err));
        TRY(cut_block(&cutting, block, (size_t)got, &work->pieces, err));
    }
}

/* ---- parsing ---- */
static struct rows *rows_take_idle(struct scan_of_pieces *work)
{
    struct rows *rows = NULL;
    task_lock_take(work->lock);
    if (work->idle.count) {
        rows = work->idle.items[--work->idle.count];
    }
    task_lock_give(work->lock);
    return rows ? rows : rows_create();
}

static void rows_give_back(struct scan_of_pieces *work, struct rows *rows)
{
    struct error err;
    task_lock_take(work->lock);
    const bool kept = rows_list_append(&work->idle, rows, &err);
    task_lock_give(work->lock);
    if (!kept) {
        rows_destroy(rows);
    }
}

static bool parse(struct scan_of_pieces *work, struct piece *piece, bool is_first, const uint8_t *bytes, size_t length, struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    const struct csv_options options = delimited_options(work->source, work->file);
    struct csv_record record;
    bool more = true;
    TRY(csv_reader_open_memory(&reader, work->file->catalogue.name, bytes, length, &options, err));
    if (is_first) {
        TRY(csv_reader_next(reader, &record, &more, err));
    }
    while (more) {
        TRY(csv_reader_next(reader, &record, &more, err));
        if (more) {
            TRY(rows_take(piece->rows, &record, piece->lines_before + record.line, err));
        }
    }
    return true;
}

static bool run_piece(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    struct scan_of_pieces *work = context;
    struct piece *piece = &work->pieces.items[index];
    const size_t length = (size_t)(piece->end - piece->begin);
    TRY(task_check(err));
    uint8_t *bytes = malloc(length);
    if (!bytes) {
        return FAIL(err, LIMIT, "the system has no memory for a piece of a file");
    }
    piece->rows = rows_take_idle(work);
    rows_begin(piece->rows, &work->file->map, work->file->number, work->scan);
    const ssize_t got = pread(work->descriptor, bytes, length, (off_t)piece->begin);
    piece->failed = got != (ssize_t)length ? !FAIL(&piece->error, INVALID_INPUT, "%s changed while it was read", work->file->catalogue.name)
                                           : !parse(work, piece, index == 0, bytes, length, &piece->error);
    free(bytes);
    return true;
}

/* The line that a piece's error names is counted from the beginning of the piece: reading the file in order finds the true one. */
static bool fail_truly(struct scan_of_pieces *work, const struct piece *piece, struct error *err)
{
    uint64_t rows = 0;
    if (piece->error.code != ERROR_INVALID_INPUT || delimited_count(work->source, work->file, &rows, err)) {
        *err = piece->error;
    }
    return false;
}

static bool merge_piece(void *context, size_t index, struct error *err)
{
    struct scan_of_pieces *work = context;
    struct piece *piece = &work->pieces.items[index];
    struct source_batch batch = rows_batch(piece->rows);
    batch.pool_is_busy = true;
    findings_absorb(work->scan->findings, rows_findings(piece->rows));
    progress_add(work->scan->progress, rows_records(piece->rows));
    TRY(!batch.rows || work->scan->take(work->scan->context, &batch, err));
    rows_give_back(work, piece->rows);
    piece->rows = NULL;
    return !piece->failed || fail_truly(work, piece, err);
}

static void finish(struct scan_of_pieces *work)
{
    for (size_t i = 0; i < work->pieces.count; i++) {
        rows_destroy(work->pieces.items[i].rows);
    }
    for (size_t i = 0; i < work->idle.count; i++) {
        rows_destroy(work->idle.items[i]);
    }
    rows_list_finish(&work->idle);
    pieces_finish(&work->pieces);
    task_lock_destroy(work->lock);
    close(work->descriptor);
}

static bool suits(const struct source *source, const struct source_file *file)
{
    return file->catalogue.path && !file->is_gzip && source->pool && task_pool_threads(source->pool) > 1 &&
           file->catalogue.bytes >= WORTH_IT;
}

bool delimited_scan_in_pieces(struct source *source, const struct source_file *file, const struct source_scan *scan, bool *out_done,
                              struct error *err)
{
    *out_done = suits(source, file);
    if (!*out_done) {
        return true;
    }
    struct scan_of_pieces work = {.source = source, .file = file, .scan = scan, .idle.maximum = SIZE_MAX / sizeof(void *)};
    work.descriptor = open(file->catalogue.path, O_RDONLY | O_CLOEXEC);
    if (work.descriptor < 0) {
        return FAIL_ERRNO(err, file->catalogue.path, "cannot open a file of the source");
    }
    work.lock = task_lock_create();
    uint8_t *block = malloc(PIECE_BYTES);
    bool done = block || FAIL(err, LIMIT, "the system has no memory for a piece of a file");
    done = done && cut_file(&work, block, err);
    free(block);
    const struct task_set set = {.count = work.pieces.count, .run = run_piece, .merge = merge_piece, .context = &work};
    done = done && task_pool_run(source->pool, &set, err);
    finish(&work);
    return done;
}
