/* SPDX-License-Identifier: EUPL-1.2 */
/* plausible: what the warehouse would refuse a whole delivery for, found before it is made (private to centre): days that cannot be, a
 * national number where a measured number should be. */
#pragma once
#include "intake/delivery/delivery_detect.h"
#include "intake/record/record_reader.h"

struct plausible {
    day first, last, end_last;
    const struct detector *detector;
    struct tally *tally;
    uint64_t rows[RECORD_TABLE_COUNT];
};
/* settings NULL: the defaults. The others are borrowed. */
struct plausible plausible_begin(const struct settings *settings, const struct detector *detector, struct tally *tally);
/* columns: those that leave. What is wrong becomes a finding: the table in place of a file, the number of its record in place of a line. */
void plausible_look(struct plausible *plausible, const struct record *record, uint64_t columns);
