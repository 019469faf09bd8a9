/* SPDX-License-Identifier: EUPL-1.2 */
/* plausible: see plausible.h. The limits are those of the warehouse's check (intake/delivery/delivery_check.h). */
#include "intake/centre/plausible.h"
#include "intake/delivery/delivery_check.h"
#include <stdio.h>

struct plausible plausible_begin(const struct settings *settings, const struct detector *detector, struct tally *tally)
{
    struct settings defaults;
    settings_defaults(&defaults);
    const struct settings *asked = settings ? settings : &defaults;
    const int32_t last = clock_today().number + (int32_t)settings_get(asked, SETTING_DELIVERY_DAYS_AHEAD);
    struct plausible plausible = {.last = {last}, .end_last = {last + DELIVERY_END_AHEAD_DAYS}, .detector = detector, .tally = tally};
    bool is_day = day_from_civil(DELIVERY_FIRST_YEAR, 1, 1, &plausible.first);
    (void)is_day;
    return plausible;
}

static void find(const struct plausible *plausible, const struct record *record, enum record_column column, const char *words)
{
    tally_find(plausible->tally, record_table_name(record->table), plausible->rows[record->table], record_column_name(column), words);
}

static void day_look(const struct plausible *plausible, const struct record *record, enum record_column column)
{
    const int32_t value = record->values[column].day;
    const int32_t last = column == COLUMN_END ? plausible->end_last.number : plausible->last.number;
    if (value > last) {
        find(plausible, record, column, "a day that is too far ahead");
    } else if (value < plausible->first.number) {
        find(plausible, record, column, "a day that is too long ago");
    }
}

static void number_look(const struct plausible *plausible, const struct record *record, enum record_column column)
{
    const double value = record->values[column].number;
    char digits[32];
    if (value < 1e14 || value >= 1e15 || value != (double)(int64_t)value) { /* 15 digits */
        return;
    }
    const int length = snprintf(digits, sizeof digits, "%.0f", value);
    if (detector_look(plausible->detector, (struct text){digits, (size_t)length}, false) == DETECTED_NIR) {
        find(plausible, record, column, "a number that looks like a NIR");
    }
}

static void year_look(const struct plausible *plausible, const struct record *record)
{
    const int64_t year = record->values[COLUMN_BIRTH_YEAR].integer;
    if (year < DELIVERY_FIRST_YEAR || year > day_year(plausible->last)) {
        find(plausible, record, COLUMN_BIRTH_YEAR, "a year in which nobody can be born");
    }
}

void plausible_look(struct plausible *plausible, const struct record *record, uint64_t columns)
{
    const uint64_t present = record->present & columns;
    plausible->rows[record->table]++;
    for (uint64_t left = present; left; left &= left - 1) {
        const enum record_column column = (enum record_column)__builtin_ctzll(left);
        const enum record_column_type type = record_column_type(column);
        if (type == RECORD_DAY) {
            day_look(plausible, record, column);
        } else if (type == RECORD_NUMBER) {
            number_look(plausible, record, column);
        } else if (column == COLUMN_BIRTH_YEAR) {
            year_look(plausible, record);
        }
    }
}
