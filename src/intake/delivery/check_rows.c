/* SPDX-License-Identifier: EUPL-1.2 */
/* check_rows: each value of each table: texts (once for each different one in a block), days, numbers, persons, and what ends before it
 * starts. */
#include "intake/delivery/check.h"
#include "intake/delivery/double.h"
#include "intake/delivery/leaf.h"
#include "intake/delivery/patterns.h"
#include <string.h>

enum { SECONDS_OF_DAY = 86400, NIR_PER_BLOCK = 2, NIR_OF_ROWS = 1000 };

struct rows_check {
    struct check *check;
    struct check_place place;
    const struct block *block;
    day first, last, end_last;
    int64_t last_subject; /* known; neighbours are mostly of one person */
    struct doubles *doubles;
    uint16_t first_rows[BLOCK_ROWS_MAX]; /* by text of one column */
};

static void find_at(struct rows_check *rows, size_t row, enum record_column column, enum delivery_fault fault, enum detected detected)
{
    struct check_place place = rows->place;
    place.row += row;
    check_find(rows->check, &place, column, fault, detected);
}

/* ---- texts ---- */
/* The first row of each text of a column; of one that no row has, the last. */
static void first_rows(const struct block *block, const struct block_column *column, uint16_t *out_rows)
{
    for (size_t i = 0; i < column->text_count; i++) {
        out_rows[i] = (uint16_t)(block->rows - 1);
    }
    for (size_t row = block->rows; row-- > 0;) {
        if (block_has(column, row)) {
            out_rows[block_text_index(column, row)] = (uint16_t)row;
        }
    }
}

static bool word_fits(enum record_table table, enum record_column column, struct text text)
{
    enum record_table named;
    int32_t concept;
    if (column == COLUMN_SEX) {
        return text.length == 1 && strchr("MFOU", text.data[0]);
    }
    if (column == COLUMN_TYPE) {
        return record_type_concept(text, &concept);
    }
    return !(table == RECORD_DELETION && column == COLUMN_TABLE) || record_table_find(text, &named);
}

static void texts_check(struct rows_check *rows, const struct block_column *column)
{
    const struct detector *detector = rows->check->checking->detector;
    bool has_rows = false;
    for (size_t i = 0; i < column->text_count; i++) {
        enum detected found = detector_look(detector, column->texts[i], column_is_code(column->column));
        bool is_word = word_fits(rows->block->table, column->column, column->texts[i]);
        if (found == DETECTED_NOTHING && is_word) {
            continue;
        }
        if (!has_rows) {
            first_rows(rows->block, column, rows->first_rows);
            has_rows = true;
        }
        find_at(rows, rows->first_rows[i], column->column, found == DETECTED_NOTHING ? FAULT_WORD : FAULT_DETECTED, found);
    }
}

/* ---- days ---- */
static void days_check(struct rows_check *rows, const struct block_column *column)
{
    const int32_t last = column->column == COLUMN_END ? rows->end_last.number : rows->last.number;
    for (size_t i = 0; i < rows->block->rows; i++) {
        int64_t value = block_integer(column, i);
        if (block_has(column, i) && (value < rows->first.number || value > last)) {
            find_at(rows, i, column->column, value > last ? FAULT_FUTURE : FAULT_PAST, DETECTED_NOTHING);
        }
    }
}

static void order_check(struct rows_check *rows)
{
    const struct block_column *start = block_find(rows->block, COLUMN_START), *end = block_find(rows->block, COLUMN_END);
    for (size_t i = 0; start && end && i < rows->block->rows; i++) {
        if (block_has(start, i) && block_has(end, i) && block_integer(end, i) < block_integer(start, i)) {
            find_at(rows, i, COLUMN_END, FAULT_ORDER, DETECTED_NOTHING);
        }
    }
}

/* ---- numbers ---- */
static void range_of(const struct rows_check *rows, enum record_column column, int64_t *out_low, int64_t *out_high)
{
    *out_low = INT64_MIN;
    *out_high = INT64_MAX;
    switch ((int)column) {
    case COLUMN_SUBJECT:
    case COLUMN_RECORD:
    case COLUMN_OTHER:
        *out_low = 1;
        break;
    case COLUMN_BIRTH_YEAR:
        *out_low = DELIVERY_FIRST_YEAR;
        *out_high = day_year(rows->last);
        break;
    case COLUMN_BIRTH_MONTH:
        *out_low = 1;
        *out_high = 12;
        break;
    case COLUMN_TWIN_RANK:
        *out_low = 1;
        *out_high = 9;
        break;
    case COLUMN_BIRTH_DAY:
        *out_low = 1;
        *out_high = 31;
        break;
    case COLUMN_START_TIME:
    case COLUMN_END_TIME:
        *out_low = 0;
        *out_high = SECONDS_OF_DAY - 1;
        break;
    case COLUMN_CONCEPT:
        *out_low = 0;
        *out_high = INT32_MAX;
        break;
    default:
        break;
    }
}

/* Technical numbers are keyed hashes: now and then one of them looks like a NIR by chance, but not several in a block. */
static void integers_check(struct rows_check *rows, const struct block_column *column)
{
    int64_t low, high;
    size_t nirs = 0, first = 0;
    range_of(rows, column->column, &low, &high);
    for (size_t i = 0; i < rows->block->rows; i++) {
        int64_t value = block_integer(column, i);
        if (!block_has(column, i)) {
            continue;
        }
        if (value < low || value > high) {
            find_at(rows, i, column->column, FAULT_RANGE, DETECTED_NOTHING);
        }
        if (is_nir_number(value)) {
            first = nirs++ == 0 ? i : first;
        }
    }
    if (nirs >= NIR_PER_BLOCK && nirs > rows->block->rows / NIR_OF_ROWS) {
        find_at(rows, first, column->column, FAULT_DETECTED, DETECTED_NIR);
    }
}

static void numbers_check(struct rows_check *rows, const struct block_column *column)
{
    for (size_t i = 0; i < rows->block->rows; i++) {
        double value = block_number(column, i);
        bool is_whole = block_has(column, i) && value >= 1e14 && value < 1e15 && value == (double)(int64_t)value;
        if (is_whole && is_nir_number((int64_t)value)) {
            find_at(rows, i, column->column, FAULT_DETECTED, DETECTED_NIR);
        }
    }
}

/* ---- persons ---- */
static void subjects_check(struct rows_check *rows)
{
    const struct block_column *subject = block_find(rows->block, COLUMN_SUBJECT);
    for (size_t i = 0; subject && i < rows->block->rows; i++) {
        int64_t value = block_integer(subject, i);
        if (value != rows->last_subject && !check_subject_is_known(rows->check, value)) {
            find_at(rows, i, COLUMN_SUBJECT, FAULT_SUBJECT, DETECTED_NOTHING);
        } else {
            rows->last_subject = value;
        }
    }
}

static bool block_take(void *context, const struct block *block, uint64_t index, uint64_t row, struct error *err)
{
    struct rows_check *rows = context;
    rows->block = block;
    rows->place = (struct check_place){false, block->table, index, row};
    for (size_t c = 0; c < block->column_count; c++) {
        const struct block_column *column = &block->columns[c];
        switch (column->type) {
        case RECORD_TEXT:
            texts_check(rows, column);
            break;
        case RECORD_DAY:
            days_check(rows, column);
            break;
        case RECORD_INTEGER:
            integers_check(rows, column);
            break;
        case RECORD_NUMBER:
            numbers_check(rows, column);
            break;
        }
    }
    order_check(rows);
    if (block->table != RECORD_PERSON) {
        subjects_check(rows);
    }
    return !rows->doubles || doubles_take(rows->doubles, block, index, row, err);
}

/* A table, and its record numbers on the way: the first share of them, and the others if there are any. */
static bool table_check(struct rows_check *rows, enum record_table table, struct error *err)
{
    CLEANUP(doubles) struct doubles *doubles = NULL;
    const bool has_number = table != RECORD_DELETION && (record_shape(table)->columns >> COLUMN_RECORD & 1);
    rows->last_subject = 0;
    if (has_number && delivery_head(rows->check->delivery)->tables[table].rows > 0) {
        TRY(doubles_create(&doubles, rows->check, table, COLUMN_RECORD, err));
    }
    rows->doubles = doubles;
    TRY(delivery_blocks(rows->check->delivery, table, block_take, rows, err));
    rows->doubles = NULL;
    return !doubles || doubles_finish(doubles, err);
}

bool check_rows(struct check *check, struct error *err)
{
    const int32_t last = check->checking->today.number + (int32_t)settings_get(check->settings, SETTING_DELIVERY_DAYS_AHEAD);
    struct rows_check rows = {.check = check, .last = {last}, .end_last = {last + DELIVERY_END_AHEAD_DAYS}};
    bool is_day = day_from_civil(DELIVERY_FIRST_YEAR, 1, 1, &rows.first);
    (void)is_day;
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        TRY(table_check(&rows, (enum record_table)t, err));
    }
    return true;
}
