/* SPDX-License-Identifier: EUPL-1.2 */
/* export: the files of an export by their names, in its folder and two levels below it; the run that reads them. */
#include "base/file.h"
#include "intake/snds/snds_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 3, FILES_MAX = 100 * 1000 };

const char *snds_table_shown(enum snds_table table)
{
#define SHOWN(name, before, after, shown) shown,
    static const char *const names[] = {SNDS_TABLES(SHOWN)};
    return names[table];
}

/* ---- names ---- */

static bool cut_end(struct text *text, const char *end)
{
    struct text tail = text_of(end);
    if (text->length < tail.length || !text_equal_fold((struct text){text->data + text->length - tail.length, tail.length}, tail)) {
        return false;
    }
    text->length -= tail.length;
    return true;
}

static bool cut_begin(struct text *text, const char *begin)
{
    struct text head = text_of(begin);
    if (text->length < head.length || !text_equal_fold((struct text){text->data, head.length}, head)) {
        return false;
    }
    text->data += head.length;
    text->length -= head.length;
    return true;
}

/* Nothing, _ARC, or digits in pieces: _2009, _201703, _2017_03. The first piece of four digits or more is the year. */
static bool is_piece(struct text rest, int *year)
{
    if (rest.length == 0 || text_equal_fold(rest, TEXT("_ARC"))) {
        return true;
    }
    size_t digits = 0;
    int number = 0;
    for (size_t i = 0; i < rest.length; i++) {
        char byte = rest.data[i];
        if (byte == '_' || byte == '-') {
            digits = 0;
            number = 0;
            continue;
        }
        if (byte < '0' || byte > '9' || i == 0) {
            return false;
        }
        number = number * 10 + (byte - '0');
        if (++digits == 4 && *year == 0) {
            *year = number;
        }
        if (digits > 8) {
            return false;
        }
    }
    return true;
}

static bool is_table(struct text leaf, const char *before, const char *after, int *year)
{
    *year = 0;
    if (!cut_begin(&leaf, before)) {
        return false;
    }
    if (!after) {
        return is_piece(leaf, year);
    }
    if (leaf.length < 2) {
        return false;
    }
    bool is_year = leaf.data[0] >= '0' && leaf.data[0] <= '9' && leaf.data[1] >= '0' && leaf.data[1] <= '9';
    if (!is_year && !text_equal_fold((struct text){leaf.data, 2}, TEXT("aa"))) {
        return false;
    }
    int of_name = is_year ? 2000 + (leaf.data[0] - '0') * 10 + (leaf.data[1] - '0') : 0;
    leaf.data += 2;
    leaf.length -= 2;
    if (!cut_begin(&leaf, after)) {
        return false;
    }
    int ignored = 1;
    *year = of_name;
    return is_piece(leaf, &ignored);
}

bool naming_of(struct text leaf, enum snds_table *out_table, int *out_year)
{
#define NAMES(name, before, after, shown) {before, after},
    static const struct {
        const char *before, *after;
    } names[] = {SNDS_TABLES(NAMES)};
    struct text text = leaf;
    bool is_packed = cut_end(&text, ".gz");
    (void)is_packed;
    if (!cut_end(&text, ".csv")) {
        return false;
    }
    for (int i = 0; i < SNDS_TABLE_COUNT; i++) {
        int year = 0;
        if (is_table(text, names[i].before, names[i].after, &year)) {
            *out_table = (enum snds_table)i;
            *out_year = year;
            return true;
        }
    }
    return false;
}

bool snds_is_file_name(struct text name)
{
    enum snds_table table;
    int year;
    return naming_of(name, &table, &year);
}

/* ---- the folder ---- */

struct walk {
    struct run *run;
    const char *path, *name;
    int depth;
};

/* A file that is not carried is in the tally by its name without what comes behind the first dot. */
static void not_carried(struct run *run, const char *leaf)
{
    char place[64];
    size_t length = strcspn(leaf, ".");
    bool is_whole = text_copy(place, sizeof place, (struct text){leaf, length < sizeof place ? length : sizeof place - 1});
    (void)is_whole;
    tally_seen(run->tally, place, 1);
    tally_count(run->tally, place, OUTCOME_NOT_CARRIED, 1);
}

static bool visit(void *context, const char *leaf, struct error *err)
{
    const struct walk *walk = context;
    struct run *run = walk->run;
    struct snds_file file = {.path = arena_text_format(run->names, "%s/%s", walk->path, leaf),
                             .name = walk->name[0] ? arena_text_format(run->names, "%s/%s", walk->name, leaf)
                                                   : arena_text_copy(run->names, leaf)};
    struct stat facts;
    if (leaf[0] == '.') {
        return true;
    }
    if (lstat(file.path, &facts) != 0) {
        return FAIL_ERRNO(err, file.path, "cannot look at a file of the export");
    }
    if (S_ISDIR(facts.st_mode)) {
        if (walk->depth == DEPTH_MAX) {
            not_carried(run, leaf);
            return true;
        }
        struct walk below = {run, file.path, file.name, walk->depth + 1};
        return directory_visit(file.path, visit, &below, err);
    }
    if (!S_ISREG(facts.st_mode)) {
        return true;
    }
    if (!naming_of(text_of(leaf), &file.table, &file.year)) {
        not_carried(run, leaf);
        return true;
    }
    file.bytes = (uint64_t)facts.st_size;
    return snds_files_append(&run->files, file, err);
}

static int by_table(const void *a, const void *b)
{
    const struct snds_file *x = a, *y = b;
    return x->table != y->table ? (x->table < y->table ? -1 : 1) : strcmp(x->name, y->name);
}

bool run_open(struct run *run, const char *path, struct error *err)
{
    struct walk walk = {run, path, "", 0};
    run->files.maximum = FILES_MAX;
    TRY(directory_visit(path, visit, &walk, err));
    if (run->files.count == 0) {
        FAIL(err, INVALID_INPUT, "this folder has no table of the SNDS");
        error_detail(err, "%s", path);
        return error_hint(err, "tables are files such as IR_BEN_R.csv, ER_PRS_F_2017.csv.gz, T_MCO17B.csv");
    }
    qsort(run->files.items, run->files.count, sizeof run->files.items[0], by_table);
    return true;
}

bool run_give(struct run *run, const struct record *record, struct error *err)
{
    return !run->sink->record || run->sink->record(run->sink->context, record, err);
}

void run_covers(struct run *run, day first, day last)
{
    run->first = !run->has_period || first.number < run->first.number ? first : run->first;
    run->last = !run->has_period || last.number > run->last.number ? last : run->last;
    run->has_period = true;
}

void run_fault(struct run *run, const char *file, uint64_t line, const char *field, const char *words)
{
    tally_find(run->tally, file, line, field, words);
    run->has_fault = true;
}

size_t run_memory(const struct run *run)
{
    return (size_t)settings_get(&run->settings, SETTING_SNDS_MEMORY_BYTES);
}
